"""Gray's test: whether groups differ in the cumulative incidence of one cause, where others compete."""

import numpy as np
from numpy.typing import ArrayLike

from abate.records.problems import AbateError
from abate.statistics.chi_square import ChiSquare, of_score
from abate.statistics.influence import quotient
from abate.statistics.times import Floats, Times, at_risk, named_cause


def gray(of: Times, group: ArrayLike, cause: int = 1, rho: float = 0.0, stratum: ArrayLike | None = None) -> ChiSquare:
    """Test whether groups have one cumulative incidence of a cause.

    Parameters
    ----------
    of
        Times at risk of independent patients, from the beginning, of weight 1.
    group
        Of each patient.
    cause
        The cause compared; all others compete.
    rho
        Power of one less the incidence by which times are weighted; 0 weighs all alike.
    stratum
        Within which the groups are compared; all patients are one unless given.

    Raises
    ------
    AbateError
        If rows enter late, are weighted or repeated, or there are fewer than two groups.

    References
    ----------
    Gray RJ. Ann Stat 1988;16:1141-1154. doi:10.1214/aos/1176350951

    Examples
    --------
    >>> from abate.statistics.times import times
    >>> found = gray(times([1, 2, 3, 4, 5, 6], [1, 1, 2, 1, 2, 2]), ["a", "a", "a", "b", "b", "b"])
    >>> round(found.statistic, 3), found.freedom
    (2.438, 1)
    """
    if not of.independent or np.isfinite(of.entry).any():
        raise AbateError("Gray's test is of independent patients at risk from the beginning, each counted once.")
    named_cause(cause)
    names, member = np.unique(np.asarray(group), return_inverse=True)
    if len(names) < 2:
        raise AbateError("Gray's test compares groups. Expected two or more.")
    strata = np.zeros(len(of)) if stratum is None else np.unique(np.asarray(stratum), return_inverse=True)[1]
    score, variance = np.zeros(len(names)), np.zeros((len(names), len(names)))
    for one in np.unique(strata):
        chosen = strata == one
        of_one, of_all = _score(of.where(chosen), member[chosen], len(names), cause, rho)
        score, variance = score + of_one, variance + of_all
    return of_score(score[1:], variance[1:, 1:])


def _score(of: Times, member: Floats, width: int, cause: int, rho: float) -> tuple[Floats, Floats]:
    """Return the score of each group in one stratum, and its covariance."""
    when = np.unique(of.exit[of.event > 0])
    risk, mine, others = np.zeros((3, len(when), width))
    for place in range(width):
        rows = of.where(member == place)
        risk[:, place] = at_risk(rows, when)
        for into, kept in ((mine, rows.event == cause), (others, (rows.event > 0) & (rows.event != cause))):
            into[:, place] = np.bincount(np.searchsorted(when, rows.exit[kept]), minlength=len(when))
    free = np.cumprod(1 - quotient(mine + others, risk), axis=0)
    free_before = np.vstack([np.ones(width), free[:-1]])
    curve = np.cumsum(free_before * quotient(mine, risk), axis=0)
    curve_before = np.vstack([np.zeros(width), curve[:-1]])
    # Of a group that has run out the rest is not estimated: it takes no further part.
    subjects = np.where(risk > 0, quotient(risk, free_before), 0.0)
    pooled = subjects.sum(axis=1)
    happened = mine.sum(axis=1)
    under_null = np.cumsum(quotient(happened, pooled))
    null_before = np.concatenate([np.zeros(1), under_null[:-1]])
    weight = (1 - null_before) ** rho
    shares = subjects * (1 - curve_before)
    expected = happened[:, None] * quotient(shares, shares.sum(axis=1)[:, None])
    score = (weight[:, None] * (mine - expected)).sum(axis=0)
    # How the score of group i moves with the incidence of group k, at each time, and all later times together.
    moves = weight[:, None, None] * (
        np.eye(width)[None] * subjects[:, :, None]
        - subjects[:, :, None] * subjects[:, None, :] * quotient(np.ones(len(when)), pooled)[:, None, None]
    )
    step = quotient(happened, pooled * (1 - null_before))
    carried = np.cumsum(moves * step[:, None, None], axis=0)
    later = carried[-1] - carried
    rest = 1 - quotient((1 - under_null)[:, None], free)
    rest = np.where(free > 0, rest, 1.0)
    tied = 1 - quotient(np.maximum(happened - 1, 0)[:, None], pooled[:, None] * free_before - 1)
    spread = np.where(risk > 0, tied * quotient(free_before * happened[:, None], pooled[:, None] * risk), 0.0)
    own = moves + rest[:, None, :] * later
    variance = np.einsum("tik,tjk,tk->ij", own, own, spread)
    tied = 1 - quotient(np.maximum(others - 1, 0), risk - 1)
    spread = tied * quotient(free_before**2 * others, risk**2)
    lost = quotient((1 - under_null)[:, None], free)[:, None, :] * later
    return score, variance + np.einsum("tik,tjk,tk->ij", lost, lost, spread)
