"""Pushed authorization requests (RFC 9126): who may push what, and what it is worth afterwards."""

from __future__ import annotations

import base64
import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from tests.flows.journey import signed_in, signs_in_again, title_of
from tests.support.demo import Demo
from tests.support.parties import SECRETS, assertion, forward, party, proven
from tests.support.relying_party import Browser, Client, Pkce, answer_of

REQUEST_URI = re.compile(r"urn:ietf:params:oauth:request_uri:[A-Za-z0-9_-]{43}")


def push(demo: Demo, form: dict[str, str] | str, **options: Any) -> requests.Response:
    """Send a pushed authorization request as it is."""
    return requests.post(demo.issuer + "/par", data=form, timeout=30, **options)


def pushed(client: Client, asked: dict[str, str], **options: Any) -> str:
    """Push with the client's secret or name; answers the request URI."""
    auth = (client.client_id, client.secret) if client.secret else None
    answer = requests.post(client.issuer + "/par", asked, auth=auth, timeout=30, **options)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["request_uri"])


def opened(browser: Browser, client: Client, request_uri: str, **more: str) -> requests.Response:
    """Send the browser with the reference only."""
    return browser.authorize(client_id=client.client_id, request_uri=request_uri, **more)


def refused_on_a_page(answer: requests.Response) -> None:
    assert answer.status_code == 400
    assert "Location" not in answer.headers
    assert title_of(answer) == "ログインの受付が終わりました"


def test_a_request_is_pushed_and_opened_by_its_reference_alone(demo: Demo) -> None:
    """Rows 42, 43, 46: RFC 9126 2.1, 2.2, 4."""
    browser, desk, pkce = signed_in(demo), party(demo, "desk"), Pkce()
    answer = push(demo, desk.request(pkce, state="kept"), auth=("desk", SECRETS["desk"]))
    assert answer.status_code == 201
    assert set(answer.json()) == {"request_uri", "expires_in"}
    assert answer.json()["expires_in"] == 60
    assert REQUEST_URI.fullmatch(answer.json()["request_uri"])
    assert answer.headers["Cache-Control"] == "no-store"
    got = answer_of(opened(browser, desk, answer.json()["request_uri"]))
    assert (got["state"], got["iss"]) == ("kept", demo.issuer)
    assert desk.exchange(got["code"], pkce).status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_only_post_pushes(demo: Demo, method: str) -> None:
    """Row 42: RFC 9126 2.3."""
    answer = requests.request(method, demo.issuer + "/par", timeout=30)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_every_kind_of_client_authenticates_as_at_the_token_endpoint(demo: Demo) -> None:
    """Row 42: RFC 9126 2: any client may push."""
    keyed, post, phone = (party(demo, name) for name in ("keyed", "post", "phone"))
    by_key = push(demo, keyed.request(Pkce()) | proven(assertion(demo)))
    by_body = push(demo, post.request(Pkce()) | {"client_secret": SECRETS["post"]})
    by_name = push(demo, phone.request(Pkce()))
    assert [answer.status_code for answer in (by_key, by_body, by_name)] == [201, 201, 201]


def test_a_client_that_does_not_prove_itself_cannot_push(demo: Demo) -> None:
    """Rows 42, 53, 54: no, wrong or two ways of authentication; a replayed assertion."""
    asked = party(demo, "desk").request(Pkce())
    wrong = push(demo, asked, auth=("desk", "wrong"))
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
    assert wrong.headers["WWW-Authenticate"].startswith("Basic ")
    assert push(demo, asked).json()["error"] == "invalid_client"
    assert push(demo, asked | {"client_id": "nobody"}).json()["error"] == "invalid_client"
    both = push(demo, asked | {"client_secret": "x"}, auth=("desk", SECRETS["desk"]))
    assert both.json()["error"] == "invalid_request"
    foreign = push(demo, asked, auth=("shop", SECRETS["shop"]))
    assert foreign.status_code == 401, "the name in the body is another client's"
    once = party(demo, "keyed").request(Pkce()) | proven(assertion(demo))
    assert push(demo, once).status_code == 201
    assert push(demo, once).status_code == 401


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": ""}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"redirect_uri": ""}, "invalid_request"),
        ({"redirect_uri": "https://evil.example/"}, "invalid_request"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"scope": "openid everything"}, "invalid_scope"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"request": "e30.e30."}, "request_not_supported"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"claims": "[]"}, "invalid_request"),
        ({"id_token_hint": "x"}, "invalid_request"),
        ({"dpop_jkt": "short"}, "invalid_request"),
        ({"dpop_jkt": "=" * 43}, "invalid_request"),
        ({"state": "s" * 4097}, "invalid_request"),
        ({"request_uri": "urn:ietf:params:oauth:request_uri:" + "a" * 43}, "invalid_request"),
    ],
)
def test_everything_is_checked_when_it_is_pushed(
    demo: Demo, changed: dict[str, str], error: str
) -> None:
    """Rows 39, 44: RFC 9126 2.1, 2.3; the errors of the authorization endpoint, as JSON."""
    asked = party(demo, "desk").request(Pkce()) | changed
    answer = push(demo, asked, auth=("desk", SECRETS["desk"]))
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert "Location" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert "evil" not in answer.text


