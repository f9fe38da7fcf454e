"""Scores and counted criteria of the courses: how many could be told, and what they are."""

from typing import Any

import ibis

from abate.cohort import Cohort
from abate.findings.shape import Section, listing, number, share, table
from abate.grading.systems import COUNTED
from abate.scores import SCORES
from abate.scores.of_courses import G_CSF, HEMATOTOXICITY, lymphodepletion
from abate.statistics.description import quartiles
from abate.timeline.joins import KEYS

TITLES = {
    **{key: rule.title for rules in (SCORES, COUNTED) for key, rule in rules.items()},
    HEMATOTOXICITY: "Endpoints of hematotoxicity and phenotype of recovery (Rejeski 2021): how many",
    G_CSF: "First day of G-CSF, under which counts are as observed",
}


def scores(cohort: Cohort) -> Section:
    """Return a line a score and time, and every course's own scores."""
    rows = cohort.scores
    total = cohort.count(cohort.patients)
    lines: list[dict[str, Any]] = []
    order = list(TITLES)
    names = sorted(
        {(row["score"], row["at"]) for row in listing(rows.select("score", "at").distinct())},
        key=lambda pair: (order.index(pair[0].split(" (")[0]), pair),
    )
    for score, at in names:
        mine = rows.filter(rows.score == score, rows["at"] == at)
        found = quartiles(mine.filter(mine.value.notnull()), "value")
        spread = (
            f"{number(found['median'])} ({number(found['least'])}–{number(found['greatest'])})" if found["n"] else "–"
        )
        classes = mine.filter(mine["class"] != "").group_by("class").aggregate(courses=ibis._.count())
        told = ", ".join(f"{row['class']}: {row['courses']}" for row in listing(classes, "class"))
        reading = score.partition(" (")[2]
        lines.append(
            {
                "score": TITLES[score.split(" (")[0]] + (f" ({reading}" if reading else ""),
                "when": at,
                "courses with any of it": share(cohort.count(mine), total),
                "nothing missing": share(cohort.count(mine.filter(mine.complete)), cohort.count(mine)),
                "median (range)": spread,
                "classes told": told or "–",
            }
        )
    text = (
        "What is not recorded is not normal: a number stands only where everything it needs is known (of criteria and "
        "of ICAHT it is what is known to be met: its bounds stand in the table of courses), and a class only where it "
        "cannot be another. HScore: fardet counts immunosuppression as recorded, all_cart counts every recipient. "
        "Early ICAHT stands by both ways of counting days, which differ in neutropenia of two waves."
        if lines
        else ""
    )
    within = int(cohort.options["lymphodepletion_within_days"])
    depleting = lymphodepletion(cohort.records["drugs"], cohort.records.study.dictionary, cohort.options)
    without = total - cohort.count(depleting.select(*KEYS).distinct())
    if lines and without:
        text += (
            f" In {without} of {total} courses no dated lymphodepletion of the {within} days before infusion is "
            "recorded: what is read before it (CAR-HEMATOTOX, EASIX before lymphodepletion, the prognostic indices) is "
            "not told."
        )
    every = rows.order_by("score", "at", "patient_id", "course_id").to_pyarrow()
    return {"scores": table(lines, "score"), "course_scores": every}, {"scores": text}
