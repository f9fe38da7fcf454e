"""What a trial is planned with: its arms, its numbers of patients, and what is assumed of each outcome."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from abate.statistics.power import POWER, SIZE
from abate.statistics.times import Floats

STRATEGIES = ("early", "late", "prophylactic", "none")
GRADES = 6
"""Worst grades 0 to 5."""
TIME_TESTS = ("log-rank", "gray")
HIERARCHY = ("death", "grade", "resolution")
TRIALS = 10_000
SEED = 20200713
"""Of the draws, unless another is stated."""


@dataclass(frozen=True)
class Binary:
    """An outcome that each patient has or not, such as a worst grade of 3 or higher; the fewer, the better.

    Attributes
    ----------
    shares
        Share of each arm that has it.
    test
        One of :data:`abate.statistics.all_tables.TESTS`.
    """

    kind: ClassVar[str] = "binary"
    shares: tuple[float, float]
    test: str = "fisher"

    def without_effect(self) -> "Binary":
        """Return the same with both arms as the second."""
        return replace(self, shares=(self.shares[1],) * 2)


@dataclass(frozen=True)
class Resolution:
    """Days until a toxicity that all patients have has resolved, where death may come first; the sooner, the better.

    Attributes
    ----------
    days
        Follow-up of every patient (days, whole): who then neither has resolved nor has died is censored.
    hazards
        Of resolution in each arm (a day), the same on every day.
    deaths
        Hazard of death in each arm (a day).
    test
        ``log-rank``, of the hazards, with the dead censored; or ``gray``, of the shares resolved, death competing.
    """

    kind: ClassVar[str] = "resolution"
    days: int
    hazards: tuple[float, float]
    deaths: tuple[float, float] = (0.0, 0.0)
    test: str = TIME_TESTS[0]

    def without_effect(self) -> "Resolution":
        """Return the same with both arms as the second."""
        return replace(self, hazards=(self.hazards[1],) * 2, deaths=(self.deaths[1],) * 2)


@dataclass(frozen=True)
class WorstGrade:
    """Worst grade of each patient, 0 to 5; the lower, the better.

    Attributes
    ----------
    shares
        Share of the second arm at each grade from 0 to 5.
    odds_ratio
        Odds of a grade above any limit in the first arm over those in the second: one ratio for all limits.
    """

    kind: ClassVar[str] = "worst grade"
    shares: tuple[float, ...]
    odds_ratio: float

    @property
    def test(self) -> str:
        """The test, in words."""
        return "rank sum, normal approximation"

    def without_effect(self) -> "WorstGrade":
        """Return the same with both arms as the second."""
        return replace(self, odds_ratio=1.0)

    def arms(self) -> tuple[Floats, Floats]:
        """Return the share of each arm at each grade.

        References
        ----------
        Whitehead J. Stat Med 1993;12:2257-2271. doi:10.1002/sim.4780122404

        Examples
        --------
        >>> WorstGrade((0.5, 0.0, 0.0, 0.5, 0.0, 0.0), 1 / 3).arms()[0]
        array([0.75, 0.  , 0.  , 0.25, 0.  , 0.  ])
        """
        second = np.asarray(self.shares) / sum(self.shares)
        above = np.clip(1 - np.cumsum(second)[:-1], 0, 1)
        shifted = self.odds_ratio * above / (1 - above + self.odds_ratio * above)
        return np.diff(np.concatenate([[0.0], 1 - shifted, [1.0]])), second


@dataclass(frozen=True)
class Wins:
    """A win ratio by death, worst grade and days to resolution, drawn together.

    Of each patient a worst grade is drawn. Grade 0 needs no resolution (day 0). Grade 5 is death from the toxicity, on
    any day of follow-up alike. Grades 1 to 4 resolve with the hazard of their arm; death from another cause may come to
    all patients, and who died unresolved never resolves.

    Attributes
    ----------
    grade, resolution
        What is assumed of worst grade, and of resolution and death from another cause.
    hierarchy
        Some or all of :data:`HIERARCHY`, the outcome that decides first, first.
    hazard_by_grade
        By what the hazard of resolution is multiplied for every grade above 1.
    """

    kind: ClassVar[str] = "win ratio"
    grade: WorstGrade
    resolution: Resolution
    hierarchy: tuple[str, ...] = HIERARCHY
    hazard_by_grade: float = 1.0

    @property
    def test(self) -> str:
        """The test, in words."""
        return f"Finkelstein-Schoenfeld by {', '.join(self.hierarchy)}"

    def without_effect(self) -> "Wins":
        """Return the same with both arms as the second."""
        return replace(self, grade=self.grade.without_effect(), resolution=self.resolution.without_effect())


Outcomes = Binary | Resolution | WorstGrade | Wins


@dataclass(frozen=True)
class OneArm:
    """One arm whose share of an event is held against a stated one, in one stage and two.

    Attributes
    ----------
    null, share
        The share that is to be excluded, and the one that is expected.
    size, power
        One-sided; the power that the two-stage designs must reach.
    two_stages
        Whether Simon's designs are looked for.
    """

    null: float
    share: float
    size: float = SIZE
    power: float = POWER
    two_stages: bool = True


@dataclass(frozen=True)
class Design:
    """Trials that are planned, all of the same strategies.

    Attributes
    ----------
    title
        Of the plan.
    strategies
        What the first and the second arm get, each one of :data:`STRATEGIES`.
    n
        Numbers of patients of each arm that are looked at.
    size
        Two-sided, of the trials with two arms.
    trials
        Trials that are simulated for each row.
    seed
        Of the draws.
    look
        Share of the patients at which a trial with two arms stops for futility, unless the first arm does better;
        none unless given.
    outcomes
        What the two arms are compared by, a trial each.
    one_arm
        What a single arm is planned with; none unless given.
    """

    title: str = ""
    strategies: tuple[str, str] = ("early", "late")
    n: tuple[int, ...] = ()
    size: float = SIZE
    trials: int = TRIALS
    seed: int = SEED
    look: float | None = None
    outcomes: tuple[Outcomes, ...] = ()
    one_arm: OneArm | None = None

    def seen(self, n: int) -> int:
        """Return how many patients of each arm are seen at the look."""
        return n if self.look is None else min(n - 1, max(1, round(self.look * n)))
