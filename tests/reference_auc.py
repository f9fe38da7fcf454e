"""Area under a curve within a window, slow and obvious: one loop, from the docstrings.

It is the judge of :mod:`abate.biomarkers.auc`; it shares no code with it.
"""

from itertools import pairwise
from math import exp, log
from typing import Any

Row = dict[str, Any]
Point = tuple[float, float]


def averaged(points: list[Point]) -> list[Point]:
    """Return the points in order of time, values at one time averaged."""
    times = sorted({time for time, _ in points})
    out = []
    for time in times:
        values = [value for other, value in points if other == time]
        out.append((time, sum(values) / len(values)))
    return out


def value_at(first: Point, second: Point, time: float, logarithmic: bool) -> float:
    """Return the value at a time between two points."""
    (start, before), (end, after) = first, second
    part = (time - start) / (end - start)
    if logarithmic:
        return exp(log(before) + (log(after) - log(before)) * part)
    return before + (after - before) * part


def trapezoid(left: float, right: float, length: float, logarithmic: bool) -> float:
    """Return the area of one piece."""
    if logarithmic:
        return (left - right) / log(left / right) * length
    return (left + right) / 2 * length


def area(points: list[Point], start: float, end: float, options: Row) -> Row | None:
    """Return area, days covered, whether all are, and the number of times with a value."""
    series = averaged(points)
    total, covered = 0.0, 0.0
    for first, second in pairwise(series):
        if second[0] - first[0] > options["auc_max_gap_days"]:
            continue
        left, right = max(first[0], start), min(second[0], end)
        if left >= right:
            continue
        if options["auc_edges"] == "observed" and (first[0] < start or second[0] > end):
            continue
        falls = 0 < second[1] < first[1] and options["auc_method"] == "linear_up_log_down"
        left_value = value_at(first, second, left, falls)
        right_value = value_at(first, second, right, falls)
        total += trapezoid(left_value, right_value, right - left, falls)
        covered += right - left
    if options["auc_edges"] == "carry" and series:
        first, last = series[0], series[-1]
        if start < first[0] <= end and first[0] - start <= options["auc_carry_days"]:
            total += first[1] * (first[0] - start)
            covered += first[0] - start
        if start <= last[0] < end and end - last[0] <= options["auc_carry_days"]:
            total += last[1] * (end - last[0])
            covered += end - last[0]
    if covered == 0:
        return None
    return {
        "auc": total,
        "covered_days": covered,
        "auc_per_day": total / covered,
        "complete": covered >= end - start - 1e-9,
        "values": len([time for time, _ in series if start <= time <= end]),
    }
