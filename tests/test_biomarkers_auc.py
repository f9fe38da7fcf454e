"""Area under a curve: values worked out by hand, and the published results of NonCompart."""

import csv
from math import log
from pathlib import Path

import ibis
import pyarrow as pa
import pytest

from abate.biomarkers.auc import area_under_curve
from abate.biomarkers.series import series
from abate.records.options import Options
from spec import frame, rows_of

COLUMNS = ("auc", "covered_days", "auc_per_day", "complete", "values")
Row = tuple[float, float, float, bool, int]


def curve(*points: tuple[float, float]) -> ibis.Table:
    """One series: pairs of time (days) and value."""
    rows = [
        {"patient_id": "A", "course_id": 1, "variable": "crp", "time": float(time), "value": float(value)}
        for time, value in points
    ]
    return ibis.memtable(pa.Table.from_pylist(rows))


def area(points: ibis.Table, start: float, end: float, **chosen: object) -> Row | None:
    rows = rows_of(area_under_curve(points, start, end, Options(chosen)), *COLUMNS)
    assert len(rows) <= 1
    return rows[0] if rows else None


def test_linear_trapezoids() -> None:
    """0, 10, 10, 4 on days 0, 2, 3, 6: 10 + 10 + 21 = 41 in 6 days."""
    assert area(curve((0, 0), (2, 10), (3, 10), (6, 4)), 0, 6) == (41.0, 6.0, 41 / 6, True, 4)


def test_a_fall_by_the_logarithmic_trapezoid() -> None:
    """From 8 to 2 in 3 days: (8 - 2) / ln 4 x 3 (Purves 1992, doi:10.1007/BF01062336)."""
    found = area(curve((0, 8), (3, 2)), 0, 3, auc_method="linear_up_log_down")
    assert found is not None
    assert found[0] == pytest.approx(18 / log(4), rel=1e-12)


@pytest.mark.parametrize(
    ("values", "expected"), [((2, 8), 15.0), ((5, 5), 15.0), ((8, 0), 12.0), ((0, 8), 12.0), ((0, 0), 0.0)]
)
def test_a_rise_a_plateau_and_a_fall_to_zero_stay_linear(values: tuple[float, float], expected: float) -> None:
    """There is no logarithm of 0, and none is asked for in a rise."""
    found = area(curve((0, values[0]), (3, values[1])), 0, 3, auc_method="linear_up_log_down")
    assert found is not None
    assert found[0] == pytest.approx(expected, rel=1e-12)


def test_up_and_down_are_judged_piece_by_piece() -> None:
    """Up from 0 to 8 in 2 days (8), down to 4 in 2 days (8 / ln 2)."""
    found = area(curve((0, 0), (2, 8), (4, 4)), 0, 4, auc_method="linear_up_log_down")
    assert found is not None
    assert found[0] == pytest.approx(8 + 8 / log(2), rel=1e-12)


def test_an_edge_that_values_surround_is_interpolated() -> None:
    """Values at 1, 3 and 5 in a window of 0 to 4: 4 lies halfway between 4 and 8, 6 + 5 = 11 in 3 days; nothing before
    1, and it says so.
    """
    assert area(curve((1, 2), (3, 4), (5, 8)), 0, 4) == (11.0, 3.0, 11 / 3, False, 2)


def test_what_was_not_sampled_need_not_be_integrated() -> None:
    """Only 1 to 3 counts."""
    assert area(curve((1, 2), (3, 4), (5, 8)), 0, 4, auc_edges="observed") == (6.0, 2.0, 3.0, False, 2)


def test_an_edge_within_a_fall_is_interpolated_by_its_logarithm() -> None:
    """Half-way between 16 and 4 the curve stands at 8: the area is 8 / ln 2."""
    found = area(curve((0, 16), (2, 4)), 0, 1, auc_edges="interpolate", auc_method="linear_up_log_down")
    assert found is not None
    assert found[0] == pytest.approx(8 / log(2), rel=1e-12)
    assert found[1:] == (1.0, found[0], True, 1)


def test_a_window_within_one_interval_is_interpolated_on_both_sides() -> None:
    """From 0 to 10 in 10 days: days 4 to 6 hold 2 x 5, without any value in the window."""
    assert area(curve((0, 0), (10, 10)), 4, 6, auc_edges="interpolate") == (10.0, 2.0, 5.0, True, 0)


def test_the_outermost_values_may_be_carried_to_the_edges() -> None:
    """2 carried over day 0 to 1, 8 over day 5 to 6.5: 2 + 6 + 12 + 12 = 32 in 6.5 days."""
    found = area(curve((1, 2), (3, 4), (5, 8)), 0, 6.5, auc_edges="carry")
    assert found == (32.0, 6.5, 32 / 6.5, True, 3)


@pytest.mark.parametrize(("most", "covered"), [(1.9, 2.0), (2.0, 4.0), (2.1, 4.0)])
def test_a_value_is_carried_no_further_than_the_option_says(most: float, covered: float) -> None:
    """The first value stands 2 days after the edge."""
    found = area(curve((2, 5), (4, 5)), 0, 4, auc_edges="carry", auc_carry_days=most)
    assert found is not None
    assert found[:4] == (5 * covered, covered, 5.0, covered == 4)


def test_carrying_interpolates_as_well() -> None:
    """Where a value lies beyond the edge nothing is carried: 0 to 2 at 4 (8), 2 to 3 at 4 to 6 (5)."""
    found = area(curve((2, 4), (4, 8)), 0, 3, auc_edges="carry")
    assert found == (13.0, 3.0, 13 / 3, True, 1)


