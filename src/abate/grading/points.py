"""Rules that add up: points of a score, criteria that are counted, and published formulas.

The same objects make the number, its bounds, the words of a result and the documentation. What is not
known is never taken as normal: it is given its fewest and its most points, and a class is told only
where both sums lie in it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from types import SimpleNamespace
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from abate.grading.rules import Choice, Criterion, Known, all_of, any_of, named, standing
from abate.records.dictionary import dictionary
from abate.records.inputs import Input
from abate.records.options import Options
from abate.timeline.joins import TOLERANCE

Classes = tuple[tuple[str, float], ...]


def _truth(sure: Any, never: Any) -> Any:
    return ibis.cases((sure, True), (never, False))


def at_least(name: str, limit: float) -> Any:
    """Say whether a number is ``limit`` or more, from the bounds within which it is known."""
    edge = limit - TOLERANCE
    return _truth(_[f"{name}_low"] >= edge, _[f"{name}_high"] < edge)


def above(name: str, limit: float) -> Any:
    """Say whether a number is more than ``limit``."""
    edge = limit + TOLERANCE
    return _truth(_[f"{name}_low"] > edge, _[f"{name}_high"] <= edge)


def below(name: str, limit: float) -> Any:
    """Say whether a number is less than ``limit``."""
    edge = limit - TOLERANCE
    return _truth(_[f"{name}_high"] < edge, _[f"{name}_low"] >= edge)


def at_most(name: str, limit: float) -> Any:
    """Say whether a number is ``limit`` or less."""
    edge = limit + TOLERANCE
    return _truth(_[f"{name}_high"] <= edge, _[f"{name}_low"] > edge)


def above_times(name: str, factor: float, other: str) -> Any:
    """Say whether a number is more than ``factor`` times another one."""
    low, high = (factor * _[f"{other}_{end}"] for end in ("low", "high"))
    return _truth(_[f"{name}_low"] > high + TOLERANCE, _[f"{name}_high"] <= low + TOLERANCE)


def below_other(name: str, other: str) -> Any:
    """Say whether a number is less than another one."""
    return _truth(_[f"{name}_high"] < _[f"{other}_low"] - TOLERANCE, _[f"{name}_low"] >= _[f"{other}_high"] - TOLERANCE)


def as_reported(test: Callable[[str, float], Any], name: str, limit: float, unit: str, printed: float) -> Any:
    """Compare a variable with its limit, or with the one printed for another unit where it came in that one."""
    factor = (dictionary().variables[name].conversions or {})[unit]
    came = ibis.coalesce(_[f"{name}_unit"] == unit, False)
    return ibis.ifelse(came, test(name, printed * factor), test(name, limit))


def how_many(conditions: Sequence[Any], least: int) -> Any:
    """Say whether at least so many of some conditions hold."""
    certain, possible = (
        _sum([ibis.coalesce(where, way).cast("int64") for where in conditions]) for way in (False, True)
    )
    return _truth(certain >= least, possible < least)


@dataclass(frozen=True)
class Item:
    """One line of a score: the band with the most points that holds counts, and no other of the line.

    Attributes
    ----------
    name
        What the line is called.
    bands
        Criteria whose ``grade`` is the points that they give.
    """

    name: str
    bands: tuple[Criterion, ...]


def band(
    points: int, name: str, condition: Any, needs: Sequence[str], fact: str, known: Known, option: Choice | None = None
) -> Criterion:
    """Return one band of points."""
    return Criterion(points, name, condition, tuple(needs), fact, known, option)


def counted(
    name: str, condition: Any, needs: Sequence[str], fact: str, known: Known, option: Choice | None = None
) -> Item:
    """Return a line that counts one where its condition holds."""
    return Item(name, (band(1, name, condition, needs, fact, known, option),))


@dataclass(frozen=True)
class Score:
    """One published number, or one set of criteria that are counted.

    Attributes
    ----------
    key, title, citation
        How code calls it; the paper.
    inputs
        What it reads.
    items
        Its lines; a score without lines has a ``formula``.
    formula
        From the options to an expression over the inputs.
    unit
        Of the number.
    classes
        Names of classes and the least value of each, rising.
    gate
        Without it no class but the first.
    certain
        With it the last class, whatever the count.
    counts
        Whether the number counts criteria: it is then told also where some are not known.
    derived
        Further columns, as expressions over ``value``.
    flags
        Name to a truth that a reader should know.
    rises, falls
        Inputs with which the number of a formula rises, and falls: of these a bound of the input bounds the number.
    only_under
        Inputs of a formula that are read under one value of an option only.
    results
        Columns of its result, the number first.
    options, notes
        Names of the options that it reads; what the documentation says besides.
    """

    key: str
    title: str
    citation: str
    inputs: tuple[Input, ...]
    items: tuple[Item, ...] = ()
    formula: Callable[[Options], Any] | None = None
    unit: str = ""
    classes: Classes = ()
    gate: tuple[Criterion, ...] = ()
    certain: Any = None
    counts: bool = False
    derived: dict[str, Any] = field(default_factory=dict)
    flags: dict[str, Any] = field(default_factory=dict)
    rises: tuple[str, ...] = ()
    falls: tuple[str, ...] = ()
    only_under: dict[str, Choice] = field(default_factory=dict)
    results: tuple[str, ...] = ("value", "class", "complete", "missing", "lower", "upper", "criteria", "flags")
    options: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that a table of cases may hold for it: each input, and the unit of each."""
        return tuple(name for item in self.inputs for name in (item.name, f"{item.name}_unit"))

    @property
    def made(self) -> tuple[str, ...]:
        """Columns that it adds to a table of cases."""
        return (*self.results, *self.derived)

    def active(self, options: Options) -> tuple[Item, ...]:
        """Return the lines with the bands that stand under the options chosen."""
        lines = (Item(item.name, standing(item.bands, options)) for item in self.items)
        return tuple(item for item in lines if item.bands)

    def label(self, value: ir.NumericValue) -> ir.StringValue:
        """Return the name of the class of a value, empty where the score has none."""
        rising = [(value >= least - TOLERANCE, name) for name, least in reversed(self.classes)]
        return ibis.cases(*rising, else_="") if rising else ibis.literal("")


