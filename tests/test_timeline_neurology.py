"""Neurological findings of a patient-day: consciousness, scores, sedation, seizures, signs of pressure.

Resolutions of docs/grading.md, "Neurological findings"; consciousness from scales is approximate (clinical
review). How a row is written stands in :mod:`cells`; the answers of several days stand in their order.
"""

import pytest

from cells import Case, sheet

SCALES = sheet(
    """
    what                        | records                                  | consciousness | consciousness_approximate
    nothing, but a score        | ice 10                                   | 0             | no
    RASS 4                      | 12:00 rass 4                             | 0             | yes
    RASS 0                      | 12:00 rass 0                             | 0             | yes
    RASS -1 is alert            | 12:00 rass -1                            | 0             | yes
    RASS -2 to voice            | 12:00 rass -2                            | 2             | yes
    RASS -3 to voice            | 12:00 rass -3                            | 2             | yes
    RASS -4 tactile             | 12:00 rass -4                            | 3             | yes
    RASS -5 unarousable         | 12:00 rass -5                            | 4             | yes
    eyes open spontaneously     | 12:00 gcs_eye 4                          | 0             | yes
    eyes open to voice          | 12:00 gcs_eye 3                          | 2             | yes
    eyes open to pressure       | 12:00 gcs_eye 2                          | 3             | yes
    eyes do not open            | 12:00 gcs_eye 1                          | 4             | yes
    AVPU alert                  | 12:00 avpu alert                         | 0             | yes
    AVPU voice                  | 12:00 avpu voice                         | 2             | yes
    AVPU pain                   | 12:00 avpu pain                          | 3             | yes
    AVPU unresponsive           | 12:00 avpu unresponsive                  | 4             | yes
    the worst of all scales     | 12:00 rass -3; 13:00 gcs_eye 2           | 3             | yes
                                | 14:00 avpu alert                         |               |
    charted goes first          | 12:00 consciousness alert; 13:00 rass -5 | 0             | no
    the worst charted           | 12:00 consciousness alert                | 3             | no
                                | 13:00 consciousness awakens_to_tactile   |               |
    to voice at 21:59           | 21:59 rass -3                            | 2             | yes
    at 22:00 may be sleep       | 22:00 rass -3                            | ?             | no
    to voice at midnight        | 00:00 rass -3                            | ?             | no
    to voice at 05:59           | 05:59 rass -3                            | ?             | no
    to voice at 06:00           | 06:00 rass -3                            | 2             | yes
    RASS -2 at night            | 23:00 rass -2                            | ?             | no
    eyes to voice at night      | 23:00 gcs_eye 3                          | ?             | no
    AVPU voice at night         | 23:00 avpu voice                         | ?             | no
    tactile at night counts     | 23:00 rass -4                            | 3             | yes
    unarousable at night counts | 23:00 gcs_eye 1                          | 4             | yes
    alert at night counts       | 23:00 rass 0                             | 0             | yes
    to voice, untimed           | rass -3                                  | 2             | yes
    the Glasgow total           | gcs_total 3                              | ?             | no
    """,
    given="covered",
)

HOLDS = sheet(
    """
    what                           | records                                                  | consciousness
    a finding holds until the next | consciousness awakens_to_voice; d2 consciousness alert   | 2, 2, 0
    ... or its end                 | d0 until d1 consciousness awakens_to_voice               | 2, ?, ?
    a reading holds for its day    | 12:00 rass -4                                            | 3, ?, ?
    sedation: the last stands      | consciousness awakens_to_voice; d1 until d2 sedation yes | 2, 2, 2
    """,
    given="followed 2; covered",
)

SCORES = sheet(
    """
    what                              | records                                | ice     | cartox10 | capd
    none                              | temperature 37                         | ?, ?, ? | ?, ?, ?  | ?, ?, ?
    each for itself                   | ice 9; cartox10 8; capd 7              | 9, 9, ? | 8, 8, ?  | 7, 7, ?
    the worst of the day              | 08:00 ice 9; 20:00 ice 4; 08:00 capd 3 | 4, 4, ? | ?, ?, ?  | 9, 9, ?
                                      | 20:00 capd 9                           |         |          |
    of the day before, but not longer | ice 9                                  | 9, 9, ? | ?, ?, ?  | ?, ?, ?
    its own goes first                | ice 4; d1 ice 9                        | 4, 9, 9 | ?, ?, ?  | ?, ?, ?
    unable is an ICE of 0 that day    | ice 9; d1 until d2 cognition unable    | 9, 0, ? | ?, ?, ?  | ?, ?, ?
    unable until the next row         | cognition unable; d1 cognition able    | 0, ?, ? | ?, ?, ?  | ?, ?, ?
    a valid score makes it false      | d0 until d1 cognition unable; ice 5    | 5, 5, ? | ?, ?, ?  | ?, ?, ?
    also another score                | d0 until d1 cognition unable; capd 5   | ?, ?, ? | ?, ?, ?  | 5, 5, ?
    """,
    given="followed 2; covered",
)

