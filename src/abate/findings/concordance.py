"""The same cohort under several grading systems, and under its clinicians: where they agree, and where not and why."""

from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from abate.cohort import Cohort
from abate.findings.pair_tables import agreement_line, both_graded, coefficients, confusion_rows, with_interval
from abate.findings.pairs import (
    BY_COURSE,
    BY_DAY,
    BY_PATIENT,
    Graders,
    by_clinician,
    in_order,
    pairs,
    whole_courses,
)
from abate.findings.shape import Section, held, listing, table
from abate.findings.together import together
from abate.grading.rules import System
from abate.statistics.agreement import GRADES
from abate.timeline.joins import DAY, KEYS


def concordance(cohort: Cohort) -> Section:
    """Return courses at each grade by system, agreement of each pair, the grades crossed, and the days that differ.

    Only days that both could grade are compared; a clinician's grade is one more system, ``clinician``. Records do not
    say who judged: two clinicians under one system cannot be told apart.
    """
    keep = cohort.records.engine.keep
    rows = cohort.computed
    why = ibis.cases(
        (rows.grade.isnull(), ibis.literal("cannot be graded, not known: ") + rows.missing),
        (rows.criteria == "", "no criterion holds"),
        else_=rows.criteria,
    )
    computed = rows.select(*DAY, "toxicity", by="system", grade="grade", why=why)
    judged = cohort.grades.filter(cohort.grades.low == cohort.grades.high)
    said = ibis.literal("in a clinician's judgement")
    judged = judged.mutate(by=by_clinician(judged), grade=judged.high.cast("int8"), why=said)
    days = keep("days_by_system", computed.union(judged.select(*computed.columns)))
    graded = days.filter(days.grade.notnull())
    worst = graded.group_by(*KEYS, "toxicity", "by").aggregate(grade=graded.grade.max())
    # A fever that a system could not grade may have been CRS: such a course is not known to have had none.
    febrile = cohort.features.filter(cohort.features.fever)
    unsure = days.filter(days.grade.isnull(), days.toxicity == "CRS").semi_join(febrile, DAY)
    of_course = (*KEYS, "toxicity", "by")
    none = worst.filter(worst.grade == 0).anti_join(unsure.select(*of_course).distinct(), of_course)
    worst = worst.filter(worst.grade > 0).union(none)
    names = _names(cohort, graded)
    weights = str(cohort.options["kappa_weights"])
    patients = cohort.count(cohort.patients.select("patient_id").distinct())
    crossed = pairs(graded, names, _days(cohort, judged, list(names)), patients, cohort.records.engine)
    crossed = in_order([*crossed, *whole_courses(worst, cohort.highest, _computed(cohort, names), patients)])
    found: dict[str, pa.Table | ibis.Table] = {
        "systems_grades": table(_at_each_grade(cohort, worst, names), "toxicity"),
        "systems_agreement": table([agreement_line(pair, weights) for pair in crossed], "toxicity"),
        "systems_by_day": table(both_graded(crossed, BY_DAY), "toxicity"),
        "systems_by_patient": table(both_graded(crossed, BY_PATIENT), "toxicity"),
        "systems_confusion": table([row for pair in crossed for row in confusion_rows(pair)], "toxicity"),
        "systems_coefficients": table([row for pair in crossed for row in coefficients(pair)], "toxicity"),
    }
    differ = {toxicity: _differ(days, toxicity, mine) for toxicity, mine in names.items()}
    found |= {f"{toxicity.lower()}_days_that_differ": held(rows.order_by(*DAY)) for toxicity, rows in differ.items()}
    if not crossed:
        return found, {"systems": "No two systems graded the same day."}
    whole = any(pair.unit == BY_COURSE for pair in crossed)
    return found, {"systems": _text(graded, _computed(cohort, names), weights, whole=whole)}


