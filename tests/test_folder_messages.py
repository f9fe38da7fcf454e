"""What the reader says of messy folders, word for word; and that no identifier or value is in it.

Changing a message changes a file in ``__snapshots__``: a visible diff.
"""

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from abate.records.problems import UnusableRecordsError
from reference_reader import set_aside
from spec import read_records, write_folder

PATIENTS = """
    patient_id | day0       | age      | weight_kg
    MRN-9471   | 2020-01-31 | 46       | 70
    MRN-9472   |            | old8831  | 9000.25
    MRN-9471   | 2020-01-31 | 46       | 70
"""
MESSY = """
    mrn      | variable  | value    | comparator | unit     | time         | text
    MRN-9471 | crp       | 5.125    |            | mg/L     | 2020-02-01   |
    MRN-9999 | crp       | 6.125    |            | mg/L     | 2020-02-01   |
    MRN-9472 | crp       | 7.125    |            | mg/L     | 2020-02-01   |
    MRN-9471 | crp       | 8.125    |            | mg/L     | 01.02.2020   |
    MRN-9471 | secretase | 9.125    |            | mg/L     | 2020-02-01   |
    MRN-9471 | crp       | 10.125   | roughly    | mg/L     | 2020-02-01   |
    MRN-9471 | crp       | 11.125x  |            | mg/L     | 2020-02-01   |
    MRN-9471 | crp       |          |            | mg/L     | 2020-02-01   | Hemolyzed
    MRN-9471 | crp       |          |            | mg/L     | 2020-02-01   |
    MRN-9471 | ferritin  | 1554.125 |            | mg/L     | 2020-02-01   |
    MRN-9471 | crp       | 12.125   |            | zorkmid  | 2020-02-01   |
    MRN-9471 | crp       | 1300.125 |            | mg/L     | 2020-02-01   |
    MRN-9471 | crp       | 700.125  |            | mg/L     | 2020-02-01   |
    MRN-9471 | crp       | 5.125    |            | mg/L     | 2020-02-01   |
"""
MAPPING = '[[measurements]]\nfile = "labs.csv"\ncolumns = {patient_id = "mrn"}'
SECRETS = [
    "9471",
    "9472",
    "9999",
    "8831",
    "9000",
    "125",
    "01.02.2020",
    "2020-02",
    "secretase",
    "roughly",
    "Hemolyzed",
    "zorkmid",
    "1554",
    "1300",
    "700",
]


def test_what_is_said_of_values_set_aside(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    """One paragraph for each file, column and reason, with the rows, and what to do."""
    records = read_records(tmp_path, MAPPING, patients=PATIENTS, labs=MESSY)
    said = "\n\n".join(str(problem) for problem in records.problems)
    assert said == snapshot
    assert [secret for secret in SECRETS if secret in said] == []


def test_the_full_report_does_hold_the_values(tmp_path: Path) -> None:
    """What the terminal must not show stands in the table of values set aside."""
    records = read_records(tmp_path, MAPPING, patients=PATIENTS, labs=MESSY)
    row = set_aside(records)[8]
    assert (row["patient_id"], row["recorded"]) == (
        "MRN-9471",
        "variable=crp; value=11.125x; unit=mg/L; time=2020-02-01; ",
    )


def refused(folder: Path, mapping: str = "", **tables: str) -> str:
    """Return the text of the error that stops the reader."""
    with pytest.raises(UnusableRecordsError) as error:
        read_records(folder, mapping, **tables)
    return str(error.value)


def test_what_is_said_of_files_that_cannot_be_used(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    """Ragged rows, doubled headers, missing columns and missing files, in one error."""
    mapping = """
        [[measurements]]
        file = "labs.csv"
        columns = {patient_id = "medical_record", unti = "unit"}
        [[states]]
        file = "nowhere.csv"
        [[drugs]]
        file = "ragged.csv"
    """
    (tmp_path / "ragged.csv").write_text("patient_id,drug,amount\nMRN-9471,anakinra\nMRN-9472,anakinra,1,2\n")
    (tmp_path / "events.csv").write_text("patient_id,event,event\nMRN-9471,death,death\n")
    said = refused(tmp_path, mapping, patients=PATIENTS, labs=MESSY)
    assert said == snapshot
    assert [secret for secret in SECRETS if secret in said] == []


def test_what_is_said_of_a_mapping_that_is_wrong(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    """Each key by its place, what was expected, and that the mapping file is to be corrected."""
    mapping = """
        [study]
        titel = "x"
        treatment = "aspirin"
        [reading]
        decimal = "."
        missing = "NA"
        [options]
        high_grade = 9
        auc_method = "simpson"
        [[comparisons]]
        variables = ["ferritine"]
        group = "nobody"
        window = [5, 1]
    """
    assert refused(tmp_path, mapping, patients=PATIENTS) == snapshot


def test_what_is_said_of_patients_that_cannot_be_used(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    """No file, no identifier, one course twice."""
    texts = [
        refused(write_folder(tmp_path / "no file"), measurements="patient_id | variable | value\nA | crp | 1"),
        refused(tmp_path / "no column", patients="mrn\nMRN-9471"),
        refused(tmp_path / "no name", patients="patient_id | age\n | 46"),
        refused(tmp_path / "twice", patients="patient_id | age\nMRN-9471 | 46\nMRN-9471 | 47"),
    ]
    said = "\n\n".join(texts)
    assert said == snapshot
    assert [secret for secret in SECRETS if secret in said] == []


def test_a_file_without_a_header_gives_nothing_away(tmp_path: Path) -> None:
    """Where the header is missing, the names of the columns are a patient's values."""
    (tmp_path / "labs.csv").write_text("MRN-9471,crp,5.125,mg/L\n")
    said = refused(tmp_path, MAPPING, patients=PATIENTS)
    assert [secret for secret in SECRETS if secret in said] == []


def test_the_column_is_named_as_in_the_file(tmp_path: Path) -> None:
    """A file with ``day`` and no ``time``: the day is what cannot be read."""
    records = read_records(
        tmp_path,
        patients=PATIENTS,
        measurements="patient_id | variable | value | unit | day\nMRN-9471 | crp | 1 | mg/L | x",
    )
    assert [problem.column for problem in records.problems if problem.place == "measurements.csv"] == ["day"]
