"""The door of a sheet: what a mapping file makes of it, what is proposed, and what a hostile file does."""

import datetime as dt
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from syrupy.assertion import SnapshotAssertion

from abate.cli import main
from abate.engine.ingest import Records
from abate.records.problems import AbateError, UnusableRecordsError
from abate.sources import spreadsheet
from abate.sources.doors import Door
from abate.sources.sheet_proposal import proposal
from abate.sources.spreadsheet import read_sheet
from abate.verbs import read
from clif_files import aside, notes, rows

WIDE = """\
CAR T cohort,,,,,,,,,,,
,,,,CRP (mg/L),,,Ferritin (ng/mL),,,,
Patient ID,Age,Sex,Infusion date,D0,D+3,D+3,Day 3,d-1,Max CRS grade,Tocilizumab (mg) d2,Remark
A1,61,F,07.03.2024,"1,5",210,212,>16500,"14 240",3,560,ill
A2,45,M,09.03.2024,<5,Hemolyzed,,900,,2,,
,,,,,,,,,,,two patients
"""
HEAD = """
[reading]
decimal = ","
[door]
header = 2
header_rows = 2
patient = "Patient ID"
day0 = "Infusion date"
date_format = "%d.%m.%Y"
thousands = " "
"""


def column(name: str, table: str, ours: str, **others: str) -> str:
    lines = [
        f'name = "{name}"',
        f'table = "{table}"',
        f'as = "{ours}"',
        *(f"{key} = {value}" for key, value in others.items()),
    ]
    return "[[door.column]]\n" + "\n".join(lines) + "\n"


CRP = column("CRP (mg/L) D0", "measurements", "crp", unit='"mg/L"', day="0")


def sheet(folder: Path, text: str, mapping: str, name: str = "cohort.csv") -> Records:
    (folder / name).write_text(text, encoding="utf-8")
    (folder / "study.toml").write_text(mapping, encoding="utf-8")
    return read(folder / name, door=Door("sheet", folder / "study.toml"))


def cell(value: str | float) -> str:
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f"<c><v>{value}</v></c>"


def workbook(path: Path, sheets: dict[str, list[list[str | float]]], merged: str = "", beside: bytes = b"") -> Path:
    """Write a workbook as the standard has it (ECMA-376): a file a sheet, each cell in the order of its row."""
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    main_ = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    package = "http://schemas.openxmlformats.org/package/2006"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
        parts = "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{kind}.worksheet+xml"/>'
            for n in range(1, len(sheets) + 1)
        )
        relations = "application/vnd.openxmlformats-package.relationships+xml"
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType="{relations}"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>{parts}</Types>',
        )
        target = f'<Relationship Id="r1" Type="{relation}/officeDocument" Target="xl/workbook.xml"/>'
        archive.writestr("_rels/.rels", f'<Relationships xmlns="{package}/relationships">{target}</Relationships>')
        listed = "".join(
            f'<sheet name="{escape(name)}" sheetId="{n}" r:id="r{n}"/>' for n, name in enumerate(sheets, start=1)
        )
        archive.writestr(
            "xl/workbook.xml", f'<workbook xmlns="{main_}" xmlns:r="{relation}"><sheets>{listed}</sheets></workbook>'
        )
        links = "".join(
            f'<Relationship Id="r{n}" Type="{relation}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n in range(1, len(sheets) + 1)
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{package}/relationships">{links}</Relationships>'
        )
        for n, lines in enumerate(sheets.values(), start=1):
            body = "".join("<row>" + "".join(cell(one) for one in line) + "</row>" for line in lines)
            spans = f'<mergeCells count="1"><mergeCell ref="{merged}"/></mergeCells>' if merged and n == 1 else ""
            archive.writestr(
                f"xl/worksheets/sheet{n}.xml",
                f'<worksheet xmlns="{main_}"><sheetData>{body}</sheetData>{spans}</worksheet>',
            )
        if beside:
            archive.writestr("xl/media/image1.bin", beside)
    return path


