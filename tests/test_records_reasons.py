"""Every reason for which a value is set aside: exactly that value is, and the rest is used.

The column ``fate`` says what becomes of each row: ``used``, or the reason and the column that shows
it. The reader itself does not ask for that column.
"""

from pathlib import Path

import pytest

from abate.engine.ingest import Records
from abate.records.checks import REASONS
from reference_reader import fates, set_aside, used
from spec import cells, read_records

PATIENTS = """
    patient_id | course_id | day0
    A          |           | 2020-01-01
    B          |           |
    C          | 1         | 2020-01-01
    C          | 2         | 2020-06-01
"""

EXAMPLES = {
    "no patient": """
        patient_id | variable | value | unit | day | fate
        A          | crp      | 1     | mg/L | 1   | used
        Z          | crp      | 1     | mg/L | 1   | no patient: patient_id
                   | crp      | 1     | mg/L | 1   | no patient: patient_id
        a          | crp      | 1     | mg/L | 1   | no patient: patient_id
    """,
    "no course": """
        patient_id | course_id | variable | value | unit | day | fate
        A          |           | crp      | 1     | mg/L | 1   | used
        A          | 2         | crp      | 1     | mg/L | 1   | no course: course_id
        A          | first     | crp      | 1     | mg/L | 1   | no course: course_id
        C          |           | crp      | 1     | mg/L | 1   | no course: course_id
        C          | 1         | crp      | 1     | mg/L | 1   | used
        C          | 2         | crp      | 1     | mg/L | 1   | used
    """,
    "no time": """
        patient_id | variable | value | unit | time             | fate
        A          | crp      | 1     | mg/L | 2020-01-02       | used
        A          | crp      | 2     | mg/L | 02.01.2020       | no time: time
        A          | crp      | 3     | mg/L | 2020-02-30       | no time: time
        A          | crp      | 4     | mg/L | 2020-01-02 25:00 | no time: time
        B          | crp      | 5     | mg/L | 2020-01-02       | no time: time
        B          | crp      | 6     | mg/L |                  | used
    """,
    "interval": """
        patient_id | variable | value | unit | day | end_day | fate
        A          | crp      | 1     | mg/L | 1   | 2       | used
        A          | crp      | 1     | mg/L | 1   | 1       | interval: end_day
        A          | crp      | 1     | mg/L | 2   | 1       | interval: end_day
        A          | crp      | 1     | mg/L | 1   |         | used
    """,
    "not in the dictionary": """
        patient_id | variable | value | unit | day | fate
        A          | CRP      | 1     | mg/L | 1   | used
        A          | 1988-5   | 2     | mg/L | 1   | used
        A          | crp2     | 1     | mg/L | 1   | not in the dictionary: variable
        A          |          | 1     | mg/L | 1   | not in the dictionary: variable
    """,
    "not a listed value": """
        patient_id | variable | value | comparator | unit | day | fate
        A          | crp      | 1     | <          | mg/L | 1   | used
        A          | crp      | 1     | about      | mg/L | 1   | not a listed value: comparator
    """,
    "not a number": """
        patient_id | variable | value | value_low | text      | unit | day | fate
        A          | crp      | 1     |           | Hemolyzed | mg/L | 1   | used
        A          | crp      | 1.2.3 |           |           | mg/L | 1   | not a number: value
        A          | crp      | 1     | low       |           | mg/L | 1   | not a number: value_low
        A          | crp      | inf   |           |           | mg/L | 1   | not a number: value
        A          | crp      | 1,5   |           |           | mg/L | 1   | not a number: value
        A          | crp      | <     |           |           | mg/L | 1   | not a number: value
        A          | crp      |       |           | Hemolyzed | mg/L | 1   | not a number: text
    """,
    "empty": """
        patient_id | variable | value | value_low | unit | day | fate
        A          | crp      |       | 0         | mg/L | 1   | used
        A          | crp      |       |           | mg/L | 1   | empty: value
        A          | crp      | NA    |           | mg/L | 1   | empty: value
        A          | crp      | .     | NaN       | mg/L | 1   | empty: value
    """,
    "unit": """
        patient_id | variable | value | unit    | day | fate
        A          | crp      | 1     | mg/L    | 1   | used
        A          | crp      | 1     |         | 1   | unit: unit
        A          | crp      | 1     | furlong | 1   | unit: unit
        A          | crp      | 1     | 10*9/L  | 1   | unit: unit
    """,
    "range": """
        patient_id | variable    | value | value_low | value_high | unit | day | fate
        A          | temperature | 38    |           |            | Cel  | 1   | used
        A          | temperature | 100.4 |           |            | Cel  | 1   | range: value
        A          | temperature |       | 24        | 38         | Cel  | 1   | range: value
        A          | temperature |       | 39        | 38         | Cel  | 1   | range: value_low
    """,
    "absent": """
        patient_id | event       | value | text | day | fate
        A          | hlh         | 0     |      | 1   | absent: event
        A          | death       |       | no   | 1   | absent: event
        A          | hlh         |       |      | 1   | used
        A          | icans_grade | 0     |      | 1   | used
    """,
    "duplicate": """
        patient_id | variable | value | unit | day | source  | fate
        A          | crp      | 1     | mg/L | 1   |         | used
        A          | crp      | 1     | mg/L | 1   |         | duplicate
        A          | CRP      | 1     | mg/L | 1   |         | duplicate
        A          | crp      | 1     | mg/L | 2   |         | used
        A          | crp      | 1     | mg/L | 1   | page 4  | used
    """,
}


