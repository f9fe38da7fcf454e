"""Two groups compared by every way in which their patients could have been divided."""

from dataclasses import dataclass
from math import comb

import numpy as np

from abate.records.options import Options
from abate.records.problems import AbateError
from abate.statistics.times import Booleans, Floats

SEED = 20200713
"""Seed of Monte Carlo draws: two runs give the same P value."""
BATCH = 2_000_000
"""Numbers rearranged at a time."""
TIE = 1e-9
"""How far two sums may lie apart, as a share of the spread of the values, and still be a tie."""
MOST_HALVES = 5_000_000
"""Sums of halves of groups that are held at most."""
EXACT = "exact"


@dataclass(frozen=True)
class Permuted:
    """A permutation test of the difference of two groups.

    Attributes
    ----------
    difference
        Mean of the first group less mean of the second.
    p
        Two-sided: the share of arrangements whose difference is at least as far from what is expected.
    greater, less
        One-sided: the share whose difference is at least as great, or as small.
    z
        The difference by its standard deviation over all arrangements.
    least_p
        The smallest two-sided value that the design can give.
    arrangements
        How many were looked at.
    method
        ``exact``, or ``Monte Carlo`` with the number of draws.
    """

    difference: float
    p: float
    greater: float
    less: float
    least_p: float
    z: float
    arrangements: int
    method: str


def rearranged(values: Floats, first: Booleans, options: Options | None = None) -> Permuted:
    """Test the difference of means of two groups by rearranging who is in which.

    Parameters
    ----------
    values
        One number a patient, all finite, shape ``(n,)``: the value itself, its rank, or a score such as the events
        observed less those expected.
    first
        Who is in the first group.
    options
        ``permutation_limit``: most arrangements that are all counted; above it ``permutation_draws`` are drawn,
        with a seed, and the division found is one of them, so that no P value is 0.

    Raises
    ------
    AbateError
        If a group is empty, or a value is missing.

    References
    ----------
    Fisher RA. The Design of Experiments. 1935. Phipson B, Smyth GK. Stat Appl Genet Mol Biol 2010;9:39.
    doi:10.2202/1544-6115.1585

    Examples
    --------
    >>> found = rearranged(np.array([1., 2., 3., 4., 5., 6.]), np.arange(6) < 3)
    >>> found.difference, found.p, found.less, found.method
    (-3.0, 0.1, 0.05, 'exact')
    """
    options = options or Options()
    everyone, size = len(values), int(first.sum())
    if not np.isfinite(values).all() or not 0 < size < everyone:
        raise AbateError("A permutation test needs two groups and a number for everyone. Leave missing values out.")
    # Centred and scaled, so that arrangements that are equally far apart are so in floating point: a tie is a tie.
    centred = (values - values.mean()) / (float(np.ptp(values)) or 1.0)
    observed = float(centred[first].sum())
    difference = float(values[first].mean() - values[~first].mean())
    spread = float(np.sqrt(size * (everyone - size) / everyone * centred.var(ddof=1)))
    z = observed / spread if spread else 0.0
    arrangements = comb(everyone, size)
    if _countable(everyone, min(size, everyone - size), options["permutation_limit"]):
        sums = _Sums(centred, size)
        ordered = np.sort(centred)
        farthest = max(-float(ordered[:size].sum()), float(ordered[everyone - size :].sum()))
        greater, less = sums.from_on(observed) / arrangements, sums.up_to(observed) / arrangements
        p, least = (
            min(arrangements, sums.from_on(away) + sums.up_to(-away)) / arrangements
            for away in (abs(observed), farthest)
        )
        return Permuted(difference, p, greater, less, least, z, arrangements, EXACT)
    draws = options["permutation_draws"]
    drawn = _drawn_sums(centred, size, draws)
    # The division found is one of them.
    p, greater, less = (
        (float(beyond.sum()) + 1) / (draws + 1)
        for beyond in (np.abs(drawn) >= abs(observed) - TIE, drawn >= observed - TIE, drawn <= observed + TIE)
    )
    return Permuted(difference, p, greater, less, 1 / (draws + 1), z, draws + 1, f"Monte Carlo, {draws:,} draws")


class _Sums:
    """How many groups of a size have a sum: every half of a group with every other half, none written out.

    References
    ----------
    Horowitz E, Sahni S. J ACM 1974;21:277-292. doi:10.1145/321812.321823
    """

    def __init__(self, values: Floats, size: int) -> None:
        if 2 * size > len(values):
            # The values are centred: what one group has the other lacks, so the smaller group is counted in its place.
            values, size = -values, len(values) - size
        middle = len(values) // 2
        left, right = (_by_size(half, size) for half in (values[:middle], values[middle:]))
        self.pairs = [(sums, right[size - taken]) for taken, sums in enumerate(left) if 0 <= size - taken < len(right)]

    def from_on(self, limit: float) -> int:
        """Return how many groups have a sum at or above a limit."""
        return sum(
            sums.size * others.size - int(np.searchsorted(others, limit - TIE - sums).sum())
            for sums, others in self.pairs
        )

    def up_to(self, limit: float) -> int:
        """Return how many groups have a sum at or below a limit."""
        return sum(int(np.searchsorted(others, limit + TIE - sums, side="right").sum()) for sums, others in self.pairs)


def _by_size(values: Floats, most: int) -> list[Floats]:
    """Return the sums of all subsets by their size, up to a size, each in ascending order."""
    sums = [np.zeros(1)] + [np.zeros(0)] * min(most, len(values))
    for value in values:
        # Backwards: a value is added to what there was without it.
        for taken in range(len(sums) - 1, 0, -1):
            sums[taken] = np.concatenate([sums[taken], sums[taken - 1] + value])
    return [np.sort(of_size) for of_size in sums]


def _countable(everyone: int, size: int, limit: int) -> bool:
    """Say whether all arrangements may be counted, by the limit and by the halves of groups that must be held."""
    half = everyone - everyone // 2
    return comb(everyone, size) <= limit and sum(comb(half, taken) for taken in range(size + 1)) <= MOST_HALVES


def _drawn_sums(values: Floats, size: int, draws: int) -> Floats:
    """Return the sums of random groups of a size."""
    random = np.random.default_rng(SEED)
    batch = max(1, BATCH // len(values))
    parts = [min(batch, draws - start) for start in range(0, draws, batch)]
    return np.concatenate([random.permuted(np.tile(values, (part, 1)), axis=1)[:, :size].sum(axis=1) for part in parts])
