"""CARTOX, cytokine release syndrome: every cell of the tables of adults and of children, and every flag.

Adults: Neelapu SS, et al. Nat Rev Clin Oncol 2018;15(1):47-62, doi:10.1038/nrclinonc.2017.148. Children:
Mahadeo KM, et al. Nat Rev Clin Oncol 2019;16(1):45-63, doi:10.1038/s41571-018-0075-2. Organ toxicity by CTCAE
v4.03. How a row is written stands in :mod:`cells`: "well" has nothing found and nothing missing.
"""

import pytest

from cells import Case, sheet

CARTOX = "CARTOX CRS"

VITALS = sheet(
    """
    what                               | records                            | grade | criteria
    nothing found                      |                                    | 0     | none
    37.9 °C                            | temperature 37.9                   | 0     | none
    38.0 °C or more                    | temperature 38.0                   | 1     | fever
    90 mmHg                            | sbp 90                             | 0     | none
    under 90 mmHg, no fever needed     | sbp 89                             | 2     | hypotension
    just under 90 mmHg                 | sbp 89.9                           | 2     | hypotension
    a low dose of a vasopressor        | 08:00 norepinephrine 5             | 2     | vasopressor
    vasopressin alone                  | 08:00 vasopressin 0.03             | 2     | vasopressor
    an inotrope                        | 08:00 dobutamine 5 ug/kg/min       | 0     | none
    high dose, 179 minutes             | 08:00 for 179min norepinephrine 20 | 2     | vasopressor
    high dose, 180 minutes             | 08:00 for 180min norepinephrine 20 | 3     | high-dose vasopressor
    not quite a high dose              | 08:00 norepinephrine 19.9          | 2     | vasopressor
    multiple vasopressors, low doses   | 08:00 norepinephrine 1             | 3     | multiple vasopressors
                                       | 08:00 epinephrine 1                |       |
    vasopressin is one of the multiple | 08:00 norepinephrine 1             | 3     | multiple vasopressors
                                       | 08:00 vasopressin 0.03             |       |
    low in spite of a high dose        | 08:00 norepinephrine 20            | 4     | hypotension despite vasopressors
                                       | 11:00 sbp 80                       |       |
    low before the third hour          | 08:00 norepinephrine 20            | 3     | high-dose vasopressor
                                       | 10:59 sbp 80                       |       |
    cardiac arrest                     | cardiac_arrest                     | 4     | circulatory collapse
    mechanical circulatory support     | circulatory_support mechanical     | 4     | circulatory collapse
    no mechanical circulatory support  | circulatory_support none           | 0     | none
    death due to CRS                   | death CRS                          | 5     | death from CRS
    death of another cause             | death ICANS                        | 0     | none
    """,
    of=CARTOX,
    given="well",
)

HYPOXIA = sheet(
    """
    what                         | records                                   | grade   | criteria
    room air                     | room_air                                  | 0       | none
    FiO2 under 0.40              | venturi_mask 8 fio2 39.9                  | 2       | oxygen
    FiO2 of 0.40 or more         | venturi_mask 8 fio2 40                    | 3       | FiO2 from 0.40
    a cannula at 4.9 L/min       | nasal_cannula 4.9                         | 2       | oxygen
    a cannula at 5 L/min is 40 % | nasal_cannula 5                           | 3       | FiO2 from 0.40
    FiO2 not known               | venturi_mask 8                            | 2 [2-3] | oxygen
    high flow is never estimated | high_flow_nasal_cannula 50                | 2 [2-3] | oxygen
    high flow, 30 %              | high_flow_nasal_cannula 50 fio2 30        | 2       | oxygen
    CPAP, whatever its FiO2      | cpap fio2 25                              | 3       | non-invasive positive pressure
    BiPAP, whatever its FiO2     | bipap fio2 25                             | 3       | non-invasive positive pressure
    BiPAP at 40 %                | bipap fio2 40                             | 3       | FiO2 from 0.40
                                 |                                           |         | non-invasive positive pressure
    BiPAP at home                | bipap as home                             | 0       | none
    BiPAP for a procedure        | bipap as procedure                        | 0       | none
    ventilator support           | invasive_ventilation fio2 25              | 4       | ventilator
    ventilated, read literally   | invasive_ventilation as airway_protection | 4       | ventilator, not for hypoxia
    ventilated at home           | invasive_ventilation as home              | 0       | none
    a device that is not named   | other_device                              | 2 [2-4] | oxygen
    """,
    of=CARTOX,
    given="well",
)

