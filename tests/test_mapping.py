"""The mapping file ``abate.toml``: what a folder's own names mean, and what the study asks."""

import tomllib
from pathlib import Path

import pytest

from abate.records.problems import UnusableRecordsError
from abate.sources.mapping import Study, study_from
from reference_reader import fates, used
from spec import read_records


def study(text: str) -> Study:
    return study_from(tomllib.loads(text))


def complaints(text: str) -> list[tuple[str, str]]:
    """Return where something is wrong, and what."""
    with pytest.raises(UnusableRecordsError) as error:
        study(text)
    return [(problem.column, problem.found) for problem in error.value.problems]


LAB = """
    MRN | Test     | Result | Units | Kind | When
    A   | C-react  | 5      | mg/dL | lab  | 1
    A   | pulse    | 90     | bpm   | vital| 1
    A   | C-react  | 6      | mg/dL | lab  | 2
"""
LAB_MAPPING = """
    [[measurements]]
    file = "lab.csv"
    columns = {patient_id = "MRN", variable = "Test", value = "Result", unit = "Units", day = "When"}
    values.variable = {"C-react" = "crp"}
    where = {Kind = "lab"}
"""


def test_columns_words_and_rows_are_mapped(tmp_path: Path) -> None:
    """Their column names, their words and the rows that are meant: no other row is of this table."""
    records = read_records(tmp_path, LAB_MAPPING, patients="patient_id\nA", lab=LAB)
    found = {row: (line["variable"], line["value"], line["day"]) for row, line in used(records).items()}
    assert found == {2: ("crp", 50, 1), 4: ("crp", 60, 2)}
    assert fates(records) == ["used", "used"]


def test_where_takes_one_word_or_several(tmp_path: Path) -> None:
    """A list of words takes the rows of any of them; a row of none is not of this table."""
    mapping = LAB_MAPPING.replace('"lab"}', '["lab", "vital"]}').replace('"crp"', '"crp", pulse = "heart_rate"')
    records = read_records(tmp_path, mapping, patients="patient_id\nA", lab=LAB)
    assert [row["variable"] for row in used(records).values()] == ["crp", "heart_rate", "crp"]


def test_a_wide_file_is_read_once_for_each_column(tmp_path: Path) -> None:
    """A constant names the variable and the unit; several parts make one table."""
    part = """
        [[measurements]]
        file = "wide.csv"
        columns = {{value = "{0}"}}
        constants = {{variable = "{0}", unit = "{1}"}}
    """
    records = read_records(
        tmp_path,
        part.format("crp", "mg/L") + part.format("ldh", "U/L"),
        patients="patient_id\nA",
        wide="patient_id | day | crp | ldh\nA | 1 | 5 | 300\nA | 2 | | 400",
    )
    rows = records["measurements"].order_by("variable", "day").to_pyarrow().to_pylist()
    assert [(row["variable"], row["value"]) for row in rows] == [("crp", 5), ("ldh", 300), ("ldh", 400)]
    line = next(row for row in records.accounting.to_pylist() if row["table"] == "measurements")
    assert (line["rows_in"], line["empty"]) == (4, 1)


def test_the_source_names_each_of_several_files(tmp_path: Path) -> None:
    """Each row says from which file it came."""
    records = read_records(
        tmp_path,
        '[[events]]\nfile = "first.csv"\n[[events]]\nfile = "second.csv"',
        patients="patient_id\nA",
        first="patient_id | event\nA | death",
        second="patient_id | event | source\nA | relapse | clinic letter",
    )
    sources = {row["event"]: row["source"] for row in records["events"].to_pyarrow().to_pylist()}
    assert sources == {"death": "first.csv:2", "relapse": "second.csv:2 · clinic letter"}


