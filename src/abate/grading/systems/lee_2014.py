"""Lee 2014: cytokine release syndrome.

Lee DW, Gardner R, Porter DL, et al. Blood 2014;124(2):188-195, doi:10.1182/blood-2014-05-552729; an erratum
exists (Blood 2015;126(8):1048), which could not be read.
"""

from abate.grading.criteria import (
    ALT_AST,
    ESTIMATED,
    NO_BASELINE,
    SIGN_FLAGS,
    SIGNS,
    death,
    organs,
    sign,
    ventilated_for_another_reason,
)
from abate.grading.rules import System

ORGAN = "Grade {} organ toxicity (CTCAE v4)"
NEURO = ("neurological_grade",)
LISTED = "Grade {} organ toxicity: neurological signs are listed within CRS"


LEE_2014 = System(
    key="lee_2014",
    name="Lee 2014",
    toxicity="CRS",
    title="Lee 2014 grading of cytokine release syndrome",
    citation="Lee DW, et al. Blood 2014;124(2):188-195. doi:10.1182/blood-2014-05-552729",
    required=SIGNS,
    criteria=(
        sign(
            1,
            "fever",
            "fever",
            "Not life-threatening, symptomatic treatment only (fever, nausea, fatigue, headache, myalgia, malaise); "
            "fever is 38.0 °C or more",
            "our resolution",
        ),
        sign(
            2,
            "hypotension",
            "hypotension",
            "Hypotension responsive to fluids (systolic pressure under 90 mmHg; in children by age)",
            "secondary",
        ),
        sign(2, "vasopressor", "vasopressor", "Hypotension responsive to a low dose of one vasopressor", "secondary"),
        sign(2, "oxygen", "oxygen", "Oxygen requirement, FiO2 under 0.40", "secondary"),
        *organs(2, 2, ORGAN.format(2), "secondary", ALT_AST),
        *organs(2, 2, ORGAN.format(2), "secondary"),
        *organs(2, 2, LISTED.format(2), "recalled", NEURO, option=("neuro_in_crs", "yes")),
        sign(
            3,
            "high-dose vasopressor",
            "high_dose_vasopressor",
            "Hypotension that needs a high-dose vasopressor (for 3 hours or more)",
            "recalled",
        ),
        sign(
            3, "multiple vasopressors", "two_vasopressors", "Hypotension that needs multiple vasopressors", "secondary"
        ),
        sign(3, "FiO2 from 0.40", "fio2_from_40", "Oxygen requirement, FiO2 of 0.40 or more", "secondary"),
        sign(
            3,
            "non-invasive positive pressure",
            "noninvasive_positive_pressure",
            "CPAP or BiPAP: more than a mask, and no mechanical ventilation",
            "our resolution",
        ),
        *organs(3, 3, ORGAN.format(3), "secondary", ALT_AST),
        *organs(4, 3, "Grade 4 transaminitis is grade 3", "secondary", ALT_AST),
        *organs(3, 3, ORGAN.format(3), "secondary"),
        *organs(3, 3, LISTED.format(3), "recalled", NEURO, option=("neuro_in_crs", "yes")),
        sign(4, "ventilator", "invasive_ventilation", "Requirement for ventilator support", "secondary"),
        ventilated_for_another_reason(4, "Requirement for ventilator support: read literally, whatever the indication"),
        *organs(4, 4, f"{ORGAN.format(4)} excluding transaminitis", "secondary"),
        *organs(4, 4, LISTED.format(4), "recalled", NEURO, option=("neuro_in_crs", "yes")),
        death("Death", "secondary"),
    ),
    flags=(NO_BASELINE, ESTIMATED, *SIGN_FLAGS),
    notes=(
        "Hypotension alone never makes grade 4: shock on any number of vasopressors is grade 3.",
        "Organ toxicity of grade 1 is no criterion. The limits of fever and pressure are ours: the table has none.",
        "Neurotoxicity is graded apart, as in registration trials that modified this table; `neuro_in_crs = yes` "
        "counts a clinician's CTCAE grade of it as organ toxicity.",
        "An erratum of 2015 exists, which could not be read.",
    ),
)
