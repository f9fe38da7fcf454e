"""Every laboratory term of the CTCAE at, just under and just over each of its cut-offs, by the reference.

The reference (:mod:`reference_laboratory`) has NCI's words as ifs; limits of normal lie under and over the printed
numbers, baselines are normal and abnormal.
"""

from fractions import Fraction
from functools import cache
from typing import Any, NamedTuple

import pyarrow as pa

from abate.calculator import calculate, rule
from abate.records.options import Options
from reference_laboratory import FLAGS, TERMS, Facts, printed

Key = tuple[str, str, str]
NEAR = Fraction(1, 1000)
TIMES = ("0.1", "0.9", "1", "1.1", "1.3", "1.9", "2", "3.9", "5", "5.1")
"""Baselines, in limits of normal: some let a rule decide that another covers elsewhere."""
USUAL = (Fraction(36), Fraction("1.2"))
"""Limits of normal where a term prints no number."""


class Edge(NamedTuple):
    """One result at an edge: its term, version and unit, its cells, and the grade that it must have."""

    key: Key
    row: dict[str, str]
    grade: int


class Watched(Facts):
    """Facts that remember what was asked of them."""

    read: set[str]

    def __getitem__(self, name: str) -> Any:
        self.read.add(name)
        return super().__getitem__(name)


def _written(value: Fraction | bool) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{float(value):.10f}".rstrip("0").rstrip(".")


def _of_term(key: Key) -> list[Edge]:
    constants, multiples = printed(key, multiples=False), printed(key, multiples=True)
    sides = (
        (max(constants) * Fraction("1.2"), min(constants) * Fraction("0.8"), max(constants) * 6) if constants else ()
    )
    limits = sides or USUAL
    cases: list[dict[str, Any]] = []
    for limit in limits:
        for times in TIMES:
            known: dict[str, Any] = {"lln": limit, "uln": limit, "baseline": limit * Fraction(times)}
            cuts = {*constants, *(each * known[name] for each in multiples for name in ("uln", "baseline"))}
            cuts |= {known["baseline"] + sign * each for each in constants for sign in (1, -1)}
            cuts |= {limit + each for each in constants} | {known["baseline"], limit}
            for value in {round(cut * side, 8) for cut in cuts if cut >= 0 for side in (1 - NEAR, 1, 1 + NEAR)}:
                cases += [{**known, "value": value, **dict.fromkeys(sorted(FLAGS), flag)} for flag in (False, True)]
    Watched.read = set()
    judged = [(case, TERMS[key][0](Watched(case, key), {})) for case in cases]
    found = {}
    for case, expected in judged:
        cells = {name: _written(each) for name, each in case.items()}
        row = {"term": key[0], "version": key[1], "unit": key[2], **cells}
        # What a term does not ask for makes no other case.
        found[tuple(case[name] for name in sorted(Watched.read))] = Edge(key, row, expected)
    return list(found.values())


@cache
def every_edge() -> tuple[Edge, ...]:
    """Return every edge of every term."""
    return tuple(edge for key in TERMS for edge in _of_term(key))


def graded(edges: tuple[Edge, ...]) -> list[int | None]:
    """Return the grade that the calculator gives to each."""
    table = pa.Table.from_pylist([edge.row for edge in edges])
    found: list[int | None] = calculate(rule("ctcae-lab"), table, "edges", Options()).column("grade").to_pylist()
    return found


def test_every_edge_has_its_grade() -> None:
    edges = every_edge()
    wrong = [(edge, grade) for edge, grade in zip(edges, graded(edges), strict=True) if grade != edge.grade]
    assert len(edges) > 10_000
    assert wrong == []
