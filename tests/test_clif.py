"""The door of CLIF: what becomes of each row of an intensive-care data set.

The tables below are made up; the last test reads the MIMIC-IV demo where it is at hand.
"""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from abate.verbs import read
from clif_files import aside, notes, rows, write

PRESSOR = "H1 | {order} | norepinephrine | 2150-03-02 {time} | {action} | {dose} | mcg/kg/min"
STAY = "clif_hospitalization.parquet:"


def test_a_course_is_a_hospitalization_numbered_by_admission(tmp_path: Path) -> None:
    stays = """
        patient_id | hospitalization_id | admission_dttm   | discharge_dttm   | age_at_admission | discharge_category
        P          | H9                 | 2150-05-01 00:30 | 2150-05-03 08:00 | 61               | Home
        P          | H1                 | 2150-03-01 10:00 | 2150-03-08 12:00 | 60               | Hospice
        Q          | H5                 | 2150-04-01 10:00 | 2150-04-01 12:00 |                  |
    """
    records = read(write(tmp_path, hospitalization=stays))
    names = ("patient_id", "course_id", "day0", "day0_kind", "last_contact_day", "age", "sex", "discharge_category")
    assert rows(records, "patients", *names, "source") == [
        ("P", 2, dt.datetime(2150, 5, 1, 0, 30), "admission", 2, 61.0, "Female", "Home", f"{STAY}1"),
        ("P", 1, dt.datetime(2150, 3, 1, 10), "admission", 7, 60.0, "Female", "Hospice", f"{STAY}2"),
        ("Q", 1, dt.datetime(2150, 4, 1, 10), "admission", 0, None, None, None, f"{STAY}3"),
    ]
    assert records.brought == ("admission_type_category", "discharge_category")


def test_weight_and_height_are_the_first_plausible_of_the_admission(tmp_path: Path) -> None:
    """A weight of 0 is no weight; all rows are measurements beside."""
    vitals = """
        hospitalization_id | recorded_dttm    | vital_category | vital_value
        H1                 | 2150-03-03 10:00 | weight_kg      | 81
        H1                 | 2150-03-02 10:00 | weight_kg      | 80.5
        H1                 | 2150-03-01 11:00 | weight_kg      | 0
        H1                 | 2150-03-02 10:00 | height_cm      | 170
    """
    records = read(write(tmp_path, vitals=vitals))
    assert rows(records, "patients", "weight_kg", "height_cm") == [(80.5, 170.0)]
    assert rows(records, "measurements", "variable", "value") == [("weight", 81), ("weight", 80.5), ("height", 170)]
    assert aside(records) == [("measurements", "weight", "range")]


def test_vital_signs_have_the_unit_that_clif_fixes(tmp_path: Path) -> None:
    """99.0 as temp_c is degrees Fahrenheit, and is set aside as it stands."""
    vitals = """
        hospitalization_id | recorded_dttm    | vital_category   | vital_value
        H1                 | 2150-03-02 10:05 | temp_c           | 38.5
        H1                 | 2150-03-02 10:05 | temp_c           | 99.0
        H1                 | 2150-03-02 10:05 | map              | 60
        H1                 | 2150-03-02 10:05 | Respiratory_Rate | 20
        H1                 | 2150-03-02 10:05 | spo2             | 91
        H1                 | 2150-03-02 10:05 | aura             | 1
        H2                 | 2150-03-02 10:05 | sbp              | 90
    """
    records = read(write(tmp_path, vitals=vitals))
    assert rows(records, "measurements", "variable", "value", "unit", "day", "minute") == [
        ("temperature", 38.5, "Cel", 1, 2045),
        ("map", 60.0, "mm[Hg]", 1, 2045),
        ("resp_rate", 20.0, "/min", 1, 2045),
        ("spo2", 91.0, "%", 1, 2045),
    ]
    reasons = [reason for _, _, reason in aside(records)]
    assert reasons == ["range", "not in the dictionary", "no patient"]


