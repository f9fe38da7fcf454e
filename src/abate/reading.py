"""From a place to records: through a door, or from what was ingested before."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from abate.engine.connect import HERE, Place, addressed, elsewhere, in_process
from abate.engine.deidentified import deidentified
from abate.engine.ingest import Records
from abate.engine.ingest import ingest as ingested
from abate.engine.ingested import MARKER, is_ingested, read_ingested, write_ingested
from abate.engine.store import Engine
from abate.engine.whole import check_place, reserved
from abate.records.problems import AbateError
from abate.sources.doors import OPEN, Door

STUDIES = ("strati2020",)
"""Published cohorts that come with abate."""

Progress = Callable[[str], None]


def silent(_: str) -> None:
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


def read(
    records: str | Path,
    progress: Progress = silent,
    place: Place = HERE,
    work: Path | None = None,
    door: Door = OPEN,
) -> Records:
    """Read and check records.

    Parameters
    ----------
    records
        What a door reads (see the README), a folder that :func:`ingest` wrote, the address of a server that keeps
        OMOP (``postgresql://user@host/database``, ``spark://host:7077``), or ``"strati2020"``.
    progress
        Called with a word before each step.
    place, work
        How much memory it may take, and a folder for what does not fit.
    door
        Which door reads them.

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
    engine = in_process(place, work)
    if database := addressed(str(records)):
        return _from_server(database, engine, door, progress)
    progress("reading files")
    path = locate(records)
    if is_ingested(path):
        return read_ingested(path, engine)
    try:
        return ingested(door.read(path, engine.backend), engine, progress)
    except duckdb.Error as error:
        # What a file says of itself and does not hold shows only when it is read to its end.
        if type(error) is not duckdb.Error and not isinstance(error, duckdb.InvalidInputException):
            raise
        raise AbateError(
            f"{path.name}: a file of these records is not whole, or not what its name says. Expected files that can be "
            "read to their end. Write them again."
        ) from error


def _from_server(database: Place, engine: Engine, door: Door, progress: Progress) -> Records:
    door.check_server()
    progress(f"asking {database.engine}")
    with tempfile.TemporaryDirectory() as work, elsewhere(database, Path(work)) as (there, _):
        return ingested(door.read_at(there.backend, database.engine, engine.backend), engine, progress)


def ingest(
    records: str | Path,
    out: str | Path,
    progress: Progress = silent,
    memory: str = "",
    door: Door = OPEN,
    deidentify: bool = False,
) -> Records:
    """Read and check a folder of records once, and write them as typed Parquet from which runs can start.

    Parameters
    ----------
    records
        As in :func:`read`.
    out
        The folder; written whole or not at all. It holds identifiers and values.
    progress
        Called with a word before each step.
    memory
        The most that may be held, such as ``4GB``; the rest is written beside the output meanwhile.
    door
        Which door reads them.
    deidentify
        Whether they are written without identifiers: :func:`abate.engine.deidentified.deidentified`.

    Raises
    ------
    AbateError
        If the records cannot be used, the place holds something else, or another process is writing there.
    """
    check_place(Path(out), MARKER, "folder of ingested records")
    with reserved(Path(out)) as work:
        found = read(records, progress, Place(memory=memory), work, door)
        write_ingested(deidentified(found) if deidentify else found, Path(out), progress)
        return found


@contextmanager
def opened(
    records: str | Path, place: Place, work: Path, progress: Progress = silent, door: Door = OPEN
) -> Iterator[Records]:
    """Give the records on the engine of a place; other engines than the embedded one take them over as Parquet."""
    if place.engine == "duckdb":
        yield read(records, progress, place, work, door)
        return
    with elsewhere(place, work) as (engine, shared):
        folder = shared / "records"
        write_ingested(read(records, progress, place, work, door), folder, progress)
        progress(f"handing over to {place.engine}")
        yield read_ingested(folder, engine)
