"""The table of patients: one row an infused course, with day 0 and whatever baseline was brought."""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from abate.records import parse
from abate.records.checks import Mark, read_cells, recorded
from abate.records.parse import Reading
from abate.records.tables import PATIENTS

LIMITS = {"age": (0.0, 120.0), "weight_kg": (0.3, 500.0), "height_cm": (20.0, 260.0)}
"""Possible baseline numbers (years, kg, cm); weight and height as in ``variables.csv``."""

RESERVED = frozenset(
    [
        "time",
        "day",
        "minute",
        "month",
        "reason",
        "reason_column",
        "hint",
        "values_in",
        "row_order",
        "source",
        "response",
        "day0_kind",
        "last_contact_precision",
        "responder",
        "treated",
        "group",
        "label",
        "system",
    ]  # of what is derived
)
"""Names that the tables use themselves: a brought column of such a name is kept as ``NAME_``."""

CONTACT = ("last_contact", "last_contact_day", "last_contact_month")
"""Columns that may say when a patient was last known: a time, a day number, a number of months."""


def baseline_columns(raw: ibis.Table) -> list[str]:
    """Return the columns that the user brought beside those the table knows."""
    known = {column.name for column in PATIENTS.columns} | {*CONTACT, "patient_id", "course_id", "day0"}
    return [
        name
        for name in raw.columns
        if name not in known | {"synthetic", "source", "source__said", "row_order", "row__copy"}
    ]


def read_patients(raw: ibis.Table, numeric: Sequence[str], reading: Reading) -> ibis.Table:
    """Read the table of patients; every cell stands typed beside the text it came from.

    Parameters
    ----------
    raw
        Text columns under the project's names.
    numeric
        Those of the brought columns that hold numbers only.
    reading
        How cells are written.

    Returns
    -------
    ibis.Table
        With ``values_in``; ``day0`` a local time, null where none was given.
    """
    brought = baseline_columns(raw)
    rows = read_cells(raw, PATIENTS, reading)
    cells = {name: parse.text(parse.brought(rows, name), reading) for name in (*brought, *CONTACT)}
    rows = rows.mutate(
        **{
            **{name: parse.number(cells[name], reading) if name in numeric else cells[name] for name in brought},
            **{name: cells[name] for name in CONTACT},
            "patient_id": parse.text(rows.patient_id, Reading(missing=("",))),
            "course__recorded": parse.text(parse.brought(rows, "course_id"), reading),
            "day0__recorded": parse.text(parse.brought(rows, "day0"), reading),
        }
    )
    rows = rows.mutate(
        course_id=_course(rows.course__recorded, reading),
        # A month is no day 0: every day counted from it would be a guess.
        day0=parse.timestamp(
            ibis.ifelse(rows.day0__recorded.re_search(parse.MONTH), ibis.null("string"), rows.day0__recorded)
        ),
        day0_kind=ibis.literal(reading.day0_kind),
    )
    contact = {
        "time": rows.last_contact,
        "day": rows.last_contact_day,
        "month": rows.last_contact_month,
        "minute": ibis.null("string"),
    }
    # Read apart, so that day 0 is a column by then.
    rows = rows.mutate(**contact)
    last = parse.moment(rows, rows.day0, reading)
    values = [cells_in(rows, name) for name in counted(brought)]
    total: ir.IntegerValue = ibis.literal(0, "int64")
    for value in values:
        total = total + value
    rows = rows.mutate(
        last_contact_day=ibis.ifelse(last.unreadable, ibis.null("int64"), last.day),
        last_contact_precision=ibis.ifelse(last.unreadable, "none", last.precision),
        last_contact__unreadable=last.unreadable,
        values_in=ibis.greatest(total, 1),
    )
    limited = {
        name: ibis.ifelse(rows[name].between(low, high), rows[name], ibis.null("float64"))
        for name, (low, high) in LIMITS.items()
    }
    return rows.mutate(**limited).drop("time", "day", "month", "minute", "last_contact", "last_contact_month")


def _course(cell: ir.StringValue, reading: Reading) -> ir.IntegerValue:
    """Return the number of a course: 1 where none is given, null where it is no whole number."""
    read = parse.number(cell, reading)
    return ibis.cases((cell.isnull(), 1), (read == parse.whole(read), parse.whole(read)))


def counted(brought: Sequence[str]) -> list[str]:
    """Return the columns whose filled cells are values: the known and the brought ones."""
    return [column.name for column in PATIENTS.columns] + list(brought)


def cells_in(rows: ibis.Table, name: str) -> ir.IntegerValue:
    """Return 1 where a cell was filled as it came in, else 0."""
    written = recorded(name) if recorded(name) in rows.columns else name
    return rows[written].notnull().cast("int64")


def patient_marks(rows: ibis.Table) -> list[Mark]:
    """Return the marks of a patient row: an identifier and a course."""
    return [
        Mark(rows.patient_id.isnull(), "no patient", "patient_id"),
        Mark(rows.course_id.isnull(), "no course", "course_id", "a whole number"),
    ]
