"""Episodes of CRS: what opens and closes them, and the drugs after which fever is no longer required.

ASTCT 2019, doi:10.1016/j.bbmt.2018.12.758, with the resolutions of docs/grading.md, "Episodes of CRS". How a
row is written stands in :mod:`cells`; the answers of several days stand in their order.
"""

import pytest

from abate.records.dictionary import dictionary
from abate.timeline.episodes import ANTICYTOKINE, ANTIPYRETIC
from cells import Case, sheet

ASTCT = "ASTCT CRS"

WAIVED = sheet(
    """
    what                             | records                                     | day | grade | criteria
    no drug: strictly 0              | d1 sbp 80                                   | 1   | 0     | none
    tocilizumab on the day of fever  | 09:00 tocilizumab; d1 sbp 80                | 1   | 2     | hypotension
    ... in the minute of the fever   | 08:00 tocilizumab; d1 sbp 80                | 1   | 2     | hypotension
    ... before the fever of that day | 07:59 tocilizumab; d1 sbp 80                | 1   | 0     | none
    ... untimed: taken as after      | tocilizumab; d1 sbp 80                      | 1   | 2     | hypotension
    ... before it, and again after   | 07:00 tocilizumab; 20:00 tocilizumab        | 1   | 2     | hypotension
                                     | d1 sbp 80                                   |     |       |
    an antipyretic                   | 09:00 acetaminophen; d1 sbp 80              | 1   | 2     | hypotension
    ordered, not given               | 09:00 ordered tocilizumab; d1 sbp 80        | 1   | 0     | none
    a drug of another class          | 09:00 levetiracetam; d1 sbp 80              | 1   | 0     | none
    only before the episode          | d-1 tocilizumab; d1 sbp 80                  | 1   | 0     | none
    no sign: 0 all the same          | 09:00 tocilizumab                           | 1   | 0     | none
    a vasopressor counts too         | 09:00 tocilizumab                           | 1   | 3     | vasopressor
                                     | d1 08:00 norepinephrine 5                   |     |       |
    two vasopressors                 | 09:00 tocilizumab                           | 1   | 4     | multiple vasopressors
                                     | d1 08:00 norepinephrine 5                   |     |       |
                                     | d1 08:00 epinephrine 1                      |     |       |
    oxygen                           | 09:00 tocilizumab; d1 08:00 nasal_cannula 2 | 1   | 2     | low-flow oxygen
    a mask                           | 09:00 tocilizumab; d1 08:00 face_mask       | 1   | 3     | oxygen above low flow
    positive pressure                | 09:00 tocilizumab; d1 08:00 cpap            | 1   | 4     | positive pressure
    """,
    of=ASTCT,
    given="followed 1; covered; each day vitals; 08:00 temperature 38.5",
)

