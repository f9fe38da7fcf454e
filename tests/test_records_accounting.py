"""Values in = used + set aside, in every table, whatever the folder holds.

Hypothesis writes messy folders; a slow and obvious reader (``reference_reader``) is the judge of
each measurement.
"""

import datetime as dt
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from abate.engine.ingest import Records
from abate.records.checks import REASONS
from abate.records.problems import UnusableRecordsError
from reference_reader import judge, row_number, set_aside, used
from repeatable import repeatable
from spec import read_records

MESSY = repeatable(3)

COURSES = {
    ("A", 1): dt.date(2020, 1, 31),
    ("B", 1): None,
    ("C", 1): dt.date(2020, 1, 1),
    ("C", 2): dt.date(2020, 6, 1),
}
PATIENTS = """
    patient_id | course_id | day0             | age | weight_kg
    A          |           | 2020-01-31 14:05 | 46  | 70
    B          |           |                  | old | 9000
    C          | 1         | 2020-01-01       | 30  |
    C          | 2         | 2020-06-01       | 30  |
"""

PATIENT = ["A", "A", "A", "A", "B", "C", "Z", "", " A ", "a"]
COURSE = ["", "", "", "1", "2", "x"]
NUMBER = [
    "5",
    "5.5",
    "38",
    "0",
    "1000",
    "1000.1",
    "-3",
    "1e9",
    "1e2",
    ".5",
    "7.",
    "",
    "NA",
    ".",
    "abc",
    "12,5",
    "nan",
    "5 mg",
]
SIGNED = [*NUMBER, "<7", "≥ 11", "<= 4", "≤3", ">", "> 1000", "<<5", "~5"]
UNIT = ["mg/L", "mg/dL", "", "K/uL", "/uL", "[degF]", "Cel", "furlong", "NA", "ug/L", "mmol/L", "mg", "mg/kg"]
TIME = ["", "", "", "2020-02-01", "2020-02-01 10:00", "2020-02-30", "NA", "01.02.2020", "24:00"]
DAY = ["", "", "1", "1.0", "-0.83", "3.5", "1e1", "x", "NaN"]


def rows(**cells: list[str]) -> st.SearchStrategy[list[dict[str, str]]]:
    """Return a strategy of rows: the first word of each column, with up to four cells changed.

    So most rows have little wrong with them, and many say the same as another.
    """
    usual = {name: words[0] for name, words in cells.items()}
    changes = [st.tuples(st.just(name), st.sampled_from(words)) for name, words in cells.items()]
    row = st.lists(st.one_of(changes), max_size=4).map(lambda changed: usual | dict(changed))
    return st.lists(row, min_size=25, max_size=60)


WHO = {"patient_id": PATIENT, "course_id": COURSE}
WHEN = {"time": TIME, "day": DAY}
MEASUREMENTS = rows(
    **WHO,
    **WHEN,
    variable=[
        "crp",
        "crp",
        "CRP",
        "platelets",
        "anc",
        "temperature",
        "ferritin",
        "inr",
        "8310-5",
        "nope",
        "",
    ],
    value=SIGNED,
    comparator=["", "", "", "", "<", "about"],
    value_low=["", "", "", "1", "x"],
    value_high=["", "", "", "2", "0"],
    unit=UNIT,
    text=["", "", "", "Hemolyzed"],
    lln=["", "", "1", "low"],
    minute=["", "1500", "1440", "-1", "90.5", "noon"],
    month=["", "", "", "9", "May"],
)
OTHERS = {
    "states": rows(**WHO, **WHEN, variable=["oxygen"], state=["", "air", "on"], flow=NUMBER, fio2=NUMBER),
    "drugs": rows(
        **WHO,
        **WHEN,
        drug=["anakinra", "anakinra", "tocilizumab", "L04AC03", "aspirin", ""],
        kind=["", "", "dose", "interval total", "bolus"],
        amount=NUMBER,
        amount_low=["", "", "10", "-1"],
        amount_high=["", "", "5", "20", "x"],
        unit=["mg", "mg", *UNIT],
        rate=["", "", "5", "fast"],
        dose_count=["", "", "2", "0", "1.5", "two"],
        interval_h=["", "", "24", "0"],
        per_kg=["", "yes", "no", "often"],
        status=["", "given", "held", "maybe"],
        end_day=DAY,
    ),
    "events": rows(
        **WHO,
        **WHEN,
        event=["icans_grade", "icans_grade", "death", "epiphany", ""],
        value=NUMBER,
        value_low=["", "1", "x"],
        value_high=["", "2", "0"],
        end_time=TIME,
    ),
}


