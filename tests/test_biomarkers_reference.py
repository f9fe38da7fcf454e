"""Random series: the area under the curve is that of the slow reference."""

import ibis
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abate.biomarkers.auc import area_under_curve
from abate.records.options import Options
from reference_auc import Point, Row, area
from repeatable import repeatable

SCHEMA = pa.schema(
    {
        "patient_id": pa.string(),
        "course_id": pa.int64(),
        "variable": pa.string(),
        "time": pa.float64(),
        "value": pa.float64(),
    }
)
# Quarter days, so that ties and edges are hit; values that are equal or differ by a tenth at least.
times = st.integers(-20, 80).map(lambda quarter: quarter / 4)
values = st.integers(0, 500).map(lambda tenth: tenth / 10)
curves = st.lists(st.tuples(times, values), max_size=8)
chosen_options = st.fixed_dictionaries(
    {
        "auc_method": st.sampled_from(["linear", "linear_up_log_down"]),
        "auc_edges": st.sampled_from(["observed", "interpolate", "carry"]),
        "auc_carry_days": st.sampled_from([0.0, 1.0, 2.0, 5.25]),
        "auc_max_gap_days": st.sampled_from([0.5, 3.0, 10.0]),
    }
)


def computed(cohort: list[list[Point]], start: float, end: float, chosen: Row) -> dict[int, Row]:
    rows = [
        {"patient_id": str(number), "course_id": 1, "variable": "crp", "time": time, "value": value}
        for number, curve in enumerate(cohort)
        for time, value in curve
    ]
    points = ibis.memtable(pa.Table.from_pylist(rows, schema=SCHEMA))
    found = area_under_curve(points, start, end, Options(chosen)).to_pyarrow().to_pylist()
    return {int(row["patient_id"]): row for row in found}


@repeatable(50)
@given(
    cohort=st.lists(curves, min_size=15, max_size=40),
    start=st.sampled_from([-1.0, 0.0, 2.3]),
    length=st.sampled_from([0.5, 4.0, 14.0]),
    chosen=chosen_options,
)
def test_the_area_is_that_of_the_reference(cohort: list[list[Point]], start: float, length: float, chosen: Row) -> None:
    """Every series: area, days covered, area a day, complete or not, number of times; or no row."""
    found = computed(cohort, start, start + length, chosen)
    expected = {
        number: row
        for number, curve in enumerate(cohort)
        if (row := area(curve, start, start + length, chosen)) is not None
    }
    assert set(found) == set(expected)
    for number, row in expected.items():
        context = (cohort[number], start, length, chosen)
        for name in ("complete", "values"):
            assert found[number][name] == row[name], context
        for name in ("auc", "covered_days", "auc_per_day"):
            assert found[number][name] == pytest.approx(row[name], rel=1e-9, abs=1e-9), context
