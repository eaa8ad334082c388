"""A thousand requests fill no mailbox, and starting something takes nothing from its owner.

CVE-2025-54321 and CVE-2021-29023 (no limit on mails for a new password), CVE-2026-5807 (whoever
begins an operation without proof holds the one slot there is), CVE-2024-1249 (a frame that any
page could make ask without end).
"""

from __future__ import annotations

import re

from tests.attacks.people import Person
from tests.attacks.visitor import Visitor, rules_of, visitor
from tests.flows.journey import code_for, silently, tokens_for
from tests.recovery.steps import NEW, ask, form_of, set_with
from tests.support.demo import Demo
from tests.support.factors import send, set_up_app
from tests.support.in_process import InProcess
from tests.support.mailbox import Mailbox, mails_to, wait_for_outbox
from tests.support.parties import offset, party
from tests.support.relying_party import Browser, Pkce

ADDRESSES, EACH, MOST = 100, 10, 8
CHANGING = re.compile(
    r'(?<=name="csrf_token" value=")[^"]{43}|(?<=name="flow" value=")[^"]{43}'
    r'|(?<=<strong class="code">)[2-9A-HJ-NP-TV-Z]{8}'
)


def test_a_thousand_requests_from_a_hundred_places_are_a_handful_of_mails(
    attacked: Demo, inside: InProcess, person: Person
) -> None:
    pages = set()
    for place in range(ADDRESSES):
        browser = visitor(inside, f"203.0.113.{place + 1}")
        form = form_of(browser.get("/recover"), "reset-request") | {"email": person.email}
        for _ in range(EACH):
            answer = browser.post("/recover", form)
            headers = {n: v for n, v in answer.headers if n not in ("X-Request-Id", "Set-Cookie")}
            pages.add((answer.status_code, CHANGING.sub("~", answer.text), str(headers)))
    assert len(pages) == 1, "whoever asks is not told that no mail goes out any more"
    assert next(iter(pages))[0] == 200
    wait_for_outbox(attacked)
    assert len(mails_to(attacked, person.email)) == MOST


def started_by_strangers(inside: InProcess, person: Person) -> None:
    """Begin everything that can be begun without a proof, and give up what can be given up."""
    for number in range(MOST + 4):
        stranger = visitor(inside, f"203.0.113.{number + 1}")
        page = ask(stranger, person.email)
        set_with(stranger, page, code="00000000")
        stranger.get("/recover/x.y")
        stranger.get("/sign-out")
        stranger.get("/end_session", query_string={"client_id": "desk"})


def test_what_strangers_start_ends_nothing_of_the_owner_s(
    attacked: Demo, inside: InProcess, person: Person
) -> None:
    desk, at_home = party(attacked, "desk"), Browser(attacked.issuer)
    assert at_home.sign_in(person.email, person.password).status_code == 303
    app = set_up_app(at_home, offset(attacked))
    held, pkce = tokens_for(at_home, desk), Pkce()
    on_its_way = code_for(at_home, desk, pkce)
    half = visitor(inside)
    step = half.follow(half.sign_in(person.email, person.password)).text
    box, asking = Mailbox(attacked, person.email), Browser(attacked.issuer)
    waiting = ask(asking, person.email)
    mail = box.next("パスワード再設定")

    started_by_strangers(inside, person)

    assert "code" in silently(at_home, desk)
    assert desk.userinfo(held["access_token"]).status_code == 200
    assert desk.refresh(held["refresh_token"]).status_code == 200
    assert desk.exchange(on_its_way, pkce).status_code == 200
    assert send(half, step, "verification-code", code=app.code()).status_code == 303
    fresh = visitor(inside)
    assert fresh.sign_in(person.email, person.password).status_code == 303, "the password holds"
    assert set_with(asking, waiting, NEW, code=mail["code"]).status_code == 303
    assert visitor(inside).sign_in(person.email, NEW).status_code == 303


def test_no_page_of_another_site_can_make_us_be_asked_without_end(inside: InProcess) -> None:
    browser: Visitor = visitor(inside)
    told = browser.get("/.well-known/openid-configuration").json
    assert "check_session_iframe" not in told
    assert not [rule for rule in rules_of(inside) if "iframe" in rule.rule]
    assert "frame-ancestors 'none'" in browser.get("/sign-in").headers["Content-Security-Policy"]
