"""Noncompartmental analysis of measured drug concentrations: peak, areas, terminal slope, and what is after the last.

It differs from :mod:`abate.biomarkers.auc`, which gives the area of any laboratory series over days, carries values to
the edges of the window, bridges no long gap, and needs no dose. Here time starts at a dose, what comes after the last
sample is a matter of the drug's own decline, and what comes before the first is nothing (a dose that must be absorbed)
or C0 (an injection). Arrays, vectorised over patients, in whatever units of time and concentration they come.

Where published definitions part, :class:`~abate.exposure.profiles.Rules` has a named choice. ``PHOENIX`` and
``PHOENIX_BOLUS`` are those of Phoenix WinNonlin (its guide, "NCA computation rules"), which NonCompart follows
(doi:10.12793/tcp.2018.26.1.10); ``PKNCA`` and ``PKNCA_WINDOW`` those of PKNCA (doi:10.1007/s10928-015-9432-2, and its
documents "AUC Calculation" and "Half-Life Calculation").
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from abate.exposure.profiles import (
    PHOENIX,
    PHOENIX_BOLUS,
    PKNCA,
    PKNCA_WINDOW,
    SAMPLED,
    Numbers,
    Places,
    Profiles,
    Rules,
    between,
    cleaned,
    last_place,
    logarithms,
    packed,
    peak_place,
    pick,
    pieces,
    profiles,
    started,
)
from abate.records.problems import AbateError

__all__ = [
    "PHOENIX",
    "PHOENIX_BOLUS",
    "PKNCA",
    "PKNCA_WINDOW",
    "SAMPLED",
    "Parameters",
    "Profiles",
    "Rules",
    "TerminalSlope",
    "WindowArea",
    "parameters",
    "profiles",
    "terminal_slope",
    "window_area",
]

Last = Literal["observed", "predicted"]
Tail = Literal["last", "all", "observed", "predicted"]


@dataclass(frozen=True)
class TerminalSlope:
    """The straight line through the logarithms of the last samples, an element a patient; missing where there is none.

    Attributes
    ----------
    rate
        lambda_z (1 / time).
    points
        How many samples it rests on; 0 where there is none.
    first_time
        Of its samples; the last is that of the last positive concentration.
    r_squared, adjusted_r_squared
        Of the regression.
    last_predicted
        Concentration of the line at the time of the last positive one.
    """

    rate: Numbers
    points: Places
    first_time: Numbers
    r_squared: Numbers
    adjusted_r_squared: Numbers
    last_predicted: Numbers

    @property
    def half_life(self) -> Numbers:
        """Time in which the line falls by half."""
        found: Numbers = np.log(2) / self.rate
        return found


def terminal_slope(samples: Profiles, rules: Rules = PHOENIX) -> TerminalSlope:
    """Return the terminal slope by the best adjusted R squared.

    Regressions of the logarithm of the positive concentrations on time, over the last 3 samples, the last 4, and so on
    up to the peak. The one with the best adjusted R squared is taken; within ``tolerance`` of it, the one with most
    samples. The line must fall.

    Parameters
    ----------
    samples
        All that may take part; those before the peak and those of 0 do not.
    rules
        ``slope_from``, ``slope_contest``, ``least_points`` and ``tolerance``: Phoenix ("Lambda Z or Slope Estimation
        settings") and PKNCA ("Half-Life Calculation") differ in the first two.

    Examples
    --------
    >>> found = terminal_slope(profiles(["A"] * 5, [0, 1, 2, 3, 4], [0, 9, 8, 4, 2]))
    >>> found.half_life.round(6).tolist(), found.points.tolist()
    ([1.0], [3])
    """
    kept = samples.timed(np.where(samples.concentration > 0, samples.time, np.nan))
    time, value = kept.time, kept.concentration
    earliest = peak_place(value) + (rules.slope_from == "after_peak")
    used = (np.arange(time.shape[1]) >= earliest[:, None]) & ~np.isnan(time)
    last = last_place(used)
    # Counted from the last sample: squares of long times would cancel.
    x = np.where(used, time - pick(time, last)[:, None], 0)
    logarithm = np.log(np.where(used, value, 1))
    y = np.where(used, logarithm - pick(logarithm, last)[:, None], 0)
    sums = (_from_the_end(part) for part in (used.astype(float), x, y, x * x, x * y, y * y))
    n, sx, sy, sxx, sxy, syy = sums
    fitted, n = used & (n >= rules.least_points), np.maximum(n, 3)
    sxx, sxy, syy = sxx - sx * sx / n, sxy - sx * sy / n, syy - sy * sy / n
    fitted &= syy > 0
    slope = np.where(fitted, sxy, 0) / np.where(fitted, sxx, 1)
    square = slope * np.where(fitted, sxy, 0) / np.where(fitted, syy, 1)
    adjusted = 1 - (1 - square) * (n - 1) / (n - 2)
    compete = fitted & ((slope < 0) | (rules.slope_contest == "all"))
    best = np.where(compete, adjusted, -np.inf).max(axis=1, keepdims=True)
    chosen = compete & (slope < 0) & (adjusted >= best - rules.tolerance)
    place = np.where(chosen.any(axis=1), chosen.argmax(axis=1), -1)
    predicted = pick(value, last)[:, None] * np.exp((sy - slope * sx) / n)
    rate, count, *others = (pick(part, place) for part in (-slope, n, time, square, adjusted, predicted))
    return TerminalSlope(rate, np.nan_to_num(count).astype(np.intp), *others)


def _from_the_end(values: Numbers) -> Numbers:
    return np.cumsum(values[:, ::-1], axis=1)[:, ::-1]


@dataclass(frozen=True)
class Parameters:
    """What the samples of a stretch of time give, an element a patient; missing where it cannot be told.

    Attributes
    ----------
    start
        Of the stretch; moments count from it.
    cmax, tmax
        The highest sample, the first if there are several, and its time.
    clast, tlast
        The last positive sample and its time.
    c_start
        Concentration at the start: sampled, or by ``before_first`` (C0 of an injection).
    auc_last, aumc_last
        Area from the start to ``tlast``, and area of concentration times time since the start.
    auc_all
        The same area with the triangle from ``tlast`` to the sample after it, which is 0.
    before_first
        What of ``auc_last`` lies before the first positive sample, where the start was not sampled.
    slope
        The terminal slope of the same samples.
    """

    start: float
    cmax: Numbers
    tmax: Numbers
    clast: Numbers
    tlast: Numbers
    c_start: Numbers
    auc_last: Numbers
    auc_all: Numbers
    aumc_last: Numbers
    before_first: Numbers
    slope: TerminalSlope

    def auc_infinity(self, last: Last = "observed") -> Numbers:
        """Area to infinity: ``auc_last`` and C / lambda_z, with C observed or predicted at ``tlast``."""
        return self.auc_last + self._from(last) / self.slope.rate

    def percent_extrapolated(self, last: Last = "observed") -> Numbers:
        """What of the area to infinity lies after ``tlast`` (%)."""
        return 100 * (1 - self.auc_last / self.auc_infinity(last))

    def percent_before_first(self, last: Last = "observed") -> Numbers:
        """What of the area to infinity lies before the first sample (%): the back-extrapolated part of an injection."""
        return 100 * self.before_first / self.auc_infinity(last)

    def aumc_infinity(self, last: Last = "observed") -> Numbers:
        """Moment to infinity: ``aumc_last`` and C (tlast - start) / lambda_z + C / lambda_z squared."""
        rate = self.slope.rate
        return self.aumc_last + self._from(last) * ((self.tlast - self.start) / rate + 1 / rate**2)

    def _from(self, last: Last) -> Numbers:
        return self.clast if last == "observed" else self.slope.last_predicted


def parameters(samples: Profiles, rules: Rules = PHOENIX, start: float = 0.0, end: float = np.inf) -> Parameters:
    """Return peak, last sample, areas and terminal slope of the samples from ``start`` to ``end``.

    Nothing is interpolated at ``end``: the area reaches the last positive sample before it, wherever that lies
    (CDISC AUCLST and AUCALL; PKNCA, ``auclast`` and ``aucall`` of an interval). Use :func:`window_area` to compare
    patients over one window. A single sample has no area.

    Parameters
    ----------
    samples
        Those outside of the stretch are left out.
    rules
        All of them.
    start, end
        The stretch; the dose is given at its start, and ``end`` may be infinite.

    Raises
    ------
    AbateError
        If the end is not after the start, or the start is infinite.

    Examples
    --------
    >>> found = parameters(profiles(["A"] * 5, [0, 1, 2, 3, 4], [0, 9, 8, 4, 2]))
    >>> found.auc_last.tolist(), found.auc_infinity().round(4).tolist()
    ([22.0], [24.8854])
    """
    _check(start, end)
    chosen = cleaned(samples.within(start, end), rules)
    kept, added = started(chosen, start, rules)
    time, value = kept.time, kept.concentration
    peak, last = peak_place(chosen.concentration), last_place(value > 0)
    tlast = pick(time, last)
    area, moment = pieces(kept, logarithms(kept, pick(time, peak_place(value)), rules), start)
    known = (time[:, 0] == start) & ~np.isnan(time[:, 1])
    upto, piece = last[:, None], np.arange(area.shape[1])
    within = np.where(piece < upto, area, 0).sum(axis=1)
    triangle = np.where((piece == upto) & ~np.isnan(area), area, 0).sum(axis=1)
    return Parameters(
        start=start,
        cmax=pick(chosen.concentration, peak),
        tmax=pick(chosen.time, peak),
        clast=pick(value, last),
        tlast=tlast,
        c_start=np.where(time[:, 0] == start, value[:, 0], np.nan),
        auc_last=np.where(known, within, np.nan),
        auc_all=np.where(known, within + triangle, np.nan),
        aumc_last=np.where(known, np.where(piece < upto, moment, 0).sum(axis=1), np.nan),
        before_first=np.where(known, np.where(added, area[:, 0], 0), np.nan),
        slope=terminal_slope(chosen, rules),
    )


@dataclass(frozen=True)
class WindowArea:
    """Area under each curve within a window, an element a patient.

    Attributes
    ----------
    area
        Concentration times time; missing where the window is not covered, unless a shortened one was asked for.
    covered
        How much of the window lies between two samples, before the first by ``before_first``, or after the last by the
        terminal slope.
    complete
        Whether that is all of it.
    extrapolated
        What of the area lies after the last positive sample by the terminal slope.
    """

    area: Numbers
    covered: Numbers
    complete: NDArray[np.bool_]
    extrapolated: Numbers


def window_area(
    samples: Profiles, start: float, end: float, tail: Tail = "all", rules: Rules = SAMPLED, shortened: bool = False
) -> WindowArea:
    """Return the area within a window whose edges need not have been sampled.

    Parameters
    ----------
    samples
        All of a patient, those outside the window too: they tell the concentrations at its edges, which are
        interpolated by the rule of the trapezoid.
    start, end
        The window; ``end`` may be infinite.
    tail
        After the last positive sample: ``last``, nothing; ``all``, a straight line to the sample after it, which is 0;
        ``observed`` or ``predicted``, the terminal slope of all samples from that concentration on. PKNCA,
        ``aucint.last``, ``aucint.all``, ``aucint.inf.obs``, ``aucint.inf.pred``.
    rules
        ``PKNCA_WINDOW`` takes 0 at a start before the first sample; by default the window is not covered then.
    shortened
        Whether an area is given where the window is not covered: of what is. PKNCA does so, and does not tell, where
        the last sample comes before ``end``; after a sample of 0 it counts on 0.

    Raises
    ------
    AbateError
        If the end is not after the start, the start is infinite, or the tail is not known.

    Notes
    -----
    A longer stay does not change the area: no sample after the first at or after ``end`` has a say. There are two
    exceptions, which the packages share: the terminal slope, and ``zeros_between="drop"``, by which a positive sample
    after the window takes a 0 within it away.

    Examples
    --------
    >>> curve = profiles(["A"] * 4, [0, 2, 4, 8], [0, 8, 4, 2])
    >>> window_area(curve, 0, 3, rules=PHOENIX).area.tolist(), window_area(curve, 0, 9).complete.tolist()
    ([15.0], [False])
    """
    _check(start, end)
    if tail not in get_args(Tail):
        raise AbateError(f"The tail of an area is not known. Expected {' or '.join(get_args(Tail))}. Correct it.")
    kept, _ = started(cleaned(samples, rules), start, rules)
    sloped = tail in get_args(Last)
    if not sloped:
        nearest = np.where(kept.time >= end, kept.time, np.inf).min(axis=1, keepdims=True)
        kept = kept.timed(np.where(kept.time <= nearest, kept.time, np.nan))
    last, peak = last_place(kept.concentration > 0), pick(kept.time, peak_place(kept.concentration))
    tlast, curves = pick(kept.time, last), logarithms(kept, peak, rules)
    # After the last positive sample there is something to interpolate for the straight line to 0 alone.
    level = np.stack(
        [
            np.where((tlast > moment) | (tail == "all"), between(kept, curves, moment), np.nan)
            for moment in (start, end)
        ],
        axis=1,
    )
    time = np.hstack([kept.time, np.where(np.isnan(level), np.nan, [start, end])])
    inside = packed(kept.patients, time, np.hstack([kept.concentration, level])).within(start, end)
    curves = np.where(inside.time[:, :-1] < tlast[:, None], logarithms(inside, peak, rules), 0)
    area, _ = pieces(inside, curves, start)
    upto = last_place(inside.concentration > 0)[:, None]
    piece = np.arange(area.shape[1])
    counted = (piece < upto) | ((piece == upto) & ~np.isnan(area) & (tail == "all"))
    found = np.where(counted, area, 0).sum(axis=1)
    first, reach = kept.time[:, 0], pick(kept.time, last_place(~np.isnan(kept.time)))
    extrapolated = np.zeros(len(found))
    if sloped:
        slope = terminal_slope(samples, rules)
        known, begin = ~np.isnan(slope.rate), np.maximum(tlast, start)
        height = pick(kept.concentration, last) if tail == "observed" else slope.last_predicted
        beyond = np.exp(-slope.rate * (begin - tlast)) - np.exp(-slope.rate * (np.maximum(end, begin) - tlast))
        extrapolated = np.where(known, height / slope.rate * beyond, 0)
        reach = np.where(known, np.inf, reach)
    covered = np.maximum(np.minimum(end, reach) - np.maximum(start, first), 0)
    covered = np.where(np.isnan(covered), 0, covered)
    complete = (first <= start) & (reach >= end)
    given = complete | (shortened & (covered > 0))
    return WindowArea(np.where(given, found + extrapolated, np.nan), covered, complete, extrapolated)


def _check(start: float, end: float) -> None:
    if not (np.isfinite(start) and end > start):
        raise AbateError(
            "A window ends before it begins. Expected an end after a start that is a number. Correct them."
        )
