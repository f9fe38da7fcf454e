"""Scores and counted criteria as ifs, with the words of the papers: the slow, obvious reference.

Sources: scores_drugs.md sections 0 and A to D; clinical_review.md (which wins).
abate's source was not read; docs/systems/, which is made from it, had been seen before this was written.
"""

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import partial
from typing import Any

from reference_timeline import Answer, both, either

Case = Mapping[str, str]
"""The cells of one row: a number with or without a comparator and a unit, ``yes`` or ``no``, or blank."""
Options = Mapping[str, str]
Result = dict[str, Any]
Points = tuple[int, int]  # fewest and most


def said(case: Case, name: str) -> Answer:
    """A blank is unknown: never no."""
    return {"": None, "yes": True, "no": False}[case.get(name, "")]


def number(case: Case, name: str) -> tuple[str, Fraction, str] | None:
    """Comparator, number and unit of a cell; None where it is blank."""
    cell = case.get(name, "")
    if not cell:
        return None
    text, _, unit = cell.partition(" ")
    comparator = text[0] if text[0] in "<>" else ""
    return comparator, Fraction(text.removeprefix(comparator)), unit


def exact(case: Case, name: str) -> Fraction | None:
    found = number(case, name)
    return None if found is None else found[1]


def over(case: Case, name: str, limit: str, inclusive: bool = False, units: Mapping[str, str] | None = None) -> Answer:
    """More than the limit, or as much where ``inclusive``; ``units`` names the limit of another unit.

    "Values carrying </> comparators: >100000 satisfies every '> x' with x <= 100000".
    """
    found = number(case, name)
    if found is None:
        return None
    comparator, value, unit = found
    if unit in (units or {}):
        limit = (units or {})[unit]
    least = Fraction(limit)
    if comparator == ">":
        return True if value >= least else None
    if comparator == "<":
        return False if value <= least else None
    return value >= least if inclusive else value > least


def under(case: Case, name: str, limit: str, inclusive: bool = False, units: Mapping[str, str] | None = None) -> Answer:
    return no(over(case, name, limit, not inclusive, units))


def no(answer: Answer) -> Answer:
    return None if answer is None else not answer


def enough(least: int, *answers: Answer) -> Answer:
    """So many of them are true."""
    if answers.count(True) >= least:
        return True
    return None if answers.count(True) + answers.count(None) >= least else False


def rungs(*steps: tuple[Answer, int]) -> Points:
    """Points of the highest rung that holds, and of the highest that may hold."""
    fewest = max([points for answer, points in steps if answer is True], default=0)
    most = max([points for answer, points in steps if answer is not False], default=0)
    return fewest, most


def band(total: int, classes: Mapping[int, str]) -> str:
    return classes[max([least for least in classes if least <= total])]


def total(lines: list[Points], classes: Mapping[int, str]) -> Result:
    """A sum: "a class is reported only if identical at both bounds"."""
    lower = sum(fewest for fewest, _ in lines)
    upper = sum(most for _, most in lines)
    low, high = band(lower, classes), band(upper, classes)
    name = low if low == high else ""
    return {"value": lower if lower == upper else None, "lower": lower, "upper": upper, "class": name}


def counted(criteria: list[Answer], least: int | None = None, required: Answer = True, met: Answer = False) -> Result:
    """A count of criteria; met by so many of them and what is required, or by ``met`` alone."""
    lower = criteria.count(True)
    upper = lower + criteria.count(None)
    name = ""
    if least is not None:
        answer = either(met, both(required, enough(least, *criteria)))
        name = {True: "met", False: "not met", None: ""}[answer]
    return {"value": lower, "lower": lower, "upper": upper, "class": name}


def measured(value: float | None) -> Result:
    return {"value": value, "lower": value, "upper": value, "class": ""}