def test_a_row_a_patient(tmp_path: Path) -> None:
    """Two header rows, decimal commas, spaced thousands, comparators, words, two columns of one name, dates as text."""
    mapping = (
        HEAD
        + CRP
        + "".join(
            [
                column("Age", "patients", "age"),
                column("CRP (mg/L) D+3", "measurements", "crp", unit='"mg/L"', day="3"),
                column("CRP (mg/L) D+3 (2)", "measurements", "crp", unit='"mg/L"', day="3"),
                column("Ferritin (ng/mL) Day 3", "measurements", "ferritin", unit='"ng/mL"', day="3"),
                column("Ferritin (ng/mL) d-1", "measurements", "ferritin", unit='"ng/mL"', day="-1"),
                column("Max CRS grade", "events", "crs_max_grade", day="0"),
                column("Tocilizumab (mg) d2", "drugs", "tocilizumab", unit='"mg"', day="2"),
            ]
        )
    )
    records = sheet(tmp_path, WIDE, mapping)
    assert rows(records, "patients", "patient_id", "day0", "age") == [
        ("A1", dt.datetime(2024, 3, 7), 61),
        ("A2", dt.datetime(2024, 3, 9), 45),
    ]
    found = sorted(rows(records, "measurements", "patient_id", "variable", "value", "comparator", "day"), key=str)
    assert found == [
        ("A1", "crp", 1.5, None, 0),
        ("A1", "crp", 210, None, 3),
        ("A1", "crp", 212, None, 3),
        ("A1", "ferritin", 14240, None, -1),
        ("A1", "ferritin", 16500, ">", 3),
        ("A2", "crp", 5, "<", 0),
        ("A2", "ferritin", 900, None, 3),
    ]
    assert aside(records) == [("measurements", "crp", "not a number")]
    assert sorted(rows(records, "events", "patient_id", "event", "value")) == [
        ("A1", "crs_max_grade", 3),
        ("A2", "crs_max_grade", 2),
    ]
    assert rows(records, "drugs", "drug", "amount", "day") == [("tocilizumab", 560, 2)]
    assert "Sex, Remark: not used" in notes(records) and "1 row names no patient" in notes(records)


def test_a_row_a_visit(tmp_path: Path) -> None:
    """Baseline is the first that is filled; the day of a visit, or its date."""
    visits = (
        "ID;Day;Date;Age;Infusion;CRP\nA;0;2024-03-07;;2024-03-07;5\nA;2;2024-03-09;61;;7\n"
        "B;1;2024-03-02;50;2024-03-01;9\n"
    )
    mapping = '[reading]\ndelimiter = ";"\n[door]\nrow = "visit"\npatient = "ID"\nday0 = "Infusion"\n'
    columns = column("Age", "patients", "age") + column("CRP", "measurements", "crp", unit='"mg/L"')
    for when in ('day = "Day"\n', 'time = "Date"\n', 'day = "Day"\ntime = "Date"\n'):
        records = sheet(tmp_path, visits, mapping + when + columns)
        assert rows(records, "patients", "patient_id", "age", "day0") == [
            ("A", 61, dt.datetime(2024, 3, 7)),
            ("B", 50, dt.datetime(2024, 3, 1)),
        ]
        assert rows(records, "measurements", "patient_id", "value", "day") == [("A", 5, 0), ("A", 7, 2), ("B", 9, 1)]


def test_a_workbook_with_merged_titles(tmp_path: Path) -> None:
    """A merged title stands over each column that it spans; numbers and dates are as the cells have them."""
    lines: list[list[str | float]] = [["", "CRP mg/L", "", ""], ["ID", "first", "second", "Sex"], ["A", 5, 7.5, "F"]]
    path = workbook(tmp_path / "cohort.xlsx", {"Labs": lines, "Notes": [["x"]]}, merged="B1:C1")
    found = read_sheet(path)
    assert (found.name, found.others) == ("Labs", ("Notes",))
    assert list(found.rows[0]) == ["", "CRP mg/L", "CRP mg/L", ""] and list(found.rows[2]) == ["A", "5", "7.5", "F"]
    mapping = '[door]\nheader_rows = 2\npatient = "ID"\n' + "".join(
        column(f"CRP mg/L {name}", "measurements", "crp", unit='"mg/L"', day=day)
        for name, day in (("first", "0"), ("second", "1.5"))
    )
    (tmp_path / "study.toml").write_text(mapping, encoding="utf-8")
    records = read(path, door=Door("", tmp_path / "study.toml"))
    assert sorted(rows(records, "measurements", "value", "day", "minute")) == [(5, 0, None), (7.5, 1, 2160)]


