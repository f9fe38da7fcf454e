"""States that patients pass through: the share in each at every time, with variance."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from abate.records.problems import AbateError
from abate.statistics.influence import by_patient
from abate.statistics.times import Floats, Integers, Times, on_step, times

VARIANCES = ("jackknife", "greenwood", "aalen")
"""The infinitesimal jackknife clustered by patient (which survfit has, and which holds of weighted rows); Greenwood's,
of independent stays with multinomial moves; and Aalen's with Poisson moves and the shares after them (mstate)."""


@dataclass(frozen=True)
class Passages:
    """Stays in states, one row each: from when to when, in which state, and which state came next.

    Attributes
    ----------
    of
        Times of the stays; the event is 1 plus the state that came next, 0 where the stay was censored.
    state
        The state of each stay, a number from 0 on.
    names
        Of the states.
    """

    of: Times
    state: Integers
    names: tuple[str, ...]


def passages(
    begin: ArrayLike,
    end: ArrayLike,
    state: ArrayLike,
    following: ArrayLike,
    patient: ArrayLike,
    names: tuple[str, ...],
    weight: ArrayLike | None = None,
) -> Passages:
    """Return stays in states, checked.

    Parameters
    ----------
    begin, end
        A stay is at risk of leaving at t where ``begin < t <= end``.
    state, following
        Names of the state and of the next; an empty text where the stay was censored.
    patient, weight
        Whose, and how much the row counts.
    names
        All states, in the order of their numbers.

    Raises
    ------
    AbateError
        If a state has no name among these, or a time cannot be.
    """
    number = {name: place for place, name in enumerate(names)}
    unknown = ({str(one) for one in np.asarray(state)} | {str(one) for one in np.asarray(following)}) - {"", *names}
    if unknown:
        raise AbateError(f"A state is not known: {', '.join(sorted(unknown))}. Expected one of {', '.join(names)}.")
    stays = np.array([number[str(one)] for one in np.asarray(state)], np.int64)
    events = np.array([1 + number[str(one)] if str(one) else 0 for one in np.asarray(following)], np.int64)
    return Passages(times(end, events, begin, weight, patient), stays, names)


@dataclass(frozen=True)
class Occupancy:
    """The share in each state: a step at each time at which anyone moved.

    Attributes
    ----------
    time
        Times of transitions, ascending.
    share
        Of each state from each time on, ``(times, states)``.
    at_risk
        Weight in each state just before.
    moved
        Weight of the transitions, ``(times, states, states)``: from, to.
    start
        The share in each state at the beginning.
    variances
        Of each share, ``(times, states)``, by :data:`VARIANCES`.
    """

    time: Floats
    share: Floats
    at_risk: Floats
    moved: Floats
    start: Floats
    variances: Mapping[str, Floats]

    def at(self, when: ArrayLike, state: int) -> Floats:
        """Return the share in a state at some times."""
        return on_step(self.share[:, state], float(self.start[state]), self.time, np.asarray(when, float))

    def error(self, when: ArrayLike, state: int, kind: str = "jackknife") -> Floats:
        """Return the standard error of the share in a state at some times, by one of :data:`VARIANCES`."""
        if kind not in VARIANCES:
            raise AbateError(f"No variance is called {kind}. Expected one of {', '.join(VARIANCES)}.")
        return np.sqrt(on_step(self.variances[kind][:, state], 0.0, self.time, np.asarray(when, float)))


