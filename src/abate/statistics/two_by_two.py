"""Two groups and an outcome that happened or not: exact tests, the odds ratio, differences, pairs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from abate.records.problems import AbateError
from abate.statistics.times import Floats

Side = Literal["two-sided", "greater", "less"]
TESTS = ("fisher", "fisher-mid-p", "boschloo", "barnard")
POINTS = 128
"""Shares of the event at which an unconditional test looks for the highest P value."""
ALIKE = 1e-7
"""How far two chances may lie apart, as a share, and still be a tie: R's own tolerance."""


@dataclass(frozen=True)
class TwoByTwo:
    """A test of two groups.

    Attributes
    ----------
    test, why
        Its name, and why it may be chosen.
    p
        Two-sided, unless one side was asked for.
    least_p
        The smallest value that groups of these sizes, and with ``fisher`` so many events, can give.
    n
        Patients in all.
    """

    test: str
    why: str
    p: float
    least_p: float
    n: int


WHY = {
    "fisher": "exact whatever the share, given how many events there were; never too bold, often too timid",
    "fisher-mid-p": "Fisher's with the table found counted half: right on average, at times a little too bold",
    "boschloo": "exact for two groups of fixed sizes, and stronger than Fisher's everywhere",
    "barnard": "exact for two groups of fixed sizes, by the difference of the shares",
}


def two_by_two(
    first: tuple[int, int], second: tuple[int, int], test: str = TESTS[0], alternative: Side = "two-sided"
) -> TwoByTwo:
    """Test whether two groups have one share of an event.

    Parameters
    ----------
    first, second
        Events and patients of each group.
    test
        One of :data:`TESTS`; chosen before the result is seen.
    alternative
        ``two-sided``, or that the first group has the ``greater`` or the ``less`` share.

    Raises
    ------
    AbateError
        If a group is empty, a count cannot be, or the test is not known.

    References
    ----------
    Fisher RA. J R Stat Soc 1922;85:87-94, doi:10.2307/2340521. Boschloo RD. Stat Neerl 1970;24:1-9,
    doi:10.1111/j.1467-9574.1970.tb00104.x. Barnard GA. Biometrika 1947;34:123-138, doi:10.1093/biomet/34.1-2.123 (both
    by SciPy). Lancaster HO. J Am Stat Assoc 1961;56:223-234, for mid-P.

    Examples
    --------
    >>> found = two_by_two((3, 4), (1, 4))
    >>> round(found.p, 4), round(found.least_p, 4)
    (0.4857, 0.0286)
    """
    _possible(first, second)
    if test not in TESTS:
        raise AbateError(f"No test is called {test}. Expected one of {', '.join(TESTS)}.")
    if alternative not in get_args(Side):
        raise AbateError(f"No side is called {alternative}. Expected one of {', '.join(get_args(Side))}.")
    p = _tests(alternative)[test]
    events = first[0] + second[0]
    sizes = first[1], second[1]
    if events in (0, sum(sizes)):
        return TwoByTwo(test, WHY[test], 1.0, 1.0, sum(sizes))
    found = p(first[0], second[0], sizes)
    if test.startswith("fisher"):
        possible = [(count, events - count) for count in _support(events, sizes)]
    else:
        # The most extreme tables are the ones in which all of one group and none of the other had it.
        possible = [(sizes[0], 0), (0, sizes[1])]
    least = min(p(*counts, sizes) for counts in possible)
    return TwoByTwo(test, WHY[test], found, min(least, found), sum(sizes))


def _possible(first: tuple[int, int], second: tuple[int, int]) -> None:
    if any(not 0 <= events <= size or size == 0 for events, size in (first, second)):
        raise AbateError("Two groups are compared by their events and sizes, each event count between 0 and its size.")


def _support(events: int, sizes: tuple[int, int]) -> range:
    """Return how many events the first group can have had."""
    return range(max(0, events - sizes[1]), min(events, sizes[0]) + 1)


def _tests(side: Side) -> dict[str, Callable[[int, int, tuple[int, int]], float]]:
    from scipy import stats

    def table(one: int, two: int, sizes: tuple[int, int]) -> NDArray[np.int64]:
        return np.array([[one, two], [sizes[0] - one, sizes[1] - two]])

    def fisher(one: int, two: int, sizes: tuple[int, int]) -> float:
        chances, place = _chances(one, two, sizes)
        extreme = {
            "two-sided": chances <= chances[place] * (1 + ALIKE),
            "greater": np.arange(len(chances)) >= place,
            "less": np.arange(len(chances)) <= place,
        }[side]
        return min(1.0, float(chances[extreme].sum()))

    def mid_p(one: int, two: int, sizes: tuple[int, int]) -> float:
        chances, place = _chances(one, two, sizes)
        return fisher(one, two, sizes) - float(chances[place]) / 2

    def boschloo(one: int, two: int, sizes: tuple[int, int]) -> float:
        return float(stats.boschloo_exact(table(one, two, sizes), side, n=POINTS).pvalue)

    def barnard(one: int, two: int, sizes: tuple[int, int]) -> float:
        return float(stats.barnard_exact(table(one, two, sizes), side, n=POINTS).pvalue)

    return {"fisher": fisher, "fisher-mid-p": mid_p, "boschloo": boschloo, "barnard": barnard}


