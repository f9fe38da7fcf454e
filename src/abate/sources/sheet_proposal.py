"""What a sheet seems to hold: a mapping file to be corrected by a person, with what was not recognised and why."""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from abate.records.dictionary import Dictionary, dictionary
from abate.records.units import convert, convert_variable, plain_unit
from abate.sources.redcap import is_redcap, read_project
from abate.sources.sheet_words import (
    CONTACT,
    DAY0,
    EVENT,
    EVENTS,
    PATIENT,
    PEOPLE,
    SYNONYMS,
    VISIT,
    VISIT_TIME,
)
from abate.sources.spreadsheet import DAY_ALONE, Sheet, named_columns, read_sheet

NUMBER = re.compile(r"^(<=|>=|<|>|≤|≥)? ?[+-]?[0-9]+([.,' \u00a0\u202f][0-9]+)*$")
DATE = re.compile(r"^([0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2,4})")
DAY = re.compile(
    r"(?:^|[ _\-(/])(?:days?|d|tag|jour|j|dia)[ _]?(?:post[ _-]?(?:infusion|car-?t)?[ _]?)?"
    r"(\+|-|−)?[ _]?([0-9]{1,3})\b\)?",
    re.IGNORECASE,
)
TRAILING = re.compile(r"^(.*[a-z].*)[_ ](\+|-|−|m)?([0-9]{1,3})$", re.IGNORECASE)
UNIT = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
GROUPED = re.compile(r"^[<>≤≥=]* ?[0-9]{1,3}([.,][0-9]{3})+$")
MOST_HEADER = 3
PARTED = 0.75
"""Titles above a row of the header that names each column are fewer than its names, to this part at most."""


@dataclass(frozen=True)
class Proposed:
    """One column as it seems: the lines of its table in the mapping file, and why it is so or is not recognised.

    What waits for something that only a person knows stands beside them as remarks.
    """

    name: str
    keys: tuple[tuple[str, str], ...]
    why: str
    waiting: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """The lines, as a comment where nothing was recognised."""
        lines = ["[[door.column]]", f"name = {_quoted(self.name)}", *(f"{key} = {value}" for key, value in self.keys)]
        return "\n".join([f"# {self.why}", *lines, *(f"# {key} = {value}" for key, value in self.waiting)])


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[_\s]+", " ", text).split()).strip(" :.-").lower()


def header_of(sheet: Sheet) -> tuple[int, int]:
    """Return the row of the header, and how many rows it has, as they seem.

    Titles of one cell stand before it. A row after it is of the header too where it parts the titles above it, or holds
    nothing but units and days; any other is a patient's.
    """
    filled = [[cell for cell in row if cell] for row in sheet.rows[:50]]
    first = next((place for place, cells in enumerate(filled) if len(set(cells)) > 1), 0)
    last = first
    for place in range(first + 1, min(first + MOST_HEADER, len(filled) - 1)):
        cells = filled[place]
        parts = len(set(filled[place - 1])) <= PARTED * len(cells)
        if any(NUMBER.match(cell) or DATE.match(cell) for cell in cells) or not (parts or _units(cells)):
            break
        last = place
    return first + 1, last - first + 1


def _units(cells: Sequence[str]) -> bool:
    """Say whether some cells are units or days, and nothing else."""
    words = [cell.strip("()[] ") for cell in cells]
    return bool(words) and all(DAY_ALONE.match(word) or not convert(word, word).why for word in words)


def proposal(path: Path, sheet: str = "", known: Dictionary | None = None) -> str:
    """Return a mapping file for a sheet, to be corrected.

    Parameters
    ----------
    path
        A workbook or a CSV file; or the folder of a REDCap project.
    sheet
        Of the workbook; the first unless given.
    known
        The dictionary; the project's own unless given.

    Notes
    -----
    Only names of columns, and of cells no more than their kind (number, date, text), are looked at; no cell is printed.

    Raises
    ------
    AbateError
        If the file cannot be read.
    """
    words = known or dictionary()
    if path.is_dir() or is_redcap(path):
        return _of_project(path, words)
    found = read_sheet(path, sheet)
    header, count = header_of(found)
    return _proposed(path, found, header, count, words)


def _of_project(path: Path, words: Dictionary) -> str:
    """Return a proposal for the export of a REDCap project, from names and labels; without fields that identify."""
    project = read_project(path)
    names = project.sheet.rows[0]
    hidden = {name for name in names if (field := project.fields.get(name.split("___")[0])) and field.identifier}
    hidden -= {names[0]}
    labels = {name: field.label for name, field in project.fields.items()}
    return _proposed(path, project.sheet, 1, 1, words, labels, hidden, "redcap")


