"""Rank sums with ties, P values adjusted for their number, and what a design can detect."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from abate.statistics.comparison import BLUNT, compare, detectable_difference
from abate.statistics.exact import APPROXIMATE, EXACT, rank_sum
from abate.statistics.multiplicity import adjusted
from test_statistics_comparison import groups, numbers, reference, steps

EQUAL = 1e-9
FEW = st.lists(st.integers(0, 5).map(float), min_size=1, max_size=5)


@given(FEW, FEW)
def test_every_arrangement_is_counted_with_its_ties(first: list[float], second: list[float]) -> None:
    """The judge lists them: P is the share of groupings whose rank sum lies as far from the mean."""
    ranks = stats.rankdata(first + second)
    mean = len(first) * (len(ranks) + 1) / 2
    observed = abs(ranks[: len(first)].sum() - mean)
    away = [abs(sum(chosen) - mean) for chosen in combinations(ranks, len(first))]
    found = rank_sum(numbers(*first), numbers(*second))
    assert found.p == pytest.approx(np.mean([each >= observed for each in away]), abs=EQUAL)
    assert found.least_p == pytest.approx(np.mean([each == max(away) for each in away]), abs=EQUAL)
    pairs = [(a > b) + (a == b) / 2 for a in first for b in second]
    assert found.superiority == pytest.approx(np.mean(pairs), abs=EQUAL)


def test_without_ties_it_is_the_textbook_test() -> None:
    """1, 2, 4 against 3, 5, 6, 7: U = 1, two-sided P = 4/35 (SciPy's exact test, which is right without ties)."""
    first, second = numbers(1, 2, 4), numbers(3, 5, 6, 7)
    assert rank_sum(first, second).p == pytest.approx(4 / 35, abs=EQUAL)
    assert stats.mannwhitneyu(first, second, method="exact").pvalue == pytest.approx(4 / 35)


def test_the_letters_eight_patients_have_the_rank_sum_p_of_r(shared: Path) -> None:
    """W = 4, P = 0.393 (R 4.2.2, wilcox.test exact)."""
    first, second = groups(shared / "data/stats/toy_auc8.csv", "auc", "resp")
    expected = reference(shared, "toy_auc8", "Wilcoxon exact", "p")
    assert rank_sum(first, second).p == pytest.approx(expected, abs=EQUAL)
    assert compare(first, second, ("a", "b")).welch_p == pytest.approx(
        reference(shared, "toy_auc8", "Welch t", "p"), rel=1e-4
    )


def test_ties_are_kept_where_scipy_ignores_them(shared: Path) -> None:
    """Rotarod, 19 of 24 values equal: P = 0.03727 (coin, exact wilcox_test)."""
    first, second = groups(shared / "data/stats/rotarod.csv", "time", "group")
    found = rank_sum(first, second)
    assert found.p == pytest.approx(0.0372670807453416, abs=EQUAL)
    # Five values lie below the rest: no arrangement of this pile says more than all five in one group.
    assert found.least_p == found.p


def test_the_interval_of_welch_is_that_of_r(shared: Path) -> None:
    """The sleep data: -3.3655 to 0.2055, P = 0.0794."""
    found = compare(*groups(shared / "data/stats/sleep.csv", "extra", "group"), ("drug 1", "drug 2"))
    for value, quantity, tolerance in (
        (found.welch_low, "ci.lo", 1e-6),
        (found.welch_high, "ci.hi", 1e-6),
        (found.welch_p, "p", 1e-4),
    ):
        assert value == pytest.approx(reference(shared, "sleep", "Welch t", quantity), rel=tolerance)


def test_a_large_cohort_takes_the_normal_approximation_and_says_so() -> None:
    """1,000 against 1,000 would take billions of additions; 100 against 100 are counted."""
    assert rank_sum(steps(100), steps(100, start=10.5)).method == EXACT
    found = rank_sum(steps(1000), steps(1000, start=40.5))
    assert (found.method, found.least_p) == (APPROXIMATE, None)
    assert found.p == stats.mannwhitneyu(steps(1000), steps(1000, start=40.5), method="asymptotic").pvalue


def test_the_approximation_agrees_with_the_count_where_both_can_be_had() -> None:
    """60 against 60, away from the tail: within 1 % of each other."""
    first, second = steps(60), steps(60, start=4.5)
    approximate = float(stats.mannwhitneyu(first, second, method="asymptotic").pvalue)
    assert rank_sum(first, second).p == pytest.approx(approximate, rel=0.01)


def test_equal_values_have_no_order() -> None:
    """All tied: P = 1, no smaller one is possible, and neither group is the higher."""
    found = rank_sum(numbers(5, 5, 5), numbers(5, 5))
    assert (found.p, found.least_p, found.superiority) == (1.0, 1.0, 0.5)


def test_ties_raise_the_least_p_value_of_the_permutation_test_too() -> None:
    """Of 0, 0, 0 and 1 in two pairs, all six groupings lie equally far apart: P is 1 whatever is found."""
    found = compare(numbers(0, 0), numbers(0, 1), ("a", "b"))
    assert (found.permutation_p, found.least_p) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        # temperatures: 4 of 252 groupings are as far apart; in floating point two of them are not
        ((37.0, 36.8, 36.8, 36.9, 36.8), (37.2, 37.1, 37.2, 37.1, 37.0), 4 / 252),
        ((10.3, 7.4, 7.4), (9.2, 7.6, 8.5, 8.0), 1.0),
    ],
)
def test_equal_differences_are_equal_whatever_floating_point_makes_of_them(
    first: tuple[float, ...], second: tuple[float, ...], expected: float
) -> None:
    """Counted in fractions."""
    assert compare(numbers(*first), numbers(*second), ("a", "b")).permutation_p == pytest.approx(expected, abs=EQUAL)


