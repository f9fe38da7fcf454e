"""The plan of an analysis, written before its results are seen: the emulated trial, and endpoints."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Any

from abate.records.problems import AbateError
from abate.records.toml_keys import Key, fixed, listed, no_section, number, problems_of, read_toml, whole
from abate.statistics.permutation import SEED

TEMPLATE = """\
# What is analysed, written down before the results are seen. Every number below is an example: put in its place what
# fits your patients. `abate analyse RECORDS --plan plan.toml --out REPORT` reports on it.

[plan]
title = "Start the treatment, or wait"
# Last day after day 0 that is looked at.
until = 60

# The trial that the records stand in for: start the treatment under study on a day, or wait. Without this section
# there is none. Treatment and toxicity under study are those of [study] in abate.toml.
[trial]
# From this grade on a patient is ill, and may start; below it the toxicity has resolved.
grade = 3
# Days of steroids before a patient may enter; 0: none are needed.
steroid_days = 0
# Days for which each is followed from time zero.
window = 7
# What decided who was treated, as it was known on each day. "grade 4", "highest grade", "highest CRS", "steroid days",
# "steroid dose" (mg dexamethasone on the day before), "days since onset", "days at grade 3 or more"; a laboratory
# variable, such as "ferritin" (its last value on a day before); a column of patients that is a number, such as "age".
# "log " before any of them takes the logarithm of 1 + it. A patient of whom one is not known does not enter.
adjust_for = ["grade 4", "log days since onset", "highest CRS"]
# Those who waited are matched to each who started, on the same day: how far apart they may be. 0 is the same.
match = { "grade 4" = 0, "steroid dose" = 20, "days since onset" = 2 }
# Days after the first day of the grade above: who was treated by then against who was not.
landmarks = [3, 7]
# Strategies "start within so many days of the first day of the grade above", against not starting in them.
start_within = [3, 7]
# Samples of patients for the intervals of the strategies.
samples = 500
seed = 20200713

# As many as are wanted, each with double brackets.
[[endpoint]]
# death, onset (of the toxicity under study), high grade, resolution (of high grade), discharge, or an event of the
# records, such as relapse.
outcome = "death"
# Time zero: day 0, onset, high grade, or treatment (the start of the treatment under study).
from = "day 0"
# What else, beside death, ends the time to the outcome for good.
# competing = ["relapse"]
# Days after time zero at which it is told.
times = [28]

[[endpoint]]
outcome = "resolution"
from = "high grade"
times = [7, 14]
# Both or neither: a column of patients, or a group of abate.toml, known at time zero; and two or more of its labels as
# the records have them. The others are held against the first.
# group = "product"
# arms = ["axicabtagene ciloleucel", "lisocabtagene maraleucel"]
"""

OUTCOMES = ("death", "onset", "high grade", "resolution", "discharge")
ORIGINS = ("day 0", "onset", "high grade", "treatment")
KNOWN = (
    *("grade 4", "highest grade", "days at grade 3 or more", "days since onset", "highest CRS", "steroid days"),
    "steroid dose",
)
"""Covariates that every cohort has, day by day."""
LOG = "log "


@dataclass(frozen=True)
class Trial:
    """The emulated trial; see :data:`TEMPLATE` for each key."""

    grade: int = 3
    steroid_days: int = 0
    window: int = 7
    adjust_for: tuple[str, ...] = ("grade 4", "log days since onset", "highest CRS")
    match: Mapping[str, float] = field(default_factory=lambda: {"grade 4": 0, "steroid dose": 20})
    landmarks: tuple[int, ...] = ()
    start_within: tuple[int, ...] = ()
    samples: int = 500
    seed: int = SEED

    @property
    def covariates(self) -> tuple[str, ...]:
        """Every covariate named, once."""
        return tuple(dict.fromkeys([*self.adjust_for, *self.match]))


@dataclass(frozen=True)
class Endpoint:
    """One endpoint; see :data:`TEMPLATE` for each key."""

    outcome: str
    origin: str = "day 0"
    competing: tuple[str, ...] = ()
    times: tuple[int, ...] = (28,)
    group: str = ""
    arms: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What a table calls it."""
        by = f", by {self.group} ({', '.join(self.arms)})" if self.group else ""
        others = [name for name in self.competing if name != "death"]
        against = f", {' and '.join(others)} competing" if others else ""
        return f"{self.outcome} from {self.origin}{against}{by}"


@dataclass(frozen=True)
class Plan:
    """What is analysed.

    Attributes
    ----------
    title, until
        What the results are called, and the last day looked at.
    trial
        The emulated trial; none where it is not planned.
    endpoints
        In the order of the file.
    name
        Of the file.
    text
        The file, as it is kept beside the results.
    """

    title: str = "Results of the plan"
    until: int = 60
    trial: Trial | None = None
    endpoints: tuple[Endpoint, ...] = ()
    name: str = "The plan"
    text: str = ""


def _furthest(value: Any) -> bool:
    return isinstance(value, dict) and len(value) > 0 and all(number(0, inf)(limit) for limit in value.values())


