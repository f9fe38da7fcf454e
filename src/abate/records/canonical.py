"""From numbers as recorded to canonical units, and the checks that need them: unit and range."""

import ibis
import ibis.expr.types as ir

from abate.records import parse
from abate.records.checks import Mark
from abate.records.dictionary import dictionary, organ_terms

MOST_DOSES, MOST_HOURS = 10_000, 8784
"""Doses that one row may stand for, and hours between two of them (a year)."""


def _any(conditions: list[ir.BooleanValue]) -> ir.BooleanValue:
    """Say where at least one of several conditions holds; unknown counts as not."""
    found: ir.BooleanValue = ibis.literal(False)
    for condition in conditions:
        found = found | ibis.coalesce(condition, False)
    return found


def measurement_marks(rows: ibis.Table) -> list[Mark]:
    """Return the marks of a measurement before its unit is looked at: name and number."""
    nothing = rows.value.isnull() & rows.value_low.isnull() & rows.value_high.isnull()
    return [
        Mark(
            ibis.coalesce(rows.comparator != rows.comparator__read, False),
            "not a listed value",
            "comparator",
            "the value begins with another comparator",
        ),
        Mark(nothing & rows.text.notnull(), "not a number", "text"),
        Mark(nothing, "empty", "value"),
    ]


def measurements(rows: ibis.Table, conversions: ibis.Table, ranges: ibis.Table) -> ibis.Table:
    """Bring measurements to their canonical unit and lay their limits beside them.

    Parameters
    ----------
    rows
        With ``variable`` resolved and ``reason`` judged so far.
    conversions
        From :func:`abate.records.units.conversion_table`.
    ranges
        From :meth:`abate.records.dictionary.Dictionary.ranges`.

    Returns
    -------
    ibis.Table
        With value, bounds and limits of normal converted, ``unit`` canonical, ``unit_recorded`` and
        ``recorded`` as they came, ``outside_usual``, and the columns of :func:`unit_marks`.
    """
    rows = rows.mutate(unit__key=ibis.coalesce(rows.unit, ""))
    joined = rows.left_join(
        conversions, [rows.variable == conversions.name, rows.unit__key == conversions.written_unit]
    ).drop("name", "written_unit")
    limits = ranges.rename(range_of="variable")
    joined = joined.left_join(limits, joined.variable == limits.range_of).drop("range_of")
    # Nine decimals: 100.4 [degF] is 38 Cel, not 38.00000000000006.
    numbers = {
        name: (joined[name] * joined.factor + joined.offset).round(9)
        for name in ("value", "value_low", "value_high", "lln", "uln")
    }
    joined = joined.mutate(
        **numbers,
        comparator=ibis.coalesce(joined.comparator, joined.comparator__read),
        recorded=ibis.coalesce(joined.value__recorded, joined.text),
        unit_recorded=joined.unit,
        unit__recorded=joined.unit,
        unit=joined.canonical,
    )
    values = [joined.value, joined.value_low, joined.value_high]
    return joined.mutate(
        outside_usual=_any([value < joined.usual_low for value in values])
        | _any([value > joined.usual_high for value in values])
    )


def _plain(limit: ir.FloatingValue) -> ir.StringValue:
    """Write a limit without needless decimals; open where there is none."""
    return ibis.coalesce(limit.cast("string").re_replace(r"\.0$", ""), "any")


def unit_marks(rows: ibis.Table) -> list[Mark]:
    """Return the marks of converted measurements: unit and possible range."""
    values = [rows.value, rows.value_low, rows.value_high]
    outside = _any([value < rows.hard_low for value in values]) | _any([value > rows.hard_high for value in values])
    crossed = ibis.coalesce(rows.value_low > rows.value_high, False)
    limits = ibis.literal("possible: ") + _plain(rows.hard_low) + " to " + _plain(rows.hard_high) + " " + rows.unit
    return [
        Mark(rows.factor.isnull(), "unit", "unit", rows.why),
        Mark(outside | _any([value.isinf() for value in values]), "range", "value", limits),
        Mark(crossed, "range", "value_low", "the low bound is above the high bound"),
        # ICE 2.5 is between the bands of every system.
        Mark(
            rows.unit.startswith("{") & _any([value != parse.whole(value) for value in values]),
            "range",
            "value",
            "a whole number of points",
        ),
    ]


