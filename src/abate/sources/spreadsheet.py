"""A sheet as it is: a workbook or a CSV file as rows of text, within bounds."""

import csv
import datetime as dt
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from abate.records.problems import AbateError

MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384
"""Of a sheet, as spreadsheet programs have them."""
LARGEST, GREATEST_RATIO = 2**30, 200
"""Bytes that a workbook may unpack to, and how many times more than it takes on the disk."""
LONGEST_CELL = 2**20
LONGEST_LINE = 2**24
DAY_ALONE = re.compile(
    r"^(d|day|days|tag|jour|j)?[ _]?[+\-−]?[ _]?[0-9]{1,3}$|^(pre|post|baseline|peak|max|min)$", re.IGNORECASE
)
VALUE = re.compile(rb"<v>[^<]|<is>")
"""The value of a cell of a workbook."""
WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
TEXTS = (".csv", ".tsv", ".txt")


@dataclass(frozen=True)
class Sheet:
    """Rows of text, all of one width; what is blank is an empty text.

    Attributes
    ----------
    name, others
        Of the sheet, blank for a text file; the names of the other sheets of the workbook.
    rows
        The first is row 1.
    without_value
        How many cells of the workbook hold an error, or a formula whose value was never computed: they read as blank.
    """

    name: str
    others: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    without_value: int = 0


def is_spreadsheet(path: Path) -> bool:
    """Say whether a file is called as workbooks and sheets of text are."""
    return path.is_file() and path.suffix.lower() in (*WORKBOOKS, *TEXTS)


def read_sheet(path: Path, sheet: str = "", delimiter: str = "", encoding: str = "utf-8") -> Sheet:
    """Return a sheet.

    Parameters
    ----------
    path
        A workbook (XLSX and its like) or a text file.
    sheet
        Name of the sheet; the first unless given.
    delimiter
        Of a text file; found out unless given.
    encoding
        Of a text file.

    Raises
    ------
    AbateError
        If there is no such file or sheet, it cannot be read, or is larger than a sheet can be.
    """
    if not path.is_file():
        raise AbateError(f"{path.name}: there is no such file. Expected a workbook or a CSV file. Correct the path.")
    if path.suffix.lower() in WORKBOOKS:
        return _workbook(path, sheet)
    try:
        with path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="") as stream:
            rows = list(_lines(path, stream, delimiter))
    except (UnicodeDecodeError, LookupError) as error:
        raise AbateError(
            f"{path.name}: the file is not text in {encoding}. Expected UTF-8, or [reading] encoding in the mapping "
            "file."
        ) from error
    except csv.Error as error:
        raise AbateError(
            f"{path.name}: the file cannot be read as a sheet of text ({error}). Expected lines of cells, no cell "
            f"longer than {LONGEST_CELL // 2**20} MB. Save it again as CSV."
        ) from error
    return Sheet("", (), _even(rows))


def _lines(path: Path, stream: Any, delimiter: str) -> Iterator[list[str]]:
    before = csv.field_size_limit(LONGEST_CELL)
    try:
        start = stream.read(2**16)
        stream.seek(0)
        first = max(start.splitlines()[:10], key=len, default="")
        found = delimiter or max(",;\t|", key=lambda mark: start.count(mark) if mark in first or mark != "," else 0)
        for number, row in enumerate(csv.reader(_bounded_lines(stream), delimiter=found, strict=True), start=1):
            _bounded(path, number, len(row))
            yield [cell.strip() for cell in row]
    finally:
        csv.field_size_limit(before)


def _bounded_lines(stream: Any) -> Iterator[str]:
    while line := stream.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise csv.Error(f"a line is longer than {LONGEST_LINE // 2**20} MB")
        if "\x00" in line:
            raise csv.Error("it holds NUL bytes: is it a workbook, or UTF-16?")
        yield line


def _bounded(path: Path, rows: int, columns: int) -> None:
    if rows > MOST_ROWS or columns > MOST_COLUMNS:
        most = f"{MOST_ROWS:,} rows and {MOST_COLUMNS:,} columns"
        raise AbateError(
            f"{path.name}: this is more than a sheet. Expected at most {most}. Bring larger data as a folder of CSV or "
            "Parquet."
        )