def read(folder: Path, text: str, table: str = "measurements") -> Records:
    return read_records(folder, patients=PATIENTS, **{table: text})


def written(text: str) -> list[str]:
    return [row["fate"] for row in cells(text)]


@pytest.mark.parametrize("reason", REASONS)
def test_a_reason_takes_exactly_its_values(tmp_path: Path, reason: str) -> None:
    """Each reason names the value that it takes, by row and column; every other value is used."""
    table = "events" if reason == "absent" else "measurements"
    records = read(tmp_path, EXAMPLES[reason], table)
    assert fates(records, table) == written(EXAMPLES[reason])
    line = next(row for row in records.accounting.to_pylist() if row["table"] == table)
    assert line[reason] == line["set_aside"] > 0


def test_drugs_need_a_known_name_a_possible_number_and_a_unit(tmp_path: Path) -> None:
    """Amounts and rates are not negative, doses are counted in whole numbers, hours are above 0."""
    text = """
        patient_id | drug      | kind  | amount | amount_high | amount_low | unit | rate | dose_count | interval_h | status | per_kg | day | fate
        A          | anakinra  |       | 100    |             |            | mg   |      | 2          | 24         | given  | no     | 1   | used
        A          | anakinra  |       |        |             |            |      |      |            |            |        |        | 1   | used
        A          | L04AC03   |       | 100    |             |            | mg   |      |            |            | held   |        | 1   | used
        A          | aspirin   |       | 100    |             |            | mg   |      |            |            |        |        | 1   | not in the dictionary: drug
        A          | anakinra  | bolus | 100    |             |            | mg   |      |            |            |        |        | 1   | not a listed value: kind
        A          | anakinra  |       | 100    |             |            | mg   |      |            |            | maybe  |        | 1   | not a listed value: status
        A          | anakinra  |       | 100    |             |            | mg   |      |            |            |        | often  | 1   | not a listed value: per_kg
        A          | anakinra  |       | -1     |             |            | mg   |      |            |            |        |        | 1   | range: amount
        A          | anakinra  |       |        |             |            |      | -1   |            |            |        |        | 1   | range: amount
        A          | anakinra  |       |        | 1           | 2          | mg   |      |            |            |        |        | 1   | range: amount_low
        A          | anakinra  |       | 100    |             |            | mg   |      | 0          |            |        |        | 1   | range: dose_count
        A          | anakinra  |       | 100    |             |            | mg   |      | 1.5        |            |        |        | 1   | range: dose_count
        A          | anakinra  |       | 100    |             |            | mg   |      | 2          | 0          |        |        | 1   | range: interval_h
        A          | anakinra  |       | 100    |             |            | mL   |      |            |            |        |        | 1   | unit: unit
        A          | anakinra  |       | 100    |             |            |      |      |            |            |        |        | 1   | unit: unit
        A          | anakinra  |       | lots   |             |            | mg   |      |            |            |        |        | 1   | not a number: amount
    """  # noqa: E501
    assert fates(read(tmp_path, text, "drugs"), "drugs") == written(text)


