"""Penn scale: cytokine release syndrome.

Porter D, Frey N, Wood PA, Weng Y, Grupp SA. J Hematol Oncol 2018;11:35, doi:10.1186/s13045-018-0571-y; a
correction of 13 June 2018 exists, which could not be read.
"""

from ibis import _

from abate.grading.criteria import NO_BASELINE, SIGN_FLAGS, SIGNS, death, organs, sign
from abate.grading.rules import Criterion, Flag, System
from abate.timeline.organs import NOT_OF_THE_LIVER

LIVER = ("transaminase_grade", "bilirubin_grade", "alp_ggt_grade")
REPEATED = "repeated_fluid_bolus"

PENN_CRS = System(
    key="penn_crs",
    name="Penn",
    toxicity="CRS",
    title="Penn grading of cytokine release syndrome",
    citation="Porter D, et al. J Hematol Oncol 2018;11:35. doi:10.1186/s13045-018-0571-y",
    required=SIGNS,
    criteria=(
        sign(
            1,
            "fever",
            "fever",
            "Mild reaction: supportive care such as antipyretics and antiemetics; fever is 38.0 °C or more",
            "our resolution",
        ),
        sign(
            2,
            "hypotension",
            "hypotension",
            "Low pressure with at most one bolus of fluid: one is not multiple",
            "our resolution",
        ),
        sign(
            2,
            "admission or intravenous therapy for CRS",
            "care_for_crs",
            "Hospitalisation for symptoms of CRS, fever with neutropenia among them, or intravenous therapy for it "
            "other than fluids for low pressure",
            "secondary",
        ),
        *organs(3, 2, "Organ dysfunction such as grade 3 liver function tests", "secondary", LIVER),
        *organs(2, 2, "Organ dysfunction such as grade 2 creatinine", "secondary", NOT_OF_THE_LIVER),
        Criterion(
            3,
            "hypotension with multiple boluses",
            _.hypotension & getattr(_, REPEATED),
            ("hypotension", REPEATED),
            "Hypotension treated with multiple fluid boluses",
            "secondary",
        ),
        sign(3, "vasopressor", "vasopressor", "Hypotension treated with a low-dose vasopressor", "secondary"),
        sign(
            3,
            "plasma, cryoprecipitate or fibrinogen",
            "coagulation_product",
            "Coagulopathy that requires fresh frozen plasma, cryoprecipitate or fibrinogen concentrate",
            "secondary",
        ),
        sign(
            3,
            "oxygen",
            "oxygen",
            "Hypoxia that requires any supplemental oxygen (nasal cannula, high flow, CPAP, BiPAP)",
            "secondary",
        ),
        *organs(4, 3, "Grade 4 liver function tests", "secondary", LIVER),
        *organs(3, 3, "Hospital care for organ dysfunction such as grade 3 creatinine", "secondary", NOT_OF_THE_LIVER),
        sign(
            4,
            "high-dose vasopressor",
            "high_dose_vasopressor_penn",
            "Life-threatening: hypotension that requires a high-dose vasopressor",
            "recalled",
        ),
        sign(
            4,
            "ventilator",
            "invasive_ventilation",
            "Life-threatening: hypoxia that requires mechanical ventilation",
            "secondary",
        ),
        *organs(4, 4, "A grade 4 organ other than the liver is life-threatening", "our resolution", NOT_OF_THE_LIVER),
        death("Death", "secondary"),
    ),
    flags=(
        NO_BASELINE,
        Flag("organ_grade_4", "a grade 4 organ other than the liver, which the scale does not place"),
        *SIGN_FLAGS,
    ),
    notes=(
        "No limit of fever, of FiO2, nor a count of vasopressors: only their dose. The table of high doses is kept "
        "apart from that of Lee 2014, with the same numbers (recalled); a correction of the paper could not be read.",
        "Liver function tests are ALT, AST and bilirubin (`cartox_hepatic` adds alkaline phosphatase and GGT). Grades "
        "1 and 2 of them, and grade 1 of other organs, are no criterion.",
        "Boluses are counted within the day. A stay for monitoring is not an admission for CRS (our resolution).",
    ),
)
