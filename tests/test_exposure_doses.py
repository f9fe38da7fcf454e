"""Doses, repeated doses and ranges become administrations with bounds in mg."""

import ibis
import pytest

from abate.exposure.administrations import administrations, given, interval_totals, outside_totals
from abate.records.tables import LOCAL_ROUTES
from spec import frame, rows_of

NO_WEIGHTS = "patient_id | course_id | weight_kg\nA | 1 |"


def given_of(text: str, weights: str = NO_WEIGHTS) -> ibis.Table:
    return given(frame(text, "drugs"), frame(weights, course_id="int", weight_kg="float"))


def doses_of(text: str, weights: str = NO_WEIGHTS) -> ibis.Table:
    return administrations(given_of(text, weights))


def untold(text: str, from_day: int = 0) -> list[tuple[object, ...]]:
    """Day of the first dose and amount of each dose that no total tells already."""
    rows = given_of(text)
    left = outside_totals(administrations(rows), interval_totals(rows, from_day))
    return rows_of(left, "earliest_day", "high")


def test_every_other_day_for_five_doses_spans_ten_days() -> None:
    """The letter's patient 5: 100 mg every other day, five doses, "for 10 days"."""
    doses = doses_of("""
        patient_id | drug     | amount | dose_count | interval_h | day
        A          | anakinra | 100    | 5          | 48         | 10
    """)
    assert rows_of(doses, "day", "low", "high", "span_days") == [(day, 100.0, 100.0, 2) for day in (10, 12, 14, 16, 18)]


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


def test_a_range_per_kg_is_scaled_at_both_ends() -> None:
    """1 to 2 mg/kg at 80 kg is 80 to 160 mg."""
    doses = doses_of(
        """
        patient_id | drug               | amount_low | amount_high | per_kg | day
        A          | methylprednisolone | 1          | 2           | yes    | 4
        """,
        "patient_id | course_id | weight_kg\nA | 1 | 80",
    )
    assert rows_of(doses, "low", "high") == [(80.0, 160.0)]


def test_a_weight_changes_no_dose_in_mg() -> None:
    """Only an amount per kg is multiplied by the weight."""
    doses = doses_of(
        "patient_id | drug | amount | per_kg | day\nA | anakinra | 100 | no | 4",
        "patient_id | course_id | weight_kg\nA | 1 | 80",
    )
    assert rows_of(doses, "low", "high") == [(100.0, 100.0)]


def test_the_weight_is_that_of_the_course() -> None:
    """A second infusion has a weight of its own, and no other patient's weight is borrowed."""
    doses = doses_of(
        """
        patient_id | course_id | drug        | amount | per_kg | day
        A          | 1         | tocilizumab | 8      | yes    | 4
        A          | 2         | tocilizumab | 8      | yes    | 4
        B          | 1         | tocilizumab | 8      | yes    | 4
        """,
        "patient_id | course_id | weight_kg\nA | 1 | 50\nA | 2 | 60",
    )
    assert rows_of(doses, "course_id", "high") == [(1, 400.0), (2, 480.0), (1, None)]


@pytest.mark.parametrize(
    ("amount", "low", "high", "bounds"),
    [
        ("10", "", "", (10.0, 10.0)),
        ("", "4", "10", (4.0, 10.0)),
        ("", "4", "", (4.0, None)),
        ("", "", "10", (0.0, 10.0)),
        ("", "", "", (0.0, None)),
        ("0", "", "", (0.0, 0.0)),
        ("10", "4", "20", (10.0, 10.0)),
    ],
)
def test_an_amount_is_a_pair_of_bounds(amount: str, low: str, high: str, bounds: tuple[float, float | None]) -> None:
    """What is not known stays open at its end; an amount that is known needs no range."""
    doses = doses_of(f"""
        patient_id | drug          | amount   | amount_low | amount_high | day
        A          | dexamethasone | {amount} | {low}      | {high}      | 4
    """)
    assert rows_of(doses, "low", "high") == [bounds]


@pytest.mark.parametrize("status", ["ordered", "held"])
def test_what_was_not_given_is_no_exposure(status: str) -> None:
    """An order is not a dose, and a dose held was not given."""
    doses = doses_of(f"""
        patient_id | drug     | amount | status   | day
        A          | anakinra | 100    | {status} | 4
        A          | anakinra | 200    | given    | 5
    """)
    assert rows_of(doses, "day", "high") == [(5, 200.0)]


@pytest.mark.parametrize("route", [*LOCAL_ROUTES, "Topical", "INTRATHECAL", "IT"])
def test_a_local_route_is_no_systemic_exposure(route: str) -> None:
    """Inhaled, topical or intrathecal corticosteroid is left out, however it is capitalised."""
    doses = doses_of(f"""
        patient_id | drug           | amount | route   | day
        A          | hydrocortisone | 50     | {route} | 4
    """)
    assert rows_of(doses, "day") == []


@pytest.mark.parametrize("route", ["IV", "oral", "SC", ""])
def test_every_other_route_is_systemic(route: str) -> None:
    """A route that is not recorded is taken as systemic."""
    doses = doses_of(f"patient_id | drug | amount | route | day\nA | anakinra | 100 | {route} | 4")
    assert rows_of(doses, "day", "high") == [(4, 100.0)]


