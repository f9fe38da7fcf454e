"""CTCAE v4.03 and v5.0: the term cytokine release syndrome.

National Cancer Institute, CTCAE v4.03 (14 June 2010) and v5.0 (27 November 2017).
"""

from ibis import _

from abate.grading.criteria import CTCAE_PRINT, ESTIMATED, SIGN_FLAGS, SIGNS, death, sign, ventilated_for_another_reason
from abate.grading.rules import Criterion, System


def _narrative(grade: int, fact: str) -> Criterion:
    """Return a criterion that vital signs cannot decide."""
    return sign(grade, f"reaction of grade {grade}", "reaction", fact, "verified")


CTCAE_403_CRS = System(
    key="ctcae403_crs",
    name="CTCAE v4.03",
    toxicity="CRS",
    title="CTCAE v4.03 grading of cytokine release syndrome",
    citation=CTCAE_PRINT.format("version 4.03, 14 June 2010"),
    required=(*SIGNS, "reaction"),
    criteria=(
        _narrative(1, "Mild reaction; infusion interruption not indicated; intervention not indicated"),
        _narrative(
            2,
            "Therapy or infusion interruption indicated but responds promptly to symptomatic treatment; prophylactic "
            "medications indicated for up to 24 hours",
        ),
        Criterion(
            2,
            "hypotension with a bolus",
            _.hypotension & _.fluid_bolus,
            ("hypotension", "fluid_bolus"),
            "Symptomatic treatment: intravenous fluids",
            "verified",
        ),
        _narrative(
            3,
            "Prolonged; not rapidly responsive to symptomatic medication; recurrence after improvement; "
            "hospitalization for clinical sequelae",
        ),
        sign(4, "vasopressor", "vasopressor", "Life-threatening consequences; pressor support indicated", "verified"),
        sign(
            4,
            "ventilatory support",
            "positive_pressure",
            "Life-threatening consequences; ventilatory support indicated (CPAP and BiPAP among it: our resolution)",
            "verified",
        ),
        ventilated_for_another_reason(4, "Ventilatory support indicated: read literally, whatever the indication"),
        death("Death", "verified"),
    ),
    flags=SIGN_FLAGS,
    notes=(
        "Grades 1 to 3 tell how a reaction to an infusion was treated and how fast it responded: vital signs do not, "
        "and leave a day of fever, low pressure or oxygen between 0 and 3, unless fluids or support decide.",
    ),
)
CTCAE_5_CRS = System(
    key="ctcae5_crs",
    name="CTCAE v5.0",
    toxicity="CRS",
    title="CTCAE v5.0 grading of cytokine release syndrome",
    citation=CTCAE_PRINT.format("version 5.0, 27 November 2017"),
    required=SIGNS,
    criteria=(
        sign(1, "fever", "fever", "Fever with or without constitutional symptoms (38.0 °C or more)", "verified"),
        sign(2, "hypotension", "hypotension", "Hypotension responding to fluids", "verified"),
        sign(2, "oxygen", "oxygen", "Hypoxia responding to less than 40 % oxygen", "verified"),
        sign(3, "vasopressor", "vasopressor", "Hypotension managed with one pressor", "verified"),
        sign(3, "FiO2 from 0.40", "fio2_from_40", "Hypoxia requiring 40 % oxygen or more", "verified"),
        sign(
            4,
            "two vasopressors",
            "two_vasopressors_of_any_kind",
            "Life-threatening consequences; urgent intervention indicated: two vasopressors, vasopressin among them",
            "our resolution",
        ),
        sign(
            4,
            "ventilator",
            "invasive_ventilation",
            "Life-threatening consequences; urgent intervention indicated: mechanical ventilation for hypoxia",
            "our resolution",
        ),
        sign(
            4,
            "circulatory collapse",
            "circulatory_collapse",
            "Life-threatening consequences; urgent intervention indicated: cardiac arrest, mechanical circulation",
            "our resolution",
        ),
        death("Death", "verified"),
    ),
    flags=(ESTIMATED, *SIGN_FLAGS),
    notes=(
        "Fever is not required from grade 2 on. CPAP and BiPAP are graded by their FiO2 (our resolution).",
        "Organ toxicity is not used: CTCAE grades it under its own terms.",
    ),
)
