"""The door of CLIF 2.1 and 3.0: ``clif_*.parquet`` or ``clif_*.csv`` of a folder, one course a hospitalization.

CLIF is the Common Longitudinal ICU data Format (clif-icu.com); it fixes the names of files and
columns, and of the vital signs also the units. What becomes of a row: ``clif_tables.py``.
"""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir

from abate.records import parse
from abate.records.problems import AbateError, Problem, UnusableRecordsError
from abate.records.tables import TABLES
from abate.sources import clif_tables
from abate.sources.clif_rows import Clif, courses
from abate.sources.folder import Source, declared_coverage, sha256
from abate.sources.mapping import NAME, read_mapping
from abate.sources.shelf import Shelf

REQUIRED: dict[str, dict[str, str]] = {
    "hospitalization": {
        "patient_id": "text",
        "hospitalization_id": "text",
        "admission_dttm": "time",
        "discharge_dttm": "time",
        "age_at_admission": "number?",
        "admission_type_category": "text?",
        "discharge_category": "text?",
    },
    "patient": {"patient_id": "text", "sex_category": "text?", "death_dttm": "time"},
}
OPTIONAL: dict[str, dict[str, str]] = {
    "vitals": {
        "hospitalization_id": "text",
        "recorded_dttm": "time",
        "vital_category": "text",
        "vital_value": "number",
    },
    "labs": {
        "hospitalization_id": "text",
        "lab_collect_dttm": "time",
        "lab_category": "text",
        "lab_value": "result",
        "lab_value_numeric": "number?",
        "reference_unit": "text?",
        "lab_specimen_category": "text?",
    },
    "medication_admin_continuous": {
        "hospitalization_id": "text",
        "med_order_id": "text?",
        "med_category": "text",
        "admin_dttm": "time",
        "mar_action_category": "text?",
        "mar_action_group": "text?",
        "med_dose": "number",
        "med_dose_unit": "text",
        "med_route_category": "text?",
    },
    "medication_admin_intermittent": {
        "hospitalization_id": "text",
        "med_category": "text",
        "admin_dttm": "time",
        "mar_action_category": "text?",
        "med_dose": "number",
        "med_dose_unit": "text",
        "med_route_category": "text?",
    },
    "respiratory_support": {
        "hospitalization_id": "text",
        "recorded_dttm": "time",
        "device_name": "text?",
        "device_category": "text",
        "fio2_set": "number?",
        "lpm_set": "number?",
    },
    "crrt_therapy": {"hospitalization_id": "text", "recorded_dttm": "time", "crrt_mode_category": "text?"},
    "ecmo_mcs": {
        "hospitalization_id": "text",
        "recorded_dttm": "time",
        "device_category": "text?",
        "mcs_group": "text?",
        "ecmo_configuration_category": "text?",
    },
    "patient_assessments": {
        "hospitalization_id": "text",
        "recorded_dttm": "time",
        "assessment_category": "text",
        "numerical_value": "number",
        "categorical_value": "text?",
        "text_value": "text?",
    },
}
"""The tables that are read, with the columns taken from them; ``?`` marks one that may be absent."""

KINDS = {
    "text": ("text", "a column of text"),
    "result": ("text or numbers", "a column of text or numbers"),
    "time": ("times", "a column of timestamps"),
    "number": ("numbers", "a column of numbers"),
}

TITLE = "Intensive-care admissions (CLIF)"
MARK = "No CAR T cells, mechanics only: intensive-care records, admission as day 0."

AS_CLIF = "Write the file as CLIF 2.1 describes it."


def is_clif(path: Path) -> bool:
    """Say whether a directory holds CLIF files, and no table of patients of its own.

    A directory that holds any of them is CLIF: what it lacks is then said by :func:`read_clif`.
    """
    if not path.is_dir() or any((path / f"patients.{kind}").is_file() for kind in ("csv", "parquet")):
        return False
    names = [*REQUIRED, *OPTIONAL]
    if not any((path / f"clif_{name}.{kind}").is_file() for name in names for kind in ("parquet", "csv")):
        return False
    return "patients" not in read_mapping(path / NAME).parts


