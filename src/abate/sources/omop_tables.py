"""What becomes of the rows of OMOP: the record tables, as text under the project's names.

A record is known by its standard concept or its source code, whichever the dictionary has; by a descendant of a concept
of the dictionary where the vocabulary is there. Every row of those who have a day 0 goes through, also where its name
or unit will be set aside. Ordered is not given: the type of a drug exposure decides.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from abate.records.canonical import plain_word
from abate.sources.conditions import condition
from abate.sources.infusions import age_at, with_course
from abate.sources.mapping import Study
from abate.sources.shelf import dosed, record, through, told, union


def _coded(kind: str, *start: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    codes = (f"{kind}_source_value", f"{kind}_source_concept_id")
    return ("person_id", f"{kind}_concept_id", f"{start[0]}_date"), (
        *codes,
        *(f"{name}_datetime" for name in start),
        *(f"{name}_date" for name in start[1:]),
        "visit_occurrence_id",
    )


def _with(columns: tuple[tuple[str, ...], tuple[str, ...]], *others: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return columns[0], (*columns[1], *others)


_VALUES = ("value_as_number", "value_as_concept_id", "value_source_value", "unit_concept_id", "unit_source_value")
TABLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "person": (("person_id", "gender_concept_id", "year_of_birth"), ("birth_datetime", "gender_source_value")),
    "visit_occurrence": (
        ("person_id", "visit_occurrence_id", "visit_concept_id", "visit_start_date"),
        ("visit_start_datetime", "visit_end_date", "visit_end_datetime"),
    ),
    "observation_period": (("person_id", "observation_period_end_date"), ()),
    "measurement": _with(
        _coded("measurement", "measurement"),
        *_VALUES,
        "operator_concept_id",
        "range_low",
        "range_high",
        "measurement_time",
    ),
    "observation": _with(_coded("observation", "observation"), *_VALUES, "value_as_string"),
    "drug_exposure": _with(
        _coded("drug", "drug_exposure_start", "drug_exposure_end"),
        *(
            "drug_type_concept_id",
            "quantity",
            "sig",
            "route_concept_id",
            "route_source_value",
            "dose_unit_source_value",
        ),
    ),
    "device_exposure": _coded("device", "device_exposure_start", "device_exposure_end"),
    "condition_occurrence": _coded("condition", "condition_start", "condition_end"),
    "procedure_occurrence": _coded("procedure", "procedure"),
    "death": (("person_id", "death_date"), ("death_datetime", "cause_source_value", "cause_concept_id")),
    "concept": (("concept_id", "concept_name"), ("concept_code", "vocabulary_id")),
    "concept_ancestor": (("ancestor_concept_id", "descendant_concept_id"), ()),
    "cohort": (("cohort_definition_id", "subject_id", "cohort_start_date"), ()),
}
"""The tables that are read: columns that have to be there, and others that are taken."""

INPATIENT = ("9201", "262", "8717", "8971", "32037", "581379", "581383")
"""Concepts of stays in hospital: inpatient, emergency and inpatient, inpatient hospital, intensive care."""

UNITS = {
    "8840": "mg/dL",
    "8842": "ng/mL",
    "8748": "ug/L",
    "8751": "mg/L",
    "8645": "U/L",
    "8923": "[IU]/L",
    "8848": "10*3/uL",
    "8961": "10*3/uL",
    "9444": "10*9/L",
    "8713": "g/dL",
    "8636": "g/L",
    "8753": "mmol/L",
    "8749": "umol/L",
    "9557": "meq/L",
    "8845": "pg/mL",
    "8554": "%",
    "8876": "mm[Hg]",
    "8541": "/min",
    "8483": "/min",
    "586323": "Cel",
    "9289": "[degF]",
    "9529": "kg",
    "9373": "g",
    "8582": "cm",
    "8555": "s",
}
"""UCUM units by their standard concept, as recalled; the vocabulary goes before, where it is there."""

COMPARED = {"4171756": "<", "4171754": "<=", "4171755": ">=", "4172704": ">"}
ORDERED = ("32833", "38000177", "32838", "38000175", "32839", "38000176", "32825", "32869")
"""Types of a drug exposure that are a prescription, its dispensing or a pharmacy's claim, as recalled."""
SEXES = {"8507": "M", "8532": "F"}
SPELLING: dict[str, dict[str, str]] = {
    "patients": {"day0": "drug_exposure_start_date", "last_contact": "observation_period_end_date"},
    "measurements": {
        "variable": "measurement_concept_id",
        "value": "value_as_number",
        "unit": "unit_source_value",
        "time": "measurement_datetime",
    },
    "drugs": {
        "drug": "drug_concept_id",
        "amount": "quantity",
        "unit": "dose_unit_source_value",
        "route": "route_source_value",
    },
    "events": {"event": "condition_concept_id", "time": "condition_start_date"},
    "states": {"state": "device_source_value", "time": "device_exposure_start_date"},
}


