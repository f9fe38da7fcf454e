"""ICAHT and T-ICAHT: the published grades of numbers of days, and how the days are counted.

Rejeski K, et al. Blood 2023;142(10):865-877, doi:10.1182/blood.2023020578.
"""

from typing import Any

import ibis
import pytest
from hypothesis import given
from hypothesis import strategies as st

import reference_icaht as reference
from abate.grading.cytopenia import early_icaht, late_icaht, phenotypes, platelet_icaht
from abate.records.options import Options
from calculated import Case, found, sheet
from repeatable import repeatable
from series import courses
from spec import cells

EARLY = sheet(
    "icaht-early",
    """
    what                      | inputs                        | value | bounds
    none                      |                               | 0     | 0-0
    one day                   | days_500=1                    | 1     |
    6 days                    | days_500=6                    | 1     |
    7 days                    | days_500=7                    | 2     |
    13 days                   | days_500=13                   | 2     |
    14 days                   | days_500=14                   | 3     |
    6 days at or below 100    | days_500=6; days_100=6        | 1     |
    7 days at or below 100    | days_500=7; days_100=7        | 3     |
    13 days at or below 100   | days_500=13; days_100=13      | 3     |
    14 days at or below 100   | days_500=14; days_100=14      | 4     |
    never above 500           | days_500=31; never_recovered=yes | 4  |
    ... of one day            | days_500=1; never_recovered=yes | 4  |
    not known whether ever    | days_500=8; never_recovered=  | ?     | 2-4
    no day, so it recovered   | days_500=0; never_recovered=  | 0     | 0-0
    six days of which some    | days_500=6; days_100=         | 1     | 1-1
    seven days of which some  | days_500=7; days_100=         | ?     | 2-3
    """,
    given="days_500=0; days_100=0; never_recovered=no",
)
LATE = [
    *sheet(
        "icaht-late",
        """
        what                  | inputs                                           | value | bounds
        on two days           | anc_lowest=1400 /uL; anc_second_lowest=1450 /uL  | 1     |
        the second decides    | anc_lowest=90 /uL; anc_second_lowest=1400 /uL    | 1     |
        1,500 twice           | anc_lowest=1500 /uL; anc_second_lowest=1500 /uL  | 1     |
        1,000                 | anc_lowest=0.9; anc_second_lowest=1.0            | 2     |
        500                   | anc_lowest=0.4; anc_second_lowest=0.5            | 3     |
        100                   | anc_lowest=0.1; anc_second_lowest=0.1            | 4     |
        over 1,500            | anc_lowest=0.4; anc_second_lowest=1.51           | 0     |
        just over 1,000       | anc_lowest=0.4; anc_second_lowest=1.01           | 1     |
        just over 500         | anc_lowest=0.4; anc_second_lowest=0.505          | 2     |
        just over 100         | anc_lowest=0.1; anc_second_lowest=0.101          | 3     |
        one count alone       | anc_lowest=0.4                                   | ?     | 0-3
        ... that is not low   | anc_lowest=2.0                                   | 0     | 0-0
        """,
    ),
    *sheet(
        "icaht-late",
        """
        what                   | inputs                                          | value
        the lowest decides     | anc_lowest=90 /uL; anc_second_lowest=1400 /uL   | 4
        the second is transient | anc_lowest=0.4; anc_second_lowest=1.51         | 0
        one count alone        | anc_lowest=0.4                                  | 3
        1,500                  | anc_lowest=1.5; anc_second_lowest=1.5           | 1
        just over 1,500        | anc_lowest=1.51; anc_second_lowest=1.51         | 0
        1,000                  | anc_lowest=1.0; anc_second_lowest=1.5           | 2
        just over 1,000        | anc_lowest=1.01; anc_second_lowest=1.5          | 1
        500                    | anc_lowest=0.5; anc_second_lowest=1.5           | 3
        just over 500          | anc_lowest=0.505; anc_second_lowest=1.5         | 2
        100                    | anc_lowest=0.1; anc_second_lowest=1.5           | 4
        just over 100          | anc_lowest=0.101; anc_second_lowest=1.5         | 3
        transient at 1,000     | anc_lowest=1.0; anc_second_lowest=1.51          | 0
        transient at 100       | anc_lowest=0.1; anc_second_lowest=1.51          | 0
        """,
        options="icaht_late_rule=nadir",
    ),
]
PLATELETS = [
    *sheet(
        "t-icaht-early",
        """
        what               | inputs                            | value
        none               | days_under_50=0; days_under_20=0  | 0
        a day under 50     | days_under_50=1; days_under_20=0  | 1
        6 days under 50    | days_under_50=6; days_under_20=0  | 1
        7 days under 50    | days_under_50=7; days_under_20=0  | 2
        a day under 20     | days_under_50=7; days_under_20=1  | 3
        13 days under 20   | days_under_50=20; days_under_20=13 | 3
        14 days under 20   | days_under_50=20; days_under_20=14 | 4
        of three days some | days_under_50=3; days_under_20=    | ?
        """,
    ),
    *sheet(
        "t-icaht-late",
        """
        what             | inputs                                               | value
        none             | days_under_100=0; days_under_50=0; days_under_20=0   | 0
        a day under 100  | days_under_100=1; days_under_50=0; days_under_20=0   | 1
        a day under 50   | days_under_100=1; days_under_50=1; days_under_20=0   | 2
        a day under 20   | days_under_100=1; days_under_50=1; days_under_20=1   | 3
        13 days under 20 | days_under_100=20; days_under_50=20; days_under_20=13 | 3
        14 days under 20 | days_under_100=20; days_under_50=20; days_under_20=14 | 4
        """,
    ),
]


