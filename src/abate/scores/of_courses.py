"""Scores and counted criteria of every course, each over the window that its paper names.

Windows: "the last value before lymphodepletion, up to 14 days earlier" (CAR-HEMATOTOX, EASIX, IPI), "the last value
before infusion, up to 7 days earlier", and for HLH the worst value within 7 days (72 hours for IEC-HS), rolling. HLH
windows are not defined in the papers: our resolution.
"""

from collections.abc import Collection, Mapping
from typing import Any

import ibis
import ibis.expr.types as ir

from abate.engine.store import Engine
from abate.grading.cytopenia import (
    LAST_EARLY,
    LAST_LATE,
    early_icaht,
    hematotoxicity,
    late_icaht,
    platelet_icaht,
)
from abate.grading.points import Score, evaluate, measured
from abate.grading.systems.cartox_hlh import CARTOX_HLH
from abate.grading.systems.hlh_2004 import HLH_2004, HLH_2024
from abate.grading.systems.icaht import ICAHT_EARLY, ICAHT_LATE, T_ICAHT_EARLY, T_ICAHT_LATE
from abate.grading.systems.iec_hs import IEC_HS_GATE
from abate.grading.systems.mas import MAS_2016, MAS_L, OHI
from abate.records.dictionary import Dictionary
from abate.records.options import Options
from abate.records.parse import boolean
from abate.scores.car_hematotox import CAR_HEMATOTOX
from abate.scores.easix import EASIX, MODIFIED, SIMPLIFIED
from abate.scores.hscore import HSCORE
from abate.scores.ipi import AGE_ADJUSTED, IPI, NCCN_IPI, R_IPI, ROMAN
from abate.scores.of_iec_hs import iec_hs
from abate.scores.of_organs import GRADES, cartox_hlh
from abate.scores.recorded import (
    ENDLESS,
    LEAST_RISE,
    RATIOS,
    ferritin_rises,
    findings_of_days,
    known_within,
    last_before,
    windows,
    worst_of_days,
)
from abate.scores.renal import BODY_SURFACE, CKD_EPI, COCKCROFT_GAULT
from abate.timeline.administered import administered
from abate.timeline.course_facts import infusion_minute
from abate.timeline.intervals import DAY_MINUTES
from abate.timeline.joins import DAY, KEYS, beside, dated, first_row

Moments = Mapping[str, tuple[ibis.Table, int]]
DEPLETION, INFUSION = "before lymphodepletion", "at infusion"
BEFORE_LYMPHODEPLETION, AT_INFUSION = 14, 7
"""Days that a value may lie before lymphodepletion, and before infusion."""
LAST_DAY = 30
"""Last day of the windows of hyperinflammation."""
COLUMNS = ("value", "class", "lower", "upper", "complete", "missing", "criteria")
ONE_DRAW = DAY_MINUTES
"""Components of EASIX that lie further apart (minutes) are not of one draw."""
ORGAN_GRADES = tuple(part for parts in GRADES.values() for part in parts)
HEMATOTOXICITY, G_CSF = "neutropenia", "g-csf"
"""Endpoints of Rejeski 2021, and the first day of a growth factor, among the scores."""
OLDER = 61
"""Age from which the age-adjusted index is another's."""
IMMUNOSUPPRESSION = ("fardet", "all_cart")
"""Both readings of it in the HScore are told."""


def known_variables(measurements: ibis.Table) -> frozenset[str]:
    """Return the variables, among those that scores read, of which some course has a value."""
    return frozenset(known_within(measurements).select("variable").distinct().to_pyarrow()["variable"].to_pylist())


