"""From what a door hands on to records: every value is used, or set aside with a reason."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from abate.engine import notices
from abate.engine.haste import swiftly
from abate.engine.store import Engine
from abate.records import canonical, checks, parse, patients
from abate.records.checks import REASONS, SAID, Mark, recorded
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
        self.judged: dict[str, ibis.Table] = {}
        self.tables: dict[str, ibis.Table] = {}
        self.brought: list[str] = []
        self.numeric: list[str] = []

    def patients(self) -> None:
        """Read the patients; everything else is checked against them."""
        raw = self.engine.keep("raw_patients", self.source.raw["patients"])
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
        self.judged["patients"] = rows
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
        """Read one of the other five tables."""
        if table.name not in self.source.raw:
            self.tables[table.name] = self.engine.keep(table.name, _empty(table))
            return
        keep, name = self.engine.keep, table.name
        raw = keep(f"raw_{name}", self._for_all(self.source.raw[name]))
        rows = checks.read_cells(raw, table, self.reading)
        rows = checks.with_course(rows, self.tables["patients"], self.reading)
        rows = keep(f"dated_{name}", checks.with_moments(keep(f"read_{name}", rows), table, self.reading))
        if name in ("measurements", "drugs", "events"):
            rows = keep(f"named_{name}", checks.resolve_name(rows, table.names[0], self.known.codes(name)))
        if name == "states":
            rows = keep("named_states", canonical.named_states(rows, self.known.codes(name)))
        rows = checks.with_reason(rows, checks.common_marks(rows, table) + _own_marks(rows, name))
        rows = self._canonical(keep(f"marked_{name}", rows), name)
        rows = keep(f"judged_{name}", checks.mark_duplicates(rows, table))
        self.judged[name] = rows
        self.tables[name] = keep(name, rows.filter(rows.reason.isnull()).select(*table.schema.names))

    def _for_all(self, raw: ibis.Table) -> ibis.Table:
        """Spread rows of coverage for ``all`` patients over the courses."""
        if "domain" not in raw.columns:
            return raw
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

    def _canonical(self, rows: ibis.Table, name: str) -> ibis.Table:
        if name == "coverage":
            return canonical.coverage(rows)
        if name == "states":
            return canonical.states(rows)
        if name not in ("measurements", "drugs"):
            return rows
        subject = TABLES[name].names[0]
        open_rows = rows.filter(rows.reason.isnull())
        pairs = open_rows.select(subject, unit=ibis.coalesce(open_rows.unit, "")).distinct().to_pyarrow()
        found = zip(pairs[subject].to_pylist(), pairs["unit"].to_pylist(), strict=True)
        conversions = conversion_table(found, name, self.known)
        if name == "drugs":
            rated = open_rows.select("drug", unit=ibis.coalesce(open_rows.rate_unit, "")).distinct().to_pyarrow()
            rates = zip(rated["drug"].to_pylist(), rated["unit"].to_pylist(), strict=True)
            rate_table = conversion_table(rates, "rates", self.known)
            rows = self.engine.keep("converted_drugs", canonical.drugs(rows, conversions, rate_table))
            return checks.with_reason(rows, canonical.drug_unit_marks(rows))
        converted = canonical.measurements(rows, conversions, self.known.ranges())
        rows = self.engine.keep("converted_measurements", converted)
        return checks.with_reason(rows, canonical.unit_marks(rows))

    def finish(self) -> Records:
        """Put aside what failed, and see that nothing is lost."""
        aside = [part for name in self.judged for part in self._aside(TABLES[name])]
        set_aside = self.engine.keep("set_aside", ibis.union(*aside))
        accounting = self._account(set_aside)
        problems = (
            *notices.set_aside(set_aside, self.source.spelling),
            *notices.unusual(self.tables["measurements"]),
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
        )

    def _aside(self, table: Table) -> list[ibis.Table]:
        """Return the rows set aside whole, and the single cells set aside from rows that are used."""
        rows = self.judged[table.name]
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

    def _account(self, set_aside: ibis.Table) -> pa.Table:
        lines = []
        for name, rows in self.judged.items():
            raw = self.engine.backend.table(f"raw_{name}")
            came = raw.row_order.nunique().to_pyarrow().as_py()
            values_in = rows.values_in.sum().to_pyarrow().as_py() or 0
            used = self._used(TABLES[name])
            mine = set_aside.filter(set_aside.table == name)
            by_reason = mine.group_by("reason").aggregate(values=mine["values"].sum()).to_pyarrow().to_pylist()
            reasons = dict.fromkeys(REASONS, 0) | {row["reason"]: row["values"] for row in by_reason}
            aside = sum(reasons.values())
            if values_in != used + aside:
                raise AssertionError(f"{name}: {values_in} values in, but {used} used and {aside} set aside")
            line = {"table": name, "rows_in": came, "values_in": values_in, "used": used, "set_aside": aside}
            lines.append(line | reasons)
        return pa.Table.from_pylist(lines)

    def _used(self, table: Table) -> int:
        """Count the values in use on the finished table, not on what was read."""
        rows = self.judged[table.name]
        rows = rows.filter(rows.reason.isnull())
        if table is PATIENTS:
            names = patients.counted(self.brought)
        else:
            names = [column.name for column in table.columns if column.counted]
        if not names:
            return int(rows.row_order.nunique().to_pyarrow().as_py())
        filled: ir.IntegerValue = ibis.literal(0, "int64")
        came: ir.IntegerValue = ibis.literal(0, "int64")
        for name in names:
            filled = filled + rows[name].notnull().cast("int64")
            came = came + patients.cells_in(rows, name)
        # A row without any number is itself the value.
        total = ibis.ifelse(came == 0, 1, filled).sum().to_pyarrow().as_py()
        return int(total or 0)


def _own_marks(rows: ibis.Table, name: str) -> list[Mark]:
    marks = {
        "measurements": canonical.measurement_marks,
        "drugs": canonical.drug_marks,
        "events": canonical.event_marks,
        "states": canonical.state_marks,
    }
    return marks[name](rows) if name in marks else []


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
