import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from flask import Flask, Response
from jinja2 import UndefinedError
from werkzeug.test import TestResponse

from idp.web.pages import Pages

from .stories import HANDLE, ISSUER, ORGANISATION, STORIES, TOKEN, Story, make_app

JAPANESE = re.compile(r"[\u3041-\u30ff\u3400-\u9fff]+")
GIVEN = {"見", "太", "花", "日本語", "マイページ", "デジタル組合員証", "見本", "花子", "お知らせ"}
REGISTERED = {
    *("みほん第一小学校", "ミホン", "タ", "旧例", "キュウレイ", "東京都架空市", "太郎"),
    *("年度末退職の脱退届", "組合員番号"),
}
"""What stands in the register, a reason or a file of the desks' stories, in whatever language."""
TOLD = {
    "お電話での受付の担当",
    "お電話でのお問い合わせ",
    "パスワード",
    "あなたのご登録の内容を見ました",
    "ログインしました",
    "職員が",
    "認証アプリの認証コード",
}
"""Words that a view gives the page of the history in the reader's language, a story in one."""


class Outline(HTMLParser):
    """Collects tags with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def fields(self) -> dict[str | None, str | None]:
        return {field.get("name"): field.get("value") for field in self.all("input")}


def show_in(pages: Pages, story: Story) -> str:
    render: Callable[..., Response] = pages.render
    return render(story.template, **story.context).get_data(as_text=True)


def show(name: str, language: str = "ja") -> TestResponse:
    return make_app().test_client().get(f"/story/{name}?lang={language}")


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_every_page_is_well_made(story: Story, language: str) -> None:
    response = show(story.name, language)
    assert response.status_code == story.status
    assert response.content_type == "text/html; charset=utf-8"
    outline = Outline(response.text)
    assert outline.all("html") == [{"lang": language}]
    for once in ("h1", "main", "header", "footer"):
        assert len(outline.all(once)) == 1, once
    assert len(Outline(response.text.partition("</head>")[0]).all("title")) == 1
    ids = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in outline.tags:
        assert "style" not in attributes
        assert not any(name.startswith("on") for name in attributes)
        for target in (attributes.get("aria-describedby") or "").split():
            assert target in ids
    assert not re.search(r"<[a-z][^>]*='", response.text)  # attributes are double-quoted
    assert "autofocus" not in response.text
    for link in outline.all("a"):
        if (link.get("href") or "").startswith("#"):
            assert (link["href"] or "")[1:] in ids


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_english_pages_are_all_english(story: Story) -> None:
    given = GIVEN | TOLD if "history" in story.name else GIVEN
    given |= REGISTERED if story.name.startswith("register-") else set()
    assert set(JAPANESE.findall(show(story.name, "en").text)) <= given


def test_sign_in_form() -> None:
    outline = Outline(show("sign-in").text)
    form = outline.all("form")[0]
    assert (form["id"], form["method"], form["action"]) == ("sign-in", "post", "/sign-in")
    fields = outline.fields()
    assert set(fields) == {"csrf_token", "request", "username", "password", "shared_device"}
    assert (fields["csrf_token"], fields["request"]) == (TOKEN, HANDLE)
    kinds = {field["name"]: field for field in outline.all("input")}
    assert kinds["username"]["autocomplete"] == "username"
    assert kinds["password"]["autocomplete"] == "current-password"
    assert "checked" not in kinds["shared_device"]
    assert "request" not in Outline(show("sign-in-alone").text).fields()


def test_a_failed_sign_in_keeps_the_address_and_never_the_password() -> None:
    page = show("sign-in-failed").text
    assert Outline(page).fields()["username"] == "hanako@mihon.example"
    assert Outline(page).fields()["password"] is None
    assert "ABCD2345" in page


def test_consent_and_sign_out_forms() -> None:
    consent = Outline(show("consent").text)
    assert consent.all("form")[0]["id"] == "consent"
    sent = [(button["name"], button["value"]) for button in consent.all("button")]
    assert sent == [("consent", "allow"), ("consent", "deny")]
    for name in ("account", "sign-out", "sign-out-asked"):
        assert Outline(show(name).text).all("form")[0]["id"] == "sign-out"
    assert ">00012345<" in show("account").text


def test_the_same_bytes_for_every_failure() -> None:
    blank = re.compile(r"record\">[0-9a-f]{16}<")
    first, second = (blank.sub("", show("sign-in-failed").text) for _ in range(2))
    assert first == second


def test_text_of_others_is_escaped() -> None:
    app = make_app()
    pages = Pages.for_issuer(ISSUER, ORGANISATION)
    evil = "<script>alert(1)</script>\"'%(x)s %s"
    with app.test_request_context("/"):
        context = next(s for s in STORIES if s.name == "consent").context
        hostile: dict[str, object] = {
            "client_name": evil,
            "client_uri": "javascript:alert(1)",
            "scopes": [evil],
        }
        page = show_in(pages, Story("hostile", "consent.html", context | hostile))
    assert "<script>alert" not in page
    assert "javascript:" not in page
    assert "&lt;script&gt;" in page


def test_missing_context_is_an_error() -> None:
    app = Flask("empty", static_folder=None)
    pages = Pages.for_issuer(ISSUER, ORGANISATION)
    with app.test_request_context("/"), pytest.raises(UndefinedError):
        pages.render("account.html", name="見本　花子")


def test_the_language_link_and_its_cookie() -> None:
    client = make_app().test_client()
    page = client.get("/story/sign-in?a=1&a=%22%3E%3Cb").text
    assert 'href="?a=1&amp;a=%22%3E%3Cb&amp;lang=en"' in page
    switched = client.get("/story/sign-in?lang=en")
    assert switched.headers["Set-Cookie"].startswith("kumiai_lang=en;")
    assert switched.headers["Content-Language"] == "en"
    assert 'lang="en"' in client.get("/story/sign-in").text
    answer = client.post("/sign-in").text
    assert 'href="/story/sign-in?request=h&amp;lang=ja"' in answer
    assert "Set-Cookie" not in client.get("/story/sign-in?lang=xx").headers
    assert "Set-Cookie" not in client.get("/story/sign-in?lang=ja&lang=en").headers


@pytest.mark.parametrize("query", ["lang=%00", "lang=%ED%A0%80", "x=%ED%A0%80", "%", "&&=&"])
def test_odd_queries_are_harmless(query: str) -> None:
    assert make_app().test_client().get(f"/story/account?{query}").status_code == 200
