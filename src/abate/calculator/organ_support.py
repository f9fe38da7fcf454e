"""Organ support of one moment: norepinephrine equivalents, high doses, and the inspired fraction of a device.

The formulas, doses and estimates are those of the timeline (:mod:`abate.timeline.equivalents`,
:mod:`abate.timeline.infusions`, :mod:`abate.timeline.oxygen`), so that a case and a cohort cannot differ.
"""

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import add
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from abate.calculator.bedside_inputs import agents, listed, rate_of
from abate.grading.points import Item, Score, at_least, band, evaluate
from abate.grading.rules import any_of, named
from abate.records.dictionary import dictionary
from abate.records.inputs import Input, exactly, measured, number, word
from abate.records.options import Options
from abate.timeline.course_facts import ADULT
from abate.timeline.equivalents import FORMULAE
from abate.timeline.infusions import LEE, PERSISTENCE, TENTHS, dose, rate_in
from abate.timeline.oxygen import HIGH_FIO2, RESERVOIR, estimated_fio2
from abate.timeline.vitals import AIR, LOW_FLOW

FORMULA, ESTIMATE = "norepinephrine_equivalence", "fio2_estimate"
CHILD = "pediatric_vasopressor_dose"
OF_FORMULAE = tuple(dict.fromkeys(agent for formula in FORMULAE.values() for agent in formula.factors))
RUNNING = Input(
    "vasopressors", "Vasopressors that run at the same time; blank: those with a rate", "words", words=agents()
)
WEIGHT = exactly(measured("weight"))
METHODS = ("four_percent", "three_percent")
BY_FLOW = ("nasal_cannula", "simple_mask", "face_mask", "non_rebreather")
HOURS = PERSISTENCE // 60


def _rate(agent: str) -> str:
    return rate_of(agent).name


NOREPINEPHRINE_EQUIVALENT = Score(
    "norepinephrine-equivalent",
    "Norepinephrine equivalent, by three formulas",
    "; ".join(formula.source for formula in FORMULAE.values()),
    (RUNNING, *map(rate_of, OF_FORMULAE), WEIGHT),
    derived={
        f"{name}_{formula.unit.replace('/', '_')}": getattr(_, f"by_{name}") for name, formula in FORMULAE.items()
    },
    options=(FORMULA,),
    notes=(
        "The value is that of the formula chosen: VASST in ug/min, the others in ug/kg/min. Their numbers are not "
        "exchangeable; all three stand beside it.",
        "An agent without a factor adds nothing: vasopressin by VASST, and is flagged.",
        *(
            f"{name}: " + ", ".join(f"{agent} ({unit}) x {factor:g}" for agent, (unit, factor) in of.factors.items())
            for name, of in FORMULAE.items()
        ),
    ),
)


def _high(agent: str) -> Any:
    unit = "ug/kg/min" if agent == "dopamine" else "ug/min"
    limit = LEE.alone[agent]
    return band(
        1,
        f"{agent} from {limit} {unit}",
        at_least(f"{agent}_dose", limit) & at_least("hours", HOURS),
        (_rate(agent), "weight", "hours"),
        f"{agent} at {limit} {unit} or more, for {HOURS} hours",
        "recalled",
    )


