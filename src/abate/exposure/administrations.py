"""Single administrations and totals over intervals, as bounds in mg.

A record may hold a dose, a repeated dose, a range, or a total over an interval. All become rows
with a lowest and a highest amount; an amount that is not known has a null ``high``.
"""

import ibis
import ibis.expr.types as ir

from abate.records.tables import LOCAL_ROUTES
from abate.timeline.intervals import DAY_MINUTES, OPEN, joined, last_day
from abate.timeline.joins import beside

PER_MINUTE = {"ug/min": 1e-3, "ug/kg/min": 1e-3}
"""mg in a canonical unit of mass; what is per kg is scaled by the weight."""


def _infused(rows: ibis.Table) -> ibis.Table:
    """Give an infusion that is told by its rate and its ends its amount (mg, or mg/kg)."""
    minutes = rows.end_minute - rows.minute
    mass = rows.rate_unit.cases(*PER_MINUTE.items())
    alone = rows.amount.isnull() & rows.amount_low.isnull() & rows.amount_high.isnull()
    told = ibis.coalesce((rows.kind == "infusion") & alone & (minutes >= 0) & mass.notnull(), False)
    return rows.mutate(
        amount=ibis.ifelse(told, rows.rate * mass * minutes, rows.amount),
        per_kg=ibis.ifelse(told, rows.rate_unit == "ug/kg/min", rows.per_kg),
    )


def _bounds(rows: ibis.Table) -> dict[str, ir.FloatingValue]:
    """Return the lowest and highest amount; with no amount at all, 0 and unknown."""
    mass = ibis.coalesce(rows.unit.notin(("[IU]", "mL")), True)  # international units and volumes are no mg
    low = ibis.coalesce(ibis.ifelse(mass, ibis.coalesce(rows.amount, rows.amount_low), 0.0), 0.0)
    high = ibis.ifelse(mass, ibis.coalesce(rows.amount, rows.amount_high), ibis.null("float64"))
    return {"low": low, "high": high}


def given(drugs: ibis.Table, weights: ibis.Table) -> ibis.Table:
    """Return drug rows that were given systemically, with amounts in mg.

    Parameters
    ----------
    drugs
        The record table.
    weights
        ``patient_id, course_id, weight_kg``: body weight (kg), null where it is not known.

    Returns
    -------
    ibis.Table
        The rows, with ``low`` and ``high`` (mg); of an infusion told by its rate that times its length. An amount per
        kg in a patient without weight is not known, nor is one in international units.
    """
    rows = drugs.filter(drugs.status == "given", ibis.coalesce(drugs.route.lower(), "").notin(LOCAL_ROUTES))
    rows = _infused(rows)
    rows = rows.mutate(**_bounds(rows))
    rows = beside(rows, weights)
    scaled_high = rows.high * rows.weight_kg
    scaled_low = ibis.coalesce(rows.low * rows.weight_kg, 0.0)
    monthly = ibis.coalesce(rows.time_precision == "month", False) & (rows.kind != "interval total")
    return rows.mutate(
        # A dose known to the month is known on no day.
        day=ibis.ifelse(monthly, ibis.null("int64"), rows.day),
        minute=ibis.ifelse(monthly, ibis.null("int64"), rows.minute),
        low=ibis.ifelse(rows.per_kg, scaled_low, rows.low),
        high=ibis.ifelse(rows.per_kg, scaled_high, rows.high),
    )


