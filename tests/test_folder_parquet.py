"""Parquet with typed columns is read as the CSV of the same cells."""

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from abate.engine.ingest import Records
from abate.records.problems import UnusableRecordsError
from reference_reader import fates, used
from spec import read_records, write_folder

PATIENTS = "patient_id | day0\n1 | 2020-01-01 12:00\n2 | 2020-01-01"
CSV = """
    patient_id | variable | value | unit  | time             | per_kg
    1          | crp      | 5.5   | mg/dL | 2020-01-02 08:30 |
    1          | crp      | 7     | mg/L  | 2020-01-03 00:00 |
    2          | 1988-5   |       | mg/L  | 2020-01-04 00:00 |
    2          | ferritin | 1e3   | mg/L  |                  |
"""
TYPED: dict[str, Any] = {
    "patient_id": pa.array([1, 1, 2, 2], pa.int64()),
    "variable": pa.array(["crp", "crp", "1988-5", "ferritin"]).dictionary_encode(),
    "value": pa.array([5.5, 7.0, float("nan"), 1000.0], pa.float64()),
    "unit": pa.array(["mg/dL", "mg/L", "mg/L", "mg/L"], pa.large_string()),
    "time": pa.array(
        [dt.datetime(2020, 1, 2, 8, 30), dt.datetime(2020, 1, 3), dt.datetime(2020, 1, 4), None],
        pa.timestamp("us"),
    ),
}


def read(folder: Path, mapping: str = "", patients: str = PATIENTS, **columns: Any) -> Records:
    folder.mkdir(exist_ok=True)
    pq.write_table(pa.table(columns), folder / "measurements.parquet")
    return read_records(folder, mapping, patients=patients)


def test_parquet_gives_the_records_of_the_csv(tmp_path: Path) -> None:
    """Integers as identifiers, categories, NaN and timestamps: the same rows, used and set aside."""
    typed = read(tmp_path / "parquet", **TYPED)
    plain = read_records(tmp_path / "csv", patients=PATIENTS, measurements=CSV)
    names = ("patient_id", "variable", "value", "unit", "day", "minute", "time_precision")
    found, expected = ([[row[name] for name in names] for row in used(records).values()] for records in (typed, plain))
    assert found == expected
    assert len(found) == 2
    assert fates(typed) == fates(plain) == ["used", "used", "empty: value", "unit: unit"]


def test_rows_of_parquet_count_from_one(tmp_path: Path) -> None:
    """There is no header in Parquet: the first row is row 1."""
    assert list(used(read(tmp_path, **TYPED))) == [1, 2]


def test_dates_have_no_hour(tmp_path: Path) -> None:
    """A column of dates is known to the day, as a date in CSV is."""
    records = read(tmp_path, **TYPED | {"time": pa.array([dt.date(2020, 1, 2)] * 4)})
    row = used(records)[1]
    assert (row["day"], row["minute"], row["time_precision"]) == (1, None, "day")


def test_timestamps_with_a_zone_become_local_time(tmp_path: Path) -> None:
    """03:00 UTC of 2 January is 21:00 of 1 January in Chicago, the zone that the mapping names."""
    at = pa.array([dt.datetime(2020, 1, 2, 3, 0, tzinfo=dt.UTC)] * 4, pa.timestamp("us", tz="UTC"))
    records = read(tmp_path, '[reading]\nzone = "America/Chicago"', **TYPED | {"time": at})
    assert (used(records)[1]["day"], used(records)[1]["minute"]) == (0, 21 * 60)


def test_both_forms_of_a_table_are_one_too_many(tmp_path: Path) -> None:
    """patients.csv and patients.parquet side by side: nobody can say which is meant."""
    write_folder(tmp_path, patients=PATIENTS)
    pq.write_table(pa.table({"patient_id": ["A"]}), tmp_path / "patients.parquet")
    with pytest.raises(UnusableRecordsError, match=r"patients\.parquet stands beside it"):
        read_records(tmp_path, patients=PATIENTS)


def test_what_is_not_parquet_is_named(tmp_path: Path) -> None:
    """A text file that is called Parquet."""
    (tmp_path / "measurements.parquet").write_text("patient_id,variable\n")
    with pytest.raises(UnusableRecordsError) as error:
        read_records(tmp_path, patients=PATIENTS)
    (problem,) = error.value.problems
    assert (problem.place, problem.expected) == ("measurements.parquet", "a Parquet file")
