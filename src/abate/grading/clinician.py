"""Clinicians' grades, as bounds, one row a patient-day.

"Low grade" is a bound and not a number; two grades for one day that disagree are a bound too.
"""

import ibis

from abate.timeline.joins import EXACT, KEYS

WORST_LIVING = 4.0
"""Upper bound of a grade known only from below: grade 5 is death and has a record of its own."""


def clinician_grades(events: ibis.Table) -> ibis.Table:
    """Return the grade that clinicians gave for each day on which they gave one.

    Parameters
    ----------
    events
        The record table: ``crs_grade`` and ``icans_grade`` (a day), ``crs_max_grade`` and
        ``icans_max_grade`` (over the course; they may have no day).

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, toxicity, system, day, low, high, statements, source``, and ``attribution`` as
        the clinician recorded it (``disputed`` where records differ); the maxima
        without a day are left out (see :func:`highest_grades`). Grades with a time of day are
        successive, and the worst counts; grades known to the day only may contradict each other,
        and then span from the lowest to the highest.
    """
    rows = events.filter(events.event.isin(("crs_grade", "icans_grade")), events.time_precision.isin(EXACT))
    rows = rows.mutate(**_bounds(rows), toxicity=rows.event.replace("_grade", "").upper())
    timed, daily = rows.minute.notnull(), rows.minute.isnull()
    grades = rows.group_by(*KEYS, "toxicity", "system", "day").aggregate(
        timed_low=rows.low.max(where=timed),
        daily_low=rows.low.min(where=daily),
        high=rows.high.max(),
        statements=rows.count(),
        source=rows.source.min(),
        attribution=rows.attribution.strip().lower().min(),
        another=rows.attribution.strip().lower().max(),
    )
    grades = grades.mutate(
        attribution=ibis.ifelse(grades.attribution != grades.another, "disputed", grades.attribution)
    ).drop("another")
    low = ibis.greatest(ibis.coalesce(grades.timed_low, 0.0), ibis.coalesce(grades.daily_low, 0.0))
    return grades.mutate(low=low).drop("timed_low", "daily_low")


def toxic_deaths(events: ibis.Table) -> ibis.Table:
    """Return grade 5 of each toxicity that the coded cause of a death names, on the day of death.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, toxicity, day, low, high``. A death from another cause is no grade.
    """
    rows = events.filter(events.event == "death", events.day.notnull(), events.time_precision != "month")
    rows = rows.mutate(toxicity=rows.text.upper())
    rows = rows.filter(rows.toxicity.isin(("CRS", "ICANS", "HLH")))
    five = ibis.literal(5.0)
    return rows.select(*KEYS, "toxicity", "day", low=five, high=five)


def highest_grades(events: ibis.Table) -> ibis.Table:
    """Return the highest grade of each toxicity in each course, from daily grades and from maxima.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, toxicity, system, low, high, seen_high``: the highest grade is at
        least ``low`` (the worst recorded), and ``high`` where a maximum over the course was recorded;
        ``seen_high`` is the highest that the recorded grades can be.
        Where only single days were graded, a worse day may have gone unrecorded.
    """
    names = ("crs_grade", "icans_grade", "crs_max_grade", "icans_max_grade")
    rows = events.filter(events.event.isin(names))
    toxicity = rows.event.replace("_max_grade", "").replace("_grade", "").upper()
    rows = rows.mutate(**_bounds(rows), toxicity=toxicity, is_maximum=rows.event.endswith("_max_grade"))
    found = rows.group_by(*KEYS, "toxicity", "system").aggregate(
        low=rows.low.max(), seen_high=rows.high.max(), maximum=rows.high.max(where=rows.is_maximum)
    )
    # A day worse than the maximum recorded for the course contradicts it: the day was seen.
    high = ibis.ifelse(found.maximum.isnull(), ibis.null("float64"), ibis.greatest(found.low, found.maximum))
    return found.mutate(high=high).drop("maximum")


def _bounds(rows: ibis.Table) -> dict[str, ibis.Value]:
    return {
        "low": ibis.coalesce(rows.value, rows.value_low, 0.0),
        "high": ibis.coalesce(rows.value, rows.value_high, WORST_LIVING),
    }


def primary_grades(grades: ibis.Table, system: str, events: ibis.Table) -> ibis.Table:
    """Return the grades by which a response is judged: of one system, and grade 5 of toxic deaths.

    Where several systems are recorded and none is named, there are none: they are not mixed.
    """
    if not system:
        alone = grades.aggregate(alone=ibis.coalesce(grades.system, "").nunique() <= 1)
        chosen = grades.cross_join(alone).filter(ibis._.alone).drop("alone")
    else:
        chosen = grades.filter(grades.system == system)
    columns = ("patient_id", "course_id", "toxicity", "day", "low", "high")
    graded = chosen.select("patient_id", "course_id", "toxicity").distinct()
    deaths = toxic_deaths(events).semi_join(graded, ["patient_id", "course_id", "toxicity"])
    return chosen.select(*columns).union(deaths.select(*columns))
