"""Agreement of two gradings: weighted kappa, and an interval of the share that agrees, clustered by patient."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

GRADES = range(6)


@dataclass(frozen=True)
class Shared:
    """What the days of some patients say of two gradings, as sums over the patients.

    Attributes
    ----------
    patients, days, same
        How many patients, days graded by both, days of the same grade.
    days_squared, same_squared, products
        Sums over patients of the square of days, the square of the same, and of their product.
    """

    patients: int
    days: int
    same: int
    days_squared: int
    same_squared: int
    products: int


def weighted_kappa(first: Sequence[int], second: Sequence[int], counts: Sequence[int], weights: str) -> float | None:
    """Return Cohen's weighted kappa of two gradings.

    Parameters
    ----------
    first, second, counts
        Grades 0 to 5 by each grading, and how many had the pair.
    weights
        ``linear`` or ``quadratic``, by the distance of the grades.

    Returns
    -------
    float or None
        None where it is not defined: nothing to compare, or one grade alone by both.

    References
    ----------
    Cohen J. Psychol Bull 1968;70(4):213-220, doi:10.1037/h0026256. Computed by scikit-learn.

    Examples
    --------
    >>> round(weighted_kappa([0, 1, 2], [0, 1, 3], [5, 3, 2], "linear"), 3)
    0.804
    """
    if not counts or len({*first, *second}) < 2:
        return None
    from sklearn.metrics import cohen_kappa_score

    found = cohen_kappa_score(first, second, labels=list(GRADES), weights=weights, sample_weight=counts)
    return None if math.isnan(found) else float(found)


def clustered_interval(shared: Shared, level: float = 0.95) -> tuple[float, float] | None:
    """Return the interval of the share of days that agree, where days of a patient resemble each other.

    The share is a ratio of sums over patients, its variance that of a ratio estimator, and the quantile that of
    Student's t with one degree of freedom less than patients.

    Returns
    -------
    tuple or None
        None of fewer than two patients, or where all patients agree to the same extent.

    References
    ----------
    Cochran WG. Sampling Techniques, 3rd ed. 1977, section 6.3.

    Examples
    --------
    >>> low, high = clustered_interval(Shared(2, 10, 6, 52, 20, 32))
    >>> round(low, 2), round(high, 2)
    (0.0, 1.0)
    """
    from scipy.stats import t

    if shared.patients < 2:
        return None
    share = shared.same / shared.days
    spread = shared.same_squared - 2 * share * shared.products + share**2 * shared.days_squared
    variance = shared.patients / (shared.patients - 1) * max(spread, 0.0) / shared.days**2
    if variance < 1e-12:
        return None
    reach = float(t.ppf((1 + level) / 2, shared.patients - 1)) * math.sqrt(variance)
    return max(0.0, share - reach), min(1.0, share + reach)
