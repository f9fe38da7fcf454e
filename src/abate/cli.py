"""The verbs on a command line.

Exit codes: 0 done (``check``: nothing wrong), 1 (``check``) usable with values set aside, 2 the
records cannot be used or the command was wrong, 3 an error of abate itself.
"""

import sys
from pathlib import Path
from typing import Any

import click

from abate.cli_planning import map_sheet, plan, power, synth
from abate.terminal import CODES, MEMORY, door_of, from_door, steps, summary

NOTE = (
    "Research software: attribution of any finding to a cause is assumed, never known; no dosing advice; "
    "a computed grade does not replace a clinician's."
)


@click.group(epilog=f"{CODES}\n\n{NOTE}", context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="abate")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.option("--quiet", is_flag=True, help="Say nothing but errors.")
@click.pass_context
def cli(context: click.Context, debug: bool, quiet: bool) -> None:
    """Turn the records of CAR T-cell recipients into graded toxicity, exposure, response and a report.

    RECORDS is a folder with patients.csv (or .parquet) and any of measurements, states, drugs,
    events and coverage, or with an abate.toml that says which file is which; or what another DOOR
    reads (clif, fhir, meds, omop, redcap, sdtm, sheet), whose name may stand before it; or the name of
    a published study that comes with abate: strati2020.
    """
    context.obj = {"debug": debug, "quiet": quiet}


for command in (map_sheet, plan, power, synth):
    cli.add_command(command)


@cli.command(epilog=CODES)
@from_door
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the full report, with patients and values.")
@click.option("--show-values", is_flag=True, help="Also print patients and values that were set aside.")
@click.pass_context
def check(
    context: click.Context, records: tuple[str, ...], mapping: Path | None, out: Path | None, show_values: bool
) -> None:
    """Say everything that is wrong with RECORDS, all at once."""
    from abate import verbs
    from abate.records.problems import UnusableRecordsError
    from abate.report.checked import write_check, write_problems

    quiet = context.obj["quiet"]
    door, place = door_of(records, mapping)
    with steps(quiet) as say:
        try:
            found = verbs.read(place, say, door=door)
        except UnusableRecordsError as error:
            if out:
                write_problems(error.problems, out)
            raise
        if out:
            write_check(found, out)
    if not quiet:
        summary(found, show_values)
        if not out and any(problem.level == "set aside" for problem in found.problems):
            click.echo("Every row, with its patient and value: check again with --out FOLDER.")
        if out:
            click.echo(f"The full report, with patients and values, is in {out}")
    aside = any(problem.level == "set aside" for problem in found.problems)
    if not quiet:
        click.echo("Usable, with values set aside." if aside else "Nothing is wrong.")
    context.exit(1 if aside else 0)


@cli.command(epilog=CODES)
@from_door
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the ingested records.")
@click.option("--deidentify", is_flag=True, help="Write them with new ids and day numbers alone, without free text.")
@click.option("--memory", default="", help=MEMORY)
@click.pass_context
def ingest(
    context: click.Context, records: tuple[str, ...], mapping: Path | None, out: Path, deidentify: bool, memory: str
) -> None:
    """Check RECORDS once and write them as typed Parquet; every other verb takes that folder for RECORDS."""
    from abate import verbs

    door, place = door_of(records, mapping)
    with steps(context.obj["quiet"]) as say:
        found = verbs.ingest(place, out, say, memory, door, deidentify)
    if not context.obj["quiet"]:
        summary(found, show_values=False)
        click.echo(f"Report on them: abate run {out} --out REPORT")


