"""Logs: nothing secret in them, nothing forged into them, nothing readable in a stolen database.

CVE-2023-6484 (a field of a request writes log lines), CVE-2025-65015 (whole tokens in messages).
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.flows.journey import code_for, signed_in, tokens_for
from tests.support.demo import Demo, running_demo
from tests.support.parties import (
    ODD_SECRET,
    PARTIES,
    SECRETS,
    assertion,
    party,
    proven,
    write_policies,
)
from tests.support.relying_party import Browser, Pkce, hidden_fields

TYPED = "MyHiddenWord-typed-into-the-wrong-field"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo of its own: its whole log is read here."""
    folder = Path(tmp_path_factory.mktemp("logs"))
    policies = write_policies(folder / "policies", PARTIES)
    with running_demo(folder, "--workers", "1", "--policies", str(policies)) as running:
        yield running


@dataclass
class Secrets:
    """Everything that was secret in a run, by what it was."""

    seen: dict[str, str] = field(default_factory=dict)

    def note(self, what: str, value: str | None) -> str:
        assert value
        assert len(value) >= 12, what
        self.seen[f"{what} {len(self.seen)}"] = value
        return value

    def note_tokens(self, tokens: dict[str, Any]) -> None:
        for name in ("access_token", "refresh_token", "id_token"):
            if name in tokens:
                self.note(name, tokens[name])
        if "id_token" in tokens:
            self.note("signature", tokens["id_token"].rpartition(".")[2])


def whole_story(demo: Demo, kept: Secrets) -> None:
    """Do everything a member and a client can do, rightly and wrongly, noting each secret."""
    member, browser = demo.member(), Browser(demo.issuer)
    kept.note("password", member["password"])
    page = browser.get("/sign-in")
    kept.note("form token", hidden_fields(page.text)["csrf_token"])
    browser.sign_in(member["email"], kept.note("wrong password", "Wrong-" + "w" * 20), page)
    browser.sign_in(kept.note("password as the name", TYPED), "x" * 12)
    browser.sign_in(member["email"], member["password"])
    for name in ("kumiai_idp", "kumiai_idp_device"):
        kept.note(name, browser.cookie(name))
    for name in ("desk", "card", "legacy"):
        _grant(demo, browser, name, kept)
    _wrong_requests(demo, kept)
    _portal(demo, browser, kept)
    browser.post("/sign-out", hidden_fields(browser.get("/sign-out").text))


def _grant(demo: Demo, browser: Browser, name: str, kept: Secrets) -> None:
    client, pkce = party(demo, name), Pkce()
    handle = browser.get("/authorize", params=client.request(pkce, scope="openid")).headers
    kept.note("handle", handle["Location"].partition("request=")[2].partition("&")[0])
    code = kept.note("code", code_for(browser, client, pkce, scope="openid offline_access"))
    kept.note("verifier", pkce.verifier)
    tokens = client.exchange(code, pkce).json()
    kept.note_tokens(tokens)
    client.userinfo(tokens["access_token"])
    renewed = client.refresh(tokens["refresh_token"]).json()
    kept.note_tokens(renewed)
    browser.get("/end_session", params={"id_token_hint": tokens["id_token"] + "x"})
    client.exchange(code, pkce)  # replayed: the family ends
    client.refresh(renewed["refresh_token"])


def _wrong_requests(demo: Demo, kept: Secrets) -> None:
    keyed, made = party(demo, "keyed"), kept.note("assertion", assertion(demo))
    for _ in range(2):
        keyed.refresh(kept.note("unknown refresh token", "unknown-" + "u" * 30), **proven(made))
    for name, secret in SECRETS.items():
        kept.note(f"secret of {name}", secret)
    wrong = kept.note("wrong client secret", "wrong-" + "c" * 40)
    requests.post(
        demo.issuer + "/token",
        auth=("desk", wrong),
        data={"grant_type": "refresh_token"},
        timeout=30,
    )
    token = kept.note("token in the query", "query-" + "q" * 40)
    requests.get(f"{demo.issuer}/userinfo?access_token={token}", timeout=30)
    requests.get(f"{demo.issuer}/nothing?code={token}", timeout=30)
    requests.get(f"{demo.issuer}/authorize?client_id=nobody&code={token}", timeout=30)
    requests.get(f"{demo.facts['portal']}/callback?code={token}&state=x", timeout=30)
    requests.post(
        demo.issuer + "/end_session",
        timeout=30,
        data={"id_token_hint": kept.note("bad hint", "e30." + "h" * 60 + ".x")},
    )


def _portal(demo: Demo, browser: Browser, kept: Secrets) -> None:
    answer = browser.get(demo.facts["portal"] + "/sign-in")
    for _ in range(6):
        target = answer.headers.get("Location")
        if target is None:
            break
        if "code=" in target:
            kept.note("code of the portal", target.partition("code=")[2].partition("&")[0])
        here = answer.url.split("/")
        answer = browser.get(target if "://" in target else f"{here[0]}//{here[2]}{target}")
    for name in ("kumiai_portal", "kumiai_portal_browser"):
        kept.note(name, browser.cookie(name))


@pytest.fixture(scope="module")
def kept(demo: Demo) -> Secrets:
    found = Secrets()
    whole_story(demo, found)
    for name in ("master.keys", "portal-key.json"):
        text = (demo.data / name).read_text()
        found.note(name, json.loads(text)["d"] if name.endswith("json") else text.split()[-1])
    return found


