"""The chance of starting a drug as a logistic function: for weights alone, so held a little towards none."""

from collections.abc import Callable

import numpy as np

from abate.statistics.times import Floats

MOST_STEPS = 25
RIDGE = 1e-4
"""A row's share of the hold, so that a sample in which all or none started has a chance too, and columns that say the
same share what they say."""


def ridge_logistic(columns: Floats, happened: Floats, weight: Floats | None = None) -> Callable[[Floats], Floats]:
    """Return a function that gives the chance of something in rows of the same columns.

    Parameters
    ----------
    columns
        Shape ``(rows, columns)``, of a spread near 1; without an intercept.
    happened
        1 where it happened, else 0.
    weight
        Of the rows; 1 unless given.

    References
    ----------
    le Cessie S, van Houwelingen JC. Appl Stat 1992;41:191-201. doi:10.2307/2347628

    Examples
    --------
    >>> chance = ridge_logistic(np.array([[0.0], [0.0], [1.0], [1.0]]), np.array([0, 1, 1, 1]))
    >>> [round(float(each), 1) for each in chance(np.array([[0.0], [1.0]]))]
    [0.5, 1.0]
    """
    weights = np.ones(len(columns)) if weight is None else weight
    matrix = np.column_stack([np.ones(len(columns)), columns])
    at = np.zeros(matrix.shape[1])
    hold = RIDGE * weights.sum() * np.eye(len(at))
    hold[0, 0] = 1e-9
    for _ in range(MOST_STEPS):
        chance = 1 / (1 + np.exp(-matrix @ at))
        spread = weights * chance * (1 - chance)
        slope = matrix.T @ (weights * (happened - chance)) - hold @ at
        step = np.linalg.solve((matrix * spread[:, None]).T @ matrix + hold, slope)
        at = at + np.clip(step, -4, 4)
        if np.abs(step).max() < 1e-8:
            break
    return lambda given: np.asarray(1 / (1 + np.exp(-at[0] - given @ at[1:])))
