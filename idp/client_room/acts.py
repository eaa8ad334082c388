"""The act on a client that `approvals.toml` may send to a second person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audit.event import new_id
from audit.names import EventName
from idp.approvals.model import Author, Difference, Line, Parameters
from idp.client_room import store
from idp.client_room.model import PERMIT_FOR, Permit
from idp.clients.metadata import Kept
from idp.clients.service import Clients, NotChangeable
from idp.errors import IdpError
from idp.journal.model import Behind
from idp.journal.service import Journal
from idp.policy.approvals import ApprovalKind
from idp.policy.staff import Permission
from idp.storage.sql import Tx
from idp.web.i18n import mark as _


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
            Line(_("連携サービスの名前"), f"{kept.entry.client_name} ({client_id})", None),
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


def behind_of(author: Author, more: Mapping[str, Any] | None = None) -> Behind:
    """Give what the events of an act say of who stands behind it."""
    upon = {"approval": author.approval} if author.approval else {}
    return Behind(author.origin, author.session, {"reason": author.reason, **upon, **(more or {})})
