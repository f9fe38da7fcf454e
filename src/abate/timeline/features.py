"""The patient-day: every feature that a grading system reads, side by side.

Each room of the timeline gives the days of which it knows something; here they are laid beside the
grid of patient-days, and what is not recorded becomes false or unknown by the rules of coverage.
"""

from collections.abc import Collection, Mapping
from typing import Any

import ibis

from abate.engine.store import Engine
from abate.records.dictionary import Dictionary
from abate.records.options import Options
from abate.timeline import episodes, neurology, organs, oxygen, vasopressors, vitals
from abate.timeline.administered import administered
from abate.timeline.catalogue import CATALOGUE
from abate.timeline.course_facts import course_facts
from abate.timeline.coverage import course_coverage, partial_coverage, with_coverage
from abate.timeline.findings import spans
from abate.timeline.intervals import by_day, each_day
from abate.timeline.joins import DAY, KEYS, TOLERANCE, beside, by_exception, dated, side_by_side, unknown

LATE_ONSET = 14
TOXIC_DEATHS = ("CRS", "ICANS")
FLAGS = (
    *("episode_open_no_fever", "fever_masked", "late_onset", "single_reading", "push_dose_vasopressor"),
    *("vasopressor_during_sedation", "saturation_unknown", "ventilation_indication_unknown", "home_support"),
    *("high_flow_device_at_low_flow", "fever_other_cause", "positive_culture", "bleeding", "age_unknown"),
    *("not_assessable", "consciousness_approximate", "baseline_ice_below_10", "organ_only_grade_1", "no_baseline"),
    *("fio2_estimated", "organ_grade_4"),
)
"""What a reader should know of a day: true or false, never unknown."""
CONTEXT = (
    *("age", "child", "uses_capd", "under_capd_age", "infusion_minute", "events_covered", "episode_open"),
    *("episode_start", "temperature_maximum", "fever_minute", "systolic_minimum", "low_last", "saturation_minimum"),
    *("vasopressor_until", "oxygen_until", "any_invasive", "sedated", "norepinephrine_equivalent"),
)
"""What criteria and the reasons of a cell read besides the features."""
SHOWN = ("oxygen_spans", "vasopressor_segments")
"""Kept tables that the timelines draw."""


