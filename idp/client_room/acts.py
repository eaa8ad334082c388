"""Acts on clients and keys that `approvals.toml` may send to a second person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audit.event import new_id
from audit.names import EventName
from idp.approvals.model import Author, Difference, Line, Parameters
from idp.client_room import store
from idp.client_room.model import PERMIT_FOR, NoSuchKey, Permit
from idp.clients.metadata import Kept
from idp.clients.service import Clients, NotChangeable
from idp.errors import IdpError
from idp.journal.model import Behind
from idp.journal.service import Journal
from idp.key_rotation.rotation import KeyRotation, hold_ring
from idp.policy.approvals import ApprovalKind
from idp.policy.staff import Permission
from idp.storage.sql import Tx
from idp.web.i18n import mark as _
from keys.record import KeyRecord, KeyState


class BadAct(IdpError):
    """Parameters that no page of ours sends."""

    code = "bad_request"
    status = 400


@dataclass(frozen=True)
class ClientSecret:
    """Lets the person who asked draw a new secret for a client, once, within a day.

    Nobody but them ever sees it, the second person neither: it is drawn and shown when they come
    back (`idp.client_room.secrets`). Parameters: `client`, `version` (the digest of its metadata).
    """

    clients: Clients
    journal: Journal
    kind = ApprovalKind.CLIENT_SECRET
    needs = Permission.CLIENT_CHANGE

    @staticmethod
    def parameters(client_id: str, kept: Kept) -> Parameters:
        """Give what the act is told."""
        return {"client": client_id, "version": kept.version}

    def difference(self, tx: Tx, parameters: Parameters) -> Difference:
        """Tell whose secret ends; raises `UnknownClient`, `NotChangeable`."""
        client_id, kept = self._checked(tx, parameters)
        lines = (
            Line(_("連携サービス"), f"{kept.entry.client_name} ({client_id})", None),
            Line(_("登録内容のハッシュ"), kept.version, None),
            Line(_("新しいシークレットは、依頼した人に一度だけ表示されます"), None, None),
        )
        return Difference(lines)

    def perform(self, tx: Tx, parameters: Parameters, author: Author, now: datetime) -> None:
        """Put the permit on record; raises as `difference` does."""
        client_id, _kept = self._checked(tx, parameters)
        permit = Permit(
            new_id(now),
            client_id,
            str(author.actor.id),
            author.approval,
            author.reason,
            now,
            now + PERMIT_FOR,
        )
        store.allow(tx, permit)
        behind = behind_of(author, {"permit": permit.id})
        self.journal.record(
            tx,
            EventName.CLIENT_SECRET_ALLOWED,
            now,
            actor=author.actor,
            client=client_id,
            session=behind.session,
            origin=behind.origin,
            data=behind.data,
        )

    def _checked(self, tx: Tx, parameters: Parameters) -> tuple[str, Kept]:
        client_id = parameters.get("client")
        if not isinstance(client_id, str):
            raise BadAct("client is needed")
        kept = self.clients.may_reset(tx, client_id)
        if kept.version != parameters.get("version"):
            raise NotChangeable(f"{client_id}: somebody changed it since you opened the page")
        return client_id, kept


@dataclass(frozen=True)
class KeyEmergency:
    """Gives a key up at once, whatever its state, and replaces it. Parameters: `kid`."""

    rotation: KeyRotation
    kind = ApprovalKind.KEY_EMERGENCY
    needs = Permission.KEY_CHANGE

    @staticmethod
    def parameters(kid: str) -> Parameters:
        """Give what the act is told."""
        return {"kid": kid}

    def difference(self, tx: Tx, parameters: Parameters) -> Difference:  # noqa: ARG002
        """Tell which key goes, from which state; raises `NoSuchKey`."""
        record = self._checked(parameters)
        lines = [
            Line(_("鍵"), record.kid, None),
            Line(_("署名の方式"), record.alg, None),
            Line(_("鍵の状態"), record.state.value, KeyState.RETIRED.value),
        ]
        if record.state is KeyState.ACTIVE:
            lines.append(Line(_("代わりの鍵が、すぐに署名を始めます"), None, None))
        return Difference(tuple(lines))

    def perform(self, tx: Tx, parameters: Parameters, author: Author, now: datetime) -> None:  # noqa: ARG002
        """Give it up; raises `NoSuchKey`, `keys.errors.RingChanged`."""
        hold_ring(tx)  # before it is read: whoever changes it meanwhile would spoil all of this
        record = self._checked(parameters)
        self.rotation.rotate(author.actor, (record.kid,), behind_of(author))

    def _checked(self, parameters: Parameters) -> KeyRecord:
        kid = parameters.get("kid")
        found = [one for one in self.rotation.home.load().records if one.kid == kid]
        if not found or found[0].state is KeyState.RETIRED:
            raise NoSuchKey("no key with this id is in the set, or it is retired already")
        return found[0]


def behind_of(author: Author, more: Mapping[str, Any] | None = None) -> Behind:
    """Give what the events of an act say of who stands behind it."""
    upon = {"approval": author.approval} if author.approval else {}
    return Behind(author.origin, author.session, {"reason": author.reason, **upon, **(more or {})})
