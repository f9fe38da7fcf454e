"""What becomes of the rows of FHIR: the record tables, as text under the project's names.

Every row that says something goes through, also where its code or unit will be set aside: judging is the reader's work.
What a resource's own status takes back (entered in error, cancelled, refuted, not confirmed) is no record: it is set
aside under its name with that word.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from abate.records.canonical import plain_word
from abate.sources.conditions import condition
from abate.sources.fhir_resources import UNDONE, VOID
from abate.sources.infusions import (
    PROCEDURES,
    Settings,
    age_at,
    numbered,
    procedures,
    products,
    whole_infusions,
    with_course,
)
from abate.sources.mapping import Study
from abate.sources.shelf import clock, record, told, union, unless

INPATIENT = ("imp", "acute", "nonac")
"""Classes of an encounter that are a stay in hospital."""

SPELLING: dict[str, dict[str, str]] = {
    "patients": {"age": "birthDate", "sex": "gender"},
    "measurements": {"variable": "code", "value": "valueQuantity", "unit": "valueQuantity.code", "time": "effective"},
    "drugs": {"drug": "medication", "amount": "dosage.dose", "unit": "dosage.dose.code", "status": "status"},
    "events": {"event": "code", "time": "onset"},
}


@dataclass(frozen=True)
class Fhir:
    """The rows of the resources, the courses, what the user asks, and the observations of :func:`observed`."""

    tables: Mapping[str, ibis.Table]
    courses: ibis.Table
    study: Study
    observed: Any = None

    def placed(self, name: str) -> ibis.Table:
        """Return the rows of a table with course, ``time`` and ``end_time``."""
        rows = self.tables[name]
        rows = rows.mutate(patient_id=rows.patient, time=clock(rows.time, self.study))
        end = clock(rows.end, self.study) if "end" in rows.columns else ibis.null("string")
        return with_course(rows.mutate(end_time=end), self.courses, rows.time)


def stated(rows: ibis.Table) -> ibis.Table:
    """Return the rows that are not taken back by their own status."""
    return rows.filter(ibis.coalesce(rows.status, "").notin(VOID))


def standing(rows: ibis.Table, name: ir.StringValue) -> ir.StringValue:
    """Return a name; with its status, which no dictionary has, where that takes it back."""
    return unless(rows.status.isin(VOID), name, rows.status)


def named(rows: ibis.Table, words: Mapping[str, str]) -> ibis.Table:
    """Add ``named``: the first of a row's codes that is known, else what the concept is called."""
    codes = pa.table(
        {"known__code": pa.array(words.keys(), pa.string()), "known": pa.array(words.values(), pa.string())}
    )
    each = rows.filter(rows.codes.notnull()).select("row__place", code=rows.codes.split("|")).unnest("code")
    table = ibis.memtable(codes)
    found = each.join(table, each.code == table.known__code)
    first = found.group_by(known__of="row__place").aggregate(known=found.known.min())
    joined = rows.left_join(first, rows.row__place == first.known__of)
    return joined.mutate(named=ibis.coalesce(joined.known, joined.called)).drop("known__of", "known")


def administered(tables: Mapping[str, ibis.Table]) -> ibis.Table:
    """Return the drugs with the codes of the medications that they refer to."""
    rows = tables["drugs"]
    medications = tables["medications"].select(of__id="id", of__codes="codes", of__called="called")
    # The same medication may stand in several bundles.
    medications = medications.group_by("of__id").aggregate(
        of__codes=medications.of__codes.min(), of__called=medications.of__called.min()
    )
    joined = rows.left_join(medications, rows.refers == medications.of__id)
    return joined.mutate(
        codes=ibis.coalesce(joined.codes, joined.of__codes), called=ibis.coalesce(joined.called, joined.of__called)
    ).drop("of__id", "of__codes", "of__called")


def day0(tables: Mapping[str, ibis.Table], study: Study, asked: Settings) -> ibis.Table:
    """Return the courses: what ``[door] day0`` asks for; ``patient_id, day0, product`` and as :func:`numbered` says."""
    nothing = ibis.null("string")

    def rows(table: ibis.Table, product: ir.StringValue) -> ibis.Table:
        at = clock(table.time, study)
        found = table.select("file", "row__place", "row__number", patient_id=table.patient, day0=at, product=product)
        return found.filter(found.day0.notnull(), found.patient_id.notnull())

    if asked.day0 == "admission":
        stays = stated(tables["stays"])
        return numbered(rows(stays.filter(stays["kind"].lower().isin(INPATIENT)), nothing), asked.lead_days)
    if asked.day0 == "first record":
        every = rows(stated(tables["observations"]), nothing)
        order = ibis.window(group_by="patient_id", order_by=[every.day0, every.row__place.cast("int64")])
        every = every.mutate(first=ibis.row_number().over(order))
        return numbered(every.filter(every.first == 0).drop("first"), asked.lead_days)
    known = {code: name or code for code, name in products(study.dictionary, asked).items()}
    given = named(administered(tables), known)
    given = given.filter(given.status == "given", given.named.isin(list(known.values())))
    own = {code: product or code for code, product in procedures(asked).items()}
    done = named(tables["procedures"], own)
    done = done.filter(done.named.isin(list(own.values())), ibis.coalesce(done.status, "").notin(UNDONE))
    product = ibis.ifelse(done.named.isin(list(PROCEDURES)), done.named, nothing)
    every = ibis.union(rows(given, given.named), rows(done, product))
    return numbered(whole_infusions(every, asked.split_days), asked.lead_days)


