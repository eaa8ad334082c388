"""Rows of grants, codes and refresh tokens; access tokens are in `idp.grants.token_store`.

The takes are single UPDATE … RETURNING statements: whoever gets the row back was first, on one node
or many. That a family has at most one live refresh token is a constraint of the database.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from idp.accounts.tables import account
from idp.clock import from_micros, to_micros
from idp.grants.model import Approval, Leaf, Spent
from idp.grants.tables import (
    access_token,
    authorization_code,
    client_token,
    grant,
    refresh_token,
)
from idp.members.store import member
from idp.sessions.store import SUBJECT_FACTS, session
from idp.storage.sql import Tx
from idp.storage.statement import Statement

_g, _k, _r = grant.c, authorization_code.c, refresh_token.c

_ADD_CODE = Statement(
    sa.insert(authorization_code).values(
        {c.name: sa.bindparam(c.name) for c in _k if c.name != "spent_at"}
    )
)
_TAKE_CODE = Statement(
    sa.update(authorization_code)
    .where(
        _k.code_hash == sa.bindparam("code"),
        _k.client_id == sa.bindparam("client"),
        _k.spent_at.is_(None),
    )
    .values(spent_at=sa.bindparam("now"))
    .returning(*[c for c in _k if c.name not in ("code_hash", "spent_at")])
)
_FIND_CODE = Statement(
    sa.select(_k.client_id, _k.grant_id, _k.subject, _k.session_id).where(
        _k.code_hash == sa.bindparam("code")
    )
)
_ADD_GRANT = Statement(
    sa.insert(grant).values(
        {c.name: sa.bindparam(c.name) for c in _g if c.name not in ("ended_at", "end_reason")}
    )
)
_ADD_REFRESH = Statement(
    sa.insert(refresh_token).values(
        {c.name: sa.bindparam(c.name) for c in _r if c.name != "spent_at"}
    )
)
_TAKE_REFRESH = Statement(
    sa.update(refresh_token)
    .where(
        _r.token_hash == sa.bindparam("token"),
        _r.client_id == sa.bindparam("client"),
        _r.spent_at.is_(None),
    )
    .values(spent_at=sa.bindparam("now"))
    .returning(_r.grant_id, _r.generation, _r.expires_at)
)
_FIND_REFRESH = Statement(
    sa.select(_r.grant_id, _r.generation, _r.expires_at, _r.spent_at, _r.client_id).where(
        _r.token_hash == sa.bindparam("token")
    )
)
_GIVE_BACK = Statement(
    sa.update(refresh_token)
    .where(_r.token_hash == sa.bindparam("token"))
    .values(spent_at=sa.null())
)
SESSION_END = (session.c.ended_at, session.c.end_reason, session.c.expires_at)
_STANDING_OF_GRANT = Statement(
    sa.select(
        _g.client_id,
        _g.subject,
        _g.session_id,
        _g.scopes,
        _g.auth_time,
        _g.amr,
        _g.expires_at,
        _g.ended_at,
        _g.end_reason,
        _g.dpop_jkt,
        _g.claims,
        *SESSION_END,
        *SUBJECT_FACTS,
    )
    .join(account, account.c.subject == _g.subject)
    .join(member, member.c.member_number == account.c.member_number)
    .outerjoin(session, session.c.id == _g.session_id)
    .where(_g.id == sa.bindparam("which"))
)
_STANDING_OF_SESSION = Statement(
    sa.select(*SESSION_END, *SUBJECT_FACTS)
    .select_from(account)
    .join(member, member.c.member_number == account.c.member_number)
    .outerjoin(session, session.c.id == sa.bindparam("sid"))
    .where(account.c.subject == sa.bindparam("who"))
)


def _ending(condition: Any) -> Statement:
    return Statement(
        sa.update(grant)
        .where(condition, _g.ended_at.is_(None))
        .values(ended_at=sa.bindparam("now"), end_reason=sa.bindparam("reason"))
        .returning(_g.id, _g.client_id, _g.session_id, _g.subject)
    )


_END = _ending(_g.id == sa.bindparam("which"))
_END_OF_SESSION = _ending(_g.session_id == sa.bindparam("which"))
_END_OF_SUBJECT = _ending(_g.subject == sa.bindparam("which"))
_LIVE_OF_SUBJECT = Statement(
    sa.select(_g.id).where(_g.ended_at.is_(None), _g.subject == sa.bindparam("who")).limit(1)
)
_OF_SESSION = Statement(
    sa.select(_g.client_id, _g.session_id, _g.subject)
    .where(_g.session_id == sa.bindparam("which"))
    .distinct()
)
_OF_LIVE_SESSIONS = Statement(
    sa.select(_g.client_id, _g.session_id, _g.subject)
    .join(session, session.c.id == _g.session_id)
    .where(_g.subject == sa.bindparam("which"), session.c.ended_at.is_(None))
    .distinct()
)
_CLEAN = (
    Statement(sa.delete(authorization_code).where(_k.expires_at < sa.bindparam("before"))),
    Statement(sa.delete(access_token).where(access_token.c.expires_at < sa.bindparam("before"))),
    Statement(sa.delete(client_token).where(client_token.c.expires_at < sa.bindparam("before"))),
    Statement(sa.delete(refresh_token).where(_r.expires_at < sa.bindparam("before"))),
    Statement(sa.delete(grant).where(_g.expires_at < sa.bindparam("before"))),
)


Ended = tuple[str, str, str, str]
"""A grant that ended now: its id, client, session, subject."""


Party = tuple[str, str, str]
"""A relying party of a session: client, session, subject."""


def add_code(tx: Tx, code_hash: str, grant_id: str, approval: Approval, expires_at: int) -> None:
    """Insert a code."""
    tx.write(
        _ADD_CODE,
        code_hash=code_hash,
        grant_id=grant_id,
        client_id=approval.client_id,
        subject=approval.subject,
        session_id=approval.session_id,
        scopes=" ".join(approval.scopes),
        redirect_uri=approval.redirect_uri,
        code_challenge=approval.code_challenge,
        nonce=approval.nonce,
        auth_time=to_micros(approval.auth_time),
        amr=" ".join(approval.amr),
        expires_at=expires_at,
        dpop_jkt=approval.dpop_jkt,
        claims=approval.claims,
    )


def take_code(tx: Tx, code_hash: str, client_id: str, now: int) -> Spent | None:
    """Take a code for its own client, once; None for everyone after the first and for others."""
    row = tx.one(_TAKE_CODE, code=code_hash, client=client_id, now=now)
    if row is None:
        return None
    approval = Approval(
        client_id=row[1],
        subject=row[2],
        session_id=row[3],
        scopes=tuple(row[4].split()),
        redirect_uri=row[5],
        code_challenge=row[6],
        nonce=row[7],
        auth_time=from_micros(row[8]),
        amr=tuple(row[9].split()),
        dpop_jkt=row[11],
        claims=row[12],
    )
    return Spent(row[0], approval, from_micros(row[10]))


def find_code(tx: Tx, code_hash: str) -> tuple[str, str, str, str] | None:
    """Find whose code this is: client, grant, subject, session."""
    row = tx.one(_FIND_CODE, code=code_hash)
    return (row[0], row[1], row[2], row[3]) if row else None


def add_grant(tx: Tx, **columns: Any) -> None:
    """Insert a grant."""
    tx.write(_ADD_GRANT, **columns)


def add_refresh_token(tx: Tx, **columns: Any) -> None:
    """Insert a refresh token; a second live one in the family is refused by the database."""
    tx.write(_ADD_REFRESH, **columns)


def take_refresh_token(tx: Tx, token_hash: str, client_id: str, now: int) -> Leaf | None:
    """Spend a live refresh token for its own client, once."""
    row = tx.one(_TAKE_REFRESH, token=token_hash, client=client_id, now=now)
    return Leaf(row[0], row[1], from_micros(row[2]), None) if row else None


def give_back(tx: Tx, token_hash: str) -> None:
    """Undo a take in the transaction that made it."""
    tx.write(_GIVE_BACK, token=token_hash)


def find_refresh_token(tx: Tx, token_hash: str) -> tuple[Leaf, str] | None:
    """Find a refresh token, spent or live, and its client."""
    row = tx.one(_FIND_REFRESH, token=token_hash)
    if row is None:
        return None
    spent_at = from_micros(row[3]) if row[3] is not None else None
    return Leaf(row[0], row[1], from_micros(row[2]), spent_at), row[4]


def standing_of_grant(tx: Tx, grant_id: str) -> tuple[Any, ...] | None:
    """Read a grant with everything `subject_is_active` needs, in one statement."""
    return tx.one(_STANDING_OF_GRANT, which=grant_id)


def standing_of_session(tx: Tx, subject: str, session_id: str) -> tuple[Any, ...] | None:
    """Read a session's end and its subject's facts, in one statement."""
    return tx.one(_STANDING_OF_SESSION, who=subject, sid=session_id)


def end(tx: Tx, grant_id: str, reason: str, now: int) -> list[Ended]:
    """End one grant; answers (grant, client, session, subject) of what ended now."""
    return _ended(tx, _END, grant_id, reason, now)


def end_of_session(tx: Tx, session_id: str, reason: str, now: int) -> list[Ended]:
    """End all grants of a session."""
    return _ended(tx, _END_OF_SESSION, session_id, reason, now)


def end_of_subject(tx: Tx, subject: str, reason: str, now: int) -> list[Ended]:
    """End all grants of a subject."""
    return _ended(tx, _END_OF_SUBJECT, subject, reason, now)


def _ended(tx: Tx, statement: Statement, which: str, reason: str, now: int) -> list[Ended]:
    rows = tx.all(statement, which=which, reason=reason, now=now)
    return [(r[0], r[1], r[2], r[3]) for r in rows]


def parties_of_session(tx: Tx, session_id: str) -> list[Party]:
    """List the relying parties of a session: those too that gave their grant back meanwhile."""
    return [(r[0], r[1], r[2]) for r in tx.all(_OF_SESSION, which=session_id)]


def parties_of_subject(tx: Tx, subject: str) -> list[Party]:
    """List the relying parties of all live sessions of a subject."""
    return [(r[0], r[1], r[2]) for r in tx.all(_OF_LIVE_SESSIONS, which=subject)]


def has_live_grants(tx: Tx, subject: str) -> bool:
    """Tell whether a subject has grants that were not ended."""
    return tx.one(_LIVE_OF_SUBJECT, who=subject) is not None


def clean(tx: Tx, before: int) -> int:
    """Delete what expired before an instant."""
    return sum(tx.run(statement, before=before) for statement in _CLEAN)
