"""Bootstrap intervals: percentile and BCa, from every sample where there are few, else from random ones."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations_with_replacement
from math import comb, lgamma

import numpy as np

from abate.records.problems import AbateError
from abate.statistics.permutation import SEED
from abate.statistics.times import Floats

MOST_SAMPLES = 100_000
"""Distinct samples that are all looked at: the ideal bootstrap, which no draw can change. Up to 9 patients."""
DRAWS = 9_999

Statistic = Callable[[Floats], Floats]
"""From samples, shape ``(samples, patients)``, to one number each."""


@dataclass(frozen=True)
class Bootstrap:
    """A bootstrap interval.

    Attributes
    ----------
    estimate, error
        Of the patients found, and the standard deviation over the samples.
    low, high
        Limits by the bias-corrected and accelerated method.
    percentile_low, percentile_high
        Limits by the quantiles of the samples themselves.
    bias, acceleration
        ``z0`` and ``a`` of the method.
    method
        ``every sample`` or how many were drawn.
    """

    estimate: float
    error: float
    low: float
    high: float
    percentile_low: float
    percentile_high: float
    bias: float
    acceleration: float
    method: str


def bootstrap(
    values: Floats, statistic: Statistic, level: float = 0.95, ties: str = "mid", draws: int = DRAWS
) -> Bootstrap:
    """Return the bootstrap interval of a statistic of one group.

    Parameters
    ----------
    values
        One number a patient.
    statistic
        Of each sample of them, whatever its order.
    level
        Of confidence.
    ties
        How samples that equal the estimate count in the bias: ``mid`` half, ``strict`` not.
    draws
        Random samples, with a seed, where there are too many to take all.

    Raises
    ------
    AbateError
        If there are fewer than two patients, or ``ties`` is not known.

    References
    ----------
    Efron B. J Am Stat Assoc 1987;82:171-185. doi:10.1080/01621459.1987.10478410. All samples: Fisher NI, Hall P.
    Statist Probab Lett 1991;10:97-103.

    Examples
    --------
    >>> found = bootstrap(np.array([1., 2., 4., 8.]), lambda samples: samples.mean(axis=1))
    >>> found.estimate, found.low, found.high, found.method
    (3.75, 1.75, 7.0, 'every sample')
    """
    from scipy import stats

    if ties not in ("mid", "strict"):
        raise AbateError("Samples that equal the estimate count mid or strict.")
    if len(values) < 2:
        raise AbateError("A bootstrap needs two patients at least.")
    estimate = float(statistic(values[None, :])[0])
    samples, weights, method = _samples(values, draws)
    found = statistic(samples)
    order = np.argsort(found, kind="stable")
    found, weights = found[order], weights[order]
    reached = np.cumsum(weights)
    scale = max(float(np.ptp(found)), 1e-300)
    tied = float(weights[np.abs(found - estimate) <= 1e-12 * scale].sum())
    below = float(weights[found < estimate - 1e-12 * scale].sum())
    bias = float(stats.norm.ppf(below + (tied / 2 if ties == "mid" else 0)))
    without = statistic(np.stack([np.delete(values, place) for place in range(len(values))]))
    spread = without.mean() - without
    total = float((spread**2).sum())
    acceleration = float((spread**3).sum() / (6 * total**1.5)) if total else 0.0
    limits = {}
    for name, share in (("low", (1 - level) / 2), ("high", (1 + level) / 2)):
        z = bias + float(stats.norm.ppf(share))
        corrected = float(stats.norm.cdf(bias + z / (1 - acceleration * z))) if np.isfinite(bias) else np.nan
        limits[name], limits[f"percentile_{name}"] = (_quantile(found, reached, one) for one in (corrected, share))
    mean = float(weights @ found)
    error = float(np.sqrt(weights @ (found - mean) ** 2))
    return Bootstrap(estimate, error, **limits, bias=bias, acceleration=acceleration, method=method)


def _samples(values: Floats, draws: int) -> tuple[Floats, Floats, str]:
    """Return samples, with the chance of each, and how they were had."""
    count = len(values)
    if comb(2 * count - 1, count) > MOST_SAMPLES:
        random = np.random.default_rng(SEED)
        drawn = values[random.integers(0, count, (draws, count))]
        return drawn, np.full(draws, 1 / draws), f"{draws:,} draws"
    chosen = np.array(list(combinations_with_replacement(range(count), count)))
    times = (chosen[:, :, None] == np.arange(count)).sum(axis=1)
    logarithms = np.array([0.0, *(lgamma(number + 1) for number in range(1, count + 1))])
    ways = np.exp(lgamma(count + 1) - logarithms[times].sum(axis=1) - count * np.log(count))
    return values[chosen], ways, "every sample"


def _quantile(found: Floats, reached: Floats, share: float) -> float:
    """Return the smallest value that a share of the samples does not exceed; none where the share is none."""
    if np.isnan(share):
        return float("nan")
    return float(found[min(int(np.searchsorted(reached, share - 1e-12)), len(found) - 1)])
