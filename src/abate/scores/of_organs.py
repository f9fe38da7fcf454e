"""CARTOX HLH and IEC-HS of every course: criteria that rest on grades of organs, and on a baseline.

CARTOX: ferritin over 10,000 at any time of days 0 to 30, and organs within 7 days of it; in sequence, organs from its
first day on (Neelapu 2018, doi:10.1038/nrclinonc.2017.148). IEC-HS: everything within 72 hours that hold the
ferritin (Hines 2023, doi:10.1016/j.jtct.2023.03.006); counts alone, no call and no grade.
"""

from typing import Any

import ibis

from abate.grading.points import evaluate
from abate.grading.rules import all_of
from abate.grading.systems.cartox_hlh import CARTOX_HLH
from abate.grading.systems.iec_hs import IEC_HS, IEC_HS_GATE
from abate.records.options import Options
from abate.scores.recorded import last_before, windows
from abate.timeline.intervals import each_day
from abate.timeline.joins import DAY, KEYS, beside, dated

NEAR = 7
"""Days around a high ferritin in which an organ counts (CARTOX)."""
HIGH_FERRITIN, SEVERE = 10000, 3
DAYS_OF_IEC_HS = 3
ENZYMES = ("alt", "ast")
LUNG = ("pulmonary edema", "pulmonary oedema")
GRADES = {
    "hepatic_grade": ("transaminase_grade", "bilirubin_grade"),
    "renal_grade": ("creatinine_grade", "urine_output_grade"),
}


def cartox_hlh(features: ibis.Table, week: ibis.Table, events: ibis.Table, options: Options) -> dict[str, ibis.Table]:
    """Return CARTOX HLH of every course, near the peak of ferritin and in strict sequence.

    Parameters
    ----------
    features
        Patient-days of days 0 to 30.
    week
        From :func:`abate.scores.recorded.windows` of one day or more.
    events, options
        The record table; how ambiguities are settled.

    Returns
    -------
    dict
        ``near`` and ``in sequence`` to the columns of :func:`abate.grading.points.evaluate`.
    """
    edema = events.filter(
        events.event == "organ_toxicity",
        events.text.strip().lower().isin(LUNG),
        ibis.coalesce(events.attribution.strip().lower(), "") != "excluded",
    )
    edema = each_day(dated(edema))
    edema = edema.group_by(*DAY).aggregate(edema=ibis.coalesce(edema.value, edema.value_low).max())
    rows = beside(beside(features, week, DAY), edema, DAY)
    none = ibis.ifelse(ibis.coalesce(rows.events_covered, False), 0.0, ibis.null("float64"))
    rows = rows.mutate(
        pulmonary_grade=ibis.coalesce(rows.edema.cast("float64"), none),
        **{name: ibis.greatest(*(rows[part].cast("float64") for part in parts)) for name, parts in GRADES.items()},
    )
    high = rows.ferritin_low > HIGH_FERRITIN
    peaks = rows.group_by(*KEYS).aggregate(
        ferritin_low=rows.ferritin_low.max(),
        ferritin_high=rows.ferritin_high.max(where=rows.ferritin_low.notnull()),
        open_ferritin=(rows.ferritin_low.notnull() & rows.ferritin_high.isnull()).max(),
        first_high=rows.day.min(where=high),
        last_high=rows.day.max(where=high),
    )
    rows = beside(rows, peaks.select(*KEYS, "first_high", "last_high"))
    # Where ferritin was never so high the gate is closed, and it does not matter which days are read.
    near = ibis.coalesce((rows.day >= rows.first_high - NEAR) & (rows.day <= rows.last_high + NEAR), True)
    after = ibis.coalesce(rows.day >= rows.first_high, True)
    found = {}
    for name, where in (("near", near), ("in sequence", near & after)):
        worst: dict[str, Any] = {organ: rows[organ].max(where=where) for organ in (*GRADES, "pulmonary_grade")}
        for organ, parts in GRADES.items():
            worst[f"{organ}_measured"] = all_of([rows[part].notnull().max(where=where) for part in parts])
        worst["hemophagocytosis"] = rows.hemophagocytosis.max(where=where)
        inputs = beside(peaks, rows.group_by(*KEYS).aggregate(**worst))
        # An organ of which a part was never measured may be worse than the rest of it.
        ends: dict[str, Any] = {f"{organ}_low": inputs[organ] for organ in (*GRADES, "pulmonary_grade")}
        ends |= {"pulmonary_grade_high": inputs.pulmonary_grade}
        for organ in GRADES:
            sure = inputs[f"{organ}_measured"] | (inputs[organ] >= SEVERE)
            ends[f"{organ}_high"] = ibis.ifelse(sure, inputs[organ], ibis.null("float64"))
        closed = ibis.ifelse(inputs.open_ferritin, ibis.null("float64"), inputs.ferritin_high)
        inputs = inputs.mutate(ferritin=inputs.ferritin_low, **ends).mutate(ferritin_high=closed)
        found[name] = evaluate(inputs, CARTOX_HLH, options)
    return found