def _days(cohort: Cohort, judged: ibis.Table, toxicities: list[str]) -> dict[str, int]:
    """Return how many patient-days of each toxicity there are: of follow-up, and others that a clinician graded."""
    beyond = judged.select(*DAY, "toxicity").distinct().anti_join(cohort.days, DAY)
    more = {
        row["toxicity"]: row["count"] for row in listing(beyond.group_by("toxicity").aggregate(count=beyond.count()))
    }
    return {toxicity: cohort.count(cohort.days) + more.get(toxicity, 0) for toxicity in toxicities}


def _computed(cohort: Cohort, names: Graders) -> Graders:
    """Return the computed systems alone."""
    ours = {(system.toxicity, system.name) for system in cohort.systems.values()}
    return {toxicity: [by for by in mine if (toxicity, by) in ours] for toxicity, mine in names.items()}


def _text(graded: ibis.Table, computed: Graders, weights: str, *, whole: bool) -> str:
    """Say what was compared and how, and how far all computed systems agree together."""
    several = {toxicity: mine for toxicity, mine in computed.items() if len(mine) > 2}
    text = (
        "Only days that both could grade are compared, and patients by their worst grade of those days; what one could "
        "not grade counts for nothing. Kappa, and Gwet's AC2, which moves less with how rare a grade is, weigh two "
        f"grades by their distance ({weights}); all grades from 0 to 5 count as possible. Days of one patient are not "
        "independent: the intervals are clustered by patient (made linear, with the quantile of Student's t), and "
        "rough below some 50 patients."
    )
    if whole:
        text += " Where a clinician recorded the highest grade of a whole course, the worst computed stands against it."
    if several:
        found = together(graded, several, weights)
        told = "; ".join(
            f"{name}, {len(mine)} systems, n = {found[name].patients}: {with_interval(found[name])}"
            for name, mine in several.items()
        )
        text += f" AC2 of all computed systems on the days that two or more could grade (95 % interval): {told}."
    return text


def _names(cohort: Cohort, graded: ibis.Table) -> Graders:
    """Return the systems that graded a day, by toxicity: computed ones in their order, then clinicians."""
    seen = [(row["toxicity"], row["by"]) for row in listing(graded.select("toxicity", "by").distinct())]
    ours: list[System] = list(cohort.systems.values())
    order = list(dict.fromkeys([*((system.toxicity, system.name) for system in ours), *seen]))
    toxicities = dict.fromkeys(toxicity for toxicity, _by in order)
    return {
        toxicity: [by for of, by in order if of == toxicity and (of, by) in seen]
        for toxicity in toxicities
        if any(of == toxicity for of, _by in seen)
    }


def _at_each_grade(cohort: Cohort, worst: ibis.Table, names: Graders) -> list[dict[str, Any]]:
    """Return how many courses had each worst grade, a line a system."""
    total = cohort.count(cohort.patients)
    counts = worst.group_by("toxicity", "by", "grade").aggregate(count=worst.count())
    found = {(row["toxicity"], row["by"], row["grade"]): row["count"] for row in listing(counts)}
    lines = []
    for toxicity, mine in names.items():
        for name in mine:
            at = {f"grade {grade}": found.get((toxicity, name, grade), 0) for grade in GRADES}
            lines.append({"toxicity": toxicity, "system": name, **at, "cannot be graded": total - sum(at.values())})
    return lines


def _differ(days: ibis.Table, toxicity: str, names: list[str]) -> ibis.Table:
    """Return the days to which two systems gave different grades: each grade, and each system's reason."""
    mine = days.filter(days.toxicity == toxicity)

    def of(name: str, column: str) -> ir.Value:
        return mine[column].max(where=mine.by == name)

    rows = mine.group_by(*DAY).aggregate(
        least=mine.grade.min(),
        greatest=mine.grade.max(),
        **{name: of(name, "grade") for name in names},
        **{f"{name}: why": ibis.coalesce(of(name, "why"), "no grade of that day") for name in names},
    )
    return rows.filter(rows.least < rows.greatest).drop("least", "greatest")
