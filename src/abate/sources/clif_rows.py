"""What the tables of CLIF share: the courses, and the form in which their rows are handed on."""

from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from abate.sources.mapping import Study
from abate.sources.shelf import record


@dataclass(frozen=True)
class Clif:
    """The CLIF tables that are there, the admission of every course, and what the user asks.

    Attributes
    ----------
    tables
        Without the prefix ``clif_``; identifiers and words are trimmed text, times are timestamps
        with a zone, ``row__number`` counts from 1.
    courses
        From :func:`courses`, kept.
    study
        What the mapping file says.
    files
        The file of each table.
    """

    tables: Mapping[str, ibis.Table]
    courses: ibis.Table
    study: Study
    files: Mapping[str, str]

    def number(self, cell: ir.NumericValue) -> ir.StringValue:
        """Return a number as the reader expects it written."""
        written = cell.cast("string")
        return written.replace(".", ",") if self.study.reading.decimal == "," else written

    def record(self, rows: ibis.Table, name: str, position: int, **cells: ir.Value) -> ibis.Table:
        """Return rows of a CLIF table as one of our tables: :func:`abate.sources.shelf.record`."""
        return record(rows, self.files[name], position, **cells)


def courses(tables: Mapping[str, ibis.Table]) -> ibis.Table:
    """Return the hospitalizations, numbered by admission within their patient.

    Returns
    -------
    ibis.Table
        The columns of ``hospitalization``; ``course_id`` as text; ``sex_category``, ``death_dttm``
        and ``patient__row`` of the patient, null where the patient has no row.
    """
    stays, people = tables["hospitalization"], tables["patient"]
    order = ibis.window(
        group_by="patient_id", order_by=[stays.admission_dttm, stays.hospitalization_id, stays.row__number]
    )
    stays = stays.mutate(course_id=(ibis.row_number().over(order) + 1).cast("string"))
    people = people.select("patient_id", "sex_category", "death_dttm", patient__row="row__number")
    return stays.left_join(people, "patient_id").drop("patient_id_right")


def local(moment: ir.TimestampValue) -> ir.StringValue:
    """Return a moment on the local clock, as text."""
    return moment.cast("timestamp").cast("string")


def with_course(rows: ibis.Table, clif: Clif) -> ibis.Table:
    """Add patient and course; both null where the hospitalization is not known."""
    known = clif.courses.select("hospitalization_id", "patient_id", "course_id")
    return rows.left_join(known, "hospitalization_id").drop("hospitalization_id_right")