def cartox_hlh(case: Case, _: Options) -> Result:
    """A.1: "peak_ferritin > 10000 ng/mL AND n_criteria >= 2"; "10 000 exactly -> not met"."""
    criteria = [
        over(case, "hepatic_grade", "3", inclusive=True),  # "CTCAE grade >=3 rise in bilirubin OR AST OR ALT"
        over(case, "renal_grade", "3", inclusive=True),  # "grade >=3 oliguria OR grade >=3 creatinine increase"
        over(case, "pulmonary_grade", "3", inclusive=True),  # "grade >=3 pulmonary oedema"
        said(case, "hemophagocytosis"),
    ]
    return counted(criteria, 2, over(case, "ferritin", "10000"))


def hlh(case: Case, options: Options, nk_cells: bool) -> Result:
    """A.2: "Met if molecular diagnosis OR >=5 of 8"; 2024 ">=5 of the remaining 7"; clinical_review 10: fever 38.5."""
    inclusive = options.get("hlh_2004_edges", "inclusive") == "inclusive"
    criteria = [
        over(case, "temperature", options.get("hlh_2004_fever", "38.5"), inclusive=True),
        said(case, "splenomegaly"),
        # "cytopenia >=2 of 3 lineages": "Hb <9.0 g/dL, platelets <100, ANC <1.0"
        enough(
            2,
            under(case, "hemoglobin", "9.0", units={"g/L": "90"}),
            under(case, "platelets", "100", units={"/uL": "100000"}),
            under(case, "anc", "1.0", units={"/uL": "1000"}),
        ),
        # "fasting TG >=265 mg/dL (>=3.0 mmol/L) OR fibrinogen <=150 mg/dL (<=1.5 g/L)"; "apply the rule of the unit
        # the lab reported"
        either(
            over(case, "triglyceride", "265", inclusive, units={"mmol/L": "3.0"}),
            under(case, "fibrinogen", "150", inclusive, units={"g/L": "1.5"}),
        ),
        said(case, "hemophagocytosis"),
        over(case, "ferritin", "500", inclusive),
        over(case, "sil2r", "2400", inclusive),
    ]
    if nk_cells:
        criteria.append(said(case, "nk_activity_low"))
    # A molecular diagnosis that is not given counts as none (told by --describe): else no case is ever "not met".
    return counted(criteria, 5, met=said(case, "molecular_diagnosis") is True)


HSCORE_BANDS = {
    **{0: "<1%", 91: "~1%", 101: "1-3%", 111: "3-5%", 121: "5-9%", 131: "9-16%", 141: "16-25%", 151: "25-40%"},
    **{161: "40-54%", 171: "54-70%", 181: "70-80%", 191: "80-88%", 201: "88-93%", 211: "93-96%", 221: "96-98%"},
    **{231: "98-99%", 241: ">99%"},
}


def hscore(case: Case, options: Options) -> Result:
    """A.3, Fardet 2014: 0 to 337 points, with the published band of probability."""
    everyone = options.get("hscore_immunosuppression", "fardet") == "all_cart"
    liver, spleen = said(case, "hepatomegaly"), said(case, "splenomegaly")
    low = [
        under(case, "hemoglobin", "9.2", inclusive=True, units={"g/L": "92"}),
        under(case, "wbc", "5.0", inclusive=True),
        under(case, "platelets", "110", inclusive=True, units={"/uL": "110000"}),
    ]
    # "1.5 mmol/L, 4 mmol/L (132.7 and 354 mg/dL)"; "TG rule as A.2": the limit of the unit reported
    some_fat = over(case, "triglyceride", "132.7", inclusive=True, units={"mmol/L": "1.5"})
    much_fat = over(case, "triglyceride", "354", units={"mmol/L": "4"})
    lines = [
        rungs((True if everyone else said(case, "immunosuppression"), 18)),
        # "<38.4 -> 0; 38.4-39.4 -> 33; >39.4 -> 49"
        rungs((over(case, "temperature", "38.4", inclusive=True), 33), (over(case, "temperature", "39.4"), 49)),
        # "hepatomegaly OR splenomegaly 23; both 38"
        rungs((either(liver, spleen), 23), (both(liver, spleen), 38)),
        # "0-1 -> 0; 2 -> 24; 3 -> 34"
        rungs((enough(2, *low), 24), (enough(3, *low), 34)),
        # "<2000 -> 0; 2000-6000 -> 35; >6000 -> 50"
        rungs((over(case, "ferritin", "2000", inclusive=True), 35), (over(case, "ferritin", "6000"), 50)),
        rungs((some_fat, 44), (much_fat, 64)),
        # "> 2.5 -> 0; <=2.5 -> 30"
        rungs((under(case, "fibrinogen", "250", inclusive=True, units={"g/L": "2.5"}), 30)),
        rungs((over(case, "ast", "30", inclusive=True), 19)),
        rungs((said(case, "hemophagocytosis"), 35)),
    ]
    return total(lines, HSCORE_BANDS)


