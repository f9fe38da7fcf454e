"""Patients by days: grade, treatment, death and covariates, as the analyses of timing read them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from abate.records.problems import AbateError
from abate.statistics.times import Booleans, Floats, Integers

NEVER = np.inf


@dataclass(frozen=True)
class PersonDays:
    """What is known of each patient on each day, arrays of patients x days.

    Attributes
    ----------
    first_day
        The day of the first column; the others follow day by day.
    grade
        Of the toxicity studied; not a number where it cannot be graded.
    start
        Day on which the drug studied was first given, infinite in those who never got it; one a patient.
    last
        Last day on which the patient was followed; one a patient.
    died
        Whether that was the day of death.
    covariates
        By name, what was known on each day before treatment was decided: carried from the last time it was measured,
        not a number before the first.
    """

    first_day: int
    grade: Floats
    start: Floats
    last: Integers
    died: Booleans
    covariates: Mapping[str, Floats]

    def __post_init__(self) -> None:
        count, days = self.grade.shape
        whole = {self.start.shape, self.last.shape, self.died.shape} == {(count,)}
        if not whole or any(found.shape != (count, days) for found in self.covariates.values()):
            raise AbateError("Patients by days cannot be read: an array has another shape than the grades.")
        if (self.last >= self.first_day + days).any():
            raise AbateError("A patient was followed beyond the last day of the grades.")

    def __len__(self) -> int:
        return len(self.grade)

    @property
    def days(self) -> Integers:
        """The day of each column."""
        return self.first_day + np.arange(self.grade.shape[1])

    @property
    def followed(self) -> Booleans:
        """Patients x days on which the patient was followed."""
        return np.asarray(self.days <= self.last[:, None])

    def of(self, patients: Integers) -> "PersonDays":
        """Return some patients, one of them as often as it is named."""
        covariates = {name: found[patients] for name, found in self.covariates.items()}
        start, last, died = self.start[patients], self.last[patients], self.died[patients]
        return PersonDays(self.first_day, self.grade[patients], start, last, died, covariates)

    def carried(self) -> "PersonDays":
        """Return the same with the last known grade where a day has none: no recovery is made of silence."""
        return replace(self, grade=carried(self.grade))


def carried(values: Floats) -> Floats:
    """Return values of days, each unknown one as the last known one before it; unknown before the first.

    Examples
    --------
    >>> carried(np.array([[np.nan, 3.0, np.nan, 1.0]])).tolist()
    [[nan, 3.0, 3.0, 1.0]]
    """
    known = np.isfinite(values)
    place = np.where(known, np.arange(values.shape[1]), 0)
    return np.asarray(np.take_along_axis(values, np.maximum.accumulate(place, axis=1), axis=1))


def days_so_far(happened: Booleans) -> Floats:
    """Return how many days so far, this one among them, something happened."""
    return np.asarray(np.cumsum(happened, axis=1), dtype=float)


def days_since(happened: Booleans) -> Floats:
    """Return how many days ago something first happened; not a number before it did.

    Examples
    --------
    >>> days_since(np.array([[False, True, False, True]])).tolist()
    [[nan, 0.0, 1.0, 2.0]]
    """
    first = np.where(happened.any(axis=1), happened.argmax(axis=1), happened.shape[1])
    since = np.arange(happened.shape[1]) - first[:, None]
    return np.where(since >= 0, since, np.nan).astype(float)


def highest_so_far(values: Floats) -> Floats:
    """Return the highest value so far; not a number before the first."""
    return np.asarray(np.fmax.accumulate(values, axis=1))
