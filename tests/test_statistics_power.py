"""Power in closed form against R's, of single arms and of every table by counting."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from abate.records.problems import AbateError
from abate.statistics import power
from abate.statistics.all_tables import TESTS, exact_power, p_values
from abate.statistics.two_by_two import two_by_two

AS_R = 1e-6
SIZES = ((4, 4), (9, 13), (20, 17))


def test_two_means_are_those_of_power_t_test() -> None:
    """R: n = 20 and delta = 1 give 0.868952801692498; power = .9 needs 22.0210977038512."""
    assert power.means_power(20, 1) == pytest.approx(0.868952801692498, rel=AS_R)
    assert power.means_n(0.9, 1) == pytest.approx(22.0210977038512, rel=AS_R)
    assert power.means_power(20, -2, 2) == power.means_power(20, 1)


def test_two_shares_are_those_of_power_prop_test() -> None:
    """R: n = 50 of 50 % and 75 % give 0.740165901331388; power = .9 needs 76.7069301141077."""
    assert power.shares_power(50, 0.50, 0.75) == pytest.approx(0.740165901331388, rel=AS_R)
    assert power.shares_n(0.9, 0.50, 0.75) == pytest.approx(76.7069301141077, rel=AS_R)
    # Nobody or everybody: nothing varies.
    assert power.shares_power(10, 0, 1) == 1.0
    assert power.shares_power(10, 0, 0) == 0.0


@given(st.floats(0.1, 0.95), st.integers(3, 200), st.floats(0.05, 0.6), st.floats(0.2, 5))
@settings(max_examples=30, deadline=None)
def test_what_is_solved_for_has_the_power(wanted: float, n: int, first: float, sd: float) -> None:
    difference = power.means_detectable(wanted, n, sd)
    assert power.means_power(n, difference, sd) == pytest.approx(wanted, abs=1e-8)
    assert power.means_n(wanted, difference, sd) == pytest.approx(n, rel=1e-6)
    if power.shares_power(n, first, 1.0) > wanted:
        second = power.shares_detectable(wanted, n, first)
        assert power.shares_power(n, first, second) == pytest.approx(wanted, abs=1e-8)


def test_a_single_arm_rejects_by_the_binomial_tail() -> None:
    """35 patients, 20 % against 40 %: from 12 on, of whom the null gives 3.4 %."""
    found = power.single_arm(35, 0.20, 0.40)
    assert (found.critical, found.greater) == (12, True)
    assert found.size == pytest.approx(stats.binomtest(12, 35, 0.20, "greater").pvalue, rel=1e-9)
    assert stats.binomtest(11, 35, 0.20, "greater").pvalue > 0.05
    mirrored = power.single_arm(35, 0.80, 0.60)
    assert (mirrored.critical, mirrored.greater) == (23, False)
    assert (mirrored.size, mirrored.power) == pytest.approx((found.size, found.power))


def test_too_few_patients_reject_nothing() -> None:
    """Of two patients even two responses are no surprise at 30 %: none is enough."""
    found = power.single_arm(2, 0.30, 0.90)
    assert (found.critical, found.size, found.power) == (3, 0.0, 0.0)


def test_the_smallest_arm_is_not_one_by_luck() -> None:
    """With 35 and 36 patients the power is reached, with 37 it is not."""
    assert power.single_arm(36, 0.20, 0.40).power > 0.80 > power.single_arm(37, 0.20, 0.40).power
    found = power.single_arm_n(0.20, 0.40)
    assert found.n == 38
    assert all(power.single_arm(n, 0.20, 0.40).power >= 0.80 for n in range(38, 49))


@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize("sizes", SIZES)
def test_every_table_has_the_p_value_that_it_has_alone(test: str, sizes: tuple[int, int]) -> None:
    found = p_values(sizes, test)
    # The first and the last have no events, or nothing but: SciPy gives Boschloo's no value. It takes its time, too.
    places = list(product(range(sizes[0] + 1), range(sizes[1] + 1)))[1:-1]
    for one, two in places[:: 1 if sizes == SIZES[0] else 5] if test != "boschloo" else places[:: len(places) // 5]:
        alone = two_by_two((one, sizes[0]), (two, sizes[1]), test).p
        assert found[one, two] == pytest.approx(alone, abs=1e-5), (one, two)
    assert found[0, 0] == found[-1, -1] == (0.5 if test == "fisher-mid-p" else 1.0)


def test_the_power_is_the_sum_over_the_tables_that_reject() -> None:
    """Five against six patients, one table at a time."""
    shares, expected = (0.1, 0.9), 0.0
    for one, two in product(range(6), range(7)):
        chance = stats.binom.pmf(one, 5, shares[0]) * stats.binom.pmf(two, 6, shares[1])
        expected += chance * (two_by_two((one, 5), (two, 6)).p <= 0.05)
    assert exact_power((5, 6), shares).rejected == pytest.approx(expected, rel=1e-9)


def test_a_look_stops_who_is_not_ahead() -> None:
    """Three patients an arm, then four more: every way counted in four loops."""
    shares, rejected, stopped = (0.2, 0.8), 0.0, 0.0
    for one, two, more, others in product(range(4), range(4), range(5), range(5)):
        parts = ((one, 3, 0), (two, 3, 1), (more, 4, 0), (others, 4, 1))
        chance = 1.0
        for count, n, arm in parts:
            chance *= stats.binom.pmf(count, n, shares[arm])
        if one >= two:
            stopped += chance
        elif two_by_two((one + more, 7), (two + others, 7)).p <= 0.05:
            rejected += chance
    found = exact_power((7, 7), shares, look=(3, 3))
    assert (found.rejected, found.stopped) == pytest.approx((rejected, stopped), rel=1e-9)


@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize("share", [0.05, 0.3, 0.5])
def test_an_exact_test_keeps_its_size(test: str, share: float) -> None:
    """Boschloo's is never below Fisher's; mid-P may exceed the size a little, and says so."""
    size = exact_power((25, 25), (share, share), test).rejected
    assert size <= (0.06 if test == "fisher-mid-p" else 0.05)
    assert size >= exact_power((25, 25), (share, share)).rejected


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: power.means_power(1, 1), "2 patients a group"),
        (lambda: power.means_power(20, 1, size=0), "size must lie between 0 and 1"),
        (lambda: power.means_n(1.5, 1), "power must lie between 0 and 1"),
        (lambda: power.means_n(0.9, 0), "not met between 2 and 1e"),
        (lambda: power.shares_power(20, 0.5, 1.2), "outside 0 to 1"),
        (lambda: power.shares_power(0, 0.5, 0.7), "1 patient a group"),
        (lambda: power.shares_detectable(0.9, 3, 0.9), "not met between 0.9 and 1"),
        (lambda: power.single_arm(10, 0.2, 0.2), "differs from it"),
        (lambda: power.single_arm_n(0.2, 0.201), "not reached with 1,000"),
        (lambda: p_values((4, 4), "barnard"), "No test of all tables is called barnard"),
        (lambda: p_values((4, 401)), "1 to 400 patients"),
        (lambda: exact_power((4, 4), (0.1, 1.1)), "outside 0 to 1"),
        (lambda: exact_power((4, 4), (0.1, 0.2), look=(4, 4)), "within the trial"),
    ],
)
def test_what_cannot_be_is_said(call: object, words: str) -> None:
    assert callable(call)
    with pytest.raises(AbateError, match=words):
        call()
