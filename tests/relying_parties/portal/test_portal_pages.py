"""The pages: what they show, to whom, in which language, with which headers."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from portal_browser import fields, problem
from portal_provider import MEMBER
from portal_scene import Scene

from relying_parties.portal.member import national_phone, read_member
from relying_parties.portal.texts import LANGUAGES, load_texts

PRIVATE = ("/me", "/statements", "/statements/2026-01", "/inquiry", "/inquiry/AAAA-AAAA")


@pytest.mark.parametrize("path", PRIVATE)
def test_members_pages_ask_for_sign_in(scene: Scene, path: str) -> None:
    answer = scene.browser().get(path, follow=False)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/sign-in?next={path}"


@pytest.mark.parametrize("path", ["/", "/forms", "/me", "/nowhere", "/sign-in", "/callback"])
def test_headers_of_every_page(scene: Scene, path: str) -> None:
    headers = scene.browser().get(path, follow=False).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert f"form-action 'self' {scene.provider.issuer};" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script" not in policy
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Strict-Transport-Security" not in headers


def test_the_style_sheet_may_be_kept(scene: Scene) -> None:
    page = scene.browser().get("/").text
    found = re.search(r'href="(/static/portal.css\?v=[0-9a-f]+)"', page)
    assert found
    style = scene.browser().get(found[1])
    assert style.headers["Content-Type"].startswith("text/css")
    assert "max-age" in style.headers["Cache-Control"]


def test_languages_by_browser_by_link_and_kept(scene: Scene) -> None:
    browser = scene.browser()
    assert 'lang="ja"' in browser.get("/").text
    assert 'lang="en"' in browser.get("/", headers={"Accept-Language": "en-GB,en;q=0.8"}).text
    assert 'lang="ja"' in browser.get("/", headers={"Accept-Language": "fr"}).text
    assert '<html lang="en">' in browser.get("/?lang=en").text
    assert '<html lang="en">' in browser.get("/forms").text
    assert '<html lang="ja">' in browser.get("/?lang=ja").text
    assert '<html lang="ja">' in browser.get("/?lang=xx").text


def test_the_language_link_keeps_the_year_and_never_a_code(scene: Scene) -> None:
    browser = scene.browser()
    assert "code=" not in browser.get("/callback?code=secret&state=s").text
    browser.sign_in()
    assert "/statements?year=2020&amp;lang=en" in browser.get("/statements?year=2020").text


def test_every_text_has_both_languages_with_the_same_values() -> None:
    for key, entry in load_texts().entries.items():
        assert set(entry) == set(LANGUAGES)
        named = [set(re.findall(r"{(\w+)}", entry[language])) for language in LANGUAGES]
        # a phrase may leave out the organisation, or write the month in words
        loose = {"organisation", "month", "month_name"}
        assert named[0] - loose == named[1] - loose, key
        assert all(entry.values()), key


def test_every_text_named_in_a_template_exists() -> None:
    entries = load_texts().entries
    folder = Path(__file__).parents[3] / "relying_parties/portal/templates"
    named = {
        key
        for path in folder.iterdir()
        for key in re.findall(r'\bt\("([a-z_]+\.[a-z_]+)"[,)]', path.read_text("utf-8"))
    }
    assert len(named) > 60
    assert named <= set(entries)


def test_english_pages_hold_no_japanese_but_the_members_own_data(scene: Scene) -> None:
    scene.provider.member = {**MEMBER, "name": "Mihon Hanako", "address": {}}
    for name in ("family_name", "given_name"):
        scene.provider.member.pop(f"{name}#ja-Kana-JP")
    browser = scene.browser()
    browser.get("/?lang=en")
    browser.sign_in()
    for path in ("/", "/me", "/statements", "/statements/2026-01", "/inquiry", "/forms",
                 "/forms/join", "/statements/2099-01", "/nowhere"):  # fmt: skip
        text = browser.get(path).text.replace(">日本語<", "><")
        assert not re.search(r"[ぁ-んァ-ヶ一-龠]", text), path


def test_unknown_pages_and_methods(scene: Scene) -> None:
    browser = scene.browser()
    page = browser.get("/nowhere")
    assert (page.status_code, problem(page)) == (404, "missing")
    page = browser.get("/sign-out")
    assert (page.status_code, problem(page)) == (405, "method")
    assert page.headers["Allow"]
    assert browser.get("/%ff%00").status_code == 404
    assert browser.get("/forms/other").status_code == 404
    assert browser.get("/sign-in?next=/me&next=/").status_code == 400


def test_health(scene: Scene) -> None:
    answer = scene.browser().get("/healthz")
    assert answer.json() == {"status": "ok"}
    assert answer.headers["Cache-Control"] == "no-store"


def test_statements_follow_the_date_in_tokyo(scene: Scene) -> None:
    browser = scene.browser()
    scene.clock.at = datetime(2017, 9, 14, 14, 59, tzinfo=UTC)
    browser.sign_in()
    assert "まだありません" in browser.get("/statements").text
    assert browser.get("/statements/2017-09").status_code == 404
    scene.clock.move(minutes=1)
    assert 'href="/statements/2017-09"' in browser.get("/statements").text
    page = browser.get("/statements/2017-09")
    assert "2017年8月20日（日）" in page.text
    assert "2017年7月21日（金）" in page.text


def test_the_list_shows_24_months_and_pages_by_year(scene: Scene) -> None:
    browser = scene.browser()
    browser.sign_in()
    listed = re.findall(r'href="/statements/(\d{4}-\d\d)"', browser.get("/statements").text)
    assert len(listed) == 24
    assert (listed[0], listed[-1]) == ("2026-07", "2024-08")
    listed = re.findall(
        r'href="/statements/(\d{4}-\d\d)"', browser.get("/statements?year=2017").text
    )
    assert listed == ["2017-12", "2017-11", "2017-10", "2017-09"]
    for year in ("2016", "2027", "x", "０２０１７", "2017&year=2018"):
        assert browser.get(f"/statements?year={year}").status_code in (400, 404)
    for month in ("2017-08", "2026-08", "2026-13", "2026-1", "２０２０-01", "x", "%00"):
        assert browser.get(f"/statements/{month}").status_code == 404


def test_an_inquiry_is_kept_and_shown_with_its_number(scene: Scene) -> None:
    browser = scene.browser()
    browser.sign_in()
    page = browser.get("/inquiry?reason=workplace")
    assert '<option value="workplace" selected>' in page.text
    typed = {"reason": "workplace", "text": "異動しました。\r\n<b>第二</b>小学校です。"}
    sent = browser.post("/inquiry", fields(page.text, "inquiry") | typed)
    number = re.search(r'id="receipt">([0-9A-Z]{4}-[0-9A-Z]{4})<', sent.text)
    assert number
    assert "異動しました。<br>&lt;b&gt;第二&lt;/b&gt;小学校です。" in sent.text
    assert number[1] in browser.get("/inquiry").text
    # the same form again is the same inquiry
    again = browser.post("/inquiry", fields(page.text, "inquiry") | typed)
    assert number[1] in again.url
    assert browser.get("/inquiry").text.count("・ 2026") == 1


def test_an_inquiry_is_seen_by_its_sender_only(scene: Scene) -> None:
    browser, other = scene.browser(), scene.browser()
    browser.sign_in()
    form = fields(browser.get("/inquiry").text, "inquiry")
    sent = browser.post("/inquiry", form | {"reason": "other", "text": "相談"})
    scene.provider.member = {**MEMBER, "sub": "subject-of-taro", "member_number": "0099999"}
    other.sign_in()
    assert other.get(sent.url.removeprefix(scene.portal)).status_code == 404
    assert "相談" not in other.get("/inquiry").text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"reason": "", "text": "あ"}, "ご用件を選んで"),
        ({"reason": "join", "text": "あ"}, "ご用件を選んで"),
        ({"reason": "other", "text": " \n "}, "内容をお書きください。</"),
        ({"reason": "other", "text": "あ" * 2001}, "いま2001文字"),
        ({"reason": "other", "text": "a\x00b"}, "読み取れない文字"),
        ({"reason": "other", "text": "a\ufffd"}, "読み取れない文字"),
    ],
)
def test_a_wrong_inquiry_is_explained_and_what_was_typed_is_kept(
    scene: Scene, typed: dict[str, str], said: str
) -> None:
    browser = scene.browser()
    browser.sign_in()
    form = fields(browser.get("/inquiry").text, "inquiry")
    page = browser.post("/inquiry", form | typed)
    assert page.status_code == 422
    assert page.text.count(said) == 2  # at the top and beside the field
    assert form["form_id"] in page.text
    if "\x00" not in typed["text"]:
        assert typed["text"].strip() in page.text


def test_forged_repeated_and_huge_inquiries(scene: Scene) -> None:
    browser = scene.browser()
    browser.sign_in()
    form = fields(browser.get("/inquiry").text, "inquiry") | {"reason": "other", "text": "x"}
    assert browser.post("/inquiry", form | {"csrf_token": "x"}).status_code == 403
    assert browser.post("/inquiry", [*form.items(), ("text", "y")]).status_code == 400
    for unreadable in ("相談".encode("cp932"), b"\xed\xa0\x80", b"\xff"):
        page = browser.post("/inquiry", form | {"text": unreadable})
        assert (page.status_code, problem(page)) == (400, "bad")
    page = browser.post("/inquiry", form | {"text": "x" * 70000})
    assert (page.status_code, problem(page)) == (413, "large")
    assert "まだありません" in browser.get("/inquiry").text


def test_twenty_inquiries_a_day(scene: Scene) -> None:
    browser = scene.browser()
    browser.sign_in()

    def send() -> int:
        form = fields(browser.get("/inquiry").text, "inquiry")
        return browser.post("/inquiry", form | {"reason": "other", "text": "x"}).status_code

    assert [send() for _ in range(21)] == [200] * 20 + [422]
    for _ in range(24):  # a day passes while the portal is used
        scene.clock.move(hours=1)
        browser.sign_in()
    scene.clock.move(seconds=1)
    assert send() == 200


def test_forms_are_on_paper_and_open_to_all(scene: Scene) -> None:
    page = scene.browser().get("/forms")
    assert "加入申込書" in page.text
    assert "脱退届" in page.text
    assert "<form" not in page.text
    assert "署名" in scene.browser().get("/forms/join").text


def test_claims_are_read_defensively() -> None:
    member = read_member({"name": 7, "family_name": "見本", "address": "x", "phone_number": None})
    assert (member.name, member.address, member.phone) == ("見本", (), "")
    parts = {"postal_code": "000-0000", "region": "みほん県", "locality": "みほん市"}
    assert read_member({"address": parts}).address == ("〒000-0000", "みほん県みほん市")


@pytest.mark.parametrize(
    ("e164", "written"),
    [
        ("+819012345678", "090-1234-5678"),
        ("+81312345678", "03-1234-5678"),
        ("+81120000000", "0120-000-000"),
        ("+818001234567", "0800-123-4567"),
        ("+818011112222", "080-1111-2222"),
        ("+81270000000", "0270000000"),
        ("+14155550100", "+14155550100"),
        ("", ""),
    ],
)
def test_telephone_numbers(e164: str, written: str) -> None:
    assert national_phone(e164) == written
