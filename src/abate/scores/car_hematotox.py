"""CAR-HEMATOTOX: risk of prolonged neutropenia, from values before lymphodepletion.

Rejeski K, et al. Blood 2021;138(24):2499-2513, doi:10.1182/blood.2020010543. Structure, timing and the
cut-off of 2 are verified, the limits of the items secondary.
"""

from typing import Any

from abate.grading.points import Item, Score, above, at_least, at_most, band, below
from abate.grading.rules import Choice
from abate.records.inputs import measured

EDGE = "car_hematotox_edge"
PRINTED, INCLUSIVE = (EDGE, "printed"), (EDGE, "inclusive")
CRP = 30.0
"""mg/L; printed as 3.0 mg/dL."""


def _item(name: str, variable: str, *bands: tuple[int, str, Any, Choice | None]) -> Item:
    made = [
        band(points, f"{name} {words}", condition, (variable,), words, "secondary", option)
        for points, words, condition, option in bands
    ]
    return Item(name, tuple(made))


CAR_HEMATOTOX = Score(
    "car-hematotox",
    "CAR-HEMATOTOX score",
    "Rejeski K, et al. Blood 2021;138(24):2499-2513. doi:10.1182/blood.2020010543",
    tuple(measured(name) for name in ("platelets", "anc", "hemoglobin", "crp", "ferritin")),
    items=(
        _item(
            "platelets",
            "platelets",
            (1, "75-175 x 10*9/L", at_most("platelets", 175), None),
            (2, "under 75 x 10*9/L", below("platelets", 75), None),
        ),
        _item(
            "neutrophils",
            "anc",
            (1, "under 1.2 x 10*9/L", below("anc", 1.2), PRINTED),
            (1, "1.2 x 10*9/L or less", at_most("anc", 1.2), INCLUSIVE),
        ),
        _item(
            "hemoglobin",
            "hemoglobin",
            (1, "under 9.0 g/dL", below("hemoglobin", 9.0), PRINTED),
            (1, "9.0 g/dL or less", at_most("hemoglobin", 9.0), INCLUSIVE),
        ),
        _item("CRP", "crp", (1, "3.0 mg/dL or more", at_least("crp", CRP), None)),
        _item(
            "ferritin",
            "ferritin",
            (1, "650-2,000 ng/mL", at_least("ferritin", 650), None),
            (2, "over 2,000 ng/mL", above("ferritin", 2000), None),
        ),
    ),
    classes=(("low", 0.0), ("high", 2.0)),
    flags={
        f"{name} at its cut-off": at_least(name, limit) & at_most(name, limit)
        for name, limit in (("anc", 1.2), ("hemoglobin", 9.0), ("crp", CRP))
    },
    options=(EDGE,),
    notes=(
        "The last values before lymphodepletion, up to 14 days earlier. CRP is printed in mg/dL and kept in mg/L.",
        "Predicts neutrophils under 0.5 x 10*9/L for 14 days or more by day 60 (validation AUC 0.89).",
    ),
)
