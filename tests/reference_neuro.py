"""Neurological findings of each day, slow and obvious (docs/grading.md)."""

from typing import Any

from reference_pressors import like_an_infusion
from reference_timeline import (
    DAY,
    DRUG_CLASS,
    Answer,
    Patient,
    Row,
    Span,
    above,
    by_exception,
    covered,
    events,
    finding_rows,
    readings,
    segments,
    state_rows,
    time_of,
    touches,
    within,
)

Options = dict[str, Any]

RANK = {
    "alert": 0,
    "awakens_spontaneously": 1,
    "awakens_to_voice": 2,
    "awakens_to_tactile": 3,
    "vigorous_tactile": 4,
    "unarousable": 4,
}
GCS_EYE_RANK = {4: 0, 3: 2, 2: 3, 1: 4}
AVPU_RANK = {"alert": 0, "voice": 2, "pain": 3, "unresponsive": 4}
TO_VOICE = 2
SCORES = ("ice", "cartox10", "capd")
SEIZURES = ("focal", "generalized", "nonconvulsive", "nonconvulsive_refractory", "repetitive", "status")
INTRACRANIAL = ("focal_edema", "diffuse_edema", "papilledema", "cn6_palsy", "cushing_triad", "posturing")


# -- sedation ---------------------------------------------------------------------------------------------------------


def sedation_spans(patient: Patient) -> list[Span]:
    """When the patient was under sedatives: state `sedation` = yes, or an infusion of a sedative."""
    spans = [span for row, span in state_rows(patient, "sedation") if row["state"] == "yes"]
    by_agent: dict[str, list[Row]] = {}
    for row in patient["drugs"]:
        as_infusion = like_an_infusion(row)
        if DRUG_CLASS.get(row["drug"]) == "sedative" and as_infusion is not None and row["status"] in ("given", None):
            by_agent.setdefault(row["drug"], []).append(as_infusion)
    for rows in by_agent.values():
        spans += [segment["span"] for segment in segments(patient, rows)]
    return spans


def sedated(patient: Patient, day: int) -> Answer:
    """By exception in `drugs`; false where the state says no."""
    if any(touches(span, day) for span in sedation_spans(patient)):
        return True
    if any(row["state"] == "no" and touches(span, day) for row, span in state_rows(patient, "sedation")):
        return False
    return by_exception(False, covered(patient, "drugs", day))


def is_valid(patient: Patient, row: Row) -> bool:
    """A finding charted within sedation, or untimed on a day of sedation, is not valid."""
    spans = sedation_spans(patient)
    if row["minute"] is None:
        return not any(touches(span, row["day"]) for span in spans)
    return not within(row["minute"], spans)


def is_fresh(patient: Patient, row: Row, day: int) -> bool:
    """On a day of sedation only the findings begun that day stand."""
    return row["day"] == day or sedated(patient, day) is not True


# -- consciousness ----------------------------------------------------------------------------------------------------


def rank_of_rass(value: float, options: Options) -> int | None:
    option = options["consciousness_from_scales"]
    if option == "rass_from_minus_4" and value >= -3:
        return None
    if value <= -5:
        return 4
    if value <= -4:
        return 3
    if value <= -2:
        return TO_VOICE
    if value <= -1 and option == "rass_from_minus_1":
        return TO_VOICE
    return 0


def at_night(row: Row) -> bool:
    """Between 22:00 and 06:00."""
    if row["minute"] is None:
        return False
    minute = row["minute"] % DAY
    return bool(minute >= 22 * 60 or minute < 6 * 60)


def consciousness_from_scales(patient: Patient, day: int, options: Options) -> int | None:
    """The worst of RASS, GCS eye and AVPU; a reading that says `to voice` at night is left out."""
    if options["consciousness_from_scales"] == "none":
        return None
    rass = [(row, rank_of_rass(row["value"], options)) for row in readings(patient, "rass", day)]
    eye = [(row, GCS_EYE_RANK.get(int(row["value"]))) for row in readings(patient, "gcs_eye", day)]
    avpu = [
        (row, AVPU_RANK.get(row["state"])) for row in finding_rows(patient, "avpu", day) if is_fresh(patient, row, day)
    ]
    worst = None
    for row, rank in rass + eye + avpu:
        if rank is None or not is_valid(patient, row):
            continue
        if rank == TO_VOICE and at_night(row):
            continue
        worst = rank if worst is None else max(worst, rank)
    return worst


def consciousness(patient: Patient, day: int, options: Options) -> int | None:
    """The worst valid finding of the day; where none is charted, from the scales."""
    rows = [
        row
        for row in finding_rows(patient, "consciousness", day)
        if row["state"] in RANK and is_valid(patient, row) and is_fresh(patient, row, day)
    ]
    today = [RANK[row["state"]] for row in rows if row["day"] == day]
    if today:
        return max(today)
    # What was charted on an earlier day still holds, but hides nothing that is worse today.
    ranks: list[int] = [RANK[row["state"]] for row in rows]
    scales = consciousness_from_scales(patient, day, options)
    if scales is not None:
        ranks.append(scales)
    return max(ranks) if ranks else None


# -- scores -----------------------------------------------------------------------------------------------------------


def score(patient: Patient, name: str, day: int) -> float | None:
    """The lowest (CAPD: highest) valid score charted on the day."""
    values: list[float] = [row["value"] for row in readings(patient, name, day) if is_valid(patient, row)]
    if not values:
        return None
    return max(values) if name == "capd" else min(values)


