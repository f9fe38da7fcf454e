"""The same cohort through every door gives the same grades, on what each format can hold."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import ibis
import pytest

from abate import verbs
from abate.engine.ingest import Records, ingest
from abate.engine.store import Engine
from abate.records.tables import TABLES
from abate.sources.doors import OPEN
from round_trip import FORMATS, as_folder, cohort_of, ended

Graded = dict[str, set[tuple[Any, ...]]]
COLUMNS = ("system", "day", "grade", "lower", "upper", "complete")


def together(folders: Iterable[Path]) -> Records:
    """Return the records of several folders as one cohort; a patient is called after the folder too."""
    engine = Engine()
    read = {folder.name: ingest(OPEN.read(folder, engine.backend), engine.within(folder.name)) for folder in folders}
    tables = {}
    for name, table in TABLES.items():
        columns = [column for column in next(iter(read.values()))[table.name].columns if column != "patient_id"]
        parts = [
            records[name].select(*columns, patient_id=ibis.literal(f"{folder}:") + records[name].patient_id)
            for folder, records in read.items()
        ]
        tables[name] = engine.keep(name, ibis.union(*parts))
    return replace(next(iter(read.values())), engine=engine, tables=tables)


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    """Every patient-day of every system by folder: a format, and beside it what it holds as a folder of its own."""
    place = tmp_path_factory.mktemp("round")
    verbs.synth(place / "records", 8, 5)
    cohort = cohort_of(verbs.read(place / "records"))
    folders = []
    for name, (holds, write) in FORMATS.items():
        held = cohort.only(holds)
        # CLIF does not say when a device was taken off.
        held = ended(held) if name == "clif" else held
        folders += [as_folder(place / f"{name}_expected", held), write(place / name, held)]
    numbers = {str(n): row["id"] for n, row in enumerate(cohort.patients, start=1)}
    found: Graded = {folder.name: set() for folder in folders}
    for row in verbs.analyse(together(folders)).computed.select("patient_id", *COLUMNS).to_pyarrow().to_pylist():
        folder, patient = row.pop("patient_id").split(":")
        found[folder].add((numbers.get(patient, patient), *row.values()))
    return found


@pytest.mark.parametrize("name", FORMATS)
def test_grades_are_those_of_the_folder(name: str, graded: Graded) -> None:
    """Every patient-day of every system: grade, bounds, and whether it is complete."""
    expected = graded[f"{name}_expected"]
    assert {row[3] for row in expected} > {0, 1, 2}
    assert graded[name] == expected
