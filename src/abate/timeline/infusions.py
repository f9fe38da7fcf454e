"""Infusions in time: segments of one rate, runs of one agent, agents together, high doses.

Vasopressor rules: Lee 2014, doi:10.1182/blood-2014-05-552729 (high dose, three hours; recalled), the
norepinephrine equivalent of VASST; overlap, bridged gaps and shortest run are our resolution.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from abate.records.options import Options
from abate.timeline.intervals import DAY_MINUTES, by_day, end_of_days, held_until, joined, with_next
from abate.timeline.joins import DAY, KEYS, beside

BRIDGED_GAP = 15
SHORTEST_RUN = 15
PERSISTENCE = 180
PERIOPERATIVE = ("anesthesia", "anaesthesia", "procedure", "operation")
SCALE = 1_000_000
"""Rates are summed as whole numbers of a millionth: sums of floats differ between engines."""


@dataclass(frozen=True)
class HighDose:
    """A published table of high doses.

    Attributes
    ----------
    alone
        Agent to the dose of it that is high: ug/min, dopamine ug/kg/min.
    equivalent, with_vasopressin
        Norepinephrine equivalent (ug/min) that is high, and that is beside vasopressin.
    """

    alone: Mapping[str, int]
    equivalent: int
    with_vasopressin: int


LEE = HighDose({"norepinephrine": 20, "epinephrine": 10, "phenylephrine": 200, "dopamine": 10}, 20, 10)
"""Lee 2014 (recalled), by which CARTOX and MSKCC are read too."""
PENN = HighDose({"norepinephrine": 20, "epinephrine": 10, "phenylephrine": 200, "dopamine": 10}, 20, 10)
"""Porter 2018 (recalled): the same numbers, kept apart, since a correction of the paper could not be read."""
TENTHS = {"norepinephrine": 10, "epinephrine": 10, "phenylephrine": 1, "dopamine": 5}
"""Norepinephrine equivalent by VASST, in tenths; vasopressin has no term."""


def segments(
    drugs: ibis.Table, follow_up: ibis.Table, names: Sequence[str], left_out: Sequence[str] = ()
) -> ibis.Table:
    """Return infusions of some drugs as segments of one rate.

    Parameters
    ----------
    drugs, follow_up
        The record table; ``patient_id, course_id, last_day``.
    names
        Drugs of the dictionary.
    left_out
        Indications that do not count.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, agent, start, end`` (minutes), ``rate, rate_unit, timed, source``. A
        segment without an end runs to the next row of its agent, else to the end of follow-up. One
        without a time of day is not ``timed`` and spans its days.
    """
    # A row over 15 minutes or more that counts no doses is an infusion, whatever it is called; a total
    # over an interval was given somewhere in it.
    lasted = ibis.coalesce(drugs.end_minute - drugs.minute >= SHORTEST_RUN, False)
    spread = (drugs.kind == "dose") & lasted & drugs.dose_count.isnull()
    drugs = drugs.mutate(
        minute=ibis.ifelse(drugs.kind == "interval total", ibis.null("int64"), drugs.minute),
        kind=ibis.ifelse(spread | (drugs.kind == "interval total"), "infusion", drugs.kind),
    )
    rows = drugs.filter(
        drugs.status == "given",
        drugs.kind == "infusion",
        drugs.drug.isin(names),
        drugs.day.notnull(),
        ibis.coalesce(drugs.indication.strip().lower(), "").notin(left_out),
    )
    rows = rows.select(
        *KEYS,
        "rate",
        "rate_unit",
        "source",
        "end_minute",
        "end_day",
        "minute",
        "day",
        agent=ibis.ifelse(rows.drug == "argipressin", "vasopressin", rows.drug),
    )
    rows = with_next(rows.mutate(start=ibis.coalesce(rows.minute, rows.day * DAY_MINUTES)), (*KEYS, "agent"))
    timed = rows.filter(rows.minute.notnull())
    timed = beside(timed, follow_up.select(*KEYS, "last_day"))
    columns = ("agent", "start", "end", "rate", "rate_unit", "timed", "source")
    timed = timed.mutate(end=held_until(timed), timed=ibis.literal(True)).select(*KEYS, *columns)
    daily = rows.filter(rows.minute.isnull())
    daily = daily.mutate(end=end_of_days(daily) * DAY_MINUTES, timed=ibis.literal(False)).select(*KEYS, *columns)
    both = timed.union(daily)
    return both.filter(ibis.coalesce(both.rate > 0, True))


def runs(timed: ibis.Table) -> ibis.Table:
    """Join segments of one agent over short gaps; ``counted`` is false for a push dose (under 15 min)."""
    found = joined(timed, (*KEYS, "agent"), "start", "end", BRIDGED_GAP)
    return found.mutate(counted=found.end - found.start >= SHORTEST_RUN)


def together(counted: ibis.Table, minutes: int) -> ibis.Table:
    """Return the spans in which two agents ran together for long enough.

    Parameters
    ----------
    counted
        Runs that count.
    minutes
        The least overlap; under it one agent took the place of the other.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, start, end, has_vasopressin``.
    """
    other = counted.view()
    pairs = counted.join(other, [*(counted[key] == other[key] for key in KEYS), counted.agent < other.agent])
    pairs = pairs.select(
        *KEYS,
        start=ibis.greatest(counted.start, other.start),
        end=ibis.least(counted.end, other.end),
        has_vasopressin=(counted.agent == "vasopressin") | (other.agent == "vasopressin"),
    )
    return pairs.filter(pairs.end - pairs.start >= minutes)


def rates(counted: ibis.Table, facts: ibis.Table, options: Options) -> ibis.Table:
    """Bring rates to ug/min (dopamine: ug/kg/min); null where the unit or the weight does not allow it.

    Parameters
    ----------
    counted
        Segments.
    facts
        ``patient_id, course_id, weight, child``.
    options
        ``pediatric_vasopressor_dose``: under ``per_kg`` a child's rate in ug/kg/min times 100 stands
        in place of ug/min.
    """
    rows = beside(counted, facts.select(*KEYS, "weight", "child"))
    whole = dose("", rows.rate, rows.rate_unit, rows.weight, rows.child, options)
    by_weight = dose("dopamine", rows.rate, rows.rate_unit, rows.weight, rows.child, options)
    return rows.mutate(dose=ibis.ifelse(rows.agent == "dopamine", by_weight, whole)).drop("weight", "child")


def rate_in(wanted: str, rate: ir.Value, unit: ir.Value, weight: ir.Value) -> ir.Value:
    """Return a rate in ug/min, ug/kg/min or [IU]/min; null where its unit or the weight does not allow it.

    Parameters
    ----------
    wanted
        One of the three.
    rate, unit, weight
        Of an infusion, per kg or not, in mass or in international units; of the patient (kg).
    """
    flat, per_kg = ("[IU]/min", "[IU]/kg/min") if wanted == "[IU]/min" else ("ug/min", "ug/kg/min")
    if wanted == per_kg:
        return ibis.cases((unit == per_kg, rate), (unit == flat, rate / weight))
    return ibis.cases((unit == flat, rate), (unit == per_kg, rate * weight))


def dose(
    agent: str, rate: ir.Value, unit: ir.Value, weight: ir.Value, child: ir.BooleanValue, options: Options
) -> ir.Value:
    """Return the rate of an agent in the unit in which :class:`HighDose` has it."""
    by_weight = rate_in("ug/kg/min", rate, unit, weight)
    if agent == "dopamine":
        return by_weight
    whole = rate_in("ug/min", rate, unit, weight)
    return ibis.ifelse(child, by_weight * 100, whole) if options["pediatric_vasopressor_dose"] == "per_kg" else whole


def levels(segments_of: ibis.Table, amounts: Mapping[str, ir.IntegerValue]) -> ibis.Table:
    """Sum what runs at once, as whole numbers: at each start an amount is added, at each end taken away.

    Parameters
    ----------
    segments_of
        ``patient_id, course_id, start, end`` (minutes).
    amounts
        Name to its amount in each segment.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, start, end`` and the sum of each name, from one change to the next.
    """
    starts = segments_of.select(*KEYS, start=segments_of.start, **amounts)
    ends = segments_of.select(*KEYS, start=segments_of.end, **{name: -amount for name, amount in amounts.items()})
    changes = starts.union(ends)
    changes = changes.group_by(*KEYS, "start").aggregate(**{name: changes[name].sum() for name in amounts})
    upto = ibis.window(group_by=KEYS, order_by=changes.start, preceding=None, following=0)
    order = ibis.window(group_by=KEYS, order_by=changes.start)
    sums = {name: changes[name].sum().over(upto) for name in amounts}
    rows = changes.mutate(end=changes.start.lead().over(order), **sums)
    return rows.filter(rows.end.notnull())


def dose_levels(dosed: ibis.Table) -> ibis.Table:
    """Return what ran at each moment, in millionths of the units of :class:`HighDose`.

    Parameters
    ----------
    dosed
        Segments with ``dose``, from :func:`rates`.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, start, end``, a column for each agent of :data:`TENTHS`, ``vasopressin`` (how many
        segments).
    """
    amounts = {
        agent: ibis.ifelse(dosed.agent == agent, ibis.coalesce(dosed.dose * SCALE, 0.0), 0.0).round().cast("int64")
        for agent in TENTHS
    }
    return levels(dosed, {**amounts, "vasopressin": (dosed.agent == "vasopressin").cast("int64")})


def high_dose(sums: ibis.Table, table: HighDose) -> ibis.Table:
    """Return the spans of high dose, from the third hour on.

    Parameters
    ----------
    sums
        From :func:`dose_levels`.
    table
        Whose doses are high.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, start, end``: from the 180th minute of a high dose to its end (at
        least one minute, so that it touches its day); ``stops``: its end itself.
    """
    equivalent: Any = ibis.literal(0, "int64")
    for agent, tenths in TENTHS.items():
        equivalent = equivalent + sums[agent] * tenths
    reached = (sums.vasopressin > 0) & (equivalent >= table.with_vasopressin * SCALE * 10)
    reached = reached | (equivalent >= table.equivalent * SCALE * 10)
    for agent, threshold in table.alone.items():
        reached = reached | (sums[agent] >= threshold * SCALE)
    spans = joined(sums.filter(reached), KEYS, "start", "end", BRIDGED_GAP)
    spans = spans.filter(spans.end - spans.start >= PERSISTENCE)
    begin = spans.start + PERSISTENCE
    return spans.mutate(start=begin, end=ibis.greatest(spans.end, begin + 1), stops=spans.end)


def agents_of_day(runs_of: ibis.Table, dosed: ibis.Table) -> ibis.Table:
    """Return what ran on each day.

    Parameters
    ----------
    runs_of
        Every run, counted or not.
    dosed
        Counted segments, timed or not, with ``dose``.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, day``; ``vasopressor_seen``, ``vasopressor_until`` (last minute, null where
        untimed), ``vasopressor_untimed``; ``pair_untimed`` and ``pair_untimed_besides_vasopressin`` (two
        agents of which one has no times); ``dose_unknown``; ``push_dose_seen``.
    """
    running = by_day(runs_of)
    running = running.select(
        *DAY, "agent", "until", timed=ibis.literal(True), dose_known=ibis.literal(True), push=~running.counted
    )
    days = by_day(dosed)
    vague = days.filter(~days.timed | days.dose.isnull())
    vague = vague.select(
        *DAY,
        "agent",
        until=ibis.ifelse(vague.timed, vague.until, ibis.null("int64")),
        timed=vague.timed,
        dose_known=(vague.agent == "vasopressin") | (vague.timed & vague.dose.notnull()),
        push=ibis.literal(False),
    )
    rows = running.union(vague)
    real = ~rows.push
    besides = real & (rows.agent != "vasopressin")
    found = rows.group_by(*DAY).aggregate(
        vasopressor_seen=real.max(),
        vasopressor_until=rows.until.max(where=real),
        vasopressor_untimed=(real & ~rows.timed).max(),
        agents=rows.agent.nunique(where=real),
        agents_besides=rows.agent.nunique(where=besides),
        untimed_besides=(besides & ~rows.timed).max(),
        dose_unknown=(real & ~rows.dose_known).max(),
        push_dose_seen=rows.push.max(),
    )
    return found.mutate(
        pair_untimed=(found.agents > 1) & found.vasopressor_untimed,
        pair_untimed_besides_vasopressin=(found.agents_besides > 1) & found.untimed_besides,
    ).drop("agents", "agents_besides", "untimed_besides")


def last_minutes(spans: ibis.Table, name: str, where: ir.BooleanValue | None = None) -> ibis.Table:
    """Return for each day that a span touches the last minute of it, under a name."""
    chosen = by_day(spans if where is None else spans.filter(where))
    return chosen.group_by(*DAY).aggregate(**{name: chosen.until.max()})
