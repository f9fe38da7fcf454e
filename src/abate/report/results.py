"""Figures of the results of a plan: analyses of timing, balance, endpoints, states by day."""

from typing import Any

import pyarrow as pa

from abate.report.theme import Figure, colour

STATES = {
    "no toxicity": "grade0",
    "low grade": "grade1",
    "high grade": "grade3",
    "discharged": "used",
    "dead": "ink",
    "not graded yet": "hatch",
}
"""Colour of each state, in the order in which they are stacked."""
ARMS = ("first", "second", "tocilizumab", "treatment", "third")
LIMIT = 0.1
"""Standardised difference beyond which it is often called an imbalance."""


def planned(tables: dict[str, pa.Table]) -> list[Figure]:
    """Return the figures that the results allow; none without a plan."""
    if "protocol" not in tables:
        return []
    figures = [states_by_day(tables)] if tables["state_days"].num_rows else []
    if tables["balance"].num_rows:
        figures.append(love_plot(tables))
    if tables["endpoint_curves"].num_rows:
        figures.append(endpoint_curves(tables))
    return figures


def states_by_day(tables: dict[str, pa.Table]) -> Figure:
    """Draw the share of patients in each state on each day, as stacked areas."""
    import altair as alt

    alt.data_transformers.disable_max_rows()
    rows = tables["state_days"].to_pylist()
    names = [name for name in STATES if any(row["state"] == name for row in rows)]
    for row in rows:
        row["order"] = names.index(row["state"])
        row["why"] = (
            f"day {row['day']}: {row['state']} {100 * row['share']:.0f} % "
            f"({100 * row['low']:.0f} to {100 * row['high']:.0f}), {row['followed']} followed"
        )
    chart = (
        alt.Chart(pa.Table.from_pylist(rows))
        .mark_bar(width=alt.RelativeBandSize(1.02), stroke=None)
        .encode(
            x=alt.X("day:O", title="Day after day 0", axis=alt.Axis(labelAngle=0, labelOverlap=True, ticks=False)),
            y=alt.Y("share:Q", title="Share of patients", axis=alt.Axis(format="%"), stack="zero"),
            color=alt.Color(
                "state:N",
                title=None,
                sort=names,
                scale=alt.Scale(domain=names, range=[colour(STATES[name]) for name in names]),
            ),
            order=alt.Order("order:Q"),
            description="why:N",
        )
        .properties(width=640, height=260)
    )
    caption = (
        "Share of patients in each state on each day (Aalen-Johansen): whoever is no longer followed is taken to have "
        "gone on like those in the same state. A day without a grade has the last known one."
    )
    return Figure("states", "Where everyone is on each day", caption, chart, tables["state_days"], "state_days")


def love_plot(tables: dict[str, pa.Table]) -> Figure:
    """Draw the standardised difference of each covariate, as found, weighted and matched."""
    import altair as alt

    ways = ("as found", "overlap weights", "matched")
    rows = [
        {
            "covariate": row["covariate"],
            "way": way,
            "difference": row[way],
            "why": f"{row['covariate']}, {way}: standardised difference {row[way]:+.2f}",
        }
        for row in tables["balance"].to_pylist()
        for way in ways
        if row[way] is not None
    ]
    empty = pa.table({name: pa.array([], pa.string()) for name in ("covariate", "way", "difference", "why")})
    given = pa.Table.from_pylist(rows) if rows else empty
    points = (
        alt.Chart(given)
        .mark_point(size=64, filled=True, opacity=1)
        .encode(
            x=alt.X("difference:Q", title="Standardised difference, started less waited"),
            y=alt.Y("covariate:N", title=None, sort=None, axis=alt.Axis(grid=True, labelLimit=240)),
            color=alt.Color(
                "way:N",
                title=None,
                scale=alt.Scale(domain=list(ways), range=[colour(name) for name in ("third", "first", "second")]),
            ),
            shape=alt.Shape(
                "way:N", title=None, scale=alt.Scale(domain=list(ways), range=["circle", "square", "triangle-up"])
            ),
            description="why:N",
        )
    )
    limits = pa.Table.from_pylist([{"at": -LIMIT}, {"at": 0.0}, {"at": LIMIT}])
    lines = alt.Chart(limits).mark_rule(strokeDash=[4, 3], color=colour("muted"), aria=False).encode(x="at:Q")
    chart = alt.layer(lines, points).properties(width=460, height=alt.Step(26))
    beyond = [row["covariate"] for row in tables["balance"].to_pylist() if abs(row["overlap weights"] or 0) > LIMIT]
    beyond += [
        f"{row['covariate']} (matched)" for row in tables["balance"].to_pylist() if abs(row["matched"] or 0) > LIMIT
    ]
    caption = (
        "How far those who started lie from those who waited in what was known at time zero, in standard deviations; "
        f"the dashed lines are 0 and {LIMIT} either way, a custom and no test. "
        + (f"Still beyond them when weighted or matched: {', '.join(beyond)}." if beyond else "None is beyond them.")
    )
    return Figure(
        "balance", "Balance of those who started and who waited", caption, chart, tables["balance"], "balance"
    )


