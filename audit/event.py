"""An audit event: who did what to whom, when, from where, under which rule.

Owns the fields of an event and how they become a record. `to_record` leaves members out whose
value is None, and `source` and `data` when empty; null inside `decision` and `data` stays null.
Secrets never belong in an event; tokens are named by jti or family id (design: audit, write path).
Storing the record is the caller's, its canonical bytes are `audit.canonical`'s.
"""

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from audit import instant
from audit.canonical import MAX_INT
from audit.names import EventName
from audit.personal import Personal, aad, is_sealed

__all__ = [
    "Actor",
    "Encrypt",
    "Event",
    "EventValueError",
    "Personal",
    "Source",
    "aad",
    "new_id",
    "reveal",
    "to_record",
]

OUTCOMES: Final = frozenset({"done", "refused", "failed"})
MAX_DEPTH: Final = 16
MAX_TEXT: Final = 65_536  # characters of one string; a whole line is limited by the pack

Text = str | Personal | None
Encrypt = Callable[[Personal, bytes], dict[str, str]]


class EventValueError(ValueError):
    """A value that must not enter the log; the message names the member, never the value."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acted: kind (member, staff, client, system), id, and the role it acted in."""

    kind: str
    id: Text = None
    role: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where it came from: network address and device."""

    address: Text = None
    device: Text = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One act, as it will stand in the log. `data` and `decision` hold values of the value set."""

    id: str
    occurred_at: datetime
    name: EventName
    outcome: str
    actor: Actor
    on_behalf_of: Text = None
    subject: Text = None
    client: Text = None
    session: Text = None
    case: Text = None
    approval: Text = None
    source: Source = Source()
    request_id: Text = None
    decision: Mapping[str, Any] | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


_TEXTS: Final = (
    "on_behalf_of",
    "subject",
    "client",
    "session",
    "case",
    "approval",
    "request_id",
)

_ids_lock = threading.Lock()
_last_ms = -1
_counter = 0


def new_id(now: datetime) -> str:
    """Draw a UUIDv7 (RFC 9562 5.7, method 1): within one millisecond ids of a process increase.

    The lower 62 bits are drawn anew each time, so forked processes never share an id.
    """
    global _last_ms, _counter  # noqa: PLW0603 - the monotonic counter is per process by definition
    ms = int(now.timestamp() * 1000)
    drawn = int.from_bytes(os.urandom(10), "big")
    with _ids_lock:
        if _last_ms - 1000 < ms <= _last_ms:
            ms, _counter = _last_ms, _counter + 1
            if _counter > 0xFFF:  # 4,096 in one millisecond: borrow from the next
                ms, _counter = ms + 1, 0
            _last_ms = ms
        else:
            _last_ms, _counter = ms, drawn >> 69
        low = _counter
    tail = 0x8000000000000000 | (drawn & 0x3FFFFFFFFFFFFFFF)
    text = f"{ms:012x}7{low:03x}{tail:016x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def to_record(event: Event, encrypt: Encrypt) -> dict[str, Any]:
    """Turn an event into the record that is stored and sealed; EventValueError if it may not be.

    `encrypt` is called with each Personal and the additional data that binds it to its place.
    """
    writer = _Writer(event.id, encrypt)
    if event.outcome not in OUTCOMES:
        raise EventValueError("outcome is done, refused or failed")
    try:
        name, at = EventName(event.name).value, instant.to_text(event.occurred_at)
    except ValueError as error:
        raise EventValueError(str(error)) from None
    record: dict[str, Any] = {
        "id": writer.text(event.id, "id"),
        "occurred_at": at,
        "name": name,
        "outcome": event.outcome,
        "actor": writer.group(event.actor, ("kind", "id", "role"), "actor"),
    }
    for member in _TEXTS:
        value = getattr(event, member)
        if value is not None:
            record[member] = writer.plain(value, member)
    source = writer.group(event.source, ("address", "device"), "source")
    if source:
        record["source"] = source
    if event.decision is not None:
        record["decision"] = writer.outermost(event.decision, "decision")
    if event.data:
        record["data"] = writer.outermost(event.data, "data")
    return record


def reveal(
    record: Mapping[str, Any], decrypt: Callable[[Mapping[str, str], bytes], str | None]
) -> dict[str, Any]:
    """Copy a record with its personal values readable; null where the person's key is destroyed."""
    event_id = str(record["id"])

    def walk(value: Any, path: str) -> Any:
        if is_sealed(value):
            return decrypt(value, aad(event_id, path))
        if isinstance(value, Mapping):
            return {name: walk(member, _join(path, name)) for name, member in value.items()}
        if isinstance(value, list):
            return [walk(member, f"{path}.{index}") for index, member in enumerate(value)]
        return value

    return {name: walk(member, _join("", name)) for name, member in record.items()}


def _join(path: str, name: str) -> str:
    # A name with a dot must not look like a deeper place, or a ciphertext could be moved there.
    if "." in name or "~" in name:
        name = name.replace("~", "~0").replace(".", "~1")
    return f"{path}.{name}" if path else name


@dataclass(frozen=True, slots=True)
class _Writer:
    event_id: str
    encrypt: Encrypt

    def value(self, value: Any, path: str, depth: int) -> Any:
        if isinstance(value, str):
            return self.text(value, path)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            if not -MAX_INT <= value <= MAX_INT:
                raise EventValueError(f"{path}: an integer of 2^53 or more")
            return int(value)
        if isinstance(value, Personal):
            self.text(value.value, path)
            return self.encrypt(value, aad(self.event_id, path))
        if depth >= MAX_DEPTH:
            raise EventValueError(f"{path[:200]}: more than {MAX_DEPTH} levels deep")
        if isinstance(value, Mapping):
            return self.members(value, path, depth)
        if isinstance(value, list | tuple):
            return [self.value(v, f"{path}.{i}", depth + 1) for i, v in enumerate(value)]
        raise EventValueError(f"{path}: a value of type {type(value).__name__}")

    def outermost(self, value: Any, path: str) -> Any:
        if not isinstance(value, Mapping):
            raise EventValueError(f"{path}: not an object")
        return self.members(value, path, 0)

    def members(self, value: Mapping[Any, Any], path: str, depth: int) -> dict[str, Any]:
        record = {}
        for name, member in value.items():
            if not isinstance(name, str):
                raise EventValueError(f"{path}: a member name that is not a string")
            if name == "enc":
                raise EventValueError(f"{path}: the member name enc is reserved for ciphertexts")
            clean = self.text(name, path)
            record[clean] = self.value(member, _join(path, clean), depth + 1)
        return record

    def group(self, holder: Actor | Source, names: tuple[str, ...], path: str) -> dict[str, Any]:
        record = {}
        for name in names:
            value = getattr(holder, name)
            if value is not None:
                record[name] = self.plain(value, f"{path}.{name}")
        return record

    def plain(self, value: Any, path: str) -> Any:
        if isinstance(value, Personal):
            return self.value(value, path, 0)
        return self.text(value, path)

    def text(self, value: Any, path: str) -> str:
        if not isinstance(value, str):
            raise EventValueError(f"{path}: not a string")
        if len(value) > MAX_TEXT:
            raise EventValueError(f"{path}: longer than {MAX_TEXT} characters")
        if "\0" in value:
            raise EventValueError(f"{path}: contains NUL")
        if not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError:
                raise EventValueError(f"{path}: contains a lone surrogate") from None
        return value if type(value) is str else str.__str__(value)
