"""Every two gradings of one toxicity, crossed: how often each gave each grade, in tables that do not grow with days."""

from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np
import pyarrow as pa

from abate.engine.store import Engine
from abate.statistics.agreement import GRADES
from abate.statistics.confusion import confusion
from abate.statistics.patient_sums import PatientSums
from abate.statistics.times import Integers
from abate.timeline.joins import DAY, KEYS

WIDTH = len(GRADES)
BY_DAY, BY_PATIENT = "patient-days", "patients"
"""What is counted: days that both graded, or patients by their worst grade of those days."""
BY_COURSE = "patients, whole course"
"""Patients by the worst grade computed of a course, and the highest that a clinician recorded of it."""

Graders = dict[str, list[str]]
"""Who graded days of each toxicity: systems in their order, then clinicians."""


@dataclass(frozen=True)
class Pair:
    """Two gradings of the same days, or of the same patients.

    Attributes
    ----------
    toxicity, first, second, unit
        What was graded, by whom, and what is counted: :data:`BY_DAY`, :data:`BY_PATIENT` or :data:`BY_COURSE`.
    sums
        How many were given each pair of grades, first 0 with second 0, 1, 2, ...
    table
        The same with totals, and what either could not grade apart: :func:`abate.statistics.confusion.confusion`.
    """

    toxicity: str
    first: str
    second: str
    unit: str
    sums: PatientSums
    table: Integers


def pairs(graded: ibis.Table, graders: Graders, days: dict[str, int], patients: int, engine: Engine) -> list[Pair]:
    """Return every pair of graders that graded a day in common, by day and by patient.

    Parameters
    ----------
    graded
        ``patient_id, course_id, day, toxicity, by, grade``: the days of a known grade, one row a grader.
    graders
        Whom to compare.
    days, patients
        How many patient-days of each toxicity, and patients, there are, graded or not.
    engine
        Where the counts are kept meanwhile.
    """
    number = {name: place for place, name in enumerate((of, by) for of, mine in graders.items() for by in mine)}
    with engine.only():
        rows = engine.keep("days_by_grader", _numbered(graded, number))
        cells = engine.keep("grade_pairs", _cells(rows))
        worst = cells.group_by("patient_id", "first", "second").aggregate(
            first_grade=cells.first_grade.max(), second_grade=cells.second_grade.max()
        )
        by_day = cells.group_by("first", "second", "first_grade", "second_grade").aggregate(count=cells["count"].sum())
        by_patient = worst.group_by("first", "second", "first_grade", "second_grade").aggregate(count=worst.count())
        days_of, patients_of = _counted(by_day, "first", "second"), _counted(by_patient, "first", "second")
        products = _products(cells)
        alone = _alone(rows)
    names = list(number)
    found = []
    for pair, counts in sorted(days_of.items()):
        (toxicity, first), (_same, second) = (names[place] for place in pair)
        worst_of = patients_of[pair]
        sums = PatientSums(int(worst_of.sum()), counts.ravel().astype(float), products[pair])
        by_day_table = confusion(counts, alone[pair[0]], alone[pair[1]], days[toxicity])
        found.append(Pair(toxicity, first, second, BY_DAY, sums, by_day_table))
        found.append(_of_patients(toxicity, first, second, BY_PATIENT, worst_of, patients))
    return found


def whole_courses(worst: ibis.Table, highest: ibis.Table, graders: Graders, patients: int) -> list[Pair]:
    """Return the worst grade that each system computed of a course against the highest that a clinician recorded of it.

    Parameters
    ----------
    worst
        ``patient_id, course_id, toxicity, by, grade``: the worst grade of each course, one row a system.
    highest
        From :func:`abate.grading.clinician.highest_grades`. It counts where a maximum of the course was recorded, and
        not where days alone were: a worse one may have gone unrecorded.
    graders
        The systems whose worst grades to compare.
    patients
        How many patients there are. A patient of several courses counts once, by the worst of those compared.
    """
    exact = highest.filter(highest.low == highest.high)
    judged = exact.select(*KEYS, "toxicity", second=by_clinician(exact), second_grade=exact.high.cast("int64"))
    mine = worst.select(*KEYS, "toxicity", first=worst.by, first_grade=worst.grade.cast("int64"))
    both = mine.join(judged, [*KEYS, "toxicity"])
    keys = ("toxicity", "first", "second")
    each = both.group_by("patient_id", *keys).aggregate(
        first_grade=both.first_grade.max(), second_grade=both.second_grade.max()
    )
    counts = _counted(each.group_by(*keys, "first_grade", "second_grade").aggregate(count=each.count()), *keys)
    return [
        _of_patients(toxicity, system, clinician, BY_COURSE, counts[of, first, clinician], patients)
        for toxicity, systems in graders.items()
        for system in systems
        for of, first, clinician in sorted(counts)
        if (of, first) == (toxicity, system)
    ]