@cli.command(epilog=CODES)
@from_door
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the report.")
@click.option("--system", "systems", multiple=True, help="Grade by this system alone; may be given several times.")
@click.option("--engine", default="duckdb", show_default=True, help="Where it runs: duckdb (here), postgres, spark.")
@click.option("--connect", default="", help="The server or cluster, such as spark://host:7077; with another engine.")
@click.option("--workspace", type=click.Path(path_type=Path), help="Folder that every Spark worker reaches.")
@click.option("--memory", default="", help=MEMORY)
@click.pass_context
def run(
    context: click.Context,
    records: tuple[str, ...],
    mapping: Path | None,
    out: Path,
    systems: tuple[str, ...],
    engine: str,
    connect: str,
    workspace: Path | None,
    memory: str,
) -> None:
    """Write the cohort report of RECORDS: page, tables, figures, run.json."""
    from abate import verbs
    from abate.engine.connect import Place

    door, path = door_of(records, mapping)
    place = Place(engine, connect, workspace, memory)
    with steps(context.obj["quiet"]) as say:
        report = verbs.run(path, out, say, systems, place, door=door)
    if not context.obj["quiet"]:
        rows = report.records.accounting.to_pylist()
        values, used = (sum(row[name] for row in rows) for name in ("values_in", "used"))
        click.echo(f"{values:,} values in = {used:,} used + {values - used:,} set aside.")
        click.echo(f"The report is {report.path / 'report.html'}")


@cli.command(epilog=CODES)
@from_door
@click.option("--plan", type=click.Path(path_type=Path), required=True, help="TOML file; abate plan prints one.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the report.")
@click.option("--memory", default="", help=MEMORY)
@click.pass_context
def analyse(
    context: click.Context, records: tuple[str, ...], mapping: Path | None, plan: Path, out: Path, memory: str
) -> None:
    """Write the report of RECORDS with the results of a plan: timing of treatment, endpoints, states by day."""
    from abate import verbs
    from abate.engine.connect import Place
    from abate.findings.timing import NOT_TOLD

    door, path = door_of(records, mapping)
    with steps(context.obj["quiet"]) as say:
        report = verbs.run(path, out, say, place=Place(memory=memory), plan=plan, door=door)
    if not context.obj["quiet"]:
        for row in report.findings.tables["timing"].to_pylist():
            told = f"{row['estimate']} ({row['95 % interval']}), {row['measure']}"
            click.echo(f"{row['analysis']}: {row['how to read it'] if row['estimate'] == NOT_TOLD else told}")
        click.echo(f"The results are in {report.path / 'report.html'}, section Results of the plan")


@cli.command(epilog=CODES)
@from_door
@click.option("--patient", required=True, help="Identifier of the patient.")
@click.option("--day", type=int, required=True, help="Day after day 0.")
@click.option("--system", default="", help="Such as astct_crs; all if none is named (abate calc lists them).")
@click.option("--course", type=int, default=1, show_default=True, help="Number of the course of the patient.")
@click.pass_context
def explain(
    context: click.Context,
    records: tuple[str, ...],
    mapping: Path | None,
    patient: str,
    day: int,
    system: str,
    course: int,
) -> None:
    """Say why a day of a patient of RECORDS has its grade; shows the values it rests on."""
    from abate import verbs

    door, path = door_of(records, mapping)
    with steps(context.obj["quiet"]) as say:
        text = verbs.explain(path, patient, day, system, course, say, door)
    click.echo(text)


@cli.command(epilog=CODES)
@click.argument("name", default="")
@click.argument("given", nargs=-1, metavar="[INPUT=VALUE]...")
@click.option("--describe", is_flag=True, help="Print inputs, units, allowed values, options and criteria.")
@click.option("--table", type=click.Path(path_type=Path), help="CSV file with a case a row; a blank cell is missing.")
@click.option("--out", type=click.Path(path_type=Path), help="CSV file for the graded cases of --table.")
@click.pass_context
def calc(
    context: click.Context, name: str, given: tuple[str, ...], describe: bool, table: Path | None, out: Path | None
) -> None:
    """Compute a score or grading system for one case, or for a table of cases; without NAME list them all."""
    from abate import calculator
    from abate.calculator import words
    from abate.engine.whole import write_whole
    from abate.records.problems import AbateError

    if not name and table is not None:
        raise AbateError("A table needs the name of its score. Expected abate calc NAME --table FILE. Give the name.")
    if not name:
        click.echo(words.listing())
        return
    if table is not None and out is not None and out.resolve() == table.resolve():
        raise AbateError(
            f"{out.name}: --out is the table of cases itself. Expected another file. Choose another --out."
        )
    if table is None and out is not None:
        raise AbateError(
            "A single case is printed. Expected --out beside --table FILE. Leave it away, or give a table."
        )
    score = calculator.rule(name)
    if describe:
        click.echo(words.description(score))
        return
    pairs = calculator.pairs(score, given)
    if table is None:
        click.echo(words.result(score, calculator.calculate_one(score, pairs)))
        return
    graded = calculator.calculate_file(score, table, pairs)
    unread = calculator.unread(score, graded)
    if unread and not context.obj["quiet"]:
        # Not where the table may go: a misspelt name must not pass in silence.
        click.echo(f"Columns that are no input, passed through: {', '.join(unread)}", err=True)
    if out is None:
        click.echo(words.as_csv(graded), nl=False)
        return
    write_whole(out, words.as_csv(graded))
    if not context.obj["quiet"]:
        complete = sum(graded["complete"].to_pylist())
        click.echo(f"{graded.num_rows:,} cases, {complete:,} of them complete, are in {out}")