def read_clif(path: Path, backend: Any, mapping: Path | None = None) -> Source:
    """Read a directory of CLIF files.

    Parameters
    ----------
    path
        A directory with ``clif_hospitalization.parquet``, ``clif_patient.parquet`` (or ``.csv``) and any of the
        tables in :data:`OPTIONAL`; an ``abate.toml`` may name the study, the zone and the coverage.
    backend
        The Ibis backend that reads the files.
    mapping
        The mapping file; ``abate.toml`` of the folder unless given.

    Returns
    -------
    Source
        One course a hospitalization, numbered by admission within its patient; day 0 is admission.

    Raises
    ------
    AbateError
        If there is no such directory.
    UnusableRecordsError
        Naming every file and column that is missing or of another kind.
    """
    if not path.is_dir():
        raise AbateError(
            f"{path.name}: there is no such directory. Expected a directory with clif_hospitalization.parquet. "
            "Give the path of the directory that holds the records."
        )
    study = read_mapping(mapping or path / NAME)
    study = dataclasses.replace(
        study,
        title=study.title or TITLE,
        mark=study.mark or MARK,
        reading=dataclasses.replace(study.reading, day0_kind="admission"),
    )
    door = _Door(path, backend, study)
    if study.door:
        asked = "is not used: in CLIF day 0 is the admission, and a course a hospitalization"
        door.note(NAME, "door", asked, "Remove it, or write the infusions as a [[patients]] of your own.")
    door.check_folder()
    tables = {name: table for name in (*REQUIRED, *OPTIONAL) if (table := door.typed(name)) is not None}
    if not door.problems:
        for name, key in (("hospitalization", "hospitalization_id"), ("patient", "patient_id")):
            door.check_unique(name, tables[name], key)
    if door.problems:
        raise UnusableRecordsError(door.problems)
    clif = Clif(tables, door.keep(courses(tables)), study, door.files)
    raw = {name: table for name, build in clif_tables.BUILD.items() if (table := build(clif)) is not None}
    if study.coverage:
        declared = declared_coverage(study.coverage)
        raw["coverage"] = parse.stacked([raw["coverage"], declared], study.reading) if "coverage" in raw else declared
    files = [*door.rows, *([NAME] if (path / NAME).exists() else [])]
    hashes = {file: sha256(path / file) for file in sorted(files)}
    notes = (*door.notes, *_facts(clif))
    return Source(path, study, raw, clif_tables.SPELLING, hashes, door.rows, notes)


def _facts(clif: Clif) -> list[Problem]:
    """Note what the records say that no table of ours holds, and what is taken for granted."""
    notes = []
    for name, column, rows, found, advice in clif_tables.beside(clif):
        count = int(rows.count().to_pyarrow().as_py())
        if count:
            place = clif.files[name]
            said = found.format(count=f"{count} row{'' if count == 1 else 's'}")
            notes.append(Problem("note", place, column, said, "", advice))
    promised = clif_tables.promised(clif)
    if promised:
        found = f"the administrations of every admission are taken as complete ({', '.join(promised)})"
        advice = f'Where they are not, say so under [coverage] in {NAME}: {promised[0]} = "incomplete".'
        notes.append(Problem("note", clif.files["hospitalization"], "", found, "", advice))
    return notes