def scores_of_courses(
    records: Mapping[str, ibis.Table],
    features: ibis.Table,
    follow_up: ibis.Table,
    known: Dictionary,
    options: Options,
    engine: Engine,
    found: Collection[str],
) -> ibis.Table:
    """Return every score that records allow, one row a course, score and time.

    Parameters
    ----------
    records
        The record tables.
    features
        From :func:`abate.timeline.features.features`.
    follow_up
        ``patient_id, course_id, last_day``.
    known, options, engine
        The dictionary, how ambiguities are settled, and where results are kept.
    found
        From :func:`known_variables`. Of a score none of whose values was ever measured there is nothing to tell, and
        nothing is written.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, score, at`` (in words), ``day`` (of the worst window, else null), ``value, class,
        lower, upper, complete, missing, criteria``.
    """
    results = engine.keep("results_within", known_within(records["measurements"]))
    inside = features.filter(features.day <= LAST_DAY)
    days = inside.select(*DAY, "events_covered")
    worst = engine.keep("worst_of_days", worst_of_days(results))
    findings = findings_of_days(records["events"])
    week = engine.keep("windows_of_a_week", windows(days, worst, findings, int(options["hlh_window_days"])))
    parts = _rolling(week, found, options)
    if not {"ferritin", "fibrinogen", "ldh"}.isdisjoint(found):
        parts.append(_mas_l(results, features, options))
    organs = inside.select(*DAY, "events_covered", *ORGAN_GRADES)
    day_by_day = engine.keep("windows_of_a_day", windows(days, worst, findings, 1))
    for sequence, organs_of in cartox_hlh(organs, day_by_day, records["events"], options).items():
        parts.append(_rows(organs_of, CARTOX_HLH.key, f"days 0 to {LAST_DAY}, organs {sequence}"))
    moments = _moments(records, known, options)
    if "ferritin" in found:
        parts += _iec_hs(*iec_hs(inside, worst, findings, results, *moments[INFUSION], options, engine))
    parts += _baseline(results, found, moments, options, engine)
    parts += _of_patients(records["patients"], results, found, moments, options, engine)
    parts += _cytopenia(results, found, _until_progression(follow_up, records["events"]), options)
    parts.append(_growth_factor(records["drugs"], known))
    return ibis.union(*(engine.keep(f"scores_{place}", part) for place, part in enumerate(parts)))


def _rows(found: ibis.Table, score: str, at: str, day: ir.Value | None = None, every: bool = False) -> ibis.Table:
    """Return results as rows of the table of scores; what has nothing known is left out."""
    told = found.complete | (found.lower > 0) | (found.criteria != "") | every
    if "class" in found.columns:
        told = told | (found["class"] != "")
    kinds = {"value": "float64", "lower": "float64", "upper": "float64"}
    columns: dict[str, Any] = {
        name: found[name].cast(kinds[name]) if name in kinds else found[name]
        for name in COLUMNS
        if name in found.columns
    }
    columns["class"] = columns.get("class", ibis.literal(""))
    when = ibis.null("int64") if day is None else day.cast("int64")
    rows = found.filter(told).select(*KEYS, score=ibis.literal(score), at=ibis.literal(at), day=when, **columns)
    return rows.select(*KEYS, "score", "at", "day", *COLUMNS)


def _iec_hs(gates: ibis.Table, counts: Mapping[str, ibis.Table]) -> list[ibis.Table]:
    """Return the gate of IEC-HS, and the most manifestations of days on which it is open."""
    worst = _worst_window(gates, IEC_HS_GATE)
    parts = [_rows(worst, IEC_HS_GATE.key, f"within 72 hours, days 0 to {LAST_DAY}", worst.day, every=True)]
    for score, days_of in counts.items():
        most = _most(days_of)
        parts.append(_rows(most, score, "most within 72 hours, ferritin gate open", most.day, every=True))
    return parts


def _has(score: Score, found: Collection[str]) -> bool:
    """Say whether a variable that the score reads was measured of anybody."""
    return any(RATIOS.get(item.name, item.name) in found for item in score.inputs)


def _rolling(week: ibis.Table, found: Collection[str], options: Options) -> list[ibis.Table]:
    """Return hyperinflammation of the window in which the most was met, the first such."""
    absent = {"immunosuppression": ibis.null("boolean"), "febrile": ibis.null("boolean")}
    rows = week.mutate(**absent)
    at = f"worst {options['hlh_window_days']} days of 0 to {LAST_DAY}"
    scores = [
        (f"hscore ({reading})", HSCORE, Options({**options, "hscore_immunosuppression": reading}))
        for reading in IMMUNOSUPPRESSION
    ]
    scores += [(score.key, score, options) for score in (HLH_2004, HLH_2024, MAS_2016, OHI)]
    parts = []
    for name, score, chosen in scores:
        if not _has(score, found):
            continue
        first = _worst_window(evaluate(measured(rows, score), score, chosen), score)
        parts.append(_rows(first, name, at, first.day, every=True))
    return parts


