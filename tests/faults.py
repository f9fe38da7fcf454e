"""Kill ``abate`` without a word at random moments: nothing half-written is ever taken for a result.

``python faults.py --kills 100`` kills as often, ingest and run in turn, into one folder each that holds an earlier
result; after every kill the folder is the earlier result whole, a new one whole, or is restored by the next command.
"""

import argparse
import hashlib
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ABATE = (sys.executable, "-m", "abate", "--quiet")
RUN = ("--system", "astct_crs")


def state(folder: Path) -> dict[str, str]:
    """Return every file of a folder by its hash, but for the moment at which it was made."""
    if not folder.is_dir():
        return {}
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            if path.name == "run.json":
                content = b"".join(line for line in content.splitlines() if b'"made"' not in line)
            found[str(path.relative_to(folder))] = hashlib.sha256(content).hexdigest()
    return found


def commands(folder: Path) -> dict[str, tuple[str, ...]]:
    """Return the commands that are killed, and where each writes."""
    return {
        "ingested": (*ABATE, "ingest", "strati2020", "--out", str(folder / "ingested")),
        "report": (*ABATE, "run", "strati2020", "--out", str(folder / "report"), *RUN),
    }


def trial(folder: Path, kills: int, seed: int = 2020) -> dict[str, int]:
    """Kill each command in turn, and return how the folder was found.

    Raises
    ------
    AssertionError
        If a folder was found that is neither whole nor absent, or a rerun does not give the result.
    """
    chance = random.Random(seed)  # noqa: S311
    whole, seconds = {}, {}
    for name, command in commands(folder).items():
        start = time.perf_counter()
        subprocess.run(command, check=True)
        seconds[name] = time.perf_counter() - start
        whole[name] = state(folder / name)
        assert whole[name], f"{name} wrote nothing"
    found = {"whole": 0, "away": 0, "ended before": 0}
    for number in range(kills):
        name = list(whole)[number % len(whole)]
        running = subprocess.Popen(commands(folder)[name], stderr=subprocess.DEVNULL)
        # Half of the time near the end, where the folders are exchanged.
        late = number // len(whole) % 2
        time.sleep(seconds[name] * (chance.uniform(0.85, 1.05) if late else chance.random()))
        running.send_signal(signal.SIGKILL)
        if running.wait() == 0:
            found["ended before"] += 1
        now = state(folder / name)
        assert now in ({}, whole[name]), f"{name} is half-written after kill {number}"
        found["whole" if now else "away"] += 1
    for name, command in commands(folder).items():
        subprocess.run(command, check=True)
        assert state(folder / name) == whole[name], f"a rerun of {name} gives something else"
    left = {path.name for path in folder.iterdir()} - {*whole, *(f".{name}.lock" for name in whole)}
    assert not left, f"left behind: {left}"
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Kill abate at random moments.")
    parser.add_argument("--kills", type=int, default=100)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="abate-faults-") as folder:
        found = trial(Path(folder), chosen.kills)
    print(f"{chosen.kills} kills survived: " + ", ".join(f"{count} {name}" for name, count in found.items()))


if __name__ == "__main__":
    main()
