"""Laboratory grades of the CTCAE, versions 4.03, 5.0 and 6.0, from a table of their criteria.

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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import ibis
import pyarrow as pa

from abate.grading.points import Score
from abate.grading.rules import named
from abate.records.inputs import Input, number, truth, word
from abate.records.options import Options
from abate.timeline.joins import TOLERANCE, beside

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
}
"""What a comparison, or what must hold besides, asks of a case."""


def _spellings(version: str) -> tuple[str, ...]:
    """Return the ways of writing a version: 4.03 is also v4, 4.0 and v4.03."""
    whole = version.split(".", maxsplit=1)[0]
    texts = dict.fromkeys((version, whole, f"{whole}.0"))
    return tuple(f"{mark}{text}" for mark in ("", "v", "ctcae_v") for text in texts)


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


INPUTS = (
    Input("term", "Term of the CTCAE, or a short name of it", "text"),
    word("version", "Version of the CTCAE", {name: version for version in VERSIONS for name in _spellings(version)}),
    number("value", "The result; a comparator may stand before it", "", 0),
    Input("unit", "Unit of the result, its limits and its baseline", "text"),
    number("lln", "Lower limit of normal", "", 0),
    number("uln", "Upper limit of normal", "", 0),
    number("baseline", "Last value before infusion", "", 0),
    number("albumin", "Albumin, where calcium is not yet corrected for it (g/dL)", "", 0, 10),
    truth("symptoms", "Symptoms, or an intervention, where the term tells grades apart by them"),
    truth("anticoagulated", "On anticoagulation"),
    truth("over_24_h", "For more than 24 hours"),
    truth("fasting", "Glucose of a fasting patient"),
)
CTCAE_LAB = Score(
    "ctcae-lab",
    "Laboratory grades of the CTCAE",
    "National Cancer Institute. CTCAE v4.03 (2010), v5.0 (2017), v6.0 (2025) (verified)",
    INPUTS,
    results=("grade", "complete", "missing", "lower", "upper", "criteria", "flags"),
    options=("creatinine_above_limit", "fibrinogen_fall"),
    notes=(
        "Grade 0 only where every grade is known not to hold; blank where it cannot be graded.",
        "What a term says in words (treatment, hospitalization, threat to life) may make it worse: a lower bound.",
        "Numbers printed in several units are compared in the unit reported; other units are converted.",
    ),
)


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


def _edges_table(options: Options) -> ibis.Table:
    chosen = [
        edge
        for edge in edges()
        if not (edge.of == "fall" and edge.version == "4.03" and options["fibrinogen_fall"] == "off")
    ]
    columns = {name: [getattr(edge, name) for edge in chosen] for name in Edge.__dataclass_fields__}
    return ibis.memtable(pa.table(columns))


def _quantity(rows: ibis.Table, end: str) -> Any:
    """Return the number that is compared, from one end of the value."""
    other = {"low": "high", "high": "low"}[end]
    value, opposite = rows[f"value_{end}"], rows[f"value_{other}"]
    return rows.of.cases(
        ("ULN", value / rows.uln),
        ("LLN", value / rows.lln),
        ("baseline", value / rows.baseline),
        ("fall", 100 * (1 - opposite / rows.baseline)),
        ("drop", rows.baseline - opposite),
        ("over_ULN", value - rows.uln),
        ("over_baseline", value - rows.baseline),
        else_=value,
    )


def _compared(rows: ibis.Table) -> Any:
    """Say whether the comparison of each condition holds; null where it is not known."""
    low, high = _quantity(rows, "low"), _quantity(rows, "high")
    under, over = rows["limit"] - TOLERANCE, rows["limit"] + TOLERANCE
    sure = rows.sign.cases((">", low > over), (">=", low >= under), ("<", high < under), ("<=", high <= over))
    never = rows.sign.cases((">", high <= over), (">=", high < under), ("<", low >= under), ("<=", low > over))
    return ibis.cases((ibis.coalesce(sure, False), True), (ibis.coalesce(never, False), False))


def _besides(rows: ibis.Table) -> Any:
    """Say whether what must hold besides holds."""
    abnormal = rows.baseline > rows.uln + TOLERANCE
    return rows["flag"].cases(
        ("normal", ~abnormal),
        ("abnormal", abnormal),
        ("abnormal to 5 ULN", abnormal & (rows.baseline <= 5 * rows.uln + TOLERANCE)),
        ("low", rows.value_high < rows.lln - TOLERANCE),
        ("baseline low", rows.baseline < rows.lln - TOLERANCE),
        ("symptoms", rows.symptoms),
        ("anticoagulated", rows.anticoagulated),
        ("not anticoagulated", ~rows.anticoagulated),
        ("over 24 h", rows.over_24_h),
        ("fasting", rows.fasting),
        else_=True,
    )


def laboratory_grades(cases: ibis.Table, key: Sequence[str], options: Options) -> ibis.Table:
    """Grade laboratory values by the CTCAE.

    Parameters
    ----------
    cases
        The ``key``; ``term, version`` (as in the table); ``unit``: that of the printed numbers which apply (empty
        where the term has none, null where it is not known); ``value_low, value_high`` (equal where the value is
        known exactly), ``uln, lln, baseline`` in that unit; the truths ``symptoms, anticoagulated, over_24_h,
        fasting``.
    key
        Columns that name a case.
    options
        ``creatinine_above_limit, fibrinogen_fall``.

    Returns
    -------
    ibis.Table
        The ``key``; ``grade`` (null: cannot be graded), ``lower, upper, complete, missing, criteria, flags``. The
        grade is the worst that holds; 0 only where every other is known not to. What a term says in words
        (symptoms, treatment, threat to life) may make it worse: it is a lower bound.
    """
    table = _edges_table(options)
    known = cases.filter(cases.unit.notnull())
    rows = known.join(table, ["term", "version", "unit"])
    # A value within normal is not above an abnormal baseline, whatever that was.
    within = rows["flag"].startswith("abnormal") & ibis.coalesce(rows.value_high <= rows.uln + TOLERANCE, False)
    rows = rows.mutate(holds=ibis.ifelse(within, False, _compared(rows) & _besides(rows)))
    needed = {
        name: [word for word, needs in NEEDS.items() if name in needs]
        for name in ("value", "uln", "lln", "baseline", "symptoms", "anticoagulated", "over_24_h", "fasting")
    }
    lacking = {}
    for name, words in needed.items():
        asked = rows.of.isin(words) | rows["flag"].isin(words) | (name == "value")
        lacking[f"lacks_{name}"] = (rows.holds.isnull() & _lacks(rows, name) & asked).max()
    each = rows.group_by(*key, "grade", "alternative").aggregate(
        sure=ibis.coalesce(rows.holds, False).min(),
        possible=ibis.coalesce(rows.holds, True).min(),
        words=rows.words.min(),
        **lacking,
    )
    bounds = each.group_by(*key).aggregate(
        lower=ibis.coalesce(each.grade.max(where=each.sure), 0),
        upper=ibis.coalesce(each.grade.max(where=each.possible), 0),
    )
    each = beside(each, bounds, key)
    # What lacks is told only where it could make the grade worse.
    open_ = each.possible & ~each.sure & (each.grade > each.lower)
    graded = each.group_by(*key, "lower", "upper").aggregate(**{name: each[name].max(where=open_) for name in lacking})
    reached = each.filter(each.sure, each.grade == each.lower)
    words = reached.group_by(*key).aggregate(criteria=reached.words.group_concat("; ", order_by=reached.alternative))
    defined = table.select("term", "version", defined=ibis.literal(True)).distinct()
    found = beside(beside(cases, graded, key), words, key)
    found = beside(found, defined, ("term", "version"))
    is_term = ibis.coalesce(found.defined, False)
    lower, upper = ibis.coalesce(found.lower, 0), ibis.coalesce(found.upper, 4)
    if options["creatinine_above_limit"] == "required":
        within = (found.term == "Creatinine increased") & (found.value_high <= found.uln + TOLERANCE)
        within = ibis.coalesce(within, False)
        perhaps = (found.term == "Creatinine increased") & found.uln.isnull()
        lower, upper = ibis.ifelse(within | perhaps, 0, lower), ibis.ifelse(within, 0, upper)
    names = [(name.removeprefix("lacks_"), found[name]) for name in lacking]
    unnamed = [("term", found.term.isnull()), ("version", found.version.isnull())]
    missing = named([*unnamed, *names, ("unit", is_term & found.unit.isnull())])
    none = ibis.null("int64")
    return found.select(
        *key,
        grade=ibis.ifelse(is_term & ((lower > 0) | (upper == 0)), lower, none),
        lower=ibis.ifelse(is_term, lower, none),
        upper=ibis.ifelse(is_term, upper, none),
        complete=is_term & (lower == upper),
        missing=ibis.ifelse(lower == upper, "", missing),
        criteria=ibis.ifelse(lower > 0, ibis.coalesce(found.criteria, ""), ""),
        flags=ibis.ifelse(
            is_term | found.term.isnull() | found.version.isnull(), "", "not a term of this version with a number"
        ),
    )


def _lacks(rows: ibis.Table, name: str) -> Any:
    if name == "value":
        return ibis.coalesce(rows.value_low != rows.value_high, True)
    return rows[name].isnull()
