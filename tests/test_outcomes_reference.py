"""Random cohorts: the response is that of the slow reference."""

from typing import Any

import ibis
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from abate.outcomes.response import response
from abate.records.options import Options
from abate.records.tables import TABLES
from reference_response import Row, judge, lasted
from repeatable import repeatable

LIVING = st.integers(0, 4)


@st.composite
def grade_rows(draw: st.DrawFn) -> list[Row]:
    """At most one grade a day and toxicity, some of them bounds."""
    rows = []
    for toxicity in ("ICANS", "CRS"):
        for day in draw(st.lists(st.integers(0, 20), unique=True, max_size=7)):
            low, high = sorted((draw(LIVING), draw(LIVING)))
            exact = draw(st.sampled_from([True, True, False]))
            bounds = {"low": float(low), "high": float(low if exact else high)}
            rows.append({"toxicity": toxicity, "day": day, **bounds})
    return rows


words = st.sampled_from([None, "yes", "Improved", "no change", "refractory", "partial"])
patients = st.fixed_dictionaries(
    {
        "start": st.integers(2, 10),
        "indication": st.sampled_from([None, "ICANS", "ICANS", "CRS", "HLH"]),
        "grades": grade_rows(),
        "words": st.lists(words, max_size=2),
        "last_day": st.none() | st.integers(10, 40),
    }
)


@st.composite
def chosen_options(draw: st.DrawFn) -> Row:
    """Every option of the rule, alone or with others."""
    high = draw(st.sampled_from([3, 3, 2, 4]))
    return {
        "high_grade": high,
        "low_grade": draw(st.integers(0, high - 1)),
        "response_window_days": draw(st.sampled_from([0, 0, 2, 5])),
        "grade_at_start_lookback_days": draw(st.integers(0, 3)),
        "durable_days": draw(st.sampled_from([0, 0, 3, 10])),
        "durable_silence_days": draw(st.sampled_from([0, 1, 2, 7])),
    }


def keyed(cohort: list[Row], kinds: dict[str, pa.DataType], rows: list[list[Row]]) -> ibis.Table:
    """A table of the rows of each patient, who are numbered."""
    schema = pa.schema({"patient_id": pa.string(), "course_id": pa.int64(), **kinds})
    flat = [row | {"patient_id": str(number), "course_id": 1} for number in range(len(cohort)) for row in rows[number]]
    return ibis.memtable(pa.Table.from_pylist(flat, schema=schema))


def computed(cohort: list[Row], options: Options) -> dict[int, Row]:
    whole, number, text = pa.int64(), pa.float64(), pa.string()
    treatment = keyed(
        cohort,
        {"start_day": whole, "end_day": whole, "indication": text},
        [[{"start_day": one["start"], "end_day": None, "indication": one["indication"]}] for one in cohort],
    )
    grades = keyed(
        cohort,
        {"toxicity": text, "day": whole, "low": number, "high": number},
        [one["grades"] for one in cohort],
    )
    event_kinds = dict(zip(TABLES["events"].schema.names, TABLES["events"].schema.to_pyarrow().types, strict=True))
    events = keyed(
        cohort,
        {name: kind for name, kind in event_kinds.items() if name not in ("patient_id", "course_id")},
        [[{"event": "clinician_response", "text": word} for word in one["words"]] for one in cohort],
    )
    followed = keyed(
        cohort,
        {"death_day": whole, "last_day": whole, "last_precision": text, "died": pa.bool_()},
        [[{"death_day": None, "last_day": one["last_day"], "last_precision": "day", "died": False}] for one in cohort],
    )
    found = response(treatment, grades, events, followed, "ICANS", options)
    return {int(row["patient_id"]): row for row in found.to_pyarrow().to_pylist()}


@repeatable(25)
@given(cohort=st.lists(patients, min_size=15, max_size=30), chosen=chosen_options())
def test_the_response_is_that_of_the_reference(cohort: list[Row], chosen: dict[str, Any]) -> None:
    """Every patient, every column of the verdict."""
    found = computed(cohort, Options(chosen))
    assert len(found) == len(cohort)
    for number, patient in enumerate(cohort):
        row, expected = found[number], judge(patient, chosen)
        expected["course"] = lasted(expected, patient, chosen)
        del expected["perhaps"], expected["graded"]
        assert {name: row[name] for name in expected} == expected, (patient, chosen)
