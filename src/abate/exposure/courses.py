"""Courses of a drug: administrations that follow each other without a long gap."""

import ibis

from abate.timeline.intervals import DAY_MINUTES
from abate.timeline.joins import KEYS

OF_DRUG = (*KEYS, "drug")


def courses(doses: ibis.Table, gap_days: int) -> ibis.Table:
    """Join administrations into courses.

    Parameters
    ----------
    doses
        From :func:`abate.exposure.administrations.administrations`; undated doses are counted with
        the course in which their first dose lies.
    gap_days
        A new administration this many days or more after the last one ran out opens another course
        (option ``course_gap_days``).

    Returns
    -------
    ibis.Table
        One row for each patient, drug and course: ``number`` (from 1), ``start_day``,
        ``last_dose_day``, ``end_day`` (not included: the last dose lasts its interval), ``days``,
        ``dosing_days``, ``doses``, ``low`` and ``high`` (cumulative, mg; null ``high`` is unknown),
        ``daily_low`` and ``daily_high`` (mg per day of the course), ``indication``, ``interval_h`` (between its
        doses: the one that the record names, else the mean where all have a day; null with one dose), ``route`` (null
        where several, or none, is recorded).
    """
    placed = doses.mutate(at=ibis.coalesce(doses.day, doses.earliest_day))
    placed = placed.filter(placed["at"].notnull())
    placed = placed.mutate(
        runs_out=placed["at"] + placed.span_days, moment=ibis.coalesce(placed.minute, placed["at"] * DAY_MINUTES)
    )
    order = [placed["at"], placed.position, placed.source]
    before = ibis.window(group_by=OF_DRUG, order_by=order, preceding=(None, 1))
    placed = placed.mutate(covered_until=placed.runs_out.max().over(before))
    opens = ibis.coalesce(placed["at"] - placed.covered_until >= gap_days, True)
    upto = ibis.window(group_by=OF_DRUG, order_by=order, preceding=None, following=0)
    placed = placed.mutate(opens=opens.cast("int64"))
    placed = placed.mutate(number=placed.opens.sum().over(upto))
    found = placed.group_by(*OF_DRUG, "number").aggregate(
        start_day=placed["at"].min(),
        last_dose_day=placed["at"].max(),
        end_day=placed.runs_out.max(),
        dosing_days=placed["at"].nunique(),
        doses=placed.count(),
        low=placed.low.sum(),
        unknown=placed.high.isnull().sum(),
        recorded_high=placed.high.sum(),
        undated=placed.day.isnull().sum(),
        timed=placed.minute.count(),
        intervals=placed.interval_h.count(),
        routes=placed.route.count(),
        first_minute=placed.moment.min(),
        last_minute=placed.moment.max(),
        least_interval=placed.interval_h.min(),
        most_interval=placed.interval_h.max(),
        one_route=placed.route.min(),
        another_route=placed.route.max(),
        one_indication=placed.indication.min(),
        another_indication=placed.indication.max(),
    )
    found = found.mutate(
        high=ibis.ifelse(found.unknown == 0, found.recorded_high, ibis.null("float64")),
        days=found.end_day - found.start_day,
        # Different indications of one course are none that can be named.
        indication=ibis.ifelse(
            found.one_indication == found.another_indication, found.one_indication, ibis.null("string")
        ),
    )
    apart = (found.last_minute - found.first_minute) / 60 / (found.doses - 1)
    found = found.mutate(
        daily_low=found.low / found.days,
        daily_high=found.high / found.days,
        interval_h=ibis.cases(
            (found.doses == 1, ibis.null("float64")),
            ((found.least_interval == found.most_interval) & (found.intervals == found.doses), found.least_interval),
            (found.timed == found.doses, apart),
            ((found.undated == 0) & (found.timed == 0) & (found.dosing_days == found.doses), apart),
        ),
        route=ibis.ifelse(
            (found.one_route == found.another_route) & (found.routes == found.doses),
            found.one_route,
            ibis.null("string"),
        ),
    )
    return found.drop(
        *("unknown", "recorded_high", "one_indication", "another_indication", "undated", "first_minute"),
        *("least_interval", "most_interval", "timed", "intervals", "routes"),
        *("last_minute", "one_route", "another_route"),
    )
