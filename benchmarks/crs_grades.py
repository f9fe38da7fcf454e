"""Derive features and grade every patient-day by systems of CRS, and compare it with reading the file.

Starts from ingested Parquet (see ``generate.py``, which writes it where it is absent) and prints, for each size and
task,

``TASK PATIENTS ROWS SECONDS PEAK_MIB ratio_scan=R ratio_pivot=P``

TASK is ``features``, the key of a system of CRS, or ``all_crs_systems``. R is the seconds over the median of
interleaved plain scans, P over those of a pivot written by hand in SQL. Every run is a process of its own, so that the
peak of memory is that of the run.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from generate import DAYS, ROWS_A_PATIENT
from running import (
    DATA,
    Figures,
    add_hidden,
    backend,
    interleaved,
    peak_mib,
    repeats_at,
    run,
    steps,
    timed_engine,
    timed_scan,
)

if TYPE_CHECKING:
    import ibis

    from abate.engine.store import Engine

SYSTEMS_OF_CRS = ("astct_crs", "cartox_crs", "lee_2014", "penn_crs", "mskcc_crs", "ctcae403_crs", "ctcae5_crs")
"""Written out, for the process that starts the tasks stays small; a task says if it is no longer so."""
WORK = {
    "features": (),
    **{key: (key,) for key in SYSTEMS_OF_CRS},
    "all_crs_systems": SYSTEMS_OF_CRS,
}
"""Task to the systems that it grades by."""

PART = 3_500_000
"""Patient-days of a part. Grades of CRS alone take less memory a day than all that the product derives."""

# The columns of measurements that grading these variables reads; text has no sum.
SCAN = """
SELECT
    min(patient_id), max(patient_id), min(variable), max(variable),
    sum(course_id), min(course_id), max(course_id), sum(value), min(value), max(value),
    sum(day), min(day), max(day), sum(minute), min(minute), max(minute)
FROM read_parquet('{path}')
"""

# What vitals.daily_vitals and vitals.notable_days take from the measurements, for adults, in one pass.
PIVOT = """
CREATE TEMP TABLE by_hand AS
SELECT
    patient_id, course_id, day,
    max(value) FILTER (variable = 'temperature') AS temperature_maximum,
    min(value) FILTER (variable = 'sbp') AS systolic_minimum,
    min(value) FILTER (variable = 'map') AS mean_pressure_minimum,
    min(value) FILTER (variable = 'spo2') AS saturation_minimum,
    max(value) FILTER (variable = 'fio2') AS fio2_measured_maximum,
    max(value) FILTER (variable = 'o2_flow') AS flow_measured_maximum,
    min(minute) FILTER (variable = 'temperature' AND value >= 38.0 - 1e-9) AS fever_minute,
    count(*) FILTER (variable = 'sbp' AND value < 90.0 - 1e-9) AS low_readings,
    bool_or(minute IS NULL) FILTER (variable = 'sbp' AND value < 90.0 - 1e-9) AS low_untimed,
    min(minute) FILTER (variable = 'sbp' AND value < 90.0 - 1e-9) AS low_first,
    max(minute) FILTER (variable = 'sbp' AND value < 90.0 - 1e-9) AS low_last,
    count(*) FILTER (variable = 'spo2' AND value < 92.0 - 1e-9) AS low_saturations
