"""What is said of records that were read: set aside, unusual, or used and yet of no use."""

from collections.abc import Mapping
from typing import Any

import ibis

from abate.records.checks import REASONS
from abate.records.problems import Problem
from abate.sources.mapping import Study

EARLIEST = -90
"""Day before which a record is far off."""
SHOWN_ROWS = 5
"""Rows that a message names; the full report holds all."""

ADVICE = {
    "no patient": "Add the patient to the file of patients, or correct the identifier.",
    "no course": "Give the course_id.",
    "no time": "Write 2020-01-31, 2020-01-31 14:05, or a day number; a timestamp needs day0 of its patient.",
    "interval": "An interval runs from its start to its end, the end not included.",
    "not in the dictionary": "Map the name in abate.toml, or declare it there; check --out FOLDER lists the names.",
    "not a listed value": "Use one of the words, or map it in abate.toml.",
    "not a number": "Correct the cell; a comparator may stand before the number, a range goes into low and high.",
    "empty": "Nothing to do, unless the value was lost.",
    "unit": "Write the unit in UCUM, or map it in abate.toml.",
    "range": "Correct the value or its unit.",
    "absent": "Nothing to do: an event is a row only where it happened.",
    "duplicate": "Nothing to do: the first of the equal rows is used.",
}
"""What to do, for each reason."""


def set_aside(aside: ibis.Table, spelling: Mapping[str, Mapping[str, str]]) -> list[Problem]:
    """Tell what was set aside, a paragraph for each file, column and reason; no values."""
    file = aside.source.split(":")[0]
    row = aside.source.re_extract(r":([0-9]+)", 1).try_cast("int64")
    rows = aside.mutate(file=file, row=row)
    keys = ["table", "file", "reason", "column", "hint"]
    order = ibis.window(group_by=keys, order_by=["row_order"])
    ranked = rows.mutate(rank=ibis.row_number().over(order))
    counts = ranked.group_by(keys).aggregate(
        values=ranked["values"].sum(), cells=ranked.count(), first=ranked.row_order.min()
    )
    shown = ranked.filter(ranked["rank"] < SHOWN_ROWS).select(*keys, "row", "rank")
    numbers: dict[tuple[Any, ...], list[int]] = {}
    for line in shown.order_by(*keys, "rank").to_pyarrow().to_pylist():
        if line["row"] is not None:
            numbers.setdefault(tuple(line[key] for key in keys), []).append(line["row"])
    problems = []
    for line in counts.order_by("table", "first", "reason", "column", "hint").to_pyarrow().to_pylist():
        column = spelling.get(line["table"], {}).get(line["column"], line["column"] or "")
        count = line["values"] or line["cells"]
        found = f"{count} {'value' if count == 1 else 'values'} set aside: {REASONS[line['reason']]}"
        found += f" ({line['hint']})" if line["hint"] else ""
        rows_shown = tuple(numbers.get(tuple(line[key] for key in keys), ()))
        problems.append(
            Problem(
                "set aside",
                line["file"],
                column,
                found,
                "",
                ADVICE[line["reason"]],
                rows_shown,
                max(line["cells"], len(rows_shown)),
            )
        )
    return problems


def lacking(tables: Mapping[str, ibis.Table], study: Study) -> list[Problem]:
    """Note what cannot be put to its use: doses per kg without a weight, a treatment nobody had, a system of no grade.

    Of several comparisons of few patients only the first named gets a P value; that is better known beforehand.
    """
    notes = []
    weights = tables["patients"].filter(ibis._.weight_kg.isnull()).select("patient_id", "course_id")
    drugs = tables["drugs"]
    unweighed = drugs.filter(drugs.per_kg).semi_join(weights, ["patient_id", "course_id"])
    count = int(unweighed.count().to_pyarrow().as_py())
    if count:
        found = f"{count} doses per kg in patients without a weight; they cannot be put in mg"
        notes.append(Problem("note", "drugs", "amount", found, "", "Add weight_kg to the file of patients."))
    had = drugs.filter(drugs.drug == study.treatment, drugs.status == "given")
    if study.treatment and not int(had.count().to_pyarrow().as_py()):
        found = "no patient has a dose of this treatment, so no response is judged"
        notes.append(Problem("note", "abate.toml", "study.treatment", found, "", "Write it as the dictionary does."))
    named = sum(len(comparison.variables) for comparison in study.comparisons)
    few, patients = study.options["few_patients"], int(tables["patients"].count().to_pyarrow().as_py())
    if named > 1 and patients < few:
        found = f"of {named} comparisons only the first named gets a P value: fewer than {few} patients"
        advice = "Name the one that matters first; the others are pictures."
        notes.append(Problem("note", "abate.toml", "comparisons", found, "", advice))
    events, system = tables["events"], study.system
    graded = events.filter(events.event.endswith("_grade"))
    known = graded.aggregate(all=graded.count(), named=(graded.system == system).sum()).to_pyarrow().to_pylist()[0]
    if system and known["all"] and not known["named"]:
        found = "no grade in the events has this system, so none is used to judge a response"
        notes.append(Problem("note", "abate.toml", "study.system", found, "", "Write it as the events do."))
    return notes


