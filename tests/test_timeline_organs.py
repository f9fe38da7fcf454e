"""Organ toxicity of a patient-day by CTCAE v4.03: each limit, the baseline, and what a clinician judged.

NCI CTCAE v4.03 (14 June 2010): ">a - b" leaves a out and takes b in. Resolutions of docs/grading.md, "Organ
toxicity". How a row is written stands in :mod:`cells`; ``?`` is not known.
"""

import pytest

from cells import Case, sheet
from grading import graded

LIVER = sheet(
    """
    what                        | records                       | transaminase_grade | bilirubin_grade | alp_ggt_grade
    nothing measured            | ice 10                        | ?                  | ?               | ?
    no limit of normal          | alt 900; bilirubin_total 9    | ?                  | ?               | ?
                                | alp 900                       |                    |                 |
    ALT 1 x                     | alt 40 uln 40                 | 0                  | ?               | ?
    ALT over 1 x                | alt 40.01 uln 40              | 1                  | ?               | ?
    ALT 3 x                     | alt 120 uln 40                | 1                  | ?               | ?
    ALT over 3 x                | alt 120.01 uln 40             | 2                  | ?               | ?
    ALT 5 x                     | alt 200 uln 40                | 2                  | ?               | ?
    ALT over 5 x                | alt 200.01 uln 40             | 3                  | ?               | ?
    ALT 20 x                    | alt 800 uln 40                | 3                  | ?               | ?
    ALT over 20 x               | alt 800.01 uln 40             | 4                  | ?               | ?
    AST 1 x                     | ast 40 uln 40                 | 0                  | ?               | ?
    AST over 1 x                | ast 40.01 uln 40              | 1                  | ?               | ?
    AST 3 x                     | ast 120 uln 40                | 1                  | ?               | ?
    AST over 3 x                | ast 120.01 uln 40             | 2                  | ?               | ?
    AST 5 x                     | ast 200 uln 40                | 2                  | ?               | ?
    AST over 5 x                | ast 200.01 uln 40             | 3                  | ?               | ?
    AST 20 x                    | ast 800 uln 40                | 3                  | ?               | ?
    AST over 20 x               | ast 800.01 uln 40             | 4                  | ?               | ?
    the worse of ALT and AST    | alt 41 uln 40; ast 201 uln 40 | 3                  | ?               | ?
    the worst of the day        | 08:00 alt 201 uln 40          | 3                  | ?               | ?
                                | 20:00 alt 41 uln 40           |                    |                 |
    its own laboratory's limit  | alt 100 uln 100               | 0                  | ?               | ?
    bilirubin 1 x               | bilirubin_total 1.2 uln 1.2   | ?                  | 0               | ?
    bilirubin over 1 x          | bilirubin_total 1.21 uln 1.2  | ?                  | 1               | ?
    bilirubin 1.5 x             | bilirubin_total 1.8 uln 1.2   | ?                  | 1               | ?
    bilirubin over 1.5 x        | bilirubin_total 1.81 uln 1.2  | ?                  | 2               | ?
    bilirubin 3 x               | bilirubin_total 3.6 uln 1.2   | ?                  | 2               | ?
    bilirubin over 3 x          | bilirubin_total 3.61 uln 1.2  | ?                  | 3               | ?
    bilirubin 10 x              | bilirubin_total 12 uln 1.2    | ?                  | 3               | ?
    bilirubin over 10 x         | bilirubin_total 12.01 uln 1.2 | ?                  | 4               | ?
    direct bilirubin is another | bilirubin_direct 9 uln 0.3    | ?                  | ?               | ?
    ALP 1 x                     | alp 120 uln 120               | ?                  | ?               | 0
    ALP over 1 x                | alp 120.1 uln 120             | ?                  | ?               | 1
    ALP 2.5 x                   | alp 300 uln 120               | ?                  | ?               | 1
    ALP over 2.5 x              | alp 300.1 uln 120             | ?                  | ?               | 2
    ALP 5 x                     | alp 600 uln 120               | ?                  | ?               | 2
    ALP over 5 x                | alp 600.1 uln 120             | ?                  | ?               | 3
    ALP 20 x                    | alp 2400 uln 120              | ?                  | ?               | 3
    ALP over 20 x               | alp 2400.1 uln 120            | ?                  | ?               | 4
    GGT 1 x                     | ggt 60 uln 60                 | ?                  | ?               | 0
    GGT over 1 x                | ggt 60.1 uln 60               | ?                  | ?               | 1
    GGT 2.5 x                   | ggt 150 uln 60                | ?                  | ?               | 1
    GGT over 2.5 x              | ggt 150.1 uln 60              | ?                  | ?               | 2
    GGT 5 x                     | ggt 300 uln 60                | ?                  | ?               | 2
    GGT over 5 x                | ggt 300.1 uln 60              | ?                  | ?               | 3
    GGT 20 x                    | ggt 1200 uln 60               | ?                  | ?               | 3
    GGT over 20 x               | ggt 1200.1 uln 60             | ?                  | ?               | 4
    """,
    given="covered",
)