@pytest.mark.parametrize(("most", "found"), [(6, None), (7, (14.0, 7.0, 2.0, True, 2)), (8, (14.0, 7.0, 2.0, True, 2))])
def test_a_gap_longer_than_the_option_is_not_bridged(most: float, found: Row | None) -> None:
    """Two values 7 days apart."""
    assert area(curve((0, 1), (7, 3)), 0, 7, auc_max_gap_days=most) == found


def test_a_gap_leaves_the_rest_and_makes_it_incomplete() -> None:
    """Days 0 to 2 and 20 to 22 at 5; the 18 days between are not covered."""
    found = area(curve((0, 5), (2, 5), (20, 5), (22, 5)), 0, 22)
    assert found == (20.0, 4.0, 5.0, False, 4)


def test_values_at_one_time_are_averaged() -> None:
    """2 and 6 at day 0 count as 4, whatever their order."""
    for first, second in ((2, 6), (6, 2)):
        found = area(curve((0, first), (0, second), (2, 4)), 0, 2)
        assert found is not None
        assert found[:4] == (8.0, 2.0, 4.0, True)


@pytest.mark.parametrize("edges", ["observed", "interpolate"])
def test_one_value_has_no_area(edges: str) -> None:
    """No row, and not 0."""
    assert area(curve((2, 5)), 0, 4, auc_edges=edges) is None


def test_one_value_may_be_carried_to_both_edges() -> None:
    """5 over 4 days."""
    assert area(curve((2, 5)), 0, 4, auc_edges="carry") == (20.0, 4.0, 5.0, True, 1)


@pytest.mark.parametrize("edges", ["observed", "interpolate", "carry"])
def test_values_on_the_edges_cover_the_window(edges: str) -> None:
    """Both edges belong to it; values outside add nothing."""
    points = curve((-1, 100), (0, 2), (4, 6), (5, 100))
    assert area(points, 0, 4, auc_edges=edges) == (16.0, 4.0, 4.0, True, 2)


@pytest.mark.parametrize("edges", ["observed", "interpolate", "carry"])
def test_a_series_outside_the_window_has_no_area(edges: str) -> None:
    """Nor has one that only touches its edge."""
    assert area(curve((5, 2), (6, 6)), 0, 4, auc_edges=edges) is None
    assert area(curve((-3, 2), (-2, 6)), 0, 4, auc_edges=edges) is None


def test_a_longer_stay_has_a_larger_area_and_the_same_area_a_day() -> None:
    """README of the reference results: areas of stays that differ are not comparable."""
    short, long = area(curve((0, 5), (5, 5)), 0, 30), area(curve((0, 5), (5, 5), (10, 5)), 0, 30)
    assert short is not None
    assert long is not None
    assert (short[0], long[0]) == (25.0, 50.0)
    assert short[2] == long[2] == 5.0


def test_every_series_has_an_area_of_its_own() -> None:
    """Patients, courses and variables are not joined by a trapezoid."""
    points = series(
        frame(
            """
            patient_id | course_id | variable | value | day
            A          | 1         | crp      | 1     | 0
            A          | 1         | crp      | 1     | 2
            A          | 1         | ldh      | 2     | 0
            A          | 1         | ldh      | 2     | 2
            A          | 2         | crp      | 3     | 0
            A          | 2         | crp      | 3     | 2
            B          | 1         | crp      | 4     | 0
            B          | 1         | crp      | 4     | 2
            """,
            "measurements",
        ),
        Options(),
    )
    found = area_under_curve(points, 0, 28, Options())
    assert [auc for (auc,) in rows_of(found, "auc")] == [2.0, 4.0, 6.0, 8.0]


@pytest.mark.parametrize("fall", [4e-16, 1e-15, 1e-14])
def test_a_fall_in_the_last_digit_is_a_plateau(fall: float) -> None:
    """Two days at 1.65 are 3.3, also where rounding makes the second value a little lower."""
    found = area(curve((0, 1.65), (2, 1.65 - fall)), 0, 2, auc_method="linear_up_log_down")
    assert found is not None
    assert found[0] == pytest.approx(3.3, rel=1e-6)


METHODS = {"down= Linear": "linear", "down= Log": "linear_up_log_down"}


@pytest.mark.parametrize("method", METHODS)
def test_the_area_to_the_last_sample_is_that_of_noncompart(shared: Path, method: str) -> None:
    """AUCLST of theophylline in six subjects (NonCompart 0.8.0 in R), hours for days; relative 1e-6."""
    rows = []
    with (shared / "data/stats/theoph.csv").open() as file:
        for row in csv.DictReader(file):
            point = {"patient_id": row["Subject"], "course_id": 1, "variable": "theophylline"}
            rows.append(point | {"time": float(row["Time"]), "value": float(row["conc"])})
    with (shared / "spec/stats_reference/nca_R.csv").open() as file:
        expected = {
            row["subject"]: float(row["value"])
            for row in csv.DictReader(file)
            if (row["tool"], row["method"], row["quantity"]) == ("NonCompart 0.8.0", method, "AUCLST")
        }
    assert len(expected) == 6
    options = Options({"auc_method": METHODS[method], "auc_max_gap_days": 60.0})
    found = area_under_curve(ibis.memtable(pa.Table.from_pylist(rows)), 0, 48, options).to_pyarrow()
    areas = dict(zip(found["patient_id"].to_pylist(), found["auc"].to_pylist(), strict=True))
    assert {subject: areas[subject] for subject in expected} == pytest.approx(expected, rel=1e-6)
