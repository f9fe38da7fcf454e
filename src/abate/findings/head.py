"""Key figures, and the records that were used."""

import pyarrow as pa

from abate.cohort import Cohort
from abate.findings.computed import without_coverage
from abate.findings.shape import Section, interval, listing, median_text, share, table
from abate.records.checks import REASONS
from abate.records.tables import PATIENTS
from abate.statistics import proportion

LABELS = {
    "age": "Age (years)",
    "sex": "Sex",
    "weight_kg": "Weight (kg)",
    "height_cm": "Height (cm)",
    "product": "Product",
    "disease": "Disease",
}


def records(cohort: Cohort) -> Section:
    """Return the accounting and what was set aside."""
    accounting = cohort.records.accounting
    rows = accounting.to_pylist()
    reasons = [
        {"reason": reason, "meaning": REASONS[reason], "values": sum(row[reason] for row in rows)} for reason in REASONS
    ]
    reasons = sorted((row for row in reasons if row["values"]), key=lambda row: -int(str(row["values"])))
    bars = [
        {"table": row["table"], "what": what, "values": row[key]}
        for row in rows
        for what, key in [("used", "used"), *((reason, reason) for reason in REASONS)]
        if row[key]
    ]
    values_in, used = (sum(row[name] for row in rows) for name in ("values_in", "used"))
    text = f"{values_in:,} values in = {used:,} used + {values_in - used:,} set aside."
    problems = [{"level": problem.level, "message": str(problem)} for problem in cohort.records.problems]
    missing = _most_missing(cohort)
    aside = cohort.records.set_aside
    unknown = aside.filter(aside.reason == "not in the dictionary")
    names = unknown.group_by("table", "name").aggregate(values=unknown["values"].sum())
    tables = {
        "unknown_names": names.order_by("table", "name").to_pyarrow(),
        "accounting": accounting,
        "records_by_reason": table(reasons, "reason", "meaning", "values"),
        "records_bars": table(bars, "table", "what", "values"),
        "problems": table(problems, "level", "message"),
    }
    return tables, {"records": text, "coverage": declared(cohort) + without_coverage(cohort), "missing": missing}


def _of(courses: int, total: int) -> str:
    return "all courses" if courses == total else f"{courses:,} of {total:,} courses"


def declared(cohort: Cohort) -> str:
    """Say which domains of the records were declared complete, and for how many courses."""
    coverage, total = cohort.records["coverage"], cohort.count(cohort.patients)
    counts = coverage.group_by("domain", "complete").aggregate(
        courses=(coverage.patient_id + "/" + coverage.course_id.cast("string")).nunique()
    )
    parts = [
        f"{row['domain']} {'complete' if row['complete'] else 'incomplete'} for {_of(row['courses'], total)}"
        for row in listing(counts, "domain", "complete")
    ]
    if parts:
        return f"Declared: {'; '.join(parts)}. Elsewhere what is not recorded is unknown, and not absent."
    return "No domain of the records was declared complete, so what is not recorded is unknown, and not absent."


def _most_missing(cohort: Cohort) -> str:
    """Say which baseline columns are missing most often."""
    patients = cohort.records["patients"]
    every = [*(column.name for column in PATIENTS.columns), *cohort.records.brought]
    names = [name for name in cohort.records.study.baseline if name in every] or every
    counts = patients.aggregate(**{name: patients[name].isnull().sum() for name in names}).to_pyarrow()
    total = cohort.count(patients)
    found = sorted(((row, name) for name, row in counts.to_pylist()[0].items() if row), key=lambda x: -x[0])
    listed = ", ".join(f"{column_label(name)} {share(count, total)}" for count, name in found if count < total)
    absent = ", ".join(column_label(name) for count, name in found if count == total)
    text = f"Missing in some patients: {listed}. " if listed else ""
    return text + (f"Not in the records at all: {absent}." if absent else "")


def column_label(name: str) -> str:
    """Return a column's name in words."""
    words = name.replace("_", " ")
    return LABELS.get(name, words[:1].upper() + words[1:])


