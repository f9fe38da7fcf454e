"""Corticosteroids by day, doses around any moment, courses of drugs against cytokines, tocilizumab and its limits."""

from typing import Any

import ibis
import pyarrow as pa

from abate.cohort import STEROID, Cohort, onset_of
from abate.exposure.anti_cytokine import CLASSES, LIMITS, beyond_limits, with_details
from abate.exposure.daily_dose import dose_curves
from abate.exposure.dosing_records import dosing
from abate.exposure.equivalence import TABLES, dexamethasone_factors
from abate.exposure.windows import anchor_windows, dose_in_windows
from abate.findings.shape import Section, held, interval, listing, median_text, number, table, who
from abate.statistics.description import quartiles
from abate.timeline.joins import KEYS, beside

TOCILIZUMAB = "tocilizumab"


def doses(cohort: Cohort) -> Section:
    """Return the tables of exposure that do not need a treatment under study."""
    factors = dexamethasone_factors(cohort.options["steroid_equivalence"])
    keep = cohort.records.engine.keep
    steroid = cohort.steroid_days.filter(ibis._.day >= cohort.options["exposure_from_day"])
    anchors = cohort.anchors
    texts = {"steroids": _steroid_text(cohort)}
    return {
        "steroids": table(_steroids(keep("steroid_curves", dose_curves(steroid)), anchors), "patient"),
        "steroid_days": held(steroid.order_by(*KEYS, "day")),
        "anchored_doses": table(_anchored(cohort, anchors, factors), "window"),
        "equivalences": table(_equivalences(cohort), "table"),
        "agents": table(_agents(cohort), "patient"),
        "tocilizumab_limits": table(_limits(cohort), "limit"),
    }, texts


def _steroids(curves: ibis.Table, anchors: ibis.Table) -> list[dict[str, Any]]:
    """Return a line a course that had a dated dose."""
    onset = {
        (row["patient_id"], row["course_id"], row["anchor"]): row["day"]
        for row in listing(anchors.filter(anchors.anchor.startswith(onset_of(""))), *KEYS)
    }
    rows = []
    for row in listing(curves, *KEYS):
        line = {
            "patient": who(row),
            "first day": row["first_day"],
            "last day": row["last_day"],
            "days with a dose": row["days"],
            "highest daily dose (mg)": interval(row["peak_low"], row["peak_high"]),
            "on day": row["peak_day"],
            "area under the daily dose (mg·d)": interval(row["area_low"], row["area_high"]),
            "taper from day": row["taper_start"],
            "days of taper": row["taper_days"],
        }
        for toxicity in ("CRS", "ICANS"):
            day = onset.get((row["patient_id"], row["course_id"], onset_of(toxicity)))
            line[f"days from onset of {toxicity}"] = None if day is None else row["first_day"] - day
        rows.append(line)
    return rows


def _steroid_text(cohort: Cohort) -> str:
    name = cohort.options["steroid_equivalence"]
    return (
        f"In mg of dexamethasone by the table {name} (option steroid_equivalence). Doses of a known day alone, as "
        "recorded: a total over an interval has no daily dose, and stands in the table of doses. The taper is the last "
        "stretch in which the daily dose never rises, from its first fall to the last dose; a last day of fewer doses "
        "is a fall too. A start before the onset "
        "is negative; doses before the first day counted (option exposure_from_day) are left out. Before and after a "
        "moment are told by calendar day: what is given on its day counts after it, whatever the hour."
    )


def _anchored(cohort: Cohort, anchors: ibis.Table, factors: ibis.Table) -> list[dict[str, Any]]:
    """Return doses before and after each moment: median (range), over the courses that have it."""
    windows = cohort.records.engine.keep("anchor_windows", anchor_windows(anchors, cohort.options["exposure_from_day"]))
    currencies = {STEROID: factors, TOCILIZUMAB: ibis.memtable(pa.table({"drug": [TOCILIZUMAB], "factor": [1.0]}))}
    lines = []
    for currency, drugs in currencies.items():
        found = dose_in_windows(windows, cohort.doses, cohort.totals, drugs, cohort.coverage)
        found = cohort.records.engine.keep(f"anchored_{currency}", found)
        # Before day 0 is no window where counting begins with it.
        found = found.filter(found.until_day.isnull() | (found.until_day > found.from_day))
        for row in listing(found.group_by("window").aggregate(n=found.count()), "window"):
            mine = found.filter(found.window == row["window"])
            lines.append(
                {
                    "window": row["window"],
                    "drug": currency,
                    "courses": row["n"],
                    "mg: median (range)": median_text(mine, "low", "high"),
                }
            )
    return lines


