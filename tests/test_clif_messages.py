"""The door of CLIF: which folders it takes, what it says of them, and what it refuses."""

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from abate import cli
from abate.records.problems import AbateError, UnusableRecordsError
from abate.sources.clif import MARK, TITLE, is_clif, read_clif
from abate.verbs import read
from clif_files import PEOPLE, STAYS, as_csv, notes, rows, write
from spec import cells


def test_the_study_says_that_there_are_no_car_t_cells(tmp_path: Path) -> None:
    source = read(write(tmp_path / "a")).source
    assert (source.study.title, source.study.mark) == (TITLE, MARK)
    assert source.rows == {"clif_hospitalization.parquet": 1, "clif_patient.parquet": 1}
    assert list(source.hashes) == ["clif_hospitalization.parquet", "clif_patient.parquet"]
    source = read(write(tmp_path / "b", '[study]\ntitle = "Ours"\nmark = "CAR T cells"')).source
    assert (source.study.title, source.study.mark) == ("Ours", "CAR T cells")
    assert "abate.toml" in source.hashes


def test_tables_that_are_absent_or_not_read_are_named(tmp_path: Path) -> None:
    write(tmp_path)
    pq.write_table(pa.table({"hospitalization_id": ["H1"]}), tmp_path / "clif_adt.parquet")
    (tmp_path / "clif_vitals.parquet.old").write_text("hospitalization_id\n")
    (tmp_path / "events.csv").write_text("patient_id\n")
    said = notes(read(tmp_path))
    assert "clif_adt.parquet, clif_vitals.parquet.old, events.csv: not read." in said
    assert "clif_labs.parquet: there is no such file." in said


def test_csv_is_read_as_parquet_is(tmp_path: Path) -> None:
    """With the words of R for what is missing; a column that is not what it should be is refused as in Parquet."""
    vitals = """
        hospitalization_id | recorded_dttm    | vital_category | vital_value
        H1                 | 2150-03-02 03:00 | temp_c         | 38.5
        H1                 | 2150-03-02 04:00 | heart_rate     |
    """
    by_parquet = read(write(tmp_path / "a", vitals=vitals))
    by_csv = read(as_csv(write(tmp_path / "b", vitals=vitals)))
    for table in ("patients", "measurements"):
        names = [name for name in by_csv[table].columns if name not in ("source", "row_order")]
        assert rows(by_csv, table, *names) == rows(by_parquet, table, *names) != []
    assert rows(by_csv, "measurements", "source") == [("clif_vitals.csv:2",)]
    assert by_csv.accounting.to_pylist() == by_parquet.accounting.to_pylist()
    file = tmp_path / "b" / "clif_vitals.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("38.5", "warm"), encoding="utf-8")
    with pytest.raises(UnusableRecordsError, match=r"clif_vitals\.csv, column vital_value: the column does not hold"):
        read(tmp_path / "b")


def test_everything_that_is_missing_is_said_at_once(tmp_path: Path) -> None:
    write(tmp_path, "[[events]]\nfile = 'events.csv'")
    (tmp_path / "clif_hospitalization.parquet").unlink()
    when = pa.array([dt.datetime(2150, 3, 2, tzinfo=dt.UTC)])
    pq.write_table(pa.table({"hospitalization_id": ["H1"], "recorded_dttm": when}), tmp_path / "clif_vitals.parquet")
    labs = {"hospitalization_id": ["H1"], "lab_collect_dttm": ["H1"], "lab_category": ["crp"], "lab_value": [True]}
    pq.write_table(pa.table(labs), tmp_path / "clif_labs.parquet")
    (tmp_path / "clif_patient.parquet").write_text("patient_id\n")
    with pytest.raises(UnusableRecordsError) as error:
        read(tmp_path)
    assert [(problem.place, problem.column, problem.found) for problem in error.value.problems] == [
        ("abate.toml", "events", "files of one's own are not read beside those of CLIF"),
        ("clif_hospitalization.parquet", "", "there is no such file"),
        ("clif_patient.parquet", "", "the file cannot be read as Parquet"),
        ("clif_vitals.parquet", "vital_category", "the file has no such column"),
        ("clif_vitals.parquet", "vital_value", "the file has no such column"),
        ("clif_labs.parquet", "lab_collect_dttm", "the column does not hold times"),
        ("clif_labs.parquet", "lab_value", "the column does not hold text or numbers"),
    ]


def test_an_identifier_in_two_rows_is_an_error(tmp_path: Path) -> None:
    """Each value of the admission would count twice."""
    stay = cells(STAYS)[0]
    again = "\n".join([" | ".join(stay), *[" | ".join(stay.values())] * 2])
    with pytest.raises(UnusableRecordsError) as error:
        read(write(tmp_path, hospitalization=again))
    (problem,) = error.value.problems
    assert (problem.column, problem.found) == ("hospitalization_id", "1 identifier stands in several rows")


def test_the_door_is_for_folders_without_patients_of_their_own(tmp_path: Path) -> None:
    write(tmp_path)
    assert is_clif(tmp_path) and not is_clif(tmp_path / "clif_patient.parquet")
    (tmp_path / "abate.toml").write_text("[[patients]]\nfile = 'clif_patient.parquet'")
    assert not is_clif(tmp_path)
    (tmp_path / "abate.toml").unlink()
    (tmp_path / "patients.csv").write_text("patient_id\nP\n")
    assert not is_clif(tmp_path)
    with pytest.raises(AbateError, match="there is no such directory"):
        read_clif(tmp_path / "nowhere", None)


def test_identifiers_and_times_may_be_written_otherwise(tmp_path: Path) -> None:
    """Whole numbers as identifiers, times without a zone (local), a column without a type, 32 bits."""
    write(tmp_path, '[reading]\nzone = "Europe/Berlin"')
    at = pa.array([dt.datetime(2150, 3, 1, 0, 30)], pa.timestamp("us"))
    stay = {"patient_id": pa.array([7]), "hospitalization_id": [" H1"], "admission_dttm": at, "discharge_dttm": at}
    pq.write_table(pa.table(stay), tmp_path / "clif_hospitalization.parquet")
    person = {"patient_id": ["7"], "sex_category": ["Male"], "death_dttm": pa.nulls(1)}
    pq.write_table(pa.table(person), tmp_path / "clif_patient.parquet")
    vital = {"hospitalization_id": ["H1"], "recorded_dttm": at, "vital_category": ["temp_c"]}
    vital["vital_value"] = pa.array([38.1], pa.float32())
    pq.write_table(pa.table(vital), tmp_path / "clif_vitals.parquet")
    records = read(tmp_path)
    assert rows(records, "patients", "patient_id", "sex", "day0") == [("7", "Male", dt.datetime(2150, 3, 1, 0, 30))]
    assert rows(records, "measurements", "value", "minute") == [(38.1, 30)]
    assert "clif_hospitalization.parquet, column age_at_admission: there is no such column." in notes(records)


def test_the_terminal_shows_no_identifier_and_no_value(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    vitals = "hospitalization_id | recorded_dttm | vital_category | vital_value\nH1 | 2150-03-02 03:00 | temp_c | 99.25"
    secret = {"hospitalization": STAYS.replace("P  ", "Xq7"), "patient": PEOPLE.replace("\nP", "\nXq7")}
    assert cli.main(["check", str(write(tmp_path / "records", vitals=vitals, **secret))]) == 1
    shown = capsys.readouterr()
    assert "possible: 25 to 46 Cel" in shown.out
    for word in ("Xq7", "H1", "99.25", "2150"):
        assert word not in shown.out + shown.err
