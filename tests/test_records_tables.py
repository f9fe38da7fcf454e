"""What only one of the tables has: baseline numbers, doses, findings, promises of completeness."""

from pathlib import Path

from abate.engine.ingest import Records
from abate.records.dictionary import dictionary
from reference_reader import fates, set_aside, used
from spec import read_records

PATIENTS = "patient_id\nA"


def read(folder: Path, **tables: str) -> Records:
    return read_records(folder, **{"patients": PATIENTS, **tables})


def test_impossible_baseline_numbers_are_set_aside_alone(tmp_path: Path) -> None:
    """Age 0 to 120, weight 0.3 to 500 kg, height 20 to 260 cm; the patient stays."""
    patients = """
        patient_id | age  | weight_kg | height_cm
        A          | 0    | 0.3       | 20
        B          | 120  | 500       | 260
        C          | -1   | 70        | 170
        D          | 121  | 70        | 170
        E          | 46   | 0.29      | 170
        F          | 46   | 70        | 261
        G          | many | 70        | 170
    """
    records = read(tmp_path, patients=patients)
    assert fates(records, "patients") == [
        "used",
        "used",
        "used, range: age",
        "used, range: age",
        "used, range: weight_kg",
        "used, range: height_cm",
        "used, not a number: age",
    ]
    assert used(records, "patients")[6]["weight_kg"] is None


def test_a_dose_is_given_unless_the_row_says_otherwise(tmp_path: Path) -> None:
    """Blank status is given; blank kind is a dose, or an infusion where a rate stands."""
    drugs = """
        patient_id | drug           | amount | unit   | rate | rate_unit | kind           | status | per_kg
        A          | anakinra       | 0.1    | g      |      |           |                |        |
        A          | norepinephrine |        |        | 5    | ug/min    |                |        |
        A          | tocilizumab    | 8      | mg/kg  |      |           |                | held   |
        A          | tocilizumab    | 8      | mg     |      |           |                |        | yes
        A          | tocilizumab    | 800    | mg     |      |           | interval total |        |
    """
    names = ("kind", "status", "amount", "per_kg")
    found = [tuple(row[name] for name in names) for row in used(read(tmp_path, drugs=drugs), "drugs").values()]
    assert found == [
        ("dose", "given", 100, False),
        ("infusion", "given", None, False),
        ("dose", "held", 8, True),
        ("dose", "given", 8, True),
        ("interval total", "given", 800, False),
    ]


def test_a_drug_is_known_by_any_of_its_codes(tmp_path: Path) -> None:
    """RxNorm, ATC (either of two) and OMOP codes, in any case, mean the drug of the dictionary."""
    drugs = """
        patient_id | drug
        A          | 612865
        A          | l04ac07
        A          | Tocilizumab
        A          | 40171288
        A          | L04AX03
    """
    found = [row["drug"] for row in used(read(tmp_path, drugs=drugs), "drugs").values()]
    assert found == ["tocilizumab"] * 4 + ["methotrexate"]


def test_no_code_means_two_things() -> None:
    """A LOINC or OMOP code names one variable only."""
    codes = [code for variable in dictionary().variables.values() for code in variable.codes]
    assert len(codes) == len(set(codes))


def test_oxygen_keeps_device_flow_and_fraction_in_one_row(tmp_path: Path) -> None:
    """An unreadable flow is lost alone; the finding stays."""
    states = """
        patient_id | variable | state | device        | flow | fio2 | indication | day
        A          | oxygen   | on    | nasal cannula | 2    |      | hypoxia    | 1
        A          | oxygen   | on    | mask          | some | 40   |            | 2
    """
    records = read(tmp_path, states=states)
    assert fates(records, "states") == ["used", "used, not a number: flow"]
    row = used(records, "states")[3]
    assert (row["device"], row["flow"], row["fio2"]) == ("face_mask", None, 40)


