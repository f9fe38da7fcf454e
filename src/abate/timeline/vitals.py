"""Temperature, pressure, saturation and measured oxygen of each day, and the moments that matter.

One pass turns the long measurements into one row a day; moments are sought in a second pass, among
the few readings that are a fever, a low pressure or a low saturation.
"""

import ibis
import ibis.expr.types as ir

from abate.records.options import Options
from abate.timeline.course_facts import FALL, MAP_LIMIT, SYSTOLIC_LIMIT
from abate.timeline.joins import DAY, KEYS, TOLERANCE, beside, unknown

FEVER = 38.0
LOW_SATURATION = 92.0
LOW_FLOW = 6.0
AIR = 21.0
SUMMARIES = {
    "temperature_maximum": ("temperature", "max"),
    "systolic_minimum": ("sbp", "min"),
    "mean_pressure_minimum": ("map", "min"),
    "saturation_minimum": ("spo2", "min"),
    "flow_measured_maximum": ("o2_flow", "max"),
}
"""Column of a patient-day to its variable and how a day is summarised."""


STRICT = 1e-6
"""How far a result beyond a limit (<90) is taken to lie from it."""


def certain(rows: ibis.Table, how: str) -> ir.FloatingValue:
    """Return the number by which a reading is the least it can be as a maximum, or the most as a minimum.

    A reading known only as bounds counts by the bound that is certain; <90 is a little under 90.
    """
    above = ibis.coalesce(ibis.ifelse(rows.comparator == ">", STRICT, 0.0), 0.0)
    below = ibis.coalesce(ibis.ifelse(rows.comparator == "<", STRICT, 0.0), 0.0)
    if how == "max":
        return ibis.coalesce(rows.value, rows.value_low) + above
    return ibis.coalesce(rows.value, rows.value_high) - below


def daily_vitals(measurements: ibis.Table) -> ibis.Table:
    """Return the vital signs of each day, from the day before day 0, on which one was measured.

    Parameters
    ----------
    measurements
        The record table.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, day`` and the columns of :data:`SUMMARIES`, null where not measured.
    """
    rows = measurements.filter(
        measurements.variable.isin([variable for variable, _ in SUMMARIES.values()]), measurements.day >= -1
    )
    return rows.group_by(*DAY).aggregate(
        **{
            name: getattr(certain(rows, how), how)(where=rows.variable == variable)
            for name, (variable, how) in SUMMARIES.items()
        }
    )


def is_low(rows: ibis.Table, options: Options) -> dict[str, ir.BooleanValue]:
    """Say by which variables a pressure is low, for rows with the limits of the course beside them."""
    systolic = rows.value < rows.systolic_limit - TOLERANCE
    adult = ~rows.child
    definition = options["hypotension_definition"]
    if definition == "map_65":
        return {"sbp": systolic & ~adult, "map": (rows.value < MAP_LIMIT - TOLERANCE) & adult}
    if definition == "fall_30":
        return {"sbp": rows.value <= FALL * rows.baseline_systolic + TOLERANCE}
    return {"sbp": systolic}


def notable_readings(measurements: ibis.Table, facts: ibis.Table, options: Options) -> ibis.Table:
    """Return fevers, low pressures, low saturations and flows of oxygen, one row a reading.

    Parameters
    ----------
    measurements
        The record table.
    facts
        From :func:`abate.timeline.course_facts.course_facts`.
    options
        ``hypotension_definition``.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, day, minute, value, what`` (fever, low_pressure, low_saturation, flow, fraction).
    """
    rows = measurements.filter(measurements.day >= -1)
    lowest = rows.variable.isin(("sbp", "map", "spo2"))
    rows = rows.mutate(value=ibis.ifelse(lowest, certain(rows, "min"), certain(rows, "max")))
    fever = (rows.variable == "temperature") & (rows.value >= FEVER - TOLERANCE)
    saturation = (rows.variable == "spo2") & (rows.value < LOW_SATURATION - TOLERANCE)
    flow = ((rows.variable == "o2_flow") & (rows.value > 0)) | ((rows.variable == "fio2") & (rows.value > AIR))
    pressure = rows.variable.isin(("sbp", "map"))
    if options["hypotension_definition"] != "fall_30":
        pressure = pressure & (rows.value < SYSTOLIC_LIMIT)  # no limit lies above: few rows are left to look at
    rows = rows.filter(fever | saturation | flow | pressure).select(*DAY, "minute", "variable", "value")
    rows = beside(rows, facts.select(*KEYS, "child", "systolic_limit", "baseline_systolic"))
    low = [(rows.variable == variable) & condition for variable, condition in is_low(rows, options).items()]
    what = ibis.cases(
        (rows.variable == "temperature", "fever"),
        (rows.variable == "spo2", "low_saturation"),
        (rows.variable == "o2_flow", "flow"),
        (rows.variable == "fio2", "fraction"),
        *((condition, "low_pressure") for condition in low),
    )
    rows = rows.mutate(what=what)
    return rows.filter(rows.what.notnull()).select(*DAY, "minute", "value", "what")


def notable_days(readings: ibis.Table) -> ibis.Table:
    """Return the moments of fever and low pressure of each day that has one.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, day``; ``fever_minute`` (the first), ``low_readings`` (how many),
        ``low_untimed`` (whether one has no time), ``low_first`` and ``low_last`` (minutes).
    """
    low = readings.what == "low_pressure"
    return readings.group_by(*DAY).aggregate(
        fever_minute=readings.minute.min(where=readings.what == "fever"),
        low_readings=low.sum(),
        low_untimed=(low & readings.minute.isnull()).max(),
        low_first=readings.minute.min(where=low),
        low_last=readings.minute.max(where=low),
    )


def pressure_measured(rows: ibis.Table, options: Options) -> ir.BooleanValue:
    """Say on which patient-days low pressure could have been seen, by the definition in force."""
    if options["hypotension_definition"] == "map_65":
        return ibis.ifelse(rows.child, rows.systolic_minimum, rows.mean_pressure_minimum).notnull()
    if options["hypotension_definition"] == "fall_30":
        return rows.systolic_minimum.notnull() & rows.baseline_systolic.notnull()
    return rows.systolic_minimum.notnull()


def hypotension(rows: ibis.Table, options: Options) -> ir.BooleanValue:
    """Say on which patient-days the pressure was low, by the readings that the option asks for.

    Parameters
    ----------
    rows
        Patient-days with the columns of :func:`daily_vitals`, :func:`notable_days`, the facts of the
        course, and ``vasopressor, fluid_bolus``.
    options
        ``hypotension_definition``, ``hypotension_readings``.
    """
    low = ibis.coalesce(rows.low_readings > 0, False)
    asked = options["hypotension_readings"]
    if asked == "two":
        apart = ibis.coalesce(rows.low_last - rows.low_first >= 30, False)
        low = ibis.cases((apart, True), (low & rows.low_untimed & (rows.low_readings > 1), unknown()), else_=False)
    elif asked == "treated":
        low = low & (rows.vasopressor | rows.fluid_bolus)
    return ibis.ifelse(pressure_measured(rows, options), low, unknown())
