"""What the doors of published formats share: files by the name of a table, cells as text, rows as records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir

from abate.records import parse
from abate.records.parse import Reading, stacked
from abate.records.problems import AbateError, Problem
from abate.sources.folder import Source, declared_coverage
from abate.sources.mapping import Study

FULL = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"
CLOCK = r"[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-9]{2}([.][0-9]+)?)?"
UTC = r"([zZ]|[+-]00:?00)$"
YEAR = r"^[0-9]{4}(-|$)"
RATE = r"/ *(min|h|hr|hour|minute)s?$"
"""How the unit of an amount in a time ends, in small letters."""
LONGEST_LINE = 16 * 2**20
"""Bytes of a line of a text file, at most."""


@dataclass
class Shelf:
    """The files of a folder, one a table; remembers every problem until the end.

    Attributes
    ----------
    path, backend, study
        The folder, the Ibis backend that reads it, and what the mapping file says.
    suffixes
        Kinds of file, the preferred first.
    files
        The file of each table that was there.
    """

    path: Path
    backend: Any
    study: Study
    suffixes: Sequence[str] = ("parquet", "csv")
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.backend.raw_sql(f"SET TimeZone = '{self.study.zone.replace(chr(39), '')}'")

    def wrong(self, place: str, column: str, found: str, expected: str, advice: str) -> None:
        """Remember a problem that makes the records unusable."""
        self.problems.append(Problem("unusable", place, column, found, expected, advice))

    def note(self, place: str, column: str, found: str, advice: str) -> None:
        """Remember what the user should know."""
        self.notes.append(Problem("note", place, column, found, "", advice))

    def file(self, name: str) -> Path | None:
        """Return the file of a table, whatever its capitals; the preferred kind where there are several."""
        wanted = {f"{name}.{suffix}".lower(): place for place, suffix in enumerate(self.suffixes)}
        found = sorted(
            (wanted[file.name.lower()], file.name, file)
            for file in self.path.iterdir()
            if file.is_file() and file.name.lower() in wanted
        )
        for _, other, _ in found[1:]:
            self.note(
                other, "", f"not read, for {found[0][1]} stands beside it", "Nothing to do, if they say the same."
            )
        return found[0][2] if found else None

    def table(
        self, name: str, needed: Sequence[str], wanted: Sequence[str] = (), kept: bool = True
    ) -> ibis.Table | None:
        """Return the columns of one table as trimmed text, with ``row__number`` and ``file``; null where there is none.

        Parameters
        ----------
        name
            Of the table.
        needed, wanted
            Columns in small letters that it has to have, and may have.
        kept
            Whether its rows are kept now; else they are read when they are asked for.
        """
        file = self.file(name)
        if file is None:
            return None
        self.files[name] = file.name
        read = self._read(file)
        if read is None:
            return None
        found = self.taken(file.name, read, needed, wanted)
        if found is None:
            return None
        try:
            found = self.keep(found) if kept else found
            self.rows[file.name] = int(found.count().to_pyarrow().as_py())
        except duckdb.Error:
            self.wrong(file.name, "", "the file is not whole", "a whole file", "Write it again.")
            return None
        return found

    def taken(self, place: str, read: ibis.Table, needed: Sequence[str], wanted: Sequence[str]) -> ibis.Table | None:
        """Return some columns of a table as text, and account for the others; an expression that has not run yet."""
        there: dict[str, str] = {}
        for column in read.columns:
            there.setdefault(column.lower(), column)
        lacking = [column for column in needed if column not in there]
        for column in lacking:
            self.wrong(
                place,
                column,
                "the file has no such column",
                "a column of this name",
                "Add it, or name the door that reads this file.",
            )
        if lacking:
            return None
        every = (*needed, *wanted)
        cells = {name: self._text(read[there[name]]) if name in there else ibis.null("string") for name in every}
        unused = [column for column in read.columns if column.lower() not in (*every, "row__number")]
        if unused:
            self.note(place, ", ".join(unused), "not used", "Nothing to do: nothing here is computed from them.")
        number = read.row__number if "row__number" in read.columns else ibis.row_number() + 1
        return read.select(row__number=number.cast("int64"), **cells).mutate(file=ibis.literal(place))

    def _text(self, cell: ir.Value) -> ir.StringValue:
        """Return a cell as text: whole numbers without decimals, nothing where it is blank."""
        kind = cell.type()
        if kind.is_floating():
            # Text is the shortest that names the number: 0.1 of 32 bits must not become 0.10000000149.
            cell = cell.nullif(float("nan")).cast("string").re_replace(r"\.0$", "")
        text = parse.written(cell, Reading()).strip()
        return text.nullif("")

    def source(
        self,
        path: Path,
        raw: Mapping[str, ibis.Table],
        spelling: Mapping[str, Mapping[str, str]],
        hashes: Mapping[str, str],
        title: str,
        day0_kind: str = "",
    ) -> Source:
        """Return what the door hands on: its tables, and the coverage that the mapping file declares.

        Parameters
        ----------
        path, raw, spelling, hashes
            As :class:`abate.sources.folder.Source` has them.
        title
            Of a study that has none.
        day0_kind
            What day 0 is; as the mapping file says where blank.
        """
        reading = self.study.reading
        reading = replace(reading, day0_kind=day0_kind or reading.day0_kind)
        study = replace(self.study, title=self.study.title or title, reading=reading)
        declared = {"coverage": declared_coverage(study.coverage)} if study.coverage else {}
        return Source(path, study, {**raw, **declared}, spelling, hashes, self.rows, tuple(self.notes))

    def keep(self, expression: ibis.Table) -> ibis.Table:
        """Run an expression once and keep its rows."""
        kept: ibis.Table = self.backend.create_table(ibis.util.gen_name("abate_door"), expression, temp=True)
        return kept

    def _read(self, file: Path) -> ibis.Table | None:
        kind = file.suffix.lower()
        try:
            if kind == ".parquet":
                read = self.backend.read_parquet(str(file), file_row_number=True)
                found: ibis.Table = read.rename(row__number="file_row_number").mutate(
                    row__number=ibis._.row__number + 1
                )
                return found
            if kind == ".xpt":
                return self._transport(file)
            # The header is row 1, as a spreadsheet counts.
            # Tab-separated tables, as Athena hands out vocabularies, quote nothing: a quotation mark is one.
            tabs = b"\t" in _first_line(file)
            dialect = {"delim": "\t", "quote": "", "escape": ""} if tabs else {"quote": '"', "escape": '"'}
            read = self.backend.read_csv(
                str(file), header=True, all_varchar=True, nullstr="", max_line_size=LONGEST_LINE, **dialect
            )
            return self.keep(read.mutate(row__number=ibis.row_number() + 2))
        except duckdb.Error:
            named = {".parquet": "Parquet", ".csv": "CSV in UTF-8"}[kind]
            self.wrong(file.name, "", f"the file cannot be read as {named}", f"a {named} file", "Write it again.")
            return None

    def _transport(self, file: Path) -> ibis.Table | None:
        try:
            import pyreadstat
        except ImportError as error:
            raise AbateError(
                f"{file.name}: reading SAS transport files needs an extra. Expected pyreadstat to be installed. "
                "Install it with: pip install 'abate[doors]'"
            ) from error
        try:
            columns, _ = pyreadstat.read_xport(str(file), output_format="dict")
        except (pyreadstat.ReadstatError, UnicodeDecodeError, ValueError):
            found = "the file cannot be read as a SAS transport file"
            self.wrong(file.name, "", found, "a version 5 or 8 transport file", "Write it again.")
            return None
        import pyarrow as pa

        return ibis.memtable(pa.table({name: pa.array(list(cells)) for name, cells in columns.items()}))


def _first_line(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.readline(2**16)


def clock(cell: ir.StringValue, study: Study) -> ir.StringValue:
    """Return an ISO 8601 time as the records take it: what it does not say stays unsaid.

    A time to the minute, a date, or a month; an hour without minutes or a date with a gap is as much of it as is whole;
    a year alone is no time. An offset from UTC is that of the clock on the wall, which decides the day, and is left
    out; ``Z`` and ``+00:00`` are UTC, and are brought to the zone of the mapping file.
    """
    day = cell.re_extract(FULL, 0)
    with_clock = (day + cell.substr(10).re_extract(f"^{CLOCK}", 0)).replace("T", " ")
    month = cell.re_extract(r"^[0-9]{4}-[0-9]{2}", 0)
    whole = cell.re_search(FULL) & (cell.length() <= 10)
    local = ibis.ifelse(cell.re_search(f"{FULL}{CLOCK}"), with_clock, ibis.ifelse(day != "", day, month)).nullif("")
    if study.zone == "UTC":
        return ibis.ifelse(whole, day, local)
    utc = (with_clock + "+00").try_cast("timestamp('UTC')")
    moved = parse.written(utc, study.reading)
    return ibis.ifelse(cell.re_search(f"{CLOCK}{UTC}"), moved, ibis.ifelse(whole, day, local))


def year_alone(cell: ir.StringValue) -> ir.BooleanValue:
    """Say whether a time is known to the year alone: it stands undated among the records."""
    return ibis.coalesce(cell.re_search(YEAR) & ~cell.re_search(r"^[0-9]{4}-[0-9]{2}"), False)


def through(end: ir.StringValue) -> ir.StringValue:
    """Return the end of an interval whose last day, or month, belongs to it: the next one."""
    day = (end.try_cast("date") + ibis.interval(days=1)).cast("date").cast("string")
    month = ((end + "-01").try_cast("date") + ibis.interval(months=1)).cast("date").cast("string").substr(0, 7)
    return ibis.cases((end.length() == 10, day), (end.length() == 7, month), else_=end)


def told(number: ir.StringValue, words: ir.StringValue) -> tuple[ir.StringValue, ir.StringValue]:
    """Return a result as value and text, of a number and the words beside it.

    Words that are the same number with a comparator, which the number has lost, go before it; where there is no number,
    words that read as one are the value.
    """
    bare = words.re_replace(parse.COMPARATOR, "").strip()
    reads = ibis.coalesce(parse.number(bare, Reading()).notnull(), False)
    compared = ibis.coalesce(words.re_search(parse.COMPARATOR), False) & reads
    compared &= ibis.coalesce(bare.try_cast("float64") == number.try_cast("float64"), number.isnull())
    value = ibis.cases((compared, words), (number.notnull(), number), (reads, words))
    return value, ibis.ifelse(value.isnull(), words, ibis.null("string"))


def unless(void: ir.BooleanValue, name: ir.StringValue, why: ir.StringValue | str) -> ir.StringValue:
    """Return a name, with why it says nothing where it does: no dictionary has that, so it is set aside and counted."""
    reason = ibis.literal(why) if isinstance(why, str) else why
    return ibis.ifelse(ibis.coalesce(void, False), name + " (" + reason + ")", name)


def dosed(amount: ir.StringValue, unit: ir.StringValue) -> dict[str, ir.Value]:
    """Return a dose as cells of ``drugs``: of a unit such as ug/kg/min it is the rate of an infusion."""
    rate, nothing = ibis.coalesce(unit.lower().re_search(RATE), False), ibis.null("string")
    return {
        "kind": ibis.ifelse(rate, "infusion", "dose"),
        "amount": ibis.ifelse(rate, nothing, amount),
        "unit": ibis.ifelse(rate, nothing, unit),
        "rate": ibis.ifelse(rate, amount, nothing),
        "rate_unit": ibis.ifelse(rate, unit, nothing),
    }


def record(rows: ibis.Table, file: ir.StringValue | str, position: int, **cells: ir.Value) -> ibis.Table:
    """Return rows as one of our tables: the columns that there are, ``source`` and ``row_order``."""
    out = {"patient_id": rows.patient_id, "course_id": rows.course_id, **cells}
    named = ibis.literal(file) if isinstance(file, str) else file
    out["source"] = named + ":" + rows.row__number.cast("string")
    out["row_order"] = place_of(rows) + position * 10**12
    return rows.select(**out)


def place_of(rows: ibis.Table) -> ir.IntegerValue:
    """Return the place of each row: its number, or one of its own where several records come of one row of a file."""
    return (rows.row__place if "row__place" in rows.columns else rows.row__number).cast("int64")


def union(parts: Sequence[ibis.Table]) -> ibis.Table | None:
    """Return all rows of several tables, None where there is no table."""
    return stacked(list(parts), Reading()) if parts else None


def renamed(cell: ir.StringValue, names: Mapping[str, str]) -> ir.StringValue:
    """Return words with some of them replaced."""
    return cell.cases(*names.items(), else_=cell) if names else cell
