"""A share of patients with its interval: exact, score, Blaker's, mid-P, and Bayesian with a stated prior."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from abate.records.problems import AbateError
from abate.statistics.times import Floats

METHODS = ("clopper-pearson", "wilson", "blaker", "mid-p")
LEVEL = 0.95
GRID = 4001


def interval(count: int, total: int, method: str = METHODS[0], level: float = LEVEL) -> tuple[float, float]:
    """Return the interval of a proportion.

    Parameters
    ----------
    count, total
        Patients with the finding, and patients in all.
    method
        ``clopper-pearson`` never covers less than it says; ``blaker`` neither, and lies within it; ``mid-p`` and
        ``wilson`` cover what they say on average.
    level
        Of confidence.

    Raises
    ------
    AbateError
        If the count is not between 0 and the total, the total is 0, or the method is not known.

    References
    ----------
    Clopper CJ, Pearson ES. Biometrika 1934;26:404-413, doi:10.1093/biomet/26.4.404. Wilson EB. J Am Stat Assoc
    1927;22:209-212, doi:10.2307/2276774. Blaker H. Can J Stat 2000;28:783-798, doi:10.2307/3315916. Berry G,
    Armitage P. Statistician 1995;44:417-423, doi:10.2307/2348891.

    Examples
    --------
    >>> [round(limit, 3) for limit in interval(3, 8, "wilson")]
    [0.137, 0.694]
    >>> [round(limit, 3) for limit in interval(3, 8, "blaker")]
    [0.111, 0.711]
    """
    from scipy import stats

    if not 0 <= count <= total or total == 0:
        raise AbateError("A proportion needs a count between 0 and a total above 0.")
    if method not in METHODS:
        raise AbateError(f"No interval is called {method}. Expected one of {', '.join(METHODS)}.")
    if method in ("clopper-pearson", "wilson"):
        found = stats.binomtest(count, total).proportion_ci(level, "exact" if method == METHODS[0] else "wilson")
        return float(found.low), float(found.high)
    within = _blaker if method == "blaker" else _mid_p

    def lower(successes: int) -> float:
        def acceptable(p: Floats) -> Floats:
            return within(p, successes, total)

        return 0.0 if successes == 0 else _edge(acceptable, successes / total, 1 - level)

    # What is not found is found in the mirror.
    return lower(count), 1 - lower(total - count)


def _mid_p(p: Floats, count: int, total: int) -> Floats:
    """Return twice the chance of so many or more, those of exactly so many counted half."""
    from scipy import stats

    return np.asarray(2 * (stats.binom.sf(count, total, p) + stats.binom.pmf(count, total, p) / 2))


def _blaker(p: Floats, count: int, total: int) -> Floats:
    """Return how acceptable proportions are: the upper tail, and of the lower one all that is no heavier."""
    from scipy import stats

    upper = stats.binom.sf(count - 1, total, p)
    tails = np.asarray(stats.binom.cdf(np.arange(total + 1)[:, None], total, p))
    lower = np.where(tails <= upper * (1 + 1e-12), tails, 0).max(axis=0)
    # A proportion whose lower tail is the lighter one does not limit the count from below.
    return np.asarray(np.where(upper >= tails[count], 1.0, np.minimum(1.0, upper + lower)))


def _edge(acceptable: Callable[[Floats], Floats], middle: float, error: float) -> float:
    """Return the smallest proportion that is still acceptable.

    What is acceptable jumps, so it is looked for by halves of a step of a grid, not by a root.
    """
    grid = np.concatenate([[0.0], np.linspace(1e-9, middle, GRID)])
    first = int((acceptable(grid) > error).argmax())
    low, high = float(grid[max(first - 1, 0)]), float(grid[first])
    for _ in range(60):
        half = (low + high) / 2
        low, high = (low, half) if bool((acceptable(np.array([half])) > error).all()) else (half, high)
    return high


@dataclass(frozen=True)
class Posterior:
    """What is believed of a proportion after the patients were seen.

    Attributes
    ----------
    prior
        The two numbers of the beta distribution believed before: as if so many with and without had been seen.
    mean, low, high
        Posterior mean, and equal-tailed 95 % limits.
    above
        Probability that the proportion lies above each of some limits.
    """

    prior: tuple[float, float]
    mean: float
    low: float
    high: float
    above: dict[float, float]


PRIORS = {"Jeffreys": (0.5, 0.5), "uniform": (1.0, 1.0)}


def posterior(
    count: int,
    total: int,
    prior: tuple[float, float] = PRIORS["Jeffreys"],
    limits: tuple[float, ...] = (),
    level: float = LEVEL,
) -> Posterior:
    """Return the beta-binomial posterior of a proportion.

    Parameters
    ----------
    count, total
        Patients with the finding, and patients in all.
    prior
        The beta distribution believed before; Jeffreys' unless another is stated.
    limits
        Proportions above which the probability is wanted.
    level
        Of the limits.

    Raises
    ------
    AbateError
        If the count is not between 0 and the total, or the prior is not of two numbers above 0.

    References
    ----------
    Gelman A et al. Bayesian Data Analysis, 3rd ed. 2013, section 2.4.

    Examples
    --------
    >>> found = posterior(3, 8, limits=(0.5,))
    >>> round(found.mean, 4), round(found.low, 4), round(found.above[0.5], 4)
    (0.3889, 0.119, 0.2413)
    """
    from scipy import stats

    if not 0 <= count <= total:
        raise AbateError("A proportion needs a count between 0 and the total.")
    if min(prior) <= 0:
        raise AbateError("The prior of a proportion needs two numbers above 0.")
    belief = stats.beta(prior[0] + count, prior[1] + total - count)
    low, high = (float(belief.ppf(share)) for share in ((1 - level) / 2, (1 + level) / 2))
    return Posterior(prior, float(belief.mean()), low, high, {limit: float(belief.sf(limit)) for limit in limits})