@pytest.mark.parametrize("case", [*EARLY, *LATE, *PLATELETS], ids=str)
def test_days_have_their_grade(case: Case) -> None:
    assert found(case) == case.expected


def counts(text: str, usual: float = 3000, last: int = 30) -> dict[int, float]:
    """Return counts per uL by day: ``300 d2-6`` over the usual count, ``none d8-15`` where nothing was measured."""
    found = dict.fromkeys(range(last + 1), usual)
    for part in filter(None, text.split(",")):
        count, days = part.split()
        first, _, end = days.removeprefix("d").partition("-")
        for day in range(int(first), int(end or first) + 1):
            if count == "none":
                found.pop(day, None)
            else:
                found[day] = float(count)
    return found


def tables(cohort: dict[str, tuple[dict[int, float], int]], per: float = 1000) -> tuple[ibis.Table, ibis.Table]:
    return courses({name: (found.items(), last) for name, (found, last) in cohort.items()}, per)


def by_patient(table: ibis.Table) -> dict[str, dict[str, Any]]:
    return {row["patient_id"]: row for row in table.to_pyarrow().to_pylist()}


COUNTING = cells(
    """
    what                              | counts                              | longest | cumulative | raw | grade
    7 days                            | 400 d5-11                           | 7       | 7          | 7   | 2
    500 is low                        | 500 d5-11                           | 7       | 7          | 7   | 2
    501 is not                        | 501 d5-11                           | 0       | 0          | 0   | 0
    a recovery of two days is bridged | 300 d2-6,900 d7-8,300 d9-11         | 10      | 10         | 8   | 2
    one of three days is stable       | 300 d2-5,900 d6-8,300 d9-12         | 4       | 8          | 8   | 2
    two waves                         | 300 d2-7,3000 d8-14,300 d15-22      | 8       | 14         | 14  | 3
    filled between two low counts     | 400 d5,none d6-11,400 d12           | 8       | 8          | 8   | 2
    a line between high and low       | 1000 d4,none d5-7,200 d8            | 2       | 2          | 2   | 1
    eight days are not filled         | 400 d5,none d6-13,400 d14           | 1       | 2          | 2   | 1
    never recovered                   | 300 d3-30                           | 28      | 28         | 28  | 4
    from day 4 on                     | 300 d4-30                           | 27      | 27         | 27  | 3
    """
)


@pytest.fixture(scope="module")
def counted() -> dict[str, dict[str, Any]]:
    cohort = {row["what"]: (counts(row["counts"]), 40) for row in COUNTING}
    return by_patient(early_icaht(*tables(cohort), Options()))


