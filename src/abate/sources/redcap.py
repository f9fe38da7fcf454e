"""The door of REDCap: a project's export (raw or labelled) beside its data dictionary, by a mapping file.

Every row of the export is a row of a sheet: a record, one of its events, or one instance of a repeating instrument. The
dictionary says what the codes of a choice mean, which boxes a field has, and where a comma is the decimal mark. What
each field is here, the mapping file says as for a sheet (``sheet.py``); ``abate map`` proposes it, from names and
labels. Fields that the dictionary marks as identifying are never proposed.
"""

import dataclasses
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from abate.records.problems import AbateError
from abate.sources.folder import Source, sha256
from abate.sources.mapping import NAME, read_mapping
from abate.sources.sheet import by_layout, read_layout
from abate.sources.spreadsheet import Sheet, read_sheet

FIELD, LABEL, KIND = "Variable / Field Name", "Field Label", "Field Type"
CHOICES, CHECKED = "Choices, Calculations, OR Slider Labels", "Text Validation Type OR Show Slider Number"
IDENTIFIER = "Identifier?"
OF_ROWS = ("redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance", "redcap_data_access_group")
LABELLED = {
    "Event Name": OF_ROWS[0],
    "Repeat Instrument": OF_ROWS[1],
    "Repeat Instance": OF_ROWS[2],
    "Data Access Group": OF_ROWS[3],
}
YES_NO = {"1": "yes", "0": "no", "Yes": "yes", "No": "no", "True": "yes", "False": "no"}
BOX = {"1": "yes", "0": "no", "Checked": "yes", "Unchecked": "no"}
TITLE = "Records of a REDCap project"


@dataclass(frozen=True)
class Field:
    """A field of the dictionary: its choices by code, whether it identifies, whether its decimal mark is a comma."""

    name: str
    label: str
    kind: str
    choices: dict[str, str]
    identifier: bool
    comma: bool


@dataclass(frozen=True)
class Project:
    """An export with its dictionary.

    Attributes
    ----------
    data, dictionary
        The files.
    fields
        By name.
    sheet
        The export with names of fields in its first row, and words in place of codes.
    """

    data: Path
    dictionary: Path
    fields: dict[str, Field]
    sheet: Sheet


def _first_row(path: Path) -> str:
    with path.open("rb") as stream:
        return stream.readline(2**16).decode("utf-8-sig", errors="replace")


def _dictionaries(path: Path) -> list[Path]:
    files = sorted(file for file in path.iterdir() if file.is_file() and file.suffix.lower() == ".csv")
    return [file for file in files if FIELD in _first_row(file) or "field_name,form_name" in _first_row(file)]


def is_redcap(path: Path) -> bool:
    """Say whether a folder holds a data dictionary of REDCap, or a CSV file stands beside one."""
    if path.is_dir():
        return bool(_dictionaries(path))
    beside = _dictionaries(path.parent) if path.is_file() and path.suffix.lower() == ".csv" else []
    return bool(beside) and path not in beside


def read_project(path: Path) -> Project:
    """Return the export of a folder, decoded by its dictionary.

    Raises
    ------
    AbateError
        If there is no dictionary, or no or several exports that it describes.
    """
    folder = path if path.is_dir() else path.parent
    found = _dictionaries(folder) if folder.is_dir() else []
    if len(found) != 1:
        raise AbateError(
            f"{path.name}: {len(found)} data dictionaries are there. Expected a folder with one, and one export beside "
            "it. Put each project into a folder of its own."
        )
    fields = _fields(found[0])
    first = next(iter(fields), "")
    label = fields[first].label if first else ""
    exports = []
    for file in sorted(folder.iterdir()) if path.is_dir() else [path]:
        if file.is_file() and file.suffix.lower() == ".csv" and file != found[0]:
            head = re.split(r"[,;\t]", _first_row(file).strip(), maxsplit=1)[0].strip('"')
            if head in (first, label):
                exports.append(file)
    if len(exports) != 1:
        names = ", ".join(file.name for file in exports) or "none"
        raise AbateError(
            f"{path.name}: there are {len(exports)} exports whose first column is the record's ({names}). Expected one."
            " Leave one export beside its dictionary, or name the export itself as the place."
        )
    return Project(exports[0], found[0], fields, _decoded(read_sheet(exports[0]), fields))


