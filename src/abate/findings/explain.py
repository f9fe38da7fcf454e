"""Why a day has its grade: which records, in which unit, met which criterion of which paper, what was missing.

It asks the records of one patient anew; nothing of it rides along when a cohort is graded.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import ibis

from abate.engine.haste import swiftly
from abate.grading.rules import Criterion, System
from abate.records.dictionary import Dictionary
from abate.records.options import Options
from abate.timeline.catalogue import CATALOGUE
from abate.timeline.episodes import ANTICYTOKINE, ANTIPYRETIC
from abate.timeline.intervals import DAY_MINUTES, OPEN
from abate.timeline.joins import KEYS, first_row
from abate.timeline.organs import OF_GRADE

CARRIED = {"ice", "cartox10", "capd", "score_of_age", "cartox_score_of_age", "consciousness", "unable"}
"""Features that may stand from an earlier day."""
CLASSES = {
    "class:vasopressor": ("vasopressor",),
    "class:waiver": (*ANTICYTOKINE, *ANTIPYRETIC),
    "class:sedative": ("sedative",),
}


@dataclass(frozen=True)
class Judged:
    """One criterion on one day: whether it holds (null: undecided), and the state of what it needs."""

    criterion: Criterion
    holds: bool | None
    needs: Mapping[str, Any]


@dataclass(frozen=True)
class Explanation:
    """One day of one course under one system.

    Attributes
    ----------
    result
        The row of :func:`abate.grading.daily.computed_grades`.
    system
        The system.
    judged
        Its criteria that hold or are undecided, worst first.
    records
        The records behind them: ``table, name, what, when, source``, in order of time.
    """

    result: Mapping[str, Any]
    system: System
    judged: tuple[Judged, ...]
    records: tuple[Mapping[str, Any], ...]


@swiftly()
def explain(
    features: ibis.Table,
    grades: ibis.Table,
    records: Mapping[str, ibis.Table],
    system: System,
    options: Options,
    known: Dictionary,
    patient: str,
    course: int,
    day: int,
) -> Explanation | None:
    """Explain the grade of one patient-day.

    Parameters
    ----------
    features, grades, records
        From :func:`abate.timeline.features.features`, :func:`abate.grading.daily.computed_grades`, and the
        record tables.
    system, options, known
        The system, the options, the dictionary.
    patient, course, day
        Which day.

    Returns
    -------
    Explanation or None
        None where the day is not graded: it lies outside the follow-up.
    """
    here = (features.patient_id == patient, features.course_id == course, features.day == day)
    rows = features.filter(*here)
    active = system.active(options)
    found = rows.mutate(**{f"criterion_{at}": item.condition for at, item in enumerate(active)})
    states = found.to_pyarrow().to_pylist()
    graded = grades.filter(
        grades.patient_id == patient,
        grades.course_id == course,
        grades.day == day,
        grades.toxicity == system.toxicity,
        grades.system == system.name,
    ).to_pyarrow()
    if not states:
        return None
    state = states[0]
    judged = [
        Judged(item, state[f"criterion_{at}"], {need: state[need] for need in item.needs})
        for at, item in enumerate(active)
        if state[f"criterion_{at}"] is not False
    ]
    judged.sort(key=lambda entry: (entry.holds is None, -entry.criterion.grade))
    needs = dict.fromkeys(need for entry in judged if entry.holds for need in entry.needs)
    start = state["episode_start"] if any(need.endswith("_in_crs") for need in needs) else None
    first = day if start is None else min(day, int(start))
    if CARRIED & needs.keys():
        first = 0 if state["not_assessable"] else min(first, day - 1)
    behind = records_of(records, known, needs, patient, course, first, day)
    graded_values = {name for need in needs for name in OF_GRADE.get(need, ())}
    behind = baselines(records, graded_values, options, patient, course) + behind
    return Explanation(graded.to_pylist()[0], system, tuple(judged), tuple(behind))


def records_of(
    records: Mapping[str, ibis.Table],
    known: Dictionary,
    needs: Iterable[str],
    patient: str,
    course: int,
    first: int,
    day: int,
) -> list[dict[str, Any]]:
    """Return the records of some features that touch the days ``first`` to ``day`` of one course."""
    wanted: dict[str, set[str]] = {}
    for need in needs:
        for table, names in CATALOGUE[need].sources:
            for name in names:
                drugs = known.drugs_of(*CLASSES[name]) if name in CLASSES else (name,)
                wanted.setdefault(table, set()).update(drugs)
    subject = {"measurements": "variable", "states": "variable", "drugs": "drug", "events": "event"}
    out: list[dict[str, Any]] = []
    for table, chosen in wanted.items():
        rows = of_course(records[table], patient, course)
        end = ibis.coalesce(rows.end_day, ibis.ifelse(rows.end_minute.notnull(), rows.end_minute // DAY_MINUTES, None))
        # A finding, or a rate, holds until the next one of its name.
        runs_on = (rows.kind == "infusion") if table == "drugs" else ibis.literal(table == "states")
        begins = ibis.coalesce(rows.minute, rows.day * DAY_MINUTES)
        later = ibis.window(group_by=subject[table], order_by=[rows.day, begins, rows.source])
        following = ibis.coalesce(begins.lead().over(later), OPEN)
        # One that begins with the day leaves nothing of the other in it.
        until = ibis.ifelse(following < OPEN, (following - 1) // DAY_MINUTES, OPEN)
        last = ibis.coalesce(end, ibis.ifelse(runs_on, ibis.greatest(until, rows.day), rows.day))
        rows = rows.filter(
            rows[subject[table]].isin(sorted(chosen)),
            rows.day <= day,
            last >= first,
        )
        out += [row | {"table": table, "name": row[subject[table]]} for row in rows.to_pyarrow().to_pylist()]
    out.sort(key=lambda row: (row["day"], row["minute"] is not None, row["minute"], row["source"]))
    return [
        {
            "table": row["table"],
            "name": row["name"],
            "what": said(row["table"], row),
            "when": moment(row),
            "source": row["source"],
        }
        for row in out
    ]


def of_course(rows: ibis.Table, patient: str, course: int) -> ibis.Table:
    """Return the rows of one course of one patient."""
    return rows.filter(*(rows[key] == value for key, value in zip(KEYS, (patient, course), strict=True)))


def baselines(
    records: Mapping[str, ibis.Table], variables: Iterable[str], options: Options, patient: str, course: int
) -> list[dict[str, Any]]:
    """Return the last result before infusion of some laboratory variables: what a grade is told against."""
    rows = of_course(records["measurements"], patient, course)
    until = int(options["baseline_until_day"])
    rows = rows.filter(
        rows.variable.isin(sorted(variables)),
        rows.value.notnull(),
        rows.day < until,
        rows.day >= until - int(options["baseline_window_days"]),
    )
    last = first_row(rows, ("variable",), ibis._.day.desc(), ibis._.minute.desc(), "value")
    found = last.order_by("variable").to_pyarrow().to_pylist()
    return [
        {"table": "measurements", "name": row["variable"], "what": said("measurements", row) + ", the baseline"}
        | {"when": moment(row), "source": row["source"]}
        for row in found
    ]


def moment(row: Mapping[str, Any]) -> str:
    """Write the time of a record, and its end where it has one."""
    text = f"day {row['day']}" + clock(row["minute"])
    if row.get("end_minute") is not None:
        end_day = row["end_minute"] // DAY_MINUTES
        same = "" if end_day == row["day"] else f" day {end_day}"
        return f"{text} to{same}{clock(row['end_minute'])}"
    return text if row.get("end_day") is None else f"{text} to day {row['end_day']}"


def clock(minute: int | None) -> str:
    """Write the time of day, nothing where it is not known."""
    return "" if minute is None else f" {minute % DAY_MINUTES // 60:02d}:{minute % 60:02d}"


def said(table: str, row: Mapping[str, Any]) -> str:
    """Write what a record says, with its unit and as it was recorded."""
    if table == "measurements":
        text = f"{row['comparator'] or ''}{number(row['value'])} {row['unit'] or ''}".strip()
        raw = " ".join(part for part in (row["recorded"], row["unit_recorded"]) if part)
        text = text if raw in ("", text) else f"{text} (recorded {raw})"
        return text + limits(row)
    if table == "states":
        parts = [row["state"] or row["device"] or ""]
        parts += [f"{number(row['flow'])} L/min"] if row["flow"] is not None else []
        parts += [f"FiO2 {number(row['fio2'])} %"] if row["fio2"] is not None else []
        return ", ".join([*parts, *([row["indication"]] if row["indication"] else [])])
    if table == "drugs":
        parts = [row["kind"]]
        parts += [f"{number(row['rate'])} {row['rate_unit']}"] if row["rate"] is not None else []
        parts += [f"{number(row['amount'])} {row['unit'] or ''}".strip()] if row["amount"] is not None else []
        return ", ".join(parts) + ("" if row["status"] == "given" else f" ({row['status']})")
    parts = [row["text"] or "", "" if row["value"] is None else number(row["value"])]
    return ", ".join(part for part in parts if part)


def limits(row: Mapping[str, Any]) -> str:
    """Write the limits of normal of a result, and how many times the upper one it is."""
    parts = [
        f"{side} limit of normal {number(row[name])}"
        for side, name in (("lower", "lln"), ("upper", "uln"))
        if row[name] is not None
    ]
    if row["uln"] and row["value"] is not None:
        parts.append(f"{row['value'] / row['uln']:.3g} times the upper limit")
    return "; " + ", ".join(parts) if parts else ""


def number(value: float | None) -> str:
    """Write a number without needless decimals."""
    return "" if value is None else f"{value:.6g}"


def words(explanation: Explanation) -> str:
    """Return an explanation as text for a reader."""
    result, system = explanation.result, explanation.system
    grade = "cannot be graded" if result["grade"] is None else f"grade {result['grade']}"
    bounds = "complete" if result["complete"] else f"may lie between {result['lower']} and {result['upper']}"
    lines = [
        f"{system.toxicity} by {system.name}, day {result['day']}, computed: {grade} ({bounds}).",
        f"Attribution: {result['attribution']}.",
    ]
    if result["clinician_high"] is not None:
        low, high = (int(result[f"clinician_{side}"]) for side in ("low", "high"))
        lines.append(f"A clinician judged grade {low if low == high else f'{low} to {high}'}: that is the primary one.")
    met = [entry for entry in explanation.judged if entry.holds]
    lines += ["", "Criteria that hold:" if met else "No criterion holds."]
    for entry in met:
        item = entry.criterion
        doubt = f"; in doubt: {item.doubt}" if item.doubt and item.doubt in result["flags"] else ""
        lines.append(f"  grade {item.grade}  {item.name}: “{item.fact}” ({item.known}{doubt})")
    if explanation.records:
        lines += ["", "Records behind them:"]
        wide = max(len(row["when"]) for row in explanation.records)
        for row in explanation.records:
            lines.append(f"  {row['when']:<{wide}}  {row['name']}: {row['what']}  [{row['source']}]")
    reached = result["grade"] or 0
    open_entries = [entry for entry in explanation.judged if entry.holds is None and entry.criterion.grade > reached]
    if open_entries:
        lines += ["", "Not decided, for want of:"]
        lacking: dict[str, list[int]] = {}
        for entry in open_entries:
            for need, value in entry.needs.items():
                if value is None:
                    lacking.setdefault(need, []).append(entry.criterion.grade)
        for need, grades in lacking.items():
            feature = CATALOGUE[need]
            how = f"{feature.charting} not declared complete, or a record lacks what it needs"
            how = "not measured" if feature.charting == "measured" else how
            how = "not known" if feature.charting == "recorded" else how
            how = (
                "not measured, or without limits of normal"
                if feature.charting == "measured" and feature.unit == "grade"
                else how
            )
            could = ", ".join(str(grade) for grade in sorted(set(grades)))
            lines.append(f"  {feature.meaning}: {how} (could be grade {could})")
    if result["flags"]:
        meanings = {flag.name: flag.meaning for flag in system.flags}
        lines += ["", "To know:", *(f"  {meanings[name]}" for name in result["flags"].split("; "))]
    lines += ["", f"Source: {system.citation}"]
    return "\n".join(lines)
