"""Toxicity by day: one lane a patient, one cell a day, drugs under the lane."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from abate.report.theme import WIDTH, Figure, colour

LANE, BARE_LANE, CROWDED_LANE = 36, 20, 5
"""Height of a lane (pixels) with drugs below the grades, without, and in a large cohort."""

MOST_LANES = 120
"""Patients above which lanes are thin and without names, numbers and drugs."""


def toxicity_by_day(
    tables: dict[str, pa.Table], toxicity: str, system: str, treatment: str, position: int = 1
) -> Figure:
    """Draw the lanes of one toxicity under one grading system.

    Parameters
    ----------
    tables
        ``lanes, lane_grades, lane_bars, lane_marks``.
    toxicity, system
        Whose grades; an empty toxicity draws lanes without grades.
    treatment
        The treatment under study.
    position
        Which of the systems of this toxicity it is.
    """
    import altair as alt

    alt.data_transformers.disable_max_rows()
    crowded = tables["lanes"].num_rows > MOST_LANES
    step = CROWDED_LANE if crowded else LANE if tables["lane_bars"].num_rows else BARE_LANE
    tall = CROWDED_LANE - 0.5 if crowded else 13
    lanes = [
        row | {"y": row["lane"] * step + (row["gap"] + 1) * 20, "until": row["last_day"] + 1}
        for row in tables["lanes"].to_pylist()
    ]
    place = {row["lane"]: row["y"] for row in lanes}
    drawn_here = tables["lane_grades"]
    drawn_here = drawn_here.filter(
        pc.and_(pc.equal(drawn_here["toxicity"], toxicity), pc.equal(pc.fill_null(drawn_here["system"], ""), system))
    )
    grades = [
        row
        | {
            "y": place[row["lane"]],
            "until": row["day"] + 1,
            "colour": "hatch" if row["high"] is None else f"grade{int(row['high'])}",
        }
        for row in drawn_here.to_pylist()
    ]
    bars = [row | {"y": place[row["lane"]]} for row in tables["lane_bars"].to_pylist()]
    marks = [row | {"y": place[row["lane"]]} for row in tables["lane_marks"].to_pylist()]
    height = int(max(row["y"] for row in lanes) + step)
    graded = {(row["lane"], row["day"]) for row in grades}
    for row in marks:
        # On the lane, unless a grade stands there: then below it.
        row["text_y"] = row["y"] + (31 if (row["lane"], row["day"]) in graded else 7)
    end = max([row["until"] for row in lanes] + [10])
    x = alt.X(
        "start:Q",
        scale=alt.Scale(domain=[0, end], nice=False),
        axis=alt.Axis(tickMinStep=1, format="d"),
        title="Day after day 0",
    )
    y = alt.Y("y:Q", scale=alt.Scale(domain=[height, 0], nice=False), axis=None)

    def layer(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> Any:
        return alt.Chart(pa.Table.from_pylist(rows) if rows else pa.table({c: pa.array([]) for c in columns}))

    ground = [
        {
            "y": row["y"],
            "bottom": row["y"] + tall,
            "start": 0,
            "until": row["until"],
            "why": f"{row['label']}: hatched days have no recorded grade",
        }
        for row in lanes
    ]
    cells = [
        {
            "y": row["y"],
            "bottom": row["y"] + tall,
            "start": row["day"],
            "until": row["until"],
            "why": row["why"],
            "short": row["short"],
            "fill": "url(#hatch)" if row["high"] is None else colour(row["colour"]),
            "ink": _ink(row),
            # A bound is wider than its cell: it stands beside it.
            "middle": row["day"] + (0.5 if len(row["short"]) <= 1 else 2.0),
            "text_y": row["y"] + 7,
        }
        for row in grades
    ]
    columns = ("y", "bottom", "start", "until", "why", "fill", "ink", "short", "middle", "text_y")
    rect = {"y": y, "y2": alt.Y2("bottom:Q"), "x": x, "x2": alt.X2("until:Q"), "description": "why:N"}
    drawn = [
        layer(ground, columns).mark_rect(fill="url(#hatch)").encode(**rect),
        layer(cells, columns)
        .mark_rect(stroke=colour("muted"), strokeWidth=0 if crowded else 0.6, aria=not crowded)
        .encode(**rect, fill=alt.Fill("fill:N", scale=None)),
        *_labels([] if crowded else lanes, lanes, layer),
    ]
    if not crowded:
        drawn += [
            layer(cells, columns)
            .mark_text(fontSize=8.5, baseline="middle", aria=False)
            .encode(x="middle:Q", y="text_y:Q", text="short:N", color=alt.Color("ink:N", scale=None)),
            *_drugs(bars, treatment, layer),
            *_events(marks, layer),
        ]
    chart = alt.layer(*drawn).properties(width=WIDTH, height=height)
    named = f"{toxicity} by day" if toxicity else "Course by day"
    of = f" ({system})" if system else ""
    caption = (
        "One lane a patient, one cell a day, from day 0 to death or last contact. A number is the grade "
        "of that day; ≤ and ≥ are bounds; 3–4 is two records that disagree. Hatched days have no "
        "grade: unknown, not grade 0, and never interpolated. † is death, R is remission, "
        "P relapse or progression, H a record of HLH, C onset of CRS, N onset of ICANS."
    )
    if crowded:
        caption = (
            f"One thin line for each of {len(lanes)} patients, one cell a day, coloured by the recorded grade, from "
            "pale (0) to dark (4). Hatched days have no recorded grade: unknown, not grade 0."
        )
    if any(row["last_day"] >= 100 for row in lanes):
        caption += " Lanes are cut at day 100."
    table = "lane_grades" if grades else "lane_marks"
    # The name of a file holds no text of the data.
    name = f"toxicity_{toxicity.lower()}".rstrip("_") + (f"_{position}" if position > 1 else "")
    return Figure(name, named + of, caption, chart, drawn_here if grades else tables[table], table)


def _ink(row: dict[str, Any]) -> str:
    """Return the colour of a grade's number: on its cell, or beside it."""
    if len(row["short"]) > 1:
        return colour("ink")
    return colour("on-deep" if row["colour"] in ("grade3", "grade4", "grade5") else "on-pale")


