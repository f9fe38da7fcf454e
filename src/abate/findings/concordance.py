"""The same cohort under several grading systems, and under its clinicians: where they agree, and where not and why."""

from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from abate.cohort import Cohort
from abate.findings.shape import Section, held, listing, number, share, table
from abate.grading.rules import System
from abate.statistics.agreement import GRADES, Shared, clustered_interval, weighted_kappa
from abate.timeline.joins import DAY, KEYS

UNITS = {"by_day": "patient-days", "by_course": "courses, by worst grade of those days"}


def concordance(cohort: Cohort) -> Section:
    """Return courses at each grade by system, agreement of each pair, the grades crossed, and the days that differ.

    Only days that both could grade are compared; a clinician's grade is one more system, ``clinician``.
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
    who = ibis.coalesce(ibis.literal("clinician, ") + judged.system, "clinician")
    judged = judged.mutate(by=who, grade=judged.high.cast("int8"), why=ibis.literal("in a clinician's judgement"))
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
    by_day = keep("system_pairs_by_day", _pairs(graded))
    # The worst of each course over the days that both graded.
    shared = by_day.group_by(*KEYS, "toxicity", "first", "second")
    by_course = shared.aggregate(first_grade=by_day.first_grade.max(), second_grade=by_day.second_grade.max())
    pairs = {"by_day": by_day, "by_course": keep("system_pairs_by_course", by_course)}
    crossed = {name: keep(f"system_grades_{name}", _crossed(found)) for name, found in pairs.items()}
    weights = str(cohort.options["kappa_weights"])
    lines = [
        line for name, unit in UNITS.items() for line in _agreement(pairs[name], crossed[name], names, unit, weights)
    ]
    text = (
        f"Only days and courses that both could grade are compared. Kappa is weighted ({weights}). Days of one patient "
        "are not independent: the interval is clustered by patient, and the worst grade of each course stands beside."
        if lines
        else "No two systems graded the same day."
    )
    order = ("toxicity", "first", "second", "first_grade", "second_grade")
    found: dict[str, pa.Table | ibis.Table] = {
        f"systems_{name}": rows.order_by(*order).to_pyarrow() for name, rows in crossed.items()
    }
    found["systems_grades"] = table(_at_each_grade(cohort, worst, names), "toxicity")
    found["systems_agreement"] = table(lines, "toxicity")
    differ = {toxicity: _differ(days, toxicity, mine) for toxicity, mine in names.items()}
    found |= {f"{toxicity.lower()}_days_that_differ": held(rows.order_by(*DAY)) for toxicity, rows in differ.items()}
    return found, {"systems": text}


def _names(cohort: Cohort, graded: ibis.Table) -> dict[str, list[str]]:
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


def _pairs(rows: ibis.Table) -> ibis.Table:
    """Return the grades that two systems gave to the same day."""
    other = rows.view()
    pairs = rows.join(other, [*(rows[key] == other[key] for key in (*DAY, "toxicity")), rows.by < other.by])
    return pairs.select(
        *(rows[key] for key in KEYS),
        toxicity=rows.toxicity,
        first=rows.by,
        second=other.by,
        first_grade=rows.grade,
        second_grade=other.grade,
    )


def _crossed(pairs: ibis.Table) -> ibis.Table:
    grades = ("toxicity", "first", "second", "first_grade", "second_grade")
    return pairs.group_by(*grades).aggregate(count=pairs.count())


def _at_each_grade(cohort: Cohort, worst: ibis.Table, names: dict[str, list[str]]) -> list[dict[str, Any]]:
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


def _agreement(
    pairs: ibis.Table, grades: ibis.Table, names: dict[str, list[str]], unit: str, weights: str
) -> list[dict[str, Any]]:
    """Return the agreement of each pair of systems, a line a pair."""
    same = (pairs.first_grade == pairs.second_grade).cast("int64")
    each = pairs.group_by("patient_id", "toxicity", "first", "second").aggregate(days=pairs.count(), same=same.sum())
    sums = each.group_by("toxicity", "first", "second").aggregate(
        patients=each.count(),
        all_days=each.days.sum(),
        all_same=each.same.sum(),
        days_squared=(each.days * each.days).sum(),
        same_squared=(each.same * each.same).sum(),
        products=(each.days * each.same).sum(),
    )
    shared = {
        (row["toxicity"], row["first"], row["second"]): Shared(
            *(row[name] for name in ("patients", "all_days", "all_same", "days_squared", "same_squared", "products"))
        )
        for row in listing(sums)
    }
    crossed: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in listing(grades):
        crossed.setdefault((row["toxicity"], row["first"], row["second"]), []).append(row)
    lines = []
    # The join names a pair in the order of the alphabet; a table in that of the systems.
    for toxicity, mine in names.items():
        for place, name in enumerate(mine):
            for other in mine[place + 1 :]:
                first, second = sorted((name, other))
                pair = (toxicity, first, second)
                if pair not in shared:
                    continue
                sums_of, cells = shared[pair], crossed[pair]
                mine_grades, other_grades = ([row[f"{side}_grade"] for row in cells] for side in ("first", "second"))
                kappa = weighted_kappa(mine_grades, other_grades, [row["count"] for row in cells], weights)
                within = clustered_interval(sums_of) if unit == UNITS["by_day"] else None
                far = sum(row["count"] for row in cells if abs(row["first_grade"] - row["second_grade"]) >= 2)
                lines.append(
                    {
                        "toxicity": toxicity,
                        "first": name,
                        "second": other,
                        "compared": unit,
                        "patients": sums_of.patients,
                        "graded by both": sums_of.days,
                        "the same grade": share(sums_of.same, sums_of.days),
                        "95 % interval": f"{100 * within[0]:.0f}–{100 * within[1]:.0f} %" if within else "–",
                        "weighted kappa": number(kappa, 2),
                        "two grades or more apart": share(far, sums_of.days),
                    }
                )
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