def rates(drugs: ibis.Table) -> list[Problem]:
    """Note infusions whose rate is in a unit that says nothing of the drug's amount."""
    known = drugs.rate_unit.isin(("ug/min", "ug/kg/min", "[IU]/min", "[IU]/kg/min"))
    vague = drugs.filter(drugs.rate.notnull(), ~ibis.coalesce(known, False))
    found = vague.group_by("drug").aggregate(count=vague.count()).order_by("drug").to_pyarrow()
    advice = "The infusion counts, its dose is not known. Give a rate such as ug/kg/min, ug/min or U/h."
    return [
        Problem("note", "drugs", line["drug"], f"{line['count']} rates in a unit of volume", "", advice)
        for line in found.to_pylist()
    ]


def unusual(measurements: ibis.Table) -> list[Problem]:
    """Note values that are used and lie outside the usual range."""
    rows = measurements
    unusual = rows.filter(rows.outside_usual)
    found = unusual.group_by("variable").aggregate(count=unusual.count()).order_by("variable").to_pyarrow()
    advice = "They are used. Look whether the unit is right."
    return [
        Problem(
            "note",
            "measurements",
            line["variable"],
            f"{line['count']} outside the usual range",
            "",
            advice,
        )
        for line in found.to_pylist()
    ]


def kept(tables: Mapping[str, ibis.Table]) -> list[Problem]:
    """Note what is used and yet unlikely: unusual values, values that disagree, rows far from the course."""
    measurements = tables["measurements"]
    return [*unusual(measurements), *disagreeing(measurements), *far_off(tables)]


def disagreeing(measurements: ibis.Table) -> list[Problem]:
    """Note values of one patient, variable and minute that are not the same: all of them are used."""
    rows = measurements.filter(measurements.minute.notnull(), measurements.value.notnull())
    moments = rows.group_by("patient_id", "course_id", "variable", "minute").aggregate(values=rows.value.nunique())
    several = moments.filter(moments["values"] > 1)
    found = several.group_by("variable").aggregate(count=several.count()).order_by("variable").to_pyarrow()
    advice = "All are used. Look which of them is meant."
    return [
        Problem(
            "note",
            "measurements",
            line["variable"],
            f"{line['count']} moment{'s' if line['count'] > 1 else ''} with values that differ",
            "",
            advice,
        )
        for line in found.to_pylist()
    ]


def far_off(tables: Mapping[str, ibis.Table]) -> list[Problem]:
    """Note rows long before day 0 or after the last contact of their course: they are kept."""
    notes = []
    last = tables["patients"].select(last__of="patient_id", last__course="course_id", last="last_contact_day")
    for name, rows in tables.items():
        if name in ("patients", "coverage"):
            continue
        joined = rows.left_join(last, [rows.patient_id == last.last__of, rows.course_id == last.last__course])
        counts = joined.aggregate(
            early=(joined.day < EARLIEST).sum().coalesce(0), late=(joined.day > joined["last"]).sum().coalesce(0)
        )
        found = counts.to_pyarrow().to_pylist()[0]
        for count, words in ((found["early"], f"before day {EARLIEST}"), (found["late"], "after the last contact")):
            if count:
                said = f"{count} row{'s' if count > 1 else ''} {words}"
                notes.append(Problem("note", name, "day", said, "", "They are kept. Look whether the dates are right."))
    return notes
