"""ASTCT 2019, cytokine release syndrome: every cell of the published table, and every flag.

Lee DW, et al. Biol Blood Marrow Transplant 2019;25(4):625-638, doi:10.1016/j.bbmt.2018.12.758. How a row is
written stands in :mod:`cells`: "well" is a day without a finding and with nothing missing.
"""

import pytest

from cells import Case, sheet

ASTCT = "ASTCT CRS"
FEBRILE = "well; temperature 38.5"

FEVER = sheet(
    """
    what                          | records                                              | grade   | criteria | missing
    nothing found                 | well                                                 | 0       | none     | none
    37.9 °C                       | well; temperature 37.9                               | 0       | none     |
    37.99 °C is not rounded up    | well; temperature 37.99                              | 0       | none     |
    38.0 °C or more               | well; temperature 38.0                               | 1       | fever    | none
    38.1 °C                       | well; temperature 38.1                               | 1       | fever    |
    one reading suffices          | well; 08:00 temperature 38.0; 09:00 temperature 36.0 | 1       | fever    |
    not measured                  | sbp 120; covered                                     | ? [0-1] | none     | fever
    attributable to another cause | well; temperature 39.0; fever_other_cause            | 0       | none     | none
    that of the day before        | well; d-1 temperature 39.0                           | 0       | none     |
    """,
    of=ASTCT,
)

HYPOTENSION = sheet(
    """
    what                        | records                                              | grade | criteria
    none                        | sbp 90                                               | 1     | fever
    no vasopressor required     | sbp 89                                               | 2     | hypotension
    just under 90 mmHg          | sbp 89.9                                             | 2     | hypotension
    norepinephrine              | 08:00 norepinephrine 1                               | 3     | vasopressor
    epinephrine                 | 08:00 epinephrine 1                                  | 3     | vasopressor
    phenylephrine               | 08:00 phenylephrine 10                               | 3     | vasopressor
    dopamine                    | 08:00 dopamine 2 ug/kg/min                           | 3     | vasopressor
    angiotensin II              | 08:00 angiotensin_II 1                               | 3     | vasopressor
    terlipressin                | 08:00 terlipressin 1                                 | 3     | vasopressor
    metaraminol                 | 08:00 metaraminol 1                                  | 3     | vasopressor
    ephedrine                   | 08:00 ephedrine 1                                    | 3     | vasopressor
    vasopressin alone is one    | 08:00 vasopressin 0.03                               | 3     | vasopressor
    argipressin is vasopressin  | 08:00 argipressin 0.03                               | 3     | vasopressor
    dobutamine is an inotrope   | 08:00 dobutamine 5 ug/kg/min                         | 1     | fever
    milrinone is an inotrope    | 08:00 milrinone 0.5 ug/kg/min                        | 1     | fever
    levosimendan is an inotrope | 08:00 levosimendan 0.1 ug/kg/min                     | 1     | fever
    no dose makes one multiple  | 08:00 norepinephrine 90; sbp 60                      | 3     | vasopressor
    15 minutes are enough       | 08:00 for 15min norepinephrine 1                     | 3     | vasopressor
    at an unknown rate          | 08:00 norepinephrine at no rate                      | 3     | vasopressor
    ordered and not given       | 08:00 ordered norepinephrine 1                       | 1     | fever
    one and vasopressin         | 08:00 norepinephrine 5; 08:00 vasopressin 0.03       | 3     | vasopressor
    one and argipressin         | 08:00 norepinephrine 5; 08:00 argipressin 0.03       | 3     | vasopressor
    both names of vasopressin   | 08:00 vasopressin 0.03; 08:00 argipressin 0.03       | 3     | vasopressor
    one and an inotrope         | 08:00 norepinephrine 5; 08:00 dobutamine 5 ug/kg/min | 3     | vasopressor
    multiple vasopressors       | 08:00 norepinephrine 1; 08:00 epinephrine 1          | 4     | multiple vasopressors
    ... and vasopressin         | 08:00 norepinephrine 1; 08:00 epinephrine 1          | 4     | multiple vasopressors
                                | 08:00 vasopressin 0.03                               |       |
    """,
    of=ASTCT,
    given=FEBRILE,
)