def _words(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


KEYS: dict[str, dict[str, Key]] = {
    "plan": {
        "title": Key("a text", _words),
        "until": Key("a whole number of days from 7 to 1,000", whole(7, 1000)),
    },
    "trial": {
        "grade": Key("a grade from 1 to 4", whole(1, 4)),
        "steroid_days": Key("a whole number from 0 to 100", whole(0, 100)),
        "window": Key("a whole number of days from 1 to 100", whole(1, 100)),
        "adjust_for": Key("a list of names of covariates", listed(_words, range(1, 50))),
        "match": Key("a table of covariates, each with a number from 0 on: how far apart is allowed", _furthest),
        "landmarks": Key("a list of whole days from 1 on, none before time zero", listed(whole(1, 999), range(20))),
        "start_within": Key("a list of whole days from 1 on", listed(whole(1, 999), range(20))),
        "samples": Key("a whole number from 100 to 100,000", whole(100, 100_000)),
        "seed": Key("a whole number from 0 on", whole(0, 2**63)),
    },
    "endpoint": {
        "outcome": Key("the name of an outcome", _words, True),
        "from": Key(f"one of {', '.join(ORIGINS)}", lambda value: value in ORIGINS),
        "competing": Key("a list of outcomes", listed(_words, range(1, 10))),
        "times": Key("a list of whole days from 1 on, none before time zero", listed(whole(1, 999), range(1, 20))),
        "group": Key("a column of patients or a group of abate.toml", _words),
        "arms": Key("a list of two or more labels of the group", listed(_words, range(2, 20))),
    },
}


def read_plan(path: Path) -> Plan:
    """Return the plan that a file describes, as :data:`TEMPLATE` does.

    Parameters
    ----------
    path
        A TOML file in UTF-8.

    Raises
    ------
    AbateError
        If there is no such file, it is not TOML, or no plan can be made of it: all that is wrong, in one paragraph.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "plan.toml"
    >>> _ = file.write_text(TEMPLATE, encoding="utf-8")
    >>> [endpoint.name for endpoint in read_plan(file).endpoints]
    ['death from day 0', 'resolution from high grade']
    """
    content = read_toml(path, "an analysis is planned (abate plan prints one)")
    if problems := _problems(content):
        raise AbateError(f"{path.name} cannot be used. {' '.join(problems)}")
    trial = Trial(**{key: fixed(value) for key, value in content["trial"].items()}) if "trial" in content else None
    endpoints = []
    for given in content.get("endpoint", ()):
        named = {"origin" if key == "from" else key: fixed(value) for key, value in given.items()}
        # Who has died has nothing else any more, whatever other events are named.
        death = () if named["outcome"] == "death" else ("death",)
        named["competing"] = tuple(dict.fromkeys([*death, *named.get("competing", ())]))
        endpoints.append(Endpoint(**named))
    text = path.read_text(encoding="utf-8-sig")
    return Plan(**content.get("plan", {}), trial=trial, endpoints=tuple(endpoints), name=path.name, text=text)


def _problems(content: Mapping[str, Any]) -> list[str]:
    found = []
    for section, given in content.items():
        if section not in KEYS:
            found.append(no_section(section, KEYS))
        elif section != "endpoint":
            found += problems_of(f"[{section}]", given, KEYS[section])
        elif not isinstance(given, list):
            found.append("[endpoint]: expected double brackets, [[endpoint]], for there may be several.")
        else:
            for place, one in enumerate(given, start=1):
                name = f"[[endpoint]] {place}"
                found += problems_of(name, one, KEYS[section]) or _endpoint(name, one)
    if not {"trial", "endpoint"} & set(content):
        found.append("Nothing is planned, expected [trial] or one or more of [[endpoint]].")
    if not found:
        until = content.get("plan", {}).get("until", Plan.until)
        days = [day for one in content.get("endpoint", ()) for day in one.get("times", ())]
        trial = content.get("trial", {})
        days += [*trial.get("landmarks", ()), *trial.get("start_within", ()), trial.get("window", 1)]
        if late := sorted({day for day in days if day > until}):
            found.append(
                f"[plan] until: day {until} is the last looked at, and {', '.join(map(str, late))} lies after it."
            )
    return found


def _endpoint(name: str, given: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with an endpoint whose keys are each right."""
    found = []
    outcome, origin = given["outcome"], given.get("from", "day 0")
    # In the order in which they can happen: an outcome is none after what can only follow it.
    order = ("onset", "high grade", "resolution")
    if origin == outcome or (outcome in order and origin in order and order.index(outcome) <= order.index(origin)):
        found.append(f"{name} outcome: {outcome} lies before time zero or on it, which is {origin}.")
    if outcome == "resolution" and origin in ("day 0", "onset"):
        found.append(f"{name} from: nobody resolves who was not at high grade, expected high grade or treatment.")
    if outcome in given.get("competing", ()):
        found.append(f"{name} competing: {outcome} cannot compete with itself.")
    if ("group" in given) != ("arms" in given):
        found.append(f"{name}: group and arms go together, expected both or neither.")
    if given.get("group") in ("response", "treated", "responder"):
        found.append(
            f"{name} group: {given['group']} is known only after time zero, and who had it had to live until then; "
            "expected a column known at time zero, or [trial] for treatment."
        )
    if len(set(given.get("arms", ()))) < len(given.get("arms", ())):
        found.append(f"{name} arms: the same arm is named twice.")
    return found