def test_a_study_may_add_to_the_dictionary(tmp_path: Path) -> None:
    """Variables with limits and conversions, drugs with a class, events with a label."""
    records = read_records(
        tmp_path,
        """
        [variables.angpt2]
        label = "Angiopoietin-2"
        unit = "ng/mL"
        codes = ["12345-6"]
        hard = [0, 100]
        usual = [0, 10]
        conversions = {"[arb'U]/mL" = 2}

        [drugs.itacitinib]
        class = "JAK1"

        [events.rash]
        label = "Rash"
        """,
        patients="patient_id\nA",
        measurements="""
            patient_id | variable | value | unit
            A          | angpt2   | 50    | ng/mL
            A          | 12345-6  | 5     | [arb'U]/mL
            A          | Angpt2   | 0.2   | ug/mL
        """,
        drugs="patient_id | drug | amount | unit\nA | Itacitinib | 200 | mg",
        events="patient_id | event\nA | rash",
    )
    assert fates(records) == ["used", "used", "range: value"]
    assert [(row["value"], row["outside_usual"]) for row in used(records).values()] == [(50, True), (10, False)]
    assert fates(records, "drugs") == fates(records, "events") == ["used"]


def test_groups_and_comparisons_are_read() -> None:
    """A comparison is named beforehand: variables, summary, groups, window."""
    read = study("""
        [study]
        title = "Eight patients"
        treatment = "anakinra"
        [groups.stage]
        column = "ann_arbor"
        labels = {IV = "advanced"}
        [[comparisons]]
        variables = ["ferritin", "crp"]
        group = "stage"
        window = [-5, 30]
        exclude_event = "death"
        [[comparisons]]
        variables = ["ldh"]
        group = "responder"
        anchor = "treatment"
        window = [-5, 0]
    """)
    assert (read.title, read.treatment, read.toxicity) == ("Eight patients", "anakinra", "ICANS")
    assert (read.groups["stage"].column, read.groups["stage"].labels) == ("ann_arbor", {"IV": "advanced"})
    comparison, second = read.comparisons
    assert (comparison.anchor, second.anchor) == ("infusion", "treatment")
    assert (comparison.variables, comparison.measure) == (("ferritin", "crp"), "auc_per_day")
    assert (comparison.window, comparison.exclude_event) == ((-5, 30), "death")


def test_options_reach_the_reader(tmp_path: Path) -> None:
    """A month of 30 days, if the study says so."""
    mapping = "[options]\ndays_per_month = 30.0\n[reading]\nday0_kind = 'admission'"
    patients = "patient_id | last_contact_month\nA | 9"
    row = used(read_records(tmp_path, mapping, patients=patients), "patients")[2]
    assert (row["last_contact_day"], row["day0_kind"]) == (270, "admission")


UNKNOWN = """
    title = "stands outside [study]"
    [study]
    titel = "x"
    [reading]
    delimeter = ";"
    [options]
    high_grad = 3
    [groups.stage]
    colum = "x"
    [variables.angpt2]
    units = "ng/mL"
    [drugs.itacitinib]
    clas = "JAK1"
    [events.rash]
    lable = "Rash"
    [[measurements]]
    file = "lab.csv"
    column = {}
    [[comparisons]]
    variables = ["ferritin"]
    group = "stage"
    window = [0, 5]
    windows = [0, 5]
"""


