"""One number a patient, or one a patient and day, for a comparison that was named beforehand; and who is left out."""

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from abate.biomarkers.auc import area_under_curve
from abate.biomarkers.movement import relative_to
from abate.biomarkers.series import SERIES
from abate.biomarkers.summaries import baseline, peak
from abate.records.options import Options
from abate.sources.mapping import BY_RESPONSE, Comparison
from abate.timeline.joins import KEYS, any_of, beside, unknown

MONTH = 31
"""Days by which a death known to the month may have come earlier."""


def measured(points: ibis.Table, people: ibis.Table, comparison: Comparison, options: Options) -> ibis.Table:
    """Return one number a patient and variable.

    Parameters
    ----------
    points
        From :func:`abate.biomarkers.altered.with_altered`.
    people
        A row a course: ``label`` (its group), ``anchor_day`` (day 0 of the window), ``event_day`` and ``undated``
        (of the event that leaves out: its first day, and whether one has none), ``start_day`` (of the treatment under
        study), ``died``, ``death_day`` and ``death_exact``.
    comparison, options
        What is compared; ``baseline_window_days, comparison_scale`` and those of the area.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, variable, value, per_day`` (of an area: per covered day), ``covered_days`` (of an
        area), ``label`` and ``left_out``: why a patient's number is not compared, null where it is.

    Notes
    -----
    Nothing from the day of the event, or by response of the treatment, on counts: no edge is drawn to it.
    """
    start, end = comparison.window
    clean = _clean(points, people, comparison)
    no_area = dict.fromkeys(("per_day", "covered_days"), ibis.null("float64"))
    if comparison.measure == "baseline":
        # The hour of the infusion is not part of the records: its day is before it. An anchor's own day is not.
        before = clean if comparison.anchor == "infusion" else clean.filter(clean.time < 0)
        found = baseline(before, options["baseline_window_days"]).select(*SERIES, "value", **no_area)
    elif comparison.measure == "peak":
        found = peak(clean, start, end).select(*SERIES, "value", **no_area)
    else:
        area = area_under_curve(clean, start, end, options)
        value = area.auc_per_day if comparison.measure == "auc_per_day" else area.auc
        usable = ibis.literal(True) if comparison.measure == "auc_per_day" else area.complete
        found = area.select(
            *SERIES, "covered_days", value=ibis.ifelse(usable, value, ibis.null("float64")), per_day=area.auc_per_day
        )
    variables = ibis.memtable(pa.table({"variable": list(comparison.variables)}))
    rows = beside(people.cross_join(variables), found, SERIES)
    # An area of part of the window is no area of the window.
    missing = ibis.ifelse(rows.per_day.notnull(), "values do not cover the window", "too few values in the window")
    wanting = ibis.cases(
        (rows.value.isnull(), missing),
        (_scaled(rows.value, options).isnull(), "the value is not above 0 and has no logarithm"),
    )
    return rows.select(
        *SERIES,
        "label",
        "covered_days",
        value=_scaled(rows.value, options),
        per_day=_scaled(rows.per_day, options),
        left_out=ibis.coalesce(_left_out(rows, comparison), wanting),
    )


def measured_days(points: ibis.Table, people: ibis.Table, comparison: Comparison, options: Options) -> ibis.Table:
    """Return the highest value of each day of the window of each patient who is compared, on the scale compared.

    Parameters
    ----------
    points, people, comparison, options
        As of :func:`measured`.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, variable, day`` (from the anchor), ``value, label``.
    """
    clean = _within(_clean(points, people, comparison), comparison)
    days = clean.group_by(*SERIES, day=clean.time.floor().cast("int64")).aggregate(value=clean.value.max())
    rows = days.join(people, KEYS)
    rows = rows.mutate(value=_scaled(rows.value, options))
    rows = rows.filter(_left_out(rows, comparison).isnull(), rows.value.notnull())
    return rows.select(*SERIES, "day", "value", "label")


