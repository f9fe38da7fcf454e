"""The door of SDTM: what becomes of each row of a trial's domains.

The tables below are made up; the last test reads the CDISC pilot where it is at hand.
"""

import datetime as dt
import struct
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from abate.engine.ingest import Records
from abate.records.problems import UnusableRecordsError
from abate.sources.doors import Door
from abate.verbs import ingest, read
from clif_files import aside, notes, rows
from spec import write_folder

DM = """
    USUBJID | RFSTDTC    | RFPENDTC   | DTHFL | DTHDTC     | AGE | AGEU   | SEX | ACTARM
    S-1     | 2024-03-02 | 2024-05-01 |       |            | 61  | YEARS  | F   | Axi-cel
    S-2     | 2024-03-04 |            | Y     | 2024-03-20 | 18  | MONTHS | M   | Axi-cel
    S-3     |            |            |       |            | 40  | YEARS  | F   | Screen Failure
"""
EX = """
    USUBJID | EXTRT                    | EXDOSE | EXDOSU | EXSTDTC          | EXENDTC    | EXDOSFRQ
    S-1     | FLUDARABINE              | 30     | mg/m2  | 2024-03-02       | 2024-03-04 | QD
    S-1     | Axicabtagene ciloleucel  |        |        | 2024-03-07T10:30 |            |
    S-1     | Axicabtagene ciloleucel  |        |        | 2024-03-07T11:00 |            |
    S-2     | AXICABTAGENE CILOLEUCEL  |        |        | 2024-03-09       |            |
"""


def sdtm(folder: Path, mapping: str = "", **domains: str) -> Records:
    """Read domains written as CSV."""
    return read(write_folder(folder / "sdtm", mapping, **{"dm": DM, "ex": EX} | domains))


def test_day_0_is_the_infusion_and_who_had_none_is_no_course(tmp_path: Path) -> None:
    """Two bags of one day are one infusion; an age in months is one in years; the screening failure is told of."""
    records = sdtm(tmp_path)
    assert rows(records, "patients", "patient_id", "course_id", "day0", "age", "product", "last_contact_day") == [
        ("S-1", 1, dt.datetime(2024, 3, 7, 10, 30), 61.0, "axicabtagene ciloleucel", 55),
        ("S-2", 1, dt.datetime(2024, 3, 9), 1.5, "axicabtagene ciloleucel", 11),
    ]
    assert rows(records, "events", "patient_id", "event", "day") == [("S-2", "death", 11)]
    assert "1 subject has no day 0" in notes(records)


def test_a_second_infusion_is_a_course_and_its_lymphodepletion_belongs_to_it(tmp_path: Path) -> None:
    """From 14 days before a later infusion on, records are of its course; without a time, of none that can be told."""
    second = EX + "    S-1     | Axicabtagene ciloleucel  |        |        | 2024-09-10       |            |\n"
    labs = """
        USUBJID | LBTESTCD | LBORRES | LBORRESU | LBDTC
        S-1     | CRP      | 10      | mg/L     | 2024-02-20
        S-1     | CRP      | 20      | mg/L     | 2024-08-26T08:00
        S-1     | CRP      | 30      | mg/L     | 2024-08-27T08:00
        S-1     | CRP      | 40      | mg/L     |
    """
    records = sdtm(tmp_path, ex=second, lb=labs)
    assert rows(records, "measurements", "course_id", "value", "day") == [(1, 10, -16), (1, 20, 172), (2, 30, -14)]
    assert aside(records)[-1] == ("measurements", "CRP", "no course")
    records = sdtm(tmp_path / "shorter", "[door]\nlead_days = 7\n", ex=second, lb=labs)
    assert rows(records, "measurements", "course_id", "day")[2] == (1, 173)


def test_there_is_no_study_day_0(tmp_path: Path) -> None:
    """Where no date is given the study day stands: day 1 is the reference start, and the day before it is -1."""
    labs = """
        USUBJID | LBTESTCD | LBORRES | LBORRESU | LBDTC      | LBDY
        S-1     | CRP      | 1       | mg/L     |            | -1
        S-1     | CRP      | 2       | mg/L     |            | 1
        S-1     | CRP      | 3       | mg/L     |            | 2
        S-1     | CRP      | 4       | mg/L     | 2024-03-03 | 2
        S-1     | CRP      | 5       | mg/L     |            | 0
    """
    records = sdtm(tmp_path, '[door]\nday0 = "reference"\n', lb=labs)
    found = rows(records, "measurements", "value", "day", "time_precision")
    assert found == [(1, -1, "day"), (2, 0, "day"), (3, 1, "day"), (4, 1, "day"), (5, None, "none")]


