"""The folder door: a directory of CSV or Parquet files, one a table, with an optional mapping file."""

import csv
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa

from abate.records import parse, tables
from abate.records.checks import SAID
from abate.records.patients import CONTACT, RESERVED
from abate.records.problems import AbateError, Problem, UnusableRecordsError
from abate.records.tables import TABLES, Table
from abate.sources.mapping import NAME, Part, Study, read_mapping

KEYS = ("patient_id", "course_id")
ENCODINGS = {"utf-8": "utf-8-sig", "latin-1": "latin-1", "utf-16": "utf-16"}


@dataclass(frozen=True)
class Source:
    """What a door hands on: columns under the project's names, not yet judged.

    Attributes
    ----------
    path, study
        Where it came from, and what the mapping file says.
    raw
        A table for each record table with the columns that were brought, of text but for what
        :func:`abate.records.parse.exact` takes as it is, with ``source`` (file and row) and ``row_order``.
    spelling
        For each table, our column name to the name in the file.
    hashes
        File name to its SHA-256.
    rows
        File name to its number of rows.
    notes
        What the user should know, such as columns that nobody asked for.
    mapping
        The text of the mapping file, blank where there is none.
    """

    path: Path
    study: Study
    raw: Mapping[str, ibis.Table]
    spelling: Mapping[str, Mapping[str, str]]
    hashes: Mapping[str, str]
    rows: Mapping[str, int]
    notes: tuple[Problem, ...] = ()
    mapping: str = ""


def allowed(table: Table) -> tuple[str, ...]:
    """Return the columns that a file of a table may have under the project's names."""
    names = [*KEYS, *(column.name for column in table.columns), "synthetic", "source"]
    if table.name == "patients":
        return (*names, "day0", *CONTACT)
    ends = tables.END_COLUMNS if table.has_end else ()
    return (*names, *tables.TIME_COLUMNS, *ends)


def read_folder(path: Path, backend: Any, mapping: Path | None = None) -> Source:
    """Read a directory of record files.

    Parameters
    ----------
    path
        A directory with ``patients.csv`` (or ``.parquet``) and any of the other five tables, or
        with an ``abate.toml`` that says which file is which.
    backend
        The Ibis backend that reads the files.
    mapping
        The mapping file; ``abate.toml`` of the folder unless given.

    Raises
    ------
    AbateError
        If there is no such directory.
    UnusableRecordsError
        Naming every file that cannot be read and every column that is missing.
    """
    if path.is_file():
        raise AbateError(
            f"{path.name}: this is a file. Expected the directory that holds it. Give the path of the directory."
        )
    if not path.is_dir():
        raise AbateError(
            f"{path.name}: there is no such directory. Expected a directory with patients.csv or "
            f"{NAME}. Give the path of the directory that holds the records."
        )
    study = read_mapping(mapping or path / NAME)
    backend.raw_sql(f"SET TimeZone = '{study.zone.replace(chr(39), '')}'")
    door = _Door(path, backend, study)
    parts = {name: study.parts.get(name) or door.default_parts(name) for name in TABLES}
    if not parts["patients"]:
        door.wrong("patients", "", "there is no file of patients", "patients.csv, patients.parquet or [[patients]]")
    elif len(parts["patients"]) > 1:
        door.wrong(NAME, "patients", "several files of patients are named", "one file with a row for every course")
    raw = {}
    for name, table in TABLES.items():
        read = [door.read_part(table, part, position) for position, part in enumerate(parts[name])]
        found = [expression for expression in read if expression is not None]
        if found:
            raw[name] = parse.stacked(found, study.reading)
    if study.coverage:
        declared = declared_coverage(study.coverage)
        raw["coverage"] = parse.stacked([raw["coverage"], declared], study.reading) if "coverage" in raw else declared
    if door.problems:
        raise UnusableRecordsError(door.problems)
    hashes = {file: sha256(path / file) for file in sorted({*door.headers, *door.mapping_file()})}
    return Source(path, study, raw, door.spelling, hashes, door.rows, (*door.blank, *door.unused_columns(parts)))


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def declared_coverage(declared: Mapping[str, bool]) -> ibis.Table:
    """Return the coverage that the mapping file declares for all patients."""
    rows = [
        {
            "patient_id": "all",
            "domain": domain,
            "complete": "yes" if complete else "no",
            "source": f"{NAME} [coverage]",
            "row_order": 10**15 + position,  # beyond the rows of any file
        }
        for position, (domain, complete) in enumerate(declared.items())
    ]
    kinds = [pa.field(name, pa.int64() if name == "row_order" else pa.string()) for name in rows[0]]
    return ibis.memtable(pa.Table.from_pylist(rows, schema=pa.schema(kinds)))


