"""Timing of treatment: who enters which trial, what waiting would have brought, and strategies, on patients by hand."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from abate.records.problems import AbateError
from abate.statistics.clone_censor import clone_censor, resampled, strategies
from abate.statistics.clustered_logistic import clustered_logistic, from_patients
from abate.statistics.cox import cox
from abate.statistics.incidence import incidence
from abate.statistics.landmark import landmark
from abate.statistics.natural_recovery import from_durations, natural_recovery
from abate.statistics.person_days import PersonDays, carried, days_since, days_so_far, highest_so_far
from abate.statistics.sequential_trials import DIED, RESOLVED, Entries, daily, entries
from abate.statistics.start_or_wait import lacking, start_or_wait
from abate.statistics.staying_weights import staying_weights
from abate.statistics.time_varying import split_at
from abate.statistics.times import times

N = np.nan
GRADES = np.array(
    [
        # Day 0, 1, ... Starts on day 2, resolves on day 4.
        [2, 3, 3, 3, 1, 0],
        # Never treated, resolves on day 3.
        [3, 3, 4, 2, 1, 0],
        # Never treated, dies ill on day 3.
        [3, 3, 3, 3, N, N],
        # Starts on day 3; not gradable on day 2, which is no recovery.
        [0, 3, N, 3, 3, 3],
    ]
)
DAYS = PersonDays(
    0,
    GRADES,
    np.array([2, np.inf, np.inf, 3]),
    np.array([5, 5, 3, 5]),
    np.array([False, False, True, False]),
    {"grade": carried(GRADES)},
).carried()
ILL = (DAYS.grade >= 3) & DAYS.followed


def _entries(window: int = 3) -> Entries:
    return entries(DAYS, ILL, np.ones_like(ILL), window)


def test_who_enters_the_trial_of_which_day() -> None:
    """Everyone still ill and untreated, each day anew; treated on the day of the start alone; never after it."""
    found = _entries()
    told = [
        (int(patient), int(day), bool(treated), int(time), int(event), bool(started))
        for patient, day, treated, time, event, started in zip(
            found.patient, found.day, found.treated, found.time, found.event, found.started, strict=True
        )
    ]
    assert told == [
        (0, 1, False, 1, 0, True),
        (0, 2, True, 2, RESOLVED, False),
        (1, 0, False, 3, RESOLVED, False),
        (1, 1, False, 2, RESOLVED, False),
        (1, 2, False, 1, RESOLVED, False),
        (2, 0, False, 3, DIED, False),
        (2, 1, False, 2, DIED, False),
        (2, 2, False, 1, DIED, False),
        (3, 1, False, 2, 0, True),
        (3, 2, False, 1, 0, True),
        (3, 3, True, 2, 0, False),
    ]


def test_nobody_enters_before_time_zero_or_without_a_covariate() -> None:
    """Eligibility keeps out; so does a covariate that is not known at time zero."""
    late = np.broadcast_to(DAYS.days >= 2, ILL.shape)
    assert set(entries(DAYS, ILL, late, 3).day) == {2, 3}
    ferritin = np.where(np.arange(4)[:, None] == 1, N, 500.0) * np.ones_like(GRADES)
    assert 1 not in entries(DAYS, ILL, np.ones_like(ILL), 3, {"ferritin": ferritin}).patient


def test_each_day_of_an_entry_is_a_row() -> None:
    """As many rows as days at risk, the last one with the event."""
    found = _entries()
    rows = daily(found)
    assert len(rows.entry) == found.time.sum()
    assert rows.resolved.sum() == (found.event == RESOLVED).sum()
    assert (rows.since < found.time[rows.entry]).all()


def test_the_past_of_a_day() -> None:
    """Carried, counted, since, and the highest so far; silence before the first stays silence."""
    values = np.array([[N, 3.0, N, 1.0]])
    assert carried(values).tolist()[0][1:] == [3, 3, 1]
    assert np.isnan(carried(values)[0, 0])
    assert days_so_far(values >= 3).tolist() == [[0, 1, 1, 1]]
    assert days_since(values >= 3)[0, 1:].tolist() == [0, 1, 2]
    assert highest_so_far(values)[0, 1:].tolist() == [3, 3, 3]


def test_a_patient_may_be_taken_twice() -> None:
    """As samples of patients do."""
    assert DAYS.of(np.array([1, 1, 3])).start.tolist() == [np.inf, np.inf, 3]


def _cohort(seed: int, count: int, effect: float = 0.0, confounded: float = 1.0, window: int = 7) -> Entries:
    """Return trials of patients whose daily odds of recovery a drug changes, given to the sicker."""
    random = np.random.default_rng(seed)
    sick = random.integers(0, 2, count).astype(float)
    days = 30
    grade = np.full((count, days), 3.0)
    start = np.full(count, np.inf)
    well = np.zeros(count, bool)
    for day in range(1, days):
        treated = start < day
        odds = np.exp(-1.5 - 1.2 * sick + effect * treated)
        well |= random.random(count) < odds / (1 + odds)
        grade[well, day] = 0
        begins = ~well & np.isinf(start) & (random.random(count) < 0.05 + 0.1 * confounded * sick)
        start[begins] = day
    covariate = {"sick": np.repeat(sick[:, None], days, axis=1)}
    of = PersonDays(0, grade, start, np.full(count, days - 1), np.zeros(count, bool), covariate)
    return entries(of, grade >= 3, np.ones_like(grade, bool), window)


def test_starting_is_compared_with_waiting() -> None:
    """Of 1,500 patients the odds ratio that went in comes out; without the covariate the drug looks useless."""
    found = _cohort(1, 1500, effect=0.8)
    right, wrong = start_or_wait(found, ["sick"]), start_or_wait(found, [])
    assert right.log_odds.low < 0.8 < right.log_odds.high
    assert right.log_odds.error < 0.25
    assert wrong.log_odds.value < right.log_odds.value - 0.2
    assert right.difference.value == pytest.approx(right.started.value - right.waited.value)
    assert 0 < right.waited.low < right.waited.value < right.started.value < right.started.high < 1


def _seen_daily(seed: int, count: int) -> tuple[PersonDays, Entries]:
    """Return patients who turn the corner unforeseen; the drug, which does nothing, goes to those who have not."""
    random = np.random.default_rng(seed)
    days = 30
    better, well = np.zeros(count, bool), np.zeros(count, bool)
    grade, start = np.full((count, days), 4.0), np.full(count, np.inf)
    for day in range(1, days):
        well |= better & (random.random(count) < 0.35)
        better |= random.random(count) < 0.12
        grade[:, day] = np.where(well, 0, np.where(better, 3, 4))
        begins = ~well & np.isinf(start) & (random.random(count) < np.where(better, 0.03, 0.25))
        start[begins] = day
    covariate = {"grade 4": (grade == 4).astype(float)}
    of = PersonDays(0, grade, start, np.full(count, days - 1), np.zeros(count, bool), covariate)
    return of, entries(of, grade >= 3, np.ones_like(grade, bool), 7)


def test_who_leaves_by_starting_is_given_back() -> None:
    """Those still of grade 4 start and leave: without weights the rest recover too well, and the drug seems to harm."""
    of, found = _seen_daily(11, 2500)
    plain, weighted = start_or_wait(found, ["grade 4"]), start_or_wait(found, ["grade 4"], of)
    assert plain.log_odds.high < 0
    assert weighted.log_odds.low < 0 < weighted.log_odds.high
    assert weighted.weights is not None
    assert weighted.weights.mean == pytest.approx(1, abs=0.1)
    assert weighted.weights.largest > 1.5
    assert weighted.weights.cut > 0


def test_nobody_left_to_compare_with_is_no_comparison(monkeypatch: pytest.MonkeyPatch) -> None:
    """One untreated day that would count for very many is refused; a covariate of no day is unknown."""
    of, found = _seen_daily(12, 400)
    with pytest.raises(AbateError, match="not known: ferritin"):
        staying_weights(found, daily(found), of, ["ferritin"])
    never = found.where(~found.started)
    assert staying_weights(never, daily(never), of, ["grade 4"]).weight.max() == 1
    monkeypatch.setattr("abate.statistics.start_or_wait.GREATEST_WEIGHT", 1)
    with pytest.raises(AbateError, match="too few are left to compare them with"):
        start_or_wait(found, ["grade 4"], of)


def test_shares_move_as_their_slope_says() -> None:
    """The error of the share had all waited, against a small change of each coefficient."""
    from abate.statistics import start_or_wait as module

    found = _cohort(2, 200)
    result, who = start_or_wait(found, ["sick"]), found.where(found.treated)
    share, slope = module._waiting(result.model, who, 0.99)
    for place in range(len(slope)):
        moved = result.model.coefficients.copy()
        moved[place] += 1e-6
        other, _ = module._waiting(replace(result.model, coefficients=moved), who, 0.99)
        assert (other - share) / 1e-6 == pytest.approx(slope[place], abs=1e-5)


def test_too_few_patients_get_no_effect() -> None:
    """Eight patients are told what is missing, all at once."""
    few = _cohort(3, 8)
    reasons = lacking(few)
    assert reasons
    with pytest.raises(AbateError, match="No effect of the time of treatment can be told") as raised:
        start_or_wait(few, ["sick"])
    assert all(reason in str(raised.value) for reason in reasons)


def test_errors_by_patient_do_not_shrink_with_repeated_rows() -> None:
    """Every row three times: the clustered error stays; rows taken as patients would have made it smaller."""
    random = np.random.default_rng(4)
    column, patient = random.normal(size=(90, 1)), np.arange(90)
    happened = random.random(90) < 1 / (1 + np.exp(-column[:, 0]))
    once = clustered_logistic(column, happened, patient, ["x"])
    thrice = clustered_logistic(np.repeat(column, 3, axis=0), np.repeat(happened, 3), np.repeat(patient, 3), ["x"])
    alone = clustered_logistic(np.repeat(column, 3, axis=0), np.repeat(happened, 3), np.arange(270), ["x"])
    once_, thrice_, alone_ = (from_patients(found.moved[:, 1]) for found in (once, thrice, alone))
    assert thrice_[0] == pytest.approx(once_[0], rel=0.08)
    assert alone_[0] < 0.7 * once_[0]
    assert once_[1] > 10
    # Morel's addition: 2 columns over 90 - 2 patients of the model's own covariance, times the design effect, which is
    # three where every row is there three times.
    assert thrice.added == pytest.approx(once.added, rel=0.1)
    assert alone.added[1, 1] < 0.2 * once.added[1, 1]
    assert np.allclose(once.covariance, once.moved.T @ once.moved + once.added)


def test_variance_beyond_that_of_patients_widens_and_leaves_their_number() -> None:
    moved = np.array([0.3, -0.4])
    assert from_patients(moved)[0] == pytest.approx(0.5)
    error, freedom, reach = from_patients(moved, added=0.75)
    assert error == pytest.approx(1.0)
    assert freedom == from_patients(moved)[1]
    assert reach == pytest.approx(2 * from_patients(moved)[2])
    assert from_patients(np.zeros(3))[:2] == (0.0, 1.0)


def test_few_patients_add_at_most_half_of_the_model_s_variance() -> None:
    """Three patients, two columns: 2 / (3 - 2) would be twice of it."""
    column, happened = np.array([[0.0], [0.0], [1.0], [1.0], [0.0], [1.0]]), np.array([0, 1, 1, 0, 0, 1], bool)
    few = clustered_logistic(column, happened, np.array([0, 0, 1, 1, 2, 2]), ["x"])
    pairs = clustered_logistic(np.tile(column, (9, 1)), np.tile(happened, 9), np.repeat(np.arange(27), 2), ["x"])
    # Nine times the patients: a ninth of the model's variance, and 2 / 25 of it in place of a half.
    assert few.added[1, 1] / pairs.added[1, 1] == pytest.approx(9 * 0.5 / (2 / 25), rel=0.25)


def test_natural_recovery_is_of_patients_alike() -> None:
    """The sick are treated, and it is from the untreated sick that their recovery is expected."""
    found = _cohort(5, 800)
    told = natural_recovery(found, ["sick"])
    careless = natural_recovery(found, [])
    # One number under one name: the recommended analysis holds those who started against the same share.
    assert told.share == start_or_wait(found, ["sick"]).waited.value
    assert 0 < told.low < told.share < told.high < 1
    assert careless.share > told.share + 0.05
    assert told.resolved <= told.known <= told.treated


def test_recovery_can_be_told_where_the_treated_are_too_few_for_an_effect() -> None:
    """One treated, whose time ended on the next day: those who waited say what was to be expected."""
    found = _cohort(5, 200)
    first = np.flatnonzero(found.treated)[:1]
    few = found.where(np.concatenate([np.flatnonzero(~found.treated), first]))
    time, event = few.time.copy(), few.event.copy()
    time[-1], event[-1] = 1, RESOLVED
    few = replace(few, time=time, event=event)
    told = natural_recovery(few, ["sick"])
    sick = few.covariates["sick"][-1]
    alike = few.where(~few.treated & (few.covariates["sick"] == sick))
    assert told.share == pytest.approx(incidence(alike.as_times(), 2).at([few.window], RESOLVED)[0], abs=0.08)
    with pytest.raises(AbateError, match="1 patient started the drug"):
        start_or_wait(few, ["sick"])


def test_a_window_of_one_day_has_no_clock() -> None:
    """What resolves on the next day is all there is."""
    found = start_or_wait(_cohort(5, 400, window=1), ["sick"])
    assert "log days since time zero" not in found.model.names
    assert -1 < found.difference.low < found.difference.high < 1


def test_where_all_recover_the_share_stays_below_one() -> None:
    """Each of the untreated is well on the next day, or on the one after: in 100 days all would be."""
    count = 60
    found = Entries(
        np.arange(count),
        np.zeros(count, int),
        np.arange(count) >= 50,
        np.arange(count) % 2 + 1,
        np.full(count, RESOLVED),
        np.zeros(count, bool),
        {},
        100,
    )
    told = natural_recovery(found, [])
    assert 0.99 < told.share < 1 and told.high <= 1


def test_an_interval_that_says_nothing_is_no_recovery() -> None:
    """Of 12 patients the interval of the expected share can hold nearly everything; then no share is told."""
    said = []
    for seed in range(30):
        try:
            told = natural_recovery(_cohort(seed, 12), ["sick"])
            assert told.high - told.low <= 0.9
        except AbateError as problem:
            said.append(str(problem))
    assert any("the interval of the expected share reaches from" in text for text in said)


def test_natural_recovery_by_hand() -> None:
    """Of 500 untreated entries two of five resolve within the window, one dies, two go on: 2 of 5.

    The daily chance is taken as a line in the logarithm of days, and death as alike on all of them, so near it.
    """
    count = 501
    found = Entries(
        np.arange(count),
        np.zeros(count, int),
        np.arange(count) == 500,
        np.array([*[1, 2, 2, 3, 3] * 100, 3]),
        np.array([*[RESOLVED, RESOLVED, DIED, 0, 0] * 100, RESOLVED]),
        np.zeros(count, bool),
        {},
        3,
    )
    told = natural_recovery(found, [])
    assert told.share == pytest.approx(2 / 5, abs=0.02)
    assert (told.patients, told.entries, told.treated, told.resolved, told.known) == (500, 500, 1, 1, 1)
    assert told.high - told.share == pytest.approx(1.96 * np.sqrt(2 / 5 * 3 / 5 / 500), rel=0.1)


def test_a_landmark_leaves_out_who_did_not_reach_it() -> None:
    """Of five patients one dies before day 3: it belongs to neither group, treated as it was."""
    found = landmark(times([1, 5, 6, 7, 8], [1, 1, 0, 1, 1]), [0, 2, np.inf, 1, 6], 3)
    assert (found.before, len(found.treated.of), len(found.untreated.of)) == (1, 2, 2)
    # Both treated die before either other: no ratio is finite, and that is said.
    assert found.model is None
    assert "no finite estimate" in found.why
    assert landmark(times([5, 6], [0, 0]), [1, np.inf], 3).why.startswith("Nobody had the event")


def test_time_before_the_start_is_untreated() -> None:
    """Split in two, with the person-time of each; a start at the event changes nothing."""
    found = split_at(times([5, 3, 4], [1, 1, 1], entry=[0, 0, 0]), [2, np.inf, 4])
    assert found.treated.tolist() == [False, False, False, True]
    assert (found.of.exit - found.of.entry).tolist() == [2, 3, 4, 3]
    assert found.of.event.tolist() == [0, 1, 1, 1]


def _idle(count: int, seed: int) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], ...]:
    random = np.random.default_rng(seed)
    return random.exponential(100, count), random.exponential(20, count)


def test_a_drug_that_does_nothing_under_four_analyses() -> None:
    """Immortal time: naive a drop by four fifths; landmark, time-varying and clone-censor-weight none."""
    death, start = _idle(6000, 7)
    end, died = np.minimum(death, 60), death <= 60
    begun = np.where(start < end, start, np.inf)
    whole = times(end, died)
    naive = cox(whole, np.isfinite(begun)[:, None].astype(float), ["ever"])
    assert np.exp(naive.coefficients[0]) < 0.25
    split = split_at(whole, begun)
    right = cox(split.of, split.treated[:, None].astype(float), ["treated"])
    assert abs(right.coefficients[0]) < 3 * right.errors[0]
    marked = landmark(whole, begun, 14).model
    assert marked is not None
    assert abs(marked.coefficients[0]) < 3 * marked.errors[0]
    copies = clone_censor(strategies(end, died, begun, 7))
    for arm in (copies.start, copies.wait):
        assert 1 - arm.curve.at([28.0])[0] == pytest.approx(np.exp(-0.28), abs=0.025)
    assert copies.difference(28.0) == pytest.approx(0, abs=0.03)


def test_weights_give_back_what_censoring_took() -> None:
    """The sick start early and die early: without weights the strategy of starting looks deadly."""
    random = np.random.default_rng(8)
    sick = random.integers(0, 2, 6000)
    death = random.exponential(np.where(sick, 20, 100))
    start = random.exponential(np.where(sick, 5, 30))
    of = strategies(np.minimum(death, 60), death <= 60, start, 7, sick[:, None], truncate=1.0)
    bare, weighted = clone_censor(of, weighted=False), clone_censor(of)
    assert bare.difference(28.0) > 0.08
    assert weighted.difference(28.0) == pytest.approx(0, abs=0.04)
    assert weighted.start.effective < weighted.start.kept
    assert clone_censor(strategies(of.time, of.event, of.start, 7, sick[:, None], 0.9)).wait.largest <= (
        weighted.wait.largest
    )


def test_a_patient_far_from_all_others_has_a_weight_that_is_a_number() -> None:
    """His chance of starting is 1 to sixteen digits, and he did not start: one over the rest would be infinite."""
    random = np.random.default_rng(3)
    column = np.append(400.0, random.normal(size=59))
    starts = random.random(60) < 1 / (1 + np.exp(-2 * np.minimum(column, 4)))
    start = np.where(starts & (np.arange(60) > 0), 2.0, np.inf)
    died = 3 + np.minimum(random.exponential(20, 60), 28)
    of = strategies(died, (died < 31).astype(int), start, 3, column[:, None])
    with np.errstate(all="raise"):
        found = resampled(of, [20.0], samples=20)
    assert found.low[0] < found.difference[0] < found.high[0]


def test_strategies_are_sampled_by_patient() -> None:
    """An interval around the difference found, the same for one seed; a patient counted twice is two patients."""
    death, start = _idle(300, 9)
    of = strategies(np.minimum(death, 60), death <= 60, start, 7)
    seen: list[int] = []
    one = resampled(of, [28], samples=60, progress=seen.append)
    assert (one.low < one.difference).all()
    assert (one.difference < one.high).all()
    assert resampled(of, [28], samples=60).low == pytest.approx(one.low)
    assert seen[-1] == 60
    doubled = strategies(np.tile(of.time, 2), np.tile(of.event, 2), np.tile(of.start, 2), 7)
    assert clone_censor(of, np.full(300, 2.0)).difference(28) == pytest.approx(clone_censor(doubled).difference(28))


REFUSALS: dict[str, tuple[Callable[[], object], str]] = {
    "shape": (lambda: PersonDays(0, GRADES, np.zeros(3), np.zeros(4, int), np.zeros(4, bool), {}), "another shape"),
    "beyond": (lambda: PersonDays(0, GRADES, np.zeros(4), np.full(4, 9), np.zeros(4, bool), {}), "beyond the last"),
    "window": (lambda: _entries(0), "a day at least"),
    "nobody treated": (
        lambda: natural_recovery(_entries().where(~_entries().treated), []),
        "Nobody started",
    ),
    "few waited": (lambda: natural_recovery(_entries(), []), "patients waited"),
    "durations": (lambda: from_durations(9, 5, 7), "a range of days"),
    "one group": (lambda: landmark(times([5, 6], [1, 1]), [np.inf, np.inf], 3), "not two groups"),
    "no start": (lambda: split_at(times([5, 6], [1, 1]), [np.nan, 1]), "is missing"),
    "before zero": (lambda: strategies([0, 1], [1, 1], [1, 1], 7), "before time zero"),
    "missing": (lambda: strategies([1, 1], [1, 1], [1, 1], 7, np.array([[np.nan], [1]])), "is missing"),
    "grace": (lambda: strategies([1, 1], [1, 1], [1, 1], 0), "a day at least"),
    "few": (lambda: clone_censor(strategies([9, 9], [1, 1], [1, np.inf], 7)), "1 patients kept to one of them"),
    "no event": (lambda: clustered_logistic(np.ones((2, 1)), np.zeros(2, bool), np.arange(2), ["x"]), "or none"),
    "a sum": (
        lambda: clustered_logistic(np.ones((4, 2)), np.arange(4) < 2, np.arange(4), ["x", "y"]),
        "a sum of others",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_cannot_be_analysed_is_refused_in_words(name: str) -> None:
    """Each says what was expected."""
    work, words = REFUSALS[name]
    with pytest.raises(AbateError, match=words):
        work()


def test_a_covariate_that_never_changes_leaves_the_weights_as_they_are() -> None:
    """The highest grade of CRS is 2 in everybody: it says nothing of who starts, and must not break the model."""
    found, weights = _entries(), []
    for known in ({}, {"highest CRS": np.full_like(DAYS.grade, 2.0)}):
        days = replace(DAYS, covariates={**DAYS.covariates, **known})
        of = entries(days, ILL, np.ones_like(ILL), 3)
        weights.append(staying_weights(of, daily(of), days, list(days.covariates)).weight)
    assert weights[0] == pytest.approx(weights[1], abs=1e-6)
    assert len(weights[0]) == len(daily(found).entry)


def test_weights_that_are_not_stabilised_are_one_over_the_chance_of_having_stayed() -> None:
    """Without the chance given time zero above the line they are the greater."""
    of = _entries()
    weights = [staying_weights(of, daily(of), DAYS, ["grade"], 1, stabilised).weight for stabilised in (True, False)]
    assert (weights[1] >= 1 - 1e-12).all() and weights[1].max() > weights[0].max()