def iec_hs(case: Case, _: Options) -> Result:
    """A.4 and clinical_review 1: "the count of common (0-5 ...)"; no call is made."""
    limit = exact(case, "fibrinogen_lln")
    below = None if limit is None else under(case, "fibrinogen", str(limit))
    criteria = [
        over(case, "transaminases_ratio", "5"),  # ">5xULN (baseline normal) or >5xbaseline"
        either(under(case, "fibrinogen", "150"), below),  # "<150 mg/dL or <LLN"
        said(case, "hemophagocytosis"),
        said(case, "new_grade_4_cytopenia"),
        said(case, "onset_as_crs_resolves"),
    ]
    return counted(criteria)


def iec_hs_gate(case: Case, options: Options) -> Result:
    """A.4: "ferritin >2xULN or >2xbaseline ... and/or rapidly rising"; ``stricter``: the larger reference."""
    references = [exact(case, "ferritin_uln"), exact(case, "ferritin_baseline")]
    doubled = [None if one is None else over(case, "ferritin", str(2 * one)) for one in references]
    literal = options.get("iec_hs_ferritin_gate", "literal") == "literal"
    # Over twice the larger of two is over twice both.
    gate = either(*doubled) if literal else both(*doubled)
    # A rapid rise that is not given counts as none (told by --describe).
    answer = either(gate, said(case, "ferritin_rapid_rise") is True)
    name = {True: "open", False: "closed", None: ""}[answer]
    return counted([answer]) | {"class": name}


OTHERS = (
    *("ldh_above_normal", "prolonged_clotting", "direct_hyperbilirubinemia", "new_splenomegaly", "fever"),
    *("neurotoxicity", "lung", "new_renal_insufficiency"),
)


def iec_hs_other(case: Case, _: Options) -> Result:
    """A.4, "Other": nine of them, "fasting TG >265 mg/dL" the last."""
    return counted([*[said(case, name) for name in OTHERS], over(case, "triglyceride", "265")])


def mas_l(case: Case, _: Options) -> Result:
    """A.6: "ferritin rate >=100 ug/L/h ... AND (min fibrinogen <150 mg/dL OR max LDH >2xULN)"."""
    criteria = [under(case, "fibrinogen", "150"), over(case, "ldh_ratio", "2")]
    return counted(criteria, 1, over(case, "ferritin_rise", "100", inclusive=True))


def mas_2016(case: Case, options: Options) -> Result:
    """A.7: "Febrile patient ...: ferritin >684 ng/mL AND >=2 of"; fever: "use >=38.0 C (option)"."""
    febrile = said(case, "febrile")
    if febrile is None:
        febrile = over(case, "temperature", options.get("mas_2016_fever", "38.0"), inclusive=True)
    criteria = [
        under(case, "platelets", "181", inclusive=True),  # "platelets <=181"
        over(case, "ast", "48"),  # "AST >48 U/L"
        over(case, "triglyceride", "156"),  # "TG >156 mg/dL"
        under(case, "fibrinogen", "360", inclusive=True),  # "fibrinogen <=360 mg/dL"
    ]
    return counted(criteria, 2, both(febrile, over(case, "ferritin", "684")))


def ohi(case: Case, _: Options) -> Result:
    """A.8: "sCD25 >3900 U/mL AND ferritin >1000 ng/mL ... Both strict"."""
    return counted([over(case, "sil2r", "3900"), over(case, "ferritin", "1000")], 2)


