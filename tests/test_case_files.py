"""The worked cases of the specification, each with the number expected, through the calculator.

``ABATE_CASES`` names another folder of files of the same form.
"""

import csv
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pytest

from abate.calculator import calculate, rule
from abate.exposure.anakinra import clearance_by_renal_function, clearance_by_weight
from abate.exposure.equivalence import EQUIVALENT_MG
from abate.grading.cytopenia import early_icaht, late_icaht
from abate.records.dictionary import dictionary
from abate.records.options import Options
from abate.records.units import convert_variable
from abate.scores.hscore import approximate_probability
from series import courses

Case = Mapping[str, Any]
Row = dict[str, str]


@pytest.fixture
def cases(shared: Path) -> Path:
    return Path(os.environ.get("ABATE_CASES", shared / "spec" / "cases"))


def yes(value: Any) -> str:
    return "" if value is None else "yes" if value else "no"


def renamed(units: Mapping[str, str], truths: Mapping[str, str]) -> Callable[[Case], Row]:
    """Return how a case becomes a row: ``name`` or ``name unit`` for a number, ``name`` for a truth."""

    def row(case: Case) -> Row:
        found = {}
        for key, value in case.items():
            if key in truths:
                found[truths[key]] = yes(value)
            elif key in units:
                name, _, unit = units[key].partition(" ")
                found[name] = "" if value is None else f"{value} {unit}".strip()
            else:
                raise AssertionError(f"the cases have an input that is not read here: {key}")
        return found

    return row


BLOOD = {"hb": "hemoglobin g/dL", "wbc": "wbc 10*9/L", "plt": "platelets 10*9/L", "anc": "anc 10*9/L"}
BLOOD |= {"ferritin": "ferritin ug/L", "ast": "ast U/L", "fib_gl": "fibrinogen g/L", "fib_mgdl": "fibrinogen mg/dL"}
HSCORE = BLOOD | {"temp": "temperature Cel", "tg_mmol": "triglyceride mmol/L"}
HSCORE_TRUTHS = {"immuno": "immunosuppression", "hepato": "hepatomegaly", "spleno": "splenomegaly"}
HEMO = {"hemo": "hemophagocytosis"}
HLH = BLOOD | {"fever_c": "temperature Cel", "tg_mgdl": "triglyceride mg/dL", "tg_mmol": "triglyceride mmol/L"}
HLH |= {"scd25": "sil2r U/mL"}
HLH_TRUTHS = {"spleen": "splenomegaly", "nk": "nk_activity_low", "nk_low": "nk_activity_low"}
HLH_TRUTHS |= {"molecular": "molecular_diagnosis"} | HEMO
ORGANS = {"ferritin": "ferritin", "hepatic_g": "hepatic_grade", "renal_g": "renal_grade", "pulm_g": "pulmonary_grade"}
MAS = {"ferritin": "ferritin", "plt": "platelets", "ast": "ast", "tg": "triglyceride mg/dL", "fib": "fibrinogen mg/dL"}
INDEX = {"ldh_UL": "ldh U/L", "cr_mgdl": "creatinine mg/dL", "plt_e9L": "platelets 10*9/L", "crp_mgL": "crp mg/L"}
INDEX |= {"crp_mgdl": "crp mg/dL"}
TOXICITY = {"plt": "platelets", "anc": "anc /uL", "hb": "hemoglobin", "crp": "crp mg/dL", "fer": "ferritin ng/mL"}
FACTORS = {"age": "age", "ldh_ratio": "ldh_ratio", "stage": "stage", "n_extranodal": "extranodal_sites", "ecog": "ecog"}
GATE = {"ferritin": "ferritin", "uln": "ferritin_uln", "baseline": "ferritin_baseline"}
RISE = {"ferritin_rise_ugL_per_h": "ferritin_rise", "fib_mgdl": "fibrinogen mg/dL", "ldh_x_uln": "ldh_ratio"}
PLATELETS = {f"days_lt{limit}": f"days_under_{limit}" for limit in (100, 50, 20)}
RENAL = {"age": "age", "wt": "weight", "cr": "creatinine mg/dL", "sex": "sex", "cm": "height", "kg": "weight"}

