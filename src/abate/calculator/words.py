"""What the calculator prints: the list of rules, a description, a result, a table."""

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute
import pyarrow.csv

from abate.calculator.bedside_inputs import BEDSIDE
from abate.calculator.organ_support import ORGAN_SUPPORT
from abate.grading.ctcae_table import Term, terms
from abate.grading.laboratory import CTCAE_LAB
from abate.grading.neurology import CTCAE_NEURO
from abate.grading.points import Score
from abate.grading.systems import COUNTED
from abate.records.options import REGISTRY
from abate.report.text import harmless
from abate.scores import SCORES

ADVICE = "Research software. It gives no advice on treatment."


def _columns(rows: Iterable[tuple[str, str]], indent: str = "  ") -> list[str]:
    listed = list(rows)
    width = max((len(name) for name, _words in listed), default=0)
    return [f"{indent}{name.ljust(width)}  {words}".rstrip() for name, words in listed]


def listing() -> str:
    """Return every rule of the calculator, by kind."""
    kinds = {
        "Grading systems, of one day": list(BEDSIDE.values()),
        "Terms of the CTCAE": [CTCAE_LAB, CTCAE_NEURO],
        "Criteria of hyperinflammation and of cytopenia": list(COUNTED.values()),
        "Scores": list(SCORES.values()),
        "Organ support, of one moment": list(ORGAN_SUPPORT.values()),
    }
    lines = []
    for kind, rules in kinds.items():
        lines += [kind, *_columns((rule.key, rule.title) for rule in rules), ""]
    lines += ["abate calc NAME --describe prints the inputs and criteria of one.", ADVICE]
    return "\n".join(lines)


def description(score: Score) -> str:
    """Return the inputs, options and criteria of one rule, with their source."""
    lines = [score.title, f"  {score.citation}", "", "Inputs (a blank is missing, never normal)"]
    lines += _columns((item.name, f"{item.meaning}: {item.allowed}") for item in score.inputs)
    if score.options:
        lines += ["", "Options"]
        lines += _columns((name, f"{REGISTRY[name].meaning}: {REGISTRY[name].allowed}") for name in score.options)
        lines += [f"    default of {name}: {REGISTRY[name].default}" for name in score.options]
    if score.gate:
        lines += ["", "Required"]
        lines += _columns((gate.name, f"{gate.fact} [{gate.known}{_under(gate.option)}]") for gate in score.gate)
    if score.items:
        lines += ["", _heading(score)]
        lines += _columns(
            (f"{band.grade:>3}  {item.name}", f"{band.fact} [{band.known}{_under(band.option)}]")
            for item in score.items
            for band in item.bands
        )
    if score.classes:
        lines += ["", "Classes"]
        lines += _columns(
            (label, f"from {least:g}{f' {score.unit}' if score.unit else ''}") for label, least in score.classes
        )
    if score is CTCAE_LAB:
        lines += ["", "Terms (and short names), with the units in which numbers are printed"]
        lines += _columns(_term(term) for term in terms().values())
    lines += ["", *score.notes, ADVICE] if score.notes else ["", ADVICE]
    return "\n".join(lines)


def _heading(score: Score) -> str:
    if score.results[0] == "grade":
        return "Criteria: the grade is the highest that holds"
    return "Criteria, each counting once" if score.counts else "Points, the most that hold on each line"


def _term(term: Term) -> tuple[str, str]:
    versions = ", ".join(version for version, units in term.units.items() if units)
    units = ", ".join(unit for unit in dict.fromkeys(unit for each in term.units.values() for unit in each) if unit)
    name = " | ".join((term.name, *term.also))
    return name, f"{versions}; {units or 'any unit, with its limits'}{f'. {term.note}' if term.note else ''}"


def _under(option: tuple[str, str] | None) -> str:
    return f"; {option[0]} = {option[1]}" if option else ""


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.10g}"
    return "" if value is None else str(value)


def result(score: Score, row: dict[str, object]) -> str:
    """Return the result of one case in words: the number, what it rests on, what was missing, the source."""
    unit = f" {score.unit}" if score.unit else ""
    first = score.results[0]
    value = f"{_cell(row[first])}{unit}" if row[first] is not None else "not known"
    lines = [score.title]
    found = [(first, value)]
    if score.classes:
        found.append(("class", _cell(row["class"]) or "cannot be told: the bounds lie in different classes"))
    if row["lower"] != row["upper"]:
        found.append(("bounds", f"{_cell(row['lower'])} to {_cell(row['upper'])}{unit}"))
    found += [(name, _cell(row[name])) for name in (*score.derived, "criteria", "missing", "flags") if row[name]]
    found.append(("complete", _cell(row["complete"])))
    lines += _columns(found)
    return "\n".join([*lines, f"  source    {score.citation}", ADVICE])


def as_csv(table: pa.Table) -> str:
    """Return a table as CSV: truths as yes and no, what is not known blank."""
    sink = pa.BufferOutputStream()
    truth = pyarrow.compute.if_else(table["complete"], "yes", "no")
    table = table.set_column(table.column_names.index("complete"), "complete", truth)
    pyarrow.csv.write_csv(harmless(table), sink, pyarrow.csv.WriteOptions(quoting_style="needed"))
    return str(sink.getvalue().to_pybytes(), "utf-8")
