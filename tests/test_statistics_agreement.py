"""Agreement of two gradings and of many raters: published examples, the formulas written out, and days by patient."""

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abate.records.problems import AbateError
from abate.statistics.agreement import GRADES, same_grade, weighted_kappa
from abate.statistics.agreement_weights import WEIGHTS, agreement_weights
from abate.statistics.confusion import confusion
from abate.statistics.gwet import gwet, gwet_of, rated
from abate.statistics.patient_sums import NO_VARIATION, ONE_PATIENT, Estimate, PatientSums, estimated, patient_sums

Values = np.ndarray[Any, np.dtype[Any]]
WIDTH = len(GRADES)

# Two abstractors of 100 records: ectopic, abnormal and normal intrauterine pregnancy. Gwet 2014; the standard errors
# are those of the irrCAC vignette, which divides by patients and not by patients less one.
ABSTRACTORS = [[13, 0, 0], [0, 20, 7], [0, 4, 56]]
# Two dermatologists of 88 patients, four categories in order. SAS/STAT, PROC FREQ, "Computing the kappa statistic".
DERMATOLOGISTS = [[10, 4, 1, 0], [5, 10, 12, 2], [2, 4, 12, 5], [0, 2, 6, 13]]
# Six psychiatrists, the first 15 patients of Fleiss 1971, doi:10.1037/h0031619; five diagnoses.
PSYCHIATRISTS = np.array(
    [
        *([0, 0, 0, 6, 0], [0, 3, 0, 0, 3], [0, 1, 4, 0, 1], [0, 0, 0, 0, 6], [0, 3, 0, 3, 0], [2, 0, 4, 0, 0]),
        *([0, 0, 4, 0, 2], [2, 0, 3, 1, 0], [2, 0, 0, 4, 0], [0, 0, 0, 0, 6], [1, 0, 0, 5, 0], [1, 1, 0, 4, 0]),
        *([0, 3, 3, 0, 0], [1, 0, 0, 5, 0], [0, 2, 0, 3, 1]),
    ]
)
# Four raters of 12 subjects, categories 1 to 5, 0 where a rating is missing. Gwet 2014, page 120.
RATERS = np.array(
    [
        *([1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0], [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 0]),
        *([0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 3], [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0]),
    ]
)


def apiece(square: list[list[int]]) -> PatientSums:
    """Each count is a patient of its own."""
    cells = np.array(square).ravel()
    return patient_sums(np.eye(len(cells))[np.repeat(np.arange(len(cells)), cells)])


def given_by(ratings: Values) -> Values:
    """How many raters gave each of the categories 1 to 5."""
    return np.stack([(ratings == grade).sum(axis=0) for grade in range(1, 6)], axis=1)


def known(found: Estimate) -> tuple[float, float, float, float]:
    """Return what is there of an estimate that is told in full."""
    assert found.value is not None and found.error is not None
    assert found.low is not None and found.high is not None and not found.reason
    return found.value, found.error, found.low, found.high


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ("linear", [[1, 2 / 3, 1 / 3, 0], [2 / 3, 1, 2 / 3, 1 / 3], [1 / 3, 2 / 3, 1, 2 / 3], [0, 1 / 3, 2 / 3, 1]]),
        ("quadratic", [[1, 8 / 9, 5 / 9, 0], [8 / 9, 1, 8 / 9, 5 / 9], [5 / 9, 8 / 9, 1, 8 / 9], [0, 5 / 9, 8 / 9, 1]]),
        ("ordinal", [[1, 5 / 6, 0.5, 0], [5 / 6, 1, 5 / 6, 0.5], [0.5, 5 / 6, 1, 5 / 6], [0, 0.5, 5 / 6, 1]]),
        ("unweighted", np.eye(4)),
    ],
)
def test_weights_fall_with_the_distance(weights: str, expected: list[list[float]]) -> None:
    """Ordinal: 1, 3 and 6 pairs lie between grades 1, 2 and 3 apart."""
    assert agreement_weights(4, weights) == pytest.approx(np.array(expected))


