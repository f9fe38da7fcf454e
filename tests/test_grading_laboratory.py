"""Laboratory grades of the CTCAE: both sides of the limits, baselines, both systems of units, what is not known.

National Cancer Institute, CTCAE v4.03, v5.0, v6.0. A blank grade: the version has no such number.
"""

import csv
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from abate.calculator import calculate, rule
from abate.grading import ctcae_table
from abate.grading.ctcae_table import edges, terms
from abate.records.options import Options
from calculated import Case, found, sheet
from spec import cells

VERSIONS = ("4.03", "5.0", "6.0")
TABLE = cells(
    """
    term                  | limits                          | value       | 4.03 | 5.0 | 6.0
    Anemia                | unit=g/dL; lln=12               | 12.0        | 0    | 0   | 0
    Anemia                | unit=g/dL; lln=12               | 11.9        | 1    | 1   | 1
    Anemia                | unit=g/dL; lln=12               | 10.0        | 1    | 1   | 1
    Anemia                | unit=g/dL; lln=12               | 9.9         | 2    | 2   | 2
    Anemia                | unit=g/dL; lln=12               | 8.0         | 2    | 2   | 2
    Anemia                | unit=g/dL; lln=12               | 7.9         | 3    | 3   | 3
    Anemia                | unit=g/dL; lln=12               | 2.0         | 3    | 3   | 3
    Anemia                | unit=g/L; lln=120               | 80          | 2    | 2   | 2
    Anemia                | unit=g/L; lln=120               | 79          | 3    | 3   | 3
    Anemia                | unit=mmol/L; lln=7.4            | 6.2         | 1    | 1   | 1
    Anemia                | unit=mmol/L; lln=7.4            | 4.89        | 3    | 3   | 3
    Leukocytosis          | unit=10*9/L                     | 100         | 0    | 0   | 0
    Leukocytosis          | unit=/mm3                       | 100001      | 3    | 3   | 3
    Platelets             | unit=10^9/L; lln=150            | 150         | 0    | 0   | 0
    Platelets             | unit=10^9/L; lln=150            | 75          | 1    | 1   | 1
    Platelets             | unit=10^9/L; lln=150            | 50          | 2    | 2   | 2
    Platelets             | unit=10^9/L; lln=150            | 25          | 3    | 3   | 3
    Platelets             | unit=10^9/L; lln=150            | 24.9        | 4    | 4   | 3
    Platelets             | unit=/uL; lln=150000            | 9999        | 4    | 4   | 4
    Neutropenia           | unit=10^9/L; lln=1.8            | 1.5         | 1    | 1   | 0
    Neutropenia           | unit=10^9/L; lln=1.8            | 1.49        | 2    | 2   | 1
    Neutropenia           | unit=10^9/L; lln=1.8            | 0.5         | 3    | 3   | 2
    Neutropenia           | unit=10^9/L; lln=1.8            | 0.49        | 4    | 4   | 3
    Neutropenia           | unit=10^9/L; lln=1.8            | 0.09        | 4    | 4   | 4
    Lymphopenia           | unit=10^9/L; lln=1.0            | 0.2         | 3    | 3   |
    Lymphopenia           | unit=10^9/L; lln=1.0            | 0.19        | 4    | 4   |
    Lymphocytosis         | unit=10^9/L                     | 4.01        | 2    | 2   | 2
    Lymphocytosis         | unit=10^9/L                     | 20.1        | 3    | 3   | 3
    Leukopenia            | unit=10^9/L; lln=4              | 2.99        | 2    | 2   | 2
    Leukopenia            | unit=10^9/L; lln=4              | 0.99        | 4    | 4   | 4
    CD4 decreased         | unit=10^9/L; lln=0.6            | 0.049       | 4    | 4   | 4
    aPTT                  | unit=s; uln=35                  | 52.5        | 1    | 1   | 1
    aPTT                  | unit=s; uln=35                  | 52.6        | 2    | 2   | 2
    aPTT                  | unit=s; uln=35                  | 87.6        | 3    | 3   | 3
    INR                   | uln=1.0; anticoagulated=no      | 1.1         | 1    | 0   | 0
    INR                   | uln=1.0; anticoagulated=no      | 1.21        | 1    | 1   | 1
    INR                   | uln=1.2; anticoagulated=no      | 2.6         | 2    | 3   | 3
    INR                   | uln=1.2; baseline=2.4; anticoagulated=yes | 2.4 | 0  | 0   | 0
    INR                   | uln=1.2; baseline=2.0; anticoagulated=yes | 3.1 | 2  | 2   | 2
    Fibrinogen            | unit=mg/dL; lln=200; baseline=400 | 300       | 2    | 0   | 0
    Fibrinogen            | unit=mg/dL; lln=200; baseline=400 | 399       | 1    | 0   | 0
    Fibrinogen            | unit=mg/dL; lln=200; baseline=400 | 180       | 3    | 3   | 3
    Fibrinogen            | unit=mg/dL; lln=200; baseline=200 | 150       | 2    | 2   | 2
    Fibrinogen            | unit=mg/dL; lln=200; baseline=190 | 150       | 1    | 1   | 1
    Fibrinogen            | unit=mg/dL; lln=200; baseline=190 | 149       | 2    | 2   | 2
    Fibrinogen            | unit=mg/dL; lln=90; baseline=80   | 49        | 4    | 4   | 4
    Fibrinogen            | unit=g/L; lln=0.9; baseline=0.8   | 0.49      | 4    | 4   | 4
    Fibrinogen            | unit=mg/dL; lln=200; baseline=800 | 200       | 4    | 0   | 0
    Haptoglobin decreased | unit=mg/dL; lln=30              | 29          | 1    | 1   | 1
    ALT                   | unit=U/L; uln=40; baseline=20   | 40          | 0    | 0   | 0
    ALT                   | unit=U/L; uln=40; baseline=20   | 41          | 1    | 1   | 1
    ALT                   | unit=U/L; uln=40; baseline=20   | 120         | 1    | 1   | 1
    ALT                   | unit=U/L; uln=40; baseline=20   | 200         | 2    | 2   | 2
    ALT                   | unit=U/L; uln=40; baseline=20   | 800         | 3    | 3   | 3
    ALT                   | unit=U/L; uln=40; baseline=20   | 801         | 4    | 4   | 4
    ALT                   | unit=U/L; uln=40; baseline=80   | 220         | 3    | 1   | 3
    ALT                   | unit=U/L; uln=40; baseline=80   | 119         | 1    | 0   | 1
    ALT                   | unit=U/L; uln=40; baseline=80   | 120         | 1    | 1   | 1
    ALT                   | unit=U/L; uln=40; baseline=80   | 121         | 2    | 1   | 2
    ALT                   | unit=U/L; uln=40; baseline=80   | 321         | 3    | 2   | 4
    ALT                   | unit=U/L; uln=40; baseline=240  | 600         | 3    | 1   | 2
    AST                   | unit=U/L; uln=40; baseline=40   | 801         | 4    | 4   | 4
    AST                   | unit=U/L; uln=40; baseline=41   | 124         | 2    | 2   | 3
    ALP                   | unit=U/L; uln=120; baseline=100 | 300         | 1    | 1   | 1
    ALP                   | unit=U/L; uln=120; baseline=100 | 301         | 2    | 2   | 1
    ALP                   | unit=U/L; uln=120; baseline=200 | 399         | 2    | 0   | 1
    ALP                   | unit=U/L; uln=120; baseline=200 | 199         | 1    | 0   | 0
    GGT                   | unit=U/L; uln=60; baseline=30   | 301         | 3    | 3   | 3
    GGT                   | unit=U/L; uln=60; baseline=100  | 301         | 3    | 2   | 3
    Bilirubin             | unit=mg/dL; uln=1.2; baseline=1.92 | 4.8      | 3    | 2   | 2
    Bilirubin             | unit=mg/dL; uln=1.2; baseline=1.92 | 1.92     | 2    | 0   | 1
    Bilirubin             | unit=mg/dL; uln=1.2; baseline=0.5 | 12.1      | 4    | 4   | 4
    LDH                   | unit=U/L; uln=250               | 251         |      | 1   | 1
    Creatinine            | unit=mg/dL; uln=1.2; lln=0.5; baseline=0.6 | 0.7 | 1 | 0 | 0
    Creatinine            | unit=mg/dL; uln=1.2; lln=0.5; baseline=0.6 | 1.0 | 2 | 2 | 0
    Creatinine            | unit=mg/dL; uln=1.2; lln=0.5; baseline=0.4 | 1.0 | 2 | 2 | 2
    Creatinine            | unit=mg/dL; uln=1.2; lln=0.5; baseline=0.6 | 1.9 | 3 | 3 | 2
    Creatinine            | unit=mg/dL; uln=1.2; lln=0.5; baseline=1.2 | 3.7 | 3 | 3 | 3
    Creatinine            | unit=mg/dL; uln=1.2; lln=0.5; baseline=1.2 | 7.2 | 3 | 3 | 3
    Creatinine            | unit=mg/dL; uln=1.2; lln=0.5; baseline=1.2 | 7.3 | 4 | 4 | 4
    Creatinine clearance decreased | unit=mL/min            | 50          |      |     | 0
    Creatinine clearance decreased | unit=mL/min            | 49.9        |      |     | 2
    Creatinine clearance decreased | unit=mL/min            | 25          |      |     | 3
    Chronic kidney disease | unit=mL/min; lln=90            | 14.9        | 4    | 4   |
    CPK                   | unit=U/L; uln=200               | 2001        | 4    | 4   |
    Lipase                | unit=U/L; uln=60; symptoms=no   | 180         | 3    | 2   | 2
    Lipase                | unit=U/L; uln=60; symptoms=yes  | 180         | 3    | 3   | 2
    Lipase                | unit=U/L; uln=60; symptoms=yes  | 181         | 3    | 3   | 3
    Lipase                | unit=U/L; uln=60; symptoms=no   | 301         | 4    | 3   | 3
    Lipase                | unit=U/L; uln=60; symptoms=yes  | 301         | 4    | 4   | 4
    Amylase               | unit=U/L; uln=100; symptoms=yes | 201         | 3    | 3   | 3
    Cholesterol           | unit=mg/dL; uln=200             | 301         | 2    | 2   | 2
    Cholesterol           | unit=mmol/L; uln=5.2            | 12.93       | 4    | 4   | 4
    LDL increased         | unit=mg/dL; uln=130             | 131         |      |     | 1
    HDL decreased         | unit=mg/dL; lln=40              | 39          |      |     | 1
    Triglycerides         | unit=mg/dL                      | 149         | 0    | 0   | 0
    Triglycerides         | unit=mg/dL                      | 150         | 1    | 1   | 1
    Triglycerides         | unit=mmol/L                     | 3.43        | 2    | 2   | 2
    Triglycerides         | unit=mg/dL                      | 1001        | 4    | 4   | 4
    Albumin               | unit=g/L; lln=35                | 19.9        | 3    | 3   | 3
    Hyponatremia          | unit=mmol/L; lln=135; symptoms=no  | 130      | 1    | 1   | 1
    Hyponatremia          | unit=mmol/L; lln=135; symptoms=no  | 127      | 3    | 2   | 2
    Hyponatremia          | unit=mmol/L; lln=135; symptoms=yes | 127      | 3    | 3   | 3
    Hyponatremia          | unit=mmol/L; lln=135; symptoms=no  | 124.9    | 3    | 3   | 3
    Hyponatremia          | unit=mEq/L; lln=135; symptoms=no   | 119      | 4    | 4   | 4
    Hypernatremia         | unit=mmol/L; uln=145            | 155.1       | 3    | 3   | 3
    Hypokalemia           | unit=mmol/L; lln=3.5; symptoms=no  | 3.0      | 1    | 1   | 1
    Hypokalemia           | unit=mmol/L; lln=3.5; symptoms=yes | 3.0      | 2    | 2   | 2
    Hypokalemia           | unit=mmol/L; lln=3.5; symptoms=no  | 2.4      | 4    | 4   | 4
    Hyperkalemia          | unit=mmol/L; uln=5.0            | 6.1         | 3    | 3   | 3
    Hypomagnesemia        | unit=mg/dL; lln=1.7             | 0.9         | 2    | 2   | 2
    Hypomagnesemia        | unit=mmol/L; lln=0.7            | 0.39        | 3    | 3   | 3
    Hypermagnesemia       | unit=mg/dL; uln=2.4             | 3.0         | 1    | 1   | 1
    Hypermagnesemia       | unit=mg/dL; uln=2.4             | 3.1         | 3    | 3   | 3
    Hypocalcemia          | unit=mg/dL; lln=8.5             | 6.9         | 3    | 3   | 3
    Hypocalcemia          | unit=mg/dL; lln=8.5; albumin=2  | 6.8         | 1    | 1   | 1
    Hypocalcemia          | unit=mmol/L; lln=2.1; albumin=2 | 1.7         | 0    | 0   | 0
    Hypocalcemia (Ionized) | unit=mmol/L; lln=1.1           | 0.79        | 4    | 4   | 4
    Hypercalcemia         | unit=mg/dL; uln=10.5            | 13.6        | 4    | 4   | 4
    Hypercalcemia (Ionized) | unit=mmol/L; uln=1.3          | 1.61        | 3    | 3   | 3
    Hypophosphatemia      | unit=mg/dL; lln=2.5             | 1.8         | 3    | 1   |
    Hyperphosphatemia     | unit=mg/dL; uln=4.5             | 9           |      | 1   |
    Hypoglycemia          | unit=mg/dL; lln=70              | 29          | 4    | 4   | 4
    Hyperglycemia         | unit=mmol/L                     | 14          | 3    |     | 3
    Hyperglycemia         | unit=mg/dL; uln=100; fasting=yes | 161        | 2    |     | 0
    Hyperglycemia         | unit=mg/dL; uln=100; fasting=no | 161         | 0    |     | 0
    Fasting hyperglycemia | unit=mg/dL; uln=100             | 161         | 2    |     | 2
    Hyperuricemia         | unit=mg/dL; uln=7; symptoms=no  | 9           | 1    | 1   | 1
    Hyperuricemia         | unit=mg/dL; uln=7; symptoms=yes | 9           | 3    | 3   | 3
    Hyperuricemia         | unit=umol/L; uln=420; symptoms=no | 600       | 4    | 1   | 1
    Acidosis              | lln=7.35                        | 7.34        | 1    | 1   | 1
    Acidosis              | unit=pH; lln=7.35               | 7.29        | 3    | 3   | 3
    Alkalosis             | uln=7.45                        | 7.51        | 3    | 3   | 3
    Troponin I            | unit=ng/L; uln=14               | 15          | 1    | 1   |
    Ejection fraction     | unit=%; baseline=60             | 40          | 2    | 3   |
    Ejection fraction     | unit=%; baseline=60             | 50          | 2    | 2   |
    Ejection fraction     | unit=%; baseline=60             | 51          | 0    | 0   |
    Ejection fraction     | unit=%; baseline=55             | 39          | 3    | 3   |
    Urine output          | unit=mL/8h                      | 79          | 3    | 3   |
    Urine output          | unit=mL/24h                     | 239         | 4    | 4   |
    Fever                 | unit=C                          | 39.0        | 1    | 1   |
    Fever                 | unit=F                          | 104.1       | 3    | 3   |
    Fever                 | unit=C; over_24_h=yes           | 40.1        | 4    | 4   |
    Hypoxia               | unit=%                          | 88          | 0    | 0   |
    Hypoxia               | unit=%                          | 87.9        | 3    | 3   |
    Hypoxia               | unit=mmHg                       | 55          | 3    | 3   |
    Hypoxia               | unit=mmHg                       | 55.1        | 0    | 0   |
    Hypoxia               | unit=kPa                        | 7.3         | 3    | 3   |
    AKI                   | unit=mg/dL; baseline=1.0        | 1.3         | 0    |     |
    AKI                   | unit=mg/dL; baseline=1.0        | 1.31        | 1    |     |
    AKI                   | unit=mg/dL; baseline=1.0        | 2.1         | 2    |     |
    AKI                   | unit=mg/dL; baseline=1.0        | 3.1         | 3    |     |
    AKI                   | unit=mg/dL; baseline=3.9        | 4.1         | 3    |     |
    Febrile neutropenia   | unit=10^9/L; febrile=yes        | 0.99        | 3    | 3   |
    Febrile neutropenia   | unit=10^9/L; febrile=yes        | 1.0         | 0    | 0   |
    Febrile neutropenia   | unit=/uL; febrile=no            | 400         | 0    | 0   |
    DIC                   | bleeding=no                     | 1           | 2    | 2   |
    DIC                   | bleeding=yes                    | 1           | 3    | 3   |
    DIC                   | bleeding=yes                    | 0           | 0    | 0   |
    Hemoglobin increased  | unit=g/dL; uln=16; baseline=15  | 18.1        | 2    | 2   | 2
    Hemoglobin increased  | unit=g/dL; uln=16; baseline=17  | 18.1        | 1    | 2   | 2
    Hemoglobin increased  | unit=g/L; uln=160; baseline=150 | 201         | 3    | 3   | 3
    """
)


