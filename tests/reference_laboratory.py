"""Laboratory grades of the CTCAE as ifs, with NCI's words; bounds by trying what is missing: slow and obvious.

Sources: ctcae_lab_criteria.csv; ctcae/; grading_crs_neuro.md sections 0.2 and 9.
abate's source was not read. Where those leave a gap, docs/systems/, made from it and seen, is followed: "resolved".
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

Options = Mapping[str, str]
Rule = Callable[["Facts", Options], int]

LADDERS = """
Anemia; 4.03 5.0 6.0; g/dL; falls; LLN 10.0 8.0 -
Anemia; 4.03 5.0 6.0; mmol/L; falls; LLN 6.2 4.9 -
Anemia; 4.03 5.0 6.0; g/L; falls; LLN 100 80 -
Platelet count decreased; 4.03 5.0; 10*9/L; falls; LLN 75 50 25
Platelet count decreased; 6.0; 10*9/L; falls; LLN 75 50 10
Neutrophil count decreased; 4.03 5.0; 10*9/L; falls; LLN 1.5 1.0 0.5
Neutrophil count decreased; 6.0; 10*9/L; falls; 1.5 1.0 0.5 0.1
Lymphocyte count decreased; 4.03 5.0; 10*9/L; falls; LLN 0.8 0.5 0.2
White blood cell decreased; 4.03 5.0 6.0; 10*9/L; falls; LLN 3.0 2.0 1.0
CD4 lymphocytes decreased; 4.03 5.0 6.0; 10*9/L; falls; LLN 0.5 0.2 0.05
Haptoglobin decreased; 4.03 5.0 6.0; ; falls; LLN - - -
HDL decreased; 6.0; ; falls; LLN - - -
Creatinine clearance decreased; 6.0; mL/min; falls; - 50 26 -
Chronic kidney disease; 4.03 5.0; mL/min; falls; LLN 60 30 15
Hypoalbuminemia; 4.03 5.0 6.0; g/dL; falls; LLN 3 2 -
Hypoalbuminemia; 4.03 5.0 6.0; g/L; falls; LLN 30 20 -
Hyponatremia; 4.03; mmol/L; falls; LLN - 130 120
Hypomagnesemia; 4.03 5.0 6.0; mg/dL; falls; LLN 1.2 0.9 0.7
Hypomagnesemia; 4.03 5.0 6.0; mmol/L; falls; LLN 0.5 0.4 0.3
Hypocalcemia; 4.03 5.0 6.0; mg/dL; falls; LLN 8.0 7.0 6.0
Hypocalcemia; 4.03 5.0 6.0; mmol/L; falls; LLN 2.0 1.75 1.5
Hypocalcemia (Ionized); 4.03 5.0 6.0; mmol/L; falls; LLN 1.0 0.9 0.8
Hypophosphatemia; 4.03; mg/dL; falls; LLN 2.5 2.0 1.0
Hypophosphatemia; 4.03; mmol/L; falls; LLN 0.8 0.6 0.3
Hypophosphatemia; 5.0; ; falls; LLN - - -
Hypoglycemia; 4.03 5.0 6.0; mg/dL; falls; LLN 55 40 30
Hypoglycemia; 4.03 5.0 6.0; mmol/L; falls; LLN 3.0 2.2 1.7
Acidosis; 4.03 5.0 6.0; [pH]; falls; LLN - 7.3 -
Alkalosis; 4.03 5.0 6.0; [pH]; rises; ULN - 7.5 -
Leukocytosis; 4.03 5.0 6.0; 10*9/L; rises; - - 100 -
Lymphocyte count increased; 4.03 5.0 6.0; 10*9/L; rises; - 4 20 -
Activated partial thromboplastin time prolonged; 4.03 5.0 6.0; ; rises; ULN 1.5xULN 2.5xULN -
Alanine aminotransferase increased; 4.03; ; rises; ULN 3.0xULN 5.0xULN 20.0xULN
Aspartate aminotransferase increased; 4.03; ; rises; ULN 3.0xULN 5.0xULN 20.0xULN
Alkaline phosphatase increased; 4.03; ; rises; ULN 2.5xULN 5.0xULN 20.0xULN
GGT increased; 4.03; ; rises; ULN 2.5xULN 5.0xULN 20.0xULN
Blood bilirubin increased; 4.03; ; rises; ULN 1.5xULN 3.0xULN 10.0xULN
Blood lactate dehydrogenase increased; 5.0 6.0; ; rises; ULN - - -
CPK increased; 4.03 5.0; ; rises; ULN 2.5xULN 5xULN 10xULN
Lipase increased; 4.03; ; rises; ULN 1.5xULN 2.0xULN 5.0xULN
Serum amylase increased; 4.03; ; rises; ULN 1.5xULN 2.0xULN 5.0xULN
Cholesterol high; 4.03 5.0 6.0; mg/dL; rises; ULN 300 400 500
Cholesterol high; 4.03 5.0 6.0; mmol/L; rises; ULN 7.75 10.34 12.92
LDL increased; 6.0; ; rises; ULN - - -
Hypertriglyceridemia; 4.03 5.0 6.0; mg/dL; rises; =150 300 500 1000
Hypertriglyceridemia; 4.03 5.0 6.0; mmol/L; rises; =1.71 3.42 5.7 11.4
Hypernatremia; 4.03 5.0 6.0; mmol/L; rises; ULN 150 155 160
Hyperkalemia; 4.03 5.0 6.0; mmol/L; rises; ULN 5.5 6.0 7.0
Hypermagnesemia; 4.03 5.0 6.0; mg/dL; rises; ULN - 3.0 8.0
Hypermagnesemia; 4.03 5.0 6.0; mmol/L; rises; ULN - 1.23 3.30
Hypercalcemia; 4.03 5.0 6.0; mg/dL; rises; ULN 11.5 12.5 13.5
Hypercalcemia; 4.03 5.0 6.0; mmol/L; rises; ULN 2.9 3.1 3.4
Hypercalcemia (Ionized); 4.03 5.0 6.0; mmol/L; rises; ULN 1.5 1.6 1.8
Hyperphosphatemia; 5.0; ; rises; ULN - - -
Hyperglycemia; 6.0; mg/dL; rises; - - 250 500
Hyperglycemia; 6.0; mmol/L; rises; - - 13.9 27.8
Hyperglycemia (Fasting); 4.03 6.0; mg/dL; rises; ULN 160 250 500
Hyperglycemia (Fasting); 4.03 6.0; mmol/L; rises; ULN 8.9 13.9 27.8
Cardiac troponin I increased; 4.03 5.0; ; rises; ULN - - -
Cardiac troponin T increased; 4.03 5.0; ; rises; ULN - - -
"""
"""Where each grade begins: "<LLN - 10.0" includes 10.0, ">ULN - 3.0 x ULN" includes 3.0 (0.2 rule 5).

