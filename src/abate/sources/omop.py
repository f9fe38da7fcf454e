"""The door of the OMOP common data model 5.3 and 5.4: a folder or a DuckDB file, a course an infusion.

Day 0 is the exposure to a CAR T product (or a procedure that ``[door] infusion`` names), the start of a cohort
(``[door] cohort``), or with ``[door] day0 = "admission"`` each stay in hospital. Only records of persons who have a day
0 leave the database. What becomes of a row: ``omop_tables.py``.
"""

import dataclasses
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import ibis

from abate.records.problems import AbateError, Problem, UnusableRecordsError
from abate.sources import omop_tables
from abate.sources.folder import Source, sha256
from abate.sources.infusions import Settings, numbered, one_a_day, procedures, products, settings
from abate.sources.mapping import NAME, Study, read_mapping
from abate.sources.omop_tables import INPATIENT, TABLES, Omop, at, looked_up, names_of, with_descendants
from abate.sources.shelf import Shelf

TITLE = "Patients of an OMOP database"
VOCABULARY = ("concept", "concept_ancestor")
STORES = (".duckdb", ".db", ".ddb")


def is_omop(path: Path) -> bool:
    """Say whether a place is a DuckDB file, or a folder with persons and measurements or visits of OMOP."""
    if path.is_file():
        return path.suffix.lower() in STORES
    if not path.is_dir():
        return False
    stems = {file.stem.lower() for file in path.iterdir() if file.suffix.lower() in (".csv", ".parquet")}
    return "person" in stems and bool(stems & {"measurement", "visit_occurrence", "observation_period"})


def read_omop(path: Path, backend: Any, mapping: Path | None = None) -> Source:
    """Read the tables of an OMOP database.

    Parameters
    ----------
    path
        A folder of CSV or Parquet files named as the tables are, or a DuckDB file.
    backend
        The Ibis backend that keeps what is read.
    mapping
        The mapping file; ``abate.toml`` of the folder, or beside the file, unless given.

    Raises
    ------
    AbateError
        If there is no such place, or it cannot be opened.
    UnusableRecordsError
        Naming every table and column that is missing, or saying that no infusion was found.
    """
    study = read_mapping(mapping or (path if path.is_dir() else path.parent) / NAME)
    asked = settings(study)
    store = _store(path, backend, study)
    shelf = store.shelf
    tables = {name: table for name, columns in TABLES.items() if (table := store.table(name, *columns)) is not None}
    if "person" not in tables and not shelf.problems:
        found = "there is no such table"
        shelf.wrong("person", "", found, "the table person of OMOP", "Add it, or name another door.")
    if shelf.problems:
        raise UnusableRecordsError(shelf.problems)
    infusions = shelf.keep(numbered(_day0(tables, study, asked), asked.lead_days))
    if not int(infusions.count().to_pyarrow().as_py()):
        raise UnusableRecordsError([_no_day0(asked)])
    chosen = store.narrowed(tables, infusions)
    vocabulary = {name: shelf.keep(tables[name]) for name in VOCABULARY if name in tables}
    names, units = (shelf.keep(table) for table in names_of(vocabulary))
    omop = Omop(chosen, vocabulary, names, units, infusions, study)
    raw = {name: table for name, build in omop_tables.BUILD.items() if (table := build(omop)) is not None}
    kinds = {"admission": "admission", "infusion": "infusion", "reference": "cohort start"}
    kind = "cohort start" if asked.cohort is not None else kinds[asked.day0]
    return shelf.source(path, raw, omop_tables.SPELLING, store.hashes(), TITLE, kind)


def _no_day0(asked: Settings) -> Problem:
    if asked.cohort is not None:
        found, place = f"nobody is in the cohort {asked.cohort}", "cohort"
    elif asked.day0 == "admission":
        found, place = "there is no stay in hospital", "visit_occurrence"
    else:
        found, place = "nobody got a CAR T product that the dictionary or [door] infusion names", "drug_exposure"
    advice = (
        f'Name it in {NAME}: [door] infusion = ["..."] (concepts or source codes of products or procedures), '
        '[door] cohort = 1, or [door] day0 = "admission".'
    )
    return Problem("unusable", place, "", found, "a day 0", advice)


