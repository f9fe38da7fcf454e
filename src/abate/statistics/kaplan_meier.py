"""Kaplan and Meier's curve, with late entry and weights, its intervals, medians and restricted mean times."""

from dataclasses import dataclass, replace
from math import asin, inf, nan

import numpy as np
from numpy.typing import ArrayLike

from abate.records.problems import AbateError
from abate.statistics.influence import Steps, clustered, quotient
from abate.statistics.times import Floats, Times, at_risk, counts, on_step

SCALES = ("log-log", "log", "plain", "logit", "arcsin")
"""Scales on which an interval is symmetric; the first unless another is named."""


@dataclass(frozen=True)
class Survival:
    """A survival curve: a step at each time of an event.

    Attributes
    ----------
    time
        Times of events, ascending.
    at_risk, events
        Weight at risk just before, and of the events.
    survival, variance
        From each time on.
    variance_kind
        ``Greenwood``, or ``infinitesimal jackknife`` clustered by patient, where rows are weighted or repeated.
    of
        The rows it was made of.
    """

    time: Floats
    at_risk: Floats
    events: Floats
    survival: Floats
    variance: Floats
    variance_kind: str
    of: Times

    def at(self, when: ArrayLike) -> Floats:
        """Return the curve at some times."""
        return on_step(self.survival, 1.0, self.time, np.asarray(when, float))

    def error(self, when: ArrayLike) -> Floats:
        """Return the standard error at some times."""
        return np.sqrt(on_step(self.variance, 0.0, self.time, np.asarray(when, float)))

    def interval(self, when: ArrayLike, scale: str = SCALES[0], level: float = 0.95) -> tuple[Floats, Floats]:
        """Return lower and upper limits at some times: :func:`limits`."""
        return limits(self.at(when), self.error(when), scale, level)

    def numbers_at_risk(self, when: ArrayLike) -> Floats:
        """Return the weight at risk at some times, as printed under a curve."""
        return at_risk(self.of, np.asarray(when, float))

    def quantile(self, share: float = 0.5, scale: str = SCALES[0], level: float = 0.95) -> tuple[float, float, float]:
        """Return when a share has had the event (the median unless said otherwise), with limits; infinite where never.

        Where the curve runs level at the share, the middle of that stretch, as R has it. The limits are where the
        limits of the curve cross it.

        References
        ----------
        Brookmeyer R, Crowley J. Biometrics 1982;38:29-41. doi:10.2307/2530286
        """
        low, high = limits(self.survival, np.sqrt(self.variance), scale, level)
        return tuple(_crossing(self.time, curve, 1 - share) for curve in (self.survival, low, high))  # type: ignore[return-value]

    def restricted_mean(self, until: float) -> tuple[float, float]:
        """Return the mean time free of the event up to a time, with its standard error.

        Raises
        ------
        AbateError
            If nobody was followed so long, and not all had the event: the area beyond would be invented.

        References
        ----------
        Royston P, Parmar MK. BMC Med Res Methodol 2013;13:152. doi:10.1186/1471-2288-13-152
        """
        known = until <= self.of.exit.max(initial=0) or (len(self.survival) and self.survival[-1] == 0)
        if not known or until <= 0:
            raise AbateError(f"No mean time up to {until:g} can be told. Expected a time within the follow-up.")
        inside = self.time < until
        edges = np.concatenate([[0.0], self.time[inside], [until]])
        areas = np.diff(edges) * np.concatenate([[1.0], self.survival[inside]])
        beyond = areas[::-1].cumsum()[::-1][1:]
        if self.variance_kind == "Greenwood":
            deaths, risk = self.events[inside], self.at_risk[inside]
            return float(areas.sum()), float(np.sqrt((beyond**2 * quotient(deaths, risk * (risk - deaths))).sum()))
        middle = (edges[:-1] + edges[1:]) / 2
        influence = _influence(self, middle) @ np.diff(edges)
        return float(areas.sum()), float(np.sqrt(clustered(influence, self.of)))


