"""Exact tests and intervals of few patients, against full enumeration and published figures."""

from collections.abc import Callable
from itertools import combinations, product
from math import comb, log10

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from abate.records.options import Options
from abate.records.problems import AbateError
from abate.statistics.bootstrap import bootstrap
from abate.statistics.contingency import fisher
from abate.statistics.fisher_table import fisher_table
from abate.statistics.permutation import rearranged
from abate.statistics.proportion import interval, posterior
from abate.statistics.shift import shift
from abate.statistics.signed_rank import signed_rank
from abate.statistics.student import paired, student, welch
from abate.statistics.two_by_two import difference, mcnemar, two_by_two


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 6), min_size=3, max_size=9), st.data())
def test_arrangements_counted_are_arrangements_listed(values: list[int], data: st.DataObject) -> None:
    """The P values of counting halves are those of writing every division down."""
    size = data.draw(st.integers(1, len(values) - 1))
    array = np.array(values, float)
    first = np.arange(len(values)) < size
    found = rearranged(array, first)
    differences = np.array(
        [
            array[list(chosen)].mean() - np.delete(array, list(chosen)).mean()
            for chosen in combinations(range(len(values)), size)
        ]
    )
    observed, near = array[first].mean() - array[~first].mean(), 1e-9
    assert found.arrangements == len(differences) == comb(len(values), size)
    assert found.p == pytest.approx((np.abs(differences) >= abs(observed) - near).mean())
    assert found.greater == pytest.approx((differences >= observed - near).mean())
    assert found.less == pytest.approx((differences <= observed + near).mean())
    assert found.least_p == pytest.approx((np.abs(differences) >= np.abs(differences).max() - near).mean())


def test_too_many_arrangements_are_drawn() -> None:
    """The drawn P value lies within its error of the exact one, and says how it was had."""
    values = np.random.default_rng(4).normal(size=24)
    first = np.arange(24) < 12
    exact, drawn = rearranged(values, first), rearranged(values, first, Options({"permutation_limit": 1000}))
    assert (exact.method, drawn.method) == ("exact", "Monte Carlo, 99,999 draws")
    assert drawn.p == pytest.approx(exact.p, abs=4 * np.sqrt(exact.p * (1 - exact.p) / 99_999))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-4, 4), min_size=1, max_size=9))
def test_signs_counted_are_signs_listed(changes: list[int]) -> None:
    """The signed-rank test by every arrangement of signs."""
    kept = np.array([change for change in changes if change], float)
    found = signed_rank(np.array(changes, float))
    ranks = stats.rankdata(np.abs(kept))
    sums = np.array([(ranks * signs).sum() for signs in product((-1, 1), repeat=len(kept))])
    observed = (ranks * np.sign(kept)).sum()
    assert found.p == pytest.approx((np.abs(sums) >= abs(observed) - 1e-9).mean())
    assert found.greater == pytest.approx((sums >= observed - 1e-9).mean())


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.integers(0, 4), min_size=2, max_size=3), min_size=2, max_size=3))
def test_halves_of_tables_that_meet_are_all_tables(drawn: list[list[int]]) -> None:
    """Fisher's test by writing down every table with these margins."""
    width = min(map(len, drawn))
    table = np.array([row[:width] for row in drawn])
    found = fisher_table(table)
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    if min(table.shape, default=0) < 2:
        assert found.p == 1
        return
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    chances = []
    for cells in product(*(range(int(min(row, column)) + 1) for row in rows[:-1] for column in columns[:-1])):
        inside = np.array(cells).reshape(len(rows) - 1, len(columns) - 1)
        whole = np.column_stack([inside, rows[:-1] - inside.sum(axis=1)])
        whole = np.vstack([whole, columns - whole.sum(axis=0)])
        if (whole >= 0).all():
            chances.append(_chance(whole))
    array = np.array(chances) / sum(chances)
    mine = _chance(table) / sum(chances)
    assert found.p == pytest.approx(array[array <= mine * (1 + 1e-7)].sum())
    assert found.least_p == pytest.approx(array[array <= array.min() * (1 + 1e-7)].sum())


def _chance(table: np.ndarray[tuple[int, int], np.dtype[np.int64]]) -> float:
    from scipy.special import gammaln

    return float(np.exp(-gammaln(table + 1.0).sum()))


def test_a_table_of_two_by_two_is_fishers() -> None:
    """One test under two names."""
    for table in ([[3, 1], [1, 3]], [[5, 0], [1, 4]], [[8, 2], [3, 9]]):
        assert fisher_table(np.array(table)).p == pytest.approx(fisher(np.array(table)).p)


@pytest.mark.parametrize("method", ["clopper-pearson", "blaker"])
def test_exact_intervals_cover_what_they_say(method: str) -> None:
    """Of 9 patients, whatever the true share: the interval holds it in 95 % of studies or more."""
    limits = [interval(count, 9, method) for count in range(10)]
    for share in np.linspace(0.01, 0.99, 49):
        chances = stats.binom.pmf(np.arange(10), 9, share)
        assert sum(p for p, (low, high) in zip(chances, limits, strict=True) if low <= share <= high) >= 0.95


def test_blakers_interval_lies_within_the_exact_one() -> None:
    """Its reason to be: never wider."""
    for total in (5, 8, 20):
        for count in range(total + 1):
            low, high = interval(count, total)
            inner = interval(count, total, "blaker")
            assert low - 1e-9 <= inner[0] <= count / total <= inner[1] <= high + 1e-9