def test_weights_of_no_known_kind_are_refused() -> None:
    for grades, weights in ((6, "cubic"), (1, "linear")):
        with pytest.raises(AbateError, match="Expected two grades or more, and unweighted, linear, quadratic, ordinal"):
            agreement_weights(grades, weights)


@pytest.mark.parametrize(
    ("weights", "kappa", "kappa_limits", "ac", "ac_limits"),
    [
        ("unweighted", 0.796, (0.680, 0.913), 0.849, (0.764, 0.935)),
        ("linear", 0.843, (0.748, 0.938), 0.900, (0.842, 0.958)),
        ("quadratic", 0.892, (0.822, 0.962), 0.940, (0.905, 0.976)),
        ("ordinal", 0.872, (0.791, 0.953), 0.925, (0.881, 0.969)),
    ],
)
def test_gwets_abstractors(
    weights: str, kappa: float, kappa_limits: tuple[float, float], ac: float, ac_limits: tuple[float, float]
) -> None:
    """The published limits are a little narrower: they divide by 100 and not by 99."""
    for found, value, limits in (
        (weighted_kappa(apiece(ABSTRACTORS), weights), kappa, kappa_limits),
        (gwet(apiece(ABSTRACTORS), weights), ac, ac_limits),
    ):
        got = known(found)
        assert got[0] == pytest.approx(value, abs=5e-4)
        assert got[2:] == pytest.approx(limits, abs=2e-3)


def test_gwets_abstractors_to_the_last_digit() -> None:
    divisor = (99 / 100) ** 0.5
    value, error, *_limits = known(weighted_kappa(apiece(ABSTRACTORS), "unweighted"))
    assert (value, error * divisor) == pytest.approx((0.7964094, 0.05891072), abs=1e-7)
    value, error, *_limits = known(gwet(apiece(ABSTRACTORS), "unweighted"))
    assert (value, error * divisor) == pytest.approx((0.8493305, 0.04321747), abs=1e-7)


def test_kappa_of_two_dermatologists() -> None:
    """SAS: 0.3449 (0.0724) and, with linear weights, 0.5082 (0.0655)."""
    divisor = (87 / 88) ** 0.5
    for weights, expected in (("unweighted", (0.3449, 0.0724)), ("linear", (0.5082, 0.0655))):
        value, error, *_limits = known(weighted_kappa(apiece(DERMATOLOGISTS), weights))
        assert (value, error * divisor) == pytest.approx(expected, abs=5e-5)


def test_ac1_of_six_psychiatrists() -> None:
    """irrCAC: 0.4448007, standard error 0.08418757, 0.264 to 0.625."""
    found = known(gwet_of(rated(PSYCHIATRISTS, np.arange(15), "unweighted"), "unweighted"))
    assert found[:2] == pytest.approx((0.4448007, 0.08418757), abs=1e-7)
    assert found[2:] == pytest.approx((0.264, 0.625), abs=5e-4)


@pytest.mark.parametrize(
    ("weights", "value"), [("unweighted", 0.77544), ("linear", 0.859), ("quadratic", 0.914), ("ordinal", 0.899)]
)
def test_gwets_raters_of_whom_some_did_not_rate(weights: str, value: float) -> None:
    """Gwet's standard error (0.14295 unweighted) takes as fixed how many were rated twice; the jackknife does not."""
    raters = given_by(RATERS)

    def of(chosen: Values) -> float:
        found = gwet_of(rated(raters[chosen], np.arange(chosen.sum()), weights), weights).value
        assert found is not None
        return found

    found = known(gwet_of(rated(raters, np.arange(12), weights), weights))
    assert found[0] == pytest.approx(value, abs=5e-4)
    without = np.array([of(np.arange(12) != left) for left in range(12)])
    assert found[1] == pytest.approx((11 / 12 * ((without - without.mean()) ** 2).sum()) ** 0.5, rel=0.03)


