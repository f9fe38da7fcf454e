"""Criteria and flags that several tables of CRS share: organ toxicity, and what a reader should know of a day."""

from collections.abc import Sequence
from dataclasses import replace

import ibis
from ibis import _

from abate.grading.rules import Choice, Criterion, Flag, Known

SIGNS = ("fever", "hypotension", "vasopressor", "oxygen")
"""What must be known before a day is grade 0."""
SEDATED = "vasopressor_during_sedation"
SIGN_FLAGS = (
    Flag("late_onset", "the episode began after day 14: look for another cause"),
    Flag("single_reading", "low pressure rests on one reading"),
    Flag("push_dose_vasopressor", "a vasopressor as a bolus or under 15 minutes, not counted"),
    Flag(SEDATED, "vasopressor while ventilated and sedated: may be the sedation"),
    Flag("saturation_unknown", "low-flow oxygen without a saturation below 92 % off oxygen"),
    Flag("ventilation_indication_unknown", "positive pressure without a recorded indication"),
    Flag("ventilated_not_for_hypoxia", "ventilated to protect the airway or for a procedure: not counted"),
    Flag("home_support", "long-standing support at home settings: not counted"),
    Flag("fever_other_cause", "fever of another cause, as recorded"),
    Flag("positive_culture", "a positive culture that day"),
    Flag("bleeding", "bleeding that day"),
    Flag("age_unknown", "age not known: limits of an adult"),
)
"""Flags of the signs."""
ESTIMATED = Flag("fio2_estimated", "an inspired fraction estimated from device and flow")
NO_BASELINE = Flag("no_baseline", "organ toxicity without a value before day 0 to compare")
ORGANS = {
    "bilirubin_grade": "bilirubin",
    "alp_ggt_grade": "alkaline phosphatase or GGT",
    "creatinine_grade": "creatinine",
    "urine_output_grade": "urine output",
    "coagulation_grade": "coagulopathy",
    "organ_toxicity_grade": "organ toxicity judged by a clinician",
}
"""Organs besides the transaminases, as features and in words."""
WORDS = {**ORGANS, "transaminase_grade": "ALT or AST", "neurological_grade": "neurotoxicity judged by a clinician"}
CTCAE_PRINT = (
    "National Cancer Institute. Common Terminology Criteria for Adverse Events (CTCAE) {}. U.S. Department of Health "
    "and Human Services"
)
JUDGED = ("coagulation_grade", "organ_toxicity_grade", "neurological_grade")
ALT_AST = ("transaminase_grade",)
WITH_ALP = ("cartox_hepatic", "with_alp_ggt")


def organs(
    grade: int,
    of_system: int,
    fact: str,
    known: Known,
    names: Sequence[str] = tuple(ORGANS),
    in_children: bool = True,
    option: Choice | None = None,
) -> tuple[Criterion, ...]:
    """Return the criteria that one CTCAE grade of an organ is a grade of the system, an organ each.

    Parameters
    ----------
    grade, of_system
        The CTCAE grade, and that of the system.
    fact, known
        The words of the paper, and how well they are known.
    names
        Features of :data:`WORDS`.
    in_children
        Whether it stands in children.
    option
        Under which they stand.
    """
    found = []
    # Little urine is grade 3 or 4, and nothing less.
    for name in (name for name in names if grade > 2 or name != "urine_output_grade"):
        holds = getattr(_, name) == grade
        if name in JUDGED:
            # A judgement says nothing of worse organs that nobody recorded.
            holds = ibis.ifelse(_.events_covered | (getattr(_, name) >= grade), holds, ibis.null("boolean"))
        if not in_children:
            holds = ~_.child & holds
        under = WITH_ALP if name == "alp_ggt_grade" else option
        found.append(Criterion(of_system, f"{WORDS[name]}, grade {grade}", holds, (name,), fact, known, under))
    return tuple(found)


def sign(grade: int, name: str, feature: str, fact: str, known: Known) -> Criterion:
    """Return a criterion that one feature decides; a vasopressor under sedation leaves it in doubt."""
    doubt = SEDATED if "vasopressor" in feature else ""
    return Criterion(grade, name, getattr(_, feature), (feature,), fact, known, doubt=doubt)


def death(fact: str, known: Known) -> Criterion:
    """Return the criterion of grade 5: a death whose coded cause is CRS."""
    return sign(5, "death from CRS", "death_from_crs", fact, known)


def ventilated_for_another_reason(grade: int, fact: str) -> Criterion:
    """Return the criterion of ventilation that is not for hypoxia, where a table says ventilator support."""
    item = sign(grade, "ventilator, not for hypoxia", "ventilated_not_for_hypoxia", fact, "our resolution")
    return replace(item, option=("airway_protection", "counts"))
