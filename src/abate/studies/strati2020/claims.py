"""What the letter says in words, in units, or of values that it does not print."""

import re

import ibis

from abate.cohort import STEROID, Cohort
from abate.statistics.description import median_range
from abate.studies.strati2020.audit import PLAIN_TEXT, Finding, Printed, bounds, printed, recomputes, rows_of
from abate.studies.strati2020.figures import dose, responders

Match = re.Match[str]


def _lacking(text: str, note: str) -> Finding:
    return Finding(text, "not recomputable", note)


def _ferritin_as_printed(cohort: Cohort) -> ibis.Table:
    """Return the numbers of the ferritin row, which its unit set aside."""
    aside = cohort.records.set_aside
    rows = aside.filter(aside.reason == "unit", aside.name == "ferritin")
    number = rows.recorded.re_extract("value=([0-9.]+)", 1).cast("float64")
    return rows.select("patient_id", value=number)


@recomputes("rows without values: .*")
def lost_rows(_: Cohort, __: Printed, ___: Match) -> Finding:
    """Rows of Table 1 that lost all their values."""
    return _lacking("not recomputable", "Missing: the values, which the plain text has lost.")


@recomputes("CRP at baseline")
def crp_row(cohort: Cohort, row: Printed, _: Match) -> Finding:
    """Six values for eight patients."""
    values = len(re.findall(r"[0-9]+", row.reported.split(" mg/L")[0]))
    patients = cohort.count(cohort.patients)
    note = f"Missing: which {patients - values} patients lost their value; none is given to a patient."
    return _lacking(f"{values} values for {patients} patients", note)


@recomputes("unit of ferritin at baseline|unit of the ferritin limit")
def ferritin_unit(cohort: Cohort, row: Printed, _: Match) -> Finding:
    """Ferritin printed in mg/L."""
    aside = cohort.records.set_aside
    count = cohort.count(aside.filter(aside.reason == "unit", aside.recorded.contains("variable=ferritin")))
    unit = cohort.records.study.dictionary.variables["ferritin"].unit
    printed_unit = row.reported.split()[-1]
    note = (
        f"Printed in {printed_unit}; ferritin is reported in {unit}, a thousand times less. The numbers would "
        f"fit {unit}; the values are set aside, not converted. {PLAIN_TEXT}"
    )
    return Finding(f"{count} values set aside: not a unit of ferritin", "mismatch", note)


@recomputes("responders above (ferritin|CRP|LDH) .*")
def responder_limits(cohort: Cohort, _: Printed, match: Match) -> Finding:
    """Limits that no responder exceeded, in series that are not printed."""
    series = "Missing: the series of Figure 1."
    if match[1] == "ferritin":
        values = _ferritin_as_printed(cohort)
        values = values.join(responders(cohort, "yes").select("patient_id"), "patient_id")
        highest = median_range(values, "value")["greatest"][0]
        return _lacking("not recomputable", f"{series} At baseline the highest of the four is {highest:g}.")
    if match[1] == "CRP":
        listed = next(item.reported for item in printed() if item.item == "CRP at baseline")
        highest = max(int(value) for value in re.findall(r"[0-9]+", listed.split(" mg/L")[0]))
        return _lacking("not recomputable", f"{series} The highest of the six printed baselines is {highest}.")
    above = responders(cohort, "yes").join(cohort.patients.select("patient_id", "LDH_above_ULN"), "patient_id")
    count = cohort.count(above.filter(above.LDH_above_ULN == "Yes"))
    return _lacking("not recomputable", f"{series} At baseline LDH is above normal in {count} of the four.")


@recomputes("P value of .*")
def p_values(_: Cohort, __: Printed, ___: Match) -> Finding:
    """P values of areas under curves that are not printed."""
    return _lacking("not recomputable", "Missing: the series of Figure 1, and the window of the areas.")


@recomputes("response associated with lower area under the curve")
def association(_: Cohort, __: Printed, ___: Match) -> Finding:
    """An association in the text, its P values in the legend."""
    values = ", ".join(
        f"{item.reported} ({item.item.removeprefix('P value of ')})"
        for item in printed()
        if item.item.startswith("P value of")
    )
    note = (
        "The text calls response associated with lower areas; the legend gives these P values and says that "
        f"the differences were not significant. {PLAIN_TEXT}"
    )
    return Finding(f"P = {values}", "mismatch", note)


