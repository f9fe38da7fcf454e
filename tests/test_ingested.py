"""Records that were ingested once: what a run starts from, and what is refused."""

import filecmp
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from abate import verbs
from abate.cli import main
from abate.engine import parts
from abate.engine.ingested import KINDS, MARKER

SYSTEM = ("astct_crs",)


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("letter") / "ingested"
    verbs.ingest("strati2020", folder)
    return folder


def test_a_run_from_ingested_records_is_the_run_of_the_records(ingested: Path, tmp_path: Path) -> None:
    """Also what it says of them: what was set aside, what to read, the hashes of the files."""
    one = verbs.run(ingested, tmp_path / "one", systems=SYSTEM)
    other = verbs.run("strati2020", tmp_path / "other", systems=SYSTEM)
    names = [path.name for path in (one.path / "tables").iterdir()]
    assert filecmp.cmpfiles(one.path / "tables", other.path / "tables", names, shallow=False)[1:] == ([], [])
    records = [json.loads((report.path / "run.json").read_text(encoding="utf-8")) for report in (one, other)]
    for record in records:
        del record["made"]
    assert records[0] == records[1]
    assert one.records.problems == other.records.problems


def test_options_may_be_changed_after_ingesting(tmp_path: Path) -> None:
    verbs.ingest("strati2020", tmp_path / "ingested")
    mapping = tmp_path / "ingested" / "abate.toml"
    text = mapping.read_text(encoding="utf-8")
    mapping.write_text(
        text + "\n[options]\ncourse_gap_days = 9\n"
        if "[options]" not in text
        else text.replace("[options]", "[options]\ncourse_gap_days = 9"),
        encoding="utf-8",
    )
    before = verbs.read("strati2020")
    after = verbs.read(tmp_path / "ingested")
    assert after.study.options["course_gap_days"] == 9
    assert before.source.hashes["abate.toml"] != after.source.hashes["abate.toml"]


def test_what_was_ingested_may_be_ingested_again(ingested: Path, tmp_path: Path) -> None:
    """So it is handed to another engine: with the mapping file."""
    verbs.ingest(ingested, tmp_path / "again")
    for name in KINDS:
        one, other = (pq.read_table(folder / f"{name}.parquet") for folder in (ingested, tmp_path / "again"))
        assert one.to_pylist() == other.to_pylist()
    assert filecmp.cmp(ingested / "abate.toml", tmp_path / "again" / "abate.toml", shallow=False)


def test_what_a_door_says_of_a_study_is_kept(tmp_path: Path) -> None:
    """Made-up records are still marked, though nothing but their rows said so."""
    verbs.synth(tmp_path / "made-up", 3, 5)
    (tmp_path / "made-up" / "abate.toml").unlink()
    for name in ("patients", "measurements", "states", "drugs", "events"):
        (tmp_path / "made-up" / f"SYNTHETIC_{name}.parquet").rename(tmp_path / "made-up" / f"{name}.parquet")
    verbs.ingest(tmp_path / "made-up", tmp_path / "ingested")
    assert verbs.read(tmp_path / "ingested").study.mark == "SYNTHETIC"


@pytest.mark.parametrize("scattered", [False, True])
def test_parts_of_patients_come_to_the_whole(scattered: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows used and set aside, in their order, and every count: also where the rows of a patient are scattered."""
    made = tmp_path / "made-up"
    verbs.synth(made, 12, 5)
    if scattered:
        path = made / "SYNTHETIC_measurements.parquet"
        pq.write_table(pq.read_table(path).sort_by("minute"), path)
    verbs.ingest(made, tmp_path / "whole")
    monkeypatch.setattr(parts, "PART", 1000)
    records = verbs.ingest(made, tmp_path / "parts")
    assert "measurements" in records.files
    for name in KINDS:
        one, other = (pq.read_table(tmp_path / folder / f"{name}.parquet").to_pylist() for folder in ("whole", "parts"))
        if name in ("set_aside", "coverage"):  # several of their rows may have one source
            one, other = sorted(map(str, one)), sorted(map(str, other))
        assert one == other
    assert (tmp_path / "whole" / MARKER).read_text() == (tmp_path / "parts" / MARKER).read_text()


def cut(folder: Path) -> None:
    path = folder / "drugs.parquet"
    path.write_bytes(path.read_bytes()[:-100])


def lose(folder: Path) -> None:
    (folder / "drugs.parquet").unlink()
    (folder / "events.parquet").unlink()


def swap(folder: Path) -> None:
    (folder / "drugs.parquet").write_bytes((folder / "states.parquet").read_bytes())


def of_another_version(folder: Path) -> None:
    said = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    (folder / MARKER).write_text(json.dumps(said | {"format": 0}), encoding="utf-8")


def half_a_marker(folder: Path) -> None:
    (folder / MARKER).write_text((folder / MARKER).read_text(encoding="utf-8")[:100], encoding="utf-8")


@pytest.mark.parametrize("spoil", [cut, lose, swap, of_another_version, half_a_marker])
def test_what_is_not_whole_is_refused(
    spoil: Callable[[Path], None], tmp_path: Path, capsys: pytest.CaptureFixture[str], snapshot: object
) -> None:
    verbs.ingest("strati2020", tmp_path / "ingested")
    spoil(tmp_path / "ingested")
    assert main(["run", str(tmp_path / "ingested"), "--out", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err == snapshot
    assert not (tmp_path / "out").exists()


def test_ingesting_writes_over_its_own_and_nothing_else(
    ingested: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter").write_text("one", encoding="utf-8")
    assert main(["ingest", "strati2020", "--out", str(tmp_path / "thesis")]) == 2
    assert "is not a folder of ingested records" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "thesis").iterdir()] == ["chapter"]
    assert main(["ingest", "strati2020", "--out", str(tmp_path / "new")]) == 0
    assert "Report on them: abate run" in capsys.readouterr().out
    assert main(["--quiet", "ingest", str(ingested), "--out", str(tmp_path / "new")]) == 0
    assert main(["check", str(tmp_path / "new")]) == 1