def test_every_unknown_key_is_named_at_once() -> None:
    """A misspelt key must not be ignored, wherever it stands."""
    found = complaints(UNKNOWN)
    assert {where for where, _ in found} == {
        "title",
        "study.titel",
        "reading.delimeter",
        "high_grad",
        "groups.stage.colum",
        "variables.angpt2.units",
        "drugs.itacitinib.clas",
        "events.rash.lable",
        "measurements[1].column",
        "comparisons[1].windows",
    }
    assert len(found) == 10


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("study = 3", "study"),
        ("[study]\ntitle = 3", "study.title"),
        ('[study]\ntreatment = "aspirin"', "study.treatment"),
        ("reading = 3", "reading"),
        ('[reading]\ndecimal = "x"', "reading.decimal"),
        ('[reading]\nmissing = "NA"', "reading.missing"),
        ("[reading]\nmissing = [1]", "reading.missing"),
        ("options = 3", "options"),
        ("[options]\nhigh_grade = 9", "high_grade"),
        ("groups = 3", "groups"),
        ("[groups]\nstage = 3", "groups.stage"),
        ("variables = 3", "variables"),
        ("[variables.x]\nhard = [1]", "variables.x.hard"),
        ('[variables.x]\nusual = ["a", 2]', "variables.x.usual"),
        ("[drugs.x]\nclass = 3", "drugs.x.class"),
        ("[events]\nrash = 3", "events.rash"),
        ("measurements = 3", "measurements"),
        ('[measurements]\nfile = "x.csv"', "measurements"),
        ("[[measurements]]\ncolumns = {}", "measurements[1].file"),
        ('[[measurements]]\nfile = "../x.csv"', "measurements[1].file"),
        ('[[measurements]]\nfile = "/etc/x.csv"', "measurements[1].file"),
        ('[[measurements]]\nfile = "x.csv"\nvalues = {unit = 3}', "measurements[1].values.unit"),
        ("[coverage]\nmoods = 'complete'", "coverage.moods"),
        ("[coverage]\nlabs = true", "coverage.labs"),
        (
            "[[comparisons]]\nvariables = ['crp', 'x']\ngroup = 'responder'\nwindow = [0, 5]",
            "comparisons[1].variables[2]",
        ),
        (
            "[study]\ntreatment = 'anakinra'\n"
            "[[comparisons]]\ngroup = 'responder'\nanchor = 'treatment'\nwindow = [0, 3]",
            "comparisons[1].window",
        ),
        ("[[comparisons]]\ngroup = 'nobody'\nwindow = [0, 5]", "comparisons[1].group"),
        ("[[comparisons]]\ngroup = 'responder'\nwindow = [5, 5]", "comparisons[1].window"),
        ("[[comparisons]]\ngroup = 'responder'", "comparisons[1].window"),
        (
            "[[comparisons]]\ngroup = 'responder'\nmeasure = 'mode'\nwindow = [0, 5]",
            "comparisons[1].measure",
        ),
        (
            "[[comparisons]]\ngroup = 'responder'\nanchor = 'birth'\nwindow = [0, 5]",
            "comparisons[1].anchor",
        ),
        (
            "[[comparisons]]\ngroup = 'responder'\nanchor = 'treatment'\nwindow = [-5, 0]",
            "study.treatment",
        ),
        ("[options]\nlaboratory_clock = 'treatment'", "study.treatment"),
    ],
)
def test_a_wrong_value_is_named(text: str, where: str) -> None:
    """Whatever is of the wrong kind is named by its place in the file."""
    assert where in [place for place, _ in complaints(text)]


def test_what_is_not_toml_is_said(tmp_path: Path) -> None:
    """The line is named, as the library names it."""
    with pytest.raises(UnusableRecordsError, match=r"not TOML.*line 1"):
        read_records(tmp_path, "title: x", patients="patient_id\nA")


def test_a_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    """Their name misspelt, our name misspelt, a file that is not there: all at once."""
    mapping = """
        [[measurements]]
        file = "lab.csv"
        columns = {variable = "Tset", value = "Result", uint = "Units"}
        where = {Kidn = "lab"}
        [[drugs]]
        file = "mar.csv"
    """
    with pytest.raises(UnusableRecordsError) as error:
        read_records(tmp_path, mapping, patients="patient_id\nA", lab=LAB.replace("MRN", "patient_id"))
    found = {(problem.place, problem.column) for problem in error.value.problems}
    assert found == {
        ("abate.toml", "measurements.uint"),
        ("lab.csv", "Tset"),
        ("lab.csv", "Kidn"),
        ("mar.csv", ""),
    }


