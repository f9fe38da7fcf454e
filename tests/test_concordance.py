"""One cohort under several systems: courses at each grade, agreement, and the days that differ and why."""

import csv
from pathlib import Path

import pytest

from abate import verbs
from abate.records.problems import AbateError
from spec import write_folder

TABLES = {
    "patients": """
        patient_id | age | weight_kg | day0             | last_contact
        A          | 55  | 70        | 2024-01-01 10:00 | 2024-01-02
        B          | 61  | 80        | 2024-01-01 10:00 | 2024-01-02
        C          | 30  | 60        | 2024-01-01 10:00 | 2024-01-02
    """,
    "measurements": """
        patient_id | variable    | value | unit | time
        A          | temperature | 38.5  | C    | 2024-01-01 12:00
        A          | sbp         | 84    | mmHg | 2024-01-01 12:10
        A          | temperature | 36.9  | C    | 2024-01-02 08:00
        A          | sbp         | 120   | mmHg | 2024-01-02 08:10
        B          | temperature | 38.9  | C    | 2024-01-01 12:00
        B          | sbp         | 121   | mmHg | 2024-01-01 12:10
        B          | temperature | 38.6  | C    | 2024-01-02 12:00
        B          | sbp         | 124   | mmHg | 2024-01-02 12:10
        C          | sbp         | 110   | mmHg | 2024-01-01 12:10
    """,
    "states": """
        patient_id | variable | device        | flow | time             | end_time
        B          | oxygen   | nasal_cannula | 5    | 2024-01-01 12:00 | 2024-01-02 00:00
    """,
    "events": """
        patient_id | event     | value | system | time
        A          | crs_grade | 3     | ASTCT  | 2024-01-01
        B          | crs_grade | 2     | ASTCT  | 2024-01-01
        A          | crs_max_grade | 3 | ASTCT  | 2024-01-01
    """,
    "coverage": """
        patient_id | domain | complete
        all        | drugs  | yes
        all        | oxygen | yes
        all        | events | yes
    """,
}
CHOSEN = ("astct_crs", "mskcc-crs")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("concordance")
    write_folder(folder / "records", **TABLES)
    verbs.run(folder / "records", folder / "report", systems=CHOSEN)
    return folder / "report"


def rows(report: Path, name: str) -> list[dict[str, str]]:
    with (report / "tables" / f"{name}.csv").open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_courses_are_counted_at_their_worst_grade(report: Path) -> None:
    """The systems named, then the clinicians; C has no temperature and no grade."""
    found = {row.pop("system"): list(row.values())[1:] for row in rows(report, "systems_grades")}
    assert found == {
        "ASTCT 2019": ["0", "0", "2", "0", "0", "0", "1"],
        "MSKCC": ["0", "1", "0", "1", "0", "0", "1"],
        "clinician, ASTCT": ["0", "0", "1", "1", "0", "0", "1"],
    }


def test_a_febrile_day_that_could_not_be_graded_leaves_the_course_open(tmp_path: Path) -> None:
    """CTCAE v4.03 asks how the reaction was treated: day 0 is grade 0, the fever of day 1 is anything to grade 3."""
    fevers = """
        patient_id | variable    | value | unit | time
        A          | temperature | 36.8  | C    | 2024-01-01 12:00
        A          | sbp         | 120   | mmHg | 2024-01-01 12:00
        A          | temperature | 38.5  | C    | 2024-01-02 12:00
        A          | sbp         | 120   | mmHg | 2024-01-02 12:00
    """
    patients = TABLES["patients"].split("        B ")[0]
    write_folder(tmp_path / "records", patients=patients, measurements=fevers, coverage=TABLES["coverage"])
    verbs.run(tmp_path / "records", tmp_path / "report", systems=("astct_crs", "ctcae403_crs"))
    found = {row["system"]: row for row in rows(tmp_path / "report", "systems_grades")}
    assert (found["ASTCT 2019"]["grade 1"], found["CTCAE v4.03"]["cannot be graded"]) == ("1", "1")


def test_agreement_is_told_by_day_and_by_course(report: Path) -> None:
    """ASTCT and MSKCC: A 2 and 1, then 0 and 0; B 2 and 3, then 1 and 1."""
    found = {(row["first"], row["second"], row["compared"]): row for row in rows(report, "systems_agreement")}
    days = found["ASTCT 2019", "MSKCC", "patient-days"]
    assert (days["patients"], days["graded by both"], days["the same grade"]) == ("2", "4", "2 of 4 (50 %)")
    assert days["95 % interval"] == "–"  # both patients agree on one day of two
    # Disagreement 2 of 4 by one grade; of independent raters 18/16 (grades 2,0,2,1 and 1,0,3,1).
    assert float(days["weighted kappa (95 % interval)"]) == pytest.approx(1 - 0.5 / (18 / 16), abs=0.005)
    assert days["why not told"] == "no interval: no patient differs"
    worst = found["ASTCT 2019", "MSKCC", "patients"]
    assert (worst["patients"], worst["the same grade"]) == ("2", "0 of 2 (0 %)")
    judged = found["ASTCT 2019", "clinician, ASTCT", "patient-days"]
    assert judged["the same grade"] == "1 of 2 (50 %)"
    highest = found["ASTCT 2019", "clinician, ASTCT", "patients, whole course"]
    assert highest["the same grade"] == "0 of 1 (0 %)"
    assert highest["why not told"] == "no interval: one patient"
    assert ("MSKCC", "clinician, ASTCT", "patient-days") in found


