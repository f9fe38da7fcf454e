"""Break each criterion by program and see that the system's own spec tests notice: ``make test-long``.

A mutant is a rule object, changed in memory: a criterion dropped, denied, its cut-offs moved by a step either way, or a
value at its cut-off taken to the other side. Laboratory terms are broken in their table of conditions. Prints a line a
system, every mutant that no test noticed as it is found, and the count; leaves with 1 if one was not noticed.
"""

import importlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import ibis
from ibis.common.deferred import Deferred, Just, Resolver

import calculated
import cells
from abate.engine.store import Engine
from abate.grading import ctcae_table, laboratory
from abate.grading.clinician import clinician_grades
from abate.grading.daily import computed_grades
from abate.grading.neurology import CTCAE_NEURO
from abate.grading.points import Item, Score, evaluate
from abate.grading.rules import Criterion, System
from abate.grading.systems import COUNTED, SYSTEMS
from abate.records.options import Options
from abate.scores import SCORES
from abate.scores.bedside import QUESTIONS
from abate.sources.cases import ROW, typed
from grading import daily, table
from mutation_of_cut_offs import of_cut_offs
from test_laboratory_edges import every_edge, graded

TESTS = {
    "astct_crs": ("test_system_astct_crs",),
    "cartox_crs": ("test_system_cartox_crs", "test_grading_options_crs"),
    "lee_2014": ("test_system_lee_2014",),
    "penn_crs": ("test_system_penn",),
    "mskcc_crs": ("test_system_mskcc",),
    "ctcae403_crs": ("test_system_ctcae_crs",),
    "ctcae5_crs": ("test_system_ctcae_crs",),
    "astct_icans": ("test_system_astct_icans",),
    "cartox_cres": ("test_system_cartox_cres", "test_grading_options"),
    "ctcae403_neuro": ("test_system_ctcae_neuro",),
    "ctcae5_neuro": ("test_system_ctcae_neuro",),
}
CALCULATED = ("test_scores", "test_system_hlh", "test_grading_cytopenia", "test_system_ctcae_neuro")
THE_WORSE = "the worse grade decides"
THE_SUM = "the norepinephrine equivalent of 20 ug/min is reached by this agent alone"
EQUIVALENT = {
    "ctcae403_crs: reaction of grade 1 (1) dropped": "it is never decided, and grade 3 leaves the same range",
    "ctcae403_crs: reaction of grade 2 (2) dropped": "it is never decided, and grade 3 leaves the same range",
    **dict.fromkeys(
        (
            *("astct_icans: ICE 7-9 (1) 7 moved by -1", "astct_icans: ICE 3-6 (2) 3 moved by -1"),
            *("cartox_cres: CARTOX-10 7-9 (1) 7 moved by -1", "cartox_cres: CARTOX-10 3-6 (2) 3 moved by -1"),
            "cartox_cres: papilledema, stage 1-2 (3) 2 moved by 1",
            *("astct_icans: CAPD 1-8 (1) 8 moved by 1", "cartox_cres: CAPD 1-8 (1) 8 moved by 1"),
        ),
        THE_WORSE,
    ),
    **{
        f"cut-offs: {table} alone {dose} moved by 1": THE_SUM
        for table in ("LEE", "PENN")
        for dose in ("norepinephrine 20", "phenylephrine 200")
    },
    "icaht-early: never recovered (4) 0.999999999 moved by -0.02": "days are whole",
    "astct_icans: ICE 0-2 (3) 0 moved by -1": "no score is under 0",
    "cartox_cres: CARTOX-10 0-2 (3) 0 moved by -1": "no score is under 0",
}
"""Mutants that are the same rule, and why."""
WHOLE = ("grade", "days", "stage", "sites", "ecog", "age", "score", "ice", "capd", "cartox", "naming", *QUESTIONS)
"""What names of inputs say that are whole numbers: their step is 1."""
OTHER_SIDE = {">": ">=", ">=": ">", "<": "<=", "<=": "<"}
STEP, NOISE = 0.02, 3e-9
"""A step, as part of a cut-off; and what takes a value at it to the other side."""
Mutant = tuple[str, Any]


