"""What a case written by hand may hold: the inputs of a score or a grading system, and what is allowed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from abate.records.dictionary import Variable, dictionary


@dataclass(frozen=True)
class Input:
    """One input of a score or a grading system.

    Attributes
    ----------
    name, meaning
        The column of a table of cases; what it says.
    kind
        ``number`` (a comparator and a unit may stand with it), ``rate`` (of an infusion, with its unit), ``truth``
        (yes or no), ``word`` (one of ``words``),
        ``words`` (some of them, joined by ``+``), ``text`` (as it stands).
    unit
        Of a number without a unit.
    variable
        The variable of the dictionary whose conversions apply.
    least, most
        What is possible, in ``unit``.
    words
        Every way of writing a word that is allowed, and the word; of a number, its other ways of writing.
    exact
        Whether a comparator is refused.
    whole
        Whether a number must be whole.
    unit_needed
        Whether a number without a unit is refused.
    """

    name: str
    meaning: str
    kind: Literal["number", "rate", "truth", "word", "words", "text"] = "number"
    unit: str = ""
    variable: str = ""
    least: float | None = None
    most: float | None = None
    words: Mapping[str, str] = field(default_factory=dict)
    exact: bool = False
    whole: bool = False
    unit_needed: bool = False

    @property
    def allowed(self) -> str:
        """What is allowed, in words."""
        if self.kind == "truth":
            return "yes or no"
        if self.kind == "number":
            unit = "" if self.unit in ("", "1") or self.unit.startswith("{") else f" {self.unit}"
            ends = [f"{word} {limit:,.10g}" for word, limit in self._limits() if limit is not None]
            kind = "a whole number" if self.whole else "a number"
            return f"{kind} {' '.join(ends)}{unit}{', with its unit' if self.unit_needed else ''}"
        if self.kind == "rate":
            example = "0.03 U/min" if self.unit == "[IU]/min" else "0.1 ug/kg/min or 5 mg/h"
            return f"a rate with its unit, such as {example}; no comparator"
        if self.kind == "text":
            return "text"
        some = "one of " if self.kind == "word" else "some of, joined by +, "
        return some + ", ".join(dict.fromkeys(self.words.values()))

    def _limits(self) -> tuple[tuple[str, float | None], ...]:
        return (("from", self.least), ("to", self.most))

    def known(self) -> Variable:
        """Return the variable whose units apply: the dictionary's, else one of this input's own unit."""
        return dictionary().variables.get(self.variable) or Variable(self.name, self.meaning, self.unit)


def measured(name: str, variable: str = "", meaning: str = "") -> Input:
    """Return a number that is a variable of the dictionary, in its canonical unit and possible range.

    Examples
    --------
    >>> measured("ferritin").allowed
    'a number from 0 to 1,500,000 ug/L'
    """
    found = dictionary().variables[variable or name]
    return Input(name, meaning or found.label, "number", found.unit, found.name, *found.hard)


def number(name: str, meaning: str, unit: str = "1", least: float | None = 0, most: float | None = None) -> Input:
    """Return a number that is no variable of the dictionary."""
    return Input(name, meaning, "number", unit, "", least, most)


def truth(name: str, meaning: str) -> Input:
    """Return an input that is yes or no."""
    return Input(name, meaning, "truth")


def word(name: str, meaning: str, words: Mapping[str, str]) -> Input:
    """Return an input that is one of some words."""
    return Input(name, meaning, "word", words=words)


def whole(item: Input) -> Input:
    """Return an input that must be a whole number."""
    return replace(item, whole=True)


def exactly(item: Input) -> Input:
    """Return an input that refuses a comparator."""
    return replace(item, exact=True)
