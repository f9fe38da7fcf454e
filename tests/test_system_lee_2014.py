"""Lee 2014, cytokine release syndrome: every cell of its table.

Lee DW, et al. Blood 2014;124(2):188-195, doi:10.1182/blood-2014-05-552729. Organ toxicity by CTCAE v4.03. How a
row is written stands in :mod:`cells`: "well" has nothing found and nothing missing.
"""

import pytest

from cells import Case, sheet

LEE = "Lee CRS"
VITALS = sheet(
    """
    what                               | records                            | grade   | criteria
    nothing found                      |                                    | 0       | none
    37.9 °C                            | temperature 37.9                   | 0       | none
    38.0 °C or more                    | temperature 38.0                   | 1       | fever
    90 mmHg                            | sbp 90                             | 0       | none
    under 90 mmHg                      | sbp 89                             | 2       | hypotension
    a child's limit                    | age 5; sbp 79                      | 2       | hypotension
    a low dose of one vasopressor      | 08:00 norepinephrine 5             | 2       | vasopressor
    high dose, 179 minutes             | 08:00 for 179min norepinephrine 20 | 2       | vasopressor
    high dose, 180 minutes             | 08:00 for 180min norepinephrine 20 | 3       | high-dose vasopressor
    a dose that is not known           | 08:00 norepinephrine at no rate    | 2 [2-3] | vasopressor
    multiple vasopressors              | 08:00 norepinephrine 1             | 3       | multiple vasopressors
                                       | 08:00 epinephrine 1                |         |
    vasopressin is one of them         | 08:00 norepinephrine 1             | 3       | multiple vasopressors
                                       | 08:00 vasopressin 0.03             |         |
    shock in spite of all is grade 3   | 08:00 norepinephrine 25            | 3       | high-dose vasopressor
                                       | 08:00 epinephrine 10; 12:00 sbp 70 |         | multiple vasopressors
    cardiac arrest is no criterion     | cardiac_arrest                     | 0       | none
    death due to CRS                   | death CRS                          | 5       | death from CRS
    death of another cause             | death ICANS                        | 0       | none
    """,
    of=LEE,
    given="well",
)
UNKNOWN = sheet(
    """
    what           | records                                  | grade   | missing
    no temperature | sbp 120; labs; d-3 creatinine 0.5 uln 1  | ? [0-1] | fever
    no pressure    | temperature 37; labs; d-3 creatinine 0.5 uln 1 | ? [0-2] | hypotension
    """,
    of=LEE,
    given="covered",
)
HYPOXIA = sheet(
    """
    what                           | records                                   | grade   | criteria
    room air                       | room_air                                  | 0       | none
    FiO2 under 0.40                | venturi_mask 8 fio2 39.9                  | 2       | oxygen
    FiO2 of 0.40 or more           | venturi_mask 8 fio2 40                    | 3       | FiO2 from 0.40
    a cannula at 4.9 L/min         | nasal_cannula 4.9                         | 2       | oxygen
    a cannula at 5 L/min is 40 %   | nasal_cannula 5                           | 3       | FiO2 from 0.40
    FiO2 not known                 | venturi_mask 8                            | 2 [2-3] | oxygen
    CPAP is no ventilator support | cpap fio2 25 | 3 | non-invasive positive pressure
    BiPAP neither | bipap fio2 25 | 3 | non-invasive positive pressure
    CPAP at home                   | cpap as home                              | 0       | none
    ventilator support             | invasive_ventilation fio2 25              | 4       | ventilator
    ventilated, read literally     | invasive_ventilation as airway_protection | 4       | ventilator, not for hypoxia
    """,
    of=LEE,
    given="well",
)
ORGANS = sheet(
    """
    what                           | records                               | grade | criteria
    ALT of grade 1 is no criterion | alt 120 uln 40                        | 0     | none
    ALT of grade 2                 | alt 120.1 uln 40                      | 2     | ALT or AST, grade 2
    AST of grade 3                 | ast 200.1 uln 40                      | 3     | ALT or AST, grade 3
    AST of grade 4: transaminitis  | ast 800.1 uln 40                      | 3     | ALT or AST, grade 4
    bilirubin of grade 1           | bilirubin_total 1.5 uln 1.0           | 0     | none
    bilirubin of grade 2           | bilirubin_total 1.51 uln 1.0          | 2     | bilirubin, grade 2
    bilirubin of grade 3           | bilirubin_total 3.01 uln 1.0          | 3     | bilirubin, grade 3
    bilirubin of grade 4           | bilirubin_total 10.01 uln 1.0         | 4     | bilirubin, grade 4
    creatinine of grade 1          | creatinine 0.6 uln 1.0                | 0     | none
    creatinine of grade 2          | creatinine 0.76 uln 1.0               | 2     | creatinine, grade 2
    creatinine of grade 3          | creatinine 1.51 uln 1.0               | 3     | creatinine, grade 3
    creatinine of grade 4          | creatinine 6.01 uln 1.0               | 4     | creatinine, grade 4
    under 80 mL of urine in 8 h    | 08:00 until 16:00 urine_output 79     | 3     | urine output, grade 3
    under 240 mL in 24 h           | 08:00 until d1 08:00 urine_output 239 | 4     | urine output, grade 4
    DIC                            | organ_toxicity dic 2                  | 2     | coagulopathy, grade 2
    DIC of grade 3                 | organ_toxicity dic 3                  | 3     | coagulopathy, grade 3
    DIC of grade 4                 | organ_toxicity dic 4                  | 4     | coagulopathy, grade 4
    a heart of grade 1             | organ_toxicity cardiac 1              | 0     | none
    a heart of grade 2 | organ_toxicity cardiac 2 | 2 | organ toxicity judged by a clinician, grade 2
    a heart of grade 3 | organ_toxicity cardiac 3 | 3 | organ toxicity judged by a clinician, grade 3
    a heart of grade 4 | organ_toxicity cardiac 4 | 4 | organ toxicity judged by a clinician, grade 4
    a liver, as its bilirubin      | organ_toxicity hepatic 3              | 3     | bilirubin, grade 3
    neurotoxicity is graded apart  | organ_toxicity encephalopathy 4       | 0     | none
    cytopenia does not count       | organ_toxicity neutropenia 4          | 0     | none
    """,
    of=LEE,
    given="well",
)
ALP = sheet(
    """
    what                    | records          | grade | criteria
    ALP of grade 1          | alp 300 uln 120  | 0     | none
    ALP of grade 2          | alp 301 uln 120  | 2     | alkaline phosphatase or GGT, grade 2
    GGT of grade 3          | ggt 301 uln 60   | 3     | alkaline phosphatase or GGT, grade 3
    GGT of grade 4          | ggt 1201 uln 60  | 4     | alkaline phosphatase or GGT, grade 4
    """,
    of=LEE,
    given="well",
    cartox_hepatic="with_alp_ggt",
)
NEURO = sheet(
    """
    what                       | records                                       | grade   | criteria
    encephalopathy of grade 1  | organ_toxicity encephalopathy 1               | 0       | none
    encephalopathy of grade 2 | organ_toxicity encephalopathy 2 | 2 | neurotoxicity judged by a clinician, grade 2
    seizures of grade 3 | organ_toxicity seizure 3 | 3 | neurotoxicity judged by a clinician, grade 3
    delirium of grade 4 | organ_toxicity delirium 4 | 4 | neurotoxicity judged by a clinician, grade 4
    not all known | incomplete events; organ_toxicity ataxia 2 | 2 [2-4] | neurotoxicity judged by a clinician, grade 2
    """,
    of=LEE,
    given="well",
    neuro_in_crs="yes",
)


@pytest.mark.parametrize("case", [*VITALS, *UNKNOWN, *HYPOXIA, *ORGANS, *ALP, *NEURO])
def test_every_cell_has_its_grade(case: Case) -> None:
    assert case.found() == case.expected