def beyond(points: ibis.Table, people: ibis.Table, comparison: Comparison, limits: Mapping[str, float]) -> ibis.Table:
    """Say of each patient who may be compared whether a value of the window lies above a cut-off.

    Parameters
    ----------
    points, people, comparison
        As of :func:`measured`.
    limits
        Cut-offs by variable, in its unit.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, variable, limit, label, above``: null where nothing was measured, where only "more
        than" a lower number is known, or where values are left out and none of the others lies above.
    """
    named = [name for name in comparison.variables if name in limits]
    given = {
        "variable": pa.array(named, pa.string()),
        "cut_off": pa.array([limits[name] for name in named], pa.float64()),
    }
    rows = _within(_anchored(points, people, comparison), comparison).join(ibis.memtable(pa.table(given)), "variable")
    bound = ibis.coalesce(rows["limit"] == "above", False)
    more = ibis.cases(
        (rows.left_out, unknown()),
        (~bound, rows.value > rows.cut_off),
        (rows.value >= rows.cut_off, True),
        else_=unknown(),
    )
    rows = rows.mutate(more=more, every=ibis.literal(True))
    found = rows.group_by(*SERIES).aggregate(above=any_of(rows.more, rows.every))
    who = people.cross_join(ibis.memtable(pa.table(given)))
    who = who.filter(_left_out(who, comparison).isnull())
    return beside(who, found, SERIES).select(*SERIES, "label", "above", limit="cut_off")


def _anchored(points: ibis.Table, people: ibis.Table, comparison: Comparison) -> ibis.Table:
    """Return the values of the comparison on the clock of the anchor, to the day of the event or the treatment."""
    rows = points.filter(points.variable.isin(comparison.variables))
    rows = relative_to(rows, people.select(*KEYS, day="anchor_day"))
    treated = people.start_day if comparison.group == BY_RESPONSE else ibis.null("int64")
    ends = people.select(*KEYS, ends__day=ibis.least(treated, people.event_day) - people.anchor_day)
    rows = beside(rows, ends)
    return rows.filter(rows.ends__day.isnull() | (rows.time < rows.ends__day)).drop("ends__day")


def _clean(points: ibis.Table, people: ibis.Table, comparison: Comparison) -> ibis.Table:
    """Return what is compared."""
    return _anchored(points.filter(~points.left_out), people, comparison)


def _within(rows: ibis.Table, comparison: Comparison) -> ibis.Table:
    start, end = comparison.window
    return rows.filter(rows.time >= start, rows.time < end)


def _scaled(value: ir.FloatingValue, options: Options) -> ir.FloatingValue:
    if options["comparison_scale"] == "raw":
        return value
    return ibis.ifelse(value > 0, value, ibis.null("float64")).log10()


def _left_out(rows: ibis.Table, comparison: Comparison) -> ir.StringValue:
    """Return why a patient is not compared, whatever was measured."""
    windowed = comparison.measure != "baseline"
    last = rows.anchor_day + comparison.window[1]
    # Day 0 is before the infusion, and not before another anchor.
    looked_to = last if windowed else rows.anchor_day + int(comparison.anchor == "infusion")
    by_response = comparison.group == BY_RESPONSE
    # Known to the month, a death may have come a month earlier.
    earliest = ibis.ifelse(rows.death_exact, rows.death_day, ibis.coalesce(rows.death_day - MONTH, 0))
    dead = ibis.coalesce(rows.died & (earliest < last), False) & windowed
    return ibis.cases(
        (rows.label.isnull(), "group not known"),
        (rows.anchor_day.isnull(), "the day from which the window runs is not known"),
        (ibis.coalesce(rows.event_day < last, False), "the event came before the window ended"),
        (ibis.coalesce(rows.undated, False), "the day of the event is not known"),
        (rows.start_day.isnull() & by_response, "the day of the treatment is not known"),
        (
            ibis.coalesce(rows.start_day < looked_to, False) & by_response,
            "the window would contain the treatment and the response",
        ),
        (dead & rows.death_exact, "died before the window ended"),
        (dead, "the day of death is not known"),
    )