def _rebuilt(resolver: Any, old: float, new: float) -> Any:
    """Return a condition in which one number stands in place of another."""
    if isinstance(resolver, Just):
        value = resolver.value
        same = isinstance(value, int | float) and not isinstance(value, bool) and value == old
        return Just(type(old)(new)) if same else resolver
    if isinstance(resolver, tuple | list):
        return type(resolver)(_rebuilt(part, old, new) for part in resolver)
    if isinstance(resolver, Deferred):
        return Deferred(_rebuilt(resolver._resolver, old, new))
    if isinstance(resolver, Resolver):
        parts = {name: getattr(resolver, name) for name in resolver.__slots__ if name != "__precomputed_hash__"}
        changed = {name: _rebuilt(part, old, new) for name, part in parts.items()}
        copy = resolver.__class__.__new__(resolver.__class__)
        for name, part in changed.items():
            object.__setattr__(copy, name, part)
        object.__setattr__(copy, "__precomputed_hash__", hash((resolver.__class__, old, new, id(resolver))))
        return copy
    return resolver


def _numbers(resolver: Any) -> set[float]:
    if isinstance(resolver, Deferred):
        return _numbers(resolver._resolver)
    if isinstance(resolver, Just):
        value = resolver.value
        return {value} if isinstance(value, int | float) and not isinstance(value, bool) else set()
    parts: Any = ()
    if isinstance(resolver, tuple | list):
        parts = resolver
    elif isinstance(resolver, Resolver):
        parts = [getattr(resolver, name) for name in resolver.__slots__ if name != "__precomputed_hash__"]
    return set().union(*(_numbers(part) for part in parts)) if parts else set()


def broken(item: Criterion) -> Iterator[Mutant]:
    """Yield every way in which a criterion is broken: what was done, and the criterion (None: dropped)."""
    yield "dropped", None
    if not isinstance(item.condition, Deferred):
        return
    yield "denied", replace(item, condition=~item.condition)
    # What takes the noise of floating point out is no cut-off.
    for number in sorted(each for each in _numbers(item.condition) if abs(each) > 1e-6 or isinstance(each, int)):
        whole = isinstance(number, int) or all(any(word in need for word in WHOLE) for need in item.needs)
        step = 1 if whole else max(abs(number) * STEP, NOISE * 10)
        for move in (step, -step):
            yield (
                f"{number} moved by {move:g}",
                replace(item, condition=_rebuilt(item.condition, number, number + move)),
            )
        edge = round(number, 6)
        if isinstance(number, float) and edge != number:
            other = edge + (NOISE if number < edge else -NOISE)
            yield f"{edge:g} to the other side", replace(item, condition=_rebuilt(item.condition, number, other))


def of_days(system: System) -> Iterator[Mutant]:
    """Yield the mutants of a system that its spec tests do not notice, and None for each that they do."""
    name = next(name for name, pair in cells.SYSTEMS.items() if pair == (system.toxicity, system.name))
    groups: dict[Any, list[Any]] = {}
    for module in TESTS[system.key]:
        importlib.import_module(module)
    for chosen, book in cells._BOOK.items():
        mine = [case for case in book if any(column.split(": ")[0] == name for column in case.expected)]
        if mine:
            groups[chosen] = mine
    ready = [(mine, *_features(mine, chosen)) for chosen, mine in groups.items()]

    def noticed(mutant: System) -> bool:
        for mine, found, judged, options, engine in ready:
            graded = computed_grades(found, judged, options, engine, {system.key: mutant}).to_pyarrow().to_pylist()
            rows = {(row["patient_id"], row["day"]): {name: row} for row in graded}
            for case in mine:
                for column, expected in case.expected.items():
                    if column.split(": ")[0] == name and case.answer(rows, column) != expected:
                        return True
        return False

    assert not noticed(system), f"{system.key}: its spec tests fail as it stands"
    for place, item in enumerate(system.criteria):
        for what, mutant in broken(item):
            kept = [*system.criteria[:place], *([mutant] if mutant else []), *system.criteria[place + 1 :]]
            yield (f"{system.key}: {item.name} ({item.grade}) {what}", noticed(replace(system, criteria=tuple(kept))))


def _features(mine: Sequence[Any], chosen: Any) -> tuple[Any, ...]:
    people = [{**case.person, "patient_id": case.key} for case in mine]
    found, options, engine = daily(people, {case.key: case.tables for case in mine}, dict(chosen), 0)
    events = [{**row, "patient_id": case.key} for case in mine for row in case.tables.get("events", ())]
    return found, engine.keep("judged", clinician_grades(table("events", events))), options, engine


