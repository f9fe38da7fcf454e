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

    def __init__(self, backend: Any = None, prefix: str = "") -> None:
        self.backend = backend if backend is not None else ibis.duckdb.connect()
        self.prefix = prefix
        self.kept: set[str] = set()
        # Neither the clock's zone nor a progress bar of the engine's own belongs in a result.
        self.backend.raw_sql("SET TimeZone = 'UTC'")
        self.backend.raw_sql("SET enable_progress_bar = false")
        # Nothing is fetched at run time, an extension of the engine neither.
        self.backend.raw_sql("SET autoinstall_known_extensions = false")
        self.backend.raw_sql("SET autoload_known_extensions = false")

    def within(self, prefix: str) -> "Engine":
        """Return the same backend under names of their own, for a derivation that is made twice."""
        other = Engine(self.backend, f"{prefix}_")
        other.kept = self.kept
        return other

    def keep(self, name: str, expression: ibis.Table) -> ibis.Table:
        """Run an expression and keep its rows under a name; a name used before is replaced."""
        name = self.prefix + name
        # Ibis writes a table twice where it may have to replace one.
        again = name in self.kept
        self.kept.add(name)
        kept: ibis.Table = self.backend.create_table(name, expression, overwrite=again, temp=True)
        return kept

    def forget(self, *names: str) -> None:
        """Drop tables that nothing will read again."""
        for name in names:
            self.backend.drop_table(self.prefix + name)
            self.kept.discard(self.prefix + name)