ORGANS = sheet(
    """
    what                            | records                               | grade | criteria
    ALT 1.0 x the limit             | alt 40 uln 40                         | 0     | none
    ALT above the limit             | alt 40.1 uln 40                       | 1     | ALT or AST, grade 1
    ALT 3.0 x                       | alt 120 uln 40                        | 1     | ALT or AST, grade 1
    ALT over 3.0 x                  | alt 120.1 uln 40                      | 2     | ALT or AST, grade 2
    ALT 5.0 x                       | alt 200 uln 40                        | 2     | ALT or AST, grade 2
    ALT over 5.0 x                  | alt 200.1 uln 40                      | 3     | ALT or AST, grade 3
    ALT 20.0 x                      | alt 800 uln 40                        | 3     | ALT or AST, grade 3
    ALT over 20.0 x: transaminitis  | alt 800.1 uln 40                      | 3     | ALT or AST, grade 4
    AST over 1.0 x                  | ast 40.1 uln 40                       | 1     | ALT or AST, grade 1
    AST over 3.0 x                  | ast 120.1 uln 40                      | 2     | ALT or AST, grade 2
    AST over 5.0 x                  | ast 200.1 uln 40                      | 3     | ALT or AST, grade 3
    AST over 20.0 x: transaminitis  | ast 800.1 uln 40                      | 3     | ALT or AST, grade 4
    bilirubin 1.0 x the limit       | bilirubin_total 1.0 uln 1.0           | 0     | none
    bilirubin above the limit       | bilirubin_total 1.01 uln 1.0          | 1     | bilirubin, grade 1
    bilirubin 1.5 x                 | bilirubin_total 1.5 uln 1.0           | 1     | bilirubin, grade 1
    bilirubin over 1.5 x            | bilirubin_total 1.51 uln 1.0          | 2     | bilirubin, grade 2
    bilirubin 3.0 x                 | bilirubin_total 3.0 uln 1.0           | 2     | bilirubin, grade 2
    bilirubin over 3.0 x            | bilirubin_total 3.01 uln 1.0          | 3     | bilirubin, grade 3
    bilirubin 10.0 x                | bilirubin_total 10.0 uln 1.0          | 3     | bilirubin, grade 3
    bilirubin over 10 x             | bilirubin_total 10.01 uln 1.0         | 4     | bilirubin, grade 4
    creatinine 1.0 x the baseline   | creatinine 0.5 uln 1.0                | 0     | none
    creatinine above the baseline   | creatinine 0.51 uln 1.0               | 1     | creatinine, grade 1
    creatinine 1.5 x the baseline   | creatinine 0.75 uln 1.0               | 1     | creatinine, grade 1
    creatinine over 1.5 x it        | creatinine 0.76 uln 1.0               | 2     | creatinine, grade 2
    creatinine 3.0 x it             | creatinine 1.5 uln 1.0                | 2     | creatinine, grade 2
    creatinine over 3.0 x it        | creatinine 1.51 uln 1.0               | 3     | creatinine, grade 3
    creatinine 6.0 x the limit      | creatinine 6.0 uln 1.0                | 3     | creatinine, grade 3
    creatinine over 6.0 x the limit | creatinine 6.01 uln 1.0               | 4     | creatinine, grade 4
    80 mL of urine in 8 h           | 08:00 until 16:00 urine_output 80     | 0     | none
    under 80 mL in 8 h              | 08:00 until 16:00 urine_output 79     | 3     | urine output, grade 3
    240 mL in 24 h                  | 08:00 until d1 08:00 urine_output 240 | 0     | none
    under 240 mL in 24 h            | 08:00 until d1 08:00 urine_output 239 | 4     | urine output, grade 4
    an hour without urine           | 08:00 until 09:00 urine_output 0      | 0     | none
    fibrinogen and INR are no DIC   | fibrinogen 40 lln 200; inr 4 uln 1    | 0     | none
    ALP and GGT are not counted     | alp 9000 uln 120; ggt 9000 uln 60     | 0     | none
    """,
    of=CARTOX,
    given="well",
)

