"""SQL is written in fewer walks than by Ibis, and tables are made while the next expression is written."""

from collections.abc import Callable

import duckdb
import ibis
import ibis.expr.operations as ops
import pyarrow as pa
import pytest
from ibis.backends.sql.compilers import DuckDBCompiler
from ibis.common.annotations import Signature, SignatureValidationError
from ibis.common.patterns import pattern

from abate.engine.embedded import Compiler, embedded
from abate.engine.haste import CHECKED, swiftly
from abate.engine.store import Engine
from abate.engine.translate import in_order, kinds, rewritten

VALUES = pa.table({"a": [1, 2, 2, 3], "b": ["x", "y", "y", None], "c": [1.0, 2.0, None, 4.0]})
OTHERS = pa.table({"a": [2, 2, 3], "d": [1, 5, 9]})
WINDOW = ibis.window(group_by="a", order_by=["c", "b"])


def _thrice(rows: ibis.Table) -> ibis.Table:
    """Read one derivation three times over."""
    more = rows.mutate(c=rows.c + 1)
    sums = more.group_by("a").aggregate(total=more.c.sum())
    return more.join(sums, "a").join(more.select("a", q="b"), "a")


EXPRESSIONS: dict[str, Callable[[ibis.Table, ibis.Table], ibis.Table]] = {
    "window functions": lambda t, _: t.mutate(r=ibis.row_number().over(WINDOW), f=t.c.first().over(WINDOW)),
    "a rank counts from 0": lambda t, _: t.mutate(r=ibis.dense_rank().over(ibis.window(order_by=t.a))),
    "filter by a window": lambda t, _: t.filter(t.c.max().over(ibis.window(group_by=t.a)) > 1),
    "join, select, distinct": lambda t, u: t.filter(t.a > 1).join(u, "a").select("a", "d").distinct(),
    "a table beside itself": lambda t, _: t.left_join(t.view(), "a"),
    "an order below a selection": lambda t, _: t.order_by(t.a.desc(), "c", "b").select("b", "c"),
    "a group, ordered": lambda t, _: t.group_by("a").aggregate(n=t.count()).order_by("a").select("n"),
    "union and limit": lambda t, _: ibis.union(t, t.mutate(c=t.c * 2)).order_by("a", "c", "b").limit(3),
    "distinct union": lambda t, u: ibis.union(t.select("a"), u.select("a"), distinct=True),
    "a subquery": lambda t, u: t.filter(t.a.isin(u.filter(u.d > 1).a)).drop("b"),
    "no value of none": lambda t, _: t.filter(t.a.isin(())),
    "one derivation read thrice": lambda t, _: _thrice(t),
    "a number alone": lambda t, _: t.a.max().as_table(),
    "semi join, filled": lambda t, u: t.semi_join(u, "a").fill_null({"c": 0.0}),
    "anti join": lambda t, u: t.anti_join(u, "a"),
    "rows without nulls": lambda t, _: t.drop_null(),
    "cross join, renamed": lambda t, u: t.cross_join(u.rename(k="a")),
    "aliases within": lambda t, _: t.select(x=(t.a + 1).name("y"), z=t.c.name("w")),
    "a name given": lambda t, _: t.filter(t.a > 1).alias("named").select("a"),
}


