"""By how much one group lies above another: Hodges and Lehmann's estimate with its exact limits."""

from dataclasses import dataclass
from math import comb

import numpy as np

from abate.records.problems import AbateError
from abate.statistics.exact import counted_sums
from abate.statistics.times import Floats


@dataclass(frozen=True)
class Shift:
    """The median of all differences between two groups.

    Attributes
    ----------
    estimate, low, high
        First less second. The limits are differences found; infinite where so few patients cannot give a limit.
    level
        The confidence that the limits really have: no less than asked for.
    """

    estimate: float
    low: float
    high: float
    level: float


def shift(first: Floats, second: Floats, level: float = 0.95) -> Shift:
    """Return the Hodges-Lehmann shift of two groups, with the limits that go with the exact rank-sum test.

    Parameters
    ----------
    first, second
        One number a patient.
    level
        Of confidence, at least. With ties it is more than said.

    Raises
    ------
    AbateError
        If a group is empty.

    References
    ----------
    Hodges JL, Lehmann EL. Ann Math Stat 1963;34:598-611, doi:10.1214/aoms/1177704172. Bauer DF. J Am Stat Assoc
    1972;67:687-690, doi:10.1080/01621459.1972.10481279

    Examples
    --------
    >>> found = shift(np.array([1., 4., 6., 9.]), np.array([2., 3., 5., 20.]))
    >>> found.estimate, found.low, found.high, round(found.level, 3)
    (0.0, -19.0, 7.0, 0.971)
    """
    sizes = len(first), len(second)
    if not min(sizes):
        raise AbateError("A shift needs patients in both groups.")
    differences = np.sort((first[:, None] - second[None, :]).ravel())
    smaller, everyone = min(sizes), sum(sizes)
    ranks = np.arange(1, everyone + 1)
    sums = counted_sums(ranks, smaller, int(ranks[everyone - smaller :].sum()))
    below = np.cumsum(sums[smaller * (smaller + 1) // 2 :]) / comb(everyone, smaller)
    # The most of the smallest differences that may be left out below, and as many above.
    out = int(np.searchsorted(below, (1 - level) / 2 + 1e-12, side="right"))
    if not out:
        return Shift(float(np.median(differences)), -np.inf, np.inf, 1.0)
    reached = 1 - 2 * float(below[out - 1])
    return Shift(float(np.median(differences)), float(differences[out - 1]), float(differences[-out]), reached)