def endpoint_curves(tables: dict[str, pa.Table]) -> Figure:
    """Draw the share that had each endpoint, a panel each, with its band and the numbers at risk in the pointing."""
    import altair as alt

    alt.data_transformers.disable_max_rows()
    rows = tables["endpoint_curves"].to_pylist()
    for row in rows:
        limits = "" if row["low"] is None else f" ({100 * row['low']:.0f} to {100 * row['high']:.0f})"
        row["why"] = (
            f"{row['endpoint']}, {row['arm']}, day {row['day']:g}: {100 * row['share']:.0f} %{limits}, "
            f"{row['at_risk']} at risk"
        )
    panels = [_panel(alt, [row for row in rows if row["endpoint"] == name]) for name in _names(rows, "endpoint")]
    caption = (
        "Share that had the endpoint by each day from time zero, with a band of 95 % intervals (log-log). Where an "
        "event competes it is the cumulative incidence, else one less Kaplan and Meier's. Below, how many were at risk."
    )
    chart = alt.vconcat(*panels, spacing=26)
    return Figure("endpoints", "Endpoints over time", caption, chart, tables["endpoint_curves"], "endpoint_curves")


def _names(rows: list[dict[str, Any]], column: str) -> list[str]:
    return list(dict.fromkeys(row[column] for row in rows))


def _panel(alt: Any, rows: list[dict[str, Any]]) -> Any:
    arms = _names(rows, "arm")
    palette = [colour(ARMS[place % len(ARMS)]) for place in range(len(arms))]
    legend = alt.Legend(symbolOpacity=1) if len(arms) > 1 else None
    last = max(row["day"] for row in rows) or 1
    scale = alt.Scale(domain=[0, last])
    base = alt.Chart(pa.Table.from_pylist(rows)).encode(
        x=alt.X("day:Q", title="Days from time zero", scale=scale),
        color=alt.Color("arm:N", title=None, sort=arms, scale=alt.Scale(domain=arms, range=palette), legend=legend),
    )
    y = alt.Y("share:Q", title="Share", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%"))
    band = base.mark_area(opacity=0.18, interpolate="step-after", aria=False).encode(
        y=alt.Y("low:Q", title="Share"), y2="high:Q"
    )
    line = base.mark_line(strokeWidth=1.7, interpolate="step-after", aria=False).encode(y=y)
    points = base.mark_circle(size=16, opacity=1).encode(y=y, description="why:N")
    curve = alt.layer(band, line, points).properties(width=560, height=200, title=rows[0]["endpoint"])
    return alt.vconcat(curve, _at_risk(alt, rows, arms, palette, scale, last), spacing=4)


def _at_risk(alt: Any, rows: list[dict[str, Any]], arms: list[str], palette: list[str], scale: Any, last: float) -> Any:
    """Draw the numbers at risk under a curve, at some six days."""
    step = max(1, round(last / 6))
    texts = []
    for arm in arms:
        mine = [row for row in rows if row["arm"] == arm]
        for day in range(0, int(last) + 1, step):
            # Who is at risk on a day is at risk at the next time at which anything happened.
            later = [row["at_risk"] for row in mine if row["day"] >= day]
            texts.append({"arm": arm, "day": day, "n": str(later[0] if later else 0)})
    return (
        alt.Chart(pa.Table.from_pylist(texts))
        .mark_text(fontSize=10.5, aria=False)
        .encode(
            x=alt.X("day:Q", scale=scale, axis=None),
            y=alt.Y(
                "arm:N",
                sort=arms,
                title=None,
                axis=alt.Axis(domain=False, ticks=False, labelExpr="datum.label + ', at risk'"),
            ),
            text="n:N",
            color=alt.Color("arm:N", scale=alt.Scale(domain=arms, range=palette), legend=None),
        )
        .properties(width=560, height=16 * len(arms))
    )
