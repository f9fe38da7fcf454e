"""The grading systems as ifs, domain by domain, with the words of the papers: the slow, obvious reference.

Sources: docs/grading.md; grading_crs_neuro.md sections 1 to 4; clinical_review.md.
"""

from typing import Any

from reference_criteria import Criteria, Found, all_known, at_least_grade
from reference_features import features, with_defaults
from reference_other_crs import ctcae5_crs, ctcae403_crs, lee_2014, mskcc_crs, organ_grades, penn_crs
from reference_timeline import Answer, Patient, at_least, below, both, either, events

Options = dict[str, Any]

NEUROTOXICITY = ("astct_icans", "cartox_cres", "ctcae403_neuro", "ctcae5_neuro")


def grade(patient: Patient, options: Options, system: str) -> dict[int, dict[str, Any]]:
    """The grade of every day: ``grade``, ``lower``, ``upper``, ``complete``, and ``criteria`` true at the grade."""
    options = with_defaults(options)
    result = {}
    for day, found in features(patient, options).items():
        if died_of(patient, "ICANS" if system in NEUROTOXICITY else "CRS", day):
            result[day] = {"grade": 5, "lower": 5, "upper": 5, "complete": True, "criteria": ["death"]}
            continue
        criteria = Criteria()
        if system == "astct_crs":
            required_known = astct_crs(found, criteria)
        elif system == "cartox_crs":
            required_known = cartox_crs(found, criteria, patient["patient"]["age"], options)
        elif system == "lee_2014":
            required_known = lee_2014(found, criteria, options)
        elif system == "penn_crs":
            required_known = penn_crs(found, criteria)
        elif system == "mskcc_crs":
            required_known = mskcc_crs(found, criteria)
        elif system == "ctcae403_crs":
            required_known = ctcae403_crs(found, criteria, options)
        elif system == "ctcae5_crs":
            required_known = ctcae5_crs(found, criteria)
        elif system in ("ctcae403_neuro", "ctcae5_neuro"):
            required_known = ctcae_neuro(found, criteria, system == "ctcae5_neuro")
        elif system == "astct_icans":
            required_known = astct_icans(found, criteria)
        elif system == "cartox_cres":
            required_known = cartox_cres(found, criteria, options)
        else:
            raise ValueError(system)
        result[day] = summary(criteria, required_known)
    return result


def died_of(patient: Patient, toxicity: str, day: int) -> bool:
    """Grade 5: a death whose coded cause names the toxicity."""
    return any((row["text"] or "").strip().upper() == toxicity for row in events(patient, "death", day))


def summary(criteria: Criteria, required_known: bool) -> dict[str, Any]:
    """Worst criterion that is true; its bounds."""
    worst = 0
    lower = 0
    upper = 0
    unknown = False
    for level, _, answer, doubt in criteria.rows:
        if answer is True:
            worst = max(worst, level)
            upper = max(upper, level)
            if not doubt:
                lower = max(lower, level)
        if answer is None:
            upper = max(upper, level)
            unknown = True
    graded: int | None = worst
    if worst == 0 and not required_known and unknown:
        graded = None  # cannot be graded
    names = [name for level, name, answer, _ in criteria.rows if answer is True and level == worst]
    return {"grade": graded, "lower": lower, "upper": upper, "complete": lower == upper, "criteria": names}


# -- CRS --------------------------------------------------------------------------------------------------------------


def astct_crs(found: Found, criteria: Criteria) -> bool:
    """ASTCT consensus, Lee 2019."""
    doubt = found["vasopressor_during_sedation"] is True

    # "Fever >= 38.0 C, not otherwise explained": grade 1
    criteria.add(1, "fever", found["fever"])

    # "AND hypotension": "not requiring vasopressor" 2; "requiring a vasopressor, with or without vasopressin" 3;
    # "multiple vasopressors (excluding vasopressin)" 4
    criteria.add(2, "hypotension", found["hypotension_in_crs"])
    criteria.add(3, "vasopressor", found["vasopressor_in_crs"], doubt)
    criteria.add(4, "multiple vasopressors", found["two_vasopressors_besides_vasopressin_in_crs"], doubt)

    # "AND/OR hypoxia": "low-flow nasal cannula (<= 6 L/min) or blow-by" 2; "high-flow NC (> 6 L/min), face mask,
    # non-rebreather, Venturi" 3; "positive pressure: CPAP, BiPAP, intubation + ventilation" 4
    criteria.add(2, "oxygen", found["oxygen_in_crs"])
    criteria.add(3, "oxygen above low flow", found["oxygen_above_low_flow_in_crs"])
    criteria.add(4, "positive pressure", found["positive_pressure_in_crs"])

    # "Organ toxicity never changes the grade".
    return all_known(found, "fever", "hypotension_in_crs", "vasopressor_in_crs", "oxygen_in_crs")


