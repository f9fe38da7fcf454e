"""Scores and laboratory grades agree with a slow, obvious reference on values at, about and far from the cut-offs."""

import math
from collections.abc import Mapping
from fractions import Fraction
from random import Random
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abate.calculator import calculate, rule
from abate.records.options import Options
from reference_laboratory import FLAGS, TERMS, Facts, candidates, grade, printed
from reference_scores import SCORES
from repeatable import repeatable

ROWS = 300
"""A call costs seconds, a row nothing; Hypothesis draws the seed, for so many cells are too large for it."""

Row = dict[str, str]

LIMITS = {
    **{
        "temperature": "38.0 38.3 38.4 38.5 39.4",
        "hemoglobin": "9.0 9.2",
        "wbc": "5.0",
        "platelets": "0 75 100 110 175 181",
    },
    **{"anc": "0 1.0 1.2", "ferritin": "500 650 684 1000 2000 6000 10000", "fibrinogen": "150 250 360", "ast": "30 48"},
    **{"triglyceride": "132.7 156 265 354", "sil2r": "2400 3900", "crp": "0 30", "transaminases_ratio": "5"},
    **{"ferritin_rise": "100", "ldh_ratio": "1 2 3", "age": "40 60 75", "hepatic_grade": "3", "renal_grade": "3"},
    **{"pulmonary_grade": "3", "stage": "2 3", "extranodal_sites": "1", "ecog": "2", "fibrinogen_lln": "150 200"},
    **{"ferritin_uln": "100 300 1000", "ferritin_baseline": "100 300 1000", "ldh": "100 250 4000"},
    **{"creatinine": "0.7 0.9 1.2 6", "weight": "8 50 70 140", "height": "152.4 160 190"},
}
"""Where the papers cut; for a quantity without a cut-off, usual and unusual numbers."""

OTHER_UNITS = {
    **{"hemoglobin": {"g/L": "90 92"}, "platelets": {"/uL": "75000 100000 110000 175000"}, "anc": {"/uL": "1000 1200"}},
    **{"fibrinogen": {"g/L": "1.5 2.5"}, "triglyceride": {"mmol/L": "1.5 3.0 4"}, "crp": {"mg/dL": "3.0"}},
    **{"creatinine": {"umol/L": "62 106"}},
}
CONVERTED = {"hscore", "hlh-2004", "hlh-2024", "car-hematotox"}
"""Where other units are drawn as well; of what is continuous, creatinine and CRP."""

UNCOMPARED = {"age", "fibrinogen_lln", "ferritin_uln", "ferritin_baseline"}
"""Drawn without a comparator: completed years, and limits."""

WHOLE = {"hepatic_grade", "renal_grade", "pulmonary_grade", "stage", "extranodal_sites", "ecog"}
CONTINUOUS = {"easix", "s-easix", "m-easix", "cockcroft-gault", "ckd-epi-2021", "body-surface"}

INPUTS = {
    "cartox-hlh": "ferritin hepatic_grade renal_grade pulmonary_grade hemophagocytosis?",
    "hlh-2004": "molecular_diagnosis? temperature splenomegaly? hemoglobin platelets anc triglyceride fibrinogen "
    "hemophagocytosis? ferritin sil2r nk_activity_low?",
    "hlh-2024": "molecular_diagnosis? temperature splenomegaly? hemoglobin platelets anc triglyceride fibrinogen "
    "hemophagocytosis? ferritin sil2r",
    "hscore": "immunosuppression? temperature hepatomegaly? splenomegaly? hemoglobin wbc platelets ferritin "
    "triglyceride fibrinogen ast hemophagocytosis?",
    "iec-hs": "transaminases_ratio fibrinogen fibrinogen_lln hemophagocytosis? new_grade_4_cytopenia? "
    "onset_as_crs_resolves?",
    "iec-hs-gate": "ferritin ferritin_uln ferritin_baseline ferritin_rapid_rise?",
    "iec-hs-other": "ldh_above_normal? prolonged_clotting? direct_hyperbilirubinemia? new_splenomegaly? fever? "
    "neurotoxicity? lung? new_renal_insufficiency? triglyceride",
    "mas-l": "ferritin_rise fibrinogen ldh_ratio",
    "mas-2016": "febrile? temperature ferritin platelets ast triglyceride fibrinogen",
    "ohi": "sil2r ferritin",
    "car-hematotox": "platelets anc hemoglobin crp ferritin",
    "easix": "ldh creatinine platelets",
    "s-easix": "ldh platelets",
    "m-easix": "ldh crp platelets",
    "ipi": "age ldh_ratio stage extranodal_sites ecog",
    "r-ipi": "age ldh_ratio stage extranodal_sites ecog",
    "aaipi": "ldh_ratio stage ecog",
    "nccn-ipi": "age ldh_ratio stage major_extranodal? ecog",
    "body-surface": "height weight",
    "cockcroft-gault": "age sex weight creatinine height",
    "ckd-epi-2021": "age sex creatinine",
}
"""The inputs of each score; a question mark: yes or no."""

