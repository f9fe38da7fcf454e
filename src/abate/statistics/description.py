"""Medians, ranges and counts, also of values known only as bounds."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import ibis

from abate.statistics.baseline import MOST_LEVELS, Baseline, baseline


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
    # Counted where it is not null: of no rows Spark counts a condition as null.
    counts = {"total": table.count(), "n": known.nullif(False).count()}
    row = table.aggregate(**counts, **figures).to_pyarrow().to_pylist()[0]
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
    return lines(baseline(patients, columns, numeric))


def lines(found: Baseline) -> list[dict[str, Any]]:
    """Return the rows of :func:`table_one` from what was counted.

    Examples
    --------
    >>> found = Baseline(("sex",), {"All patients": 3}, words={"sex": {"All patients": {"female": 2}}})
    >>> [(row["level"], row["count"]) for row in lines(found)]
    [('female', 2), ('missing', 1)]
    """
    out: list[dict[str, Any]] = []
    for group, n in found.patients.items():
        for column in found.columns:
            known = found.known(column, group)
            of_column = (
                _number_line(found, column, group) if column in found.numbers else _word_lines(found, column, group)
            )
            missing = [{"level": "missing", "count": n - known}] if n > known else []
            out += [{"characteristic": column, "group": group, "n": n, **line} for line in (*of_column, *missing)]
    return out


def _number_line(found: Baseline, column: str, group: str) -> list[dict[str, Any]]:
    of_group = found.numbers[column][group]
    figures = {"median": of_group.median, "least": of_group.least, "greatest": of_group.greatest}
    return [{"level": "median (range)", "count": of_group.n, **figures}]


def _word_lines(found: Baseline, column: str, group: str) -> list[dict[str, Any]]:
    # Every group shows every level, also those it does not have.
    levels, counts = found.levels(column), found.words[column][group]
    if len(levels) > MOST_LEVELS:
        return [{"level": f"{len(levels)} different entries", "count": sum(counts.values())}]
    return [{"level": level, "count": counts.get(level, 0)} for level in levels]