@cli.command(epilog=CODES)
@click.argument("study", default="strati2020")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for audit.csv.")
@click.pass_context
def reproduce(context: click.Context, study: str, out: Path | None) -> None:
    """Recompute what a published STUDY prints, from its own patients."""
    from abate import verbs
    from abate.report.checked import write_audit

    quiet = context.obj["quiet"]
    with steps(quiet) as say:
        table = verbs.reproduce(study, say)
        path = write_audit(table, out or Path.cwd())
    if quiet:
        return
    from rich.console import Console
    from rich.table import Table

    shown = Table(show_lines=False, box=None, pad_edge=False)
    names = ("item", "place", "reported", "recomputed", "verdict")
    for name in names:
        shown.add_column(name, overflow="fold")
    rows = table.to_pylist()
    for row in rows:
        shown.add_row(*(row[name] for name in names))
    Console(soft_wrap=False, markup=False, highlight=False).print(shown)
    for row in (row for row in rows if row["verdict"] == "mismatch"):
        click.echo(f"\n{row['item']} ({row['place']}): {row['note']}")
    verdicts = table["verdict"].to_pylist()
    counts = ", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in dict.fromkeys(verdicts))
    click.echo(f"\n{counts}. Every note stands in {path}")


def _not_written(reason: str) -> str:
    return (
        f"The output cannot be written: {reason}. Expected a place for files, with room. An earlier output is as it "
        "was. Choose another --out."
    )


def _said(error: Exception) -> tuple[str, int]:
    """Return what a reader is told of an error, and the exit code."""
    import duckdb

    from abate.records.problems import AbateError

    if isinstance(error, AbateError):
        return str(error), error.exit_code
    if isinstance(error, duckdb.OutOfMemoryException):
        return (
            "The records do not fit in the memory allowed. Expected a larger limit, or room on the disk beside the "
            "output for the rest. An earlier output is as it was. Raise --memory, or choose another --out."
        ), 2
    if isinstance(error, duckdb.IOException):
        full = "No space left" in str(error)
        return _not_written("No space left on device" if full else "the system refused to write a file"), 2
    if isinstance(error, OSError):
        return _not_written(error.strerror or "the system refused"), 2
    return (
        f"abate failed in a way that was not foreseen ({type(error).__name__}). No output was written. Run it "
        "again with --debug before the verb, and report what it shows; look first whether it holds patient data."
    ), 3


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; an error is one readable paragraph, with a traceback only under --debug."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        code: Any = cli.main(given, prog_name="abate", standalone_mode=False)
        return int(code or 0)
    except click.exceptions.Abort:
        click.echo("Stopped; nothing was written.", err=True)
        return 2
    except click.ClickException as error:
        error.show()
        return 2
    except Exception as error:  # the last door: a reader must never meet a traceback unasked
        if "--debug" in given:
            raise
        said, exit_code = _said(error)
        click.echo(said, err=True)
        return exit_code


if __name__ == "__main__":
    sys.exit(main())
