"""Small patient tables written as text: the form in which the tests state what they test.

A table has a header and one row a line, cells separated by ``|``; an empty cell is missing.
"""

from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa

from abate.engine.ingest import Records, ingest
from abate.engine.store import Engine
from abate.records.tables import TABLES
from abate.sources.folder import read_folder


def cells(text: str) -> list[dict[str, str]]:
    """Return the rows of a text table."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    header, *rows = lines
    return [dict(zip(header, row, strict=True)) for row in rows]


def write_folder(folder: Path, mapping: str = "", **tables: str) -> Path:
    """Write text tables as a folder of CSV files, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in tables.items():
        rows = cells(text)
        lines = [list(rows[0]), *(list(row.values()) for row in rows)]
        quoted = (",".join('"' + cell.replace('"', '""') + '"' if cell else "" for cell in line) for line in lines)
        (folder / f"{name}.csv").write_text("\n".join(quoted) + "\n", encoding="utf-8")
    if mapping:
        (folder / "abate.toml").write_text(mapping, encoding="utf-8")
    return folder


def read_records(folder: Path, mapping: str = "", **tables: str) -> Records:
    """Write text tables as a folder and read them through the folder door."""
    engine = Engine()
    return ingest(read_folder(write_folder(folder, mapping, **tables), engine.backend), engine)


def frame(text: str, table: str = "", **kinds: str) -> ibis.Table:
    """Return a text table as an Ibis table.

    Columns of a record table have its types; others those given, else text. A record table gets
    all its columns, and ``course_id`` 1 and ``status`` given where they are not written.
    """
    rows: list[dict[str, Any]] = [dict(row) for row in cells(text)]
    schema: dict[str, Any] = {}
    if table:
        schema = {field.name: field.type for field in TABLES[table].schema.to_pyarrow()}
        for row in rows:
            row.setdefault("course_id", "1")
            if table == "drugs":
                row["status"] = row.get("status") or "given"
                row["kind"] = row.get("kind") or "dose"
                row["per_kg"] = row.get("per_kg") or "no"
            if table not in ("patients",) and row.get("day") and not row.get("time_precision"):
                row["time_precision"] = "minute" if row.get("minute") else "day"
    names = {"int": pa.int64(), "float": pa.float64(), "text": pa.string(), "bool": pa.bool_()}
    schema |= {name: names[kind] for name, kind in kinds.items()}
    for name in rows[0]:
        schema.setdefault(name, pa.string())
    arrays = {name: pa.array([_typed(row.get(name, ""), kind) for row in rows], kind) for name, kind in schema.items()}
    return ibis.memtable(pa.table(arrays))


def _typed(cell: str, kind: Any) -> Any:
    if cell == "":
        return None
    if pa.types.is_integer(kind):
        return int(cell)
    if pa.types.is_floating(kind):
        return float(cell)
    if pa.types.is_boolean(kind):
        return cell in ("yes", "true")
    return cell


def rows_of(table: ibis.Table, *columns: str, order: str = "patient_id") -> list[tuple[Any, ...]]:
    """Return some columns of a table as tuples, ordered."""
    chosen = table.order_by(list(dict.fromkeys([*order.split(), *columns]))).select(*columns).to_pyarrow()
    return [tuple(row.values()) for row in chosen.to_pylist()]
