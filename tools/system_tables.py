"""Write docs/systems.md and docs/scores.md from the rules themselves, so that the two cannot drift apart."""

from pathlib import Path

from abate.grading.laboratory import CTCAE_LAB, table_rows
from abate.grading.points import Score
from abate.grading.rules import Criterion, System
from abate.grading.systems import COUNTED, SYSTEMS
from abate.records.options import REGISTRY
from abate.scores import SCORES

DOCS = Path(__file__).parents[1] / "docs"


KNOWN = (
    "*Verified*: checked against the paper or a table that reproduces it; *secondary*: against digests; *recalled*: "
    "from memory of the paper; *our resolution*: the paper leaves it open."
)


def under(item: Criterion) -> str:
    """Return the option under which a criterion stands."""
    return f"`{item.option[0]} = {item.option[1]}`" if item.option else ""


def section(system: System) -> str:
    """Return one system as a table in Markdown."""
    lines = [
        f"## {system.title}",
        "",
        f"`{system.key}`: {system.toxicity} by {system.name}. {system.citation}",
        "",
        f"Grade 0 needs to be known: {', '.join(system.required)}.",
        "",
        "| grade | criterion | in the words of the paper | known | option |",
        "|---|---|---|---|---|",
    ]
    for item in sorted(system.criteria, key=lambda item: item.grade):
        doubt = f" (in doubt where `{item.doubt}`)" if item.doubt else ""
        lines.append(f"| {item.grade} | {item.name}{doubt} | {item.fact} | {item.known} | {under(item)} |")
    lines += ["", "Flags, which change no grade:", ""]
    lines += [f"- `{flag.name}`: {flag.meaning}" for flag in system.flags]
    return "\n".join([*lines, "", *(f"{note}" for note in system.notes)])


def score_section(score: Score) -> str:
    """Return one score or set of counted criteria in Markdown."""
    lines = [f"## {score.title}", "", f"`abate calc {score.key}`. {score.citation}", ""]
    lines += ["| input | allowed |", "|---|---|"]
    lines += [f"| `{item.name}`: {item.meaning} | {item.allowed} |" for item in score.inputs]
    rows = [(gate, "required", gate.name) for gate in score.gate]
    for item in score.items:
        rows += [(band, "counts" if score.counts else str(band.grade), item.name) for band in item.bands]
    if rows:
        lines += ["", "| points | line | in the words of the paper | known | option |", "|---|---|---|---|---|"]
        lines += [f"| {points} | {name} | {band.fact} | {band.known} | {under(band)} |" for band, points, name in rows]
    if score.classes:
        lines += ["", f"Classes: {', '.join(f'{name} from {least:g}' for name, least in score.classes)}."]
    options = [REGISTRY[name] for name in score.options]
    told = [f"- `{item.name}` (default `{item.default}`): {item.meaning}. {item.source}." for item in options]
    return "\n".join([*lines, "", *told, "", *score.notes]).rstrip()


def scores_page() -> str:
    """Return the page of the scores."""
    head = (
        "# Scores, and criteria that are counted\n\n"
        "Written by `python tools/system_tables.py` from `src/abate/scores/` and `src/abate/grading/systems/`. What is "
        "not known gets its fewest and its most points; a class is told only "
        f"where both sums lie in it. Research software: it gives no advice on treatment. {KNOWN}"
    )
    rules = (*COUNTED.values(), *SCORES.values())
    return "\n\n".join([head, *(score_section(score) for score in rules), laboratory_section()]) + "\n"


def laboratory_section() -> str:
    """Return the laboratory terms of the CTCAE in Markdown."""
    lines = [f"## {CTCAE_LAB.title}", "", f"`abate calc {CTCAE_LAB.key}`. {CTCAE_LAB.citation}", ""]
    lines += ["| term | versions | unit | 1 | 2 | 3 | 4 |", "|---|---|---|---|---|---|---|"]
    for row in table_rows():
        cells = [row[f"grade_{grade}"].replace("|", "/") for grade in (1, 2, 3, 4)]
        versions = row["versions"].replace("|", ", ")
        lines.append(f"| {row['term']} | {versions} | {row['unit']} | {' | '.join(cells)} |")
    words = (
        "A cell is where the grade begins. `ULN`, `LLN` and `baseline` are multiples; `fall` is per cent of the "
        "baseline, `drop` a difference from it; `normal` and `abnormal` speak of the baseline, `low` of the value."
    )
    return "\n".join([*lines, "", words, *CTCAE_LAB.notes])


def systems_page() -> str:
    """Return the page of the systems that grade a day."""
    head = (
        "# The grading systems\n\nWritten by `python tools/system_tables.py` from `src/abate/grading/systems/`. How "
        f"each feature is found in records, and every option: [grading.md](grading.md). {KNOWN}"
    )
    return head + "\n\n" + "\n\n".join(section(system) for system in SYSTEMS.values()) + "\n"


PAGES = {"systems.md": systems_page, "scores.md": scores_page}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")
