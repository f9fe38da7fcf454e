"""Coverage: where a record is promised complete, silence is absence; elsewhere it is unknown.

docs/grading.md, "Three answers, not two". How a row is written stands in :mod:`cells`; the answers of several
days stand in their order.
"""

import pytest

from cells import Case, sheet

DOMAINS = sheet(
    """
    what                | records                 | vasopressor | oxygen | circulatory_collapse | seizure | sedated
    nothing promised    | ice 10                  | ?           | ?      | ?                    | ?       | ?
    drugs               | complete drugs          | no          | ?      | ?                    | ?       | no
    vasopressors        | complete vasopressors   | no          | ?      | ?                    | ?       | ?
    oxygen              | complete oxygen         | ?           | no     | ?                    | ?       | ?
    events              | complete events         | ?           | ?      | no                   | ?       | ?
    neuro               | complete neuro          | ?           | ?      | ?                    | no      | ?
    vitals              | complete vitals         | ?           | ?      | ?                    | ?       | ?
    labs                | complete labs           | ?           | ?      | ?                    | ?       | ?
    a denial            | incomplete drugs        | ?           | ?      | ?                    | ?       | ?
    promise and denial  | complete drugs          | ?           | ?      | ?                    | ?       | ?
                        | incomplete drugs        |             |        |                      |         |
    recorded is known   | incomplete drugs        | yes         | ?      | ?                    | ?       | ?
                        | 08:00 norepinephrine 1  |             |        |                      |         |
    vasopressors denied | complete drugs          | ?           | ?      | ?                    | ?       | no
                        | incomplete vasopressors |             |        |                      |         |
    """
)

DAYS = sheet(
    """
    what                           | records                                             | vasopressor
    no start, no end: every day    | complete drugs                                      | no, no, no, no
    from its day on                | d1 complete drugs                                   | ?, no, no, no
    until its day, left out        | until d2 complete drugs                             | no, no, ?, ?
    from one day to another        | d1 until d3 complete drugs                          | ?, no, no, ?
    from before day 0              | d-5 until d1 complete drugs                         | no, ?, ?, ?
    two promises that meet         | until d1 complete drugs; d1 until d2 complete drugs | no, no, ?, ?
    a denial of a day              | complete drugs; d1 until d2 incomplete drugs        | no, ?, no, no
    a denial of all                | d1 complete drugs; incomplete drugs                 | ?, ?, ?, ?
    by the one domain or the other | until d1 complete drugs; d2 complete vasopressors   | no, ?, no, no
    """,
    given="followed 3; sbp 120",
)

MEASURED = sheet(
    """
    what                               | records                  | fever | hypotension | ice | transaminase_grade
    what is measured is never promised | covered; complete vitals | ?     | ?           | ?   | ?
                                       | complete labs            |       |             |     |
    """
)

LOGIC = sheet(
    """
    what                        | records                                         | day | ASTCT CRS
    unknown AND false is false  | temperature 37; complete oxygen                 |     | 0
    unknown OR true is true     | temperature 38; complete oxygen; bipap          |     | 4
    unknown AND true is unknown | temperature 38; complete drugs; complete oxygen |     | 1 [1-2]
    """
)


@pytest.mark.parametrize("case", [*DOMAINS, *MEASURED])
def test_a_promise_is_of_its_domain(case: Case) -> None:
    """Drugs cover vasopressors and sedatives; vasopressors cover themselves alone."""
    assert case.found() == case.expected


@pytest.mark.parametrize("case", DAYS)
def test_a_promise_holds_for_its_days(case: Case) -> None:
    """From its start (day 0) up to and not including its end (open); a denial goes first."""
    assert case.found() == case.expected


@pytest.mark.parametrize("case", LOGIC)
def test_three_values_are_combined_as_such(case: Case) -> None:
    """A grade stands where the unknown cannot change it."""
    assert case.found() == case.expected
