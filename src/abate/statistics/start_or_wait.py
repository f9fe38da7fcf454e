"""The recommended analysis of timing: start the drug now, or wait, in one trial a day."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from abate.records.problems import AbateError
from abate.statistics.clustered_logistic import ClusteredLogistic, clustered_logistic
from abate.statistics.sequential_trials import DIED, RESOLVED, Entries, daily
from abate.statistics.times import Floats

FEWEST_PATIENTS = 5
FEWEST_EVENTS = 2
FEWEST_EFFECTIVE = 2.0


@dataclass(frozen=True)
class Estimate:
    """A number with its interval; ``freedom`` is the number of patients that effectively carry its error."""

    value: float
    low: float
    high: float
    error: float
    freedom: float


@dataclass(frozen=True)
class StartOrWait:
    """What the trials found.

    Attributes
    ----------
    log_odds
        Logarithm of the ratio of the daily odds of resolution, started against waiting.
    difference
        Of the share resolved within the window, had all who started done so, less had all of them waited.
    started, waited
        These two shares.
    model
        Of the daily chance of resolution.
    treated, untreated
        Patients who entered a trial as such; a patient can be both.
    treated_events, untreated_events
        Patients of each who resolved in a trial.
    """

    log_odds: Estimate
    difference: Estimate
    started: Estimate
    waited: Estimate
    model: ClusteredLogistic
    treated: int
    untreated: int
    treated_events: int
    untreated_events: int


def lacking(of: Entries) -> list[str]:
    """Return why no effect can be told of some trials; nothing where it can.

    Examples
    --------
    >>> from abate.statistics.person_days import PersonDays
    >>> from abate.statistics.sequential_trials import entries
    >>> grade = np.array([[3.0, 3.0, 1.0], [3.0, 3.0, 3.0]])
    >>> days = PersonDays(0, grade, np.array([1, np.inf]), np.array([2, 2]), np.array([False, False]), {})
    >>> for reason in lacking(entries(days, grade >= 3, grade >= 3, 2)):
    ...     print(reason)
    1 patient started the drug while eligible; 5 are needed
    2 patients could be compared with them; 5 are needed
    1 of those who started resolved within the window; 2 are needed
    0 of those who waited resolved within the window; 2 are needed
    """
    counts = _counts(of)
    said = (
        ("{} patient{} started the drug while eligible", counts[0], FEWEST_PATIENTS),
        ("{} patient{} could be compared with them", counts[1], FEWEST_PATIENTS),
        ("{} of those who started resolved within the window", counts[2], FEWEST_EVENTS),
        ("{} of those who waited resolved within the window", counts[3], FEWEST_EVENTS),
    )
    return [
        f"{text.format(count, '' if count == 1 else 's')}; {least} are needed"
        for text, count, least in said
        if count < least
    ]


def _counts(of: Entries) -> tuple[int, int, int, int]:
    resolved = of.event == RESOLVED
    parts = (of.treated, ~of.treated, of.treated & resolved, ~of.treated & resolved)
    return tuple(len(np.unique(of.patient[part])) for part in parts)  # type: ignore[return-value]


def start_or_wait(of: Entries, covariates: Sequence[str], level: float = 0.95) -> StartOrWait:
    """Compare starting with waiting, among patients alike in what was known at time zero.

    Parameters
    ----------
    of
        Entries of :func:`abate.statistics.sequential_trials.entries`.
    covariates
        Those of them that the daily chance of resolution is adjusted for, beside the days since time zero.
    level
        Of the intervals.

    Returns
    -------
    StartOrWait

    Raises
    ------
    AbateError
        If :func:`lacking` names a reason, or the model cannot be fitted.

    Notes
    -----
    A logistic model of each day's chance that the toxicity has resolved on the next, of all days of all trials, with
    the logarithm of the days since time zero; untreated patients leave it when they start. It asks that whoever started
    and whoever did not were alike in their prospects, given these covariates; and that those who left by starting
    were too. Shares within the window are standardised to those who started, with death as it happened to all.
    Intervals are clustered by patient and mended for few of them.

    References
    ----------
    Hernan MA, Robins JM. Am J Epidemiol 2016;183:758-764, doi:10.1093/aje/kwv254. Danaei G et al. Stat Methods Med Res
    2013;22:70-96, doi:10.1177/0962280211403603
    """
    if reasons := lacking(of):
        raise AbateError(f"No effect of the time of treatment can be told: {'; '.join(reasons)}.")
    rows = daily(of)
    used = [name for name in covariates if np.ptp(of.covariates[name]) > 0]
    columns = np.column_stack([of.treated, of.matrix(used)]).astype(float)
    clock = np.log1p(rows.since)[:, None]
    model = clustered_logistic(
        np.column_stack([columns[rows.entry], clock]),
        rows.resolved,
        of.patient[rows.entry],
        ["treated", *used, "log days since time zero"],
    )
    deaths = (of.event[rows.entry] == DIED) & (rows.since == of.time[rows.entry] - 1)
    survives = 1 - float(deaths.mean())
    shares = [_share(model, of.where(of.treated), columns[of.treated], arm, survives) for arm in (1.0, 0.0)]
    (started, up), (waited, down) = shares
    unit = np.eye(len(model.coefficients))[1]
    counts = _counts(of)
    return StartOrWait(
        _estimate(model, float(model.coefficients[1]), unit, level),
        _estimate(model, started - waited, up - down, level),
        _estimate(model, started, up, level),
        _estimate(model, waited, down, level),
        model,
        *counts,
    )


def _estimate(model: ClusteredLogistic, value: float, direction: Floats, level: float) -> Estimate:
    error, freedom, reach = model.of(direction, level)
    return Estimate(value, value - reach, value + reach, error, freedom)


def _share(model: ClusteredLogistic, of: Entries, columns: Floats, arm: float, survives: float) -> tuple[float, Floats]:
    """Return the mean share resolved within the window in one arm, and its slope along the coefficients."""
    since = np.arange(of.window)
    given = columns.copy()
    given[:, 0] = arm
    count, days = len(given), len(since)
    every = np.concatenate(
        [np.repeat(given[:, None, :], days, axis=1), np.tile(np.log1p(since)[None, :, None], (count, 1, 1))], axis=2
    )
    chance = model.predict(every)
    stays = (1 - chance) * survives
    still = np.cumprod(np.concatenate([np.ones((count, 1)), stays[:, :-1]], axis=1), axis=1)
    share = (still * chance).sum(axis=1)
    # A chance on one day adds what had not resolved before, and takes from all later days.
    gained = still * chance
    later = gained[:, ::-1].cumsum(axis=1)[:, ::-1] - gained
    slope = still * chance * (1 - chance) - later * chance
    full = np.concatenate([np.ones((count, days, 1)), every], axis=2)
    return float(share.mean()), np.einsum("nd,ndp->p", slope, full) / count