def test_times_are_on_the_clock_of_the_zone(tmp_path: Path) -> None:
    """03:00 UTC of 2 March is 22:00 of 1 March in New York."""
    vitals = "hospitalization_id | recorded_dttm | vital_category | vital_value\nH1 | 2150-03-02 03:00 | sbp | 90"
    folder = write(tmp_path, '[reading]\nzone = "America/New_York"', vitals=vitals)
    assert rows(read(folder), "measurements", "day", "minute") == [(0, 22 * 60)]


def test_results_keep_their_comparator_and_their_words(tmp_path: Path) -> None:
    labs = """
        hospitalization_id | lab_collect_dttm | lab_category         | lab_value | lab_value_numeric | reference_unit
        H1                 | 2150-03-02 10:00 | neutrophils_absolute | 0.4       | 0.4               | 10^3/µL
        H1                 | 2150-03-02 10:00 | lymphocytes_absolute | <0.1      | 0.1               | 10^3/μL\t
        H1                 | 2150-03-02 10:00 | platelet_count       | 12        | 12                | 10*3/uL
        H1                 | 2150-03-02 10:00 | alkaline_phosphatase | ___       | 85                | U/L
        H1                 | 2150-03-02 10:00 | ptt                  | CLOTTED   |                   | sec
        H1                 | 2150-03-02 10:00 | ferritin             |           |                   | ng/mL
        H1                 | 2150-03-02 10:00 | ferritin             | 900       | 900               | ng/mL
        H1                 | 2150-03-02 10:00 | inr                  | 1.2       | 1.2               |
        H1                 | 2150-03-02 10:00 | bicarbonate          | 24        | 24                | mmol/L
    """
    records = read(write(tmp_path, labs=labs))
    assert rows(records, "measurements", "variable", "value", "comparator", "unit") == [
        ("anc", 0.4, None, "10*9/L"),
        ("alc", 0.1, "<", "10*9/L"),
        ("platelets", 12.0, None, "10*9/L"),
        ("alp", 85.0, None, "U/L"),
        ("ferritin", 900.0, None, "ug/L"),
        ("inr", 1.2, None, "1"),
    ]
    assert [reason for _, _, reason in aside(records)] == ["not a number", "empty", "not in the dictionary"]


def infusions(folder: Path, *lines: str) -> list[tuple[Any, ...]]:
    """Return start, rate and end of each charted rate, in hours of 2 March."""
    head = (
        "hospitalization_id | med_order_id | med_category | admin_dttm | mar_action_category | med_dose | med_dose_unit"
    )
    records = read(write(folder, medication_admin_continuous="\n".join([head, *lines])))
    found = rows(records, "drugs", "minute", "rate", "end_minute")
    return [(a / 60 - 24, rate, None if b is None else b / 60 - 24) for a, rate, b in found]


def line(order: str, time: str, action: str, dose: str) -> str:
    return PRESSOR.format(order=order, time=time, action=action, dose=dose)


def test_a_rate_holds_until_its_own_order_says_something_else(tmp_path: Path) -> None:
    """The order is paused and restarted; the last stop ends it, and is itself a rate of 0."""
    found = infusions(
        tmp_path,
        line("1", "08:00", "start", "0.1"),
        line("1", "12:00", "stop", "0"),
        line("1", "09:00", "dose_change", "0.2"),
        line("1", "14:00", "start", "0.05"),
        line("1", "15:00", "stop", ""),
    )
    assert found == [(8, 0.1, 9), (12, 0.0, 14), (9, 0.2, 12), (14, 0.05, 15), (15, 0.0, None)]


def test_a_new_bag_starts_in_the_minute_in_which_the_old_one_stops(tmp_path: Path) -> None:
    """Whichever row comes first in the file: the stop is of the old order alone."""
    lines = [line("1", "08:00", "start", "0.1"), line("2", "10:00", "start", "0.3"), line("1", "10:00", "stop", "0")]
    last = line("2", "11:00", "stop", "0")
    assert infusions(tmp_path / "a", *lines, last) == [(8, 0.1, 10), (10, 0.3, 11), (10, 0.0, None), (11, 0.0, None)]
    lines = [lines[0], lines[2], lines[1], last]
    assert infusions(tmp_path / "b", *lines) == [(8, 0.1, 10), (10, 0.0, None), (10, 0.3, 11), (11, 0.0, None)]


