"""DuckDB in this process as an Ibis backend: the default engine."""

from pathlib import Path
from typing import Any

import ibis.expr.operations as ops
from ibis.backends import duckdb
from ibis.backends.sql import compilers

from abate.engine.translate import Translation, in_order, with_nulls


class Compiler(Translation, compilers.DuckDBCompiler):  # type: ignore[misc]
    """Ibis' compiler for DuckDB."""


class Backend(duckdb.Backend):  # type: ignore[misc]
    """Runs Ibis expressions on DuckDB; what is kept is a temporary table with the columns that an expression says."""

    compiler = Compiler()

    def _run_pre_execute_hooks(self, expr: Any) -> None:
        if any(isinstance(node, ops.InMemoryTable | ops.ScalarUDF) for node in in_order(expr.op())):
            super()._run_pre_execute_hooks(expr)

    def create_table(self, name: str, /, obj: Any = None, *, overwrite: bool = False, **_: Any) -> Any:
        """Run an expression into a temporary table; the name of one that it reads may be taken."""
        self._run_pre_execute_hooks(obj)
        schema, work = with_nulls(obj.schema()), f"{name}__next" if overwrite else name
        kinds = self.compiler.type_mapper
        columns = ", ".join(f"{_quoted(column)} {kinds.to_string(kind)}" for column, kind in schema.items())
        query = self.compile(obj)
        self.con.execute(f"CREATE TEMP TABLE {_quoted(work)} ({columns})")
        self.con.execute(f"INSERT INTO {_quoted(work)} {query}")
        if overwrite:
            self.con.execute(f"DROP TABLE {_quoted(name)}")
            self.con.execute(f"ALTER TABLE {_quoted(work)} RENAME TO {_quoted(name)}")
        place = ops.Namespace(catalog="temp", database="main")
        return ops.DatabaseTable(name, schema=schema, source=self, namespace=place).to_expr()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def embedded(memory: str = "", spill: Path | None = None) -> Backend:
    """Return the default backend: DuckDB in this process, in memory, on every core.

    Parameters
    ----------
    memory
        The most that it may hold, such as ``4GB``; four fifths of the machine's unless given.
    spill
        Folder for what does not fit; nothing is written anywhere where none is given.
    """
    # Neither the clock's zone nor a progress bar of the engine's own belongs in a result; nothing is fetched at
    # run time, an extension of the engine neither.
    settings: dict[str, Any] = {"TimeZone": "UTC", "enable_progress_bar": False}
    settings |= {"autoinstall_known_extensions": False, "autoload_known_extensions": False}
    settings["temp_directory"] = str(spill) if spill else ""
    if memory:
        settings["memory_limit"] = memory
    backend = Backend().connect()
    for name, value in settings.items():
        written = str(value).replace("'", "''")
        backend.raw_sql(f"SET {name} = '{written}'")
    return backend
