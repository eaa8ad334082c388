import re

import pytest
from flask import Request
from werkzeug.test import EnvironBuilder

from idp.web.csrf import Csrf, ForgedRequest
from idp.web.forms import BadForm

ISSUER = "https://id.mihon.example"
CSRF = Csrf(b"k" * 32, ISSUER)
COOKIE = "c" * 43
TOKEN = CSRF.token_for(COOKIE)


def sent(token: str | None = TOKEN, **headers: str) -> Request:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    form = {} if token is None else {"csrf_token": token}
    return Request(
        EnvironBuilder(method="POST", data=form, headers=list(given.items())).get_environ()
    )


def test_tokens_have_one_length_and_depend_on_cookie_and_key() -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", TOKEN)
    assert CSRF.token_for("d" * 43) != TOKEN
    assert Csrf(b"l" * 32, ISSUER).token_for(COOKIE) != TOKEN
    assert "k" * 32 not in repr(CSRF)
    with pytest.raises(ValueError, match="32 bytes"):
        Csrf(b"short", ISSUER)


@pytest.mark.parametrize(
    "headers",
    [
        {},  # IE 11 sends neither
        {"Origin": "null", "Sec_Fetch_Site": "same-origin"},  # because of no-referrer
        {"Origin": ISSUER, "Sec_Fetch_Site": "same-origin"},
        {"Sec_Fetch_Site": "none"},
    ],
)
def test_our_own_forms_pass(headers: dict[str, str]) -> None:
    CSRF.check(sent(**headers), COOKIE)
    Csrf(b"k" * 32, ISSUER + ":443/").check(sent(**headers), COOKIE)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "https://portal.mihon.example"},
        {"Origin": ISSUER + ".evil.example"},
        {"Origin": "http://id.mihon.example"},
        {"Origin": ""},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site", "Origin": "null"},
    ],
)
def test_a_foreign_page_is_refused_even_with_the_token(headers: dict[str, str]) -> None:
    with pytest.raises(ForgedRequest):
        CSRF.check(sent(**headers), COOKIE)


@pytest.mark.parametrize("token", [None, "", "x", TOKEN[:-1], CSRF.token_for("d" * 43), "あ" * 43])
def test_a_wrong_token_is_refused(token: str | None) -> None:
    with pytest.raises(ForgedRequest):
        CSRF.check(sent(token), COOKIE)


def test_no_cookie_no_entry() -> None:
    with pytest.raises(ForgedRequest):
        CSRF.check(sent(CSRF.token_for("")), None)


def test_a_repeated_or_long_token_is_a_bad_form() -> None:
    form = {"csrf_token": [TOKEN, TOKEN]}
    twice = Request(EnvironBuilder(method="POST", data=form).get_environ())
    with pytest.raises(BadForm):
        CSRF.check(twice, COOKIE)
    with pytest.raises(BadForm):
        CSRF.check(sent(TOKEN + "x"), COOKIE)
