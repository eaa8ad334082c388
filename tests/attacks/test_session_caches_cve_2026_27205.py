"""No cache may keep what is one browser's, on any page there is.

CVE-2026-27205 and CVE-2023-30861 (an answer that depends on the cookie did not say so). The list of
pages is the application's own, so a new page cannot be forgotten.
"""

from __future__ import annotations

import pytest

from tests.attacks.people import Person
from tests.attacks.visitor import rules_of, visitor
from tests.support.in_process import InProcess

PUBLIC = {
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
    "/jwks",
}
"""Documents that are the same for everybody, and may be kept."""


def kept_out(headers: dict[str, str]) -> bool:
    return headers["Cache-Control"] == "no-store" and "Cookie" in headers["Vary"]


@pytest.mark.parametrize("who", ["nobody", "a member"])
def test_every_page_says_that_it_is_one_browser_s(
    inside: InProcess, person: Person, who: str
) -> None:
    browser = visitor(inside)
    if who == "a member":
        browser.sign_in(person.email, person.password)
    open_to = {"<step>": "confirm", "<link>": "x.y", "<filename>": "nothing.css"}
    count = 0
    for rule in rules_of(inside):
        path = rule.rule
        for name, value in open_to.items():
            path = path.replace(name, value)
        for method in ("GET", "HEAD", "POST", "OPTIONS", "DELETE"):
            answer = browser.ask(method, path)
            assert answer.status_code < 500, f"{method} {path}"
            assert kept_out(dict(answer.headers)), f"{method} {path}"
            count += 1
    assert count > 250


def test_every_answer_to_a_program_is_kept_by_nobody(inside: InProcess, person: Person) -> None:
    browser = visitor(inside)
    browser.sign_in(person.email, person.password)
    for path in inside.application.machines:
        for method in ("GET", "POST", "OPTIONS"):
            answer = browser.ask(method, path, headers=[("Origin", "https://phone.mihon.example")])
            if path in PUBLIC and answer.status_code == 200:
                assert "Set-Cookie" not in answer.headers
                assert browser.cookie("kumiai_idp") not in answer.text
                continue
            if path != "/healthz" and answer.status_code != 204:
                assert answer.headers["Cache-Control"] == "no-store", f"{method} {path}"
