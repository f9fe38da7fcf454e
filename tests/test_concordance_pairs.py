"""Every two gradings crossed: the expressions against plain Python, day by day."""

import random
from itertools import combinations

import ibis
import numpy as np
import pyarrow as pa
import pytest

from abate.engine.store import Engine
from abate.findings.pair_tables import agreement_line, both_graded
from abate.findings.pairs import BY_COURSE, BY_DAY, BY_PATIENT, Pair, in_order, pairs, whole_courses
from abate.findings.together import together
from abate.statistics.gwet import gwet_of, rated
from abate.statistics.times import Integers

GRADERS = {"CRS": ["first", "second", "clinician"], "ICANS": ["first", "late"]}
PATIENTS, COURSES, DAYS = 7, 2, 5
Days = dict[tuple[str, str, int, int, int], int]


def some_days(seed: int) -> Days:
    """Return grades by toxicity, grader, patient, course and day; a grader who could not grade a day has none."""
    chance = random.Random(seed)  # noqa: S311 (no secret)
    places = [(patient, course, day) for patient in range(PATIENTS) for course in range(COURSES) for day in range(DAYS)]
    found = {}
    for toxicity, mine in GRADERS.items():
        for place in places:
            truth = chance.choice((0, 0, 1, 2, 4))
            for by in mine:
                if chance.random() < 0.7 and not (by == "late" and place[0] < 2):
                    found[(toxicity, by, *place)] = min(5, max(0, truth + chance.choice((0, 0, 0, 1, -1))))
    return found


def table(days: Days) -> ibis.Table:
    """Return them as the table that is compared."""
    rows = [
        {"patient_id": f"P{patient}", "course_id": course, "day": day, "toxicity": toxicity, "by": by, "grade": grade}
        for (toxicity, by, patient, course, day), grade in days.items()
    ]
    return ibis.memtable(pa.Table.from_pylist(rows))


def counted(days: Days, toxicity: str, first: str, second: str) -> Integers:
    """Return the days of each patient with each pair of grades."""
    found = np.zeros((PATIENTS, 6, 6), dtype=int)
    for (of, by, patient, course, day), grade in days.items():
        if (of, by) == (toxicity, first) and (other := days.get((of, second, patient, course, day))) is not None:
            found[patient, grade, other] += 1
    return found


@pytest.mark.parametrize("seed", range(3))
def test_pairs_are_those_of_plain_counting(seed: int) -> None:
    days = some_days(seed)
    everything = PATIENTS * COURSES * DAYS
    found = pairs(table(days), GRADERS, dict.fromkeys(GRADERS, everything), PATIENTS, Engine())
    named = {(pair.toxicity, pair.first, pair.second, pair.unit): pair for pair in found}
    expected = [(toxicity, *two) for toxicity, mine in GRADERS.items() for two in combinations(mine, 2)]
    assert list(dict.fromkeys(name[:3] for name in named)) == expected
    for name in expected:
        each = counted(days, *name)
        by_day, worst = named[(*name, BY_DAY)], named[(*name, BY_PATIENT)]
        flat = each.reshape(PATIENTS, 36)
        assert by_day.sums.patients == flat.any(axis=1).sum()
        assert by_day.sums.total.tolist() == flat.sum(axis=0).tolist()
        assert by_day.sums.products.tolist() == (flat.T @ flat).tolist()
        _check_days(by_day, days, everything)
        highest = np.zeros((6, 6), dtype=int)
        for square in each:
            if square.any():
                first, second = np.nonzero(square)
                highest[first.max(), second.max()] += 1
        assert worst.sums.total.tolist() == highest.ravel().tolist()
        assert worst.sums.products.tolist() == np.diag(highest.ravel()).tolist()
        assert worst.table[:6, :6].tolist() == highest.tolist()
        assert (worst.table[6, 6], worst.table[7, 7]) == (PATIENTS - highest.sum(), PATIENTS)
        assert sum(row["count"] for row in both_graded([by_day, worst], BY_DAY)) == each.sum()


