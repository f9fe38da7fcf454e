"""Options of neurotoxicity and of organs: each changes what it says, and nothing else; every option has a witness.

A column holds the answer under another value of the option, empty where it is the same. How records are written
stands in :mod:`cells`, under which options a row is graded in :mod:`witnesses`; sources stand with the options, in
``src/abate/records/grading_options.py``.
"""

import pytest

import test_grading_options_crs as crs
from abate.grading.systems import SYSTEMS
from abate.records.grading_options import GRADING
from abate.records.options import REGISTRY, Options
from cells import Case
from witnesses import GROUPS, under_every_group, witnesses

ELSEWHERE = (
    *("fibrinogen_fall", "crs_onset", "norepinephrine_equivalence"),
    *("explained_patients", "lanes_shown", "timelines_shown", "kappa_weights"),
)
"""Options that change no grade: of the onset, of the equivalent that is shown, and of the page."""
ROWS: list[dict[str, str]] = []
ROWS += witnesses(
    """
    what               | records             | default | none | rass_from_minus_4 | rass_from_minus_1
    RASS 0             | 12:00 rass 0        | 0       | ?    | ?                 |
    RASS -1            | 12:00 rass -1       | 0       | ?    | ?                 | 2
    RASS -1 at night   | 23:00 rass -1       | 0       | ?    | ?                 | ?
    RASS -2            | 12:00 rass -2       | 2       | ?    | ?                 |
    RASS -3            | 12:00 rass -3       | 2       | ?    | ?                 |
    RASS -4            | 12:00 rass -4       | 3       | ?    |                   |
    RASS -5            | 12:00 rass -5       | 4       | ?    |                   |
    eyes open to voice | 12:00 gcs_eye 3     | 2       | ?    |                   |
    AVPU pain          | 12:00 avpu pain     | 3       | ?    |                   |
    charted            | consciousness alert | 0       |      |                   |
    """,
    option="consciousness_from_scales",
    column="consciousness",
    given="covered",
)
ROWS += witnesses(
    """
    what              | records  | day | default | 0
    of the day before | ice 9    | 1   | 9       | ?
    its own           | d1 ice 9 | 1   | 9       |
    """,
    option="score_carry_hours",
    column="ice",
    given="followed 1; covered",
)
ROWS += witnesses(
    """
    what       | records          | default | through_12
    12 years   | age 12; capd 9   | 0       | 3
    12.9 years | age 12.9; capd 9 | 0       | 3
    13 years   | age 13; capd 9   | 0       |
    11 years   | age 11; capd 9   | 3       |
    """,
    option="capd_age",
    column="ASTCT ICANS",
    given="well",
)
ROWS += witnesses(
    """
    what       | records          | default | through_12
    12.9 years | age 12.9; capd 9 | 0       | 3
    13 years   | age 13; capd 9   | 0       |
    """,
    option="capd_age",
    column="CARTOX CRES",
    given="well",
)
ROWS += witnesses(
    """
    what                | records                     | default | delta
    8 before, 8 now     | d-1 ice 8; ice 8            | 1       | 0
    8 before, 5 now     | d-1 ice 8; ice 5            | 2       | 1
    10 before, 8 now    | d-1 ice 10; ice 8           | 1       |
    nothing before      | ice 8                       | 1       |
    the last one before | d-2 ice 5; d-1 ice 8; ice 8 | 1       | 0
    """,
    option="ice_scoring",
    column="ASTCT ICANS",
    given="covered; consciousness alert",
)
ROWS += witnesses(
    """
    what                | records                                      | default | independent
    under 20 mmHg alone | csf_opening_pressure 19.9                    | 0       | 3
    20 mmHg             | csf_opening_pressure 20                      | 4       |
    with papilledema    | csf_opening_pressure 19; papilledema_stage 1 | 3       |
    """,
    option="cres_opening_pressure",
    column="CARTOX CRES",
    given="well",
)
for _column, _rows in {
    "transaminase_grade": "ALT over 40 | alt 40.1 | ? | 1\nAST over 40 | ast 40.1 | ? | 1\nALT of 40 | alt 40 | ? | 0\n"
    "its own limit stays | alt 90 uln 100 | 0 |",
    "alp_ggt_grade": "ALP over 120 | alp 120.1 | ? | 1\nGGT over 60 | ggt 60.1 | ? | 1",
    "bilirubin_grade": "bilirubin over 1.2 | bilirubin_total 1.21 | ? | 1",
    "creatinine_grade": "creatinine over 1.2 | creatinine 1.21 | ? | 1",
    "coagulation_grade": "INR over 1.2, as labs | inr 1.21 | 0 | 1\naPTT over 35, as labs | aptt 35.1 | 0 | 1\n"
    "fibrinogen under 200, as labs | fibrinogen 199 | 0 | 1",
}.items():
    ROWS += witnesses(f"what | records | default | adult_default\n{_rows}", "normal_limits", _column, "covered")
