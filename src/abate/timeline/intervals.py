"""Intervals: joined where they touch, cut into days. All are half open."""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from abate.timeline.joins import beside

OPEN = 10**9
"""Stands for an end that is open: no record lies after it (day)."""
DAY_MINUTES = 1440


def joined(
    intervals: ibis.Table, keys: Sequence[str], start: str = "start_day", end: str = "end_day", gap: int = 0
) -> ibis.Table:
    """Join intervals that touch or overlap.

    Parameters
    ----------
    intervals
        With columns ``start`` and ``end`` (not included; null is open).
    keys
        Columns within which they are joined.
    start, end
        Names of those columns.
    gap
        The widest gap that is bridged.

    Returns
    -------
    ibis.Table
        The keys, ``start``, and ``end`` (:data:`OPEN` where it is open).
    """
    # Equal ones count once: two windows might take them in different orders, and tear them apart.
    rows = intervals.select(*keys, opens__at=intervals[start], ends__at=ibis.coalesce(intervals[end], OPEN)).distinct()
    order = [rows.opens__at, rows.ends__at]
    before = ibis.window(group_by=keys, order_by=order, preceding=(None, 1))
    rows = rows.mutate(reached=rows.ends__at.max().over(before))
    rows = rows.mutate(opens=ibis.coalesce(rows.opens__at > rows.reached + gap, True).cast("int64"))
    upto = ibis.window(group_by=keys, order_by=[rows.opens__at, rows.ends__at], preceding=None, following=0)
    rows = rows.mutate(number=rows.opens.sum().over(upto))
    found = rows.group_by(*keys, "number").aggregate(opens__at=rows.opens__at.min(), ends__at=rows.ends__at.max())
    return found.drop("number").rename({start: "opens__at", end: "ends__at"})


def with_next(rows: ibis.Table, keys: Sequence[str]) -> ibis.Table:
    """Add ``following``: the next later ``start`` among rows of the same keys, null after the last.

    Rows that start together do not end each other.
    """
    starts = rows.select(*keys, "start").distinct()
    order = ibis.window(group_by=list(keys), order_by=starts.start)
    starts = starts.mutate(following=starts.start.lead().over(order))
    return beside(rows, starts, (*keys, "start"))


def held_until(rows: ibis.Table) -> ir.IntegerValue:
    """Return the end (minute) of rows that hold until told otherwise.

    Parameters
    ----------
    rows
        ``end_minute, end_day, following`` (from :func:`with_next`), ``last_day`` (of follow-up, included).
    """
    return ibis.coalesce(rows.end_minute, rows.end_day * DAY_MINUTES, rows.following, (rows.last_day + 1) * DAY_MINUTES)


def end_of_days(rows: ibis.Table) -> ir.IntegerValue:
    """Return the end (day, not included) of rows with ``day`` and ``end_day``: a row lasts its day at least."""
    return ibis.greatest(ibis.coalesce(rows.end_day, rows.day + 1), rows.day + 1)


def last_day(rows: ibis.Table) -> ir.IntegerValue:
    """Return the last day of rows with ``day, end_day, end_minute``, whose end is not part of them."""
    ended = ibis.coalesce(((rows.end_minute - 1) / DAY_MINUTES).floor().cast("int64"), rows.end_day - 1)
    return ibis.greatest(rows.day, ended)


def each_day(rows: ibis.Table) -> ibis.Table:
    """Repeat rows with ``day`` and ``end_day`` for every day that they last: ``day`` is that day."""
    return rows.mutate(day=ibis.range(rows.day, end_of_days(rows)).unnest().cast("int64"))


def by_day(intervals: ibis.Table) -> ibis.Table:
    """Cut intervals of minutes into the days that they touch.

    Parameters
    ----------
    intervals
        With ``start`` and ``end`` (minutes since midnight of day 0, end not included).

    Returns
    -------
    ibis.Table
        The same columns, ``day``, and ``until``: the end, or the end of the day if that is earlier.
        An interval of no length touches no day.
    """
    rows = intervals.filter(intervals.start < intervals.end)
    first, last = rows.start // DAY_MINUTES, (rows.end - 1) // DAY_MINUTES
    rows = rows.mutate(day=ibis.range(first.cast("int64"), last.cast("int64") + 1).unnest())
    return rows.mutate(until=ibis.least(rows.end, (rows.day + 1) * DAY_MINUTES))
