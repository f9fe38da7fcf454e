"""Organ toxicity of each day by CTCAE v4.03, slow and obvious (docs/grading.md; grading_crs_neuro.md section 9)."""

from typing import Any

from reference_pressors import weight_of
from reference_timeline import (
    Patient,
    Row,
    above,
    at_least,
    below,
    covered,
    events,
    last_before_day_0,
    readings,
    start_of,
    time_of,
)

Options = dict[str, Any]

UPPER_DEFAULT = {
    "alt": 40.0,
    "ast": 40.0,
    "alp": 120.0,
    "ggt": 60.0,
    "bilirubin_total": 1.2,
    "creatinine": 1.2,
    "aptt": 35.0,
    "inr": 1.2,
}
LOWER_DEFAULT = {"fibrinogen": 200.0}

TIMES_ULN = {  # the lower bound of each grade is not in it, the upper bound is
    "alt": (1.0, 3.0, 5.0, 20.0),
    "ast": (1.0, 3.0, 5.0, 20.0),
    "alp": (1.0, 2.5, 5.0, 20.0),
    "ggt": (1.0, 2.5, 5.0, 20.0),
    "bilirubin_total": (1.0, 1.5, 3.0, 10.0),
    "inr": (1.0, 1.5, 2.5),
    "aptt": (1.0, 1.5, 2.5),
}

NOT_COUNTED = ("cytopenia", "fever", "hypotension", "hypoxia", "crs", "cytokine release syndrome")
OF_ANOTHER = {"hepatic": "liver_event_grade", "delirium": "neurological_event_grade"}
"""Terms that are not one of the other organs: the liver (by its own criteria), and neurotoxicity."""
TRANSAMINASE_TERMS = ("alt", "ast", "transaminases", "transaminitis")


def upper_limit(row: Row, options: Options) -> float | None:
    """The limit that came with the result; where none came, under an option the adult default."""
    limit: float | None = row["uln"]
    if limit is None and options["normal_limits"] == "adult_default":
        return UPPER_DEFAULT.get(row["variable"])
    return limit


def lower_limit(row: Row, options: Options) -> float | None:
    limit: float | None = row["lln"]
    if limit is None and options["normal_limits"] == "adult_default":
        return LOWER_DEFAULT.get(row["variable"])
    return limit


def grade_by_limits(value: float, unit: float, limits: tuple[float, ...]) -> int:
    """How many of the limits (in multiples of the unit) the value is above."""
    return sum(1 for limit in limits if above(value, limit * unit))


def creatinine_grade_of(row: Row, baseline: Row | None, options: Options) -> int | None:
    """>1-1.5 x ULN or baseline: 1; >1.5-3 x either: 2; >3 x baseline or >3-6 x ULN: 3; >6 x ULN: 4."""
    uln = upper_limit(row, options)
    grades = []
    if uln is not None:
        grades.append(grade_by_limits(row["value"], uln, (1.0, 1.5, 3.0, 6.0)))
    if baseline is not None:
        grades.append(grade_by_limits(row["value"], baseline["value"], (1.0, 1.5, 3.0)))
    if options["renal_term"] == "with_aki":
        grades += kidney_injury(row["value"], baseline)
    if options["creatinine_above_limit"] == "required" and uln is not None and not above(row["value"], uln):
        return 0
    return max(grades) if grades else None


def kidney_injury(value: float, baseline: Row | None) -> list[int]:
    """A rise over 0.3 mg/dL, or 1.5 to 2 x the baseline: 1; to 3 x: 2; above, or over 4.0 mg/dL: 3."""
    grades = [3] if above(value, 4.0) else []
    if baseline is None:
        return grades
    grades.append(1 if above(value - baseline["value"], 0.3) or at_least(value / baseline["value"], 1.5) else 0)
    if above(value / baseline["value"], 2):
        grades.append(2)
    if above(value / baseline["value"], 3):
        grades.append(3)
    return grades


