"""The folder door reads CSV as it is found, and names what it cannot read."""

from pathlib import Path

import pytest

from abate.engine.ingest import Records, ingest
from abate.engine.store import Engine
from abate.records.problems import AbateError, Problem, UnusableRecordsError
from abate.sources.folder import read_folder
from reference_reader import fates, set_aside, used

LABS = "patient_id,variable,value,unit,day\nA,crp,1.5,mg/L,1\n"


def read(folder: Path, **files: str | bytes) -> Records:
    """Write files (``patients`` is patients.csv; ``abate`` the mapping) and read the folder."""
    for name, content in ({"patients": "patient_id\nA\n"} | files).items():
        suffix = "toml" if name == "abate" else "csv"
        data = content if isinstance(content, bytes) else content.encode()
        (folder / f"{name}.{suffix}").write_bytes(data)
    engine = Engine()
    return ingest(read_folder(folder, engine.backend), engine)


def problems(folder: Path, **files: str | bytes) -> list[Problem]:
    with pytest.raises(UnusableRecordsError) as error:
        read(folder, **files)
    return list(error.value.problems)


@pytest.mark.parametrize(
    ("mapping", "labs"),
    [
        ("", LABS),
        ("", '"patient_id","variable","value","unit","day"\r\n"A","crp","1.5","mg/L","1"\r\n'),
        ("", b"\xef\xbb\xbf" + LABS.encode()),
        ("", " patient_id , variable,value,unit,day\n A , crp , 1.5 , mg/L , 1 \n"),
        ("", LABS.removesuffix("\n")),
        ('[reading]\ndelimiter = ";"\ndecimal = ","', LABS.replace(",", ";").replace("1.5", "1,5")),
        ('[reading]\ndelimiter = "\\t"', LABS.replace(",", "\t")),
        ('[reading]\nmissing = ["-"]', LABS.replace("value,", "value,text,").replace("1.5,", "1.5,-,")),
    ],
    ids=["plain", "quotes and CRLF", "BOM", "spaces", "no last line end", "semicolon", "tab", "missing"],
)
def test_one_fact_in_many_dresses(tmp_path: Path, mapping: str, labs: str | bytes) -> None:
    """Quotes, a byte-order mark, spaces, semicolons with a decimal comma: the same CRP of 1.5 on day 1."""
    patients = 'patient_id\n"A"\n'
    row = used(read(tmp_path, patients=patients, measurements=labs, abate=mapping))[2]
    found = [row[name] for name in ("patient_id", "variable", "value", "unit", "day", "text")]
    assert found == ["A", "crp", 1.5, "mg/L", 1, None]


@pytest.mark.parametrize(("encoding", "name"), [("latin-1", "latin-1"), ("utf-16", "utf-16")])
def test_other_encodings_are_named_in_the_mapping(tmp_path: Path, encoding: str, name: str) -> None:
    """A micro sign in Latin-1 is a micro sign."""
    labs = "patient_id,variable,value,unit\nA,ferritin,900,µg/L\n".encode(encoding)
    records = read(
        tmp_path,
        patients="patient_id\nA\n".encode(encoding),
        measurements=labs,
        abate=f'[reading]\nencoding = "{name}"',
    )
    assert used(records)[2]["unit_recorded"] == "µg/L"


def test_a_wrong_encoding_is_named(tmp_path: Path) -> None:
    """Latin-1 read as UTF-8 is an error of its file, not a row of strange letters."""
    (problem,) = problems(tmp_path, measurements="patient_id,variable,value\nA,µ,1\n".encode("latin-1"))
    assert (problem.place, problem.found) == ("measurements.csv", "the file is not in utf-8")


def test_a_wrong_encoding_far_down_is_named(tmp_path: Path) -> None:
    """The same, where the first wrong letter stands 2000 rows down."""
    labs = LABS + "A,crp,1,mg/L,1\n" * 2000 + "A,ferritin,1,µg/L,1\n"
    (problem,) = problems(tmp_path, measurements=labs.encode("latin-1"))
    assert "utf-8" in problem.found + problem.expected


def test_a_cell_may_hold_a_line_end(tmp_path: Path) -> None:
    """Rows are counted as a spreadsheet does: a cell of two lines is one row."""
    labs = 'patient_id,variable,value,unit,text\nA,crp,1,mg/L,"two\nlines, ""quoted"""\nA,crp,x,mg/L,\n'
    records = read(tmp_path, measurements=labs)
    assert used(records)[2]["text"] == 'two\nlines, "quoted"'
    assert list(set_aside(records)) == [3]


def test_blank_lines_are_said_to_shift_the_row_numbers(tmp_path: Path) -> None:
    """The reader passes over a blank line, so the numbers count the lines that hold something."""
    labs = "patient_id,variable,value,unit\nA,crp,1,mg/L\n\nA,crp,x,mg/L\n"
    records = read(tmp_path, measurements=labs)
    assert list(set_aside(records)) == [3]
    assert "there are blank lines" in str(records.problems[-1])


