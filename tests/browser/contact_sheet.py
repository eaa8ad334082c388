"""One contact sheet of every page: `python -m tests.browser.contact_sheet FOLDER`.

Provider, portal and card at 360, 768 and 1280 pixels, in Japanese and English, error states
included. The provider's states come from `tests/web/stories.py`; portal and card are walked
through on a running demo (`sheet_walks.py`, `sheet_endings.py`), and so is what a member does
between invitation and stop (`sheet_life.py`). The mail about a block and the weather come from
`sheet_blocks.py`. People look at the result.
"""

from __future__ import annotations

import html
import logging
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from tests.browser import sheet_blocks, sheet_endings, sheet_life, sheet_walks
from tests.browser.visitor import DESKTOP, LOCALES, launch
from tests.support.demo import running_demo
from tests.web.browser.screenshots import PAGES
from tests.web.stories import make_app

WIDTHS = (360, 768, 1280)
PROGRAMS = ("provider", "portal", "card", "mail", "weather")
STYLE = """
body { margin: 2rem; background: #6f7478; color: #fff; font-family: sans-serif; }
h1 { margin-top: 3rem; } h2 { font-size: 1rem; margin: 2rem 0 .5rem; }
.row { display: flex; gap: 12px; align-items: flex-start; overflow-x: auto; }
img { height: 480px; background: #fff; } a { color: #fff; }
"""


@dataclass(frozen=True)
class Shot:
    """One picture."""

    program: str
    state: str
    language: str
    width: int

    @property
    def file(self) -> str:
        return f"{self.program}/{self.state}.{self.language}.{self.width}.png"


@dataclass
class Camera:
    """Takes a page at every width and remembers what was taken."""

    folder: Path
    shots: list[Shot] = field(default_factory=list)

    def take(self, page: Page, program: str, state: str, language: str) -> None:
        for width in WIDTHS:
            shot = Shot(program, state, language, width)
            page.set_viewport_size({"width": width, "height": 740})
            file = self.folder / shot.file
            file.parent.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=file, full_page=True, animations="disabled")
            self.shots.append(shot)

    def sheet(self) -> str:
        """Lay the pictures out: one row for each state, smallest first, Japanese first."""
        parts = [f'<!DOCTYPE html><meta charset="utf-8"><style>{STYLE}</style>']
        for program, of_program in groupby(self.shots, lambda shot: shot.program):
            parts.append(f"<h1>{program}</h1>")
            rows: dict[str, list[Shot]] = {}
            for shot in of_program:
                rows.setdefault(shot.state, []).append(shot)
            for state, row in rows.items():
                pictures = "".join(_picture(shot) for shot in row)
                parts.append(f'<h2>{html.escape(state)}</h2><div class="row">{pictures}</div>')
        return "\n".join(parts)


def _picture(shot: Shot) -> str:
    about = f"{shot.state}, {shot.language}, {shot.width}"
    return f'<a href="{shot.file}"><img loading="lazy" src="{shot.file}" alt="{about}"></a>'


def provider_pages(browser: Browser, camera: Camera) -> None:
    """Take every page of the provider in every state of the stories."""
    with stories() as url:
        for language, locale in LOCALES.items():
            context = browser.new_context(**DESKTOP, locale=locale)
            page = context.new_page()
            for state, path in PAGES.items():
                page.goto(f"{url}{path}?lang={language}")
                camera.take(page, "provider", state, language)
            context.close()


@contextmanager
def stories() -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, make_app(), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def main(folder: Path) -> None:
    """Photograph everything into `folder` and write its index.html."""
    folder.mkdir(parents=True, exist_ok=True)
    camera = Camera(folder)
    with (
        tempfile.TemporaryDirectory() as data,
        sync_playwright() as playwright,
        running_demo(Path(data), "--workers", "1") as demo,
    ):
        browser = launch(playwright)
        provider_pages(browser, camera)
        sheet_blocks.block_pages(browser, camera.take)
        sheet_life.life_pages(browser, camera.take)
        for language in LOCALES:
            sheet_walks.portal_pages(browser, demo, camera.take, language)
        for language in LOCALES:
            sheet_walks.card_pages(browser, demo, camera.take, language)
        sheet_endings.endings(browser, demo, camera.take)
        browser.close()
    camera.shots.sort(key=lambda shot: PROGRAMS.index(shot.program))
    (folder / "index.html").write_text(camera.sheet(), encoding="utf-8")
    print(f"{len(camera.shots)} pictures: {folder / 'index.html'}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
