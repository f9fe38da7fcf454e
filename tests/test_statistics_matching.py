"""Risk-set matching, overlap weights and balance, held to the slow and obvious."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abate.records.problems import AbateError
from abate.statistics.incidence import incidence
from abate.statistics.matching import MOST, matched
from abate.statistics.overlap_weights import balance, difference_of_shares, overlap_weights, weighted_shares
from abate.statistics.person_days import PersonDays
from abate.statistics.sequential_trials import RESOLVED, Entries, entries


def trials(seed: int, patients: int = 30, days: int = 12, window: int = 4) -> Entries:
    """Return the trials of a made-up cohort in which the iller are treated."""
    random = np.random.default_rng(seed)
    grade = np.where(random.random((patients, days)) < 0.85, 3.0, 1.0) + (random.random((patients, 1)) < 0.3)
    start = np.where(random.random(patients) < 0.5, random.integers(1, days, patients), np.inf)
    last = random.integers(days // 2, days, patients)
    known = {"grade 4": (grade >= 4).astype(float), "dose": random.integers(0, 4, (patients, days)) * 10.0}
    of = PersonDays(0, grade, start, last, random.random(patients) < 0.2, known)
    return entries(of, grade >= 3, np.ones_like(grade, bool), window)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_matched_by_hand(seed: int) -> None:
    """Each treated entry in turn, every other entry looked at."""
    of = trials(seed)
    limits = {"grade 4": 0.0, "dose": 10.0}
    expected, found_any = np.zeros(len(of)), 0
    for row in range(len(of)):
        if not of.treated[row]:
            continue
        candidates = []
        for other in range(len(of)):
            same_day = abs(of.day[other] - of.day[row]) <= 1
            if of.treated[other] or not same_day or of.patient[other] == of.patient[row]:
                continue
            gaps = {name: abs(of.covariates[name][other] - of.covariates[name][row]) for name in limits}
            if all(gaps[name] <= limits[name] for name in limits):
                candidates.append((gaps["dose"] / 10.0, abs(of.day[other] - of.day[row]), other))
        nearest = sorted(candidates)[:MOST]
        chosen = [one for one in candidates if nearest and one[:2] <= nearest[-1][:2]]
        if chosen:
            found_any += 1
            expected[row] += 1
            for _, _, other in chosen:
                expected[other] += 1 / len(chosen)
    if not found_any:
        with pytest.raises(AbateError, match="Nobody could be matched"):
            matched(of, limits, days=1)
        return
    found = matched(of, limits, days=1)
    assert found.weight == pytest.approx(expected)
    assert found.matched == found_any and found.controls == int(((expected > 0) & ~of.treated).sum())


def test_matching_on_what_is_not_known_is_refused() -> None:
    with pytest.raises(AbateError, match="not known of them: ferritin"):
        matched(trials(1), {"ferritin": 100})


def test_overlap_weights_balance_the_means_of_a_logistic_model() -> None:
    """Li 2018, theorem 3: with weights of a logistic model the weighted means of its columns are equal."""
    of = trials(4, patients=300)
    names = ("grade 4", "dose")
    weight = overlap_weights(of, names)
    assert ((weight >= 0) & (weight <= 1)).all()
    found = balance({name: of.covariates[name] for name in names}, of.treated, weight)
    assert np.abs(found.difference).max() < 0.01
    raw = balance({name: of.covariates[name] for name in names}, of.treated)
    assert raw.names == names and np.abs(raw.difference).max() > np.abs(found.difference).max()


def test_a_covariate_without_spread_has_no_difference() -> None:
    found = balance({"grade 4": np.ones(4)}, np.array([True, True, False, False]))
    assert np.isnan(found.difference[0])


def test_weights_of_one_arm_alone_are_refused() -> None:
    of = trials(2)
    for arm in (of.treated, ~of.treated):
        with pytest.raises(AbateError, match="all entries are treated, or none"):
            overlap_weights(of.where(arm), ("dose",))
        with pytest.raises(AbateError, match="an arm has no entry"):
            weighted_shares(of.where(arm), np.ones(int(arm.sum())))


def test_shares_with_weights_of_one_are_the_incidences() -> None:
    """Treated and untreated, each by Aalen and Johansen; the interval leaves out each patient in turn."""
    of = trials(7, patients=60)
    found, difference = difference_of_shares(of, lambda rows: (np.ones(len(rows)), None))
    for arm, share in ((of.treated, found.treated), (~of.treated, found.untreated)):
        curve = incidence(of.where(arm).as_times(), 2)
        assert share == pytest.approx(curve.at([4.0], RESOLVED)[0])
    assert found.difference == pytest.approx(found.treated - found.untreated)
    without = []
    for patient in np.unique(of.patient):
        rest = of.where(of.patient != patient)
        without.append(weighted_shares(rest, np.ones(len(rest))).difference)
    count = len(without)
    error = np.sqrt((count - 1) / count * ((np.array(without) - found.difference) ** 2).sum())
    assert difference.error == pytest.approx(error)
    assert difference.value == found.difference and difference.freedom < count
    # Few patients decide, so the reach is beyond that of the normal distribution.
    assert difference.high - difference.value > 1.96 * error


def test_patients_beyond_the_most_are_left_out_in_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of sixty patients in twenty groups: the error is near that of leaving out one at a time."""
    of = trials(7, patients=60)
    alone = difference_of_shares(of, lambda rows: (np.ones(len(rows)), None))[1]
    monkeypatch.setattr("abate.statistics.overlap_weights.GROUPS", 20)
    grouped = difference_of_shares(of, lambda rows: (np.ones(len(rows)), None))[1]
    assert grouped.error == pytest.approx(alone.error, rel=0.4) and grouped.error != alone.error
