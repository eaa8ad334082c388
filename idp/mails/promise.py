"""Promise a mail in the transaction of the act that causes it; it is sent after the commit.

The content lies sealed under the master key in rows of one size: neither a dump of the outbox nor
the length of a row tells whose mail it is, or whether it is one at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec

from idp.mails.compose import check_values
from idp.mails.model import BULK, Mail
from idp.outbox.service import promise
from idp.storage.sql import Tx
from keys.master import MasterKeys

KIND, BULK_KIND = "mail", "mail_bulk"
KINDS = (KIND, BULK_KIND)
CONTEXT = "mail"
SEALED_PAYLOAD = ('{"sealed":"', '"}')
"""What stands around a sealed mail in its row."""
BLOCK = 2048
"""Sealed contents are filled up to a multiple of this many bytes."""


@dataclass(frozen=True)
class Mails:
    """Takes mails for the outbox."""

    master: MasterKeys

    def promise(self, tx: Tx, mail: Mail, now: datetime) -> None:
        """Store a mail for delivery; one to nobody costs and looks the same.

        Raises `idp.mails.compose.BadMail` when a value its text needs is missing.
        """
        check_values(mail)
        kind = BULK_KIND if mail.kind in BULK else KIND
        promise(tx, kind, {"sealed": self.seal(mail)}, now)

    def seal(self, mail: Mail) -> str:
        """Seal a mail for the outbox."""
        content = msgspec.json.encode(mail)
        return self.master.wrap(content.ljust(-(-len(content) // BLOCK) * BLOCK), CONTEXT)

    def open(self, sealed: str) -> Mail:
        """Open a sealed mail; raises `keys.errors.KeysError`."""
        return msgspec.json.decode(self.master.unwrap(sealed, CONTEXT), type=Mail)

    def open_payload(self, payload: str) -> Mail:
        """Open a mail as its outbox row holds it; raises `keys.errors.KeysError`."""
        return self.open(msgspec.json.decode(payload)["sealed"])
