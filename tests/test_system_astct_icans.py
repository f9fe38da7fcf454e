"""ASTCT 2019, neurotoxicity (ICANS): every cell of the tables of adults and of children, and every flag.

Lee DW, et al. Biol Blood Marrow Transplant 2019;25(4):625-638, doi:10.1016/j.bbmt.2018.12.758. How a row is
written stands in :mod:`cells`: "well" is a day without a finding and with nothing missing.
"""

import pytest

from cells import Case, sheet

ICANS = "ASTCT ICANS"

ICE = sheet(
    """
    what                   | records                                  | grade | criteria
    ICE 10                 | age 50; ice 10                           | 0     | none
    ICE 9                  | age 50; ice 9                            | 1     | ICE 7-9
    ICE 7                  | age 50; ice 7                            | 1     | ICE 7-9
    ICE 6                  | age 50; ice 6                            | 2     | ICE 3-6
    ICE 3                  | age 50; ice 3                            | 2     | ICE 3-6
    ICE 2                  | age 50; ice 2                            | 3     | ICE 0-2
    ICE 0, awake: aphasia  | age 50; ice 0                            | 3     | ICE 0-2
    ICE 0, unarousable     | age 50; ice 0; consciousness unarousable | 4     | unarousable
    the lowest of the day  | age 50; 08:00 ice 4; 20:00 ice 9         | 2     | ICE 3-6
    CAPD is not for adults | age 50; capd 30                          | 0     | none
    CARTOX-10 is not ICE   | age 50; cartox10 0                       | 0     | none
    ICE from 12 years      | age 12; ice 8; capd 30                   | 1     | ICE 7-9
    age not known: ICE     | age unknown; ice 8; capd 30              | 1     | ICE 7-9
    """,
    of=ICANS,
    given="well",
)

CAPD = sheet(
    """
    what                       | records                                | grade | criteria
    CAPD 0                     | capd 0                                 | 0     | none
    CAPD 1                     | capd 1                                 | 1     | CAPD 1-8
    CAPD 8                     | capd 8                                 | 1     | CAPD 1-8
    CAPD 1-8, awakens to voice | capd 8; consciousness awakens_to_voice | 2     | awakens to voice
    CAPD 9                     | capd 9                                 | 3     | CAPD 9 or more
    CAPD 32                    | capd 32                                | 3     | CAPD 9 or more
    the highest of the day     | 08:00 capd 9; 20:00 capd 2             | 3     | CAPD 9 or more
    ICE is not under 12        | ice 0                                  | 0     | none
    """,
    of=ICANS,
    given="well; age 11.9",
)

UNABLE = sheet(
    """
    what                              | records                                        | grade   | criteria
    under 12: unable to perform CAPD  | age 11; cognition unable                       | 4       | CAPD not possible
    adult: an ICE of 0                | cognition unable                               | 3       | ICE 0-2
    adult, unarousable                | cognition unable; consciousness unarousable    | 4       | unarousable
    able, and no score                | cognition able                                 | ? [0-3] | none
    a valid score stands against it   | cognition unable; ice 10                       | 0       | none
    delayed development, CAPD for ICE | age 15; developmental_delay yes; capd 9        | 3       | CAPD 9 or more
    delayed development, with an ICE  | age 15; developmental_delay yes; capd 9; ice 9 | 1       | ICE 7-9
    no delayed development            | age 15; developmental_delay no; capd 9         | ? [0-3] | none
    """,
    of=ICANS,
    given="covered; consciousness alert",
)

AWAKENS = sheet(
    """
    what                             | records                             | grade | criteria
    alert                            | consciousness alert                 | 0     | none
    depressed, awakens spontaneously | consciousness awakens_spontaneously | 1     | awakens spontaneously
    to voice                         | consciousness awakens_to_voice      | 2     | awakens to voice
    only to tactile stimuli          | consciousness awakens_to_tactile    | 3     | awakens to tactile stimuli
    vigorous or repetitive stimuli   | consciousness vigorous_tactile      | 4     | unarousable
    unarousable                      | consciousness unarousable           | 4     | unarousable
    """,
    of=ICANS,
    given="well",
)

OBJECTIVE = sheet(
    """
    what                              | records                                        | grade   | criteria
    focal seizure, resolves           | seizure focal 2                                | 3       | seizure
    generalized seizure, resolves     | seizure generalized 2                          | 3       | seizure
    nonconvulsive, resolves           | seizure nonconvulsive 2                        | 3       | seizure
    exactly 5 minutes                 | seizure focal 5                                | 3       | seizure
    over 5 minutes                    | seizure focal 5.1                              | 4       | prolonged seizure
    how long is not known             | seizure focal                                  | 3 [3-4] | seizure
    one of two is not known           | seizure focal 1; seizure focal                 | 3 [3-4] | seizure
    repetitive, no return to baseline | seizure repetitive 1                           | 4       | prolonged seizure
    status                            | seizure status                                 | 4       | prolonged seizure
    nonconvulsive, does not resolve   | seizure nonconvulsive_refractory 2             | 4       | prolonged seizure
    no weakness                       | motor none                                     | 0       | none
    weakness that is not deep focal   | motor mild_weakness                            | 0       | none
    hemiparesis                       | motor hemiparesis                              | 4       | deep weakness
    paraparesis                       | motor paraparesis                              | 4       | deep weakness
    no sign of raised pressure        | intracranial none                              | 0       | none
    focal edema                       | intracranial focal_edema                       | 3       | focal edema
    diffuse edema                     | intracranial diffuse_edema                     | 4       | diffuse edema
    posturing                         | intracranial posturing                         | 4       | posturing
    palsy of nerve VI                 | intracranial cn6_palsy                         | 4       | cn6 palsy
    papilledema                       | intracranial papilledema                       | 4       | papilledema
    papilledema by its stage          | papilledema_stage 1                            | 4       | papilledema
    stage 0 is none                   | papilledema_stage 0                            | 0       | none
    Cushing's triad                   | intracranial cushing_triad                     | 4       | cushing triad
    two at once are both named        | intracranial posturing; intracranial cn6_palsy | 4       | posturing; cn6 palsy
    opening pressure is not graded    | csf_opening_pressure 40                        | 0       | none
    printed: ICE 3 and a seizure      | ice 3; seizure generalized 2                   | 3       | seizure
    death due to ICANS                | death ICANS                                    | 5       | death from ICANS
    death of another cause            | death CRS                                      | 0       | none
    intracranial haemorrhage is none  | intracranial_hemorrhage                        | 0       | none
    no gate of fever or time          | temperature 40; d-3 seizure focal 2            | 0       | none
    """,
    of=ICANS,
    given="well",
)

