"""Sums over patients, and what they say of a statistic whose observations resemble each other within a patient."""

import math
from dataclasses import dataclass

import numpy as np

from abate.records.problems import AbateError
from abate.statistics.times import Floats

ONE_PATIENT = "no interval: one patient"
NO_VARIATION = "no interval: no patient differs"
LEAST_VARIANCE = 1e-12
"""A smaller variance of a share or coefficient is the noise of floating point."""


@dataclass(frozen=True)
class PatientSums:
    """Counts of each patient, summed, and the sums of their products: all that an interval clustered by patient needs.

    Attributes
    ----------
    patients
        How many patients have a count.
    total
        Each count, summed over patients, shape ``(counts,)``.
    products
        Products of two counts of one patient, summed over patients, shape ``(counts, counts)``.
    """

    patients: int
    total: Floats
    products: Floats

    def of(self, weights: Floats) -> "PatientSums":
        """Return the sums of other counts, each a weighted sum of these; weights of shape ``(counts, others)``."""
        return PatientSums(self.patients, self.total @ weights, weights.T @ self.products @ weights)


@dataclass(frozen=True)
class Estimate:
    """A statistic with its interval.

    Attributes
    ----------
    value
        None where it is not defined.
    low, high, error
        Limits and standard error; None where they are not defined.
    patients
        How many it rests on.
    reason
        Why something is None; empty where all is told.
    """

    value: float | None
    low: float | None
    high: float | None
    error: float | None
    patients: int
    reason: str


def patient_sums(counts: Floats) -> PatientSums:
    """Return the sums of counts, one row a patient.

    Parameters
    ----------
    counts
        Shape ``(patients, counts)``; a patient without any is not counted.

    Raises
    ------
    AbateError
        If a count is missing or negative.

    Examples
    --------
    >>> patient_sums(np.array([[1.0, 2.0], [0.0, 3.0], [0.0, 0.0]])).products
    array([[ 1.,  2.],
           [ 2., 13.]])
    """
    if not (np.isfinite(counts).all() and (counts >= 0).all()):
        raise AbateError("A count of a patient is missing or negative. Expected a number from 0 on in every cell.")
    return PatientSums(int(counts.any(axis=1).sum()), counts.sum(axis=0), counts.T @ counts)


def undefined(patients: int, reason: str) -> Estimate:
    """Return a statistic that is not defined, and why."""
    return Estimate(None, None, None, None, patients, reason)


def estimated(
    value: float, influence: Floats, sums: PatientSums, limits: tuple[float, float], level: float = 0.95
) -> Estimate:
    """Return a statistic with the interval that its influence gives, summed by patient.

    The variance is that of a statistic made linear in the sums over patients (delta method, patients as sampled
    units), ``n / (n - 1)`` times the sum over patients of the square of their influence; the quantile that of
    Student's t with one degree of freedom less than patients. Of one observation a patient it is the usual
    variance. It rests on many patients: with fewer than some 50 the interval is rough.

    Parameters
    ----------
    value
        The statistic, which does not change when all counts are multiplied by a number.
    influence
        Its derivative by each count, shape ``(counts,)``.
    sums
        From :func:`patient_sums`.
    limits
        The least and the greatest value that it can have.
    level
        Of the interval.

    References
    ----------
    Yang Z, Zhou M. Comput Stat Data Anal 2015;82:1-18, doi:10.1016/j.csda.2014.08.004. Cochran WG. Sampling
    Techniques, 3rd ed. 1977, section 6.3.

    Examples
    --------
    Half of the days of four patients agree, 4, 4, 6 and 6 of 10:

    >>> sums = patient_sums(np.array([[4.0, 10.0], [4.0, 10.0], [6.0, 10.0], [6.0, 10.0]]))
    >>> found = estimated(0.5, np.array([1 / 40, -0.5 / 40]), sums, (0.0, 1.0))
    >>> round(found.low, 3), round(found.high, 3)
    (0.316, 0.684)
    """
    if sums.patients < 2:
        return Estimate(value, None, None, None, sums.patients, ONE_PATIENT)
    variance = float(influence @ sums.products @ influence) * sums.patients / (sums.patients - 1)
    if variance < LEAST_VARIANCE:
        return Estimate(value, None, None, None, sums.patients, NO_VARIATION)
    from scipy.stats import t

    error = math.sqrt(variance)
    reach = float(t.ppf((1 + level) / 2, sums.patients - 1)) * error
    return Estimate(value, max(limits[0], value - reach), min(limits[1], value + reach), error, sums.patients, "")
