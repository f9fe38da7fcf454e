"""One patient on one time axis: vital signs, oxygen, vasopressors, laboratory values, drugs, grades."""

from typing import Any

import ibis

from abate.cohort import GRID_DAYS, Cohort
from abate.findings.shape import Section
from abate.findings.toxicity import courses_in_order
from abate.outcomes.words import grade_words
from abate.records.words import plain
from abate.timeline.intervals import DAY_MINUTES
from abate.timeline.joins import KEYS

VITALS = {
    "temperature": "Temperature (°C)",
    "sbp": "Systolic pressure (mmHg)",
    "spo2": "Saturation (%)",
}
LABORATORY = ("ferritin", "crp", "ldh", "creatinine", "platelets", "il6")
MOST_LABORATORY = 3
"""Laboratory panels of one timeline: the variables of the list recorded most."""

EARLIEST = -3
COLUMNS = ("label", "panel", "what", "start", "until", "value", "grade", "why")


def chosen(cohort: Cohort) -> ibis.Table:
    """Return the courses whose timeline stands on the page: those with the highest grades, in that order."""
    rows = courses_in_order(cohort).rename(place="rank")
    rows = rows.filter(rows.place < int(cohort.options["timelines_shown"]))
    return rows.select(*KEYS, "label", "place", "last_day", "highest")


def timelines(cohort: Cohort) -> Section:
    """Return everything that the timelines draw, one row a mark."""
    keep = cohort.records.engine.keep
    order = keep("timeline_courses", chosen(cohort))
    parts = [
        _points(cohort, order, VITALS),
        _points(cohort, order, _laboratory(cohort, order)),
        _oxygen(cohort, order),
        _vasopressors(cohort, order),
        _doses(cohort, order),
    ]
    if cohort.judged:
        parts.append(_grades(cohort, order))
    rows = keep("timeline_marks", ibis.union(*(part for part in parts if part is not None)))
    rows = rows.filter(ibis.coalesce(rows.until, rows.start) > EARLIEST, rows.start <= GRID_DAYS + 1)
    # What began before the axis and runs on is cut at its start.
    rows = rows.mutate(start=ibis.greatest(rows.start, ibis.literal(float(EARLIEST))))
    total = cohort.count(cohort.patients)
    count = cohort.count(order)
    text = (
        f"The {count} courses with the highest grades, of {total} (option timelines_shown)."
        if count < total
        else "Every patient; a cell of a lane above leads here."
    )
    marks = rows.select(*COLUMNS).order_by("label", "panel", "what", "start", "value").to_pyarrow()
    people = order.select("label", "place", "last_day", "highest").order_by("place").to_pyarrow()
    return {"timeline_marks": marks, "timeline_courses": people}, {"timelines": text}


def _laboratory(cohort: Cohort, order: ibis.Table) -> dict[str, str]:
    rows = cohort.records["measurements"].semi_join(order, list(KEYS))
    rows = rows.filter(rows.variable.isin(LABORATORY), rows.value.notnull(), rows.day >= EARLIEST)
    counts = rows.group_by("variable").aggregate(n=rows.count())
    found = counts.order_by(counts.n.desc(), "variable").limit(MOST_LABORATORY).to_pyarrow().to_pylist()
    known = cohort.records.study.dictionary.variables
    return {row["variable"]: f"{known[row['variable']].label} ({known[row['variable']].unit})" for row in found}


def _time(minute: ibis.Value, day: ibis.Value) -> ibis.Value:
    """Return a time in days; midday where only the day is known."""
    return ibis.coalesce(minute / DAY_MINUTES, day + 0.5)


def _row(rows: ibis.Table, **columns: Any) -> ibis.Table:
    """Return marks with every column, null where one has none."""
    kinds = {"until": "float64", "value": "float64", "grade": "int64", "what": "string"}
    blank = {name: ibis.null(kind) for name, kind in kinds.items() if name not in columns}
    return rows.select("label", **{name: (columns | blank)[name] for name in COLUMNS if name != "label"})


