"""Response: grade 3 or more at the start of a treatment, 2 or less after it (Strati 2020, implied)."""

from typing import Any

import pytest

from abate.grading.clinician import clinician_grades, toxic_deaths
from abate.outcomes.response import response
from abate.outcomes.response_rules import chosen_rule
from abate.outcomes.words import reasons
from abate.records.options import Options
from abate.timeline.follow_up import follow_up
from spec import frame, rows_of

NO_EVENT = "nobody | clinician_response | | | | |"


def judged(
    events: str, chosen: dict[str, object] | None = None, indication: str = "ICANS", last_day: int = 30
) -> dict[str, Any]:
    """Patient A, treated from day 6 to day 13. Events: event, value, low, high, text, day."""
    treatment = frame(
        f"patient_id | course_id | start_day | end_day | indication\nA | 1 | 6 | 13 | {indication}",
        course_id="int",
        start_day="int",
        end_day="int",
    )
    lines = "\n".join(f"A | {line}" for line in events.strip().splitlines())
    header = "patient_id | event | value | value_low | value_high | text | day"
    records = frame(f"{header}\n{NO_EVENT}\n{lines}" if lines else f"{header}\n{NO_EVENT}", "events")
    patients = frame(f"patient_id | last_contact_day | last_contact_precision\nA | {last_day} | day", "patients")
    options = Options(chosen)
    verdict = response(treatment, clinician_grades(records), records, follow_up(patients, records), "ICANS", options)
    (row,) = reasons(verdict, "anakinra", chosen_rule(options)).to_pyarrow().to_pylist()
    return dict(row)


def grades(*days: tuple[int, object]) -> str:
    """Events of ICANS grades: a number, or ``low-high``."""
    lines = []
    for day, grade in days:
        low, _, high = str(grade).partition("-")
        cells = f"{low} | | " if not high else f" | {low} | {high}"
        lines.append(f"icans_grade | {cells} | | {day}")
    return "\n".join(lines)


def test_grade_3_that_falls_to_2_is_a_response() -> None:
    """Start at grade 3 on day 6, grade 2 on day 8: response, two days after the start."""
    row = judged(grades((6, 3), (7, 3), (8, 2), (9, 1)), last_day=9)
    assert (row["response"], row["basis"], row["course"]) == ("yes", "grades", "durable")
    assert (row["start_low"], row["start_high"]) == (3.0, 3.0)
    assert (row["first_low_day"], row["days_to_low"]) == (8, 2)
    assert (row["best_low"], row["best_high"], row["best_day"]) == (1.0, 1.0, 9)


@pytest.mark.parametrize(("grade", "verdict"), [(2, "not applicable"), (3, "yes"), (4, "yes")])
def test_a_high_grade_at_the_start_is_3_or_more(grade: int, verdict: str) -> None:
    """Below grade 3 there is nothing to fall from."""
    assert judged(grades((6, grade), (8, 1)))["response"] == verdict


@pytest.mark.parametrize(("grade", "verdict"), [(1, "yes"), (2, "yes"), (3, "no")])
def test_a_low_grade_is_2_or_less(grade: int, verdict: str) -> None:
    """Grade 3 is not low, grade 2 is."""
    row = judged(grades((6, 4), (8, grade)))
    assert (row["response"], row["basis"]) == (verdict, "grades")


@pytest.mark.parametrize(
    ("high", "start", "verdict"), [(4, 3, "not applicable"), (4, 4, "yes"), (3, 3, "yes"), (3, 2, None)]
)
def test_the_high_grade_is_an_option(high: int, start: int, verdict: str | None) -> None:
    """With ``high_grade = 4``, grade 3 at the start is not high."""
    row = judged(grades((6, start), (8, 1)), {"high_grade": high})
    assert row["response"] == (verdict or "not applicable")


@pytest.mark.parametrize(("low", "after", "verdict"), [(1, 2, "no"), (1, 1, "yes"), (0, 1, "no"), (0, 0, "yes")])
def test_the_low_grade_is_an_option(low: int, after: int, verdict: str) -> None:
    """With ``low_grade = 1``, grade 2 is no response."""
    assert judged(grades((6, 3), (8, after)), {"low_grade": low})["response"] == verdict


@pytest.mark.parametrize(("window", "verdict"), [(3, "no"), (4, "yes"), (5, "yes"), (0, "yes")])
def test_the_fall_must_come_within_the_window(window: int, verdict: str) -> None:
    """The fall comes 4 days after the start; 0 is no limit."""
    row = judged(grades((6, 3), (8, 3), (10, 1)), {"response_window_days": window})
    assert row["response"] == verdict


