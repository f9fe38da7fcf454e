"""Medians, ranges, counts and shares: what is missing is always told."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from abate.records.problems import AbateError
from abate.statistics.description import median_range, round_half_up, table_one
from abate.statistics.proportion import interval
from spec import frame


@pytest.mark.parametrize(
    ("value", "places", "rounded"),
    [
        (0.5, 0, 1.0),
        (1.5, 0, 2.0),
        (2.5, 0, 3.0),
        (721.5, 0, 722.0),
        (2.4999, 0, 2.0),
        (-2.5, 0, -3.0),
        (0.125, 2, 0.13),
        (1.005, 2, 1.01),
        (2.675, 2, 2.68),
        (0.0, 1, 0.0),
        (7, 0, 7.0),
        (1e-07, 2, 0.0),
    ],
)
def test_a_half_goes_away_from_zero(value: float, places: int, rounded: float) -> None:
    """As papers round, and by the digits that are read, not those of binary fractions."""
    assert round_half_up(value, places) == rounded


def test_a_numpy_number_is_rounded_like_any_other() -> None:
    """``np.float64`` is a float."""
    assert round_half_up(np.float64(0.125), 2) == 0.13


def bounds(text: str, low: str = "low", high: str | None = "high") -> dict[str, Any]:
    kinds = {low: "float"} | ({high: "float"} if high else {})
    return median_range(frame(text, **kinds), low, high)


def test_median_and_range_of_a_column() -> None:
    """1, 4, 10 and one missing: median 4, range 1 to 10."""
    found = bounds("patient_id | x\nA | 10\nB | 1\nC |\nD | 4", "x", None)
    assert found == {
        "n": 3,
        "missing": 1,
        "median": (4.0, 4.0),
        "least": (1.0, 1.0),
        "greatest": (10.0, 10.0),
    }


def test_the_median_of_an_even_number_lies_between_the_middle_two() -> None:
    """1, 2, 4, 10: median 3."""
    assert bounds("patient_id | x\nA | 10\nB | 1\nC | 2\nD | 4", "x", None)["median"] == (3.0, 3.0)


def test_the_median_of_bounds_is_a_pair_of_bounds() -> None:
    """8 to 186, 10, 40 to 80: the median is 10 to 80, whatever lies within the bounds."""
    found = bounds("patient_id | low | high\nA | 8 | 186\nB | 10 | 10\nC | 40 | 80")
    assert (found["median"], found["least"], found["greatest"]) == ((10.0, 80.0), (8.0, 10.0), (40.0, 186.0))


@pytest.mark.parametrize("cells", ["5 |", "| 5", "|"])
def test_a_row_without_both_bounds_is_missing(cells: str) -> None:
    """An amount that is open above has no place in a median."""
    found = bounds(f"patient_id | low | high\nA | 1 | 2\nB | {cells}")
    assert (found["n"], found["missing"], found["median"]) == (1, 1, (1.0, 2.0))


def test_nothing_known_has_no_median() -> None:
    """Not 0."""
    found = bounds("patient_id | low | high\nA | |\nB | |")
    assert found == {"n": 0, "missing": 2, "median": None, "least": None, "greatest": None}


COHORT = """
    patient_id | age | sex    | group
    A          | 61  | female | yes
    B          | 47  | male   | yes
    C          |     | male   | no
    D          | 70  |        | no
    E          | 30  | male   | no
