"""Charts: the picture says what the table says, in words too, and carries nobody's markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from idp.cli import weather
from idp.clock import from_micros
from idp.weather.model import MINUTE, Attack, Minute
from idp.weather.store import Row
from idp.web import charts
from idp.web.charts import Series

SVG = "{http://www.w3.org/2000/svg}"
LABELS = ["07-31 12:00", "07-31 12:01", "07-31 12:02"]
SERIES = [Series("right", [3, 0, 1]), Series("wrong", [1, 0, 7]), Series("refused", [0, 0, 4])]
EVIL = "<script>alert(1)</script>&\"'"
START = 1_785_466_800_000_000
"""2026-07-31 12:00 in Tokyo."""


class Table(HTMLParser):
    """Reads the rows of the one table of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._open = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        self._open = tag in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self._open:
            self.rows[-1].append(data)

    def handle_endtag(self, tag: str) -> None:
        self._open = False


def drawn(
    labels: list[str], series: list[Series], title: str = "t", about: str = "d"
) -> ET.Element:
    return ET.fromstring(charts.bars(title, about, labels, series))


def heights(svg: ET.Element) -> dict[str, list[float]]:
    """Give the heights of the bars by shade, from left to right."""
    found: dict[str, list[float]] = {}
    for bar in svg.iter(f"{SVG}rect"):
        found.setdefault(bar.attrib["fill"], []).append(float(bar.attrib["height"]))
    return found


def attack(kind: Attack, ended_at: int | None = None) -> Row:
    return Row("0198-1", kind.value, "k", None, 45, 1, 9, 0, START, START + MINUTE, ended_at)


def page(language: str = "ja", *attacks: Row) -> str:
    minutes = [Minute(right=3, wrong=1), Minute(), Minute(right=1, wrong=7, refused=4, mails=2)]
    return weather._page(LABELS, minutes, list(attacks), "en" if language == "en" else "ja")


def test_the_picture_has_a_title_and_a_description() -> None:
    svg = drawn(LABELS, SERIES, "Sign-ins", "Over time")
    assert svg.attrib["role"] == "img"
    named = svg.attrib["aria-labelledby"].split()
    texts = {one.attrib["id"]: one.text for one in svg if "id" in one.attrib}
    assert [texts[name] for name in named] == ["Sign-ins", "Over time"]
    assert [one.tag for one in svg][:2] == [f"{SVG}title", f"{SVG}desc"]


def test_the_bars_are_as_high_as_the_numbers_of_the_table() -> None:
    bars = heights(drawn(LABELS, SERIES))
    tallest = 1 + 7 + 4
    head, *rows = Table(charts.table("c", "time", LABELS, SERIES)).rows
    assert head == ["time", "right", "wrong", "refused"]
    assert [row[0] for row in rows] == [LABELS[0], LABELS[2]], "the empty minute is left out"
    for shade, column in zip(charts.SHADES, range(1, 4), strict=False):
        numbers = [int(row[column]) for row in rows if row[column] != "0"]
        shown = [round(height * tallest / charts.HEIGHT) for height in bars[shade]]
        assert shown == numbers


def test_bars_stand_on_each_other_and_end_at_the_top() -> None:
    edges = [
        (float(bar.attrib["x"]), float(bar.attrib["y"]), float(bar.attrib["height"]))
        for bar in drawn(LABELS, SERIES).iter(f"{SVG}rect")
    ]
    last = [one for one in edges if one[0] == edges[-1][0]]
    floor = float(charts.HEIGHT)
    for _, top, height in last:
        assert top + height == pytest.approx(floor, abs=0.2)
        floor = top
    assert floor == pytest.approx(0, abs=0.2)
    assert "12" in [text.text for text in drawn(LABELS, SERIES).iter(f"{SVG}text")], "the scale"


def test_nothing_to_show_is_an_empty_picture() -> None:
    assert heights(drawn([], [Series("a", [])])) == {}
    assert heights(drawn(["12:00"], [Series("a", [0])])) == {}


def test_names_are_escaped_everywhere() -> None:
    series = [Series(EVIL, [1])]
    parts = [
        charts.bars(EVIL, EVIL, [EVIL], series),
        charts.legend(series),
        charts.table(EVIL, EVIL, [EVIL], series),
        charts.wide(EVIL, ""),
        charts.document("en", EVIL, ""),
    ]
    for part in parts:
        assert "<script" not in part
        assert "&lt;script&gt;" in part
    assert 'label="&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#x27;"' in parts[3]


def test_the_legend_names_every_shade_with_its_sum() -> None:
    assert re.findall(r"> (\w+: \d+)</li>", charts.legend(SERIES)) == [
        "right: 4", "wrong: 8", "refused: 4",
    ]  # fmt: skip
    assert len(set(charts.SHADES)) == len(charts.SHADES)


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    shown = page()
    assert not re.search(r"<script|<link|<img|url\(|(?:src|href)=", shown)


@pytest.mark.parametrize("kind", Attack)
def test_attacks_are_told_with_their_times_in_japan(kind: Attack) -> None:
    open_one = page("ja", attack(kind))
    assert "45回（2026年7月31日（金）12:00（日本時間）から、続いています）" in open_one
    over = page("en", attack(kind, START + 5 * MINUTE))
    assert "12:00 (Japan time) to Friday, 31 July 2026, 12:05 (Japan time)" in over
    assert "この時間には、見つかっていません。" in page()
    assert f"{from_micros(START):%H}" == "03"


def test_an_english_page_is_all_english() -> None:
    assert not re.search(
        r"[\u3041-\u30ff\u3400-\u9fff]", re.sub("<style>.*</style>", "", page("en"))
    )
