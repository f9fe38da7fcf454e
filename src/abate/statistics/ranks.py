"""Ranks of many values in groups, told by their ties: what the tests of large groups are made of."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Ranked:
    """Values in order, each with how many of each group have it.

    Attributes
    ----------
    counts
        How many of each group have a value, shape ``(values, groups)``.
    twice
        Twice the rank that those who have it share: whole, so that sums of it are exact. Shape ``(values,)``.
    """

    counts: NDArray[np.int64]
    twice: NDArray[np.int64]

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Values of each group."""
        return np.asarray(self.counts.sum(axis=0))

    @property
    def total(self) -> int:
        """Values of all groups."""
        return int(self.counts.sum())

    @property
    def away(self) -> NDArray[np.int64]:
        """Twice the sum of ranks of each group, less what it is where no group ranks higher."""
        return np.asarray(self.twice @ self.counts - self.sizes * (self.total + 1))

    @property
    def tied(self) -> float:
        """By how much ties shrink the variance: 1 without any, 0 where all values are equal."""
        ties, total = self.counts.sum(axis=1).astype(float), float(self.total)
        return 1 - float((ties**3 - ties).sum()) / (total**3 - total)


def ranked(values: NDArray[np.float64], groups: NDArray[np.int64], count: int) -> Ranked:
    """Rank values that may be tied.

    Parameters
    ----------
    values, groups
        A number each, and the number of its group from 0 on, shapes ``(n,)``; no value is missing.
    count
        How many groups there are.

    Examples
    --------
    >>> found = ranked(np.array([5.0, 7.0, 5.0, 9.0]), np.array([0, 0, 1, 1]), 2)
    >>> found.twice.tolist(), found.counts.tolist()
    ([3, 6, 8], [[1, 1], [1, 0], [0, 1]])
    """
    order = np.argsort(values)
    ordered, of_group = values[order], groups[order]
    starts = np.flatnonzero(np.concatenate([np.ones(1, bool), ordered[1:] != ordered[:-1]]))
    # How many of a group lie before each value, and before the end.
    limits = np.append(starts, len(ordered))
    before = (np.concatenate([np.zeros(1, np.int64), np.cumsum(of_group == group)])[limits] for group in range(count))
    counts = np.stack([np.diff(of_one) for of_one in before], axis=1)
    return Ranked(counts, 2 * starts + counts.sum(axis=1) + 1)


def rank_sum_p(found: Ranked) -> float:
    """Return the two-sided P value of the rank sum of two groups by the normal approximation.

    Corrected for ties and for continuity, as :func:`abate.statistics.exact.rank_sum` is where it approximates.

    References
    ----------
    Mann HB, Whitney DR. Ann Math Stat 1947;18:50-60. doi:10.1214/aoms/1177730491

    Examples
    --------
    >>> round(rank_sum_p(ranked(np.arange(8.0), np.array([0, 0, 0, 1, 0, 1, 1, 1]), 2)), 4)
    0.0606
    """
    from scipy import stats

    first, second = (float(size) for size in found.sizes)
    variance = first * second * (first + second + 1) / 12 * found.tied
    # The statistic moves in steps of a half where values are tied; the correction is that of whole steps.
    away = abs(int(found.away[0])) / 2 - 0.5
    return min(1.0, 2 * float(stats.norm.sf(away / math.sqrt(variance))))


def kruskal_wallis(found: Ranked) -> float:
    """Return the statistic of Kruskal and Wallis, corrected for ties.

    References
    ----------
    Kruskal WH, Wallis WA. J Am Stat Assoc 1952;47:583-621. doi:10.1080/01621459.1952.10483441

    Examples
    --------
    >>> round(kruskal_wallis(ranked(np.arange(6.0), np.array([0, 0, 1, 1, 2, 2]), 3)), 3)
    4.571
    """
    total = found.total
    between = float(((found.away / 2) ** 2 / found.sizes).sum())
    return 12 / (total * (total + 1)) * between / found.tied
