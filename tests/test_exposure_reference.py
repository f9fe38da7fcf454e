"""Random cohorts: the dose in windows is that of the slow reference."""

from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abate.exposure import administrations as doses_of
from abate.exposure.equivalence import dexamethasone_factors
from abate.exposure.windows import dose_in_windows, treatment_windows
from abate.records.tables import TABLES
from reference_exposure import Row, dose_by_window
from repeatable import repeatable

STEROIDS = ("dexamethasone", "methylprednisolone", "hydrocortisone", "tocilizumab")
milligrams = st.sampled_from([0.0, 0.5, 4.0, 10.0, 40.0, 1000.0])
days = st.integers(-3, 16)


@st.composite
def amounts(draw: st.DrawFn) -> Row:
    """An amount, a range, half a range, or nothing."""
    kind = draw(st.sampled_from(["amount", "range", "low", "high", "nothing"]))
    low, high = sorted((draw(milligrams), draw(milligrams)))
    return {
        "amount": low if kind == "amount" else None,
        "amount_low": low if kind in ("range", "low") else None,
        "amount_high": high if kind in ("range", "high") else None,
        "per_kg": draw(st.booleans()),
    }


@st.composite
def repeated(draw: st.DrawFn, intervals: bool) -> Row:
    """A row of one or several doses; without an interval the later ones have no day."""
    day = draw(days)
    minute = draw(st.none() | st.integers(day * 1440, day * 1440 + 1439))
    hours = st.sampled_from([8.0, 12.0, 24.0, 36.0, 48.0, 168.0])
    count = draw(st.none() | st.integers(1, 5).map(float))
    row = {"kind": draw(st.sampled_from(["dose", "infusion"])), "day": day, "minute": minute, "end_day": None}
    return row | {"dose_count": count, "interval_h": draw(hours if intervals else st.none() | hours)}


@st.composite
def totals(draw: st.DrawFn) -> Row:
    """A total over an interval whose edges may be open."""
    start = draw(st.none() | days)
    end = draw(st.none() | st.integers((0 if start is None else start) + 1, 20))
    return {
        "kind": "interval total",
        "day": start,
        "minute": None,
        "end_day": end,
        "dose_count": None,
        "interval_h": None,
    }


@st.composite
def drug_rows(draw: st.DrawFn) -> list[Row]:
    """Rows of drugs. Where there are totals every dose is dated: what a total tells is then certain."""
    some_totals = draw(st.lists(totals(), max_size=2))
    rows = some_totals + draw(st.lists(repeated(intervals=bool(some_totals)), max_size=4))
    return [
        row
        | draw(amounts())
        | {
            "drug": draw(st.sampled_from(STEROIDS)),
            "status": draw(st.sampled_from(["given", "given", "given", "held", "ordered"])),
            "route": draw(st.sampled_from([None, "IV", "oral", "Topical", "intrathecal"])),
        }
        for row in rows
    ]


promises = st.builds(
    lambda domain, complete, day, end: {"domain": domain, "complete": complete, "day": day, "end_day": end},
    st.sampled_from(["drugs", "drugs", "labs"]),
    st.sampled_from([True, True, False]),
    st.none() | st.integers(-3, 8),
    st.none() | st.integers(5, 25),
)


@st.composite
def patients(draw: st.DrawFn) -> Row:
    start = draw(st.integers(0, 8))
    return {
        "weight": draw(st.none() | st.sampled_from([50.0, 70.5])),
        "drugs": draw(drug_rows()),
        "coverage": draw(st.lists(promises, max_size=2)),
        "start": start,
        "end": start + draw(st.integers(1, 8)),
    }


def table(name: str, rows: list[Row]) -> ibis.Table:
    schema = pa.schema(list(TABLES[name].schema.to_pyarrow()))
    return ibis.memtable(pa.Table.from_pylist(rows, schema=schema))


def rows_in(cohort: list[Row], name: str) -> list[Row]:
    """The rows of all patients, who are numbered."""
    return [
        row | {"patient_id": str(number), "course_id": 1, "source": f"{name}:{number}:{place}"}
        for number, patient in enumerate(cohort)
        for place, row in enumerate(patient[name])
    ]


def by_patient(cohort: list[Row], **columns: str) -> ibis.Table:
    """One row a patient, with the named entries."""
    kinds = {"weight_kg": pa.float64(), "start_day": pa.int64(), "end_day": pa.int64()}
    data: dict[str, Any] = {
        "patient_id": [str(number) for number in range(len(cohort))],
        "course_id": pa.array([1] * len(cohort), pa.int64()),
    }
    for column, entry in columns.items():
        data[column] = pa.array([patient[entry] for patient in cohort], kinds[column])
    return ibis.memtable(pa.table(data))


def computed(cohort: list[Row], from_day: int) -> dict[tuple[int, str], Row]:
    weights = by_patient(cohort, weight_kg="weight")
    given_rows = doses_of.given(table("drugs", rows_in(cohort, "drugs")), weights)
    spans = doses_of.interval_totals(given_rows, from_day)
    found = dose_in_windows(
        treatment_windows(by_patient(cohort, start_day="start", end_day="end"), from_day),
        doses_of.outside_totals(doses_of.administrations(given_rows), spans),
        spans,
        dexamethasone_factors("default"),
        table("coverage", rows_in(cohort, "coverage")),
    )
    return {(int(row["patient_id"]), row["window"]): row for row in found.to_pyarrow().to_pylist()}


@repeatable(25)
@given(cohort=st.lists(patients(), min_size=12, max_size=24), from_day=st.sampled_from([-2, 0]))
def test_the_dose_in_windows_is_that_of_the_reference(cohort: list[Row], from_day: int) -> None:
    """Every patient, every window, both bounds, to the microgram."""
    found = computed(cohort, from_day)
    assert len(found) == 4 * len(cohort)
    for number, patient in enumerate(cohort):
        for window, (low, high) in dose_by_window(patient, from_day).items():
            row = found[number, window]
            context = (window, patient)
            assert row["high"] == (None if high is None else pytest.approx(high, abs=2e-6)), context
            assert row["low"] == (None if low is None else pytest.approx(low, abs=2e-6)), context
