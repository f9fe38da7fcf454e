"""IEC-HS of every patient-day: the ferritin gate, and the manifestations of 72 hours, counted and never called.

Hines MR, et al. Transplant Cell Ther 2023;29(7):438.e1-438.e16, doi:10.1016/j.jtct.2023.03.006.
"""

from typing import Any

import ibis

from abate.engine.store import Engine
from abate.grading.points import above, evaluate, measured
from abate.grading.rules import any_of, grade_days
from abate.grading.systems.astct_icans import ASTCT_ICANS
from abate.grading.systems.iec_hs import IEC_HS, IEC_HS_GATE, IEC_HS_OTHER
from abate.records.options import Options
from abate.scores.recorded import ENDLESS, LEAST_RISE, ferritin_rises, last_before, windows
from abate.timeline.joins import DAY, KEYS, beside

WINDOW = 3
"""Days: manifestations are typically concurrent, e.g. within 72 hours."""
RISE_HOURS, RISE_RATE, RISE_TIMES, RISE_LEAST = 24, 100, 2, 1000
"""Of a rapid rise: within these hours, so much an hour, so many times, to so much."""
ENZYMES = ("alt", "ast")
RENAL = 2
"""CTCAE v4.03 grade of creatinine that is renal insufficiency: over 1.5 times the baseline, or the limit."""


def iec_hs(
    features: ibis.Table,
    worst: ibis.Table,
    findings: ibis.Table,
    results: ibis.Table,
    infusion: ibis.Table,
    baseline_days: int,
    options: Options,
    engine: Engine,
) -> tuple[ibis.Table, dict[str, ibis.Table]]:
    """Return the gate of IEC-HS of every patient-day, and the counts of manifestations of days on which it is open.

    Parameters
    ----------
    features
        Patient-days of days 0 to 30, from :func:`abate.timeline.features.features`.
    worst, findings
        As for :func:`abate.scores.recorded.windows`.
    results, infusion
        From :func:`abate.scores.recorded.known_within`; ``patient_id, course_id, moment``.
    baseline_days
        How long before it a baseline may lie.
    options, engine
        How ambiguities are settled, and where results are kept.

    Returns
    -------
    tuple
        The gate of each patient-day of which something was measured, and for the common and the other
        manifestations, over 72 hours: ``patient_id, course_id, day`` and the columns of
        :func:`abate.grading.points.evaluate`. A new cytopenia beyond the
        expected nadir and an onset as CRS resolves are a clinician's to say, by an event ``hlh_feature``.
    """
    rows = windows(features.select(*DAY, "events_covered"), worst, findings, WINDOW)
    rows = beside(beside(rows, _limits(results)), _baseline(results, infusion, baseline_days))
    rows = beside(beside(rows, _rapid(rows, rapid_rises(results, options)), DAY), _signs(features, options), DAY)
    rows = rows.mutate(
        **{f"{name}_{end}": rows[name] for name in ("ferritin_uln", "fibrinogen_lln") for end in ("low", "high")},
        **transaminases(rows),
        ldh_above_normal=above("ldh_ratio", 1),
        prolonged_clotting=any_of([above(f"{name}_ratio", 1).resolve(rows) for name in ("inr", "aptt")]),
        direct_hyperbilirubinemia=above("bilirubin_direct_ratio", 1),
        new_splenomegaly=rows.splenomegaly,
    )
    low, high = rows.transaminases_ratio_low, rows.transaminases_ratio_high
    rows = rows.mutate(transaminases_ratio=ibis.ifelse(low == high, low, ibis.null("float64")))
    rows = engine.keep("iec_hs_days", measured(rows, IEC_HS_GATE))
    gates = engine.keep("iec_hs_gates", evaluate(rows, IEC_HS_GATE, options))
    # Few days have an open gate, and no others are counted.
    counted = engine.keep("iec_hs_counted", rows.semi_join(gates.filter(gates["class"] == "open"), list(DAY)))
    return gates, {score.key: evaluate(counted, score, options) for score in (IEC_HS, IEC_HS_OTHER)}


def _limits(results: ibis.Table) -> ibis.Table:
    """Return the limits of normal of each course."""
    limits = results.filter(results.uln.notnull() | results.lln.notnull())
    return limits.group_by(*KEYS).aggregate(
        **{f"{name}_uln": limits.uln.max(where=limits.variable == name) for name in ("ferritin", *ENZYMES)},
        fibrinogen_lln=limits.lln.min(where=limits.variable == "fibrinogen"),
    )