SIGNS = "deep_weakness; focal_edema; diffuse_edema; posturing; cn6_palsy; papilledema; cushing_triad"
SEIZURES = "seizure; prolonged_seizure; seizure_without_recovery"
NOT_KNOWN = sheet(
    f"""
    what                              | records                       | grade   | missing
    no score                          | covered; consciousness alert  | ? [0-3] | ice
    no CAPD, under 12                 | age 5; covered                | ? [0-3] | capd
                                      | consciousness alert           |         |
    a score and nothing else: still 0 | ice 10                        | 0 [0-4] | consciousness; {SEIZURES}; {SIGNS}
    consciousness not charted         | ice 10; covered               | 0       |
    neurology not covered             | ice 10; consciousness alert   | 0 [0-4] | {SEIZURES}; {SIGNS}
    no weakness charted               | ice 10; consciousness alert   | 0 [0-4] | {SEIZURES}
                                      | motor none; intracranial none |         |
    a seizure, nothing else           | seizure focal 2               | 3 [3-4] |
    death, nothing else               | death ICANS                   | 5       | none
    """,
    of=ICANS,
)

SEDATED = sheet(
    """
    what                          | records                                           | day | grade   | flags
    the last valid score stands   | ice 8; d1 sedation yes                            | 1   | 1 [0-4] | not_assessable
    ... and the day after         | ice 8; d1 until d3 sedation yes                   | 2   | 1 [0-4] | not_assessable
    ... with a sedative           | ice 8; d1 propofol 900                            | 1   | 1 [0-4] | not_assessable
    ... also its consciousness    | ice 10; consciousness awakens_to_voice            | 1   | 2 [0-4] | not_assessable
                                  | d1 sedation yes                                   |     |         |
    none before: cannot be graded | d1 sedation yes                                   | 1   | ? [0-4] | not_assessable
    unarousable under sedation    | ice 8; d1 sedation yes                            | 1   | 1 [0-4] | not_assessable
                                  | d1 08:00 consciousness unarousable                |     |         |
    unable under sedation         | ice 8; d1 sedation yes; d1 08:00 cognition unable | 1   | 1 [0-4] | not_assessable
    scored before it that day     | d1 07:00 ice 5; d1 07:00 consciousness alert      | 1   | 2 [2-4] | none
                                  | d1 08:00 sedation yes                             |     |         |
    what it does not hide         | ice 8; d1 sedation yes; d1 seizure focal 2        | 1   | 3 [3-4] | not_assessable
    ... at grade 4                | ice 8; d1 sedation yes                            | 1   | 4       | not_assessable
                                  | d1 intracranial diffuse_edema                     |     |         |
    charted as not sedated        | ice 8; d1 sedation no; d1 ice 10                  | 1   | 0       | none
                                  | d1 consciousness alert                            |     |         |
    """,
    of=ICANS,
    given="followed 2; covered",
)

FLAGS = sheet(
    """
    what                         | records                                    | grade | flags
    nothing to say               | ice 10; consciousness alert                | 0     | none
    consciousness by RASS        | ice 10; 12:00 rass -3                      | 2     | consciousness_approximate
    RASS beside what was charted | ice 10; consciousness alert; 12:00 rass -3 | 0     | none
    ICE 9 before day 0           | ice 10; consciousness alert; d-1 ice 9     | 0     | baseline_ice_below_10
    ICE 10 before day 0          | ice 10; consciousness alert; d-1 ice 10    | 0     | none
    age not known                | ice 10; consciousness alert; age unknown   | 0     | age_unknown
    bleeding                     | ice 10; consciousness alert; bleeding      | 0     | bleeding
    """,
    of=ICANS,
    given="covered",
)


@pytest.mark.parametrize("case", [*ICE, *CAPD, *UNABLE, *AWAKENS, *OBJECTIVE])
def test_each_cell_of_the_table_gives_its_grade(case: Case) -> None:
    """Each domain alone, on each side of its cut-off; the most severe decides."""
    assert case.found() == case.expected


@pytest.mark.parametrize("case", NOT_KNOWN)
def test_grade_0_and_cannot_be_graded_are_two_answers(case: Case) -> None:
    """The score of the age must be known for grade 0; what else was not recorded widens the bounds."""
    assert case.found() == case.expected


@pytest.mark.parametrize("case", SEDATED)
def test_sedation_never_makes_a_grade_nor_hides_one_silently(case: Case) -> None:
    """The last valid grade stands, is not complete, and may be as bad as 4."""
    assert case.found() == case.expected


@pytest.mark.parametrize("case", FLAGS)
def test_each_flag_appears_when_it_should_and_not_otherwise(case: Case) -> None:
    """A flag changes no grade."""
    assert case.found() == case.expected