def iec_hs(
    days: ibis.Table,
    worst: ibis.Table,
    findings: ibis.Table,
    results: ibis.Table,
    infusion: ibis.Table,
    options: Options,
) -> ibis.Table:
    """Return the gate and the count of common manifestations of IEC-HS of every patient-day, over 72 hours.

    Parameters
    ----------
    days, worst, findings
        As for :func:`abate.scores.recorded.windows`.
    results, infusion
        From :func:`abate.scores.recorded.known_within`; ``patient_id, course_id, moment``.
    options
        How ambiguities are settled.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, day``, ``gate`` (open, closed, or empty: not known), and the columns of
        :func:`abate.grading.points.evaluate` for the common manifestations. A new cytopenia beyond the expected nadir
        and an onset as CRS resolves are a clinician's to say: they stay unknown.
    """
    rows = windows(days, worst, findings, DAYS_OF_IEC_HS)
    limits = results.filter(results.uln.notnull() | results.lln.notnull())
    limits = limits.group_by(*KEYS).aggregate(
        **{f"{name}_uln": limits.uln.max(where=limits.variable == name) for name in ("ferritin", *ENZYMES)},
        fibrinogen_lln=limits.lln.min(where=limits.variable == "fibrinogen"),
    )
    before = last_before(results, infusion, ("ferritin", *ENZYMES), NEAR)
    before = before.select(
        *KEYS,
        ferritin_baseline="ferritin",
        ferritin_baseline_low="ferritin_low",
        ferritin_baseline_high="ferritin_high",
        **{f"{name}_baseline": before[f"{name}_low"] for name in ENZYMES},
    )
    rows = beside(beside(rows, limits), before)
    unknown = ibis.null("boolean")
    rows = rows.mutate(
        **{f"{name}_{end}": rows[name] for name in ("ferritin_uln", "fibrinogen_lln") for end in ("low", "high")},
        # Over the limit of normal, or over a baseline above it; without a baseline it may have been above.
        transaminases_ratio_low=ibis.greatest(
            *(
                ibis.ifelse(
                    rows[f"{name}_baseline"].notnull(),
                    rows[f"{name}_low"] / ibis.greatest(rows[f"{name}_uln"], rows[f"{name}_baseline"]),
                    0 * rows[f"{name}_low"] / rows[f"{name}_uln"],
                )
                for name in ENZYMES
            )
        ),
        transaminases_ratio_high=ibis.greatest(
            *(rows[f"{name}_high"] / ibis.greatest(rows[f"{name}_uln"], rows[f"{name}_baseline"]) for name in ENZYMES)
        ),
        ferritin_rapid_rise=unknown,
        new_grade_4_cytopenia=unknown,
        onset_as_crs_resolves=unknown,
    )
    low, high = rows.transaminases_ratio_low, rows.transaminases_ratio_high
    rows = rows.mutate(transaminases_ratio=ibis.ifelse(low == high, low, ibis.null("float64")))
    gate = evaluate(rows, IEC_HS_GATE, options).select(*DAY, gate="class")
    return beside(evaluate(rows, IEC_HS, options), gate, DAY)
