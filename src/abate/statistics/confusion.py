"""The grades of one grading against those of another, with totals, and what either could not grade apart."""

import numpy as np

from abate.records.problems import AbateError
from abate.statistics.times import Integers


def confusion(counts: Integers, first: Integers, second: Integers, everything: int) -> Integers:
    """Return a table of two gradings: a row a grade of the first, a column a grade of the second.

    Parameters
    ----------
    counts
        How many were graded by both, shape ``(grades, grades)``.
    first, second
        How many each gave each grade, whether the other graded them or not, shape ``(grades,)``.
    everything
        How many there are, graded or not.

    Returns
    -------
    array
        Shape ``(grades + 2, grades + 2)``: the grades, then what is not known, then the total. What neither could
        grade is in the corner of the two that are not known: it is grade 0 of neither.

    Raises
    ------
    AbateError
        If fewer were graded by one than by both, or more than there are.

    Examples
    --------
    Ten days; both gave 1 on three, the first gave 0 on four of which the second graded two:

    >>> confusion(np.array([[2, 0], [0, 3]]), np.array([4, 3]), np.array([2, 4]), 10)
    array([[ 2,  0,  2,  4],
           [ 0,  3,  0,  3],
           [ 0,  1,  2,  3],
           [ 2,  4,  4, 10]])
    """
    first_alone, second_alone = first - counts.sum(axis=1), second - counts.sum(axis=0)
    neither = everything - counts.sum() - first_alone.sum() - second_alone.sum()
    known = np.block([[counts, first_alone[:, None]], [second_alone[None, :], np.array([[neither]])]])
    if (known < 0).any():
        raise AbateError("A table of two gradings does not add up. Expected each to grade no fewer than both together.")
    rows = np.vstack([known, known.sum(axis=0)])
    return np.asarray(np.column_stack([rows, rows.sum(axis=1)]))
