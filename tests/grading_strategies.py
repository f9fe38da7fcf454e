"""Random patient-courses for the graders: few rows, values that cluster on the cut-offs, and random options.

A patient is what :mod:`reference_grading` reads; :func:`tables` turns it into rows of the six record tables.
"""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from abate.records.tables import TABLES

Row = dict[str, Any]
Patient = dict[str, Any]

DAY = 1440
CLOCK = (0, 300, 359, 360, 585, 600, 614, 615, 616, 629, 630, 659, 660, 661, 779, 780, 781, 900, 1319, 1320, 1439)
DURATIONS = (14, 15, 59, 60, 61, 179, 180, 181, 240, 300, 1440)
GAPS = (0, 1, 15, 16)

AGES = (55.0, 55.0, 55.0, 70.0, 70.0, None, 18.0, 30.0, 17.0, 12.0, 11.0, 11.0, 10.5, 10.0, 5.0, 1.0, 0.5, 0.05)
WEIGHTS = (50.0, 50.0, 80.0, 10.0, None)

TEMPERATURES = (37.0, 37.9, 37.95, 38.0, 38.0, 39.5)
SYSTOLIC = (59.9, 60.0, 69.9, 70.0, 71.9, 72.0, 79.0, 80.0, 84.0, 89.0, 89.9, 90.0, 118.0)
MEAN_PRESSURE = (64.9, 65.0, 80.0)
SYSTOLIC_BEFORE = (100.0, 120.0, 160.0)

RATES: dict[str, list[tuple[float | None, str | None]]] = {
    "norepinephrine": [(rate, "ug/min") for rate in (0.0, 5.0, 9.9, 10.0, 15.0, 19.9, 20.0, 20.0, 25.0)],
    "epinephrine": [(3.0, "ug/min"), (9.9, "ug/min"), (10.0, "ug/min"), (0.1, "ug/kg/min"), (None, "ug/min")],
    "phenylephrine": [(50.0, "ug/min"), (100.0, "ug/min"), (199.0, "ug/min"), (200.0, "ug/min"), (2.0, "ug/kg/min")],
    "dopamine": [(5.0, "ug/kg/min"), (9.9, "ug/kg/min"), (10.0, "ug/kg/min"), (500.0, "ug/min")],
    "vasopressin": [(0.03, "[IU]/min"), (0.0, "[IU]/min"), (0.0005, "[IU]/kg/min"), (None, None)],
    "argipressin": [(0.03, "[IU]/min"), (None, None)],
    "angiotensin II": [(0.02, "ug/kg/min")],
    "dobutamine": [(300.0, "ug/min")],
    "propofol": [(None, None), (50.0, "ug/kg/min"), (0.0, "ug/kg/min")],
    "midazolam": [(None, None), (30.0, "ug/min")],
}
RATES["norepinephrine"] += [(0.1, "ug/kg/min"), (0.2, "ug/kg/min"), (0.4, "ug/kg/min"), (5.0, "mL/h"), (None, None)]
AGENTS = [*["norepinephrine"] * 5, *["vasopressin"] * 3, *["epinephrine"] * 3, "phenylephrine", "phenylephrine"]
AGENTS += ["dopamine", "dopamine", "argipressin", "angiotensin II", "dobutamine"]

WAIVERS = ("acetaminophen", "acetaminophen", "ibuprofen", "tocilizumab", "tocilizumab", "anakinra", "dexamethasone")

DEVICES = [*["room_air"] * 4, *["nasal_cannula"] * 6, *["high_flow_nasal_cannula"] * 2, "blow_by", "simple_mask"]
DEVICES += ["face_mask", "venturi_mask", "non_rebreather", "tracheostomy_mask", "cpap", "bipap", "other_device"]
DEVICES += ["invasive_ventilation"] * 3
FLOWS = (None, 2.0, 4.0, 4.5, 5.0, 5.1, 6.0, 6.0, 6.1, 6.9, 7.0, 7.0, 9.0, 9.9, 10.0, 11.0)
VENTILATED = ("cpap", "bipap", "invasive_ventilation")

