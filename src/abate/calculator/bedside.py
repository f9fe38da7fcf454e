"""Bedside cases of the calculator: a patient-day in a row, laid out as records and graded as records are.

Nothing is graded here: a case becomes the record tables of two days, the day before and the day itself, and
walks through the same timeline and systems as a cohort does.
"""

from collections.abc import Mapping
from typing import Any

import ibis
import ibis.expr.types as ir

from abate.engine.store import Engine
from abate.grading.points import Item, Score
from abate.grading.rules import System, any_of, grade_days, named
from abate.grading.systems import SYSTEMS
from abate.records.dictionary import dictionary
from abate.records.grading_options import GRADING
from abate.records.inputs import Input, exactly, measured, number, truth, word
from abate.records.options import Options
from abate.records.tables import TABLES
from abate.sources.cases import ROW
from abate.timeline.features import features
from abate.timeline.intervals import DAY_MINUTES
from abate.timeline.joins import beside

DAY = 1
BEFORE = ("episode_open", "masking_drug")
"""What a case says of the day before."""
MORNING = DAY_MINUTES + 60
LATER = MORNING + 7 * 60
"""A second pressure, after hours of vasopressors."""
RATES = ("norepinephrine", "epinephrine", "phenylephrine", "dopamine", "vasopressin")
BLANK = "A blank is not known, unless an input says otherwise. Say none, or no, for what is absent."
PAGE_OPTIONS = ("explained_patients", "timelines_shown")


def _words(variable: str) -> Mapping[str, str]:
    return dictionary().states_of(variable)


def _agents() -> Mapping[str, str]:
    known = dictionary()
    names: dict[str, str] = {}
    for name in known.drugs_of("vasopressor", "inotrope"):
        written = (name, *known.drugs[name].get("other_names", "").split("|"))
        names |= {word.strip().lower().replace(" ", "_"): name for word in written if word.strip()}
    return {**names, "none": "none"}


INDICATIONS = {name: name for name in ("hypoxia", "airway_protection", "procedure", "home")}
SEIZURES = ("none", "focal", "generalized", "nonconvulsive", "nonconvulsive_refractory", "repetitive", "status")
PERSON = (number("age", "Age", "a", 0, 120), measured("weight"))
CRS = (
    measured("temperature"),
    truth("fever_other_cause", "The fever has another cause; blank: not so"),
    truth("episode_open", "Fever of CRS on the day before, and the episode not over"),
    truth("masking_drug", "An antipyretic or anticytokine drug since that fever"),
    measured("sbp"),
    measured("map"),
    truth("low_despite_vasopressors", "The pressure stays low on vasopressors"),
    Input("vasopressors", "Vasopressors that run at the same time", "words", words=_agents()),
    number("vasopressor_hours", "Hours at these rates; blank: to the end of the day", "h", 0, 240),
    *(Input(f"{name}_rate", f"Rate of {name}", "rate", "ug/min") for name in RATES),
    word("oxygen_device", "Oxygen device", _words("oxygen")),
    measured("oxygen_flow", "o2_flow"),
    measured("oxygen_fio2", "fio2", "Inspired fraction that is set or measured"),
    word("oxygen_indication", "Why oxygen or ventilation is given", INDICATIONS),
    measured("spo2"),
    truth("sedated", "Under sedatives"),
    truth("circulatory_support", "Cardiac arrest, or mechanical support of the circulation"),
    truth("died_of_toxicity", "Died of it, in a clinician's judgement; blank: not so"),
)
ORGANS = (
    *(number(f"{name}_ratio", f"{name.upper()} over its limit of normal", "1", 0, 2000) for name in ("alt", "ast")),
    number("bilirubin_ratio", "Bilirubin over its limit of normal", "1", 0, 200),
    number("creatinine_ratio", "Creatinine over its limit of normal", "1", 0, 50),
    number("creatinine_baseline_ratio", "Creatinine over its value before infusion", "1", 0, 50),
    measured("urine_output", meaning="Urine of 24 h"),
    number("organ_grade", "Worst CTCAE v4.03 grade of another organ; 0 where none", "1", 0, 4),
)
NEURO = (
    measured("ice"),
    measured("cartox10"),
    measured("capd"),
    truth("unable", "Cannot perform the test"),
    word("consciousness", "Level of consciousness", _words("consciousness")),
    truth("sedated", "Under sedatives; a score is then the last before them"),
    word("seizure", "Seizure", {name: name for name in SEIZURES}),
    number("seizure_minutes", "Its length", "min", 0, 10000),
    word("motor", "New weakness", _words("motor")),
    word("intracranial", "Sign of raised intracranial pressure or edema", _words("intracranial")),
    measured("papilledema_stage"),
    measured("csf_opening_pressure"),
    truth("died_of_toxicity", "Died of it, in a clinician's judgement; blank: not so"),
)


