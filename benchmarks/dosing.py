"""Dosing records: administrations, courses, daily doses of steroid, and doses around anchors, against a scan."""

import argparse
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from running import Figures, Start, filled, interleaved, peak_mib, timed_engine, timed_scan, written_once

if TYPE_CHECKING:
    import duckdb

DOSES = 50
"""Dosing records of a patient."""
VERSION, SEED = 1, 2020
"""Raise the version with every change of what is written: older folders are then written anew."""

PLAN = """
CREATE TABLE plan AS
SELECT
    range AS n, printf('P%06d', range + 1) AS patient_id,
    50 + floor(chance(range, 'weight') * 50) AS weight,
    1 + floor(chance(range, 'onset') * 7)::BIGINT AS onset
FROM range($patients)
"""

# Dexamethasone every 6 or 12 hours from the onset of CRS on, then methylprednisolone a day; anakinra every 12 or 24
# hours, in half of the patients with a pause that opens another course; tocilizumab every 8 or 24 hours. In 1 record
# of 32 each the amount is known as a range, the drug was put on the skin, was held, or was given four times; the last
# record of dexamethasone of every 20th patient is a total over its days.
GIVEN = """
CREATE TABLE given AS
SELECT
    *, (bits >> 48) & 31 AS odd,
    k = 21 AND n % 20 = 0 AS total,
    drug = 'methylprednisolone' AS runs,
    runs AND (bits >> 44) & 1 = 0 AS by_rate,
    NOT runs AND (bits >> 40) & 7 = 0 AS untimed,
    onset * 1440 + 480 + (bits & 31)::BIGINT + CASE drug
        WHEN 'dexamethasone' THEN k * (360 + 360 * (n % 2))
        WHEN 'methylprednisolone' THEN (k - 16 + 5 * (n % 2)) * 1440
        WHEN 'anakinra' THEN
            (k - 31) * (720 + 720 * (n // 2 % 2)) + CASE WHEN n // 4 % 2 = 0 AND k > 39 THEN 5 * 1440 ELSE 0 END
        ELSE (k - 47) * (480 + 960 * (n % 2))
    END AS minute,
    CASE drug
        WHEN 'dexamethasone' THEN CASE WHEN k < 12 THEN 10.0 WHEN k < 18 THEN 4.0 ELSE 2.0 END
        WHEN 'methylprednisolone' THEN 125.0 WHEN 'anakinra' THEN 100.0 ELSE 8.0
    END AS dose
FROM (
    SELECT
        plan.*, k, md5_number_lower('$seed/' || n || '/dose/' || k) AS bits,
        CASE WHEN k < 22 THEN 'dexamethasone' WHEN k < 32 THEN 'methylprednisolone' WHEN k < 47 THEN 'anakinra'
            ELSE 'tocilizumab' END AS drug
    FROM plan, range($doses) doses(k)
)
"""

