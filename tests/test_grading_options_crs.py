"""Options of CRS: each changes what it says, and nothing else.

A column holds the answer under another value of the option, empty where it is the same. How records are written
stands in :mod:`cells`, under which options a row is graded in :mod:`witnesses`; sources stand with the options, in
``src/abate/records/grading_options.py``.
"""

import pytest

from cells import Case
from witnesses import under_every_group, witnesses

LOW = "08:00 sbp 80; 08:00 map 60; 12:00 sbp 80; 12:00 map 60; fluid_bolus"
DAYS = "covered; each day vitals; d-3 sbp 120"


def low_on(day: int) -> str:
    """Return a pressure that is low by every definition, twice, and treated."""
    return "; ".join(f"d{day} {part}" for part in LOW.split("; "))


ROWS: list[dict[str, str]] = []


ROWS += witnesses(
    f"""
    what                           | records                                                | default | map_65 | fall_30
    a low systolic pressure alone  | 08:00 sbp 80; 12:00 sbp 80; fluid_bolus                | 2       | 0      |
    a low mean pressure alone      | 08:00 map 64.9; 12:00 map 64.9; fluid_bolus            | 0       | 2      |
    a mean pressure of 65          | 08:00 map 65; 12:00 map 65; fluid_bolus                | 0       |        |
    both                           | {LOW}                                                  | 2       |        |
    a child: systolic as before    | age 17; 08:00 sbp 80; 12:00 sbp 80; fluid_bolus        | 2       |        |
    a child: a low mean pressure   | age 17; 08:00 map 60; 12:00 map 60; fluid_bolus        | 0       |        |
    an adult of 18                 | age 18; 08:00 map 60; 12:00 map 60; fluid_bolus        | 0       | 2      |
    age not known: as an adult     | age unknown; 08:00 map 60; 12:00 map 60; fluid_bolus   | 0       | 2      |
    0.7 x the last before day 0    | 08:00 sbp 84; 12:00 sbp 84; 08:00 map 60; 12:00 map 60 | 2       |        |
                                   | fluid_bolus                                            |         |        |
    over 0.7 x it                  | 08:00 sbp 84.1; 12:00 sbp 84.1; 08:00 map 60           | 2       |        | 0
                                   | 12:00 map 60; fluid_bolus                              |         |        |
    a fall of 30 % from a high one | d-1 sbp 200; 08:00 sbp 140; 12:00 sbp 140; fluid_bolus | 0       |        | 2
    """,
    option="hypotension_definition",
    column="CARTOX CRS",
    given="well",
)
ROWS += witnesses(
    """
    what                 | records                      | default | map_65 | fall_30
    no mean pressure     | sbp 120; d-3 sbp 120         | no      | ?      |
    no systolic pressure | map 80                       | ?       | no     |
    nothing before day 0 | sbp 120; map 80              | no      |        | ?
    on day -7            | sbp 120; map 80; d-7 sbp 120 | no      |        |
    on day -8            | sbp 120; map 80; d-8 sbp 120 | no      |        | ?
    """,
    option="hypotension_definition",
    column="hypotension",
    given="covered",
)
ROWS += witnesses(
    f"""
    what                   | records                                                | default | two | treated
    one low reading        | 08:00 sbp 80; 08:00 map 60; fluid_bolus                | yes     | no  |
    two, 29 minutes apart  | 08:00 sbp 80; 08:29 sbp 80; 08:00 map 60; 08:29 map 60 | yes     | no  |
                           | fluid_bolus                                            |         |     |
    two, 30 minutes apart  | 08:00 sbp 80; 08:30 sbp 80; 08:00 map 60; 08:30 map 60 | yes     |     |
                           | fluid_bolus                                            |         |     |
    two, untimed           | sbp 80; sbp 79; map 60; map 59; fluid_bolus            | yes     | ?   |
    not low                | 08:00 sbp 120; 12:00 sbp 120; map 80                   | no      |     |
    no treatment           | 08:00 sbp 80; 12:00 sbp 80; 08:00 map 60; 12:00 map 60 | yes     |     | no
    a bolus the day before | 08:00 sbp 80; 12:00 sbp 80; 08:00 map 60; 12:00 map 60 | yes     |     | no
                           | d-1 fluid_bolus                                        |         |     |
    a vasopressor          | 08:00 sbp 80; 12:00 sbp 80; 08:00 map 60; 12:00 map 60 | yes     |     |
                           | 08:00 norepinephrine 5                                 |         |     |
    a bolus                | {LOW}                                                  | yes     |     |
    """,
    option="hypotension_readings",
    column="hypotension",
    given="covered; d-3 sbp 120",
)
ROWS += witnesses(
    """
    what                 | records                                                | default | treated
    boluses not recorded | 08:00 sbp 80; 12:00 sbp 80; 08:00 map 60; 12:00 map 60 | yes     | ?
    """,
    option="hypotension_readings",
    column="hypotension",
    given="complete drugs; d-3 sbp 120",
)
ROWS += witnesses(
    """
    what                     | records                                                | default | 120 | 30
    together for 29 minutes  | 08:00 for 60min norepinephrine 5; 08:31 epinephrine 1  | no      |     |
    together for 30 minutes  | 08:00 for 60min norepinephrine 5; 08:30 epinephrine 1  | no      |     | yes
    together for 119 minutes | 08:00 for 120min norepinephrine 5; 08:01 epinephrine 1 | yes     | no  |
    together for 120 minutes | 08:00 for 120min norepinephrine 5; 08:00 epinephrine 1 | yes     |     |
    """,
    option="vasopressor_overlap_minutes",
    column="two_vasopressors",
    given="covered",
)
ROWS += witnesses(
    """
    what                    | records                                                             | default | no
    one and vasopressin     | 08:00 norepinephrine 5; 08:00 vasopressin 0.03                      | yes     | no
    one and argipressin     | 08:00 norepinephrine 5; 08:00 argipressin 0.03                      | yes     | no
    ... without a time      | 08:00 norepinephrine 5; vasopressin 0.03                            | ?       | no
    two besides vasopressin | 08:00 norepinephrine 5; 08:00 epinephrine 1; 08:00 vasopressin 0.03 | yes     |
    """,
    option="vasopressin_counts_as_multiple",
    column="two_vasopressors",
    given="covered",
)
ROWS += witnesses(
    f"""
    what               | records                                               | default | no
    grade 3 for it     | 08:00 norepinephrine 5; 08:00 vasopressin 0.03        | 3       | 2
    low in spite of it | 06:00 norepinephrine 5; 06:00 vasopressin 0.03; {LOW} | 4       | 2
    """,
    option="vasopressin_counts_as_multiple",
    column="CARTOX CRS",
    given="well",
)
ROWS += witnesses(
    """
    what                         | records                                                   | default | per_kg
    a child: 0.2 ug/kg/min       | age 5; weight_kg 20; 08:00 norepinephrine 0.2 ug/kg/min   | no      | yes
    a child: 0.199 ug/kg/min     | age 5; weight_kg 20; 08:00 norepinephrine 0.199 ug/kg/min | no      |
    a child: 4 ug/min at 20 kg   | age 5; weight_kg 20; 08:00 norepinephrine 4               | no      | yes
    a child of unknown weight    | age 5; 08:00 norepinephrine 0.2 ug/kg/min                 | ?       | yes
    a child: epinephrine 0.1     | age 5; weight_kg 20; 08:00 epinephrine 0.1 ug/kg/min      | no      | yes
    a child: phenylephrine 2     | age 5; weight_kg 20; 08:00 phenylephrine 2 ug/kg/min      | no      | yes
    a child: dopamine as before  | age 5; weight_kg 20; 08:00 dopamine 9.9 ug/kg/min         | no      |
    a child: 20 ug/min at 200 kg | age 17; weight_kg 200; 08:00 norepinephrine 20            | yes     | no
    an adult of 18               | age 18; weight_kg 20; 08:00 norepinephrine 0.2 ug/kg/min  | no      |
    """,
    option="pediatric_vasopressor_dose",
    column="high_dose_vasopressor",
    given="covered",
)
ROWS += witnesses(
    """
    what              | records                       | default | three_percent | none
    nasal cannula 5   | 08:00 nasal_cannula 5         | yes     | no            | ?
    nasal cannula 6   | 08:00 nasal_cannula 6         | yes     | no            | ?
    nasal cannula 7   | 08:00 nasal_cannula 7         | yes     |               | ?
    nasal cannula 2   | 08:00 nasal_cannula 2         | no      |               | ?
    blow-by           | 08:00 blow_by                 | no      |               | ?
    simple mask 5     | 08:00 simple_mask 5           | yes     |               | ?
    non-rebreather 10 | 08:00 non_rebreather 10       | yes     |               | ?
    FiO2 set          | 08:00 nasal_cannula 6 fio2 28 | no      |               |
    """,
    option="fio2_estimate",
    column="fio2_from_40",
    given="covered; 07:00 spo2 91",
)
ROWS += witnesses(
    """
    what                    | records                                      | day | default | yes
    no saturation measured  | d1 08:00 nasal_cannula 2 fio2 28             | 1   | yes     | ?
    92 % off oxygen         | d1 07:00 spo2 92; d1 08:00 nasal_cannula 2   | 1   | yes     | no
    91 % off oxygen         | d1 07:00 spo2 91; d1 08:00 nasal_cannula 2   | 1   | yes     |
    91 % on oxygen          | d1 08:00 nasal_cannula 2; d1 09:00 spo2 91   | 1   | yes     | no
    91 % the day before     | 07:00 spo2 91; d1 08:00 nasal_cannula 2      | 1   | yes     |
    95 % the day before     | 07:00 spo2 95; d1 08:00 nasal_cannula 2      | 1   | yes     | no
    blow-by                 | d1 07:00 spo2 95; d1 08:00 blow_by           | 1   | yes     | no
    a mask needs none       | d1 07:00 spo2 95; d1 08:00 face_mask         | 1   | yes     |
    a cannula above 6 L/min | d1 07:00 spo2 95; d1 08:00 nasal_cannula 6.1 | 1   | yes     |
    positive pressure       | d1 07:00 spo2 95; d1 08:00 cpap              | 1   | yes     |
    a measured flow of 6    | d1 07:00 spo2 95; d1 08:00 o2_flow 6         | 1   | yes     | no
    a measured flow above 6 | d1 07:00 spo2 95; d1 08:00 o2_flow 6.1       | 1   | yes     |
    """,
    option="oxygen_requires_saturation",
    column="oxygen",
    given="followed 1; covered",
)
ROWS += witnesses(
    f"""
    what             | records                    | day | default | 48 | 72
    no clear day     | tocilizumab; {low_on(1)}   | 1   | 2       |    |
    one clear day    | acetaminophen; {low_on(2)} | 2   | 0       | 2  | 2
    two clear days   | acetaminophen; {low_on(3)} | 3   | 0       |    | 2
    three clear days | acetaminophen; {low_on(4)} | 4   | 0       |    |
    """,
    option="episode_gap_hours",
    column="ASTCT CRS",
    given=f"followed 4; {DAYS}; temperature 38.5",
)
ROWS += witnesses(
    """
    what          | records       | day | default | anticytokine
    acetaminophen | acetaminophen | 1   | 2       | 0
    ibuprofen     | ibuprofen     | 1   | 2       | 0
    tocilizumab   | tocilizumab   | 1   | 2       |
    dexamethasone | dexamethasone | 1   | 2       |
    """,
    option="waiver_drugs",
    column="ASTCT CRS",
    given=f"followed 1; {DAYS}; temperature 38.5; {low_on(1)}",
)
ROWS += witnesses(
    """
    what           | records           | day | default | yes
    the day before | tocilizumab       | 1   | 0       | 2
    the same day   | d1 tocilizumab    | 1   | 0       |
    day -1         | d-1 tocilizumab   | 1   | 0       | 2
    day -2         | d-2 tocilizumab   | 1   | 0       |
    an antipyretic | acetaminophen     | 1   | 0       |
    no drug        | d1 temperature 37 | 1   | 0       |
    """,
    option="prophylaxis_waives_fever",
    column="ASTCT CRS",
    given=f"followed 1; {DAYS}; {low_on(1)}",
)
ROWS += witnesses(
    f"""
    what                        | records                                               | default | excluded
    to protect the airway       | invasive_ventilation as airway_protection             | 4       | 0
    for a procedure             | invasive_ventilation as procedure                     | 4       | 0
    for hypoxia                 | invasive_ventilation as hypoxia                       | 4       |
    sedated, low dose           | invasive_ventilation as procedure; 06:00 sedation yes | 4       | 2 [0-2]
                                | 06:00 norepinephrine 5                                |         |
    sedated, high dose          | invasive_ventilation as procedure; 06:00 sedation yes | 4       | 3 [0-3]
                                | 06:00 norepinephrine 20                               |         |
    sedated, low in spite of it | invasive_ventilation as procedure; 06:00 sedation yes | 4       | 4 [2-4]
                                | 06:00 norepinephrine 20; {LOW}                        |         |
    """,
    option="airway_protection",
    column="CARTOX CRS",
    given="well",
)
ROWS += witnesses(
    """
    what                 | records                   | default | yes
    delirium of grade 3  | organ_toxicity delirium 3 | 0       | 3
    a heart of grade 2   | organ_toxicity cardiac 2  | 2       |
    nothing              |                           | 0       |
    """,
    option="neuro_in_crs",
    column="Lee CRS",
    given="well",
)


@pytest.mark.parametrize("case", under_every_group(ROWS))
def test_an_option_changes_what_it_says_and_nothing_else(case: Case) -> None:
    """The same rows by default and under each group of options."""
    assert case.found() == case.expected
