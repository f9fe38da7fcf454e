"""The letter's figures over all patients: counts, medians and ranges."""

import re
from typing import Any

import ibis
import numpy as np

from abate.cohort import STEROID, Cohort
from abate.statistics.description import median_range, round_half_up
from abate.studies.strati2020.audit import (
    PLAIN_TEXT,
    Finding,
    Printed,
    bounds,
    judge,
    judge_range,
    number,
    recomputes,
    rows_of,
)

Match = re.Match[str]


def dose(cohort: Cohort, currency: str, window: str) -> ibis.Table:
    """Return the dose of each patient in one window, as bounds."""
    table = cohort.exposure[currency]
    return table.filter(table.window == window)


def responders(cohort: Cohort, response: str) -> ibis.Table:
    """Return the patients of one verdict on response."""
    return cohort.response.filter(cohort.response.response == response)


@recomputes("literature .*")
def literature(_: Cohort, __: Printed, ___: Match) -> Finding:
    """Rates of another cohort."""
    return Finding("not recomputable", "not recomputable", "A rate of another cohort, cited by the letter.")


@recomputes("patients infused")
def infused(cohort: Cohort, _: Printed, __: Match) -> Finding:
    """All patients infused in the year."""
    note = f"Missing: the patients not treated; {cohort.count(cohort.patients)} are printed."
    return Finding("not recomputable", "not recomputable", note)


@recomputes("patients with (ICANS|CRS) grade 3 or more|patients with (HLH)")
def toxicities(cohort: Cohort, row: Printed, match: Match) -> Finding:
    """Toxicities among all infused: the eight give a lower bound only."""
    toxicity = match[1] or match[2]
    if toxicity == "HLH":
        events = cohort.records["events"]
        least = cohort.count(events.filter(events.event == "hlh").select("patient_id").distinct())
    else:
        highest = cohort.highest
        high = cohort.options["high_grade"]
        least = cohort.count(highest.filter(highest.toxicity == toxicity, highest.low >= high))
    note = f"Missing: records of the patients not treated. The eight alone give at least {least}."
    if least > (row.value or 0):
        return Finding(f"at least {least}", "mismatch", note)
    return Finding("not recomputable", "not recomputable", note)


@recomputes("patients treated with anakinra")
def treated(cohort: Cohort, row: Printed, _: Match) -> Finding:
    """Patients with a course of anakinra."""
    count = cohort.count(cohort.treatment)
    return judge(row, count, count)


@recomputes("diffuse large B-cell lymphoma|transformed follicular lymphoma")
def histology(cohort: Cohort, row: Printed, match: Match) -> Finding:
    """Patients of each histology in Table 1."""
    code = {"d": "DLBCL", "t": "tFL"}[match[0][0]]
    count = cohort.count(cohort.patients.filter(cohort.patients.disease == code))
    return judge(row, count, count)


@recomputes("(?:nonresponders: )?indication (ICANS|HLH)|responders: indication high-grade ICANS")
def indication(cohort: Cohort, row: Printed, match: Match) -> Finding:
    """Patients by indication of anakinra, all or by response."""
    wanted = match[1] or "ICANS"
    chosen = cohort.response
    if match[0].startswith("nonresponders"):
        chosen = responders(cohort, "no")
    elif match[0].startswith("responders"):
        chosen = responders(cohort, "yes")
        chosen = chosen.filter(chosen.start_low >= cohort.options["high_grade"])
    count = cohort.count(chosen.filter(chosen.toxicity == wanted))
    return judge(row, count, count)


def _unknown_dose(cohort: Cohort, row: Printed) -> str:
    """Say which patient's dose during treatment is not printed, and what it must be."""
    rows = rows_of(dose(cohort, STEROID, "during"))
    open_rows = [line for line in rows if line["low"] != line["high"]]
    known = [line["low"] for line in rows if line["low"] == line["high"]]
    if len(open_rows) != 1:
        return ""
    line = open_rows[0]
    trial = np.arange(0, 5001)
    medians = np.median(np.column_stack([np.tile(known, (len(trial), 1)), trial]), axis=1)
    fits = trial[[round_half_up(float(value)) == row.value for value in medians]]
    return (
        f"Not printed: the dose of {line['patient_id']} during anakinra. It must be at most {fits.max()} mg; "
        f"Table 1 gives {bounds(line['low'], line['high'], 'mg')}."
    )


