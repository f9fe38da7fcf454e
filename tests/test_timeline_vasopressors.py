"""Vasopressors of a patient-day: runs, overlaps, high doses, and the pressure in spite of them.

Resolutions of docs/grading.md, "Fever and blood pressure" and "Vasopressors". High dose: Lee 2014,
doi:10.1182/blood-2014-05-552729 (recalled). How a row is written stands in :mod:`cells`.
"""

import pytest

from cells import Case, sheet

RUNS = sheet(
    """
    what                           | records                                     | vasopressor | push_dose_vasopressor
    none in a complete record      | sbp 120                                     | no          | no
    a run of 14 minutes is a push  | 08:00 for 14min norepinephrine 5            | no          | yes
    a run of 15 minutes            | 08:00 for 15min norepinephrine 5            | yes         | no
    a gap of 15 minutes is bridged | 08:00 for 8min norepinephrine 5             | yes         | no
                                   | 08:23 for 8min norepinephrine 5             |             |
    a gap of 16 minutes is not     | 08:00 for 7min norepinephrine 5             | no          | yes
                                   | 08:23 for 7min norepinephrine 5             |             |
    another agent bridges nothing  | 08:00 for 8min norepinephrine 5             | no          | yes
                                   | 08:08 for 8min epinephrine 5                |             |
    a dose is a push               | 08:00 phenylephrine                         | no          | yes
    a push beside a run            | 08:00 phenylephrine; 09:00 norepinephrine 5 | yes         | yes
    a rate of 0 stops it           | 08:00 norepinephrine 5                      | no          | yes
                                   | 08:14 norepinephrine 0                      |             |
    ... a minute later             | 08:00 norepinephrine 5                      | yes         | no
                                   | 08:15 norepinephrine 0                      |             |
    the next row ends a segment    | 08:00 norepinephrine 5                      | no          | yes
                                   | 08:10 norepinephrine 6                      |             |
                                   | 08:14 norepinephrine 0                      |             |
    held                           | 08:00 held norepinephrine 5                 | no          | no
    in anesthesia                  | 08:00 norepinephrine 5 as anesthesia        | no          | no
    in anaesthesia                 | 08:00 norepinephrine 5 as anaesthesia       | no          | no
    for a procedure                | 08:00 norepinephrine 5 as procedure         | no          | no
    in an operation                | 08:00 norepinephrine 5 as Operation         | no          | no
    in septic shock                | 08:00 norepinephrine 5 as shock             | yes         | no
    an inotrope                    | 08:00 dobutamine 5                          | no          | no
    at an unknown rate             | 08:00 norepinephrine at no rate             | yes         | no
    without a time of day          | norepinephrine 5                            | yes         | no
    """,
    given="covered",
)

DAYS = sheet(
    """
    what                               | records                                           | vasopressor
    until midnight                     | 22:00 until d1 00:00 norepinephrine 5             | yes, no, no
    a minute past midnight             | 22:00 until d1 00:01 norepinephrine 5             | yes, yes, no
    to the end of follow-up            | d1 22:00 norepinephrine 5                         | no, yes, yes
    until the next row of its agent    | 22:00 norepinephrine 5; d1 02:00 norepinephrine 0 | yes, yes, no
    another agent does not end it      | 22:00 norepinephrine 5; d1 02:00 epinephrine 0    | yes, yes, yes
    an end known to the day: its start | 22:00 until d1 norepinephrine 5                   | yes, no, no
    a day without a time               | d1 norepinephrine 5                               | no, yes, no
    two days without a time            | d0 until d2 norepinephrine 5                      | yes, yes, no
    a day that ends on itself          | d1 until d1 norepinephrine 5                      | no, yes, no
    begun before day 0                 | d-1 22:00 until d0 02:00 norepinephrine 5         | yes, no, no
    """,
    given="followed 2; covered",
)

