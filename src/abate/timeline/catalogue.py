"""The feature catalogue: what a grading system may ask of a patient-day, and where it comes from.

Each feature says how a day is summarised, how long a value holds, and whether absence means unknown
(measured) or none (charted by exception, where ``coverage`` declares its domain complete).
"""

from dataclasses import dataclass
from typing import Literal

Source = tuple[str, tuple[str, ...]]
ANY_VASOPRESSOR: Source = ("drugs", ("class:vasopressor",))
WAIVERS: Source = ("drugs", ("class:waiver",))
TEMPERATURE: Source = ("measurements", ("temperature",))
PRESSURE: Source = ("measurements", ("sbp", "map"))
OXYGEN: tuple[Source, ...] = (("states", ("oxygen",)), ("measurements", ("o2_flow", "fio2", "spo2")))
SCORES: Source = ("measurements", ("ice", "cartox10", "capd"))
SCALES: tuple[Source, ...] = (("states", ("consciousness", "avpu")), ("measurements", ("rass", "gcs_eye")))


@dataclass(frozen=True)
class Feature:
    """One feature of a patient-day.

    Attributes
    ----------
    name, meaning, unit
        Its column, what it says, its unit (empty for a truth of three values).
    summary
        How a day becomes one value.
    holds
        How long a value holds.
    charting
        ``measured``, or the domain of ``coverage`` in which it is charted by exception.
    sources
        Table and names of the records it comes from; ``class:`` names drugs by class.
    """

    name: str
    meaning: str
    unit: str
    summary: str
    holds: str
    charting: Literal["measured", "vasopressors", "oxygen", "drugs", "neuro", "events", "recorded"]
    sources: tuple[Source, ...]


def _signs() -> tuple[Feature, ...]:
    words = {
        "hypotension": ("low pressure", (PRESSURE,)),
        "vasopressor": ("a vasopressor", (ANY_VASOPRESSOR,)),
        "two_vasopressors_besides_vasopressin": ("two vasopressors besides vasopressin", (ANY_VASOPRESSOR,)),
        "oxygen": ("oxygen", OXYGEN),
        "oxygen_above_low_flow": ("oxygen above low flow", OXYGEN),
        "positive_pressure": ("positive pressure", OXYGEN),
    }
    return tuple(
        Feature(
            f"{name}_in_crs",
            f"{text}, on a day of fever or after a drug that masks it in an open episode",
            "",
            "any part of the day that counts",
            "the episode",
            "recorded",
            (*sources, TEMPERATURE, WAIVERS),
        )
        for name, (text, sources) in words.items()
    )


def _neuro(name: str, meaning: str, source: Source) -> Feature:
    return Feature(name, meaning, "", "any of the day", "until its end, or the next charting", "neuro", (source,))


