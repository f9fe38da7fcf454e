"""Norepinephrine equivalents of each day, by the formula named.

Only VASST stands behind a high dose (:mod:`abate.timeline.infusions`): the others answer another
question, and their numbers are not exchangeable. Kotani's factors and VASST are recalled.
"""

from dataclasses import dataclass

import ibis

from abate.records.options import Options
from abate.timeline.infusions import SCALE, levels, rate_in
from abate.timeline.intervals import by_day
from abate.timeline.joins import DAY, KEYS, beside


@dataclass(frozen=True)
class Formula:
    """One published sum.

    Attributes
    ----------
    unit, source
        Of the sum; the paper.
    factors
        Agent to the unit in which its rate enters and the factor that it is multiplied by.
    """

    unit: str
    source: str
    factors: dict[str, tuple[str, float]]


FORMULAE = {
    "vasst": Formula(
        "ug/min",
        "VASST; used by Lee 2014 and Penn (recalled)",
        {
            "norepinephrine": ("ug/min", 1.0),
            "epinephrine": ("ug/min", 1.0),
            "dopamine": ("ug/kg/min", 0.5),
            "phenylephrine": ("ug/min", 0.1),
        },
    ),
    "goradia": Formula(
        "ug/kg/min",
        "Goradia 2021, doi:10.1016/j.jcrc.2020.11.002 (secondary)",
        {
            "norepinephrine": ("ug/kg/min", 1.0),
            "epinephrine": ("ug/kg/min", 1.0),
            "dopamine": ("ug/kg/min", 0.01),
            "phenylephrine": ("ug/kg/min", 0.1),
            "vasopressin": ("[IU]/min", 2.5),
            "metaraminol": ("ug/kg/min", 0.125),
            "angiotensin II": ("ug/kg/min", 10.0),
        },
    ),
    "kotani": Formula(
        "ug/kg/min",
        "Kotani 2023, doi:10.1186/s13054-023-04322-y (factors recalled)",
        {
            "norepinephrine": ("ug/kg/min", 1.0),
            "epinephrine": ("ug/kg/min", 1.0),
            "dopamine": ("ug/kg/min", 0.01),
            "phenylephrine": ("ug/kg/min", 0.06),
            "vasopressin": ("[IU]/min", 2.5),
            "metaraminol": ("ug/kg/min", 0.125),
            # Printed for ng/kg/min: 0.0025 each.
            "angiotensin II": ("ug/kg/min", 2.5),
            "terlipressin": ("ug/kg/min", 10.0),
        },
    ),
}
"""Formula by its name. Midodrine, methylene blue and hydroxocobalamin are not infusions of a rate here."""


def equivalent_days(segments: ibis.Table, facts: ibis.Table, options: Options) -> ibis.Table:
    """Return the highest norepinephrine equivalent of each day.

    Parameters
    ----------
    segments
        Timed segments of vasopressors: ``agent, start, end, rate, rate_unit``.
    facts
        ``patient_id, course_id, weight``.
    options
        ``norepinephrine_equivalence``: ``vasst`` (ug/min), ``goradia`` or ``kotani`` (ug/kg/min).

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, day, norepinephrine_equivalent``. An agent without a factor adds nothing; a
        day on which a rate or the weight that it needs is not known has none.
    """
    formula = FORMULAE[options["norepinephrine_equivalence"]]
    rows = beside(segments, facts.select(*KEYS, "weight"))
    terms = [
        (rows.agent == agent, rate_in(entering, rows.rate, rows.rate_unit, rows.weight) * factor)
        for agent, (entering, factor) in formula.factors.items()
    ]
    rows = rows.filter(rows.agent.isin(list(formula.factors))).mutate(term=ibis.cases(*terms))
    running = by_day(levels(rows, {"level": (rows.term * SCALE).round().cast("int64")}))
    highest = running.group_by(*DAY).aggregate(level=running.level.max())
    unknown = by_day(rows.filter(rows.term.isnull())).select(*DAY).distinct().mutate(vague=ibis.literal(True))
    every = highest.select(*DAY).union(unknown.select(*DAY), distinct=True)
    found = beside(beside(every, highest, DAY), unknown, DAY)
    known = ibis.ifelse(found.vague.isnull(), found.level / SCALE, ibis.null("float64"))
    return found.select(*DAY, norepinephrine_equivalent=known)
