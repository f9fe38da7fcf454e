"""The command line: what it prints, its exit codes, and what it keeps to itself."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from abate import cli
from spec import write_folder

CLEAN = {"patients": "patient_id | age\nSecret-7 | 50"}
MESSY = {
    "patients": "patient_id | age\nSecret-7 | 50\nSecret-8 | old",
    "measurements": """
        patient_id | variable | value    | unit | day
        Secret-7   | crp      | 4711     | mg/L | 1
        Secret-7   | ferritin | 815      | mg/L | 1
        Stranger-9 | crp      | 12       | mg/L | 1
    """,
}


def abate(*arguments: str | Path) -> int:
    return cli.main([str(argument) for argument in arguments])


def test_clean_records_exit_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert abate("check", write_folder(tmp_path / "records", **CLEAN)) == 0
    assert capsys.readouterr().out.endswith("Nothing is wrong.\n")


def test_values_set_aside_exit_1_and_the_terminal_shows_no_patient_and_no_value(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], snapshot: SnapshotAssertion
) -> None:
    assert abate("check", write_folder(tmp_path / "records", **MESSY)) == 1
    shown = capsys.readouterr()
    assert shown.out == snapshot
    for secret in ("Secret", "Stranger", "4711", "815", "old"):
        assert secret not in shown.out + shown.err


def test_show_values_shows_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    abate("check", write_folder(tmp_path / "records", **MESSY), "--show-values")
    out = capsys.readouterr().out
    assert "patient Secret-7, variable=crp; value=4711; unit=mg/L;" in out and "Stranger-9" in out


def test_the_full_report_of_a_check_holds_patients_and_values(tmp_path: Path) -> None:
    abate("check", write_folder(tmp_path / "records", **MESSY), "--out", tmp_path / "checked")
    with (tmp_path / "checked" / "set_aside.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["patient_id"], row["reason"]) for row in rows] == [
        ("Secret-7", "range"),
        ("Secret-7", "unit"),
        ("Stranger-9", "no patient"),
        ("Secret-8", "not a number"),
    ]


def test_unusable_records_exit_2_with_everything_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], snapshot: SnapshotAssertion
) -> None:
    records = write_folder(
        tmp_path / "records",
        "[options]\nhigh_grad = 3\n[studdy]\n",
        patients="patient | age\nA | 50",
        measurements="patient_id | variable\nA | crp",
    )
    assert abate("check", records) == 2
    assert capsys.readouterr().err == snapshot
    (records / "abate.toml").unlink()
    assert abate("check", records) == 2
    assert capsys.readouterr().err == snapshot


def test_the_full_report_is_written_also_where_nothing_can_be_used(tmp_path: Path) -> None:
    records = write_folder(tmp_path / "records", patients="patient | age\nA | 50")
    assert abate("check", records, "--out", tmp_path / "checked") == 2
    text = (tmp_path / "checked" / "problems.csv").read_text(encoding="utf-8")
    assert "patients need this column and the file has none" in text


def test_a_missing_folder_is_one_readable_paragraph(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert abate("run", tmp_path / "nowhere", "--out", tmp_path / "report") == 2
    error = capsys.readouterr().err
    assert error.startswith("nowhere: there is no such directory. Expected a directory with patients.csv")
    assert "Traceback" not in error


def test_a_wrong_command_exits_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert abate("run", "strati2020") == 2
    assert "--out" in capsys.readouterr().err


def test_an_error_of_abate_itself_exits_3_and_shows_its_traceback_only_if_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("Secret-7")

    monkeypatch.setattr("abate.verbs.read", broken)
    assert abate("check", tmp_path) == 3
    error = capsys.readouterr().err
    assert "ZeroDivisionError" in error and "Secret" not in error and "Traceback" not in error
    with pytest.raises(ZeroDivisionError):
        abate("--debug", "check", tmp_path)


def test_an_expected_error_shows_its_traceback_under_debug(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="no such directory"):
        abate("--debug", "check", tmp_path / "nowhere")


def test_quiet_is_silent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    records = write_folder(tmp_path / "records", **CLEAN)
    assert abate("--quiet", "check", records) == 0
    assert abate("--quiet", "run", records, "--system", "astct_crs", "--out", tmp_path / "report") == 0
    assert abate("--quiet", "reproduce", "strati2020", "--out", tmp_path) == 0
    assert capsys.readouterr() == ("", "")
    assert (tmp_path / "report" / "report.html").is_file()


def test_reproduce_writes_the_audit_and_prints_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert abate("reproduce", "strati2020", "--out", tmp_path) == 0
    out = capsys.readouterr().out
    assert "mismatch" in out and str(tmp_path / "audit.csv") in out
    with (tmp_path / "audit.csv").open(encoding="utf-8") as stream:
        reader = csv.DictReader(stream)
        assert reader.fieldnames == ["item", "place", "reported", "recomputed", "verdict", "note"]
        assert {row["verdict"] for row in reader} == {"match", "mismatch", "consistent", "not recomputable"}


def test_reproduce_of_an_unknown_study_says_which_are_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert abate("reproduce", "elsewhere2021") == 2
    assert "strati2020" in capsys.readouterr().err


def test_help_states_exit_codes_and_that_this_is_research_software(capsys: pytest.CaptureFixture[str]) -> None:
    assert abate("--help") == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "Exit codes" in out and "Research software" in out and "no dosing advice" in out


def test_help_loads_no_engine() -> None:
    """Help answers within half a second because nothing heavy is imported for it."""
    code = "import sys, abate.cli as c; c.main(['--help']); print(*(m for m in ('ibis', 'duckdb', 'scipy', 'altair', "
    code += "'pyarrow', 'numpy', 'rich.progress') if m in sys.modules), sep=',', file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stderr.strip() == ""


def test_synth_says_what_it_made_and_the_check_finds_nothing_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "made up"
    assert abate("synth", "--patients", "3", "--effect", "death=-1", "--out", out) == 0
    said = capsys.readouterr().out
    assert said.startswith("3 made-up patients are in") and "SYNTHETIC_rates.html" in said
    assert abate("check", out) == 0
    assert "not used" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--patients", "0"], "No cohort has this many patients. Expected 1 to 1,000,000. Correct --patients."),
        (["--patients", "2", "--policy", "all"], "No policy has the name given. Expected one of refractory, "),
        (
            ["--patients", "2", "--effect", "dose=1"],
            "An effect cannot be read. Expected NAME=NUMBER, the name one of duration",
        ),
    ],
)
def test_synth_refuses_in_one_paragraph(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert abate("synth", *arguments, "--out", tmp_path / "out") == 2
    shown = capsys.readouterr()
    assert message in shown.err and not shown.out
    assert not (tmp_path / "out").exists()
