"""MSKCC, cytokine release syndrome: every cell of its table, and the hours of vasopressors.

Park JH, et al. N Engl J Med 2018;378(5):449-459, doi:10.1056/NEJMoa1709919. How a row is written stands in
:mod:`cells`: "well" has nothing found and nothing missing.
"""

import pytest

from cells import Case, sheet

MSKCC = "MSKCC CRS"
SIGNS = sheet(
    """
    what                             | records                                    | grade   | criteria
    nothing found                    |                                            | 0       | none
    37.9 °C                          | temperature 37.9                           | 0       | none
    38.0 °C or more                  | temperature 38.0                           | 1       | fever
    90 mmHg                          | sbp 90                                     | 0       | none
    under 90 mmHg, fluids alone      | sbp 89; fluid_bolus                        | 1       | hypotension
    a vasopressor                    | 08:00 norepinephrine 5                     | 2       | vasopressor
    two of them                      | 08:00 norepinephrine 5; 08:00 epinephrine 3 | 2      | vasopressor
    a high dose                      | 08:00 norepinephrine 20                    | 2       | vasopressor
    low in spite of it | 08:00 norepinephrine 20; 11:00 sbp 80 | 4 | hypotension despite a high-dose vasopressor
    low before the third hour        | 08:00 norepinephrine 20; 10:59 sbp 80      | 2       | vasopressor
    low in spite of two low doses    | 08:00 norepinephrine 5; 08:00 epinephrine 3 | 2      | vasopressor
                                     | 12:00 sbp 80                               |         |
    FiO2 under 0.40                  | venturi_mask 8 fio2 39.9                   | 2       | oxygen
    FiO2 of 0.40 or more             | venturi_mask 8 fio2 40                     | 3       | FiO2 from 0.40
    CPAP, by its FiO2                | cpap fio2 30                               | 2       | oxygen
    CPAP at 40 %                     | cpap fio2 40                               | 3       | FiO2 from 0.40
    ventilated for hypoxia           | invasive_ventilation fio2 30               | 4       | ventilator
    ventilated to protect the airway | invasive_ventilation as airway_protection  | 0       | none
    organ toxicity is not used       | alt 2000 uln 40; organ_toxicity cardiac 4  | 0       | none
    death due to CRS                 | death CRS                                  | 5       | death from CRS
    """,
    of=MSKCC,
    given="well",
)
HOURS = sheet(
    """
    what | records | grade | vasopressor_for_24_hours
    23 h 59 min                   | 08:00 until d1 07:59 norepinephrine 5            | 2, 2, 0 | no, no, no
    24 h                          | 08:00 until d1 08:00 norepinephrine 5            | 2, 3, 0 | no, yes, no
    one agent after the other     | 08:00 until 20:00 norepinephrine 5               | 2, 3, 0 | no, yes, no
                                  | 20:00 until d1 08:00 epinephrine 5               |         |
    two agents at once count once | 08:00 until 22:00 norepinephrine 5               | 2, 0, 0 | no, no, no
                                  | 08:00 until 22:00 epinephrine 5                  |         |
    a pause of 6 hours counts     | 08:00 until 18:00 norepinephrine 5               | 2, 3, 0 | no, yes, no
                                  | d1 00:00 until d1 08:00 norepinephrine 5         |         |
    a longer pause does not       | 08:00 until 18:00 norepinephrine 5               | 2, 2, 0 | no, no, no
                                  | d1 00:01 until d1 08:00 norepinephrine 5         |         |
    ... but what was before it    | 00:00 until 12:00 norepinephrine 5               | 2, 3, 0 | no, yes, no
                                  | d1 00:00 until d1 12:00 norepinephrine 5         |         |
    a clear day ends the episode  | 00:00 until 23:00 norepinephrine 5               | 2, 0, 2 | no, no, no
                                  | d2 00:00 until d2 12:00 norepinephrine 5         |         |
    a fever between keeps it open | 00:00 until 23:00 norepinephrine 5               | 2, 1, 3 | no, no, yes
                                  | d1 temperature 38; d2 00:00 until d2 12:00 norepinephrine 5 |  |
    a day without times           | norepinephrine 5                                 | 2 [2-3], 0, 0 | ?, no, no
    and no vasopressor on day 1   | norepinephrine 5; d2 06:00 norepinephrine 5      | 2 [2-3], 0, 2 | ?, no, no
    """,
    of=MSKCC,
    given="followed 2; each day vitals; covered",
)
UNKNOWN = sheet(
    """
    what                         | records                                  | day | grade
    the day before not recorded  | d1 08:00 norepinephrine 5                | 1   | 2 [2-3]
    """,
    of=MSKCC,
    given="followed 1; each day vitals; covered; d0 until d1 incomplete vasopressors",
)


@pytest.mark.parametrize("case", [*SIGNS, *HOURS, *UNKNOWN])
def test_every_cell_has_its_grade(case: Case) -> None:
    assert case.found() == case.expected
