"""Who was at risk at each event, in strata, with late entry and ties: the sums that a Cox model is made of."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from abate.records.problems import AbateError
from abate.statistics.times import Floats, Integers, Times

TIES = ("efron", "breslow")


ROUNDED = 1e-15
"""Share of all hazards below which a difference of their sums is rounding alone."""


@dataclass(frozen=True)
class Moments:
    """What a linear predictor makes of the risk sets, a row each step.

    Attributes
    ----------
    log_likelihood
        Of the events, given who was at risk.
    score
        Its slope, shape ``(columns,)``.
    information
        Its curvature, ``(columns, columns)``.
    below
        Sum of the relative hazards at risk at each step.
    mean
        Mean of the columns at each step, by relative hazard, ``(steps, columns)``.
    """

    log_likelihood: float
    score: Floats
    information: Floats
    below: Floats
    mean: Floats


class RiskSets:
    """The risk sets of some rows; what does not depend on the coefficients is settled once.

    A time at which d rows have an event counts as one step (``breslow``), or as d of them (``efron``), at each of which
    the tied events have left the risk set a little more.

    Attributes
    ----------
    of
        The rows.
    when
        Of each time of events in its stratum, the time.
    time
        Of each step, which time of events it belongs to.
    gone
        Of each step, the share of the tied events that have left.
    weight
        Of each step, the weight of its event.

    References
    ----------
    Efron B. J Am Stat Assoc 1977;72:557-565. doi:10.1080/01621459.1977.10480613. Breslow N. Biometrics 1974;30:89-99.
    doi:10.2307/2529620
    """

    def __init__(self, of: Times, stratum: ArrayLike | None = None, ties: str = TIES[0]) -> None:
        if ties not in TIES:
            raise AbateError(f"Tied events cannot be treated by {ties}. Expected one of {', '.join(TIES)}.")
        self.of = of
        strata = np.zeros(len(of), np.int64)
        if stratum is not None:
            strata = np.unique(np.asarray(stratum), return_inverse=True)[1]
        # Times by their rank, with the stratum before it: one whole number that orders both.
        every, rank = np.unique(np.concatenate([of.exit, of.entry]), return_inverse=True)
        self._ended = strata * len(every) + rank[: len(of)]
        self._begun = strata * len(every) + rank[len(of) :]
        self._late = bool(np.isfinite(of.entry).any())
        self.events = np.flatnonzero(of.event > 0)
        self.events = self.events[np.argsort(self._ended[self.events], kind="stable")]
        self._happened, first = np.unique(self._ended[self.events], return_index=True)
        if not len(first):
            raise AbateError("Nobody had the event, so there is no model of it. Expected one event at least.")
        self._first = first
        self.when = of.exit[self.events][first]
        self._after = (self._happened // len(every) + 1) * len(every)
        self._ranges = [self._range(keys) for keys in ((self._ended, self._begun) if self._late else (self._ended,))]
        tied = np.diff(np.append(first, len(self.events)))
        self.own_time = np.repeat(np.arange(len(first)), tied)
        weights = np.add.reduceat(of.weight[self.events], first)
        if ties == "efron":
            self.time = self.own_time
            self.gone = (np.arange(len(self.events)) - first[self.time]) / tied[self.time]
            self.weight = (weights / tied)[self.time]
        else:
            self.time, self.gone, self.weight = np.arange(len(first)), np.zeros(len(first)), weights

    def _range(self, keys: Integers) -> tuple[Integers, Integers, Integers]:
        order = np.argsort(keys, kind="stable")
        ordered = keys[order]
        first, after = (np.asarray(np.searchsorted(ordered, limits)) for limits in (self._happened, self._after))
        return order, first, after

    def at_risk(self, values: Floats) -> Floats:
        """Return the sum over those at risk at each time of events of some values, shape ``(rows, ...)``."""
        found = [self._from_on(values, *each) for each in self._ranges]
        return found[0] - found[1] if self._late else found[0]

    @staticmethod
    def _from_on(values: Floats, order: Integers, first: Integers, after: Integers) -> Floats:
        summed = np.zeros((len(values) + 1, *values.shape[1:]))
        np.cumsum(values[order], axis=0, out=summed[1:])
        return np.asarray(summed[after] - summed[first])

    def having(self, values: Floats) -> Floats:
        """Return the sum over those with an event at each time of events."""
        return np.asarray(np.add.reduceat(values[self.events], self._first, axis=0))

    def steps(self, values: Floats) -> Floats:
        """Return the sum at each step: those at risk, less the tied events as far as they have left."""
        gone = self.gone.reshape(-1, *[1] * (values.ndim - 1))
        return np.asarray(self.at_risk(values)[self.time] - gone * self.having(values)[self.time])

    def by_time(self, values: Floats) -> Floats:
        """Return the sum over the steps of each time of events."""
        if len(self.time) == len(self._happened):
            return values
        return np.asarray(np.add.reduceat(values, self._first, axis=0))

    def while_at_risk(self, values: Floats) -> Floats:
        """Return for each row the sum of values, one a time of events, over the times at which it was at risk."""
        summed = np.zeros((len(values) + 1, *values.shape[1:]))
        np.cumsum(values, axis=0, out=summed[1:])
        begun, ended = (np.searchsorted(self._happened, keys, side="right") for keys in (self._begun, self._ended))
        return np.asarray(summed[ended] - summed[begun])

    def moments(self, columns: Floats, predictor: Floats) -> Moments:
        """Return likelihood, slope and curvature at a linear predictor.

        Parameters
        ----------
        columns
            Of the rows, shape ``(rows, columns)``.
        predictor
            Logarithm of the relative hazard of each row.
        """
        weights = self.of.weight
        hazard = weights * np.exp(predictor)
        below = np.maximum(self.steps(hazard), 1e-300)
        # Of coefficients far out, differences of sums round to nothing: no likelihood is known there, and such a step
        # is not taken.
        lost = (below <= ROUNDED * hazard.sum()).any()
        with np.errstate(over="ignore", invalid="ignore"):
            first = self.steps(hazard[:, None] * columns) / below[:, None]
            second = self.steps(hazard[:, None, None] * columns[:, :, None] * columns[:, None, :])
            spread = second / below[:, None, None] - first[:, :, None] * first[:, None, :]
        mine = weights[self.events]
        likelihood = (mine * predictor[self.events]).sum() - (self.weight * np.log(below)).sum()
        return Moments(
            -np.inf if lost else float(likelihood),
            mine @ columns[self.events] - self.weight @ first,
            np.asarray(np.einsum("s,sij->ij", self.weight, spread)),
            below,
            first,
        )
