"""What a person's events say must be there now: the fold of a log, pure.

A fact is a short tuple such as `("session", id)`. State and log are brought to the same facts, so
one comparison finds what one of them has and the other has not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from audit.names import EventName

Fact = tuple[str, ...]
SUM = "the state is the sum of its events"
LOG = "the log holds"
ACCOUNT: Fact = ("account",)
STOPPED: Fact = ("stopped",)
BLOCKED: Fact = ("blocked",)


@dataclass(frozen=True, slots=True)
class Finding:
    """One counter-example: which rule does not hold, for whom, and what speaks against what."""

    rule: str
    subject: str | None
    fact: str
    says: str


@dataclass(slots=True)
class Folded:
    """What the events of one subject add up to."""

    facts: Counter[Fact] = field(default_factory=Counter)
    dated: bool = False
    """Whether to note when facts were begun and ended (µs), by the ids of the events."""
    begun: dict[Fact, list[int]] = field(default_factory=dict)
    ended: dict[Fact, list[int]] = field(default_factory=dict)

    def apply(self, name: EventName, event: Mapping[str, Any]) -> None:
        """Go one event on; those of other names, and refusals, change nothing."""
        step = STEPS.get(name)
        if step is not None and event["outcome"] == "done":
            before = set(self.facts)
            step(self.facts, event)
            if self.dated:
                self._note(name, event, before)

    def _note(self, name: EventName, event: Mapping[str, Any], before: set[Fact]) -> None:
        at = micros_of_id(event["id"])
        if name in BEGINS:
            self.begun.setdefault(BEGINS[name](event), []).append(at)
        ended = before - set(self.facts) | ({ENDS[name](event)} if name in ENDS else set())
        for fact in ended:
            self.ended.setdefault(fact, []).append(at)

    def present(self) -> Counter[Fact]:
        """Give what is there, without what is gone again."""
        return +self.facts


def _set(fact: Fact) -> Callable[[Counter[Fact], Mapping[str, Any]], None]:
    def step(facts: Counter[Fact], _event: Mapping[str, Any]) -> None:
        facts[fact] = 1

    return step


def _clear(*gone: Fact) -> Callable[[Counter[Fact], Mapping[str, Any]], None]:
    def step(facts: Counter[Fact], _event: Mapping[str, Any]) -> None:
        for fact in gone:
            facts.pop(fact, None)

    return step


def _session_started(facts: Counter[Fact], event: Mapping[str, Any]) -> None:
    facts["session", event.get("session", "")] = 1  # once more when it was renewed


def _session_ended(facts: Counter[Fact], event: Mapping[str, Any]) -> None:
    facts.pop(("session", event.get("session", "")), None)


def _consent_given(facts: Counter[Fact], event: Mapping[str, Any]) -> None:
    facts["consent", event["client"]] = 1


def _consent_revoked(facts: Counter[Fact], event: Mapping[str, Any]) -> None:
    facts.pop(("consent", event["client"]), None)


def _factor_added(facts: Counter[Fact], event: Mapping[str, Any]) -> None:
    facts["factor", event["data"]["factor"]] += 1


def _factor_removed(facts: Counter[Fact], event: Mapping[str, Any]) -> None:
    facts["factor", event["data"]["factor"]] -= 1


def _block_started(facts: Counter[Fact], event: Mapping[str, Any]) -> None:
    facts["block", event["data"]["block"]] = 1


def _block_lifted(facts: Counter[Fact], event: Mapping[str, Any]) -> None:
    facts.pop(("block", event["data"]["block"]), None)


def _erased(facts: Counter[Fact], _event: Mapping[str, Any]) -> None:
    """Leave what an erasure leaves: an account without a person, stopped, and its blocks' dates."""
    for fact in [fact for fact in facts if fact[0] in ("session", "consent", "factor")]:
        del facts[fact]
    facts[STOPPED] = 1


STEPS: dict[EventName, Callable[[Counter[Fact], Mapping[str, Any]], None]] = {
    EventName.ACCOUNT_CREATED: _set(ACCOUNT),
    EventName.ACCOUNT_STOPPED: _set(STOPPED),
    EventName.ACCOUNT_RESTORED: _clear(STOPPED),
    EventName.ACCOUNT_BLOCKED: _set(BLOCKED),
    EventName.ACCOUNT_UNBLOCKED: _clear(BLOCKED),
    EventName.SESSION_STARTED: _session_started,
    EventName.SESSION_ENDED: _session_ended,
    EventName.CONSENT_GIVEN: _consent_given,
    EventName.CONSENT_REVOKED: _consent_revoked,
    EventName.FACTOR_ADDED: _factor_added,
    EventName.FACTOR_REMOVED: _factor_removed,
    EventName.BLOCK_STARTED: _block_started,
    EventName.BLOCK_LIFTED: _block_lifted,
    EventName.PERSON_ERASED: _erased,
}
"""What each event does to the facts; every other name leaves them alone."""


BEGINS: dict[EventName, Callable[[Mapping[str, Any]], Fact]] = {
    EventName.ACCOUNT_CREATED: lambda _event: ACCOUNT,
    EventName.ACCOUNT_STOPPED: lambda _event: STOPPED,
    EventName.ACCOUNT_BLOCKED: lambda _event: BLOCKED,
    EventName.SESSION_STARTED: lambda event: ("session", event.get("session", "")),
    EventName.CONSENT_GIVEN: lambda event: ("consent", event["client"]),
    EventName.FACTOR_ADDED: lambda event: ("factor", event["data"]["factor"]),
    EventName.BLOCK_STARTED: lambda event: ("block", event["data"]["block"]),
    EventName.PERSON_ERASED: lambda _event: STOPPED,
}
"""Which fact an event begins."""
ENDS: dict[EventName, Callable[[Mapping[str, Any]], Fact]] = {
    EventName.ACCOUNT_RESTORED: lambda _event: STOPPED,
    EventName.ACCOUNT_UNBLOCKED: lambda _event: BLOCKED,
    EventName.SESSION_ENDED: BEGINS[EventName.SESSION_STARTED],
    EventName.CONSENT_REVOKED: BEGINS[EventName.CONSENT_GIVEN],
    EventName.FACTOR_REMOVED: BEGINS[EventName.FACTOR_ADDED],
    EventName.BLOCK_LIFTED: BEGINS[EventName.BLOCK_STARTED],
}
"""Which fact an event ends, whether or not its beginning is known."""


def micros_of_id(event_id: str) -> int:
    """Read the end of the millisecond in which an event id was drawn (UUIDv7, RFC 9562 5.7)."""
    return (int(event_id[:8] + event_id[9:13], 16) + 1) * 1_000


UNMADE = "stands in the database, and no event made it"
VANISHED = "was made by an event, and is not in the database"


def differences(state: Counter[Fact], folded: Counter[Fact]) -> list[tuple[Fact, str]]:
    """List the facts that only one side has, with the sentence that says so."""
    return [
        *((fact, UNMADE) for fact in state - folded),
        *((fact, VANISHED) for fact in folded - state),
    ]
