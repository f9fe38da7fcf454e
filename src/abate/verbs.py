"""What a user asks of abate: check records, run a report, reproduce a published study."""

import datetime
import hashlib
import importlib.metadata
import platform
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from abate.cohort import Cohort, derive
from abate.engine.ingest import Records, ingest
from abate.engine.store import Engine
from abate.engine.whole import check_place, write_whole
from abate.findings import Findings, find
from abate.grading.rules import System
from abate.records.problems import AbateError, Problem
from abate.report.text import csv_text
from abate.sources.clif import is_clif, read_clif
from abate.sources.folder import read_folder

STUDIES = ("strati2020",)
"""Published cohorts that come with abate."""

Progress = Callable[[str], None]


def _silent(_: str) -> None:
    """Say nothing."""


def locate(records: str | Path) -> Path:
    """Return the folder meant: a path, or the name of a published study.

    Raises
    ------
    AbateError
        If it is neither.
    """
    path = Path(records)
    if path.is_dir() or str(records) not in STUDIES:
        return path
    from abate.studies import strati2020

    return strati2020.records_path()


def read(records: str | Path, progress: Progress = _silent) -> Records:
    """Read and check a folder of records.

    Parameters
    ----------
    records
        A folder (see the README for its files) or one of CLIF 2.1 Parquet files, or ``"strati2020"``.
    progress
        Called with a word before each step.

    Returns
    -------
    Records
        The six tables, what was set aside and why, and what to read about it.

    Raises
    ------
    AbateError
        If there is no such folder, or the records cannot be used; it names everything wrong.

    Examples
    --------
    >>> letter = read("strati2020")
    >>> letter["patients"].count().to_pyarrow().as_py()
    8
    """
    engine = Engine()
    progress("reading files")
    path = locate(records)
    door = read_clif if is_clif(path) else read_folder
    return ingest(door(path, engine.backend), engine, progress)


def systems_named(names: Iterable[str]) -> dict[str, System]:
    """Return grading systems by their keys, hyphens and underscores alike; every one where none is named.

    Raises
    ------
    AbateError
        If there is none of a name.
    """
    from abate.grading.systems import SYSTEMS

    keys = [name.strip().lower().replace("-", "_") for name in names]
    if any(key not in SYSTEMS for key in keys):
        expected = f"Expected one or more of {', '.join(SYSTEMS)}. Correct --system."
        raise AbateError(f"No grading system has the name given. {expected}")
    return {key: system for key, system in SYSTEMS.items() if not keys or key in keys}


def analyse(
    records: str | Path | Records, progress: Progress = _silent, systems: Mapping[str, System] | None = None
) -> Cohort:
    """Derive grades, exposure, response, survival and biomarkers from records, by all grading systems or some.

    Examples
    --------
    >>> cohort = analyse("strati2020")
    >>> cohort.response.filter(cohort.response.response == "yes").count().to_pyarrow().as_py()
    4
    """
    found = records if isinstance(records, Records) else read(records, progress)
    return derive(found, progress, systems or systems_named(()))


def reproduce(study: str = "strati2020", progress: Progress = _silent) -> pa.Table:
    """Recompute what a published study prints from its own patients.

    Parameters
    ----------
    study
        ``"strati2020"``.

    Returns
    -------
    pyarrow.Table
        ``item, place, reported, recomputed, verdict, note``.

    Raises
    ------
    AbateError
        If the study is not known.
    """
    if study not in STUDIES:
        raise AbateError(f"No study has the name given. Expected one of {', '.join(STUDIES)}. Correct the name.")
    from abate.studies.strati2020.audit import audit

    return audit(analyse(study, progress))


