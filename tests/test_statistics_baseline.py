"""Standardised differences and tests of Table 1, against hand computation, enumeration and SciPy."""

from collections.abc import Iterator
from itertools import combinations, permutations
from math import sqrt
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from scipy import stats

from abate.records.options import Options
from abate.statistics import contingency, ranks
from abate.statistics.baseline import EVERYONE, Baseline, Moments, baseline
from abate.statistics.baseline_tests import (
    PICTURE,
    BaselineTest,
    baseline_tests,
    numbers_tested,
    words_tested,
)
from abate.statistics.differences import APART, FEW, NO_SPREAD, TOO_MANY, Difference, differences, of_levels
from abate.statistics.exact import MOST_STEPS, most_steps, rank_sum
from spec import frame

COHORT = """
    patient_id | age | sex    | treated_before | group
    A          | 40  | female | 1              | yes
    B          | 50  | male   | 0              | yes
    C          | 60  | male   | 1              | yes
    D          | 44  | male   |                | no
    E          | 46  | male   | 1              | no
    F          |     | female | 0              | no
    G          | 90  | male   | 1              |
"""
NUMBERS = ["age", "treated_before"]
COLUMNS = ["age", "sex", "treated_before"]
LENIENT = Options({"few_patients": 2, "permutation_draws": 9_999})


def counted(text: str = COHORT, columns: list[str] | None = None) -> Baseline:
    return baseline(frame(text, age="float", treated_before="float"), columns or COLUMNS, NUMBERS)


def apart(text: str, column: str) -> Difference:
    return differences(counted(text, [column]))[column]


def judged(text: str, column: str, options: Options = LENIENT) -> BaselineTest:
    table = frame(text, age="float", treated_before="float")
    return baseline_tests(table, baseline(table, [column], NUMBERS), options)[column]


def written(counts: NDArray[np.int64], column: str = "sex") -> str:
    """Write a table of counts as patients: words w0, w1 ... in groups a, b ..."""
    people = (
        f"P | {f'w{word}' if column == 'sex' else word} | {'abc'[group]}"
        for (word, group), count in np.ndenumerate(counts)
        for _ in range(int(count))
    )
    return f"patient_id | {column} | group\n" + "\n".join(people)


def test_all_groups_are_counted_at_once() -> None:
    """The patient without a group counts among all; 0 and 1 alone are a yes or no."""
    found = counted()
    assert found.patients == {EVERYONE: 7, "no": 3, "yes": 3}
    assert found.numbers["age"]["yes"] == Moments(3, 50.0, 100.0, 50.0, 40.0, 60.0)
    assert found.numbers["age"]["no"] == Moments(2, 45.0, 2.0, 45.0, 44.0, 46.0)
    assert found.numbers["age"][EVERYONE].n == 6
    assert found.words["sex"] == {
        EVERYONE: {"female": 2, "male": 5},
        "no": {"female": 1, "male": 2},
        "yes": {"female": 1, "male": 2},
    }
    assert found.words["treated_before"]["no"] == {"0": 1, "1": 1}
    assert found.known("treated_before", "no") == 2
    assert found.levels("treated_before", ["yes"]) == ["0", "1"]


def test_a_value_far_from_zero_keeps_its_variance() -> None:
    """1e9 + 1, 2, 3: variance 1, which the sum of squares less the square of the sum would lose."""
    text = "patient_id | age | group\n" + "\n".join(f"P | {1_000_000_000 + x} | {g}" for x in (1, 2, 3) for g in "ab")
    assert counted(text, ["age"]).numbers["age"]["a"].variance == pytest.approx(1.0, rel=1e-6)


def test_the_difference_of_means_in_standard_deviations() -> None:
    """Austin 2009: (50 - 45) / sqrt((100 + 2) / 2)."""
    found = apart(COHORT, "age")
    assert found.value == pytest.approx(5 / sqrt(51))
    assert (found.between, found.note) == ("no and yes", "")


def test_the_difference_of_two_words_is_that_of_their_shares() -> None:
    """Austin 2009: 5 of 10 and 8 of 10: 0.3 / sqrt((0.25 + 0.16) / 2)."""
    found = apart(written(np.array([[5, 8], [5, 2]])), "sex")
    assert found.value == pytest.approx(0.3 / sqrt((0.25 + 0.16) / 2))


