"""Recovery without the drug studied: how many of those still ill and not treated resolve within some days anyway.

It is what has to stand beside every count of responders: resolution after the start is not resolution because of it.
"Natural" is without the drug studied, on whatever background treatment the patients had, which is to be named.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from abate.records.problems import AbateError
from abate.statistics.person_days import PersonDays
from abate.statistics.sequential_trials import RESOLVED, Entries
from abate.statistics.start_or_wait import had_they_waited

WIDEST = 0.9
"""Of an interval that says something."""


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
    treated
        Entries treated.
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
    resolved: int
    known: int


def natural_recovery(
    of: Entries, covariates: Sequence[str], days: PersonDays | None = None, level: float = 0.95
) -> NaturalRecovery:
    """Return the recovery to be expected without the drug of patients like those who started.

    It is the share "had they waited" of the recommended analysis of timing
    (:func:`abate.statistics.start_or_wait.had_they_waited`), which can be told where the treated are too few for an
    effect.

    Parameters
    ----------
    of, covariates, days
        As in :func:`abate.statistics.start_or_wait.start_or_wait`.
    level
        Of the interval.

    Raises
    ------
    AbateError
        If nobody was treated, fewer than five patients waited or fewer than two of them resolved, one of them would
        stand for more than fifty, or the interval would be wider than 90 points.

    Notes
    -----
    Untreated patients are followed until they resolve, die, start the drug, or the window closes; those who start are
    given back by weights, as far as starting followed the covariates. Where it followed what no record shows, such as a
    doctor's sense that a patient is not recovering, the share is too high.

    References
    ----------
    Standardised to the treated: Sato T, Matsuyama Y. Epidemiology 2003;14:680-686.
    doi:10.1097/01.EDE.0000081989.82616.7d
    """
    waited = had_they_waited(of, covariates, days, level).share
    if waited.high - waited.low > WIDEST:
        raise AbateError(
            f"No recovery without the drug can be told: the interval of the expected share reaches from "
            f"{100 * waited.low:.0f} to {100 * waited.high:.0f} %."
        )
    told = of.treated & ((of.event > 0) | (of.time == of.window))
    return NaturalRecovery(
        waited.value,
        waited.low,
        waited.high,
        of.window,
        len(np.unique(of.patient[~of.treated])),
        int((~of.treated).sum()),
        int(of.treated.sum()),
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
