"""The door of REDCap: exports raw and labelled, events, repeating instruments, boxes, decimal commas.

The project below is made up; the last test reads exports of made-up people where they are at hand.
"""

from pathlib import Path

import pytest

from abate.cli import main
from abate.engine.ingest import Records
from abate.records.problems import AbateError
from abate.sources.doors import Door
from abate.sources.redcap import read_project
from abate.sources.sheet_proposal import proposal
from abate.verbs import read
from clif_files import rows

HEAD = (
    '"Variable / Field Name","Form Name","Section Header","Field Type","Field Label",'
    '"Choices, Calculations, OR Slider Labels","Field Note","Text Validation Type OR Show Slider Number",'
    '"Text Validation Min","Text Validation Max",Identifier?\n'
)
FIELDS = HEAD + "\n".join(
    [
        "record_id,base,,text,Record ID,,,,,,",
        "name,base,,text,Full name,,,,,,y",
        'gender,base,,radio,Gender,"0, Female | 1, Male",,,,,',
        "infusion,base,,text,Infusion date,,,date_ymd,,,",
        'ae,base,,checkbox,Adverse events,"1, CRS | 2, ICANS",,,,,',
        "dead,base,,yesno,Died,,,,,,",
        "crp,labs,,text,<b>CRP</b> (mg/L),,,number_comma_decimal,,,",
        "fe,labs,,text,Ferritin (ng/mL),,,number,,,",
        "labs_date,labs,,text,Date of labs,,,date_ymd,,,",
    ]
)
RAW = (
    "record_id,redcap_event_name,redcap_repeat_instrument,redcap_repeat_instance,name,gender,infusion,ae___1,ae___2,"
    "dead,crp,fe,labs_date\n"
    "1,base_arm_1,,,Jane Doe,0,2024-03-07,1,0,0,,,\n"
    '1,visit_arm_1,labs,1,,,,,,,"1,5",900,2024-03-08\n'
    "1,visit_arm_1,labs,2,,,,,,,7,,2024-03-09\n"
    "2,base_arm_1,,,John Roe,1,2024-03-10,0,0,1,,,\n"
    "2,day3_arm_1,,,,,,,,,9,,\n"
)
LABELLED = (
    '"Record ID","Event Name","Repeat Instrument","Repeat Instance","Full name",Gender,"Infusion date",'
    '"Adverse events (choice=CRS)","Adverse events (choice=ICANS)",Died,"CRP (mg/L)",'
    '"Ferritin (ng/mL)","Date of labs"\n'
    "1,Base,,,Jane Doe,Female,2024-03-07,Checked,Unchecked,No,,,\n"
    '1,Visit,Labs,1,,,,,,,"1,5",900,2024-03-08\n'
    "1,Visit,Labs,2,,,,,,,7,,2024-03-09\n"
    "2,Base,,,John Roe,Male,2024-03-10,Unchecked,Unchecked,Yes,,,\n"
    "2,Day 3,,,,,,,,,9,,\n"
)
MAPPING = """
[door]
row = "visit"
patient = "record_id"
day0 = "infusion"
event = "redcap_event_name"
[[door.column]]
name = "gender"
table = "patients"
as = "sex"
[[door.column]]
name = "ae___1"
table = "patients"
as = "had_crs"
[[door.column]]
name = "crp"
table = "measurements"
as = "crp"
unit = "mg/L"
time = "labs_date"
[[door.column]]
name = "fe"
table = "measurements"
as = "ferritin"
unit = "ng/mL"
time = "labs_date"
[door.days]
"""


