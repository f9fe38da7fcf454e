"""The page: one self-contained file that opens offline and reads like a paper."""

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import pyarrow as pa
from markupsafe import Markup

from abate.report.text import csv_text
from abate.report.theme import DARK, LIGHT, Figure, for_page

SECTIONS = (
    ("key-figures", "Key figures"),
    ("records", "Records"),
    ("patients", "Patients"),
    ("toxicity", "Toxicity by day"),
    ("treatment", "Treatment"),
    ("response", "Response"),
    ("biomarkers", "Biomarkers"),
    ("outcomes", "Outcomes"),
    ("results", "Results of the plan"),
    ("systems", "Systems compared"),
    ("audit", "Audit"),
    ("methods", "Methods"),
    ("patient", "One patient"),
)
MOST_ROWS = 200
"""Rows of a table behind a figure that the page shows; its CSV holds all."""

LONG = (
    *("courses", "course_scores", "kinetics", "steroids", "agents", "context", "biomarker_courses", "biomarker_days"),
    *("crs_days_that_differ", "icans_days_that_differ"),
)
"""Tables of which the page shows the first rows alone."""
MOST_CSV_ROWS = 5000
"""Rows of a table that the page carries as CSV; a longer one stays in ``tables/``."""

NUMBER = re.compile(r"((at (most|least) )?-?[0-9][0-9.,e-]*( to -?[0-9][0-9.,]*)?( \(.*\))?(, n = [0-9]+)?|–|)")
"""Text that reads as a number: also bounds, an interval, a median with its range."""

VERDICTS = ("mismatch", "consistent", "match", "not recomputable")


@dataclass(frozen=True)
class Head:
    """What the head of the page says of the run."""

    version: str
    date: str
    hash: str
    files: str


@dataclass(frozen=True)
class Shown:
    """A table as the page shows it: text in cells, and which columns are numbers."""

    columns: list[str]
    rows: list[list[str]]
    numeric: set[str]
    total: int

    @property
    def cut(self) -> bool:
        """Whether the table goes on after the rows shown."""
        return self.total > len(self.rows)


