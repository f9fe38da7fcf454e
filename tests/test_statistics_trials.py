"""Simulated trials: what is drawn, how it is compared, the table, the figure and the file of a plan."""

from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from abate.records.problems import AbateError
from abate.report.operating import operating
from abate.report.theme import svg
from abate.statistics import operating_characteristics as module
from abate.statistics.all_tables import exact_power
from abate.statistics.design_file import TEMPLATE, design_from, read_design
from abate.statistics.gray import gray
from abate.statistics.log_rank import log_rank
from abate.statistics.operating_characteristics import SCHEMA, least_n, operating_characteristics
from abate.statistics.power import shares_power
from abate.statistics.ranks import rank_sum_p, ranked
from abate.statistics.simon import simon
from abate.statistics.times import times
from abate.statistics.trial_design import Binary, Design, OneArm, Resolution, Wins, WorstGrade
from abate.statistics.trial_simulation import Batch, Drawn, batches, compared, draw, simulated
from abate.statistics.win_ratio import Outcome, measured, timed, win_ratio

GRADE = WorstGrade((0.15, 0.25, 0.25, 0.2, 0.1, 0.05), 0.5)
RESOLUTION = Resolution(28, (0.15, 0.1), (0.01, 0.005))
WINS = Wins(GRADE, RESOLUTION, hazard_by_grade=0.8)
DRAWN: tuple[Drawn, ...] = (GRADE, RESOLUTION, replace(RESOLUTION, test="gray"), WINS)


def p_of(outcome: Drawn, drawn: tuple[Any, ...], n: int) -> list[float]:
    return list(2 * stats.norm.sf(compared(outcome, drawn, n).statistic))


def random() -> np.random.Generator:
    return np.random.default_rng(5)


@pytest.mark.parametrize("n", [2, 12, 30])
def test_many_rank_sums_are_each_that_of_one_trial(n: int) -> None:
    (grades,) = draw(GRADE, n, 30, random())
    arms = np.repeat([0, 1], n)
    alone = [rank_sum_p(ranked(row.astype(float), arms, 2)) if np.ptp(row) else 1.0 for row in grades]
    assert p_of(GRADE, (grades,), n) == pytest.approx(alone)


@pytest.mark.parametrize("n", [2, 12, 30])
@pytest.mark.parametrize("test", ["log-rank", "gray"])
def test_many_tests_of_times_are_each_that_of_one_trial(n: int, test: str) -> None:
    outcome = replace(RESOLUTION, deaths=(0.05, 0.08), test=test)
    days, events = draw(outcome, n, 30, random())
    arms, alone = np.repeat([0, 1], n), []
    for day, event in zip(days, events, strict=True):
        of = times(day, event)
        alone.append(gray(of, arms).p if test == "gray" else log_rank(of.cause(1), arms).p)
    assert p_of(outcome, (days, events), n) == pytest.approx(alone)


@pytest.mark.parametrize("hierarchy", [("death", "grade", "resolution"), ("resolution", "death"), ("grade",)])
def test_many_win_ratios_are_each_that_of_one_trial(hierarchy: tuple[str, ...]) -> None:
    """Followed alike, all patients stand in one order: the judge compares every pair."""
    outcome, n = replace(WINS, hierarchy=hierarchy), 15
    drawn = draw(outcome, n, 20, random())
    alone = []
    for death, grade, resolution in zip(*drawn, strict=True):

        def arm(of: slice, death: Any = death, grade: Any = grade, resolution: Any = resolution) -> list[Outcome]:
            known = {
                "death": timed("death", np.minimum(death[of], 28), death[of] <= 28),
                "grade": measured("grade", grade[of], more_is_better=False),
                "resolution": measured("resolution", resolution[of], more_is_better=False),
            }
            return [known[name] for name in hierarchy]

        alone.append(win_ratio(arm(slice(n)), arm(slice(n, None))).p)
    assert p_of(outcome, drawn, n) == pytest.approx(alone)


