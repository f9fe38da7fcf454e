"""The same cohort under several grading systems: courses at each grade, and how often two systems agree."""

from typing import Any

import pyarrow as pa

from abate.report.theme import Figure, colour

CELL = 44
GRADES = tuple(f"grade {grade}" for grade in range(6))
UNGRADED = "cannot be graded"


def systems_compared(tables: dict[str, pa.Table]) -> Figure:
    """Draw courses by their worst grade under each system, and the share of days on which each pair agrees.

    Parameters
    ----------
    tables
        ``systems_grades``, ``systems_by_day``, ``systems_agreement``.
    """
    import altair as alt

    grades, pairs, crossed = (
        tables[name].to_pylist() for name in ("systems_grades", "systems_agreement", "systems_by_day")
    )
    rows = []
    for toxicity in dict.fromkeys(row["toxicity"] for row in grades):
        mine = [row for row in grades if row["toxicity"] == toxicity]
        days = [row for row in pairs if row["toxicity"] == toxicity and row["compared"] == "patient-days"]
        counted = [row for row in crossed if row["toxicity"] == toxicity]
        names = [row["system"] for row in mine]
        rows.append(
            alt.hconcat(_bars(alt, mine, toxicity, names), _matrix(alt, days, counted, toxicity, names), spacing=36)
        )
    caption = (
        "Left, courses by their worst grade under each system. Right, the share of patient-days to which two systems "
        "gave the same grade, of those that both could grade; the darker, the more. Days of one patient are not "
        "independent."
    )
    return Figure(
        "systems",
        "One cohort under several systems",
        caption,
        alt.vconcat(*rows, spacing=28),
        tables["systems_by_day"],
        "systems_by_day",
    )


def _bars(alt: Any, rows: list[dict[str, Any]], toxicity: str, names: list[str]) -> Any:
    """Draw one bar a system: its courses, parted by their worst grade."""
    levels = (*GRADES, UNGRADED)
    cells = [
        {
            "system": row["system"],
            "grade": level,
            "order": place,
            "courses": row[level],
            "why": f"{toxicity} by {row['system']}: {row[level]:,} courses, {level}",
        }
        for row in rows
        for place, level in enumerate(levels)
        if row[level]
    ]
    # What cannot be graded is never as pale as grade 0.
    colours = [colour(f"grade{grade}") for grade in range(6)] + [colour("hatch")]
    most = max(sum(row[level] for level in levels) for row in rows)
    ticks = list(range(0, most + 1, max(1, -(-most // 6))))
    return (
        alt.Chart(pa.Table.from_pylist(cells))
        .mark_bar(stroke=colour("rule"), strokeWidth=0.5)
        .encode(
            x=alt.X("courses:Q", title="courses", axis=alt.Axis(values=ticks, format=",d")),
            y=alt.Y("system:N", title=None, sort=names),
            color=alt.Color(
                "grade:N",
                title="worst grade",
                scale=alt.Scale(domain=list(levels), range=colours),
                sort=list(levels),
                legend=alt.Legend(orient="bottom", columns=4),
            ),
            order=alt.Order("order:Q"),
            description="why:N",
        )
        .properties(width=260, height=24 * len(names), title=toxicity)
    )


def _matrix(
    alt: Any, rows: list[dict[str, Any]], crossed: list[dict[str, Any]], toxicity: str, names: list[str]
) -> Any:
    """Draw a square for each pair of systems: the share of days of the same grade."""
    cells = []
    for row in rows:
        mine = [cell for cell in crossed if {cell["first"], cell["second"]} == {row["first"], row["second"]}]
        same = sum(cell["count"] for cell in mine if cell["first_grade"] == cell["second_grade"])
        per_cent = round(100 * same / row["graded by both"])
        cells.append(
            {
                "first": row["first"],
                "second": row["second"],
                "share": per_cent,
                "text": f"{per_cent} %",
                "ink": colour("on-deep" if per_cent > 50 else "ink"),
                "why": f"{toxicity}: {row['first']} and {row['second']} gave the same grade on {row['the same grade']} "
                f"patient-days; weighted kappa {row['weighted kappa (95 % interval)']}",
            }
        )
    base = alt.Chart(pa.Table.from_pylist(cells) if cells else pa.table({"first": [], "second": []})).encode(
        x=alt.X("second:N", title=None, sort=names, axis=alt.Axis(labelAngle=-40)),
        y=alt.Y("first:N", title=None, sort=names),
    )
    size = CELL * max(len(names) - 1, 1)
    if not cells:
        return base.mark_text().properties(width=1, height=1)
    squares = base.mark_rect(color=colour("first"), stroke=colour("rule")).encode(
        opacity=alt.Opacity("share:Q", legend=None, scale=alt.Scale(domain=[0, 100], range=[0.05, 1])),
        description="why:N",
    )
    texts = base.mark_text(fontSize=9.5, aria=False).encode(text="text:N", color=alt.Color("ink:N", scale=None))
    return alt.layer(squares, texts).properties(width=size, height=24 * max(len(names) - 1, 1))