@recomputes("(dexamethasone|tocilizumab) (before|during): (median|range)")
def steroid_or_tocilizumab(cohort: Cohort, row: Printed, match: Match) -> Finding:
    """Cumulative doses before and during anakinra."""
    currency = STEROID if match[1] == "dexamethasone" else match[1]
    found = median_range(dose(cohort, currency, match[2]), "low", "high")
    missing = ""
    if match[2] == "during":
        rows = rows_of(dose(cohort, currency, "during"))
        open_rows = [line for line in rows if line["low"] != line["high"]]
        if match[3] == "median":
            missing = _unknown_dose(cohort, row)
        elif open_rows:
            line = open_rows[0]
            missing = (
                f"Not printed: the dose of {line['patient_id']} during anakinra. It must be at least "
                f"{number(row.low)} mg; Table 1 gives {bounds(line['low'], line['high'], 'mg')}."
            )
    if match[3] == "median":
        low, high = found["median"]
        return judge(row, low, high, missing=missing)
    return judge_range(row, found["least"], found["greatest"], missing=missing)


@recomputes("tocilizumab doses: median")
def tocilizumab_doses(cohort: Cohort, row: Printed, _: Match) -> Finding:
    """Doses of 8 mg/kg of all eight patients; those without a dose count as 0."""
    doses = cohort.administrations.filter(cohort.administrations.drug == "tocilizumab")
    counts = doses.group_by("patient_id").aggregate(doses=doses.count())
    everyone = cohort.patients.select("patient_id").left_join(counts, "patient_id")
    figure = median_range(everyone.select("patient_id", doses=ibis.coalesce(everyone.doses, 0)), "doses")
    return judge(row, *figure["median"])


@recomputes("anakinra start: (median|range)")
def anakinra_start(cohort: Cohort, row: Printed, match: Match) -> Finding:
    """Day of the first dose."""
    found = median_range(cohort.treatment, "start_day")
    if match[1] == "range":
        return judge_range(row, found["least"], found["greatest"])
    low, high = found["median"]
    return judge(row, low, high)


@recomputes("late start as an explanation")
def late_start(cohort: Cohort, _: Printed, __: Match) -> Finding:
    """The start in responders and nonresponders, beside the explanation offered."""
    first, second = (median_range(responders(cohort, word), "start_day")["median"][0] for word in ("yes", "no"))
    text = f"median day {number(first)} in responders, {number(second)} in nonresponders"
    note = "The explanation would have those who did not respond start later; among the eight they did not."
    return Finding(text, "mismatch" if first >= second else "consistent", f"{note} {PLAIN_TEXT}")


def _by_dosing_day(cohort: Cohort, column: str) -> dict[str, Any]:
    table = cohort.treatment.mutate(per_dosing_day=cohort.treatment.low / cohort.treatment.dosing_days)
    return median_range(table, {"daily": "per_dosing_day", "duration": "dosing_days"}[column])


@recomputes("anakinra (daily dose|duration|cumulative dose): (median|range)")
def anakinra_dose(cohort: Cohort, row: Printed, match: Match) -> Finding:
    """Daily dose, duration and cumulative dose of anakinra, by days of the course."""
    column = {"daily dose": "daily_low", "duration": "days", "cumulative dose": "low"}[match[1]]
    found = median_range(cohort.treatment, column)
    if match[2] == "median":
        return judge(row, *found["median"])
    note = ""
    if match[1] != "cumulative dose":
        other = _by_dosing_day(cohort, match[1].split()[0])
        note = (
            f"By days of the course: {bounds(found['least'][0], found['greatest'][0])} {row.unit}. "
            f"By days with a dose: {bounds(other['least'][0], other['greatest'][0])} {row.unit}. "
            "No one definition gives both printed ranges, of daily dose and of duration: patient 5 "
            "had a dose every other day."
        )
    return judge_range(row, found["least"], found["greatest"], note=note)


@recomputes("no tocilizumab after the start")
def no_tocilizumab_after(cohort: Cohort, row: Printed, _: Match) -> Finding:
    """Patients whose first tocilizumab is on or after the start of anakinra."""
    doses = cohort.administrations.filter(cohort.administrations.drug == "tocilizumab")
    joined = doses.join(cohort.treatment.select("patient_id", "start_day"), "patient_id")
    count = cohort.count(joined.filter(joined.day >= joined.start_day).select("patient_id").distinct())
    missing = "Not printed: the days of second doses. They must all come before the start of anakinra."
    return judge(row, count, count, missing=missing)