ROWS += witnesses(
    """
    what                   | records                          | default       | 1             | 3
    none measured after it | alt 121 uln 40                   | 2, ?, ?, ?, ? | 2, 2, ?, ?, ? | 2, 2, 2, 2, ?
    measured after it      | alt 121 uln 40; d1 alt 20 uln 40 | 2, 0, ?, ?, ? | 2, 0, 0, ?, ? | 2, 0, 0, 0, 0
    """,
    option="lab_hold_days",
    column="transaminase_grade",
    given="followed 4; covered",
)
ROWS += witnesses(
    """
    what                | records                 | default | with_alp_ggt
    ALP over 20 x       | alp 2401 uln 120        | 0       | 4
    GGT over 1 x        | ggt 61 uln 60           | 0       | 1
    bilirubin as before | bilirubin_total 2 uln 1 | 2       |
    """,
    option="cartox_hepatic",
    column="CARTOX CRS",
    given="well",
)
ROWS += witnesses(
    """
    what                    | records                                  | default | creatinine
    over 4.0 mg/dL          | d-4 creatinine 3.9 uln 4; creatinine 4.1 uln 4 | 3 | 1
    a multiple all the same | d-4 creatinine 1 uln 1; creatinine 2.1 uln 1   | 2 |
    """,
    option="renal_term",
    column="creatinine_grade",
    given="covered",
)
ROWS += witnesses(
    """
    what              | records                                               | default | required
    within normal     | d-4 creatinine 0.5 uln 1.0; creatinine 0.9 uln 1.0    | 2       | 0
    above normal      | d-4 creatinine 0.5 uln 1.0; creatinine 1.01 uln 1.0   | 2       |
    """,
    option="creatinine_above_limit",
    column="creatinine_grade",
    given="covered",
)
ROWS += witnesses(
    """
    what                | records                                                     | default | -3
    after the nadir     | d-5 bilirubin_total 4 uln 1; d-1 bilirubin_total 1 uln 1; bilirubin_total 2 uln 1 | 2 | 0
    one baseline        | d-5 bilirubin_total 1 uln 1; bilirubin_total 2 uln 1        | 2       |
    """,
    option="baseline_until_day",
    column="bilirubin_grade",
    given="covered",
)
ROWS += witnesses(
    """
    what             | records                                                 | default | with_alp_ggt
    neither measured | alt 20 uln 40; bilirubin_total 0.5 uln 1.0; inr 1 uln 1 | 0       | 0 [0-4]
    """,
    option="cartox_hepatic",
    column="CARTOX CRS",
    given="vitals; covered; d-3 sbp 120; 00:00 until d1 00:00 urine_output 1500; creatinine 0.5 uln 1",
)
ROWS += witnesses(
    """
    what                 | records                                   | default | labs
    INR 1.0 x            | inr 1.0 uln 1.0                           | 0       |
    INR over 1.0 x       | inr 1.01 uln 1.0                          | 0       | 1
    INR 1.5 x            | inr 1.5 uln 1.0                           | 0       | 1
    INR over 1.5 x       | inr 1.51 uln 1.0                          | 0       | 2
    INR 2.5 x            | inr 2.5 uln 1.0                           | 0       | 2
    INR over 2.5 x       | inr 2.51 uln 1.0                          | 0       | 3
    aPTT 1.0 x           | aptt 30 uln 30                            | 0       |
    aPTT over 1.0 x      | aptt 30.1 uln 30                          | 0       | 1
    aPTT 1.5 x           | aptt 45 uln 30                            | 0       | 1
    aPTT over 1.5 x      | aptt 45.1 uln 30                          | 0       | 2
    aPTT 2.5 x           | aptt 75 uln 30                            | 0       | 2
    aPTT over 2.5 x      | aptt 75.1 uln 30                          | 0       | 3
    fibrinogen 1.0 x     | fibrinogen 200 lln 200                    | 0       |
    under 1.0 x          | fibrinogen 199 lln 200                    | 0       | 1
    0.75 x               | fibrinogen 150 lln 200                    | 0       | 1
    under 0.75 x         | fibrinogen 149 lln 200                    | 0       | 2
    0.5 x                | fibrinogen 100 lln 200                    | 0       | 2
    under 0.5 x          | fibrinogen 99 lln 200                     | 0       | 3
    0.25 x               | fibrinogen 50 lln 200                     | 0       | 3
    under 0.25 x         | fibrinogen 49 lln 200                     | 0       | 4
    ... and above 50     | fibrinogen 59.9 lln 240                   | 0       | 4
    under 50 mg/dL       | fibrinogen 49 lln 60                      | 0       | 4
    a fall, still normal | d-1 fibrinogen 400; fibrinogen 399 lln 90 | 0       | 1
    the smallest fall    | d-1 fibrinogen 400; fibrinogen 399.9 lln 90 | 0     | 1
    a fall of 25 %       | d-1 fibrinogen 400; fibrinogen 300 lln 90 | 0       | 2
    a fall of under 25 % | d-1 fibrinogen 400; fibrinogen 301 lln 90 | 0       | 1
    under 50 %           | d-1 fibrinogen 400; fibrinogen 201 lln 90 | 0       | 2
    a fall of 50 %       | d-1 fibrinogen 400; fibrinogen 200 lln 90 | 0       | 3
    under 75 %           | d-1 fibrinogen 400; fibrinogen 101 lln 90 | 0       | 3
    a fall of 75 %       | d-1 fibrinogen 400; fibrinogen 100 lln 90 | 0       | 4
    no fall              | d-1 fibrinogen 400; fibrinogen 400 lln 90 | 0       |
    DIC as judged        | organ_toxicity dic 2; inr 1.0 uln 1.0     | 2       |
    nothing measured     | ice 10                                    | 0       | ?
    """,
    option="coagulopathy",
    column="coagulation_grade",
    given="covered",
)


