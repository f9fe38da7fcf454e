"""Table 1 of a cohort: what stands in the files, what on the page, and when a P value is given."""

from dataclasses import replace
from typing import Any

import ibis
import pytest

from abate.cohort import Cohort, derive
from abate.findings.shape import Section
from abate.findings.table_one import patients
from abate.grading.systems import systems_named
from abate.records.options import Options
from abate.report.page import table_one, table_one_differences
from abate.statistics.baseline_tests import PICTURE
from spec import read_records

COUNT = 24
MAPPING = """
[study]
treatment = "anakinra"
baseline = ["age", "sex", "stage", "product", "height_cm"]
"""


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    """Twenty-four patients, a year between them; every other one is a responder and a woman."""
    people = "\n".join(
        f"P{place:02} | {50 + place} | {'female' if place % 2 else 'male'} | {'IV' if place % 3 else 'III'} | axi-cel |"
        for place in range(COUNT)
    )
    doses = "\n".join(f"P{place:02} | anakinra | 100 | mg | 5" for place in range(COUNT))
    grades = "\n".join(
        f"P{place:02} | icans_grade | X | {grade} | {day}"
        for place in range(COUNT)
        for day, grade in ((5, 4), (6, 4 - 3 * (place % 2)))
    )
    records = read_records(
        tmp_path_factory.mktemp("patients"),
        MAPPING,
        patients=f"patient_id | age | sex | stage | product | height_cm\n{people}",
        drugs=f"patient_id | drug | amount | unit | day\n{doses}",
        events=f"patient_id | event | system | value | day\n{grades}",
    )
    return derive(records, systems=systems_named(["astct_crs"]))


def found(cohort: Cohort, **chosen: object) -> Section:
    return patients(replace(cohort, options=Options(chosen)))


def rows(section: Section) -> dict[str, dict[str, Any]]:
    return {row["characteristic"]: row for row in section[0]["table_one_differences"].to_pylist()}


def test_differences_are_shown_and_no_test_is_made_unasked(cohort: Cohort) -> None:
    """STROBE advises against tests of baseline. Means 62 and 61, both variances 52: 1 / sqrt(52) = 0.1387."""
    section = found(cohort)
    apart = rows(section)
    assert apart["Age (years)"]["standardised_difference"] == 0.138675
    assert apart["Age (years)"]["between"] == "responder and nonresponder"
    assert (apart["Age (years)"]["n"], apart["Age (years)"]["missing"]) == (24, 0)
    assert apart["Stage"]["standardised_difference"] == 0
    assert apart["Sex"]["difference_note"] == "the groups have no word in common"
    assert apart["Product"]["difference_note"] == "no spread within the groups"
    assert "test" not in apart["Age (years)"]
    assert "doi:10.1371/journal.pmed.0040297" in section[1]["table_one"]
    assert "none is made" in section[1]["table_one"]


def test_a_column_that_nobody_has_is_no_row(cohort: Cohort) -> None:
    """No height was recorded."""
    tables, _ = found(cohort)
    assert "Height (cm)" not in tables["table_one"].to_pydict()["characteristic"]
    assert "Height (cm)" not in tables["table_one_differences"].to_pydict()["characteristic"]


def test_a_test_that_was_asked_for_is_named_with_its_reason(cohort: Cohort) -> None:
    """Twelve and twelve: of two sexes six each are expected, of eight with stage III four in each group."""
    section = found(cohort, baseline_tests="all")
    tested = rows(section)
    assert tested["Age (years)"]["test"] == "rank sum, exact"
    assert tested["Sex"]["test"] == "chi-square, no continuity correction"
    assert tested["Stage"]["test"] == "Fisher's exact test"
    assert tested["Stage"]["why"] == "2 words in 2 groups, an expected count below 5"
    assert tested["Stage"]["p"] == 1
    assert (tested["Product"]["p"], tested["Product"]["test_note"]) == (None, "all have the same word")
    assert "these were asked for" in section[1]["table_one"]
    assert "rank sum" in section[1]["table_one"]


def test_few_patients_have_no_p_value_though_tests_were_asked_for(cohort: Cohort) -> None:
    """As for comparisons: fewer than ``few_patients`` are a picture."""
    section = found(cohort, baseline_tests="all", few_patients=25)
    assert {row["test_note"] for row in rows(section).values()} == {PICTURE}
    assert {row["p"] for row in rows(section).values()} == {None}
    assert "none is made of fewer than 25 patients" in section[1]["table_one"]


def test_the_page_has_the_difference_beside_the_first_row_of_a_characteristic(cohort: Cohort) -> None:
    tables, _ = found(cohort)
    shown = table_one(tables["table_one"], tables["table_one_differences"])
    assert shown.columns[-1] == "standardised difference"
    last = {(row[0], row[1]): row[-1] for row in shown.rows}
    assert last["Age (years)", "median (range)"] == "0.14"
    assert last["Stage", "III"] == "0.00"
    assert last["", "IV"] == ""
    assert last["Product", "axi-cel"] == "–"


def test_the_page_has_the_tests_where_they_were_asked_for(cohort: Cohort) -> None:
    tables, _ = found(cohort, baseline_tests="all")
    shown = table_one(tables["table_one"], tables["table_one_differences"])
    assert shown.columns[-3:] == ["P", "least P", "test"]
    last = {row[0]: row[-3:] for row in shown.rows if row[0]}
    assert last["Age (years)"] == ["0.76", "7.4e-07", "rank sum, exact"]
    assert last["Sex"] == ["<0.001", "", "chi-square, no continuity correction"]
    assert last["Product"] == ["–", "", ""]
    details = table_one_differences(tables["table_one_differences"])
    assert "standardised difference" in details.columns
    assert details.rows[0][details.columns.index("p")] == "0.76"


def test_a_pair_is_named_on_the_page_where_there_are_several(cohort: Cohort) -> None:
    """Of three groups the difference is that of two."""
    tables, _ = found(cohort)
    listed = tables["table_one"].to_pylist()
    third = [row | {"group": "other"} for row in listed if row["group"] == "responder"]
    shown = table_one(tables["table_one"].from_pylist([*listed, *third]), tables["table_one_differences"])
    assert shown.rows[0][-1] == "0.14 (responder and nonresponder)"


def test_without_groups_nothing_is_compared(cohort: Cohort) -> None:
    """All patients alone: a table without differences, and no sentence about them."""
    alone = replace(cohort, patients=cohort.patients.mutate(responder=ibis.literal("responder")))
    tables, texts = patients(replace(alone, options=Options({"baseline_tests": "all"})))
    assert tables["table_one_differences"].num_rows == 0
    assert texts["table_one"] == ""
    shown = table_one(tables["table_one"], tables["table_one_differences"])
    assert shown.columns == ["characteristic", "", "All patients (n = 24)"]
