"""How a series moves: time above a limit, change from the baseline, slope, doubling, fastest rise."""

import ibis

from abate.biomarkers.series import SERIES
from abate.records.options import Options
from abate.timeline.joins import KEYS, first_row

LETTER_LIMITS = {"ldh": 500.0, "ferritin": 10_000.0, "crp": 300.0}
"""Cut-offs (U/L, ug/L, mg/L) as given in Strati 2020, doi:10.1182/bloodadvances.2020002328: no limits of normal."""


def relative_to(points: ibis.Table, anchors: ibis.Table) -> ibis.Table:
    """Return series on the clock of an anchor: toxicity onset, start of a treatment.

    Parameters
    ----------
    points
        From :func:`abate.biomarkers.series.series`.
    anchors
        ``patient_id, course_id, day``: one a course; courses without it are left out.

    Returns
    -------
    ibis.Table
        The series, ``time`` in days from midnight of the anchor's day.
    """
    known = anchors.filter(anchors.day.notnull()).select(*KEYS, anchor__day="day")
    rows = points.join(known, list(KEYS))
    return rows.mutate(time=rows.time - rows.anchor__day).drop("anchor__day")


def _pairs(points: ibis.Table) -> ibis.Table:
    """Return the values of each time (averaged) with the next one."""
    at_time = points.group_by(*SERIES, "time").aggregate(
        value=points.value.mean(), bound=points["limit"].notnull().max(), more=(points["limit"] == "above").max()
    )
    order = ibis.window(group_by=SERIES, order_by=at_time.time)
    columns = ("time", "value", "bound", "more")
    return at_time.mutate(**{f"next_{name}": at_time[name].lead().over(order) for name in columns})


def time_above(points: ibis.Table, limits: ibis.Table, start: float, end: float, options: Options) -> ibis.Table:
    """Return for how long each series lay above a limit within a window.

    Parameters
    ----------
    points
        From :func:`abate.biomarkers.series.series`.
    limits
        ``variable, limit``, in the unit of the variable.
    start, end
        The window (days from midnight of day 0).
    options
        ``auc_max_gap_days``: values further apart are not joined.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, variable, limit, days_above``, ``covered_days``: between values a straight line is
        taken; before the first and after the last nothing is.
    """
    rows = _pairs(points).join(limits, "variable")
    # What is more than the assay tells may lie on either side of a limit above that.
    hidden = [
        ibis.coalesce(rows[f"{side}more"] & (rows[f"{side}value"] <= rows["limit"]), False) for side in ("", "next_")
    ]
    rows = rows.filter(~hidden[0] & ~hidden[1])
    rows = rows.filter(
        rows.next_time.notnull(),
        rows.next_time - rows.time <= options["auc_max_gap_days"],
        rows.next_time > start,
        rows.time < end,
    )
    left, right = ibis.greatest(rows.time, start), ibis.least(rows.next_time, end)
    slope = (rows.next_value - rows.value) / (rows.next_time - rows.time)
    rows = rows.mutate(
        length=right - left,
        first=rows.value + slope * (left - rows.time),
        second=rows.value + slope * (right - rows.time),
    )
    high, low = ibis.greatest(rows.first, rows.second), ibis.least(rows.first, rows.second)
    part = ibis.cases(
        (low > rows["limit"], 1.0), (high <= rows["limit"], 0.0), else_=(high - rows["limit"]) / (high - low)
    )
    return rows.group_by(*SERIES, "limit").aggregate(
        days_above=(part * rows.length).sum(), covered_days=rows.length.sum()
    )


def slopes(points: ibis.Table, start: float, end: float) -> ibis.Table:
    """Return the straight line through each series in a window, and through its logarithm, by least squares.

    Parameters
    ----------
    points
        From :func:`abate.biomarkers.series.series`.
    start, end
        The window, ``end`` not included (days).

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, variable, values, slope`` (units a day), ``doublings`` (a day; below 0 it halves; null
        where a value is not above 0). Series with fewer than two times, or with a limit of the assay among them, have
        no row.
    """
    rows = points.filter(points.time >= start, points.time < end)
    rows = rows.mutate(positive=ibis.ifelse(rows.value > 0, rows.value, ibis.null("float64")).log2())
    found = rows.group_by(*SERIES).aggregate(
        values=rows.count(),
        spread=rows.time.var(how="pop"),
        together=rows.time.cov(rows.value, how="pop"),
        in_logarithm=rows.time.cov(rows.positive, how="pop"),
        beyond=rows.positive.isnull().sum(),
        bounds=rows["limit"].notnull().sum(),
    )
    # Through a limit of the assay no line is drawn.
    found = found.filter(found.spread > 0, found.bounds == 0)
    return found.select(
        *SERIES,
        "values",
        slope=found.together / found.spread,
        doublings=ibis.ifelse(found.beyond == 0, found.in_logarithm / found.spread, ibis.null("float64")),
    )


def fastest_rise(points: ibis.Table, least_hours: float = 4.0) -> ibis.Table:
    """Return the fastest rise between one value and the next.

    Parameters
    ----------
    points
        From :func:`abate.biomarkers.series.series`.
    least_hours
        Values nearer than this make no rate: a guard against double draws.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, variable, per_hour`` (units an hour), ``time`` (of the later value; the first of equal
        rises). Series that never rise have no row.
    """
    rows = _pairs(points)
    rows = rows.filter(~rows.bound & ~rows.next_bound)
    rows = rows.filter(rows.next_value > rows.value, (rows.next_time - rows.time) * 24 >= least_hours)
    rows = rows.mutate(per_hour=(rows.next_value - rows.value) / ((rows.next_time - rows.time) * 24))
    return first_row(rows, SERIES, rows.per_hour.desc(), ties="next_time").select(*SERIES, "per_hour", time="next_time")
