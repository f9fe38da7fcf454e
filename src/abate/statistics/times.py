"""Times at risk, how they ended, and how many were at risk and had an event at each time: what survival is made of."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from abate.records.problems import AbateError

Floats = NDArray[np.floating[Any]]
Integers = NDArray[np.integer[Any]]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True)
class Times:
    """Stretches of time at risk, one row each; a patient may have several.

    A row is at risk at time t where ``entry < t <= exit``: who enters at t is not at risk of what happens at t. Without
    an entry a row is at risk from the beginning, an event at time 0 included.

    Attributes
    ----------
    exit, event
        When the row ends, and how: 0 censored, 1, 2, ... the cause. Shape ``(n,)``.
    entry
        When it begins; minus infinity where it was not delayed.
    weight
        Weight of the row; 1 unless given.
    patient
        Whose it is, a number from 0 on: rows of one patient are not independent.
    """

    exit: Floats
    event: Integers
    entry: Floats
    weight: Floats
    patient: Integers

    def __len__(self) -> int:
        return len(self.exit)

    @property
    def weighted(self) -> bool:
        """Whether the weights differ from 1."""
        return bool((self.weight != 1).any())

    @property
    def independent(self) -> bool:
        """Whether every row is a patient of its own and counts once, so that the textbook variances hold."""
        return not self.weighted and len(np.unique(self.patient)) == len(self)

    def where(self, chosen: NDArray[np.generic]) -> "Times":
        """Return some of the rows."""
        columns = (self.exit, self.event, self.entry, self.weight, self.patient)
        return Times(*(column[chosen] for column in columns))

    def cause(self, number: int) -> "Times":
        """Return the same rows with one cause as the event 1 and all else censored."""
        return replace(self, event=(self.event == number).astype(np.int64))


def times(
    exit: ArrayLike,
    event: ArrayLike,
    entry: ArrayLike | None = None,
    weight: ArrayLike | None = None,
    patient: ArrayLike | None = None,
) -> Times:
    """Return times at risk, checked.

    Parameters
    ----------
    exit, event, entry, weight, patient
        As in :class:`Times`; ``patient`` may be of any kind.

    Raises
    ------
    AbateError
        If a length differs, a time or weight is missing or infinite, a weight is negative, or a row ends no later
        than it begins.

    Examples
    --------
    >>> times([0, 3, 5], [1, 0, 2]).entry
    array([-inf, -inf, -inf])
    """
    ends = np.asarray(exit, dtype=np.float64)
    count = len(ends)
    kinds = np.asarray(event).astype(np.int64)
    starts = np.full(count, -np.inf) if entry is None else np.asarray(entry, dtype=np.float64)
    weights = np.ones(count) if weight is None else np.asarray(weight, dtype=np.float64)
    patients = np.arange(count) if patient is None else np.unique(np.asarray(patient), return_inverse=True)[1]
    if {len(kinds), len(starts), len(weights), len(patients)} != {count}:
        raise AbateError("Times at risk cannot be read. Expected as many entries, ends, events, weights and patients.")
    if not np.isfinite(ends).all() or np.isnan(starts).any() or (kinds < 0).any():
        raise AbateError("A time at risk is missing. Expected a number for every entry and end, and a known event.")
    if not (np.isfinite(weights).all() and (weights >= 0).all()):
        raise AbateError("A weight is missing or negative. Expected a number from 0 on.")
    if (ends <= starts).any():
        raise AbateError("A time at risk ends before it begins, or at once. Expected each end after its entry.")
    return Times(ends, kinds, starts, weights, patients)


@dataclass(frozen=True)
class Counts:
    """What happened at each time at which there was an event.

    Attributes
    ----------
    time
        Distinct times of events, ascending, shape ``(times,)``.
    at_risk
        Weight at risk just before each.
    events
        Weight of the events of each cause, shape ``(times, causes)``.
    """

    time: Floats
    at_risk: Floats
    events: Floats

    @property
    def total(self) -> Floats:
        """Events of any cause."""
        return np.asarray(self.events.sum(axis=1))


def at_risk(of: Times, at: Floats) -> Floats:
    """Return the weight at risk at each of some times (ascending or not).

    Examples
    --------
    >>> at_risk(times([2, 3, 3], [1, 0, 1], entry=[0, 0, 2]), np.array([2.0, 3.0]))
    array([2., 2.])
    """
    order = np.argsort(of.exit)
    return _at_risk(of, of.exit[order], of.weight[order], at)


def _at_risk(of: Times, exits: Floats, weights: Floats, at: Floats) -> Floats:
    """Return the weight at risk at some times, from ends in order and their weights."""
    risk = _from(exits, weights, at)
    if not np.isfinite(of.entry).any():
        return risk
    order = np.argsort(of.entry)
    return risk - _from(of.entry[order], of.weight[order], at)


def _from(when: Floats, weight: Floats, at: Floats) -> Floats:
    """Return the weight of those whose time lies at or after each of some times; in order of time."""
    ended = np.concatenate([np.zeros(1), np.cumsum(weight)])
    return np.asarray(ended[-1] - ended[np.searchsorted(when, at)])


def counts(of: Times, causes: int | None = None) -> Counts:
    """Count who was at risk and who had an event, at each time with an event.

    Parameters
    ----------
    of
        The times at risk.
    causes
        How many causes there are; as many as were seen, unless given.

    Examples
    --------
    >>> found = counts(times([1, 2, 2, 3], [1, 2, 1, 0]))
    >>> found.time, found.at_risk, found.events.tolist()
    (array([1., 2.]), array([4., 3.]), [[1.0, 0.0], [1.0, 1.0]])
    """
    width = causes or max(1, int(of.event.max(initial=0)))
    order = np.argsort(of.exit, kind="stable")
    exits, events, weights = of.exit[order], of.event[order], of.weight[order]
    happened = events > 0
    when, kinds = exits[happened], events[happened]
    new = np.ones(len(when), bool)
    np.not_equal(when[1:], when[:-1], out=new[1:])
    times_of = when[new]
    cells = (np.cumsum(new) - 1) * width + kinds - 1
    counted = np.bincount(cells, weights[happened], len(times_of) * width).astype(float).reshape(len(times_of), width)
    return Counts(times_of, _at_risk(of, exits, weights, times_of), counted)


def named_cause(cause: int, known: int | None = None) -> int:
    """Return the number of a cause, checked.

    Raises
    ------
    AbateError
        If it is 0 or less: that is no cause but being censored; or more than there are.
    """
    if cause < 1 or (known is not None and cause > known):
        raise AbateError(f"There is no cause {cause}. Expected 1 or more, up to those that were seen; 0 is censored.")
    return cause


def last_before(when: Floats, at: Floats) -> Integers:
    """Return how many of some ascending times lie at or before each of others: the step that a curve is on."""
    return np.asarray(np.searchsorted(when, at, side="right"))


def on_step(values: Floats, before: float, when: Floats, at: Floats) -> Floats:
    """Return a step function at some times; before its first step it has the value given."""
    return np.concatenate([[before], values])[last_before(when, at)]
