"""Write docs/systems/ from the rules themselves and from their spec tests, so that they cannot drift apart.

A page a system or score: its criteria in the words of the paper, how well each is known, its options, and the
patients of its spec tests with the grade that each must get.
"""

import importlib
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from abate.calculator.organ_support import ORGAN_SUPPORT
from abate.grading.ctcae_table import table_rows
from abate.grading.laboratory import CTCAE_LAB
from abate.grading.neurology import CTCAE_NEURO
from abate.grading.points import Score
from abate.grading.rules import Criterion, System
from abate.grading.systems import COUNTED, SYSTEMS
from abate.records.options import REGISTRY
from abate.scores import SCORES

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
KNOWN = (
    "*Verified*: checked against the paper or a table that reproduces it; *secondary*: against digests; *recalled*: "
    "from memory of the paper; *our resolution*: the paper leaves it open."
)
TESTS = {
    "test_system_astct_crs": ("astct_crs",),
    "test_system_cartox_crs": ("cartox_crs",),
    "test_system_lee_2014": ("lee_2014",),
    "test_system_penn": ("penn_crs",),
    "test_system_mskcc": ("mskcc_crs",),
    "test_system_ctcae_crs": ("ctcae403_crs", "ctcae5_crs"),
    "test_system_astct_icans": ("astct_icans",),
    "test_system_cartox_cres": ("cartox_cres",),
    "test_system_ctcae_neuro": ("ctcae403_neuro", "ctcae5_neuro"),
}
"""Spec tests of the systems that grade a day, and the systems of which each speaks."""
CALCULATED = (
    *("test_scores", "test_system_hlh", "test_grading_laboratory", "test_system_ctcae_neuro"),
    "test_calc_organ_support",
)
"""Spec tests of what the calculator computes."""


def under(item: Criterion) -> str:
    """Return the option under which a criterion stands."""
    return f"`{item.option[0]} = {item.option[1]}`" if item.option else ""


