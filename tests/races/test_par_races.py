"""One pushed request is one answer, however often and however fast it is opened (RFC 9126 7.3)."""

from __future__ import annotations

from collections import Counter
from urllib.parse import quote

import pytest

from tests.races.conftest import rounds
from tests.races.crowd import Answer, Crowd, Shot
from tests.races.portal import Portal
from tests.support.crowds import MANY
from tests.support.demo import Demo
from tests.support.relying_party import Browser, Pkce

CROWD = MANY


@pytest.fixture
def cookies(demo: Demo) -> dict[str, str]:
    """The cookies of a browser in which a member is signed in, as a header."""
    member, browser = demo.member(index=3), Browser(demo.issuer)
    assert browser.sign_in(member["email"], member["password"]).status_code == 303
    return {"Cookie": "; ".join(f"{c.name}={c.value}" for c in browser.http.cookies)}


def place_of(answer: Answer) -> str:
    return answer.headers.get("location", [""])[0]


@pytest.mark.parametrize("number", rounds(100))
def test_100_openings_of_one_pushed_request_have_one_answer(
    demo: Demo, cookies: dict[str, str], number: int
) -> None:
    """Row 45: the first answer takes the reference, the others are told that it is over."""
    portal, crowd = Portal(demo), Crowd(demo.issuer)
    path = f"/authorize?client_id=portal&request_uri={quote(portal.push(Pkce()))}"
    opened = crowd.fire([Shot("GET", path, headers=cookies)] * CROWD)
    assert Counter(answer.status for answer in opened) == {303: CROWD}
    steps = {place_of(answer) for answer in opened}
    assert len(steps) == CROWD
    answers = crowd.fire([Shot("GET", step, headers=cookies) for step in steps])
    assert Counter(answer.status for answer in answers) == {303: 1, 400: CROWD - 1}
    (won,) = [place_of(answer) for answer in answers if answer.status == 303]
    assert won.startswith(portal.client.redirect_uri + "?code=")
    assert crowd.fire([Shot("GET", path, headers=cookies)])[0].status == 400
