"""Tests of a table of counts, words by groups: exact, drawn at random, or by the chi-square distribution."""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from abate.statistics.permutation import SEED
from abate.statistics.two_by_two import two_by_two

ALIKE = 1e-9
"""How far two statistics may lie apart, as a share of them, and still be a tie."""
MOST_TABLES = 1_000_000
"""Tables that are listed at most for an exact test."""
BATCH = 10_000_000
"""Counts of random tables that are held at a time."""

Counts = NDArray[np.int64]
Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Tested:
    """A P value, and the smallest one that the test can give where it is exact."""

    p: float
    least_p: float | None = None


def expected(counts: Counts) -> Scores:
    """Return the counts that are expected where the groups do not differ."""
    return np.asarray(np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum())


def chi_square_holds(counts: Counts) -> bool:
    """Say whether the chi-square distribution is near enough.

    Of two words in two groups every expected count must be 5 or more; of larger tables none below 1, and no more than a
    fifth below 5.

    References
    ----------
    Cochran WG. Biometrics 1954;10:417-451. doi:10.2307/3001616

    Examples
    --------
    >>> chi_square_holds(np.array([[5, 5], [5, 5]])), chi_square_holds(np.array([[4, 5], [5, 4]]))
    (True, False)
    """
    cells = expected(counts)
    if counts.shape == (2, 2):
        return bool(cells.min() >= 5)
    return bool(cells.min() >= 1 and (cells < 5).mean() <= 0.2)


def chi_square(counts: Counts) -> Tested:
    """Test a table of counts by Pearson's chi-square, without a correction for continuity.

    References
    ----------
    Pearson K. Philos Mag 1900;50:157-175. doi:10.1080/14786440009463897 (by SciPy)

    Examples
    --------
    >>> round(chi_square(np.array([[10, 20], [20, 10]])).p, 4)
    0.0098
    """
    from scipy import stats

    return Tested(float(stats.chi2_contingency(counts, correction=False).pvalue))


def fisher(counts: Counts) -> Tested:
    """Test two words in two groups by Fisher's exact test, two-sided: :func:`abate.statistics.two_by_two.two_by_two`.

    Examples
    --------
    >>> found = fisher(np.array([[3, 1], [1, 3]]))
    >>> round(found.p, 4), round(found.least_p, 4)
    (0.4857, 0.0286)
    """
    first, second = ((int(word), int(word) + int(other)) for word, other in counts.T)
    found = two_by_two(first, second, "fisher")
    return Tested(found.p, found.least_p)


def arrangements(counts: Counts) -> int:
    """Return how many tables must be looked at for the exact test of two groups."""
    return prod(int(word) + 1 for word in counts.sum(axis=1))


def exact_chi_square(counts: Counts) -> Tested:
    """Test words in two groups by all tables with these margins: the share whose chi-square is as large.

    References
    ----------
    Freeman GH, Halton JH. Biometrika 1951;38:141-149. doi:10.2307/2332323, for the distribution of the tables.

    Examples
    --------
    >>> found = exact_chi_square(np.array([[3, 0], [1, 1], [0, 3]]))
    >>> round(found.p, 4), round(found.least_p, 4)
    (0.0571, 0.0571)
    """
    from scipy.special import gammaln

    words, size = counts.sum(axis=1), int(counts.sum(axis=0)[0])
    # How many of each word the first group has; a word more at a time, within the size of the group.
    firsts = np.zeros((1, 0), np.int64)
    for word in words:
        taken = np.arange(word + 1)
        firsts = np.column_stack([np.repeat(firsts, len(taken), axis=0), np.tile(taken, len(firsts))])
        firsts = firsts[firsts.sum(axis=1) <= size]
    firsts = firsts[firsts.sum(axis=1) == size]
    # In how many ways, as logarithms: of many patients there are more than a number holds.
    logarithms = -(gammaln(firsts + 1) + gammaln(words - firsts + 1)).sum(axis=1)
    ways = np.exp(logarithms - logarithms.max())
    means = words * (size / int(counts.sum()))
    far = ((firsts - means) ** 2 / words).sum(axis=1)
    observed = float(((counts[:, 0] - means) ** 2 / words).sum())
    every = float(ways.sum())
    p, least = (float(ways[far >= limit * (1 - ALIKE)].sum()) / every for limit in (observed, float(far.max())))
    return Tested(min(1.0, p), min(1.0, least))


def drawn_chi_square(counts: Counts, draws: int) -> Tested:
    """Test a table by random tables with its margins: a permutation test of its chi-square, with a seed.

    Examples
    --------
    >>> round(drawn_chi_square(np.array([[3, 0, 0], [0, 2, 1], [0, 0, 3]]), 9_999).p, 2)
    0.01
    """
    cells = expected(counts)
    return _drawn(counts, draws, lambda tables: ((tables - cells) ** 2 / cells).sum(axis=(-2, -1)))


def drawn_kruskal_wallis(counts: Counts, twice: Counts, draws: int) -> Tested:
    """Test ranks by random arrangements of the groups: a permutation test of Kruskal and Wallis, with a seed.

    Parameters
    ----------
    counts, twice
        As :class:`abate.statistics.ranks.Ranked` has them.
    draws
        How many arrangements.

    Examples
    --------
    >>> counts = np.array([[3, 0, 0], [0, 3, 0], [0, 0, 3]])
    >>> round(drawn_kruskal_wallis(counts, np.array([4, 10, 16]), 9_999).p, 3)  # of 6 in 1,680
    0.003
    """
    sizes = counts.sum(axis=0)
    mean = counts.sum() + 1
    return _drawn(counts, draws, lambda tables: ((twice @ tables - sizes * mean) ** 2 / sizes).sum(axis=-1))


def _drawn(counts: Counts, draws: int, far: Callable[[Counts], Scores]) -> Tested:
    from scipy import stats

    margins = stats.random_table(counts.sum(axis=1), counts.sum(axis=0), seed=np.random.default_rng(SEED))
    limit = float(far(counts)) * (1 - ALIKE)
    batch = max(1, BATCH // counts.size)
    as_far = sum(
        int((far(margins.rvs(min(batch, draws - start)).astype(np.int64)) >= limit).sum())
        for start in range(0, draws, batch)
    )
    # The table itself is one of them: no P value of draws is 0.
    return Tested((as_far + 1) / (draws + 1))
