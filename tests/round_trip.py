"""One made-up cohort written as each format has it, with what the format can hold and nothing else."""

import csv
import datetime as dt
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from abate.engine.ingest import Records
from abate.records.dictionary import dictionary
from abate.sources.clif_tables import LABS, VITALS
from clif_files import write as write_clif

Row = dict[str, Any]
STUDY = "[coverage]\n" + "".join(f'{name} = "complete"\n' for name in ("vasopressors", "oxygen", "drugs", "events"))
SCORES = ("ice", "rass", "gcs_total", "capd")
VITAL = tuple(ours for ours, _ in VITALS.values())


@dataclass(frozen=True)
class Cohort:
    """Rows of a cohort, with times as text; day 0 is another date for each patient."""

    patients: list[Row]
    measurements: list[Row]
    doses: list[Row]
    infusions: list[Row]
    oxygen: list[Row]

    def only(self, keep: Callable[[str, Row], Row | None]) -> "Cohort":
        """Return what a format holds: a function gives each row as it holds it, none where it cannot."""

        def some(kind: str, rows: Iterable[Row]) -> list[Row]:
            return [row for one in rows if (row := keep(kind, one)) is not None]

        names = ("measurements", "doses", "infusions", "oxygen")
        return Cohort(self.patients, *(some(name, getattr(self, name)) for name in names))


def ended(cohort: Cohort, hours: int = 24) -> Cohort:
    """Return a cohort in which an oxygen device stands until the next row of its patient, a day at most."""
    rows = []
    for place, row in enumerate(cohort.oxygen):
        latest = (dt.datetime.fromisoformat(row["time"]) + dt.timedelta(hours=hours)).isoformat(" ", "minutes")
        after = cohort.oxygen[place + 1] if place + 1 < len(cohort.oxygen) else row
        same = after["patient_id"] == row["patient_id"] and after is not row
        rows.append({**row, "end": min(latest, after["time"]) if same else latest})
    return replace(cohort, oxygen=rows)


def cohort_of(records: Records) -> Cohort:
    """Return the rows of records that were read."""
    people = records["patients"].order_by("patient_id").to_pyarrow().to_pylist()
    day0 = {row["patient_id"]: dt.datetime(2024, 1, 1) + dt.timedelta(days=n) for n, row in enumerate(people)}

    def at(row: Row, name: str = "minute") -> str:
        if row[name] is None:
            return ""
        return (day0[row["patient_id"]] + dt.timedelta(minutes=row[name])).isoformat(sep=" ", timespec="minutes")

    def rows(table: str) -> list[Row]:
        found = records[table]
        found = found.filter(found.minute.notnull()).order_by("patient_id", "minute", "source")
        return [{**row, "time": at(row), "end": at(row, "end_minute")} for row in found.to_pyarrow().to_pylist()]

    dead = records["events"].filter(records["events"].event == "death").to_pyarrow().to_pylist()
    died = {row["patient_id"]: (day0[row["patient_id"]] + dt.timedelta(days=row["day"])).date() for row in dead}
    drugs = rows("drugs")
    return Cohort(
        [
            {
                **{"id": row["patient_id"], "age": int(row["age"]), "product": row["product"]},
                "sex": "F" if row["sex"] == "female" else "M",
                "day0": day0[row["patient_id"]].date().isoformat(),
                "died": died[row["patient_id"]].isoformat() if row["patient_id"] in died else "",
                "last": (day0[row["patient_id"]] + dt.timedelta(days=row["last_contact_day"])).date().isoformat(),
            }
            for row in people
        ],
        [row for row in rows("measurements") if row["value"] is not None],
        [row for row in drugs if row["amount"] is not None],
        [row for row in drugs if row["rate"] is not None],
        [row for row in rows("states") if row["variable"] == "oxygen"],
    )


def _written(folder: Path, name: str, rows: list[Row]) -> None:
    if rows:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)