CHOICES: dict[str, dict[str, list[str]]] = {
    "hlh-2004": {"hlh_2004_edges": ["inclusive", "strict"], "hlh_2004_fever": ["38.5", "38.3", "38.0"]},
    "hlh-2024": {"hlh_2004_edges": ["inclusive", "strict"], "hlh_2004_fever": ["38.5", "38.3", "38.0"]},
    "hscore": {"hscore_immunosuppression": ["fardet", "all_cart"]},
    "iec-hs-gate": {"iec_hs_ferritin_gate": ["literal", "stricter"]},
    "mas-2016": {"mas_2016_fever": ["38.0", "38.5"]},
    "car-hematotox": {"car_hematotox_edge": ["printed", "inclusive"]},
    "cockcroft-gault": {"cockcroft_gault_weight": ["actual", "adjusted"]},
}


def decimal(value: Fraction) -> str:
    return f"{float(value):.10f}".rstrip("0").rstrip(".")


def cell(random: Random, name: str, converted: bool, comparator: str) -> str:
    """A number on a cut-off, one step to either side, at half or at twice."""
    unit, limits = "", LIMITS[name]
    if converted and name in OTHER_UNITS and random.random() < 0.5:
        unit, limits = random.choice(sorted(OTHER_UNITS[name].items()))
    limit = random.choice(limits.split())
    value = Fraction(limit)
    if name in WHOLE:
        return decimal(max(min(value + random.randint(-2, 2), Fraction(4)), Fraction(1)))
    step = Fraction(1, 10 ** (len(limit.partition(".")[2]) + random.randint(0, 2)))
    if comparator and value:
        # Left out: abate takes "<10000.01" as under every number that it is within a millionth of (10000.0).
        step = value / 100
    far = [value / 2, value * 2, value * Fraction("2.01")]
    if name in {"temperature", "height"}:
        far = [value - 1, value + 1]
    value = random.choice([value, value, value + step, value - step, random.choice(far)])
    value = min(value, Fraction(120)) if name == "age" else max(value, Fraction(0))
    return f"{comparator if value else ''}{decimal(value)} {unit}".strip()


def row(random: Random, key: str) -> Row:
    """One case: nothing missing, a little, or half of it."""
    blank = random.choice((0.0, 0.1, 0.5))
    found = {}
    for told in INPUTS[key].split():
        name = told.removesuffix("?")
        if random.random() < blank:
            found[name] = ""
        elif told.endswith("?"):
            found[name] = random.choice(("yes", "no"))
        elif name == "sex":
            found[name] = random.choice(("female", "male"))
        else:
            bare = key in CONTINUOUS or name in WHOLE | UNCOMPARED or random.random() < 0.9
            units = key in CONVERTED or name in {"creatinine", "crp"}
            found[name] = cell(random, name, units, "" if bare else random.choice("<>"))
    return found


def calculated(key: str, cases: list[Row], options: Mapping[str, str]) -> list[dict[str, Any]]:
    names = list(dict.fromkeys(name for case in cases for name in case))
    table = pa.table({name: [case.get(name, "") for case in cases] for name in names})
    found: list[dict[str, Any]] = calculate(rule(key), table, key, Options(options)).to_pylist()
    return found


def same(mine: Any, theirs: Any) -> bool:
    if isinstance(mine, str) or mine is None or theirs is None:
        return bool(mine == theirs)
    return math.isclose(mine, theirs, rel_tol=1e-8, abs_tol=1e-8)


def differences(key: str, cases: list[Row], options: Mapping[str, str]) -> list[tuple[Any, ...]]:
    """Return every value, bound and class on which abate and the reference differ."""
    out = []
    for case, theirs in zip(cases, calculated(key, cases, options), strict=True):
        mine = SCORES[key](case, options)
        out += [
            (case, column, "reference", expected, "abate", theirs[column])
            for column, expected in mine.items()
            if not same(expected, theirs[column])
        ]
    return out


@pytest.mark.parametrize("key", sorted(SCORES))
@repeatable(2)
@given(random=st.randoms(use_true_random=True))
def test_scores_agree_with_the_reference(key: str, random: Random) -> None:
    """The value, its bounds and its class, under every option."""
    options = {name: random.choice(values) for name, values in CHOICES.get(key, {}).items()}
    cases = [row(random, key) for _ in range(ROWS)]
    assert differences(key, cases, options) == []


