"""What a cell of a sheet says, by what the mapping file says of its column."""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

import ibis
import ibis.expr.types as ir

from abate.sources.shelf import RATE


def iso(cell: str, form: str) -> str:
    """Return a date as ISO 8601, by the format that the mapping file gives; what does not read so as it stands."""
    try:
        return dt.datetime.strptime(cell, form).isoformat(sep=" ").removesuffix(" 00:00:00")
    except ValueError:
        return cell


def ungrouped(cell: ir.StringValue, mark: str, decimal_mark: str) -> ir.StringValue:
    """Return a cell without what parts its thousands, where that is all that keeps it from being a number."""
    if not mark:
        return cell
    decimal = "[,]" if decimal_mark == "," else "[.]"
    sign = "(<=|>=|<|>|≤|≥)? ?[+-]?"
    grouped = cell.re_search(f"^{sign}[0-9]{{1,3}}([{mark}\u00a0\u202f][0-9]{{3}})+({decimal}[0-9]+)?$")
    return ibis.ifelse(grouped, cell.re_replace(f"[{mark}\u00a0\u202f]", ""), cell)


def cells_of(table: str, column: Mapping[str, Any], cell: ir.StringValue) -> dict[str, ir.Value]:
    """Return what the filled cells of a column are in one of our tables, by what the mapping file says of it."""
    name, unit = ibis.literal(column["as"]), ibis.literal(column.get("unit", "")).nullif("")
    value = ibis.literal(column["value"]) if "value" in column else cell
    if column.get("time") == column["name"] and "value" not in column:
        value = ibis.null("string")  # the cell is the date
    if table == "measurements":
        reads = value.re_search("^(<=|>=|<|>|≤|≥)? ?[+-]?[0-9]")
        nothing = ibis.null("string")
        return {
            "variable": name,
            "value": ibis.ifelse(reads, value, nothing),
            "text": ibis.ifelse(reads, nothing, value),
            "unit": unit,
        }
    if table == "drugs":
        # Nothing of it is no dose.
        none = ibis.coalesce(value.re_search("^0+([.,]0+)?$"), False)
        kind = {"kind": ibis.literal(column["kind"])} if "kind" in column else {}
        end = {"end_day": ibis.literal(f"{column['end_day']:g}")} if "end_day" in column else {}
        given = {"drug": name, "status": ibis.ifelse(none, "held", "given"), **end}
        if not re.search(RATE, column.get("unit", "").lower()):
            return {**given, "amount": value, "unit": unit, **kind}
        if "day" in column and not end:
            # The rate of a day is that of its whole day.
            end = {"end_day": ibis.literal(f"{column['day'] + 1:g}")}
        return {**given, "rate": value, "rate_unit": unit, "kind": ibis.literal("infusion"), **end}
    if table == "states":
        return {"variable": name, "state": value} | ({"device": value} if column["as"] == "oxygen" else {})
    if column["as"].endswith("_grade"):
        # "Grade 2" and "2 - moderate" say a grade as "2" does.
        grade = value.lower().re_extract(r"^ *(?:grade|grad|g)? *([0-5])(?: *[-:(,;].*)?$", 1)
        value = ibis.ifelse(grade != "", grade, value)
    number_ = value.re_search("^[0-9.,]+$")
    nothing = ibis.null("string")
    return {"event": name, "value": ibis.ifelse(number_, value, nothing), "text": ibis.ifelse(number_, nothing, value)}
