"""Episodes of CRS and the signs that count in them (ASTCT), slow and obvious (docs/grading.md)."""

from typing import Any

from reference_oxygen import last_minutes
from reference_pressors import given_on, leaves_vasopressin_out, low_readings, overlaps, untimed_on
from reference_timeline import (
    DAY,
    DRUG_CLASS,
    Answer,
    Patient,
    Row,
    at_least,
    both,
    covered,
    either,
    readings,
    touches,
)

Options = dict[str, Any]
Days = dict[int, dict[str, Any]]

PAUSE_MINUTES = 6 * 60
ANTICYTOKINE = ("anti-IL6", "anti-IL6R", "IL1RA", "anti-IL1b", "anti-IFNg", "JAK1/2", "steroid")
SIGNS = (
    "hypotension",
    "vasopressor",
    "two_vasopressors_besides_vasopressin",
    "oxygen",
    "oxygen_above_low_flow",
    "positive_pressure",
)


# -- the episode ------------------------------------------------------------------------------------------------------


def is_clear(found: dict[str, Any]) -> bool:
    """Recorded absence of fever, hypotension, vasopressor and oxygen."""
    return all(found[name] is False for name in ("fever", "hypotension", "vasopressor", "oxygen"))


def is_closed(days: Days, day: int, options: Options) -> bool:
    """The day is the last of 1, 2 or 3 clear days in a row."""
    needed: int = options["episode_gap_hours"] // 24
    in_a_row = [when for when in range(day - needed + 1, day + 1) if when in days and is_clear(days[when])]
    return len(in_a_row) == needed


def first_day_after_closure(days: Days, day: int, options: Options) -> int:
    """The day after the last closed day before this one; day 0 where there is none."""
    first = 0
    for earlier in range(day):
        if is_closed(days, earlier, options):
            first = earlier + 1
    return first


def episode_open(days: Days, day: int, options: Options) -> Answer:
    """True if there was fever since the last closed day; unknown if there may have been; else false."""
    first = first_day_after_closure(days, day, options)
    return either(*[days[when]["fever"] for when in range(first, day + 1)])


def first_fever_day(days: Days, day: int, options: Options) -> int | None:
    for when in range(first_day_after_closure(days, day, options), day + 1):
        if days[when]["fever"] is True:
            return when
    return None


def vasopressor_for_24_hours(given: dict[str, dict[str, Any]], days: Days, day: int, options: Options) -> Answer:
    """24 hours of vasopressors since the episode began, pauses of up to 6 hours counted; on a day of a vasopressor."""
    if days[day]["vasopressor"] is not True:
        return False if days[day]["vasopressor"] is False else None
    first = first_day_after_closure(days, day, options)
    minutes: set[int] = set()
    spans = sorted(run for infusion in given.values() for run in infusion["runs"])
    reached = None
    for start, end in spans:
        paused = reached is not None and start - reached <= PAUSE_MINUTES
        begin = min(start, reached) if paused and reached is not None else start
        minutes.update(range(max(begin, first * DAY), min(end, (day + 1) * DAY)))
        reached = end if reached is None else max(reached, end)
    if len(minutes) >= 24 * 60:
        return True
    for when in range(first, day + 1):
        if days[when]["vasopressor"] is None or any(untimed_on(infusion, when) for infusion in given.values()):
            return None
    return False


# -- drugs that waive fever -------------------------------------------------------------------------------------------


def is_anticytokine(row: Row) -> bool:
    return DRUG_CLASS.get(row["drug"]) in ANTICYTOKINE and row["status"] in ("given", None)


def is_waiver_drug(row: Row, options: Options) -> bool:
    if is_anticytokine(row):
        return True
    if options["waiver_drugs"] == "anticytokine":
        return False
    return DRUG_CLASS.get(row["drug"]) == "antipyretic" and row["status"] in ("given", None)


def fever_minute(patient: Patient, day: int) -> int | None:
    """The first minute of fever on a day of fever; None where it has no time of day."""
    minutes = [
        row["minute"]
        for row in readings(patient, "temperature", day)
        if at_least(row["value"], 38.0) and row["minute"] is not None
    ]
    return min(minutes) if minutes else None