SCORES: dict[str, tuple[str, Callable[[Case], Row]]] = {
    "HScore": ("hscore", renamed(HSCORE, HSCORE_TRUTHS | HEMO)),
    "HLH2004": ("hlh-2004", renamed(HLH, HLH_TRUTHS)),
    "HLH2024": ("hlh-2024", renamed(HLH, HLH_TRUTHS)),
    "CARTOX_HLH": ("cartox-hlh", renamed(ORGANS, HEMO)),
    "MAS2016": ("mas-2016", renamed(MAS, {"febrile": "febrile"})),
    "MASL_Kennedy": ("mas-l", renamed(RISE, {})),
    "OHI": ("ohi", renamed({"ferritin": "ferritin", "scd25": "sil2r", "sil2r": "sil2r"}, {})),
    "IECHS_ferritin_gate": ("iec-hs-gate", renamed(GATE, {})),
    "EASIX": ("easix", renamed(INDEX, {})),
    "s-EASIX": ("s-easix", renamed(INDEX, {})),
    "m-EASIX": ("m-easix", renamed(INDEX, {})),
    "CAR-HEMATOTOX": ("car-hematotox", renamed(TOXICITY, {})),
    "IPI": ("ipi", renamed(FACTORS, {})),
    "aaIPI": ("aaipi", renamed(FACTORS, {})),
    "NCCN-IPI": ("nccn-ipi", renamed(FACTORS, {"major_en": "major_extranodal"})),
    "CockcroftGault": ("cockcroft-gault", renamed(RENAL, {})),
    "CKD-EPI2021": ("ckd-epi-2021", renamed(RENAL, {})),
    "T-ICAHT_early": ("t-icaht-early", renamed(PLATELETS, {})),
    "T-ICAHT_late": ("t-icaht-late", renamed(PLATELETS, {})),
    "BSA_Mosteller": ("body-surface", renamed(RENAL, {})),
}
OPTIONS = {"IECHS_ferritin_gate": {"iec_hs_ferritin_gate": "stricter"}}


def by_calculator(name: str, cases: list[Case]) -> list[dict[str, Any]]:
    """Return the result of each case of one score, all in one table."""
    key, row = SCORES[name]
    rows = [row(case) for case in cases]
    columns = list(dict.fromkeys(column for found in rows for column in found))
    table = pa.table({column: [found.get(column, "") for found in rows] for column in columns})
    found: list[dict[str, Any]] = calculate(rule(key), table, name, Options(OPTIONS.get(name))).to_pylist()
    return found


def label(key: str, value: float) -> str:
    return str(rule(key).label(ibis.literal(float(value))).to_pyarrow().as_py())


def unit(case: Case) -> float:
    """Return a value in another unit: ``triglyceride mmol/L->mg/dL``."""
    name, rest = case["conversion"].split(" ", 1)
    source, target = rest.split("->")
    names = {"bilirubin": "bilirubin_total", "LDH": "ldh"}
    variable = dictionary().variables[names.get(name, name.lower())]
    conversion = convert_variable(variable, source)
    assert conversion.factor is not None
    back = convert_variable(variable, target)
    assert back.factor is not None
    value = float(case["value"]) * conversion.factor + conversion.offset
    return (value - back.offset) / back.factor


SINGLE: dict[str, Callable[[Case], Any]] = {
    "HScore_band": lambda case: label("hscore", case["hscore"]),
    "HScore_prob_approx": lambda case: approximate_probability(case["hscore"]),
    "R-IPI": lambda case: label("r-ipi", case["ipi"]),
    "steroid_eq": lambda case: case["dose"] * EQUIVALENT_MG[case["dst"]] / EQUIVALENT_MG[case["src"]],
    "unit": unit,
    "anakinra_CLF_Yang2003": lambda case: clearance_by_renal_function(case["clcr"]),
    "anakinra_CLF_Urien2013": lambda case: clearance_by_weight(case["kg"]),
}


def series(case: Case) -> dict[int, float]:
    """Return counts per uL by day: ``400 d5-11`` among counts of 3,000, or lists of days and counts."""
    if "days" in case:
        return dict(zip(case["days"], case["anc"], strict=True))
    found = dict.fromkeys(range(31), 3000.0)
    for part in case["anc"].split(","):
        count, days = part.split()
        first, _, last = days.removeprefix("d").partition("-")
        found |= dict.fromkeys(range(int(first), int(last or first) + 1), float(count))
    return found


def early(cases: list[Case]) -> list[list[float]]:
    """Return the longest runs, the grade by the longest run and the days at or below 500, as the cases print them."""
    out: list[list[float]] = [[] for _case in cases]
    for mode in {case.get("mode", "") for case in cases}:
        compatible = "native" if mode in ("strict", "native") else "fredhutch"
        options = Options({"icaht_counting": "longest_joined", "icaht_compatibility": compatible})
        mine = {str(place): series(case) for place, case in enumerate(cases) if case.get("mode", "") == mode}
        last_day = max(30, *(day for found in mine.values() for day in found))
        for row in (
            early_icaht(*courses({name: (found.items(), last_day) for name, found in mine.items()}), options)
            .to_pyarrow()
            .to_pylist()
        ):
            found = [row["days_500_longest"], row["days_100_longest"], row["value"], row["days_500_raw"]]
            out[int(row["patient_id"])] = found
    return out


