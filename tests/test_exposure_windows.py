"""Dose before, during and after a treatment: bounds, and nothing said that was not recorded."""

import ibis
import pytest

from abate.exposure.administrations import administrations, given, interval_totals, outside_totals
from abate.exposure.equivalence import dexamethasone_factors
from abate.exposure.windows import dose_in_windows, treatment_windows
from spec import frame, rows_of

Bounds = tuple[float | None, float | None]
UNKNOWN: Bounds = (None, None)
NONE: Bounds = (0.0, 0.0)

NOBODY = "patient_id | domain | complete | day | end_day\nnobody | drugs | yes | |"
COMPLETE = "patient_id | domain | complete | day | end_day\nA | drugs | yes | |"


def windows_of(start: int = 6, end: int = 13, from_day: int = 0) -> ibis.Table:
    treatment = frame(
        f"patient_id | course_id | start_day | end_day\nA | 1 | {start} | {end}",
        course_id="int",
        start_day="int",
        end_day="int",
    )
    return treatment_windows(treatment, from_day)


def dose_by_window(
    drugs: str, coverage: str = NOBODY, start: int = 6, end: int = 13, from_day: int = 0
) -> dict[str, Bounds]:
    """Dexamethasone equivalents (mg) of patient A around a treatment from day 6 to day 13."""
    weights = frame("patient_id | course_id | weight_kg\nA | 1 |", course_id="int", weight_kg="float")
    rows = given(frame(drugs, "drugs"), weights)
    totals = interval_totals(rows, from_day)
    doses = outside_totals(administrations(rows), totals)
    found = dose_in_windows(
        windows_of(start, end, from_day),
        doses,
        totals,
        dexamethasone_factors("default"),
        frame(coverage, "coverage"),
    )
    return {window: (low, high) for window, low, high in rows_of(found, "window", "low", "high")}


def test_the_windows_meet_and_do_not_overlap() -> None:
    """Before, during and after are half open and share their edges; "all" spans them."""
    found = rows_of(windows_of(from_day=-5), "window", "from_day", "until_day")
    assert sorted(found) == [
        ("after", 13, None),
        ("all", -5, None),
        ("before", -5, 6),
        ("during", 6, 13),
    ]


@pytest.mark.parametrize(
    ("day", "window"),
    [(0, "before"), (5, "before"), (6, "during"), (12, "during"), (13, "after"), (400, "after")],
)
def test_a_dose_counts_on_its_day(day: int, window: str) -> None:
    """The first day of a window belongs to it, its last does not."""
    found = dose_by_window(f"patient_id | drug | amount | day\nA | dexamethasone | 10 | {day}", coverage=COMPLETE)
    expected = dict.fromkeys(("before", "during", "after"), NONE) | {"all": (10.0, 10.0)}
    assert found == expected | {window: (10.0, 10.0)}


def test_a_dose_before_the_first_day_counted_is_not_counted() -> None:
    """A dose on day -1 is part of lymphodepletion unless the option says otherwise."""
    drugs = "patient_id | drug | amount | day\nA | dexamethasone | 10 | -1"
    assert dose_by_window(drugs, COMPLETE)["before"] == NONE
    assert dose_by_window(drugs, COMPLETE, from_day=-1)["before"] == (10.0, 10.0)


def test_corticosteroids_add_up_in_dexamethasone() -> None:
    """1 g of methylprednisolone is 187.5 mg of dexamethasone, 20 mg of hydrocortisone 0.75 mg."""
    found = dose_by_window("""
        patient_id | drug               | amount | day
        A          | methylprednisolone | 1000   | 7
        A          | hydrocortisone     | 20     | 8
        A          | dexamethasone      | 10     | 9
        A          | tocilizumab        | 560    | 9
    """)
    assert found["during"] == (198.25, 198.25)


def test_nothing_recorded_is_unknown_and_not_none() -> None:
    """Silence is not absence: DESIGN, Missing."""
    found = dose_by_window("patient_id | drug | amount | day\nA | tocilizumab | 560 | 4")
    assert found == dict.fromkeys(("before", "during", "after", "all"), UNKNOWN)


def test_nothing_recorded_is_none_where_the_record_is_complete() -> None:
    """A promise of completeness makes silence a dose of 0."""
    found = dose_by_window("patient_id | drug | amount | day\nA | tocilizumab | 560 | 4", COMPLETE)
    assert found == dict.fromkeys(("before", "during", "after", "all"), NONE)


