"""What the letter reports, beside what its own patients give.

Nothing on the recomputed side is typed in: each figure comes from the records through the functions
that serve every cohort.
"""

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal, ParamSpec, TypeVar, cast

import pyarrow as pa

from abate.cohort import Cohort
from abate.engine.haste import swiftly
from abate.statistics.description import round_half_up

Verdict = Literal["match", "mismatch", "consistent", "not recomputable"]
VERDICTS: tuple[Verdict, ...] = ("mismatch", "consistent", "match", "not recomputable")
"""In the order in which they are shown."""

PLAIN_TEXT = "The plain text of the letter may have lost what the print has."


@dataclass(frozen=True)
class Printed:
    """One thing the letter prints: its words, and its number or range where it has one."""

    item: str
    place: str
    reported: str
    value: float | None
    low: float | None
    high: float | None
    unit: str


@dataclass(frozen=True)
class Finding:
    """What the patients give, in words; the verdict; what a reader should know."""

    recomputed: str
    verdict: Verdict
    note: str = ""


Recompute = Callable[[Cohort, Printed, re.Match[str]], Finding]
REGISTRY: list[tuple[re.Pattern[str], Recompute]] = []
"""Pattern of an item, and the function that recomputes it; filled by the modules beside this one."""


def recomputes(pattern: str) -> Callable[[Recompute], Recompute]:
    """Register a function for every item that a pattern matches whole."""

    def register(function: Recompute) -> Recompute:
        REGISTRY.append((re.compile(pattern), function))
        return function

    return register


Given = ParamSpec("Given")
Found = TypeVar("Found")
REMEMBERED: list[Callable[[], None]] = []
"""Forgets what one function has found; filled by :func:`remembered`."""


def remembered(function: Callable[Given, Found]) -> Callable[Given, Found]:
    """Let a function find each thing once in an audit: many items read the same table."""
    found = lru_cache(maxsize=None)(function)
    REMEMBERED.append(found.cache_clear)
    return cast(Callable[Given, Found], found)


def printed() -> list[Printed]:
    """Return everything in ``printed.csv``, in the order of the letter."""
    with files("abate.studies.strati2020").joinpath("printed.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    numbers = [[float(row[name]) if row[name] else None for name in ("value", "low", "high")] for row in rows]
    return [
        Printed(row["item"], row["place"], row["reported"], value, low, high, row["unit"])
        for row, (value, low, high) in zip(rows, numbers, strict=True)
    ]


@swiftly()
def audit(cohort: Cohort) -> pa.Table:
    """Recompute everything the letter prints.

    Parameters
    ----------
    cohort
        The letter's eight patients, derived.

    Returns
    -------
    pyarrow.Table
        ``item, place, reported, recomputed, verdict, note``, in the order of the letter.

    Raises
    ------
    LookupError
        If an item of ``printed.csv`` has no function, or more than one.
    """
    from abate.studies.strati2020 import claims, figures, patients  # noqa: F401  (they register)

    try:
        return pa.Table.from_pylist([_row(cohort, row) for row in printed()])
    finally:
        # What was found of this cohort is not that of the next, and holds its engine.
        for forget in REMEMBERED:
            forget()


def _row(cohort: Cohort, row: Printed) -> dict[str, str]:
    found = [(match, function) for rule, function in REGISTRY if (match := rule.fullmatch(row.item))]
    if len(found) != 1:
        raise LookupError(f"{len(found)} functions recompute {row.item!r}")
    match, function = found[0]
    finding = function(cohort, row, match)
    return {
        "item": row.item,
        "place": row.place,
        "reported": row.reported,
        "recomputed": finding.recomputed,
        "verdict": finding.verdict,
        "note": finding.note,
    }


def number(value: float | None) -> str:
    """Write a number as the letter would: no needless decimals."""
    if value is None:
        return "unknown"
    return f"{round(value, 2):.10g}"


def bounds(low: float | None, high: float | None, unit: str = "") -> str:
    """Write a number, or the interval in which it must lie."""
    text = number(low) if low == high else f"{number(low)} to {number(high)}"
    return f"{text} {unit}".strip()


def judge(row: Printed, low: float | None, high: float | None, missing: str = "", note: str = "") -> Finding:
    """Compare the number printed with what was recomputed, in the letter's rounding.

    Parameters
    ----------
    row
        What is printed; ``value`` must be there.
    low, high
        The figure recomputed, or its bounds.
    missing
        The input that is not printed and what it must be: the verdict is then at best consistent.
    note
        For the reader.
    """
    reported = row.value
    if low is None or high is None or reported is None:
        return Finding("not recomputable", "not recomputable", note or missing)
    places = len(row.reported.partition(".")[2].split()[0]) if "." in row.reported else 0
    least, most = round_half_up(low, places), round_half_up(high, places)
    recomputed = bounds(low, high, row.unit)
    if not least <= reported <= most:
        return Finding(recomputed, "mismatch", f"{note} {PLAIN_TEXT}".strip())
    verdict: Verdict = "consistent" if missing or least != most else "match"
    return Finding(recomputed, verdict, " ".join(text for text in (missing, note) if text))


def judge_range(
    row: Printed,
    least: tuple[float, float],
    greatest: tuple[float, float],
    missing: str = "",
    note: str = "",
) -> Finding:
    """Compare a range printed with the bounds of its two ends; see :func:`judge`."""
    recomputed = f"{bounds(*least)} to {bounds(*greatest)} {row.unit}".strip()
    ends = ((row.low, least), (row.high, greatest))
    fits = all(end is not None and round_half_up(low) <= end <= round_half_up(high) for end, (low, high) in ends)
    if not fits:
        return Finding(recomputed, "mismatch", f"{note} {PLAIN_TEXT}".strip())
    verdict: Verdict = "consistent" if missing else "match"
    return Finding(recomputed, verdict, " ".join(text for text in (missing, note) if text))


def rows_of(table: Any, *order: str) -> list[dict[str, Any]]:
    """Return a small table as dictionaries, ordered."""
    return _rows(table.op(), order or ("patient_id",))


@remembered
def _rows(table: Any, order: tuple[str, ...]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = table.to_expr().order_by(*order).to_pyarrow().to_pylist()
    return found
