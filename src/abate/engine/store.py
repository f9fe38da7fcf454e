"""The engine: one Ibis backend, and the tables kept in it between rooms."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa

from abate.engine.embedded import embedded
from abate.engine.translate import with_nulls


def batches(rows: ibis.Table, size: int) -> pa.RecordBatchReader:
    """Return the rows of an expression piece by piece; other engines than the embedded one hand them over at once."""
    backend = rows.get_backend()
    schema = with_nulls(rows.schema()).to_pyarrow()
    if backend.name != "duckdb":
        return rows.to_pyarrow().to_reader(size)
    # Ibis asks DuckDB 2 for its batches by a name that is no longer there.
    found = backend.con.sql(backend.compile(rows)).to_arrow_reader(size)
    return pa.RecordBatchReader.from_batches(schema, (batch.cast(schema) for batch in found))


class Engine:
    """An Ibis backend with named results.

    A derivation is an expression; :meth:`keep` runs it once and hands back a table that the next
    room reads. Without it Ibis inlines an expression wherever it is used, and runs it again.

    Parameters
    ----------
    backend
        An Ibis backend; :func:`abate.engine.embedded.embedded` by default.

    Examples
    --------
    >>> import pyarrow as pa
    >>> engine = Engine()
    >>> kept = engine.keep("numbers", ibis.memtable(pa.table({"x": [1, 2]})))
    >>> kept.x.sum().to_pyarrow().as_py()
    3
    """

    def __init__(self, backend: Any = None, prefix: str = "") -> None:
        self.backend = embedded() if backend is None else backend
        self.prefix = prefix
        self.kept: set[str] = set()

    def within(self, prefix: str) -> "Engine":
        """Return the same backend under names of their own, for a derivation that is made twice."""
        other = Engine(self.backend, f"{prefix}_")
        other.kept = self.kept
        return other

    def keep(self, name: str, expression: ibis.Table) -> ibis.Table:
        """Run an expression and keep its rows under a name; a name used before is replaced."""
        name = self.prefix + name
        # A table that replaces another is written beside it first.
        again = name in self.kept
        self.kept.add(name)
        kept: ibis.Table = self.backend.create_table(name, expression, overwrite=again, temp=True, later=True)
        return kept

    def hold(self, name: str, rows: pa.Table) -> ibis.Table:
        """Return a table in memory under a name; the embedded engine reads it where it is."""
        self.backend.con.register(name, rows)
        held: ibis.Table = self.backend.table(name)
        return held

    def load(self, name: str, path: Path) -> ibis.Table:
        """Return a Parquet file as a table: the embedded engine reads it in place, others take it over."""
        load = getattr(self.backend, "load", None)
        return load(name, path) if load else self.backend.read_parquet(str(path), table_name=name)

    @contextmanager
    def only(self, *names: str) -> Iterator[None]:
        """Drop at the end what was kept meanwhile, but for the tables named: nothing else will read it again."""
        before = set(self.kept)
        yield
        for name in sorted(self.kept - before - {self.prefix + name for name in names}):
            self.backend.drop_table(name)
            self.kept.discard(name)