def cartox_crs(found: Found, criteria: Criteria, age: float | None, options: Options) -> bool:
    """CARTOX, Neelapu 2018; under 18 y Mahadeo 2019."""
    adult = age is None or age >= 18
    doubt = found["vasopressor_during_sedation"] is True

    transaminases, liver, others = organ_grades(found)
    others = liver + others

    # "Temp >= 38.0 C": grade 1
    criteria.add(1, "fever", found["fever"])

    # "SBP < 90 mmHg": "responds to IV fluids or low-dose vasopressor" 2; "needs high-dose or multiple vasopressors" 3;
    # "life-threatening" 4
    criteria.add(2, "hypotension", found["hypotension"])
    criteria.add(2, "vasopressor", found["vasopressor"], doubt)
    criteria.add(3, "high-dose vasopressor", found["high_dose_vasopressor"], doubt)
    criteria.add(3, "multiple vasopressors", found["two_vasopressors"], doubt)
    criteria.add(4, "hypotension despite vasopressors", found["hypotension_despite_vasopressors"], doubt)
    criteria.add(4, "circulatory collapse", found["circulatory_collapse"])

    # "O2 needed to keep SaO2 > 90 %": "FiO2 < 0.40" 2; "FiO2 >= 0.40" 3; "ventilator support" 4
    criteria.add(2, "oxygen", found["oxygen"])
    criteria.add(3, "FiO2 from 40 %", found["fio2_from_40"])
    criteria.add(3, "non-invasive positive pressure", found["noninvasive_positive_pressure"])
    criteria.add(4, "ventilator support", found["invasive_ventilation"])
    if options["airway_protection"] == "counts":
        criteria.add(4, "ventilator support, not for hypoxia", found["ventilated_not_for_hypoxia"])

    # "Organ toxicity (CTCAE v4.03)": "grade 1" (of adults; a child needs fever); "grade 2";
    # "grade 3, or grade 4 transaminitis"; "grade 4 except transaminitis"
    if adult:
        criteria.add(1, "organ grade 1", at_least_grade(1, transaminases + others))
    criteria.add(2, "organ grade 2", at_least_grade(2, transaminases + others))
    criteria.add(3, "organ grade 3, or transaminases grade 4", at_least_grade(3, transaminases + others))
    criteria.add(4, "organ grade 4 except transaminases", at_least_grade(4, others))

    return all_known(found, "fever", "hypotension", "vasopressor", "oxygen")


# -- neurotoxicity ----------------------------------------------------------------------------------------------------


def band(value: float | None, low: float | None, high: float | None) -> Answer:
    """``low <= value < high``; unknown without a value."""
    if value is None:
        return None
    if low is not None and not at_least(value, low):
        return False
    return high is None or below(value, high)


def rank_is(found: Found, rank: int) -> Answer:
    """The consciousness is of that rank; on a day that cannot be assessed what is above stays unknown."""
    if found["consciousness"] is None:
        return None
    if found["sedated"] is True and rank > found["consciousness"]:
        return None
    return bool(found["consciousness"] == rank)


def papilledema_stage(found: Found, low: int, high: int) -> Answer:
    """The stage of papilledema lies there; without a stage: false without papilledema, else unknown."""
    if found["papilledema_stage"] is not None:
        return bool(low <= found["papilledema_stage"] <= high)
    return False if found["papilledema"] is False else None


