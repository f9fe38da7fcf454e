"""Concentrations of a drug with linear kinetics, by superposition of its doses in closed form.

Every dose answers as a sum of exponentials; doses add up. An infusion is the running average of injections, so that
its answer is the difference of two integrals of the same sum. Arrays, vectorised over patients.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
APART = 1e-6
"""Rates that are nearer (relative) are taken apart by so much: equal ones have another closed form."""
AT_ONCE = 100_000
"""Numbers that are worked on at once: few enough to stay in the cache of a processor."""


@dataclass(frozen=True)
class Doses:
    """The dosing records of many patients, one element a dose.

    Attributes
    ----------
    patient
        Which patient, from 0.
    start
        When it begins (h).
    amount
        mg.
    hours
        How long it runs; 0 is an injection.
    extravascular
        Whether it must be absorbed (subcutaneous), or goes into a vein.
    """

    patient: NDArray[np.int64]
    start: Numbers
    amount: Numbers
    hours: Numbers
    extravascular: NDArray[np.bool_]

    def of(self, first: int, end: int) -> "Doses":
        """Return the doses of the patients from one to another (not included), who are then counted from 0."""
        mine = (self.patient >= first) & (self.patient < end)
        others = (getattr(self, name)[mine] for name in ("start", "amount", "hours", "extravascular"))
        return Doses(self.patient[mine] - first, *others)

    def by_rank(self) -> list[NDArray[np.int64]]:
        """Return the first doses of all patients, the second, and so on, as positions."""
        order = np.lexsort((self.start, self.patient))
        patients = self.patient[order]
        first = np.concatenate(([True], patients[1:] != patients[:-1])) if len(order) else np.zeros(0, bool)
        begins = np.maximum.accumulate(np.where(first, np.arange(len(order)), 0))
        rank = np.arange(len(order)) - begins
        return [order[rank == place] for place in range(int(rank.max(initial=-1)) + 1)]


@dataclass(frozen=True)
class Response:
    """What 1 mg does to the concentration (mg/L): the sum of weights x exp(-rates x hours), a row a patient."""

    weights: Numbers
    rates: Numbers

    def at(self, patients: NDArray[np.int64], hours: Numbers, times: int) -> Numbers:
        """Return the response, or its integral taken so many times, some hours after a dose; 0 before it."""
        since = np.maximum(hours, 0.0)
        total = np.zeros_like(since)
        for term in range(self.weights.shape[1]):
            weight, rate = self.weights[patients, term, None], self.rates[patients, term, None]
            fading = np.exp(-rate * since)
            if times == 0:
                total += weight * fading * (hours >= 0)
            elif times == 1:
                total += weight / rate * -np.expm1(-rate * since)
            else:
                total += weight / rate * (since + np.expm1(-rate * since) / rate)
        return total


@dataclass(frozen=True)
class OneCompartment:
    """Parameters of one compartment, an element a patient.

    Attributes
    ----------
    clearance, volume
        L/h and L, of what reaches the blood.
    absorption, bioavailability
        Rate of absorption (1/h) of an extravascular dose, and the part of it that arrives.
    """

    clearance: Numbers
    volume: Numbers
    absorption: Numbers
    bioavailability: Numbers

    @property
    def intravenous(self) -> Response:
        """The response to a dose into a vein."""
        return Response((1 / self.volume)[:, None], (self.clearance / self.volume)[:, None])

    @property
    def extravascular(self) -> Response:
        """The response to a dose that must be absorbed: first order (Bateman)."""
        elimination = self.clearance / self.volume
        near = np.abs(self.absorption - elimination) < APART * elimination
        absorption = np.where(near, elimination * (1 + APART), self.absorption)
        weight = self.bioavailability * absorption / (self.volume * (absorption - elimination))
        return Response(np.column_stack((weight, -weight)), np.column_stack((elimination, absorption)))


def concentrations(doses: Doses, patients: OneCompartment, times: Sequence[float] | Numbers) -> Numbers:
    """Return the concentration of each patient at each time.

    Parameters
    ----------
    doses
        Of all patients.
    patients
        Their parameters.
    times
        Hours, on the clock of the doses; or a row of hours for each patient.

    Returns
    -------
    numpy.ndarray
        mg/L, a row a patient and a column a time.

    Examples
    --------
    >>> one = OneCompartment(*(np.array([value]) for value in (7.0, 10.0, 0.14, 0.9)))
    >>> given = Doses(np.array([0]), np.array([0.0]), np.array([100.0]), np.array([0.0]), np.array([False]))
    >>> concentrations(given, one, [0.0, 1.0]).round(3).tolist()
    [[10.0, 4.966]]
    """
    return _superposed(doses, patients, np.asarray(times, float), 0)


def areas(doses: Doses, patients: OneCompartment, times: Sequence[float] | Numbers) -> Numbers:
    """Return the area under the concentration of each patient from its first dose to each time (mg/L x h).

    Parameters and shape as for :func:`concentrations`; exact, whatever the times are.
    """
    return _superposed(doses, patients, np.asarray(times, float), 1)


def _superposed(doses: Doses, patients: OneCompartment, times: Numbers, integrals: int) -> Numbers:
    found = np.zeros((len(patients.clearance), times.shape[-1]))
    responses = ((patients.intravenous, ~doses.extravascular), (patients.extravascular, doses.extravascular))
    step = max(1, AT_ONCE // max(1, times.shape[-1]))
    for positions in doses.by_rank():
        for response, of_route in responses:
            mine = positions[of_route[positions]]
            for begin in range(0, len(mine), step):
                chosen = mine[begin : begin + step]
                found[doses.patient[chosen]] += _of_doses(doses, chosen, response, times, integrals)
    return found


def _of_doses(doses: Doses, chosen: NDArray[np.int64], response: Response, times: Numbers, integrals: int) -> Numbers:
    """Return what some doses, at most one a patient, do."""
    who, lasts = doses.patient[chosen], doses.hours[chosen][:, None]
    since = (times[who] if times.ndim > 1 else times[None, :]) - doses.start[chosen][:, None]
    injected = response.at(who, since, integrals)
    if lasts.any():
        spread = response.at(who, since, integrals + 1) - response.at(who, since - lasts, integrals + 1)
        injected = np.where(lasts > 0, spread / np.where(lasts > 0, lasts, 1.0), injected)
    result: Numbers = injected * doses.amount[chosen][:, None]
    return result
