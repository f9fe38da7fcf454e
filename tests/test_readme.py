"""What the README shows works as shown."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest

from abate import verbs
from abate.cli import main
from abate.sources.mapping import study_from

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def write_example(number: int, folder: Path) -> Path:
    """Write one of the examples of records that the README shows."""
    shown = re.findall(r"```\n(patients\.csv.*?)```", README, re.DOTALL)[number]
    file = None
    for line in shown.splitlines():
        name, text = line[:18].strip(), line[18:]
        file = folder / name if name else file
        assert file is not None
        with file.open("a", encoding="utf-8") as stream:
            stream.write(text + "\n")
    return folder


def test_the_bedside_example_is_graded_and_explained_as_shown(tmp_path: Path) -> None:
    said = re.search(r"```\n(CRS by ASTCT.*?)```", README, re.DOTALL)
    assert said
    text = verbs.explain(write_example(1, tmp_path), "P02", 1, "astct_crs")
    assert said[1].strip() in text


def test_the_calculator_prints_what_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    shown = re.findall(r"```\n\$ abate (calc .*?)\n(.*?)```", README, re.DOTALL)
    assert len(shown) == 3
    for given, said in shown:
        assert main(shlex.split(given)) == 0
        assert said in capsys.readouterr().out


def test_the_small_example_runs(tmp_path: Path) -> None:
    cohort = verbs.analyse(write_example(0, tmp_path))
    row = cohort.response.to_pyarrow().to_pylist()[0]
    assert (row["response"], row["start_day"], row["first_low_day"]) == ("yes", 6, 9)
    assert not cohort.count(cohort.records.set_aside)


def test_the_mapping_file_shown_is_understood() -> None:
    text = next(text for text in re.findall(r"```toml\n(.*?)```", README, re.DOTALL))
    study = study_from(tomllib.loads(text))
    assert study.treatment == "anakinra" and study.reading.decimal == ","
    assert study.comparisons[0].variables == ("ferritin",)


def test_both_commands_stand_on_the_first_screen() -> None:
    first_screen = "\n".join(README.splitlines()[:25])
    assert "make demo" in first_screen and "make test" in first_screen


def test_every_file_that_is_linked_is_there() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert links and all((ROOT / link).exists() for link in links)
