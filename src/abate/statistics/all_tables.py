"""P values of every table that two groups can give at once, and the exact power and size of their test."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from abate.records.problems import AbateError
from abate.statistics.times import Floats
from abate.statistics.two_by_two import ALIKE

TESTS = ("fisher", "fisher-mid-p", "boschloo")
"""As in :mod:`abate.statistics.two_by_two`."""
GRID = 512
"""Shares of the event at which Boschloo's test looks for its least favourable one."""
MOST = 400
"""Patients a group at most: the tables are counted one by one."""


@dataclass(frozen=True)
class ExactPower:
    """What a test of two shares does, counted over every table.

    Attributes
    ----------
    rejected
        Chance that the test rejects, in either direction.
    stopped
        Chance that the trial stops at its look, 0 without one.
    """

    rejected: float
    stopped: float


def exact_power(
    sizes: tuple[int, int],
    shares: tuple[float, float],
    test: str = TESTS[0],
    size: float = 0.05,
    look: tuple[int, int] | None = None,
) -> ExactPower:
    """Return the exact power of a test of two shares; its true size where both shares are the same.

    Parameters
    ----------
    sizes, shares
        Patients of each group, and share of each with the event.
    test
        One of :data:`TESTS`.
    size
        Two-sided: a P value up to it rejects.
    look
        Patients of each group at a look at which the trial stops, without a finding, unless the first group has the
        smaller share of events; none unless given.

    Raises
    ------
    AbateError
        If the test is not known, a group is empty or has more than 400 patients, a share lies outside 0 to 1, or the
        look is not within the trial.

    References
    ----------
    Boschloo RD. Stat Neerl 1970;24:1-9. doi:10.1111/j.1467-9574.1970.tb00104.x

    Examples
    --------
    >>> round(exact_power((50, 50), (0.5, 0.75)).rejected, 4)
    0.6749
    >>> round(exact_power((50, 50), (0.5, 0.5)).rejected, 4)
    0.0352
    """
    from scipy import stats

    if not all(0 <= share <= 1 for share in shares):
        raise AbateError("A share lies outside 0 to 1. Expected the part of a group that has the event.")
    rejects = p_values(sizes, test) <= size
    early = look or (0, 0)
    if any(not 0 <= seen < n for seen, n in zip(early, sizes, strict=True)):
        raise AbateError("A look lies within the trial: it sees some patients of each group, and not yet all.")
    first, second = (
        stats.binom.pmf(np.arange(seen + 1), seen, share) for seen, share in zip(early, shares, strict=True)
    )
    reached = np.outer(first, second)
    if look:
        ahead = np.arange(early[0] + 1)[:, None] * early[1] < np.arange(early[1] + 1)[None, :] * early[0]
        reached = np.where(ahead, reached, 0.0)
    after = [_later(seen, n, share) for seen, n, share in zip(early, sizes, shares, strict=True)]
    ended = after[0].T @ reached @ after[1]
    return ExactPower(float(ended[rejects].sum()), float(max(0.0, 1 - reached.sum())))


def _later(seen: int, n: int, share: float) -> Floats:
    """Return the chance of so many events in all (columns) after so many at the look (rows)."""
    from scipy import stats

    more = np.arange(n + 1)[None, :] - np.arange(seen + 1)[:, None]
    return np.asarray(stats.binom.pmf(more, n - seen, share))


def p_values(sizes: tuple[int, int], test: str = TESTS[0]) -> Floats:
    """Return the two-sided P value of every pair of event counts, shape ``(first + 1, second + 1)``.

    The same as :func:`abate.statistics.two_by_two.two_by_two` one by one. Boschloo's test looks at 512 shares of the
    event, between which its P value may lie higher (by less than 1e-5, of groups of 4 to 25).

    Parameters
    ----------
    sizes
        Patients of each group.
    test
        One of :data:`TESTS`.

    Raises
    ------
    AbateError
        If the test is not known, or a group is empty or has more than 400 patients.

    Examples
    --------
    >>> round(float(p_values((4, 4))[3, 1]), 4)
    0.4857
    """
    if test not in TESTS:
        raise AbateError(f"No test of all tables is called {test}. Expected one of {', '.join(TESTS)}.")
    if not all(1 <= n <= MOST for n in sizes):
        raise AbateError(f"All tables of two groups are counted for 1 to {MOST} patients a group.")
    return _p_values(*sizes, test)


@lru_cache(maxsize=64)
def _p_values(first: int, second: int, test: str) -> Floats:
    found = _boschloo(first, second) if test == "boschloo" else _fisher(first, second, test == "fisher-mid-p")
    # It is kept, and given to whoever asks.
    found.flags.writeable = False
    return found


def _by_margin(first: int, second: int, of_chances: Callable[[Floats], Floats]) -> Floats:
    """Fill all tables, one number of events in all at a time, from the chances of the tables that have it."""
    from scipy import stats

    found = np.ones((first + 1, second + 1))
    for events in range(1, first + second):
        support = np.arange(max(0, events - second), min(events, first) + 1)
        chances = stats.hypergeom.pmf(support, first + second, events, first)
        found[support, events - support] = of_chances(chances)
    return found


def _fisher(first: int, second: int, mid_p: bool) -> Floats:
    def two_sided(chances: Floats) -> Floats:
        ordered = np.sort(chances)
        summed = np.concatenate([np.zeros(1), np.cumsum(ordered)])
        p = summed[np.searchsorted(ordered, chances * (1 + ALIKE), side="right")]
        return np.asarray(np.minimum(1.0, p) - chances / 2 if mid_p else np.minimum(1.0, p))

    found = _by_margin(first, second, two_sided)
    if mid_p:
        # The only table with its margins is itself half its chance.
        found[0, 0] = found[-1, -1] = 0.5
    return found


def _boschloo(first: int, second: int) -> Floats:
    """Return twice the smaller one-sided P value: the chance, at its worst, of a tail of Fisher's as small."""
    below = _by_margin(first, second, np.cumsum)
    above = _by_margin(first, second, lambda chances: np.cumsum(chances[::-1])[::-1])
    return np.asarray(np.minimum(1.0, 2 * np.minimum(_worst(below), _worst(above))))


def _worst(statistic: Floats) -> Floats:
    """Return the highest chance, over the shares of the event, of a table whose statistic is as small."""
    from scipy import stats

    first, second = (length - 1 for length in statistic.shape)
    flat = statistic.ravel()
    order = np.argsort(flat)
    # Tables whose statistics are tied are reached together.
    last = np.searchsorted(flat[order], flat * (1 + 1e-13), side="right") - 1
    shares = (np.arange(GRID) + 0.5) / GRID
    ones, others = (np.asarray(stats.binom.pmf(np.arange(n + 1)[None, :], n, shares[:, None])) for n in (first, second))
    highest = np.zeros(flat.size)
    for one, other in zip(ones, others, strict=True):
        np.maximum(highest, np.cumsum(np.outer(one, other).ravel()[order]), out=highest)
    return np.asarray(highest[last].reshape(statistic.shape))
