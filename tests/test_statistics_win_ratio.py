"""The win ratio against a double loop, and its interval and test against their definitions."""

from itertools import product
from math import inf, isnan, log, nan, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from abate.records.problems import AbateError
from abate.statistics import win_ratio as module
from abate.statistics.ranks import ranked
from abate.statistics.win_ratio import Outcome, WinRatio, measured, timed, win_ratio

Patient = tuple[int, bool, float, float]
PATIENTS = st.lists(
    st.tuples(
        st.integers(1, 6), st.booleans(), st.sampled_from([0.0, 1.0, 2.0, nan]), st.sampled_from([2.0, 5.0, inf])
    ),
    min_size=2,
    max_size=7,
)


def hierarchy(patients: list[Patient]) -> list[Outcome]:
    day, died, grade, resolved = zip(*patients, strict=True)
    return [
        timed("death", day, died),
        measured("grade", grade, more_is_better=False),
        timed("resolution", resolved, np.isfinite(resolved), later_is_better=False),
    ]


def of_pair(one: Patient, other: Patient) -> tuple[int, int]:
    """Return who wins, and by which outcome: as one would say it."""
    if other[1] and (one[0] > other[0] or (one[0] == other[0] and not one[1])):
        return 1, 0
    if one[1] and (other[0] > one[0] or (one[0] == other[0] and not other[1])):
        return -1, 0
    if not isnan(one[2]) and not isnan(other[2]) and one[2] != other[2]:
        return (1 if one[2] < other[2] else -1), 1
    if one[3] != other[3]:
        return (1 if one[3] < other[3] else -1), 2
    return 0, -1


@given(PATIENTS, PATIENTS)
@settings(max_examples=150, deadline=None)
def test_it_is_a_double_loop_over_the_pairs(first: list[Patient], second: list[Patient]) -> None:
    found = win_ratio(hierarchy(first), hierarchy(second))
    pairs = [of_pair(one, other) for one, other in product(first, second)]
    assert found.wins == sum(sign > 0 for sign, _ in pairs)
    assert found.losses == sum(sign < 0 for sign, _ in pairs)
    assert found.ties == sum(sign == 0 for sign, _ in pairs)
    for place, name in enumerate(("death", "grade", "resolution")):
        decided = [sign for sign, by in pairs if by == place]
        assert found.by_outcome[name] == (decided.count(1), decided.count(-1))
    everyone = first + second
    standing = [sum(of_pair(one, other)[0] for other in everyone) for one in everyone]
    variance = len(pairs) / (len(everyone) * (len(everyone) - 1)) * sum(each**2 for each in standing)
    z = abs(sum(standing[: len(first)])) / sqrt(variance) if variance else 0.0
    assert found.p == pytest.approx(2 * stats.norm.sf(z))


@given(PATIENTS, PATIENTS)
@settings(max_examples=40, deadline=None)
def test_it_is_turned_over_where_the_groups_change_places(first: list[Patient], second: list[Patient]) -> None:
    one, other = (win_ratio(hierarchy(a), hierarchy(b)) for a, b in ((first, second), (second, first)))
    assert (one.wins, one.losses, one.ties) == (other.losses, other.wins, other.ties)
    assert one.p == pytest.approx(other.p)
    assert one.net_benefit == -other.net_benefit
    if one.wins and one.losses:
        assert (one.ratio, one.low, one.high) == pytest.approx((1 / other.ratio, 1 / other.high, 1 / other.low))


def test_the_limits_follow_from_each_patients_share_of_pairs() -> None:
    """Bebu and Lachin: the covariance of two U-statistics, carried to the logarithm of their ratio."""
    first, second = np.array([5.0, 3, 8, 8, 1]), np.array([4.0, 2, 3, 6])
    won, lost = first[:, None] > second, first[:, None] < second
    w, l = won.mean(), lost.mean()  # noqa: E741
    variance = 0.0
    for axis in (1, 0):
        shares = np.stack([won.mean(axis=axis), lost.mean(axis=axis)])
        (ww, wl), (_, ll) = np.cov(shares) / shares.shape[1]
        variance += ww / w**2 - 2 * wl / (w * l) + ll / l**2
    found = win_ratio([measured("score", first)], [measured("score", second)])
    assert (found.wins, found.losses, found.ties) == (12, 7, 1)
    half = stats.norm.isf(0.025) * sqrt(variance)
    assert (log(found.low), log(found.high)) == pytest.approx((log(12 / 7) - half, log(12 / 7) + half))
    assert found.net_benefit == pytest.approx(5 / 20)
    assert found.win_odds == pytest.approx(12.5 / 7.5)