def test_what_is_drawn_is_what_is_assumed() -> None:
    """Shares of 40,000 patients an arm, within five standard errors."""
    (grades,) = draw(GRADE, 400, 100, random())
    for arm, shares in zip((grades[:, :400], grades[:, 400:]), GRADE.arms(), strict=True):
        assert np.bincount(arm.ravel(), minlength=6) / 40_000 == pytest.approx(shares, abs=0.0125)
    days, events = draw(RESOLUTION, 400, 100, random())
    for place, of in enumerate((np.s_[:, :400], np.s_[:, 400:])):
        all_hazards = RESOLUTION.hazards[place] + RESOLUTION.deaths[place]
        ended = 1 - np.exp(-28 * all_hazards)
        assert (events[of] > 0).mean() == pytest.approx(ended, abs=0.0125)
        assert (events[of] == 2).mean() == pytest.approx(ended * RESOLUTION.deaths[place] / all_hazards, abs=0.0125)
        assert (days[of] <= 5).mean() == pytest.approx(1 - np.exp(-5 * all_hazards), abs=0.0125)


def test_a_course_hangs_together() -> None:
    death, grade, resolution = draw(WINS, 200, 20, random())
    assert (death[grade == 5] <= 28).all() and (resolution[grade == 5] == 29).all()
    assert (resolution[grade == 0] == 0).all()
    between = (grade > 0) & (grade < 5)
    # Who died unresolved never resolves; who died later may have.
    assert (resolution[between & (resolution < 29)] <= death[between & (resolution < 29)]).all()
    assert ((death <= 28) & (resolution < death) & between).any()
    # The higher the grade, the longer.
    assert resolution[grade == 4].mean() > resolution[grade == 1].mean() + 2


@given(st.lists(st.floats(0.01, 1), min_size=6, max_size=6), st.floats(0.01, 100))
def test_the_odds_ratio_is_common_to_all_limits(weights: list[float], odds_ratio: float) -> None:
    shares = tuple(each / sum(weights) for each in weights)
    first, second = WorstGrade(shares, odds_ratio).arms()
    assert first.sum() == pytest.approx(1)
    above = [1 - np.cumsum(arm)[:-1] for arm in (first, second)]
    odds = [arm / (1 - arm) for arm in above]
    assert odds[0] / odds[1] == pytest.approx(np.full(5, odds_ratio), rel=1e-6)


@pytest.mark.parametrize("outcome", DRAWN)
def test_the_size_is_kept_within_the_monte_carlo_error(outcome: Drawn) -> None:
    """10,000 trials of 50 against 50 without a difference: 5 % within four standard errors."""
    counted = [simulated(batch) for batch in batches(outcome.without_effect(), 50, 50, 0.05, 10_000, (1,))]
    assert sum(each.rejected for each in counted) / 10_000 == pytest.approx(0.05, abs=4 * sqrt(0.05 * 0.95 / 10_000))


def test_the_power_of_the_log_rank_test_is_schoenfelds() -> None:
    """Hazard ratio 1.5, all resolve: z = log(1.5) sqrt(events / 4), doi:10.2307/2531021."""
    outcome = Resolution(1000, (0.03, 0.02))
    counted = [simulated(batch) for batch in batches(outcome, 80, 80, 0.05, 2_000, (4,))]
    formula = stats.norm.sf(stats.norm.isf(0.025) - np.log(1.5) * sqrt(160 / 4))
    assert sum(each.rejected for each in counted) / 2_000 == pytest.approx(formula, abs=0.04)


def test_the_power_of_the_rank_sum_is_whiteheads() -> None:
    """Doi:10.1002/sim.4780122404: z = |log OR| sqrt(n (1 - sum of cubed mean shares) / 6), n a group."""
    mean = np.mean(GRADE.arms(), axis=0)
    formula = stats.norm.sf(stats.norm.isf(0.025) - np.log(2) * sqrt(100 * (1 - (mean**3).sum()) / 6))
    counted = [simulated(batch) for batch in batches(GRADE, 100, 100, 0.05, 4_000, (4,))]
    assert sum(each.rejected for each in counted) / 4_000 == pytest.approx(formula, abs=0.03)