JUDGED = sheet(
    """
    what                   | records                                                 | grade | criteria
    a cardiac toxicity     | organ_toxicity cardiac 1                                | 1     |
    a respiratory toxicity | organ_toxicity respiratory 2                            | 2     |
    a rash                 | organ_toxicity rash 3                                   | 3     |
    sinus tachycardia      | organ_toxicity sinus tachycardia 4                      | 4     |
    grade 0                | organ_toxicity cardiac 0                                | 0     | none
    of another cause       | organ_toxicity cardiac excluded 4                       | 0     | none
    transaminitis, grade 3 | organ_toxicity transaminases 3                          | 3     | ALT or AST, grade 3
    transaminitis, grade 4 | organ_toxicity alt 4                                    | 3     | ALT or AST, grade 4
    DIC, grade 1           | organ_toxicity dic 1                                    | 1     | coagulopathy, grade 1
    DIC, grade 2           | organ_toxicity dic 2                                    | 2     | coagulopathy, grade 2
    DIC, grade 3           | organ_toxicity DIC 3                                    | 3     | coagulopathy, grade 3
    DIC, grade 4           | organ_toxicity disseminated intravascular coagulation 4 | 4     | coagulopathy, grade 4
    on its days            | d-2 until d1 organ_toxicity cardiac 3                   | 3     |
    it ended               | d-2 until d0 organ_toxicity cardiac 3                   | 0     | none
    """,
    of=CARTOX,
    given="well",
)

WITH_ALP = sheet(
    """
    what                  | records          | grade | criteria
    ALP above the limit   | alp 121 uln 120  | 1     | alkaline phosphatase or GGT, grade 1
    ALP over 2.5 x        | alp 301 uln 120  | 2     | alkaline phosphatase or GGT, grade 2
    GGT over 5 x          | ggt 301 uln 60   | 3     | alkaline phosphatase or GGT, grade 3
    GGT over 20 x         | ggt 1201 uln 60  | 4     | alkaline phosphatase or GGT, grade 4
    """,
    of=CARTOX,
    given="well",
    cartox_hepatic="with_alp_ggt",
)
TERMS = (
    *("anemia", "neutropenia", "thrombocytopenia", "neutrophil count decreased", "platelet count decreased"),
    *("lymphocyte count decreased", "white blood cell decreased", "febrile neutropenia", "fever", "hypotension"),
    *("hypoxia", "crs", "cytokine release syndrome", "encephalopathy", "seizure", "tremor", "dysphasia", "somnolence"),
    *("confusion", "delirium", "headache", "ICANS"),
)
NEUROLOGICAL = (
    *("depressed level of consciousness", "agitation", "ataxia", "dysarthria", "concentration impairment"),
    *("memory impairment", "cognitive disturbance", "hallucinations", "edema cerebral", "intracranial hemorrhage"),
    *("muscle weakness left-sided", "muscle weakness right-sided"),
)
NOT_COUNTED = sheet(
    "what | records | grade\n" + "\n".join(f"{term} | organ_toxicity {term} 4 | 0" for term in (*TERMS, *NEUROLOGICAL)),
    of=CARTOX,
    given="well",
)

