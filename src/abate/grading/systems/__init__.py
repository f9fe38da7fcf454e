"""The grading systems, one file each: the order in which a report shows them."""

from abate.grading.rules import System
from abate.grading.systems.astct_crs import ASTCT_CRS
from abate.grading.systems.astct_icans import ASTCT_ICANS
from abate.grading.systems.cartox_cres import CARTOX_CRES
from abate.grading.systems.cartox_crs import CARTOX_CRS

SYSTEMS: dict[str, System] = {system.key: system for system in (ASTCT_CRS, CARTOX_CRS, ASTCT_ICANS, CARTOX_CRES)}
