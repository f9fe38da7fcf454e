"""Laboratory series: what is drawn, how each moves, and the days of each."""

from typing import Any

import ibis
import pyarrow as pa

from abate.biomarkers.auc import area_under_curve
from abate.biomarkers.movement import LETTER_LIMITS, fastest_rise, relative_to, slopes, time_above
from abate.biomarkers.series import SERIES
from abate.biomarkers.summaries import baseline, peak
from abate.cohort import Cohort, onset_of
from abate.findings.shape import Section, held, listing, number, table, who
from abate.findings.toxicity import lanes
from abate.sources.mapping import BY_RESPONSE
from abate.timeline.joins import KEYS, beside

MOST_VARIABLES = 6
FROM_DAY = -7
WINDOW, EARLY = (0.0, 28.0), (0, 7)
"""Days summed up, and those of the slope: the rise of inflammation."""


def biomarkers(cohort: Cohort) -> Section:
    """Return points to draw, group medians, and how each series moves."""
    keep = cohort.records.engine.keep
    drawn = keep("drawn_series", _drawn(cohort))
    points = keep("biomarker_points", _points(cohort, drawn))
    texts = []
    if not cohort.count(drawn):
        texts.append("The records hold no dated laboratory value that can be used.")
    lost = cohort.count(drawn.select(*KEYS).distinct().anti_join(points, KEYS))
    if lost:
        clock = cohort.anchor_name(cohort.options["laboratory_clock"])
        texts.append(f"{lost} courses have values and are not drawn: no day of {clock}, or no value near it.")
    marked = cohort.points.filter(cohort.points.altered_by.notnull())
    if altered := cohort.count(marked):
        texts.append(
            f"{altered} values are altered by a drug, a product, dialysis or their sample: they are marked where they "
            f"are drawn, and {cohort.count(marked.filter(marked.left_out))} of them are left out of medians, sums and "
            f"comparisons (option altered_values: {cohort.options['altered_values']})."
        )
    each = points.order_by("variable", "group", *KEYS, "time", "value", "source")
    return {
        "biomarker_courses": table(_movement(cohort, drawn), "patient"),
        "biomarker_days": held(_days(cohort, drawn)),
        "heat": _heat(points.semi_join(lanes(cohort), KEYS)).to_pyarrow(),
        "biomarker_points": held(each),
        "biomarker_medians": _medians(points).to_pyarrow(),
    }, {"biomarkers": " ".join(texts)}


def _drawn(cohort: Cohort) -> ibis.Table:
    """Return the series of the variables recorded most, or of those compared."""
    points = cohort.points
    named = [name for item in cohort.records.study.comparisons for name in item.variables]
    if named:
        return points.filter(points.variable.isin(named))
    counts = points.group_by("variable").aggregate(n=points.count())
    return points.semi_join(counts.order_by(counts.n.desc(), "variable").limit(MOST_VARIABLES), "variable")


def _points(cohort: Cohort, drawn: ibis.Table) -> ibis.Table:
    """Return what is drawn, on the clock of the option."""
    group = next((item.group for item in cohort.records.study.comparisons), BY_RESPONSE)
    labels = cohort.patients.select(*KEYS, group=cohort.label(group))
    clock = cohort.anchor_name(cohort.options["laboratory_clock"])
    anchors = cohort.anchors.filter(ibis._.anchor == clock)
    begun = cohort.treatment.select(*KEYS, start="start_day")
    points = relative_to(drawn, anchors).join(labels, KEYS)
    points = points.filter(points.time >= -10, points.time < 101)
    known = cohort.records.study.dictionary.variables
    names = ibis.memtable(
        pa.table({"variable": list(known), "label": [f"{item.label} ({item.unit})" for item in known.values()]})
    )
    points = points.join(names, "variable")
    zero = anchors.select(*KEYS, zero="day")
    points = beside(beside(points, begun), zero)
    return points.select(
        *KEYS,
        "variable",
        "label",
        "time",
        "value",
        "limit",
        "altered_by",
        "left_out",
        "source",
        start_day=points.start - points.zero,
        group=ibis.coalesce(points.group, "group not known"),
        clock=ibis.literal(clock),
    )