def test_partial_dates_stay_partial(tmp_path: Path) -> None:
    """A month stays a month; a year is undated, whatever day stands beside it; an hour alone is a date."""
    labs = """
        USUBJID | LBTESTCD | LBORRES | LBORRESU | LBDTC            | LBDY
        S-1     | CRP      | 1       | mg/L     | 2024-03          |
        S-1     | CRP      | 2       | mg/L     | 2024             | 4
        S-1     | CRP      | 3       | mg/L     | 2024---09        |
        S-1     | CRP      | 4       | mg/L     | 2024-03-09T13    |
        S-1     | CRP      | 5       | mg/L     | 2024-03-09T13:05 |
        S-1     | CRP      | 6       | mg/L     | 2024-03-09T13:05:59.5-05:00 |
    """
    found = rows(sdtm(tmp_path, lb=labs), "measurements", "value", "day", "minute", "time_precision")
    minute = 2 * 1440 + 13 * 60 + 5
    assert found == [
        (1, -6, None, "month"),
        (2, None, None, "none"),
        (3, None, None, "none"),
        (4, 2, None, "day"),
        (5, 2, minute, "minute"),
        (6, 2, minute, "minute"),
    ]


def test_results_are_the_original_ones(tmp_path: Path) -> None:
    """Limits of the laboratory; a comparator; words; urine is not blood; a test that was not done holds no value."""
    labs = """
        USUBJID | LBTESTCD | LBORRES   | LBORRESU | LBSPEC | LBSTAT   | LBORNRLO | LBORNRHI | LBLOINC | LBDTC
        S-1     | PLAT     | 45        | GI/L     | BLOOD  |          | 150      | 400      |         | 2024-03-08
        S-1     | CRP      | <5        | mg/L     |        |          |          |          |         | 2024-03-08
        S-1     | XYZ      | 900       | ug/L     |        |          |          |          | 2276-4  | 2024-03-08
        S-1     | CRP      | HEMOLYZED | mg/L     |        |          |          |          |         | 2024-03-09
        S-1     | CREAT    | 90        | mg/dL    | URINE  |          |          |          |         | 2024-03-09
        S-1     | CRP      |           |          |        | NOT DONE |          |          |         | 2024-03-10
    """
    records = sdtm(tmp_path, lb=labs)
    assert rows(records, "measurements", "variable", "value", "comparator", "unit", "uln") == [
        ("platelets", 45, None, "10*9/L", 400),
        ("crp", 5, "<", "mg/L", None),
        ("ferritin", 900, None, "ug/L", None),
    ]
    assert sorted(aside(records)) == [
        ("drugs", "fludarabine", "unit"),
        ("measurements", "CREAT of urine", "not in the dictionary"),
        ("measurements", "CRP", "empty"),
        ("measurements", "CRP", "not a number"),
    ]


def test_a_regimen_is_its_doses(tmp_path: Path) -> None:
    """Twice a day from the 8th to the 9th is four doses; an open end is one; what did not occur was not given."""
    given = """
        USUBJID | CMTRT | CMDECOD       | CMDOSE | CMDOSU | CMDOSFRQ | CMOCCUR | CMSTDTC    | CMENDTC
        S-1     | Dexa  | DEXAMETHASONE | 10     | mg     | BID      |         | 2024-03-08 | 2024-03-09
        S-1     | Dexa  | DEXAMETHASONE | 4      | mg     | QD       |         | 2024-03-12 |
        S-1     | Toci  | TOCILIZUMAB   | 8      | mg/kg  | ONCE     | N       | 2024-03-08 |
    """
    records = sdtm(tmp_path, cm=given)
    found = rows(records, "drugs", "drug", "amount", "dose_count", "interval_h", "status", "day", "end_day")
    assert [row for row in found if "leucel" not in row[0]] == [
        ("dexamethasone", 10, 4, 12, "given", 1, 3),
        ("dexamethasone", 4, None, None, "given", 5, None),
        ("tocilizumab", 8, None, None, "held", 1, None),
    ]


def test_adverse_events_of_the_toxicities_are_clinicians_grades(tmp_path: Path) -> None:
    """Their last day belongs to them; a severity is no grade; the death of two domains is one."""
    adverse = """
        USUBJID | AETERM        | AEDECOD                   | AETOXGR | AESTDTC    | AEENDTC
        S-1     | CRS           | Cytokine release syndrome | 3       | 2024-03-08 | 2024-03-08
        S-1     | CRS           | Cytokine release syndrome |         | 2024-03-09 | 2024-03-10
        S-1     | Application site itching |                |         | 2024-03-09 |
    """
    ended = """
        USUBJID | DSDECOD   | DSSTDTC
        S-2     | DEATH     | 2024-03-20
        S-1     | COMPLETED | 2024-05-01
    """
    records = sdtm(tmp_path, '[door]\nadverse_event_system = "ASTCT"\n', ae=adverse, ds=ended)
    assert rows(records, "events", "patient_id", "event", "system", "value", "day", "end_day") == [
        ("S-1", "crs_grade", "ASTCT", 3, 1, 2),
        ("S-2", "death", None, None, 11, None),
    ]
    assert [reason for table, _, reason in aside(records) if table == "events"] == [
        *["empty", "not in the dictionary", "duplicate", "not in the dictionary"]
    ]