def test_a_window_without_a_grade_decides_nothing() -> None:
    """Grades only after the window leave the response unknown."""
    row = judged(grades((6, 3), (10, 1)), {"response_window_days": 3})
    assert (row["response"], row["basis"]) == ("unknown", "none")


@pytest.mark.parametrize(
    ("day", "lookback", "start"),
    [(6, 1, 3.0), (5, 1, 3.0), (4, 1, None), (4, 2, 3.0), (5, 0, None), (6, 0, 3.0)],
)
def test_a_grade_shortly_before_the_start_counts_as_that_at_the_start(
    day: int, lookback: int, start: float | None
) -> None:
    """One day before by default; a grade 3 found is a response, none leaves it unknown."""
    row = judged(grades((day, 3), (8, 1)), {"grade_at_start_lookback_days": lookback})
    assert row["start_low"] == start
    assert row["response"] == ("unknown" if start is None else "yes")


def test_the_last_grade_up_to_the_start_is_the_one_at_the_start() -> None:
    """Grade 3 the day before and 2 on the day itself: the grade at the start is 2."""
    row = judged(grades((5, 3), (6, 2), (8, 1)))
    assert (row["start_low"], row["response"]) == (2.0, "not applicable")


def test_the_day_of_the_start_is_not_after_it() -> None:
    """A low grade on the day of the start is no fall: only later days count."""
    row = judged(grades((6, 3)))
    assert (row["response"], row["first_low_day"]) == ("unknown", None)


@pytest.mark.parametrize(
    ("start", "verdict"),
    [("0-2", "not applicable"), ("2-3", "unknown"), ("3-4", "yes"), ("1-4", "unknown")],
)
def test_a_start_known_as_bounds(start: str, verdict: str) -> None:
    """Only bounds that lie on one side of grade 3 decide."""
    assert judged(grades((6, start), (8, 1)))["response"] == verdict


@pytest.mark.parametrize(("after", "verdict"), [("0-2", "yes"), ("2-3", "unknown"), ("3-4", "no"), ("0-4", "unknown")])
def test_a_later_grade_known_as_bounds(after: str, verdict: str) -> None:
    """ "Low grade" is a response; "2 or 3" decides nothing."""
    assert judged(grades((6, 3), (8, after)))["response"] == verdict


def test_one_day_that_may_be_low_forbids_a_no() -> None:
    """Every later grade must be high for "no": one of 2 to 4 leaves it open."""
    assert judged(grades((6, 3), (8, 3), (9, "2-4")))["response"] == "unknown"


def test_the_best_grade_is_the_lowest_upper_bound_and_the_first_of_its_kind() -> None:
    """1 to 2 is better than 2; of two days of grade 1 the first is the best day."""
    row = judged(grades((6, 3), (7, 2), (8, "1-2"), (9, 1), (10, 1)))
    assert (row["best_low"], row["best_high"], row["best_day"]) == (1.0, 1.0, 9)
    row = judged(grades((6, 3), (7, 2), (8, "1-2")))
    assert (row["best_low"], row["best_high"], row["best_day"]) == (1.0, 2.0, 8)


def test_a_grade_of_another_toxicity_says_nothing() -> None:
    """The response of ICANS is not read from CRS."""
    row = judged("icans_grade | 3 | | | | 6\ncrs_grade | 1 | | | | 8")
    assert row["response"] == "unknown"


@pytest.mark.parametrize(("indication", "toxicity"), [("CRS", "CRS"), ("ICANS", "ICANS"), ("", "ICANS")])
def test_the_toxicity_is_the_indication_else_the_one_of_the_study(indication: str, toxicity: str) -> None:
    """The letter's patients 7 and 8 had anakinra for HLH, the others for ICANS."""
    events = "icans_grade | 3 | | | | 6\nicans_grade | 1 | | | | 8\ncrs_grade | 2 | | | | 6"
    row = judged(events, indication=indication)
    assert row["toxicity"] == toxicity
    assert row["response"] == ("not applicable" if toxicity == "CRS" else "yes")