def by_definition(pairs: dict[tuple[int, int], int], weights: str) -> float:
    """Kappa: disagreement observed over that of raters who grade at random, each as often as before."""
    total = sum(pairs.values())
    loss = 1 - agreement_weights(WIDTH, weights)
    observed = sum(count * loss[pair] for pair, count in pairs.items()) / total
    chance = sum(
        one * two * loss[first, second] for (first, _), one in pairs.items() for (_, second), two in pairs.items()
    )
    return float(1 - observed / (chance / total**2))


@pytest.mark.parametrize("weights", WEIGHTS)
def test_kappa_is_that_of_its_definition(weights: str) -> None:
    pairs = {(0, 0): 8, (0, 1): 2, (1, 1): 4, (1, 2): 1, (2, 2): 3, (3, 1): 2}
    counts = np.zeros((1, WIDTH**2))
    for (first, second), count in pairs.items():
        counts[0, first * WIDTH + second] = count
    found = weighted_kappa(patient_sums(counts), weights)
    assert found.value == pytest.approx(by_definition(pairs, weights))
    assert (found.low, found.error, found.reason) == (None, None, ONE_PATIENT)


def test_where_nothing_is_told_the_reason_is() -> None:
    nothing = patient_sums(np.zeros((3, WIDTH**2)))
    for found in (same_grade(nothing), weighted_kappa(nothing), gwet(nothing)):
        assert found == Estimate(None, None, None, None, 0, "nothing was graded by both")
    alone = np.zeros((3, WIDTH**2))
    alone[:, 2 * WIDTH + 2] = 7
    assert weighted_kappa(patient_sums(alone)).reason == "no kappa: one grade alone"
    # Chance is less than certain where other grades could have been given.
    assert gwet(patient_sums(alone)) == Estimate(1.0, None, None, None, 3, NO_VARIATION)


def test_an_interval_is_wider_where_days_of_a_patient_resemble_each_other() -> None:
    """Half of 40 days agree: in each of four patients alike, or in two of them all and in two none."""
    same, other = np.array([1.0, 0, 0, 0]), np.array([0, 1.0, 0, 0])

    def of(agreeing: list[int]) -> Estimate:
        return same_grade(patient_sums(np.array([days * same + (10 - days) * other for days in agreeing])))

    assert of([5, 5, 5, 5]).reason == NO_VARIATION
    assert known(of([10, 10, 0, 0]))[2:] == (0.0, 1.0)
    assert known(of([4, 4, 6, 6]))[2] == pytest.approx(0.5 - 3.1824 * (4 / 3 * 4 / 1600) ** 0.5, abs=1e-4)


PATIENTS = np.array([[6, 1, 0, 2, 4, 0, 0, 1, 3], [9, 0, 0, 1, 0, 0, 0, 0, 0], [2, 2, 0, 0, 5, 1, 0, 0, 2]] * 8)
"""Days of 24 patients with each pair of three grades, before some are moved."""
PATIENTS = PATIENTS + np.array([[patient % 3, 0, 0, 0, patient % 5, patient % 2, 0, 0, 0] for patient in range(24)])


