"""Events that come again: how many a patient has had on average by each time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from abate.statistics.influence import Steps, clustered
from abate.statistics.times import Floats, Times, counts, on_step


@dataclass(frozen=True)
class MeanCount:
    """The mean number of events a patient: a step at each time of an event.

    Attributes
    ----------
    time
        Times of events, ascending.
    mean, variance
        From each time on; the variance is clustered by patient.
    """

    time: Floats
    mean: Floats
    variance: Floats

    def at(self, when: ArrayLike) -> Floats:
        """Return the mean at some times."""
        return on_step(self.mean, 0.0, self.time, np.asarray(when, float))

    def error(self, when: ArrayLike) -> Floats:
        """Return the standard error at some times."""
        return np.sqrt(on_step(self.variance, 0.0, self.time, np.asarray(when, float)))

    def interval(self, when: ArrayLike, level: float = 0.95) -> tuple[Floats, Floats]:
        """Return lower and upper limits at some times, symmetric on the scale of logarithms."""
        from scipy import stats

        mean = self.at(when)
        reach = float(stats.norm.ppf((1 + level) / 2)) * self.error(when)
        spread = np.exp(np.divide(reach, mean, out=np.full(len(mean), np.nan), where=mean > 0))
        return mean / spread, mean * spread


def mean_count(of: Times) -> MeanCount:
    """Estimate the mean number of events a patient (the mean cumulative function).

    Parameters
    ----------
    of
        Times at risk, several rows a patient: from one event to the next, and from the last one on. Where death ends
        the events, censoring there asks what would be without death, a question rarely meant: keep the dead at risk to
        the end of follow-up, without events, to count those that happened.

    References
    ----------
    Nelson W. J Qual Technol 1988;20:24-35. Lawless JF, Nadeau C. Technometrics 1995;37:158-168.
    doi:10.1080/00401706.1995.10484300. Ghosh D, Lin DY. Biometrics 2000;56:554-562, for death.

    Examples
    --------
    >>> from abate.statistics.times import times
    >>> found = mean_count(times([2, 4, 4], [1, 1, 0], entry=[0, 2, 0], patient=["a", "a", "b"]))
    >>> found.mean, found.variance
    (array([0.5, 1. ]), array([0.125, 0.5  ]))
    """
    found = counts(of)
    steps = Steps(found.time, of)
    rate = found.total / found.at_risk
    gained = steps.happened(steps.own(1 / found.at_risk)[:, None], found.time)
    influence = gained - steps.risked(rate / found.at_risk, found.time)
    return MeanCount(found.time, np.cumsum(rate), clustered(influence, of))