def features(
    records: Mapping[str, ibis.Table],
    days: ibis.Table,
    follow_up: ibis.Table,
    known: Dictionary,
    options: Options,
    engine: Engine,
    asked: Collection[str] = (),
) -> ibis.Table:
    """Return the features of every patient-day.

    What it keeps besides (:data:`SHOWN`) is read by the report; the rest by nothing after it.

    Parameters
    ----------
    records
        The six record tables by name.
    days, follow_up
        The grid of patient-days, each day from 0 on; ``patient_id, course_id, last_day``.
    known, options, engine
        The dictionary, the options, and where results are kept between rooms.
    asked
        Names of features; all unless given. Where none is of neurology, or none of organs, that room is passed by.

    Returns
    -------
    ibis.Table
        One row a patient-day, kept: ``patient_id, course_id, day`` and the columns of
        :data:`abate.timeline.catalogue.CATALOGUE`, :data:`CONTEXT` and :data:`FLAGS`, but for rooms passed by.
    """
    keep = engine.keep
    with_brain, with_organs = (not asked or not room.FEATURES.isdisjoint(asked) for room in (neurology, organs))
    # What tells whether a finding was left ungraded is a grade.
    with_organs = with_organs or "ungraded_neurological_finding" in asked
    measurements, drugs, events, states = (
        dated(records[name]) for name in ("measurements", "drugs", "events", "states")
    )
    facts = keep("course_facts", course_facts(records["patients"], measurements, options))
    readings = keep("notable_readings", vitals.notable_readings(measurements, facts, options))
    daily = keep("daily_vitals", vitals.daily_vitals(measurements))
    waivers = keep("waiver_days", episodes.waiver_drugs(drugs, known, options))
    if with_brain or with_organs:
        # One scan sets apart what the other rooms read: few rows beside the vital signs.
        named = measurements.filter(measurements.variable.isin((*neurology.MEASURED, *organs.MEASURED)))
        columns = ("minute", "end_minute", "variable", "lln", "uln", "source")
        others = keep("other_measurements", named.select(*DAY, *columns, value=_whole_scores(named)))
    sedated = keep("sedation", neurology.sedation(states, drugs, follow_up, known))
    neurological = [neurology.sedation_days(sedated)]
    if with_brain:
        neurological += _neurology(others, sedated, states, events, follow_up, options)
    neurological = [keep(f"neurology_part_{at}", part) for at, part in enumerate(neurological)]
    parts = [
        partial_coverage(days, records["coverage"]),
        vitals.notable_days(readings),
        vasopressors.vasopressor_days(drugs, follow_up, facts, readings, known, options, keep),
        *_oxygen(states, readings, follow_up, options, engine),
        waivers,
        *_events(events, states, follow_up),
        *neurological,
        _coagulation_products(drugs, known),
    ]
    if with_organs:
        parts += [organs.laboratory_days(others, facts, options), organs.urine_days(others, facts)]
        parts += [organs.judged_days(events)]
    # What only some days have is laid together first: the grid of all days is wide and is joined once.
    sparse = keep("features_sparse", side_by_side([keep(f"part_{at}", part) for at, part in enumerate(parts)]))
    rows = beside(days.select(*DAY), beside(facts, keep("course_coverage", course_coverage(records["coverage"]))))
    rows = with_coverage(beside(beside(rows, daily, DAY), sparse, DAY))
    if options["oxygen_requires_saturation"] == "yes":
        before = daily.select(*KEYS, day=daily.day + 1, saturation_before=daily.saturation_minimum)
        rows = beside(rows, before, DAY)
    signs = keep("features_signs", _signs(rows, options))
    opened = keep("episodes", episodes.episodes(signs, options))
    long = keep("vasopressor_hours", vasopressors.long_vasopressor(signs, options))
    rows = beside(beside(beside(signs, opened, DAY), long, DAY), episodes.prophylaxis(drugs, known))
    if with_brain:
        carried = keep("neurology_carried", neurology.carried(signs, neurological, options))
        rows = beside(rows, carried, DAY)
    rows = episodes.with_defaults(rows)
    rows = rows.mutate(**episodes.signs_in_crs(rows, options), sedated=neurology.under_sedation(rows))
    rows = _flags(rows)
    if with_organs:
        rows = _flags_of_organs(organs.with_organs(_held(rows, options), options))
    if with_brain:
        rows = neurology.with_neurology(rows, options)
        rows = rows.mutate(baseline_ice_below_10=ibis.coalesce(rows.baseline_ice < 10, False))
    if with_brain and with_organs:
        rows = rows.mutate(ungraded_neurological_finding=ibis.ifelse(_ungraded(rows), unknown(), False))
    known_now = dict.fromkeys(name for name in (*CATALOGUE, *CONTEXT, *FLAGS) if name in rows.columns)
    return keep("features", rows.select(*DAY, *known_now))


def _whole_scores(rows: ibis.Table) -> ibis.Value:
    """Return values, of scores beyond a limit the next whole point: below 3 is at most 2."""
    score = rows.variable.isin(tuple(neurology.SCORES))
    step = ibis.cases((score & (rows.comparator == "<"), -1.0), (score & (rows.comparator == ">"), 1.0), else_=0.0)
    return rows.value + step


def _oxygen(
    states: ibis.Table, readings: ibis.Table, follow_up: ibis.Table, options: Options, engine: Engine
) -> list[ibis.Table]:
    charted = engine.keep("oxygen_spans", oxygen.classified(spans(states, "oxygen", follow_up), options))
    low = engine.keep("low_saturations", oxygen.off_oxygen(readings, charted))
    before = low.select(*KEYS, day=low.day + 1, low_saturation_before=low.low_saturation)
    return [oxygen.oxygen_days(charted), oxygen.measured_oxygen(readings, charted), low, before]


def _events(events: ibis.Table, states: ibis.Table, follow_up: ibis.Table) -> list[ibis.Table]:
    """Return days of collapse, boluses, fever of another cause, cultures, bleeding and toxic deaths."""
    spread = each_day(events)
    cause = ibis.coalesce(spread.text.strip().upper(), "")
    names = ("cardiac_arrest", "care_for_crs", "fever_other_cause", "positive_culture", "bleeding")
    found: dict[str, Any] = {f"{name}_seen": (spread.event == name).max() for name in names}
    found["fluid_bolus_count"] = (spread.event == "fluid_bolus").sum()
    for toxicity in TOXIC_DEATHS:
        found[f"death_from_{toxicity.lower()}"] = ((spread.event == "death") & (cause == toxicity)).max()
    chosen = spread.filter(spread.event.isin((*names, "fluid_bolus", "death")))
    support = by_day(spans(states, "circulatory_support", follow_up))
    support = support.group_by(*DAY).aggregate(mechanical_support=(support.state == "mechanical").max())
    return [chosen.group_by(*DAY).aggregate(**found), support]