def drug_marks(rows: ibis.Table) -> list[Mark]:
    """Return the marks of a drug row before its unit is looked at: name, and numbers that hold."""
    negative = _any([rows[name] < 0 for name in ("amount", "amount_low", "amount_high", "rate")])
    fraction = ibis.coalesce(rows.dose_count != parse.whole(rows.dose_count), True)
    counts = rows.dose_count.notnull() & (fraction | _any([rows.dose_count < 1, rows.dose_count > MOST_DOSES]))
    spacing = _any([rows.interval_h <= 0, rows.interval_h > MOST_HOURS])
    crossed = _any([rows.amount_low > rows.amount_high])
    return [
        Mark(negative, "range", "amount", "an amount or rate below 0"),
        Mark(crossed, "range", "amount_low", "the low bound is above the high bound"),
        Mark(counts, "range", "dose_count", f"a whole number of doses, 1 to {MOST_DOSES}"),
        Mark(spacing, "range", "interval_h", f"hours above 0, at most {MOST_HOURS}"),
    ]


def drugs(rows: ibis.Table, conversions: ibis.Table, rates: ibis.Table) -> ibis.Table:
    """Bring amounts of drugs to mg (per kg where so recorded) or international units, rates to ug/min.

    Rates keep ``/kg`` in their unit; one in another kind of quantity (mL/h) stays as it was recorded.
    A blank kind is a dose, or an infusion where a rate is given; a blank status is given.
    """
    rows = rows.mutate(unit__key=ibis.coalesce(rows.unit, ""), rate__key=ibis.coalesce(rows.rate_unit, ""))
    rates = rates.select(
        rate__name="name", rate__written="written_unit", rate__unit="canonical", rate__factor="factor", rate__why="why"
    )
    rows = rows.left_join(rates, [rows.drug == rates.rate__name, rows.rate__key == rates.rate__written])
    joined = rows.left_join(
        conversions, [rows.drug == conversions.name, rows.unit__key == conversions.written_unit]
    ).drop("name", "written_unit")
    numbers = {name: (joined[name] * joined.factor).round(9) for name in ("amount", "amount_low", "amount_high")}
    return joined.mutate(
        **numbers,
        rate=(joined.rate * ibis.coalesce(joined.rate__factor, 1.0)).round(9),
        rate__recorded_unit=joined.rate_unit,
        rate_unit=ibis.coalesce(joined.rate__unit.nullif(""), joined.rate_unit),
        has__amount=joined.amount.notnull() | joined.amount_low.notnull() | joined.amount_high.notnull(),
        kind=ibis.coalesce(joined.kind, ibis.ifelse(joined.rate.notnull(), "infusion", "dose")),
        status=ibis.coalesce(joined.status, "given"),
        per_kg=ibis.coalesce(joined.per_kg, False) | ibis.coalesce(joined.canonical.endswith("/kg"), False),
        unit__recorded=joined.unit,
        unit=joined.canonical.replace("/kg", "").nullif(""),
    )


def drug_unit_marks(rows: ibis.Table) -> list[Mark]:
    """Return the marks of a drug amount in its unit: not known, not one of an amount, beyond all numbers."""
    endless = _any([rows[name].isinf() for name in ("amount", "amount_low", "amount_high")])
    known_rate = ibis.coalesce(rows.rate__why, "").isin(("", "another kind of quantity"))
    return [
        Mark(rows.rate.notnull() & ~known_rate, "unit", "rate_unit", rows.rate__why),
        Mark(rows.has__amount & rows.factor.isnull(), "unit", "unit", rows.why),
        Mark(endless, "range", "amount"),
    ]


PRESENT = (
    *("crs_onset", "icans_onset", "hlh", "hlh_feature", "recurrence_onset", "complete_response", "in_remission"),
    *("relapse", "death", "intensive_care", "hospital_admission", "intracranial_hemorrhage"),
    *("renal_dysfunction", "positive_culture", "bleeding"),
    *("seizure", "cardiac_arrest", "fluid_bolus", "fever_other_cause"),
)
"""Events whose row says that they happened: a row that denies it is set aside."""


SEIZURES = ("focal", "generalized", "nonconvulsive", "nonconvulsive_refractory", "repetitive", "status")
"""Kinds of seizure: a refractory one does not stop with treatment, repetitive ones have no recovery between."""


