"""Toxicity by day: one lane a patient, from the grades that were given. Nothing is interpolated."""

import ibis

from abate.cohort import GRID_DAYS, STEROID, Cohort
from abate.exposure.equivalence import EQUIVALENT_MG
from abate.findings import computed
from abate.findings.shape import Section, listing
from abate.outcomes.words import grade_words
from abate.timeline.joins import KEYS, beside

MARKS = {
    "death": "death",
    "complete_response": "remission",
    "in_remission": "remission",
    "relapse": "relapse",
    "hlh": "HLH",
    "crs_onset": "CRS onset",
    "icans_onset": "ICANS onset",
}
"""Events drawn on a lane, and the word for each."""


def courses_in_order(cohort: Cohort) -> ibis.Table:
    """Return every course in the order of the lanes: responders, nonresponders, then the others, by patient.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, lane`` (from 0), ``gap, group, label, last_day, highest`` (the highest grade, -1 where
        there is none) and ``rank`` (from 0, by the highest grade).
    """
    rows = cohort.patients.select(*KEYS, "responder").join(cohort.follow_up.select(*KEYS, "last_day", "died"), KEYS)
    treated = beside(rows, cohort.treatment.select(*KEYS, "start_day"))
    group = ibis.cases(
        (treated.responder == "responder", "Responders"),
        (treated.responder == "nonresponder", "Nonresponders"),
        (treated.start_day.notnull(), "Treated, response not known"),
        else_="Not treated" if cohort.records.study.treatment else "All patients",
    )
    place = ibis.cases(
        (treated.responder == "responder", 0),
        (treated.responder == "nonresponder", 1),
        (treated.start_day.notnull(), 2),
        else_=3,
    )
    several = treated.course_id.max().over(ibis.window(group_by="patient_id")) > 1
    label = treated.patient_id + ibis.ifelse(several, ibis.literal(", course ") + treated.course_id.cast("string"), "")
    rows = treated.mutate(group=group, place=place, label=label)
    order = ibis.window(order_by=[rows.place, rows.patient_id, rows.course_id])
    rows = rows.mutate(
        lane=ibis.row_number().over(order),
        gap=(ibis.dense_rank().over(ibis.window(order_by=rows.place))),
        last_day=ibis.least(ibis.coalesce(rows.last_day, 0), GRID_DAYS),
    ).select(*KEYS, "lane", "gap", "group", "label", "last_day")
    graded = cohort.toxicity_courses
    rows = beside(rows, graded.group_by(*KEYS).aggregate(highest=graded.worst.max()))
    rows = rows.mutate(highest=ibis.coalesce(rows.highest, -1))
    return rows.mutate(rank=ibis.row_number().over(ibis.window(order_by=[rows.highest.desc(), rows.lane])))


def lanes(cohort: Cohort) -> ibis.Table:
    """Return the courses that have a lane: those with the highest grades, up to the option ``lanes_shown``.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, lane`` (from 0), ``gap, group, label, last_day``.
    """
    rows = courses_in_order(cohort)
    rows = rows.filter(rows["rank"] < int(cohort.options["lanes_shown"])).drop("highest", "rank")
    return rows.mutate(lane=ibis.row_number().over(ibis.window(order_by=rows.lane)))


