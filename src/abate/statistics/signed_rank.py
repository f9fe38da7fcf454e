"""The exact signed-rank test of changes in the same patients, ties and all."""

from dataclasses import dataclass

import numpy as np

from abate.records.problems import AbateError
from abate.statistics.times import Floats

MOST = 200
"""Changes of which every arrangement of signs is counted."""


@dataclass(frozen=True)
class SignedRank:
    """A signed-rank test.

    Attributes
    ----------
    p, greater
        Two-sided, and one-sided for a rise: shares of all arrangements of the signs.
    least_p
        The smallest two-sided value that so many changes can give.
    changed
        Patients with a change other than 0; the others take no part.
    """

    p: float
    greater: float
    least_p: float
    changed: int


def signed_rank(change: Floats) -> SignedRank:
    """Test whether changes lie as far above 0 as below (Wilcoxon).

    Parameters
    ----------
    change
        One number a patient; equal distances share their rank, and a change of 0 is left out.

    Raises
    ------
    AbateError
        If there are more than :data:`MOST` changes: take a t test or a larger method.

    References
    ----------
    Wilcoxon F. Biometrics Bull 1945;1:80-83, doi:10.2307/3001968. Counted by shifts: Streitberg B, Roehmel J. EDV Med
    Biol 1987;18:12-19.

    Examples
    --------
    >>> found = signed_rank(np.array([1.0, 2.0, 2.0, -0.5, 0.0]))
    >>> found.p, found.least_p, found.changed
    (0.25, 0.125, 4)
    """
    from scipy import stats

    kept = change[change != 0]
    if len(kept) > MOST:
        raise AbateError(f"The exact signed-rank test counts up to {MOST} changes, and there are {len(kept)}.")
    ranks = np.rint(2 * stats.rankdata(np.abs(kept))).astype(np.int64)
    ways = np.ones(1)
    for rank in ranks:
        # Half of the arrangements with this rank above 0, half with it below.
        ways = (np.concatenate([ways, np.zeros(rank)]) + np.concatenate([np.zeros(rank), ways])) / 2
    total, observed = int(ranks.sum()), int(ranks[kept > 0].sum())
    away = np.abs(2 * np.arange(total + 1) - total)
    p = float(ways[away >= abs(2 * observed - total)].sum())
    return SignedRank(min(1.0, p), min(1.0, float(ways[observed:].sum())), min(1.0, 2 * 0.5 ** len(kept)), len(kept))
