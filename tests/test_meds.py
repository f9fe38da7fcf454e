"""The door of MEDS: what becomes of each event. The shards below are made up."""

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from abate.engine.ingest import Records
from abate.records.problems import AbateError, UnusableRecordsError
from abate.sources.doors import Door
from abate.verbs import read
from clif_files import aside, rows

Event = tuple[int, str | None, str, float | None, str | None]
SUBJECT: list[Event] = [
    (1, "1960-06-30 00:00:00", "MEDS_BIRTH", None, None),
    (1, None, "GENDER//F", None, None),
    (1, "2024-03-07 10:30:00", "RxNorm/1987398", None, None),
]


def written(folder: Path, *shards: list[Event], mapping: str = "", parents: dict[str, list[str]] | None = None) -> Path:
    """Write shards, as a training and a held-out part of a data set are."""
    for place, events in enumerate([SUBJECT, *shards]):
        subject, time, code, number, text = zip(*events, strict=True)
        moments = [dt.datetime.fromisoformat(one) if one else None for one in time]
        table = pa.table(
            {
                "subject_id": pa.array(subject, pa.int64()),
                "time": pa.array(moments, pa.timestamp("us")),
                "code": pa.array(code, pa.string()),
                "numeric_value": pa.array(number, pa.float32()),
                "text_value": pa.array(text, pa.string()),
            }
        )
        (folder / "data" / "train").mkdir(parents=True, exist_ok=True)
        pq.write_table(table, folder / "data" / "train" / f"{place}.parquet")
    (folder / "metadata").mkdir(exist_ok=True)
    if parents:
        codes: dict[str, Any] = {"code": list(parents), "parent_codes": list(parents.values())}
        pq.write_table(pa.table(codes), folder / "metadata" / "codes.parquet")
    if mapping:
        (folder / "abate.toml").write_text(mapping, encoding="utf-8")
    return folder


def meds(folder: Path, *shards: list[Event], **others: Any) -> Records:
    return read(written(folder, *shards, **others))


def test_day_0_is_the_product_and_the_last_record_ends_the_follow_up(tmp_path: Path) -> None:
    records = meds(tmp_path, [(1, "2024-03-20 08:00:00", "LAB//C-reactive//mg/L", 5.0, None)])
    names = ("patient_id", "day0", "age", "sex", "product", "last_contact_day", "source")
    assert rows(records, "patients", *names) == [
        ("1", dt.datetime(2024, 3, 7, 10, 30), 63, "F", "axicabtagene ciloleucel", 13, "data/train/0.parquet:3")
    ]


def test_a_code_is_known_by_a_part_or_a_parent_and_its_unit_is_said(tmp_path: Path) -> None:
    """A value of 32 bits is the number that was meant; without a unit it is set aside."""
    shard: list[Event] = [
        (1, "2024-03-08 06:30:00", "LOINC/1988-5//mg/L", 1.0, None),
        (1, "2024-03-08 06:30:00", "LAB//2276-4//ng/mL", 900.1, None),
        (1, "2024-03-09 06:30:00", "LOCAL//77", 38.5, None),
        (1, "2024-03-09 07:30:00", "LOINC/1988-5", 7.0, None),
        (1, "2024-03-09 08:30:00", "LOCAL//88", 7.0, None),
        (1, "2024-03-09 09:30:00", "O2", None, "Nasal cannula"),
        (2, "2024-03-09 09:30:00", "LAB//2276-4//ng/mL", 1.0, None),
    ]
    mapping = '[door.units]\n"LOCAL//77" = "Cel"\n'
    records = meds(tmp_path, shard, mapping=mapping, parents={"LOCAL//77": ["LOINC/8310-5"]})
    assert rows(records, "measurements", "variable", "value", "unit", "day") == [
        ("ferritin", 900.1, "ug/L", 1),
        ("temperature", 38.5, "Cel", 2),
    ]
    assert aside(records) == [
        ("measurements", "crp", "unit"),
        ("measurements", "crp", "unit"),
        ("measurements", "LOCAL//88", "not in the dictionary"),
        ("measurements", "ferritin", "no patient"),
    ]
    assert rows(records, "states", "device", "day") == [("nasal_cannula", 2)]


