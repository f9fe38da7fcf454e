"""Power and size of planned trials as one table: counted exactly where that can be, simulated where it cannot."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import takewhile
from math import sqrt
from multiprocessing import get_context
from typing import Any

import pyarrow as pa

from abate.records.problems import AbateError
from abate.statistics.all_tables import exact_power
from abate.statistics.power import single_arm
from abate.statistics.proportion import interval
from abate.statistics.simon import simon
from abate.statistics.trial_design import Binary, Design, OneArm, Outcomes
from abate.statistics.trial_simulation import Batch, Counted, batches, simulated

SCENARIOS = ("as assumed", "null holds")
QUANTITIES = {"as assumed": "power", "null holds": "size"}
FEW = 50_000_000
"""Patients up to which the draws take less time than starting processes for them."""
SCHEMA = pa.schema(
    [
        ("design", pa.string()),
        ("test", pa.string()),
        ("n_per_arm", pa.int64()),
        ("scenario", pa.string()),
        ("quantity", pa.string()),
        ("probability", pa.float64()),
        ("standard_error", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("nominal_size", pa.float64()),
        ("expected_patients", pa.float64()),
        ("early_stop", pa.float64()),
        ("trials", pa.int64()),
        ("rule", pa.string()),
    ]
)
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class _Row:
    """One row before it is known what its trials do."""

    design: str
    test: str
    n: int
    scenario: str
    nominal: float
    rule: str

    def told(self, rejected: float, expected: float, stopped: float, trials: int | None = None) -> dict[str, Any]:
        """Return the row; of ``trials`` simulated it has a Monte Carlo error, else none."""
        low, high = interval(round(rejected * trials), trials, "wilson") if trials else (rejected, rejected)
        return {
            "design": self.design,
            "test": self.test,
            "n_per_arm": self.n,
            "scenario": self.scenario,
            "quantity": QUANTITIES[self.scenario],
            "probability": rejected,
            "standard_error": sqrt(rejected * (1 - rejected) / trials) if trials else 0.0,
            "low": low,
            "high": high,
            "nominal_size": self.nominal,
            "expected_patients": expected,
            "early_stop": stopped,
            "trials": trials,
            "rule": self.rule,
        }


def operating_characteristics(design: Design, progress: Progress | None = None, workers: int | None = None) -> pa.Table:
    """Return power and size of every trial of a plan, for each of its numbers of patients.

    It tells what follows from what is assumed. It says nothing about whether a treatment works.

    Parameters
    ----------
    design
        By :func:`abate.statistics.design_file.read_design`, or made by hand.
    progress
        Told after each batch of draws how many are done, of how many.
    workers
        Processes; as many as there are cores unless given, and none beside this one for what takes a few seconds.
        Whatever their number, a seed gives one table. A script that asks for several must stand under
        ``if __name__ == "__main__":``.

    Returns
    -------
    pyarrow.Table
        Two rows for each trial and number of patients, power and size beside each other: ``design, test, n_per_arm``;
        ``scenario`` (``as assumed``, ``null holds``: of two arms both as the second); ``quantity`` (power, size);
        ``probability`` of rejecting the null, in either direction with two arms; ``standard_error, low, high``, its
        Monte Carlo error and 95 % limits (0 and itself where it is exact); ``nominal_size``; ``expected_patients`` of
        all arms; ``early_stop``, the probability of it; ``trials`` simulated, null where it is exact; ``rule``.

    Raises
    ------
    AbateError
        If no design is found, or the processes cannot be started.

    References
    ----------
    Morris TP, White IR, Crowther MJ. Stat Med 2019;38:2074-2102. doi:10.1002/sim.8086

    Examples
    --------
    >>> plan = Design(n=(40,), outcomes=(Binary((0.2, 0.5)),))
    >>> rows = operating_characteristics(plan).to_pylist()
    >>> [(row["quantity"], round(row["probability"], 3)) for row in rows]
    [('power', 0.749), ('size', 0.033)]
    """
    count = os.cpu_count() or 1 if workers is None else workers
    if count < 1:
        raise AbateError("A simulation needs a worker. Expected a number of processes from 1 on.")
    one_arm = _one_arm(design.one_arm, design.n) if design.one_arm else []
    lines = _lines(design)
    drawn = _simulated(lines, progress or (lambda _done, _all: None), count)
    rows = [
        _counted(line, line.assumed)
        if isinstance(line.assumed, Binary)
        else line.told(rejected / design.trials, stopped / design.trials, design.trials)
        for line, (rejected, stopped) in zip(lines, drawn, strict=True)
    ] + one_arm
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def least_n(table: pa.Table, power: float) -> dict[str, int | None]:
    """Return the fewest patients an arm with which each design has a power beyond Monte Carlo error.

    Parameters
    ----------
    table
        By :func:`operating_characteristics`.
    power
        That the lower limit must reach; as must that of every greater number looked at. None where none does.

    Examples
    --------
    >>> plan = Design(n=(20, 40, 60), outcomes=(Binary((0.2, 0.5)),))
    >>> least_n(operating_characteristics(plan), 0.8)
    {'early against late, binary': 60}
    """
    powers = [row for row in table.to_pylist() if row["quantity"] == "power"]
    found: dict[str, int | None] = {}
    for name in dict.fromkeys(row["design"] for row in powers):
        mine = sorted((row for row in powers if row["design"] == name), key=lambda row: -row["n_per_arm"])
        # Where a greater number falls short, a smaller one that does not is luck.
        enough = [row["n_per_arm"] for row in takewhile(lambda row: row["low"] >= power, mine)]
        found[name] = enough[-1] if enough else None
    return found


@dataclass(frozen=True)
class _Line:
    """One row of two arms that is to be filled."""

    design: Design
    outcome: Outcomes
    n: int
    scenario: str
    place: tuple[int, int]

    @property
    def row(self) -> _Row:
        first, second = self.design.strategies
        seen = self.design.seen(self.n)
        rule = f"stops after {seen} of {self.n} an arm unless the first arm does better" if seen < self.n else "no look"
        name = f"{first} against {second}, {self.outcome.kind}"
        return _Row(name, self.outcome.test, self.n, self.scenario, self.design.size, rule)

    @property
    def assumed(self) -> Outcomes:
        return self.outcome if self.scenario == SCENARIOS[0] else self.outcome.without_effect()

    def told(self, rejected: float, stopped: float, trials: int | None = None) -> dict[str, Any]:
        seen = self.design.seen(self.n)
        return self.row.told(rejected, 2 * (stopped * seen + (1 - stopped) * self.n), stopped, trials)

    def batches(self) -> list[Batch]:
        """Return the batches to be drawn; the seed does not change with the other numbers of patients looked at."""
        if isinstance(self.assumed, Binary):
            return []
        seed = (self.design.seed, self.place[0], self.n, self.place[1])
        seen = self.design.seen(self.n)
        return batches(self.assumed, self.n, seen, self.design.size, self.design.trials, seed)


def _lines(design: Design) -> list[_Line]:
    return [
        _Line(design, outcome, n, scenario, (place, where))
        for place, outcome in enumerate(design.outcomes)
        for n in sorted(set(design.n))
        for where, scenario in enumerate(SCENARIOS)
    ]


def _counted(line: _Line, outcome: Binary) -> dict[str, Any]:
    """Fill a row of a binary outcome, by all tables."""
    n, seen = line.n, line.design.seen(line.n)
    found = exact_power((n, n), outcome.shares, outcome.test, line.design.size, (seen, seen) if seen < n else None)
    return line.told(found.rejected, found.stopped)


def _simulated(lines: list[_Line], progress: Progress, workers: int) -> list[tuple[int, int]]:
    """Return how many trials of each line rejected, and how many stopped early."""
    waiting = [(place, batch) for place, line in enumerate(lines) for batch in line.batches()]
    found = [(0, 0)] * len(lines)
    for done, (place, counted) in enumerate(_each(waiting, workers), 1):
        rejected, stopped = found[place]
        found[place] = rejected + counted.rejected, stopped + counted.stopped
        progress(done, len(waiting))
    return found


def _each(waiting: list[tuple[int, Batch]], workers: int) -> Iterator[tuple[int, Counted]]:
    """Draw the batches, in whatever order: what they add up to does not depend on it."""
    few = sum(2 * batch.n * batch.trials for _, batch in waiting) <= FEW
    if few or min(workers, len(waiting)) == 1:
        yield from ((place, simulated(batch)) for place, batch in waiting)
        return
    # A fresh process, not a fork: this one may have threads.
    pool = ProcessPoolExecutor(min(workers, len(waiting)), get_context("spawn"))
    try:
        places = {pool.submit(simulated, batch): place for place, batch in waiting}
        yield from ((places[ended], ended.result()) for ended in as_completed(places))
    except BrokenProcessPool as error:
        raise AbateError(
            "The processes of the simulation did not start, or were ended. Put the call under "
            'if __name__ == "__main__":, or ask for one worker.'
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _one_arm(plan: OneArm, numbers: tuple[int, ...]) -> list[dict[str, Any]]:
    """Return the rows of a single arm, in one stage and two: all exact."""
    name = f"one arm against {plan.null:.0%}"
    rows = []
    for n in sorted(set(numbers)):
        found = single_arm(n, plan.null, plan.share, plan.size)
        side = "or more" if found.greater else "or fewer"
        possible = 0 <= found.critical <= n
        rule = f"rejects with {found.critical} {side} of {n}" if possible else "cannot reject"
        for scenario, rejected in zip(SCENARIOS, (found.power, found.size), strict=True):
            rows.append(_Row(name, "binomial, one-sided", n, scenario, plan.size, rule).told(rejected, n, 0.0))
    if not plan.two_stages:
        return rows
    greater = plan.share > plan.null
    shares = (plan.null, plan.share) if greater else (1 - plan.null, 1 - plan.share)
    designs = simon(*shares, plan.size, plan.power)
    counted = "with" if greater else "without"
    for kind, stages in (("optimal", designs.optimal), ("minimax", designs.minimax)):
        rule = (
            f"stops with {stages.r1} or fewer of {stages.n1} {counted} the event, rejects with more than {stages.r} of "
            f"{stages.n}"
        )
        for scenario, share in zip(SCENARIOS, (stages.share, stages.null), strict=True):
            row = _Row(f"{name}, Simon {kind}", "binomial, two stages", stages.n, scenario, plan.size, rule)
            rows.append(row.told(stages.rejected(share), stages.expected(share), stages.stopped(share)))
    return rows