def toxicity(cohort: Cohort) -> Section:
    """Return lanes, graded days, bars of drugs, and marks."""
    study, keep = cohort.records.study, cohort.records.engine.keep
    order = keep("lanes", lanes(cohort))
    grades = cohort.grades.join(order, KEYS).filter(ibis._.day <= GRID_DAYS)
    words = grade_words(grades.low, grades.high)
    short = ibis.cases(
        (grades.low == grades.high, grades.low.cast("int64").cast("string")),
        (grades.low == 0, ibis.literal("≤") + grades.high.cast("int64").cast("string")),
        ((grades.high == 4) & (grades.statements == 1), ibis.literal("≥") + grades.low.cast("int64").cast("string")),
        else_=grades.low.cast("int64").cast("string") + "–" + grades.high.cast("int64").cast("string"),
    )
    why = (
        grades.label
        + ", day "
        + grades.day.cast("string")
        + ": "
        + grades.toxicity
        + " grade "
        + words
        + ", judged by a clinician"
        + ibis.coalesce(ibis.literal(" (") + grades.system + ")", "")
        + ibis.ifelse(grades.statements > 1, ibis.literal("; ") + grades.statements.cast("string") + " records", "")
        + ". Source: "
        + grades.source
        + ibis.ifelse(grades.statements > 1, " and others of that day", "")
    )
    cells = grades.select("lane", "gap", "label", "toxicity", "system", "day", "low", "high", short=short, why=why)
    cells = cells.union(computed.cells(cohort, order)) if cohort.gradeable else cells
    tables = {
        "lanes": order.select("lane", "gap", "group", "label", "last_day").order_by("lane").to_pyarrow(),
        "lane_grades": cells.order_by("toxicity", "lane", "day", "system").to_pyarrow(),
        "lane_bars": _bars(cohort, order).order_by("lane", "what", "start_day", "why").to_pyarrow(),
        "lane_marks": _marks(cohort, order).order_by("lane", "day", "what", "why").to_pyarrow(),
    }
    total, shown = cohort.count(cohort.patients), tables["lanes"].num_rows
    few = f"The {shown} courses with the highest grades, of {total:,} (option lanes_shown). " if shown < total else ""
    days = cohort.count(cohort.days)
    graded = cohort.count(cohort.grades.select(*KEYS, "day").distinct().join(cohort.days, [*KEYS, "day"]))
    if not cohort.count(cohort.grades):
        text = "The records hold no grade of a clinician for a day."
        highest = listing(cohort.highest.select("toxicity", "system").distinct(), "toxicity", "system")
        if highest:
            text += " Only the highest grade of the course is recorded; it stands under Key figures."
    else:
        text = (
            f"A grade is recorded for {graded} of {days} patient-days up to day {GRID_DAYS}. The other days "
            "are hatched: unknown, and never the same as grade 0."
        )
    if cohort.count(cohort.grades):
        text += f" These grades are clinicians'{f', by {study.system}' if study.system else ''}."
    return tables, {"toxicity": few + text + computed.sentences(cohort)}


def _bars(cohort: Cohort, order: ibis.Table) -> ibis.Table:
    """Return courses of steroids, tocilizumab and the treatment, as bars under the lanes."""
    study = cohort.records.study
    steroids = tuple(EQUIVALENT_MG)
    courses = cohort.courses.join(order, KEYS)
    what = ibis.cases(
        (courses.drug.isin(steroids), "corticosteroid"),
        (courses.drug == "tocilizumab", "tocilizumab"),
        (courses.drug == study.treatment, study.treatment or STEROID),
    )
    rows = courses.mutate(what=what)
    rows = rows.filter(rows.what.notnull(), rows.start_day <= GRID_DAYS)
    end = ibis.least(rows.end_day, GRID_DAYS + 1)
    why = (
        rows.label
        + ": "
        + rows.drug
        + " from day "
        + rows.start_day.cast("string")
        + " to day "
        + (rows.end_day - 1).cast("string")
        + ", "
        + rows.doses.cast("string")
        + ibis.ifelse(rows.doses == 1, " dose", " doses")
    )
    return rows.select("lane", "gap", "label", "what", "drug", start_day=rows.start_day, end_day=end, why=why)


def _marks(cohort: Cohort, order: ibis.Table) -> ibis.Table:
    """Return deaths, remissions, relapses and onsets."""
    events = cohort.records["events"]
    rows = events.filter(events.event.isin(tuple(MARKS)), events.day.notnull(), events.day <= GRID_DAYS)
    rows = rows.join(order, KEYS)
    what = rows.event.cases(*MARKS.items())
    why = (
        rows.label
        + ", day "
        + rows.day.cast("string")
        + ": "
        + what
        + ibis.coalesce(ibis.literal(" (") + rows.text + ")", "")
        + ". Source: "
        + rows.source
    )
    return rows.select("lane", "gap", "label", "day", what=what, why=why)