LABORATORY_OPTIONS = {"creatinine_above_limit": ["not_required", "required"], "fibrinogen_fall": ["counts", "off"]}
LIMITS_OF_NORMAL = ("0.3", "1", "1.2", "36", "120")
"""Where a term prints no number; else they lie about its numbers."""

RESULTS = 40
"""Of each term, version and unit."""

Known = dict[str, Any]


def rounded(value: Fraction, random: Random) -> Fraction:
    """Six decimals, or three significant digits."""
    return round(value, 6) if random.random() < 0.7 else Fraction(f"{float(value):.3g}")


def result(random: Random, key: tuple[str, str, str]) -> tuple[Row, Known]:
    """One result: its cells, and the same as the reference reads it."""
    term, version, unit = key
    constants = printed(key, multiples=False) or [Fraction(one) for one in LIMITS_OF_NORMAL]
    near = random.choice((Fraction(1, 1000), Fraction(1, 20)))
    sides = (Fraction(1), Fraction(1), 1 - near, 1 + near, Fraction("1.3"), Fraction("0.7"))
    known: Known = {name: rounded(random.choice(constants) * random.choice(sides), random) for name in ("lln", "uln")}
    times = Fraction(random.choice(("0.5", "0.9", "1", "1", "1.1", "2", "5", "5.1", "8")))
    known["baseline"] = rounded(random.choice((known["lln"], known["uln"])) * times, random)
    cuts = [*printed(key, multiples=False)]
    cuts += [one * known[name] for one in printed(key, multiples=True) for name in ("lln", "uln", "baseline")]
    value = random.choice(cuts)
    if random.random() < 0.3:
        value = random.choice([one for one in candidates(Facts(known, key), "value", near) if 0 < one < 10**7])
    known["value"] = rounded(value * random.choice((1, 1, 1 - Fraction(1, 1000), 1 + Fraction(1, 1000))), random)
    known |= {name: random.random() < 0.5 for name in sorted(FLAGS)}
    if term in {"Hypocalcemia", "Hypercalcemia"} and unit == "mg/dL" and random.random() < 0.5:
        # Left out: in mmol/L abate adds 0.2 for each g/dL of albumin under 4, the reference 0.8 mg/dL = 0.1996 mmol/L.
        known["albumin"] = Fraction(random.choice(("2", "3.5", "4", "4.5")))
    blank = random.choice((0.0, 0.0, 0.3))
    known = {name: None if random.random() < blank else value for name, value in known.items()}
    row = {"term": term, "version": version, "unit": unit}
    factor = 1
    if unit == "10*9/L" and random.random() < 0.2:
        row["unit"], factor = "/uL", 1000
    row |= {name: "" if value is None else yes_or_number(value, factor) for name, value in known.items()}
    if known["value"] and "albumin" not in known and random.random() < 0.1:
        compared = Fraction(f"{float(known['value']):.3g}")
        known |= {"comparator": random.choice("<>"), "compared": compared, "value": None}
        row["value"] = known["comparator"] + decimal(compared * factor)
    return row, known


def yes_or_number(value: bool | Fraction, factor: int) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return decimal(value * factor)


BY_EXCEPTION = ("symptoms", "anticoagulated", "over_24_h")
"""Blank, they are none in the grade, and either in its bounds: our resolution."""


def wrong(key: tuple[str, str, str], known: Known, options: Mapping[str, str], theirs: Mapping[str, Any]) -> list[Any]:
    """The grade and bounds that must be found, where others were."""
    lower, upper = grade(key, known, options)
    none = {name: False for name in BY_EXCEPTION if known.get(name) is None}
    least, most = grade(key, known | none, options)
    expected = [least if least or most == 0 else None, lower, upper]
    return [] if [theirs[name] for name in ("grade", "lower", "upper")] == expected else expected


@repeatable(2)
@given(random=st.randoms(use_true_random=True))
def test_laboratory_grades_agree_with_the_reference(random: Random) -> None:
    """Every term, version and unit, with values about its limits and with something missing."""
    options = {name: random.choice(values) for name, values in LABORATORY_OPTIONS.items()}
    drawn = [(key, *result(random, key)) for key in TERMS for _ in range(RESULTS)]
    out = []
    found = calculated("ctcae-lab", [row for _, row, _ in drawn], options)
    for (key, row, known), theirs in zip(drawn, found, strict=True):
        expected = wrong(key, known, options, theirs)
        if expected:
            cells = {name: text for name, text in row.items() if text}
            out.append((cells, expected, {name: theirs[name] for name in ("grade", "lower", "upper")}))
    assert out == []
