"""Several P values of one question: Holm's bound on any error, Benjamini and Hochberg's on the share of errors."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Adjusted:
    """P values adjusted for their number, in the order given; null where there was none.

    Attributes
    ----------
    holm
        Family-wise error, under any dependence.
    benjamini_hochberg
        False discovery rate, for independent or positively dependent tests.
    count
        How many P values the family has.
    """

    holm: list[float | None]
    benjamini_hochberg: list[float | None]
    count: int


def adjusted(p_values: Sequence[float | None]) -> Adjusted:
    """Adjust the P values of a family of tests.

    Parameters
    ----------
    p_values
        One a test; null where none was made: it does not count.

    References
    ----------
    Holm S. Scand J Stat 1979;6:65-70. Benjamini Y, Hochberg Y. J R Stat Soc B 1995;57:289-300,
    doi:10.1111/j.2517-6161.1995.tb02031.x (by SciPy).

    Examples
    --------
    >>> found = adjusted([0.01, None, 0.04, 0.03])
    >>> [p and round(p, 4) for p in found.holm], [p and round(p, 4) for p in found.benjamini_hochberg]
    ([0.03, None, 0.06, 0.06], [0.03, None, 0.04, 0.04])
    """
    from scipy import stats

    places = [place for place, p in enumerate(p_values) if p is not None]
    known = np.array([p for p in p_values if p is not None], dtype=float)
    holm: list[float | None] = [None] * len(p_values)
    rates = list(holm)
    if not len(known):
        return Adjusted(holm, rates, 0)
    order = np.argsort(known, kind="stable")
    stepped = np.maximum.accumulate(known[order] * np.arange(len(known), 0, -1))
    by_step = np.empty(len(known))
    by_step[order] = np.minimum(stepped, 1.0)
    shares = stats.false_discovery_control(known)
    for place, step, share in zip(places, by_step, shares, strict=True):
        holm[place], rates[place] = float(step), float(share)
    return Adjusted(holm, rates, len(known))
