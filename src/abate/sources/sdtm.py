"""The door of SDTM: a folder of domains (DM, LB, VS, CM, EX, AE, CE, DS) as XPT, CSV or Parquet, a course an infusion.

SDTM is the Study Data Tabulation Model of CDISC (Implementation Guide 3.2 to 3.4); it fixes the names of columns and of
tests. Day 0 is the infusion of a CAR T product in EX; with ``[door] day0 = "reference"`` the subject's reference start
(RFXSTDTC, else RFSTDTC). What becomes of a row: ``sdtm_tables.py``.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ibis

from abate.records.problems import AbateError, Problem, UnusableRecordsError
from abate.sources import sdtm_tables
from abate.sources.folder import Source, sha256
from abate.sources.infusions import numbered, products, settings, whole_infusions
from abate.sources.mapping import NAME, Study, read_mapping
from abate.sources.sdtm_tables import DOMAINS, Sdtm
from abate.sources.shelf import Shelf, clock, year_alone

SUFFIXES = ("parquet", "xpt", "csv")
TITLE = "Subjects of a trial (SDTM)"


def is_sdtm(path: Path) -> bool:
    """Say whether a folder holds the demographics of SDTM and another of its domains."""
    if not path.is_dir():
        return False
    names = {file.name.lower() for file in path.iterdir()}
    there = {domain for domain in DOMAINS if any(f"{domain}.{suffix}" in names for suffix in SUFFIXES)}
    return "dm" in there and len(there) > 1 and not names & {"patients.csv", "patients.parquet"}


def read_sdtm(path: Path, backend: Any, mapping: Path | None = None) -> Source:
    """Read a folder of SDTM domains.

    Parameters
    ----------
    path
        A folder with ``dm`` and any of the domains in :data:`abate.sources.sdtm_tables.DOMAINS`.
    backend
        The Ibis backend that reads the files.
    mapping
        The mapping file; ``abate.toml`` of the folder unless given.

    Raises
    ------
    AbateError
        If there is no such folder, or reading its files needs an extra.
    UnusableRecordsError
        Naming every file and column that is missing, or saying that no infusion was found.
    """
    if not path.is_dir():
        raise AbateError(f"{path.name}: there is no such folder. Expected a folder with dm.xpt, dm.csv or dm.parquet.")
    study = read_mapping(mapping or path / NAME)
    asked = settings(study)
    shelf = Shelf(path, backend, study, SUFFIXES)
    tables = {name: table for name, columns in DOMAINS.items() if (table := shelf.table(name, *columns)) is not None}
    if "dm" not in tables and not shelf.problems:
        shelf.wrong("dm", "", "there is no file of demographics", "dm.xpt, dm.csv or dm.parquet", "Add it.")
    unread = sorted(
        file.name
        for file in path.iterdir()
        if file.suffix.lower().lstrip(".") in SUFFIXES and file.stem.lower() not in DOMAINS
    )
    if unread:
        shelf.note(", ".join(unread), "", "not read", "Nothing to do: this door reads the other domains.")
    if shelf.problems:
        raise UnusableRecordsError(shelf.problems)
    subjects = _subjects(tables["dm"], study)
    infusions = _infusions(tables, subjects, study)
    counted = int(infusions.count().to_pyarrow().as_py())
    if not counted:
        found = (
            "no subject has a reference start"
            if asked.day0 == "reference"
            else "no subject got a CAR T product that the dictionary or [door] infusion names"
        )
        advice = f'Name it in {NAME}: [door] infusion = ["..."], or [door] day0 = "reference" for RFXSTDTC or RFSTDTC.'
        raise UnusableRecordsError([Problem("unusable", "ex", "extrt", found, "an infusion as day 0", advice)])
    sdtm = Sdtm(tables, subjects, shelf.keep(infusions), study, asked)
    raw = {name: table for name, build in sdtm_tables.BUILD.items() if (table := build(sdtm)) is not None}
    never = int(subjects.anti_join(infusions, "patient_id").count().to_pyarrow().as_py())
    if never:
        said = f"{never} subject{'s have' if never > 1 else ' has'} no day 0 and no course"
        shelf.note("dm", "usubjid", said, "Nothing to do, unless an infusion is lost: they were not treated.")
    _partial(shelf, tables)
    vague = sdtm_tables.vague(sdtm)
    if vague:
        said = (
            f"{vague} periods of a drug over several days say no frequency: each is taken as one dose on its first day"
        )
        shelf.note("cm, ex", "--DOSFRQ", said, "Give the frequency: what was taken in all is higher than it seems.")
    hashes = {name: sha256(path / name) for name in shelf.rows}
    kind = "reference start" if asked.day0 == "reference" else "infusion"
    return shelf.source(path, raw, sdtm_tables.SPELLING, hashes, TITLE, kind)


def _subjects(rows: ibis.Table, study: Study) -> ibis.Table:
    """Return the subjects with their reference start, as the records take it."""
    start = clock(ibis.coalesce(rows.rfxstdtc, rows.rfstdtc), study)
    reference = clock(rows.rfstdtc, study).substr(0, 10).try_cast("timestamp")
    return rows.mutate(patient_id=rows.usubjid, start=start, reference=reference)


def _infusions(tables: Mapping[str, ibis.Table], subjects: ibis.Table, study: Study) -> ibis.Table:
    """Return the courses: an infusion of a CAR T product each, or the reference start of a subject."""
    asked = settings(study)
    if asked.day0 == "reference":
        begun = subjects.filter(subjects.start.notnull())
        rows = begun.select("patient_id", "row__number", day0=begun.start, product=ibis.null("string"))
        return numbered(rows, asked.lead_days)
    if "ex" not in tables:
        empty = subjects.filter(False)
        return numbered(
            empty.select("patient_id", "row__number", day0=empty.start, product=empty.start), asked.lead_days
        )
    known = products(study.dictionary, asked)
    rows = tables["ex"]
    day0, name = clock(rows.exstdtc, study), rows.extrt.lower()
    # A dose of nothing is none.
    some = ibis.coalesce(rows.exdose.try_cast("float64") != 0, True)
    rows = rows.filter(name.isin(list(known)), day0.notnull(), some)
    product = name.cases(*((word, ours) for word, ours in known.items() if ours), else_=rows.extrt)
    given = rows.select("row__number", patient_id=rows.usubjid, day0=day0, product=product)
    return numbered(whole_infusions(given, asked.split_days), asked.lead_days)


def _partial(shelf: Shelf, tables: Mapping[str, ibis.Table]) -> None:
    """Note times that are known to the year alone."""
    for name, column in sdtm_tables.STARTS.items():
        if name in tables:
            rows = tables[name]
            count = int(rows.filter(year_alone(rows[column])).count().to_pyarrow().as_py())
            if count:
                said = f"{count} row{'s are' if count > 1 else ' is'} dated to the year alone, and kept undated"
                shelf.note(name, column, said, "Nothing to do: a date is never completed.")
