"""Survival, incidence and models on the trial of 6-mercaptopurine, and what must hold of any data.

The trial is Freireich EJ et al. Blood 1963;21:699-716, weeks of remission of 21 children on the drug and 21 on placebo;
Cox took it as his example (J R Stat Soc B 1972;34:187-220).
"""

import warnings
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abate.records.problems import AbateError
from abate.statistics.cox import cox
from abate.statistics.fine_gray import fine_gray
from abate.statistics.firth import firth_cox, firth_logistic
from abate.statistics.gray import gray
from abate.statistics.incidence import incidence, influence
from abate.statistics.kaplan_meier import follow_up, kaplan_meier, limits
from abate.statistics.log_rank import exact_log_rank, log_rank
from abate.statistics.proportional import proportional
from abate.statistics.recurrent import mean_count
from abate.statistics.risk_sets import RiskSets
from abate.statistics.times import Times, times
from abate.statistics.transitions import occupancy, passages

DRUG = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
DRUG_RELAPSED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
TRIAL = times(DRUG + PLACEBO, DRUG_RELAPSED + [1] * 21)
PLACEBO_GROUP = np.repeat([0.0, 1.0], 21)


def test_remission_on_the_drug() -> None:
    """Printed in every textbook: 0.857 at 6 weeks, 0.753 at 10, 0.448 from 23 on, median 23."""
    curve = kaplan_meier(times(DRUG, DRUG_RELAPSED))
    assert curve.at([6, 10, 23]) == pytest.approx([0.857, 0.753, 0.448], abs=5e-4)
    assert curve.error([6, 10])[:2] == pytest.approx([0.0764, 0.0963], abs=5e-5)
    assert curve.quantile()[0] == 23
    assert curve.numbers_at_risk([6, 10, 23]).tolist() == [21, 15, 6]
    assert kaplan_meier(times(PLACEBO, [1] * 21)).quantile()[0] == 8


def test_the_drug_against_placebo() -> None:
    """Log-rank 16.79; hazard ratio of placebo exp(1.57) with Efron's ties, 1.51 with Breslow's, as printed."""
    assert log_rank(TRIAL, PLACEBO_GROUP).statistic == pytest.approx(16.79, abs=5e-3)
    for ties, coefficient, error in (("efron", 1.572, 0.412), ("breslow", 1.509, 0.410)):
        model = cox(TRIAL, PLACEBO_GROUP[:, None], ["placebo"], ties)
        assert model.coefficients[0] == pytest.approx(coefficient, abs=5e-4)
        assert model.errors[0] == pytest.approx(error, abs=5e-4)
        assert model.wald().statistic == pytest.approx((model.coefficients[0] / model.errors[0]) ** 2)
        assert model.likelihood_ratio.p < 1e-4
        low, high = model.interval()
        assert low[0] < model.coefficients[0] < high[0]


def test_the_exact_log_rank_test_of_few() -> None:
    """The three shortest against the three longest of six, all with the event: 2 of 20 divisions are as far apart."""
    found = exact_log_rank(times([1, 2, 3, 4, 5, 6], [1] * 6), list("aaabbb"))
    assert (found.p, found.least_p, found.arrangements) == (0.1, 0.1, 20)


def test_follow_up_is_not_shortened_by_deaths() -> None:
    """Half die on day 1; the others are followed to day 9: the median follow-up is 9."""
    assert follow_up(times([1, 1, 9, 9], [1, 1, 0, 0])).quantile()[0] == 9


def test_time_lost_and_time_free_add_up_to_the_whole() -> None:
    """Up to day 10, the mean days free of any cause and the days lost to each cause are ten."""
    of = times([1, 2, 4, 7, 12, 12], [1, 2, 2, 1, 0, 0])
    found = incidence(of)
    free, _ = kaplan_meier(of).restricted_mean(10)
    assert free + found.time_lost(10, 1) + found.time_lost(10, 2) == pytest.approx(10)


def test_where_all_had_the_event_the_time_beyond_is_known_to_be_none() -> None:
    """Two of four die on day 2, two on day 6: four days on average, by day 6 as by day 30."""
    found = kaplan_meier(times([2, 2, 6, 6], [1, 1, 1, 1]))
    for until in (6, 30):
        assert found.restricted_mean(until) == pytest.approx((4, 1))


