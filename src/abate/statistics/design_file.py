"""The file in which a trial is planned: TOML, read at once, with everything that is wrong in it told at once."""

from collections.abc import Mapping
from math import inf
from pathlib import Path
from typing import Any

from abate.records.problems import AbateError
from abate.records.toml_keys import Key, fixed, listed, names, no_section, number, one_of, problems_of, read_toml, whole
from abate.statistics import all_tables
from abate.statistics.trial_design import (
    GRADES,
    HIERARCHY,
    STRATEGIES,
    TIME_TESTS,
    Binary,
    Design,
    OneArm,
    Outcomes,
    Resolution,
    Wins,
    WorstGrade,
)

TEMPLATE = """\
# What a trial is planned with. Every number below is invented: put in its place what is known of your own patients,
# and say where it comes from. What comes out follows from what is assumed; it says nothing about whether a drug works.
# A section that is not wanted is taken out; [design] stays.

[design]
title = "Early against late"
# What the first and the second arm get: early, late, prophylactic, none.
strategies = ["early", "late"]
# Patients of each arm: the numbers that are looked at.
n = [20, 40, 60, 80, 100]
# Two-sided, of the trials with two arms.
size = 0.05
# Trials that are simulated for each number; 10000 leave a power of 80 % uncertain by 0.8 % either way.
trials = 10000
seed = 20200713
# A trial stops for futility at this share of its patients, unless the first arm does better there. Left out: no look.
# look = 0.5

# An outcome that a patient has or not, such as a worst grade of 3 or higher. Power is exact, not simulated.
[binary]
# Share of the first and of the second arm that has it.
shares = [0.15, 0.35]
# fisher, fisher-mid-p or boschloo.
test = "fisher"

# Days until a toxicity that every patient has at the start has resolved; death may come first.
[resolution]
# Days of follow-up.
days = 28
# Of resolution, a day, in the first and the second arm: 0.10 is a median of about 7 days.
hazards = [0.15, 0.10]
# Of death, a day.
deaths = [0.002, 0.002]
# log-rank (the dead are censored) or gray (death competes).
test = "log-rank"

# Worst grade of each patient, compared by the rank sum.
[grade]
# Share of the second arm at grade 0, 1, 2, 3, 4 and 5.
shares = [0.15, 0.25, 0.25, 0.20, 0.12, 0.03]
# Odds of a grade above any limit, first arm over second: below 1 the first arm does better.
odds_ratio = 0.5

# Every patient of the first arm against every patient of the second. It takes worst grades from [grade], and the
# hazards of resolution and of death from another cause from [resolution].
[win_ratio]
# The outcome that decides first, first: some or all of death, grade, resolution.
hierarchy = ["death", "grade", "resolution"]
# By what the hazard of resolution is multiplied for every grade above 1.
hazard_by_grade = 0.8

# One arm whose share of an event is held against a stated one: in one stage, and in Simon's two.
[single_arm]
# The share that is to be excluded, and the one that is expected.
null = 0.40
share = 0.20
# One-sided; and the power that the two-stage designs must reach.
size = 0.05
power = 0.80
two_stages = true
"""


MOST_PATIENTS, MOST_DAYS = 5_000, 1_000
_CHANCE = number(0, 1, "low high")
_PAIR = range(2, 3)
KEYS: dict[str, dict[str, Key]] = {
    "design": {
        "title": Key("a text", lambda value: isinstance(value, str)),
        "strategies": Key(f"two different ones of {', '.join(STRATEGIES)}", names(STRATEGIES, _PAIR)),
        "n": Key(
            f"a list of whole numbers from 2 to {MOST_PATIENTS:,}",
            listed(whole(2, MOST_PATIENTS), range(1, 1000)),
            True,
        ),
        "size": Key("a number between 0 and 1", _CHANCE),
        "trials": Key("a whole number from 100 to 1,000,000", whole(100, 1_000_000)),
        "seed": Key("a whole number from 0 on", whole(0, 2**63)),
        "look": Key("a number between 0 and 1", _CHANCE),
    },
    "binary": {
        "shares": Key("two numbers from 0 to 1", listed(number(0, 1), _PAIR), True),
        "test": one_of(all_tables.TESTS),
    },
    "resolution": {
        "days": Key(f"a whole number from 1 to {MOST_DAYS:,}", whole(1, MOST_DAYS), True),
        "hazards": Key("two numbers above 0, a day", listed(number(0, inf, "low"), _PAIR), True),
        "deaths": Key("two numbers from 0 on, a day", listed(number(0, inf), _PAIR)),
        "test": one_of(TIME_TESTS),
    },
    "grade": {
        "shares": Key(
            f"{GRADES} numbers from 0 to 1 that add up to 1, for the grades 0 to {GRADES - 1}",
            lambda value: (
                listed(number(0, 1), range(GRADES, GRADES + 1))(value) and abs(sum(value) - 1) < 1e-6  # rounding
            ),
            True,
        ),
        "odds_ratio": Key("a number above 0", number(0, inf, "low"), True),
    },
    "win_ratio": {
        "hierarchy": Key(
            f"some or all of {', '.join(HIERARCHY)}, each once", names(HIERARCHY, range(1, len(HIERARCHY) + 1))
        ),
        "hazard_by_grade": Key("a number above 0", number(0, inf, "low")),
    },
    "single_arm": {
        "null": Key("a number between 0 and 1", _CHANCE, True),
        "share": Key("a number between 0 and 1", _CHANCE, True),
        "size": Key("a number between 0 and 1", _CHANCE),
        "power": Key("a number between 0 and 1", _CHANCE),
        "two_stages": Key("true or false", lambda value: isinstance(value, bool)),
    },
}