def as_folder(folder: Path, cohort: Cohort) -> Path:
    """Write the reference: files of the project's own."""
    known = ("id", "age", "sex", "product", "day0", "last")
    names = dict(zip(known, ("patient_id", "age", "sex", "product", "day0", "last_contact"), strict=True))
    _written(folder, "patients", [{names[key]: row[key] for key in known} for row in cohort.patients])
    numbers = ("patient_id", "variable", "value", "comparator", "unit", "time")
    _written(folder, "measurements", [{key: row[key] for key in numbers} for row in cohort.measurements])
    given = ("patient_id", "drug", "amount", "unit", "rate", "rate_unit", "time")
    drugs = [
        {**{key: row.get(key) for key in given}, "end_time": row["end"]} for row in (*cohort.doses, *cohort.infusions)
    ]
    drugs = [{**row, "unit": row["unit"] if row["amount"] is not None else ""} for row in drugs]
    _written(folder, "drugs", drugs)
    oxygen = ("patient_id", "variable", "device", "flow", "fio2", "time")
    _written(
        folder, "states", [{**{key: row.get(key) for key in oxygen}, "end_time": row["end"]} for row in cohort.oxygen]
    )
    dead = [{"patient_id": row["id"], "event": "death", "time": row["died"]} for row in cohort.patients if row["died"]]
    _written(folder, "events", dead)
    (folder / "abate.toml").write_text(STUDY, encoding="utf-8")
    return folder


def _given(rows: list[Row]) -> list[Row]:
    """Return the doses without the products: formats have those of their own."""
    return [row for row in rows if not row["drug"].endswith("leucel")]


def of_sdtm(kind: str, row: Row) -> Row | None:
    """SDTM has no domain here for devices, rates of infusions and scores of instruments."""
    if kind in ("infusions", "oxygen"):
        return None
    return None if kind == "measurements" and row["variable"] in SCORES else {**row, "end": ""}


def as_sdtm(folder: Path, cohort: Cohort) -> Path:
    people, product = cohort.patients, "axicabtagene ciloleucel"
    dm = ("USUBJID", "RFSTDTC", "RFPENDTC", "AGE", "AGEU", "SEX", "DTHDTC")
    _written(
        folder,
        "dm",
        [
            dict(
                zip(
                    dm, (row["id"], row["day0"], row["last"], row["age"], "YEARS", row["sex"], row["died"]), strict=True
                )
            )
            for row in people
        ],
    )
    _written(
        folder,
        "ex",
        [{"USUBJID": row["id"], "EXTRT": row["product"] or product, "EXSTDTC": row["day0"]} for row in people],
    )
    for domain, wanted in (("vs", True), ("lb", False)):
        names = [f"{domain.upper()}{name}" for name in ("TESTCD", "ORRES", "ORRESU", "DTC")]
        rows = [row for row in cohort.measurements if (row["variable"] in VITAL) == wanted]
        _written(
            folder,
            domain,
            [
                {"USUBJID": row["patient_id"]}
                | dict(
                    zip(
                        names,
                        (
                            row["variable"].upper(),
                            f"{row['comparator'] or ''}{row['value']}",
                            row["unit"],
                            row["time"].replace(" ", "T"),
                        ),
                        strict=True,
                    )
                )
                for row in rows
            ],
        )
    _written(
        folder,
        "cm",
        [
            {
                **{"USUBJID": row["patient_id"], "CMTRT": row["drug"].upper(), "CMDOSE": row["amount"]},
                **{"CMDOSU": row["unit"], "CMSTDTC": row["time"].replace(" ", "T")},
            }
            for row in _given(cohort.doses)
        ],
    )
    (folder / "abate.toml").write_text(STUDY, encoding="utf-8")
    return folder


def of_omop(kind: str, row: Row) -> Row | None:
    """OMOP has no rate of an infusion, and no flow beside a device; midnight is a day."""
    if kind == "infusions" or row["time"].endswith("00:00"):
        return None
    return {**row, "flow": None, "fio2": None} if kind == "oxygen" else {**row, "end": ""}


