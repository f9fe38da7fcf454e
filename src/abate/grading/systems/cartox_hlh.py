"""CARTOX: hemophagocytic lymphohistiocytosis or macrophage activation after CAR T cells.

Neelapu SS, et al. Nat Rev Clin Oncol 2018;15(1):47-62, doi:10.1038/nrclinonc.2017.148.
"""

from dataclasses import replace

from ibis import _

from abate.grading.points import Item, Score, above, at_least, band, counted
from abate.records.inputs import measured, number, truth, whole


def _organ(name: str, words: str) -> Item:
    grade = f"{name}_grade"
    return counted(name, at_least(grade, 3), (grade,), f"{words}, CTCAE grade 3 or more", "recalled")


CARTOX_HLH = Score(
    "cartox-hlh",
    "CARTOX criteria of HLH or MAS",
    "Neelapu SS, et al. Nat Rev Clin Oncol 2018;15(1):47-62. doi:10.1038/nrclinonc.2017.148 (secondary)",
    (
        measured("ferritin", meaning="Peak of ferritin"),
        whole(number("hepatic_grade", "CTCAE grade of the worst of bilirubin, AST and ALT", "1", 0, 5)),
        whole(number("renal_grade", "CTCAE grade of oliguria or of creatinine, the worse", "1", 0, 5)),
        whole(number("pulmonary_grade", "CTCAE grade of pulmonary edema", "1", 0, 5)),
        truth("hemophagocytosis", "Hemophagocytosis in marrow or another organ"),
    ),
    items=(
        _organ("hepatic", "Bilirubin, AST or ALT"),
        _organ("renal", "Oliguria or creatinine"),
        _organ("pulmonary", "Pulmonary edema"),
        counted("hemophagocytosis", _.hemophagocytosis, ("hemophagocytosis",), "By morphology or CD68", "secondary"),
    ),
    gate=(band(0, "ferritin", above("ferritin", 10000), ("ferritin",), "Peak over 10,000 ng/mL", "secondary"),),
    classes=(("not met", 0.0), ("met", 2.0)),
    counts=True,
    notes=(
        "Each criterion counts once: three liver tests are one.",
        "The organs follow the peak of ferritin in the phase of CRS.",
    ),
)
CAR_HLH = replace(
    CARTOX_HLH,
    key="carhlh",
    title="carHLH: the criteria of CARTOX, definition not confirmed",
    citation="Lichtenstein DA, et al. Blood 2021;138(24):2469-2484. doi:10.1182/blood.2021011898 (not confirmed)",
    flags={"definition_unconfirmed": _.ferritin.isnull() | _.ferritin.notnull()},
    notes=(
        "The numeric definition of carHLH could not be read. It derives from the rule of CARTOX with changes that are "
        "not known here: this is that rule under its name, and no number is to be published as carHLH.",
    ),
)
"""carHLH (Lichtenstein 2021), of which the numbers could not be read: an alias."""