@pytest.mark.parametrize(
    ("domain", "complete", "day", "end", "during"),
    [
        ("drugs", "yes", "6", "13", NONE),
        ("drugs", "yes", "7", "13", UNKNOWN),
        ("drugs", "yes", "6", "12", UNKNOWN),
        ("drugs", "yes", "", "13", NONE),
        ("drugs", "yes", "6", "", NONE),
        ("drugs", "no", "", "", UNKNOWN),
        ("labs", "yes", "", "", UNKNOWN),
    ],
)
def test_a_promise_holds_for_its_days_and_its_domain(
    domain: str, complete: str, day: str, end: str, during: Bounds
) -> None:
    """It must cover the window throughout; a blank start or end is open."""
    found = dose_by_window(
        "patient_id | drug | amount | day\nA | tocilizumab | 560 | 4",
        f"patient_id | domain | complete | day | end_day\nA | {domain} | {complete} | {day} | {end}",
    )
    assert found["during"] == during


def test_a_promise_with_an_end_says_nothing_of_an_open_window() -> None:
    """The window after a treatment does not end."""
    found = dose_by_window(
        "patient_id | drug | amount | day\nA | tocilizumab | 560 | 4",
        "patient_id | domain | complete | day | end_day\nA | drugs | yes | 0 | 400",
    )
    assert found == {"before": NONE, "during": NONE, "after": UNKNOWN, "all": UNKNOWN}


def test_a_recorded_total_of_0_is_a_dose_of_0() -> None:
    """The letter says that tocilizumab was not given after the start of anakinra."""
    found = dose_by_window("""
        patient_id | drug          | kind           | amount | day
        A          | dexamethasone | interval total | 0      | 6
    """)
    assert found == {"before": UNKNOWN, "during": NONE, "after": NONE, "all": NONE}


def test_a_total_within_a_window_counts_in_full() -> None:
    """The letter's patient 1: 336 mg before anakinra, 1081 mg during it."""
    found = dose_by_window("""
        patient_id | drug          | kind           | amount | day | end_day
        A          | dexamethasone | interval total | 336    |     | 6
        A          | dexamethasone | interval total | 1081   | 6   | 13
    """)
    assert found == {
        "before": (336.0, 336.0),
        "during": (1081.0, 1081.0),
        "after": UNKNOWN,
        "all": (1417.0, 1417.0),
    }


@pytest.mark.parametrize(
    ("day", "end", "during"),
    [
        ("6", "13", (100.0, 100.0)),
        ("5", "13", (0.0, 100.0)),
        ("6", "14", (0.0, 100.0)),
        ("0", "7", (0.0, 100.0)),
        ("12", "20", (0.0, 100.0)),
        ("6", "", (0.0, 100.0)),
        ("13", "20", UNKNOWN),
        ("0", "6", UNKNOWN),
        ("", "6", UNKNOWN),
        ("", "", (0.0, 100.0)),
    ],
)
def test_a_total_that_overlaps_a_window_counts_between_nothing_and_all(day: str, end: str, during: Bounds) -> None:
    """Where in its interval a total was given is not known; a blank edge is open."""
    found = dose_by_window(f"""
        patient_id | drug          | kind           | amount | day   | end_day
        A          | dexamethasone | interval total | 100    | {day} | {end}
    """)
    assert found["during"] == during


def test_a_total_that_is_a_range_stays_a_range() -> None:
    """8 to 186 mg in the window counts 8 at least and 186 at most."""
    found = dose_by_window("""
        patient_id | drug          | kind           | amount_low | amount_high | day | end_day
        A          | dexamethasone | interval total | 8          | 186         | 6   | 13
    """)
    assert found["during"] == (8.0, 186.0)


def test_one_amount_that_is_not_known_leaves_the_sum_open_above() -> None:
    """10 mg and an unrecorded dose are 10 mg or more."""
    found = dose_by_window("""
        patient_id | drug          | amount | day
        A          | dexamethasone | 10     | 7
        A          | dexamethasone |        | 8
    """)
    assert found["during"] == (10.0, None)
    assert found["before"] == UNKNOWN


def test_a_dose_told_by_a_total_is_not_counted_again() -> None:
    """The total stands for the doses within it, and the dose outside it is added."""
    found = dose_by_window("""
        patient_id | drug          | kind           | amount | day | end_day
        A          | dexamethasone | interval total | 100    | 6   | 10
        A          | dexamethasone | dose           | 40     | 7   |
        A          | dexamethasone | dose           | 5      | 10  |
    """)
    assert found["during"] == (105.0, 105.0)


