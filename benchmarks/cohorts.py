"""Time the whole product on synthetic cohorts: ingest, everything that is derived, a whole report; and small commands.

Prints, for each size,

``ingest PATIENTS ROWS SECONDS PEAK_MIB ratio_scan=R``, ``everything ...`` and ``run ...``

and, once, ``letter``, ``calc`` and ``help``, which have no cohort. R is the seconds over the median of plain scans of
the measurements, interleaved. Every run is a process of its own, and its peak of memory is what the system counted.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median

from running import DATA, MEMORY, Figures, add_hidden, interleaved, peak_mib, repeats_at, run, timed_scan

ABATE = (sys.executable, "-m", "abate", "--quiet")
COHORT_TASKS = ("ingest", "everything", "run")
SMALL = {
    "letter": ("run", "strati2020", "--out"),
    "calc": ("calc", "astct-crs", "temperature=39", "sbp=80", "vasopressors=norepinephrine"),
    "help": ("--help",),
}
"""Commands without a cohort; the letter's report goes into a folder of its own."""
SCAN = "SELECT min(COLUMNS(*)), max(COLUMNS(*)) FROM read_parquet('{path}')"


def raw(folder: Path) -> Path:
    """Return where the records are as they came."""
    return folder / "records"


def ingested(folder: Path) -> Path:
    """Return where the ingested records are."""
    return folder / "ingested"


def scan_raw(folder: Path, spill: str) -> Figures:
    """Read every column of the measurements as they came."""
    return timed_scan(SCAN.format(path=raw(folder) / "*measurements*.parquet"), spill)


def scan_ingested(folder: Path, spill: str) -> Figures:
    """Read every column of the ingested measurements."""
    return timed_scan(SCAN.format(path=ingested(folder) / "measurements.parquet"), spill)


def everything(folder: Path, spill: str) -> Figures:
    """Derive grades by every system, scores, exposure, response and biomarkers from ingested records."""
    from abate.cohort import derive
    from abate.engine.connect import Place
    from abate.verbs import read

    start = time.perf_counter()
    derive(read(ingested(folder), place=Place(memory=MEMORY), work=Path(spill)))
    return {"seconds": time.perf_counter() - start, "peak_mib": peak_mib()}


TASKS: dict[str, Callable[[Path, str], Figures]] = {
    "scan_raw": scan_raw,
    "scan_ingested": scan_ingested,
    "everything": everything,
}


def command(*arguments: str | Path) -> Figures:
    """Run a command of the product; its time includes the start of Python."""
    start = time.perf_counter()
    process = subprocess.Popen([*ABATE, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = process.stderr.read() if process.stderr else b""
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if os.waitstatus_to_exitcode(status):
        message = f"abate {arguments[0]} failed: {said.decode()}"
        raise RuntimeError(message)
    print(f"{arguments[0]}: {seconds:.2f} s", file=sys.stderr)
    return {"seconds": seconds, "peak_mib": used.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)}


def prepare(folder: Path, patients: int) -> int:
    """Write a cohort as it came and ingested, unless they are there, and return the rows of its measurements."""
    if not raw(folder).is_dir():
        command("synth", "--patients", str(patients), "--layer", "usual", "--out", raw(folder))
    if not ingested(folder).is_dir():
        command("ingest", raw(folder), "--out", ingested(folder), "--memory", MEMORY)
    import duckdb

    query = f"SELECT count(*) FROM read_parquet('{ingested(folder) / 'measurements.parquet'}')"
    return int(duckdb.connect().execute(query).fetchall()[0][0])


def one(task: str, folder: Path) -> Figures:
    """Run one task of a cohort."""
    if task in TASKS:
        return run(__file__, task, folder)
    with tempfile.TemporaryDirectory(dir=folder, prefix="out_") as out:
        source = raw(folder) if task == "ingest" else ingested(folder)
        return command(task, source, "--out", Path(out) / task, "--memory", MEMORY)


def measure(patients: int, only: Sequence[str], repeats: int, data: Path) -> Iterator[str]:
    """Yield a line for each task at one size."""
    folder = data / f"synthetic_{patients}"
    folder.mkdir(parents=True, exist_ok=True)
    rows = prepare(folder, patients)
    for task in only:
        scan = "scan_raw" if task == "ingest" else "scan_ingested"
        runs: dict[str, list[Figures]] = {task: [], scan: []}
        for name in interleaved([task] * repeats, scan):
            runs[name].append(one(name, folder))
        seconds = median(figures["seconds"] for figures in runs[task])
        ratio = seconds / median(figures["seconds"] for figures in runs[scan])
        peak = max(figures["peak_mib"] for figures in runs[task])
        yield f"{task} {patients} {rows} {seconds:.1f} {peak:.0f} ratio_scan={ratio:.1f}"


def small(repeats: int) -> Iterator[str]:
    """Yield a line for each command that has no cohort."""
    for task, arguments in SMALL.items():
        runs = []
        for _ in range(repeats):
            out = Path(tempfile.mkdtemp(prefix="abate_"))
            runs.append(command(*arguments, *([out / task] if arguments[-1] == "--out" else [])))
            shutil.rmtree(out)
        seconds, peak = median(figures["seconds"] for figures in runs), max(figures["peak_mib"] for figures in runs)
        yield f"{task} - - {seconds:.2f} {peak:.0f}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark from the command line, or one task of it."""
    parser = argparse.ArgumentParser(description="Time ingest, derivations and reports of synthetic cohorts.")
    parser.add_argument(
        "--patients", type=int, nargs="*", default=[1000, 10_000, 100_000], help="sizes; none: no cohort"
    )
    parser.add_argument("--only", nargs="+", choices=COHORT_TASKS, default=COHORT_TASKS, help="all three unless named")
    parser.add_argument("--small", action="store_true", help="also the commands without a cohort")
    parser.add_argument("--repeats", type=int, help="runs of each, of which the median counts; fewer of more patients")
    parser.add_argument("--data", type=Path, default=DATA, help="folder; benchmarks/data unless given")
    add_hidden(parser)
    chosen = parser.parse_args(arguments)
    if chosen.task:
        print(json.dumps(TASKS[chosen.task](chosen.data, chosen.spill)))
        return
    for line in small(chosen.repeats or repeats_at(0)) if chosen.small else ():
        print(line, flush=True)
    for patients in chosen.patients:
        for line in measure(patients, chosen.only, chosen.repeats or repeats_at(patients), chosen.data):
            print(line, flush=True)


if __name__ == "__main__":
    main()