def fibrinogen_grade_of(row: Row, baseline: Row | None, options: Options) -> int | None:
    """<1-0.75 x LLN or <25 % fall: 1; to 0.5 or 50 %: 2; to 0.25 or 75 %: 3; below, or <50 mg/dL: 4."""
    value, lln = row["value"], lower_limit(row, options)
    grades = []
    if lln is not None:
        grades.append(sum(1 for limit in (1.0, 0.75, 0.5, 0.25) if below(value, limit * lln)))
    if baseline is not None:
        fall = (baseline["value"] - value) / baseline["value"]
        normal = lln is None or not below(value, lln)
        if options["fibrinogen_fall"] == "off" and normal:
            pass
        elif above(fall, 0):
            grades.append(1 + sum(1 for limit in (0.25, 0.5, 0.75) if at_least(fall, limit)))
        else:
            grades.append(0)
    if below(value, 50):
        grades.append(4)
    return max(grades) if grades else None


def grade_of(row: Row, baseline: Row | None, options: Options) -> int | None:
    """The CTCAE grade of one result; None where its limits of normal are not known."""
    if row["variable"] == "creatinine":
        return creatinine_grade_of(row, baseline, options)
    if row["variable"] == "fibrinogen":
        return fibrinogen_grade_of(row, baseline, options)
    uln = upper_limit(row, options)
    if uln is None:
        return None
    return grade_by_limits(row["value"], uln, TIMES_ULN[row["variable"]])


def last_before(patient: Patient, variable: str, until: int, window: int) -> Row | None:
    """The last measurement before a day, within the window before it."""
    found = [
        row
        for row in patient["measurements"]
        if row["variable"] == variable and row["value"] is not None and until - window <= row["day"] < until
    ]
    return max(found, key=time_of) if found else None


def baseline_of(patient: Patient, variable: str, options: Options) -> Row | None:
    """The last value before day 0, or of day 0 where it is timed before the infusion."""
    infusion = patient["patient"].get("infusion_minute")
    until = options["baseline_until_day"]
    if until < 0:
        return last_before(patient, variable, until, options["baseline_window_days"])
    timed = [row for row in readings(patient, variable, 0) if row["minute"] is not None]
    before = [row for row in timed if infusion is not None and row["minute"] < infusion]
    if before:
        return max(before, key=lambda row: int(row["minute"]))
    return last_before_day_0(patient, variable, options["baseline_window_days"])


def with_later_limits(patient: Patient, baseline: Row) -> Row:
    """A baseline without limits of its own is read by those of the first later result."""
    infusion = patient["patient"].get("infusion_minute")
    later = []
    for row in patient["measurements"]:
        if row["variable"] != baseline["variable"] or row["value"] is None or row["day"] < 0:
            continue
        if row["uln"] is None and row["lln"] is None:
            continue
        if row["day"] == 0 and infusion is not None and row["minute"] is not None and row["minute"] < infusion:
            continue
        later.append(row)
    if not later:
        return baseline
    first = min(later, key=lambda row: (start_of(row), row["value"]))
    return {**baseline, "uln": first["uln"], "lln": first["lln"]}


def lab_grade(patient: Patient, variable: str, day: int, options: Options) -> int | None:
    """The worst grade of the day; counts only above the grade of the baseline."""
    baseline = baseline_of(patient, variable, options)
    if baseline is not None and baseline["uln"] is None and baseline["lln"] is None:
        baseline = with_later_limits(patient, baseline)
    baseline_grade = None if baseline is None else grade_of(baseline, baseline, options)
    for back in range(options["lab_hold_days"] + 1):
        if day - back < 0:
            break  # what was measured before day 0 is a baseline
        grades = []
        for row in readings(patient, variable, day - back):
            infusion = patient["patient"].get("infusion_minute")
            if day - back == 0 and infusion is not None and row["minute"] is not None and row["minute"] < infusion:
                continue  # before the infusion: a baseline and no toxicity
            grade = grade_of(row, baseline, options)
            if grade is not None:
                grades.append(grade)
        if grades:
            worst = max(grades)
            if baseline_grade is not None and worst <= baseline_grade:
                return 0
            return worst
    return None


