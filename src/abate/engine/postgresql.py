"""PostgreSQL as an Ibis backend: what is kept lives in temporary tables of one connection."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import ibis.expr.schema as sch
import pyarrow as pa
import pyarrow.dataset as ds
import sqlglot.expressions as sge
from ibis.backends.sql import SQLBackend, compilers

from abate.engine.translate import Translation, with_nulls

SETTINGS = {
    "timezone": "UTC",
    "client_min_messages": "warning",
    # Written expressions are long and run once.
    "jit": "off",
    # The planner takes several keys of one patient for independent, expects one row, and loops over all of them.
    "enable_nestloop": "off",
    "work_mem": "256MB",
    "temp_buffers": "256MB",
}


class Compiler(Translation, compilers.PostgresCompiler):  # type: ignore[misc]
    """Ibis' compiler, where PostgreSQL needs more words."""

    def visit_Cast(self, op: Any, *, arg: Any, to: Any) -> Any:  # noqa: N802
        """Cast; a truth value becomes a number by way of the one integer that it can become."""
        if op.arg.dtype.is_boolean() and to.is_numeric() and not to.is_boolean():
            arg = self.cast(arg, dt.int32)
        return super().visit_Cast(op, arg=arg, to=to)

    def visit_Divide(self, op: Any, *, left: Any, right: Any) -> Any:  # noqa: N802
        """Divide; SQLGlot loses the cast that whole numbers need where a quotient stands in two columns."""
        if op.left.dtype.is_integer() and op.right.dtype.is_integer():
            left = self.cast(left, dt.float64)
        return sge.Div(this=sge.paren(left), expression=sge.paren(right), typed=True, safe=False)


