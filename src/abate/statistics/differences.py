"""Standardised differences: how far groups lie apart at baseline, whatever their number of patients.

Unlike a P value a standardised difference does not grow with the cohort, and it has no unit, so the rows of a table can
be compared. Above 0.1 it is often called an imbalance; that is a custom and no test.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from abate.statistics.baseline import MOST_LEVELS, Baseline, Moments

FEW = "a group has fewer than 2 values"
NO_SPREAD = "no spread within the groups"
APART = "the groups have no word in common"
TOO_MANY = f"more than {MOST_LEVELS} different entries"


@dataclass(frozen=True)
class Difference:
    """How far two groups lie apart.

    Attributes
    ----------
    value
        Without a sign; null where it cannot be computed.
    between
        The two groups: of three or more, those that lie furthest apart.
    note
        Why there is no value, or for how many pairs of groups there is none.
    """

    value: float | None
    between: str = ""
    note: str = ""


def of_numbers(first: Moments, second: Moments) -> Difference:
    """Return the difference of two means in standard deviations: the root of the mean of the two variances.

    References
    ----------
    Austin PC. Stat Med 2009;28:3083-3107. doi:10.1002/sim.3697

    Examples
    --------
    >>> first = Moments(20, mean=50.0, variance=100.0, least=30.0, greatest=70.0)
    >>> second = Moments(30, mean=56.0, variance=44.0, least=40.0, greatest=71.0)
    >>> round(of_numbers(first, second).value, 4)  # 6 / sqrt(72)
    0.7071
    """
    if min(first.n, second.n) < 2:
        return Difference(None, note=FEW)
    # By the range: a variance may not be quite 0 where sums of equal values were rounded.
    if all(group.least == group.greatest for group in (first, second)):
        return Difference(None, note=NO_SPREAD)
    means = [group.mean or 0.0 for group in (first, second)]
    variances = [group.variance or 0.0 for group in (first, second)]
    return Difference(abs(means[0] - means[1]) / math.sqrt(sum(variances) / 2))


def of_levels(first: Mapping[str, int], second: Mapping[str, int]) -> Difference:
    """Return the distance of two distributions of words (Mahalanobis); of two words, that of their shares.

    The first word is left out, since the shares add up to 1; the result does not depend on which. Who has no word
    does not count.

    References
    ----------
    Yang D, Dalton JE. SAS Global Forum 2012, paper 335. Austin PC. Stat Med 2009;28:3083-3107, doi:10.1002/sim.3697,
    for two words.

    Examples
    --------
    >>> round(of_levels({"no": 5, "yes": 5}, {"no": 8, "yes": 2}).value, 4)
    0.6626
    """
    levels = sorted({*first, *second})
    if min(sum(first.values()), sum(second.values())) < 2:
        return Difference(None, note=FEW)
    if len(levels) < 2:
        return Difference(None, note=NO_SPREAD)
    if not {*first} & {*second}:
        # The covariance of the shares cannot be inverted: it has no spread in the direction of the difference.
        return Difference(None, note=APART)
    shares = [
        np.array([group.get(level, 0) for level in levels[1:]]) / sum(group.values()) for group in (first, second)
    ]
    covariance = sum(np.diag(share) - np.outer(share, share) for share in shares) / 2
    away = shares[0] - shares[1]
    return Difference(math.sqrt(max(0.0, float(away @ np.linalg.solve(covariance, away)))))


def differences(found: Baseline) -> dict[str, Difference]:
    """Return the standardised difference of each column; of three or more groups, the largest of all pairs.

    Examples
    --------
    >>> words = {"sex": {"yes": {"f": 5, "m": 5}, "no": {"f": 8, "m": 2}}}
    >>> found = Baseline(("sex",), {"All patients": 20, "yes": 10, "no": 10}, words=words)
    >>> differences(found)["sex"].between
    'yes and no'
    """
    return {column: _largest(found, column) for column in found.columns} if found.pairs else {}


def _largest(found: Baseline, column: str) -> Difference:
    if column in found.words and len(found.levels(column, found.labels)) > MOST_LEVELS:
        return Difference(None, note=TOO_MANY)
    every = [(pair, _between(found, column, *pair)) for pair in found.pairs]
    known = [(difference.value, pair) for pair, difference in every if difference.value is not None]
    if not known:
        return Difference(None, note="; ".join(dict.fromkeys(difference.note for _, difference in every)))
    # The first pair where two lie as far apart, whatever an engine's rounding.
    value, (first, second) = max(known, key=lambda one: round(one[0], 9))
    lacking = len(every) - len(known)
    note = f"not known of {lacking} of {len(every)} pairs of groups" if lacking else ""
    return Difference(value, f"{first} and {second}", note)


def _between(found: Baseline, column: str, first: str, second: str) -> Difference:
    if column in found.numbers:
        return of_numbers(found.numbers[column][first], found.numbers[column][second])
    return of_levels(found.words[column][first], found.words[column][second])
