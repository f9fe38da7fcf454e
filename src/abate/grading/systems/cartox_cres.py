"""CARTOX: CAR T-cell-related encephalopathy syndrome, adults and children.

Neelapu SS, et al. Nat Rev Clin Oncol 2018;15(1):47-62, doi:10.1038/nrclinonc.2017.148; under 12 years
CAPD, Mahadeo KM, et al. 2019, doi:10.1038/s41571-018-0075-2 (its bands as in ASTCT: our resolution).
"""

import ibis
from ibis import _

from abate.grading.rules import Criterion, Flag, System, feature

HIDDEN = "not_assessable"
AWAKE = ibis.coalesce(_.consciousness == 0, False)


def _score(grade: int, low: int, high: int) -> Criterion:
    holds = ~_.under_capd_age & _.cartox10.between(low, high)
    words = f"CARTOX-10 {low}-{high}"
    return Criterion(grade, words, holds, ("cartox10",), words, "secondary", doubt=HIDDEN)


def _capd(grade: int, name: str, holds: object) -> Criterion:
    return Criterion(
        grade, name, _.under_capd_age & holds, ("capd",), f"{name} (under 12 years)", "our resolution", doubt=HIDDEN
    )


CARTOX_CRES = System(
    key="cartox_cres",
    name="CARTOX",
    toxicity="ICANS",
    title="CARTOX grading of CAR T-cell-related encephalopathy syndrome (CRES)",
    citation="Neelapu SS, et al. Nat Rev Clin Oncol 2018;15(1):47-62. doi:10.1038/nrclinonc.2017.148",
    required=("cartox_score_of_age",),
    criteria=(
        _score(1, 7, 9),
        _score(2, 3, 6),
        _score(3, 0, 2),
        _capd(1, "CAPD 1-8", _.capd.between(1, 8)),
        _capd(3, "CAPD 9 or more", _.capd >= 9),
        Criterion(
            3,
            "score 0, awake",
            _.unable & AWAKE,
            ("unable", "consciousness"),
            "A score of 0 while awake is grade 3",
            "our resolution",
            doubt=HIDDEN,
        ),
        Criterion(
            4,
            "cannot perform the test",
            _.unable & ~AWAKE,
            ("unable", "consciousness"),
            "Patient in critical condition, and/or obtunded and cannot perform assessment of tasks",
            "secondary",
            doubt=HIDDEN,
        ),
        Criterion(
            4,
            "obtunded",
            (_.consciousness == 4) | _.hidden_by_sedation,
            ("consciousness", "hidden_by_sedation"),
            "Patient obtunded: unarousable, or only to vigorous or repetitive stimuli",
            "our resolution",
            doubt=HIDDEN,
        ),
        Criterion(
            3,
            "papilledema, stage 1-2",
            ibis.coalesce(_.papilledema_stage.between(1, 2), _.papilledema),
            ("papilledema", "papilledema_stage"),
            "Stage 1-2 papilledema with an opening pressure under 20 mmHg",
            "recalled",
        ),
        Criterion(
            3,
            "opening pressure under 20 mmHg",
            _.opening_pressure_under_20,
            ("opening_pressure_under_20",),
            "Cerebrospinal fluid opening pressure under 20 mmHg, read as a criterion of its own",
            "recalled",
            option=("cres_opening_pressure", "independent"),
        ),
        Criterion(
            4,
            "papilledema, stage 3-5",
            _.papilledema & (_.papilledema_stage >= 3),
            ("papilledema", "papilledema_stage"),
            "Stage 3-5 papilledema",
            "recalled",
        ),
        Criterion(
            4,
            "opening pressure from 20 mmHg",
            _.opening_pressure_from_20,
            ("opening_pressure_from_20",),
            "Cerebrospinal fluid opening pressure of 20 mmHg or more",
            "recalled",
        ),
        Criterion(
            4,
            "cerebral edema",
            _.focal_edema | _.diffuse_edema,
            ("focal_edema", "diffuse_edema"),
            "Cerebral edema; focal or diffuse is not told apart",
            "recalled",
        ),
        feature(
            3,
            "seizure",
            "Partial seizure, or nonconvulsive seizures on EEG that respond to a benzodiazepine",
            "recalled",
        ),
        feature(4, "generalized_seizure", "Generalized seizure, even a brief one", "recalled"),
        Criterion(
            4,
            "status epilepticus",
            _.prolonged_seizure | _.seizure_without_recovery,
            ("prolonged_seizure", "seizure_without_recovery"),
            "Convulsive or nonconvulsive status epilepticus: over 5 min, or no recovery between seizures",
            "our resolution",
        ),
        feature(4, "weakness", "New motor weakness, even mild", "recalled"),
        Criterion(
            5,
            "death from ICANS",
            _.death_from_icans,
            ("death_from_icans",),
            "Death from neurotoxicity",
            "our resolution",
        ),
    ),
    flags=(
        Flag("not_assessable", "sedated: the last valid findings stand, the truth may be worse"),
        Flag("consciousness_approximate", "consciousness read from RASS, the Glasgow coma scale or AVPU"),
        Flag("age_unknown", "age not known: CARTOX-10 as in an adult"),
        Flag("bleeding", "bleeding that day"),
    ),
    notes=(
        "CARTOX-10 and ICE have other items: one does not stand in for the other, though their bands are the same.",
        "Opening pressures are usually charted in cmH2O: 27.2 cmH2O is 20 mmHg.",
    ),
)