CONSCIOUSNESS = ["alert", "alert", "awakens_spontaneously", "awakens_to_voice", "awakens_to_tactile"]
CONSCIOUSNESS += ["vigorous_tactile", "unarousable"]
ICE = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 10.0)
CAPD = (0.0, 1.0, 8.0, 9.0, 20.0)
SEIZURES = ("focal", "generalized", "nonconvulsive", "nonconvulsive_refractory", "repetitive", "status")
MOTOR = ["none", "mild_weakness", "hemiparesis", "paraparesis"]
INTRACRANIAL = ["none", "focal_edema", "diffuse_edema", "papilledema", "papilledema", "cn6_palsy", "cushing_triad"]
INTRACRANIAL += ["posturing"]

LIMITS = {"alt": 40.0, "ast": 40.0, "alp": 120.0, "ggt": 60.0, "bilirubin_total": 1.2, "creatinine": 1.2}
LIMITS |= {"inr": 1.2, "aptt": 35.0, "fibrinogen": 200.0}
MULTIPLES = {
    "alt": (0.8, 1.0, 1.1, 3.0, 3.1, 5.0, 5.1, 20.0, 20.1),
    "ast": (0.8, 1.0, 1.1, 3.0, 3.1, 5.0, 5.1, 20.0, 20.1),
    "alp": (0.8, 1.0, 2.5, 2.6, 5.1, 20.1),
    "ggt": (0.8, 1.0, 2.5, 2.6, 5.1, 20.1),
    "bilirubin_total": (0.5, 1.0, 1.1, 1.5, 1.6, 3.0, 3.1, 10.0, 10.1),
    "creatinine": (0.5, 0.8, 1.0, 1.1, 1.5, 1.6, 3.0, 3.1, 6.0, 6.1),
    "inr": (0.8, 1.0, 1.5, 1.6, 2.6),
    "aptt": (0.8, 1.0, 1.5, 1.6, 2.6),
    "fibrinogen": (1.5, 1.0, 0.9, 0.75, 0.6, 0.5, 0.25, 0.24, 0.1),
}

COLLECTIONS = [(0, 24, 239.0), (0, 24, 240.0), (600, 8, 79.0), (600, 8, 80.0), (600, 4, 10.0)]

OPTIONS: dict[str, tuple[Any, ...]] = {
    "hypotension_definition": ("map_65", "fall_30"),
    "hypotension_readings": ("two", "treated"),
    "baseline_window_days": (1, 3),
    "vasopressor_overlap_minutes": (15, 61, 180),
    "vasopressin_counts_as_multiple": ("no",),
    "pediatric_vasopressor_dose": ("per_kg",),
    "fio2_estimate": ("three_percent", "none"),
    "oxygen_requires_saturation": ("yes",),
    "episode_gap_hours": (48, 72),
    "waiver_drugs": ("anticytokine",),
    "prophylaxis_waives_fever": ("yes",),
    "consciousness_from_scales": ("rass_from_minus_1", "rass_from_minus_4", "none"),
    "score_carry_hours": (0,),
    "capd_age": ("through_12",),
    "ice_scoring": ("delta",),
    "cres_opening_pressure": ("independent",),
    "lab_hold_days": (1, 2),
    "normal_limits": ("adult_default",),
    "cartox_hepatic": ("with_alp_ggt",),
    "coagulopathy": ("labs",),
    "airway_protection": ("excluded",),
    "neuro_in_crs": ("yes",),
    "renal_term": ("creatinine",),
    "creatinine_above_limit": ("required",),
    "fibrinogen_fall": ("off",),
    "baseline_until_day": (-1, -3),
}


@st.composite
def options(draw: st.DrawFn) -> dict[str, Any]:
    """Up to three options that are not at their default."""
    names = draw(st.lists(st.sampled_from(sorted(OPTIONS)), max_size=3, unique=True))
    return {name: draw(st.sampled_from(OPTIONS[name])) for name in names}


