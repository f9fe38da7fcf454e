"""What the calculator asks of a bedside day, for each grading system."""

from collections.abc import Mapping
from dataclasses import replace

import ibis
import ibis.expr.types as ir

from abate.grading.points import Item, Score
from abate.grading.rules import System, any_of
from abate.grading.systems import SYSTEMS
from abate.records.dictionary import dictionary
from abate.records.grading_options import GRADING
from abate.records.inputs import Input, exactly, measured, number, truth, whole, word

RATES = ("norepinephrine", "epinephrine", "phenylephrine", "dopamine", "vasopressin")
BLANK = "A blank is not known, unless an input says otherwise. Say none, or no, for what is absent."
PAGE_OPTIONS = ("explained_patients", "lanes_shown", "timelines_shown", "kappa_weights", "crs_onset")


def _words(variable: str) -> Mapping[str, str]:
    return dictionary().states_of(variable)


def agents() -> Mapping[str, str]:
    """Return every way of writing a vasopressor or inotrope, and the drug; ``none`` is none of them."""
    known = dictionary()
    names: dict[str, str] = {}
    for name in known.drugs_of("vasopressor", "inotrope"):
        written = (name, *known.drugs[name].get("other_names", "").split("|"))
        names |= {word.strip().lower().replace(" ", "_"): name for word in written if word.strip()}
    return {**names, "none": "none", "no": "none"}


def rate_of(agent: str) -> Input:
    """Return the input that is the rate of an agent."""
    name = f"{agent.replace(' ', '_').lower()}_rate"
    return Input(name, f"Rate of {agent}", "rate", "[IU]/min" if agent == "vasopressin" else "ug/min")


def listed(rows: ibis.Table, agent: str) -> ir.BooleanValue:
    """Say whether an agent is among the vasopressors of a case, by any of its names."""
    written = [word for word, name in agents().items() if name == agent]
    return any_of([ibis.coalesce(rows.vasopressors.contains(f"+{word}+"), False) for word in written])


INDICATIONS = {name: name for name in ("hypoxia", "airway_protection", "procedure", "home")}
SEIZURES = ("none", "focal", "generalized", "nonconvulsive", "nonconvulsive_refractory", "repetitive", "status")
PERSON = (number("age", "Age", "a", 0, 120), measured("weight"))
CRS = (
    measured("temperature"),
    truth("fever_other_cause", "The fever has another cause; blank: not so"),
    truth("episode_open", "Fever of CRS on the day before, and the episode not over"),
    truth("masking_drug", "An antipyretic or anticytokine drug since that fever"),
    measured("sbp"),
    measured("map"),
    whole(number("fluid_boluses", "Boluses of fluid for low pressure that day", "1", 0, 50)),
    truth("low_despite_vasopressors", "The pressure stays low on vasopressors"),
    Input("vasopressors", "Vasopressors that run at the same time", "words", words=agents()),
    number("vasopressor_hours", "Hours at these rates; blank: to the end of the day", "h", 0, 240),
    *(rate_of(name) for name in RATES),
    word("oxygen_device", "Oxygen device", _words("oxygen")),
    measured("oxygen_flow", "o2_flow"),
    measured("oxygen_fio2", "fio2", "Inspired fraction that is set or measured"),
    word("oxygen_indication", "Why oxygen or ventilation is given", INDICATIONS),
    measured("spo2"),
    truth("sedated", "Under sedatives"),
    truth("circulatory_support", "Cardiac arrest, or mechanical support of the circulation"),
    truth("died_of_toxicity", "Died of it, in a clinician's judgement; blank: not so"),
)
ORGANS = (
    *(number(f"{name}_ratio", f"{name.upper()} over its limit of normal", "1", 0, 2000) for name in ("alt", "ast")),
    number("bilirubin_ratio", "Bilirubin over its limit of normal", "1", 0, 200),
    number("creatinine_ratio", "Creatinine over its limit of normal", "1", 0, 50),
    number("creatinine_baseline_ratio", "Creatinine over its value before infusion", "1", 0, 50),
    measured("urine_output", meaning="Urine of 24 h"),
    whole(number("organ_grade", "Worst CTCAE v4.03 grade of another organ; 0 where none", "1", 0, 4)),
)
NEURO = (
    whole(measured("ice")),
    whole(measured("cartox10")),
    whole(measured("capd")),
    truth("unable", "Cannot perform the test"),
    word("consciousness", "Level of consciousness", _words("consciousness")),
    truth("sedated", "Under sedatives; a score is then the last before them"),
    word("seizure", "Seizure", {name: name for name in SEIZURES}),
    number("seizure_minutes", "Its length", "min", 0, 10000),
    word("motor", "New weakness", _words("motor")),
    word("intracranial", "Sign of raised intracranial pressure or edema", _words("intracranial")),
    whole(measured("papilledema_stage")),
    replace(measured("csf_opening_pressure"), unit_needed=True),
    truth("died_of_toxicity", "Died of it, in a clinician's judgement; blank: not so"),
)


