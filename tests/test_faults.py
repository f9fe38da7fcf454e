"""Faults: killed at any moment, a full disk, two at once, too little memory."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from abate import verbs
from abate.cli import main
from abate.engine.whole import reserved
from abate.records.problems import AbateError
from faults import state, trial


def test_killed_at_random_moments_nothing_half_written_is_left(tmp_path: Path) -> None:
    """Four times here; ``make test-long`` kills a hundred times."""
    found = trial(tmp_path, 4)
    assert found["whole"] + found["away"] == 4


def test_the_second_of_two_runs_into_one_folder_refuses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], snapshot: object
) -> None:
    with reserved(tmp_path / "out"):
        for verb in ("run", "ingest"):
            assert main([verb, "strati2020", "--out", str(tmp_path / "out")]) == 2
        assert main(["synth", "--patients", "2", "--out", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err == snapshot
    assert main(["--quiet", "ingest", "strati2020", "--out", str(tmp_path / "out")]) == 0


def test_another_process_holds_the_place_too(tmp_path: Path) -> None:
    """Until it ends, however it ends: the lock is the system's, and no file left behind keeps a place for ever."""
    code = "import sys, pathlib\nfrom abate.engine.whole import reserved\n"
    code += "with reserved(pathlib.Path(sys.argv[1])):\n    print('held', flush=True)\n    sys.stdin.read()\n"
    command = [sys.executable, "-c", code, str(tmp_path / "out")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout and other.stdout.readline() == "held\n"
        with pytest.raises(AbateError, match="another process is writing"), reserved(tmp_path / "out"):
            pass
        other.kill()
    with reserved(tmp_path / "out") as work:
        assert work.is_dir()
    assert not work.exists()


def test_what_a_killed_process_left_is_cleared_and_the_earlier_folder_comes_back(tmp_path: Path) -> None:
    """Killed between the two moves, the earlier result stands beside its place under another name."""
    old, new = tmp_path / ".out.abate-old.x1", tmp_path / ".out.abate-new.x2"
    (old / "earlier").mkdir(parents=True)
    (old / "earlier" / "marker").write_text("first", encoding="utf-8")
    new.mkdir()
    theirs = tmp_path / ".out.backup"
    theirs.mkdir()
    with reserved(tmp_path / "out"):
        assert (tmp_path / "out" / "marker").read_text(encoding="utf-8") == "first"
    assert sorted(path.name for path in tmp_path.iterdir()) == [".out.backup", ".out.lock", "out"]


@pytest.fixture
def little(tmp_path: Path) -> Iterator[Path]:
    """Return a file system of one megabyte; only who may mount one can try."""
    place = tmp_path / "little"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    if os.name != "posix" or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here: a full disk is not tried")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize("verb", ["ingest", "run", "synth"])
def test_a_full_disk_is_said_and_the_earlier_result_stands(
    verb: str, little: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], snapshot: object
) -> None:
    out = little / "out"
    if verb == "ingest":
        many = ["ingest", str(verbs.synth(tmp_path / "many", 400)), "--out", str(out)]
        first = ["ingest", "strati2020", "--out", str(out)]
    elif verb == "synth":
        many, first = (["synth", "--patients", count, "--out", str(out)] for count in ("2000", "2"))
    else:
        many = first = ["run", "strati2020", "--system", "astct_crs", "--out", str(out)]
    if verb == "run":
        # A report is larger than the place: what stands there is one of an earlier day.
        out.mkdir()
        (out / "run.json").write_text("{}", encoding="utf-8")
    else:
        assert main(["--quiet", *first]) == 0
    before = state(out)
    capsys.readouterr()
    assert main(["--quiet", *many]) == 2
    assert capsys.readouterr().err == snapshot
    assert state(out) == before
    assert sorted(path.name for path in little.iterdir()) == [".out.lock", "out"]


def test_too_little_memory_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str], snapshot: object) -> None:
    many = verbs.synth(tmp_path / "many", 1000)
    assert main(["ingest", str(many), "--out", str(tmp_path / "out"), "--memory", "50MB"]) == 2
    assert capsys.readouterr().err == snapshot
    assert not (tmp_path / "out").exists()
    # With somewhat more, the rest is written beside the output meanwhile, and nothing of it stays.
    assert main(["--quiet", "ingest", str(many), "--out", str(tmp_path / "out"), "--memory", "400MB"]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [".many.lock", ".out.lock", "many", "out"]
