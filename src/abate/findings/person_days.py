"""A cohort as patients by days: grades, start of the treatment under study, and what was known on each day."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import ibis
import numpy as np

from abate.cohort import Cohort
from abate.findings.plan import LOG
from abate.records.problems import AbateError
from abate.statistics.person_days import PersonDays, carried, days_since, days_so_far, highest_so_far
from abate.statistics.times import Booleans, Floats, Integers
from abate.timeline.joins import DAY, KEYS, beside

UNTIL = 60
"""Last day after day 0 that is looked at, unless said otherwise."""
HIGH = 3
"""Grade from which a toxicity is high."""


LATER_COURSE = "later courses of a patient"
NOT_FOLLOWED = "not followed from day 0 on"
UNDATED_START = "given the treatment on no known day"
UNDATED_DEATH = "died on an unknown day: followed to the last record, as alive"


@dataclass(frozen=True)
class Judged:
    """Patients by days of a cohort.

    Attributes
    ----------
    names
        Identifier and course of each row.
    toxicity, system
        Whose grades they are: a clinician's where one judged the day by that system, else computed.
    days
        Grades as they are known; covariates ``grade 4``, ``highest grade``, ``days at grade 3 or more``, ``days since
        onset``, ``highest CRS``, ``steroid days`` so far and ``steroid dose`` (mg of
        dexamethasone on the day before); and those asked for.
    discharge
        Day of the first discharge after day 0, infinite where none is recorded.
    left_out
        Courses that are not looked at, or not to the end, by reason.
    """

    names: list[tuple[str, int]]
    toxicity: str
    system: str
    days: PersonDays
    discharge: Floats
    left_out: dict[str, int] = field(default_factory=dict)

    def to_the_last_grade(self) -> PersonDays:
        """Return the days with grades carried, the living followed to the last day on which a grade is known.

        Silence after the last grade is neither recovery nor going on: nobody knows.
        """
        days = self.days.carried()
        known = np.isfinite(self.days.grade)
        ends = np.where(known.any(axis=1), known.shape[1] - 1 - known[:, ::-1].argmax(axis=1), -1)
        return replace(days, last=np.where(days.died, days.last, np.minimum(days.last, ends)))


def person_days(
    cohort: Cohort, until: int = UNTIL, also: Sequence[str] = (), ever: int = 0, treated: bool = True
) -> Judged:
    """Return the courses of a cohort as patients by days, from day 0 on.

    Parameters
    ----------
    cohort
        With a treatment and a toxicity under study.
    until
        Last day that is looked at; who is followed longer is followed to it.
    also
        Other covariates: a laboratory variable (its last value on a day before), or a column of patients that is a
        number; with ``log`` before it or another the logarithm of 1 + it.
    ever
        Only courses that reached this grade on some day.
    treated
        Whether a treatment has to be under study.

    Raises
    ------
    AbateError
        If no treatment or toxicity is under study, or no day of it could be graded.
    """
    study = cohort.records.study
    system = cohort.first_systems.get(study.toxicity)
    if (treated and not study.treatment) or system is None:
        raise AbateError(
            "The time of treatment cannot be looked at. Expected [study] treatment and toxicity in abate.toml, and "
            "days of that toxicity that can be graded."
        )
    graded = cohort.computed.filter(cohort.computed.primary_grade.notnull())
    mine = graded.filter(graded.toxicity == study.toxicity, graded.system == system)
    courses = cohort.patients.select(*KEYS)
    if ever:
        courses = courses.semi_join(mine.filter(mine.primary_grade >= ever), KEYS)
    people, left_out = _people(cohort, courses, f"courses_in_order_{ever}")
    facts = beside(people, cohort.follow_up.select(*KEYS, "last_day", "observed_day", "died", "death_day"), KEYS)
    left = cohort.anchors.filter(cohort.anchors.anchor == "discharge").select(*KEYS, discharge="day")
    facts = beside(facts, left, KEYS)
    facts = beside(facts, cohort.treatment.select(*KEYS, "start_day"), KEYS).order_by("place").to_pyarrow()
    names = list(zip(facts["patient_id"].to_pylist(), facts["course_id"].to_pylist(), strict=True))
    observed = _numbers(facts, "observed_day", 0.0)
    ends = _numbers(facts, "last_day", np.nan)
    last = np.minimum(np.where(np.isnan(ends), observed, ends), until).astype(np.int64)
    # Of who died after the last day looked at, only that they lived so long is known here.
    death = _numbers(facts, "death_day", np.inf)
    died: Booleans = facts["died"].to_numpy(zero_copy_only=False).astype(bool)
    left_out[UNDATED_DEATH] = int((died & np.isinf(death)).sum())
    start = _numbers(facts, "start_day", np.inf)
    shape = (len(names), until + 1)
    crs = graded.filter(graded.toxicity == "CRS", graded.system == cohort.first_systems.get("CRS", ""))
    of_toxicity, of_crs = (_spread(rows, people, "primary_grade", shape) for rows in (mine, crs))
    steroid = np.nan_to_num(_spread(cohort.steroid_days, people, "low", shape))
    found = PersonDays(0, of_toxicity, start, last, death <= until, {})
    found = _with_covariates(found, of_crs, steroid)
    for name in also:
        if name not in found.covariates:
            values = _brought(cohort, found, people, name.removeprefix(LOG), shape)
            logged = np.log1p(np.maximum(values, 0)) if name.startswith(LOG) else values
            found = replace(found, covariates={**found.covariates, name: logged})
    return Judged(names, study.toxicity, system, found, _numbers(facts, "discharge", np.inf), left_out)


def _people(cohort: Cohort, courses: ibis.Table, name: str) -> tuple[ibis.Table, dict[str, int]]:
    """Return the courses that can be looked at, each with its place, and how many cannot, by reason."""
    drug = cohort.records.study.treatment
    parts = (table.filter(table.drug == drug).select(*KEYS) for table in (cohort.doses, cohort.totals))
    undated = ibis.union(*parts).distinct().anti_join(cohort.treatment, KEYS)
    followed = cohort.follow_up.filter(ibis.coalesce(ibis._.last_day, ibis._.observed_day) >= 0)
    first = courses.group_by("patient_id").aggregate(course_id=courses.course_id.min())
    left_out, rows = {}, courses
    for reason, kept in (
        (LATER_COURSE, rows.semi_join(first, KEYS)),
        (NOT_FOLLOWED, rows.semi_join(followed, KEYS)),
        (UNDATED_START, rows.anti_join(undated, KEYS)),
    ):
        left_out[reason] = cohort.count(rows) - cohort.count(kept)
        courses = courses.semi_join(kept, KEYS)
    # Each course has a place in the order of its keys, so that what leaves the engine is numbers.
    order = ibis.window(order_by=KEYS)
    return cohort.records.engine.keep(name, courses.mutate(place=ibis.row_number().over(order))), left_out


def _brought(cohort: Cohort, found: PersonDays, people: ibis.Table, name: str, shape: tuple[int, int]) -> Floats:
    """Return a covariate as it was known on each day: the last value of a variable, or a column of patients."""
    if name in found.covariates:
        return found.covariates[name]
    patients = cohort.patients
    if name in patients.columns:
        # A column of patients is known before a variable of the same name.
        told = beside(people, patients.select(*KEYS, value=patients[name].cast("float64")), KEYS).order_by("place")
        return np.repeat(_numbers(told.to_pyarrow(), "value", np.nan)[:, None], shape[1], axis=1)
    points = cohort.points.filter(cohort.points.variable == name)
    # Of the day before, for that of the day may have been taken after the treatment; the last before day 0 on day 0.
    points = points.mutate(day=1 + ibis.greatest(points.time.floor().cast("int64"), -1))
    latest = ibis.window(group_by=(*KEYS, "day"), order_by=(points.time.desc(), points.value.desc()))
    last = points.mutate(place_of_day=ibis.row_number().over(latest)).filter(ibis._.place_of_day == 0)
    return carried(_spread(last, people, "value", shape))


def _with_covariates(found: PersonDays, crs: Floats, steroid: Floats) -> PersonDays:
    grade = found.carried().grade
    high: Booleans = grade >= HIGH
    given: Integers = (steroid > 0).astype(np.int64)
    covariates = {
        "grade 4": (grade >= 4).astype(float),
        "highest grade": highest_so_far(grade),
        "days at grade 3 or more": days_so_far(high),
        "days since onset": np.nan_to_num(days_since(grade > 0)),
        "highest CRS": highest_so_far(crs),
        "steroid days": (np.cumsum(given, axis=1) - given).astype(float),
        "steroid dose": np.column_stack([np.zeros(len(steroid)), steroid[:, :-1]]),
    }
    return PersonDays(0, found.grade, found.start, found.last, found.died, covariates)


def _numbers(rows: Any, column: str, missing: float) -> Floats:
    values = rows[column].cast("float64").to_numpy(zero_copy_only=False)
    return np.where(np.isnan(values), missing, values)


def _spread(rows: ibis.Table, people: ibis.Table, column: str, shape: tuple[int, int]) -> Floats:
    """Return one number a course and day as an array of courses x days, not a number where there is none."""
    rows = rows.select(*DAY, value=rows[column].cast("float64")).filter(ibis._.day.between(0, shape[1] - 1))
    told = rows.join(people, KEYS).select("place", "day", "value").to_pyarrow()
    spread = np.full(shape, np.nan)
    place, day, value = (told[name].to_numpy() for name in ("place", "day", "value"))
    spread[place, day] = value
    return spread
