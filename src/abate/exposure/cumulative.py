"""Cumulative dose over time, as bounds."""

import ibis

from abate.timeline.joins import KEYS


def cumulative(doses: ibis.Table, totals: ibis.Table, drugs: ibis.Table) -> ibis.Table:
    """Return the cumulative dose after each day on which it changes.

    Parameters
    ----------
    doses
        Administrations not told by a total, with a day.
    totals
        Totals over an interval; each counts in full at the end of its interval (at its start where
        the interval is open), since its course within the interval is not known.
    drugs
        ``drug, factor``: which drugs, and mg of a common currency for each mg.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, day, low, high``: mg up to and with the day; ``high`` is null from
        the first amount that is not known.
    """
    dated = doses.filter(doses.day.notnull()).join(drugs, "drug")
    steps = dated.select(*KEYS, "day", low=dated.low * dated.factor, high=dated.high * dated.factor)
    spans = totals.join(drugs, "drug")
    ends = ibis.coalesce(spans.end_day - 1, spans.start_day)
    steps = steps.union(spans.select(*KEYS, day=ends, low=spans.low * spans.factor, high=spans.high * spans.factor))
    by_day = steps.group_by(*KEYS, "day").aggregate(
        low=steps.low.sum(), known=steps.high.sum(), unknown=steps.high.isnull().sum()
    )
    upto = ibis.window(group_by=KEYS, order_by=by_day.day, preceding=None, following=0)
    sums = by_day.mutate(
        low=by_day.low.sum().over(upto),
        known=by_day.known.sum().over(upto),
        unknown=by_day.unknown.sum().over(upto),
    )
    return sums.select(*KEYS, "day", "low", high=ibis.ifelse(sums.unknown == 0, sums.known, ibis.null("float64")))
