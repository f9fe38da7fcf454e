"""Numbers on a time axis: limits of the assay, time of day."""

from collections.abc import Sequence

import ibis

from abate.records.options import Options
from abate.timeline.intervals import DAY_MINUTES
from abate.timeline.joins import EXACT, KEYS

SERIES = (*KEYS, "variable")
NOT_LABORATORY = (
    *("temperature", "sbp", "dbp", "map", "heart_rate", "resp_rate", "spo2", "fio2", "o2_flow", "weight", "height"),
    *("gcs_total", "gcs_eye", "rass", "ice", "capd", "cartox10", "papilledema_stage", "csf_opening_pressure"),
    "urine_output",
)
"""Variables that are no laboratory values: of a stay they are most of what is recorded."""


def laboratory(measurements: ibis.Table, also: Sequence[str] = ()) -> ibis.Table:
    """Return the laboratory values among measurements, and those of some other variables."""
    return measurements.filter(measurements.variable.notin([name for name in NOT_LABORATORY if name not in also]))


def series(measurements: ibis.Table, options: Options) -> ibis.Table:
    """Return every dated measurement as a number at a time.

    Parameters
    ----------
    measurements
        The record table.
    options
        ``below_detection, above_detection, unknown_time_of_day``.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, variable, unit, time`` (days from midnight of day 0), ``timed`` (its hour is
        recorded), ``value``, ``limit`` (below, above or null), ``haemolysed`` (LDH, AST or potassium of such a sample),
        ``source``. A result known only as bounds is not a number
        and is left out; so is one without a day.
    """
    rows = measurements.filter(measurements.value.notnull(), measurements.time_precision.isin(EXACT))
    below = ibis.coalesce(rows.comparator.isin(("<", "<=")), False)
    above = ibis.coalesce(rows.comparator.isin((">", ">=")), False)
    factor = {"half": 0.5, "zero": 0.0, "limit": 1.0, "exclude": None}[options["below_detection"]]
    low = rows.value * factor if factor is not None else ibis.null("float64")
    high = rows.value if options["above_detection"] == "limit" else ibis.null("float64")
    minutes = rows.minute.cast("float64") / DAY_MINUTES
    rows = rows.select(
        *SERIES,
        "unit",
        time=ibis.coalesce(minutes, rows.day + options["unknown_time_of_day"]),
        timed=minutes.notnull(),
        value=ibis.cases((below, low), (above, high), else_=rows.value),
        limit=ibis.cases((below, "below"), (above, "above")),
        haemolysed=ibis.coalesce(rows.text.lower().re_search("ha?emoly"), False)
        & rows.variable.isin(("ldh", "ast", "potassium")),
        source=rows.source,
    )
    return rows.filter(rows.value.notnull())
