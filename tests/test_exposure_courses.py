"""Administrations that follow each other make a course; a long gap opens another."""

import ibis
import pytest

from abate.exposure.administrations import administrations, given
from abate.exposure.courses import courses
from spec import frame, rows_of

GAP = 3


def courses_of(text: str, gap_days: int = GAP) -> ibis.Table:
    weights = frame("patient_id | course_id | weight_kg\nA | 1 |", course_id="int", weight_kg="float")
    return courses(administrations(given(frame(text, "drugs"), weights)), gap_days)


def test_every_other_day_for_five_doses_is_a_course_of_ten_days() -> None:
    """The letter's patient 5: 5 doses of 100 mg every other day, "for 10 days"."""
    found = courses_of("""
        patient_id | drug     | amount | dose_count | interval_h | day
        A          | anakinra | 100    | 5          | 48         | 10
    """)
    columns = ("number", "start_day", "last_dose_day", "end_day", "days", "dosing_days", "doses")
    assert rows_of(found, *columns) == [(1, 10, 18, 20, 10, 5, 5)]
    assert rows_of(found, "low", "high", "daily_low", "daily_high") == [(500.0, 500.0, 50.0, 50.0)]


def test_seven_daily_doses_are_a_course_of_seven_days() -> None:
    """The letter's patient 1: 100 mg daily for 7 days from day 6."""
    found = courses_of("""
        patient_id | drug     | amount | dose_count | interval_h | day
        A          | anakinra | 100    | 7          | 24         | 6
    """)
    assert rows_of(found, "start_day", "end_day", "days", "dosing_days", "daily_high") == [(6, 13, 7, 7, 100.0)]


@pytest.mark.parametrize(("second", "expected"), [(12, 1), (13, 1), (14, 2), (15, 2)])
def test_a_gap_on_the_limit_opens_another_course(second: int, expected: int) -> None:
    """A dose on day 10 runs out with day 10; a dose on day 14 follows 3 days without the drug."""
    found = courses_of(f"""
        patient_id | drug     | amount | day
        A          | anakinra | 100    | 10
        A          | anakinra | 100    | {second}
    """)
    assert found.count().to_pyarrow().as_py() == expected


@pytest.mark.parametrize(("gap_days", "expected"), [(1, 2), (2, 2), (3, 1)])
def test_the_gap_is_an_option(gap_days: int, expected: int) -> None:
    """Two days without the drug open another course where the option says 2 or less."""
    found = courses_of(
        """
        patient_id | drug     | amount | day
        A          | anakinra | 100    | 10
        A          | anakinra | 100    | 13
        """,
        gap_days,
    )
    assert found.count().to_pyarrow().as_py() == expected


def test_a_dose_lasts_its_interval() -> None:
    """An every-other-day dose of day 10 runs out after day 11: day 14 follows two days without."""
    found = courses_of("""
        patient_id | drug     | amount | dose_count | interval_h | day
        A          | anakinra | 100    | 1          | 48         | 10
        A          | anakinra | 100    | 1          | 24         | 14
    """)
    assert rows_of(found, "number", "start_day", "end_day", "days") == [(1, 10, 15, 5)]


def test_a_short_dose_does_not_end_a_longer_one() -> None:
    """A weekly dose still lasts after a daily dose given in the same week has run out."""
    found = courses_of("""
        patient_id | drug     | amount | dose_count | interval_h | day
        A          | anakinra | 100    | 1          | 168        | 0
        A          | anakinra | 100    | 1          | 24         | 1
        A          | anakinra | 100    | 1          | 24         | 8
    """)
    assert rows_of(found, "number", "start_day", "end_day", "doses") == [(1, 0, 9, 3)]


def test_courses_are_numbered_in_order_of_time() -> None:
    """Rows may stand in any order; every patient, course of the patient and drug counts from 1."""
    found = courses_of("""
        patient_id | course_id | drug     | amount | day
        A          | 1         | anakinra | 3      | 30
        A          | 1         | anakinra | 1      | 10
        A          | 1         | anakinra | 2      | 20
        A          | 2         | anakinra | 4      | 1
        B          | 1         | anakinra | 5      | 1
    """)
    assert rows_of(found, "course_id", "number", "start_day", "high") == [
        (1, 1, 10, 1.0),
        (1, 2, 20, 2.0),
        (1, 3, 30, 3.0),
        (2, 1, 1, 4.0),
        (1, 1, 1, 5.0),
    ]


def test_drugs_have_courses_of_their_own() -> None:
    """Tocilizumab on the day after anakinra does not prolong the course of anakinra."""
    found = courses_of("""
        patient_id | drug        | amount | day
        A          | anakinra    | 100    | 10
        A          | tocilizumab | 560    | 11
    """)
    assert rows_of(found, "drug", "number", "days") == [("anakinra", 1, 1), ("tocilizumab", 1, 1)]


def test_two_doses_a_day_are_one_dosing_day() -> None:
    """Doses, dosing days and days are three numbers."""
    found = courses_of("""
        patient_id | drug     | amount | dose_count | interval_h | day
        A          | anakinra | 100    | 6          | 12         | 6
    """)
    assert rows_of(found, "days", "dosing_days", "doses", "daily_high") == [(3, 3, 6, 200.0)]


def test_an_undated_dose_is_counted_with_the_first() -> None:
    """ "8 mg/kg x 2" from day 4 without an interval: two doses in the course of day 4."""
    found = courses_of("""
        patient_id | drug        | amount | dose_count | day
        A          | tocilizumab | 560    | 2          | 4
    """)
    assert rows_of(found, "start_day", "last_dose_day", "doses", "high") == [(4, 4, 2, 1120.0)]


def test_a_dose_without_any_day_opens_no_course() -> None:
    """An undated fact takes part only in results for the patient as a whole."""
    assert rows_of(courses_of("patient_id | drug | day\nA | etoposide |"), "number") == []


def test_one_unknown_amount_leaves_the_course_open_above() -> None:
    """The sum of what is known is the lower bound, and there is no upper one."""
    found = courses_of("""
        patient_id | drug     | amount | amount_low | amount_high | day
        A          | anakinra | 100    |            |             | 1
        A          | anakinra |        | 50         | 200         | 2
        A          | anakinra |        |            |             | 3
        B          | anakinra |        | 50         | 200         | 2
    """)
    assert rows_of(found, "low", "high", "daily_low", "daily_high") == [
        (150.0, None, 50.0, None),
        (50.0, 200.0, 50.0, 200.0),
    ]


def test_the_indication_is_that_recorded() -> None:
    """It is taken from the doses that name one."""
    found = courses_of("""
        patient_id | drug     | amount | day | indication
        A          | anakinra | 100    | 1   |
        A          | anakinra | 100    | 2   | ICANS
        B          | anakinra | 100    | 2   |
    """)
    assert rows_of(found, "indication") == [("ICANS",), (None,)]
