"""Start within some days, or not: each patient follows both strategies until what was done departs from one.

Every patient is copied. The copy that is to start within the grace period is censored at its end where the drug was
not started; the copy that is not to start is censored when it was. What is censored so depends on who was treated, and
is given back by weights. Nobody has to survive to belong to a strategy: an event within the grace period, before any
start, counts in both.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from abate.records.problems import AbateError
from abate.statistics.incidence import Incidence, incidence
from abate.statistics.permutation import SEED
from abate.statistics.ridge_logistic import ridge_logistic
from abate.statistics.staying_weights import MOST
from abate.statistics.times import Booleans, Floats, Integers, Times, times

FEWEST = 5
"""Patients who must have kept to each strategy beyond the grace period."""


@dataclass(frozen=True)
class Strategies:
    """Patients from time zero on, and what is asked of them.

    Attributes
    ----------
    time, event
        Days to what came first, and its cause; 0 censored. Shape ``(patients,)``.
    start
        Days to the start of the drug, infinite in those who never got it; a start after the event is none.
    columns
        Known at time zero, on which starting may depend, ``(patients, columns)``.
    grace
        Days within which the one strategy starts and the other does not.
    truncate
        Quantile at which weights are cut; 1 leaves them.
    """

    time: Floats
    event: Integers
    start: Floats
    columns: Floats
    grace: int
    truncate: float = 0.99

    def __len__(self) -> int:
        return len(self.time)


def strategies(
    time: ArrayLike,
    event: ArrayLike,
    start: ArrayLike,
    grace: int,
    columns: ArrayLike | None = None,
    truncate: float = 0.99,
) -> Strategies:
    """Return patients and strategies, checked.

    Raises
    ------
    AbateError
        If an event lies before time zero, a value is missing, or the grace period is shorter than a day.
    """
    times_, events = np.asarray(time, float), np.asarray(event).astype(np.int64)
    starts = np.asarray(start, float)
    given = np.zeros((len(times_), 0)) if columns is None else np.asarray(columns, float)
    if not (np.isfinite(times_).all() and np.isfinite(given).all()) or np.isnan(starts).any():
        raise AbateError("A time or a covariate of a strategy is missing. Leave such patients out, and count them.")
    if (times_ <= 0).any() or (starts < 0).any():
        raise AbateError("An event or a start lies before time zero, or at once. Expected all of them after it.")
    if grace < 1:
        raise AbateError("The grace period must last a day at least.")
    if not len(times_):
        raise AbateError("The strategies cannot be compared: no patient is left at time zero.")
    scale = given.std(axis=0)
    given = (given - given.mean(axis=0)) / np.where(scale > 0, scale, 1)
    return Strategies(times_, events, np.where(starts < times_, starts, np.inf), given, grace, truncate)


@dataclass(frozen=True)
class Arm:
    """One strategy.

    Attributes
    ----------
    curve
        Weighted incidence of every cause.
    kept
        Patients who kept to it beyond the grace period.
    largest, effective
        The largest weight there, and the number of unweighted patients that carry as much.
    """

    curve: Incidence
    kept: int
    largest: float
    effective: float


@dataclass(frozen=True)
class CloneCensor:
    """Both strategies: ``start`` within the grace period, and ``wait`` through it."""

    start: Arm
    wait: Arm

    def difference(self, when: float, cause: int = 1) -> float:
        """Return by how much more of a cause there is by a time where the drug is started."""
        return float(self.start.curve.at([when], cause)[0] - self.wait.curve.at([when], cause)[0])


def clone_censor(of: Strategies, weight: Floats | None = None, weighted: bool = True) -> CloneCensor:
    """Compare starting within the grace period with not starting in it.

    Parameters
    ----------
    of
        Patients and strategies.
    weight
        How often each patient counts; once unless given.
    weighted
        Whether what the censoring took is given back; without it the curves are shown as they fall.

    Raises
    ------
    AbateError
        If too few patients kept to a strategy.

    Notes
    -----
    The chance of having started by the end of the grace period, among those still at risk then, and of starting on each
    day of it, come from logistic models on the columns known at time zero. Where starting follows what happened later,
    these weights do not give it back: see :mod:`abate.statistics.start_or_wait`.

    References
    ----------
    Hernan MA. BMJ 2018;360:k182, doi:10.1136/bmj.k182. Maringe C et al. Int J Epidemiol 2020;49:1719-1729,
    doi:10.1093/ije/dyaa057. Truncation: Cole SR, Hernan MA. Am J Epidemiol 2008;168:656-664, doi:10.1093/aje/kwn164

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> death, start = random.exponential(100, 2000), random.exponential(20, 2000)
    >>> found = clone_censor(strategies(np.minimum(death, 60), death < 60, start, 7))
    >>> [round(1 - float(arm.curve.at([28.0])[0]), 2) for arm in (found.start, found.wait)]  # exp(-0.28) is 0.756
    [0.75, 0.75]
    """
    counted = np.ones(len(of)) if weight is None else weight
    beyond = of.time > of.grace
    started = of.start <= of.grace
    for kept in (beyond & started, beyond & ~started):
        if counted[kept].sum() < FEWEST:
            raise AbateError(
                f"The strategies cannot be compared: {int(counted[kept].sum())} patients kept to one of them beyond "
                f"the grace period of {of.grace} days, and {FEWEST} are needed."
            )
    if not weighted:
        ones = np.ones(len(of))
        return CloneCensor(_started(of, counted, ones), _waited(of, counted, np.ones((len(of), of.grace + 1))))
    model = ridge_logistic(of.columns[beyond], started[beyond].astype(float), counted[beyond])
    chance = np.maximum(model(of.columns), 1 - MOST)
    return CloneCensor(_started(of, counted, 1 / chance), _waited(of, counted, _staying(of, counted)))


def _started(of: Strategies, counted: Floats, weights: Floats) -> Arm:
    """Return the strategy of starting: beyond the grace period only who started, with weights."""
    stays = (of.start <= of.grace) & (of.time > of.grace)
    cut = _cut(weights, stays, counted, of.truncate)
    early = np.minimum(of.time, of.grace)
    rows = (
        np.concatenate([early, of.time[stays]]),
        np.concatenate([np.where(of.time <= of.grace, of.event, 0), of.event[stays]]),
        np.concatenate([np.zeros(len(of)), np.full(int(stays.sum()), float(of.grace))]),
        np.concatenate([counted, counted[stays] * cut[stays]]),
        np.concatenate([np.arange(len(of)), np.flatnonzero(stays)]),
    )
    return _arm(of, rows, cut, stays, counted)


def _waited(of: Strategies, counted: Floats, weights: Floats) -> Arm:
    """Return the strategy of waiting: each copy until it starts within the grace period, with weights of each day."""
    until = np.where(of.start <= of.grace, of.start, of.time)
    event = np.where(of.start <= of.grace, 0, of.event)
    begin = np.arange(of.grace + 1, dtype=float)
    end = np.append(begin[1:], np.inf)
    stays = (of.start > of.grace) & (of.time > of.grace)
    cut = weights.copy()
    cut[:, -1] = _cut(weights[:, -1], stays, counted, of.truncate)
    who, part = np.nonzero(until[:, None] > begin)
    last = until[who] <= end[part]
    rows = (
        np.minimum(until[who], end[part]),
        np.where(last, event[who], 0),
        begin[part],
        counted[who] * cut[who, part],
        who,
    )
    return _arm(of, rows, cut[:, -1], stays, counted)


def _arm(
    of: Strategies,
    rows: tuple[Floats, Integers, Floats, Floats, Integers],
    weights: Floats,
    stays: Booleans,
    counted: Floats,
) -> Arm:
    exit_, event, entry, weight, patient = rows
    kept = weight > 0
    at_risk: Times = times(exit_[kept], event[kept], entry[kept], weight[kept], patient[kept])
    held = weights[stays]
    total = counted[stays] * held
    effective = float(total.sum() ** 2 / (counted[stays] * held**2).sum())
    curve = incidence(at_risk, max(1, int(of.event.max())))
    return Arm(curve, int(counted[stays].sum()), float(held.max()), effective)


def _cut(weights: Floats, stays: Booleans, counted: Floats, quantile: float) -> Floats:
    """Return weights that are not above a quantile of those in use."""
    used = stays & (counted > 0)
    if quantile >= 1 or not used.any():
        return weights
    return np.minimum(weights, np.quantile(weights[used], quantile))


def _staying(of: Strategies, counted: Floats) -> Floats:
    """Return one over the chance of not having started, before each day of the grace period and beyond it."""
    day = np.arange(of.grace)
    left = np.minimum(of.time, of.start)
    who, which = np.nonzero(left[:, None] > day)
    starts = (of.start[who] <= which + 1).astype(float)
    clock = np.log1p(which)
    columns = np.column_stack([of.columns[who], clock])
    model = ridge_logistic(columns, starts, counted[who])
    every = np.column_stack([np.repeat(of.columns, of.grace, axis=0), np.tile(np.log1p(day), len(of))])
    # Far beyond what was seen a chance is rounded to 1, and nobody would stay.
    stay = 1 - np.minimum(model(every), MOST).reshape(len(of), of.grace)
    return np.asarray(1 / np.cumprod(np.column_stack([np.ones(len(of)), stay]), axis=1))


@dataclass(frozen=True)
class Resampled:
    """Differences with percentile intervals over samples of patients.

    Attributes
    ----------
    when
        Times.
    difference, low, high
        Of the strategies, at each time.
    samples, failed
        How many samples were drawn, and in how many too few patients kept to a strategy.
    """

    when: Floats
    difference: Floats
    low: Floats
    high: Floats
    samples: int
    failed: int


def resampled(
    of: Strategies,
    when: Sequence[float],
    cause: int = 1,
    samples: int = 2000,
    level: float = 0.95,
    seed: int = SEED,
    progress: Callable[[int], None] | None = None,
) -> Resampled:
    """Return the difference of the strategies with its interval, the whole again in every sample of patients.

    Parameters
    ----------
    of, when, cause
        Patients and strategies, times, and the cause compared.
    samples, level, seed
        Bootstrap samples of patients, with their copies and weights; confidence; and the seed.
    progress
        Called with the number of samples done.

    Raises
    ------
    AbateError
        If too few patients kept to a strategy, in the patients found or in a tenth of the samples.

    References
    ----------
    Efron B, Tibshirani R. An Introduction to the Bootstrap. 1993, chapter 13.
    """
    at = np.asarray(when, float)
    found = clone_censor(of)
    random = np.random.default_rng(seed)
    differences, failed = [], 0
    for sample in range(samples):
        drawn = np.bincount(random.integers(0, len(of), len(of)), minlength=len(of)).astype(float)
        try:
            one = clone_censor(of, drawn)
        except AbateError:
            failed += 1
        else:
            differences.append(one.start.curve.at(at, cause) - one.wait.curve.at(at, cause))
        if progress:
            progress(sample + 1)
    if failed > samples / 10:
        raise AbateError(
            "No interval can be told: in more than a tenth of the samples too few patients kept to a strategy."
        )
    low, high = np.quantile(np.array(differences), [(1 - level) / 2, (1 + level) / 2], axis=0)
    difference = found.start.curve.at(at, cause) - found.wait.curve.at(at, cause)
    return Resampled(at, difference, low, high, samples, failed)