def _drugs(bars: list[dict[str, Any]], treatment: str, layer: Any) -> list[Any]:
    """Draw corticosteroid and treatment as bars, tocilizumab as ticks, under the grades."""
    import altair as alt

    offset = {"corticosteroid": 14.5, "tocilizumab": 18.5, treatment: 22.5}
    name = {"corticosteroid": "steroid", "tocilizumab": "tocilizumab", treatment: "treatment"}
    rows = [
        {
            "y": row["y"] + offset[row["what"]],
            "bottom": row["y"] + offset[row["what"]] + 3.2,
            "start": row["start_day"],
            "until": row["end_day"],
            "why": row["why"],
            "what": row["what"],
        }
        for row in bars
    ]
    present = [what for what in offset if any(row["what"] == what for row in rows)]
    if not present:
        return []
    scale = alt.Scale(domain=present, range=[colour(name[what]) for what in present])
    return [
        layer(rows, ())
        .mark_rect()
        .encode(
            y="y:Q",
            y2="bottom:Q",
            x="start:Q",
            x2="until:Q",
            description="why:N",
            color=alt.Color("what:N", scale=scale, title=None, legend=alt.Legend(orient="top")),
        )
    ]


def _events(marks: list[dict[str, Any]], layer: Any) -> list[Any]:
    """Draw deaths, remissions, relapses and onsets as signs."""
    import altair as alt

    signs = {"death": "†", "remission": "R", "relapse": "P", "HLH": "H", "CRS onset": "C", "ICANS onset": "N"}
    rows = [
        {
            "middle": row["day"] + (1.4 if row["what"] == "death" else 0.5),
            "text_y": row["y"] + 7 if row["what"] == "death" else row["text_y"],
            "sign": signs[row["what"]],
            "size": 15 if row["what"] == "death" else 9,
            "why": row["why"],
        }
        for row in marks
    ]
    if not rows:
        return []
    return [
        layer(rows, ())
        .mark_text(baseline="middle", fontWeight="bold", color=colour("ink"))
        .encode(
            x="middle:Q",
            y="text_y:Q",
            text="sign:N",
            size=alt.Size("size:Q", scale=None),
            description="why:N",
        )
    ]


def _labels(named: list[dict[str, Any]], lanes: list[dict[str, Any]], layer: Any) -> list[Any]:
    """Write patients beside their lanes, where they are named, and groups above their first lane."""
    import altair as alt

    names = [{"text_y": row["y"] + 7, "name": row["label"]} for row in named]
    first: dict[str, dict[str, Any]] = {}
    for row in lanes:
        first.setdefault(row["group"], {"text_y": row["y"] - 9, "name": row["group"]})
    left = alt.value(-8)
    return [
        layer(names, ())
        .mark_text(align="right", baseline="middle", fontSize=11, color=colour("ink"), aria=False)
        .encode(x=left, y="text_y:Q", text="name:N"),
        layer(list(first.values()), ())
        .mark_text(align="left", baseline="middle", fontSize=11, fontWeight="bold", color=colour("muted"), aria=False)
        .encode(x=alt.value(0), y="text_y:Q", text="name:N"),
    ]
