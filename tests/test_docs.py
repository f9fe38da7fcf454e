"""The documentation of the systems is written from the systems, and what is printed beside it holds."""

import re
import sys
from pathlib import Path

import pytest

from abate.grading.systems import SYSTEMS
from abate.records.grading_options import GRADING

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("name", ["systems.md", "scores.md"])
def test_the_tables_of_the_systems_are_those_of_the_systems(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    import system_tables

    sys.modules.pop("system_tables", None)
    written = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert written == system_tables.PAGES[name](), "python tools/system_tables.py writes it anew"


def test_every_option_of_grading_is_documented() -> None:
    text = (ROOT / "docs" / "grading.md").read_text(encoding="utf-8")
    page_only = {"explained_patients", "timelines_shown", "cartox_airway_protection"}
    missing = [option.name for option in GRADING if option.name not in text and option.name not in page_only]
    assert not missing


def test_every_flag_has_a_meaning_and_every_criterion_its_words() -> None:
    for system in SYSTEMS.values():
        assert re.search(r"doi:10\.\d+", system.citation)
        assert all(item.fact and item.needs and 1 <= item.grade <= 5 for item in system.criteria)
        assert all(flag.meaning for flag in system.flags)
