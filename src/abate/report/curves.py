"""Figures on axes: what was used, cumulative doses, laboratory series, groups compared."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from abate.report.theme import Figure, colour

GROUP_COLOURS = ("first", "second", "third")
MOST_MARKS = 4000
"""Marks that a figure draws one by one; above it, it is drawn in sum."""


def _altair() -> Any:
    import altair as alt

    alt.data_transformers.disable_max_rows()
    return alt


def records_used(tables: dict[str, pa.Table]) -> Figure:
    """Draw values used and set aside, a bar a table."""
    alt = _altair()
    rows = tables["records_bars"].to_pylist()
    for row in rows:
        row["why"] = f"{row['table']}: {row['values']:,} values {_said(row['what'])}"
        row["kind"] = "used" if row["what"] == "used" else "set aside"
    chart = (
        alt.Chart(pa.Table.from_pylist(rows))
        .mark_bar(height=14)
        .encode(
            y=alt.Y("table:N", title=None, sort=None),
            x=alt.X("sum(values):Q", title="Values", stack="normalize", axis=alt.Axis(format="%")),
            color=alt.Color(
                "kind:N",
                title=None,
                scale=alt.Scale(domain=["used", "set aside"], range=[colour("used"), colour("aside")]),
            ),
            order=alt.Order("kind:N", sort="descending"),
            description="why:N",
            detail="what:N",
        )
        .properties(width=520, height=alt.Step(22))
    )
    caption = "Share of the values of each table that were used, and that were set aside with a reason."
    return Figure("records_used", "Values used and set aside", caption, chart, tables["accounting"], "accounting")


def _said(what: str) -> str:
    return "used" if what == "used" else f"set aside: {what}"


def _groups(rows: list[dict[str, Any]], compared: pa.Table | None = None) -> list[str]:
    """Return the groups in the order in which they are coloured, the same in every figure."""
    found = dict.fromkeys(row["group"] for row in rows)
    first = [row.get(side) for row in (compared.to_pylist() if compared else []) for side in ("first", "second")]
    known = [name for name in dict.fromkeys([*first, "responder", "nonresponder"]) if name in found]
    return known + sorted(name for name in found if name not in known)


def _colours(alt: Any, groups: list[str]) -> Any:
    palette = [colour(GROUP_COLOURS[min(position, 2)]) for position in range(len(groups))]
    return alt.Scale(domain=groups, range=palette)


def cumulative_doses(tables: dict[str, pa.Table]) -> Figure:
    """Draw cumulative doses, a panel a currency, a line a patient, the start of treatment marked."""
    alt = _altair()
    rows = [row for row in tables["cumulative"].to_pylist() if row["day"] <= 100]
    crowded = len(rows) > MOST_MARKS
    for row in rows:
        row["patient"] = f"{row['patient_id']} {row['course_id']}"
        high = "unknown" if row["high"] is None else f"{row['high']:,.0f}"
        amount = f"{row['low']:,.0f}" if row["low"] == row["high"] else f"{row['low']:,.0f} to {high}"
        row["why"] = f"{row['patient_id']}, to day {row['day']}: {row['currency']} {amount} mg"
        row["high"] = row["low"] if row["high"] is None else row["high"]
    groups = _groups(rows)
    color = alt.Color("group:N", scale=_colours(alt, groups), title=None, legend=alt.Legend(symbolOpacity=1))
    panels = []
    for currency in dict.fromkeys(row["currency"] for row in rows):
        mine = [row for row in rows if row["currency"] == currency]
        base = alt.Chart(pa.Table.from_pylist(mine)).encode(
            x=alt.X("day:Q", title="Day after day 0", axis=alt.Axis(tickMinStep=1, format="d")),
            detail="patient:N",
            color=color,
        )
        amount_axis = alt.Y("low:Q", title=f"{currency}, cumulative (mg)")
        band = base.mark_area(opacity=0.14, interpolate="step-after", aria=False).encode(y=amount_axis, y2="high:Q")
        line = base.mark_line(strokeWidth=1.2, interpolate="step-after", aria=False).encode(y=amount_axis)
        points = base.mark_circle(size=14).encode(y=amount_axis, description="why:N")
        drawn = line if crowded else band + line + points
        panels.append(drawn.properties(width=330, height=240))
    chart = alt.hconcat(*panels, spacing=24)
    caption = (
        "One line a patient, of those with a lane. A total over an interval is counted at the end of its interval, "
        "since its course within it is not known; a band is the interval in which a dose known as a range must lie."
    )
    return Figure("cumulative_doses", "Cumulative doses", caption, chart, tables["cumulative"], "cumulative")


def biomarker_series(tables: dict[str, pa.Table]) -> Figure:
    """Draw laboratory series: a panel a variable, thin lines for patients, thick for group medians.

    In a large cohort the middle half of each group stands in place of the lines.
    """
    alt = _altair()
    each = tables.get("biomarker_points")
    crowded = tables["biomarker_medians"].num_rows > 0 and (each is None or each.num_rows > MOST_MARKS)
    table = "biomarker_medians" if crowded else "biomarker_points"
    rows = tables[table].to_pylist()
    for row in [] if crowded else rows:
        row["patient"] = f"{row['patient_id']} {row['course_id']}"
        limit = {"below": " (below the limit of detection)", "above": " (above the limit of the assay)"}
        said = limit.get(row["limit"] or "", "")
        altered = f"; altered by {row['altered_by']}" if row["altered_by"] else ""
        row["why"] = f"{row['patient_id']}, day {row['time']:.1f}: {row['label']} {row['value']:g}{said}{altered}"
        row["mark"] = "altered" if row["altered_by"] else ("limit" if row["limit"] else "measured")
    medians = tables["biomarker_medians"].to_pylist()
    groups = _groups(rows, tables["comparisons"])
    color = alt.Color("group:N", scale=_colours(alt, groups), title=None, legend=alt.Legend(symbolOpacity=1))
    panels = []
    for label in dict.fromkeys(row["label"] for row in rows):
        mine = [row for row in rows if row["label"] == label]
        least = min(row.get("lower", row["value"]) for row in mine)
        spread = least > 0 and max(row.get("upper", row["value"]) for row in mine) > 20 * least
        # A log axis where the values span more than a factor of 20 and none is 0.
        scale = alt.Scale(type="log") if spread else alt.Scale()
        y = alt.Y("value:Q", title=label, scale=scale, axis=alt.Axis(tickCount=5, format=",~f"))
        base = alt.Chart(pa.Table.from_pylist(mine)).encode(color=color)
        x = alt.X("time:Q", title=f"Day after {mine[0]['clock']}", axis=alt.Axis(tickMinStep=1, format="d"))
        thin = base.mark_line(strokeWidth=0.6, opacity=0.4, aria=False).encode(x=x, y=y, detail="patient:N")
        points = base.mark_point(filled=True, opacity=0.55).encode(
            x=x,
            y=y,
            description="why:N",
            size=alt.condition("datum.mark == 'measured'", alt.value(12), alt.value(36)),
            shape=alt.Shape(
                "mark:N",
                scale=alt.Scale(domain=["measured", "limit", "altered"], range=["circle", "triangle-down", "cross"]),
                legend=None,
            ),
        )
        middle = [row for row in medians if row["label"] == label]
        layers = [] if crowded else [thin, points]
        if crowded and middle:
            layers.append(
                alt.Chart(pa.Table.from_pylist(middle))
                .mark_area(opacity=0.22, aria=False)
                .encode(x=x, y=alt.Y("lower:Q", title=label, scale=scale), y2="upper:Q", color=color)
            )
        if middle:
            layers.append(
                alt.Chart(pa.Table.from_pylist(middle))
                .mark_line(strokeWidth=3, aria=False)
                .encode(x=x, y=alt.Y("value:Q", title=label, scale=scale), color=color)
            )
        starts = [] if crowded else sorted({row["start_day"] for row in mine if row["start_day"] is not None})
        if starts:
            rule = [{"time": day, "why": f"treatment started on day {day}"} for day in starts]
            layers.append(
                alt.Chart(pa.Table.from_pylist(rule))
                .mark_rule(color=colour("treatment"), strokeDash=[3, 3], opacity=0.6)
                .encode(x="time:Q", description="why:N")
            )
        if layers:
            panels.append(alt.layer(*layers).properties(width=330, height=190))
    chart = alt.concat(*panels, columns=2, spacing=24)
    caption = (
        "One thin line a patient, a thick line for the median of each group in windows of three days in which at "
        "least a quarter of the group was measured, without values left out of comparisons. A triangle is a limit of "
        "the assay, a cross a value that a drug alters, a dashed line the start of the treatment in a patient."
    )
    if crowded:
        caption = (
            "Too many values for a line a patient: the thick line is the median of each group in windows of three "
            "days in which at least a quarter of the group was measured, the band its middle half."
        )
    return Figure("biomarkers", "Laboratory values", caption, chart, tables[table], table)


def heat_map(tables: dict[str, pa.Table]) -> Figure:
    """Draw the highest value of each day: a panel a variable, a row a course, deeper for more."""
    alt = _altair()
    drawn = tables["heat"].to_pylist()
    panels = []
    for label in dict.fromkeys(row["label"] for row in drawn):
        rows = [row for row in drawn if row["label"] == label]
        for row in rows:
            row["course"] = row["patient_id"] if row["course_id"] == 1 else f"{row['patient_id']} {row['course_id']}"
            said = f"; altered by {row['altered_by']}" if row["altered_by"] else ""
            beyond = {"above": " or more", "below": " or less"}.get(row["limit"] or "", "")
            row["why"] = f"{row['course']}, day {row['day']}: {label} {row['value']:g}{beyond}{said}"
            row["mark"] = "altered" if row["altered_by"] else ("limit" if row["limit"] else "")
        log = min(row["value"] for row in rows) > 0
        base = alt.Chart(pa.Table.from_pylist(rows)).encode(
            x=alt.X("day:O", title=f"Day after {rows[0]['clock']}", axis=alt.Axis(labelAngle=0, labelOverlap=True)),
            y=alt.Y("course:N", title=None, sort=None, axis=alt.Axis(ticks=False, domain=False)),
        )
        shade = alt.Color(
            "value:Q",
            title=label,
            scale=alt.Scale(type="log" if log else "linear", scheme="blues"),
            legend=alt.Legend(orient="top", gradientLength=160, gradientThickness=8, tickCount=3),
        )
        marked = base.mark_text(fontSize=8, color=colour("second"), aria=False).encode(
            text=alt.condition("datum.mark == 'altered'", alt.value("×"), alt.value("")),
        )
        cells = base.mark_rect().encode(color=shade, description="why:N")
        panels.append((cells + marked).properties(width=330, height=alt.Step(13)))
    chart = alt.concat(*panels, columns=2, spacing=24).resolve_scale(color="independent")
    caption = (
        "One row a course, of those with a lane, one cell a day, the highest value of the day; a logarithmic scale "
        "where no value is 0. A day without a cell was not measured. A cross is a value that a drug alters."
    )
    return Figure("heat_map", "Laboratory values by patient and day", caption, chart, tables["heat"], "heat")


def _middle(values: pa.Table) -> list[dict[str, Any]]:
    """Return median and quartiles of each group."""
    rows = []
    for group in values["group"].unique().to_pylist():
        mine = values.filter(pc.equal(values["group"], group))["value"]
        lower, middle, upper = pc.quantile(mine, [0.25, 0.5, 0.75]).to_pylist()
        rows.append({"group": group, "value": middle, "lower": lower, "upper": upper})
    return rows


def groups_compared(tables: dict[str, pa.Table]) -> Figure:
    """Draw each compared value as a dot, a panel a comparison; in a large cohort the middle half in their place."""
    alt = _altair()
    results = {row["comparison"]: row for row in tables["comparisons"].to_pylist()}
    values = tables["comparison_values"]
    crowded = values.num_rows > MOST_MARKS
    panels = []
    for name in values["comparison"].unique().to_pylist():
        compared = values.filter(pc.equal(values["comparison"], name))
        result = results[name]
        groups = [result["first"], result["second"]]
        low, high = pc.min_max(compared["value"]).as_py().values()
        rows = _middle(compared) if crowded else compared.to_pylist()
        for row in [] if crowded else rows:
            row["why"] = f"{row['patient']}, {row['group']}: {row['value']:g} {result['unit']}"
        log = low > 0 and high > 20 * low
        x = alt.X(
            "value:Q",
            title=f"{name} ({result['unit']})",
            scale=alt.Scale(type="log") if log else alt.Scale(zero=False),
            axis=alt.Axis(format=",~f", tickCount=6),
        )
        base = alt.Chart(pa.Table.from_pylist(rows))
        y = alt.Y("group:N", sort=groups, title=None)
        color = alt.Color("group:N", scale=_colours(alt, groups), legend=None)
        dots = base.mark_circle(size=34, opacity=0.65).encode(x=x, y=y, color=color, description="why:N")
        if crowded:
            dots = base.mark_bar(opacity=0.45, height=10).encode(x="lower:Q", x2="upper:Q", y=y, color=color)
        median = base.mark_tick(thickness=3, size=22, color=colour("ink"), aria=False).encode(x="median(value):Q", y=y)
        panels.append((dots + median).properties(width=560, height=alt.Step(30)))
    chart = alt.vconcat(*panels, spacing=14)
    each = "A pale bar is the middle half of a group" if crowded else "One dot a patient"
    caption = f"{each}; the bar is the median of the group. P values, numbers and intervals stand in the table."
    return Figure("comparisons", "Groups compared", caption, chart, tables["comparison_values"], "comparison_values")


def concentrations(tables: dict[str, pa.Table]) -> Figure:
    """Draw the concentrations that a model makes of the doses: a panel a drug, a line a course, a tick a dose."""
    alt = _altair()
    panels = []
    drawn = tables["concentrations"].to_pylist()
    doses = tables["kinetic_doses"].to_pylist()
    for drug in dict.fromkeys(row["drug"] for row in drawn):
        rows = [row for row in drawn if row["drug"] == drug]
        courses = {(row["patient"], row["course_id"]) for row in rows}
        ticks = [row for row in doses if row["drug"] == drug and (row["patient"], row["course_id"]) in courses]
        for row in (*rows, *ticks):
            row["course"] = f"{row['patient']} {row['course_id']}"
        for row in ticks:
            row["why"] = f"{row['patient']}, day {row['day']:.2f}: {row['drug']} {row['amount']:g} mg {row['route']}"
        x = alt.X("day:Q", title="Day after day 0", axis=alt.Axis(tickMinStep=1, format="d"))
        title = f"{drug} by {rows[0]['model']} (mg/L)"
        line = alt.Chart(pa.Table.from_pylist(rows)).mark_line(
            strokeWidth=1.1, opacity=0.75, aria=False, color=colour("first")
        )
        curve = line.encode(x=x, y=alt.Y("concentration:Q", title=title), detail="course:N")
        marks = alt.Chart(pa.Table.from_pylist(ticks)).mark_tick(
            orient="vertical", thickness=1.5, height=10, color=colour("treatment")
        )
        given = marks.encode(x=x, y=alt.value(236), description="why:N")
        panels.append((curve + given).properties(width=330, height=240))
    caption = (
        "One line a course, a tick a dose, for the courses with the most doses. What a model of another population "
        "makes of the doses as recorded; no concentration was measured."
    )
    chart = alt.hconcat(*panels, spacing=24)
    return Figure("concentrations", "Concentrations by model", caption, chart, tables["kinetics"], "kinetics")
