"""Doses, repeated doses and ranges become administrations with bounds in mg."""

import ibis
import pytest

from abate.exposure.administrations import administrations, given
from spec import frame, rows_of

NO_WEIGHTS = "patient_id | course_id | weight_kg\nA | 1 |"


def doses_of(text: str, weights: str = NO_WEIGHTS) -> ibis.Table:
    known = frame(weights, course_id="int", weight_kg="float")
    return administrations(given(frame(text, "drugs"), known))


def test_every_other_day_for_five_doses_spans_ten_days() -> None:
    """The letter's patient 5: 100 mg every other day, five doses, "for 10 days"."""
    doses = doses_of("""
        patient_id | drug     | amount | dose_count | interval_h | day
        A          | anakinra | 100    | 5          | 48         | 10
    """)
    assert rows_of(doses, "day", "low", "high", "span_days") == [
        (day, 100.0, 100.0, 2) for day in (10, 12, 14, 16, 18)
    ]


@pytest.mark.parametrize(("weight", "low", "high"), [("70", 560.0, 560.0), ("", 0.0, None)])
def test_a_dose_per_kg_needs_a_weight(weight: str, low: float, high: float | None) -> None:
    """8 mg/kg is 560 mg at 70 kg; without a weight it is not known, and not 0."""
    doses = doses_of(
        """
        patient_id | drug        | amount | per_kg | day
        A          | tocilizumab | 8      | yes    | 4
        """,
        f"patient_id | course_id | weight_kg\nA | 1 | {weight}",
    )
    assert rows_of(doses, "low", "high") == [(low, high)]
