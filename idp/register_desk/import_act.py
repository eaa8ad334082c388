"""Accepting a register file: what a second person decides, and handing it to the worker.

The decision is bound to the file (SHA-256) and to what it would change in the register as that was
when it was compared (one digest over all batches). Both stand in the difference, which is hashed;
the worker compares each batch with its digest again before it writes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from audit.names import EventName
from idp.approvals.model import Author, Difference, Line, Parameters
from idp.clock import to_micros
from idp.journal.service import Journal
from idp.policy.approvals import ApprovalKind
from idp.policy.staff import Permission
from idp.register_desk import file_store as store
from idp.register_desk.file_model import FileRefused, FileState, RegisterFile
from idp.register_desk.importing import get
from idp.register_desk.planning import digest_of_all
from idp.storage.sql import Tx
from idp.web.i18n import mark as _

COUNTS = (
    ("created", _("新しい組合員")),
    ("updated", _("登録内容が変わる組合員")),
    ("leaving", _("そのうち、利用が終わる、または早く終わる組合員")),
    ("unchanged", _("変わらない組合員")),
)


@dataclass(frozen=True)
class ImportAct:
    """`register.import`; parameters: `file`, `sha256`."""

    journal: Journal
    kind: ApprovalKind = ApprovalKind.REGISTER_IMPORT
    needs: Permission = Permission.REGISTER_CHANGE

    def difference(self, tx: Tx, parameters: Parameters) -> Difference:
        """Tell the file, what it changes, and how many; raises `UnknownFile`, `FileRefused`."""
        file = _file(tx, parameters)
        lines = (
            Line(_("ファイルの中身（SHA-256）"), None, file.sha256),
            Line(_("変わる内容の全体（SHA-256）"), None, digest_of_all(file.digests)),
            *(Line(what, None, str(getattr(file, name))) for name, what in COUNTS),
        )
        return Difference(lines, count=file.changes)

    def perform(self, tx: Tx, parameters: Parameters, author: Author, now: datetime) -> None:
        """Hand the file to the worker."""
        file, actor = _file(tx, parameters), author.actor
        by = {"kind": actor.kind, "id": actor.id, "role": actor.role}
        if not store.accept(tx, file.id, by, author.reason, author.approval, to_micros(now)):
            raise FileRefused("the file was sent on or taken back meanwhile")
        data = {
            "file": file.id,
            "sha256": file.sha256,
            "changes": digest_of_all(file.digests),
            "created": file.created,
            "updated": file.updated,
            "leaving": file.leaving,
            "reason": author.reason,
            "approval": author.approval,
        }
        self.journal.record(
            tx,
            EventName.REGISTER_IMPORT_ACCEPTED,
            now,
            actor=actor,
            session=author.session,
            origin=author.origin,
            data={key: value for key, value in data.items() if value is not None},
        )


def _file(tx: Tx, parameters: Parameters) -> RegisterFile:
    file = get(tx, str(parameters.get("file", "")))
    if file.sha256 != parameters.get("sha256"):
        raise FileRefused("the file has another content than was asked for")
    if file.state not in (FileState.READY, FileState.WAITING):
        raise FileRefused(f"the file is {file.state.value}: it cannot be applied from here")
    if file.changes == 0:
        raise FileRefused("the file changes nothing")
    return file
