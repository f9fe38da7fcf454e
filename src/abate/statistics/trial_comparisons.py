"""The tests of many trials at once: rank sum, win ratio, log-rank and Gray's, each as of one trial."""

from dataclasses import dataclass

import numpy as np

from abate.statistics.influence import quotient
from abate.statistics.times import Floats, Integers


@dataclass(frozen=True)
class Compared:
    """Comparisons of many trials.

    Attributes
    ----------
    ahead
        Above 0 where the first arm does better, shape ``(trials,)``.
    statistic
        Distance from the null in standard errors, never negative; 0 where nothing can be tested.
    """

    ahead: Floats
    statistic: Floats


def ranked(keys: Integers, first: int, continuity: bool) -> Compared:
    """Compare two arms by the order of their patients, ties and all; the lower, the better.

    Parameters
    ----------
    keys
        One whole number a patient, from 0 on, shape ``(trials, patients)``, the first arm's first.
    first
        Patients of the first arm.
    continuity
        With it the test is :func:`abate.statistics.ranks.rank_sum_p`; without it that of
        :func:`abate.statistics.win_ratio.win_ratio`, where no pair is left open by censoring.

    References
    ----------
    Mann HB, Whitney DR. Ann Math Stat 1947;18:50-60. doi:10.1214/aoms/1177730491

    Examples
    --------
    >>> found = ranked(np.array([[0, 1, 2, 4, 3, 5, 6, 7]]), 4, continuity=True)
    >>> found.ahead, found.statistic.round(3)
    (array([14.]), array([1.876]))
    """
    trials, everyone = keys.shape
    # Each trial has a stretch of whole numbers of its own, so that one sorted list serves all.
    apart = keys + (int(keys.max()) + 1) * np.arange(trials)[:, None]
    ordered = np.sort(apart, axis=1).ravel()
    below, up_to = (np.searchsorted(ordered, apart.ravel(), side=side) for side in ("left", "right"))
    start = everyone * np.arange(trials)[:, None]
    # How many patients do worse than each, less how many do better.
    standing = everyone - (below + up_to).reshape(keys.shape) + 2 * start
    ahead = standing[:, :first].sum(axis=1).astype(float)
    pairs = first * (everyone - first)
    variance = pairs / (everyone * (everyone - 1)) * (standing**2).sum(axis=1)
    away = np.abs(ahead) - 1 if continuity else np.abs(ahead)
    return Compared(ahead, np.maximum(0.0, quotient(away, np.sqrt(variance))))


@dataclass(frozen=True)
class Daily:
    """Patients of many trials, day by day.

    Attributes
    ----------
    risk, resolved, died
        At risk at the beginning of each day, and on it resolved or dead, shape ``(trials, days, arms)``.
    """

    risk: Floats
    resolved: Floats
    died: Floats

    @classmethod
    def of(cls, day: Integers, event: Integers, first: int, days: int) -> "Daily":
        """Count patients by the day on which their time ended (1 to days) and how: 0 censored, 1 resolved, 2 dead."""
        trials, everyone = day.shape
        arm = (np.arange(everyone) >= first).astype(np.int64)
        cell = ((np.arange(trials)[:, None] * days + day - 1) * 2 + arm[None, :]) * 3 + event
        counted = np.bincount(cell.ravel(), minlength=trials * days * 6).reshape(trials, days, 2, 3).astype(float)
        ended = counted.sum(axis=3)
        risk = np.cumsum(ended[:, ::-1], axis=1)[:, ::-1]
        return cls(risk, counted[..., 1], counted[..., 2])


def log_rank(of: Daily) -> Compared:
    """Compare the hazards of resolution of two arms, as :func:`abate.statistics.log_rank.log_rank`.

    References
    ----------
    Mantel N. Cancer Chemother Rep 1966;50:163-170.

    Examples
    --------
    >>> days, events = np.array([[1, 2, 3, 4, 5, 6]]), np.ones((1, 6), np.int64)
    >>> (log_rank(Daily.of(days, events, 3, 6)).statistic ** 2).round(3)
    array([5.052])
    """
    events, everyone = of.resolved.sum(axis=2), of.risk.sum(axis=2)
    share = quotient(of.risk[:, :, 0], everyone)
    ahead = (of.resolved[:, :, 0] - events * share).sum(axis=1)
    spread = events * quotient(everyone - events, everyone - 1) * share * (1 - share)
    return Compared(ahead, quotient(np.abs(ahead), np.sqrt(spread.sum(axis=1))))


def gray(of: Daily) -> Compared:
    """Compare the shares resolved of two arms, death competing, as :func:`abate.statistics.gray.gray`.

    References
    ----------
    Gray RJ. Ann Stat 1988;16:1141-1154. doi:10.1214/aos/1176350951

    Examples
    --------
    >>> days, events = np.array([[1, 2, 3, 4, 5, 6]]), np.array([[1, 1, 2, 1, 2, 2]])
    >>> (gray(Daily.of(days, events, 3, 6)).statistic ** 2).round(3)
    array([2.438])
    """
    risk, mine, others = of.risk, of.resolved, of.died
    free = np.cumprod(1 - quotient(mine + others, risk), axis=1)
    free_before = np.concatenate([np.ones_like(free[:, :1]), free[:, :-1]], axis=1)
    curve = np.cumsum(free_before * quotient(mine, risk), axis=1)
    curve_before = np.concatenate([np.zeros_like(curve[:, :1]), curve[:, :-1]], axis=1)
    subjects = np.where(risk > 0, quotient(risk, free_before), 0.0)
    pooled = subjects.sum(axis=2)
    happened = mine.sum(axis=2)
    under_null = np.cumsum(quotient(happened, pooled), axis=1)
    null_before = np.concatenate([np.zeros_like(under_null[:, :1]), under_null[:, :-1]], axis=1)
    shares = subjects * (1 - curve_before)
    expected = happened * quotient(shares[:, :, 0], shares.sum(axis=2))
    ahead = (mine[:, :, 0] - expected).sum(axis=1)
    # How the score of the first arm moves with the incidence of each arm, on each day, and on all later days together.
    one, other = subjects[:, :, 0], subjects[:, :, 1]
    across = quotient(one * other, pooled)
    moves = np.stack([across, -across], axis=2)
    step = quotient(happened, pooled * (1 - null_before))
    carried = np.cumsum(moves * step[:, :, None], axis=1)
    later = carried[:, -1:] - carried
    left = quotient((1 - under_null)[:, :, None], free)
    rest = np.where(free > 0, 1 - left, 1.0)
    tied = 1 - quotient(np.maximum(happened - 1, 0)[:, :, None], pooled[:, :, None] * free_before - 1)
    spread = np.where(risk > 0, tied * quotient(free_before * happened[:, :, None], pooled[:, :, None] * risk), 0.0)
    variance = ((moves + rest * later) ** 2 * spread).sum(axis=(1, 2))
    tied = 1 - quotient(np.maximum(others - 1, 0), risk - 1)
    variance += ((left * later) ** 2 * tied * quotient(free_before**2 * others, risk**2)).sum(axis=(1, 2))
    return Compared(ahead, quotient(np.abs(ahead), np.sqrt(np.maximum(0.0, variance))))
