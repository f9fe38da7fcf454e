"""The win ratio: every patient of one group against every patient of another, by a hierarchy of outcomes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import exp, inf, log, nan, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from abate.records.problems import AbateError
from abate.statistics.times import Floats

PAIRS = 4_000_000
"""Pairs compared at a time."""
Signs = NDArray[np.int8]


@dataclass(frozen=True)
class Outcome:
    """One outcome of the hierarchy, of every patient of a group; the more, the better.

    Attributes
    ----------
    name
        As in the hierarchy.
    low, high
        Between which the patient's value lies; the same where it is known. Two patients are told apart where the one
        cannot but have more than the other. Shape ``(patients,)``.
    """

    name: str
    low: Floats
    high: Floats


def measured(name: str, values: ArrayLike, *, more_is_better: bool = True) -> Outcome:
    """Return an outcome that is a number or grade; of a patient in whom it is missing nothing is known.

    Parameters
    ----------
    name
        Of the outcome.
    values
        One a patient; ``nan`` where missing, infinite where it never comes.
    more_is_better
        Whether the higher value wins.

    Examples
    --------
    >>> measured("worst grade", [1, 4], more_is_better=False).high
    array([-1., -4.])
    """
    known = np.asarray(values, float) * (1 if more_is_better else -1)
    missing = np.isnan(known)
    return Outcome(name, np.where(missing, -inf, known), np.where(missing, inf, known))


def timed(name: str, days: ArrayLike, happened: ArrayLike, *, later_is_better: bool = True) -> Outcome:
    """Return an outcome that is a time, where not all were followed until it came.

    Who is censored on a day has it later than that day: so a pair is judged on the follow-up that both have.

    Parameters
    ----------
    name
        Of the outcome.
    days
        Day of the event, or of the end of follow-up; infinite where it can never come (a dead patient's recovery).
    happened
        Whether the event came.
    later_is_better
        Whether the later event wins (death), or the earlier one (resolution).

    Raises
    ------
    AbateError
        If a day is missing, or there are not as many days as endings.

    Examples
    --------
    >>> timed("death", [5, 28], [True, False]).high
    array([ 5., inf])
    """
    when, came = np.asarray(days, float), np.asarray(happened, bool)
    if when.shape != came.shape or np.isnan(when).any():
        raise AbateError(f"The times of {name} cannot be read. Expected a day and an ending of every patient.")
    low, high = np.where(came, when, np.nextafter(when, inf)), np.where(came, when, inf)
    return Outcome(name, low, high) if later_is_better else Outcome(name, -high, -low)


@dataclass(frozen=True)
class WinRatio:
    """Pairs won, lost and tied by the first group.

    Attributes
    ----------
    ratio, low, high
        Pairs won over pairs lost, with limits; infinite or 0 where one group lost or won none, which has no limits
        (``nan``), and ``nan`` where all pairs are tied.
    p
        Two-sided, of the hypothesis that the groups do not differ.
    wins, losses, ties
        Pairs of a patient of the first group and one of the second.
    by_outcome
        Of each outcome in turn, the pairs won and lost by it: those that no outcome before it told apart.
    sizes
        Patients of each group.
    """

    ratio: float
    low: float
    high: float
    p: float
    wins: int
    losses: int
    ties: int
    by_outcome: dict[str, tuple[int, int]]
    sizes: tuple[int, int]

    @property
    def net_benefit(self) -> float:
        """Share of the pairs won less share lost: it hides no ties, as the ratio does."""
        return (self.wins - self.losses) / (self.sizes[0] * self.sizes[1])

    @property
    def win_odds(self) -> float:
        """Pairs won over pairs lost, ties counted half to each."""
        lost = self.losses + self.ties / 2
        return (self.wins + self.ties / 2) / lost if lost else inf


def win_ratio(first: Sequence[Outcome], second: Sequence[Outcome], level: float = 0.95) -> WinRatio:
    """Compare two groups by a hierarchy of outcomes, the worst first.

    Every patient of the first group is held against every patient of the second: the first outcome that tells the two
    apart decides, and where none does they are tied.

    Parameters
    ----------
    first, second
        The outcomes of each group in the order of the hierarchy, by :func:`timed` and :func:`measured`.
    level
        Of the limits.

    Raises
    ------
    AbateError
        If the hierarchies of the groups differ or are empty, an outcome is not given of every patient, or a group has
        fewer than two.

    References
    ----------
    Pocock SJ et al. Eur Heart J 2012;33:176-182, doi:10.1093/eurheartj/ehr352: the ratio, unmatched; its P value is
    that of Finkelstein DM, Schoenfeld DA. Stat Med 1999;18:1341-1354. Bebu I, Lachin JM. Biostatistics 2016;17:178-187,
    doi:10.1093/biostatistics/kxv032: the limits, those of the logarithm of a ratio of two U-statistics.

    Notes
    -----
    The P value takes the variance that patients have when the groups are dealt out anew, the limits take the one that
    they have within their groups, estimated by the spread of each patient's share of pairs won and lost: at the edge of
    significance the two may disagree.

    Examples
    --------
    >>> early = [timed("death", [28, 28, 9], [False, False, True]), measured("days", [3, 5, 28], more_is_better=False)]
    >>> late = [timed("death", [28, 28, 4], [False, False, True]), measured("days", [5, 9, 28], more_is_better=False)]
    >>> found = win_ratio(early, late)
    >>> found.wins, found.losses, found.ties, found.ratio, found.by_outcome
    (6, 2, 1, 3.0, {'death': (3, 2), 'days': (3, 0)})
    """
    from scipy import stats

    sizes = _sizes(first, second)
    everyone = [
        Outcome(one.name, np.concatenate([one.low, other.low]), np.concatenate([one.high, other.high]))
        for one, other in zip(first, second, strict=True)
    ]
    standing = np.zeros(sum(sizes))
    won_lost = np.zeros((2, sizes[0])), np.zeros((2, sizes[1]))
    by_outcome = np.zeros((len(everyone), 2), np.int64)
    for start, signs, decided in _compared(everyone):
        standing[start : start + len(signs)] = signs.sum(axis=1, dtype=np.int64)
        # Of the patients at hand, those of the first group; of all, those of the second.
        across, by = (of[: max(0, sizes[0] - start), sizes[0] :] for of in (signs, decided))
        for side, sign in enumerate((1, -1)):
            found = across == sign
            won_lost[0][side, start : start + len(found)] = found.sum(axis=1)
            won_lost[1][side] += found.sum(axis=0)
            by_outcome[:, side] += np.bincount(by[found], minlength=len(everyone))
    wins, losses = (int(count) for count in by_outcome.sum(axis=0))
    pairs = sizes[0] * sizes[1]
    # Dealt out anew, the sum of the first group's standings varies as a sum drawn without replacement.
    variance = pairs / (sum(sizes) * (sum(sizes) - 1)) * float((standing**2).sum())
    away = abs(float(standing[: sizes[0]].sum()))
    p = 2 * float(stats.norm.sf(away / sqrt(variance))) if variance else 1.0
    shown = {outcome.name: (int(won), int(lost)) for outcome, (won, lost) in zip(everyone, by_outcome, strict=True)}
    ratio = wins / losses if losses else inf if wins else nan
    low, high = _limits(won_lost[0] / sizes[1], won_lost[1] / sizes[0], level) if wins and losses else (nan, nan)
    return WinRatio(ratio, low, high, p, wins, losses, pairs - wins - losses, shown, sizes)


def _sizes(first: Sequence[Outcome], second: Sequence[Outcome]) -> tuple[int, int]:
    """Return the patients of each group, of whom every outcome must be given."""
    names = [[outcome.name for outcome in group] for group in (first, second)]
    if not first or names[0] != names[1] or len(set(names[0])) != len(first):
        raise AbateError("A win ratio needs one hierarchy of outcomes, the same in both groups, none of them twice.")
    lengths = [{len(outcome.low) for outcome in group} for group in (first, second)]
    if any(len(found) != 1 or min(found) < 2 for found in lengths):
        raise AbateError("A win ratio needs two patients or more in each group, and every outcome of each of them.")
    return min(lengths[0]), min(lengths[1])


def _compared(everyone: list[Outcome]) -> Iterator[tuple[int, Signs, Signs]]:
    """Hold some patients at a time against all.

    The first of them; 1 where they won, -1 where they lost, 0 where tied; and the place of the outcome that decided.
    """
    count = len(everyone[0].low)
    step = max(1, PAIRS // count)
    for start in range(0, count, step):
        rows = slice(start, min(start + step, count))
        signs = np.zeros((rows.stop - start, count), np.int8)
        decided = np.zeros(signs.shape, np.int8)
        for place, outcome in enumerate(everyone):
            won = outcome.low[rows, None] > outcome.high[None, :]
            lost = outcome.high[rows, None] < outcome.low[None, :]
            anew = (signs == 0) & (won | lost)
            signs[anew] = np.where(won, np.int8(1), np.int8(-1))[anew]
            decided[anew] = place
        yield start, signs, decided


def _limits(first: Floats, second: Floats, level: float) -> tuple[float, float]:
    """Return the limits of the ratio from each patient's shares of pairs won and lost, shapes ``(2, patients)``."""
    from scipy import stats

    won, lost = first.mean(axis=1)
    covariance = np.cov(first) / first.shape[1] + np.cov(second) / second.shape[1]
    slope = np.array([1 / won, -1 / lost])
    half = float(stats.norm.isf((1 - level) / 2)) * sqrt(max(0.0, float(slope @ covariance @ slope)))
    middle = log(won / lost)
    return exp(middle - half), exp(middle + half)
