"""Measured concentrations, one row a patient, and the trapezoids between them: what areas under them are made of."""

from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from abate.records.problems import AbateError

Numbers = NDArray[np.float64]
Places = NDArray[np.intp]
FLAT = 1e-6
"""Logarithm of a ratio below which both trapezoids are the same and the logarithmic one cancels."""


@dataclass(frozen=True)
class Rules:
    """What the published definitions of noncompartmental analysis leave open.

    Attributes
    ----------
    trapezoid
        ``linear``; ``linear_up_log_down``, logarithmic wherever the curve falls; ``linear_log``, logarithmic wherever
        it is past its peak, in a rise too (doi:10.1007/BF01062336). Always linear to and from 0.
    before_first
        Where the start was not sampled, the area is ``missing`` (PKNCA, ``auclast``); or the concentration there is
        ``zero`` (Phoenix, of a dose that is absorbed or infused; PKNCA, ``aucint``); or ``back_extrapolated``: C0, on
        the straight line of the logarithms of the first two samples, if they fall and are positive, else the first
        positive sample (Phoenix, of an injection; PKNCA, ``c0``: ``logslope``, then ``c1``).
    zeros_between
        Samples of 0 between positive ones: ``keep`` (Phoenix) or ``drop`` (PKNCA, ``conc.blq``).
    slope_from
        The earliest sample of the terminal slope: ``after_peak`` (PKNCA; Phoenix unless injected) or ``peak``.
    slope_contest
        Which regressions set the best adjusted R squared: ``falling`` ones (Phoenix), or ``all``, so that a better one
        that rises may leave none (PKNCA).
    least_points
        Of a regression; 3 in both.
    tolerance
        How far below the best adjusted R squared the one with most samples may be; 0.0001 in both.

    Raises
    ------
    AbateError
        If a choice is not one of these, there are fewer than 3 points, or the tolerance is negative.

    Examples
    --------
    >>> replace(PKNCA, trapezoid="linear").zeros_between
    'drop'
    """

    trapezoid: Literal["linear", "linear_up_log_down", "linear_log"] = "linear_up_log_down"
    before_first: Literal["missing", "zero", "back_extrapolated"] = "missing"
    zeros_between: Literal["keep", "drop"] = "keep"
    slope_from: Literal["after_peak", "peak"] = "after_peak"
    slope_contest: Literal["falling", "all"] = "falling"
    least_points: int = 3
    tolerance: float = 1e-4

    def __post_init__(self) -> None:
        for field in fields(self)[:5]:
            known = get_args(field.type)
            if getattr(self, field.name) not in known:
                raise AbateError(f"The rule {field.name} is not known. Expected {' or '.join(known)}. Correct it.")
        if self.least_points < 3 or not self.tolerance >= 0:
            raise AbateError(
                "No terminal slope can be chosen by these rules. Expected 3 points or more, and a tolerance from 0 on. "
                "Correct them."
            )


SAMPLED = Rules()
"""Nothing before the first sample, and zeros as they were measured."""
PHOENIX = Rules(trapezoid="linear", before_first="zero")
"""Phoenix WinNonlin and NonCompart, of a dose that is absorbed or infused; ``linear_up_log_down`` is their ``Log``."""
PHOENIX_BOLUS = replace(PHOENIX, before_first="back_extrapolated", slope_from="peak")
"""The same of an injection into a vein."""
PKNCA = Rules(zeros_between="drop", slope_contest="all")
"""PKNCA, of the samples within an interval; its start counts only where it was sampled."""
PKNCA_WINDOW = replace(PKNCA, before_first="zero")
"""PKNCA, of areas with interpolated edges (``aucint``)."""


@dataclass(frozen=True)
class Profiles:
    """Measured concentrations, one row a patient.

    Attributes
    ----------
    patients
        Who each row is.
    time, concentration
        Samples in order of time; missing after the last of a patient. Both have two columns or more.
    """

    patients: NDArray[Any]
    time: Numbers
    concentration: Numbers

    def within(self, start: float, end: float) -> "Profiles":
        """Return the samples from one time to another, both included."""
        return self.timed(np.where((self.time >= start) & (self.time <= end), self.time, np.nan))

    def timed(self, time: Numbers) -> "Profiles":
        """Return the same samples at other times; those without one are left out."""
        return packed(self.patients, time, self.concentration)


def profiles(patient: ArrayLike, time: ArrayLike, concentration: ArrayLike) -> Profiles:
    """Return measured concentrations as one row a patient.

    Parameters
    ----------
    patient
        Whose each sample is.
    time
        When it was taken, on a clock that starts at the dose.
    concentration
        What was measured; 0 is below the limit of quantification, missing (NaN) is not measured and left out.

    Raises
    ------
    AbateError
        If the lengths differ, a time is missing or infinite, a concentration is negative or infinite, or a patient has
        two at one time.

    Examples
    --------
    >>> profiles(["B", "A", "A"], [0.5, 2, 1], [3, 1, 4]).time.tolist()
    [[1.0, 2.0], [0.5, nan]]
    """
    who, when, value = np.asarray(patient), np.asarray(time, float), np.asarray(concentration, float)
    if who.ndim != 1 or not who.shape == when.shape == value.shape:
        raise AbateError(
            "Concentrations cannot be read. Expected a patient, a time and a concentration of each sample."
        )
    measured = ~np.isnan(value)
    if not np.isfinite(when).all() or np.isinf(value).any() or (value[measured] < 0).any():
        raise AbateError(
            "A sample has no time, or a concentration that is negative or infinite. Expected a time of every sample, "
            "and 0 below the limit of quantification. Correct it, or leave the sample out."
        )
    patients, row = np.unique(who, return_inverse=True)
    row, when, value = row[measured], when[measured], value[measured]
    order = np.lexsort((when, row))
    row, when, value = row[order], when[order], value[order]
    if ((np.diff(row) == 0) & (np.diff(when) == 0)).any():
        raise AbateError("A patient has two concentrations at one time. Expected one. Average them, or leave one out.")
    counts = np.bincount(row, minlength=len(patients))
    column = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    found = np.full((2, len(patients), max(2, int(counts.max(initial=0)))), np.nan)
    found[0, row, column], found[1, row, column] = when, value
    return Profiles(patients, found[0], found[1])


