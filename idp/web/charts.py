"""Charts: bars as inline SVG with a title, a description, and the same numbers in a table below.

Drawn on the server, without scripts and without anything loaded from elsewhere. Colours come in
shades that differ in brightness, and every bar has its number in the table: never colour alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT, HEAD, FOOT = 960, 240, 44, 44
MOST_LABELS = 4
SHADES = ("#1d4f91", "#8f1616", "#6b7785", "#b58400")


@dataclass(frozen=True)
class Series:
    """One row of numbers, one per label."""

    name: str
    values: Sequence[int]


def bars(title: str, description: str, labels: Sequence[str], series: Sequence[Series]) -> str:
    """Draw stacked bars; gives an `<svg>` element, as tall as its highest bar, with that number."""
    tallest = max([sum(column) for column in zip(*(s.values for s in series), strict=True)] or [0])
    step = WIDTH / max(1, len(labels))
    parts = [
        f'<svg role="img" viewBox="0 {-HEAD} {WIDTH} {HEAD + HEIGHT + FOOT}" xmlns="http://www.w3.org/2000/svg"'
        ' aria-labelledby="chart-title chart-about">',
        f'<title id="chart-title">{escape(title)}</title>',
        f'<desc id="chart-about">{escape(description)}</desc>',
        f'<path d="M0 0H{WIDTH}M0 {HEIGHT}H{WIDTH}" stroke="#767676"/>',
        f'<text x="0" y="-8" font-size="16" fill="currentColor">{tallest}</text>',
    ]
    for index in range(len(labels)):
        bottom = float(HEIGHT)
        for shade, row in zip(SHADES, series, strict=False):
            height = HEIGHT * row.values[index] / tallest if tallest else 0.0
            if height:
                bottom -= height
                parts.append(
                    f'<rect x="{index * step + step * 0.1:.1f}" y="{bottom:.1f}"'
                    f' width="{step * 0.8:.1f}" height="{height:.1f}" fill="{shade}"/>'
                )
    every = max(1, math.ceil(len(labels) / MOST_LABELS))
    parts.extend(
        f'<text x="{index * step:.1f}" y="{HEIGHT + 34}" font-size="16"'
        f' fill="currentColor">{escape(labels[index])}</text>'
        for index in range(0, len(labels), every)
    )
    parts.append("</svg>")
    return "".join(parts)


def legend(series: Sequence[Series]) -> str:
    """Name the shades; gives a `<ul>` element."""
    entries = "".join(
        f'<li><svg aria-hidden="true" width="16" height="16"><rect width="16" height="16"'
        f' fill="{shade}"/></svg> {escape(row.name)}: {sum(row.values)}</li>'
        for shade, row in zip(SHADES, series, strict=False)
    )
    return f'<ul class="legend">{entries}</ul>'


def table(caption: str, corner: str, labels: Sequence[str], series: Sequence[Series]) -> str:
    """Give the numbers as a `<table>` element; labels where all are 0 are left out.

    `corner` says what the labels are.
    """
    head = "".join(f'<th scope="col">{escape(row.name)}</th>' for row in series)
    rows = "".join(
        f'<tr><th scope="row">{escape(label)}</th>'
        + "".join(f"<td>{row.values[index]}</td>" for row in series)
        + "</tr>"
        for index, label in enumerate(labels)
        if any(row.values[index] for row in series)
    )
    return (
        f"<table><caption>{escape(caption)}</caption>"
        f'<thead><tr><th scope="col">{escape(corner)}</th>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def wide(name: str, inner: str) -> str:
    """Put something wide into a part of its own that scrolls sideways, by keyboard too."""
    return f'<div class="wide" role="region" aria-label="{escape(name)}" tabindex="0">{inner}</div>'


def document(language: str, title: str, body: str) -> str:
    """Give a page of its own for a chart: a file that is opened without a server."""
    return (
        f'<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>"
        "body{font:18px/1.7 'Hiragino Sans','Yu Gothic UI',Meiryo,'Noto Sans JP',sans-serif;"
        "margin:0 auto;padding:1rem;max-width:60rem;color:#1a1a1a;background:#fff}"
        "h1,h2{line-height:1.4}.wide{overflow-x:auto}.wide:focus{outline:3px solid #0b4fb8}"
        "svg[role=img]{display:block;width:100%;height:auto;overflow:visible}"
        "table{border-collapse:collapse;margin:1rem 0}"
        "th,td{border:1px solid #767676;padding:.25rem .75rem;text-align:right}"
        "caption{text-align:left;padding-bottom:.5rem}.legend{list-style:none;padding:0}"
        "th{min-width:4.5em}th[scope=row],thead th:first-child{text-align:left;white-space:nowrap}"
        "@media (max-width:40rem){h1{font-size:1.5rem}h2{font-size:1.2rem}"
        "svg[role=img] text{font-size:34px}}"
        f"</style></head><body><main>{body}</main></body></html>"
    )
