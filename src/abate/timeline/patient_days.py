"""The grid of patient-days: every day from day 0 to the end of follow-up, recorded or not."""

import ibis

from abate.timeline.joins import KEYS


def patient_days(follow_up: ibis.Table, limit: int, first: int = 0) -> ibis.Table:
    """Return one row for each day on which a patient was followed.

    Parameters
    ----------
    follow_up
        ``patient_id, course_id, last_day``.
    limit
        Last day of the grid, for patients followed longer (day).
    first
        First day of the grid.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, day``: from the first to the last day, both included.
    """
    rows = follow_up.filter(follow_up.last_day >= first)
    days = ibis.range(first, ibis.least(rows.last_day, limit) + 1).unnest()
    return rows.select(*KEYS, day=days.cast("int64"))