DRUGS = """
SELECT
    patient_id, drug,
    CASE WHEN total THEN 'interval total' WHEN runs THEN 'infusion' ELSE 'dose' END AS kind,
    CASE WHEN total THEN 160.0 WHEN NOT by_rate AND odd <> 1 THEN dose END AS amount,
    CASE WHEN NOT by_rate AND NOT total AND odd = 1 THEN dose / 2 END AS amount_low,
    CASE WHEN NOT by_rate AND NOT total AND odd = 1 THEN dose END AS amount_high,
    CASE WHEN NOT by_rate THEN 'mg' END AS unit,
    CASE WHEN by_rate THEN 66.7 END AS rate, CASE WHEN by_rate THEN 'ug/kg/min' END AS rate_unit,
    CASE WHEN odd = 4 AND NOT runs AND NOT total THEN 4 END AS dose_count,
    CASE WHEN odd = 4 AND NOT runs AND NOT total THEN 1 END AS interval_h,
    drug = 'tocilizumab' AS per_kg,
    CASE WHEN odd = 2 THEN 'topical' WHEN drug = 'anakinra' AND n // 8 % 4 > 0 THEN 'SC'
        WHEN drug = 'dexamethasone' AND n % 3 = 0 THEN 'oral' ELSE 'IV' END AS route,
    CASE WHEN odd = 3 THEN 'held' ELSE 'given' END AS status,
    CASE WHEN drug IN ('dexamethasone', 'tocilizumab') THEN 'CRS' END AS indication,
    CASE WHEN total THEN onset ELSE given.minute // 1440 END AS day,
    CASE WHEN NOT total AND NOT untimed THEN given.minute END AS minute,
    CASE WHEN total OR untimed THEN 'day' ELSE 'minute' END AS time_precision,
    CASE WHEN total THEN given.minute // 1440 + 1 WHEN runs THEN (given.minute + 30) // 1440 END AS end_day,
    CASE WHEN runs THEN given.minute + 30 END AS end_minute,
    'drugs.parquet:' || row_number() OVER (ORDER BY patient_id, given.minute, k) AS source
FROM given ORDER BY patient_id, given.minute, k
"""

PATIENTS = """
SELECT
    patient_id, weight AS weight_kg, TIMESTAMP '2024-01-01' AS day0, 'infusion' AS day0_kind,
    28 AS last_contact_day, 'day' AS last_contact_precision, 'patients.parquet:' || (n + 1) AS source
FROM plan ORDER BY patient_id
"""

COVERAGE = """
SELECT
    patient_id, 'drugs' AS domain, true AS complete, 'none' AS time_precision,
    'coverage.parquet:' || (n + 1) AS source
FROM plan ORDER BY patient_id
"""

ANCHORS = """
SELECT patient_id, 1::BIGINT AS course_id, anchor, CASE anchor WHEN 'day 0' THEN 0 ELSE onset END::BIGINT AS day
FROM plan, unnest(['day 0', 'the onset of CRS']) anchors(anchor) ORDER BY patient_id, anchor
"""

# The columns that the derivations read; text has no sum.
NUMBERS = (
    *("course_id", "amount", "amount_low", "amount_high", "rate", "dose_count", "interval_h"),
    *("day", "minute", "end_day", "end_minute"),
)
WORDS = (
    *("patient_id", "drug", "kind", "unit", "rate_unit", "per_kg", "route", "status", "indication"),
    *("time_precision", "source"),
)


def _folder(chosen: argparse.Namespace) -> Path:
    return Path(chosen.data) / f"dosing_{chosen.records}"


def _write(connection: "duckdb.DuckDBPyConnection", folder: Path, patients: int) -> None:
    from generate import finished

    for statement in (PLAN, GIVEN):
        connection.execute(filled(statement, {"patients": patients, "doses": DOSES, "seed": SEED}))
    for name, query in {"patients": PATIENTS, "drugs": DRUGS, "coverage": COVERAGE, "anchors": ANCHORS}.items():
        whole = query if name == "anchors" else finished(connection, name, query)
        connection.execute(f"COPY ({whole}) TO '{folder / name}.parquet' (FORMAT parquet, COMPRESSION zstd)")


def write(chosen: argparse.Namespace) -> Figures:
    """Write the dosing records, unless they are there."""
    patients = chosen.records // DOSES
    said = {"patients": patients, "doses": DOSES, "seed": SEED, "version": VERSION}
    written_once(_folder(chosen), said, partial(_write, patients=patients))
    return {"patients": patients}


def scan(chosen: argparse.Namespace) -> Figures:
    """Read the drugs with sum, least and greatest of each column used."""
    parts = [f"sum({name}), min({name}), max({name})" for name in NUMBERS]
    parts += [f"min({name}), max({name})" for name in WORDS]
    return timed_scan(f"SELECT {', '.join(parts)} FROM read_parquet('{_folder(chosen)}/drugs.parquet')", chosen.spill)


