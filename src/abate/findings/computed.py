"""Computed grades on the lanes: one cell a day and system, each with its reason."""

from typing import Any

import ibis
import pyarrow as pa

from abate.cohort import GRID_DAYS, Cohort
from abate.findings.shape import Section, listing
from abate.grading.rules import grade_days
from abate.outcomes.words import grade_words
from abate.records.words import plain
from abate.timeline.catalogue import CATALOGUE
from abate.timeline.equivalents import FORMULAE
from abate.timeline.features import features
from abate.timeline.intervals import DAY_MINUTES
from abate.timeline.joins import DAY, KEYS, beside

COMPUTED = ", computed"
MEASURED = {
    "CRS": (
        ("temperature_maximum", "highest temperature {} °C", "fever_minute"),
        ("systolic_minimum", "lowest systolic pressure {} mmHg", "low_last"),
        ("saturation_minimum", "lowest saturation {} %", None),
        ("vasopressor_until", "vasopressor", "vasopressor_until"),
        ("norepinephrine_equivalent", "norepinephrine equivalent up to {} UNIT", None),
        ("oxygen_until", "oxygen", "oxygen_until"),
    ),
    "ICANS": (
        ("ice", "ICE {}", None),
        ("cartox10", "CARTOX-10 {}", None),
        ("capd", "CAPD {}", None),
        ("consciousness", "consciousness {} of 4", None),
    ),
}
"""What was seen that day: feature, words, and the minute that is told with it."""


def explained(cohort: Cohort) -> bool:
    """Say whether the page holds the reason of every cell."""
    return cohort.count(cohort.patients) <= int(cohort.options["explained_patients"])


def cells(cohort: Cohort, order: ibis.Table) -> ibis.Table:
    """Return the cells of computed grades, in the columns of ``lane_grades``.

    Parameters
    ----------
    cohort
        What was derived.
    order
        The lanes, from :func:`abate.findings.toxicity.lanes`.
    """
    pairs = cohort.gradeable
    names = ibis.memtable(
        pa.table(
            {
                "toxicity": pa.array([pair[0] for pair in pairs], pa.string()),
                "system": pa.array([pair[1] for pair in pairs], pa.string()),
            }
        )
    )
    rows = cohort.computed.semi_join(names, ["toxicity", "system"])
    rows = beside(rows.join(order, list(KEYS)).filter(ibis._.day <= GRID_DAYS), _seen(cohort), DAY)
    grade = rows.grade.cast("string")
    head = rows.label + ", day " + rows.day.cast("string") + ": " + rows.toxicity
    if explained(cohort):
        bounds = grade_words(rows.lower.cast("float64"), rows.upper.cast("float64"))
        why = (
            head
            + ibis.ifelse(rows.grade.isnull(), " cannot be graded", ibis.literal(" grade ") + grade)
            + " by "
            + rows.system
            + ", computed"
            + ibis.ifelse(rows.complete, "", ibis.literal(" (possible: ") + bounds + ")")
            + ibis.ifelse(rows.criteria == "", "", ibis.literal(": ") + rows.criteria)
            + ibis.ifelse(rows.toxicity == "CRS", rows.seen_crs, rows.seen_icans)
            + ibis.ifelse(rows.missing == "", "", ibis.literal(". Unknown: ") + _in_words(rows.missing))
            + ibis.ifelse(rows.flags == "", "", ibis.literal(". To know: ") + rows.flags.replace("_", " "))
            + ibis.ifelse(
                rows.clinician_high.isnull(),
                "",
                ibis.literal(". A clinician judged grade ") + grade_words(rows.clinician_low, rows.clinician_high),
            )
            + "."
        )
    else:
        why = head + ibis.ifelse(rows.grade.isnull(), " cannot be graded", ibis.literal(" grade ") + grade)
    number = rows.grade.cast("float64")
    return rows.select(
        "lane",
        "gap",
        "label",
        "toxicity",
        "day",
        system=rows.system + COMPUTED,
        low=number,
        high=number,
        short=ibis.coalesce(grade, ""),
        why=why,
    )


def _in_words(missing: ibis.Value) -> ibis.Value:
    """Say what was missing without the names of columns."""
    plain = missing.re_replace("_in_crs", "")
    for name in ("two_vasopressors_besides_vasopressin", "hidden_by_sedation"):
        plain = plain.replace(name, CATALOGUE.get(f"{name}_in_crs", CATALOGUE.get(name)).meaning.split(",")[0])  # type: ignore[union-attr]
    return plain.replace("_", " ").replace(";", ",")


