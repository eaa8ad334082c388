"""Draws a report: cover, contents, chapters; heads are repeated, nothing runs off a page."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from idp.evidence.document import Bars, Chapter, Columns, Cover, Facts, Part, Report, Table, Text
from idp.evidence.paper import BOTTOM, INK, LEFT, PALE, RIGHT, SOFT, TOP, WIDTH, Paper

BODY, CELL, SMALL, HEAD, TITLE = 10.0, 8.5, 7.5, 17.0, 24.0
LINE, CELL_LINE, PAD = 6.0, 4.3, 1.5
SHADES: Final = ((29, 79, 145), (143, 22, 22), (107, 119, 133), (181, 132, 0), (60, 120, 80))
CHART: Final = 48.0
MOST_LABELS = 12
SMALL_TABLE = 12
"""Rows up to which a table is rather begun on a new page than divided."""
NAME = 62.0
"""Width of the names of facts."""


def draw(report: Report, font: Path) -> bytes:
    """Give the report as PDF; the same report gives the same bytes. Raises `FontMissing`."""
    cover = report.cover
    paper = Paper(font, cover.title, f"{cover.title}　{cover.organisation}", cover.made_at)
    _cover(paper, cover)
    contents = _contents_pages(report)
    for _ in range(contents):
        paper.new_page()
    pages = []
    for number, chapter in enumerate(report.chapters, 1):
        paper.new_page()
        pages.append(paper.pdf.pages_count)
        _chapter(paper, number, chapter)
    if contents:
        _contents(paper, report.chapters, pages)
    paper.number_pages()
    return paper.finish()


def _cover(paper: Paper, cover: Cover) -> None:
    paper.new_page()
    paper.y = 58
    for line in paper.wrap(cover.title, TITLE, WIDTH):
        paper.write(LEFT, paper.y, line, TITLE)
        paper.y += 13
    paper.y += 2
    paper.write(LEFT, paper.y, paper.drawable(cover.organisation), 13, SOFT)
    paper.y += 16
    paper.rule(LEFT, RIGHT, paper.y)
    paper.y += 6
    _pairs(paper, cover.lines)
    paper.y += 6
    for note in cover.notes:
        _paragraph(paper, note)
        paper.y += 2


def _contents_pages(report: Report) -> int:
    return 1 if len(report.chapters) > 1 else 0


def _contents(paper: Paper, chapters: Sequence[Chapter], pages: Sequence[int]) -> None:
    last, paper.pdf.page = paper.pdf.page, 2
    paper.y = TOP
    paper.write(LEFT, paper.y, "目次", HEAD)
    paper.y += 14
    for number, (chapter, page) in enumerate(zip(chapters, pages, strict=True), 1):
        title = f"{number}.　{chapter.title}"
        paper.write(LEFT, paper.y, title, 11)
        paper.write(RIGHT - paper.width(str(page), 11), paper.y, str(page), 11)
        paper.pdf.link(LEFT, paper.y, WIDTH, 7, paper.pdf.add_link(page=page))
        paper.y += 7
        about = (
            f"{chapter.file}　　管理策 {'、'.join(chapter.controls)}"
            if chapter.controls
            else chapter.file
        )
        for line in paper.wrap(about, SMALL, WIDTH - 12):
            paper.write(LEFT + 8, paper.y - 0.5, line, SMALL, SOFT)
            paper.y += 4.5
        paper.y += 2.5
    paper.pdf.page = last


def _chapter(paper: Paper, number: int, chapter: Chapter) -> None:
    paper.pdf.start_section(f"{number}. {chapter.title}")
    paper.write(LEFT, paper.y, f"{number}.　{chapter.title}", HEAD)
    paper.y += 10
    about = f"数値の入ったファイル: {chapter.file}"
    if chapter.controls:
        about += f"　／　ISO/IEC 27001:2022 附属書A: {'、'.join(chapter.controls)}"
    for line in paper.wrap(about, SMALL, WIDTH):
        paper.write(LEFT, paper.y, line, SMALL, SOFT)
        paper.y += 4.5
    paper.y += 3
    for part in chapter.parts:
        _DRAWN[type(part)](paper, part)
        paper.y += 4


def _text(paper: Paper, part: Text) -> None:
    _paragraph(paper, part.text)


def _paragraph(paper: Paper, text: str) -> None:
    for line in paper.wrap(text, BODY, WIDTH):
        paper.need(LINE)
        paper.write(LEFT, paper.y, line, BODY)
        paper.y += LINE


def _heading(paper: Paper, title: str, below: float) -> None:
    """Write a heading that never stands alone at the foot of a page."""
    paper.need(8 + below)
    paper.write(LEFT, paper.y, paper.drawable(title), 11)
    paper.y += 7


def _facts(paper: Paper, part: Facts) -> None:
    _keep_together(paper, sum(_pair(paper, *pair)[2] for pair in part.pairs) + 8)
    _heading(paper, part.title, 14)
    _pairs(paper, part.pairs)


def _keep_together(paper: Paper, height: float) -> None:
    """Begin a page rather than leave a few lines of something small for the next one."""
    if paper.room() < height < (BOTTOM - TOP) * 0.45:
        paper.new_page()


def _pairs(paper: Paper, pairs: Sequence[tuple[str, str]]) -> None:
    for name, value in pairs:
        names, values, height = _pair(paper, name, value)
        paper.need(min(height, BOTTOM - TOP))
        for at, line in enumerate(names):
            paper.write(LEFT, paper.y + at * 5.4, line, BODY - 0.5, SOFT)
        for at, line in enumerate(values):
            paper.write(LEFT + NAME, paper.y + at * 5.4, line, BODY - 0.5)
        paper.y += height
        paper.rule(LEFT, RIGHT, paper.y - 0.8)


def _pair(paper: Paper, name: str, value: str) -> tuple[list[str], list[str], float]:
    names = paper.wrap(name, BODY - 0.5, NAME - 4)
    values = paper.wrap(value, BODY - 0.5, WIDTH - NAME)
    return names, values, max(len(names), len(values)) * 5.4 + 1.6


def _table(paper: Paper, part: Table) -> None:
    if not part.rows:
        _heading(paper, part.title, LINE)
        _paragraph(paper, part.when_empty)
        return
    scale = WIDTH / sum(part.widths)
    widths = [width * scale for width in part.widths]
    head = _cells(paper, part.columns, widths)
    rows = [_cells(paper, row, widths) for row in part.rows]
    if len(rows) <= SMALL_TABLE:
        _keep_together(paper, 8 + sum(_height(row) for row in (head, *rows)))
    _heading(paper, part.title, min(60.0, _height(head) + _height(rows[0])))
    _row(paper, head, widths, part.numbers, shade=True)
    for row in rows:
        cells = row
        while cells:
            cells = _fitting(paper, cells, widths, part.numbers, head)


def _cells(paper: Paper, row: Sequence[str], widths: Sequence[float]) -> list[list[str]]:
    return [paper.wrap(cell, CELL, at - 2 * PAD) for cell, at in zip(row, widths, strict=True)]


def _height(cells: Sequence[Sequence[str]]) -> float:
    return max(len(cell) for cell in cells) * CELL_LINE + 2 * PAD - 0.6


def _fitting(
    paper: Paper,
    cells: list[list[str]],
    widths: Sequence[float],
    numbers: frozenset[int],
    head: list[list[str]],
) -> list[list[str]]:
    """Draw as much of a row as this page takes; answers what is left of it."""
    tallest = max(len(cell) for cell in cells)
    room = int((paper.room() - 2 * PAD) / CELL_LINE)
    whole = (BOTTOM - TOP) * 0.6
    if room < 1 or (tallest > room and tallest * CELL_LINE < whole):
        paper.new_page()
        _row(paper, head, widths, numbers, shade=True)
        room = int((paper.room() - 2 * PAD) / CELL_LINE)
    _row(paper, [cell[:room] for cell in cells], widths, numbers)
    left = [cell[room:] for cell in cells]
    return left if any(left) else []


def _row(
    paper: Paper,
    cells: Sequence[Sequence[str]],
    widths: Sequence[float],
    numbers: frozenset[int],
    *,
    shade: bool = False,
) -> None:
    height = _height(cells)
    if shade:
        paper.box(LEFT, paper.y, WIDTH, height, PALE)
    x = LEFT
    for column, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        for at, line in enumerate(cell):
            start = x + PAD
            if column in numbers:
                start = x + width - PAD - paper.width(line, CELL)
            paper.write(start, paper.y + PAD + at * CELL_LINE, line, CELL)
        x += width
    paper.y += height
    paper.rule(LEFT, RIGHT, paper.y)


def _columns(paper: Paper, part: Columns) -> None:
    if not any(any(row.values) for row in part.series):
        return  # its table says that there was nothing
    _heading(paper, part.title, CHART + 24)
    tallest = max(
        [sum(one) for one in zip(*(row.values for row in part.series), strict=True)] or [0]
    )
    left = LEFT + 14
    width, foot = RIGHT - left, paper.y + 2 + CHART
    for share in (0.0, 1.0) if tallest % 2 else (0.0, 0.5, 1.0):
        paper.rule(left, RIGHT, foot - CHART * share)
        label = f"{tallest * share:,.0f}"
        if tallest or share == 0:
            paper.write(
                left - 2 - paper.width(label, SMALL), foot - CHART * share - 1.4, label, SMALL, SOFT
            )
    step = width / max(1, len(part.labels))
    for index in range(len(part.labels)):
        y = foot
        for shade, row in zip(SHADES, part.series, strict=False):
            height = CHART * row.values[index] / tallest if tallest else 0.0
            if height:
                y -= height
                paper.box(left + step * (index + 0.12), y, step * 0.76, height, shade)
    every = max(1, math.ceil(len(part.labels) / MOST_LABELS))
    for index in range(0, len(part.labels), every):
        label = part.labels[index]
        x = min(left + step * (index + 0.12), RIGHT - paper.width(label, SMALL))
        paper.write(x, foot + 1.2, label, SMALL, SOFT)
    paper.y = foot + 7
    _legend(paper, [row.name for row in part.series])


def _legend(paper: Paper, names: Sequence[str]) -> None:
    x = LEFT + 14
    for shade, name in zip(SHADES, names, strict=False):
        paper.box(x, paper.y + 0.3, 3, 3, shade)
        paper.write(x + 4.2, paper.y, name, SMALL, INK)
        x += 4.2 + paper.width(name, SMALL) + 6
    paper.y += 5


def _bars(paper: Paper, part: Bars) -> None:
    if not part.values:
        return  # its table says that there was nothing
    _keep_together(paper, 8 + len(part.values) * (CELL_LINE + 1.6))
    _heading(paper, part.title, 12)
    most = max([value for _, value in part.values] or [0])
    names, left = 58.0, LEFT + 60
    width = RIGHT - left - 22
    for name, value in part.values:
        lines = paper.wrap(name, CELL, names)
        height = len(lines) * CELL_LINE + 1.6
        paper.need(height)
        for at, line in enumerate(lines):
            paper.write(LEFT, paper.y + at * CELL_LINE, line, CELL)
        long = width * value / most if most else 0.0
        if long:
            paper.box(left, paper.y + 0.2, max(long, 0.3), 3.2, SHADES[0])
        paper.write(left + long + 1.5, paper.y, f"{value:,}", CELL)
        paper.y += height


_DRAWN: dict[type[Part], Callable[..., None]] = {
    Text: _text,
    Facts: _facts,
    Table: _table,
    Columns: _columns,
    Bars: _bars,
}
