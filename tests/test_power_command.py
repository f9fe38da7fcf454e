"""Planning trials on the command line: the template is a plan, a bad one is told in a paragraph, output is whole."""

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from abate.cli import main

PLAN = """
[design]
n = [20, 40]
[binary]
shares = [0.15, 0.35]
"""


def test_a_plan_gives_a_table_and_a_figure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Power and size beside each other, on the terminal and in the folder, with the plan they follow from."""
    plan, out = tmp_path / "plan.toml", tmp_path / "out"
    plan.write_text(PLAN, encoding="utf-8")
    assert main(["power", str(plan), "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "40 each: power 0.460" in said
    assert "says nothing about whether a drug works" in said
    assert sorted(path.name for path in out.iterdir()) == [
        "design.toml",
        *(f"operating_characteristics.{kind}" for kind in ("csv", "parquet", "png", "svg")),
    ]
    assert (out / "design.toml").read_text(encoding="utf-8") == PLAN
    # Again into the same folder: it is replaced.
    assert main(["--quiet", "power", str(plan), "--out", str(out)]) == 0
    assert capsys.readouterr().out == ""


def test_the_template_is_a_plan(capsys: pytest.CaptureFixture[str]) -> None:
    """What is printed can be read as it is."""
    from abate.statistics.design_file import design_from

    assert main(["power", "--template"]) == 0
    import tomllib

    assert design_from(tomllib.loads(capsys.readouterr().out)).n


def test_what_is_wrong_in_a_plan_is_told_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], snapshot: SnapshotAssertion
) -> None:
    """Every key, in one paragraph, and nothing is written; nor is a folder that holds something else."""
    plan, out = tmp_path / "plan.toml", tmp_path / "out"
    plan.write_text(PLAN.replace("20, 40", "1, 2").replace("0.15", "1.5") + 'test = "best"\n', encoding="utf-8")
    assert main(["power", str(plan), "--out", str(out)]) == 2
    assert not out.exists()
    assert main(["power"]) == 2
    plan.write_text(PLAN, encoding="utf-8")
    out.mkdir()
    (out / "mine.txt").write_text("kept", encoding="utf-8")
    assert main(["power", str(plan), "--out", str(out)]) == 2
    assert [path.name for path in out.iterdir()] == ["mine.txt"]
    assert capsys.readouterr().err.replace(str(tmp_path), "FOLDER") == snapshot
