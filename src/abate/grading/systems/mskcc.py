"""MSKCC: cytokine release syndrome.

Park JH, et al. N Engl J Med 2018;378(5):449-459, doi:10.1056/NEJMoa1709919; Davila ML, et al. Sci Transl Med
2014;6(224):224ra25, doi:10.1126/scitranslmed.3008226.
"""

from abate.grading.criteria import ESTIMATED, SIGN_FLAGS, SIGNS, death, sign
from abate.grading.rules import System

MSKCC_CRS = System(
    key="mskcc_crs",
    name="MSKCC",
    toxicity="CRS",
    title="MSKCC grading of cytokine release syndrome",
    citation="Park JH, et al. N Engl J Med 2018;378(5):449-459. doi:10.1056/NEJMoa1709919",
    required=SIGNS,
    criteria=(
        sign(
            1,
            "fever",
            "fever",
            "Mild symptoms, observation or supportive care only; fever is 38.0 °C or more",
            "our resolution",
        ),
        sign(
            1,
            "hypotension",
            "hypotension",
            "Low pressure without a vasopressor: fluids are supportive care, read literally",
            "our resolution",
        ),
        sign(
            2,
            "vasopressor",
            "vasopressor",
            "Hypotension that requires any vasopressor for less than 24 hours",
            "secondary",
        ),
        sign(2, "oxygen", "oxygen", "Hypoxia or dyspnoea that requires less than 40 % oxygen", "secondary"),
        sign(
            3,
            "vasopressor for 24 hours",
            "vasopressor_for_24_hours",
            "Hypotension that requires any vasopressor for 24 hours or more",
            "secondary",
        ),
        sign(
            3,
            "FiO2 from 0.40",
            "fio2_from_40",
            "Hypoxia or dyspnoea that requires 40 % oxygen or more",
            "secondary",
        ),
        sign(
            4,
            "hypotension despite a high-dose vasopressor",
            "hypotension_despite_high_dose_vasopressor",
            "Hypotension refractory to a high-dose vasopressor (the dose by the table of Lee 2014: our resolution)",
            "secondary",
        ),
        sign(
            4,
            "ventilator",
            "invasive_ventilation",
            "Hypoxia or dyspnoea that requires mechanical ventilation",
            "secondary",
        ),
        death("Death", "secondary"),
    ),
    flags=(ESTIMATED, *SIGN_FLAGS),
    notes=(
        "Organ toxicity is not used.",
        "Hours of vasopressors are those of the episode up to the day, pauses of up to 6 hours among them; an episode "
        "ends as that of ASTCT does, and here needs no fever to begin (our resolution).",
        "CPAP and BiPAP are not placed: they are graded by their FiO2 (our resolution).",
    ),
)
