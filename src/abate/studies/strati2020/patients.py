"""The letter's figures of single patients: start, grades, doses, response, outcome."""

import re
from typing import Any

import ibis

from abate.cohort import STEROID, Cohort
from abate.exposure.equivalence import dexamethasone_factors
from abate.exposure.windows import dose_in_windows
from abate.outcomes.response import response
from abate.outcomes.response_rules import chosen_rule
from abate.outcomes.words import reasons
from abate.studies.strati2020.audit import (
    PLAIN_TEXT,
    Finding,
    Printed,
    Verdict,
    bounds,
    judge,
    number,
    recomputes,
    remembered,
    rows_of,
)

Match = re.Match[str]
TABLE_RESPONSE = "Table 1, toxicity response"


def one(table: ibis.Table, patient: str) -> dict[str, Any]:
    """Return the row of one patient, empty where there is none."""
    return next((row for row in rows_of(table) if row["patient_id"] == patient), {})


def days(count: int) -> str:
    """Write a number of days."""
    return f"{count} day" if count == 1 else f"{count} days"


@recomputes("(Patient [1-8]): anakinra start")
def start(cohort: Cohort, row: Printed, match: Match) -> Finding:
    """The text's start day against Table 1's."""
    found = one(cohort.treatment, match[1])
    return judge(row, found["start_day"], found["start_day"])


@recomputes("(Patient [1-8]): grade at start")
def grade_at_start(cohort: Cohort, row: Printed, match: Match) -> Finding:
    """The text's grade at the start against Table 1's."""
    begun = one(cohort.treatment, match[1])["start_day"]
    events = cohort.records["events"]
    graded = events.filter(events.patient_id == match[1], events.event == "icans_grade", events.day == begun)
    table = rows_of(graded.filter(graded.source.contains("Table 1")))[0]["value"]
    note = ""
    if table != row.value:
        note = f"Table 1 has grade {number(table)}, the running text grade {number(row.value)}. Both are kept: "
        found = one(cohort.response, match[1])
        note += f"the response rule sees {bounds(found['start_low'], found['start_high'])}."
    return judge(row, table, table, note=note)


@remembered
def _by_daily_range(cohort: Cohort) -> ibis.Table:
    """Return the corticosteroid doses that Table 1's start, days and daily range allow in each window."""
    no_totals = cohort.totals.filter(ibis.literal(False))
    return dose_in_windows(
        cohort.windows,
        cohort.administrations,
        no_totals,
        dexamethasone_factors(cohort.options["steroid_equivalence"]),
        cohort.records["coverage"],
    )


@recomputes("(Patient [1-8]): dexamethasone (before|during)")
def steroid(cohort: Cohort, row: Printed, match: Match) -> Finding:
    """The text's total against Table 1's daily range over the days of the window."""
    doses = rows_of(_by_daily_range(cohort))
    found = next(dose for dose in doses if (dose["patient_id"], dose["window"]) == (match[1], match[2]))
    if not found["recorded"]:
        # Table 1 starts the corticosteroid after the window: none within it.
        none = float(found["recorded"])
        return judge(row, none, none, note="Table 1 starts the corticosteroid after the start of anakinra.")
    low, high = found["low"], found["high"]
    count = found["recorded"]
    spread = f"Table 1: {days(count)} with a dose in the window, {bounds(low, high, 'mg')} in all."
    if low == high:
        return judge(row, low, high, note=spread)
    missing = f"Not printed: the dose of each day. {spread} The daily doses must add up to {row.reported}."
    if low <= (row.value or 0) <= high:
        return judge(row, low, high, missing=missing)
    note = (
        f"{spread} The running text has {row.reported} in the same days, that is "
        f"{number(round((row.value or 0) / count, 1))} mg a day."
    )
    return judge(row, low, high, note=note)


@recomputes("(Patient [1-8]): dexamethasone before against during")
def steroid_change(cohort: Cohort, row: Printed, match: Match) -> Finding:
    """Dose before anakinra beside dose during it."""
    table = cohort.exposure[STEROID]
    found = {name: one(table.filter(table.window == name), match[1])["low"] for name in ("before", "during")}
    course = one(cohort.treatment, match[1])
    text = f"{number(found['before'])} mg before, {number(found['during'])} mg during {days(course['days'])}"
    same = (found["before"], found["during"]) == (row.low, row.high)
    order = "More" if found["during"] > found["before"] else "Less"
    note = f"{order} during than before. The letter prints each once: this tests the windows, not the figures."
    return Finding(text, "match" if same else "mismatch", note)