def _worst_window(found: ibis.Table, score: Score) -> ibis.Table:
    """Return of each course the window in which the most was met, with what all its windows leave open.

    The upper bound is that of all windows. Criteria that are met in one are met; they are not met, and a band is
    told, where no window can say otherwise.
    """
    met = found["class"] == score.classes[-1][0]
    told = found.group_by(*KEYS).aggregate(
        most=found.upper.max(),
        least_class=found["class"].min(),
        greatest_class=found["class"].max(),
        all_complete=found.complete.min(),
    )
    first = beside(_most(found, *([ibis.ifelse(met, 0, 1)] if score.counts else [])), told)
    if score.counts:
        # The window that meets them, if any does, is the first.
        name, value = first["class"], first.lower
        sure = (name == score.classes[-1][0]) | (first.least_class == first.greatest_class)
    else:
        name, value = score.label(first.lower), ibis.ifelse(first.all_complete, first.lower, ibis.null("float64"))
        sure = name == score.label(first.most)
    named_class = {"class": ibis.ifelse(sure, name, "")}
    return first.mutate(upper=first.most, complete=first.all_complete, value=value, **named_class)


def _most(found: ibis.Table, *ahead: Any) -> ibis.Table:
    """Return of each course the day on which the most was met, the first such; what is asked for goes first."""
    return first_row(found, KEYS, *ahead, found.lower.desc(), found.upper.desc(), ties="day")


def _mas_l(results: ibis.Table, features: ibis.Table, options: Options) -> ibis.Table:
    """Return MAS-L: the fastest rise of ferritin between two draws, and the extremes of days 0 to 30."""
    inside = results.filter(results.day >= 0, results.day <= LAST_DAY)
    rises = ferritin_rises(inside, int(options["mas_l_gap_hours"]))
    rises = rises.filter(rises.minutes >= LEAST_RISE)
    rise = rises.group_by(*KEYS).aggregate(ferritin_rise=rises.rate.max())
    fibrinogen = inside.filter(inside.variable == "fibrinogen")
    fibrinogen = fibrinogen.group_by(*KEYS).aggregate(
        fibrinogen_low=fibrinogen.low.min(), fibrinogen_high=fibrinogen.high.min()
    )
    ldh = inside.filter(inside.variable == "ldh", inside.uln > 0)
    ldh = ldh.group_by(*KEYS).aggregate(
        ldh_ratio_low=(ldh.low / ldh.uln).max(), ldh_ratio_high=(ldh.high / ldh.uln).max()
    )
    rows = features.select(*KEYS).distinct()
    for part in (rise, fibrinogen, ldh):
        rows = beside(rows, part)
    rows = rows.mutate(
        ferritin_rise_low=rows.ferritin_rise,
        ferritin_rise_high=rows.ferritin_rise,
        fibrinogen=rows.fibrinogen_low,
        ldh_ratio=rows.ldh_ratio_low,
    )
    return _rows(evaluate(measured(rows, MAS_L), MAS_L, options), "mas-l", f"days 0 to {LAST_DAY}", every=True)


def lymphodepletion(drugs: ibis.Table, known: Dictionary, options: Options) -> ibis.Table:
    """Return the dated doses of lymphodepletion that belong to the infusion.

    The same drugs treat lymphoma: what was given long before the infusion is another treatment.
    """
    rows = dated(drugs)
    return rows.filter(
        rows.drug.isin(known.drugs_of("lymphodepletion")),
        rows.status == "given",
        rows.day <= 0,
        rows.day >= -int(options["lymphodepletion_within_days"]),
    )


