"""A case at a time, or a table of them: every score and grading system without records.

Research software: it gives no advice on treatment.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow as pa

from abate.calculator.bedside import bedside
from abate.calculator.bedside_inputs import BEDSIDE
from abate.calculator.laboratory import laboratory
from abate.calculator.organ_support import ORGAN_SUPPORT, organ_support
from abate.engine.haste import swiftly
from abate.engine.store import Engine
from abate.grading.laboratory import CTCAE_LAB
from abate.grading.neurology import CTCAE_NEURO, neurological_grades
from abate.grading.points import Score, evaluate
from abate.grading.systems import COUNTED
from abate.records.options import REGISTRY, Options
from abate.records.problems import Problem, UnusableCasesError, UnusableRecordsError, perhaps
from abate.scores import SCORES
from abate.sources.cases import ROW, column_name, read_table, typed

RULES: Mapping[str, Score] = {
    **BEDSIDE,
    CTCAE_LAB.key: CTCAE_LAB,
    CTCAE_NEURO.key: CTCAE_NEURO,
    **COUNTED,
    **SCORES,
    **ORGAN_SUPPORT,
}


def rule(name: str) -> Score:
    """Return a score or system by its key; hyphens and underscores are one.

    Raises
    ------
    UnusableCasesError
        Naming those that come near, if none has the name.
    """
    key = name.strip().lower().replace("_", "-")
    if key not in RULES:
        expected = perhaps(key, RULES, "one that abate calc lists", 0.4)
        found = "no score or system has this name"
        raise UnusableCasesError([Problem("unusable", f"abate calc {name}", "", found, expected, "Correct it.")])
    return RULES[key]


def pairs(score: Score, texts: Iterable[str]) -> dict[str, str]:
    """Return the names and values of ``NAME=VALUE``.

    Raises
    ------
    UnusableCasesError
        If one has no equals sign, or a name is given twice.
    """
    found: dict[str, str] = {}
    problems = []
    for text in texts:
        written, sign, value = text.partition("=")
        name = column_name(written)
        if not sign or name in found:
            said = f"{text!r} gives {name} a second time" if sign else f"{text!r} is no input"
            place = f"abate calc {score.key}"
            problems.append(Problem("unusable", place, "", said, "NAME=VALUE, each name once", "See --describe."))
        found[name] = value
    if problems:
        raise UnusableCasesError(problems)
    return found


def chosen_options(score: Score, given: Mapping[str, str]) -> tuple[Options, dict[str, str]]:
    """Part what was given into options of the score and inputs."""
    names = (*score.options, "below_detection", "above_detection")
    options = {name: _typed(name, given[name]) for name in names if name in given}
    inputs = {name: value for name, value in given.items() if name not in options}
    try:
        return Options(options, f"abate calc {score.key}"), inputs
    except UnusableRecordsError as error:
        raise UnusableCasesError(error.problems) from error


def _typed(name: str, written: str) -> int | float | str:
    """Return an option as its default is: a number where that is one; what cannot be read is refused later."""
    default = REGISTRY[name].default
    try:
        return type(default)(written)
    except ValueError:
        return written


@swiftly()
def calculate(score: Score, cases: pa.Table, place: str, options: Options) -> pa.Table:
    """Compute a score for every case.

    Parameters
    ----------
    score
        From :func:`rule`.
    cases
        Text columns, named as the score's inputs; others pass through.
    place
        What messages call the cases.
    options
        How ambiguities are settled.

    Returns
    -------
    pyarrow.Table
        The cases with ``value, class, complete, missing, lower, upper, criteria, flags`` and the score's own
        further columns.

    Raises
    ------
    UnusableCasesError
        If no column is an input, a column of the cases has the name of a result, or a cell cannot be read.

    Examples
    --------
    >>> cases = pa.table({"ldh": ["200"], "creatinine": ["1.0"], "platelets": ["100"]})
    >>> calculate(rule("easix"), cases, "example", Options())["value"].to_pylist()
    [2.0]
    """
    results = score.made
    taken = [name for name in cases.column_names if column_name(name) in results]
    if taken:
        expected = f"no column of the name of a result ({', '.join(results)})"
        raise UnusableCasesError(
            [Problem("unusable", place, name, "a result has this name", expected, "Rename it.") for name in taken]
        )
    names = {column_name(name) for name in cases.column_names}
    if not names & {item.name for item in score.inputs}:
        expected = "at least one of " + ", ".join(item.name for item in score.inputs)
        raise UnusableCasesError([Problem("unusable", place, "", "no column is an input", expected, "Name one so.")])
    engine = Engine()
    rows = typed(cases, score.inputs, place, options, engine.hold)
    if score is CTCAE_LAB:
        judged = laboratory(rows, place, options)
    elif score is CTCAE_NEURO:
        judged = neurological_grades(rows, options)
    elif score.key in BEDSIDE:
        judged = bedside(rows, score, options, engine)
    elif score.key in ORGAN_SUPPORT:
        judged = organ_support(rows, score, options)
    else:
        judged = evaluate(rows, score, options)
    found = judged.order_by(ROW).select(*results).to_pyarrow()
    return pa.table({**{name: cases[name] for name in cases.column_names}, **{name: found[name] for name in results}})


def calculate_one(score: Score, given: Mapping[str, str]) -> dict[str, object]:
    """Compute a score for one case of inputs and options.

    Raises
    ------
    UnusableCasesError
        Also if a name is neither an input nor an option of the score.

    Examples
    --------
    >>> calculate_one(rule("ohi"), {"ferritin": "1000.1", "sil2r": ">3900"})["class"]
    'met'
    """
    options, inputs = chosen_options(score, given)
    place = f"abate calc {score.key}"
    problems = []
    for name in inputs:
        if name not in score.columns:
            expected = perhaps(name, score.columns, "an input that --describe lists")
            problems.append(Problem("unusable", place, name, "no input has this name", expected, "Correct it."))
    if problems:
        raise UnusableCasesError(problems)
    cases = pa.table({name: [value] for name, value in inputs.items()}) if inputs else pa.table({})
    row: dict[str, object] = calculate(score, cases, place, options).to_pylist()[0]
    return row


def calculate_file(score: Score, path: Path, given: Mapping[str, str]) -> pa.Table:
    """Compute a score for every row of a CSV file; see :func:`calculate`.

    Raises
    ------
    UnusableCasesError
        Also if something is given that is not an option of the score: inputs stand in the table.
    """
    options, others = chosen_options(score, given)
    place = f"abate calc {score.key} --table"
    problems = [
        Problem("unusable", place, name, "an input stands beside a table", "options only", "Make it a column.")
        for name in others
    ]
    if problems:
        raise UnusableCasesError(problems)
    return calculate(score, read_table(path), path.name, options)


def unread(score: Score, graded: pa.Table) -> list[str]:
    """Return the columns of graded cases that are neither an input nor a result."""
    return [name for name in graded.column_names if column_name(name) not in score.columns and name not in score.made]
