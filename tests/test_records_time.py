"""Every way of writing a time becomes a day, a minute since midnight of day 0, and a precision.

In the tables the columns after ``says`` are what the reader must find; it does not ask for them.
"""

from pathlib import Path

import pytest

from reference_reader import fates, used
from spec import cells, read_records

PATIENTS = """
    patient_id | day0
    A          | 2020-01-31 14:05
    B          |
"""


def check(folder: Path, text: str, *found: str, patients: str = PATIENTS) -> None:
    """Compare what was found in each row that is used with the columns that say what it should be."""
    rows = cells(text)
    for number, row in enumerate(rows, 2):
        row |= {"variable": "crp", "value": str(number), "unit": "mg/L"}
    header = " | ".join(rows[0])
    lines = [" | ".join(row.values()) for row in rows]
    records = read_records(folder, patients=patients, measurements="\n".join([header, *lines]))
    read = used(records)
    for number, row in enumerate(rows, 2):
        names = [name.strip() for name in row["says"].split(",")]
        if number in read:
            values = ["" if read[number][name] is None else str(read[number][name]) for name in found]
            assert (row, values) == (row, names)
    missing = [row for number, row in enumerate(rows, 2) if number not in read]
    assert [row["says"] for row in missing] == ["set aside"] * len(missing)
    assert len(fates(records)) == len(rows)


def test_a_timestamp_counts_calendar_days_from_day_0(tmp_path: Path) -> None:
    """One minute before midnight is day 0, midnight is day 1, whatever the hour of the infusion."""
    check(
        tmp_path,
        """
        patient_id | time                | says
        A          | 2020-01-31 14:05    | 0, 845, minute
        A          | 2020-01-31 00:00    | 0, 0, minute
        A          | 2020-01-30 23:59    | -1, -1, minute
        A          | 2020-01-31 23:59:59 | 0, 1439, minute
        A          | 2020-02-01T00:00    | 1, 1440, minute
        A          | 2020-02-29 12:00    | 29, 42480, minute
        A          | 2020-03-01          | 30, , day
        A          | 2020-02             | 1, , month
        """,
        "day",
        "minute",
        "time_precision",
    )


def test_a_day_number_needs_no_day_0(tmp_path: Path) -> None:
    """A fractional day number is floored: -0.83 lies on day -1; a whole one says nothing of the hour."""
    check(
        tmp_path,
        """
        patient_id | day   | says
        B          | 3     | 3, , day
        B          | 3.0   | 3, , day
        B          | -2    | -2, , day
        B          | 0.5   | 0, 720, minute
        B          | -0.83 | -1, -1196, minute
        B          | -0.5  | -1, -720, minute
        B          | 1e1   | 10, , day
        B          | three | set aside
        B          |       | , , none
        """,
        "day",
        "minute",
        "time_precision",
    )


def test_minutes_count_from_midnight_of_day_0(tmp_path: Path) -> None:
    """Minute 1439 is the last of day 0, minute -1 the last of day -1; parts of a minute are dropped."""
    check(
        tmp_path,
        """
        patient_id | minute | says
        B          | 0      | 0, 0, minute
        B          | 1439   | 0, 1439, minute
        B          | 1439.9 | 0, 1439, minute
        B          | 1440   | 1, 1440, minute
        B          | -1     | -1, -1, minute
        B          | -1440  | -1, -1440, minute
        B          | -1441  | -2, -1441, minute
        B          | noon   | set aside
        """,
        "day",
        "minute",
        "time_precision",
    )


def test_months_are_days_of_low_precision(tmp_path: Path) -> None:
    """A month has 30.4375 days: 9 months are day 273, and it is said that only the month is known."""
    check(
        tmp_path,
        """
        patient_id | month | says
        B          | 9     | 273, , month
        B          | 1     | 30, , month
        B          | 0     | 0, , month
        B          | -1    | -31, , month
        B          | May   | set aside
        """,
        "day",
        "minute",
        "time_precision",
    )


def test_an_undated_fact_is_kept_without_a_time(tmp_path: Path) -> None:
    """No time is no error: the fact counts where no day is asked for."""
    check(
        tmp_path,
        """
        patient_id | time | day | minute | month | says
        A          |      |     |        |       | , , none
        B          | NA   | .   |        | NULL  | , , none
        """,
        "day",
        "minute",
        "time_precision",
    )


def test_times_that_disagree_are_set_aside(tmp_path: Path) -> None:
    """Two ways of naming one moment must name the same day; the finer of them is taken."""
    check(
        tmp_path,
        """
        patient_id | time             | day | minute | says
        A          | 2020-02-01 10:00 | 1   |        | 1, 2040, minute
        A          | 2020-02-01 10:00 | 2   |        | set aside
        A          | 2020-02-01       | 1   | 1500   | 1, 1500, minute
        A          | 2020-02-01       |     | 1439   | set aside
        A          |                  | 1   | 1440   | 1, 1440, minute
        A          |                  | 0   | 1440   | set aside
        A          |                  | 1.5 | 2160   | 1, 2160, minute
        """,
        "day",
        "minute",
        "time_precision",
    )


