"""EASIX and its relatives: lactate dehydrogenase times creatinine (or CRP) over platelets.

EASIX: Luft T, et al. Lancet Haematol 2017;4:e414-e423. Modified and simplified: Pennisi M, et al.
Blood Adv 2021;5(17):3397-3406, doi:10.1182/bloodadvances.2020003885.
"""

import ibis
from ibis import _

from abate.grading.points import Score
from abate.records.inputs import measured

PENNISI = "Pennisi M, et al. Blood Adv 2021;5(17):3397-3406. doi:10.1182/bloodadvances.2020003885 (verified)"
NOTES = (
    "The logarithm to base 2 is its natural scale: one more is a doubling. No cut-off is generally accepted.",
    "All of it should come from one draw; laboratories' lactate dehydrogenase differs about twofold.",
)
POSITIVE = ibis.ifelse(_.platelets > 0, _.platelets, ibis.null("float64"))
LOGARITHM = {"log2": ibis.ifelse(_.value > 0, _.value, ibis.null("float64")).log2()}

EASIX = Score(
    "easix",
    "EASIX: endothelial activation and stress index",
    "Luft T, et al. Lancet Haematol 2017;4:e414-e423. doi:10.1016/S2352-3026(17)30108-4 (recalled)",
    (measured("ldh"), measured("creatinine"), measured("platelets")),
    formula=lambda _options: _.ldh * _.creatinine / POSITIVE,
    rises=("ldh", "creatinine"),
    falls=("platelets",),
    derived=LOGARITHM,
    notes=("LDH (U/L) x creatinine (mg/dL) / platelets (10*9/L).", *NOTES),
)
SIMPLIFIED = Score(
    "s-easix",
    "Simplified EASIX",
    PENNISI,
    (measured("ldh"), measured("platelets")),
    formula=lambda _options: _.ldh / POSITIVE,
    rises=("ldh",),
    falls=("platelets",),
    derived=LOGARITHM,
    notes=("LDH (U/L) / platelets (10*9/L).", *NOTES),
)
MODIFIED = Score(
    "m-easix",
    "Modified EASIX",
    PENNISI,
    (measured("ldh"), measured("crp"), measured("platelets")),
    # CRP is kept in mg/L; the paper's is in mg/dL, and forgetting it makes the index ten times too large.
    formula=lambda _options: _.ldh * (_.crp / 10) / POSITIVE,
    rises=("ldh", "crp"),
    falls=("platelets",),
    derived=LOGARITHM,
    flags={"CRP of 0": _.crp == 0},
    notes=("LDH (U/L) x CRP (mg/dL) / platelets (10*9/L); CRP is given in mg/L and converted.", *NOTES),
)