# -- times ------------------------------------------------------------------------------------------------------------


@st.composite
def point(draw: st.DrawFn, first: int, last: int) -> Row:
    """A day and, mostly, a minute; no end."""
    day = draw(st.integers(first, last))
    minute = None if draw(st.integers(0, 7)) == 0 else day * DAY + draw(st.sampled_from(CLOCK))
    return {"day": day, "minute": minute, "end_day": None, "end_minute": None}


def until(start: int, end: int) -> Row:
    """A timed interval."""
    return {"day": start // DAY, "minute": start, "end_day": end // DAY, "end_minute": end}


@st.composite
def interval(draw: st.DrawFn, first: int, last: int) -> Row:
    """A point that has no end, a timed end, or (more seldom) the day of its end only."""
    when = draw(point(first, last))
    kind = draw(st.sampled_from(["open", "open", "timed", "timed", "timed", "day"]))
    if kind == "timed" and when["minute"] is not None:
        return until(when["minute"], when["minute"] + draw(st.sampled_from(DURATIONS)))
    if kind == "day":
        return when | {"end_day": when["day"] + draw(st.integers(1, 2))}
    return when


# -- rows -------------------------------------------------------------------------------------------------------------


def measurement(variable: str, value: float, when: Row, uln: float | None = None, lln: float | None = None) -> Row:
    return {"variable": variable, "value": value, "uln": uln, "lln": lln, **when}


def state(variable: str, what: str | None, when: Row) -> Row:
    return {"variable": variable, "state": what, "device": None, "flow": None, "fio2": None, "indication": None, **when}


def drug(name: str, kind: str, when: Row) -> Row:
    return {"drug": name, "kind": kind, "rate": None, "rate_unit": None, "status": "given", "indication": None, **when}


def event(name: str, when: Row, text: str | None = None, value: float | None = None) -> Row:
    return {"event": name, "text": text, "value": value, "attribution": None, **when}


@st.composite
def measured(draw: st.DrawFn, variable: str, values: tuple[float, ...], first: int, last: int, most: int) -> list[Row]:
    """A few readings of one variable."""
    count = draw(st.integers(0, most))
    return [measurement(variable, draw(st.sampled_from(values)), draw(point(first, last))) for _ in range(count)]


@st.composite
def infusion(draw: st.DrawFn, agent: str, last: int) -> list[Row]:
    """The segments of one agent: a chain with small gaps, or one row without times."""
    rows = []
    shape = draw(st.sampled_from(["chain", "chain", "chain", "open", "interval"]))
    if shape == "chain":
        start = draw(st.integers(-1, last)) * DAY + draw(st.sampled_from([600, 600, 600, 615, 660, 780, 1380, 1425]))
        for _ in range(draw(st.integers(1, 3))):
            if start // DAY > last:
                break
            end = start + draw(st.sampled_from(DURATIONS))
            rows.append(drug(agent, "infusion", until(start, end)))
            start = end + draw(st.sampled_from(GAPS))
    elif shape == "open":
        times = draw(st.lists(point(0, last), min_size=1, max_size=2))
        rows = [drug(agent, "infusion", when) for when in times]
    else:
        rows.append(drug(agent, "infusion", draw(interval(0, last))))
    rate, unit = draw(st.sampled_from(RATES[agent]))
    for row in rows:
        if draw(st.integers(0, 2)) == 0:
            rate, unit = draw(st.sampled_from(RATES[agent]))
        row["rate"], row["rate_unit"] = rate, unit
        row["status"] = draw(st.sampled_from([*["given"] * 12, "ordered", "held"]))
        row["indication"] = draw(st.sampled_from([*[None] * 10, "hypotension", "anesthesia", "operation"]))
        row["kind"] = draw(st.sampled_from([*["infusion"] * 14, "dose", "interval total"]))
    return rows


@st.composite
def vasopressors(draw: st.DrawFn, last: int) -> list[Row]:
    """None, one, or up to three agents."""
    agents = draw(st.lists(st.sampled_from(AGENTS), max_size=3))
    return [row for agent in agents for row in draw(infusion(agent, last))]


@st.composite
def oxygen(draw: st.DrawFn, last: int) -> list[Row]:
    """A few rows of oxygen, with a device, flow, FiO2 and indication that belong together."""
    rows = []
    for _ in range(draw(st.integers(0, 3))):
        row = state("oxygen", None, draw(interval(0, last)))
        row["device"] = draw(st.sampled_from(DEVICES))
        if row["device"] in VENTILATED:
            row["indication"] = draw(st.sampled_from(["hypoxia", None, None, "home", "airway_protection", "procedure"]))
            row["fio2"] = draw(st.sampled_from([None, 25.0, 39.0, 40.0]))
        elif row["device"] != "room_air":
            row["flow"] = draw(st.sampled_from([*FLOWS, 0.0] if row["device"] == "nasal_cannula" else FLOWS))
            row["fio2"] = draw(st.sampled_from([None, None, None, None, 39.0, 40.0]))
            row["indication"] = draw(st.sampled_from([None, None, None, None, "hypoxia", "home"]))
        rows.append(row)
    return rows


@st.composite
def crs_rows(draw: st.DrawFn, last: int) -> Patient:
    """What CRS is graded from, without organ toxicity."""
    measurements = []
    for day in range(last + 1):
        # Most days have a temperature and a pressure, or nothing would ever be clear.
        here = {"day": day, "end_day": None, "end_minute": None}
        for variable, values in (("temperature", TEMPERATURES), ("sbp", SYSTOLIC)):
            if draw(st.integers(0, 3)):
                clock = draw(st.sampled_from([None, *CLOCK]))
                when = here | {"minute": None if clock is None else day * DAY + clock}
                measurements.append(measurement(variable, draw(st.sampled_from(values)), when))
    measurements += draw(measured("temperature", TEMPERATURES, 0, last, 1))
    measurements += draw(measured("sbp", SYSTOLIC, 0, last, 3))
    measurements += draw(measured("sbp", SYSTOLIC_BEFORE, -2, -2, 1))
    measurements += draw(measured("map", MEAN_PRESSURE, 0, last, 2))
    measurements += draw(measured("o2_flow", (0.0, 2.0, 6.0, 6.1, 7.0), 0, last, 1))
    measurements += draw(measured("fio2", (21.0, 39.0, 40.0), 0, last, 1))
    measurements += draw(measured("spo2", (91.0, 91.9, 92.0, 97.0), -1, last, 2))
    measurements += draw(measured("weight", (50.0, 60.0), -3, -3, 1))
    drugs = draw(vasopressors(last))
    for name in draw(st.lists(st.sampled_from(WAIVERS), max_size=2)):
        drugs.append(drug(name, "dose", draw(point(-1, last))))
    for name in ("fresh frozen plasma", "cryoprecipitate"):
        if draw(st.integers(0, 9)) == 0:
            drugs.append(drug(name, "dose", draw(point(0, last))))
    happened = ("fever_other_cause", "fluid_bolus", "fluid_bolus", "care_for_crs", "cardiac_arrest")
    names = [name for name in happened if draw(st.integers(0, 7)) == 0]
    events = [event(name, draw(point(0, last))) for name in names]
    states = draw(oxygen(last))
    if draw(st.integers(0, 9)) == 0:
        support = draw(st.sampled_from(["mechanical", "none"]))
        states.append(state("circulatory_support", support, draw(interval(0, last))))
    return {"measurements": measurements, "states": states, "drugs": drugs, "events": events}


@st.composite
def sedation_rows(draw: st.DrawFn, last: int) -> Patient:
    """Sedation by state or by infusion, sometimes; or intensive care: ventilation, propofol and norepinephrine."""
    states: list[Row] = []
    drugs: list[Row] = []
    if draw(st.integers(0, 2)) == 0:
        start = draw(st.integers(0, last)) * DAY + 600
        ventilation = state("oxygen", None, until(start, start + draw(st.sampled_from(DURATIONS))))
        indication = draw(st.sampled_from(["hypoxia", None, "airway_protection"]))
        states.append(ventilation | {"device": "invasive_ventilation", "indication": indication})
        drugs.append(drug("propofol", "infusion", until(start, start + 240)))
        agents = draw(st.sampled_from([["norepinephrine"], ["norepinephrine", "epinephrine"]]))
        drugs += [drug(name, "infusion", until(start, start + 240)) | {"rate": 25.0} for name in agents]
        drugs = [row | {"rate_unit": "ug/min"} for row in drugs]
    if draw(st.integers(0, 2)) == 0:
        states.append(state("sedation", draw(st.sampled_from(["yes", "yes", "no"])), draw(interval(0, last))))
    if draw(st.integers(0, 2)) == 0:
        drugs += draw(infusion(draw(st.sampled_from(["propofol", "midazolam"])), last))
    return {"measurements": [], "states": states, "drugs": drugs, "events": []}


@st.composite
def neuro_rows(draw: st.DrawFn, last: int) -> Patient:
    """What neurotoxicity is graded from."""
    measurements = draw(measured("ice", ICE, 0, last, 3))
    measurements += draw(measured("ice", ICE, -1, -1, 1))
    measurements += draw(measured("cartox10", ICE, 0, last, 3))
    measurements += draw(measured("capd", CAPD, 0, last, 2))
    measurements += draw(measured("rass", (-5.0, -4.0, -3.0, -2.0, -1.0, 0.0, 2.0), 0, last, 2))
    measurements += draw(measured("gcs_eye", (1.0, 2.0, 3.0, 4.0), 0, last, 1))
    measurements += draw(measured("papilledema_stage", (0.0, 1.0, 2.0, 3.0), 0, last, 1))
    measurements += draw(measured("csf_opening_pressure", (15.0, 19.9, 20.0, 25.0), 0, last, 1))
    states: list[Row] = []
    for variable, values, most in (
        ("consciousness", CONSCIOUSNESS, 2),
        ("avpu", ["alert", "voice", "pain", "unresponsive"], 1),
        ("cognition", ["unable", "unable", "able"], 1),
        ("motor", MOTOR, 1),
        ("intracranial", INTRACRANIAL, 2),
    ):
        charted = draw(st.lists(st.sampled_from(values), max_size=most))
        states += [state(variable, what, draw(point(0, last))) for what in charted]
    if draw(st.integers(0, 5)) == 0:
        states.append(state("developmental_delay", "yes", draw(point(-1, -1))))
    events = []
    if draw(st.integers(0, 2)) == 0:
        minutes = draw(st.sampled_from([1.0, 1.0, 4.9, 5.0, 5.1, None]))
        events.append(event("seizure", draw(point(0, last)), draw(st.sampled_from(SEIZURES)), minutes))
    return {"measurements": measurements, "states": states, "drugs": [], "events": events}


@st.composite
def organ_rows(draw: st.DrawFn, last: int) -> Patient:
    """Laboratory results, urine collections, and organ toxicity that a clinician graded."""
    measurements = []
    for variable, limit in LIMITS.items():
        if draw(st.integers(0, 2)) == 0 and variable in ("alp", "ggt", "inr", "aptt"):
            continue
        known = draw(st.sampled_from([limit, limit, limit, None]))
        uln, lln = (None, known) if variable == "fibrinogen" else (known, None)
        for first, final in ((-2, -2), (0, last), (0, last)):
            if draw(st.booleans()):
                value = limit * draw(st.sampled_from(MULTIPLES[variable]))
                measurements.append(measurement(variable, value, draw(point(first, final)), uln, lln))
    if draw(st.booleans()):
        day = draw(st.integers(0, last))
        start, hours, value = draw(st.sampled_from(COLLECTIONS))
        start += day * DAY
        measurements.append(measurement("urine_output", value, until(start, start + hours * 60)))
    events = []
    for _ in range(draw(st.integers(0, 2))):
        organ = draw(st.sampled_from(["cardiac", "skin", "dic", "gi", "fever", "hypoxia", "hepatic", "delirium"]))
        grade = draw(st.sampled_from([1.0, 2.0, 3.0, 4.0]))
        events.append(event("organ_toxicity", draw(point(0, last)), organ, grade))
    return {"measurements": measurements, "states": [], "drugs": [], "events": events}


@st.composite
def coverage(draw: st.DrawFn) -> list[Row]:
    """Everything complete, or a promise for some domains and some days; sometimes a promise is taken back."""
    domains = ("drugs", "oxygen", "neuro", "events")
    rows: list[Row] = []
    if draw(st.booleans()):
        rows = [{"domain": name, "complete": True, "day": None, "end_day": None} for name in domains]
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.sampled_from([None, None, -1, 0, 1, 2]))
        end = draw(st.sampled_from([None, None, 3, 4]))
        complete = draw(st.sampled_from([True, True, True, False]))
        name = draw(st.sampled_from([*domains, "drugs", "vasopressors", "vitals", "labs"]))
        rows.append({"domain": name, "complete": complete, "day": start, "end_day": end})
    return [row | {"minute": None, "end_minute": None} for row in rows]