def _baseline(results: ibis.Table, infusion: ibis.Table, days: int) -> ibis.Table:
    """Return ferritin and transaminases at infusion."""
    before = last_before(results, infusion, ("ferritin", *ENZYMES), days)
    return before.select(
        *KEYS,
        ferritin_baseline="ferritin",
        ferritin_baseline_low="ferritin_low",
        ferritin_baseline_high="ferritin_high",
        **{f"{name}_baseline": before[f"{name}_low"] for name in ENZYMES},
    )


def transaminases(rows: ibis.Table) -> dict[str, Any]:
    """Return the larger ratio over the limit of normal, or over a baseline above it, as far as it is known.

    Without a baseline it may have been above the limit; without a limit the baseline may have been below it; an enzyme
    that was not measured may be the larger.
    """
    low, high = [], []
    for name in ENZYMES:
        uln, baseline = rows[f"{name}_uln"], rows[f"{name}_baseline"]
        both = uln.notnull() & baseline.notnull()
        least = ibis.ifelse(both, rows[f"{name}_low"] / ibis.greatest(uln, baseline), 0.0)
        low.append(ibis.coalesce(least, 0.0))
        most = rows[f"{name}_high"] / ibis.greatest(uln, baseline)
        high.append(ibis.coalesce(most, ENDLESS))
    larger = ibis.greatest(*high)
    measured = any_of([rows[f"{name}_low"].notnull() for name in ENZYMES])
    none = ibis.null("float64")
    return {
        "transaminases_ratio_low": ibis.ifelse(measured, ibis.greatest(*low), none),
        "transaminases_ratio_high": ibis.ifelse(larger < ENDLESS, larger, none),
    }


def rapid_rises(results: ibis.Table, options: Options) -> ibis.Table:
    """Return the days on which ferritin had risen rapidly within 24 hours: our operational definition.

    Parameters
    ----------
    results
        From :func:`abate.scores.recorded.known_within`.
    options
        ``iec_hs_rapid_rise``.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, day`` of the later draw.
    """
    rises = ferritin_rises(results, RISE_HOURS)
    fast = (rises.rate >= RISE_RATE) & (rises.minutes >= LEAST_RISE)
    doubled = rises.after >= RISE_TIMES * rises.before
    how = options["iec_hs_rapid_rise"]
    chosen = {"rate": fast, "doubling": doubled, "rate_or_doubling": fast | doubled, "off": ibis.literal(False)}[how]
    return rises.filter(chosen, rises.after >= RISE_LEAST).select(*DAY).distinct()


def _rapid(rows: ibis.Table, rises: ibis.Table) -> ibis.Table:
    """Return whether ferritin rose rapidly within 72 hours; no rise that is known counts as none."""
    rows = beside(rows.select(*DAY), rises.mutate(found=ibis.literal(True)), DAY)
    window = ibis.window(group_by=KEYS, order_by=rows.day, preceding=WINDOW - 1, following=0)
    return rows.select(*DAY, ferritin_rapid_rise=ibis.coalesce(rows.found.max().over(window), False))


def _signs(days: ibis.Table, options: Options) -> ibis.Table:
    """Return what the bedside tells within 72 hours: fever, neurotoxicity, hypoxia, a rise of creatinine."""
    neurological = grade_days(days, ASTCT_ICANS, options)
    some = ibis.cases((neurological.lower > 0, True), (neurological.upper == 0, False))
    rows = beside(days, neurological.select(*DAY, neurotoxicity=some), DAY)
    signs = {
        "fever": rows.fever,
        "neurotoxicity": rows.neurotoxicity,
        # Room air does not tell that the lungs are clear.
        "lung": ibis.cases((rows.oxygen, True)),
        "new_renal_insufficiency": rows.creatinine_grade >= RENAL,
    }
    rows = rows.select(*DAY, **signs)
    window = ibis.window(group_by=KEYS, order_by=rows.day, preceding=WINDOW - 1, following=0)
    told = {
        name: ibis.cases(
            (rows[name].max().over(window), True),
            (rows[name].notnull().min().over(window), False),
        )
        for name in signs
    }
    return rows.select(*DAY, **told)