class _Door(Shelf):
    """One reading of one folder: the types of the files are kept, as CLIF fixes them."""

    def wrong(self, place: str, column: str, found: str, expected: str, advice: str = AS_CLIF) -> None:
        """Remember a problem that makes the records unusable."""
        super().wrong(place, column, found, expected, advice)

    def check_folder(self) -> None:
        """Complain of parts that the mapping file names, and note the files that are not read."""
        for name in self.study.parts:
            found = "files of one's own are not read beside those of CLIF"
            advice = "Remove it, or map the whole folder with a [[patients]] of its own."
            self.wrong(NAME, name, found, "no file but those of CLIF", advice)
        read = {f"clif_{name}.{kind}" for name in (*REQUIRED, *OPTIONAL) for kind in self.suffixes}
        ours = {f"{name}.{kind}" for name in TABLES for kind in self.suffixes}
        there = sorted(file.name for file in self.path.iterdir() if file.is_file())
        unread = [name for name in there if name.startswith("clif_") or name in ours]
        unread = [name for name in unread if name not in read]
        if unread:
            advice = "Nothing to do: this door reads the other tables of CLIF."
            self.note(", ".join(unread), "", "not read", advice)

    def typed(self, name: str) -> ibis.Table | None:
        """Return the columns of one table with its row numbers, and account for the others."""
        columns, found = (REQUIRED | OPTIONAL)[name], self.file(f"clif_{name}")
        if found is None:
            if name in REQUIRED:
                self.wrong(f"clif_{name}.parquet", "", "there is no such file", "a file in the folder")
            else:
                advice = "Nothing to do, unless it should be there."
                self.note(f"clif_{name}.parquet", "", "there is no such file", advice)
            return None
        self.files[name] = file = found.name
        read = self._read(found)
        if read is None:
            return None
        if found.suffix.lower() == ".csv":
            read = self._from_text(read, columns)
        taken: dict[str, ir.Value] = {}
        for column, kind in columns.items():
            if column in read.columns:
                taken[column] = self._cell(file, read[column], column, kind)
            elif kind.endswith("?"):
                self.note(file, column, "there is no such column", "Nothing to do, unless it should be there.")
                taken[column] = ibis.null(_nothing(kind))
            else:
                self.wrong(file, column, "the file has no such column", KINDS[kind][1])
        unused = [column for column in read.columns if column not in (*columns, "row__number")]
        if unused:
            self.note(file, ", ".join(unused), "not used", "Nothing to do: nothing here is computed from them.")
        if self.problems:
            return None
        try:
            kept = self.keep(read.select("row__number", **taken))
            self.rows[file] = int(kept.count().to_pyarrow().as_py())
        except duckdb.Error:
            self.wrong(file, "", "the file is not whole", "a whole file", "Write it again.")
            return None
        return kept

    def _from_text(self, read: ibis.Table, columns: Mapping[str, str]) -> ibis.Table:
        """Return a table of text with its numbers and times; a column of which a cell is neither stays text."""
        missing = list(self.study.reading.missing)
        casts = {"number": "float64", "time": f"timestamp('{self.study.zone}')"}
        given, typed = {}, {}
        for name in (name for name in read.columns if name in columns):
            cell = read[name].strip()
            given[name] = cell = ibis.ifelse(cell.isin(missing), ibis.null("string"), cell.nullif(""))
            if kind := casts.get(columns[name].rstrip("?")):
                typed[name] = cell.try_cast(kind)
        lost = {name: (given[name].notnull() & cell.isnull()).any() for name, cell in typed.items()}
        unlike = read.aggregate(**lost).to_pyarrow().to_pylist()[0] if lost else {}
        return read.mutate(**given | {name: cell for name, cell in typed.items() if not unlike[name]})

    def _cell(self, file: str, cell: ir.Value, column: str, kind: str) -> ir.Value:
        """Return a column as its kind: trimmed text, a moment, or a number that is not NaN."""
        found, plain = cell.type(), kind.rstrip("?")
        fits = {
            "text": found.is_string() or found.is_integer(),
            "result": found.is_string() or found.is_numeric(),
            "time": found.is_timestamp() or found.is_date(),
            "number": found.is_numeric(),
        }
        if found.is_null() or (found.is_unknown() and "NULL" in str(found)):
            return ibis.null(_nothing(kind))  # a column that is empty may have no type in Parquet
        if not fits[plain]:
            self.wrong(file, column, f"the column does not hold {KINDS[plain][0]}", KINDS[plain][1])
            return ibis.null(_nothing(kind))
        if plain == "time":
            local = cell.cast("timestamp") if found.is_date() else cell
            # A time without a zone is on the local clock.
            return cell if found.is_timestamp() and found.timezone else local.cast(f"timestamp('{self.study.zone}')")
        if plain == "number":
            # Text is the shortest that names the number: 0.1 of 32 bits must not become 0.10000000149.
            exact = cell.cast("string").cast("float64") if found.is_floating() else cell.cast("float64")
            return exact.nullif(float("nan"))
        return cell.cast("string").strip()

    def check_unique(self, name: str, table: ibis.Table, key: str) -> None:
        """Complain of an identifier that several rows have: each of its values would count twice."""
        several = table.filter(table[key].notnull()).group_by(key).aggregate(times=ibis._.count())
        count = int(several.filter(several.times > 1).count().to_pyarrow().as_py())
        if count:
            found = f"{count} identifier{' stands' if count == 1 else 's stand'} in several rows"
            self.wrong(self.files[name], key, found, "one row for each", "Leave one row of each.")


def _nothing(kind: str) -> str:
    return {"text": "string", "result": "string", "time": "timestamp('UTC')", "number": "float64"}[kind.rstrip("?")]