CREATININE = sheet(
    """
    what                             | records                             | creatinine_grade | no_baseline
    1 x the limit                    | creatinine 1.0 uln 1.0              | 0                | no
    over 1 x the limit               | creatinine 1.01 uln 1.0             | 1                | yes
    1.5 x the limit                  | creatinine 1.5 uln 1.0              | 1                | yes
    over 1.5 x the limit             | creatinine 1.51 uln 1.0             | 2                | yes
    3 x the limit                    | creatinine 3.0 uln 1.0              | 2                | yes
    over 3 x the limit               | creatinine 3.01 uln 1.0             | 3                | yes
    6 x the limit                    | creatinine 6.0 uln 1.0              | 3                | yes
    over 6 x the limit               | creatinine 6.01 uln 1.0             | 4                | yes
    no limit and no baseline         | creatinine 4.0                      | ?                | no
    over 4.0 mg/dL: kidney injury    | creatinine 4.01                     | 3                | yes
    a rise of over 0.3 mg/dL         | creatinine 3.4; d-1 creatinine 3.0  | 1                | no
    1 x the baseline, no limit       | creatinine 0.5; d-1 creatinine 0.5  | 0                | no
    over 1 x the baseline            | creatinine 0.51; d-1 creatinine 0.5 | 1                | no
    1.5 x the baseline               | creatinine 0.75; d-1 creatinine 0.5 | 1                | no
    over 1.5 x the baseline          | creatinine 0.76; d-1 creatinine 0.5 | 2                | no
    3 x the baseline                 | creatinine 1.5; d-1 creatinine 0.5  | 2                | no
    over 3 x the baseline            | creatinine 1.51; d-1 creatinine 0.5 | 3                | no
    a baseline of grade 2, unchanged | creatinine 2.0 uln 1.0              | 0                | no
                                     | d-1 creatinine 2.0 uln 1.0          |                  |
    ... and grade 3 on top of it     | creatinine 3.01 uln 1.0             | 3                | no
                                     | d-1 creatinine 2.0 uln 1.0          |                  |
    """,
    given="covered",
)

