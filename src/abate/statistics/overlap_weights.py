"""Overlap weights: each patient by the chance of the other treatment, so that those count who could have had either."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from abate.records.problems import AbateError
from abate.statistics.clustered_logistic import from_patients
from abate.statistics.incidence import incidence
from abate.statistics.ridge_logistic import ridge_logistic
from abate.statistics.sequential_trials import RESOLVED, Entries, daily
from abate.statistics.start_or_wait import Estimate
from abate.statistics.staying_weights import StayingWeights
from abate.statistics.times import Booleans, Floats, times

LEAST = 1e-6
"""Weight below which an entry does not count."""
GROUPS = 200
"""Of patients left out in turn, at most."""


@dataclass(frozen=True)
class Balance:
    """How far treated and untreated lie apart in what was known at time zero, one a covariate.

    Attributes
    ----------
    names
        Of the covariates.
    treated, untreated
        Weighted means.
    difference
        Standardised: in pooled standard deviations of the unweighted, not a number where there is no spread.
    """

    names: tuple[str, ...]
    treated: Floats
    untreated: Floats
    difference: Floats


def balance(covariates: Mapping[str, Floats], treated: Booleans, weight: Floats | None = None) -> Balance:
    """Return how far the treated and the untreated lie apart in each covariate.

    References
    ----------
    Austin PC, Stuart EA. Stat Med 2015;34:3661-3679. doi:10.1002/sim.6607

    Examples
    --------
    >>> found = balance({"grade 4": np.array([1.0, 0.0, 0.0, 1.0, 0.0])}, np.array([True, True, False, False, False]))
    >>> found.treated.round(2).tolist(), found.untreated.round(2).tolist(), found.difference.round(2).tolist()
    ([0.5], [0.33], [0.34])
    """
    weights = np.ones(len(treated)) if weight is None else weight
    if not (weights[treated].sum() and weights[~treated].sum()):
        raise AbateError("No balance can be told: an arm has no entry that counts.")
    columns = np.column_stack(list(covariates.values()))
    means = [np.average(columns[part], axis=0, weights=weights[part]) for part in (treated, ~treated)]
    spread = np.sqrt((columns[treated].var(axis=0) + columns[~treated].var(axis=0)) / 2)
    apart = np.divide(means[0] - means[1], spread, out=np.full(len(spread), np.nan), where=spread > 0)
    return Balance(tuple(covariates), means[0], means[1], apart)


def overlap_weights(of: Entries, covariates: Sequence[str]) -> Floats:
    """Return how much each entry counts: one less the chance of what it got, given its covariates and its day.

    No weight is above 1, whatever the chance, so no single entry can decide alone. It is those in doubt whom the
    comparison is of, and not all who were treated.

    Raises
    ------
    AbateError
        If all entries or none are treated.

    References
    ----------
    Li F, Morgan KL, Zaslavsky AM. J Am Stat Assoc 2018;113:390-400. doi:10.1080/01621459.2016.1260466
    """
    if of.treated.all() or not of.treated.any():
        raise AbateError("No weights can be told: all entries are treated, or none.")
    columns = np.column_stack([of.matrix(covariates), np.log1p(of.day - of.day.min())])
    scale = columns.std(axis=0)
    columns = (columns - columns.mean(axis=0)) / np.where(scale > 0, scale, 1)
    chance = ridge_logistic(columns, of.treated.astype(float))(columns)
    weight = np.where(of.treated, 1 - chance, chance)
    # Next to nothing is nothing: sums of it would be rounding alone.
    return np.where(weight < LEAST, 0.0, weight)


@dataclass(frozen=True)
class Shares:
    """Shares resolved within the window in two arms.

    Attributes
    ----------
    treated, untreated
        Shares.
    effective
        How many unweighted entries of the treated and of the untreated carry as much.
    """

    treated: float
    untreated: float
    effective: tuple[float, float]

    @property
    def difference(self) -> float:
        """Treated less untreated."""
        return self.treated - self.untreated


def weighted_shares(of: Entries, weight: Floats, stay: StayingWeights | None = None) -> Shares:
    """Compare the shares resolved within the window, entries counted by weights.

    Untreated entries end when they start the drug: without ``stay`` as if they had gone on like all others, with it
    like those who were like them.

    Parameters
    ----------
    of, weight
        Entries, and how much each counts.
    stay
        Of :func:`abate.statistics.staying_weights.staying_weights`, not stabilised: of each day of each entry.

    Raises
    ------
    AbateError
        If an arm is empty.
    """
    if not (of.treated & (weight > 0)).any() or not (~of.treated & (weight > 0)).any():
        raise AbateError("The shares cannot be compared: an arm has no entry that counts.")
    rows = daily(of)
    counts = weight[rows.entry] * (1.0 if stay is None else stay.weight)
    last = rows.since == of.time[rows.entry] - 1
    every = times(rows.since + 1, np.where(last, of.event[rows.entry], 0), rows.since, counts, of.patient[rows.entry])
    shares, effective = [], []
    for arm in (of.treated, ~of.treated):
        curve = incidence(every.where(arm[rows.entry] & (counts > 0)), 2)
        shares.append(float(curve.at([float(of.window)], RESOLVED)[0]))
        mine = weight[arm]
        effective.append(float(mine.sum() ** 2 / (mine**2).sum()))
    return Shares(shares[0], shares[1], (effective[0], effective[1]))


Weigh = Callable[[Entries], tuple[Floats, StayingWeights | None]]


def difference_of_shares(of: Entries, weigh: Weigh, level: float = 0.95) -> tuple[Shares, Estimate]:
    """Return weighted shares, and their difference with an interval that leaves out each patient in turn.

    Weights and matches are made anew without each, for they are estimates too: an interval that takes them as known is
    too narrow.

    Parameters
    ----------
    of
        Entries.
    weigh
        What makes the weights of some entries, and of their days.
    level
        Of the interval.

    Raises
    ------
    AbateError
        If an arm is empty, with all patients or without one of them.

    References
    ----------
    Delete-one and, above :data:`GROUPS` patients, delete-a-group jackknife: Efron B, Stein C. Ann Stat 1981;9:586-596,
    doi:10.1214/aos/1176345462. Kott PS. J Off Stat 2001;17:521-526.
    """
    found = weighted_shares(of, *weigh(of))
    patients, place = np.unique(of.patient, return_inverse=True)
    count = min(len(patients), GROUPS)
    moved = np.zeros(count)
    for group in range(count):
        rest = of.where(place % count != group)
        moved[group] = weighted_shares(rest, *weigh(rest)).difference - found.difference
    error, freedom, reach = from_patients(moved * np.sqrt((count - 1) / count), level=level)
    value = found.difference
    return found, Estimate(value, value - reach, value + reach, error, freedom)
