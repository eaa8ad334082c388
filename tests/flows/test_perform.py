"""`idp perform`: a relying party that explains itself, tells right from wrong, keeps secrets."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from idp.cli.performing.id_token import half_hash, verify
from idp.cli.performing.provider import ProviderMetadata
from idp.cli.performing.report import Refused, Report
from tests.flows.journey import signed_in
from tests.support.demo import Demo, free_ports
from tests.support.parties import SECRETS, party

ISSUER = "https://id.mihon.example"
KEY = ECKey.generate_key("P-256", {"kid": "k", "alg": "ES256"})
PROVIDER = ProviderMetadata(ISSUER, {}, KeySet([KEY]))


def perform(
    demo: Demo, folder: Path, *arguments: str, email: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Perform as the first member, without a person at the screen."""
    member = demo.member()
    (folder / "password").write_text(member["password"])
    who = ("--non-interactive", "--username", email or member["email"])
    return demo.idp("perform", *arguments, *who, "--password-file", str(folder / "password"))


def as_card(demo: Demo) -> tuple[str, ...]:
    return ("--client-id", "card", "--redirect-uri", f"{demo.facts['card']}/callback", "--dpop")


def as_desk(demo: Demo, folder: Path) -> tuple[str, ...]:
    (folder / "secret").write_text(SECRETS["desk"])
    uri = party(demo, "desk").redirect_uri
    secret = str(folder / "secret")
    return ("--client-id", "desk", "--redirect-uri", uri, "--secret-file", secret)


@pytest.mark.parametrize("more", [(), ("--par",), ("--par", "--refresh"), ("--max-age", "60")])
def test_a_bound_public_client_goes_through_all_steps(
    demo: Demo, tmp_path: Path, more: tuple[str, ...]
) -> None:
    """Rows 35, 43, 91: from discovery to UserInfo."""
    scope = ("--scope", "openid profile offline_access")
    done = perform(demo, tmp_path, "code", *as_card(demo), *scope, *more, "--format", "json")
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["ok"] is True
    assert told["userinfo"]["member_number"] == demo.member()["number"]
    names = [step["step"] for step in told["steps"]]
    assert ("push" in names) is ("--par" in more)
    assert ("refresh" in names) is ("--refresh" in more)
    assert {"discovery", "state", "iss", "token", "id_token nonce", "userinfo"} <= set(names)


def test_people_read_sentences_and_no_secrets(demo: Demo, tmp_path: Path) -> None:
    member = demo.member()
    hidden = perform(demo, tmp_path, "code", *as_desk(demo, tmp_path))
    assert hidden.returncode == 0, hidden.stderr
    assert "1. Read what the provider says" in hidden.stdout
    assert "Done: all" in hidden.stdout
    shown = perform(demo, tmp_path, "code", *as_desk(demo, tmp_path), "--show-secrets")
    token = r"(code|access_token|id_token) = [A-Za-z0-9_.-]{40,}"
    assert not re.search(token, hidden.stdout)
    assert re.search(token, shown.stdout)
    for text in (hidden.stdout + hidden.stderr, shown.stdout + shown.stderr):
        assert SECRETS["desk"] not in text
        assert member["password"] not in text


def test_a_sign_out_is_shown_with_what_is_left(demo: Demo, tmp_path: Path) -> None:
    """Rows 103, 107, 110: tokens are worth nothing afterwards."""
    home = "https://desk.mihon.example/bye"
    scope = ("--scope", "openid offline_access", "--format", "json")
    back = ("--post-logout-redirect-uri", home)
    for more in ((), back):
        done = perform(demo, tmp_path, "logout", *as_desk(demo, tmp_path), *scope, *more)
        assert done.returncode == 0, done.stdout + done.stderr
        said = [step["said"] for step in json.loads(done.stdout)["steps"]]
        assert "The access token is worth nothing any more." in said
        assert "The refresh token is worth nothing any more." in said


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--client-id", "nobody"), "page"),
        (("--client-id", "card", "--redirect-uri", "https://evil.example/"), "page"),
        (("--scope", "openid nonsense"), "invalid_scope"),
        (("--prompt", "nonsense"), "invalid_request"),
    ],
)
def test_a_refusal_is_one_sentence_and_exit_code_one(
    demo: Demo, tmp_path: Path, arguments: tuple[str, ...], word: str
) -> None:
    done = perform(demo, tmp_path, "code", *as_card(demo), *arguments, "--format", "json")
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert told["ok"] is False
    assert word in told["error"]
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_a_wrong_password_is_a_refusal(demo: Demo, tmp_path: Path) -> None:
    # Of an address that nobody has: no member's attempts are used up.
    done = perform(demo, tmp_path, "code", *as_card(demo), email="nobody@mihon.example")
    assert done.returncode == 1
    assert "address and the password" in done.stderr


def test_wrong_usage_is_two_and_no_answer_is_three(demo: Demo, tmp_path: Path) -> None:
    secretless = demo.idp("perform", "code", "--client-id", "desk", "--method", "private_key_jwt")
    assert secretless.returncode == 2
    away = demo.idp("perform", "code", "--client-id", "x", "--issuer", "http://127.0.0.1:1")
    assert away.returncode == 3
    assert len(away.stderr.splitlines()) == 1


def test_a_person_may_do_it_in_their_own_browser(demo: Demo) -> None:
    """Row 111: any port of a loopback address; the listener takes the answer."""
    uri = f"http://127.0.0.1:{free_ports(1)}/callback"
    told = ("--client-id", "card", "--dpop", "--redirect-uri", uri, "--format", "json")
    process = subprocess.Popen(
        [sys.executable, "-m", "idp.cli", "perform", "code", *told],
        env={**os.environ, "IDP_DATA": str(demo.data)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert process.stdout is not None
    url = ""
    while not url.startswith("http"):
        url = process.stderr.readline().strip()
    browser = signed_in(demo)
    back = browser.follow(browser.get(url)).headers["Location"]
    assert back.startswith(uri)
    assert "close this page" in requests.get(back, timeout=30).text
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0, out
    assert json.loads(out)["ok"] is True


def id_token(key: ECKey = KEY, **changed: Any) -> str:
    now = int(time.time())
    claims: dict[str, Any] = {"iss": ISSUER, "aud": "desk", "sub": "s", "iat": now, "exp": now + 60}
    claims |= {"nonce": "n", "at_hash": half_hash("ES256", "token")} | changed
    told = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": "ES256", "kid": "k"}, told, key)


def checked(token: str) -> dict[str, Any]:
    report = Report(live=False)
    return verify(PROVIDER, "desk", token, report, nonce="n", access_token="token")


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://evil.example"},
        {"aud": "card"},
        {"aud": ["desk", "card"]},
        {"azp": "card"},
        {"exp": 1},
        {"exp": None},
        {"iat": 99999999999},
        {"nonce": "other"},
        {"nonce": None},
        {"sub": None},
        {"sub": "s" * 300},
        {"at_hash": "AAAA"},
    ],
    ids=str,
)
def test_a_wrong_claim_is_found(changed: dict[str, Any]) -> None:
    assert checked(id_token())["sub"] == "s"
    with pytest.raises(Refused):
        checked(id_token(**changed))


def test_a_foreign_signature_is_found() -> None:
    foreign = ECKey.generate_key("P-256", {"kid": "k"})
    for token in (id_token(foreign), id_token()[:-4] + "AAAA", "a.b.c", ""):
        with pytest.raises(Refused):
            checked(token)
