"""What ``run.json`` keeps: versions, input hashes, options, counts."""

import datetime
import hashlib
import importlib.metadata
import platform
from typing import Any

from abate.cohort import Cohort
from abate.engine.ingest import Records

PACKAGES = (
    "abate",
    "ibis-framework",
    "duckdb",
    "pyarrow",
    "numpy",
    "scipy",
    "ucumvert",
    "altair",
    "vl-convert-python",
)


def input_hash(records: Records) -> str:
    """Return one hash over all input files and their names."""
    joined = "\n".join(f"{name} {digest}" for name, digest in sorted(records.source.hashes.items()))
    return hashlib.sha256(joined.encode()).hexdigest()


def run_record(cohort: Cohort, now: datetime.datetime) -> dict[str, Any]:
    """Return everything that a run rests on, ready for JSON; where a server is stands nowhere in it."""
    records = cohort.records
    backend = records.engine.backend
    return {
        "made": now.isoformat(timespec="seconds"),
        "versions": {"python": platform.python_version()}
        | {name: importlib.metadata.version(name) for name in PACKAGES},
        "engine": {"name": backend.name, "version": backend.version},
        "input": {
            "hash": input_hash(records),
            "files": dict(records.source.hashes),
            "rows": dict(records.source.rows),
        },
        "options": dict(cohort.options),
        "systems": list(cohort.systems),
        "declared_coverage": dict(records.study.coverage),
        "counts": {
            row["table"]: {name: row[name] for name in ("rows_in", "values_in", "used", "set_aside")}
            for row in records.accounting.to_pylist()
        },
        "note": "Research software. Attribution is assumed, never known. No dosing advice.",
    }
