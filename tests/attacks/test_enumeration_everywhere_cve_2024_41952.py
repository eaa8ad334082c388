"""Every page says and does the same for who is a member and who is not.

CVE-2024-41952 (one error text gave it away), CVE-2025-6011 and CVE-2021-29621 (the time of a
sign-in did), CVE-2024-45231 (a mail that could not be sent did), CVE-2025-69413 (a program's answer
did). The sign-in page and the first page of `/recover` are in the tests named after CVE-2023-39522.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from argon2 import PasswordHasher, extract_parameters

from tests.attacks.people import Person
from tests.attacks.visitor import visitor
from tests.recovery.steps import ask, form_of
from tests.support.demo import Demo
from tests.support.in_process import InProcess
from tests.support.relying_party import hidden_fields

CHANGING = re.compile(
    r'(?<=value=")[A-Za-z0-9_.-]{43}(?=")|(?<=progress=)[A-Za-z0-9_-]{43}'
    r'|(?<=<strong class="code">)[2-9A-HJ-NP-TV-Z]{8}'
)
NOBODY = "nobody.at.all@mihon.example"


def seen(answer: Any, typed: str = "") -> tuple[object, ...]:
    """Give everything a stranger sees, without what differs from answer to answer anyway."""
    text = CHANGING.sub("~", answer.text)
    headers = [
        (name, re.sub(r"=[A-Za-z0-9_-]{43};|Expires=[^;]+", "~", value))
        for name, value in answer.headers
        if name not in ("X-Request-Id", "Content-Length")
    ]
    return answer.status_code, text.replace(typed, "~") if typed else text, sorted(headers)


@pytest.fixture(scope="module")
def states(attacked: Demo, unused: Iterator[Person]) -> dict[str, str]:
    """Give one address in every state a stranger might want to tell apart."""
    member, blocked = next(unused), next(unused)
    done = attacked.idp("account", "block", blocked.number, "--reason", "for a test")
    assert done.returncode == 0, done.stderr
    return {
        "unknown": NOBODY,
        "a member": member.email,
        "stopped": attacked.member("stopped")["email"],
        "former": attacked.member("former")["email"],
        "blocked": blocked.email,
    }


def test_sending_again_says_the_same(inside: InProcess, states: dict[str, str]) -> None:
    answers = {}
    for state, email in states.items():
        browser = visitor(inside)
        page = ask(browser, email)
        for number in range(3):
            page = browser.post("/recover", form_of(page, "resend"))
            answers[f"{state} {number}"] = seen(page, email)
    assert len({str(answer) for answer in answers.values()}) == 1, answers
    assert next(iter(answers.values()))[0] == 200


def test_the_passkey_page_knows_nobody(inside: InProcess, states: dict[str, str]) -> None:
    """No name is typed before a passkey: there is no list of credentials to look at."""
    answers = set()
    for email in states.values():
        browser = visitor(inside)
        token = hidden_fields(browser.get("/sign-in").text)["csrf_token"]
        asked = browser.post("/sign-in/passkey", {"csrf_token": token, "username": email})
        assert "allowCredentials&#34;: []" in asked.text
        made_up = hidden_fields(asked.text) | {"credential": "{}", "username": email}
        for answer in (asked, browser.post("/sign-in/passkey/answer", made_up)):
            text = re.sub(r"(?<=challenge&#34;: &#34;)[A-Za-z0-9_-]+", "~", answer.text)
            answers.add((answer.status_code, CHANGING.sub("~", text)))
    assert sorted(status for status, _ in answers) == [200, 401]


def test_no_endpoint_of_programs_tells_names_apart(
    inside: InProcess, states: dict[str, str]
) -> None:
    answers: set[str] = set()
    for email in states.values():
        browser = visitor(inside, "198.51.100.81")
        basic = base64.b64encode(f"{email}:not the password".encode()).decode()
        for path, method in (("/userinfo", "GET"), ("/account", "GET"), ("/scim/v2/Users", "GET")):
            answer = browser.ask(method, path, headers=[("Authorization", f"Basic {basic}")])
            answers.add(f"{path} {seen(answer)}")
        for path in ("/token", "/introspect", "/revoke", "/par"):
            form = {
                "client_id": email,
                "client_secret": "x",
                "grant_type": "password",
                "token": "x",
            }
            answers.add(f"{path} {seen(browser.post(path, form))}")
    assert len(answers) == 7, answers


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Note the cost of every password that is hashed in this process."""
    costs: list[object] = []
    genuine = PasswordHasher.verify

    def verify(self: PasswordHasher, kept: Any, password: Any) -> bool:
        text = kept if isinstance(kept, str) else kept.decode()
        costs.append(extract_parameters(text))
        return bool(genuine(self, kept, password))

    monkeypatch.setattr(PasswordHasher, "verify", verify)
    return costs


def test_a_sign_in_does_the_same_work_for_everybody(
    inside: InProcess, states: dict[str, str], hashed: list[object]
) -> None:
    work = {}
    for state, email in (states | {"no address": "no address at all"}).items():
        for number in range(7):  # the limit is reached on the way
            hashed.clear()
            answer = visitor(inside).sign_in(email, f"guess {number}")
            assert answer.status_code == 401, state
            work[f"{state} {number}"] = list(hashed)
    first = next(iter(work.values()))
    assert len(first) == 1
    assert {name: costs for name, costs in work.items() if costs != first} == {}


def test_a_mail_server_that_is_away_changes_no_answer(
    built: Callable[..., InProcess], states: dict[str, str]
) -> None:
    away = built(smtp_url="smtp://127.0.0.1:9")
    answers = {str(seen(ask(visitor(away), email), email)) for email in states.values()}
    assert len(answers) == 1
    assert next(iter(answers)).startswith("(200")
