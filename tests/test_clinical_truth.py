"""Missing is not normal: what a page must not say."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from abate import verbs
from abate.cohort import STEROID, Cohort, derive
from abate.engine.ingest import Records
from abate.findings import shape
from abate.findings.head import key_figures
from abate.grading.systems import systems_named
from abate.report import curves
from abate.report import text as written
from spec import read_records

ONE = ("astct_crs",)
"""Where the systems do not matter."""


def derived(records: Records) -> Cohort:
    return derive(records, systems=systems_named(ONE))


PATIENTS = "patient_id | weight_kg | last_contact_day\nA | 70 | 30\nB | | 30"
TREATED = """
    patient_id | drug     | amount | unit | dose_count | interval_h | day
    A          | anakinra | 100    | mg   | 3          | 24         | 5
"""


def figures(folder: Path, mapping: str = "", **tables: str) -> dict[str, tuple[str, str]]:
    cohort = derived(read_records(folder, mapping, patients=PATIENTS, **tables))
    rows = key_figures(cohort)[0]["key_figures"].to_pylist()
    return {row["label"]: (row["value"], row["detail"]) for row in rows}


def test_no_record_of_a_death_is_not_no_death(tmp_path: Path) -> None:
    found = figures(tmp_path)
    assert found["Deaths"] == ("not recorded", "no record of a death")
    assert found["HLH"][0] == "not recorded"


def test_declared_complete_events_make_it_none(tmp_path: Path) -> None:
    assert figures(tmp_path, '[coverage]\nevents = "complete"')["Deaths"] == ("0", "of 2")


def test_a_bound_is_counted_as_a_bound(tmp_path: Path) -> None:
    """Grade 2 or less may be 0: any grade is 1 to 2 patients, grade 3 or more only the one."""
    events = """
        patient_id | event       | system | value | value_high | day
        A          | icans_grade | ASTCT  | 3     |            | 5
        B          | icans_grade | ASTCT  |       | 2          | 5
    """
    assert figures(tmp_path, events=events)["ICANS (ASTCT)"][0] == "1 to 2 / 1"


def test_a_drug_row_that_could_not_be_read_breaks_the_promise_of_completeness(tmp_path: Path) -> None:
    """The misspelt steroid was given: 0 mg would be untrue."""
    drugs = TREATED + "    A          | dexamethason | 20 | mg | | | 3\n"
    mapping = '[study]\ntreatment = "anakinra"\n[coverage]\ndrugs = "complete"'
    cohort = derived(read_records(tmp_path, mapping, patients=PATIENTS, drugs=drugs))
    steroid = cohort.exposure[STEROID].to_pyarrow().to_pylist()
    assert {(row["low"], row["high"]) for row in steroid} == {(None, None)}


def test_without_it_the_promise_holds(tmp_path: Path) -> None:
    mapping = '[study]\ntreatment = "anakinra"\n[coverage]\ndrugs = "complete"'
    cohort = derived(read_records(tmp_path, mapping, patients=PATIENTS, drugs=TREATED))
    steroid = cohort.exposure[STEROID].to_pyarrow().to_pylist()
    assert {(row["low"], row["high"]) for row in steroid} == {(0.0, 0.0)}


def test_a_dose_per_kg_without_a_weight_is_noted(tmp_path: Path) -> None:
    drugs = "patient_id | drug | amount | unit | day\nB | anakinra | 2 | mg/kg | 5"
    notes = [str(problem) for problem in read_records(tmp_path, patients=PATIENTS, drugs=drugs).problems]
    assert any("cannot be put in mg" in note for note in notes)


def noted(folder: Path, mapping: str) -> list[str]:
    """Return what the notes find amiss in the mapping, of two patients of whom one has anakinra."""
    problems = read_records(folder, mapping, patients=PATIENTS, drugs=TREATED).problems
    return [problem.found for problem in problems if problem.place == "abate.toml"]


def test_a_treatment_that_nobody_had_is_noted(tmp_path: Path) -> None:
    (tmp_path / "had").mkdir()
    assert noted(tmp_path / "had", '[study]\ntreatment = "anakinra"') == []
    expected = ["no patient has a dose of this treatment, so no response is judged"]
    assert noted(tmp_path, '[study]\ntreatment = "siltuximab"') == expected


def test_comparisons_that_will_get_no_p_value_are_noted_beforehand(tmp_path: Path) -> None:
    """Of few patients the first named is tested; few is what the option says."""
    comparison = '\n[[comparisons]]\nmeasure = "peak"\ngroup = "responder"\nwindow = [0, 4]\nvariables = '
    mapping = '[study]\ntreatment = "anakinra"' + comparison + '["ferritin", "crp"]'
    expected = ["of 2 comparisons only the first named gets a P value: fewer than 20 patients"]
    for name, text, found in (
        ("two", mapping, expected),
        ("one", mapping.replace(', "crp"', ""), []),
        ("enough", mapping.replace("[study]", "[options]\nfew_patients = 2\n[study]"), []),
    ):
        (tmp_path / name).mkdir()
        assert noted(tmp_path / name, text) == found


def test_grades_of_several_systems_are_not_mixed(tmp_path: Path) -> None:
    """ASTCT 4 at the start and CARTOX 1 later is no response by either."""
    events = """
        patient_id | event       | system | value | day
        A          | icans_grade | ASTCT  | 4     | 5
        A          | icans_grade | CARTOX | 1     | 7
    """
    mapping = '[study]\ntreatment = "anakinra"'
    cohort = derived(read_records(tmp_path, mapping, patients=PATIENTS, drugs=TREATED, events=events))
    assert cohort.response.response.to_pyarrow().to_pylist() == ["unknown"]


def test_a_comparison_by_response_leaves_out_windows_that_contain_it(tmp_path: Path) -> None:
    """Treatment began on day 5, before the window ends on day 20."""
    events = "patient_id | event | system | value | day\nA | icans_grade | X | 4 | 5\nA | icans_grade | X | 1 | 7"
    labs = "patient_id | variable | value | unit | day\nA | ldh | 300 | U/L | 1\nA | ldh | 200 | U/L | 9"
    mapping = """
