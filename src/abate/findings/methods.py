"""The methods paragraph, every option with its value, and how well each definition is known."""

import importlib.metadata

from abate.cohort import Cohort
from abate.findings.response import rule
from abate.findings.shape import Section, table
from abate.records.options import REGISTRY

DEFINITIONS = (
    ("Patient-day", "Calendar days from day 0; half-open intervals", "our resolution"),
    (
        "Unknown",
        "What is not recorded is unknown, unless coverage declares the record complete",
        "our resolution",
    ),
    ("Grade", "A clinician's grade, or its bounds; low grade is a bound, not a number", "clinician"),
    (
        "Computed grade",
        "The worst criterion of the system that holds that day; see the criteria",
        "each criterion says",
    ),
    ("Episode of CRS", "Opens with fever, closes with a whole day of recorded absence", "our resolution"),
    ("High-dose vasopressor", "Lee 2014, for three hours; norepinephrine equivalent by VASST", "recalled"),
    ("Inspired fraction, where none is set", "4 % a litre of nasal cannula; masks by flow", "secondary"),
    ("Organ toxicity", "CTCAE v4.03 from numbers, above the grade of the baseline", "verified"),
    ("Response", "High grade at the start that falls after it", "secondary: implied by Strati 2020"),
    (
        "Dexamethasone-equivalent",
        "0.75 : 4 : 5 : 20 with methylprednisolone, prednisone, hydrocortisone",
        "verified",
    ),
    ("Area under the curve", "Trapezoids over the covered part of the window", "our resolution"),
    ("C-reactive protein after tocilizumab", "Out of comparisons for 21 days", "secondary"),
    ("Kind of death", "From the coded cause alone: toxic, progression, infection, other", "our resolution"),
)


def methods(cohort: Cohort) -> Section:
    """Return the paragraph to paste into a paper, the options and the definitions."""
    options = [
        {
            "option": name,
            "value": str(cohort.options[name]),
            "default": str(option.default),
            "changed": "yes" if cohort.options[name] != option.default else "",
            "meaning": option.meaning,
            "source": option.source,
        }
        for name, option in REGISTRY.items()
    ]
    definitions = [{"term": term, "definition": text, "known": known} for term, text, known in DEFINITIONS]
    study = cohort.records.study
    version = importlib.metadata.version("abate")
    paragraph = [
        f"Records were analysed with abate {version}. Day 0 was the {study.reading.day0_kind}.",
        "Values whose unit, range, time or patient could not be established were set aside and counted.",
    ]
    if cohort.count(cohort.grades) or cohort.count(cohort.highest):
        system = f" by {study.system}" if study.system else ""
        paragraph.append(f"Toxicity grades were those of clinicians{system}; days without a grade were unknown.")
    pairs = cohort.gradeable
    used = [system for system in cohort.systems.values() if (system.toxicity, system.name) in pairs]
    if used:
        names = "; ".join(f"{system.title} ({system.citation})" for system in used)
        paragraph.append(
            f"Grades were also computed for each patient-day from the records, by {names}. A criterion that could "
            "not be decided left the day with a range of grades; a day without any satisfied criterion was grade 0 "
            "only where the findings that the system requires were known. Attribution was assumed. Absence was taken "
            "as none only where the record was declared complete."
        )
    criteria = [
        {
            "system": f"{system.toxicity}, {system.name}",
            "grade": item.grade,
            "criterion": item.name,
            "words of the paper": item.fact,
            "known": item.known,
            "option": f"{item.option[0]} = {item.option[1]}" if item.option else "",
        }
        for system in cohort.systems.values()
        for item in sorted(system.active(cohort.options), key=lambda item: item.grade)
    ]
    if cohort.count(cohort.treatment):
        paragraph.append(
            "Corticosteroids were expressed as dexamethasone-equivalents (table "
            f"{cohort.options['steroid_equivalence']}). Doses known as ranges or totals were carried as intervals."
        )
        paragraph.append(rule(cohort.options))
        paragraph.append("Proportions have Clopper-Pearson 95 % intervals.")
    if study.comparisons:
        paragraph.append(
            "Groups were compared by the unpaired Student t test and a permutation test of the difference of "
            "means, two-sided, over windows fixed beforehand; patients with the outcome before the end of the "
            "window were left out."
        )
    tables = {"options": table(options), "definitions": table(definitions), "criteria": table(criteria)}
    return tables, {"methods": " ".join(paragraph)}
