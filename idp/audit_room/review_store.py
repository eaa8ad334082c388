"""Rows of saved reviews and sign-offs: added and read, nothing else. Only `reviews` writes here."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from audit.checkpoint import parse
from idp.audit_room.review_model import Basis, Review, Rhythm, SignOff, Verdict
from idp.audit_room.tables import audit_review, audit_review_end, audit_sign_off
from idp.clock import from_micros, to_micros
from idp.journal.tables import audit_checkpoint
from idp.storage.sql import Tx
from idp.storage.statement import Statement

LAST = "ffffffff-ffff-ffff-ffff-ffffffffffff"
_r, _x, _s = audit_review.c, audit_review_end.c, audit_sign_off.c
_REVIEWS = sa.select(
    _r.id,
    _r.owner,
    _r.title,
    _r.rhythm,
    _r.criteria,
    _r.digest,
    _r.begins,
    _r.ends,
    _r.saved_at,
    _x.ended_at,
).select_from(audit_review.outerjoin(audit_review_end, _x.review_id == _r.id))
_FIND = Statement(_REVIEWS.where(_r.id == sa.bindparam("which")))
_ALL = Statement(_REVIEWS.order_by(_r.saved_at, _r.id))
_RUNNING_OF = Statement(
    _REVIEWS.where(_r.owner == sa.bindparam("who"), _x.ended_at.is_(None)).order_by(_r.saved_at)
)
_ADD = Statement(sa.insert(audit_review).values({c.name: sa.bindparam(c.name) for c in _r}))
_END = Statement(sa.insert(audit_review_end).values({c.name: sa.bindparam(c.name) for c in _x}))
_ADD_SIGN_OFF = Statement(
    sa.insert(audit_sign_off).values({c.name: sa.bindparam(c.name) for c in _s})
)
_SIGN_OFFS = sa.select(*_s)
_OF_REVIEW = Statement(
    _SIGN_OFFS.where(_s.review_id == sa.bindparam("which")).order_by(_s.signed_at, _s.id)
)
_NEWEST = Statement(
    _SIGN_OFFS.where(_s.id < sa.bindparam("before"))
    .order_by(_s.id.desc())
    .limit(sa.bindparam("most"))
)
_SIGNED_OF_OWNER = Statement(
    sa.select(_s.review_id, _s.begins)
    .join(audit_review, _r.id == _s.review_id)
    .where(_r.owner == sa.bindparam("who"), _s.corrects.is_(None))
)
_CHECKPOINT = Statement(
    sa.select(audit_checkpoint.c.note).where(audit_checkpoint.c.size == sa.bindparam("size"))
)
_NEWEST_CHECKPOINT = Statement(
    sa.select(audit_checkpoint.c.note).order_by(audit_checkpoint.c.size.desc()).limit(1)
)
_SEQS_SQLITE = Statement(
    sa.text(
        "SELECT event_id, seq FROM audit_leaf"
        " WHERE event_id IN (SELECT value FROM json_each(:listed))"
    )
)
_SEQS_PG = Statement(
    sa.text("SELECT event_id, seq FROM audit_leaf WHERE event_id = ANY(CAST(:listed AS text[]))")
)


def find(tx: Tx, review_id: str) -> Review | None:
    """Find a review, one that was retired too."""
    row = tx.one(_FIND, which=review_id)
    return _read(row) if row else None


def list_all(tx: Tx) -> list[Review]:
    """List all reviews, the oldest first."""
    return [_read(row) for row in tx.all(_ALL)]


def running_of(tx: Tx, owner: str) -> list[Review]:
    """List the reviews of somebody that were not retired."""
    return [_read(row) for row in tx.all(_RUNNING_OF, who=owner)]


def add(tx: Tx, **columns: Any) -> None:
    """Keep a review."""
    tx.write(_ADD, **columns)


def end(tx: Tx, review_id: str, at: int, event_id: str) -> None:
    """Note that a review is done no more."""
    tx.write(_END, review_id=review_id, ended_at=at, event_id=event_id)


def add_sign_off(tx: Tx, one: SignOff) -> None:
    """Keep a sign-off."""
    tx.write(
        _ADD_SIGN_OFF,
        id=one.id,
        review_id=one.review_id,
        begins=to_micros(one.begins),
        ends=to_micros(one.ends),
        corrects=one.corrects,
        signed_by=one.signed_by,
        signed_at=to_micros(one.signed_at),
        finding=one.verdict.value,
        remark=one.remark,
        found=one.found,
        found_digest=one.found_digest,
        size=one.size,
        root=one.root,
    )


def of_review(tx: Tx, review_id: str) -> list[SignOff]:
    """List the sign-offs of a review, the oldest first."""
    return [_read_sign_off(row) for row in tx.all(_OF_REVIEW, which=review_id)]


def newest(tx: Tx, most: int, before: str | None = None) -> list[SignOff]:
    """List sign-offs of all reviews before one (an id), newest first."""
    rows = tx.all(_NEWEST, before=before or LAST, most=most)
    return [_read_sign_off(row) for row in rows]


def signed_of(tx: Tx, owner: str) -> set[tuple[str, datetime]]:
    """Tell which periods of somebody's reviews are signed off: (review, begin)."""
    return {(row[0], from_micros(row[1])) for row in tx.all(_SIGNED_OF_OWNER, who=owner)}


def basis(tx: Tx, size: int | None = None) -> Basis | None:
    """Find the checkpoint of exactly a size, or the newest."""
    row = tx.one(_CHECKPOINT, size=size) if size is not None else tx.one(_NEWEST_CHECKPOINT)
    if row is None:
        return None
    checkpoint = parse(row[0])
    return Basis(checkpoint.size, checkpoint.root.hex(), checkpoint.at)


def seqs_of(tx: Tx, event_ids: Iterable[str]) -> dict[str, int]:
    """Tell under which sequence numbers events are sealed; ids are those of our events."""
    listed = list(event_ids)
    if tx.is_postgresql:
        rows = tx.all(_SEQS_PG, listed="{" + ",".join(listed) + "}")
    else:
        rows = tx.all(_SEQS_SQLITE, listed=json.dumps(listed))
    return {row[0]: row[1] for row in rows}


def _read(row: tuple[Any, ...]) -> Review:
    return Review(
        id=row[0],
        owner=row[1],
        title=row[2],
        rhythm=Rhythm(row[3]),
        criteria=row[4],
        digest=row[5],
        begins=from_micros(row[6]),
        ends=from_micros(row[7]) if row[7] is not None else None,
        saved_at=from_micros(row[8]),
        ended_at=from_micros(row[9]) if row[9] is not None else None,
    )


def _read_sign_off(row: tuple[Any, ...]) -> SignOff:
    return SignOff(
        id=row[0],
        review_id=row[1],
        begins=from_micros(row[2]),
        ends=from_micros(row[3]),
        corrects=row[4],
        signed_by=row[5],
        signed_at=from_micros(row[6]),
        verdict=Verdict(row[7]),
        remark=row[8],
        found=row[9],
        found_digest=row[10],
        size=row[11],
        root=row[12],
    )