AGES = sheet(
    """
    what                | records                                        | score_of_age | cartox_score_of_age
    adult               | age 50; ice 9; cartox10 8; capd 7              | 9            | 8
    12 years            | age 12; ice 9; cartox10 8; capd 7              | 9            | 8
    under 12            | age 11.99; ice 9; cartox10 8; capd 7           | 7            | 7
    age not known       | age unknown; ice 9; cartox10 8; capd 7         | 9            | 8
    delayed development | age 20; capd 7; developmental_delay yes        | 7            | ?
    ... with an ICE     | age 20; ice 9; capd 7; developmental_delay yes | 9            | ?
    """,
    given="covered",
)

SEDATION = sheet(
    """
    what                        | records                                       | sedated | not_assessable | ice
    not sedated                 | ice 5                                         | no      | no             | 5
    charted as sedated          | sedation yes                                  | yes     | yes            | ?
    charted as not              | sedation no; ice 5                            | no      | no             | 5
    a sedative infusion         | 08:00 propofol 900                            | yes     | yes            | ?
    midazolam                   | 08:00 midazolam 30                            | yes     | yes            | ?
    dexmedetomidine             | 08:00 dexmedetomidine 30                      | yes     | yes            | ?
    a benzodiazepine for a fit  | lorazepam; ice 5                              | no      | no             | 5
    a bolus of a sedative       | midazolam; ice 5                              | no      | no             | 5
    a sedative that was ordered | 08:00 ordered propofol 900; ice 5             | no      | no             | 5
    scored before it            | 08:00 sedation yes; 07:59 ice 5               | yes     | no             | 5
    scored in its first minute  | 08:00 sedation yes; 08:00 ice 5               | yes     | yes            | ?
    scored in its last minute   | 08:00 until 10:00 sedation yes; 09:59 ice 5   | yes     | yes            | ?
    scored at its end           | 08:00 until 10:00 sedation yes; 10:00 ice 5   | yes     | no             | 5
    scored without a time       | 08:00 until 10:00 sedation yes; ice 5         | yes     | yes            | ?
    sedation without a time     | d0 until d1 sedation yes; 07:00 ice 5         | yes     | yes            | ?
    RASS within it              | 08:00 until 10:00 sedation yes; 09:00 rass -5 | yes     | yes            | ?
    RASS after it               | 08:00 until 10:00 sedation yes; 11:00 rass 0  | yes     | no             | ?
    unable within it            | 08:00 until 10:00 sedation yes                | yes     | yes            | ?
                                | 09:00 cognition unable                        |         |                |
    unable after it             | 08:00 until 10:00 sedation yes                | yes     | no             | 0
                                | 11:00 cognition unable                        |         |                |
    """,
    given="covered",
)

SEDATED_DAYS = sheet(
    """
    what                             | records                                   | not_assessable | ice
    the last valid score stands      | ice 6; d1 sedation yes                    | no, yes, yes   | 6, 6, 6
    it does not stand after          | ice 6; d1 until d2 sedation yes           | no, yes, no    | 6, 6, ?
    nor does it stand in for a later | ice 6; d1 until d2 sedation yes; d2 ice 9 | no, yes, no    | 6, 6, 9
    """,
    given="followed 2; covered",
)

COVERED = sheet(
    """
    what                            | records                  | seizure | generalized_seizure | weakness | papilledema
    nothing recorded                | ice 10                   | ?       | ?                   | ?        | ?
    neuro is complete               | complete neuro           | no      | no                  | no       | no
    events are complete: not enough | complete events          | ?       | ?                   | ?        | ?
    a focal seizure                 | seizure focal 1          | yes     | ?                   | ?        | ?
    a generalized seizure           | seizure generalized 1    | yes     | yes                 | ?        | ?
    no weakness charted             | motor none               | ?       | ?                   | no       | ?
    weakness charted                | motor mild_weakness      | ?       | ?                   | yes      | ?
    no sign of pressure charted     | intracranial none        | ?       | ?                   | ?        | no
    papilledema charted             | intracranial papilledema | ?       | ?                   | ?        | yes
    another sign charted            | intracranial cn6_palsy   | ?       | ?                   | ?        | ?
    stage 0                         | papilledema_stage 0      | ?       | ?                   | ?        | no
    stage 1                         | papilledema_stage 1      | ?       | ?                   | ?        | yes
    """
)