def test_coverage_is_declared_for_all() -> None:
    """``[coverage] labs = "complete"`` is a promise for every patient."""
    read = study('[coverage]\nlabs = "complete"\nneuro = "incomplete"')
    assert read.coverage == {"labs": True, "neuro": False}


def test_coverage_is_declared_beside_a_file_of_it(tmp_path: Path) -> None:
    """Every declaration counts, whatever the number of the row in the file."""
    mapping = '[coverage]\nlabs = "complete"\nneuro = "incomplete"\noxygen = "complete"'
    records = read_records(tmp_path, mapping, patients="patient_id\nA", coverage="patient_id | domain\nA | vitals")
    (line,) = (row for row in records.accounting.to_pylist() if row["table"] == "coverage")
    assert (line["values_in"], line["used"]) == (4, 4)


@pytest.mark.parametrize(
    "text",
    [
        'measurements = ["lab.csv"]',
        'coverage = "complete"',
        "comparisons = [3]",
        "[[comparisons]]\nvariables = 3\ngroup = 'responder'\nwindow = [0, 5]",
        "[variables.x]\nconversions = {mg = 'two'}",
        "[variables.x]\ncodes = 5",
        "[options]\nhigh_grade = nan",
    ],
)
def test_a_wrong_kind_does_not_crash(text: str) -> None:
    """Every one is a problem with a place, and none a traceback."""
    assert complaints(text)


@pytest.mark.parametrize(
    "text",
    [
        '[variables.x]\nunit = "furlong"',
        "[variables.x]\nhard = [5, 1]",
        "[[comparisons]]\nvariables = ['crp']\ngroup = 'responder'\nwindow = [0, 5]\nexclude_event = 'deth'",
        "[reading]\nzone = 'Mars/Base'",
    ],
)
def test_a_setting_that_cannot_work_is_refused(text: str) -> None:
    """A unit that is none, limits that are crossed, an event and a zone that are not known."""
    assert complaints(text)


def test_low_above_high_is_said_with_the_rest() -> None:
    """Errors come all at once."""
    assert len(complaints("[options]\nlow_grade = 3\n[study]\ntitel = 'x'")) == 2


def test_a_code_may_have_letters(tmp_path: Path) -> None:
    """A code of the laboratory's own is found as it is written."""
    records = read_records(
        tmp_path,
        '[variables.angpt2]\nunit = "ng/mL"\ncodes = ["ANG2-S"]',
        patients="patient_id\nA",
        measurements="patient_id | variable | value | unit\nA | ANG2-S | 5 | ng/mL",
    )
    assert fates(records) == ["used"]


def test_a_file_may_lie_in_a_folder_below(tmp_path: Path) -> None:
    """``file = "labs/lab.csv"`` lies within the folder."""
    (tmp_path / "labs").mkdir()
    (tmp_path / "labs" / "lab.csv").write_text("patient_id,variable,value,unit\nA,crp,1,mg/L\n")
    records = read_records(tmp_path, '[[measurements]]\nfile = "labs/lab.csv"', patients="patient_id\nA")
    assert fates(records) == ["used"]


def test_patients_may_have_a_constant_column(tmp_path: Path) -> None:
    """``constants = {site = "Houston"}``: a baseline column of one value, and not ignored."""
    mapping = '[[patients]]\nfile = "patients.csv"\nconstants = {site = "Houston"}'
    row = used(read_records(tmp_path, mapping, patients="patient_id\nA"), "patients")[2]
    assert row["site"] == "Houston"


def test_a_point_is_no_decimal_mark_where_the_comma_is(tmp_path: Path) -> None:
    """``1.234`` under a decimal comma may be 1234: set aside, not read as 1.234."""
    records = read_records(
        tmp_path,
        '[reading]\ndecimal = ","',
        patients="patient_id\nA",
        measurements="patient_id | variable | value | unit\nA | ferritin | 1.234 | ug/L",
    )
    assert fates(records) == ["not a number: value"]