@recomputes("early elevated (ferritin|CRP|LDH) and lack of efficacy")
def early_values(cohort: Cohort, _: Printed, match: Match) -> Finding:
    """Early values and lack of efficacy, as far as the baselines tell."""
    missing = "Missing: which early values and which test are meant. "
    if match[1] == "CRP":
        return _lacking("not recomputable", missing + "No CRP value belongs to a known patient.")
    if match[1] == "LDH":
        ldh = cohort.patients.select("patient_id", "LDH_above_ULN", "responder")
        high = ldh.filter(ldh.LDH_above_ULN == "Yes")
        counts = {line["responder"]: line["n"] for line in rows_of(high.group_by("responder").agg(n=high.count()), "n")}
        text = f"above normal at baseline: {counts.get('responder', 0)} responders, "
        return _lacking(text + f"{counts.get('nonresponder', 0)} nonresponders", missing.strip())
    values = _ferritin_as_printed(cohort)
    medians = [
        median_range(values.join(responders(cohort, word).select("patient_id"), "patient_id"), "value")
        for word in ("yes", "no")
    ]
    lowest = rows_of(values, "value")[0]
    group = "nonresponder" if medians[1]["least"][0] == lowest["value"] else "responder"
    text = f"median at baseline {bounds(*medians[0]['median'])} in responders, "
    text += f"{bounds(*medians[1]['median'])} in nonresponders"
    return _lacking(text, f"{missing}The lowest of all is that of a {group} ({lowest['patient_id']}).")


@recomputes("ICANS response mirrored CRS response")
def mirrored(cohort: Cohort, _: Printed, __: Match) -> Finding:
    """No CRS grade is printed."""
    count = cohort.count(cohort.highest.filter(cohort.highest.toxicity == "CRS"))
    return _lacking("not recomputable", f"Missing: CRS grades; {count} are printed of any patient.")


@recomputes("admitted to intensive care")
def intensive_care(_: Cohort, __: Printed, ___: Match) -> Finding:
    """No patient is named."""
    return _lacking("not recomputable", "Missing: which patients; only the count is printed.")


@recomputes("intracranial hemorrhage before anakinra")
def hemorrhage(cohort: Cohort, row: Printed, _: Match) -> Finding:
    """The hemorrhage before treatment and the cause of death."""
    deaths = cohort.survival.filter(cohort.survival.cause == "intracranial hemorrhage")
    found = [line["patient_id"] for line in rows_of(deaths)]
    note = "Present before the start, and the cause of death: the grades after it have two possible reasons."
    return Finding(f"died of it: {', '.join(found)}", "match" if found == [row.reported] else "mismatch", note)


@recomputes("nonresponders with ICANS: dose and schedule")
def similar_schedule(cohort: Cohort, _: Printed, __: Match) -> Finding:
    """Dose and schedule of nonresponders with ICANS against responders."""
    courses = cohort.treatment
    groups = []
    for word in ("yes", "no"):
        chosen = responders(cohort, word)
        chosen = chosen.filter(chosen.toxicity == "ICANS").select("patient_id")
        groups.append(rows_of(courses.join(chosen, "patient_id")))
    usual = {(line["low"], line["daily_low"], line["days"]) for line in groups[0]}
    other = [line for line in groups[1] if (line["low"], line["daily_low"], line["days"]) not in usual]
    text = "; ".join(
        f"{line['patient_id']}: {line['daily_low']:g} mg a day of the course, {line['low']:g} mg in all"
        for line in groups[1]
    )
    same = "; ".join(f"{daily:g} mg a day, {total:g} mg in all" for total, daily, _ in sorted(usual))
    note = f"Responders: {same}. {PLAIN_TEXT}" if other else f"Responders: {same}."
    return Finding(text, "mismatch" if other else "match", note)


@recomputes("steroid-sparing strategy")
def steroid_sparing(cohort: Cohort, _: Printed, __: Match) -> Finding:
    """Corticosteroid dose during anakinra against before it."""
    before, during = (dose(cohort, STEROID, window) for window in ("before", "during"))
    joined = during.join(before.select("patient_id", before_high="high"), "patient_id")
    known = joined.filter(joined.low == joined.high)
    more = cohort.count(known.filter(known.low > known.before_high))
    total = cohort.count(known)
    text = f"more during than before in {more} of {total} with both doses printed"
    note = (
        "Missing: the dose that would have been given without anakinra. The windows differ in length, so the "
        "figures show neither sparing nor its absence."
    )
    return _lacking(text, note)
