"""Patients, states, drugs and events of made-up patients."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from abate.synthesis.bedside import FRACTIONS, litres
from abate.synthesis.charted import NUMBER, TEXT, WHOLE, rows, stacked
from abate.synthesis.illness import CAUSES, DAYS, Illness
from abate.synthesis.patients import DISEASES, PRODUCTS, Booleans, Integers, Numbers, Patients
from abate.synthesis.signs import signs
from abate.timeline.intervals import DAY_MINUTES

PATIENT = {
    "patient": WHOLE,
    "age": WHOLE,
    "sex": TEXT,
    "weight_kg": NUMBER,
    "height_cm": NUMBER,
    "product": TEXT,
    "disease": TEXT,
    "last_contact_day": WHOLE,
}
STATE = {
    "patient": WHOLE,
    "variable": TEXT,
    "state": TEXT,
    "flow": NUMBER,
    "fio2": NUMBER,
    "indication": TEXT,
    "minute": WHOLE,
    "end_minute": WHOLE,
}
DRUG = {
    "patient": WHOLE,
    "drug": TEXT,
    "kind": TEXT,
    "amount": NUMBER,
    "unit": TEXT,
    "rate": NUMBER,
    "rate_unit": TEXT,
    "route": TEXT,
    "minute": WHOLE,
    "end_minute": WHOLE,
}
EVENT = {"patient": WHOLE, "event": TEXT, "system": TEXT, "value": NUMBER, "text": TEXT, "day": WHOLE, "minute": WHOLE}
DEVICES = (
    *("room_air", "nasal_cannula", "venturi_mask", "high_flow_nasal_cannula", "bipap", "bipap"),
    "invasive_ventilation",
)
"""The device of each sign of oxygen."""
RATES: dict[str, dict[str, float]] = {
    "norepinephrine": {
        "one_low_dose": 5,
        "one_high_dose": 25,
        "with_vasopressin": 5,
        "two_agents": 8,
        "refractory": 25,
    },
    "epinephrine": {"two_agents": 4, "refractory": 5},
    "vasopressin": {"with_vasopressin": 0.03},
}
"""Rate of each vasopressor by sign: ug/min, of vasopressin units/min."""
CLINICIANS = {"crs_grade": "astct_crs", "icans_grade": "astct_icans"}
"""What clinicians grade, and the intended grade that they chart."""
GRADED_BY = "ASTCT 2019"
STEROID_HOURS = (20, 8, 2, 14)
"""Hours at which the doses of dexamethasone of a day are given, the first dose at the first."""


def patients(people: Patients, ill: Illness) -> pa.Table:
    """Return a row a patient."""
    return rows(
        PATIENT,
        np.ones(people.count, bool),
        np.arange(people.count),
        age=people.age,
        sex=(("female", "male"), people.male.astype(np.int64)),
        weight_kg=people.weight,
        height_cm=people.height,
        product=(PRODUCTS, people.product),
        disease=(DISEASES, people.disease),
        last_contact_day=ill.last_day,
    )


def states(people: Patients, ill: Illness) -> pa.Table:
    """Return oxygen from each change to the next; what else was found, for the day from nine o'clock on."""
    oxygen = ill.oxygen
    changed = np.ones_like(ill.fever)
    changed[:, 1:] = oxygen[:, 1:] != oxygen[:, :-1]
    everyone = np.arange(people.count)
    parts = [
        rows(
            STATE,
            changed & ill.alive,
            everyone,
            variable="oxygen",
            state=(DEVICES, oxygen),
            flow=litres(people)[everyone[:, None], oxygen],
            fio2=np.where(oxygen > 0, FRACTIONS[oxygen], np.nan),
            indication=((None, "hypoxia"), (oxygen > 0).astype(np.int64)),
            minute=_minutes(0),
        )
    ]
    for sign, (variable, state) in FINDINGS.items():
        found = ill.neuro == signs()["neuro"].number(sign)
        ends = {"minute": _minutes(9), "end_minute": _minutes(24)}
        parts.append(rows(STATE, found, everyone, variable=variable, state=state, **ends))
        if sign == "unarousable":
            parts.append(rows(STATE, found, everyone, variable="cognition", state="unable", **ends))
    return stacked(parts, "minute")


FINDINGS = {
    "voice": ("consciousness", "awakens_to_voice"),
    "tactile": ("consciousness", "awakens_to_tactile"),
    "focal_edema": ("intracranial", "focal_edema"),
    "unarousable": ("consciousness", "unarousable"),
    "hemiparesis": ("motor", "hemiparesis"),
    "diffuse_edema": ("intracranial", "diffuse_edema"),
}
"""What is charted of each sign beside its score."""