def _even(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    width = max((len(row) for row in rows), default=0)
    return [[*row, *[""] * (width - len(row))] for row in rows]


def _workbook(path: Path, sheet: str) -> Sheet:
    try:
        import python_calamine as calamine
    except ImportError as error:
        raise AbateError(
            f"{path.name}: reading a workbook needs an extra. Expected python-calamine to be installed. "
            "Install it with: pip install 'abate[doors]', or save the sheet as CSV."
        ) from error
    zipped = zipfile.is_zipfile(path)
    if zipped:
        _no_bomb(path)
    try:
        book = calamine.load_workbook(str(path))
        names = list(book.sheet_names)
        chosen = sheet or (names[0] if names else "")
        if chosen not in names:
            raise AbateError(
                f"{path.name}: there is no sheet of the name given. Expected one of the {len(names)} sheets of the "
                "workbook. abate map PATH lists what it finds."
            )
        found = book.get_sheet_by_name(chosen)
        _bounded(path, found.total_height, found.total_width)
        rows = [[_text(cell) for cell in row] for row in found.to_python(skip_empty_area=False)]
        merged = found.merged_cell_ranges or []
        _bounded(path, len(rows), max(map(len, rows), default=0))
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise AbateError(
            f"{path.name}: the workbook cannot be read. Expected a whole XLSX, XLSB, XLS or ODS file without a "
            "password. Save it again."
        ) from error
    rows = _even(rows)
    for (top, left), (bottom, right) in merged:
        # A merged title stands over every column that it spans.
        for row in range(top, min(bottom, len(rows) - 1) + 1):
            for column in range(left, min(right, len(rows[row]) - 1) + 1):
                rows[row][column] = rows[top][left]
    others = tuple(name for name in names if name != chosen)
    return Sheet(chosen, others, rows, _without_value(path) if zipped else 0)


def _without_value(path: Path) -> int:
    """Return how many cells of an XLSX workbook hold an error, or a formula whose value was never computed."""
    count = 0
    with zipfile.ZipFile(path) as archive:
        for part in archive.namelist():
            if part.startswith("xl/worksheets/") and part.endswith(".xml"):
                # What ends with each cell: what begins with it is behind the last beginning, so each byte is seen once.
                for ended in archive.read(part).split(b"</c>")[:-1]:
                    head, _, body = ended[ended.rfind(b"<c") :].partition(b">")
                    count += b't="e"' in head or (b"<f" in body and not VALUE.search(body))
    return count


def _no_bomb(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(part.file_size for part in archive.infolist())
    if unpacked > LARGEST or unpacked > GREATEST_RATIO * max(path.stat().st_size, 2**16):
        raise AbateError(
            f"{path.name}: the workbook unpacks to far more than a sheet holds. Expected at most "
            f"{LARGEST // 2**30} GB, and {GREATEST_RATIO} times its size. Save the sheet as CSV."
        )


def _text(cell: Any) -> str:
    """Return a cell as it reads: whole numbers without decimals, dates and times as ISO 8601."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 2**53 else repr(cell)
    if isinstance(cell, dt.datetime):
        midnight = cell.time() == dt.time()
        return cell.date().isoformat() if midnight else cell.isoformat(sep=" ", timespec="minutes")
    return str(cell).replace("\x00", "\ufffd").strip()


def named_columns(rows: Sequence[Sequence[str]], first: int, count: int) -> list[str]:
    """Return the names of the columns of a sheet: the lines of its header one after the other, each name once.

    Parameters
    ----------
    rows
        Of the sheet.
    first, count
        Row of the header (from 1), and how many rows it has.

    Examples
    --------
    >>> named_columns([["", "CRP", "", ""], ["ID", "D0", "D+3", "Sex"]], 1, 2)
    ['ID', 'CRP D0', 'CRP D+3', 'Sex']
    >>> named_columns([["ID", "CRP", "CRP", ""]], 1, 1)
    ['ID', 'CRP', 'CRP (2)', 'column 4']
    """
    lines = [list(row) for row in rows[first - 1 : first - 1 + count]]
    width = len(lines[0]) if lines else 0
    for line in lines[:-1]:
        # A title stands over the columns to its right that have nothing but a day of their own, until the next one.
        for column in range(1, width):
            if DAY_ALONE.match(lines[-1][column]):
                line[column] = line[column] or line[column - 1]
    seen: dict[str, int] = {}
    names = []
    for column in range(width):
        parts = list(dict.fromkeys(" ".join(line[column].split()) for line in lines if line[column].strip()))
        name = " ".join(parts) or f"column {column + 1}"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names
