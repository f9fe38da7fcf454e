"""What every value must pass before it is used: a patient, a time, a name, a number, a unit, a range.

Nothing is guessed and nothing is lost: a value that fails is set aside with one reason, the first
that applies, and stands in the table of values set aside as it was recorded.
"""

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from abate.records import parse
from abate.records.parse import Reading
from abate.records.tables import Table

REASONS = {
    "no patient": "no patient of this identifier, or none given",
    "no course": "the patient has several courses and the row names none of them",
    "no time": "the time cannot be read, or day 0 is not known",
    "interval": "the interval ends before it starts",
    "not in the dictionary": "the name is not known",
    "not a listed value": "the word is not one of those allowed",
    "not a number": "the cell cannot be read as a number",
    "empty": "the row holds no value",
    "unit": "the unit is not known, or cannot be that of the value",
    "range": "the value is outside what is possible",
    "absent": "the row says that the event did not happen",
    "duplicate": "the row says the same as an earlier one",
}
"""Why a value is set aside."""

SAID = " · "
"""Stands in ``source`` between file and row, and what the file itself says of its source."""


@dataclass(frozen=True)
class Mark:
    """A reason to set a row aside: where it holds, which column shows it, what may help."""

    where: ir.BooleanValue
    reason: str
    column: ir.StringValue | str
    hint: ir.StringValue | str = ""


def with_reason(table: ibis.Table, marks: list[Mark]) -> ibis.Table:
    """Add ``reason``, ``reason_column`` and ``hint``: those of the first mark that holds.

    A reason that a row has already is kept.
    """
    chosen: dict[str, ir.Value] = {}
    for name, attribute in (("reason", "reason"), ("reason_column", "column"), ("hint", "hint")):
        branches = [(mark.where, getattr(mark, attribute)) for mark in marks]
        if "reason" in table.columns:
            branches.insert(0, (table.reason.notnull(), table[name]))
        chosen[name] = ibis.cases(*branches, else_=ibis.null("string"))
    return table.mutate(**chosen)


def recorded(name: str) -> str:
    """Return the column that keeps the text of a cell beside what was read from it."""
    return f"{name}__recorded"


def read_cells(raw: ibis.Table, table: Table, reading: Reading) -> ibis.Table:
    """Read every cell of a table: typed columns, and beside each number the text it came from.

    Parameters
    ----------
    raw
        Those columns under the project's names that were brought; also ``row_order``, ``row__copy`` and ``source``.
    table
        Its description.
    reading
        How cells are written.

    Returns
    -------
    ibis.Table
        Also ``values_in``, the number of values that the row counts for.
    """
    cells = {column.name: parse.recorded(parse.brought(raw, column.name), reading) for column in table.columns}
    out: dict[str, ir.Value] = {}
    filled = [cells[column.name].notnull().cast("int64") for column in table.columns if column.counted]
    for column in table.columns:
        cell = cells[column.name]
        if column.kind == "number":
            number = cell
            if column.name == "value" and table.name == "measurements":
                out["comparator__read"] = ibis.null("string")
                if cell.type().is_string() and not parse.absent(cell):
                    number = cell.re_replace(parse.COMPARATOR, "").strip()
                    out["comparator__read"] = parse.comparator(cell)
            out[column.name] = parse.number(number, reading)
            out[recorded(column.name)] = parse.written(cell, reading)
        elif column.kind == "boolean":
            out[column.name] = parse.boolean(cell)
            out[recorded(column.name)] = cell
        else:
            out[column.name] = cell
    counts = filled[0] if filled else ibis.literal(0, "int64")
    for count in filled[1:]:
        counts = counts + count
    # Kept apart from the typed columns, so that it is counted on what came in.
    return raw.mutate(
        **out,
        # A row that stands for all patients is one value.
        values_in=ibis.ifelse(raw.row__copy == 0, ibis.greatest(counts, 1), 0),
        source__said=ibis.coalesce(parse.brought(raw, "source__said"), ""),
    )


def with_course(rows: ibis.Table, patients: ibis.Table, reading: Reading) -> ibis.Table:
    """Join each row to its course: adds ``course_id``, ``day0``, ``known_patient``, ``courses``.

    A row that names no course belongs to the patient's only one; where there are several, to none.
    """
    known = patients.group_by("patient_id").aggregate(courses=patients.count(), only_course=patients.course_id.min())
    rows = rows.mutate(
        patient_id=parse.text(rows.patient_id, Reading(missing=("",))),
        course__recorded=parse.text(parse.brought(rows, "course_id"), reading),
    )
    asked = parse.number(rows.course__recorded, reading)
    asked = ibis.ifelse(asked == parse.whole(asked), parse.whole(asked), ibis.null("int64"))
    joined = rows.select(*(name for name in rows.columns if name != "course_id"), asked_course=asked)
    joined = joined.left_join(known, joined.patient_id == known.patient_id).drop("patient_id_right")
    chosen = ibis.cases(
        (joined.course__recorded.notnull(), joined.asked_course),
        (joined.courses == 1, joined.only_course),
    )
    joined = joined.mutate(course_id=chosen)
    anchors = patients.select("patient_id", "course_id", "day0", known_course=ibis.literal(True))
    return joined.left_join(anchors, ["patient_id", "course_id"]).drop("patient_id_right", "course_id_right")