@pytest.mark.parametrize("weights", WEIGHTS)
def test_the_interval_is_close_to_leaving_out_one_patient_after_another(weights: str) -> None:
    """The jackknife by hand, and the variance of Yang and Zhou written out with shares and weights of each patient."""
    for statistic in (weighted_kappa, gwet):
        error = known(statistic(patient_sums(PATIENTS), weights))[1]
        values = [statistic(patient_sums(np.delete(PATIENTS, left, 0)), weights).value for left in range(24)]
        without = np.array(values, dtype=float)
        assert error == pytest.approx((23 / 24 * ((without - without.mean()) ** 2).sum()) ** 0.5, rel=0.06)
    weight = agreement_weights(3, weights)
    days = PATIENTS.sum(axis=1)
    shares = PATIENTS.reshape(24, 3, 3) / days[:, None, None]
    size = days / days.sum()
    spread = (np.eye(24) - size[:, None]) @ np.diag(size**2) @ (np.eye(24) - size[:, None]).T
    alike = (shares * weight).sum(axis=(1, 2))
    first, second = shares.sum(axis=2), shares.sum(axis=1)
    chance_of = first @ weight @ (size @ second) + second @ weight @ (size @ first)
    observed, chance = size @ alike, (size @ first) @ weight @ (size @ second)
    slope = np.array([1 / (1 - chance), (observed - 1) / (1 - chance) ** 2])
    both = np.stack([alike, chance_of])
    variance = 24 / 23 * slope @ both @ spread @ both.T @ slope
    assert known(weighted_kappa(patient_sums(PATIENTS), weights))[1] == pytest.approx(variance**0.5)


cells = st.lists(st.lists(st.integers(0, 4), min_size=WIDTH**2, max_size=WIDTH**2), min_size=2, max_size=6).map(
    lambda rows: np.array(rows, dtype=float)
)
some_weights = st.sampled_from(WEIGHTS)


def close(one: Estimate, two: Estimate) -> None:
    """Two estimates are the same but for the noise of floating point."""
    assert (one.reason, one.patients) == (two.reason, two.patients)
    for name in ("value", "low", "high", "error"):
        found, expected = getattr(one, name), getattr(two, name)
        assert found == (None if expected is None else pytest.approx(expected, abs=1e-6, rel=1e-6))


@given(cells, some_weights)
@settings(max_examples=60)
def test_what_does_not_depend_on_who_comes_first(counts: Values, weights: str) -> None:
    """Neither the order of the gradings, nor of patients, nor of grades read from the top, changes anything."""
    square = counts.reshape(-1, WIDTH, WIDTH)
    others = (square.transpose(0, 2, 1), square[::-1], square[:, ::-1, ::-1])
    for other in others:
        turned = patient_sums(other.reshape(len(counts), -1))
        close(same_grade(patient_sums(counts)), same_grade(turned))
        close(weighted_kappa(patient_sums(counts), weights), weighted_kappa(turned, weights))
        close(gwet(patient_sums(counts), weights), gwet(turned, weights))


@given(st.lists(st.lists(st.integers(0, 4), min_size=WIDTH, max_size=WIDTH), min_size=1, max_size=6), some_weights)
@settings(max_examples=40)
def test_full_agreement_is_one(counts: list[list[int]], weights: str) -> None:
    sums = patient_sums(np.stack([np.diag(row).ravel() for row in np.array(counts)]))
    if not sums.patients:
        return
    assert same_grade(sums).value == 1
    assert gwet(sums, weights).value == pytest.approx(1)
    if np.count_nonzero(sums.total) > 1:
        assert weighted_kappa(sums, weights).value == pytest.approx(1)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3, max_size=40), some_weights)
@settings(max_examples=60)
def test_of_one_day_a_patient_it_is_the_usual_variance(days: list[tuple[int, int]], weights: str) -> None:
    """Fleiss, Cohen and Everitt 1969, times patients over patients less one."""
    counts = np.zeros((len(days), WIDTH**2))
    for place, (first, second) in enumerate(days):
        counts[place, first * WIDTH + second] = 1
    found = weighted_kappa(patient_sums(counts), weights)
    if found.value is None or found.error is None:
        return
    weight, share = agreement_weights(WIDTH, weights), counts.mean(axis=0).reshape(WIDTH, WIDTH)
    first_share, second_share = share.sum(axis=1), share.sum(axis=0)
    chance = float(first_share @ weight @ second_share)
    observed = float((weight * share).sum())
    squares = sum(
        share[one, two]
        * (
            weight[one, two] * (1 - chance)
            - (weight[one] @ second_share + weight[:, two] @ first_share) * (1 - observed)
        )
        ** 2
        for one, two in product(GRADES, GRADES)
    )
    variance = (squares - (observed * chance - 2 * chance + observed) ** 2) / (1 - chance) ** 4 / (len(days) - 1)
    assert found.error == pytest.approx(variance**0.5, rel=1e-6)


