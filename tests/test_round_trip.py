"""The same cohort through every door gives the same grades, on what each format can hold."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from abate import verbs
from round_trip import FORMATS, Cohort, as_folder, cohort_of, ended

COLUMNS = ("patient_id", "system", "day", "grade", "lower", "upper", "complete")


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cohort]:
    folder = tmp_path_factory.mktemp("round")
    verbs.synth(folder / "records", 8, 5)
    yield cohort_of(verbs.read(folder / "records"))


def graded(folder: Path, names: dict[str, str]) -> set[tuple[Any, ...]]:
    found = verbs.analyse(folder).computed.select(*COLUMNS).to_pyarrow().to_pylist()
    return {(names.get(row["patient_id"], row["patient_id"]), *list(row.values())[1:]) for row in found}


@pytest.mark.parametrize("name", FORMATS)
def test_grades_are_those_of_the_folder(name: str, cohort: Cohort, tmp_path: Path) -> None:
    """Every patient-day of every system: grade, bounds, and whether it is complete."""
    holds, write = FORMATS[name]
    held = cohort.only(holds)
    # CLIF does not say when a device was taken off.
    held = ended(held) if name == "clif" else held
    reference, other = as_folder(tmp_path / "folder", held), write(tmp_path / name, held)
    names = {str(n): row["id"] for n, row in enumerate(cohort.patients, start=1)} if name == "omop" else {}
    expected, found = graded(reference, {}), graded(other, names)
    assert {row[3] for row in expected} > {0, 1, 2}
    assert found == expected
