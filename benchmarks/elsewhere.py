"""Grade every patient-day by every system of CRS on an engine that runs elsewhere, and see how the time grows.

Starts PostgreSQL, or Spark with one master and two workers, on this machine as the tests do, hands the records over and
prints, for each size,

``all_crs_systems_ENGINE PATIENTS ROWS SECONDS handed_over=SECONDS``
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from crs_grades import SYSTEMS_OF_CRS, features_of, graded_by, tables_of, written
from generate import DAYS, ROWS_A_PATIENT
from running import DATA

TESTS = Path(__file__).parents[1] / "tests"


@contextmanager
def started(engine: str, folder: Path) -> Iterator[str]:
    """Start a server or a cluster and give where it is."""
    sys.path.insert(0, str(TESTS))
    from servers import MANY, SPARK, postgres, spark

    if engine == "postgres":
        with postgres() as uri:
            yield uri
    else:
        with spark(folder / "cluster", MANY) as cluster:
            sys.path.append(str(SPARK))
            os.environ |= cluster.environment
            yield cluster.master


def measure(engine: str, data: Path, patients: int) -> str:
    """Return the line of one size.

    Raises
    ------
    RuntimeError
        If not every patient-day was graded.
    """
    from abate.engine.connect import Place, elsewhere
    from abate.engine.haste import swiftly

    folder = written(data, patients)
    with tempfile.TemporaryDirectory(dir=data) as work, started(engine, Path(work)) as address:
        place = Place(engine, address)
        with elsewhere(place, Path(work)) as (there, _), swiftly():
            begin = time.perf_counter()
            tables = tables_of(folder, there)
            handed = time.perf_counter() - begin
            begin = time.perf_counter()
            with there.only("features"):
                found = features_of(tables, there, SYSTEMS_OF_CRS)
            for key in SYSTEMS_OF_CRS:
                rows = int(graded_by(key, found, there).count().to_pyarrow().as_py())
                if rows != patients * DAYS:
                    message = f"{key}: {rows} patient-days, {patients * DAYS} expected"
                    raise RuntimeError(message)
            seconds = time.perf_counter() - begin
    return f"all_crs_systems_{engine} {patients} {patients * ROWS_A_PATIENT} {seconds:.1f} handed_over={handed:.1f}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description="Grade CRS on an engine elsewhere.")
    parser.add_argument("--engine", choices=("postgres", "spark"), default="postgres")
    parser.add_argument("--patients", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--data", type=Path, default=DATA)
    chosen = parser.parse_args(arguments)
    for patients in chosen.patients:
        print(measure(chosen.engine, chosen.data, patients), flush=True)


if __name__ == "__main__":
    main()