def _proposed(
    path: Path,
    found: Sheet,
    header: int,
    count: int,
    words: Dictionary,
    labels: Mapping[str, str] = MappingProxyType({}),
    hidden: Collection[str] = (),
    door: str = "sheet",
) -> str:
    names = named_columns(found.rows, header, count)
    body = found.rows[header + count - 1 :]
    cells = {name: [row[place] for row in body if row[place]] for place, name in enumerate(names)}
    # The first field of a REDCap project is the record's.
    head: dict[str, str] = {"patient": names[0]} if door == "redcap" else {}
    for key, forms in (
        ("patient", PATIENT),
        ("day0", DAY0),
        ("last_contact", CONTACT),
        ("time", VISIT_TIME),
        ("day", VISIT),
    ):
        if key in head:
            continue
        match = next((name for form in forms for name in names if _plain(name) == _plain(form)), None)
        if match and match not in head.values():
            head[key] = match
    ids = cells.get(head.get("patient", ""), [])
    visits = len(set(ids)) < len(ids)
    if not visits:
        head.pop("day", None), head.pop("time", None)
    events = sorted(set(cells.get(EVENT, [])))
    if events:
        head["event"] = EVENT
    shown = [
        name for name in names if name not in head.values() and name not in hidden and not name.startswith("redcap_")
    ]
    dated = visits and bool({"day", "time"} & set(head))
    columns = [_best(name, labels.get(name, ""), cells[name], words, dated) for name in shown]
    decimal = _decimal([cell for values in cells.values() for cell in values])
    text = _file(path, found, header, count, head, visits, columns, decimal, door)
    if hidden:
        text = text.replace(
            "\n\n", f"\n# {len(hidden)} fields that the dictionary marks as identifying are left out.\n\n", 1
        )
    if events:
        days = "\n".join(f"# {_quoted(event)} = 0" for event in events)
        text += f"\n# The day of each event, where no date says it.\n# [door.days]\n{days}\n"
    return text


def _best(name: str, label: str, cells: Sequence[str], words: Dictionary, visits: bool) -> Proposed:
    """Return what a column seems to be by its name, else by its label."""
    own = _column(name, cells, words, visits)
    if own.keys[0][1] != '"nothing"' or own.waiting or not label:
        return own
    other = _column(label, cells, words, visits)
    return Proposed(name, other.keys, f"{label}: {other.why}", other.waiting)


def _decimal(cells: Sequence[str]) -> str:
    comma = sum(bool(re.match(r"^[<>≤≥=]* ?[0-9]+,[0-9]{1,2}$", cell)) for cell in cells)
    point = sum(bool(re.match(r"^[<>≤≥=]* ?[0-9]+\.[0-9]{1,2}$", cell)) for cell in cells)
    return "," if comma > point else "."


def _column(name: str, cells: Sequence[str], words: Dictionary, visits: bool) -> Proposed:
    """Return what a column seems to be."""
    kind = _kind(cells)
    bare, day = _without_day(name)
    unit = next((text for text in UNIT.findall(bare) if text), "")
    plain = _plain(UNIT.sub(" ", bare))
    for ours, forms in PEOPLE.items():
        if plain in forms and day is None:
            wanted = ours.rpartition("_")[2] if "_" in ours else ""
            odd = f", in {wanted} (the header says {unit})" if wanted and unit and unit.lower() != wanted else ""
            return Proposed(
                name, (("table", '"patients"'), ("as", _quoted(ours))), f"{kind}; a column of patients{odd}"
            )
    for event, forms in EVENTS.items():
        if plain in forms:
            # An onset is its day; of the highest grade no day need be known.
            itself = kind == "dates" or (event.endswith("_onset") and kind == "numbers")
            when = (("time", _quoted(name)),) if itself else (("day", str(day)),) if day is not None else ()
            return Proposed(name, (("table", '"events"'), ("as", _quoted(event)), *when), f"{kind}; an event")
    variable = _known(plain, words.variables, {label.label.lower(): key for key, label in words.variables.items()})
    drug = _known(plain, words.drugs, {})
    if variable or drug:
        return _measured(name, kind, variable, drug, unit, day, visits, words)
    nothing = (("table", '"nothing"'),)
    if not cells:
        return Proposed(name, nothing, "not recognised: no cell is filled")
    if day is not None:
        return Proposed(
            name, nothing, f"not recognised: day {day} of something that the dictionary has no name for ({kind})"
        )
    return Proposed(
        name, nothing, f"not recognised: no such name is known ({kind}); a column of patients, if it is one"
    )