def test_a_look_costs_little_power_and_saves_patients_where_there_is_no_effect() -> None:
    wins = replace(WINS, resolution=replace(RESOLUTION, deaths=(0.005, 0.005)))
    plan = Design(n=(60,), look=0.5, trials=2_000, outcomes=(Binary((0.2, 0.5), "boschloo"), wins))
    looked, whole = (
        {(row["test"], row["quantity"]): row for row in operating_characteristics(each, workers=1).to_pylist()}
        for each in (plan, replace(plan, look=None))
    )
    for key, row in looked.items():
        before = whole[key]
        assert row["probability"] <= before["probability"]
        assert (before["early_stop"], before["expected_patients"]) == (0.0, 120.0)
        assert row["expected_patients"] == pytest.approx(120 - 60 * row["early_stop"])
        assert row["early_stop"] > 0.45 if key[1] == "size" else row["early_stop"] < 0.15
        assert row["rule"] == "stops after 30 of 60 an arm unless the first arm does better"


def test_the_look_sees_one_patient_at_least_and_never_all() -> None:
    assert [Design(look=look).seen(n) for look, n in ((0.01, 5), (0.99, 5), (0.5, 2))] == [1, 4, 1]
    assert Design().seen(5) == 5


def test_each_power_has_its_size_beside_it() -> None:
    plan = Design("", ("prophylactic", "none"), (30, 20), 0.05, 500, outcomes=(Binary((0.2, 0.5)), *DRAWN))
    told: list[tuple[int, int]] = []
    table = operating_characteristics(plan, lambda done, total: told.append((done, total)), 1)
    assert table.schema == SCHEMA
    rows = table.to_pylist()
    assert [(row["n_per_arm"], row["quantity"]) for row in rows[:4]] == [
        (20, "power"),
        (20, "size"),
        (30, "power"),
        (30, "size"),
    ]
    assert told == [(done, 16) for done in range(1, 17)]
    binary, *drawn = (rows[place : place + 4] for place in range(0, 20, 4))
    assert binary[0]["probability"] == exact_power((20, 20), (0.2, 0.5)).rejected
    assert binary[1]["probability"] == exact_power((20, 20), (0.5, 0.5)).rejected
    assert [row["trials"] for row in binary] == [None] * 4
    assert all(row["low"] == row["high"] == row["probability"] and not row["standard_error"] for row in binary)
    for four in drawn:
        for row in four:
            p = row["probability"]
            assert row["standard_error"] == pytest.approx(sqrt(p * (1 - p) / 500))
            assert row["low"] < p < row["high"]
        assert all(row["probability"] < 0.1 for row in four if row["quantity"] == "size")
    assert rows[0]["design"] == "prophylactic against none, binary"


def test_one_seed_gives_one_table_whatever_the_number_of_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = Design(n=(20, 30), trials=1_200, outcomes=(GRADE, RESOLUTION))
    alone = operating_characteristics(plan, workers=1)
    monkeypatch.setattr(module, "FEW", 0)
    assert operating_characteristics(plan, workers=2).equals(alone)
    assert operating_characteristics(replace(plan, seed=2), workers=1) != alone
    # A number of patients has its draws whatever else is looked at.
    fewer = operating_characteristics(replace(plan, n=(30,)), workers=1)
    assert fewer.to_pylist() == [row for row in alone.to_pylist() if row["n_per_arm"] == 30]


def test_processes_that_end_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def __init__(self, *_: object) -> None: ...

        def submit(self, *_: object) -> Future[None]:
            future: Future[None] = Future()
            future.set_exception(BrokenProcessPool())
            return future

        def shutdown(self, cancel_futures: bool) -> None:
            assert cancel_futures

    monkeypatch.setattr(module, "FEW", 0)
    monkeypatch.setattr(module, "ProcessPoolExecutor", Broken)
    plan = Design(n=(2,), trials=2_000, outcomes=(GRADE,))
    with pytest.raises(AbateError, match="ask for one worker"):
        operating_characteristics(plan, workers=2)
    with pytest.raises(AbateError, match="needs a worker"):
        operating_characteristics(plan, workers=0)


