"""CARTOX, neurotoxicity (CRES): every cell of the table, under 12 years that of CAPD, and every flag.

Neelapu SS, et al. Nat Rev Clin Oncol 2018;15(1):47-62, doi:10.1038/nrclinonc.2017.148; under 12 years CAPD,
Mahadeo KM, et al. 2019, doi:10.1038/s41571-018-0075-2. How a row is written stands in :mod:`cells`.
"""

import pytest

from cells import Case, sheet

CRES = "CARTOX CRES"

SCORES = sheet(
    """
    what                       | records                             | grade | criteria
    CARTOX-10 of 10            | cartox10 10                         | 0     | none
    9                          | cartox10 9                          | 1     | CARTOX-10 7-9
    7                          | cartox10 7                          | 1     | CARTOX-10 7-9
    6                          | cartox10 6                          | 2     | CARTOX-10 3-6
    3                          | cartox10 3                          | 2     | CARTOX-10 3-6
    2                          | cartox10 2                          | 3     | CARTOX-10 0-2
    0, awake                   | cartox10 0                          | 3     | CARTOX-10 0-2
    the lowest of the day      | 08:00 cartox10 4; 20:00 cartox10 9  | 2     | CARTOX-10 3-6
    ICE is not CARTOX-10       | ice 0                               | 0     | none
    CAPD is not from 12 years  | age 12; capd 30                     | 0     | none
    age not known: CARTOX-10   | age unknown; cartox10 8; capd 30    | 1     | CARTOX-10 7-9
    under 12: CAPD 0           | age 11.9; capd 0                    | 0     | none
    under 12: CAPD 1           | age 11.9; capd 1                    | 1     | CAPD 1-8
    under 12: CAPD 8           | age 11.9; capd 8                    | 1     | CAPD 1-8
    under 12: CAPD 9           | age 11.9; capd 9                    | 3     | CAPD 9 or more
    under 12: no CARTOX-10     | age 11.9; cartox10 0                | 0     | none
    awakens spontaneously      | consciousness awakens_spontaneously | 0     | none
    awakens to voice           | consciousness awakens_to_voice      | 0     | none
    awakens to tactile stimuli | consciousness awakens_to_tactile    | 0     | none
    vigorous stimuli           | consciousness vigorous_tactile      | 4     | obtunded
    unarousable                | consciousness unarousable           | 4     | obtunded
    """,
    of=CRES,
    given="well",
)

UNABLE = sheet(
    """
    what                     | records                                     | grade   | criteria
    cannot perform, awake    | consciousness alert; cognition unable       | 3       | score 0, awake
    cannot perform, obtunded | consciousness unarousable; cognition unable | 4       | cannot perform the test; obtunded
    cannot perform, to voice | consciousness awakens_to_voice              | 4       | cannot perform the test
                             | cognition unable                            |         |
    under 12, obtunded       | age 5; consciousness unarousable            | 4       | cannot perform the test; obtunded
                             | cognition unable                            |         |
    can perform, no score    | consciousness alert; cognition able         | ? [0-3] | none
    """,
    of=CRES,
    given="covered",
)

PRESSURE = sheet(
    """
    what                             | records                    | grade   | criteria
    papilledema, stage 0             | papilledema_stage 0        | 0       | none
    stage 1                          | papilledema_stage 1        | 3       | papilledema, stage 1-2
    stage 2                          | papilledema_stage 2        | 3       | papilledema, stage 1-2
    stage 2, opening pressure 19     | papilledema_stage 2        | 3       | papilledema, stage 1-2
                                     | csf_opening_pressure 19    |         |
    stage 2, opening pressure 20     | papilledema_stage 2        | 4       | opening pressure from 20 mmHg
                                     | csf_opening_pressure 20    |         |
    stage 3                          | papilledema_stage 3        | 4       | papilledema, stage 3-5
    stage 5                          | papilledema_stage 5        | 4       | papilledema, stage 3-5
    papilledema, stage not known     | intracranial papilledema   | 3 [3-4] | papilledema, stage 1-2
    opening pressure under 20, alone | csf_opening_pressure 19.9  | 0       | none
    opening pressure of 20 or more   | csf_opening_pressure 20    | 4       | opening pressure from 20 mmHg
    cerebral edema, focal            | intracranial focal_edema   | 4       | cerebral edema
    cerebral edema, diffuse          | intracranial diffuse_edema | 4       | cerebral edema
    posturing is not in this table   | intracranial posturing     | 0       | none
    palsy of nerve VI neither        | intracranial cn6_palsy     | 0       | none
    Cushing's triad neither          | intracranial cushing_triad | 0       | none
    """,
    of=CRES,
    given="well",
)

