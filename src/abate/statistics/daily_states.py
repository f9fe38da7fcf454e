"""Where patients are on each day: the share in each state, and the mean days spent there, with errors by patient."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from abate.records.problems import AbateError
from abate.statistics.times import Floats, Integers

GONE = -1
"""No longer followed."""


@dataclass(frozen=True)
class DailyStates:
    """States by day.

    Attributes
    ----------
    names
        Of the states, in the order of their numbers.
    share, error
        Of each state on each day, and its standard error, ``(days, states)``.
    followed
        Patients followed on each day.
    mean_days, mean_error
        Days spent in each state on average from the first day to the last, one a state.
    """

    names: tuple[str, ...]
    share: Floats
    error: Floats
    followed: Integers
    mean_days: Floats
    mean_error: Floats


def daily_states(state: Integers, names: Sequence[str]) -> DailyStates:
    """Estimate the share of patients in each state on each day.

    Parameters
    ----------
    state
        Patients x days, the number of the state on each, :data:`GONE` from the day on which a patient is no longer
        followed. Everyone is followed on the first day.
    names
        Of the states.

    Raises
    ------
    AbateError
        If nobody is there, a state has no name, or a patient comes back after having gone.

    Notes
    -----
    Aalen and Johansen's estimate on a grid of days: whoever is no longer followed is taken to have gone on like those
    in the same state. Where nobody is left in a state, those in it stay. Errors leave out one patient at a time.

    References
    ----------
    Aalen OO, Johansen S. Scand J Stat 1978;5:141-150. Datta S, Satten GA. Stat Probab Lett 2001;55:403-411,
    doi:10.1016/S0167-7152(01)00155-9. Jackknife: Efron B, Stein C. Ann Stat 1981;9:586-596,
    doi:10.1214/aos/1176345462

    Examples
    --------
    >>> found = daily_states(np.array([[0, 1, 1], [0, 0, 1], [0, 0, -1]]), ("ill", "well"))
    >>> found.share.round(2).tolist(), found.mean_days.round(2).tolist(), found.followed.tolist()
    ([[1.0, 0.0], [0.67, 0.33], [0.0, 1.0]], [1.67, 1.33], [3, 3, 2])
    """
    patients, days = state.shape
    width = len(names)
    if not patients or state.min() < GONE or state.max() >= width:
        raise AbateError("States by day cannot be read. Expected patients, and states that have a name.")
    there = state != GONE
    if not there[:, 0].all() or (there[:, 1:] & ~there[:, :-1]).any():
        raise AbateError("States by day cannot be read. Expected everyone on the first day, and nobody to come back.")
    one = np.eye(width)[state[:, 0]]
    now = one.mean(axis=0)
    # The shares as they are without each patient in turn.
    without = (one.sum(axis=0) - one) / max(patients - 1, 1)
    shares, withouts = [now], [without]
    for day in range(1, days):
        both = there[:, day]
        before, after = state[both, day - 1], state[both, day]
        moved = np.zeros((width, width))
        np.add.at(moved, (before, after), 1)
        now = now @ _step(moved)
        # Without whoever is no longer followed the moves are those of all.
        left = withouts[-1] @ _step(moved)
        mine = np.repeat(moved[None], len(before), axis=0)
        mine[np.arange(len(before)), before, after] -= 1
        left[both] = np.einsum("ns,nst->nt", withouts[-1][both], _step(mine))
        shares.append(now)
        withouts.append(left)
    share, each = np.array(shares), np.array(withouts)
    return DailyStates(
        tuple(names),
        share,
        _jackknife(each),
        there.sum(axis=0),
        share.sum(axis=0),
        _jackknife(each.sum(axis=0)[None])[0],
    )


def _step(moved: Floats) -> Floats:
    """Return the chances of moving from how many moved; where nobody was, all stay."""
    total = moved.sum(axis=-1, keepdims=True)
    stay = np.broadcast_to(np.eye(moved.shape[-1]), moved.shape)
    return np.where(total > 0, moved / np.where(total > 0, total, 1), stay)


def _jackknife(each: Floats) -> Floats:
    """Return the standard error from an estimate without each patient, ``(..., patients, states)``."""
    count = each.shape[-2]
    apart = each - each.mean(axis=-2, keepdims=True)
    return np.asarray(np.sqrt((count - 1) / count * (apart**2).sum(axis=-2)))