def astct_icans(found: Found, criteria: Criteria) -> bool:
    """ASTCT consensus, Lee 2019."""
    doubt = found["not_assessable"]

    if found["uses_capd"]:
        # "CAPD (< 12 y)": "1-8" 1 and 2 (2 by consciousness alone); ">= 9" 3; "unable to perform" 4
        required_known = found["capd"] is not None or found["unable"] is True
        criteria.add(1, "CAPD 1-8", band(found["capd"], 1, 9), doubt)
        criteria.add(3, "CAPD from 9", band(found["capd"], 9, None), doubt)
        criteria.add(4, "unable to perform CAPD", found["unable"], doubt)
    else:
        # "ICE (>= 12 y)": "7-9" 1; "3-6" 2; "0-2" 3; "0 because unarousable" 4, by consciousness alone
        required_known = found["ice"] is not None
        criteria.add(1, "ICE 7-9", band(found["ice"], 7, 10), doubt)
        criteria.add(2, "ICE 3-6", band(found["ice"], 3, 7), doubt)
        criteria.add(3, "ICE 0-2", band(found["ice"], None, 3), doubt)

    # "Depressed consciousness": "awakens spontaneously" 1; "to voice" 2; "only to tactile" 3;
    # "unarousable, or needs vigorous/repetitive tactile; stupor/coma" 4
    for rank in (1, 2, 3, 4):
        criteria.add(rank, f"consciousness {rank}", rank_is(found, rank), doubt)

    # "any clinical seizure resolving rapidly, or NCS on EEG resolving with intervention" 3;
    # "> 5 min life-threatening, or repetitive clinical/electrical without return to baseline" 4
    criteria.add(3, "focal seizure", found["seizure_focal"])
    criteria.add(3, "generalized seizure", found["seizure_generalized"])
    criteria.add(3, "nonconvulsive seizure", found["seizure_nonconvulsive"])
    criteria.add(4, "seizure over 5 min", found["seizure_prolonged"])
    criteria.add(4, "repetitive seizures", found["seizure_repetitive"])
    criteria.add(4, "status", found["seizure_status"])
    criteria.add(4, "nonconvulsive seizure, refractory", found["seizure_nonconvulsive_refractory"])

    # "deep focal weakness (hemi-/paraparesis)" 4
    criteria.add(4, "deep focal weakness", found["deep_focal_weakness"])

    # "focal/local oedema on imaging" 3; "diffuse oedema; decerebrate/decorticate posturing; CN VI palsy; papilledema;
    # Cushing's triad" 4
    criteria.add(3, "focal oedema", found["focal_edema"])
    criteria.add(4, "diffuse oedema", found["diffuse_edema"])
    criteria.add(4, "posturing", found["posturing"])
    criteria.add(4, "sixth nerve palsy", found["cn6_palsy"])
    criteria.add(4, "papilledema", either(found["papilledema"], papilledema_stage(found, 1, 5)))
    criteria.add(4, "Cushing's triad", found["cushing_triad"])
    return required_known


