"""Cells: patient-days written in words, and what each must be found to be.

A sheet is a text table (see :mod:`spec`). ``what`` names a row and ``records`` holds its facts, parted by
``;``. Every other column is what must be found: the grade of a system, its flags, or a feature.

======================================  ==========================================================
``temperature 38.0``                    a measurement, of day 0 unless a day stands before it
``d1 08:00 sbp 89``                     with its day and its time
``alt 121 uln 40``                      with its limit of normal (``lln`` likewise)
``nasal_cannula 3 fio2 40 as home``     oxygen: device, flow, inspired fraction, indication
``08:00 for 180min epinephrine 10``     an infusion (ug/min, or its unit after it); ``at no rate``
``tocilizumab`` / ``ordered dexamethasone``  a dose
``consciousness alert``                 a finding; ``until 12:00``, ``until d2`` say when it ends
``seizure focal 5`` / ``death CRS``     an event with its text and its number
``complete drugs`` / ``incomplete drugs``   a promise of completeness, or its denial
``age 5`` / ``infused 10:00`` / ``followed 2``   the patient; the last day
``well``                                :data:`WELL`; ``each day vitals`` repeats on every day followed
======================================  ==========================================================

A grade reads ``2``; ``2 [1-4]`` where the bounds are not both 2; ``? [0-4]`` where it cannot be graded.
A truth reads yes, no or ``?``. Without a column ``day``, a patient followed for several days has one answer a
day. All sheets under the same options are graded in one run: a run costs seconds, a row nothing.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest

from abate.grading.clinician import clinician_grades
from abate.grading.daily import computed_grades
from abate.records.dictionary import dictionary
from abate.records.tables import DOMAINS
from grading import COVERED, daily, table
from spec import cells

VITALS = "temperature 36.8; sbp 120; map 80"
COVERS = "; ".join(f"complete {domain}" for domain in COVERED)
LUCID = "ice 10; cartox10 10; capd 0; consciousness alert"
LABS = (
    "alt 20 uln 40; ast 20 uln 40; alp 60 uln 120; ggt 30 uln 60; bilirubin_total 0.5 uln 1.0; "
    "creatinine 0.5 uln 1.0; fibrinogen 300 lln 200; inr 1.0 uln 1.2; aptt 30 uln 35; "
    "00:00 until d1 00:00 urine_output 1500"
)
BEFORE = "d-3 creatinine 0.5 uln 1.0; d-3 sbp 120"
WELL = f"{VITALS}; {COVERS}; {LUCID}; {LABS}; {BEFORE}"
"""A patient-day without a finding, nothing missing: grade 0 in every system, and complete."""
MACROS = {"vitals": VITALS, "covered": COVERS, "lucid": LUCID, "labs": LABS, "well": WELL}
SYSTEMS = {
    "ASTCT CRS": ("CRS", "ASTCT 2019"),
    "CARTOX CRS": ("CRS", "CARTOX"),
    "Lee CRS": ("CRS", "Lee 2014"),
    "Penn CRS": ("CRS", "Penn"),
    "MSKCC CRS": ("CRS", "MSKCC"),
    "CTCAE 4.03 CRS": ("CRS", "CTCAE v4.03"),
    "CTCAE 5.0 CRS": ("CRS", "CTCAE v5.0"),
    "ASTCT ICANS": ("ICANS", "ASTCT 2019"),
    "CARTOX CRES": ("ICANS", "CARTOX"),
    "CTCAE 4.03 neuro": ("ICANS", "CTCAE v4.03"),
    "CTCAE 5.0 neuro": ("ICANS", "CTCAE v5.0"),
}
PARTS = ("grade", "flags", "missing", "criteria", "primary", "clinician", "attribution")
DAY_MINUTES = 1440
Chosen = tuple[tuple[str, Any], ...]

WHEN = re.compile(
    r"^(?:d(?P<day>-?\d+)(?: |$))?(?:(?P<time>\d\d:\d\d)(?: |$))?"
    r"(?:until (?:d(?P<end_day>-?\d+)(?: |$))?(?:(?P<end_time>\d\d:\d\d)(?: |$))?)?"
    r"(?:for (?P<lasts>\d+)min )?(?P<rest>.*)$"
)


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def _when(clause: str) -> tuple[dict[str, Any], list[str]]:
    """Return the columns of time that a clause begins with, and the words that follow."""
    found = WHEN.match(clause)
    assert found, clause
    day = int(found["day"] or 0)
    row: dict[str, Any] = {"day": day if found["day"] else None}
    if found["time"]:
        row["minute"] = day * DAY_MINUTES + _minutes(found["time"])
    if found["lasts"]:
        row["end_minute"] = row["minute"] + int(found["lasts"])
        row["end_day"] = row["end_minute"] // DAY_MINUTES
    if found["end_time"]:
        row["end_day"] = int(found["end_day"] or day)
        row["end_minute"] = row["end_day"] * DAY_MINUTES + _minutes(found["end_time"])
    elif found["end_day"]:
        row["end_day"] = int(found["end_day"])
    return row, found["rest"].split()


def _take(words: list[str], name: str) -> str | None:
    """Take ``name WORD`` out of the words."""
    if name not in words:
        return None
    position = words.index(name)
    value = words[position + 1]
    del words[position : position + 2]
    return value


def _number(word: str | None) -> float | None:
    return None if word is None else float(word)


@cache
def _findings() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in dictionary().states:
        found.setdefault(row["variable"], set()).add(row["state"])
    return found


def _record(clause: str) -> tuple[str, dict[str, Any]]:
    """Return the table and the row that a clause means."""
    row, words = _when(clause)
    if words[0] in ("complete", "incomplete"):
        promise, domain = words
        assert domain in DOMAINS, clause
        return "coverage", {**row, "domain": domain, "complete": promise == "complete"}
    row["day"] = row["day"] or 0
    status = words.pop(0) if words[0] in ("ordered", "held") else "given"
    name, *rest = words
    indication = _take(rest, "as")
    known = dictionary()
    name = name.replace("_", " ") if name.replace("_", " ") in known.drugs else name
    if name in known.variables:
        limits = {limit: _number(_take(rest, limit)) for limit in ("uln", "lln")}
        (value,) = rest
        return "measurements", {**row, **limits, "variable": name, "value": float(value)}
    if name in known.drugs:
        row |= {"drug": name, "status": status, "indication": indication, "kind": "infusion" if rest else "dose"}
        if rest and rest != ["at", "no", "rate"]:
            rate, *unit = rest
            usual = "[IU]/min" if name in ("vasopressin", "argipressin") else "ug/min"
            row |= {"rate": float(rate), "rate_unit": unit[0] if unit else usual}
        return "drugs", row
    if name in known.events:
        return "events", {**row, "event": name, **_judged(rest)}
    if name in _findings()["oxygen"]:
        fio2 = _number(_take(rest, "fio2"))
        flow = float(rest[0]) if rest else None
        return "states", {
            **row,
            "variable": "oxygen",
            "device": name,
            "flow": flow,
            "fio2": fio2,
            "indication": indication,
        }
    (state,) = rest
    assert state in _findings()[name], clause
    return "states", {**row, "variable": name, "state": state}


def _judged(rest: list[str]) -> dict[str, Any]:
    """Return what an event says: text, number or bounds, system, attribution."""
    attribution = "excluded" if "excluded" in rest else None
    words = [word for word in rest if word != "excluded"]
    system, low, high = _take(words, "by"), _number(_take(words, "low")), _number(_take(words, "high"))
    value = float(words.pop()) if words and re.fullmatch(r"[\d.]+", words[-1]) else None
    return {
        "text": " ".join(words) or None,
        "value": value,
        "value_low": low,
        "value_high": high,
        "system": system and system.replace("_", " "),
        "attribution": attribution,
    }


def _clauses(text: str, last_day: int) -> Iterable[str]:
    for part in (part.strip() for part in text.split(";")):
        clause = part.removeprefix("each day ")
        before, _, word = clause.rpartition(" ")
        named = word in MACROS and "complete" not in before
        inner = MACROS[word].split("; ") if named else [clause]
        days = [f"d{day} " for day in range(last_day + 1)] if clause != part else [f"{before} " if named else ""]
        # A promise is for the whole course.
        yield from ((item if item.startswith("complete") else day + item).strip() for day in days for item in inner)


def patient(text: str) -> tuple[dict[str, Any], dict[str, list[dict[str, Any]]]]:
    """Return the patient and the rows of each table that a text means."""
    person: dict[str, Any] = {"age": 50, "last_day": 0}
    tables: dict[str, list[dict[str, Any]]] = {}
    followed = re.search(r"followed (\d+)", text)
    person["last_day"] = int(followed[1]) if followed else 0
    for clause in _clauses(text, person["last_day"]):
        word, _, rest = clause.partition(" ")
        if word in ("age", "weight_kg"):
            person[word] = None if rest == "unknown" else float(rest)
        elif word == "infused":
            person["day0"] = datetime(2026, 1, 1) + timedelta(minutes=_minutes(rest))
        elif word != "followed":
            name, row = _record(clause)
            tables.setdefault(name, []).append(row)
    if (person["age"] or 50) < 18 and any(row["variable"] == "urine_output" for row in tables.get("measurements", ())):
        person.setdefault("weight_kg", 18.0)  # the urine of a child counts by weight
    return person, tables


@dataclass(frozen=True)
class Case:
    """One row of a sheet: its records, and what must be found."""

    name: str
    key: str
    options: Chosen
    person: Mapping[str, Any]
    tables: Mapping[str, Any]
    day: int | None
    expected: Mapping[str, str] = field(default_factory=dict)
    text: str = ""

    def __str__(self) -> str:
        return self.name

    def found(self) -> dict[str, str]:
        """Return what was found under the columns that say what must be."""
        rows = _graded(self.options)
        return {name: self.answer(rows, name) for name in self.expected}

    def answer(self, rows: Mapping[tuple[str, int], Mapping[str, Any]], name: str) -> str:
        """Return what rows of patient-days say under one column, parted by commas where it is of several days."""
        days = range(self.person["last_day"] + 1) if self.day is None else [self.day]
        return ", ".join(said(rows[self.key, day], name) for day in days)


def said(row: Mapping[str, Any], name: str) -> str:
    """Return a feature, or a part of a grade, in the words of a sheet."""
    system, _, part = name.partition(": ")
    if system not in SYSTEMS:
        value = row[name]
        if value is None:
            return "?"
        return ("yes" if value else "no") if isinstance(value, bool) else f"{value:g}"
    found = row[system]
    if part == "clinician":
        return "none" if found["clinician_high"] is None else f"{found['clinician_low']:g}-{found['clinician_high']:g}"
    if part == "primary":
        return f"{_plain(found['primary_grade'])} {found['primary']}"
    if part:
        return str(found[part]) or "none"
    grade, lower, upper = _plain(found["grade"]), found["lower"], found["upper"]
    assert found["complete"] == (lower == upper)
    return grade if grade == str(lower) == str(upper) else f"{grade} [{lower}-{upper}]"


def _plain(grade: int | None) -> str:
    return "?" if grade is None else str(grade)


_BOOK: dict[Chosen, list[Case]] = {}
"""Every case of every sheet, by the options under which it is graded."""


def sheet(text: str, of: str = "", given: str = "", **options: Any) -> list[Any]:
    """Return the cases of a text table, as parameters of a test, graded under some options.

    ``of`` is the system whose ``grade``, ``flags`` and so on the columns of that name are; ``given`` are records
    that every row has. A line without its first cell goes on with the row above.
    """
    rows: list[dict[str, str]] = []
    for row in cells(text):
        cell = {(of if name == "grade" else f"{of}: {name}") if name in PARTS else name: row[name] for name in row}
        if row["what"]:
            rows.append(cell | {"records": "; ".join(part for part in (given, row["records"]) if part)})
        else:
            rows[-1] = {name: "; ".join(part for part in (rows[-1][name], cell[name]) if part) for name in cell}
    return written(rows, **options)


def written(rows: Iterable[Mapping[str, str]], **options: Any) -> list[Any]:
    """Return cases as parameters of a test; see :func:`sheet`.

    A column ``disagrees`` says why the code does not do what the sources say: such a row must fail.
    """
    chosen = tuple(sorted(options.items()))
    found = []
    for cell in rows:
        row = dict(cell)
        text = row.pop("records")
        person, tables = patient(text)
        name, day, disagrees = row.pop("what"), row.pop("day", ""), row.pop("disagrees", "")
        expected = {column: cell for column, cell in row.items() if cell}
        assert expected, name
        mine = _BOOK.setdefault(chosen, [])
        which = int(day) if day else None if person["last_day"] else 0
        case = Case(name, f"{len(mine)}", chosen, person, tables, which, expected, text)
        mine.append(case)
        marks = [pytest.mark.xfail(strict=True, reason=disagrees)] if disagrees else []
        found.append(pytest.param(case, id=name, marks=marks))
    return found


@cache
def _graded(chosen: Chosen) -> dict[tuple[str, int], dict[str, Any]]:
    """Grade every case under some options, at once: features by name, and each system's row under its name."""
    book = _BOOK[chosen]
    people = [{**case.person, "patient_id": case.key} for case in book]
    tables = {case.key: case.tables for case in book}
    found, options, engine = daily(people, tables, dict(chosen), 0)
    events = [{**row, "patient_id": case.key} for case in book for row in case.tables.get("events", ())]
    rows: dict[tuple[str, int], dict[str, Any]] = {
        (row["patient_id"], row["day"]): row for row in found.to_pyarrow().to_pylist()
    }
    names = {pair: name for name, pair in SYSTEMS.items()}
    judged = clinician_grades(table("events", events))
    for row in computed_grades(found, judged, options, engine).to_pyarrow().to_pylist():
        rows[row["patient_id"], row["day"]][names[row["toxicity"], row["system"]]] = row
    return rows


def feature_names() -> set[str]:
    """Return the columns of a patient-day."""
    return {name for name in next(iter(_graded(()).values())) if name not in SYSTEMS}