def test_two_orders_of_one_drug_may_run_at_once(tmp_path: Path) -> None:
    found = infusions(
        tmp_path,
        line("1", "08:00", "start", "0.1"),
        line("2", "09:00", "start", "0.2"),
        line("1", "10:00", "stop", "0"),
        line("2", "11:00", "stop", "0"),
    )
    assert found[:2] == [(8, 0.1, 10), (9, 0.2, 11)]


def test_an_order_that_is_never_stopped_ends_with_the_next_row_of_the_drug(tmp_path: Path) -> None:
    """Else it is open: nothing says that it ended."""
    lines = (line("1", "08:00", "start", "0.1"), line("2", "09:00", "start", "0.2"))
    assert infusions(tmp_path, *lines) == [(8, 0.1, 9), (9, 0.2, None)]


def test_rates_keep_the_unit_in_which_they_are_charted(tmp_path: Path) -> None:
    """Vasopressin in units an hour, a rate in mL, a drug that nobody knows."""
    drugs = """
        hospitalization_id | med_category   | admin_dttm       | mar_action_category | med_dose | med_dose_unit
        H1                 | vasopressin    | 2150-03-02 08:00 | start               | 2.4      | units/hour
        H1                 | norepinephrine | 2150-03-02 08:00 | start               | 30       | mL/hour
        H1                 | tpn            | 2150-03-02 08:00 | start               | 50       | mL/hour
    """
    records = read(write(tmp_path, medication_admin_continuous=drugs))
    names = ("drug", "kind", "rate", "rate_unit", "status")
    vasopressin, norepinephrine = rows(records, "drugs", *names)
    assert vasopressin == ("vasopressin", "infusion", 0.04, "[IU]/min", "given")
    assert norepinephrine == ("norepinephrine", "infusion", 30.0, "mL/hour", "given")
    assert ("drugs", "tpn", "not in the dictionary") in aside(records)


def test_a_stop_with_a_rate_is_a_stop_and_is_noted(tmp_path: Path) -> None:
    lines = (line("1", "08:00", "start", "0.1"), line("1", "09:00", "stop", "0.1"))
    assert infusions(tmp_path, *lines)[1] == (9, 0.0, None)
    assert "1 row with the action stop and a rate" in notes(read(tmp_path))


def test_doses_stand_without_an_amount_where_none_is_charted(tmp_path: Path) -> None:
    drugs = """
    hospitalization_id | med_category | admin_dttm | mar_action_category | med_dose | med_dose_unit | med_route_category
    H1 | lorazepam | 2150-03-02 08:00 | given     | 2 | mg   | iv
    H1 | lorazepam | 2150-03-02 09:00 | given     | 1 | dose | enteral
    H1 | lorazepam | 2150-03-02 10:00 | not_given | 2 | mg   | iv
    H1 | lorazepam | 2150-03-02 11:00 | other     | 2 | mg   | iv
    H1 | heparin   | 2150-03-02 11:00 | given     | 1 | dose | im
    """
    records = read(write(tmp_path, medication_admin_intermittent=drugs))
    assert rows(records, "drugs", "kind", "amount", "unit", "dose_count", "route", "status") == [
        ("dose", 2.0, "mg", None, "iv", "given"),
        ("dose", None, None, 1.0, "enteral", "given"),
        ("dose", 2.0, "mg", None, "iv", "held"),
    ]
    assert [reason for _, _, reason in aside(records)] == ["not a listed value", "not in the dictionary"]


