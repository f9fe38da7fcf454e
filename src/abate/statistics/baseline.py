"""What Table 1 rests on: every number and every word of every group, counted in two queries."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import ibis

EVERYONE = "All patients"
MOST_LEVELS = 12
"""Different words of one column that Table 1 lists; more are only counted."""


@dataclass(frozen=True)
class Moments:
    """What the values of one number in one group say.

    Attributes
    ----------
    n
        Patients with a value.
    mean, variance
        Of the values; the variance has n - 1 below, and is null of one value.
    median, least, greatest
        Of the values.
    """

    n: int = 0
    mean: float | None = None
    variance: float | None = None
    median: float | None = None
    least: float | None = None
    greatest: float | None = None


@dataclass(frozen=True)
class Baseline:
    """The baseline of a cohort, counted.

    Attributes
    ----------
    columns
        Which columns, in order.
    patients
        Rows by group: ``All patients`` first, then each group.
    numbers
        By column and group. A column of numbers that holds 0 and 1 alone is among the words.
    words
        How many have each word, by column and group; who has none is not among them.
    """

    columns: tuple[str, ...]
    patients: Mapping[str, int]
    numbers: Mapping[str, Mapping[str, Moments]] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, Mapping[str, int]]] = field(default_factory=dict)

    @property
    def labels(self) -> list[str]:
        """The groups, without all patients together."""
        return list(self.patients)[1:]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Every two groups, in order."""
        return list(combinations(self.labels, 2))

    def known(self, column: str, group: str) -> int:
        """Return how many patients of a group have a value."""
        if column in self.numbers:
            return self.numbers[column][group].n
        return sum(self.words[column][group].values())

    def levels(self, column: str, groups: Iterable[str] = (EVERYONE,)) -> list[str]:
        """Return the words that the patients of some groups have, in order."""
        return sorted({level for group in groups for level in self.words[column][group]})

    def filled(self) -> "Baseline":
        """Return the same without the columns in which nobody has a value."""
        columns = tuple(column for column in self.columns if self.known(column, EVERYONE))
        numbers = {column: self.numbers[column] for column in columns if column in self.numbers}
        words = {column: self.words[column] for column in columns if column in self.words}
        return Baseline(columns, self.patients, numbers, words)


def baseline(patients: ibis.Table, columns: Sequence[str], numeric: Sequence[str]) -> Baseline:
    """Count the baseline of a cohort: one query for all numbers, one for all words, of all groups.

    Parameters
    ----------
    patients
        One row a course, with an optional column ``group``; a patient without a label counts among all.
    columns
        Which columns, in order.
    numeric
        Those of them that are numbers.

    Examples
    --------
    >>> import pyarrow as pa
    >>> people = pa.table({"age": [30.0, 50.0, None], "group": ["yes", "no", "no"]})
    >>> found = baseline(ibis.memtable(people), ["age"], ["age"])
    >>> found.patients, found.numbers["age"]["All patients"].mean
    ({'All patients': 3, 'no': 2, 'yes': 1}, 40.0)
    """
    columns = list(dict.fromkeys(columns))
    measured = [name for name in columns if name in numeric]
    rows = {row["group"]: row for row in _measured(patients, measured)}
    # A responder before a nonresponder: the plain word before the one derived from it.
    groups = sorted((label for label in rows if label), key=lambda label: (len(label), label))
    labels = [EVERYONE, *groups]
    numbers: dict[str, dict[str, Moments]] = {}
    words: dict[str, dict[str, dict[str, int]]] = {}
    for place, name in enumerate(measured):
        cells = {label: _Number(row, place) for label, row in rows.items()}
        moments = {label: cell.moments for label, cell in cells.items()}
        levels = {label: cell.levels for label, cell in cells.items()}
        everyone = together(moments.values(), next(iter(cells.values())).of("median_of_all") if cells else None)
        both = Counter[str]()
        for counts in levels.values():
            both.update(counts)
        # Only 0 and 1: a yes or no, not a quantity.
        if everyone.n and both.total() == everyone.n:
            words[name] = {EVERYONE: dict(both), **{label: levels[label] for label in groups}}
        else:
            numbers[name] = {EVERYONE: everyone, **{label: moments[label] for label in groups}}
    worded = [name for name in columns if name not in numeric]
    words |= {name: {label: {} for label in labels} for name in worded}
    for row in _worded(patients, worded):
        of_column = words[worded[row["place"]]]
        for label in (EVERYONE, row["group"]) if row["group"] else (EVERYONE,):
            of_column[label][row["word"]] = of_column[label].get(row["word"], 0) + row["count"]
    counts = {EVERYONE: sum(row["patients"] for row in rows.values())}
    return Baseline(tuple(columns), counts | {label: rows[label]["patients"] for label in groups}, numbers, words)


