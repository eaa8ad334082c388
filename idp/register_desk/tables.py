"""Tables of the desk: files that wait, withdrawals by list, exports that were allowed, look-ups."""

import sqlalchemy as sa

from idp.storage.tables import Day, Digest, Instant, metadata

register_file = sa.Table(
    "register_file",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("staff_id", sa.String(36), sa.ForeignKey("staff_account.id"), nullable=False),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("uploaded_at", Instant, nullable=False, index=True),
    sa.Column("sha256", Digest, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    # Sealed under a key of the file's own, which is destroyed when the file is no longer needed.
    sa.Column("content", sa.LargeBinary),
    sa.Column("report", sa.LargeBinary),
    sa.Column("lines", sa.BigInteger, nullable=False),
    # Batches that were read or applied so far, and what each of them would change.
    sa.Column("done", sa.BigInteger, nullable=False),
    sa.Column("digests", sa.Text),
    sa.Column("created", sa.BigInteger),
    sa.Column("updated", sa.BigInteger),
    sa.Column("leaving", sa.BigInteger),
    sa.Column("unchanged", sa.BigInteger),
    sa.Column("refused", sa.BigInteger),
    sa.Column("approval", sa.String(36)),
    sa.Column("waits_until", Instant),
    sa.Column("actor", sa.Text),
    sa.Column("reason", sa.String(500)),
    sa.Column("accepted_at", Instant),
    sa.Column("ended_at", Instant),
    sa.Column("why", sa.String(32)),
)

register_withdrawal = sa.Table(
    "register_withdrawal",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("made_at", Instant, nullable=False, index=True),
    sa.Column("made_by", sa.String(64), nullable=False),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Column("approval", sa.String(36)),
    sa.Column("accepted_on", Day, nullable=False),
    sa.Column("refund_on", Day),
    sa.Column("undone_at", Instant),
    sa.Column("undone_by", sa.String(64)),
    sa.Column("undo_reason", sa.String(500)),
    sa.Column("undo_approval", sa.String(36)),
)

register_withdrawn = sa.Table(
    "register_withdrawn",
    metadata,
    sa.Column(
        "withdrawal_id", sa.String(36), sa.ForeignKey("register_withdrawal.id"), primary_key=True
    ),
    sa.Column("member_number", sa.String(16), primary_key=True),
    # What the register held before, and what the act wrote: an undo compares with the second.
    sa.Column("accepted_before", Day),
    sa.Column("refund_before", Day),
    sa.Column("refund_after", Day),
    sa.Column("undone", sa.Integer, nullable=False),
)
sa.Index("ix_register_withdrawn_member_number", register_withdrawn.c.member_number)

register_export = sa.Table(
    "register_export",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("staff_id", sa.String(36), sa.ForeignKey("staff_account.id"), nullable=False),
    sa.Column("list", sa.String(16), nullable=False),
    sa.Column("first_on", Day),
    sa.Column("last_on", Day),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Column("approval", sa.String(36)),
    sa.Column("allowed_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("taken_at", Instant),
)
sa.Index("ix_register_export_staff_id", register_export.c.staff_id, register_export.c.allowed_at)

register_look = sa.Table(
    "register_look",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("staff_id", sa.String(36), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("at", Instant, nullable=False, index=True),
)
sa.Index(
    "ix_register_look_staff_id", register_look.c.staff_id, register_look.c.kind, register_look.c.at
)