SAME_DAY = sheet(
    """
    what                              | records                                                        | day | grade
    a low pressure before the drug    | d1 12:00 tocilizumab; d1 11:59 sbp 80                          | 1   | 0
    a low pressure in its minute      | d1 12:00 tocilizumab; d1 12:00 sbp 80                          | 1   | 2
    a low pressure after it           | d1 12:00 tocilizumab; d1 12:01 sbp 80                          | 1   | 2
    before and after it               | d1 12:00 tocilizumab; d1 11:00 sbp 80; d1 13:00 sbp 80         | 1   | 2
    after the first of two            | d1 12:00 tocilizumab; d1 14:00 dexamethasone; d1 13:00 sbp 80  | 1   | 2
    the drug has no time              | d1 tocilizumab; d1 12:01 sbp 80                                | 1   | ? [0-2]
    the reading has no time           | d1 12:00 tocilizumab; d1 sbp 80                                | 1   | ? [0-2]
    no reading was low                | d1 12:00 tocilizumab                                           | 1   | 0
    a vasopressor ended in its minute | d1 12:00 tocilizumab; d1 08:00 until d1 12:00 norepinephrine 5 | 1   | 0
    a vasopressor still ran after it  | d1 12:00 tocilizumab; d1 08:00 until d1 12:01 norepinephrine 5 | 1   | 3
    a vasopressor without a time      | d1 12:00 tocilizumab; d1 norepinephrine 5                      | 1   | ? [0-3]
    two, the overlap ended before it  | d1 12:00 tocilizumab; d1 08:00 norepinephrine 5                | 1   | 3
                                      | d1 08:00 until d1 11:00 epinephrine 1                          |     |
    two, the overlap went on after it | d1 12:00 tocilizumab; d1 08:00 norepinephrine 5                | 1   | 4
                                      | d1 08:00 until d1 13:00 epinephrine 1                          |     |
    oxygen ended in its minute        | d1 12:00 tocilizumab; d1 08:00 until d1 12:00 nasal_cannula 2  | 1   | 0
    oxygen still on after it          | d1 12:00 tocilizumab; d1 08:00 until d1 12:01 nasal_cannula 2  | 1   | 2
    oxygen without a time             | d1 12:00 tocilizumab; d1 nasal_cannula 2                       | 1   | ? [0-2]
    a mask before it, a cannula after | d1 12:00 tocilizumab; d1 08:00 face_mask                       | 1   | 2
                                      | d1 11:00 nasal_cannula 2                                       |     |
    CPAP before it, a cannula after   | d1 12:00 tocilizumab; d1 08:00 cpap; d1 11:00 nasal_cannula 2  | 1   | 2
    a measured flow before it         | d1 12:00 tocilizumab; d1 11:00 o2_flow 3                       | 1   | 0 [0-4]
    a measured flow after it          | d1 12:00 tocilizumab; d1 13:00 o2_flow 3                       | 1   | 2 [2-4]
    a high measured flow before it    | d1 12:00 tocilizumab; d1 11:00 o2_flow 9; d1 13:00 o2_flow 3   | 1   | 2 [2-4]
    fever again: no drug is needed    | d1 12:00 tocilizumab; d1 11:00 sbp 80; d1 temperature 38       | 1   | 2
    """,
    of=ASTCT,
    given="followed 1; covered; each day vitals; 08:00 temperature 38.5",
)

COURSES = sheet(
    """
    what                              | records                                             | grade
    fever waived from the drug on     | temperature 38.5; d1 tocilizumab; each day sbp 80   | 2, ? [0-2], 2, 2, 2
    no drug at all                    | temperature 38.5; each day sbp 80                   | 2, 0, 0, 0, 0
    a clear day closes the episode    | temperature 38.5; tocilizumab; d2 sbp 80            | 1, 0, 0, 0, 0
    a low pressure keeps it open      | temperature 38.5; tocilizumab; d1 sbp 80; d2 sbp 80 | 1, 2, 2, 0, 0
                                      | d4 sbp 80                                           |
    a vasopressor keeps it open       | temperature 38.5; tocilizumab                       | 1, 3, 3, 2, 0
                                      | d1 08:00 until d2 08:00 norepinephrine 1; d3 sbp 80 |
    oxygen keeps it open              | temperature 38.5; tocilizumab                       | 1, 2, 2, 2, 0
                                      | d1 08:00 until d2 08:00 nasal_cannula 1; d3 sbp 80  |
    fever opens another               | temperature 38.5; tocilizumab; d2 temperature 38.5  | 1, 0, 1, 0, 0
                                      | d3 sbp 80                                           |
    ... and needs a drug of its own   | temperature 38.5; tocilizumab; d2 temperature 38.5  | 1, 0, 1, 2, 0
                                      | d2 tocilizumab; d3 sbp 80                           |
    no fever, no episode              | tocilizumab; each day sbp 80                        | 0, 0, 0, 0, 0
    fever of another cause opens none | temperature 38.5; fever_other_cause; tocilizumab    | 0, 0, 0, 0, 0
                                      | each day sbp 80                                     |
    """,
    of=ASTCT,
    given="followed 4; covered; each day vitals",
)