def tables(engine: Engine) -> list[str]:
    """Return the names of the tables that an engine keeps."""
    found = engine.backend.con.execute("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall()
    return [name for (name,) in found]


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_the_sql_gives_what_that_of_ibis_gives(name: str) -> None:
    engine = Engine()
    rows, others = engine.keep("rows", ibis.memtable(VALUES)), engine.keep("others", ibis.memtable(OTHERS))
    expression = EXPRESSIONS[name](rows, others)
    asked, ours = (compiler.to_sqlglot(expression).sql("duckdb") for compiler in (DuckDBCompiler(), Compiler()))
    found = [engine.backend.con.execute(query).fetchall() for query in (asked, ours)]
    if "ordered" in name or "order" in name or "limit" in name:
        assert found[0] == found[1]
    assert sorted(map(str, found[0])) == sorted(map(str, found[1]))


def test_one_derivation_that_is_read_thrice_is_written_once() -> None:
    engine = Engine()
    query = engine.backend.compile(_thrice(engine.keep("rows", ibis.memtable(VALUES))))
    assert query.count('"rows"') == 1


def test_a_kept_table_has_the_types_of_its_expression_and_may_replace_one_that_it_reads() -> None:
    engine = Engine()
    kept = engine.keep("n", ibis.memtable(VALUES).aggregate(n=ibis._.a.sum()))
    again = engine.keep("n", kept.mutate(n=kept.n + 1, m=ibis.literal(1, "int8")))
    assert again.schema() == ibis.schema({"n": "int64", "m": "int8"})
    assert again.to_pyarrow().to_pylist() == [{"n": 9, "m": 1}]
    assert tables(engine) == ["n"]


def test_an_error_of_a_table_is_told_to_whoever_asks_next_and_the_engine_goes_on() -> None:
    engine = Engine()
    rows = engine.keep("rows", ibis.memtable(VALUES))
    engine.keep("wrong", rows.mutate(n=rows.b.cast("int64")))
    engine.keep("after", rows)
    with pytest.raises(duckdb.ConversionException):
        rows.count().to_pyarrow()
    assert rows.count().to_pyarrow().as_py() == 4


def test_what_is_dropped_is_gone_and_what_it_made_stays() -> None:
    engine = Engine()
    with engine.only("kept"):
        rows = engine.keep("rows", ibis.memtable(VALUES))
        kept = engine.keep("kept", rows.select("a"))
    assert tables(engine) == ["kept"]
    assert kept.count().to_pyarrow().as_py() == 4


def test_a_table_in_memory_is_read_where_it_is() -> None:
    held = Engine().hold("cells", VALUES)
    assert held.filter(held.a > 2).to_pyarrow().to_pylist() == [{"a": 3, "b": None, "c": 4.0}]


def test_the_memory_of_an_engine_is_limited() -> None:
    assert embedded("1GB").con.execute("SELECT current_setting('memory_limit')").fetchall() == [("953.6 MiB",)]


def test_haste_changes_no_expression_and_ends_with_what_it_was_used_for() -> None:
    outside = Signature.validate, ops.Relation.fields
    rows = ibis.memtable(VALUES)
    with swiftly():
        assert Signature.validate is not CHECKED
        written = rows.mutate(n=rows.a + 1, m=rows.b.cases(("x", 1), else_=None)).filter(ibis._.n > 1)
        with pytest.raises(SignatureValidationError):
            ops.Add(1, 2, 3)
        with pytest.raises(SignatureValidationError):
            ops.Add(rows.a, rows.b)
        with pytest.raises(SignatureValidationError):
            ops.Add(left=1, wrong=2)
    assert (Signature.validate, ops.Relation.fields) == outside
    assert written.equals(rows.mutate(n=rows.a + 1, m=rows.b.cases(("x", 1), else_=None)).filter(ibis._.n > 1))


def test_haste_ends_after_an_error() -> None:
    outside = Signature.validate
    with pytest.raises(ZeroDivisionError), swiftly():
        _ = 1 / 0
    assert Signature.validate is outside


def test_rules_that_speak_of_nothing_in_an_expression_leave_it_as_it_is() -> None:
    root = ibis.memtable(VALUES).select("a").op()
    assert rewritten(root, pattern(ops.Limit) >> 1, {}) is root
    assert kinds(pattern(ops.Limit) | pattern(ops.Sample)) == (ops.Limit, ops.Sample)


def test_children_come_before_what_reads_them() -> None:
    root = _thrice(ibis.memtable(VALUES)).op()
    order = list(in_order(root))
    place = {node: at for at, node in enumerate(order)}
    assert order[-1] is root
    assert all(place[child] < place[node] for node, children in in_order(root).items() for child in children)