def car_hematotox(case: Case, options: Options) -> Result:
    """B.4: "Total 0-7; low 0-1, high >=2"; "default anc<1200, hb<9.0, crp>=3.0; option edge=inclusive"."""
    inclusive = options.get("car_hematotox_edge", "printed") == "inclusive"
    few = under(case, "platelets", "175", inclusive=True, units={"/uL": "175000"})
    lines = [
        # ">175 0; 75-175 1; <75 2"
        rungs((few, 1), (under(case, "platelets", "75", units={"/uL": "75000"}), 2)),
        rungs((under(case, "anc", "1.2", inclusive, units={"/uL": "1200"}), 1)),
        rungs((under(case, "hemoglobin", "9.0", inclusive, units={"g/L": "90"}), 1)),
        # "CRP mg/dL": "in mg/L must be divided by 10 (classic error)"; mg/L where no unit is told
        rungs((over(case, "crp", "30", inclusive=True, units={"mg/dL": "3.0"}), 1)),
        # "<650 0; 650-2000 1; >2000 2"
        rungs((over(case, "ferritin", "650", inclusive=True), 1), (over(case, "ferritin", "2000"), 2)),
    ]
    return total(lines, {0: "low", 2: "high"})


def creatinine_mg_dl(case: Case) -> float | None:
    """Section G: "creatinine umol/L / 88.4"."""
    found = number(case, "creatinine")
    return None if found is None else float(found[1]) / (88.4 if found[2] == "umol/L" else 1)


def easix_by(case: Case, factor: float | None) -> Result:
    """LDH times something over platelets; "PLT <=0 or missing -> NA"."""
    ldh, platelets = exact(case, "ldh"), exact(case, "platelets")
    if ldh is None or factor is None or platelets is None or platelets <= 0:
        return measured(None) | {"log2": None}
    value = float(ldh) * factor / float(platelets)
    return measured(value) | {"log2": math.log2(value) if value > 0 else None}  # "log2 undefined at 0"


def easix(case: Case, _: Options) -> Result:
    """C: "LDH[U/L] x creatinine[mg/dL] / platelets[10^9/L]"."""
    return easix_by(case, creatinine_mg_dl(case))


def s_easix(case: Case, _: Options) -> Result:
    return easix_by(case, 1)


def m_easix(case: Case, _: Options) -> Result:
    """C: "LDH x CRP[mg/dL] / platelets"; mg/L where no unit is told."""
    found = number(case, "crp")
    if found is None:
        return easix_by(case, None)
    return easix_by(case, float(found[1]) / (1 if found[2] == "mg/dL" else 10))


def over_years(case: Case, limit: int) -> Answer:
    """Age "in completed years (40->0, 41->1, 60->1, 61->2, 75->2, 76->3)"."""
    age = exact(case, "age")
    return None if age is None else math.floor(age) > limit


def shared_factors(case: Case) -> list[Points]:
    """ "LDH >ULN", "stage III/IV", "ECOG >=2. One point each"."""
    return [
        rungs((over(case, "ldh_ratio", "1"), 1)),
        rungs((over(case, "stage", "3", inclusive=True), 1)),
        rungs((over(case, "ecog", "2", inclusive=True), 1)),
    ]


def five_factors(case: Case) -> list[Points]:
    """ "age >60", ">1 extranodal site" as well."""
    return [*shared_factors(case), rungs((over_years(case, 60), 1)), rungs((over(case, "extranodal_sites", "1"), 1))]


def ipi(case: Case, _: Options) -> Result:
    """D.1: "0-1 low, 2 low-int, 3 high-int, 4-5 high"."""
    return total(five_factors(case), {0: "low", 2: "low-int", 3: "high-int", 4: "high"})


def r_ipi(case: Case, _: Options) -> Result:
    """D.1: "0 very good, 1-2 good, 3-5 poor"."""
    return total(five_factors(case), {0: "very good", 1: "good", 3: "poor"})


def aaipi(case: Case, _: Options) -> Result:
    """D.1: "0 low, 1 low-int, 2 high-int, 3 high"."""
    return total(shared_factors(case), {0: "low", 1: "low-int", 2: "high-int", 3: "high"})


