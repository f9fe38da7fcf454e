"""Clinicians' grades are bounds: "low grade" is no number, and two judgements may disagree."""

import ibis
import pyarrow as pa
import pytest

from abate.grading.clinician import clinician_grades, highest_grades
from abate.grading.daily import family
from spec import frame, rows_of

GRADES = ("toxicity", "day", "low", "high", "statements")


def grades_of(text: str) -> list[tuple[object, ...]]:
    return rows_of(clinician_grades(frame(text, "events")), *GRADES)


@pytest.mark.parametrize(
    ("value", "low", "high", "bounds"),
    [
        ("3", "", "", (3.0, 3.0)),
        ("0", "", "", (0.0, 0.0)),
        ("5", "", "", (5.0, 5.0)),
        ("", "1", "2", (1.0, 2.0)),
        ("", "", "2", (0.0, 2.0)),
        ("", "3", "", (3.0, 4.0)),
        ("", "", "", (0.0, 4.0)),
    ],
)
def test_a_grade_is_a_pair_of_bounds(value: str, low: str, high: str, bounds: tuple[float, float]) -> None:
    """ "2 or less" is 0 to 2, "3 or more" 3 to 4: grade 5 is death and has a record of its own."""
    found = grades_of(f"""
        patient_id | event       | value   | value_low | value_high | day
        A          | icans_grade | {value} | {low}     | {high}     | 6
    """)
    assert found == [("ICANS", 6, *bounds, 1)]


def test_each_toxicity_and_day_has_a_grade_of_its_own() -> None:
    """CRS and ICANS are two toxicities; other events are no grades."""
    found = grades_of("""
        patient_id | event       | value | day
        A          | crs_grade   | 2     | 3
        A          | icans_grade | 1     | 3
        A          | icans_grade | 3     | 4
        A          | death       |       | 9
        A          | fever_grade | 4     | 4
    """)
    assert found == [("CRS", 3, 2.0, 2.0, 1), ("ICANS", 3, 1.0, 1.0, 1), ("ICANS", 4, 3.0, 3.0, 1)]


def test_two_grades_of_one_day_without_a_time_contradict_each_other() -> None:
    """Neither is preferred: the day is grade 1 to 3."""
    found = grades_of("""
        patient_id | event       | value | day
        A          | icans_grade | 1     | 6
        A          | icans_grade | 3     | 6
    """)
    assert found == [("ICANS", 6, 1.0, 3.0, 2)]


def test_two_grades_of_one_day_with_a_time_follow_each_other() -> None:
    """Grade 3 in the morning and 1 in the evening: the day is grade 3."""
    found = grades_of("""
        patient_id | event       | value | day | minute
        A          | icans_grade | 3     | 6   | 9120
        A          | icans_grade | 1     | 6   | 9960
    """)
    assert found == [("ICANS", 6, 3.0, 3.0, 2)]


@pytest.mark.parametrize(("daily", "bounds"), [("1", (2.0, 2.0)), ("2", (2.0, 2.0)), ("4", (4.0, 4.0))])
def test_a_grade_of_the_day_and_one_of_an_hour_give_the_worse(daily: str, bounds: tuple[float, float]) -> None:
    """A grade with a time of day is at least the worst of that day."""
    found = grades_of(f"""
        patient_id | event       | value   | day | minute
        A          | icans_grade | {daily} | 6   |
        A          | icans_grade | 2       | 6   | 9120
    """)
    assert found == [("ICANS", 6, *bounds, 2)]


@pytest.mark.parametrize("precision", ["month", "none"])
def test_a_grade_without_a_day_is_no_grade_of_a_day(precision: str) -> None:
    """A grade known to the month is not placed on the first of it."""
    assert (
        grades_of(f"""
        patient_id | event       | value | day | time_precision
        A          | icans_grade | 3     | 30  | {precision}
    """)
        == []
    )


def test_grading_systems_stay_apart() -> None:
    """The same day may be grade 3 in one system and 2 in another."""
    events = frame(
        """
        patient_id | event       | system | value | day
        A          | icans_grade | ASTCT  | 3     | 6
        A          | icans_grade | CARTOX | 2     | 6
        """,
        "events",
    )
    assert rows_of(clinician_grades(events), "system", "low", "high") == [
        ("ASTCT", 3.0, 3.0),
        ("CARTOX", 2.0, 2.0),
    ]


@pytest.mark.parametrize(
    ("written", "system", "same"),
    [
        ("ASTCT", "ASTCT 2019", True),
        ("astct 2018", "ASTCT 2019", True),
        ("Lee 2019", "ASTCT 2019", True),
        ("Lee 2019", "Lee 2014", False),
        ("Lee", "Lee 2014", True),
        ("CTCAE 4.0", "CTCAE v4.03", True),
        ("CTCAE v5", "CTCAE v5.0", True),
        ("CTCAE v5.0", "CTCAE v4.03", False),
        ("CTCAE", "CTCAE v5.0", False),
        ("Penn", "MSKCC", False),
    ],
)
def test_a_clinicians_name_of_a_system_is_ours_or_not(written: str, system: str, same: bool) -> None:
    """Versions of one scale are not one; the paper of Lee of 2019 is the scale of the ASTCT."""
    rows = ibis.memtable(pa.table({"written": [written], "system": [system]}))
    assert rows.select(same=family(rows.written) == family(rows.system)).to_pyarrow()["same"].to_pylist() == [same]


def highest_of(text: str) -> list[tuple[object, ...]]:
    return rows_of(highest_grades(frame(text, "events")), "toxicity", "low", "high")


def test_the_highest_of_single_days_is_a_lower_bound() -> None:
    """A worse day may have gone unrecorded: without a recorded maximum there is no upper bound."""
    assert highest_of("""
        patient_id | event       | value | day
        A          | icans_grade | 1     | 3
        A          | icans_grade | 3     | 4
        A          | icans_grade | 2     | 5
    """) == [("ICANS", 3.0, None)]


def test_a_recorded_maximum_closes_the_bound() -> None:
    """A maximum over the course needs no day; it counts beside the days."""
    assert highest_of("""
        patient_id | event           | value | day
        A          | icans_grade     | 3     | 4
        A          | icans_max_grade | 4     |
        A          | crs_max_grade   | 2     |
    """) == [("CRS", 2.0, 2.0), ("ICANS", 4.0, 4.0)]


def test_a_maximum_may_be_a_bound() -> None:
    """ "Grade 3 or 4" and "low grade" stay what they are."""
    assert highest_of("""
        patient_id | event           | value_low | value_high
        A          | icans_max_grade | 3         | 4
        A          | crs_max_grade   |           | 2
    """) == [("CRS", 0.0, 2.0), ("ICANS", 3.0, 4.0)]


def test_a_day_within_a_bounded_maximum_narrows_it() -> None:
    """A maximum of 2 to 4 and a day of grade 3 is a maximum of 3 to 4."""
    assert highest_of("""
        patient_id | event           | value | value_low | value_high | day
        A          | icans_max_grade |       | 2         | 4          |
        A          | icans_grade     | 3     |           |            | 4
    """) == [("ICANS", 3.0, 4.0)]


def test_a_day_worse_than_the_recorded_maximum_does_not_cross_the_bounds() -> None:
    """A day of grade 4 beside a maximum of 3 contradicts it; the bounds still stand in order."""
    ((_, low, high),) = highest_of("""
        patient_id | event           | value | day
        A          | icans_max_grade | 3     |
        A          | icans_grade     | 4     | 4
    """)
    assert high == 4.0
    assert low in (3.0, 4.0)
