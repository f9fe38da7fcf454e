"""Simon's two-stage designs of a single arm, found by looking at every one that could be better."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from abate.records.problems import AbateError
from abate.statistics.power import POWER, SIZE
from abate.statistics.times import Floats

MOST = 300
"""Patients in all that are looked at most."""
ALIKE = 1e-12
"""How far two expected numbers of patients may lie apart and still be a tie."""


@dataclass(frozen=True)
class TwoStage:
    """A single arm in two stages, held against a stated share.

    Attributes
    ----------
    r1, n1
        The trial stops after ``n1`` patients with ``r1`` responses or fewer among them.
    r, n
        Otherwise it goes on to ``n`` patients; the null is kept with ``r`` responses or fewer.
    null, share
        The share of responses that is to be excluded, and the one that is expected.
    """

    r1: int
    n1: int
    r: int
    n: int
    null: float
    share: float

    def rejected(self, share: float) -> float:
        """Return the chance that the null is rejected where the share is another."""
        from scipy import stats

        counts = np.arange(self.r1 + 1, self.n1 + 1)
        later = stats.binom.sf(self.r - counts, self.n - self.n1, share)
        return float((stats.binom.pmf(counts, self.n1, share) * later).sum())

    def stopped(self, share: float) -> float:
        """Return the chance that the trial stops after its first stage."""
        from scipy import stats

        return float(stats.binom.cdf(self.r1, self.n1, share))

    def expected(self, share: float) -> float:
        """Return how many patients the trial takes on average."""
        return self.n1 + (1 - self.stopped(share)) * (self.n - self.n1)

    @property
    def size(self) -> float:
        """Chance of rejection at the null: the true one, one-sided."""
        return self.rejected(self.null)

    @property
    def power(self) -> float:
        """Chance of rejection at the share expected."""
        return self.rejected(self.share)


@dataclass(frozen=True)
class Simon:
    """Two designs that keep the size and reach the power.

    Attributes
    ----------
    optimal
        With the fewest patients on average where the null holds.
    minimax
        With the fewest patients in all; of these, with the fewest on average.
    """

    optimal: TwoStage
    minimax: TwoStage


@lru_cache(maxsize=64)
def simon(null: float, share: float, size: float = SIZE, power: float = POWER, most: int = MOST) -> Simon:
    """Return Simon's optimal and minimax designs.

    Parameters
    ----------
    null, share
        The share of responses that is to be excluded, and the greater one that is expected. Of an event that should
        become rarer, count the patients without it.
    size, power
        Chance of rejection at the null, at most, one-sided; and at the share expected, at least.
    most
        Patients in all that are looked at most.

    Raises
    ------
    AbateError
        If the shares are not in order between 0 and 1, a chance is not between 0 and 1, or the designs need more
        patients.

    References
    ----------
    Simon R. Control Clin Trials 1989;10:1-10. doi:10.1016/0197-2456(89)90015-9

    Notes
    -----
    No number of patients is left out by a rule of thumb. The search begins where one stage, its test drawn by lot at
    the limit (Neyman and Pearson), first has the power, since no two stages are better; it ends where even the best
    first stage would leave more patients on average than the best design found.

    Examples
    --------
    >>> found = simon(0.20, 0.40)
    >>> found.optimal.r1, found.optimal.n1, found.optimal.r, found.optimal.n
    (3, 13, 12, 43)
    >>> found.minimax.r1, found.minimax.n1, found.minimax.r, found.minimax.n
    (4, 18, 10, 33)
    """
    if not 0 < null < share < 1:
        raise AbateError(
            "Simon's designs need a null share below the one expected, both between 0 and 1. Of an event that should "
            "become rarer, count the patients without it."
        )
    if not (0 < size < 1 and 0 < power < 1):
        raise AbateError("Simon's designs need a size and a power between 0 and 1.")
    first = _first_stages(most, null, share, power)
    best = fewest = None
    for n in range(2, most + 1):
        if _most_power(n, null, share, size) < power:
            continue
        least = min((n1 + going * (n - n1) for n1, _, going in first), default=np.inf)
        if best and fewest and least > best.expected(null) + ALIKE:
            return Simon(best, fewest)
        # A design is of interest as the first, or where it is better on average.
        limit = best.expected(null) if best else np.inf
        found = _best_of(n, first, null, share, size, power, limit)
        fewest = fewest or found
        best = found or best
    raise AbateError(f"No two-stage design was found to be the best with {most} patients. Expect more of a share.")


def _first_stages(most: int, null: float, share: float, power: float) -> list[tuple[int, int, float]]:
    """Return of each first stage its size, the strictest stop that leaves the power, and the chance to go on.

    The chance is that at the null. First stages that cannot stop at all are left out.
    """
    from scipy import stats

    n1 = np.arange(1, most)
    # The most responses that may stop the trial: at most the power is lost by it.
    strictest = np.asarray(stats.binom.ppf(1 - power, n1, share)).astype(int)
    strictest -= stats.binom.cdf(strictest, n1, share) > 1 - power
    going = np.asarray(stats.binom.sf(strictest, n1, null))
    return [(int(n), int(r1), float(on)) for n, r1, on in zip(n1, strictest, going, strict=True) if r1 >= 0]


def _most_power(n: int, null: float, share: float, size: float) -> float:
    """Return the power of the best test of n patients, which no two-stage design exceeds."""
    from scipy import stats

    critical = int(stats.binom.isf(size, n, null))
    above, at = stats.binom.sf(critical, n, null), stats.binom.pmf(critical, n, null)
    lot = (size - above) / at
    return float(stats.binom.sf(critical, n, share) + lot * stats.binom.pmf(critical, n, share))


def _best_of(
    n: int,
    first: list[tuple[int, int, float]],
    null: float,
    share: float,
    size: float,
    power: float,
    limit: float,
) -> TwoStage | None:
    """Return the design of n patients with the fewest on average, if they are fewer than a limit."""
    best = None
    for n1, strictest, going in first:
        if n1 >= n or n1 + going * (n - n1) >= limit - ALIKE:
            continue
        at_null, expected = (_rejections(n1, n, strictest, at) for at in (null, share))
        kept = (at_null <= size) & (expected >= power)
        stops = np.flatnonzero(kept.any(axis=1))
        if not len(stops):
            continue
        # The more responses stop the trial, the fewer patients it takes; of the limits at its end, the one with the
        # most power.
        r1 = int(stops[-1])
        found = TwoStage(r1, n1, int(np.argmax(kept[r1])), n, null, share)
        if found.expected(null) < limit - ALIKE:
            best, limit = found, found.expected(null)
    return best


def _rejections(n1: int, n: int, strictest: int, share: float) -> Floats:
    """Return the chance of rejection for every stop up to the strictest (rows) and every limit at the end (columns)."""
    counts, limits = np.arange(n1 + 1), np.arange(n + 1)
    ones, tails = _binomial(n1, share)[0], _binomial(n - n1, share)[1]
    # A tail of the second stage: certain below 0 responses, impossible above all of them.
    lacking = np.clip(limits[None, :] - counts[:, None], -1, n - n1) + 1
    each = ones[:, None] * tails[lacking]
    beyond = np.cumsum(each[::-1], axis=0)[::-1]
    return np.asarray(beyond[1 : strictest + 2])


@lru_cache(maxsize=2 * MOST)
def _binomial(n: int, share: float) -> tuple[Floats, Floats]:
    """Return the chance of each count, and of more than -1, 0, 1, ... n."""
    from scipy import stats

    return stats.binom.pmf(np.arange(n + 1), n, share), stats.binom.sf(np.arange(-1, n + 1), n, share)