def _equivalences(cohort: Cohort) -> list[dict[str, Any]]:
    """Return how far the table of equivalent doses moves the cumulative dose."""
    people = cohort.patients.select(*KEYS, anchor=ibis.literal("day 0"), day=ibis.literal(0, "int64"))
    windows = anchor_windows(people, cohort.options["exposure_from_day"])
    windows = windows.filter(windows.window == "from day 0 on")
    found = {}
    for name in TABLES:
        factors = dexamethasone_factors(name)
        dose = dose_in_windows(windows, cohort.doses, cohort.totals, factors, cohort.coverage)
        found[name] = cohort.records.engine.keep(f"equivalence_{name}", dose.select(*KEYS, "low", "high", "recorded"))
    chosen = cohort.options["steroid_equivalence"]
    base = found[chosen].select(*KEYS, chosen="low")
    lines = []
    for name, rows in found.items():
        given = rows.filter(rows.recorded > 0)
        if not cohort.count(given):
            return []
        both = beside(given, base)
        change = both.mutate(change=(both.low / both.chosen.nullif(0.0) - 1) * 100)
        spread = quartiles(change.filter(change.change.notnull()), "change")
        moved = "–" if not spread["n"] else f"{number(spread['least'])} to {number(spread['greatest'])}"
        lines.append(
            {
                "table of equivalent doses": f"{name}{' (chosen)' if name == chosen else ''}",
                "courses": cohort.count(given),
                "mg of dexamethasone from day 0 on: median (range)": median_text(given, "low", "high"),
                "change of a course's dose (%)": moved,
            }
        )
    return lines


def _agents(cohort: Cohort) -> list[dict[str, Any]]:
    """Return the courses of drugs against cytokines."""
    known = cohort.records.study.dictionary
    classes = {name: row["drug_class"] for name, row in known.drugs.items()}
    names = ibis.memtable(pa.table({"drug": list(classes), "drug_class": list(classes.values())}))
    mine = cohort.courses.filter(cohort.courses.drug.isin(known.drugs_of(*CLASSES)))
    if not cohort.count(mine):
        return []
    found = with_details(mine, cohort.courses, cohort.body_weights, names)
    return [
        {
            "patient": who(row),
            "drug": row["drug"],
            "course": row["number"],
            "start day": row["start_day"],
            "days": row["days"],
            "doses": row["doses"],
            "route": row["route"] or "–",
            "hours between doses": number(row["interval_h"]),
            "cumulative (mg)": interval(row["low"], row["high"]),
            "cumulative (mg/kg)": interval(row["per_kg_low"], row["per_kg_high"], 2),
            "daily (mg)": interval(row["daily_low"], row["daily_high"]),
            "at the same time": row["concurrent"].replace("; ", ", ") or "–",
        }
        for row in listing(found, *KEYS, "start_day", "drug", "number")
    ]


def _limits(cohort: Cohort) -> list[dict[str, Any]]:
    """Return how many doses of tocilizumab are beyond a printed limit."""
    given = dosing(cohort.administrations, TOCILIZUMAB, cohort.options)
    rows = cohort.records.engine.keep("tocilizumab_limits", beyond_limits(given, cohort.body_weights))
    total = cohort.count(rows)
    if not total:
        return []
    counts = rows.aggregate(
        **{f"{limit.name}_beyond": rows[limit.name].sum() for limit in LIMITS},
        **{f"{limit.name}_known": rows[limit.name].count() for limit in LIMITS},
    )
    (found,) = listing(counts)
    return [
        {
            "limit": limit.words,
            "printed by": limit.source,
            "doses beyond it": found[f"{limit.name}_beyond"] or 0,
            "doses within it": found[f"{limit.name}_known"] - (found[f"{limit.name}_beyond"] or 0),
            "cannot be told": total - found[f"{limit.name}_known"],
        }
        for limit in LIMITS
    ]
