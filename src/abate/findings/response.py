"""Each treated patient's course in words, and how the count changes with the rule."""

from typing import Any

from abate.cohort import Cohort
from abate.findings.shape import Section, listing, share, table
from abate.outcomes.response import response as judge
from abate.records.options import Options

VARIANTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("as chosen", {}),
    ("fall to grade 1 or less", {"low_grade": 1}),
    ("fall to grade 0", {"low_grade": 0}),
    ("only grade 4 at the start is high", {"high_grade": 4}),
    ("fall within 3 days", {"response_window_days": 3}),
    ("fall within 7 days", {"response_window_days": 7}),
    ("fall within 14 days", {"response_window_days": 14}),
)


def rule(options: Options) -> str:
    """Return the rule in words."""
    limit = options["response_window_days"]
    within = f" within {limit} days" if limit else ""
    lasting = options["durable_days"]
    return (
        f"A response is a toxicity of grade {options['high_grade']} or more when the treatment starts that falls "
        f"to grade {options['low_grade']} or less after the start{within}. It is transient if a grade of "
        f"{options['high_grade']} or more is recorded again{f' within {lasting} days' if lasting else ''}, and "
        "durable if grades stayed low to the end or a clinician said that nothing came back. Where no grade was "
        "recorded after the start, a clinician's judgement stands. What a response is due to cannot be read from "
        "records: attribution is assumed, never known."
    )


def response(cohort: Cohort) -> Section:
    """Return courses in words, and the count under other rules."""
    study = cohort.records.study
    empty = {"responses": table([], "patient", "reason"), "response_rules": table([], "rule")}
    if not cohort.count(cohort.treatment):
        return empty, {"response": "No patient was treated with a treatment under study.", "rule": ""}
    rows = [
        {
            "patient": row["patient_id"],
            "toxicity": row["toxicity"],
            "response": row["response"],
            "by": row["basis"],
            "course": row["course"],
            "course in words": row["reason"],
        }
        for row in listing(cohort.response, "patient_id", "course_id")
    ]
    variants = []
    for name, change in VARIANTS:
        changed = dict(cohort.options) | change
        if changed["low_grade"] >= changed["high_grade"]:
            continue
        options = Options(changed)
        found = judge(
            cohort.treatment, cohort.primary, cohort.records["events"], cohort.follow_up, study.toxicity, options
        )
        counts = {
            line["response"]: line["n"]
            for line in listing(found.group_by("response").aggregate(n=found.count()), "response")
        }
        by_word = found.filter(found.basis == "clinician", found.response == "yes")
        judged = counts.get("yes", 0) + counts.get("no", 0)
        variants.append(
            {
                "rule": name,
                "responded": share(counts.get("yes", 0), judged),
                "of these by the clinician alone": cohort.count(by_word),
                "not applicable": counts.get("not applicable", 0),
                "unknown": counts.get("unknown", 0),
            }
        )
    return {"responses": table(rows), "response_rules": table(variants)}, {
        "response": _systems(cohort),
        "rule": rule(cohort.options),
    }


def _systems(cohort: Cohort) -> str:
    """Say that grades of several systems are not mixed, where none is named."""
    names = listing(cohort.grades.select("system").distinct(), "system")
    if cohort.records.study.system or len(names) < 2:
        return ""
    return (
        "Grades of several systems are recorded, and [study] system names none: they are not mixed, so no "
        "response is judged by grades."
    )
