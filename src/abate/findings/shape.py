"""Small things that every section shares: percentages, ranges and tables in words."""

from collections.abc import Mapping
from typing import Any

import ibis
import pyarrow as pa

from abate.statistics.description import median_range

Section = tuple[Mapping[str, pa.Table | ibis.Table], Mapping[str, str]]
"""Tables and sentences by name; a table that only stands beside the page may be left an expression."""

MOST_HELD = 100_000
"""Rows of a table above which the page does not hold it."""


def number(value: float | None, places: int = 1) -> str:
    """Write a number without needless decimals; a dash where it is not known."""
    if value is None:
        return "–"
    # Sums differ between engines in their last digits, and a value between two roundings must go the same way on all.
    # What rounds to nothing has no sign.
    text = f"{round(float(f'{value:.12g}'), places) + 0.0:,.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def interval(low: float | None, high: float | None, places: int = 1) -> str:
    """Write a value known as bounds: 40 to 80; at least 40; at most 80; a dash where nothing is known."""
    if not low and high is None:
        return "–"
    if low is None:
        return f"at most {number(high, places)}"
    if high is None:
        return f"at least {number(low, places)}"
    return number(low, places) if low == high else f"{number(low, places)} to {number(high, places)}"


def share(count: int, total: int) -> str:
    """Write a count with its denominator and percentage."""
    return f"{count} of {total} ({100 * count / total:.0f} %)" if total else "0 of 0"


def median_text(table: ibis.Table, low: str, high: str | None = None, places: int = 1, unit: str = "") -> str:
    """Write median (range), and how many values it rests on where some are missing."""
    found = median_range(table, low, high)
    if not found["n"]:
        return "–"
    least, greatest = found["least"][0], found["greatest"][1]
    low_median, high_median = found["median"]
    text = f"{interval(low_median, high_median, places)} ({number(least, places)}–{number(greatest, places)}){unit}"
    return f"{text}, n = {found['n']}" if found["missing"] else text


def who(row: Mapping[str, Any]) -> str:
    """Name the patient of a row, and the course where it is not the first."""
    patient = str(row["patient_id"])
    return patient if row["course_id"] == 1 else f"{patient}, course {row['course_id']}"


def table(rows: list[dict[str, Any]], *columns: str) -> pa.Table:
    """Return rows as an Arrow table of all their columns; with no row, an empty one with these."""
    if rows:
        names = dict.fromkeys(name for row in rows for name in row)
        return pa.Table.from_pylist([{name: row.get(name) for name in names} for row in rows])
    return pa.table({name: pa.array([], pa.string()) for name in columns})


def held(rows: ibis.Table) -> pa.Table | ibis.Table:
    """Return a table for the page; of a large cohort, the expression, for it only stands beside the page."""
    found = rows.limit(MOST_HELD + 1).to_pyarrow()
    return found if found.num_rows <= MOST_HELD else rows


def listing(expression: ibis.Table, *order: str) -> list[dict[str, Any]]:
    """Return a small table as dictionaries, ordered by some columns, else by all."""
    found: list[dict[str, Any]] = expression.order_by(list(order or expression.columns)).to_pyarrow().to_pylist()
    return found
