"""Rows of access tokens: those of a grant, and those a client got for itself (RFC 6749 4.4)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from idp.accounts.tables import account
from idp.clock import to_micros
from idp.grants.model import Minted
from idp.grants.store import SESSION_END
from idp.grants.tables import access_token, client_token, grant
from idp.members.store import member
from idp.sessions.store import SUBJECT_FACTS, session
from idp.storage.sql import Tx
from idp.storage.statement import Statement
from idp.storage.tx import Ahead

_t, _c, _g = access_token.c, client_token.c, grant.c

_ADD = Statement(
    sa.insert(access_token).values(
        {c.name: sa.bindparam(c.name) for c in _t if c.name not in ("read_at", "ended_at")}
    )
)
_ADD_OF_CLIENT = Statement(
    sa.insert(client_token).values(
        {c.name: sa.bindparam(c.name) for c in _c if c.name != "ended_at"}
    )
)
_READ = Statement(
    sa.select(
        _t.jti,
        _t.scopes,
        _t.issued_at,
        _t.expires_at,
        _t.read_at,
        _t.ended_at,
        _t.dpop_jkt,
        _t.audience,
        _g.client_id,
        _g.subject,
        _g.session_id,
        _g.scopes,
        _g.auth_time,
        _g.amr,
        _g.claims,
        _g.ended_at,
        _g.end_reason,
        *SESSION_END,
        account.c.address,
        account.c.member_number,
        member.c.facts,
        member.c.birth_on,
        member.c.updated_at,
        *SUBJECT_FACTS,
    )
    .join(grant, _g.id == _t.grant_id)
    .join(account, account.c.subject == _g.subject)
    .join(member, member.c.member_number == account.c.member_number)
    .outerjoin(session, session.c.id == _g.session_id)
    .where(_t.token_hash == sa.bindparam("key"))
)
_READ_OF_CLIENT = Statement(
    sa.select(
        _c.jti,
        _c.scopes,
        _c.issued_at,
        _c.expires_at,
        _c.ended_at,
        _c.dpop_jkt,
        _c.audience,
        _c.client_id,
    ).where(_c.token_hash == sa.bindparam("key"))
)
_MARK_READ = Statement(
    sa.update(access_token)
    .where(_t.token_hash == sa.bindparam("key"), _t.read_at.is_(None))
    .values(read_at=sa.bindparam("now"))
)
_END = Statement(
    sa.update(access_token)
    .where(
        _t.token_hash == sa.bindparam("key"),
        _t.ended_at.is_(None),
        _t.expires_at > sa.bindparam("now"),
        _t.grant_id.in_(sa.select(_g.id).where(_g.client_id == sa.bindparam("client"))),
    )
    .values(ended_at=sa.bindparam("now"))
    .returning(_t.jti, _t.grant_id)
)
_OWNER = Statement(sa.select(_g.subject, _g.session_id).where(_g.id == sa.bindparam("which")))
_END_OF_CLIENT = Statement(
    sa.update(client_token)
    .where(
        _c.token_hash == sa.bindparam("key"),
        _c.ended_at.is_(None),
        _c.expires_at > sa.bindparam("now"),
        _c.client_id == sa.bindparam("client"),
    )
    .values(ended_at=sa.bindparam("now"))
    .returning(_c.jti)
)


def add(tx: Tx, minted: Minted, grant_id: str) -> None:
    """Insert an access token of a grant."""
    tx.write(_ADD, grant_id=grant_id, **_columns(minted))


def add_of_client(tx: Tx, minted: Minted, client_id: str) -> None:
    """Insert an access token that a client got for itself."""
    tx.write(_ADD_OF_CLIENT, client_id=client_id, **_columns(minted))


def read(tx: Tx, key: str) -> tuple[Any, ...] | None:
    """Read an access token with its grant, session, account and member, in one statement."""
    return tx.one(_READ, key=key)


def read_ahead(tx: Tx, key: str) -> Ahead:
    """Do as `read`, with the next question of the transaction."""
    return tx.ahead(_READ, key=key)


def read_of_client(tx: Tx, key: str) -> tuple[Any, ...] | None:
    """Read an access token that a client got for itself."""
    return tx.one(_READ_OF_CLIENT, key=key)


def mark_read(tx: Tx, key: str, now: int) -> bool:
    """Note the first reading of personal data with a token; False when it was not the first."""
    return tx.run(_MARK_READ, key=key, now=now) == 1


def end(tx: Tx, key: str, client_id: str, now: int) -> tuple[Any, ...] | None:
    """End a client's live token of a grant: (jti, grant, subject, session); None if none is."""
    ended = tx.one(_END, key=key, client=client_id, now=now)
    owner = tx.one(_OWNER, which=ended[1]) if ended is not None else None
    return (*ended, *owner) if ended is not None and owner is not None else None


def end_of_client(tx: Tx, key: str, client_id: str, now: int) -> str | None:
    """End a live token a client got for itself; answers its jti."""
    row = tx.one(_END_OF_CLIENT, key=key, client=client_id, now=now)
    return row[0] if row else None


def _columns(minted: Minted) -> dict[str, Any]:
    return {
        "token_hash": minted.key,
        "jti": minted.jti,
        "scopes": " ".join(minted.scopes),
        "audience": " ".join(minted.audience) or None,
        "dpop_jkt": minted.dpop_jkt,
        "issued_at": to_micros(minted.issued_at),
        "expires_at": to_micros(minted.expires_at),
    }
