"""Three answers, coverage, and how long a row holds: the ground on which the reference grader stands.

The judge of :mod:`abate.timeline` and :mod:`abate.grading`; written from docs/grading.md, shares no code with them.

A *patient* is ``{"patient": {age, weight_kg, infusion_minute}, "last_day": int, "measurements": [...],
"states": [...], "drugs": [...], "events": [...], "coverage": [...]}``; rows are dicts of the record columns.
"""

import csv
from pathlib import Path
from typing import Any

Row = dict[str, Any]
Patient = dict[str, Any]
Answer = bool | None
Span = tuple[float, float]

DAY = 1440
TOLERANCE = 1e-9
RECORDS = Path(__file__).parents[1] / "src" / "abate" / "records"

DRUG_CLASS: dict[str, str] = {}
with (RECORDS / "drugs.csv").open(encoding="utf-8") as _file:
    for _row in csv.DictReader(_file):
        DRUG_CLASS[_row["name"]] = _row["drug_class"]

DEFAULTS: dict[str, Any] = {
    "hypotension_definition": "systolic",
    "hypotension_readings": "one",
    "baseline_window_days": 7,
    "vasopressor_overlap_minutes": 60,
    "vasopressin_counts_as_multiple": "yes",
    "pediatric_vasopressor_dose": "flat",
    "fio2_estimate": "four_percent",
    "oxygen_requires_saturation": "no",
    "episode_gap_hours": 24,
    "waiver_drugs": "antipyretic_or_anticytokine",
    "prophylaxis_waives_fever": "no",
    "consciousness_from_scales": "rass_from_minus_2",
    "score_carry_hours": 24,
    "capd_age": "under_12",
    "ice_scoring": "absolute",
    "cres_opening_pressure": "conjunction",
    "lab_hold_days": 0,
    "normal_limits": "recorded",
    "cartox_hepatic": "alt_ast_bilirubin",
    "renal_term": "with_aki",
    "creatinine_above_limit": "not_required",
    "fibrinogen_fall": "counts",
    "baseline_until_day": 0,
    "coagulopathy": "dic",
    "airway_protection": "counts",
    "neuro_in_crs": "no",
}


# -- three answers ----------------------------------------------------------------------------------------------------


def either(*answers: Answer) -> Answer:
    """True if one is true; else unknown if one is unknown; else false."""
    if any(answer is True for answer in answers):
        return True
    if any(answer is None for answer in answers):
        return None
    return False


def both(*answers: Answer) -> Answer:
    """False if one is false; else unknown if one is unknown; else true."""
    if any(answer is False for answer in answers):
        return False
    if any(answer is None for answer in answers):
        return None
    return True


def by_exception(found: bool, covered: bool) -> Answer:
    """What is charted by exception: true where found, false where the domain is complete, else unknown."""
    if found:
        return True
    if covered:
        return False
    return None


# -- numbers, compared unrounded with a tolerance of 1e-9 -------------------------------------------------------------


def at_least(value: float, limit: float) -> bool:
    return value >= limit - TOLERANCE


def below(value: float, limit: float) -> bool:
    return value < limit - TOLERANCE


def above(value: float, limit: float) -> bool:
    return value > limit + TOLERANCE


def at_most(value: float, limit: float) -> bool:
    return value <= limit + TOLERANCE


# -- coverage ---------------------------------------------------------------------------------------------------------

PROMISES = {
    "vasopressors": ("vasopressors", "drugs"),  # "`drugs` covers vasopressors, sedatives and waiver drugs"
    "drugs": ("drugs",),
    "oxygen": ("oxygen",),
    "neuro": ("neuro",),
    "events": ("events",),
}


def covered(patient: Patient, domain: str, day: int) -> bool:
    """A promise of completeness spans the day, and no promise of incompleteness does."""
    complete = False
    for row in patient["coverage"]:
        if row["domain"] not in PROMISES[domain]:
            continue
        start = 0 if row["day"] is None else row["day"]
        if day < start:
            continue
        if row["end_day"] is not None and day >= row["end_day"]:
            continue
        if row["complete"]:
            complete = True
        else:
            return False
    return complete


# -- rows and days ----------------------------------------------------------------------------------------------------


