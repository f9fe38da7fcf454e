"""Weights that give back whom the trials lost: untreated patients who started because of what happened meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from abate.records.problems import AbateError
from abate.statistics.person_days import PersonDays
from abate.statistics.ridge_logistic import ridge_logistic
from abate.statistics.sequential_trials import DailyRows, Entries
from abate.statistics.times import Floats

MOST = 0.999
"""The greatest chance of starting on a day that a weight is made of."""


@dataclass(frozen=True)
class StayingWeights:
    """Weights of the days of entries.

    Attributes
    ----------
    weight
        One a row of :func:`abate.statistics.sequential_trials.daily`; 1 in the treated.
    largest, mean
        Before they were cut, of the untreated: near 1 on average where the models fit.
    cut
        How many were cut.
    """

    weight: Floats
    largest: float
    mean: float
    cut: int


def staying_weights(
    of: Entries,
    rows: DailyRows,
    days: PersonDays,
    covariates: Sequence[str],
    truncate: float = 0.99,
    stabilised: bool = True,
) -> StayingWeights:
    """Return how much each day of an untreated entry counts, for those who left by starting the drug.

    On each day after time zero an untreated patient starts or stays. Two logistic models tell the chance: one by what
    was known at time zero, the other by what is known on the day too. A day counts by the ratio of the chances of
    having stayed so long; where starting follows nothing new, all weights are 1.

    Parameters
    ----------
    of, rows
        Entries, and their days at risk.
    days
        Patients by days, for what was known on each; ``covariates`` of it are read.
    covariates
        That starting may follow.
    truncate
        Quantile at which weights are cut; 1 leaves them.
    stabilised
        Whether they are held against the chance given time zero. A model that has the covariates of time zero needs no
        more. A share without a model does: those of one kind may leave more often than those of another; its weights
        are of the chance given the day alone.

    Raises
    ------
    AbateError
        If a covariate is not among those of the days.

    References
    ----------
    Robins JM, Finkelstein DM. Biometrics 2000;56:779-788, doi:10.1111/j.0006-341X.2000.00779.x. Stabilised and
    truncated: Cole SR, Hernan MA. Am J Epidemiol 2008;168:656-664, doi:10.1093/aje/kwn164
    """
    if unknown := set(covariates) - set(days.covariates):
        raise AbateError(f"Covariates of each day are not known: {', '.join(sorted(unknown))}. Bring them day by day.")
    weight = np.ones(len(rows.entry))
    untreated = ~of.treated
    # A row for every later day on which an untreated patient could start: the last one is that of the start.
    length = np.where(untreated, of.time - 1 + of.started, 0)
    entry = np.repeat(np.arange(len(of)), length)
    after = 1 + np.arange(len(entry)) - np.repeat(np.cumsum(length) - length, length)
    starts = of.started[entry] & (after == of.time[entry])
    if not 0 < starts.sum() < len(starts):
        return StayingWeights(weight, 1.0, 1.0, 0)
    column = of.day[entry] + after - days.first_day
    now = np.column_stack([days.covariates[name][of.patient[entry], column] for name in covariates])
    then = of.matrix(covariates)[entry]
    clock = np.log(after)[:, None]
    both = np.concatenate([now, then])
    # A covariate that is the same in all says nothing, whatever its value.
    spread = np.ptp(both, axis=0) > 0
    scale, middle = np.where(spread, both.std(axis=0), 1.0), both.mean(axis=0)
    now, then = ((part - middle) / scale * spread for part in (now, then))
    known = [now, then, clock] if stabilised else [now, clock]

    def staying(*known: Floats) -> Floats:
        columns = np.column_stack(known)
        return np.log1p(-np.minimum(ridge_logistic(columns, starts.astype(float))(columns), MOST))

    ratio = (staying(then, clock) if stabilised else 0.0) - staying(*known)
    # The row of j days since has the chances of the days 1 to j behind it.
    summed = np.concatenate([np.zeros(1), np.cumsum(ratio)])
    first = np.cumsum(length) - length
    mine = untreated[rows.entry] & (rows.since > 0)
    begin = first[rows.entry[mine]]
    weight[mine] = np.exp(summed[begin + rows.since[mine]] - summed[begin])
    limit = float(np.quantile(weight[mine], truncate)) if mine.any() and truncate < 1 else np.inf
    largest, mean = (float(weight[mine].max()), float(weight[mine].mean())) if mine.any() else (1.0, 1.0)
    cut = int((weight[mine] > limit).sum())
    weight[mine] = np.minimum(weight[mine], limit)
    return StayingWeights(weight, largest, mean, cut)
