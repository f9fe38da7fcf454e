"""Organ support of one moment: norepinephrine equivalents, high doses, the inspired fraction of a device."""

import pytest

from calculated import Case, found, sheet

EQUIVALENT = [
    *sheet(
        "norepinephrine-equivalent",
        """
        what | inputs | value | missing | flags
        norepinephrine alone | norepinephrine_rate=7 ug/min | 7 | none | none
        per kg | norepinephrine_rate=0.1 ug/kg/min | 7 | none |
        in milligrams an hour | norepinephrine_rate=0.42 mg/h | 7 | none |
        dopamine counts half | dopamine_rate=10 ug/kg/min | 5 | |
        phenylephrine a tenth | phenylephrine_rate=100 ug/min | 10 | |
        together | norepinephrine_rate=7 ug/min; epinephrine_rate=7 ug/min | 14 | |
        vasopressin adds nothing | norepinephrine_rate=7 ug/min | 7 | none | vasopressin has no factor
        | vasopressin_rate=0.04 U/min | | |
        a rate not said | vasopressors=norepinephrine+epinephrine | ? | norepinephrine_rate | none
        | epinephrine_rate=7 ug/min | | |
        by another name | vasopressors=noradrenaline | ? | norepinephrine_rate |
        none runs | vasopressors=none | 0 | none | none
        """,
        given="weight=70",
    ),
    *sheet(
        "norepinephrine-equivalent",
        """
        what | inputs | value | missing
        nothing is said | weight=70 | ? | vasopressors
        no weight | dopamine_rate=10 ug/kg/min | 5 | none
        ... where it needs | norepinephrine_rate=0.1 ug/kg/min | ? | weight
        """,
    ),
    *sheet(
        "norepinephrine-equivalent",
        """
        what | inputs | value | flags
        per kg | norepinephrine_rate=7 ug/min | 0.1 | none
        a hundredth of dopamine | dopamine_rate=10 ug/kg/min | 0.1 |
        vasopressin | vasopressin_rate=2.4 U/h | 0.1 |
        angiotensin | angiotensin_ii_rate=0.02 ug/kg/min | 0.2 |
        terlipressin | norepinephrine_rate=7 ug/min; terlipressin_rate=1 ug/kg/min | 0.1 | terlipressin has no factor
        """,
        given="weight=70",
        options="norepinephrine_equivalence=goradia",
    ),
    *sheet(
        "norepinephrine-equivalent",
        """
        what | inputs | value
        phenylephrine | phenylephrine_rate=70 ug/min | 0.06
        angiotensin | angiotensin_ii_rate=0.02 ug/kg/min | 0.05
        """,
        given="weight=70",
        options="norepinephrine_equivalence=kotani",
    ),
]
HIGH = [
    *sheet(
        "high-dose-vasopressor",
        """
        what | inputs | class | criteria
        norepinephrine, under | vasopressors=norepinephrine; norepinephrine_rate=19.9 ug/min | not high | none
        norepinephrine | vasopressors=norepinephrine | high | norepinephrine from 20 ug/min; combination
        | norepinephrine_rate=20 ug/min | |
        epinephrine, under | vasopressors=epinephrine; epinephrine_rate=9.9 ug/min | not high | none
        epinephrine | vasopressors=epinephrine; epinephrine_rate=10 ug/min | high | epinephrine from 10 ug/min
        phenylephrine, under | vasopressors=phenylephrine; phenylephrine_rate=199 ug/min | not high | none
        phenylephrine | vasopressors=phenylephrine; phenylephrine_rate=200 ug/min | high |
        dopamine, under | vasopressors=dopamine; dopamine_rate=9.9 ug/kg/min | not high | none
        dopamine | vasopressors=dopamine; dopamine_rate=700 ug/min | high | dopamine from 10 ug/kg/min
        beside vasopressin | vasopressors=norepinephrine+vasopressin | high | beside vasopressin
        | norepinephrine_rate=10 ug/min | |
        ... under | vasopressors=norepinephrine+vasopressin; norepinephrine_rate=9.9 ug/min | not high | none
        together | norepinephrine_rate=15 ug/min; epinephrine_rate=5 ug/min | high | combination
        ... under | norepinephrine_rate=14.9 ug/min; epinephrine_rate=5 ug/min | not high | none
        for under three hours | norepinephrine_rate=30 ug/min; hours=2.9 | not high | none
        hours not known | norepinephrine_rate=30 ug/min; hours= | ? | none
        ... and a low dose | norepinephrine_rate=3 ug/min; hours= | not high | none
        one without a dose there | vasopressors=angiotensin II | ? | none
        ... beside a high one | vasopressors=angiotensin II+norepinephrine; norepinephrine_rate=20 ug/min | high |
        vasopressin alone | vasopressors=vasopressin | not high | none
        none | vasopressors=none | not high | none
        a rate not said | vasopressors=norepinephrine | ? | none
        a child, as an adult | norepinephrine_rate=0.25 ug/kg/min; weight=20; age=8 | not high | none
        """,
        given="hours=3; weight=70",
    ),
    *sheet(
        "high-dose-vasopressor",
        """
        what | inputs | class
        a child | norepinephrine_rate=0.25 ug/kg/min; weight=20; age=8 | high
        an adult | norepinephrine_rate=0.25 ug/kg/min; weight=70; age=18 | not high
        """,
        given="hours=3",
        options="pediatric_vasopressor_dose=per_kg",
    ),
]
FRACTION = [
    *sheet(
        "fio2-estimate",
        """
        what | inputs | value | class | missing | flags
        room air | oxygen_device=room_air | 21 | under 40 % | none | none
        cannula | oxygen_device=nasal_cannula; oxygen_flow=3 | 32 | under 40 % | none | none
        cannula at 5 | oxygen_device=nasal_cannula; oxygen_flow=5 | 40 | 40 % or more | |
        cannula, no flow | oxygen_device=nasal_cannula | ? | ? | oxygen_flow | none
        turned off | oxygen_device=nasal_cannula; oxygen_flow=0 | 21 | under 40 % | none |
        a mask | oxygen_device=face_mask; oxygen_flow=6 | 50 | | |
        at 7 | oxygen_device=nasal_cannula; oxygen_flow=7 | 48 | 40 % or more | none | extrapolated above 6 L/min
        a reservoir with little | oxygen_device=non_rebreather; oxygen_flow=5 | ? | ? | | no estimate at so low a flow
        a reservoir | oxygen_device=non_rebreather; oxygen_flow=10 | 95 | | |
        blow-by | oxygen_device=blow_by | 30 | under 40 % | none | blow-by: our resolution
        a ventilator | oxygen_device=invasive_ventilation | ? | ? | none | set, not estimated, for this device
        nothing | oxygen_flow=3 | ? | ? | oxygen_device | none
        """,
    ),
    *sheet(
        "fio2-estimate",
        """
        what | inputs | value
        cannula | oxygen_device=nasal_cannula; oxygen_flow=5 | 36
        """,
        options="fio2_estimate=three_percent",
    ),
    *sheet(
        "fio2-estimate",
        """
        what | inputs | value | complete
        cannula | oxygen_device=nasal_cannula; oxygen_flow=5 | ? | no
        """,
        options="fio2_estimate=none",
    ),
]


@pytest.mark.parametrize("case", [*EQUIVALENT, *HIGH, *FRACTION], ids=str)
def test_a_moment_has_its_number(case: Case) -> None:
    assert found(case) == case.expected
