"""The door of FHIR R4: bulk NDJSON and bundles, a file or a folder of them, read a resource at a time.

Day 0 is the procedure or administration that ``[door] infusion`` or the dictionary names as that of a CAR T product,
with ``[door] day0 = "admission"`` each inpatient encounter, with ``"first record"`` the first observation of a patient.
What is taken of a resource: ``fhir_resources.py``; what becomes of it: ``fhir_tables.py``.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import ibis
import pyarrow as pa

from abate.records.problems import AbateError, Problem, UnusableRecordsError
from abate.sources import fhir_tables
from abate.sources.fhir_resources import COLUMNS, READ, Json, Row
from abate.sources.fhir_tables import Fhir
from abate.sources.folder import Source, sha256
from abate.sources.infusions import settings
from abate.sources.mapping import NAME, read_mapping
from abate.sources.shelf import LONGEST_LINE, UTC, Shelf

TITLE = "Patients of FHIR records"
SUFFIXES = (".ndjson", ".json", ".jsonl")
BULK = re.compile(
    r"(Patient|Observation|Medication[A-Za-z]*|Condition|Procedure|Encounter)([._-]?[0-9]+)*[.](nd)?jsonl?$"
)
"""Names of files that say a kind of resource, as bulk export gives them."""
LARGEST = 64 * 2**20
"""Bytes of one resource of a bundle, at most."""
DEEPEST = 5_000
"""Brackets that a resource leaves open at once, at most; those in its texts count too."""
CHUNK = 2**14
"""Bytes that are looked at before the parser sees them."""
BATCH = 20_000
"""Rows that are handed to the engine at once."""
SHOWN = 5


def is_fhir(path: Path) -> bool:
    """Say whether a place is a file of FHIR resources, or a folder that holds them."""
    if path.is_dir():
        return any(_is_file(file) for file in sorted(path.iterdir()))
    return _is_file(path)


def _is_file(path: Path) -> bool:
    if not path.is_file() or path.suffix.lower() not in SUFFIXES:
        return False
    with path.open("rb") as stream:
        return b'"resourceType"' in stream.read(2**16)


def read_fhir(path: Path, backend: Any, mapping: Path | None = None) -> Source:
    """Read FHIR resources.

    Parameters
    ----------
    path
        A bundle (``.json``), bulk data (``.ndjson``), or a folder of them.
    backend
        The Ibis backend that keeps what is read.
    mapping
        The mapping file; ``abate.toml`` of the folder, or beside the file, unless given.

    Raises
    ------
    AbateError
        If there is no such place, or the extra that reads bundles is not installed.
    UnusableRecordsError
        Naming every file and line that cannot be read, or saying that no infusion was found.
    """
    if not path.exists():
        raise AbateError(f"{path.name}: there is no such place. Expected a bundle, NDJSON, or a folder of them.")
    folder = path if path.is_dir() else path.parent
    study = read_mapping(mapping or folder / NAME)
    asked = settings(study)
    files = sorted(file for file in path.iterdir() if _is_file(file)) if path.is_dir() else [path]
    reading = _Reading(Shelf(folder, backend, study))
    for place, file in enumerate(files, start=1):
        # Files are often called after their patients, whose names are told nowhere; bulk data is called after its kind.
        called = file.name if BULK.match(file.name) else f"file {place}"
        reading.file(file, called if file.suffix.lower() != ".json" else f"bundle {place}")
    reading.close()
    shelf = reading.shelf
    if not reading.counted["Patient"] and not shelf.problems:
        shelf.wrong(path.name, "Patient", "there is no patient", "a resource of the type Patient", "Add it.")
    if shelf.problems:
        raise UnusableRecordsError(shelf.problems)
    numbered = [called for called in shelf.rows if called.startswith(("bundle ", "file "))]
    if len(numbered) > 1:
        said = f"{len(numbered)} files, numbered in the order of their names"
        shelf.note(numbered[0], "", said, "Nothing to do: run.json lists the files in that order.")
    left = {kind: count for kind, count in sorted(reading.counted.items()) if kind not in READ}
    if left:
        said = ", ".join(f"{count:,} {kind}" for kind, count in left.items())
        shelf.note(
            "resourceType", "", f"{said}: counted and left", "Nothing to do: nothing here is computed from them."
        )
    day0 = fhir_tables.day0(reading.tables, study, asked)
    courses = shelf.keep(day0)
    if not int(courses.count().to_pyarrow().as_py()):
        found = {
            "admission": "there is no inpatient encounter",
            "first record": "there is no observation with a time",
        }.get(asked.day0, "no administration or procedure of a CAR T product that the dictionary or [door] names")
        advice = f'Say in {NAME}: [door] infusion = ["..."] (codes), or [door] day0 = "admission" or "first record".'
        raise UnusableRecordsError([Problem("unusable", path.name, "", found, "a day 0", advice)])
    people = reading.tables["people"]
    without = int(people.filter(people.id.notin(courses.patient_id)).count().to_pyarrow().as_py())
    if without:
        said = f"{without} patient{'s have' if without > 1 else ' has'} no day 0: their records are set aside"
        shelf.note("Patient", "", said, "Nothing to do, unless an infusion is lost: name its codes as [door] infusion.")
    times = reading.tables["observations"].time
    utc = int(reading.tables["observations"].filter(times.re_search(UTC)).count().to_pyarrow().as_py())
    if utc and study.zone == "UTC":
        said = f"{utc:,} times are in UTC, and no zone is named: they decide the day as they stand"
        shelf.note("Observation", "effective", said, f'Name it in {NAME}, such as [reading] zone = "Europe/Berlin".')
    fhir = Fhir(reading.tables, courses, study)
    fhir = replace(fhir, observed=shelf.keep(fhir_tables.observed(fhir)))
    raw = {name: table for name, build in fhir_tables.BUILD.items() if (table := build(fhir)) is not None}
    hashes = {file.name: sha256(file) for file in files}
    kind = "infusion" if asked.day0 == "reference" else asked.day0
    return shelf.source(path, raw, fhir_tables.SPELLING, hashes, TITLE, kind)


def _identified(resource: Any, address: Any) -> Json | None:
    """Return a resource, with its address in the bundle for an identifier where it has none of its own."""
    if not isinstance(resource, dict):
        return None
    if "id" not in resource and isinstance(address, str) and address.startswith("urn:uuid:"):
        return {**resource, "id": address.removeprefix("urn:uuid:")}
    return resource


class _Bounded:
    """A stream that refuses to give a resource of too many bytes, or one that is nested too deep."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.next_one()

    def next_one(self) -> None:
        """Begin another resource."""
        self.given = self.depth = 0

    def read(self, size: int = -1) -> bytes:
        """Return some bytes."""
        found = self.stream.read(size)
        self.given += len(found)
        # Told before the parser sees it: what is nested without end would take the process down.
        self.depth += sum(found.count(mark) for mark in (b"[", b"{")) - sum(found.count(mark) for mark in (b"]", b"}"))
        if self.given > LARGEST or self.depth > DEEPEST:
            raise OverflowError
        return found