def test_what_is_proposed(tmp_path: Path, snapshot: SnapshotAssertion, capsys: pytest.CaptureFixture[str]) -> None:
    """What was recognised, what not and why; no cell is printed. The proposal fits the sheet that it is of."""
    (tmp_path / "cohort.csv").write_text(WIDE, encoding="utf-8")
    assert main(["map", str(tmp_path / "cohort.csv")]) == 0
    # As the person who corrects it says how dates are written.
    proposed = capsys.readouterr().out
    assert proposed == snapshot
    assert not any(word in proposed for word in ("A1", "Hemolyzed", "16500", "ill\n"))
    corrected = proposed.replace("# date_format", "date_format")
    (tmp_path / "study.toml").write_text(corrected, encoding="utf-8")
    assert main(["map", str(tmp_path / "cohort.csv"), "--check", str(tmp_path / "study.toml")]) == 0
    assert capsys.readouterr().out == "study.toml fits cohort.csv: 9 of 12 columns are mapped.\n"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("CRP D+3", ("crp", 3)),
        ("Day 3 CRP", ("crp", 3)),
        ("crp_3", ("crp", 3)),
        ("crp_m1", ("crp", -1)),
        ("PLT (10^9/L) d14", ("platelets", 14)),
        ("Temp day 5", ("temperature", 5)),
        ("C-reactive protein day 7", ("crp", 7)),
        ("D-dimer", None),
        ("IL6 D1", ("il6", 1)),
    ],
)
def test_headers_that_people_write(header: str, expected: tuple[str, int] | None, tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text(f"id,{header}\n1,5\n", encoding="utf-8")
    said = proposal(tmp_path / "one.csv")
    if expected is None:
        assert 'table = "nothing"' in said
    else:
        assert f'as = "{expected[0]}"' in said and f"day = {expected[1]}\n" in said


def test_everything_wrong_with_a_mapping_at_once(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    """Before a record is read: names that are not there, units that do not fit, what has no time."""
    mapping = HEAD.replace('"Infusion date"', '"Infusion dates"') + "".join(
        [
            column("CRP D0", "measurements", "crp", unit='"mg/L"', day="0"),
            column("CRP (mg/L) D0", "measurements", "crpp", unit='"mg/L"', day="0"),
            column("CRP (mg/L) D0", "measurements", "crp", unit='"mmHg"', day="0"),
            column("Ferritin (ng/mL) Day 3", "measurements", "ferritin", unit='"ng/mL"'),
        ]
    )
    with pytest.raises(UnusableRecordsError) as found:
        sheet(tmp_path, WIDE, mapping)
    assert str(found.value) == snapshot
    with pytest.raises(UnusableRecordsError, match="as: it is missing"):
        sheet(tmp_path, WIDE, HEAD + '[[door.column]]\nname = "Age"\ntable = "patients"\n')
    with pytest.raises(UnusableRecordsError, match="time: no column has this name"):
        sheet(tmp_path, WIDE, HEAD + column("Age", "events", "death", time='"Date"'))
    with pytest.raises(UnusableRecordsError, match="the sheet has 6 rows"):
        sheet(tmp_path, WIDE, HEAD.replace("header = 2", "header = 20") + CRP)
    with pytest.raises(AbateError, match="nothing says what its columns are"):
        sheet(tmp_path, WIDE, "")
    with pytest.raises(AbateError, match="there is no such file"):
        read(tmp_path / "none.csv", door=Door("sheet"))


def test_hundreds_of_columns(tmp_path: Path) -> None:
    days = range(400)
    text = "id," + ",".join(f"CRP D{day}" for day in days) + "\n1," + ",".join(map(str, days)) + "\n"
    columns = "".join(column(f"CRP D{day}", "measurements", "crp", unit='"mg/L"', day=str(day)) for day in days)
    records = sheet(tmp_path, text, '[door]\npatient = "id"\n' + columns)
    assert records["measurements"].count().to_pyarrow().as_py() == 400


HOSTILE: dict[str, tuple[bytes, str]] = {
    "no UTF-8": (b"id,x\n1,\xff\xfe\n", "the file is not text in utf-8"),
    "a million columns": (b"," * 1_000_000 + b"\n", "this is more than a sheet"),
    "a long cell": (b"id,x\n1," + b"x" * (2**20 + 1) + b"\n", "cannot be read as a sheet of text"),
    "a line without end": (b"id," + b"1," * 2**23, "a line is longer than 16 MB"),
    "NUL": (b"id,x\n1,1\x002\n", "it holds NUL bytes"),
    "an open quote": (b'id,x\n1,"open\n', "cannot be read as a sheet of text"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_file_is_refused(name: str, tmp_path: Path) -> None:
    content, words = HOSTILE[name]
    (tmp_path / "sheet.csv").write_bytes(content)
    with pytest.raises(AbateError, match=words):
        read_sheet(tmp_path / "sheet.csv")


def test_a_hostile_workbook_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bomb is not unpacked; a cut file, and a sheet that is not there, are said."""
    bomb = workbook(tmp_path / "bomb.xlsx", {"a": [["x"]]}, beside=b"\0" * 40_000_000)
    assert bomb.stat().st_size < 100_000
    with pytest.raises(AbateError, match="unpacks to far more than a sheet holds"):
        read_sheet(bomb)
    whole = workbook(tmp_path / "whole.xlsx", {"a": [["x", "y"]]})
    with pytest.raises(AbateError, match="no sheet of the name given"):
        read_sheet(whole, "b")
    monkeypatch.setattr(spreadsheet, "MOST_COLUMNS", 1)
    with pytest.raises(AbateError, match="more than a sheet"):
        read_sheet(whole)
    (tmp_path / "cut.xlsx").write_bytes(whole.read_bytes()[:200])
    with pytest.raises(AbateError, match="the workbook cannot be read"):
        read_sheet(tmp_path / "cut.xlsx")


def test_cells_without_a_value_are_told_of(tmp_path: Path) -> None:
    """A formula that was never computed, and an error, read as blank: that is not "loses nothing" unless it is said."""
    book = workbook(tmp_path / "book.xlsx", {"a": [["ID", "CRP D0"], ["A", "5"]]})
    with zipfile.ZipFile(book) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet_part = next(name for name in parts if name.startswith("xl/worksheets/"))
    more = b'<row r="3"><c r="A3"><f>B2</f></c><c r="B3" t="e"><v>#DIV/0!</v></c></row></sheetData>'
    parts[sheet_part] = parts[sheet_part].replace(b"</sheetData>", more)
    with zipfile.ZipFile(book, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    assert read_sheet(book).without_value == 2
    mapping = '[door]\npatient = "ID"\n' + column("CRP D0", "measurements", "crp", unit='"mg/L"', day="0")
    (tmp_path / "map.toml").write_text(mapping, encoding="utf-8")
    records = read(book, door=Door("sheet", tmp_path / "map.toml"))
    assert "2 cells of the workbook hold an error, or a formula without its value" in notes(records)


def test_patients_are_not_taken_for_a_header(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Rows without a number are patients all the same; titles above, and units below, are of the header."""
    rows_ = "Name,Sex,Product,CRP D1\nMueller Hans,M,axi-cel,n/a\nSchmidt Eva,F,axi-cel,n/a\nRoe Jane,F,axi-cel,5\n"
    (tmp_path / "a.csv").write_text(rows_, encoding="utf-8")
    assert main(["map", str(tmp_path / "a.csv")]) == 0
    said = capsys.readouterr().out
    assert "header_rows = 1" in said
    assert not [name for name in ("Mueller", "Schmidt", "Roe") if name in said]
    titled = "ID,Labs,,\n,CRP,Ferritin,CRP\n,mg/L,ng/mL,mg/L\nA,1,2,3\nB,1,2,3\n"
    (tmp_path / "b.csv").write_text(titled, encoding="utf-8")
    assert "header_rows = 3" in proposal(tmp_path / "b.csv")


def test_a_mark_that_may_part_thousands_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id;CRP D1;Ferritin D1\n1;5,5;1.250\n2;6;900\n", encoding="utf-8")
    said = proposal(tmp_path / "a.csv")
    assert said.count("if it parts thousands, say so") == 1
    assert 'decimal = ","' in said


def test_a_format_that_reads_only_some_dates_of_day_0_is_refused(tmp_path: Path) -> None:
    """3/5/2024 and 3/14/2024 are of March: day and month the other way round read the first as of May."""
    text = "ID,Infusion,CRP\nA,3/5/2024,5\nB,3/14/2024,6\n"
    head = '[door]\npatient = "ID"\nday0 = "Infusion"\ndate_format = "%d/%m/%Y"\n'
    mapping = head + column("CRP", "measurements", "crp", unit='"mg/L"', day="0")
    with pytest.raises(UnusableRecordsError, match="1 of 2 cells of the column Infusion are no dates, expected cells"):
        sheet(tmp_path, text, mapping)
    records = sheet(tmp_path, text, mapping.replace("%d/%m", "%m/%d"))
    assert rows(records, "patients", "day0") == [(dt.datetime(2024, 3, 5),), (dt.datetime(2024, 3, 14),)]


def test_visits_that_disagree_on_day_0_or_a_patient(tmp_path: Path) -> None:
    head = '[door]\nrow = "visit"\npatient = "ID"\nday0 = "Infusion"\ntime = "Date"\n'
    mapping = head + column("Weight", "patients", "weight_kg") + column("CRP", "measurements", "crp", unit='"mg/L"')
    text = "ID,Infusion,Weight,Date,CRP\nA,2024-03-07,70,2024-03-08,5\nA,2024-03-07,75,2024-03-09,6\n"
    records = sheet(tmp_path, text, mapping)
    assert "Weight: 1 patient has several values: the first is taken" in notes(records)
    with pytest.raises(UnusableRecordsError, match="1 patient has several dates, expected one; or course"):
        sheet(tmp_path, text.replace("2024-03-07,75", "2024-09-07,75"), mapping)


def test_a_rate_of_a_day_and_a_grade_in_words(tmp_path: Path) -> None:
    text = "ID,Infusion,Norepinephrine D3,CRS D3\nA,2024-03-07,0.1,Grade 2\nB,2024-03-09,,2 - moderate\n"
    mapping = '[door]\npatient = "ID"\nday0 = "Infusion"\n' + "".join(
        [
            column("Norepinephrine D3", "drugs", "norepinephrine", unit='"mcg/kg/min"', day="3"),
            column("CRS D3", "events", "crs_grade", day="3"),
        ]
    )
    records = sheet(tmp_path, text, mapping)
    assert rows(records, "drugs", "kind", "rate", "rate_unit", "day", "end_day") == [
        ("infusion", 0.1, "ug/kg/min", 3, 4)
    ]
    assert sorted(rows(records, "events", "patient_id", "value")) == [("A", 2), ("B", 2)]


def test_a_date_of_its_own_or_a_day_says_when_an_event_was(tmp_path: Path) -> None:
    """The cell is the date, and no word of the event; a number is the day; nothing given is no dose."""
    text = "ID,Infusion,Death,CRS onset,Max CRS,Toci\nA,2024-03-07,2024-03-20,2,3,800\nB,2024-03-09,,4,1,0\n"
    mapping = '[door]\npatient = "ID"\nday0 = "Infusion"\n' + "".join(
        [
            column("Death", "events", "death", time='"Death"'),
            column("CRS onset", "events", "crs_onset", time='"CRS onset"'),
            column("Max CRS", "events", "crs_max_grade"),
            column("Toci", "drugs", "tocilizumab", unit='"mg"', day="0", kind='"interval total"', end_day="10"),
        ]
    )
    records = sheet(tmp_path, text, mapping)
    assert sorted(rows(records, "events", "patient_id", "event", "value", "text", "day"), key=str) == [
        ("A", "crs_max_grade", 3, None, None),
        ("A", "crs_onset", None, None, 2),
        ("A", "death", None, None, 13),
        ("B", "crs_max_grade", 1, None, None),
        ("B", "crs_onset", None, None, 4),
    ]
    assert sorted(rows(records, "drugs", "patient_id", "amount", "kind", "status", "end_day")) == [
        ("A", 800, "interval total", "given", 10),
        ("B", 0, "interval total", "held", 10),
    ]


def test_rows_that_are_no_patients_are_told_of(tmp_path: Path) -> None:
    """A patient twice is refused where a row is a patient; a line of totals has no day 0; dates need their format."""
    mapping = '[door]\npatient = "ID"\nday0 = "Infusion"\n' + column(
        "CRP", "measurements", "crp", unit='"mg/L"', day="0"
    )
    records = sheet(tmp_path, "ID,Infusion,CRP\nA,2024-03-07,5\nMean,,5\n,,7\n", mapping)
    assert aside(records) == [("measurements", "crp", "no patient")]
    assert "Infusion: 1 row without a date of day 0. Look whether each is a patient" in notes(records)
    with pytest.raises(UnusableRecordsError, match="1 rows repeat a patient, expected one row each"):
        sheet(tmp_path, "ID,Infusion,CRP\nA,2024-03-07,5\nA,2024-03-07,6\n", mapping)
    with pytest.raises(UnusableRecordsError, match="no cell of the column Infusion is a date, expected dates as 2024"):
        sheet(tmp_path, "ID,Infusion,CRP\nA,07.03.2024,5\n", mapping)
    form = mapping.replace("[door]", '[door]\ndate_format = "%m/%d/%Y"')
    with pytest.raises(UnusableRecordsError, match="expected cells written as %m/%d/%Y"):
        sheet(tmp_path, "ID,Infusion,CRP\nA,07.03.2024,5\n", form)