def _fields(path: Path) -> dict[str, Field]:
    rows = read_sheet(path).rows
    # The API calls the columns otherwise than the download.
    other = {"field_name": FIELD, "field_label": LABEL, "field_type": KIND, "identifier": IDENTIFIER}
    other |= {"select_choices_or_calculations": CHOICES, "text_validation_type_or_show_slider_number": CHECKED}
    head = {other.get(name, name): place for place, name in enumerate(rows[0])}
    found = {}
    for row in rows[1:]:
        cell = {
            name: row[head[name]] if name in head else "" for name in (FIELD, LABEL, KIND, CHOICES, CHECKED, IDENTIFIER)
        }
        parts = (choice.split(",", 1) for choice in cell[CHOICES].split("|") if "," in choice)
        coded = cell[KIND] in ("radio", "dropdown", "checkbox")
        choices = {code.strip(): " ".join(words.split()) for code, words in parts} if coded else {}
        label = " ".join(re.sub(r"<[^>]*>", " ", cell[LABEL]).split())
        comma = "comma" in cell[CHECKED]
        name = cell[FIELD]
        found[name] = Field(name, label, cell[KIND], choices, cell[IDENTIFIER].lower() == "y", comma)
    return found


def _decoded(sheet: Sheet, fields: dict[str, Field]) -> Sheet:
    """Return an export with names of fields for labels, and words for codes."""
    by_label: dict[str, list[str]] = {}
    for field in fields.values():
        by_label.setdefault(field.label, []).append(field.name)
    boxes = {
        f"{field.label} (choice={words})": f"{field.name}___{code.lower()}"
        for field in fields.values()
        if field.kind == "checkbox"
        for code, words in field.choices.items()
    }
    raw = sum(name in fields for name in sheet.rows[0]) if sheet.rows else 0
    labelled = sum(name in by_label or name in boxes for name in sheet.rows[0]) if sheet.rows else 0
    names = list(sheet.rows[0]) if sheet.rows else []
    if labelled > raw:
        # Fields of one label stand in the order of the dictionary; where not all are there, none of them is told apart.
        told = {label: iter(same) for label, same in by_label.items() if len(same) == names.count(label)}
        names = [LABELLED.get(name) or boxes.get(name) or next(told.get(name, iter(())), name) for name in names]
    columns = [fields.get(name) or fields.get(name.split("___")[0]) for name in names]
    rows = [
        [_word(cell, field, name) for cell, field, name in zip(row, columns, names, strict=True)]
        for row in sheet.rows[1:]
    ]
    return Sheet(sheet.name, sheet.others, [names, *rows])


def _word(cell: str, field: Field | None, name: str) -> str:
    if not cell or field is None:
        return cell
    if field.kind == "checkbox" and "___" in name:
        return BOX.get(cell, cell)
    if field.kind in ("yesno", "truefalse"):
        return YES_NO.get(cell, cell)
    if field.comma and re.fullmatch(r"[<>]?=? ?[+-]?[0-9]+,[0-9]+", cell):
        return cell.replace(",", ".")
    return field.choices.get(cell, cell)


def read_redcap(path: Path, backend: Any, mapping: Path | None = None) -> Source:
    """Read the export of a REDCap project by its mapping file.

    Parameters
    ----------
    path
        A folder with one data dictionary and one export, or one of several exports beside it.
    backend
        The Ibis backend that keeps what is read.
    mapping
        The mapping file; ``abate.toml`` of the folder unless given.

    Raises
    ------
    AbateError
        If a file is missing, or nothing says what the fields are.
    UnusableRecordsError
        Naming everything in the mapping file that does not fit.
    """
    project = read_project(path)
    study = read_mapping(mapping or (path if path.is_dir() else path.parent) / NAME)
    study = dataclasses.replace(study, title=study.title or TITLE)
    layout = read_layout(project.data, study, project.sheet, (mapping or Path(NAME)).name)
    source = by_layout(project.data, backend, study, layout)
    hashes = {file.name: sha256(file) for file in (project.data, project.dictionary)}
    return dataclasses.replace(source, path=path, hashes=hashes)