EQUIVALENT = ("vasopressors", *(_rate(agent) for agent in TENTHS), "weight", "hours")
EQUIVALENT_OF = f"a norepinephrine equivalent (VASST) of {{}} ug/min or more, for {HOURS} hours"
HIGH_DOSE = Score(
    "high-dose-vasopressor",
    "High dose of a vasopressor (Lee 2014; the table of Penn has the same numbers)",
    "Lee DW, et al. Blood 2014;124(2):188-195. doi:10.1182/blood-2014-05-552729 (recalled)",
    (
        RUNNING,
        *map(rate_of, (*TENTHS, "vasopressin")),
        exactly(number("hours", "Hours at these rates", "h", 0, 2400)),
        WEIGHT,
        exactly(number("age", "Age", "a", 0, 120)),
    ),
    items=(
        Item(
            "high dose",
            (
                *(_high(agent) for agent in LEE.alone),
                band(
                    1,
                    "beside vasopressin",
                    _.vasopressin_runs & at_least("equivalent", LEE.with_vasopressin) & at_least("hours", HOURS),
                    EQUIVALENT,
                    f"Vasopressin and {EQUIVALENT_OF.format(LEE.with_vasopressin)}",
                    "recalled",
                ),
                band(
                    1,
                    "combination",
                    at_least("equivalent", LEE.equivalent) & at_least("hours", HOURS),
                    EQUIVALENT,
                    f"Together, {EQUIVALENT_OF.format(LEE.equivalent)}",
                    "recalled",
                ),
            ),
        ),
    ),
    classes=(("not high", 0.0), ("high", 1.0)),
    options=(CHILD,),
)
FIO2 = Score(
    "fio2-estimate",
    "Inspired fraction of oxygen (%), estimated from device and flow",
    "4 % a litre is widely reproduced (secondary); neither ASTCT nor CARTOX prints a table",
    (
        word("oxygen_device", "Oxygen device", dictionary().states_of("oxygen")),
        exactly(measured("oxygen_flow", "o2_flow")),
    ),
    unit="%",
    classes=(("under 40 %", 0.0), ("40 % or more", HIGH_FIO2)),
    derived={"fio2_source": _.source, **{name: getattr(_, f"by_{name}") for name in METHODS}},
    options=(ESTIMATE,),
    notes=("No fraction is estimated for a ventilator, CPAP, a high-flow cannula or a Venturi mask: it is set there.",),
)
ORGAN_SUPPORT: Mapping[str, Score] = {rule.key: rule for rule in (NOREPINEPHRINE_EQUIVALENT, HIGH_DOSE, FIO2)}


def organ_support(rows: ibis.Table, rule: Score, options: Options) -> ibis.Table:
    """Compute a rule of organ support.

    Parameters
    ----------
    rows
        From :func:`abate.sources.cases.typed` for the inputs of the rule.
    rule, options
        One of :data:`ORGAN_SUPPORT`; its options.

    Returns
    -------
    ibis.Table
        The rows with ``value, class, complete, missing, lower, upper, criteria, flags`` and the rule's own columns.
    """
    if rule is FIO2:
        return _fraction(rows, options)
    return _high_dose(rows, options) if rule is HIGH_DOSE else _equivalent(rows, options)


def _said(rows: ibis.Table, names: Sequence[str]) -> ibis.Table:
    """Settle which agents run: ``AGENT runs`` (null where nothing is said), the rate 0 of one that does not."""
    rated = any_of([rows[_rate(agent)].notnull() for agent in names])
    rows = rows.mutate(vasopressors=ibis.coalesce(rows.vasopressors, ibis.ifelse(rated, "+", ibis.null("string"))))
    said = rows.vasopressors.notnull()
    runs = {agent: listed(rows, agent) | ibis.coalesce(rows[_rate(agent)] > 0, False) for agent in names}
    idle = {_rate(agent): ibis.ifelse(said & ~runs[agent], 0.0, rows[_rate(agent)]) for agent in names}
    known = {f"{agent} runs": ibis.ifelse(said, runs[agent], ibis.null("boolean")) for agent in names}
    return rows.mutate(**idle, **known)


def _equivalent(rows: ibis.Table, options: Options) -> ibis.Table:
    rows = _said(rows, OF_FORMULAE)
    chosen = options[FORMULA]
    entered: dict[str, list[tuple[str, Any]]] = {
        name: [
            (agent, ibis.ifelse(rows[_rate(agent)] == 0, 0.0, _in(rows, agent, unit)) * factor)
            for agent, (unit, factor) in formula.factors.items()
        ]
        for name, formula in FORMULAE.items()
    }
    sums = {f"by_{name}": reduce(add, [term for _agent, term in terms]) for name, terms in entered.items()}
    lacking = [("vasopressors", rows.vasopressors.isnull())]
    lacking += [(_rate(agent), rows[f"{agent} runs"] & rows[_rate(agent)].isnull()) for agent, _term in entered[chosen]]
    light = [rows[_rate(agent)].notnull() & term.isnull() for agent, term in entered[chosen]]
    lacking.append(("weight", rows.weight.isnull() & any_of(light)))
    apart = [agent for agent in OF_FORMULAE if agent not in FORMULAE[chosen].factors]
    flags = named([(f"{agent} has no factor", rows[f"{agent} runs"]) for agent in apart])
    return _told(rows.mutate(**sums), f"by_{chosen}", named(lacking), flags, NOREPINEPHRINE_EQUIVALENT)


