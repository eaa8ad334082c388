"""The provider's pages as a browser of 2014 shows them: no script, and the plain layer of CSS.

Such a browser skips every block and every value it does not know; here the style sheet is served
without them, so what is left is what Internet Explorer 11, Safari 8 and Android 4.4 apply.
"""

from __future__ import annotations

import re

from playwright.sync_api import Route

from tests.browser.visitor import Visitor

MODERN_BLOCK = re.compile(r"@(supports|media \(prefers|media \(forced|layer|container)[^{]*\{")
MODERN_VALUE = re.compile(
    r"[^;{}]*(?:var\(|\bmin\(|\bmax\(|clamp\(|env\(|accent-color|text-wrap|word-break:\s*auto|"
    r"appearance|display:\s*(?:flex|grid)|\bgap:)[^;{}]*;"
)
PROPERTIES = re.compile(r"\s*--[a-z-]+:[^;]*;")


def plain_layer(sheet: str) -> str:
    """Leave out of a style sheet what a browser of 2014 leaves out."""
    sheet = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    while found := MODERN_BLOCK.search(sheet):
        depth, at = 1, found.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(sheet[at], 0)
            at += 1
        sheet = sheet[: found.start()] + sheet[at:]
    return MODERN_VALUE.sub("", PROPERTIES.sub("", sheet))


def show_the_plain_layer(v: Visitor) -> None:
    """Serve this visitor every style sheet as such a browser understands it."""

    def plain(route: Route) -> None:
        answer = route.fetch()
        body = plain_layer(answer.text())
        assert "var(" not in body
        route.fulfill(response=answer, body=body)

    v.context.route(re.compile(r"\.css(\?|$)"), plain)
