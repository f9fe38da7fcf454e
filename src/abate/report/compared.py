"""The same patient-days under two grading systems: where they agree, and where they do not."""

from typing import Any

import pyarrow as pa

from abate.report.theme import Figure, colour

CELL = 34


def systems_compared(tables: dict[str, pa.Table]) -> Figure:
    """Draw the patient-days of each pair of grades, a square for each pair of systems.

    Parameters
    ----------
    tables
        ``systems_by_day``.
    """
    import altair as alt

    rows = tables["systems_by_day"].to_pylist()
    charts = []
    for toxicity, first, second in dict.fromkeys((row["toxicity"], row["first"], row["second"]) for row in rows):
        mine = [row for row in rows if (row["toxicity"], row["first"], row["second"]) == (toxicity, first, second)]
        charts.append(_square(alt, mine, toxicity, first, second))
    caption = (
        "Patient-days by the grade of two systems, where both could grade. On the diagonal they agree; the darker, the "
        "more days. Days of one patient are not independent."
    )
    chart = alt.concat(*charts, columns=3, spacing=28)
    return Figure(
        "systems", "The same days under two systems", caption, chart, tables["systems_by_day"], "systems_by_day"
    )


def _square(alt: Any, rows: list[dict[str, Any]], toxicity: str, first: str, second: str) -> Any:
    most = max(row["count"] for row in rows)
    cells = [
        row
        | {
            "share": row["count"] / most,
            "ink": colour("on-deep" if row["count"] > most / 2 else "ink"),
            "why": f"{toxicity}: {row['count']:,} patient-days of grade {row['first_grade']} by {first} and "
            f"{row['second_grade']} by {second}",
        }
        for row in rows
    ]
    grades = list(range(6))
    base = alt.Chart(pa.Table.from_pylist(cells)).encode(
        x=alt.X("first_grade:O", title=first, scale=alt.Scale(domain=grades), axis=alt.Axis(labelAngle=0)),
        y=alt.Y("second_grade:O", title=second, scale=alt.Scale(domain=grades[::-1])),
    )
    squares = base.mark_rect(color=colour("first"), stroke=colour("rule")).encode(
        opacity=alt.Opacity("share:Q", legend=None, scale=alt.Scale(domain=[0, 1], range=[0.12, 1])),
        description="why:N",
    )
    counts = base.mark_text(fontSize=9.5, aria=False).encode(
        text=alt.Text("count:Q", format=",d"), color=alt.Color("ink:N", scale=None)
    )
    return alt.layer(squares, counts).properties(width=CELL * 6, height=CELL * 6, title=toxicity)