@recomputes("(Patient [1-8]): tocilizumab before")
def tocilizumab(cohort: Cohort, row: Printed, match: Match) -> Finding:
    """None by the text; Table 1 has a dash."""
    doses = cohort.administrations
    count = cohort.count(doses.filter(doses.drug == "tocilizumab", doses.patient_id == match[1]))
    return judge(row, count, count, note="Table 1 has a dash: no dose.")


@recomputes("(Patient [1-8]): tocilizumab per kg")
def implied_weight(cohort: Cohort, row: Printed, match: Match) -> Finding:
    """The weight that total and dose per kg imply, and anakinra per kg at that weight."""
    found = one(cohort.weights, match[1])
    course = one(cohort.treatment_by_weight, match[1])
    low, high = found["weight_low"], found["weight_high"]
    capped = high is None
    weight = f"{'at least ' if capped else ''}{number(round(low, 2))} kg"
    per_kg = f"{'at most ' if capped else ''}{number(round(course['daily_per_kg_high'], 2))} mg/kg"
    if found["amount"] != row.value:
        return Finding(f"{number(found['amount'])} mg", "mismatch", PLAIN_TEXT)
    note = (
        f"Not printed: the weight. It must be {weight}"
        + (" (800 mg is the usual largest dose)" if capped else "")
        + f" for {number(found['amount'])} mg in {number(found['doses'])} "
        + ("dose" if found["doses"] == 1 else "doses")
        + " of 8 mg/kg."
    )
    return Finding(f"weight {weight}; anakinra {per_kg} a day of the course", "consistent", note)


@remembered
def _from_text(cohort: Cohort) -> ibis.Table:
    """Return the response judged without Table 1's own response row."""
    events = cohort.records["events"]
    events = events.filter(~events.source.contains(TABLE_RESPONSE))
    study = cohort.records.study
    judged = response(cohort.treatment, cohort.grades, events, cohort.follow_up, study.toxicity, cohort.options)
    return reasons(judged, study.treatment, chosen_rule(cohort.options))


@recomputes("(Patient [1-8]): response")
def responded(cohort: Cohort, row: Printed, match: Match) -> Finding:
    """Table 1's response row against the rule applied to the running text."""
    found = one(_from_text(cohort), match[1])
    if found["response"] == "unknown":
        note = "Not printed: a grade or a judgement after the start. It must show no response."
        return Finding("unknown", "consistent", f"{note} {found['reason']}")
    verdict: Verdict = "match" if found["response"] == row.reported else "mismatch"
    return Finding(f"{found['response']}, by {found['basis']}", verdict, found["reason"])


@recomputes("(Patient [1-8]): recurrence")
def recurrence(cohort: Cohort, row: Printed, match: Match) -> Finding:
    """Table 1's recurrence row against what could recur."""
    found = one(cohort.response, match[1])
    if found["response"] != "yes":
        note = "Table 1 has a recurrence and no response: nothing is recorded that had gone and came back."
        return Finding("no response to lose", "mismatch", f"{note} {PLAIN_TEXT}")
    day = found["recurrence_day"]
    recomputed = "no" if day is None else f"yes, day {day}"
    verdict: Verdict = "match" if recomputed.startswith(row.reported) else "mismatch"
    note = ""
    if day is None and found["death_day"] is not None:
        cause = one(cohort.survival, match[1])["cause"]
        note = f"No later grade of 3 or more is printed; died on day {found['death_day']} ({cause})."
    return Finding(recomputed, verdict, note)


@recomputes("(Patient [1-8]): first low grade")
def first_low(cohort: Cohort, row: Printed, match: Match) -> Finding:
    """Day of the first low grade, and days from the start."""
    found = one(cohort.response, match[1])
    day = found["first_low_day"]
    return judge(row, day, day, note=f"{days(found['days_to_low'])} after the start.")


@recomputes("(Patient [1-8]): best grade|(Patient 1): grade 0")
def best_grade(cohort: Cohort, row: Printed, match: Match) -> Finding:
    """Best grade after the start."""
    found = one(cohort.response, match[1] or match[2])
    if match[2]:
        return judge(row, found["best_day"], found["best_day"])
    low, high = found["best_low"], found["best_high"]
    missing = ""
    if low != high:
        missing = (
            "Not printed: the grade behind the words low grade on day "
            f"{found['best_day']}. It must be {number(row.value)}."
        )
    return judge(row, low, high, missing=missing)


