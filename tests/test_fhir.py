"""The door of FHIR R4: what becomes of each resource, and what a hostile file does.

The resources below are made up; the last test reads synthetic bundles where they are at hand.
"""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from abate.engine.ingest import Records
from abate.records.problems import AbateError, UnusableRecordsError
from abate.sources import fhir
from abate.sources.doors import Door
from abate.verbs import read
from clif_files import aside, notes, rows

Resource = dict[str, Any]
LOINC, UCUM, RXNORM = "http://loinc.org", "http://unitsofmeasure.org", "http://www.nlm.nih.gov/research/umls/rxnorm"


def concept(code: str, display: str = "") -> Resource:
    return {"coding": [{"system": "x", "code": code, "display": display}]}


def quantity(value: float, unit: str = "", code: str = "", comparator: str = "") -> Resource:
    found = {"value": value, "unit": unit, "comparator": comparator}
    return {key: word for key, word in found.items() if word != ""} | ({"system": UCUM, "code": code} if code else {})


def observed(code: str, time: str, patient: str = "Patient/p1", **others: Any) -> Resource:
    named = {"code": concept(code, "a test"), "subject": {"reference": patient}, "effectiveDateTime": time}
    return {"resourceType": "Observation", "status": "final", **named, **others}


PATIENT = {"resourceType": "Patient", "id": "p1", "birthDate": "1960-03-08", "gender": "female"}
INFUSION = {
    "resourceType": "MedicationAdministration",
    "status": "completed",
    "subject": {"reference": "urn:uuid:p1"},
    "medicationCodeableConcept": concept("1987398", "axi-cel"),
    "effectiveDateTime": "2024-03-07T10:30:00-05:00",
}


def written(folder: Path, *resources: Resource, mapping: str = "", bundle: bool = False) -> Path:
    """Write resources as bulk data, a file a type; or as one bundle."""
    folder.mkdir(parents=True, exist_ok=True)
    every: list[Resource] = [PATIENT, INFUSION, *resources]
    if bundle:
        whole = {"resourceType": "Bundle", "type": "transaction", "entry": [{"resource": one} for one in every]}
        (folder / "Jane_Doe.json").write_text(json.dumps(whole), encoding="utf-8")
    else:
        for kind in sorted({one["resourceType"] for one in every}):
            lines = [json.dumps(one) for one in every if one["resourceType"] == kind]
            (folder / f"{kind}.ndjson").write_text("\n".join(lines) + "\n", encoding="utf-8")
    if mapping:
        (folder / "abate.toml").write_text(mapping, encoding="utf-8")
    return folder


def ingested(folder: Path, *resources: Resource, **others: Any) -> Records:
    return read(written(folder, *resources, **others))


@pytest.mark.parametrize("bundle", [False, True])
def test_day_0_is_the_administration_of_a_product(tmp_path: Path, bundle: bool) -> None:
    """The clock on the wall decides the day; the name of a bundle, often its patient's, is told nowhere."""
    records = ingested(
        tmp_path, observed("1988-5", "2024-03-08T23:30:00-05:00", valueQuantity=quantity(5, "mg/L")), bundle=bundle
    )
    assert rows(records, "patients", "patient_id", "day0", "age", "sex", "product") == [
        ("p1", dt.datetime(2024, 3, 7, 10, 30), 63, "female", "axicabtagene ciloleucel")
    ]
    place = "bundle 1:3" if bundle else "Observation.ndjson:1"
    assert rows(records, "measurements", "variable", "value", "day", "minute", "source") == [
        ("crp", 5, 1, 1440 + 23 * 60 + 30, place)
    ]


def test_utc_is_brought_to_the_zone_of_the_study(tmp_path: Path) -> None:
    """Half past one in UTC is the evening before in New York; without a zone it stays."""
    one = observed("1988-5", "2024-03-09T01:30:00Z", valueQuantity=quantity(5, "mg/L"))
    assert rows(ingested(tmp_path / "a", one), "measurements", "day") == [(2,)]
    there = ingested(tmp_path / "b", one, mapping='[reading]\nzone = "America/New_York"\n')
    assert rows(there, "measurements", "day", "minute") == [(1, 1440 + 20 * 60 + 30)]