def _coagulation_products(drugs: ibis.Table, known: Dictionary) -> ibis.Table:
    rows = administered(drugs.filter(drugs.drug.isin(known.drugs_of("coagulation factors"))))
    return rows.select(*DAY).distinct().mutate(coagulation_product_seen=ibis.literal(True))


def _neurology(
    measurements: ibis.Table,
    sedated: ibis.Table,
    states: ibis.Table,
    events: ibis.Table,
    follow_up: ibis.Table,
    options: Options,
) -> list[ibis.Table]:
    return [
        neurology.consciousness_days(measurements, states, follow_up, sedated, options),
        neurology.score_days(measurements, states, follow_up, sedated),
        neurology.objective_days(measurements, states, events, follow_up),
    ]


CONSUMED = (
    *("systolic_limit", "weight", "baseline_systolic", "mean_pressure_minimum", "flow_given", "fraction_given"),
    *("flow_measured_maximum", "low_first", "flow_last", "high_flow_last", "flow_untimed", "vasopressor_seen"),
    *(
        "pair_untimed",
        "pair_untimed_besides_vasopressin",
        "dose_unknown",
        "two_until",
        "any_two_until",
        "high_until",
        "penn_high_until",
    ),
    *("low_despite_high", "low_despite_two", "vasopressors_covered", "oxygen_covered", "no_oxygen_recorded"),
    *("oxygen_given", "oxygen_given_above", "oxygen_until_above", "oxygen_untimed_above", "oxygen_low"),
    *("fio2_rows_from_40", "fio2_rows_from_40_above", "above_low_flow_rows", "above_low_flow_rows_above"),
    *("positive_pressure_rows", "noninvasive_rows", "invasive_rows", "low_saturation", "low_saturation_before"),
    *("saturation_measured", "fluid_bolus_count", "cardiac_arrest_seen", "mechanical_support"),
)
"""Inputs of the signs that nothing reads after them."""


def _signs(rows: ibis.Table, options: Options) -> ibis.Table:
    """Add fever, pressure, vasopressors and oxygen, in the order in which they rest on each other."""
    events_covered = rows.events_covered
    fever = rows.temperature_maximum >= vitals.FEVER - TOLERANCE
    other_cause = ibis.coalesce(rows.fever_other_cause_seen, False)
    low_before = ibis.coalesce(rows.low_saturation_before, False)
    # Asked for only where the option needs it: a join of every day to the day before.
    measured = rows.saturation_minimum.notnull()
    if "saturation_before" in rows.columns:
        measured = measured | rows.saturation_before.notnull()
    rows = rows.mutate(
        fever=ibis.ifelse(other_cause, False, fever),
        vasopressor=by_exception(rows.vasopressor_seen, rows.vasopressors_covered),
        fluid_bolus=by_exception(rows.fluid_bolus_count > 0, events_covered),
        repeated_fluid_bolus=by_exception(rows.fluid_bolus_count > 1, events_covered),
        care_for_crs=by_exception(rows.care_for_crs_seen, events_covered),
        coagulation_product=by_exception(rows.coagulation_product_seen, rows.drugs_covered),
        circulatory_collapse=by_exception(
            ibis.coalesce(rows.cardiac_arrest_seen, False) | ibis.coalesce(rows.mechanical_support, False),
            events_covered,
        ),
        low_saturation_before=low_before,
        saturation_measured=measured,
    )
    rows = rows.mutate(
        hypotension=vitals.hypotension(rows, options),
        two_vasopressors=vasopressors.two_vasopressors(rows, rows.two_until, _pair(rows, options)),
        two_vasopressors_besides_vasopressin=vasopressors.two_vasopressors(
            rows, rows.two_besides_until, rows.pair_untimed_besides_vasopressin
        ),
        two_vasopressors_of_any_kind=vasopressors.two_vasopressors(rows, rows.any_two_until, rows.pair_untimed),
        high_dose_vasopressor=vasopressors.high_dose_vasopressor(rows, rows.high_until),
        high_dose_vasopressor_penn=vasopressors.high_dose_vasopressor(rows, rows.penn_high_until),
    )
    rows = rows.mutate(
        hypotension_despite_high_dose_vasopressor=vasopressors.hypotension_despite(
            rows, rows.high_dose_vasopressor, rows.low_despite_high
        )
    )
    two = vasopressors.hypotension_despite(rows, rows.two_vasopressors, rows.low_despite_two)
    rows = rows.mutate(hypotension_despite_vasopressors=rows.hypotension_despite_high_dose_vasopressor | two)
    rows = oxygen.with_oxygen(rows, options)
    return rows.drop(*(name for name in CONSUMED if name in rows.columns))


