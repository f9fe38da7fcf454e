"""IEC-HS: the hyperinflammatory syndrome that resembles HLH, after immune effector cells.

Hines MR, et al. Transplant Cell Ther 2023;29(7):438.e1-438.e16, doi:10.1016/j.jtct.2023.03.006: concept
verified, contents of the table recalled. It gives no number of manifestations that would suffice, so
none is called here; a grade is a clinician's alone.
"""

import ibis
from ibis import _

from abate.grading.points import Score, above, above_times, below, below_other, counted
from abate.grading.rules import Choice
from abate.records.inputs import measured, number, truth

GATE = "iec_hs_ferritin_gate"
HINES = "Hines MR, et al. Transplant Cell Ther 2023;29(7):438.e1-438.e16. doi:10.1016/j.jtct.2023.03.006 (recalled)"
LITERAL: Choice = (GATE, "literal")
OVER_LIMIT = above_times("ferritin", 2, "ferritin_uln")
OVER_BASELINE = above_times("ferritin", 2, "ferritin_baseline")
RISING = ibis.coalesce(_.ferritin_rapid_rise, False)
FERRITIN = (
    measured("ferritin"),
    measured("ferritin_uln", "ferritin", "Upper limit of normal of ferritin"),
    measured("ferritin_baseline", "ferritin", "Ferritin at infusion"),
    truth("ferritin_rapid_rise", "Ferritin rises rapidly, in a clinician's judgement"),
)
RATIO = number(
    "transaminases_ratio",
    "Larger of ALT and AST over its limit of normal, or over its baseline where that was above the limit",
    "1",
    0,
    2000,
)


OTHER = {
    "ldh_above_normal": "Lactate dehydrogenase above the limit of normal",
    "prolonged_clotting": "Prolonged prothrombin or partial thromboplastin time",
    "direct_hyperbilirubinemia": "Raised direct bilirubin",
    "new_splenomegaly": "New enlargement of the spleen",
    "fever": "Fever, new or persistent",
    "neurotoxicity": "Neurotoxicity",
    "lung": "Hypoxia, infiltrates or edema of the lungs",
    "new_renal_insufficiency": "New renal insufficiency",
}
FATS = measured("triglyceride", meaning="Fasting triglycerides")
COMMON = (
    counted("transaminases", above("transaminases_ratio", 5), ("transaminases_ratio",), "Over 5 times", "recalled"),
    counted(
        "fibrinogen",
        below("fibrinogen", 150) | below_other("fibrinogen", "fibrinogen_lln"),
        ("fibrinogen", "fibrinogen_lln"),
        "Under 150 mg/dL or under the limit of normal",
        "recalled",
    ),
    counted("hemophagocytosis", _.hemophagocytosis, ("hemophagocytosis",), "In marrow or another tissue", "recalled"),
    counted(
        "cytopenia",
        _.new_grade_4_cytopenia,
        ("new_grade_4_cytopenia",),
        "New, worse or refractory, a lineage at grade 4; not the expected nadir, nor lymphopenia",
        "recalled",
    ),
    counted(
        "onset as CRS resolves",
        _.onset_as_crs_resolves,
        ("onset_as_crs_resolves",),
        "Onset while CRS is resolving or has resolved, or worse inflammation after first improving",
        "recalled",
    ),
)

IEC_HS = Score(
    "iec-hs",
    "IEC-HS: the count of common manifestations",
    HINES,
    (
        RATIO,
        measured("fibrinogen"),
        measured("fibrinogen_lln", "fibrinogen", "Lower limit of normal of fibrinogen"),
        truth("hemophagocytosis", "Hemophagocytosis in marrow or another tissue"),
        truth("new_grade_4_cytopenia", "A new, worse or refractory cytopenia of grade 4, not the expected nadir"),
        truth("onset_as_crs_resolves", "Onset while CRS is resolving or has resolved, or worse after improving"),
    ),
    items=COMMON,
    counts=True,
    notes=(
        "No number of manifestations is published that would make the diagnosis, and none is called.",
        "No grade is derived: a grade is a clinician's alone.",
    ),
)
IEC_HS_GATE = Score(
    "iec-hs-gate",
    "IEC-HS: the ferritin gate alone",
    HINES,
    FERRITIN,
    items=(
        counted(
            "ferritin gate",
            OVER_LIMIT | OVER_BASELINE | RISING,
            ("ferritin", "ferritin_uln", "ferritin_baseline"),
            "Ferritin over twice the limit of normal, or over twice the baseline, or rising rapidly",
            "recalled",
            LITERAL,
        ),
        counted(
            "ferritin gate",
            (OVER_LIMIT & OVER_BASELINE) | RISING,
            ("ferritin", "ferritin_uln", "ferritin_baseline"),
            "Ferritin over twice the larger of the limit of normal and the baseline, or rising rapidly",
            "recalled",
            (GATE, "stricter"),
        ),
    ),
    classes=(("closed", 0.0), ("open", 1.0)),
    counts=True,
    options=(GATE,),
    notes=(
        "After lymphodepletion the literal gate is nearly always open.",
        "A rapid rise that is not given counts as none. From records the option `iec_hs_rapid_rise` says what is one.",
    ),
)
IEC_HS_OTHER = Score(
    "iec-hs-other",
    "IEC-HS: the count of other manifestations",
    HINES,
    (*(truth(name, words) for name, words in OTHER.items()), FATS),
    items=(
        *(
            counted(name.replace("_", " "), getattr(_, name), (name,), words, "recalled")
            for name, words in OTHER.items()
        ),
        counted("triglycerides", above("triglyceride", 265), ("triglyceride",), "Fasting, over 265 mg/dL", "recalled"),
    ),
    counts=True,
    notes=(
        "From records, all within 72 hours: INR or partial thromboplastin time over its limit, any grade of ICANS "
        "(ASTCT 2019), oxygen for hypoxia, creatinine of CTCAE v4.03 grade 2 or more (our resolution). Whether "
        "triglycerides were fasting, an organ was new or the lungs were clear is not in records.",
    ),
)