def test_an_observation_is_its_value_or_its_components(tmp_path: Path) -> None:
    """Comparators; the UCUM code before the unit shown; words; limits; what is taken back is no record."""
    pressure = [
        {"code": concept("8480-6"), "valueQuantity": quantity(90, "mmHg", "mm[Hg]")},
        {"code": concept("8462-4"), "valueQuantity": quantity(50, "mmHg", "mm[Hg]")},
    ]
    limits = [{"low": quantity(1), "high": quantity(10)}]
    records = ingested(
        tmp_path,
        observed("85354-9", "2024-03-08", component=pressure),
        observed(
            "2276-4", "2024-03-08", valueQuantity=quantity(16500, "nanogram", "ng/mL", ">"), referenceRange=limits
        ),
        observed("1988-5", "2024-03-08", valueString="hemolyzed"),
        observed("1988-5", "2024-03-08", valueQuantity=quantity(7, "mg/L"), status="entered-in-error"),
        observed("99999-9", "2024-03-08", valueInteger=3),
        observed("1988-5", "2024-03", valueQuantity=quantity(8, "mg/L")),
        observed("1988-5", "2024-03-08", patient="Patient/other", valueQuantity=quantity(9, "mg/L")),
        observed("X", "2024-03-08T10:00:00-05:00", valueCodeableConcept={"text": "Nasal cannula"}),
    )
    names = ("variable", "value", "comparator", "unit", "uln", "day")
    assert rows(records, "measurements", *names) == [
        ("sbp", 90, None, "mm[Hg]", None, 1),
        ("dbp", 50, None, "mm[Hg]", None, 1),
        ("ferritin", 16500, ">", "ug/L", 10, 1),
        ("crp", 8, None, "mg/L", None, -6),
    ]
    assert aside(records) == [
        ("measurements", "crp", "not a number"),
        ("measurements", "crp (entered-in-error)", "not in the dictionary"),
        ("measurements", "a test", "not in the dictionary"),
        ("measurements", "crp", "no patient"),
    ]
    assert rows(records, "states", "variable", "device") == [("oxygen", "nasal_cannula")]


def test_ordered_held_and_given(tmp_path: Path) -> None:
    """A reference to a medication is followed; a rate with its denominator; a request is an order."""
    drug = {"resourceType": "Medication", "id": "m1", "code": concept("72435", "anakinra")}
    base = {"subject": {"reference": "Patient/p1"}, "medicationReference": {"reference": "Medication/m1"}}
    given = {
        "resourceType": "MedicationAdministration",
        "status": "completed",
        "effectivePeriod": {"start": "2024-03-09T08:00:00-05:00"},
        "dosage": {"dose": quantity(100, "mg", "mg"), "route": concept("SC", "Subcutaneous")},
    }
    inside = {
        "contained": [{"resourceType": "Medication", "id": "in", "code": concept("7512", "norepinephrine")}],
        "medicationReference": {"reference": "#in"},
    }
    rate = {"dosage": {"rateRatio": {"numerator": quantity(8, "", "ug"), "denominator": quantity(1, "", "min")}}}
    request = {
        "resourceType": "MedicationRequest",
        "status": "active",
        "authoredOn": "2024-03-09",
        "dosageInstruction": [{"doseAndRate": [{"doseQuantity": quantity(100, "mg", "mg")}]}],
    }
    records = ingested(
        tmp_path,
        drug,
        {**base, **given},
        {**base, **given, "status": "not-done"},
        {**given, **base, **inside, **rate},
        {**base, **request},
    )
    found = rows(records, "drugs", "drug", "kind", "amount", "rate", "rate_unit", "status", "route")
    assert [row for row in found if "leucel" not in row[0]] == [
        ("anakinra", "dose", 100, None, None, "given", "subcutaneous"),
        ("anakinra", "dose", 100, None, None, "held", "subcutaneous"),
        ("norepinephrine", "infusion", None, 8, "ug/min", "given", None),
        ("anakinra", "dose", 100, None, None, "ordered", None),
    ]


def test_conditions_stays_and_deaths_are_events(tmp_path: Path) -> None:
    """A refuted condition is none; an ambulatory encounter is no admission."""
    condition = {"resourceType": "Condition", "subject": {"reference": "Patient/p1"}, "onsetDateTime": "2024-03-09"}
    stay = {"resourceType": "Encounter", "subject": {"reference": "Patient/p1"}, "status": "finished"}
    period = {"period": {"start": "2024-03-05T08:00:00-05:00", "end": "2024-03-20T12:00:00-05:00"}}
    records = ingested(
        tmp_path,
        {**condition, "code": {"text": "Cytokine release syndrome"}},
        {**condition, "code": {"text": "Cytokine release syndrome"}, "verificationStatus": concept("refuted")},
        {**condition, "code": {"text": "Headache"}},
        {**stay, "class": {"code": "IMP"}, **period},
        {**stay, "class": {"code": "AMB"}, **period},
        {**PATIENT, "id": "p2", "deceasedBoolean": True},
        {"resourceType": "CarePlan"},
    )
    assert rows(records, "events", "event", "day", "end_day") == [
        ("crs_onset", 2, None),
        ("hospital_admission", -2, 13),
    ]
    assert ("events", "headache", "not in the dictionary") in aside(records)
    assert "1 CarePlan: counted and left" in notes(records)