def cell(value: Any) -> str:
    """Write one cell: no needless decimals, an empty cell where nothing is known."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        small = value != 0 and abs(value) < 0.001
        return f"{value:.2g}" if small else f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    return str(value)


def shown(table: pa.Table, most: int | None = None) -> Shown:
    """Return a table as text, cut where it is long; columns that read as numbers are aligned so."""
    rows = (table if most is None else table.slice(0, most)).to_pylist()
    columns = list(table.column_names)
    texts = [[cell(row[name]) for name in columns] for row in rows]
    numeric = {
        name
        for position, name in enumerate(columns)
        if name != "patient" and all(NUMBER.fullmatch(row[position]) for row in texts)
    }
    return Shown(columns, texts, numeric, table.num_rows)


def accounting(table: pa.Table) -> Shown:
    """Return the accounting without reasons that no value has."""
    rows = table.to_pylist()
    always = ("table", "rows_in", "values_in", "used", "set_aside")
    names = [name for name in table.column_names if name in always or any(row[name] for row in rows)]
    found = shown(table.select(names))
    return Shown(
        [name.replace("_", " ") for name in names],
        found.rows,
        {name.replace("_", " ") for name in found.numeric},
        found.total,
    )


def table_one(table: pa.Table, between: pa.Table) -> Shown:
    """Lay Table 1 out: a row a characteristic or level, a column a group, and how far the groups lie apart."""
    rows = table.to_pylist()
    groups = {row["group"]: row["n"] for row in rows}
    cells: dict[tuple[str, str], dict[str, str]] = {}
    for row in rows:
        if row.get("median") is not None:
            text = f"{cell(row['median'])} ({cell(row['least'])}–{cell(row['greatest'])})"
        elif row["level"] == "median (range)":
            text = "–"
        else:
            text = f"{row['count']} ({100 * row['count'] / row['n']:.0f} %)"
        cells.setdefault((row["characteristic"], row["level"]), {})[row["group"]] = text
    apart = {row["characteristic"]: _apart(row, named=len(groups) > 3) for row in between.to_pylist()}
    titles = list(dict.fromkeys(title for found in apart.values() for title in found))
    columns = ["characteristic", "", *(f"{group} (n = {n})" for group, n in groups.items()), *titles]
    out, before = [], ""
    for (characteristic, level), found in cells.items():
        name = "" if characteristic == before else characteristic
        of_groups = (found.get(group, "0 (0 %)" if level != "median (range)" else "–") for group in groups)
        # On the first row of a characteristic alone: it is that of all its levels.
        out.append([name, level, *of_groups, *(apart[characteristic][title] if name else "" for title in titles)])
        before = characteristic
    return Shown(columns, out, set(columns[2:]) - {"test"}, len(out))


def _apart(row: dict[str, Any], *, named: bool) -> dict[str, str]:
    """Write how far groups lie apart at baseline, of many which two, and the test where one was asked for."""
    value, pair = row["standardised_difference"], f" ({row['between']})" if named else ""
    found = {"standardised difference": "–" if value is None else f"{value:.2f}{pair}"}
    if "test" in row:
        least = "" if row["least_p"] is None else f"{row['least_p']:.2g}"
        found |= {"P": p_value(row["p"]) or "–", "least P": least, "test": row["test"]}
    return found


def table_one_differences(table: pa.Table) -> Shown:
    """Lay out how far the groups of Table 1 lie apart, in words for the eye."""
    rows = [{name.replace("_", " "): value for name, value in row.items()} for row in table.to_pylist()]
    for row in rows:
        row |= {name: p_value(row[name]) for name in ("p", "least p") if name in row}
    return shown(pa.Table.from_pylist(rows))


COMPARISON_COLUMNS = {
    "comparison": "comparison",
    "groups": "groups (n)",
    "medians": "medians",
    "difference": "difference of means (95 % interval)",
    "permutation": "permutation P",
    "adjusted": "Holm; Benjamini-Hochberg",
    "detectable": "detectable difference (SD)",
    "left out": "left out",
}
OTHER_TESTS = {
    "comparison": "comparison",
    "means": "means",
    "hedges_g": "Hedges' g",
    "superiority": "higher in the first (share of pairs)",
    "welch": "95 % interval of Welch",
    "wilcoxon": "rank-sum P",
    "t_p": "t test P",
    "welch_p": "Welch P",
}
WORDED = (
    "comparison",
    "groups",
    "medians",
    "means",
    "difference",
    "permutation",
    "wilcoxon",
    "welch",
    "left out",
    "adjusted",
)


def toxicity_table(table: pa.Table) -> Shown:
    """Lay out the table of toxicities: every column but the first is figures."""
    found = shown(table)
    return Shown(found.columns, found.rows, set(found.columns[1:]), found.total)


def p_value(value: float | None) -> str:
    """Write a P value in two digits."""
    if value is None:
        return ""
    return "<0.001" if value < 0.001 else f"{value:.2g}" if value < 0.1 else f"{value:.2f}"


def comparisons(table: pa.Table, titles: Mapping[str, str] = COMPARISON_COLUMNS) -> Shown:
    """Lay out the results of comparisons: the leading test, or what else was computed."""
    rows = [_comparison(row) for row in table.to_pylist()]
    out = [[cell(row.get(name)) for name in titles] for row in rows]
    return Shown(list(titles.values()), out, {titles[name] for name in titles if name not in WORDED}, len(out))


def _comparison(row: dict[str, Any]) -> dict[str, Any]:
    """Write the numbers of one comparison."""
    row["comparison"] = f"{row['comparison']} ({row['unit']})"
    if row.get("note"):
        row["left out"] += f"; {row['note']}"
    if row.get("n_first") is None:
        return row
    row["groups"] = f"{row['first']} ({row['n_first']}), {row['second']} ({row['n_second']})"
    row["medians"] = f"{cell(row['median_first'])} and {cell(row['median_second'])}"
    if row.get("per_day"):
        row["medians"] += f"; per covered day {row['per_day']}"
    if row.get("covered_days"):
        row["medians"] += f"; days covered {row['covered_days']}"
    row["means"] = f"{cell(row['mean_first'])} and {cell(row['mean_second'])}"
    if row["difference_low"] is not None:
        limits = f"{cell(row['difference_low'])} to {cell(row['difference_high'])}"
        row["difference"] = f"{row['first']} less {row['second']}: {cell(row['difference'])} ({limits})"
        row["welch"] = f"{cell(row['welch_low'])} to {cell(row['welch_high'])}"
    for test, least in (("permutation", "least_p"), ("wilcoxon", "wilcoxon_least_p")):
        if row[f"{test}_p"] is not None:
            smallest = "" if row[least] is None else f"; least {row[least]:.2g}"
            row[test] = f"{p_value(row[f'{test}_p'])} ({row[f'{test}_method']}{smallest})"
    if row["holm"] is not None:
        row["adjusted"] = f"{p_value(row['holm'])}; {p_value(row['benjamini_hochberg'])}"
    for name in ("hedges_g", "superiority", "detectable"):
        row[name] = None if row[name] is None else f"{row[name]:.2f}"
    return row | {name: p_value(row[name]) for name in ("t_p", "welch_p")}


def comparison_days(table: pa.Table) -> Shown:
    """Lay out the groups by day, their P values in two digits."""
    rows = table.to_pylist()
    for row in rows:
        row |= {name: p_value(row.get(name)) for name in ("p", "holm", "benjamini_hochberg")}
        least = row.get("least_p")
        row["least_p"] = "" if least is None else f"{least:.2g}"
    titles = {
        "comparison": "comparison",
        "day": "day",
        "groups": "measured (n)",
        "medians": "medians",
        "superiority": "higher in the first (share of pairs)",
        "p": "rank-sum P",
        "least_p": "least P",
        "holm": "Holm",
        "benjamini_hochberg": "Benjamini-Hochberg",
    }
    if not any(row["p"] for row in rows):
        titles = {name: title for name, title in titles.items() if name in ("comparison", "day", "groups", "medians")}
    out = [[cell(row[name]) for name in titles] for row in rows[:MOST_ROWS]]
    return Shown(list(titles.values()), out, {"day", *list(titles.values())[4:]}, len(rows))


def endpoint_tests(table: pa.Table) -> Shown:
    """Lay out the tests of endpoints, their P values in two digits."""
    rows = table.to_pylist()
    for row in rows:
        row["P"] = p_value(row["P"])
        row["least P"] = "" if row["least P"] is None else f"{row['least P']:.2g}"
    return shown(pa.Table.from_pylist(rows) if rows else table)


def _csv_address(figure: Figure) -> str:
    """Return the numbers of a figure as CSV within the page; a long table stands beside it."""
    if figure.numbers.num_rows > MOST_CSV_ROWS:
        return f"tables/{figure.table}.csv"
    return "data:text/csv;base64," + base64.b64encode(csv_text(figure.numbers).encode()).decode()


class _Shelf(Mapping[str, Shown]):
    """The tables as the page shows them, each made when the page asks for it."""

    def __init__(self, tables: Mapping[str, pa.Table], special: Mapping[str, Callable[[pa.Table], Shown]]) -> None:
        self.tables, self.special = tables, special

    def __getitem__(self, name: str) -> Shown:
        return self.special.get(name, shown)(self.tables[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self.tables)

    def __len__(self) -> int:
        return len(self.tables)


def render(
    tables: Mapping[str, pa.Table],
    texts: Mapping[str, str],
    figures: list[Figure],
    drawn: Mapping[str, str],
    head: Head,
) -> str:
    """Return the page.

    Parameters
    ----------
    tables, texts
        What :mod:`abate.findings` drew up, and ``audit`` where there is one.
    figures, drawn
        The figures, and each as SVG by name.
    head
        What the head says of the run.

    Returns
    -------
    str
        HTML without any outside address; all text from the data is escaped.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    def source(name: str) -> Markup:
        return Markup(files("abate.report").joinpath(name).read_text(encoding="utf-8"))  # noqa: S704 (our own file)

    environment = Environment(
        loader=PackageLoader("abate.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    special = {
        **{name: lambda table: shown(table, MOST_ROWS) for name in LONG},
        "accounting": accounting,
        "table_one": lambda table: table_one(table, tables["table_one_differences"]),
        "table_one_differences": table_one_differences,
        "toxicity_table": toxicity_table,
        "comparisons": comparisons,
        "comparison_days": comparison_days,
        "endpoint_tests": endpoint_tests,
    }
    items = {
        figure.name: {
            "name": figure.name,
            "title": figure.title,
            "caption": figure.caption,
            # The drawing library escapes what comes from the data; nothing else writes into it.
            "svg": Markup(for_page(drawn[figure.name], figure.title)),  # noqa: S704
            "csv": _csv_address(figure),
            "numbers": shown(figure.numbers, MOST_ROWS),
        }
        for figure in figures
    }
    audit = tables.get("audit")
    ranked = sorted(audit.to_pylist(), key=lambda row: VERDICTS.index(row["verdict"])) if audit else []
    names = (
        *("records_used", "cumulative_doses", "concentrations", "biomarkers", "heat_map", "comparisons", "systems"),
        *("balance", "states", "endpoints"),
    )
    return environment.get_template("page.html").render(
        tables=_Shelf(tables, special),
        other_tests=comparisons(tables["comparisons"], OTHER_TESTS),
        text=texts,
        key_figures=tables["key_figures"].to_pylist(),
        figures={name: items.get(name) for name in names},
        timelines=[item for name, item in items.items() if name.startswith("timeline")],
        lanes=[item for name, item in items.items() if name.startswith("toxicity")],
        audit=ranked,
        head=head,
        sections=[one for one in SECTIONS if one[0] != "results" or "protocol" in tables],
        light=LIGHT,
        dark=DARK,
        css=source("page.css"),
        js=source("page.js"),
    )
