"""What the commands share: progress, what is said of records, and how a door is named."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from abate.engine.ingest import Records
    from abate.sources.doors import Door

CODES = (
    "Exit codes: 0 done; 1 (check) usable, with values set aside; 2 unusable records or a wrong command; "
    "3 an error of abate itself (--debug shows it)."
)

MEMORY = "The most that DuckDB may hold, such as 4GB; the rest is written beside the output meanwhile."


def from_door(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the argument ``[DOOR] RECORDS`` and the option ``--mapping``: see :func:`door_of`."""
    mapping = click.option(
        "--mapping", type=click.Path(path_type=Path), help="Mapping file; abate.toml beside the records unless given."
    )
    named = click.argument("records", nargs=-1, required=True, metavar="[DOOR] RECORDS", type=click.Path())
    return named(mapping(command))


def door_of(given: tuple[str, ...], mapping: Path | None) -> "tuple[Door, str]":
    """Return the door and the place that an argument names: ``omop cdm.duckdb``, or a place alone."""
    from abate.records.problems import AbateError
    from abate.sources.doors import Door

    if len(given) > 2:
        raise AbateError(
            f"{len(given)} places are named. Expected one, with the name of a door before it or without. "
            "Put a path that holds spaces in quotes."
        )
    return Door(given[0] if len(given) == 2 else "", mapping), given[-1]


@contextmanager
def steps(quiet: bool) -> Iterator[Callable[[str], None]]:
    """Show a progress bar on the terminal while long work runs; nothing where it is silenced."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True, quiet=quiet)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal) as bar:
        task = bar.add_task("", total=None)
        yield lambda step: bar.update(task, description=step)


def summary(records: "Records", show_values: bool) -> None:
    """Say what was used and set aside, and every problem; identifiers and values only if asked."""
    for problem in records.problems:
        click.echo(f"{problem}\n")
    rows = records.accounting.to_pylist()
    for row in rows:
        click.echo(
            f"{row['table']}: {row['values_in']:,} values in = {row['used']:,} used + {row['set_aside']:,} set aside"
        )
    if show_values:
        for row in records.put_aside().to_pylist():
            click.echo(
                f"{row['source']}: patient {row['patient_id']}, {row['recorded']} -> {row['reason']}",
            )