[study]
treatment = "anakinra"
[[comparisons]]
variables = ["ldh"]
measure = "peak"
group = "responder"
window = [0, 20]
"""
    records = read_records(tmp_path, mapping, patients=PATIENTS, drugs=TREATED, events=events, measurements=labs)
    cohort = derived(records)
    left = {
        row["patient_id"]: row["left_out"]
        for row in cohort.measure(records.study.comparisons[0]).to_pyarrow().to_pylist()
    }
    assert left["A"] == "the window would contain the treatment and the response"


def test_a_clinicians_grades_alone_tell_the_onset(tmp_path: Path) -> None:
    """Nothing that a grade of ICANS could be computed from is recorded: graded 0 to day 3, 2 from day 4 on."""
    lines = "\n".join(f"A | icans_grade | ASTCT | {2 * (day > 3)} | {day}" for day in range(7))
    cohort = derive(
        read_records(tmp_path, patients=PATIENTS, events=f"patient_id | event | system | value | day\n{lines}")
    )
    assert cohort.gradeable == []
    assert cohort.first_systems == {"ICANS": "ASTCT 2019"}
    onsets = cohort.anchors.filter(cohort.anchors.anchor == "the onset of ICANS").to_pyarrow().to_pylist()
    assert [(row["patient_id"], row["day"]) for row in onsets] == [("A", 4)]


def test_every_grade_to_5_can_be_drawn(tmp_path: Path) -> None:
    rows = "\n".join(f"A | icans_grade | X | {grade} | {grade}" for grade in range(6))
    read_records(tmp_path / "records", patients=PATIENTS, events=f"patient_id | event | system | value | day\n{rows}")
    verbs.run(tmp_path / "records", tmp_path / "report", systems=ONE)
    svg = (tmp_path / "report" / "figures" / "toxicity_icans.svg").read_text(encoding="utf-8")
    assert all(f"ICANS grade {grade}," in svg for grade in range(6))


def test_a_large_cohort_is_drawn_in_sum(tmp_path: Path) -> None:
    """A lane for each of 130 patients, without names; the page stays small."""
    patients = "patient_id | age\n" + "\n".join(f"P{number} | 50" for number in range(130))
    events = "patient_id | event | system | value | day\n" + "\n".join(
        f"P{number} | icans_grade | X | {day % 5} | {day}" for number in range(130) for day in range(10)
    )
    labs = "patient_id | variable | value | unit | day\n" + "\n".join(
        f"P{number} | crp | {number + day} | mg/L | {day}" for number in range(130) for day in range(40)
    )
    mapping = "[options]\nlanes_shown = 130"
    read_records(tmp_path / "records", mapping, patients=patients, events=events, measurements=labs)
    report = verbs.run(tmp_path / "records", tmp_path / "report", systems=ONE).path
    page = (report / "report.html").read_text(encoding="utf-8")
    assert "One thin line for each of 130 patients" in page
    assert "Too many values for a line a patient" in page
    assert len(page) < 4_000_000
    assert (report / "tables" / "biomarker_points.csv").is_file()


def test_what_a_page_cannot_hold_stands_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Long tables are written piece by piece, beyond the rows of a spreadsheet as Parquet alone."""
    monkeypatch.setattr(shape, "MOST_HELD", 20)
    monkeypatch.setattr(written, "SPREADSHEET_ROWS", 30)
    monkeypatch.setattr(written, "BATCH", 7)
    monkeypatch.setattr(curves, "MOST_MARKS", 5)
    labs = "patient_id | variable | value | unit | day\n" + "\n".join(
        f"P{number} | crp | {number * 20 + day + 10} | mg/L | {day}" for number in range(8) for day in range(-5, 5)
    )
    patients = "patient_id | age | sex\n" + "\n".join(
        f"P{number} | 50 | {'male' if number % 2 else 'female'}" for number in range(8)
    )
    mapping = """
        [groups.sex]
        column = "sex"
        [[comparisons]]
        variables = ["crp"]
        measure = "peak"
        group = "sex"
        window = [0, 5]
    """
    read_records(tmp_path / "records", mapping, patients=patients, measurements=labs)
    report = verbs.run(tmp_path / "records", tmp_path / "report", systems=ONE).path
    page = (report / "report.html").read_text(encoding="utf-8")
    assert "Too many values for a line a patient" in page and "A pale bar is the middle half of a group" in page
    points = pq.read_table(report / "tables" / "biomarker_points.parquet")
    assert points["value"].to_pylist()[:3] == [5.0, 6.0, 7.0] and points.num_rows == 80
    assert not (report / "tables" / "biomarker_points.csv").exists()
    assert (report / "tables" / "comparison_values.csv").is_file()


def test_a_dose_that_could_not_be_read_says_nothing_of_other_vasopressors(tmp_path: Path) -> None:
    """All drugs are declared complete: fludarabine in an unknown unit costs that, and not that of vasopressors."""
    drugs = """
        patient_id | drug           | amount | unit   | rate | rate_unit | day
        A          | fludarabine    | 30     | barrel |      |           | -5
        B          | norepinephrine |        |        | 5    | barrel    | 1
    """
    cohort = derived(read_records(tmp_path, '[coverage]\ndrugs = "complete"', patients=PATIENTS, drugs=drugs))
    kept = {(row["patient_id"], row["domain"]) for row in cohort.coverage.to_pyarrow().to_pylist()}
    assert kept == {("A", "vasopressors")}
