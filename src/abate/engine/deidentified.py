"""Records without identifiers: new ids in a drawn order, day numbers alone, no free text, no names of files."""

import json
import secrets
import tomllib
from dataclasses import replace
from typing import Any

import ibis
import ibis.expr.types as ir

from abate.engine.ingest import Records
from abate.records.canonical import SEIZURES
from abate.records.dictionary import organ_terms
from abate.records.problems import Problem
from abate.records.tables import PATIENTS, TABLES

OLDEST = 90
"""Years that an age is told up to: who is older is 90 (45 CFR 164.514(b))."""
WORDS = ("yes", "no", "no change", *SEIZURES)
"""Texts of events that are no free text; terms of organs and drugs beside them."""
NOTE = (
    "identifiers, dates, free text, names of files and columns that the study does not name were left out, and ages "
    f"above {OLDEST} are {OLDEST}; what was set aside is not written"
)


def deidentified(records: Records) -> Records:
    """Return records of which nothing tells who or when.

    Patients get new ids, in an order drawn anew each time and kept nowhere. Times are days and minutes from day 0;
    ``source`` is the place of a row in its table. Of the columns that the user brought, those stay that a group of the
    mapping file describes label by label, and those of numbers that it names as baseline. Rare findings can still point
    to a person: it is no proof of anonymity.

    Parameters
    ----------
    records
        As they were read.

    References
    ----------
    45 CFR 164.514(b)(2), the safe harbour of HIPAA, of which dates and ages are taken.
    """
    salt = secrets.token_hex(16)
    people = records["patients"].select("patient_id").distinct()
    drawn = ibis.window(order_by=[(people.patient_id + salt).hash(), people.patient_id])
    number = (ibis.row_number().over(drawn) + 1).cast("string")
    new = records.engine.keep("new_ids", people.select("patient_id", new__id=ibis.literal("P") + number.lpad(7, "0")))
    brought = _told(records)
    tables = {name: records.engine.keep(f"without_{name}", _bare(records, name, new, brought)) for name in TABLES}
    problems = (Problem("note", "records", "", NOTE, "", "Nothing to do: it was asked for."),)
    empty = records.set_aside.filter(False)
    source = replace(records.source, hashes={}, rows={}, notes=(), mapping=_plain(records.source.mapping))
    return replace(
        records,
        source=source,
        tables=tables,
        set_aside=records.engine.keep("without_set_aside", empty),
        problems=problems,
        brought=tuple(name for name in records.brought if name in brought),
        numeric=tuple(name for name in records.numeric if name in brought),
        files={},
    )


KEPT = ("study", "options", "coverage", "groups", "comparisons", "variables", "drugs", "events")
"""Parts of a mapping file that a run needs; where cells stood in the user's files is not among them."""


def _plain(mapping: str) -> str:
    """Return a mapping file without remarks, names of files and columns: what is asked of the records alone."""
    kept = {name: part for name, part in tomllib.loads(mapping).items() if name in KEPT}
    # [drugs.NAME] adds to the dictionary, and so on; of [[drugs]] each names a file.
    kept = {name: part for name, part in kept.items() if name == "comparisons" or isinstance(part, dict)}
    return "".join(f"{name} = {_toml(part)}\n" for name, part in kept.items())


def _toml(value: Any) -> str:
    """Return a value as TOML has it on one line; of the kinds that a mapping file holds."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(str(key))} = {_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str | bool) else str(value)


def _told(records: Records) -> tuple[str, ...]:
    """Return the columns that were brought and may stay."""
    described = {group.column for group in records.study.groups.values() if group.labels}
    # A number may be a record's too: only what the study names for its Table 1 is taken for none.
    named = {name for name in records.study.baseline if name in records.numeric}
    return tuple(name for name in records.brought if name in described | named)


def _bare(records: Records, name: str, new: ibis.Table, brought: tuple[str, ...]) -> ibis.Table:
    table = records[name]
    rows = table.join(new, "patient_id")
    order = ibis.window(order_by=[rows.new__id, *_order(rows), rows.source])
    place = (ibis.row_number().over(order) + 1).cast("string")
    cells: dict[str, ir.Value] = {"patient_id": rows.new__id, "source": ibis.literal(f"{name}:") + place}
    nothing = ibis.null("string")
    if name == "patients":
        cells |= {"day0": ibis.null("timestamp"), "age": ibis.ifelse(rows.age > OLDEST, OLDEST, rows.age)}
        kept = [*PATIENTS.schema.names[:-1], *brought, "source"]
    else:
        kept = list(TABLES[name].schema.names)
    if name == "measurements":
        number = rows.recorded.re_search("^[<>=≤≥]*[ ]*[+-]?[0-9.,]+$")
        cells |= {"text": nothing, "recorded": ibis.ifelse(number, rows.recorded, nothing)}
    if name in ("states", "drugs"):
        cells |= {"indication": nothing}
    if name == "drugs":
        cells |= {"formulation": nothing}
    if name == "events":
        known = [*WORDS, *organ_terms(), *records.study.dictionary.drugs]
        cells |= {"text": ibis.ifelse(rows.text.lower().isin(known), rows.text, nothing), "attribution": nothing}
    return rows.select(**{column: cells.get(column, rows[column]) for column in kept})


def _order(rows: ibis.Table) -> list[ir.Value]:
    return [rows[column] for column in ("course_id", "day", "minute") if column in rows.columns]
