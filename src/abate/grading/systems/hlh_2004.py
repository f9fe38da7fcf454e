"""HLH-2004 and its revision of 2024.

Henter JI, et al. Pediatr Blood Cancer 2007;48:124-131, doi:10.1002/pbc.21039. Henter JI, et al. Blood
2024;144(22):2308-2318: without the function of NK cells.
"""

from typing import Any

import ibis
from ibis import _

from abate.grading.points import Item, Score, above, as_reported, at_least, at_most, band, below, counted, how_many
from abate.grading.rules import Choice
from abate.records.inputs import measured, truth

EDGES, FEVER = "hlh_2004_edges", "hlh_2004_fever"
LINEAGES = (below("hemoglobin", 9.0), below("platelets", 100), below("anc", 1.0))
INCLUSIVE: Choice = (EDGES, "inclusive")
STRICT: Choice = (EDGES, "strict")


def _edges(name: str, inclusive: Any, strict: Any, needs: tuple[str, ...], words: str) -> Item:
    return Item(
        name,
        (
            band(1, name, inclusive, needs, f"{words} (the limits included)", "secondary", INCLUSIVE),
            band(1, name, strict, needs, f"{words} (the limits left out)", "secondary", STRICT),
        ),
    )


def _fats(test: Any) -> Any:
    # The limit of the unit in which the laboratory reported: 265 mg/dL is 2.99 mmol/L.
    return as_reported(test, "triglyceride", 265, "mmol/L", 3.0)


FATS = ("triglyceride", "fibrinogen")
CRITERIA = (
    Item(
        "fever",
        tuple(
            band(
                1,
                "fever",
                at_least("temperature", float(limit)),
                ("temperature",),
                f"{limit} °C or more",
                "secondary",
                (FEVER, limit),
            )
            for limit in ("38.5", "38.3", "38.0")
        ),
    ),
    counted("splenomegaly", _.splenomegaly, ("splenomegaly",), "Splenomegaly", "secondary"),
    counted(
        "cytopenias",
        how_many(LINEAGES, 2),
        ("hemoglobin", "platelets", "anc"),
        "Two of: hemoglobin under 9.0 g/dL, platelets under 100, neutrophils under 1.0 x 10*9/L",
        "secondary",
    ),
    _edges(
        "triglycerides or fibrinogen",
        _fats(at_least) | at_most("fibrinogen", 150),
        _fats(above) | below("fibrinogen", 150),
        FATS,
        "Triglycerides 265 mg/dL (3.0 mmol/L), or fibrinogen 150 mg/dL",
    ),
    counted("hemophagocytosis", _.hemophagocytosis, ("hemophagocytosis",), "In marrow, spleen or node", "secondary"),
)
BLOOD = (
    _edges("ferritin", at_least("ferritin", 500), above("ferritin", 500), ("ferritin",), "Ferritin 500 ug/L"),
    _edges("soluble CD25", at_least("sil2r", 2400), above("sil2r", 2400), ("sil2r",), "Soluble CD25 2,400 U/mL"),
)
NK_CELLS = counted(
    "NK cells", _.nk_activity_low, ("nk_activity_low",), "Low or absent activity of NK cells", "secondary"
)
INPUTS = (
    truth("molecular_diagnosis", "A molecular diagnosis of HLH"),
    measured("temperature"),
    truth("splenomegaly", "Enlarged spleen, clinically or on imaging"),
    *(measured(name) for name in ("hemoglobin", "platelets", "anc", "triglyceride")),
    measured("fibrinogen"),
    truth("hemophagocytosis", "Hemophagocytosis in marrow, spleen or lymph node"),
    measured("ferritin"),
    measured("sil2r"),
)
MET = (("not met", 0.0), ("met", 5.0))
NOTES = (
    "A molecular diagnosis that is not given counts as none.",
    "All within one window of 7 days. Whether triglycerides were fasting is seldom known.",
    "No evidence of malignancy, which the protocol asks beside hemophagocytosis, never holds in lymphoma: waived.",
    "In infants under 4 weeks hemoglobin counts under 10.0 g/dL.",
)
CERTAIN = ibis.coalesce(_.molecular_diagnosis, False)

HLH_2004 = Score(
    "hlh-2004",
    "HLH-2004 criteria",
    "Henter JI, et al. Pediatr Blood Cancer 2007;48:124-131. doi:10.1002/pbc.21039 (secondary)",
    (*INPUTS, truth("nk_activity_low", "Low or absent activity of NK cells")),
    items=(*CRITERIA, NK_CELLS, *BLOOD),
    certain=CERTAIN,
    classes=MET,
    counts=True,
    options=(EDGES, FEVER),
    notes=("Met by a molecular diagnosis, or five of eight.", *NOTES),
)
HLH_2024 = Score(
    "hlh-2024",
    "HLH-2004 criteria, revision of 2024",
    "Henter JI, et al. Blood 2024;144(22):2308-2318. doi:10.1182/blood.2024025077 (limits recalled as unchanged)",
    INPUTS,
    items=(*CRITERIA, *BLOOD),
    certain=CERTAIN,
    classes=MET,
    counts=True,
    options=(EDGES, FEVER),
    notes=("Met by a molecular diagnosis, or five of seven: without NK cells.", *NOTES),
)
