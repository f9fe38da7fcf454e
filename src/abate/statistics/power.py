"""Power and sample size in closed form: two means, two shares, and one arm against a stated share."""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite, sqrt

import numpy as np

from abate.records.problems import AbateError

SIZE = 0.05
"""Chance of a false positive that is accepted, unless another is stated."""
POWER = 0.80
LARGEST = 1e7
"""Patients a group that are looked at most, as in R."""
MOST = 1000
"""Patients of a single arm that are looked at most."""


def means_power(n: float, difference: float, sd: float = 1.0, size: float = SIZE) -> float:
    """Return the power of the t test of two groups of equal size.

    Parameters
    ----------
    n
        Patients a group; need not be whole.
    difference, sd
        Difference of the means, and standard deviation within groups, in one unit.
    size
        Two-sided. As in R (``strict = FALSE``), only a finding in the direction of the difference is counted.

    Raises
    ------
    AbateError
        If there are fewer than 2 patients a group, the standard deviation or size is not possible.

    References
    ----------
    Cohen J. Statistical Power Analysis for the Behavioral Sciences, 2nd ed. 1988. R Core Team, ``power.t.test``.

    Examples
    --------
    >>> round(means_power(20, 1), 6)
    0.868953
    """
    from scipy import stats

    _chance("size", size)
    if not (n >= 2 and sd > 0 and isfinite(n) and isfinite(sd) and isfinite(difference)):
        raise AbateError("Power needs 2 patients a group or more, a difference, and a standard deviation above 0.")
    freedom = 2 * (n - 1)
    limit = stats.t.isf(size / 2, freedom)
    return float(stats.nct.sf(limit, freedom, sqrt(n / 2) * abs(difference) / sd))


def means_n(power: float, difference: float, sd: float = 1.0, size: float = SIZE) -> float:
    """Return how many patients a group the t test needs for a power; to be rounded up.

    Raises
    ------
    AbateError
        If the power cannot be reached with 2 to 10,000,000 patients a group, or an input is not possible.

    Examples
    --------
    >>> round(means_n(0.9, 1), 4)  # R, power.t.test(delta = 1, power = .9)
    22.0211
    """
    _chance("power", power)
    return _solved(lambda n: means_power(n, difference, sd, size) - power, 2.0, LARGEST)


def means_detectable(power: float, n: float, sd: float = 1.0, size: float = SIZE) -> float:
    """Return the difference of means that the t test finds with a power.

    Raises
    ------
    AbateError
        If an input is not possible, or the power is below half the size.

    Examples
    --------
    >>> round(means_detectable(0.9, 20), 4)
    1.052
    """
    _chance("power", power)
    return sd * _solved(lambda distance: means_power(n, distance, 1.0, size) - power, 0.0, 1e3 / sqrt(n))


def shares_power(n: float, first: float, second: float, size: float = SIZE) -> float:
    """Return the power of the comparison of two shares by the normal approximation.

    Parameters
    ----------
    n
        Patients a group; need not be whole.
    first, second
        Share of each group with the event.
    size
        Two-sided. As in R (``strict = FALSE``), only a finding in the direction of the difference is counted.

    Raises
    ------
    AbateError
        If a share or the size is not possible, or there is less than 1 patient a group.

    References
    ----------
    Fleiss JL. Statistical Methods for Rates and Proportions, 2nd ed. 1981. R Core Team, ``power.prop.test``.

    Notes
    -----
    The approximation is for planning; of Fisher's or Boschloo's test :func:`abate.statistics.all_tables.exact_power`
    gives the power by counting.

    Examples
    --------
    >>> round(shares_power(50, 0.50, 0.75), 6)
    0.740166
    """
    from scipy import stats

    _chance("size", size)
    for share in (first, second):
        if not 0 <= share <= 1:
            raise AbateError("A share lies outside 0 to 1. Expected the part of a group that has the event.")
    if not (n >= 1 and isfinite(n)):
        raise AbateError("Power needs 1 patient a group or more.")
    spread = first * (1 - first) + second * (1 - second)
    pooled = (first + second) * (1 - (first + second) / 2)
    away = sqrt(n) * abs(first - second) - float(stats.norm.isf(size / 2)) * sqrt(pooled)
    return float(stats.norm.cdf(away / sqrt(spread))) if spread else float(away > 0)


