"""Landmark analysis: who was treated by a day, among those still at risk on it, and what came after."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from abate.records.problems import AbateError
from abate.statistics.cox import Model, cox
from abate.statistics.gray import gray
from abate.statistics.incidence import Incidence, incidence
from abate.statistics.times import Booleans, Times


@dataclass(frozen=True)
class Landmark:
    """Two groups from a landmark on.

    Attributes
    ----------
    day
        The landmark.
    treated, untreated
        Incidence of every cause after it in who was treated by it, and in all others, times from the landmark.
    model
        Of the hazard of the first cause, treated against the others; none where it cannot be fitted.
    why
        Why there is no model.
    p
        Gray's test of the first cause, where patients are independent.
    before
        Patients whose event or censoring came before the landmark: they tell nothing of it.
    """

    day: float
    treated: Incidence
    untreated: Incidence
    model: Model | None
    why: str
    p: float | None
    before: int


def landmark(of: Times, start: ArrayLike, day: float, ties: str = "efron") -> Landmark:
    """Compare from a landmark on those treated by it with those not.

    Parameters
    ----------
    of
        Times of patients from time zero, at risk from the beginning.
    start
        When each was treated, infinite in those who never were. A later start does not change the group: the question
        is what the treatment so far foretells, and it fades where many start later.
    day
        The landmark, chosen before looking.
    ties
        As for :func:`abate.statistics.cox.cox`.

    Raises
    ------
    AbateError
        If nobody is at risk after the landmark in one of the groups.

    References
    ----------
    Anderson JR, Cain KC, Gelber RD. J Clin Oncol 1983;1:710-719. doi:10.1200/JCO.1983.1.11.710

    Examples
    --------
    >>> from abate.statistics.times import times
    >>> found = landmark(times([1, 5, 6, 7, 8], [1, 1, 0, 1, 1]), [np.inf, 2, np.inf, 1, 6], 3)
    >>> len(found.treated.of), len(found.untreated.of), found.before
    (2, 2, 1)
    """
    there = of.exit > day
    rows = of.where(there)
    rows = Times(rows.exit - day, rows.event, np.full(len(rows), -np.inf), rows.weight, rows.patient)
    treated: Booleans = np.asarray(start, float)[there] <= day
    if not treated.any() or treated.all():
        raise AbateError(f"At the landmark of day {day:g} there are not two groups still at risk. Choose another day.")
    causes = max(1, int(of.event.max()))
    model, why = None, ""
    try:
        model = cox(rows.cause(1), treated[:, None].astype(float), ["treated by the landmark"], ties)
    except AbateError as problem:
        why = str(problem)
    p = gray(rows, treated).p if rows.independent and (rows.event == 1).any() else None
    one, other = incidence(rows.where(treated), causes), incidence(rows.where(~treated), causes)
    return Landmark(day, one, other, model, why, p, int((~there).sum()))
