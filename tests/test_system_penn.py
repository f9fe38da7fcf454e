"""Penn scale, cytokine release syndrome: every cell of its table.

Porter D, et al. J Hematol Oncol 2018;11:35, doi:10.1186/s13045-018-0571-y. Organ toxicity by CTCAE v4.03. How a
row is written stands in :mod:`cells`: "well" has nothing found and nothing missing.
"""

import pytest

from cells import Case, sheet

PENN = "Penn CRS"
SIGNS = sheet(
    """
    what                             | records                                    | grade   | criteria
    nothing found                    |                                            | 0       | none
    37.9 °C                          | temperature 37.9                           | 0       | none
    38.0 °C or more                  | temperature 38.0                           | 1       | fever
    90 mmHg                          | sbp 90                                     | 0       | none
    under 90 mmHg, no bolus          | sbp 89                                     | 2       | hypotension
    one bolus is not multiple        | sbp 89; fluid_bolus                        | 2       | hypotension
    two boluses | sbp 89; 08:00 fluid_bolus; 09:00 fluid_bolus | 3 | hypotension with multiple boluses
    two boluses without low pressure | 08:00 fluid_bolus; 09:00 fluid_bolus       | 0       | none
    boluses not recorded             | sbp 89; incomplete events                  | 2 [2-4] | hypotension
    admitted for CRS | care_for_crs | 2 | admission or intravenous therapy for CRS
    a low dose of a vasopressor      | 08:00 norepinephrine 5                     | 3       | vasopressor
    two of them                      | 08:00 norepinephrine 5; 08:00 epinephrine 3 | 3      | vasopressor
    high dose, 179 minutes           | 08:00 for 179min norepinephrine 20         | 3       | vasopressor
    high dose, 180 minutes           | 08:00 for 180min norepinephrine 20         | 4       | high-dose vasopressor
    just under a high dose           | 08:00 norepinephrine 19.9                  | 3       | vasopressor
    epinephrine of 10                | 08:00 epinephrine 10                       | 4       | high-dose vasopressor
    epinephrine of 9.9               | 08:00 epinephrine 9.9                      | 3       | vasopressor
    phenylephrine of 200             | 08:00 phenylephrine 200                    | 4       | high-dose vasopressor
    phenylephrine of 199             | 08:00 phenylephrine 199                    | 3       | vasopressor
    dopamine of 10 per kg            | 08:00 dopamine 10 ug/kg/min                | 4       | high-dose vasopressor
    dopamine of 9.9 per kg           | 08:00 dopamine 9.9 ug/kg/min               | 3       | vasopressor
    10 beside vasopressin            | 08:00 norepinephrine 10; 08:00 vasopressin 0.03 | 4  | high-dose vasopressor
    9.9 beside vasopressin           | 08:00 norepinephrine 9.9; 08:00 vasopressin 0.03 | 3 | vasopressor
    20 of two together               | 08:00 norepinephrine 11; 08:00 epinephrine 9 | 4     | high-dose vasopressor
    19.9 of two together             | 08:00 norepinephrine 10.9; 08:00 epinephrine 9 | 3   | vasopressor
    plasma | 08:00 fresh_frozen_plasma | 3 | plasma, cryoprecipitate or fibrinogen
    cryoprecipitate | cryoprecipitate | 3 | plasma, cryoprecipitate or fibrinogen
    fibrinogen concentrate | fibrinogen_concentrate | 3 | plasma, cryoprecipitate or fibrinogen
    plasma that was ordered          | ordered fresh_frozen_plasma                | 0       | none
    1 L/min                          | nasal_cannula 1                            | 3       | oxygen
    BiPAP                            | bipap fio2 60                              | 3       | oxygen
    ventilated for hypoxia           | invasive_ventilation                       | 4       | ventilator
    ventilated to protect the airway | invasive_ventilation as airway_protection  | 0       | none
    death due to CRS                 | death CRS                                  | 5       | death from CRS
    """,
    of=PENN,
    given="well",
)
ORGANS = sheet(
    """
    what                           | records                               | grade | criteria
    ALT of grade 2                 | alt 200 uln 40                        | 0     | none
    ALT of grade 3                 | alt 200.1 uln 40                      | 2     | ALT or AST, grade 3
    AST of grade 4                 | ast 800.1 uln 40                      | 3     | ALT or AST, grade 4
    bilirubin of grade 2           | bilirubin_total 3.0 uln 1.0           | 0     | none
    bilirubin of grade 3           | bilirubin_total 3.01 uln 1.0          | 2     | bilirubin, grade 3
    bilirubin of grade 4           | bilirubin_total 10.01 uln 1.0         | 3     | bilirubin, grade 4
    a liver of grade 4             | organ_toxicity hepatic 4              | 3     | bilirubin, grade 4
    creatinine of grade 1          | creatinine 0.6 uln 1.0                | 0     | none
    creatinine of grade 2          | creatinine 0.76 uln 1.0               | 2     | creatinine, grade 2
    creatinine of grade 3          | creatinine 1.51 uln 1.0               | 3     | creatinine, grade 3
    creatinine of grade 4          | creatinine 6.01 uln 1.0               | 4     | creatinine, grade 4
    under 80 mL of urine in 8 h    | 08:00 until 16:00 urine_output 79     | 3     | urine output, grade 3
    under 240 mL in 24 h           | 08:00 until d1 08:00 urine_output 239 | 4     | urine output, grade 4
    DIC of grade 2                 | organ_toxicity dic 2                  | 2     | coagulopathy, grade 2
    DIC of grade 3                 | organ_toxicity dic 3                  | 3     | coagulopathy, grade 3
    DIC of grade 4                 | organ_toxicity dic 4                  | 4     | coagulopathy, grade 4
    a heart of grade 1             | organ_toxicity cardiac 1              | 0     | none
    a heart of grade 2 | organ_toxicity cardiac 2 | 2 | organ toxicity judged by a clinician, grade 2
    a heart of grade 3 | organ_toxicity cardiac 3 | 3 | organ toxicity judged by a clinician, grade 3
    a heart of grade 4 | organ_toxicity cardiac 4 | 4 | organ toxicity judged by a clinician, grade 4
    ALP is not counted             | alp 9000 uln 120                      | 0     | none
    """,
    of=PENN,
    given="well",
)
FLAGS = sheet(
    """
    what                        | records                   | flags
    an organ of grade 4         | organ_toxicity cardiac 4  | organ_grade_4
    a liver of grade 4          | organ_toxicity hepatic 4  | none
    no baseline                 | alt 300 uln 40            | no_baseline
    """,
    of=PENN,
    given="well",
)
ALP = sheet(
    """
    what             | records           | grade | criteria
    ALP of grade 2   | alp 301 uln 120   | 0     | none
    GGT of grade 3   | ggt 301 uln 60    | 2     | alkaline phosphatase or GGT, grade 3
    GGT of grade 4   | ggt 1201 uln 60   | 3     | alkaline phosphatase or GGT, grade 4
    """,
    of=PENN,
    given="well",
    cartox_hepatic="with_alp_ggt",
)


@pytest.mark.parametrize("case", [*SIGNS, *ORGANS, *FLAGS, *ALP])
def test_every_cell_has_its_grade(case: Case) -> None:
    assert case.found() == case.expected