SEIZURES = sheet(
    """
    what                            | records                            | grade   | criteria
    partial seizure                 | seizure focal 2                    | 3       | seizure
    nonconvulsive, responds         | seizure nonconvulsive 2            | 3       | seizure
    nonconvulsive, does not respond | seizure nonconvulsive_refractory 2 | 4       | status epilepticus
    generalized, even a brief one   | seizure generalized 0.2            | 4       | generalized seizure
    exactly 5 minutes               | seizure focal 5                    | 3       | seizure
    over 5 minutes                  | seizure focal 5.1                  | 4       | status epilepticus
    how long is not known           | seizure focal                      | 3 [3-4] | seizure
    no recovery between             | seizure repetitive 1               | 4       | status epilepticus
    status                          | seizure status                     | 4       | status epilepticus
    no weakness                     | motor none                         | 0       | none
    new weakness, even mild         | motor mild_weakness                | 4       | weakness
    hemiparesis                     | motor hemiparesis                  | 4       | weakness
    paraparesis                     | motor paraparesis                  | 4       | weakness
    death from neurotoxicity        | death ICANS                        | 5       | death from ICANS
    death of another cause          | death CRS                          | 0       | none
    """,
    of=CRES,
    given="well",
)

ICP = "papilledema; papilledema_stage; opening_pressure_from_20; focal_edema; diffuse_edema"
FITS = "seizure; generalized_seizure; prolonged_seizure; seizure_without_recovery; weakness"
NOT_KNOWN = sheet(
    f"""
    what                              | records                             | grade   | missing
    no score                          | covered; consciousness alert        | ? [0-3] | cartox10
    no CAPD, under 12                 | age 5; covered; consciousness alert | ? [0-3] | capd
    a score and nothing else: still 0 | cartox10 10                         | 0 [0-4] | consciousness; {ICP}; {FITS}
    consciousness not charted         | cartox10 10; covered                | 0       |
    neurology not covered             | cartox10 10; consciousness alert    | 0 [0-4] | {ICP}; {FITS}
    """,
    of=CRES,
)

SEDATED = sheet(
    """
    what                        | records                                         | day | grade   | flags
    the last valid score stands | cartox10 5; d1 sedation yes                     | 1   | 2 [0-4] | not_assessable
    ... obtunded before         | cartox10 5; consciousness unarousable           | 1   | 4 [0-4] | not_assessable
                                | d1 sedation yes                                 |     |         |
    none before                 | d1 sedation yes                                 | 1   | ? [0-4] | not_assessable
    unarousable under sedation  | cartox10 5; d1 sedation yes                     | 1   | 2 [0-4] | not_assessable
                                | d1 08:00 consciousness unarousable              |     |         |
    what it does not hide       | cartox10 5; d1 sedation yes; d1 seizure focal 2 | 1   | 3 [3-4] | not_assessable
    not sedated                 | d1 cartox10 10; d1 consciousness alert          | 1   | 0       | none
    """,
    of=CRES,
    given="followed 1; covered",
)

FLAGS = sheet(
    """
    what                         | records                                         | grade | flags
    nothing to say               | cartox10 10; consciousness alert                | 0     | none
    obtunded by RASS             | cartox10 10; 12:00 rass -5                      | 4     | consciousness_approximate
    RASS beside what was charted | cartox10 10; consciousness alert; 12:00 rass -5 | 0     | none
    a low ICE before day 0       | cartox10 10; consciousness alert; d-1 ice 5     | 0     | none
    age not known                | cartox10 10; consciousness alert; age unknown   | 0     | age_unknown
    bleeding                     | cartox10 10; consciousness alert; bleeding      | 0     | bleeding
    """,
    of=CRES,
    given="covered",
)


@pytest.mark.parametrize("case", [*SCORES, *UNABLE, *PRESSURE, *SEIZURES])
def test_each_cell_of_the_table_gives_its_grade(case: Case) -> None:
    """Each domain alone, on each side of its cut-off; the worst decides."""
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
