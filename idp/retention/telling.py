"""Checkpoints leave the building: one JSON line on standard output, a mail to the auditor.

The file in the data folder is the sealer's. A mail tells size, root and time; the signed text of
that size is what `idp audit checkpoint --size` prints, and its root has to be the one in the mail.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TextIO

from audit import checkpoint as checkpoints
from audit.checkpoint import Checkpoint
from idp.clock import Clock, to_micros
from idp.journal import store as log
from idp.mails.model import Mail, MailKind
from idp.mails.promise import Mails
from idp.policy.model import Audit
from idp.retention import store
from idp.storage.sql import Database


@dataclass
class CheckpointTelling:
    """Tells the newest checkpoint, as often as the policy says."""

    database: Database
    clock: Clock
    policy: Callable[[], Audit]
    mails: Mails
    out: TextIO = field(default_factory=lambda: sys.stdout)
    _printed_at: datetime | None = None

    def tell(self) -> None:
        """Print and mail the newest checkpoint where that is due."""
        with self.database.read() as tx:
            note = log.newest_checkpoint(tx)
        if note is None:
            return
        now, rules = self.clock.now(), self.policy().checkpoints
        if self._printed_at is None or now - self._printed_at >= rules.print_every.delta:
            self.out.write(json.dumps(_told(note)) + "\n")
            self.out.flush()
            self._printed_at = now
        if rules.mail_to:
            self._mail(rules.mail_to, checkpoints.parse(note), now - rules.mail_every.delta, now)

    def _mail(self, to: str, newest: Checkpoint, before: datetime, now: datetime) -> None:
        values = {
            "records": str(newest.size),
            "root": newest.root.hex(),
            "sealed": newest.at.isoformat(),
        }
        with self.database.begin() as tx:
            if store.take_mailing(tx, to_micros(now), to_micros(before)):
                self.mails.promise(tx, Mail(MailKind.CHECKPOINT, to, "ja", values), now)


def _told(note: str) -> dict[str, object]:
    newest = checkpoints.parse(note)
    return {
        "event": "checkpoint",
        "size": newest.size,
        "root": newest.root.hex(),
        "checkpoint": note,
    }
