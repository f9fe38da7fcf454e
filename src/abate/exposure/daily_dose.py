"""Dose of each day in a common currency, and what its curve shows: days, peak, area, taper."""

import ibis

from abate.timeline.joins import KEYS

DOSED = (*KEYS, "day")


def daily_doses(doses: ibis.Table, drugs: ibis.Table) -> ibis.Table:
    """Return the dose of each day on which there was one.

    Parameters
    ----------
    doses
        From :func:`abate.exposure.administrations.administrations`; those without a day are left out.
    drugs
        ``drug, factor``: which drugs, and mg of a common currency for each mg.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, day, low, high`` (mg; null ``high``: an amount of that day is not known), ``doses``.
    """
    dated = doses.filter(doses.day.notnull()).join(drugs, "drug")
    found = dated.group_by(*DOSED).aggregate(
        low=(dated.low * dated.factor).sum(),
        known=(dated.high * dated.factor).sum(),
        unknown=dated.high.isnull().sum(),
        doses=dated.count(),
    )
    high = ibis.ifelse(found.unknown == 0, found.known, ibis.null("float64"))
    given = found.mutate(high=high).filter((ibis._.low > 0) | ibis._.high.isnull() | (ibis._.high > 0))
    return given.select(*DOSED, "low", "high", "doses")


def dose_curves(daily: ibis.Table) -> ibis.Table:
    """Sum up the curve of daily doses of each course.

    Parameters
    ----------
    daily
        From :func:`daily_doses`.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id``; ``first_day, last_day, days`` (with a dose); ``peak_low, peak_high`` (mg a day; null
        where a day's amount is not known) and ``peak_day`` (the first of the highest); ``area_low, area_high`` (mg x
        days: each day's dose stands for that day); ``taper_start`` and ``taper_days`` (from the first fall of the last
        stretch in which the dose never rises to the last dose; null where the last dose was as high as any of it, or
        an amount is not known exactly).
    """
    order = ibis.window(group_by=KEYS, order_by=daily.day)
    rows = daily.mutate(last=daily.day.lag().over(order), before=daily.low.lag().over(order))
    rows = rows.mutate(
        # A day between without a dose is a dose of 0.
        before=ibis.ifelse(ibis.coalesce(rows.day - rows["last"] == 1, False), rows.before, 0.0),
        exact=ibis.coalesce(rows.low == rows.high, False),
    )
    rise = rows.group_by(*KEYS).aggregate(last_rise=rows.day.max(where=rows.low > rows.before))
    tail = rows.join(rise, list(KEYS))
    falls = (tail.day > tail.last_rise) & (tail.low < tail.before)
    tapers = tail.group_by(*KEYS).aggregate(taper_start=tail.day.min(where=falls), exact=tail.exact.min())
    top = ibis.window(group_by=KEYS, order_by=[ibis.coalesce(rows.high, rows.low).desc(), rows.day])
    rows = rows.mutate(place=ibis.row_number().over(top))
    found = rows.group_by(*KEYS).aggregate(
        first_day=rows.day.min(),
        last_day=rows.day.max(),
        days=rows.count(),
        peak_low=rows.low.max(),
        most=rows.high.max(),
        peak_day=rows.day.min(where=rows.place == 0),
        area_low=rows.low.sum(),
        area=rows.high.sum(),
        unknown=rows.high.isnull().sum(),
    )
    found = found.join(tapers, list(KEYS))
    none = ibis.null("float64")
    begun = ibis.ifelse(found.exact, found.taper_start, ibis.null("int64"))
    return found.select(
        *KEYS,
        *("first_day", "last_day", "days", "peak_low"),
        peak_high=ibis.ifelse(found.unknown == 0, found.most, none),
        peak_day="peak_day",
        area_low="area_low",
        area_high=ibis.ifelse(found.unknown == 0, found.area, none),
        taper_start=begun,
        taper_days=found.last_day - begun + 1,
    )
