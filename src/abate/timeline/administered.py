"""On which days a drug was given: each dose of a series, each day of an infusion or an interval."""

import ibis

from abate.records.tables import LOCAL_ROUTES
from abate.timeline.intervals import DAY_MINUTES, last_day
from abate.timeline.joins import KEYS

MOST_DAYS = 366
"""Days over which one row is spread at most."""


def administered(drugs: ibis.Table) -> ibis.Table:
    """Return the moments at which systemic drugs were given.

    Parameters
    ----------
    drugs
        Rows of the record table.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, drug, day, minute, source``. A dose of a series stands at its interval from
        the first; without an interval only the first is dated. An infusion is given from its start on,
        and at the first minute of each further day; a total somewhere in its interval, untimed.
    """
    # A suppository of an antipyretic acts on the whole body.
    rows = drugs.filter(
        drugs.status == "given",
        drugs.day.notnull(),
        drugs.time_precision != "month",
        ibis.coalesce(drugs.route.strip().lower(), "").notin([route for route in LOCAL_ROUTES if route != "rectal"]),
    )
    series = (rows.kind == "dose") & rows.interval_h.notnull()
    last_minute = ibis.coalesce(rows.end_minute - 1, (rows.end_day * DAY_MINUTES) - 1)
    filled = ((last_minute + 1 - ibis.coalesce(rows.minute, rows.day * DAY_MINUTES)) / 60 / rows.interval_h).ceil()
    doses = ibis.coalesce(rows.dose_count.cast("int64"), filled.cast("int64"), 1)
    steps = ibis.ifelse(series, doses, last_day(rows) - rows.day + 1)
    steps = ibis.greatest(ibis.least(steps, MOST_DAYS), 1)
    rows = rows.mutate(series=series, position=ibis.range(0, steps.cast("int64")).unnest())
    hours = rows.interval_h * rows.position
    dose_minute = rows.minute + (hours * 60).round().cast("int64")
    dose_day = ibis.coalesce(dose_minute // DAY_MINUTES, rows.day + (hours / 24).floor().cast("int64"))
    first = rows.position == 0
    day = ibis.ifelse(rows.series, dose_day, rows.day + rows.position).cast("int64")
    whole = (rows.kind == "interval total") | rows.minute.isnull()
    minute = ibis.cases(
        (rows.series, dose_minute),
        (whole, ibis.null("int64")),
        (first, rows.minute),
        else_=(rows.day + rows.position) * DAY_MINUTES,
    )
    return rows.select(*KEYS, "drug", "source", day=day, minute=minute.cast("int64"))