def _moments(records: Mapping[str, ibis.Table], known: Dictionary, options: Options) -> Moments:
    """Return the moments before which a baseline is read, and how many days: lymphodepletion, and the infusion."""
    depleting = lymphodepletion(records["drugs"], known, options)
    minute = ibis.coalesce(depleting.minute, depleting.day * DAY_MINUTES - 1)
    first = depleting.group_by(*KEYS).aggregate(moment=minute.min())
    patients = records["patients"]
    # Where day 0 is known to the day alone, what is of that day itself may be later.
    infusion = patients.select(*KEYS, moment=ibis.coalesce(infusion_minute(patients), -1))
    return {DEPLETION: (first, BEFORE_LYMPHODEPLETION), INFUSION: (infusion, AT_INFUSION)}


def _baseline(
    results: ibis.Table, found: Collection[str], moments: Moments, options: Options, engine: Engine
) -> list[ibis.Table]:
    """Return EASIX and its kin at both moments, CAR-HEMATOTOX before lymphodepletion."""
    parts = []
    for at, (moment, days) in moments.items():
        scores = [EASIX, SIMPLIFIED, MODIFIED, *([CAR_HEMATOTOX] if at == DEPLETION else [])]
        scores = [score for score in scores if _has(score, found)]
        if not scores:
            continue
        names = list(dict.fromkeys(item.name for score in scores for item in score.inputs))
        rows = engine.keep(f"values {at}", last_before(results, moment, names, days))
        for score in scores:
            mine = [item.name for item in score.inputs]
            drawn = [rows[f"{name}_at"] for name in mine]
            apart = ibis.literal(score is not CAR_HEMATOTOX)
            apart = ibis.coalesce(apart & (ibis.greatest(*drawn) - ibis.least(*drawn) > ONE_DRAW), False)
            chosen = rows.mutate(**{name: ibis.ifelse(apart, ibis.null("float64"), rows[name]) for name in mine})
            told = evaluate(measured(chosen.mutate(apart=apart), score), score, options)
            told = told.mutate(missing=ibis.ifelse(told.apart, "a draw of all of it", told.missing))
            parts.append(_rows(told, score.key, at, every=True))
    return parts


def _of_patients(
    patients: ibis.Table,
    results: ibis.Table,
    found: Collection[str],
    moments: Moments,
    options: Options,
    engine: Engine,
) -> list[ibis.Table]:
    """Return renal function and body size at infusion, and the prognostic indices before lymphodepletion.

    Stage, sites and performance come from columns of the patients that are named as the inputs of the index.
    """
    parts = []
    renal = (COCKCROFT_GAULT, CKD_EPI) if "creatinine" in found else ()
    for at, scores, names in (
        (INFUSION, (*renal, BODY_SURFACE), ("creatinine", "weight", "height")),
        (DEPLETION, (IPI, AGE_ADJUSTED, R_IPI, NCCN_IPI), ("ldh_ratio",)),
    ):
        moment, days = moments[at]
        rows = beside(last_before(results, moment, names, days), patients)
        sex = rows.sex.strip().lower()
        rows = rows.mutate(sex=ibis.cases((sex.isin(("f", "female")), "female"), (sex.isin(("m", "male")), "male")))
        size = {"weight": rows.weight_kg, "height": rows.height_cm} if "weight" in names else {}
        rows = rows.mutate(**{name: ibis.coalesce(value, rows[name]) for name, value in size.items()})
        rows = engine.keep(f"patients {at}", rows)
        for score in scores:
            numbers = [item.name for item in score.inputs if item.kind == "number"]
            brought = {name: _number(rows, name) for name in numbers if f"{name}_low" not in rows.columns}
            truths = {item.name: _truth(rows, item.name) for item in score.inputs if item.kind == "truth"}
            chosen = rows.mutate(**brought, **truths)
            ends = {f"{name}_{end}": chosen[name] for name in (*brought, *size) for end in ("low", "high")}
            # The age-adjusted index is that of patients of 60 years or less.
            mine = chosen.filter(chosen.age < OLDER) if score is AGE_ADJUSTED else chosen
            parts.append(_rows(evaluate(mine.mutate(**ends), score, options), score.key, at))
    return parts