def _in(rows: ibis.Table, agent: str, unit: str) -> ir.Value:
    return rate_in(unit, rows[_rate(agent)], rows[f"{_rate(agent)}_unit"], rows.weight)


def _told(rows: ibis.Table, column: str, missing: Any, flags: Any, rule: Score) -> ibis.Table:
    """Return a column as the value of a rule, exactly known or not at all."""
    value = rows[column]
    label = ibis.ifelse(value.notnull(), rule.label(value), "")
    bounds = {"value": value, "lower": value, "upper": value, "class": label}
    told = rows.mutate(**bounds, complete=value.notnull(), missing=missing, flags=flags, criteria=ibis.literal(""))
    return told.mutate(**rule.derived)


def _high_dose(rows: ibis.Table, options: Options) -> ibis.Table:
    """Bring every rate to the unit of the table, and judge the doses within the bounds in which they are known."""
    rows = _said(rows, (*TENTHS, "vasopressin"))
    child = ibis.coalesce(rows.age < ADULT, False)
    ends: dict[str, Any] = {}
    for agent in TENTHS:
        rate = rows[_rate(agent)]
        amount = dose(agent, rate, rows[f"{_rate(agent)}_unit"], rows.weight, child, options)
        ends[f"{agent}_dose_high"] = ibis.ifelse(rate == 0, 0.0, amount)
        ends[f"{agent}_dose_low"] = ibis.coalesce(ends[f"{agent}_dose_high"], 0.0)
    for end in ("low", "high"):
        tenths = [ends[f"{agent}_dose_{end}"] * each for agent, each in TENTHS.items()]
        ends[f"equivalent_{end}"] = reduce(add, tenths) / 10
    rows = evaluate(rows.mutate(**ends, vasopressin_runs=rows["vasopressin runs"]), HIGH_DOSE, options)
    # What has no term in the table may still be a high dose.
    pressors = dictionary().drugs_of("vasopressor")
    others = [name for name in pressors if name not in (*TENTHS, "vasopressin", "argipressin")]
    apart = any_of([listed(rows, name) for name in others]) & (rows.lower == 0)
    named_others = named([(f"{name} has no dose in the table", apart & listed(rows, name)) for name in others])
    return rows.mutate(
        value=ibis.ifelse(apart, ibis.null("float64"), rows.value),
        upper=ibis.ifelse(apart, 1.0, rows.upper),
        complete=rows.complete & ~apart,
        flags=named_others,
        **{"class": ibis.ifelse(apart, "", rows["class"])},
    )


def _fraction(rows: ibis.Table, options: Options) -> ibis.Table:
    spans = rows.mutate(device=rows.oxygen_device, flow=rows.oxygen_flow)
    by_flow = spans.device.isin(BY_FLOW)
    air = (spans.device == "room_air") | (by_flow & ibis.coalesce(spans.flow == 0, False))
    methods = {f"by_{name}": ibis.ifelse(air, AIR, estimated_fio2(spans, name)) for name in (*METHODS, "none")}
    spans = spans.mutate(**methods)
    missing = named([("oxygen_device", spans.device.isnull()), ("oxygen_flow", by_flow & spans.flow.isnull())])
    other = spans.device.notnull() & ~air & ~by_flow & (spans.device != "blow_by")
    little = (spans.device == "non_rebreather") & (spans.flow > 0) & (spans.flow < RESERVOIR[-1][0])
    flags = named(
        [
            ("set, not estimated, for this device", other),
            ("extrapolated above 6 L/min", (spans.device == "nasal_cannula") & (spans.flow > LOW_FLOW)),
            ("blow-by: our resolution", spans.device == "blow_by"),
            ("no estimate at so low a flow", little),
        ]
    )
    source = ibis.cases((spans[f"by_{options[ESTIMATE]}"].isnull(), ""), (air, "room air"), else_="estimated")
    spans = spans.mutate(source=source)
    return _told(spans, f"by_{options[ESTIMATE]}", missing, flags, FIO2)