def test_a_single_arm_is_counted_in_one_stage_and_two() -> None:
    """Simon's 3/13, 12/43: 20.6 patients on average under the null, three of four trials stopped early."""
    table = operating_characteristics(Design(n=(2, 35), one_arm=OneArm(0.20, 0.40)))
    rows = {(row["design"], row["n_per_arm"], row["quantity"]): row for row in table.to_pylist()}
    assert rows["one arm against 20%", 35, "power"]["probability"] == pytest.approx(0.8048, abs=1e-4)
    assert rows["one arm against 20%", 35, "size"]["rule"] == "rejects with 12 or more of 35"
    assert rows["one arm against 20%", 2, "size"]["probability"] == pytest.approx(0.04)
    null = rows["one arm against 20%, Simon optimal", 43, "size"]
    assert (null["expected_patients"], null["early_stop"]) == pytest.approx((20.6, 0.75), abs=0.06)
    assert null["rule"] == "stops with 3 or fewer of 13 with the event, rejects with more than 12 of 43"
    assert rows["one arm against 20%, Simon minimax", 33, "power"]["probability"] >= 0.80


def test_an_event_that_should_become_rarer_is_counted_by_who_has_it_not() -> None:
    rows = operating_characteristics(Design(n=(2, 40), one_arm=OneArm(0.40, 0.20))).to_pylist()
    rules = {row["n_per_arm"]: row["rule"] for row in rows}
    assert rules[2] == "cannot reject"
    assert rules[40] == "rejects with 10 or fewer of 40"
    mirrored = simon(0.60, 0.80).optimal
    assert rules[mirrored.n].startswith(f"stops with {mirrored.r1} or fewer of {mirrored.n1} without the event")
    one_stage = operating_characteristics(Design(n=(40,), one_arm=OneArm(0.40, 0.20, two_stages=False)))
    assert one_stage.num_rows == 2


def test_the_fewest_patients_are_those_from_which_on_the_power_is_reached() -> None:
    columns = {"design": ["a"] * 6 + ["b"], "quantity": ["power"] * 5 + ["size", "power"]}
    numbers = {"n_per_arm": [10, 20, 30, 40, 50, 60, 9], "low": [0.9, 0.7, 0.8, 0.85, 0.9, 0.05, 0.1]}
    assert least_n(pa.table(columns | numbers), 0.8) == {"a": 30, "b": None}
    plan = Design(n=(20, 40, 60, 80), outcomes=(Binary((0.2, 0.5)),))
    assert shares_power(40, 0.2, 0.5) > 0.8 > exact_power((40, 40), (0.2, 0.5)).rejected
    assert least_n(operating_characteristics(plan), 0.8) == {"early against late, binary": 60}


def test_a_trial_in_which_nothing_happens_rejects_nothing() -> None:
    nobody = WorstGrade((1.0, 0, 0, 0, 0, 0), 0.5)
    assert simulated(Batch(nobody, 5, 5, 0.05, 50, (1, 0))).rejected == 0
    never = Resolution(1, (1e-12, 1e-12))
    for outcome in (never, replace(never, test="gray"), Wins(nobody, replace(never, deaths=(0.0, 0.0)))):
        assert simulated(Batch(outcome, 5, 3, 0.05, 50, (1, 0))).stopped == 50


def test_the_figure_draws_every_design_with_its_size() -> None:
    plan = Design(n=(20, 40), trials=200, outcomes=(Binary((0.2, 0.5)), GRADE), one_arm=OneArm(0.2, 0.4))
    figure = operating({"operating_characteristics": operating_characteristics(plan, workers=1)})
    assert "nominal size (5.0%)" in figure.caption and "says nothing about whether a treatment works" in figure.caption
    drawn = svg(figure)
    for words in ("early against late, binary", "Simon minimax", "nominal size 5.0%", "(exact)", "95 % limits"):
        assert words in drawn, words


def test_the_template_is_a_plan_that_can_be_read(tmp_path: Path) -> None:
    file = tmp_path / "plan.toml"
    file.write_text(TEMPLATE, encoding="utf-8")
    plan = read_design(file)
    assert (plan.n, plan.strategies, plan.look) == ((20, 40, 60, 80, 100), ("early", "late"), None)
    assert [outcome.kind for outcome in plan.outcomes] == ["binary", "resolution", "worst grade", "win ratio"]
    assert plan.one_arm == OneArm(0.40, 0.20)
    # Every key that is explained may be left out or is needed: the look alone is not set.
    file.write_text(TEMPLATE.replace("# look", "look"), encoding="utf-8")
    assert read_design(file).look == 0.5


