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
        Text columns under the project's names; ``row_order`` and ``source`` are kept.
    table
        Its description.
    reading
        How cells are written.

    Returns
    -------
    ibis.Table
        Also ``values_in``, the number of values that the row counts for.
    """
    cells = {column.name: parse.text(raw[column.name], reading) for column in table.columns}
    out: dict[str, ir.Value] = {}
    filled = [cells[column.name].notnull().cast("int64") for column in table.columns if column.counted]
    for column in table.columns:
        cell = cells[column.name]
        if column.kind == "number":
            written = cell
            if column.name == "value" and table.name == "measurements":
                written = cell.re_replace(parse.COMPARATOR, "").strip()
                out["comparator__read"] = parse.comparator(cell)
            out[column.name] = parse.number(written, reading)
            out[recorded(column.name)] = cell
        elif column.kind == "boolean":
            out[column.name] = parse.boolean(cell)
            out[recorded(column.name)] = cell
        else:
            out[column.name] = cell
    counts = filled[0] if filled else ibis.literal(0, "int64")
    for count in filled[1:]:
        counts = counts + count
    # Kept apart from the typed columns, so that it is counted on what came in.
    said = raw.source.split(SAID)[1]
    first = raw.row__copy == 0 if "row__copy" in raw.columns else ibis.literal(True)
    return raw.mutate(
        **out,
        # A row that stands for all patients is one value.
        values_in=ibis.ifelse(first, ibis.greatest(counts, 1), 0),
        source__said=ibis.coalesce(said, ""),
    )


def with_course(rows: ibis.Table, patients: ibis.Table, reading: Reading) -> ibis.Table:
    """Join each row to its course: adds ``course_id``, ``day0``, ``known_patient``, ``courses``.

    A row that names no course belongs to the patient's only one; where there are several, to none.
    """
    known = patients.group_by("patient_id").aggregate(courses=patients.count(), only_course=patients.course_id.min())
    rows = rows.mutate(
        patient_id=parse.text(rows.patient_id, Reading(missing=("",))),
        course__recorded=parse.text(rows.course_id, reading),
    )
    asked = parse.number(rows.course__recorded, reading)
    asked = ibis.ifelse(asked == parse.whole(asked), parse.whole(asked), ibis.null("int64"))
    joined = rows.drop("course_id").mutate(asked_course=asked)
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
    names = ("time", "day", "minute", "month")
    prefixes = ("", "end_") if table.has_end else ("",)
    texts = {prefix + name: parse.text(rows[prefix + name], reading) for prefix in prefixes for name in names}
    rows = rows.mutate(**texts)
    start = parse.moment(rows, rows.day0, reading)
    out = {
        "day__read": start.day,
        "minute__read": start.minute,
        "time_precision": start.precision,
        "time__unreadable": start.unreadable,
        "time__column": start.column,
        "time__written": ibis.coalesce(*(rows[name] for name in names)),
    }
    if table.has_end:
        end = parse.moment(rows, rows.day0, reading, "end_")
        out |= {
            "end_day__read": end.day,
            "end_minute__read": end.minute,
            "end__unreadable": end.unreadable,
            "end__column": end.column,
            "end__written": ibis.coalesce(*(rows[f"end_{name}"] for name in names)),
        }
    rows = rows.mutate(**out).drop(*texts)
    return rows.rename({name.removesuffix("__read"): name for name in out if name.endswith("__read")})


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


def first_of_its_kind(rows: ibis.Table, table: Table) -> ir.BooleanValue:
    """Say which rows are the first to state what they state, among rows not yet set aside.

    Doses known only to the day are never called duplicates: two equal doses a day are ordinary.
    Nor are rows for which the file itself names different sources.
    """
    keys = [name for name in table.schema if name != "source" and name in rows.columns]
    window = ibis.window(group_by=[*keys, "reason", "source__said"], order_by="row_order")
    first: ir.BooleanValue = ibis.row_number().over(window) == 0
    if table.name == "drugs":
        first = first | (rows.minute.isnull() & (rows.kind != "interval total"))
    return first


def mark_duplicates(rows: ibis.Table, table: Table) -> ibis.Table:
    """Give the reason ``duplicate`` to rows that say the same as an earlier one."""
    rows = rows.mutate(first__row=first_of_its_kind(rows, table))
    again = rows.reason.isnull() & ~rows.first__row
    return rows.mutate(
        reason=ibis.ifelse(again, "duplicate", rows.reason),
        reason_column=ibis.ifelse(again, "", rows.reason_column),
    ).drop("first__row")
