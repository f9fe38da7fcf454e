"""A logistic model whose rows are not independent: Firth's penalty, errors by patient, mended for few patients."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from abate.records.problems import AbateError
from abate.statistics.times import Booleans, Floats, Integers

MOST_STEPS = 100
CLOSE = 1e-8
MOST_ADDED = 0.5
"""Of the model's own variance, however few the patients (Morel's ``1 / d`` with ``d = 2``)."""
MOST_LEVERAGE = 0.9
"""Of a patient upon the estimate; a greater one counts as this, for a patient who decides it alone has no error."""
FAR = 30.0


@dataclass(frozen=True)
class ClusteredLogistic:
    """A fitted model.

    Attributes
    ----------
    names
        Of the columns, the intercept first.
    coefficients
        Logarithms of odds ratios.
    covariance
        Clustered by patient, each patient's share mended for its leverage (CR2), and ``added``.
    moved
        By how much each patient moves the coefficients, mended, ``(patients, columns)``.
    added
        What few patients leave out: of them a sum of squares is small by chance as often as it is great, and the
        interval then too narrow. It is the covariance of a model without clusters, times the design effect, times
        columns over patients less columns, and vanishes as patients become many.
    rows, patients
        How many.
    """

    names: tuple[str, ...]
    coefficients: Floats
    covariance: Floats
    moved: Floats
    added: Floats
    rows: int
    patients: int

    def predict(self, columns: Floats) -> Floats:
        """Return the chance of the event in some rows, shape ``(rows, columns without the intercept)``."""
        return np.asarray(1 / (1 + np.exp(-self.coefficients[0] - columns @ self.coefficients[1:])))


def from_patients(moved: Floats, added: float = 0.0, level: float = 0.95) -> tuple[float, float, float]:
    """Return standard error, degrees of freedom and reach of the interval of a number, from how each patient moves it.

    The degrees of freedom are the number of patients of whom the variance effectively consists, by Satterthwaite: where
    one patient carries half of it, many others do not make the number certain. ``added`` is variance beyond theirs.
    """
    from scipy import stats

    shares = moved**2
    error = float(np.sqrt(shares.sum() + added))
    freedom = float(shares.sum() ** 2 / (shares**2).sum()) if shares.any() else 1.0
    return error, freedom, float(stats.t.ppf((1 + level) / 2, max(freedom, 1.0))) * error


def clustered_logistic(
    columns: Floats, happened: Booleans, patient: Integers, names: Sequence[str], weight: Floats | None = None
) -> ClusteredLogistic:
    """Fit a logistic model to rows of which a patient has several.

    Parameters
    ----------
    columns
        Shape ``(rows, columns)``, without an intercept.
    happened
        Whether the event happened.
    patient
        Whose row.
    names
        Of the columns.
    weight
        Of the rows; 1 unless given.

    Raises
    ------
    AbateError
        If the event happened in all rows or in none, a column is a sum of others, or the fit does not settle.

    References
    ----------
    Firth D. Biometrika 1993;80:27-38, doi:10.1093/biomet/80.1.27. Bell RM, McCaffrey DF. Surv Methodol
    2002;28:169-181, for CR2. Morel JG, Bokossa MC, Neerchal NK. Biom J 2003;45:395-409, doi:10.1002/bimj.200390021, for
    what is added; that a correction for leverage under Firth's penalty wants an addition too: arXiv:2604.18863
    (abstract). Fay MP, Graubard BI. Biometrics 2001;57:1198-1206, doi:10.1111/j.0006-341X.2001.01198.x, for few
    clusters in logistic and hazard models.

    Examples
    --------
    >>> rows = np.array([[0.0], [0.0], [1.0], [1.0], [0.0], [1.0]])
    >>> found = clustered_logistic(rows, rows[:, 0] > 0, np.array([0, 0, 1, 1, 2, 2]), ["treated"])
    >>> round(float(found.coefficients[1]), 2), found.patients
    (3.89, 3)
    """
    outcome = happened.astype(float)
    weights = np.ones(len(outcome)) if weight is None else weight
    if not 0 < outcome.sum() < len(outcome):
        raise AbateError("All rows or none had the event, so no model tells them apart.")
    centre = columns.mean(axis=0)
    matrix = np.column_stack([np.ones(len(outcome)), columns - centre])
    at = np.zeros(matrix.shape[1])
    for _ in range(MOST_STEPS):
        chance = 1 / (1 + np.exp(-matrix @ at))
        spread = weights * chance * (1 - chance)
        information = (matrix * spread[:, None]).T @ matrix
        if np.linalg.cond(information) > 1e12:
            raise AbateError("A column of the model is a sum of others, or hardly varies. Leave one of them out.")
        inverse = np.linalg.inv(information)
        leverage = spread * np.einsum("ni,ij,nj->n", matrix, inverse, matrix)
        step = inverse @ (matrix.T @ (weights * (outcome - chance) + leverage * (0.5 - chance)))
        farthest = float(np.abs(step).max())
        at = at + step * min(1.0, 2 / max(farthest, 1e-300))
        if farthest < CLOSE:
            break
    else:
        raise AbateError("The model does not settle. Leave a column out.")
    _, whose = np.unique(patient, return_inverse=True)
    count, width = int(whose.max()) + 1, len(at)
    scores, shares = np.zeros((count, width)), np.zeros((count, width, width))
    np.add.at(scores, whose, matrix * (weights * (outcome - chance))[:, None])
    np.add.at(shares, whose, spread[:, None, None] * matrix[:, :, None] * matrix[:, None, :])
    moved = _mended(scores, shares, inverse) @ inverse
    design = max(1.0, float(np.trace(inverse @ scores.T @ scores)) * count / max(count - 1, 1) / width)
    part = min(MOST_ADDED, width / (count - width)) if count > width else MOST_ADDED
    # Back to columns that are not centred: the intercept is where all of them are 0.
    back = np.eye(width)
    back[0, 1:] = -centre
    moved, added = moved @ back.T, part * design * back @ inverse @ back.T
    covariance = moved.T @ moved + added
    return ClusteredLogistic(("(intercept)", *names), back @ at, covariance, moved, added, len(outcome), count)


def _mended(scores: Floats, shares: Floats, inverse: Floats) -> Floats:
    """Return each patient's score as it would be had the patient not drawn the fit to itself (CR2)."""
    values, vectors = np.linalg.eigh(inverse)
    root, unroot = (vectors * np.sqrt(values)) @ vectors.T, (vectors / np.sqrt(values)) @ vectors.T
    pull, axes = np.linalg.eigh(root @ shares @ root)
    stretch = 1 / np.sqrt(1 - np.clip(pull, 0, MOST_LEVERAGE))
    standard = np.einsum("gij,gi->gj", axes, scores @ root) * stretch
    return np.asarray(np.einsum("gij,gj->gi", axes, standard) @ unroot)
