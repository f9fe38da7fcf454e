"""Fisher's exact test of a table of any size: every table with its margins counted, none drawn at random."""

from math import comb, prod

import numpy as np

from abate.records.problems import AbateError
from abate.statistics.contingency import Tested
from abate.statistics.times import Floats, Integers
from abate.statistics.two_by_two import ALIKE

MOST_HALVES = 20_000_000
"""Half tables that are held at most."""


def fisher_table(counts: Integers, most: int = MOST_HALVES) -> Tested:
    """Test a table by all tables with its margins that are no more likely (Freeman and Halton).

    Tables are not written out: the left columns of a table meet the right columns that fill its rows, and how many of
    these pairs are no more likely than the table found is looked up in order.

    Parameters
    ----------
    counts
        Of patients, shape ``(rows, columns)``, none negative.
    most
        Half tables that may be held.

    Raises
    ------
    AbateError
        If there are more half tables than that.

    References
    ----------
    Freeman GH, Halton JH. Biometrika 1951;38:141-149. doi:10.2307/2332323

    Examples
    --------
    >>> found = fisher_table(np.array([[3, 0, 1], [0, 2, 2], [1, 1, 4]]))
    >>> round(found.p, 4), round(found.least_p, 4)
    (0.1732, 0.0001)
    """
    table = np.asarray(counts, np.int64)
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    if min(table.shape, default=0) < 2:
        return Tested(1.0, 1.0)
    # Fewer rows, fewer sums at which the halves can meet.
    table = table if table.shape[0] <= table.shape[1] else table.T
    rows, columns = table.sum(axis=1), np.sort(table.sum(axis=0))
    # Small and large columns in turn, so that the halves are of like size.
    halves = (columns[::2], columns[1::2])
    if max(prod(comb(int(total) + len(rows) - 1, len(rows) - 1) for total in half) for half in halves) > most:
        raise AbateError("The table is too large for an exact test. Take a Monte Carlo test, and name it so.")
    radix = np.cumprod(np.concatenate([[1], rows[:-1] + 1]))
    (sums, left), (others, right) = (_half(rows, half) for half in halves)
    met = _meeting(sums @ radix, left, (rows - others) @ radix, right)
    constant = float(_logarithms(rows).sum() + _logarithms(columns).sum() - _logarithms(rows.sum()))
    observed = -float(_logarithms(table).sum())
    lowest = min(float(mine[0] + theirs[0]) for mine, theirs in met)
    p, least = (
        sum(_up_to(mine, theirs, limit + float(np.log1p(ALIKE)), constant) for mine, theirs in met)
        for limit in (observed, lowest)
    )
    return Tested(min(1.0, p), min(1.0, least))


def _logarithms(counts: Integers) -> Floats:
    """Return the logarithms of factorials."""
    from scipy.special import gammaln

    return np.asarray(gammaln(np.asarray(counts) + 1.0))


def _half(rows: Integers, columns: Integers) -> tuple[Integers, Floats]:
    """Return of all fillings of some columns their sums of rows, and less the logarithms of their factorials."""
    sums, found = np.zeros((1, len(rows)), np.int32), np.zeros(1)
    for total in columns:
        parts = _divided(int(total), rows)
        added = sums[:, None, :] + parts[None]
        fits = (added <= rows).all(axis=-1)
        sums, found = added[fits], (found[:, None] - _logarithms(parts).sum(axis=1))[fits]
    return sums.astype(np.int64), found


def _divided(total: int, rows: Integers) -> Integers:
    """Return all divisions of a column among rows, none above its row."""
    parts = np.zeros((1, 0), np.int32)
    for row in rows[:-1]:
        more = np.arange(min(int(row), total) + 1, dtype=np.int32)
        parts = np.column_stack([np.repeat(parts, len(more), axis=0), np.tile(more, len(parts))])
        parts = parts[parts.sum(axis=1) <= total]
    rest = (total - parts.sum(axis=1)).astype(np.int32)
    fits = rest <= rows[-1]
    return np.asarray(np.column_stack([parts, rest])[fits])


def _meeting(key: Integers, left: Floats, other: Integers, right: Floats) -> list[tuple[Floats, Floats]]:
    """Return for each sum of rows that both halves have what they say of it, each in ascending order."""
    one, two = np.lexsort((left, key)), np.lexsort((right, other))
    key, left, other, right = key[one], left[one], other[two], right[two]
    both = np.intersect1d(key, other)
    edges = [np.searchsorted(of, both, side=side) for of in (key, other) for side in ("left", "right")]
    return [(left[a:b], right[c:d]) for a, b, c, d in zip(*edges, strict=True)]


def _up_to(mine: Floats, theirs: Floats, limit: float, constant: float) -> float:
    """Return the chance of all pairs whose sum lies at or below a limit."""
    summed = np.concatenate([np.zeros(1), np.cumsum(np.exp(theirs - theirs[-1]))])
    until = np.searchsorted(theirs, limit - mine, side="right")
    return float((np.exp(mine + theirs[-1] + constant) * summed[until]).sum())