HYPOXIA = sheet(
    """
    what                            | records                                   | grade   | criteria
    room air                        | room_air                                  | 1       | fever
    low-flow nasal cannula          | nasal_cannula 1                           | 2       | low-flow oxygen
    6 L/min or less                 | nasal_cannula 6                           | 2       | low-flow oxygen
    more than 6 L/min               | nasal_cannula 6.1                         | 3       | oxygen above low flow
    7 L/min                         | nasal_cannula 7                           | 3       | oxygen above low flow
    nasal cannula, flow not known   | nasal_cannula                             | 2 [2-3] | low-flow oxygen
    blow-by                         | blow_by 10                                | 2       | low-flow oxygen
    high-flow device at 6 L/min     | high_flow_nasal_cannula 6                 | 2       | low-flow oxygen
    high-flow device above 6 L/min  | high_flow_nasal_cannula 6.1               | 3       | oxygen above low flow
    high-flow device, flow unknown  | high_flow_nasal_cannula                   | 3       | oxygen above low flow
    simple mask, at any flow        | simple_mask 2                             | 3       | oxygen above low flow
    face mask                       | face_mask                                 | 3       | oxygen above low flow
    Venturi mask, at 24 % too       | venturi_mask 2 fio2 24                    | 3       | oxygen above low flow
    non-rebreather                  | non_rebreather 15                         | 3       | oxygen above low flow
    mask on a tracheostomy          | tracheostomy_mask 5                       | 3       | oxygen above low flow
    CPAP                            | cpap                                      | 4       | positive pressure
    BiPAP                           | bipap fio2 30                             | 4       | positive pressure
    intubation and ventilation      | invasive_ventilation fio2 30              | 4       | positive pressure
    ventilated for hypoxia          | invasive_ventilation as hypoxia           | 4       | positive pressure
    intubated to protect the airway | invasive_ventilation as airway_protection | 1       | fever
    ventilated for a procedure      | invasive_ventilation as procedure         | 1       | fever
    CPAP at home, unchanged         | cpap as home                              | 1       | fever
    a device that is not named      | other_device                              | 2 [2-4] | low-flow oxygen
    a flow of 6 L/min, no device    | o2_flow 6                                 | 2 [2-4] | low-flow oxygen
    a flow above 6 L/min, no device | o2_flow 6.1                               | 3 [3-4] | oxygen above low flow
    a flow of 0                     | o2_flow 0                                 | 1       | fever
    """,
    of=ASTCT,
    given=FEBRILE,
)

TOGETHER = sheet(
    """
    what                               | records                                 | grade | criteria
    printed: one vasopressor, low flow | well; temperature 39.5; nasal_cannula 2 | 3     | vasopressor
                                       | 08:00 norepinephrine 5                  |       |
    the more severe decides            | well; temperature 39.5; sbp 80; bipap   | 4     | positive pressure
    both at the grade are named        | well; temperature 39.5; sbp 80; blow_by | 2     | hypotension; low-flow oxygen
    signs without fever are no CRS     | well; sbp 80; 08:00 norepinephrine 5    | 0     | none
                                       | bipap                                   |       |
    organ toxicity changes nothing     | well; temperature 38.5                  | 1     | fever
                                       | organ_toxicity cardiac 4                |       |
                                       | alt 4000 uln 40                         |       |
    nor does it make a grade           | well; bilirubin_total 20 uln 1.0        | 0     | none
                                       | cardiac_arrest                          |       |
    """,
    of=ASTCT,
)

DEATH = sheet(
    """
    what                          | records                                   | grade | criteria       | missing
    death due to CRS              | well; death CRS                           | 5     | death from CRS | none
    nothing else recorded         | death CRS                                 | 5     | death from CRS | none
    the code in small letters     | death crs                                 | 5     |                |
    death of another cause        | well; temperature 38.5; death infection   | 1     | fever          |
    death due to ICANS is not CRS | well; temperature 38.5; death ICANS       | 1     |                |
    a cause that is not coded     | well; temperature 38.5; death             | 1     |                |
    a guess is no code            | well; temperature 38.5; death perhaps CRS | 1     |                |
    """,
    of=ASTCT,
)

