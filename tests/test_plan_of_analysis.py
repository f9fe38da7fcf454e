"""A plan that cannot be used is told at once, in one paragraph, before anything is computed."""

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from abate import verbs
from abate.findings.plan import TEMPLATE, read_plan
from abate.records.problems import AbateError
from spec import write_folder

TABLES = {
    "patients": """
        patient_id | age | sex | last_contact_day
        A          | 50  | F   | 40
        B          | 61  | M   | 40
    """,
    "drugs": """
        patient_id | drug     | amount | unit | day
        A          | anakinra | 100    | mg   | 6
    """,
    "measurements": """
        patient_id | variable | value | unit  | day
        A          | ferritin | 900   | ug/L  | 1
    """,
    "events": """
        patient_id | event       | system | value | day
        A          | icans_grade | ASTCT  | 4     | 5
        A          | icans_grade | ASTCT  | 1     | 7
        B          | icans_grade | ASTCT  | 0     | 4
        B          | relapse     |        |       | 30
        B          | death       |        |       | 39
    """,
}
STUDY = '[study]\ntreatment = "anakinra"\n'


def said(folder: Path, plan: str, study: str = STUDY) -> str:
    """Return what is told of a plan, and see that nothing was written."""
    write_folder(folder / "records", study, **TABLES)
    (folder / "plan.toml").write_text(plan, encoding="utf-8")
    with pytest.raises(AbateError) as problem:
        verbs.run(folder / "records", folder / "report", plan=folder / "plan.toml")
    assert not (folder / "report").exists()
    assert problem.value.exit_code == 2
    return str(problem.value)


def test_the_template_is_a_plan(tmp_path: Path) -> None:
    """Every key that it shows is one that is read; what is left out has a default."""
    file = tmp_path / "plan.toml"
    file.write_text(TEMPLATE, encoding="utf-8")
    plan = read_plan(file)
    assert plan.trial is not None and plan.trial.window == 7 and plan.until == 60
    assert plan.trial.covariates[-2:] == ("steroid dose", "days since onset")
    assert [endpoint.competing for endpoint in plan.endpoints] == [(), ("death",)]
    assert plan.text == TEMPLATE


def test_everything_wrong_with_the_file_at_once(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    plan = """
        [plan]
        until = 3
        titel = "x"
        [trail]
        [trial]
        grade = 7
        landmarks = [-1]
        match = { "grade 4" = -1 }
        [[endpoint]]
        outcome = "onset"
        from = "high grade"
        times = [0]
        [[endpoint]]
        from = "birth"
    """
    assert said(tmp_path, plan) == snapshot


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        ("", "Nothing is planned, expected [trial] or one or more of [[endpoint]]."),
        ("[endpoint]\noutcome = 'death'", "expected double brackets, [[endpoint]], for there may be several."),
        (
            "[[endpoint]]\noutcome = 'onset'\nfrom = 'high grade'",
            "[[endpoint]] 1 outcome: onset lies before time zero or on it, which is high grade.",
        ),
        (
            "[[endpoint]]\noutcome = 'resolution'",
            "[[endpoint]] 1 from: nobody resolves who was not at high grade, expected high grade or treatment.",
        ),
        (
            "[[endpoint]]\noutcome = 'relapse'\ncompeting = ['relapse']",
            "[[endpoint]] 1 competing: relapse cannot compete with itself.",
        ),
        (
            "[[endpoint]]\noutcome = 'death'\ngroup = 'treated'\narms = ['yes', 'no']",
            "[[endpoint]] 1 group: treated is known only after time zero, and who had it had to live until then; "
            "expected a column known at time zero, or [trial] for treatment.",
        ),
        (
            "[[endpoint]]\noutcome = 'death'\ngroup = 'sex'",
            "[[endpoint]] 1: group and arms go together, expected both or neither.",
        ),
        (
            "[[endpoint]]\noutcome = 'death'\ngroup = 'sex'\narms = ['F', 'F']",
            "[[endpoint]] 1 arms: the same arm is named twice.",
        ),
        (
            "[plan]\nuntil = 10\n[trial]\nwindow = 14",
            "[plan] until: day 10 is the last looked at, and 14 lies after it.",
        ),
    ],
)
def test_what_cannot_be_meant(plan: str, expected: str, tmp_path: Path) -> None:
    assert said(tmp_path, plan).endswith(expected)


def test_everything_wrong_with_these_records_at_once(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    """An unknown variable, an unknown outcome, an empty arm: before anything is derived."""
    plan = """
        [trial]
        adjust_for = ["log ferritine", "age", "grade 4"]
        match = { "steroid doses" = 1 }
        [[endpoint]]
        outcome = "relapsed"
        group = "sex"
        arms = ["F", "X"]
        [[endpoint]]
        outcome = "death"
        group = "prodct"
        arms = ["F", "M"]
    """
    assert said(tmp_path, plan) == snapshot


def test_a_treatment_has_to_be_under_study(tmp_path: Path) -> None:
    plan = "[trial]\n[[endpoint]]\noutcome = 'death'\nfrom = 'treatment'"
    assert said(tmp_path, plan, "[study]\ntitle = 'x'\n") == (
        "plan.toml cannot be used with these records. [trial]: no treatment is under study, expected [study] treatment "
        "in abate.toml. [[endpoint]] 1 from: no treatment is under study, expected [study] treatment in abate.toml."
    )


def test_an_outcome_before_time_zero_and_an_arm_that_did_not_reach_it(tmp_path: Path) -> None:
    """Known once grades and courses are derived, and told before anything is estimated, without an identifier."""
    plan = """
        [[endpoint]]
        outcome = "high grade"
        from = "treatment"
        group = "sex"
        arms = ["F", "M"]
    """
    assert said(tmp_path, plan) == (
        "plan.toml cannot be used with these records. [[endpoint]] 1 outcome: high grade lies before time zero "
        "(treatment) in 1 of 1 patients, expected one that follows it. [[endpoint]] 1 arms: nobody of the arm M "
        "reached time zero (treatment)."
    )


def test_a_file_that_is_not_there_or_no_toml(tmp_path: Path) -> None:
    with pytest.raises(AbateError, match="Expected a TOML file in which an analysis is planned"):
        read_plan(tmp_path / "plan.toml")
    (tmp_path / "plan.toml").write_text("[", encoding="utf-8")
    with pytest.raises(AbateError, match="it is not TOML in UTF-8"):
        read_plan(tmp_path / "plan.toml")
