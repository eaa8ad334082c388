"""Read events back for people: personal fields decrypted while their key still exists."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from audit.event import reveal
from audit.personal import SealBroken, unseal
from idp.storage.sql import Tx
from idp.subjects.service import PersonKeys


@dataclass(frozen=True)
class EventReader:
    """Opens event lines; an erased person's fields come back as null."""

    persons: PersonKeys
    known: dict[str, bytes | None] | None = field(default=None, repr=False)
    """Keys that were read already, while many lines are opened."""

    def open(self, tx: Tx, line: str) -> dict[str, Any]:
        """Give an event with its personal fields in clear."""

        def decrypt(sealed: Mapping[str, str], aad: bytes) -> str | None:
            key = self._key(tx, sealed["key"])
            if key is None:
                return None
            try:
                return unseal(sealed, key, aad)
            except SealBroken:
                return None

        opened: dict[str, Any] = reveal(json.loads(line), decrypt)
        return opened

    def open_all(self, tx: Tx, lines: Iterable[str]) -> list[dict[str, Any]]:
        """Do as `open` for many lines, reading each key once."""
        once = EventReader(self.persons, {})
        return [once.open(tx, line) for line in lines]

    def _key(self, tx: Tx, key_id: str) -> bytes | None:
        if self.known is None:
            return self.persons.key_by_id(tx, key_id)
        if key_id not in self.known:
            self.known[key_id] = self.persons.key_by_id(tx, key_id)
        return self.known[key_id]
