"""From what stands in a cell to a number, a truth or a time. What cannot be read becomes null."""

from dataclasses import dataclass
from typing import Literal

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import ibis.expr.types as ir

MISSING = ("", "NA", "N/A", "NULL", "NaN", "nan", "null", ".")
"""Cells that mean: nothing recorded."""

NUMBER = r"^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$"
COMPARATOR = r"^(<=|>=|<|>|≤|≥)"
MONTH = r"^[0-9]{4}-[0-9]{2}$"
DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
TIMESTAMP = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-9]{2}([.][0-9]+)?)?$"

FURTHEST = 10**7
"""Days, minutes or months beyond this are no time of a patient."""

MINUTES = 1440

TIMES = ("time", "day", "minute", "month")
"""Columns that say when: a date and time, a day number, minutes, months."""


@dataclass(frozen=True)
class Reading:
    """How the cells of a folder are written.

    Attributes
    ----------
    decimal
        ``.`` or ``,``.
    missing
        Cells that mean nothing was recorded.
    day0_kind
        What day 0 is: ``infusion``, ``admission`` or the name of a column.
    days_per_month
        Length of a month where only a number of months is known (days).
    """

    decimal: Literal[".", ","] = "."
    missing: tuple[str, ...] = MISSING
    day0_kind: str = "infusion"
    days_per_month: float = 30.4375


def exact(cell: ir.Column, time: bool, reading: Reading) -> bool:
    """Say whether a column of a file is read as the times or numbers that it holds, and not by their text.

    That is so where both always come to the same.
    """
    kind = cell.type()
    fits = kind.is_timestamp() or kind.is_date() if time else kind.is_float64() or kind.is_integer()
    # A number or time may be a word for missing as it is printed: 999, inf.
    return fits and not any("inf" in word.lower() or any(map(str.isdigit, word)) for word in reading.missing)


def written(cell: ir.Column, reading: Reading) -> ir.StringColumn:
    """Return a cell as it is written in the text files of its folder."""
    kind = cell.type()
    if kind.is_timestamp() and kind.timezone:
        cell = cell.cast("timestamp")  # the engine's zone is that of [reading] zone
    printed = cell.cast("string")
    return printed.replace(".", ",") if kind.is_numeric() and reading.decimal == "," else printed


def brought(table: ibis.Table, name: str) -> ir.Value:
    """Return a column of a table, a null that :func:`absent` knows where there is none."""
    return table[name] if name in table.columns else ibis.null("string")


def absent(cell: ir.Value) -> bool:
    """Say whether a cell is null in every row: then nothing has to be read."""
    return isinstance(cell.op(), ops.Literal) and cell.op().value is None


def stacked(parts: list[ibis.Table], reading: Reading) -> ibis.Table:
    """Return the rows of several tables; a column that is not of one type in all that have it becomes text."""
    if len(parts) == 1:
        return parts[0]
    kinds: dict[str, set[dt.DataType]] = {}
    for part in parts:
        for name in part.columns:
            kinds.setdefault(name, set()).add(part[name].type())

    def cell(part: ibis.Table, name: str) -> ir.Value:
        if name not in part.columns:
            return ibis.null(next(iter(kinds[name])) if len(kinds[name]) == 1 else "string")
        return part[name] if len(kinds[name]) == 1 else written(part[name], reading)

    return ibis.union(*(part.select(**{name: cell(part, name) for name in kinds}) for part in parts))


def text(cell: ir.Column, reading: Reading) -> ir.StringColumn:
    """Return the trimmed text of a cell, null where nothing is recorded."""
    if absent(cell):
        return cell
    trimmed = written(cell, reading).strip()
    # The engine would make a join of a list of words.
    return trimmed.cases(*((word, ibis.null("string")) for word in reading.missing), else_=trimmed)


def recorded(cell: ir.Column, reading: Reading) -> ir.Column:
    """Return what is recorded in a cell, null where nothing is: a number or time as such, else trimmed text."""
    if cell.type().is_string():
        return text(cell, reading)
    return _without(cell, "nan") if cell.type().is_floating() and "nan" in reading.missing else cell


def _without(cell: ir.FloatingColumn, *printed: str) -> ir.FloatingColumn:
    """Return the numbers that are not printed so; by its statistics of a file, DuckDB takes none for NaN."""
    text = cell.cast("string")
    return ibis.cases(*((text == word, ibis.null("float64")) for word in printed), else_=cell)


def number(cell: ir.Column, reading: Reading) -> ir.FloatingColumn:
    """Return the number that a cell is, null where it is none (``nan`` and ``inf`` are none)."""
    if absent(cell):
        return ibis.null("float64")
    if cell.type().is_integer():
        return cell.cast("float64")
    if cell.type().is_floating():
        return _without(cell, "nan", "inf", "-inf")
    if reading.decimal == ",":
        # A point may stand between thousands: such a cell is not read.
        cell = ibis.ifelse(cell.contains("."), ibis.null("string"), cell.replace(",", "."))
    read = ibis.ifelse(cell.re_search(NUMBER), cell, ibis.null("string")).try_cast("float64")
    return ibis.ifelse(read.isinf(), ibis.null("float64"), read)


