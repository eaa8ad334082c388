"""A deployment to measure: a data folder, a policy, clients, members with accounts, a server.

The policy is the shipped one, with the address limits out of the way and lifetimes long enough for
codes that are prepared before they are measured. The one trick: all accounts share one password
and its hash, so that making them does not cost thousands of hashes.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey

from audit.event import Actor
from bench.register import address_of, number_of, write_register
from bench.stores import Stores
from bench.walks import REDIRECT_URI, SCOPE, SERVICE_SCOPE
from idp.accounts import passwords
from idp.accounts.service import Accounts
from idp.assembly.foundation import Foundation, build_foundation
from idp.bootstrap import prepare
from idp.members.service import Register
from idp.settings import read_settings
from keys.master import MasterKeys
from tests.support.demo import free_ports

PASSWORD = "a password of the benchmark"
CLIENTS = ("public", "basic", "jwt", "service", "service-jwt")
_METHODS = {"public": "none", "basic": "client_secret_basic", "service": "client_secret_basic"}
_BENCH = Actor("operator", "bench")
_START_SECONDS = 60.0


@dataclass(frozen=True)
class Deployment:
    """One deployment on one kind of stores."""

    folder: Path
    stores: Stores
    port: int
    members: int
    client_secret: str
    client_key: ECKey
    bare: bool
    invited: int = 0
    """Members beyond these, without an account."""
    host: str = "127.0.0.1"

    @property
    def issuer(self) -> str:
        """Tell the issuer."""
        return f"http://{self.host}:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """Give the settings of this deployment as environment variables."""
        return {
            "IDP_DATA": str(self.folder),
            "IDP_ISSUER": self.issuer,
            "IDP_POLICIES": str(self.folder / "policies"),
            **self.stores.settings,
        }

    def foundation(self) -> Foundation:
        """Build the provider's foundation in this process."""
        return build_foundation(read_settings(self.environment))

    def member(self, index: int) -> dict[str, str]:
        """Give how a member signs in."""
        return {"email": address_of(index % self.members), "password": PASSWORD}


def make(
    folder: Path,
    stores: Stores,
    members: int,
    *,
    bare: bool = False,
    invited: int = 0,
    host: str = "127.0.0.1",
) -> Deployment:
    """Make the folder, the schema, the members and their accounts; `invited` more have none.

    `bare` makes password hashes that cost next to nothing, to see what is around them. Passkeys
    need a `host` with a name.
    """
    folder.mkdir(parents=True, exist_ok=True)
    key = ECKey.generate_key("P-256", auto_kid=True)
    secret = secrets.token_urlsafe(32)
    deployment = Deployment(
        folder, stores, free_ports(1), members, secret, key, bare, invited, host
    )
    write_master_key(folder)
    _write_policies(deployment)
    foundation = prepare(read_settings(deployment.environment))
    _populate(foundation, members, invited)
    foundation.database.dispose()
    return deployment


def write_master_key(folder: Path) -> None:
    """Draw the master key of a deployment, readable by its owner only."""
    file = folder / "master.keys"
    file.touch(mode=0o600)
    file.write_text(MasterKeys.generate_text())


def _write_policies(deployment: Deployment) -> None:
    target = deployment.folder / "policies"
    shutil.copytree("policies", target, dirs_exist_ok=True)
    _edit(target / "limits.toml", r"(\[failures_per_.*\]\n.*\ncount = )\d+", "1000000", 2)
    mails = r"(\[(?:mails_per_address|proving_mails_per_mailbox)\]\n.*\ncount = )\d+"
    _edit(target / "limits.toml", mails, "1000000", 2)
    _edit(
        target / "tokens.toml",
        r"((?:code|access_token|assertion|dpop_proof)_lifetime = )\S+",
        '"1h"',
        4,
    )
    if deployment.bare:
        _edit(target / "passwords.toml", r"(time_cost = )\d+", "1", 1)
        _edit(target / "passwords.toml", r"(memory_cost = )\d+", "8", 1)
    clients = target / "clients.toml"
    entries = (_client(deployment, name) for name in CLIENTS)
    clients.write_text(clients.read_text("utf-8") + "\n".join(entries), "utf-8")


def _edit(file: Path, pattern: str, value: str, times: int) -> None:
    text, found = re.subn(pattern, rf"\g<1>{value}", file.read_text("utf-8"))
    assert found == times, f"{file.name} has another form than the bench expects"
    file.write_text(text, "utf-8")


def _client(deployment: Deployment, name: str) -> str:
    method = _METHODS.get(name, "private_key_jwt")
    lines = [
        f"[{name}]",
        f'client_name = "みほん {name}"',
        f'token_endpoint_auth_method = "{method}"',
        "first_party = true",
        *(_service() if name.startswith("service") else _relying_party()),
    ]
    if method == "client_secret_basic":
        hashed = sha256(deployment.client_secret.encode()).hexdigest()
        lines.append(f'client_secret_sha256 = "{hashed}"')
    if method == "private_key_jwt":
        public: dict[str, Any] = dict(deployment.client_key.as_dict(private=False))
        lines.append(f"[[{name}.jwks.keys]]")
        lines += [f"{k} = {json.dumps(v)}" for k, v in public.items() if isinstance(v, str)]
    return "\n".join(lines) + "\n"


def _relying_party() -> list[str]:
    return [
        f'redirect_uris = ["{REDIRECT_URI}"]',
        f'scope = "{SCOPE}"',
        'id_token_signed_response_alg = "ES256"',
    ]


def _service() -> list[str]:
    return [
        "redirect_uris = []",
        f'scope = "{SERVICE_SCOPE}"',
        'grant_types = ["client_credentials"]',
        'access_token_format = "jwt"',
        'access_token_audience = ["https://api.mihon.example"]',
    ]


def _populate(f: Foundation, members: int, invited: int) -> None:
    report = Register(f.database, f.clock, f.journal).import_file(
        write_register(members + invited), _BENCH, apply=True
    )
    assert report.applied, report.bad[:3]
    accounts = Accounts(f.database, f.clock, f.policy, f.journal)
    with _one_hash_for_all():
        for index in range(members):
            accounts.add(number_of(index), address_of(index), PASSWORD, _BENCH)


@contextmanager
def _one_hash_for_all() -> Iterator[None]:
    slow = passwords.hash_password
    passwords.hash_password = lru_cache(slow)
    try:
        yield
    finally:
        passwords.hash_password = slow


@dataclass(frozen=True)
class Running:
    """The processes of a running deployment, by what their CPU is counted as."""

    server: subprocess.Popen[bytes]
    worker: subprocess.Popen[bytes]


@contextmanager
def serving(deployment: Deployment, workers: int) -> Iterator[Running]:
    """Run `idp serve` without a worker, and `idp worker` beside it, until the end."""
    python = [sys.executable, "-m", "idp.cli"]
    serve = ["serve", "--port", str(deployment.port), "--workers", str(workers), "--no-worker"]
    environment = {**os.environ, **deployment.environment}
    with (deployment.folder / "log").open("ab") as log:
        server = subprocess.Popen([*python, *serve], env=environment, stdout=log, stderr=log)
        worker = subprocess.Popen([*python, "worker"], env=environment, stdout=log, stderr=log)
    try:
        wait_for(f"{deployment.issuer}/readyz", server, deployment.folder / "log")
        yield Running(server, worker)
    finally:
        stop(worker)
        stop(server)


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a server answers; raises `RuntimeError` with the end of its log."""
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.05)
    said = log.read_text(errors="replace")[-3000:] if log.exists() else ""
    raise RuntimeError(f"{url} does not answer:\n{said}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process we started."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)