def worst_of(grades: list[int | None]) -> int | None:
    """The worst of the grades that are known."""
    known = [grade for grade in grades if grade is not None]
    return max(known) if known else None


def urine_output_grade(patient: Patient, day: int) -> int | None:
    """<80 mL/8 h: 3; <240 mL/24 h: 4; by the hour over the collection, which lasts 8 or 24 h at least."""
    age = patient["patient"]["age"]
    if age is not None and age < 18:
        return urine_output_of_child(patient, day)
    grades = []
    for row in readings(patient, "urine_output", day):
        if row["minute"] is None or row["end_minute"] is None:
            continue
        hours = (row["end_minute"] - row["minute"]) / 60
        if hours < 8:
            continue
        little = below(row["value"], 10 * hours)
        if little and hours >= 24:
            grades.append(4)
        elif little:
            grades.append(3)
        else:
            grades.append(0)
    return max(grades) if grades else None


def urine_output_of_child(patient: Patient, day: int) -> int | None:
    """Oliguria <0.5 mL/kg/h for 8 h: 3; anuria <0.3 mL/kg/h for 24 h, or none for 12 h: 4."""
    weight = weight_of(patient)
    grades = []
    for row in readings(patient, "urine_output", day):
        if row["minute"] is None or row["end_minute"] is None:
            continue
        hours = (row["end_minute"] - row["minute"]) / 60
        if hours >= 12 and row["value"] == 0:
            grades.append(4)
        if weight is None or hours < 8:
            continue
        rate = row["value"] / hours / weight
        grades.append(3 if below(rate, 0.5) else 0)
        if hours >= 24 and below(rate, 0.3):
            grades.append(4)
    return max(grades) if grades else None


def organ_events(patient: Patient, day: int) -> dict[str, int | None]:
    """The worst grade that a clinician gave an organ; by exception in `events`."""
    grades: dict[str, list[int | None]] = {"organ_toxicity_grade": [], "transaminase_event_grade": []}
    grades |= {name: [] for name in OF_ANOTHER.values()}
    for row in events(patient, "organ_toxicity", day):
        text = (row["text"] or "").lower()
        if text in NOT_COUNTED or row["value"] is None or row["attribution"] == "excluded":
            continue
        name = OF_ANOTHER.get(text, "organ_toxicity_grade")
        if text in TRANSAMINASE_TERMS:
            name = "transaminase_event_grade"
        grades[name].append(min(int(row["value"]), 4))
    absent = 0 if covered(patient, "events", day) else None
    found: dict[str, int | None] = {}
    for name, values in grades.items():
        found[name] = worst_of(values) if values else absent
    # A clinician's grade of one organ says nothing of the others, unless all are recorded.
    found["organ_toxicity_complete"] = absent
    return found


def organ_features(patient: Patient, day: int, options: Options) -> dict[str, int | None]:
    """The grade of each organ on a day; None where it is not known."""
    labs = {name: lab_grade(patient, name, day, options) for name in (*TIMES_ULN, "creatinine", "fibrinogen")}
    found = organ_events(patient, day)
    found["transaminase_grade"] = worst_of([labs["alt"], labs["ast"]])
    found["bilirubin_grade"] = labs["bilirubin_total"]
    if found["liver_event_grade"]:
        found["bilirubin_grade"] = worst_of([labs["bilirubin_total"], found["liver_event_grade"]])
    found["creatinine_grade"] = labs["creatinine"]
    found["urine_output_grade"] = urine_output_grade(patient, day)
    if options["cartox_hepatic"] == "with_alp_ggt":
        found["alp_ggt_grade"] = worst_of([labs["alp"], labs["ggt"]])
    if options["coagulopathy"] == "labs":
        found["coagulation_grade"] = worst_of([labs["fibrinogen"], labs["inr"], labs["aptt"]])
    return found
