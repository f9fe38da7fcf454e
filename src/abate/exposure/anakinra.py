"""Published apparent clearance of anakinra: by renal function, and in children by weight.

Yang BB, Baughman S, Sullivan JT. Clin Pharmacol Ther 2003;74:85-94, doi:10.1016/S0009-9236(03)00094-8. Urien S, et
al. BMC Pharmacol Toxicol 2013;14:40, doi:10.1186/2050-6511-14-40. For exposure, never for dosing.
"""


def clearance_by_renal_function(creatinine_clearance: float) -> float:
    """Return the apparent clearance of anakinra given subcutaneously (mL/min).

    Parameters
    ----------
    creatinine_clearance
        mL/min.

    Notes
    -----
    log10(CL/F) = 1.65 + 0.0062 x creatinine clearance (Yang 2003, 100 mg subcutaneously; verified).

    Examples
    --------
    >>> round(clearance_by_renal_function(30), 3)
    68.549
    """
    return float(10 ** (1.65 + 0.0062 * creatinine_clearance))


def clearance_by_weight(weight: float) -> float:
    """Return the apparent clearance of anakinra in children (L/h).

    Parameters
    ----------
    weight
        Body weight (kg).

    Notes
    -----
    CL/F = 6.24 x (weight / 70)^0.47 (Urien 2013, 87 children; verified).

    Examples
    --------
    >>> round(clearance_by_weight(20), 4)
    3.4632
    """
    return float(6.24 * (weight / 70) ** 0.47)