def transport(name: str, rows: list[dict[str, str]]) -> bytes:
    """Return text columns as a SAS transport file, version 5 (SAS TS-140)."""

    def line(text: str) -> bytes:
        return text.ljust(80).encode("ascii")

    def header(kind: str, numbers: str = "0" * 30) -> bytes:
        return line(f"HEADER RECORD*******{kind:<8}HEADER RECORD!!!!!!!{numbers}")

    date, width = "01JAN24:00:00:00", 40
    found = (
        header("LIBRARY") + line(f"{'SAS':<8}{'SAS':<8}{'SASLIB':<8}{'9.4':<8}{'Linux':<8}{'':<24}{date}") + line(date)
    )
    found += header("MEMBER", "000000000000000001600000000140") + header("DSCRPTR")
    found += line(f"{'SAS':<8}{name:<8}{'SASDATA':<8}{'9.4':<8}{'Linux':<8}{'':<24}{date}") + line(date)
    found += header("NAMESTR", f"000000{len(rows[0]):04d}" + "0" * 20)
    described = b""
    for place, column in enumerate(rows[0]):
        text = [word.ljust(length).encode() for word, length in ((column, 8), ("", 40), ("", 8))]
        sizes = (2, 0, width, place + 1)
        described += struct.pack(
            ">hhhh8s40s8shhh2s8shhl52s", *sizes, *text, 0, 0, 0, b"", b" " * 8, 0, 0, place * width, b""
        )
    found += described.ljust(-(-len(described) // 80) * 80) + header("OBS")
    cells = "".join(cell.ljust(width) for row in rows for cell in row.values()).encode()
    return found + cells.ljust(-(-len(cells) // 80) * 80)


def test_a_transport_file_is_read(tmp_path: Path) -> None:
    """Version 5, as regulators take it; where there is a Parquet file of the domain too, that is read."""
    vitals = [{"USUBJID": "S-1", "VSTESTCD": "TEMP", "VSORRES": "38.5", "VSORRESU": "C", "VSDTC": "2024-03-08"}]
    folder = write_folder(tmp_path / "sdtm", "", dm=DM, ex=EX)
    (folder / "vs.xpt").write_bytes(transport("VS", vitals))
    assert rows(read(folder), "measurements", "variable", "value", "day") == [("temperature", 38.5, 1)]
    pq.write_table(pa.table({name: [cell] for name, cell in vitals[0].items()}), folder / "VS.parquet")
    assert "vs.xpt: not read, for VS.parquet stands beside it" in notes(read(folder))
    (folder / "lb.xpt").write_bytes(transport("LB", [{"USUBJID": "S-1"}])[:300])
    with pytest.raises(UnusableRecordsError, match="the file cannot be read as a SAS transport file"):
        read(folder)


def test_what_cannot_be_used_is_said_at_once(tmp_path: Path) -> None:
    """A column that is missing, a file that is no file of its kind, an infusion that is not named."""
    folder = write_folder(tmp_path / "sdtm", "", dm=DM, lb="USUBJID | LBORRES\nS-1 | 5\n")
    (folder / "vs.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(UnusableRecordsError) as found:
        read(folder)
    assert "lb.csv, column lbtestcd: the file has no such column" in str(found.value)
    assert "vs.parquet: the file cannot be read as Parquet" in str(found.value)
    folder = write_folder(tmp_path / "other", "[door]\nday_0 = 'infusion'\n", dm=DM, ex=EX)
    with pytest.raises(UnusableRecordsError, match="day_0: no key is called so, expected perhaps day0"):
        read(folder)
    folder = write_folder(tmp_path / "third", "", dm=DM, ex="USUBJID | EXTRT | EXSTDTC\nS-1 | KTE-X19 | 2024-03-07\n")
    with pytest.raises(UnusableRecordsError, match="no subject got a CAR T product"):
        read(folder)
    (folder / "abate.toml").write_text('[door]\ninfusion = ["KTE-X19"]\n', encoding="utf-8")
    assert rows(read(folder), "patients", "patient_id", "product") == [("S-1", "KTE-X19")]


def test_the_pilot_of_cdisc(tmp_path: Path, shared: Path) -> None:
    """254 treated subjects; every value in is used or set aside."""
    data = shared / "data" / "cdisc_pilot_sdtm"
    mapping = tmp_path / "abate.toml"
    mapping.write_text('[door]\nday0 = "reference"\n', encoding="utf-8")
    records = read(data, door=Door("sdtm", mapping))
    counts = {row["table"]: row for row in records.accounting.to_pylist()}
    assert counts["patients"]["used"] > 254
    assert all(row["values_in"] == row["used"] + row["set_aside"] for row in counts.values())
    assert records.source.rows["lb.parquet"] == 59_580
    assert counts["measurements"]["used"] > 100_000 and counts["measurements"]["unit"] == 0


def test_a_mapping_file_that_stands_elsewhere_goes_with_the_ingested_records(tmp_path: Path) -> None:
    """Its options and title are those of the run that starts from them."""
    folder = write_folder(tmp_path / "sdtm", "", dm=DM, ex=EX)
    mapping = tmp_path / "study.toml"
    mapping.write_text('[study]\ntitle = "Two infusions"\n', encoding="utf-8")
    ingest(folder, tmp_path / "out", door=Door("", mapping))
    again = read(tmp_path / "out")
    assert again.study.title == "Two infusions" and again.study.reading.day0_kind == "infusion"
    assert "abate.toml" in again.source.hashes


def test_what_is_far_off_or_disagrees_is_kept_and_said(tmp_path: Path) -> None:
    """Half a year before the infusion, after the last contact, and two values of one minute."""
    labs = """
        USUBJID | LBTESTCD | LBORRES | LBORRESU | LBDTC
        S-1     | CRP      | 1       | mg/L     | 2023-09-09
        S-1     | CRP      | 2       | mg/L     | 2024-05-02
        S-1     | CRP      | 3       | mg/L     | 2024-03-08T08:00
        S-1     | CRP      | 4       | mg/L     | 2024-03-08T08:00
        S-1     | CRP      | 4       | mg/L     | 2024-03-08T08:00
    """
    records = sdtm(tmp_path, lb=labs)
    assert len(rows(records, "measurements", "value")) == 4
    said = notes(records)
    assert "measurements, column day: 1 row before day -90. They are kept." in said
    assert "measurements, column day: 1 row after the last contact." in said
    assert "measurements, column crp: 1 moment with values that differ. All are used." in said


def test_a_death_stands_where_its_day_is_known(tmp_path: Path) -> None:
    """Of a month in the demographics and a day in the disposition the day; the other is set aside, and counted."""
    people = DM.replace("2024-03-20", "2024-03   ")
    disposition = "USUBJID | DSDECOD | DSSTDTC\nS-2 | DEATH | 2024-03-20\n"
    records = sdtm(tmp_path, dm=people, ds=disposition)
    assert rows(records, "events", "patient_id", "event", "day") == [("S-2", "death", 11)]
    assert ("S-2", 11) in rows(records, "patients", "patient_id", "last_contact_day")
    assert aside(records)[1:] == [("events", "death (the disposition has its day)", "not in the dictionary")]


def test_what_did_not_occur_is_no_event(tmp_path: Path) -> None:
    happened = """
        USUBJID | CETERM         | CEOCCUR | CESTAT   | CESTDTC
        S-2     | Cardiac arrest | N       |          | 2024-03-12
        S-2     | Cardiac arrest |         | NOT DONE | 2024-03-13
        S-2     | Cardiac arrest | Y       |          | 2024-03-14
    """
    records = sdtm(tmp_path, ce=happened)
    assert rows(records, "events", "event", "day")[:1] == [("cardiac_arrest", 5)]
    assert [name for _, name, _ in aside(records)][1:] == [
        "cardiac_arrest (did not occur)",
        "cardiac_arrest (not looked for)",
    ]


def test_a_rate_is_an_infusion(tmp_path: Path) -> None:
    given = """
        USUBJID | CMTRT          | CMDOSE | CMDOSU    | CMSTDTC          | CMENDTC
        S-1     | Norepinephrine | 0.1    | ug/kg/min | 2024-03-09T08:00 | 2024-03-09T20:00
    """
    weight = """
        USUBJID | VSTESTCD | VSORRES | VSORRESU | VSSTRESN | VSSTRESU | VSLOBXFL | VSDTC
        S-1     | WEIGHT   | 71      | kg       | 71       | kg       | Y        | 2024-03-01
    """
    records = sdtm(tmp_path, cm=given, vs=weight)
    drugs = rows(records, "drugs", "drug", "kind", "rate", "rate_unit")
    assert ("norepinephrine", "infusion", 0.1, "ug/kg/min") in drugs
    assert ("S-1", 71.0) in rows(records, "patients", "patient_id", "weight_kg")
