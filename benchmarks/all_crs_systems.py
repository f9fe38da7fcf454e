"""Grade every patient-day of a cohort by all systems of CRS, and compare it with reading the file.

Starts from ingested Parquet (see ``generate.py``, which writes it where it is absent) and prints

``all_crs_systems PATIENTS ROWS SECONDS PEAK_MIB ratio_scan=R ratio_pivot=P``

R is the seconds of grading over the median of interleaved plain scans, P over those of a pivot written
by hand in SQL. Every run is a process of its own, so that the peak of memory is that of the run.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from generate import DAYS, ROWS_A_PATIENT
from running import DATA, Figures, add_hidden, backend, interleaved, peak_mib, run, steps, timed_engine, timed_scan

if TYPE_CHECKING:
    import ibis

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


def scan(folder: Path, spill: str) -> Figures:
    """Read the measurements with sum, least and greatest of each column used."""
    return timed_scan(SCAN.format(path=_measurements(folder)), spill)


def pivot(folder: Path, spill: str) -> Figures:
    """Turn the measurements into one row a patient-day by SQL written by hand, kept as a table."""
    connection = backend(spill)
    start = time.perf_counter()
    connection.con.execute(PIVOT.format(path=_measurements(folder)))
    return {"seconds": time.perf_counter() - start}


def grade(folder: Path, spill: str) -> Figures:
    """Grade every patient-day by all systems of CRS; every step that is kept is timed."""
    from abate.grading.rules import grade_days
    from abate.grading.systems import SYSTEMS
    from abate.records.dictionary import dictionary
    from abate.records.options import Options
    from abate.records.tables import TABLES
    from abate.timeline.features import features
    from abate.timeline.patient_days import patient_days

    engine, kept = timed_engine(spill)
    options, known = Options({}), dictionary()
    start = time.perf_counter()
    records = {name: engine.backend.read_parquet(str(folder / f"{name}.parquet")) for name in TABLES}
    patients = records["patients"]
    follow_up = engine.keep("follow_up", patients.select("patient_id", "course_id", last_day=patients.last_contact_day))
    days = engine.keep("days", patient_days(follow_up, DAYS - 1))
    found = features(records, days, follow_up, known, options, engine)
    graded = {
        system.key: engine.keep(f"graded_{system.key}", grade_days(found, system, options))
        for system in SYSTEMS.values()
        if system.toxicity == "CRS"
    }
    rows = {key: int(table.count().to_pyarrow().as_py()) for key, table in graded.items()}
    seconds = time.perf_counter() - start
    peak = peak_mib()
    grades = {
        key: [(row["grade"], row["rows"]) for row in _counts(table).to_pyarrow().to_pylist()]
        for key, table in graded.items()
    }
    return {"seconds": seconds, "peak_mib": peak, "kept": kept, "rows": rows, "grades": grades}


def _counts(table: "ibis.Table") -> "ibis.Table":
    return table.group_by("grade").aggregate(rows=table.count()).order_by("grade")


TASKS: dict[str, Callable[[Path, str], Figures]] = {"scan": scan, "pivot": pivot, "grade": grade}


def measure(folder: Path, patients: int, repeats: int) -> Figures:
    """Run everything and return the figures of the line, with what stands behind them.

    Raises
    ------
    RuntimeError
        If a system did not grade every patient-day.
    """
    runs: dict[str, list[Figures]] = {name: [] for name in TASKS}
    for task in interleaved(["grade", "pivot"] * repeats, "scan"):
        runs[task].append(run(__file__, task, folder))
    graded = runs["grade"]
    for system, rows in graded[0]["rows"].items():
        if rows != patients * DAYS:
            message = f"{system}: {rows} patient-days graded, {patients * DAYS} expected"
            raise RuntimeError(message)
    seconds = {name: median(one["seconds"] for one in those) for name, those in runs.items()}
    return {
        "patients": patients,
        "rows": patients * ROWS_A_PATIENT,
        "seconds": seconds["grade"],
        "peak_mib": max(one["peak_mib"] for one in graded),
        "ratio_scan": seconds["grade"] / seconds["scan"],
        "ratio_pivot": seconds["grade"] / seconds["pivot"],
        "scan_seconds": [one["seconds"] for one in runs["scan"]],
        "pivot_seconds": [one["seconds"] for one in runs["pivot"]],
        "grade_seconds": [one["seconds"] for one in graded],
        "kept": graded[-1]["kept"],
        "grades": graded[-1]["grades"],
    }


def line(figures: Figures) -> str:
    """Return the line that a benchmark run is compared by."""
    return (
        f"all_crs_systems {figures['patients']} {figures['rows']} {figures['seconds']:.1f} {figures['peak_mib']:.0f} "
        f"ratio_scan={figures['ratio_scan']:.1f} ratio_pivot={figures['ratio_pivot']:.1f}"
    )


def profile(figures: Figures) -> Iterator[str]:
    """Yield the seconds of each kept step of the last grading, slowest first, and the grades given."""
    yield from steps(figures["kept"], figures["grade_seconds"][-1])
    for system, counts in figures["grades"].items():
        given = ", ".join(f"{'none' if grade is None else grade}: {rows}" for grade, rows in counts)
        yield f"{system} patient-days by grade: {given}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark from the command line, or one task of it."""
    parser = argparse.ArgumentParser(description="Grade CRS by all systems, against a scan and a pivot.")
    parser.add_argument("--patients", type=int, default=100_000)
    parser.add_argument("--data", type=Path, help="folder; benchmarks/data/<patients> unless given")
    parser.add_argument("--repeats", type=int, default=1, help="runs of grading and of the pivot; the median counts")
    parser.add_argument("--profile", action="store_true", help="also print the seconds of each step, and the grades")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    add_hidden(parser)
    chosen = parser.parse_args(arguments)
    folder = chosen.data or DATA / str(chosen.patients)
    if chosen.task:
        print(json.dumps(TASKS[chosen.task](folder, chosen.spill)))
        return
    # In a process of its own too: this one stays small, for a child's peak is at least its parent's size.
    writer = Path(__file__).with_name("generate.py")
    command = [sys.executable, str(writer), "--patients", str(chosen.patients), "--data", str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    figures = measure(folder, chosen.patients, chosen.repeats)
    print(line(figures))
    if chosen.profile:
        print("\n".join(profile(figures)))
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