@pytest.mark.parametrize("row", COUNTING, ids=lambda row: row["what"])
def test_days_are_counted_by_three_rules(row: dict[str, str], counted: dict[str, dict[str, Any]]) -> None:
    """All three stand beside each other; the grade is that of the cumulative days."""
    found = counted[row["what"]]
    assert [found[f"days_500_{rule}"] for rule in ("longest", "cumulative", "raw")] == [
        int(row[rule]) for rule in ("longest", "cumulative", "raw")
    ]
    assert found["value"] == int(row["grade"])


def test_the_grid_ends_with_follow_up_and_too_few_counts_are_not_graded() -> None:
    cohort = {
        "died on day 10": (counts("300 d2-10", last=10), 10),
        "fifteen of 31": (counts("none d15-30"), 30),
        "sixteen of 31": (counts("none d16-30"), 30),
        "no count": ({}, 30),
        "left before day 0": ({}, -1),
    }
    found = by_patient(early_icaht(*tables(cohort), Options()))
    assert (found["died on day 10"]["value"], found["died on day 10"]["days"]) == (4, 11)
    assert found["sixteen of 31"]["value"] == 0
    for name in ("fifteen of 31", "no count"):
        row = found[name]
        assert (row["value"], row["lower"], row["upper"], row["complete"]) == (None, 0, 4, False)
    assert "left before day 0" not in found
    compatible = by_patient(early_icaht(*tables(cohort), Options({"icaht_compatibility": "fredhutch"})))
    assert compatible["fifteen of 31"]["value"] == 0
    assert compatible["no count"]["value"] is None


def test_the_compatible_grading_rounds_to_tens_and_takes_the_longest_run() -> None:
    cohort = {"501-504 count": (counts("504 d5-11"), 30), "505 rounds to 500": (counts("505 d5-11"), 30)}
    cohort |= {"506 does not": (counts("506 d5-11"), 30), "two waves": (counts("300 d2-5,900 d6-8,300 d9-12"), 30)}
    found = by_patient(early_icaht(*tables(cohort), Options({"icaht_compatibility": "fredhutch"})))
    assert {name: row["value"] for name, row in found.items()} == {
        "501-504 count": 2,
        "505 rounds to 500": 2,
        "506 does not": 0,
        "two waves": 1,
    }


def test_late_counts_after_day_30_only() -> None:
    cohort = {
        "two low": ({40: 400.0, 50: 450.0, 60: 2000.0}, 100),
        "one low": ({40: 400.0, 50: 2000.0}, 100),
        "before day 31": ({30: 100.0, 29: 100.0}, 100),
        "after the end": ({40: 400.0, 50: 400.0, 60: 50.0, 61: 50.0}, 55),
        "after day 100": ({40: 2000.0, 50: 2000.0, 101: 50.0, 102: 50.0}, 400),
        "twice that day": ({40: 400.0}, 100),
    }
    values, people = tables(cohort)
    twice = values.filter(values.patient_id == "twice that day")
    found = by_patient(late_icaht(values.union(twice), people, Options()))
    assert {name: row["value"] for name, row in found.items()} == {
        "two low": 3,
        "one low": 0,
        "after the end": 3,
        "after day 100": 0,
        "twice that day": None,
    }
    nadir = by_patient(late_icaht(values, people, Options({"icaht_compatibility": "fredhutch"})))
    assert nadir["twice that day"]["value"] == 3


def test_days_without_a_count_may_have_been_low() -> None:
    """What was never counted opens the bounds; nothing counted is no grade, and never grade 0."""
    values, people = tables({"never counted": ({}, 100), "one count": ({3: 15.0}, 100)}, per=1)
    for late in (False, True):
        found = by_patient(platelet_icaht(values, people, Options(), late))
        for row in found.values():
            assert (row["value"], row["upper"], row["complete"], row["missing"]) == (None, 4, False, "counts")
    once, people = tables({"one late test": ({60: 15.0}, 100), "two": ({60: 15.0, 61: 15.0}, 100)}, per=1)
    found = by_patient(platelet_icaht(once, people, Options(), late=True))
    assert (found["one late test"]["value"], found["two"]["value"], found["two"]["upper"]) == (None, 3, 4)
    lost = counts("3000 d0-1,300 d2-18,none d19-30")
    row = by_patient(early_icaht(*tables({"lost to follow-up": (lost, 30)}), Options()))["lost to follow-up"]
    assert (row["value"], row["lower"], row["upper"], row["complete"]) == (3, 3, 4, False)


