"""Where expressions run: in this process, on a PostgreSQL server, on a Spark cluster."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from abate.engine.embedded import embedded
from abate.engine.store import Engine
from abate.records.problems import AbateError

ENGINES = ("duckdb", "postgres", "spark")
LIKE = {"postgres": "postgresql://user@host:5432/database", "spark": "spark://host:7077"}
"""What ``--connect`` looks like."""
PACKAGES = {"postgres": "adbc-driver-postgresql", "spark": "pyspark and pandas"}


@dataclass(frozen=True)
class Place:
    """Where expressions run.

    Attributes
    ----------
    engine
        ``duckdb`` (in this process), ``postgres`` or ``spark``.
    connect
        The server or the cluster, as in :data:`LIKE`. It may hold a password: it is never written down.
    workspace
        Folder that this process and every Spark worker reach, for what is kept between steps; beside the output
        where none is named. What is written there is removed at the end.
    memory
        The most that DuckDB may hold, such as ``4GB``; it writes the rest beside the output.

    Raises
    ------
    AbateError
        If there is no such engine, or it needs to be told where it is.
    """

    engine: str = "duckdb"
    connect: str = ""
    workspace: Path | None = None
    memory: str = ""

    def __post_init__(self) -> None:
        if self.engine not in ENGINES:
            raise AbateError(f"No engine has the name given. Expected one of {', '.join(ENGINES)}. Correct --engine.")
        if self.engine != "duckdb" and not self.connect:
            expected = f"Expected where it is, such as {LIKE[self.engine]}"
            raise AbateError(f"The engine {self.engine} runs elsewhere. {expected}. Give --connect.")
        if self.engine == "duckdb" and self.connect:
            raise AbateError("DuckDB runs in this process. Expected no --connect, or another --engine. Remove one.")


HERE = Place()
"""In this process."""
SCHEMES = {"postgresql": "postgres", "postgres": "postgres", "spark": "spark"}
"""How the address of an engine begins."""


def addressed(place: str) -> Place | None:
    """Return the engine that an address such as ``postgresql://user@host/database`` names; none for a path.

    Raises
    ------
    AbateError
        If it is the address of something else.
    """
    scheme, found, _ = place.partition("://")
    if not found:
        return None
    if scheme not in SCHEMES:
        expected = " or ".join(LIKE.values())
        raise AbateError(f"Records cannot be read from an address of this kind. Expected a path, or {expected}.")
    return Place(SCHEMES[scheme], place)


def in_process(place: Place = HERE, work: Path | None = None) -> Engine:
    """Return the embedded engine, by which every folder of records is read; it writes what does not fit to ``work``.

    Raises
    ------
    AbateError
        If the limit of memory is none.
    """
    try:
        return Engine(embedded(place.memory, work / "spill" if work else None))
    except duckdb.Error as error:
        raise AbateError("The limit of memory is none. Expected a size such as 4GB. Correct --memory.") from error


@contextmanager
def elsewhere(place: Place, work: Path) -> Iterator[tuple[Engine, Path]]:
    """Give the engine of a place that is not this process, and a folder that it can read.

    Raises
    ------
    AbateError
        If what it needs is not installed, or it cannot be reached.
    """
    shared = place.workspace or work
    if not shared.is_dir():
        raise AbateError(f"{shared.name}: there is no such folder. Expected a folder for work. Correct --workspace.")
    shared = Path(tempfile.mkdtemp(prefix="abate-", dir=shared.resolve()))
    try:
        engine = Engine(_connected(place, shared))
        try:
            yield engine, shared
        finally:
            engine.backend.disconnect()
    finally:
        shutil.rmtree(shared, ignore_errors=True)


def _connected(place: Place, shared: Path) -> Any:
    opened = {"postgres": _postgres, "spark": _spark}[place.engine]
    try:
        return opened(place.connect, shared)
    except ImportError as error:
        raise AbateError(
            f"The engine {place.engine} needs packages that are not installed. Expected the extra {place.engine}: "
            f'{PACKAGES[place.engine]}. Install it with: pip install "abate[{place.engine}]".'
        ) from error
    except Exception as error:  # of the driver, whose message may hold the password
        raise AbateError(
            f"The engine {place.engine} cannot be reached ({type(error).__name__}). Expected a running server, such "
            f"as {LIKE[place.engine]}, and leave to use it. Correct the address."
        ) from error


def _postgres(uri: str, _: Path) -> Any:
    from abate.engine.postgresql import Backend

    return Backend().connect(uri)


def _spark(master: str, shared: Path) -> Any:
    from abate.engine.spark import Backend

    tables = shared / "tables"
    tables.mkdir()
    return Backend().connect(master, tables)