FROM read_parquet('{path}')
WHERE day >= 0 AND variable IN ('temperature', 'sbp', 'map', 'spo2', 'fio2', 'o2_flow')
GROUP BY patient_id, course_id, day
"""


def _measurements(folder: Path) -> str:
    return str(folder / "measurements.parquet")


def scan(chosen: argparse.Namespace) -> Figures:
    """Read the measurements with sum, least and greatest of each column used."""
    return timed_scan(SCAN.format(path=_measurements(chosen.data)), chosen.spill)


def pivot(chosen: argparse.Namespace) -> Figures:
    """Turn the measurements into one row a patient-day by SQL written by hand, kept as a table."""
    connection = backend(chosen.spill)
    start = time.perf_counter()
    connection.con.execute(PIVOT.format(path=_measurements(chosen.data)))
    return {"seconds": time.perf_counter() - start}


def tables_of(folder: Path, engine: "Engine") -> dict[str, "ibis.Table"]:
    """Return the record tables, and with them the follow-up and the grid of patient-days."""
    from abate.records.tables import TABLES
    from abate.timeline.patient_days import patient_days

    tables = {name: engine.load(name, folder / f"{name}.parquet") for name in TABLES}
    patients = tables["patients"]
    follow_up = engine.keep("follow_up", patients.select("patient_id", "course_id", last_day=patients.last_contact_day))
    return {**tables, "follow_up": follow_up, "days": engine.keep("days", patient_days(follow_up, DAYS - 1))}


def features_of(tables: Mapping[str, "ibis.Table"], engine: "Engine", keys: Sequence[str]) -> "ibis.Table":
    """Return the features of every patient-day that some systems read; all of them where none is named."""
    from abate.grading.systems import SYSTEMS
    from abate.records.dictionary import dictionary
    from abate.records.options import Options
    from abate.timeline.features import features

    asked = frozenset().union(*(SYSTEMS[key].reads for key in keys))
    return features(tables, tables["days"], tables["follow_up"], dictionary(), Options({}), engine, asked)


def graded_by(key: str, features: "ibis.Table", engine: "Engine") -> "ibis.Table":
    """Return the grade of every patient-day by one system."""
    from abate.grading.rules import grade_days
    from abate.grading.systems import SYSTEMS
    from abate.records.options import Options

    return engine.keep(f"graded_{key}", grade_days(features, SYSTEMS[key], Options({})))


def derived(folder: Path, engine: "Engine", asked: Sequence[str], graded: Sequence[str]) -> dict[str, "ibis.Table"]:
    """Return the grades of every patient-day by some systems, derived in parts as the product does.

    Where it is not to be graded at all, these are the features that the systems asked for read.
    """
    from abate.engine.haste import swiftly
    from abate.engine.parts import in_parts

    names = {key: f"graded_{key}" for key in graded} or {"features": "features"}

    def derive(tables: Mapping[str, "ibis.Table"]) -> None:
        with engine.only("features"):
            found = features_of(tables, engine, asked)
        for key in graded:
            graded_by(key, found, engine)

    with swiftly():
        done = in_parts(tables_of(folder, engine), list(names.values()), derive, engine, PART, lambda _: None)
    return {key: done[name] for key, name in names.items()}


def grade(keys: Sequence[str], chosen: argparse.Namespace) -> Figures:
    """Derive the features of every patient-day and grade it by some systems.

    Raises
    ------
    RuntimeError
        If there are other systems of CRS than those named here.
    """
    from abate.grading.systems import SYSTEMS

    if {system.key for system in SYSTEMS.values() if system.toxicity == "CRS"} != set(SYSTEMS_OF_CRS):
        raise RuntimeError("SYSTEMS_OF_CRS does not name the systems of CRS.")
    engine, kept = timed_engine(chosen.spill, chosen.profile)
    start = time.perf_counter()
    done = derived(chosen.data, engine, keys, keys)
    rows = {key: int(table.count().to_pyarrow().as_py()) for key, table in done.items()}
    seconds = time.perf_counter() - start
    peak = peak_mib()
    grades = {key: [(row["grade"], row["rows"]) for row in _counts(done[key]).to_pyarrow().to_pylist()] for key in keys}
    return {"seconds": seconds, "peak_mib": peak, "kept": kept, "rows": rows, "grades": grades}


def _counts(table: "ibis.Table") -> "ibis.Table":
    return table.group_by("grade").aggregate(rows=table.count()).order_by("grade")


TASKS: dict[str, Callable[[argparse.Namespace], Figures]] = {
    "scan": scan,
    "pivot": pivot,
    **{task: partial(grade, keys) for task, keys in WORK.items()},
}


def written(data: Path, patients: int) -> Path:
    """Write a cohort of that size, unless it is there, and return its folder."""
    # In a process of its own too: this one stays small, for a child's peak is at least its parent's size.
    writer, folder = Path(__file__).with_name("generate.py"), data / str(patients)
    command = [sys.executable, str(writer), "--patients", str(patients), "--data", str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder


def measure(task: str, folder: Path, patients: int, repeats: int, *arguments: str) -> Figures:
    """Run a task with scans and pivots between, and return the figures of its line, with what stands behind them.

    Raises
    ------
    RuntimeError
        If not every patient-day was graded.
    """
    runs: dict[str, list[Figures]] = {name: [] for name in (task, "pivot", "scan")}
    for name in interleaved([task, "pivot"] * repeats, "scan"):
        runs[name].append(run(__file__, name, folder, *arguments))
    mine = runs[task]
    for name, rows in mine[0]["rows"].items():
        if rows != patients * DAYS:
            message = f"{name}: {rows} patient-days, {patients * DAYS} expected"
            raise RuntimeError(message)
    seconds = {name: median(one["seconds"] for one in those) for name, those in runs.items()}
    return {
        "task": task,
        "patients": patients,
        "rows": patients * ROWS_A_PATIENT,
        "seconds": seconds[task],
        "peak_mib": max(one["peak_mib"] for one in mine),
        "ratio_scan": seconds[task] / seconds["scan"],
        "ratio_pivot": seconds[task] / seconds["pivot"],
        "runs": {name: [one["seconds"] for one in those] for name, those in runs.items()},
        "kept": mine[-1]["kept"],
        "grades": mine[-1]["grades"],
    }


def line(figures: Figures) -> str:
    """Return the line that a benchmark run is compared by."""
    return (
        f"{figures['task']} {figures['patients']} {figures['rows']} {figures['seconds']:.1f} {figures['peak_mib']:.0f} "
        f"ratio_scan={figures['ratio_scan']:.1f} ratio_pivot={figures['ratio_pivot']:.1f}"
    )


def profile(figures: Figures) -> Iterator[str]:
    """Yield the seconds of each kept step of the last run, slowest first, and the grades given."""
    yield from steps(figures["kept"], figures["runs"][figures["task"]][-1])
    for system, counts in figures["grades"].items():
        given = ", ".join(f"{'none' if grade is None else grade}: {rows}" for grade, rows in counts)
        yield f"{system} patient-days by grade: {given}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark from the command line, or one task of it."""
    parser = argparse.ArgumentParser(description="Derive features and grade CRS, against a scan and a pivot.")
    parser.add_argument("--only", nargs="+", choices=list(WORK), default=list(WORK), help="all unless named")
    parser.add_argument("--patients", type=int, nargs="+", default=[100_000], help="sizes; 100000 unless given")
    parser.add_argument("--data", type=Path, default=DATA, help="where each size has a folder; benchmarks/data")
    parser.add_argument("--repeats", type=int, help="runs of each, of which the median counts; fewer of more patients")
    parser.add_argument("--profile", action="store_true", help="also print the seconds of each step, and the grades")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    add_hidden(parser)
    chosen = parser.parse_args(arguments)
    if chosen.task:
        print(json.dumps(TASKS[chosen.task](chosen)))
        return
    found = []
    for patients in chosen.patients:
        folder = written(chosen.data, patients)
        for task in chosen.only:
            repeats, more = chosen.repeats or repeats_at(patients), ("--profile",) if chosen.profile else ()
            figures = measure(task, folder, patients, repeats, *more)
            found.append(figures)
            print(line(figures), flush=True)
            if chosen.profile:
                print("\n".join(profile(figures)), flush=True)
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
