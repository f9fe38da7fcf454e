"""Firth's penalty: logistic and Cox models that stay finite where few events lie all on one side."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from abate.records.problems import AbateError
from abate.statistics.chi_square import ChiSquare
from abate.statistics.cox import prepared
from abate.statistics.risk_sets import TIES, RiskSets
from abate.statistics.times import Floats, Times

MOST_STEPS = 200
CLOSE = 1e-8
STEP = 1e-5
FAR = 60.0
"""Standard deviations from the estimate beyond which no limit is looked for."""
INTERCEPT = "(intercept)"


class _Slope(NamedTuple):
    """Penalised log likelihood, its slope, and the curvature without the penalty."""

    height: float
    slope: Floats
    information: Floats


_Hill = Callable[[Floats], _Slope]


@dataclass(frozen=True)
class Penalised:
    """A model fitted with Firth's penalty.

    Attributes
    ----------
    names
        Of the columns; of a logistic model the first is the intercept.
    coefficients
        Logarithms of odds or hazard ratios.
    errors
        Wald standard errors, from the curvature without the penalty at the estimate: of few events a poor guide.
    tests
        The penalised likelihood-ratio test of each coefficient.
    low, high
        95 % limits by the profile of the penalised likelihood; infinite where there is none.
    log_likelihood
        Penalised, at the estimate.
    rows, events
        How many, and how many with the event.
    """

    names: tuple[str, ...]
    coefficients: Floats
    errors: Floats
    tests: tuple[ChiSquare, ...]
    low: Floats
    high: Floats
    log_likelihood: float
    rows: int
    events: int


def firth_logistic(columns: ArrayLike, happened: ArrayLike, names: Sequence[str], level: float = 0.95) -> Penalised:
    """Fit a logistic model with Firth's penalty, an intercept before the columns.

    Parameters
    ----------
    columns
        Of each patient, shape ``(patients, columns)``, no value missing; there may be none.
    happened
        Whether the event happened.
    names
        Of the columns.
    level
        Of the profile limits.

    Raises
    ------
    AbateError
        If all patients or none had the event, a value is missing, or a column is a sum of others.

    References
    ----------
    Firth D. Biometrika 1993;80:27-38, doi:10.1093/biomet/80.1.27. Heinze G, Schemper M. Stat Med 2002;21:2409-2419,
    doi:10.1002/sim.1047

    Examples
    --------
    >>> found = firth_logistic([[0], [0], [0], [1], [1], [1]], [0, 0, 0, 1, 1, 1], ["treated"])
    >>> round(float(found.coefficients[1]), 3), round(found.tests[1].p, 3)
    (3.892, 0.024)
    """
    outcome = np.asarray(happened, float)
    given = np.asarray(columns, float).reshape(len(outcome), len(names))
    if not np.isfinite(given).all() or not np.isin(outcome, (0, 1)).all():
        raise AbateError("A value of the model is missing. Leave such patients out, and count them.")
    if outcome.min() == outcome.max():
        raise AbateError("All patients or none had the event, so no model tells them apart.")
    scale = given.std(axis=0)
    if (scale < 1e-12).any():
        raise AbateError("All patients have one value of a column: nothing can be learnt of it. Leave it out.")
    # The slopes are found on standardised columns, the intercept where every column is 0.
    matrix = np.column_stack([np.ones(len(outcome)), given / scale])

    def hill(at: Floats) -> _Slope:
        predictor = matrix @ at
        chance = 1 / (1 + np.exp(-predictor))
        weight = chance * (1 - chance)
        information = (matrix * weight[:, None]).T @ matrix
        leverage = weight * np.einsum("ni,ij,nj->n", matrix, np.linalg.pinv(information), matrix)
        height = float((outcome * predictor - np.logaddexp(0, predictor)).sum()) + _penalty(information)
        return _Slope(height, matrix.T @ (outcome - chance + leverage * (0.5 - chance)), information)

    return _fitted(hill, (INTERCEPT, *names), np.concatenate([[1.0], scale]), len(outcome), int(outcome.sum()), level)


def firth_cox(
    of: Times,
    columns: ArrayLike,
    names: Sequence[str],
    ties: str = TIES[0],
    stratum: ArrayLike | None = None,
    level: float = 0.95,
) -> Penalised:
    """Fit a Cox model with Firth's penalty.

    Parameters
    ----------
    of, columns, names, ties, stratum
        As for :func:`abate.statistics.cox.cox`, without weights.
    level
        Of the profile limits.

    Raises
    ------
    AbateError
        If rows are weighted, or as :func:`abate.statistics.cox.cox` does but for columns that tell the events apart.

    References
    ----------
    Heinze G, Schemper M. Biometrics 2001;57:114-119. doi:10.1111/j.0006-341X.2001.00114.x

    Examples
    --------
    >>> from abate.statistics.times import times
    >>> found = firth_cox(times([1, 2, 3, 4], [1, 1, 0, 0]), [[1], [1], [0], [0]], ["treated"])
    >>> round(float(found.coefficients[0]), 2), round(found.tests[0].p, 2)
    (2.02, 0.13)
    """
    if of.weighted:
        raise AbateError("The penalised likelihood counts every row once. Fit a Cox model with clustered errors.")
    risk, centred, scale = prepared(of, columns, names, ties, stratum)

    def hill(at: Floats) -> _Slope:
        found = risk.moments(centred, centred @ at)
        inverse = np.linalg.pinv(found.information)
        bend = np.einsum("ij,ijr->r", inverse, _third(risk, centred, at))
        return _Slope(found.log_likelihood + _penalty(found.information), found.score + bend / 2, found.information)

    return _fitted(hill, tuple(names), scale, len(of), len(risk.events), level)


def _third(risk: RiskSets, columns: Floats, at: Floats) -> Floats:
    """Return how the curvature changes with each coefficient: third central moments of the risk sets."""
    hazard = np.exp(columns @ at)
    found = risk.moments(columns, columns @ at)
    mean, below = found.mean, found.below
    pairs = np.einsum("n,ni,nj->nij", hazard, columns, columns)
    second = risk.steps(pairs) / below[:, None, None]
    raw = risk.steps(pairs[:, :, :, None] * columns[:, None, None, :]) / below[:, None, None, None]
    crossed = np.einsum("sij,sk->sijk", second, mean)
    crossed = crossed + crossed.transpose(0, 1, 3, 2) + crossed.transpose(0, 3, 2, 1)
    central = raw - crossed + 2 * np.einsum("si,sj,sk->sijk", mean, mean, mean)
    return np.asarray(np.einsum("s,sijk->ijk", risk.weight, central))


def _penalty(information: Floats) -> float:
    sign, logarithm = np.linalg.slogdet(information)
    return float(logarithm) / 2 if sign > 0 else -np.inf


def _fitted(hill: _Hill, names: tuple[str, ...], scale: Floats, rows: int, events: int, level: float) -> Penalised:
    from scipy import stats

    width = len(names)
    top = _climb(hill, np.zeros(width), list(range(width)))
    best = hill(top)
    errors = np.sqrt(np.diag(np.linalg.inv(best.information)))
    limit = float(stats.chi2.ppf(level, 1))
    tests, limits = [], np.full((2, width), np.nan)
    for place in range(width):
        statistic = max(0.0, 2 * (best.height - _profile(hill, top, place, 0.0)))
        tests.append(ChiSquare(statistic, 1, float(stats.chi2.sf(statistic, 1))))
        for side, sign in enumerate((-1, 1)):
            limits[side, place] = _limit(hill, top, place, sign * errors[place], best.height - limit / 2)
    # The penalty is of the curvature in the units of the columns.
    height = best.height + float(np.log(scale).sum())
    low, high = limits / scale
    return Penalised(names, top / scale, errors / scale, tuple(tests), low, high, height, rows, events)


def _climb(hill: _Hill, start: Floats, free: Sequence[int]) -> Floats:
    """Return the highest point, moving along some coordinates only."""
    at, places = start.copy(), list(free)
    if not places:
        return at
    here = hill(at)
    for _ in range(MOST_STEPS):
        step = np.linalg.lstsq(_curvature(hill, at, here, places), here.slope[places], rcond=None)[0]
        step = step * min(1.0, 5 / max(float(np.abs(step).max()), 1e-300))
        for _ in range(40):
            further = at.copy()
            further[places] += step
            there = hill(further)
            if there.height >= here.height - 1e-13 * abs(here.height):
                break
            step = step / 2
        at, here = further, there
        if float(np.abs(step).max()) < CLOSE:
            return at
    raise AbateError("The penalised model does not settle. Leave a column out, or bring fewer.")


def _curvature(hill: _Hill, at: Floats, here: _Slope, places: Sequence[int]) -> Floats:
    """Return the curvature of the penalised likelihood, by small steps; without the penalty where it bends up.

    Newton's steps by the curvature without the penalty creep: the penalty is as large as the likelihood there.
    """
    bent = np.empty((len(places), len(places)))
    for column, place in enumerate(places):
        beside = at.copy()
        beside[place] += STEP
        bent[:, column] = (here.slope - hill(beside).slope)[places] / STEP
    bent = (bent + bent.T) / 2
    return bent if np.linalg.eigvalsh(bent)[0] > 0 else here.information[np.ix_(places, places)]


def _profile(hill: _Hill, top: Floats, place: int, value: float) -> float:
    """Return the highest penalised likelihood with one coefficient held."""
    start = top.copy()
    start[place] = value
    return hill(_climb(hill, start, [other for other in range(len(top)) if other != place])).height


def _limit(hill: _Hill, top: Floats, place: int, reach: float, height: float) -> float:
    """Return where the profile falls to a height, on one side of the estimate; infinite where it never does."""
    from scipy import optimize

    far = 1.0
    while _profile(hill, top, place, top[place] + far * reach) > height:
        far *= 2
        if far > FAR:
            return float(np.sign(reach) * np.inf)

    def above(value: float) -> float:
        return _profile(hill, top, place, value) - height

    return float(optimize.brentq(above, top[place], top[place] + far * reach, xtol=1e-12, rtol=1e-13))
