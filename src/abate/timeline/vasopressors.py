"""Which vasopressors ran on each day, how many together, at high dose, and what the pressure did."""

from collections.abc import Callable

import ibis
import ibis.expr.types as ir

from abate.records.dictionary import Dictionary
from abate.records.options import Options
from abate.timeline.episodes import with_closed
from abate.timeline.equivalents import equivalent_days
from abate.timeline.infusions import (
    LEE,
    PENN,
    PERIOPERATIVE,
    SHORTEST_RUN,
    agents_of_day,
    dose_levels,
    high_dose,
    last_minutes,
    rates,
    runs,
    segments,
    together,
)
from abate.timeline.intervals import DAY_MINUTES, by_day, joined
from abate.timeline.joins import DAY, KEYS, side_by_side, unknown

Keep = Callable[[str, ibis.Table], ibis.Table]
PAUSE = 6 * 60
"""The longest pause (minutes) that counts among the hours of vasopressors."""
LONG = 24 * 60


def vasopressor_days(
    drugs: ibis.Table,
    follow_up: ibis.Table,
    facts: ibis.Table,
    readings: ibis.Table,
    known: Dictionary,
    options: Options,
    keep: Keep,
) -> ibis.Table:
    """Return what ran on each day on which a vasopressor was recorded.

    Parameters
    ----------
    drugs, follow_up, facts
        The record table, the last day and the weight of each course.
    readings
        From :func:`abate.timeline.vitals.notable_readings`.
    known, options, keep
        The dictionary, the options, and where results are kept.

    Returns
    -------
    ibis.Table
        The columns of :func:`abate.timeline.infusions.agents_of_day`; ``two_until``,
        ``any_two_until``, ``two_besides_until``, ``high_until``, ``penn_high_until`` (last minute of two
        vasopressors as the option counts them, of any two, of two besides vasopressin, of high dose; null where
        none); ``vasopressor_minutes`` (pauses of up to six hours among them); ``norepinephrine_equivalent``;
        ``low_despite_high, low_despite_two`` (a low pressure in spite of them).
    """
    names = known.drugs_of("vasopressor")
    rows = keep("vasopressor_segments", segments(drugs, follow_up, names, PERIOPERATIVE))
    timed = rows.filter(rows.timed)
    every = keep("vasopressor_runs", runs(timed))
    counted = every.filter(every.counted)
    inside = timed.join(counted.select(*KEYS, "agent", run_start="start", run_end="end"), [*KEYS, "agent"])
    inside = inside.filter(inside.start >= inside.run_start, inside.start < inside.run_end)
    dosed = inside.select(*rows.columns).union(rows.filter(~rows.timed))
    dosed = keep("vasopressor_doses", rates(dosed, facts, options))
    overlap = options["vasopressor_overlap_minutes"]
    pairs = keep("vasopressor_pairs", together(counted, overlap))
    alone = options["vasopressin_counts_as_multiple"] == "no"
    multiple = pairs.filter(~pairs.has_vasopressin) if alone else pairs
    sums = keep("vasopressor_levels", dose_levels(dosed.filter(dosed.timed)))
    high = keep("vasopressor_high", high_dose(sums, LEE))
    reached = multiple.mutate(start=multiple.start + overlap)
    lows = readings.filter(readings.what == "low_pressure", readings.minute.notnull())
    short = ibis.coalesce(drugs.end_minute - drugs.minute < SHORTEST_RUN, True) | drugs.dose_count.notnull()
    push = drugs.filter(
        drugs.status == "given", drugs.kind == "dose", short, drugs.drug.isin(names), drugs.day.notnull()
    )
    parts = (
        agents_of_day(every, dosed),
        last_minutes(multiple, "two_until"),
        last_minutes(pairs, "any_two_until"),
        last_minutes(pairs, "two_besides_until", ~pairs.has_vasopressin),
        last_minutes(high, "high_until"),
        last_minutes(high_dose(sums, PENN), "penn_high_until"),
        _minutes(counted),
        _during(lows, high.select(*KEYS, "start", end="stops"), "low_despite_high"),
        _during(lows, reached, "low_despite_two"),
        equivalent_days(timed, facts, options),
        push.select(*DAY).distinct().mutate(push_dose=ibis.literal(True)),
    )
    return side_by_side([keep(f"vasopressor_part_{at}", part) for at, part in enumerate(parts)])