def _patients(fhir: Fhir) -> ibis.Table:
    people = fhir.tables["people"].drop("file", "row__number", "row__place")
    rows = fhir.courses.left_join(people, fhir.courses.patient_id == people.id)
    # Of a year of birth alone the age is known within a year: the difference of the years.
    between = rows.day0.substr(0, 4).try_cast("int64") - rows.born.substr(0, 4).try_cast("int64")
    years = ibis.coalesce(age_at(rows.day0, rows.born), between)
    return record(
        rows,
        rows.file,
        0,
        day0=rows.day0,
        age=years.cast("string"),
        sex=rows.sex,
        product=rows["product"],
        last_contact=clock(rows.died, fhir.study),
    )


def observed(fhir: Fhir) -> ibis.Table:
    """Return the observations with what they are of, and ``device``: whether they say an oxygen device."""
    rows = named(fhir.placed("observations"), fhir.study.dictionary.written("measurements"))
    known = plain_word(rows.said).isin(list(fhir.study.dictionary.states_of("oxygen")))
    known &= rows.value.isnull() & rows.said.notnull() & ibis.coalesce(rows.status, "").notin(VOID)
    return rows.mutate(device=ibis.coalesce(known, False))


def _measurements(fhir: Fhir) -> ibis.Table | None:
    rows = fhir.observed.filter(~fhir.observed.device)
    value, text = told(ibis.coalesce(rows.comparator, "") + rows.value, rows.said)
    return record(
        rows,
        rows.file,
        0,
        variable=standing(rows, rows.named),
        value=value,
        text=text,
        unit=rows.unit,
        lln=rows.low,
        uln=rows.high,
        time=rows.time,
        end_time=rows.end_time,
    )


def _states(fhir: Fhir) -> ibis.Table | None:
    rows = fhir.observed.filter(fhir.observed.device)
    return record(
        rows, rows.file, 0, variable=ibis.literal("oxygen"), device=rows.said, time=rows.time, end_time=rows.end_time
    )


def _drugs(fhir: Fhir) -> ibis.Table | None:
    every = replace(fhir, tables={**fhir.tables, "drugs": administered(fhir.tables)})
    rows = named(every.placed("drugs"), fhir.study.dictionary.written("drugs"))
    infusion = ibis.ifelse(rows.rate.notnull(), "infusion", "dose")
    return record(
        rows,
        rows.file,
        0,
        drug=rows.named.lower(),
        kind=infusion,
        amount=rows.amount,
        unit=rows.unit,
        rate=rows.rate,
        rate_unit=rows.rate_unit,
        route=rows.route.lower(),
        status=rows.status,
        indication=rows.reason,
        time=rows.time,
        end_time=ibis.ifelse(rows.end_time > rows.time, rows.end_time, ibis.null("string")),
    )


def _events(fhir: Fhir) -> ibis.Table | None:
    rows = fhir.placed("conditions")
    event = standing(rows, condition(rows.codes, rows.called))
    parts = [record(rows, rows.file, 0, event=event, time=rows.time)]
    stays = fhir.placed("stays")
    stays = stays.filter(stays["kind"].lower().isin(INPATIENT))
    admitted = standing(stays, ibis.literal("hospital_admission"))
    parts.append(record(stays, stays.file, 1, event=admitted, time=stays.time, end_time=stays.end_time))
    dead = fhir.tables["people"].filter(ibis._.dead.isin(("yes", "true")))
    dead = dead.mutate(patient_id=dead.id, time=clock(dead.died, fhir.study))
    dead = with_course(dead, fhir.courses, dead.time)
    parts.append(record(dead, dead.file, 2, event=ibis.literal("death"), time=dead.time))
    return union(parts)


BUILD: dict[str, Callable[[Fhir], ibis.Table | None]] = {
    "patients": _patients,
    "measurements": _measurements,
    "states": _states,
    "drugs": _drugs,
    "events": _events,
}
"""How each record table is made."""
