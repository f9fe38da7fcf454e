"""Renal function and body size: Cockcroft-Gault, CKD-EPI 2021, body surface area.

Cockcroft DW, Gault MH. Nephron 1976;16:31-41. Inker LA, et al. N Engl J Med 2021;385:1737-1749,
doi:10.1056/NEJMoa2102953. Mosteller RD. N Engl J Med 1987;317:1098.
"""

import math
from typing import Any

import ibis
from ibis import _

from abate.grading.points import Score
from abate.records.inputs import measured, number, word
from abate.records.options import Options

AGE = number("age", "Age", "a", 0, 120)
SEX = word("sex", "Sex", {"f": "female", "female": "female", "m": "male", "male": "male"})
FEMALE = _.sex == "female"
HEIGHT = measured("height", meaning="Height, for the adjusted weight")
INCH = 2.54
POSITIVE = ibis.ifelse(_.creatinine > 0, _.creatinine, ibis.null("float64"))


def _weight(options: Options) -> Any:
    """Return the body weight that enters: the actual one, or the adjusted one above 120 % of the ideal."""
    if options["cockcroft_gault_weight"] == "actual":
        return _.weight
    # Devine 1974: 50 kg (women 45.5) and 2.3 kg for each inch above 5 feet.
    ideal = ibis.ifelse(FEMALE, 45.5, 50.0) + 2.3 * (_.height / INCH - 60)
    return ibis.ifelse(_.weight > 1.2 * ideal, ideal + 0.4 * (_.weight - ideal), _.weight)


COCKCROFT_GAULT = Score(
    "cockcroft-gault",
    "Creatinine clearance by Cockcroft and Gault",
    "Cockcroft DW, Gault MH. Nephron 1976;16:31-41. doi:10.1159/000180580 (secondary)",
    (
        AGE,
        SEX,
        measured("weight"),
        measured("creatinine"),
        measured("height", meaning="Height, for the adjusted weight"),
    ),
    formula=lambda options: (140 - _.age) * _weight(options) / (72 * POSITIVE) * ibis.ifelse(FEMALE, 0.85, 1.0),
    unit="mL/min",
    falls=("creatinine",),
    only_under={"height": ("cockcroft_gault_weight", "adjusted")},
    options=("cockcroft_gault_weight",),
    notes=("Not indexed to body surface. For adults with a steady creatinine.",),
)
KAPPA, ALPHA = ibis.ifelse(FEMALE, 0.7, 0.9), ibis.ifelse(FEMALE, -0.241, -0.302)
RATIO = _.creatinine / KAPPA
CKD_EPI = Score(
    "ckd-epi-2021",
    "Glomerular filtration by CKD-EPI 2021, without race",
    "Inker LA, et al. N Engl J Med 2021;385:1737-1749. doi:10.1056/NEJMoa2102953 (secondary)",
    (AGE, SEX, measured("creatinine")),
    formula=lambda _options: ibis.ifelse(
        RATIO > 0,
        142
        * ibis.ifelse(RATIO < 1, RATIO, 1.0) ** ALPHA
        * ibis.ifelse(RATIO > 1, RATIO, 1.0) ** -1.2
        * (_.age * math.log(0.9938)).exp()
        * ibis.ifelse(FEMALE, 1.012, 1.0),
        ibis.null("float64"),
    ),
    unit="mL/min/1.73 m2",
    falls=("creatinine",),
    notes=("Times body surface over 1.73 for mL/min. For adults.",),
)
BODY_SURFACE = Score(
    "body-surface",
    "Body surface area by Mosteller",
    "Mosteller RD. N Engl J Med 1987;317:1098. doi:10.1056/NEJM198710223171717 (secondary)",
    (measured("height"), measured("weight")),
    formula=lambda _options: (_.height * _.weight / 3600).sqrt(),
    unit="m2",
    rises=("height", "weight"),
)
