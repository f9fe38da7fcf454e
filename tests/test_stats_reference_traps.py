"""Errors seen in public tools, each with the answer that it must not change; and the immortal time of the reference."""

import math

import numpy as np
import pytest

from abate.records.options import Options
from abate.records.problems import AbateError
from abate.statistics.comparison import compare
from abate.statistics.cox import cox
from abate.statistics.differences import of_levels
from abate.statistics.exact import rank_sum
from abate.statistics.gray import gray
from abate.statistics.incidence import incidence
from abate.statistics.kaplan_meier import kaplan_meier
from abate.statistics.log_rank import exact_log_rank
from abate.statistics.permutation import rearranged
from abate.statistics.times import Booleans, Floats, Times, times
from abate.statistics.two_by_two import odds_ratio, two_by_two
from stats_reference import rows

TIED = times([1, 1, 2, 2, 2, 4], [1, 2, 1, 1, 0, 2])
"""Six patients: two causes on day 1, two of the first on day 2 where one is censored, the second on day 4."""


def test_stats_reference_trap_ties_are_not_broken_at_random() -> None:
    """Of six one has cause 1 on day 1, and two of the four left on day 2: 1/6 + 4/6 x 2/4 = 1/2, in any order."""
    random = np.random.default_rng(1)
    for _ in range(5):
        order = random.permutation(len(TIED))
        found = incidence(TIED.where(order))
        assert found.at([1, 2, 4]).tolist() == pytest.approx([1 / 6, 1 / 2, 1 / 2])
        assert found.time.tolist() == [1, 2, 4]


def test_stats_reference_trap_an_event_on_day_0_counts() -> None:
    """One of four dies on day 0: survival is 3/4 from then on, and the incidence 1/4."""
    of = times([0, 3, 5, 5], [1, 0, 0, 0])
    assert kaplan_meier(of).at([0.0])[0] == pytest.approx(3 / 4)
    assert incidence(of).at([0.0])[0] == pytest.approx(1 / 4)
    model = cox(times([0, 0, 3, 5], [1, 1, 1, 0]), [[1], [0], [1], [0]], ["treated"])
    assert model.events == 3


def test_stats_reference_trap_who_enters_at_a_time_is_not_at_risk_of_it() -> None:
    """(start, stop]: the patient who enters on day 2 is not at risk of the death on day 2, of one of two at risk."""
    of = times([2, 4, 5], [1, 1, 0], entry=[0, 0, 2])
    assert kaplan_meier(of).at_risk.tolist() == [2, 2]
    assert kaplan_meier(of).survival.tolist() == pytest.approx([1 / 2, 1 / 4])
    # Nor in a model: split at day 2, a patient is at risk once.
    split = times([2, 2, 4, 4], [1, 0, 1, 0], entry=[0, 0, 2, 0], patient=["a", "b", "b", "c"])
    whole = times([2, 4, 4], [1, 1, 0], patient=["a", "b", "c"])
    treated = cox(split, [[1.0], [0.0], [0.0], [1.0]], ["x"]), cox(whole, [[1.0], [0.0], [1.0]], ["x"])
    assert treated[0].coefficients == pytest.approx(treated[1].coefficients)


def test_stats_reference_trap_robust_errors_are_clustered_by_patient() -> None:
    """Every row twice, as two rows of one patient: half the variance to a naive eye, the same to a clustered one."""
    random = np.random.default_rng(2)
    exits, events, treated = random.exponential(5, 40), random.random(40) < 0.7, random.integers(0, 2, 40)
    twice = np.tile(np.arange(40), 2)
    once = cox(times(exits, events), treated[:, None], ["x"], "breslow", robust=True)
    doubled = cox(
        times(exits[twice], events[twice], patient=twice), treated[twice][:, None], ["x"], "breslow", robust=True
    )
    assert doubled.coefficients == pytest.approx(once.coefficients)
    assert doubled.errors == pytest.approx(once.errors)
    assert math.sqrt(doubled.covariance[0, 0]) == pytest.approx(math.sqrt(once.covariance[0, 0] / 2))


