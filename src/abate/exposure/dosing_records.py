"""The dosing record of a drug, as kinetics need it: each dose with its hour, amount, length and way in, or why not.

Nothing is guessed: a course with a dose whose day, amount or route is not known has no concentration, and the reason is
told. Where only the day of a dose is known it stands at the option ``unknown_time_of_day``; several of a day are spread
evenly over it, and doses at an interval follow the first of them.
"""

import ibis

from abate.records.options import Options
from abate.records.words import plain
from abate.timeline.joins import KEYS, beside

SUBCUTANEOUS = ("sc", "subcutaneous", "subcut", "s.c.", "sq", "im", "intramuscular")
INTRAVENOUS = ("iv", "intravenous", "i.v.", "intravenous push", "iv push", "iv infusion")
DOSE = (*KEYS, "drug", "source", "position")
"""What tells one dose from another."""


def dosing(doses: ibis.Table, drug: str, options: Options, infusion_hours: float = 0.0) -> ibis.Table:
    """Return the doses of one drug.

    Parameters
    ----------
    doses
        From :func:`abate.exposure.administrations.administrations`.
    drug
        Its name.
    options
        ``unknown_time_of_day``.
    infusion_hours
        How long a dose into a vein runs where that is not recorded (h).

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, drug, source, position, day, start`` (hours from midnight of day 0), ``amount`` (mg;
        null where it is not known), ``hours``, ``extravascular``, ``interval_h``, ``timed`` (its hour, or that since
        the first dose, is recorded), and ``why``: why nothing can be computed of it, empty where something can.
    """
    rows = doses.filter(doses.drug == drug)
    under, into = rows.route.isin(SUBCUTANEOUS), rows.route.isin(INTRAVENOUS)
    follows = rows.minute.isnull() & (rows.position > 0) & rows.interval_h.notnull()
    alone = rows.minute.isnull() & ~follows
    of_day = ibis.window(group_by=(*KEYS, rows.day, alone))
    order = ibis.window(group_by=(*KEYS, rows.day, alone), order_by=[rows.source, rows.position])
    place, count = ibis.row_number().over(order), rows.count().over(of_day)
    of_its_day = (rows.day + (place + options["unknown_time_of_day"]) / count) * 24
    after_first = (rows.earliest_day + options["unknown_time_of_day"]) * 24 + rows.interval_h * rows.position
    untimed = ibis.ifelse(follows, after_first, of_its_day)
    why = ibis.cases(
        (rows.day.isnull(), "the day of a dose is not known"),
        (ibis.coalesce(rows.low != rows.high, True), "the amount of a dose is not known"),
        (~ibis.coalesce(under | into, False), "the route of a dose is not recorded as into a vein or under the skin"),
        else_="",
    )
    lasts = ibis.coalesce(rows.hours, infusion_hours)
    return rows.select(
        *DOSE,
        "day",
        start=ibis.coalesce(rows.minute / 60, untimed).cast("float64"),
        amount=ibis.ifelse(rows.low == rows.high, rows.low, ibis.null("float64")),
        hours=ibis.ifelse(ibis.coalesce(under, False), 0.0, lasts).cast("float64"),
        extravascular=ibis.coalesce(under, False),
        interval_h="interval_h",
        timed=rows.minute.notnull() | follows,
        why=why,
    ).filter(ibis._.amount.isnull() | (ibis._.amount > 0))


def dosed_courses(rows: ibis.Table, totals: ibis.Table, follow_up: ibis.Table, after_hours: float) -> ibis.Table:
    """Sum up the dosing record of each course.

    Parameters
    ----------
    rows
        From :func:`dosing`.
    totals
        From :func:`abate.exposure.administrations.interval_totals`, of that drug: what they tell has no hour.
    follow_up
        ``patient_id, course_id, last_day``: nothing is told after it.
    after_hours
        How long after the last dose the record is looked at (h).

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, first, last`` (hours of the first and the last dose), ``until`` (the end of what is
        looked at), ``doses, milligrams, why``.
    """
    found = rows.group_by(*KEYS).aggregate(
        first=rows.start.min(),
        last=rows.start.max(),
        doses=rows.count(),
        milligrams=rows.amount.sum(),
        why=rows.why.max(),
    )
    found = beside(found, follow_up.select(*KEYS, "last_day"))
    end = ibis.coalesce((found.last_day + 1) * 24.0, found["last"] + after_hours)
    until = ibis.greatest(ibis.least(found["last"] + after_hours, end), found["last"])
    some = totals.filter(totals.high.isnull() | (totals.high > 0)).select(*KEYS, in_total=ibis.literal(True)).distinct()
    found = beside(found.mutate(until=until.cast("float64")), some)
    late = ibis.coalesce(found["last"] >= (found.last_day + 1) * 24, False)
    why = ibis.cases(
        (found.why != "", found.why),
        (found.in_total.notnull(), "part of the drug is told as a total"),
        (late, "a dose stands after the end of the follow-up"),
        else_="",
    )
    return found.mutate(why=why).drop("last_day", "in_total")


def schedule(rows: ibis.Table) -> ibis.Table:
    """Return the interval that stands between doses, as a schedule in words.

    Parameters
    ----------
    rows
        From :func:`dosing`.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, source, position, interval`` (h, to the next dose, else the interval that the record
        names), ``schedule``: every 6 h, every 8 h, every 12 h, daily, every other day, else the hours.
    """
    rows = rows.filter(rows.start.notnull())
    order = ibis.window(group_by=KEYS, order_by=[rows.start, rows.position, rows.source])
    of_course = ibis.window(group_by=KEYS)
    apart = rows.start.lead().over(order) - rows.start
    # Of several doses of a day without hours the interval is not known.
    guessed = ~rows.timed & ~rows.timed.lead().over(order) & (rows.day == rows.day.lead().over(order))
    rows = rows.mutate(
        interval=ibis.ifelse(
            ibis.coalesce(guessed, False), ibis.null("float64"), ibis.coalesce(apart, rows.interval_h)
        ),
        last=apart.isnull() & (rows.count().over(of_course) > 1),
        guessed=ibis.coalesce(guessed, False),
    )
    names = ((6, "every 6 h"), (8, "every 8 h"), (12, "every 12 h"), (24, "daily"), (48, "every other day"))
    near = [((rows.interval - hours).abs() <= hours / 6, name) for hours, name in names]
    near.insert(0, (rows.guessed, "more than one a day, hours not recorded"))
    near.insert(0, (rows.interval == 0, "more than one at a time"))
    other = ibis.literal("every ") + plain(rows.interval, 1) + " h"
    return rows.select(
        *KEYS,
        "source",
        "position",
        "interval",
        schedule=ibis.cases(*near, (rows.interval.notnull(), other), (rows["last"], "the last dose"), else_="one dose"),
    )