def project(folder: Path, data: str, mapping: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dictionary.csv").write_text(FIELDS, encoding="utf-8")
    (folder / "data.csv").write_text(data, encoding="utf-8")
    if mapping:
        (folder / "abate.toml").write_text(mapping, encoding="utf-8")
    return folder


def redcap(folder: Path, data: str, days: str) -> Records:
    return read(project(folder, data, MAPPING + days))


@pytest.mark.parametrize(("data", "event"), [(RAW, "day3_arm_1"), (LABELLED, "Day 3")], ids=["raw", "labelled"])
def test_raw_and_labelled_exports_say_the_same(data: str, event: str, tmp_path: Path) -> None:
    """Codes are words, boxes yes or no, a comma a decimal mark where the dictionary says so."""
    records = redcap(tmp_path, data, f'"{event}" = 3\n')
    assert rows(records, "patients", "patient_id", "sex", "had_crs") == [("1", "Female", "yes"), ("2", "Male", "no")]
    assert sorted(rows(records, "measurements", "patient_id", "variable", "value", "day")[:3]) == [
        ("1", "crp", 1.5, 1),
        ("1", "crp", 7, 2),
        ("1", "ferritin", 900, 1),
    ]


def test_the_event_says_the_day_where_there_is_no_date(tmp_path: Path) -> None:
    mapping = (
        MAPPING.replace('unit = "mg/L"\ntime = "labs_date"', 'unit = "mg/L"') + "day3_arm_1 = 3\nvisit_arm_1 = 2\n"
    )
    records = read(project(tmp_path, RAW, mapping))
    found = rows(records, "measurements", "patient_id", "variable", "value", "day")
    assert [row[::2] for row in found if row[1] == "crp"] == [("1", 1.5), ("1", 7), ("2", 9)]
    assert [row[3] for row in found if row[1] == "crp"] == [2, 2, 3]


def test_what_is_proposed_names_no_field_that_identifies(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Labels are looked at where the name says nothing; events are listed for their days; it fits its own project."""
    folder = project(tmp_path / "p", RAW)
    said = proposal(folder)
    assert 'patient = "record_id"' in said and "1 fields that the dictionary marks as identifying are left out" in said
    assert '"name"' not in said and "Jane" not in said
    assert 'name = "fe"\ntable = "nothing"\n# table = "measurements"\n# as = "ferritin"\n# unit = "ng/mL"' in said
    assert '# "day3_arm_1" = 0' in said
    (tmp_path / "study.toml").write_text(said, encoding="utf-8")
    assert main(["map", str(folder), "--check", str(tmp_path / "study.toml")]) == 0
    assert "study.toml fits p:" in capsys.readouterr().out


def test_a_dictionary_as_the_api_gives_it(tmp_path: Path) -> None:
    names = "field_name,form_name,section_header,field_type,field_label,select_choices_or_calculations,field_note,"
    names += "text_validation_type_or_show_slider_number,text_validation_min,text_validation_max,identifier\n"
    folder = project(tmp_path, RAW)
    (folder / "dictionary.csv").write_text(names + FIELDS.split("\n", 1)[1], encoding="utf-8")
    assert read_project(folder).fields["gender"].choices == {"0": "Female", "1": "Male"}


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    with pytest.raises(AbateError, match="0 data dictionaries are there"):
        read(tmp_path / "none", door=Door("redcap"))
    folder = project(tmp_path / "two", RAW)
    (folder / "again.csv").write_text(RAW, encoding="utf-8")
    with pytest.raises(AbateError, match="there are 2 exports"):
        read(folder)
    with pytest.raises(AbateError, match="nothing says what its columns are"):
        read(project(tmp_path / "bare", RAW))


def test_exports_of_made_up_people(shared: Path) -> None:
    """Each is decoded and gets a proposal; of two exports in one folder none is preferred."""
    data = shared / "data" / "redcap_exports"
    folders = [path for path in data.iterdir() if path.is_dir() and path.name != "arm-multiple-delete"]
    assert len(folders) == 7
    for folder in folders:
        assert "[[door.column]]" in proposal(folder)
    boxes = read_project(data / "checkboxes-1").sheet
    place = next(place for place, name in enumerate(boxes.rows[0]) if "___" in name)
    assert {row[place] for row in boxes.rows[1:]} <= {"yes", "no", ""}
    with pytest.raises(AbateError, match="there are 2 exports"):
        read_project(data / "arm-multiple-delete")


def test_fields_of_one_label_are_told_apart_by_their_order(tmp_path: Path) -> None:
    """As the dictionary lists them; where one of them is not exported, neither is known by its label."""
    fields = HEAD + "\n".join(
        [
            "record_id,base,,text,Record ID,,,,,,",
            "crp,labs,,text,Value,,,number,,,",
            "fe,labs,,text,Value,,,number,,,",
            "day0,base,,text,Infusion,,,date_ymd,,,",
        ]
    )
    folder = project(tmp_path / "a", "Record ID,Value,Value,Infusion\n1,50,900,2024-03-07\n")
    (folder / "dictionary.csv").write_text(fields, encoding="utf-8")
    assert read_project(folder).sheet.rows[0] == ["record_id", "crp", "fe", "day0"]
    (folder / "data.csv").write_text("Record ID,Value,Infusion\n1,50,2024-03-07\n", encoding="utf-8")
    assert read_project(folder).sheet.rows[0] == ["record_id", "Value", "day0"]


def test_one_of_several_exports_may_be_named(tmp_path: Path) -> None:
    folder = project(tmp_path / "a", RAW, MAPPING)
    (folder / "old.csv").write_text(RAW, encoding="utf-8")
    with pytest.raises(AbateError, match=r"there are 2 exports.*or name the export itself as the place"):
        read(folder)
    assert len(rows(read(folder / "data.csv"), "patients", "patient_id")) == 2
    assert "abate ingest redcap data.csv" in proposal(folder / "data.csv")
