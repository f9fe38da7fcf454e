"""A table that is too large for memory: read in parts of whole patients, written part by part."""

from pathlib import Path

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
    """Return where the engine may write what it does not hold, None where it may not."""
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
    sizes = raw.group_by("part__key").aggregate(rows=raw.count(), span=span)
    upto = sizes["rows"].sum().over(ibis.window(order_by="part__key", rows=(None, 0)))
    sizes = sizes.mutate(part=(upto - sizes["rows"]) // PART)
    limits = sizes.group_by("part").aggregate(
        low=sizes.part__key.min(), high=sizes.part__key.max(), rows=sizes["rows"].sum(), span=sizes.span.sum()
    )
    found = limits.order_by("part").to_pyarrow().to_pylist()
    if len(found) < 2:
        return [raw]
    if sum(limit["span"] for limit in found) > SCATTERED * sum(limit["rows"] for limit in found):
        place.mkdir(parents=True, exist_ok=True)
        path = place / f"{ibis.util.gen_name('abate_sorted')}.parquet"
        raw.order_by("part__key").to_parquet(path)
        raw = engine.backend.read_parquet(str(path))
    return [raw.filter(raw.part__key.between(limit["low"], limit["high"])) for limit in found]


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
