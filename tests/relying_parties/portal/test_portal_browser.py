"""The pages in a real Chromium: the story without scripts, and what readers need to read them.

With PORTAL_SCREENSHOTS=FOLDER each page is written there as a picture, for people to look at.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, Page, Playwright
from portal_scene import Scene

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag2aaa", "wcag21a", "wcag21aa", "best-practice"]}
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
LARGE_TEXT = "size => { document.documentElement.style.fontSize = size }"
WITHOUT_NEW_CSS = """main { container-type: normal !important; }
  th, td { overflow-wrap: normal !important; white-space: nowrap !important; }"""
LONG = "すみません、請求明細の見方がわかりません。" * 120


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    path = CHROMIUM if CHROMIUM.exists() else None
    browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
    yield browser
    browser.close()


def open_browser(chromium: Browser, width: int, language: str, **options: object) -> BrowserContext:
    context = chromium.new_context(
        viewport={"width": width, "height": 740},
        locale="ja-JP" if language == "ja" else "en-GB",
        **options,  # type: ignore[arg-type]
    )
    context.set_default_timeout(10_000)
    return context


def look(page: Page, name: str) -> None:
    """Check a page as its readers would: rules of WCAG, no sideways scrolling, large targets."""
    violations = Axe().run(page, options=RULES).response["violations"]
    assert violations == [], [
        (found["id"], [node["html"] for node in found["nodes"]]) for found in violations
    ]
    for size in ("225%", ""):  # the style sheet says 112.5%, so this is text at 200 %
        page.evaluate(LARGE_TEXT, size)
        assert page.evaluate(SIDEWAYS) <= 0, (
            f"{name} scrolls sideways with text at {size or '100%'}"
        )
    small = page.evaluate(
        """() => [...document.querySelectorAll('a:not(.skip), button, select, textarea')]
             .filter(e => e.getBoundingClientRect().height < 47.5).map(e => e.outerHTML)"""
    )
    assert small == [], name
    if folder := os.environ.get("PORTAL_SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.mark.parametrize("width", [360, 1280])
def test_the_story_without_scripts(scene: Scene, chromium: Browser, width: int) -> None:
    context = open_browser(chromium, width, "ja", java_script_enabled=False)
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto(scene.portal)
    page.click("#sign-in")
    assert "0012345" in page.inner_text("main")
    page.click("text=登録情報")
    assert "みほん町1-1" in page.inner_text("main")
    page.click("text=勤務先が異動になったとき")
    page.click("main a[href*=inquiry]")
    page.fill("#text", "みほん第二小学校に異動しました。")
    page.click("form#inquiry button")
    assert "受付番号" in page.inner_text("main")
    page.click("nav >> text=請求明細")
    page.click("text=2026年7月分")
    assert "合計" in page.inner_text("main")
    # Chromium applies form-action to the redirect that follows this form.
    page.click("#sign-out button")
    assert "ログアウトしました" in page.inner_text("h1")
    assert page.url.startswith(f"{scene.portal}/signed-out")
    assert [text for text in refused if "Content Security Policy" in text] == []
    context.close()


@pytest.mark.parametrize(
    ("width", "language", "scheme"),
    [
        (320, "en", "light"),
        (360, "ja", "light"),
        (768, "en", "dark"),
        (1280, "ja", "light"),
    ],
)
def test_every_page_can_be_read_by_everyone(
    scene: Scene, chromium: Browser, width: int, language: str, scheme: str
) -> None:
    context = open_browser(chromium, width, language, color_scheme=scheme)
    page = context.new_page()
    mark = f"{language}-{width}-{scheme}"
    for name, path in {
        "01-welcome": "/",
        "02-forms": "/forms",
        "03-paper": "/forms/leave",
        "04-callback": "/callback?state=x",
        "05-missing": "/nowhere",
        "06-not-signed-in": "/signed-out",
    }.items():
        page.goto(scene.portal + path)
        look(page, f"{name}-{mark}")
    inside(scene, page, mark)
    endings(scene, page, mark)
    context.close()


@pytest.mark.parametrize("path", ["/statements", "/statements/2026-03"])
def test_a_wide_table_scrolls_alone_where_it_cannot_wrap(
    scene: Scene, chromium: Browser, path: str
) -> None:
    context = open_browser(chromium, 360, "ja")
    page = context.new_page()
    page.goto(f"{scene.portal}/sign-in")
    page.goto(scene.portal + path)
    page.evaluate(LARGE_TEXT, "225%")
    page.evaluate(
        "css => document.styleSheets[0].insertRule(`@media all { ${css} }`)", WITHOUT_NEW_CSS
    )
    assert page.evaluate(SIDEWAYS) <= 0
    region = page.get_by_role("region", name=page.inner_text("caption"))
    assert region.evaluate("e => e.scrollWidth > e.clientWidth"), "nothing to scroll was shown"
    region.focus()
    page.keyboard.press("ArrowRight")
    deadline = time.monotonic() + 10
    while not region.evaluate("e => e.scrollLeft") and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    assert region.evaluate("e => e.scrollLeft") > 0
    context.close()


def inside(scene: Scene, page: Page, mark: str) -> None:
    page.goto(f"{scene.portal}/sign-in")
    for name, path in {
        "10-home": "/",
        "11-me": "/me",
        "12-statements": "/statements",
        "13-statements-2017": "/statements?year=2017",
        "14-statement": "/statements/2026-03",
        "15-no-statement": "/statements/2026-08",
        "16-inquiry": "/inquiry",
    }.items():
        page.goto(scene.portal + path)
        look(page, f"{name}-{mark}")
    page.fill("#text", LONG)
    page.evaluate("document.getElementById('inquiry').noValidate = true")
    page.click("form#inquiry button")
    look(page, f"17-inquiry-errors-{mark}")
    page.goto(f"{scene.portal}/inquiry?reason=workplace")
    page.fill("#text", "4月からみほん第二小学校に勤めています。\n" + "w" * 120)
    page.click("form#inquiry button")
    look(page, f"18-inquiry-sent-{mark}")
    page.goto(f"{scene.portal}/inquiry")
    look(page, f"19-inquiry-list-{mark}")
    page.click("#sign-out button")
    look(page, f"20-signed-out-{mark}")


def endings(scene: Scene, page: Page, mark: str) -> None:
    for why in ("membership_ended", "service_stopped", "signed_out", "blocked"):
        scene.provider.ended = None
        page.goto(f"{scene.portal}/sign-in")
        scene.clock.move(minutes=6)
        scene.provider.ended = why
        page.goto(f"{scene.portal}/me")
        look(page, f"30-{why}-{mark}")
    scene.provider.ended = None
    page.goto(f"{scene.portal}/sign-in")
    page.goto(f"{scene.portal}/inquiry")
    page.select_option("#reason", "other")
    page.fill("#text", "長く書いていた内容です。")
    scene.clock.move(minutes=61)
    page.click("form#inquiry button")
    look(page, f"34-time-over-{mark}")
    page.goto(f"{scene.portal}/sign-in")
    scene.provider.down = True
    scene.clock.move(minutes=6)
    page.goto(f"{scene.portal}/me")
    look(page, f"35-unavailable-{mark}")
    scene.provider.down = False