class _Reading:
    """Takes resources out of files, and hands their rows to the engine a batch at a time."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf, self.counted = shelf, Counter[str]()
        self.waiting: dict[str, list[Row]] = {name: [] for name in COLUMNS}
        self.tables: dict[str, ibis.Table] = {}
        self.places = 0

    def file(self, file: Path, called: str) -> None:
        """Read one file, which messages and sources call something."""
        count = 0
        bad: list[int] = []
        expected = f"JSON resources of at most {LARGEST // 2**20} MB"
        try:
            for number, resource in self._lines(file) if file.suffix.lower() != ".json" else self._entries(file):
                if resource is None:
                    bad.append(number)
                    continue
                count += 1
                self._take(called, number, resource)
        except (ValueError, OverflowError, RecursionError, UnicodeDecodeError):
            # Of a cut file what was read is not used: half of a patient's records would look like all.
            self.shelf.wrong(called, "", "the file is not whole, or not JSON", expected, "Write it again.")
        if bad:
            self.shelf.problems.append(
                Problem(
                    *("unusable", called, "", "lines cannot be read as JSON", "one resource a line"),
                    *("Write them again.", tuple(bad[:SHOWN]), len(bad)),
                )
            )
        self.shelf.rows[called] = count

    def _lines(self, file: Path) -> Iterator[tuple[int, Json | None]]:
        with file.open("rb") as stream:
            number = 0
            while line := stream.readline(LONGEST_LINE + 1):
                number += 1
                if len(line) > LONGEST_LINE:
                    raise OverflowError
                if line.strip():
                    yield number, self._resource(line)

    def _resource(self, line: bytes) -> Json | None:
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None

    def _entries(self, file: Path) -> Iterator[tuple[int, Json | None]]:
        try:
            import ijson
        except ImportError as error:
            raise AbateError(
                "Reading a bundle needs an extra. Expected ijson to be installed. "
                "Install it with: pip install 'abate[doors]'"
            ) from error
        number = 0
        with file.open("rb") as stream:
            bounded = _Bounded(stream)
            try:
                for number, entry in enumerate(ijson.items(bounded, "entry.item", buf_size=CHUNK), start=1):
                    bounded.next_one()
                    if not isinstance(entry, dict):
                        yield number, None
                    elif "resource" in entry:  # what was deleted has none
                        yield number, _identified(entry["resource"], entry.get("fullUrl"))
            except ijson.JSONError as error:
                raise ValueError from error
        if not number and file.stat().st_size <= LONGEST_LINE:
            # No bundle: one resource.
            with file.open("rb") as stream:
                yield 1, self._resource(stream.read())

    def _take(self, file: str, number: int, resource: Json) -> None:
        kind = str(resource.get("resourceType"))
        self.counted[kind] += 1
        for name, row in READ[kind](resource) if kind in READ else ():
            self.places += 1
            whole = {**row, "file": file, "row__number": str(number), "row__place": str(self.places)}
            self.waiting[name].append(whole)
            if len(self.waiting[name]) >= BATCH:
                self._flush(name)

    def _flush(self, name: str) -> None:
        columns = (*COLUMNS[name], "file", "row__number", "row__place")
        rows = self.waiting[name]
        batch = pa.table({column: pa.array([row.get(column) for row in rows], pa.string()) for column in columns})
        self.waiting[name] = []
        backend = self.shelf.backend
        if name in self.tables:
            backend.con.register("abate_arriving", batch)
            backend.raw_sql(f"INSERT INTO {self.tables[name].get_name()} SELECT * FROM abate_arriving")
            backend.con.unregister("abate_arriving")
        else:
            self.tables[name] = self.shelf.keep(ibis.memtable(batch))

    def close(self) -> None:
        """Hand over the last rows; every table is there, also without any."""
        for name in COLUMNS:
            self._flush(name)
