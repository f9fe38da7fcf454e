"""Findings that hold for a while: from charted states to spans of minutes."""

import ibis

from abate.timeline.intervals import DAY_MINUTES, held_until, with_next
from abate.timeline.joins import KEYS, beside


def spans(states: ibis.Table, variable: str, follow_up: ibis.Table, several: bool = False) -> ibis.Table:
    """Return the findings of one variable as spans.

    Parameters
    ----------
    states, follow_up
        The record table; ``patient_id, course_id, last_day``.
    variable
        Of the dictionary.
    several
        Whether several findings may hold at once: each then ends with the next row of its own, or of
        ``none``, and not with another finding.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, state, device, flow, fio2, indication, start, end`` (minutes),
        ``timed, source``. A finding holds until its end, else until the next row of the variable, else
        to the end of follow-up; without a time of day for its whole day at least.
    """
    rows = states.filter(states.variable == variable, states.day.notnull())
    rows = rows.mutate(start=ibis.coalesce(rows.minute, rows.day * DAY_MINUTES), timed=rows.minute.notnull())
    rows = with_next(rows, (*KEYS, "state") if several else KEYS)
    if several:
        # What is charted at one moment, in whatever order of the rows, does not clear itself.
        later = ibis.range_window(group_by=KEYS, order_by=rows.start, following=(1, None))
        cleared = rows.start.min(where=rows.state == "none").over(later)
        rows = rows.mutate(following=ibis.least(rows.following, cleared))
    rows = beside(rows, follow_up.select(*KEYS, "last_day"))
    end = held_until(rows)
    whole = ibis.greatest(end, (rows.day + 1) * DAY_MINUTES)
    return rows.mutate(end=ibis.ifelse(rows.timed, end, whole)).select(
        *KEYS, "state", "device", "flow", "fio2", "indication", "start", "end", "timed", "source"
    )
