"""The documentation of the systems is written from the systems, and what is printed beside it holds."""

import re
from pathlib import Path

import pytest

from abate.grading.systems import SYSTEMS
from abate.records.grading_options import GRADING

ROOT = Path(__file__).parents[1]


def test_the_pages_of_the_systems_are_those_of_the_rules_and_their_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    import system_tables

    pages = system_tables.pages()
    folder = ROOT / "docs" / "systems"
    assert {file.name for file in folder.iterdir()} == set(pages)
    stale = [name for name, page in pages.items() if (folder / name).read_text(encoding="utf-8") != page]
    assert not stale, "python tools/system_tables.py writes them anew"


def test_every_option_of_grading_is_documented() -> None:
    text = (ROOT / "docs" / "grading.md").read_text(encoding="utf-8")
    page_only = {"explained_patients", "lanes_shown", "timelines_shown", "kappa_weights"}
    missing = [option.name for option in GRADING if option.name not in text and option.name not in page_only]
    assert not missing


def test_every_flag_has_a_meaning_and_every_criterion_its_words() -> None:
    for system in SYSTEMS.values():
        assert re.search(r"doi:10\.\d+|National Cancer Institute", system.citation)
        assert all(item.fact and item.needs and 1 <= item.grade <= 5 for item in system.criteria)
        assert all(flag.meaning for flag in system.flags)
