"""Creatinine clearance at each dose: Cockcroft-Gault of the last creatinine before it."""

import ibis

from abate.exposure.anakinra import RENAL_GROUPS
from abate.exposure.dosing_records import DOSE
from abate.grading.points import evaluate
from abate.records.options import Options
from abate.scores.renal import COCKCROFT_GAULT
from abate.timeline.intervals import DAY_MINUTES
from abate.timeline.joins import KEYS, beside, dated, first_row

NAMES = ("above 80", "50 to 80", "30 to 49", "below 30")
GROUPS = tuple(zip((group[0] for group in RENAL_GROUPS), NAMES, strict=True))
"""Creatinine clearance (mL/min; the first: above) from which a group of Yang 2003 begins, and its name."""
LOW, LONG_INTERVAL = 30.0, 48.0
"""Below this clearance (mL/min) the label asks to consider a dose every other day (h between doses)."""


def clearance_at_doses(
    rows: ibis.Table, measurements: ibis.Table, patients: ibis.Table, weights: ibis.Table, options: Options
) -> ibis.Table:
    """Return the creatinine clearance of the patient at each dose.

    Parameters
    ----------
    rows
        From :func:`abate.exposure.dosing_records.dosing`.
    measurements, patients
        The record tables; ``age, sex, height_cm``.
    weights
        ``patient_id, course_id, weight`` (kg).
    options
        ``creatinine_within_days`` (how old the creatinine may be), ``cockcroft_gault_weight``.

    Returns
    -------
    ibis.Table
        The doses with ``creatinine`` (mg/dL), ``creatinine_clearance`` (mL/min; null where anything it needs is not
        known exactly), ``renal_group``.
    """
    moments = rows.select(*DOSE, moment=rows.start * 60)
    drawn = dated(measurements)
    drawn = drawn.filter(drawn.variable == "creatinine", drawn.value.notnull(), drawn.comparator.isnull())
    # A creatinine of a known day alone is not known to precede a dose of that day.
    drawn = drawn.select(
        *KEYS, creatinine="value", at=ibis.coalesce(drawn.minute, (drawn.day + 1) * DAY_MINUTES), measured="source"
    )
    pairs = moments.join(drawn, list(KEYS))
    age = pairs.moment - pairs["at"]
    pairs = pairs.filter(age >= 0, age <= options["creatinine_within_days"] * DAY_MINUTES)
    last = first_row(pairs, DOSE, pairs["at"].desc(), ties="measured").select(*DOSE, "creatinine")
    sex = patients.sex.strip().lower()
    people = patients.select(
        *KEYS,
        "age",
        height=patients.height_cm,
        sex=ibis.cases((sex.isin(("f", "female")), "female"), (sex.isin(("m", "male")), "male")),
    )
    found = beside(beside(beside(rows, last, DOSE), people), weights)
    names = [item.name for item in COCKCROFT_GAULT.inputs if item.kind == "number"]
    found = found.mutate(**{f"{name}_{end}": found[name] for name in names for end in ("low", "high")})
    scored = evaluate(found, COCKCROFT_GAULT, options)
    clearance = scored["value"]
    groups = [(clearance > GROUPS[0][0], GROUPS[0][1]), *((clearance >= least, name) for least, name in GROUPS[1:])]
    return scored.select(
        *rows.columns,
        "creatinine",
        "weight",
        "sex",
        "height",
        creatinine_clearance=clearance,
        renal_group=ibis.cases(*groups, else_="not known"),
    )