def occupancy(stays: Passages, start: ArrayLike | None = None) -> Occupancy:
    """Estimate the share of patients in each state.

    Parameters
    ----------
    stays
        Who was where.
    start
        The share in each state at the beginning; of the patients at risk from the first time on, unless given.

    Notes
    -----
    Where nobody is left in a state, those in it stay: look at ``at_risk``.

    References
    ----------
    Aalen OO, Johansen S. Scand J Stat 1978;5:141-150. That it holds without the Markov property, for the share:
    Datta S, Satten GA. Stat Probab Lett 2001;55:403-411. doi:10.1016/S0167-7152(01)00155-9

    Examples
    --------
    >>> stays = passages([0, 0, 2], [2, 3, 4], ["ill", "ill", "well"], ["well", "", ""], [1, 2, 1], ("ill", "well"))
    >>> occupancy(stays).share.tolist()
    [[0.5, 0.5]]
    """
    of, width = stays.of, len(stays.names)
    first = _start(stays) if start is None else np.asarray(start, float)
    happened = of.event > 0
    when = np.unique(of.exit[happened])
    risk, moved = np.zeros((len(when), width)), np.zeros((len(when), width, width))
    np.add.at(
        moved,
        (np.searchsorted(when, of.exit[happened]), stays.state[happened], of.event[happened] - 1),
        of.weight[happened],
    )
    identity = np.eye(width)
    share = np.zeros((len(when), width))
    variances = {kind: np.zeros((len(when), width)) for kind in VARIANCES}
    patients = int(of.patient.max(initial=-1)) + 1
    now, covariances = first, {kind: np.zeros((width, width)) for kind in VARIANCES[1:]}
    influence = np.zeros((patients, width)) if start is not None else _start_influence(stays, first)
    for place, time in enumerate(when):
        there = (of.entry < time) & (time <= of.exit)
        rows, states = np.flatnonzero(there), stays.state[there]
        risk[place] = np.bincount(states, of.weight[there], width)
        inverse = np.divide(1.0, risk[place], out=np.zeros(width), where=risk[place] > 1e-12)
        hazard = moved[place] * inverse[:, None]
        step = identity + hazard - np.diag(hazard.sum(axis=1))
        # A row moves the hazards of its own state: towards where it went, away from where it did not.
        turned = -hazard[states]
        went = (of.event[rows] > 0) & (of.exit[rows] == time)
        turned[went, of.event[rows[went]] - 1] += 1
        turned[np.arange(len(rows)), states] -= turned.sum(axis=1)
        turned *= (now * inverse)[states, None]
        influence = influence @ step
        np.add.at(influence, of.patient[rows], turned * of.weight[rows, None])
        before, now = now, now @ step
        share[place], variances["jackknife"][place] = now, (influence**2).sum(axis=0)
        for kind, held, moves in (("greenwood", before, _multinomial), ("aalen", now, _poisson)):
            spread = [held[state] ** 2 * inverse[state] * moves(hazard[state], state) for state in range(width)]
            covariances[kind] = step.T @ covariances[kind] @ step + np.sum(spread, axis=0)
            # Where nobody is left in doubt, rounding must not leave less than nothing.
            variances[kind][place] = np.maximum(np.diag(covariances[kind]), 0)
    return Occupancy(when, share, risk, moved, first, variances)


def _multinomial(hazard: Floats, state: int) -> Floats:
    """Return the covariance of where one patient of a state goes."""
    chance = hazard.copy()
    chance[state] = 1 - hazard.sum() + hazard[state]
    return np.asarray(np.diag(chance) - np.outer(chance, chance))


def _poisson(hazard: Floats, state: int) -> Floats:
    """Return the covariance of where patients of a state go, were each move independent of the others."""
    chance = hazard.copy()
    chance[state] = hazard.sum() - hazard[state]
    found = np.diag(chance)
    found[state] -= hazard
    found[:, state] -= hazard
    found[state, state] = chance[state]
    return np.asarray(found)


def _start(stays: Passages) -> Floats:
    """Return the share in each state of the patients who are there at the beginning."""
    there = stays.of.entry <= stays.of.entry.min()
    found = np.bincount(stays.state[there], stays.of.weight[there], len(stays.names))
    return np.asarray(found / stays.of.weight[there].sum())


def _start_influence(stays: Passages, first: Floats) -> Floats:
    """Return what each patient does to the shares at the beginning."""
    there = stays.of.entry <= stays.of.entry.min()
    of = stays.of
    moved = (np.eye(len(stays.names))[stays.state] - first) * (there / of.weight[there].sum())[:, None]
    return by_patient(moved, of)
