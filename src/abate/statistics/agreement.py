"""Agreement of two gradings of the same days: the share of one grade, and Cohen's weighted kappa."""

import numpy as np

from abate.statistics.agreement_weights import agreement_weights
from abate.statistics.gwet import NONE_COMPARED
from abate.statistics.patient_sums import Estimate, PatientSums, estimated, undefined

GRADES = range(6)
ONE_GRADE = "no kappa: one grade alone"


def same_grade(sums: PatientSums, level: float = 0.95) -> Estimate:
    """Return the share of days to which both gave the same grade.

    Parameters
    ----------
    sums
        Days with each pair of grades, by patient: :class:`~abate.statistics.patient_sums.PatientSums` of
        ``grades**2`` counts, row by row. A day that one of the two could not grade is in none of them.
    level
        Of the interval, which is clustered by patient: :func:`~abate.statistics.patient_sums.estimated`.

    Returns
    -------
    Estimate
        None with its reason where nothing was graded by both.

    References
    ----------
    Cochran WG. Sampling Techniques, 3rd ed. 1977, section 6.3: the ratio of two sums.

    Examples
    --------
    Grades 0 and 1; days of three patients with both 0, first 0 and second 1, first 1 and second 0, both 1:

    >>> from abate.statistics.patient_sums import patient_sums
    >>> found = same_grade(patient_sums(np.array([[5.0, 1, 0, 2], [3, 2, 0, 0], [4, 0, 1, 1]])))
    >>> round(found.value, 3), round(found.low, 3), round(found.high, 3)
    (0.789, 0.457, 1.0)
    """
    days = sums.total.sum()
    if not days:
        return undefined(sums.patients, NONE_COMPARED)
    same = np.eye(round(len(sums.total) ** 0.5)).ravel()
    share = float(sums.total @ same / days)
    return estimated(share, (same - share) / days, sums, (0.0, 1.0), level)


def weighted_kappa(sums: PatientSums, weights: str = "linear", level: float = 0.95) -> Estimate:
    """Return Cohen's kappa of two gradings: agreement beyond that of chance, as each grades.

    Parameters
    ----------
    sums, level
        As in :func:`same_grade`.
    weights
        :func:`~abate.statistics.agreement_weights.agreement_weights`: ``unweighted`` is the kappa of 1960.

    Returns
    -------
    Estimate
        None with its reason where nothing was graded by both, or both gave one grade alone: then chance agrees in
        full. The variance of one day a patient is that of Fleiss, Cohen and Everitt, times patients over patients
        less one.

    Raises
    ------
    AbateError
        If the weights are of no known kind.

    References
    ----------
    Cohen J. Educ Psychol Meas 1960;20:37-46, doi:10.1177/001316446002000104. Cohen J. Psychol Bull 1968;70:213-220,
    doi:10.1037/h0026256. Fleiss JL, Cohen J, Everitt BS. Psychol Bull 1969;72:323-327, doi:10.1037/h0028106.
    Clustered: Yang Z, Zhou M. Comput Stat Data Anal 2015;82:1-18, doi:10.1016/j.csda.2014.08.004.

    Examples
    --------
    >>> from abate.statistics.patient_sums import patient_sums
    >>> found = weighted_kappa(patient_sums(np.array([[5.0, 1, 0, 2], [3, 2, 0, 0], [4, 0, 1, 1]])))
    >>> round(found.value, 3), round(found.error, 3), found.patients
    (0.465, 0.224, 3)
    """
    days = sums.total.sum()
    if not days:
        return undefined(sums.patients, NONE_COMPARED)
    grades = round(len(sums.total) ** 0.5)
    weight = agreement_weights(grades, weights)
    share = sums.total.reshape(grades, grades) / days
    by_first, by_second = share.sum(axis=1), share.sum(axis=0)
    alike, chance = float((weight * share).sum()), float(by_first @ weight @ by_second)
    beyond = 1 - chance
    if beyond < 1e-12:
        return undefined(sums.patients, ONE_GRADE)
    value = (alike - chance) / beyond
    expected = (weight @ by_second)[:, None] + (by_first @ weight)[None, :]
    each = (weight - (1 - value) * expected).ravel()
    influence = (each - float(each @ share.ravel())) / (beyond * days)
    return estimated(value, influence, sums, (-1.0, 1.0), level)
