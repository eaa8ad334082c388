"""The role that the audit room works in on PostgreSQL: it reads, and adds to its own tables."""

from __future__ import annotations

from idp.errors import IdpError
from idp.storage.sql import Tx

_MAY = "SELECT has_table_privilege('audit_sign_off', 'INSERT')"


class NoRoomRole(IdpError):
    """The connection may not keep reviews or sign-offs."""

    code = "unavailable"
    status = 503


def require_room(tx: Tx) -> None:
    """Raise `NoRoomRole` where this connection may not write what the room writes."""
    if not tx.is_postgresql:
        return  # SQLite has no roles; the triggers are all there is
    row = tx.text(_MAY).fetchone()
    if row is None or not row[0]:
        raise NoRoomRole(
            "this database role may not keep reviews: run deploy/postgresql/roles.sql, and name"
            " kumiai_room in IDP_ROOM_DATABASE_URL"
        )
