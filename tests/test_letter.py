"""The letter from end to end: its facts as records, and what its own patients give."""

import csv
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from abate import verbs
from abate.cohort import Cohort
from abate.studies.strati2020 import records_path
from abate.studies.strati2020.audit import Printed, audit, judge, judge_range, printed


@pytest.fixture(scope="module")
def letter() -> Cohort:
    return verbs.analyse("strati2020")


@pytest.fixture(scope="module")
def rows(letter: Cohort) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["item"], row["place"]): row for row in audit(letter).to_pylist()}


def finding(rows: dict[tuple[str, str], dict[str, Any]], item: str) -> dict[str, Any]:
    return next(row for (name, _), row in rows.items() if name == item)


def test_every_row_of_the_records_names_its_place_in_the_letter() -> None:
    places = re.compile(
        r"Table 1|results|responders paragraph|nonresponders paragraph|Figure 1|first paragraph|discussion"
    )
    for file in records_path().glob("*.csv"):
        with file.open(encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
        assert rows and all(places.search(row["source"]) for row in rows), file.name


def test_no_value_that_the_plain_text_lost_was_given_to_a_patient() -> None:
    """CRP shows six values for eight patients: none may be given to one of them."""
    text = "".join(file.read_text(encoding="utf-8") for file in records_path().glob("*.csv"))
    assert not re.search(r"\bcrp\b|ECOG|\bIPI\b", text, re.IGNORECASE)


def test_ferritin_in_mg_per_litre_is_set_aside_and_never_converted(letter: Cohort) -> None:
    assert letter.count(letter.records["measurements"]) == 0
    assert letter.records.set_aside.reason.to_pyarrow().to_pylist() == ["unit"] * 8


@pytest.mark.parametrize(
    ("item", "recomputed"),
    [
        ("patients treated with anakinra", "8"),
        ("dexamethasone before: median", "273 mg"),
        ("dexamethasone before: range", "0 to 1344 mg"),
        ("tocilizumab before: median", "1080 mg"),
        ("tocilizumab doses: median", "2"),
        ("anakinra start: median", "12 d"),
        ("anakinra start: range", "6 to 41 d"),
        ("anakinra daily dose: range", "50 to 200 mg"),
        ("anakinra cumulative dose: range", "200 to 700 mg"),
        ("Patient 1: first low grade", "10 d"),
        ("Patient 5: duration of anakinra", "10 d"),
        ("response in ICANS", "4"),
        ("response in HLH", "0"),
        ("responders with transient benefit", "1"),
        ("no corticosteroids before", "1"),
        ("no tocilizumab before", "2"),
    ],
)
def test_what_matches(rows: dict[tuple[str, str], dict[str, Any]], item: str, recomputed: str) -> None:
    found = finding(rows, item)
    assert (found["verdict"], found["recomputed"]) == ("match", recomputed)


def test_the_mismatches_are_these(rows: dict[tuple[str, str], dict[str, Any]]) -> None:
    """Each was found by hand in the letter before the audit was written."""
    assert {item for (item, _), row in rows.items() if row["verdict"] == "mismatch"} == {
        "anakinra duration: range",
        "corticosteroids continued after the start",
        "unit of ferritin at baseline",
        "unit of the ferritin limit",
        "Patient 3: grade at start",
        "Patient 4: dexamethasone during",
        "Patient 6: dexamethasone during",
        "Patient 5: recurrence",
        "Patient 6: recurrence",
        "Patient 7: recurrence",
        "Patient 8: recurrence",
        "previous ASCT",
        "response associated with lower area under the curve",
        "nonresponders with ICANS: dose and schedule",
        "late start as an explanation",
    }


def test_a_missing_input_gives_an_interval_and_says_what_it_must_be(
    rows: dict[tuple[str, str], dict[str, Any]],
) -> None:
    """Patient 8's dexamethasone during anakinra is not printed; the median of 722 mg bounds it."""
    found = finding(rows, "dexamethasone during: median")
    assert found["verdict"] == "consistent"
    assert found["recomputed"] == "721.5 mg"
    assert "Patient 8" in found["note"] and "at most 709 mg" in found["note"]


def test_a_weight_is_implied_and_at_the_usual_largest_dose_only_bounded(
    rows: dict[tuple[str, str], dict[str, Any]],
) -> None:
    assert finding(rows, "Patient 1: tocilizumab per kg")["recomputed"].startswith("weight 92.5 kg; anakinra 1.08")
    assert finding(rows, "Patient 7: tocilizumab per kg")["recomputed"].startswith("weight at least 100 kg")


def test_every_item_is_judged_by_one_of_four_verdicts(rows: dict[tuple[str, str], dict[str, Any]]) -> None:
    counts = Counter(row["verdict"] for row in rows.values())
    assert set(counts) == {"match", "mismatch", "consistent", "not recomputable"}
    assert len(rows) == len(printed())


def test_no_sentence_says_what_brought_a_response_about(letter: Cohort) -> None:
    reasons = " ".join(letter.response.reason.to_pyarrow().to_pylist())
    assert not re.search(r"due to|because|caused|thanks to", reasons)


def test_the_recomputed_side_follows_the_records(tmp_path: Path) -> None:
    """Change one dose in the records and the audit says so: nothing is typed in."""
    for file in records_path().iterdir():
        text = file.read_text(encoding="utf-8")
        if file.name == "drugs.csv":
            assert "1081," in text
            text = text.replace("1081,", "1281,")
        (tmp_path / file.name).write_text(text, encoding="utf-8")
    changed = {row["item"]: row for row in audit(verbs.analyse(tmp_path)).to_pylist()}
    assert changed["Patient 1: dexamethasone before against during"]["verdict"] == "mismatch"
    assert changed["Patient 1: dexamethasone before against during"]["recomputed"].startswith("336 mg before, 1281")


PRINTED = Printed("item", "place", "12 mg", 12.0, None, None, "mg")


@pytest.mark.parametrize(
    ("low", "high", "missing", "verdict"),
    [
        (12, 12, "", "match"),
        (11.5, 11.5, "", "match"),  # the letter rounds a half up
        (11.49, 11.49, "", "mismatch"),
        (12.5, 12.5, "", "mismatch"),
        (10, 14, "", "consistent"),
        (12, 12, "an input", "consistent"),
        (13, 14, "an input", "mismatch"),
        (None, None, "", "not recomputable"),
    ],
)
def test_a_figure_is_judged_in_the_letters_rounding(low: Any, high: Any, missing: str, verdict: str) -> None:
    assert judge(PRINTED, low, high, missing).verdict == verdict


def test_a_range_is_judged_at_both_ends() -> None:
    row = Printed("item", "place", "1-7 days", None, 1.0, 7.0, "d")
    assert judge_range(row, (1, 1), (7, 7)).verdict == "match"
    assert judge_range(row, (1, 1), (10, 10)).verdict == "mismatch"
    assert judge_range(row, (1, 1), (7, 7), missing="an input").verdict == "consistent"
