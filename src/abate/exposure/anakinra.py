"""Published kinetics of anakinra, as named models: for exposure, never for dosing.

Yang BB, Baughman S, Sullivan JT. Clin Pharmacol Ther 2003;74:85-94, doi:10.1016/S0009-9236(03)00094-8 (renal
function); Yang BB, et al. 2001 (rheumatoid arthritis, 341 patients; journal not checked); Urien S, et al. BMC Pharmacol
Toxicol 2013;14:40, doi:10.1186/2050-6511-14-40 (87 children). None was built in CAR T-cell recipients.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from abate.exposure.linear_kinetics import Numbers, OneCompartment

L_PER_HOUR = 60 / 1000
"""mL/min in L/h."""
RENAL_GROUPS = ((80.0, 170.0, 37.0), (50.0, 142.0, 59.0), (30.0, 84.5, 24.7), (0.0, 51.5, 8.4))
"""Creatinine clearance (mL/min) from which a group begins (the first: above), its apparent clearance and the standard
deviation (mL/min), 100 mg subcutaneously: Yang 2003, verified.
"""
ABSORPTION, BIOAVAILABILITY, VOLUME_PER_KG = 0.14, 0.9, 0.142
"""Absorption (1/h) that leaves a terminal half-life of 4 to 6 h; the part that arrives (80-92 %, Chang 2019); apparent
volume (L/kg; Yang 2001, whose unit is not printed: only litres are plausible).
"""
CSF_RATIOS = (0.0028, 0.04)
"""Least and most published ratio of cerebrospinal fluid to serum: monkeys, by area (Fox 2010); 1.14 to
43 ng/mL in NOMID (2.7 %); after subarachnoid hemorrhage 0.35 to 2.5 % (Clark 2008) and up to 4 % (886 ng/mL,
Gueorguieva 2008). What is needed in ICANS is not known.
"""
Quantity = TypeVar("Quantity", float, Numbers)
"""A number, or one for each patient."""


def clearance_by_renal_function(creatinine_clearance: Quantity) -> Quantity:
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
    clearance: Quantity = 10 ** (1.65 + 0.0062 * creatinine_clearance)
    return clearance


def clearance_by_weight(weight: Quantity) -> Quantity:
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
    clearance: Quantity = 6.24 * (weight / 70) ** 0.47
    return clearance


@dataclass(frozen=True)
class Model:
    """A published model of anakinra.

    Attributes
    ----------
    name, population, source
        What it is called; in whom it was built; the paper, and how well known.
    apparent_clearance, apparent_volume
        From creatinine clearance (mL/min) and weight (kg) to L/h and L, of a subcutaneous dose.
    absorption, bioavailability
        1/h; the part that arrives, null where the model knows no dose into a vein.
    spread
        From creatinine clearance to the coefficient of variation of the clearance between patients.
    """

    name: str
    population: str
    source: str
    apparent_clearance: Callable[[Numbers, Numbers], Numbers]
    apparent_volume: Callable[[Numbers], Numbers]
    absorption: float
    bioavailability: float | None
    spread: Callable[[Numbers], Numbers]

    def parameters(self, creatinine_clearance: Numbers, weight: Numbers) -> OneCompartment:
        """Return the parameters of patients: not a number where what they need is not known.

        Examples
        --------
        >>> one = MODELS["yang_2003_groups"].parameters(np.array([95.0]), np.array([70.0]))
        >>> (one.clearance / one.bioavailability / L_PER_HOUR).round(1).tolist()
        [170.0]
        """
        arrives = np.full_like(weight, self.bioavailability or 1.0)
        return OneCompartment(
            clearance=self.apparent_clearance(creatinine_clearance, weight) * arrives,
            volume=self.apparent_volume(weight) * arrives,
            absorption=np.full_like(weight, self.absorption),
            bioavailability=arrives,
        )


def _of_group(creatinine_clearance: Numbers, column: int) -> Numbers:
    conditions = [creatinine_clearance > RENAL_GROUPS[0][0]]
    conditions += [creatinine_clearance >= group[0] for group in RENAL_GROUPS[1:]]
    return np.select(conditions, [group[column] for group in RENAL_GROUPS], np.nan)


def _by_weight(weight: Numbers) -> Numbers:
    return VOLUME_PER_KG * weight


def _of_groups_spread(creatinine_clearance: Numbers) -> Numbers:
    return _of_group(creatinine_clearance, 2) / _of_group(creatinine_clearance, 1)


ADULTS = "adults without inflammation, 100 mg subcutaneously"
VOLUME = "volume by weight from Yang 2001, absorption and bioavailability recalled"
MODELS: Mapping[str, Model] = {
    model.name: model
    for model in (
        Model(
            "yang_2003_groups",
            ADULTS,
            f"Yang 2003, doi:10.1016/S0009-9236(03)00094-8: clearance by group of renal function (verified); {VOLUME}",
            lambda renal, _weight: _of_group(renal, 1) * L_PER_HOUR,
            _by_weight,
            ABSORPTION,
            BIOAVAILABILITY,
            _of_groups_spread,
        ),
        Model(
            "yang_2003_regression",
            ADULTS,
            f"Yang 2003, doi:10.1016/S0009-9236(03)00094-8: log10(CL/F) = 1.65 + 0.0062 CLcr (verified); {VOLUME}",
            lambda renal, _weight: clearance_by_renal_function(renal) * L_PER_HOUR,
            _by_weight,
            ABSORPTION,
            BIOAVAILABILITY,
            _of_groups_spread,
        ),
        Model(
            "yang_2001",
            "adults with rheumatoid arthritis",
            f"Yang 2001: CL/F = 23.0 + 0.343 CLcr + 0.713 weight, mL/min (verified); {VOLUME}",
            lambda renal, weight: (23.0 + 0.343 * renal + 0.713 * weight) * L_PER_HOUR,
            _by_weight,
            ABSORPTION,
            BIOAVAILABILITY,
            _of_groups_spread,
        ),
        Model(
            "urien_2013",
            "children with autoinflammatory disease, subcutaneously",
            "Urien 2013, doi:10.1186/2050-6511-14-40 (verified): no renal function, and no dose into a vein",
            lambda _renal, weight: clearance_by_weight(weight),
            lambda weight: 65.2 * (weight / 70) ** 0.76,
            0.38,
            None,
            lambda renal: np.full_like(renal, 0.28),
        ),
    )
}
"""Model by its name: of an intravenous dose Urien's volume would make a peak that is six times lower."""
