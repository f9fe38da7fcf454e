"""Concentrations that published models make of the dosing record: exposure, never effect."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np

from abate.cohort import Cohort
from abate.exposure import anakinra, tocilizumab
from abate.exposure import linear_kinetics as linear
from abate.exposure import saturable_kinetics as saturable
from abate.exposure.dosing_records import dosed_courses, dosing, schedule
from abate.exposure.drug_levels import (
    AnyPatients,
    Levels,
    linear_levels,
    saturable_levels,
    spread_of_average,
)
from abate.exposure.linear_kinetics import Doses, Numbers, OneCompartment
from abate.exposure.renal_function import LONG_INTERVAL, LOW, clearance_at_doses
from abate.findings.shape import Section, listing, number, table, who
from abate.timeline.joins import KEYS, beside, first_row

ANAKINRA, TOCILIZUMAB = "anakinra", "tocilizumab"
LOOKED_AT = {ANAKINRA: 24.0, TOCILIZUMAB: 28 * 24.0}
"""Hours after the last dose that are looked at: anakinra is gone in a day, tocilizumab in weeks."""
STEP = {ANAKINRA: 0.5, TOCILIZUMAB: 6.0}
"""Hours between the points that are drawn."""
DRAWN = 12
"""Courses whose concentrations are drawn: those with the most doses."""
NO_WEIGHT = "the body weight is not recorded"
NO_CLEARANCE = "the creatinine clearance at the first dose is not known"
NO_SURFACE = "weight, height or sex is not recorded"
NO_VEIN = "the model knows no dose into a vein"


@dataclass(frozen=True)
class Dosed:
    """The courses of one drug as arrays, an element a course."""

    courses: list[dict[str, Any]]
    doses: Doses
    until: Numbers


def kinetics(cohort: Cohort) -> Section:
    """Return levels by model, what could not be told, points to draw, and doses with renal function."""
    rows: list[dict[str, Any]] = []
    points: list[dict[str, Any]] = []
    untold: dict[tuple[str, str, str], int] = {}
    marks: list[dict[str, Any]] = []
    renal: list[dict[str, Any]] = []
    for drug in (ANAKINRA, TOCILIZUMAB):
        given = _dosing(cohort, drug)
        totals = _totals(cohort, drug).filter((ibis._.high > 0) | ibis._.high.isnull())
        alone = cohort.count(totals.anti_join(given, list(KEYS)).select(*KEYS).distinct())
        if alone:
            untold[(drug, "any", "it is told as a total alone")] = alone
        if not cohort.count(given):
            continue
        at_doses = cohort.records.engine.keep(f"renal_function_{drug}", _renal(cohort, given))
        courses = _courses(cohort, given, at_doses, drug)
        if drug == ANAKINRA:
            renal = _renal_doses(at_doses, given)
        for course in courses:
            if course["why"]:
                _count(untold, (drug, "any", course["why"]))
        known = [course for course in courses if not course["why"]]
        if not known:
            continue
        dosed = _arrays(known, listing(given, *KEYS, "start", "source"))
        marks += _marks(dosed, drug)
        for model in _models(cohort, drug):
            rows += _of_model(cohort, dosed, drug, model, untold)
        points += _points(cohort, dosed, drug)
    lacking = [
        {"drug": drug, "model": model, "not computed because": why, "courses": count}
        for (drug, model, why), count in sorted(untold.items())
    ]
    draws, seed, most = (cohort.options[name] for name in ("simulation_draws", "simulation_seed", "simulated_courses"))
    text = (
        "What models of other populations make of the doses as recorded, with the renal function at the first dose "
        "throughout: an exposure, and not a measurement. The average runs from the first dose to 24 h (tocilizumab: 28 "
        "days) after the last one, or to the end of the follow-up; the trough is the lowest concentration just before "
        "a dose. In brackets: what nine in ten simulated patients of the model's population would have from the same "
        f"doses ({draws} draws, seed {seed}; not simulated for a drug of more than {most:,} courses). Cerebrospinal "
        "fluid: the average times the least and the most published ratio. No concentration is known to be needed in "
        "CRS, ICANS or HLH."
        if rows
        else ""
    )
    return {
        "kinetics": table(rows, "patient"),
        "kinetics_not_told": table(lacking, "drug"),
        "concentrations": table(points, "patient"),
        "kinetic_doses": table(marks, "patient"),
        "renal_doses": table(renal, "patient"),
    }, {"kinetics": text, "renal_doses": _renal_text(renal, cohort)}


def _count(counts: dict[tuple[str, str, str], int], key: tuple[str, str, str]) -> None:
    counts[key] = counts.get(key, 0) + 1


def _totals(cohort: Cohort, drug: str) -> ibis.Table:
    return cohort.totals.filter(cohort.totals.drug == drug)


def _dosing(cohort: Cohort, drug: str) -> ibis.Table:
    infused = cohort.options["tocilizumab_infusion_hours"] if drug == TOCILIZUMAB else 0.0
    return cohort.records.engine.keep(f"dosing_{drug}", dosing(cohort.administrations, drug, cohort.options, infused))


def _renal(cohort: Cohort, given: ibis.Table) -> ibis.Table:
    weights = cohort.body_weights.select(*KEYS, weight="weight_kg")
    records = cohort.records
    return clearance_at_doses(given, records["measurements"], records["patients"], weights, cohort.options)


def _courses(cohort: Cohort, given: ibis.Table, renal: ibis.Table, drug: str) -> list[dict[str, Any]]:
    """Return each course with its renal function at the first dose, weight, height and sex."""
    found = dosed_courses(given, _totals(cohort, drug), cohort.follow_up, LOOKED_AT[drug])
    first = first_row(renal, KEYS, renal.start, renal.position).select(
        *KEYS, "creatinine_clearance", "weight", "height", "sex"
    )
    return listing(beside(found, first), *KEYS)


def _arrays(courses: list[dict[str, Any]], doses: list[dict[str, Any]]) -> Dosed:
    """Return courses and their doses on clocks that start at the first dose."""
    place = {(course["patient_id"], course["course_id"]): position for position, course in enumerate(courses)}
    mine = [(place[key], dose) for dose in doses if (key := (dose["patient_id"], dose["course_id"])) in place]
    who = np.array([position for position, _dose in mine], np.int64)
    first = np.array([course["first"] for course in courses], float)
    column = {name: np.array([dose[name] for _position, dose in mine], float) for name in ("start", "amount", "hours")}
    under = np.array([dose["extravascular"] for _position, dose in mine], bool)
    return Dosed(
        courses,
        Doses(who, column["start"] - first[who], column["amount"], column["hours"], under),
        # A record that ends with its only dose is looked at for an hour.
        np.maximum(np.array([course["until"] for course in courses], float) - first, 1.0),
    )


def _numbers(dosed: Dosed, name: str) -> Numbers:
    return np.array([np.nan if course[name] is None else course[name] for course in dosed.courses], float)


def _models(cohort: Cohort, drug: str) -> list[str]:
    """Return the names of the models, the one chosen first."""
    if drug == TOCILIZUMAB:
        return [tocilizumab.MODEL]
    chosen = cohort.options["anakinra_model"]
    return [chosen, *(name for name in anakinra.MODELS if name != chosen)]


def _patients(dosed: Dosed, drug: str, model: str) -> tuple[AnyPatients, Mapping[str, Numbers], list[str]]:
    """Return the parameters of a model, their variation, and why a course has none (empty where it has)."""
    weight, renal = _numbers(dosed, "weight"), _numbers(dosed, "creatinine_clearance")
    if drug == TOCILIZUMAB:
        sexes = {"female": 1.0, "male": 0.0}
        female = np.array([sexes.get(course["sex"], np.nan) for course in dosed.courses])
        surface = np.sqrt(weight * _numbers(dosed, "height") / 3600)
        patients = tocilizumab.parameters(surface, female)
        variation = {name: np.full_like(weight, spread) for name, spread in tocilizumab.SPREAD.items()}
        under = np.bincount(dosed.doses.patient, dosed.doses.extravascular, minlength=len(weight)) > 0
        lacking = np.where(under, "a dose under the skin", np.where(np.isnan(patients.clearance), NO_SURFACE, ""))
        return patients, variation, lacking.tolist()
    chosen = anakinra.MODELS[model]
    into = np.bincount(dosed.doses.patient, ~dosed.doses.extravascular, minlength=len(weight)) > 0
    one = chosen.parameters(renal, weight)
    conditions = [
        np.isnan(weight),
        np.isnan(one.clearance),
        into & (chosen.bioavailability is None),
    ]
    lacking = np.select(conditions, [NO_WEIGHT, NO_CLEARANCE, NO_VEIN], "")
    return one, {"clearance": chosen.spread(renal)}, lacking.tolist()


def _those(dosed: Dosed, patients: AnyPatients, kept: list[int]) -> tuple[Dosed, AnyPatients]:
    """Return some of the courses."""
    number_of = {position: place for place, position in enumerate(kept)}
    mine = np.isin(dosed.doses.patient, kept)
    who = np.array([number_of[position] for position in dosed.doses.patient[mine].tolist()], np.int64)
    doses = Doses(who, *(getattr(dosed.doses, name)[mine] for name in ("start", "amount", "hours", "extravascular")))
    some = type(patients)(**{name: values[kept] for name, values in vars(patients).items()})
    return Dosed([dosed.courses[position] for position in kept], doses, dosed.until[kept]), some


def _of_model(
    cohort: Cohort, dosed: Dosed, drug: str, model: str, untold: dict[tuple[str, str, str], int]
) -> list[dict[str, Any]]:
    """Return a line a course that the model can tell, and count the others by their reason."""
    patients, variation, lacking = _patients(dosed, drug, model)
    for why in lacking:
        if why:
            _count(untold, (drug, model, why))
    kept = [position for position, why in enumerate(lacking) if not why]
    if not kept:
        return []
    some, mine = _those(dosed, patients, kept)
    limit = float(cohort.options[f"{drug}_limit"])
    levels = _levels(some, mine, limit)
    draws, seed, most = (cohort.options[name] for name in ("simulation_draws", "simulation_seed", "simulated_courses"))
    spread = np.full((len(kept), 2), np.nan)
    if draws and len(dosed.courses) <= most:
        those = {name: values[kept] for name, values in variation.items()}
        spread = spread_of_average(some.doses, mine, some.until, those, draws, seed)
    return [_line(course, drug, model, levels, spread, place, limit) for place, course in enumerate(some.courses)]


def _levels(dosed: Dosed, patients: AnyPatients, limit: float) -> Levels:
    if isinstance(patients, OneCompartment):
        return linear_levels(dosed.doses, patients, dosed.until, limit)
    return saturable_levels(dosed.doses, patients, dosed.until, limit)


def _line(
    course: dict[str, Any], drug: str, model: str, levels: Levels, spread: Numbers, place: int, limit: float
) -> dict[str, Any]:
    average = float(levels.average[place])
    low, high = (None if np.isnan(end) else float(end) for end in spread[place])
    brackets = "" if low is None or high is None else f" ({number(low, 3)} to {number(high, 3)})"
    trough = float(levels.trough[place])
    csf = (1000 * average * ratio for ratio in anakinra.CSF_RATIOS)
    return {
        "patient": who(course),
        "drug": drug,
        "model": model,
        "doses": course["doses"],
        "dose in all (mg)": number(course["milligrams"]),
        "hours looked at": number(course["until"] - course["first"]),
        "average (mg/L)": f"{number(average, 3)}{brackets}",
        "peak (mg/L)": number(float(levels.peak[place]), 3),
        "trough (mg/L)": "–" if np.isnan(trough) else number(trough, 3),
        "hours above the limit": f"{number(float(levels.hours_above[place]))} (> {limit:g} mg/L)" if limit else "–",
        "cerebrospinal fluid (ng/mL)": " to ".join(number(end) for end in csf) if drug == ANAKINRA else "–",
    }


def _points(cohort: Cohort, dosed: Dosed, drug: str) -> list[dict[str, Any]]:
    """Return the curve of the courses with the most doses, by the model chosen."""
    model = _models(cohort, drug)[0]
    patients, _variation, lacking = _patients(dosed, drug, model)
    able = [position for position, why in enumerate(lacking) if not why]
    most = sorted(able, key=lambda position: (-dosed.courses[position]["doses"], position))[:DRAWN]
    if not most:
        return []
    some, mine = _those(dosed, patients, sorted(most))
    times = np.arange(0.0, some.until.max() + STEP[drug], STEP[drug])
    if isinstance(mine, OneCompartment):
        found = linear.concentrations(some.doses, mine, times)
    else:
        found = saturable.concentrations(some.doses, mine, times)
    return [
        {
            "patient": who(course),
            "course_id": course["course_id"],
            "drug": drug,
            "model": model,
            "day": (course["first"] + hours) / 24,
            "concentration": float(found[place, column]),
        }
        for place, course in enumerate(some.courses)
        for column, hours in enumerate(times.tolist())
        if hours <= some.until[place]
    ]


def _marks(dosed: Dosed, drug: str) -> list[dict[str, Any]]:
    """Return the doses, to be marked in the figure."""
    doses = dosed.doses
    columns = (doses.patient.tolist(), doses.start.tolist(), doses.amount.tolist(), doses.extravascular.tolist())
    return [
        {
            "patient": dosed.courses[who]["patient_id"],
            "course_id": dosed.courses[who]["course_id"],
            "drug": drug,
            "day": (dosed.courses[who]["first"] + start) / 24,
            "amount": amount,
            "route": "under the skin" if under else "into a vein",
        }
        for who, start, amount, under in zip(*columns, strict=True)
    ]


def _renal_doses(renal: ibis.Table, given: ibis.Table) -> list[dict[str, Any]]:
    """Return anakinra by renal function and schedule: how many doses of how many courses."""
    rows = beside(renal, schedule(given), (*KEYS, "source", "position"))
    often = (rows.creatinine_clearance < LOW) & (rows.interval < LONG_INTERVAL * 5 / 6)
    found = rows.group_by("renal_group", "schedule").aggregate(
        courses=(rows.patient_id + " " + rows.course_id.cast("string")).nunique(),
        doses=rows.count(),
        least=rows.amount.min(),
        most=rows.amount.max(),
        often=ibis.coalesce(often, False).sum(),
    )
    order = {"above 80": 0, "50 to 80": 1, "30 to 49": 2, "below 30": 3, "not known": 4}
    lines = sorted(listing(found, "schedule"), key=lambda row: (order[row["renal_group"]], -row["doses"]))
    return [
        {
            "creatinine clearance (mL/min)": row["renal_group"],
            "schedule": row["schedule"],
            "courses": row["courses"],
            "doses": row["doses"],
            "dose (mg)": _range(row["least"], row["most"]),
            "more often than every other day below 30 mL/min": row["often"],
        }
        for row in lines
    ]


def _range(least: float | None, most: float | None) -> str:
    return number(least) if least == most else f"{number(least)} to {number(most)}"


def _renal_text(rows: list[dict[str, Any]], cohort: Cohort) -> str:
    if not rows:
        return ""
    days = cohort.options["creatinine_within_days"]
    return (
        f"Clearance by Cockcroft-Gault from the last creatinine before the dose, at most {days} days old, where age, "
        "sex and weight are recorded. The interval is that to the next dose. The label asks to consider a dose every "
        "other day below 30 mL/min: a check of the record, and no advice."
    )
