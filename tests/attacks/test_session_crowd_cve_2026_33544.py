"""Two hundred members sign in at the same moment, and each is who they are.

CVE-2026-33544 (what was kept between two steps was shared by all, so one member got the session of
another), CVE-2023-28858 (a cancelled coroutine left an answer behind for the next question).
"""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.attacks.people import Person
from tests.races.browsers import DEVICE, SESSION, open_pages
from tests.races.crowd import Answer, Crowd, Shot
from tests.support.demo import Demo
from tests.support.parties import party
from tests.support.relying_party import Pkce, claims_of

ROOT = Path(__file__).parents[2]
WITHIN = 90.0


def given(answer: Answer) -> dict[str, str]:
    """Read the parameters of the answer that leads back to the client."""
    place = answer.headers["location"][0]
    return dict(part.split("=", 1) for part in urlsplit(place).query.split("&"))


def test_nobody_gets_the_token_of_another(attacked: Demo, crowd: list[Person]) -> None:
    shoot, reader = Crowd(attacked.issuer), party(attacked, "reader")

    def fire(shots: list[Shot], status: int) -> list[Answer]:
        answers = shoot.fire(shots, within=WITHIN)
        assert Counter(answer.status for answer in answers) == {status: len(shots)}
        return answers

    pages = open_pages(attacked, len(crowd))
    attempts = [
        page.attempt(person.email, person.password)
        for page, person in zip(pages, crowd, strict=True)
    ]
    entered = fire(attempts, 303)
    cookies = [
        f"{DEVICE}={page.device}; {SESSION}={answer.cookie(SESSION)}"
        for page, answer in zip(pages, entered, strict=True)
    ]
    assert len({answer.cookie(SESSION) for answer in entered}) == len(crowd)

    pkces = [Pkce() for _ in crowd]
    asked = [
        reader.request(pkce, state=person.number) for pkce, person in zip(pkces, crowd, strict=True)
    ]
    places = fire(_get([f"/authorize?{urlencode(one)}" for one in asked], cookies), 303)
    answers = fire(_get([one.headers["location"][0] for one in places], cookies), 303)
    codes = [given(answer) for answer in answers]
    assert [code["state"] for code in codes] == [person.number for person in crowd]

    exchanged = fire([_redeemed(reader, c, p) for c, p in zip(codes, pkces, strict=True)], 200)
    tokens = [json.loads(answer.body) for answer in exchanged]
    bearers = [{"Authorization": f"Bearer {one['access_token']}"} for one in tokens]
    told = fire([Shot("GET", "/userinfo", {}, headers) for headers in bearers], 200)
    shown = fire(_get(["/account"] * len(crowd), cookies), 200)
    subjects = set()
    for at, person in enumerate(crowd):
        claims, facts = claims_of(tokens[at]["id_token"]), json.loads(told[at].body)
        assert claims["nonce"] == asked[at]["nonce"]
        assert facts["sub"] == claims["sub"] == claims_of(tokens[at]["access_token"])["sub"]
        assert facts["email"] == person.email
        assert person.number in shown[at].body.decode()
        subjects.add(claims["sub"])
    assert len(subjects) == len(crowd)


def test_no_connection_is_shared_by_coroutines() -> None:
    """Nothing is ever cancelled between a question and its answer: programs wait in threads."""
    found = [
        path.relative_to(ROOT)
        for package in ("idp", "keys", "audit", "relying_parties")
        for path in (ROOT / package).rglob("*.py")
        if re.search(
            r"^\s*(?:import|from) (?:asyncio|redis\.asyncio)|^\s*async def ",
            path.read_text("utf-8"),
            re.MULTILINE,
        )
    ]
    assert found == []


def _get(paths: list[str], cookies: list[str]) -> list[Shot]:
    return [Shot("GET", p, {}, {"Cookie": c}) for p, c in zip(paths, cookies, strict=True)]


def _redeemed(client: Any, answer: dict[str, str], pkce: Pkce) -> Shot:
    basic = base64.b64encode(f"{client.client_id}:{client.secret}".encode()).decode()
    form = {
        "grant_type": "authorization_code",
        "code": answer["code"],
        "redirect_uri": client.redirect_uri,
        "code_verifier": pkce.verifier,
    }
    return Shot("POST", "/token", form, {"Authorization": f"Basic {basic}"})
