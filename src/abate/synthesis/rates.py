"""How often what happened in a made-up cohort, beside what was published of real ones."""

import csv
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abate.sources.synthetic import MARK
from abate.synthesis.illness import DAYS, Illness, extent
from abate.synthesis.patients import NEVER, Booleans, Integers, Patients
from abate.synthesis.truth import intended_grades

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.35rem .7rem;border-bottom:1px solid #ddd;"
    "vertical-align:top}td.n{text-align:right;white-space:nowrap}"
    ".mark{background:#7a1f1f;color:#fff;padding:.4rem .8rem;font-weight:600;letter-spacing:.06em}"
)
LANDMARK, WITHIN = 12, 7


class Rates:
    """Counts that parts of a cohort are added to; nothing of a single patient is kept."""

    def __init__(self) -> None:
        self.counts: dict[str, list[int]] = {}
        self.days: dict[str, NDArray[np.int64]] = {}

    def share(self, measure: str, where: Any, among: Booleans | None = None) -> None:
        """Count patients, among all or some."""
        one = self.counts.setdefault(measure, [0, 0])
        one[0] += int((where if among is None else where & among).sum())
        one[1] += len(where) if among is None else int(among.sum())

    def median(self, measure: str, values: Integers) -> None:
        """Count patients by a number of days."""
        self.days[measure] = self.days.get(measure, np.zeros(4 * DAYS, int)) + np.bincount(values, minlength=4 * DAYS)

    def add(self, people: Patients, ill: Illness, grades: Mapping[str, NDArray[np.int8]], untreated: Illness) -> None:
        """Add a part: its patients, what happened to them and was graded, and what would have without anakinra."""
        first, last = {}, {}
        for name, system in (("CRS", "astct_crs"), ("Neurotoxicity", "astct_icans")):
            found = grades[system]
            any_grade = found >= 1
            affected = any_grade.any(axis=1)
            self.share(f"{name} of any grade (%)", affected)
            self.share(f"{name} of grade 3 or more (%)", found.max(axis=1) >= 3)
            first[name], last[name] = extent(any_grade)
            self.share(
                f"New {'CRS' if name == 'CRS' else 'neurotoxicity'} after day 14 (%)", affected & (first[name] > 14)
            )
            self.median(f"{name}: first day, median", first[name][affected])
            self.median(f"{name}: days, median", (last[name] - first[name] + 1)[affected])
        neuro = first["Neurotoxicity"] < NEVER
        crs, begun = first["CRS"] < NEVER, first["Neurotoxicity"]
        before = crs & (first["CRS"] < begun) & (begun <= last["CRS"])
        self.share("CRS began before neurotoxicity (% of those with neurotoxicity)", before, neuro)
        self.share("Neurotoxicity without CRS (%)", ~crs, neuro)
        self.share("Neurotoxicity began after CRS had resolved (%)", crs & (begun > last["CRS"]), neuro)
        self.share("HLH-like state (%)", people.hlh)
        self.share("Tocilizumab (%)", ill.tocilizumab.any(axis=1))
        self.share("Corticosteroids (%)", ill.dexamethasone.any(axis=1))
        self.share("Anakinra (%)", ill.anakinra_start < NEVER)
        self.share("Death by day 29 (%)", ill.death_day < NEVER)
        self.median("First day of anakinra, median", ill.anakinra_start[ill.anakinra_start < NEVER])
        # In a world without the drug: whoever stays ill is the likelier to get it, and would be missing here.
        natural = intended_grades(untreated)["astct_icans"]
        gone = (untreated.death_day > LANDMARK + WITHIN) & ~(natural[:, LANDMARK + WITHIN :] >= 1).any(axis=1)
        within = f"Neurotoxicity of day {LANDMARK} resolved by day {LANDMARK + WITHIN}"
        self.share(f"{within} without anakinra (%)", gone, natural[:, LANDMARK] >= 1)

    def table(self) -> list[dict[str, str]]:
        """Return a line a measure: what the cohort has, and what was published."""
        text = files("abate.synthesis").joinpath("published.csv").read_text(encoding="utf-8")
        published: dict[str, list[str]] = {}
        for row in csv.DictReader(text.splitlines()):
            published.setdefault(row["measure"], []).append(f"{row['value']} ({row['cohort']}; {row['known']})")
        found = {
            name: f"{100 * some / total:.1f} ({some} of {total})" if total else "–"
            for name, (some, total) in self.counts.items()
        }
        found |= {name: _median(counts) for name, counts in self.days.items()}
        order = [*published, *(name for name in found if name not in published)]
        return [
            {"measure": name, "this cohort": found[name], "published": "\n".join(published.get(name, ["–"]))}
            for name in order
        ]

    def page(self, said: dict[str, object]) -> str:
        """Return the page: what was asked for, and the table."""
        lines = "".join(
            f"<tr><td>{escape(row['measure'])}</td><td class=n>{escape(row['this cohort'])}</td>"
            f"<td>{'<br>'.join(map(escape, row['published'].splitlines()))}</td></tr>"
            for row in self.table()
        )
        flat = {
            f"{name}, {part}" if part else name: one
            for name, value in said.items()
            for part, one in (value.items() if isinstance(value, dict) else [("", value)])
        }
        pairs = ((escape(name), escape(str(value))) for name, value in flat.items())
        asked = "".join(f"<tr><td>{name}</td><td>{value}</td></tr>" for name, value in pairs)
        return (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{MARK}: rates</title><style>{STYLE}</style>'
            f'<p class="mark">{MARK}: no patient behind any of this</p><h1>Rates of a synthetic cohort</h1>'
            "<p>Rates of this cohort are of the grades that its days were made to have by ASTCT 2019, up to day 29 or "
            "death. Published rates are of other patients, graded by the scale of their time, which is named where it "
            "is known: they say whether a cohort is near what was seen, no more. Nothing here is evidence of "
            "anything.</p>"
            f"<table><tr><th>measure<th>this cohort<th>published</tr>{lines}</table>"
            f"<h2>How it was made</h2><table>{asked}</table></html>\n"
        )


def _median(counts: NDArray[np.int64]) -> str:
    """Return the median of counted numbers."""
    total = int(counts.sum())
    if not total:
        return "–"
    cumulative = np.cumsum(counts)
    low, high = (int(np.searchsorted(cumulative, place)) for place in ((total + 1) // 2, total // 2 + 1))
    return f"{(low + high) / 2:g}"
