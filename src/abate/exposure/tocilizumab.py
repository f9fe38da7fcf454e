"""Published kinetics of tocilizumab in rheumatoid arthritis: for exposure, never for dosing.

Frey N, Grange S, Woodworth T. J Clin Pharmacol 2010;50:754-766, doi:10.1177/0091270009350623 (1,793 patients;
verified). CAR T-cell recipients have more target, and may lose the drug faster: every number is of that model.
"""

import numpy as np

from abate.exposure.linear_kinetics import Numbers
from abate.exposure.saturable_kinetics import TwoCompartments

MODEL, POPULATION = "frey_2010", "adults with rheumatoid arthritis"
SOURCE = "Frey 2010, doi:10.1177/0091270009350623 (verified); covariates but body surface and sex at their reference"
DAY = 24.0
CLEARANCE, CENTRAL, EXCHANGE, PERIPHERAL = 0.3 / DAY, 3.5, 0.2 / DAY, 2.9
"""L/h, L, L/h, L."""
MOST_LOSS, HALF_LOSS = 7.5 / DAY, 2.7
"""mg/h and mg/L."""
SPREAD = {"clearance": 0.39, "central_volume": 0.37, "peripheral_volume": 0.66, "most_loss": 0.54}
"""Coefficient of variation between patients."""
REFERENCE_SURFACE, BY_SURFACE, IN_WOMEN = 1.8, 0.7, 1 - 0.16


def parameters(surface: Numbers, female: Numbers) -> TwoCompartments:
    """Return the parameters of patients.

    Parameters
    ----------
    surface
        Body surface (m2); not a number: not known, and nothing is told.
    female
        1 for women, 0 for men; not a number: not known.

    Examples
    --------
    >>> one = parameters(np.array([1.8]), np.array([0.0]))
    >>> round(float(one.clearance[0] * 24), 6), one.central_volume.tolist()
    (0.3, [3.5])
    """
    factor = (surface / REFERENCE_SURFACE) ** BY_SURFACE * np.where(np.isnan(female), np.nan, IN_WOMEN**female)
    known = np.where(np.isnan(factor), np.nan, 1.0)
    return TwoCompartments(
        clearance=CLEARANCE * factor,
        central_volume=CENTRAL * known,
        exchange=EXCHANGE * known,
        peripheral_volume=PERIPHERAL * known,
        most_loss=MOST_LOSS * known,
        half_loss=HALF_LOSS * known,
    )