def test_an_undated_dose_may_lie_in_any_window_after_the_first() -> None:
    """Two doses from day 7: the second may fall in the treatment or after it, never before it."""
    found = dose_by_window(
        """
        patient_id | drug          | amount | dose_count | day
        A          | dexamethasone | 10     | 2          | 7
        """,
        COMPLETE,
    )
    assert found["before"] == NONE
    assert found["during"] == (10.0, 20.0)
    assert found["after"] == (0.0, 10.0)


def test_an_undated_dose_is_counted_for_certain_where_every_day_from_the_first_on_is() -> None:
    """Whenever the second dose was given, two doses of 10 mg are 20 mg in all."""
    found = dose_by_window("""
        patient_id | drug          | amount | dose_count | day
        A          | dexamethasone | 10     | 2          | 7
    """)
    assert found["all"] == (20.0, 20.0)


def test_a_dose_without_any_day_may_lie_in_every_window() -> None:
    """A dose with no time at all may have been given before the treatment as well as after it."""
    found = dose_by_window(
        "patient_id | drug | amount | day\nA | dexamethasone | 10 |",
        COMPLETE,
    )
    assert found == dict.fromkeys(("before", "during", "after", "all"), (0.0, 10.0))


def test_a_dose_known_to_the_month_is_not_placed_on_a_day() -> None:
    """Day 5 of a row known to the month is the first of that month, not the day of the dose."""
    found = dose_by_window("""
        patient_id | drug          | amount | day | time_precision
        A          | dexamethasone | 10     | 5   | month
    """)
    assert found["before"] != (10.0, 10.0)


def test_records_are_counted_beside_the_dose() -> None:
    """``recorded`` counts doses and totals in each window, and is 0 where there is none."""
    rows = given(
        frame(
            """
            patient_id | drug          | kind           | amount | day | end_day
            A          | dexamethasone | interval total | 100    | 0   | 8
            A          | dexamethasone | dose           | 5      | 10  |
            """,
            "drugs",
        ),
        frame("patient_id | course_id | weight_kg\nA | 1 |", course_id="int", weight_kg="float"),
    )
    totals = interval_totals(rows, 0)
    doses = outside_totals(administrations(rows), totals)
    found = dose_in_windows(windows_of(), doses, totals, dexamethasone_factors("default"), frame(NOBODY, "coverage"))
    assert dict(rows_of(found, "window", "recorded")) == {"before": 1, "during": 2, "after": 0, "all": 2}


def test_a_steroid_outside_the_table_is_no_part_of_the_sum() -> None:
    """Fludrocortisone replaces a mineralocorticoid; it is not part of a dose sum."""
    found = dose_by_window("""
        patient_id | drug            | amount | day
        A          | fludrocortisone | 0.1    | 7
        A          | dexamethasone   | 10     | 7
    """)
    assert found["during"] == (10.0, 10.0)


def test_totals_that_overlap_are_not_added_up() -> None:
    """100 mg to day 5 within 150 mg to day 10: at least 150, at most 250, and not 250 for certain."""
    found = dose_by_window(
        """
        patient_id | drug          | kind           | amount | day | end_day | source
        A          | dexamethasone | interval total | 100    | 0   | 5       | drugs.csv:2
        A          | dexamethasone | interval total | 150    | 0   | 10      | drugs.csv:3
        """
    )
    assert found["all"] == (150.0, 250.0)


def test_international_units_are_no_milligrams() -> None:
    """10 [IU] is an amount that is not known in mg."""
    found = dose_by_window("patient_id | drug | amount | unit | day\nA | dexamethasone | 10 | [IU] | 7")
    assert found["during"] == (0.0, None)


@pytest.mark.parametrize(("end_day", "doses"), [("12", 7), ("6", 1), ("", 1)])
def test_doses_at_an_interval_fill_the_time_to_the_end_of_their_row(end_day: str, doses: int) -> None:
    """100 mg every 24 h from day 5 until day 12 is over is seven doses, where no count is given."""
    found = dose_by_window(
        f"patient_id | drug | amount | interval_h | day | end_day\nA | dexamethasone | 100 | 24 | 5 | {end_day}"
    )
    assert found["all"] == (100.0 * doses, 100.0 * doses)
