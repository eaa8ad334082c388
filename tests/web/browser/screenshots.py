"""Writes a contact sheet of every page: `python -m tests.web.browser.screenshots FOLDER`.

Each story at 360, 768 and 1280 pixels, in Japanese and English, and at 360 pixels in the dark.
"""

import sys
import threading
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import make_server

from idp.web.problem_texts import PROBLEMS

from ..stories import STORIES, make_app
from .conftest import ARGUMENTS, CHROMIUM

VIEWS: list[tuple[str, int, Literal["light", "dark"]]] = [
    ("360", 360, "light"),
    ("768", 768, "light"),
    ("1280", 1280, "light"),
    ("dark", 360, "dark"),
]
PAGES = {story.name: f"/story/{story.name}" for story in STORIES} | {
    f"problem-{code}": f"/problem/{code}" for code in PROBLEMS
}


def main(folder: Path) -> None:
    """Photograph every page and lay the pictures out on one HTML page."""
    folder.mkdir(parents=True, exist_ok=True)
    server = make_server("127.0.0.1", 0, make_app(), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        path = CHROMIUM if CHROMIUM.exists() else None
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        for view, width, scheme in VIEWS:
            _photograph(
                browser, f"http://127.0.0.1:{server.server_port}", folder, view, width, scheme
            )
        browser.close()
    server.shutdown()
    (folder / "index.html").write_text(_sheet(), encoding="utf-8")


def _photograph(
    browser: Browser,
    url: str,
    folder: Path,
    view: str,
    width: int,
    scheme: Literal["light", "dark"],
) -> None:
    size = {"width": width, "height": 740}
    context = browser.new_context(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    for name, path in PAGES.items():
        for language in ("ja", "en"):
            page.goto(f"{url}{path}?lang={language}")
            page.screenshot(path=folder / f"{name}.{language}.{view}.png", full_page=True)
    context.close()


def _sheet() -> str:
    rows = []
    for name in PAGES:
        shots = "".join(
            f'<img src="{name}.{language}.{view}.png" alt="{name} {language} {view}">'
            for language in ("ja", "en")
            for view, _, _ in VIEWS
        )
        rows.append(f"<h2>{name}</h2><div>{shots}</div>")
    style = (
        "body{background:#888;font-family:sans-serif}div{display:flex;gap:12px}img{height:520px}"
    )
    return f'<!DOCTYPE html><meta charset="utf-8"><style>{style}</style>{"".join(rows)}'


if __name__ == "__main__":
    main(Path(sys.argv[1]))
