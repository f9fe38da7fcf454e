"""Patients by days of a cohort of known truth, from its records and from the truth itself."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from abate import verbs
from abate.cohort import Cohort, derive
from abate.findings.person_days import Judged, person_days
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
    assert (found.covariates["highest CRS"][there] <= highest[there]).all()
    assert (found.covariates["highest CRS"][there] == highest[there]).mean() > 0.95


def test_a_study_without_a_treatment_is_told(cohort: Cohort) -> None:
    """Nothing under study, nothing to look at: said in words."""
    source = replace(cohort.records.source, study=replace(cohort.records.study, treatment=""))
    with pytest.raises(AbateError, match="Expected \\[study\\] treatment and toxicity"):
        person_days(replace(cohort, records=replace(cohort.records, source=source)))