def _rule(system: System) -> Score:
    inputs = (*PERSON, *(CRS if system.toxicity == "CRS" else NEURO), *(ORGANS if system.key == "cartox_crs" else ()))
    return Score(
        system.key.replace("_", "-"),
        system.title,
        system.citation,
        tuple(exactly(item) for item in inputs),
        items=(Item(system.name, system.criteria),),
        results=("grade", "complete", "missing", "lower", "upper", "criteria", "flags"),
        options=tuple(option.name for option in GRADING if option.name not in PAGE_OPTIONS),
        notes=(*system.notes, BLANK),
    )


BEDSIDE: Mapping[str, Score] = {rule.key: rule for rule in map(_rule, SYSTEMS.values())}


def _table(name: str, rows: ibis.Table, **columns: ir.Value) -> ibis.Table:
    """Return rows as one of the record tables; what is not said is null."""
    if name != "patients":
        columns.setdefault("day", ibis.literal(DAY, "int64"))
        minute = columns.get("minute")
        columns["time_precision"] = ibis.literal("day" if minute is None else "minute")
    columns |= {"patient_id": rows[ROW].cast("string"), "course_id": ibis.literal(1, "int64")}
    columns |= {"source": ibis.literal("case ") + rows[ROW].cast("string")}
    schema = TABLES[name].schema
    return rows.select(
        **{field: columns[field].cast(kind) if field in columns else ibis.null(kind) for field, kind in schema.items()}
    )


def _measurements(rows: ibis.Table) -> list[ibis.Table]:
    """Return every number of a case as a measurement, with the limits of normal as 1."""
    sedated = ibis.coalesce(rows.sedated, False)
    found = []

    def add(variable: str, value: Any, day: Any = DAY, minute: Any = MORNING, **limits: ir.Value) -> None:
        chosen = rows.mutate(number=value, on_day=day, at_minute=minute).filter(ibis._.number.notnull())
        columns = {"value": chosen.number, "day": chosen.on_day, "minute": chosen.at_minute}
        found.append(_table("measurements", chosen, variable=ibis.literal(variable), **columns, **limits))

    def has(name: str) -> bool:
        return name in rows.columns

    for name in ("temperature", "sbp", "map", "spo2", "papilledema_stage", "csf_opening_pressure"):
        if has(name):
            add(name, rows[name])
    if has("episode_open"):
        add("temperature", rows.episode_open.ifelse(39.0, 36.8), 0, 480)
        add("sbp", rows.low_despite_vasopressors.ifelse(rows.sbp, ibis.null("float64")), minute=LATER)
    for score in ("ice", "cartox10", "capd"):
        if has(score):
            add(score, rows[score], sedated.ifelse(0, DAY), sedated.ifelse(600, MORNING))
    one = ibis.literal(1.0)
    organs = {
        "alt_ratio": "alt",
        "ast_ratio": "ast",
        "bilirubin_ratio": "bilirubin_total",
        "creatinine_ratio": "creatinine",
    }
    for name, variable in organs.items():
        if has(name):
            add(variable, rows[name], uln=one)
    if has("urine_output"):
        add("urine_output", rows.urine_output, DAY, DAY_MINUTES, end_minute=ibis.literal(2 * DAY_MINUTES))
    if has("creatinine_ratio"):
        add("creatinine", rows.creatinine_ratio / rows.creatinine_baseline_ratio, -1, -600, uln=one)
    return found


