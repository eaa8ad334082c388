"""Rows of register files. A state is left once: each change of it names the states it leaves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from idp.clock import from_micros
from idp.register_desk.file_model import FileState, RegisterFile, Why
from idp.register_desk.tables import register_file
from idp.storage.sql import Tx
from idp.storage.statement import Statement

_f = register_file.c
_COLUMNS = tuple(column for column in _f if column.name not in ("content", "report"))
_NEW = ("id", "staff_id", "state", "uploaded_at", "sha256", "size", "content", "lines", "done")
_ADD = Statement(sa.insert(register_file).values({name: sa.bindparam(name) for name in _NEW}))
_GET = Statement(sa.select(*_COLUMNS).where(_f.id == sa.bindparam("which")))
_LATEST = Statement(
    sa.select(*_COLUMNS).order_by(_f.uploaded_at.desc(), _f.id.desc()).limit(sa.bindparam("most"))
)
_IN_STATE = Statement(
    sa.select(*_COLUMNS)
    .where(_f.state == sa.bindparam("state"))
    .order_by(_f.uploaded_at, _f.id)
    .limit(sa.bindparam("most"))
)
_CONTENT = Statement(sa.select(_f.content).where(_f.id == sa.bindparam("which")))
_REPORT = Statement(sa.select(_f.report).where(_f.id == sa.bindparam("which")))
_COUNTS = ("created", "updated", "leaving", "unchanged", "refused")
_OWN = _f.id == sa.bindparam("which")
_PROGRESS = Statement(
    sa.update(register_file)
    .where(_OWN, _f.state == sa.bindparam("state"))
    .values(done=sa.bindparam("count"))
)
_ADVANCE = Statement(
    sa.update(register_file)
    .where(_OWN, _f.state == FileState.ACCEPTED.value, _f.done == sa.bindparam("expected"))
    .values(done=sa.bindparam("count"))
)
_COMPARED = Statement(
    sa.update(register_file)
    .where(_OWN, _f.state == FileState.READING.value)
    .values(
        state=sa.bindparam("new_state"),
        done=0,
        report=sa.bindparam("sealed"),
        digests=sa.bindparam("new_digests"),
        **{name: sa.bindparam(f"new_{name}") for name in ("lines", *_COUNTS)},
    )
)
_WAIT = Statement(
    sa.update(register_file)
    .where(_OWN, _f.state == FileState.READY.value)
    .values(
        state=FileState.WAITING.value,
        approval=sa.bindparam("by_approval"),
        waits_until=sa.bindparam("until"),
    )
)
_ACCEPT = Statement(
    sa.update(register_file)
    .where(_OWN, sa.or_(*(_f.state == one for one in (FileState.READY, FileState.WAITING))))
    .values(
        state=FileState.ACCEPTED.value,
        approval=sa.bindparam("by_approval"),
        actor=sa.bindparam("by"),
        reason=sa.bindparam("because"),
        accepted_at=sa.bindparam("at"),
    )
)
_END = Statement(
    sa.update(register_file)
    .where(_OWN, _f.state == sa.bindparam("old_state"))
    .values(
        state=sa.bindparam("new_state"),
        ended_at=sa.bindparam("at"),
        why=sa.bindparam("because"),
        content=sa.null(),
        report=sa.null(),
    )
)
_FINISH = Statement(
    sa.update(register_file)
    .where(_OWN, _f.state == FileState.ACCEPTED.value, _f.done == sa.bindparam("expected"))
    .values(
        state=sa.bindparam("new_state"),
        ended_at=sa.bindparam("at"),
        why=sa.bindparam("because"),
        content=sa.null(),
        report=sa.null(),
    )
)
_FORGET = Statement(sa.update(register_file).where(_OWN).values(content=sa.null()))


def add(tx: Tx, **columns: Any) -> None:
    """Insert a file that was uploaded."""
    tx.run(_ADD, **columns)


def find(tx: Tx, file_id: str) -> RegisterFile | None:
    """Find a file by its id."""
    row = tx.one(_GET, which=file_id)
    return _read(row) if row else None


def list_latest(tx: Tx, most: int) -> list[RegisterFile]:
    """List files, the latest first."""
    return [_read(row) for row in tx.all(_LATEST, most=most)]


def list_in(tx: Tx, state: FileState, most: int) -> list[RegisterFile]:
    """List files in a state, the oldest first."""
    return [_read(row) for row in tx.all(_IN_STATE, state=state.value, most=most)]


def content_of(tx: Tx, file_id: str) -> bytes | None:
    """Give the sealed content; None once it was deleted."""
    row = tx.one(_CONTENT, which=file_id)
    return bytes(row[0]) if row and row[0] is not None else None


def report_of(tx: Tx, file_id: str) -> bytes | None:
    """Give the sealed report; None once it was deleted."""
    row = tx.one(_REPORT, which=file_id)
    return bytes(row[0]) if row and row[0] is not None else None


def note_progress(tx: Tx, file_id: str, state: FileState, count: int) -> bool:
    """Note how many batches were read; False when the file has left the state."""
    return tx.run(_PROGRESS, which=file_id, state=state.value, count=count) == 1


def advance(tx: Tx, file_id: str, expected: int) -> bool:
    """Note one more applied batch, once; False when somebody else did."""
    return tx.run(_ADVANCE, which=file_id, expected=expected, count=expected + 1) == 1


def compared(
    tx: Tx,
    file_id: str,
    state: FileState,
    sealed: bytes,
    digests: list[str],
    counts: Mapping[str, int],
) -> bool:
    """Keep what a file would change; False when it was taken back meanwhile."""
    values = {f"new_{name}": value for name, value in counts.items()}
    written = json.dumps(digests)
    return (
        tx.run(
            _COMPARED,
            which=file_id,
            new_state=state.value,
            sealed=sealed,
            new_digests=written,
            **values,
        )
        == 1
    )


def wait(tx: Tx, file_id: str, approval: str, until: int) -> bool:
    """Note that a file was sent to a second person; False when it stands elsewhere by now."""
    return tx.run(_WAIT, which=file_id, by_approval=approval, until=until) == 1


def accept(
    tx: Tx, file_id: str, actor: Mapping[str, Any], reason: str, approval: str | None, at: int
) -> bool:
    """Hand a file to the worker, once."""
    values = {"by": json.dumps(dict(actor)), "because": reason}
    return tx.run(_ACCEPT, which=file_id, by_approval=approval, at=at, **values) == 1


def end(tx: Tx, file_id: str, old: FileState, new: FileState, at: int, why: Why | None) -> bool:
    """End a file and delete its content; False when it had left the state."""
    because = why.value if why else None
    values = {"old_state": old.value, "new_state": new.value}
    return tx.run(_END, which=file_id, at=at, because=because, **values) == 1


def finish(tx: Tx, file_id: str, new: FileState, expected: int, at: int, why: Why | None) -> bool:
    """End an accepted file that stands at a batch; False when another worker is further."""
    because = why.value if why else None
    values = {"new_state": new.value, "expected": expected, "because": because}
    return tx.run(_FINISH, which=file_id, at=at, **values) == 1


def forget_content(tx: Tx, file_id: str) -> None:
    """Delete the content of a file that will not be applied; its report stays."""
    tx.run(_FORGET, which=file_id)


def _read(row: tuple[Any, ...]) -> RegisterFile:
    value = dict(zip((column.name for column in _COLUMNS), row, strict=True))
    return RegisterFile(
        id=value["id"],
        staff_id=value["staff_id"],
        state=FileState(value["state"]),
        uploaded_at=from_micros(value["uploaded_at"]),
        sha256=value["sha256"],
        size=value["size"],
        lines=value["lines"],
        done=value["done"],
        digests=tuple(json.loads(value["digests"])) if value["digests"] else (),
        **{name: value[name] or 0 for name in _COUNTS},
        approval=value["approval"],
        waits_until=_moment(value["waits_until"]),
        actor=json.loads(value["actor"]) if value["actor"] else None,
        reason=value["reason"],
        accepted_at=_moment(value["accepted_at"]),
        ended_at=_moment(value["ended_at"]),
        why=Why(value["why"]) if value["why"] else None,
    )


def _moment(value: int | None) -> Any:
    return from_micros(value) if value is not None else None
