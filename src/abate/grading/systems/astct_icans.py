"""ASTCT 2019: immune effector cell-associated neurotoxicity syndrome, in adults and children.

Lee DW, Santomasso BD, Locke FL, et al. Biol Blood Marrow Transplant 2019;25(4):625-638.
"""

from ibis import _

from abate.grading.rules import Criterion, Flag, System, feature

HIDDEN = "not_assessable"


def _ice(low: int, high: int) -> object:
    return ~_.uses_capd & _.ice.between(low, high)


AWAKENS = "Depressed level of consciousness: "
ASTCT_ICANS = System(
    key="astct_icans",
    name="ASTCT 2019",
    toxicity="ICANS",
    title="ASTCT consensus grading of immune effector cell-associated neurotoxicity syndrome",
    citation="Lee DW, et al. Biol Blood Marrow Transplant 2019;25(4):625-638. doi:10.1016/j.bbmt.2018.12.758",
    required=("score_of_age",),
    criteria=(
        Criterion(1, "ICE 7-9", _ice(7, 9), ("ice",), "ICE score 7-9 (from 12 years)", "verified", doubt=HIDDEN),
        Criterion(2, "ICE 3-6", _ice(3, 6), ("ice",), "ICE score 3-6", "verified", doubt=HIDDEN),
        Criterion(
            3,
            "ICE 0-2",
            _ice(0, 2),
            ("ice",),
            "ICE score 0-2; 0 with the patient awake (global aphasia) is grade 3",
            "verified",
            doubt=HIDDEN,
        ),
        Criterion(
            1,
            "CAPD 1-8",
            _.uses_capd & _.capd.between(1, 8),
            ("capd",),
            "CAPD 1-8 (under 12 years)",
            "verified",
            doubt=HIDDEN,
        ),
        Criterion(
            3, "CAPD 9 or more", _.uses_capd & (_.capd >= 9), ("capd",), "CAPD 9 or more", "verified", doubt=HIDDEN
        ),
        Criterion(
            4,
            "CAPD not possible",
            _.uses_capd & _.unable,
            ("unable",),
            "Unable to perform CAPD",
            "verified",
            doubt=HIDDEN,
        ),
        Criterion(
            1,
            "awakens spontaneously",
            _.consciousness == 1,
            ("consciousness",),
            AWAKENS + "awakens spontaneously (only where charted as depressed)",
            "verified",
            doubt=HIDDEN,
        ),
        Criterion(
            2,
            "awakens to voice",
            _.consciousness == 2,
            ("consciousness",),
            AWAKENS + "awakens to voice",
            "verified",
            doubt=HIDDEN,
        ),
        Criterion(
            3,
            "awakens to tactile stimuli",
            _.consciousness == 3,
            ("consciousness",),
            AWAKENS + "awakens only to tactile stimulus",
            "verified",
            doubt=HIDDEN,
        ),
        Criterion(
            4,
            "unarousable",
            (_.consciousness == 4) | _.hidden_by_sedation,
            ("consciousness", "hidden_by_sedation"),
            AWAKENS + "unarousable, or requires vigorous or repetitive tactile stimuli; stupor or coma",
            "verified",
            doubt=HIDDEN,
        ),
        feature(
            3,
            "seizure",
            "Any clinical seizure, focal or generalized, that resolves rapidly, or nonconvulsive seizures on EEG that "
            "resolve with intervention",
            "verified",
        ),
        Criterion(
            4,
            "prolonged seizure",
            _.prolonged_seizure | _.seizure_without_recovery,
            ("prolonged_seizure", "seizure_without_recovery"),
            "Life-threatening prolonged seizure (over 5 min), or repetitive clinical or electrical seizures without "
            "return to baseline in between",
            "verified",
        ),
        feature(4, "deep_weakness", "Deep focal motor weakness such as hemiparesis or paraparesis", "verified"),
        feature(3, "focal_edema", "Focal or local edema on neuroimaging", "verified"),
        feature(4, "diffuse_edema", "Diffuse cerebral edema on neuroimaging", "verified"),
        feature(4, "posturing", "Decerebrate or decorticate posturing", "verified"),
        feature(4, "cn6_palsy", "Cranial nerve VI palsy", "verified"),
        feature(4, "papilledema", "Papilledema", "verified"),
        feature(4, "cushing_triad", "Cushing's triad", "verified"),
        Criterion(
            5,
            "death from ICANS",
            _.death_from_icans,
            ("death_from_icans",),
            "Death due to ICANS with no other principal cause",
            "verified",
        ),
    ),
    flags=(
        Flag("not_assessable", "sedated: the last valid findings stand, the truth may be worse"),
        Flag("consciousness_approximate", "consciousness read from RASS, the Glasgow coma scale or AVPU"),
        Flag("baseline_ice_below_10", "ICE was below 10 before day 0"),
        Flag("age_unknown", "age not known: ICE as in an adult"),
        Flag("bleeding", "bleeding that day: intracranial haemorrhage is no ICANS"),
    ),
    notes=(
        "Left out by the paper: tremor, myoclonus, intracranial haemorrhage with or without edema, consciousness "
        "depressed by sedatives (verified). Headache, hallucinations and asterixis do not grade (recalled).",
        "There is no onset window and no fever gate. A seizure of exactly 5 min is grade 3 (our resolution).",
    ),
)