BASELINE = sheet(
    """
    what                                  | records                                      | bilirubin_grade | no_baseline
    no value before day 0: it counts      | bilirubin_total 2 uln 1                      | 2               | yes
    normal before                         | bilirubin_total 2 uln 1                      | 2               | no
                                          | d-1 bilirubin_total 1 uln 1                  |                 |
    of the same grade before              | bilirubin_total 3 uln 1                      | 0               | no
                                          | d-1 bilirubin_total 1.6 uln 1                |                 |
    of a lower grade before: counts whole | bilirubin_total 3.1 uln 1                    | 3               | no
                                          | d-1 bilirubin_total 3 uln 1                  |                 |
    of a higher grade before              | bilirubin_total 2 uln 1                      | 0               | no
                                          | d-1 bilirubin_total 9 uln 1                  |                 |
    the last one before day 0             | bilirubin_total 2 uln 1                      | 2               | no
                                          | d-2 bilirubin_total 2 uln 1                  |                 |
                                          | d-1 bilirubin_total 1 uln 1                  |                 |
    ... by the minute                     | bilirubin_total 2 uln 1                      | 2               | no
                                          | d-1 20:00 bilirubin_total 1 uln 1            |                 |
                                          | d-1 08:00 bilirubin_total 2 uln 1            |                 |
    on day -7                             | bilirubin_total 2 uln 1                      | 0               | no
                                          | d-7 bilirubin_total 2 uln 1                  |                 |
    on day -8                             | bilirubin_total 2 uln 1                      | 2               | yes
                                          | d-8 bilirubin_total 2 uln 1                  |                 |
    on day 0, before the infusion         | infused 10:00; 09:59 bilirubin_total 2 uln 1 | 0               | no
                                          | 12:00 bilirubin_total 2 uln 1                |                 |
    ... is then not graded                | infused 10:00; 09:59 bilirubin_total 2 uln 1 | ?               | no
    on day 0, at the infusion             | infused 10:00; 10:00 bilirubin_total 2 uln 1 | 2               | yes
                                          | 12:00 bilirubin_total 2 uln 1                |                 |
    on day 0, untimed                     | infused 10:00; bilirubin_total 2 uln 1       | 2               | yes
                                          | 12:00 bilirubin_total 2 uln 1                |                 |
    on day 0, infusion to the day         | 00:01 bilirubin_total 2 uln 1                | 2               | yes
                                          | 12:00 bilirubin_total 2 uln 1                |                 |
    of another organ                      | bilirubin_total 2 uln 1; d-1 alt 20 uln 40   | 2               | yes
    normal after: nothing to compare      | bilirubin_total 1 uln 1                      | 0               | no
    a baseline without a limit of normal  | bilirubin_total 2 uln 1                      | 0               | no
                                          | d-1 bilirubin_total 2                        |                 |
    """,
    given="covered",
)

URINE = sheet(
    """
    what                               | records                               | urine_output_grade
    none measured                      | ice 10                                | ?
    80 mL in 8 h                       | 00:00 until 08:00 urine_output 80     | 0
    79 mL in 8 h                       | 00:00 until 08:00 urine_output 79     | 3
    nothing in 8 h                     | 00:00 until 08:00 urine_output 0      | 3
    nothing in 7 h 59 min says nothing | 00:00 until 07:59 urine_output 0      | ?
    240 mL in 24 h                     | 00:00 until d1 00:00 urine_output 240 | 0
    239 mL in 24 h                     | 00:00 until d1 00:00 urine_output 239 | 4
    a child of 40 kg, 160 mL in 8 h    | age 9; weight_kg 40; 00:00 until 08:00 urine_output 160 | 0
    under 0.5 mL/kg/h for 8 h          | age 9; weight_kg 40; 00:00 until 08:00 urine_output 159 | 3
    under 0.3 mL/kg/h for 24 h         | age 9; weight_kg 40; 00:00 until d1 00:00 urine_output 287 | 4
    ... at it                          | age 9; weight_kg 40; 00:00 until d1 00:00 urine_output 288 | 3
    ... for 23 h 59 min                | age 9; weight_kg 40; 00:00 until 23:59 urine_output 280 | 3
    under 0.5 mL/kg/h for 7 h 59 min   | age 9; weight_kg 40; 00:00 until 07:59 urine_output 150 | ?
    none for 12 h                      | age 9; weight_kg 40; 00:00 until 12:00 urine_output 0 | 4
    none for 11 h 59 min               | age 9; weight_kg 40; 00:00 until 11:59 urine_output 0 | 3
    a child of unknown weight          | age 9; weight_kg unknown; 00:00 until 08:00 urine_output 10 | ?
    nothing in 23 h 59 min             | 00:00 until 23:59 urine_output 0      | 3
    no end of the collection           | 00:00 urine_output 0                  | ?
    no time                            | urine_output 0                        | ?
    the worst of two                   | 00:00 until 08:00 urine_output 79     | 3
                                       | 08:00 until 16:00 urine_output 400    |
    """,
    given="covered",
)

