"""Two groups compared: exact tests first, the t tests beside them, an effect with its interval.

SciPy does the arithmetic of means. What this file adds is honesty at small n: the least P value the design
can give, what it could detect, the name of the method that was really used, and a refusal where there is nothing to
test.
"""

from dataclasses import asdict, dataclass
from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abate.records.options import Options
from abate.statistics.exact import rank_sum
from abate.statistics.permutation import rearranged
from abate.statistics.student import student, welch


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
    welch_low, welch_high
        The interval without the assumption of equal variances.
    hedges_g
        Standardised difference with the small-sample correction.
    superiority
        Share of pairs of patients in which the first group's value is the greater, ties counted half.
    permutation_p, permutation_method
        P value of the permutation test of the difference of means, two-sided by its absolute
        value; ``exact`` where all arrangements were enumerated. The leading test.
    least_p
        The smallest P value that the permutation test can give with these numbers of patients and these ties; of a
        Monte Carlo test, with so many draws.
    wilcoxon_p, wilcoxon_method, wilcoxon_least_p
        The same of the rank-sum test: :func:`abate.statistics.exact.rank_sum`.
    t_p, welch_p
        P value of the unpaired Student t test (equal variances), the letter's test, and of Welch's.
    detectable
        Difference in standard deviations that these numbers of patients could detect (:func:`detectable_difference`);
        null where the leading test cannot reach the level.
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
    welch_low: float | None = None
    welch_high: float | None = None
    hedges_g: float | None = None
    superiority: float | None = None
    permutation_p: float | None = None
    permutation_method: str = ""
    least_p: float | None = None
    wilcoxon_p: float | None = None
    wilcoxon_method: str = ""
    wilcoxon_least_p: float | None = None
    t_p: float | None = None
    welch_p: float | None = None
    detectable: float | None = None
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


POWER, LEVEL = 0.8, 0.05
"""Power and two-sided level at which a detectable difference is told: the custom of the field."""
BLUNT = f"with so few patients the exact test cannot give a P value of {LEVEL} or less"


def detectable_difference(n_first: int, n_second: int) -> float | None:
    """Return the true difference (in standard deviations) that a t test would find with a power of 80 %.

    It follows from the numbers of patients alone, never from the result: a power computed from what was found says
    nothing that the P value does not. Null with fewer than two patients in a group.

    References
    ----------
    Hoenig JM, Heisey DM. Am Stat 2001;55:19-24. doi:10.1198/000313001300339897

    Examples
    --------
    >>> round(detectable_difference(4, 4), 2), round(detectable_difference(64, 64), 2)
    (2.38, 0.5)
    """
    from scipy import optimize, stats

    if min(n_first, n_second) < 2:
        return None
    freedom, scale = n_first + n_second - 2, float(np.sqrt(n_first * n_second / (n_first + n_second)))
    limit = float(stats.t.ppf(1 - LEVEL / 2, freedom))

    def lacking(difference: float) -> float:
        # The other tail, a finding in the wrong direction, is none.
        return float(stats.nct.sf(limit, freedom, difference * scale)) - POWER

    high = 0.1
    while lacking(high) < 0:
        high *= 1.5
    return float(optimize.brentq(lacking, high / 1.5 if high > 0.1 else 1e-9, high))


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
    blunt = least_possible_p(*counts) > LEVEL
    found: dict[str, Any] = {
        "mean_first": float(first.mean()),
        "mean_second": float(second.mean()),
        "median_first": float(np.median(first)),
        "median_second": float(np.median(second)),
        "difference": float(first.mean() - second.mean()),
        "least_p": least_possible_p(*counts),
        "detectable": None if blunt else detectable_difference(*counts),
        "note": BLUNT if blunt else "",
    }
    pooled = np.concatenate([first, second])
    if np.ptp(pooled) == 0:
        found |= {"permutation_p": 1.0, "permutation_method": "exact", "least_p": 1.0, "superiority": 0.5}
        return Comparison(*labels, *counts, **found | {"note": "all values are equal"})
    if min(counts) < 2:
        return Comparison(*labels, *counts, **found | {"note": "a group of one: no test"})
    permuted = rearranged(pooled, np.arange(len(pooled)) < counts[0], options)
    found |= {"permutation_p": permuted.p, "permutation_method": permuted.method, "least_p": permuted.least_p}
    found |= _ranks(first, second) | _student(first, second)
    return Comparison(*labels, *counts, **found)


def _student(first: NDArray[np.float64], second: NDArray[np.float64]) -> dict[str, Any]:
    if np.ptp(first) == 0 and np.ptp(second) == 0:
        return {"note": "no spread within the groups: no t test"}
    equal, unequal = student(first, second), welch(first, second)
    # The standard error is a pooled standard deviation times the root of the sizes' inverses: t without it is g.
    standardised = equal.t * float(np.sqrt(1 / len(first) + 1 / len(second)))
    return {
        "t_p": equal.p,
        "difference_low": equal.low,
        "difference_high": equal.high,
        "hedges_g": standardised * (1 - 3 / (4 * equal.freedom - 1)),
        "welch_p": unequal.p,
        "welch_low": unequal.low,
        "welch_high": unequal.high,
    }


def _ranks(first: NDArray[np.float64], second: NDArray[np.float64]) -> dict[str, Any]:
    found = rank_sum(first, second)
    return {
        "superiority": found.superiority,
        "wilcoxon_p": found.p,
        "wilcoxon_method": found.method,
        "wilcoxon_least_p": found.least_p,
    }