def explain(
    records: str | Path | Cohort,
    patient: str,
    day: int,
    system: str = "",
    course: int = 1,
    progress: Progress = _silent,
) -> str:
    """Say why a day has its grade: criteria, records, what was missing, under one system or all.

    Parameters
    ----------
    records
        A folder of records, ``"strati2020"``, or what :func:`analyse` returned.
    patient, day, course
        Which patient-day.
    system
        ``astct_crs, cartox_crs, astct_icans, cartox_cres``; all of them where none is named.
    progress
        Called with a word before each step.

    Returns
    -------
    str
        Text with identifiers and values: it was asked for by name.

    Raises
    ------
    AbateError
        If there is no such system, patient, course or day.
    """
    from abate.findings.explain import explain as explained
    from abate.findings.explain import words

    chosen = systems_named([system] if system else ())
    cohort = records if isinstance(records, Cohort) else analyse(records, progress)
    people = cohort.patients.filter(cohort.patients.patient_id == patient)
    courses = people.select("course_id").order_by("course_id").to_pyarrow()["course_id"].to_pylist()
    if not courses:
        raise AbateError(
            "No patient has the identifier given. Expected one of the file of patients. Correct --patient."
        )
    if course not in courses:
        several = f"one of {', '.join(map(str, courses))}"
        raise AbateError(f"The patient has no course of this number. Expected {several}. Give --course.")
    parts = []
    for one in chosen.values():
        found = explained(
            cohort.features,
            cohort.computed,
            cohort.records.tables,
            one,
            cohort.options,
            cohort.records.study.dictionary,
            patient,
            course,
            day,
        )
        if found is None:
            last = cohort.days.filter(cohort.days.patient_id == patient, cohort.days.course_id == course)
            end = last.day.max().to_pyarrow().as_py()
            graded = "no day of this patient is graded" if end is None else f"days 0 to {end} are graded"
            raise AbateError(f"This day is not graded: {graded}. Expected a day of the follow-up. Correct --day.")
        parts.append(words(found))
    aside = cohort.records.set_aside.filter(cohort.records.set_aside.patient_id == patient)
    counts = aside.group_by("table", "reason").aggregate(rows=aside.count()).order_by("table", "reason")
    for row in counts.to_pyarrow().to_pylist():
        rows = "1 row" if row["rows"] == 1 else f"{row['rows']:,} rows"
        parts.append(f"Set aside and not looked at: {rows} of {row['table']} ({row['reason']}); see abate check --out.")
    several = f", course {course}" if len(courses) > 1 else ""
    return f"Patient {patient}{several}\n\n" + "\n\n\n".join(parts)


def synth(
    out: str | Path,
    patients: int,
    seed: int = 2020,
    effects: Iterable[str] = (),
    policy: str = "refractory",
    layer: str = "clean",
    progress: Progress = _silent,
) -> Path:
    """Write a made-up cohort whose truth is known.

    Parameters
    ----------
    out
        The folder; written whole or not at all. :func:`run` reads it.
    patients, seed, policy, layer
        See :class:`abate.synthesis.cohort.Synthetic`.
    effects
        What anakinra does by assumption, such as ``"duration=-0.5"``: :class:`abate.synthesis.illness.Effect`.
    progress
        Called with a word before each part.

    Raises
    ------
    AbateError
        If there cannot be such a cohort, or the place holds something else.
    """
    from abate.synthesis.cohort import Synthetic, synthesise
    from abate.synthesis.illness import effect_from

    synthesise(Synthetic(patients, seed, effect_from(effects), policy, layer), Path(out), progress)
    return Path(out)


def write_audit(table: pa.Table, out: Path) -> Path:
    """Write ``audit.csv`` into a folder, and return where it is."""
    path = out / "audit.csv"
    write_whole(path, csv_text(table))
    return path


def write_problems(found: Iterable[Problem], out: Path) -> None:
    """Write ``problems.csv`` into a folder: every problem, also of records that cannot be used."""
    rows = [{"level": item.level, "place": item.place, "column": item.column, "message": str(item)} for item in found]
    names = pa.schema([(name, pa.string()) for name in ("level", "place", "column", "message")])
    write_whole(out / "problems.csv", csv_text(pa.Table.from_pylist(rows, schema=names)))


