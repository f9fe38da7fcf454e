"""What each row does to a curve: the infinitesimal jackknife, for weighted, late-entering and repeated patients."""

from dataclasses import dataclass

import numpy as np

from abate.statistics.times import Floats, Times, last_before


@dataclass(frozen=True)
class Steps:
    """Sums up to a time of what a row loses for being at risk, and gains by an event.

    Attributes
    ----------
    time
        Times of events, ascending.
    of
        The rows.
    """

    time: Floats
    of: Times

    def risked(self, loss: Floats, at: Floats) -> Floats:
        """Return for each row and time the sum of a loss (one a time of events) while the row was at risk.

        Shape ``(rows, at)``: over the event times u with ``entry < u <= min(exit, at)``.
        """
        summed = np.concatenate([np.zeros(1), np.cumsum(loss)])
        limit = last_before(self.time, at)[None, :]
        ended = np.minimum(last_before(self.time, self.of.exit)[:, None], limit)
        begun = np.minimum(last_before(self.time, self.of.entry)[:, None], limit)
        return np.asarray(summed[ended] - summed[begun])

    def happened(self, gain: Floats, at: Floats) -> Floats:
        """Return for each row and time the gain (one a row) where the row's own event lies at or before it."""
        return np.asarray(np.where((self.of.event > 0)[:, None] & (self.of.exit[:, None] <= at[None, :]), gain, 0.0))

    def own(self, values: Floats) -> Floats:
        """Return of values that belong to times of events the one of each row's own end; 0 for the censored."""
        place = np.searchsorted(self.time, self.of.exit)
        padded = np.concatenate([values, np.zeros(1)])
        return np.asarray(np.where(self.of.event > 0, padded[np.minimum(place, len(values))], 0.0))


def clustered(influence: Floats, of: Times) -> Floats:
    """Return the variance at each time: squares of the weighted influence, summed by patient.

    Parameters
    ----------
    influence
        What a unit of weight of each row does to the curve, shape ``(rows, ...)``.
    of
        The rows.

    References
    ----------
    Therneau TM, Grambsch PM. Modeling Survival Data. Springer 2000, chapter 2 and 7.
    """
    return np.asarray((by_patient(influence, of) ** 2).sum(axis=0))


def by_patient(influence: Floats, of: Times) -> Floats:
    """Return the weighted influence summed over the rows of each patient, shape ``(patients, ...)``."""
    weighted = influence * of.weight.reshape(-1, *[1] * (influence.ndim - 1))
    summed = np.zeros((int(of.patient.max(initial=-1)) + 1, *influence.shape[1:]))
    np.add.at(summed, of.patient, weighted)
    return summed


def quotient(above: Floats, below: Floats) -> Floats:
    """Return a quotient, 0 where there is nothing below: nobody left to lose."""
    return np.divide(above, below, out=np.zeros(np.broadcast_shapes(above.shape, below.shape)), where=below > 1e-12)
