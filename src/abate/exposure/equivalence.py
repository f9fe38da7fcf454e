"""Corticosteroid doses that are equivalent to each other.

The default is the standard table 0.75 : 4 : 5 : 20 (dexamethasone : methylprednisolone :
prednisone : hydrocortisone). Sources disagree on some entries; each disagreement is a named table,
chosen by the option ``steroid_equivalence``. Fludrocortisone is not part of a dose sum.
"""

from collections.abc import Mapping

import ibis
import pyarrow as pa

EQUIVALENT_MG: Mapping[str, float] = {
    "dexamethasone": 0.75,
    "betamethasone": 0.75,
    "methylprednisolone": 4.0,
    "triamcinolone": 4.0,
    "prednisone": 5.0,
    "prednisolone": 5.0,
    "deflazacort": 6.0,
    "hydrocortisone": 20.0,
    "cortisone": 25.0,
}
"""Doses (mg) of equal effect."""

TABLES: Mapping[str, Mapping[str, float]] = {
    "default": EQUIVALENT_MG,
    "dexamethasone_0.6": {**EQUIVALENT_MG, "dexamethasone": 0.6},
    "deflazacort_7.5": {**EQUIVALENT_MG, "deflazacort": 7.5},
    "betamethasone_0.6": {**EQUIVALENT_MG, "betamethasone": 0.6},
}


def dexamethasone_factors(table: str) -> ibis.Table:
    """Return the factor from a dose of each corticosteroid to mg of dexamethasone.

    Parameters
    ----------
    table
        A name in :data:`TABLES`.

    Returns
    -------
    ibis.Table
        ``drug``, ``factor`` (mg of dexamethasone for each mg).

    Examples
    --------
    >>> factors = dexamethasone_factors("default")
    >>> methylprednisolone = factors.filter(factors.drug == "methylprednisolone")
    >>> 1000 * methylprednisolone.factor.to_pyarrow()[0].as_py()
    187.5
    """
    doses = TABLES[table]
    factors = [doses["dexamethasone"] / dose for dose in doses.values()]
    return ibis.memtable(pa.table({"drug": list(doses), "factor": factors}))
