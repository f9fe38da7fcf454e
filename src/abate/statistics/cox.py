"""Cox's model with counting-process times: late entry, weights, strata, ties, and errors clustered by patient."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from abate.records.problems import AbateError
from abate.statistics.chi_square import ChiSquare, of_score
from abate.statistics.influence import by_patient
from abate.statistics.risk_sets import TIES, Moments, RiskSets
from abate.statistics.times import Floats, Times

MOST_STEPS = 50
CLOSE = 1e-12
"""Change of the log likelihood, as a share of it, below which the fit has arrived."""
FLAT = 1e-4
"""Share of the curvature at 0 below which there is none left."""
FAR = 20.0
"""A coefficient of standardised columns beyond this is on its way to infinity."""
MONOTONE = (
    "The model has no finite estimate: a column tells those with the event from all others. "
    "Use the Firth penalty, or leave the column out."
)


@dataclass(frozen=True)
class Model:
    """A fitted model of hazards.

    Attributes
    ----------
    names
        Of the columns.
    coefficients
        Logarithms of hazard ratios.
    covariance
        Of the coefficients, from the curvature of the likelihood.
    robust
        The same clustered by patient; none unless rows are weighted or repeated, or it was asked for.
    log_likelihood, log_likelihood_null
        At the coefficients, and at 0.
    score_test
        Of all coefficients being 0.
    rows, events
        How many rows, and how many of them ended with the event.
    """

    names: tuple[str, ...]
    coefficients: Floats
    covariance: Floats
    robust: Floats | None
    log_likelihood: float
    log_likelihood_null: float
    score_test: ChiSquare
    rows: int
    events: int

    @property
    def errors(self) -> Floats:
        """Standard errors: the clustered ones where there are any."""
        return np.sqrt(np.diag(self.covariance if self.robust is None else self.robust))

    @property
    def p_values(self) -> Floats:
        """Two-sided P values of each coefficient (Wald)."""
        from scipy import stats

        return np.asarray(2 * stats.norm.sf(np.abs(self.coefficients) / self.errors))

    @property
    def likelihood_ratio(self) -> ChiSquare:
        """The test of all coefficients being 0 by the likelihood; it does not hold of weighted or repeated rows."""
        from scipy import stats

        statistic = 2 * (self.log_likelihood - self.log_likelihood_null)
        return ChiSquare(statistic, len(self.names), float(stats.chi2.sf(statistic, len(self.names))))

    def wald(self, chosen: Sequence[int] | None = None) -> ChiSquare:
        """Return the test of some coefficients (all unless chosen) being 0."""
        places = list(range(len(self.names))) if chosen is None else list(chosen)
        covariance = self.covariance if self.robust is None else self.robust
        return of_score(self.coefficients[places], covariance[np.ix_(places, places)])

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Return lower and upper limits of the coefficients (Wald)."""
        from scipy import stats

        reach = float(stats.norm.ppf((1 + level) / 2)) * self.errors
        return self.coefficients - reach, self.coefficients + reach


def cox(
    of: Times,
    columns: ArrayLike,
    names: Sequence[str],
    ties: str = TIES[0],
    stratum: ArrayLike | None = None,
    robust: bool | None = None,
) -> Model:
    """Fit Cox's model of the hazard.

    Parameters
    ----------
    of
        Times at risk, one row for each stretch in which the columns hold; every cause is the event.
    columns
        Of each row, shape ``(rows, columns)``, no value missing.
    names
        Of the columns.
    ties
        How tied events are treated: ``efron`` or ``breslow``.
    stratum
        Rows are compared within it.
    robust
        Whether errors are clustered by patient; by default where rows are weighted, or a patient has several events.

    Raises
    ------
    AbateError
        If nobody had the event, a value is missing, a column is the sum of others or tells those with the event apart.

    References
    ----------
    Cox DR. J R Stat Soc B 1972;34:187-220. Andersen PK, Gill RD. Ann Stat 1982;10:1100-1120,
    doi:10.1214/aos/1176345976. Clustered: Lin DY, Wei LJ. J Am Stat Assoc 1989;84:1074-1078,
    doi:10.1080/01621459.1989.10478874

    Examples
    --------
    >>> from abate.statistics.times import times
    >>> found = cox(times([1, 2, 3, 4], [1, 1, 1, 1]), [[1], [0], [1], [0]], ["treated"])
    >>> round(float(found.coefficients[0]), 4), round(float(found.errors[0]), 4)
    (0.9406, 1.2403)
    """
    risk, centred, scale = prepared(of, columns, names, ties, stratum)
    start = risk.moments(centred, np.zeros(len(of)))
    at, found = climb(lambda here: risk.moments(centred, centred @ here), start)
    covariance = np.linalg.inv(found.information)
    robust = repeated(of) if robust is None else robust
    clustered = None
    if robust:
        residuals = score_residuals(risk, centred, at, found)
        moved = by_patient(residuals, of) @ covariance
        clustered = moved.T @ moved / np.outer(scale, scale)
    return Model(
        tuple(names),
        at / scale,
        covariance / np.outer(scale, scale),
        clustered,
        found.log_likelihood,
        start.log_likelihood,
        of_score(start.score, start.information),
        len(of),
        len(risk.events),
    )


