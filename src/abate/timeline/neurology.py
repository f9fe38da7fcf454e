"""Consciousness, scores, seizures, weakness and signs of raised pressure of each day.

What is found under sedatives says nothing of the toxicity: it is left out, never read as coma.
"""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from abate.records.dictionary import Dictionary
from abate.records.options import Options
from abate.timeline.findings import spans
from abate.timeline.infusions import segments
from abate.timeline.intervals import DAY_MINUTES, by_day
from abate.timeline.joins import DAY, KEYS, TOLERANCE, beside, by_exception, side_by_side, unknown

RANKS = {
    "alert": 0,
    "awakens_spontaneously": 1,
    "awakens_to_voice": 2,
    "awakens_to_tactile": 3,
    "vigorous_tactile": 4,
    "unarousable": 4,
}
AVPU = {"alert": 0, "voice": 2, "pain": 3, "unresponsive": 4}
VOICE = 2
NIGHT_FROM, NIGHT_TO = 22 * 60, 6 * 60
SCORES = {"ice": "min", "cartox10": "min", "capd": "max"}
HIGHEST_OF_DAY = ("papilledema_stage", "csf_opening_pressure")
MEASURED = (*SCORES, *HIGHEST_OF_DAY, "rass", "gcs_eye")
"""Variables of the measurements that this room reads."""
INTRACRANIAL = ("focal_edema", "diffuse_edema", "papilledema", "cn6_palsy", "cushing_triad", "posturing")
PROLONGED_MINUTES = 5.0
HIGH_PRESSURE = 20.0
SEIZURES = {
    "seizure": ("focal", "generalized", "nonconvulsive", "nonconvulsive_refractory", "repetitive", "status"),
    "generalized_seizure": ("generalized",),
    "seizure_without_recovery": ("repetitive", "status", "nonconvulsive_refractory"),
}
"""Feature to the kinds of seizure that make it true."""


FEATURES = frozenset(
    {
        *("consciousness", "consciousness_approximate", "not_assessable", "unable", "hidden_by_sedation", "weakness"),
        *("score_of_age", "cartox_score_of_age", "opening_pressure_from_20", "opening_pressure_under_20"),
        *("csf_opening_pressure", "deep_weakness", "papilledema", "papilledema_stage", "baseline_ice_below_10"),
        *("uses_capd", "under_capd_age", "ungraded_neurological_finding", *SCORES, *SEIZURES, *INTRACRANIAL),
        *("prolonged_seizure",),
    }
)
"""What is known by the functions of this file alone."""


def sedation(states: ibis.Table, drugs: ibis.Table, follow_up: ibis.Table, known: Dictionary) -> ibis.Table:
    """Return the spans under sedatives, and those charted as free of them.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, start, end, timed, sedated``.
    """
    charted = spans(states, "sedation", follow_up)
    charted = charted.select(*KEYS, "start", "end", "timed", sedated=charted.state == "yes")
    given = segments(drugs, follow_up, known.drugs_of("sedative"))
    return charted.union(given.select(*KEYS, "start", "end", "timed", sedated=ibis.literal(True)))


def sedation_days(sedated: ibis.Table) -> ibis.Table:
    """Return the days that sedation, or its charted absence, touches: ``sedation_seen`` true or false."""
    rows = by_day(sedated)
    return rows.group_by(*DAY).aggregate(sedation_seen=rows.sedated.max())


def _outside(rows: ibis.Table, sedated: ibis.Table) -> ibis.Table:
    """Leave out rows (with ``moment``, null where untimed, and ``day``) that fall within sedation."""
    under = sedated.filter(sedated.sedated)
    return rows.anti_join(
        under,
        [
            *(rows[key] == under[key] for key in KEYS),
            ibis.ifelse(
                rows.moment.isnull() | ~under.timed,
                # Without a time, a finding on a day of sedation cannot be told from one under it.
                (under.start < (rows.day + 1) * DAY_MINUTES) & (under.end > rows.day * DAY_MINUTES),
                (rows.moment >= under.start) & (rows.moment < under.end),
            ),
        ],
    )