def test_the_difference_of_three_words() -> None:
    """Yang and Dalton 2012, inverted by hand: shares 0.5, 0.3, 0.2 and 0.2, 0.3, 0.5, the first left out.

    S = ((0.21, -0.105), (-0.105, 0.205)), the mean of the covariances of (0.3, 0.2) and (0.3, 0.5); T = (0, -0.3).
    """
    found = apart(written(np.array([[5, 2], [3, 3], [2, 5]])), "sex")
    variance, covariance, last = 0.21, -(0.06 + 0.15) / 2, (0.16 + 0.25) / 2
    inverse = variance / (variance * last - covariance**2)
    assert found.value == pytest.approx(sqrt(0.3**2 * inverse))


@pytest.mark.parametrize("order", list(permutations(("a", "b", "c"))))
def test_the_difference_of_words_does_not_depend_on_their_names(order: tuple[str, str, str]) -> None:
    """Which word is left out does not matter."""
    first, second = dict(zip(order, (5, 3, 2), strict=True)), dict(zip(order, (2, 3, 5), strict=True))
    assert of_levels(first, second).value == pytest.approx(
        of_levels({"a": 5, "b": 3, "c": 2}, {"a": 2, "b": 3, "c": 5}).value
    )


NONE = [
    ("sex", "f a, m a, f b", FEW),
    ("sex", "f a, f a, f b, f b", NO_SPREAD),
    ("sex", "f a, f a, m b, m b", APART),
    ("sex", "f a, f a, m b, x b", APART),
    ("age", "1 a, 2 a, 3 b", FEW),
    ("age", "4 a, 4 a, 5 b, 5 b", NO_SPREAD),
    ("age", "0.1 a, 0.1 a, 0.1 a, 0.1 b, 0.1 b", NO_SPREAD),
]


@pytest.mark.parametrize(("column", "people", "why"), NONE)
def test_where_a_difference_cannot_be_computed_there_is_none(column: str, people: str, why: str) -> None:
    """Null with its reason: never 0, never infinite."""
    rows = (f"P | {' | '.join(one.split())}" for one in people.split(", "))
    assert apart(f"patient_id | {column} | group\n" + "\n".join(rows), column) == Difference(None, "", why)


def test_words_too_many_to_list_are_not_compared() -> None:
    counts = np.ones((13, 2), np.int64)
    assert apart(written(counts), "sex") == Difference(None, "", TOO_MANY)
    assert judged(written(counts), "sex").note == TOO_MANY
    assert apart(written(counts[:12]), "sex").value == pytest.approx(0)


def test_of_three_groups_the_two_furthest_apart_are_named() -> None:
    """Means 1.5, 2.5 and 5.5, variances 0.5: 4 / sqrt(0.5) between the outer two."""
    text = "patient_id | age | group\nA|1|a\nB|2|a\nC|2|b\nD|3|b\nE|5|c\nF|6|c"
    found = apart(text, "age")
    assert found.value == pytest.approx(4 / sqrt(0.5))
    assert (found.between, found.note) == ("a and c", "")


def test_a_pair_that_cannot_be_compared_is_counted() -> None:
    """The third group has one value: two of three pairs have no difference."""
    text = "patient_id | age | group\nA|1|a\nB|2|a\nC|2|b\nD|3|b\nE|5|c"
    found = apart(text, "age")
    assert (found.between, found.note) == ("a and b", "not known of 2 of 3 pairs of groups")


def test_without_groups_there_is_nothing_to_compare() -> None:
    text = "patient_id | age\nA | 1\nB | 2"
    table = frame(text, age="float")
    found = baseline(table, ["age"], ["age"])
    assert differences(found) == {}
    assert baseline_tests(table, found) == {}


def test_columns_that_nobody_has_are_left_out() -> None:
    found = counted("patient_id | age | sex | treated_before | group\nA | 1 | | | a\nB | 2 | | | b").filled()
    assert (found.columns, list(found.numbers), list(found.words)) == (("age",), ["age"], [])


