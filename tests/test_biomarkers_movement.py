"""How a series moves: each number beside one worked by hand."""

import math

import ibis
import pytest

from abate.biomarkers.movement import fastest_rise, relative_to, slopes, time_above
from abate.records.options import Options
from spec import frame, rows_of


def points(text: str) -> ibis.Table:
    """Values of ferritin: ``time:value``, ``time:>value`` where the assay told no more."""
    parts = [part.replace(":", " | ") for part in text.split()]
    lines = [f"A | 1 | ferritin | {part.replace('>', '')} | {'above' if '>' in part else ''}" for part in parts]
    header = "patient_id | course_id | variable | time | value | limit"
    return frame("\n".join([header, *lines]), course_id="int", time="float", value="float")


LIMIT = frame("variable | limit\nferritin | 100", limit="float")


@pytest.mark.parametrize(
    ("values", "above", "covered"),
    [
        # a straight line from 0 to 200 in 4 days is above 100 for two of them
        ("0:0 4:200", 2.0, 4.0),
        ("0:200 4:0", 2.0, 4.0),
        ("0:200 4:300", 4.0, 4.0),
        ("0:50 4:100", 0.0, 4.0),
        # exactly at the limit is not above it
        ("0:100 4:100", 0.0, 4.0),
        ("0:0 2:200 4:0", 2.0, 4.0),
        # two values of one time are averaged
        ("0:150 0:50 4:300", 4.0, 4.0),
        # a gap of over ten days is not bridged
        ("0:200 11:200 12:200", 1.0, 1.0),
        # the window is days 0 to 20: the line is cut at its edges
        ("-2:0 2:200", 2.0, 2.0),
        ("18:0 22:200", 0.0, 2.0),
        # more than 90 may be above 100 or not; more than 150 is
        ("0:50 2:>90 4:50 6:50", 0.0, 2.0),
        ("0:>150 4:>150", 4.0, 4.0),
    ],
)
def test_time_above_a_limit(values: str, above: float, covered: float) -> None:
    found = time_above(points(values), LIMIT, 0, 20, Options())
    ((found_above, found_covered),) = rows_of(found, "days_above", "covered_days")
    assert (found_above, found_covered) == pytest.approx((above, covered))


@pytest.mark.parametrize(
    ("values", "slope", "doublings"),
    [
        ("0:10 1:20 2:30", 10.0, None),
        # doubles every day
        ("0:10 1:20 2:40", 15.0, 1.0),
        # halves every two days
        ("0:40 2:20 4:10", -7.5, -0.5),
        # a value of 0 has no logarithm
        ("0:0 1:10", 10.0, math.nan),
    ],
)
def test_slope_and_doubling_by_least_squares(values: str, slope: float, doublings: float | None) -> None:
    ((found_slope, found_doublings),) = rows_of(slopes(points(values), 0, 10), "slope", "doublings")
    assert found_slope == pytest.approx(slope)
    if doublings is not None:
        assert found_doublings == (None if math.isnan(doublings) else pytest.approx(doublings))


@pytest.mark.parametrize("values", ["0:10", "0:10 1:>20", "1:10 1:20", "-1:10 12:30 5:4"])
def test_one_time_has_no_slope(values: str) -> None:
    """Days 0 to 10 alone count."""
    assert rows_of(slopes(points(values), 0, 10), "slope") == []


@pytest.mark.parametrize(
    ("values", "rise"),
    [
        # 100 in 10 h, then 200 in a day
        ("0:100 0.4166666667:200 1.4166666667:400", (10.0, 0.4166666667)),
        # three hours apart: a double draw
        ("0:100 0.125:400 1:401", None),
        ("0:400 1:300", None),
        ("0:100 1:>4000", None),
    ],
)
def test_the_fastest_rise(values: str, rise: tuple[float, float] | None) -> None:
    """Per hour, between one value and the next."""
    found = rows_of(fastest_rise(points(values)), "per_hour", "time")
    if rise is None:
        assert all(per_hour < 1 for per_hour, _time in found)
    else:
        assert found[0] == pytest.approx(rise)


def test_days_from_an_anchor() -> None:
    """Treatment on day 6: day 7.5 is 1.5; who has no anchor is left out."""
    anchors = frame("patient_id | course_id | day\nA | 1 | 6\nB | 1 |", course_id="int", day="int")
    assert rows_of(relative_to(points("5:1 7.5:2"), anchors), "time", "value") == [(-1.0, 1.0), (1.5, 2.0)]
    none = frame("patient_id | course_id | day\nA | 1 |", course_id="int", day="int")
    assert rows_of(relative_to(points("5:1"), none), "time") == []