def of_cases(score: Score) -> Iterator[Mutant]:
    """Yield the mutants of a score, and whether its spec tests notice them."""
    for module in CALCULATED:
        importlib.import_module(module)
    ready = []
    for options, mine in calculated.by_options(score.key).items():
        chosen = Options(dict(options))
        rows = typed(calculated.laid_out(mine), score.inputs, "sheet", chosen, Engine().hold).order_by(ROW)
        ready.append((ibis.memtable(rows.to_pyarrow()), chosen))

    def results(one: Score) -> list[Any]:
        columns = ("value", "class", "lower", "upper", "criteria")
        found = []
        for rows, chosen in ready:
            # Where no line of it stands there is no score any more.
            judged = evaluate(rows, one, chosen) if one.active(chosen) else None
            found.append(judged if judged is None else judged.order_by(ROW).select(*columns).to_pyarrow().to_pylist())
        return found

    before = results(score)
    for place, line in enumerate(score.items):
        for at, band in enumerate(line.bands):
            for what, mutant in broken(band):
                bands = (*line.bands[:at], *([mutant] if mutant else []), *line.bands[at + 1 :])
                items = (*score.items[:place], Item(line.name, bands), *score.items[place + 1 :])
                if not any(item.bands for item in items):
                    continue  # a score of one line is no score without it
                yield f"{score.key}: {band.name} ({band.grade}) {what}", results(replace(score, items=items)) != before


def _step(limit: float) -> float:
    return limit * STEP or 0.5


def of_laboratory() -> Iterator[Mutant]:
    """Yield the mutants of the laboratory table, and whether a case at one of its edges notices.

    Terms and versions know nothing of each other: one condition of each is broken at a time, all of them in one run.
    """
    cases = every_edge()
    expected = [case.grade for case in cases]
    assert graded(cases) == expected, "ctcae-lab: its edges fail as it stands"
    every = ctcae_table.edges()
    groups: dict[tuple[str, str], list[int]] = {}
    for place, edge in enumerate(every):
        groups.setdefault((edge.term, edge.version), []).append(place)
    ways: Sequence[Any] = (
        ("dropped", lambda _edge: None),
        ("at its limit to the other side", lambda edge: replace(edge, sign=OTHER_SIDE[edge.sign])),
        *(
            (f"moved by {way} step", lambda edge, way=way: replace(edge, limit=edge.limit + way * _step(edge.limit)))
            for way in (1, -1)
        ),
    )
    try:
        for turn in range(max(map(len, groups.values()))):
            mine = {key: places[turn] for key, places in groups.items() if turn < len(places)}
            for what, broken_edge in ways:
                changed = {place: broken_edge(every[place]) for place in mine.values()}
                edges = [changed.get(place, edge) for place, edge in enumerate(every)]
                kept = tuple(edge for edge in edges if edge is not None)
                setattr(laboratory, "edges", lambda kept=kept: kept)  # noqa: B010 the checker knows it as a constant
                pairs = zip(cases, graded(cases), strict=True)
                noticed = {case.key[:2] for case, found in pairs if found != case.grade}
                for key, place in mine.items():
                    edge = every[place]
                    name = f"{edge.term} {edge.version} {edge.unit} grade {edge.grade}, {edge.words}:"
                    yield f"ctcae-lab: {name} {edge.sign} {edge.limit:g} {what}", key in noticed
    finally:
        setattr(laboratory, "edges", ctcae_table.edges)  # noqa: B010


def main(chosen: Sequence[str]) -> int:
    """Break every rule named (all without a name), and print what was not noticed."""
    rules: dict[str, Any] = {key: of_days(system) for key, system in SYSTEMS.items()}
    rules |= {key: of_cases(score) for key, score in {**COUNTED, **SCORES, CTCAE_NEURO.key: CTCAE_NEURO}.items()}
    rules |= {"ctcae-lab": of_laboratory(), "cut-offs": of_cut_offs()}
    total = lost = 0
    for key, mutants in rules.items():
        if chosen and key not in chosen:
            continue
        before = total, lost
        for what, told in mutants:
            total += 1
            if not told and what not in EQUIVALENT:
                lost += 1
                print(f"  not noticed: {what}", flush=True)  # noqa: T201
        print(f"{key}: {total - before[0]} mutants, {lost - before[1]} not noticed", flush=True)  # noqa: T201
    print(f"in all {total} mutants, {lost} not noticed")  # noqa: T201
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
