"""Small CLIF data sets written as text tables, and what the reader made of them."""

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from abate.engine.ingest import Records
from abate.sources.clif import OPTIONAL, REQUIRED
from spec import cells

COLUMNS = REQUIRED | OPTIONAL
TYPES = {"text": pa.string(), "result": pa.string(), "time": pa.timestamp("us", tz="UTC"), "number": pa.float64()}

STAYS = """
    patient_id | hospitalization_id | admission_dttm   | discharge_dttm   | age_at_admission | discharge_category
    P          | H1                 | 2150-03-01 10:00 | 2150-03-08 12:00 | 61               | Home
"""
PEOPLE = "patient_id | sex_category | death_dttm\nP | Female |"


def write(folder: Path, mapping: str = "", **tables: str) -> Path:
    """Write text tables as CLIF files; columns that are not written are there and empty."""
    folder.mkdir(exist_ok=True)
    for name, text in {"hospitalization": STAYS, "patient": PEOPLE, **tables}.items():
        rows = cells(text)
        written = {}
        for column, kind in COLUMNS[name].items():
            plain = kind.rstrip("?")
            written[column] = pa.array([typed(row.get(column, ""), plain) for row in rows], TYPES[plain])
        pq.write_table(pa.table(written), folder / f"clif_{name}.parquet")
    if mapping:
        (folder / "abate.toml").write_text(mapping, encoding="utf-8")
    return folder


def as_csv(folder: Path) -> Path:
    """Write each Parquet file of a folder as CSV in its place, as R writes it."""
    for file in folder.glob("*.parquet"):
        table = pq.read_table(file)
        texts = [table.column(name).cast(pa.string()).fill_null("NA") for name in table.column_names]
        csv.write_csv(pa.table(texts, names=table.column_names), file.with_suffix(".csv"))
        file.unlink()
    return folder


def typed(cell: str, kind: str) -> Any:
    if not cell:
        return None
    if kind == "time":
        return dt.datetime.fromisoformat(cell).replace(tzinfo=dt.UTC)
    return float(cell) if kind == "number" else cell


def rows(records: Records, table: str, *names: str) -> list[tuple[Any, ...]]:
    """Return the used rows of a table in the order of their source."""
    found = records[table].order_by("source").select(*names).to_pyarrow().to_pylist()
    return [tuple(row.values()) for row in found]


def aside(records: Records) -> list[tuple[str, str, str]]:
    found = records.set_aside.order_by("table", "row_order").to_pyarrow().to_pylist()
    return [(row["table"], row["name"] or "", row["reason"]) for row in found]


def notes(records: Records) -> str:
    return "\n".join(str(problem) for problem in records.problems if problem.level == "note")