def test_phenotypes_in_their_order() -> None:
    cohort = {
        "aplastic": (counts("300 d3-16", last=60), 60),
        "13 days only": (counts("300 d3-15", last=60), 60),
        "intermittent": (counts("300 d3-8,900 d25-27", last=60), 60),
        "a dip by day 21": (counts("300 d3-8,900 d20-21", last=60), 60),
        "no recovery": (counts("900 d0-60", last=60), 60),
        "never low": (counts("", last=60), 60),
        "no count": ({}, 60),
    }
    found = {name: row["phenotype"] for name, row in by_patient(phenotypes(*tables(cohort))).items()}
    assert found == {
        "aplastic": "aplastic",
        "13 days only": "quick",
        "intermittent": "intermittent",
        "a dip by day 21": "unclassified",
        "no recovery": "unclassified",
        "never low": "unclassified",
        "no count": "unclassified",
    }


NEUTROPHILS = st.sampled_from(
    [0.0, 40.0, 95.0, 100.0, 105.0, 400.0, 495.0, 500.0, 504.0, 505.0, 515.0, 900.0, 1000.0, 1500.0, 3000.0]
)
THROMBOCYTES = st.sampled_from([5.0, 19.9, 20.0, 49.9, 50.0, 99.9, 100.0, 200.0])


@st.composite
def people(draw: st.DrawFn, values: st.SearchStrategy[float]) -> tuple[list[tuple[int, float]], int]:
    """One patient: stretches of days with counts now and then, and the last day."""
    last = draw(st.sampled_from([-1, 2, 12, 30, 34, 60, 120]))
    found: list[tuple[int, float]] = []
    day = draw(st.integers(-2, 4))
    while day <= min(last, 105):
        value, stretch = draw(values), draw(st.integers(1, 9))
        found += [(other, value) for other in range(day, day + stretch) if other % draw(st.integers(1, 3)) == 0]
        day += stretch + draw(st.sampled_from([0, 0, 0, 1, 7, 8, 9, 20]))
    return found, last


@repeatable(15)
@given(
    neutrophils=st.lists(people(NEUTROPHILS), min_size=20, max_size=40),
    platelets=st.lists(people(THROMBOCYTES), min_size=20, max_size=40),
    rule=st.sampled_from(["cumulative", "longest_joined", "cumulative_raw"]),
    compatible=st.booleans(),
    late_rule=st.sampled_from(["two_at_threshold", "nadir"]),
)
def test_grades_agree_with_the_reference(
    neutrophils: list[Any], platelets: list[Any], rule: str, compatible: bool, late_rule: str
) -> None:
    chosen = Options(
        {
            "icaht_counting": rule,
            "icaht_compatibility": "fredhutch" if compatible else "native",
            "icaht_late_rule": late_rule,
        }
    )

    def grades(cohort: list[Any], per: float, grade: Any) -> dict[str, float | None]:
        names = [str(place) for place in range(len(cohort))]
        found = by_patient(grade(*courses(dict(zip(names, cohort, strict=True)), per)))
        return {name: found[name]["value"] if name in found else None for name in names}

    def expected(cohort: list[Any], judge: Any) -> dict[str, float | None]:
        return {str(place): judge(found, last) for place, (found, last) in enumerate(cohort)}

    assert grades(neutrophils, 1000, lambda v, f: early_icaht(v, f, chosen)) == expected(
        neutrophils, lambda found, last: reference.early(found, last, rule, compatible)
    )
    assert grades(neutrophils, 1000, lambda v, f: late_icaht(v, f, chosen)) == expected(
        neutrophils, lambda found, last: reference.late(found, last, "nadir" if compatible else late_rule)
    )
    for is_late in (False, True):
        assert grades(platelets, 1, lambda v, f, is_late=is_late: platelet_icaht(v, f, chosen, is_late)) == expected(
            platelets,
            lambda found, last, is_late=is_late: reference.thrombocytopenia(found, last, rule, is_late),
        )