def test_stats_reference_trap_an_exact_rank_test_knows_its_ties() -> None:
    """Three values at the ceiling in one group of four, one in the other: the ranks are counted as they are tied."""
    first, second = np.array([9.0, 9.0, 9.0, 1.0]), np.array([9.0, 2.0, 3.0, 4.0])
    # With 9 shared by ranks 5 to 8: the first group has 1 + 3 x 6.5 = 20.5; without ties SciPy would say otherwise.
    assert rank_sum(first, second).p == pytest.approx(
        rearranged(np.array([6.5, 6.5, 6.5, 1, 6.5, 2, 3, 4]), np.arange(8) < 4).p, rel=1e-12
    )
    assert rank_sum(first, second).method == "exact"


def test_stats_reference_trap_a_monte_carlo_value_is_named_so() -> None:
    """Fifty patients in two groups have more arrangements than are counted: the method says that it drew."""
    values = np.random.default_rng(3).normal(size=100)
    found = rearranged(values, np.arange(100) < 50, Options({"permutation_draws": 999}))
    assert found.method == "Monte Carlo, 999 draws"
    assert found.p >= found.least_p == 1 / 1000


def test_stats_reference_trap_eight_patients_get_no_asymptotic_value() -> None:
    """Three against five: the leading test, and the ranks', are exact."""
    result = compare(np.array([1.0, 2.0, 3.0]), np.array([2.5, 4.0, 5.0, 6.0, 7.0]), ("a", "b"))
    assert (result.permutation_method, result.wilcoxon_method) == ("exact", "exact")
    of = times([3, 5, 7, 9, 4, 8, 12, 14], [1, 1, 1, 0, 1, 0, 1, 0])
    assert exact_log_rank(of, [1, 1, 1, 1, 2, 2, 2, 2]).method == "exact"


def test_stats_reference_trap_incidence_is_not_one_less_kaplan_meier() -> None:
    """Half die before any can relapse, then half relapse: 25 % of all relapse, not the 50 % of 1 - Kaplan-Meier."""
    of = times([1, 1, 2, 3], [2, 2, 1, 0])
    assert incidence(of).at([2.0])[0] == pytest.approx(1 / 4)
    assert 1 - kaplan_meier(of.cause(1)).at([2.0])[0] == pytest.approx(1 / 2)


@pytest.mark.parametrize("cause", [0, -1])
def test_stats_reference_trap_censored_is_no_cause(cause: int) -> None:
    """Censoring cannot be asked for as if it were a cause."""
    with pytest.raises(AbateError, match="censored"):
        incidence(TIED).at([1.0], cause)
    with pytest.raises(AbateError, match="censored"):
        gray(TIED, ["a", "a", "a", "b", "b", "b"], cause)


@pytest.mark.parametrize(("first", "second"), [((3, 3), (0, 5)), ((4, 4), (0, 4)), ((1, 1), (0, 7))])
@pytest.mark.parametrize("test", ["fisher", "fisher-mid-p", "boschloo", "barnard"])
def test_stats_reference_trap_no_value_is_below_the_least(
    first: tuple[int, int], second: tuple[int, int], test: str
) -> None:
    """As far apart as two groups of eight can be: the P value is the least one, and it is told."""
    found = two_by_two(first, second, test)
    assert found.p >= found.least_p > 0


def test_stats_reference_trap_a_level_absent_in_one_group_is_a_difference() -> None:
    """Stage IV in half of one group and in none of the other: half over the root of an eighth, not 0 or nothing."""
    found = of_levels({"III": 5, "IV": 5}, {"III": 10})
    assert found.value is not None
    assert found.value == pytest.approx(0.5 / np.sqrt(0.25 / 2))


