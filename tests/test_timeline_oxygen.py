"""Oxygen of a patient-day: each device of the table, row by row, and what it was for.

docs/grading.md, "Oxygen": devices by the words of ASTCT 2019, doi:10.1016/j.bbmt.2018.12.758; fractions
estimated by 4 % a litre (secondary). How a row is written stands in :mod:`cells`.
"""

import pytest

from abate.timeline.oxygen import estimated_fio2
from cells import Case, sheet
from spec import frame

METHODS = ("four_percent", "three_percent", "none")

DEVICES = sheet(
    """
    what                | records                                   | oxygen | oxygen_above_low_flow | positive_pressure
    room air            | room_air                                  | no     | no                    | no
    cannula             | nasal_cannula                             | yes    | ?                     | no
    cannula 6           | nasal_cannula 6                           | yes    | no                    | no
    cannula 6.1         | nasal_cannula 6.1                         | yes    | yes                   | no
    high flow           | high_flow_nasal_cannula                   | yes    | yes                   | no
    high flow 6         | high_flow_nasal_cannula 6                 | yes    | no                    | no
    high flow 6.1       | high_flow_nasal_cannula 6.1               | yes    | yes                   | no
    blow-by             | blow_by                                   | yes    | no                    | no
    blow-by 10          | blow_by 10                                | yes    | no                    | no
    simple mask         | simple_mask 3                             | yes    | yes                   | no
    face mask           | face_mask                                 | yes    | yes                   | no
    non-rebreather      | non_rebreather                            | yes    | yes                   | no
    Venturi mask        | venturi_mask 2 fio2 24                    | yes    | yes                   | no
    tracheostomy mask   | tracheostomy_mask                         | yes    | yes                   | no
    CPAP                | cpap                                      | yes    | no                    | yes
    BiPAP               | bipap                                     | yes    | no                    | yes
    ventilator          | invasive_ventilation                      | yes    | no                    | yes
    not named           | other_device                              | yes    | ?                     | ?
    flow 0 is room air  | nasal_cannula 0                           | no     | no                    | no
    a mask at 0         | simple_mask 0                             | no     | no                    | no
    BiPAP at 0          | bipap 0                                   | yes    | no                    | yes
    for home            | bipap as home                             | no     | no                    | no
    protects the airway | invasive_ventilation as airway_protection | no     | no                    | no
    for a procedure     | non_rebreather 15 as procedure            | no     | no                    | no
    in other letters    | invasive_ventilation as Airway-Protection | no     | no                    | no
    for hypoxia         | bipap as hypoxia                          | yes    | no                    | yes
    two devices         | 08:00 nasal_cannula 2; 09:00 bipap        | yes    | no                    | yes
    one known, one not  | 08:00 other_device; 09:00 bipap           | yes    | ?                     | yes
    home, then hypoxia  | 08:00 cpap as home; 09:00 nasal_cannula 2 | yes    | no                    | no
    """,
    given="covered",
)

KINDS = sheet(
    """
    what                       | records                    | noninvasive_positive_pressure | invasive_ventilation
    cannula                    | nasal_cannula 2            | no                            | no
    CPAP                       | cpap                       | yes                           | no
    BiPAP                      | bipap                      | yes                           | no
    ventilator                 | invasive_ventilation       | no                            | yes
    a device that is not named | other_device               | ?                             | ?
    both                       | 08:00 bipap                | yes                           | yes
                               | 09:00 invasive_ventilation |                               |
    a flow alone               | o2_flow 3                  | ?                             | ?
    """,
    given="covered",
)