@pytest.mark.parametrize(
    ("days", "course"),
    [
        ([(8, 2)], "no recurrence recorded"),
        ([(8, 2), (29, 2)], "no recurrence recorded"),
        ([(8, 2), (16, 2), (24, 2), (30, 2)], "durable"),
        # eight days without a grade: what happened in them is not known
        ([(8, 2), (16, 2), (25, 2), (30, 2)], "no recurrence recorded"),
        ([(8, 2), (30, 2)], "no recurrence recorded"),
        ([(8, 2), (20, 3)], "transient"),
        ([(8, 2), (9, 2), (10, 4)], "transient"),
        ([(7, 4), (8, 2), (16, 1), (23, 1), (30, 0)], "durable"),
    ],
)
def test_a_response_is_durable_where_grades_stay_low_to_the_end(days: list[tuple[int, int]], course: str) -> None:
    """Followed to day 30: silence after the last grade, or a long one before it, is no proof that nothing came back."""
    assert judged(grades((6, 3), *days))["course"] == course


def test_a_recurrence_is_the_first_high_day_after_the_first_low_one() -> None:
    """Grade 3 again on days 12 and 14: recurrence on day 12."""
    row = judged(grades((6, 3), (7, 3), (8, 2), (12, 3), (13, 1), (14, 3)))
    assert row["recurrence_day"] == 12


def test_a_grade_between_low_and_high_is_neither() -> None:
    """With low 1 and high 3, grade 2 after the fall is no recurrence."""
    row = judged(grades((6, 3), (8, 1), (12, 2)), {"low_grade": 1}, last_day=12)
    assert (row["course"], row["recurrence_day"]) == ("durable", None)


@pytest.mark.parametrize(
    ("said", "course"),
    [
        ("recurrence | | | | no |", "durable"),
        ("recurrence | | | | yes |", "transient"),
        ("recurrence_onset | | | | | 12", "transient"),
        ("recurrence | | | | no |\nrecurrence_onset | | | | | 12", "unknown"),
        ("recurrence | | | | perhaps |", "no recurrence recorded"),
    ],
)
def test_a_clinician_may_say_whether_it_came_back(said: str, course: str) -> None:
    """Where the grades fall silent, the clinician's word on recurrence stands."""
    assert judged(grades((6, 3), (8, 1)) + "\n" + said)["course"] == course


def test_a_death_whose_coded_cause_is_the_toxicity_is_grade_5_of_it() -> None:
    """Grade 1 on day 8, death of ICANS on day 20: it came back. Death of pneumonia is no grade."""
    deaths = frame("patient_id | event | text | day\nA | death | ICANS | 20\nB | death | pneumonia | 20", "events")
    assert rows_of(toxic_deaths(deaths), "toxicity", "day", "low") == [("ICANS", 20, 5.0)]


def test_grades_after_death_are_not_looked_at() -> None:
    """A grade on day 50 of a patient who died on day 10 is an error of the records, and no response."""
    row = judged(grades((6, 4), (50, 1)) + "\ndeath | | | | pneumonia | 10")
    assert (row["response"], row["first_low_day"]) == ("unknown", None)


@pytest.mark.parametrize("indication", ["icans", " ICANS ", "ICANS"])
def test_capitals_of_an_indication_do_not_matter(indication: str) -> None:
    """The grades are found whatever the hand that wrote it."""
    assert judged(grades((6, 3), (8, 1)), indication=indication)["response"] == "yes"


@pytest.mark.parametrize(
    ("recurrence", "last_day", "course"),
    [
        (17, 30, "transient"),
        (18, 30, "transient"),
        (19, 30, "durable"),
        (None, 17, "no recurrence recorded"),
        (None, 18, "durable"),
        (None, 19, "durable"),
        # of the silence of days 9 to 19 the ten that must be durable count
        (None, 20, "durable"),
    ],
)
def test_a_response_is_durable_after_days_without_a_high_grade(
    recurrence: int | None, last_day: int, course: str
) -> None:
    """``durable_days = 10`` from the first low day 8: a recurrence to day 18, grades to day 18."""
    later = [(recurrence, 3)] if recurrence else [(last_day, 0)]
    options: dict[str, object] = {"durable_days": 10, "durable_silence_days": 10}
    row = judged(grades((6, 3), (8, 1), *later), options, last_day=last_day)
    assert row["course"] == course


def test_no_response_has_no_course() -> None:
    """There is nothing to last."""
    assert judged(grades((6, 3), (8, 4)))["course"] == "none"


def test_a_later_grade_that_may_be_high_leaves_the_course_unknown() -> None:
    """Every unknown counts: grade 2 to 4 on day 12 may be a recurrence, so "durable" is not known."""
    row = judged(grades((6, 3), (8, 1), (12, "2-4")))
    assert row["response"] == "yes"
    assert row["course"] == "unknown"
