"""The rule language: a grading system is data, with the words of the paper beside every criterion.

The same objects make the grade, the explanation, the documentation and the methods paragraph. A
condition is an Ibis expression over named features; no text is evaluated as code. Features have
three values, and so have conditions: unknown OR true is true, unknown AND false is false.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Literal

import ibis
import ibis.expr.types as ir

from abate.records.options import Options
from abate.timeline.joins import DAY

Known = Literal["verified", "secondary", "recalled", "our resolution"]
Choice = tuple[str, str]


@dataclass(frozen=True)
class Criterion:
    """One cell of a published table.

    Attributes
    ----------
    grade, name
        The grade that it gives, and what it is called in a result.
    condition
        An expression over the features of a patient-day, built on ``ibis._``.
    needs
        The features that the condition reads.
    fact
        The words as printed, or nearly so.
    known
        How well the fact is known.
    option
        Name and value of the option under which the criterion stands; none if it always does.
    doubt
        A feature that, where true, keeps the criterion out of ``lower``.
    """

    grade: int
    name: str
    condition: Any
    needs: tuple[str, ...]
    fact: str
    known: Known
    option: Choice | None = None
    doubt: str = ""


def feature(grade: int, name: str, fact: str, known: Known) -> Criterion:
    """Return a criterion that is one feature, and is called by its name."""
    return Criterion(grade, name.replace("_", " "), getattr(ibis._, name), (name,), fact, known)


@dataclass(frozen=True)
class Flag:
    """What a reader should know of a graded day; it changes no grade."""

    name: str
    meaning: str


@dataclass(frozen=True)
class System:
    """One published grading system of one toxicity.

    Attributes
    ----------
    key, name, toxicity
        How code, a reader and ``events`` call it.
    title, citation
        The paper.
    required
        Features that must be known before a day without a satisfied criterion is grade 0.
    criteria, flags
        Its table, and what may be said beside a grade.
    notes
        Resolutions and exclusions, in sentences, for the documentation.
    """

    key: str
    name: str
    toxicity: str
    title: str
    citation: str
    required: tuple[str, ...]
    criteria: tuple[Criterion, ...]
    flags: tuple[Flag, ...]
    notes: tuple[str, ...] = ()
    grain: str = "day"

    def active(self, options: Options) -> tuple[Criterion, ...]:
        """Return the criteria that stand under the options chosen."""
        return standing(self.criteria, options)

    @property
    def reads(self) -> frozenset[str]:
        """Names of the features that its criteria and flags read."""
        criteria = {name for item in self.criteria for name in (*item.needs, item.doubt) if name}
        return frozenset({*criteria, *self.required, *(flag.name for flag in self.flags)})


def standing(criteria: Sequence[Criterion], options: Options) -> tuple[Criterion, ...]:
    """Return the criteria that stand under the options chosen."""
    return tuple(item for item in criteria if item.option is None or options[item.option[0]] == item.option[1])


def any_of(conditions: Sequence[Any]) -> Any:
    """Join conditions by OR."""
    return reduce(lambda left, right: left | right, conditions)


def all_of(conditions: Sequence[Any]) -> Any:
    """Join conditions by AND; none at all hold."""
    return reduce(lambda left, right: left & right, conditions, ibis.literal(True))


def named(names: Sequence[tuple[str, Any]]) -> ir.StringValue:
    """Join the names of the conditions that hold, each name once."""
    merged: dict[str, Any] = {}
    for name, where in names:
        merged[name] = merged[name] | where if name in merged else where
    parts: list[Any] = [ibis.ifelse(ibis.coalesce(where, False), f"; {name}", "") for name, where in merged.items()]
    joined: Any = reduce(lambda left, right: left + right, parts, ibis.literal(""))
    return joined.substr(2)


def grade_days(
    features: ibis.Table, system: System, options: Options, called: Mapping[str, str] | None = None
) -> ibis.Table:
    """Grade every patient-day by one system.

    Parameters
    ----------
    features
        From :func:`abate.timeline.features.features`.
    system
        One of :data:`abate.grading.systems.SYSTEMS`.
    options
        Which criteria stand.
    called
        What ``missing`` calls a feature, where that is not its name.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, day, toxicity, system, grade`` (null: cannot be graded), ``lower, upper,
        complete, criteria, missing, flags``. ``criteria`` are those that hold at ``grade``; ``missing`` the
        unknown features on which an undecided criterion waits. All but grades are joined by ``; ``.
    """
    active = system.active(options)
    holds = {f"criterion_{position}": item.condition for position, item in enumerate(active)}
    rows = features.mutate(**holds)
    met = [ibis.coalesce(rows[name], False) for name in holds]
    certain = [
        hold & ~ibis.coalesce(rows[item.doubt], False) if item.doubt else hold
        for hold, item in zip(met, active, strict=True)
    ]
    possible = [ibis.coalesce(rows[name], True) for name in holds]

    def worst(conditions: Sequence[ir.BooleanValue]) -> ir.IntegerValue:
        levels = sorted({item.grade for item in active}, reverse=True)
        branches = []
        for level in levels:
            mine = [where for where, item in zip(conditions, active, strict=True) if item.grade == level]
            branches.append((any_of(mine), ibis.literal(level, "int8")))
        return ibis.cases(*branches, else_=ibis.literal(0, "int8"))

    known = [rows[name].notnull() for name in system.required]
    rows = rows.mutate(
        worst=worst(met),
        lower=worst(certain),
        upper=worst(possible),
        all_known=all_of(known),
    )
    nothing = (rows.worst == 0) & ~(rows.all_known | (rows.upper == 0))
    grade = ibis.ifelse(nothing, ibis.null("int8"), rows.worst)
    graded = list(zip(holds, active, strict=True))
    at_grade = [(item.name, rows[name] & (rows.worst == item.grade)) for name, item in graded]
    words = called or {}
    waiting = [
        (words.get(need, need), rows[need].isnull() & rows[name].isnull())
        for name, item in graded
        for need in item.needs
    ]
    flags = [(flag.name, rows[flag.name]) for flag in system.flags]
    # A death is not a bound: what else was unknown that day no longer matters.
    final = rows.worst == 5
    return rows.select(
        *DAY,
        toxicity=ibis.literal(system.toxicity),
        system=ibis.literal(system.name),
        grade=grade,
        lower=rows.lower,
        upper=rows.upper,
        complete=rows.lower == rows.upper,
        criteria=named(at_grade),
        missing=ibis.ifelse(final, "", named(waiting)),
        flags=named(flags),
    )
