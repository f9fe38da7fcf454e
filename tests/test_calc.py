"""The calculator on the command line: a case, a table of cases, and what is said of bad input."""

import csv
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from abate.calculator import RULES, calculate_file, calculate_one, rule
from abate.calculator.laboratory import UNIT
from abate.cli import main


def table(folder: Path, *lines: str, name: str = "cases.csv") -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_every_rule_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calc"]) == 0
    said = capsys.readouterr().out
    assert all(f"  {key} " in said for key in RULES)


@pytest.mark.parametrize("key", RULES)
def test_every_rule_is_described(key: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every input with what is allowed, the source, and how well each criterion is known."""
    assert main(["calc", key, "--describe"]) == 0
    said = capsys.readouterr().out
    assert RULES[key].citation in said
    for item in RULES[key].inputs:
        assert f"  {item.name} " in said
        assert item.allowed in said
    for option in RULES[key].options:
        assert f"default of {option}" in said
    assert "None" not in said


@pytest.mark.parametrize(
    "given",
    [
        "car-hematotox platelets=175 anc=1200/uL hemoglobin=90g/L crp=3mg/dL ferritin=650",
        "car_hematotox platelets=50 ferritin=>5000",
        "m-easix ldh=300 crp=<5 platelets=150",
        "cockcroft-gault age=85 weight=50 sex=f",
        "hlh-2004 ferritin=900 hlh_2004_edges=strict",
        "mas-2016 ferritin=600",
        "ctcae-lab term=ALT version=5 value=220 unit=U/L uln=40 baseline=80",
        "ctcae-lab term=Hyponatremia version=5 value=127 unit=mmol/L lln=135",
        "ctcae-lab value=3",
        "astct-crs temperature=38.4 sbp=82 vasopressors=norepinephrine oxygen_device=nasal_cannula oxygen_flow=3",
    ],
)
def test_a_result_in_words(given: str, capsys: pytest.CaptureFixture[str], snapshot: SnapshotAssertion) -> None:
    assert main(["calc", *given.split()]) == 0
    assert capsys.readouterr().out == snapshot


@pytest.mark.parametrize(
    "given",
    [
        "hscor",
        "qqqq",
        "easix ldh",
        "easix ldl=3",
        "easix qqqq=3",
        "hscore ferritin=high wbc=5furlong hepatomegaly=perhaps",
        "easix platelets=100000",
        "easix platelets=100 platelets=10",
        "astct-icans ice=8/10",
        "cockcroft-gault sex=x",
        "hlh-2004 ferritin=900 hlh_2004_edges=loose",
        "iec-hs",
        "ctcae-lab term=platlets value=3 version=5 unit=10*9/L",
        "ctcae-lab term=qqqqqq value=3 version=5",
        "ctcae-lab term=platelets value=3 version=5 unit=mg",
        "ctcae-lab term=ALT value=3 version=7",
        "astct-crs vasopressors=norepinephrine+adrenalin temperature=>38 norepinephrine_rate=3",
        "cartox-crs sbp=80 vasopressor_overlap_minutes=many",
        "lee-2014 norepinephrine_rate=<20mcg/min epinephrine_rate=-2mcg/min dopamine_rate=900mg/min",
        "lee-2014 vasopressors=none+norepinephrine phenylephrine_rate=2U/h",
        "cartox-cres csf_opening_pressure=25",
        "capd restless=2.5",
        "ctcae-lab term=creatinine value=3 uln=1 version=5 unit=banana",
    ],
)
def test_bad_input_is_refused_in_words(
    given: str, capsys: pytest.CaptureFixture[str], snapshot: SnapshotAssertion
) -> None:
    assert main(["calc", *given.split()]) == 2
    assert capsys.readouterr().err == snapshot


def test_a_table_is_graded_row_by_row(tmp_path: Path) -> None:
    """Extra columns pass through, a blank is missing, a column may name the unit of another."""
    path = table(
        tmp_path,
        "patient,LDH,creatinine,creatinine_unit,platelets,remark",
        'A,200,88.4,umol/L,100,"first, and with a comma"',
        "B,200,1.0,,,",
        "C,>1000,2.0,mg/dL,50,above the assay",
    )
    out = tmp_path / "graded.csv"
    assert main(["calc", "easix", "--table", str(path), "--out", str(out)]) == 0
    first, second, third = rows(out)
    assert first["remark"] == "first, and with a comma"
    assert (first["value"], first["log2"], first["complete"], first["missing"]) == ("2", "1", "yes", "")
    assert (second["value"], second["complete"], second["missing"]) == ("", "no", "platelets")
    # over 1000 is more than it: the bound lies a hair above 40
    assert (third["value"], third["complete"]) == ("40", "no")
    assert float(third["lower"]) == pytest.approx(40, rel=1e-5)
    assert third["upper"] == ""
    assert list(first)[:6] == ["patient", "LDH", "creatinine", "creatinine_unit", "platelets", "remark"]
    assert set(tmp_path.iterdir()) == {path, out}


def test_without_a_file_the_table_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = table(tmp_path, "ferritin,sil2r", "2000,4000")
    assert main(["calc", "ohi", "--table", str(path)]) == 0
    assert capsys.readouterr().out.splitlines()[1].startswith('"2000","4000",2,"met","yes"')


def test_a_column_that_is_no_input_is_named_beside_the_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A misspelt name does not pass in silence, nor does it stand in the table."""
    path = table(tmp_path, "ferritin,sil2", "2000,4000")
    assert main(["calc", "ohi", "--table", str(path)]) == 0
    printed = capsys.readouterr()
    assert "Columns that are no input, passed through: sil2" in printed.err and "passed through" not in printed.out


@pytest.mark.parametrize(
    ("lines", "more"),
    [
        (["ferritin,sil2r", "900,4000", "high,", "-5,x"], []),
        (["fever,crp", "1,2"], []),
        (["ferritin,value", "900,1"], []),
        (["ferritin,Ferritin", "900,1"], []),
        (["ferritin,sil2r", "900"], []),
        ([""], []),
        (["ferritin,sil2r", "900,1"], ["ferritin=3"]),
    ],
    ids=["cells", "no input", "a result's name", "one name twice", "a short row", "empty", "an input beside"],
)
def test_a_bad_table_is_refused_whole(
    lines: list[str], more: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], snapshot: SnapshotAssertion
) -> None:
    out = tmp_path / "graded.csv"
    assert main(["calc", "ohi", *more, "--table", str(table(tmp_path, *lines)), "--out", str(out)]) == 2
    assert capsys.readouterr().err == snapshot
    assert not out.exists()


