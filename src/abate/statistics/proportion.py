"""A share of patients with its exact interval."""


def exact_interval(count: int, total: int) -> tuple[float, float]:
    """Return the Clopper-Pearson 95 % interval of a proportion.

    Parameters
    ----------
    count, total
        Patients with the finding, and patients in all.

    Raises
    ------
    ValueError
        If the count is not between 0 and the total, or the total is 0.

    References
    ----------
    Clopper CJ, Pearson ES. Biometrika 1934;26:404-413. doi:10.1093/biomet/26.4.404

    Examples
    --------
    >>> [round(limit, 3) for limit in exact_interval(4, 8)]
    [0.157, 0.843]
    """
    from scipy import stats

    if not 0 <= count <= total or total == 0:
        raise ValueError("a proportion needs a count between 0 and a total above 0")
    interval = stats.binomtest(count, total).proportion_ci(0.95, "exact")
    return float(interval.low), float(interval.high)
