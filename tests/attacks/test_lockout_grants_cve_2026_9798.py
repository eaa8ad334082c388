"""Who is locked gets nothing, whichever door it is and whatever was begun before.

CVE-2026-9798 (a locked account still got tokens through another flow), CVE-2025-53942 (a
deactivated one could still authorize applications). What was held before a block by a person is in
`tests/flows/test_dates.py`; here is what was on its way.
"""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.attacks.people import Person
from tests.attacks.visitor import Visitor, visitor
from tests.flows.journey import silently, tokens_for
from tests.support.demo import Demo
from tests.support.factors import send, set_up_app
from tests.support.in_process import InProcess
from tests.support.parties import PARTIES, SECRETS, offset, party
from tests.support.relying_party import Browser, Client, Pkce, answer_of, hidden_fields

TRIES = 5


def signed_in(inside: InProcess, person: Person) -> Visitor:
    browser = visitor(inside)
    assert browser.sign_in(person.email, person.password).status_code == 303
    return browser


def no_code(answer: Any) -> bool:
    """Tell that an answer leads to no client with a code."""
    return "code=" not in answer.headers.get("Location", "")


def pushed(inside: InProcess) -> dict[str, str]:
    """Push an authorization request; answers what the browser is sent with."""
    asked = party_of(inside).request(Pkce())
    form = asked | {"client_id": "post", "client_secret": SECRETS["post"]}
    answer = visitor(inside).post("/par", form)
    assert answer.status_code == 201, answer.text
    return {"client_id": "post", "request_uri": answer.json["request_uri"]}


def party_of(inside: InProcess) -> Client:
    return Client(inside.issuer, "post", PARTIES["post"]["redirect_uris"][0])


def test_what_was_under_way_when_a_person_blocked_the_account_ends_in_nothing(
    attacked: Demo, inside: InProcess, person: Person
) -> None:
    held = signed_in(inside, person)
    app = set_up_app(held, offset(attacked))
    shop, desk = party(attacked, "shop"), party(attacked, "desk")
    at_consent = held.authorize(**shop.request(Pkce(), prompt="consent"))
    assert 'id="consent"' in at_consent.text
    reference = pushed(inside)
    half = visitor(inside)
    step = half.follow(half.sign_in(person.email, person.password)).text
    at_sign_in = visitor(inside)
    for_client = at_sign_in.authorize(**desk.request(Pkce()))
    again = held.get("/reauthenticate?next=/account/stop").text
    online = Browser(attacked.issuer)
    page = online.follow(online.sign_in(person.email, person.password))
    online.follow(send(online, page.text, "verification-code", code=app.recovery_codes[1]))
    token = tokens_for(online, desk)["access_token"]

    done = attacked.idp("account", "block", person.number, "--reason", "reported stolen")
    assert done.returncode == 0, done.stderr

    assert no_code(held.post("/consent", hidden_fields(at_consent.text) | {"consent": "allow"}))
    assert no_code(held.authorize(**reference))
    late = send(half, step, "verification-code", code=app.recovery_codes[0])
    assert late.status_code in (400, 403)
    assert half.cookie("kumiai_idp") is None
    assert at_sign_in.sign_in(person.email, person.password, for_client).status_code == 403
    refused = send(held, again, "re-authenticate", code=app.recovery_codes[2])
    assert refused.headers["Location"].startswith("/sign-in")
    told = requests.post(
        attacked.issuer + "/introspect",
        {"token": token},
        auth=("desk", SECRETS["desk"]),
        timeout=30,
    )
    assert told.json() == {"active": False}


def test_a_used_up_limit_holds_at_every_door_and_ends_nothing_of_the_owner(
    attacked: Demo, inside: InProcess, person: Person
) -> None:
    desk, at_home = party(attacked, "desk"), Browser(attacked.issuer)
    at_home.sign_in(person.email, person.password)
    held = tokens_for(at_home, desk)
    for number in range(TRIES):
        assert visitor(inside).sign_in(person.email, f"guess {number}").status_code == 401

    doors: dict[str, dict[str, str]] = {
        "plain": desk.request(Pkce()),
        "again": desk.request(Pkce(), prompt="login"),
        "age": desk.request(Pkce(), max_age="0"),
        "hint": desk.request(Pkce(), login_hint=person.email),
        "pushed": pushed(inside),
    }
    for name, asked in doors.items():
        stranger = visitor(inside)
        page = stranger.authorize(**asked)
        answer = stranger.sign_in(person.email, person.password, page)
        assert answer.status_code == 401, name
        assert stranger.cookie("kumiai_idp") is None
        silent = visitor(inside).authorize(**desk.request(Pkce(), prompt="none"))
        assert answer_of(silent)["error"] == "login_required"

    assert desk.userinfo(held["access_token"]).status_code == 200
    assert desk.refresh(held["refresh_token"]).status_code == 200
    assert "code" in silently(at_home, desk)


@pytest.mark.parametrize(
    "grant",
    [
        "password",
        "urn:openid:params:grant-type:ciba",
        "urn:ietf:params:oauth:grant-type:device_code",
        "urn:ietf:params:oauth:grant-type:token-exchange",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "urn:ietf:params:oauth:grant-type:saml2-bearer",
        "http://auth0.com/oauth/grant-type/password-realm",
    ],
)
def test_no_grant_leads_around_the_sign_in_page(
    inside: InProcess, person: Person, grant: str
) -> None:
    form = {
        "grant_type": grant,
        "client_id": "post",
        "client_secret": SECRETS["post"],
        "username": person.email,
        "password": person.password,
        "login_hint": person.email,
        "auth_req_id": "x",
        "device_code": "x",
        "subject_token": "x",
        "assertion": "x",
    }
    answer = visitor(inside).post("/token", form)
    assert (answer.status_code, answer.json["error"]) == (400, "unsupported_grant_type")


@pytest.mark.parametrize("path", ["/bc-authorize", "/ext/ciba/auth", "/device_authorization"])
def test_no_door_starts_a_sign_in_without_the_browser(inside: InProcess, path: str) -> None:
    form = {"client_id": "post", "client_secret": SECRETS["post"], "login_hint": "x", "scope": "x"}
    assert visitor(inside).post(path, form).status_code == 404
