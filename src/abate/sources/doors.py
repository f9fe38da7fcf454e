"""The doors by name, and which of them a place is: each ends in the same tables."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from abate.records.problems import AbateError, Problem, perhaps
from abate.sources.clif import is_clif, read_clif
from abate.sources.fhir import is_fhir, read_fhir
from abate.sources.folder import Source, read_folder, sha256
from abate.sources.mapping import NAME
from abate.sources.meds import is_meds, read_meds
from abate.sources.omop import is_omop, read_omop, read_omop_at
from abate.sources.omop_store import Server
from abate.sources.redcap import is_redcap, read_redcap
from abate.sources.sdtm import is_sdtm, read_sdtm
from abate.sources.sheet import read_the_sheet
from abate.sources.spreadsheet import is_spreadsheet

Reader = Callable[[Path, Any, Path | None], Source]

DOORS: dict[str, tuple[Callable[[Path], bool], Reader]] = {
    "clif": (is_clif, read_clif),
    "omop": (is_omop, read_omop),
    "sdtm": (is_sdtm, read_sdtm),
    "fhir": (is_fhir, read_fhir),
    "meds": (is_meds, read_meds),
    "redcap": (is_redcap, read_redcap),
    "sheet": (is_spreadsheet, read_the_sheet),
    "folder": (Path.is_dir, read_folder),
}
"""Of each door: whether a place is of its kind, and what reads it; the first that fits is taken where none is named."""

UNPROMISED = Problem(
    "note",
    NAME,
    "coverage",
    "nothing is known to be complete: no format but CLIF promises it, and none is declared",
    "",
    "Declare under [coverage] what was recorded of every patient, such as vasopressors = "
    '"complete"; otherwise what is not recorded stays unknown, and a grade has wider bounds.',
)
"""What is said of records where silence is not absence."""


@dataclass(frozen=True)
class Door:
    """How records are read.

    Attributes
    ----------
    name
        Of the door; found out from the place where blank.
    mapping
        The mapping file, where it does not stand in the folder of the records.
    """

    name: str = ""
    mapping: Path | None = None

    def read(self, path: Path, backend: Any) -> Source:
        """Return what the door hands on of a folder or file.

        Raises
        ------
        AbateError
            If no door has this name; and as that door says.
        """
        self._checked()
        found = next((reader for fits, reader in DOORS.values() if fits(path)), read_folder)
        mapping = self.mapping or (path if path.is_dir() else path.parent) / NAME
        return _handed_on((DOORS[self.name][1] if self.name else found)(path, backend, self.mapping), mapping)

    def read_at(self, server: Server, name: str, backend: Any) -> Source:
        """Return what the door of OMOP, the one that reads from servers, hands on of a server or cluster of this name.

        Raises
        ------
        AbateError
            If another door is named; and as that door says.
        """
        self.check_server()
        return _handed_on(read_omop_at(server, name, backend, self.mapping), self.mapping)

    def check_server(self) -> None:
        """Refuse a door that does not read from servers, before any is reached."""
        self._checked()
        if self.name not in ("", "omop"):
            raise AbateError(f"The door {self.name} reads files. Expected omop, which alone reads from a server.")

    def _checked(self) -> None:
        if self.name and self.name not in DOORS:
            guess = perhaps(self.name, DOORS, "one of " + ", ".join(DOORS))
            raise AbateError(f"No door is called {self.name}. Expected {guess}.")
        if self.mapping and not self.mapping.is_file():
            raise AbateError(f"{self.mapping.name}: there is no such mapping file. Expected a TOML file.")


def _handed_on(source: Source, mapping: Path | None) -> Source:
    """Return what a door hands on, with its mapping file; say so where nothing is promised to be complete."""
    called = NAME
    if mapping and mapping.is_file():
        called, text = mapping.name, mapping.read_text(encoding="utf-8-sig")
        source = replace(source, mapping=text, hashes={**source.hashes, NAME: sha256(mapping)})
    unpromised = replace(UNPROMISED, place=called)
    return source if "coverage" in source.raw else replace(source, notes=(*source.notes, unpromised))


OPEN = Door()
