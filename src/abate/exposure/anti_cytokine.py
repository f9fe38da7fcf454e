"""Courses of drugs against cytokines: dose by weight, what ran beside them; tocilizumab against its limits."""

from dataclasses import dataclass

import ibis

from abate.exposure.dosing_records import DOSE
from abate.grading.rules import named
from abate.timeline.joins import KEYS, beside, unknown

CLASSES = ("anti-IL6R", "anti-IL6", "IL1RA", "anti-IL1b", "anti-IFNg", "JAK1/2", "TKI")
COURSE = (*KEYS, "drug", "number")
HEAVY = 30.0
"""Body weight (kg) from which a dose of tocilizumab is 8 mg/kg; below it is 12 mg/kg."""
ROUNDED = 1.05
"""Doses are rounded to vials: one is beyond its limit by weight where it is more than a twentieth over it."""


@dataclass(frozen=True)
class Limit:
    """A printed limit of a dose: its name in the table, in words, and who prints it."""

    name: str
    words: str
    source: str


LIMITS = (
    Limit("weight", "8 mg/kg (12 mg/kg below 30 kg), 5 % for rounding", "US label, CRS (recalled)"),
    Limit("most", "800 mg a dose", "US label, CRS (secondary)"),
    Limit("interval", "8 hours or more between doses", "US label, CRS (recalled)"),
    Limit("number", "4 doses in all", "US label, CRS (recalled)"),
)
LEAST_HOURS, MOST_DOSES, MOST_MG = 8.0, 4, 800.0


def with_details(courses: ibis.Table, every: ibis.Table, weights: ibis.Table, classes: ibis.Table) -> ibis.Table:
    """Lay dose by weight and concurrent therapy beside courses.

    Parameters
    ----------
    courses
        From :func:`abate.exposure.courses.courses`, of the drugs asked for.
    every
        All courses: what ran at the same time.
    weights
        ``patient_id, course_id, weight_kg``.
    classes
        ``drug, drug_class``.

    Returns
    -------
    ibis.Table
        The courses with ``per_kg_low, per_kg_high`` (mg/kg, cumulative), ``concurrent``: the other drugs of
        :data:`CLASSES` and corticosteroids with a day in common, empty where none is recorded.
    """
    rows = beside(courses, weights)
    rows = rows.mutate(per_kg_low=rows.low / rows.weight_kg, per_kg_high=rows.high / rows.weight_kg)
    other = every.join(classes, "drug").select(*KEYS, "drug_class", beside="drug", began="start_day", ended="end_day")
    pairs = rows.select(*COURSE, "start_day", "end_day").join(other, list(KEYS))
    pairs = pairs.filter(pairs.beside != pairs.drug, pairs.began < pairs.end_day, pairs.ended > pairs.start_day)
    kinds = ("steroid", *CLASSES)
    flags = {f"has_{place}": (pairs.drug_class == kind).max() for place, kind in enumerate(kinds)}
    found = pairs.group_by(*COURSE).aggregate(**flags)
    words = {"steroid": "corticosteroid"}
    listed = named([(words.get(kind, kind), ibis.coalesce(found[f"has_{i}"], False)) for i, kind in enumerate(kinds)])
    rows = beside(rows, found.select(*COURSE, concurrent=listed), COURSE)
    return rows.mutate(concurrent=ibis.coalesce(rows.concurrent, "")).drop("weight_kg")


def beyond_limits(doses: ibis.Table, weights: ibis.Table) -> ibis.Table:
    """Hold each dose of tocilizumab to its printed limits: a check of the data, and of nothing else.

    Parameters
    ----------
    doses
        From :func:`abate.exposure.dosing_records.dosing`.
    weights
        ``patient_id, course_id, weight_kg``.

    Returns
    -------
    ibis.Table
        A row a dose: ``weight, most, interval, number`` (true: beyond the limit of :data:`LIMITS`; null where that
        cannot be told: the amount, the weight or the hour of it or of the dose before is not known).
    """
    rows = beside(doses, weights)
    by_weight = rows.amount / rows.weight_kg / ibis.ifelse(rows.weight_kg >= HEAVY, 8.0, 12.0)
    order = ibis.window(group_by=KEYS, order_by=[rows.start, rows.position, rows.source])
    since = rows.start - rows.start.lag().over(order)
    apart = rows.day - rows.day.lag().over(order)
    of_course = ibis.window(group_by=KEYS)
    place, total = ibis.row_number().over(order), rows.count().over(of_course)
    undated = rows.day.isnull().sum().over(of_course)
    first = place == 0
    # Of one record the interval is told, whatever the hour of its first dose.
    of_one = (rows.position > 0) & (rows.source == rows.source.lag().over(order))
    timed = ibis.coalesce(rows.timed & (rows.timed.lag().over(order) | of_one), False)
    return rows.select(
        *DOSE,
        weight=by_weight > ROUNDED,
        most=rows.amount > MOST_MG,
        interval=ibis.cases(
            (first, False), (timed, since < LEAST_HOURS), (apart >= 2, False), else_=ibis.null("boolean")
        ),
        # A dose without a day may be any of them.
        number=ibis.cases(
            (rows.day.notnull() & (place >= MOST_DOSES), True),
            ((place + undated < MOST_DOSES) | (total <= MOST_DOSES), False),
            else_=unknown(),
        ),
    )
