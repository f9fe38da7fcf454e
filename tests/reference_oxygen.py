"""Oxygen and ventilation of each day, slow and obvious (docs/grading.md)."""

from math import floor
from typing import Any

from reference_timeline import (
    DAY,
    TOLERANCE,
    Answer,
    Patient,
    Row,
    Span,
    above,
    at_least,
    at_most,
    below,
    both,
    covered,
    either,
    readings,
    state_rows,
    touches,
    within,
)

Options = dict[str, Any]
Held = tuple[Row, Span]

NOT_FOR_HYPOXIA = ("airway_protection", "procedure")


# -- one row ----------------------------------------------------------------------------------------------------------


def is_room_air(row: Row) -> bool:
    """Room air, flow 0, or long-standing support at home: no oxygen."""
    if row["device"] == "room_air" or row["indication"] == "home":
        return True
    if row["device"] in ("cpap", "bipap", "invasive_ventilation"):
        return False  # a ventilator has no flow
    return row["flow"] is not None and row["flow"] <= TOLERANCE


def is_low_flow(row: Row) -> bool:
    flow = row["flow"]
    if row["device"] == "nasal_cannula":
        return flow is None or at_most(flow, 6)
    if row["device"] == "high_flow_nasal_cannula":
        return flow is not None and at_most(flow, 6)
    return bool(row["device"] == "blow_by")


def is_above_low_flow(row: Row) -> Answer:
    flow = row["flow"]
    if row["device"] == "nasal_cannula":
        return None if flow is None else above(flow, 6)
    if row["device"] == "high_flow_nasal_cannula":
        return flow is None or above(flow, 6)
    if row["device"] == "other_device":
        return None
    masks = ("simple_mask", "face_mask", "non_rebreather", "venturi_mask", "tracheostomy_mask")
    return row["device"] in masks


def is_noninvasive(row: Row) -> Answer:
    if row["device"] == "other_device":
        return None
    return row["device"] in ("cpap", "bipap")


def is_invasive(row: Row) -> Answer:
    if row["device"] == "other_device":
        return None
    return bool(row["device"] == "invasive_ventilation")


def is_positive_pressure(row: Row) -> Answer:
    return either(is_noninvasive(row), is_invasive(row))


def fio2_of(row: Row, options: Options) -> float | None:
    """FiO2 (%) set, else estimated from device and flow."""
    if row["fio2"] is not None:
        fio2: float = row["fio2"]
        return fio2
    if options["fio2_estimate"] == "none":
        return None
    device, flow = row["device"], row["flow"]
    if device == "blow_by":
        return 30.0
    if flow is None:
        return None
    if device == "nasal_cannula":
        estimate: float = 21 + 3 * flow if options["fio2_estimate"] == "three_percent" else 20 + 4 * flow
        return min(estimate, 60.0) if above(flow, 6) else estimate
    if device in ("simple_mask", "face_mask"):
        if at_most(flow, 5):
            return 40.0
        return 50.0 if below(flow, 7) else 60.0
    if device == "non_rebreather":
        litres = floor(flow + TOLERANCE)
        if litres < 6:
            return None
        return {6: 60.0, 7: 70.0, 8: 80.0, 9: 90.0}.get(litres, 95.0)
    return None


# -- one day ----------------------------------------------------------------------------------------------------------


def rows_of_day(patient: Patient, day: int) -> list[Held]:
    return [(row, span) for row, span in state_rows(patient, "oxygen") if touches(span, day)]


def is_oxygen(row: Row) -> bool:
    """Whether a row is oxygen for hypoxia."""
    return not is_room_air(row) and row["indication"] not in NOT_FOR_HYPOXIA


def saturation_below_92_off_oxygen(patient: Patient, day: int) -> bool:
    """A saturation below 92 % off oxygen, that day or the day before."""
    for when in (day - 1, day):
        spans = [span for row, span in rows_of_day(patient, when) if not is_room_air(row)]
        for reading in readings(patient, "spo2", when):
            on_oxygen = bool(spans) if reading["minute"] is None else within(reading["minute"], spans)
            if below(reading["value"], 92) and not on_oxygen:
                return True
    return False


def is_own(patient: Patient, reading: Row) -> bool:
    """Whether a measured flow or fraction is that of no home support and of no ventilation for another cause."""
    minute = reading["day"] * DAY if reading["minute"] is None else reading["minute"]
    others = []
    for row, span in state_rows(patient, "oxygen"):
        ventilated = row["device"] in ("cpap", "bipap", "invasive_ventilation")
        if row["device"] == "room_air" or (row["flow"] == 0 and not ventilated):
            continue
        if row["indication"] == "home" or row["indication"] in NOT_FOR_HYPOXIA:
            others.append(span)
    return not within(minute, others)


def no_flow(patient: Patient, day: int) -> bool:
    """Whether the highest measured flow of the day is 0."""
    values = [row["value"] for row in readings(patient, "o2_flow", day)]
    return bool(values) and max(values) == 0


