"""A member's own data in one file, signed: readable, and provable with the published keys.

A zip with `data.json` (to read), `data.jws` (the same as a compact JWS, RFC 7515, of its own `typ`)
and a note on how to check it. The event holds the digest of the content, so that the log proves
the file still when the signing key has long been retired.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec

from audit import instant
from audit.event import Actor
from audit.names import EventName
from idp.accounts import store as accounts
from idp.changes import store as changes
from idp.changes.model import ChangeRequest
from idp.clock import Clock, date_in_tokyo, from_micros
from idp.consent import store as consents
from idp.factors import store as factors
from idp.factors.model import Authenticator
from idp.journal.model import Origin
from idp.journal.service import Journal
from idp.members import store as members
from idp.selfservice import store
from idp.selfservice.history import AccessHistory, Entry
from idp.sessions.model import Session
from idp.storage.sql import Database, Tx
from keys.keyset import KeySet
from keys.signer import Signer

TYPE = "kumiai-data+jws"
"""The `typ` of the signature: no other program takes it for a token of its own (RFC 8725 3.11)."""
FORMAT = "kumiai-id member data 1"
MOST_EVENTS, MOST_SESSIONS, MOST_CHANGES = 5_000, 1_000, 1_000
_README = """\
data.json : ご自分の情報（読むためのファイル） / your data, to read
data.jws  : 同じ内容に組合の署名を付けたもの / the same content, signed (JWS, RFC 7515)

署名は {issuer}/jwks の鍵（ヘッダーの kid のもの）で確かめられます。
The signature can be checked with the keys at {issuer}/jwks (the one named by `kid`).
"""


@dataclass(frozen=True, slots=True)
class Download:
    """A file for a member."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Downloads:
    """Collects, signs and records."""

    issuer: str
    database: Database
    clock: Clock
    journal: Journal
    history: AccessHistory
    keys: Callable[[], KeySet]

    def make(self, session: Session, origin: Origin) -> Download:
        """Make the file of the member who is signed in."""
        now = self.clock.now()
        content = self._collect(session.subject, now)
        signer = Signer(self.keys)
        alg = "ES256" if signer.can_sign("ES256") else min(self.keys().algs)
        signed = signer.sign_jwt(content, alg, TYPE)
        text = json.dumps(content, ensure_ascii=False, indent=2).encode("utf-8")
        with self.database.begin() as tx:
            self.journal.record(
                tx,
                EventName.DATA_DOWNLOADED,
                now,
                actor=Actor("member", session.subject),
                subject=session.subject,
                session=session.id,
                origin=origin,
                data={"sha256": hashlib.sha256(text).hexdigest(), "bytes": len(text)},
            )
        day = date_in_tokyo(now)
        files = {
            "data.json": text,
            "data.jws": signed.encode("ascii"),
            "README.txt": _README.format(issuer=self.issuer).encode("utf-8"),
        }
        return Download(f"kumiai-id-{day:%Y%m%d}.zip", _zip(files, day))

    def _collect(self, subject: str, now: datetime) -> dict[str, Any]:
        page = self.history.page(subject, most=MOST_EVENTS)
        with self.database.read() as tx:
            return {
                "format": FORMAT,
                "issuer": self.issuer,
                "made_at": instant.to_text(now),
                "subject": subject,
                **self._person(tx, subject),
                "sessions": store.sessions_of(tx, subject, MOST_SESSIONS),
                "factors": [_factor(one) for one in factors.list_of(tx, subject)],
                "consents": [
                    {"client_id": client, "items": items.split(), "given_at": _at(given)}
                    for client, items, given in consents.given_by(tx, subject)
                ],
                "change_requests": [
                    _change(one) for one in changes.list_of(tx, subject, MOST_CHANGES)
                ],
                "history": [_event(entry) for entry in page.entries],
                "history_complete": page.older is None,
            }

    def _person(self, tx: Tx, subject: str) -> dict[str, Any]:
        account = accounts.find(tx, subject)
        assert account is not None  # a session names it by a foreign key
        return {
            "member": msgspec.to_builtins(members.get(tx, account.member_number)),
            "account": {
                "address": account.address,
                "credentials_changed_at": instant.to_text(account.credentials_changed_at),
            },
        }


def _change(one: ChangeRequest) -> dict[str, Any]:
    """Tell of a change request all but which clerk decided it."""
    plain: dict[str, Any] = msgspec.to_builtins(one)
    return {name: value for name, value in plain.items() if name != "decided_by"}


def _factor(one: Authenticator) -> dict[str, Any]:
    """Tell of a factor what its owner may read: no secret, no key."""
    used = one.last_used_at
    return {
        "kind": one.kind.value,
        "name": one.name,
        "created_at": instant.to_text(one.created_at),
        "last_used_at": instant.to_text(used) if used else None,
    }


def _event(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "at": instant.to_text(entry.at),
        "name": entry.name.value,
        "outcome": entry.outcome,
        "client_id": entry.client_id,
        "address": entry.address,
        "browser": entry.agent,
        "by": entry.role or entry.actor,
    }


def _at(micros: int) -> str:
    return instant.to_text(from_micros(micros))


def _zip(files: dict[str, bytes], day: date) -> bytes:
    """Pack the files; the only time in it is the day, so that equal content gives equal bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, (day.year, day.month, day.day, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return packed.getvalue()
