"""The figure of planned trials: power against patients, the true size beside it."""

from typing import Any

import pyarrow as pa

from abate.report.theme import Figure, colour

COLOURS = ("first", "second", "tocilizumab", "treatment", "ink", "third", "grade2")
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right")
"""A design has its own shape too, so that it is told without colour."""


def operating(tables: dict[str, pa.Table]) -> Figure:
    """Draw power and size against patients an arm: a line a design, its Monte Carlo error a band.

    Parameters
    ----------
    tables
        ``operating_characteristics``, by the function of that name.

    Examples
    --------
    >>> from abate.statistics.operating_characteristics import operating_characteristics
    >>> from abate.statistics.trial_design import Binary, Design
    >>> table = operating_characteristics(Design(n=(20, 40), outcomes=(Binary((0.2, 0.5)),)))
    >>> operating({"operating_characteristics": table}).title
    'Power and size of the planned trials'
    """
    import altair as alt

    numbers = tables["operating_characteristics"]
    rows = numbers.to_pylist()
    for row in rows:
        error = f" (95 % limits {row['low']:.1%} to {row['high']:.1%})" if row["trials"] else " (exact)"
        row["why"] = (
            f"{row['design']}, {row['n_per_arm']:,} a group: {row['quantity']} {row['probability']:.1%}{error}; "
            f"{row['expected_patients']:,.1f} patients on average, stopped early in {row['early_stop']:.0%}"
        )
    names = list(dict.fromkeys(row["design"] for row in rows))
    of_size = sorted({row["nominal_size"] for row in rows})
    power, size = (
        _panel(alt, [row for row in rows if row["quantity"] == quantity], names) for quantity in ("power", "size")
    )
    powers = power.properties(width=560, height=280)
    sizes = size.properties(width=560, height=130)
    caption = (
        "Above, the chance of a finding where what is assumed holds; below, where the null holds, with the nominal "
        f"size ({', '.join(f'{each:.1%}' for each in of_size)}) as a dashed line. A band is the 95 % Monte Carlo "
        "error; what has none is exact. All of it follows from what was assumed, and says nothing about whether a "
        "treatment works."
    )
    chart = alt.vconcat(powers, alt.layer(sizes, _nominal(alt, of_size)), spacing=18)
    return Figure(
        "operating_characteristics",
        "Power and size of the planned trials",
        caption,
        chart,
        numbers,
        "operating_characteristics",
    )


def _panel(alt: Any, rows: list[dict[str, Any]], names: list[str]) -> Any:
    quantity = rows[0]["quantity"]
    places = range(len(names))
    palette = [colour(COLOURS[place % len(COLOURS)]) for place in places]
    shapes = [SHAPES[place % len(SHAPES)] for place in places]
    legend = alt.Legend(columns=2, symbolOpacity=1, labelLimit=320)
    base = alt.Chart(pa.Table.from_pylist(rows)).encode(
        x=alt.X("n_per_arm:Q", title="Patients in each group", scale=alt.Scale(zero=False), axis=alt.Axis(format="d")),
        color=alt.Color("design:N", title=None, scale=alt.Scale(domain=names, range=palette), legend=legend),
    )
    top = [0, 1] if quantity == "power" else [0, max(0.1, *(row["high"] for row in rows))]
    y = alt.Y(
        "probability:Q",
        title=quantity.capitalize(),
        scale=alt.Scale(domain=top),
        axis=alt.Axis(format="%", tickCount=6),
    )
    band = base.mark_area(opacity=0.2, aria=False).encode(y=alt.Y("low:Q", title=quantity.capitalize()), y2="high:Q")
    line = base.mark_line(strokeWidth=1.6, aria=False).encode(y=y)
    points = base.mark_point(filled=True, size=48, opacity=1).encode(
        y=y,
        shape=alt.Shape("design:N", title=None, scale=alt.Scale(domain=names, range=shapes), legend=legend),
        description="why:N",
    )
    return band + line + points


def _nominal(alt: Any, sizes: list[float]) -> Any:
    rule = [{"size": each, "why": f"nominal size {each:.1%}"} for each in sizes]
    return (
        alt.Chart(pa.Table.from_pylist(rule))
        .mark_rule(color=colour("muted"), strokeDash=[5, 3])
        .encode(y="size:Q", description="why:N")
    )
