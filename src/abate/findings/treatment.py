"""Doses before, during and after the treatment under study, and how they added up."""

import ibis

from abate.cohort import STEROID, Cohort
from abate.exposure.cumulative import cumulative
from abate.exposure.equivalence import dexamethasone_factors
from abate.findings.shape import Section, interval, listing, median_text, table
from abate.findings.toxicity import lanes
from abate.timeline.joins import KEYS

ABSENT = "No treatment under study is named in abate.toml ([study] treatment), or no patient has a dated dose of it."


def treatment(cohort: Cohort) -> Section:
    """Return the dose table per patient, medians, and cumulative curves."""
    study = cohort.records.study
    if not cohort.count(cohort.treatment):
        given = cohort.count(cohort.records["drugs"])
        text = ABSENT if given else "The records hold no drug. " + ABSENT
        every = cohort.courses.order_by("patient_id", "course_id", "drug", "number").drop("course_id").to_pyarrow()
        empty = {"doses": table([], "patient"), "dose_medians": table([], "what"), "cumulative": table([])}
        return {**empty, "courses": every}, {"treatment": text}
    rows = []
    courses = {(row["patient_id"], row["course_id"]): row for row in listing(cohort.treatment_by_weight, *KEYS)}
    doses = {
        (name, row["patient_id"], row["course_id"], row["window"]): row
        for name, exposure in cohort.exposure.items()
        for row in listing(exposure, *KEYS)
    }
    for key, course in courses.items():
        line = {
            "patient": key[0],
            "start day": course["start_day"],
            "days": course["days"],
            "doses": course["doses"],
            "cumulative (mg)": interval(course["low"], course["high"]),
            "daily (mg)": interval(course["daily_low"], course["daily_high"]),
        }
        line["daily (mg/kg)"] = interval(course["daily_per_kg_low"], course["daily_per_kg_high"], 2)
        line["weight"] = "–" if course["weight"] == "unknown" else course["weight"]
        for name in (name for name in cohort.exposure if name != study.treatment):
            for window in ("before", "during"):
                found = doses[(name, *key, window)]
                line[f"{name} {window} (mg)"] = interval(found["low"], found["high"])
        rows.append(line)
    medians = [
        {
            "what": f"Start of {study.treatment} (day)",
            "median (range)": median_text(cohort.treatment, "start_day"),
        },
        {"what": "Days of the course", "median (range)": median_text(cohort.treatment, "days")},
        {"what": "Days with a dose", "median (range)": median_text(cohort.treatment, "dosing_days")},
        {
            "what": "Daily dose (mg per day of the course)",
            "median (range)": median_text(cohort.treatment, "daily_low", "daily_high"),
        },
        {"what": "Cumulative dose (mg)", "median (range)": median_text(cohort.treatment, "low", "high")},
    ]
    for name in (name for name in cohort.exposure if name != study.treatment):
        for window in ("before", "during"):
            exposure = cohort.exposure[name]
            text = median_text(exposure.filter(exposure.window == window), "low", "high")
            medians.append({"what": f"{name}, {window} {study.treatment} (mg)", "median (range)": text})
    patients = "1 patient" if len(rows) == 1 else f"{len(rows)} patients"
    text = (
        f"{study.treatment.capitalize()} was given to {patients}. A course runs from its first dose until the last "
        "one has lasted its interval. Where a record is a range or a total, the dose is an interval."
    )
    only = cohort.totals.filter(cohort.totals.drug == study.treatment, cohort.totals.low > 0)
    lacking = cohort.count(only.select(*KEYS).distinct().anti_join(cohort.treatment, KEYS))
    if lacking:
        text += f" In {lacking} more it is recorded only as a total over an interval: no course can be told."
    order = ("patient_id", "course_id", "drug", "number")
    every = cohort.courses.order_by(list(order)).drop("course_id")
    return {
        "courses": every.to_pyarrow(),
        "doses": table(rows),
        "dose_medians": table(medians),
        "cumulative": _curves(cohort).to_pyarrow(),
    }, {"treatment": text}


def _curves(cohort: Cohort) -> ibis.Table:
    """Return cumulative dose of those with a lane by currency, with the start of treatment as an origin."""
    study = cohort.records.study
    factors = {STEROID: dexamethasone_factors(cohort.options["steroid_equivalence"])}
    one = cohort.treatment.select("drug").distinct().mutate(factor=ibis.literal(1.0))
    factors[study.treatment] = one
    start = cohort.treatment.select(*KEYS, "start_day").join(cohort.patients.select(*KEYS, "responder"), KEYS)
    start = start.semi_join(lanes(cohort), KEYS)
    parts = []
    for name, table_ in factors.items():
        curve = cumulative(cohort.doses, cohort.totals, table_).join(start, KEYS)
        parts.append(
            curve.select(
                "patient_id",
                "course_id",
                "day",
                "low",
                "high",
                "start_day",
                currency=ibis.literal(name),
                group=ibis.coalesce(curve.responder, "response not known"),
            )
        )
    return ibis.union(*parts).order_by("currency", "patient_id", "course_id", "day")
