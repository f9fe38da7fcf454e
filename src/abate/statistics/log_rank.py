"""Log-rank tests: weighted by survival, in strata, with late entry; and exact, by rearranging the groups."""

import numpy as np
from numpy.typing import ArrayLike

from abate.records.options import Options
from abate.records.problems import AbateError
from abate.statistics.chi_square import ChiSquare, of_score
from abate.statistics.influence import quotient
from abate.statistics.permutation import Permuted, rearranged
from abate.statistics.times import Integers, Times, at_risk, counts


def log_rank(of: Times, group: ArrayLike, rho: float = 0.0, stratum: ArrayLike | None = None) -> ChiSquare:
    """Test whether groups have one hazard, by events observed and expected.

    Parameters
    ----------
    of
        Times at risk of independent patients, of weight 1; every cause is the event.
    group
        Of each row.
    rho
        Power of survival by which times are weighted: 0 the log-rank test, 1 Peto and Peto's.
    stratum
        Within which the groups are compared.

    Raises
    ------
    AbateError
        If rows are weighted, or there are fewer than two groups.

    References
    ----------
    Mantel N. Cancer Chemother Rep 1966;50:163-170. Harrington DP, Fleming TR. Biometrika 1982;69:553-566.
    doi:10.1093/biomet/69.3.553

    Examples
    --------
    >>> from abate.statistics.times import times
    >>> round(log_rank(times([1, 2, 3, 4, 5, 6], [1] * 6), ["a", "a", "a", "b", "b", "b"]).statistic, 3)
    5.052
    """
    member, strata, width = _groups(of, group, stratum)
    score, variance = np.zeros(width), np.zeros((width, width))
    for one in np.unique(strata):
        rows, of_one = of.where(strata == one), member[strata == one]
        found = counts(rows)
        risk = np.column_stack([at_risk(rows.where(of_one == place), found.time) for place in range(width)])
        happened = rows.event > 0
        place = np.searchsorted(found.time, rows.exit[happened]) * width + of_one[happened]
        mine = np.bincount(place, minlength=len(found.time) * width).reshape(-1, width)
        deaths, everyone = found.total, found.at_risk
        free = np.cumprod(1 - deaths / everyone)
        weight = np.concatenate([np.ones(1), free[:-1]]) ** rho
        shares = risk / everyone[:, None]
        score += (weight[:, None] * (mine - deaths[:, None] * shares)).sum(axis=0)
        spread = weight**2 * deaths * quotient(everyone - deaths, everyone - 1)
        variance += np.diag((spread[:, None] * shares).sum(axis=0)) - np.einsum("t,ti,tj->ij", spread, shares, shares)
    return of_score(score[1:], variance[1:, 1:])


def exact_log_rank(of: Times, group: ArrayLike, options: Options | None = None) -> Permuted:
    """Test whether two groups have one hazard, by every way in which the patients could have been divided.

    The difference of the events observed and expected is a sum of one number a patient (event less cumulative hazard),
    whatever the division: so it is rearranged, not approximated.

    Parameters
    ----------
    of
        Times at risk from the beginning; every cause is the event.
    group
        Of each patient; two.
    options
        ``permutation_limit, permutation_draws``.

    Raises
    ------
    AbateError
        If rows enter late, are weighted or repeated (they cannot be exchanged), or there are not two groups.

    References
    ----------
    Peto R, Peto J. J R Stat Soc A 1972;135:185-207. doi:10.2307/2344317. Hothorn T, Lausen B. 2003, for its exact
    distribution.

    Examples
    --------
    >>> from abate.statistics.times import times
    >>> found = exact_log_rank(times([1, 2, 3, 4, 5, 6], [1] * 6), ["a", "a", "a", "b", "b", "b"])
    >>> found.p, found.least_p, found.method
    (0.1, 0.1, 'exact')
    """
    if not of.independent or np.isfinite(of.entry).any():
        raise AbateError("The exact test exchanges patients: each at risk from the beginning, and counted once.")
    member, _, width = _groups(of, group, None)
    if width != 2:
        raise AbateError(f"The exact log-rank test compares two groups, and there are {width}.")
    found = counts(of)
    hazard = np.concatenate([np.zeros(1), np.cumsum(found.total / found.at_risk)])
    scores = (of.event > 0) - hazard[np.searchsorted(found.time, of.exit, side="right")]
    return rearranged(scores, member == 0, options)


def _groups(of: Times, group: ArrayLike, stratum: ArrayLike | None) -> tuple[Integers, Integers, int]:
    if of.weighted:
        raise AbateError("The log-rank test counts every patient once. Use a Cox model with clustered errors.")
    names, member = np.unique(np.asarray(group), return_inverse=True)
    if len(names) < 2:
        raise AbateError("A log-rank test compares groups. Expected two or more.")
    strata = np.zeros(len(of), np.int64) if stratum is None else np.unique(np.asarray(stratum), return_inverse=True)[1]
    return member, strata, len(names)