def test_drugs_and_events(tmp_path: Path) -> None:
    """A number without a unit is no amount."""
    shard: list[Event] = [
        (1, "2024-03-09 08:00:00", "RxNorm/72435", 100.0, None),
        (1, "2024-03-09 09:00:00", "MEDICATION//anakinra//mg", 100.0, None),
        (1, "2024-03-05 09:00:00", "HOSPITAL_ADMISSION//URGENT", None, None),
        (1, "2024-03-25 09:00:00", "HOSPITAL_DISCHARGE//HOME", None, None),
        (1, "2024-03-30 09:00:00", "MEDS_DEATH", None, None),
    ]
    records = meds(tmp_path, shard)
    found = rows(records, "drugs", "drug", "amount", "day")
    assert [row for row in found if row[0] == "anakinra"] == [("anakinra", None, 2), ("anakinra", 100, 2)]
    assert rows(records, "events", "event", "day") == [("hospital_admission", -2), ("death", 23)]
    again = meds(tmp_path / "admitted", shard, mapping='[door]\nday0 = "admission"\n')
    assert rows(again, "patients", "day0", "day0_kind") == [(dt.datetime(2024, 3, 5, 9), "admission")]


def test_what_cannot_be_used_is_said(tmp_path: Path) -> None:
    with pytest.raises(AbateError, match="there are no records"):
        read(tmp_path, door=Door("meds"))
    folder = written(tmp_path / "cut", [(1, "2024-03-08 06:30:00", "LOINC/1988-5", 1.0, None)])
    shard = folder / "data" / "train" / "1.parquet"
    shard.write_bytes(shard.read_bytes()[: shard.stat().st_size // 2])
    with pytest.raises(UnusableRecordsError, match="the file cannot be read as Parquet"):
        read(folder)
    folder = written(tmp_path / "none", mapping='[door]\nday0 = "admission"\n')
    with pytest.raises(UnusableRecordsError, match="no HOSPITAL_ADMISSION"):
        read(folder)


def test_the_code_says_whether_a_drug_was_given(tmp_path: Path) -> None:
    """An allergy is no dose, an order of the pharmacy none that was given, the end of an infusion no second one."""
    at = "2024-03-09 08:00:00"
    shard: list[Event] = [
        (1, at, "MEDICATION//Tocilizumab//Not Given", None, None),
        (1, at, "MEDICATION//Anakinra//Hold Dose", None, None),
        (1, at, "MEDICATION//START//Dexamethasone", 10.0, None),
        (1, at, "MEDICATION//Dexamethasone//Administered", 10.0, None),
        (1, at, "ORDER//MEDICATION//ruxolitinib", None, None),
        (1, at, "INFUSION_END//norepinephrine", None, None),
        (1, at, "ALLERGY//DRUG//siltuximab", None, None),
        (1, "2024-02-01 08:00:00", "ORDER//MEDICATION//RxNorm/1987398", None, None),
    ]
    records = meds(tmp_path, shard)
    assert rows(records, "drugs", "drug", "status") == [
        ("axicabtagene ciloleucel", "given"),
        ("tocilizumab", "held"),
        ("anakinra", "held"),
        ("dexamethasone", "ordered"),
        ("dexamethasone", "given"),
        ("ruxolitinib", "ordered"),
        ("axicabtagene ciloleucel", "ordered"),
    ]
    assert aside(records) == [
        ("drugs", "norepinephrine", "not a listed value"),
        ("measurements", "siltuximab (allergy)", "not in the dictionary"),
    ]
    assert rows(records, "patients", "day0") == [(dt.datetime(2024, 3, 7, 10, 30),)]


def test_a_comparator_in_the_text_is_not_lost(tmp_path: Path) -> None:
    at = "2024-03-09 08:00:00"
    shard: list[Event] = [
        (1, at, "LAB//2276-4//ng/mL", None, ">16500"),
        (1, at, "LOINC/1988-5//x//mg/L", None, "<5"),
        (1, at, "LAB//1988-5//mg/L", 5.0, "<5"),
    ]
    records = meds(tmp_path, shard)
    assert rows(records, "measurements", "variable", "value", "comparator") == [
        ("ferritin", 16500, ">"),
        ("crp", 5, "<"),
    ]