def key_figures(cohort: Cohort) -> Section:
    """Return the figures at the head of the page, each with the section it comes from."""
    total = cohort.count(cohort.patients)
    kind = cohort.records.study.reading.day0_kind
    said = "infused courses" if kind == "infusion" else f"courses; day 0 is the {kind}"
    people = cohort.count(cohort.patients.select("patient_id").distinct())
    said = said if people == total else f"{said}, of {people} patients"
    label = "Patients" if people == total else "Courses"
    rows = [{"label": label, "value": str(total), "detail": said, "section": "patients"}]
    high = cohort.options["high_grade"]
    for toxicity in ("CRS", "ICANS"):
        graded = cohort.highest.filter(cohort.highest.toxicity == toxicity)
        systems = listing(graded.select("system").distinct(), "system")
        by_records = _computed(cohort, toxicity, total)
        rows += by_records
        if by_records and not systems:
            continue
        for system in systems or [{"system": None}]:
            mine = graded.filter(graded.system.identical_to(system["system"]))
            any_grade, severe = (
                interval(*(cohort.count(mine.filter(column >= least)) for column in (mine.low, mine.seen_high)))
                for least in (1, high)
            )
            known = cohort.count(mine.select("patient_id", "course_id").distinct())
            value = f"{any_grade} / {severe}" if known else "not recorded"
            detail = f"any grade / grade {high} or more; {known} of {total} graded" if known else "no grade"
            label = f"{toxicity} ({system['system']})" if system["system"] else toxicity
            rows.append({"label": label, "value": value, "detail": detail, "section": "toxicity"})
    events = cohort.records["events"]
    hlh = cohort.count(events.filter(events.event == "hlh").select("patient_id", "course_id").distinct())
    complete = bool(cohort.records.study.coverage.get("events"))
    shown = str(hlh) if hlh or complete else "not recorded"
    rows.append({"label": "HLH", "value": shown, "detail": f"with a record of it, of {total}", "section": "toxicity"})
    drug = cohort.records.study.treatment
    if drug:
        treated = cohort.count(cohort.treatment)
        detail = f"median start day {median_text(cohort.treatment, 'start_day')}" if treated else "nobody"
        rows.append({"label": f"Treated with {drug}", "value": str(treated), "detail": detail, "section": "treatment"})
        judged = cohort.response.filter(cohort.response.response != "not applicable")
        of = cohort.count(judged)
        if of:
            count = cohort.count(judged.filter(judged.response == "yes"))
            unknown = cohort.count(judged.filter(judged.response == "unknown"))
            low, top = proportion.interval(count, of)
            detail = f"exact 95 % interval {100 * low:.0f} to {100 * top:.0f} %; attribution assumed"
            detail = f"{unknown} of these not known; attribution assumed" if unknown else detail
            rows.append({"label": "Responded", "value": f"{count} of {of}", "detail": detail, "section": "response"})
    died = cohort.count(cohort.survival.filter(cohort.survival.died))
    shown, of_all = (str(died), f"of {total}") if died or complete else ("not recorded", "no record of a death")
    rows.append({"label": "Deaths", "value": shown, "detail": of_all, "section": "outcomes"})
    follow = median_text(cohort.follow_up, "last_day", places=0, unit=" days")
    study = cohort.records.study
    texts = {
        "title": study.title or "Cohort report",
        "population": study.population,
        "cohort": f"{people} {'patient' if people == 1 else 'patients'}"
        + ("" if people == total else f", {total} courses")
        + _products(cohort),
        "mark": study.mark,
        "follow_up": f"Follow-up to death, last contact or the last record: median (range) {follow}."
        if follow != "–"
        else "Follow-up: no dated record.",
        "day0": study.reading.day0_kind,
    }
    return {"key_figures": table(rows)}, texts


def beside_responders(figures: pa.Table, natural: str) -> pa.Table:
    """Return the key figures with the recovery expected without the treatment beside the count of responders."""
    rows = figures.to_pylist()
    for row in rows:
        if row["label"] == "Responded" and natural:
            row["detail"] += f"; {natural}"
    return table(rows)


def _computed(cohort: Cohort, toxicity: str, total: int) -> list[dict[str, str]]:
    """Return the figure of a toxicity by the first system that could grade it, computed."""
    systems = [system for found, system in cohort.gradeable if found == toxicity][:1]
    high = cohort.options["high_grade"]
    out = []
    for system in systems:
        days = cohort.computed.filter(cohort.computed.toxicity == toxicity, cohort.computed.system == system)
        worst = days.group_by("patient_id", "course_id").aggregate(worst=days.grade.max())
        known, any_grade, severe = (
            cohort.count(worst.filter(condition))
            for condition in (worst.worst.notnull(), worst.worst >= 1, worst.worst >= high)
        )
        detail = f"any grade / grade {high} or more, of {known} with a day that could be graded ({total} courses)"
        if not cohort.count(days.filter(days.grade == 0)):
            detail += "; no day could be graded 0, so this is no incidence"
        label = f"{toxicity} ({system}, computed)"
        out.append({"label": label, "value": f"{any_grade} / {severe}", "detail": detail, "section": "toxicity"})
    return out


def _products(cohort: Cohort) -> str:
    """Name the products that were infused."""
    names = [row["product"] for row in listing(cohort.patients.select("product").distinct(), "product")]
    known = ", ".join(name for name in names if name)
    return f"; product: {known}" if known else "; product not recorded"
