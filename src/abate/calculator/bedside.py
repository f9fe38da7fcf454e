"""Bedside cases of the calculator: a patient-day in a row, laid out as records and graded as records are.

Nothing is graded here: a case becomes the record tables of two days, the day before and the day itself, and
walks through the same timeline and systems as a cohort does.
"""

from collections.abc import Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from abate.calculator.bedside_inputs import BEFORE, BLANKS, CALLED, RATES, agents, listed
from abate.engine.store import Engine
from abate.grading.points import Score
from abate.grading.rules import all_of, any_of, grade_days, named
from abate.grading.systems import SYSTEMS
from abate.records.dictionary import dictionary
from abate.records.options import Options
from abate.records.tables import TABLES
from abate.sources.cases import ROW
from abate.timeline.features import features
from abate.timeline.infusions import PERSISTENCE
from abate.timeline.intervals import DAY_MINUTES
from abate.timeline.joins import beside

DAY = 2
"""The day that is graded; the day before says whether an episode is open, the two of it hold earlier vasopressors."""
MORNING = DAY * DAY_MINUTES + 60
REST_OF_DAY = (DAY + 1) * DAY_MINUTES - MORNING
LATER = MORNING + 7 * 60
"""A second pressure, after hours of vasopressors."""
EARLIER = MORNING - 7 * 60
"""The end of earlier vasopressors: a longer pause than counts among their hours."""
ENOUGH = 24 * 60
"""No system asks for more minutes of vasopressors."""
WALKS = 16
"""A case walks through as it stands, and again for what is blank: room for as many ways."""


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
        add("temperature", ibis.literal(36.8), DAY - 2, 480)
        add("temperature", rows.episode_open.ifelse(39.0, 36.8), DAY - 1, DAY_MINUTES + 480)
        low = rows.low_despite_vasopressors.ifelse(rows.sbp, ibis.null("float64"))
        add("sbp", low, minute=ibis.least(LATER, MORNING + _ran(rows)))
    for score in ("ice", "cartox10", "capd"):
        if has(score):
            sedated = ibis.coalesce(rows.sedated, False)
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
        start = DAY * DAY_MINUTES
        add("urine_output", rows.urine_output, DAY, start, end_minute=ibis.literal(start + DAY_MINUTES))
    if has("creatinine_ratio"):
        add("creatinine", rows.creatinine_ratio / rows.creatinine_baseline_ratio, -1, -600, uln=one)
        # The ratio to the baseline alone grades too.
        alone = rows.creatinine_ratio.isnull() & rows.creatinine_baseline_ratio.notnull()
        add("creatinine", ibis.ifelse(alone, rows.creatinine_baseline_ratio, ibis.null("float64")))
        add("creatinine", ibis.ifelse(alone, 1.0, ibis.null("float64")), -1, -600)
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
            start = DAY * DAY_MINUTES if name == "sedated" else MORNING
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


