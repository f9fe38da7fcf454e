"""Noncompartmental analysis: values worked out by hand, published results, and windows that were not sampled whole."""

from dataclasses import replace
from math import exp, inf, log, nan
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from abate.exposure.noncompartmental import (
    PHOENIX,
    PHOENIX_BOLUS,
    PKNCA,
    PKNCA_WINDOW,
    SAMPLED,
    Profiles,
    Rules,
    Tail,
    WindowArea,
    parameters,
    profiles,
    terminal_slope,
    window_area,
)
from abate.records.problems import AbateError

UP_DOWN = replace(PHOENIX, trapezoid="linear_up_log_down")
TAILS: tuple[Tail, ...] = ("last", "all")
LINEAR_LOG = replace(PHOENIX, trapezoid="linear_log")
INJECTED = tuple(
    zip(
        (0.25, 0.5, 0.75, 1, 1.25, 2, 3, 4, 5, 6, 8),
        (1.85, 1.39, 1.02, 0.89, 0.59, 0.4, 0.16, 0.11, 0.1, 0.07, 0.07),
        strict=True,
    )
)
"""Indometacin, subject 4 of datasets::Indometh in R."""


def curve(*samples: tuple[float, float]) -> Profiles:
    """One patient: pairs of time and concentration."""
    return profiles(["A"] * len(samples), *zip(*samples, strict=True))


def test_peak_last_and_areas_by_hand() -> None:
    """0, 6, 4, 2, 0 at 0, 1, 3, 5, 6: 3 + 10 + 6 to the last, a triangle of 1 after it; moments 3 + 18 + 22."""
    found = parameters(curve((0, 0), (1, 6), (3, 4), (5, 2), (6, 0)))
    assert (found.cmax[0], found.tmax[0], found.clast[0], found.tlast[0]) == (6, 1, 2, 5)
    assert (found.auc_last[0], found.auc_all[0], found.aumc_last[0]) == (19, 20, 43)
    assert (found.c_start[0], found.before_first[0]) == (0, 0)
    assert found.slope.points[0] == 0 and np.isnan([found.slope.half_life[0], found.auc_infinity()[0]]).all()


def test_one_exponential_has_its_area_and_moment_to_infinity() -> None:
    """10 exp(-t / 5), sampled at will: 50, 250, and 100 exp(-20 / 5) % after the last."""
    times = [0, 1, 2.5, 7, 20]
    found = parameters(curve(*((time, 10 * exp(-time / 5)) for time in times)), replace(UP_DOWN, slope_from="peak"))
    assert_allclose([found.auc_infinity()[0], found.aumc_infinity("predicted")[0]], [50, 250], rtol=1e-12)
    assert_allclose(found.percent_extrapolated()[0], 100 * exp(-4), rtol=1e-12)
    assert found.slope.points[0] == 5
    assert_allclose([found.slope.rate[0], found.slope.half_life[0]], [0.2, 5 * log(2)], rtol=1e-12)
    assert_allclose(found.slope.last_predicted[0], found.clast[0], rtol=1e-12)


def test_the_trapezoids_differ_where_the_curve_falls_and_past_its_peak() -> None:
    """Up to 8, down to 2, up to 4, down to 0, in hours: only the pieces between positive values may be curved."""
    samples = curve((0, 0), (1, 8), (2, 2), (3, 4), (4, 0), (5, 1))
    straight, fall, rise = 4 + 5 + 3 + 2 + 0.5, 6 / log(4), 2 / log(2)
    areas = [parameters(samples, rules).auc_last[0] for rules in (PHOENIX, UP_DOWN, LINEAR_LOG)]
    assert_allclose(areas, [straight, straight - 5 + fall, straight - 5 - 3 + fall + rise], rtol=1e-12)


def test_nearly_equal_values_do_not_cancel() -> None:
    for step in (1e-3, 1e-6, 1e-9, 1e-12):
        found = parameters(curve((0, 1), (2, 1 - step)), UP_DOWN)
        assert_allclose([found.auc_last[0], found.aumc_last[0]], [2 - step, 2 - 4 / 3 * step], rtol=1e-6)


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (PHOENIX_BOLUS, (2.7852788, 2.9389745, 5.2295685, 18.3407098, 4.3818750, 5.0973376, 11, 1.5219104)),
        (PHOENIX, (2.4775, 2.6406412, 6.1780905, 23.125 / 2.6406412, 4.3818750, 5.2113018, 10, 1.6154409)),
    ],
)
def test_an_injection_has_the_results_of_winnonlin(rules: Rules, expected: tuple[float, ...]) -> None:
    """As NonCompart's validation prints them; the injection has C0 2.4622302, and its slope begins at the peak.

    As if absorbed, the first area is a triangle, 0.25 x 1.85 / 2 of 2.6406412.
    """
    found = parameters(curve(*INJECTED), rules)
    assert_allclose(found.c_start[0], 2.4622302 if rules is PHOENIX_BOLUS else 0, rtol=1e-7)
    assert_allclose(
        [
            found.auc_last[0],
            found.auc_infinity()[0],
            found.percent_extrapolated()[0],
            found.percent_before_first()[0],
            found.aumc_last[0],
            found.aumc_infinity("predicted")[0],
            found.slope.points[0],
            found.slope.half_life[0],
        ],
        expected,
        rtol=1e-7,
    )