def test_shares_are_believed_by_a_stated_prior() -> None:
    """Uniform: 3 of 8 is a beta of 4 and 6, whose mean is 0.4."""
    found = posterior(3, 8, (1, 1), (0.5,))
    assert found.mean == pytest.approx(0.4)
    assert found.above[0.5] == pytest.approx(130 / 512)


def test_an_unconditional_test_is_stronger_than_fishers() -> None:
    """7 of 7 against 3 of 7, of SciPy's manual and elsewhere: Fisher 0.070, Boschloo and Barnard below 0.05."""
    values = {test: two_by_two((7, 7), (3, 7), test).p for test in ("fisher", "fisher-mid-p", "boschloo", "barnard")}
    assert values["fisher"] == pytest.approx(0.0699, abs=1e-4)
    assert values["boschloo"] < 0.05
    assert values["barnard"] < 0.05
    assert values["fisher-mid-p"] < values["fisher"]
    assert two_by_two((7, 7), (3, 7), "fisher", "greater").p < values["fisher"]


@pytest.mark.parametrize("test", ["fisher", "boschloo", "barnard"])
def test_where_nobody_or_everybody_has_the_event_there_is_nothing_to_test(test: str) -> None:
    """A P value of 1, not none."""
    assert two_by_two((0, 3), (0, 4), test).p == two_by_two((3, 3), (4, 4), test).p == 1


def test_pairs_that_agree_test_nothing() -> None:
    """No discordant pair; as many on either side; all on one side, of which five give 1/16."""
    assert mcnemar(0, 0).p == 1
    assert mcnemar(4, 4).p == 1
    assert mcnemar(5, 0).p == mcnemar(5, 0).least_p == 1 / 16
    assert mcnemar(5, 0).mid_p == pytest.approx(1 / 32)


def test_the_difference_of_shares_has_limits_at_the_edge() -> None:
    """10 of 10 against 0 of 10, printed by Newcombe's method 10: 0.6075 to 1."""
    found = difference((10, 10), (0, 10))
    assert (found.estimate, found.low, found.high) == pytest.approx((1, 0.6075, 1), abs=1e-4)


def test_a_shift_has_limits_among_the_differences() -> None:
    """Two against two: no arrangement is rare enough for a limit."""
    found = shift(np.array([1.0, 2.0]), np.array([5.0, 7.0]))
    assert (found.estimate, found.low, found.high, found.level) == (-4.5, -np.inf, np.inf, 1.0)


def test_a_bootstrap_of_many_draws() -> None:
    """Of 40 patients samples are drawn: the error is near that of a mean."""
    values = np.random.default_rng(6).normal(size=40)
    found = bootstrap(values, lambda samples: samples.mean(axis=1))
    assert found.method == "9,999 draws"
    assert found.error == pytest.approx(values.std() / np.sqrt(40), rel=0.05)
    assert found.low < found.estimate < found.high


def test_t_tests_are_scipys() -> None:
    """Equal variances, unequal ones, and pairs."""
    random = np.random.default_rng(7)
    first, second = random.normal(size=9), random.normal(1, 3, 9)
    for ours, theirs in (
        (student(first, second), stats.ttest_ind(first, second)),
        (welch(first, second), stats.ttest_ind(first, second, equal_var=False)),
        (paired(first, second), stats.ttest_rel(first, second)),
    ):
        assert (ours.t, ours.p, ours.freedom) == pytest.approx((theirs.statistic, theirs.pvalue, theirs.df))
        low, high = theirs.confidence_interval()
        assert (ours.low, ours.high) == pytest.approx((low, high))


FEW = np.array([1.0])
REFUSALS: dict[str, tuple[Callable[[], object], str]] = {
    "one group": (lambda: rearranged(np.array([1.0, 2.0]), np.array([True, True])), "two groups"),
    "missing": (lambda: rearranged(np.array([1.0, np.nan]), np.array([True, False])), "a number for everyone"),
    "method": (lambda: interval(1, 2, "wald"), "No interval is called wald"),
    "count": (lambda: posterior(3, 2), "between 0 and the total"),
    "prior": (lambda: posterior(1, 2, (0, 1)), "above 0"),
    "test": (lambda: two_by_two((1, 2), (1, 2), "best"), "No test is called best"),
    "side": (lambda: two_by_two((1, 2), (1, 2), "fisher", "both"), "No side is called both"),  # type: ignore[arg-type]
    "group": (lambda: two_by_two((3, 2), (1, 2)), "between 0 and its size"),
    "large": (lambda: fisher_table(np.full((4, 4), 50)), "too large"),
    "changes": (lambda: signed_rank(np.arange(1.0, 302)), "up to 200 changes"),
    "empty": (lambda: shift(FEW, np.zeros(0)), "both groups"),
    "alone": (lambda: bootstrap(FEW, lambda samples: samples.mean(axis=1)), "two patients"),
    "bias": (lambda: bootstrap(np.ones(3), lambda samples: samples.mean(axis=1), ties="all"), "mid or strict"),
    "pairs": (lambda: paired(FEW, np.ones(2)), "of every patient"),
    "no change": (lambda: paired(np.ones(3), np.ones(3)), "that differ"),
    "no spread": (lambda: student(np.ones(3), np.zeros(3)), "vary within a group"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_cannot_be_tested_is_refused_in_words(name: str) -> None:
    """Each says what was expected."""
    work, words = REFUSALS[name]
    with pytest.raises(AbateError, match=words):
        work()


def test_powers_of_ten_are_counted_without_a_list() -> None:
    """Twenty against twenty: 138 thousand million arrangements, all of them counted."""
    found = rearranged(np.random.default_rng(9).normal(size=40), np.arange(40) < 20)
    assert found.method == "exact"
    assert log10(found.arrangements) > 11
