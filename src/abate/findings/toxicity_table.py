"""The table every paper prints: CRS and ICANS by system, and what was given."""

from typing import Any

import ibis

from abate.cohort import Cohort
from abate.exposure.equivalence import EQUIVALENT_MG
from abate.findings.shape import Section, listing, number, share, table
from abate.statistics.description import quartiles
from abate.timeline.joins import KEYS, beside

MEASURES = (
    ("onset_day", "Onset, day: median (IQR; range)"),
    ("onset_hour", "Onset, hours after day 0: median (IQR; range)"),
    ("days_to_peak", "Days from onset to peak: median (IQR; range)"),
    ("duration", "Days from first onset to last resolution: median (IQR; range)"),
    ("toxic_days", "Days with a grade above 0: median (IQR; range)"),
)


def _summary(rows: ibis.Table, column: str) -> str:
    found = quartiles(rows, column)
    if not found["n"]:
        return "–"
    text = f"{number(found['median'])} ({number(found['lower'])}–{number(found['upper'])}; "
    return text + f"{number(found['least'])}–{number(found['greatest'])}), n = {found['n']}"


def _groups(cohort: Cohort) -> list[tuple[str, ibis.Table]]:
    """Return all courses and, where there are several products, those of each."""
    courses = beside(cohort.toxicity_courses, cohort.patients.select(*KEYS, "product"))
    products = [row["product"] for row in listing(cohort.patients.select("product").distinct(), "product")]
    named = [product for product in products if product]
    return [("", courses), *((name, courses.filter(courses["product"] == name)) for name in named if len(named) > 1)]


def toxicity_table(cohort: Cohort) -> Section:
    """Return the table of toxicities, the table of treatments, and ICANS in relation to CRS."""
    high = int(cohort.options["high_grade"])
    rows: list[dict[str, Any]] = []
    for product, courses in _groups(cohort):
        for toxicity, system in cohort.judged:
            mine = courses.filter(courses.toxicity == toxicity, courses.system == system)
            graded = mine.filter(mine.worst.notnull())
            known, total = cohort.count(graded), cohort.count(mine)
            line: dict[str, Any] = {"product": product} if product else {}
            line |= {"toxicity": toxicity, "system": system, "graded": f"{known} of {total}"}
            line["any grade"] = share(cohort.count(graded.filter(graded.worst >= 1)), known)
            line[f"grade {high} or more"] = share(cohort.count(graded.filter(graded.worst >= high)), known)
            toxic = graded.filter(graded.worst >= 1)
            known_onset = toxic.filter(toxic.onset_known)
            for column, words in MEASURES:
                of = known_onset if column == "onset_day" else toxic
                line[words] = _summary(of, column) if column != "onset_hour" or toxicity == "CRS" else "–"
            rows.append(line)
    judged = cohort.count(cohort.computed.filter(cohort.computed.primary == "clinician"))
    primary = "The clinician's grade is primary where there is one" + (
        f" ({judged:,} patient-days and systems); elsewhere it is the computed one."
        if judged
        else "; there is none, so every grade is computed."
    )
    text = (
        f"{primary} A course is graded if at least one of its days could be; a toxic day that nobody recorded is not "
        "seen. Onset is told only where every day before it was graded 0, duration (from first onset to last "
        "resolution; published definitions differ) only where also the day after the last was: n says for how many."
    )
    return {
        "toxicity_table": _columns(rows),
        "treatments": table(_treatments(cohort), "treatment"),
        "icans_and_crs": table(_together(cohort), "system"),
    }, {"toxicity_table": text if rows else ""}


def _columns(rows: list[dict[str, Any]]) -> Any:
    """Lay the table out as papers do: a line a measure, a column a system."""
    heads = [
        f"{row['toxicity']}, {row['system']}" + (f", {row['product']}" if "product" in row else "") for row in rows
    ]
    names = [name for name in rows[0] if name not in ("toxicity", "system", "product")] if rows else []
    lines = [{"": name, **{head: row[name] for head, row in zip(heads, rows, strict=True)}} for name in names]
    return table(lines, "")


def _treatments(cohort: Cohort) -> list[dict[str, Any]]:
    """Return how many courses had each treatment, by product where there are several."""
    total = cohort.count(cohort.patients)
    given = cohort.administrations.filter(ibis.coalesce(cohort.administrations.day, 0) >= 0).select(*KEYS, "drug")
    given = given.union(cohort.totals.select(*KEYS, "drug"))
    days, events = cohort.features, cohort.records["events"]
    found = {
        "tocilizumab": given.filter(given.drug == "tocilizumab"),
        "corticosteroid": given.filter(given.drug.isin(tuple(EQUIVALENT_MG))),
        "anakinra": given.filter(given.drug == "anakinra"),
        "vasopressor": days.filter(days.vasopressor),
        "invasive ventilation": days.filter(days.any_invasive),
        "intensive care": events.filter(events.event == "intensive_care"),
    }
    covered = {
        "tocilizumab": "drugs",
        "corticosteroid": "drugs",
        "anakinra": "drugs",
        "vasopressor": "vasopressors",
        "invasive ventilation": "oxygen",
        "intensive care": "events",
    }
    promises = cohort.coverage.filter(cohort.coverage.complete)
    parts = []
    for name, rows in found.items():
        domains = {covered[name], "drugs"} if name == "vasopressor" else {covered[name]}
        for what, mine in (("had", rows), ("declared", promises.filter(promises.domain.isin(tuple(domains))))):
            parts.append(mine.select(*KEYS, name=ibis.literal(name), what=ibis.literal(what)))
    courses = ibis.union(*parts, distinct=True)
    counts = courses.group_by("name", "what").aggregate(courses=courses.count())
    known = {(row["name"], row["what"]): row["courses"] for row in listing(counts, "name", "what")}
    out = []
    for name in found:
        count, declared = known.get((name, "had"), 0), known.get((name, "declared"), 0)
        line = {"treatment": name, "recorded in": share(count, total) if count or declared else "not recorded"}
        said = "all courses" if declared == total else f"{declared} of {total} courses" if declared else "no course"
        out.append(line | {"record declared complete for": said})
    return out


def _together(cohort: Cohort) -> list[dict[str, Any]]:
    """Return how many courses with ICANS had it with, after, before or without CRS, by system."""
    rows = cohort.toxicity_courses
    out = []
    for system in dict.fromkeys(system for _, system in cohort.judged):
        mine = rows.filter(rows.system == system)
        icans = mine.filter(mine.toxicity == "ICANS", mine.worst >= 1).select(*KEYS, "onset_day", "last_day")
        crs = mine.filter(mine.toxicity == "CRS")
        crs = crs.select(*KEYS, crs_worst="worst", crs_onset="onset_day", crs_last="last_day")
        both = beside(icans, crs)
        kind = ibis.cases(
            (both.crs_worst.isnull(), "CRS could not be graded"),
            (both.crs_worst == 0, "without CRS"),
            (both.onset_day > both.crs_last, "after CRS"),
            (both.onset_day < both.crs_onset, "beginning before CRS"),
            else_="with CRS",
        )
        counts = both.group_by(relation=kind).aggregate(courses=both.count())
        out += [
            {"system": system, "ICANS": row["relation"], "courses": row["courses"]}
            for row in listing(counts, "relation")
        ]
    return out