def _sum(values: Sequence[Any]) -> Any:
    return reduce(lambda left, right: left + right, values)


def evaluate(rows: ibis.Table, score: Score, options: Options) -> ibis.Table:
    """Compute one score for every row.

    Parameters
    ----------
    rows
        The inputs by name: a truth or word as itself; a number as itself and as ``NAME_low``, ``NAME_high``.
    score, options
        Which score, and how its ambiguities are settled.

    Returns
    -------
    ibis.Table
        The rows with ``value`` (null where it is not known; of a count, what is known to be met), ``class``
        (empty where the bounds differ in it), ``complete, missing, lower, upper, criteria, flags`` and the
        derived columns.
    """
    if score.formula is not None:
        return _formula(rows, score, score.formula(options), options)
    items = [
        (item, [(band, f"band_{i}_{j}") for j, band in enumerate(item.bands)])
        for i, item in enumerate(score.active(options))
    ]
    gates = [(gate, f"gate_{i}") for i, gate in enumerate(standing(score.gate, options))]
    holds = {name: band.condition for _item, bands in items for band, name in bands}
    holds |= {name: gate.condition for gate, name in gates}
    if score.certain is not None:
        holds["certain__"] = score.certain
    before = rows.columns
    rows = rows.mutate(**holds)

    def points(bands: Sequence[tuple[Criterion, str]], otherwise: bool) -> Any:
        falling = sorted(bands, key=lambda pair: -pair[0].grade)
        branches = [(ibis.coalesce(rows[name], otherwise), band.grade) for band, name in falling]
        return ibis.cases(*branches, else_=0).cast("int64")

    lower = _sum([points(bands, False) for _item, bands in items])
    upper = _sum([points(bands, True) for _item, bands in items])
    rows = rows.mutate(lower=lower, upper=upper)
    passed, open_ = (all_of([ibis.coalesce(rows[name], way) for _gate, name in gates]) for way in (False, True))
    least, most = score.label(ibis.ifelse(passed, rows.lower, 0)), score.label(ibis.ifelse(open_, rows.upper, 0))
    if score.certain is not None:
        sure = ibis.coalesce(rows["certain__"], False)
        perhaps = ibis.coalesce(rows["certain__"], True)
        last = score.classes[-1][0]
        least, most = ibis.ifelse(sure, last, least), ibis.ifelse(perhaps, last, most)
    groups = [bands for _item, bands in items] + [[gate] for gate in gates]
    met, waiting = [], []
    for bands in groups:
        for band, name in bands:
            more = [rows[other] for better, other in bands if better.grade > band.grade]
            counts = [rows[name], *(~ibis.coalesce(where, False) for where in more)]
            met.append((band.name, ibis.coalesce(all_of(counts), False)))
            waiting += [(need, rows[name].isnull() & _unknown(rows, need, score)) for need in band.needs]
    number = rows.lower if score.counts else ibis.ifelse(rows.lower == rows.upper, rows.lower, ibis.null("int64"))
    missing = named(waiting)
    return _results(
        rows,
        score,
        {
            "value": number.cast("float64"),
            "class": ibis.ifelse(least == most, least, ""),
            "complete": missing == "",
            "missing": missing,
            "lower": rows.lower.cast("float64"),
            "upper": rows.upper.cast("float64"),
            "criteria": named(met),
        },
        before,
    )