@dataclass(frozen=True)
class Omop:
    """The tables that are there with the records of those who have a day 0, and their courses."""

    tables: Mapping[str, ibis.Table]
    vocabulary: Mapping[str, ibis.Table]
    names: ibis.Table
    units: ibis.Table
    courses: ibis.Table
    study: Study

    def placed(self, name: str, start: str, end: str = "") -> ibis.Table:
        """Return the rows of a table with patient, course, ``time`` and ``end_time``."""
        rows = self.tables[name]
        rows = rows.mutate(patient_id=rows.person_id, time=at(rows, start))
        rows = rows.mutate(end_time=at(rows, end) if end else ibis.null("string"))
        return with_course(rows, self.courses, rows.time)

    def named(self, rows: ibis.Table, kind: str, words: Mapping[str, str]) -> ibis.Table:
        """Add ``named``: what a row is about, as the dictionary has it, else its concept's name, else its code."""
        columns = [f"{kind}_concept_id", f"{kind}_source_concept_id", f"{kind}_source_value"]
        rows = looked_up(rows, columns, with_descendants(words, self.vocabulary), "known")
        rows = looked_up(rows, columns[:1], self.names, "called")
        concept = rows[columns[0]].nullif("0")
        return rows.mutate(named=ibis.coalesce(rows.known, rows.called, rows[columns[2]], concept)).drop(
            "known", "called"
        )


def at(rows: ibis.Table, name: str) -> ir.StringValue:
    """Return a time: its date, with the clock where there is one that is not midnight to the second.

    OMOP asks for a time where only the day is known; midnight then stands in it, and is no time of day.
    """
    date, moment = rows[f"{name}_date"], rows[f"{name}_datetime"] if f"{name}_datetime" in rows.columns else None
    if moment is None:
        return date.substr(0, 10)
    clocked = moment.length() > 10
    midnight = moment.substr(11).re_search(r"^00:00(:00([.]0+)?)?$")
    return ibis.ifelse(
        ibis.coalesce(clocked & ~midnight, False), moment.replace("T", " ").substr(0, 19), date.substr(0, 10)
    )


def with_descendants(known: Mapping[str, str], vocabulary: Mapping[str, ibis.Table]) -> dict[str, str]:
    """Return names by code, those of every descendant of a concept among them, where the vocabulary is there."""
    if "concept_ancestor" not in vocabulary:
        return dict(known)
    rows = vocabulary["concept_ancestor"]
    rows = rows.filter(rows.ancestor_concept_id.isin([code for code in known if code.isdigit()]))
    pairs = (
        rows.select("ancestor_concept_id", "descendant_concept_id")
        .distinct()
        .order_by("ancestor_concept_id", "descendant_concept_id")
    )
    found = pairs.to_pyarrow().to_pylist()
    return {row["descendant_concept_id"]: known[row["ancestor_concept_id"]] for row in found} | dict(known)


def looked_up(
    rows: ibis.Table, columns: Sequence[str], words: "Mapping[str, str] | ibis.Table", out: str
) -> ibis.Table:
    """Add the first name that the codes of some columns have; null where none has one.

    Parameters
    ----------
    rows, columns
        Rows, and their columns of codes, the first preferred.
    words
        Name by code in small letters: a mapping, or a table ``code, name``.
    out
        The column that is added.
    """
    table = _table(words) if isinstance(words, Mapping) else words
    found = []
    for place, column in enumerate(columns):
        mine = table.rename({f"{out}__{place}": "name", f"{out}__code{place}": "code"})
        rows = rows.left_join(mine, rows[column].lower() == mine[f"{out}__code{place}"])
        rows = rows.drop(f"{out}__code{place}")
        found.append(f"{out}__{place}")
    return rows.mutate(**{out: ibis.coalesce(*(rows[name] for name in found))}).drop(*found)


def _table(words: Mapping[str, str]) -> ibis.Table:
    columns = {
        "code": pa.array([code.lower() for code in words], pa.string()),
        "name": pa.array(words.values(), pa.string()),
    }
    return ibis.memtable(pa.table(columns))


def names_of(vocabulary: Mapping[str, ibis.Table]) -> tuple[ibis.Table, ibis.Table]:
    """Return the names of concepts and the UCUM codes of units, ``code, name`` each; those known without one."""
    units = _table(UNITS)
    if "concept" not in vocabulary:
        return _table({}), units
    # Concept 0 says that the vocabulary has none: what the source wrote says more.
    rows = vocabulary["concept"].filter(ibis._.concept_id != "0")
    ucum = rows.filter(rows.vocabulary_id == "UCUM", rows.concept_code.notnull())
    own = ucum.select(code="concept_id", name="concept_code").distinct(on="code", keep="first")
    return (
        rows.select(code="concept_id", name="concept_name").distinct(on="code", keep="first"),
        ibis.union(own, units.anti_join(own, "code")),
    )


