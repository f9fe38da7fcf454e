"""CARTOX: cytokine release syndrome, adults and children.

Adults: Neelapu SS, et al. Nat Rev Clin Oncol 2018;15(1):47-62, doi:10.1038/nrclinonc.2017.148.
Children: Mahadeo KM, et al. Nat Rev Clin Oncol 2019;16(1):45-63, doi:10.1038/s41571-018-0075-2.
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
from abate.grading.rules import Flag, System

ORGAN = "Grade {} organ toxicity (CTCAE v4.03)"
ADULT_ORGAN = f"{ORGAN.format(1)}; not in children, where fever is required"

CARTOX_CRS = System(
    key="cartox_crs",
    name="CARTOX",
    toxicity="CRS",
    title="CARTOX grading of cytokine release syndrome",
    citation="Neelapu SS, et al. Nat Rev Clin Oncol 2018;15(1):47-62. doi:10.1038/nrclinonc.2017.148; children: "
    "Mahadeo KM, et al. Nat Rev Clin Oncol 2019;16(1):45-63. doi:10.1038/s41571-018-0075-2",
    required=SIGNS,
    criteria=(
        sign(1, "fever", "fever", "Temperature 38.0 °C or more", "secondary"),
        *organs(1, 1, ADULT_ORGAN, "secondary", ALT_AST, in_children=False),
        *organs(1, 1, ADULT_ORGAN, "secondary", in_children=False),
        sign(
            2,
            "hypotension",
            "hypotension",
            "Systolic pressure under 90 mmHg (1-10 years: under 70 + 2 x age) that responds to fluids",
            "secondary",
        ),
        sign(2, "vasopressor", "vasopressor", "Hypotension that responds to a low-dose vasopressor", "secondary"),
        sign(
            2,
            "oxygen",
            "oxygen",
            "Oxygen with FiO2 under 0.40 needed to keep the saturation over 90 % (children: over 88 %)",
            "secondary",
        ),
        *organs(2, 2, ORGAN.format(2), "secondary", ALT_AST),
        *organs(2, 2, ORGAN.format(2), "secondary"),
        sign(
            3,
            "high-dose vasopressor",
            "high_dose_vasopressor",
            "Hypotension that needs a high-dose vasopressor (for 3 hours or more)",
            "recalled",
        ),
        sign(
            3,
            "multiple vasopressors",
            "two_vasopressors",
            "Hypotension that needs multiple vasopressors",
            "secondary",
        ),
        sign(3, "FiO2 from 0.40", "fio2_from_40", "Hypoxia that needs FiO2 of 0.40 or more", "secondary"),
        sign(
            3,
            "non-invasive positive pressure",
            "noninvasive_positive_pressure",
            "BiPAP (verified in children; in adults management places non-invasive pressure in grade 3)",
            "our resolution",
        ),
        *organs(3, 3, ORGAN.format(3), "secondary", ALT_AST),
        *organs(4, 3, "Grade 4 transaminitis is grade 3", "secondary", ALT_AST),
        *organs(3, 3, ORGAN.format(3), "secondary"),
        sign(
            4,
            "hypotension despite vasopressors",
            "hypotension_despite_vasopressors",
            "Life-threatening hypotension: it persists despite a high dose or multiple vasopressors",
            "our resolution",
        ),
        sign(
            4,
            "circulatory collapse",
            "circulatory_collapse",
            "Life-threatening hypotension: cardiac arrest or mechanical support of the circulation",
            "our resolution",
        ),
        sign(4, "ventilator", "invasive_ventilation", "Needs ventilator support", "secondary"),
        ventilated_for_another_reason(4, "Needs ventilator support: read literally, whatever the indication"),
        *organs(4, 4, f"{ORGAN.format(4)} except transaminitis", "secondary"),
        death("Death due to CRS", "secondary"),
    ),
    flags=(
        Flag("organ_only_grade_1", "grade 1 by organ toxicity alone, without fever"),
        NO_BASELINE,
        ESTIMATED,
        *SIGN_FLAGS,
    ),
    notes=(
        "Any one criterion of a column, other than fever, makes its grade (recalled).",
        "Counted organs: cardiac, respiratory, gastrointestinal, hepatic, renal, skin, coagulopathy (recalled); not "
        "cytopenias, neurological findings, nor the terms fever, hypotension, hypoxia and CRS.",
        "A heart rate is not graded: a rate does not tell the rhythm; tachycardia counts as a clinician's organ "
        "toxicity (our resolution).",
    ),
)
