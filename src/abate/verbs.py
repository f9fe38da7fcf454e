"""What a user asks of abate: check records, run a report, reproduce a published study."""

import datetime
import importlib.metadata
import importlib.util
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from abate.cohort import Cohort, derive
from abate.engine.connect import HERE, Place
from abate.engine.ingest import Records
from abate.engine.whole import check_place, reserved
from abate.findings import Findings, find
from abate.findings.plan import Plan, read_plan
from abate.findings.plan_checks import check_plan
from abate.findings.results import results
from abate.findings.shape import Section
from abate.grading.rules import System
from abate.grading.systems import SYSTEMS, systems_named
from abate.reading import STUDIES, Progress, ingest, opened, read, silent
from abate.records.problems import AbateError
from abate.sources.doors import OPEN, Door

__all__ = ["STUDIES", "Progress", "analyse", "explain", "ingest", "power", "read", "reproduce", "run", "synth"]


def analyse(
    records: str | Path | Records, progress: Progress = silent, systems: Mapping[str, System] | None = None
) -> Cohort:
    """Derive grades, exposure, response, survival and biomarkers from records, by all grading systems or some.

    Examples
    --------
    >>> cohort = analyse("strati2020")
    >>> cohort.response.filter(cohort.response.response == "yes").count().to_pyarrow().as_py()
    4
    """
    found = records if isinstance(records, Records) else read(records, progress)
    return derive(found, progress, systems or dict(SYSTEMS))


def reproduce(study: str = "strati2020", progress: Progress = silent) -> pa.Table:
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
    progress: Progress = silent,
    door: Door = OPEN,
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
    door
        Which door reads the records.

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
    cohort = records if isinstance(records, Cohort) else analyse(read(records, progress, door=door), progress)
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
    progress: Progress = silent,
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

    asked = Synthetic(patients, seed, effect_from(effects), policy, layer)
    with reserved(Path(out)):
        synthesise(asked, Path(out), progress)
    return Path(out)


def power(
    design: str | Path, out: str | Path, workers: int | None = None, progress: Callable[[int, int], None] | None = None
) -> "pa.Table":
    """Write what the trials planned in a TOML file could find, as a table and a figure; whole or not at all.

    See :mod:`abate.statistics.design_file` for the file and its errors (all told at once, as an AbateError), and
    :func:`abate.statistics.operating_characteristics.operating_characteristics` for the rest.
    """
    from abate.report.output import write_power
    from abate.statistics.design_file import read_design
    from abate.statistics.operating_characteristics import operating_characteristics

    _need_report_extra()
    planned, text = read_design(Path(design)), Path(design).read_text(encoding="utf-8-sig")
    with reserved(Path(out)):
        table = operating_characteristics(planned, progress, workers)
        write_power(Path(out), table, text)
    return table


@dataclass(frozen=True)
class Report:
    """What a run made: where it is, and what it rests on."""

    path: Path
    records: Records
    findings: Findings


def run(
    records: str | Path,
    out: str | Path,
    progress: Progress = silent,
    systems: Iterable[str] = (),
    place: Place = HERE,
    plan: str | Path | None = None,
    door: Door = OPEN,
) -> Report:
    """Write the cohort report of records, with the results of a plan where one is given.

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
    place
        Where expressions run: :class:`abate.engine.connect.Place`.
    plan
        A TOML file: :data:`abate.findings.plan.TEMPLATE`.
    door
        Which door reads the records.

    Raises
    ------
    AbateError
        If the records or the plan cannot be used, the output may not be written over, another process is writing
        there, the extra ``report`` is not installed, or the engine cannot be reached.
    """
    _need_report_extra()
    from abate.report.output import MARKER as REPORT

    out, planned = Path(out), None if plan is None else read_plan(Path(plan))
    check_place(out, REPORT, "report")
    with reserved(out) as work, opened(records, place, work, progress, door) as found:
        if planned:
            check_plan(planned, found)
        cohort = analyse(found, progress, systems_named(systems))
        return _report(cohort, out, str(records) in STUDIES and not Path(records).is_dir(), progress, planned)


def _report(cohort: Cohort, out: Path, published: bool, progress: Progress, plan: Plan | None) -> Report:
    """Write the report of a cohort, with the audit of its study where it is published, and the results of a plan."""
    from abate.report.output import write
    from abate.report.page import Head
    from abate.report.provenance import input_hash, run_record

    # First, for a plan that does not fit is told before all else is drawn up.
    of_plan: Section = results(cohort, plan, progress) if plan else ({}, {})
    findings = find(cohort, progress)
    findings.add(of_plan)
    if published:
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
        hash=f"{input_hash(cohort.records)[:12]} (SHA-256)" if cohort.records.source.hashes else "of no file",
        files="Tables, figures and every option stand beside it: tables/, figures/, run.json.",
    )
    record = run_record(cohort, now)
    beside = {"plan.toml": plan.text} if plan else {}
    treatment = cohort.records.study.treatment
    write(out, findings.tables, findings.long, findings.texts, record, head, treatment, progress, beside)
    return Report(out, cohort.records, findings)


def _need_report_extra() -> None:
    # Looked for and not loaded: most take long, and some are needed by some reports only.
    if any(importlib.util.find_spec(name) is None for name in ("altair", "jinja2", "vl_convert")):
        raise AbateError(
            "The report needs packages that are not installed. Expected the extra report: altair, jinja2 and "
            'vl-convert-python. Install it with: pip install "abate[report]".'
        )
