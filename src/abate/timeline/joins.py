"""Joins by patient, course and day, and the logic of three values."""

from collections.abc import Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

KEYS = ("patient_id", "course_id")
DAY = (*KEYS, "day")
EXACT = ("minute", "day")
"""Precisions of a time whose day is known."""
TOLERANCE = 1e-9
"""Numbers are compared unrounded, but for the noise of floating point."""


def beside(rows: ibis.Table, other: ibis.Table, keys: Sequence[str] = KEYS) -> ibis.Table:
    """Left join on keys of the same names; the keys are not doubled."""
    joined = rows.left_join(other, list(keys))
    return joined.drop(*(f"{key}_right" for key in keys))


def side_by_side(parts: Sequence[ibis.Table]) -> ibis.Table:
    """Lay tables of days side by side: every day of any of them, null where one has no such day."""
    every = ibis.union(*(part.select(*DAY) for part in parts), distinct=True)
    for part in parts:
        every = beside(every, part, DAY)
    return every


def unknown() -> ir.BooleanScalar:
    """Return the third truth value."""
    return ibis.null("boolean")


def by_exception(seen: ir.BooleanValue, covered: ir.BooleanValue) -> ir.BooleanValue:
    """Return a finding that is charted only where it is present: unseen is false only where covered."""
    return ibis.cases((ibis.coalesce(seen, False), True), (ibis.coalesce(covered, False), False))


def any_of(condition: ir.BooleanColumn, where: ir.BooleanColumn) -> ir.BooleanValue:
    """Aggregate by OR of three values: true if one is, else unknown if one is unknown, else false; null of no rows."""
    return ibis.cases(
        (ibis.coalesce(condition.max(where=where), False), True),
        ((where & condition.isnull()).max(), unknown()),
        (where.max(), False),
    )


def dated(rows: ibis.Table) -> ibis.Table:
    """Return the records of a known day: what is known to the month is known on no day."""
    return rows.filter(rows.day.notnull(), rows.time_precision != "month")


def first_row(rows: ibis.Table, keys: Sequence[str], *order: Any, ties: str = "source") -> ibis.Table:
    """Return the first row of each key in an explicit order; ties go to the lowest ``source``, or another column."""
    window = ibis.window(group_by=list(keys), order_by=[*order, ties])
    return rows.mutate(row__number=ibis.row_number().over(window)).filter(ibis._.row__number == 0).drop("row__number")