def _pair(rows: ibis.Table, options: Options) -> ibis.Value:
    alone = options["vasopressin_counts_as_multiple"] == "no"
    return rows.pair_untimed_besides_vasopressin if alone else rows.pair_untimed


def _held(rows: ibis.Table, options: Options) -> ibis.Table:
    """Let laboratory grades hold for some days where none is measured."""
    order = ibis.window(group_by=KEYS, order_by=rows.day)
    hold = int(options["lab_hold_days"])
    if not hold:
        return rows
    names = [f"{variable}_laboratory" for variable in organs.LIMITS]
    return rows.mutate(
        **{
            name: ibis.coalesce(rows[name], *(rows[name].lag(days).over(order) for days in range(1, hold + 1)))
            for name in names
        }
    )


def _flags(rows: ibis.Table) -> ibis.Table:
    """Add what a reader should know of a day, and settle columns that are false where nothing was seen."""
    sedated_ventilation = ibis.coalesce(rows.any_invasive, False) & rows.sedated & rows.vasopressor
    sign, no_fever = _sign(rows), ~ibis.coalesce(rows.fever, False)
    seen = (
        *("home_support", "ventilated_not_for_hypoxia", "ventilation_indication_unknown", "fio2_estimated"),
        *("high_flow_device_at_low_flow", "death_from_crs", "death_from_icans"),
    )
    return rows.mutate(
        **{name: ibis.coalesce(rows[name], False) for name in seen},
        vasopressor_for_24_hours=ibis.ifelse(rows.vasopressor, rows.vasopressor_for_24_hours, rows.vasopressor),
        # A sign tells that there may have been a reaction, not how it was treated and how fast it went.
        reaction=ibis.ifelse(~(rows.fever | rows.hypotension | rows.oxygen), False, unknown()),
        vasopressor_during_sedation=ibis.coalesce(sedated_ventilation, False),
        push_dose_vasopressor=ibis.coalesce(rows.push_dose_seen, False) | ibis.coalesce(rows.push_dose, False),
        single_reading=ibis.coalesce(rows.low_readings == 1, False),
        age_unknown=rows.age.isnull(),
        fever_other_cause=ibis.coalesce(rows.fever_other_cause_seen, False),
        positive_culture=ibis.coalesce(rows.positive_culture_seen, False),
        bleeding=ibis.coalesce(rows.bleeding_seen, False),
        late_onset=ibis.coalesce((rows.episode_start > LATE_ONSET) & rows.episode_open, False),
        episode_open_no_fever=ibis.coalesce(rows.episode_open & no_fever & ~_any_in_crs(rows) & sign, False),
        fever_masked=ibis.coalesce(~rows.episode_open & rows.prophylaxis & sign, False),
    )


def _sign(rows: ibis.Table) -> ibis.Value:
    """Say where pressure, vasopressors or oxygen tell of a reaction."""
    return ibis.coalesce(rows.hypotension, False) | ibis.coalesce(rows.vasopressor, False) | rows.oxygen_seen


def _flags_of_organs(rows: ibis.Table) -> ibis.Table:
    """Add what a reader should know of the organs of a day."""
    mild = ibis.greatest(*(rows[name] for name in organs.ORGANS)) == 1
    worst = ibis.greatest(*(rows[name] for name in organs.NOT_OF_THE_LIVER))
    no_fever = ~ibis.coalesce(rows.fever, False)
    return rows.mutate(
        no_baseline=ibis.coalesce(rows.no_baseline, False),
        organ_grade_4=ibis.coalesce(worst == organs.WORST_LIVING, False),
        organ_only_grade_1=ibis.coalesce(mild, False) & no_fever & ~_sign(rows),
    )


def _ungraded(rows: ibis.Table) -> ibis.Value:
    """Say where there is a neurological finding that no clinician graded by the CTCAE."""
    signs = (rows.ice < 10, rows.cartox10 < 10, rows.capd > 0, rows.consciousness > 0, rows.weakness, rows.sedated)
    found = ibis.literal(False)
    for where in signs:
        found = found | ibis.coalesce(where, False)
    return found & ~ibis.coalesce(rows.neurological_grade > 0, False)


def _any_in_crs(rows: ibis.Table) -> ibis.Value:
    found = ibis.literal(False)
    for sign in episodes.SIGNS:
        found = found | ibis.coalesce(rows[f"{sign}_in_crs"], False)
    return found