@pytest.mark.parametrize(
    ("interval", "days", "span"),
    [
        ("24", [4, 5, 6, 7], 1),
        ("48", [4, 6, 8, 10], 2),
        ("12", [4, 4, 5, 5], 1),
        ("8", [4, 4, 4, 5], 1),
        ("36", [4, 5, 7, 8], 2),
    ],
)
def test_a_repeated_dose_is_one_row_an_administration(interval: str, days: list[int], span: int) -> None:
    """Four doses, each an interval after the one before; only the day of the first is known."""
    doses = doses_of(f"""
        patient_id | drug     | amount | dose_count | interval_h | day
        A          | anakinra | 100    | 4          | {interval} | 4
    """)
    expected = [(place, day, span, 100.0) for place, day in enumerate(days)]
    assert rows_of(doses, "position", "day", "span_days", "high") == expected


def test_a_first_dose_with_a_time_of_day_places_the_others_to_the_minute() -> None:
    """Every 8 hours from 10:00 of day 4: 10:00, 18:00, and 02:00 and 10:00 of day 5."""
    doses = doses_of("""
        patient_id | drug          | amount | dose_count | interval_h | day | minute
        A          | dexamethasone | 10     | 4          | 8          | 4   | 6360
    """)
    assert rows_of(doses, "position", "day") == [(0, 4), (1, 4), (2, 5), (3, 5)]


def test_a_dose_on_the_stroke_of_midnight_is_of_the_new_day() -> None:
    """16:00 of day -1 and 8 hours later is 00:00 of day 0."""
    doses = doses_of("""
        patient_id | drug          | amount | dose_count | interval_h | day | minute
        A          | dexamethasone | 10     | 3          | 8          | -1  | -480
    """)
    assert rows_of(doses, "position", "day") == [(0, -1), (1, 0), (2, 0)]


@pytest.mark.parametrize("minute", ["", "6360"])
def test_without_an_interval_only_the_first_dose_has_a_day(minute: str) -> None:
    """The letter gives "8 mg/kg x 2" and the day of the first: that of the second is not known."""
    doses = doses_of(f"""
        patient_id | drug        | amount | dose_count | day | minute
        A          | tocilizumab | 560    | 2          | 4   | {minute}
    """)
    assert rows_of(doses, "position", "day", "earliest_day", "span_days") == [(0, 4, 4, 1), (1, None, 4, 1)]


def test_a_total_is_no_administration() -> None:
    """A total over an interval says nothing of single doses."""
    rows = """
        patient_id | drug          | kind           | amount | day | end_day
        A          | dexamethasone | interval total | 336    |     | 6
        A          | dexamethasone | infusion       | 20     | 8   |
    """
    assert rows_of(doses_of(rows), "day", "high") == [(8, 20.0)]
    totals = interval_totals(given_of(rows), from_day=-5)
    assert rows_of(totals, "start_day", "end_day", "low", "high") == [(-5, 6, 336.0, 336.0)]


def test_a_total_stands_in_place_of_the_doses_within_it() -> None:
    """The interval is half open: a dose on its first day is told by it, one on its end is not."""
    left = untold("""
        patient_id | drug          | kind           | amount | day | end_day
        A          | dexamethasone | interval total | 100    | 4   | 6
        A          | dexamethasone | dose           | 3      | 3   |
        A          | dexamethasone | dose           | 40     | 4   |
        A          | dexamethasone | dose           | 50     | 5   |
        A          | dexamethasone | dose           | 6      | 6   |
    """)
    assert left == [(3, 3.0), (6, 6.0)]


def test_a_total_without_end_tells_every_later_dose() -> None:
    """ "No tocilizumab after the start of anakinra" is a total of 0 that does not end."""
    left = untold("""
        patient_id | drug        | kind           | amount | day
        A          | tocilizumab | interval total | 0      | 6
        A          | tocilizumab | dose           | 50     | 5
        A          | tocilizumab | dose           | 90     | 90
    """)
    assert left == [(5, 50.0)]


def test_a_total_tells_nothing_of_another_drug_patient_or_course() -> None:
    """Only the same drug, of the same patient and course, is told twice."""
    left = untold("""
        patient_id | course_id | drug               | kind           | amount | day | end_day
        A          | 1         | dexamethasone      | interval total | 100    | 0   | 20
        A          | 1         | methylprednisolone | dose           | 1      | 4   |
        A          | 2         | dexamethasone      | dose           | 2      | 4   |
        B          | 1         | dexamethasone      | dose           | 3      | 4   |
    """)
    assert sorted(high for _, high in left) == [1.0, 2.0, 3.0]  # type: ignore[type-var]


def test_an_undated_dose_is_told_by_a_total_of_all_days_from_the_first_on() -> None:
    """Whenever the second dose was given, a total from day 0 without end tells it."""
    left = untold("""
        patient_id | drug        | kind           | amount | dose_count | day
        A          | tocilizumab | interval total | 1120   |            | 0
        A          | tocilizumab | dose           | 560    | 2          | 5
    """)
    assert left == []


def test_an_undated_dose_is_not_told_by_a_total_before_the_first() -> None:
    """Both doses of a row that begins on day 6 lie after a total that ends there."""
    left = untold("""
        patient_id | drug        | kind           | amount | dose_count | day | end_day
        A          | tocilizumab | interval total | 1120   |            | 0   | 6
        A          | tocilizumab | dose           | 560    | 2          | 6   |
    """)
    assert left == [(6, 560.0), (6, 560.0)]


def test_an_undated_dose_may_lie_after_the_total_that_tells_the_first() -> None:
    """A total to day 6 tells the dose of day 5; the second, undated, may have been given on day 9."""
    left = untold("""
        patient_id | drug        | kind           | amount | dose_count | day | end_day
        A          | tocilizumab | interval total | 560    |            | 0   | 6
        A          | tocilizumab | dose           | 560    | 2          | 5   |
    """)
    assert left == [(5, 560.0)]
