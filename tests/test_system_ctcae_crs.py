"""CTCAE v4.03 and v5.0, cytokine release syndrome: every cell of both.

National Cancer Institute, CTCAE v4.03 (14 June 2010) and v5.0 (27 November 2017). How a row is written stands in
:mod:`cells`: "well" has nothing found and nothing missing.
"""

import pytest

from cells import Case, sheet

FOUR = sheet(
    """
    what                             | records                                   | grade   | criteria
    nothing found                    |                                           | 0       | none
    fever alone is not placed        | temperature 39                            | ? [0-3] | none
    low pressure without a bolus     | sbp 89                                    | ? [0-3] | none
    low pressure, fluids             | sbp 89; fluid_bolus                       | 2 [2-3] | hypotension with a bolus
    fluids without low pressure      | fluid_bolus                               | 0       | none
    low-flow oxygen is not placed    | nasal_cannula 2                           | ? [0-3] | none
    a vasopressor                    | 08:00 norepinephrine 1                    | 4       | vasopressor
    vasopressin                      | 08:00 vasopressin 0.03                    | 4       | vasopressor
    BiPAP                            | bipap fio2 25                             | 4       | ventilatory support
    CPAP                             | cpap fio2 25                              | 4       | ventilatory support
    CPAP at home                     | cpap as home                              | 0       | none
    ventilated                       | invasive_ventilation                      | 4       | ventilatory support
    ventilated to protect the airway | invasive_ventilation as airway_protection | 4       | ventilator, not for hypoxia
    death due to CRS                 | death CRS                                 | 5       | death from CRS
    """,
    of="CTCAE 4.03 CRS",
    given="well",
)
FIVE = sheet(
    """
    what                             | records                                        | grade   | criteria
    nothing found                    |                                                | 0       | none
    37.9 °C                          | temperature 37.9                               | 0       | none
    38.0 °C or more                  | temperature 38.0                               | 1       | fever
    90 mmHg                          | sbp 90                                         | 0       | none
    under 90 mmHg                    | sbp 89                                         | 2       | hypotension
    one vasopressor                  | 08:00 norepinephrine 50                        | 3       | vasopressor
    vasopressin alone                | 08:00 vasopressin 0.03                         | 3       | vasopressor
    two                              | 08:00 norepinephrine 1; 08:00 epinephrine 1    | 4       | two vasopressors
    vasopressin is one of two        | 08:00 norepinephrine 1; 08:00 vasopressin 0.03 | 4       | two vasopressors
    one after the other              | 08:00 until 10:00 norepinephrine 1             | 3       | vasopressor
                                     | 10:00 until 12:00 epinephrine 1                |         |
    FiO2 under 0.40                  | venturi_mask 8 fio2 39.9                       | 2       | oxygen
    FiO2 of 0.40 or more             | venturi_mask 8 fio2 40                         | 3       | FiO2 from 0.40
    CPAP, by its FiO2                | cpap fio2 30                                   | 2       | oxygen
    FiO2 not known                   | cpap                                           | 2 [2-3] | oxygen
    ventilated for hypoxia           | invasive_ventilation fio2 30                   | 4       | ventilator
    ventilated to protect the airway | invasive_ventilation as airway_protection      | 0       | none
    cardiac arrest                   | cardiac_arrest                                 | 4       | circulatory collapse
    organ toxicity is not used       | alt 2000 uln 40; organ_toxicity cardiac 4      | 0       | none
    death due to CRS                 | death CRS                                      | 5       | death from CRS
    """,
    of="CTCAE 5.0 CRS",
    given="well",
)
VASOPRESSIN = sheet(
    """
    what                          | records                                        | CTCAE 5.0 CRS | Lee CRS
    an option of other tables     | 08:00 norepinephrine 1; 08:00 vasopressin 0.03 | 4             | 2
    """,
    given="well",
    vasopressin_counts_as_multiple="no",
)


@pytest.mark.parametrize("case", [*FOUR, *FIVE, *VASOPRESSIN])
def test_every_cell_has_its_grade(case: Case) -> None:
    assert case.found() == case.expected