"""


def lines(columns: tuple[str, ...], text: str = COHORT) -> dict[tuple[str, str, str], dict[str, Any]]:
    rows = table_one(frame(text, age="float"), columns, ["age"])
    return {(row["characteristic"], row["level"], row["group"]): row for row in rows}


def test_a_number_has_its_median_and_range_in_each_group() -> None:
    """Five patients, four ages: the median of 30, 47, 61, 70 is 54."""
    found = lines(("age",))
    row = found["age", "median (range)", "All patients"]
    assert (row["n"], row["count"], row["median"], row["least"], row["greatest"]) == (5, 4, 54.0, 30.0, 70.0)
    assert found["age", "median (range)", "yes"]["median"] == 54.0
    assert found["age", "median (range)", "no"]["median"] == 50.0


def test_a_word_has_the_count_of_each_level() -> None:
    """One female, three male, one not recorded, of five."""
    found = lines(("sex",))
    counts = {level: row["count"] for (_, level, group), row in found.items() if group == "All patients"}
    assert counts == {"female": 1, "male": 3, "missing": 1}
    assert {row["n"] for (_, _, group), row in found.items() if group == "no"} == {3}


def test_what_is_missing_is_told_where_it_is_missing() -> None:
    """The age and the sex of one patient each, both in the group without a response."""
    missing = {key: row["count"] for key, row in lines(("age", "sex")).items() if key[1] == "missing"}
    assert missing == {
        ("age", "missing", "All patients"): 1,
        ("age", "missing", "no"): 1,
        ("sex", "missing", "All patients"): 1,
        ("sex", "missing", "no"): 1,
    }


def test_the_rows_come_in_the_order_of_the_columns() -> None:
    """All patients first, then each group; within it the columns as named."""
    rows = table_one(frame(COHORT, age="float"), ["sex", "age"], ["age"])
    assert [row["group"] for row in rows if row["level"] == "male"] == ["All patients", "no", "yes"]
    assert [row["characteristic"] for row in rows][:5] == ["sex", "sex", "sex", "age", "age"]


def test_without_groups_there_are_all_patients_alone() -> None:
    """A cohort without a column ``group``."""
    found = lines(("sex",), "patient_id | age | sex\nA | 1 | male\nB | 2 | male")
    assert {key: row["count"] for key, row in found.items()} == {("sex", "male", "All patients"): 2}


def test_a_patient_of_no_group_counts_among_all() -> None:
    """An unknown response is no third group."""
    found = lines(("sex",), COHORT + "    F | 50 | male |\n")
    assert found["sex", "male", "All patients"]["count"] == 4
    assert {group for _, _, group in found} == {"All patients", "yes", "no"}


def test_a_number_that_nobody_has_is_missing_in_all() -> None:
    """No median, and not 0."""
    found = lines(("age",), "patient_id | age\nA |\nB |")
    assert found["age", "missing", "All patients"]["count"] == 2
    assert {row.get("median") for row in found.values()} == {None}


def test_a_column_of_0_and_1_is_counted_and_has_no_median() -> None:
    """An indicator is a yes or no, and 2 of 3 says more than a median of 1."""
    found = lines(("age",), "patient_id | age\nA | 1\nB | 0\nC | 1\nD |")
    assert {level: row["count"] for (_, level, _), row in found.items()} == {"0": 1, "1": 2, "missing": 1}


@pytest.mark.parametrize(("entries", "listed"), [(12, 12), (13, 1)])
def test_a_column_of_many_words_is_counted_and_not_listed(entries: int, listed: int) -> None:
    """Thirteen different words are one line, which counts every patient."""
    text = "patient_id | sex\n" + "\n".join(f"P{place} | word {place}" for place in range(entries))
    rows = lines(("sex",), text).values()
    assert len(rows) == listed
    assert sum(row["count"] for row in rows) == entries


def test_a_word_stays_as_it_was_written() -> None:
    """ "Version 2.0" of a product is not "Version 2"."""
    assert ("sex", "Version 2.0", "All patients") in lines(("sex",), "patient_id | sex\nA | Version 2.0")


def test_a_level_that_a_group_does_not_have_counts_0_there() -> None:
    """Docstring: one row for each level and group. No female among those without a response."""
    assert lines(("sex",))["sex", "female", "no"]["count"] == 0


SHARES = [
    ("0/8", 0.0, 0.369416647552819),
    ("3/8", 0.0852334141372536, 0.755136783633448),
    ("6/8", 0.349144205587176, 0.968145973750056),
    ("8/8", 0.630583352447181, 1.0),
]


@pytest.mark.parametrize(("share", "low", "high"), SHARES)
def test_the_exact_interval_of_a_share(share: str, low: float, high: float) -> None:
    """Clopper and Pearson 1934; 0 of 8 may still be 37 %."""
    count, total = (int(part) for part in share.split("/"))
    assert interval(count, total) == pytest.approx((low, high), abs=1e-9)


def test_the_exact_intervals_are_those_of_r(shared: Path) -> None:
    """Every Clopper-Pearson row of the reference results, within 1e-9."""
    seen = set()
    with (shared / "spec/stats_reference/exact_small_R.csv").open() as file:
        for row in csv.DictReader(file):
            if row["method"] != "Clopper-Pearson 95%":
                continue
            count, total = (int(part) for part in row["dataset"].split("/"))
            low, high = interval(count, total)
            found = {"lo": low, "hi": high}[row["quantity"]]
            assert found == pytest.approx(float(row["value"]), abs=1e-9)
            seen.add(row["dataset"])
    assert seen == {"0/8", "3/8", "6/8", "8/8"}


@pytest.mark.parametrize(("count", "total"), [(-1, 8), (9, 8), (0, 0)])
def test_a_share_that_cannot_be_is_refused(count: int, total: int) -> None:
    """No share of nobody, none below 0 or above all."""
    with pytest.raises(AbateError, match="between 0 and a total above 0"):
        interval(count, total)