def measured(rows: ibis.Table, score: Score) -> ibis.Table:
    """Return the rows in which something of a score was measured."""
    names = [item.name for item in score.inputs if f"{item.name}_low" in rows.columns]
    return rows.filter(any_of([rows[f"{name}_{end}"].notnull() for name in names for end in ("low", "high")]))


def _unknown(rows: ibis.Table, name: str, score: Score) -> Any:
    """Say where an input is not known exactly."""
    if next(item.kind for item in score.inputs if item.name == name) != "number":
        return rows[name].isnull()
    low, high = rows[f"{name}_low"], rows[f"{name}_high"]
    return ibis.coalesce(low != high, True)


def _at_the_end(rows: ibis.Table, score: Score, formula: Any, end: str) -> Any:
    """Return a formula at the ends of its inputs at which it is least (``low``) or most (``high``)."""
    ends = dict.fromkeys(score.rises, end) | dict.fromkeys(score.falls, "low" if end == "high" else "high")
    inputs = {item.name: rows[item.name] for item in score.inputs}
    inputs |= {name: rows[f"{name}_{which}"] for name, which in ends.items()}
    inputs |= {name: ibis.coalesce(inputs[name], 0.0) for name, which in ends.items() if which == "low"}
    endless = any_of([inputs[name].isnull() for name in ends]) if ends else ibis.literal(False)
    return ibis.ifelse(endless, ibis.null("float64"), formula.resolve(SimpleNamespace(**inputs)))


def _formula(rows: ibis.Table, score: Score, formula: Any, options: Options) -> ibis.Table:
    before = rows.columns
    rows = rows.mutate(value=formula)
    idle = [name for name, (option, chosen) in score.only_under.items() if options[option] != chosen]
    read = [item.name for item in score.inputs if item.name not in idle]
    # Without an input there is no number, whatever a formula makes of it.
    unusable = any_of([rows.value.isnan(), rows.value.isinf(), *(rows[name].isnull() for name in read)])
    value = ibis.ifelse(unusable, ibis.null("float64"), rows.value)
    exact = value.notnull() & ~any_of([_unknown(rows, name, score) for name in read])
    fixed = [_unknown(rows, name, score) for name in read if name not in {*score.rises, *score.falls}]
    bounded = value.notnull() & ~any_of(fixed) if fixed else value.notnull()
    least, most = (_at_the_end(rows, score, formula, end) for end in ("low", "high"))
    lower, upper = (
        ibis.ifelse(exact, value, ibis.ifelse(bounded & ~end.isinf(), end, ibis.null("float64")))
        for end in (ibis.coalesce(least, 0.0), most)
    )
    vague = [(f"{name} is a bound", rows[name].notnull() & _unknown(rows, name, score)) for name in read]
    return _results(
        rows,
        score,
        {
            "value": value,
            "class": ibis.ifelse(exact, score.label(value), ""),
            "complete": exact,
            "missing": named([(name, rows[name].isnull()) for name in read]),
            "lower": lower,
            "upper": upper,
            "criteria": ibis.literal(""),
        },
        before,
        [*vague, ("no number can be made of it", value.isnull() & all_of([rows[name].notnull() for name in read]))],
    )


def _results(
    rows: ibis.Table, score: Score, found: dict[str, Any], before: Sequence[str], vague: Sequence[Any] = ()
) -> ibis.Table:
    flags = named([*((name, where.resolve(rows)) for name, where in score.flags.items()), *vague])
    rows = rows.mutate(**found, flags=flags)
    rows = rows.mutate(**score.derived)
    return rows.select(*before, *found, "flags", *score.derived)
