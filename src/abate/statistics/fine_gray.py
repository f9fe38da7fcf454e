"""Fine and Gray's model: what changes the cumulative incidence of one cause, where others compete."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from abate.records.problems import AbateError
from abate.statistics.chi_square import of_score
from abate.statistics.cox import Model, climb, prepared
from abate.statistics.kaplan_meier import follow_up
from abate.statistics.risk_sets import TIES, Moments
from abate.statistics.times import Floats, Times, counts, named_cause


def fine_gray(of: Times, columns: ArrayLike, names: Sequence[str], cause: int = 1) -> Model:
    """Fit Fine and Gray's model of the subdistribution hazard of one cause.

    Who had a competing event stays at risk, with the weight that censoring would have left them.

    Parameters
    ----------
    of
        Times at risk of independent patients, from the beginning, of weight 1.
    columns, names
        As for :func:`abate.statistics.cox.cox`.
    cause
        The cause modelled.

    Returns
    -------
    Model
        ``robust`` holds the sandwich covariance, which counts that the weights were estimated; coefficients are
        logarithms of subdistribution hazard ratios. These order the incidence; they are no effect on the rate of the
        event among those who can still have it.

    Raises
    ------
    AbateError
        If rows enter late, are weighted or repeated, or the model cannot be fitted.

    References
    ----------
    Fine JP, Gray RJ. J Am Stat Assoc 1999;94:496-509. doi:10.1080/01621459.1999.10474144

    Examples
    --------
    >>> from abate.statistics.times import times
    >>> found = fine_gray(times([1, 2, 3, 4, 5], [1, 2, 1, 0, 1]), [[1], [0], [0], [1], [1]], ["treated"])
    >>> round(float(found.coefficients[0]), 3)
    0.34
    """
    if not of.independent or np.isfinite(of.entry).any():
        raise AbateError("The model is of independent patients at risk from the beginning, each counted once.")
    _, centred, scale = prepared(of.cause(named_cause(cause)), columns, names, TIES[1], None)
    when = np.unique(of.exit[of.event == cause])
    deaths = np.bincount(np.searchsorted(when, of.exit[of.event == cause])).astype(float)
    weights = _weights(of, when, cause)
    start = _moments(centred, np.zeros(len(names)), weights, deaths, of, cause)
    at, found = climb(lambda here: _moments(centred, here, weights, deaths, of, cause), start)
    inverse = np.linalg.inv(found.information)
    moved = _influence(centred, at, weights, deaths, when, of, cause, found) @ inverse
    return Model(
        tuple(names),
        at / scale,
        inverse / np.outer(scale, scale),
        moved.T @ moved / np.outer(scale, scale),
        found.log_likelihood,
        start.log_likelihood,
        of_score(start.score, start.information),
        len(of),
        int(deaths.sum()),
    )


def _weights(of: Times, when: Floats, cause: int) -> Floats:
    """Return how much each patient counts as at risk at each time, shape ``(patients, times)``."""
    # Just before each time: events come before censoring.
    uncensored = follow_up(of)
    later, own = (uncensored.at(np.nextafter(at, -np.inf)) for at in (when, of.exit))
    competed = (of.event != cause) & (of.event > 0)
    return np.where(
        of.exit[:, None] >= when[None, :], 1.0, np.where(competed[:, None], later[None, :] / own[:, None], 0.0)
    )


def _moments(columns: Floats, at: Floats, weights: Floats, deaths: Floats, of: Times, cause: int) -> Moments:
    predictor = columns @ at
    hazard = weights * np.exp(predictor)[:, None]
    below = hazard.sum(axis=0)
    mean = hazard.T @ columns / below[:, None]
    second = np.einsum("nt,ni,nj->tij", hazard, columns, columns) / below[:, None, None]
    mine = of.event == cause
    spread = np.einsum("t,tij->ij", deaths, second - mean[:, :, None] * mean[:, None, :])
    likelihood = float(predictor[mine].sum() - deaths @ np.log(below))
    return Moments(likelihood, columns[mine].sum(axis=0) - deaths @ mean, spread, below, mean)


def _influence(
    columns: Floats, at: Floats, weights: Floats, deaths: Floats, when: Floats, of: Times, cause: int, fit: Moments
) -> Floats:
    """Return what each patient adds to the slope, by the event and by the censoring that the weights rest on."""
    hazard, mean = weights * np.exp(columns @ at)[:, None], fit.mean
    rate = deaths / fit.below
    # (rows, times, columns), summed over times without holding them all.
    expected = hazard @ rate[:, None] * columns - hazard @ (rate[:, None] * mean)
    mine = of.event == cause
    found = -expected
    found[mine] += columns[mine] - mean[np.searchsorted(when, of.exit[mine])]
    censored = of.event == 0
    losses = counts(replace(of, event=censored.astype(np.int64)))
    ends, at_risk = losses.time, losses.at_risk
    competed = (of.event != cause) & (of.event > 0)
    # One censored at u lowers the weight of those who competed before, at every event from u on, and so what was
    # expected of them.
    before = competed[:, None] & (of.exit[:, None] < ends[None, :])
    after = when[None, :] >= ends[:, None]
    weighed = hazard * rate
    less = np.einsum("nu,nt,ut,ni->ui", before, weighed, after, columns)
    less -= np.einsum("nu,nt,ut,ti->ui", before, weighed, after, mean)
    moves = less / at_risk[:, None]
    rates = losses.total / at_risk
    carried = np.concatenate([np.zeros((1, moves.shape[1])), np.cumsum(moves * rates[:, None], axis=0)])
    found -= carried[np.searchsorted(ends, of.exit, side="right")]
    found[censored] += moves[np.searchsorted(ends, of.exit[censored])]
    return np.asarray(found)
