"""Write docs/systems.md from the grading systems themselves, so that the two cannot drift apart."""

from pathlib import Path

from abate.grading.rules import System
from abate.grading.systems import SYSTEMS

PLACE = Path(__file__).parents[1] / "docs" / "systems.md"


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
        option = f"`{item.option[0]} = {item.option[1]}`" if item.option else ""
        doubt = f" (in doubt where `{item.doubt}`)" if item.doubt else ""
        lines.append(f"| {item.grade} | {item.name}{doubt} | {item.fact} | {item.known} | {option} |")
    lines += ["", "Flags, which change no grade:", ""]
    lines += [f"- `{flag.name}`: {flag.meaning}" for flag in system.flags]
    return "\n".join([*lines, "", *(f"{note}" for note in system.notes)])


def text() -> str:
    """Return the whole page."""
    head = (
        "# The grading systems\n\nWritten by `python tools/system_tables.py` from `src/abate/grading/systems/`. How "
        "each feature is found in records, and every option: [grading.md](grading.md). *Verified*: checked against the "
        "paper or a table that reproduces it; *secondary*: against digests; *recalled*: from memory of the paper; *our "
        "resolution*: the paper leaves it open."
    )
    return head + "\n\n" + "\n\n".join(section(system) for system in SYSTEMS.values()) + "\n"


if __name__ == "__main__":
    PLACE.write_text(text(), encoding="utf-8")
