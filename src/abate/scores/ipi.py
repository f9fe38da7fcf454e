"""International Prognostic Index and its kin, from age, lactate dehydrogenase, stage, sites and performance.

IPI: N Engl J Med 1993;329:987-994. R-IPI: Sehn LH, et al. Blood 2007;109:1857-1861. NCCN-IPI: Zhou Z, et al.
Blood 2014;123(6):837-842, doi:10.1182/blood-2013-09-524108 (verified).
"""

from dataclasses import replace
from typing import Any

from ibis import _

from abate.grading.points import Item, Score, above, at_least, band, counted
from abate.grading.rules import Known
from abate.records.inputs import number, truth, whole

AGE = number("age", "Age in completed years", "a", 0, 120)
LDH = number("ldh_ratio", "Lactate dehydrogenase over the upper limit of normal of its own result", "1", 0, 200)
ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4"}
STAGE = replace(whole(number("stage", "Ann Arbor or Lugano stage, 1 to 4 or I to IV", "1", 1, 4)), words=ROMAN)
SITES = whole(number("extranodal_sites", "Number of extranodal sites", "1", 0, 30))
ECOG = whole(number("ecog", "ECOG performance status, 0 to 4", "1", 0, 4))
MAJOR = truth("major_extranodal", "Disease in marrow, central nervous system, liver, gastrointestinal tract or lung")
SECONDARY: Known = "secondary"


def _older(years: int) -> Any:
    return at_least("age", years + 1)


OVER_60 = counted("age", _older(60), ("age",), "Over 60 years", SECONDARY)
HIGH_LDH = counted(
    "lactate dehydrogenase", above("ldh_ratio", 1), ("ldh_ratio",), "Over the limit of normal", SECONDARY
)
ADVANCED = counted("stage", at_least("stage", 3), ("stage",), "Stage III or IV", SECONDARY)
EXTRANODAL = counted(
    "extranodal sites", above("extranodal_sites", 1), ("extranodal_sites",), "More than one extranodal site", SECONDARY
)
PERFORMANCE = counted("performance", at_least("ecog", 2), ("ecog",), "ECOG 2 or more", SECONDARY)
FIVE = (OVER_60, HIGH_LDH, ADVANCED, EXTRANODAL, PERFORMANCE)
WHEN = "In recipients of CAR T cells: say when it was taken (at apheresis, or before lymphodepletion)."
INPUTS = (AGE, LDH, STAGE, SITES, ECOG)
BOOK = "The International Non-Hodgkin's Lymphoma Prognostic Factors Project. N Engl J Med 1993;329:987-994 (secondary)"

IPI = Score(
    "ipi",
    "International Prognostic Index",
    BOOK,
    INPUTS,
    items=FIVE,
    classes=(("low", 0.0), ("low-int", 2.0), ("high-int", 3.0), ("high", 4.0)),
    notes=(WHEN,),
)
AGE_ADJUSTED = Score(
    "aaipi",
    "Age-adjusted International Prognostic Index, for patients of 60 years or less",
    BOOK,
    (LDH, STAGE, ECOG),
    items=(HIGH_LDH, ADVANCED, PERFORMANCE),
    classes=(("low", 0.0), ("low-int", 1.0), ("high-int", 2.0), ("high", 3.0)),
    notes=(WHEN,),
)
R_IPI = Score(
    "r-ipi",
    "Revised International Prognostic Index",
    "Sehn LH, et al. Blood 2007;109:1857-1861 (secondary)",
    INPUTS,
    items=FIVE,
    classes=(("very good", 0.0), ("good", 1.0), ("poor", 3.0)),
    notes=(WHEN,),
)
NCCN_IPI = Score(
    "nccn-ipi",
    "NCCN International Prognostic Index",
    "Zhou Z, et al. Blood 2014;123(6):837-842. doi:10.1182/blood-2013-09-524108 (verified)",
    (AGE, LDH, STAGE, MAJOR, ECOG),
    items=(
        Item(
            "age",
            tuple(
                band(points, f"age over {years}", _older(years), ("age",), f"Over {years} years", "verified")
                for points, years in ((1, 40), (2, 60), (3, 75))
            ),
        ),
        Item(
            "lactate dehydrogenase",
            tuple(
                band(points, f"over {limit} x the limit", above("ldh_ratio", limit), ("ldh_ratio",), words, "verified")
                for points, limit, words in ((1, 1, "Over 1 to 3 times the limit"), (2, 3, "Over 3 times the limit"))
            ),
        ),
        ADVANCED,
        counted(
            "major site", _.major_extranodal, ("major_extranodal",), "Disease in a major extranodal site", SECONDARY
        ),
        PERFORMANCE,
    ),
    classes=(("low", 0.0), ("low-int", 2.0), ("high-int", 4.0), ("high", 6.0)),
    notes=(WHEN, "The sites that count differ from those of the IPI."),
)
