"""Spells of toxicity, days in each grade, the area under the grade curve, days free of steroid, and what came first."""

import ibis

from abate.timeline.joins import DAY, KEYS, beside

OF_SYSTEM = (*KEYS, "toxicity", "system")
LIVING = (0, 1, 2, 3, 4)


def toxicity_spells(grades: ibis.Table) -> ibis.Table:
    """Return the spells of each toxicity: days with a grade above 0, not parted by a day of grade 0.

    Parameters
    ----------
    grades
        From :func:`abate.grading.daily.computed_grades`.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, toxicity, system, number`` (from 1: above it the toxicity came back), ``start_day,
        last_day`` (of a grade above 0), ``toxic_days``, ``unknown_days`` (between them, that could not be graded: they
        part no spell), ``peak`` (at least) and ``peak_day``, ``start_known`` (the day before was graded 0),
        ``end_known`` (the day after was).
    """
    order = ibis.window(group_by=OF_SYSTEM, order_by=grades.day)
    upto = ibis.window(group_by=OF_SYSTEM, order_by=grades.day, preceding=None, following=0)
    free = ibis.coalesce(grades.primary_grade == 0, False)
    rows = grades.select(
        *OF_SYSTEM,
        "day",
        low="primary_low",
        toxic=ibis.coalesce(grades.primary_low > 0, False),
        parted=free.cast("int64").sum().over(upto),
        free_before=ibis.coalesce(free.lag().over(order) & (grades.day - grades.day.lag().over(order) == 1), False),
        free_after=ibis.coalesce(free.lead().over(order) & (grades.day.lead().over(order) - grades.day == 1), False),
    ).filter(ibis._.toxic)
    found = rows.group_by(*OF_SYSTEM, "parted").aggregate(
        start_day=rows.day.min(),
        last_day=rows.day.max(),
        toxic_days=rows.count(),
        peak=rows.low.max(),
        start_known=rows.free_before.max(),
        end_known=rows.free_after.max(),
    )
    same = rows.join(found.select(*OF_SYSTEM, "parted", "peak"), [*OF_SYSTEM, "parted"])
    peaks = same.group_by(*OF_SYSTEM, "parted").aggregate(peak_day=same.day.min(where=same.low == same.peak))
    found = found.join(peaks, [*OF_SYSTEM, "parted"])
    turn = ibis.window(group_by=OF_SYSTEM, order_by=found.start_day)
    return found.mutate(
        number=ibis.row_number().over(turn) + 1,
        unknown_days=found.last_day - found.start_day + 1 - found.toxic_days,
    ).drop("parted")


def days_in_grades(grades: ibis.Table) -> ibis.Table:
    """Return how long each course was in each grade, and the area under its grades.

    Parameters
    ----------
    grades
        From :func:`abate.grading.daily.computed_grades`.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, toxicity, system``; ``days_0`` to ``days_4``, ``days_5``; ``bounded_days`` (known as
        bounds that are not 0 to 4) and ``unknown_days``; ``area_low``, ``area_high`` (grade x days: what is unknown
        counts 0, and the most that it may be); ``mean_grade`` (area over the days graded exactly).
    """
    exact = grades.primary_grade
    judged = grades.primary == "clinician"
    low = ibis.coalesce(exact, ibis.ifelse(judged, grades.clinician_low.cast("int8"), grades.lower), 0)
    high = ibis.coalesce(exact, ibis.ifelse(judged, grades.clinician_high.cast("int8"), grades.upper), max(LIVING))
    bounded = exact.isnull() & ((low > 0) | (high < max(LIVING)))
    return grades.group_by(*OF_SYSTEM).aggregate(
        **{f"days_{grade}": (exact == grade).sum() for grade in (*LIVING, 5)},
        bounded_days=bounded.sum(),
        unknown_days=(exact.isnull() & ~bounded).sum(),
        area_low=low.cast("int64").sum(),
        area_high=high.cast("int64").sum(),
        mean_grade=exact.cast("float64").mean(),
    )


