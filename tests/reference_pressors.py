"""Fever, blood pressure and vasopressors of each day, slow and obvious (docs/grading.md)."""

from itertools import pairwise
from math import floor
from typing import Any

from reference_timeline import (
    DAY,
    DRUG_CLASS,
    Answer,
    Patient,
    Row,
    Span,
    at_least,
    at_most,
    below,
    both,
    by_exception,
    covered,
    either,
    events,
    last_before_day_0,
    readings,
    segments,
    state_rows,
    time_of,
    touches,
)

Options = dict[str, Any]

PERIOPERATIVE = ("anesthesia", "anaesthesia", "procedure", "operation")
GAP_MINUTES = 15
SHORTEST_RUN_MINUTES = 15
HIGH_DOSE_MINUTES = 180

# -- fever and blood pressure -----------------------------------------------------------------------------------------


def fever(patient: Patient, day: int) -> Answer:
    """Highest temperature of the day >= 38.0; false on days of another cause; unknown without a reading."""
    if events(patient, "fever_other_cause", day):
        return False
    rows = readings(patient, "temperature", day)
    if not rows:
        return None
    return at_least(max(row["value"] for row in rows), 38.0)


def systolic_limit(age: float | None) -> float:
    """Systolic pressure (mmHg) below which a reading is low."""
    if age is None or age > 10:
        return 90.0
    if age >= 1:
        return 70.0 + 2 * floor(age)
    if age >= 1 / 12:
        return 70.0
    return 60.0


def low_readings(patient: Patient, day: int, options: Options) -> list[Row] | None:
    """The low readings of the day; None where it is not known which are low."""
    age = patient["patient"]["age"]
    if options["hypotension_definition"] == "map_65" and (age is None or age >= 18):
        rows = readings(patient, "map", day)
        low = [row for row in rows if below(row["value"], 65.0)]
    elif options["hypotension_definition"] == "fall_30":
        rows = readings(patient, "sbp", day)
        baseline = last_before_day_0(patient, "sbp", options["baseline_window_days"])
        if baseline is None:
            return None
        low = [row for row in rows if at_most(row["value"], 0.7 * baseline["value"])]
    else:
        rows = readings(patient, "sbp", day)
        low = [row for row in rows if below(row["value"], systolic_limit(age))]
    if not rows:
        return None
    return low


def hypotension(patient: Patient, day: int, vasopressor: Answer, options: Options) -> Answer:
    """A low reading that day; false if measured and none was low."""
    low = low_readings(patient, day, options)
    if low is None:
        return None
    if not low:
        return False
    if options["hypotension_readings"] == "two":
        minutes = [row["minute"] for row in low if row["minute"] is not None]
        if minutes and max(minutes) - min(minutes) >= 30:
            return True
        return False if len(minutes) == len(low) or len(low) == 1 else None
    if options["hypotension_readings"] == "treated":
        fluid = by_exception(bool(events(patient, "fluid_bolus", day)), covered(patient, "events", day))
        return either(vasopressor, fluid)
    return True


# -- runs of vasopressors ---------------------------------------------------------------------------------------------


def agent_of(row: Row) -> str:
    name: str = row["drug"]
    return "vasopressin" if name == "argipressin" else name


def like_an_infusion(row: Row) -> Row | None:
    """An infusion; a dose over 15 minutes or more; a total over an interval, of which no time is known."""
    if row["kind"] == "infusion":
        return row
    if row["kind"] == "interval total":
        return {**row, "minute": None}
    if row["minute"] is None or row["end_minute"] is None or row.get("dose_count") is not None:
        return None
    return row if row["end_minute"] - row["minute"] >= SHORTEST_RUN_MINUTES else None


def vasopressor_rows(patient: Patient) -> dict[str, list[Row]]:
    """The infusions of each vasopressor that were given and are not left out."""
    found: dict[str, list[Row]] = {}
    for row in patient["drugs"]:
        if DRUG_CLASS.get(row["drug"]) != "vasopressor":
            continue
        if row["status"] not in ("given", None) or row["indication"] in PERIOPERATIVE:
            continue
        as_infusion = like_an_infusion(row)
        if as_infusion is not None:
            found.setdefault(agent_of(row), []).append(as_infusion)
    return found


def joined(spans: list[Span]) -> list[Span]:
    """Intervals joined where the gap is at most 15 minutes."""
    runs: list[Span] = []
    for start, end in sorted(spans):
        if runs and start - runs[-1][1] <= GAP_MINUTES:
            runs[-1] = (runs[-1][0], max(runs[-1][1], end))
        else:
            runs.append((start, end))
    return runs