def _measured(
    name: str, kind: str, variable: str, drug: str, unit: str, day: int | None, visits: bool, words: Dictionary
) -> Proposed:
    """Return a column of a variable or of a drug, with what its header does not say."""
    remarks = [kind]
    if variable:
        fits = _unit(unit, words, variable)
        keys = [("table", '"measurements"'), ("as", _quoted(variable)), ("unit", _quoted(fits))]
        if not unit:
            remarks.append("the header says no unit: fill it in, or every value is set aside")
        elif not fits:
            remarks.append(f"{unit} is no unit of it: fill it in")
    else:
        keys = [("table", '"drugs"'), ("as", _quoted(drug)), ("unit", _quoted(plain_unit(unit) if unit else ""))]
    if day is None and not visits:
        remarks.append("no day is said: not used until one, or a column with the date, is filled in below")
        waiting = (*keys, ("day", "?"))
        return Proposed(name, (("table", '"nothing"'),), "; ".join(remarks), waiting)
    if day is not None:
        keys.append(("day", str(day)))
    return Proposed(name, tuple(keys), "; ".join(remarks))


def _kind(cells: Sequence[str]) -> str:
    if not cells:
        return "blank"
    dates, numbers = (sum(bool(form.match(cell)) for cell in cells) for form in (DATE, NUMBER))
    if dates == len(cells):
        return "dates"
    if numbers == len(cells):
        grouped = [cell for cell in cells if GROUPED.match(cell)]
        odd = grouped and not any(re.search("[.,]", cell) for cell in cells if cell not in grouped)
        return (
            "numbers, some with three digits after a mark: if it parts thousands, say so ([door] thousands)"
            if odd
            else "numbers"
        )
    return f"numbers, and {len(cells) - numbers} cells that are none" if numbers > len(cells) / 2 else "words"


def _without_day(name: str) -> tuple[str, int | None]:
    """Return a name without the day in it, and the day.

    Examples
    --------
    >>> [_without_day(name) for name in ("CRP D+3", "Day 3 CRP", "crp_3", "Ferritin (ng/mL) d-1", "IL6")]
    [('CRP', 3), ('CRP', 3), ('crp', 3), ('Ferritin (ng/mL)', -1), ('IL6', None)]
    """
    found = DAY.search(name)
    if found:
        sign = -1 if found[1] in ("-", "−") else 1
        return " ".join((name[: found.start()] + " " + name[found.end() :]).split()), sign * int(found[2])
    found = TRAILING.match(name)
    if found:
        return found[1].strip(), (-1 if found[2] in ("-", "−", "m") else 1) * int(found[3])
    return name, None


def _known(plain: str, names: object, labels: dict[str, str]) -> str:
    """Return the name that the dictionary has for a word, blank where it has none."""
    every = set(names)  # type: ignore[call-overload]
    for form in (plain, plain.replace(" ", "_"), plain.replace("-", ""), plain.replace(" ", "")):
        if form in every:
            return form
        if SYNONYMS.get(form) in every:
            return SYNONYMS[form]
    return labels.get(plain, "")


def _unit(unit: str, words: Dictionary, variable: str) -> str:
    return unit if unit and not convert_variable(words.variables[variable], unit).why else ""


def _file(
    path: Path,
    sheet: Sheet,
    header: int,
    count: int,
    head: dict[str, str],
    visits: bool,
    columns: Sequence[Proposed],
    decimal: str,
    door: str,
) -> str:
    recognised = [column for column in columns if column.keys[0][1] != '"nothing"']
    lines = [
        f"# Proposed for {path.name}: {len(recognised)} of {len(columns)} columns recognised, patient and dates aside.",
        "# Correct it before you use it: ingest obeys it to the letter, and guesses nothing.",
        f"# To check it: abate map {path.name} --check THIS-FILE",
        f"# To use it: abate ingest {door} {path.name} --mapping THIS-FILE --out RECORDS",
        "",
        "[reading]",
        f'decimal = "{decimal}"',
        "",
        "[door]",
    ]
    if sheet.name:
        others = f"  # others: {', '.join(sheet.others)}" if sheet.others else ""
        lines.append(f"sheet = {_quoted(sheet.name)}{others}")
    lines += [f"header = {header}", f"header_rows = {count}", f'row = "{"visit" if visits else "patient"}"']
    if "patient" not in head:
        lines += ["# No column is called as patients are: name it.", 'patient = ""']
    lines += [f"{key} = {_quoted(name)}" for key, name in head.items()]
    lines += [
        '# date_format = "%d.%m.%Y"  # where dates are not written 2024-03-31',
        '# thousands = " "  # where 14 240 means 14240',
        "",
        "\n\n".join(column.text for column in columns),
        "",
    ]
    return "\n".join(lines)
