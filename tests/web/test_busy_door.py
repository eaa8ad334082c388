"""People are turned away before anything is done for them, with the page that says so."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from flask import Flask, Response
from werkzeug.test import Client

from idp.errors import Unavailable
from idp.web import problems
from idp.web.busy_door import BusyDoor
from idp.web.organisation import Organisation
from idp.web.pages import Pages

ISSUER = "https://id.mihon.example"


class Busy(Unavailable):
    code = "busy"


@pytest.fixture
def pages() -> Pages:
    organisation = Organisation("みほん", "Sample", "03-0000-0000", "平日", "weekdays", "")
    return Pages.for_issuer(ISSUER, organisation)


@pytest.fixture
def app(pages: Pages) -> Flask:
    """Pages of which one is always too busy, behind the door or not."""
    app = Flask("sample", static_folder=None)
    pages.install(app)
    problems.register(app, pages)

    @app.post("/sign-in")
    def sign_in() -> Response:
        raise Busy("full", retry_after=7)

    return app


def door(app: Flask, pages: Pages, wait: int | None) -> Client:
    behind = BusyDoor(app.wsgi_app, pages, frozenset({"/sign-in"}), lambda: wait)
    return Client(behind, Response, use_cookies=False)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_page_is_the_one_that_everybody_else_gets(
    app: Flask, pages: Pages, language: str
) -> None:
    accept = {"Accept-Language": language}
    early = door(app, pages, 7).post("/sign-in", headers=accept)
    late = door(app, pages, None).post("/sign-in", headers=accept)
    assert early.status == late.status
    request_ids = [one.headers.pop("X-Request-Id") for one in (early, late)]
    assert request_ids[0] != request_ids[1]
    assert dict(early.headers) == dict(late.headers)
    assert early.headers["Retry-After"] == "7"
    assert early.text.replace(request_ids[0], request_ids[1]) == late.text


def test_each_request_has_an_id_of_its_own(app: Flask, pages: Pages) -> None:
    client = door(app, pages, 3)
    answers = [client.post("/sign-in") for _ in range(3)]
    assert len({one.headers["X-Request-Id"] for one in answers}) == 3
    assert all(one.headers["X-Request-Id"] in one.text for one in answers)


def test_the_language_a_reader_chose_counts(app: Flask, pages: Pages) -> None:
    client = door(app, pages, 3)
    assert client.post("/sign-in?lang=en").headers["Content-Language"] == "en"
    answer = client.post("/sign-in", headers={"Cookie": "__Host-kumiai_lang=en"})
    assert answer.headers["Content-Language"] == "en"


def test_nobody_else_is_turned_away(pages: Pages) -> None:
    asked: list[str] = []

    def inside(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        asked.append(environ["REQUEST_METHOD"] + " " + environ["PATH_INFO"])
        start_response("200 OK", [("Content-Length", "0")])
        return [b""]

    client = Client(BusyDoor(inside, pages, frozenset({"/sign-in"}), lambda: 5), Response)
    for path in ("/sign-in/verify", "/recover"):
        assert client.post(path).status_code == 200
    assert client.get("/sign-in").status_code == 200
    assert client.post("/sign-in").status_code == 503
    assert asked == ["POST /sign-in/verify", "POST /recover", "GET /sign-in"]


def test_the_body_is_taken_before_the_answer(pages: Pages, app: Flask) -> None:
    taken: list[int] = []

    class Body:
        def read(self, most: int) -> bytes:
            taken.append(most)
            return b""

    environ = {"PATH_INFO": "/sign-in", "REQUEST_METHOD": "POST", "wsgi.input": Body()}
    behind = BusyDoor(app.wsgi_app, pages, frozenset({"/sign-in"}), lambda: 5)
    behind(environ, lambda *_: None)
    assert taken, "a proxy that is still sending takes an early answer for a failure"
