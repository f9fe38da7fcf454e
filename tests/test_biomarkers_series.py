"""Laboratory results as numbers at a time: limits of the assay, time of day."""

import ibis
import pytest

from abate.biomarkers.series import series
from abate.biomarkers.summaries import baseline, peak
from abate.records.options import Options
from spec import frame, rows_of


def points_of(text: str, chosen: dict[str, object] | None = None) -> ibis.Table:
    return series(frame(text, "measurements"), Options(chosen))


@pytest.mark.parametrize(
    ("comparator", "option", "value", "limit"),
    [
        ("", "half", 8.0, None),
        ("<", "half", 4.0, "below"),
        ("<=", "half", 4.0, "below"),
        ("<", "zero", 0.0, "below"),
        ("<", "limit", 8.0, "below"),
        (">", "half", 8.0, "above"),
        (">=", "zero", 8.0, "above"),
    ],
)
def test_a_result_beyond_the_limit_of_the_assay_is_a_number_and_marked(
    comparator: str, option: str, value: float, limit: str | None
) -> None:
    """ "< 8" counts half the limit by default; "> 8" is 8 at least and counts 8."""
    points = points_of(
        f"patient_id | variable | value | comparator | day\nA | crp | 8 | {comparator} | 3",
        {"below_detection": option},
    )
    assert rows_of(points, "value", "limit") == [(value, limit)]


@pytest.mark.parametrize(
    ("option", "values"),
    [("below_detection", [8.0, 8.0, 8.0]), ("above_detection", [4.0, 4.0, 8.0])],
)
def test_results_beyond_a_limit_may_be_left_out(option: str, values: list[float]) -> None:
    """Each end has an option of its own; results within the limits stay."""
    points = points_of(
        """
        patient_id | variable | value | comparator | day
        A          | crp      | 8     | <          | 1
        A          | crp      | 8     | <=         | 2
        A          | crp      | 8     |            | 3
        A          | crp      | 8     | >          | 4
        A          | crp      | 8     | >=         | 5
        """,
        {option: "exclude"},
    )
    assert [value for (value,) in rows_of(points, "value")] == values


def test_a_result_known_only_as_bounds_is_no_number() -> None:
    """Nor is one without a day, or known to the month."""
    points = points_of("""
        patient_id | variable | value | value_low | value_high | day | time_precision
        A          | crp      |       | 3         | 9          | 1   | day
        A          | crp      | 5     |           |            |     | none
        A          | crp      | 6     |           |            | 30  | month
        A          | crp      | 7     |           |            | 2   | day
    """)
    assert rows_of(points, "value") == [(7.0,)]


@pytest.mark.parametrize(
    ("minute", "option", "time"),
    [("", 0.5, 3.5), ("", 0.0, 3.0), ("4320", 0.5, 3.0), ("5400", 0.0, 3.75)],
)
def test_a_value_stands_at_its_minute_or_where_the_option_puts_it(minute: str, option: float, time: float) -> None:
    """Midday where only the day is known; 18:00 of day 3 is 3.75."""
    points = points_of(
        f"patient_id | variable | value | day | minute\nA | crp | 8 | 3 | {minute}",
        {"unknown_time_of_day": option},
    )
    assert rows_of(points, "time") == [(time,)]


@pytest.mark.parametrize(
    ("days", "value"),
    [
        ("-8", None),
        ("-7", 0.0),
        ("-7 -2", 1.0),
        ("-7 -2 0", 2.0),
        ("-2 1", 0.0),
        ("1", None),
    ],
)
def test_the_baseline_is_the_last_value_up_to_day_0(days: str, value: float | None) -> None:
    """Not before day -7, and day 0 counts: the hour of the infusion is not in the records."""
    lines = "\n".join(f"A | ldh | {place} | {day}" for place, day in enumerate(days.split()))
    found = baseline(points_of(f"patient_id | variable | value | day\n{lines}"), 7)
    assert rows_of(found, "value") == ([] if value is None else [(value,)])


def test_the_baseline_window_reaches_to_the_start_of_its_first_day() -> None:
    """00:00 of day -7 is within it, one minute earlier is not."""
    points = points_of("""
        patient_id | variable | value | day | minute
        A          | ldh      | 1     | -7  | -10080
        B          | ldh      | 2     | -8  | -10081
        C          | ldh      | 3     | 0   | 1439
        D          | ldh      | 4     | 1   | 1440
    """)
    assert rows_of(baseline(points, 7), "value") == [(1.0,), (3.0,)]


def test_each_variable_and_course_has_a_baseline() -> None:
    """A second infusion starts again."""
    points = points_of("""
        patient_id | course_id | variable | value | day
        A          | 1         | ldh      | 1     | 0
        A          | 2         | ldh      | 2     | 0
        A          | 1         | crp      | 3     | 0
    """)
    assert rows_of(baseline(points, 7), "course_id", "variable", "value") == [
        (1, "crp", 3.0),
        (1, "ldh", 1.0),
        (2, "ldh", 2.0),
    ]


def test_a_value_on_day_0_is_a_baseline_wherever_in_its_day_it_stands() -> None:
    """``unknown_time_of_day`` may be almost 1; day 0 is still before the infusion."""
    points = points_of("patient_id | variable | value | day\nA | ldh | 8 | 0", {"unknown_time_of_day": 0.999})
    assert rows_of(baseline(points, 7), "value") == [(8.0,)]


def peak_of(values: str, start: float = 0, end: float = 28) -> list[tuple[object, ...]]:
    points = points_of(f"patient_id | variable | value | comparator | day\n{values}")
    return rows_of(peak(points, start, end), "value", "time", "limit", "values")


def test_the_peak_is_the_highest_value_and_when_it_was_first_reached() -> None:
    """900 on days 5 and 9: the peak is that of day 5, of four values."""
    lines = "A | crp | 100 | | 3\nA | crp | 900 | | 9\nA | crp | 900 | | 5\nA | crp | 7 | | 12"
    assert peak_of(lines) == [(900.0, 5.5, None, 4)]


def test_a_peak_at_the_limit_of_the_assay_says_so() -> None:
    """ "> 900" is 900 at least."""
    assert peak_of("A | crp | 100 | | 3\nA | crp | 900 | > | 5") == [(900.0, 5.5, "above", 2)]


@pytest.mark.parametrize(("start", "end", "value"), [(3.5, 5.5, 1.0), (3.6, 5.6, 9.0), (3.5, 5.6, 9.0)])
def test_the_window_of_the_peak_is_half_open(start: float, end: float, value: float) -> None:
    """Values stand at 3.5 and 5.5: the start belongs to the window, the end does not."""
    assert peak_of("A | crp | 1 | | 3\nA | crp | 9 | | 5", start, end)[0][0] == value


def test_no_value_in_the_window_has_no_peak() -> None:
    """No row, and not 0."""
    assert peak_of("A | crp | 1 | | 30") == []
