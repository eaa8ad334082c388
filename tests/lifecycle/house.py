"""The whole provider in this process, on an empty database of its own, for many sequences.

The application, its stores and its mails are the real ones; only hashes are cheap, limits wide
(unless the shipped ones are wanted), and the database may lose its last moments in a power cut.
"""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa

from idp.accounts.tables import account
from idp.app import create_app
from idp.assembly.foundation import Foundation
from idp.assembly.provider import build_provider
from idp.assembly.registration import build_issuing
from idp.bootstrap import prepare
from idp.clock import date_in_tokyo
from idp.factors import store as factors
from idp.factors.model import FactorKind
from idp.factors.totp import Totp
from idp.invitations.issuing import Issuing
from idp.lifecycle.standing import AccountStanding
from idp.mails.model import Mail
from idp.outbox.store import outbox_message
from idp.sessions.store import session
from idp.settings import DEMO_FILE, read_settings
from idp.storage.sql import Tx
from idp.storage.statement import Statement
from keys.master import MasterKeys
from tests.lifecycle.clients import CLIENTS
from tests.support.parties import write_policies

ISSUER = "https://id.mihon.example"
# In the order of being written: the clock of the next sequence goes back, and ids with it.
_ROW = sa.literal_column("rowid", sa.Integer)
_MAILS = Statement(
    sa.select(_ROW, outbox_message.c.payload)
    .where(sa.bindparam("after") < _ROW, outbox_message.c.kind.like("mail%"))
    .order_by(_ROW)
)
_LIVE = (
    sa.select(sa.func.count())
    .where(session.c.subject == account.c.subject, session.c.ended_at.is_(None))
    .scalar_subquery()
)
_STATE = Statement(
    sa.select(account.c.password_hash, account.c.address, account.c.stopped_at, _LIVE).where(
        account.c.subject == sa.bindparam("who")
    )
)


@dataclass(frozen=True)
class Kept:
    """What the store holds of an account, to see at once that something changed."""

    password_hash: str | None = field(repr=False)
    address: str
    stopped: bool
    sessions: int


@dataclass(frozen=True)
class Answer:
    """One response; names of headers in lower case, cookies as they were set."""

    status: int
    headers: dict[str, str]
    cookies: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """Give the page."""
        return self.body.decode("utf-8")

    @property
    def location(self) -> str:
        """Give where the response leads, or nothing."""
        return self.headers.get("location", "").removeprefix(ISSUER)

    @property
    def json(self) -> dict[str, Any]:
        """Give the answer of a machine endpoint."""
        read: dict[str, Any] = json.loads(self.body)
        return read


@dataclass
class House:
    """The application and what stands around it."""

    application: Any
    foundation: Foundation
    standing: AccountStanding
    totp: Totp
    issuing: Issuing
    clock_file: Path
    offset: float = 0.0
    _last_mail: int = 0

    def call(
        self,
        method: str,
        path: str,
        form: dict[str, str] | None = None,
        *,
        came_from: str = "192.0.2.1",
        **headers: str,
    ) -> Answer:
        """Send one request; header names are given as in `authorization`."""
        body = urlencode(form or {}).encode()
        path, _, query = path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "id.mihon.example",
            "SERVER_PORT": "443",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "id.mihon.example",
            "REMOTE_ADDR": came_from,
            "wsgi.url_scheme": "https",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
        } | {f"HTTP_{name.upper()}": value for name, value in headers.items()}
        if method == "POST":
            environ["CONTENT_TYPE"] = "application/x-www-form-urlencoded"
            environ["CONTENT_LENGTH"] = str(len(body))
        told: list[Any] = []
        chunks = self.application(environ, lambda *said: told.extend(said[:2]))
        content = b"".join(chunks)
        if hasattr(chunks, "close"):
            chunks.close()
        cookies = [value.partition(";")[0] for name, value in told[1] if name == "Set-Cookie"]
        answer = Answer(
            int(told[0][:3]),
            {name.lower(): value for name, value in told[1]},
            dict(cookie.split("=", 1) for cookie in cookies),
            content,
        )
        assert answer.status < 500, f"{method} {path}: {answer.status}\n{answer.text[:2000]}"
        return answer

    def now(self) -> datetime:
        """Tell the provider's time."""
        return self.foundation.clock.now()

    def today(self) -> date:
        """Tell the provider's date."""
        return date_in_tokyo(self.now())

    def set_clock(self, offset: float) -> None:
        """Put the provider's clock this many seconds ahead."""
        self.offset = offset
        self.clock_file.write_text(str(offset))

    def new_mails(self) -> list[Mail]:
        """Give the mails promised since the last look, as the worker would open them."""
        with self.foundation.database.read() as tx:
            rows = tx.all(_MAILS, after=self._last_mail)
        if rows:
            self._last_mail = rows[-1][0]
        mails = self.foundation.mails
        return [mails.open(json.loads(payload)["sealed"]) for _, payload in rows]

    def app_secret(self, tx: Tx, subject: str) -> str:
        """Give the secret of an authenticator app that is being set up."""
        one = factors.find_unconfirmed(tx, subject, FactorKind.TOTP)
        assert one is not None
        return self.totp.secret_of(one)

    def kept(self, subject: str) -> Kept:
        """Look up what the store holds of an account."""
        with self.foundation.database.read() as tx:
            row = tx.one(_STATE, who=subject)
        assert row is not None
        return Kept(row[0], row[1], row[2] is not None, row[3])


def open_house(folder: Path, *, shipped_limits: bool, on_new_device: str) -> House:
    """Build the provider in an empty folder."""
    folder.mkdir(parents=True, exist_ok=True)
    policies = write_policies(folder / "policies", CLIENTS)
    _edit(policies / "passwords.toml", r"time_cost = \d+", "time_cost = 1")
    _edit(policies / "passwords.toml", r"memory_cost = \d+", "memory_cost = 8")
    _edit(
        policies / "verification.toml",
        'on_new_device = "[a-z]+"',
        f'on_new_device = "{on_new_device}"',
    )
    if not shipped_limits:
        _edit(policies / "limits.toml", r"count = \d+", "count = 1000000", times=0)
    clock_file = folder / "clock"
    clock_file.write_text("0")
    (folder / "master.keys").write_text(MasterKeys.generate_text())
    (folder / "master.keys").chmod(0o600)
    facts = {"issuer": ISSUER, "policies": str(policies), "clock_file": str(clock_file)}
    (folder / DEMO_FILE).write_text("".join(f"{k} = {json.dumps(v)}\n" for k, v in facts.items()))
    foundation = prepare(read_settings({"IDP_DATA": str(folder)}))
    sa.event.listen(foundation.database.engine, "connect", _hurry)
    foundation.database.dispose()
    standing = AccountStanding(
        foundation.database, foundation.clock, foundation.journal, foundation.endings
    )
    totp = Totp(foundation.gate, foundation.master)
    application = create_app(build_provider(foundation))
    return House(application, foundation, standing, totp, build_issuing(foundation), clock_file)


def _hurry(connection: Any, _record: object) -> None:
    """Commit without waiting for the disk: nothing here is about power cuts."""
    connection.execute("PRAGMA synchronous = OFF")


def _edit(path: Path, pattern: str, text: str, times: int = 1) -> None:
    changed, done = re.subn(pattern, text, path.read_text("utf-8"), count=times)
    assert done, pattern
    path.write_text(changed, "utf-8")