def _day0(tables: Mapping[str, ibis.Table], study: Study, asked: Settings) -> ibis.Table:
    """Return the day 0 of every course: ``patient_id, day0, product, file, row__number``."""
    nothing = ibis.null("string")
    found = []
    if asked.cohort is not None:
        if "cohort" in tables:
            rows = tables["cohort"].filter(ibis._.cohort_definition_id == str(asked.cohort))
            found.append(
                rows.select(
                    "row__number", "file", patient_id=rows.subject_id, day0=rows.cohort_start_date, product=nothing
                )
            )
    elif asked.day0 == "admission":
        if "visit_occurrence" in tables:
            rows = tables["visit_occurrence"].filter(ibis._.visit_concept_id.isin(INPATIENT))
            day0 = at(rows, "visit_start")
            found.append(rows.select("row__number", "file", patient_id=rows.person_id, day0=day0, product=nothing))
    else:
        known = products(study.dictionary, asked)
        if "drug_exposure" in tables:
            rows = _meant(tables["drug_exposure"], "drug", known, tables)
            given = at(rows, "drug_exposure_start")
            product = ibis.coalesce(rows.named.nullif(""), rows.drug_source_value)
            found.append(rows.select("row__number", "file", patient_id=rows.person_id, day0=given, product=product))
        if "procedure_occurrence" in tables:
            rows = _meant(tables["procedure_occurrence"], "procedure", procedures(asked), tables)
            day0 = at(rows, "procedure")
            product = rows.named.nullif("")
            found.append(rows.select("row__number", "file", patient_id=rows.person_id, day0=day0, product=product))
    empty = (
        tables["person"]
        .filter(False)
        .select("row__number", "file", patient_id="person_id", day0=nothing, product=nothing)
    )
    every = ibis.union(empty, *found) if found else empty
    every = every.filter(every.day0.notnull(), every.patient_id.notnull())
    if asked.day0 == "admission" and asked.cohort is None:
        return every
    return one_a_day(every)


def _meant(rows: ibis.Table, kind: str, known: Mapping[str, str], tables: Mapping[str, ibis.Table]) -> ibis.Table:
    """Return the rows that mean an infusion, with ``named``: its product, blank where its code says none."""
    own = with_descendants(known, tables)
    columns = [f"{kind}_concept_id", f"{kind}_source_concept_id", f"{kind}_source_value"]
    found = looked_up(rows, columns, own, "named")
    return found.filter(found.named.notnull())


@dataclasses.dataclass
class _Store:
    """Where the tables are, and how their records come to the engine that keeps them.

    Attributes
    ----------
    shelf
        Remembers problems, and reads files.
    path
        Of the folder or file.
    there
        In a database, its tables by their names in small letters; expressions on them run there.
    """

    shelf: Shelf
    path: Path
    there: Mapping[str, Callable[[], ibis.Table]] | None = None

    def table(self, name: str, needed: tuple[str, ...], wanted: tuple[str, ...]) -> ibis.Table | None:
        """Return a table as text, of which nothing has been read yet."""
        if self.there is None:
            return self.shelf.table(name, needed, wanted, kept=False)
        if name not in self.there:
            return None
        table = self.there[name]()
        key = next(
            (column for column in table.columns if column.lower() in (f"{name}_id", "person_id", "subject_id")), ""
        )
        return self.shelf.taken(name, table.mutate(row__number=table[key]) if key else table, needed, wanted)

    def narrowed(self, tables: Mapping[str, ibis.Table], infusions: ibis.Table) -> dict[str, ibis.Table]:
        """Return the tables with the records of those who have a day 0 alone."""
        found = {}
        for name, table in tables.items():
            if name in (*VOCABULARY, "cohort", "procedure_occurrence"):
                continue
            found[name] = self.shelf.keep(table.semi_join(infusions, table.person_id == infusions.patient_id))
            file = self.shelf.files.get(name, name)
            every = self.shelf.rows[file] if file in self.shelf.rows else int(table.count().to_pyarrow().as_py())
            mine = int(found[name].count().to_pyarrow().as_py())
            self.shelf.rows[file] = mine
            if every > mine:
                said = f"{mine:,} of {every:,} rows are of persons with a day 0; the others are not read"
                self.shelf.note(file, "person_id", said, "Nothing to do, unless an infusion is lost.")
        return found

    def hashes(self) -> dict[str, str]:
        """Return the SHA-256 of every file that was read."""
        if self.path.is_dir():
            return {name: sha256(self.path / name) for name in self.shelf.rows}
        return {self.path.name: sha256(self.path)}


def _store(path: Path, backend: Any, study: Study) -> _Store:
    shelf = Shelf(path, backend, study)
    if path.is_dir():
        return _Store(shelf, path)
    if not path.is_file():
        raise AbateError(
            f"{path.name}: there is no such place. Expected a folder with person.csv or person.parquet, or a DuckDB "
            "file. Correct the path."
        )
    try:
        backend.raw_sql(f"ATTACH '{str(path).replace(chr(39), chr(39) * 2)}' AS abate_cdm (READ_ONLY)")
    except duckdb.Error as error:
        raise AbateError(
            f"{path.name}: the file cannot be opened as a DuckDB database. Expected one that no other process writes. "
            "Close it there, or export its tables as Parquet."
        ) from error
    query = "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'abate_cdm' ORDER BY ALL"
    found = backend.raw_sql(query).fetchall()
    return _Store(
        shelf,
        path,
        {name.lower(): partial(backend.table, name, database=("abate_cdm", schema)) for schema, name in found},
    )