@given(cells, some_weights)
@settings(max_examples=40)
def test_two_raters_are_the_least_of_many(counts: Values, weights: str) -> None:
    """The days of two raters, one row each, give what their pairs of grades give."""
    days = [
        (patient, pair) for patient, row in enumerate(counts.astype(int)) for pair in np.repeat(range(WIDTH**2), row)
    ]
    if not days:
        return
    raters = np.array([np.eye(WIDTH)[pair // WIDTH] + np.eye(WIDTH)[pair % WIDTH] for _patient, pair in days])
    many = gwet_of(rated(raters, np.array([patient for patient, _pair in days]), weights), weights)
    close(many, gwet(patient_sums(counts), weights))


def test_a_day_that_nobody_or_one_alone_graded_is_no_agreement() -> None:
    """The unknown is not a grade that two share: such days leave the share of agreement as it was."""
    graded = np.array([[2, 0, 0], [1, 1, 0], [0, 2, 0]])
    nobody = np.vstack([graded, np.zeros((5, 3), dtype=int)])
    close(
        gwet_of(rated(graded, np.arange(3), "linear"), "linear"),
        gwet_of(rated(nobody, np.array([0, 1, 2, 0, 1, 2, 0, 1]), "linear"), "linear"),
    )
    alone = rated(np.vstack([graded, [[1, 0, 0]]]), np.array([0, 1, 2, 2]), "linear")
    assert alone.total[:3] == pytest.approx([2.5, 3, 4])
    assert gwet_of(rated(np.eye(3), np.arange(3))) == Estimate(None, None, None, None, 3, "nothing was graded by both")


def test_ratings_and_counts_that_cannot_be_are_refused() -> None:
    with pytest.raises(AbateError, match="Expected a patient for each day"):
        rated(np.array([[1, 1]]), np.array([0, 1]))
    with pytest.raises(AbateError, match="raters from 0 on"):
        rated(np.array([[1, -1]]), np.array([0]))
    for wrong in (-1.0, np.nan):
        with pytest.raises(AbateError, match="missing or negative"):
            patient_sums(np.array([[1.0, wrong]]))


def test_sums_of_other_counts_are_those_of_their_patients() -> None:
    weights = np.array([[1.0, 0], [1, 1], [0, 2], *[[0, 0]] * 6])
    one, two = patient_sums(PATIENTS).of(weights), patient_sums(PATIENTS @ weights)
    assert (one.patients, one.total.tolist(), one.products.tolist()) == (24, two.total.tolist(), two.products.tolist())


def test_an_interval_stays_within_what_can_be() -> None:
    sums = patient_sums(np.array([[9.0, 1], [1, 9], [10, 0]]))
    share = 20 / 30
    found = estimated(share, np.array([1 - share, -share]) / 30, sums, (0.0, 1.0), level=0.99)
    assert known(found)[2:] == (0.0, 1.0)


def test_a_table_of_two_gradings_counts_what_is_not_known_apart() -> None:
    """Twelve days: five graded by both, the first alone graded two, the second alone one, four neither."""
    both = np.array([[3, 0], [1, 1]])
    table = confusion(both, np.array([5, 2]), np.array([4, 2]), 12)
    assert table.tolist() == [[3, 0, 2, 5], [1, 1, 0, 2], [0, 1, 4, 5], [4, 2, 6, 12]]


@pytest.mark.parametrize(("first", "everything"), [([2, 2], 12), ([5, 2], 7)])
def test_a_table_that_does_not_add_up_is_refused(first: list[int], everything: int) -> None:
    with pytest.raises(AbateError, match="does not add up"):
        confusion(np.array([[3, 0], [1, 1]]), np.array(first), np.array([4, 2]), everything)