def test_one_outcome_without_censoring_is_the_rank_sum() -> None:
    """Finkelstein and Schoenfeld's test is then Wilcoxon's, without a correction for continuity."""
    random = np.random.default_rng(3)
    first, second = random.integers(0, 6, 30).astype(float), random.integers(1, 7, 25).astype(float)
    found = win_ratio([measured("grade", first)], [measured("grade", second)])
    order = ranked(np.concatenate([first, second]), np.repeat([0, 1], [30, 25]), 2)
    z = order.away[0] / 2 / sqrt(30 * 25 * 56 / 12 * order.tied)
    assert found.p == pytest.approx(2 * stats.norm.sf(abs(z)))


def test_a_pair_is_judged_on_the_follow_up_that_both_have() -> None:
    """Dead on day 10 against censored on day 5: who knows. Dead on day 10 against censored on day 10: won."""
    dead = [timed("death", [10, 10], [True, True])]
    early, late = ([timed("death", [day, day], [False, False])] for day in (5, 10))
    assert win_ratio(early, dead).ties == 4
    assert win_ratio(late, dead).wins == 4


@pytest.mark.parametrize(
    ("first", "second", "ratio", "odds"),
    [([2.0, 3], [0.0, 1], inf, inf), ([0.0, 1], [2.0, 3], 0.0, 0.0), ([1.0, 1], [1.0, 1], nan, 1.0)],
)
def test_where_one_group_wins_no_pair_there_are_no_limits(
    first: list[float], second: list[float], ratio: float, odds: float
) -> None:
    found = win_ratio([measured("score", first)], [measured("score", second)])
    assert (found.ratio, found.win_odds) == pytest.approx((ratio, odds), nan_ok=True)
    assert isnan(found.low) and isnan(found.high)
    assert found.p == pytest.approx(1.0 if isnan(ratio) else 2 * stats.norm.sf(4 / sqrt(4 / 12 * 20)))


def test_parts_of_the_pairs_give_the_same_as_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(8)
    first, second = (
        [timed("death", random.integers(1, 9, n), random.random(n) < 0.5), measured("score", random.normal(size=n))]
        for n in (23, 31)
    )
    whole = win_ratio(first, second)
    monkeypatch.setattr(module, "PAIRS", 300)
    assert win_ratio(first, second) == whole


def test_the_interval_covers_and_the_test_keeps_its_size() -> None:
    """600 trials of 40 against 40 without a difference: 95 % and 5 % within three Monte Carlo errors."""
    random = np.random.default_rng(11)

    def group() -> list[Outcome]:
        day = np.ceil(random.exponential(40, 40))
        return [timed("death", day.clip(max=28), day <= 28), measured("grade", random.integers(0, 5, 40))]

    found: list[WinRatio] = [win_ratio(group(), group()) for _ in range(600)]
    error = 3 * sqrt(0.05 * 0.95 / 600)
    assert np.mean([each.p <= 0.05 for each in found]) == pytest.approx(0.05, abs=error)
    assert np.mean([each.low <= 1 <= each.high for each in found]) == pytest.approx(0.95, abs=error)


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ([], [], "one hierarchy"),
        ([measured("a", [1, 2])], [measured("b", [1, 2])], "one hierarchy"),
        ([measured("a", [1, 2])] * 2, [measured("a", [1, 2])] * 2, "none of them twice"),
        ([measured("a", [1])], [measured("a", [1, 2])], "two patients or more"),
        ([measured("a", [1, 2]), measured("b", [1])], [measured("a", [1, 2]), measured("b", [1, 2])], "every outcome"),
    ],
)
def test_groups_that_cannot_be_compared(first: list[Outcome], second: list[Outcome], words: str) -> None:
    with pytest.raises(AbateError, match=words):
        win_ratio(first, second)


def test_a_day_that_is_missing_is_said() -> None:
    for days, happened in (([nan, 2], [True, True]), ([1, 2], [True])):
        with pytest.raises(AbateError, match="times of death cannot be read"):
            timed("death", days, happened)
