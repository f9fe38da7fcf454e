"""A cohort as patients by days: grades, start of the treatment under study, and what was known on each day."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
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
    # Each course has a place in the order of its keys, so that what leaves the engine is numbers.
    order = ibis.window(order_by=KEYS)
    people = cohort.records.engine.keep(f"courses_in_order_{ever}", courses.mutate(place=ibis.row_number().over(order)))
    facts = _facts(cohort, people)
    names = list(zip(facts["patient_id"].to_pylist(), facts["course_id"].to_pylist(), strict=True))
    observed, ends = (_numbers(facts, column, np.nan) for column in ("observed_day", "last_day"))
    ends = np.where(np.isnan(ends), observed, ends)
    last = np.minimum(np.nan_to_num(ends), until).astype(np.int64)
    # Of who died after the last day looked at, only that they lived so long is known here.
    death = _numbers(facts, "death_day", np.inf)
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
    # The names stand in order, so that a later course follows an earlier one of the same patient.
    later = np.array([course[0] == before[0] for before, course in pairwise([("", 0), *names])], bool)
    reasons: dict[str, Booleans] = {
        LATER_COURSE: later,
        NOT_FOLLOWED: ~(ends >= 0),
        UNDATED_START: _flags(facts, "given") & np.isinf(start),
    }
    kept = np.flatnonzero(~np.any(list(reasons.values()), axis=0))
    left_out = {reason: int(found_.sum()) for reason, found_ in reasons.items()}
    left_out[UNDATED_DEATH] = int((_flags(facts, "died") & np.isinf(death))[kept].sum())
    discharge = _numbers(facts, "discharge", np.inf)[kept]
    return Judged([names[place] for place in kept], study.toxicity, system, found.of(kept), discharge, left_out)


def _facts(cohort: Cohort, people: ibis.Table) -> Any:
    """Return what is known of each course once, in the order of their places."""
    drug = cohort.records.study.treatment
    parts = (table.filter(table.drug == drug).select(*KEYS) for table in (cohort.doses, cohort.totals))
    given = ibis.union(*parts).distinct().mutate(given=ibis.literal(True))
    left = cohort.anchors.filter(cohort.anchors.anchor == "discharge").select(*KEYS, discharge="day")
    facts = people
    for other in (
        cohort.follow_up.select(*KEYS, "last_day", "observed_day", "died", "death_day"),
        left,
        cohort.treatment.select(*KEYS, "start_day"),
        given,
    ):
        facts = beside(facts, other, KEYS)
    return facts.order_by("place").to_pyarrow()


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


def _flags(rows: Any, column: str) -> Booleans:
    return np.array([bool(flag) for flag in rows[column].to_pylist()], bool)


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
