"""CTCAE v4.03 and v5.0: the worst neurological term of a patient-day.

National Cancer Institute, CTCAE v4.03 (14 June 2010) and v5.0 (27 November 2017). Terms are graded by a clinician;
records tell of seizures and of cerebral edema.
"""

import ibis
from ibis import _

from abate.grading.criteria import CTCAE_PRINT, organs, sign
from abate.grading.rules import Criterion, Flag, Known, System, feature

NEURO = ("neurological_grade",)
REQUIRED = ("neurological_grade", "ungraded_neurological_finding", "seizure", "focal_edema", "diffuse_edema")
FLAGS = (Flag("bleeding", "bleeding that day"),)
NOTES = (
    "Most terms speak of activities of daily living, which stand in no record: their grade is a clinician's, an event "
    "`organ_toxicity` with the term as text, whichever version it was made by. `abate calc ctcae-neuro` grades a term "
    "from findings.",
    "ICE, CARTOX-10 and CAPD are not mapped to these terms: they are not the same.",
)


def _judged() -> tuple[Criterion, ...]:
    fact = "A neurological term of grade {}, in a clinician's judgement"
    return tuple(item for grade in (1, 2, 3, 4) for item in organs(grade, grade, fact.format(grade), "verified", NEURO))


UNGRADED = sign(
    4,
    "a finding that nobody graded",
    "ungraded_neurological_finding",
    "Grades by symptoms and limits of daily living: a low score, depressed consciousness, weakness or sedation "
    "without a clinician's grade leaves them open",
    "our resolution",
)


def _edema(grade: int, known: bool, fact: str) -> Criterion:
    """Return a criterion of cerebral edema; one that records cannot decide is unknown where there is any."""
    seen = _.focal_edema | _.diffuse_edema
    holds = seen if known else ibis.ifelse(~seen, False, ibis.null("boolean"))
    name = "cerebral edema" if known else "cerebral edema, life-threatening"
    # Version 4.03 has no other grade of it than 4.
    tag: Known = "our resolution" if known and grade == 4 else "verified"
    return Criterion(grade, name, holds, ("focal_edema", "diffuse_edema"), fact, tag)


LONG = (
    feature(4, "seizure_without_recovery", "Life-threatening; prolonged repetitive seizures", "verified"),
    sign(
        4,
        "seizure over 5 minutes",
        "prolonged_seizure",
        "Life-threatening: a seizure of more than 5 minutes is not brief",
        "our resolution",
    ),
)
DEATH = sign(5, "death from neurotoxicity", "death_from_icans", "Death", "verified")

CTCAE_403_NEURO = System(
    key="ctcae403_neuro",
    name="CTCAE v4.03",
    toxicity="ICANS",
    title="Neurological terms of CTCAE v4.03",
    citation=CTCAE_PRINT.format("version 4.03, 14 June 2010"),
    required=REQUIRED,
    criteria=(
        *_judged(),
        UNGRADED,
        feature(1, "seizure", "Brief partial seizure; no loss of consciousness", "verified"),
        feature(2, "generalized_seizure", "Brief generalized seizure", "verified"),
        *LONG,
        _edema(4, True, "Edema cerebral: life-threatening consequences; urgent intervention indicated"),
        DEATH,
    ),
    flags=FLAGS,
    notes=NOTES,
)
CTCAE_5_NEURO = System(
    key="ctcae5_neuro",
    name="CTCAE v5.0",
    toxicity="ICANS",
    title="Neurological terms of CTCAE v5.0",
    citation=CTCAE_PRINT.format("version 5.0, 27 November 2017"),
    required=REQUIRED,
    criteria=(
        *_judged(),
        UNGRADED,
        feature(3, "seizure", "New onset seizures (partial or generalized)", "verified"),
        *LONG,
        _edema(3, True, "Edema cerebral: new onset; worsening from baseline"),
        _edema(4, False, "Edema cerebral: life-threatening consequences; urgent intervention indicated"),
        DEATH,
    ),
    flags=FLAGS,
    notes=(*NOTES, "A seizure after the infusion is taken as new: records say nothing of earlier ones."),
)
