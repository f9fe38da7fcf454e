"""Agreement of two gradings: kappa by its definition, and an interval that knows that days belong to patients."""

import pytest

from abate.statistics.agreement import Shared, clustered_interval, weighted_kappa


def test_kappa_is_that_of_its_definition() -> None:
    """Two raters, 20 days: observed disagreement over that expected of independent raters, weighted by distance."""
    pairs = {(0, 0): 8, (0, 1): 2, (1, 1): 4, (1, 2): 1, (2, 2): 3, (3, 1): 2}
    first, second = ([pair[side] for pair in pairs] for side in (0, 1))
    counts = list(pairs.values())
    total = sum(counts)
    margins = [
        {grade: sum(n for pair, n in pairs.items() if pair[side] == grade) for grade in range(6)} for side in (0, 1)
    ]
    for weights, power in (("linear", 1), ("quadratic", 2)):
        observed = sum(n * abs(a - b) ** power for (a, b), n in pairs.items()) / total
        expected = (
            sum(margins[0][a] * margins[1][b] * abs(a - b) ** power for a in range(6) for b in range(6)) / total**2
        )
        assert weighted_kappa(first, second, counts, weights) == pytest.approx(1 - observed / expected)


def test_kappa_is_not_defined_without_two_grades() -> None:
    """Where both gave one grade alone, agreement by chance is complete."""
    assert weighted_kappa([2], [2], [7], "linear") is None
    assert weighted_kappa([], [], [], "linear") is None


def test_kappa_of_full_agreement_is_one() -> None:
    assert weighted_kappa([0, 3], [0, 3], [5, 2], "linear") == pytest.approx(1)


def test_an_interval_is_wider_where_days_of_a_patient_resemble_each_other() -> None:
    """Half of 40 days agree: in each of four patients alike, or in two of them all and in two none."""
    alike = Shared(4, 40, 20, 4 * 100, 4 * 25, 4 * 50)
    apart = Shared(4, 40, 20, 4 * 100, 2 * 100, 2 * 100)
    assert clustered_interval(alike) is None  # no patient differs from another
    assert clustered_interval(apart) == (0.0, 1.0)
    mixed = Shared(4, 40, 20, 4 * 100, 16 + 16 + 36 + 36, 10 * 20)
    low, high = clustered_interval(mixed) or (0, 0)
    assert low == pytest.approx(0.5 - 3.1824 * (4 / 3 * 4 / 1600) ** 0.5, abs=1e-3)
    assert high == pytest.approx(1 - low)


def test_one_patient_has_no_interval() -> None:
    assert clustered_interval(Shared(1, 10, 6, 100, 36, 60)) is None