def shares_n(power: float, first: float, second: float, size: float = SIZE) -> float:
    """Return how many patients a group the comparison of two shares needs for a power; to be rounded up.

    Raises
    ------
    AbateError
        If the power cannot be reached with 1 to 10,000,000 patients a group, or an input is not possible.

    Examples
    --------
    >>> round(shares_n(0.9, 0.50, 0.75), 4)  # R, power.prop.test(p1 = .50, p2 = .75, power = .90)
    76.7069
    """
    _chance("power", power)
    return _solved(lambda n: shares_power(n, first, second, size) - power, 1.0, LARGEST)


def shares_detectable(power: float, n: float, first: float, size: float = SIZE) -> float:
    """Return the share above a given one that is told from it with a power.

    Raises
    ------
    AbateError
        If even a share of 1 is not told from it, or an input is not possible.

    Examples
    --------
    >>> round(shares_detectable(0.9, 50, 0.5), 4)
    0.8026
    """
    _chance("power", power)
    return _solved(lambda second: shares_power(n, first, second, size) - power, first, 1.0)


@dataclass(frozen=True)
class SingleArm:
    """A single arm whose count of events is held against a stated share.

    Attributes
    ----------
    n
        Patients.
    critical
        The count from which on (``greater``) or up to which the null is rejected; past 0 to n where none is enough.
    greater
        Whether the share expected lies above the null.
    size, power
        The true ones, one-sided: chance of rejection at the null, and at the share expected.
    """

    n: int
    critical: int
    greater: bool
    size: float
    power: float


def single_arm(n: int, null: float, share: float, size: float = SIZE) -> SingleArm:
    """Return the exact one-sided binomial test of one arm against a stated share.

    Parameters
    ----------
    n
        Patients.
    null, share
        The share of events that is to be excluded, and the one that is expected; the test looks to its side.
    size
        One-sided; what is used of it is told, since counts are whole.

    Raises
    ------
    AbateError
        If a share lies outside 0 to 1, the two are equal, or there is no patient.

    References
    ----------
    A'Hern RP. Stat Med 2001;20:859-866. doi:10.1002/sim.721

    Examples
    --------
    >>> found = single_arm(35, 0.20, 0.40)
    >>> found.critical, round(found.size, 4), round(found.power, 4)
    (12, 0.0344, 0.8048)
    """
    from scipy import stats

    _chance("size", size)
    if not (0 < null < 1 and 0 <= share <= 1 and null != share and n >= 1):
        raise AbateError(
            "A single arm needs 1 patient or more, a null share between 0 and 1, and an expected share from 0 to 1 "
            "that differs from it."
        )
    greater = share > null
    # What is expected to be rarer is counted from the other end.
    rare, common = (null, share) if greater else (1 - null, 1 - share)
    counts = np.arange(n + 2)
    tails = stats.binom.sf(counts - 1, n, rare)
    critical = int(np.argmax(tails <= size))
    power = float(stats.binom.sf(critical - 1, n, common))
    return SingleArm(n, critical if greater else n - critical, greater, float(tails[critical]), power)


def single_arm_n(null: float, share: float, size: float = SIZE, power: float = POWER) -> SingleArm:
    """Return the smallest single arm with a power that no arm of up to ten patients more falls short of.

    The power of a count moves in a saw: a patient more may cost power. A number that reaches it by luck is not taken.

    Raises
    ------
    AbateError
        If the power is not reached with 1,000 patients, or an input is not possible.

    Examples
    --------
    >>> found = single_arm_n(0.20, 0.40)
    >>> found.n, found.critical, round(found.power, 3)
    (38, 13, 0.814)
    """
    _chance("power", power)
    kept: list[SingleArm] = []
    for n in range(1, MOST + 1):
        found = single_arm(n, null, share, size)
        kept = [*kept, found] if found.power >= power else []
        if len(kept) > 10:
            return kept[0]
    raise AbateError(f"The power is not reached with {MOST:,} patients. Expect a share farther from the null.")


def _chance(name: str, value: float) -> None:
    if not 0 < value < 1:
        raise AbateError(f"The {name} must lie between 0 and 1.")


def _solved(lacking: Callable[[float], float], low: float, high: float) -> float:
    """Return where a power that rises with its argument is reached."""
    from scipy.optimize import brentq

    if lacking(low) > 0 or lacking(high) < 0:
        raise AbateError(
            f"The power is not met between {low:g} and {high:g}. State another power, difference or number of patients."
        )
    return float(brentq(lacking, low, high, xtol=1e-12, rtol=1e-13))
