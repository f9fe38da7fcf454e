"""Laboratory cases of the calculator: terms by any of their names, units brought to those of the printed numbers."""

from typing import Any

import ibis
import pyarrow as pa

from abate.grading.ctcae_table import Term, terms
from abate.grading.laboratory import BY_EXCEPTION, FOUND, laboratory_grades
from abate.records.dictionary import Variable, dictionary
from abate.records.options import Options
from abate.records.problems import Problem, UnusableCasesError, perhaps
from abate.records.units import Conversion, convert, convert_variable, plain_unit
from abate.sources.cases import ROW
from abate.timeline.joins import beside

CALCIUM = {"mg/dL": 0.8, "mmol/L": 0.2}
"""Added to calcium for each g/dL of albumin under 4."""
UNIT = "beyond what is possible: is it in another unit?"
PLAIN = ("1", "[pH]")
"""Units that nobody writes."""


def _names() -> dict[str, str]:
    """Return every way of writing a term, in small letters, and the term."""
    return {written.lower(): term.name for term in terms().values() for written in (term.name, *term.also)}


def printed_unit(term: Term, version: str, written: str | None) -> tuple[str, Conversion]:
    """Return the unit of the printed numbers which apply to a result, and the conversion to it.

    Examples
    --------
    >>> printed_unit(terms()["Anemia"], "5.0", "g/L")
    ('g/L', Conversion(factor=1.0, offset=0.0, why=''))
    >>> unit, conversion = printed_unit(terms()["Platelet count decreased"], "5.0", "/uL")
    >>> unit, conversion.factor
    ('10*9/L', 0.001)
    """
    units = term.units[version]
    variable = dictionary().variables.get(term.variable)
    if not units:
        return "", Conversion(1.0)
    if units == ("",):
        # Multiples of a limit need no unit, and one that is given must still be one.
        known = convert_variable(variable, written) if variable and written else Conversion(1.0)
        return "", known if known.factor is None else Conversion(1.0)
    unit = plain_unit(written or "")
    if unit in units:
        return unit, Conversion(1.0)
    if not unit:
        return (units[0], Conversion(1.0)) if units[0] in PLAIN else ("", Conversion(None, why="no unit"))
    variable = variable or Variable(term.name, term.name, units[0])
    for target in units:
        known = convert_variable(variable, unit) if target == variable.unit else convert(unit, target)
        if known.factor is not None:
            return target, known
    return "", Conversion(None, why="not a unit of this term")


def laboratory(rows: ibis.Table, place: str, options: Options) -> ibis.Table:
    """Grade the rows of laboratory cases.

    Parameters
    ----------
    rows
        From :func:`abate.sources.cases.typed` for the inputs of ``ctcae-lab``.
    place, options
        What messages call the cases; see :func:`abate.grading.laboratory.laboratory_grades`.

    Raises
    ------
    UnusableCasesError
        Naming terms that are not known and units that cannot be converted.
    """
    met = rows.select("term", "version", "unit", ROW).to_pyarrow().to_pylist()
    names = _names()
    first: dict[tuple[str | None, str | None, str | None], int] = {}
    for row in met:
        first.setdefault((row["term"], row["version"], row["unit"]), row[ROW])
    problems: list[Problem] = []
    found: list[tuple[Any, ...]] = []
    for (term, version, unit), number in first.items():
        name = names.get((term or "").strip().lower())
        shown = (number,) if place.endswith(".csv") else ()
        if term and name is None:
            expected = perhaps(term.lower(), names, "a term that --describe lists", 0.4)
            said = f"the value {term!r} is no term"
            problems.append(Problem("unusable", place, "term", said, expected, "Correct it.", shown))
            continue
        if name is None or version is None:
            found.append((term, version, unit, name, None, 1.0, 0.0, None, None))
            continue
        target, conversion = printed_unit(terms()[name], version, unit)
        if conversion.factor is None and unit:
            printed = " or ".join(each for each in terms()[name].units[version] if each)
            expected = printed or f"a unit such as {dictionary().variables[terms()[name].variable].unit}"
            said = f"the value {unit!r} is no unit of {name}"
            problems.append(Problem("unusable", place, "unit", said, expected, "Correct it.", shown))
            continue
        applies = None if conversion.factor is None else target
        possible = _possible(dictionary().variables.get(terms()[name].variable), unit)
        found.append((term, version, unit, name, applies, conversion.factor or 1.0, conversion.offset, *possible))
    if problems:
        raise UnusableCasesError(problems)
    columns: tuple[str, ...] = ("written", "of_version", "written_unit", "name", "target", "factor", "offset")
    columns += ("possible_low", "possible_high")
    kinds = (*[pa.string()] * 5, *[pa.float64()] * 4)
    arrays = {
        column: pa.array([row[place] for row in found], kind)
        for place, (column, kind) in enumerate(zip(columns, kinds, strict=True))
    }
    units = ibis.memtable(pa.table(arrays))
    joined = rows.left_join(
        units,
        [
            ibis.coalesce(rows[ours], "") == ibis.coalesce(units[theirs], "")
            for ours, theirs in (("term", "written"), ("version", "of_version"), ("unit", "written_unit"))
        ],
    )
    albumin = (4 - joined.albumin) * joined.target.cases(*CALCIUM.items())
    corrected = ibis.ifelse(joined.name.endswith("calcemia"), ibis.coalesce(albumin, 0.0), 0.0)
    numbers = ("value_low", "value_high", "uln", "lln", "baseline")
    converted = {number: (joined[number] * joined.factor + joined.offset).round(9) for number in numbers}
    # Nothing is a multiple of 0.
    converted |= {number: converted[number].nullif(0) for number in ("uln", "lln", "baseline")}
    converted |= {number: converted[number] + corrected for number in ("value_low", "value_high")}
    cases = joined.mutate(**converted).select(
        ROW, "version", *numbers, *BY_EXCEPTION, *FOUND, term="name", unit="target"
    )
    beyond = (joined.value_low > joined.possible_high) | (joined.value_high < joined.possible_low)
    odd = joined.filter(beyond).select(ROW, odd=ibis.literal(UNIT)).distinct()
    graded = beside(laboratory_grades(cases, ROW, options), odd, (ROW,))
    between = ibis.ifelse((graded["flags"] != "") & graded.odd.notnull(), "; ", "")
    return graded.mutate(flags=graded["flags"] + between + ibis.coalesce(graded.odd, "")).drop("odd")


def _possible(variable: Variable | None, unit: str | None) -> tuple[float | None, float | None]:
    """Return the range that a value in some unit can have, where its variable and unit are known."""
    conversion = convert_variable(variable, unit) if variable and unit else Conversion(None)
    if variable is None or conversion.factor is None:
        return None, None
    low, high = (None if limit is None else (limit - conversion.offset) / conversion.factor for limit in variable.hard)
    return low, high