def _movement(cohort: Cohort, drawn: ibis.Table) -> list[dict[str, Any]]:
    """Return how each drawn series of each patient moves, without values that a drug alters."""
    known = cohort.records.study.dictionary.variables
    clean = cohort.records.engine.keep("clean_points", drawn.filter(~drawn.left_out))
    limits = ibis.memtable(pa.table({"variable": list(LETTER_LIMITS), "limit": list(LETTER_LIMITS.values())}))
    first, last = WINDOW
    rows = peak(clean, first, last).select(*SERIES, "values", "limit", peak="value", peak_time="time")
    before = baseline(clean, cohort.options["baseline_window_days"]).select(*SERIES, baseline="value")
    area = area_under_curve(clean, first, last, cohort.options).select(*SERIES, "auc", "auc_per_day", "covered_days")
    above = time_above(clean, limits, first, last, cohort.options).select(*SERIES, "days_above", above="limit")
    rise = fastest_rise(clean.filter(clean.time >= first, clean.time < last)).select(*SERIES, "per_hour")
    slope = slopes(clean, *EARLY).select(*SERIES, "slope", "doublings")
    bounded = clean.filter(clean["limit"].notnull(), clean.time >= first, clean.time < last)
    bounded = bounded.group_by(*SERIES).aggregate(bounded=bounded.count())
    for other in (before, area, above, rise, slope, bounded):
        rows = beside(rows, other, SERIES)
    return [
        {
            "patient": who(row),
            "value": f"{known[row['variable']].label} ({known[row['variable']].unit})",
            "values": row["values"],
            "at the limit of the assay": row["bounded"] or 0,
            "baseline": number(row["baseline"]),
            "peak": f"{number(row['peak'])}{' (limit of the assay)' if row['limit'] == 'above' else ''}",
            "on day": number(row["peak_time"]),
            "peak less baseline": "–" if row["baseline"] is None else number(row["peak"] - row["baseline"]),
            "days above the letter's cut-off": (
                "–" if row["above"] is None else f"{number(row['days_above'])} (> {number(row['above'])})"
            ),
            "area under the curve": number(row["auc"]),
            "area per covered day": number(row["auc_per_day"]),
            "days covered": number(row["covered_days"]),
            "fastest rise per hour": number(row["per_hour"], 2),
            f"slope a day, days {EARLY[0]} to {EARLY[1]}": number(row["slope"], 2),
            "doublings a day": number(row["doublings"], 2),
        }
        for row in listing(rows, "variable", *KEYS)
    ]


def _heat(points: ibis.Table) -> ibis.Table:
    """Return the highest value of each day of each drawn series."""
    days = points.filter(points.time >= FROM_DAY, points.time < WINDOW[1])
    # Before day 0 only where that is not the infusion.
    days = days.filter((days.time >= 0) | (days.clock != "day 0"))
    days = days.mutate(day=days.time.floor().cast("int64"))
    found = days.group_by(*KEYS, "variable", "label", "day", "group", "clock").aggregate(
        value=days.value.max(), altered_by=days.altered_by.max(), limit=days["limit"].max()
    )
    return found.order_by("variable", "group", *KEYS, "day")


def _days(cohort: Cohort, drawn: ibis.Table) -> ibis.Table:
    """Return each day of each drawn series, on the clock of the infusion, of every onset and of the treatment."""
    drawn = drawn.mutate(day=drawn.time.floor().cast("int64"))
    # Of several values at the last time, the highest.
    of_day = ibis.window(group_by=[*KEYS, "variable", "day"])
    drawn = drawn.mutate(latest=drawn.time == drawn.time.max().over(of_day))
    days = drawn.group_by(*KEYS, "variable", "day").aggregate(
        values=drawn.count(),
        lowest=drawn.value.min(),
        highest=drawn.value.max(),
        last=drawn.value.max(where=drawn.latest),
        altered_by=drawn.altered_by.max(),
        limit=drawn["limit"].max(),
    )
    treatment = cohort.records.study.treatment
    onsets = [onset_of(toxicity) for toxicity in cohort.first_systems]
    for anchor in (*onsets, *((cohort.anchor_name("treatment"),) if treatment else ())):
        day = cohort.anchors.filter(cohort.anchors.anchor == anchor).select(*KEYS, anchor__day="day")
        days = beside(days, day)
        days = days.mutate(**{f"days from {anchor}": days.day - days.anchor__day}).drop("anchor__day")
    return days.rename(patient="patient_id").order_by("patient", "course_id", "variable", "day")


def _medians(points: ibis.Table) -> ibis.Table:
    """Return median and quartiles of each group in windows of three days, where a quarter was measured."""
    binned = points.filter(~points.left_out).mutate(time=(points.time / 3).floor() * 3 + 1.5)
    patient = binned.group_by(*KEYS, "variable", "label", "group", "clock", "time").aggregate(
        value=ibis._.value.median()
    )
    found = patient.group_by("variable", "label", "group", "clock", "time").aggregate(
        value=patient.value.median(),
        lower=patient.value.quantile(0.25),
        upper=patient.value.quantile(0.75),
        patients=patient.count(),
    )
    size = (
        patient.select(*KEYS, "variable", "group")
        .distinct()
        .group_by("variable", "group")
        .aggregate(size=ibis._.count())
    )
    found = found.join(size, ["variable", "group"])
    enough = (found.patients >= 2) & (found.patients * 4 >= found["size"])
    return found.filter(enough).drop("size").order_by("variable", "group", "time")
