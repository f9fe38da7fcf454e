"""What is too large for memory: read and derived in parts of whole patients, written part by part."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import ibis
import pyarrow.parquet as pq

from abate.engine.store import Engine, batches

ORDER = ("patient_id", "course_id", "variable", "day", "minute", "source")
"""Rows stand in this order, as far as a table has the columns: what is read together stands together."""
PART = 2_000_000
"""Rows of a part, or a patient more. A table that has no more stays in memory."""
SCATTERED = 4
"""Where the rows of a patient lie further apart than that many times their number, they are sorted first: each part
would otherwise be looked for in the whole file."""
GROUP = 122_880
"""Rows of a group in Parquet, as DuckDB writes them."""


def in_order(rows: ibis.Table) -> ibis.Table:
    """Return rows in :data:`ORDER`."""
    return rows.order_by([column for column in ORDER if column in rows.columns])


def folder(engine: Engine) -> Path | None:
    """Return where the engine may write what it does not hold, None where it may not or looks after that itself."""
    if engine.backend.name != "duckdb":
        return None
    spill = engine.backend.raw_sql("SELECT current_setting('temp_directory')").fetchall()[0][0]
    return Path(spill) / "tables" if spill else None


def parts(raw: ibis.Table, engine: Engine, most: int) -> list[ibis.Table]:
    """Return a table as it came in parts, in the order of their patients.

    It is one part where it fits, or where nothing may be written.

    Parameters
    ----------
    raw
        With ``patient_id`` as it came.
    engine
        Where it is read.
    most
        As many rows it may have.
    """
    place = folder(engine)
    if most <= PART or place is None:
        return [raw]
    raw = raw.mutate(part__key=ibis.coalesce(raw.patient_id.cast("string").strip(), ""))
    span = raw.row_order.max() - raw.row_order.min() + 1
    found = _limits(raw.group_by("part__key").aggregate(rows=raw.count(), span=span), PART)
    if len(found) < 2:
        return [raw]
    if sum(limit["span"] for limit in found) > SCATTERED * sum(limit["rows"] for limit in found):
        place.mkdir(parents=True, exist_ok=True)
        path = place / f"{ibis.util.gen_name('abate_sorted')}.parquet"
        raw.order_by("part__key").to_parquet(path)
        raw = engine.backend.read_parquet(str(path))
    return [raw.filter(raw.part__key.between(limit["low"], limit["high"])) for limit in found]


def _limits(sizes: ibis.Table, most: int) -> list[dict[str, Any]]:
    """Return ``low`` and ``high`` of ``part__key``, and sums of ``rows`` and ``span``, of parts of so many rows."""
    upto = sizes["rows"].sum().over(ibis.window(order_by="part__key", rows=(None, 0)))
    # Who has no rows goes with the patient before.
    sizes = sizes.mutate(part=ibis.greatest(upto - 1, 0) // most)
    limits = sizes.group_by("part").aggregate(
        low=sizes.part__key.min(), high=sizes.part__key.max(), rows=sizes["rows"].sum(), span=sizes.span.sum()
    )
    found: list[dict[str, Any]] = limits.order_by("part").to_pyarrow().to_pylist()
    return found


def _days_of(tables: Mapping[str, ibis.Table]) -> ibis.Table:
    """Return the patient-days of each patient, also of one who has none."""
    grid = tables["days"].group_by(part__key="patient_id").aggregate(rows=ibis._.count())
    people = tables["patients"].select(part__key="patient_id").distinct()
    sizes = people.left_join(grid, "part__key").select("part__key", rows=ibis.coalesce(grid["rows"], 0))
    return sizes.mutate(span=sizes["rows"])


def in_parts(
    tables: Mapping[str, ibis.Table],
    names: Sequence[str],
    derive: Callable[[Mapping[str, ibis.Table]], object],
    engine: Engine,
    days: int,
    progress: Callable[[str], None],
) -> dict[str, ibis.Table]:
    """Run a derivation that looks at each patient alone, for a part of the patients after another where they are many.

    Parameters
    ----------
    tables
        What it reads, each with ``patient_id``; ``patients`` and the grid of ``days`` are among them.
    names
        What it keeps that is read afterwards; all else is dropped.
    derive
        Given the tables, of all patients or of a part, it keeps what is named in the engine.
    engine
        Of the tables.
    days
        Patient-days of a part, or a patient more.
    progress
        Called with a word before each part where there are several.

    Returns
    -------
    dict of str to ibis.Table
        What is named, of all patients: kept, or in Parquet files that lie where the engine spills.
    """
    place = folder(engine)
    found = _limits(_days_of(tables), days) if place else []
    if place is None or len(found) < 2:
        with engine.only(*names):
            derive(tables)
        return {name: engine.backend.table(name) for name in names}
    place = place / ibis.util.gen_name("abate_parts")
    for name in names:
        (place / name).mkdir(parents=True)
    for at, limit in enumerate(found):
        progress(f"part {at + 1} of {len(found)}")
        part = {
            name: table.filter(table.patient_id.between(limit["low"], limit["high"])) for name, table in tables.items()
        }
        with engine.only():
            derive(part)
            for name in names:
                engine.backend.write_table(name, place / name / f"{at:06}.parquet")
    return {name: engine.load(f"{place.name}_{name}", place / name / "*.parquet") for name in names}


class Pile:
    """Rows that come part by part: kept by the engine where there is one part, else in order in a Parquet file."""

    def __init__(self, engine: Engine, name: str, several: bool) -> None:
        self.engine, self.name = engine, name
        self.path = place / f"{name}.parquet" if several and (place := folder(engine)) else None
        self.writer: pq.ParquetWriter | None = None

    def add(self, rows: ibis.Table) -> None:
        """Take the rows of a part."""
        if self.path is None:
            self.engine.keep(self.name, rows)
            return
        found = batches(in_order(rows), GROUP)
        if self.writer is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # No row has the source of another.
            again = [name for name in found.schema.names if name != "source"]
            self.writer = pq.ParquetWriter(self.path, found.schema, use_dictionary=again)
        for batch in found:
            self.writer.write_batch(batch)

    def close(self) -> ibis.Table:
        """Return all rows as a table of the engine."""
        if self.path is None or self.writer is None:
            return self.engine.backend.table(self.engine.prefix + self.name)
        self.writer.close()
        return self.engine.load(self.name, self.path)
