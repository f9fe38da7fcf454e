"""Shares in each state by day, and their errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abate.records.problems import AbateError
from abate.statistics.daily_states import GONE, daily_states
from abate.statistics.transitions import occupancy, passages

NAMES = ("well", "ill", "dead")


def cohort(seed: int, patients: int = 12, days: int = 8) -> np.ndarray:
    """Return made-up states, some patients no longer followed after a day."""
    random = np.random.default_rng(seed)
    state = random.integers(0, 3, (patients, days))
    last = random.integers(0, days, patients)
    last[0] = days - 1
    return np.where(np.arange(days) <= last[:, None], state, GONE)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_they_are_aalen_and_johansens(seed: int) -> None:
    """The same shares as the estimate in continuous time of the same moves, wherever anybody was left to move."""
    state = cohort(seed)
    found = daily_states(state, NAMES)
    begin, end, where, to, who = [], [], [], [], []
    for patient, row in enumerate(state):
        for day in range(1, len(row)):
            if row[day] != GONE:
                begin.append(day - 1)
                end.append(day)
                where.append(NAMES[row[day - 1]])
                to.append(NAMES[row[day]] if row[day] != row[day - 1] else "")
                who.append(patient)
    start = found.share[0]
    curve = occupancy(passages(begin, end, where, to, who, NAMES), start)
    days = np.arange(state.shape[1])
    expected = np.column_stack([curve.at(days, place) for place in range(3)])
    assert found.share == pytest.approx(expected)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_errors_are_those_of_leaving_out_each_patient(seed: int) -> None:
    """The estimate made anew without each patient in turn."""
    state = cohort(seed, patients=7, days=5)
    found = daily_states(state, NAMES)
    without = [daily_states(np.delete(state, place, axis=0), NAMES) for place in range(len(state))]
    for told, each in (
        (found.error, np.array([one.share for one in without])),
        (found.mean_error, np.array([one.mean_days for one in without])),
    ):
        apart = each - each.mean(axis=0)
        assert told == pytest.approx(np.sqrt(len(state) - 1) / np.sqrt(len(state)) * np.sqrt((apart**2).sum(axis=0)))


def test_followed_to_the_end_they_are_the_shares_counted() -> None:
    """Without censoring: the share counted, and its error that of a proportion (with n - 1)."""
    state = np.array([[0, 1, 1], [0, 0, 2], [0, 1, 0], [0, 1, 1]])
    found = daily_states(state, NAMES)
    assert found.share.tolist() == [[1, 0, 0], [0.25, 0.75, 0], [0.25, 0.5, 0.25]]
    assert found.error[1, 1] == pytest.approx(np.sqrt(0.75 * 0.25 / 3))
    assert found.mean_days.tolist() == [1.5, 1.25, 0.25]


@pytest.mark.parametrize(
    "state", [np.zeros((0, 3), int), np.array([[3, 0]]), np.array([[-1, 0]]), np.array([[0, -1, 0]])]
)
def test_what_cannot_be_is_refused(state: np.ndarray) -> None:
    with pytest.raises(AbateError, match="States by day cannot be read"):
        daily_states(state, NAMES)
