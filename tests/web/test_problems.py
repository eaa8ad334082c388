import logging
import re
from typing import Any

import pytest
from jinja2 import Environment
from werkzeug.test import TestResponse

from idp.errors import IdpError
from idp.web import problems
from idp.web.pages import Pages
from idp.web.problem_texts import PROBLEMS, Problem

from .stories import ORGANISATION, make_app

REFERENCE = re.compile(r'<strong class="code">([2-9A-HJ-NP-TV-Z]{8})</strong>')
RECORD = re.compile(r'<span class="record">([0-9a-f]{16})</span>')


def get(path: str, **options: Any) -> TestResponse:
    return make_app().test_client().open(path, **options)


def title(response: TestResponse) -> str:
    found = re.search(r"<title>(.*?) \|", response.text)
    assert found
    return found[1]


@pytest.mark.parametrize(
    ("path", "options", "status", "code"),
    [
        ("/nowhere", {}, 404, "not_found"),
        ("/story/sign-in", {"method": "POST"}, 405, "method_not_allowed"),
        ("/raise/bug", {}, 500, "error"),
        ("/raise/plain", {}, 500, "error"),
        ("/raise/outage", {}, 503, "unavailable"),
        ("/raise/odd", {}, 409, "bad_request"),
        (
            "/form",
            {"method": "POST", "data": b"x", "content_type": "text/plain"},
            415,
            "unsupported_media_type",
        ),
        ("/form", {"method": "POST", "data": {"username": ["a", "b"]}}, 400, "repeated_field"),
        ("/form", {"method": "POST", "data": {"y": "x" * 70_000}}, 413, "body_too_large"),
    ],
)
def test_every_error_is_a_page(path: str, options: dict[str, Any], status: int, code: str) -> None:
    response = get(path, **options)
    assert response.status_code == status
    assert title(response) == PROBLEMS[code].title
    assert REFERENCE.search(response.text)
    assert RECORD.search(response.text)
    assert "secret" not in response.text
    assert "db.internal" not in response.text


def test_405_says_what_is_allowed() -> None:
    assert "GET" in get("/story/sign-in", method="DELETE").headers["Allow"]


def test_outages_and_overload_say_when_to_return() -> None:
    outage, busy = get("/raise/outage"), get("/raise/busy?a=%22%3E")
    assert (outage.status_code, outage.headers["Retry-After"]) == (503, "3")
    assert (busy.status_code, busy.headers["Retry-After"]) == (503, "7")
    assert title(busy) == "混み合っています"
    assert "7秒" in busy.text
    assert 'href="?a=%22%3E"' in busy.text
    posted = get("/raise/busy", method="POST")
    assert 'href="?' not in posted.text


def test_the_log_has_what_the_page_hides(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="idp.web"):
        bug, plain = get("/raise/bug"), get("/raise/plain")
    for response, secret in ((bug, "a bug with a secret"), (plain, "secret detail")):
        reference, record = REFERENCE.search(response.text), RECORD.search(response.text)
        assert reference
        assert record
        (line,) = [r for r in caplog.records if reference[1] in r.getMessage()]
        assert record[1] in line.getMessage()
        assert secret in line.getMessage() + str(line.exc_info)


def test_extra_codes_of_other_packages() -> None:
    problem = Problem("別の題", "別の文", "別の助け")
    response = make_app(odd_story=problem).test_client().get("/raise/odd")
    assert response.status_code == 409
    assert title(response) == "別の題"


def test_a_broken_page_is_still_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    app = make_app()

    def fail(*_: object) -> None:
        raise RuntimeError("no template")

    monkeypatch.setattr(Environment, "get_template", fail)
    response = app.test_client().get("/story/sign-in")
    assert response.status_code == 500
    assert "手続きを完了できませんでした" in response.text
    assert "no template" not in response.text
    assert response.headers["X-Frame-Options"] == "DENY"


def test_redirects_of_the_router_pass() -> None:
    app = make_app()
    app.add_url_rule("/folder/", "folder", lambda: "")
    response = app.test_client().get("/folder")
    assert response.status_code == 308
    assert response.headers["Location"].endswith("/folder/")


def test_english_and_a_given_reference() -> None:
    app = make_app()
    pages = Pages.for_issuer("http://127.0.0.1", ORGANISATION)
    assert pages.organisation.telephone_uri == "tel:0120000000"

    class ReferredError(IdpError):
        code = "unknown_client"
        status = 400
        reference = "WXYZ2345"

    def refuse() -> str:
        raise ReferredError("client 'x'")

    app.add_url_rule("/refuse", "refuse", refuse)
    response = app.test_client().get("/refuse", headers={"Accept-Language": "en"})
    assert response.status_code == 400
    assert title(response) == "We cannot sign you in for this service"
    assert "WXYZ2345" in response.text


def test_references_are_easy_to_read_out() -> None:
    assert all(re.fullmatch(r"[2-9A-HJ-NP-TV-Z]{8}", problems.new_reference()) for _ in range(200))
