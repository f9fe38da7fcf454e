"""The house itself: what is locked, what is exported, how long a file may be."""

import re
from pathlib import Path

import pytest

import abate

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("name", ["run", "dev"])
def test_the_lock_has_hashes_and_names_no_host(name: str) -> None:
    lock = (ROOT / "locks" / f"{name}.txt").read_text(encoding="utf-8")
    assert not re.search(r"https?:|--index|--find-links|@ file", lock)
    packages = re.findall(r"^[a-z0-9_.-]+==\S+(?: ;[^\\]*)? \\$", lock, re.MULTILINE)
    assert len(packages) > 20
    assert all("--hash=sha256:" in part for part in re.split(r"^(?=[a-z0-9_.-]+==)", lock, flags=re.MULTILINE)[1:])


def test_the_verbs_are_what_a_user_imports() -> None:
    from abate import verbs

    assert abate.run is verbs.run and abate.reproduce is verbs.reproduce
    with pytest.raises(AttributeError, match="no attribute 'walk'"):
        abate.__getattr__("walk")


def test_no_file_of_the_source_is_long() -> None:
    long = {
        file.name: count
        for file in (ROOT / "src").rglob("*.py")
        if (count := len(file.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert not long


def test_no_derivation_loops_over_rows_or_leaves_for_pandas() -> None:
    rooms = ("timeline", "grading", "exposure", "biomarkers", "outcomes")
    for room in rooms:
        for file in (ROOT / "src" / "abate" / room).glob("*.py"):
            lines = file.read_text(encoding="utf-8").splitlines()
            text = "\n".join(line for line in lines if ">>>" not in line)
            assert not re.search(r"to_pandas|to_pyarrow|\.execute\(|iterrows|import pandas", text), file
