"""A deployment that is no demo: `idp serve` with settings of its own, made by commands alone."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.demo import free_ports, wait_until
from tests.support.forked import run_idp

ROOT = Path(__file__).parents[2]


@dataclass
class Deployment:
    """A data folder and the settings that go with it."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """Give the environment of a command: no `IDP_…` but those set here."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("IDP_", "KUMIAI_"))}
        return kept | {f"IDP_{name.upper()}": value for name, value in self.settings.items()}

    def idp(self, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """Run one command; `typed` is its standard input."""
        return run_idp(arguments, self.environment, typed)

    def must(self, *arguments: str, typed: str = "") -> str:
        """Run one command that has to succeed; answers what it printed."""
        done = self.idp(*arguments, typed=typed)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def log(self) -> str:
        """Read what the server wrote."""
        return (self.folder / "serve.log").read_text("utf-8", "replace")


def new_deployment(folder: Path, policies: Path, **settings: str) -> Deployment:
    """Make a folder with a master key; nothing runs yet."""
    port = free_ports(1)
    deployment = Deployment(
        folder,
        {
            "issuer": f"http://127.0.0.1:{port}",
            "data": str(folder / "data"),
            "policies": str(policies),
            "master_key_file": str(folder / "master.keys"),
        }
        | settings,
    )
    folder.mkdir(parents=True, exist_ok=True)
    deployment.must("keys", "master", "--out", str(folder / "master.keys"))
    return deployment


@contextmanager
def serving(deployment: Deployment) -> Iterator[str]:
    """Run `idp serve` with its worker; answers the issuer once it is healthy."""
    issuer = deployment.settings["issuer"]
    command = [
        sys.executable,
        "-m",
        "idp.cli",
        "serve",
        "--workers",
        "1",
        "--port",
        issuer.rpartition(":")[2],
    ]
    with (deployment.folder / "serve.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=deployment.environment,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
        )
    try:
        wait_until(lambda: process.poll() is not None or _healthy(issuer), 60)
        assert process.poll() is None, deployment.log()[-3000:]
        yield issuer
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)


def _healthy(issuer: str) -> bool:
    try:
        with urllib.request.urlopen(issuer + "/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def refused(done: subprocess.CompletedProcess[str], *words: str, code: int = 1) -> str:
    """Check one sentence on standard error, the exit code, and that no traceback is shown."""
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in done.stdout + done.stderr
    (sentence,) = [line for line in done.stderr.splitlines() if line.strip()]
    for word in words:
        assert word in sentence, sentence
    return sentence
