"""What the benchmarks share: tasks in processes of their own, how much memory they took, data that is written once.

Nothing heavy is imported here: the process that starts the tasks stays small, for a child's peak is at least its
parent's size.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb
    import ibis

    from abate.engine.store import Engine

SCANS = 5
"""Plain scans of a file that a task is put in proportion to."""
MEMORY = os.environ.get("ABATE_BENCH_MEMORY", "3GB")
"""What DuckDB may hold."""
DATA = Path(__file__).parent / "data"
"""Where the data goes unless another folder is given; git leaves it alone."""
PEERS = DATA / ".peers"
"""Where what is compared with is installed (``peers.txt``); hidden, or the type checker would read it."""
Figures = dict[str, Any]
Start = Callable[[str], Figures]
"""Runs a task of that name in a process of its own."""


def backend(spill: str) -> Any:
    """Return a fresh DuckDB in memory as the product opens it, on all cores; what does not fit goes to the folder."""
    from abate.engine.embedded import embedded

    return embedded(MEMORY, Path(spill))


def timed_engine(spill: str, each: bool) -> tuple["Engine", list[tuple[str, float]]]:
    """Return the engine, and a list that takes the name and the seconds of every step that it keeps.

    Parameters
    ----------
    spill
        Folder for what does not fit.
    each
        Whether steps are timed. Each is then waited for, which the product does not do: a step runs while the next
        is written. The list is empty otherwise.
    """
    from abate.engine.store import Engine

    kept: list[tuple[str, float]] = []

    class Timed(Engine):
        def keep(self, name: str, expression: "ibis.Table") -> "ibis.Table":
            start = time.perf_counter()
            table = super().keep(name, expression)
            if each:
                # Whoever asks for the connection waits.
                _ = self.backend.con
                kept.append((name, time.perf_counter() - start))
            return table

    return Timed(backend(spill)), kept


def timed_scan(query: str, spill: str) -> Figures:
    """Run a query that reads a file and keeps next to nothing."""
    connection = backend(spill)
    # The least and greatest of a column stand in the foot of a Parquet file: they are not to be taken from there.
    connection.con.execute("SET disabled_optimizers = 'statistics_propagation'")
    start = time.perf_counter()
    connection.con.execute(query).fetchall()
    return {"seconds": time.perf_counter() - start}


def peer(name: str) -> Any:
    """Import what is no dependency of the project.

    Raises
    ------
    SystemExit
        If it is not installed.
    """
    if not (PEERS / "installed").is_file():
        raise SystemExit("pandas and Polars are not installed for the benchmark. Run `make peers`.")
    if str(PEERS) not in sys.path:
        sys.path.append(str(PEERS))
    return import_module(name)


def peak_mib() -> float:
    """Return the most memory that this process held."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def steps(kept: Sequence[tuple[str, float]], total: float) -> Iterator[str]:
    """Yield the seconds of each kept step, slowest first, and of what lies between them."""
    slowest = sorted(kept, key=lambda step: -step[1])
    for name, seconds in (*slowest, ("(between the steps)", total - sum(seconds for _, seconds in slowest))):
        yield f"{seconds:8.2f} s {100 * seconds / total:5.1f} %  {name}"


def add_hidden(parser: argparse.ArgumentParser) -> None:
    """Add the arguments by which a script is asked for one task alone."""
    parser.add_argument("--task", help=argparse.SUPPRESS)
    parser.add_argument("--spill", help=argparse.SUPPRESS)


def run(script: str, task: str, folder: Path, *arguments: str) -> Figures:
    """Run one task of a script in a process of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix="spill_") as spill:
        command = [sys.executable, script, "--task", task, "--data", str(folder), "--spill", spill, *arguments]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    if "seconds" in figures:
        print(f"{task}: {figures['seconds']:.2f} s", file=sys.stderr)
    return figures


def repeats_at(patients: int) -> int:
    """Return how often a task is run on a cohort of that size, unless it is said otherwise."""
    if patients < 100_000:
        return 5
    return 3 if patients < 1_000_000 else 1


def interleaved(work: Sequence[str], gap: str) -> Iterator[str]:
    """Yield what to run: the work, with a task that fills the gaps before, between and after, five times or more."""
    gaps = len(work) + 1
    fillers = max(SCANS, gaps)
    for position in range(gaps):
        yield from [gap] * (fillers * (position + 1) // gaps - fillers * position // gaps)
        if position < len(work):
            yield work[position]


def written_once(
    folder: Path, said: Mapping[str, object], write: Callable[["duckdb.DuckDBPyConnection", Path], None]
) -> None:
    """Write data into a folder, unless the same data is there.

    Parameters
    ----------
    folder
        Where it goes; replaced if it holds other data of a generator.
    said
        What the data depends on: the same arguments give the same data.
    write
        Writes it, given a DuckDB with the function ``chance(n, what)`` and a folder.
    """
    import duckdb

    mark = folder / "generated.json"
    if mark.is_file() and json.loads(mark.read_text(encoding="utf-8")) == said:
        return
    if folder.exists() and not mark.is_file():
        message = f"{folder} is not of this generator. Name another folder with --data."
        raise SystemExit(message)
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    connection = duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": str(partial / "spill")})
    connection.execute("SET enable_progress_bar = false")
    # One core writes in the order of the query; several write row groups as they come.
    connection.execute("SET threads = 1")
    connection.execute(
        "CREATE MACRO chance(n, what) AS "
        f"(md5_number_lower('{said['seed']}' || '/' || n || '/' || what) % 1000000) / 1000000"
    )
    write(connection, partial)
    connection.close()
    shutil.rmtree(partial / "spill", ignore_errors=True)
    (partial / mark.name).write_text(json.dumps(said), encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)


def filled(query: str, known: Mapping[str, object]) -> str:
    """Return a query with numbers in place of ``$names``."""
    for name, number in known.items():
        query = query.replace(f"${name}", str(number))
    return query
