"""Student's, Welch's and the paired t test, each with its interval."""

from dataclasses import dataclass

import numpy as np

from abate.records.problems import AbateError
from abate.statistics.times import Floats


@dataclass(frozen=True)
class TTest:
    """A t test of means.

    Attributes
    ----------
    difference, low, high
        Mean of the first less mean of the second, with its interval.
    t, freedom, p
        The statistic, its degrees of freedom, and the two-sided P value.
    """

    difference: float
    low: float
    high: float
    t: float
    freedom: float
    p: float


def student(first: Floats, second: Floats, level: float = 0.95) -> TTest:
    """Compare two groups whose variances are taken as equal.

    Parameters
    ----------
    first, second
        One number a patient, two or more in each group.
    level
        Of the interval.

    Raises
    ------
    AbateError
        If a group has fewer than two patients, or nothing varies within the groups.

    References
    ----------
    Student. Biometrika 1908;6:1-25. doi:10.1093/biomet/6.1.1

    Examples
    --------
    >>> found = student(np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 9.0]))
    >>> round(found.t, 3), found.freedom, round(found.p, 3)
    (-2.449, 4.0, 0.07)
    """
    sizes, means, variances = _described(first, second)
    freedom = sizes.sum() - 2
    pooled = ((sizes - 1) * variances).sum() / freedom
    return _test(float(means[0] - means[1]), float(np.sqrt(pooled * (1 / sizes).sum())), float(freedom), level)


def welch(first: Floats, second: Floats, level: float = 0.95) -> TTest:
    """Compare two groups without taking their variances as equal.

    Parameters, errors: as :func:`student`.

    References
    ----------
    Welch BL. Biometrika 1947;34:28-35. doi:10.1093/biomet/34.1-2.28

    Examples
    --------
    >>> found = welch(np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 9.0]))
    >>> round(found.t, 3), round(found.freedom, 3), round(found.p, 3)
    (-2.449, 2.56, 0.106)
    """
    sizes, means, variances = _described(first, second)
    parts = variances / sizes
    freedom = parts.sum() ** 2 / (parts**2 / (sizes - 1)).sum()
    return _test(float(means[0] - means[1]), float(np.sqrt(parts.sum())), float(freedom), level)


def paired(first: Floats, second: Floats, level: float = 0.95) -> TTest:
    """Compare two measurements of the same patients.

    Parameters, errors: as :func:`student`, the two of one length.

    Examples
    --------
    >>> found = paired(np.array([1.0, 2.0, 3.0]), np.array([2.0, 5.0, 6.0]))
    >>> round(found.t, 3), found.freedom, round(found.p, 3)
    (-3.5, 2.0, 0.073)
    """
    if len(first) != len(second):
        raise AbateError("A paired test needs two numbers of every patient.")
    change = first - second
    if len(change) < 2 or np.ptp(change) == 0:
        raise AbateError("A t test needs two patients at least, and changes that differ.")
    return _test(float(change.mean()), float(change.std(ddof=1) / np.sqrt(len(change))), len(change) - 1.0, level)


def _described(first: Floats, second: Floats) -> tuple[Floats, Floats, Floats]:
    if min(len(first), len(second)) < 2 or (np.ptp(first) == 0 and np.ptp(second) == 0):
        raise AbateError("A t test needs two patients in each group, and values that vary within a group.")
    groups = (first, second)
    return (
        np.array([float(len(group)) for group in groups]),
        np.array([group.mean() for group in groups]),
        np.array([group.var(ddof=1) for group in groups]),
    )


def _test(difference: float, error: float, freedom: float, level: float) -> TTest:
    from scipy import stats

    t = difference / error
    reach = float(stats.t.ppf((1 + level) / 2, freedom)) * error
    return TTest(difference, difference - reach, difference + reach, t, freedom, 2 * float(stats.t.sf(abs(t), freedom)))