def write_check(records: Records, out: Path) -> None:
    """Write ``problems.csv``, ``set_aside.csv`` and ``accounting.csv`` into a folder.

    They hold patient identifiers and values: the full report that the terminal does not show.
    """
    write_problems(records.problems, out)
    aside = records.put_aside()
    for name, table in (("set_aside", aside), ("accounting", records.accounting)):
        write_whole(out / f"{name}.csv", csv_text(table))


@dataclass(frozen=True)
class Report:
    """What a run made: where it is, and what it rests on."""

    path: Path
    records: Records
    findings: Findings


def run(records: str | Path, out: str | Path, progress: Progress = _silent, systems: Iterable[str] = ()) -> Report:
    """Write the cohort report of a folder of records.

    Parameters
    ----------
    records
        A folder of records, or ``"strati2020"``.
    out
        The output folder; written whole or not at all.
    progress
        Called with a word before each step.
    systems
        Keys of the grading systems to use; all where none is named.

    Raises
    ------
    AbateError
        If the records cannot be used, the place may not be written over, or the extra ``report`` is
        not installed.
    """
    _need_report_extra()
    from abate.report.output import MARKER, write
    from abate.report.page import Head

    place = Path(out)
    check_place(place, MARKER, "report")
    cohort = analyse(records, progress, systems_named(systems))
    findings = find(cohort, progress)
    if str(records) in STUDIES and not Path(records).is_dir():
        from abate.studies.strati2020.audit import VERDICTS, audit

        progress("audit")
        table = audit(cohort)
        verdicts = table["verdict"].to_pylist()
        counts = ", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in VERDICTS)
        findings.tables["audit"] = table
        findings.texts["audit"] = (
            f"{table.num_rows} printed items, recomputed from the letter's own patients: {counts}. The plain "
            "text at hand may have lost what the print has; no reading is preferred."
        )
    findings.tables["set_aside"] = cohort.records.put_aside()
    now = datetime.datetime.now(datetime.UTC)
    head = Head(
        version=importlib.metadata.version("abate"),
        date=now.date().isoformat(),
        hash=_input_hash(cohort.records)[:12],
        files="Tables, figures and every option stand beside it: tables/, figures/, run.json.",
    )
    write(
        place,
        findings.tables,
        findings.texts,
        _run_record(cohort, now),
        head,
        cohort.records.study.treatment,
        progress,
    )
    return Report(place, cohort.records, findings)


def _need_report_extra() -> None:
    try:
        import altair  # noqa: F401
        import jinja2  # noqa: F401
        import sklearn  # noqa: F401
        import vl_convert  # noqa: F401
    except ImportError as error:
        raise AbateError(
            "The report needs packages that are not installed. Expected the extra report: altair, jinja2, "
            'scikit-learn and vl-convert-python. Install it with: pip install "abate[report]".'
        ) from error


def _input_hash(records: Records) -> str:
    """Return one hash over all input files and their names."""
    joined = "\n".join(f"{name} {digest}" for name, digest in sorted(records.source.hashes.items()))
    return hashlib.sha256(joined.encode()).hexdigest()


def _run_record(cohort: Cohort, now: datetime.datetime) -> dict[str, Any]:
    """Return what ``run.json`` keeps: versions, input hashes, options, counts."""
    records = cohort.records
    packages = (
        "abate",
        "ibis-framework",
        "duckdb",
        "pyarrow",
        "numpy",
        "scipy",
        "scikit-learn",
        "ucumvert",
        "altair",
        "vl-convert-python",
    )
    return {
        "made": now.isoformat(timespec="seconds"),
        "versions": {"python": platform.python_version()}
        | {name: importlib.metadata.version(name) for name in packages},
        "input": {
            "hash": _input_hash(records),
            "files": dict(records.source.hashes),
            "rows": dict(records.source.rows),
        },
        "options": dict(cohort.options),
        "systems": list(cohort.systems),
        "declared_coverage": dict(records.study.coverage),
        "counts": {
            row["table"]: {name: row[name] for name in ("rows_in", "values_in", "used", "set_aside")}
            for row in records.accounting.to_pylist()
        },
        "note": "Research software. Attribution is assumed, never known. No dosing advice.",
    }