def test_without_a_sample_at_the_start_pknca_has_no_area() -> None:
    found = parameters(curve(*INJECTED), PKNCA)
    assert np.isnan([found.auc_last[0], found.auc_all[0], found.aumc_last[0], found.c_start[0]]).all()
    assert (found.cmax[0], found.slope.points[0]) == (1.85, 10)


@pytest.mark.parametrize(
    ("samples", "c_start"),
    [
        (((0, 9), (1, 4), (2, 2)), 9),  # sampled
        (((0, 0), (1, 4), (2, 2)), 8),  # drawn before the injection
        (((1, 4), (3, 1)), 8),
        (((1, 4), (2, 4)), 4),  # does not fall
        (((1, 4), (2, 0)), 4),
        (((1, 0), (2, 5)), 5),
        (((1, 0), (2, 0)), nan),
    ],
)
def test_the_concentration_of_an_injection_at_its_start(
    samples: tuple[tuple[float, float], ...], c_start: float
) -> None:
    assert_allclose(parameters(curve(*samples), PHOENIX_BOLUS).c_start[0], c_start, rtol=1e-12)


def test_zeros_between_are_kept_or_dropped() -> None:
    samples = curve((0, 0), (1, 4), (2, 0), (3, 4), (4, 0), (5, 0))
    kept, dropped = (parameters(samples, rules) for rules in (PHOENIX, PKNCA))
    assert (kept.auc_last[0], kept.auc_all[0]) == (2 + 2 + 2, 8)
    assert (dropped.auc_last[0], dropped.auc_all[0]) == (2 + 8, 12)


def test_nothing_but_zeros_has_an_area_of_0_and_one_sample_has_none() -> None:
    nothing, one = parameters(curve((0, 0), (1, 0))), parameters(curve((0, 3)))
    assert (nothing.auc_last[0], nothing.auc_all[0], nothing.cmax[0]) == (0, 0, 0)
    assert np.isnan([nothing.tlast[0], nothing.clast[0], one.auc_last[0]]).all()
    assert one.cmax[0] == 3


def falling(*logarithms: float) -> Profiles:
    """One patient, whose peak at 0 is followed by these logarithms in hours 1, 2, ..."""
    return curve((0, exp(9)), *((hour, exp(value)) for hour, value in enumerate(logarithms, 1)))


def test_the_best_adjusted_r_squared_wins_and_within_the_tolerance_the_most_samples() -> None:
    """The last three on a line; the fourth beside it by so much that R squared is 0.99995 or so, or 0.98."""
    near, far = (terminal_slope(falling(6 + off, 5, 4, 3)) for off in (0.02, 0.5))
    assert (near.points[0], far.points[0]) == (4, 3)
    assert terminal_slope(falling(6.02, 5, 4, 3), replace(PHOENIX, tolerance=0.0)).points[0] == 3
    assert near.adjusted_r_squared[0] < near.r_squared[0] < 1
    assert (near.first_time[0], far.first_time[0]) == (1, 2)
    assert terminal_slope(falling(6.5, 5, 4, 3), replace(PHOENIX, least_points=4)).points[0] == 4


def test_a_rise_at_the_end_leaves_no_slope_where_it_is_the_best_fit() -> None:
    """The last three rise on a line: Phoenix takes the best line that falls, PKNCA none."""
    samples = falling(8, 6, 1, 1.1, 1.2)
    assert terminal_slope(samples, PHOENIX).points[0] == 5
    found = terminal_slope(samples, PKNCA)
    assert found.points[0] == 0 and np.isnan(found.rate[0])


def test_a_level_end_and_too_few_samples_have_no_slope() -> None:
    assert terminal_slope(falling(2, 2, 2)).points[0] == 0
    assert terminal_slope(falling(3, 2)).points[0] == 0
    assert terminal_slope(falling(3, 2), replace(PHOENIX, slope_from="peak")).points[0] == 3


def window(samples: Profiles, start: float, end: float, tail: Tail = "all", **options: Any) -> tuple[float, ...]:
    """Return area, covered, complete and extrapolated of one patient."""
    found: WindowArea = window_area(samples, start, end, tail, **options)
    return float(found.area[0]), float(found.covered[0]), bool(found.complete[0]), float(found.extrapolated[0])


