"""The door of the OMOP common data model 5.3 and 5.4: a folder, a DuckDB file or a server, a course an infusion.

Day 0 is the exposure to a CAR T product (or a procedure that ``[door] infusion`` names), the start of a cohort
(``[door] cohort``), or with ``[door] day0 = "admission"`` each stay in hospital. Only records of persons who have a day
0 leave the database. Where the tables are: ``omop_store.py``. What becomes of a row: ``omop_tables.py``.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ibis

from abate.records.problems import AbateError, Problem, UnusableRecordsError
from abate.sources import omop_tables
from abate.sources.folder import Source
from abate.sources.infusions import Settings, numbered, procedures, products, settings, whole_infusions
from abate.sources.mapping import NAME, Study, read_mapping
from abate.sources.omop_store import VOCABULARY, DuckDBStore, Server, ServerStore, Store
from abate.sources.omop_tables import INPATIENT, ORDERED, Omop, at, looked_up, names_of, with_descendants
from abate.sources.shelf import Shelf

TITLE = "Patients of an OMOP database"
STORES = (".duckdb", ".db", ".ddb")


def is_omop(path: Path) -> bool:
    """Say whether a place is a DuckDB file, or a folder with persons and measurements or visits of OMOP."""
    if path.is_file() and path.suffix.lower() in STORES:
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
    shelf = Shelf(path, backend, study)
    if path.is_dir():
        return _read(Store(shelf, settings(study)))
    if path.is_file():
        return _read(DuckDBStore(shelf, settings(study)))
    raise AbateError(
        f"{path.name}: this is no place of OMOP. Expected a folder with person.csv or person.parquet, a DuckDB file, "
        "or a server such as postgresql://user@host:5432/database. Correct the path."
    )


def read_omop_at(server: Server, name: str, backend: Any, mapping: Path | None = None) -> Source:
    """Read the tables of an OMOP database that a server or a cluster keeps; the selection runs there.

    Parameters
    ----------
    server
        Where the tables are; nothing is written there.
    name
        What the place is called in messages: no address, for that may hold a password.
    backend
        The Ibis backend that keeps what is read.
    mapping
        The mapping file, where there is one.

    Raises
    ------
    UnusableRecordsError
        As :func:`read_omop`.
    """
    study = read_mapping(mapping) if mapping else Study()
    return _read(ServerStore(Shelf(Path(name), backend, study), settings(study), server))


def _read(store: Store) -> Source:
    shelf, asked = store.shelf, store.asked
    study = shelf.study
    tables = store.tables()
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
    return shelf.source(shelf.path, raw, omop_tables.SPELLING, store.hashes(), TITLE, kind)


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
            # What was ordered, or cost nothing of a product, was not infused.
            rows = rows.filter(ibis.coalesce(rows.drug_type_concept_id, "").notin(ORDERED))
            rows = rows.filter(ibis.coalesce(rows.quantity.try_cast("float64") != 0, True))
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
    return whole_infusions(every, asked.split_days)


def _meant(rows: ibis.Table, kind: str, known: Mapping[str, str], tables: Mapping[str, ibis.Table]) -> ibis.Table:
    """Return the rows that mean an infusion, with ``named``: its product, blank where its code says none."""
    own = with_descendants(known, tables)
    columns = [f"{kind}_concept_id", f"{kind}_source_concept_id", f"{kind}_source_value"]
    found = looked_up(rows, columns, own, "named")
    return found.filter(found.named.notnull())