PRESSORS = "vasopressor_in_crs; two_vasopressors_besides_vasopressin_in_crs"
BREATH = "oxygen_in_crs; oxygen_above_low_flow_in_crs; positive_pressure_in_crs"
SIGNS = f"hypotension_in_crs; {PRESSORS}; {BREATH}"
NOT_KNOWN = sheet(
    f"""
    what                               | records                 | grade   | missing
    afebrile, no episode: all is known | temperature 36.8        | 0       | none
    none of it recorded                | spo2 97                 | ? [0-4] | fever; {SIGNS}
    fever, and nothing else recorded   | temperature 38.5        | 1 [1-4] | {SIGNS}
    no temperature                     | sbp 120; covered        | ? [0-1] | fever
    no temperature, a low pressure     | sbp 80; covered         | ? [0-2] | fever; hypotension_in_crs
    no pressure                        | temperature 38.5        | 1 [1-2] | hypotension_in_crs
                                       | covered                 |         |
    vasopressors not covered           | temperature 38.5        | 1 [1-4] | {PRESSORS}
                                       | sbp 120; room_air       |         |
    one of them recorded, not covered  | temperature 38.5        | 3 [3-4] | two_vasopressors_besides_vasopressin_in_crs
                                       | sbp 120; room_air       |         |
                                       | 08:00 norepinephrine 1  |         |
    covered by their own domain        | temperature 38.5        | 1       | none
                                       | sbp 120; room_air       |         |
                                       | complete vasopressors   |         |
    oxygen not covered                 | temperature 38.5        | 1 [1-4] | {BREATH}
                                       | sbp 120; complete drugs |         |
    the worst is known                 | temperature 38.5; bipap | 4       | hypotension_in_crs; {PRESSORS}
    """,
    of=ASTCT,
)

SEDATED = sheet(
    """
    what                     | records                                   | grade   | flags
    ventilated and sedated   | invasive_ventilation as procedure         | 3 [1-3] | vasopressor_during_sedation
                             | 08:00 sedation yes                        |         | ventilated_not_for_hypoxia
    a sedative is a sedation | invasive_ventilation as airway_protection | 3 [1-3] | vasopressor_during_sedation
                             | 08:00 propofol 900                        |         | ventilated_not_for_hypoxia
    ... with a low pressure  | invasive_ventilation as procedure         | 3 [2-3] | single_reading
                             | 08:00 sedation yes; sbp 80                |         | vasopressor_during_sedation
                             |                                           |         | ventilated_not_for_hypoxia
    ... with a second one    | invasive_ventilation as procedure         | 4 [1-4] | vasopressor_during_sedation
                             | 08:00 sedation yes; 08:00 epinephrine 1   |         | ventilated_not_for_hypoxia
    ... for hypoxia, grade 4 | invasive_ventilation as hypoxia           | 4       | vasopressor_during_sedation
                             | 08:00 sedation yes; 08:00 epinephrine 1   |         |
    sedated, not ventilated  | 08:00 sedation yes                        | 3       | none
    ventilated, not sedated  | invasive_ventilation as procedure         | 3       | ventilated_not_for_hypoxia
                             | 08:00 sedation no                         |         |
    sedated for BiPAP        | bipap as procedure; 08:00 sedation yes    | 3       | none
    """,
    of=ASTCT,
    given="well; temperature 38.5; 08:00 norepinephrine 5",
)

