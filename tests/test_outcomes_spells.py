"""Spells, days in each grade, days free of steroid, and what came first: small tables beside what they must give."""

from typing import Any

import ibis
import pytest

from abate.exposure.daily_dose import daily_doses
from abate.exposure.equivalence import dexamethasone_factors
from abate.outcomes.spells import days_in_grades, first_toxicities, steroid_free_days, toxicity_spells
from spec import frame, rows_of


def graded(text: str) -> ibis.Table:
    """Days from 0 on, a grade each: a number, ``?``, bounds ``1-3`` (computed), ``j2`` or ``j1-2`` (a clinician's)."""
    kinds = dict.fromkeys(("day", "primary_low", "primary_grade", "lower", "upper", "course_id"), "int")
    kinds |= {"clinician_low": "float", "clinician_high": "float"}
    columns = ("day", "primary_low", "primary_grade", "lower", "upper", "primary", "clinician_low", "clinician_high")
    lines = [" | ".join(("patient_id", "course_id", *columns))]
    for day, cell in enumerate(text.split()):
        judged = cell.startswith("j")
        low, _, high = cell.removeprefix("j").partition("-")
        high = high or low
        if cell == "?":
            lines.append(f"A | 1 | {day} | | | 0 | 4 | computed | |")
        elif judged:
            lowest = "" if low == "0" != high else low
            lines.append(f"A | 1 | {day} | {lowest} | {low if low == high else ''} | | | clinician | {low} | {high}")
        elif low != high:
            lines.append(f"A | 1 | {day} | | | {low} | {high} | computed | |")
        else:
            lines.append(f"A | 1 | {day} | {low} | {low} | {low} | {low} | computed | |")
    return frame("\n".join(lines), **kinds).mutate(toxicity=ibis.literal("CRS"), system=ibis.literal("ASTCT 2019"))


@pytest.mark.parametrize(
    ("grades", "spells"),
    [
        ("0 0 0", []),
        # days 1 to 3, worst on day 2, both ends seen
        ("0 1 3 2 0", [(1, 1, 3, 3, 0, 3, 2, True, True)]),
        # a day of grade 0 parts two spells: it came back
        ("0 1 0 2 0", [(1, 1, 1, 1, 0, 1, 1, True, True), (2, 3, 3, 1, 0, 2, 3, True, True)]),
        # a day that cannot be graded parts none, and is counted
        ("0 2 ? 2 0", [(1, 1, 3, 2, 1, 2, 1, True, True)]),
        # neither end was seen
        ("? 1 2 ?", [(1, 1, 2, 2, 0, 2, 2, False, False)]),
        # begun on day 0: nothing is graded before it
        ("2 0", [(1, 0, 0, 1, 0, 2, 0, False, True)]),
        # a clinician's bound of 1 to 2 is toxic, one of 0 to 2 is not known to be
        ("0 j1-2 j0-2 0", [(1, 1, 1, 1, 0, 1, 1, True, False)]),
    ],
)
def test_spells(grades: str, spells: list[tuple[Any, ...]]) -> None:
    """Number, first and last day, toxic and unknown days, peak and its day, whether either end was seen."""
    found = toxicity_spells(graded(grades))
    columns = (
        "number",
        "start_day",
        "last_day",
        "toxic_days",
        "unknown_days",
        "peak",
        "peak_day",
        "start_known",
        "end_known",
    )
    rows = rows_of(found, *columns)
    assert sorted(rows) == spells


@pytest.mark.parametrize(
    ("grades", "days", "bounded", "unknown", "area"),
    [
        ("0 1 3 2 0", [2, 1, 1, 1, 0], 0, 0, (6, 6)),
        # unknown: 0 to 4
        ("0 ? 2", [1, 0, 1, 0, 0], 0, 1, (2, 6)),
        # known as bounds, computed and judged
        ("1-3 j1-2 j4", [0, 0, 0, 0, 1], 2, 0, (6, 9)),
    ],
)
def test_days_in_each_grade_and_the_area(
    grades: str, days: list[int], bounded: int, unknown: int, area: tuple[int, int]
) -> None:
    """Grade times days, with what is unknown as least and as most."""
    (row,) = days_in_grades(graded(grades)).to_pyarrow().to_pylist()
    assert [row[f"days_{grade}"] for grade in range(5)] == days
    assert (row["bounded_days"], row["unknown_days"]) == (bounded, unknown)
    assert (row["area_low"], row["area_high"]) == area


