"""The developers' page of the demo: what was said last, why it failed, and no secret."""

from __future__ import annotations

import requests

from tests.flows.deployment import Deployment, serving
from tests.flows.journey import code_for, signed_in, tokens_for
from tests.support.demo import Demo
from tests.support.parties import SECRETS, assertion, party, proven
from tests.support.relying_party import Pkce

PAGE = "/demo/exchanges"


def page(demo: Demo, client_id: str = "", language: str = "en") -> str:
    query = {"client_id": client_id, "lang": language}
    answer = requests.get(demo.issuer + PAGE, params=query, timeout=30)
    assert answer.status_code == 200
    return answer.text


def test_a_failure_is_explained_with_what_the_log_knows(demo: Demo) -> None:
    desk, browser = party(demo, "desk"), signed_in(demo)
    desk.exchange(code_for(browser, desk, Pkce()), Pkce())
    shown = page(demo, "desk")
    assert "code_verifier does not fit the code_challenge" in shown
    other = party(demo, "desk", "https://desk.mihon.example/Callback")
    requests.get(demo.issuer + "/authorize", params=other.request(Pkce()), timeout=30)
    shown = page(demo, "desk")
    assert "redirect_uri is none of those registered" in shown
    assert "https://desk.mihon.example/Callback" in shown
    assert "https://desk.mihon.example/callback" in shown


def test_every_kind_of_failure_has_its_words(demo: Demo) -> None:
    form = {"grant_type": "authorization_code", "code": "none", "code_verifier": "v" * 43}
    url, wrong = demo.issuer + "/token", "w" * 43
    for sent, said in (
        ({"data": form | {"client_id": "nobody"}}, "This client_id is not registered."),
        ({"data": form}, "no client_id and no credential"),
        ({"data": form, "auth": ("desk", wrong)}, "the secret or the signature is wrong"),
        ({"data": form | {"client_id": "desk", "client_secret": wrong}}, "in another way"),
        ({"data": form, "auth": ("desk", SECRETS["desk"])}, "There is no such code or token."),
        ({"data": form | proven(assertion(demo, aud="x"))}, "the secret or the signature is wrong"),
        (
            {"data": {"grant_type": "refresh_token"}, "auth": ("once", SECRETS["once"])},
            "grant_type",
        ),
    ):
        requests.post(url, timeout=30, **sent)  # type: ignore[arg-type]
        newest = page(demo).split('<section class="exchange">')[1]
        assert said in newest, newest


def test_a_replay_is_told_as_one(demo: Demo) -> None:
    desk, pkce = party(demo, "desk"), Pkce()
    code = code_for(signed_in(demo), desk, pkce)
    for _ in range(2):
        desk.exchange(code, pkce)
    assert "This code or token was used before." in page(demo, "desk")


def test_no_value_that_proves_something_is_kept(demo: Demo) -> None:
    desk, browser, pkce = party(demo, "desk"), signed_in(demo), Pkce()
    code, token = code_for(browser, desk, pkce), assertion(demo)
    tokens = desk.exchange(code, pkce).json()
    desk.userinfo(tokens["access_token"])
    desk.refresh(tokens["refresh_token"])
    party(demo, "keyed").token(grant_type="authorization_code", code=code, **proven(token))
    browser.get("/end_session", params={"id_token_hint": tokens["id_token"]})
    kept = b"".join(path.read_bytes() for path in demo.data.glob("exchanges.*")).decode()
    assert "authorization_code" in kept
    held = [code, pkce.verifier, token, SECRETS["desk"], *map(str, tokens.values())]
    secret = [text for text in held if len(text) > 40 and " " not in text]
    assert len(secret) >= 7
    assert [text[:6] for text in secret if text in kept] == []


def test_the_page_is_in_both_languages_and_shows_text_as_text(demo: Demo) -> None:
    requests.get(
        demo.issuer + "/authorize",
        params={"client_id": "<script>alert(1)</script>", "redirect_uri": '"><img src=x>'},
        timeout=30,
    )
    for language, title in (("ja", "クライアントとのやり取り"), ("en", "Exchanges with clients")):
        shown = page(demo, language=language)
        assert title in shown
        assert "<script>alert" not in shown
        assert "<img" not in shown


def test_what_is_sent_may_be_anything(demo: Demo) -> None:
    for body in (b"\xff\xfe", b"a" * 60_000, b"client_id=%00", b"&" * 90, b"client_id=%ff"):
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = requests.post(demo.issuer + "/token", data=body, headers=kind, timeout=30)
        assert answer.status_code < 500
    assert page(demo)
    assert tokens_for(signed_in(demo), party(demo, "desk"))["access_token"]


def test_outside_of_a_demo_there_is_no_such_page(deployment: Deployment) -> None:
    with serving(deployment) as issuer:
        assert requests.get(issuer + PAGE, timeout=30).status_code == 404
        requests.post(issuer + "/token", data={"client_id": "x"}, timeout=30)
    assert not list((deployment.folder / "data").glob("exchanges*"))
