"""Table 1: the baseline of all patients and of the groups, how far these lie apart, and tests where they were asked."""

from collections.abc import Mapping
from typing import Any

from abate.cohort import Cohort
from abate.findings.head import LABELS, column_label
from abate.findings.shape import Section, table
from abate.statistics.baseline import Baseline, baseline
from abate.statistics.baseline_tests import PICTURE, BaselineTest, baseline_tests
from abate.statistics.description import lines
from abate.statistics.differences import differences

DIGITS = 6
"""Digits of a difference after the point: the last ones of a sum are not the same on every engine."""
STROBE = "STROBE (Vandenbroucke 2007, doi:10.1371/journal.pmed.0040297) advises against significance tests of baseline"
DESCRIPTION = (
    "The standardised difference is that of the means in standard deviations (the root of the mean of the two "
    "variances; Austin 2009, doi:10.1002/sim.3697), and for words the distance between the shares of the words "
    "(Yang and Dalton 2012), without a sign. Who has no value does not count in it. "
)
TESTED = (
    "Numbers were tested by the rank sum: exact where all arrangements could be counted, else by the normal "
    "approximation with corrections for ties and continuity. Words were tested by the chi-square without a correction "
    "for continuity where the expected counts allow it, else two words by Fisher's exact test, and more by the "
    "permutation distribution of the chi-square. P values are two-sided and not adjusted for their number; the least P "
    "is the smallest that an exact test can give with these patients. "
)
Row = dict[str, Any]


def patients(cohort: Cohort) -> Section:
    """Return Table 1, over all patients and by response where both groups exist, and how far the groups lie apart."""
    rows = cohort.patients
    every = (*LABELS, *cohort.records.brought)
    columns = [name for name in cohort.records.study.baseline if name in every] or every
    numeric = [name for name in ("age", "weight_kg", "height_cm", *cohort.records.numeric) if name in columns]
    grouped = {row["responder"] for row in rows.select("responder").distinct().to_pyarrow().to_pylist()}
    if {"responder", "nonresponder"} <= grouped:
        rows = rows.mutate(group=rows.responder)
    found = baseline(rows, columns, numeric).filled()
    tests = baseline_tests(rows, found, cohort.options) if cohort.options["baseline_tests"] == "all" else {}
    listed = lines(found)
    for line in listed:
        line["characteristic"] = column_label(line["characteristic"])
    between = between_groups(found, tests)
    return {
        "table_one": table(listed, "characteristic", "level", "group"),
        "table_one_differences": table(between, "characteristic", "standardised_difference"),
    }, {"table_one": _text(cohort, between)}


def between_groups(found: Baseline, tests: Mapping[str, BaselineTest]) -> list[Row]:
    """Return a row for each characteristic: how far the groups lie apart, and its test where one was asked for."""
    out = []
    for column, difference in differences(found).items():
        known = sum(found.known(column, group) for group in found.labels)
        value = difference.value
        row: Row = {
            "characteristic": column_label(column),
            "n": known,
            "missing": sum(found.patients[group] for group in found.labels) - known,
            "standardised_difference": None if value is None else round(value, DIGITS),
            "between": difference.between,
            "difference_note": difference.note,
        }
        if column in tests:
            test = tests[column]
            row |= {"test": test.test, "p": test.p, "least_p": test.least_p, "why": test.why, "test_note": test.note}
        out.append(row)
    return out


def _text(cohort: Cohort, between: list[Row]) -> str:
    """Say how the groups were compared; nothing where there are none."""
    if not between:
        return ""
    if cohort.options["baseline_tests"] != "all":
        said = f"{STROBE}, and none is made (baseline_tests = none). "
    elif all(row["test_note"] == PICTURE for row in between):
        few = cohort.options["few_patients"]
        said = f"Tests were asked for (baseline_tests = all), but none is made of fewer than {few} patients. {STROBE}. "
    else:
        said = f"{TESTED}{STROBE}; these were asked for (baseline_tests = all). "
    return f"{DESCRIPTION}{said}A difference between groups is not an effect."