def test_events_need_a_known_name_and_bounds_that_hold(tmp_path: Path) -> None:
    """An event without a number is a value; one that is not known, or contradicts itself, is set aside."""
    text = """
        patient_id | event       | value | value_low | value_high | text | day | fate
        A          | death       |       |           |            | HLH  | 9   | used
        A          | icans_grade | 3     |           |            |      | 1   | used
        A          | icans_grade |       | 3         | 4          |      | 1   | used
        A          | icans_grade |       | 4         | 3          |      | 1   | range: value_low
        A          | icans_grade | high  |           |            |      | 1   | not a number: value
        A          | epiphany    |       |           |            |      | 1   | not in the dictionary: event
    """
    assert fates(read(tmp_path, text, "events"), "events") == written(text)


def test_a_detail_is_lost_alone(tmp_path: Path) -> None:
    """An unreadable limit of normal costs the limit, not the value beside it."""
    text = """
        patient_id | variable | value | unit | lln  | uln | day | fate
        A          | ldh      | 300   | U/L  | 100  | 250 | 1   | used
        A          | ldh      | 301   | U/L  | none | 250 | 1   | used, not a number: lln
    """
    records = read(tmp_path, text)
    assert fates(records) == written(text)
    assert [(row["lln"], row["uln"]) for row in used(records).values()] == [(100, 250), (None, 250)]
    assert set_aside(records)[3]["recorded"] == "none"


def test_two_equal_doses_of_one_day_are_two_doses(tmp_path: Path) -> None:
    """Doses known to the day are never duplicates; doses of one minute, and equal totals, are."""
    text = """
        patient_id | drug     | kind           | amount | unit | time             | fate
        A          | anakinra | dose           | 100    | mg   | 2020-01-02       | used
        A          | anakinra | dose           | 100    | mg   | 2020-01-02       | used
        A          | anakinra | dose           | 100    | mg   | 2020-01-02 08:00 | used
        A          | anakinra | dose           | 100    | mg   | 2020-01-02 08:00 | duplicate
        A          | anakinra | interval total | 700    | mg   | 2020-01-02       | used
        A          | anakinra | interval total | 700    | mg   | 2020-01-02       | duplicate
    """
    assert fates(read(tmp_path, text, "drugs"), "drugs") == written(text)


ORDER = """
    patient_id | course_id | variable | value | unit    | day | end_day | fate
    Z          | 9         | crpp     | x     | furlong | d   | 0       | no patient: patient_id
    A          | 9         | crpp     | x     | furlong | d   | 0       | no course: course_id
    A          | 1         | crpp     | x     | furlong | d   | 0       | no time: day
    A          | 1         | crpp     | x     | furlong | 3   | 0       | interval: end_day
    A          | 1         | crp      | x     | furlong | 3   |         | not a number: value
    A          | 1         | crp      | -1    | furlong | 3   |         | unit: unit
    A          | 1         | crp      | -1    | mg/L    | 3   |         | range: value
    A          | 1         | crp      | -1    | mg/L    | 3   |         | range: value
    A          | 1         | crp      | 1     | mg/L    | 3   |         | used
    A          | 1         | crp      | 1     | mg/L    | 3   |         | duplicate
"""


def test_the_first_reason_wins(tmp_path: Path) -> None:
    """Patient, course, time, interval, number, unit, range, duplicate: judged in this order."""
    assert fates(read(tmp_path, ORDER)) == written(ORDER)


def test_the_name_is_judged_before_the_number(tmp_path: Path) -> None:
    """``checks``: "a patient, a time, a name, a number, a unit, a range", in this order."""
    text = """
        patient_id | variable | value | unit | day | fate
        A          | crpp     | x     | mg/L | 1   | not in the dictionary: variable
    """
    assert fates(read(tmp_path, text)) == written(text)