def moments_given(row: Row) -> list[Row]:
    """Each day of an infusion or interval: its start, then the first minute of each further day; totals untimed."""
    last = row["day"]
    if row["end_minute"] is not None:
        last = max(last, (row["end_minute"] - 1) // DAY)
    elif row["end_day"] is not None:
        last = max(last, row["end_day"] - 1)
    found = []
    for day in range(row["day"], last + 1):
        minute = row["minute"] if day == row["day"] else day * DAY
        if row["minute"] is None or row["kind"] == "interval total":
            minute = None
        found.append({**row, "day": day, "minute": minute})
    return found


def waiver_drugs(patient: Patient, fever_day: int, day: int, options: Options) -> list[Row]:
    """Waiver drugs given at or after the first fever, up to this day."""
    first = fever_minute(patient, fever_day)
    found = []
    given = [each for row in patient["drugs"] if is_waiver_drug(row, options) for each in moments_given(row)]
    for row in given:
        if row["day"] > day or row["day"] < fever_day:
            continue
        if row["day"] == fever_day and row["minute"] is not None and first is not None and row["minute"] < first:
            continue  # given before the fever
        found.append(row)
    return found


# -- does a sign count ------------------------------------------------------------------------------------------------


def last_minutes_of_sign(
    patient: Patient, given: dict[str, dict[str, Any]], sign: str, day: int, options: Options
) -> list[float | None]:
    """When the sign was last there on this day, for each piece of evidence; None where it has no time."""
    end_of_day = (day + 1) * DAY
    if sign == "hypotension":
        return [row["minute"] for row in low_readings(patient, day, options) or []]
    if sign == "vasopressor":
        minutes: list[float | None] = []
        for infusion in given.values():
            if not given_on(infusion, day):
                continue
            minutes += [min(end, end_of_day) for start, end in infusion["runs"] if touches((start, end), day)]
            minutes += [None for segment in infusion["untimed"] if touches(segment["span"], day)]
        return minutes
    if sign == "two_vasopressors_besides_vasopressin":
        spans = overlaps(given, leaves_vasopressin_out(True, options), options)
        return [min(end, end_of_day) for start, end in spans if touches((start, end), day)]
    return last_minutes(patient, sign, day, options)


def still_there_after(last: list[float | None], drugs: list[Row], reading: bool) -> Answer:
    """The sign is still there after the first waiver drug of its day; a reading may be of the same minute."""
    minutes = [row["minute"] for row in drugs if row["minute"] is not None]
    first = min(minutes) - (1 if reading else 0) if minutes else None
    if first is not None and any(minute is not None and minute > first for minute in last):
        return True
    if not last or any(minute is None for minute in last) or len(minutes) < len(drugs):
        return None
    return False


def after_waiver_drug(
    patient: Patient, given: dict[str, dict[str, Any]], days: Days, sign: str, day: int, options: Options
) -> Answer:
    """The sign is there at or after the first waiver drug of the episode."""
    fever_day = first_fever_day(days, day, options)
    if fever_day is None:
        # Fever is unknown on some days: the first of them is the earliest that the first fever can have been.
        possible = [
            when
            for when in range(first_day_after_closure(days, day, options), day + 1)
            if days[when]["fever"] is not False
        ]
        if not possible:
            return None
        fever_day = possible[0]
    drugs = waiver_drugs(patient, fever_day, day, options)
    if not drugs:
        recorded = all(covered(patient, "drugs", when) for when in range(fever_day, day + 1))
        return False if recorded else None
    first_day = min(row["day"] for row in drugs)
    if first_day < day:
        return True
    last = last_minutes_of_sign(patient, given, sign, day, options) if days[day][sign] is True else []
    return still_there_after(last, drugs, reading=sign == "hypotension")


def had_prophylaxis(patient: Patient, day: int, options: Options) -> bool:
    """Option: an anticytokine drug on an earlier day (from day -1 on) also lets a sign count."""
    if options["prophylaxis_waives_fever"] != "yes":
        return False
    given = [each for row in patient["drugs"] if is_anticytokine(row) for each in moments_given(row)]
    return any(-1 <= row["day"] < day for row in given)


def sign_in_crs(
    patient: Patient, given: dict[str, dict[str, Any]], days: Days, sign: str, day: int, options: Options
) -> Answer:
    """The sign, where it counts: fever OR (open episode AND after the waiver drug)."""
    after = after_waiver_drug(patient, given, days, sign, day, options)
    in_episode = both(days[day]["episode_open"], after)
    counts = either(days[day]["fever"], in_episode, had_prophylaxis(patient, day, options))
    return both(days[day][sign], counts)
