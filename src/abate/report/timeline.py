"""One patient on one time axis."""

from typing import Any

import pyarrow as pa

from abate.report.theme import WIDTH, Figure, colour

POINTS = ("Temperature (°C)", "Systolic pressure (mmHg)", "Saturation (%)")
RULES = {"Temperature (°C)": 38.0, "Systolic pressure (mmHg)": 90.0, "Saturation (%)": 90.0}
ROWS = ("Oxygen", "Vasopressors", "Drugs")
PANEL, ROW = 56, 15
"""Height of a panel of values, and of one line of a panel of bars (pixels)."""


def timeline(marks: list[dict[str, Any]], label: str, last_day: int, position: int) -> Figure:
    """Draw one patient.

    Parameters
    ----------
    marks
        Rows of ``timeline_marks`` of this patient.
    label, last_day
        Who, and the last day of the follow-up.
    position
        Its number, for the name of the file.
    """
    import altair as alt

    alt.data_transformers.disable_max_rows()
    earliest = min([0.0, *(row["start"] for row in marks)])

    def axis(labels: bool) -> Any:
        return alt.X(
            "start:Q",
            scale=alt.Scale(domain=[earliest, last_day + 1], nice=False),
            title="Day" if labels else None,
            axis=alt.Axis(tickMinStep=1, format="d", labels=labels, ticks=labels),
        )

    panels = list(dict.fromkeys(row["panel"] for row in marks))
    laboratory = [name for name in panels if name not in (*POINTS, *ROWS, "Grades")]
    order = [name for name in ("Grades", *POINTS, *ROWS, *laboratory) if name in panels]
    charts = []
    for name in order:
        rows = [row for row in marks if row["panel"] == name]
        x = axis(labels=name == order[-1])
        if name == "Grades":
            chart = _grades(alt, rows, x)
        elif name in ROWS:
            chart = _bars(alt, rows, x, last_day)
        else:
            chart = _values(alt, rows, x, RULES.get(name))
        title = alt.TitleParams(
            name, fontSize=10.5, fontWeight="normal", color=colour("muted"), anchor="start", offset=2
        )
        charts.append(chart.properties(width=WIDTH - 150, title=title))
    drawn = (
        alt.vconcat(*charts, spacing=6)
        if charts
        else alt.Chart(pa.table({"start": pa.array([], pa.float64())})).mark_point()
    )
    caption = (
        "Day after day 0, on one axis. Hatched days could not be graded. Thin lines: 38 °C, 90 mmHg, 90 %. Of the "
        "laboratory values the three most recorded of the course of inflammation are drawn."
    )
    table = pa.Table.from_pylist(marks) if marks else pa.table({"label": pa.array([], pa.string())})
    return Figure(f"timeline_{position}", f"Timeline of {label}", caption, drawn, table, "timeline_marks")


def _values(alt: Any, rows: list[dict[str, Any]], x: Any, limit: float | None) -> Any:
    y = alt.Y("value:Q", scale=alt.Scale(zero=False, nice=True), title=None, axis=alt.Axis(tickCount=3))
    base = alt.Chart(pa.Table.from_pylist(rows)).encode(x=x, y=y)
    layers = [
        base.mark_line(color=colour("third"), strokeWidth=0.8, aria=False),
        base.mark_circle(color=colour("first"), size=12, opacity=1).encode(description="why:N"),
    ]
    if limit is not None:
        rule = alt.Chart(pa.table({"limit": [limit]})).mark_rule(color=colour("aside"), strokeDash=[3, 3], aria=False)
        layers.insert(0, rule.encode(y="limit:Q"))
    return alt.layer(*layers).properties(height=PANEL)


def _bars(alt: Any, rows: list[dict[str, Any]], x: Any, last_day: int) -> Any:
    names = list(dict.fromkeys(row["what"] for row in rows))
    drawn = [row | {"until": min(row["until"], last_day + 1) if row["until"] is not None else None} for row in rows]
    y = alt.Y("what:N", title=None, sort=None, axis=alt.Axis(ticks=False, domain=False))
    spans = [row for row in drawn if row["until"] is not None]
    ticks = [row for row in drawn if row["until"] is None]
    layers = []
    if spans:
        chart = alt.Chart(pa.Table.from_pylist(spans)).mark_bar(height=ROW - 6, color=colour("steroid"))
        layers.append(chart.encode(x=x, x2="until:Q", y=y, description="why:N"))
    if ticks:
        chart = alt.Chart(pa.Table.from_pylist(ticks)).mark_tick(
            thickness=2, height=ROW - 4, color=colour("tocilizumab")
        )
        layers.append(chart.encode(x=x, y=y, description="why:N"))
    return alt.layer(*layers).properties(height=ROW * len(names))


def _grades(alt: Any, rows: list[dict[str, Any]], x: Any) -> Any:
    cells = [
        row
        | {
            "fill": "url(#hatch)" if row["grade"] is None else colour(f"grade{row['grade']}"),
            "short": "" if row["grade"] is None else str(row["grade"]),
            "ink": colour("on-deep" if (row["grade"] or 0) >= 3 else "on-pale"),
            "middle": row["start"] + 0.5,
        }
        for row in rows
    ]
    names = list(dict.fromkeys(row["what"] for row in cells))
    y = alt.Y("what:N", title=None, sort=None, axis=alt.Axis(ticks=False, domain=False))
    base = alt.Chart(pa.Table.from_pylist(cells))
    rect = base.mark_bar(height=ROW - 3).encode(
        x=x, x2="until:Q", y=y, fill=alt.Fill("fill:N", scale=None), description="why:N"
    )
    text = base.mark_text(fontSize=8.5, aria=False).encode(
        x="middle:Q", y=y, text="short:N", color=alt.Color("ink:N", scale=None)
    )
    layers = [rect, text] if len({row["start"] for row in cells}) <= 45 else [rect]
    return alt.layer(*layers).properties(height=ROW * len(names))


def timelines(tables: dict[str, pa.Table]) -> list[Figure]:
    """Return the timeline of each course that has one, in their order."""
    marks: dict[str, list[dict[str, Any]]] = {}
    for row in tables["timeline_marks"].to_pylist():
        marks.setdefault(row["label"], []).append(row)
    return [
        timeline(marks[row["label"]], row["label"], row["last_day"], position)
        for position, row in enumerate(tables["timeline_courses"].to_pylist(), 1)
        if row["label"] in marks
    ]
