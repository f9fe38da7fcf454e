"""What a comparison of two groups could find, from their sizes alone: with 80 % power, two-sided 5 %."""

from abate.findings.shape import number

POWER, SIZE = 0.8, 0.05


def _reach() -> float:
    from scipy import stats

    return float(stats.norm.ppf(1 - SIZE / 2) + stats.norm.ppf(POWER))


def hazard_ratio(first: int, second: int) -> str:
    """Return the hazard ratio that two groups could find, were every patient to have the event.

    References
    ----------
    Schoenfeld DA. Biometrics 1983;39:499-503. doi:10.2307/2531021

    Examples
    --------
    >>> hazard_ratio(50, 50), hazard_ratio(4, 4)
    ('1.75 or 0.57', '7.25 or 0.14')
    """
    import numpy as np

    everyone = first + second
    ratio = float(np.exp(_reach() * everyone / np.sqrt(everyone * first * second)))
    return f"{number(ratio, 2)} or {number(1 / ratio, 2)}"


def difference(first: int, second: int) -> str:
    """Return the difference of shares, in percentage points, that two groups could find about a share of one half.

    Of as many independent patients, at random: groups that had to be made alike find less.

    References
    ----------
    Fleiss JL, Levin B, Paik MC. Statistical methods for rates and proportions, 3rd ed. Wiley 2003, chapter 4.

    Examples
    --------
    >>> difference(50, 50), difference(4, 4)
    ('28', 'none')
    """
    points = 100 * _reach() * (0.25 / first + 0.25 / second) ** 0.5
    return f"{points:.0f}" if points < 50 else "none"