URINE_DAY = sheet(
    """
    what                      | records                             | urine_output_grade
    the day on which it began | 20:00 until d1 04:00 urine_output 0 | 3, ?
    """,
    given="followed 1; covered",
)

JUDGED = sheet(
    """
    what               | records                         | organ_toxicity_grade | coagulation_grade | transaminase_grade
    none, complete     | complete events                 | 0                    | 0                 | ?
    none, not complete | ice 10                          | ?                    | ?                 | ?
    an organ           | complete events                 | 2                    | 0                 | ?
                       | organ_toxicity renal 2          |                      |                   |
    ... not complete   | organ_toxicity renal 2          | 2                    | ?                 | ?
    the worst          | complete events                 | 3                    | 0                 | ?
                       | organ_toxicity renal 2          |                      |                   |
                       | organ_toxicity skin 3           |                      |                   |
    DIC                | complete events                 | 0                    | 3                 | ?
                       | organ_toxicity dic 3            |                      |                   |
    transaminases      | complete events                 | 0                    | 0                 | 3
                       | organ_toxicity transaminases 3  |                      |                   |
    ... and measured   | complete events                 | 0                    | 0                 | 3
                       | organ_toxicity transaminases 3  |                      |                   |
                       | alt 41 uln 40                   |                      |                   |
    ... measured worse | complete events                 | 0                    | 0                 | 3
                       | organ_toxicity transaminases 1  |                      |                   |
                       | alt 201 uln 40                  |                      |                   |
    labs are no DIC    | complete events                 | 0                    | 0                 | ?
                       | fibrinogen 30 lln 200           |                      |                   |
                       | inr 9 uln 1                     |                      |                   |
    of another cause   | complete events                 | 0                    | 0                 | ?
                       | organ_toxicity renal excluded 2 |                      |                   |
    """
)

JUDGED_BOUNDS = sheet(
    """
    what                                     | records                                          | CARTOX CRS
    events complete: no worse organ          | complete events; organ_toxicity renal 2          | 2
    not complete: a worse one may be missing | organ_toxicity renal 2; circulatory_support none | 2 [2-4]
    """,
    given="vitals; labs; d-3 creatinine 0.5 uln 1.0; complete drugs; complete oxygen",
)


@pytest.mark.parametrize("case", [*LIVER, *CREATININE])
def test_each_limit_of_ctcae_is_on_the_right_side(case: Case) -> None:
    """A value on the limit still has the lower grade; without a limit of normal there is no grade."""
    assert case.found() == case.expected


@pytest.mark.parametrize("case", BASELINE)
def test_a_grade_counts_only_above_that_of_the_baseline(case: Case) -> None:
    """The last value before the infusion, from day -7 on."""
    assert case.found() == case.expected


@pytest.mark.parametrize("case", [*URINE, *URINE_DAY])
def test_urine_output_needs_a_collection_of_8_or_24_hours(case: Case) -> None:
    """Under 80 mL in 8 h is grade 3, under 240 mL in 24 h grade 4."""
    assert case.found() == case.expected


@pytest.mark.parametrize("case", [*JUDGED, *JUDGED_BOUNDS])
def test_what_a_clinician_judged_counts(case: Case) -> None:
    """By exception in events; a judgement says nothing of what nobody judged."""
    assert case.found() == case.expected


def test_a_fall_of_fibrinogen_within_normal_can_be_left_out() -> None:
    """CTCAE v4.03 read literally grades any fall; the option leaves it to the limit of normal."""
    rows = [
        {"variable": "fibrinogen", "value": 400.0, "lln": 200.0, "day": -1},
        {"variable": "fibrinogen", "value": 250.0, "lln": 200.0, "day": 0, "minute": 600},
    ]
    found = {}
    for option in ("counts", "off"):
        options = {"coagulopathy": "labs", "fibrinogen_fall": option}
        graded_days = graded([{"patient_id": "A", "age": "50"}], {"A": {"measurements": rows}}, options, complete=True)
        found[option] = graded_days["A", 0, "cartox_crs"]["criteria"]
    assert found == {"counts": "coagulopathy, grade 2", "off": ""}
