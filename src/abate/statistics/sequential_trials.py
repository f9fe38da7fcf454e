"""One trial a day: who could have started the drug on it, who did, and what came of them.

A patient who is still ill and not yet treated on a day enters that day's trial, treated if the drug was started on that
day, and otherwise untreated. Time begins there for both, so nobody has to survive to be counted as treated. The
untreated leave a trial when they start themselves, and enter the trials of later days.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from abate.records.problems import AbateError
from abate.statistics.person_days import PersonDays
from abate.statistics.times import Booleans, Floats, Integers, Times, times

RESOLVED, DIED = 1, 2


@dataclass(frozen=True)
class Entries:
    """Patients in trials, a row each.

    Attributes
    ----------
    patient, day
        Who, and the day of the trial: its time zero.
    treated
        Whether the drug was started on that day.
    time, event
        Days from time zero to what came first: :data:`RESOLVED`, :data:`DIED`, or 0: the window closed, follow-up
        ended, or an untreated patient started.
    started
        Whether it ended because an untreated patient started.
    covariates
        Known at time zero, by name.
    window
        Days that a trial lasts.
    """

    patient: Integers
    day: Integers
    treated: Booleans
    time: Integers
    event: Integers
    started: Booleans
    covariates: Mapping[str, Floats]
    window: int

    def __len__(self) -> int:
        return len(self.patient)

    def where(self, chosen: Booleans | Integers) -> "Entries":
        """Return some of the rows."""
        return replace(
            self,
            patient=self.patient[chosen],
            day=self.day[chosen],
            treated=self.treated[chosen],
            time=self.time[chosen],
            event=self.event[chosen],
            started=self.started[chosen],
            covariates={name: found[chosen] for name, found in self.covariates.items()},
        )

    def as_times(self, weight: Floats | None = None) -> Times:
        """Return the rows as times at risk from time zero."""
        return times(self.time, self.event, weight=weight, patient=self.patient)

    def matrix(self, names: Sequence[str]) -> Floats:
        """Return covariates as columns."""
        return np.column_stack([self.covariates[name] for name in names]) if names else np.zeros((len(self), 0))


def entries(
    of: PersonDays, ill: Booleans, eligible: Booleans, window: int, covariates: Mapping[str, Floats] | None = None
) -> Entries:
    """Return everyone who enters the trial of some day.

    Parameters
    ----------
    of
        Patients by days; their covariates are taken at time zero.
    ill
        Patients x days on which the toxicity is on; it has resolved on the first followed day on which it is not.
    eligible
        Patients x days on which a patient who is ill may enter, were they not yet treated.
    window
        Days for which each is followed in a trial.
    covariates
        Others known on each day, arrays of patients x days.

    Notes
    -----
    A day counts as at risk of the next one: who is not followed on the day after does not enter. A covariate that is
    not known at time zero keeps a patient out; they are counted by the difference to the days eligible.

    Raises
    ------
    AbateError
        If the window is shorter than a day.

    References
    ----------
    Hernan MA, Robins JM. Am J Epidemiol 2016;183:758-764, doi:10.1093/aje/kwv254. Gran JM et al. Stat Med
    2010;29:2757-2768, doi:10.1002/sim.4048
    """
    if window < 1:
        raise AbateError("A trial must last a day at least. Expected a window of 1 or more.")
    days, count = of.days, of.grade.shape[1]
    start = of.start[:, None]
    may = ill & eligible & (days <= start) & (days < of.last[:, None])
    patient, column = np.nonzero(may)
    treated = days[column] == of.start[patient]
    ahead = np.arange(1, window + 1)
    later = np.minimum(column[:, None] + ahead, count - 1)
    when = days[column][:, None] + ahead
    last = of.last[patient][:, None]
    dies = of.died[patient][:, None] & (when == last)
    well = (when <= last) & ~ill[patient[:, None], later] & ~dies
    happened, first = dies | well, (dies | well).argmax(axis=1)
    some = happened.any(axis=1)
    began = (of.start[patient][:, None] < when) & ~treated[:, None]
    gone = (when > last) | began
    left = np.where(gone.any(axis=1), gone.argmax(axis=1), window)
    happens = some & (first < left)
    time = np.where(happens, first + 1, left)
    event = np.where(happens, np.where(dies[np.arange(len(first)), first], DIED, RESOLVED), 0)
    started = ~happens & (left < window) & began[np.arange(len(left)), np.minimum(left, window - 1)]
    every = {**of.covariates, **(covariates or {})}
    known = {name: found[patient, column] for name, found in every.items()}
    kept = time > 0
    for found in known.values():
        kept &= np.isfinite(found)
    rows = Entries(patient, days[column], treated, time, event, started, known, window)
    return rows.where(kept)


@dataclass(frozen=True)
class DailyRows:
    """Each day of each entry, a row: what a model of the daily chance of resolution is fitted to.

    Attributes
    ----------
    entry
        Which entry.
    since
        Days since time zero, from 0: the row is at risk of the day after.
    resolved
        Whether the toxicity had resolved on the day after.
    """

    entry: Integers
    since: Integers
    resolved: Booleans


def daily(of: Entries) -> DailyRows:
    """Return a row a day at risk of each entry."""
    entry = np.repeat(np.arange(len(of)), of.time)
    since = np.arange(len(entry)) - np.repeat(np.cumsum(of.time) - of.time, of.time)
    return DailyRows(entry, since, (of.event[entry] == RESOLVED) & (since == of.time[entry] - 1))
