"""Computed grades on the page: reasons in the cells, the table of toxicities, systems, timelines, the mark."""

import csv
import json
from pathlib import Path

import pytest

from abate import verbs
from abate.grading.systems import SYSTEMS
from spec import write_folder

EVIL = "<script>alert(1)</script>"
MARK = "Synthetic patients, not real ones."
TABLES = {
    "patients": f"""
        patient_id | age | weight_kg | day0             | product | last_contact
        {EVIL}     | 55  | 70        | 2024-01-01 10:00 | one     | 2024-01-05
        B          | 61  | 80        | 2024-01-01 10:00 | two     | 2024-01-04
    """,
    "measurements": f"""
        patient_id | variable    | value | unit | time
        {EVIL}     | temperature | 36.9  | C    | 2024-01-01 12:00
        {EVIL}     | temperature | 38.5  | C    | 2024-01-02 08:00
        {EVIL}     | sbp         | 84    | mmHg | 2024-01-02 08:10
        {EVIL}     | temperature | 37.0  | C    | 2024-01-03 08:00
        {EVIL}     | sbp         | 118   | mmHg | 2024-01-01 12:00
        {EVIL}     | sbp         | 118   | mmHg | 2024-01-03 08:00
        {EVIL}     | ferritin    | 900   | ug/L | 2024-01-02 06:00
        {EVIL}     | ice         | 8     |      | 2024-01-02 09:00
        B          | temperature | 39.1  | C    | 2024-01-02 08:00
    """,
    "drugs": f"""
        patient_id | drug           | kind     | rate | rate_unit  | time             | end_time
        {EVIL}     | norepinephrine | infusion | 0.3  | mcg/kg/min | 2024-01-02 10:00 | 2024-01-02 15:00
    """,
    "states": f"""
        patient_id | variable | device        | flow | time
        {EVIL}     | oxygen   | nasal cannula | 2    | 2024-01-02 09:00
        {EVIL}     | oxygen   | room air      |      | 2024-01-02 21:00
    """,
    "events": f"""
        patient_id | event     | system | value | time
        {EVIL}     | crs_grade | ASTCT  | 2     | 2024-01-02
    """,
    "coverage": "patient_id | domain\nall | drugs\nall | oxygen\nall | neuro",
}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("grades")
    write_folder(folder / "records", f'[study]\nmark = "{MARK}"\n', **TABLES)
    verbs.run(folder / "records", folder / "report")
    return folder / "report"


def rows(report: Path, name: str) -> list[dict[str, str]]:
    with (report / "tables" / f"{name}.csv").open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_every_graded_day_is_in_the_tables_with_its_bounds_and_the_clinicians_grade(report: Path) -> None:
    found = {
        (row["patient_id"], row["day"], row["toxicity"], row["system"]): row for row in rows(report, "computed_grades")
    }
    assert len(found) == (5 + 4) * len(SYSTEMS)
    day = found[EVIL, "1", "CRS", "ASTCT 2019"]
    assert (day["grade"], day["lower"], day["upper"], day["complete"]) == ("3", "3", "3", "true")
    assert (day["criteria"], day["primary"], day["clinician_high"]) == ("vasopressor", "clinician", "2")
    assert day["attribution"] == "judged by a clinician"
    silent = found["B", "0", "CRS", "ASTCT 2019"]
    assert (silent["grade"], silent["complete"], silent["attribution"]) == ("", "false", "assumed")


def test_a_cell_says_why(report: Path) -> None:
    cells = rows(report, "lane_grades")
    why = next(
        row["why"]
        for row in cells
        if row["label"] == EVIL
        and row["day"] == "1"
        and row["system"] == "ASTCT 2019, computed"
        and row["toxicity"] == "CRS"
    )
    for part in (
        "grade 3 by ASTCT 2019, computed: vasopressor",
        "38.5 °C at 08:00",
        "84 mmHg at 08:10",
        "judged grade 2",
    ):
        assert part in why
    unknown = next(
        row for row in cells if row["label"] == "B" and row["day"] == "0" and row["system"] == "ASTCT 2019, computed"
    )
    assert unknown["high"] == "" and "cannot be graded by ASTCT 2019, computed (possible: 2 or less)" in unknown["why"]
    assert unknown["why"].endswith("Unknown: fever, hypotension.")


def test_the_table_of_toxicities_counts_the_primary_grade(report: Path) -> None:
    lines = {row[""]: row for row in rows(report, "toxicity_table")}
    crs = "CRS, ASTCT 2019"
    assert lines["any grade"][crs] == "2 of 2 (100 %)"
    assert lines["grade 3 or more"][crs] == "0 of 2 (0 %)"  # the clinician judged 2, the records say 3
    assert lines["Onset, day: median (IQR; range)"][crs] == "1 (1–1; 1–1), n = 1"  # nobody saw day 0 of B
    assert lines["Onset, hours after day 0: median (IQR; range)"][crs].startswith("22 ")
    assert lines["any grade"][f"{crs}, one"] == "1 of 1 (100 %)"


def test_systems_are_compared_on_the_days_that_both_graded(report: Path) -> None:
    agreement = {
        (row["first"], row["second"], row["compared"]): row
        for row in rows(report, "systems_agreement")
        if row["toxicity"] == "CRS"
    }
    line = agreement["ASTCT 2019", "clinician, ASTCT", "patient-days"]
    assert (line["graded by both"], line["the same grade"]) == ("1", "0 of 1 (0 %)")


def test_the_page_says_what_was_declared_and_what_it_changes(report: Path) -> None:
    page = (report / "report.html").read_text(encoding="utf-8")
    assert "Declared: drugs complete for all courses; neuro complete for all courses" in page
    assert "Were nothing declared complete: CRS by ASTCT 2019:" in page


def test_text_from_the_data_stays_text_and_every_figure_carries_the_mark(report: Path) -> None:
    page = (report / "report.html").read_text(encoding="utf-8")
    assert EVIL not in page
    assert "Timeline of &lt;script&gt;" in page
    figures = list((report / "figures").glob("*.svg"))
    assert {"timeline_1.svg", "timeline_2.svg", "systems.svg", "toxicity_crs.svg"} <= {file.name for file in figures}
    for file in figures:
        text = file.read_text(encoding="utf-8")
        assert MARK in text and EVIL not in text, file.name


def test_above_a_number_of_patients_cells_hold_no_reasons_and_few_timelines_are_drawn(tmp_path: Path) -> None:
    mapping = "[options]\nexplained_patients = 1\ntimelines_shown = 1\nlanes_shown = 1\n"
    write_folder(tmp_path / "records", mapping, **TABLES)
    verbs.run(tmp_path / "records", tmp_path / "report", systems=("astct_crs",))
    cell = next(row for row in rows(tmp_path / "report", "lane_grades") if row["system"] == "ASTCT 2019, computed")
    assert "computed" not in cell["why"] and "criteria" not in cell["why"]
    page = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert "abate explain tells it" in page
    assert [row["label"] for row in rows(tmp_path / "report", "timeline_courses")] == [EVIL]
    assert [row["label"] for row in rows(tmp_path / "report", "lanes")] == [EVIL]
    assert "The 1 courses with the highest grades, of 2 (option lanes_shown)." in page
    options = json.loads((tmp_path / "report" / "run.json").read_text(encoding="utf-8"))["options"]
    assert options["explained_patients"] == 1
