"""Response of a toxicity to a treatment, slow and obvious: dicts and ifs, from the docstrings.

It is the judge of :mod:`abate.outcomes.response`; it shares no code with it.
"""

from typing import Any

Row = dict[str, Any]
YES = ("yes", "response", "responded", "improved")
NO = ("no", "no response", "no change", "no improvement", "refractory", "worse")


def grade_at_start(grades: list[Row], start: int, lookback: int) -> Row | None:
    """Return the last grade up to the start that is not too old."""
    for day in range(start, start - lookback - 1, -1):
        for grade in grades:
            if grade["day"] == day:
                return grade
    return None


def clinician(words: list[str | None]) -> str | None:
    """Return what clinicians said: yes, no, contradictory, or nothing."""
    positive = any(word is not None and word.lower() in YES for word in words)
    negative = any(word is not None and word.lower() in NO for word in words)
    if positive and negative:
        return "contradictory"
    if positive:
        return "yes"
    if negative:
        return "no"
    return "other" if words else None


def best(grades: list[Row]) -> Row | None:
    """Return the grade with the lowest upper bound, then the lowest lower one, then the earliest."""
    found: Row | None = None
    for grade in sorted(grades, key=lambda grade: int(grade["day"])):
        if found is None or (grade["high"], grade["low"]) < (found["high"], found["low"]):
            found = grade
    return found


def judge(patient: Row, options: Row) -> Row:
    """Return the verdict on one patient.

    ``patient`` has ``start``, ``indication``, ``grades`` (rows of toxicity, day, low, high),
    ``words`` of clinicians, and ``last_day``.
    """
    toxicity = patient["indication"] or "ICANS"
    grades = [grade for grade in patient["grades"] if grade["toxicity"] == toxicity]
    start = grade_at_start(grades, patient["start"], options["grade_at_start_lookback_days"])
    later = [grade for grade in grades if grade["day"] > patient["start"]]
    later.sort(key=lambda grade: int(grade["day"]))
    window = options["response_window_days"]
    in_window = [grade for grade in later if window == 0 or grade["day"] <= patient["start"] + window]
    low_days = [grade["day"] for grade in in_window if grade["high"] <= options["low_grade"]]
    first_low = low_days[0] if low_days else None
    said = clinician(patient["words"])

    surely_high = start is not None and start["low"] >= options["high_grade"]
    surely_not_high = start is not None and start["high"] < options["high_grade"]
    if surely_not_high:
        response, basis = "not applicable", "grades"
    elif surely_high and first_low is not None:
        response, basis = "yes", "grades"
    elif surely_high and in_window and all(grade["low"] > options["low_grade"] for grade in in_window):
        response, basis = "no", "grades"
    elif said in ("yes", "no") and not later:
        response, basis = said, "clinician"
    else:
        response, basis = "unknown", "none"

    recurrence = perhaps = None
    for grade in later if first_low is not None else []:
        if grade["day"] > first_low and grade["high"] >= options["high_grade"]:
            if grade["low"] >= options["high_grade"]:
                recurrence = grade["day"] if recurrence is None else recurrence
            elif perhaps is None:
                perhaps = grade["day"]
    chosen = best(in_window)
    return {
        "toxicity": toxicity,
        "start_low": start["low"] if start else None,
        "start_high": start["high"] if start else None,
        "response": response,
        "basis": basis,
        "clinician": said,
        "first_low_day": first_low,
        "days_to_low": None if first_low is None else first_low - patient["start"],
        "best_low": chosen["low"] if chosen else None,
        "best_high": chosen["high"] if chosen else None,
        "best_day": chosen["day"] if chosen else None,
        "recurrence_day": recurrence,
        "perhaps": perhaps,
        "graded": {grade["day"] for grade in later},
        "last_graded": max((grade["day"] for grade in later), default=None),
    }


def lasted(verdict: Row, patient: Row, options: Row) -> str:
    """Return whether a response by grades was durable or transient."""
    if verdict["response"] in ("no", "not applicable"):
        return "none"
    if verdict["basis"] != "grades":
        return "unknown"
    first_low, recurrence = verdict["first_low_day"], verdict["recurrence_day"]
    days = options["durable_days"]
    until = first_low + days if days else None
    if recurrence is not None and (until is None or recurrence <= until):
        return "transient"
    if verdict["perhaps"] is not None and (until is None or verdict["perhaps"] <= until):
        return "unknown"
    end = patient["last_day"] if until is None else until
    if end is not None and verdict["last_graded"] is not None and verdict["last_graded"] >= end:
        longest = run = 0
        for day in range(first_low, (verdict["last_graded"] if until is None else until) + 1):
            run = 0 if day in verdict["graded"] else run + 1
            longest = max(longest, run)
        if options["durable_silence_days"] in (0, *range(longest, 4000)):
            return "durable"
    return "no recurrence recorded"
