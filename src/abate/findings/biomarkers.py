"""Laboratory series, and the comparisons that were named beforehand."""

from typing import Any

import ibis
import numpy as np
import pyarrow as pa

from abate.biomarkers.auc import area_under_curve
from abate.biomarkers.movement import LETTER_LIMITS, fastest_rise, slopes, time_above
from abate.biomarkers.series import ALTERED, SERIES
from abate.biomarkers.summaries import baseline, peak
from abate.cohort import Cohort
from abate.findings.shape import Section, listing, number, table
from abate.sources.mapping import Comparison
from abate.statistics.comparison import compare
from abate.timeline.joins import KEYS, beside

MOST_VARIABLES = 6
NOT_LABORATORY = (
    *("temperature", "sbp", "dbp", "map", "heart_rate", "resp_rate", "spo2", "fio2", "o2_flow", "weight", "height"),
    *("gcs_total", "gcs_eye", "rass", "ice", "capd", "cartox10", "papilledema_stage", "csf_opening_pressure"),
    "urine_output",
)
"""Variables that are not drawn among the laboratory values unless a comparison names them."""
WINDOW, EARLY = (0.0, 28.0), (0, 7)
"""Days summed up, and those of the slope: the rise of inflammation."""
MEASURES = {
    "baseline": "baseline",
    "peak": "peak",
    "auc": "area under the curve",
    "auc_per_day": "area under the curve per covered day",
}


def biomarkers(cohort: Cohort) -> Section:
    """Return points to draw, group medians, and the result of every comparison."""
    group = next((item.group for item in cohort.records.study.comparisons), "responder")
    points = _points(cohort, group)
    drawn = points.to_pyarrow()
    results, dots, texts = [], [], []
    for comparison in cohort.records.study.comparisons:
        measured = listing(cohort.measure(comparison), "variable", *KEYS)
        for variable in comparison.variables:
            mine = [row for row in measured if row["variable"] == variable]
            result = _compare(cohort, comparison, variable, mine)
            results.append(result)
            dots += [
                {
                    "comparison": result["comparison"],
                    "patient": row["patient_id"],
                    "group": row["label"],
                    "value": row["value"],
                }
                for row in mine
                if row["left_out"] is None
            ]
    if not drawn.num_rows:
        texts.append("The records hold no dated laboratory value that can be used.")
    if not cohort.records.study.comparisons:
        texts.append("No comparison was named beforehand in abate.toml, so none is made.")
    altered = cohort.count(cohort.points.filter(cohort.points.altered_by.notnull()))
    if altered:
        texts.append(f"{altered} values that a drug alters are drawn and marked, and left out of comparisons.")
    return {
        "biomarker_courses": table(_movement(cohort, points), "patient"),
        "heat": _heat(points).to_pyarrow(),
        "biomarker_points": drawn,
        "biomarker_medians": _medians(points).to_pyarrow(),
        "comparisons": table(results, "comparison"),
        "comparison_values": table(dots, "comparison"),
    }, {"biomarkers": " ".join(texts)}


def _points(cohort: Cohort, group: str) -> ibis.Table:
    """Return the series of the variables recorded most, or of those compared."""
    labels = cohort.patients.select(*KEYS, group=cohort.label(group))
    points = cohort.points.join(labels, KEYS).filter(ibis._.time >= -10, ibis._.time < 101)
    named = [name for item in cohort.records.study.comparisons for name in item.variables]
    if named:
        points = points.filter(points.variable.isin(named))
    else:
        points = points.filter(points.variable.notin(NOT_LABORATORY))
        counts = points.group_by("variable").aggregate(n=points.count())
        most = counts.order_by(counts.n.desc(), "variable").limit(MOST_VARIABLES)
        points = points.semi_join(most, "variable")
    known = cohort.records.study.dictionary.variables
    names = ibis.memtable(
        pa.table({"variable": list(known), "label": [f"{item.label} ({item.unit})" for item in known.values()]})
    )
    points = points.join(names, "variable")
    start = cohort.treatment.select(*KEYS, "start_day")
    points = beside(points, start)
    return points.select(
        *KEYS,
        "variable",
        "label",
        "time",
        "value",
        "limit",
        "altered_by",
        "start_day",
        "source",
        group=ibis.coalesce(points.group, "group not known"),
    ).order_by("variable", "group", *KEYS, "time", "value", "source")


