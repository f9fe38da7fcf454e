"""Patients by days of a cohort of known truth, from its records and from the truth itself."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from abate import verbs
from abate.cohort import Cohort, derive
from abate.findings.person_days import Judged, person_days
from abate.findings.plan import TEMPLATE, Plan, Trial, read_plan
from abate.findings.plan_checks import check_plan
from abate.findings.recovery import recovery
from abate.findings.results import TABLES, results
from abate.records.problems import AbateError
from abate.synthesis.cohort import PART
from abate.synthesis.illness import DAYS, LOTS, NO_EFFECT, Illness, fall_ill
from abate.synthesis.patients import draw_patients
from timing_cohorts import person_days as true_days

COUNT, SEED = 40, 3


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cohort]:
    folder = tmp_path_factory.mktemp("timing")
    verbs.synth(folder / "records", COUNT, SEED)
    yield derive(verbs.read(folder / "records", work=folder / "work"))


@pytest.fixture(scope="module")
def judged(cohort: Cohort) -> Judged:
    return person_days(cohort, until=DAYS - 1)


def _truth() -> Illness:
    """Return the illness that the records of the fixture were made of."""
    random = np.random.default_rng([SEED, 0])
    people = draw_patients(random, PART)
    random.spawn(2)
    return fall_ill(random.random((DAYS, LOTS, PART)), people, NO_EFFECT, "refractory")


def test_records_give_back_the_grades_and_the_start(judged: Judged) -> None:
    """Every known grade is the true one; start, last day and death of everyone."""
    ill = _truth()
    true, found = true_days(ill), judged.days
    assert len(found) == COUNT
    known = np.isfinite(found.grade)
    assert known.sum() > 0.9 * found.followed.sum()
    # A death of the toxicity is its grade 5, of which the level of illness knows nothing.
    fatal = found.grade == 5
    assert (found.grade[known & ~fatal] == true.grade[:COUNT][known & ~fatal]).all()
    assert (found.last[fatal.any(axis=1)] == np.nonzero(fatal)[1]).all()
    assert found.start.tolist() == true.start[:COUNT].tolist()
    assert found.last.tolist() == true.last[:COUNT].tolist()
    assert found.died.tolist() == true.died[:COUNT].tolist()


def test_what_was_known_on_each_day_is_that_of_the_day(judged: Judged) -> None:
    """Steroids so far by the days before; the highest CRS as it was; grade 4 by the grade."""
    ill, found = _truth(), judged.days
    given = (ill.dexamethasone[:COUNT] > 0).astype(int)
    before = np.cumsum(given, axis=1) - given
    there = found.followed
    assert (found.covariates["steroid days"][there] == before[there]).all()
    assert (found.covariates["grade 4"][there] == (found.carried().grade[there] >= 4)).all()
    highest = np.maximum.accumulate(ill.crs[:COUNT], axis=1)
    known = there & np.isfinite(found.covariates["highest CRS"])
    assert (found.covariates["highest CRS"][known] <= highest[known]).all()
    assert (found.covariates["highest CRS"][there] == highest[there]).mean() > 0.95


def test_a_study_without_a_treatment_is_told(cohort: Cohort) -> None:
    """Nothing under study, nothing to look at: said in words."""
    source = replace(cohort.records.source, study=replace(cohort.records.study, treatment=""))
    with pytest.raises(AbateError, match="Expected \\[study\\] treatment and toxicity"):
        person_days(replace(cohort, records=replace(cohort.records, source=source)))


def test_a_covariate_is_the_last_value_before_a_day_or_that_of_the_patient(cohort: Cohort) -> None:
    """Ferritin of the days before each, as the records have it, by hand; age on every day; the logarithm of 1 + it."""
    found = person_days(cohort, DAYS - 1, ("ferritin", "log ferritin", "age", "log days since onset"))
    rows = cohort.points.filter(cohort.points.variable == "ferritin").to_pyarrow().to_pylist()
    for place, (patient, course) in enumerate(found.names[:8]):
        mine = [row for row in rows if (row["patient_id"], row["course_id"]) == (patient, course)]
        for day in range(DAYS):
            before = [(row["time"], row["value"]) for row in mine if row["time"] < day]
            value = found.days.covariates["ferritin"][place, day]
            assert value == max(before)[1] if before else np.isnan(value)
    logged = found.days.covariates["log ferritin"]
    assert np.allclose(logged, np.log1p(found.days.covariates["ferritin"]), equal_nan=True)
    ages = dict(zip(*(cohort.patients.to_pyarrow()[name].to_pylist() for name in ("patient_id", "age")), strict=True))
    assert [row[0] for row in found.days.covariates["age"]] == [ages[patient] for patient, _ in found.names]


def test_only_courses_that_reached_a_grade(cohort: Cohort, judged: Judged) -> None:
    some = person_days(cohort, DAYS - 1, ever=3)
    assert some.names == [
        name for name, row in zip(judged.names, judged.days.grade, strict=True) if np.nanmax(row, initial=0) >= 3
    ]


def test_the_template_is_answered_in_full(cohort: Cohort, tmp_path: Path) -> None:
    """Every table of the results; the protocol first, the naive analysis beside the right one, nothing claimed."""
    (tmp_path / "plan.toml").write_text(TEMPLATE, encoding="utf-8")
    plan = read_plan(tmp_path / "plan.toml")
    check_plan(plan, cohort.records)
    tables, texts = results(cohort, plan)
    assert set(tables) == set(TABLES)
    assert [row["element"] for row in tables["protocol"].to_pylist()][:4] == [
        "Eligibility",
        "Strategies",
        "Background treatment",
        "Assignment",
    ]
    analyses = tables["timing"].to_pylist()
    assert len(analyses) == 9 and "biased" in analyses[0]["analysis"]
    assert all(row["how to read it"] for row in analyses)
    assert {row["endpoint"] for row in tables["endpoints"].to_pylist()} == {
        "death from day 0",
        "resolution from high grade",
    }
    assert "none says that the treatment works" in texts["timing"]
    assert tables["state_days"].num_rows and tables["state_means"].num_rows


def test_without_a_trial_no_treatment_has_to_be_under_study(cohort: Cohort) -> None:
    source = replace(cohort.records.source, study=replace(cohort.records.study, treatment=""))
    other = replace(cohort, records=replace(cohort.records, source=source))
    tables, texts = results(other, Plan())
    assert tables["state_days"].num_rows and not tables["protocol"].num_rows and not texts["timing"]
    assert recovery(other)[1]["natural_recovery"] == ""


def test_the_steroid_days_of_a_plan_keep_out_who_had_fewer(cohort: Cohort) -> None:
    """Those who enter with four days of steroids are fewer than all who enter."""
    counts = [results(cohort, Plan(trial=Trial(steroid_days=days)))[1]["timing"].split()[0] for days in (0, 4, 100)]
    assert int(counts[0]) > int(counts[1]) > int(counts[2]) == 0