def _seen(cohort: Cohort) -> ibis.Table:
    """Return what was measured each day, in words."""
    rows = cohort.features
    found: dict[str, Any] = {}
    for toxicity, items in MEASURED.items():
        text: Any = ibis.literal("")
        for column, words, minute in items:
            value = plain(rows[column].cast("float64"))
            words = words.replace("UNIT", FORMULAE[cohort.options["norepinephrine_equivalence"]].unit)  # noqa: PLW2901
            said = ibis.literal("; " + words.split("{}", maxsplit=1)[0])
            if "{}" in words:
                said = said + value + words.split("{}")[1]
            if minute:
                until = " until " if column.endswith("until") else " at "
                said = said + ibis.coalesce(ibis.literal(until) + _clock(rows[minute], rows.day), "")
            text = text + ibis.ifelse(rows[column].isnull(), "", said)
        found[f"seen_{toxicity.lower()}"] = text
    return rows.select(*DAY, **found)


def _clock(minute: ibis.Value, day: ibis.Value) -> ibis.Value:
    """Write a minute as a time of day; the end of the day is 24:00."""
    within = minute - day * DAY_MINUTES
    hours, minutes = (within // 60).cast("int64").cast("string"), (within % 60).cast("int64").cast("string")
    return hours.lpad(2, "0") + ":" + minutes.lpad(2, "0")


def sentences(cohort: Cohort) -> str:
    """Say how many days could be graded, by which system, and what coverage was declared."""
    pairs = cohort.gradeable
    if not pairs:
        return (
            " No grade could be computed: the records hold no vital sign, vasopressor, oxygen or neurological finding "
            "that a system needs."
        )
    rows = cohort.computed
    found = rows.group_by("toxicity", "system").aggregate(
        days=rows.count(), graded=rows.grade.count(), complete=(rows.grade.notnull() & rows.complete).sum()
    )
    counts = {(row["toxicity"], row["system"]): row for row in listing(found)}
    days = max(row["days"] for row in counts.values())
    parts = []
    for toxicity in dict.fromkeys(toxicity for toxicity, _system in pairs):
        mine = [pair for pair in pairs if pair[0] == toxicity]
        told = [f"{pair[1]} {counts[pair]['graded']:,} ({counts[pair]['complete']:,})" for pair in mine]
        parts.append(f"{toxicity} by {', '.join(told)}")
    text = (
        f" Grades were also computed from the records, of {days:,} patient-days (in brackets: with nothing unknown "
        f"that could change the grade): {'; '.join(parts)}."
    )
    if not explained(cohort):
        most = cohort.options["explained_patients"]
        text += (
            f" Above {most} patients (option explained_patients) the page does not hold the reason of each cell: "
            "abate explain tells it."
        )
    return text


def without_coverage(cohort: Cohort) -> str:
    """Say how the grades change if nothing is taken as complete."""
    if not cohort.gradeable or not cohort.count(cohort.coverage):
        return ""
    # The names of kept tables are taken by the run itself.
    engine = cohort.records.engine.within("bare")
    study = cohort.records.study
    tables = {**cohort.records.tables, "coverage": cohort.coverage.filter(False)}
    bare = features(
        tables,
        cohort.days,
        cohort.follow_up.drop("last_day").rename(last_day="observed_day"),
        study.dictionary,
        cohort.options,
        engine,
    )
    parts = []
    for system in cohort.systems.values():
        if (system.toxicity, system.name) not in cohort.gradeable:
            continue
        other = grade_days(bare, system, cohort.options).select(*DAY, bare_grade="grade", bare_complete="complete")
        mine = cohort.computed
        mine = mine.filter(mine.toxicity == system.toxicity, mine.system == system.name)
        both = beside(mine.select(*DAY, "grade", "complete"), other, DAY)
        figures = both.aggregate(
            lost=(both.grade.notnull() & both.bare_grade.isnull()).sum(),
            changed=(both.grade != both.bare_grade).sum(),
            complete=both.complete.sum(),
            bare=both.bare_complete.sum(),
        )
        row = figures.to_pyarrow().to_pylist()[0]
        parts.append(
            f"{system.toxicity} by {system.name}: {row['lost'] or 0:,} patient-days could not be graded, "
            f"{row['changed'] or 0:,} would have another grade, and {row['bare'] or 0:,} in place of "
            f"{row['complete'] or 0:,} would be complete"
        )
    return " Were nothing declared complete: " + "; ".join(parts) + "."


def computed(cohort: Cohort) -> Section:
    """Return the computed grades as a table of their own: patient, day, system, grade, bounds, reason."""
    rows = cohort.computed.filter(cohort.computed.day <= GRID_DAYS)
    table = rows.select(
        *("patient_id", "course_id", "day", "toxicity", "system", "grade", "lower", "upper", "complete", "criteria"),
        *("missing", "flags", "primary", "clinician_low", "clinician_high", "attribution"),
    )
    return {"computed_grades": table.order_by("toxicity", "system", "patient_id", "course_id", "day")}, {}