CHILDREN = sheet(
    """
    what                         | records                                            | grade | criteria
    fever                        | age 17; temperature 38.0                           | 1     | fever
    organ grade 1, no fever      | age 17; alt 41 uln 40                              | 0     | none
    ... judged by a clinician    | age 17; organ_toxicity rash 1                      | 0     | none
    ... and fever                | age 17; alt 41 uln 40; temperature 38              | 1     | fever
    ... at 18 years              | age 18; alt 41 uln 40                              | 1     | ALT or AST, grade 1
    ... at an unknown age        | age unknown; alt 41 uln 40                         | 1     | ALT or AST, grade 1
    organ grade 2                | age 17; organ_toxicity rash 2                      | 2     |
    organ grade 3                | age 17; bilirubin_total 4 uln 1                    | 3     | bilirubin, grade 3
    transaminitis over 20 x      | age 17; alt 801 uln 40                             | 3     | ALT or AST, grade 4
    organ grade 4                | age 17; bilirubin_total 11 uln 1                   | 4     | bilirubin, grade 4
    newborn, 60 mmHg             | age 0.05; sbp 60                                   | 0     | none
    newborn, under 60            | age 0.05; sbp 59                                   | 2     | hypotension
    6 months, 70 mmHg            | age 0.5; sbp 70                                    | 0     | none
    6 months, under 70           | age 0.5; sbp 69                                    | 2     | hypotension
    1 year, 72 mmHg              | age 1; sbp 72                                      | 0     | none
    1 year, under 72             | age 1; sbp 71                                      | 2     | hypotension
    5 years, 80 mmHg             | age 5; sbp 80                                      | 0     | none
    5 years, under 80            | age 5; sbp 79                                      | 2     | hypotension
    5.9 years, whole years count | age 5.9; sbp 80                                    | 0     | none
    10 years, 90 mmHg            | age 10; sbp 90                                     | 0     | none
    10 years, under 90           | age 10; sbp 89                                     | 2     | hypotension
    11 years, 90 mmHg            | age 11; sbp 90                                     | 0     | none
    11 years, under 90           | age 11; sbp 89                                     | 2     | hypotension
    low-dose vasopressor         | age 5; weight_kg 20; 08:00 norepinephrine 1        | 2     | vasopressor
    multiple vasopressors        | age 5; 08:00 norepinephrine 1; 08:00 epinephrine 1 | 3     | multiple vasopressors
    FiO2 under 0.40              | age 5; venturi_mask fio2 39                        | 2     | oxygen
    FiO2 of 0.40 or more         | age 5; venturi_mask fio2 40                        | 3     | FiO2 from 0.40
    BiPAP                        | age 5; bipap fio2 30                               | 3     |
    invasive ventilation         | age 5; invasive_ventilation                        | 4     | ventilator
    low in spite of two          | age 5; 08:00 norepinephrine 1; 08:00 epinephrine 1 | 4     |
                                 | 09:00 sbp 70                                       |       |
    """,
    of=CARTOX,
    given="well",
)

PRESSORS = "vasopressor; high_dose_vasopressor; two_vasopressors"
BREATH = "oxygen; fio2_from_40; noninvasive_positive_pressure; invasive_ventilation"
BLOOD = "transaminase_grade; bilirubin_grade; creatinine_grade; urine_output_grade"
NOT_KNOWN = sheet(
    f"""
    what                         | records                       | grade   | missing
    no organ is known: still 0   | vitals; covered               | 0 [0-4] | {BLOOD}
    no event is covered: still 0 | vitals; labs; complete drugs  | 0 [0-4] | coagulation_grade
                                 | complete oxygen               |         | organ_toxicity_grade
                                 |                               |         | circulatory_collapse
    no temperature               | sbp 120; labs; covered        | ? [0-1] | fever
    no pressure                  | temperature 37; labs; covered | ? [0-2] | hypotension
    vasopressors not covered     | vitals; labs; complete oxygen | ? [0-3] | {PRESSORS}
                                 | complete events               |         |
    oxygen not covered           | vitals; labs; complete drugs  | ? [0-4] | {BREATH}
                                 | complete events               |         |
    a low pressure, no organ     | vitals; covered; sbp 80       | 2 [2-4] | {BLOOD}
    ventilated: no worse is left | invasive_ventilation; vitals  | 4       |
    """,
    of=CARTOX,
)

