"""What the README shows works as shown."""

import re
import tomllib
from pathlib import Path

from abate import verbs
from abate.sources.mapping import study_from

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_small_example_runs(tmp_path: Path) -> None:
    found = re.search(r"```\n(patients\.csv.*?)```", README, re.DOTALL)
    assert found
    file = None
    for line in found[1].splitlines():
        name, text = line[:18].strip(), line[18:]
        file = tmp_path / name if name else file
        assert file is not None
        with file.open("a", encoding="utf-8") as stream:
            stream.write(text + "\n")
    cohort = verbs.analyse(tmp_path)
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