def as_omop(folder: Path, cohort: Cohort) -> Path:
    known = dictionary().variables
    ids = {row["id"]: str(n) for n, row in enumerate(cohort.patients, start=1)}
    birth = {row["id"]: f"{int(row['day0'][:4]) - row['age']}{row['day0'][4:]}" for row in cohort.patients}
    _written(
        folder,
        "person",
        [
            {
                **{"person_id": ids[row["id"]], "gender_concept_id": "8532" if row["sex"] == "F" else "8507"},
                **{"year_of_birth": birth[row["id"]][:4], "birth_datetime": f"{birth[row['id']]} 00:00:00"},
            }
            for row in cohort.patients
        ],
    )
    ends = [{"person_id": ids[row["id"]], "observation_period_end_date": row["last"]} for row in cohort.patients]
    _written(folder, "observation_period", ends)
    dead = [{"person_id": ids[row["id"]], "death_date": row["died"]} for row in cohort.patients if row["died"]]
    _written(folder, "death", dead)
    products = [
        _exposure(ids[row["id"]], row["product"] or "axicabtagene ciloleucel", row["day0"], "", "")
        for row in cohort.patients
    ]
    given = [
        _exposure(ids[row["patient_id"]], row["drug"], row["time"], row["amount"], row["unit"])
        for row in _given(cohort.doses)
    ]
    _written(folder, "drug_exposure", [*products, *given])
    _written(
        folder,
        "measurement",
        [
            {
                "person_id": ids[row["patient_id"]],
                "measurement_concept_id": next((code for code in known[row["variable"]].codes if code.isdigit()), "0"),
                "measurement_date": row["time"][:10],
                "measurement_datetime": f"{row['time']}:00",
                "operator_concept_id": {">": "4172704", "<": "4171756"}.get(row["comparator"] or "", ""),
                "value_as_number": row["value"],
                "unit_concept_id": "0",
                "unit_source_value": row["unit"],
                "measurement_source_value": row["variable"],
            }
            for row in cohort.measurements
        ],
    )
    _written(
        folder,
        "device_exposure",
        [
            {
                "person_id": ids[row["patient_id"]],
                "device_concept_id": "0",
                "device_source_value": row["device"] or row["state"],
                "device_exposure_start_date": row["time"][:10],
                "device_exposure_start_datetime": f"{row['time']}:00",
                "device_exposure_end_date": row["end"][:10],
                "device_exposure_end_datetime": f"{row['end']}:00" if row["end"] else "",
            }
            for row in cohort.oxygen
        ],
    )
    (folder / "abate.toml").write_text(STUDY, encoding="utf-8")
    return folder


def _exposure(person: str, drug: str, time: str, amount: Any, unit: str) -> Row:
    return {
        **{
            "person_id": person,
            "drug_concept_id": "0",
            "drug_source_value": drug,
            "drug_exposure_start_date": time[:10],
        },
        "drug_exposure_start_datetime": f"{time}:00" if len(time) > 10 else f"{time} 00:00:00",
        **{"quantity": amount, "dose_unit_source_value": unit, "drug_type_concept_id": "32818"},
    }


def of_fhir(kind: str, row: Row) -> Row | None:
    """FHIR holds all of it but the flow beside a device and its end."""
    return {**row, "flow": None, "fio2": None, "end": ""} if kind == "oxygen" else row


def as_fhir(folder: Path, cohort: Cohort) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    resources: list[Mapping[str, Any]] = []
    for row in cohort.patients:
        born = f"{int(row['day0'][:4]) - row['age']}{row['day0'][4:]}"
        died = {"deceasedDateTime": row["died"]} if row["died"] else {}
        resources.append({"resourceType": "Patient", "id": row["id"], "birthDate": born, **died})
        resources.append(_administration(row["id"], row["product"] or "axicabtagene ciloleucel", row["day0"], "", {}))
    for row in cohort.measurements:
        value = {"value": row["value"], "unit": row["unit"], "comparator": row["comparator"] or ""}
        value = {key: word for key, word in value.items() if word != ""}
        resources.append(_observation(row, row["variable"], {"valueQuantity": value}))
    resources += [
        _observation(row, "oxygen", {"valueCodeableConcept": {"text": row["device"] or row["state"]}})
        for row in cohort.oxygen
    ]
    for row in _given(cohort.doses):
        dose = {"dose": {"value": row["amount"], "unit": row["unit"]}}
        resources.append(_administration(row["patient_id"], row["drug"], row["time"], row["end"], dose))
    for row in cohort.infusions:
        rate = {"rateQuantity": {"value": row["rate"], "unit": row["rate_unit"]}}
        resources.append(_administration(row["patient_id"], row["drug"], row["time"], row["end"], rate))
    text = "\n".join(json.dumps(resource) for resource in resources)
    (folder / "all.ndjson").write_text(text + "\n", encoding="utf-8")
    (folder / "abate.toml").write_text(STUDY, encoding="utf-8")
    return folder


def _zoned(time: str) -> str:
    return f"{time.replace(' ', 'T')}:00+00:00" if len(time) > 10 else time