@pytest.mark.parametrize(
    ("death", "observed", "covered", "low", "high"),
    [
        # 10 days, steroid on days 2 and 3
        (None, 9, range(10), 8, 8),
        # nothing declared complete: at least 0
        (None, 9, (), 0, 8),
        (None, 9, range(5), 3, 8),
        # followed to day 4 alone
        (None, 4, range(10), 3, 8),
        # dead on day 6: days 0, 1, 4, 5
        (6, 6, range(10), 4, 4),
    ],
)
def test_days_alive_and_free_of_steroid(death: int | None, observed: int, covered: range, low: int, high: int) -> None:
    """Silence is no absence: only a record declared complete makes a day free."""
    kinds = dict.fromkeys(("course_id", "death_day", "observed_day", "day"), "int")
    doses = frame(
        "patient_id | course_id | drug | day | low | high\n"
        "A | 1 | prednisone | 2 | 50 | 50\nA | 1 | prednisone | 3 | 50 |",
        **kinds,
        low="float",
        high="float",
    )
    daily = daily_doses(doses, dexamethasone_factors("default"))
    follow_up = frame(f"patient_id | course_id | death_day | observed_day\nA | 1 | {death or ''} | {observed}", **kinds)
    lines = ["patient_id | course_id | day", "nobody | 1 | 0", *(f"A | 1 | {day}" for day in covered)]
    none = frame(
        "patient_id | course_id | start_day | end_day\nnobody | 1 | 0 | 1",
        course_id="int",
        start_day="int",
        end_day="int",
    )
    found = steroid_free_days(daily, follow_up, frame("\n".join(lines), **kinds), none, 10)
    assert rows_of(found, "free_low", "free_high", "days") == [(low, high, 10)]


@pytest.mark.parametrize(("end", "low"), [("4", 6), ("", 0)])
def test_a_total_leaves_its_days_open(end: str, low: int) -> None:
    """Steroid told as a total from day 0 on: any of its days may have had it, whatever was declared complete."""
    kinds = dict.fromkeys(("course_id", "death_day", "observed_day", "day"), "int")
    of_doses = "patient_id | course_id | drug | day | low | high\nnobody | 1 | prednisone | 2 | 5 | 5"
    daily = daily_doses(frame(of_doses, **kinds, low="float", high="float"), dexamethasone_factors("default"))
    follow_up = frame("patient_id | course_id | death_day | observed_day\nA | 1 | | 20", **kinds)
    covered = frame("\n".join(["patient_id | course_id | day", *(f"A | 1 | {day}" for day in range(10))]), **kinds)
    days = {"course_id": "int", "start_day": "int", "end_day": "int"}
    totals = frame(f"patient_id | course_id | start_day | end_day\nA | 1 | 0 | {end}", **days)
    found = steroid_free_days(daily, follow_up, covered, totals, 10)
    assert rows_of(found, "free_low", "free_high") == [(low, 10)]


@pytest.mark.parametrize(
    ("crs", "icans", "hlh", "order"),
    [
        (2, 5, None, "CRS, then ICANS"),
        (5, 2, None, "ICANS, then CRS"),
        (2, 2, None, "CRS with ICANS"),
        (2, 2, 2, "CRS with ICANS with HLH"),
        (2, 5, 3, "CRS, then HLH, then ICANS"),
        (2, 5, 5, "CRS, then ICANS with HLH"),
        (None, 5, None, "ICANS"),
        (None, None, 4, "HLH"),
    ],
)
def test_what_came_first(crs: int | None, icans: int | None, hlh: int | None, order: str) -> None:
    """By the first day on which each was seen."""
    lines = ["patient_id | course_id | toxicity | onset_day", "A | 1 | CRS |"]
    lines += [f"A | 1 | {name} | {day}" for name, day in (("CRS", crs), ("ICANS", icans)) if day is not None]
    courses = frame("\n".join(lines), course_id="int", onset_day="int")
    events = frame(f"patient_id | event | day\nA | hlh | {'' if hlh is None else hlh}\nnobody | fever | 1", "events")
    assert rows_of(first_toxicities(courses, events), "order") == [(order,)]
