"""The ring of signing keys: announced -> active -> retiring -> retired, as pure rules.

Invariants: at most one active key per algorithm, and exactly one per wanted algorithm once a plan
was applied and its announcement is over; a key signs only after it was published for
`announce_for`, unless nobody can wait: at the first start, when no algorithm has a key, and when
the active key was compromised, since its clients wait for a signature. An algorithm that joins a
ring at work is announced first: whoever knows the ring knows others. Nothing is chosen at random; a
retired key never comes back and has no private part. Generating keys and storing the ring is left
to `keys.vault`.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from keys.errors import BrokenRing, IllegalTransition, KeyTooYoung, UnknownKey
from keys.record import KeyRecord, KeyState
from keys.rules import Act, RotationRules, Step

__all__ = [
    "Act",
    "KeyRecord",
    "KeyState",
    "RotationRules",
    "Step",
    "activate",
    "announce",
    "apply",
    "check",
    "compromise",
    "plan",
    "retire",
]

Ring = tuple[KeyRecord, ...]


def plan(records: Sequence[KeyRecord], now: datetime, rules: RotationRules) -> list[Step]:
    """Say what is due now; applied, nothing is due at the same moment. Raises BrokenRing."""
    check(records)
    steps = [step for alg in rules.algs for step in _renew(records, alg, now, rules)]
    steps += [step for record in records for step in _put_away(record, now, rules)]
    return steps


def apply(
    records: Sequence[KeyRecord],
    steps: Sequence[Step],
    now: datetime,
    rules: RotationRules,
    fresh: Sequence[KeyRecord],
) -> Ring:
    """Carry out a plan; `fresh` holds one new key for each ANNOUNCE step, in their order."""
    after, unused = tuple(records), list(fresh)
    for step in steps:
        match step.act:
            case Act.ANNOUNCE:
                if not unused or unused[0].alg != step.alg:
                    raise IllegalTransition(f"no new {step.alg} key was made for this step")
                new = unused.pop(0)
                after = announce(after, new)
                if step.at_once:
                    after = _start(after, new, now)
            case Act.ACTIVATE:
                waiting = _get(after, step.kid or "")
                if step.at_once:
                    after = _start(after, waiting, now)
                else:
                    after = activate(after, waiting.kid, now, rules)
            case Act.RETIRE:
                after = retire(after, step.kid or "", now, rules)
            case Act.WITHDRAW:
                after = _withdraw(after, step.kid or "", now, rules)
    if unused:
        raise IllegalTransition("more keys were made than the steps announce")
    check(after)
    return after


def announce(records: Sequence[KeyRecord], record: KeyRecord) -> Ring:
    """Add a new key in state announced; raise IllegalTransition for any other, or a known one."""
    if record.state is not KeyState.ANNOUNCED:
        raise IllegalTransition(f"a new key is announced first, not {record.state}")
    if any(known.kid == record.kid for known in records):
        raise IllegalTransition(f"the key {record.kid} is already in the ring")
    return (*records, record)


def activate(records: Sequence[KeyRecord], kid: str, now: datetime, rules: RotationRules) -> Ring:
    """Let an announced key sign; its predecessor becomes retiring in the same step.

    Raises UnknownKey, IllegalTransition, and KeyTooYoung unless its clients cannot wait.
    """
    record = _get(records, kid)
    if record.state is not KeyState.ANNOUNCED:
        raise IllegalTransition(f"the key {kid} is {record.state}, only an announced one can start")
    ready_at = record.announced_at + rules.announce_for
    if now < ready_at and not _cannot_wait(records, record.alg):
        raise KeyTooYoung(
            f"relying parties may not know the key {kid} before {ready_at.isoformat()}", ready_at
        )
    return _start(records, record, now)


def retire(records: Sequence[KeyRecord], kid: str, now: datetime, rules: RotationRules) -> Ring:
    """Publish a key no more and destroy its private part.

    A retiring key must have outlived its tokens (else KeyTooYoung); an announced one has signed
    nothing and may go at any time; an active one is IllegalTransition: activate a successor.
    """
    record = _get(records, kid)
    if record.state is KeyState.RETIRING:
        ready_at = _retire_at(record, rules)
        if now < ready_at:
            raise KeyTooYoung(
                f"tokens signed with the key {kid} may live until {ready_at.isoformat()}", ready_at
            )
    elif record.state is KeyState.ACTIVE:
        raise IllegalTransition(f"the key {kid} is active: activate a successor first")
    elif record.state is KeyState.RETIRED:
        raise IllegalTransition(f"the key {kid} is retired already")
    return _put(records, _retired(record, now))


def compromise(records: Sequence[KeyRecord], kid: str, now: datetime) -> Ring:
    """Give up a key at once, whatever its state; a plan then finds its successor."""
    record = _get(records, kid)
    marked = replace(record, compromised_at=record.compromised_at or now)
    return _put(records, marked if record.state is KeyState.RETIRED else _retired(marked, now))


def check(records: Sequence[KeyRecord]) -> None:
    """Raise BrokenRing when stored records contradict the invariants."""
    repeated = [kid for kid, count in Counter(r.kid for r in records).items() if count > 1]
    if repeated:
        raise BrokenRing(f"the key {repeated[0]} is stored twice")
    active = Counter(r.alg for r in records if r.state is KeyState.ACTIVE)
    for alg, count in active.items():
        if count > 1:
            raise BrokenRing(f"{count} keys are active for {alg}, one may be")
    for record in records:
        _check_record(record)


def _check_record(record: KeyRecord) -> None:
    needed = {KeyState.ACTIVE: "activated_at", KeyState.RETIRING: "retiring_at"}
    name = needed.get(record.state)
    if name is not None and getattr(record, name) is None:
        raise BrokenRing(f"the key {record.kid} is {record.state} without {name}")
    if record.state is not KeyState.RETIRED and record.compromised_at is not None:
        raise BrokenRing(f"the key {record.kid} is compromised and yet {record.state}")


def _renew(
    records: Sequence[KeyRecord], alg: str, now: datetime, rules: RotationRules
) -> list[Step]:
    active, waiting = _active(records, alg), _waiting(records, alg)
    known = waiting is not None and now >= waiting.announced_at + rules.announce_for
    if active is None or active.activated_at is None:
        at_once = _cannot_wait(records, alg)
        if waiting is None:
            why = "no key can sign" if at_once else "the algorithm is new"
            return [Step(Act.ANNOUNCE, alg, None, why, at_once=at_once)]
        step = Step(Act.ACTIVATE, alg, waiting.kid, "no key can sign", at_once=at_once)
        return [step] if at_once or known else []
    age = now - active.activated_at
    if waiting is None:
        # One announcement ahead, so that the successor is known everywhere on the day.
        due = age >= rules.active_for - rules.announce_for
        return [Step(Act.ANNOUNCE, alg, None, "the active key will be due")] if due else []
    due = known and age >= rules.active_for
    return [Step(Act.ACTIVATE, alg, waiting.kid, "the active key is due")] if due else []


def _cannot_wait(records: Sequence[KeyRecord], alg: str) -> bool:
    """Tell whether a key of this algorithm must sign before everyone can know it."""
    if _active(records, alg) is not None:
        return False
    if all(record.state is not KeyState.ACTIVE for record in records):
        return True  # the first start: nobody knows any key yet
    signed = [r for r in records if r.alg == alg and r.activated_at is not None]
    last = max(signed, key=lambda record: record.activated_at or record.announced_at, default=None)
    return last is not None and last.compromised_at is not None


def _start(records: Sequence[KeyRecord], record: KeyRecord, now: datetime) -> Ring:
    predecessor = _active(records, record.alg)
    after = _put(records, replace(record, state=KeyState.ACTIVE, activated_at=now))
    if predecessor is not None:
        after = _put(after, replace(predecessor, state=KeyState.RETIRING, retiring_at=now))
    return after


def _put_away(record: KeyRecord, now: datetime, rules: RotationRules) -> list[Step]:
    if record.state is KeyState.RETIRING and now >= _retire_at(record, rules):
        return [Step(Act.RETIRE, record.alg, record.kid, "its last token has expired")]
    unwanted = record.alg not in rules.algs
    if unwanted and record.state in (KeyState.ACTIVE, KeyState.ANNOUNCED):
        return [Step(Act.WITHDRAW, record.alg, record.kid, "its algorithm is no longer wanted")]
    return []


def _withdraw(records: Ring, kid: str, now: datetime, rules: RotationRules) -> Ring:
    record = _get(records, kid)
    if record.state is KeyState.ACTIVE:
        return _put(records, replace(record, state=KeyState.RETIRING, retiring_at=now))
    return retire(records, kid, now, rules)


def _get(records: Sequence[KeyRecord], kid: str) -> KeyRecord:
    for record in records:
        if record.kid == kid:
            return record
    raise UnknownKey(f"no key {kid!r} in the ring")


def _active(records: Sequence[KeyRecord], alg: str) -> KeyRecord | None:
    return next((r for r in records if r.alg == alg and r.state is KeyState.ACTIVE), None)


def _waiting(records: Sequence[KeyRecord], alg: str) -> KeyRecord | None:
    waiting = [r for r in records if r.alg == alg and r.state is KeyState.ANNOUNCED]
    return min(waiting, key=lambda record: (record.announced_at, record.kid), default=None)


def _retire_at(record: KeyRecord, rules: RotationRules) -> datetime:
    if record.retiring_at is None:
        raise BrokenRing(f"the key {record.kid} is retiring without retiring_at")
    return record.retiring_at + rules.retire_after


def _retired(record: KeyRecord, now: datetime) -> KeyRecord:
    return replace(record, state=KeyState.RETIRED, retired_at=now, wrapped_private=None)


def _put(records: Sequence[KeyRecord], changed: KeyRecord) -> Ring:
    return tuple(changed if record.kid == changed.kid else record for record in records)
