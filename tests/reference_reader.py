"""A slow and obvious reader of measurements: dicts and ifs, written from the design, not from the code.

It is the judge of the real one. Only the factor of a unit is taken from the project, since units
have tests of their own. Beside it: how the tests ask the real reader what became of a row.
"""

import datetime as dt
import math
import re
from dataclasses import dataclass, field
from typing import Any

from abate.engine.ingest import Records
from abate.records.dictionary import dictionary
from abate.records.units import convert_variable

NOTHING = {"", "NA", "N/A", "NULL", "NaN", "nan", "null", "."}
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
MINUTE = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?", re.ASCII)
LIMITS = ("value", "value_low", "value_high")


@dataclass
class Verdict:
    """What a row says, and every reason for which it may be set aside (none: it is used)."""

    reasons: set[str] = field(default_factory=set)
    says: dict[str, Any] = field(default_factory=dict)


def text(cell: str) -> str | None:
    """Return the trimmed cell, or None where nothing is recorded."""
    return None if cell.strip() in NOTHING else cell.strip()


def number(cell: str | None) -> float | None:
    """Return the number that a cell is, or None."""
    return float(cell) if cell is not None and NUMBER.fullmatch(cell) else None


def read_time(row: dict[str, str], day0: dt.date | None, verdict: Verdict) -> None:
    """Put day, minute and precision into the verdict; unreadable or disagreeing times are a reason."""
    days, minutes = [], []
    time, day, minute, month = (text(row.get(name, "")) for name in ("time", "day", "minute", "month"))
    for cell in (day, minute, month):
        if cell is not None and number(cell) is None:
            verdict.reasons.add("no time")
    if time is not None:
        try:
            at = dt.datetime.fromisoformat(time) if DATE.match(time) else None
        except ValueError:
            at = None
        if at is None or day0 is None:
            verdict.reasons.add("no time")
        else:
            days.append((at.date() - day0).days)
            if MINUTE.fullmatch(time):
                minutes.append(days[-1] * 1440 + at.hour * 60 + at.minute)
    if (of_minute := number(minute)) is not None:
        minutes.append(math.floor(of_minute))
        days.append(math.floor(of_minute / 1440))
    if (of_day := number(day)) is not None:
        days.append(math.floor(of_day))
        if of_day != math.floor(of_day):
            minutes.append(math.floor(of_day * 1440))
    if len(set(days)) > 1:
        verdict.reasons.add("no time")
    precision = "minute" if minutes else "day" if days else "none"
    if not days and (of_month := number(month)) is not None:
        days, precision = [math.floor(of_month * 365.25 / 12)], "month"
    verdict.says |= {"day": days[0] if days else None, "minute": minutes[0] if minutes else None}
    verdict.says["time_precision"] = precision


def read_numbers(row: dict[str, str], verdict: Verdict) -> dict[str, float]:
    """Return the numbers of a row as recorded, and judge what is not one."""
    found = {}
    comparator = text(row.get("comparator", ""))
    for name in LIMITS:
        cell = text(row.get(name, ""))
        if cell is None:
            continue
        if name == "value":
            for sign, ours in (("<=", "<="), (">=", ">="), ("≤", "<="), ("≥", ">="), ("<", "<"), (">", ">")):
                if cell.startswith(sign):
                    cell = cell.removeprefix(sign).strip()
                    comparator = comparator or ours
                    break
        read = number(cell)
        if read is None:
            verdict.reasons.add("not a number")
        else:
            found[name] = read
    if comparator not in (None, "<", "<=", ">", ">="):
        verdict.reasons.add("not a listed value")
    if not found and "not a number" not in verdict.reasons:
        verdict.reasons.add("not a number" if text(row.get("text", "")) else "empty")
    verdict.says["comparator"] = comparator
    return found


def read_unit(row: dict[str, str], numbers: dict[str, float], verdict: Verdict) -> None:
    """Put canonical name, unit and values into the verdict; judge name, unit and range."""
    known = dictionary().variables
    variable = known.get((text(row.get("variable", "")) or "").lower())
    if variable is None:
        verdict.reasons.add("not in the dictionary")
        return
    conversion = convert_variable(variable, text(row.get("unit", "")) or "")
    if conversion.factor is None:
        verdict.reasons.add("unit")
        return
    low, high = variable.hard
    for name in LIMITS:
        value = None
        if name in numbers:
            value = round(numbers[name] * conversion.factor + conversion.offset, 9)
            if (low is not None and value < low) or (high is not None and value > high):
                verdict.reasons.add("range")
        verdict.says[name] = value
    bounds = verdict.says["value_low"], verdict.says["value_high"]
    if None not in bounds and bounds[0] > bounds[1]:
        verdict.reasons.add("range")
    verdict.says |= {"variable": variable.name, "unit": variable.unit}


def judge(rows: list[dict[str, str]], day0: dict[tuple[str, int], dt.date | None]) -> list[Verdict]:
    """Return what each measurement says, or every reason for which it is not used.

    ``day0`` has an entry for every course, by patient and number.
    """
    verdicts: list[Verdict] = []
    said: list[Any] = []
    for row in rows:
        verdict = Verdict()
        patient, course = row["patient_id"].strip(), text(row.get("course_id", ""))
        courses = [number for name, number in day0 if name == patient]
        chosen = None
        if not courses:
            verdict.reasons.add("no patient")
        elif course is None and len(courses) == 1:
            chosen = courses[0]
        elif course is not None and course.isdigit() and int(course) in courses:
            chosen = int(course)
        else:
            verdict.reasons.add("no course")
        verdict.says |= {"patient_id": patient, "course_id": chosen}
        read_time(row, day0[patient, chosen] if chosen is not None else None, verdict)
        read_unit(row, read_numbers(row, verdict), verdict)
        # The same fact: the same result in the same words, at the same time, with the same limits.
        words = [text(row.get(name, "")) for name in ("value", "unit", "text")]
        limits = [number(text(row.get(name, ""))) for name in ("lln", "uln")]
        whole = [words, limits, dict(verdict.says)]
        if not verdict.reasons and whole in said:
            verdict.reasons.add("duplicate")
        elif not verdict.reasons:
            said.append(whole)
        verdicts.append(verdict)
    return verdicts


def row_number(source: str) -> int:
    """Return the row of a file from ``source``."""
    found = re.search(r":(\d+)", source)
    assert found, source
    return int(found.group(1))


def used(records: Records, table: str = "measurements") -> dict[int, dict[str, Any]]:
    """Return the rows of a finished table by their row in the file."""
    rows = records[table].to_pyarrow().to_pylist()
    return {row_number(row["source"]): row for row in sorted(rows, key=lambda row: row_number(row["source"]))}


def set_aside(records: Records, table: str = "measurements") -> dict[int, dict[str, Any]]:
    """Return what was set aside of a table by its row in the file."""
    rows = records.set_aside.to_pyarrow().to_pylist()
    return {row_number(row["source"]): row for row in rows if row["table"] == table}


def fates(records: Records, table: str = "measurements") -> list[str]:
    """Return what became of each row of a table, in order: ``used``, or its reason and column."""
    kept, lost = used(records, table), set_aside(records, table)
    said = dict.fromkeys(kept, "used")
    for row, line in lost.items():
        reason = f"{line['reason']}: {line['column'] or ''}".removesuffix(": ")
        said[row] = f"used, {reason}" if row in kept else reason
    return [said[row] for row in sorted(said)]