Creatinine clearance "26 - 49", "10 - 25", chronic kidney disease "59 - 30", "29 - 15": resolved as sodium is (quirk 7),
under 50, under 26, under 60, under 30. v5.0 phosphates have no number: the finding alone is grade 1 (resolved).
v6.0 calls "Platelet count decreased" thrombocytopenia. Calcium is corrected for albumin (quirk 8).
"""

NEAR = Fraction(1, 10**6)
FLAGS = {"symptoms", "anticoagulated", "over_24_h", "fasting", "febrile", "bleeding"}


class MissingError(Exception): ...


class Facts:
    """What is known of a result; asking for anything else stops the rule."""

    def __init__(self, known: Mapping[str, Any], key: tuple[str, str, str]) -> None:
        self.known, self.key = dict(known), key
        _, self.version, self.unit = key

    def __getitem__(self, name: str) -> Any:
        if self.known.get(name) is None:
            raise MissingError(name)
        return self.known[name]

    def given(self, name: str, value: Any) -> "Facts":
        return Facts({**self.known, name: value}, self.key)


def highest(*grades: tuple[bool, int]) -> int:
    """ "Grade = maximum over satisfied domain rules" (0.2 rule 1)."""
    return max([grade for holds, grade in grades if holds], default=0)


def limit(facts: Facts, text: str) -> Fraction:
    if text in {"LLN", "ULN"}:
        return Fraction(facts[text.lower()])
    if text.endswith("xULN"):
        return Fraction(text.removesuffix("xULN")) * Fraction(facts["uln"])
    return Fraction(text)


def ladder(direction: str, begins: list[str], calcium: bool) -> Rule:
    def rule(facts: Facts, _: Options) -> int:
        value = corrected(facts) if calcium else facts["value"]
        for grade in (4, 3, 2, 1):
            text = begins[grade - 1]
            if text == "-":
                continue
            if text.startswith("="):  # "150 mg/dL - 300 mg/dL": from 150 on
                return grade if value >= Fraction(text.removeprefix("=")) else 0
            if value < limit(facts, text) if direction == "falls" else value > limit(facts, text):
                return grade
        return 0

    return rule


def corrected(facts: Facts) -> Fraction:
    """Quirk 8: "Corrected Ca = Ca + 0.8 x (4 - albumin g/dL)", in mg/dL; without albumin it is taken as corrected."""
    if facts.known.get("albumin") is None:
        return Fraction(facts["value"])
    more = Fraction("0.8") * (4 - Fraction(facts["albumin"]))
    return Fraction(facts["value"]) + (more / Fraction("4.008") if facts.unit == "mmol/L" else more)  # section G


def liver(normal: str, abnormal: str, first: str) -> Rule:
    """v5.0, v6.0: ">3.0 - 5.0 x ULN if baseline was normal; >3.0 - 5.0 x baseline if baseline was abnormal"."""

    def rule(facts: Facts, _: Options) -> int:
        value, uln, baseline = facts["value"], facts["uln"], facts["baseline"]
        if baseline <= uln:
            return highest(*[(value > Fraction(x) * uln, grade) for grade, x in enumerate(normal.split(), 1)])
        times = [Fraction(x) * baseline for x in abnormal.split()]
        # "1.5 - 3.0 x baseline" includes 1.5; "> 1.0 - 1.5 x baseline" (bilirubin, v5.0) leaves 1.0 out. Under it: 0.
        begun = value >= times[0] if first == "included" else value > times[0]
        third = value > times[2]
        if facts.version == "6.0" and abnormal.endswith("2 4"):
            # ">2.0 - 4.0 x baseline if baseline was >ULN up to 5 x ULN": of a baseline up to there (resolved)
            third = third and baseline <= 5 * uln
        return highest((begun, 1), (value > times[1], 2), (third, 3), (value > times[3], 4))

    return rule


def alkaline_phosphatase_6(facts: Facts, _: Options) -> int:
    """ ">Baseline and ULN"."""
    return highest((facts["value"] > facts["uln"] and facts["value"] > facts["baseline"], 1))


def creatinine(facts: Facts, options: Options) -> int:
    value, uln = facts["value"], facts["uln"]
    if options.get("creatinine_above_limit") == "required" and value <= uln:
        return 0  # quirk 2: "option creat_require_above_uln"
    grade = highest((value > uln, 1), (value > Fraction("1.5") * uln, 2), (value > 3 * uln, 3), (value > 6 * uln, 4))
    if grade >= 3:
        return grade  # "> 3.0 baseline" adds nothing
    baseline = facts["baseline"]
    if facts.version == "6.0" and baseline >= facts["lln"]:
        return grade  # ">1.5 - 3.0 x if baseline is below LLN"
    by_baseline = highest((value > Fraction("1.5") * baseline, 2), (value > 3 * baseline, 3))
    if facts.version == "4.03":
        by_baseline = max(by_baseline, highest((value > baseline, 1)))  # quirk 1: ">1 - 1.5 x baseline"
    return max(grade, by_baseline)


def fibrinogen(facts: Facts, options: Options) -> int:
    value, quarter = facts["value"], Fraction("0.25")
    if value < (50 if facts.unit == "mg/dL" else Fraction("0.5")):
        return 4  # "absolute value <50 mg/dL"
    lln = facts["lln"]
    grade = highest(*[(value < lln * (1 - quarter * step), step + 1) for step in (0, 1, 2, 3)])
    # v5.0: "if abnormal, 25 - <50% decrease from baseline"; abnormal: "current value <LLN" (quirk 5)
    if grade == 4 or (value >= lln and (facts.version != "4.03" or options.get("fibrinogen_fall") == "off")):
        return grade
    baseline = facts["baseline"]
    fall = baseline - value
    # quirk 4: "75% decrease" = >=75%; "<25% decrease": any fall, literally
    steps = [(fall >= quarter * step * baseline, step + 1) for step in (1, 2, 3)]
    return max(grade, highest((fall > 0, 1), *steps) if fall > 0 else 0)


def inr(facts: Facts, _: Options) -> int:
    """ ">1.2 - 1.5; >1 - 1.5 x baseline if on anticoagulation"; v4.03 ">1 - 1.5 x ULN"."""
    value, middle, upper = facts["value"], Fraction("1.5"), Fraction("2.5")
    if facts["anticoagulated"]:
        # of one on anticoagulation, by the baseline alone (resolved; a semicolon is "or" elsewhere)
        baseline = facts["baseline"]
        return highest((value > baseline, 1), (value > middle * baseline, 2), (value > upper * baseline, 3))
    if facts.version == "4.03":
        uln = facts["uln"]
        return highest((value > uln, 1), (value > middle * uln, 2), (value > upper * uln, 3))
    return highest((value > Fraction("1.2"), 1), (value > middle, 2), (value > upper, 3))


def hemoglobin_increased(facts: Facts, _: Options) -> int:
    """v4.03 "above ULN or above baseline if baseline is above ULN"; v5.0 "above ULN"."""
    value, uln = facts["value"], facts["uln"]
    base = max(facts["baseline"], uln) if facts.version == "4.03" else uln
    unit = 10 if facts.unit == "g/L" else 1
    return highest((value > base, 1), (value > base + 2 * unit, 2), (value > base + 4 * unit, 3))


def pancreas(third: int) -> Rule:
    """v5.0: ">2.0 - 5.0 x ULN" asymptomatic 2, "with signs or symptoms" 3; ">5.0 x ULN" 3 and 4; v6.0 lipase from 3.0.

    v6.0 amylase tells "mild" from "moderate or severe" symptoms: any symptom counts (resolved).
    """

    def rule(facts: Facts, _: Options) -> int:
        value, uln = facts["value"], facts["uln"]
        if value > 5 * uln:
            return 4 if facts["symptoms"] else 3
        if value > third * uln:
            return 3 if facts["symptoms"] else 2
        return highest((value > uln, 1), (value > Fraction("1.5") * uln, 2))

    return rule


def sodium_low(facts: Facts, _: Options) -> int:
    """v5.0: "125-129 and asymptomatic" 2, "symptomatic" 3; "120-124 regardless" 3; quirk 7: [125,130), [120,125)."""
    value = facts["value"]
    if value < 120:
        return 4
    if value < 125:
        return 3
    if value < 130:
        return 3 if facts["symptoms"] else 2
    return 1 if value < facts["lln"] else 0


def potassium_low(facts: Facts, _: Options) -> int:
    """ "<LLN - 3.0" 1, "symptomatic with <LLN - 3.0" 2, "<3.0 - 2.5" 3, "<2.5" 4."""
    value = facts["value"]
    if value < 3:
        return 4 if value < Fraction("2.5") else 3
    if value < facts["lln"]:
        return 2 if facts["symptoms"] else 1
    return 0


def uric_acid(facts: Facts, _: Options) -> int:
    """ ">ULN - 10 mg/dL (0.59 mmol/L)" without consequences 1, with them 3; v4.03 ">10 mg/dL; >0.59 mmol/L" 4."""
    value = facts["value"]
    if facts.version == "4.03" and value > (10 if facts.unit == "mg/dL" else Fraction("0.59")):
        return 4
    if value > facts["uln"]:
        return 3 if facts["symptoms"] else 1
    return 0


def glucose(facts: Facts, _: Options) -> int:
    """v4.03 "fasting glucose value >ULN - 160" 1, "fasting >160 - 250" 2, ">250 - 500" 3, ">500" 4."""
    value = facts["value"]
    second, third, fourth = [Fraction(x) for x in ("160 250 500" if facts.unit == "mg/dL" else "8.9 13.9 27.8").split()]
    if value > third:
        return 4 if value > fourth else 3
    if value > second:
        return 2 if facts["fasting"] else 0
    return 1 if value > facts["uln"] and facts["fasting"] else 0


def ejection_fraction(facts: Facts, _: Options) -> int:
    """ "50 - 40%; 10 - 19% drop" 2, "39 - 20%; >20% drop" (v5.0 ">=20%") 3, "<20%" 4; from 39 to 40: 3 (resolved)."""
    value = facts["value"]
    if value < 40:
        return 4 if value < 20 else 3
    drop = facts["baseline"] - value  # quirk 6: "in absolute points; v4.03 exact 20 falls in a gap, treated as G2"
    if drop > 20 or (drop == 20 and facts.version != "4.03"):
        return 3
    return 2 if value <= 50 or drop >= 10 else 0


def urine(facts: Facts, _: Options) -> int:
    """ "<80 ml in 8 hr" 3; "<240 ml in 24 hr" 4."""
    if facts.unit == "mL/8h":
        return 3 if facts["value"] < 80 else 0
    return 4 if facts["value"] < 240 else 0


def fever(facts: Facts, _: Options) -> int:
    """ "38.0 - 39.0", ">39.0 - 40.0", ">40.0 for <=24 hrs", ">40.0 for >24 hrs"."""
    value = facts["value"]
    if value > 40:
        return 4 if facts["over_24_h"] else 3
    return highest((value >= 38, 1), (value > 39, 2))


def kidney_injury(facts: Facts, _: Options) -> int:
    """v4.03 "rise >0.3 mg/dL or 1.5-2xBL" 1, "2-3xBL" 2, ">3xBL or >4.0 mg/dL" 3."""
    value = facts["value"]
    if value > 4:
        return 3
    baseline = facts["baseline"]
    if value > 2 * baseline:
        return 3 if value > 3 * baseline else 2
    return 1 if value - baseline > Fraction("0.3") or value >= Fraction("1.5") * baseline else 0


def hypoxia(facts: Facts, _: Options) -> int:
    """ "SpO2 <88% or PaO2 <=55 at rest" 3."""
    return 3 if (facts["value"] < 88 if facts.unit == "%" else facts["value"] <= 55) else 0


def febrile_neutropenia(facts: Facts, _: Options) -> int:
    """ "ANC <1.0 with >38.3 once or >=38 for >1 h" 3."""
    return 3 if facts["value"] < 1 and facts["febrile"] else 0


def intravascular_coagulation(facts: Facts, _: Options) -> int:
    """ "Labs, no bleeding" 2, "labs + bleeding" 3; the value says whether there are findings (resolved)."""
    return 0 if facts["value"] < 1 else 3 if facts["bleeding"] else 2


AMINASES = ("Alanine aminotransferase increased", "Aspartate aminotransferase increased")
PHOSPHATASES = ("Alkaline phosphatase increased", "GGT increased")

RULES: list[tuple[str, str, dict[str, str], Rule]] = [
    *[(term, "5.0", {"": "1x 1.5x 3x 5x 20x"}, liver("1 3 5 20", "1.5 3 5 20", "included")) for term in AMINASES],
    *[(term, "6.0", {"": "1x 3x 5x 20x 1.5x 2x 4x"}, liver("1 3 5 20", "1 1.5 2 4", "included")) for term in AMINASES],
    *[(term, "5.0", {"": "1x 2x 2.5x 5x 20x"}, liver("1 2.5 5 20", "2 2.5 5 20", "included")) for term in PHOSPHATASES],
    ("Alkaline phosphatase increased", "6.0", {"": "1x"}, alkaline_phosphatase_6),
    ("GGT increased", "6.0", {"": "1x 2.5x 5x 20x 1.5x 3x 10x"}, liver("1 2.5 5 20", "1 1.5 3 10", "included")),
    ("Blood bilirubin increased", "5.0", {"": "1x 1.5x 3x 10x"}, liver("1 1.5 3 10", "1 1.5 3 10", "left out")),
    ("Blood bilirubin increased", "6.0", {"": "1x 1.5x 2.5x 3x 10x"}, liver("1 1.5 3 10", "1 1.5 2.5 10", "included")),
    ("Creatinine increased", "4.03 5.0 6.0", {"": "1x 1.5x 3x 6x"}, creatinine),
    (
        "Fibrinogen decreased",
        "4.03 5.0 6.0",
        {"mg/dL": "50 1x 0.75x 0.5x 0.25x", "g/L": "0.5 1x 0.75x 0.5x 0.25x"},
        fibrinogen,
    ),
    ("INR increased", "4.03 5.0 6.0", {"": "1.2 1.5 2.5 1x 1.5x 2.5x"}, inr),
    ("Hemoglobin increased", "4.03 5.0 6.0", {"g/dL": "2 4 1x", "g/L": "20 40 1x"}, hemoglobin_increased),
    *[(term, "5.0", {"": "1x 1.5x 2x 5x"}, pancreas(2)) for term in ("Lipase increased", "Serum amylase increased")],
    ("Lipase increased", "6.0", {"": "1x 1.5x 3x 5x"}, pancreas(3)),
    ("Serum amylase increased", "6.0", {"": "1x 1.5x 2x 5x"}, pancreas(2)),
    ("Hyponatremia", "5.0 6.0", {"mmol/L": "120 125 130 1x"}, sodium_low),
    ("Hypokalemia", "4.03 5.0 6.0", {"mmol/L": "2.5 3.0 1x"}, potassium_low),
    ("Hyperuricemia", "4.03", {"mg/dL": "10 1x", "mmol/L": "0.59 1x"}, uric_acid),
    ("Hyperuricemia", "5.0 6.0", {"": "1x"}, uric_acid),
    ("Hyperglycemia", "4.03", {"mg/dL": "160 250 500 1x", "mmol/L": "8.9 13.9 27.8 1x"}, glucose),
    ("Ejection fraction decreased", "4.03 5.0", {"%": "10 20 40 50"}, ejection_fraction),
    ("Urine output decreased", "4.03 5.0", {"mL/8h": "80", "mL/24h": "240"}, urine),
    ("Fever", "4.03 5.0", {"Cel": "38.0 39.0 40.0"}, fever),
    ("Acute kidney injury", "4.03", {"mg/dL": "4.0 0.3 1x 1.5x 2x 3x"}, kidney_injury),
    ("Hypoxia", "4.03 5.0", {"%": "88", "mm[Hg]": "55"}, hypoxia),
    ("Febrile neutropenia", "4.03 5.0", {"10*9/L": "1.0"}, febrile_neutropenia),
    ("Disseminated intravascular coagulation", "4.03 5.0", {"1": "1"}, intravascular_coagulation),
]


def terms() -> dict[tuple[str, str, str], tuple[Rule, list[str]]]:
    """Rule of each term, version and unit, and where its grades begin: numbers, and multiples of a limit ("1.5x")."""
    found: dict[tuple[str, str, str], tuple[Rule, list[str]]] = {}
    for line in LADDERS.strip().splitlines():
        term, versions, unit, direction, begins = [part.strip() for part in line.split(";")]
        rule = ladder(direction, begins.split(), term in {"Hypocalcemia", "Hypercalcemia"})
        turns = [text.removeprefix("=").replace("xULN", "x") for text in begins.split() if text != "-"]
        for version in versions.split():
            found[term, version, unit] = rule, ["1x" if text in {"LLN", "ULN"} else text for text in turns]
    for term, versions, units, rule in RULES:
        for version in versions.split():
            found |= {(term, version, unit): (rule, turns.split()) for unit, turns in units.items()}
    return found


TERMS = terms()


def printed(key: tuple[str, str, str], multiples: bool) -> list[Fraction]:
    return [Fraction(text.removesuffix("x")) for text in TERMS[key][1] if text.endswith("x") == multiples]


def candidates(facts: Facts, name: str, near: Fraction = NEAR) -> list[Any]:
    """Everything about which a missing input could turn the grade, just under it and just over it."""
    if name in FLAGS:
        return [False, True]
    value = [Fraction(facts.known[x]) for x in ("value", "compared") if facts.known.get(x) is not None]
    limits = [Fraction(facts.known[x]) for x in ("lln", "uln", "baseline") if facts.known.get(x) is not None]
    # A value turns at multiples of a limit, a limit at fractions of the value; limits at each other ("up to 5 x ULN").
    constants, multiples = printed(facts.key, multiples=False), printed(facts.key, multiples=True)
    turns = {*value, *limits, *constants, *[number * 5 for number in limits], *[number / 5 for number in limits]}
    if name == "value":
        turns |= {number * times for number in limits for times in multiples}
    else:
        turns |= {number / times for number in value for times in multiples}
    turns |= {number + sign * one for number in [*value, *limits] for one in constants for sign in (1, -1)}
    found = {Fraction(0), Fraction(10**7)} | {turn + side * turn * near for turn in turns for side in (-1, 0, 1)}
    return sorted(number for number in found if number >= 0)


def bounds(facts: Facts, rule: Rule, options: Options) -> set[int]:
    """The grades of every way to fill in what is missing and matters."""
    try:
        return {rule(facts, options)}
    except MissingError as missing:
        name = str(missing)
    found: set[int] = set()
    comparator, compared = facts.known.get("comparator"), facts.known.get("compared")
    for candidate in candidates(facts, name):
        if name == "value" and comparator and not (candidate < compared if comparator == "<" else candidate > compared):
            continue
        if {0, 4} <= found:
            break  # no more can come of it
        found |= bounds(facts.given(name, candidate), rule, options)
    return found


def grade(key: tuple[str, str, str], known: Mapping[str, Any], options: Options) -> tuple[int, int]:
    """Lowest and highest grade; the same where all that matters is known."""
    found = bounds(Facts(known, key), TERMS[key][0], options)
    return min(found), max(found)
