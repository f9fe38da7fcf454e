"""Which infusion each record belongs to: a course an infusion, and what ``[door]`` of the mapping file says of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import ibis
import ibis.expr.types as ir

from abate.records.dictionary import Dictionary
from abate.records.problems import Problem, UnusableRecordsError
from abate.records.toml_keys import Key, listed, one_of, problems_of, whole
from abate.sources.mapping import NAME, Study
from abate.sources.shelf import place_of

LEAD = 14
"""Days before a later infusion from which on records are of its course: lymphodepletion begins within them."""


SPLIT = 3
"""Days within which infusions are parts of one: a dose is split over two or three days. Day 0 is the first."""


def _word(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and bool(str(value).strip())


def _units(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(unit, str) for unit in value.values())


KEYS: dict[str, Key] = {
    "day0": one_of(("infusion", "admission", "reference", "first record")),
    "infusion": Key("a list of codes or names of CAR T products or procedures", listed(_word, range(1, 500))),
    "schemas": Key("a list of schemas of a database", listed(_word, range(1, 20))),
    "cohort": Key("the number of a cohort definition", whole(0, 2**31)),
    "split_days": Key("a whole number of days from 0 to 30", whole(0, 30)),
    "lead_days": Key("a whole number of days from 0 to 365", whole(0, 365)),
    "units": Key("a table of codes, each with its unit", _units),
    "adverse_event_system": Key("a grading system of the toxicity grades of adverse events", _word),
}


@dataclass(frozen=True)
class Settings:
    """What ``[door]`` of the mapping file says.

    Attributes
    ----------
    day0
        ``infusion`` of a CAR T product, ``admission`` (a course a stay in hospital), ``reference`` (SDTM's start), or
        ``first record`` (FHIR: the first observation of a patient).
    infusion
        Codes or names, in small letters, that mean such a product or its infusion, beside those of the dictionary.
    schemas
        Schemas of a database in which tables are looked for, the preferred first; all where none is named.
    cohort
        Number of an OMOP cohort whose start is day 0; none where not said.
    lead_days
        Days before a later infusion from which on records are of its course.
    split_days
        Days after the last infusion within which another is a part of the same one.
    units
        Unit by code, where a format has none (MEDS).
    adverse_event_system
        Whose grades the toxicity grades of adverse events are; blank where not said.
    """

    day0: str = "infusion"
    infusion: tuple[str, ...] = ()
    schemas: tuple[str, ...] = ()
    cohort: int | None = None
    lead_days: int = LEAD
    split_days: int = SPLIT
    units: Mapping[str, str] = field(default_factory=dict)
    adverse_event_system: str = ""


def settings(study: Study) -> Settings:
    """Return what ``[door]`` says.

    Raises
    ------
    UnusableRecordsError
        Naming everything in it that is not understood.
    """
    given = study.door
    if said := problems_of("[door]", given, KEYS):
        advice = "Correct the mapping file."
        raise UnusableRecordsError([Problem("unusable", NAME, "door", text.rstrip("."), "", advice) for text in said])
    found: Mapping[str, Any] = {
        **given,
        "infusion": tuple(str(code).strip().lower() for code in given.get("infusion", ())),
        "schemas": tuple(str(schema).strip() for schema in given.get("schemas", ())),
    }
    return Settings(**found)


PROCEDURES = {
    "axicabtagene ciloleucel": ("xw033h7", "xw043h7"),
    "tisagenlecleucel": ("xw033j7", "xw043j7"),
    "idecabtagene vicleucel": ("xw033k7", "xw043k7"),
    "lisocabtagene maraleucel": ("xw033l7", "xw043l7"),
    "brexucabtagene autoleucel": ("xw033m7", "xw043m7"),
    "ciltacabtagene autoleucel": ("xw033s7", "xw043s7"),
    "": ("xw033c7", "xw043c7", "0540t"),
}
"""Codes of the infusion in ICD-10-PCS and CPT, by product, blank where the code says none; as recalled."""


def procedures(asked: Settings) -> dict[str, str]:
    """Return every code of an infusion as a procedure, in small letters, and its product; blank where it says none."""
    known = {code: product for product, codes in PROCEDURES.items() for code in codes}
    return {**dict.fromkeys(asked.infusion, ""), **known}


def products(known: Dictionary, asked: Settings) -> dict[str, str]:
    """Return every written form of a CAR T product, in small letters, and its name; those asked for name themselves."""
    infused = {name for name, row in known.drugs.items() if row.get("drug_class", "").startswith("CAR-T")}
    found = {written: name for written, name in known.written("drugs").items() if name in infused}
    return {**dict.fromkeys(asked.infusion, ""), **found}


def whole_infusions(infusions: ibis.Table, split_days: int) -> ibis.Table:
    """Return the first of infusions that are parts of one: bags of a day, days of a split dose, a product's procedure.

    Parameters
    ----------
    infusions
        ``patient_id, day0`` (text, ISO 8601), ``product``; the first is kept, with the first product that is named.
    split_days
        As :attr:`Settings.split_days`.
    """
    date = infusions.day0.substr(0, 10)
    order = [date, infusions["product"].isnull(), infusions.day0, place_of(infusions)]
    each = ibis.window(group_by="patient_id", order_by=order)
    day, before = date.try_cast("date"), date.lag().over(each)
    since = day.delta(before.try_cast("date"), unit="day")
    rows = infusions.mutate(
        # Of a month alone no distance is known: another month is another infusion.
        apart=ibis.coalesce(since > split_days, date != before, False).cast("int64"),
        row__in=ibis.row_number().over(each),
    )
    running = ibis.window(group_by="patient_id", order_by="row__in", preceding=None, following=0)
    rows = rows.mutate(infusion__number=rows.apart.sum().over(running))
    same = ibis.window(group_by=["patient_id", "infusion__number"], order_by="row__in")
    rows = rows.mutate(bag=ibis.row_number().over(same), product=rows["product"].first().over(same))
    return rows.filter(rows.bag == 0).drop("bag", "row__in", "apart", "infusion__number")


def age_at(day0: ir.StringValue, born: ir.StringValue) -> ir.IntegerValue:
    """Return the completed years from a date of birth to day 0, null where either is no whole date."""
    at, birth = (cell.substr(0, 10).try_cast("date") for cell in (day0, born))
    return at.year() - birth.year() - ibis.ifelse(at.strftime("%m%d") < birth.strftime("%m%d"), 1, 0)


def numbered(infusions: ibis.Table, lead_days: int) -> ibis.Table:
    """Return infusions as courses, numbered within their patient by day 0.

    Parameters
    ----------
    infusions
        ``patient_id, day0`` (text, ISO 8601) and whatever else; one row an infusion.
    lead_days
        As :attr:`Settings.lead_days`.

    Returns
    -------
    ibis.Table
        Also ``course_id`` (text), ``begins`` and ``ends``: from when on and until when records are of the course; null
        where nothing comes before or after it.
    """
    at = infusions.day0.try_cast("timestamp")
    order = ibis.window(group_by="patient_id", order_by=[at, place_of(infusions)])
    rows = infusions.mutate(
        course_id=(ibis.row_number().over(order) + 1).cast("string"),
        begins=at.truncate("D") - ibis.interval(days=lead_days),
        place=ibis.row_number().over(order),
    )
    order = ibis.window(group_by="patient_id", order_by="place")
    rows = rows.mutate(ends=rows.begins.lead().over(order))
    return rows.mutate(begins=ibis.ifelse(rows.place == 0, ibis.null("timestamp"), rows.begins)).drop("place")


def with_course(rows: ibis.Table, courses: ibis.Table, when: ir.StringValue) -> ibis.Table:
    """Add ``course_id``: of the infusion whose time a record falls in, by its start; null where it falls in none.

    A record without a time is of the only course of its patient, or of none that can be told.

    Parameters
    ----------
    rows
        With ``patient_id``.
    courses
        From :func:`numbered`.
    when
        Time of each row, text as ISO 8601.
    """
    month = when.re_search(r"^[0-9]{4}-[0-9]{2}$")
    rows = rows.mutate(at__time=ibis.ifelse(month, when + "-01", when).try_cast("timestamp"))
    known = courses.select(of__patient="patient_id", course_id="course_id", begins__time="begins", ends__time="ends")
    alone = known.begins__time.isnull() & known.ends__time.isnull()
    inside = ibis.coalesce(rows.at__time >= known.begins__time, known.begins__time.isnull()) & ibis.coalesce(
        rows.at__time < known.ends__time, known.ends__time.isnull()
    )
    falls = alone | (rows.at__time.notnull() & inside)
    joined = rows.left_join(known, [rows.patient_id == known.of__patient, falls])
    return joined.drop("at__time", "of__patient", "begins__time", "ends__time")
