"""How long each patient was followed: death, or the last day on which anything is recorded."""

import ibis

from abate.timeline.joins import EXACT, KEYS, beside


def follow_up(patients: ibis.Table, events: ibis.Table, *dated: ibis.Table) -> ibis.Table:
    """Return death and last contact of every course.

    Parameters
    ----------
    patients, events
        The record tables. A death is an event; nothing else says that a patient died.
    *dated
        Other record tables with ``day``: the last contact is not before the last day recorded.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, death_day, cause, last_day, last_precision, died, observed_day``. ``last_day`` is
        the day of death, in the living the later of the last contact given and the last day recorded;
        null where that is not known, or where records of the death disagree.
        ``died`` is true also for a death without a day; ``observed_day`` is the last day that can be
        looked at: where the end of the follow-up is on no known day, the last one recorded.
    """
    deaths = events.filter(events.event == "death")
    deaths = deaths.group_by(*KEYS).aggregate(
        first_day=deaths.day.min(),
        another_day=deaths.day.max(),
        # Of records of one day, the most exact tells how well it is known.
        exact=deaths.time_precision.max(where=deaths.day.notnull() & deaths.time_precision.isin(EXACT)),
        vague=deaths.time_precision.max(where=deaths.day.notnull()),
        first_cause=deaths.text.min(),
        another_cause=deaths.text.max(),
        died=ibis.literal(True),
    )
    # Two records of one death that disagree leave its day, or its cause, unknown.
    deaths = deaths.mutate(
        death_precision=ibis.coalesce(deaths.exact, deaths.vague),
        death_day=ibis.ifelse(deaths.first_day == deaths.another_day, deaths.first_day, ibis.null("int64")),
        cause=ibis.ifelse(deaths.first_cause == deaths.another_cause, deaths.first_cause, ibis.null("string")),
    )
    days = [table.filter(table.time_precision.isin(EXACT)) for table in (events, *dated)]
    recorded = ibis.union(*(table.select(*KEYS, "day") for table in days))
    recorded = recorded.group_by(*KEYS).aggregate(recorded_day=recorded.day.max())
    rows = patients.select(*KEYS, "last_contact_day", "last_contact_precision")
    for other in (deaths, recorded):
        rows = beside(rows, other)
    contact = ibis.coalesce(rows.last_contact_day, -(10**9))
    later = contact > ibis.coalesce(rows.recorded_day, -(10**9))
    last = ibis.ifelse(later, rows.last_contact_day, rows.recorded_day)
    precision = ibis.cases(
        (rows.death_day.notnull(), rows.death_precision),
        (rows.died.notnull(), "none"),
        (later, rows.last_contact_precision),
        (rows.recorded_day.notnull(), "day"),
        else_="none",
    )
    # A death without a day ends the follow-up on a day that is not known.
    end = ibis.ifelse(rows.died.notnull(), rows.death_day, last)
    return rows.select(
        *KEYS,
        "death_day",
        "cause",
        last_day=end,
        last_precision=precision,
        died=ibis.coalesce(rows.died, False),
        observed_day=ibis.ifelse(precision.isin(EXACT), end, rows.recorded_day),
    )
