"""Each treated patient's course in words, and how the count changes with the rule."""

from dataclasses import replace
from typing import Any

from abate.cohort import Cohort
from abate.findings.shape import Section, listing, number, share, table, who
from abate.outcomes.response import response as judge
from abate.outcomes.response_rules import NEW_TREATMENT, ResponseRule, chosen_rule, response_rules
from abate.records.options import Options

WORST_LIVING = 4

WITHIN = (3, 7, 14)
"""Days within which the fall must come, in the table of rules."""


def rule(options: Options) -> str:
    """Return the rule in words."""
    words = chosen_rule(options).words
    return f"{words} What a response is due to cannot be read from records: attribution is assumed, never known."


def _variants(options: Options) -> list[tuple[str, ResponseRule]]:
    """Return the rule chosen, every other rule, and the one chosen with other numbers."""
    one = chosen_rule(options)
    found = [(f"as chosen: {one.title}", one)]
    found += [(other.title, other) for other in response_rules(options).values() if other.name != one.name]
    if one.target is not None:
        lower = range(one.target - 1, -1, -1)
        found += [
            (f"as chosen, to grade {grade}{' or less' if grade else ''}", replace(one, target=grade)) for grade in lower
        ]
    if one.eligible < WORST_LIVING:
        found.append((f"as chosen, from grade {WORST_LIVING} alone", replace(one, eligible=WORST_LIVING)))
    found += [(f"as chosen, within {days} days", replace(one, within_days=days)) for days in WITHIN]
    again = NEW_TREATMENT in one.ends
    ends = "whatever else was begun" if again else "until another treatment was begun"
    found.append((f"as chosen, {ends}", replace(one, ends=() if again else (NEW_TREATMENT,))))
    return found


def response(cohort: Cohort) -> Section:
    """Return courses in words, and the count under other rules."""
    study = cohort.records.study
    empty = {"responses": table([], "patient", "reason"), "response_rules": table([], "rule")}
    if not cohort.count(cohort.treatment):
        return empty, {"response": "No patient was treated with a treatment under study.", "rule": ""}
    rows = [
        {
            "patient": who(row),
            "toxicity": row["toxicity"],
            "eligible": row["eligible"],
            "response": row["response"],
            "by": row["basis"],
            "course": row["course"],
            "days low": _lasting(row),
            "days without a grade (to the first low day, else to the end)": row["missing_days"],
            "came first": _first(row),
            "course in words": row["reason"],
        }
        for row in listing(cohort.response, "patient_id", "course_id")
    ]
    variants = []
    rules = [replace(one, name=name) for name, one in _variants(cohort.options)]
    every = judge(
        *(cohort.treatment, cohort.primary, cohort.records["events"], cohort.follow_up, study.toxicity),
        *(cohort.options, rules, cohort.others),
    )
    verdict = every.response
    counted = every.group_by("rule").aggregate(
        responded=(verdict == "yes").sum(),
        judged=verdict.isin(("yes", "no")).sum(),
        by_word=((verdict == "yes") & (every.basis == "clinician")).sum(),
        not_applicable=(verdict == "not applicable").sum(),
        unknown=(verdict == "unknown").sum(),
    )
    counts = {row["rule"]: row for row in listing(counted)}
    variants = [
        {
            "rule": name,
            "responded": share(counts[name]["responded"], counts[name]["judged"]),
            "of these by the clinician alone": counts[name]["by_word"],
            "not applicable": counts[name]["not_applicable"],
            "unknown": counts[name]["unknown"],
        }
        for name in (one.name for one in rules)
    ]
    return {"responses": table(rows), "response_rules": table(variants)}, {
        "response": _systems(cohort),
        "rule": rule(cohort.options),
    }


def _lasting(row: dict[str, Any]) -> str:
    """Return how long a response lasted."""
    if row["response"] != "yes" or row["low_days"] is None:
        return "–"
    return number(row["low_days"]) if row["recurrence_day"] is not None else f"at least {number(row['low_days'])}"


def _first(row: dict[str, Any]) -> str:
    """Return what came before the first low day."""
    return "–" if row["competing"] is None else f"{row['competing']}, day {row['competing_day']}"


def _systems(cohort: Cohort) -> str:
    """Say that grades of several systems are not mixed, where none is named."""
    names = listing(cohort.grades.select("system").distinct(), "system")
    if cohort.records.study.system or len(names) < 2:
        return ""
    return (
        "Grades of several systems are recorded, and [study] system names none: they are not mixed, so no "
        "response is judged by grades."
    )