def _chances(one: int, two: int, sizes: tuple[int, int]) -> tuple[Floats, int]:
    """Return the chance of every table with these margins, and the place of this one."""
    from scipy import stats

    support = np.array(_support(one + two, sizes))
    chances = stats.hypergeom.pmf(support, sum(sizes), one + two, sizes[0])
    return chances, one - int(support[0])


@dataclass(frozen=True)
class OddsRatio:
    """The conditional odds ratio of two groups, with its exact limits; infinite and 0 where the data say so."""

    estimate: float
    low: float
    high: float


def odds_ratio(first: tuple[int, int], second: tuple[int, int], level: float = 0.95) -> OddsRatio:
    """Return the conditional maximum-likelihood odds ratio, with the limits that go with Fisher's test.

    The limits solve their equation. R's ``fisher.test`` looks for the inverse within 1e-4: of the tea tasting it prints
    621.9 where the upper limit is 626.2.

    References
    ----------
    Cornfield J. Proc Third Berkeley Symp 1956;4:135-148 (by SciPy)

    Examples
    --------
    >>> found = odds_ratio((3, 4), (1, 4))
    >>> round(found.estimate, 3), round(found.low, 3), round(found.high, 1)
    (6.408, 0.212, 626.2)
    """
    from scipy.stats import contingency

    _possible(first, second)
    table = [[first[0], first[1] - first[0]], [second[0], second[1] - second[0]]]
    found = contingency.odds_ratio(table)
    limits = found.confidence_interval(level)
    return OddsRatio(float(found.statistic), float(limits.low), float(limits.high))


@dataclass(frozen=True)
class Difference:
    """The difference of two shares, first less second, with its limits."""

    estimate: float
    low: float
    high: float


def difference(first: tuple[int, int], second: tuple[int, int], level: float = 0.95) -> Difference:
    """Return the difference of two shares, with limits from the score intervals of each.

    References
    ----------
    Newcombe RG. Stat Med 1998;17:873-890, method 10.
    doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I

    Examples
    --------
    >>> found = difference((56, 70), (48, 80))  # printed in the paper
    >>> round(found.estimate, 4), round(found.low, 4), round(found.high, 4)
    (0.2, 0.0524, 0.3339)
    """
    from abate.statistics.proportion import interval

    _possible(first, second)
    shares = [events / size for events, size in (first, second)]
    (low_1, high_1), (low_2, high_2) = (interval(*group, "wilson", level) for group in (first, second))
    estimate = shares[0] - shares[1]
    down = np.hypot(shares[0] - low_1, high_2 - shares[1])
    up = np.hypot(high_1 - shares[0], shares[1] - low_2)
    return Difference(estimate, float(estimate - down), float(estimate + up))


@dataclass(frozen=True)
class Paired:
    """McNemar's tests of patients judged twice.

    Attributes
    ----------
    p, least_p
        Exact, two-sided, and the smallest that so many discordant pairs can give.
    mid_p
        With the result found counted half.
    chi_square
        The statistic of many pairs, without a correction; none where no pair is discordant.
    """

    p: float
    least_p: float
    mid_p: float
    chi_square: float | None


def mcnemar(only_first: int, only_second: int) -> Paired:
    """Test whether one judgement says yes as often as another of the same patients.

    Parameters
    ----------
    only_first, only_second
        Patients of whom only the first, or only the second, says yes.

    References
    ----------
    McNemar Q. Psychometrika 1947;12:153-157, doi:10.1007/BF02295996. Fagerland MW et al. BMC Med Res Methodol
    2013;13:91, doi:10.1186/1471-2288-13-91, for mid-P.

    Examples
    --------
    >>> found = mcnemar(86, 150)
    >>> f"{found.p:.3g}", round(found.chi_square, 3)
    ('3.72e-05', 17.356)
    """
    from scipy import stats

    pairs = only_first + only_second
    if not pairs:
        return Paired(1.0, 1.0, 1.0, None)
    fewer = min(only_first, only_second)
    p = min(1.0, 2 * float(stats.binom.cdf(fewer, pairs, 0.5)))
    found = float(stats.binom.pmf(fewer, pairs, 0.5))
    mid = 1 - found / 2 if only_first == only_second else p - found
    return Paired(p, min(1.0, 2 * 0.5**pairs), mid, (only_first - only_second) ** 2 / pairs)