def oxygen_of_day(patient: Patient, day: int, options: Options) -> dict[str, Any]:
    """All that is known of oxygen on a day.

    ``sure``: rows of oxygen; ``unsure``: rows of which it is not known whether they are oxygen;
    ``flows``: measured flows that are oxygen; ``oxygen``: the feature.
    """
    held = rows_of_day(patient, day)
    sure = [(row, span) for row, span in held if is_oxygen(row)]
    room_air = any(is_room_air(row) and row["indication"] not in NOT_FOR_HYPOXIA for row, _ in held)
    flows = [row for row in readings(patient, "o2_flow", day) if above(row["value"], 0) and is_own(patient, row)]
    # A fraction above that of air is oxygen by a device that is not named.
    fractions = [row for row in readings(patient, "fio2", day) if above(row["value"], 21) and is_own(patient, row)]
    unsure: list[Held] = []
    dropped = False
    unsure_flow = False

    low = any(is_low_flow(row) for row, _ in sure) or any(at_most(row["value"], 6) for row in flows)
    saturation_unknown = low and not saturation_below_92_off_oxygen(patient, day)
    if saturation_unknown and options["oxygen_requires_saturation"] == "yes":
        # "such oxygen is then no oxygen (`oxygen` unknown if no saturation was measured on either day)"
        low_rows = [(row, span) for row, span in sure if is_low_flow(row)]
        low_flows = [row for row in flows if at_most(row["value"], 6)]
        sure = [(row, span) for row, span in sure if not is_low_flow(row)]
        flows = [row for row in flows if above(row["value"], 6)]
        if readings(patient, "spo2", day) or readings(patient, "spo2", day - 1):
            dropped = True
        else:
            unsure = low_rows
            unsure_flow = bool(low_flows)

    oxygen: Answer
    if sure or flows or fractions:
        oxygen = True
    elif unsure or unsure_flow:
        oxygen = None
    elif room_air or no_flow(patient, day) or dropped or covered(patient, "oxygen", day):
        oxygen = False
    else:
        oxygen = None
    return {
        "oxygen": oxygen,
        "sure": sure,
        "unsure": unsure,
        "flows": flows,
        "fractions": fractions,
        "saturation_unknown": saturation_unknown,
    }


def as_in_the_table(found: dict[str, Any], answers: list[Answer], measured: bool = False) -> Answer:
    """True as in the table, or measured; else by what is known of the oxygen of the day."""
    if measured or any(answer is True for answer in answers):
        return True
    if found["oxygen"] is False:
        return False
    if found["oxygen"] is None or any(answer is None for answer in answers):
        return None
    if not found["sure"]:  # oxygen is known from a measured flow alone
        return None
    return False


def fio2_from_40(found: dict[str, Any], options: Options) -> Answer:
    """A row's FiO2 (set, else estimated) or a measured FiO2 of the day >= 40 %."""
    set_or_estimated = [fio2_of(row, options) for row, _ in found["sure"]]
    measured = [row["value"] for row in found["fractions"]]
    if any(value is not None and at_least(value, 40) for value in set_or_estimated + measured):
        return True
    if found["oxygen"] is False or measured:
        return False
    if found["oxygen"] is None:
        return None
    unsure = [fio2_of(row, options) for row, _ in found["unsure"]]
    if any(value is None or at_least(value, 40) for value in unsure):
        return None
    if set_or_estimated and all(value is not None for value in set_or_estimated):
        return False
    return None


def oxygen_features(patient: Patient, day: int, options: Options) -> dict[str, Any]:
    """The features of oxygen of a day, and the flags."""
    found = oxygen_of_day(patient, day, options)
    sure = [row for row, _ in found["sure"]]
    held = rows_of_day(patient, day)
    above_6 = any(above(row["value"], 6) for row in found["flows"])
    not_for_hypoxia: list[Answer] = [is_invasive(row) for row in sure if row["device"] == "other_device"]
    for row, _ in held:
        if row["indication"] in NOT_FOR_HYPOXIA and row["device"] == "invasive_ventilation" and not is_room_air(row):
            not_for_hypoxia.append(True)
    return {
        "oxygen": found["oxygen"],
        "oxygen_above_low_flow": as_in_the_table(found, [is_above_low_flow(row) for row in sure], above_6),
        "positive_pressure": as_in_the_table(found, [is_positive_pressure(row) for row in sure]),
        "noninvasive_positive_pressure": as_in_the_table(found, [is_noninvasive(row) for row in sure]),
        "invasive_ventilation": as_in_the_table(found, [is_invasive(row) for row in sure]),
        "ventilated_not_for_hypoxia": as_in_the_table(found, not_for_hypoxia),
        "fio2_from_40": fio2_from_40(found, options),
        "home_support": any(row["indication"] == "home" for row, _ in held),
        "saturation_unknown": found["saturation_unknown"],
        "ventilation_indication_unknown": any(
            is_positive_pressure(row) is True and not row["indication"] for row in sure
        ),
    }


def last_minutes(patient: Patient, sign: str, day: int, options: Options) -> list[float | None]:
    """The last minute on this day of each row that makes a sign of oxygen true; None where it has no time."""
    found = oxygen_of_day(patient, day, options)
    minutes: list[float | None] = []
    for row, span in found["sure"]:
        if sign == "oxygen_above_low_flow" and is_above_low_flow(row) is not True:
            continue
        if sign == "positive_pressure" and is_positive_pressure(row) is not True:
            continue
        minutes.append(None if row["minute"] is None else min(span[1], (day + 1) * DAY))
    if sign == "oxygen":
        minutes += [row["minute"] for row in found["flows"] + found["fractions"]]
    if sign == "oxygen_above_low_flow":
        minutes += [row["minute"] for row in found["flows"] if above(row["value"], 6)]
    return minutes


def intubated(found: dict[str, Any]) -> Answer:
    """Invasively ventilated, whatever for."""
    return either(found["invasive_ventilation"], found["ventilated_not_for_hypoxia"])


def vasopressor_during_sedation(found: dict[str, Any]) -> Answer:
    """That day invasively ventilated, sedated, and a vasopressor."""
    return both(intubated(found), found["sedated"], found["vasopressor"])
