"""CRS by Lee 2014, Penn, MSKCC and the CTCAE, as ifs with the words of the papers (grading_crs_neuro.md, 5 to 8)."""

from typing import Any

from reference_criteria import Criteria, Found, all_known, at_least_grade
from reference_timeline import both, either

Options = dict[str, Any]


def organ_grades(found: Found) -> tuple[list[int | None], list[int | None], list[int | None]]:
    """The grades of the transaminases, of the rest of the liver, and of the other organs."""
    transaminases = [found["transaminase_grade"]]
    if found["transaminase_event_grade"]:
        transaminases.append(found["transaminase_event_grade"])
    liver = [found["bilirubin_grade"]]
    if "alp_ggt_grade" in found:
        liver.append(found["alp_ggt_grade"])
    # A clinician's grade of one organ leaves the others open where the events are not declared complete.
    others = [found["creatinine_grade"], found["urine_output_grade"], found["organ_toxicity_grade"]]
    others.append(found["organ_toxicity_complete"])
    if "coagulation_grade" in found:
        others.append(found["coagulation_grade"])
    return transaminases, liver, others


def lee_2014(found: Found, criteria: Criteria, options: Options) -> bool:
    """Lee 2014."""
    doubt = found["vasopressor_during_sedation"] is True
    transaminases, liver, others = organ_grades(found)
    others = liver + others
    if options["neuro_in_crs"] == "yes":
        others += [found["neurological_event_grade"], found["organ_toxicity_complete"]]

    # "not life-threatening, symptomatic treatment only (fever ...)" 1
    criteria.add(1, "fever", found["fever"])

    # "O2 requirement FiO2 < 0.40; hypotension responsive to fluids or low dose of one vasopressor; grade 2 organ
    # toxicity" 2
    criteria.add(2, "oxygen", found["oxygen"])
    criteria.add(2, "hypotension", found["hypotension"])
    criteria.add(2, "vasopressor", found["vasopressor"], doubt)
    criteria.add(2, "organ grade 2", at_least_grade(2, transaminases + others))

    # "FiO2 >= 0.40; hypotension needing high-dose or multiple vasopressors; grade 3 organ toxicity; grade 4
    # transaminitis" 3; CPAP and BiPAP at least 3
    criteria.add(3, "FiO2 from 40 %", found["fio2_from_40"])
    criteria.add(3, "non-invasive positive pressure", found["noninvasive_positive_pressure"])
    criteria.add(3, "high-dose vasopressor", found["high_dose_vasopressor"], doubt)
    criteria.add(3, "multiple vasopressors", found["two_vasopressors"], doubt)
    criteria.add(3, "organ grade 3, or transaminases grade 4", at_least_grade(3, transaminases + others))

    # "ventilator support; grade 4 organ toxicity excluding transaminitis" 4
    criteria.add(4, "ventilator support", found["invasive_ventilation"])
    if options["airway_protection"] == "counts":
        criteria.add(4, "ventilator support, not for hypoxia", found["ventilated_not_for_hypoxia"])
    criteria.add(4, "organ grade 4 except transaminases", at_least_grade(4, others))
    return all_known(found, "fever", "hypotension", "vasopressor", "oxygen")


def penn_crs(found: Found, criteria: Criteria) -> bool:
    """Penn, Porter 2018."""
    doubt = found["vasopressor_during_sedation"] is True
    transaminases, liver, others = organ_grades(found)
    liver = transaminases + liver

    # "mild; supportive care only" 1
    criteria.add(1, "fever", found["fever"])

    # "some organ dysfunction (e.g. creatinine G2 or LFT G3); or hospitalised for CRS symptoms; or needs IV therapy
    # other than fluid resuscitation for hypotension" 2; one bolus is not multiple
    criteria.add(2, "liver grade 3", at_least_grade(3, liver))
    criteria.add(2, "organ grade 2", at_least_grade(2, others))
    criteria.add(2, "admission or IV therapy", found["care_for_crs"])
    criteria.add(2, "hypotension", found["hypotension"])

    # "LFT G4 or creatinine G3; hypotension treated with multiple fluid boluses or low-dose pressor; coagulopathy
    # needing FFP, cryoprecipitate or fibrinogen concentrate; hypoxia needing any supplemental O2" 3
    criteria.add(3, "liver grade 4", at_least_grade(4, liver))
    criteria.add(3, "organ grade 3", at_least_grade(3, others))
    criteria.add(3, "multiple boluses", both(found["hypotension"], found["repeated_fluid_bolus"]))
    criteria.add(3, "vasopressor", found["vasopressor"], doubt)
    criteria.add(3, "coagulation products", found["coagulation_product"])
    criteria.add(3, "oxygen", found["oxygen"])

    # "high-dose vasopressor, or hypoxia needing mechanical ventilation" 4; a grade 4 organ besides the liver
    criteria.add(4, "high-dose vasopressor", found["high_dose_vasopressor"], doubt)
    criteria.add(4, "ventilation", found["invasive_ventilation"])
    criteria.add(4, "organ grade 4", at_least_grade(4, others))
    return all_known(found, "fever", "hypotension", "vasopressor", "oxygen")


