"""Groups compared: what was named beforehand, tested; by day and by given cut-offs, shown."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abate.biomarkers.altered import may_be_altered
from abate.cohort import Cohort
from abate.findings.shape import Section, listing, number, share, table, who
from abate.sources.mapping import BY_RESPONSE, Comparison
from abate.statistics.comparison import LEVEL, POWER, compare
from abate.statistics.exact import rank_sum
from abate.statistics.multiplicity import adjusted
from abate.timeline.joins import KEYS

MEASURES = {
    "baseline": "baseline",
    "peak": "peak",
    "auc": "area under the curve",
    "auc_per_day": "area under the curve per covered day",
}
P_VALUES = ("permutation_p", "wilcoxon_p", "t_p", "welch_p")
PICTURE = "few patients: another comparison was named first, and this one is a picture"
Row = dict[str, Any]


def comparisons(cohort: Cohort) -> Section:
    """Return the result of every comparison, its values, and the groups by day and by cut-off."""
    named = cohort.records.study.comparisons
    results, dots, days, limits = [], [], [], []
    for place, comparison in enumerate(named):
        measured = listing(cohort.measure(comparison), "variable", *KEYS)
        windowed = comparison.measure != "baseline"
        by_day = listing(cohort.measure_days(comparison), "variable", "day") if windowed else []
        passed = listing(cohort.measure_beyond(comparison), "variable", *KEYS) if windowed else []
        for variable in comparison.variables:
            mine = [row for row in measured if row["variable"] == variable]
            first = place == 0 and variable == named[0].variables[0]
            result = _compare(cohort, comparison, variable, mine, first=first)
            results.append(result)
            if "first" in result:
                dots += [_dot(result, row) for row in mine if row["left_out"] is None]
            days += _by_day(cohort, result, [row for row in by_day if row["variable"] == variable])
            limits += _beyond(cohort, result, [row for row in passed if row["variable"] == variable])
    for column, p_values in (("permutation_p", results), ("p", days)):
        family = adjusted([row.get(column) for row in p_values])
        for row, holm, rate in zip(p_values, family.holm, family.benjamini_hochberg, strict=True):
            row |= {"holm": holm, "benjamini_hochberg": rate, "family": family.count}
    return {
        "comparisons": table(results, "comparison"),
        "comparison_values": table(dots, "comparison"),
        "comparison_days": table(days, "comparison"),
        "comparison_cut_offs": table(limits, "comparison"),
    }, {"comparisons": _text(cohort, results)}


def _dot(result: Row, row: Row) -> Row:
    named = {"comparison": result["comparison"], "patient": who(row), "group": row["label"]}
    return named | {name: row[name] for name in ("value", "per_day", "covered_days")}


def _text(cohort: Cohort, results: Sequence[Row]) -> str:
    if not results:
        return "No comparison was named beforehand in abate.toml, so none is made."
    said = (
        "P values are two-sided; the permutation test leads, the others stand beside it. The least P is the smallest "
        "that these numbers of patients, with their ties, can give, or the draws of a Monte Carlo test. Holm's value "
        "bounds the chance of any false finding among the comparisons tested, Benjamini and Hochberg's the expected "
        "share of false ones. The detectable difference is the one that a t test at "
        f"{100 * LEVEL:.0f} % would find in {100 * POWER:.0f} % of such studies: it follows from the numbers of "
        "patients alone. A difference between groups is not an effect."
    )
    if any(row.get("note") == PICTURE for row in results):
        said += (
            f" With fewer than {cohort.options['few_patients']} patients one comparison, the one named first, is "
            "tested; the rest is a picture without P values."
        )
    return said


def _name(cohort: Cohort, comparison: Comparison, variable: str) -> str:
    """Return what is compared in words."""
    known = cohort.records.study.dictionary.variables[variable]
    scale = " (log10)" if cohort.options["comparison_scale"] == "log10" else ""
    name = f"{known.label}: {MEASURES[comparison.measure]}{scale}"
    start, end = comparison.window
    after = "" if comparison.anchor == "infusion" else f" from {cohort.anchor_name(comparison.anchor)}"
    by = "response" if comparison.group == BY_RESPONSE else comparison.group
    if comparison.measure == "baseline":
        return f"{name}{after.replace('from', 'before')}, by {by}"
    return f"{name}, days {number(start)} to {number(end)}{after}, by {by}"


def _compare(cohort: Cohort, comparison: Comparison, variable: str, rows: Sequence[Row], *, first: bool) -> Row:
    """Compare one variable between two groups, and count who was left out and why."""
    known = cohort.records.study.dictionary.variables[variable]
    found = {str(row["label"]) for row in rows if row["label"] is not None}
    labels = [label for label in _order(cohort, comparison.group) if label in found]
    labels += sorted(found - set(labels))
    left: dict[str, int] = {}
    for row in rows:
        if row["left_out"]:
            left[row["left_out"]] = left.get(row["left_out"], 0) + 1
    base = {
        "comparison": _name(cohort, comparison, variable),
        "unit": f"{known.unit}·d" if comparison.measure == "auc" else known.unit,
        "left out": "; ".join(f"{count} {why}" for why, count in left.items()) or "none",
    }
    if cohort.records.study.coverage.get("drugs") is not True and may_be_altered(variable):
        base["left out"] += ". Drugs are not declared complete: whether one altered a value is not known"
    if len(labels) != 2:
        return base | {"note": f"groups known: {len(labels)}; a comparison needs two"}
    used = [row for row in rows if row["left_out"] is None]
    one, two = (_numbers(used, "value", label) for label in labels)
    result = compare(one, two, (labels[0], labels[1]), cohort.options).as_row()
    if len(used) < cohort.options["few_patients"] and not first and result["permutation_p"] is not None:
        result |= dict.fromkeys((*P_VALUES, "least_p", "wilcoxon_least_p")) | {"note": PICTURE}
    beside = {"auc": "per_day", "auc_per_day": "covered_days"}.get(comparison.measure)
    if beside and min(len(one), len(two)):
        medians = (number(float(np.median(_numbers(used, beside, label)))) for label in labels)
        base[beside] = " and ".join(medians)
    return base | result


def _numbers(rows: Sequence[Row], column: str, label: str) -> NDArray[np.float64]:
    return np.array([row[column] for row in rows if row["label"] == label], float)


def _by_day(cohort: Cohort, result: Row, rows: Sequence[Row]) -> list[Row]:
    """Return a line a day on which both groups were measured; a P value only where patients are not few."""
    out = []
    labels = (result.get("first"), result.get("second"))
    tested = result.get("permutation_p") is not None
    patients = (result.get("n_first") or 0) + (result.get("n_second") or 0)
    for day in sorted({row["day"] for row in rows}):
        groups = [_numbers([row for row in rows if row["day"] == day], "value", str(label)) for label in labels]
        if not all(len(group) for group in groups):
            continue
        found = rank_sum(groups[0], groups[1])
        enough = tested and patients >= cohort.options["few_patients"] and min(map(len, groups)) > 1
        out.append(
            {
                "comparison": result["comparison"],
                "day": day,
                "groups": " and ".join(f"{label} ({len(group)})" for label, group in zip(labels, groups, strict=True)),
                "medians": " and ".join(number(float(np.median(group))) for group in groups),
                "superiority": found.superiority,
                "p": found.p if enough else None,
                "method": found.method if enough else None,
                "least_p": found.least_p if enough else None,
            }
        )
    return out


def _beyond(cohort: Cohort, result: Row, rows: Sequence[Row]) -> list[Row]:
    """Return how many of each group passed the cut-off that the letter names, within the window."""
    if not rows or "first" not in result:
        return []
    unit = cohort.records.study.dictionary.variables[rows[0]["variable"]].unit
    line = {"comparison": result["comparison"], "cut-off": f"above {number(rows[0]['limit'])} {unit}"}
    for label in (result["first"], result["second"]):
        known = [row["above"] for row in rows if row["label"] == label and row["above"] is not None]
        line[label] = share(sum(known), len(known))
    unknown = sum(row["above"] is None for row in rows)
    return [line | {"cannot be told": unknown}]


def _order(cohort: Cohort, group: str) -> list[str]:
    """Return the labels of a group in the order of the mapping file."""
    if group == BY_RESPONSE:
        return ["responder", "nonresponder"]
    return list(cohort.records.study.groups[group].labels.values())
