"""Area under a laboratory curve over a window, by trapezoids, saying how much of it was sampled."""

import ibis
import ibis.expr.types as ir

from abate.biomarkers.series import SERIES
from abate.records.options import Options


def area_under_curve(points: ibis.Table, start: float, end: float, options: Options) -> ibis.Table:
    """Return the area under each series within a window.

    Parameters
    ----------
    points
        From :func:`abate.biomarkers.series.series`. Values at one time are averaged.
    start, end
        The window (days from midnight of day 0).
    options
        ``auc_method`` (linear, or logarithmic where the curve falls between positive values),
        ``auc_edges``, ``auc_carry_days``, ``auc_max_gap_days``.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, variable, auc`` (unit of the variable times days),
        ``covered_days``, ``auc_per_day`` (``auc / covered_days``), ``complete`` (the whole window
        is covered) and ``values`` in the window. A series without a covered stretch has no row.

    Notes
    -----
    A longer stay gives a larger area, and an unsampled edge a smaller one; neither is hidden:
    ``complete`` is false unless every part of the window lies between values not further apart
    than the longest gap bridged.
    """
    at_time = points.group_by(*SERIES, "time").aggregate(value=points.value.mean())
    order = ibis.window(group_by=SERIES, order_by=at_time.time)
    rows = at_time.mutate(
        next_time=at_time.time.lead().over(order),
        next_value=at_time.value.lead().over(order),
        previous_time=at_time.time.lag().over(order),
    )
    pieces = [_segments(rows, start, end, options)]
    if options["auc_edges"] == "carry":
        pieces += _carried(rows, start, end, options["auc_carry_days"])
    parts = ibis.union(*pieces) if len(pieces) > 1 else pieces[0]
    sums = parts.group_by(*SERIES).aggregate(auc=parts.area.sum(), covered_days=parts.length.sum())
    within = at_time.filter(at_time.time >= start, at_time.time <= end)
    counts = within.group_by(*SERIES).aggregate(values=within.count())
    joined = sums.left_join(counts, list(SERIES))
    return joined.filter(joined.covered_days > 0).select(
        *SERIES,
        "auc",
        "covered_days",
        auc_per_day=joined.auc / joined.covered_days,
        complete=joined.covered_days >= end - start - 1e-9,
        values=ibis.coalesce(joined["values"], 0),
    )


def _segments(rows: ibis.Table, start: float, end: float, options: Options) -> ibis.Table:
    """Return area and length of what lies in the window, between each value and the next."""
    rows = rows.filter(
        rows.next_time.notnull(),
        rows.next_time - rows.time <= options["auc_max_gap_days"],
        rows.next_time > start,
        rows.time < end,
    )
    if options["auc_edges"] == "observed":
        rows = rows.filter(rows.time >= start, rows.next_time <= end)
    falls = ibis.literal(options["auc_method"] == "linear_up_log_down") & (
        # Between nearly equal values the logarithm cancels, and the two trapezoids are the same.
        (rows.next_value < rows.value * (1 - 1e-6)) & (rows.next_value > 0)
    )
    rows = rows.mutate(
        falls=falls,
        left=ibis.greatest(rows.time, start),
        right=ibis.least(rows.next_time, end),
    )
    rows = rows.mutate(left_value=_between(rows, rows.left), right_value=_between(rows, rows.right))
    length = rows.right - rows.left
    linear = (rows.left_value + rows.right_value) / 2 * length
    logarithmic = (rows.left_value - rows.right_value) / (rows.left_value / rows.right_value).ln() * length
    return rows.select(*SERIES, area=ibis.ifelse(rows.falls, logarithmic, linear), length=length)


def _between(rows: ibis.Table, time: ir.FloatingValue) -> ir.FloatingValue:
    """Return the value at a time between a value and the next, by the rule of the trapezoid."""
    part = (time - rows.time) / (rows.next_time - rows.time)
    linear = rows.value + (rows.next_value - rows.value) * part
    logarithmic = rows.value * (rows.next_value / rows.value).pow(part)
    return ibis.ifelse(rows.falls, logarithmic, linear)


def _carried(rows: ibis.Table, start: float, end: float, most: float) -> list[ibis.Table]:
    """Return the rectangles from the outermost values to the edges, where they are near enough."""
    first = rows.filter(rows.previous_time.isnull(), rows.time > start, rows.time <= end)
    first = first.filter(first.time - start <= most)
    last = rows.filter(rows.next_time.isnull(), rows.time < end, rows.time >= start)
    last = last.filter(end - last.time <= most)
    lengths = ((first, first.time - start), (last, end - last.time))
    return [table.select(*SERIES, area=table.value * length, length=length) for table, length in lengths]