SILENCE = sheet(
    """
    what                                  | records                                                    | grade
    a day without a pressure is not clear | temperature 38.5; d1 temperature 37; d2 temperature 37     | 1, ? [0-2], 2
                                          | d2 sbp 80                                                  |
    a day without a temperature neither   | temperature 38.5; d1 sbp 120; d2 temperature 37; d2 sbp 80 | 1, ? [0-1], 2
    a clear day between                   | temperature 38.5; d1 temperature 37; d1 sbp 120            | 1, 0, 0
                                          | d2 temperature 37; d2 sbp 80                               |
    """,
    of=ASTCT,
    given="followed 2; covered; sbp 120; 12:00 tocilizumab",
)

NOT_COVERED = sheet(
    """
    what                                    | records                                               | grade
    drugs not covered: one may be missed    | temperature 38.5; complete vasopressors               | 1, ? [0-2]
    covered from the first fever on         | temperature 38.5; d0 complete drugs                   | 1, 0
    covered from the day after the fever on | temperature 38.5; complete vasopressors               | 1, ? [0-2]
                                            | d1 complete drugs                                     |
    covered, but for a day                  | temperature 38.5; complete drugs; d1 incomplete drugs | 1, ? [0-4]
    a drug recorded, not covered            | temperature 38.5; complete vasopressors; tocilizumab  | 1, 2
    the first temperature was not taken     | complete drugs                                        | ? [0-1], 0
    ... and a drug was given                | complete drugs; tocilizumab                           | ? [0-1], ? [0-2]
    """,
    of=ASTCT,
    given="followed 1; complete oxygen; complete events; sbp 120; d1 temperature 37; d1 sbp 80",
)

OPEN = sheet(
    """
    what                           | records                               | episode_open
    from fever on                  | d1 temperature 38.5; each day sbp 80  | no, yes, yes, yes
    through the day that closes it | temperature 38.5                      | yes, yes, no, no
    again with the next fever      | temperature 38.5; d3 temperature 38.5 | yes, yes, no, yes
    """,
    given="followed 3; covered; each day vitals",
)

UNSEEN = sheet(
    """
    what                                | records                                          | episode_open
    unknown from a day without a fever  | d1 temperature 37; d2 temperature 37             | ?, ?, ?
    fever is fever                      | d1 temperature 38.5; d2 temperature 37           | ?, yes, yes
    clear days close what may have been | d1 temperature 37; d2 temperature 37; d1 sbp 120 | ?, ?, no
    """,
    given="followed 2; covered",
)

DRUGS = sheet(
    "what | records | grade\n"
    + "\n".join(
        f"{drug} | {drug} | 1, 2"
        for drug in (*dictionary().drugs_of(*ANTICYTOKINE), *dictionary().drugs_of(*ANTIPYRETIC))
    ),
    of=ASTCT,
    given="followed 1; covered; each day vitals; temperature 38.5; d1 sbp 80",
)


@pytest.mark.parametrize("case", WAIVED)
def test_a_drug_at_or_after_the_first_fever_waives_it(case: Case) -> None:
    """Antipyretic or anticytokine therapy masks fever: hypotension and hypoxia then stand alone."""
    assert case.found() == case.expected


@pytest.mark.parametrize("case", SAME_DAY)
def test_on_the_day_of_the_drug_only_what_is_still_there_counts(case: Case) -> None:
    """What lacks a time may have been before or after."""
    assert case.found() == case.expected


@pytest.mark.parametrize("case", [*COURSES, *OPEN, *UNSEEN])
def test_a_clear_day_closes_an_episode_and_fever_opens_another(case: Case) -> None:
    """Clear is a recorded absence of fever, low pressure, vasopressor and oxygen."""
    assert case.found() == case.expected


@pytest.mark.parametrize("case", [*SILENCE, *NOT_COVERED])
def test_silence_neither_closes_an_episode_nor_waives_fever(case: Case) -> None:
    """What was not recorded leaves the day open."""
    assert case.found() == case.expected


@pytest.mark.parametrize("case", DRUGS)
def test_each_drug_of_the_dictionary_that_masks_fever_waives_it(case: Case) -> None:
    """Interleukin-6 and its receptor, interleukin-1, interferon gamma, JAK1/2, steroids, antipyretics."""
    assert case.found() == case.expected
