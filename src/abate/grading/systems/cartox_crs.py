"""CARTOX: cytokine release syndrome, adults and children.

Adults: Neelapu SS, et al. Nat Rev Clin Oncol 2018;15(1):47-62, doi:10.1038/nrclinonc.2017.148.
Children: Mahadeo KM, et al. Nat Rev Clin Oncol 2019;16(1):45-63, doi:10.1038/s41571-018-0075-2.
"""

import ibis
from ibis import _

from abate.grading.rules import Criterion, Flag, Known, System
from abate.grading.systems.astct_crs import ASTCT_CRS, SEDATED

ORGANS = {
    "bilirubin_grade": "bilirubin",
    "alp_ggt_grade": "alkaline phosphatase or GGT",
    "creatinine_grade": "creatinine",
    "urine_output_grade": "urine output",
    "coagulation_grade": "coagulopathy",
    "organ_toxicity_grade": "organ toxicity judged by a clinician",
}

JUDGED = ("coagulation_grade", "organ_toxicity_grade")


def _organs(grade: int, fact: str, known: Known) -> tuple[Criterion, ...]:
    """Return the criteria of organ toxicity of one grade, an organ each; grade 1 is none in children."""
    found = []
    for feature, name in ORGANS.items():
        holds = getattr(_, feature) == grade
        if feature in JUDGED:
            # A judgement says nothing of worse organs that nobody recorded.
            holds = ibis.ifelse(_.events_covered | (getattr(_, feature) >= grade), holds, ibis.null("boolean"))
        if grade == 1:
            holds = ~_.child & holds
        option = ("cartox_hepatic", "with_alp_ggt") if feature == "alp_ggt_grade" else None
        found.append(Criterion(grade, f"{name}, grade {grade}", holds, (feature,), fact, known, option))
    return tuple(found)


def _transaminases(grade: int, of_crs: int, fact: str) -> Criterion:
    holds = _.transaminase_grade == grade
    if grade == 1:
        holds = ~_.child & holds
    return Criterion(of_crs, f"ALT or AST, grade {grade}", holds, ("transaminase_grade",), fact, "secondary")


CARTOX_CRS = System(
    key="cartox_crs",
    name="CARTOX",
    toxicity="CRS",
    title="CARTOX grading of cytokine release syndrome",
    citation="Neelapu SS, et al. Nat Rev Clin Oncol 2018;15(1):47-62. doi:10.1038/nrclinonc.2017.148; children: "
    "Mahadeo KM, et al. Nat Rev Clin Oncol 2019;16(1):45-63. doi:10.1038/s41571-018-0075-2",
    required=("fever", "hypotension", "vasopressor", "oxygen"),
    criteria=(
        Criterion(1, "fever", _.fever, ("fever",), "Temperature 38.0 °C or more", "secondary"),
        _transaminases(1, 1, "Grade 1 organ toxicity (CTCAE v4.03); not in children, where fever is required"),
        *_organs(1, "Grade 1 organ toxicity (CTCAE v4.03); not in children, where fever is required", "secondary"),
        Criterion(
            2,
            "hypotension",
            _.hypotension,
            ("hypotension",),
            "Systolic pressure under 90 mmHg (1-10 years: under 70 + 2 x age) that responds to fluids",
            "secondary",
        ),
        Criterion(
            2,
            "vasopressor",
            _.vasopressor,
            ("vasopressor",),
            "Hypotension that responds to a low-dose vasopressor",
            "secondary",
            doubt=SEDATED,
        ),
        Criterion(
            2,
            "oxygen",
            _.oxygen,
            ("oxygen",),
            "Oxygen with FiO2 under 0.40 needed to keep the saturation over 90 % (children: over 88 %)",
            "secondary",
        ),
        _transaminases(2, 2, "Grade 2 organ toxicity (CTCAE v4.03)"),
        *_organs(2, "Grade 2 organ toxicity (CTCAE v4.03)", "secondary"),
        Criterion(
            3,
            "high-dose vasopressor",
            _.high_dose_vasopressor,
            ("high_dose_vasopressor",),
            "Hypotension that needs a high-dose vasopressor (for 3 hours or more)",
            "recalled",
            doubt=SEDATED,
        ),
        Criterion(
            3,
            "multiple vasopressors",
            _.two_vasopressors,
            ("two_vasopressors",),
            "Hypotension that needs multiple vasopressors",
            "secondary",
            doubt=SEDATED,
        ),
        Criterion(
            3,
            "FiO2 from 0.40",
            _.fio2_from_40,
            ("fio2_from_40",),
            "Hypoxia that needs FiO2 of 0.40 or more",
            "secondary",
        ),
        Criterion(
            3,
            "non-invasive positive pressure",
            _.noninvasive_positive_pressure,
            ("noninvasive_positive_pressure",),
            "BiPAP (verified in children; in adults management places non-invasive pressure in grade 3)",
            "our resolution",
        ),
        _transaminases(3, 3, "Grade 3 organ toxicity (CTCAE v4.03)"),
        _transaminases(4, 3, "Grade 4 transaminitis is grade 3"),
        *_organs(3, "Grade 3 organ toxicity (CTCAE v4.03)", "secondary"),
        Criterion(
            4,
            "hypotension despite vasopressors",
            _.hypotension_despite_vasopressors,
            ("hypotension_despite_vasopressors",),
            "Life-threatening hypotension: it persists despite a high dose or multiple vasopressors",
            "our resolution",
            doubt=SEDATED,
        ),
        Criterion(
            4,
            "circulatory collapse",
            _.circulatory_collapse,
            ("circulatory_collapse",),
            "Life-threatening hypotension: cardiac arrest or mechanical support of the circulation",
            "our resolution",
        ),
        Criterion(
            4, "ventilator", _.invasive_ventilation, ("invasive_ventilation",), "Needs ventilator support", "secondary"
        ),
        Criterion(
            4,
            "ventilator, not for hypoxia",
            _.ventilated_not_for_hypoxia,
            ("ventilated_not_for_hypoxia",),
            "Needs ventilator support: read literally, whatever the indication",
            "our resolution",
            option=("cartox_airway_protection", "counts"),
        ),
        *_organs(4, "Grade 4 organ toxicity (CTCAE v4.03) except transaminitis", "secondary"),
        Criterion(5, "death from CRS", _.death_from_crs, ("death_from_crs",), "Death due to CRS", "secondary"),
    ),
    flags=(
        Flag("organ_only_grade_1", "grade 1 by organ toxicity alone, without fever"),
        Flag("no_baseline", "organ toxicity without a value before day 0 to compare"),
        Flag("fio2_estimated", "an inspired fraction estimated from device and flow"),
        *(
            flag
            for flag in ASTCT_CRS.flags
            if flag.name not in ("episode_open_no_fever", "fever_masked", "high_flow_device_at_low_flow")
        ),
    ),
    notes=(
        "Any one criterion of a column, other than fever, makes its grade (recalled).",
        "Counted organs: cardiac, respiratory, gastrointestinal, hepatic, renal, skin, coagulopathy (recalled); not "
        "cytopenias, neurological findings, nor the terms fever, hypotension, hypoxia and CRS.",
        "A heart rate is not graded: a rate does not tell the rhythm; tachycardia counts as a clinician's organ "
        "toxicity (our resolution).",
    ),
)
