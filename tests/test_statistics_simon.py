"""Simon's two-stage designs against his tables, and against a plain search."""

from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abate.records.problems import AbateError
from abate.statistics.simon import TwoStage, simon


def limits(design: TwoStage) -> tuple[int, int, int, int]:
    return design.r1, design.n1, design.r, design.n


@pytest.mark.parametrize(
    ("null", "share", "power", "optimal", "on_average", "minimax", "minimax_on_average"),
    [
        # Simon 1989, tables 1 and 2: size 5 %
        (0.05, 0.25, 0.80, (0, 9, 2, 17), 12.0, (0, 12, 2, 16), 13.8),
        (0.05, 0.25, 0.90, (0, 9, 3, 30), 16.8, (0, 15, 3, 25), 20.4),
        (0.10, 0.30, 0.80, (1, 10, 5, 29), 15.0, (1, 15, 5, 25), 19.5),
        (0.20, 0.40, 0.80, (3, 13, 12, 43), 20.6, (4, 18, 10, 33), 22.3),
        (0.30, 0.50, 0.80, (5, 15, 18, 46), 23.6, (6, 19, 16, 39), 25.7),
        (0.50, 0.70, 0.80, (8, 15, 26, 43), 23.5, (12, 23, 23, 37), 27.7),
        (0.60, 0.80, 0.80, (7, 11, 30, 43), 20.5, (8, 13, 25, 35), 20.8),
        (0.70, 0.90, 0.80, (4, 6, 22, 27), 14.8, (19, 23, 21, 26), 23.2),
        (0.05, 0.20, 0.80, (0, 10, 3, 29), 17.6, (0, 13, 3, 27), 19.8),
    ],
)
def test_the_designs_are_those_of_the_paper(
    null: float,
    share: float,
    power: float,
    optimal: tuple[int, ...],
    on_average: float,
    minimax: tuple[int, ...],
    minimax_on_average: float,
) -> None:
    found = simon(null, share, 0.05, power)
    assert (limits(found.optimal), limits(found.minimax)) == (optimal, minimax)
    assert found.optimal.expected(null) == pytest.approx(on_average, abs=0.051)
    assert found.minimax.expected(null) == pytest.approx(minimax_on_average, abs=0.051)


def test_a_plain_search_finds_the_same() -> None:
    """10 % against 50 %, size 10 %, power 80 %: every design up to 16 patients, written out."""

    def chance(count: int, n: int, share: float) -> float:
        return comb(n, count) * share**count * (1 - share) ** (n - count)

    def rejected(r1: int, n1: int, r: int, n: int, share: float) -> float:
        return sum(
            chance(one, n1, share) * chance(two, n - n1, share)
            for one in range(r1 + 1, n1 + 1)
            for two in range(n - n1 + 1)
            if one + two > r
        )

    feasible = [
        (n1 + sum(chance(one, n1, 0.1) for one in range(r1 + 1, n1 + 1)) * (n - n1), n, (r1, n1, r, n))
        for n in range(2, 17)
        for n1 in range(1, n)
        for r1 in range(n1)
        for r in range(r1, min(n, r1 + 6))
        if rejected(r1, n1, r, n, 0.1) <= 0.1 and rejected(r1, n1, r, n, 0.5) >= 0.8
    ]
    found = simon(0.1, 0.5, 0.10, 0.80)
    assert found.optimal.expected(0.1) == pytest.approx(min(feasible)[0])
    least = min(n for _, n, _ in feasible)
    assert found.minimax.n == least
    assert found.minimax.expected(0.1) == pytest.approx(min(each for each, n, _ in feasible if n == least))
    assert limits(found.optimal) in [design for *_, design in feasible]


@given(st.floats(0.05, 0.6), st.floats(0.2, 0.35), st.sampled_from([0.05, 0.1]), st.sampled_from([0.8, 0.9]))
@settings(max_examples=15, deadline=None)
def test_a_design_keeps_its_size_and_power(null: float, more: float, size: float, power: float) -> None:
    found = simon(null, null + more, size, power)
    for design in (found.optimal, found.minimax):
        assert design.size <= size
        assert design.power >= power
        assert design.n1 < design.expected(null) < design.n
    assert found.minimax.n <= found.optimal.n
    assert found.optimal.expected(null) <= found.minimax.expected(null) + 1e-9


def test_the_optimal_design_of_the_paper_stops_as_printed() -> None:
    """3/13, 12/43: three of four trials stop early under the null (0.75 in the paper)."""
    assert simon(0.20, 0.40).optimal.stopped(0.20) == pytest.approx(0.75, abs=0.005)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ((0.4, 0.2), "count the patients without it"),
        ((0.2, 0.4, 0.0), "a size and a power"),
        ((0.2, 0.4, 0.05, 0.8, 40), "with 40 patients"),
        ((0.2, 0.4, 0.05, 0.8, 20), "with 20 patients"),
    ],
)
def test_what_cannot_be_is_said(asked: tuple[float, ...], words: str) -> None:
    with pytest.raises(AbateError, match=words):
        simon(*asked)