@dataclass
class _Door:
    """One reading of one folder; remembers every problem until the end."""

    path: Path
    backend: Any
    study: Study
    problems: list[Problem] = field(default_factory=list)
    headers: dict[str, list[str]] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    loaded: dict[str, ibis.Table] = field(default_factory=dict)
    spelling: dict[str, dict[str, str]] = field(default_factory=dict)
    blank: list[Problem] = field(default_factory=list)

    def wrong(self, place: str, column: str, found: str, expected: str, advice: str = "") -> None:
        """Remember a problem that makes the records unusable."""
        advice = advice or f"Correct the file, or say in {NAME} which file or column is meant."
        self.problems.append(Problem("unusable", place, column, found, expected, advice))

    def mapping_file(self) -> tuple[str, ...]:
        """Return the name of the mapping file, if there is one."""
        return (NAME,) if (self.path / NAME).exists() else ()

    def default_parts(self, table: str) -> tuple[Part, ...]:
        """Return the file that bears the name of a table."""
        files = [name for name in (f"{table}.csv", f"{table}.parquet") if (self.path / name).is_file()]
        if len(files) == 2:
            self.wrong(files[0], "", f"{files[1]} stands beside it", "one file a table", "Remove one of them.")
        return tuple(Part(file) for file in files[:1])

    def file(self, name: str) -> ibis.Table | None:
        """Return a file as a table with its row numbers."""
        if name in self.headers:
            return self.loaded.get(name)
        self.headers[name] = []
        path = self.path / name
        if not path.is_file():
            self.wrong(name, "", "there is no such file", "a file in the folder")
            del self.headers[name]
            return None
        parquet = path.suffix.lower() in (".parquet", ".pq")
        table = self._parquet(name) if parquet else self._csv(name)
        if table is not None:
            self.loaded[name] = table
            self.rows[name] = int(table.count().to_pyarrow().as_py())
        return table

    def _parquet(self, name: str) -> ibis.Table | None:
        try:
            read = self.backend.read_parquet(str(self.path / name))
        except duckdb.Error:
            self.wrong(name, "", "the file cannot be read as Parquet", "a Parquet file", "Write it again.")
            return None
        self.headers[name] = list(read.columns)
        if "file_row_number" in map(str.casefold, read.columns):
            return read.mutate(row__number=ibis.row_number() + 1)
        read = self.backend.read_parquet(str(self.path / name), file_row_number=True)
        return read.rename(row__number="file_row_number").mutate(row__number=ibis._.row__number + 1)

    def _csv(self, name: str) -> ibis.Table | None:
        path = self.path / name
        encoding = ENCODINGS.get(self.study.encoding)
        if encoding is None or len(self.study.delimiter) != 1:
            self.wrong(NAME, "reading", "no such delimiter or encoding", "one character; " + ", ".join(ENCODINGS))
            return None
        try:
            with path.open(encoding=encoding, newline="") as stream:
                header = next(csv.reader(stream, delimiter=self.study.delimiter), [])
        except UnicodeError:
            self.wrong(name, "", f"the file is not in {self.study.encoding}", "UTF-8, or [reading] encoding")
            return None
        header = [column.strip() for column in header]
        self.headers[name] = header
        if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
            found = "row 1 is a single cell that holds semicolons, tabs or bars"
            self.wrong(name, "", found, "columns parted by the delimiter", f"Set [reading] delimiter in {NAME}.")
            return None
        plain = [column.casefold() for column in header]
        if not header or "" in plain or len(set(plain)) < len(plain):
            expected = "one name a column in row 1, not told apart by capitals alone"
            self.wrong(name, "", "a column has no name, or two have the same", expected)
            return None
        options = {
            "columns": dict.fromkeys(header, "VARCHAR"),
            "auto_detect": False,
            "header": True,
            "delim": self.study.delimiter,
            "quote": '"',
            "escape": '"',
            "nullstr": "",
            "encoding": self.study.encoding,
        }
        try:
            # The header is row 1, as a spreadsheet counts.
            read = self.backend.read_csv(str(path), **options)
            rows = read.mutate(row__number=ibis.row_number() + 2)
            table: ibis.Table = self.backend.create_table(ibis.util.gen_name("abate_file"), rows, temp=True)
        except duckdb.Error:
            self._rejected(name, options)
            return None
        if _has_blank_lines(path):
            advice = "Remove them, so that row numbers are those of a spreadsheet."
            found = "there are blank lines; row numbers in messages count only lines that hold something"
            self.blank.append(Problem("note", name, "", found, "", advice))
        return table

    def _rejected(self, name: str, options: dict[str, Any]) -> None:
        """Name the lines of a CSV file that do not have as many cells as its header."""
        # Read again without stopping; what is not read is listed by the engine.
        self.backend.raw_sql("DROP TABLE IF EXISTS reject_errors")
        self.backend.raw_sql("DROP TABLE IF EXISTS reject_scans")
        expected = f"{len(options['columns'])} cells a row"
        try:
            path = str(self.path / name)
            rows = self.backend.read_csv(path, **options, ignore_errors=True, store_rejects=True)
            rows.count().to_pyarrow()
            query = "SELECT line, error_type FROM reject_errors ORDER BY line"
            rejected = self.backend.raw_sql(query).fetchall()
        except duckdb.Error:  # not even the lines can be told apart
            rejected = []
        lines = sorted({int(line) for line, _ in rejected})
        undecoded = _undecoded_line(self.path / name, ENCODINGS[self.study.encoding])
        if undecoded:
            lines = [undecoded]
            expected = f"text in {self.study.encoding} (or [reading] encoding)"
        advice = "Put text that holds the delimiter in double quotes, or set [reading] delimiter."
        self.problems.append(
            Problem(
                "unusable",
                name,
                "",
                "lines cannot be read",
                expected,
                advice,
                tuple(lines[:5]),
                len(lines),
            )
        )

    def read_part(self, table: Table, part: Part, position: int) -> ibis.Table | None:
        """Return one file under the project's names, with ``source`` and ``row_order``."""
        read = self.file(part.file)
        if read is None:
            return None
        header, names = self.headers[part.file], allowed(table)
        spelling = _spelling(header, names) | dict(part.columns)
        if table.name == "patients":
            taken = set(spelling.values())
            spelling |= {_free(name): name for name in header if name not in taken}
        self._check_columns(table, part, spelling)
        if self.problems:
            return None
        self.spelling.setdefault(table.name, {}).update(spelling)
        chosen = read
        for column, words in part.where.items():
            chosen = chosen.filter(parse.written(chosen[column], self.study.reading).strip().isin(words))
        every = dict.fromkeys((*names, *spelling, *part.constants))
        brought = [name for name in every if name in spelling or name in part.constants]
        cells = {name: self._cell(chosen, table, part, spelling, name) for name in brought}
        place = ibis.literal(f"{part.file}:") + chosen.row__number.cast("string")
        if "source" in cells:
            cells["source__said"] = said = cells["source"]
            place += ibis.ifelse(said.length() > 0, ibis.literal(SAID) + said, "")
        cells["source"] = place
        cells["row_order"] = chosen.row__number.cast("int64") + position * 10**12
        return chosen.select(**cells)

    def _cell(self, chosen: ibis.Table, table: Table, part: Part, spelling: Mapping[str, str], name: str) -> ir.Value:
        """Return one of our columns: a constant or one of theirs, their words made ours."""
        if name in part.constants:
            return ibis.literal(part.constants[name])
        cell, words = chosen[spelling[name]], part.values.get(name)
        if not words and name in _typed(table) and parse.exact(cell, name.endswith("time"), self.study.reading):
            return cell
        cell = parse.written(cell, self.study.reading)
        return cell.strip().cases(*words.items(), else_=cell) if words else cell

    def _check_columns(self, table: Table, part: Part, spelling: Mapping[str, str]) -> None:
        """Complain of columns that the mapping names wrongly, or that the table needs."""
        header, names = self.headers[part.file], allowed(table)
        patients = table.name == "patients"  # they may have columns of the user's own
        ours = [*part.values] if patients else [*part.columns, *part.constants, *part.values]
        for column in ours:
            if column not in names and not (patients and column in spelling):
                known = "one of " + ", ".join(names)
                self.wrong(NAME, f"{table.name}.{column}", "no column has this name", known)
        for theirs in [*part.columns.values(), *part.where]:
            # The header is not shown: in a file without one, row 1 is a patient's.
            if theirs not in header:
                self.wrong(part.file, theirs, "the file has no such column", "a column named in row 1")
        needed: list[tuple[str, ...]] = [(name,) for name in table.names]
        if table.name == "measurements":
            needed.append(("value", "value_low", "value_high", "text"))
        if table.name != "coverage":
            needed.append(("patient_id",))
        for choices in needed:
            if not {*spelling, *part.constants} & {*choices}:
                self.wrong(part.file, choices[0], f"{table.name} need this column and the file has none", "")

    def unused_columns(self, parts: Mapping[str, tuple[Part, ...]]) -> list[Problem]:
        """Note columns that nothing asked for: they are read by nobody, and not lost silently."""
        used: dict[str, set[str]] = {file: set() for file in self.headers}
        for name, entries in parts.items():
            for part in entries:
                own = set(_spelling(self.headers[part.file], allowed(TABLES[name])).values())
                whole = set(self.headers[part.file]) if name == "patients" else set()
                used[part.file] |= own | whole | set(part.columns.values()) | set(part.where)
        found = {file: [name for name in self.headers[file] if name not in names] for file, names in used.items()}
        advice = f"Nothing to do, unless one of them matters: then map it in {NAME}."
        return [
            Problem("note", file, ", ".join(names), "not used", "", advice) for file, names in found.items() if names
        ]