OF_CTCAE_NEURO = ("ctcae403_neuro", "ctcae5_neuro")
OF_CTCAE = (
    whole(
        number("neurological_grade", "Worst CTCAE grade of a neurological term, in a clinician's judgement", "1", 0, 4)
    ),
    *(item for item in NEURO if item.name in ("seizure", "seizure_minutes", "intracranial", "died_of_toxicity")),
)
OF_SYSTEM: Mapping[str, tuple[Input, ...]] = {
    "cartox_crs": ORGANS,
    "lee_2014": (
        *ORGANS,
        whole(number("neurological_grade", "Worst CTCAE grade of neurotoxicity, under neuro_in_crs = yes", "1", 0, 4)),
    ),
    "penn_crs": (
        *ORGANS,
        truth("care_for_crs", "Admitted for symptoms of CRS, or intravenous therapy for it other than fluids"),
        truth("coagulation_product", "Plasma, cryoprecipitate or fibrinogen concentrate given"),
    ),
    "mskcc_crs": (number("vasopressor_hours_episode", "Hours of any vasopressor in the episode so far", "h", 0, 2400),),
}
"""What single systems ask for besides."""
BEFORE = ("episode_open", "masking_drug")
"""What a case says of the day before."""
BLANKS: Mapping[str, bool | float] = {
    **dict.fromkeys((*BEFORE, "care_for_crs", "coagulation_product", "circulatory_support"), True),
    "low_despite_vasopressors": True,
    "vasopressor_hours_episode": 24.0,
    "fluid_boluses": 2.0,
    "organ_grade": 4.0,
    "neurological_grade": 4.0,
}
"""Inputs of which a blank may stand for none or for the worst, and the worst."""
RATE_OF_EACH = "rate of each vasopressor (and weight, where it is per kg)"
CALLED = {
    "fever": "temperature",
    "hypotension": "sbp",
    "hypotension_in_crs": "sbp",
    **dict.fromkeys(
        (
            *("vasopressor", "vasopressor_in_crs", "two_vasopressors", "two_vasopressors_of_any_kind"),
            *("two_vasopressors_besides_vasopressin", "two_vasopressors_besides_vasopressin_in_crs"),
            *("vasopressor_for_24_hours", "hypotension_despite_vasopressors"),
            "hypotension_despite_high_dose_vasopressor",
        ),
        "vasopressors",
    ),
    **dict.fromkeys(("high_dose_vasopressor", "high_dose_vasopressor_penn"), RATE_OF_EACH),
    **dict.fromkeys(
        (
            *("oxygen", "oxygen_in_crs", "positive_pressure", "positive_pressure_in_crs", "invasive_ventilation"),
            *("noninvasive_positive_pressure", "ventilated_not_for_hypoxia"),
        ),
        "oxygen_device",
    ),
    "oxygen_above_low_flow": "oxygen_flow",
    "oxygen_above_low_flow_in_crs": "oxygen_flow",
    "fio2_from_40": "oxygen_fio2",
    "transaminase_grade": "alt_ratio, ast_ratio",
    "bilirubin_grade": "bilirubin_ratio",
    "creatinine_grade": "creatinine_ratio",
    "urine_output_grade": "urine_output",
    **dict.fromkeys(("coagulation_grade", "organ_toxicity_grade"), "organ_grade"),
    **dict.fromkeys(("seizure", "generalized_seizure", "seizure_without_recovery"), "seizure"),
    "prolonged_seizure": "seizure_minutes",
    **dict.fromkeys(("weakness", "deep_weakness"), "motor"),
    **dict.fromkeys(
        ("focal_edema", "diffuse_edema", "papilledema", "cn6_palsy", "cushing_triad", "posturing"), "intracranial"
    ),
    **dict.fromkeys(("opening_pressure_from_20", "opening_pressure_under_20"), "csf_opening_pressure"),
    "reaction": "how the reaction was treated, and how it responded",
    "hidden_by_sedation": "what sedation hides",
}
"""Features in the words of the calculator: the input that would settle each."""


def _rule(system: System) -> Score:
    shared = OF_CTCAE if system.key in OF_CTCAE_NEURO else CRS if system.toxicity == "CRS" else NEURO
    return Score(
        system.key.replace("_", "-"),
        system.title,
        system.citation,
        tuple(exactly(item) for item in (*PERSON, *shared, *OF_SYSTEM.get(system.key, ()))),
        items=(Item(system.name, system.criteria),),
        results=("grade", "complete", "missing", "lower", "upper", "criteria", "flags"),
        options=tuple(option.name for option in GRADING if option.name not in PAGE_OPTIONS),
        notes=(*system.notes, BLANK),
    )


BEDSIDE: Mapping[str, Score] = {rule.key: rule for rule in map(_rule, SYSTEMS.values())}
