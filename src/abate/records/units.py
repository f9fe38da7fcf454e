"""Units: UCUM, by a library. What it cannot convert is set aside, never guessed."""

import math
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

import ibis
import pyarrow as pa

from abate.records.dictionary import Dictionary, Variable, dictionary, unit_aliases

PRODUCTS = ("blood cells", "coagulation factors")
"""Classes of blood products, whose amounts may be volumes (mL); those of a drug are masses or international units."""


class Conversion(NamedTuple):
    """How a value in one unit becomes one in the canonical unit: ``value * factor + offset``.

    ``factor`` is None where it cannot; ``why`` then says why.
    """

    factor: float | None
    offset: float = 0.0
    why: str = ""


@cache
def _registry() -> Any:
    # Half a second to load, so only where units are met.
    from ucumvert import PintUcumRegistry

    return PintUcumRegistry()


@cache
def ucum(unit: str) -> Any:
    """Return the library's quantity for one UCUM unit.

    Raises
    ------
    ValueError
        If the text is not UCUM.
    """
    if not unit or (unit.startswith("{") and unit.endswith("}") and unit.count("{") == 1):
        return _registry().Quantity(1.0)  # an annotation alone is the unity
    try:
        found = _registry().from_ucum(unit)
        if not math.isfinite(float(found.magnitude)):
            raise ValueError("not a finite unit")
    except Exception as error:
        raise ValueError(f"{unit!r} is not a UCUM unit") from error
    return found


SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
SAME = str.maketrans({"µ": "u", "μ": "u", "×": "x", " ": None})
AMOUNTS = ("mg", "ug", "[IU]", "mL")
"""Canonical units of doses, of rates and of blood products."""


@cache
def _canonical() -> frozenset[str]:
    """Return the units of the dictionary, which are UCUM: the library need not be asked, and takes long to load."""
    amounts = {f"{unit}{per}" for unit in AMOUNTS for per in ("", "/kg")}
    return frozenset({*filter(None, _of_variables()), *amounts})


def _of_variables() -> set[str]:
    variables = dictionary().variables.values()
    return {unit for each in variables for unit in (each.unit, *(each.conversions or ()))}


@cache
def _spelled() -> Mapping[str, str]:
    """Return common spellings in small letters, where capitals do not tell two units apart."""
    found: dict[str, set[str]] = {}
    known = {unit: unit for unit in _of_variables()}
    for written, unit in (known | dict(unit_aliases())).items():
        found.setdefault(written.casefold(), set()).add(unit)
    return {written: units.pop() for written, units in found.items() if len(units) == 1}