TOGETHER = sheet(
    """
    what                  | records                           | two_vasopressors | two_vasopressors_besides_vasopressin
    59 minutes            | 08:00 for 120min norepinephrine 5 | no               | no
                          | 09:01 epinephrine 5               |                  |
    60 minutes            | 08:00 for 120min norepinephrine 5 | yes              | yes
                          | 09:00 epinephrine 5               |                  |
    one replaces another  | 08:00 for 60min norepinephrine 5  | no               | no
                          | 09:00 epinephrine 5               |                  |
    each after the other  | 08:00 for 60min norepinephrine 5  | no               | no
                          | 09:00 for 60min epinephrine 5     |                  |
                          | 10:00 dopamine 5                  |                  |
    59 with a bridged gap | 08:00 for 30min norepinephrine 5  | no               | no
                          | 08:45 for 14min norepinephrine 5  |                  |
                          | 08:00 epinephrine 5               |                  |
    60 with a bridged gap | 08:00 for 30min norepinephrine 5  | yes              | yes
                          | 08:45 for 15min norepinephrine 5  |                  |
                          | 08:00 epinephrine 5               |                  |
    vasopressin is one    | 08:00 norepinephrine 5            | yes              | no
                          | 08:00 vasopressin 0.03            |                  |
    vasopressin, two      | 08:00 norepinephrine 5            | yes              | yes
                          | 08:00 epinephrine 5               |                  |
                          | 08:00 vasopressin 0.03            |                  |
    vasopressin twice     | 08:00 argipressin 0.03            | no               | no
                          | 08:00 vasopressin 0.03            |                  |
    one has no time       | 08:00 norepinephrine 5            | ?                | ?
                          | epinephrine 5                     |                  |
    neither has a time    | norepinephrine 5; epinephrine 5   | ?                | ?
    vasopressin has none  | 08:00 norepinephrine 5            | ?                | no
                          | vasopressin 0.03                  |                  |
    a third has none      | 08:00 norepinephrine 5            | yes              | yes
                          | 08:00 epinephrine 5; dopamine 5   |                  |
    two rates of one      | 08:00 norepinephrine 5            | no               | no
                          | 08:00 norepinephrine 6            |                  |
    a push dose           | 08:00 norepinephrine 5            | no               | no
                          | 08:00 for 14min epinephrine 5     |                  |
    """,
    given="covered",
)

OVERLAP_DAYS = sheet(
    """
    what                         | records                                                    | two_vasopressors
    the overlap touches its days | 20:00 norepinephrine 5; 23:30 until d1 00:30 epinephrine 5 | yes, yes
    ... and no other             | 20:00 norepinephrine 5; 22:00 until 23:00 epinephrine 5    | yes, no
    ... nor that of its agents   | 20:00 until d1 03:00 norepinephrine 5                      | no, yes
                                 | d1 02:00 until d1 05:00 epinephrine 5                      |
    """,
    given="followed 1; covered",
)

DOSES = sheet(
    """
    what                                | records                                               | high_dose_vasopressor
    norepinephrine 20 ug/min            | 08:00 norepinephrine 20                               | yes
    norepinephrine 19.9                 | 08:00 norepinephrine 19.9                             | no
    epinephrine 10 ug/min               | 08:00 epinephrine 10                                  | yes
    epinephrine 9.9                     | 08:00 epinephrine 9.9                                 | no
    phenylephrine 200 ug/min            | 08:00 phenylephrine 200                               | yes
    phenylephrine 199                   | 08:00 phenylephrine 199                               | no
    dopamine 10 ug/kg/min               | 08:00 dopamine 10 ug/kg/min                           | yes
    dopamine 9.9 ug/kg/min              | 08:00 dopamine 9.9 ug/kg/min                          | no
    vasopressin alone                   | 08:00 vasopressin 0.1                                 | no
    angiotensin II has no term          | 08:00 angiotensin_II 90; 08:00 norepinephrine 19      | no
    equivalent 20: epinephrine counts 1 | 08:00 norepinephrine 11; 08:00 epinephrine 9          | yes
    equivalent 19.9                     | 08:00 norepinephrine 10.9; 08:00 epinephrine 9        | no
    equivalent 20: dopamine counts 1/2  | 08:00 norepinephrine 16; 08:00 dopamine 8 ug/kg/min   | yes
    equivalent 19.9                     | 08:00 norepinephrine 15.9; 08:00 dopamine 8 ug/kg/min | no
    equivalent 20: phenylephrine 1/10   | 08:00 norepinephrine 10; 08:00 phenylephrine 100      | yes
    equivalent 19.9                     | 08:00 norepinephrine 10; 08:00 phenylephrine 99       | no
    with vasopressin: equivalent 10     | 08:00 norepinephrine 10; 08:00 vasopressin 0.03       | yes
    with vasopressin: 9.9               | 08:00 norepinephrine 9.9; 08:00 vasopressin 0.03      | no
    with argipressin, of two agents     | 08:00 norepinephrine 5; 08:00 phenylephrine 50        | yes
                                        | 08:00 argipressin 0.03                                |
    two segments of one agent add up    | 08:00 norepinephrine 10; 08:00 norepinephrine 10      | yes
    """,
    given="covered",
)

