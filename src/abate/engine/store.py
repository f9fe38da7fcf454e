"""The engine: one Ibis backend, and the tables kept in it between rooms."""

from typing import Any

import ibis


class Engine:
    """An Ibis backend with named results.

    A derivation is an expression; :meth:`keep` runs it once and hands back a table that the next
    room reads. Without it Ibis inlines an expression wherever it is used, and runs it again.

    Parameters
    ----------
    backend
        An Ibis backend; DuckDB in memory by default.

    Examples
    --------
    >>> import pyarrow as pa
    >>> engine = Engine()
    >>> kept = engine.keep("numbers", ibis.memtable(pa.table({"x": [1, 2]})))
    >>> kept.x.sum().to_pyarrow().as_py()
    3
    """

    def __init__(self, backend: Any = None) -> None:
        self.backend = backend if backend is not None else ibis.duckdb.connect()
        # Neither the clock's zone nor a progress bar of the engine's own belongs in a result.
        self.backend.raw_sql("SET TimeZone = 'UTC'")
        self.backend.raw_sql("SET enable_progress_bar = false")
        # Nothing is fetched at run time, an extension of the engine neither.
        self.backend.raw_sql("SET autoinstall_known_extensions = false")
        self.backend.raw_sql("SET autoload_known_extensions = false")

    def keep(self, name: str, expression: ibis.Table) -> ibis.Table:
        """Run an expression and keep its rows under a name; a name used before is replaced."""
        kept: ibis.Table = self.backend.create_table(name, expression, overwrite=True, temp=True)
        return kept