def test_a_longer_stay_does_not_give_a_larger_area_of_the_window() -> None:
    """The first day of who is sampled for two days, and of who stays a week, with less or more than before."""
    for next_day in (3, 0):
        day = [(0, 0), (2, 8), (12, 0), (20, 6), (30, next_day)]
        for rules in (SAMPLED, PHOENIX, UP_DOWN, LINEAR_LOG):
            for tail in TAILS:
                found = {
                    window(curve(*day, *((48 + hour, level) for hour in range(0, stay, 6))), 0, 24, tail, rules=rules)
                    for stay in (0, 6, 48, 120)
                    for level in (1, 100)
                }
                assert len(found) == 1
                assert found.pop()[1:3] == (24, True)


def test_a_dropped_zero_is_told_by_what_comes_after_the_window() -> None:
    """Positive at 20, 0 at 22, and later 6 or nothing: by PKNCA's rule the first day then goes on to 6."""
    day = [(0, 6), (20, 6), (22, 0), (30, 0)]
    assert [window(curve(*day, (40, later)), 0, 24, rules=PKNCA)[0] for later in (0, 6)] == [126, 144]


@pytest.mark.parametrize("tail", TAILS)
def test_a_window_whose_end_was_not_sampled_is_not_shortened_unless_asked(tail: Tail) -> None:
    """Sampled to 23 of 24 hours: no area, or that of 23 hours, which says so."""
    samples = curve((0, 4), (12, 4), (23, 4))
    assert window(samples, 0, 24, tail)[1:] == (23, False, 0)
    assert np.isnan(window(samples, 0, 24, tail)[0])
    assert window(samples, 0, 24, tail, shortened=True) == (92, 23, False, 0)
    assert np.isnan(window(samples, 30, 40, tail, shortened=True)[0])


def test_a_window_whose_start_was_not_sampled_is_not_shortened_unless_a_rule_says_what_was_there() -> None:
    samples = curve((2, 4), (12, 4))
    assert np.isnan(window(samples, 0, 12)[0])
    assert window(samples, 0, 12, shortened=True) == (40, 10, False, 0)
    assert window(samples, 0, 12, rules=PKNCA_WINDOW) == (44, 12, True, 0)
    assert window(samples, 0, 12, rules=PHOENIX_BOLUS) == (48, 12, True, 0)


def test_edges_between_samples_are_interpolated_by_the_trapezoid() -> None:
    """From 8 to 2 in 4 hours: 5 at 2 hours, or 4 on the logarithm; windows add up."""
    samples = curve((0, 0), (1, 8), (5, 2))
    assert_allclose(window(samples, 1, 3, rules=PHOENIX)[0], 13, rtol=1e-12)
    assert_allclose(window(samples, 1, 3, rules=UP_DOWN)[0], 4 / log(2) * 2, rtol=1e-12)
    assert_allclose(window(samples, 2, 3, rules=UP_DOWN)[0], (8 / 2**0.5 - 4) / log(2) * 2, rtol=1e-12)
    for rules in (PHOENIX, UP_DOWN, LINEAR_LOG):
        whole = parameters(samples, rules).auc_last[0]
        assert_allclose(window(samples, 0, 2.5, rules=rules)[0] + window(samples, 2.5, 5, rules=rules)[0], whole)


def test_what_follows_the_last_positive_sample_is_nothing_or_a_line_to_the_zero_after_it() -> None:
    """Positive until 2, 0 at 6 and 10: the line gives 4, 1 of it after 4; after 6 there is nothing."""
    samples = curve((0, 2), (2, 2), (6, 0), (10, 0))
    assert [window(samples, 0, end, "last")[0] for end in (4, 6, 8)] == [4, 4, 4]
    assert [window(samples, 0, end, "all")[0] for end in (4, 6, 8)] == [7, 8, 8]
    assert [window(samples, 4, end, tail)[0] for end in (5, 9) for tail in ("last", "all")] == [0, 0.75, 0, 1]
    # The line to 0 is straight, whatever the trapezoid.
    assert window(samples, 0, 4, "all", rules=LINEAR_LOG)[0] == 7