def _charted(states: ibis.Table, variable: str, follow_up: ibis.Table, sedated: ibis.Table) -> ibis.Table:
    """Return the valid charted findings of each day: on a day of sedation only those begun that day."""
    rows = spans(states, variable, follow_up)
    moment = ibis.ifelse(rows.timed, rows.start, ibis.null("int64"))
    rows = rows.mutate(moment=moment, begun=rows.start // DAY_MINUTES)
    rows = _outside(rows.mutate(day=rows.begun), sedated).drop("day")
    rows = beside(by_day(rows), sedation_days(sedated), DAY)
    return rows.filter((rows.day == rows.begun) | ~ibis.coalesce(rows.sedation_seen, False))


def _from_scales(measurements: ibis.Table, option: str) -> ibis.Table:
    """Return consciousness by RASS and the eye part of the Glasgow coma scale: ``rank``."""
    rows = measurements.filter(
        measurements.variable.isin(("rass", "gcs_eye")), measurements.value.notnull(), measurements.day.notnull()
    )
    rass, eye, value = rows.variable == "rass", rows.variable == "gcs_eye", rows.value
    branches: list[tuple[ir.BooleanValue, int]] = [(rass & (value <= -5), 4), (rass & (value == -4), 3)]
    if option != "rass_from_minus_4":
        lowest = -1 if option == "rass_from_minus_1" else -2
        branches += [(rass & value.between(-3, lowest), VOICE), (rass & (value > lowest), 0)]
    branches += [(eye & (value == mark), rank) for mark, rank in ((4, 0), (3, VOICE), (2, 3), (1, 4))]
    rows = rows.mutate(rank=ibis.cases(*branches), moment=rows.minute)
    return rows.filter(rows["rank"].notnull(), ~_asleep(rows))


def _asleep(rows: ibis.Table) -> ir.BooleanValue:
    """Say which findings may be sleep: awakening to voice, at night."""
    minute = rows.moment % DAY_MINUTES
    night = ibis.coalesce((minute >= NIGHT_FROM) | (minute < NIGHT_TO), False)
    return night & (rows["rank"] == VOICE)


def consciousness_days(
    measurements: ibis.Table, states: ibis.Table, follow_up: ibis.Table, sedated: ibis.Table, options: Options
) -> ibis.Table:
    """Return the worst valid consciousness of each day.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, day``, ``charted`` or ``approximate`` (rank 0 alert to 4 unarousable): what was charted
        that day, else the worse of what still holds and of the scales.
    """
    rows = _charted(states, "consciousness", follow_up, sedated)
    begun = rows.day == rows.begun
    charted = rows.select(*DAY, rank=rows.state.cases(*RANKS.items()), charted=begun, held=~begun)
    if options["consciousness_from_scales"] != "none":
        scales = _outside(_from_scales(measurements, options["consciousness_from_scales"]), sedated)
        avpu = _charted(states, "avpu", follow_up, sedated)
        avpu = avpu.mutate(rank=avpu.state.cases(*AVPU.items()))
        avpu = avpu.filter(~_asleep(avpu))
        for other in (scales, avpu):
            charted = charted.union(
                other.select(
                    *DAY,
                    rank=other["rank"].cast(charted["rank"].type()),
                    charted=ibis.literal(False),
                    held=ibis.literal(False),
                )
            )
    scale = ~charted.charted & ~charted.held
    found = charted.group_by(*DAY).aggregate(
        charted=charted["rank"].max(where=charted.charted),
        held=charted["rank"].max(where=charted.held),
        approximate=charted["rank"].max(where=scale),
    )
    # What was charted on an earlier day still holds, but hides nothing that is worse today.
    worse = found.charted.isnull() & ibis.coalesce(found.approximate > ibis.coalesce(found.held, -1), False)
    return found.select(
        *DAY,
        charted=ibis.ifelse(worse, ibis.null("int8"), ibis.coalesce(found.charted, found.held)),
        approximate=ibis.ifelse(worse, found.approximate, ibis.null("int8")),
    )


def score_days(measurements: ibis.Table, states: ibis.Table, follow_up: ibis.Table, sedated: ibis.Table) -> ibis.Table:
    """Return the valid scores of each day, and whether the patient was unable to be tested.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, day``, the columns of :data:`SCORES`, ``unable`` (true or null).
    """
    rows = measurements.filter(
        measurements.variable.isin(list(SCORES)), measurements.value.notnull(), measurements.day.notnull()
    )
    rows = _outside(rows.mutate(moment=rows.minute), sedated)
    scores = rows.group_by(*DAY).aggregate(
        **{name: getattr(rows.value, how)(where=rows.variable == name) for name, how in SCORES.items()}
    )
    tested = _charted(states, "cognition", follow_up, sedated)
    tested = tested.group_by(*DAY).aggregate(unable=(tested.state == "unable").max())
    found = side_by_side((scores, tested))
    scored = ibis.coalesce(*(found[name] for name in SCORES)).notnull()
    return found.mutate(unable=ibis.ifelse(scored, False, found.unable))


def objective_days(
    measurements: ibis.Table, states: ibis.Table, events: ibis.Table, follow_up: ibis.Table
) -> ibis.Table:
    """Return what sedation does not hide: seizures, weakness, signs of raised pressure.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, day``; the seizures of :data:`SEIZURES` and ``prolonged_seizure``;
        ``weakness_seen``, ``deep_weakness_seen``, ``motor_charted``; ``NAME_seen`` for :data:`INTRACRANIAL`
        and ``intracranial_none`` (charted as free of them); the columns of :data:`HIGHEST_OF_DAY`.
    """
    excluded = ibis.coalesce(events.attribution.strip().lower(), "") == "excluded"
    fits = events.filter(events.event == "seizure", events.day.notnull(), ~excluded)
    lasted = ibis.coalesce(fits.value, fits.value_low, (fits.end_minute - fits.minute).cast("float64"))
    fits = fits.mutate(kind=fits.text.lower(), minutes=lasted)
    seizures = fits.group_by(*DAY).aggregate(
        **{f"{name}_seen": fits.kind.isin(kinds).max() for name, kinds in SEIZURES.items()},
        prolonged_seizure_seen=(fits.minutes > PROLONGED_MINUTES).max(),
        duration_unknown=fits.minutes.isnull().max(),
    )
    motor = by_day(spans(states, "motor", follow_up))
    motor = motor.group_by(*DAY).aggregate(
        weakness_seen=(motor.state != "none").max(),
        deep_weakness_seen=motor.state.isin(("hemiparesis", "paraparesis")).max(),
        motor_charted=motor.state.notnull().max(),
    )
    # Several signs may hold at once: each ends with its own end, or with the next charting of none.
    signs = by_day(spans(states, "intracranial", follow_up, several=True))
    signs = signs.group_by(*DAY).aggregate(
        **{f"{name}_seen": (signs.state == name).max() for name in INTRACRANIAL},
        intracranial_none=(signs.state == "none").max(),
    )
    rows = measurements.filter(measurements.variable.isin(HIGHEST_OF_DAY), measurements.day.notnull())
    highest = rows.group_by(*DAY).aggregate(
        **{name: rows.value.max(where=rows.variable == name) for name in HIGHEST_OF_DAY}
    )
    delay = by_day(spans(states, "developmental_delay", follow_up))
    delay = delay.group_by(*DAY).aggregate(developmental_delay=(delay.state == "yes").max())
    return side_by_side((seizures, motor, signs, highest, delay))


def _filled(rows: ibis.Table, names: Sequence[str]) -> ibis.Table:
    """Add ``NAME__filled``: the value of the day, else that of the last earlier day that has one."""
    upto = ibis.window(group_by=KEYS, order_by=rows.day, preceding=None, following=0)
    rows = rows.mutate(**{f"{name}__run": rows[name].count().over(upto) for name in names})
    runs = {name: ibis.window(group_by=[*KEYS, f"{name}__run"]) for name in names}
    # A run begins with a value and has no other.
    rows = rows.mutate(**{f"{name}__filled": rows[name].max().over(runs[name]) for name in names})
    return rows.drop(*(f"{name}__run" for name in names))


def carried(rows: ibis.Table, parts: Sequence[ibis.Table], options: Options) -> ibis.Table:
    """Return what stands on each day of courses with any neurological record, carried where it may be.

    Parameters
    ----------
    rows
        Patient-days, every day from 0 on, with the columns of ``parts`` and ``drugs_covered``.
    parts
        From the functions above: the courses that they name.
    options
        ``score_carry_hours``.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, day``; ``not_assessable`` (sedated, and nothing valid that day: the last
        valid findings stand); ``NAME__day`` (of the day) and ``NAME__before`` (of the day before) for
        consciousness and the scores.
    """
    courses = ibis.union(*(part.select(*KEYS) for part in parts), distinct=True)
    names = ("found_consciousness", *SCORES, "unable")
    rows = rows.semi_join(courses, list(KEYS))
    rows = rows.select(
        *DAY,
        *SCORES,
        "unable",
        sedated=under_sedation(rows),
        found_consciousness=ibis.coalesce(rows.charted, rows.approximate).cast("float64"),
    )
    rows = rows.mutate(unable=rows.unable.cast("float64"))
    valid = ibis.coalesce(*(rows[name] for name in names)).notnull()
    rows = _filled(rows.mutate(not_assessable=ibis.coalesce(rows.sedated, False) & ~valid), names)
    carries = ibis.literal(options["score_carry_hours"] > 0)
    order = ibis.window(group_by=KEYS, order_by=rows.day)
    columns: dict[str, ir.Value] = {}
    for name in names:
        columns[f"{name}__day"] = ibis.ifelse(rows.not_assessable, rows[f"{name}__filled"], rows[name])
        columns[f"{name}__before"] = ibis.ifelse(carries, rows[name].lag().over(order), ibis.null("float64"))
    return rows.select(*DAY, "not_assessable", **columns)


def under_sedation(rows: ibis.Table) -> ir.BooleanValue:
    """Say on which days a patient was sedated: never, where all drugs are known and no sedative is."""
    return ibis.coalesce(rows.sedation_seen, by_exception(ibis.literal(False), rows.drugs_covered))


def with_neurology(rows: ibis.Table, options: Options) -> ibis.Table:
    """Add the neurological features to patient-days.

    Parameters
    ----------
    rows
        Patient-days with the columns of the functions above and of :func:`carried`, ``age, sedated``,
        ``baseline_ice, neuro_covered, drugs_covered``.
    options
        ``capd_age``, ``ice_scoring``.

    Returns
    -------
    ibis.Table
        With ``consciousness`` (0 to 4), ``ice, cartox10, capd``, ``unable``, ``uses_capd``, and the
        objective findings by exception.
    """
    rows = rows.mutate(
        consciousness_approximate=rows.charted.isnull() & rows.approximate.notnull(),
        not_assessable=ibis.coalesce(rows.not_assessable, False),
    )
    ice = ibis.coalesce(rows.ice__day, rows.ice__before)
    if options["ice_scoring"] == "delta":
        ice = ibis.coalesce(10 - (rows.baseline_ice - ice), ice)
    # Unable to be tested is an ICE of 0, whatever came before.
    could_not = rows.unable__day > 0
    unable = ibis.coalesce(could_not, False)
    ice = ibis.ifelse(unable, 0.0, ice)
    cartox10 = ibis.coalesce(rows.cartox10__day, rows.cartox10__before)
    capd = ibis.coalesce(rows.capd__day, rows.capd__before)
    limit = 13 if options["capd_age"] == "through_12" else 12
    young = ibis.coalesce(rows.age < limit, False)
    delayed = ibis.coalesce(rows.developmental_delay, False) & ice.isnull()
    uses_capd = young | delayed
    tested = ibis.ifelse(unable, 0.0, ibis.null("float64"))
    untested = by_exception(ibis.literal(False), rows.neuro_covered)
    # Who was tested, where every finding is charted, and has no finding of consciousness, was alert.
    scored = ibis.coalesce(*(rows[name] for name in SCORES)).notnull()
    alert = ibis.ifelse(scored & ibis.coalesce(rows.neuro_covered, False), 0.0, ibis.null("float64"))
    features: dict[str, ir.Value] = {
        "consciousness": ibis.coalesce(rows.found_consciousness__day, alert),
        "ice": ice,
        "cartox10": cartox10,
        "capd": capd,
        "score_of_age": ibis.coalesce(ibis.ifelse(uses_capd, capd, ice), tested),
        "cartox_score_of_age": ibis.coalesce(ibis.ifelse(young, capd, cartox10), tested),
        "unable": ibis.coalesce(could_not, by_exception(ibis.literal(False), rows.neuro_covered)),
        # What sedation hides may be worse than what was seen before it.
        "hidden_by_sedation": ibis.ifelse(ibis.coalesce(rows.sedated, False), unknown(), False),
        "uses_capd": uses_capd,
        "under_capd_age": young,
        "opening_pressure_from_20": ibis.coalesce(rows.csf_opening_pressure >= HIGH_PRESSURE - TOLERANCE, untested),
        "opening_pressure_under_20": ibis.coalesce(rows.csf_opening_pressure < HIGH_PRESSURE - TOLERANCE, untested),
    }
    for name in SEIZURES:
        features[name] = by_exception(rows[f"{name}_seen"], rows.neuro_covered)
    timed = rows.neuro_covered & ~ibis.coalesce(rows.duration_unknown, False)
    features["prolonged_seizure"] = by_exception(rows.prolonged_seizure_seen, timed)
    motor_known = ibis.coalesce(rows.motor_charted, rows.neuro_covered)
    features["weakness"] = by_exception(rows.weakness_seen, motor_known)
    features["deep_weakness"] = by_exception(rows.deep_weakness_seen, motor_known)
    signs_known = ibis.coalesce(rows.intracranial_none, False) | ibis.coalesce(rows.neuro_covered, False)
    for name in INTRACRANIAL:
        features[name] = by_exception(rows[f"{name}_seen"], signs_known)
    staged = rows.papilledema_stage >= 1
    features["papilledema"] = ibis.cases(
        (ibis.coalesce(staged, False), True),
        (rows.papilledema_stage == 0, ibis.coalesce(rows.papilledema_seen, False)),
        else_=features["papilledema"],
    )
    return rows.mutate(**features)
