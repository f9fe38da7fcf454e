"""Recovery without the drug studied: how many of those still ill and not treated resolve within some days anyway.

It is what has to stand beside every count of responders: resolution after the start is not resolution because of it.
"Natural" is without the drug studied, on whatever background treatment the patients had, which is to be named.
"""

from dataclasses import dataclass

import numpy as np

from abate.records.problems import AbateError
from abate.statistics.incidence import incidence, influence
from abate.statistics.influence import clustered
from abate.statistics.sequential_trials import RESOLVED, Entries
from abate.statistics.times import Integers

FEWEST = 5
"""Patients below which no recovery is told."""


@dataclass(frozen=True)
class NaturalRecovery:
    """The share expected to resolve within the window without the drug.

    Attributes
    ----------
    share, low, high
        Of those who started, had they gone on without, with the 95 % interval clustered by patient.
    window
        Days.
    patients, entries
        Untreated patients it was learnt from, and their entries, one a day.
    treated, matched
        Entries treated, and those of them with somebody alike to learn from.
    resolved, known
        Of the treated: who resolved within the window, and of how many it is known. Death is no resolution.
    """

    share: float
    low: float
    high: float
    window: int
    patients: int
    entries: int
    treated: int
    matched: int
    resolved: int
    known: int


def natural_recovery(of: Entries, alike: Integers, level: float = 0.95) -> NaturalRecovery:
    """Return the recovery to be expected without the drug of patients like those who started.

    Parameters
    ----------
    of
        Entries of :func:`abate.statistics.sequential_trials.entries`.
    alike
        Of each entry the kind of patient, a number: the untreated are weighted so that they are of the kinds of the
        treated, in the same shares.
    level
        Of the interval.

    Raises
    ------
    AbateError
        If nobody was treated, or fewer than five untreated patients were alike.

    Notes
    -----
    Untreated entries are followed until they resolve, die, start the drug, or the window closes; those who start are
    censored, as if they would have gone on like the others of their kind: one curve is made of each kind, and the
    shares are then weighted. (Weighted before, the kind that leaves soonest would be lost from one curve of all.)
    Starting the drug because one is not recovering makes this too favourable.

    References
    ----------
    Aalen OO, Johansen S. Scand J Stat 1978;5:141-150. Standardised to the treated: Sato T, Matsuyama Y. Epidemiology
    2003;14:680-686. doi:10.1097/01.EDE.0000081989.82616.7d
    """
    from scipy import stats

    if not of.treated.any():
        raise AbateError("Nobody started the drug while eligible, so there is nobody to expect a recovery of.")
    kinds, place = np.unique(alike, return_inverse=True)
    treated = np.bincount(place[of.treated], minlength=len(kinds)).astype(float)
    untreated = np.bincount(place[~of.treated], minlength=len(kinds)).astype(float)
    there = untreated > 0
    learnt = ~of.treated & (there & (treated > 0))[place]
    patients = len(np.unique(of.patient[learnt]))
    if patients < FEWEST:
        raise AbateError(
            f"No natural recovery can be told: {patients} untreated patients were like those treated, and {FEWEST} are "
            "needed."
        )
    share, moved, at = 0.0, np.zeros((len(of), 1)), np.array([float(of.window)])
    for kind in np.unique(place[learnt]):
        mine, portion = learnt & (place == kind), treated[kind] / treated[there].sum()
        curve = incidence(of.where(mine).as_times(), 2)
        share += portion * float(curve.at(at, RESOLVED)[0])
        moved[mine] = portion * influence(curve, at, RESOLVED)
    reach = float(stats.norm.ppf((1 + level) / 2)) * float(np.sqrt(clustered(moved, of.as_times())[0]))
    told = of.treated & ((of.event > 0) | (of.time == of.window))
    return NaturalRecovery(
        share,
        max(0.0, share - reach),
        min(1.0, share + reach),
        of.window,
        patients,
        int(learnt.sum()),
        int(of.treated.sum()),
        int(treated[there].sum()),
        int((of.event[of.treated] == RESOLVED).sum()),
        int(told.sum()),
    )


def from_durations(median_low: float, median_high: float, window: int) -> tuple[float, float]:
    """Return the range of the recovery expected where no untreated patients are there to learn from.

    Parameters
    ----------
    median_low, median_high
        Published median durations, in days, of any grade to none: a range, for no paper prints grade 3 to 2.
    window
        Days.

    Notes
    -----
    Durations are taken as exponential, so how long a patient has been ill already says nothing: a crude range, for want
    of anything better, and to be called so. Long courses are in truth likelier to go on.

    Examples
    --------
    >>> low, high = from_durations(9.0, 17.0, 7)
    >>> round(low, 2), round(high, 2)
    (0.25, 0.42)
    """
    if not 0 < median_low <= median_high or window < 1:
        raise AbateError("Published durations need a range of days above 0, and a window.")
    low, high = (1 - 0.5 ** (window / median) for median in (median_high, median_low))
    return low, high