def end_of_follow_up(patient: Patient) -> int:
    """The minute at which the last day of follow-up ends."""
    last_day: int = patient["last_day"]
    return (last_day + 1) * DAY


def readings(patient: Patient, variable: str, day: int) -> list[Row]:
    """The measurements of a variable on a day that have a value."""
    return [
        row
        for row in patient["measurements"]
        if row["variable"] == variable and row["day"] == day and row["value"] is not None
    ]


def events(patient: Patient, name: str, day: int) -> list[Row]:
    """The events of a name on a day."""
    return [row for row in patient["events"] if row["event"] == name and row["day"] == day]


def time_of(row: Row) -> float:
    """For order only: the minute, or midday where only the day is known."""
    if row["minute"] is not None:
        return float(row["minute"])
    return float(row["day"] * DAY + DAY / 2)


def last_before_day_0(patient: Patient, variable: str, window: int | None) -> Row | None:
    """The last measurement before day 0 (not earlier than the window), or None."""
    found: Row | None = None
    for row in patient["measurements"]:
        if row["variable"] != variable or row["value"] is None or row["day"] >= 0:
            continue
        if window is not None and row["day"] < -window:
            continue
        if found is None or time_of(row) > time_of(found):
            found = row
    return found


def start_of(row: Row) -> int:
    """The minute at which a row starts; a row known to the day only starts with its day."""
    if row["minute"] is not None:
        minute: int = row["minute"]
        return minute
    day: int = row["day"]
    return day * DAY


def span_of(row: Row, others: list[Row], end_of_all: int) -> Span:
    """The minutes during which a row holds.

    Until its end; else until the next of the other rows; else until the end of follow-up. An end known to the day
    only is the start of that day. A row without a time of day holds for its whole day at least.
    """
    start = start_of(row)
    if row["end_minute"] is not None and row["minute"] is not None:
        end = row["end_minute"]
    elif row["end_day"] is not None:
        end = row["end_day"] * DAY
    else:
        end = end_of_all
        for other in others:
            if start_of(other) > start:
                end = min(end, start_of(other))
    if row["minute"] is None:
        end = max(end, (row["day"] + 1) * DAY)
    return (start, end)


def touches(span: Span, day: int) -> bool:
    """Whether an interval (half open) has a minute in the day."""
    start, end = span
    return start < end and start < (day + 1) * DAY and end > day * DAY


def within(minute: int, spans: list[Span]) -> bool:
    """Whether a minute lies in one of the intervals."""
    return any(start <= minute < end for start, end in spans)


def state_rows(patient: Patient, variable: str) -> list[tuple[Row, Span]]:
    """The states of a variable that hold until the next one, each with its interval."""
    rows = [row for row in patient["states"] if row["variable"] == variable]
    return [(row, span_of(row, rows, end_of_follow_up(patient))) for row in rows]


def finding_rows(patient: Patient, variable: str, day: int) -> list[Row]:
    """The findings that hold on a day: until their end, else the next row of the variable, else the end of follow-up.

    Several intracranial findings may hold at once: each ends with the next row of its own, or of none.
    """
    rows = [row for row in patient["states"] if row["variable"] == variable]
    found = []
    for row in rows:
        others = rows
        if variable == "intracranial":
            others = [other for other in rows if other["state"] in (row["state"], "none")]
        if touches(span_of(row, others, end_of_follow_up(patient)), day):
            found.append(row)
    return found


# -- infusions --------------------------------------------------------------------------------------------------------


def segments(patient: Patient, rows: list[Row]) -> list[Row]:
    """The running segments of the infusions of one agent: ``row``, ``span``, ``timed``.

    A rate of 0 runs nothing, but ends an earlier segment that has no end.
    """
    found = []
    for row in rows:
        if row["rate"] is not None and row["rate"] <= TOLERANCE:
            continue
        span: Span
        if row["minute"] is not None:
            span = span_of(row, rows, end_of_follow_up(patient))
        else:
            # A segment without a time of day runs on each of its days (at least `day`).
            end_day = row["day"] + 1
            if row["end_day"] is not None and row["end_day"] > end_day:
                end_day = row["end_day"]
            span = (row["day"] * DAY, end_day * DAY)
        if span[1] > span[0]:
            found.append({"row": row, "span": span, "timed": row["minute"] is not None})
    return found
