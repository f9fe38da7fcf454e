"""Numbers on a time axis: limits of the assay, time of day, values that drugs alter."""

import ibis
import pyarrow as pa

from abate.records.options import Options
from abate.timeline.intervals import DAY_MINUTES
from abate.timeline.joins import KEYS, beside

SERIES = (*KEYS, "variable")

ALTERED = (
    ("crp", "tocilizumab", 21, "suppressed by interleukin-6 blockade"),
    ("crp", "siltuximab", 21, "suppressed by interleukin-6 blockade"),
    ("il6", "tocilizumab", None, "rises when its receptor is blocked"),
    ("il6", "siltuximab", None, "the antibody disturbs the assay"),
    ("anc", "filgrastim", 7, "raised by growth factor"),
)
"""Variable, drug, days for which the drug alters it (None: from then on), and why.

Out of comparisons by default; drawn and marked. Source: the clinical specification of the project."""


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
        ``patient_id, course_id, variable, unit, time`` (days from midnight of day 0), ``value``,
        ``limit`` (below, above or null), ``haemolysed`` (LDH, AST or potassium of such a sample),
        ``source``. A result known only as bounds is not a number
        and is left out; so is one without a day.
    """
    rows = measurements.filter(measurements.value.notnull(), measurements.time_precision.isin(("minute", "day")))
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
        value=ibis.cases((below, low), (above, high), else_=rows.value),
        limit=ibis.cases((below, "below"), (above, "above")),
        haemolysed=ibis.coalesce(rows.text.lower().re_search("ha?emoly"), False)
        & rows.variable.isin(("ldh", "ast", "potassium")),
        source=rows.source,
    )
    return rows.filter(rows.value.notnull())


def with_altered(points: ibis.Table, doses: ibis.Table, totals: ibis.Table) -> ibis.Table:
    """Mark values that a drug given before them, or a haemolysed sample, alters.

    Parameters
    ----------
    points
        From :func:`series`.
    doses
        From :func:`abate.exposure.administrations.administrations`; only those with a day count.
    totals
        From :func:`abate.exposure.administrations.interval_totals`: the drug may have been given on
        any day of the interval, so it counts from the first.

    Returns
    -------
    ibis.Table
        With ``altered_by``: the drug, null where there is none.
    """
    rules = ibis.memtable(
        pa.table(
            {
                "altered": [rule[0] for rule in ALTERED],
                "rule_drug": [rule[1] for rule in ALTERED],
                "days": pa.array([rule[2] for rule in ALTERED], pa.int64()),
            }
        )
    )
    some = totals.filter((totals.high > 0) | totals.high.isnull())
    last = ibis.coalesce(some.end_day - 1, some.start_day)
    keys = ("patient_id", "course_id", "drug")
    dated = doses.filter(doses.day.notnull())
    dated = dated.select(*keys, given_day="day", last_day="day").union(
        some.select(*keys, given_day="start_day", last_day=last)
    )
    given = dated.join(rules, dated.drug == rules.rule_drug)
    match = [
        points.patient_id == given.patient_id,
        points.course_id == given.course_id,
        points.variable == given.altered,
        # On the day of the dose itself the order is not known: taken as unaltered.
        points.time.floor() > given.given_day,
        given.days.isnull() | (points.time.floor() <= given.last_day + given.days),
    ]
    hit = points.join(given, match).group_by(*SERIES, "time").aggregate(altered_by=ibis._.rule_drug.min())
    joined = beside(points, hit, (*SERIES, "time"))
    sample = ibis.ifelse(joined.haemolysed, "a haemolysed sample", ibis.null("string"))
    return joined.mutate(altered_by=ibis.coalesce(joined.altered_by, sample))