def _during(lows: ibis.Table, spans: ibis.Table, name: str) -> ibis.Table:
    """Return the days on which a low pressure was read within a span."""
    spans = spans.select(*KEYS, "start", "end")
    found = lows.semi_join(
        spans,
        [*(lows[key] == spans[key] for key in KEYS), lows.minute >= spans.start, lows.minute < spans.end],
    )
    return found.select(*DAY).distinct().mutate(**{name: ibis.literal(True)})


def _minutes(counted: ibis.Table) -> ibis.Table:
    """Return the minutes of each day on which any vasopressor ran, short pauses among them."""
    rows = by_day(joined(counted, KEYS, "start", "end", PAUSE))
    begun = ibis.greatest(rows.start, rows.day * DAY_MINUTES)
    return rows.group_by(*DAY).aggregate(vasopressor_minutes=(rows.until - begun).sum())


def long_vasopressor(rows: ibis.Table, options: Options) -> ibis.Table:
    """Return whether vasopressors ran for 24 hours in all, from the beginning of the episode to each day.

    Parameters
    ----------
    rows
        Patient-days, every day from 0 on, with the four signs, ``vasopressor_minutes`` and ``vasopressor_untimed``.
    options
        What ends an episode.

    Returns
    -------
    ibis.Table
        Days of courses with a vasopressor: ``patient_id, course_id, day, vasopressor_for_24_hours``;
        unknown under 24 hours where vasopressors, or their times, are not known on a day of the episode.
    """
    seen = rows.filter(rows.vasopressor).select(*KEYS).distinct()
    signs = ("fever", "hypotension", "vasopressor", "oxygen")
    rows = rows.semi_join(seen, list(KEYS)).select(*DAY, *signs, "vasopressor_minutes", "vasopressor_untimed")
    rows = with_closed(rows, options)
    before = ibis.window(group_by=KEYS, order_by=rows.day, preceding=(None, 1))
    rows = rows.mutate(episode=ibis.coalesce(rows.closed.cast("int64").sum().over(before), 0))
    upto = ibis.window(group_by=(*KEYS, "episode"), order_by=rows.day, preceding=None, following=0)
    vague = rows.vasopressor.isnull() | ibis.coalesce(rows.vasopressor_untimed, False)
    reached = ibis.coalesce(rows.vasopressor_minutes, 0).sum().over(upto) >= LONG
    long = ibis.cases((reached, True), (vague.max().over(upto), unknown()), else_=False)
    return rows.select(*DAY, vasopressor_for_24_hours=long)


def two_vasopressors(rows: ibis.Table, until: ir.Value, pair_untimed: ir.Value) -> ir.BooleanValue:
    """Say on which patient-days two vasopressors ran together; unknown where times or records lack."""
    doubtful = ibis.coalesce(pair_untimed, False)
    return ibis.cases(
        (until.notnull(), True), (doubtful, unknown()), (ibis.coalesce(rows.vasopressors_covered, False), False)
    )


def high_dose_vasopressor(rows: ibis.Table, until: ir.Value) -> ir.BooleanValue:
    """Say on which patient-days a vasopressor ran at high dose; unknown where a dose or the records lack."""
    return ibis.cases(
        (until.notnull(), True),
        (ibis.coalesce(rows.dose_unknown, False), unknown()),
        (ibis.coalesce(rows.vasopressors_covered, False), False),
    )


def hypotension_despite(rows: ibis.Table, treated: ir.BooleanValue, low: ir.BooleanValue) -> ir.BooleanValue:
    """Say on which patient-days the pressure was low in spite of a treatment, of which ``low`` says so."""
    both = treated & rows.hypotension
    timed = ibis.ifelse(ibis.coalesce(rows.low_untimed, False), unknown(), False)
    return ibis.ifelse(both, ibis.ifelse(ibis.coalesce(low, False), True, timed), both)
