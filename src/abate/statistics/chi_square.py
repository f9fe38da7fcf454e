"""A test whose statistic follows, of many patients, a chi-square distribution."""

from dataclasses import dataclass

import numpy as np

from abate.statistics.times import Floats


@dataclass(frozen=True)
class ChiSquare:
    """A statistic that is large where the hypothesis does not hold.

    Attributes
    ----------
    statistic, freedom, p
        The statistic, its degrees of freedom (0: nothing to test), and the P value.
    """

    statistic: float
    freedom: int
    p: float


def of_score(score: Floats, variance: Floats) -> ChiSquare:
    """Return the test of a score that is 0 on average, by the directions in which it varies at all.

    Examples
    --------
    >>> found = of_score(np.array([2.0, -2.0]), np.array([[1.0, -1.0], [-1.0, 1.0]]))
    >>> round(found.statistic, 6), found.freedom, round(found.p, 4)
    (4.0, 1, 0.0455)
    """
    from scipy import stats

    values, vectors = np.linalg.eigh(variance)
    kept = values > 1e-10 * max(1e-300, float(np.abs(values).max(initial=0)))
    freedom = int(kept.sum())
    if not freedom:
        return ChiSquare(0.0, 0, 1.0)
    statistic = float(((vectors[:, kept].T @ score) ** 2 / values[kept]).sum())
    return ChiSquare(statistic, freedom, float(stats.chi2.sf(statistic, freedom)))