def written(table: list[dict[str, str]]) -> str:
    """Return rows as a text table."""
    return "\n".join([" | ".join(table[0]), *(" | ".join(row.values()) for row in table)])


def read(**tables: str) -> Records:
    with tempfile.TemporaryDirectory() as folder:
        return read_records(Path(folder), **tables)


def add_up(records: Records, table: str, came: int) -> None:
    """Say that no row and no value of a table is lost, and none counted twice."""
    line = next(row for row in records.accounting.to_pylist() if row["table"] == table)
    lost = [row for row in records.set_aside.to_pyarrow().to_pylist() if row["table"] == table]
    kept = [row_number(row["source"]) for row in records[table].to_pyarrow().to_pylist()]
    assert line["rows_in"] == came
    assert line["values_in"] == line["used"] + line["set_aside"]
    assert line["set_aside"] == sum(row["values"] for row in lost) == sum(line[name] for name in REASONS)
    whole = [row_number(row["source"]) for row in lost if row_number(row["source"]) not in kept]
    assert sorted([*kept, *whole]) == list(range(2, came + 2))
    assert {row["reason"] for row in lost} <= REASONS.keys()


@MESSY
@given(measurements=MEASUREMENTS)
def test_measurements_are_used_or_set_aside_as_the_reference_reader_says(
    measurements: list[dict[str, str]],
) -> None:
    """Each row is used, with the same value, unit and time, or set aside for a reason that holds."""
    records = read(patients=PATIENTS, measurements=written(measurements))
    add_up(records, "measurements", len(measurements))
    found, lost = used(records), set_aside(records)
    for number, verdict in enumerate(judge(measurements, COURSES), 2):
        row = measurements[number - 2]
        if verdict.reasons:
            assert number not in found, row
            assert lost[number]["reason"] in verdict.reasons, row
        else:
            assert number in found, (row, lost.get(number))
            assert {name: found[number][name] for name in verdict.says} == verdict.says, row


@MESSY
@given(**OTHERS)
def test_every_table_adds_up(**tables: list[dict[str, str]]) -> None:
    """Drugs, events and states of any kind are used or set aside, and nothing stops the reader."""
    records = read(patients=PATIENTS, **{name: written(table) for name, table in tables.items()})
    for name, table in tables.items():
        add_up(records, name, len(table))


@MESSY
@given(
    patients=rows(
        patient_id=["", "A", "B", "C", "D", "007", "<script>"],
        course_id=["", "", "1", "2", "x"],
        day0=["", "2020-01-31", "31.01.2020"],
        age=["", "46", "old", "130"],
        weight_kg=["", "70", "9000"],
        sex=["", "Male", "NA"],
        stage=["", "IV", "2"],
        last_contact=["", "2020-03-01", "x"],
    )
)
def test_patients_add_up(patients: list[dict[str, str]]) -> None:
    """Patients too; a course described twice is the only thing that stops the reader."""
    try:
        records = read(patients=written(patients))
    except UnusableRecordsError as error:
        assert [problem.column for problem in error.problems] == ["patient_id"]
    else:
        add_up(records, "patients", len(patients))


def test_what_counts_as_a_value(tmp_path: Path) -> None:
    """A value is a filled cell that holds a number, or the row where it has none."""
    records = read_records(
        tmp_path,
        patients="patient_id | age | sex | site\nA | 46 | Male | Houston\nB | | |",
        measurements="""
            patient_id | variable | value | lln | uln | unit
            A          | crp      | 1     | 0   | 5   | mg/L
            A          | crp      | 2     | low | 5   | mg/L
            Z          | crp      | 3     | 0   | 5   | mg/L
            A          | crp      |       |     |     | mg/L
        """,
        events="patient_id | event | value\nA | death |\nA | icans_grade | 3",
    )
    lines = {
        row["table"]: (row["rows_in"], row["values_in"], row["used"], row["set_aside"])
        for row in records.accounting.to_pylist()
    }
    assert lines == {"patients": (2, 4, 4, 0), "measurements": (4, 10, 5, 5), "events": (2, 2, 2, 0)}


def test_coverage_adds_up(tmp_path: Path) -> None:
    """A promise of completeness is one value; a domain that is not known is set aside."""
    records = read_records(
        tmp_path,
        patients="patient_id\nA",
        coverage="patient_id | domain | complete\nA | labs | yes\nA | moods | yes\nZ | labs | no",
    )
    add_up(records, "coverage", 3)