FRACTIONS = sheet(
    """
    what                            | records                                   | fio2_from_40 | fio2_estimated
    nasal cannula 4.9: 39.6 %       | nasal_cannula 4.9                         | no           | yes
    nasal cannula 5: exactly 40 %   | nasal_cannula 5                           | yes          | yes
    nasal cannula 6: 44 %           | nasal_cannula 6                           | yes          | yes
    nasal cannula 15: 60 % at most  | nasal_cannula 15                          | yes          | yes
    nasal cannula, flow unknown     | nasal_cannula                             | ?            | no
    set 28 % goes before the flow   | nasal_cannula 6 fio2 28                   | no           | no
    set 39.9 %                      | venturi_mask fio2 39.9                    | no           | no
    set 40 %                        | venturi_mask fio2 40                      | yes          | no
    high flow is never estimated    | high_flow_nasal_cannula 60                | ?            | no
    blow-by: 30 %                   | blow_by 10                                | no           | yes
    blow-by, flow unknown           | blow_by                                   | no           | yes
    simple mask 1: 40 %             | simple_mask 1                             | yes          | yes
    simple mask 5: 40 %             | simple_mask 5                             | yes          | yes
    simple mask 7: 60 %             | simple_mask 7                             | yes          | yes
    simple mask, flow unknown       | simple_mask                               | ?            | no
    face mask 5: 40 %               | face_mask 5                               | yes          | yes
    face mask, flow unknown         | face_mask                                 | ?            | no
    non-rebreather 5.9: unknown     | non_rebreather 5.9                        | ?            | no
    non-rebreather 6: 60 %          | non_rebreather 6                          | yes          | yes
    non-rebreather 15: 95 %         | non_rebreather 15                         | yes          | yes
    non-rebreather, flow unknown    | non_rebreather                            | ?            | no
    Venturi mask is never estimated | venturi_mask 15                           | ?            | no
    tracheostomy mask neither       | tracheostomy_mask 15                      | ?            | no
    CPAP neither                    | cpap 15                                   | ?            | no
    BiPAP neither                   | bipap 15                                  | ?            | no
    ventilator neither              | invasive_ventilation                      | ?            | no
    a device that is not named      | other_device 15                           | ?            | no
    measured 40 %                   | venturi_mask; fio2 40                     | yes          | no
    measured 39.9 %                 | venturi_mask; fio2 39.9                   | no           | no
    measured 40 %, no device        | fio2 40                                   | yes          | no
    one known and low, one not      | 08:00 nasal_cannula 2; 09:00 venturi_mask | ?            | yes
    one from 40 %, one not known    | 08:00 nasal_cannula 5; 09:00 venturi_mask | yes          | yes
    at home: no matter what         | bipap fio2 60 as home                     | no           | no
    no oxygen                       | room_air                                  | no           | no
    a flow alone                    | o2_flow 9                                 | ?            | no
    """,
    given="covered",
)

UNCOVERED = sheet(
    """
    what                           | records                           | oxygen | oxygen_above_low_flow | fio2_from_40
    nothing recorded               | spo2 97                           | ?      | ?                     | ?
    room air recorded              | room_air                          | no     | no                    | no
    support at home recorded       | cpap as home                      | no     | no                    | no
    ventilated not for hypoxia     | invasive_ventilation as procedure | ?      | ?                     | ?
    a measured flow of 0           | o2_flow 0                         | no     | no                    | no
    a measured flow                | o2_flow 3                         | yes    | ?                     | ?
    a measured flow of 6           | o2_flow 6                         | yes    | ?                     | ?
    a measured flow above 6        | o2_flow 6.1                       | yes    | yes                   | ?
    the highest flow of the day    | 08:00 o2_flow 0; 09:00 o2_flow 7  | yes    | yes                   | ?
    a fraction of air, no device   | fio2 21                           | ?      | ?                     | ?
    just above that of air         | fio2 21.2                         | yes    | ?                     | no
    a fraction above that of air   | fio2 24                           | yes    | ?                     | no
    declared complete              | complete oxygen                   | no     | no                    | no
    """
)

HOLDS = sheet(
    """
    what                            | records                                        | oxygen
    to the end of follow-up         | d1 08:00 nasal_cannula 2                       | no, yes, yes
    until its end                   | 08:00 until d1 08:00 nasal_cannula 2           | yes, yes, no
    until the next device           | 08:00 nasal_cannula 2; d1 00:00 room_air       | yes, no, no
    ... an untimed one              | 08:00 nasal_cannula 2; d1 room_air             | yes, no, no
    its end goes before the next    | 08:00 until 09:00 nasal_cannula 2; d2 room_air | yes, no, no
    an end known to the day         | 08:00 until d1 nasal_cannula 2                 | yes, no, no
    a row without time: a whole day | d1 until d1 nasal_cannula 2                    | no, yes, no
    begun before day 0              | d-2 nasal_cannula 2; d1 room_air               | yes, no, no
    """,
    given="followed 2; covered",
)

FLAGS = sheet(
    """
    what                          | records                                          | saturation_unknown | home_support
    low flow                      | nasal_cannula 2                                  | yes                | no
    at 6 L/min                    | nasal_cannula 6                                  | yes                | no
    above 6 L/min                 | nasal_cannula 6.1                                | no                 | no
    flow unknown                  | nasal_cannula                                    | yes                | no
    blow-by                       | blow_by                                          | yes                | no
    a mask                        | simple_mask 2                                    | no                 | no
    a measured flow of 6          | o2_flow 6                                        | yes                | no
    a measured flow above 6       | o2_flow 6.1                                      | no                 | no
    no oxygen                     | room_air                                         | no                 | no
    91 % before it                | 07:00 spo2 91; 08:00 nasal_cannula 2             | no                 | no
    91.9 % before it              | 07:00 spo2 91.9; 08:00 nasal_cannula 2           | no                 | no
    92 % before it                | 07:00 spo2 92; 08:00 nasal_cannula 2             | yes                | no
    91 % while on it              | 08:00 nasal_cannula 2; 09:00 spo2 91             | yes                | no
    91 % after it                 | 08:00 until 09:00 nasal_cannula 2; 09:00 spo2 91 | no                 | no
    91 % on room air              | 07:00 room_air; 07:30 spo2 91                    | no                 | no
                                  | 08:00 nasal_cannula 2                            |                    |
    91 %, untimed, on a day of it | 08:00 nasal_cannula 2; spo2 91                   | yes                | no
    91 % while ventilated at home | 07:00 cpap as home; 07:30 spo2 91                | no                 | yes
                                  | 08:00 nasal_cannula 2                            |                    |
    91 % while on a ventilator    | 07:00 invasive_ventilation as procedure          | yes                | no
                                  | 07:30 spo2 91; 08:00 nasal_cannula 2             |                    |
    support at home               | bipap as home                                    | no                 | yes
    """,
    given="covered",
)

