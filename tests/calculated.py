"""Sheets of cases for the calculator: inputs in words, and the number, class and bounds that must be found."""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import pyarrow as pa

from abate.calculator import calculate, rule
from abate.records.options import Options
from spec import cells


class Case(NamedTuple):
    """One row of a sheet: what a rule must find for some inputs."""

    key: str
    what: str
    given: tuple[tuple[str, str], ...]
    options: tuple[tuple[str, str], ...]
    expected: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return f"{self.key}: {self.what}"


CASES: list[Case] = []


def _pairs(text: str) -> dict[str, str]:
    pairs = (clause.partition("=") for clause in text.split(";") if clause.strip())
    return {name.strip(): value.strip() for name, _sign, value in pairs}


def sheet(key: str, text: str, given: str = "", options: str = "") -> list[Case]:
    """Read a sheet: ``what``, ``inputs`` (``name=value; ...``, over ``given``), and what must be found.

    The columns ``value``, ``class``, ``missing``, ``criteria`` and ``flags`` are compared as written; ``bounds``
    reads ``3-5``; ``?`` is not known, or cannot be told; a blank asserts nothing.
    A row without ``what`` goes on with the inputs of the row before.
    """
    found = []
    rows: list[dict[str, str]] = []
    for row in cells(text):
        if row["what"]:
            rows.append(row)
        else:
            rows[-1]["inputs"] += "; " + row["inputs"]
    for row in rows:
        inputs = tuple((_pairs(given) | _pairs(row.pop("inputs"))).items())
        what = row.pop("what")
        expected = tuple((name, value) for name, value in row.items() if value)
        found.append(Case(key, what, inputs, tuple(_pairs(options).items()), expected))
    CASES.extend(found)
    return found


def laid_out(cases: Sequence[Case]) -> pa.Table:
    """Return cases as a table of text, a row each."""
    names = dict.fromkeys(name for case in cases for name, _value in case.given)
    return pa.table({name: [dict(case.given).get(name, "") for case in cases] for name in names})


def by_options(key: str) -> dict[tuple[tuple[str, str], ...], list[Case]]:
    """Return the cases of one rule by the options under which they stand."""
    found: dict[tuple[tuple[str, str], ...], list[Case]] = {}
    for case in CASES:
        if case.key == key:
            found.setdefault(case.options, []).append(case)
    return found


@cache
def _results(key: str, options: tuple[tuple[str, str], ...]) -> dict[Case, dict[str, Any]]:
    """Compute all cases of one rule under the same options in one table: a run costs seconds, a row nothing."""
    mine = by_options(key)[options]
    rows = calculate(rule(key), laid_out(mine), "sheet", Options(dict(options))).to_pylist()
    return dict(zip(mine, rows, strict=True))


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "?" if value in (None, "") else f"{value:.6g}" if isinstance(value, float) else str(value)


def found(case: Case) -> tuple[tuple[str, str], ...]:
    """Return what the calculator finds for a case, in the columns that its sheet asserts."""
    row = _results(case.key, case.options)[case]
    row["bounds"] = f"{_written(row['lower'])}-{_written(row['upper'])}"
    lists = ("missing", "criteria", "flags")
    return tuple(
        (name, "none" if name in lists and not row[name] else _written(row[name])) for name, _value in case.expected
    )
