"""Every patient-day under every system, with what a clinician judged beside it."""

from collections.abc import Mapping

import ibis

from abate.engine.store import Engine
from abate.grading.rules import System, grade_days
from abate.grading.systems import SYSTEMS
from abate.records.options import Options
from abate.timeline.joins import DAY, beside


def computed_grades(
    features: ibis.Table,
    clinician: ibis.Table,
    options: Options,
    engine: Engine,
    systems: Mapping[str, System] = SYSTEMS,
) -> ibis.Table:
    """Grade every patient-day by every system.

    Parameters
    ----------
    features
        From :func:`abate.timeline.features.features`.
    clinician
        From :func:`abate.grading.clinician.clinician_grades`.
    options, engine
        The options, and where results are kept.
    systems
        By which days are graded.

    Returns
    -------
    ibis.Table
        The columns of :func:`abate.grading.rules.grade_days`; ``clinician_low, clinician_high`` (a
        judgement under the same system, or under none named); ``primary`` (clinician where there is
        one, else computed), ``primary_grade`` (the clinician's, null where it is a bound; else the
        grade), ``primary_low`` (the same, the lower of two bounds, null where they span 0) and ``attribution``: as a
        clinician recorded it (confirmed, excluded), else assumed.
    """
    parts = [engine.keep(f"grades_{key}", grade_days(features, system, options)) for key, system in systems.items()]
    grades = ibis.union(*parts)
    names = grades.select("toxicity", "system").distinct()
    judged = clinician.join(
        names,
        [
            clinician.toxicity == names.toxicity,
            clinician.system.isnull() | (family(clinician.system) == family(names.system)),
        ],
        rname="{name}_graded",
    )
    judged = judged.group_by(*DAY, "toxicity", system=judged.system_graded).aggregate(
        clinician_low=judged.low.min(), clinician_high=judged.high.max(), said=judged.attribution.max()
    )
    keys = (*DAY, "toxicity", "system")
    rows = beside(grades, judged, keys)
    by_clinician = rows.clinician_high.notnull()
    judged_grade = ibis.ifelse(rows.clinician_low == rows.clinician_high, rows.clinician_high, ibis.null("float64"))
    # "Low grade" may be 0 or not: that says nothing of whether there was any.
    spans_zero = (rows.clinician_low == 0) & (rows.clinician_high > 0)
    lower = ibis.ifelse(spans_zero, ibis.null("float64"), rows.clinician_low)
    return rows.mutate(
        primary=ibis.ifelse(by_clinician, "clinician", "computed"),
        primary_low=ibis.ifelse(by_clinician, lower.cast("int8"), rows.grade),
        primary_grade=ibis.ifelse(by_clinician, judged_grade.cast("int8"), rows.grade),
        attribution=ibis.coalesce(rows.said, ibis.ifelse(by_clinician, "judged by a clinician", "assumed")),
    ).drop("said")


def family(system: ibis.Value) -> ibis.Value:
    """Return what a clinician's name of a system and ours have in common: ASTCT is ASTCT 2019, and so is Lee 2019.

    Versions of the CTCAE stay apart.
    """
    name = system.strip().upper()
    ctcae = name.startswith("CTCAE")
    return ibis.cases(
        (ctcae & name.contains("4"), "CTCAE 4"),
        (ctcae & name.contains("5"), "CTCAE 5"),
        (name.startswith("LEE") & name.contains("2019"), "ASTCT"),
        else_=name.split(" ")[0],
    )
