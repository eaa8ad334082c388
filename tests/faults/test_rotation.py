"""Keys rotate every few seconds under load: no client that honours cache headers ever fails.

Row 74: a new key is published before it signs, an old one stays while its tokens live, and nothing
is signed by a retired key. ROTATION=long rotates for 5 minutes, the usual form for half a minute.
"""

from __future__ import annotations

import json
import os
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from joserfc.jws import extract_compact

from idp.storage.stamps import WATCH_SECONDS
from tests.faults.rotating_client import CachingVerifier
from tests.support.demo import Demo, running_demo, wait_until
from tests.support.parties import PARTIES, SECRETS, write_policies
from tests.support.relying_party import Browser, Client, Pkce, answer_of, claims_of

SECONDS = 300 if os.environ.get("ROTATION") == "long" else 30
RULES = {
    "announced_dwell": "4s",
    "active_period": "6s",
    "retiring_dwell": "12s",
    "jwks_cache": "2s",
}
LIFETIMES = {
    "id_token_lifetime": "5s",
    "access_token_lifetime": "5s",
    "logout_token_lifetime": "5s",
    "clock_skew": "2s",
}
ALGORITHMS = {"desk": "ES256", "shop": "RS256", "legacy": "PS256"}


def quick(folder: Path) -> Path:
    """Write a policy under which each key signs for six seconds."""
    parties = {
        name: PARTIES[name] | {"id_token_signed_response_alg": alg, "first_party": True}
        for name, alg in ALGORITHMS.items()
    }
    policies = write_policies(folder, parties)
    for name, values in (("keys.toml", RULES), ("tokens.toml", LIFETIMES)):
        text = (policies / name).read_text()
        for key, value in values.items():
            text, done = re.subn(rf'(?m)^{key} = ".*"$', f'{key} = "{value}"', text)
            assert done == 1, key
        (policies / name).write_text(text)
    return policies


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = Path(tmp_path_factory.mktemp("rotation"))
    policies = quick(folder / "policies")
    with running_demo(folder, "--workers", "2", "--policies", str(policies)) as running:
        yield running


def keep_refreshing(
    demo: Demo, name: str, index: int, verifier: CachingVerifier, stop: threading.Event
) -> None:
    """Sign in once and take ID tokens again and again."""
    member = demo.member("member", index)
    browser = Browser(demo.issuer)
    client = Client(demo.issuer, name, str(PARTIES[name]["redirect_uris"][0]), SECRETS[name])
    assert browser.sign_in(member["email"], member["password"]).status_code == 303
    pkce = Pkce()
    asked = client.request(pkce, scope="openid offline_access", prompt="consent")
    page = browser.authorize(**asked)
    if page.status_code == 200:
        page = browser.consent(page)
    tokens = client.exchange(answer_of(page)["code"], pkce).json()
    while not stop.is_set():
        verifier.verify(tokens["id_token"])
        answered = client.refresh(tokens["refresh_token"])
        if answered.status_code != 200:
            verifier.failed.append(f"refresh: {answered.status_code} {answered.text}")
            return
        tokens = answered.json()
        time.sleep(0.02)  # the load is steady, not all the machine has


def events(demo: Demo, name: str) -> list[dict[str, Any]]:
    done = demo.idp("audit", "search", "--name", name, "--format", "json")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_rotation_under_load(demo: Demo) -> None:
    verifiers = {name: CachingVerifier(demo.issuer) for name in ALGORITHMS}
    stop = threading.Event()
    threads = [
        threading.Thread(target=keep_refreshing, args=(demo, name, index, verifiers[name], stop))
        for index, name in enumerate(ALGORITHMS)
    ]
    for thread in threads:
        thread.start()
    seen: dict[str, float] = {}
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        for key in requests.get(demo.issuer + "/jwks", timeout=30).json()["keys"]:
            seen.setdefault(key["kid"], time.monotonic())
        time.sleep(0.5)
    stop.set()
    for thread in threads:
        thread.join(60)
    for name, verifier in verifiers.items():
        assert verifier.failed == [], (name, verifier.failed[:3])
        assert len(set(verifier.verified)) >= SECONDS // 12, f"{name} met few keys"
        assert set(verifier.verified) <= seen.keys()
    assert len(seen) >= 4 + SECONDS // 12


def test_an_emergency_takes_effect_within_seconds(demo: Demo) -> None:
    """Row 74, row 105: the hint of a compromised key is forged for all we know."""
    member = demo.member("member", 0)
    client = Client(demo.issuer, "desk", str(PARTIES["desk"]["redirect_uris"][0]), SECRETS["desk"])

    def token() -> str:
        return str(
            client.sign_in(Browser(demo.issuer), member["email"], member["password"])["id_token"]
        )

    hint = token()
    bad = json.loads(requests.get(demo.issuer + "/jwks", timeout=30).content)["keys"]
    kid = extract_compact(hint.encode()).headers()["kid"]
    assert kid in {key["kid"] for key in bad}
    browser = Browser(demo.issuer)
    browser.sign_in(member["email"], member["password"])
    done = demo.idp("keys", "rotate", "--compromised", kid)
    assert done.returncode == 0, done.stderr
    wait_until(lambda: kid not in requests.get(demo.issuer + "/jwks", timeout=30).text, 5)
    time.sleep(WATCH_SECONDS)  # the other processes look as often as the one that answered
    assert extract_compact(token().encode()).headers()["kid"] != kid
    sid = claims_of(hint)["sid"]
    page = browser.get("/end_session", params={"id_token_hint": hint})
    assert 'id="sign-out"' in page.text, f"a hint of {sid} by a compromised key is no hint"
    wait_until(lambda: kid in json.dumps(events(demo, "key.compromised")), 20)
