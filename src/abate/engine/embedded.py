"""DuckDB in this process as an Ibis backend: the default engine."""

from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cache
from pathlib import Path
from typing import Any

import ibis.expr.operations as ops
from ibis.backends import duckdb
from ibis.backends.sql import compilers

from abate.engine.translate import Translation, in_order, with_nulls


class Compiler(Translation, compilers.DuckDBCompiler):  # type: ignore[misc]
    """Ibis' compiler for DuckDB."""

    in_place = False


class Backend(duckdb.Backend):  # type: ignore[misc]
    """Runs Ibis expressions on DuckDB; what is kept is a temporary table with the columns that an expression says.

    Tables are made one after the other in a thread of their own, while the next expression is written. Whoever asks
    for the connection waits until all are there, and gets the first error that there was.
    """

    compiler = Compiler()

    def do_connect(self, *args: Any, **kwargs: Any) -> None:
        """Connect as Ibis does."""
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="duckdb")
        # A table in memory that an expression reads lives until the expression has run.
        self._running: list[tuple[Future[None], Any]] = []
        super().do_connect(*args, **kwargs)

    @property
    def con(self) -> Any:
        """The connection, with nothing running on it."""
        running, self._running = self._running, []
        try:
            for made, _ in running:
                made.result()
        except BaseException as error:
            for made, _ in running:
                made.cancel()
            if not isinstance(error, Exception):  # somebody wants an end, and not to wait for it
                self._connection.interrupt()
            wait([made for made, _ in running])
            raise
        return self._connection

    @con.setter
    def con(self, connection: Any) -> None:
        self._connection = connection

    def _run(self, statements: list[str]) -> None:
        for statement in statements:
            self._connection.execute(statement)

    def _later(self, statements: list[str], read: Any = None) -> None:
        """Run statements after those before them; hold what they read meanwhile."""
        self._running.append((self._worker.submit(self._run, statements), read))

    def _run_pre_execute_hooks(self, expr: Any) -> None:
        if any(isinstance(node, ops.InMemoryTable | ops.ScalarUDF) for node in in_order(expr.op())):
            super()._run_pre_execute_hooks(expr)

    def create_table(
        self, name: str, /, obj: Any = None, *, overwrite: bool = False, later: bool = False, **_: Any
    ) -> Any:
        """Run an expression into a temporary table, now or later; the name of one that it reads may be taken."""
        self._run_pre_execute_hooks(obj)
        schema, work = with_nulls(obj.schema()), _quoted(f"{name}__next" if overwrite else name)
        columns = ", ".join(f"{_quoted(column)} {_written(kind)}" for column, kind in schema.items())
        statements = [f"CREATE TEMP TABLE {work} ({columns})", f"INSERT INTO {work} {self.compile(obj)}"]
        if overwrite:
            statements += [f"DROP TABLE {_quoted(name)}", f"ALTER TABLE {work} RENAME TO {_quoted(name)}"]
        self._later(statements, obj)
        if not later:
            _ = self.con
        place = ops.Namespace(catalog="temp", database="main")
        return ops.DatabaseTable(name, schema=schema, source=self, namespace=place).to_expr()

    def write_table(self, name: str, path: Path) -> None:
        """Write a table that was kept as Parquet, later."""
        place = str(path).replace("'", "''")
        self._later([f"COPY {_quoted(name)} TO '{place}' (FORMAT parquet)"])

    def drop_table(self, name: str, /, **_: Any) -> None:
        """Drop a table that was kept."""
        self._later([f"DROP TABLE {_quoted(name)}"])


@cache
def _written(kind: Any) -> str:
    """Return a type in the words of DuckDB."""
    return str(Compiler.type_mapper.to_string(kind))


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
    backend: Backend = Backend().connect()
    for name, value in settings.items():
        written = str(value).replace("'", "''")
        backend.raw_sql(f"SET {name} = '{written}'")
    return backend