def test_a_body_that_is_no_clean_form_is_refused(demo: Demo) -> None:
    """Rows 3, 42: repeated parameters, NUL, no UTF-8, JSON, a query, too much."""
    asked, key = urlencode(party(demo, "desk").request(Pkce())), ("desk", SECRETS["desk"])
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for body, status in (
        (asked + "&state=a&nonce=b", 400),
        (asked + "&x=%00", 400),
        (asked + "&x=%ff", 400),
        (asked + "&x=" + "x" * 70_000, 413),
    ):
        answer = push(demo, body, headers=form, auth=key)
        assert (answer.status_code, answer.json()["error"]) == (status, "invalid_request")
    json_body = push(demo, json.dumps({}), headers={"Content-Type": "application/json"}, auth=key)
    assert json_body.status_code == 415
    in_query = requests.post(f"{demo.issuer}/par?{asked}", auth=key, timeout=30)
    assert (in_query.status_code, in_query.json()["error"]) == (400, "invalid_request")


def test_only_what_was_pushed_counts(demo: Demo) -> None:
    """Row 46: RFC 9126 4: parameters beside the reference change nothing."""
    browser, desk, pkce = signed_in(demo), party(demo, "desk"), Pkce()
    uri = pushed(desk, desk.request(pkce, state="inside", scope="openid"))
    beside = desk.request(
        Pkce(), state="outside", scope="openid profile", redirect_uri="https://evil.example/"
    )
    beside |= {"response_mode": "form_post", "prompt": "login", "request": "x"}
    answer = opened(browser, desk, uri, **{k: v for k, v in beside.items() if k != "client_id"})
    assert answer.headers["Location"].startswith(desk.redirect_uri)
    got = answer_of(answer)
    assert got["state"] == "inside"
    tokens = desk.exchange(got["code"], pkce).json()
    assert tokens["scope"] == "openid"


def test_a_reference_belongs_to_its_client(demo: Demo) -> None:
    """Rows 45, 46: another client's, and one without a client_id."""
    browser, desk, shop = signed_in(demo), party(demo, "desk"), party(demo, "shop")
    uri = pushed(desk, desk.request(Pkce()))
    refused_on_a_page(opened(browser, shop, uri))
    nameless = browser.authorize(request_uri=uri)
    assert nameless.status_code == 400
    assert "Location" not in nameless.headers
    assert "code" in answer_of(opened(browser, desk, uri)), "nothing was used up by these"


@pytest.mark.parametrize(
    "end", ["a" * 43, "a" * 42, "", "a" * 44, "../x", "a" * 43 + "\n", "ä" * 43]
)
def test_an_unknown_reference_ends_on_a_page(demo: Demo, end: str) -> None:
    """Row 45: never a redirect to an address that was not proven, although one is named."""
    desk = party(demo, "desk")
    uri = "urn:ietf:params:oauth:request_uri:" + end
    beside = {k: v for k, v in desk.request(Pkce()).items() if k != "client_id"}
    refused_on_a_page(opened(signed_in(demo), desk, uri, **beside))


def test_a_reference_lives_a_minute_and_the_sign_in_after_it_longer(demo: Demo) -> None:
    """Row 45: RFC 9126 2.2, 7.1."""
    desk, member, pkce = party(demo, "desk"), demo.member(), Pkce()
    late = pushed(desk, desk.request(Pkce()))
    browser, uri = Browser(demo.issuer), pushed(desk, desk.request(pkce))
    page = opened(browser, desk, uri)
    assert signs_in_again(page)
    forward(demo, 61)
    refused_on_a_page(opened(signed_in(demo), desk, late))
    forward(demo, 600)
    done = browser.follow(browser.sign_in(member["email"], member["password"], page))
    assert desk.exchange(answer_of(done)["code"], pkce).status_code == 200


