"""How long each patient was followed, and the days on which there is something to say."""

import ibis
import pyarrow as pa
import pytest

from abate.timeline.follow_up import follow_up
from abate.timeline.intervals import joined
from abate.timeline.patient_days import patient_days
from spec import frame, rows_of

COLUMNS = ("death_day", "cause", "last_day", "last_precision", "died")
NO_EVENT = "patient_id | event | day\nnobody | crs_grade | 1"


def followed(
    contact: str = "",
    precision: str = "",
    events: str = NO_EVENT,
    measurements: str = "patient_id | day\nnobody | 1",
) -> ibis.Table:
    patients = frame(f"patient_id | last_contact_day | last_contact_precision\nA | {contact} | {precision}", "patients")
    return follow_up(patients, frame(events, "events"), frame(measurements, "measurements"))


def test_death_ends_follow_up() -> None:
    """The day of death is the last, whatever else is recorded."""
    found = followed(
        "400",
        "day",
        "patient_id | event | text | day\nA | death | Pneumonia | 66",
        "patient_id | variable | day\nA | ldh | 70",
    )
    assert rows_of(found, *COLUMNS) == [(66, "Pneumonia", 66, "day", True)]


def test_a_death_without_a_day_is_still_a_death() -> None:
    """The patient died, on a day that is not known."""
    found = followed("30", "day", "patient_id | event | day\nA | death |")
    assert rows_of(found, *COLUMNS) == [(None, None, None, "none", True)]


def test_two_records_of_a_death_that_disagree_leave_it_unknown() -> None:
    """Pneumonia on day 10 or ICANS on day 12: neither is chosen."""
    found = followed("30", "day", "patient_id | event | day | text\nA | death | 10 | pneumonia\nA | death | 12 | ICANS")
    assert rows_of(found, *COLUMNS) == [(None, None, None, "none", True)]


@pytest.mark.parametrize(
    ("contact", "recorded", "last"), [("29", "30", 30), ("30", "30", 30), ("31", "30", 31), ("", "30", 30)]
)
def test_the_last_contact_is_the_later_of_what_is_given_and_recorded(contact: str, recorded: str, last: int) -> None:
    """A patient with a laboratory value on day 30 was followed to day 30."""
    found = followed(contact, "day", measurements=f"patient_id | day\nA | {recorded}")
    assert rows_of(found, "last_day", "died") == [(last, False)]


def test_an_event_is_a_contact() -> None:
    """A grade of day 12 shows that the patient was seen."""
    found = followed(events="patient_id | event | value | day\nA | crs_grade | 1 | 12")
    assert rows_of(found, "last_day") == [(12,)]


def test_a_last_contact_in_months_keeps_its_precision() -> None:
    """ "Alive at 6 months" is day 182, to the month."""
    assert rows_of(followed("182", "month"), "last_day", "last_precision") == [(182, "month")]


@pytest.mark.parametrize(("recorded", "precision"), [("181", "month"), ("183", "day")])
def test_the_precision_is_that_of_the_later_one(recorded: str, precision: str) -> None:
    """A later day on which something is recorded is known to the day."""
    found = followed("182", "month", measurements=f"patient_id | day\nA | {recorded}")
    assert rows_of(found, "last_precision") == [(precision,)]


def test_what_is_known_to_the_month_does_not_date_a_contact() -> None:
    """A row of "month 2" is not a contact on its first day."""
    found = followed("30", "day", measurements="patient_id | day | time_precision\nA | 60 | month")
    assert rows_of(found, "last_day") == [(30,)]


def test_nothing_dated_is_no_follow_up() -> None:
    """The last day is then unknown, not 0."""
    assert rows_of(followed(), "last_day", "died") == [(None, False)]


def test_a_death_known_to_the_month_keeps_its_precision() -> None:
    """A death in "month 2" has no more precision than a last contact in months."""
    found = followed(
        events="patient_id | event | day | time_precision\nA | death | 60 | month",
    )
    assert rows_of(found, "last_precision", "died") == [("month", True)]


def days_of(last_day: str, limit: int) -> list[int]:
    table = frame(f"patient_id | course_id | last_day\nA | 1 | {last_day}", course_id="int", last_day="int")
    return [day for (day,) in rows_of(patient_days(table, limit), "day")]


@pytest.mark.parametrize(
    ("last_day", "limit", "days"),
    [
        ("3", 30, [0, 1, 2, 3]),
        ("0", 30, [0]),
        ("30", 2, [0, 1, 2]),
        ("2", 2, [0, 1, 2]),
        ("-1", 30, []),
        ("", 30, []),
    ],
)
def test_the_grid_runs_from_day_0_to_the_last_day(last_day: str, limit: int, days: list[int]) -> None:
    """Both ends are included, recorded or not; the limit cuts off patients followed longer."""
    assert days_of(last_day, limit) == days


def test_equal_intervals_count_once_in_whatever_order_an_engine_takes_them() -> None:
    """Two agents from the same minute to the same minute are one stretch, were there a thousand of each."""
    patients = [f"P{place % 200}" for place in range(400_000)]
    starts = [100 * (place * 7919 // 200 % 5) for place in range(400_000)]
    table = pa.table({"patient_id": patients, "start": starts, "end": [start + 50 for start in starts]})
    for _ in range(3):
        assert joined(ibis.memtable(table), ["patient_id"], "start", "end", 360).count().to_pyarrow().as_py() == 200