def test_a_file_that_is_not_there_or_not_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calc", "ohi", "--table", str(tmp_path / "none.csv")]) == 2
    assert "the file cannot be read" in capsys.readouterr().err
    (tmp_path / "bad.csv").write_bytes(b"ferritin,sil2r\n900,\xff\xfe\n")
    assert main(["calc", "ohi", "--table", str(tmp_path / "bad.csv")]) == 2
    assert "UTF-8" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("custom", "value"),
    [("half", 0.5), ("zero", 0.0), ("limit", 1.0), ("exclude", None)],
)
def test_below_detection_follows_its_option(custom: str, value: float | None) -> None:
    given = {"ldh": "30", "crp": "<5", "platelets": "15", "below_detection": custom}
    assert calculate_one(rule("m-easix"), given)["value"] == value


def test_above_detection_can_be_left_out() -> None:
    given = {"ldh": ">=30", "platelets": "15"}
    assert calculate_one(rule("s-easix"), given)["value"] == 2
    assert calculate_one(rule("s-easix"), given | {"above_detection": "exclude"})["value"] is None


def test_the_table_of_cases_is_not_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = table(tmp_path, "ferritin,sil2r", "2000,4000")
    before = path.read_text(encoding="utf-8")
    assert main(["calc", "ohi", "--table", str(path), "--out", str(path)]) == 2
    assert "cases.csv: --out is the table of cases itself. Expected another file." in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") == before


def test_a_table_needs_a_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calc", "--table", str(table(tmp_path, "ferritin", "2000"))]) == 2
    assert "A table needs the name of its score." in capsys.readouterr().err


def test_a_blank_row_of_one_column_is_a_case(tmp_path: Path) -> None:
    cases = tmp_path / "cases.csv"
    cases.write_text("ferritin\n5000\n\n300\n", encoding="utf-8")
    assert calculate_file(rule("ohi"), cases, {})["missing"].to_pylist() == ["sil2r", "sil2r; ferritin", "sil2r"]


def test_a_value_that_cannot_be_is_flagged() -> None:
    """78 g/L written in g/dL: graded as it stands, and said."""
    given = {"term": "anemia", "version": "5.0", "lln": "12", "unit": "g/dL"}
    assert calculate_one(rule("ctcae-lab"), given | {"value": "78"})["flags"] == UNIT
    assert calculate_one(rule("ctcae-lab"), given | {"value": "7.8"})["flags"] == ""


def test_a_single_case_has_no_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calc", "ohi", "ferritin=5000", "--out", "graded.csv"]) == 2
    assert "A single case is printed" in capsys.readouterr().err