def _movement(cohort: Cohort, points: ibis.Table) -> list[dict[str, Any]]:
    """Return how each drawn series of each patient moves, without values that a drug alters."""
    known = cohort.records.study.dictionary.variables
    clean = cohort.points.filter(cohort.points.altered_by.isnull())
    clean = cohort.records.engine.keep("clean_points", clean.semi_join(points, "variable"))
    limits = ibis.memtable(pa.table({"variable": list(LETTER_LIMITS), "limit": list(LETTER_LIMITS.values())}))
    first, last = WINDOW
    rows = peak(clean, first, last).select(*SERIES, "values", "limit", peak="value", peak_time="time")
    before = baseline(clean, cohort.options["baseline_window_days"]).select(*SERIES, baseline="value")
    area = area_under_curve(clean, first, last, cohort.options).select(*SERIES, "auc_per_day", "covered_days")
    above = time_above(clean, limits, first, last, cohort.options).select(*SERIES, "days_above", above="limit")
    rise = fastest_rise(clean.filter(clean.time >= first, clean.time < last)).select(*SERIES, "per_hour")
    slope = slopes(clean, *EARLY).select(*SERIES, "slope", "doublings")
    for other in (before, area, above, rise, slope):
        rows = beside(rows, other, SERIES)
    return [
        {
            "patient": row["patient_id"],
            "value": f"{known[row['variable']].label} ({known[row['variable']].unit})",
            "values": row["values"],
            "baseline": number(row["baseline"]),
            "peak": f"{number(row['peak'])}{' (limit of the assay)' if row['limit'] == 'above' else ''}",
            "on day": number(row["peak_time"]),
            "peak less baseline": "–" if row["baseline"] is None else number(row["peak"] - row["baseline"]),
            "days above the letter's cut-off": (
                "–" if row["above"] is None else f"{number(row['days_above'])} (> {number(row['above'])})"
            ),
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
    days = points.filter(points.time >= 0, points.time < WINDOW[1])
    days = days.mutate(day=days.time.floor().cast("int64"))
    found = days.group_by(*KEYS, "variable", "label", "day", "group").aggregate(
        value=days.value.max(), altered_by=days.altered_by.max(), limit=days["limit"].max()
    )
    return found.order_by("variable", "group", *KEYS, "day")


def _medians(points: ibis.Table) -> ibis.Table:
    """Return median and quartiles of each group in windows of three days, where a quarter was measured."""
    binned = points.mutate(time=(points.time / 3).floor() * 3 + 1.5)
    patient = binned.group_by(*KEYS, "variable", "label", "group", "time").aggregate(value=ibis._.value.median())
    found = patient.group_by("variable", "label", "group", "time").aggregate(
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


def _compare(cohort: Cohort, comparison: Comparison, variable: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Compare one variable between two groups, and count who was left out and why."""
    known = cohort.records.study.dictionary.variables[variable]
    start, end = comparison.window
    scale = " (log10)" if cohort.options["comparison_scale"] == "log10" else ""
    name = f"{known.label}: {MEASURES[comparison.measure]}{scale}, days {number(start)} to {number(end)}"
    if comparison.measure == "baseline":
        name = f"{known.label}: {MEASURES['baseline']}{scale}"
    unit = f"{known.unit}·d" if comparison.measure == "auc" else known.unit
    found = {str(row["label"]) for row in rows if row["label"] is not None}
    labels = [label for label in _order(cohort, comparison.group) if label in found]
    labels += sorted(found - set(labels))
    left: dict[str, int] = {}
    for row in rows:
        if row["left_out"]:
            left[row["left_out"]] = left.get(row["left_out"], 0) + 1
    base = {
        "comparison": name,
        "unit": unit,
        "left out": "; ".join(f"{count} {why}" for why, count in left.items()) or "none",
    }
    if cohort.records.study.coverage.get("drugs") is not True and variable in {rule[0] for rule in ALTERED}:
        base["left out"] += ". Drugs are not declared complete: whether one altered a value is not known"
    if len(labels) != 2:
        return base | {"note": f"{len(labels)} groups: a comparison needs two"}
    values = [
        np.array([row["value"] for row in rows if row["left_out"] is None and row["label"] == label], float)
        for label in labels
    ]
    result = compare(values[0], values[1], (labels[0], labels[1]), cohort.options)
    return base | result.as_row()


def _order(cohort: Cohort, group: str) -> list[str]:
    """Return the labels of a group in the order of the mapping file."""
    if group == "responder":
        return ["responder", "nonresponder"]
    return list(cohort.records.study.groups[group].labels.values())
