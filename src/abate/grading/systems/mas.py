"""Macrophage activation: MAS-L after BCMA CAR T cells, MAS 2016 as a comparator, the OHI index.

Kennedy VE, et al. Blood 2020;136(S1), doi:10.1182/blood-2020-142612. Ravelli A, et al. Arthritis Rheumatol
2016;68:566-576, doi:10.1002/art.39332. Zoref-Lorenz A, et al. Blood 2022;139(7):1098-1110,
doi:10.1182/blood.2021012764.
"""

import ibis
from ibis import _

from abate.grading.points import Score, above, at_least, at_most, band, below, counted
from abate.records.inputs import measured, number, truth

FEVER = "mas_2016_fever"

MAS_L = Score(
    "mas-l",
    "MAS-like manifestations after BCMA CAR T cells",
    "Kennedy VE, et al. Blood 2020;136(S1). doi:10.1182/blood-2020-142612 (verified)",
    (
        number("ferritin_rise", "Fastest rise of ferritin within 24 h", "ug/L/h", None, 100000),
        measured("fibrinogen", meaning="Lowest fibrinogen"),
        number("ldh_ratio", "Highest lactate dehydrogenase over the upper limit of normal", "1", 0, 1000),
    ),
    items=(
        counted("fibrinogen", below("fibrinogen", 150), ("fibrinogen",), "Under 150 mg/dL", "verified"),
        counted("lactate dehydrogenase", above("ldh_ratio", 2), ("ldh_ratio",), "Over twice the limit", "verified"),
    ),
    gate=(
        band(
            0,
            "ferritin rise",
            at_least("ferritin_rise", 100),
            ("ferritin_rise",),
            "100 ug/L an hour or more",
            "verified",
        ),
    ),
    classes=(("not met", 0.0), ("met", 1.0)),
    counts=True,
    notes=("The abstract prints mg/L/hour: a lost micro sign.",),
)
MAS_2016 = Score(
    "mas-2016",
    "MAS 2016 criteria, a comparator for research",
    "Ravelli A, et al. Arthritis Rheumatol 2016;68:566-576. doi:10.1002/art.39332 (secondary)",
    (
        truth("febrile", "Febrile; in its place a temperature"),
        *(measured(name) for name in ("temperature", "ferritin", "platelets", "ast", "triglyceride", "fibrinogen")),
    ),
    items=(
        counted("platelets", at_most("platelets", 181), ("platelets",), "181 x 10*9/L or less", "secondary"),
        counted("AST", above("ast", 48), ("ast",), "Over 48 U/L", "secondary"),
        counted("triglycerides", above("triglyceride", 156), ("triglyceride",), "Over 156 mg/dL", "secondary"),
        counted("fibrinogen", at_most("fibrinogen", 360), ("fibrinogen",), "360 mg/dL or less", "secondary"),
    ),
    gate=(
        *(
            band(
                0,
                "febrile",
                ibis.coalesce(_.febrile, at_least("temperature", float(limit))),
                ("febrile", "temperature"),
                f"A febrile patient; by temperature: {limit} °C or more",
                "our resolution",
                (FEVER, limit),
            )
            for limit in ("38.0", "38.5")
        ),
        band(0, "ferritin over 684", above("ferritin", 684), ("ferritin",), "Over 684 ng/mL", "secondary"),
    ),
    classes=(("not met", 0.0), ("met", 2.0)),
    counts=True,
    options=(FEVER,),
    notes=("Made for systemic juvenile idiopathic arthritis: that clause is ignored, the population another.",),
)
OHI = Score(
    "ohi",
    "Optimized HLH inflammatory index, in hematological malignancy",
    "Zoref-Lorenz A, et al. Blood 2022;139(7):1098-1110. doi:10.1182/blood.2021012764 (verified)",
    (measured("sil2r"), measured("ferritin")),
    items=(
        counted("soluble CD25", above("sil2r", 3900), ("sil2r",), "Over 3,900 U/mL", "verified"),
        counted("ferritin", above("ferritin", 1000), ("ferritin",), "Over 1,000 ng/mL", "verified"),
    ),
    classes=(("not met", 0.0), ("met", 2.0)),
    counts=True,
)
