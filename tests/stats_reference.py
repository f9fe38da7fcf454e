"""The reference results of R: their rows, the public data behind them, and what abate makes of the same data.

A row names data set, method, setting, quantity and value. The columns of a model are read off the names of its
coefficients, so that a row on other columns or other data is compared without another line here.
"""

import csv
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from abate.statistics.times import Times, times
from conftest import SHARED

FOLDER = Path(os.environ.get("ABATE_STATS_REFERENCE", SHARED / "spec/stats_reference"))
DATA = Path(os.environ.get("ABATE_STATS_DATA", FOLDER.parent.parent / "data/stats"))
Values = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Row:
    """One number of R."""

    id: str
    dataset: str
    method: str
    setting: str
    quantity: str
    value: float

    def __str__(self) -> str:
        return "-".join((self.id, self.dataset, self.method, self.setting, self.quantity))


def rows(name: str) -> list[Row]:
    """Return the rows of a file; none where the reference is not here."""
    path = FOLDER / name
    if not path.is_file():
        return []
    with path.open(newline="") as file:
        return [
            Row(
                row["id"],
                row["dataset"],
                row["method"],
                row.get("setting", ""),
                row["quantity"],
                float("nan" if row["value"] == "NA" else row["value"]),
            )
            for row in csv.DictReader(file)
        ]


class Frame:
    """A data set as columns of text; empty is missing."""

    def __init__(self, columns: dict[str, Values]) -> None:
        self.columns = columns

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def text(self, name: str) -> Values:
        return self.columns[name]

    def number(self, name: str) -> Values:
        return np.array([float(value) if value not in ("", "NA", ".") else np.nan for value in self.columns[name]])

    def where(self, kept: Values) -> "Frame":
        return Frame({name: column[kept] for name, column in self.columns.items()})

    def of(self, **columns: Values) -> "Frame":
        return Frame(self.columns | columns)

    def term(self, name: str) -> Values:
        """Return the column that R calls so: a number, a logarithm, a level of a factor, a product."""
        if ":" in name:
            return np.asarray(np.prod([self.term(part) for part in name.split(":")], axis=0))
        found = re.fullmatch(r"(log|sqrt|factor|as.factor)\((.*)\)(.*)", name)
        if found and found[1] in ("log", "sqrt"):
            return np.asarray({"log": np.log, "sqrt": np.sqrt}[found[1]](self.term(found[2])))
        if found:
            name = found[2] + found[3]
        if name in self.columns and self._numeric(name):
            return self.number(name)
        for column in sorted(self.columns, key=len, reverse=True):
            if name.startswith(column) and name[len(column) :] in set(self.columns[column]):
                level = (self.columns[column] == name[len(column) :]).astype(float)
                return np.where(self.columns[column] == "", np.nan, level)
        raise KeyError(name)

    def _numeric(self, name: str) -> bool:
        return all(re.fullmatch(r"[-+.\deE]*|NA|\.", str(value)) for value in self.columns[name])

    def matrix(self, names: list[str]) -> Values:
        return np.column_stack([self.term(name) for name in names])


@cache
def frame(name: str) -> Frame:
    """Return a public data set."""
    with (DATA / f"{name}.csv").open(newline="") as file:
        read = list(csv.DictReader(file))
    return Frame({column: np.array([row[column] for row in read]) for column in read[0]})


RESPONSES = {
    "aml": ("time", "status", "1"),
    "gehan": ("time", "cens", "1"),
    "lung": ("time", "status", "2"),
    "mgus2": ("futime", "death", "1"),
    "myeloid": ("futime", "death", "1"),
    "ovarian": ("futime", "fustat", "1"),
    "pbc": ("time", "status", "2"),
    "toy_surv8": ("time", "status", "1"),
    "veteran": ("time", "status", "1"),
    "jasa": ("futime", "fustat", "1"),
    "tidycmprsk_trial": ("ttdeath", "death", "1"),
    "bmt_km137": ("t1", "d1", "1"),
}
"""Column of the time, of the status, and the status that is the event."""
COUNTING = {
    "heart": ("start", "stop", "event", "id"),
    "jasa1": ("start", "stop", "event", "id"),
    "cgd": ("tstart", "tstop", "status", "id"),
    "bladder2": ("start", "stop", "event", "id"),
}
COMPETING = {
    "bmt_scrucca35": ("ftime", "status", {"1": 1, "2": 2}),
    "mgus2_competing": ("etime", "ev", {"1": 1, "2": 2}),
    "aidssi": ("time", "status", {"1": 1, "2": 2}),
    "tidycmprsk_trial": ("ttdeath", "death_cr", {"death from cancer": 1, "death other causes": 2}),
}


def risk(name: str, data: Frame) -> Times:
    """Return the times at risk of a data set: one event, or recurrent ones."""
    if name in COUNTING:
        start, stop, event, patient = COUNTING[name]
        return times(data.number(stop), data.number(event), data.number(start), patient=data.text(patient))
    time, status, event = RESPONSES[name]
    return times(data.number(time), data.text(status) == event)


def competing(name: str, data: Frame) -> Times:
    """Return the times at risk of a data set with competing causes."""
    time, status, causes = COMPETING[name]
    return times(data.number(time), np.array([causes.get(str(value), 0) for value in data.text(status)]))


def complete(data: Frame, names: list[str]) -> Frame:
    """Return the rows with a value for every column of a model."""
    return data.where(np.asarray(np.isfinite(data.matrix(names)).all(axis=1)))


Handler = Callable[[Row, re.Match[str]], float | None]
HANDLERS: list[tuple[re.Pattern[str], Handler]] = []


def handles(pattern: str) -> Callable[[Handler], Handler]:
    """Say that a function computes the rows whose ``method | setting`` matches."""

    def register(handler: Handler) -> Handler:
        HANDLERS.append((re.compile(pattern), handler))
        return handler

    return register


def computed(row: Row) -> float:
    """Return abate's number for a row.

    Raises
    ------
    LookupError
        If nothing here computes such a row: it must not pass unseen.
    """
    for pattern, handler in HANDLERS:
        match = pattern.search(f"{row.method} | {row.setting}")
        found = handler(row, match) if match else None
        if found is not None:
            return float(found)
    raise LookupError(f"no computation is known of the row {row}")


def siblings(row: Row, name: str) -> Iterator[Row]:
    """Return the rows of the same data, method and setting."""
    for other in rows(name):
        if (other.dataset, other.method, other.setting) == (row.dataset, row.method, row.setting):
            yield other
