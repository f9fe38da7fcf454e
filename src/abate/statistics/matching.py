"""Risk-set matching: each patient who starts against others who could have started on the same day and waited."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from abate.records.problems import AbateError
from abate.statistics.sequential_trials import Entries
from abate.statistics.times import Floats

MOST = 3
"""Controls of a treated entry, ties beside."""
TIE = 1e-6
"""How much a day apart adds to a distance: it decides between those who are equally near."""


@dataclass(frozen=True)
class Matched:
    """Entries matched.

    Attributes
    ----------
    weight
        How much each entry counts: 1 the treated that found a control, the controls of one share 1, all others 0.
    treated, matched
        Treated entries, and those of them that found a control.
    controls
        Entries that stand as a control.
    """

    weight: Floats
    treated: int
    matched: int
    controls: int


def matched(of: Entries, furthest: Mapping[str, float], days: int = 0, most: int = MOST) -> Matched:
    """Match every treated entry with untreated ones of the same day that are alike.

    Parameters
    ----------
    of
        Entries of :func:`abate.statistics.sequential_trials.entries`.
    furthest
        By covariate, how far a control may lie from the treated; 0 is the same.
    days
        How many days the trial of a control may lie from that of the treated.
    most
        Controls of each, the nearest: by the sum of the distances, each in proportion to the furthest allowed, then by
        the day. Those as near as the last of them are controls too, so that no order of patients decides. One may
        stand for several.

    Raises
    ------
    AbateError
        If a covariate is not known, or nobody could be matched.

    References
    ----------
    Li YP, Propert KJ, Rosenbaum PR. J Am Stat Assoc 2001;96:870-882. doi:10.1198/016214501753208573. Ties: Abadie A,
    Imbens GW. Econometrica 2006;74:235-267, doi:10.1111/j.1468-0262.2006.00655.x

    Examples
    --------
    >>> from abate.statistics.person_days import PersonDays
    >>> from abate.statistics.sequential_trials import entries
    >>> grade = np.array([[3.0, 3.0, 1.0], [3.0, 3.0, 3.0], [4.0, 4.0, 4.0]])
    >>> start, last = np.array([0, np.inf, np.inf]), np.array([2, 2, 2])
    >>> days = PersonDays(0, grade, start, last, np.array([False] * 3), {"grade 4": (grade == 4) * 1.0})
    >>> found = matched(entries(days, grade >= 3, grade >= 3, 2), {"grade 4": 0})
    >>> found.weight.tolist(), found.matched, found.controls
    ([1.0, 1.0, 0.0, 0.0, 0.0], 1, 1)
    """
    if unknown := set(furthest) - set(of.covariates):
        raise AbateError(f"Entries cannot be matched on what is not known of them: {', '.join(sorted(unknown))}.")
    weight, found, controls = np.zeros(len(of)), 0, set[int]()
    waiting = np.flatnonzero(~of.treated)
    starting = np.flatnonzero(of.treated)
    columns = {name: of.covariates[name] for name in furthest}
    for row in starting:
        apart = np.abs(of.day[waiting] - of.day[row])
        alike = (apart <= days) & (of.patient[waiting] != of.patient[row])
        distance = apart * TIE
        for name, limit in furthest.items():
            gap = np.abs(columns[name][waiting] - columns[name][row])
            alike &= gap <= limit + 1e-9
            distance = distance + (gap / limit if limit else 0.0)
        there = np.flatnonzero(alike)
        if not len(there):
            continue
        near = np.sort(distance[there])[:most][-1]
        chosen = waiting[there[distance[there] <= near + 1e-9]]
        found += 1
        weight[row] += 1
        weight[chosen] += 1 / len(chosen)
        controls.update(chosen.tolist())
    if not found:
        raise AbateError(
            f"Nobody could be matched: none of the {len(starting)} who started had anybody like them among those who "
            "waited on that day."
        )
    return Matched(weight, len(starting), found, len(controls))
