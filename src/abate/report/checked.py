"""What is written of a check of records, and of an audit."""

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

from abate.engine.ingest import Records
from abate.engine.whole import write_whole
from abate.records.problems import Problem
from abate.report.text import csv_text


def write_audit(table: pa.Table, out: Path) -> Path:
    """Write ``audit.csv`` into a folder, and return where it is."""
    path = out / "audit.csv"
    write_whole(path, csv_text(table))
    return path


def write_problems(found: Iterable[Problem], out: Path) -> None:
    """Write ``problems.csv`` into a folder: every problem, also of records that cannot be used."""
    rows = [{"level": item.level, "place": item.place, "column": item.column, "message": str(item)} for item in found]
    names = pa.schema([(name, pa.string()) for name in ("level", "place", "column", "message")])
    write_whole(out / "problems.csv", csv_text(pa.Table.from_pylist(rows, schema=names)))


def write_check(records: Records, out: Path) -> None:
    """Write ``problems.csv``, ``set_aside.csv`` and ``accounting.csv`` into a folder.

    They hold patient identifiers and values: the full report that the terminal does not show.
    """
    write_problems(records.problems, out)
    aside = records.put_aside()
    for name, table in (("set_aside", aside), ("accounting", records.accounting)):
        write_whole(out / f"{name}.csv", csv_text(table))