def _points(cohort: Cohort, order: ibis.Table, panels: dict[str, str]) -> ibis.Table | None:
    if not panels:
        return None
    rows = cohort.records["measurements"].join(order.select(*KEYS, "label"), list(KEYS))
    rows = rows.filter(rows.variable.isin(list(panels)), rows.value.notnull(), rows.day.notnull())
    panel = rows.variable.cases(*panels.items())
    when = _time(rows.minute, rows.day)
    value = plain(rows.value)
    why = rows.label + ", day " + rows.day.cast("string") + ": " + panel + " " + value + ". Source: " + rows.source
    return _row(rows, panel=panel, what=rows.variable, start=when, value=rows.value, why=why)


def _oxygen(cohort: Cohort, order: ibis.Table) -> ibis.Table:
    rows = cohort.charted["oxygen_spans"].join(order.select(*KEYS, "label"), list(KEYS))
    rows = rows.filter(rows.start < rows.end)
    what = rows.device.replace("_", " ")
    flow = ibis.coalesce(ibis.literal(", ") + plain(rows.flow) + " L/min", "")
    fraction = ibis.coalesce(ibis.literal(", FiO2 ") + plain(rows.fio2) + " %", "")
    why = rows.label + ": " + what + flow + fraction + ". Source: " + rows.source
    return _row(
        rows,
        panel=ibis.literal("Oxygen"),
        what=what,
        start=rows.start / DAY_MINUTES,
        until=rows.end / DAY_MINUTES,
        why=why,
    )


def _vasopressors(cohort: Cohort, order: ibis.Table) -> ibis.Table:
    rows = cohort.charted["vasopressor_segments"].join(order.select(*KEYS, "label"), list(KEYS))
    rate = ibis.coalesce(ibis.literal(" ") + plain(rows.rate, 3) + " " + rows.rate_unit, "")
    why = rows.label + ": " + rows.agent + rate + ". Source: " + rows.source
    return _row(
        rows,
        panel=ibis.literal("Vasopressors"),
        what=rows.agent,
        start=rows.start / DAY_MINUTES,
        until=rows.end / DAY_MINUTES,
        value=rows.rate,
        why=why,
    )


def _doses(cohort: Cohort, order: ibis.Table) -> ibis.Table:
    known = cohort.records.study.dictionary
    shown = known.drugs_of(
        "anti-IL6", "anti-IL6R", "IL1RA", "anti-IL1b", "anti-IFNg", "JAK1/2", "steroid", "antipyretic"
    )
    drugs = cohort.records["drugs"]
    rows = drugs.filter(drugs.drug.isin(shown), drugs.status == "given", drugs.day.notnull())
    rows = rows.join(order.select(*KEYS, "label"), list(KEYS))
    amount = ibis.coalesce(ibis.literal(" ") + plain(rows.amount) + " " + ibis.coalesce(rows.unit, ""), "")
    why = rows.label + ", day " + rows.day.cast("string") + ": " + rows.drug + amount + ". Source: " + rows.source
    return _row(rows, panel=ibis.literal("Drugs"), what=rows.drug, start=_time(rows.minute, rows.day), why=why)


def _grades(cohort: Cohort, order: ibis.Table) -> ibis.Table:
    rows = cohort.computed.filter(cohort.computed.day <= GRID_DAYS).join(order.select(*KEYS, "label"), list(KEYS))
    what = rows.toxicity + ", " + rows.system
    judged = rows.primary == "clinician"
    said = ibis.ifelse(
        judged,
        ibis.literal("grade ") + grade_words(rows.clinician_low, rows.clinician_high) + ", judged by a clinician",
        ibis.coalesce(ibis.literal("grade ") + rows.grade.cast("string"), "cannot be graded"),
    )
    bounds = ibis.ifelse(
        judged | rows.complete,
        "",
        ibis.literal(" (possible: ") + rows.lower.cast("string") + " to " + rows.upper.cast("string") + ")",
    )
    met = ibis.ifelse(judged | (rows.criteria == ""), "", ibis.literal(": ") + rows.criteria)
    why = rows.label + ", day " + rows.day.cast("string") + ": " + what + ", " + said + bounds + met
    return _row(
        rows,
        panel=ibis.literal("Grades"),
        what=what,
        start=rows.day.cast("float64"),
        until=rows.day.cast("float64") + 1,
        grade=rows.primary_grade.cast("int64"),
        why=why,
    )