@pytest.fixture(scope="module")
def pack(demo: Demo, kept: Secrets, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(tmp_path_factory.mktemp("pack")) / "pack"
    exported = demo.idp("audit", "export", "--out", str(folder))
    assert exported.returncode == 0, exported.stderr
    return folder


def where(kept: Secrets, files: list[Path]) -> list[str]:
    """Name each secret that stands in one of the files."""
    found = []
    for file in files:
        content = file.read_bytes()
        found += [
            f"{what} in {file.name}" for what, s in kept.seen.items() if s.encode() in content
        ]
    return found


def test_no_secret_stands_in_any_log_file(demo: Demo, kept: Secrets) -> None:
    logs = list((demo.data / "logs").glob("*.log"))
    assert {log.stem for log in logs} >= {"provider", "portal", "card"}
    assert len(kept.seen) > 40
    assert any(log.stat().st_size for log in logs)
    assert where(kept, logs) == []


def test_no_secret_and_no_person_stands_in_the_exported_log(
    demo: Demo, kept: Secrets, pack: Path
) -> None:
    files = [file for file in pack.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) > 10_000
    assert where(kept, files) == []
    member = demo.member()
    persons = Secrets(
        {
            "address": member["email"],
            "number": member["number"],
            "name": "見本",
            "typed": TYPED,
            "escaped name": "\\u898b\\u672c",
        }
    )
    assert where(persons, files) == []


def test_the_exported_log_of_this_run_verifies(demo: Demo, pack: Path) -> None:
    key = pack.parent / "auditor.pub"
    key.write_text(demo.idp("audit", "key").stdout)
    verified = subprocess.run(
        [sys.executable, "-m", "audit", "verify", str(pack), "--key", str(key)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_a_stolen_database_gives_nobody_a_way_in(demo: Demo, kept: Secrets) -> None:
    """Row 117: RFC 6749 10.1."""
    files = [*demo.data.glob("idp.db*"), *(demo.data / "keys").glob("*")]
    assert files
    known = {k: v for k, v in kept.seen.items() if not k.startswith(("master.keys", "portal-key"))}
    assert where(Secrets(known), files) == []
    assert b"PRIVATE KEY" not in b"".join(file.read_bytes() for file in files)


FORGERIES = (
    'x"} \r\n{"event": "forged", "level": "info"}',
    "x\n2026-01-01 forged",
    "x\rforged",
    "x\u2028forged",
    "x\u0085forged",
    "x\x1b[2Jforged",
    "x\x1b]0;forged\x07",
    "x\x00forged",
    "x\\nforged",
    "\u202eforged",
    "%0d%0aforged",
    "${jndi:ldap://forged}",
)


@pytest.mark.parametrize("text", FORGERIES, ids=range(len(FORGERIES)))
def test_nothing_that_is_sent_makes_a_log_line_of_its_own(demo: Demo, text: str) -> None:
    provider = demo.data / "logs" / "provider.log"
    before = provider.stat().st_size
    browser = Browser(demo.issuer)
    browser.sign_in(text, text)
    browser.get("/authorize", params={"client_id": text, "state": text, "redirect_uri": text})
    browser.get("/sign-in", params={"request": text, "lang": text})
    browser.post("/token", {"client_id": text, "grant_type": text})
    safe = text.encode().replace(b"\n", b" ").replace(b"\r", b" ").replace(b"\0", b" ")
    browser.get("/nothing", headers={"User-Agent": safe, "X-Request-Id": safe})
    added = provider.read_bytes()[before:]
    assert b"\x1b" not in added
    for line in added.decode("utf-8").splitlines():
        event = json.loads(line)
        assert isinstance(event, dict)
        assert event.get("event") != "forged"
        assert len(line) < 2000


def test_the_request_id_is_ours_whatever_was_sent(demo: Demo) -> None:
    for sent in ("mine", "x" * 500, '"><b>', "a\tb"):
        page = requests.get(demo.issuer + "/jwks", headers={"X-Request-Id": sent}, timeout=30)
        assert page.headers["X-Request-Id"] != sent


def test_an_agent_of_any_kind_is_kept_short_in_the_log(demo: Demo) -> None:
    browser, member = Browser(demo.issuer), demo.member(index=1)
    browser.http.headers["User-Agent"] = "agent-" + "a" * 6000
    assert browser.sign_in(member["email"], member["password"]).status_code == 303
    found = demo.idp(
        "audit", "search", "--name", "session.started", "--limit", "1", "--format", "json"
    )
    assert "agent-" in found.stdout
    assert len(found.stdout) < 4000


def test_every_answered_act_stands_in_the_log(demo: Demo) -> None:
    desk, browser = party(demo, "desk"), signed_in(demo, 2)
    tokens = tokens_for(browser, desk)
    desk.userinfo(tokens["access_token"])
    desk.refresh(tokens["refresh_token"])
    browser.post("/sign-out", hidden_fields(browser.get("/sign-out").text))
    names = demo.idp("audit", "search", "--limit", "40", "--format", "json").stdout
    for name in (
        "session.started",
        "code.issued",
        "token.issued",
        "claims.read",
        "refresh.rotated",
        "session.ended",
    ):
        assert f'"{name}"' in names, name
    assert ODD_SECRET not in names