def _number(rows: ibis.Table, name: str) -> ir.Value:
    if name not in rows.columns:
        return ibis.null("float64")
    text = rows[name].cast("string").strip().lower()
    # A stage may be written III or IVB.
    return ibis.coalesce(text.re_extract("^(iv|i{1,3})[abesx]*$", 1).cases(*ROMAN.items()), text).try_cast("float64")


def _truth(rows: ibis.Table, name: str) -> ir.Value:
    if name not in rows.columns:
        return ibis.null("boolean")
    return boolean(rows[name].cast("string").strip())


def _growth_factor(drugs: ibis.Table, known: Dictionary) -> ibis.Table:
    """Return the first day of G-CSF, under which counts are as observed."""
    given = administered(drugs.filter(drugs.drug.isin(known.drugs_of("G-CSF"))))
    first = given.filter(given.day >= 0).group_by(*KEYS).aggregate(value=ibis._.day.min())
    words = {name: ibis.literal("") for name in ("missing", "criteria")}
    bounds = {"lower": first.value, "upper": first.value}
    rows = first.mutate(**words, **bounds, complete=ibis.literal(True))
    return _rows(rows.mutate(**{"class": ibis.literal("given")}), G_CSF, "from day 0")


def _until_progression(follow_up: ibis.Table, events: ibis.Table) -> ibis.Table:
    """End the follow-up with the first relapse or progression: cytopenia after it has other causes."""
    relapse = dated(events.filter(events.event == "relapse", events.day >= 0))
    rows = beside(follow_up, relapse.group_by(*KEYS).aggregate(relapse_day=relapse.day.min()))
    # Least skips what is null: who had none is followed to the end.
    last = ibis.ifelse(rows.last_day.notnull(), ibis.least(rows.last_day, rows.relapse_day), ibis.null("int64"))
    return rows.mutate(last_day=last).drop("relapse_day")


def _cytopenia(
    results: ibis.Table, found: Collection[str], follow_up: ibis.Table, options: Options
) -> list[ibis.Table]:
    """Return ICAHT and T-ICAHT, early and late."""
    # Of a count beyond the limit of the assay its known end stands for it.
    rows = results.mutate(value=ibis.ifelse(results.high < ENDLESS, results.high, results.low))
    counts = {name: rows.filter(rows.variable == name).select(*DAY, "value") for name in ("anc", "platelets")}
    known = follow_up.filter(follow_up.last_day.notnull())

    def counted(name: str, first: int, last: int = LAST_LATE) -> ibis.Table:
        """Return the courses with a count in that time: without any there is nothing to grade."""
        mine = counts[name]
        return known.semi_join(mine.filter(mine.day >= first, mine.day <= last), list(KEYS))

    anc, platelets = counts["anc"], counts["platelets"]
    early, late = "days 0 to 30", "days 31 to 100"
    hemoglobin = rows.filter(rows.variable == "hemoglobin").select(*DAY, "value")
    parts = []
    if "anc" in found:
        for counting in dict.fromkeys((options["icaht_counting"], "longest_joined")):
            chosen = Options({**options, "icaht_counting": counting})
            graded = early_icaht(anc, counted("anc", 0, LAST_EARLY), chosen)
            parts.append(_rows(graded, f"{ICAHT_EARLY.key} ({counting})", early, every=True))
        phenotypes = hematotoxicity(anc, platelets, hemoglobin, counted("anc", 0))
        parts.append(_rows(phenotypes, HEMATOTOXICITY, "from day 0", every=True))
        parts.append(_rows(late_icaht(anc, known, options), ICAHT_LATE.key, late, every=True))
    if "platelets" in found:
        thrombocytopenia = platelet_icaht(platelets, counted("platelets", 0, LAST_EARLY), options)
        parts.append(_rows(thrombocytopenia, T_ICAHT_EARLY.key, early, every=True))
        thrombocytopenia = platelet_icaht(platelets, counted("platelets", LAST_EARLY + 1), options, late=True)
        parts.append(_rows(thrombocytopenia, T_ICAHT_LATE.key, late, every=True))
    return parts
