"""Dose in windows, slow and obvious: dicts and ifs, from DESIGN.md and the docstrings.

It is the judge of :mod:`abate.exposure`; it shares no code with it.
"""

from math import floor
from typing import Any

Row = dict[str, Any]
Bounds = tuple[float | None, float | None]

DEXAMETHASONE_FOR_EACH_MG = {
    "dexamethasone": 1.0,
    "methylprednisolone": 0.75 / 4,
    "prednisone": 0.75 / 5,
    "hydrocortisone": 0.75 / 20,
}
LOCAL = ("topical", "inhaled", "intrathecal")


def amount_bounds(row: Row, weight: float | None) -> Bounds:
    """Return the lowest and highest amount (mg) of a row; None is not known."""
    if row["amount"] is not None:
        low, high = row["amount"], row["amount"]
    else:
        low = 0.0 if row["amount_low"] is None else row["amount_low"]
        high = row["amount_high"]
    if not row["per_kg"]:
        return low, high
    if weight is None:
        return 0.0, None
    return low * weight, None if high is None else high * weight


def single_doses(row: Row, bounds: Bounds) -> list[Row]:
    """Return the administrations of a row that is no total: ``day`` None where it is not known."""
    doses = []
    for place in range(int(row["dose_count"] or 1)):
        day: int | None
        if place == 0:
            day = row["day"]
        elif row["interval_h"] is None:
            day = None
        elif row["minute"] is not None:
            day = floor((row["minute"] + place * row["interval_h"] * 60) / 1440)
        else:
            day = row["day"] + floor(place * row["interval_h"] / 24)
        doses.append({"drug": row["drug"], "day": day, "first": row["day"], "bounds": bounds})
    return doses


def told_by(dose: Row, totals: list[Row]) -> bool:
    """Say whether totals of the same drug tell a dose: its day, or every day on which it may lie."""
    mine = [(total["start"], total["end"]) for total in totals if total["drug"] == dose["drug"]]
    if dose["day"] is not None:
        return covered(mine, dose["day"], dose["day"] + 1)
    return covered(mine, dose["first"], None)


def covered(spans: list[tuple[int | None, int | None]], first: int, over: int | None) -> bool:
    """Say whether intervals together cover all days from the first until one is over (None: never)."""
    reached = first
    while over is None or reached < over:
        ends = [end for start, end in spans if (start is None or start <= reached) and (end is None or end > reached)]
        if not ends:
            return False
        if None in ends:
            return True
        reached = max(end for end in ends if end is not None)
    return True


def overlap(first: Row, second: Row) -> bool:
    """Say whether two totals share a day."""
    starts_before_end = second["end"] is None or first["start"] < second["end"]
    return starts_before_end and (first["end"] is None or second["start"] < first["end"])


def without_what_others_tell(total: Row, place: int, totals: list[Row]) -> Row:
    """Return a total with nothing certain of its own, where one that overlaps it tells as much or more."""
    low, high = total["bounds"]
    for other_place, other in enumerate(totals):
        if other_place == place or other["drug"] != total["drug"] or not overlap(total, other):
            continue
        other_low = other["bounds"][0]
        if other_low > low or (other_low == low and other_place < place):
            return total | {"bounds": (0.0, high)}
    return total


def window_edges(start: int, end: int, from_day: int) -> dict[str, tuple[int, int | None]]:
    """Return the first day of each window and the day on which it is over (None: never)."""
    return {
        "before": (from_day, start),
        "during": (start, end),
        "after": (end, None),
        "all": (from_day, None),
    }


def promised(coverage: list[Row], first: int, over: int | None) -> bool:
    """Say whether promises of complete drug records together cover a window."""
    spans = [(row["day"], row["end_day"]) for row in coverage if row["domain"] == "drugs" and row["complete"]]
    return covered(spans, first, over)


def dose_in_window(doses: list[Row], totals: list[Row], coverage: list[Row], first: int, over: int | None) -> Bounds:
    """Return the bounds of the dose in one window, in mg of dexamethasone."""
    if over is not None and over <= first:
        return 0.0, 0.0
    parts: list[Bounds] = []
    for dose in doses:
        if dose["drug"] not in DEXAMETHASONE_FOR_EACH_MG:
            continue
        factor = DEXAMETHASONE_FOR_EACH_MG[dose["drug"]]
        low, high = dose["bounds"]
        highest = None if high is None else high * factor
        if dose["day"] is None:
            if over is None or dose["first"] < over:
                certain = over is None and dose["first"] >= first
                parts.append((low * factor if certain else 0.0, highest))
        elif dose["day"] >= first and (over is None or dose["day"] < over):
            parts.append((low * factor, highest))
    for total in totals:
        if total["drug"] not in DEXAMETHASONE_FOR_EACH_MG:
            continue
        factor = DEXAMETHASONE_FOR_EACH_MG[total["drug"]]
        low, high = total["bounds"]
        if over is not None and total["start"] >= over:
            continue
        if total["end"] is not None and total["end"] <= first:
            continue
        ends_inside = over is None or (total["end"] is not None and total["end"] <= over)
        inside = total["start"] >= first and ends_inside
        parts.append((low * factor if inside else 0.0, None if high is None else high * factor))
    if not parts:
        return (0.0, 0.0) if promised(coverage, first, over) else (None, None)
    highs = [high for _, high in parts]
    known = [high for high in highs if high is not None]
    return sum(low or 0.0 for low, _ in parts), sum(known) if len(known) == len(highs) else None


def dose_by_window(patient: Row, from_day: int) -> dict[str, Bounds]:
    """Return the dose of a patient in each window.

    ``patient`` has ``weight``, ``drugs`` and ``coverage`` (rows of the record tables), and ``start``
    and ``end`` of the treatment.
    """
    doses: list[Row] = []
    totals: list[Row] = []
    for row in patient["drugs"]:
        if row["status"] != "given" or (row["route"] or "").lower() in LOCAL:
            continue
        bounds = amount_bounds(row, patient["weight"])
        if row["kind"] == "interval total":
            start = from_day if row["day"] is None else row["day"]
            totals.append({"drug": row["drug"], "start": start, "end": row["end_day"], "bounds": bounds})
        else:
            doses += single_doses(row, bounds)
    untold = [dose for dose in doses if not told_by(dose, totals)]
    totals = [without_what_others_tell(total, place, totals) for place, total in enumerate(totals)]
    edges = window_edges(patient["start"], patient["end"], from_day)
    return {
        name: dose_in_window(untold, totals, patient["coverage"], first, over) for name, (first, over) in edges.items()
    }
