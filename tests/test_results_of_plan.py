"""The results of a plan: endpoints, states and analyses of timing, on cohorts whose answer is known."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from abate.findings.endpoints import Placed, endpoint_rows
from abate.findings.person_days import Judged
from abate.findings.plan import Endpoint, Trial
from abate.findings.recovery import Expected, expected
from abate.findings.states_by_day import STATES, occupied, spells, states
from abate.findings.timing import NAIVE, RECOMMENDED, analyses, balances, emulated, told
from abate.statistics.person_days import PersonDays
from abate.statistics.start_or_wait import Estimate
from abate.statistics.times import Floats

NEVER = np.inf
KNOWN = ("grade 4", "log days since onset", "highest CRS", "steroid days", "steroid dose")


def judged(
    grade: Floats, start: Floats | None = None, died: Floats | None = None, discharge: Floats | None = None
) -> Judged:
    """Return patients by days from their grades: not a number after the last day followed."""
    count = len(grade)
    last = np.isfinite(grade).cumsum(axis=1).argmax(axis=1)
    known: Mapping[str, Floats] = {name: np.zeros_like(grade) for name in KNOWN} | {"grade 4": (grade >= 4) * 1.0}
    days = PersonDays(
        0,
        grade,
        np.full(count, NEVER) if start is None else start,
        last,
        np.zeros(count, bool) if died is None else died.astype(bool),
        known,
    )
    names = [(f"P{place}", 1) for place in range(count)]
    return Judged(names, "ICANS", "ASTCT 2019", days, np.full(count, NEVER) if discharge is None else discharge)


GRADES = np.array(
    [
        [0, 3, 3, 1, 0, 3, 0],  # two spells
        [0, 0, 1, 1, 0, 0, np.nan],  # never high
        [0, 3, 4, 4, 5, np.nan, np.nan],  # dies of it
        [np.nan, 2, 0, 0, 0, 0, 0],  # goes home
    ]
)


def small() -> Judged:
    return judged(GRADES, died=np.array([0, 0, 1, 0]), discharge=np.array([NEVER, NEVER, NEVER, 3]))


def test_states_of_each_day() -> None:
    """The dead stay dead; silence before the first grade is no grade 0; home from the day of discharge on."""
    words = [["" if state < 0 else STATES[state] for state in row] for row in states(small()).tolist()]
    well, low, high, home, dead, unknown = STATES
    assert words == [
        [well, high, high, low, well, high, well],
        [well, well, low, low, well, well, ""],
        [well, high, high, high, dead, dead, dead],
        [unknown, low, well, home, home, home, home],
    ]


def test_shares_and_mean_days_add_up() -> None:
    found, rows, means = occupied(small())
    assert found.share.sum(axis=1) == pytest.approx(1)
    assert found.mean_days.sum() == pytest.approx(7)
    assert sum(row["share"] for row in rows if row["day"] == 4) == pytest.approx(1)
    assert means[-1]["state"].startswith("free of toxicity and alive")


def test_spells_come_again_and_the_dead_have_no_more() -> None:
    """Three spells of four patients by the end; by day 7 none is looked at where the last day is 6."""
    grade = np.column_stack([GRADES, np.where(np.isfinite(GRADES[:, -1:]), 0.0, np.nan)])
    (row,) = spells(judged(grade, died=np.array([0, 0, 1, 0])))
    assert row["by day"] == 7 and row["spells a patient (95 % interval)"].startswith("0.75 (")
    assert spells(judged(np.zeros((3, 9)))) == []


def placed(endpoint: Endpoint, zero: Floats, day: Floats, rival: Floats, last: Floats, arms: str = "") -> Placed:
    label = tuple(arms) if arms else (None,) * len(zero)
    return Placed(endpoint, zero, day, rival, last, label, tuple(f"P{place}" for place in range(len(zero))))


def test_few_events_are_listed() -> None:
    """Below the stated number there is no curve and no model: who had it, and on which day."""
    endpoint = Endpoint("relapse", "day 0", ("death",), (5,))
    of = placed(endpoint, np.zeros(3), np.array([4, NEVER, NEVER]), np.array([NEVER, 6, NEVER]), np.array([9.0, 6, 9]))
    found = endpoint_rows(of, 2)
    assert not found["endpoint_curves"] and not found["endpoint_tests"] and not found["endpoint_shares"]
    assert [(row["patient"], row["days from time zero"], row["what came"]) for row in found["endpoint_listing"]] == [
        ("P0", 4, "relapse"),
        ("P1", 6, "a competing event (death)"),
    ]
    (row,) = found["endpoints"]
    assert row["told as"] == "a listing: fewer than 2 events"
    assert row["events"] == 1 and row["competing events"] == "1 (death)"
    assert "where death takes patients away" in row["estimand"]


def test_shares_with_a_rival_are_incidences_and_without_one_kaplan_and_meiers() -> None:
    """Ten patients: by day 5 three have had it and two have died: 30 %. Were the dead censored it would be more."""
    day = np.array([2, 3, 5, *[NEVER] * 7])
    rival = np.array([*[NEVER] * 3, 1, 4, *[NEVER] * 5])
    last = np.array([9, 9, 9, 1, 4, *[9] * 5], float)
    zero = np.zeros(10)
    competing = endpoint_rows(placed(Endpoint("relapse", "day 0", ("death",), (5, 20)), zero, day, rival, last), 1)
    one, late = competing["endpoint_shares"]
    assert one["share (95 % interval)"].startswith("30 % (")
    assert late["share (95 % interval)"] == "not told: nobody followed so long"
    assert late["mean days until then free of it and of what competes (95 % interval)"].startswith("not told")
    alone = endpoint_rows(placed(Endpoint("relapse", "day 0", (), (5,)), zero, day, np.full(10, NEVER), last), 1)
    # 1 - (8/9)(7/8)(5/6): the dead were censored on days 1 and 4.
    assert alone["endpoint_shares"][0]["share (95 % interval)"].startswith("35 % (")
    assert alone["endpoints"][0]["told as"] == "Kaplan-Meier"


def test_no_interval_has_no_width() -> None:
    """All relapse on day 3: three days free, and no spread is known."""
    endpoint = Endpoint("relapse", "day 0", (), (5,))
    of = placed(endpoint, np.zeros(4), np.full(4, 3.0), np.full(4, NEVER), np.full(4, 9.0))
    (row,) = endpoint_rows(of, 1)["endpoint_shares"]
    assert row["share (95 % interval)"].startswith("100 %")
    assert row["mean days until then free of it and of what competes (95 % interval)"] == "3"


def test_who_did_not_reach_time_zero_is_counted() -> None:
    endpoint = Endpoint("death", "treatment", (), (5,))
    zero = np.array([2, NEVER, 3, 8])
    of = placed(endpoint, zero, np.array([4, 5, NEVER, NEVER]), np.full(4, NEVER), np.array([4.0, 5, 9, 7]))
    (row,) = endpoint_rows(of, 1)["endpoints"]
    assert row["patients"] == 2
    assert row["not in it: no time zero"] == 2 and row["not in it: in none of the arms"] == 0


def test_two_arms_have_named_tests_with_the_least_they_can_give() -> None:
    """Five against five, all in one arm first: the exact log-rank P is the least possible, 2 of 252 divisions."""
    day = np.array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], float)
    endpoint = Endpoint("relapse", "day 0", ("death",), (5,), "product", ("b", "a"))
    found = endpoint_rows(placed(endpoint, np.zeros(10), day, np.full(10, NEVER), day + 1, "aaaaabbbbb"), 1)
    gray, log_rank = found["endpoint_tests"]
    assert gray["test"] == "Gray" and "asymptotic" in gray["why"]
    assert log_rank["test"].startswith("log-rank, exact")
    assert log_rank["P"] == pytest.approx(log_rank["least P"])
    assert gray["arms (n)"] == "a (5) against b (5)"
    # Gray's P of this division is the least there is too, and the hazard of one arm has no finite ratio.
    assert gray["P"] == pytest.approx(gray["least P"])
    assert "no finite estimate" in gray["cause-specific hazard ratio"]
    assert {row["arm"] for row in found["endpoint_curves"]} == {"a", "b"}


def test_an_arm_of_few_events_is_listed_beside_the_curve_of_the_other() -> None:
    """Six events in one arm and two in the other: one curve, one listing, the tests, and no hazard ratio."""
    day = np.array([1, 2, 3, 4, 5, 6, 7, 8, NEVER, NEVER])
    last = np.full(10, 9.0)
    endpoint = Endpoint("relapse", "day 0", (), (5,), "product", ("a", "b"))
    found = endpoint_rows(placed(endpoint, np.zeros(10), day, np.full(10, NEVER), last, "aaaaaabbbb"), 3)
    assert {row["arm"] for row in found["endpoint_curves"]} == {"a"}
    assert [(row["patient"], row["arm"]) for row in found["endpoint_listing"]] == [("P6", "b"), ("P7", "b")]
    assert found["endpoints"][0]["told as"] == "Kaplan-Meier; b as a listing: fewer than 3 events"
    (test,) = found["endpoint_tests"]
    assert test["cause-specific hazard ratio"] == "not told: an arm had 2 events, 3 are needed"
    # On day 0 nobody has had it, and no spread is known.
    assert [(row["low"], row["high"]) for row in found["endpoint_curves"] if row["day"] == 0] == [(None, None)]


def cohort(seed: int, patients: int, effect: float, days: int = 28) -> Judged:
    """Return patients of whom a third are iller for all to see: slower to resolve and likelier to be treated."""
    random = np.random.default_rng(seed)
    severe = random.random(patients) < 0.33
    grade = np.zeros((patients, days))
    start = np.full(patients, NEVER)
    onset = random.integers(0, 5, patients)
    for place in range(patients):
        for day in range(onset[place], days):
            grade[place, day] = 4 if severe[place] else 3
            if start[place] == NEVER and day > onset[place] and random.random() < (0.3 if severe[place] else 0.06):
                start[place] = day
            chance = (0.07 if severe[place] else 0.16) * (effect if start[place] <= day else 1)
            if random.random() < chance:
                break
    return judged(grade, start)


def test_where_all_resolved_before_its_day_a_strategy_has_its_share() -> None:
    """Eighty patients, all well within five days: what came of the strategies by day 10 is known."""
    grade = np.zeros((80, 12))
    for place in range(80):
        grade[place, : 3 + place % 3] = 3
    start = np.where(np.arange(80) % 2 == 0, 1.0, NEVER)
    trial = Trial(adjust_for=("grade 4",), match={"grade 4": 0}, landmarks=(), start_within=(3,), samples=50)

    def estimate(of: Judged) -> str:
        rows = {row["analysis"]: row for row in analyses(emulated(of, trial), 2)}
        return str(rows["start within 3 days or not: cloned, censored, weighted"]["estimate"])

    assert estimate(judged(grade, start)) == "+0"
    # One who was last seen ill on day 6: of those like him nothing is known after that.
    grade[79] = [*[3.0] * 7, *[np.nan] * 5]
    assert estimate(judged(grade, start)) == "–"


def test_the_naive_analysis_is_labelled_and_the_recommended_one_holds_the_truth() -> None:
    """400 patients whom the drug does not help: ever against never treated says that it harms, the trials do not."""
    trial = Trial(
        window=7, adjust_for=("grade 4",), match={"grade 4": 0}, landmarks=(3,), start_within=(3,), samples=100
    )
    rows = {row["analysis"]: row for row in analyses(emulated(cohort(3, 400, 1.0), trial), 10)}
    assert next(iter(rows)) == NAIVE and rows[NAIVE]["how to read it"].startswith("Biased")
    low, high = (float(limit) for limit in rows[NAIVE]["95 % interval"].split(" to "))
    assert high < 1
    for name, row in rows.items():
        if row["measure"].startswith("share"):
            low, high = (int(limit) for limit in row["95 % interval"].split(" to "))
            assert low <= 0 <= high, name
    assert rows[RECOMMENDED]["patients (treated, not)"].count(",") == 1


def test_an_effect_is_found() -> None:
    """With three times the chance of resolution a day the share resolved within a week rises by about a third.

    Those who wait and are iller leave by starting: their days are given back by weights in each of the three.
    """
    trial = Trial(window=7, adjust_for=("grade 4",), match={"grade 4": 0})
    rows = {row["analysis"]: row for row in analyses(emulated(cohort(5, 800, 3.0), trial), 10)}
    for name in (RECOMMENDED, "one trial a day, matched", "one trial a day, overlap weights"):
        low, high = (int(limit) for limit in rows[name]["95 % interval"].split(" to "))
        assert low < 35 < high and low > -5, rows[name]


def test_eight_patients_are_refused_by_every_analysis() -> None:
    """Each says why, in words."""
    trial = Trial(landmarks=(3,), start_within=(3,), adjust_for=("grade 4",), match={"grade 4": 0})
    of = emulated(cohort(1, 8, 1.0), trial)
    for row in analyses(of, 10):
        assert row["estimate"] == "–" and row["how to read it"].startswith("Not told."), row
    assert analyses(of, 10)[0]["how to read it"].endswith("a hazard ratio needs 10.")


def test_nobody_treated_has_no_balance() -> None:
    of = emulated(replace(cohort(1, 30, 1.0), days=replace(cohort(1, 30, 1.0).days, start=np.full(30, NEVER))), Trial())
    assert balances(of) == []
    assert all(row["estimate"] == "–" for row in analyses(of, 1))


def test_balance_is_told_as_found_weighted_and_matched() -> None:
    """The iller are treated; among the matched there is no difference of grade, and none by weights."""
    trial = Trial(adjust_for=("grade 4",), match={"grade 4": 0})
    grade, day = balances(emulated(cohort(2, 200, 1.0), trial))
    assert grade["as found"] > 0.3 and abs(grade["overlap weights"]) < 0.02 and abs(grade["matched"]) < 0.02
    assert day["covariate"] == "day" and abs(day["matched"]) < 0.02


def recovery_of(people: Judged) -> Expected:
    """Return what is expected of patients at grade 3 or more, alike in grade 4."""
    trial = Trial(adjust_for=("grade 4",), match={"grade 4": 0})
    return expected(emulated(people, trial).entries, trial.adjust_for, people)


def test_the_expected_recovery_is_that_of_the_untreated_of_the_same_grades() -> None:
    """Of the treated a known share is severe; resolution in a week is 1 - 0.93 ** 7 and 1 - 0.84 ** 7 of the two."""
    people = cohort(8, 3000, 1.0)
    found = recovery_of(people)
    assert found.learnt is not None
    started = people.days.start
    treated = np.isfinite(started)
    severe = (people.days.grade[treated, started[treated].astype(int)] == 4).mean()
    truth = severe * (1 - 0.93**7) + (1 - severe) * (1 - 0.84**7)
    assert found.learnt.low <= truth <= found.learnt.high
    assert found.words.startswith(f"{100 * found.learnt.share:.0f} % (95 % interval ")


def test_where_nobody_is_left_untreated_published_durations_stand_in() -> None:
    """Median 9 to 17 days of any grade to none: a range, and it says where it is from."""
    people = cohort(1, 4, 1.0)
    found = recovery_of(people)
    assert found.learnt is None and found.words == "25 to 42 %"
    assert "are needed" in found.why or "Nobody started" in found.why
    assert recovery_of(replace(people, toxicity="CRS")).words == "about 50 %"
    assert recovery_of(replace(people, toxicity="HLH")).words == "not told"


def test_silence_after_the_last_grade_is_neither_recovery_nor_going_on() -> None:
    """Grade 3 on day 1, then no grade though followed to day 6: she is in the trial of day 0 alone."""
    grade = np.array([[3, 3, *[np.nan] * 5], [3, 3, 3, 3, 1, 0, 0]])
    people = judged(grade)
    people = replace(people, days=replace(people.days, last=np.array([6, 6])))
    of = emulated(people, Trial(adjust_for=("grade 4",), match={"grade 4": 0}))
    assert of.entries.day[of.entries.patient == 0].tolist() == [0]
    assert of.ends.tolist() == [1, 4] and of.event.tolist() == [0, 1]


def test_every_arm_needs_patients_and_resolutions() -> None:
    """Five treated of whom none resolved: no difference is told with an interval that says too much."""
    people = cohort(6, 60, 1.0)
    start = np.full(60, NEVER)
    start[:4] = people.days.start[:4] = 6
    few = replace(people, days=replace(people.days, start=start))
    trial = Trial(adjust_for=("grade 4",), match={"grade 4": 0}, landmarks=(3,), start_within=(3,))
    for row in analyses(emulated(few, trial), 10):
        assert row["estimate"] == "–" and "needed" in row["how to read it"], row


def test_a_grade_from_before_the_discharge_says_nothing_of_the_time_after_it() -> None:
    """Home on day 2 with grade 1 on day 1: discharged from then on, until day 5, when a grade is known again."""
    grade = np.array([[0, 1, np.nan, np.nan, np.nan, 2, 2]])
    words = [STATES[state] for state in states(judged(grade, discharge=np.array([2.0])))[0]]
    assert words == ["no toxicity", "low grade", *["discharged"] * 3, "low grade", "low grade"]


def test_an_interval_that_holds_everything_tells_no_difference() -> None:
    """One patient of six decides: no number pretends to be known, and it says why."""
    row = told(Estimate(0.4, -1.6, 2.4, 0.2, 1.3))
    assert (row["estimate"], row["95 % interval"]) == ("–", "-100 to +100")
    assert row["how to read it"] == (
        "No difference is told: the interval holds every one there can be, for too few patients decide it (it rests on "
        "about 1.3 degrees of freedom)."
    )
    row = told(Estimate(0.4, -0.6, 1.4, 0.2, 1.3))
    assert (row["estimate"], row["95 % interval"], row["how to read it"]) == ("+40", "-60 to +100", "")