DAY_BEFORE = sheet(
    """
    what                        | records                                 | saturation_unknown
    91 % the day before         | 08:00 spo2 91; d1 08:00 nasal_cannula 2 | no, no, yes
    91 % untimed the day before | spo2 91; d1 08:00 nasal_cannula 2       | no, no, yes
    """,
    given="followed 2; covered",
)

CAUSES = sheet(
    """
    what            | records                           | ventilation_indication_unknown | ventilated_not_for_hypoxia
    BiPAP           | bipap                             | yes                            | no
    CPAP            | cpap                              | yes                            | no
    ventilator      | invasive_ventilation              | yes                            | no
    for hypoxia     | invasive_ventilation as hypoxia   | no                             | no
    a mask          | face_mask                         | no                             | no
    for a procedure | invasive_ventilation as procedure | no                             | yes
    BiPAP           | bipap as procedure                | no                             | no
    at home         | invasive_ventilation as home      | no                             | no
    """,
    given="covered",
)


@pytest.mark.parametrize("case", [*DEVICES, *KINDS])
def test_each_device_is_what_the_table_says(case: Case) -> None:
    """Low flow, above it, or positive pressure; not for hypoxia is none of them."""
    assert case.found() == case.expected


@pytest.mark.parametrize("case", FRACTIONS)
def test_a_fraction_is_set_or_estimated_or_unknown(case: Case) -> None:
    """Estimated only where device and flow say it: 5 L/min by cannula is exactly 40 %."""
    assert case.found() == case.expected


@pytest.mark.parametrize(
    ("device", "flow", "four", "three"),
    [
        ("nasal_cannula", 1, 24, 24),
        ("nasal_cannula", 5, 40, 36),
        ("nasal_cannula", 6, 44, 39),
        ("nasal_cannula", 10, 60, 51),
        ("nasal_cannula", 11, 60, 54),
        ("nasal_cannula", 14, 60, 60),
        ("simple_mask", 4.9, 40, 40),
        ("simple_mask", 5, 40, 40),
        ("simple_mask", 5.1, 50, 50),
        ("simple_mask", 6.9, 50, 50),
        ("face_mask", 7, 60, 60),
        ("non_rebreather", 5.9, None, None),
        ("non_rebreather", 6, 60, 60),
        ("non_rebreather", 6.9, 60, 60),
        ("non_rebreather", 7, 70, 70),
        ("non_rebreather", 8, 80, 80),
        ("non_rebreather", 9, 90, 90),
        ("non_rebreather", 9.9, 90, 90),
        ("non_rebreather", 10, 95, 95),
        ("blow_by", 5, 30, 30),
        ("venturi_mask", 5, None, None),
    ],
)
def test_the_fraction_of_each_device_by_its_flow(
    device: str, flow: float, four: float | None, three: float | None
) -> None:
    """20 + 4 x flow, or 21 + 3 x flow by option; above 6 L/min at most 60; masks by whole litres reached."""
    row = frame(f"device | flow\n{device} | {flow}", flow="float")
    found = [row.select(x=estimated_fio2(row, method)).to_pyarrow()["x"][0].as_py() for method in METHODS]
    assert found == [four, three, None]


@pytest.mark.parametrize("case", UNCOVERED)
def test_silence_is_not_room_air(case: Case) -> None:
    """Without a promise of completeness only a record says that there was none."""
    assert case.found() == case.expected


@pytest.mark.parametrize("case", HOLDS)
def test_a_device_holds_until_the_next_or_its_end(case: Case) -> None:
    """Without a time of day it holds for its whole day at least."""
    assert case.found() == case.expected


@pytest.mark.parametrize("case", [*FLAGS, *DAY_BEFORE, *CAUSES])
def test_each_flag_appears_when_it_should(case: Case) -> None:
    """The need of low flow was seen where a saturation was below 92 % off oxygen that day or the day before."""
    assert case.found() == case.expected