@recomputes("corticosteroids continued after the start")
def steroids_continued(cohort: Cohort, row: Printed, _: Match) -> Finding:
    """Patients with a corticosteroid both before and during anakinra."""
    before, during = (dose(cohort, STEROID, window) for window in ("before", "during"))
    joined = during.join(before.filter(before.low > 0).select("patient_id"), "patient_id")
    count = cohort.count(joined.filter(joined.low > 0))
    began = cohort.count(during.filter(during.low > 0)) - count
    note = f"{count} continued; {began} had none before the start and began afterwards (footnote of Table 1)."
    return judge(row, count, count, note=note)


@recomputes("no (corticosteroids|tocilizumab) before")
def none_before(cohort: Cohort, row: Printed, match: Match) -> Finding:
    """Patients without the drug before anakinra."""
    table = dose(cohort, STEROID if match[1] == "corticosteroids" else "tocilizumab", "before")
    count = cohort.count(table.filter(table.high == 0))
    return judge(row, count, count)


@recomputes("clinical response|refractory|response in (ICANS|HLH)|no activity in (ICANS)")
def response_counts(cohort: Cohort, row: Printed, match: Match) -> Finding:
    """Responses and refractory courses, all or by indication."""
    word = "no" if match[0].startswith(("refractory", "no activity")) else "yes"
    chosen = responders(cohort, word)
    toxicity = match[1] or match[2]
    if toxicity:
        chosen = chosen.filter(chosen.toxicity == toxicity)
    count = cohort.count(chosen)
    by_word = cohort.count(chosen.filter(chosen.basis == "clinician"))
    note = f"{by_word} of {count} rest on the clinician's word alone." if by_word else ""
    return judge(row, count, count, note=note)


@recomputes("responders with transient benefit")
def transient(cohort: Cohort, row: Printed, _: Match) -> Finding:
    """Responses that were lost again."""
    count = cohort.count(cohort.response.filter(cohort.response.course == "transient"))
    return judge(row, count, count)


@recomputes("responders: 100 mg daily for 7 days")
def same_schedule(cohort: Cohort, row: Printed, _: Match) -> Finding:
    """Responders with 100 mg a day and 7 dosing days."""
    courses = cohort.treatment.join(responders(cohort, "yes").select("patient_id"), "patient_id")
    daily, days = (int(text) for text in re.findall(r"[0-9]+", row.item))
    count = cohort.count(courses.filter(courses.daily_low == daily, courses.days == days))
    return judge(row, count, count)


@recomputes("tocilizumab dose row")
def tocilizumab_row(cohort: Cohort, row: Printed, _: Match) -> Finding:
    """Entries in the dose row, and patients with a start day."""
    doses = cohort.administrations.filter(cohort.administrations.drug == "tocilizumab")
    count = cohort.count(doses.select("patient_id").distinct())
    return judge(row, count, count, note="The entries belong to the patients with a start day, in their order.")


@recomputes("previous CAR T-cell therapy")
def previous_car_t(cohort: Cohort, row: Printed, _: Match) -> Finding:
    """No patient, by the footnote that contradicts its own row on transplantation."""
    count = cohort.count(cohort.patients.filter(cohort.patients.previous_CAR_T != "No"))
    return judge(row, count, count, note="Printed once.")


@recomputes("previous ASCT")
def previous_transplant(cohort: Cohort, row: Printed, _: Match) -> Finding:
    """The row of Table 1 against its footnote."""
    count = cohort.count(cohort.patients.filter(cohort.patients.previous_ASCT == "Yes"))
    note = f"The row of Table 1 says yes in {count} patients, its footnote that no patient had one."
    return judge(row, count, count, note=note)


@recomputes("corticosteroid days end before death")
def steroid_days(cohort: Cohort, _: Printed, __: Match) -> Finding:
    """Whether start day and number of days fit before death."""
    doses = cohort.administrations.filter(cohort.administrations.drug == "dexamethasone")
    last = doses.group_by("patient_id").aggregate(last_dose=doses.day.max())
    joined = last.join(cohort.follow_up.select("patient_id", "death_day"), "patient_id")
    died = joined.filter(joined.death_day.notnull())
    late = cohort.count(died.filter(died.last_dose > died.death_day))
    total = cohort.count(died)
    text = f"{total - late} of {total} who died fit"
    missing = "Not printed: that the days are consecutive. They must be, or nearly so."
    return Finding(text, "mismatch" if late else "consistent", missing)
