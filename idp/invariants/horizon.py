"""What purges leave unexplained, and no more: pure.

A row may lack its event only if it is older than the newest purged event of the class that would
have told of it, and a fact of the log may lack its row only if its end may have been purged: ends
come after beginnings, but a hold, or classes that are kept for longer, let a beginning outlive its
end. Whatever is younger than that has to be explained as if there had never been a purge.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from audit.inventory import INVENTORY, RetentionClass
from audit.names import EventName
from idp.invariants.model import Fact, Folded

SLACK_MICROS: Final = 60_000_000
"""How far the instant of a row may lie behind that of its event."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Which events begin facts of a kind, and which end them."""

    begin: tuple[EventName, ...]
    end: tuple[EventName, ...] = ()


_ERASED = EventName.PERSON_ERASED
KINDS: Final = {
    "account": Kind((EventName.ACCOUNT_CREATED,)),
    "stopped": Kind((EventName.ACCOUNT_STOPPED, _ERASED), (EventName.ACCOUNT_RESTORED,)),
    "blocked": Kind((EventName.ACCOUNT_BLOCKED,), (EventName.ACCOUNT_UNBLOCKED,)),
    "session": Kind((EventName.SESSION_STARTED,), (EventName.SESSION_ENDED, _ERASED)),
    "consent": Kind((EventName.CONSENT_GIVEN,), (EventName.CONSENT_REVOKED, _ERASED)),
    "factor": Kind((EventName.FACTOR_ADDED,), (EventName.FACTOR_REMOVED, _ERASED)),
    "block": Kind((EventName.BLOCK_STARTED,), (EventName.BLOCK_LIFTED,)),
}
COUNTED: Final = {("factor", "passkey")}
"""Facts of which a subject may have several, and whose events do not say which."""


@dataclass(frozen=True, slots=True)
class Horizon:
    """For each class that was ever purged, the instant (µs) of its newest purged event."""

    until: Mapping[RetentionClass, int]

    def explains_row(self, fact: Fact, rows: Sequence[int], folded: Folded) -> bool:
        """Tell whether rows (since when each) that no event made may be as old as what was purged.

        Not if the log holds their end. Where events do not say which of several was begun or ended,
        each row that is young needs a young event of its own.
        """
        until = self._of(KINDS[fact[0]].begin)
        if until is None:
            return False
        young = sum(1 for at in rows if at > until + SLACK_MICROS)
        if fact in COUNTED:
            return young <= sum(1 for at in folded.begun.get(fact, ()) if at > until)
        ended = max(folded.ended.get(fact, ()), default=0)
        return young == 0 and all(at + SLACK_MICROS > ended for at in rows)

    def explains_event(self, fact: Fact, missing: int, folded: Folded) -> bool:
        """Tell whether as many ends as rows are missing may have been purged."""
        until = self._of(KINDS[fact[0]].end)
        if until is None:
            return False
        begun = folded.begun.get(fact, ())
        if fact in COUNTED:
            return missing <= sum(1 for at in begun if at <= until)
        return max(begun, default=0) <= until

    def _of(self, names: Iterable[EventName]) -> int | None:
        found = (self.until.get(INVENTORY[name].retention_class) for name in names)
        return max((at for at in found if at is not None), default=None)