def administrations(given_rows: ibis.Table) -> ibis.Table:
    """Spread repeated doses: one row an administration.

    Parameters
    ----------
    given_rows
        From :func:`given`.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, drug, day, minute, earliest_day, last_day, span_days, interval_h, hours, route, low,
        high, indication, source, position``. ``minute`` (from midnight of day 0) is null where only the day is known,
        ``hours`` is how long it ran, ``route`` is in small letters. ``last_day`` is that on
        which it ended. ``day`` is null where only the first of several doses is dated; ``earliest_day`` is then the day
        of the first. ``span_days`` is how many days a dose stands
        for (its interval in whole days, at least 1).
    """
    rows = given_rows.filter(given_rows.kind != "interval total")
    # Without a count, doses at an interval fill the time up to the end of the row.
    end = ibis.coalesce(rows.end_minute, rows.end_day * DAY_MINUTES)
    begin = ibis.ifelse(rows.end_minute.notnull(), rows.minute, rows.day * DAY_MINUTES)
    filled = ((end - begin) / 60 / rows.interval_h).ceil()
    filled = ibis.ifelse(filled >= 1, filled.cast("float64"), 1.0)
    rows = rows.mutate(dose_count=ibis.coalesce(rows.dose_count, filled, 1.0).cast("int64"))
    rows = rows.mutate(position=ibis.range(0, rows.dose_count).unnest())
    hours = rows.interval_h * rows.position
    day = ibis.cases(
        (rows.position == 0, rows.day),
        # To the minute where the first dose is; else each interval from the start of its day.
        (rows.minute.notnull(), ((rows.minute + hours * 60) / DAY_MINUTES).floor().cast("int64")),
        (rows.interval_h.notnull(), rows.day + (hours / 24).floor().cast("int64")),
    )
    alone = rows.interval_h.isnull() & (rows.dose_count == 1) & (rows.end_minute >= rows.minute)
    running = rows.interval_h.isnull() & (rows.dose_count == 1)
    span = ibis.greatest((ibis.coalesce(rows.interval_h, 24.0) / 24).ceil().cast("int64"), 1)
    return rows.select(
        "patient_id",
        "course_id",
        "drug",
        day=day,
        minute=ibis.ifelse(rows.position == 0, rows.minute, rows.minute + (hours * 60).cast("int64")),
        earliest_day=rows.day,
        last_day=ibis.ifelse(running, last_day(rows), day),
        span_days=span,
        interval_h=rows.interval_h,
        hours=ibis.ifelse(alone, (rows.end_minute - rows.minute) / 60, ibis.null("float64")),
        route=rows.route.strip().lower(),
        low=rows.low,
        high=rows.high,
        indication=rows.indication,
        source=rows.source,
        position=rows.position,
    )


def interval_totals(given_rows: ibis.Table, from_day: int) -> ibis.Table:
    """Return totals over an interval: all of that drug that the patient was given in it.

    Parameters
    ----------
    given_rows
        From :func:`given`.
    from_day
        Where a total without a start begins (option ``exposure_from_day``).

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, drug, start_day, end_day, low, high, source``; a null ``end_day``
        is open. Where totals overlap, what they share is told twice: only the largest keeps its
        ``low``, and the sum of ``high`` is an upper bound.
    """
    rows = given_rows.filter(given_rows.kind == "interval total")
    rows = rows.mutate(start_day=ibis.coalesce(rows.day, from_day))
    other = rows.view()
    overlapping = rows.join(
        other,
        [
            *(rows[key] == other[key] for key in ("patient_id", "course_id", "drug")),
            rows.source != other.source,
            other.start_day < ibis.coalesce(rows.end_day, OPEN),
            ibis.coalesce(other.end_day, OPEN) > rows.start_day,
            # Of totals that overlap only the largest is certain to be more than the others tell.
            (other.low > rows.low) | ((other.low == rows.low) & (other.source < rows.source)),
        ],
        how="semi",
    ).select("source", told=ibis.literal(True))
    rows = beside(rows, overlapping, ("source",))
    return rows.select(
        "patient_id",
        "course_id",
        "drug",
        "start_day",
        end_day=rows.end_day,
        low=ibis.ifelse(rows.told.notnull(), 0.0, rows.low),
        high=rows.high,
        source=rows.source,
    )


def outside_totals(doses: ibis.Table, totals: ibis.Table) -> ibis.Table:
    """Return the administrations that no total tells already.

    A total over an interval and the doses within it are the same drug told twice; the total stands.
    A later dose without a day is told only where totals cover every day from the first dose on.
    """
    keys = ["patient_id", "course_id", "drug"]
    spans = joined(totals, keys)
    at = ibis.coalesce(doses.day, doses.earliest_day)
    told = [
        *(doses[key] == spans[key] for key in keys),
        at >= spans.start_day,
        at < spans.end_day,
        doses.day.notnull() | (spans.end_day == OPEN),
    ]
    return doses.anti_join(spans, told)
