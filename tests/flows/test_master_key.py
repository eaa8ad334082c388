"""The master key of a deployment is renewed while members sign in and tokens are refreshed."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from demo.people import MEMBERS
from demo.register import register_csv
from idp.clock import Clock
from tests.flows.deployment import Deployment, new_deployment, refused, serving
from tests.support.parties import PARTIES, SECRETS, write_policies
from tests.support.relying_party import Browser, Client, Pkce, answer_of, hidden_fields

PASSWORD = "a password for the renewal"
PERSON = MEMBERS[0]


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    folder = Path(tmp_path_factory.mktemp("renewal"))
    policies = write_policies(folder / "policies", {"desk": PARTIES["desk"]})
    return new_deployment(folder / "own", policies)


def signed_in(issuer: str) -> tuple[Browser, dict[str, Any]]:
    browser = Browser(issuer)
    answer = browser.sign_in(str(PERSON.email), PASSWORD)
    assert answer.status_code == 303, answer.text
    pkce, client = Pkce(), desk(issuer)
    asked = client.request(pkce, scope="openid profile offline_access", prompt="consent")
    page = browser.authorize(**asked)
    if page.status_code == 200:
        page = browser.consent(page)
    tokens = client.exchange(answer_of(page)["code"], pkce)
    assert tokens.status_code == 200, tokens.text
    return browser, tokens.json()


def desk(issuer: str) -> Client:
    return Client(issuer, "desk", str(PARTIES["desk"]["redirect_uris"][0]), SECRETS["desk"])


def test_a_renewal_disturbs_nobody(deployment: Deployment) -> None:
    file = deployment.folder / "master.keys"
    with serving(deployment) as issuer:
        register = deployment.folder / "register.csv"
        register.write_bytes(register_csv(Clock().today()))
        deployment.must("member", "import", str(register), "--apply")
        deployment.must("account", "add", PERSON.number, str(PERSON.email), typed=PASSWORD + "\n")
        old_browser, _ = signed_in(issuer)
        _, tokens = signed_in(issuer)
        form = old_browser.get("/sign-out").text
    assert "is now first" in deployment.must("keys", "master", "--out", str(file), "--renew")

    with serving(deployment) as issuer:
        assert "still needed by" in deployment.must("doctor", "config")
        dry = deployment.must("keys", "rewrap", "--dry-run", "--format", "json")
        assert '"signing_keys": 4' in dry
        stop, failures, done = threading.Event(), [], []

        def act() -> None:
            refresh = tokens["refresh_token"]
            while not stop.is_set():
                try:
                    answered = desk(issuer).refresh(refresh)
                    assert answered.status_code == 200, answered.text
                    refresh = answered.json()["refresh_token"]
                    signed_in(issuer)
                    done.append(refresh)
                except AssertionError as failure:
                    failures.append(str(failure))
                    return

        busy = threading.Thread(target=act)
        busy.start()
        for _ in range(3):
            deployment.must("keys", "rewrap")
        stop.set()
        busy.join(60)
        assert failures == []
        assert done
        # A form that was sent out before the renewal is still taken.
        assert old_browser.post("/sign-out", hidden_fields(form)).status_code in (200, 303)
        last = done[-1]

    assert "registration codes, the last until" in deployment.must("doctor", "config")
    pending = json.loads(deployment.must("invite", "list", "--pending", "--format", "json"))
    for one in pending:
        deployment.must("invite", "resend", one["member_number"])
    assert "nothing needs the master key" in deployment.must("doctor", "config")
    lines = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
    assert len(lines) == 2
    file.write_text(lines[0] + "\n")
    with serving(deployment) as issuer:
        assert "master key" not in deployment.must("doctor", "config")
        assert desk(issuer).refresh(last).status_code == 200
        signed_in(issuer)
        assert "Traceback" not in deployment.log()


def test_the_file_is_never_overwritten_and_a_missing_one_not_renewed(
    deployment: Deployment, tmp_path: Path
) -> None:
    file = deployment.folder / "master.keys"
    before = file.read_bytes()
    refused(deployment.idp("keys", "master", "--out", str(file)), "never overwritten", "--renew")
    assert file.read_bytes() == before
    refused(deployment.idp("keys", "master", "--renew", "--out", str(tmp_path / "no")), "read")