def test_stats_reference_trap_of_an_odds_ratio_that_stops_early() -> None:
    """The tea tasting: 3 or fewer of 4 cups have a chance of 2.5 % at the upper limit, 3 or more at the lower one."""
    found = odds_ratio((3, 4), (1, 4))
    ways = np.array([1.0, 16.0, 36.0, 16.0, 1.0])

    def chance(odds: float) -> Floats:
        weights = ways * odds ** np.arange(5)
        return np.asarray(weights / weights.sum())

    assert chance(found.high)[:4].sum() == pytest.approx(0.025, rel=1e-9)
    assert chance(found.low)[3:].sum() == pytest.approx(0.025, rel=1e-9)
    assert (chance(found.estimate) * np.arange(5)).sum() == pytest.approx(3, rel=1e-9)


# -- Immortal time -----------------------------------------------------------------------------------------------------

NAIVE_RATIO = 0.176709932563122
"""Rate ratio of ever against never treated where nothing has an effect, in closed form."""


def _nothing_works(count: int, seed: int) -> tuple[Times, Times, Booleans]:
    """Return whole and split follow-up of patients whose treatment does nothing, and who was ever treated.

    Death follows a rate of 0.01 a day, the start one of 0.05, to day 60.
    """
    random = np.random.default_rng(seed)
    death, start = random.exponential(100, count), random.exponential(20, count)
    end = np.minimum(death, 60)
    ever = start < end
    who = np.arange(count)
    whole = times(end, death <= 60, patient=who)
    split = times(
        np.concatenate([np.minimum(start, end), end[ever]]),
        np.concatenate([(death <= 60) & ~ever, (death <= 60)[ever]]),
        np.concatenate([np.zeros(count), start[ever]]),
        patient=np.concatenate([who, who[ever]]),
    )
    return whole, split, ever


def test_stats_reference_immortal_time_of_the_naive_comparison() -> None:
    """Ever against never treated reads as a drop by 82 %: deaths by person-days, as the closed form has it."""
    whole, _, ever = _nothing_works(40_000, 1)
    rates = [whole.event[group].sum() / whole.exit[group].sum() for group in (ever, ~ever)]
    error = math.sqrt(sum(1 / whole.event[group].sum() for group in (ever, ~ever)))
    assert abs(math.log(rates[0] / rates[1] / NAIVE_RATIO)) < 4 * error
    model = cox(whole, ever[:, None].astype(float), ["ever treated"])
    assert model.coefficients[0] < -1.5


def test_stats_reference_immortal_time_is_counted_by_a_start_that_changes_with_time() -> None:
    """The same patients, treated from the start on: no effect within its error."""
    whole, split, ever = _nothing_works(20_000, 2)
    treated = np.concatenate([np.zeros(len(whole)), np.ones(int(ever.sum()))])
    model = cox(split, treated[:, None], ["treated"])
    assert abs(model.coefficients[0]) < 3.5 * model.errors[0]
    assert model.errors[0] < 0.05


def test_stats_reference_immortal_time_of_the_file() -> None:
    """The numbers of R on its own draws: ours lie within the errors printed there, and the truths are exact."""
    known = {(row.method, row.quantity): row.value for row in rows("immortal_sim_R.csv")}
    if not known:
        pytest.skip("the reference results (ABATE_STATS_REFERENCE) are not here")
    assert known["naive rate ratio closed form (biased)", "RR"] == pytest.approx(NAIVE_RATIO, rel=1e-12)
    assert known["truth CCW both arms", "S(28)"] == pytest.approx(math.exp(-0.28), rel=1e-12)
    whole, split, ever = _nothing_works(40_000, 3)
    naive = cox(whole, ever[:, None].astype(float), ["x"])
    error = math.hypot(naive.errors[0], known["naive ever-vs-never Cox (biased)", "se"])
    assert abs(naive.coefficients[0] - known["naive ever-vs-never Cox (biased)", "logHR"]) < 4 * error
    treated = np.concatenate([np.zeros(len(whole)), np.ones(int(ever.sum()))])
    model = cox(split, treated[:, None], ["x"])
    assert model.errors[0] == pytest.approx(known["time-varying Cox (n=40000)", "se"], rel=0.05)
    assert abs(model.coefficients[0]) < 4 * model.errors[0]