def _patients(omop: Omop) -> ibis.Table:
    people = omop.tables["person"].drop("row__number", "file")
    rows = omop.courses.left_join(people, omop.courses.patient_id == people.person_id)
    last = {}
    if "observation_period" in omop.tables:
        periods = omop.tables["observation_period"]
        ends = periods.group_by(ends__of=periods.person_id).aggregate(last=periods.observation_period_end_date.max())
        rows = rows.left_join(ends, rows.patient_id == ends.ends__of)
        last = {"last_contact": rows["last"].substr(0, 10)}
    # Of a year of birth alone the age is known within a year: the difference of the years.
    between = rows.day0.substr(0, 4).try_cast("int64") - rows.year_of_birth.try_cast("int64")
    years = ibis.coalesce(age_at(rows.day0, rows.birth_datetime), between)
    sex = ibis.coalesce(
        rows.gender_concept_id.cases(*SEXES.items(), else_=ibis.null("string")), rows.gender_source_value
    )
    return record(
        rows, rows.file, 0, day0=rows.day0, age=years.cast("string"), sex=sex, product=rows["product"], **last
    )


def _measurements(omop: Omop) -> ibis.Table | None:
    words = omop.study.dictionary.written("measurements")
    parts = []
    for position, name in enumerate(("measurement", "observation")):
        if name not in omop.tables:
            continue
        rows = omop.named(omop.placed(name, name), name, words)
        rows = looked_up(rows, ["unit_concept_id"], omop.units, "ucum")
        rows = looked_up(rows, ["value_as_concept_id"], omop.names, "said")
        number = rows.value_as_number
        if name == "measurement":
            sign = rows.operator_concept_id.cases(*COMPARED.items(), else_=ibis.literal(""))
            number = ibis.coalesce(sign, "") + number
        value, written = told(number, rows.value_source_value)
        other = rows.value_as_string if name == "observation" else ibis.null("string")
        words_said = ibis.coalesce(rows.said, other, written)
        limits = {"lln": rows.range_low, "uln": rows.range_high} if name == "measurement" else {}
        parts.append(
            record(
                rows,
                rows.file,
                position,
                variable=rows.named,
                value=value,
                text=ibis.ifelse(value.isnull(), words_said, ibis.null("string")),
                unit=ibis.coalesce(rows.ucum, rows.unit_source_value),
                time=rows.time,
                **limits,
            )
        )
    return union(parts)


def _drugs(omop: Omop) -> ibis.Table | None:
    if "drug_exposure" not in omop.tables:
        return None
    words = omop.study.dictionary.written("drugs")
    rows = omop.named(omop.placed("drug_exposure", "drug_exposure_start", "drug_exposure_end"), "drug", words)
    rows = looked_up(rows, ["route_concept_id"], omop.names, "way")
    # A quantity without a unit counts tablets or bags, and is no amount.
    unit, none = rows.dose_unit_source_value, ibis.null("string")
    ordered = ibis.coalesce(rows.drug_type_concept_id.isin(ORDERED), False)
    return record(
        rows,
        rows.file,
        0,
        drug=rows.named.lower(),
        **dosed(ibis.ifelse(unit.notnull(), rows.quantity, none), unit),
        route=ibis.coalesce(rows.route_source_value, rows.way).lower(),
        status=ibis.ifelse(ordered, "ordered", "given"),
        time=rows.time,
        end_time=ibis.ifelse(rows.end_time > rows.time, rows.end_time, none),
    )


def _states(omop: Omop) -> ibis.Table | None:
    if "device_exposure" not in omop.tables:
        return None
    rows = omop.named(omop.placed("device_exposure", "device_exposure_start", "device_exposure_end"), "device", {})
    known = plain_word(rows.named).isin(list(omop.study.dictionary.states_of("oxygen")))
    return record(
        rows,
        rows.file,
        0,
        variable=ibis.ifelse(known, "oxygen", rows.named),
        device=ibis.ifelse(known, rows.named, ibis.null("string")),
        state=rows.named,
        time=rows.time,
        end_time=through(rows.end_time),
    )


def _events(omop: Omop) -> ibis.Table | None:
    parts = []
    if "condition_occurrence" in omop.tables:
        rows = omop.named(omop.placed("condition_occurrence", "condition_start"), "condition", {})
        parts.append(
            record(rows, rows.file, 0, event=condition(rows.condition_source_value, rows.named), time=rows.time)
        )
    if "visit_occurrence" in omop.tables:
        rows = omop.placed("visit_occurrence", "visit_start", "visit_end")
        rows = rows.filter(rows.visit_concept_id.isin(INPATIENT))
        stay = ibis.literal("hospital_admission")
        # A stay of one date has that day.
        end = ibis.ifelse(rows.end_time == rows.time, through(rows.end_time), rows.end_time)
        parts.append(record(rows, rows.file, 1, event=stay, time=rows.time, end_time=end))
    if "death" in omop.tables:
        rows = looked_up(omop.placed("death", "death"), ["cause_concept_id"], omop.names, "cause")
        cause = ibis.coalesce(rows.cause, rows.cause_source_value)
        parts.append(record(rows, rows.file, 2, event=ibis.literal("death"), text=cause, time=rows.time))
    return union(parts)


BUILD: dict[str, Callable[[Omop], ibis.Table | None]] = {
    "patients": _patients,
    "measurements": _measurements,
    "states": _states,
    "drugs": _drugs,
    "events": _events,
}
"""How each record table is made; None where none of its tables is there."""
