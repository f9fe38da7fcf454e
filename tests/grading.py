"""Grading for tests: rows of record tables in, one result a patient, day and system out."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import ibis
import pyarrow as pa

from abate.engine.store import Engine
from abate.grading.rules import grade_days
from abate.grading.systems import SYSTEMS
from abate.records.dictionary import dictionary
from abate.records.options import Options
from abate.records.tables import TABLES
from abate.timeline.features import features
from spec import cells

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
COVERED = ("drugs", "oxygen", "neuro", "events")


def table(name: str, rows: Iterable[Mapping[str, Any]]) -> ibis.Table:
    """Return rows as a finished record table; what a row does not say is null."""
    schema = TABLES[name].schema.to_pyarrow()
    filled = []
    for position, row in enumerate(rows):
        whole = {field.name: row.get(field.name) for field in schema} | {"course_id": row.get("course_id", 1)}
        whole["source"] = row.get("source") or f"{name}.csv:{position + 2}"
        if "time_precision" in schema.names:
            whole["time_precision"] = "day" if row.get("minute") is None else "minute"
        if name == "drugs":
            whole["status"] = row.get("status") or "given"
            whole["per_kg"] = bool(row.get("per_kg"))
        filled.append(whole)
    return ibis.memtable(pa.Table.from_pylist(filled, schema=schema))


def daily(
    patients: Sequence[Mapping[str, Any]], tables: Mapping[str, Rows], options: Mapping[str, Any], last_day: int
) -> tuple[ibis.Table, Options, Engine]:
    """Return the features of every patient-day from 0 to ``last_day`` (or the patient's own)."""
    records = {
        "patients": table("patients", [{**row, **_numbers(row)} for row in patients]),
        **{
            name: table(
                name,
                [{**row, "patient_id": patient} for patient, mine in tables.items() for row in mine.get(name, ())],
            )
            for name in TABLES
            if name != "patients"
        },
    }
    last = {row["patient_id"]: row.get("last_day", last_day) for row in patients}
    follow_up = {"patient_id": list(last), "course_id": [1] * len(last), "last_day": list(last.values())}
    days = [(patient, 1, day) for patient, end in last.items() for day in range(end + 1)]
    columns = dict(zip(("patient_id", "course_id", "day"), map(list, zip(*days, strict=True)), strict=True))
    engine, chosen = Engine(), Options(options)
    grid = ibis.memtable(pa.table(columns))
    found = features(records, grid, ibis.memtable(pa.table(follow_up)), dictionary(), chosen, engine)
    return found, chosen, engine


def _numbers(row: Mapping[str, Any]) -> dict[str, float | None]:
    return {name: float(row[name]) if row.get(name) not in (None, "") else None for name in ("age", "weight_kg")}


def graded(
    patients: Sequence[Mapping[str, Any]],
    tables: Mapping[str, Rows],
    options: Mapping[str, Any] | None = None,
    last_day: int = 0,
    complete: bool = False,
) -> dict[tuple[str, int, str], dict[str, Any]]:
    """Grade patient-days by every system: (patient, day, system) to its row.

    ``complete`` declares every domain complete.
    """
    promises = [{"domain": domain, "complete": True} for domain in COVERED] if complete else []
    every = {
        row["patient_id"]: {
            **tables.get(row["patient_id"], {}),
            "coverage": [*tables.get(row["patient_id"], {}).get("coverage", ()), *promises],
        }
        for row in patients
    }
    found, chosen, _ = daily(patients, every, options or {}, last_day)
    out = {}
    for key, system in SYSTEMS.items():
        for row in grade_days(found, system, chosen).to_pyarrow().to_pylist():
            out[row["patient_id"], row["day"], key] = row
    return out


def text_rows(text: str) -> list[dict[str, Any]]:
    """Return the rows of a text table with numbers as numbers and empty cells as null."""
    numeric = {"day", "minute", "end_day", "end_minute", "course_id"}
    floats = {"value", "flow", "fio2", "rate", "amount", "uln", "lln"}
    rows = []
    for row in cells(text):
        typed: dict[str, Any] = {}
        for name, cell in row.items():
            if cell == "":
                typed[name] = None
            elif name in numeric:
                typed[name] = int(cell)
            else:
                typed[name] = float(cell) if name in floats else cell
        rows.append(typed)
    return rows