def derive(chosen: argparse.Namespace) -> Figures:
    """Derive administrations, courses, daily doses with their curves, and doses around anchors, as a cohort does."""
    import ibis
    import pyarrow as pa

    from abate.exposure.administrations import administrations, given, interval_totals, outside_totals
    from abate.exposure.courses import courses
    from abate.exposure.daily_dose import daily_doses, dose_curves
    from abate.exposure.equivalence import dexamethasone_factors
    from abate.exposure.windows import anchor_windows, dose_in_windows
    from abate.records.options import Options
    from abate.timeline.joins import KEYS

    engine, kept = timed_engine(chosen.spill, chosen.profile)
    options, keep = Options({}), engine.keep
    start = time.perf_counter()
    names = ("patients", "drugs", "coverage", "anchors")
    records = {name: engine.backend.read_parquet(str(_folder(chosen) / f"{name}.parquet")) for name in names}
    rows = keep("given", given(records["drugs"], records["patients"].select(*KEYS, "weight_kg")))
    every = keep("administrations", administrations(rows))
    totals = keep("interval_totals", interval_totals(rows, options["exposure_from_day"]))
    doses = keep("doses_outside_totals", outside_totals(every, totals))
    found = {"administrations": every, "courses": keep("courses", courses(every, options["course_gap_days"]))}
    steroids = dexamethasone_factors(options["steroid_equivalence"])
    found["steroid_days"] = keep("steroid_days", daily_doses(every, steroids))
    found["dose_curves"] = keep("dose_curves", dose_curves(found["steroid_days"]))
    windows = keep("anchor_windows", anchor_windows(records["anchors"], options["exposure_from_day"]))
    alone = ibis.memtable(pa.table({"drug": ["tocilizumab"], "factor": [1.0]}))
    for name, drugs in {"anchored_steroids": steroids, "anchored_tocilizumab": alone}.items():
        found[name] = keep(name, dose_in_windows(windows, doses, totals, drugs, records["coverage"]))
    counts = {name: int(table.count().to_pyarrow().as_py()) for name, table in found.items()}
    return {"seconds": time.perf_counter() - start, "peak_mib": peak_mib(), "kept": kept, "rows": counts}


TASKS: dict[str, Callable[[argparse.Namespace], Figures]] = {"write_doses": write, "scan_doses": scan, "dosing": derive}


def measure(chosen: argparse.Namespace, start: Start) -> Iterator[Figures]:
    """Run dosing and the scans, and yield the figures of the line, with what stands behind them.

    Raises
    ------
    RuntimeError
        If a patient lacks a curve of steroid doses, or a window.
    """
    patients = start("write_doses")["patients"]
    runs: dict[str, list[Figures]] = {"scan_doses": [], "dosing": []}
    for task in interleaved(["dosing"] * chosen.repeats, "scan_doses"):
        runs[task].append(start(task))
    last = runs["dosing"][-1]
    # Before and from each of two anchors on.
    expected = {"dose_curves": patients, "anchored_steroids": 4 * patients, "anchored_tocilizumab": 4 * patients}
    for name, count in expected.items():
        if last["rows"][name] != count:
            message = f"{name}: {last['rows'][name]} rows, {count} expected"
            raise RuntimeError(message)
    seconds = {name: median(one["seconds"] for one in those) for name, those in runs.items()}
    yield {
        "task": "dosing",
        "patients": patients,
        "rows": patients * DOSES,
        "seconds": seconds["dosing"],
        "peak_mib": max(one["peak_mib"] for one in runs["dosing"]),
        "shown": {"ratio_scan": f"{seconds['dosing'] / seconds['scan_doses']:.1f}"},
        "runs": {name: [round(one["seconds"], 3) for one in those] for name, those in runs.items()},
        "kept": last["kept"],
        "kept_in": last["seconds"],
        "derived": last["rows"],
    }
