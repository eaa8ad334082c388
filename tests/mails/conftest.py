"""A deployment whose mails go to a server of the test, by a clock the test moves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from idp.assembly.background import Background, build_background
from idp.assembly.foundation import Foundation
from idp.bootstrap import prepare
from idp.clock import Clock
from idp.mails.model import Mail, MailKind
from idp.mails.promise import BULK_KIND, KIND
from idp.settings import read_settings
from keys.master import MasterKeys
from tests.support.parties import write_policies

CODE, LINK = "12345678", "/recover/selector.token"


@dataclass
class Post:
    """The outbox of a deployment and what delivers it."""

    foundation: Foundation
    background: Background
    moved: list[timedelta] = field(default_factory=list)

    def promise(self, to: str | None, kind: MailKind = MailKind.RESET, **more: str) -> None:
        """Promise one mail, as an act would."""
        values = {"name": "見本　太郎", "code": CODE, "link": LINK, "minutes": "30"} | more
        with self.foundation.database.begin() as tx:
            now = self.foundation.clock.now()
            self.foundation.mails.promise(tx, Mail(kind, to, "ja", values), now)

    def deliver(self) -> int:
        """Try once what is due."""
        return sum(self.background.outbox.deliver_due(kind) for kind in (KIND, BULK_KIND))

    def later(self, **time: float) -> None:
        """Let time pass."""
        self.moved.append(timedelta(**time))

    def rows(self) -> list[Any]:
        """Give id, tries, whether delivered, whether given up, and the last error of all mails."""
        with self.foundation.database.read() as tx:
            return tx.text(
                "SELECT id, attempts, delivered_at IS NOT NULL, given_up_at IS NOT NULL,"
                " last_error FROM outbox_message WHERE kind LIKE 'mail%' ORDER BY id"
            ).fetchall()

    def events(self, name: str) -> int:
        """Count the events of a name."""
        with self.foundation.database.read() as tx:
            found = tx.text("SELECT count(*) FROM audit_event WHERE name = :name", {"name": name})
            return int(found.fetchone()[0])


@contextmanager
def posting(folder: Path, smtp_url: str | None, **settings: str) -> Iterator[Post]:
    """Make a deployment in a folder whose mail server is at a URL."""
    folder.mkdir(parents=True, exist_ok=True)
    key = folder / "master.keys"
    if not key.exists():
        key.write_text(MasterKeys.generate_text())
        key.chmod(0o600)
    policies = folder / "policies"
    if not policies.exists():
        write_policies(policies)
    environment = {
        "IDP_ISSUER": "https://id.mihon.example",
        "IDP_DATA": str(folder / "data"),
        "IDP_POLICIES": str(policies),
        "IDP_MASTER_KEY_FILE": str(key),
    } | {f"IDP_{name.upper()}": value for name, value in settings.items()}
    if smtp_url:
        environment["IDP_SMTP_URL"] = smtp_url
    foundation = prepare(read_settings(environment))
    moved: list[timedelta] = []
    clock = Clock(lambda: datetime.now(UTC) + sum(moved, timedelta(0)))
    foundation = replace(foundation, clock=clock)
    try:
        yield Post(foundation, build_background(foundation), moved)
    finally:
        foundation.database.dispose()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of its own."""
    return tmp_path / "post"