# -- a patient --------------------------------------------------------------------------------------------------------

THEMES: dict[str, list[str]] = {"crs": ["crs"], "sedated crs": ["crs", "sedation"], "organs": ["crs", "organs"]}
THEMES |= {"neuro": ["neuro"], "sedated neuro": ["neuro", "sedation"], "all": ["crs", "sedation", "neuro", "organs"]}


@st.composite
def patients(draw: st.DrawFn, theme: str | None = None) -> Patient:
    """One random patient-course; without a theme, of a random one."""
    theme = draw(st.sampled_from(sorted(THEMES))) if theme is None else theme
    last = draw(st.integers(0, 4))
    person: Row = {"age": draw(st.sampled_from(AGES)), "weight_kg": draw(st.sampled_from(WEIGHTS))}
    person["infusion_minute"] = draw(st.sampled_from([None, 600]))
    patient: Patient = {
        "patient": person,
        "last_day": last,
        "measurements": [],
        "states": [],
        "drugs": [],
        "events": [],
        "coverage": draw(coverage()),
    }
    makers = {"crs": crs_rows, "sedation": sedation_rows, "neuro": neuro_rows, "organs": organ_rows}
    for part in THEMES[theme]:
        for table, rows in draw(makers[part](last)).items():
            patient[table] += rows
    if draw(st.integers(0, 19)) == 0:
        cause = draw(st.sampled_from(["CRS", "ICANS", "relapse", None]))
        when: Row = {"day": last, "minute": None, "end_day": None, "end_minute": None}
        patient["events"].append(event("death", when, cause))
    return patient


def tables(patient: Patient, patient_id: str) -> dict[str, list[Row]]:
    """The rows of one patient in each of the six record tables, with every column."""
    person = patient["patient"]
    day0 = None
    if person["infusion_minute"] is not None:
        day0 = datetime(2024, 1, 10) + timedelta(minutes=person["infusion_minute"])
    described: Row = {"age": person["age"], "weight_kg": person["weight_kg"], "day0": day0, "day0_kind": "infusion"}
    described |= {"last_contact_day": patient["last_day"], "last_contact_precision": "day"}
    found: dict[str, list[Row]] = {"patients": [described]}
    for name in ("measurements", "states", "drugs", "events", "coverage"):
        found[name] = []
        for row in patient[name]:
            precision = "minute" if row["minute"] is not None else "none" if row["day"] is None else "day"
            found[name].append(row | {"time_precision": precision} | ({"per_kg": False} if name == "drugs" else {}))
    number = 0
    for name, rows in found.items():
        for place, row in enumerate(rows):
            number += 1
            identity = {"patient_id": patient_id, "course_id": 1, "source": f"t.csv:{number}"}
            rows[place] = dict.fromkeys(TABLES[name].schema.names) | row | identity
    return found
