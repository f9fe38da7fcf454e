"""Trials with two arms, drawn from what is assumed and compared: many at once, each batch from a seed of its own."""

from dataclasses import dataclass

import numpy as np

from abate.statistics.times import Floats, Integers
from abate.statistics.trial_comparisons import Compared, Daily, gray, log_rank, ranked
from abate.statistics.trial_design import GRADES, Resolution, Wins, WorstGrade

PATIENTS = 100_000
"""Patients drawn at a time."""
MOST = 1_000
"""Trials of a batch at most."""
Drawn = Resolution | WorstGrade | Wins


@dataclass(frozen=True)
class Batch:
    """Some trials, all alike.

    Attributes
    ----------
    outcome
        What is assumed; a binary outcome is not drawn but counted, by :mod:`abate.statistics.all_tables`.
    n, seen
        Patients of each arm, and of each arm at the look; as many as in all where there is none.
    size
        Two-sided.
    trials
        How many.
    seed
        From which the draws follow: the seed of the design, and the key of this batch, spawned from it.
    """

    outcome: Drawn
    n: int
    seen: int
    size: float
    trials: int
    seed: tuple[int, ...]


@dataclass(frozen=True)
class Counted:
    """How many trials of a batch rejected the null, and how many stopped at their look."""

    rejected: int
    stopped: int


