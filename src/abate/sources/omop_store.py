"""Where the tables of OMOP are, and how their rows come here: a folder, a DuckDB file, a server or a cluster.

On a server the selection runs there: first who may have a day 0, by codes; then the rows of these persons alone, and of
the vocabulary what their rows name. Nothing is written there.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa

from abate.records.problems import AbateError, UnusableRecordsError
from abate.sources.folder import sha256
from abate.sources.infusions import Settings, procedures, products
from abate.sources.mapping import NAME
from abate.sources.omop_tables import INPATIENT, TABLES, with_descendants
from abate.sources.shelf import Shelf

VOCABULARY = ("concept", "concept_ancestor")
AT_ONCE = 2_000
"""Persons, or concepts, whose rows are asked for in one query."""

Tables = dict[str, ibis.Table]


class Server(Protocol):
    """An Ibis backend of which tables can be read that it did not make."""

    def listed(self, schemas: Sequence[str]) -> list[tuple[str, str]]:
        """Return schema and name of every table that may be read, in the schemas named at least, or in all."""

    def foreign(self, schema: str, name: str) -> ibis.Table:
        """Return a table that was there before."""


@dataclass
class Store:
    """The tables of a folder of files.

    Attributes
    ----------
    shelf
        Remembers problems, and reads files.
    asked
        What ``[door]`` of the mapping file says.
    """

    shelf: Shelf
    asked: Settings

    def tables(self) -> Tables:
        """Return every table that is there, as text; of most nothing has been read yet."""
        found = {name: self.shelf.table(name, *columns, kept=False) for name, columns in TABLES.items()}
        return {name: table for name, table in found.items() if table is not None}

    def narrowed(self, tables: Mapping[str, ibis.Table], infusions: ibis.Table) -> Tables:
        """Return the tables with the records of those who have a day 0 alone."""
        found = {}
        for name, table in tables.items():
            if name in (*VOCABULARY, "cohort", "procedure_occurrence"):
                continue
            found[name] = self.shelf.keep(table.semi_join(infusions, table.person_id == infusions.patient_id))
            file = self.shelf.files.get(name, name)
            every = self.shelf.rows[file] if file in self.shelf.rows else _count(table)
            mine = _count(found[name])
            self.shelf.rows[file] = mine
            if every > mine:
                said = f"{mine:,} of {every:,} rows are of persons with a day 0; the others are not read"
                self.shelf.note(file, "person_id", said, "Nothing to do, unless an infusion is lost.")
        return found

    def hashes(self) -> dict[str, str]:
        """Return the SHA-256 of every file that was read."""
        return {name: sha256(self.shelf.path / name) for name in self.shelf.rows}

    def _places(self, every: Sequence[tuple[str, str]]) -> dict[str, tuple[str, str]]:
        """Return where each table is, of all that a database holds; refuse one that is in two schemas."""
        wanted = [schema.lower() for schema in self.asked.schemas]
        order = {schema: place for place, schema in enumerate(wanted)}
        found: dict[str, list[tuple[str, str]]] = {}
        for schema, name in sorted(every, key=lambda place: (order.get(place[0].lower(), len(order)), place)):
            if name.lower() in TABLES and (not wanted or schema.lower() in order):
                found.setdefault(name.lower(), []).append((schema, name))
        twice = {name: places for name, places in found.items() if len(places) > 1 and not wanted}
        for name, places in twice.items():
            there = ", ".join(schema for schema, _ in places)
            advice = f'Name the schemas in {NAME}, the preferred first: [door] schemas = ["cdm"].'
            self.shelf.wrong(name, "", f"the table is in several schemas: {there}", "one table of this name", advice)
        if self.shelf.problems:
            raise UnusableRecordsError(self.shelf.problems)
        return {name: places[0] for name, places in found.items()}


class DuckDBStore(Store):
    """The tables of a DuckDB file, read where they are."""

    def tables(self) -> Tables:
        """Return every table that is there, as text, of which nothing has been read yet."""
        backend, path = self.shelf.backend, self.shelf.path
        try:
            backend.raw_sql(f"ATTACH '{str(path).replace(chr(39), chr(39) * 2)}' AS abate_cdm (READ_ONLY)")
        except duckdb.Error as error:
            raise AbateError(
                f"{path.name}: the file cannot be opened as a DuckDB database. Expected one that no other process "
                "writes. Close it there, or export its tables as Parquet."
            ) from error
        query = (
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'abate_cdm' UNION ALL "
            "SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = 'abate_cdm' AND NOT internal"
        )
        found: Tables = {}
        for name, (schema, spelt) in self._places(backend.raw_sql(query).fetchall()).items():
            table = backend.table(spelt, database=("abate_cdm", schema))
            if (taken := self.shelf.taken(name, _numbered(name, table), *TABLES[name])) is not None:
                found[name] = taken
        return found

    def hashes(self) -> dict[str, str]:
        """Return the SHA-256 of the file."""
        return {self.shelf.path.name: sha256(self.shelf.path)}


@dataclass
class ServerStore(Store):
    """The tables of a server or a cluster; what is asked for comes here."""

    server: Server

    def tables(self) -> Tables:
        """Return the rows of those who may have a day 0, and of the vocabulary what they name, as text."""
        there = {
            name: self.server.foreign(*place)
            for name, place in self._places(self.server.listed(self.asked.schemas)).items()
        }
        found: Tables = {}
        words = self.shelf.study.dictionary
        meant = products(words, self.asked)
        if "concept_ancestor" in there:
            known = [*words.written("measurements"), *words.written("drugs"), *meant, *self.asked.infusion]
            self._take(found, there, "concept_ancestor", "ancestor_concept_id", [code for code in known if _id(code)])
        persons = self._persons(there, with_descendants(meant, found))
        for name in there:
            if name not in VOCABULARY:
                self._take(found, there, name, "subject_id" if name == "cohort" else "person_id", persons)
        if "concept" in there:
            self._take(found, there, "concept", "concept_id", _concepts(found))
        said = f"the rows of {len(persons):,} persons who may have a day 0 were asked for, and no others"
        self.shelf.note("person", "person_id", said, "Nothing to do, unless an infusion is lost.")
        return found

    def hashes(self) -> dict[str, str]:
        """Return nothing: a server has no files."""
        return {}

    def _persons(self, there: Mapping[str, ibis.Table], meant: Mapping[str, str]) -> list[str]:
        """Return who may have a day 0: one scan of each table that can say so."""
        asked, rows = self.asked, []
        if asked.cohort is not None:
            if "cohort" in there:
                table = _lower(there["cohort"])
                rows.append(table.filter(_any(table.cohort_definition_id, [str(asked.cohort)])).subject_id)
        elif asked.day0 == "admission":
            if "visit_occurrence" in there:
                table = _lower(there["visit_occurrence"])
                rows.append(table.filter(_any(table.visit_concept_id, INPATIENT)).person_id)
        else:
            codes = {"drug": ("drug_exposure", meant), "procedure": ("procedure_occurrence", procedures(asked))}
            for kind, (name, known) in codes.items():
                if name in there:
                    table = _lower(there[name])
                    columns = (f"{kind}_concept_id", f"{kind}_source_concept_id", f"{kind}_source_value")
                    coded = [_any(table[column], list(known)) for column in columns if column in table.columns]
                    rows.append(table.filter(ibis.or_(*coded)).person_id)
        found = [row.name("person").as_table().distinct().to_pyarrow().column(0).cast(pa.string()) for row in rows]
        return sorted({person for column in found for person in column.drop_null().to_pylist()})

    def _take(
        self, found: Tables, there: Mapping[str, ibis.Table], name: str, column: str, keys: Sequence[str]
    ) -> None:
        """Bring the rows of a table that have one of some keys, in as many queries as it takes."""
        table = _numbered(name, _lower(there[name]))
        needed, wanted = TABLES[name]
        if column not in table.columns:
            rows: ibis.Table | None = self.shelf.taken(name, table, needed, wanted)
        else:
            chosen = table.select([one for one in table.columns if one in (*needed, *wanted, "row__number")])
            parts = [self._here(chosen.filter(_any(table[column], some))) for some in _some(keys)]
            rows = self.shelf.taken(name, ibis.union(*parts), needed, wanted)
        if rows is not None:
            found[name] = rows

    def _here(self, rows: ibis.Table) -> ibis.Table:
        return self.shelf.keep(ibis.memtable(rows.to_pyarrow()))


def _count(table: ibis.Table) -> int:
    return int(table.count().to_pyarrow().as_py())


def _numbered(name: str, table: ibis.Table) -> ibis.Table:
    """Return a table with its rows numbered by its own key, where it has one."""
    keys = (f"{name}_id", "person_id", "subject_id")
    key = next((column for column in table.columns if column.lower() in keys), "")
    return table.mutate(row__number=table[key]) if key else table


def _lower(table: ibis.Table) -> ibis.Table:
    """Return a table with its columns in small letters; of two that differ by capitals the first."""
    names: dict[str, str] = {}
    for column in table.columns:
        names.setdefault(column.lower(), column)
    return table.select(**{name: table[column] for name, column in names.items()})


def _id(code: str) -> bool:
    """Say whether a code may be the number of a concept, which has 32 bits."""
    return code.isdecimal() and len(code) < 10


def _any(column: ir.Value, codes: Sequence[str]) -> ir.BooleanValue:
    """Say whether a column holds one of some codes, in a way that an index of numbers can serve."""
    if column.type().is_integer():
        found: ir.BooleanValue = column.isin([int(code) for code in codes if code.isdecimal()])
        return found
    text = column if column.type().is_string() else column.cast("string")
    return text.lower().isin([code.lower() for code in codes])


def _some(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    """Give keys some at a time; none, once, where there is none."""
    for start in range(0, max(len(keys), 1), AT_ONCE):
        yield keys[start : start + AT_ONCE]


def _concepts(tables: Mapping[str, ibis.Table]) -> list[str]:
    """Return every concept that some rows name."""
    columns = [
        table.select(concept=column).distinct()
        for name, table in tables.items()
        if name not in VOCABULARY
        for column in table.columns
        if column.endswith("_concept_id")
    ]
    if not columns:
        return []
    found = ibis.union(*columns).distinct().to_pyarrow().column(0).drop_null().to_pylist()
    return sorted(concept for concept in found if _id(concept))