def packed(patients: NDArray[Any], time: Numbers, value: Numbers) -> Profiles:
    """Return samples in order of time, those without a time left out."""
    order = np.argsort(time, axis=1, kind="stable")
    time, value = np.take_along_axis(time, order, 1), np.take_along_axis(value, order, 1)
    most = max(2, int((~np.isnan(time)).sum(axis=1).max(initial=0)))
    time = time[:, :most]
    return Profiles(patients, time, np.where(np.isnan(time), np.nan, value[:, :most]))


def pick(table: NDArray[Any], place: Places) -> Numbers:
    """Return the element of each row at its place; missing where there is none (-1)."""
    found = np.take_along_axis(table, np.clip(place, 0, table.shape[1] - 1)[:, None], 1)[:, 0]
    return np.where(place < 0, np.nan, found)


def last_place(chosen: NDArray[np.bool_]) -> Places:
    """Return the last place of each row that is chosen, or -1."""
    return np.where(chosen.any(axis=1), chosen.shape[1] - 1 - chosen[:, ::-1].argmax(axis=1), -1)


def peak_place(value: Numbers) -> Places:
    """Return the place of the first highest value of each row, or -1."""
    return np.where(np.isnan(value).all(axis=1), -1, np.where(np.isnan(value), -np.inf, value).argmax(axis=1))


def cleaned(samples: Profiles, rules: Rules) -> Profiles:
    """Return the samples with or without zeros between positive ones."""
    if rules.zeros_between == "keep":
        return samples
    positive = samples.concentration > 0
    later = np.logical_or.accumulate(positive, axis=1)
    earlier = np.logical_or.accumulate(positive[:, ::-1], axis=1)[:, ::-1]
    return samples.timed(np.where(later & earlier & ~positive, np.nan, samples.time))


def started(samples: Profiles, start: float, rules: Rules) -> tuple[Profiles, NDArray[np.bool_]]:
    """Return the samples with a concentration at the start, and where it was added by ``before_first``."""
    origin = np.zeros(len(samples.time))
    if rules.before_first == "missing":
        return samples, origin > 0
    if rules.before_first == "back_extrapolated":
        # A sample of 0 at the time of the injection was drawn before it.
        predose = (samples.time <= start) & (samples.concentration == 0)
        samples = samples.timed(np.where(predose, np.nan, samples.time))
        (first, second), (high, low) = samples.time[:, :2].T, samples.concentration[:, :2].T
        falls = (high > low) & (low > 0)
        positive = samples.concentration > 0
        lowest = pick(samples.concentration, np.where(positive.any(axis=1), positive.argmax(axis=1), -1))
        share = (first - start) / np.where(falls, second - first, 1)
        origin = np.where(falls, high * (np.where(falls, high, 1) / np.where(falls, low, 1)) ** share, lowest)
    added = (samples.time[:, 0] > start) & ~np.isnan(origin)
    time = np.hstack([np.where(added, start, np.nan)[:, None], samples.time])
    return packed(samples.patients, time, np.hstack([origin[:, None], samples.concentration])), added


def logarithms(samples: Profiles, peak: Numbers, rules: Rules) -> Numbers:
    """Return the logarithm of the fall of each piece that is logarithmic, and 0 for those that are linear."""
    before, after = samples.concentration[:, :-1], samples.concentration[:, 1:]
    if rules.trapezoid == "linear_up_log_down":
        chosen = before > after
    else:
        chosen = (samples.time[:, :-1] >= peak[:, None]) & (rules.trapezoid == "linear_log")
    chosen &= (before > 0) & (after > 0)
    fall = np.where(chosen, before - after, 0)
    ratio = np.sign(fall) * np.log1p(np.abs(fall) / np.where(chosen, np.minimum(before, after), 1))
    return np.where(np.abs(ratio) > FLAT, ratio, 0)


def pieces(samples: Profiles, ratio: Numbers, start: float) -> tuple[Numbers, Numbers]:
    """Return area and moment of each piece between a sample and the next, by what :func:`logarithms` gives."""
    time, value = samples.time - start, samples.concentration
    before, after, length = value[:, :-1], value[:, 1:], np.diff(time)
    moment, curved = time * value, ratio != 0
    fall, rate = moment[:, :-1] - moment[:, 1:], np.where(curved, ratio, 1) / length
    area = np.where(curved, (before - after) / rate, length * (before + after) / 2)
    straight = length * (moment[:, :-1] + moment[:, 1:]) / 2
    return area, np.where(curved, fall / rate + (before - after) / rate**2, straight)


def between(samples: Profiles, ratio: Numbers, moment: float) -> Numbers:
    """Return the concentration of each patient at a time between two samples; missing at and outside of samples."""
    time, value = samples.time, samples.concentration
    place = (time <= moment).sum(axis=1) - 1
    left, right, before, after = (pick(part, place + step) for part in (time, value) for step in (0, 1))
    within = (place >= 0) & (left < moment) & (moment < right)
    share = np.where(within, (moment - left) / np.where(within, right - left, 1), 0)
    curve = pick(ratio, place)
    found = np.where(curve != 0, before * np.exp(-curve * share), before + (after - before) * share)
    return np.where(within, found, np.nan)
