"""The six tables in which every door ends.

Every row carries ``patient_id``, ``course_id`` and ``source``. A *value* is what accounting counts:
a filled cell in a column of role ``value``, or the row itself where it has none (an event without
a number). All columns of role ``value`` hold numbers; what cannot be read as one is set aside.
"""

from dataclasses import dataclass
from typing import Literal

import ibis
import ibis.expr.datatypes as dt

Kind = Literal["text", "number", "boolean", "choice"]
Role = Literal["name", "value", "detail", "qualifier"]

DTYPES: dict[Kind, dt.DataType] = {
    "text": dt.string,
    "choice": dt.string,
    "number": dt.float64,
    "boolean": dt.boolean,
}


@dataclass(frozen=True)
class Column:
    """One column of a record table.

    Attributes
    ----------
    name, kind
        Its name and what it holds.
    role
        ``name`` says what the row is about and must be there; ``value`` is a number without which
        the row says something else, so a row is set aside whole if it cannot be read; ``detail``
        is a number that can be lost alone; ``qualifier`` is text beside them.
    meaning
        In words, with the unit.
    choices
        The words allowed where ``kind`` is ``choice``.
    """

    name: str
    kind: Kind
    role: Role
    meaning: str
    choices: tuple[str, ...] = ()

    @property
    def counted(self) -> bool:
        """Whether a filled cell of this column is a value in the accounting."""
        return self.role in ("value", "detail")


@dataclass(frozen=True)
class Table:
    """One record table: what a row is, its columns, and whether it may span an interval."""

    name: str
    row_is: str
    columns: tuple[Column, ...]
    has_end: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """The column that says what each row is about (empty for ``patients``)."""
        return tuple(column.name for column in self.columns if column.role == "name")

    @property
    def schema(self) -> ibis.Schema:
        """The columns of the finished table, in order, with their types."""
        fields: dict[str, dt.DataType] = {"patient_id": dt.string, "course_id": dt.int64}
        for column in self.columns:
            fields[column.name] = DTYPES[column.kind]
        if self.name == "patients":
            fields |= {"day0": dt.timestamp, "day0_kind": dt.string}
            fields |= {"last_contact_day": dt.int64, "last_contact_precision": dt.string}
        else:
            if self.name == "measurements":
                fields |= {"outside_usual": dt.boolean, "recorded": dt.string, "unit_recorded": dt.string}
            fields |= {"day": dt.int64, "minute": dt.int64, "time_precision": dt.string}
            if self.has_end:
                fields |= {"end_day": dt.int64, "end_minute": dt.int64}
        return ibis.schema({**fields, "source": dt.string})


STATUSES = ("given", "ordered", "held")
DRUG_KINDS = ("dose", "infusion", "interval total")
DOMAINS = ("vitals", "vasopressors", "oxygen", "neuro", "labs", "drugs", "events")

PATIENTS = Table(
    "patients",
    "one infused course",
    (
        Column("age", "number", "detail", "Age at infusion (years)"),
        Column("sex", "text", "qualifier", "Sex, as written"),
        Column("weight_kg", "number", "detail", "Body weight (kg)"),
        Column("height_cm", "number", "detail", "Height (cm)"),
        Column("product", "text", "qualifier", "CAR T-cell product"),
        Column("disease", "text", "qualifier", "Disease or histology"),
    ),
    has_end=False,
)
MEASUREMENTS = Table(
    "measurements",
    "one number or result",
    (
        Column("variable", "text", "name", "Name, LOINC code or OMOP concept of the dictionary"),
        Column("value", "number", "value", "Result, in the unit of its row; may begin with < <= > >="),
        Column("comparator", "choice", "qualifier", "Beyond a limit of the assay", ("<", "<=", ">", ">=")),
        Column("value_low", "number", "value", "Lowest the value can be, where only bounds are known"),
        Column("value_high", "number", "value", "Highest the value can be"),
        Column("unit", "text", "qualifier", "UCUM unit"),
        Column("text", "text", "qualifier", "Result in words"),
        Column("lln", "number", "detail", "Lower limit of normal, in the unit of its row"),
        Column("uln", "number", "detail", "Upper limit of normal, in the unit of its row"),
    ),
)
STATES = Table(
    "states",
    "one finding that holds for a while",
    (
        Column("variable", "text", "name", "What the finding is about (oxygen, consciousness, ...)"),
        Column("state", "text", "qualifier", "The finding"),
        Column("device", "text", "qualifier", "Oxygen device"),
        Column("flow", "number", "detail", "Oxygen flow (L/min)"),
        Column("fio2", "number", "detail", "Fraction of inspired oxygen (%)"),
        Column("indication", "text", "qualifier", "Why"),
    ),
)
DRUGS = Table(
    "drugs",
    "one administration, infusion segment, or total over an interval",
    (
        Column("drug", "text", "name", "Name, RxNorm, ATC or OMOP code of the dictionary"),
        Column("kind", "choice", "qualifier", "What the amount is", DRUG_KINDS),
        Column("amount", "number", "value", "Amount of each dose, or of the interval"),
        Column("amount_low", "number", "value", "Lowest the amount can be, where a range is known"),
        Column("amount_high", "number", "value", "Highest the amount can be"),
        Column("unit", "text", "qualifier", "UCUM unit of the amount"),
        Column("rate", "number", "value", "Rate of an infusion"),
        Column("rate_unit", "text", "qualifier", "UCUM unit of the rate"),
        Column("dose_count", "number", "value", "How many such doses (blank is one)"),
        Column("interval_h", "number", "value", "Hours from one such dose to the next"),
        Column("per_kg", "boolean", "qualifier", "The amount is per kg of body weight"),
        Column("route", "text", "qualifier", "Route"),
        Column("formulation", "text", "qualifier", "Salt or form"),
        Column("status", "choice", "qualifier", "Given, ordered or held (blank is given)", STATUSES),
        Column("indication", "text", "qualifier", "Why it was given, where recorded"),
    ),
)
EVENTS = Table(
    "events",
    "one thing that happened or was judged",
    (
        Column("event", "text", "name", "Name of the event in the dictionary"),
        Column("system", "text", "qualifier", "Grading system of a grade"),
        Column("value", "number", "value", "The grade or number"),
        Column("value_low", "number", "value", "Lowest it can be, where only a bound is known"),
        Column("value_high", "number", "value", "Highest it can be"),
        Column("text", "text", "qualifier", "The finding in words; for a death its coded cause"),
        Column("attribution", "text", "qualifier", "A clinician's attribution, where recorded"),
    ),
)
COVERAGE = Table(
    "coverage",
    "a promise of completeness",
    (
        Column("domain", "choice", "name", "What is complete", DOMAINS),
        Column("complete", "boolean", "qualifier", "Whether it is (blank is yes)"),
    ),
)

TABLES: dict[str, Table] = {table.name: table for table in (PATIENTS, MEASUREMENTS, STATES, DRUGS, EVENTS, COVERAGE)}
"""The six tables by name, patients first: the others are checked against them."""

TIME_COLUMNS = ("time", "day", "minute", "month")
END_COLUMNS = ("end_time", "end_day", "end_minute", "end_month")

LOCAL_ROUTES = (
    "topical",
    "inhaled",
    "inhalation",
    "ophthalmic",
    "otic",
    "nasal",
    "rectal",
    "intra-articular",
    "intraarticular",
    "intrathecal",
    "it",
)
"""Routes that are no systemic exposure (lower case)."""
