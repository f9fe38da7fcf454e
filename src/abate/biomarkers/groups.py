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
from abate.sources.mapping import Comparison
from abate.timeline.joins import KEYS, any_of, beside

BY_RESPONSE = "responder"
"""The group that is known only after the treatment began."""


def measured(points: ibis.Table, people: ibis.Table, comparison: Comparison, options: Options) -> ibis.Table:
    """Return one number a patient and variable.

    Parameters
    ----------
    points
        From :func:`abate.biomarkers.altered.with_altered`.
    people
        A row a course: ``label`` (its group), ``anchor_day`` (day 0 of the window), ``had`` and ``event_day`` (of the
        event that leaves out), ``start_day`` (of the treatment under study), ``death_day``.
    comparison, options
        What is compared; ``baseline_window_days, comparison_scale`` and those of the area.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, variable, value, per_day`` (of an area: per covered day), ``label`` and ``left_out``:
        why a patient's number is not compared, null where it is.
    """
    start, end = comparison.window
    clean = _clean(points, people, comparison)
    nothing = ibis.null("float64")
    if comparison.measure == "baseline":
        found = baseline(clean, options["baseline_window_days"]).select(*SERIES, "value", per_day=nothing)
    elif comparison.measure == "peak":
        found = peak(clean, start, end).select(*SERIES, "value", per_day=nothing)
    else:
        area = area_under_curve(clean, start, end, options)
        value = area.auc_per_day if comparison.measure == "auc_per_day" else area.auc
        usable = ibis.literal(True) if comparison.measure == "auc_per_day" else area.complete
        found = area.select(*SERIES, value=ibis.ifelse(usable, value, nothing), per_day=area.auc_per_day)
    variables = ibis.memtable(pa.table({"variable": list(comparison.variables)}))
    rows = _scaled(beside(people.cross_join(variables), found, SERIES), options)
    # An area of part of the window is no area of the window.
    missing = ibis.ifelse(rows.per_day.notnull(), "values do not cover the window", "too few values in the window")
    left_out = ibis.coalesce(_left_out(rows, comparison), ibis.ifelse(rows.value.isnull(), missing, None))
    return rows.select(*SERIES, "value", "per_day", "label", left_out=left_out)


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
    clean = _within(points, people, comparison)
    days = clean.group_by(*SERIES, day=clean.time.floor().cast("int64")).aggregate(value=clean.value.max())
    rows = _scaled(days.join(people, KEYS), options)
    rows = rows.filter(_left_out(rows, comparison).isnull(), rows.value.notnull())
    return rows.select(*SERIES, "day", "value", "label")


def beyond(points: ibis.Table, people: ibis.Table, comparison: Comparison, limits: Mapping[str, float]) -> ibis.Table:
    """Say of each patient who is compared whether a value of the window lies above a cut-off.

    Parameters
    ----------
    points, people, comparison
        As of :func:`measured`.
    limits
        Cut-offs by variable, in its unit.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, variable, limit, label, above``: null where only "more than" a lower number is known.
    """
    given = ibis.memtable(pa.table({"variable": list(limits), "cut_off": list(limits.values())}))
    rows = _within(points, people, comparison).join(given, "variable").join(people, KEYS)
    rows = rows.filter(_left_out(rows, comparison).isnull())
    bound = ibis.coalesce(rows["limit"] == "above", False)
    more = ibis.cases(
        (~bound, rows.value > rows.cut_off), (rows.value >= rows.cut_off, True), else_=ibis.null("boolean")
    )
    rows = rows.mutate(more=more, every=ibis.literal(True))
    found = rows.group_by(*SERIES, "cut_off", "label").aggregate(above=any_of(rows.more, rows.every))
    return found.rename(limit="cut_off")


def _within(points: ibis.Table, people: ibis.Table, comparison: Comparison) -> ibis.Table:
    start, end = comparison.window
    rows = _clean(points, people, comparison)
    return rows.filter(rows.time >= start, rows.time < end)


def _clean(points: ibis.Table, people: ibis.Table, comparison: Comparison) -> ibis.Table:
    """Return what is compared, on the clock of the anchor."""
    rows = points.filter(points.variable.isin(comparison.variables), ~points.left_out)
    return relative_to(rows, people.select(*KEYS, day="anchor_day"))


def _scaled(rows: ibis.Table, options: Options) -> ibis.Table:
    if options["comparison_scale"] == "raw":
        return rows
    return rows.mutate(value=ibis.ifelse(rows.value > 0, rows.value, ibis.null("float64")).log10())


def _left_out(rows: ibis.Table, comparison: Comparison) -> ir.StringValue:
    """Return why a patient is not compared, whatever was measured."""
    last = comparison.window[1] + rows.anchor_day
    windowed = comparison.measure != "baseline"
    by_response = windowed and comparison.group == BY_RESPONSE
    return ibis.cases(
        (rows.label.isnull(), "group not known"),
        (rows.anchor_day.isnull(), "the day from which the window runs is not known"),
        (rows.had.notnull() & rows.event_day.isnull(), "the day of the event is not known"),
        (ibis.coalesce(rows.event_day < last, False), "the event came before the window ended"),
        (
            ibis.coalesce(rows.start_day < last, False) & by_response,
            "the window would contain the treatment and the response",
        ),
        (ibis.coalesce(rows.death_day < last, False) & windowed, "died before the window ended"),
    )
