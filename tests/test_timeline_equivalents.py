"""Norepinephrine equivalents: each formula in its own unit, summed over what runs together."""

import ibis
import pyarrow as pa
import pytest

from abate.records.options import Options
from abate.timeline.equivalents import FORMULAE, equivalent_days
from spec import frame

SEGMENTS = """
    patient_id | agent          | start | end  | rate | rate_unit
    dopamine   | dopamine       | 60    | 120  | 10   | ug/kg/min
    together   | norepinephrine | 60    | 180  | 0.1  | ug/kg/min
    together   | epinephrine    | 120   | 240  | 7    | ug/min
    together   | phenylephrine  | 120   | 130  | 1    | ug/kg/min
    in turn    | norepinephrine | 60    | 120  | 14   | ug/min
    in turn    | norepinephrine | 120   | 180  | 21   | ug/min
    vasopressin | vasopressin   | 60    | 120  | 0.04 | [IU]/min
    vasopressin | norepinephrine | 60   | 120  | 7    | ug/min
    two days   | norepinephrine | 1400  | 1500 | 7    | ug/min
    unknown    | norepinephrine | 60    | 120  |      |
    volume     | norepinephrine | 60    | 120  | 5    | mL/h
    weightless | norepinephrine | 60    | 120  | 0.1  | ug/kg/min
    angiotensin | angiotensin II | 60   | 120  | 0.02 | ug/kg/min
"""
DAY_0 = {
    # 70 kg: dopamine 10 ug/kg/min is 5 ug/min by VASST and 7 ug/min, 0.1 ug/kg/min, by Goradia
    "vasst": {"dopamine": 5, "together": 21, "in turn": 21, "vasopressin": 7, "two days": 7},
    "goradia": {"dopamine": 0.1, "together": 0.3, "in turn": 0.3, "vasopressin": 0.2, "two days": 0.1}
    | {"angiotensin": 0.2, "weightless": 0.1},
    # phenylephrine x 0.06; angiotensin II 0.0025 x ng/kg/min, four times less than Goradia
    "kotani": {"dopamine": 0.1, "together": 0.26, "in turn": 0.3, "vasopressin": 0.2, "two days": 0.1}
    | {"angiotensin": 0.05, "weightless": 0.1},
}


@pytest.mark.parametrize("formula", FORMULAE)
def test_the_highest_equivalent_of_the_day(formula: str) -> None:
    rows = frame(SEGMENTS, start="int", end="int", rate="float").mutate(course_id=ibis.literal(1, "int64"))
    names = sorted({row["patient_id"] for row in rows.to_pyarrow().to_pylist()})
    weights = [None if name == "weightless" else 70.0 for name in names]
    facts = ibis.memtable(
        pa.table({"patient_id": names, "course_id": [1] * len(names), "weight": pa.array(weights, pa.float64())})
    )
    found = equivalent_days(rows, facts, Options({"norepinephrine_equivalence": formula})).to_pyarrow().to_pylist()
    day_0 = {row["patient_id"]: row["norepinephrine_equivalent"] for row in found if row["day"] == 0}
    known = {name: value for name, value in day_0.items() if value is not None}
    assert known == pytest.approx(DAY_0[formula])
    assert {name for name, value in day_0.items() if value is None} == {
        "unknown",
        "volume",
        "weightless",
    } - known.keys()
    assert [row["day"] for row in found if row["patient_id"] == "two days"] in ([0, 1], [1, 0])
