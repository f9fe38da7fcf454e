"""Why a day has its grade: records, criteria, papers, gaps; and messages that name no patient."""

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from abate import cli, verbs
from abate.cohort import Cohort
from spec import write_folder

TABLES = {
    "patients": """
        patient_id | course_id | age | weight_kg | day0
        A          | 1         | 55  | 70        | 2024-01-01 10:00
        B          | 1         | 8   | 25        | 2024-02-01 09:00
        B          | 2         | 8   | 25        | 2024-06-01 09:00
    """,
    "measurements": """
        patient_id | course_id | variable    | value | unit | uln | time
        A          | 1         | creatinine  | 70.7  | umol/L | 110 | 2023-12-28 08:00
        A          | 1         | creatinine  | 2.0   | mg/dL | 1.2 | 2024-01-02 08:10
        A          | 1         | temperature | 101.3 | F    |     | 2024-01-02 08:00
        A          | 1         | sbp         | 84    | mmHg | | 2024-01-02 08:10
        A          | 1         | alt         | 210   | U/L  | | 2024-01-02 08:10
        A          | 1         | temperature | 37.0  | C    | | 2024-01-03 08:00
        A          | 1         | sbp         | 82    | mmHg | | 2024-01-03 08:00
        A          | 1         | ice         | 8     |      | | 2024-01-03 09:00
        B          | 1         | capd        | 9     |      | | 2024-02-02 08:00
        B          | 2         | temperature | 36.8  | C    | | 2024-06-02 08:00
    """,
    "states": """
        patient_id | course_id | variable | device        | flow | fio2 | indication | time
        A          | 1         | oxygen   | nasal cannula | 2    |      | hypoxia    | 2024-01-02 09:00
        A          | 1         | oxygen   | room air      |      |      |            | 2024-01-03 06:00
        A          | 1         | oxygen   | venturi mask  |      | 28   |            | 2024-01-05 06:00
    """,
    "drugs": """
        patient_id | course_id | drug | kind | amount | unit | rate | rate_unit | time | end_time | status
        A | 1 | norepinephrine | infusion |     |    | 0.3 | mcg/kg/min | 2024-01-02 10:00 | 2024-01-03 01:00 |
        A | 1 | tocilizumab    | dose     | 560 | mg |     |            | 2024-01-02 11:00 |                  |
        A | 1 | tocilizumab    | dose     | 560 | mg |     |            | 2024-01-02 19:00 |                  | held
    """,
    "events": """
        patient_id | course_id | event     | system | value | text | time
        A          | 1         | crs_grade | ASTCT  | 3     |      | 2024-01-02 20:00
        A          | 1         | seizure   |        | 2     | focal | 2024-01-03 10:00
    """,
    "coverage": "patient_id | domain\nall | drugs\nall | oxygen",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("explain"), **TABLES)


@pytest.fixture(scope="module")
def cohort(folder: Path) -> Cohort:
    return verbs.analyse(folder)


@pytest.mark.parametrize(
    ("day", "system"),
    [(1, "astct_crs"), (2, "astct_crs"), (1, "cartox_crs"), (2, "astct_icans"), (0, "cartox_cres"), (4, "cartox_crs")],
)
def test_a_day_is_explained(cohort: Cohort, day: int, system: str, snapshot: SnapshotAssertion) -> None:
    assert verbs.explain(cohort, "A", day, system) == snapshot


def test_every_system_is_explained_where_none_is_named(cohort: Cohort) -> None:
    text = verbs.explain(cohort, "B", 1, course=1)
    assert text.startswith("Patient B, course 1\n")
    assert [line for line in text.splitlines() if ", day 1, computed:" in line] == [
        "CRS by ASTCT 2019, day 1, computed: cannot be graded (may lie between 0 and 2).",
        "CRS by CARTOX, day 1, computed: cannot be graded (may lie between 0 and 4).",
        "CRS by Lee 2014, day 1, computed: cannot be graded (may lie between 0 and 4).",
        "CRS by Penn, day 1, computed: cannot be graded (may lie between 0 and 4).",
        "CRS by MSKCC, day 1, computed: cannot be graded (may lie between 0 and 1).",
        "CRS by CTCAE v4.03, day 1, computed: cannot be graded (may lie between 0 and 3).",
        "CRS by CTCAE v5.0, day 1, computed: cannot be graded (may lie between 0 and 4).",
        "ICANS by ASTCT 2019, day 1, computed: grade 3 (may lie between 3 and 4).",
        "ICANS by CARTOX, day 1, computed: grade 3 (may lie between 3 and 4).",
        "ICANS by CTCAE v4.03, day 1, computed: cannot be graded (may lie between 0 and 4).",
        "ICANS by CTCAE v5.0, day 1, computed: cannot be graded (may lie between 0 and 4).",
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--patient", "A", "--day", "99"],
        ["--patient", "Zoe", "--day", "1"],
        ["--patient", "B", "--day", "1", "--course", "7"],
        ["--patient", "A", "--day", "1", "--system", "pen"],
    ],
    ids=["no such day", "no such patient", "no such course", "no such system"],
)
def test_what_cannot_be_explained_is_said_in_one_paragraph(
    folder: Path, arguments: list[str], capsys: pytest.CaptureFixture[str], snapshot: SnapshotAssertion
) -> None:
    assert cli.main(["explain", str(folder), *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == snapshot


def test_the_command_prints_the_explanation(folder: Path, cohort: Cohort, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", str(folder), "--patient", "A", "--day", "1", "--system", "astct_crs"]) == 0
    assert capsys.readouterr().out == verbs.explain(cohort, "A", 1, "astct_crs") + "\n"


def test_what_another_record_replaced_is_not_behind_a_grade(tmp_path: Path) -> None:
    """Oxygen of day 1 was taken off that day, another was begun on day 3: only that one is behind day 3."""
    tables = {
        "patients": "patient_id | age | day0\nA | 55 | 2024-01-01 10:00",
        "states": """
            patient_id | variable | device          | flow | time
            A          | oxygen   | non-rebreather  | 15   | 2024-01-02 08:00
            A          | oxygen   | room air        |      | 2024-01-02 20:00
            A          | oxygen   | nasal cannula   | 3    | 2024-01-04 08:00
        """,
        "measurements": """
            patient_id | variable    | value | unit | time
            A          | temperature | 38.5  | C    | 2024-01-04 08:00
        """,
    }
    text = verbs.explain(write_folder(tmp_path, **tables), "A", 3, "astct_crs")
    behind = text.split("Records behind them:")[1].split("Not decided")[0]
    assert "nasal_cannula" in behind and "non_rebreather" not in behind