def infusions(patient: Patient) -> dict[str, dict[str, Any]]:
    """For each agent its counted ``runs``, the timed ``segments`` in them, and the ``untimed`` segments."""
    found: dict[str, dict[str, Any]] = {}
    for agent, rows in vasopressor_rows(patient).items():
        running = segments(patient, rows)
        timed = [segment for segment in running if segment["timed"]]
        # A run under 15 minutes is a push dose and is not counted.
        runs = [run for run in joined([s["span"] for s in timed]) if run[1] - run[0] >= SHORTEST_RUN_MINUTES]
        counted = [s for s in timed if any(run[0] <= s["span"][0] and s["span"][1] <= run[1] for run in runs)]
        untimed = [segment for segment in running if not segment["timed"]]
        if runs or untimed:
            found[agent] = {"runs": runs, "segments": counted, "untimed": untimed}
    return found


def given_on(infusion: dict[str, Any], day: int) -> bool:
    """Whether a counted run or an untimed segment touches the day."""
    return any(touches(run, day) for run in infusion["runs"]) or untimed_on(infusion, day)


def untimed_on(infusion: dict[str, Any], day: int) -> bool:
    return any(touches(segment["span"], day) for segment in infusion["untimed"])


def vasopressor(patient: Patient, given: dict[str, dict[str, Any]], day: int) -> Answer:
    """A counted run touches the day."""
    found = any(given_on(infusion, day) for infusion in given.values())
    return by_exception(found, covered(patient, "vasopressors", day))


def overlaps(given: dict[str, dict[str, Any]], without_vasopressin: bool, options: Options) -> list[Span]:
    """Where runs of two agents overlap by 60 minutes or more."""
    agents = [agent for agent in sorted(given) if not (without_vasopressin and agent == "vasopressin")]
    found = []
    for place, first in enumerate(agents):
        for second in agents[place + 1 :]:
            for run in given[first]["runs"]:
                for other in given[second]["runs"]:
                    start, end = max(run[0], other[0]), min(run[1], other[1])
                    if end - start >= options["vasopressor_overlap_minutes"] and end > start:
                        found.append((start, end))
    return found


def leaves_vasopressin_out(besides: bool | None, options: Options) -> bool:
    """`..._besides_vasopressin` always leaves vasopressin out, `..._of_any_kind` (None) never, else an option does."""
    if besides is None:
        return False
    return besides or options["vasopressin_counts_as_multiple"] == "no"


def two_vasopressors(
    patient: Patient, given: dict[str, dict[str, Any]], day: int, besides: bool | None, options: Options
) -> Answer:
    """Runs of two agents overlap by 60 min or more, and the overlap touches the day."""
    without = leaves_vasopressin_out(besides, options)
    if any(touches(span, day) for span in overlaps(given, without, options)):
        return True
    # Unknown instead of false where two such agents are given that day and one has no times.
    agents = [agent for agent in given if not (without and agent == "vasopressin") and given_on(given[agent], day)]
    if len(agents) >= 2 and any(untimed_on(given[agent], day) for agent in agents):
        return None
    return by_exception(False, covered(patient, "vasopressors", day))


# -- high dose --------------------------------------------------------------------------------------------------------


def weight_of(patient: Patient) -> float | None:
    """The weight of the course, else its first recorded weight (kg)."""
    weight: float | None = patient["patient"]["weight_kg"]
    if weight is not None:
        return weight
    rows = [row for row in patient["measurements"] if row["variable"] == "weight" and row["value"] is not None]
    if not rows:
        return None
    first: float = min(rows, key=time_of)["value"]
    return first


def per_kilogram(patient: Patient, options: Options) -> bool:
    """Whether rates in ug/kg/min x 100 take the place of ug/min."""
    age = patient["patient"]["age"]
    return options["pediatric_vasopressor_dose"] == "per_kg" and age is not None and age < 18


def rate_of(patient: Patient, row: Row, options: Options) -> float | None:
    """Rate in the unit of the table: dopamine in ug/kg/min, others in ug/min (or their stand-in)."""
    if row["rate"] is None or row["rate_unit"] not in ("ug/min", "ug/kg/min"):
        return None
    rate: float = row["rate"]
    weight = weight_of(patient)
    for_each_kg = row["drug"] == "dopamine" or per_kilogram(patient, options)
    if for_each_kg and row["rate_unit"] == "ug/min":
        if weight is None:
            return None
        rate = rate / weight
    if not for_each_kg and row["rate_unit"] == "ug/kg/min":
        if weight is None:
            return None
        rate = rate * weight
    if row["drug"] != "dopamine" and per_kilogram(patient, options):
        rate = rate * 100
    return rate