WEIGHTS = sheet(
    """
    what                                | records                                               | high_dose_vasopressor
    0.2 ug/kg/min at 100 kg is 20       | weight_kg 100; 08:00 norepinephrine 0.2 ug/kg/min     | yes
    0.2 ug/kg/min at 99 kg              | weight_kg 99; 08:00 norepinephrine 0.2 ug/kg/min      | no
    weighed, not given                  | d-1 weight 100; 08:00 norepinephrine 0.2 ug/kg/min    | yes
    the first weight counts             | d-1 weight 99; d2 weight 100                          | no
                                        | 08:00 norepinephrine 0.2 ug/kg/min                    |
    the weight of the course goes first | weight_kg 99; d-1 weight 100                          | no
                                        | 08:00 norepinephrine 0.2 ug/kg/min                    |
    weight unknown                      | 08:00 norepinephrine 0.2 ug/kg/min                    | ?
    dopamine per kg needs none          | 08:00 dopamine 10 ug/kg/min                           | yes
    dopamine 700 ug/min at 70 kg        | weight_kg 70; 08:00 dopamine 700                      | yes
    dopamine 699 ug/min at 70 kg        | weight_kg 70; 08:00 dopamine 699                      | no
    dopamine in ug/min, weight unknown  | 08:00 dopamine 700                                    | ?
    no rate                             | 08:00 norepinephrine at no rate                       | ?
    in another kind of unit             | 08:00 norepinephrine 10 mL/h                          | ?
    no times                            | norepinephrine 1                                      | ?
    vasopressin without a rate          | 08:00 vasopressin at no rate                          | no
    vasopressin without a time          | vasopressin 0.03                                      | no
    one is high, another unknown        | 08:00 norepinephrine 20; 08:00 epinephrine at no rate | yes
    a child: flat doses by default      | age 5; weight_kg 20                                   | no
                                        | 08:00 norepinephrine 0.2 ug/kg/min                    |
    a push dose of unknown rate         | 08:00 for 14min norepinephrine at no rate             | no
    """,
    given="covered",
)

HOURS = sheet(
    """
    what                             | records                            | high_dose_vasopressor
    179 minutes                      | 08:00 for 179min norepinephrine 20 | no
    180 minutes                      | 08:00 for 180min norepinephrine 20 | yes
    a gap of 15 minutes is bridged   | 08:00 for 90min norepinephrine 20  | yes
                                     | 09:45 for 90min norepinephrine 20  |
    a gap of 16 minutes is not       | 08:00 for 90min norepinephrine 20  | no
                                     | 09:46 for 90min norepinephrine 20  |
    15 minutes at a low dose         | 08:00 for 90min norepinephrine 20  | yes
                                     | 09:30 for 15min norepinephrine 5   |
                                     | 09:45 for 90min norepinephrine 20  |
    16 minutes at a low dose         | 08:00 for 90min norepinephrine 20  | no
                                     | 09:30 for 16min norepinephrine 5   |
                                     | 09:46 for 90min norepinephrine 20  |
    two agents one after the other   | 08:00 for 90min norepinephrine 20  | yes
                                     | 09:30 for 90min epinephrine 10     |
    by two that run together so long | 08:00 for 180min norepinephrine 11 | yes
                                     | 08:00 for 180min epinephrine 9     |
    ... and a minute less            | 08:00 for 180min norepinephrine 11 | no
                                     | 08:00 for 179min epinephrine 9     |
    """,
    given="covered",
)

HIGH_DAYS = sheet(
    """
    what                         | records                                        | high_dose_vasopressor
    from the 180th minute on     | 21:30 until d1 02:00 norepinephrine 20         | no, yes, no
    on every day until it ends   | 08:00 until d2 00:30 norepinephrine 20         | yes, yes, yes
    an unknown rate, on its days | 08:00 until d1 08:00 norepinephrine at no rate | ?, ?, no
    """,
    given="followed 2; covered",
)

