"""The grade that each made-up day was made to have, by every system of CRS and neurotoxicity."""

import numpy as np
from numpy.typing import NDArray

from abate.synthesis.illness import CAUSES, DAYS, Illness
from abate.synthesis.patients import Booleans, Integers
from abate.synthesis.signs import CRS, OPEN, SYSTEMS, signs
from abate.timeline.intervals import DAY_MINUTES

UNGRADED = -1
"""Stands for a day that a system cannot grade from records."""


def intended_grades(ill: Illness) -> dict[str, NDArray[np.int8]]:
    """Return the grade of each patient and day (n x :data:`DAYS`) by system.

    It follows the signs that the day was given, and walks through the days for what has a memory: an episode of
    CRS that opens with fever and closes with a clear day, and the hours of vasopressors. It shares nothing with
    the grading of records. Days after the last are :data:`UNGRADED`, like days whose signs a system does not grade.
    """
    in_crs, long_enough = _remembered(ill)
    shown = {
        "fever": ill.fever.astype(np.int64),
        "pressure": ill.pressure,
        "hours": long_enough.astype(np.int64),
        "oxygen": ill.oxygen,
        "creatinine": ill.creatinine,
        "transaminase": ill.transaminase,
        "neuro": ill.neuro,
    }
    grades = {}
    for system in SYSTEMS:
        found = [
            signs()[kind].grades[system][number] for kind, number in shown.items() if system in signs()[kind].grades
        ]
        grade = np.max(found, axis=0)
        # What is open decides nothing where another sign makes a grade.
        undecided = np.any([part == OPEN for part in found], axis=0)
        grade = np.where((grade <= 0) & undecided, UNGRADED, grade)
        if system == "astct_crs":
            grade = np.where(in_crs, grade, 0)
        cause = CAUSES.index("CRS" if system in CRS else "ICANS")
        fatal = (ill.cause == cause)[:, None] & (np.arange(DAYS) == ill.death_day[:, None])
        grade = np.where(fatal, 5, grade)
        grades[system] = np.where(ill.alive, grade, UNGRADED).astype(np.int8)
    return grades


def vasopressor_minutes(ill: Illness) -> Integers:
    """Return the minutes of each day on which a vasopressor runs."""
    running = ill.pressure >= signs()["pressure"].number("one_low_dose")
    return np.where(running, DAY_MINUTES - ill.vasopressor_start, 0)


def _remembered(ill: Illness) -> tuple[Booleans, Booleans]:
    """Return on which days a sign counts as CRS by ASTCT, and on which vasopressors have run for 24 hours."""
    minutes = vasopressor_minutes(ill)
    waivers = (ill.acetaminophen + ill.tocilizumab + ill.dexamethasone + ill.anakinra) > 0
    clear = ~ill.fever & (ill.pressure == 0) & (ill.oxygen == 0)
    counts, long_enough = np.zeros_like(ill.fever), np.zeros_like(ill.fever)
    opened, waived, run = (np.zeros(len(ill.fever), kind) for kind in (bool, bool, np.int64))
    for day in range(DAYS):
        opened |= ill.fever[:, day]
        counts[:, day] = ill.fever[:, day] | (opened & waived)
        # A drug given before the first fever of the episode lets nothing count.
        waived |= opened & waivers[:, day]
        run += minutes[:, day]
        long_enough[:, day] = (minutes[:, day] > 0) & (run >= DAY_MINUTES)
        opened, waived, run = opened & ~clear[:, day], waived & ~clear[:, day], np.where(clear[:, day], 0, run)
    return counts, long_enough