SEIZURES = sheet(
    """
    what                  | records                            | prolonged_seizure | seizure_without_recovery
    none                  | ice 10                             | no                | no
    focal, 5 minutes      | seizure focal 5                    | no                | no
    focal, over 5 minutes | seizure focal 5.01                 | yes               | no
    length not known      | seizure focal                      | ?                 | no
    ... and a long one    | seizure focal; seizure focal 9     | yes               | no
    generalized           | seizure generalized 1              | no                | no
    nonconvulsive         | seizure nonconvulsive 1            | no                | no
    refractory            | seizure nonconvulsive_refractory 1 | no                | yes
    repetitive            | seizure repetitive 1               | no                | yes
    status                | seizure status 1                   | no                | yes
    """,
    given="covered",
)

PRESSURE = sheet(
    """
    what                   | records                                  | papilledema_stage | csf_opening_pressure
    the highest of the day | papilledema_stage 1; papilledema_stage 3 | 3, ?              | ?, ?
    it holds for its day   | 08:00 csf_opening_pressure 12            | ?, ?              | 21, ?
                           | csf_opening_pressure 21                  |                   |
    """,
    given="followed 1; covered",
)

DENIED = sheet(
    """
    what                   | records                   | deep_weakness | opening_pressure_from_20 | papilledema_stage
    nothing recorded       | ice 10                    | ?             | ?                        | ?
    neuro is complete      | complete neuro            | no            | no                       | ?
    another weakness       | motor mild_weakness       | no            | ?                        | ?
    hemiparesis            | motor hemiparesis         | yes           | ?                        | ?
    measured under 20 mmHg | csf_opening_pressure 19.9 | ?             | no                       | ?
    measured 20 mmHg       | csf_opening_pressure 20   | ?             | yes                      | ?
    """
)

SIGNS = sheet(
    """
    what                 | records                                                    | cn6_palsy     | posturing
    two may hold at once | intracranial cn6_palsy; d1 intracranial posturing          | yes, yes, yes | no, yes, yes
    none ends them all   | intracranial cn6_palsy; intracranial posturing             | yes, yes, no  | yes, yes, no
                         | d1 08:00 intracranial none                                 |               |
    each has its own end | d0 until d1 intracranial cn6_palsy; intracranial posturing | yes, no, no   | yes, yes, yes
    none at one moment   | 08:00 intracranial cn6_palsy; 08:00 intracranial none      | yes, yes, yes | no, no, no
    ... in other order   | intracranial none; intracranial posturing                  | no, no, no    | yes, yes, yes
    ... and cleared once | intracranial cn6_palsy; intracranial none                  | yes, no, no   | no, no, no
                         | d1 intracranial none                                       |               |
    """,
    given="followed 2; covered",
)


@pytest.mark.parametrize("case", [*SCALES, *HOLDS])
def test_consciousness_is_charted_or_read_from_scales(case: Case) -> None:
    """0 alert, 1 awakens spontaneously, 2 to voice, 3 to tactile stimuli, 4 unarousable; sleep is none of it."""
    assert case.found() == case.expected


@pytest.mark.parametrize("case", [*SCORES, *AGES])
def test_a_score_holds_for_its_day_and_the_next(case: Case) -> None:
    """ICE from 12 years, CAPD below; CARTOX-10 and ICE do not stand in for each other."""
    assert case.found() == case.expected


@pytest.mark.parametrize("case", [*SEDATION, *SEDATED_DAYS])
def test_what_is_found_under_sedation_is_not_valid(case: Case) -> None:
    """The last valid findings of an earlier day stand, and the day is flagged."""
    assert case.found() == case.expected


@pytest.mark.parametrize("case", [*COVERED, *DENIED, *SEIZURES, *PRESSURE, *SIGNS])
def test_what_is_charted_by_exception_is_absent_only_where_promised(case: Case) -> None:
    """Domain neuro; a row that denies a finding will do as well."""
    assert case.found() == case.expected
