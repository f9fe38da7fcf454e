"""Deaths, survival and remission: a listing where events are few."""

from abate.cohort import Cohort
from abate.findings.shape import Section, listing, median_text, table, who


def outcomes(cohort: Cohort) -> Section:
    """Return survival of every course, deaths by kind, and a sentence."""
    rows = listing(cohort.survival, "patient_id", "course_id")
    lines = [
        {
            "patient": who(row),
            "status": "died" if row["died"] else "no death recorded",
            "day": row["last_day"],
            "known to the": row["last_precision"],
            "cause": row["cause"] or "",
            "kind": row["kind"] or "",
            "treatment start": row["start_day"],
            "days from treatment start": row["from_start"],
        }
        for row in rows
    ]
    died = cohort.survival.filter(cohort.survival.died)
    kinds = listing(died.group_by("kind").aggregate(deaths=died.count()), "kind")
    deaths = cohort.count(died)
    few = cohort.options["few_events"]
    texts = []
    if deaths:
        treated = died.filter(died.from_start.notnull())
        texts.append(f"{deaths} of {len(rows)} died.")
        if cohort.count(treated):
            texts.append(
                f"Time from the start of treatment to death in the {cohort.count(treated)} who died after it: "
                f"median (range) {median_text(treated, 'from_start', unit=' days')}."
            )
    else:
        texts.append("The records hold no death; that is not the same as none having died.")
    if deaths < few:
        texts.append(f"With fewer than {few} events there is no curve and no model, only a listing.")
    else:
        texts.append("The listing holds every time; abate analyse draws the curves that a plan names.")
    if cohort.count(cohort.treatment):
        texts.append(
            "Patients had to survive to the start of treatment to be treated: time from the start does not tell "
            "what would have happened without it."
        )
    return {"survival": table(lines), "deaths_by_kind": table(kinds, "kind", "deaths")}, {"outcomes": " ".join(texts)}