@recomputes("(Patient [1-8]): conversion")
def conversion(cohort: Cohort, row: Printed, match: Match) -> Finding:
    """Whether the low grade lasted."""
    found = one(cohort.response, match[1])
    said = {"durable": "durable", "temporary": "transient"}[row.reported]
    if found["course"] == said:
        return Finding(found["course"], "match", found["reason"])
    if found["course"] == "no recurrence recorded":
        note = "Not printed: grades up to the end of follow-up. They must all be low. "
        return Finding(found["course"], "consistent", note + found["reason"])
    return Finding(found["course"], "mismatch", f"{found['reason']} {PLAIN_TEXT}")


@recomputes("(Patient 4): recurrence of high grade")
def recurrence_day(cohort: Cohort, row: Printed, match: Match) -> Finding:
    """Day on which a high grade came back."""
    day = one(cohort.response, match[1])["recurrence_day"]
    return judge(row, day, day)


@recomputes("(Patient 5): duration of anakinra")
def duration(cohort: Cohort, row: Printed, match: Match) -> Finding:
    """Days of the course, the last dose lasting its interval."""
    found = one(cohort.treatment, match[1])
    note = f"{found['dosing_days']} days with a dose, the last on day {found['last_dose_day']}."
    return judge(row, found["days"], found["days"], note=note)


@recomputes("(Patient [1-8]): death")
def death(cohort: Cohort, row: Printed, match: Match) -> Finding:
    """Day and cause of death, and survival from the start of anakinra."""
    found = one(cohort.survival, match[1])
    text = f"day {found['last_day']} ({found['cause']})"
    note = f"{days(found['from_start'])} after the start of anakinra; kind of death: {found['kind']}."
    return Finding(text, "match" if found["died"] and text == row.reported else "mismatch", note)


@recomputes("(Patient 1): (in remission|complete response)")
def remission(cohort: Cohort, row: Printed, match: Match) -> Finding:
    """Remission and last contact of the survivor."""
    if match[2] == "complete response":
        events = cohort.records["events"]
        day = one(events.filter(events.event == "complete_response"), match[1])["day"]
        return judge(row, day, day)
    found = one(cohort.survival, match[1])
    months = found["from_day0"] / cohort.options["days_per_month"]
    note = f"Alive; {found['from_start']} days after the start of anakinra, known to the month."
    return judge(row, months, months, note=note)


@recomputes("(Patient [5-8]): schedule of anakinra")
def schedule(cohort: Cohort, row: Printed, match: Match) -> Finding:
    """The text's schedule against Table 1's."""
    course = one(cohort.treatment, match[1])
    mine = cohort.administrations
    dose = one(mine.filter(mine.drug == "anakinra", mine.patient_id == match[1], mine.position == 0), match[1])
    every = "every other day" if dose["span_days"] == 2 else "daily"
    many = f"{every} for {days(course['days'])}" if course["doses"] > 1 else f", {course['doses']} dose"
    text = f"{number(dose['low'])} mg {many}".replace(" ,", ",")
    return Finding(text, "match" if text == row.reported else "mismatch")


@recomputes("(Patient 2): grade at death")
def grade_at_death(cohort: Cohort, row: Printed, match: Match) -> Finding:
    """The last grade, on the day of death."""
    day = one(cohort.follow_up, match[1])["death_day"]
    found = one(cohort.grades.filter(cohort.grades.day == day), match[1])
    return judge(row, found["low"], found["high"])


@recomputes("(Patient [23]): remission at death")
def remission_at_death(cohort: Cohort, _: Printed, match: Match) -> Finding:
    """Remission on the day of death that Table 1 has."""
    events = cohort.records["events"]
    day = one(events.filter(events.event == "in_remission"), match[1])["day"]
    died = one(cohort.follow_up, match[1])["death_day"]
    return Finding(f"in remission on day {day}, died on day {died}", "match" if day == died else "mismatch")


@recomputes("(Patient 8): doses of anakinra")
def doses(cohort: Cohort, row: Printed, match: Match) -> Finding:
    """Doses before death."""
    count = one(cohort.treatment, match[1])["doses"]
    return judge(row, count, count)
