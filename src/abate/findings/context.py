"""What a reader needs beside a response: lines of therapy, fever to tocilizumab, refractory or dependent."""

from typing import Any

import ibis
import pyarrow as pa

from abate.cohort import AGAINST_TOXICITY, Cohort
from abate.exposure.daily_dose import dose_curves
from abate.exposure.dosing_records import dosing
from abate.exposure.equivalence import EQUIVALENT_MG
from abate.findings.shape import Section, listing, number, table
from abate.outcomes.refractoriness import (
    grades_of,
    lines_of_therapy,
    steroid_dependent,
    steroid_refractory,
    tocilizumab_refractory,
)
from abate.timeline.intervals import DAY_MINUTES
from abate.timeline.joins import KEYS

TOCILIZUMAB, STEROID = "tocilizumab", "corticosteroid"
Key = tuple[str, int]


def context(cohort: Cohort) -> Section:
    """Return a line a course that was given a drug against its toxicity."""
    lines = _lines(cohort)
    if not lines and not cohort.count(cohort.administrations):
        return {"context": table([], "patient")}, {"context": ""}
    options, keep = cohort.options, cohort.records.engine.keep
    first = cohort.first_systems
    verdicts: dict[str, dict[Key, Any]] = {}
    curves = keep("context_curves", dose_curves(cohort.steroid_days))
    doses = dosing(cohort.administrations, TOCILIZUMAB, options)
    for toxicity, system in first.items():
        grades = keep(f"context_{toxicity}", grades_of(cohort.computed, toxicity, system))
        if toxicity == "ICANS":
            dose, days = options["steroid_refractory_dose"], options["steroid_refractory_days"]
            verdicts["steroid-refractory ICANS"] = _of(steroid_refractory(cohort.steroid_days, grades, dose, days))
        if toxicity == "CRS":
            count, days = options["tocilizumab_refractory_doses"], options["tocilizumab_refractory_days"]
            verdicts["tocilizumab-refractory CRS"] = _of(tocilizumab_refractory(doses, grades, count, days))
        verdicts[f"steroid-dependent {toxicity}"] = _of(steroid_dependent(curves, grades))
    indications = _indications(cohort)
    hours = _fever_to_tocilizumab(cohort, doses)
    rows = [
        {
            "patient": key[0],
            "drugs in the order begun": lines.get(key, "–"),
            "indication of steroid": indications.get(key, "–"),
            "hours from first fever to first tocilizumab": hours.get(key, "–"),
            **{name: found.get(key, "–") for name, found in verdicts.items()},
        }
        for key in sorted({*lines, *(key for found in verdicts.values() for key in found)})
    ]
    systems = ", ".join(f"{toxicity} by {system}" for toxicity, system in first.items())
    dose, kept = number(options["steroid_refractory_dose"]), options["steroid_refractory_days"]
    which, later = options["tocilizumab_refractory_doses"], options["tocilizumab_refractory_days"]
    text = (
        "Refractory and dependent are operational: no definition is agreed on. Steroid-refractory ICANS: a grade that "
        f"has not fallen after {kept} days at {dose} mg of dexamethasone a day or more, or was worse in between. "
        f"Tocilizumab-refractory CRS: a grade that has not fallen {later} day{'s' if later > 1 else ''} after dose "
        f"{which}. Steroid-dependent: a grade that rises from one day to the next on a taper, or on the day after the "
        f"last dose. Graded: {systems}. A dash: it does not arise, or nothing that it needs is recorded. What "
        "is told as a total over an interval alone is in no line."
        if verdicts
        else "No toxicity could be graded by day: whether one was refractory to a drug cannot be told."
    )
    return {"context": table(rows, "patient")}, {"context": text}


def _of(found: ibis.Table) -> dict[Key, Any]:
    return {(row["patient_id"], row["course_id"]): row["verdict"] for row in listing(found.select(*KEYS, "verdict"))}


def _lines(cohort: Cohort) -> dict[Key, str]:
    """Return the drugs of each course in the order begun, with their days."""
    known = cohort.records.study.dictionary
    drugs = known.drugs_of(*AGAINST_TOXICITY)
    called = [STEROID if drug in EQUIVALENT_MG else drug for drug in drugs]
    names = ibis.memtable(pa.table({"drug": list(drugs), "called": called}))
    found: dict[Key, list[str]] = {}
    for row in listing(
        lines_of_therapy(cohort.administrations, names, cohort.options["exposure_from_day"]), *KEYS, "place", "called"
    ):
        words = f"{row['called']} (day {row['start_day']})"
        found.setdefault((row["patient_id"], row["course_id"]), []).append(words)
    return {key: ", ".join(words) for key, words in found.items()}


def _indications(cohort: Cohort) -> dict[Key, str]:
    """Return what steroid was given for, where that is recorded."""
    rows = cohort.administrations.filter(
        cohort.administrations.drug.isin(list(EQUIVALENT_MG)), cohort.administrations.indication.notnull()
    )
    found: dict[Key, list[str]] = {}
    for row in listing(rows.select(*KEYS, "indication").distinct(), *KEYS, "indication"):
        found.setdefault((row["patient_id"], row["course_id"]), []).append(row["indication"])
    return {key: ", ".join(names) for key, names in found.items()}


def _fever_to_tocilizumab(cohort: Cohort, doses: ibis.Table) -> dict[Key, str]:
    """Return the hours between, or the days where an hour is not recorded."""
    fever = cohort.features.filter(cohort.features.fever)
    fever = fever.group_by(*KEYS).aggregate(fever_day=fever.day.min(), fever_minute=fever.fever_minute.min())
    given = doses.filter(doses.day.notnull())
    timed = ibis.ifelse(given.timed, given.start, ibis.null("float64"))
    given = given.group_by(*KEYS).aggregate(dose_day=given.day.min(), dose_start=given.start.min(), timed=timed.min())
    rows = fever.join(given, list(KEYS))
    # The hour of a later fever is not that of the first.
    first = (rows.fever_minute / DAY_MINUTES).floor() == rows.fever_day
    hours = ibis.ifelse(
        first & (rows.timed == rows.dose_start), rows.timed - rows.fever_minute / 60, ibis.null("float64")
    )
    found = {}
    for row in listing(rows.select(*KEYS, hours=hours, days=rows.dose_day - rows.fever_day), *KEYS):
        told = number(row["hours"]) if row["hours"] is not None else f"{row['days']} days"
        found[(row["patient_id"], row["course_id"])] = told
    return found