def event_marks(rows: ibis.Table) -> list[Mark]:
    """Return the marks of an event: its name, and bounds that hold."""
    crossed = ibis.coalesce(rows.value_low > rows.value_high, False)
    values = [rows.value, rows.value_low, rows.value_high]
    graded = rows.event.endswith("_grade") | (rows.event == "organ_toxicity")
    blank = rows.value.isnull() & rows.value_low.isnull() & rows.value_high.isnull()
    whole = _any([(value < 0) | (value > 5) | (value != parse.whole(value)) for value in values])
    denied = _any([rows.value == 0, rows.text.lower().isin(("no", "false", "0", "none"))])
    return [
        Mark(crossed, "range", "value_low", "the low bound is above the high bound"),
        Mark(graded & blank, "empty", "value", "a grade without a number or bound"),
        Mark(graded & whole, "range", "value", "a whole grade from 0 to 5"),
        Mark(rows.event.isin(PRESENT) & denied, "absent", "event"),
        Mark(
            (rows.event == "organ_toxicity")
            & ibis.coalesce(rows.text.strip().lower().notin(list(organ_terms())), True),
            "not a listed value",
            "text",
            "an organ or CTCAE term, as organ_terms.csv lists them",
        ),
        Mark(
            (rows.event == "seizure") & ibis.coalesce(rows.text.lower().notin(SEIZURES), True),
            "not a listed value",
            "text",
            "one of " + ", ".join(SEIZURES),
        ),
    ]


STATE_LIMITS = {"flow": (0.0, 80.0), "fio2": (21.0, 100.0)}
"""Possible oxygen flow (L/min) and inspired fraction (%), as in ``variables.csv``."""


def plain_word(text: ir.StringValue) -> ir.StringValue:
    """Write a word as the dictionary does: lower case, with underscores for blanks and hyphens."""
    return text.strip().lower().re_replace("[ -]+", "_")


def named_states(rows: ibis.Table, codes: ibis.Table) -> ibis.Table:
    """Replace the words of a finding by the dictionary's; for oxygen the finding is the device.

    Adds ``known__variable`` and ``known__state``.
    """
    variable = rows.variable.lower()
    oxygen = variable == "oxygen"
    word = ibis.ifelse(oxygen, ibis.coalesce(rows.device, rows.state), rows.state)
    key = ibis.coalesce(variable + "/" + plain_word(word), variable)
    rows = rows.mutate(variable__recorded=rows.variable, variable=variable, state__key=key)
    variables = codes.select(variable__known=codes.written.split("/")[0]).distinct()
    joined = rows.left_join(codes, rows.state__key == codes.written)
    joined = joined.left_join(variables, joined.variable == variables.variable__known)
    oxygen = joined.variable == "oxygen"
    return joined.mutate(
        state__recorded=joined.state,
        device__recorded=joined.device,
        known__variable=joined.variable__known.notnull(),
        known__state=joined.name.notnull(),
        state=ibis.ifelse(oxygen, ibis.null("string"), ibis.coalesce(joined.name, joined.state)),
        device=ibis.ifelse(oxygen, ibis.coalesce(joined.name, joined.device), joined.device),
    ).drop("written", "name", "variable__known", "state__key")


def state_marks(rows: ibis.Table) -> list[Mark]:
    """Return the marks of a finding: its variable and its word are those of the dictionary."""
    words: dict[str, str] = {}
    for row in dictionary().states:
        said = words.get(row["variable"])
        words[row["variable"]] = f"{said}, {row['state']}" if said else f"one of {row['state']}"
    column = ibis.ifelse((rows.variable == "oxygen") & rows.device__recorded.notnull(), "device", "state")
    return [
        Mark(rows.variable.notnull() & ~rows.known__variable, "not in the dictionary", "variable"),
        Mark(~rows.known__state, "not a listed value", column, rows.variable.cases(*words.items(), else_="")),
    ]


def states(rows: ibis.Table) -> ibis.Table:
    """Drop flow and inspired fraction outside what is possible; the rest of the row is used."""
    limited = {
        name: ibis.ifelse(rows[name].between(low, high), rows[name], ibis.null("float64"))
        for name, (low, high) in STATE_LIMITS.items()
    }
    return rows.mutate(**limited)


def coverage(rows: ibis.Table) -> ibis.Table:
    """A coverage row that does not say otherwise promises completeness."""
    return rows.mutate(complete=ibis.coalesce(rows.complete, True))


def own_marks(rows: ibis.Table, name: str) -> list[Mark]:
    """Return the marks of one table alone, before units are looked at."""
    marks = {
        "measurements": measurement_marks,
        "drugs": drug_marks,
        "events": event_marks,
        "states": state_marks,
    }
    return marks[name](rows) if name in marks else []
