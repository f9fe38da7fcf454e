"""Spark as an Ibis backend: what is kept is written to a folder that every worker reads."""

import string
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.operations as ops
import ibis.expr.schema as sch
from ibis.backends import pyspark
from ibis.backends.pyspark.datatypes import PySparkType
from ibis.backends.sql import compilers
from ibis.formats.pyarrow import PyArrowData

from abate.engine.translate import Translation, with_nulls

SETTINGS = {
    # What DuckDB and PostgreSQL make of them: nothing by nothing is null, names differ by capitals.
    "spark.sql.ansi.enabled": "false",
    "spark.sql.caseSensitive": "true",
}


class Compiler(Translation, compilers.PySparkCompiler):  # type: ignore[misc]
    """Ibis' compiler, where Spark wants two arguments or other words."""

    def visit_Strip(self, op: Any, *, arg: Any) -> Any:  # noqa: ARG002, N802
        r"""Take white space from both ends; Spark reads the tabulator ``\v`` of Ibis as the letter."""
        spaces = [self.f.anon.char(ord(space)) for space in string.whitespace]
        return self.f.anon.btrim(arg, self.f.anon.concat(*spaces))

    def visit_Greatest(self, op: Any, *, arg: Any) -> Any:  # noqa: N802
        """Return the greatest of several, or the one."""
        return arg[0] if len(arg) == 1 else super().visit_Greatest(op, arg=arg)

    def visit_Least(self, op: Any, *, arg: Any) -> Any:  # noqa: N802
        """Return the least of several, or the one."""
        return arg[0] if len(arg) == 1 else super().visit_Least(op, arg=arg)


class Backend(pyspark.Backend):  # type: ignore[misc]
    """Runs Ibis expressions on a Spark cluster.

    Each kept table is written once, as Parquet, to the workspace: a plan then never reaches further back than
    that, and a worker that is lost takes nothing with it that is not read again.
    """

    compiler = Compiler()

    def do_connect(self, master: str, workspace: Path | str) -> None:
        """Connect to a cluster (``spark://host:7077``), with a folder that driver and workers reach."""
        from pyspark.sql import SparkSession

        _ = ibis.pyspark  # registers the options that the compiler reads
        builder = SparkSession.builder.master(master).appName("abate")
        for name, value in {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false"}.items():
            builder = builder.config(name, value)
        session = builder.getOrCreate()
        session.sparkContext.setLogLevel("OFF")  # its logs may hold values
        super().do_connect(session, "batch", **SETTINGS)
        # Two shares a core: the default of 200 is for a large cluster, and costs a small one dearly.
        shares = max(2, 2 * session.sparkContext.defaultParallelism)
        if session.sparkContext.getConf().get("spark.sql.shuffle.partitions") is None:
            session.conf.set("spark.sql.shuffle.partitions", str(shares))
        self.workspace, self.shares = str(workspace), shares
        self.schemas: dict[str, sch.Schema] = {}
        self.written = 0

    @property
    def version(self) -> str:
        """Spark's version."""
        return str(self._session.version)

    def _kept(self, name: str, schema: sch.Schema, frame: Any) -> Any:
        """Write rows, and make the name mean what was written."""
        self.written += 1
        path = f"{self.workspace}/{self.written:05d}"
        frame.write.parquet(path)
        self._session.read.schema(frame.schema).parquet(path).createOrReplaceTempView(f"`{name}`")
        self.schemas[name] = schema
        return ops.DatabaseTable(name, schema=schema, source=self, namespace=ops.Namespace()).to_expr()

    def load(self, name: str, path: Path) -> Any:
        """Read a Parquet file or folder, its rows parted by patient."""
        from pyarrow import dataset

        schema = with_nulls(sch.Schema.from_pyarrow(dataset.dataset(path).schema))
        frame = self._session.read.parquet(str(path))
        if "patient_id" in schema:
            frame = frame.repartition(self.shares, "patient_id")
        return self._kept(name, schema, frame)

    def create_table(self, name: str, /, obj: Any = None, **_: Any) -> Any:
        """Run an expression and keep its rows under a name, which may be that of a table it reads."""
        self._run_pre_execute_hooks(obj)
        return self._kept(name, with_nulls(obj.schema()), self._session.sql(self.compile(obj)))

    def get_schema(self, name: str, **_: Any) -> sch.Schema:
        """Return the columns of a table that was kept."""
        return self.schemas[name]

    def listed(self, schemas: Sequence[str]) -> list[tuple[str, str]]:
        """Return schema and name of every table of the catalogue, in the schemas named (``catalogue.schema`` too)."""
        wanted = schemas or [row[0] for row in self._session.sql("SHOW SCHEMAS").collect()]
        return [
            (schema, row.tableName)
            for schema in wanted
            for row in self._session.sql(f"SHOW TABLES IN {_quoted(schema)}").collect()
            if not row.isTemporary
        ]

    def foreign(self, schema: str, name: str) -> Any:
        """Return a table of the catalogue."""
        catalog, _, database = schema.rpartition(".")
        columns = self._session.table(f"{_quoted(schema)}.{_quoted(name)}").schema
        types = sch.Schema({column.name: PySparkType.to_ibis(column.dataType) for column in columns})
        place = ops.Namespace(catalog=catalog or None, database=database)
        return ops.DatabaseTable(name, schema=types, source=self, namespace=place).to_expr()

    def drop_table(self, name: str, /, **_: Any) -> None:
        """Forget a table that was kept."""
        self._session.catalog.dropTempView(f"`{name}`")
        del self.schemas[name]

    def _register_in_memory_table(self, op: Any) -> None:
        frame = self._session.createDataFrame(op.data.to_pyarrow(op.schema))
        frame.createOrReplaceTempView(f"`{op.name}`")

    def to_pyarrow(self, expr: Any, /, *, params: Any = None, limit: Any = None, **_: Any) -> Any:
        """Return the whole result of an expression, in the types that it says."""
        self._run_pre_execute_hooks(expr)
        table = expr.as_table()
        found = self._session.sql(self.compile(table, params=params, limit=limit)).toArrow()
        return expr.__pyarrow_result__(PyArrowData.convert_table(found, table.schema()))


def _quoted(name: str) -> str:
    """Return the name of a schema, with its catalogue where there is one, as SQL."""
    return ".".join("`" + part.replace("`", "``") + "`" for part in name.split("."))
