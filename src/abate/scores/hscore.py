"""HScore: points for reactive hemophagocytic syndrome, and the published band of probability.

Fardet L, et al. Arthritis Rheumatol 2014;66(9):2613-2620, doi:10.1002/art.38690 (points secondary).
"""

import math

import ibis
from ibis import _

from abate.grading.points import Item, Score, above, as_reported, at_least, at_most, band, how_many
from abate.records.inputs import measured, truth

LINEAGES = (at_most("hemoglobin", 9.2), at_most("wbc", 5.0), at_most("platelets", 110))
BLOOD = ("hemoglobin", "wbc", "platelets")
BANDS = (
    *(("<1%", 0.0), ("~1%", 91.0), ("1-3%", 101.0), ("3-5%", 111.0), ("5-9%", 121.0), ("9-16%", 131.0)),
    *(("16-25%", 141.0), ("25-40%", 151.0), ("40-54%", 161.0), ("54-70%", 171.0), ("70-80%", 181.0)),
    *(("80-88%", 191.0), ("88-93%", 201.0), ("93-96%", 211.0), ("96-98%", 221.0), ("98-99%", 231.0), (">99%", 241.0)),
)
IMMUNE = ("immunosuppression",)
HSCORE = Score(
    "hscore",
    "HScore for reactive hemophagocytic syndrome",
    "Fardet L, et al. Arthritis Rheumatol 2014;66(9):2613-2620. doi:10.1002/art.38690 (points secondary)",
    (
        truth("immunosuppression", "Known underlying immunosuppression: HIV, or long-term immunosuppressive drugs"),
        measured("temperature"),
        truth("hepatomegaly", "Enlarged liver"),
        truth("splenomegaly", "Enlarged spleen"),
        *(
            measured(name)
            for name in ("hemoglobin", "wbc", "platelets", "ferritin", "triglyceride", "fibrinogen", "ast")
        ),
        truth("hemophagocytosis", "Hemophagocytosis in the marrow aspirate"),
    ),
    items=(
        Item(
            "immunosuppression",
            (
                band(
                    18,
                    "immunosuppression",
                    _.immunosuppression,
                    IMMUNE,
                    "Known underlying immunosuppression",
                    "secondary",
                    ("hscore_immunosuppression", "fardet"),
                ),
                band(
                    18,
                    "immunosuppression",
                    ibis.literal(True),
                    (),
                    "Every CAR T recipient",
                    "our resolution",
                    ("hscore_immunosuppression", "all_cart"),
                ),
            ),
        ),
        Item(
            "temperature",
            (
                band(
                    33,
                    "temperature 38.4-39.4",
                    at_least("temperature", 38.4),
                    ("temperature",),
                    "38.4 to 39.4 °C",
                    "secondary",
                ),
                band(
                    49,
                    "temperature over 39.4",
                    above("temperature", 39.4),
                    ("temperature",),
                    "Over 39.4 °C",
                    "secondary",
                ),
            ),
        ),
        Item(
            "organomegaly",
            (
                band(
                    23,
                    "liver or spleen enlarged",
                    _.hepatomegaly | _.splenomegaly,
                    ("hepatomegaly", "splenomegaly"),
                    "Hepatomegaly or splenomegaly",
                    "secondary",
                ),
                band(
                    38,
                    "liver and spleen enlarged",
                    _.hepatomegaly & _.splenomegaly,
                    ("hepatomegaly", "splenomegaly"),
                    "Both",
                    "secondary",
                ),
            ),
        ),
        Item(
            "cytopenias",
            (
                band(
                    24,
                    "two lineages low",
                    how_many(LINEAGES, 2),
                    BLOOD,
                    "Two of: hemoglobin 9.2 g/dL or less, leukocytes 5.0 x 10*9/L or less, platelets 110 or less",
                    "secondary",
                ),
                band(34, "three lineages low", how_many(LINEAGES, 3), BLOOD, "All three", "secondary"),
            ),
        ),
        Item(
            "ferritin",
            (
                band(
                    35,
                    "ferritin 2,000-6,000",
                    at_least("ferritin", 2000),
                    ("ferritin",),
                    "2,000 to 6,000 ug/L",
                    "secondary",
                ),
                band(50, "ferritin over 6,000", above("ferritin", 6000), ("ferritin",), "Over 6,000 ug/L", "secondary"),
            ),
        ),
        Item(
            "triglycerides",
            (
                band(
                    44,
                    "triglycerides 1.5-4",
                    as_reported(at_least, "triglyceride", 132.7, "mmol/L", 1.5),
                    ("triglyceride",),
                    "1.5 to 4 mmol/L",
                    "secondary",
                ),
                band(
                    64,
                    "triglycerides over 4",
                    as_reported(above, "triglyceride", 354, "mmol/L", 4),
                    ("triglyceride",),
                    "Over 4 mmol/L",
                    "secondary",
                ),
            ),
        ),
        Item(
            "fibrinogen",
            (
                band(
                    30,
                    "fibrinogen 250 or less",
                    at_most("fibrinogen", 250),
                    ("fibrinogen",),
                    "2.5 g/L or less",
                    "secondary",
                ),
            ),
        ),
        Item("AST", (band(19, "AST 30 or more", at_least("ast", 30), ("ast",), "30 U/L or more", "secondary"),)),
        Item(
            "hemophagocytosis",
            (
                band(
                    35,
                    "hemophagocytosis",
                    _.hemophagocytosis,
                    ("hemophagocytosis",),
                    "Hemophagocytosis in the marrow aspirate",
                    "secondary",
                ),
            ),
        ),
    ),
    classes=BANDS,
    options=("hscore_immunosuppression",),
    notes=(
        "The class is the published band of probability. From 169 points: sensitivity 93 %, specificity 86 %.",
        "After lymphodepletion, fever, cytopenias and AST alone can give over 100 points without any sign of HLH.",
    ),
)


def approximate_probability(points: float) -> float:
    """Return a logistic curve through the edges of the published bands; it is not published, and shown nowhere.

    Within 0.8 percentage points of the 14 published edges.

    Examples
    --------
    >>> approximate_probability(167)
    0.5
    """
    return 1 / (1 + math.exp(-0.0624 * (points - 167.0)))
