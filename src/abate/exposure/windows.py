"""Dose within a window of days, as bounds: before a treatment, during it, after it.

What a record holds decides what can be said. A total that lies wholly in the window counts in full,
one that overlaps it by between nothing and all; a dose counts on its day. Where nothing is recorded
the dose is 0 only if ``coverage`` (or a recorded total of 0) says so, and unknown otherwise.
"""

import ibis

from abate.timeline.intervals import OPEN, joined
from abate.timeline.joins import KEYS, beside

WINDOWS = ("before", "during", "after", "all")


def treatment_windows(treatment: ibis.Table, from_day: int) -> ibis.Table:
    """Return the windows around a treatment.

    Parameters
    ----------
    treatment
        One row a course of the patient: ``patient_id, course_id, start_day, end_day``.
    from_day
        First day counted (option ``exposure_from_day``).

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, window, from_day, until_day``; a null ``until_day`` is open.
    """
    first, no_end = ibis.literal(from_day, "int64"), ibis.null("int64")
    edges = (
        ("before", first, treatment.start_day),
        ("during", treatment.start_day, treatment.end_day),
        ("after", treatment.end_day, no_end),
        ("all", first, no_end),
    )
    parts = [
        treatment.select(*KEYS, window=ibis.literal(name), from_day=start, until_day=end) for name, start, end in edges
    ]
    return ibis.union(*parts)


def anchor_windows(anchors: ibis.Table, from_day: int) -> ibis.Table:
    """Return the windows before and after moments of any kind.

    Parameters
    ----------
    anchors
        ``patient_id, course_id, anchor`` (its name), ``day``.
    from_day
        First day counted (option ``exposure_from_day``).

    Returns
    -------
    ibis.Table
        As of :func:`treatment_windows`; ``window`` is ``before ANCHOR`` and ``from ANCHOR on``.
    """
    first, no_end = ibis.literal(from_day, "int64"), ibis.null("int64")
    known = anchors.filter(anchors.day.notnull())
    before = ibis.literal("before ") + known.anchor
    since = ibis.literal("from ") + known.anchor + " on"
    parts = (
        known.select(*KEYS, window=before, from_day=first, until_day="day"),
        known.select(*KEYS, window=since, from_day="day", until_day=no_end),
    )
    return ibis.union(*parts)


def dose_in_windows(
    windows: ibis.Table, doses: ibis.Table, totals: ibis.Table, drugs: ibis.Table, coverage: ibis.Table
) -> ibis.Table:
    """Add up a drug, or several in a common currency, within windows.

    Parameters
    ----------
    windows
        From :func:`treatment_windows`.
    doses
        Administrations not told by a total (:func:`abate.exposure.administrations.outside_totals`).
    totals
        From :func:`abate.exposure.administrations.interval_totals`.
    drugs
        ``drug, factor``: which drugs, and mg of the currency for each mg.
    coverage
        The record table.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, window, from_day, until_day, low, high, recorded``: ``low`` and
        ``high`` in mg, both null where nothing is recorded and nothing promises that none was
        given; ``high`` alone null where an amount is not known. ``recorded`` counts the records.
    """
    # A window without a day holds nothing, for certain.
    open_windows = windows.filter(windows.until_day.isnull() | (windows.until_day > windows.from_day))
    points = doses.join(drugs, "drug")
    points = points.join(open_windows, list(KEYS))
    points = points.mutate(at=ibis.coalesce(points.day, points.earliest_day))
    before_end = points.until_day.isnull() | ibis.coalesce(points["at"] < points.until_day, True)
    placed = points.filter(
        # A dose whose day is not known may lie in any window that ends after the first of its row.
        ibis.ifelse(points.day.isnull(), before_end, before_end & (points["at"] >= points.from_day))
    )
    certain = placed.day.notnull() | (placed.until_day.isnull() & (placed.earliest_day >= placed.from_day))
    placed = placed.select(
        *KEYS,
        "window",
        low=ibis.ifelse(ibis.coalesce(certain, False), placed.low * placed.factor, 0.0),
        high=placed.high * placed.factor,
    )
    spans = totals.join(drugs, "drug")
    spans = spans.join(open_windows, list(KEYS))
    overlap = (spans.until_day.isnull() | (spans.start_day < spans.until_day)) & (
        spans.end_day.isnull() | (spans.end_day > spans.from_day)
    )
    spans = spans.filter(overlap)
    inside = (spans.start_day >= spans.from_day) & (
        spans.until_day.isnull() | ibis.coalesce(spans.end_day <= spans.until_day, False)
    )
    spans = spans.select(
        *KEYS,
        "window",
        low=ibis.ifelse(inside, spans.low * spans.factor, 0.0),
        high=spans.high * spans.factor,
    )
    parts = placed.union(spans)
    sums = parts.group_by(*KEYS, "window").aggregate(
        recorded=parts.count(),
        low=parts.low.sum(),
        known_high=parts.high.sum(),
        unknown=parts.high.isnull().sum(),
    )
    empty = _covered_windows(windows, coverage)
    window = (*KEYS, "window")
    rows = beside(beside(windows, sums, window), empty, window)
    known = rows.covered.notnull() | ibis.coalesce(rows.until_day <= rows.from_day, False)
    nothing = ibis.ifelse(known, 0.0, ibis.null("float64"))
    high = ibis.ifelse(rows.unknown == 0, rows.known_high, ibis.null("float64"))
    return rows.select(
        *KEYS,
        "window",
        "from_day",
        "until_day",
        low=ibis.ifelse(rows.recorded.isnull(), nothing, rows.low).round(6),
        high=ibis.ifelse(rows.recorded.isnull(), nothing, high).round(6),
        recorded=ibis.coalesce(rows.recorded, 0),
    )


def _covered_windows(windows: ibis.Table, coverage: ibis.Table) -> ibis.Table:
    """Return the windows for which the record of drugs is declared complete throughout."""
    promises = coverage.filter(coverage.domain == "drugs", coverage.complete)
    promises = promises.select(*KEYS, start_day=ibis.coalesce(promises.day, -OPEN), end_day="end_day")
    spans = windows.join(joined(promises, KEYS), list(KEYS))
    starts = spans.start_day <= spans.from_day
    ends = spans.end_day >= ibis.coalesce(spans.until_day, OPEN)
    return spans.filter(starts, ends).select(*KEYS, "window", covered=ibis.literal(True)).distinct()