def mskcc_crs(found: Found, criteria: Criteria) -> bool:
    """MSKCC, Park 2018."""
    doubt = found["vasopressor_during_sedation"] is True

    # "mild symptoms, observation/supportive care only" 1, fluids among it
    criteria.add(1, "fever", found["fever"])
    criteria.add(1, "hypotension", found["hypotension"])

    # "hypotension needing any vasopressor < 24 h; hypoxia/dyspnoea needing O2 < 40 %" 2
    criteria.add(2, "vasopressor", found["vasopressor"], doubt)
    criteria.add(2, "oxygen", found["oxygen"])

    # "any vasopressor >= 24 h; O2 >= 40 %" 3
    criteria.add(3, "vasopressor for 24 h", found["vasopressor_for_24_hours"], doubt)
    criteria.add(3, "FiO2 from 40 %", found["fio2_from_40"])

    # "hypotension refractory to high-dose vasopressor; hypoxia/dyspnoea needing mechanical ventilation" 4
    criteria.add(4, "refractory", found["hypotension_despite_high_dose_vasopressor"], doubt)
    criteria.add(4, "ventilation", found["invasive_ventilation"])
    return all_known(found, "fever", "hypotension", "vasopressor", "oxygen")


def ctcae403_crs(found: Found, criteria: Criteria, options: Options) -> bool:
    """CTCAE v4.03: grades 1 to 3 are a narrative."""
    doubt = found["vasopressor_during_sedation"] is True
    any_sign = either(found["fever"], found["hypotension"], found["oxygen"])
    for level in (1, 2, 3):
        criteria.add(level, f"narrative {level}", False if any_sign is False else None)

    # "prompt response to symptomatic treatment (... IV fluid)" 2
    criteria.add(2, "hypotension with a bolus", both(found["hypotension"], found["fluid_bolus"]))

    # "life-threatening; pressor or ventilatory support" 4, CPAP and BiPAP among it
    criteria.add(4, "vasopressor", found["vasopressor"], doubt)
    criteria.add(4, "ventilatory support", found["positive_pressure"])
    if options["airway_protection"] == "counts":
        criteria.add(4, "ventilatory support, not for hypoxia", found["ventilated_not_for_hypoxia"])
    return any_sign is False and all_known(found, "vasopressor")


def ctcae5_crs(found: Found, criteria: Criteria) -> bool:
    """CTCAE v5.0."""
    doubt = found["vasopressor_during_sedation"] is True

    # "fever +/- constitutional symptoms" 1
    criteria.add(1, "fever", found["fever"])

    # "hypotension responding to fluids; hypoxia responding to < 40 % O2" 2
    criteria.add(2, "hypotension", found["hypotension"])
    criteria.add(2, "oxygen", found["oxygen"])

    # "hypotension managed with one pressor; hypoxia needing >= 40 % O2" 3
    criteria.add(3, "vasopressor", found["vasopressor"], doubt)
    criteria.add(3, "FiO2 from 40 %", found["fio2_from_40"])

    # "life-threatening; urgent intervention" 4: two pressors, vasopressin counts; invasive ventilation; collapse
    criteria.add(4, "two vasopressors", found["two_vasopressors_of_any_kind"], doubt)
    criteria.add(4, "ventilation", found["invasive_ventilation"])
    criteria.add(4, "circulatory collapse", found["circulatory_collapse"])
    return all_known(found, "fever", "hypotension", "vasopressor", "oxygen")
