"""Two groups compared: the unpaired t test, an exact permutation test, an effect with its interval.

SciPy does the arithmetic. What this file adds is honesty at small n: the least P value the design
can give, the name of the method that was really used, and a refusal where there is nothing to test.
"""

from dataclasses import asdict, dataclass
from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abate.records.options import Options

SEED = 20200713
"""Seed of Monte Carlo draws: two runs give the same P value."""


@dataclass(frozen=True)
class Comparison:
    """One comparison of two groups.

    Attributes
    ----------
    first, second, n_first, n_second
        Labels and numbers of patients.
    mean_first, mean_second, median_first, median_second
        In the unit and on the scale compared.
    difference, difference_low, difference_high
        Mean of the first less mean of the second, with its 95 % interval (Student).
    hedges_g
        Standardised difference with the small-sample correction.
    t_p
        P value of the unpaired Student t test (equal variances), the letter's test.
    permutation_p, permutation_method
        P value of the permutation test of the difference of means, two-sided by its absolute
        value; ``exact`` where all arrangements were enumerated.
    least_p
        The smallest P value that the permutation test as it was done can give.
    note
        Why something is not given.
    """

    first: str
    second: str
    n_first: int
    n_second: int
    mean_first: float | None = None
    mean_second: float | None = None
    median_first: float | None = None
    median_second: float | None = None
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    hedges_g: float | None = None
    t_p: float | None = None
    permutation_p: float | None = None
    permutation_method: str = ""
    least_p: float | None = None
    note: str = ""

    def as_row(self) -> dict[str, Any]:
        """Return the comparison as one row of a table."""
        return asdict(self)


def least_possible_p(n_first: int, n_second: int) -> float:
    """Return the smallest two-sided P value that enumeration can give with these numbers.

    With equal groups every arrangement has a mirror image with the same absolute difference.

    Examples
    --------
    >>> round(least_possible_p(4, 4), 4)
    0.0286
    >>> round(least_possible_p(3, 5), 4)
    0.0179
    """
    arrangements = comb(n_first + n_second, n_first)
    return (2 if n_first == n_second else 1) / arrangements


def compare(
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    labels: tuple[str, str],
    options: Options | None = None,
) -> Comparison:
    """Compare the means of two groups.

    Parameters
    ----------
    first, second
        One number a patient, shapes ``(n_first,)`` and ``(n_second,)``, already on the scale on
        which they are to be compared.
    labels
        Names of the groups.
    options
        ``permutation_limit, permutation_draws``.

    Raises
    ------
    ValueError
        If a number is not finite: a missing value is left out before, and counted.

    References
    ----------
    Hedges LV. J Educ Stat 1981;6:107-128. doi:10.3102/10769986006002107

    Examples
    --------
    >>> import numpy as np
    >>> result = compare(np.array([1., 2., 3.]), np.array([4., 5., 6.]), ("a", "b"))
    >>> result.difference, round(result.permutation_p, 3), result.permutation_method
    (-3.0, 0.1, 'exact')
    """
    options = options or Options()
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise ValueError("every number compared must be finite; leave missing values out and count them")
    counts = (len(first), len(second))
    if min(counts) == 0:
        return Comparison(*labels, *counts, note="a group is empty: there is nothing to compare")
    found: dict[str, Any] = {
        "mean_first": float(first.mean()),
        "mean_second": float(second.mean()),
        "median_first": float(np.median(first)),
        "median_second": float(np.median(second)),
        "difference": float(first.mean() - second.mean()),
        "least_p": least_possible_p(*counts),
    }
    pooled = np.concatenate([first, second])
    if np.ptp(pooled) == 0:
        found |= {"permutation_p": 1.0, "permutation_method": "exact"}
        return Comparison(*labels, *counts, **found, note="all values are equal")
    if min(counts) < 2:
        return Comparison(*labels, *counts, **found, note="a group of one: no test")
    found |= _permutation(first, second, options)
    found |= _student(first, second)
    return Comparison(*labels, *counts, **found)


def _student(first: NDArray[np.float64], second: NDArray[np.float64]) -> dict[str, Any]:
    from scipy import stats  # a second to import, so only where it is used

    if np.ptp(first) == 0 and np.ptp(second) == 0:
        return {"note": "no spread within the groups: no t test"}
    counts = (len(first), len(second))
    means, spreads = (first.mean(), second.mean()), (first.std(ddof=1), second.std(ddof=1))
    test = stats.ttest_ind_from_stats(means[0], spreads[0], counts[0], means[1], spreads[1], counts[1], equal_var=True)
    freedom = sum(counts) - 2
    pooled = float(np.sqrt(sum(s**2 * (n - 1) for s, n in zip(spreads, counts, strict=True)) / freedom))
    half = float(stats.t.ppf(0.975, freedom)) * pooled * float(np.sqrt(1 / counts[0] + 1 / counts[1]))
    difference = float(means[0] - means[1])
    correction = 1 - 3 / (4 * freedom - 1)
    return {
        "t_p": float(test.pvalue),
        "difference_low": difference - half,
        "difference_high": difference + half,
        "hedges_g": difference / pooled * correction,
    }


def _permutation(first: NDArray[np.float64], second: NDArray[np.float64], options: Options) -> dict[str, Any]:
    from scipy import stats

    def distance(x: Any, y: Any, axis: int) -> Any:
        return np.abs(np.mean(x, axis=axis) - np.mean(y, axis=axis))

    arrangements = comb(len(first) + len(second), len(first))
    exact = arrangements <= options["permutation_limit"]
    draws = options["permutation_draws"]
    result = stats.permutation_test(
        (first, second),
        distance,
        vectorized=True,
        alternative="greater",
        n_resamples=arrangements if exact else draws,
        batch=20_000,
        rng=np.random.default_rng(SEED),
    )
    method = "exact" if exact else f"Monte Carlo, {draws:,} draws"
    least = least_possible_p(len(first), len(second)) if exact else 1 / (draws + 1)
    return {"permutation_p": float(result.pvalue), "permutation_method": method, "least_p": least}