def batches(outcome: Drawn, n: int, seen: int, size: float, trials: int, seed: tuple[int, ...]) -> list[Batch]:
    """Part trials into batches.

    How, and which seed each has, follows from the arguments alone: never from how many processes there are.

    Examples
    --------
    >>> from abate.statistics.trial_design import WorstGrade
    >>> parts = batches(WorstGrade((0.5, 0.2, 0.1, 0.1, 0.1, 0.0), 0.5), 40, 40, 0.05, 2_500, (1,))
    >>> [(part.trials, part.seed) for part in parts]
    [(1000, (1, 0)), (1000, (1, 1)), (500, (1, 2))]
    """
    most = min(MOST, max(1, PATIENTS // (2 * n)))
    starts = range(0, trials, most)
    return [
        Batch(outcome, n, seen, size, min(most, trials - start), (*seed, place)) for place, start in enumerate(starts)
    ]


def simulated(batch: Batch) -> Counted:
    """Draw the trials of a batch, compare their arms, and count.

    A trial whose look shows the first arm no better stops there, and rejects nothing. A rejection counts whichever arm
    does better.

    Parameters
    ----------
    batch
        The trials.

    References
    ----------
    Morris TP, White IR, Crowther MJ. Stat Med 2019;38:2074-2102, doi:10.1002/sim.8086, for how simulations are told.

    Examples
    --------
    >>> from abate.statistics.trial_design import WorstGrade
    >>> grade = WorstGrade((0.2, 0.2, 0.2, 0.2, 0.1, 0.1), 0.1)
    >>> simulated(Batch(grade, 60, 60, 0.05, 200, (1, 0)))
    Counted(rejected=200, stopped=0)
    """
    from scipy import stats

    random = np.random.default_rng(np.random.SeedSequence(batch.seed[0], spawn_key=batch.seed[1:]))
    drawn = draw(batch.outcome, batch.n, batch.trials, random)
    rejected = compared(batch.outcome, drawn, batch.n).statistic >= stats.norm.isf(batch.size / 2)
    stopped = np.zeros(batch.trials, bool)
    if batch.seen < batch.n:
        seen = np.concatenate([np.arange(batch.seen), batch.n + np.arange(batch.seen)])
        stopped = compared(batch.outcome, tuple(column[:, seen] for column in drawn), batch.seen).ahead <= 0
    return Counted(int((rejected & ~stopped).sum()), int(stopped.sum()))


def compared(outcome: Drawn, drawn: tuple[Integers, ...], first: int) -> Compared:
    """Compare the arms of many trials by the test of their outcome."""
    if isinstance(outcome, Resolution):
        day, event = drawn
        daily = Daily.of(day, event, first, outcome.days)
        return gray(daily) if outcome.test == "gray" else log_rank(daily)
    keys = _keys(outcome, *drawn) if isinstance(outcome, Wins) else drawn[0]
    return ranked(keys, first, continuity=isinstance(outcome, WorstGrade))


def draw(outcome: Drawn, n: int, trials: int, random: np.random.Generator) -> tuple[Integers, ...]:
    """Draw the patients of many trials, shapes ``(trials, 2 n)``, the first arm's first.

    Parameters
    ----------
    outcome
        What is assumed.
    n, trials
        Patients of each arm, and trials.
    random
        Where the draws come from.

    Returns
    -------
    tuple
        Of worst grades: the grade. Of resolution: the day on which it ended, and how (0 censored, 1 resolved, 2 dead).
        Of wins: the day of death, the worst grade, and the day of resolution; a day past follow-up where it did not
        come.

    Examples
    --------
    >>> from abate.statistics.trial_design import Resolution
    >>> day, event = draw(Resolution(28, (0.2, 0.1)), 50, 10, np.random.default_rng(1))
    >>> day.shape, int(day.min()), int(day.max())
    ((10, 100), 1, 28)
    """
    if isinstance(outcome, WorstGrade):
        return (_grades(outcome, n, trials, random),)
    if isinstance(outcome, Wins):
        return _course(outcome, n, trials, random)
    resolved, died = (np.repeat(hazards, n) for hazards in (outcome.hazards, outcome.deaths))
    ended = np.ceil(random.exponential(size=(trials, 2 * n)) / (resolved + died))
    event = np.where(random.random((trials, 2 * n)) * (resolved + died) < resolved, 1, 2)
    event[ended > outcome.days] = 0
    return np.clip(ended, 1, outcome.days).astype(np.int64), event


def _grades(outcome: WorstGrade, n: int, trials: int, random: np.random.Generator) -> Integers:
    arms = [
        np.searchsorted(np.cumsum(shares)[:-1], random.random((trials, n)), side="right") for shares in outcome.arms()
    ]
    return np.concatenate(arms, axis=1).astype(np.int64)


def _course(outcome: Wins, n: int, trials: int, random: np.random.Generator) -> tuple[Integers, Integers, Integers]:
    """Draw worst grade, resolution and death of each patient together."""
    shape, days = (trials, 2 * n), outcome.resolution.days
    grade = _grades(outcome.grade, n, trials, random)
    of_toxicity = np.where(grade == GRADES - 1, days * random.random(shape), np.inf)
    hazard = np.repeat(outcome.resolution.deaths, n)
    waited = random.exponential(size=shape)
    death = np.minimum(of_toxicity, np.divide(waited, hazard, out=np.full(shape, np.inf), where=hazard > 0))
    hazard = np.repeat(outcome.resolution.hazards, n) * outcome.hazard_by_grade ** np.maximum(grade - 1, 0)
    resolution = random.exponential(size=shape) / hazard
    resolution[(grade == GRADES - 1) | (resolution > death)] = np.inf
    resolution[grade == 0] = 0
    return _day(death, days, 1), grade, _day(resolution, days, 0)


def _day(time: Floats, days: int, least: int) -> Integers:
    """Return the day of a time, one past follow-up where it lies beyond."""
    return np.clip(np.ceil(time), least, days + 1).astype(np.int64)


def _keys(outcome: Wins, death: Integers, grade: Integers, resolution: Integers) -> Integers:
    """Return one number a patient that is lower for who wins: followed alike, patients stand in one order."""
    past = outcome.resolution.days + 1
    places = {"death": (past - death, past), "grade": (grade, GRADES), "resolution": (resolution, past + 1)}
    keys = np.zeros_like(grade)
    for name in outcome.hierarchy:
        place, width = places[name]
        keys = keys * width + place
    return keys