def in_order(found: list[Pair]) -> list[Pair]:
    """Return pairs with all that was counted of the same two graders together."""
    place: dict[tuple[str, str, str], int] = {}
    return sorted(found, key=lambda pair: place.setdefault((pair.toxicity, pair.first, pair.second), len(place)))


def by_clinician(grades: ibis.Table) -> ibis.Value:
    """Name the clinicians who graded under a system."""
    return ibis.coalesce(ibis.literal("clinician, ") + grades.system, "clinician")


def _of_patients(toxicity: str, first: str, second: str, unit: str, counts: Integers, patients: int) -> Pair:
    """Return a pair of which each patient has one pair of grades: no patient is in two cells."""
    each = counts.ravel().astype(float)
    table = confusion(counts, counts.sum(axis=1), counts.sum(axis=0), patients)
    return Pair(toxicity, first, second, unit, PatientSums(int(counts.sum()), each, np.diag(each)), table)


def _numbered(graded: ibis.Table, number: dict[tuple[str, str], int]) -> ibis.Table:
    """Return the graded days with a number for each grader in place of the names."""
    names = ibis.memtable(
        pa.table(
            {
                "toxicity": pa.array([toxicity for toxicity, _by in number], pa.string()),
                "by": pa.array([by for _toxicity, by in number], pa.string()),
                "grader": pa.array(number.values(), pa.int64()),
            }
        )
    )
    rows = graded.join(names, ["toxicity", "by"])
    return rows.select(*DAY, "toxicity", "grader", grade=rows.grade.cast("int64"))


def _cells(rows: ibis.Table) -> ibis.Table:
    """Return how many days of each patient had each pair of grades by each two graders of one toxicity."""
    other = rows.view()
    both = rows.join(other, [*(rows[key] == other[key] for key in (*DAY, "toxicity")), rows.grader < other.grader])
    both = both.select(
        patient_id=rows.patient_id,
        first=rows.grader,
        second=other.grader,
        first_grade=rows.grade,
        second_grade=other.grade,
    )
    keys = ("patient_id", "first", "second", "first_grade", "second_grade")
    return both.group_by(*keys).aggregate(count=both.count().cast("int64"))


def _products(cells: ibis.Table) -> dict[tuple[int, int], np.ndarray[Any, np.dtype[np.float64]]]:
    """Return of each two graders the sums over patients of the product of two counts."""
    one = cells.select("patient_id", "first", "second", "count", cell=cells.first_grade * WIDTH + cells.second_grade)
    other = one.view()
    keys = ("patient_id", "first", "second")
    both = one.join(other, [*(one[key] == other[key] for key in keys), one.cell <= other.cell])
    both = both.select(
        first=one["first"], second=one["second"], cell=one.cell, other=other.cell, product=one["count"] * other["count"]
    )
    summed = both.group_by("first", "second", "cell", "other").aggregate(product=both["product"].cast("float64").sum())
    found: dict[tuple[int, int], np.ndarray[Any, np.dtype[np.float64]]] = {}
    for row in summed.to_pyarrow().to_pylist():
        matrix = found.setdefault((row["first"], row["second"]), np.zeros((WIDTH**2, WIDTH**2)))
        matrix[row["cell"], row["other"]] = matrix[row["other"], row["cell"]] = row["product"]
    return found


def _counted(rows: ibis.Table, *keys: str) -> dict[Any, Integers]:
    """Return the counts of each two graders as a square of grades."""
    found: dict[Any, Integers] = {}
    for row in rows.to_pyarrow().to_pylist():
        square = found.setdefault(tuple(row[key] for key in keys), np.zeros((WIDTH, WIDTH), dtype=np.int64))
        square[row["first_grade"], row["second_grade"]] = row["count"]
    return found


def _alone(rows: ibis.Table) -> dict[int, Integers]:
    """Return how many days each grader gave each grade, whoever else graded them."""
    found: dict[int, Integers] = {}
    for row in rows.group_by("grader", "grade").aggregate(count=rows.count()).to_pyarrow().to_pylist():
        found.setdefault(row["grader"], np.zeros(WIDTH, dtype=np.int64))[row["grade"]] = row["count"]
    return found