def read_design(path: Path) -> Design:
    """Return the plan that a file describes, as :data:`TEMPLATE` does.

    Parameters
    ----------
    path
        A TOML file in UTF-8.

    Raises
    ------
    AbateError
        If there is no such file, it is not TOML, or a plan cannot be made of it: all that is wrong, in one paragraph.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "design.toml"
    >>> _ = file.write_text(TEMPLATE, encoding="utf-8")
    >>> read_design(file).strategies
    ('early', 'late')
    """
    return design_from(read_toml(path, "a trial is planned"), path.name)


def design_from(content: Mapping[str, Any], name: str = "The design") -> Design:
    """Return the plan that the content of a design file describes.

    Parameters
    ----------
    content
        Its sections, each with its keys, as :data:`TEMPLATE` explains them.
    name
        What a message calls it.

    Raises
    ------
    AbateError
        Naming everything that is wrong, in one paragraph.

    Examples
    --------
    >>> design_from({"design": {"n": [20]}, "binary": {"shares": [0.2, 0.4]}}).outcomes
    (Binary(shares=(0.2, 0.4), test='fisher'),)
    >>> design_from({"design": {"n": [20], "seed": -1}})
    Traceback (most recent call last):
    ...
    abate.records.problems.AbateError: The design cannot be used. [design] seed: expected a whole number from 0 on.
    """
    problems = _problems(content)
    if not problems:
        problems = _together(content)
    if problems:
        raise AbateError(f"{name} cannot be used. {' '.join(problems)}")
    given = {section: {key: fixed(value) for key, value in content[section].items()} for section in content}
    outcomes: list[Outcomes] = []
    if "binary" in given:
        outcomes.append(Binary(**given["binary"]))
    if "resolution" in given:
        outcomes.append(Resolution(**given["resolution"]))
    if "grade" in given:
        outcomes.append(WorstGrade(**given["grade"]))
    if "win_ratio" in given:
        grade, resolution = WorstGrade(**given["grade"]), Resolution(**given["resolution"])
        outcomes.append(Wins(grade, resolution, **given["win_ratio"]))
    one_arm = OneArm(**given["single_arm"]) if "single_arm" in given else None
    return Design(**given["design"], outcomes=tuple(outcomes), one_arm=one_arm)


def _problems(content: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with single keys."""
    found = []
    for section, given in content.items():
        if section not in KEYS:
            found.append(no_section(section, KEYS))
        else:
            found += problems_of(f"[{section}]", given, KEYS[section])
    if "design" not in content:
        found.append("[design]: it is missing, expected a section with n, the numbers of patients of each arm.")
    return found


def _together(content: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with sections and keys that are each right."""
    found = []
    if len(content) == 1:
        sections = ", ".join(f"[{name}]" for name in KEYS if name != "design")
        found.append(f"No outcome is planned, expected one or more of {sections}.")
    if "win_ratio" in content:
        found += [
            f"[win_ratio]: it needs the section [{name}], which is missing."
            for name in ("grade", "resolution")
            if name not in content
        ]
    if "binary" in content and max(content["design"]["n"]) > all_tables.MOST:
        found.append(f"[design] n: with [binary], whose tables are all counted, expected up to {all_tables.MOST}.")
    if "single_arm" in content and content["single_arm"]["null"] == content["single_arm"]["share"]:
        found.append("[single_arm] share: expected another share than the null.")
    return found
