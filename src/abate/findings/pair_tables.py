"""Two gradings side by side, as tables: how far they agree, and the grades of one against those of the other."""

from typing import Any

import numpy as np

from abate.findings.pairs import Pair
from abate.findings.shape import number, share
from abate.statistics.agreement import GRADES, same_grade, weighted_kappa
from abate.statistics.agreement_weights import WEIGHTS
from abate.statistics.gwet import gwet
from abate.statistics.patient_sums import Estimate

UNKNOWN, ALL = "not known", "all"


def with_interval(found: Estimate) -> str:
    """Write a coefficient with its interval, a dash where it is not defined."""
    if found.low is None:
        return _places(found.value)
    return f"{_places(found.value)} ({_places(found.low)} to {_places(found.high)})"


def _places(value: float | None) -> str:
    # What is not quite 1 is not written as 1.
    return number(value, 3 if value is not None and 0.99 < value < 1 else 2)


def _per_cent(low: float, high: float) -> str:
    return f"{number(100 * low)}–{number(100 * high)} %"


def agreement_line(pair: Pair, weights: str) -> dict[str, Any]:
    """Return how far two gradings agree, for the eye; see :func:`coefficients` for the numbers."""
    days = pair.sums.total.reshape(len(GRADES), len(GRADES)).astype(int)
    apart = np.abs(np.subtract.outer(np.arange(len(GRADES)), np.arange(len(GRADES))))
    same, kappa, ac2 = same_grade(pair.sums), weighted_kappa(pair.sums, weights), gwet(pair.sums, weights)
    every = int(days.sum())
    return {
        "toxicity": pair.toxicity,
        "first": pair.first,
        "second": pair.second,
        "compared": pair.unit,
        "patients": pair.sums.patients,
        "graded by both": every,
        "the same grade": share(int(days.trace()), every),
        "95 % interval": "–" if same.low is None or same.high is None else _per_cent(same.low, same.high),
        "weighted kappa (95 % interval)": with_interval(kappa),
        "AC2 (95 % interval)": with_interval(ac2),
        "two grades or more apart": int(days[apart >= 2].sum()),
        "why not told": "; ".join(dict.fromkeys(found.reason for found in (kappa, ac2, same) if found.reason)),
    }


def coefficients(pair: Pair) -> list[dict[str, Any]]:
    """Return every coefficient of two gradings under all weights, unrounded, a row each.

    ``toxicity, first, second, compared, coefficient, weights, patients, graded_by_both, value, low, high,
    standard_error, reason``; the interval is of 95 %.
    """
    found = [("same grade", WEIGHTS[0], same_grade(pair.sums))]
    for weights in WEIGHTS:
        found.append(("kappa", weights, weighted_kappa(pair.sums, weights)))
        found.append(("AC1" if weights == WEIGHTS[0] else "AC2", weights, gwet(pair.sums, weights)))
    return [
        {
            "toxicity": pair.toxicity,
            "first": pair.first,
            "second": pair.second,
            "compared": pair.unit,
            "coefficient": name,
            "weights": weights,
            "patients": pair.sums.patients,
            "graded_by_both": int(pair.sums.total.sum()),
            "value": one.value,
            "low": one.low,
            "high": one.high,
            "standard_error": one.error,
            "reason": one.reason,
        }
        for name, weights, one in found
    ]


def confusion_rows(pair: Pair) -> list[dict[str, Any]]:
    """Return the grades of the first against those of the second, a row a grade of the first, with totals.

    A day is not known of a grader who could not grade it or, a clinician, recorded no single grade of it; a patient, of
    whom no day was graded by both.
    """
    titles = (*(f"grade {grade}" for grade in GRADES), UNKNOWN, ALL)
    return [
        {
            "toxicity": pair.toxicity,
            "first": pair.first,
            "second": pair.second,
            "compared": pair.unit,
            "by the first": title,
            **dict(zip(titles, cells, strict=True)),
        }
        for title, cells in zip(titles, pair.table.tolist(), strict=True)
    ]


def both_graded(pairs: list[Pair], unit: str) -> list[dict[str, Any]]:
    """Return how many were given each pair of grades, a row each that occurs."""
    return [
        {
            "toxicity": pair.toxicity,
            "first": pair.first,
            "second": pair.second,
            "first_grade": first,
            "second_grade": second,
            "count": int(pair.table[first, second]),
        }
        for pair in pairs
        if pair.unit == unit
        for first in GRADES
        for second in GRADES
        if pair.table[first, second]
    ]
