"""Published numbers, one file each: a score is data, and adds up what is known."""

from abate.grading.points import Score
from abate.scores.bedside import CAPD, CARTOX_10, ICE
from abate.scores.car_hematotox import CAR_HEMATOTOX
from abate.scores.easix import EASIX, MODIFIED, SIMPLIFIED
from abate.scores.hscore import HSCORE
from abate.scores.ipi import AGE_ADJUSTED, IPI, NCCN_IPI, R_IPI
from abate.scores.renal import BODY_SURFACE, CKD_EPI, COCKCROFT_GAULT

SCORES: dict[str, Score] = {
    score.key: score
    for score in (
        *(HSCORE, EASIX, SIMPLIFIED, MODIFIED, CAR_HEMATOTOX, IPI, AGE_ADJUSTED, R_IPI, NCCN_IPI),
        *(COCKCROFT_GAULT, CKD_EPI, BODY_SURFACE, ICE, CARTOX_10, CAPD),
    )
}
"""Every score by its key."""
