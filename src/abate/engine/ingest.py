"""From what a door hands on to records: every value is used, or set aside with a reason."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from abate.engine import notices
from abate.engine.haste import swiftly
from abate.engine.parts import Pile, parts
from abate.engine.store import Engine
from abate.records import canonical, checks, parse, patients
from abate.records.checks import REASONS, SAID, recorded
from abate.records.problems import Problem, UnusableRecordsError
from abate.records.tables import PATIENTS, TABLES, Table
from abate.records.units import conversion_table
from abate.sources.folder import Source
from abate.sources.mapping import Study
from abate.sources.synthetic import told_apart


@dataclass(frozen=True)
class Records:
    """The six tables, what was set aside, and the sum of both.

    Attributes
    ----------
    tables
        The record tables by name; a table that was not brought is there and empty.
    set_aside
        ``table, source, patient_id, course_id, name, column, recorded, reason, hint, values``: every
        value that is not used. Holds identifiers: never for the terminal.
    accounting
        ``table, rows_in, values_in, used, set_aside`` and one column a reason.
    problems
        What the user should read, in order: set aside, then notes.
    study, source
        What the mapping file says; where the records came from.
    files
        Parquet files that hold tables too large for memory, as they are written; they go with the folder for work.
    brought
        Baseline columns that the user brought, and those of them that hold numbers.
    """

    engine: Engine
    source: Source
    tables: Mapping[str, ibis.Table]
    set_aside: ibis.Table
    accounting: pa.Table
    problems: tuple[Problem, ...]
    brought: tuple[str, ...]
    numeric: tuple[str, ...]
    files: Mapping[str, Path] = field(default_factory=dict)

    @property
    def study(self) -> Study:
        """What the mapping file says."""
        return self.source.study

    def put_aside(self) -> pa.Table:
        """Return what was set aside, in the order of the files."""
        return self.set_aside.order_by("table", "row_order", "column").drop("row_order").to_pyarrow()

    def __getitem__(self, name: str) -> ibis.Table:
        return self.tables[name]


@swiftly()
def ingest(source: Source, engine: Engine, progress: Callable[[str], None] | None = None) -> Records:
    """Turn the text of a door into records.

    Parameters
    ----------
    source
        What a door handed on.
    engine
        Where the tables are kept.
    progress
        Called with a word before each table.

    Raises
    ------
    UnusableRecordsError
        If a course is described by two different rows of ``patients``, there is no patient, or made-up records
        stand beside real ones unasked.
    """
    study, mixed = told_apart(source.study, source.raw)
    if mixed:
        raise UnusableRecordsError(mixed)
    work = _Ingest(replace(source, study=study), engine)
    for table in TABLES.values():
        if progress:
            progress(f"reading {table.name}")
        if table is PATIENTS:
            work.patients()
        else:
            work.rows(table)
    return work.finish()


class _Ingest:
    def __init__(self, source: Source, engine: Engine) -> None:
        self.source, self.engine = source, engine
        self.reading, self.known = source.study.reading, source.study.dictionary
        self.tables: dict[str, ibis.Table] = {}
        self.files: dict[str, Path] = {}
        self.aside: list[ibis.Table] = []
        self.counts: dict[str, dict[str, int]] = {}
        self.brought: list[str] = []
        self.numeric: list[str] = []

    def patients(self) -> None:
        """Read the patients; everything else is checked against them."""
        raw = self.engine.keep("raw_patients", self.source.raw["patients"].mutate(row__copy=ibis.literal(0, "int64")))
        self.brought = patients.baseline_columns(raw)
        self.numeric = self._numeric(raw)
        rows = self.engine.keep("read_patients", patients.read_patients(raw, self.numeric, self.reading))
        rows = checks.with_reason(rows, patients.patient_marks(rows))
        keys = ["patient_id", "course_id", "reason"]
        every = [*keys, *patients.counted(self.brought), "day0__recorded", "last_contact_day"]
        first = ibis.window(group_by=every, order_by="row_order")
        rows = rows.mutate(copy__number=ibis.row_number().over(first))
        again = rows.reason.isnull() & (rows.copy__number > 0)
        rows = rows.mutate(reason=ibis.ifelse(again, "duplicate", rows.reason))
        rows = self.engine.keep("judged_patients", rows)
        used = rows.filter(rows.reason.isnull())
        courses = used.group_by("patient_id", "course_id").aggregate(rows=used.count())
        doubled = int(courses.filter(courses.rows > 1).count().to_pyarrow().as_py())
        if doubled or not int(used.count().to_pyarrow().as_py()):
            courses_have = "1 course has" if doubled == 1 else f"{doubled} courses have"
            found = f"{courses_have} two rows that differ" if doubled else "no row names a patient"
            advice = "Give each course one row; a second infusion is a course_id of its own."
            twice = used.semi_join(courses.filter(courses.rows > 1), ["patient_id", "course_id"]).order_by("row_order")
            sources = twice.source.to_pyarrow().to_pylist()
            lines = tuple(int(source.split(SAID)[0].rsplit(":", 1)[1]) for source in sources)
            place = sources[0].split(":")[0] if sources else "patients"
            problem = Problem(
                "unusable",
                place,
                "patient_id",
                found,
                "one row a course",
                advice,
                lines[: notices.SHOWN_ROWS],
                len(lines),
            )
            raise UnusableRecordsError([problem])
        names = [*PATIENTS.schema.names[:-1], *self.brought, "source"]
        self._check_groups(names)
        self._count(rows, PATIENTS)
        self.aside.append(self.engine.keep("aside_patients", ibis.union(*self._aside(rows, PATIENTS))))
        self.tables["patients"] = self.engine.keep("patients", used.select(*names))

    def _check_groups(self, columns: list[str]) -> None:
        """Complain of groups that no column of the patients makes."""
        lacking = [group for group in self.source.study.groups.values() if group.column not in (*columns, "responder")]
        problems = [
            Problem(
                "unusable",
                "abate.toml",
                f"groups.{group.name}",
                "the patients have no such column",
                "a column of the file of patients",
                "Correct the name.",
            )
            for group in lacking
        ]
        if problems:
            raise UnusableRecordsError(problems)

    def _numeric(self, raw: ibis.Table) -> list[str]:
        """Return the brought columns whose every filled cell is a number."""
        if not self.brought:
            return []
        cells = {name: parse.text(raw[name], self.reading) for name in self.brought}
        failing = {
            # 007 is a code and no number.
            name: (cell.re_search("^0[0-9]") | (cell.notnull() & parse.number(cell, self.reading).isnull())).sum()
            for name, cell in cells.items()
        }
        filled = {f"{name}__filled": cell.count() for name, cell in cells.items()}
        found = raw.aggregate(**failing, **filled).to_pyarrow().to_pylist()[0]
        return [name for name in self.brought if found[f"{name}__filled"] and not found[name]]

    def rows(self, table: Table) -> None:
        """Read one of the other five tables, a part of the patients after another where it is large."""
        name = table.name
        if name not in self.source.raw:
            self.tables[name] = self.engine.keep(name, _empty(table))
            return
        raw = self._for_all(self.source.raw[name])
        conversions = self._conversions(raw, name)
        # A promise for all patients is one value, however many they are.
        divided = [raw] if name == "coverage" else parts(raw, self.engine, sum(self.source.rows.values()))
        used, aside = (Pile(self.engine, kind, len(divided) > 1) for kind in (name, f"aside_{name}"))
        for part in divided:
            with self.engine.only(name, f"aside_{name}"):
                rows = self.engine.keep(f"judged_{name}", _bare(self._judged(part, table, conversions), table, raw))
                again = self.engine.keep(f"again_{name}", checks.repeated(rows, table))
                rows = checks.without_repeated(rows, again)
                self._count(rows, table)
                used.add(rows.filter(rows.reason.isnull()).select(*table.schema.names))
                aside.add(ibis.union(*self._aside(rows, table)))
        self.tables[name] = used.close()
        self.aside.append(aside.close())
        if used.path:
            self.files[name] = used.path

    def _judged(self, raw: ibis.Table, table: Table, conversions: Sequence[ibis.Table]) -> ibis.Table:
        name = table.name
        rows = checks.read_cells(raw, table, self.reading)
        rows = checks.with_course(rows, self.tables["patients"], self.reading)
        rows = checks.with_moments(rows, table, self.reading)
        if name in ("measurements", "drugs", "events"):
            rows = checks.resolve_name(rows, table.names[0], self.known.codes(name))
        if name == "states":
            rows = canonical.named_states(rows, self.known.codes(name))
        rows = checks.with_reason(rows, checks.common_marks(rows, table) + canonical.own_marks(rows, name))
        if name == "coverage":
            rows = canonical.coverage(rows)
        if name == "states":
            rows = canonical.states(rows)
        if name == "drugs":
            rows = canonical.drugs(rows, *conversions)
            rows = checks.with_reason(rows, canonical.drug_unit_marks(rows))
        if name == "measurements":
            rows = canonical.measurements(rows, conversions[0], self.known.ranges())
            rows = checks.with_reason(rows, canonical.unit_marks(rows))
        return rows.mutate(row__alike=checks.alike(rows, table))

    def _for_all(self, raw: ibis.Table) -> ibis.Table:
        """Spread rows of coverage for ``all`` patients over the courses."""
        if "domain" not in raw.columns:
            return raw.mutate(row__copy=ibis.literal(0, "int64"))
        raw = raw.mutate(**{name: parse.brought(raw, name) for name in ("patient_id", "course_id")})
        known = self.tables["patients"]
        order = ibis.window(order_by=[known.patient_id, known.course_id])
        everyone = known.select(
            every_patient="patient_id",
            every_course=known.course_id.cast("string"),
            row__copy=ibis.row_number().over(order),
        )
        shared = raw.filter(parse.text(raw.patient_id, self.reading).lower() == "all").cross_join(everyone)
        shared = shared.mutate(patient_id=shared.every_patient, course_id=shared.every_course)
        own = raw.filter(ibis.coalesce(parse.text(raw.patient_id, self.reading).lower() != "all", True))
        own = own.mutate(row__copy=ibis.literal(0, "int64"))
        return own.union(shared.select(*raw.columns, "row__copy"))

    def _conversions(self, raw: ibis.Table, name: str) -> list[ibis.Table]:
        """Return the conversions of the units of a table, and those of its rates."""
        units = {"measurements": {"measurements": "unit"}, "drugs": {"drugs": "unit", "rates": "rate_unit"}}
        subject = TABLES[name].names[0]
        found = []
        for kind, column in units.get(name, {}).items():
            unit = ibis.coalesce(parse.text(parse.brought(raw, column), self.reading), "")
            pairs = raw.select(**{subject: parse.text(raw[subject], self.reading), "unit": unit}).distinct()
            pairs = checks.resolve_name(pairs, subject, self.known.codes(name))
            pairs = pairs.filter(pairs[subject].notnull()).select(subject, "unit").distinct().to_pyarrow()
            named = zip(pairs[subject].to_pylist(), pairs["unit"].to_pylist(), strict=True)
            found.append(conversion_table(named, kind, self.known))
        return found

    def finish(self) -> Records:
        """Put aside what failed, and see that nothing is lost."""
        set_aside = ibis.union(*self.aside)
        accounting = self._account(set_aside)
        problems = (
            *notices.set_aside(set_aside, self.source.spelling),
            *notices.kept(self.tables),
            *notices.rates(self.tables["drugs"]),
            *notices.lacking(self.tables, self.source.study),
            *self.source.notes,
        )
        return Records(
            self.engine,
            self.source,
            self.tables,
            set_aside,
            accounting,
            problems,
            tuple(self.brought),
            tuple(self.numeric),
            self.files,
        )

    def _aside(self, rows: ibis.Table, table: Table) -> list[ibis.Table]:
        """Return the rows set aside whole, and the single cells set aside from rows that are used."""
        common = {"table": ibis.literal(table.name), "source": rows.source}
        common |= {"patient_id": rows.patient_id, "course_id": rows.course_id, "row_order": rows.row_order}
        subject = table.names[0] if table.names else ""
        common["name"] = _written(rows, subject) if subject else ibis.literal("")
        whole = {column.name: _written(rows, column.name) for column in table.columns}
        whole |= {name: rows[f"{name}__written"] for name in ("time", "end") if f"{name}__written" in rows.columns}
        said: ir.StringValue = ibis.literal("")
        for name, cell in whole.items():
            said = said + ibis.coalesce(ibis.literal(f"{name}=") + cell + "; ", "")
        out = [
            rows.filter(rows.reason.notnull()).select(
                **common,
                column=rows.reason_column,
                recorded=said,
                reason=rows.reason,
                hint=ibis.coalesce(rows.hint, ""),
                values=rows.values_in.cast("int64"),
            )
        ]
        for name in _details(table):
            if recorded(name) not in rows.columns:
                continue
            lost = rows.reason.isnull() & rows[recorded(name)].notnull() & rows[name].isnull()
            kept = rows.filter(lost)
            unread = parse.number(kept[recorded(name)], self.reading).isnull()
            out.append(
                kept.select(
                    **common,
                    column=ibis.literal(name),
                    recorded=kept[recorded(name)],
                    reason=ibis.ifelse(unread, "not a number", "range"),
                    hint=ibis.literal(""),
                    values=ibis.literal(1, "int64"),
                )
            )
        if table is PATIENTS:
            for name, lost in (
                ("day0", rows.day0__recorded.notnull() & rows.day0.isnull()),
                ("last_contact", rows.last_contact__unreadable),
            ):
                out.append(
                    rows.filter(rows.reason.isnull() & lost).select(
                        **common,
                        column=ibis.literal(name),
                        recorded=ibis.literal(""),
                        reason=ibis.literal("no time"),
                        hint=ibis.literal("a date, a date and time, or for last contact a day or month number"),
                        values=ibis.literal(0, "int64"),
                    )
                )
        return out

    def _count(self, rows: ibis.Table, table: Table) -> None:
        """Count rows and values that came in, and the values in use as they stand now."""
        names = [column.name for column in table.columns if column.counted]
        if table is PATIENTS:
            names = patients.counted(self.brought)
        is_used = rows.reason.isnull()
        filled: ir.IntegerValue = ibis.literal(0, "int64")
        came: ir.IntegerValue = ibis.literal(0, "int64")
        for name in names:
            filled = filled + rows[name].notnull().cast("int64")
            came = came + patients.cells_in(rows, name)
        # A row without any number is itself the value; rows of one promise for all patients are one.
        values = ibis.ifelse(came == 0, 1, filled).sum(where=is_used) if names else None
        used = rows.row_order.nunique(where=is_used) if values is None else values
        found = rows.aggregate(rows_in=(rows.row__copy == 0).sum(), values_in=rows.values_in.sum(), used=used)
        counted = {name: value or 0 for name, value in found.to_pyarrow().to_pylist()[0].items()}
        known = self.counts.get(table.name, dict.fromkeys(counted, 0))
        self.counts[table.name] = {name: value + known[name] for name, value in counted.items()}

    def _account(self, set_aside: ibis.Table) -> pa.Table:
        lines = []
        by_reason = set_aside.group_by("table", "reason").aggregate(values=set_aside["values"].sum())
        found = {(row["table"], row["reason"]): row["values"] for row in by_reason.to_pyarrow().to_pylist()}
        for name, counts in self.counts.items():
            reasons = {reason: found.get((name, reason), 0) for reason in REASONS}
            aside = sum(reasons.values())
            if counts["values_in"] != counts["used"] + aside:
                raise AssertionError(
                    f"{name}: {counts['values_in']} values in, but {counts['used']} used and {aside} set aside"
                )
            lines.append({"table": name, **counts, "set_aside": aside} | reasons)
        return pa.Table.from_pylist(lines)


def _bare(rows: ibis.Table, table: Table, raw: ibis.Table) -> ibis.Table:
    """Leave out what was needed only to judge the rows."""
    blank = [column.name for column in table.columns if column.kind == "number" and column.name not in raw.columns]
    unused = {"course__recorded", *map(recorded, blank)}
    judgement = ("reason", "reason_column", "hint", "values_in", "row_order", "row__copy", "row__alike", "source__said")
    as_came = [name for name in rows.columns if name.endswith(("__recorded", "__written")) and name not in unused]
    return rows.select(*table.schema.names, *as_came, *judgement)


def _details(table: Table) -> list[str]:
    return [column.name for column in table.columns if column.role == "detail"]


def _written(rows: ibis.Table, name: str) -> ir.StringValue:
    """Return the text of a cell as it came in."""
    return rows[recorded(name) if recorded(name) in rows.columns else name].cast("string")


def _empty(table: Table) -> ibis.Table:
    fields = [
        pa.field(name, ibis.Schema({name: kind}).to_pyarrow().field(0).type) for name, kind in table.schema.items()
    ]
    return ibis.memtable(pa.schema(fields).empty_table())
