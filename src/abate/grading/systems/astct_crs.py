"""ASTCT 2019: cytokine release syndrome, in adults and children.

Lee DW, Santomasso BD, Locke FL, et al. Biol Blood Marrow Transplant 2019;25(4):625-638.
"""

from abate.grading.criteria import SIGN_FLAGS, death, sign
from abate.grading.rules import Flag, System

ASTCT_CRS = System(
    key="astct_crs",
    name="ASTCT 2019",
    toxicity="CRS",
    title="ASTCT consensus grading of cytokine release syndrome",
    citation="Lee DW, et al. Biol Blood Marrow Transplant 2019;25(4):625-638. doi:10.1016/j.bbmt.2018.12.758",
    required=("fever", "hypotension_in_crs", "vasopressor_in_crs", "oxygen_in_crs"),
    criteria=(
        sign(1, "fever", "fever", "Temperature 38.0 °C or more, not attributable to any other cause", "verified"),
        sign(2, "hypotension", "hypotension_in_crs", "Hypotension not requiring a vasopressor", "verified"),
        sign(
            3,
            "vasopressor",
            "vasopressor_in_crs",
            "Hypotension requiring a vasopressor with or without vasopressin",
            "verified",
        ),
        sign(
            4,
            "multiple vasopressors",
            "two_vasopressors_besides_vasopressin_in_crs",
            "Hypotension requiring multiple vasopressors (excluding vasopressin)",
            "verified",
        ),
        sign(
            2,
            "low-flow oxygen",
            "oxygen_in_crs",
            "Hypoxia requiring low-flow nasal cannula (6 L/min or less) or blow-by",
            "verified",
        ),
        sign(
            3,
            "oxygen above low flow",
            "oxygen_above_low_flow_in_crs",
            "Hypoxia requiring high-flow nasal cannula (more than 6 L/min), face mask, non-rebreather or Venturi mask",
            "verified",
        ),
        sign(
            4,
            "positive pressure",
            "positive_pressure_in_crs",
            "Hypoxia requiring positive pressure (CPAP, BiPAP, intubation and mechanical ventilation)",
            "verified",
        ),
        death("Death due to CRS with no other principal cause", "recalled"),
    ),
    flags=(
        Flag("episode_open_no_fever", "a sign on an afebrile day of an open episode without a drug that masks fever"),
        Flag("fever_masked", "a sign without any fever after an anticytokine drug"),
        *SIGN_FLAGS,
        Flag("high_flow_device_at_low_flow", "a high-flow device at 6 L/min or less: graded by its flow"),
    ),
    notes=(
        "Once an episode has begun and an antipyretic or anticytokine drug was given, fever is no longer required: "
        "grading follows hypotension and hypoxia (verified).",
        "The more severe of hypotension and hypoxia decides; organ toxicity never changes the grade (verified).",
        "Vasopressin alone is a vasopressor; it is left out only of the count of multiple ones (our resolution).",
    ),
)