def test_a_finding_is_one_that_the_dictionary_lists(tmp_path: Path) -> None:
    """Words have spellings; a device or a finding that nobody knows is set aside, not passed on."""
    states = """
        patient_id | variable      | state       | device      | day
        A          | Consciousness | Stupor      |             | 1
        A          | oxygen        | room air    |             | 1
        A          | oxygen        |             | High Flow NC | 2
        A          | oxygen        |             | snorkel     | 2
        A          | consciousness | moody       |             | 2
        A          | mood          | fine        |             | 2
    """
    records = read(tmp_path, states=states)
    reasons = records.set_aside.order_by("row_order").select("reason", "column").to_pyarrow().to_pylist()
    assert [tuple(row.values()) for row in reasons] == [
        ("not a listed value", "device"),
        ("not a listed value", "state"),
        ("not in the dictionary", "variable"),
    ]
    kept = [(row["variable"], row["state"], row["device"]) for row in used(records, "states").values()]
    assert kept == [
        ("consciousness", "vigorous_tactile", None),
        ("oxygen", None, "room_air"),
        ("oxygen", None, "high_flow_nasal_cannula"),
    ]


def test_rates_become_micrograms_or_units_a_minute(tmp_path: Path) -> None:
    """2.4 units an hour of vasopressin are 0.04 a minute; a rate in mL/h is kept as it is."""
    drugs = """
        patient_id | drug           | rate | rate_unit
        A          | noradrenaline  | 0.3  | mcg/kg/min
        A          | vasopressin    | 2.4  | units/hour
        A          | epinephrine    | 1.2  | mg/h
        A          | phenylephrine  | 30   | mL/h
    """
    rows = used(read(tmp_path, drugs=drugs), "drugs").values()
    assert [(row["drug"], row["rate"], row["rate_unit"]) for row in rows] == [
        ("norepinephrine", 0.3, "ug/kg/min"),
        ("vasopressin", 0.04, "[IU]/min"),
        ("epinephrine", 20.0, "ug/min"),
        ("phenylephrine", 30.0, "mL/h"),
    ]


def test_no_unit_is_missing(tmp_path: Path) -> None:
    """What is not recorded is null in every finished table, never an empty text."""
    records = read(tmp_path, drugs="patient_id | drug | rate | rate_unit\nA | norepinephrine | 5 | ug/min")
    assert used(records, "drugs")[2]["unit"] is None


def test_a_rate_needs_a_unit(tmp_path: Path) -> None:
    """5 of what an hour? A rate without a unit, or in bananas, is set aside."""
    drugs = "patient_id | drug | rate | rate_unit\nA | norepinephrine | 5 |\nA | norepinephrine | 5 | bananas/h"
    records = read(tmp_path, drugs=drugs)
    assert records.set_aside.reason.to_pyarrow().to_pylist() == ["unit", "unit"]


def test_a_finding_needs_a_name(tmp_path: Path) -> None:
    """``variable`` says what the row is about and must be there."""
    records = read(tmp_path, states="patient_id | variable | state\nA | | on")
    assert not used(records, "states")


def test_a_promise_of_completeness_is_for_one_or_for_all(tmp_path: Path) -> None:
    """``all`` stands for every course; a blank ``complete`` is yes."""
    coverage = """
        patient_id | domain | complete
        all        | labs   |
        A          | neuro  | no
    """
    records = read(tmp_path, patients="patient_id\nA\nB", coverage=coverage)
    rows = records["coverage"].order_by("patient_id", "domain").to_pyarrow().to_pylist()
    found = [(row["patient_id"], row["domain"], row["complete"]) for row in rows]
    assert found == [("A", "labs", True), ("A", "neuro", False), ("B", "labs", True)]


def test_a_number_too_large_to_hold_is_no_number(tmp_path: Path) -> None:
    """``inf`` is no number, however it is written."""
    records = read(tmp_path, drugs="patient_id | drug | amount | unit\nA | anakinra | 1e309 | mg")
    assert set_aside(records, "drugs")[2]["reason"] == "not a number"


def test_a_course_is_a_whole_number(tmp_path: Path) -> None:
    """Course 1.4 does not exist."""
    measurements = "patient_id | course_id | variable | value | unit\nA | 1.4 | crp | 1 | mg/L"
    assert fates(read(tmp_path, measurements=measurements)) == ["no course: course_id"]


def test_two_signs_that_contradict_each_other(tmp_path: Path) -> None:
    """``<5`` with the comparator ``>``: nobody can say which is meant, so neither is used."""
    measurements = "patient_id | variable | value | comparator | unit\nA | crp | <5 | > | mg/L"
    assert not used(read(tmp_path, measurements=measurements))