def whole(value: ir.FloatingValue) -> ir.IntegerValue:
    """Return the whole number at or below a number, null where it is no number of days or minutes."""
    near = ibis.ifelse(value.abs() <= FURTHEST, value, ibis.null("float64"))
    return near.floor().cast("int64")


def boolean(cell: ir.StringColumn) -> ir.BooleanColumn:
    """Return the truth that a text names: yes, true, 1, or no, false, 0."""
    if absent(cell):
        return ibis.null("boolean")
    written = cell.lower()
    return ibis.cases(
        (written.isin(("1", "true", "t", "yes", "y")), True),
        (written.isin(("0", "false", "f", "no", "n")), False),
    )


def comparator(cell: ir.StringColumn) -> ir.StringColumn:
    """Return the comparator with which a result begins, in ASCII."""
    found = cell.re_extract(COMPARATOR, 1)
    return ibis.cases((found == "≤", "<="), (found == "≥", ">="), (found != "", found))


def timestamp(cell: ir.StringColumn) -> ir.TimestampColumn:
    """Return the local time that a text is: a date, a date and time, or a month (its first day)."""
    readable = ibis.cases(
        (cell.re_search(MONTH), cell + "-01"),
        (cell.re_search(DATE) | cell.re_search(TIMESTAMP), cell),
    )
    return readable.try_cast("timestamp")


@dataclass(frozen=True)
class Moment:
    """A time as the records keep it: day, minute, precision, whether it is unreadable, and its column."""

    day: ir.IntegerColumn
    minute: ir.IntegerColumn
    precision: ir.StringColumn
    unreadable: ir.BooleanColumn
    column: ir.StringColumn


def moment(table: ibis.Table, day0: ir.TimestampColumn, reading: Reading, prefix: str = "") -> Moment:
    """Return the moment that the time columns of a row name.

    Parameters
    ----------
    table
        With columns of :data:`TIMES`, or some of them, under ``prefix``, as :func:`recorded` gives them.
    day0
        Local time of day 0, null where it is not known (only ``time`` needs it).
    reading
        How the cells are written.
    prefix
        ``""`` or ``end_``.

    Returns
    -------
    Moment
        ``day`` is the calendar-day difference from day 0; ``minute`` counts from midnight of day 0
        and is null where only the day is known; a fractional day number is floored.
    """
    time, day, minute, month = (brought(table, prefix + name) for name in TIMES)
    if all(absent(cell) for cell in (time, day, minute, month)):
        nothing = ibis.null("int64")
        return Moment(nothing, nothing, ibis.literal("none"), ibis.literal(False), ibis.literal(prefix + "time"))
    if time.type().is_string():
        at = timestamp(time)
        to_minute, in_month = time.re_search(TIMESTAMP) & at.notnull(), time.re_search(MONTH) & at.notnull()
    else:
        at = ibis.ifelse(time.year().between(1, 9999), time.cast("timestamp"), ibis.null("timestamp"))
        to_minute, in_month = ibis.literal(time.type().is_timestamp()) & at.notnull(), ibis.literal(False)
    days = at.date().delta(day0.date(), unit="day").cast("int64")
    of_day = at.hour().cast("int64") * 60 + at.minute().cast("int64")
    day_number, minute_number, month_number = (number(cell, reading) for cell in (day, minute, month))
    by_day = whole(day_number)
    fractional = day_number != by_day

    found_minute = ibis.coalesce(
        ibis.ifelse(to_minute, days * MINUTES + of_day, ibis.null("int64")),
        whole(minute_number),
        ibis.ifelse(fractional, day_number * MINUTES, ibis.null("float64")).floor().cast("int64"),
    )
    by_time = ibis.ifelse(in_month, ibis.null("int64"), days)
    by_minute = whole(minute_number / MINUTES)
    by_month = whole(month_number * reading.days_per_month)
    found_day = ibis.coalesce(by_time, by_minute, by_day, days, by_month)
    precision = ibis.cases(
        (found_minute.notnull(), "minute"),
        (found_day.notnull() & by_time.isnull() & by_day.isnull(), "month"),
        (found_day.notnull(), "day"),
        else_="none",
    )
    unreadable = (
        (time.notnull() & days.isnull())
        | (day.notnull() & by_day.isnull())
        | (minute.notnull() & whole(minute_number).isnull())
        | (month.notnull() & by_month.isnull())
        | ibis.coalesce(by_time != by_day, False)
        | ibis.coalesce(by_time != by_minute, False)
        | ibis.coalesce(by_day != by_minute, False)
    )
    written = ((time, "time"), (day, "day"), (minute, "minute"), (month, "month"))
    column = ibis.cases(*((cell.notnull(), prefix + name) for cell, name in written), else_=prefix + "time")
    return Moment(found_day, found_minute, precision, unreadable, column)
