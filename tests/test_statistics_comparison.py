"""Two groups compared: published results, and what eight patients can and cannot say."""

import csv
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from abate.records.options import Options
from abate.statistics.comparison import Comparison, compare, least_possible_p

EXACT = 1e-9


def numbers(*values: float) -> NDArray[np.float64]:
    return np.array(values, dtype=np.float64)


def steps(count: int, start: float = 0.0, by: float = 1.0) -> NDArray[np.float64]:
    return numbers(*(start + by * place for place in range(count)))


def groups(path: Path, value: str, group: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the numbers of the first and second group named in a file."""
    found: dict[str, list[float]] = {}
    with path.open() as file:
        for row in csv.DictReader(file):
            found.setdefault(row[group], []).append(float(row[value]))
    first, second = found.values()
    return numbers(*first), numbers(*second)


def reference(shared: Path, dataset: str, method: str, quantity: str) -> float:
    """Return the one number of R (or full enumeration) for a method and quantity."""
    with (shared / "spec/stats_reference/exact_small_R.csv").open() as file:
        (value,) = (
            float(row["value"])
            for row in csv.DictReader(file)
            if (row["dataset"], row["method"], row["quantity"]) == (dataset, method, quantity)
        )
    return value


def sleep(shared: Path) -> Comparison:
    return compare(*groups(shared / "data/stats/sleep.csv", "extra", "group"), ("drug 1", "drug 2"))


def test_the_t_test_is_that_of_r(shared: Path) -> None:
    """Student's t test of the sleep data (R 4.2.2): relative 1e-4 for P, 1e-6 for the interval."""
    found = sleep(shared)
    assert found.t_p == pytest.approx(reference(shared, "sleep", "Student t", "p"), rel=1e-4)
    assert found.difference_low == pytest.approx(reference(shared, "sleep", "Student t", "ci.lo"), rel=1e-6)
    assert found.difference_high == pytest.approx(reference(shared, "sleep", "Student t", "ci.hi"), rel=1e-6)


def test_the_exact_test_of_the_sleep_data_enumerates_all_arrangements(shared: Path) -> None:
    """184,756 arrangements with ties: P = 0.08145 by full enumeration, within 1e-9."""
    method = "exact two-sample permutation of mean difference"
    found = sleep(shared)
    assert found.permutation_method == "exact"
    assert found.difference == pytest.approx(reference(shared, "sleep", method, "obs"), abs=EXACT)
    assert found.permutation_p == pytest.approx(reference(shared, "sleep", method, "p2"), abs=EXACT)


def test_the_letters_test_on_eight_patients(shared: Path) -> None:
    """Three non-responders against five responders: 56 arrangements and a t test (R)."""
    first, second = groups(shared / "data/stats/toy_auc8.csv", "auc", "resp")
    found = compare(first, second, ("responders", "non-responders"))
    method = "exact permutation of mean difference (resp1 - resp2)"
    assert found.difference == pytest.approx(reference(shared, "toy_auc8", method, "obs"), abs=EXACT)
    assert found.permutation_p == pytest.approx(reference(shared, "toy_auc8", method, "p2"), abs=EXACT)
    expected = reference(shared, "toy_auc8", "Student t (letter's test)", "p")
    assert found.t_p == pytest.approx(expected, rel=1e-4)


@pytest.mark.filterwarnings("ignore:Precision loss:RuntimeWarning")
def test_ties_are_counted_and_not_broken(shared: Path) -> None:
    """Rotarod data, 19 of 24 values equal: P = 0.03727 (coin, exact oneway_test)."""
    first, second = groups(shared / "data/stats/rotarod.csv", "time", "group")
    found = compare(first, second, ("control", "treatment"), Options({"permutation_limit": 3_000_000}))
    with (shared / "spec/stats_reference/exact_small_R.csv").open() as file:
        (expected,) = (
            float(row["value"])
            for row in csv.DictReader(file)
            if row["method"] == "coin oneway_test exact (mean)" and row["setting"] == "two-sided"
        )
    assert found.permutation_method == "exact"
    assert found.permutation_p == pytest.approx(expected, abs=EXACT)


def test_three_against_three_cannot_give_less_than_a_tenth() -> None:
    """1, 2, 3 against 4, 5, 6: 2 of 20 arrangements lie as far apart; means 2 and 5."""
    found = compare(numbers(1, 2, 3), numbers(4, 5, 6), ("a", "b"))
    assert (found.first, found.second, found.n_first, found.n_second) == ("a", "b", 3, 3)
    assert (found.mean_first, found.mean_second, found.difference) == (2.0, 5.0, -3.0)
    assert (found.median_first, found.median_second) == (2.0, 5.0)
    assert found.permutation_p == pytest.approx(0.1, abs=EXACT)
    assert found.least_p == pytest.approx(0.1, abs=EXACT)


def test_unequal_groups_have_no_mirror_image() -> None:
    """1, 2 against 3, 4, 5, all distinct: 1 of 10 arrangements, below the 2 of 10 of both tails."""
    found = compare(numbers(1, 2), numbers(7, 8, 10), ("a", "b"))
    assert found.permutation_p == pytest.approx(0.1, abs=EXACT)
    assert found.least_p == pytest.approx(0.1, abs=EXACT)


def test_hedges_g_by_hand() -> None:
    """Both groups have variance 1: g = -3 x (1 - 3 / 15) = -2.4 (Hedges 1981)."""
    found = compare(numbers(1, 2, 3), numbers(4, 5, 6), ("a", "b"))
    assert found.hedges_g == pytest.approx(-2.4, rel=1e-12)


def test_the_interval_of_the_difference_by_hand() -> None:
    """-3 -+ t(0.975, 4) x sqrt(2/3), with t = 2.776445105 from the table."""
    found = compare(numbers(1, 2, 3), numbers(4, 5, 6), ("a", "b"))
    half = 2.7764451051977987 * (2 / 3) ** 0.5
    assert found.difference_low == pytest.approx(-3 - half, rel=1e-9)
    assert found.difference_high == pytest.approx(-3 + half, rel=1e-9)


def test_the_order_of_the_groups_changes_signs_and_no_p_value() -> None:
    """Two-sided by the absolute value."""
    one = compare(numbers(1, 2, 9), numbers(4, 5, 6, 30), ("a", "b"))
    other = compare(numbers(4, 5, 6, 30), numbers(1, 2, 9), ("b", "a"))
    assert one.difference is not None
    assert other.difference == pytest.approx(-one.difference, rel=1e-12)
    assert one.permutation_p == pytest.approx(other.permutation_p, abs=EXACT)
    assert one.t_p == pytest.approx(other.t_p, rel=1e-12)


@pytest.mark.parametrize(
    ("first", "second", "least"),
    [(4, 4, 2 / 70), (3, 5, 1 / 56), (5, 3, 1 / 56), (1, 7, 1 / 8), (1, 1, 1.0), (2, 2, 1 / 3)],
)
def test_the_smallest_possible_p(first: int, second: int, least: float) -> None:
    """Four against four is 2 of 70 arrangements: 0.029 at best."""
    assert least_possible_p(first, second) == pytest.approx(least, abs=EXACT)


@pytest.mark.parametrize(("first", "second"), [(3, 3), (2, 4), (4, 4), (5, 3)])
def test_no_p_value_is_below_the_smallest_possible(first: int, second: int) -> None:
    """The most extreme arrangement reaches it and none passes it."""
    found = compare(steps(first, by=1.1), steps(second, start=100, by=1.3), ("a", "b"))
    assert found.permutation_p == pytest.approx(least_possible_p(first, second), abs=EXACT)


@pytest.mark.parametrize(("size", "method"), [(6, "exact"), (7, "Monte Carlo, 999 draws")])
def test_a_monte_carlo_p_value_is_named_so(size: int, method: str) -> None:
    """924 arrangements are enumerated under a limit of 1000, 1716 are not."""
    options = Options({"permutation_limit": 1000, "permutation_draws": 999})
    found = compare(steps(size), steps(size, start=0.5), ("a", "b"), options)
    assert found.permutation_method == method


def test_the_limit_itself_is_enumerated() -> None:
    """1001 arrangements (4 of 14) under a limit of 1001, but not of 1000."""
    first, second = steps(4), steps(10, by=1.5)
    assert compare(first, second, ("a", "b"), Options({"permutation_limit": 1001})).permutation_method == "exact"
    other = compare(first, second, ("a", "b"), Options({"permutation_limit": 1000}))
    assert other.permutation_method == "Monte Carlo, 99,999 draws"


def test_a_monte_carlo_p_value_is_never_0_and_always_the_same() -> None:
    """Nothing more extreme among 999 draws is 1 in 1000; the seed is fixed."""
    options = Options({"permutation_limit": 1000, "permutation_draws": 999})
    first, second = steps(20), steps(20, start=1000)
    found = [compare(first, second, ("a", "b"), options).permutation_p for _ in range(2)]
    assert found == [pytest.approx(1 / 1000, abs=EXACT)] * 2


def test_equal_values_leave_nothing_to_test() -> None:
    """All values 5: P = 1, no t test, and the note says why."""
    found = compare(numbers(5, 5, 5), numbers(5, 5), ("a", "b"))
    assert (found.difference, found.permutation_p, found.t_p, found.hedges_g) == (0.0, 1.0, None, None)
    assert found.note == "all values are equal"


def test_groups_without_spread_have_no_t_test() -> None:
    """1, 1, 1 against 2, 2, 2: an exact P value, and no division by 0."""
    found = compare(numbers(1, 1, 1), numbers(2, 2, 2), ("a", "b"))
    assert found.permutation_p == pytest.approx(0.1, abs=EXACT)
    assert (found.t_p, found.hedges_g, found.difference_low) == (None, None, None)
    assert found.note == "no spread within the groups: no t test"


@pytest.mark.filterwarnings("ignore:Precision loss:RuntimeWarning")
def test_groups_without_spread_have_no_t_test_for_any_number() -> None:
    """0.1, 0.1, 0.1 has no spread either, though its mean in floating point is not 0.1."""
    found = compare(numbers(0.1, 0.1, 0.1), numbers(0.3, 0.3, 0.3), ("a", "b"))
    assert (found.t_p, found.hedges_g) == (None, None)


def test_a_group_without_spread_is_compared_without_a_warning() -> None:
    """All 300 s in one group is ordinary (rotarod); the pooled spread is not 0."""
    found = compare(numbers(300, 300, 300), numbers(100, 200, 280), ("a", "b"))
    assert found.difference == pytest.approx(320 / 3, rel=1e-9)
    assert found.t_p is not None


@pytest.mark.parametrize("alone", ["first", "second"])
def test_a_group_of_one_is_described_and_not_tested(alone: str) -> None:
    """9 against 1, 2, 3: means and their difference, no P value, and the note says why."""
    one, three = numbers(9), numbers(1, 2, 3)
    pair = (one, three) if alone == "first" else (three, one)
    found = compare(*pair, ("a", "b"))
    assert found.difference == (7.0 if alone == "first" else -7.0)
    assert (found.permutation_p, found.t_p, found.hedges_g) == (None, None, None)
    assert found.note == "a group of one: no test"


@pytest.mark.parametrize(("first", "second"), [((), (1.0, 2.0)), ((1.0, 2.0), ()), ((), ())])
def test_an_empty_group_is_not_compared(first: tuple[float, ...], second: tuple[float, ...]) -> None:
    """No number is given but the numbers of patients."""
    found = compare(numbers(*first), numbers(*second), ("a", "b"))
    assert (found.n_first, found.n_second) == (len(first), len(second))
    assert (found.difference, found.permutation_p, found.t_p, found.least_p) == (None,) * 4
    assert found.note == "a group is empty: there is nothing to compare"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [0, 1])
def test_a_number_that_is_not_finite_is_refused(value: float, place: int) -> None:
    """A missing value is left out before and counted, never dropped in silence."""
    pair = [numbers(1, 2, 3), numbers(4, 5, 6)]
    pair[place] = numbers(1, 2, value)
    with pytest.raises(ValueError, match="must be finite"):
        compare(pair[0], pair[1], ("a", "b"))


def test_a_comparison_is_one_row_of_a_table() -> None:
    """Its columns are its attributes."""
    row = compare(numbers(1, 2, 3), numbers(4, 5, 6), ("a", "b")).as_row()
    assert (row["first"], row["n_second"], row["difference"]) == ("a", 3, -3.0)