def together(groups: Iterable[Moments], median: float | None) -> Moments:
    """Return what the values of some groups say together; the median cannot be told from theirs.

    Examples
    --------
    >>> together([Moments(2, 1.5, 0.5, 1.5, 1.0, 2.0), Moments(1, 6.0, None, 6.0, 6.0, 6.0)], 2.0)
    Moments(n=3, mean=3.0, variance=7.0, median=2.0, least=1.0, greatest=6.0)
    """
    known = [(group, group.mean, group.variance or 0.0) for group in groups if group.mean is not None]
    n = sum(group.n for group, _, _ in known)
    if not n:
        return Moments()
    mean = sum(group.n * of_group for group, of_group, _ in known) / n
    within = sum((group.n - 1) * variance for group, _, variance in known)
    between = sum(group.n * (of_group - mean) ** 2 for group, of_group, _ in known)
    least = [group.least for group, _, _ in known if group.least is not None]
    greatest = [group.greatest for group, _, _ in known if group.greatest is not None]
    variance = (within + between) / (n - 1) if n > 1 else None
    return Moments(n, mean, variance, median, min(least), max(greatest))


class _Number:
    """One column of numbers in one group, as the query hands it over."""

    def __init__(self, row: Mapping[str, Any], place: int) -> None:
        self.row, self.place = row, place

    def of(self, what: str) -> Any:
        return self.row.get(f"{what}_{self.place}")

    @property
    def levels(self) -> dict[str, int]:
        """How many have 0, and how many 1."""
        return {level: count for level, what in (("0", "zeros"), ("1", "ones")) if (count := self.of(what) or 0)}

    @property
    def moments(self) -> Moments:
        names = ("mean", "variance", "median", "least", "greatest")
        return Moments(self.of("n") or 0, *(self.of(name) for name in names))


def _group(patients: ibis.Table) -> Any:
    """Return the label of each patient; the empty word where there is none."""
    if "group" not in patients.columns:
        return ibis.literal("")
    return patients.group.cast("string").fill_null("")


def _measured(patients: ibis.Table, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return a row for each group, those without a label among them; each with the medians of all patients."""
    cells = {f"x_{place}": patients[name].cast("float64") for place, name in enumerate(names)}
    rows = patients.select(group=_group(patients), **cells)
    figures: dict[str, Any] = {"patients": rows.count()}
    medians = {}
    for place in range(len(names)):
        number = rows[f"x_{place}"]
        figures |= {
            f"n_{place}": number.count(),
            f"mean_{place}": number.mean(),
            f"variance_{place}": number.var(how="sample"),
            f"median_{place}": number.quantile(0.5),
            f"least_{place}": number.min(),
            f"greatest_{place}": number.max(),
            f"zeros_{place}": (number == 0).sum(),
            f"ones_{place}": (number == 1).sum(),
        }
        medians[f"median_of_all_{place}"] = number.quantile(0.5)
    found = rows.group_by("group").aggregate(**figures)
    if medians:
        found = found.cross_join(rows.aggregate(**medians))
    listed: list[dict[str, Any]] = found.to_pyarrow().to_pylist()
    return listed


def _worded(patients: ibis.Table, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield how many have a word, by place of the column and group."""
    if not names:
        return
    group = _group(patients)
    parts = [
        patients.select(place=ibis.literal(place, "int64"), group=group, word=patients[name].cast("string"))
        for place, name in enumerate(names)
    ]
    long = ibis.union(*parts) if len(parts) > 1 else parts[0]
    known = long.filter(long.word.notnull())
    yield from known.group_by("place", "group", "word").aggregate(count=known.count()).to_pyarrow().to_pylist()
