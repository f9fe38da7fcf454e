"""Run the same records on every engine, and count the cells in which the reports differ.

``python parity.py`` takes the letter, the CLIF demo of MIMIC-IV where it is there, and 10,000 made-up patients with
doubled, lost and misdated values. Every table of the report is compared with DuckDB's, cell by cell; floating numbers
to twelve digits, for a sum depends on its order in the last of them, and the engines share their work out differently.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from servers import MANY, postgres, spark

ABATE = (sys.executable, "-m", "abate", "--quiet")
MIMIC = Path(__file__).parents[2] / "shared" / "data" / "mimic4demo_clif" / "v2.1"


def records(kind: str, patients: int, folder: Path) -> str | None:
    """Return where records of a kind are, made first where they are made up; nothing where there are none."""
    if kind == "mimic":
        return str(MIMIC) if MIMIC.is_dir() else None
    if kind == "synthetic":
        made = ("synth", "--patients", str(patients), "--layer", "usual", "--out", str(folder / "synthetic"))
        subprocess.run([*ABATE, *made], check=True)
        return str(folder / "synthetic")
    return "strati2020"


@contextmanager
def connected(engine: str, folder: Path) -> Iterator[tuple[list[str], dict[str, str] | None]]:
    """Give the arguments and the environment of a run on an engine."""
    if engine == "postgres":
        with postgres() as uri:
            yield ["--engine", "postgres", "--connect", uri], None
    elif engine == "spark":
        with spark(folder / "cluster", MANY) as cluster:
            yield ["--engine", "spark", "--connect", cluster.master], cluster.environment
    else:
        yield [], None


def differing(one: Path, other: Path) -> tuple[int, int]:
    """Return how many cells of two reports were compared, and how many of them differ."""
    names = sorted(path.name for path in one.glob("*.parquet"))
    if names != sorted(path.name for path in other.glob("*.parquet")):
        raise RuntimeError("the reports hold different tables")
    cells = different = 0
    connection = duckdb.connect()

    def row(query: str) -> tuple[Any, ...]:
        return connection.execute(query).fetchone() or ()

    for name in names:
        for side, folder in (("here", one), ("there", other)):
            numbered = f"SELECT *, row_number() OVER () AS row__number FROM '{folder / name}'"
            connection.execute(f"CREATE OR REPLACE TEMP TABLE {side} AS {numbered}")
        both = "here FULL JOIN there USING (row__number)"
        columns = connection.execute(f"DESCRIBE FROM '{one / name}'").fetchall()
        cells += len(columns) * row(f"SELECT count(*) FROM {both}")[0]
        for column, kind, *_ in columns:
            a, b = f'here."{column}"', f'there."{column}"'
            apart = f"{a} IS DISTINCT FROM {b}"
            if kind == "DOUBLE":
                apart += f" AND NOT coalesce(abs({a} - {b}) <= 1e-12 * abs({a}), false)"
            count, *first = row(f"SELECT count(*), any_value({a}), any_value({b}) FROM {both} WHERE {apart}")
            if count:
                print(f"{name[:-8]}.{column}: {count} differ, one of them: {first}")
                different += count
    return cells, different


def main(arguments: Sequence[str] | None = None) -> None:
    """Run from the command line; ends with 1 where a cell differs."""
    parser = argparse.ArgumentParser(description="Compare the reports of every engine.")
    parser.add_argument("--records", nargs="+", default=["letter", "mimic", "synthetic"])
    parser.add_argument("--engines", nargs="+", default=["postgres", "spark"])
    parser.add_argument("--patients", type=int, default=10_000, help="of the made-up records")
    chosen = parser.parse_args(arguments)
    wrong = 0
    for kind in chosen.records:
        with tempfile.TemporaryDirectory(prefix="abate-parity-") as place:
            folder = Path(place)
            source = records(kind, chosen.patients, folder)
            if source is None:
                print(f"{kind}: not here, not compared")
                continue
            subprocess.run([*ABATE, "ingest", source, "--out", str(folder / "ingested")], check=True)
            for engine in ("duckdb", *chosen.engines):
                with connected(engine, folder) as (where, environment):
                    start = time.perf_counter()
                    command = [*ABATE, "run", str(folder / "ingested"), "--out", str(folder / engine), *where]
                    subprocess.run(command, check=True, env=environment)
                    seconds = time.perf_counter() - start
                cells, different = differing(folder / "duckdb" / "tables", folder / engine / "tables")
                print(f"{kind} {engine} {seconds:.0f} s: {cells} cells compared, {different} different", flush=True)
                wrong += different
    if wrong:
        sys.exit(1)


if __name__ == "__main__":
    main()
