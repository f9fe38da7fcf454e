"""Medians, ranges and counts, also of values known only as bounds."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import ibis


def round_half_up(value: float, places: int = 0) -> float:
    """Round as papers do: a half goes away from zero.

    Examples
    --------
    >>> round_half_up(721.5), round_half_up(0.125, 2)
    (722.0, 0.13)
    """
    step = Decimal(1).scaleb(-places)
    return float(Decimal(repr(float(value))).quantize(step, rounding=ROUND_HALF_UP))


def median_range(table: ibis.Table, low: str, high: str | None = None) -> dict[str, Any]:
    """Return n, median and range of a column, or of a column of bounds.

    Parameters
    ----------
    table
        One row a patient.
    low, high
        The column; or the columns of lower and upper bounds. The median and both ends of the range
        never fall when a value rises, so their bounds are those of the lower and upper values.

    Returns
    -------
    dict
        ``n`` (rows with both bounds), ``missing``, and ``median, least, greatest``, each a pair of
        bounds; ``None`` where there is no row.
    """
    high = high or low
    known = table[low].notnull() & table[high].notnull()
    figures: dict[str, Any] = {}
    for name, column in (("low", table[low]), ("high", table[high])):
        number = column.cast("float64")
        figures |= {f"median_{name}": number.quantile(0.5, where=known), f"least_{name}": number.min(where=known)}
        figures |= {f"greatest_{name}": number.max(where=known)}
    row = table.aggregate(total=table.count(), n=table.count(where=known), **figures).to_pyarrow().to_pylist()[0]
    out: dict[str, Any] = {"n": row["n"], "missing": row["total"] - row["n"]}
    for name in ("median", "least", "greatest"):
        bounds = (row[f"{name}_low"], row[f"{name}_high"])
        out[name] = bounds if row["n"] else None
    return out


def quartiles(table: ibis.Table, column: str) -> dict[str, Any]:
    """Return n, median, quartiles and range of a column; quartiles by linear interpolation.

    Returns
    -------
    dict
        ``n, median, lower, upper, least, greatest``.
    """
    known = table.filter(table[column].notnull())
    value = known[column].cast("float64")
    row = known.aggregate(
        n=known.count(),
        median=value.quantile(0.5),
        lower=value.quantile(0.25),
        upper=value.quantile(0.75),
        least=value.min(),
        greatest=value.max(),
    )
    found: dict[str, Any] = row.to_pyarrow().to_pylist()[0]
    return found


def table_one(patients: ibis.Table, columns: Sequence[str], numeric: Sequence[str]) -> list[dict[str, Any]]:
    """Return the baseline table: median (range) of numbers, n (%) of words, missing always told.

    Parameters
    ----------
    patients
        One row a course, with an optional column ``group``.
    columns
        Which columns, in order.
    numeric
        Those of them that are numbers.

    Returns
    -------
    list of dict
        ``characteristic, level, group, n, count, median, least, greatest``: one row for each
        number, or level of a word, and group (``All patients`` and each group).
    """
    labels: list[str] = []
    if "group" in patients.columns:
        found = patients.select("group").distinct().to_pyarrow()["group"].to_pylist()
        # A responder before a nonresponder: the plain word before the one derived from it.
        labels = sorted((label for label in found if label is not None), key=lambda label: (len(label), label))
    parts = [("All patients", patients)]
    parts += [(label, patients.filter(patients.group == label)) for label in labels]
    # Every group shows every level, also those it does not have.
    worded = [name for name in columns if name not in numeric or _is_indicator(patients[name])]
    levels = {name: list(_levels(patients, name, name in numeric)) for name in worded}
    out: list[dict[str, Any]] = []
    for label, part in parts:
        n = int(part.count().to_pyarrow().as_py())
        for column in columns:
            if column in levels:
                lines = _word_lines(part, column, column in numeric, levels[column])
            else:
                lines = _number_lines(part, column)
            out += [{"characteristic": column, "group": label, "n": n, **line} for line in lines]
    return out


MOST_LEVELS = 12
"""Different words of one column that Table 1 lists; more are only counted."""


def _is_indicator(column: ibis.Column) -> bool:
    """Say whether a column of numbers holds only 0 and 1: a yes or no, not a quantity."""
    return bool(column.isin((0, 1)).all().to_pyarrow().as_py())


def _number_lines(part: ibis.Table, column: str) -> list[dict[str, Any]]:
    found = median_range(part, column)
    figures = {name: found[name][0] if found[name] else None for name in ("median", "least", "greatest")}
    missing = [{"level": "missing", "count": found["missing"]}] if found["missing"] else []
    return [{"level": "median (range)", "count": found["n"], **figures}, *missing]


def _levels(part: ibis.Table, column: str, is_number: bool) -> dict[str, int]:
    """Return how many patients have each word of a column."""
    words = part[column].cast("int64").cast("string") if is_number else part[column]
    counts = part.group_by(level=words).aggregate(count=part.count()).order_by("level").to_pyarrow().to_pylist()
    return {row["level"]: row["count"] for row in counts if row["level"] is not None}


def _word_lines(part: ibis.Table, column: str, is_number: bool, levels: list[str]) -> list[dict[str, Any]]:
    counts = _levels(part, column, is_number)
    filled = sum(counts.values())
    lacking = int(part.count().to_pyarrow().as_py()) - filled
    missing = [{"level": "missing", "count": lacking}] if lacking else []
    if len(levels) > MOST_LEVELS:
        return [{"level": f"{len(levels)} different entries", "count": filled}, *missing]
    return [*({"level": level, "count": counts.get(level, 0)} for level in levels), *missing]