def test_a_device_stands_until_the_next_row_and_at_most_a_day(tmp_path: Path) -> None:
    """Its name where the dictionary knows it, else its category; CLIF's fraction in percent."""
    oxygen = """
        hospitalization_id | recorded_dttm    | device_name | device_category | fio2_set | lpm_set
        H1                 | 2150-03-01 12:00 | Bipap mask  | NIPPV           | 0.57     |
        H1                 | 2150-03-01 13:00 | XYZ-3000    | High Flow NC    |          | 30
        H1                 | 2150-03-03 13:00 | Face tent   | Face Mask       |          | 400
        H1                 | 2150-03-03 14:00 | XYZ-3000    | Submarine       |          |
    """
    records = read(write(tmp_path, respiratory_support=oxygen))
    assert rows(records, "states", "variable", "device", "fio2", "flow", "minute", "end_minute") == [
        ("oxygen", "bipap", 57.0, None, 720, 780),
        ("oxygen", "high_flow_nasal_cannula", None, 30.0, 780, 780 + 1440),
        ("oxygen", "face_mask", None, None, 2 * 1440 + 780, 2 * 1440 + 840),
    ]
    assert aside(records) == [("states", "oxygen", "range"), ("states", "oxygen", "not a listed value")]


def test_a_row_without_a_device_is_of_the_last_one_for_a_day(tmp_path: Path) -> None:
    """Only the device is carried, and it ends a day after it was seen; before it nobody knows."""
    oxygen = """
        hospitalization_id | recorded_dttm    | device_category | fio2_set | lpm_set
        H1                 | 2150-03-01 11:00 |                 | 0.5      |
        H1                 | 2150-03-01 12:00 | IMV             | 0.4      |
        H1                 | 2150-03-01 13:00 |                 | 0.6      |
        H1                 | 2150-03-02 11:00 |                 |          |
        H1                 | 2150-03-02 12:01 |                 | 0.3      |
        H2                 | 2150-03-01 12:30 |                 |          |
    """
    records = read(write(tmp_path, respiratory_support=oxygen))
    assert rows(records, "states", "device", "fio2", "minute", "end_minute") == [
        ("invasive_ventilation", 40.0, 720, 780),
        ("invasive_ventilation", 60.0, 780, 1440 + 660),
        ("invasive_ventilation", None, 1440 + 660, 1440 + 720),
    ]
    assert [reason for _, _, reason in aside(records)] == ["not a listed value", "not a listed value", "no patient"]


def test_assessments_are_scores_or_go_through_under_their_own_name(tmp_path: Path) -> None:
    charted = """
        hospitalization_id | recorded_dttm    | assessment_category | numerical_value | categorical_value | text_value
        H1                 | 2150-03-02 08:00 | gcs_total           | 9               |                   |
        H1                 | 2150-03-02 08:00 | RASS                | -4              |                   | -4 Sedated
        H1                 | 2150-03-02 08:00 | cam_total           |                 | Positive          |
        H1                 | 2150-03-02 08:00 | gcs_verbal          | 0               |                   |
    """
    records = read(write(tmp_path / "a", patient_assessments=charted))
    assert rows(records, "measurements", "variable", "value", "unit") == [
        ("gcs_total", 9.0, "{score}"),
        ("rass", -4.0, "{score}"),
    ]
    unknown = "not in the dictionary"
    assert [reason for _, _, reason in aside(records)] == [unknown, unknown]
    declared = read(write(tmp_path / "b", '[variables.gcs_verbal]\nunit = "{score}"', patient_assessments=charted))
    assert ("gcs_verbal", 0.0) in rows(declared, "measurements", "variable", "value")


