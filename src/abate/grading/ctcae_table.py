"""The table of laboratory criteria of the CTCAE, versions 4.03, 5.0 and 6.0, as conditions.

The criteria stand in ``ctcae_laboratory.csv``: a row a term, versions and unit, a cell a grade. A cell holds
alternatives (``;``) of conditions (``&``): a comparison with a number in the row's unit, or with so many times
``ULN``, ``LLN`` or ``baseline``; ``fall`` (per cent of the baseline), ``drop`` (in its unit), ``over_ULN`` and
``over_baseline``; ``if`` names what must hold besides. The worst grade that holds is the grade: a range is told
by where it begins.

Source: National Cancer Institute, CTCAE v4.03 (2010), v5.0 (2017) and v6.0 (2025); wording as arranged by
pharmaverse/admiral (verified).
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

VERSIONS = ("4.03", "5.0", "6.0")
CONDITION = re.compile(
    r"^(?:(?P<of>fall|drop|over_ULN|over_baseline) )?(?P<sign><=|>=|<|>) ?(?P<limit>[0-9.]+)"
    r"(?: (?P<times>ULN|LLN|baseline))?(?: if (?P<flag>.+))?$"
)
NEEDS: Mapping[str, tuple[str, ...]] = {
    "ULN": ("uln",),
    "LLN": ("lln",),
    "baseline": ("baseline",),
    "fall": ("baseline",),
    "drop": ("baseline",),
    "over_ULN": ("uln",),
    "over_baseline": ("baseline",),
    "normal": ("baseline", "uln"),
    "abnormal": ("baseline", "uln"),
    "abnormal to 5 ULN": ("baseline", "uln"),
    "low": ("lln",),
    "baseline low": ("baseline", "lln"),
    "symptoms": ("symptoms",),
    "anticoagulated": ("anticoagulated",),
    "not anticoagulated": ("anticoagulated",),
    "over 24 h": ("over_24_h",),
    "fasting": ("fasting",),
    "febrile": ("febrile",),
    "bleeding": ("bleeding",),
}
"""What a comparison, or what must hold besides, asks of a case."""


@dataclass(frozen=True)
class Edge:
    """One condition of one grade: where the grade begins."""

    term: str
    version: str
    unit: str
    grade: int
    alternative: int
    of: str
    sign: str
    limit: float
    flag: str
    words: str


@dataclass(frozen=True)
class Term:
    """One laboratory term: its names, the variable whose units apply, the units of its printed numbers."""

    name: str
    also: tuple[str, ...]
    variable: str
    units: Mapping[str, tuple[str, ...]]
    note: str


def table_rows() -> list[dict[str, str]]:
    """Return the rows of the table of criteria."""
    with files("abate.grading").joinpath("ctcae_laboratory.csv").open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@cache
def edges() -> tuple[Edge, ...]:
    """Return every condition of the table."""
    return tuple(
        edge
        for row in table_rows()
        for version in row["versions"].split("|")
        for grade in (1, 2, 3, 4)
        for edge in _of_cell(row, version, grade)
    )


def _of_cell(row: Mapping[str, str], version: str, grade: int) -> list[Edge]:
    found = []
    cells = [cell.strip() for cell in row[f"grade_{grade}"].split(";") if cell.strip()]
    for alternative, cell in enumerate(cells):
        for part in cell.split("&"):
            read = CONDITION.match(part.strip())
            if not read:
                raise ValueError(f"{row['term']}, grade {grade}: {part!r} is no condition")
            of, flag = read["of"] or read["times"] or "", read["flag"] or ""
            where = (row["term"], version, row["unit"], grade, alternative)
            found.append(Edge(*where, of, read["sign"], float(read["limit"]), flag, cell))
    return found


@cache
def terms() -> Mapping[str, Term]:
    """Return every term by its name."""
    rows = table_rows()
    found = {}
    for name in dict.fromkeys(row["term"] for row in rows):
        mine = [row for row in rows if row["term"] == name]
        also = tuple(word for row in mine for word in row["also"].split("|") if word)
        units = {
            version: tuple(row["unit"] for row in mine if version in row["versions"].split("|")) for version in VERSIONS
        }
        notes = [row["note"] for row in mine if row["note"]]
        found[name] = Term(name, also, mine[0]["variable"], units, "; ".join(notes))
    return found
