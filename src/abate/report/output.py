"""The output folder of a run: page, tables, figures and its record."""

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa

from abate.engine.whole import whole_folder
from abate.report.compared import systems_compared
from abate.report.curves import (
    biomarker_series,
    concentrations,
    cumulative_doses,
    groups_compared,
    heat_map,
    records_used,
)
from abate.report.lanes import toxicity_by_day
from abate.report.operating import operating
from abate.report.page import Head, render
from abate.report.results import planned
from abate.report.text import write_table
from abate.report.theme import Figure, in_light, png, svg
from abate.report.timeline import timelines

MARKER = "run.json"
COMPUTED = ", computed"
"""How the name of a system ends whose grades were computed."""


def draw(tables: Mapping[str, pa.Table], treatment: str) -> list[Figure]:
    """Return every figure that the tables allow."""
    given = dict(tables)
    figures = [records_used(given)]
    grades = given["lane_grades"].to_pylist()
    found = dict.fromkeys((row["toxicity"], row["system"] or "") for row in grades)
    # Clinicians' grades first, the toxicity under study before the other; then the computed ones.
    systems = sorted(
        found,
        key=lambda pair: (
            pair[1].endswith(COMPUTED),
            -ord(pair[0][0]) if not pair[1].endswith(COMPUTED) else ord(pair[0][0]),
            pair[1],
        ),
    )
    counts: dict[str, int] = {}
    for toxicity, system in systems or [("", "")]:
        counts[toxicity] = counts.get(toxicity, 0) + 1
        figures.append(toxicity_by_day(given, toxicity, system, treatment, counts[toxicity]))
    if given["cumulative"].num_rows:
        figures.append(cumulative_doses(given))
    if given["concentrations"].num_rows:
        figures.append(concentrations(given))
    if given["biomarker_medians"].num_rows or ("biomarker_points" in given and given["biomarker_points"].num_rows):
        figures.append(biomarker_series(given))
    if given["heat"].num_rows:
        figures.append(heat_map(given))
    if given["comparison_values"].num_rows:
        figures.append(groups_compared(given))
    if given["systems_by_day"].num_rows:
        figures.append(systems_compared(given))
    return [*figures, *planned(given), *timelines(given)]


def write(
    out: Path,
    tables: Mapping[str, pa.Table],
    long: Mapping[str, ibis.Table],
    texts: Mapping[str, str],
    run: Mapping[str, Any],
    head: Head,
    treatment: str,
    progress: Callable[[str], None],
    beside: Mapping[str, str] | None = None,
) -> None:
    """Write ``report.html``, ``tables/``, ``figures/`` and ``run.json``.

    Parameters
    ----------
    out
        The output folder; an earlier report there is replaced once the new one is whole.
    tables, texts
        What the report shows.
    long
        Tables that stand beside it alone, written piece by piece.
    run
        What ``run.json`` records.
    head
        What the head of the page says.
    treatment
        The treatment under study.
    progress
        Called with a word before each step.
    beside
        Texts of other files, by name.

    Raises
    ------
    AbateError
        If the place may not be written over.
    """
    # A picture is made of each drawing in a thread of its own, while tables are written.
    with whole_folder(out, MARKER, "report") as work, ThreadPoolExecutor(1) as drawer:
        progress("drawing figures")
        figures = draw(tables, treatment)
        drawn = {figure.name: svg(figure, texts.get("mark", "")) for figure in figures}
        light = {name: in_light(text) for name, text in drawn.items()}
        pictures = {name: drawer.submit(png, text) for name, text in light.items()}
        progress("writing tables")
        (work / "tables").mkdir()
        for name, table in (*tables.items(), *long.items()):
            if len(table.columns):
                write_table(work / "tables", name, table)
        (work / "figures").mkdir()
        for name, text in light.items():
            progress(f"drawing {name}")
            (work / "figures" / f"{name}.svg").write_text(text, encoding="utf-8")
            (work / "figures" / f"{name}.png").write_bytes(pictures[name].result())
        progress("writing the page")
        page = render(tables, texts, figures, drawn, head)
        (work / "report.html").write_text(page, encoding="utf-8")
        for name, text in (beside or {}).items():
            (work / name).write_text(text, encoding="utf-8")
        (work / MARKER).write_text(json.dumps(run, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


PLAN = "design.toml"


def write_power(out: Path, table: pa.Table, design: str) -> None:
    """Write what planned trials can find, as a table and a figure, beside the plan that it follows from.

    Parameters
    ----------
    out
        The output folder; an earlier one of a plan is replaced once the new one is whole.
    table
        From :func:`abate.statistics.operating_characteristics.operating_characteristics`.
    design
        The text of the plan.

    Raises
    ------
    AbateError
        If the place may not be written over.
    """
    with whole_folder(out, PLAN, "plan of trials") as work:
        figure = operating({"operating_characteristics": table})
        light = in_light(svg(figure, ""))
        write_table(work, figure.name, table)
        (work / f"{figure.name}.svg").write_text(light, encoding="utf-8")
        (work / f"{figure.name}.png").write_bytes(png(light))
        (work / PLAN).write_text(design, encoding="utf-8")
