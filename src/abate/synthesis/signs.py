"""The bedside signs that a made-up day can have, and the grade that each published system gives them."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

CRS = ("astct_crs", "cartox_crs", "lee_2014", "penn_crs", "mskcc_crs", "ctcae403_crs", "ctcae5_crs")
NEURO = ("astct_icans", "cartox_cres", "ctcae403_neuro", "ctcae5_neuro")
SYSTEMS = (*CRS, *NEURO)
KINDS = ("fever", "pressure", "hours", "oxygen", "creatinine", "transaminase", "neuro")
OPEN = -1
"""The grade of a sign that a system cannot grade from records: the day has none unless another sign decides."""


@dataclass(frozen=True)
class Signs:
    """The signs of one kind in order; number 0 is none of them.

    Attributes
    ----------
    names
        The names, ``none`` first.
    grades
        System to the grade of each sign (:data:`OPEN` where records do not tell it).
    """

    names: tuple[str, ...]
    grades: dict[str, NDArray[np.int8]]

    def number(self, name: str) -> int:
        """Return the number of a sign."""
        return self.names.index(name)


@cache
def signs() -> dict[str, Signs]:
    """Return the signs by kind, from ``signs.csv``: read off the published tables, and not by the grading engine.

    Examples
    --------
    >>> pressure = signs()["pressure"]
    >>> int(pressure.grades["astct_crs"][pressure.number("two_agents")])
    4
    """
    text = files("abate.synthesis").joinpath("signs.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    found = {}
    for kind in KINDS:
        mine = [row for row in rows if row["kind"] == kind]
        grades = {
            system: np.array([0, *(_grade(row[system]) for row in mine)], np.int8)
            for system in SYSTEMS
            if any(row[system] for row in mine)
        }
        found[kind] = Signs(("none", *(row["sign"] for row in mine)), grades)
    return found


def _grade(cell: str) -> int:
    return OPEN if cell == "?" else int(cell or 0)
