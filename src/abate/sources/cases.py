"""Cases written by hand: one row a case, the inputs of a score or system as columns.

A cell may hold a comparator and a unit (``<0.1``, ``29 mg/L``); a column ``NAME_unit`` may name the unit of a
column. A blank cell is missing. Nothing is guessed: every cell that cannot be read is named.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from operator import add
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.csv

from abate.records import parse
from abate.records.canonical import plain_word
from abate.records.inputs import Input
from abate.records.options import Options
from abate.records.problems import Problem, UnusableCasesError
from abate.records.units import convert_rate, convert_variable, plain_unit

ROW = "row__number"
CELL = r"^(<=|>=|<|>|≤|≥)?\s*([+-]?(?:[0-9]+[.]?[0-9]*|[.][0-9]+)(?:[eE][+-]?[0-9]+)?)\s*(.*)$"
JUST = 1e-6
"""What lies beyond a limit of detection begins this far from it, in parts of it."""
MOST_RATE = {"ug/min": 10_000.0, "ug/kg/min": 200.0, "[IU]/min": 10.0, "[IU]/kg/min": 0.2}
"""A rate over this is an error of its unit (mg/min for ug/min)."""
ABSENT = {
    "number": {"": "float64", "_low": "float64", "_high": "float64", "_unit": "string"},
    "rate": {"": "float64", "_unit": "string"},
}
"""The columns of an input that has units, and their types: of one that no case has nothing needs to be read."""
SHOWN = 5
MISSING = (*parse.MISSING, "n/a", "na", "-", "?", "ND", "nd", "not done", "Not done", "unknown", "Unknown", "missing")
"""Cells of a case that say nothing."""


def column_name(written: str) -> str:
    """Return a column name as inputs are named: small letters, underscores for blanks and hyphens."""
    return re.sub(r"[ -]+", "_", written.strip().casefold())


def read_table(path: Path) -> pa.Table:
    """Return a CSV file of cases as text.

    Raises
    ------
    UnusableCasesError
        If it is no table: no header, two columns of one name, rows of another length, not UTF-8.
    """
    place = path.name

    def refuse(found: str, expected: str) -> UnusableCasesError:
        return UnusableCasesError([Problem("unusable", place, "", found, expected, "Correct the file.")])

    try:
        with path.open(encoding="utf-8-sig") as stream:
            header = stream.readline()
        names = pyarrow.csv.read_csv(pa.py_buffer(header.encode())).column_names
        options = pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, quoted_strings_can_be_null=False
        )
        table = pyarrow.csv.read_csv(
            # One thread: only then does a message know its row.
            path,
            pyarrow.csv.ReadOptions(use_threads=False),
            pyarrow.csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=len(names) > 1),
            options,
        )
    except OSError as error:
        raise refuse(f"the file cannot be read ({error.strerror})", "a CSV file") from error
    except UnicodeError as error:
        raise refuse("the text is not UTF-8", "a CSV file in UTF-8") from error
    except pa.ArrowInvalid as error:
        row = re.search(r"Row #([0-9]+)", str(error))
        found = f"row {row[1]} has not as many cells as the header" if row else "there is no row of cases"
        raise refuse(found, "a header, and in every row a cell a column") from error
    plain = [column_name(name) for name in table.column_names]
    if "" in plain or len(set(plain)) < len(plain):
        raise refuse("a column has no name, or two have the same", "one name a column, whatever its capitals")
    return table


def typed(
    cases: pa.Table,
    inputs: Sequence[Input],
    place: str,
    options: Options,
    hold: Callable[[str, pa.Table], ibis.Table],
) -> ibis.Table:
    """Return cases with the inputs that a rule reads.

    Parameters
    ----------
    cases
        Text columns.
    inputs
        What the rule reads; a column that is not there is missing everywhere.
    place
        What messages call the cases; a file name counts its rows from the header.
    options
        ``below_detection, above_detection``: what a number with a comparator is in a formula.
    hold
        Gives a table in memory to an engine: :meth:`abate.engine.store.Engine.hold`.

    Returns
    -------
    ibis.Table
        ``row__number`` and for each input its columns: a number as ``NAME``, as ``NAME_low`` and ``NAME_high``
        (null: no bound) and ``NAME_unit`` (in which it came, null if none was told); a truth or a word as ``NAME``;
        ``words`` as ``+one+other+``.

    Raises
    ------
    UnusableCasesError
        Naming every cell that cannot be read, with what is allowed.
    """
    spelled = {column_name(name): name for name in cases.column_names}
    texts = {
        f"cell__{position}": cases[spelled[item.name]].combine_chunks() if item.name in spelled else None
        for position, item in enumerate(inputs)
    }
    empty = pa.nulls(cases.num_rows, pa.string())
    units = {
        f"unit__{position}": cases[spelled[f"{item.name}_unit"]].combine_chunks()
        for position, item in enumerate(inputs)
        if f"{item.name}_unit" in spelled
    }
    columns = {name: empty if found is None else found for name, found in texts.items()} | units
    columns[ROW] = pa.array(range(2, cases.num_rows + 2), pa.int64())
    rows = hold("cells", pa.table(columns))
    reading = parse.Reading(missing=MISSING)
    rows = rows.mutate(**{name: parse.text(rows[name], reading) for name in (*texts, *units)})
    cells: dict[int, ir.StringValue] = {}
    for position, item in enumerate(inputs):
        cell = rows[f"cell__{position}"]
        named = item.words if item.kind == "number" else {}
        cells[position] = cell.lower().cases(*named.items(), else_=cell) if named else cell
    given = {at for at, item in enumerate(inputs) if {item.name, f"{item.name}_unit"} & spelled.keys()}
    unit_of = {at: _unit(rows, at, cells[at]) for at in given if inputs[at].kind in ABSENT}
    met = _units(rows, unit_of)

    found: dict[str, ir.Value] = {}
    wrong: dict[str, tuple[Input, ir.BooleanValue]] = {}
    for position, item in enumerate(inputs):
        label, cell = f"cell__{position}", cells[position]
        if item.kind in ABSENT and position not in given:
            found |= {f"{item.name}{end}": ibis.null(kind) for end, kind in ABSENT[item.kind].items()}
            continue
        if item.kind == "rate":
            found |= _rate(cell, item, unit_of[position], met[position])
            bad = cell.notnull() & found[f"{item.name}_unit"].isnull()
        elif item.kind == "number":
            values, reported, bad = _number(cell, item, unit_of[position], met[position])
            found[f"{item.name}_unit"] = reported
            found |= _bounds(item.name, *values, options)
        elif item.kind == "truth":
            known = parse.boolean(cell)
            found[item.name], bad = known, cell.notnull() & known.isnull()
        elif item.kind == "text":
            found[item.name] = cell
            continue
        elif item.kind == "word":
            known = plain_word(cell).cases(*item.words.items()) if item.words else cell
            found[item.name], bad = known, cell.notnull() & known.isnull()
        else:
            joined = ibis.literal("+") + plain_word(cell).re_replace(r"_*[+,;]_*", "+") + "+"
            known = reduce(add, (joined.contains(f"+{written}+").cast("int64") for written in item.words))
            some = cell.re_replace("[^+,;]", "").length() + 1
            # None beside another is a contradiction.
            bad = cell.notnull() & ((known < some) | ((some > 1) & joined.contains("+none+")))
            found[item.name] = joined
        wrong[label] = (item, bad)
    problems = list(_problems(rows, wrong, place, spelled))
    if problems:
        raise UnusableCasesError(problems)
    return rows.select(ROW, **found)


def _unit(rows: ibis.Table, position: int, cell: ir.StringValue) -> ir.StringValue:
    """Return the unit of each cell of an input, in it or in the column beside it."""
    within = _nonempty(cell.re_extract(CELL, 3).strip())
    return ibis.coalesce(within, rows[f"unit__{position}"]) if f"unit__{position}" in rows.columns else within


def _units(rows: ibis.Table, unit_of: Mapping[int, ir.StringValue]) -> Mapping[int, list[str]]:
    """Return the units met of each input."""
    met: dict[int, list[str]] = {position: [] for position in unit_of}
    each = [rows.select(position=ibis.literal(at, "int64"), unit=unit) for at, unit in unit_of.items()]
    if each:
        units = ibis.union(*each).filter(ibis._.unit.notnull()).distinct().order_by("position", "unit")
        for row in units.to_pyarrow().to_pylist():
            met[row["position"]].append(row["unit"])
    return met


def _number(
    cell: ir.StringValue, item: Input, unit: ir.StringValue, met: Sequence[str]
) -> tuple[tuple[ir.FloatingValue, ir.StringValue], ir.StringValue, ir.BooleanValue]:
    """Return value and comparator of a cell, the unit in which it came, and whether it cannot be read."""
    known = item.known()
    # 8/10 is a way to write a score, and no tenth of it.
    plain = known.unit in ("", "1") or known.unit.startswith("{")
    conversions = {written: convert_variable(known, written) for written in met if not (plain and written[0] == "/")}
    usable = {written: made for written, made in conversions.items() if made.factor is not None}
    digits = cell.re_extract(CELL, 2).try_cast("float64")
    factor, offset = (
        ibis.cases(
            (unit.isnull(), default), *((unit == written, getattr(made, part)) for written, made in usable.items())
        )
        for part, default in (("factor", 1.0), ("offset", 0.0))
    )
    value = (digits * factor + offset).round(9)
    fits = value.notnull() & ~value.isinf() & ~value.isnan()
    if item.least is not None:
        fits = fits & (value >= item.least)
    if item.most is not None:
        fits = fits & (value <= item.most)
    if item.whole:
        fits = fits & (value == value.round())
    if item.unit_needed:
        fits = fits & unit.notnull()
    comparator = parse.comparator(cell)
    if item.exact:
        fits = fits & comparator.isnull()
    units = [(unit == written, plain_unit(written)) for written in usable]
    reported = ibis.cases(*units) if units else ibis.null("string")
    return (value, comparator), reported, cell.notnull() & ~ibis.coalesce(fits, False)


def _rate(cell: ir.StringValue, item: Input, unit: ir.StringValue, met: Sequence[str]) -> Mapping[str, ir.Value]:
    """Return the rate of an infusion in a canonical unit, and that unit (null where it cannot be read).

    A comparator, a negative rate, one beyond :data:`MOST_RATE` and one of another kind of unit cannot be read.
    """
    made = {written: convert_rate(written) for written in met}
    mass = not item.unit.startswith("[IU]")
    usable = {
        written: (canonical, conversion.factor)
        for written, (canonical, conversion) in made.items()
        if conversion.factor is not None and mass == canonical.startswith("ug")
    }
    digits = cell.re_extract(CELL, 2).try_cast("float64")
    rate, canonical = ibis.null("float64"), ibis.null("string")
    if usable:
        rate = digits * unit.cases(*((written, factor) for written, (_unit, factor) in usable.items()))
        canonical = unit.cases(*((written, found) for written, (found, _factor) in usable.items()))
    # None is none in any unit.
    nothing = (digits == 0) & unit.isnull()
    rate, canonical = ibis.ifelse(nothing, 0.0, rate), ibis.ifelse(nothing, item.unit, canonical)
    fits = parse.comparator(cell).isnull() & (rate >= 0) & (rate <= canonical.cases(*MOST_RATE.items()))
    known = ibis.ifelse(ibis.coalesce(fits, False), canonical, ibis.null("string"))
    return {item.name: ibis.ifelse(known.notnull(), rate, ibis.null("float64")), f"{item.name}_unit": known}


def _nonempty(text: ir.StringValue) -> ir.StringValue:
    return ibis.ifelse(text == "", ibis.null("string"), text)


def _bounds(
    name: str, value: ir.FloatingValue, comparator: ir.StringValue, options: Options
) -> Mapping[str, ir.FloatingValue]:
    """Return what a formula reads, and the bounds within which the number is known."""
    none = ibis.null("float64")
    just = JUST * ibis.greatest(value.abs(), 1.0)
    customs = {"half": value / 2, "zero": value * 0, "limit": value, "exclude": none}
    under, over = comparator.isin(("<", "<=")), comparator.isin((">", ">="))
    return {
        name: ibis.cases(
            (under, customs[options["below_detection"]]), (over, customs[options["above_detection"]]), else_=value
        ),
        f"{name}_low": ibis.cases((comparator == ">", value + just), (under, none), else_=value),
        f"{name}_high": ibis.cases((comparator == "<", value - just), (over, none), else_=value),
    }


def _problems(
    rows: ibis.Table, wrong: Mapping[str, tuple[Input, ir.BooleanValue]], place: str, spelled: Mapping[str, str]
) -> Iterator[Problem]:
    """Name every column with cells that cannot be read, its first rows and their values."""
    counts = rows.aggregate(**{label: bad.sum() for label, (_item, bad) in wrong.items()}).to_pyarrow().to_pylist()[0]
    for label, (item, bad) in wrong.items():
        if not counts[label]:
            continue
        first = rows.filter(bad).order_by(ROW).limit(SHOWN).select(ROW, cell=rows[label]).to_pyarrow().to_pylist()
        values = ", ".join(repr(row["cell"]) for row in first)
        noun = "the value" if len(first) == 1 else "the values"
        yield Problem(
            "unusable",
            place,
            spelled[item.name],
            f"{noun} {values} cannot be used",
            item.allowed,
            "Correct it, or leave it blank where it is not known.",
            tuple(row[ROW] for row in first) if place.endswith(".csv") else (),
            int(counts[label]),
        )
