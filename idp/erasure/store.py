"""Statements that take a person out of every table; keys and events are others' affair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from idp.accounts.tables import account
from idp.blocks.tables import block
from idp.changes.tables import change_request
from idp.consent.store import consent
from idp.factors.tables import authenticator, passkey_challenge, recovery_code
from idp.invitations.tables import invitation, registration
from idp.lifecycle.tables import address_change, notice
from idp.mails.promise import KINDS
from idp.mails.tables import undeliverable
from idp.outbox.store import outbox_message
from idp.proving.store import mailed_secret
from idp.sessions.store import known_device, session
from idp.sessions.tables import sign_in_progress
from idp.storage.sql import Tx
from idp.storage.statement import Statement

_OF_SUBJECT = {
    "factors": authenticator,
    "recovery codes": recovery_code,
    "questions to passkeys": passkey_challenge,
    "known devices": known_device,
    "sign-ins in progress": sign_in_progress,
    "mailed secrets": mailed_secret,
    "changes of address": address_change,
    "notices": notice,
    "consents": consent,
}
_OF_NUMBER = {
    "change requests": change_request,
    "invitations": invitation,
    "registrations": registration,
}


@dataclass(frozen=True)
class _Rows:
    """How the rows of one table that belong to a person are counted and deleted."""

    count: Statement
    delete: Statement


def _rows(table: sa.Table, column: sa.ColumnElement[Any]) -> _Rows:
    own = column == sa.bindparam("who")
    count = sa.select(sa.func.count()).select_from(table).where(own)
    return _Rows(Statement(count), Statement(sa.delete(table).where(own)))


_SUBJECT_ROWS = {what: _rows(table, table.c.subject) for what, table in _OF_SUBJECT.items()}
_NUMBER_ROWS = {what: _rows(table, table.c.member_number) for what, table in _OF_NUMBER.items()}
_SESSIONS = Statement(
    sa.update(session)
    .where(session.c.subject == sa.bindparam("who"))
    .values(agent=sa.null(), address=sa.null())
)
_BLOCKS = Statement(
    sa.update(block)
    .where(block.c.subject == sa.bindparam("who"))
    .values(reason=sa.null(), lift_reason=sa.null())
)
_ACCOUNT = Statement(
    sa.update(account)
    .where(account.c.subject == sa.bindparam("who"))
    .values(
        address=sa.bindparam("nowhere"),
        address_normal=sa.bindparam("nowhere"),
        password_hash=sa.null(),
        legacy_scheme=sa.null(),
        signed_in_at=sa.null(),
        credentials_changed_at=sa.bindparam("at"),
        stopped_at=sa.func.coalesce(account.c.stopped_at, sa.bindparam("at")),
    )
)
_BOUNCED = Statement(
    sa.delete(undeliverable).where(undeliverable.c.address_normal == sa.bindparam("address"))
)
_OLD_ADDRESSES = Statement(
    sa.select(
        address_change.c.old_address, address_change.c.old_normal, address_change.c.new_address
    ).where(address_change.c.subject == sa.bindparam("who"))
)
_own_flows = sa.select(registration.c.handle_hash).where(
    registration.c.member_number == sa.bindparam("who")
)
_TYPED = [
    Statement(sa.select(column).where(own, column.is_not(None)))
    for column, own in (
        (registration.c.address, registration.c.member_number == sa.bindparam("who")),
        (mailed_secret.c.address, mailed_secret.c.flow.in_(_own_flows)),
        (mailed_secret.c.address, mailed_secret.c.subject == sa.bindparam("who")),
    )
]
_DROP_SECRETS = Statement(sa.delete(mailed_secret).where(mailed_secret.c.flow.in_(_own_flows)))
_AT_ADDRESS = [
    Statement(sa.delete(table).where(sa.func.lower(table.c.address) == sa.bindparam("address")))
    for table in (registration, mailed_secret)
]
_MAILS = Statement(
    sa.select(outbox_message.c.id, outbox_message.c.payload)
    .where(
        outbox_message.c.id > sa.bindparam("after"),
        sa.or_(*(outbox_message.c.kind == kind for kind in KINDS)),
    )
    .order_by(outbox_message.c.id)
    .limit(sa.bindparam("most"))
)
_DROP_MAIL = Statement(
    sa.delete(outbox_message).where(outbox_message.c.id == sa.bindparam("which"))
)


def count_of(tx: Tx, subject: str | None, number: str) -> dict[str, int]:
    """Count the rows that would be deleted, by what they are."""
    asked = [(what, rows, number) for what, rows in _NUMBER_ROWS.items()]
    if subject is not None:
        asked += [(what, rows, subject) for what, rows in _SUBJECT_ROWS.items()]
    counted = {}
    for what, rows, who in asked:
        row = tx.one(rows.count, who=who)
        counted[what] = int(row[0]) if row else 0
    return counted


def delete_of(tx: Tx, subject: str | None, number: str) -> None:
    """Delete every row that belongs to a person and may go whole."""
    tx.run(_DROP_SECRETS, who=number)  # by their registrations, which go next
    for rows in _NUMBER_ROWS.values():
        tx.run(rows.delete, who=number)
    if subject is not None:
        for rows in _SUBJECT_ROWS.values():
            tx.run(rows.delete, who=subject)


def blank_account(tx: Tx, subject: str, at: int) -> None:
    """Leave of an account its subject, its member number and its dates; stop it."""
    tx.run(_SESSIONS, who=subject)
    tx.run(_BLOCKS, who=subject)
    tx.run(_ACCOUNT, who=subject, nowhere=nowhere(subject), at=at)


def nowhere(subject: str) -> str:
    """Give what stands in place of an erased address: no form takes it as one."""
    return f"erased:{subject}"


def old_addresses(tx: Tx, subject: str) -> set[str]:
    """List the addresses that an account had, or was to have."""
    return {text for row in tx.all(_OLD_ADDRESSES, who=subject) for text in row}


def typed_addresses(tx: Tx, subject: str | None, number: str) -> set[str]:
    """List the addresses that were typed in registrations of a person, and that were to prove."""
    asked = [number, *([subject] if subject else [])]
    return {row[0] for typed in _TYPED for who in asked for row in tx.all(typed, who=who)}


def forget_addresses(tx: Tx, addresses: set[str]) -> None:
    """Forget mailboxes that could not be reached, and what anybody began with these addresses."""
    for address in addresses:
        tx.run(_BOUNCED, address=address)
        for begun in _AT_ADDRESS:
            tx.run(begun, address=address)


def mails_after(tx: Tx, after: str, most: int) -> list[tuple[str, str]]:
    """List mails that are kept, by id: id, payload."""
    return [(row[0], row[1]) for row in tx.all(_MAILS, after=after, most=most)]


def drop_mails(tx: Tx, messages: list[str]) -> None:
    """Delete mails, delivered or not."""
    tx.run_many(_DROP_MAIL, [{"which": one} for one in messages])
