"""Refractory and dependent, by operational definitions: small courses of grades and doses, and what they are called."""

from typing import Any

import ibis
import pytest

from abate.outcomes.refractoriness import (
    NOT_KEPT,
    lines_of_therapy,
    steroid_dependent,
    steroid_refractory,
    tocilizumab_refractory,
)
from spec import frame, rows_of

WHOLE = ("course_id", "day", "start_day", "taper_start", "last_day", "position")


def table(text: str, **kinds: str) -> ibis.Table:
    """Return a table whose columns of days are whole numbers."""
    header = text.partition("\n")[0]
    return frame(text, **{name: "int" for name in WHOLE if name in header.split(" | ")}, **kinds)


def graded(text: str, first: int = 4) -> ibis.Table:
    """Grades of the days from day 4 on: a number, ``?``, or ``2+`` (at least 2)."""
    lines = ["patient_id | course_id | day | low | high"]
    for day, cell in enumerate(text.split(), start=first):
        low, exact = cell.strip("?+"), cell.strip("?+") == cell
        lines.append(f"A | 1 | {day} | {low} | {low if exact else ''}")
    return table("\n".join(lines), low="int", high="int")


def steroid(*days: float, first: int = 4) -> ibis.Table:
    """Milligrams of dexamethasone a day from day 4 on."""
    lines = [f"A | 1 | {day} | {dose} | {dose}" for day, dose in enumerate(days, start=first) if dose]
    return table("\n".join(["patient_id | course_id | day | low | high", *lines]), low="float", high="float")


def only(found: ibis.Table) -> Any:
    rows = rows_of(found, "verdict")
    return rows[0][0] if rows else None


@pytest.mark.parametrize(
    ("grades", "doses", "verdict"),
    [
        # grade 3 at 10 mg: 3 two days later is not fallen, 2 is
        ("3 3 3", (10, 10), "yes"),
        ("3 3 2", (10, 10), "no"),
        # worse in between
        ("3 4 2", (10, 10), "yes"),
        # less than 10 mg: not asked
        ("3 3 3", (9.9, 9.9), None),
        # the dose was not kept for 48 h
        ("3 3 3", (10, 5), NOT_KEPT),
        # a day without a recorded dose is not known to be without
        ("3 3 3", (10, 0), "not known"),
        # it begins on the first day with both
        ("0 3 3 2", (10, 10, 10), "no"),
        ("3 3 3 3", (0, 10, 10), "yes"),
        # what cannot be graded, and bounds
        ("3 3 ?", (10, 10), "not known"),
        ("3 3 3+", (10, 10), "yes"),
        ("2+ 3 2", (10, 10), "not known"),
        # it may have been worse in between
        ("3 ? 2", (10, 10), "not known"),
        ("0 0 0", (10, 10), None),
    ],
)
def test_refractory_to_steroid(grades: str, doses: tuple[float, ...], verdict: str | None) -> None:
    """10 mg of dexamethasone a day for 48 hours, from day 4 on."""
    assert only(steroid_refractory(steroid(*doses), graded(grades), 10.0, 2)) == verdict


@pytest.mark.parametrize(("days", "verdict"), [(1, "yes"), (2, "no"), (3, "no")])
def test_the_hours_are_an_option(days: int, verdict: str) -> None:
    """Grades 3, 3, 2, 1 under 20 mg a day."""
    assert only(steroid_refractory(steroid(20, 20, 20), graded("3 3 2 1"), 20.0, days)) == verdict


def doses_on(*days: int) -> ibis.Table:
    lines = [f"A | 1 | {day} | {day * 24} | row {place} | 0" for place, day in enumerate(days)]
    return table("\n".join(["patient_id | course_id | day | start | source | position", *lines]), start="float")


@pytest.mark.parametrize(
    ("grades", "days", "number", "verdict"),
    [
        ("2 2", (4,), 1, "yes"),
        ("2 1", (4,), 1, "no"),
        ("2 3", (4,), 1, "yes"),
        # after the second dose, on day 5
        ("2 2 1", (4, 5), 2, "no"),
        ("2 2 2", (4, 5), 2, "yes"),
        # only one was given
        ("2 2 2", (4,), 2, None),
        # given at grade 0
        ("0 2", (4,), 1, None),
        ("2 ?", (4,), 1, "not known"),
    ],
)
def test_refractory_to_tocilizumab(grades: str, days: tuple[int, ...], number: int, verdict: str | None) -> None:
    """24 hours after the first or the second dose."""
    assert only(tocilizumab_refractory(doses_on(*days), graded(grades), number, 1)) == verdict


@pytest.mark.parametrize(
    ("grades", "verdict"),
    [
        # tapered on days 6 and 7: days 6 to 8 are looked at
        ("3 2 1 1 1", "no"),
        ("3 2 1 2 1", "yes"),
        ("3 2 1 1 2", "yes"),
        ("3 2 1 1 1 2", "no"),
        ("3 2 1 ? 1", "not known"),
        ("3 2 1 1", "not known"),
        ("1 2 1 1 1", "no"),
        ("1 1 1 1+ 1", "not known"),
        # first seen on the taper: it does not rise again
        ("0 0 0 1 1", None),
    ],
)
def test_dependent_on_steroid(grades: str, verdict: str | None) -> None:
    """A grade that rises from one day to the next on the taper, or on the day after the last dose."""
    curves = table("patient_id | course_id | taper_start | last_day\nA | 1 | 6 | 7\nB | 1 | | 7")
    expected = [] if verdict is None else [("A", verdict)]
    assert rows_of(steroid_dependent(curves, graded(grades)), "patient_id", "verdict", order="course_id") == expected


def test_lines_of_therapy_in_the_order_begun() -> None:
    """What begins on one day shares a place; two steroids are one line; before day 0 is another treatment."""
    doses = table(
        "patient_id | course_id | drug | day | earliest_day\nA | 1 | dexamethasone | 4 | 4\n"
        "A | 1 | prednisone | 9 | 9\nA | 1 | tocilizumab | 4 | 4\nA | 1 | anakinra | | 6\n"
        "A | 1 | dexamethasone | -2 | -2\nA | 1 | saline | 1 | 1",
        earliest_day="int",
    )
    names = frame(
        "drug | called\ndexamethasone | corticosteroid\nprednisone | corticosteroid\ntocilizumab | tocilizumab\n"
        "anakinra | anakinra"
    )
    found = lines_of_therapy(doses, names, 0)
    expected = [("anakinra", 6, 2), ("corticosteroid", 4, 1), ("tocilizumab", 4, 1)]
    assert sorted(rows_of(found, "called", "start_day", "place")) == expected
