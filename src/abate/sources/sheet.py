"""The door of a sheet: one wide workbook or CSV file, by a mapping file that says what each column is.

Nothing is guessed here: a column that the mapping file does not name is not used, and that is said. ``abate map``
proposes the file (``sheet_proposal.py``); a person corrects it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from abate.records.problems import AbateError, Problem, UnusableRecordsError, perhaps
from abate.records.tables import DRUG_KINDS
from abate.records.toml_keys import Key, number, one_of, problems_of, whole
from abate.records.units import convert_variable
from abate.sources.folder import Source, sha256
from abate.sources.mapping import NAME, Study, read_mapping
from abate.sources.sheet_cells import cells_of, iso, ungrouped
from abate.sources.shelf import Shelf, record, union
from abate.sources.spreadsheet import Sheet, named_columns, read_sheet

TITLE = "Patients of a sheet"
PLACES = ("patient", "course", "day0", "last_contact", "day", "time", "event")
"""Keys that name a column."""
KINDS = ("patients", "measurements", "states", "drugs", "events", "nothing")
NEAR = 0.75
PLAIN = re.compile(r"^[0-9]{4}-[0-9]{2}|^[+-]?[0-9]{1,4}([.,][0-9]+)?$")
"""What a date or a day number begins with."""


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _days(value: Any) -> bool:
    return isinstance(value, dict) and all(number(-inf, inf)(day) for day in value.values())


KEYS: dict[str, Key] = {
    "sheet": Key("the name of a sheet", _text),
    "header": Key("the row of the header, from 1", whole(1, 10_000)),
    "header_rows": Key("how many rows the header has, 1 to 5", whole(1, 5)),
    "row": one_of(("patient", "visit")),
    "patient": Key("the name of the column of patients", _text, True),
    "course": Key("the name of a column of numbers of infusions", _text),
    "day0": Key("the name of the column with the date of day 0", _text),
    "last_contact": Key("the name of a column with the last contact, a date or a day number", _text),
    "day": Key("the name of the column with the day of a visit", _text),
    "time": Key("the name of the column with the date of a visit", _text),
    "date_format": Key("a format such as %d.%m.%Y", lambda value: _text(value) and "%" in value),
    "thousands": one_of((" ", ".", ",", "'")),
    "event": Key("the name of the column with the event of a visit", _text),
    "days": Key("a table of events, each with a day number", _days),
    "column": Key("one or more of [[door.column]]", lambda value: isinstance(value, list) and len(value) > 0, True),
}
COLUMN: dict[str, Key] = {
    "name": Key("the name of a column, as the header has it", _text, True),
    "table": Key(f"one of {', '.join(KINDS)}", lambda value: value in KINDS, True),
    "as": Key("a variable, drug, event or column of patients", _text),
    "unit": Key("a UCUM unit", lambda value: isinstance(value, str)),
    "day": Key("a day number", number(-inf, inf)),
    "time": Key("the name of a column with the date", _text),
    "value": Key("a text that stands for every filled cell", _text),
    "kind": one_of(DRUG_KINDS),
    "end_day": Key("the day before which an interval total ends", number(-inf, inf)),
}


@dataclass(frozen=True)
class Layout:
    """What the mapping file says of a sheet; see :data:`KEYS` and :data:`COLUMN`."""

    sheet: Sheet
    names: tuple[str, ...]
    door: Mapping[str, Any]

    @property
    def first(self) -> int:
        """Row of the first patient or visit, from 1."""
        return int(self.door.get("header", 1)) + int(self.door.get("header_rows", 1))

    def place(self, name: str) -> str:
        """Return the column of the engine that a column of the sheet is."""
        return f"c{self.names.index(name)}"


def read_layout(path: Path, study: Study, given: Sheet | None = None, called: str = NAME) -> Layout:
    """Hold the mapping file against a sheet, without reading a record.

    Parameters
    ----------
    path, study
        The file, and what the mapping file says.
    given
        The sheet, where it was read already.
    called
        Name of the mapping file, for messages.

    Raises
    ------
    UnusableRecordsError
        Naming every column, variable, unit and key that is wrong.
    """
    door = study.door
    if not door:
        raise AbateError(
            f"{path.name}: nothing says what its columns are. Expected a mapping file with [door]. Make one with: "
            f"abate map {path.name} > {NAME}, correct it, and give it with --mapping."
        )
    said = problems_of("[door]", door, KEYS)
    columns = door.get("column", []) if isinstance(door.get("column"), list) else []
    for place, column in enumerate(columns, start=1):
        said += problems_of(f"[[door.column]] {place}", column, COLUMN)
    if said:
        raise _unusable(said, called)
    sheet = given or read_sheet(
        path, door.get("sheet", ""), study.delimiter if study.delimiter != "," else "", study.encoding
    )
    header, count = int(door.get("header", 1)), int(door.get("header_rows", 1))
    if header + count - 1 > len(sheet.rows):
        raise _unusable(
            [f"[door] header: the sheet has {len(sheet.rows)} rows, expected the rows of its header."], called
        )
    names = tuple(named_columns(sheet.rows, header, count))
    for key in PLACES:
        if key in door and door[key] not in names:
            said.append(f"[door] {key}: no column has this name, expected {_guess(door[key], names)}.")
    for place, column in enumerate(columns, start=1):
        said += _column(f"[[door.column]] {place}", column, names, study, door)
    layout = Layout(sheet, names, door)
    said = said or [*_dates(layout), *_repeated(layout), *_several(layout)]
    if said:
        raise _unusable(said, called)
    return layout


def _unusable(said: Sequence[str], called: str) -> UnusableRecordsError:
    advice = "Correct the mapping file."
    return UnusableRecordsError([Problem("unusable", called, "door", text.rstrip("."), "", advice) for text in said])


def _dates(layout: Layout) -> list[str]:
    """Return what is wrong with the columns of dates: no cell of one reads as a date or a day number."""
    form, said = layout.door.get("date_format", ""), []
    for name in sorted(_dated(layout)):
        place = layout.names.index(name)
        cells = [row[place] for row in layout.sheet.rows[layout.first - 1 :] if row[place]]
        read = [cell for cell in cells if PLAIN.match(iso(cell, form) if form else cell)]
        # Of day 0 every date counts; a few others that cannot be read are set aside, and told of.
        few = len(read) < (len(cells) if form and name == layout.door.get("day0") else len(cells) / 2)
        if cells and (few or not read):
            expected = f"cells written as {form}" if form else 'dates as 2024-03-31, or [door] date_format = "%d.%m.%Y"'
            found = f"{len(cells) - len(read)} of {len(cells)} cells" if read else "no cell"
            what = "are no dates" if read else "is a date"
            said.append(f"[door]: {found} of the column {name} {what}, expected {expected}.")
    return said


def _repeated(layout: Layout) -> list[str]:
    """Return what is wrong where a patient has several rows, and one is said to be all."""
    if layout.door.get("row", "patient") != "patient" or "course" in layout.door:
        return []
    place = layout.names.index(layout.door["patient"])
    cells = [row[place] for row in layout.sheet.rows[layout.first - 1 :] if row[place]]
    if not (several := len(cells) - len(set(cells))):
        return []
    return [
        f'[door] row: {several} rows repeat a patient, expected one row each; or row = "visit", or course for the '
        "number of the infusion."
    ]


def _several(layout: Layout) -> list[str]:
    """Return what is wrong where the visits of one infusion have several dates of it."""
    if layout.door.get("row") != "visit" or "day0" not in layout.door:
        return []
    keys = [layout.names.index(layout.door[key]) for key in ("patient", "course") if key in layout.door]
    place, found = layout.names.index(layout.door["day0"]), dict[tuple[str, ...], set[str]]()
    for row in layout.sheet.rows[layout.first - 1 :]:
        if row[place]:
            found.setdefault(tuple(row[key] for key in keys), set()).add(row[place])
    if not (several := sum(len(dates) > 1 for dates in found.values())):
        return []
    return [
        f"[door] day0: {several} patient{'s have' if several > 1 else ' has'} several dates, expected one; or course "
        "for a column with the number of the infusion."
    ]


def _guess(name: str, names: Sequence[str]) -> str:
    return perhaps(name, names, "a name as the header has it (abate map lists them)", NEAR)


def _column(
    where: str, column: Mapping[str, Any], names: Sequence[str], study: Study, door: Mapping[str, Any]
) -> list[str]:
    """Return what is wrong with a column whose keys are each right."""
    said = []
    if column["name"] not in names:
        said.append(f"{where} name: no column is called {column['name']}, expected {_guess(column['name'], names)}.")
    if column["table"] == "nothing":
        return said
    if "as" not in column:
        said.append(f"{where} as: it is missing, expected what the column is called here.")
        return said
    if "time" in column and column["time"] not in names:
        said.append(f"{where} time: no column has this name, expected {_guess(column['time'], names)}.")
    known: dict[str, Sequence[str]] = {
        "measurements": tuple(study.dictionary.variables),
        "drugs": tuple(study.dictionary.drugs),
        "events": tuple(study.dictionary.events),
    }
    if column["table"] in known and column["as"] not in known[column["table"]]:
        guess = perhaps(column["as"], known[column["table"]], "a name of the dictionary", NEAR)
        said.append(f"{where} as: the dictionary has none of this name, expected {guess}.")
    elif column["table"] == "measurements":
        variable = study.dictionary.variables[column["as"]]
        why = convert_variable(variable, column.get("unit", "")).why
        if column.get("unit") and why:
            said.append(f"{where} unit: {why}, expected a unit such as {variable.unit}.")
    if column["table"] not in ("patients", "events") and not {"day", "time", "days"} & {*column, *door}:
        said.append(f"{where} day: nothing says when it was, expected day or time here, or of the visit.")
    return said


def read_the_sheet(path: Path, backend: Any, mapping: Path | None = None) -> Source:
    """Read a sheet by its mapping file.

    Parameters
    ----------
    path
        A workbook or a text file.
    backend
        The Ibis backend that keeps what is read.
    mapping
        The mapping file; ``abate.toml`` beside the sheet unless given.

    Raises
    ------
    AbateError
        If there is no such file, or nothing says what its columns are.
    UnusableRecordsError
        Naming everything in the mapping file that does not fit.
    """
    if not path.is_file():
        raise AbateError(f"{path.name}: there is no such file. Expected a workbook or a CSV file. Correct the path.")
    study = read_mapping(mapping or path.parent / NAME)
    return by_layout(path, backend, study, read_layout(path, study, called=(mapping or Path(NAME)).name))


def by_layout(path: Path, backend: Any, study: Study, layout: Layout) -> Source:
    """Return what a sheet holds, by what its mapping file says of it."""
    shelf = Shelf(path.parent, backend, study)
    rows = _rows(shelf, layout, path.name)
    raw = {"patients": _patients(rows, layout, study)}
    if "day0" in layout.door:
        blank = rows.filter(rows.patient_id.notnull(), rows[layout.place(layout.door["day0"])].isnull())
        count = int(blank.patient_id.nunique().to_pyarrow().as_py())
        if count and layout.door.get("row") != "visit":
            said = f"{count} row{'s' if count > 1 else ''} without a date of day 0"
            shelf.note(path.name, layout.door["day0"], said, "Look whether each is a patient, or a line of totals.")
    _note_several(shelf, rows, layout, path.name)
    if layout.sheet.without_value:
        said = f"{layout.sheet.without_value} cells of the workbook hold an error, or a formula without its value"
        shelf.note(path.name, "", said, "Open it in a spreadsheet, and save it again: they read as blank.")
    for name in ("measurements", "states", "drugs", "events"):
        found = _long(rows, layout, study, name)
        if found is not None:
            raw[name] = found
    used = {column["name"] for column in layout.door["column"]}
    used |= {layout.door[key] for key in PLACES if key in layout.door}
    unused = [name for name in layout.names if name not in used]
    if unused:
        shelf.note(path.name, ", ".join(unused), "not used", "Nothing to do, unless one matters: map it then.")
    return shelf.source(path, raw, {}, {path.name: sha256(path)}, TITLE)


def _rows(shelf: Shelf, layout: Layout, file: str) -> ibis.Table:
    """Return the rows of the sheet, cells as text, ``c0`` the first column."""
    body = layout.sheet.rows[layout.first - 1 :]
    form, dated = layout.door.get("date_format"), _dated(layout)
    columns = {}
    for place, name in enumerate(layout.names):
        cells = [row[place] for row in body]
        cells = [iso(cell, form) for cell in cells] if form and name in dated else cells
        columns[f"c{place}"] = pa.array(cells, pa.string())
    numbers = pa.array(range(layout.first, layout.first + len(body)), pa.int64())
    read = ibis.memtable(pa.table({"row__number": numbers, **columns}))
    rows = read.mutate(**{name: read[name].nullif("") for name in columns}, file=ibis.literal(file))
    patient = rows[layout.place(layout.door["patient"])]
    course = rows[layout.place(layout.door["course"])] if "course" in layout.door else ibis.null("string")
    kept = shelf.keep(rows.mutate(patient_id=patient, course_id=course))
    shelf.rows[file] = int(kept.count().to_pyarrow().as_py())
    # Lines of totals and remarks name no patient: what they hold of a mapped column is set aside.
    blank = kept.filter(kept.patient_id.isnull())
    count = int(blank.count().to_pyarrow().as_py())
    if count:
        shelf.note(
            file,
            layout.door["patient"],
            f"{count} row{'s name' if count > 1 else ' names'} no patient",
            "Nothing to do, if they are blank.",
        )
    return kept


def _dated(layout: Layout) -> set[str]:
    """Return the columns that hold dates."""
    found = {layout.door[key] for key in ("day0", "last_contact", "time") if key in layout.door}
    return found | {column["time"] for column in layout.door["column"] if "time" in column}


def _patients(rows: ibis.Table, layout: Layout, study: Study) -> ibis.Table:
    rows = rows.filter(rows.patient_id.notnull())
    columns = [column for column in layout.door["column"] if column["table"] == "patients"]
    cells = {column["as"]: rows[layout.place(column["name"])] for column in columns}
    for key in ("day0", "last_contact"):
        if key in layout.door:
            cells[key] = rows[layout.place(layout.door[key])]
    if "last_contact" in cells:
        # A number of days is no date.
        days = cells["last_contact"].re_search("^-?[0-9]+$")
        cells["last_contact_day"] = ibis.ifelse(days, cells["last_contact"], ibis.null("string"))
        cells["last_contact"] = ibis.ifelse(days, ibis.null("string"), cells["last_contact"])
    whole = record(
        rows,
        rows.file,
        0,
        **{
            name: ungrouped(cell, layout.door.get("thousands", ""), study.reading.decimal)
            for name, cell in cells.items()
        },
    )
    if layout.door.get("row", "patient") == "patient":
        return whole
    # A row a visit: of each patient the first that is filled.
    names = [name for name in whole.columns if name not in ("patient_id", "course_id")]
    first = {name: whole[name].first(order_by=whole.row_order) for name in names}
    return whole.group_by("patient_id", "course_id").aggregate(**first)


def _note_several(shelf: Shelf, rows: ibis.Table, layout: Layout, file: str) -> None:
    """Say where the visits of a patient differ in what is said of the patient: the first that is filled is taken."""
    if layout.door.get("row", "patient") == "patient":
        return
    for name in [column["name"] for column in layout.door["column"] if column["table"] == "patients"]:
        each = rows.group_by("patient_id", "course_id").aggregate(values=rows[layout.place(name)].nunique())
        count = int(each.filter(each["values"] > 1).count().to_pyarrow().as_py())
        if count:
            said = f"{count} patient{'s have' if count > 1 else ' has'} several values: the first is taken"
            shelf.note(file, name, said, "Map it as a measurement, if the others matter.")


def _long(rows: ibis.Table, layout: Layout, study: Study, table: str) -> ibis.Table | None:
    """Return the filled cells of the columns of one table, a row each."""
    columns = [column for column in layout.door["column"] if column["table"] == table]
    if not columns:
        return None
    parts = []
    for place, column in enumerate(columns):
        cell = rows[layout.place(column["name"])]
        mine = rows.filter(cell.notnull())
        cell = mine[layout.place(column["name"])]
        when: dict[str, ir.Value] = {}
        if "time" in column:
            # A number in the column of dates is the day.
            at = mine[layout.place(column["time"])]
            number_ = ibis.coalesce(at.re_search("^[+-]?[0-9]+([.,][0-9]+)?$"), False)
            when["time"] = ibis.ifelse(number_, ibis.null("string"), at)
            when["day"] = ibis.ifelse(number_, at, ibis.null("string"))
        elif "day" in column:
            when["day"] = ibis.literal(f"{column['day']:g}")
        else:
            for key in ("time", "day"):
                if key in layout.door:
                    when[key] = mine[layout.place(layout.door[key])]
            if "days" in layout.door and "event" in layout.door:
                days = {event: f"{day:g}" for event, day in layout.door["days"].items()}
                told = mine[layout.place(layout.door["event"])].cases(*days.items(), else_=ibis.null("string"))
                when["day"] = ibis.coalesce(told, when["day"]) if "day" in when else told
        parts.append(
            record(
                mine,
                mine.file,
                place,
                **cells_of(table, column, ungrouped(cell, layout.door.get("thousands", ""), study.reading.decimal)),
                **when,
            )
        )
    return union(parts)
