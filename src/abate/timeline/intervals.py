"""Intervals that touch or overlap, joined into one."""

from collections.abc import Sequence

import ibis

OPEN = 10**9
"""Stands for an end that is open: no record lies after it (day)."""


def joined(intervals: ibis.Table, keys: Sequence[str]) -> ibis.Table:
    """Join intervals that touch or overlap.

    Parameters
    ----------
    intervals
        With ``start_day`` and ``end_day`` (not included; null is open).
    keys
        Columns within which they are joined.

    Returns
    -------
    ibis.Table
        The keys, ``start_day``, and ``end_day`` (:data:`OPEN` where it is open).
    """
    rows = intervals.select(*keys, "start_day", end_day=ibis.coalesce(intervals.end_day, OPEN))
    order = [rows.start_day, rows.end_day]
    before = ibis.window(group_by=keys, order_by=order, preceding=(None, 1))
    rows = rows.mutate(reached=rows.end_day.max().over(before))
    opens = ibis.coalesce(rows.start_day > rows.reached, True).cast("int64")
    rows = rows.mutate(opens=opens)
    upto = ibis.window(group_by=keys, order_by=[rows.start_day, rows.end_day], preceding=None, following=0)
    rows = rows.mutate(number=rows.opens.sum().over(upto))
    return (
        rows.group_by(*keys, "number")
        .aggregate(start_day=rows.start_day.min(), end_day=rows.end_day.max())
        .drop("number")
    )