def drugs(people: Patients, ill: Illness) -> pa.Table:
    """Return doses and infusions; half of the patients have rates by weight."""
    everyone = np.arange(people.count)
    dose = {"kind": "dose", "unit": "mg"}
    milligrams = np.minimum(800, np.rint(8 * people.weight))[:, None]
    before, thrice = np.array([[-5, -4, -3]]) * DAY_MINUTES + 600, np.ones((people.count, 3), bool)
    parts = []
    for drug, per_area in (("fludarabine", 30), ("cyclophosphamide", 500)):
        by_area = np.rint(per_area * surface(people))[:, None]
        parts.append(rows(DRUG, thrice, everyone, drug=drug, amount=by_area, route="IV", minute=before, **dose))
    for drug, given, amount, route in (
        ("acetaminophen", ill.acetaminophen, 1000.0, "oral"),
        ("tocilizumab", ill.tocilizumab, milligrams, "IV"),
    ):
        # After the first fever of the day, which comes at noon.
        place = {"drug": drug, "amount": amount, "route": route, "minute": _minutes(20)}
        parts.append(rows(DRUG, (given > 0), everyone, **place, **dose))
    for position, hour in enumerate(STEROID_HOURS):
        place = {"drug": "dexamethasone", "amount": 10.0, "route": "IV", "minute": _minutes(hour)}
        parts.append(rows(DRUG, (ill.dexamethasone > position), everyone, **place, **dose))
    for position, hour in enumerate((21, 9)):
        place = {"drug": "anakinra", "amount": 100.0, "route": "subcutaneous", "minute": _minutes(hour)}
        parts.append(rows(DRUG, (ill.anakinra > position), everyone, **place, **dose))
    parts += [_infusion(people, ill, drug) for drug in RATES]
    return stacked(parts, "minute")


def surface(people: Patients) -> Numbers:
    """Return the body surface in square metres (Mosteller)."""
    return np.sqrt(people.weight * people.height / 3600)


def by_weight(people: Patients) -> Booleans:
    """Return whose vasopressors are charted by weight."""
    return people.variants[:, 11] < 0.5


def _infusion(people: Patients, ill: Illness, drug: str) -> pa.Table:
    """Return a segment a day, from the start of the first day, else from midnight, to midnight."""
    pressure = signs()["pressure"]
    rate = np.array([RATES[drug].get(name, 0.0) for name in pressure.names])[ill.pressure]
    start = np.broadcast_to(_minutes(0), rate.shape) + ill.vasopressor_start
    kilograms = by_weight(people)[:, None] & (drug != "vasopressin")
    plain = "U/min" if drug == "vasopressin" else "ug/min"
    return rows(
        DRUG,
        rate > 0,
        np.arange(people.count),
        drug=drug,
        kind="infusion",
        rate=np.where(kilograms, np.round(rate / people.weight[:, None], 4), rate),
        rate_unit=((plain, "ug/kg/min"), kilograms.astype(np.int64)),
        route="IV",
        minute=start,
        end_minute=_minutes(24),
    )


def events(people: Patients, ill: Illness, grades: Mapping[str, NDArray[np.int8]]) -> pa.Table:
    """Return boluses, seizures, clinicians' grades, HLH and deaths.

    Encephalopathy is graded on each of its days, CRS and ICANS also on the day before and after.
    """
    everyone = np.arange(people.count)
    pressure, neuro = signs()["pressure"], signs()["neuro"]
    low = ill.pressure > 0
    two = low & (ill.pressure == pressure.number("low_two_boluses"))
    day = np.arange(DAYS)[None, :]
    parts = [
        rows(EVENT, low, everyone, event="fluid_bolus", minute=_minutes(5)),
        rows(EVENT, two, everyone, event="fluid_bolus", minute=_minutes(9)),
        rows(
            EVENT,
            ill.encephalopathy > 0,
            everyone,
            event="organ_toxicity",
            text="encephalopathy",
            value=ill.encephalopathy.astype(float),
            day=day,
        ),
        rows(
            EVENT,
            (ill.death_day < DAYS)[:, None],
            everyone,
            event="death",
            text=(CAUSES, ill.cause[:, None]),
            day=ill.death_day[:, None],
        ),
        rows(
            EVENT,
            (people.hlh & (ill.last_day > people.hlh_onset))[:, None],
            everyone,
            event="hlh",
            day=people.hlh_onset[:, None] + 1,
        ),
    ]
    for sign, kind, minutes in (("focal_seizure", "focal", 2.0), ("long_seizure", "generalized", 10.0)):
        seen = ill.neuro == neuro.number(sign)
        parts.append(rows(EVENT, seen, everyone, event="seizure", text=kind, value=minutes, minute=_minutes(11)))
    for event, system in CLINICIANS.items():
        grade = grades[system]
        toxic = np.pad(grade >= 1, ((0, 0), (1, 1)))
        near = (toxic[:, 1:-1] | toxic[:, :-2] | toxic[:, 2:]) & (grade >= 0) & (grade < 5)
        parts.append(rows(EVENT, near, everyone, event=event, system=GRADED_BY, value=grade.astype(float), day=day))
    timed = stacked(parts)
    when = pc.coalesce(timed["minute"], pc.multiply(timed["day"], DAY_MINUTES))
    return stacked([timed.append_column("when", when)], "when").drop_columns(["when"])


def _minutes(hour: int) -> Integers:
    """Return the minute of an hour of each day."""
    return np.arange(DAYS)[None, :] * DAY_MINUTES + hour * 60