def _typed(table: Table) -> tuple[str, ...]:
    """Return the columns that are handed on as the numbers or times that a file may hold; where rows are few, none."""
    if table.name in ("patients", "coverage"):
        return ()
    numbers = [column.name for column in table.columns if column.kind == "number"]
    return (*numbers, *tables.TIME_COLUMNS, *tables.END_COLUMNS)


def _spelling(header: list[str], names: tuple[str, ...]) -> dict[str, str]:
    """Return our column names to those of a header, whatever its capitals."""
    plain = {name.casefold(): name for name in header}
    return {name: plain[name] for name in names if name in plain}


def _free(name: str) -> str:
    """Return the name under which a brought column is kept."""
    return f"{name}_" if name.casefold() in RESERVED else name


def _has_blank_lines(path: Path) -> bool:
    """Say whether a blank line stands before the end of a file."""
    pending = False
    with path.open("rb") as stream:
        for line in stream:
            if pending and line.strip():
                return True
            pending = pending or not line.strip()
    return False


def _undecoded_line(path: Path, encoding: str) -> int:
    """Return the first line of a file that is not text in an encoding, 0 where all are."""
    number = 0
    try:
        with path.open(encoding=encoding, newline="") as stream:
            for _ in stream:
                number += 1
    except UnicodeError:
        return number + 1
    return 0