def with_moments(rows: ibis.Table, table: Table, reading: Reading) -> ibis.Table:
    """Turn the time columns into ``day``, ``minute``, ``time_precision`` and their ``end_``."""
    names = [prefix + name for prefix in ("", "end_") for name in parse.TIMES if prefix + name in rows.columns]
    rows = rows.mutate(**{name: parse.recorded(rows[name], reading) for name in names})
    start = parse.moment(rows, rows.day0, reading)
    out = {
        "day__read": start.day,
        "minute__read": start.minute,
        "time_precision": start.precision,
        "time__unreadable": start.unreadable,
        "time__column": start.column,
        "time__written": _first_written(rows, "", reading),
    }
    if table.has_end:
        end = parse.moment(rows, rows.day0, reading, "end_")
        out |= {
            "end_day__read": end.day,
            "end_minute__read": end.minute,
            "end__unreadable": end.unreadable,
            "end__column": end.column,
            "end__written": _first_written(rows, "end_", reading),
        }
    rows = rows.mutate(**out).drop(*names)
    return rows.rename({name.removesuffix("__read"): name for name in out if name.endswith("__read")})


def _first_written(rows: ibis.Table, prefix: str, reading: Reading) -> ir.StringValue:
    """Return the text of the first time column that is filled."""
    cells = [parse.brought(rows, prefix + name) for name in parse.TIMES]
    return ibis.coalesce(*(parse.written(cell, reading) for cell in cells))


def _without_day0(rows: ibis.Table) -> ir.StringValue:
    """Say where a time has no meaning because day 0 of its patient is not known."""
    lacking = rows.day0.isnull() & rows.time__column.endswith("time")
    return ibis.ifelse(lacking, "day0 of the patient is not given", ibis.null("string"))


def common_marks(rows: ibis.Table, table: Table) -> list[Mark]:
    """Return the marks that every table but ``patients`` shares, in the order they are judged."""
    marks = [
        Mark(rows.courses.isnull(), "no patient", "patient_id"),
        Mark(rows.known_course.isnull(), "no course", "course_id"),
        Mark(rows.time__unreadable, "no time", rows.time__column, _without_day0(rows)),
    ]
    if table.has_end:
        # An empty interval (end equal to start) is allowed only where it is a moment to the minute.
        backwards = (rows.end_minute < rows.minute) | (
            (rows.end_day < rows.day) | ((rows.end_day == rows.day) & rows.end_minute.isnull())
        )
        marks += [
            Mark(rows.end__unreadable, "no time", rows.end__column),
            Mark(ibis.coalesce(backwards, False), "interval", rows.end__column),
        ]
    for name in table.names:
        if table.name != "coverage":
            marks.append(Mark(rows[name].isnull(), "not in the dictionary", name))
    for column in table.columns:
        cell = rows[column.name]
        if column.kind == "choice":
            unlisted = cell.notnull() & ~cell.isin(column.choices)
            allowed = "one of " + ", ".join(column.choices)
            marks.append(Mark(unlisted, "not a listed value", column.name, allowed))
            if column.role == "name":
                marks.append(Mark(cell.isnull(), "not a listed value", column.name, allowed))
        elif column.kind == "boolean":
            unread = rows[recorded(column.name)].notnull() & cell.isnull()
            marks.append(Mark(unread, "not a listed value", column.name, "yes or no"))
        elif column.role == "value":
            unread = rows[recorded(column.name)].notnull() & cell.isnull()
            marks.append(Mark(unread, "not a number", column.name))
    return marks


def resolve_name(rows: ibis.Table, column: str, codes: ibis.Table) -> ibis.Table:
    """Replace the name of a row by the dictionary's; keeps what was written beside it."""
    written = rows[column]
    rows = rows.mutate(**{recorded(column): written, "written__key": written.lower()})
    joined = rows.left_join(codes, rows.written__key == codes.written)
    return joined.mutate(**{column: joined.name}).drop("written", "name", "written__key")


def alike(rows: ibis.Table, table: Table) -> ir.IntegerValue:
    """Return a number that is the same for rows that state the same; others have it by chance alone."""
    about = [column.name for column in table.columns if column.role in ("name", "value")]
    keys = ["patient_id", "course_id", *about, "day", "minute"]
    return ibis.struct({name: rows[name] for name in keys}).hash()


def repeated(rows: ibis.Table, table: Table) -> ibis.Table:
    """Return ``row_order`` and ``row__copy`` of the rows that say the same as an earlier one, of those not set aside.

    Doses known only to the day are never called duplicates: two equal doses a day are ordinary.
    Nor are rows for which the file itself names different sources.

    Parameters
    ----------
    rows
        Judged, with ``row__alike`` from :func:`alike`: few of them are alike, and only those are compared as a whole.
    table
        Its description.
    """
    rows = rows.filter(rows.reason.isnull())
    several = rows.group_by("row__alike").having(rows.count() > 1).aggregate()
    rows = rows.semi_join(several, "row__alike")
    keys = [name for name in table.schema if name != "source"]
    window = ibis.window(group_by=[*keys, "source__said"], order_by="row_order")
    again = ibis.row_number().over(window) > 0
    if table.name == "drugs":
        again &= rows.minute.notnull() | (rows.kind == "interval total")
    rows = rows.mutate(again=again)
    return rows.filter(rows.again).select("row_order", "row__copy")


def without_repeated(rows: ibis.Table, again: ibis.Table) -> ibis.Table:
    """Give the reason ``duplicate`` to the rows of :func:`repeated`."""
    again = again.mutate(is__again=ibis.literal(True))
    rows = rows.left_join(again, ["row_order", "row__copy"]).drop("row_order_right", "row__copy_right")
    return rows.mutate(
        reason=ibis.ifelse(rows.is__again.notnull(), "duplicate", rows.reason),
        reason_column=ibis.ifelse(rows.is__again.notnull(), "", rows.reason_column),
    ).drop("is__again")