@given(st.lists(st.integers(365, 400), min_size=2, max_size=4), st.lists(st.integers(365, 400), min_size=2, max_size=4))
def test_the_permutation_test_is_that_of_fractions(first: list[int], second: list[int]) -> None:
    """Temperatures in tenths: the judge lists every grouping in whole numbers."""
    both = first + second
    if len(set(both)) == 1:
        return
    sizes = (len(first), len(second))

    def distance(total: int) -> int:
        return abs(total * sizes[1] - (sum(both) - total) * sizes[0])

    away = [distance(sum(chosen)) for chosen in combinations(both, sizes[0])]
    expected = np.mean([each >= distance(sum(first)) for each in away])
    found = compare(numbers(*(x / 10 for x in first)), numbers(*(x / 10 for x in second)), ("a", "b"))
    assert found.permutation_p == pytest.approx(expected, abs=EQUAL)
    assert found.least_p == pytest.approx(np.mean([each == max(away) for each in away]), abs=EQUAL)


@pytest.mark.parametrize(
    ("p_values", "holm", "rates"),
    [
        # Holm 1979: 3 x 0.01, 2 x 0.02, 1 x 0.9; Benjamini and Hochberg: 3/1 x 0.01, 3/2 x 0.02, 0.9
        ((0.01, 0.02, 0.9), (0.03, 0.04, 0.9), (0.03, 0.03, 0.9)),
        ((0.9, 0.01, 0.02), (0.9, 0.03, 0.04), (0.9, 0.03, 0.03)),
        # never above 1, never below a smaller one's
        ((0.5, 0.6), (1.0, 1.0), (0.6, 0.6)),
        ((0.04, 0.04), (0.08, 0.08), (0.04, 0.04)),
        # what was not tested does not count
        ((None, 0.03, None), (None, 0.03, None), (None, 0.03, None)),
        ((None, None), (None, None), (None, None)),
        ((), (), ()),
    ],
)
def test_p_values_are_adjusted_for_their_number(
    p_values: tuple[float | None, ...], holm: tuple[float | None, ...], rates: tuple[float | None, ...]
) -> None:
    found = adjusted(p_values)
    assert found.holm == pytest.approx(list(holm))
    assert found.benjamini_hochberg == pytest.approx(list(rates))
    assert found.count == sum(p is not None for p in p_values)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        # Cohen 1988, table 2.4.1: 64 a group for 0.5, 26 for 0.8, at 5 % two-sided and 80 %
        (64, 64, 0.50),
        (26, 26, 0.79),
        (4, 4, 2.38),
    ],
)
def test_what_a_design_could_detect(first: int, second: int, expected: float) -> None:
    assert detectable_difference(first, second) == pytest.approx(expected, abs=0.005)


def test_what_it_could_detect_follows_from_the_numbers_alone() -> None:
    """Whatever was found; the two groups change places; one patient detects nothing; a thousand detect little."""
    near, far = (compare(steps(4), steps(5, start=start), ("a", "b")) for start in (0.5, 50))
    assert near.detectable == far.detectable == detectable_difference(5, 4)
    assert detectable_difference(1, 9) is None
    # Of three against three no P value falls below 0.1: the leading test detects nothing at 5 %.
    blunt = compare(steps(3), steps(3, start=50), ("a", "b"))
    assert (blunt.detectable, blunt.note) == (None, BLUNT)
    assert detectable_difference(50_000, 50_000) == pytest.approx(0.0177, abs=1e-4)


def test_a_simulated_design_finds_the_detectable_difference_in_four_of_five() -> None:
    """4 against 6 patients, normal values: 2,000 trials, Monte Carlo error below 1 %."""
    difference = detectable_difference(4, 6)
    assert difference is not None
    draws = np.random.default_rng(1).normal(size=(2000, 10))
    found = stats.ttest_ind(draws[:, :4] + difference, draws[:, 4:], axis=1)
    assert float(np.mean(found.pvalue < 0.05)) == pytest.approx(0.8, abs=0.03)