def nccn_ipi(case: Case, _: Options) -> Result:
    """D.1: "Max 8: 0-1 low, 2-3 low-int, 4-5 high-int, 6-8 high"."""
    lines = [
        # "age >40-60 1, >60-75 2, >75 3"
        rungs((over_years(case, 40), 1), (over_years(case, 60), 2), (over_years(case, 75), 3)),
        # "LDH/ULN >1-3 1, >3 2": "LDH ratio exactly 1.0->0, 3.0->1"
        rungs((over(case, "ldh_ratio", "1"), 1), (over(case, "ldh_ratio", "3"), 2)),
        rungs((over(case, "stage", "3", inclusive=True), 1)),
        rungs((said(case, "major_extranodal"), 1)),
        rungs((over(case, "ecog", "2", inclusive=True), 1)),
    ]
    return total(lines, {0: "low", 2: "low-int", 4: "high-int", 6: "high"})


def body_surface(case: Case, _: Options) -> Result:
    """D.2: "sqrt(cm x kg / 3600)"."""
    height, weight = exact(case, "height"), exact(case, "weight")
    return measured(None if height is None or weight is None else math.sqrt(float(height * weight) / 3600))


def cockcroft_gault(case: Case, options: Options) -> Result:
    """D.2: "(140-age) x weight_kg / (72 x Scr_mg/dL) x0.85 if female"."""
    age, weight, creatinine = exact(case, "age"), exact(case, "weight"), creatinine_mg_dl(case)
    sex = case.get("sex", "")
    if age is None or weight is None or creatinine is None or not sex:
        return measured(None)
    kg = float(weight)
    if options.get("cockcroft_gault_weight", "actual") == "adjusted":
        # "adjusted when >120 % IBW". The specification names no formula: Devine's ideal weight, and four tenths of
        # the excess (both recalled).
        height = exact(case, "height")
        if height is None:
            return measured(None)
        ideal = (50 if sex == "male" else 45.5) + 2.3 * (float(height) / 2.54 - 60)
        if kg > 1.2 * ideal:
            kg = ideal + 0.4 * (kg - ideal)
    clearance = (140 - float(age)) * kg / (72 * creatinine)
    return measured(clearance * 0.85 if sex == "female" else clearance)


def ckd_epi_2021(case: Case, _: Options) -> Result:
    """D.2: "142 x min(Scr/k,1)^a x max(Scr/k,1)^-1.200 x 0.9938^age x (1.012 if female)"."""
    age, creatinine, sex = exact(case, "age"), creatinine_mg_dl(case), case.get("sex", "")
    if age is None or creatinine is None or not sex:
        return measured(None)
    # "k 0.7 F/0.9 M, a -0.241 F/-0.302 M"
    kappa, alpha = (0.7, -0.241) if sex == "female" else (0.9, -0.302)
    ratio = creatinine / kappa
    found = 142 * min(ratio, 1) ** alpha * max(ratio, 1) ** -1.2 * 0.9938 ** float(age)
    return measured(found * 1.012 if sex == "female" else found)


SCORES: dict[str, Callable[[Case, Options], Result]] = {
    **{
        "cartox-hlh": cartox_hlh,
        "hlh-2004": partial(hlh, nk_cells=True),
        "hlh-2024": partial(hlh, nk_cells=False),
        "hscore": hscore,
        "iec-hs": iec_hs,
    },
    **{"iec-hs-gate": iec_hs_gate, "iec-hs-other": iec_hs_other, "mas-l": mas_l, "mas-2016": mas_2016, "ohi": ohi},
    **{"car-hematotox": car_hematotox, "easix": easix, "s-easix": s_easix, "m-easix": m_easix},
    **{"ipi": ipi, "r-ipi": r_ipi, "aaipi": aaipi, "nccn-ipi": nccn_ipi},
    **{"body-surface": body_surface, "cockcroft-gault": cockcroft_gault, "ckd-epi-2021": ckd_epi_2021},
}
