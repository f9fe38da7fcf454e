"""Gwet's AC1 and AC2: agreement of two raters or more, where some rated only some, with an interval by patient."""

import numpy as np

from abate.records.problems import AbateError
from abate.statistics.agreement_weights import agreement_weights
from abate.statistics.patient_sums import Estimate, PatientSums, estimated, patient_sums, undefined
from abate.statistics.times import Floats, Integers

NONE_COMPARED = "nothing was graded by both"


def gwet(sums: PatientSums, weights: str = "ordinal", level: float = 0.95) -> Estimate:
    """Return Gwet's coefficient of two gradings of the same days: AC1 if unweighted, else AC2.

    Parameters
    ----------
    sums
        Days with each pair of grades, by patient: :class:`~abate.statistics.patient_sums.PatientSums` of
        ``grades**2`` counts, row by row. The grades are all of the scale: one that nobody gave counts as one that
        could have been given, and a longer scale leaves less to chance.
    weights, level
        :func:`~abate.statistics.agreement_weights.agreement_weights`; the level of the interval.

    Returns
    -------
    Estimate
        None with its reason where nothing was graded by both.

    Raises
    ------
    AbateError
        If the weights are of no known kind.

    References
    ----------
    Gwet KL. Br J Math Stat Psychol 2008;61:29-48, doi:10.1348/000711006X126600. Gwet KL. Handbook of Inter-Rater
    Reliability, 4th ed. 2014, chapters 3 and 5 (ISBN 978-0970806284).

    Examples
    --------
    Two readers of 100 records in three categories (Gwet 2014), each of another patient:

    >>> pairs = np.array([13, 0, 0, 0, 20, 7, 0, 4, 56])
    >>> found = gwet(patient_sums(np.eye(9)[np.repeat(np.arange(9), pairs)]), "unweighted")
    >>> round(found.value, 4), round(found.error, 4)
    (0.8493, 0.0434)
    """
    grades = round(len(sums.total) ** 0.5)
    first, second = np.divmod(np.arange(grades**2), grades)
    shares = (np.eye(grades)[first] + np.eye(grades)[second]) / 2
    agreeing = agreement_weights(grades, weights).ravel()
    both = np.ones(grades**2)
    return gwet_of(sums.of(np.column_stack([agreeing, both, both, shares])), weights, level)


def rated(raters: Floats, patient: Integers, weights: str = "ordinal") -> PatientSums:
    """Return what :func:`gwet_of` needs of days that any number of raters graded.

    Parameters
    ----------
    raters
        How many raters gave each grade, one row a day, shape ``(days, grades)``. A rater who could not grade a day is
        in none of its cells.
    patient
        Whose day, a number from 0 on.
    weights
        As in :func:`gwet`.

    Returns
    -------
    PatientSums
        Sums over the days of a patient of: the weighted share of pairs of raters that agree, days of two raters or
        more, days of one rater or more, and the share of raters who gave each grade.

    Raises
    ------
    AbateError
        If the lengths differ, a count is negative, or the weights are of no known kind.

    Examples
    --------
    Three raters of two days of one patient; the second day was graded by one:

    >>> rated(np.array([[2, 1], [0, 1]]), np.array([0, 0]), "unweighted").total.round(3)
    array([0.333, 1.   , 2.   , 0.667, 1.333])
    """
    if len(raters) != len(patient) or (np.asarray(raters) < 0).any():
        raise AbateError("Ratings cannot be read. Expected a patient for each day, and raters from 0 on in each grade.")
    number = raters.sum(axis=1)
    weight = agreement_weights(raters.shape[1], weights)
    pairs = number * (number - 1)
    alike = ((raters @ weight) * raters).sum(axis=1) - number
    agreeing = np.divide(alike, pairs, out=np.zeros(len(raters)), where=pairs > 0)
    shares = raters / np.maximum(number, 1)[:, None]
    each = np.column_stack([agreeing, number > 1, number > 0, shares])
    summed = np.zeros((int(patient.max(initial=-1)) + 1, each.shape[1]))
    np.add.at(summed, patient, each)
    return patient_sums(summed)


def gwet_of(sums: PatientSums, weights: str = "ordinal", level: float = 0.95) -> Estimate:
    """Return Gwet's coefficient of two raters or more, of whom some may not have rated some days.

    A day that one rater alone graded says how often grades are given, and nothing of agreement; a day that nobody
    graded says nothing. Of days that all graded, one a patient, the variance is Gwet's. Where ratings are missing, his
    takes the number of days with two raters as fixed; here it varies from patient to patient as the rest does.

    Parameters
    ----------
    sums
        From :func:`rated`, with the same weights.
    weights, level
        As in :func:`gwet`.

    Returns
    -------
    Estimate
        None with its reason where no day had two raters.

    Raises, references: as :func:`gwet`.

    Examples
    --------
    >>> days = np.array([[3, 0, 0], [2, 1, 0], [0, 2, 0], [0, 1, 2], [0, 0, 1]])
    >>> found = gwet_of(rated(days, np.arange(5), "linear"), "linear")
    >>> round(found.value, 3), found.patients
    (0.625, 5)
    """
    agreeing, compared, days = sums.total[:3]
    if compared < 1:
        return undefined(sums.patients, NONE_COMPARED)
    grades = len(sums.total) - 3
    weight = agreement_weights(grades, weights).sum() / (grades * (grades - 1))
    share = sums.total[3:] / days
    alike, chance = agreeing / compared, weight * float(share @ (1 - share))
    beyond = 1 - chance
    value = float((alike - chance) / beyond)
    by_share = (1 - value) * weight * (1 - 2 * share) / (days * beyond)
    influence = np.concatenate(
        [[1 / (compared * beyond), -alike / (compared * beyond), float(by_share @ share)], -by_share]
    )
    return estimated(value, influence, sums, (-1.0, 1.0), level)