def charted_unable(patient: Patient, day: int) -> Answer:
    """Cannot perform the test; false with any valid score; unknown where nothing says so."""
    if any(score(patient, name, day) is not None for name in SCORES):
        return False
    rows = [
        row for row in finding_rows(patient, "cognition", day) if is_valid(patient, row) and is_fresh(patient, row, day)
    ]
    if any(row["state"] == "unable" for row in rows):
        return True
    if any(row["state"] == "able" for row in rows):
        return False
    return None


def baseline_ice(patient: Patient) -> float | None:
    """The last valid ICE before day 0."""
    rows = [
        row
        for row in patient["measurements"]
        if row["variable"] == "ice" and row["value"] is not None and row["day"] < 0
    ]
    rows = [row for row in rows if is_valid(patient, row)]
    if not rows:
        return None
    last: float = max(rows, key=time_of)["value"]
    return last


def ice_points(patient: Patient, value: float | None, options: Options) -> float | None:
    """The score, or under `delta` 10 minus the fall from the last ICE before day 0."""
    baseline = baseline_ice(patient)
    if value is None or options["ice_scoring"] == "absolute" or baseline is None:
        return value
    return 10 - (baseline - value)


def scores_and_consciousness(patient: Patient, day: int, options: Options) -> dict[str, Any]:
    """Consciousness, scores, `unable`, and whether the day is `not_assessable`."""
    found: dict[str, Any] = {name: score(patient, name, day) for name in SCORES}
    found["consciousness"] = consciousness(patient, day, options)
    found["unable"] = charted_unable(patient, day)
    scored = any(found[name] is not None for name in SCORES)
    nothing = all(found[name] is None for name in (*SCORES, "consciousness", "unable"))
    found["sedated"] = sedated(patient, day)
    found["not_assessable"] = found["sedated"] is True and nothing
    if found["not_assessable"]:
        # The last valid ones of an earlier day stand.
        for earlier in range(day - 1, -1, -1):
            for name in SCORES:
                if found[name] is None:
                    found[name] = score(patient, name, earlier)
            if found["consciousness"] is None:
                found["consciousness"] = consciousness(patient, earlier, options)
            if found["unable"] is None:
                found["unable"] = charted_unable(patient, earlier)
    elif options["score_carry_hours"] == 24 and day > 0:
        for name in SCORES:
            if found[name] is None:
                found[name] = score(patient, name, day - 1)
    found["ice"] = ice_points(patient, found["ice"], options)
    if found["unable"] is True:
        found["ice"] = 0.0
    if found["unable"] is None:
        found["unable"] = by_exception(False, covered(patient, "neuro", day))
    if found["consciousness"] is None and scored and covered(patient, "neuro", day):
        found["consciousness"] = 0  # tested, and every finding is charted: alert
    return found


def uses_capd(patient: Patient, day: int, ice: float | None, options: Options) -> bool:
    """ICE from 12 y, CAPD under 12 y (or developmental delay and no ICE); age unknown: ICE."""
    age = patient["patient"]["age"]
    if age is not None and age < (13 if options["capd_age"] == "through_12" else 12):
        return True
    delayed = any(
        row["state"] == "yes" and touches(span, day) for row, span in state_rows(patient, "developmental_delay")
    )
    return delayed and ice is None


def is_under_capd_age(patient: Patient, options: Options) -> bool:
    """CRES: CARTOX-10 from 12 y or age unknown."""
    age = patient["patient"]["age"]
    return age is not None and age < (13 if options["capd_age"] == "through_12" else 12)


# -- seizures, weakness, pressure -------------------------------------------------------------------------------------


def duration(row: Row) -> float | None:
    """The minutes of a seizure: as recorded, else from its start to its end."""
    if row["value"] is not None:
        return float(row["value"])
    if row["minute"] is None or row["end_minute"] is None:
        return None
    return float(row["end_minute"] - row["minute"])


def seizures(patient: Patient, day: int) -> dict[str, Answer]:
    """One feature for each kind, and `seizure_prolonged` (over 5 min)."""
    rows = [row for row in events(patient, "seizure", day) if row["attribution"] != "excluded"]
    complete = covered(patient, "neuro", day)
    found = {f"seizure_{kind}": by_exception(any(row["text"] == kind for row in rows), complete) for kind in SEIZURES}
    minutes = [duration(row) for row in rows]
    if any(value is not None and above(value, 5) for value in minutes):
        found["seizure_prolonged"] = True
    elif any(value is None for value in minutes):
        found["seizure_prolonged"] = None  # how long it lasted was not recorded
    else:
        found["seizure_prolonged"] = by_exception(False, complete)
    return found


def motor(patient: Patient, day: int) -> dict[str, Answer]:
    """`weakness` of any kind, and `deep_focal_weakness`."""
    states = [row["state"] for row in finding_rows(patient, "motor", day)]
    absent = covered(patient, "neuro", day) or bool(states)
    deep = "hemiparesis" in states or "paraparesis" in states
    return {
        "weakness": by_exception(deep or "mild_weakness" in states, absent),
        "deep_focal_weakness": by_exception(deep, absent),
    }


def intracranial(patient: Patient, day: int) -> dict[str, Any]:
    """One feature for each finding; the stage of papilledema and the opening pressure, highest of the day."""
    states = [row["state"] for row in finding_rows(patient, "intracranial", day)]
    absent = covered(patient, "neuro", day) or "none" in states
    found: dict[str, Any] = {name: by_exception(name in states, absent) for name in INTRACRANIAL}
    for name in ("papilledema_stage", "csf_opening_pressure"):
        values = [row["value"] for row in readings(patient, name, day)]
        found[name] = max(values) if values else None
    found["neuro_covered"] = covered(patient, "neuro", day)
    return found
