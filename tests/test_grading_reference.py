"""The graders agree with a slow, obvious reference on patients that nobody would make up."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abate.grading.rules import grade_days
from abate.grading.systems import SYSTEMS
from grading import daily
from grading_strategies import options, patients, tables
from reference_features import features
from reference_grading import grade
from repeatable import repeatable

THEMES = ("crs", "sedated crs", "organs", "neuro", "sedated neuro", "all")
COMPARED = (
    *("fever", "hypotension", "vasopressor", "two_vasopressors", "two_vasopressors_besides_vasopressin"),
    *("high_dose_vasopressor", "hypotension_despite_vasopressors", "circulatory_collapse", "oxygen"),
    *("oxygen_above_low_flow", "positive_pressure", "noninvasive_positive_pressure", "invasive_ventilation"),
    *("fio2_from_40", "episode_open", "hypotension_in_crs", "vasopressor_in_crs", "oxygen_in_crs", "sedated"),
    *("two_vasopressors_besides_vasopressin_in_crs", "oxygen_above_low_flow_in_crs", "positive_pressure_in_crs"),
    *("consciousness", "ice", "cartox10", "capd", "unable", "weakness", "not_assessable", "uses_capd"),
    *("two_vasopressors_of_any_kind", "hypotension_despite_high_dose_vasopressor", "vasopressor_for_24_hours"),
    *("fluid_bolus", "repeated_fluid_bolus", "care_for_crs", "coagulation_product"),
    *("bilirubin_grade", "creatinine_grade", "urine_output_grade"),
)
"""Features that both call by the same name."""


def differences(cohort: Mapping[str, Any], chosen: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Return every feature and grade on which abate and the reference differ."""
    rows = {name: dict(tables(patient, name)) for name, patient in cohort.items()}
    people = [{**found["patients"][0], "last_day": cohort[name]["last_day"]} for name, found in rows.items()]
    table, applied, _ = daily(people, rows, chosen, 0)
    mine = {(row["patient_id"], row["day"]): row for row in table.to_pyarrow().to_pylist()}
    out: list[tuple[Any, ...]] = []
    for name, patient in cohort.items():
        for day, expected in features(patient, dict(chosen)).items():
            out += [
                (name, day, feature, expected[feature], mine[name, day][feature])
                for feature in COMPARED
                if expected[feature] != mine[name, day][feature]
            ]
    for key, system in SYSTEMS.items():
        graded = {(r["patient_id"], r["day"]): r for r in grade_days(table, system, applied).to_pyarrow().to_pylist()}
        for name, patient in cohort.items():
            for day, expected in grade(patient, dict(chosen), key).items():
                found = graded[name, day]
                out += [
                    (name, day, key, column, expected[column], found[column])
                    for column in ("grade", "lower", "upper", "complete")
                    if expected[column] != found[column]
                ]
    return out


@pytest.mark.parametrize("theme", THEMES)
@repeatable(6)
@given(data=st.data(), chosen=options())
def test_grades_and_features_agree_with_the_reference(theme: str, data: st.DataObject, chosen: dict[str, Any]) -> None:
    """Sixty patients at a time: one run of the engine costs seconds, a patient of the reference nothing."""
    drawn = data.draw(st.lists(patients(theme=theme), min_size=20, max_size=60))
    cohort = {f"P{position}": patient for position, patient in enumerate(drawn)}
    assert differences(cohort, chosen) == []
