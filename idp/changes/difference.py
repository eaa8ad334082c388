"""What a clerk looks at before deciding, and the digest that binds the decision to it.

Between looking and deciding the register may move on: a file of the core system is applied, a dated
entry comes into force at midnight. Who approves then would approve a difference that nobody has
seen (CWE-367), so the digest of what was shown comes back with the decision.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from audit.canonical import canonical
from idp.changes.model import FIELDS, ChangeRequest


@dataclass(frozen=True, slots=True)
class Seen:
    """A request beside what the register holds today."""

    change: ChangeRequest
    current: dict[str, str]

    @property
    def rows(self) -> list[tuple[str, str, str]]:
        """Give name, value in force and wanted value of each field of its kind, in their order."""
        return [
            (name, self.current.get(name, ""), self.change.wanted.get(name, ""))
            for name in FIELDS[self.change.kind]
        ]

    @property
    def digest(self) -> str:
        """Give SHA-256 over the canonical form of what is shown (RFC 8785), in lower-case hex.

        Names and numbers could be found from it by trying, so it is personal like them.
        """
        shown = {
            "change": self.change.id,
            "kind": self.change.kind.value,
            "fields": [list(row) for row in self.rows],
        }
        return hashlib.sha256(canonical(shown)).hexdigest()
