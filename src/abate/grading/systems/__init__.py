"""The grading systems, one file each: the order in which a report shows them."""

from collections.abc import Iterable

from abate.grading.points import Score
from abate.grading.rules import System
from abate.grading.systems.astct_crs import ASTCT_CRS
from abate.grading.systems.astct_icans import ASTCT_ICANS
from abate.grading.systems.cartox_cres import CARTOX_CRES
from abate.grading.systems.cartox_crs import CARTOX_CRS
from abate.grading.systems.cartox_hlh import CAR_HLH, CARTOX_HLH
from abate.grading.systems.ctcae_crs import CTCAE_5_CRS, CTCAE_403_CRS
from abate.grading.systems.ctcae_neuro import CTCAE_5_NEURO, CTCAE_403_NEURO
from abate.grading.systems.hlh_2004 import HLH_2004, HLH_2024
from abate.grading.systems.icaht import ICAHT_EARLY, ICAHT_LATE, T_ICAHT_EARLY, T_ICAHT_LATE
from abate.grading.systems.iec_hs import IEC_HS, IEC_HS_GATE, IEC_HS_OTHER
from abate.grading.systems.lee_2014 import LEE_2014
from abate.grading.systems.mas import MAS_2016, MAS_L, OHI
from abate.grading.systems.mskcc import MSKCC_CRS
from abate.grading.systems.penn import PENN_CRS
from abate.records.problems import AbateError

SYSTEMS: dict[str, System] = {
    system.key: system
    for system in (
        *(ASTCT_CRS, CARTOX_CRS, LEE_2014, PENN_CRS, MSKCC_CRS, CTCAE_403_CRS, CTCAE_5_CRS),
        *(ASTCT_ICANS, CARTOX_CRES, CTCAE_403_NEURO, CTCAE_5_NEURO),
    )
}
"""Systems that grade a patient-day."""
COUNTED: dict[str, Score] = {
    rule.key: rule
    for rule in (
        *(CARTOX_HLH, CAR_HLH, HLH_2004, HLH_2024, IEC_HS, IEC_HS_GATE, IEC_HS_OTHER, MAS_L, MAS_2016, OHI),
        *(ICAHT_EARLY, ICAHT_LATE, T_ICAHT_EARLY, T_ICAHT_LATE),
    )
}
"""Criteria of hyperinflammation and of cytopenia, which are counted within a window."""


def systems_named(names: Iterable[str]) -> dict[str, System]:
    """Return grading systems by their keys, hyphens and underscores alike; every one where none is named.

    Raises
    ------
    AbateError
        If there is none of a name.
    """
    keys = [name.strip().lower().replace("-", "_") for name in names]
    if any(key not in SYSTEMS for key in keys):
        expected = f"Expected one or more of {', '.join(SYSTEMS)}. Correct --system."
        raise AbateError(f"No grading system has the name given. {expected}")
    return {key: system for key, system in SYSTEMS.items() if not keys or key in keys}