@pytest.mark.parametrize("case", under_every_group(ROWS))
def test_an_option_changes_what_it_says_and_nothing_else(case: Case) -> None:
    """The same rows by default and under each group of options."""
    assert case.found() == case.expected


def test_every_option_has_a_witness_for_every_value() -> None:
    """An option that nothing shows is an option that nobody needs."""
    shown = {name for row in [*ROWS, *crs.ROWS] for name, answer in row.items() if "=" in name and answer}
    words = {
        f"{option.name}={value}"
        for option in GRADING
        if isinstance(option.default, str) and option.name not in ELSEWHERE
        for value in option.values
        if value != option.default
    }
    assert words <= shown
    assert {option.name for option in GRADING} == {name.split("=")[0] for name in shown} | set(ELSEWHERE)
    assert all(f"{name}={value}" in shown for group in GROUPS for name, value in group.items() if name not in ELSEWHERE)


@pytest.mark.parametrize("key", SYSTEMS)
def test_a_criterion_stands_under_its_option_alone(key: str) -> None:
    """What a criterion names is an option and one of its values; without it the criterion is not active."""
    system = SYSTEMS[key]
    for item in system.criteria:
        if item.option is None:
            assert item in system.active(Options())
            continue
        name, value = item.option
        for other in REGISTRY[name].values:
            assert (item in system.active(Options({name: other}))) == (other == value)
