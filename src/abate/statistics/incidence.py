"""Cumulative incidence where other causes compete: Aalen and Johansen's, with both families of variance."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from abate.records.problems import AbateError
from abate.statistics.influence import Steps, clustered, quotient
from abate.statistics.kaplan_meier import SCALES, limits
from abate.statistics.times import Counts, Floats, Times, counts, named_cause, on_step

VARIANCES = ("aalen", "jackknife")
"""Aalen's variance, as cmprsk has it, and the infinitesimal jackknife clustered by patient, as survfit has it."""


@dataclass(frozen=True)
class Incidence:
    """Cumulative incidence of every cause: a step at each time of an event of any.

    Attributes
    ----------
    time
        Times of events, ascending.
    incidence
        Share that has had each cause from each time on, shape ``(times, causes)``.
    free
        Share that has had none.
    counts
        At risk and events.
    of
        The rows it was made of.
    """

    time: Floats
    incidence: Floats
    free: Floats
    counts: Counts
    of: Times

    def at(self, when: ArrayLike, cause: int = 1) -> Floats:
        """Return the incidence of a cause at some times."""
        place = named_cause(cause, self.incidence.shape[1]) - 1
        return on_step(self.incidence[:, place], 0.0, self.time, np.asarray(when, float))

    def variance(self, when: ArrayLike, cause: int = 1, kind: str | None = None) -> Floats:
        """Return the variance of a cause's incidence at some times.

        Parameters
        ----------
        when, cause
            Times, and the number of the cause.
        kind
            One of :data:`VARIANCES`; ``aalen`` where rows are independent patients of one weight, else ``jackknife``.

        Raises
        ------
        AbateError
            If Aalen's is asked of weighted or repeated patients, for whom it does not hold.

        References
        ----------
        Aalen OO. Ann Stat 1978;6:534-545, doi:10.1214/aos/1176344198. Gray RJ. Ann Stat 1988;16:1141-1154,
        doi:10.1214/aos/1176350951, for tied events.
        """
        independent = self.of.independent
        named_cause(cause, self.incidence.shape[1])
        kind = kind or ("aalen" if independent else "jackknife")
        at = np.asarray(when, float)
        if kind == "aalen":
            if not independent:
                raise AbateError("Aalen's variance does not hold of weighted or repeated patients. Ask for jackknife.")
            return on_step(_aalen(self, cause), 0.0, self.time, at)
        if kind != "jackknife":
            raise AbateError(f"No variance is called {kind}. Expected one of {', '.join(VARIANCES)}.")
        return clustered(influence(self, at, cause), self.of)

    def interval(
        self, when: ArrayLike, cause: int = 1, kind: str | None = None, scale: str = SCALES[0], level: float = 0.95
    ) -> tuple[Floats, Floats]:
        """Return lower and upper limits of a cause's incidence: :func:`abate.statistics.kaplan_meier.limits`."""
        at = np.asarray(when, float)
        return limits(self.at(at, cause), np.sqrt(self.variance(at, cause, kind)), scale, level)

    def time_lost(self, until: float, cause: int = 1) -> float:
        """Return the mean time lost to a cause up to a time: the area under its incidence."""
        inside, place = self.time < until, named_cause(cause, self.incidence.shape[1]) - 1
        edges = np.concatenate([self.time[inside], [until]])
        return float((np.diff(edges) * self.incidence[inside, place]).sum())


def incidence(of: Times, causes: int | None = None) -> Incidence:
    """Estimate the cumulative incidence of every cause.

    Each cause takes away from what the others can take: one less Kaplan and Meier's curve, which treats the others as
    censored, would show more than there is.

    Parameters
    ----------
    of
        Times at risk, weighted and entered late where they are.
    causes
        How many causes there are; as many as were seen, unless given.

    References
    ----------
    Aalen OO, Johansen S. Scand J Stat 1978;5:141-150.

    Examples
    --------
    >>> from abate.statistics.times import times
    >>> found = incidence(times([0, 1, 2, 3], [1, 2, 0, 1]))
    >>> found.incidence.tolist(), found.free.tolist()
    ([[0.25, 0.0], [0.25, 0.25], [0.75, 0.25]], [0.75, 0.5, 0.0])
    """
    found = counts(of, causes)
    hazard = found.events / found.at_risk[:, None]
    free = np.cumprod(1 - hazard.sum(axis=1))
    before = np.concatenate([np.ones(1), free[:-1]])
    return Incidence(found.time, np.cumsum(before[:, None] * hazard, axis=0), free, found, of)


def influence(found: Incidence, when: ArrayLike, cause: int = 1) -> Floats:
    """Return what a unit of weight of each row does to a cause's incidence at some times, shape ``(rows, when)``."""
    steps, risk, total = Steps(found.time, found.of), found.counts.at_risk, found.counts.total
    before = np.concatenate([np.ones(1), found.free[:-1]])
    curve = found.incidence[:, cause - 1]
    of_cause = quotient(before, risk)
    of_any = quotient(np.ones(len(risk)), risk - total)
    hazard, hazard_any = found.counts.events[:, cause - 1] / risk, total / risk
    at = np.asarray(when, float)
    now = found.at(at, cause)[None, :]
    mine = (found.of.event == cause).astype(float)
    gained = steps.happened((mine * steps.own(of_cause) + steps.own(curve * of_any))[:, None], at)
    gained -= now * steps.happened(steps.own(of_any)[:, None], at)
    risked = steps.risked(of_cause * hazard + curve * of_any * hazard_any, at)
    return gained - risked + now * steps.risked(of_any * hazard_any, at)


def _aalen(found: Incidence, cause: int) -> Floats:
    """Return Aalen's variance at each time of an event, with tied events as drawn without replacement."""
    risk, free = found.counts.at_risk, found.free
    mine = found.counts.events[:, cause - 1]
    others = found.counts.total - mine
    before = np.concatenate([np.ones(1), free[:-1]])
    curve = found.incidence[:, cause - 1]
    # Of those tied at a time each but the first is drawn from one fewer.
    spread = [
        quotient(before**2 * events * (1 - quotient(np.maximum(events - 1, 0), risk - 1)), risk**2)
        for events in (mine, others)
    ]
    rest = quotient(np.ones(len(free)), free)
    # The incidence later moves with what is lost now: by 1 for an event of the cause itself, and by what is left.
    own, lost = (1 + rest * curve, rest), (rest * curve, rest)
    squares, products, straight = (
        np.cumsum(own[i] * own[j] * spread[0] + lost[i] * lost[j] * spread[1]) for i, j in ((0, 0), (0, 1), (1, 1))
    )
    return np.asarray(np.maximum(squares + curve**2 * straight - 2 * curve * products, 0))