@cache
def plain_unit(written: str) -> str:
    """Return the UCUM unit that a way of writing it means; what is not known as it stands.

    Examples
    --------
    >>> [plain_unit(text) for text in ("µg/l", "cells/µL", "x 10⁹/L", "10E3/uL", "MMOL/L", "cmH2O", "furlong")]
    ['ug/L', '/uL', '10*9/L', '10*3/uL', 'mmol/L', 'cm[H2O]', 'furlong']
    """
    aliases = unit_aliases()
    if written in aliases:
        return aliases[written]
    text = re.sub("([⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda digits: digits[1].translate(SUPERSCRIPTS), written)
    text = re.sub(r"^(?:x|×)? *10 *[\^*eE]? *([369])/", r"10*\1/", text.strip()) if "10" in text else text
    text = re.sub(r"/([dmu]?)l$", r"/\1L", text.translate(SAME))
    if text in aliases:
        return aliases[text]
    if text in _canonical():
        return text
    try:
        ucum(text)
    except ValueError:
        return _spelled().get(text.casefold(), text)
    return text


def convert(unit: str, target: str) -> Conversion:
    """Return the conversion between two units of one dimension.

    Parameters
    ----------
    unit, target
        UCUM units, or a written form listed in ``units.csv``.

    Examples
    --------
    >>> convert("mg/dL", "mg/L").factor
    10.0
    >>> convert("ukat/L", "U/L").factor
    60.0
    >>> round(100.4 * convert("[degF]", "Cel").factor + convert("[degF]", "Cel").offset, 9)
    38.0
    >>> convert("furlong", "mg/L").why
    'not a UCUM unit'
    >>> convert("g/L", "10*9/L").why
    'another kind of quantity'
    """
    written = plain_unit(unit)
    if written == target and target in _canonical():
        return Conversion(1.0)
    try:
        ours, theirs = ucum(target), ucum(written)
    except ValueError:
        return Conversion(None, why="not a UCUM unit")
    if ours.dimensionality != theirs.dimensionality:
        return Conversion(None, why="another kind of quantity")
    # An affine scale (Celsius, Fahrenheit) is known from two of its points.
    quantity = _registry().Quantity
    try:
        zero = float(quantity(0.0, theirs.units).to(ours.units).magnitude)
        one = float(quantity(1.0, theirs.units).to(ours.units).magnitude)
    except OverflowError:
        return Conversion(None, why="not a UCUM unit")
    scale = float(theirs.magnitude) / float(ours.magnitude)
    return Conversion(round((one - zero) * scale, 15), zero)


def convert_variable(variable: Variable, unit: str) -> Conversion:
    """Return how a value of a variable in some unit becomes one in its canonical unit.

    The dictionary's own conversions and refusals come first: they need the analyte.

    Examples
    --------
    >>> from abate.records.dictionary import dictionary
    >>> known = dictionary().variables
    >>> convert_variable(known["triglyceride"], "mmol/L").factor
    88.57
    >>> convert_variable(known["ferritin"], "mg/L").why
    'not a unit in which it is reported'
    """
    written = plain_unit(unit)
    if written == variable.unit:
        return Conversion(1.0)
    for text in (unit, written):
        if variable.conversions and text in variable.conversions:
            return Conversion(variable.conversions[text])
    if written in variable.refused:
        return Conversion(None, why="not a unit in which it is reported")
    if not written:
        dimensionless = variable.unit == "1" or variable.unit.startswith("{")
        return Conversion(1.0) if dimensionless else Conversion(None, why="no unit")
    return convert(written, variable.unit)


def convert_drug(unit: str, drug_class: str = "") -> tuple[str, Conversion]:
    """Return the canonical unit of an amount of a drug and the conversion to it.

    Examples
    --------
    >>> convert_drug("g")
    ('mg', Conversion(factor=1000.0, offset=0.0, why=''))
    >>> convert_drug("ug/kg")
    ('mg/kg', Conversion(factor=0.001, offset=0.0, why=''))
    """
    written = plain_unit(unit)
    if not written:
        return "", Conversion(None, why="no unit")
    per_kg = written.endswith("/kg")
    amount = written.removesuffix("/kg")
    for target in ("mg", "[IU]", *(("mL",) if drug_class in PRODUCTS else ())):
        conversion = convert(amount, target)
        if conversion.factor is not None:
            return target + ("/kg" if per_kg else ""), conversion
    return "", conversion


TIMES = {"min": 1.0, "minute": 1.0, "minutes": 1.0, "h": 60.0, "hr": 60.0, "hour": 60.0, "hours": 60.0}
TIMES |= {"d": 1440.0, "day": 1440.0, "24h": 1440.0, "s": 1 / 60, "sec": 1 / 60}


def convert_rate(unit: str) -> tuple[str, Conversion]:
    """Return the canonical unit of the rate of an infusion and the conversion to it.

    The canonical units are ``ug/min`` and ``[IU]/min``, each also per kg of body weight.

    Examples
    --------
    >>> convert_rate("mcg/kg/min")
    ('ug/kg/min', Conversion(factor=1.0, offset=0.0, why=''))
    >>> unit, conversion = convert_rate("units/hour")
    >>> unit, round(2.4 * conversion.factor, 9)
    ('[IU]/min', 0.04)
    >>> convert_rate("mL/h")[1].why
    'another kind of quantity'
    """
    amount, *rest = unit.translate(SAME).casefold().split("/")
    time = rest.pop() if rest else ""
    per_kg = rest == ["kg"]
    if time not in TIMES or (rest and not per_kg):
        return "", Conversion(None, why="not a unit of a rate" if unit else "no unit")
    written, conversion = plain_unit(amount), Conversion(None)
    for target in ("ug", "[IU]"):
        conversion = convert(written, target)
        if conversion.factor is not None:
            factor = conversion.factor / TIMES[time]
            return f"{target}/{'kg/' if per_kg else ''}min", Conversion(factor)
    return "", conversion


def conversion_table(pairs: Iterable[tuple[str, str]], table: str, known: Dictionary) -> ibis.Table:
    """Return the conversion of every (name, unit) that a table holds.

    Parameters
    ----------
    pairs
        The distinct names and units as recorded.
    table
        ``measurements``, ``drugs`` or ``rates``.
    known
        The dictionary of this run.

    Returns
    -------
    ibis.Table
        ``name``, ``written_unit``, ``canonical``, ``factor``, ``offset``, ``why``.
    """
    rows = []
    for name, unit in pairs:
        if table == "measurements":
            variable = known.variables[name]
            canonical, conversion = variable.unit, convert_variable(variable, unit)
            if conversion.why and variable.hint:
                conversion = conversion._replace(why=f"{conversion.why}. {variable.hint}")
        else:
            of_class = known.drugs[name]["drug_class"]
            canonical, conversion = convert_rate(unit) if table == "rates" else convert_drug(unit, of_class)
        rows.append((name, unit, canonical, *conversion))
    columns = list(zip(*rows, strict=True)) if rows else [()] * 6
    kinds = (pa.string(), pa.string(), pa.string(), pa.float64(), pa.float64(), pa.string())
    names = ("name", "written_unit", "canonical", "factor", "offset", "why")
    arrays = [pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True)]
    return ibis.memtable(pa.table(dict(zip(names, arrays, strict=True))))