SEIZURE: Source = ("events", ("seizure",))
INTRACRANIAL: Source = ("states", ("intracranial",))
DEATH: Source = ("events", ("death",))
CATALOGUE: dict[str, Feature] = {
    feature.name: feature
    for feature in (
        Feature(
            "fever", "temperature of 38.0 °C or more", "", "highest of the day", "its day", "measured", (TEMPERATURE,)
        ),
        Feature("hypotension", "a low pressure", "", "lowest of the day", "its day", "measured", (PRESSURE,)),
        Feature(
            "vasopressor",
            "an infusion of a vasopressor",
            "",
            "any of the day",
            "its run",
            "vasopressors",
            (ANY_VASOPRESSOR,),
        ),
        Feature(
            "two_vasopressors",
            "two vasopressors together for an hour",
            "",
            "any of the day",
            "their overlap",
            "vasopressors",
            (ANY_VASOPRESSOR,),
        ),
        Feature(
            "two_vasopressors_besides_vasopressin",
            "two vasopressors besides vasopressin together for an hour",
            "",
            "any of the day",
            "their overlap",
            "vasopressors",
            (ANY_VASOPRESSOR,),
        ),
        Feature(
            "two_vasopressors_of_any_kind",
            "two vasopressors, vasopressin among them, together for an hour",
            "",
            "any of the day",
            "their overlap",
            "vasopressors",
            (ANY_VASOPRESSOR,),
        ),
        *(
            Feature(
                name,
                meaning,
                "",
                "any of the day",
                "from the third hour to its end",
                "vasopressors",
                (ANY_VASOPRESSOR,),
            )
            for name, meaning in (
                ("high_dose_vasopressor", "a vasopressor at high dose for three hours, by the table of Lee 2014"),
                ("high_dose_vasopressor_penn", "a vasopressor at high dose for three hours, by the table of Penn"),
            )
        ),
        Feature(
            "vasopressor_for_24_hours",
            "vasopressors for 24 hours in all since the episode began",
            "",
            "any of the day",
            "its run",
            "vasopressors",
            (ANY_VASOPRESSOR,),
        ),
        *(
            Feature(name, meaning, "", "any of the day", "its day", "vasopressors", (PRESSURE, ANY_VASOPRESSOR))
            for name, meaning in (
                ("hypotension_despite_vasopressors", "a low pressure in spite of two vasopressors or a high dose"),
                ("hypotension_despite_high_dose_vasopressor", "a low pressure in spite of a high dose"),
            )
        ),
        *(
            Feature(name, meaning, "", "any of the day", "its day", "events", (("events", (event,)),))
            for name, meaning, event in (
                ("fluid_bolus", "a bolus of fluid", "fluid_bolus"),
                ("repeated_fluid_bolus", "two boluses of fluid or more", "fluid_bolus"),
                ("care_for_crs", "admission for CRS, or intravenous therapy for it other than fluids", "care_for_crs"),
            )
        ),
        Feature(
            "ungraded_neurological_finding",
            "a low score, depressed consciousness, weakness or sedation without a clinician's CTCAE grade: not known",
            "",
            "any of the day",
            "its day",
            "recorded",
            (SCORES, *SCALES, ("states", ("motor", "sedation"))),
        ),
        Feature(
            "reaction",
            "a reaction as CTCAE v4.03 tells it: no on a day without fever, low pressure and oxygen, else not known",
            "",
            "any of the day",
            "its day",
            "recorded",
            (TEMPERATURE, PRESSURE, *OXYGEN),
        ),
        Feature(
            "coagulation_product",
            "plasma, cryoprecipitate or fibrinogen concentrate",
            "",
            "any of the day",
            "its day",
            "drugs",
            (("drugs", ("class:coagulation factors",)),),
        ),
        Feature(
            "circulatory_collapse",
            "cardiac arrest or mechanical support of the circulation",
            "",
            "any of the day",
            "its day, or the support",
            "events",
            (("events", ("cardiac_arrest",)), ("states", ("circulatory_support",))),
        ),
        *(
            Feature(name, meaning, "", "any of the day", "until the next device or its end", "oxygen", OXYGEN)
            for name, meaning in (
                ("oxygen", "oxygen for hypoxia"),
                ("oxygen_above_low_flow", "oxygen above low flow"),
                ("positive_pressure", "positive pressure for hypoxia"),
                ("fio2_from_40", "inspired fraction of 40 % or more"),
                ("noninvasive_positive_pressure", "CPAP or BiPAP for hypoxia"),
                ("invasive_ventilation", "invasive ventilation for hypoxia"),
                ("ventilated_not_for_hypoxia", "ventilation to protect the airway or for a procedure"),
            )
        ),
        *_signs(),
        *(
            Feature(name, meaning, "grade", "worst of the day", "its day", "measured", (("measurements", names),))
            for name, meaning, names in (
                ("transaminase_grade", "CTCAE v4.03 grade of ALT and AST above that of the baseline", ("alt", "ast")),
                ("bilirubin_grade", "CTCAE v4.03 grade of bilirubin above that of the baseline", ("bilirubin_total",)),
                ("alp_ggt_grade", "CTCAE v4.03 grade of ALP and GGT above that of the baseline", ("alp", "ggt")),
                ("creatinine_grade", "CTCAE v4.03 grade of creatinine above that of the baseline", ("creatinine",)),
                ("urine_output_grade", "CTCAE v4.03 grade of urine output", ("urine_output",)),
            )
        ),
        *(
            Feature(
                name, meaning, "grade", "worst of the day", "its interval", "events", (("events", ("organ_toxicity",)),)
            )
            for name, meaning in (
                ("coagulation_grade", "CTCAE v4.03 grade of DIC (or of laboratory values, by option)"),
                ("organ_toxicity_grade", "organ toxicity judged by a clinician"),
                ("neurological_grade", "neurological toxicity judged by a clinician, by CTCAE"),
            )
        ),
        Feature("ice", "ICE score", "{score}", "lowest valid of the day", "24 h", "measured", (SCORES, *SCALES)),
        Feature("cartox10", "CARTOX-10 score", "{score}", "lowest valid of the day", "24 h", "measured", (SCORES,)),
        Feature("capd", "CAPD score", "{score}", "highest valid of the day", "24 h", "measured", (SCORES,)),
        Feature(
            "score_of_age", "ICE, or CAPD under 12 years", "{score}", "as the score", "24 h", "measured", (SCORES,)
        ),
        Feature(
            "cartox_score_of_age",
            "CARTOX-10, or CAPD under 12 years",
            "{score}",
            "as the score",
            "24 h",
            "measured",
            (SCORES,),
        ),
        Feature(
            "consciousness",
            "consciousness (0 alert, 1 awakens spontaneously, 2 to voice, 3 to tactile stimuli, 4 unarousable)",
            "{rank}",
            "worst valid of the day",
            "until the next charting",
            "measured",
            SCALES,
        ),
        Feature(
            "unable",
            "cannot perform the cognitive test",
            "",
            "any of the day",
            "its day",
            "recorded",
            (("states", ("cognition",)),),
        ),
        Feature(
            "hidden_by_sedation",
            "sedation may hide worse (unknown where it does)",
            "",
            "any of the day",
            "the sedation",
            "drugs",
            (("states", ("sedation",)), ("drugs", ("class:sedative",))),
        ),
        _neuro("seizure", "a seizure", SEIZURE),
        _neuro("generalized_seizure", "a generalized seizure", SEIZURE),
        _neuro("prolonged_seizure", "a seizure of more than 5 minutes", SEIZURE),
        _neuro("seizure_without_recovery", "seizures without recovery between, status, or not stopping", SEIZURE),
        _neuro("weakness", "new motor weakness", ("states", ("motor",))),
        _neuro("deep_weakness", "deep focal weakness: hemiparesis or paraparesis", ("states", ("motor",))),
        _neuro("focal_edema", "focal cerebral edema", INTRACRANIAL),
        _neuro("diffuse_edema", "diffuse cerebral edema", INTRACRANIAL),
        _neuro("papilledema", "papilledema", INTRACRANIAL),
        _neuro("cn6_palsy", "palsy of the sixth cranial nerve", INTRACRANIAL),
        _neuro("cushing_triad", "Cushing's triad", INTRACRANIAL),
        _neuro("posturing", "decerebrate or decorticate posturing", INTRACRANIAL),
        Feature(
            "papilledema_stage",
            "stage of papilledema",
            "{score}",
            "highest of the day",
            "its day",
            "measured",
            (("measurements", ("papilledema_stage",)),),
        ),
        Feature(
            "csf_opening_pressure",
            "opening pressure",
            "mm[Hg]",
            "highest of the day",
            "its day",
            "measured",
            (("measurements", ("csf_opening_pressure",)),),
        ),
        _neuro(
            "opening_pressure_from_20",
            "opening pressure of 20 mmHg or more",
            ("measurements", ("csf_opening_pressure",)),
        ),
        _neuro(
            "opening_pressure_under_20", "opening pressure under 20 mmHg", ("measurements", ("csf_opening_pressure",))
        ),
        Feature("death_from_crs", "death whose coded cause is CRS", "", "its day", "its day", "recorded", (DEATH,)),
        Feature("death_from_icans", "death whose coded cause is ICANS", "", "its day", "its day", "recorded", (DEATH,)),
    )
}
"""Every feature that a criterion needs, by name."""