def test_a_death_is_an_event_of_the_admission_in_which_it_falls(tmp_path: Path) -> None:
    stays = """
        patient_id | hospitalization_id | admission_dttm   | discharge_dttm   | discharge_category
        A          | H1                 | 2150-03-01 10:00 | 2150-03-08 12:00 | Home
        A          | H2                 | 2150-03-09 10:00 | 2150-03-10 12:00 | Expired
        B          | H3                 | 2150-03-01 10:00 | 2150-03-08 12:00 | Expired
        C          | H4                 | 2150-03-01 10:00 | 2150-03-08 12:00 | Home
        D          | H5                 | 2150-03-01 10:00 | 2150-03-02 10:00 | Home
        D          | H6                 | 2150-03-02 12:00 | 2150-03-02 14:00 | Home
    """
    people = """
        patient_id | death_dttm
        A          | 2150-03-11 11:00
        B          |
        C          | 2150-03-09 12:01
        D          | 2150-03-02 13:00
        E          | 2150-03-02 13:00
    """
    records = read(write(tmp_path, hospitalization=stays, patient=people))
    names = ("patient_id", "course_id", "event", "text", "day", "minute", "source")
    assert rows(records, "events", *names) == [
        ("B", 1, "death", None, 7, 7 * 1440 + 720, "clif_hospitalization.parquet:3"),
        ("A", 2, "death", None, 2, 2 * 1440 + 660, "clif_patient.parquet:1"),
        ("D", 2, "death", None, 0, 13 * 60, "clif_patient.parquet:4"),
    ]
    assert "1 row with a death outside every admission" in notes(records)
    assert "1 row of patients without a hospitalization" in notes(records)


GIVEN = "hospitalization_id | med_category | admin_dttm\nH1 | lorazepam | 2150-03-02 08:00"
BOTH = {"medication_admin_continuous": GIVEN, "medication_admin_intermittent": GIVEN}


@pytest.mark.parametrize(
    ("mapping", "tables", "expected"),
    [
        ("", BOTH, [("drugs", True), ("vasopressors", True)]),
        ('[coverage]\ndrugs = "incomplete"\noxygen = "complete"', BOTH, [("drugs", False), ("oxygen", True)]),
        ("", {"medication_admin_continuous": GIVEN}, [("vasopressors", True)]),
        ("", {}, []),
    ],
)
def test_administrations_are_complete_unless_told_otherwise(
    tmp_path: Path, mapping: str, tables: dict[str, str], expected: list[tuple[str, bool]]
) -> None:
    """A domain whose files are not there is not promised: silence would be no absence."""
    records = read(write(tmp_path, mapping, **tables))
    if "oxygen" in mapping:
        expected = sorted([*expected, ("vasopressors", True)])
    assert sorted(rows(records, "coverage", "domain", "complete")) == expected
    assert ("are taken as complete" in notes(records)) == bool(tables)


def test_the_demo_of_mimic(shared: Path) -> None:
    """310 admissions of 100 patients: every value is used, or set aside with a reason."""
    records = read(shared / "data" / "mimic4demo_clif" / "v2.1")
    assert records["patients"].count().to_pyarrow().as_py() == 310
    lines = {line.pop("table"): line for line in records.accounting.to_pylist()}
    came = {table: (line["rows_in"], line["values_in"], line["set_aside"]) for table, line in lines.items()}
    vitals, labs, charted = 94_261, 51_433, 32_697
    assert came["measurements"][:2] == (vitals + labs + charted,) * 2
    assert came["states"][:2] == (3325 + 928, 3583 + 928)
    assert came["drugs"][:2] == (14_190 + 6340,) * 2
    assert came["events"] == (17, 17, 0) and came["coverage"] == (620, 620, 0)
    assert all(line["values_in"] == line["used"] + line["set_aside"] for line in lines.values())
    for table, reasons in {
        "measurements": {"not in the dictionary", "not a number", "empty", "range", "duplicate"},
        "states": {"not a listed value", "range"},
        "drugs": {"not in the dictionary", "duplicate"},
    }.items():
        counted = {name for name, count in lines[table].items() if count} - {"rows_in", "values_in", "used"}
        assert counted - {"set_aside"} == reasons
    assert lines["states"]["not a listed value"] == 36
    found = records.set_aside
    hot = found.filter(found.reason == "range", found.name == "temperature", found.recorded.contains("value=99.0;"))
    assert hot.count().to_pyarrow().as_py() > 0
    drugs = records["drugs"]
    vasopressin = drugs.filter(drugs.drug == "vasopressin", drugs.rate_unit == "[IU]/min", drugs.rate > 0)
    assert vasopressin.count().to_pyarrow().as_py() == 55
    running = drugs.filter(drugs.kind == "infusion", drugs.rate > 0, drugs.end_minute.isnull())
    assert running.count().to_pyarrow().as_py() == 0