DESPITE = sheet(
    """
    what                             | records                                        | hypotension_despite_vasopressors
    no low pressure                  | 08:00 norepinephrine 20; sbp 120               | no
    no vasopressor                   | 12:00 sbp 80                                   | no
    low from the 180th minute on     | 08:00 norepinephrine 20; 11:00 sbp 80          | yes
    low before it                    | 08:00 norepinephrine 20; 10:59 sbp 80          | no
    low in its last minute           | 08:00 until 18:00 norepinephrine 20            | yes
                                     | 17:59 sbp 80                                   |
    low as a run of 180 minutes ends | 08:00 until 11:00 norepinephrine 20            | no
                                     | 11:00 sbp 80                                   |
    low when it had ended            | 08:00 until 18:00 norepinephrine 20            | no
                                     | 18:00 sbp 80                                   |
    low from the 60th minute of two  | 08:00 norepinephrine 5; 08:00 epinephrine 5    | yes
                                     | 09:00 sbp 80                                   |
    low before it                    | 08:00 norepinephrine 5; 08:00 epinephrine 5    | no
                                     | 08:59 sbp 80                                   |
    vasopressin is one of two        | 08:00 norepinephrine 5; 08:00 vasopressin 0.03 | yes
                                     | 09:00 sbp 80                                   |
    a single low dose                | 08:00 norepinephrine 5; 12:00 sbp 80           | no
    low readings without times       | 08:00 norepinephrine 20; sbp 80                | ?
    one timed and within is enough   | 08:00 norepinephrine 20; sbp 80; 12:00 sbp 80  | yes
    pressure not measured            | 08:00 norepinephrine 20                        | ?
    dose not known                   | 08:00 norepinephrine at no rate; 12:00 sbp 80  | ?
    times of two not known           | norepinephrine 5; epinephrine 5; 12:00 sbp 80  | ?
    """,
    given="covered",
)

PRESSURE = sheet(
    """
    what                        | records                     | hypotension | single_reading
    not measured                | temperature 37              | ?           | no
    90 mmHg                     | sbp 90                      | no          | no
    89 mmHg                     | sbp 89                      | yes         | yes
    one of several              | 08:00 sbp 120; 09:00 sbp 89 | yes         | yes
    two                         | 08:00 sbp 80; 08:05 sbp 80  | yes         | no
    a low mean pressure is none | sbp 120; map 50             | no          | no
    the mean pressure alone     | map 50                      | ?           | no
    a newborn at 60             | age 0.05; sbp 60            | no          | no
    a newborn under 60          | age 0.05; sbp 59            | yes         | yes
    just under a month          | age 0.083; sbp 65           | no          | no
    a month                     | age 0.084; sbp 65           | yes         | yes
    11 months at 70             | age 0.99; sbp 70            | no          | no
    11 months under 70          | age 0.99; sbp 69.9          | yes         | yes
    1 year at 72                | age 1; sbp 72               | no          | no
    1 year under 72             | age 1; sbp 71.9             | yes         | yes
    9.9 years at 88             | age 9.9; sbp 88             | no          | no
    9.9 years under 88          | age 9.9; sbp 87.9           | yes         | yes
    10.9 years at 90            | age 10.9; sbp 90            | no          | no
    10.9 years under 90         | age 10.9; sbp 89.9          | yes         | yes
    80 years                    | age 80; sbp 89.9            | yes         | yes
    """,
    given="covered",
)


@pytest.mark.parametrize("case", [*RUNS, *DAYS])
def test_a_vasopressor_is_an_infusion_of_15_minutes(case: Case) -> None:
    """Segments of one agent join over gaps of 15 minutes; what is shorter is a push dose."""
    assert case.found() == case.expected


@pytest.mark.parametrize("case", [*TOGETHER, *OVERLAP_DAYS])
def test_two_vasopressors_run_together_for_an_hour(case: Case) -> None:
    """Less is one agent in the place of another; without times nobody knows."""
    assert case.found() == case.expected


@pytest.mark.parametrize("case", [*DOSES, *WEIGHTS])
def test_a_dose_is_high_by_its_own_limit_or_by_its_equivalent(case: Case) -> None:
    """Norepinephrine equivalent by VASST: dopamine per kg by half, phenylephrine by a tenth, no vasopressin."""
    assert case.found() == case.expected


@pytest.mark.parametrize("case", [*HOURS, *HIGH_DAYS])
def test_a_high_dose_counts_from_its_third_hour(case: Case) -> None:
    """Gaps of up to 15 minutes are bridged."""
    assert case.found() == case.expected


@pytest.mark.parametrize("case", DESPITE)
def test_a_low_pressure_in_spite_of_vasopressors(case: Case) -> None:
    """At or after the 180th minute of a high dose, or the 60th of two, while it lasts."""
    assert case.found() == case.expected


@pytest.mark.parametrize("case", PRESSURE)
def test_a_pressure_is_low_by_the_limit_of_the_age(case: Case) -> None:
    """Over 10 years 90 mmHg; 1 to 10 years 70 + 2 x whole years; 1 to 11 months 70; under 1 month 60."""
    assert case.found() == case.expected
