"""A stranger learns nothing about who is a member (CVE-2023-39522).

One page, one status, the same headers and the same bytes, whether the address is unknown, the
password wrong, the account stopped, blocked, ended, or out of attempts. Only the reference code,
the request id and the form token differ, each of a fixed length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.flows.journey import signed_in
from tests.support.demo import Demo, running_demo
from tests.support.parties import PARTIES, forward, party, write_policies
from tests.support.relying_party import Browser, Pkce, hidden_fields

CHANGING = (
    re.compile(r'name="csrf_token" value="([A-Za-z0-9_-]{43})"'),
    re.compile(r'<strong class="code">([2-9A-HJ-NP-TV-Z]{8})</strong>'),
    re.compile(r'class="record">([^<]{16,64})<'),
    re.compile(r'name="request" value="([A-Za-z0-9_-]{43})"'),
    re.compile(r"request=([A-Za-z0-9_-]{43})"),
)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo whose members are stopped, blocked and locked out here."""
    folder = Path(tmp_path_factory.mktemp("enumeration"))
    policies = write_policies(folder / "policies", PARTIES)
    with running_demo(folder, "--workers", "1", "--policies", str(policies)) as running:
        yield running


def shown(response: requests.Response, typed: str) -> tuple[object, ...]:
    """Give everything a stranger sees, without what differs from answer to answer anyway."""
    text = response.text
    for pattern in CHANGING:
        text = pattern.sub(lambda m: m[0].replace(m[1], "~" * len(m[1])), text)
    assert typed in text
    text = text.replace(typed, "~" * 30)
    headers = {
        name: re.sub(r"=[A-Za-z0-9_-]{43};|Expires=[^;]+", "~", value)
        for name, value in response.headers.items()
        if name.lower() not in ("date", "content-length", "x-request-id")
    }
    headers["length of the request id"] = str(len(response.headers["X-Request-Id"]))
    cookies = sorted(response.cookies.keys())
    length = int(response.headers["Content-Length"]) - len(typed)
    return response.status_code, text, tuple(sorted(headers.items())), tuple(cookies), length


def attempt(demo: Demo, email: str, password: str, through: bool) -> tuple[object, ...]:
    browser = Browser(demo.issuer)
    page = (
        browser.authorize(**party(demo, "desk").request(Pkce()))
        if through
        else browser.get("/sign-in")
    )
    return shown(browser.sign_in(email, password, page), email)


def addresses(demo: Demo) -> dict[str, str]:
    """Give one address in every state a stranger might want to tell apart."""
    blocked = demo.member(index=6)
    assert demo.idp("account", "block", blocked["number"], "--reason", "for a test").returncode == 0
    without = next(m for m in demo.facts["members"] if m["standing"] == "applicant")
    return {
        "unknown": "nobody@mihon.example",
        "unknown, other": "somebody.else@elsewhere.example",
        "a member": demo.member(index=1)["email"],
        "leaving": demo.member("leaving")["email"],
        "stopped": demo.member("stopped")["email"],
        "former": demo.member("former")["email"],
        "blocked by a person": blocked["email"],
        "a member number": without["number"],
        "not an address": "no address at all",
    }


@pytest.mark.parametrize("through", [False, True], ids=["alone", "for a client"])
def test_every_wrong_attempt_is_answered_with_the_same_bytes(demo: Demo, through: bool) -> None:
    answers = {
        state: attempt(demo, email, "not the password", through)
        for state, email in addresses(demo).items()
    }
    assert len(set(answers.values())) == 1, _difference(answers)
    assert next(iter(answers.values()))[0] == 401


def test_a_used_up_limit_looks_like_a_wrong_password_and_nothing_is_looked_at(demo: Demo) -> None:
    member, unknown = demo.member(index=2), "nobody.at.all@mihon.example"
    for _ in range(5):
        attempt(demo, member["email"], "not the password", False)
        attempt(demo, unknown, "not the password", False)
    before = demo.metric("gate_verifications_total", secret="password")
    answers = {
        "wrong, one left": attempt(demo, demo.member(index=3)["email"], "not the password", False),
        "wrong": attempt(demo, member["email"], "not the password", False),
        "right": attempt(demo, member["email"], member["password"], False),
        "unknown": attempt(demo, unknown, "not the password", False),
    }
    assert len(set(answers.values())) == 1, _difference(answers)
    after = demo.metric("gate_verifications_total", secret="password")
    assert after == before + 1, "only the attempt that still had a budget was verified"
    forward(demo, 31 * 60)
    assert Browser(demo.issuer).sign_in(member["email"], member["password"]).status_code == 303


def test_unknown_addresses_run_into_the_same_limit_as_known_ones(demo: Demo) -> None:
    limits = {}
    for kind, email in (
        ("known", demo.member(index=4)["email"]),
        ("unknown", "no.one@mihon.example"),
    ):
        before = demo.metric("gate_refusals_total", limit="password_from_unknown_device")
        for _ in range(8):
            attempt(demo, email, "not the password", False)
        limits[kind] = (
            demo.metric("gate_refusals_total", limit="password_from_unknown_device") - before
        )
    assert limits == {"known": 3, "unknown": 3}


def test_spellings_of_one_address_share_one_budget(demo: Demo) -> None:
    email = demo.member(index=5)["email"]
    local, domain = email.split("@")
    for typed in (
        email,
        email.upper(),
        f" {email} ",
        f"{local}@{domain.title()}",
        f"{email}\u3000",
    ):
        attempt(demo, typed.strip(), "not the password", False)
    late = Browser(demo.issuer).sign_in(email, demo.member(index=5)["password"])
    assert late.status_code == 401
    forward(demo, 31 * 60)


def test_the_sign_in_page_says_the_same_with_any_login_hint(demo: Demo) -> None:
    desk = party(demo, "desk")
    pages = {
        email: shown(
            Browser(demo.issuer).authorize(**desk.request(Pkce(), login_hint=email)), email
        )
        for email in (
            demo.member()["email"],
            "nobody@mihon.example",
            demo.member("former")["email"],
        )
    }
    assert len(set(pages.values())) == 1


def test_reference_codes_are_drawn_and_not_counted(demo: Demo) -> None:
    codes = []
    for _ in range(12):
        page = Browser(demo.issuer).sign_in("nobody@mihon.example", "wrong")
        codes.append(CHANGING[1].search(page.text)[1])  # type: ignore[index]
    assert len(set(codes)) == 12
    assert len({code[:3] for code in codes}) > 6
    assert len({code[-3:] for code in codes}) > 6


def test_silence_without_a_session_is_the_same_for_everybody(demo: Demo) -> None:
    signed_in(demo).post("/sign-out", hidden_fields(""))
    pages = {Browser(demo.issuer).get("/sign-out").headers["Location"] for _ in range(2)}
    assert pages == {"/signed-out"}


def _difference(answers: dict[str, tuple[object, ...]]) -> str:
    first = next(iter(answers.values()))
    return "\n".join(
        f"{state}: {[i for i, (a, b) in enumerate(zip(first, answer, strict=True)) if a != b]}"
        for state, answer in answers.items()
    )