def test_a_blank_line_at_the_end_is_nothing(tmp_path: Path) -> None:
    """Many programs write one."""
    labs = "patient_id,variable,value,unit\nA,crp,1,mg/L\n\n\n"
    assert read(tmp_path, measurements=labs).problems == ()


def test_ragged_rows_are_named(tmp_path: Path) -> None:
    """Rows with too few or too many cells are listed by their numbers, all at once."""
    labs = "patient_id,variable,value\nA,crp,1\nA,crp\nA,crp,1\nA,crp,1,2\n"
    (problem,) = problems(tmp_path, measurements=labs)
    assert (problem.place, problem.rows, problem.count) == ("measurements.csv", (3, 5), 2)
    assert problem.expected == "3 cells a row"


@pytest.mark.parametrize("header", ["patient_id,variable,value,value", "patient_id,variable,,value", ""])
def test_every_column_has_a_name_of_its_own(tmp_path: Path, header: str) -> None:
    """Two columns of one name, or none, cannot be told apart."""
    (problem,) = problems(tmp_path, measurements=f"{header}\n")
    assert problem.found == "a column has no name, or two have the same"


def test_identifiers_stay_text(tmp_path: Path) -> None:
    """Leading zeros, HTML and the letters NA are identifiers like any other."""
    names = ["007", "7", "<script>alert(1)</script>", "NA", "O'Hara; DROP", "1e3"]
    body = "".join(f'"{name}"\n' for name in names)
    labs = "patient_id,variable,value,unit\n" + "".join(f'"{name}",crp,1,mg/L\n' for name in names)
    records = read(tmp_path, patients="patient_id\n" + body, measurements=labs)
    assert [row["patient_id"] for row in used(records, "patients").values()] == names
    assert [row["patient_id"] for row in used(records).values()] == names


def test_a_table_that_is_not_there_is_empty(tmp_path: Path) -> None:
    """Only patients are needed; the other five tables are there with their columns and no row."""
    records = read(tmp_path)
    assert [name for name in records.tables if fates(records, name)] == ["patients"]


def test_no_folder(tmp_path: Path) -> None:
    """A path that is no folder is named; the folders above it are not."""
    with pytest.raises(AbateError, match=r"^nowhere: there is no such directory"):
        read_folder(tmp_path / "nowhere", Engine().backend)


def test_everything_that_is_missing_is_said_at_once(tmp_path: Path) -> None:
    """No file of patients, no name of a variable, no value, no drug: four problems, one error."""
    (tmp_path / "measurements.csv").write_text("patient_id,day\n")
    (tmp_path / "drugs.csv").write_text("patient_id,day\n")
    with pytest.raises(UnusableRecordsError) as error:
        read_folder(tmp_path, Engine().backend)
    found = [(problem.place, problem.column) for problem in error.value.problems]
    assert found == [
        ("patients", ""),
        ("measurements.csv", "variable"),
        ("measurements.csv", "value"),
        ("drugs.csv", "drug"),
    ]


def test_a_course_described_twice_is_unusable(tmp_path: Path) -> None:
    """Two rows of one course that differ: nobody can say which holds. Equal rows are duplicates."""
    (problem,) = problems(tmp_path, patients="patient_id,age\nA,46\nA,47\nB,1\n")
    assert "1 course has two rows that differ" in problem.found
    assert fates(read(tmp_path, patients="patient_id,age\nA,46\nA,46\n"), "patients") == ["used", "duplicate"]


def test_brought_columns_come_along(tmp_path: Path) -> None:
    """Any further column of patients is a baseline column: numbers where every filled cell is one."""
    records = read(tmp_path, patients="patient_id,stage,index\nA,IV,2\nB,2,\nC,,1.5\n")
    assert (records.brought, records.numeric) == (("stage", "index"), ("index",))
    assert [row["index"] for row in used(records, "patients").values()] == [2, None, 1.5]


def test_columns_that_nobody_asked_for_are_noted(tmp_path: Path) -> None:
    """A column without a meaning is not lost silently."""
    records = read(tmp_path, measurements="patient_id,variable,value,unit,ward\nA,crp,1,mg/L,7\n")
    assert [str(problem) for problem in records.problems] == [
        "measurements.csv, column ward: not used. Nothing to do, unless one of them matters: then map it in abate.toml."
    ]


@pytest.mark.parametrize(
    ("column", "kept"), [("Age", "age"), ("PATIENT_AGE", "PATIENT_AGE"), ("month", "month_"), ("reason", "reason_")]
)
def test_a_brought_column_may_have_any_name(tmp_path: Path, column: str, kept: str) -> None:
    """Capitals do not matter for a known column; a name that the tables use gets a trailing ``_``."""
    records = read(tmp_path, patients=f"patient_id,{column}\nA,5\n")
    assert used(records, "patients")[2][kept] in (5, "5")


def test_columns_that_differ_in_case_only_are_named(tmp_path: Path) -> None:
    """``day`` and ``Day``: one of them must go, and the message must say so."""
    (problem,) = problems(tmp_path, measurements="patient_id,variable,value,day,Day\nA,crp,1,1,2\n")
    assert problem.found == "a column has no name, or two have the same"
