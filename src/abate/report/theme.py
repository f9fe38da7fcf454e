"""Colours and type of every figure: one chart object for the page, for print, light and dark.

A chart names its colours as CSS variables. On the page the style sheet fills them, by day and by
night; in a file they are replaced by the light ones.
"""

import re
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

LIGHT = {
    "ink": "#1b1f24",
    "paper": "#ffffff",
    "muted": "#5d6670",
    "rule": "#c9cfd6",
    "grade0": "#e6eef0",
    "grade1": "#fde3a0",
    "grade2": "#f6a945",
    "grade3": "#d3601f",
    "grade4": "#7c1d0f",
    "grade5": "#1b1f24",
    "on-pale": "#1b1f24",
    "on-deep": "#ffffff",
    "unknown": "#f3f4f6",
    "hatch": "#b3bac2",
    "first": "#0b6fa4",
    "second": "#c2571a",
    "third": "#6f7782",
    "steroid": "#5b7f95",
    "tocilizumab": "#2f8f6f",
    "treatment": "#8a3ffc",
    "used": "#5b7f95",
    "aside": "#d3601f",
}
DARK = {
    "ink": "#e6e9ed",
    "paper": "#14181d",
    "muted": "#a3adb8",
    "rule": "#3b444e",
    "grade0": "#31424a",
    "grade1": "#7d6421",
    "grade2": "#b9761b",
    "grade3": "#e77b3b",
    "grade4": "#ffc3a6",
    "grade5": "#ffffff",
    "on-pale": "#f4f6f8",
    "on-deep": "#14181d",
    "unknown": "#1d232a",
    "hatch": "#4b5661",
    "first": "#4fb3e8",
    "second": "#f0955a",
    "third": "#9aa4af",
    "steroid": "#8fb4ca",
    "tocilizumab": "#5cc7a1",
    "treatment": "#b794ff",
    "used": "#8fb4ca",
    "aside": "#f0955a",
}
"""Contrast of text on its ground is at least 4.5 : 1 in both."""

HATCH = (
    '<defs><pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><rect width="5" height="5" fill="var(--unknown)"/>'
    '<line x1="0" y1="0" x2="0" y2="5" stroke="var(--hatch)" stroke-width="1.6"/></pattern></defs>'
)
"""The pattern of unknown days: never a colour of its own, never the same as grade 0."""

FONT = "Helvetica Neue, Helvetica, Arial, Liberation Sans, sans-serif"
WIDTH = 760


@dataclass(frozen=True)
class Figure:
    """One figure: its name, title, what it shows in words, the chart, and its numbers.

    Attributes
    ----------
    name, title, caption
        File name, heading, and a caption that says what to see and what is not known.
    chart
        An Altair chart.
    numbers, table
        The table behind it, one click away, and its name among the files.
    """

    name: str
    title: str
    caption: str
    chart: Any
    numbers: pa.Table
    table: str


def colour(name: str) -> str:
    """Return a colour as the charts name it."""
    return f"var(--{name})"


def styled(chart: Any) -> Any:
    """Give a chart the type, rules and ground of all figures."""
    return (
        chart.configure(font=FONT, background="transparent", padding=6)
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=colour("ink"),
            titleColor=colour("ink"),
            domainColor=colour("rule"),
            tickColor=colour("rule"),
            gridColor=colour("rule"),
            gridOpacity=0.45,
            labelFontSize=11,
            titleFontSize=11.5,
            titleFontWeight="normal",
            titlePadding=8,
        )
        .configure_legend(
            labelColor=colour("ink"),
            titleColor=colour("ink"),
            labelFontSize=11,
            titleFontSize=11.5,
            titleFontWeight="normal",
            orient="top",
        )
        .configure_header(labelColor=colour("ink"), titleColor=colour("ink"), labelFontSize=11.5)
        .configure_title(color=colour("ink"), fontSize=12, fontWeight="bold", anchor="start")
    )


def svg(figure: Figure, mark: str = "") -> str:
    """Return the figure as SVG, its colours still named; text from the data is escaped.

    A ``mark`` (synthetic, no CAR T cells) is written into the figure itself.
    """
    import altair as alt
    import vl_convert

    chart = figure.chart
    if mark:
        chart = chart.properties(title=alt.TitleParams(mark, color=colour("aside"), fontSize=11, anchor="start"))
    drawn: str = vl_convert.vegalite_to_svg(styled(chart).to_dict())
    opening, rest = drawn.split(">", 1)
    return f"{opening}>{HATCH}{rest}"


def in_light(drawn: str) -> str:
    """Fill the named colours with the light ones, on white ground: a figure that stands alone."""
    filled = re.sub(r"var\(--([a-z0-9-]+)\)", lambda match: LIGHT[match[1]], drawn)
    opening, rest = filled.split(">", 1)
    return f'{opening}><rect width="100%" height="100%" fill="{LIGHT["paper"]}"/>{rest}'


def png(light: str) -> bytes:
    """Return a figure that stands alone as PNG, at twice its size."""
    import vl_convert

    drawn: bytes = vl_convert.svg_to_png(light, scale=2)
    return drawn


def for_page(drawn: str, title: str) -> str:
    """Return a figure for the page: no address of a name space, a size that follows the page."""
    from markupsafe import escape

    clean = re.sub(r' xmlns(:xlink)?="[^"]*"', "", drawn)
    width = re.search(r' width="([0-9.]+)"', clean)
    label = f' role="group" aria-label="{escape(title)}"'
    sized = re.sub(r' width="[0-9.]+" height="[0-9.]+"', "", clean, count=1)
    style = f' style="--width:{float(width[1]):.0f}px"' if width else ""
    return sized.replace("<svg", f"<svg{label}{style}", 1)
