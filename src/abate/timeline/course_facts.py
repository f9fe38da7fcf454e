"""What is true of a course before its first day is graded: age, limits of pressure, weight, baseline."""

import ibis
import ibis.expr.types as ir

from abate.records.options import Options
from abate.timeline.intervals import DAY_MINUTES
from abate.timeline.joins import KEYS, beside, first_row

ADULT = 18
SYSTOLIC_LIMIT = 90.0
"""Of an adult (mmHg); no child's lies above."""
MAP_LIMIT = 65.0
FALL = 0.7
MIDDAY = 720
"""Where in its day an untimed value stands (minute)."""


def infusion_minute(patients: ibis.Table) -> ir.IntegerValue:
    """Return the minute of day 0 at which cells were infused; null where day 0 is known to the day only."""
    return (patients.day0.hour() * 60 + patients.day0.minute()).nullif(0).cast("int64")


def course_facts(patients: ibis.Table, measurements: ibis.Table, options: Options) -> ibis.Table:
    """Return one row a course.

    Parameters
    ----------
    patients, measurements
        The record tables. Columns ``age, weight_kg``; measurements before day 0 and weights.
    options
        ``baseline_window_days``.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, age, child`` (under 18 y; false where the age is not known),
        ``systolic_limit`` (mmHg), ``weight`` (kg), ``baseline_systolic`` (mmHg), ``baseline_ice``,
        ``infusion_minute`` (of day 0, null where day 0 is known to the day only).

    Notes
    -----
    Paediatric limits: 1 to 10 y systolic < 70 + 2 x age, Mahadeo 2019, doi:10.1038/s41571-018-0075-2,
    Table 2; under 1 y < 60 in the newborn and < 70 to 11 months (PALS), our resolution.
    """
    moment = ibis.coalesce(measurements.minute, measurements.day * DAY_MINUTES + MIDDAY)
    known = measurements.filter(measurements.value.notnull()).mutate(moment=moment)
    before = known.filter(known.day < 0)
    window = before.day >= -int(options["baseline_window_days"])
    last = {
        "baseline_systolic": first_row(
            before.filter(before.variable == "sbp", window), KEYS, ibis._.moment.desc(), "value"
        ),
        "baseline_ice": first_row(before.filter(before.variable == "ice"), KEYS, ibis._.moment.desc(), "value"),
    }
    weighed = known.filter(known.variable == "weight")
    weights = first_row(weighed, KEYS, "moment", "value").select(*KEYS, weight="value")
    rows = patients.select(*KEYS, "age", "weight_kg", "day0")
    rows = beside(rows, weights)
    for name, found in last.items():
        rows = beside(rows, found.select(*KEYS, **{name: found["value"]}))
    return rows.select(
        *KEYS,
        "age",
        "baseline_systolic",
        "baseline_ice",
        child=ibis.coalesce(rows.age < ADULT, False),
        systolic_limit=ibis.cases(
            (rows.age.isnull() | (rows.age >= 11), SYSTOLIC_LIMIT),
            (rows.age >= 1, 70.0 + 2.0 * rows.age.floor()),
            (rows.age >= 1 / 12, 70.0),
            else_=60.0,
        ),
        weight=ibis.coalesce(rows.weight_kg, rows.weight),
        infusion_minute=infusion_minute(rows),
    )