def _check_days(pair: Pair, days: Days, everything: int) -> None:
    """Each grade of one that the other did not give, and the days of neither, stand apart."""
    mine, other = (
        {place[2:]: grade for place, grade in days.items() if place[:2] == (pair.toxicity, by)}
        for by in (pair.first, pair.second)
    )
    for grade in range(6):
        assert pair.table[grade, 6] == sum(mine[place] == grade for place in mine.keys() - other.keys())
        assert pair.table[6, grade] == sum(other[place] == grade for place in other.keys() - mine.keys())
    assert pair.table[6, 6] == everything - len(mine.keys() | other.keys())
    assert pair.table[7, 7] == everything


@pytest.mark.parametrize("weights", ["unweighted", "ordinal"])
def test_all_at_once_is_what_the_days_one_by_one_give(weights: str) -> None:
    days = some_days(3)
    found = together(table(days), GRADERS, weights)
    for toxicity in GRADERS:
        raters: dict[tuple[int, int, int], list[int]] = {}
        for (of, _by, *place), grade in days.items():
            if of == toxicity:
                raters.setdefault((place[0], place[1], place[2]), [0] * 6)[grade] += 1
        each = rated(np.array(list(raters.values())), np.array([place[0] for place in raters]), weights)
        expected = gwet_of(each, weights)
        mine = found[toxicity]
        assert (mine.patients, mine.reason) == (expected.patients, "")
        for name in ("value", "low", "high", "error"):
            assert getattr(mine, name) == pytest.approx(getattr(expected, name))


def test_days_of_full_agreement_say_why_there_is_no_interval() -> None:
    days = {("CRS", by, patient, 1, 0): patient for by in ("first", "second") for patient in range(3)}
    found = pairs(table(days), {"CRS": ["first", "second"]}, {"CRS": 3}, 3, Engine())
    line = agreement_line(found[0], "linear")
    assert (line["weighted kappa (95 % interval)"], line["AC2 (95 % interval)"], line["95 % interval"]) == (
        "1",
        "1",
        "–",
    )
    assert line["why not told"] == "no interval: no patient differs"


def test_nothing_compared_is_no_pair() -> None:
    days = {("CRS", "first", 0, 1, 0): 1, ("CRS", "second", 0, 1, 1): 1}
    assert pairs(table(days), {"CRS": ["first", "second"]}, {"CRS": 2}, 1, Engine()) == []


def test_a_clinicians_maximum_stands_against_the_worst_that_was_computed() -> None:
    """P0 agrees; P1 has two courses, the worse counts; P2 has bounds, P3 days alone, P4 no computed grade."""
    rows = [("P0", 1, 2), ("P1", 1, 1), ("P1", 2, 3), ("P2", 1, 1), ("P3", 1, 2)]
    worst = pa.Table.from_pylist(
        [
            {"patient_id": patient, "course_id": course, "toxicity": "CRS", "by": by, "grade": grade}
            for patient, course, grade in rows
            for by in ("first", "clinician, ASTCT")
        ]
    )
    highest = [("P0", 1, 2, 2), ("P1", 1, 2, 2), ("P1", 2, 2, 2), ("P2", 1, 0, 2), ("P3", 1, 2, None), ("P4", 1, 3, 3)]
    names = ("patient_id", "course_id", "low", "high")
    judged = pa.Table.from_pylist(
        [dict(zip(names, row, strict=True)) | {"toxicity": "CRS", "system": "ASTCT"} for row in highest]
    )
    found = whole_courses(ibis.memtable(worst), ibis.memtable(judged), {"CRS": ["first"], "ICANS": ["first"]}, 5)
    assert [(pair.first, pair.second, pair.unit) for pair in found] == [("first", "clinician, ASTCT", BY_COURSE)]
    assert both_graded(found, BY_COURSE) == [
        {"toxicity": "CRS", "first": "first", "second": "clinician, ASTCT", "count": 1, **cell}
        for cell in ({"first_grade": 2, "second_grade": 2}, {"first_grade": 3, "second_grade": 2})
    ]
    assert (found[0].sums.patients, found[0].table[6, 6], found[0].table[7, 7]) == (2, 3, 5)


def test_pairs_of_the_same_graders_stand_together() -> None:
    days = some_days(1)
    found = pairs(table(days), GRADERS, dict.fromkeys(GRADERS, 70), PATIENTS, Engine())
    shuffled = [*found[::2], *found[1::2]]
    assert [(pair.first, pair.second) for pair in in_order(shuffled)] == [(pair.first, pair.second) for pair in found]
