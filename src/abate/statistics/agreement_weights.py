"""How much two grades agree that are not the same: weights by their distance."""

from math import comb

import numpy as np

from abate.records.problems import AbateError
from abate.statistics.times import Floats

WEIGHTS = ("unweighted", "linear", "quadratic", "ordinal")


def agreement_weights(grades: int, weights: str) -> Floats:
    """Return the weight of each pair of grades: 1 of the same grade, 0 of the two that lie furthest apart.

    Parameters
    ----------
    grades
        How many grades the scale has, used or not.
    weights
        ``unweighted`` (1 or 0), ``linear`` and ``quadratic`` (less by the distance, or by its square), ``ordinal``
        (less by the number of pairs of grades between the two, both included).

    Returns
    -------
    array
        Shape ``(grades, grades)``, symmetric.

    Raises
    ------
    AbateError
        If the weights are of no known kind, or the scale has one grade alone.

    References
    ----------
    Cohen J. Psychol Bull 1968;70(4):213-220, doi:10.1037/h0026256. Gwet KL. Handbook of Inter-Rater Reliability,
    4th ed. 2014, chapter 3 (ISBN 978-0970806284).

    Examples
    --------
    >>> agreement_weights(3, "quadratic")
    array([[1.  , 0.75, 0.  ],
           [0.75, 1.  , 0.75],
           [0.  , 0.75, 1.  ]])
    """
    if weights not in WEIGHTS or grades < 2:
        raise AbateError(f"Weights of agreement are not known. Expected two grades or more, and {', '.join(WEIGHTS)}.")
    place = np.arange(grades)
    apart = np.abs(place[:, None] - place[None, :])
    loss = {
        "unweighted": np.minimum(apart, 1),
        "linear": apart,
        "quadratic": apart**2,
        "ordinal": np.array([comb(distance + 1, 2) for distance in place])[apart],
    }[weights]
    return np.asarray(1 - loss / loss.max())
