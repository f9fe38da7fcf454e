"""Bedside cases of the calculator: a day in a row, graded as the day of a cohort is.

Every cell of the systems is tested from records (``test_system_*``); here, that a case becomes those records.
"""

import pytest

from calculated import Case, found, sheet

NONE = "vasopressors=none; oxygen_device=room air; sedated=no; circulatory_support=no; masking_drug=no; episode_open=no"
ASTCT = sheet(
    "astct-crs",
    """
    what                            | inputs                                                  | grade | bounds | missing
    nothing found                   | temperature=36.8; sbp=120                               | 0     | 0-0    | none
    fever                           | sbp=120                                                 | 1     | 1-1    | none
    in Fahrenheit                   | temperature=101.2 F; sbp=120                            | 1     |        |
    of another cause                | sbp=120; fever_other_cause=yes                          | 0     |        |
    low pressure                    | sbp=89                                                  | 2     | 2-2    |
    a child's limit                 | sbp=75; age=5                                           | 2     |        |
    ... is lower                    | sbp=81; age=5                                           | 1     |        |
    one vasopressor                 | sbp=89; vasopressors=norepinephrine                     | 3     | 3-3    |
    and vasopressin                 | sbp=89; vasopressors=norepinephrine + vasopressin       | 3     | 3-3    |
    two                             | sbp=89; vasopressors=norepinephrine+epinephrine         | 4     | 4-4    |
    an inotrope is none             | sbp=120; vasopressors=dobutamine                        | 1     |        |
    two, for half an hour           | sbp=89; vasopressors=norepinephrine+epinephrine         | 3     |        |
                                    | vasopressor_hours=0.5                                   |       |        |
    a rate alone changes nothing    | sbp=89; vasopressors=norepinephrine                     | 3     |        |
                                    | norepinephrine_rate=90 ug/min                                  |       |        |
    low flow                        | sbp=120; oxygen_device=nc; oxygen_flow=6                | 2     |        |
    above low flow                  | sbp=120; oxygen_device=nasal cannula; oxygen_flow=6.1   | 3     |        |
    positive pressure               | sbp=120; oxygen_device=BiPAP                            | 4     |        |
    to protect the airway           | sbp=120; oxygen_device=invasive_ventilation             | 1     |        |
                                    | oxygen_indication=airway_protection                     |       |        |
    afebrile in an open episode     | temperature=36.8; sbp=80; episode_open=yes              | 0     |        |
    ... after a drug that masks     | temperature=36.8; sbp=80; episode_open=yes              | 2     |        |
                                    | masking_drug=yes                                        |       |        |
    a rate makes it run             | sbp=89; norepinephrine_rate=5 ug/min                    | 3     |        |
    by another name                 | sbp=89; vasopressors=noradrenaline                      | 3     |        |
    the day before not said         | temperature=36.8; sbp=80; episode_open=; masking_drug=  | ?     | 0-2    |
    ... and it does not matter      | sbp=80; episode_open=; masking_drug=                    | 2     | 2-2    | none
    died of it                      | sbp=120; died_of_toxicity=yes                           | 5     |        |
    vasopressors not said           | sbp=120; vasopressors=                                  | 1     | 1-4    |
    oxygen not said                 | sbp=120; oxygen_device=                                 | 1     | 1-4    |
    no temperature | temperature=; sbp=120 | ? | 0-1 | temperature
    """,
    given=f"temperature=38.4; {NONE}",
)
CARTOX = sheet(
    "cartox-crs",
    """
    what                      | inputs                                                     | grade | bounds
    nothing found             | temperature=36.8; sbp=120                                  | 0     | 0-0
    a low dose                | sbp=85; vasopressors=norepinephrine; norepinephrine_rate=5 ug/min | 2     |
    a high dose               | sbp=85; vasopressors=norepinephrine                        | 3     |
                              | norepinephrine_rate=20 mcg/min                             |       |
    by weight                 | sbp=85; vasopressors=norepinephrine; weight=70             | 3     |
                              | norepinephrine_rate=0.3 mcg/kg/min                         |       |
    for under three hours     | sbp=85; vasopressors=norepinephrine; vasopressor_hours=2.9 | 2     |
                              | norepinephrine_rate=20 ug/min                                     |       |
    low in spite of it        | sbp=85; vasopressors=norepinephrine; norepinephrine_rate=20 ug/min | 4    |
                              | low_despite_vasopressors=yes                               |       |
    ... after three hours     | sbp=85; vasopressors=norepinephrine; norepinephrine_rate=20 ug/min | 4    | 4-4
                              | low_despite_vasopressors=yes; vasopressor_hours=3          |       |
    ... after less            | sbp=85; vasopressors=norepinephrine; norepinephrine_rate=20 ug/min | 2    |
                              | low_despite_vasopressors=yes; vasopressor_hours=2.98       |       |
    two, for an hour          | sbp=85; vasopressors=norepinephrine+epinephrine; norepinephrine_rate=5 ug/min | 4 |
                              | epinephrine_rate=5 ug/min; low_despite_vasopressors=yes; vasopressor_hours=1 | |
    arrest                    | sbp=120; circulatory_support=yes                           | 4     |
    FiO2 of 40 %              | sbp=120; oxygen_device=venturi mask; oxygen_fio2=40        | 3     |
    ALT of grade 3            | sbp=120; alt_ratio=5.1                                     | 3     |
    ALT of grade 4            | sbp=120; alt_ratio=20.1                                    | 3     |
    bilirubin of grade 4      | sbp=120; bilirubin_ratio=10.1                              | 4     |
    creatinine by baseline    | sbp=120; creatinine_ratio=0.9; creatinine_baseline_ratio=3.1 | 3   |
    creatinine by it alone    | sbp=120; creatinine_ratio=; creatinine_baseline_ratio=3.1 | 3      |
    another organ             | sbp=120; organ_grade=3                                     | 3     |
    little urine              | sbp=120; urine_output=239                                  | 4     |
    urine not said            | temperature=36.8; sbp=120; urine_output=                   | 0     | 0-4
    organs not said           | temperature=36.8; sbp=120; organ_grade=                    | 0     | 0-4
    """,
    given=f"age=55; temperature=38.4; {NONE}; alt_ratio=0.5; ast_ratio=0.5; bilirubin_ratio=0.5; creatinine_ratio=0.8;"
    "creatinine_baseline_ratio=1; organ_grade=0; urine_output=1500",
    options="renal_term=creatinine",
)
ORGANS = (
    "alt_ratio=0.5; ast_ratio=0.5; bilirubin_ratio=0.5; creatinine_ratio=0.8; creatinine_baseline_ratio=1;"
    "organ_grade=0; urine_output=1500"
)
PENN = sheet(
    "penn-crs",
    """
    what                        | inputs                              | grade | bounds | missing
    nothing found               | temperature=36.8; sbp=120           | 0     | 0-0    | none
    one bolus                   | sbp=85; fluid_boluses=1             | 2     | 2-2    | none
    two boluses                 | sbp=85; fluid_boluses=2             | 3     | 3-3    |
    boluses not said            | sbp=85; fluid_boluses=              | 2     | 2-3    | fluid_boluses
    treated in hospital for it  | sbp=120; care_for_crs=yes           | 2     | 2-2    |
    ... not said                | sbp=120; care_for_crs=              | 1     | 1-2    | care_for_crs
    plasma                      | sbp=120; coagulation_product=yes    | 3     |        |
    plasma not said             | sbp=120; coagulation_product=       | 1     | 1-3    | coagulation_product
    an organ of grade 4         | sbp=120; organ_grade=4              | 4     |        |
    organs not said             | sbp=120; organ_grade=               | 1     | 1-4    | organ_grade
    """,
    given=f"age=55; temperature=38.4; {NONE}; {ORGANS}; fluid_boluses=0; care_for_crs=no; coagulation_product=no",
    options="renal_term=creatinine",
)
MSKCC = sheet(
    "mskcc-crs",
    """
    what                          | inputs                                                  | grade | bounds | missing
    a vasopressor, hours not said | sbp=85; vasopressors=norepinephrine | 2 | 2-3 | vasopressor_hours_episode
    for 23.9 hours                | sbp=85; vasopressors=norepinephrine                     | 2     | 2-2    | none
                                  | vasopressor_hours_episode=23.9                          |       |        |
    for 24 hours                  | sbp=85; vasopressors=norepinephrine                     | 3     | 3-3    |
                                  | vasopressor_hours_episode=24                            |       |        |
    ... of which few today        | sbp=85; vasopressors=norepinephrine; vasopressor_hours=1 | 3    |        |
                                  | vasopressor_hours_episode=24                            |       |        |
    ... all at these rates        | sbp=85; vasopressors=norepinephrine; vasopressor_hours=24 | 3   | 3-3    | none
    none                          | sbp=120; vasopressor_hours_episode=24; norepinephrine_rate= | 1 | 1-1    |
    """,
    given=f"age=55; temperature=38.4; {NONE}; low_despite_vasopressors=no; norepinephrine_rate=5 ug/min",
)
ABSENT = "seizure=none; motor=none; intracranial=none; sedated=no; consciousness=alert; age=55"
ICANS = sheet(
    "astct-icans",
    """
    what                | inputs                                 | grade | bounds
    nothing found       | ice=10                                 | 0     | 0-0
    ICE 7               | ice=7                                  | 1     | 1-1
    ICE 0               | ice=0                                  | 3     |
    unable to be tested | unable=yes; consciousness=unarousable  | 4     |
    CAPD in a child     | age=5; capd=9                          | 3     |
    awakens to voice    | ice=10; consciousness=voice            | 2     |
    a seizure           | ice=10; seizure=focal; seizure_minutes=1 | 3   |
    over five minutes   | ice=10; seizure=focal; seizure_minutes=6 | 4   |
    hemiparesis         | ice=10; motor=hemiparesis              | 4     |
    diffuse edema       | ice=10; intracranial=cerebral edema    | 4     |
    sedated             | ice=7; sedated=yes; consciousness=     | 1     | 0-4
    died of it          | ice=10; died_of_toxicity=yes           | 5     |
    seizures not said   | ice=10; seizure=                       | 0     | 0-4
    """,
    given=ABSENT,
)
CRES = sheet(
    "cartox-cres",
    """
    what                 | inputs                                         | grade
    nothing found        | cartox10=10                                    | 0
    CARTOX-10 of 3       | cartox10=3                                     | 2
    papilledema, stage 2 | cartox10=10; papilledema_stage=2               | 3
    pressure of 20 mmHg  | cartox10=10; csf_opening_pressure=20 mmHg      | 4
    mild weakness        | cartox10=10; motor=weakness                    | 4
    a generalized seizure | cartox10=10; seizure=generalized; seizure_minutes=1 | 4
    """,
    given=ABSENT,
)


@pytest.mark.parametrize("case", [*ASTCT, *CARTOX, *PENN, *MSKCC, *ICANS, *CRES], ids=str)
def test_a_case_has_its_grade(case: Case) -> None:
    assert found(case) == case.expected
