"""The recommended analysis of timing: start the drug now, or wait, in one trial a day."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from abate.records.problems import AbateError
from abate.statistics.clustered_logistic import ClusteredLogistic, clustered_logistic, from_patients
from abate.statistics.incidence import incidence, influence
from abate.statistics.person_days import PersonDays
from abate.statistics.sequential_trials import DIED, RESOLVED, Entries, daily
from abate.statistics.staying_weights import StayingWeights, staying_weights
from abate.statistics.times import Floats, Integers

FEWEST_PATIENTS = 5
FEWEST_EVENTS = 2
GREATEST_WEIGHT = 50
TOLD = 1000
"""Weight beyond which its number says nothing more."""
TREATED, CLOCK = "treated", "log days since time zero"
LEAST = 1e-9
"""How near to none or all a share comes."""
FARTHEST = 500.0
"""Log odds beyond which a limit is not computed."""


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
        Logarithm of the ratio of the daily odds of resolution, started against waiting, at the middle of the days since
        time zero.
    difference
        Of the share resolved within the window, had all who started done so, less had all of them waited.
    started, waited
        These two shares.
    model
        Of the daily chance of resolution.
    weights
        Of the untreated days; none where they were not asked for.
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
    weights: StayingWeights | None
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


@dataclass(frozen=True)
class Waited:
    """The share expected to resolve within the window of those who started, had they waited.

    Attributes
    ----------
    share
        With limits on the scale of log odds, so that they stay within 0 and 1.
    model, weights
        Of the daily chance of resolution, and of the untreated days.
    moved, added
        How each patient moves the share, and the variance beyond theirs.
    """

    share: Estimate
    model: ClusteredLogistic
    weights: StayingWeights | None
    moved: Floats
    added: float


def had_they_waited(
    of: Entries, covariates: Sequence[str], days: PersonDays | None = None, level: float = 0.95
) -> Waited:
    """Return the share expected to resolve within the window of those who started, had they waited.

    Parameters
    ----------
    of, covariates, days, level
        As in :func:`start_or_wait`.

    Raises
    ------
    AbateError
        If nobody started, too few waited or resolved waiting, a weight is too great for the comparison to rest on
        patients, or the model cannot be fitted.
    """
    started, waited, _, resolved = _counts(of)
    if not started:
        raise AbateError("Nobody started the drug while eligible, so there is nobody to expect a recovery of.")
    if waited < FEWEST_PATIENTS or resolved < FEWEST_EVENTS:
        raise AbateError(
            f"No recovery without the drug can be told: {waited} patients waited, {resolved} of whom resolved within "
            f"the window; {FEWEST_PATIENTS} and {FEWEST_EVENTS} are needed."
        )
    rows = daily(of)
    weights = staying_weights(of, rows, days, covariates) if days is not None else None
    if weights is not None and weights.largest > GREATEST_WEIGHT:
        raise AbateError(f"No recovery without the drug can be told: {too_great(weights)}")
    clock = np.log1p(rows.since)
    treated = of.treated[rows.entry]
    # Too few treated say nothing of how the chance moves with covariates: it is then learnt from those who waited.
    both = not lacking(of)
    learnt = np.ones(len(clock), bool) if both else ~treated
    columns = _columns(of, covariates, rows.entry[learnt], clock[learnt], both)
    model = clustered_logistic(
        np.column_stack(list(columns.values())) if columns else np.zeros((int(learnt.sum()), 0)),
        rows.resolved[learnt],
        of.patient[rows.entry][learnt],
        list(columns),
        weights.weight[learnt] if weights is not None else None,
    )
    deaths = (of.event[rows.entry] == DIED) & (rows.since == of.time[rows.entry] - 1)
    share, slope = _waiting(model, of.where(of.treated), 1 - float(deaths.mean()))
    everyone = np.unique(of.patient)
    moved = np.zeros(len(everyone))
    moved[np.isin(everyone, of.patient[rows.entry][learnt])] = model.moved @ slope
    added = float(slope @ model.added @ slope)
    error, freedom, reach = from_patients(moved, added, level)
    share = min(max(share, LEAST), 1 - LEAST)
    # On the scale of log odds: a share of 89 % give or take 40 is no share.
    odds, reach = np.log(share / (1 - share)), reach / (share * (1 - share))
    low, high = (
        float(1 / (1 + np.exp(-np.clip(limit, -FARTHEST, FARTHEST)))) for limit in (odds - reach, odds + reach)
    )
    return Waited(Estimate(share, low, high, error, freedom), model, weights, moved, added)


def _columns(of: Entries, covariates: Sequence[str], entry: Integers, clock: Floats, both: bool) -> dict[str, Floats]:
    """Return the columns of the model that vary, by name; those of treatment first, where both sides are in it."""
    treated = of.treated[entry].astype(float)
    columns: dict[str, Floats] = {}
    if both:
        of_treated = clock[treated > 0]
        columns = {TREATED: treated, f"{TREATED} x {CLOCK}": treated * (clock - of_treated.mean())}
    columns[CLOCK] = clock
    columns |= {name: of.covariates[name][entry] for name in covariates}
    return {name: column for name, column in columns.items() if np.ptp(column) > 0}


def start_or_wait(
    of: Entries, covariates: Sequence[str], days: PersonDays | None = None, level: float = 0.95
) -> StartOrWait:
    """Compare starting with waiting, among patients alike in what was known at time zero.

    Parameters
    ----------
    of
        Entries of :func:`abate.statistics.sequential_trials.entries`.
    covariates
        Those of them that the daily chance of resolution is adjusted for, beside the days since time zero.
    days
        Patients by days with the same covariates: with them, untreated patients who leave by starting are given back by
        weights (:func:`abate.statistics.staying_weights.staying_weights`). Without, starting is taken to follow nothing
        that became known after time zero.
    level
        Of the intervals.

    Returns
    -------
    StartOrWait

    Raises
    ------
    AbateError
        If :func:`lacking` names a reason, a weight is too great for the comparison to rest on patients, or the model
        cannot be fitted.

    Notes
    -----
    A logistic model of each day's chance that the toxicity has resolved on the next, of all days of all trials, with
    the logarithm of the days since time zero; untreated patients leave it when they start. It asks that whoever started
    and whoever did not were alike in their prospects, given these covariates at time zero; and, by the weights, that
    those who left by starting were like those who stayed, given what the covariates had become. The share of those who
    started is the one found (Aalen and Johansen's), the share had they waited is the model's, for the same patients,
    with death as it happened to all. Intervals are clustered by patient and mended for few of them.

    References
    ----------
    Hernan MA, Robins JM. Am J Epidemiol 2016;183:758-764, doi:10.1093/aje/kwv254. Danaei G et al. Stat Methods Med Res
    2013;22:70-96, doi:10.1177/0962280211403603
    """
    if reasons := lacking(of):
        raise AbateError(f"No effect of the time of treatment can be told: {'; '.join(reasons)}.")
    waited = had_they_waited(of, covariates, days, level)
    started, found = _started(of)
    model = waited.model
    difference = _estimate(started - waited.share.value, found - waited.moved, waited.added, level)
    return StartOrWait(
        _estimate(float(model.coefficients[1]), model.moved[:, 1], float(model.added[1, 1]), level),
        difference,
        _estimate(started, found, 0.0, level),
        waited.share,
        model,
        waited.weights,
        *_counts(of),
    )


def too_great(of: StayingWeights) -> str:
    """Return why weights are too great for a comparison to rest on patients."""
    count = f"{of.largest:.0f} do" if of.largest < TOLD else f"more than {TOLD:,} do"
    return (
        f"one untreated day would count as {count}, and {GREATEST_WEIGHT} is the most allowed. Almost all patients "
        "like it had started: too few are left to compare them with."
    )


def _estimate(value: float, moved: Floats, added: float, level: float) -> Estimate:
    error, freedom, reach = from_patients(moved, added, level)
    return Estimate(value, value - reach, value + reach, error, freedom)


def _started(of: Entries) -> tuple[float, Floats]:
    """Return the share of those who started that resolved within the window, and how each patient moves it."""
    rows = of.where(of.treated)
    curve, at = incidence(rows.as_times(), 2), np.array([float(of.window)])
    patients, place = np.unique(of.patient, return_inverse=True)
    moved = np.zeros(len(patients))
    count = int(of.treated.sum())
    # One patient fewer: each has drawn the share to itself.
    np.add.at(moved, place[of.treated], influence(curve, at, RESOLVED)[:, 0] * np.sqrt(count / (count - 1)))
    return float(curve.at(at, RESOLVED)[0]), moved


def _waiting(model: ClusteredLogistic, of: Entries, survives: float) -> tuple[float, Floats]:
    """Return the mean share resolved within the window had all waited, and its slope along the coefficients."""
    count, days = len(of), of.window
    every = np.zeros((count, days, len(model.names) - 1))
    for place, name in enumerate(model.names[1:]):
        if name == CLOCK:
            every[:, :, place] = np.log1p(np.arange(days))
        elif not name.startswith(TREATED):
            every[:, :, place] = of.covariates[name][:, None]
    chance = model.predict(every)
    stays = (1 - chance) * survives
    still = np.cumprod(np.concatenate([np.ones((count, 1)), stays[:, :-1]], axis=1), axis=1)
    gained = still * chance
    # A chance on one day adds what had not resolved before, and takes from all later days.
    later = gained[:, ::-1].cumsum(axis=1)[:, ::-1] - gained
    slope = gained * (1 - chance) - later * chance
    full = np.concatenate([np.ones((count, days, 1)), every], axis=2)
    return float(gained.sum(axis=1).mean()), np.einsum("nd,ndp->p", slope, full) / count