def test_a_timestamp_needs_day_0(tmp_path: Path) -> None:
    """Without day 0 of its patient a date says nothing of the day; a day number does."""
    check(
        tmp_path,
        """
        patient_id | time       | day | says
        B          | 2020-02-01 |     | set aside
        B          |            | 1   | 1, day
        A          | 2020-02-01 |     | 1, day
        """,
        "day",
        "time_precision",
    )


def test_what_is_no_date_is_set_aside(tmp_path: Path) -> None:
    """Only ISO dates are read: other orders of day and month would have to be guessed."""
    check(
        tmp_path,
        """
        patient_id | time                 | says
        A          | 31.01.2020           | set aside
        A          | 01/31/2020           | set aside
        A          | 2020-1-31            | set aside
        A          | 2019-02-29           | set aside
        A          | 2020-13-01           | set aside
        A          | 2020-02-01 24:01     | set aside
        A          | 2020-02-01 10:60     | set aside
        A          | 2020-02-01T10:00Z    | set aside
        A          | 20200201             | set aside
        A          | 2020-02-01 10:00 PM  | set aside
        """,
        "day",
    )


def test_intervals_are_half_open(tmp_path: Path) -> None:
    """The end is not included: to day 3 is up to midnight before day 3, and 08:00 to 08:00 is a moment."""
    check(
        tmp_path,
        """
        patient_id | day | minute | end_day | end_minute | end_time         | says
        A          | 1   |        | 3       |            |                  | 1, , 3,
        A          | 2   |        | 2       |            |                  | set aside
        A          | 2   |        | 1       |            |                  | set aside
        A          |     | 480    |         | 480        |                  | 0, 480, 0, 480
        A          |     | 480    |         | 479        |                  | set aside
        A          | 1   |        |         | 1440       |                  | 1, , 1, 1440
        A          |     | 1500   | 1       |            |                  | set aside
        A          |     | 1500   |         |            | 2020-02-01 01:00 | 1, 1500, 1, 1500
        A          |     | 1500   |         |            | 2020-02-02       | 1, 1500, 2,
        A          | 1   |        |         |            |                  | 1, , ,
        A          | 1   |        |         |            | tomorrow         | set aside
        """,
        "day",
        "minute",
        "end_day",
        "end_minute",
    )


def test_each_course_has_its_own_day_0(tmp_path: Path) -> None:
    """One date is another day in each course of a patient."""
    check(
        tmp_path,
        """
        patient_id | course_id | time       | says
        C          | 1         | 2020-06-01 | 1, 152
        C          | 2         | 2020-06-01 | 2, 0
        """,
        "course_id",
        "day",
        patients="patient_id | course_id | day0\nC | 1 | 2020-01-01\nC | 2 | 2020-06-01",
    )


def test_last_contact_is_a_date_a_day_or_a_month(tmp_path: Path) -> None:
    """What cannot be read is listed, and the patient is used all the same."""
    records = read_records(
        tmp_path,
        patients="""
            patient_id | day0       | last_contact | last_contact_day | last_contact_month
            A          | 2020-01-01 | 2020-03-01   |                  |
            B          |            |              | 60               |
            C          |            |              |                  | 9
            D          |            |              |                  |
            E          |            | 2020-03-01   |                  |
            F          | 2020-01-01 | 2020-03-01   | 61               |
        """,
    )
    columns = ("patient_id", "last_contact_day", "last_contact_precision")
    found = [tuple(row[name] for name in columns) for row in used(records, "patients").values()]
    assert found[:4] == [("A", 60, "day"), ("B", 60, "day"), ("C", 273, "month"), ("D", None, "none")]
    assert fates(records, "patients")[4:] == ["used, no time: last_contact"] * 2


def test_a_last_contact_that_is_set_aside_is_not_used(tmp_path: Path) -> None:
    """Two days of last contact that differ: neither is known to be right, so none is used."""
    records = read_records(
        tmp_path,
        patients="""
            patient_id | day0       | last_contact | last_contact_day
            F          | 2020-01-01 | 2020-03-01   | 61
        """,
    )
    assert used(records, "patients")[2]["last_contact_day"] is None


@pytest.mark.parametrize("cell", ["31.01.2020", "2020-02-30"])
def test_an_unreadable_day_0_is_listed(tmp_path: Path, cell: str) -> None:
    """The patient stays, without day 0; timestamps of that patient are set aside."""
    records = read_records(tmp_path, patients=f"patient_id | day0\nA | {cell}")
    assert fates(records, "patients") == ["used, no time: day0"]
    assert used(records, "patients")[2]["day0"] is None


def test_day_0_is_not_a_month(tmp_path: Path) -> None:
    """A day 0 of which only the month is known would make every day of the patient a guess."""
    records = read_records(tmp_path, patients="patient_id | day0\nA | 2020-01")
    assert used(records, "patients")[2]["day0"] is None


@pytest.mark.parametrize("column", ["day", "course_id"])
def test_a_number_beyond_all_days_is_set_aside(tmp_path: Path, column: str) -> None:
    """1e30 is a number and not a day: set aside, as any time that cannot be read."""
    records = read_records(
        tmp_path,
        patients=PATIENTS,
        measurements=f"patient_id | variable | value | unit | {column}\nA | crp | 1 | mg/L | 1e30",
    )
    assert not used(records)
