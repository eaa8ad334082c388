"""Read events back for people: personal fields decrypted while their key still exists."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from audit.event import reveal
from audit.personal import SealBroken, unseal
from idp.storage.sql import Tx
from idp.subjects.service import PersonKeys


@dataclass(frozen=True)
class EventReader:
    """Opens event lines; an erased person's fields come back as null."""

    persons: PersonKeys

    def open(self, tx: Tx, line: str) -> dict[str, Any]:
        """Give an event with its personal fields in clear."""

        def decrypt(sealed: Mapping[str, str], aad: bytes) -> str | None:
            key = self.persons.key_by_id(tx, sealed["key"])
            if key is None:
                return None
            try:
                return unseal(sealed, key, aad)
            except SealBroken:
                return None

        opened: dict[str, Any] = reveal(json.loads(line), decrypt)
        return opened
