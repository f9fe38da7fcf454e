"""A TOML file of sections and keys, read at once, with everything that is wrong in it told at once."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from abate.records.problems import AbateError, perhaps


@dataclass(frozen=True)
class Key:
    """What a key may hold: in words, as a test, and whether it has to be there."""

    expected: str
    fits: Callable[[Any], bool]
    needed: bool = False


def number(low: float, high: float, edges: str = "") -> Callable[[Any], bool]:
    """Return whether something is a number between two others; an edge named in ``edges`` is not allowed itself."""

    def fits(value: Any) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            return False
        return (
            low <= value <= high and not ("low" in edges and value == low) and not ("high" in edges and value == high)
        )

    return fits


def whole(low: int, high: int) -> Callable[[Any], bool]:
    """Return whether something is a whole number between two others, both allowed."""
    return lambda value: type(value) is int and low <= value <= high


def listed(each: Callable[[Any], bool], lengths: range) -> Callable[[Any], bool]:
    """Return whether something is a list of some length, each item of which fits."""
    return lambda value: isinstance(value, list) and len(value) in lengths and all(each(item) for item in value)


def names(known: tuple[str, ...], lengths: range) -> Callable[[Any], bool]:
    """Return whether something is a list of different known names."""

    def fits(value: Any) -> bool:
        named = listed(lambda item: isinstance(item, str) and item in known, lengths)(value)
        return named and len(set(value)) == len(value)

    return fits


def one_of(known: tuple[str, ...]) -> Key:
    """Return a key that holds one of some names."""
    return Key(f"one of {', '.join(known)}", lambda value: isinstance(value, str) and value in known)


def read_toml(path: Path, what: str) -> dict[str, Any]:
    """Return the content of a TOML file in UTF-8.

    Raises
    ------
    AbateError
        If there is no such file, or it is not TOML.

    References
    ----------
    TOML 1.0, https://toml.io/en/v1.0.0
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise AbateError(f"{path.name} cannot be read. Expected a TOML file in which {what}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise AbateError(f"{path.name} cannot be used: it is not TOML in UTF-8. {error}.") from error


def no_section(section: str, known: Mapping[str, object]) -> str:
    """Return what is said of a section that there is none of."""
    return f"[{section}]: no section is called so, expected {perhaps(section, known, ', '.join(known))}."


def problems_of(section: str, given: Any, keys: Mapping[str, Key]) -> list[str]:
    """Return all that is wrong with the keys of a section; ``section`` is what a message calls it."""
    if not isinstance(given, dict):
        return [f"{section}: expected a section with keys."]
    unknown = [
        f"{section} {key}: no key is called so, expected {perhaps(key, keys, 'one of ' + ', '.join(keys))}."
        for key in given
        if key not in keys
    ]
    unfit = [
        f"{section} {key}: expected {what.expected}."
        for key, what in keys.items()
        if key in given and not what.fits(given[key])
    ]
    missing = [
        f"{section} {key}: it is missing, expected {what.expected}."
        for key, what in keys.items()
        if what.needed and key not in given
    ]
    return unknown + unfit + missing


def fixed(value: Any) -> Any:
    """Return a value of a key that does not change: a list as a tuple."""
    return tuple(value) if isinstance(value, list) else value
