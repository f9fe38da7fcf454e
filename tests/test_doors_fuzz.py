"""Each door against damaged files: they are read, or refused in words; nothing else happens, and no value is lost."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import test_fhir
import test_meds
import test_omop
import test_redcap
import test_sdtm
import test_sheet
from abate.records.problems import AbateError
from abate.sources.doors import Door
from abate.verbs import read
from clif_files import write as write_clif
from repeatable import repeatable
from spec import write_folder

LABS = "USUBJID | LBTESTCD | LBORRES | LBORRESU | LBDTC\nS-1 | CRP | 10 | mg/L | 2024-03-08\n"
VITALS = "hospitalization_id | recorded_dttm | vital_category | vital_value\nH1 | 2150-03-02 10:00 | sbp | 80\n"
CRP = test_fhir.observed("1988-5", "2024-03-08", valueQuantity=test_fhir.quantity(5, "mg/L"))
OWN = {
    "patients": "patient_id | age | day0\nA | 61 | 2024-03-07\n",
    "measurements": "patient_id | variable | value | unit | time\nA | crp | 5 | mg/L | 2024-03-08\n",
}


def _sheet(folder: Path) -> Path:
    folder.mkdir()
    (folder / "cohort.csv").write_text(test_sheet.WIDE, encoding="utf-8")
    (folder / "abate.toml").write_text(test_sheet.HEAD + test_sheet.CRP, encoding="utf-8")
    return folder / "cohort.csv"


def _workbook(folder: Path) -> Path:
    folder.mkdir()
    path = test_sheet.workbook(folder / "cohort.xlsx", {"a": [["ID", "CRP"], ["A", 5.0]]})
    columns = test_sheet.column("CRP", "measurements", "crp", unit='"mg/L"', day="1")
    (folder / "abate.toml").write_text('[door]\npatient = "ID"\n' + columns, encoding="utf-8")
    return path


WHOLE: dict[str, Callable[[Path], Path]] = {
    "folder": lambda path: write_folder(path, "", **OWN),
    "sdtm": lambda path: write_folder(path, "", dm=test_sdtm.DM, ex=test_sdtm.EX, lb=LABS),
    "omop": lambda path: write_folder(
        path, "", person=test_omop.PERSON, observation_period=test_omop.PERIOD, drug_exposure=test_omop.DRUG
    ),
    "fhir": lambda path: test_fhir.written(path, CRP, bundle=True),
    "fhir lines": lambda path: test_fhir.written(path, CRP),
    "meds": lambda path: test_meds.written(path, [(1, "2024-03-08 06:30:00", "LAB//1988-5//mg/L", 1.0, None)]),
    "clif": lambda path: write_clif(path, vitals=VITALS),
    "redcap": lambda path: test_redcap.project(path, test_redcap.RAW, test_redcap.MAPPING),
    "sheet": _sheet,
    "sheet xlsx": _workbook,
}
"""A small data set for each door, as its own tests write it."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("whole")
    return {name: make(root / name.replace(" ", "_")) for name, make in WHOLE.items()}


@pytest.mark.parametrize("name", WHOLE)
@repeatable(4)
@given(
    which=st.integers(0, 10),
    start=st.floats(0, 1),
    length=st.integers(0, 40),
    filling=st.one_of(
        st.binary(max_size=30),
        st.sampled_from([b"", b"\x00", b'"', b"\xff\xfe", b"\n", b",,,", b"=cmd|", b"9" * 400, b"-", b"{", b"]"]),
    ),
    cut=st.booleans(),
)
def test_damaged_files_are_read_or_refused(
    name: str,
    whole: dict[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
    which: int,
    start: float,
    length: int,
    filling: bytes,
    cut: bool,
) -> None:
    """Bytes of one file are replaced, or all behind them are gone."""
    place = tmp_path_factory.mktemp("damaged")
    source = whole[name]
    folder = source if source.is_dir() else source.parent
    shutil.copytree(folder, place / "records")
    files = sorted(file for file in (place / "records").rglob("*") if file.is_file() and file.name != "abate.toml")
    file = files[which % len(files)]
    content = file.read_bytes()
    at = int(start * len(content))
    file.write_bytes(content[:at] + filling + (b"" if cut else content[at + length :]))
    path = place / "records" if source.is_dir() else place / "records" / source.name
    try:
        records = read(path, door=Door(name.split(maxsplit=1)[0]))
    except AbateError as problem:
        assert str(problem).strip()
    else:
        for row in records.accounting.to_pylist():
            assert row["values_in"] == row["used"] + row["set_aside"]
    finally:
        shutil.rmtree(place)