def random_numbers(seed: int, sizes: tuple[int, ...], steps: int) -> list[NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    return [rng.integers(0, steps, size).astype(float) + place / 2 for place, size in enumerate(sizes)]


def pooled(groups: list[NDArray[np.float64]]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    return np.concatenate(groups), np.repeat(np.arange(len(groups)), [len(group) for group in groups])


@pytest.mark.parametrize("steps", [3, 10, 10_000])
@pytest.mark.parametrize("sizes", [(300, 200), (2000, 7)])
def test_the_rank_sum_of_many_is_that_of_scipy(sizes: tuple[int, int], steps: int) -> None:
    """Normal approximation with corrections for ties and continuity."""
    groups = random_numbers(1, sizes, steps)
    found = numbers_tested(*pooled(groups), 2, LENIENT)
    assert found.p == pytest.approx(stats.mannwhitneyu(groups[0], groups[1], method="asymptotic").pvalue, rel=1e-10)
    assert (found.test, found.least_p) == ("rank sum, normal approximation", None)


def test_groups_that_do_not_differ_in_rank_have_a_p_value_of_1() -> None:
    """The correction for continuity makes no P value above 1."""
    groups = [np.arange(300.0), np.arange(300.0)]
    assert numbers_tested(*pooled(groups), 2, LENIENT).p == 1.0


@pytest.mark.parametrize("sizes", [(12, 9), (63, 63), (1000, 3)])
def test_the_rank_sum_of_few_is_exact(sizes: tuple[int, int]) -> None:
    """As elsewhere in the project: every arrangement, ties and all."""
    groups = random_numbers(2, sizes, 10)
    found, expected = numbers_tested(*pooled(groups), 2, LENIENT), rank_sum(groups[0], groups[1])
    assert found.test == "rank sum, exact"
    assert [found.p, found.least_p] == pytest.approx([expected.p, expected.least_p])


def test_the_steps_of_the_exact_test_are_not_underestimated() -> None:
    """What is called exact is never approximated: the greatest equal groups of which all arrangements are counted."""
    assert most_steps(113, 113) <= MOST_STEPS < most_steps(114, 114)
    first, second = random_numbers(3, (113, 113), 10_000)
    assert rank_sum(first, second).method == "exact"


@pytest.mark.parametrize("steps", [3, 10_000])
def test_the_ranks_of_three_groups_are_tested_as_by_scipy(steps: int) -> None:
    """Kruskal and Wallis with the correction for ties, by the chi-square distribution."""
    groups = random_numbers(4, (50, 40, 30), steps)
    found = numbers_tested(*pooled(groups), 3, LENIENT)
    assert found.p == pytest.approx(stats.kruskal(*groups).pvalue, rel=1e-10)
    assert found.test == "Kruskal-Wallis, chi-square approximation"
    assert ranks.kruskal_wallis(ranks.ranked(*pooled(groups), 3)) == pytest.approx(stats.kruskal(*groups).statistic)


def arranged(groups: list[NDArray[np.float64]]) -> Iterator[list[NDArray[np.float64]]]:
    """Yield every way to deal the values of three groups out to groups of these sizes."""
    values, (first, second, _) = np.concatenate(groups), [len(group) for group in groups]
    every = set(range(len(values)))
    for one in combinations(every, first):
        for two in combinations(every - set(one), second):
            rest = every - set(one) - set(two)
            yield [values[list(part)] for part in (one, two, rest)]


def test_the_ranks_of_three_small_groups_are_tested_by_random_arrangements() -> None:
    """Of 1,680 arrangements, listed here, as many draws as there are with as large a statistic."""
    groups = [np.array([1.0, 2.0, 2.0]), np.array([2.0, 4.0, 5.0]), np.array([4.0, 6.0, 7.0])]
    observed = stats.kruskal(*groups).statistic
    exact = np.mean([stats.kruskal(*one).statistic >= observed - 1e-9 for one in arranged(groups)])
    found = numbers_tested(*pooled(groups), 3, Options())
    assert found.p == pytest.approx(float(exact), abs=0.003)
    assert found.test == "Kruskal-Wallis, Monte Carlo, 99,999 draws"
    assert found.p == numbers_tested(*pooled(groups), 3, Options()).p


@pytest.mark.parametrize("sizes", [(9_000, 4), (200, 100, 4)])
def test_no_approximation_stands_on_a_handful(sizes: tuple[int, ...]) -> None:
    """A group of four among thousands: no P value, and why."""
    found = numbers_tested(*pooled(random_numbers(5, sizes, 100)), len(sizes), LENIENT)
    assert (found.p, found.note) == (None, "a group has fewer than 5 values: no approximation holds")


def test_two_words_are_tested_by_chi_square_where_5_are_expected() -> None:
    """(20 x 20 - 10 x 10)^2 60 / (30^4) = 6.667, without a correction for continuity: P = 0.0098."""
    found = judged(written(np.array([[10, 20], [20, 10]])), "sex")
    assert found.p == pytest.approx(stats.chi2.sf(20 / 3, 1))
    assert (found.test, found.least_p) == ("chi-square, no continuity correction", None)


def test_two_words_are_tested_by_fisher_where_fewer_are_expected() -> None:
    """The lady tasting tea (Fisher 1935): 3 of 4 right, 34 of 70; the least is 2 of 70."""
    found = judged(written(np.array([[3, 1], [1, 3]])), "sex")
    assert [found.p, found.least_p] == pytest.approx([34 / 70, 2 / 70])
    assert found.test == "Fisher's exact test"
    assert found.why == "2 words in 2 groups, an expected count below 5"


def test_a_yes_or_no_is_tested_as_a_word() -> None:
    """0 and 1 are counted, not ranked."""
    assert judged(written(np.array([[3, 1], [1, 3]]), "treated_before"), "treated_before").p == pytest.approx(34 / 70)


def test_what_no_test_can_show_is_said() -> None:
    """Two and three of whom one is female: the least P is 0.4, whoever she is."""
    found = judged(written(np.array([[1, 0], [1, 3]])), "sex")
    assert found.least_p == pytest.approx(0.4)
    assert found.note == "with these patients and ties the test cannot give a P value of 0.05 or less"


@pytest.mark.parametrize(
    ("counts", "holds"),
    [
        ([[5, 5], [5, 5]], True),
        ([[5, 4], [5, 5]], False),
        # Expected 1 and 9 in the smallest of ten cells: a fifth below 5.
        ([[1, 1], [10, 10], [10, 10], [10, 10], [10, 10]], True),
        ([[1, 0], [10, 10], [10, 10], [10, 10], [10, 10]], False),
        ([[4, 4], [4, 4], [10, 10], [10, 10], [10, 10]], False),
    ],
)
def test_cochrans_rule(counts: list[list[int]], holds: bool) -> None:
    """None below 1, no more than a fifth below 5; of two words in two groups none below 5."""
    assert contingency.chi_square_holds(np.array(counts)) == holds


def as_far(counts: NDArray[np.int64]) -> float:
    """Return the share of all ways to choose the first group whose chi-square is as large, by listing them."""
    words = np.repeat(np.arange(len(counts)), counts.sum(axis=1))
    size, many = int(counts[:, 0].sum()), len(counts)

    def statistic(chosen: Any) -> float:
        first = np.bincount(words[list(chosen)], minlength=many)
        table = np.stack([first, np.bincount(words, minlength=many) - first], axis=1)
        return float(stats.chi2_contingency(table, correction=False).statistic)

    observed = float(stats.chi2_contingency(counts, correction=False).statistic)
    every = [statistic(chosen) for chosen in combinations(range(len(words)), size)]
    return float(np.mean(np.array(every) >= observed - 1e-9))


@pytest.mark.parametrize(
    "counts", [[[3, 0], [1, 1], [0, 3]], [[2, 1], [1, 2], [1, 1]], [[1, 3], [0, 2], [3, 0], [1, 0]]]
)
def test_more_words_in_two_small_groups_are_tested_by_all_tables(counts: list[list[int]]) -> None:
    """The permutation distribution of the chi-square, every way to choose the first group listed here."""
    table = np.array(counts)
    found = judged(written(table), "sex")
    assert found.test == "permutation chi-square, exact"
    assert found.p == pytest.approx(as_far(table))
    assert (found.least_p or 1.0) <= (found.p or 0.0)


def test_all_tables_of_many_patients_do_not_overflow() -> None:
    """Two rare words beside a common one, groups of 75,002: in one group, or one in each, half of the time each."""
    found = contingency.exact_chi_square(np.array([[1, 0], [1, 0], [75_000, 75_002]]))
    assert found.p == pytest.approx(0.5, abs=1e-4)


def test_more_tables_than_can_be_listed_are_drawn() -> None:
    """The same test by random tables, near its exact value and the same on each run."""
    table = np.array([[3, 0], [1, 1], [0, 3]])
    found = words_tested(table, Options({"permutation_limit": 1_000}))
    assert found.test == "permutation chi-square, exact"
    wide = np.array([[9, 1], [8, 3], [2, 9], [3, 8], [9, 2], [1, 2]])
    drawn = words_tested(wide, Options({"permutation_limit": 1_000}))
    assert drawn.test == "permutation chi-square, Monte Carlo, 99,999 draws"
    assert drawn.p == pytest.approx(words_tested(wide, Options()).p, abs=0.002)
    assert (drawn.p, drawn.least_p) == (words_tested(wide, Options({"permutation_limit": 1_000})).p, None)


def test_words_in_three_small_groups_are_drawn() -> None:
    """Three of one word each: the 6 tables of 1,680 that are so."""
    found = judged(written(np.diag([3, 3, 3])), "sex", Options({"few_patients": 2}))
    assert found.p == pytest.approx(6 / 1680, abs=0.001)
    assert found.why == "3 words in 3 groups, expected counts too small for the chi-square distribution"


UNTESTED = [
    ("age", "1 a, 2 a, 3 b", "a group has fewer than 2 values"),
    ("age", "4 a, 4 a, 4 b, 4 b", "all values are equal"),
    ("sex", "f a, f a, f b, f b", "all have the same word"),
]


@pytest.mark.parametrize(("column", "people", "why"), UNTESTED)
def test_where_there_is_nothing_to_test_no_test_is_made(column: str, people: str, why: str) -> None:
    rows = (f"P | {' | '.join(one.split())}" for one in people.split(", "))
    found = judged(f"patient_id | {column} | group\n" + "\n".join(rows), column)
    assert found == BaselineTest(note=why)


@pytest.mark.parametrize(("few", "note"), [(5, ""), (6, PICTURE)])
def test_few_patients_are_a_picture(few: int, note: str) -> None:
    """Five have an age and a group; who is in no group does not count."""
    found = judged(COHORT, "age", Options({"few_patients": few}))
    assert (found.p is None) == bool(note)
    assert note in found.note


def test_a_patient_without_a_group_is_not_tested() -> None:
    """Ages 44, 46 against 40, 50, 60; the patient of 90 has no group: rank sums 5 of 2 to 3, P = 8 in 10."""
    assert judged(COHORT, "age", LENIENT).p == pytest.approx(0.8)


def test_the_order_of_the_patients_does_not_matter() -> None:
    """An engine hands rows over in any order, and the P values are the same to the last digit."""
    values, groups = pooled(random_numbers(6, (40, 35), 20))
    order = np.random.default_rng(0).permutation(len(values))
    for count, of_group in ((2, groups), (3, np.arange(75) % 3)):
        first = numbers_tested(values, of_group, count, LENIENT)
        assert first == numbers_tested(values[order], of_group[order], count, LENIENT)


def test_numbers_and_words_of_an_engine_agree_with_numpy() -> None:
    """Two hundred patients in three groups."""
    rng = np.random.default_rng(7)
    age, group = rng.normal(60, 10, 200), rng.choice(["a", "b", "c"], 200)
    found = baseline(ibis.memtable(pa.table({"age": age, "group": group})), ["age"], ["age"])
    for label in "abc":
        mine, moments = age[group == label], found.numbers["age"][label]
        assert moments.n == len(mine)
        expected = [mine.mean(), mine.var(ddof=1), np.median(mine), mine.min(), mine.max()]
        of_engine = [moments.mean, moments.variance, moments.median, moments.least, moments.greatest]
        assert of_engine == pytest.approx(expected)
