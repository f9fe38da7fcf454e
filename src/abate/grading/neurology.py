"""Neurological terms of the CTCAE, graded from what a clinician found.

National Cancer Institute, CTCAE v4.03 (14 June 2010) and v5.0 (27 November 2017), verified. Limits of the
activities of daily living stand in no record: a clinician says them, or the grade stays open.
"""

import csv
from functools import cache
from importlib.resources import files
from typing import Any

import ibis
from ibis import _

from abate.grading.points import Item, Score, band, evaluate
from abate.grading.rules import Criterion, any_of
from abate.records.inputs import exactly, truth, word
from abate.records.options import Options

VERSIONS = {"4.03": "4.03", "5.0": "5.0", "4.0": "4.03", "4": "4.03", "5": "5.0"}
SEVERITY = ("none", "mild", "moderate", "severe", "life_threatening")
LIMITS = ("none", "instrumental", "self_care")


@cache
def table_rows() -> tuple[dict[str, str], ...]:
    """Return the rows of the table: term, its other names, versions, grade, when, the words printed."""
    with files("abate.grading").joinpath("ctcae_neurology.csv").open(encoding="utf-8") as stream:
        return tuple(csv.DictReader(stream))


def _names() -> dict[str, str]:
    found = {}
    for row in table_rows():
        for written in (row["term"], *filter(None, row["also"].split("|"))):
            found[written.lower().replace(" ", "_").replace("-", "_")] = row["term"]
    return found


def _findings() -> dict[str, str]:
    parts = [part for row in table_rows() for part in row["when"].split("|")]
    return {name: name for name in ("none", *(part[8:] for part in parts if part.startswith("finding=")))}


def _holds(name: str, value: str) -> Any:
    """Say whether a word was said; of severity, that or worse: a term prints some of its levels only."""
    if name != "severity":
        return getattr(_, name) == value
    return _.severity.isin(SEVERITY[SEVERITY.index(value) :])


def _criterion(row: dict[str, str]) -> Criterion:
    """Return one cell of the table: its term and version, and any one of its findings."""
    parts = [part.partition("=") for part in row["when"].split("|")]
    # A death is said; nobody says of every living patient that he did not die.
    truths = {"died": ibis.coalesce(_.died, False), "new_onset": _.new_onset}
    holds: list[Any] = [_holds(name, value) if value else truths[name] for name, _sign, value in parts]
    mine = (_.term == row["term"]) & _.version.isin(row["versions"].split("|"))
    needs = ("term", "version", *dict.fromkeys(name for name, _sign, _value in parts))
    name = f"{row['term']}, grade {row['grade']}"
    return band(int(row["grade"]), name, mine & any_of(holds), needs, row["fact"], "verified")


CTCAE_NEURO = Score(
    "ctcae-neuro",
    "Neurological terms of the CTCAE",
    "National Cancer Institute. CTCAE v4.03 (2010), v5.0 (2017) (verified)",
    tuple(
        exactly(item)
        for item in (
            word("term", "Term", _names()),
            word("version", "Version of the CTCAE", VERSIONS),
            word("severity", "How severe the symptoms are", {name: name for name in SEVERITY}),
            word("limits", "Activities of daily living that it limits", {name: name for name in LIMITS}),
            word("finding", "A finding that a term names", _findings()),
            truth("new_onset", "New since the infusion"),
            truth("died", "Died of it, in a clinician's judgement; blank: not so"),
        )
    ),
    items=(Item("grade", tuple(_criterion(row) for row in table_rows())),),
    results=("grade", "complete", "missing", "lower", "upper", "criteria", "flags"),
    notes=(
        "A semicolon in a cell of the CTCAE means or: the worst finding decides. A blank is not known.",
        "Say `severity=none` where there is no symptom, and `finding=none` where no finding of the term is there.",
        "ICE and CAPD are not mapped to these terms: they are not the same.",
    ),
)


def neurological_grades(rows: ibis.Table, options: Options) -> ibis.Table:
    """Grade rows of findings.

    Parameters
    ----------
    rows
        The inputs of :data:`CTCAE_NEURO`, one term a row.
    options
        None changes it.

    Returns
    -------
    ibis.Table
        The rows with ``grade`` (null: cannot be graded), ``lower, upper, complete, missing, criteria, flags``.
    """
    found = evaluate(rows, CTCAE_NEURO, options)
    # A severity that the term does not print is no sign that there is nothing.
    unprinted = (found.lower == 0) & ibis.coalesce(found.severity != "none", False)
    found = found.mutate(
        upper=ibis.ifelse(unprinted, 4.0, found.upper), missing=ibis.ifelse(unprinted, "finding", found.missing)
    )
    settled = found.lower == found.upper
    open_ = (found.lower == 0) & ~settled
    return found.mutate(
        grade=ibis.ifelse(open_, ibis.null("float64"), found.lower).cast("int64"),
        missing=ibis.ifelse(settled, "", found.missing),
        complete=settled,
        lower=found.lower.cast("int64"),
        upper=found.upper.cast("int64"),
    )