FLAGS = sheet(
    """
    what                          | records                              | grade | flags
    nothing to say                | room_air                             | 1     | none
    one low reading               | 08:00 sbp 80                         | 2     | single_reading
    two low readings              | 08:00 sbp 80; 09:00 sbp 80           | 2     | none
    a bolus of a vasopressor      | 08:00 norepinephrine                 | 1     | push_dose_vasopressor
    a run of 14 minutes           | 08:00 for 14min norepinephrine 5     | 1     | push_dose_vasopressor
    a run of 15 minutes           | 08:00 for 15min norepinephrine 5     | 3     | none
    low flow, no low saturation   | nasal_cannula 2                      | 2     | saturation_unknown
    low flow, 91 % before it      | 07:00 spo2 91; 08:00 nasal_cannula 2 | 2     | none
    low flow, 92 % before it      | 07:00 spo2 92; 08:00 nasal_cannula 2 | 2     | saturation_unknown
    positive pressure, no cause   | bipap                                | 4     | ventilation_indication_unknown
    positive pressure for hypoxia | bipap as hypoxia                     | 4     | none
    ventilated, not for hypoxia   | invasive_ventilation as procedure    | 1     | ventilated_not_for_hypoxia
    support at home               | cpap as home                         | 1     | home_support
    a high-flow device at 6 L/min | high_flow_nasal_cannula 6            | 2     | saturation_unknown
                                  |                                      |       | high_flow_device_at_low_flow
    fever of another cause        | fever_other_cause                    | 0     | fever_other_cause
    a positive culture            | positive_culture                     | 1     | positive_culture
    a culture of the day before   | d-1 positive_culture                 | 1     | none
    bleeding                      | bleeding                             | 1     | bleeding
    age not known                 | age unknown                          | 1     | age_unknown
    """,
    of=ASTCT,
    given=FEBRILE,
)

EPISODE_FLAGS = sheet(
    """
    what                               | records                     | day | grade | flags
    an open episode, no fever, a sign  | temperature 38.5; d1 sbp 80 | 1   | 0     | episode_open_no_fever
                                       |                             |     |       | single_reading
    ... after tocilizumab              | temperature 38.5; d1 sbp 80 | 1   | 2     | single_reading
                                       | tocilizumab                 |     |       |
    an open episode, no fever, no sign | temperature 38.5            | 1   | 0     | none
    no episode, a sign                 | d1 sbp 80                   | 1   | 0     | single_reading
    ... after tocilizumab              | d1 sbp 80; tocilizumab      | 1   | 0     | fever_masked; single_reading
    ... after tocilizumab of that day  | d1 sbp 80; d1 tocilizumab   | 1   | 0     | single_reading
    ... after an antipyretic           | d1 sbp 80; acetaminophen    | 1   | 0     | single_reading
    no episode, no sign                | tocilizumab                 | 1   | 0     | none
    an episode that begins on day 14   | d14 temperature 38.5        | 14  | 1     | none
    an episode that begins on day 15   | d15 temperature 38.5        | 15  | 1     | late_onset
    one of day 14 goes on              | d14 temperature 38.5        | 15  | 1     | none
                                       | d15 temperature 38.5        |     |       |
    """,
    of=ASTCT,
    given="followed 15; each day vitals; covered",
)


@pytest.mark.parametrize("case", [*FEVER, *HYPOTENSION, *HYPOXIA])
def test_each_cell_of_the_table_gives_its_grade(case: Case) -> None:
    """Fever; AND hypotension; AND/OR hypoxia: each cell alone, on each side of its cut-off."""
    assert case.found() == case.expected


@pytest.mark.parametrize("case", TOGETHER)
def test_the_most_severe_cell_decides(case: Case) -> None:
    """It is no sum, and organ toxicity is none of it."""
    assert case.found() == case.expected


@pytest.mark.parametrize("case", DEATH)
def test_grade_5_stands_on_the_coded_cause_alone(case: Case) -> None:
    """A death with CRS is not a death from CRS."""
    assert case.found() == case.expected


@pytest.mark.parametrize("case", NOT_KNOWN)
def test_grade_0_and_cannot_be_graded_are_two_answers(case: Case) -> None:
    """What was not recorded widens the bounds, and is named."""
    assert case.found() == case.expected


@pytest.mark.parametrize("case", SEDATED)
def test_a_vasopressor_under_sedation_is_a_doubt(case: Case) -> None:
    """Grade and upper bound count it, the lower bound does not: it may be the sedation."""
    assert case.found() == case.expected


@pytest.mark.parametrize("case", [*FLAGS, *EPISODE_FLAGS])
def test_each_flag_appears_when_it_should_and_not_otherwise(case: Case) -> None:
    """A flag changes no grade."""
    assert case.found() == case.expected
