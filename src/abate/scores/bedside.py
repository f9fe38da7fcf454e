"""Bedside scores from their items: ICE, CARTOX-10 and CAPD.

ICE and CAPD: Lee DW, et al. Biol Blood Marrow Transplant 2019;25(4):625-638 (verified). CARTOX-10:
Neelapu SS, et al. Nat Rev Clin Oncol 2018;15(1):47-62 (recalled). They are not interchangeable: ICE
asks to follow a command where CARTOX-10 asks for the head of government.
"""

from ibis import _

from abate.grading.points import Item, Score, at_least, band, counted
from abate.grading.rules import Known
from abate.records.inputs import Input, number, truth, whole

ASTCT = "Lee DW, et al. Biol Blood Marrow Transplant 2019;25(4):625-638. doi:10.1016/j.bbmt.2018.12.758 (verified)"
CARTOX = "Neelapu SS, et al. Nat Rev Clin Oncol 2018;15(1):47-62. doi:10.1038/nrclinonc.2017.148 (recalled)"
PLACES = {"year": "the year", "month": "the month", "city": "the city", "hospital": "the hospital"}
NAMING = whole(number("naming", "Objects named, of three", "1", 0, 3))
WRITING = truth("writing", "Writes a standard sentence")
COUNTING = truth("counting", "Counts back from 100 in tens")


def _tasks(tasks: dict[str, str], known: Known) -> tuple[Item, ...]:
    return tuple(
        counted(name.replace("_", " "), getattr(_, name), (name,), words, known) for name, words in tasks.items()
    )


def _named(known: Known) -> Item:
    bands = [
        band(points, f"{points} named", at_least("naming", points), ("naming",), f"{points} of three objects", known)
        for points in (1, 2, 3)
    ]
    return Item("naming", tuple(bands))


def _asked(tasks: dict[str, str]) -> tuple[Input, ...]:
    return tuple(truth(name, f"Knows {words}" if name != "command" else words) for name, words in tasks.items())


LEADER = PLACES | {"head_of_government": "the president or prime minister"}
COMMAND = {"command": "Follows a simple command"}
REST = {"writing": WRITING.meaning, "counting": COUNTING.meaning}

ICE = Score(
    "ice",
    "Immune effector cell-associated encephalopathy score",
    ASTCT,
    (*_asked(PLACES), NAMING, *_asked(COMMAND), WRITING, COUNTING),
    items=(*_tasks(PLACES, "verified"), _named("verified"), *_tasks(COMMAND | REST, "verified")),
    notes=("10 is normal. From 12 years on; below, CAPD.",),
)
CARTOX_10 = Score(
    "cartox-10",
    "CARTOX-10 score",
    CARTOX,
    (*_asked(LEADER), NAMING, WRITING, COUNTING),
    items=(*_tasks(LEADER, "recalled"), _named("recalled"), *_tasks(REST, "recalled")),
    notes=("10 is normal.",),
)
QUESTIONS = {
    "eye_contact": "Makes eye contact",
    "purposeful": "Acts with purpose",
    "aware": "Is aware of the surroundings",
    "communicates": "Communicates needs and wants",
    "restless": "Is restless",
    "inconsolable": "Is inconsolable",
    "underactive": "Is underactive",
    "slow_response": "Takes long to respond",
}


def _answer(name: str) -> Item:
    bands = [
        band(
            points,
            f"{name.replace('_', ' ')} {points}",
            at_least(name, points),
            (name,),
            f"{points} points",
            "verified",
        )
        for points in (1, 2, 3, 4)
    ]
    return Item(name.replace("_", " "), tuple(bands))


CAPD = Score(
    "capd",
    "Cornell assessment of pediatric delirium",
    f"Traube C, et al. Crit Care Med 2014;42:656-663 (recalled); in ICANS: {ASTCT}",
    tuple(whole(number(name, f"{words}: points charted, 0 to 4", "1", 0, 4)) for name, words in QUESTIONS.items()),
    items=tuple(_answer(name) for name in QUESTIONS),
    notes=(
        "0 to 32 points; eight questions of 0 to 4 points each, as charted (the first four are scored in reverse).",
    ),
)
