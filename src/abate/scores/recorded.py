"""What a score reads, from records: the worst value of a window of days, or the last one before a moment.

A number is kept with the bounds within which it is known (``NAME_low``, ``NAME_high``; null where there is none),
as a case of the calculator is, so that one score serves both. A value at the limit of an assay is a bound.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from abate.timeline.intervals import DAY_MINUTES
from abate.timeline.joins import DAY, KEYS, beside, dated, first_row

WORST: Mapping[str, str] = {
    **dict.fromkeys(("temperature", "ferritin", "triglyceride", "ast", "alt", "sil2r"), "max"),
    **dict.fromkeys(("ldh_ratio", "inr_ratio", "aptt_ratio", "bilirubin_direct_ratio"), "max"),
    **dict.fromkeys(("hemoglobin", "wbc", "platelets", "anc", "fibrinogen"), "min"),
}
"""Variable to which end of it is the worse; ratios are to the limit of normal of their own result."""
RATIOS = {f"{name}_ratio": name for name in ("ldh", "inr", "aptt", "bilirubin_direct")}
FEATURES = {
    "splenomegaly": ("splenomegaly", "enlarged spleen"),
    "hepatomegaly": ("hepatomegaly", "enlarged liver"),
    "hemophagocytosis": ("hemophagocytosis", "haemophagocytosis"),
    "nk_activity_low": ("low nk activity", "nk_activity_low"),
    "molecular_diagnosis": ("molecular diagnosis", "molecular_diagnosis"),
    "new_grade_4_cytopenia": ("new grade 4 cytopenia", "new_grade_4_cytopenia"),
    "onset_as_crs_resolves": ("onset as crs resolves", "onset_as_crs_resolves"),
}
"""Findings of HLH, and how an event ``hlh_feature`` writes them."""
READ = (*WORST, *RATIOS.values(), "creatinine", "crp", "weight", "height")
"""Variables that some score reads."""
LEAST_RISE = 4 * 60
"""Least minutes between two draws of which a rate of ferritin is made: a guard against double draws."""
ENDLESS, JUST = 1e300, 1e-6
"""Stands for an end that no assay told, while ends are compared; a hair, relative to the value."""


def known_within(measurements: ibis.Table) -> ibis.Table:
    """Return what scores read, with the ends that each is known within: ``low``, ``high`` (:data:`ENDLESS`: none)."""
    rows = dated(measurements.filter(measurements.variable.isin(READ)))
    under = ibis.coalesce(rows.comparator.isin(("<", "<=")), False)
    over = ibis.coalesce(rows.comparator.isin((">", ">=")), False)
    # Over a limit is more than it: an end that is left out lies a hair beyond.
    hair = JUST * ibis.greatest(rows.value.abs(), 1.0)
    more = ibis.ifelse(ibis.coalesce(rows.comparator == ">", False), hair, 0.0)
    less = ibis.ifelse(ibis.coalesce(rows.comparator == "<", False), hair, 0.0)
    low = ibis.ifelse(under, 0.0, ibis.coalesce(rows.value + more, rows.value_low))
    high = ibis.ifelse(over, ENDLESS, ibis.coalesce(rows.value - less, rows.value_high, ENDLESS))
    rows = rows.mutate(low=low, high=high)
    rows = rows.filter(rows.low.notnull() | (rows.high < ENDLESS)).mutate(low=ibis.coalesce(rows.low, 0.0))
    return rows.select(*DAY, "minute", "variable", "low", "high", "lln", "uln", "unit_recorded", "source")


def _ends(rows: ibis.Table, name: str) -> tuple[ir.BooleanValue, ir.Value, ir.Value]:
    """Return which results are of a variable, or of a ratio to the limit of normal, and its ends."""
    mine, low, high = rows.variable == RATIOS.get(name, name), rows.low, rows.high
    if name in RATIOS:
        limit = rows.uln.nullif(0)
        mine &= ibis.coalesce(rows.uln > 0, False)
        low, high = low / limit, ibis.ifelse(high < ENDLESS, high / limit, high)
    return mine, low, high


def _of_variable(rows: ibis.Table, name: str) -> ibis.Table:
    """Return the results of a variable, or of a ratio to the limit of normal."""
    mine, low, high = _ends(rows, name)
    return rows.filter(mine).mutate(low=low, high=high)


def worst_of_days(results: ibis.Table) -> ibis.Table:
    """Return the worst value of each variable of :data:`WORST` on each day that has one.

    Parameters
    ----------
    results
        From :func:`known_within`.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, day``, ``NAME_low``, ``NAME_high``, ``NAME_unit`` (as recorded).
    """
    rows = results.filter(results.variable.isin([RATIOS.get(name, name) for name in WORST]))
    found: dict[str, Any] = {}
    for name, end in WORST.items():
        mine, low, high = _ends(rows, name)
        found[f"{name}_low"] = getattr(low, end)(where=mine)
        found[f"{name}_high"] = getattr(high, end)(where=mine)
        found[f"{name}_unit"] = rows.unit_recorded.max(where=mine)
    return rows.group_by(*DAY).aggregate(**found)


def windows(days: ibis.Table, worst: ibis.Table, findings: ibis.Table, length: int) -> ibis.Table:
    """Return what is known in the window of days that ends with each patient-day.

    Parameters
    ----------
    days
        The grid of patient-days, every day from 0 on, with ``events_covered``.
    worst
        From :func:`worst_of_days`.
    findings
        From :func:`findings_of_days`.
    length
        Days of the window, its last one included.

    Returns
    -------
    ibis.Table
        The days with each variable as ``NAME`` (null where it is not known exactly), ``NAME_low``, ``NAME_high``,
        ``NAME_unit``; each finding of :data:`FEATURES` (an enlarged organ is absent where events are covered; what
        needs a test that may not have been made stays unknown).
    """
    rows = beside(beside(days, worst, DAY), findings, DAY)
    window = ibis.window(group_by=KEYS, order_by=rows.day, preceding=length - 1, following=0)

    def within(column: Any, end: str) -> Any:
        """Return the worse end of the window; of one day alone that is what is there."""
        return column if length == 1 else getattr(column, end)().over(window)

    ends: dict[str, Any] = {}
    for name, end in WORST.items():
        for side in ("low", "high"):
            ends[f"{name}_{side}"] = within(rows[f"{name}_{side}"], end)
        ends[f"{name}_unit"] = within(rows[f"{name}_unit"], "max")
    covered = ibis.coalesce(rows.events_covered, False)
    for name in FEATURES:
        seen = ibis.coalesce(within(rows[f"{name}_seen"], "max"), False)
        absent = within(covered, "min") if name in ("splenomegaly", "hepatomegaly") else ibis.literal(False)
        ends[name] = ibis.cases((seen, True), (absent, False), else_=ibis.null("boolean"))
    rows = rows.select(*DAY, **ends)
    closed = {
        f"{name}_high": ibis.ifelse(rows[f"{name}_high"] < ENDLESS, rows[f"{name}_high"], ibis.null("float64"))
        for name in WORST
    }
    rows = rows.mutate(**closed)
    return rows.mutate(**{name: _exact(rows, name) for name in WORST})


def _exact(rows: ibis.Table, name: str) -> ir.FloatingValue:
    low, high = rows[f"{name}_low"], rows[f"{name}_high"]
    return ibis.ifelse(low == high, low, ibis.null("float64"))


def ferritin_rises(results: ibis.Table, hours: int) -> ibis.Table:
    """Return every rise or fall of ferritin between two timed draws of exact values.

    Parameters
    ----------
    results
        From :func:`known_within`.
    hours
        The most between the draws.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, day`` (of the later draw), ``minutes, before, after, rate`` (an hour).
    """
    draws = results.filter(results.variable == "ferritin", results.minute.notnull(), results.low == results.high)
    draws = draws.select(*DAY, "minute", "low")
    later = draws.view()
    pairs = draws.join(later, [draws[key] == later[key] for key in KEYS])
    gap = later.minute - draws.minute
    pairs = pairs.filter(gap > 0, gap <= hours * 60)
    ends = {"minutes": gap, "before": draws.low, "after": later.low, "rate": (later.low - draws.low) / (gap / 60)}
    return pairs.select(*(draws[key] for key in KEYS), day=later.day, **ends)


def findings_of_days(events: ibis.Table) -> ibis.Table:
    """Return the findings of HLH of each day on which one is recorded: ``NAME_seen``."""
    rows = dated(events.filter(events.event == "hlh_feature"))
    written = rows.text.strip().lower()
    seen = {f"{name}_seen": written.isin(spellings).max() for name, spellings in FEATURES.items()}
    return rows.group_by(*DAY).aggregate(**seen)


def last_before(results: ibis.Table, moments: ibis.Table, names: Sequence[str], days: int) -> ibis.Table:
    """Return the last value of some variables before a moment of each course.

    Parameters
    ----------
    results
        From :func:`known_within`.
    moments
        ``patient_id, course_id, moment`` (minutes; a result of that minute is before it).
    names
        Variables, or ratios of :data:`RATIOS`.
    days
        How long before.

    Returns
    -------
    ibis.Table
        A row a course of ``moments``: each variable as ``NAME, NAME_low, NAME_high``, ``NAME_unit`` and ``NAME_at``
        (minutes).
    """
    found = moments.select(*KEYS)
    for name in names:
        rows = _of_variable(results, name).join(moments, list(KEYS))
        # A day without a time is before a moment of a later day only.
        at = ibis.coalesce(rows.minute, (rows.day + 1) * DAY_MINUTES - 1)
        rows = rows.mutate(at=at).filter(at <= rows.moment, at >= rows.moment - days * DAY_MINUTES)
        last = first_row(rows, KEYS, ibis._.at.desc(), "low", "high")
        high = ibis.ifelse(last.high < ENDLESS, last.high, ibis.null("float64"))
        last = last.select(
            *KEYS,
            **{
                f"{name}_low": last.low,
                f"{name}_high": high,
                f"{name}_unit": last.unit_recorded,
                f"{name}_at": last["at"],
            },
        )
        last = last.mutate(**{name: _exact(last, name)})
        found = beside(found, last)
    return found