def steroid_free_days(
    daily: ibis.Table, follow_up: ibis.Table, covered: ibis.Table, doubtful: ibis.Table, days: int
) -> ibis.Table:
    """Return the days alive and free of steroid, of the first days after the infusion.

    Parameters
    ----------
    daily
        From :func:`abate.exposure.daily_dose.daily_doses`.
    follow_up
        ``patient_id, course_id, death_day, observed_day``.
    covered
        ``patient_id, course_id, day`` for which the record of drugs is complete.
    doubtful
        ``patient_id, course_id, start_day, end_day`` (null: open) of totals, and of doses without a day: steroid may
        have been given on any day of them.
    days
        How many days from day 0 on (option ``free_days_of``); the dead have none from their death on.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, free_low`` (days that the record covers) and ``free_high`` (all days without a recorded
        dose: silence is no absence), ``days``.
    """
    grid = follow_up.select(*KEYS, "death_day", "observed_day").mutate(day=ibis.range(0, days).unnest())
    grid = beside(grid, daily.select(*DAY, given=ibis.literal(True)), DAY)
    grid = beside(grid, covered.select(*DAY, told=ibis.literal(True)).distinct(), DAY)
    spans = grid.select(*DAY).join(doubtful.select(*KEYS, "start_day", "end_day"), list(KEYS))
    spans = spans.filter(spans.day >= spans.start_day, spans.end_day.isnull() | (spans.day < spans.end_day))
    grid = beside(grid, spans.select(*DAY, perhaps=ibis.literal(True)).distinct(), DAY)
    alive = grid.death_day.isnull() | (grid.day < grid.death_day)
    free = alive & grid.given.isnull()
    watched = ibis.coalesce(grid.day <= grid.observed_day, False)
    return grid.group_by(*KEYS).aggregate(
        free_low=(free & watched & grid.told.notnull() & grid.perhaps.isnull()).sum(),
        free_high=free.sum(),
        days=grid.count(),
    )


def first_toxicities(courses: ibis.Table, events: ibis.Table) -> ibis.Table:
    """Return in which order CRS, ICANS and HLH were first seen.

    Parameters
    ----------
    courses
        From :func:`abate.outcomes.toxicity_course.toxicity_courses`, of one system a toxicity.
    events
        The record table: ``hlh`` with its day.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, crs_day, icans_day, hlh_day`` (null where none was seen, or its day is not known),
        ``order`` in words, empty where none was.
    """
    seen = courses.filter(courses.onset_day.notnull())
    first = seen.group_by(*KEYS).aggregate(
        crs_day=seen.onset_day.min(where=seen.toxicity == "CRS").cast("int64"),
        icans_day=seen.onset_day.min(where=seen.toxicity == "ICANS").cast("int64"),
    )
    hlh = events.filter(events.event == "hlh", events.day.notnull())
    hlh = hlh.group_by(*KEYS).aggregate(hlh_day=hlh.day.min())
    every = first.select(*KEYS).union(hlh.select(*KEYS), distinct=True)
    rows = beside(beside(every, first), hlh)
    names = {"CRS": rows.crs_day, "ICANS": rows.icans_day, "HLH": rows.hlh_day}
    none = 10**6
    days = {name: ibis.coalesce(day, none) for name, day in names.items()}
    ranks = {
        name: ibis.literal(1) + sum((days[other] < day).cast("int64") for other in names if other != name)
        for name, day in days.items()
    }
    words = ibis.literal("")
    for place in (1, 2, 3):
        for name in names:
            here = (ranks[name] == place) & (days[name] < none)
            joint = [(ranks[other] == place) & (days[other] < none) for other in names if _before(other, name)]
            shared = ibis.or_(*joint) if joint else ibis.literal(False)
            link = ibis.cases((words == "", ""), (shared, " with "), else_=", then ")
            words = words + ibis.ifelse(here, link + name, "")
    return rows.mutate(order=words)


def _before(one: str, other: str) -> bool:
    names = ("CRS", "ICANS", "HLH")
    return names.index(one) < names.index(other)
