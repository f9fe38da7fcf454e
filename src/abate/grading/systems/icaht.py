"""ICAHT: hematotoxicity of immune effector cells, early and late, of neutrophils and of platelets.

Rejeski K, et al. Blood 2023;142(10):865-877, doi:10.1182/blood.2023020578. Platelets (T-ICAHT): Rejeski K, et al.
Blood 2025, doi:10.1182/blood.2025028833.
"""

from typing import Any

import ibis
from ibis import _

from abate.grading.points import Item, Score, at_least, at_most, band
from abate.grading.rules import Choice, Criterion, Known
from abate.records.inputs import Input, measured, number, truth

LATE = "icaht_late_rule"
NADIR: Choice = (LATE, "nadir")
TWO: Choice = (LATE, "two_at_threshold")
REJESKI = "Rejeski K, et al. Blood 2023;142(10):865-877. doi:10.1182/blood.2023020578 (verified through public code)"
PLATELETS = "Rejeski K, et al. Blood 2025. doi:10.1182/blood.2025028833 (verified)"


COUNTS = {
    "days_500": "neutrophils at or below 0.5 x 10*9/L",
    "days_100": "neutrophils at or below 0.1 x 10*9/L",
    "days_under_100": "platelets under 100 x 10*9/L",
    "days_under_50": "platelets under 50 x 10*9/L",
    "days_under_20": "platelets under 20 x 10*9/L",
}


WITHIN = {"days_100": "days_500", "days_under_20": "days_under_50", "days_under_50": "days_under_100"}
"""Days that are among others: there are no more of them."""


def _days(*names: str) -> tuple[Input, ...]:
    return tuple(number(name, f"Days with {COUNTS[name]}", "1", 0, 400) for name in names)


def _limited(possible: Any, condition: Any) -> Any:
    """Return a condition that does not hold where something else rules it out."""
    return ibis.ifelse(ibis.coalesce(possible, True), condition, False)


def _bands(known: Known, *steps: tuple[int, str, int]) -> tuple[Criterion, ...]:
    """Return the grades that numbers of days give: grade, input, least number of days."""
    read = tuple(name for _grade, name, _least in steps)
    return tuple(
        band(
            grade,
            f"{COUNTS[name]}, {least} days or more",
            _limited(at_least(WITHIN[name], least), at_least(name, least))
            if WITHIN.get(name) in read
            else at_least(name, least),
            (name,),
            f"{least} days or more with {COUNTS[name]}",
            known,
        )
        for grade, name, least in steps
    )


LOWEST = measured("anc_lowest", "anc", "Lowest neutrophil count after day 30")
SECOND = measured("anc_second_lowest", "anc", "Second lowest neutrophil count, of another day after day 30")
LATE_LIMITS = ((1, 1.5), (2, 1.0), (3, 0.5), (4, 0.1))
NOT_ALONE = ibis.coalesce(at_most("anc_second_lowest", 1.5), True)


def _late(option: Choice) -> tuple[Criterion, ...]:
    name = "anc_second_lowest" if option == TWO else "anc_lowest"
    return tuple(
        band(
            grade,
            f"neutrophils {limit} or less",
            _limited(at_most("anc_lowest", limit), at_most(name, limit))
            if option == TWO
            else at_most(name, limit) & NOT_ALONE,
            (name,),
            f"{limit} x 10*9/L or less"
            + (" on two days" if option == TWO else ", by the lowest; the second lowest 1.5 or less"),
            "verified",
            option,
        )
        for grade, limit in LATE_LIMITS
    )


ICAHT_EARLY = Score(
    "icaht-early",
    "ICAHT, early: neutropenia of days 0 to 30",
    REJESKI,
    (*_days("days_500", "days_100"), truth("never_recovered", "Neutrophils never above 0.5 x 10*9/L to the last day")),
    items=(
        Item(
            "ICAHT",
            (
                *_bands(
                    "verified",
                    *((1, "days_500", 1), (2, "days_500", 7), (3, "days_500", 14)),
                    *((3, "days_100", 7), (4, "days_100", 14)),
                ),
                band(
                    4,
                    "never recovered",
                    _limited(at_least("days_500", 1), _.never_recovered),
                    ("days_500", "never_recovered"),
                    "Never above 0.5 x 10*9/L",
                    "verified",
                ),
            ),
        ),
    ),
    notes=(
        "How days are counted is not defined in print. From records: all days at or below the limit and recoveries of "
        "under three days (`cumulative`), with the longest run beside it, since the two differ in neutropenia of two "
        "waves.",
        "From records, days without a count are filled as the automated grading of the Fred Hutch does: a straight "
        "line over up to seven days, the first and last count carried as far. A filled day counts as a counted one, "
        "also in the bounds; a longer gap may have been low. Counts before day 0 are not read.",
    ),
)
ICAHT_LATE = Score(
    "icaht-late",
    "ICAHT, late: neutropenia after day 30",
    REJESKI,
    (LOWEST, SECOND),
    items=(Item("ICAHT", (*_late(NADIR), *_late(TWO))),),
    options=(LATE,),
    notes=("The rule of the nadir over-grades by design: 0.09 and 1.4 are grade 4.",),
)
T_ICAHT_EARLY = Score(
    "t-icaht-early",
    "T-ICAHT, early: thrombocytopenia of days 0 to 30",
    PLATELETS,
    _days("days_under_50", "days_under_20"),
    items=(
        Item(
            "T-ICAHT",
            _bands(
                "verified",
                *((1, "days_under_50", 1), (2, "days_under_50", 7), (3, "days_under_20", 1), (4, "days_under_20", 14)),
            ),
        ),
    ),
)
T_ICAHT_LATE = Score(
    "t-icaht-late",
    "T-ICAHT, late: thrombocytopenia of days 31 to 100",
    PLATELETS,
    _days("days_under_100", "days_under_50", "days_under_20"),
    items=(
        Item(
            "T-ICAHT",
            _bands(
                "verified",
                *((1, "days_under_100", 1), (2, "days_under_50", 1), (3, "days_under_20", 1), (4, "days_under_20", 14)),
            ),
        ),
    ),
    notes=("On two tests or more, or not transient.",),
)