def _states(rows: ibis.Table) -> list[ibis.Table]:
    found = []
    for name in ("consciousness", "motor", "intracranial"):
        if name in rows.columns:
            chosen = rows.filter(rows[name].notnull())
            said = {"variable": ibis.literal(name), "state": chosen[name]}
            found.append(_table("states", chosen, **said, minute=ibis.literal(MORNING)))
    truths = {"sedated": ("sedation", "yes", "no"), "unable": ("cognition", "unable", "able")}
    truths |= {"circulatory_support": ("circulatory_support", "mechanical", "none")}
    for name, (variable, yes, no) in truths.items():
        if name in rows.columns:
            chosen = rows.filter(rows[name].notnull())
            start = DAY_MINUTES if name == "sedated" else MORNING
            said = {"variable": ibis.literal(variable), "state": chosen[name].ifelse(yes, no)}
            found.append(_table("states", chosen, **said, minute=ibis.literal(start)))
    if "oxygen_device" in rows.columns:
        chosen = rows.filter(rows.oxygen_device.notnull())
        found.append(
            _table(
                "states",
                chosen,
                variable=ibis.literal("oxygen"),
                device=chosen.oxygen_device,
                flow=chosen.oxygen_flow,
                fio2=chosen.oxygen_fio2,
                indication=chosen.oxygen_indication,
                minute=ibis.literal(MORNING),
            )
        )
    return found