def cartox_cres(found: Found, criteria: Criteria, options: Options) -> bool:
    """CARTOX, Neelapu 2018; under 12 y CAPD, our resolution."""
    doubt = found["not_assessable"]

    if found["under_capd_age"]:
        required_known = found["capd"] is not None or found["unable"] is True
        criteria.add(1, "CAPD 1-8", band(found["capd"], 1, 9), doubt)
        criteria.add(3, "CAPD from 9", band(found["capd"], 9, None), doubt)
    else:
        # "CARTOX-10": "7-9" 1; "3-6" 2; "0-2" 3
        required_known = found["cartox10"] is not None or found["unable"] is True
        criteria.add(1, "CARTOX-10 7-9", band(found["cartox10"], 7, 10), doubt)
        criteria.add(2, "CARTOX-10 3-6", band(found["cartox10"], 3, 7), doubt)
        criteria.add(3, "CARTOX-10 0-2", band(found["cartox10"], None, 3), doubt)

    # "critical/obtunded, cannot perform" 4; "score 0 while awake = G3"
    alert = found["consciousness"] == 0
    criteria.add(3, "unable, alert", both(found["unable"], alert), doubt)
    criteria.add(4, "unable", both(found["unable"], not alert), doubt)
    criteria.add(4, "obtunded", rank_is(found, 4), doubt)

    # "partial seizure, or non-convulsive EEG seizures responding to benzodiazepine" 3;
    # "generalised seizure, or convulsive/non-convulsive status" 4
    criteria.add(3, "focal seizure", found["seizure_focal"])
    criteria.add(3, "nonconvulsive seizure", found["seizure_nonconvulsive"])
    criteria.add(4, "generalized seizure", found["seizure_generalized"])
    criteria.add(4, "nonconvulsive seizure, refractory", found["seizure_nonconvulsive_refractory"])
    criteria.add(4, "repetitive seizures", found["seizure_repetitive"])
    criteria.add(4, "status", found["seizure_status"])
    criteria.add(4, "seizure over 5 min", found["seizure_prolonged"])

    # "new motor weakness" 4, even mild
    criteria.add(4, "weakness", found["weakness"])

    # "papilloedema stage 1-2, CSF OP < 20 mmHg" 3; "stage 3-5, or OP >= 20 mmHg, or cerebral oedema" 4
    if found["papilledema_stage"] is None:
        criteria.add(3, "papilledema", found["papilledema"])
    else:
        criteria.add(3, "papilledema stage 1-2", papilledema_stage(found, 1, 2))
    criteria.add(4, "papilledema stage 3-5", papilledema_stage(found, 3, 5))
    pressure = found["csf_opening_pressure"]
    unmeasured: Answer = False if found["neuro_covered"] else None  # by exception
    criteria.add(4, "opening pressure from 20", unmeasured if pressure is None else at_least(pressure, 20))
    if options["cres_opening_pressure"] == "independent":
        criteria.add(3, "opening pressure under 20", unmeasured if pressure is None else below(pressure, 20))
    criteria.add(4, "oedema", either(found["focal_edema"], found["diffuse_edema"]))
    return required_known


def ctcae_neuro(found: Found, criteria: Criteria, fifth: bool) -> bool:
    """CTCAE v4.03 and v5.0, the worst neurological term."""
    # a clinician's grade of a term; worse ones may not have been recorded
    judged = [found["neurological_event_grade"], found["organ_toxicity_complete"]]
    for level in (1, 2, 3, 4):
        criteria.add(level, f"judged {level}", at_least_grade(level, judged))

    # what nobody graded leaves every grade open
    signs = [found["consciousness"] not in (None, 0), found["weakness"] is True, found["sedated"] is True]
    signs += [found[name] is not None and found[name] < 10 for name in ("ice", "cartox10")]
    signs.append(found["capd"] is not None and found["capd"] > 0)
    ungraded = any(signs) and not found["neurological_event_grade"]
    criteria.add(4, "a finding that nobody graded", None if ungraded else False)

    kinds = ("focal", "generalized", "nonconvulsive", "nonconvulsive_refractory", "repetitive", "status")
    any_seizure = either(*[found[f"seizure_{kind}"] for kind in kinds])
    if fifth:
        # "New onset seizures (partial or generalized)" 3
        criteria.add(3, "new onset", any_seizure)
    else:
        # "Brief partial seizure" 1; "brief generalized seizure" 2
        criteria.add(1, "partial", any_seizure)
        criteria.add(2, "generalized", found["seizure_generalized"])
    # "Life-threatening; prolonged repetitive seizures" 4
    for kind in ("prolonged", "repetitive", "status", "nonconvulsive_refractory"):
        criteria.add(4, kind, found[f"seizure_{kind}"])

    # edema cerebral: "life-threatening" 4; v5.0 "new onset" 3, and life-threatening where nobody knows
    edema = either(found["focal_edema"], found["diffuse_edema"])
    if fifth:
        criteria.add(3, "edema", edema)
        criteria.add(4, "edema, life-threatening", False if edema is False else None)
    else:
        criteria.add(4, "edema", edema)
    known = found["neurological_event_grade"] is not None and not ungraded
    return known and any_seizure is not None and all_known(found, "focal_edema", "diffuse_edema")