def _drugs(rows: ibis.Table, options: Options) -> list[ibis.Table]:
    if "vasopressors" not in rows.columns:
        return []
    common = {"status": ibis.literal("given"), "per_kg": ibis.literal(False)}
    dose = {"kind": ibis.literal("dose"), **common}
    masked = rows.filter(rows.masking_drug)
    before = {"day": ibis.literal(DAY - 1), "minute": ibis.literal(DAY_MINUTES + 540)}
    found = [_table("drugs", masked, drug=ibis.literal("tocilizumab"), **dose, **before)]
    if "coagulation_product" in rows.columns:
        given = rows.filter(rows.coagulation_product)
        found.append(
            _table("drugs", given, drug=ibis.literal("fresh frozen plasma"), **dose, minute=ibis.literal(MORNING))
        )
    running = []
    for name in dict.fromkeys(agents().values()):
        runs = listed(rows, name)
        if name in RATES:
            runs = runs | (rows[f"{name}_rate"] > 0)
        if name != "none":
            running.append(rows.filter(runs).mutate(agent=ibis.literal(name)))
    each = ibis.union(*running)
    rate, unit = (each.agent.cases(*((name, each[f"{name}_rate{end}"]) for name in RATES)) for end in ("", "_unit"))
    # A pressure that stays low is read while they run on: a minute more, where that makes no dose high.
    short_of = (PERSISTENCE - 1, options["vasopressor_overlap_minutes"] - 1)
    runs_on = ibis.coalesce(each.low_despite_vasopressors, False) & _ran(each).notin(short_of)
    hours = _ran(each) + ibis.ifelse(runs_on, 1, 0)
    infusion = {"kind": ibis.literal("infusion"), **common}
    times = {"minute": ibis.literal(MORNING), "end_minute": MORNING + hours}
    rated = {"drug": each.agent, "rate": rate, "rate_unit": unit, "end_day": (MORNING + hours) // DAY_MINUTES}
    found.append(_table("drugs", each, **infusion, **rated, **times))
    if "vasopressor_hours_episode" in rows.columns:
        today = ibis.least(ibis.coalesce(_minutes(rows.vasopressor_hours), REST_OF_DAY), REST_OF_DAY)
        every = ibis.greatest(_minutes(rows.vasopressor_hours_episode), _minutes(rows.vasopressor_hours))
        known = rows.mutate(earlier=every - today).filter(ibis._.earlier > 0)
        earlier = known.mutate(earlier=ibis.least(known.earlier, ENOUGH))
        start = EARLIER - earlier.earlier
        times = {"day": start // DAY_MINUTES, "minute": start, "end_minute": ibis.literal(EARLIER)}
        rated = {"drug": ibis.literal("norepinephrine"), "end_day": ibis.literal(EARLIER // DAY_MINUTES)}
        found.append(_table("drugs", earlier, **infusion, **rated, **times))
    return found


def _ran(rows: ibis.Table) -> ir.Value:
    """Return how long vasopressors ran (minutes): to the end of the day where it is not said."""
    return ibis.coalesce(_minutes(rows.vasopressor_hours), REST_OF_DAY)


def _minutes(hours: ir.Value) -> ir.Value:
    return (hours * 60).round().cast("int64")


def _events(rows: ibis.Table, toxicity: str) -> list[ibis.Table]:
    found = []

    def add(event: str, where: ir.BooleanValue, **columns: ir.Value) -> None:
        found.append(_table("events", rows.filter(where), event=ibis.literal(event), **columns))

    add("death", rows.died_of_toxicity, text=ibis.literal(toxicity))
    if "fever_other_cause" in rows.columns:
        add("fever_other_cause", rows.fever_other_cause)
    if "fluid_boluses" in rows.columns:
        for least in (1, 2):
            add("fluid_bolus", rows.fluid_boluses >= least, minute=ibis.literal(MORNING + 60 * least))
    if "care_for_crs" in rows.columns:
        add("care_for_crs", rows.care_for_crs)
    if "seizure" in rows.columns:
        fits = rows.filter(rows.seizure != "none")
        said = {"event": ibis.literal("seizure"), "text": fits.seizure, "value": fits.seizure_minutes}
        found.append(_table("events", fits, **said))
    for name, organ in (("organ_grade", "cardiac"), ("neurological_grade", "neurological")):
        if name in rows.columns:
            judged = rows.filter(rows[name] > 0)
            said = {"event": ibis.literal("organ_toxicity"), "text": ibis.literal(organ), "value": judged[name]}
            found.append(_table("events", judged, **said))
    return found


def _coverage(rows: ibis.Table) -> list[ibis.Table]:
    """Return what a case says completely: an answer, even none, covers its domain.

    What happened in the course of CRS is covered always: a blank walks through as no and as the worst.
    """
    always = ibis.literal(True)
    said: list[tuple[str, ir.BooleanValue, bool]] = []
    if "vasopressors" in rows.columns:
        said += [("drugs", always, True), ("vasopressors", rows.vasopressors.isnull(), False)]
        said += [("oxygen", rows.oxygen_device.notnull(), True), ("events", always, True)]
    if "seizure" in rows.columns:
        asked = [rows[name].notnull() for name in ("seizure", "motor", "intracranial") if name in rows.columns]
        said.append(("neuro", all_of(asked), True))
    if "ice" in rows.columns:
        said.append(("drugs", rows.sedated.notnull(), True))
    if "neurological_grade" in rows.columns and "vasopressors" not in rows.columns:
        said.append(("events", always, True))
    return [
        _table(
            "coverage",
            rows.filter(where),
            domain=ibis.literal(domain),
            complete=ibis.literal(complete),
            day=ibis.null("int64"),
        )
        for domain, where, complete in said
    ]


def _walks(cases: ibis.Table) -> tuple[ibis.Table, list[str]]:
    """Return the cases as they stand, with what the day before may have been at worst, and with each blank at worst.

    Returns
    -------
    tuple
        The rows, whose number is that of the case times :data:`WALKS` and that of the walk (0 as it stands, 1 the
        day before, 2 all at worst, from 3 on one blank each), and the names of the blanks in that order.
    """
    blank = [name for name in BLANKS if name in cases.columns]
    single = [name for name in blank if name not in BEFORE]
    ways: list[list[str]] = [[], [name for name in blank if name in BEFORE], blank, *([name] for name in single)]
    walked = []
    for number, names in enumerate(ways):
        chosen = cases.filter(any_of([cases[name].isnull() for name in names])) if names else cases
        if number and not names:
            continue
        worst = {name: ibis.coalesce(chosen[name], BLANKS[name]).cast(cases[name].type()) for name in names}
        walked.append(chosen.mutate(**worst, **{ROW: chosen[ROW] * WALKS + number}).select(*cases.columns))
    return ibis.union(*walked), single


def _any_wider(both: ibis.Table, single: list[str], required: Sequence[str]) -> ir.BooleanValue:
    """Say where a blank that grade 0 needs to be known could make the grade worse."""
    mine = [both[f"upper_{way}"] > both.upper for way, name in enumerate(single, 3) if name in required]
    return any_of([ibis.literal(False), *(ibis.coalesce(where, False) for where in mine)])


def bedside(rows: ibis.Table, rule: Score, options: Options, engine: Engine) -> ibis.Table:
    """Grade bedside cases by one system.

    Parameters
    ----------
    rows
        From :func:`abate.sources.cases.typed` for the inputs of the rule.
    rule, options, engine
        One of :data:`BEDSIDE`; the options of grading; where results are kept.

    Returns
    -------
    ibis.Table
        ``row__number, grade, complete, missing, lower, upper, criteria, flags``.
    """
    system = SYSTEMS[rule.key.replace("-", "_")]
    cases = engine.keep("cases", rows)
    walked, single = _walks(cases)
    rows = engine.keep("cases_walked", walked)
    infusion = ibis.timestamp("2000-01-01 00:00:00")
    records = {
        "patients": [_table("patients", rows, age=rows.age, weight_kg=rows.weight, day0=infusion)],
        "measurements": _measurements(rows),
        "states": _states(rows),
        "drugs": _drugs(rows, options),
        "events": _events(rows, system.toxicity),
        "coverage": _coverage(rows),
    }
    none = rows.filter(False)
    tables = {
        name: engine.keep(f"case_{name}", ibis.union(_table(name, none), *parts)) for name, parts in records.items()
    }
    courses = {"patient_id": rows[ROW].cast("string"), "course_id": ibis.literal(1, "int64")}
    follow_up = engine.keep("case_follow_up", rows.select(**courses, last_day=ibis.literal(DAY, "int64")))
    days = follow_up.select("patient_id", "course_id", day=ibis.range(0, DAY + 1).unnest().cast("int64"))
    days = engine.keep("case_days", days)
    found = features(tables, days, follow_up, dictionary(), options, engine, system.reads)
    graded = grade_days(found, system, options, CALLED).filter(ibis._.day == DAY)
    place = graded.patient_id.cast("int64")
    graded = engine.keep("cases_graded", graded.mutate(walk=place % WALKS, **{ROW: place // WALKS}))
    told = graded.filter(graded.walk == 0).select(*rule.results, ROW)
    ways = range(1, 3 + len(single))
    worst = {f"upper_{way}": graded.upper.max(where=graded.walk == way) for way in ways}
    worst |= {f"grade_{way}": graded.grade.max(where=graded.walk == way) for way in ways}
    other = graded.group_by(ROW).aggregate(most=graded.upper.max(), **worst)
    blank = [name for name in BLANKS if name in cases.columns]
    given = {f"given_{name}": cases[name].notnull() for name in set(CALLED.values()) if name in cases.columns}
    absent = cases.select(ROW, **{f"blank_{name}": cases[name].isnull() for name in blank}, **given)
    both = beside(beside(told, other, (ROW,)), absent, (ROW,))
    before = ibis.coalesce(both.upper_1 > both.upper, False)
    mine = [(name, before & both[f"blank_{name}"]) for name in blank if name in BEFORE]
    known = ibis.coalesce(both.grade, 0)
    for way, name in enumerate(single, 3):
        mine.append((name, (both[f"upper_{way}"] > both.upper) | (both[f"grade_{way}"] > known)))
    alone = any_of([ibis.literal(False), *(ibis.coalesce(where, False) for _name, where in mine)])
    # Where no blank alone makes a difference, all of them together may.
    together = (both.most > both.upper) & ~alone
    mine += [(name, together & both[f"blank_{name}"]) for name in blank]
    lacks = named(mine)
    between = ibis.ifelse((lacks != "") & (both.missing != ""), "; ", "")
    return both.mutate(
        grade=ibis.ifelse(
            (before | _any_wider(both, single, system.required)) & (both.grade == 0), ibis.null("int8"), both.grade
        ),
        upper=both.most,
        complete=both.lower == both.most,
        missing=_not_given(lacks + between + both.missing, both),
    ).select(ROW, *rule.results)


def _not_given(missing: ir.StringValue, rows: ibis.Table) -> ir.StringValue:
    """Leave out of what is missing the inputs that were given, as long as another one is."""
    found = ibis.literal("; ") + missing + "; "
    for name in dict.fromkeys(CALLED.values()):
        if f"given_{name}" in rows.columns:
            # Where it is blank, nothing is replaced by itself: a branch would name the text twice each time.
            found = found.replace(ibis.ifelse(rows[f"given_{name}"], f"; {name}; ", "; "), "; ")
    return ibis.ifelse(found.length() > 4, found.substr(2, found.length() - 4), missing)