class Backend(SQLBackend):  # type: ignore[misc]
    """Runs Ibis expressions on a PostgreSQL server.

    Ibis' own backend stands on a driver under the LGPL and hands rows over one by one; this one stands on ADBC
    (Apache-2.0), which hands over whole columns. Its tables are temporary: they end with the connection, nobody
    else sees them, and nothing that was there is touched.
    """

    name = "postgres"
    compiler = Compiler()
    supports_temporary_tables = True

    def do_connect(self, uri: str) -> None:
        """Connect to a server: ``postgresql://user:password@host:port/database``."""
        from adbc_driver_postgresql import dbapi

        self.con = dbapi.connect(uri, autocommit=True)
        self.schemas: dict[str, sch.Schema] = {}
        for name, value in SETTINGS.items():
            self.raw_sql(f"SET {name} = '{value}'")

    def disconnect(self) -> None:
        """End the connection, and with it every table that was kept."""
        self.con.close()

    @property
    def version(self) -> str:
        """The server's version."""
        return str(self.con.adbc_get_info()["vendor_version"])

    def raw_sql(self, query: str) -> None:
        """Run a statement that returns nothing."""
        with self.con.cursor() as cursor:
            cursor.execute(query)

    @contextmanager
    def _safe_raw_sql(self, query: Any) -> Iterator[None]:
        self.raw_sql(query if isinstance(query, str) else query.sql(self.dialect))
        yield

    def list_tables(self, *, like: str | None = None, database: Any = None) -> list[str]:  # noqa: ARG002
        """Return the tables that were kept."""
        found: list[str] = self._filter_with_like(self.schemas, like)
        return found

    def get_schema(self, name: str, *, catalog: Any = None, database: Any = None) -> sch.Schema:  # noqa: ARG002
        """Return the columns of a table that was kept."""
        return self.schemas[name]

    def listed(self, schemas: Sequence[str]) -> list[tuple[str, str]]:  # noqa: ARG002
        """Return schema and name of every table that was there and may be read, of all schemas in one question."""
        query = (
            "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' "
            "AND n.nspname <> 'information_schema' AND has_schema_privilege(n.oid, 'USAGE') "
            "AND has_table_privilege(c.oid, 'SELECT') ORDER BY 1, 2"
        )
        with self.con.cursor() as cursor:
            cursor.execute(query)
            return [(str(row[0]), str(row[1])) for row in cursor.fetchall()]

    def foreign(self, schema: str, name: str) -> Any:
        """Return a table that was there; what Arrow has no type for is text."""
        with self.con.cursor() as cursor:
            table = sge.table_(name, db=schema, quoted=True).sql(self.dialect)
            cursor.execute(f"SELECT * FROM {table} LIMIT 0")
            columns = cursor.fetch_arrow_table().schema
        types = {
            field.name: dt.string if isinstance(field.type, pa.BaseExtensionType) else dt.dtype(field.type)
            for field in columns
        }
        return ops.DatabaseTable(
            name, schema=sch.Schema(types), source=self, namespace=ops.Namespace(database=schema)
        ).to_expr()

    def _get_schema_using_query(self, query: str) -> sch.Schema:
        raise NotImplementedError("tables are described by the expressions that made them")

    def _empty(self, name: str, schema: sch.Schema) -> None:
        """Make a table without rows; its texts have the order of their characters, whatever the server's."""
        columns = schema.to_sqlglot_column_defs(self.dialect)
        for column, kind in zip(columns, schema.types, strict=True):
            if kind.is_string():
                collation = sge.CollateColumnConstraint(this=sge.to_identifier("C", quoted=True))
                column.append("constraints", sge.ColumnConstraint(kind=collation))
        table = sge.Schema(this=sge.to_identifier(name, quoted=True), expressions=columns)
        temporary = sge.Properties(expressions=[sge.TemporaryProperty()])
        self.raw_sql(sge.Create(kind="TABLE", this=table, properties=temporary).sql(self.dialect))

    def _fill(self, name: str, schema: sch.Schema, rows: Any) -> None:
        self._empty(name, schema)
        with self.con.cursor() as cursor:
            cursor.adbc_ingest(name, rows, mode="append", temporary=True)

    def _kept(self, name: str, schema: sch.Schema) -> Any:
        self.schemas[name] = schema
        self.raw_sql(f'ANALYZE "{name}"')
        return ops.DatabaseTable(name, schema=schema, source=self, namespace=ops.Namespace()).to_expr()

    def load(self, name: str, path: Path) -> Any:
        """Copy a Parquet file, or a folder of them, into a temporary table."""
        files = ds.dataset(path)
        schema = with_nulls(sch.Schema.from_pyarrow(files.schema))
        self._fill(name, schema, files.scanner(batch_size=100_000).to_reader())
        return self._kept(name, schema)

    def create_table(self, name: str, /, obj: Any = None, *, overwrite: bool = False, **_: Any) -> Any:
        """Run an expression into a temporary table; its columns have the types that the expression says."""
        self._run_pre_execute_hooks(obj)
        schema, query, work = with_nulls(obj.schema()), self.compile(obj), f"{name}__next" if overwrite else name
        self._empty(work, schema)
        self.raw_sql(f'INSERT INTO "{work}" {query}')
        if overwrite:
            # What replaces a table may be made from it.
            self.raw_sql(f'DROP TABLE "{name}"')
            self.raw_sql(f'ALTER TABLE "{work}" RENAME TO "{name}"')
        return self._kept(name, schema)

    def drop_table(self, name: str, /, **_: Any) -> None:
        """Drop a table that was kept."""
        self.raw_sql(f'DROP TABLE "{name}"')
        del self.schemas[name]

    def _register_in_memory_table(self, op: Any) -> None:
        self._fill(op.name, op.schema, op.data.to_pyarrow(op.schema))

    def _make_memtable_finalizer(self, name: str) -> None:
        """Leave a table in memory to the end of the connection."""

    def to_pyarrow(self, expr: Any, /, *, params: Any = None, limit: Any = None, **_: Any) -> Any:
        """Return the whole result of an expression, in the types that it says."""
        self._run_pre_execute_hooks(expr)
        table = expr.as_table()
        with self.con.cursor() as cursor:
            cursor.execute(self.compile(table, params=params, limit=limit))
            found = cursor.fetch_arrow_table()
        wanted = table.schema().to_pyarrow()
        columns = [_plain(column).cast(field.type) for column, field in zip(found.columns, wanted, strict=True)]
        return expr.__pyarrow_result__(pa.table(columns, schema=wanted))


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column that Arrow has no type for, such as ``numeric``, as the text it came in."""
    if not isinstance(column.type, pa.BaseExtensionType):
        return column
    return pa.chunked_array([chunk.storage for chunk in column.chunks], type=column.type.storage_type)
