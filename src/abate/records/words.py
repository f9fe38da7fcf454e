"""Numbers in words, the same words on every engine."""

import ibis.expr.types as ir


def plain(number: ir.NumericValue, places: int = 2) -> ir.StringValue:
    """Return a number as text without needless decimals.

    Engines write a number of their own kind in their own way (``4.0``, ``4``, ``1.0E7``), a decimal all alike.

    Examples
    --------
    >>> import ibis
    >>> [plain(ibis.literal(number)).to_pyarrow().as_py() for number in (4.0, 0.25, 100.0, 12000000.0)]
    ['4', '0.25', '100', '12000000']
    """
    return number.cast(f"decimal(38, {places})").cast("string").re_replace(r"\.?0+$", "")