def grid(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> list[str]:
    """Return a table in Markdown."""
    head = list(head)
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    return [*lines, *(f"| {' | '.join(str(cell).replace('|', '/') for cell in row)} |" for row in rows)]


def options(names: Iterable[str]) -> list[str]:
    """Return options with their defaults, values and sources."""
    found = [REGISTRY[name] for name in dict.fromkeys(names)]
    rows = [(f"`{item.name}`", f"`{item.default}`", item.allowed, item.meaning, item.source) for item in found]
    return (
        ["", "## Options", "", *grid(("option", "default", "values", "what it settles", "source"), rows)]
        if rows
        else []
    )


def system_page(system: System) -> str:
    """Return the page of a system that grades a day."""
    lines = [f"# {system.title}", "", f"`{system.key}`: {system.toxicity} by {system.name}. {system.citation}", ""]
    lines += [f"Grade 0 needs to be known: {', '.join(system.required)}. How each feature is found in records: "]
    lines[-1] += f"[grading.md](../grading.md). {KNOWN}"
    rows = [
        (
            item.grade,
            item.name + (f" (in doubt where `{item.doubt}`)" if item.doubt else ""),
            item.fact,
            item.known,
            under(item),
        )
        for item in sorted(system.criteria, key=lambda item: item.grade)
    ]
    head = ("grade", "criterion", "in the words of the paper", "known", "option")
    lines += ["", "## Criteria", "", *grid(head, rows), "", *(f"{note}\n" for note in system.notes)]
    flags = [f"- `{flag.name}`: {flag.meaning}" for flag in system.flags]
    lines += ["## Flags, which change no grade", "", *flags]
    lines += options(item.option[0] for item in system.criteria if item.option)
    return "\n".join([*lines, "", *patients(system)]) + "\n"


def patients(system: System) -> list[str]:
    """Return the patients of the spec tests of a system, and the grade that each must get."""
    sys.path.insert(0, str(ROOT / "tests"))
    import cells

    name = next(name for name, pair in cells.SYSTEMS.items() if pair == (system.toxicity, system.name))
    rows = []
    for module, keys in TESTS.items():
        if system.key not in keys:
            continue
        for found in vars(importlib.import_module(module)).values():
            listed = found if isinstance(found, list) else []
            cases = [item.values[0] for item in listed if hasattr(item, "values") and hasattr(item.values[0], "text")]
            for case in cases:
                if name in case.expected:
                    chosen = ", ".join(f"`{option} = {value}`" for option, value in case.options)
                    rows.append((case.name, case.text, case.expected[name], chosen))
    words = (
        "Each row is a test. `well` is a patient-day without a finding and with nothing missing; a second number in "
        "brackets is the range within which an incomplete grade lies; `?` cannot be graded; grades of several days are "
        "parted by commas."
    )
    return ["## Patients and their grades", "", words, "", *grid(("patient", "records", "grade", "option"), rows)]


def score_page(score: Score) -> str:
    """Return the page of a score, or of criteria that are counted."""
    lines = [f"# {score.title}", "", f"`abate calc {score.key}`. {score.citation}", "", KNOWN, "", "## Inputs", ""]
    lines += grid(("input", "what it says", "allowed"), ((f"`{i.name}`", i.meaning, i.allowed) for i in score.inputs))
    rows = [(gate, "required", gate.name) for gate in score.gate]
    for item in score.items:
        rows += [(band, "counts" if score.counts else str(band.grade), item.name) for band in item.bands]
    if rows:
        head = ("points", "line", "in the words of the paper", "known", "option")
        lines += ["", "## Lines", ""]
        lines += grid(head, ((points, name, band.fact, band.known, under(band)) for band, points, name in rows))
    if score is CTCAE_LAB:
        lines += ["", "## Terms", "", *laboratory_terms()]
    if score.classes:
        lines += ["", f"Classes: {', '.join(f'{name} from {least:g}' for name, least in score.classes)}."]
    lines += ["", *(f"{note}\n" for note in score.notes), *options(score.options), "", *cases(score)]
    return "\n".join(lines).rstrip() + "\n"


def laboratory_terms() -> list[str]:
    """Return the laboratory terms of the CTCAE, and where each grade begins."""
    rows = []
    for row in table_rows():
        begins = [row[f"grade_{grade}"] for grade in (1, 2, 3, 4)]
        rows.append((row["term"], row["versions"].replace("|", ", "), row["unit"], *begins))
    words = (
        "A cell is where the grade begins. `ULN`, `LLN` and `baseline` are multiples; `fall` is per cent of the "
        "baseline, `drop` a difference from it; `normal` and `abnormal` speak of the baseline, `low` of the value."
    )
    return [*grid(("term", "versions", "unit", "1", "2", "3", "4"), rows), "", words]


def cases(score: Score) -> list[str]:
    """Return the cases of the spec tests of a score, and what each must give."""
    sys.path.insert(0, str(ROOT / "tests"))
    rows = []
    for module in CALCULATED:
        for found in vars(importlib.import_module(module)).values():
            for case in found if isinstance(found, list) else []:
                if getattr(case, "key", "") != score.key or not isinstance(getattr(case, "given", None), tuple):
                    continue
                given = "; ".join(f"{name}={value}" for name, value in case.given if value)
                told = "; ".join(f"{name} {value}" for name, value in case.expected)
                rows.append((case.what, given, told, ", ".join(f"`{name} = {value}`" for name, value in case.options)))
    rows = list(dict.fromkeys(rows))
    if not rows:
        return []
    words = "Each row is a test; an input that is not named is not known."
    return ["## Cases and what they give", "", words, "", *grid(("case", "inputs", "must give", "option"), rows)]


def index() -> str:
    """Return the list of all pages."""
    kinds: dict[str, list[System | Score]] = {
        "Grading systems, of one patient-day": [*SYSTEMS.values()],
        "Terms of the CTCAE": [CTCAE_LAB, CTCAE_NEURO],
        "Criteria of hyperinflammation and of cytopenia": [*COUNTED.values()],
        "Scores": [*SCORES.values()],
        "Organ support, of one moment": [*ORGAN_SUPPORT.values()],
    }
    lines = [
        "# Systems and scores",
        "",
        "Written by `python tools/system_tables.py` from the rules in `src/abate/` and their spec tests. What is not "
        "known is not normal: a score gets its fewest and its most points, a class is told only where both lie in it. "
        "Research software: it gives no advice on treatment.",
    ]
    for kind, rules in kinds.items():
        lines += ["", f"## {kind}", ""]
        lines += [f"- [{rule.title}]({rule.key.replace('_', '-')}.md)" for rule in rules]
    return "\n".join(lines) + "\n"


def pages() -> dict[str, str]:
    """Return every page by the name of its file."""
    scores = (CTCAE_LAB, CTCAE_NEURO, *COUNTED.values(), *SCORES.values(), *ORGAN_SUPPORT.values())
    found = {f"{system.key.replace('_', '-')}.md": system_page(system) for system in SYSTEMS.values()}
    return {"README.md": index(), **found, **{f"{score.key}.md": score_page(score) for score in scores}}


if __name__ == "__main__":
    (DOCS / "systems").mkdir(exist_ok=True)
    for name, page in pages().items():
        (DOCS / "systems" / name).write_text(page, encoding="utf-8")