def test_day_0_by_a_procedure_an_admission_or_the_first_record(tmp_path: Path) -> None:
    subject = {"subject": {"reference": "Patient/p2"}}
    done = {
        "resourceType": "Procedure",
        "status": "completed",
        "code": concept("XW033C7"),
        "performedDateTime": "2024-05-01",
    }
    other = {**PATIENT, "id": "p2"}
    by_procedure = ingested(
        tmp_path / "a",
        other,
        {**done, **subject},
        {**done, **subject, "status": "not-done"},
        mapping='[door]\ninfusion = ["XW033C7"]\n',
    )
    assert rows(by_procedure, "patients", "patient_id", "day0")[1] == ("p2", dt.datetime(2024, 5, 1))
    one = observed("1988-5", "2024-02-01", valueQuantity=quantity(1, "mg/L"))
    by_record = ingested(tmp_path / "b", one, mapping='[door]\nday0 = "first record"\n')
    assert rows(by_record, "patients", "day0", "day0_kind") == [(dt.datetime(2024, 2, 1), "first record")]
    with pytest.raises(UnusableRecordsError, match="there is no inpatient encounter"):
        ingested(tmp_path / "c", mapping='[door]\nday0 = "admission"\n')


def test_one_resource_alone_and_a_place_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(json.dumps(PATIENT), encoding="utf-8")
    with pytest.raises(UnusableRecordsError, match="no administration or procedure of a CAR T product"):
        read(tmp_path / "one.json")
    with pytest.raises(AbateError, match="there is no such place"):
        read(tmp_path / "none.json", door=Door("fhir"))


