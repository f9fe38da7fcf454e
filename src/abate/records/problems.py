"""What is said when records cannot be used: one readable paragraph a problem, all problems at once.

A message never holds a patient identifier or a value from the data. Those stand in the full
report in the output folder, or on the terminal where ``--show-values`` asks for them.
"""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Level = Literal["unusable", "set aside", "note"]


@dataclass(frozen=True)
class Problem:
    """One thing wrong with the input.

    Attributes
    ----------
    level
        ``unusable`` (nothing can be computed), ``set aside`` (the rest can be used) or ``note``.
    place
        The file, and where it helps the table.
    rows
        The first rows concerned, counted as a spreadsheet does: the header is row 1.
    count
        How many values are concerned.
    column
        The column, as the file names it; empty where the file as a whole is meant.
    found, expected, advice
        What was met (without any value), what was expected, what to do.

    Examples
    --------
    >>> print(Problem("set aside", "labs.csv", "unit", "3 values have a unit that is not known",
    ...               "a UCUM unit", "Write it in UCUM, or map it in abate.toml.", (4, 9), 3))
    labs.csv, rows 4, 9 and more, column unit: 3 values have a unit that is not known. \
Expected a UCUM unit. Write it in UCUM, or map it in abate.toml.
    """

    level: Level
    place: str
    column: str
    found: str
    expected: str
    advice: str
    rows: tuple[int, ...] = ()
    count: int = 0

    def __str__(self) -> str:
        where = self.place
        if self.rows:
            more = " and more" if self.count > len(self.rows) else ""
            noun = "row" if len(self.rows) == 1 and not more else "rows"
            where += f", {noun} {', '.join(map(str, self.rows))}{more}"
        if self.column:
            nouns = {".toml": "key", "abate calc": "input"}
            noun = next((noun for place, noun in nouns.items() if place in self.place), "column")
            where += f", {noun} {self.column}"
        expected = f" Expected {self.expected}." if self.expected else ""
        return f"{where}: {self.found}.{expected} {self.advice}".strip()


def perhaps(written: str, known: Iterable[str], otherwise: str, cutoff: float = 0.5) -> str:
    """Return what was expected in place of a name that is not known: those that come near, else ``otherwise``.

    Examples
    --------
    >>> perhaps("ferritine", ["ferritin", "crp"], "a variable")
    'perhaps ferritin'
    """
    near = difflib.get_close_matches(written, list(known), n=3, cutoff=cutoff)
    return f"perhaps {' or '.join(near)}" if near else otherwise


class AbateError(Exception):
    """Something the user can mend; its text is what the user should read."""

    exit_code = 2


class UnusableRecordsError(AbateError):
    """The records cannot be used at all.

    Parameters
    ----------
    problems
        Every problem that was found, not only the first.
    """

    head = "The records cannot be used."

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        listing = "\n\n".join(str(problem) for problem in self.problems)
        super().__init__(f"{self.head}\n\n{listing}")


class UnusableCasesError(UnusableRecordsError):
    """Cases written by hand cannot be read; the messages name the values, which the writer knows."""

    head = "The cases cannot be used."