FLAGS = sheet(
    """
    what                        | records                                       | grade | flags
    nothing to say              | room_air                                      | 0     | none
    organ grade 1, no fever     | creatinine 0.51 uln 1.0                       | 1     | organ_only_grade_1
    ... with fever              | creatinine 0.51 uln 1.0; temperature 38       | 1     | none
    ... with a low pressure     | creatinine 0.51 uln 1.0; sbp 80; 09:00 sbp 80 | 2     | none
    ... organ grade 2           | creatinine 0.76 uln 1.0                       | 2     | none
    no value before day 0       | bilirubin_total 2 uln 1.0                     | 2     | no_baseline
    a value before day 0        | bilirubin_total 2 uln 1.0                     | 2     | none
                                | d-1 bilirubin_total 1 uln 1.0                 |       |
    FiO2 by device and flow     | 08:00 spo2 91; 09:00 nasal_cannula 2          | 2     | fio2_estimated
    FiO2 set                    | 08:00 spo2 91; 09:00 nasal_cannula 2 fio2 28  | 2     | none
    low flow, no low saturation | nasal_cannula 2 fio2 28                       | 2     | saturation_unknown
    one low reading             | 08:00 sbp 80                                  | 2     | single_reading
    a bolus of a vasopressor    | 08:00 norepinephrine                          | 0     | push_dose_vasopressor
    BiPAP, no cause             | bipap fio2 30                                 | 3     | ventilation_indication_unknown
    ventilated for a procedure  | invasive_ventilation as procedure             | 4     | ventilated_not_for_hypoxia
    support at home             | cpap as home                                  | 0     | home_support
    fever of another cause      | temperature 39; fever_other_cause             | 0     | fever_other_cause
    a positive culture          | positive_culture                              | 0     | positive_culture
    bleeding                    | bleeding                                      | 0     | bleeding
    age not known               | age unknown                                   | 0     | age_unknown
    """,
    of=CARTOX,
    given="well",
)

LATE = sheet(
    """
    what                             | records                               | day | flags
    an episode that begins on day 14 | each day vitals; d14 temperature 38.5 | 14  | none
    an episode that begins on day 15 | each day vitals; d15 temperature 38.5 | 15  | late_onset
    """,
    of=CARTOX,
    given="followed 15; covered",
)


@pytest.mark.parametrize("case", [*VITALS, *HYPOXIA, *ORGANS, *JUDGED, *WITH_ALP])
def test_each_cell_of_the_table_of_adults_gives_its_grade(case: Case) -> None:
    """Any one of a column makes its grade: each cell alone, on each side of its cut-off."""
    assert case.found() == case.expected


@pytest.mark.parametrize("case", NOT_COUNTED)
def test_terms_that_would_count_twice_are_not_counted(case: Case) -> None:
    """Cytopenias, the signs of CRS itself, and neurological findings, which are graded as CRES."""
    assert case.found() == case.expected


@pytest.mark.parametrize("case", CHILDREN)
def test_each_cell_of_the_table_of_children_gives_its_grade(case: Case) -> None:
    """Limits of pressure by age; grade 1 needs fever."""
    assert case.found() == case.expected


@pytest.mark.parametrize("case", NOT_KNOWN)
def test_grade_0_and_cannot_be_graded_are_two_answers(case: Case) -> None:
    """Fever, pressure, vasopressors and oxygen must be known for grade 0; organs widen the bounds."""
    assert case.found() == case.expected


@pytest.mark.parametrize("case", [*FLAGS, *LATE])
def test_each_flag_appears_when_it_should_and_not_otherwise(case: Case) -> None:
    """A flag changes no grade."""
    assert case.found() == case.expected
