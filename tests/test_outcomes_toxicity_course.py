"""Onset, peak and duration of a toxicity: told only where the days around it were graded."""

from typing import Any

import ibis
import pytest

from abate.outcomes.toxicity_course import toxicity_courses
from abate.records.options import Options
from spec import frame

GRADES = """
    patient_id | day | primary_low | primary_grade | primary | fever | fever_minute
    seen       | 0   | 0 | 0 | computed  | no  |
    seen       | 1   | 1 | 1 | computed  | yes | 1500
    seen       | 2   | 3 | 3 | computed  | no  |
    seen       | 3   | 2 | 2 | computed  | no  |
    seen       | 4   | 0 | 0 | computed  | no  |
    hidden     | 0   |   |   | computed  |     |
    hidden     | 1   | 2 | 2 | computed  | yes | 1500
    hidden     | 2   | 0 | 0 | computed  | no  |
    open end   | 0   | 0 | 0 | computed  | no  |
    open end   | 1   | 2 | 2 | computed  | no  |
    open end   | 2   | 1 | 1 | computed  | yes | 3000
    open end   | 3   |   |   | computed  |     |
    well       | 0   | 0 | 0 | computed  | no  |
    never      | 0   |   |   | computed  |     |
    febrile    | 0   | 0 | 0 | computed  | no  |
    febrile    | 1   |   |   | computed  | yes | 1500
    bound      | 0   | 3 |   | clinician | no  |
    bound      | 1   | 0 | 0 | clinician | no  |
"""
FACTS = {
    "seen": (3, 1, True, 15.0, 1, 3, 3),
    "hidden": (2, 1, False, None, None, 1, None),
    "open end": (2, 2, False, None, None, 2, None),
    "well": (0, None, False, None, None, 0, None),
    "febrile": (None, None, False, None, None, 0, None),
    "never": (None, None, False, None, None, 0, None),
    "bound": (3, 0, True, None, 0, 1, 1),
}
"""Worst, onset day, onset known, onset hour (day 0 at 10:00), days to peak, toxic days, duration."""


JUDGED = """
    patient_id | toxicity | system | low | high
    judged     | CRS      | ASTCT  | 3   | 3
    another    | CRS      | Penn   | 4   | 4
"""
CAUSES = """
    patient_id | cause
    died       | CRS
    died later | progression
"""


def courses(grades: str = GRADES, **options: Any) -> dict[str, tuple[Any, ...]]:
    kinds = {"day": "int", "primary_low": "int", "primary_grade": "int", "fever": "bool", "fever_minute": "int"}
    one = ibis.literal(1, "int64")
    rows = frame(grades, **kinds).mutate(
        course_id=one,
        toxicity=ibis.literal("CRS"),
        system=ibis.literal("ASTCT 2019"),
        infusion_minute=ibis.literal(600, "int64"),
    )
    highest = frame(JUDGED, low="float", high="float").mutate(course_id=one)
    ends = frame(CAUSES).mutate(course_id=one)
    found = toxicity_courses(rows, rows, highest, ends, Options(options)).to_pyarrow().to_pylist()
    names = ("worst", "onset_day", "onset_known", "onset_hour", "days_to_peak", "toxic_days", "duration")
    return {row["patient_id"]: tuple(row[name] for name in names) for row in found}


def test_a_grade_of_the_whole_course_and_the_cause_of_death_make_the_worst_grade() -> None:
    grades = """
        patient_id | day | primary_low | primary_grade | primary  | fever | fever_minute
        judged     | 0   | 1           | 1             | computed | yes   |
        another    | 0   | 1           | 1             | computed | yes   |
        died       | 0   |             |               | computed |       |
        died later | 0   | 2           | 2             | computed | yes   |
    """
    worst = {patient: found[0] for patient, found in courses(grades).items()}
    assert worst == {"judged": 3, "another": 1, "died": 5, "died later": 2}


@pytest.mark.parametrize("patient", FACTS)
def test_the_course_of_a_toxicity(patient: str) -> None:
    assert courses()[patient] == FACTS[patient]


def test_onset_at_the_first_sign_instead_of_the_first_fever() -> None:
    """A sign on day 1, fever on day 2: the first day of any grade is day 1, and day 0 was seen."""
    found = courses(crs_onset="first_grade")["open end"]
    assert found[1:3] == (1, True)
