"""Commands that need no records yet: a mapping, a plan of an analysis, made-up cohorts, trials that are planned."""

from pathlib import Path

import click

from abate.terminal import CODES, steps


@click.command(epilog=CODES)
def plan() -> None:
    """Print a plan to start from, every key explained: abate plan > plan.toml."""
    from abate.findings.plan import TEMPLATE

    click.echo(TEMPLATE, nl=False)


@click.command(epilog=CODES)
@click.option("--patients", type=int, required=True, help="How many: 1 to 1,000,000.")
@click.option("--seed", type=int, default=2020, show_default=True, help="The same seed gives the same bytes.")
@click.option(
    "--effect",
    "effects",
    multiple=True,
    metavar="NAME=NUMBER",
    help="What anakinra does, by assumption; 0, which is nothing, unless given. duration: logarithm of the ratio of "
    "the days that remain; severity: grades added to each later day; death: logarithm of the hazard ratio.",
)
@click.option(
    "--policy", default="refractory", show_default=True, help="Who gets it: refractory, unseen, prophylaxis, none."
)
@click.option("--layer", default="clean", show_default=True, help="clean, or usual: lost, doubled, misdated values.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the records and their truth.")
@click.pass_context
def synth(
    context: click.Context, patients: int, seed: int, effects: tuple[str, ...], policy: str, layer: str, out: Path
) -> None:
    """Write a made-up cohort whose truth is known: records, intended grades, rates beside published ones."""
    from abate import verbs

    with steps(context.obj["quiet"]) as say:
        verbs.synth(out, patients, seed, effects, policy, layer, say)
    if not context.obj["quiet"]:
        click.echo(f"{patients:,} made-up patients are in {out}; SYNTHETIC_rates.html says how near they are.")
        click.echo(f"Report on them: abate run {out} --out REPORT")


@click.command(epilog=CODES)
@click.argument("design", type=click.Path(path_type=Path), required=False)
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the table and its figure.")
@click.option("--workers", type=click.IntRange(1), help="Processes; as many as there are cores unless given.")
@click.option("--template", is_flag=True, help="Print a plan to start from, every key explained.")
@click.pass_context
def power(context: click.Context, design: Path | None, out: Path | None, workers: int | None, template: bool) -> None:
    """Say what the trials planned in DESIGN, a TOML file, could find: power, true size, patients needed."""
    from abate.records.problems import AbateError
    from abate.statistics.design_file import TEMPLATE

    if template:
        click.echo(TEMPLATE, nl=False)
        return
    if design is None or out is None:
        raise AbateError(
            "Planning trials needs a plan and a folder. Expected abate power DESIGN.toml --out FOLDER. "
            "Make a plan with: abate power --template > design.toml"
        )
    from abate import verbs

    with steps(context.obj["quiet"]) as say:
        table = verbs.power(design, out, workers, lambda done, of: say(f"trials {done:,} of {of:,}"))
    if not context.obj["quiet"]:
        for row in table.to_pylist():
            error = f" (Monte Carlo error {row['standard_error']:.4f})" if row["trials"] else ""
            click.echo(f"{row['design']}, {row['n_per_arm']} each: {row['quantity']} {row['probability']:.3f}{error}")
        click.echo(
            f"It follows from what was assumed, and says nothing about whether a drug works. Table, figure: {out}"
        )


@click.command("map", epilog=CODES)
@click.argument("sheet", type=click.Path(path_type=Path))
@click.option("--sheet", "name", default="", help="Name of the sheet of a workbook; the first unless given.")
@click.option(
    "--check", type=click.Path(path_type=Path), help="Hold this mapping file against SHEET, and read no record."
)
def map_sheet(sheet: Path, name: str, check: Path | None) -> None:
    """Propose a mapping file for SHEET, a workbook, CSV file or REDCap folder: abate map cohort.xlsx > cohort.toml."""
    from abate.sources.mapping import read_mapping
    from abate.sources.redcap import read_project
    from abate.sources.sheet import read_layout
    from abate.sources.sheet_proposal import proposal

    if check is None:
        click.echo(proposal(sheet, name), nl=False)
        return
    export = read_project(sheet).sheet if sheet.is_dir() else None
    layout = read_layout(sheet, read_mapping(check), export, check.name)
    used = sum(column["table"] != "nothing" for column in layout.door["column"])
    click.echo(f"{check.name} fits {sheet.name}: {used} of {len(layout.names)} columns are mapped.")
    bare = [one["name"] for one in layout.door["column"] if one["table"] == "measurements" and not one.get("unit")]
    if bare:
        click.echo(f"No unit is said of {', '.join(bare)}: their values will be set aside, unless they have none.")