def test_a_section_that_is_left_out_is_not_planned() -> None:
    plan = design_from({"design": {"n": [20]}, "single_arm": {"null": 0.2, "share": 0.4, "two_stages": False}})
    assert (plan.outcomes, plan.one_arm) == ((), OneArm(0.2, 0.4, two_stages=False))
    plan = design_from({"design": {"n": [20]}, "grade": {"shares": [0.5, 0.5, 0, 0, 0, 0], "odds_ratio": 2}})
    assert (plan.outcomes, plan.one_arm) == ((WorstGrade((0.5, 0.5, 0, 0, 0, 0), 2),), None)


def test_everything_wrong_is_told_in_one_paragraph() -> None:
    content: dict[str, Any] = {
        "design": {"n": [1, 20], "strategies": ["early", "early"], "trials": True, "look": 1},
        "binary": {"shares": [0.2, 1.2], "tests": "fisher"},
        "resolution": {"days": 28.0, "hazards": [0, 0.1], "deaths": [float("nan"), 0], "test": "t"},
        "grade": {"shares": [0.5, 0.5], "odds_ratio": 0},
        "win_ratio": {"hierarchy": ["death", "death"]},
        "single": {},
        "single_arm": 3,
    }
    with pytest.raises(AbateError) as told:
        design_from(content, "plan.toml")
    text = str(told.value)
    assert text.startswith("plan.toml cannot be used. [design] ") and "\n" not in text
    for words in (
        "[design] n: expected a list of whole numbers from 2 to 5,000.",
        "[design] strategies: expected two different ones of early, late, prophylactic, none.",
        "[design] trials: expected a whole number from 100 to 1,000,000.",
        "[design] look: expected a number between 0 and 1.",
        "[binary] shares: expected two numbers from 0 to 1.",
        "[binary] tests: no key is called so, expected perhaps test.",
        "[resolution] days: expected a whole number from 1 to 1,000.",
        "[resolution] hazards: expected two numbers above 0, a day.",
        "[resolution] deaths: expected two numbers from 0 on, a day.",
        "[resolution] test: expected one of log-rank, gray.",
        "[grade] shares: expected 6 numbers from 0 to 1 that add up to 1",
        "[grade] odds_ratio: expected a number above 0.",
        "[win_ratio] hierarchy: expected some or all of death, grade, resolution, each once.",
        "[single]: no section is called so, expected perhaps single_arm or design.",
        "[single_arm]: expected a section with keys.",
    ):
        assert words in text, words


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"binary": {"shares": [0.2, 0.4]}}, r"\[design\]: it is missing"),
        ({"design": {"title": 3}}, r"\[design\] title: expected a text. \[design\] n: it is missing"),
        ({"design": {"n": [20]}}, r"No outcome is planned, expected one or more of \[binary\]"),
        ({"design": {"n": [20]}, "win_ratio": {}}, r"needs the section \[grade\].* needs the section \[resolution\]"),
        ({"design": {"n": [401]}, "binary": {"shares": [0.2, 0.4]}}, "expected up to 400"),
        ({"design": {"n": [20]}, "single_arm": {"null": 0.2, "share": 0.2}}, "another share than the null"),
    ],
)
def test_sections_that_do_not_go_together(content: dict[str, Any], words: str) -> None:
    with pytest.raises(AbateError, match=words):
        design_from(content)


@given(st.dictionaries(st.sampled_from(["n", "size", "seed", "look"]), st.integers() | st.floats() | st.just("many")))
@settings(max_examples=60, deadline=None)
def test_no_value_breaks_the_reading(given_keys: dict[str, Any]) -> None:
    try:
        design_from({"design": {"n": [9]} | given_keys, "binary": {"shares": [0.1, 0.2]}})
    except AbateError as error:
        assert "[design] " in str(error)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(AbateError, match=r"absent.toml cannot be read"):
        read_design(tmp_path / "absent.toml")
    (tmp_path / "broken.toml").write_text("[design", encoding="utf-8")
    with pytest.raises(AbateError, match=r"broken.toml cannot be used: it is not TOML in UTF-8"):
        read_design(tmp_path / "broken.toml")
