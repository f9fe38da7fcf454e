"""Cumulative dose over time: what was given up to and with each day, as bounds."""

from abate.exposure.administrations import administrations, given, interval_totals, outside_totals
from abate.exposure.cumulative import cumulative
from abate.exposure.equivalence import dexamethasone_factors
from spec import frame, rows_of


def curve_of(text: str) -> list[tuple[object, ...]]:
    """Day, low and high (mg of dexamethasone) of each step."""
    weights = frame("patient_id | course_id | weight_kg\nA | 1 |", course_id="int", weight_kg="float")
    rows = given(frame(text, "drugs"), weights)
    totals = interval_totals(rows, 0)
    doses = outside_totals(administrations(rows), totals)
    return rows_of(cumulative(doses, totals, dexamethasone_factors("default")), "day", "low", "high")


def test_doses_add_up_day_by_day_in_one_currency() -> None:
    """Two doses on day 2 are one step; 40 mg of methylprednisolone is 7.5 mg; tocilizumab is another drug."""
    assert curve_of("""
        patient_id | drug               | amount | day
        A          | methylprednisolone | 40     | 5
        A          | dexamethasone      | 10     | 2
        A          | dexamethasone      | 10     | 2
        A          | tocilizumab        | 560    | 3
    """) == [(2, 20.0, 20.0), (5, 27.5, 27.5)]


def test_a_total_counts_at_the_last_day_of_its_interval() -> None:
    """336 mg before day 6 stand on day 5; a total that does not end stands at its start."""
    assert curve_of("""
        patient_id | drug          | kind           | amount | day | end_day
        A          | dexamethasone | interval total | 336    |     | 6
        A          | dexamethasone | interval total | 100    | 8   |
    """) == [(5, 336.0, 336.0), (8, 436.0, 436.0)]


def test_the_curve_is_open_above_from_the_first_unknown_amount_on() -> None:
    """A range widens it for good, an amount not recorded leaves no upper bound after it."""
    assert curve_of("""
        patient_id | drug          | amount | amount_low | amount_high | day
        A          | dexamethasone |        | 4          | 10          | 1
        A          | dexamethasone | 10     |            |             | 2
        A          | dexamethasone |        |            |             | 3
        A          | dexamethasone | 10     |            |             | 4
    """) == [(1, 4.0, 10.0), (2, 14.0, 20.0), (3, 14.0, None), (4, 24.0, None)]


def test_each_patient_and_course_starts_at_nothing() -> None:
    """Curves are not joined; a dose without a day has no place on one."""
    assert curve_of("""
        patient_id | course_id | drug          | amount | dose_count | day
        A          | 1         | dexamethasone | 1      | 2          | 1
        A          | 2         | dexamethasone | 2      |            | 1
        B          | 1         | dexamethasone | 4      |            | 1
    """) == [(1, 1.0, 1.0), (1, 2.0, 2.0), (1, 4.0, 4.0)]
