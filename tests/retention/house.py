"""A deployment whose log has a past: events of years ago, sealed, and the real commands on it."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psycopg

from audit.__main__ import main as verifier
from audit.event import Actor
from audit.names import EventName
from idp.assembly.foundation import Foundation
from idp.assembly.sealing import build_sealer
from idp.cli import main
from idp.journal.service import Origin
from idp.settings import Settings
from idp.storage.sql import Database
from tests.stores.conftest import POLICIES

ROOT = Path(__file__).parents[2]
ROLES = (ROOT / "deploy/postgresql/roles.sql").read_text("utf-8")
DAY = timedelta(days=1)
BROWSER = "Mozilla/5.0 (Sample Browser of Years Ago)"


def alone(settings: Settings) -> Settings:
    """Let holds and purges be done by one: what they do is tried here, and not who agrees."""
    folder = settings.data / "policies"
    shutil.copytree(POLICIES, folder, dirs_exist_ok=True)
    file = folder / "approvals.toml"
    text, done = re.subn(r'\[\[acts\]\]\nkind = "audit\.[a-z]+"\n', "", file.read_text("utf-8"))
    assert done == 2
    file.write_text(text, "utf-8")
    return replace(settings, policies=folder)


@dataclass(frozen=True)
class Done:
    """What a command said, and its exit code."""

    returncode: int
    stdout: str
    stderr: str


@dataclass
class House:
    """One deployment."""

    foundation: Foundation

    @property
    def data(self) -> Path:
        return self.foundation.settings.data

    @property
    def environment(self) -> dict[str, str]:
        s = self.foundation.settings
        return {
            "IDP_ISSUER": s.issuer,
            "IDP_DATA": str(s.data),
            "IDP_DATABASE_URL": s.database_url,
            "IDP_POLICIES": str(s.policies),
            "IDP_MASTER_KEY_FILE": str(s.master_key_file),
        }

    def command(self, *arguments: str) -> list[str]:
        """Give a command line for a process of its own; with `environment`."""
        return [sys.executable, "-m", "idp.cli", *arguments]

    def idp(self, *arguments: str, **more: str) -> Done:
        """Run an `idp` command on this deployment, as its entry point does, in this process.

        `more` are settings of this run. A process of its own would import for three seconds.
        """
        out, err = io.StringIO(), io.StringIO()
        with (
            _closing_databases(),
            patch.dict(os.environ, {**self.environment, **more}),
            patch.object(sys, "argv", ["idp", *arguments]),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            try:
                main()
            except SystemExit as left:
                return Done(int(left.code or 0), out.getvalue(), err.getvalue())
        raise AssertionError("the entry point always exits")

    def said(self, *arguments: str, **more: str) -> Any:
        """Run a command that must succeed; give what it said as JSON."""
        done = self.idp(*arguments, "--format", "json", **more)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def record(
        self,
        name: EventName,
        days_ago: float,
        subject: str | None = None,
        count: int = 1,
        **more: Any,
    ) -> list[str]:
        """Record events as if they had happened days ago."""
        f = self.foundation
        at = datetime.now(UTC) - days_ago * DAY
        with f.database.begin() as tx:
            return [
                f.journal.record(
                    tx,
                    name,
                    at + timedelta(milliseconds=n),
                    subject=subject,
                    actor=Actor("member", subject),
                    origin=Origin("203.0.113.7", BROWSER),
                    **more,
                )
                for n in range(count)
            ]

    def seal(self) -> None:
        build_sealer(self.foundation).seal()

    def seal_past(self) -> None:
        """Seal a log whose newest event is a young one, as it is in life."""
        self.record(EventName.SYSTEM_STARTED, 0)
        self.seal()

    def bodies(self) -> set[str]:
        """Give the ids of all events whose bodies are there."""
        with self.foundation.database.read() as tx:
            return {row[0] for row in tx.text("SELECT id FROM audit_event").fetchall()}

    def purge_events(self) -> list[dict[str, Any]]:
        with self.foundation.database.read() as tx:
            rows = tx.text("SELECT line FROM audit_event WHERE name = 'audit.purged'").fetchall()
        return [json.loads(row[0])["data"] for row in rows]

    def verify(self, folder: Path, checkpoint: Path | None = None) -> int:
        """Export a pack with the real command and verify it with the auditor's key."""
        done = self.idp("audit", "export", "--out", str(folder / "pack"))
        (folder / "export.err").write_text(done.stderr)
        print(done.stderr)
        key = folder / "auditor.pub"
        key.write_text(self.idp("audit", "key").stdout)
        more = ["--checkpoint", str(checkpoint)] if checkpoint else []
        return verifier(["verify", str(folder / "pack"), "--key", str(key), *more])

    def verify_again(self, folder: Path) -> int:
        """Verify the same pack without a checkpoint that was kept."""
        key = str(folder / "auditor.pub")
        return verifier(["verify", str(folder / "pack"), "--key", key])


@contextmanager
def _closing_databases() -> Iterator[None]:
    """Close the connections of databases made in the block, as the end of a process would."""
    made: list[Database] = []
    make = Database.__init__

    def noting(self: Database, *arguments: Any, **options: Any) -> None:
        make(self, *arguments, **options)
        made.append(self)

    with patch.object(Database, "__init__", noting):
        try:
            yield
        finally:
            for one in made:
                one.dispose()


def grant_roles(url: str) -> None:
    """Run the shipped grants on a database, as its owner; twice, since they may be repeated."""
    with psycopg.connect(url, autocommit=True) as connection:
        for _ in range(2):
            connection.execute(ROLES)