def repeated(of: Times) -> bool:
    """Say whether model errors do not hold: rows are weighted, or a patient has the event more than once."""
    return of.weighted or bool((np.bincount(of.patient[of.event > 0], minlength=1) > 1).any())


def prepared(
    of: Times, columns: ArrayLike, names: Sequence[str], ties: str, stratum: ArrayLike | None
) -> tuple[RiskSets, Floats, Floats]:
    """Return the risk sets, the columns centred and divided by their spread, and that spread."""
    matrix = np.asarray(columns, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape != (len(of), len(names)):
        raise AbateError(f"The model needs a row of {len(names)} numbers for each of {len(of)} rows.")
    if not np.isfinite(matrix).all():
        raise AbateError("A value of the model is missing or infinite. Leave such rows out, and count them.")
    scale = matrix.std(axis=0)
    if (scale < 1e-12).any():
        constant = ", ".join(name for name, spread in zip(names, scale, strict=True) if spread < 1e-12)
        raise AbateError(f"All rows have one value of {constant}: nothing can be learnt of it. Leave it out.")
    return RiskSets(of, stratum, ties), (matrix - matrix.mean(axis=0)) / scale, scale


def climb(moments: Callable[[Floats], Moments], start: Moments) -> tuple[Floats, Moments]:
    """Return the coefficients of the highest likelihood from 0 on, by Newton's steps, halved where they lead down."""
    at, found = np.zeros(len(start.score)), start
    for _ in range(MOST_STEPS):
        if np.linalg.cond(found.information) > 1e12:
            raise AbateError("A column of the model is a sum of others, or hardly varies. Leave one of them out.")
        step = np.linalg.solve(found.information, found.score)
        for _ in range(30):
            further = moments(at + step)
            if further.log_likelihood >= found.log_likelihood - 1e-9 * abs(found.log_likelihood):
                break
            step = step / 2
        at, gain, found = at + step, further.log_likelihood - found.log_likelihood, further
        if np.abs(at).max() > FAR:
            raise AbateError(MONOTONE)
        if abs(gain) <= CLOSE * abs(found.log_likelihood):
            break
    # A likelihood that has run flat on its way to infinity bends no more.
    if np.linalg.eigvalsh(found.information)[0] > FLAT * np.linalg.eigvalsh(start.information)[0]:
        return at, found
    raise AbateError(MONOTONE)


def score_residuals(risk: RiskSets, columns: Floats, at: Floats, found: Moments) -> Floats:
    """Return what each row adds to the slope of the likelihood, per unit of its weight, shape ``(rows, columns)``."""
    share = (risk.weight / found.below)[:, None]
    stays = (1 - risk.gone)[:, None]
    hazard, moved = risk.by_time(share), risk.by_time(share * found.mean)
    own_hazard, own_moved = risk.by_time(share * stays), risk.by_time(share * found.mean * stays)
    steps = risk.by_time(np.ones((len(risk.time), 1)))
    relative = np.exp(columns @ at)[:, None]
    residuals = -relative * (columns * risk.while_at_risk(hazard) - risk.while_at_risk(moved))
    # Of tied events each has partly left the risk set of the others.
    rows, time = risk.events, risk.own_time
    residuals[rows] += columns[rows] - (risk.by_time(found.mean) / steps)[time]
    residuals[rows] += relative[rows] * (columns[rows] * (hazard - own_hazard)[time] - (moved - own_moved)[time])
    return np.asarray(residuals)
