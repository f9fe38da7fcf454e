"""Treatment that changes with time: each patient untreated until the start, and treated from then on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from abate.records.problems import AbateError
from abate.statistics.times import Booleans, Integers, Times, times


@dataclass(frozen=True)
class Split:
    """Times at risk split at the start of treatment.

    Attributes
    ----------
    of
        Rows, one for the time before the start and one for the time after it.
    treated
        Whether the row is of the time after.
    row
        Which of the rows given it comes from.
    """

    of: Times
    treated: Booleans
    row: Integers


def split_at(of: Times, start: ArrayLike) -> Split:
    """Split times at risk where a treatment starts.

    Parameters
    ----------
    of
        Times from time zero.
    start
        When the treatment of each row starts, infinite where never. Who starts at a time is treated after it: an event
        at the same time counts as untreated.

    Raises
    ------
    AbateError
        If a start is missing.

    References
    ----------
    Crowley J, Hu M. J Am Stat Assoc 1977;72:27-36. doi:10.1080/01621459.1977.10479903

    Examples
    --------
    >>> found = split_at(times([5, 3], [1, 0]), [2, np.inf])
    >>> found.of.entry, found.of.exit, found.of.event, found.treated
    (array([-inf, -inf,   2.]), array([2., 3., 5.]), array([0, 0, 1]), array([False, False,  True]))
    """
    when = np.asarray(start, float)
    if len(when) != len(of) or np.isnan(when).any():
        raise AbateError("A start of treatment is missing. Expected a time for every row, infinite where never.")
    before, after = when > of.entry, when < of.exit
    rows = np.concatenate([np.flatnonzero(before), np.flatnonzero(after)])
    treated = np.repeat([False, True], [int(before.sum()), int(after.sum())])
    ends = np.where(treated, of.exit[rows], np.minimum(of.exit[rows], when[rows]))
    event = np.where(treated | ~after[rows], of.event[rows], 0)
    begins = np.where(treated, np.maximum(of.entry[rows], when[rows]), of.entry[rows])
    return Split(times(ends, event, begins, of.weight[rows], of.patient[rows]), treated, rows)