def test_opened_twice_answered_once(demo: Demo) -> None:
    """Row 45: RFC 9126 4, 7.3: used by the answer, not by loading the page."""
    browser, desk, member = Browser(demo.issuer), party(demo, "desk"), demo.member()
    uri = pushed(desk, desk.request(Pkce()))
    first, second = opened(browser, desk, uri), opened(browser, desk, uri)
    assert signs_in_again(first)
    assert signs_in_again(second)
    done = browser.follow(browser.sign_in(member["email"], member["password"], second))
    assert "code" in answer_of(done)
    refused_on_a_page(browser.follow(browser.sign_in(member["email"], member["password"], first)))
    refused_on_a_page(opened(browser, desk, uri))


def test_an_error_uses_a_reference_up_as_well(demo: Demo) -> None:
    """Row 45: one answer, be it a code or an error."""
    desk, stranger = party(demo, "desk"), Browser(demo.issuer)
    uri = pushed(desk, desk.request(Pkce(), prompt="none"))
    assert answer_of(opened(stranger, desk, uri))["error"] == "login_required"
    refused_on_a_page(opened(stranger, desk, uri))
    shop, browser = party(demo, "shop"), signed_in(demo, 2)
    uri = pushed(shop, shop.request(Pkce(), scope="openid phone", prompt="consent"))
    page = opened(browser, shop, uri)
    assert answer_of(browser.consent(page, "deny"))["error"] == "access_denied"
    refused_on_a_page(opened(browser, shop, uri))


def test_form_post_and_post_work_with_a_reference(demo: Demo) -> None:
    """Rows 1, 31, 46."""
    browser, desk = signed_in(demo), party(demo, "desk")
    uri = pushed(desk, desk.request(Pkce(), response_mode="form_post"))
    sent = browser.post("/authorize", {"client_id": "desk", "request_uri": uri})
    assert 'id="form-post"' in browser.follow(sent).text


def test_a_client_that_has_to_push_is_refused_without(demo: Demo) -> None:
    """Row 47: RFC 9126 6; told by redirect, since client and address are proven."""
    portal = party(demo, "portal")
    refused = signed_in(demo).authorize(**portal.request(Pkce(), state="kept"))
    assert answer_of(refused) == {
        "error": "invalid_request",
        "state": "kept",
        "iss": demo.issuer,
    }
    assert refused.headers["Location"].startswith(portal.redirect_uri)
    page = Browser(demo.issuer).follow(requests.get(demo.facts["portal"] + "/sign-in", timeout=30))
    assert page.status_code == 200, "the portal itself pushes"


def test_a_reference_of_somebody_else_stays_unsupported(demo: Demo) -> None:
    """Row 30: request_uri as a web address is not offered."""
    desk = party(demo, "desk")
    sent = desk.request(Pkce(), request_uri="https://desk.mihon.example/r")
    answer = Browser(demo.issuer).authorize(**sent)
    assert answer_of(answer)["error"] == "request_uri_not_supported"
    bare = Browser(demo.issuer).authorize(client_id="desk", request_uri="https://evil.example/r")
    assert (bare.status_code, bare.headers.get("Location")) == (400, None)


def test_metadata_names_the_endpoint(demo: Demo) -> None:
    """Row 88: RFC 9126 5."""
    listed = requests.get(f"{demo.issuer}/.well-known/openid-configuration", timeout=30).json()
    assert listed["pushed_authorization_request_endpoint"] == f"{demo.issuer}/par"
    assert listed["require_pushed_authorization_requests"] is False


def test_browser_clients_may_push_from_their_origin(demo: Demo) -> None:
    """Row 70: the origins of registered browser clients, and no other."""
    phone = party(demo, "phone")
    for origin, granted in (
        ("https://phone.mihon.example", "https://phone.mihon.example"),
        ("https://evil.example", None),
    ):
        answer = push(demo, phone.request(Pkce()), headers={"Origin": origin})
        assert answer.headers.get("Access-Control-Allow-Origin") == granted


def test_a_push_and_its_client_stand_in_the_log(demo: Demo) -> None:
    desk = party(demo, "desk")
    pushed(desk, desk.request(Pkce(), scope="openid address"))
    found = demo.idp("audit", "search", "--name", "request.pushed", "--format", "json").stdout
    assert '"desk"' in found
    assert "request_uri:" not in found


def test_basic_credentials_are_form_decoded(demo: Demo) -> None:
    """Row 52: RFC 6749 2.3.1."""
    from urllib.parse import quote

    odd = party(demo, "odd")
    pair = f"odd:{quote(SECRETS['odd'])}"
    header = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
    assert push(demo, odd.request(Pkce()), headers=header).status_code == 201