def test_devices_for_the_kidney_and_the_circulation_are_findings(tmp_path: Path) -> None:
    """Until the next row, a day at most. Veno-venous ECMO and an implanted device are no support begun here."""
    crrt = """
        hospitalization_id | recorded_dttm    | crrt_mode_category
        H1                 | 2150-03-02 03:00 | cvvhdf
        H1                 | 2150-03-02 05:00 |
        H1                 | 2150-03-05 05:00 | scuf
    """
    support = """
        hospitalization_id | recorded_dttm    | device_category | mcs_group    | ecmo_configuration_category
        H1                 | 2150-03-02 03:00 | impella_CP      | impella_lvad |
        H1                 | 2150-03-02 04:00 | rotaflow_ecmo   |              | v_a
        H1                 | 2150-03-03 04:00 | rotaflow_ecmo   | ecmo         | v_v
        H1                 | 2150-03-03 05:00 | heartmate_3     | durable_lvad |
    """
    records = read(write(tmp_path, crrt_therapy=crrt, ecmo_mcs=support))
    day = 1440
    assert rows(records, "states", "variable", "state", "minute", "end_minute") == [
        ("renal_replacement", "yes", day + 180, day + 300),
        ("renal_replacement", "yes", day + 300, 2 * day + 300),
        ("circulatory_support", "mechanical", day + 180, day + 240),
        ("circulatory_support", "mechanical", day + 240, 2 * day + 240),
    ]
    found = records.set_aside.order_by("row_order").select("recorded", "reason").to_pyarrow().to_pylist()
    assert {row["reason"] for row in found} == {"not a listed value"}
    states = {row["recorded"].split("state=")[1].split(";")[0] for row in found}
    assert states == {"scuf", "veno-venous ecmo", "durable_lvad"}


def test_urine_is_not_blood_and_what_was_due_was_not_given(tmp_path: Path) -> None:
    labs = """
        hospitalization_id | lab_collect_dttm | lab_category | lab_value | reference_unit | lab_specimen_category
        H1                 | 2150-03-02 03:00 | creatinine   | 120       | mg/dL          | urine
        H1                 | 2150-03-02 03:00 | creatinine   | 1.2       | mg/dL          | blood/plasma/serum
    """
    rates = """
        hospitalization_id | med_order_id | med_category   | admin_dttm       | mar_action_category | mar_action_group | med_dose | med_dose_unit
        H1                 | 1            | norepinephrine | 2150-03-02 03:00 | start               | administered     | 0.1      | mcg/kg/min
        H1                 | 1            | norepinephrine | 2150-03-02 04:00 | other               | other            | 0.1      | mcg/kg/min
        H1                 | 1            | norepinephrine | 2150-03-02 05:00 | other               | not_administered | 0.1      | mcg/kg/min
        H1                 | 1            | norepinephrine | 2150-03-02 06:00 | stop                | administered     | 0        | mcg/kg/min
    """  # noqa: E501
    records = read(write(tmp_path, labs=labs, medication_admin_continuous=rates))
    assert rows(records, "measurements", "variable", "value") == [("creatinine", 1.2)]
    assert ("measurements", "creatinine of urine", "not in the dictionary") in aside(records)
    found = rows(records, "drugs", "rate", "status", "minute", "end_minute")
    assert [row for row in found if row[1] != "held"] == [
        (0.1, "given", 1440 + 180, 1440 + 360),
        (0.0, "given", 1440 + 360, None),
    ]
    assert ("drugs", "norepinephrine", "not a listed value") in aside(records)
