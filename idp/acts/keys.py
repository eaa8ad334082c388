"""Signing keys that are given up at once, because somebody else may have them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from idp.acts.orders import GIVE_UP_KEYS, order
from idp.approvals.given import only, texts
from idp.approvals.model import Author, Difference, Line, Parameters
from idp.errors import IdpError
from idp.key_rotation.rotation import KeyRotation
from idp.policy.approvals import ApprovalKind
from idp.policy.staff import Permission
from idp.storage.sql import Tx
from idp.web.i18n import mark as _

KEY = _("署名鍵（すぐに使うのをやめ、新しい鍵に替える）")


class NoSuchKey(IdpError):
    """There is no such signing key, or it was given up before."""

    code = "no_such_key"
    status = 409


@dataclass(frozen=True)
class EmergencyRotation:
    """Give keys up: `kids`. Tokens they signed are worth nothing from then on."""

    rotation: KeyRotation
    kind: ApprovalKind = ApprovalKind.KEY_EMERGENCY
    needs: Permission = Permission.KEY_CHANGE

    def difference(self, tx: Tx, parameters: Parameters) -> Difference:  # noqa: ARG002
        """Show which keys; raises `NoSuchKey`."""
        only(parameters, "kids")
        known = {record.kid: record for record in self.rotation.home.load().records}
        lines = []
        for kid in texts(parameters, "kids"):
            if kid not in known or known[kid].compromised_at is not None:
                raise NoSuchKey(f"{kid[:80]}: no such key, or it was given up before")
            lines.append(Line(KEY, f"{kid} ({known[kid].alg})", None))
        if not lines:
            raise NoSuchKey("name the key that is to be given up")
        return Difference(tuple(lines), count=len(lines))

    def perform(self, tx: Tx, parameters: Parameters, author: Author, now: datetime) -> None:
        """Order it; the worker makes the new keys and takes the old ones out of the set."""
        order(tx, GIVE_UP_KEYS, author, {"kids": list(texts(parameters, "kids"))}, now)
