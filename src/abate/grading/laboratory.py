"""Laboratory grades of the CTCAE, versions 4.03, 5.0 and 6.0, from the table of their criteria.

Source: National Cancer Institute, CTCAE v4.03 (2010), v5.0 (2017) and v6.0 (2025), verified; see
:mod:`abate.grading.ctcae_table`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import ibis
import pyarrow as pa

from abate.grading.ctcae_table import NEEDS, VERSIONS, Edge, edges
from abate.grading.points import Score
from abate.grading.rules import named
from abate.records.inputs import Input, number, truth, word
from abate.records.options import Options
from abate.timeline.joins import TOLERANCE, beside

BY_EXCEPTION = ("symptoms", "anticoagulated", "over_24_h")
"""Truths that are said where they are so."""
FOUND = ("fasting", "febrile", "bleeding")
"""Truths that are not known where they are not said."""
LEAST, MOST, NEXT = 1e-9, 1e12, 1e-6
"""A limit that no value is below, one that no value is above, and a step beside an edge."""


def _beside_edge(name: str, times: float, step: float) -> Callable[[ibis.Table], Any]:
    return lambda rows: ibis.coalesce(rows[name] * times * (1 + step), LEAST)


def _fixed(value: float | bool) -> Callable[[ibis.Table], Any]:
    return lambda _rows: ibis.literal(value)


ENDS = (_fixed(LEAST), _fixed(MOST))
NO_OR_YES = (_fixed(False), _fixed(True))
FILLED: Mapping[str, tuple[Callable[[ibis.Table], Any], ...]] = {
    "uln": (*ENDS, *(_beside_edge("baseline", times, step) for times in (1, 0.2) for step in (0, -NEXT))),
    "lln": (*ENDS, *(_beside_edge("baseline", 1, step) for step in (0, NEXT))),
    "baseline": (
        *ENDS,
        *(_beside_edge("uln", times, step) for times in (1, 5) for step in (0, NEXT)),
        *(_beside_edge("lln", 1, step) for step in (0, -NEXT)),
    ),
    **dict.fromkeys((*BY_EXCEPTION, *FOUND), NO_OR_YES),
}
"""Inputs that may be blank, and what they are tried at: the ends, and beside what they are compared with."""


def _spellings(version: str) -> tuple[str, ...]:
    """Return the ways of writing a version: 4.03 is also v4, 4.0 and v4.03."""
    whole = version.split(".", maxsplit=1)[0]
    texts = dict.fromkeys((version, whole, f"{whole}.0"))
    return tuple(f"{mark}{text}" for mark in ("", "v", "ctcae_v") for text in texts)


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
    truth("febrile", "A temperature over 38.3 Cel once, or of 38.0 Cel for more than an hour"),
    truth("bleeding", "Bleeding"),
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
        "Blank symptoms, anticoagulation and duration are none in the grade, and either in its bounds.",
        "Calcium with an albumin is corrected by 0.8 mg/dL, or 0.2 mmol/L, for each g/dL of it under 4.",
        "What a term says in words (treatment, hospitalization, threat to life) may make it worse: a lower bound.",
        "Numbers printed in several units are compared in the unit reported; other units are converted.",
    ),
)


def _edges_table(options: Options) -> ibis.Table:
    off = options["fibrinogen_fall"] == "off"
    # A fall within normal does not grade then; below the limit it does, as in version 5.0.
    chosen = [
        replace(edge, flag="low") if off and edge.of == "fall" and edge.version == "4.03" else edge for edge in edges()
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
    limit = rows.lln - TOLERANCE
    low = ibis.cases((rows.value_high < limit, True), (rows.value_low >= limit, False))
    return rows["flag"].cases(
        ("normal", ~abnormal),
        ("abnormal", abnormal),
        ("abnormal to 5 ULN", abnormal & (rows.baseline <= 5 * rows.uln + TOLERANCE)),
        ("low", low),
        ("baseline low", rows.baseline < rows.lln - TOLERANCE),
        ("not anticoagulated", ~rows.anticoagulated),
        ("over 24 h", rows.over_24_h),
        *((name, rows[name]) for name in ("symptoms", "anticoagulated", *FOUND)),
        else_=True,
    )


def laboratory_grades(cases: ibis.Table, key: str, options: Options) -> ibis.Table:
    """Grade laboratory values by the CTCAE.

    Parameters
    ----------
    cases
        The ``key``; ``term, version`` (as in the table); ``unit``: that of the printed numbers which apply (empty
        where the term has none, null where it is not known); ``value_low, value_high`` (equal where the value is
        known exactly), ``uln, lln, baseline`` in that unit; the truths of :data:`BY_EXCEPTION` and
        :data:`FOUND`.
    key
        The column that names a case, a whole number.
    options
        ``creatinine_above_limit, fibrinogen_fall``.

    Returns
    -------
    ibis.Table
        The ``key``; ``grade`` (null: cannot be graded), ``lower, upper, complete, missing, criteria, flags``. The
        grade is the worst that holds, with no symptom, anticoagulant and so on where none is said; 0 only where every
        other is known not to hold. What is not said is tried at every value that could matter: those are the bounds.
        What a term says in words (symptoms, treatment, threat to life) may make it worse: a lower bound.
    """
    table = _edges_table(options)
    tried = _fills(cases.filter(cases.unit.notnull()))
    bounds = _bounds(tried, (key, "fill", "assumed"), table, options)
    bounds = bounds.group_by(key).aggregate(
        lower=bounds.lower.min(),
        upper=bounds.upper.max(),
        as_said_lower=bounds.lower.min(where=~bounds.assumed),
        as_said_upper=bounds.upper.max(where=~bounds.assumed),
    )
    said = cases.mutate(**{name: ibis.coalesce(cases[name], False) for name in BY_EXCEPTION})
    words = _words(said, key, table)
    defined = table.select("term", "version", defined=ibis.literal(True)).distinct()
    found = beside(beside(beside(cases, bounds, (key,)), words, (key,)), defined, ("term", "version"))
    found = beside(found, _lacking(cases, key, table), (key,))
    is_term = ibis.coalesce(found.defined, False)
    lower, upper = ibis.coalesce(found.lower, 0), ibis.coalesce(found.upper, 4)
    graded = ibis.coalesce(found.as_said_lower, 0)
    told = is_term & ((graded > 0) | (ibis.coalesce(found.as_said_upper, 4) == 0))
    unnamed = [("term", found.term.isnull()), ("version", found.version.isnull())]
    lacking = [(name, found[f"lacks_{name}"]) for name in ("value", *FILLED)]
    missing = named([*unnamed, *lacking, ("unit", is_term & found.unit.isnull())])
    none = ibis.null("int64")
    return found.select(
        key,
        grade=ibis.ifelse(told, graded, none),
        lower=ibis.ifelse(is_term, lower, none),
        upper=ibis.ifelse(is_term, upper, none),
        complete=is_term & (lower == upper),
        missing=ibis.ifelse(is_term & (lower == upper), "", missing),
        criteria=ibis.ifelse(told & (graded > 0), ibis.coalesce(found.criteria, ""), ""),
        flags=ibis.ifelse(
            is_term | found.term.isnull() | found.version.isnull(), "", "not a term of this version with a number"
        ),
    )


def _uses_table() -> ibis.Table:
    """Return which inputs each term, version and unit asks for: ``uses_NAME``."""
    uses: dict[tuple[str, str, str], set[str]] = {}
    for edge in edges():
        needs = {*NEEDS.get(edge.of, ()), *NEEDS.get(edge.flag, ())}
        # An option may make a limit of normal matter that the term does not print.
        needs |= {"uln"} if edge.term == "Creatinine increased" else {"lln"} if edge.of == "fall" else set()
        uses.setdefault((edge.term, edge.version, edge.unit), set()).update(needs)
    columns: dict[str, list[Any]] = {
        name: [key[place] for key in uses] for place, name in enumerate(("term", "version", "unit"))
    }
    columns |= {f"uses_{name}": [name in needs for needs in uses.values()] for name in FILLED}
    return ibis.memtable(pa.table(columns))


def _fills(cases: ibis.Table) -> ibis.Table:
    """Return every case with what it does not say at each value that could change its grade.

    A grade rises or falls with one limit as long as the others stand on the same side of it: the ends of those
    stretches are enough. ``fill`` numbers them; ``assumed`` is true where a truth charted by exception was tried as
    yes.
    """
    rows = beside(cases, _uses_table(), ("term", "version", "unit"))
    rows = rows.mutate(fill=ibis.literal(0, "int64"), assumed=ibis.literal(False))
    for name, values in FILLED.items():
        tries = ibis.memtable(pa.table({"try__": list(range(len(values)))}))
        open_ = ibis.coalesce(rows[f"uses_{name}"], False) & rows[name].isnull()
        rows = rows.mutate(open__=open_).cross_join(tries)
        rows = rows.filter((rows.try__ == 0) | rows.open__)
        kind = rows[name].type()
        chosen = rows.try__.cases(
            *((place, value(rows).cast(kind)) for place, value in enumerate(values)), else_=ibis.null(kind)
        )
        yes = ibis.literal(name in BY_EXCEPTION) & (rows.try__ == 1)
        rows = rows.mutate(
            **{name: ibis.ifelse(rows.open__, chosen, rows[name])},
            fill=rows.fill * len(values) + rows.try__,
            assumed=rows.assumed | yes,
        ).drop("open__", "try__")
    return rows.select(*cases.columns, "fill", "assumed")


def _holds(cases: ibis.Table, table: ibis.Table) -> ibis.Table:
    """Return every condition of every case, and whether it ``holds``."""
    rows = cases.join(table, ["term", "version", "unit"])
    # A value within normal is not above an abnormal baseline, whatever that was.
    within = rows["flag"].startswith("abnormal") & ibis.coalesce(rows.value_high <= rows.uln + TOLERANCE, False)
    return rows.mutate(holds=ibis.ifelse(within, False, _compared(rows) & _besides(rows)))


def _bounds(cases: ibis.Table, keys: Sequence[str], table: ibis.Table, options: Options) -> ibis.Table:
    """Return the worst grade that surely holds and the worst that may, of each case."""
    rows = _holds(cases, table)
    above = rows.term != "Creatinine increased"
    if options["creatinine_above_limit"] == "required":
        high = ibis.cases(
            (rows.value_low > rows.uln + TOLERANCE, True), (rows.value_high <= rows.uln + TOLERANCE, False)
        )
        rows = rows.mutate(holds=rows.holds & (above | high))
    each = rows.group_by(*keys, "grade", "alternative").aggregate(
        sure=ibis.coalesce(rows.holds, False).min(), possible=ibis.coalesce(rows.holds, True).min()
    )
    return each.group_by(*keys).aggregate(
        lower=ibis.coalesce(each.grade.max(where=each.sure), 0),
        upper=ibis.coalesce(each.grade.max(where=each.possible), 0),
    )


def _words(cases: ibis.Table, key: str, table: ibis.Table) -> ibis.Table:
    """Return the conditions that hold at the worst grade of each case, as the table has them: ``criteria``."""
    rows = _holds(cases.filter(cases.unit.notnull()), table)
    each = rows.group_by(key, "grade", "alternative").aggregate(
        sure=ibis.coalesce(rows.holds, False).min(), words=rows.words.min()
    )
    each = each.filter(each.sure)
    worst = each.group_by(key).aggregate(worst=each.grade.max())
    reached = beside(each, worst, (key,)).filter(ibis._.grade == ibis._.worst)
    return reached.group_by(key).aggregate(criteria=reached.words.group_concat("; ", order_by=reached.alternative))


def _lacking(cases: ibis.Table, key: str, table: ibis.Table) -> ibis.Table:
    """Return what each case does not say and a condition of a worse grade waits for: ``lacks_NAME``."""
    rows = _holds(cases.filter(cases.unit.notnull()), table)
    waits: dict[str, Any] = {
        "lacks_value": rows.holds.isnull() & ibis.coalesce(rows.value_low != rows.value_high, True)
    }
    for name in FILLED:
        words = [word for word, needs in NEEDS.items() if name in needs]
        asked = rows.of.isin(words) | rows["flag"].isin(words)
        waits[f"lacks_{name}"] = rows.holds.isnull() & rows[name].isnull() & asked
    each = rows.group_by(key, "grade", "alternative").aggregate(
        sure=ibis.coalesce(rows.holds, False).min(),
        possible=ibis.coalesce(rows.holds, True).min(),
        **{name: where.max() for name, where in waits.items()},
    )
    lower = each.group_by(key).aggregate(lower=ibis.coalesce(each.grade.max(where=each.sure), 0))
    each = beside(each, lower, (key,))
    open_ = each.possible & ~each.sure & (each.grade > each.lower)
    return each.group_by(key).aggregate(**{name: each[name].max(where=open_) for name in waits})
