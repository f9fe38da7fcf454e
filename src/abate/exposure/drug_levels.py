"""What a dosing record makes of the concentration by a model: average, peak, trough, hours above a limit, its spread.

Arrays, vectorised over patients. The clock of each patient starts at its first dose. A number is that of its model and
of the population in which that was built, and never says that a concentration is enough.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from abate.exposure import linear_kinetics as linear
from abate.exposure import saturable_kinetics as saturable
from abate.exposure.linear_kinetics import Doses, Numbers, OneCompartment
from abate.exposure.saturable_kinetics import TwoCompartments

STEP, COARSE_STEP = 0.25, 1.0
"""Hours between the moments at which one compartment, and two, are looked at besides each dose."""
JUST_BEFORE = 1e-6
AT_ONCE, TOGETHER = 5000, 2000
"""Simulated patients that are worked on at once, and patients looked at hour by hour."""
QUANTILES = (0.05, 0.95)
AnyPatients = OneCompartment | TwoCompartments
Patients = TypeVar("Patients", bound=AnyPatients)


@dataclass(frozen=True)
class Levels:
    """Concentrations of a course, an element a patient.

    Attributes
    ----------
    average
        Over the hours looked at (mg/L): the area over them.
    peak, trough
        Highest; lowest just before a dose that is not the first (not a number with one dose).
    hours_above
        With more than the limit (h).
    """

    average: Numbers
    peak: Numbers
    trough: Numbers
    hours_above: Numbers


def _moments(doses: Doses, until: Numbers) -> tuple[Numbers, Numbers]:
    """Return the begin and the end of each dose, a row a patient; not a number where there are fewer."""
    ranks = doses.by_rank()
    begins, ends = (np.full((len(until), len(ranks)), np.nan) for _ in range(2))
    for place, positions in enumerate(ranks):
        who = doses.patient[positions]
        begins[who, place] = doses.start[positions]
        ends[who, place] = doses.start[positions] + doses.hours[positions]
    return begins, ends


def linear_levels(doses: Doses, patients: OneCompartment, until: Numbers, limit: float = 0.0) -> Levels:
    """Return the levels of a drug with linear kinetics, exact at each dose.

    Parameters
    ----------
    doses
        On clocks that start at the first dose of each patient.
    patients
        Their parameters; not a number where not known.
    until
        Hours looked at, of each patient.
    limit
        mg/L.

    Examples
    --------
    >>> one = OneCompartment(*(np.array([value]) for value in (7.0, 10.0, 0.14, 0.9)))
    >>> given = Doses(np.array([0]), np.array([0.0]), np.array([100.0]), np.array([0.0]), np.array([False]))
    >>> found = linear_levels(given, one, np.array([24.0]), limit=1.0)
    >>> found.peak.tolist(), found.average.round(3).tolist(), found.hours_above.round(2).tolist()
    ([10.0], [0.595], [3.29])
    """
    begins, ends = _moments(doses, until)
    area = linear.areas(doses, patients, until[:, None])[:, 0]
    count = int(np.ceil(until.max(initial=STEP) / STEP)) + 1
    grid = np.linspace(0.0, 1.0, count) * until[:, None]
    on_grid = linear.concentrations(doses, patients, grid)
    at_ends = linear.concentrations(doses, patients, np.nan_to_num(ends))
    before = linear.concentrations(doses, patients, np.nan_to_num(begins) - JUST_BEFORE)
    above = _hours_above(on_grid, np.diff(grid, axis=1), limit)
    return _levels(area / until, np.concatenate((on_grid, at_ends), axis=1), before, begins, above)


def saturable_levels(doses: Doses, patients: TwoCompartments, until: Numbers, limit: float = 0.0) -> Levels:
    """Return the levels of a drug with two compartments and saturable loss; parameters as :func:`linear_levels`."""
    parts = [
        _saturable_levels(
            doses.of(begin, begin + TOGETHER), _some(patients, slice(begin, begin + TOGETHER)), mine, limit
        )
        for begin in range(0, len(until), TOGETHER)
        if len(mine := until[begin : begin + TOGETHER])
    ]
    return Levels(*(np.concatenate([getattr(part, item.name) for part in parts]) for item in fields(Levels)))


def _saturable_levels(doses: Doses, patients: TwoCompartments, until: Numbers, limit: float) -> Levels:
    begins, ends = _moments(doses, until)
    before = np.maximum(begins - JUST_BEFORE, 0.0)
    grid = np.tile(np.arange(0.0, until.max() + COARSE_STEP, COARSE_STEP), (len(until), 1))
    # What is not a number, a dose that a patient does not have, sorts to the end.
    times = np.nan_to_num(
        np.sort(np.concatenate((grid, begins, ends, before, until[:, None]), axis=1)), nan=grid[0, -1]
    )
    found = saturable.amounts(doses, patients, times)
    known = np.where(times <= until[:, None], found[0] / patients.central_volume[:, None], np.nan)
    rows = np.arange(len(until))
    area = found[3][rows, _place(times, until)]
    at_doses = [known[rows, _place(times, np.nan_to_num(column))] for column in before.T]
    inside = np.diff(np.minimum(times, until[:, None]), axis=1)
    above = _hours_above(np.nan_to_num(known), inside, limit)
    return _levels(area / until, known, np.stack(at_doses, axis=1), begins, above)


def _place(times: Numbers, moment: Numbers) -> NDArray[np.int64]:
    """Return the last column of each row that is not after a moment."""
    place: NDArray[np.int64] = (times <= moment[:, None]).sum(axis=1) - 1
    return place


def _hours_above(values: Numbers, lengths: Numbers, limit: float) -> Numbers:
    """Return for how long a curve of straight pieces lies above a limit; 0 without a limit."""
    if not limit:
        return np.zeros(len(values))
    high, low = (function(values[:, 1:], values[:, :-1]) for function in (np.maximum, np.minimum))
    rise = np.where(high > low, high - low, 1.0)
    part = np.where(high > low, np.clip((high - limit) / rise, 0.0, 1.0), high > limit)
    total: Numbers = (part * lengths).sum(axis=1)
    return total


def _levels(average: Numbers, every: Numbers, before: Numbers, begins: Numbers, above: Numbers) -> Levels:
    lowest = np.where(begins > 0, before, np.inf).min(axis=1, initial=np.inf)
    unknown = np.isnan(average)
    return Levels(
        average,
        np.where(unknown, np.nan, np.where(np.isnan(every), -np.inf, every).max(axis=1)),
        np.where(np.isinf(lowest) | unknown, np.nan, lowest),
        np.where(unknown, np.nan, above),
    )


def _averages(doses: Doses, patients: AnyPatients, until: Numbers) -> Numbers:
    """Return the average concentration alone; the clocks are laid so that all end at one moment."""
    if isinstance(patients, OneCompartment):
        area: Numbers = linear.areas(doses, patients, until[:, None])[:, 0]
        return area / until
    last = until.max()
    late = replace(doses, start=doses.start + (last - until)[doses.patient])
    total: Numbers = saturable.amounts(late, patients, [0.0, last])[3][:, -1]
    return total / until


def spread_of_average(
    doses: Doses,
    patients: AnyPatients,
    until: Numbers,
    variation: Mapping[str, Numbers],
    draws: int,
    seed: int,
) -> Numbers:
    """Return what nine in ten patients of the model's population would have on average, from one dosing record.

    Parameters
    ----------
    doses, patients, until
        As for :func:`linear_levels`.
    variation
        Parameter to its coefficient of variation between patients, of each patient; each is log-normal and independent
        of the others.
    draws, seed
        Simulated patients for each real one; the same seed gives the same numbers.

    Returns
    -------
    numpy.ndarray
        The fifth and the ninety-fifth percentile (mg/L), a row a patient.
    """
    random = np.random.default_rng(seed)
    count = len(until)
    # Every real patient meets the same simulated ones: two records are compared in the same population.
    normal = {name: random.standard_normal(draws) for name in variation}
    found = np.empty((count, draws))
    size = max(1, AT_ONCE // draws)
    for begin in range(0, count, size):
        mine = np.arange(begin, min(begin + size, count))
        chosen = doses.of(begin, begin + size)
        who = np.repeat(mine, draws)
        factors = {
            name: np.exp(np.sqrt(np.log1p(spread[mine][:, None] ** 2)) * normal[name][None, :]).ravel()
            for name, spread in variation.items()
        }
        drawn = _some(patients, who)
        simulated = replace(drawn, **{name: getattr(drawn, name) * factor for name, factor in factors.items()})
        place = chosen.patient[:, None] * draws + np.arange(draws)[None, :]
        repeated = [np.repeat(getattr(chosen, name), draws) for name in ("start", "amount", "hours", "extravascular")]
        many = Doses(place.ravel(), *repeated)
        found[mine] = _averages(many, simulated, until[who]).reshape(len(mine), draws)
    return np.quantile(found, QUANTILES, axis=1).T


def _some(patients: Patients, who: NDArray[np.int64] | slice) -> Patients:
    """Return some of the patients, or the same ones again and again."""
    return type(patients)(**{item.name: getattr(patients, item.name)[who] for item in fields(patients)})
