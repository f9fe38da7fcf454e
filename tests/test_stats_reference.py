"""Every number of the reference results: R, or full enumeration, on public data, within the tolerance stated there."""

import math

import pytest

import stats_reference_exact
import stats_reference_survival
from stats_reference import FOLDER, Row, computed, rows

SURVIVAL = rows(stats_reference_survival.FILE)
EXACT = [row for name in stats_reference_exact.FILES for row in rows(name)]

LOOSE = {"F1-tea-Fisher-conditional MLE OR-or": 1e-5, "F1-tea-Fisher--lo": 1e-4, "F1-tea-Fisher--hi": 1e-2}
"""Relative tolerance of rows for which R looks for a root within 1.2e-4 (of its inverse above 1); ours solve their
equation, as test_stats_reference_trap_of_an_odds_ratio_that_stops_early shows."""


def _tolerance(row: Row) -> float:
    """Return the relative tolerance: exact 1e-9, P values 1e-4, iterative fits 1e-5, all else 1e-6."""
    quantity = row.quantity.split()[-1]
    iterative = any(word in row.method for word in ("Cox", "crr", "Andersen", "PWP", "hazards", "Firth", "PLR", "zph"))
    iterative = iterative or "profile" in row.method
    if quantity in ("p", "p2", "pg", "pl"):
        return 1e-9 if row in EXACT and not iterative else 1e-4
    if iterative:
        return 1e-5
    return 1e-9 if row in EXACT and "power" not in row.method else 1e-6


def test_stats_reference_is_here() -> None:
    """Without the folder nothing is compared, and that is said."""
    if not FOLDER.is_dir():
        pytest.skip(f"the reference results (ABATE_STATS_REFERENCE, {FOLDER}) are not here")
    assert SURVIVAL
    assert EXACT


@pytest.mark.parametrize("row", [*SURVIVAL, *EXACT], ids=str)
def test_stats_reference(row: Row) -> None:
    """abate's number is R's; where R has none, neither has abate."""
    found = computed(row)
    if math.isnan(row.value):
        assert not math.isfinite(found)
    else:
        assert found == pytest.approx(row.value, rel=LOOSE.get(str(row), _tolerance(row)), abs=1e-12)
