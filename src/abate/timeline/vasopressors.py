"""Which vasopressors ran on each day, how many together, at high dose, and what the pressure did."""

from collections.abc import Callable

import ibis
import ibis.expr.types as ir

from abate.records.dictionary import Dictionary
from abate.records.options import Options
from abate.timeline.infusions import agents_of_day, high_dose, last_minutes, rates, runs, segments, together
from abate.timeline.joins import DAY, KEYS, beside, unknown

OVERLAP_REACHED = 60
Keep = Callable[[str, ibis.Table], ibis.Table]


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
        ``two_besides_until``, ``high_until`` (last minute of two vasopressors, of two besides
        vasopressin, of high dose; null where none); ``low_despite`` (a low pressure in spite of them).
    """
    names = known.drugs_of("vasopressor")
    rows = keep("vasopressor_segments", segments(drugs, follow_up, names))
    timed = rows.filter(rows.timed)
    every = keep("vasopressor_runs", runs(timed))
    counted = every.filter(every.counted)
    inside = timed.join(counted.select(*KEYS, "agent", run_start="start", run_end="end"), [*KEYS, "agent"])
    inside = inside.filter(inside.start >= inside.run_start, inside.start < inside.run_end)
    dosed = inside.select(*rows.columns).union(rows.filter(~rows.timed))
    dosed = keep("vasopressor_doses", rates(dosed, facts, options))
    pairs = keep("vasopressor_pairs", together(counted, options["vasopressor_overlap_minutes"]))
    alone = options["vasopressin_counts_as_multiple"] == "no"
    multiple = pairs.filter(~pairs.has_vasopressin) if alone else pairs
    high = keep("vasopressor_high", high_dose(dosed.filter(dosed.timed)))
    found = agents_of_day(every, dosed)
    despite = high.select(*KEYS, "start", "end").union(
        multiple.select(*KEYS, start=multiple.start + OVERLAP_REACHED, end=multiple.end)
    )
    low = readings.filter(readings.what == "low_pressure", readings.minute.notnull())
    low = low.join(
        despite,
        [*(low[key] == despite[key] for key in KEYS), low.minute >= despite.start, low.minute < despite.end],
    )
    low = low.select(*DAY).distinct().mutate(low_despite=ibis.literal(True))
    for other in (
        last_minutes(multiple, "two_until"),
        last_minutes(pairs, "two_besides_until", ~pairs.has_vasopressin),
        last_minutes(high, "high_until"),
        low,
    ):
        found = _outer(found, other)
    push = drugs.filter(drugs.status == "given", drugs.kind == "dose", drugs.drug.isin(names), drugs.day.notnull())
    return _outer(found, push.select(*DAY).distinct().mutate(push_dose=ibis.literal(True)))


def _outer(rows: ibis.Table, other: ibis.Table) -> ibis.Table:
    """Join days of either table."""
    every = rows.select(*DAY).union(other.select(*DAY), distinct=True)
    return beside(beside(every, rows, DAY), other, DAY)


def two_vasopressors(rows: ibis.Table, until: ir.Value, pair_untimed: ir.Value) -> ir.BooleanValue:
    """Say on which patient-days two vasopressors ran together; unknown where times or records lack."""
    doubtful = ibis.coalesce(pair_untimed, False)
    return ibis.cases(
        (until.notnull(), True), (doubtful, unknown()), (ibis.coalesce(rows.vasopressors_covered, False), False)
    )


def high_dose_vasopressor(rows: ibis.Table) -> ir.BooleanValue:
    """Say on which patient-days a vasopressor ran at high dose; unknown where a dose or the records lack."""
    return ibis.cases(
        (rows.high_until.notnull(), True),
        (ibis.coalesce(rows.dose_unknown, False), unknown()),
        (ibis.coalesce(rows.vasopressors_covered, False), False),
    )


def hypotension_despite(rows: ibis.Table) -> ir.BooleanValue:
    """Say on which patient-days the pressure was low in spite of two vasopressors or a high dose."""
    treated = rows.high_dose_vasopressor | rows.two_vasopressors
    untimed = ibis.coalesce(rows.low_untimed, False)
    return ibis.cases(
        (ibis.coalesce(rows.low_despite, False), True),
        (~treated, False),
        (~rows.hypotension, False),
        (treated & rows.hypotension & ~untimed, False),
    )