def kaplan_meier(of: Times, robust: bool | None = None) -> Survival:
    """Estimate survival.

    Parameters
    ----------
    of
        Times at risk; every cause is the event.
    robust
        Whether the variance is the infinitesimal jackknife, clustered by patient; by default only where rows are
        weighted or a patient has several, so that Greenwood's does not hold.

    Returns
    -------
    Survival
        With late entry, a curve that begins with few at risk may fall to 0 at once and stay there: look at
        ``at_risk``.

    References
    ----------
    Kaplan EL, Meier P. J Am Stat Assoc 1958;53:457-481. doi:10.1080/01621459.1958.10501452. Greenwood M. 1926. Late
    entry: Tsai WY, Jewell NP, Wang MC. Biometrika 1987;74:883-886. doi:10.1093/biomet/74.4.883

    Examples
    --------
    >>> from abate.statistics.times import times
    >>> curve = kaplan_meier(times([1, 2, 2, 4], [1, 1, 0, 1]))
    >>> curve.survival, curve.at([0, 1.5]), curve.quantile()[0]
    (array([0.75, 0.5 , 0.  ]), array([1.  , 0.75]), 3.0)
    """
    found = counts(of)
    deaths = found.total
    survival = np.cumprod(1 - deaths / found.at_risk)
    if robust or (robust is None and not of.independent):
        kind = "infinitesimal jackknife"
        curve = Survival(found.time, found.at_risk, deaths, survival, survival, kind, of)
        return replace(curve, variance=clustered(_influence(curve, found.time), of))
    greenwood = np.cumsum(quotient(deaths, found.at_risk * (found.at_risk - deaths)))
    return Survival(found.time, found.at_risk, deaths, survival, survival**2 * greenwood, "Greenwood", of)


def _influence(curve: Survival, when: Floats) -> Floats:
    """Return what a unit of weight of each row does to the curve at some times."""
    steps = Steps(curve.time, curve.of)
    left = curve.at_risk - curve.events
    lost = steps.happened(steps.own(quotient(np.ones(len(left)), left))[:, None], when)
    risked = steps.risked(quotient(curve.events / curve.at_risk, left), when)
    return -curve.at(when) * (lost - risked)


def follow_up(of: Times) -> Survival:
    """Return the curve of follow-up: censoring as the event, so that deaths do not shorten it.

    Who has an event at a time counts as followed up to it, and as at risk of being censored there.

    References
    ----------
    Schemper M, Smith TL. Control Clin Trials 1996;17:343-346. doi:10.1016/0197-2456(96)00075-X

    Examples
    --------
    >>> from abate.statistics.times import times
    >>> follow_up(times([1, 2, 3, 4], [1, 0, 0, 0])).quantile()[0]
    3.0
    """
    return kaplan_meier(replace(of, event=(of.event == 0).astype(np.int64)))


def limits(estimate: Floats, error: Floats, scale: str = SCALES[0], level: float = 0.95) -> tuple[Floats, Floats]:
    """Return the limits of a probability, from its standard error.

    Parameters
    ----------
    estimate, error
        Probabilities and their standard errors.
    scale
        On which the limits are symmetric: one of :data:`SCALES`.
    level
        Of confidence.

    Returns
    -------
    tuple
        Lower and upper; not a number where the scale has none (at 0 and 1), but for ``plain``, cut at 0 and 1.

    References
    ----------
    Kalbfleisch JD, Prentice RL. 1980, for log-log; Borgan O, Liestol K. Scand J Stat 1990;17:35-41, for arcsin.

    Examples
    --------
    >>> [round(float(limit[0]), 3) for limit in limits(np.array([0.5]), np.array([0.1]))]
    [0.295, 0.675]
    """
    from scipy import stats

    if scale not in SCALES:
        raise AbateError(f"No interval is made on the scale {scale}. Expected one of {', '.join(SCALES)}.")
    reach = float(stats.norm.ppf((1 + level) / 2)) * error
    p = np.where((estimate > 0) & (estimate < 1), estimate, nan)
    with np.errstate(invalid="ignore"):
        if scale == "plain":
            return np.clip(estimate - reach, 0, 1), np.clip(estimate + reach, 0, 1)
        if scale == "log":
            return p * np.exp(-reach / p), np.minimum(p * np.exp(reach / p), 1)
        if scale == "log-log":
            spread = reach / np.abs(p * np.log(p))
            return p ** np.exp(spread), p ** np.exp(-spread)
        if scale == "logit":
            middle, spread = np.log(p / (1 - p)), reach / (p * (1 - p))
            return 1 / (1 + np.exp(-(middle - spread))), 1 / (1 + np.exp(-(middle + spread)))
        middle, spread = np.arcsin(np.sqrt(p)), reach / (2 * np.sqrt(p * (1 - p)))
        low, high = (np.clip(middle + side * spread, 0, asin(1)) for side in (-1, 1))
        return np.sin(low) ** 2, np.sin(high) ** 2


def _crossing(time: Floats, curve: Floats, limit: float) -> float:
    """Return when a falling curve reaches a limit; the middle of the stretch on which it equals it."""
    reached = curve <= limit + 1e-9
    if not reached.any():
        return inf
    first = int(reached.argmax())
    if abs(curve[first] - limit) > 1e-9 or first + 1 == len(time):
        return float(time[first])
    return float(time[first] + time[first + 1]) / 2