@st.composite
def _rows(draw: st.DrawFn) -> tuple[Times, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    count = draw(st.integers(4, 14))
    whole = st.lists(st.integers(0, 6), min_size=count, max_size=count)
    entry = np.array(draw(whole), float)
    exit = entry + 1 + np.array(draw(whole), float)
    event = np.array(draw(st.lists(st.integers(0, 2), min_size=count, max_size=count)))
    event[0] = 1
    repeats = np.array(draw(st.lists(st.integers(1, 3), min_size=count, max_size=count)))
    return times(exit, event, entry), repeats


@settings(max_examples=60, deadline=None)
@given(_rows())
def test_a_weight_is_as_many_patients(drawn: tuple[Times, np.ndarray[tuple[int], np.dtype[np.int64]]]) -> None:
    """Curves of weighted rows are those of the rows written as often."""
    of, repeats = drawn
    weighted = times(of.exit, of.event, of.entry, repeats)
    written = of.where(np.repeat(np.arange(len(of)), repeats))
    at = np.arange(14.0)
    assert kaplan_meier(weighted).at(at) == pytest.approx(kaplan_meier(written).at(at))
    for cause in range(1, int(of.event.max()) + 1):
        assert incidence(weighted).at(at, cause) == pytest.approx(incidence(written).at(at, cause))
    assert mean_count(weighted).at(at) == pytest.approx(mean_count(written).at(at))


@settings(max_examples=40, deadline=None)
@given(_rows())
def test_the_jackknife_is_the_slope_of_the_curve(
    drawn: tuple[Times, np.ndarray[tuple[int], np.dtype[np.int64]]],
) -> None:
    """What a unit of weight of each row does to the incidence, by a small change of that weight."""
    of, repeats = drawn
    weights, at, small = repeats.astype(float), np.array([3.0, 6.5]), 1e-6
    found = influence(incidence(times(of.exit, of.event, of.entry, weights)), at)
    for row in range(len(of)):
        up, down = (weights + side * small * (np.arange(len(of)) == row) for side in (1, -1))
        curves = [incidence(times(of.exit, of.event, of.entry, one)).at(at) for one in (up, down)]
        assert found[row] == pytest.approx((curves[0] - curves[1]) / (2 * small), abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(_rows())
def test_shares_of_states_are_the_incidence_where_nothing_follows(
    drawn: tuple[Times, np.ndarray[tuple[int], np.dtype[np.int64]]],
) -> None:
    """Well, ill, dead, from the beginning: the share of each is the incidence of its cause, with one jackknife."""
    of = times(drawn[0].exit, drawn[0].event)
    names = ("well", "ill", "dead")
    following = np.array(["", "ill", "dead"])[of.event]
    stays = passages(np.full(len(of), -1.0), of.exit, ["well"] * len(of), following, of.patient, names)
    found, curve, at = occupancy(stays), incidence(of, 2), np.arange(14.0)
    for cause in (1, 2):
        assert found.at(at, cause) == pytest.approx(curve.at(at, cause))
        assert found.error(at, cause) ** 2 == pytest.approx(curve.variance(at, cause, "jackknife"))
        assert (found.error(at, cause, "greenwood") >= 0).all()


def test_the_score_test_of_a_model_is_the_log_rank_test() -> None:
    """Without ties, late entry and strata included."""
    random = np.random.default_rng(5)
    entry = random.uniform(0, 2, 60)
    of = times(entry + random.exponential(3, 60), random.random(60) < 0.7, entry)
    group, stratum = random.integers(0, 2, 60), random.integers(0, 3, 60)
    for strata in (None, stratum):
        model = cox(of, group[:, None], ["x"], stratum=strata)
        assert model.score_test.statistic == pytest.approx(log_rank(of, group, stratum=strata).statistic)


def test_without_competing_events_and_censoring_the_models_agree() -> None:
    """Then the subdistribution hazard is the hazard, and Gray's test weighs what the log-rank test weighs."""
    of = times(np.arange(1.0, 13), np.ones(12))
    column = np.array([1, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 1.0])[:, None]
    one, other = fine_gray(of, column, ["x"]), cox(of, column, ["x"], "breslow")
    assert one.coefficients == pytest.approx(other.coefficients)
    assert np.diag(one.covariance) == pytest.approx(np.diag(other.covariance))


def test_a_curve_of_groups_alike_gives_no_difference() -> None:
    """Each patient once in either group."""
    of = times([1, 2, 3, 4] * 2, [1, 2, 1, 0] * 2)
    for test in (gray(of, [0] * 4 + [1] * 4), log_rank(of, [0] * 4 + [1] * 4)):
        assert test.statistic == pytest.approx(0, abs=1e-9)


def test_all_events_on_one_side_have_a_finite_penalised_estimate() -> None:
    """Where Cox's model refuses, Firth's penalty gives an estimate, an infinite upper limit, and a P value."""
    of = times([1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 0, 0])
    column = [[1.0], [1.0], [1.0], [0.0], [0.0], [0.0]]
    with pytest.raises(AbateError, match="no finite estimate"):
        cox(of, column, ["treated"])
    found = firth_cox(of, column, ["treated"])
    assert np.isfinite(found.coefficients[0])
    assert found.tests[0].p < 0.1
    table = firth_logistic([[0]] * 4 + [[1]] * 4, [0] * 4 + [1] * 4, ["treated"])
    # Half an event and half a patient added to each cell: log((4.5/0.5) / (0.5/4.5)).
    assert table.coefficients[1] == pytest.approx(2 * np.log(9))


ALWAYS = times([1, 2, 3], [1, 1, 0])
REFUSALS: dict[str, tuple[Callable[[], object], str]] = {
    "lengths": (lambda: times([1, 2], [1]), "as many"),
    "missing time": (lambda: times([1, np.nan], [1, 0]), "is missing"),
    "weight": (lambda: times([1, 2], [1, 0], weight=[1, -1]), "negative"),
    "backwards": (lambda: times([1, 2], [1, 0], entry=[1, 0]), "ends before it begins"),
    "scale": (lambda: kaplan_meier(ALWAYS).interval([1.0], "square"), "scale square"),
    "beyond": (lambda: kaplan_meier(ALWAYS).restricted_mean(9), "within the follow-up"),
    "variance": (lambda: incidence(ALWAYS).variance([1.0], 1, "bold"), "No variance is called bold"),
    "aalen": (lambda: incidence(times([1, 2], [1, 1], weight=[1, 2])).variance([1.0], 1, "aalen"), "does not hold"),
    "gray late": (lambda: gray(times([2, 3], [1, 1], entry=[1, 1]), [0, 1]), "from the beginning"),
    "gray alone": (lambda: gray(ALWAYS, [1, 1, 1]), "two or more"),
    "log-rank weights": (lambda: log_rank(times([1, 2], [1, 1], weight=[1, 2]), [0, 1]), "counts every patient once"),
    "log-rank alone": (lambda: log_rank(ALWAYS, [1, 1, 1]), "two or more"),
    "exact late": (lambda: exact_log_rank(times([2, 3], [1, 1], entry=[1, 1]), [0, 1]), "exchanges patients"),
    "exact three": (lambda: exact_log_rank(ALWAYS, [0, 1, 2]), "there are 3"),
    "ties": (lambda: cox(ALWAYS, [[0], [1], [0]], ["x"], "exactly"), "by exactly"),
    "nobody": (lambda: cox(times([1, 2], [0, 0]), [[0], [1]], ["x"]), "Nobody had the event"),
    "shape": (lambda: cox(ALWAYS, [[0], [1]], ["x"]), "a row of 1 numbers for each of 3 rows"),
    "missing value": (lambda: cox(ALWAYS, np.array([[0], [np.nan], [1]]), ["x"]), "missing or infinite"),
    "constant": (lambda: cox(ALWAYS, [[1], [1], [1]], ["age"]), "one value of age"),
    "collinear": (lambda: cox(TRIAL, np.column_stack([PLACEBO_GROUP] * 2), ["x", "y"]), "a sum of others"),
    "fine-gray late": (lambda: fine_gray(times([2], [1], entry=[1]), [[1]], ["x"]), "from the beginning"),
    "firth weights": (lambda: firth_cox(times([1, 2], [1, 1], weight=[1, 2]), [[0], [1]], ["x"]), "every row once"),
    "firth missing": (lambda: firth_logistic(np.array([[np.nan], [1]]), [0, 1], ["x"]), "is missing"),
    "firth all": (lambda: firth_logistic([[0], [1]], [1, 1], ["x"]), "All patients or none"),
    "firth constant": (lambda: firth_logistic([[1], [1]], [0, 1], ["x"]), "one value"),
    "state": (lambda: passages([0], [1], ["well"], ["gone"], [1], ("well",)), "not known: gone"),
    "state variance": (
        lambda: occupancy(passages([0], [1], ["a"], ["b"], [1], ("a", "b"))).error([1.0], 0, "bold"),
        "No variance is called bold",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_cannot_be_estimated_is_refused_in_words(name: str) -> None:
    """Each says what was expected."""
    work, words = REFUSALS[name]
    with pytest.raises(AbateError, match=words):
        work()


@pytest.mark.parametrize("scale", ["plain", "log", "log-log", "logit", "arcsin"])
def test_limits_enclose_what_they_are_of(scale: str) -> None:
    """On every scale, within 0 and 1."""
    low, high = limits(np.array([0.1, 0.5, 0.9]), np.array([0.05, 0.1, 0.05]), scale)
    assert (low < [0.1, 0.5, 0.9]).all()
    assert (high > [0.1, 0.5, 0.9]).all()
    assert ((low >= 0) & (high <= 1)).all()


def test_a_hazard_ratio_that_turns_is_seen() -> None:
    """Treated patients die late or early, the others in between: the ratio is not one number."""
    random = np.random.default_rng(8)
    early, late = random.uniform(0, 1, 40), random.uniform(9, 10, 40)
    of = times(np.concatenate([early, late, random.uniform(2, 8, 80)]), np.ones(160))
    column = np.repeat([1.0, 0.0], 80)[:, None]
    assert proportional(cox(of, column, ["x"]), of, column).whole.p < 1e-6


def test_a_step_too_far_is_taken_back_without_a_warning() -> None:
    """Hazards 10^30 apart: sums round to nothing, the likelihood there is no better, and nothing is said of it."""
    columns = np.random.default_rng(0).normal(size=(20, 2))
    risk = RiskSets(times(np.arange(1, 21), np.ones(20, int)), None, "efron")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = risk.moments(columns, 20 * np.sort(columns[:, 0])[::-1])
    assert not found.log_likelihood > risk.moments(columns, np.zeros(20)).log_likelihood