def _observation(row: Row, code: str, value: Row) -> Row:
    about = {"subject": {"reference": f"Patient/{row['patient_id']}"}, "effectiveDateTime": _zoned(row["time"])}
    return {"resourceType": "Observation", "status": "final", "code": {"coding": [{"code": code}]}, **about, **value}


def _administration(patient: str, drug: str, start: str, end: str, dosage: Row) -> Row:
    period = {"start": _zoned(start)} | ({"end": _zoned(end)} if end else {})
    return {
        **{
            "resourceType": "MedicationAdministration",
            "status": "completed",
            "effectivePeriod": period,
            "dosage": dosage,
        },
        **{"subject": {"reference": f"Patient/{patient}"}, "medicationCodeableConcept": {"coding": [{"code": drug}]}},
    }


def of_clif(kind: str, row: Row) -> Row | None:
    """CLIF has no ICE score, and nothing before the admission; a device stands until the next row, a day at most."""
    if kind == "measurements" and row["variable"] in ("ice", "capd"):
        return None
    return None if row["minute"] < 0 else row


def as_clif(folder: Path, cohort: Cohort) -> Path:
    def table(names: str, rows: list[list[Any]]) -> str:
        return "\n".join([names, *(" | ".join("" if cell is None else str(cell) for cell in row) for row in rows)])

    known, labs = {ours: name for name, (ours, _) in VITALS.items()}, {ours: name for name, ours in LABS.items()}
    stays = [[row["id"], row["id"], row["day0"], row["last"], row["age"]] for row in cohort.patients]
    people = [[row["id"], row["sex"], row["died"]] for row in cohort.patients]
    kinds: dict[str, list[list[Any]]] = {"vitals": [], "labs": [], "scores": []}
    for row in cohort.measurements:
        stay, name, value = row["patient_id"], row["variable"], row["value"]
        if name in known:
            kinds["vitals"].append([stay, row["time"], known[name], value])
        elif name in SCORES:
            kinds["scores"].append([stay, row["time"], name, value])
        else:
            kinds["labs"].append(
                [stay, row["time"], labs.get(name, name), f"{row['comparator'] or ''}{value}", row["unit"]]
            )
    oxygen = [
        [row["patient_id"], row["time"], row["device"] or row["state"], (row["fio2"] or 0) / 100 or None, row["flow"]]
        for row in cohort.oxygen
    ]
    doses = [[row["patient_id"], row["drug"], row["time"], "given", row["amount"], row["unit"]] for row in cohort.doses]
    rates = []
    for number, row in enumerate(cohort.infusions):
        shared = [row["patient_id"], number, row["drug"]]
        rates.append([*shared, row["time"], "going", row["rate"], row["rate_unit"]])
        rates.append([*shared, row["end"], "stop", 0, row["rate_unit"]])
    tables = {
        "hospitalization": table(
            "patient_id | hospitalization_id | admission_dttm | discharge_dttm | age_at_admission", stays
        ),
        "patient": table("patient_id | sex_category | death_dttm", people),
        "vitals": table("hospitalization_id | recorded_dttm | vital_category | vital_value", kinds["vitals"]),
        "labs": table(
            "hospitalization_id | lab_collect_dttm | lab_category | lab_value | reference_unit", kinds["labs"]
        ),
        "patient_assessments": table(
            "hospitalization_id | recorded_dttm | assessment_category | numerical_value", kinds["scores"]
        ),
        "respiratory_support": table(
            "hospitalization_id | recorded_dttm | device_category | fio2_set | lpm_set", oxygen
        ),
        "medication_admin_intermittent": table(
            "hospitalization_id | med_category | admin_dttm | mar_action_category | med_dose | med_dose_unit", doses
        ),
        "medication_admin_continuous": table(
            "hospitalization_id | med_order_id | med_category | admin_dttm | mar_action_category | med_dose | "
            "med_dose_unit",
            rates,
        ),
    }
    return write_clif(folder, STUDY, **{name: text for name, text in tables.items() if "\n" in text})


FORMATS: dict[str, tuple[Callable[[str, Row], Row | None], Callable[[Path, Cohort], Path]]] = {
    "sdtm": (of_sdtm, as_sdtm),
    "omop": (of_omop, as_omop),
    "fhir": (of_fhir, as_fhir),
    "clif": (of_clif, as_clif),
}
"""Of each format: what it holds of a row, and how a cohort is written."""
