"""Records that were read and judged once, kept as typed Parquet: what a run starts from, on any engine."""

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from abate.engine.ingest import Records
from abate.engine.parts import in_order
from abate.engine.store import Engine
from abate.engine.whole import whole_folder
from abate.records.problems import AbateError, Problem
from abate.records.tables import TABLES
from abate.sources.folder import Source, sha256
from abate.sources.mapping import NAME, read_mapping

MARKER = "ingested.json"
"""The file that says that a folder holds ingested records; written last."""
FORMAT = 1
KINDS = (*TABLES, "set_aside")
SAID = ("title", "population", "mark")
"""What a door may say of a study besides its mapping file."""


def is_ingested(path: Path) -> bool:
    """Say whether a folder holds ingested records."""
    return (path / MARKER).is_file()


def write_ingested(records: Records, out: Path, progress: Callable[[str], None]) -> None:
    """Write records as a folder that :func:`read_ingested` reads.

    Parameters
    ----------
    records
        From :func:`abate.engine.ingest.ingest`, on the embedded engine.
    out
        The folder: a Parquet file a table, what was set aside, the mapping file as it was, and ``ingested.json``.
        Written whole or not at all. It holds patient identifiers and values.
    progress
        Called with a word before each table.

    Raises
    ------
    AbateError
        If the place holds something else.
    """
    study, source = records.study, records.source
    with whole_folder(out, MARKER, "folder of ingested records") as work:
        rows = {}
        for name in KINDS:
            progress(f"writing {name}")
            table = records.set_aside if name == "set_aside" else records[name]
            path = work / f"{name}.parquet"
            if name in records.files:
                shutil.copyfile(records.files[name], path)
            else:
                in_order(table).to_parquet(path)
            rows[name] = pq.read_metadata(path).num_rows
        if source.mapping:
            (work / NAME).write_text(source.mapping, encoding="utf-8")
        said = {
            "format": FORMAT,
            "rows": rows,
            "study": {name: getattr(study, name) for name in SAID} | {"day0_kind": study.reading.day0_kind},
            "brought": records.brought,
            "numeric": records.numeric,
            "accounting": records.accounting.to_pylist(),
            "problems": [asdict(problem) for problem in records.problems],
            "files": dict(source.hashes),
            "file_rows": dict(source.rows),
        }
        (work / MARKER).write_text(json.dumps(said, indent=1), encoding="utf-8")


def read_ingested(path: Path, engine: Engine) -> Records:
    """Return the records of a folder that :func:`write_ingested` wrote, on any engine.

    Parameters
    ----------
    path
        The folder. Options, groups and comparisons in its ``abate.toml`` may be changed; how cells are read may not
        be any more.
    engine
        Where the tables are read to.

    Raises
    ------
    AbateError
        If the folder is of another version, or a file in it is missing or cut off.
    """
    said = _said(path)
    study = read_mapping(path / NAME)
    reading = replace(study.reading, day0_kind=said["study"]["day0_kind"])
    study = replace(study, reading=reading, **{name: said["study"][name] for name in SAID})
    tables = {name: engine.load(name, path / f"{name}.parquet") for name in KINDS}
    there = (path / NAME).is_file()
    hashes = said["files"] | ({NAME: sha256(path / NAME)} if there else {})
    mapping = (path / NAME).read_text(encoding="utf-8-sig") if there else ""
    return Records(
        engine,
        Source(path, study, {}, {}, hashes, said["file_rows"], mapping=mapping),
        {name: tables[name] for name in TABLES},
        tables["set_aside"],
        pa.Table.from_pylist(said["accounting"]),
        tuple(Problem(**{**problem, "rows": tuple(problem["rows"])}) for problem in said["problems"]),
        tuple(said["brought"]),
        tuple(said["numeric"]),
    )


def _said(path: Path) -> dict[str, Any]:
    """Return what the marker says, once every file is seen to hold the rows that it names."""
    advice = "Ingest the records again (abate ingest)."
    try:
        said: dict[str, Any] = json.loads((path / MARKER).read_text(encoding="utf-8"))
        known = said["format"] == FORMAT
    except (ValueError, KeyError, TypeError) as error:
        expected = "Expected what abate ingest wrote"
        raise AbateError(f"{path.name}/{MARKER}: this cannot be read. {expected}. {advice}") from error
    if not known:
        expected = f"Expected format {FORMAT}"
        raise AbateError(f"{path.name}/{MARKER}: another version of abate wrote these records. {expected}. {advice}")
    wrong = [f"{name}.parquet" for name, rows in said["rows"].items() if _rows(path / f"{name}.parquet") != rows]
    if wrong:
        found = "is missing or not whole" if len(wrong) == 1 else "are missing or not whole"
        raise AbateError(f"{path.name}: {', '.join(wrong)} {found}. Expected the files that were ingested. {advice}")
    return said


def _rows(path: Path) -> int:
    """Return the rows of a Parquet file, -1 where it is none."""
    try:
        return int(pq.read_metadata(path).num_rows)
    except (OSError, pa.ArrowInvalid):
        return -1
