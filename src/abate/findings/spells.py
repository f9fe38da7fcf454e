"""Spells of toxicity, days in each grade, the area under the grades, what came first, days free of steroid."""

from typing import Any

import ibis

from abate.cohort import Cohort
from abate.exposure.equivalence import EQUIVALENT_MG
from abate.findings.shape import Section, held, listing, median_text, share, table
from abate.outcomes.spells import days_in_grades, first_toxicities, steroid_free_days, toxicity_spells
from abate.timeline.coverage import course_coverage, partial_coverage, with_coverage
from abate.timeline.joins import DAY, KEYS, beside


def spells(cohort: Cohort) -> Section:
    """Return spells, a line a system with days by grade, orders of toxicities and days free of steroid."""
    keep = cohort.records.engine.keep
    found = keep("toxicity_spells", toxicity_spells(cohort.computed))
    days = keep("days_in_grades", days_in_grades(cohort.computed))
    lines = [_line(cohort, found, days, *pair) for pair in cohort.judged]
    orders = keep(
        "first_toxicities", first_toxicities(cohort.by_first_system(cohort.toxicity_courses), cohort.records["events"])
    )
    counted = orders.group_by("order").aggregate(courses=orders.count())
    seen = cohort.count(orders)
    ordered = [
        {"first seen": row["order"], "courses": share(row["courses"], cohort.count(cohort.patients))}
        for row in listing(counted.order_by(counted.courses.desc(), "order"))
    ]
    text = (
        "A spell is a stretch of days with a grade above 0 that no day of grade 0 parts; a day that could not be "
        "graded parts none. The area under the grades is grade times days: its lower bound counts a day that could "
        "not be graded as 0, its upper bound as the most that it may be."
        if lines
        else ""
    )
    free = _free_days(cohort)
    return {
        "spells": held(found.order_by("toxicity", "system", *KEYS, "number")),
        "days_in_grades": held(days.order_by("toxicity", "system", *KEYS)),
        "toxicity_days": table(lines, "system"),
        "orders": table(ordered if seen else [], "first seen"),
        "steroid_free": free.order_by(*KEYS).to_pyarrow(),
    }, {"spells": text, "steroid_free": _free_text(cohort, free)}


def _line(cohort: Cohort, found: ibis.Table, days: ibis.Table, toxicity: str, system: str) -> dict[str, Any]:
    mine = found.filter(found.toxicity == toxicity, found.system == system)
    of_system = days.filter(days.toxicity == toxicity, days.system == system)
    ended = mine.filter(mine.start_known, mine.end_known)
    lengths = ended.mutate(length=ended.last_day - ended.start_day + 1)
    (sums,) = listing(of_system.aggregate(**{f"grade {n}": of_system[f"days_{n}"].sum() for n in range(1, 5)}))
    (unknown,) = listing(of_system.aggregate(days=(of_system.unknown_days + of_system.bounded_days).sum()))
    toxic = of_system.filter(of_system.area_low > 0)
    return {
        "toxicity": toxicity,
        "system": system,
        "courses with a spell": cohort.count(mine.filter(mine.number == 1)),
        "that came back": cohort.count(mine.filter(mine.number == 2)),
        "spells": cohort.count(mine),
        "days of a spell with both ends seen: median (range)": median_text(lengths, "length"),
        "grade x days of a course, at least: median (range)": median_text(toxic, "area_low"),
        **{f"days in {name}": count for name, count in sums.items()},
        "days not graded exactly": unknown["days"],
    }


def _free_days(cohort: Cohort) -> ibis.Table:
    days = beside(cohort.days, course_coverage(cohort.coverage))
    days = with_coverage(beside(days, partial_coverage(cohort.days, cohort.coverage), DAY))
    drugs = days.filter(days.drugs_covered)
    steroids = list(EQUIVALENT_MG)
    totals, every = cohort.totals, cohort.administrations
    totals = totals.filter(totals.drug.isin(steroids), totals.high.isnull() | (totals.high > 0))
    undated = every.filter(every.drug.isin(steroids), every.day.isnull(), every.earliest_day.notnull())
    doubtful = totals.select(*KEYS, "start_day", "end_day").union(
        undated.select(*KEYS, start_day=undated.earliest_day.cast("int64"), end_day=ibis.null("int64"))
    )
    free = steroid_free_days(
        cohort.steroid_days,
        cohort.follow_up,
        drugs,
        doubtful,
        int(cohort.options["free_days_of"]),
    )
    return cohort.records.engine.keep("steroid_free_days", free)


def _free_text(cohort: Cohort, free: ibis.Table) -> str:
    first = cohort.options["free_days_of"]
    return (
        f"Days alive and without a dose of steroid, of the first {first}: median (range) at least "
        f"{median_text(free, 'free_low')}, at most {median_text(free, 'free_high')}. The lower bound counts the days "
        "on which the record of drugs is declared complete: elsewhere a day without a dose is no day without steroid."
    )