def graded() -> list[tuple[str, str | None, Any]]:
    """Grade the whole table, every version, in one run."""
    rows = []
    for row in TABLE:
        given = dict(part.strip().split("=") for part in row["limits"].split(";"))
        for version in VERSIONS:
            name = f"{row['term']} {row['value']} {row['limits']}, {version}"
            wanted = row[version] or None
            rows.append((name, wanted, given | {"term": row["term"], "value": row["value"], "version": version}))
    columns = list(dict.fromkeys(column for _name, _wanted, given in rows for column in given))
    table = pa.table({column: [given.get(column, "") for _name, _wanted, given in rows] for column in columns})
    found = calculate(rule("ctcae-lab"), table, "table", Options()).to_pylist()
    return [(name, wanted, result) for (name, wanted, _given), result in zip(rows, found, strict=True)]


def test_every_value_has_its_grade() -> None:
    results = graded()
    assert len(results) > 400
    wrong = [
        (name, wanted, found["grade"], found["lower"], found["upper"])
        for name, wanted, found in results
        if found["grade"] != (None if wanted is None else int(wanted))
    ]
    assert not wrong
    assert all(found["complete"] == (wanted is not None) or found["missing"] for _name, wanted, found in results)


WHOLE = {"Creatinine clearance decreased": {10.0, 25.0, 49.0}, "Hyponatremia": {124.0, 129.0}}
NOT_KNOWN = sheet(
    "ctcae-lab",
    """
    what                              | inputs                                      | grade | bounds | missing
    no limit of normal, normal        | term=platelets; value=100; unit=10*9/L      | ?     | 0-1    | lln
    no limit of normal, low           | term=platelets; value=60; unit=10*9/L       | 2     | 2-2    | none
    no unit                           | term=platelets; value=60; lln=150           | ?     | 0-4    | unit
    no value                          | term=ALT; uln=40; baseline=20               | ?     | 0-4    | value
    no baseline, within normal        | term=ALT; value=30; uln=40                  | 0     | 0-0    | none
    no baseline, raised               | term=ALT; value=300; uln=40                 | ?     | 0-3    | baseline
    no baseline, just above normal    | term=ALT; value=50; uln=40                  | ?     | 0-1    | baseline
    no limit, an abnormal baseline    | term=ALT; value=0.3; baseline=5             | 0     | 0-0    | none
    symptoms not known                | term=Hyponatremia; value=127; unit=mmol/L   | 2     | 2-3    | symptoms
    ... that would not matter         | term=Hyponatremia; value=119; unit=mmol/L   | 4     | 4-4    | none
    anticoagulation not known         | term=INR; value=2.0; baseline=1.8           | 2     | 1-2    | anticoagulated
    ... and it does not matter        | term=INR; value=6; baseline=1.1             | 3     | 3-3    | none
    ... and no baseline | term=INR; value=1.4 | 1 | 0-3 | baseline; anticoagulated
    fasting not known                 | term=Hyperglycemia; value=200; unit=mg/dL   | ?     | 0-2    | fasting
                                      | uln=100; version=4.03                       |       |        |
    fever not known                   | term=Febrile neutropenia; value=0.4; unit=10*9/L | ? | 0-3 | febrile
    bleeding not known                | term=DIC; value=1                           | 2     | 2-3    | bleeding
    a limit of 0                      | term=creatinine; value=1.2; uln=0; baseline=1 | ?   | 0-4    | uln
    below detection                   | term=Neutropenia; value=<0.1; unit=10*9/L   | 4     | 4-4    | none
    above a limit                     | term=ALT; value=>1000; uln=40; baseline=20  | 4     | 4-4    | none
    above another                     | term=ALT; value=>100; uln=40; baseline=20   | 1     | 1-4    | value
    """,
    given="version=5.0; lln=",
)
VERSION_ONE = sheet(
    "ctcae-lab",
    """
    what                  | inputs                                  | grade | flags | missing
    not in this version   | term=LDH; value=300; uln=200; version=4 | ?     | not a term of this version with a number |
    in small letters      | term=alt; value=130; uln=40; version=v4.0 | 2   | none | none
    no version            | term=ALT; value=300; uln=40             | ?     | none | version
    """,
)
OPTIONAL = [
    *sheet(
        "ctcae-lab",
        """
        what                    | inputs                                       | grade
        a fall within normal    | term=fibrinogen; value=300; unit=mg/dL; lln=200; baseline=400 | 0
        a fall and low          | term=fibrinogen; value=140; unit=mg/dL; lln=200; baseline=400 | 3
        """,
        given="version=4.03",
        options="fibrinogen_fall=off",
    ),
    *sheet(
        "ctcae-lab",
        """
        what          | inputs                                                              | grade
        within normal | term=creatinine; value=1.0; unit=mg/dL; uln=1.2; baseline=0.6; version=5 | 0
        above it      | term=creatinine; value=1.3; unit=mg/dL; uln=1.2; baseline=0.6; version=5 | 2
        """,
        options="creatinine_above_limit=required",
    ),
]


