"""Baseline and peak of a series."""

import ibis

from abate.biomarkers.series import SERIES
from abate.timeline.joins import first_row


def baseline(points: ibis.Table, window_days: int) -> ibis.Table:
    """Return the last value before or on day 0, not older than a window.

    Parameters
    ----------
    points
        From :func:`abate.biomarkers.series.series`.
    window_days
        Option ``baseline_window_days``.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, variable, value, time``. A value on day 0 counts as before the
        infusion: the hour of the infusion is not part of the records.
    """
    rows = points.filter(points.time < 1, points.time >= -window_days)
    return first_row(rows, SERIES, rows.time.desc(), rows.value.desc()).select(*SERIES, "value", "time")


def peak(points: ibis.Table, start: float, end: float) -> ibis.Table:
    """Return the highest value in a window and when it was first reached.

    Parameters
    ----------
    points
        From :func:`abate.biomarkers.series.series`.
    start, end
        The window, ``end`` not included (days).

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, variable, value, time, limit, values``: ``limit`` is ``above`` where
        the peak is the upper limit of the assay.
    """
    rows = points.filter(points.time >= start, points.time < end)
    rows = rows.mutate(values=rows.count().over(ibis.window(group_by=SERIES)))
    return first_row(rows, SERIES, rows.value.desc(), rows.time).select(*SERIES, "value", "time", "limit", "values")
