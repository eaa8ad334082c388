"""Rows of policies: the whole text under its digest, and which was activated when."""

import json

import sqlalchemy as sa

from idp.storage.sql import Tx
from idp.storage.statement import Statement
from idp.storage.tables import Digest, Instant, metadata

policy_text = sa.Table(
    "policy_text",
    metadata,
    sa.Column("digest", Digest, primary_key=True),
    sa.Column("texts", sa.Text, nullable=False),
)
policy_activation = sa.Table(
    "policy_activation",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("digest", Digest, sa.ForeignKey("policy_text.digest"), nullable=False),
    sa.Column("activated_at", Instant, nullable=False),
    sa.Column("activated_by", sa.String(64), nullable=False),
)

_a = policy_activation.c
_ACTIVE = Statement(
    sa.select(_a.number, _a.digest, policy_text.c.texts)
    .join(policy_text, policy_text.c.digest == _a.digest)
    .order_by(_a.number.desc())
    .limit(1)
)
_ADD_TEXT = Statement(
    sa.text(
        "INSERT INTO policy_text (digest, texts) VALUES (:digest, :texts) ON CONFLICT DO NOTHING"
    )
)
_TEXT = Statement(
    sa.select(policy_text.c.texts).where(policy_text.c.digest == sa.bindparam("digest"))
)
_ACTIVATE = Statement(sa.insert(policy_activation))
_HISTORY = Statement(
    sa.select(_a.number, _a.digest, _a.activated_at, _a.activated_by).order_by(_a.number.desc())
)


def active(tx: Tx) -> tuple[int, str, str] | None:
    """Read the policy in force: activation number, digest, texts as JSON."""
    row = tx.one(_ACTIVE)
    return (row[0], row[1], row[2]) if row else None


def activate(tx: Tx, number: int, digest: str, texts: str, at: int, by: str) -> None:
    """Store a policy and put it in force under the next number."""
    tx.run(_ADD_TEXT, digest=digest, texts=texts)
    tx.run(_ACTIVATE, number=number, digest=digest, activated_at=at, activated_by=by)


def find_text(tx: Tx, digest: str) -> dict[str, str] | None:
    """Find the files of a policy that was in force, by its digest."""
    row = tx.one(_TEXT, digest=digest)
    return dict(json.loads(row[0])) if row else None


def history(tx: Tx) -> list[tuple[int, str, int, str]]:
    """List activations, newest first: number, digest, at, by."""
    return [(r[0], r[1], r[2], r[3]) for r in tx.all(_HISTORY)]