HOSTILE: dict[str, bytes] = {
    "cut in half": json.dumps({"resourceType": "Bundle", "entry": [{"resource": PATIENT}]}).encode()[:-12],
    "no UTF-8": b'{"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Pat\xff\xfe"}}]}',
    "NUL": b'{"resourceType": "Bundle", "entry": [{"resource": \x00}]}',
    "too deep": b'{"resourceType": "Bundle", "entry": ' + b"[" * 200_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_bundle_is_refused_whole(name: str, tmp_path: Path) -> None:
    """In one sentence, with nothing of it used."""
    (tmp_path / "bundle.json").write_bytes(HOSTILE[name])
    with pytest.raises(UnusableRecordsError, match="the file is not whole, or not JSON"):
        read(tmp_path, door=Door("fhir"))


def test_lines_and_resources_have_a_length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of bulk data each bad line is named; a line or resource that does not end is not held in memory."""
    written(tmp_path, observed("1988-5", "2024-03-08", valueQuantity=quantity(5, "mg/L")))
    with (tmp_path / "Observation.ndjson").open("a", encoding="utf-8") as stream:
        stream.write('{"resourceType": \n[]\n')
    with pytest.raises(UnusableRecordsError, match="rows 2, 3: lines cannot be read as JSON"):
        read(tmp_path)
    monkeypatch.setattr(fhir, "LONGEST_LINE", 100)
    with pytest.raises(UnusableRecordsError, match="the file is not whole"):
        read(tmp_path)
    monkeypatch.setattr(fhir, "LARGEST", 1000)
    long = written(tmp_path / "long", observed("1988-5", "2024-03-08", valueString="x" * 200_000), bundle=True)
    with pytest.raises(UnusableRecordsError, match="the file is not whole"):
        read(long)


def test_more_rows_than_a_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fhir, "BATCH", 2)
    many = [observed("1988-5", f"2024-03-{day:02d}", valueQuantity=quantity(day, "mg/L")) for day in range(8, 15)]
    assert rows(ingested(tmp_path, *many), "measurements", "value") == [(day,) for day in range(8, 15)]


def test_synthetic_bundles(tmp_path: Path, shared: Path) -> None:
    """Every value is used or set aside; no file name, which is a patient's, is told."""
    data = shared / "data" / "fhir_synthea_r4"
    mapping = tmp_path / "abate.toml"
    mapping.write_text('[door]\nday0 = "first record"\n', encoding="utf-8")
    records = read(data, door=Door("fhir", mapping))
    counts = {row["table"]: row for row in records.accounting.to_pylist()}
    assert all(row["values_in"] == row["used"] + row["set_aside"] for row in counts.values())
    assert counts["measurements"]["used"] > 250 and counts["measurements"]["unit"] == 0
    said = "\n".join(map(str, records.problems))
    assert not any(file.stem.split("_")[0] in said for file in data.glob("*_*.json"))


def test_what_is_not_established_or_not_of_a_patient_is_set_aside(tmp_path: Path) -> None:
    """Planned and cancelled stays, a differential diagnosis, a device's own values; a comparator in a text is kept."""
    p1 = {"subject": {"reference": "Patient/p1"}}
    stay = {"resourceType": "Encounter", **p1, "class": {"code": "IMP"}, "period": {"start": "2024-03-01"}}
    doubt = {"coding": [{"code": "differential"}]}
    lymphohistiocytosis = {"resourceType": "Condition", **p1, "code": concept("D76.1"), "onsetDateTime": "2024-03-12"}
    records = ingested(
        tmp_path,
        {**stay, "status": "cancelled"},
        {**stay, "status": "planned"},
        {**stay, "status": "finished"},
        {**lymphohistiocytosis, "verificationStatus": doubt},
        {**lymphohistiocytosis, "onsetDateTime": "2024-03-13"},
        observed("1988-5", "2024-03-08", patient="Device/p1", valueQuantity=quantity(9, "mg/L")),
        observed("1988-5", "2024-03-08", patient="Group/p1", valueQuantity=quantity(9, "mg/L")),
        observed("2276-4", "2024-03-08", valueString=">16500"),
        {
            "resourceType": "Procedure",
            **p1,
            "status": "preparation",
            "code": concept("XW033C7"),
            "performedDateTime": "2024-02-10",
        },
    )
    assert rows(records, "patients", "patient_id", "course_id") == [("p1", 1)]
    assert sorted(rows(records, "events", "event", "day")) == [("hlh", 6), ("hospital_admission", -6)]
    names = sorted(name for _, name, _ in aside(records))
    assert names == [
        *("crp", "crp", "ferritin"),
        *("hlh (differential)", "hospital_admission (cancelled)", "hospital_admission (planned)"),
    ]


def test_a_bundle_may_name_its_resources_by_address_and_hold_what_was_deleted(tmp_path: Path) -> None:
    bundle = written(tmp_path, bundle=True)
    file = next(bundle.glob("*.json"))
    content = json.loads(file.read_text(encoding="utf-8"))
    for entry in content["entry"]:
        if entry["resource"]["resourceType"] == "Patient":
            entry["fullUrl"] = "urn:uuid:" + entry["resource"].pop("id")
    content["entry"].append({"request": {"method": "DELETE", "url": "Observation/1"}})
    file.write_text(json.dumps(content), encoding="utf-8")
    assert rows(read(bundle), "patients", "patient_id", "sex") == [("p1", "female")]
    (tmp_path / "other").mkdir()
    lines = "\n".join(json.dumps(entry["resource"]) for entry in content["entry"] if "resource" in entry)
    (tmp_path / "other" / "Smith_John_MRN123.ndjson").write_text(lines, encoding="utf-8")
    records = read(tmp_path / "other", door=Door("fhir"))
    assert "Smith" not in notes(records)
    assert {source.split(":")[0] for (source,) in rows(records, "drugs", "source")} == {"file 1"}


def test_a_ratio_is_a_rate(tmp_path: Path) -> None:
    over = {"numerator": quantity(8, "mg", "mg"), "denominator": quantity(4, "h", "h")}
    given = {
        "resourceType": "MedicationAdministration",
        "status": "completed",
        "subject": {"reference": "Patient/p1"},
        "medicationCodeableConcept": concept("7512", "norepinephrine"),
        "effectivePeriod": {"start": "2024-03-09T08:00:00-05:00", "end": "2024-03-09T12:00:00-05:00"},
        "dosage": {"rateRatio": over},
    }
    records = ingested(tmp_path, given)
    assert ("norepinephrine", pytest.approx(2000 / 60), "ug/min") in rows(records, "drugs", "drug", "rate", "rate_unit")