def crossed(report: Path, first: str, second: str, compared: str) -> dict[str, list[str]]:
    """Return the rows of a table of two gradings: grades 0 to 5, not known, all."""
    return {
        row["by the first"]: list(row.values())[5:]
        for row in rows(report, "systems_confusion")
        if (row["first"], row["second"], row["compared"]) == (first, second, compared)
    }


def test_what_neither_could_grade_is_no_agreement(report: Path) -> None:
    """The two days of C are known to nobody: they stand in a corner of their own, and not with grade 0."""
    found = crossed(report, "ASTCT 2019", "MSKCC", "patient-days")
    assert found == {
        "grade 0": ["1", "0", "0", "0", "0", "0", "0", "1"],
        "grade 1": ["0", "1", "0", "0", "0", "0", "0", "1"],
        "grade 2": ["0", "1", "0", "1", "0", "0", "0", "2"],
        "grade 3": ["0"] * 8,
        "grade 4": ["0"] * 8,
        "grade 5": ["0"] * 8,
        "not known": ["0", "0", "0", "0", "0", "0", "2", "2"],
        "all": ["1", "2", "0", "1", "0", "0", "2", "6"],
    }
    by_clinician = crossed(report, "ASTCT 2019", "clinician, ASTCT", "patient-days")
    assert by_clinician["grade 0"] == ["0", "0", "0", "0", "0", "0", "1", "1"]
    assert by_clinician["grade 2"] == ["0", "0", "1", "1", "0", "0", "0", "2"]
    assert by_clinician["all"] == ["0", "0", "1", "1", "0", "0", "4", "6"]
    worst = crossed(report, "ASTCT 2019", "MSKCC", "patients")
    assert (worst["grade 2"], worst["not known"][6:]) == (["0", "1", "0", "1", "0", "0", "0", "2"], ["1", "1"])


def test_coefficients_stand_unrounded_under_all_weights(report: Path) -> None:
    found = {
        (row["coefficient"], row["weights"]): row
        for row in rows(report, "systems_coefficients")
        if (row["first"], row["second"], row["compared"]) == ("ASTCT 2019", "MSKCC", "patient-days")
    }
    assert set(found) == {
        ("same grade", "unweighted"),
        ("AC1", "unweighted"),
        *(("kappa", weights) for weights in ("unweighted", "linear", "quadratic", "ordinal")),
        *(("AC2", weights) for weights in ("linear", "quadratic", "ordinal")),
    }
    assert float(found["kappa", "linear"]["value"]) == pytest.approx(1 - 0.5 / (18 / 16))
    # Grades 0 to 3 were given 2, 3, 2 and 1 times of 8: Gwet's chance is a fifth of one less their squares.
    chance = (1 - (4 + 9 + 4 + 1) / 64) / 5
    assert float(found["AC1", "unweighted"]["value"]) == pytest.approx((0.5 - chance) / (1 - chance))
    assert found["AC1", "unweighted"]["low"] == "" and found["AC1", "unweighted"]["patients"] == "2"


def test_days_that_differ_stand_with_their_reasons(report: Path) -> None:
    found = {(row["patient_id"], row["day"]): row for row in rows(report, "crs_days_that_differ")}
    assert set(found) == {("A", "0"), ("B", "0")}
    day = found["A", "0"]
    assert (day["ASTCT 2019"], day["MSKCC"], day["clinician, ASTCT"]) == ("2", "1", "3")
    assert (day["ASTCT 2019: why"], day["MSKCC: why"]) == ("hypotension", "fever; hypotension")
    assert found["B", "0"]["MSKCC: why"] == "FiO2 from 0.40"


def test_the_page_shows_them_and_only_the_systems_named(report: Path) -> None:
    page = (report / "report.html").read_text(encoding="utf-8")
    assert "CRS: days that differ, and why" in page and "One cohort under several systems" in page
    section = page.split('id="systems"')[1].split("</section>")[0]
    assert section.count("by row, ") == 8 and section.count("Patients, whole course: ") == 2
    assert "CRS: ASTCT 2019 and MSKCC" in section
    assert '<td>not known</td><td class="num">0</td>' in section
    assert "CARTOX" not in section


def test_a_system_that_is_not_known_is_refused(tmp_path: Path) -> None:
    write_folder(tmp_path / "records", **TABLES)
    with pytest.raises(AbateError, match=r"No grading system has the name given\. Expected one or more of astct_crs, "):
        verbs.run(tmp_path / "records", tmp_path / "report", systems=["astct"])
    assert not (tmp_path / "report").exists()