@pytest.mark.parametrize("case", [*NOT_KNOWN, *VERSION_ONE, *OPTIONAL], ids=str)
def test_a_case_has_its_grade(case: Case) -> None:
    assert found(case) == case.expected


def test_a_cell_that_cannot_be_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    row = {
        "term": "T",
        "versions": "5.0",
        "unit": "",
        "grade_1": ">1 times",
        "grade_2": "",
        "grade_3": "",
        "grade_4": "",
    }
    monkeypatch.setattr(ctcae_table, "table_rows", lambda: [row])
    with pytest.raises(ValueError, match="T, grade 1: '>1 times' is no condition"):
        ctcae_table.edges.__wrapped__()


def test_every_term_of_the_published_table_is_here(shared: Path) -> None:
    """Every term and version of NCI's laboratory wording that holds a number."""
    with (shared / "spec" / "ctcae_lab_criteria.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    names = {written.lower(): term for term in terms().values() for written in (term.name, *term.also)}
    lacking = []
    for row in rows:
        version = {"CTCAE v4.0": "4.03", "CTCAE v5.0": "5.0", "CTCAE v6.0": "6.0"}[row["criteria"]]
        term = names.get(row["term"].lower())
        if term is None or not term.units[version]:
            lacking.append((row["term"], version))
    assert not lacking


def test_every_printed_number_stands_in_the_table(shared: Path) -> None:
    """Each number of NCI's wording is a limit of the term; ranges of whole numbers begin where the next ends."""
    with (shared / "spec" / "ctcae_lab_criteria.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    names = {written.lower(): term.name for term in terms().values() for written in (term.name, *term.also)}
    lacking = []
    for row in rows:
        version = {"CTCAE v4.0": "4.03", "CTCAE v5.0": "5.0", "CTCAE v6.0": "6.0"}[row["criteria"]]
        # One wording tells total and ionized calcium, any and fasting glucose.
        name = names[row["term"].lower()].split(" (")[0]
        mine = [edge for edge in edges() if edge.term.split(" (")[0] == name and edge.version == version]
        limits = {edge.limit for edge in mine} | WHOLE.get(name, set())
        for grade in (1, 2, 3, 4):
            text = re.sub(r"CD4|10e9|10\^9|v[0-9.]+", "", row[f"grade_{grade}"]).replace(",", "")
            numbers = {float(number) for number in re.findall(r"(?<![A-Za-z])[0-9]+(?:\.[0-9]+)?", text)}
            lacking += [
                (row["term"], version, grade, number)
                for number in numbers
                if not any(abs(number / scale - limit) < 1e-9 for limit in limits for scale in (1, 1000))
            ]
    assert sorted(set(lacking)) == []