def high_dose_spans(patient: Patient, given: dict[str, dict[str, Any]], options: Options) -> list[Span]:
    """Intervals of high dose of 180 minutes or more, gaps of at most 15 minutes bridged."""
    edges = set()
    for infusion in given.values():
        for span in [segment["span"] for segment in infusion["segments"]] + infusion["runs"]:
            edges.update(span)
    high = []
    for start, end in pairwise(sorted(edges)):
        rates = {"norepinephrine": 0.0, "epinephrine": 0.0, "phenylephrine": 0.0, "dopamine": 0.0}
        for agent, infusion in given.items():
            for segment in infusion["segments"]:
                if agent in rates and segment["span"][0] <= start < segment["span"][1]:
                    rates[agent] += rate_of(patient, segment["row"], options) or 0.0
        vasopressin = "vasopressin" in given and any(
            segment["span"][0] <= start < segment["span"][1] for segment in given["vasopressin"]["segments"]
        )
        if is_high(rates, vasopressin):
            high.append((start, end))
    return [span for span in joined(high) if span[1] - span[0] >= HIGH_DOSE_MINUTES]


def is_high(rates: dict[str, float], vasopressin: bool) -> bool:
    """The table of high doses at a moment (ug/min; dopamine ug/kg/min)."""
    equivalent = (
        rates["norepinephrine"] + rates["epinephrine"] + rates["dopamine"] / 2 + rates["phenylephrine"] / 10
    )  # VASST
    if at_least(rates["norepinephrine"], 20) or at_least(rates["epinephrine"], 10):
        return True
    if at_least(rates["phenylephrine"], 200) or at_least(rates["dopamine"], 10):
        return True
    if at_least(equivalent, 20):
        return True
    return vasopressin and at_least(equivalent, 10)


def high_dose_vasopressor(
    patient: Patient, given: dict[str, dict[str, Any]], spans: list[Span], day: int, options: Options
) -> Answer:
    """True from the 180th minute of high dose until it ends, on the days that this touches."""
    for start, end in spans:
        from_minute = start + HIGH_DOSE_MINUTES
        if touches((from_minute, end), day) or day * DAY <= from_minute < (day + 1) * DAY:
            return True
    # Unknown instead of false where a counted vasopressor other than vasopressin has no known rate or no times.
    for agent, infusion in given.items():
        if agent == "vasopressin":
            continue
        if untimed_on(infusion, day):
            return None
        for segment in infusion["segments"]:
            if touches(segment["span"], day) and rate_of(patient, segment["row"], options) is None:
                return None
    return by_exception(False, covered(patient, "vasopressors", day))


# -- pressure that stays low, and collapse ----------------------------------------------------------------------------


def low_reading_during(low: list[Row], spans: list[Span], from_minute: int) -> Answer:
    """A low reading at or after that minute of an interval, while it lasts."""
    for row in low:
        for start, end in spans:
            if row["minute"] is not None and start + from_minute <= row["minute"] < end:
                return True
    if any(row["minute"] is None for row in low):
        return None
    return False


def hypotension_despite_vasopressors(
    patient: Patient, found: dict[str, Answer], high: list[Span], two: list[Span], day: int, options: Options
) -> Answer:
    """A low reading at or after the 180th minute of high dose, or the 60th of two vasopressors."""
    low = low_readings(patient, day, options) or []
    answers: list[Answer] = []
    for name, spans, from_minute in (
        ("high_dose_vasopressor", high, HIGH_DOSE_MINUTES),
        ("two_vasopressors", two, options["vasopressor_overlap_minutes"]),
    ):
        needed = both(found["hypotension"], found[name])
        if needed is True:
            answers.append(low_reading_during(low, spans, from_minute))
        else:
            answers.append(needed)
    return either(*answers)


def hypotension_despite_high_dose(
    patient: Patient, found: dict[str, Answer], high: list[Span], day: int, options: Options
) -> Answer:
    """A low reading at or after the 180th minute of high dose (MSKCC: refractory to it)."""
    needed = both(found["hypotension"], found["high_dose_vasopressor"])
    if needed is not True:
        return needed
    return low_reading_during(low_readings(patient, day, options) or [], high, HIGH_DOSE_MINUTES)


def treatment_of_crs(patient: Patient, day: int) -> dict[str, Answer]:
    """Boluses, care and products of coagulation of a day, by exception (`events`, `drugs`)."""
    known = covered(patient, "events", day)
    boluses = len(events(patient, "fluid_bolus", day))
    products = [row for row in patient["drugs"] if DRUG_CLASS.get(row["drug"]) == "coagulation factors"]
    given = [row for row in products if row["status"] in ("given", None) and row["day"] == day]
    return {
        "fluid_bolus": by_exception(boluses >= 1, known),
        "repeated_fluid_bolus": by_exception(boluses >= 2, known),
        "care_for_crs": by_exception(bool(events(patient, "care_for_crs", day)), known),
        "coagulation_product": by_exception(bool(given), covered(patient, "drugs", day)),
    }


def circulatory_collapse(patient: Patient, day: int) -> Answer:
    """Mechanical circulatory support or cardiac arrest; by exception (`events`)."""
    found = bool(events(patient, "cardiac_arrest", day))
    for row, span in state_rows(patient, "circulatory_support"):
        if row["state"] == "mechanical" and touches(span, day):
            found = True
    return by_exception(found, covered(patient, "events", day))
