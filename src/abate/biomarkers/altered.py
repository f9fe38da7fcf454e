"""Values that a drug, a blood product, renal replacement or a haemolysed sample alters: marked, and left out or not."""

from dataclasses import asdict, dataclass

import ibis
import pyarrow as pa

from abate.biomarkers.series import SERIES
from abate.records.options import Options
from abate.timeline.intervals import DAY_MINUTES, OPEN, last_day
from abate.timeline.joins import KEYS, beside

SAMPLE = "a haemolysed sample"
KIDNEY = "renal replacement"


@dataclass(frozen=True)
class Alteration:
    """What alters a variable, and for how long.

    Attributes
    ----------
    variable, cause
        The variable, and the drug or state that alters it.
    days
        From the dose (its hour, else the day after it) to so many days after its last day. Where no source tells them
        they are our resolution.
    starred
        Out of comparisons by default: what is measured then is the drug, and not the patient.
    why
        In words.
    """

    variable: str
    cause: str
    days: int
    starred: bool
    why: str


def _each(variable: str, causes: tuple[str, ...], days: int, why: str, starred: bool = False) -> list[Alteration]:
    return [Alteration(variable, cause, days, starred, why) for cause in causes]


BLOCKERS = ("tocilizumab", "siltuximab", "sarilumab")
ALTERED = (
    *_each("crp", BLOCKERS, 21, "suppressed by interleukin-6 blockade", starred=True),
    *_each("il6", BLOCKERS, OPEN, "its receptor is blocked, or the antibody disturbs the assay", starred=True),
    *_each(
        "fibrinogen",
        ("cryoprecipitate", "fresh frozen plasma", "fibrinogen concentrate"),
        4,
        "given with the product; a half-life of some four days",
    ),
    *_each("platelets", ("platelet concentrate",), 7, "transfused"),
    *_each("hemoglobin", ("red blood cells",), 7, "transfused"),
    *_each("anc", ("filgrastim", "lenograstim"), 7, "raised by growth factor"),
    *_each("anc", ("pegfilgrastim", "lipegfilgrastim"), 14, "raised by growth factor"),
    *_each("triglyceride", ("propofol",), 2, "propofol is a fat emulsion"),
    *_each("triglyceride", ("asparaginase",), 7, "raised by asparaginase"),
    *_each("triglyceride", ("pegaspargase",), 21, "raised by asparaginase"),
    *_each("creatinine", (KIDNEY,), 1, "cleared by the machine"),
)
"""Source: the clinical specification of the project names variables, causes and the 21 days; other days are ours."""


def with_altered(
    points: ibis.Table, doses: ibis.Table, totals: ibis.Table, states: ibis.Table, options: Options
) -> ibis.Table:
    """Mark values that something given before them, or a haemolysed sample, alters.

    Parameters
    ----------
    points
        From :func:`abate.biomarkers.series.series`.
    doses
        From :func:`abate.exposure.administrations.administrations`. One without a day may have been given on any from
        the first that it can be, so that all values after that may be altered.
    totals
        From :func:`abate.exposure.administrations.interval_totals`: the drug may have been given on
        any day of the interval, so it counts from the first.
    states
        The record table: ``renal_replacement`` counts on the days of the record.
    options
        ``altered_values``: which of them are left out of comparisons.

    Returns
    -------
    ibis.Table
        With ``altered_by``: the cause, null where there is none; and ``left_out`` (boolean): out of comparisons.
    """
    rules = (
        ibis.memtable(pa.Table.from_pylist([asdict(rule) for rule in ALTERED])).drop("why").rename(altered="variable")
    )
    given = _causes(doses, totals, states).join(rules, "cause")
    match = [
        points.patient_id == given.patient_id,
        points.course_id == given.course_id,
        points.variable == given.altered,
        # On the day of the dose itself only what is timed is known to be after it; the rest is taken as unaltered.
        (points.time.floor() > given.given_day)
        | ibis.coalesce(points.timed & (points.time > given.minute / DAY_MINUTES), False),
        points.time.floor() <= given.last_day + given.days,
    ]
    hit = points.join(given, match).group_by(*SERIES, "time")
    hit = hit.aggregate(altered_by=ibis._.cause.min(), starred=ibis._.starred.max())
    rows = beside(points, hit, (*SERIES, "time"))
    sample = ibis.ifelse(rows.haemolysed, SAMPLE, ibis.null("string"))
    rows = rows.mutate(altered_by=ibis.coalesce(rows.altered_by, sample))
    left_out = {
        "starred": ibis.coalesce(rows.starred, False),
        "all": rows.altered_by.notnull(),
        "none": ibis.literal(False),
    }
    return rows.mutate(left_out=left_out[options["altered_values"]]).drop("starred")


def _causes(doses: ibis.Table, totals: ibis.Table, states: ibis.Table) -> ibis.Table:
    """Return from which day to which each drug was given, and renal replacement went on."""
    until = ibis.ifelse(doses.day.isnull(), OPEN, doses.last_day)
    some = totals.filter((totals.high > 0) | totals.high.isnull())
    held = states.filter(states.variable == "renal_replacement", states.state == "yes", states.day.notnull())
    nowhen = ibis.null("int64")
    return ibis.union(
        doses.select(
            *KEYS,
            "minute",
            cause="drug",
            given_day=ibis.coalesce(doses.day, doses.earliest_day, -OPEN),
            last_day=until,
        ),
        some.select(
            *KEYS,
            minute=nowhen,
            cause="drug",
            given_day="start_day",
            last_day=ibis.coalesce(some.end_day - 1, some.start_day),
        ),
        held.select(
            *KEYS,
            minute=nowhen,
            cause=ibis.literal(KIDNEY),
            # It counts on its own days too: the machine is there.
            given_day=held.day - 1,
            last_day=last_day(held),
        ),
    )


def may_be_altered(variable: str) -> bool:
    """Say whether a drug, a product or renal replacement is known to alter a variable."""
    return any(rule.variable == variable for rule in ALTERED)