@pytest.mark.parametrize("tail", ["observed", "predicted"])
def test_the_terminal_slope_reaches_beyond_the_last_sample(tail: Tail) -> None:
    """16, 8, 4, 2 in hours: the area from 3 to 4 is 1 / ln 2, to infinity 2 / ln 2; a slope must be there."""
    samples = curve((0, 16), (1, 8), (2, 4), (3, 2))
    rules = replace(PKNCA, slope_from="peak")
    area, covered, complete, beyond = window(samples, 0, 4, tail, rules=rules)
    assert_allclose([area, covered, beyond], [15 / log(2), 4, 1 / log(2)], rtol=1e-12)
    assert complete
    whole = parameters(samples, rules)
    assert_allclose(window(samples, 0, inf, tail, rules=rules)[0], whole.auc_infinity()[0], rtol=1e-12)
    assert_allclose(window(samples, 4, 5, tail, rules=rules)[0], 0.5 / log(2), rtol=1e-12)
    assert_allclose(window(samples, 0, 2, tail, rules=rules), (12 / log(2), 2, True, 0), rtol=1e-12)
    assert window(curve((0, 4), (2, 4)), 0, 3, tail, shortened=True) == (8, 2, False, 0)


def test_the_samples_of_an_interval_are_those_within_it() -> None:
    """From 2 to 5 of a longer curve: nothing is interpolated, and moments count from 2."""
    samples = curve((0, 0), (1, 9), (2, 4), (4, 2), (6, 1))
    found = parameters(samples, PKNCA, 2, 5)
    assert (found.cmax[0], found.tmax[0], found.tlast[0]) == (4, 2, 4)
    assert_allclose(found.auc_last[0], 4 / log(2), rtol=1e-12)
    assert_allclose(found.aumc_last[0], 8 / log(2) ** 2 - 8 / log(2), rtol=1e-12)
    assert np.isnan(parameters(samples, PKNCA, 3, 6).auc_last[0])


def test_patients_are_told_apart_whatever_the_order_of_their_samples() -> None:
    """All at once as each alone; a patient of whom nothing was measured keeps a row."""
    rng = np.random.default_rng(7)
    patient = np.repeat(["D", "B", "A"], [12, 7, 4])
    time, level = rng.permutation(len(patient)) / 3, rng.exponential(size=len(patient)).round(1)
    together = profiles([*patient, "C"], [*time, 1], [*level, nan])
    assert together.patients.tolist() == ["A", "B", "C", "D"]
    for rules in (PHOENIX, PHOENIX_BOLUS, replace(PKNCA_WINDOW, trapezoid="linear_log")):
        all_of_them, areas = parameters(together, rules), window_area(together, 1, 4, "observed", rules, shortened=True)
        for place, name in enumerate(together.patients):
            mine = patient == name
            alone = profiles(["X"] * max(1, mine.sum()), *((time[mine], level[mine]) if mine.any() else ([1], [nan])))
            single, area = parameters(alone, rules), window_area(alone, 1, 4, "observed", rules, shortened=True)
            for quantity in ("cmax", "tlast", "c_start", "auc_last", "auc_all", "aumc_last"):
                assert_allclose(getattr(all_of_them, quantity)[place], getattr(single, quantity)[0], rtol=1e-12)
            assert_allclose(all_of_them.auc_infinity()[place], single.auc_infinity()[0], rtol=1e-12)
            assert_allclose([areas.area[place], areas.covered[place]], [area.area[0], area.covered[0]], rtol=1e-12)
    assert_array_equal(parameters(profiles([], [], [])).cmax, [])


@pytest.mark.parametrize(
    ("patient", "time", "level", "message"),
    [
        (["A"], [0, 1], [2, 1], "a patient, a time and a concentration of each"),
        ([["A"]], [[0]], [[1]], "a patient, a time and a concentration of each"),
        (["A"], [nan], [1], "no time"),
        (["A"], [0], [-1], "negative"),
        (["A"], [0], [inf], "infinite"),
        (["A", "A"], [1, 1], [2, 3], "two concentrations at one time"),
    ],
)
def test_samples_that_cannot_be_used_are_refused(patient: Any, time: Any, level: Any, message: str) -> None:
    with pytest.raises(AbateError, match=message):
        profiles(patient, time, level)


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"trapezoid": "cubic"}, "trapezoid is not known. Expected linear or linear_up_log_down or linear_log"),
        ({"before_first": "carry"}, "before_first is not known"),
        ({"least_points": 2}, "3 points or more"),
        ({"tolerance": nan}, "tolerance from 0 on"),
    ],
)
def test_rules_that_nobody_published_are_refused(chosen: dict[str, Any], message: str) -> None:
    with pytest.raises(AbateError, match=message):
        Rules(**chosen)


def test_windows_and_tails_that_make_no_sense_are_refused() -> None:
    samples, tail = curve((0, 1), (1, 1)), "first"
    for start, end in ((1, 1), (-inf, 1), (0, nan)):
        with pytest.raises(AbateError, match="ends before it begins"):
            parameters(samples, PHOENIX, start, end)
        with pytest.raises(AbateError, match="ends before it begins"):
            window_area(samples, start, end)
    with pytest.raises(AbateError, match="Expected last or all or observed or predicted"):
        window_area(samples, 0, 1, tail)  # type: ignore[arg-type]