def late(cases: list[Case]) -> list[float]:
    cohort = {str(place): (enumerate(case["anc_d31_100"], 31), 100) for place, case in enumerate(cases)}
    graded = late_icaht(*courses(cohort), Options({"icaht_late_rule": "nadir"})).to_pyarrow().to_pylist()
    grades = {int(row["patient_id"]): row["value"] for row in graded}
    return [grades[place] for place in range(len(cases))]


SERIES: dict[str, Callable[[list[Case]], list[Any]]] = {"eICAHT": early, "lICAHT_nadir": late}


def agrees(expected: Any, found: dict[str, Any], tolerance: float) -> bool:
    """Compare what a case expects with a result: a number, a truth (met), a class, or a number and one of them."""
    if isinstance(found["value"], list):
        return bool(found["value"][: len(expected)] == expected)
    if isinstance(expected, list):
        return all(agrees(part, found, tolerance) for part in expected)
    if isinstance(expected, bool):
        return bool(found["class"] in (("met", "open") if expected else ("not met", "closed")))
    if isinstance(expected, str):
        return bool(found["class"] == expected)
    return bool(abs(found["value"] - expected) <= tolerance)


def test_case_files_scores(cases: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = cases / "score_cases.csv"
    with path.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    wrong, compared, unread = [], 0, []
    for name in dict.fromkeys(row["score"] for row in rows):
        mine = [row for row in rows if row["score"] == name]
        inputs = [json.loads(row["inputs_json"]) for row in mine]
        if name in SCORES:
            results = by_calculator(name, inputs)
        elif name in SINGLE or name in SERIES:
            answers = SERIES[name](inputs) if name in SERIES else [SINGLE[name](case) for case in inputs]
            results = [{"value": answer, "class": answer} for answer in answers]
        else:
            unread += [row["case_id"] for row in mine]
            continue
        for row, found in zip(mine, results, strict=True):
            expected = json.loads(row["expected_json"])
            compared += len(expected) if isinstance(expected, list) else 1
            if not agrees(expected, found, float(row["abs_tolerance"] or 0) + 1e-12):
                wrong.append((row["case_id"], name, row["inputs_json"], expected, found))
    with capsys.disabled():
        print(  # noqa: T201 the counts are asked for
            f"\nscores: {len(rows)} cases, {compared} cells compared, {len(wrong)} different, unread {unread}"
        )
    assert not wrong
    assert not unread


SYSTEMS = {"exp_astct_crs": "astct-crs", "exp_cartox_crs": "cartox-crs"}
SYSTEMS |= {"exp_lee2014_crs": "lee-2014", "exp_penn_crs": "penn-crs", "exp_mskcc_crs": "mskcc-crs"}
SYSTEMS |= {"exp_ctcae403_crs": "ctcae403-crs", "exp_ctcae5_crs": "ctcae5-crs"}
SYSTEMS |= {"exp_astct_icans": "astct-icans", "exp_cartox_cres": "cartox-cres"}
CASE_OPTIONS = {"airway protection outside ASTCT": {"airway_protection": "excluded"}}
"""Resolutions of the cases other than our default; the clinical review follows the text."""
WORDS = {"focal_clinical": "focal", "generalised": "generalized", "hfnc": "high_flow_nasal_cannula"}
WORDS |= {"invasive_vent": "invasive_ventilation", "baseline_osa": "home", "NRB": "non_rebreather"}
DIRECT = {"age": "age_y", "weight": "weight_kg", "sbp": "sbp_mmhg", "vasopressor_hours": "pressor_hours_at_this_dose"}
DIRECT |= {"oxygen_flow": "o2_flow_lpm", "alt_ratio": "alt_x_uln", "ast_ratio": "ast_x_uln", "ice": "ice_score"}
DIRECT |= {"bilirubin_ratio": "bili_x_uln", "creatinine_ratio": "creat_x_uln", "cartox10": "cartox10_score"}
DIRECT |= {"creatinine_baseline_ratio": "creat_x_baseline", "organ_grade": "other_organ_ctcae403_grade"}
DIRECT |= {"capd": "capd_score", "seizure_minutes": "seizure_minutes", "papilledema_stage": "papilloedema_stage"}
DIRECT |= {"oxygen_device": "o2_device", "oxygen_indication": "vent_indication"}
DIRECT |= {"consciousness": "level_of_consciousness", "seizure": "seizure", "motor": "motor"}
DIRECT |= {"intracranial": "icp_findings", "unable": "capd_or_ice_unable", "sedated": "sedated"}
DIRECT |= {"episode_open": "prior_crs_fever_episode_open", "died_of_toxicity": "death_due_to_toxicity"}
DIRECT |= {"masking_drug": "antipyretic_or_anticytokine_given_after_crs_onset"}
DIRECT |= {"low_despite_vasopressors": "sbp_lt90_persists_despite_pressors", "fluid_boluses": "fluid_boluses_n"}
DIRECT |= {"vasopressor_hours_episode": "pressor_hours_total_episode"}
DIRECT |= {"coagulation_product": "cryo_ffp_or_fibrinogen_given"}
DIRECT |= {"care_for_crs": "iv_therapy_or_admission_for_crs_other_than_bp_fluids"}
NONE = {"oxygen_device": "room_air", "seizure": "none", "motor": "none", "intracranial": "none", "sedated": "no"}
NONE |= {"organ_grade": "0", "vasopressors": "none", "fluid_boluses": "0", "low_despite_vasopressors": "no"}
"""What a blank means where charting is by exception."""


def bedside(case: dict[str, str]) -> Row:
    """Return a worked case as the calculator reads it."""
    found = {name: WORDS.get(case[column], case[column]) for name, column in DIRECT.items()}
    if case["temp_value"]:
        found["temperature"] = f"{case['temp_value']} {case['temp_unit']}"
    if case["fio2_set"]:
        found["oxygen_fio2"] = f"{case['fio2_set']} {{fraction}}"
    if case["csf_op_mmhg"]:
        found["csf_opening_pressure"] = f"{case['csf_op_mmhg']} mm[Hg]"
    agents = [case[f"pressor{number}_name"] for number in ("1", "2") if case[f"pressor{number}_name"]]
    for number, agent in zip(("1", "2"), agents, strict=False):
        found[f"{agent}_rate"] = f"{case[f'pressor{number}_dose']} {case[f'pressor{number}_unit']}"
    found["vasopressors"] = "+".join(agents)
    found["circulatory_support"] = "no"
    return {name: value or NONE.get(name, "") for name, value in found.items()}


def test_case_files_grading(cases: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (cases / "grading_cases.csv").open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["case_type"] in ("crs", "neuro")]
    wrong, compared = [], 0
    for column, key in SYSTEMS.items():
        inputs = {item.name for item in rule(key).inputs}
        for options in ({}, *CASE_OPTIONS.values()):
            mine = [
                row
                for row in rows
                if CASE_OPTIONS.get(row["depends_on_resolved_ambiguity"], {}) == options and row[column]
            ]
            if not mine:
                continue
            given = [{name: value for name, value in bedside(row).items() if name in inputs} for row in mine]
            names = sorted({name for each in given for name in each})
            table = pa.table({name: [each.get(name, "") for each in given] for name in names})
            for row, found in zip(mine, calculate(rule(key), table, key, Options(options)).to_pylist(), strict=True):
                compared += 1
                if found["grade"] != int(row[column]):
                    wrong.append((row["case_id"], key, int(row[column]), found))
    with capsys.disabled():
        print(f"\ngrading: {len(rows)} cases, {compared} cells compared, {len(wrong)} different")  # noqa: T201
    assert not wrong


def test_case_files_laboratory(cases: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A blank symptom or treatment is none, as the files say."""
    with (cases / "grading_cases.csv").open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["case_type"] == "lab"]
    columns = {"term": "lab_term", "value": "lab_value", "unit": "lab_unit", "uln": "lab_uln", "lln": "lab_lln"}
    columns |= {"baseline": "lab_baseline"}
    wrong, compared = [], 0
    for version, expected in (("4.03", "exp_ctcae403_term_grade"), ("5.0", "exp_ctcae5_term_grade")):
        table = {name: [row[column] for row in rows] for name, column in columns.items()}
        table["symptoms"] = ["yes" if row["lab_symptomatic_or_intervention"] == "Y" else "no" for row in rows]
        table |= {
            "anticoagulated": ["no"] * len(rows),
            "over_24_h": ["no"] * len(rows),
            "version": [version] * len(rows),
        }
        found = calculate(rule("ctcae-lab"), pa.table(table), "laboratory", Options()).to_pylist()
        for row, result in zip(rows, found, strict=True):
            if row[expected]:
                compared += 1
                if result["grade"] != int(row[expected]):
                    wrong.append((row["case_id"], version, row["lab_term"], int(row[expected]), result))
    with capsys.disabled():
        print(f"\nlaboratory: {len(rows)} cases, {compared} cells compared, {len(wrong)} different")  # noqa: T201
    assert not wrong
