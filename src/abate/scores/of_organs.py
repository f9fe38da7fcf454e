"""CARTOX HLH of every course: criteria that rest on grades of organs.

Ferritin over 10,000 at any time of days 0 to 30, and organs within 7 days of it; in sequence, organs from its first
day on (Neelapu 2018, doi:10.1038/nrclinonc.2017.148).
"""

from typing import Any

import ibis

from abate.grading.points import evaluate
from abate.grading.rules import all_of
from abate.grading.systems.cartox_hlh import CARTOX_HLH
from abate.records.options import Options
from abate.timeline.intervals import each_day
from abate.timeline.joins import DAY, KEYS, beside, dated

NEAR = 7
"""Days around a high ferritin in which an organ counts (CARTOX)."""
HIGH_FERRITIN, SEVERE = 10000, 3
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