def _drugs(rows: ibis.Table) -> list[ibis.Table]:
    if "vasopressors" not in rows.columns:
        return []
    common = {"status": ibis.literal("given"), "per_kg": ibis.literal(False)}
    masked = rows.filter(rows.masking_drug)
    dose = {"drug": ibis.literal("tocilizumab"), "kind": ibis.literal("dose"), **common}
    found = [_table("drugs", masked, **dose, day=ibis.literal(0), minute=ibis.literal(540))]
    agents, spelled = [], _agents()
    for name in dict.fromkeys(spelled.values()):
        written = [word for word, agent in spelled.items() if agent == name]
        runs = any_of([ibis.coalesce(rows.vasopressors.contains(f"+{word}+"), False) for word in written])
        if name in RATES:
            runs = runs | (rows[f"{name}_rate"] > 0)
        if name != "none":
            agents.append(rows.filter(runs).mutate(agent=ibis.literal(name)))
    each = ibis.union(*agents)
    rate, unit = (each.agent.cases(*((name, each[f"{name}_rate{end}"]) for name in RATES)) for end in ("", "_unit"))
    hours = ibis.coalesce((each.vasopressor_hours * 60).round().cast("int64"), 2 * DAY_MINUTES - MORNING)
    infusion = {"drug": each.agent, "kind": ibis.literal("infusion"), "rate": rate, "rate_unit": unit, **common}
    times = {"minute": ibis.literal(MORNING), "end_minute": MORNING + hours}
    found.append(_table("drugs", each, **infusion, **times, end_day=(MORNING + hours) // DAY_MINUTES))
    return found


def _events(rows: ibis.Table, toxicity: str) -> list[ibis.Table]:
    died = rows.filter(rows.died_of_toxicity)
    found = [_table("events", died, event=ibis.literal("death"), text=ibis.literal(toxicity))]
    if "fever_other_cause" in rows.columns:
        other = rows.filter(rows.fever_other_cause)
        found.append(_table("events", other, event=ibis.literal("fever_other_cause")))
    if "seizure" in rows.columns:
        fits = rows.filter(rows.seizure != "none")
        found.append(
            _table("events", fits, event=ibis.literal("seizure"), text=fits.seizure, value=fits.seizure_minutes)
        )
    if "organ_grade" in rows.columns:
        organs = rows.filter(rows.organ_grade > 0)
        said = {"event": ibis.literal("organ_toxicity"), "text": ibis.literal("cardiac"), "value": organs.organ_grade}
        found.append(_table("events", organs, **said))
    return found


def _coverage(rows: ibis.Table) -> list[ibis.Table]:
    """Return what a case says completely: an answer, even none, covers its domain."""
    said: dict[str, ir.BooleanValue] = {}
    if "vasopressors" in rows.columns:
        said |= {"vasopressors": rows.vasopressors.notnull(), "oxygen": rows.oxygen_device.notnull()}
        said["drugs"] = rows.sedated.notnull() & rows.vasopressors.notnull() & rows.masking_drug.notnull()
        said["events"] = rows.circulatory_support.notnull()
        if "organ_grade" in rows.columns:
            said["events"] = said["events"] & rows.organ_grade.notnull()
    if "seizure" in rows.columns:
        said["neuro"] = rows.seizure.notnull() & rows.motor.notnull() & rows.intracranial.notnull()
        said["drugs"] = rows.sedated.notnull()
    always = ibis.null("int64")
    return [
        _table("coverage", rows.filter(where), domain=ibis.literal(domain), complete=ibis.literal(True), day=always)
        for domain, where in said.items()
    ]


def bedside(rows: ibis.Table, rule: Score, options: Options) -> ibis.Table:
    """Grade bedside cases by one system.

    Parameters
    ----------
    rows
        From :func:`abate.sources.cases.typed` for the inputs of the rule.
    rule, options
        One of :data:`BEDSIDE`; the options of grading.

    Returns
    -------
    ibis.Table
        ``row__number, grade, complete, missing, lower, upper, criteria, flags``.
    """
    engine = Engine()
    system = SYSTEMS[rule.key.replace("-", "_")]
    cases = engine.keep("cases", rows)
    # A blank of the day before may stand for the worst: each case walks through twice.
    blank = [name for name in BEFORE if name in cases.columns]
    worst = cases.mutate(**{name: ibis.coalesce(cases[name], True) for name in blank}, **{ROW: -cases[ROW]})
    rows = engine.keep("cases_twice", cases.union(worst.select(*cases.columns)))
    infusion = ibis.timestamp("2000-01-01 00:00:00")
    records = {
        "patients": [_table("patients", rows, age=rows.age, weight_kg=rows.weight, day0=infusion)],
        "measurements": _measurements(rows),
        "states": _states(rows),
        "drugs": _drugs(rows) or [_table("drugs", rows.filter(False))],
        "events": _events(rows, system.toxicity),
        "coverage": _coverage(rows),
    }
    tables = {name: engine.keep(f"case_{name}", ibis.union(*parts)) for name, parts in records.items()}
    courses = {"patient_id": rows[ROW].cast("string"), "course_id": ibis.literal(1, "int64")}
    follow_up = engine.keep("case_follow_up", rows.select(**courses, last_day=ibis.literal(DAY, "int64")))
    days = follow_up.select("patient_id", "course_id", day=ibis.range(0, DAY + 1).unnest().cast("int64"))
    days = engine.keep("case_days", days)
    graded = grade_days(features(tables, days, follow_up, dictionary(), options, engine), system, options)
    graded = graded.filter(graded.day == DAY).mutate(place=graded.patient_id.cast("int64"))
    told = graded.filter(graded.place > 0).select(*rule.results, **{ROW: ibis._.place})
    other = graded.filter(graded.place < 0).select(most="upper", **{ROW: -ibis._.place})
    both = beside(beside(told, other, (ROW,)), cases.select(ROW, *blank), (ROW,))
    wider = both.most > both.upper
    lacks = named([(name, wider & both[name].isnull()) for name in blank]) if blank else ibis.literal("")
    between = ibis.ifelse((lacks != "") & (both.missing != ""), "; ", "")
    return both.mutate(
        grade=ibis.ifelse(wider & (both.grade == 0), ibis.null("int8"), both.grade),
        upper=ibis.greatest(both.upper, both.most),
        complete=both.complete & ~wider,
        missing=lacks + between + both.missing,
    ).drop("most", *blank)
