"""The manifest of a pack: what the pack claims to be, signed.

Owns the strict form of `manifest.json` (canonical JSON) and of `manifest.sig` (a signed note over
its digest). Whether the claims are true is found out by `audit.verify`.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from audit import instant
from audit.canonical import NotCanonical, canonical, parse
from audit.names import EventName
from audit.note import NoteError, VerifierKey, check_name, parse_key

FORMAT: Final = 1
EVENTS, LEAVES, CHECKPOINTS = "events.jsonl", "leaves.txt", "checkpoints.txt"
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
DATA_FILES: Final = (CHECKPOINTS, EVENTS, LEAVES)
ALL_FILES: Final = frozenset({*DATA_FILES, MANIFEST, SIGNATURE})
MAX_MANIFEST: Final = 8 * 1024 * 1024
MAX_LINE: Final = 1024 * 1024
_HEX: Final = re.compile(r"[0-9a-f]{64}")


class BadManifest(ValueError):
    """The manifest does not have the one form it may have."""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """Length in bytes and SHA-256 (lower-case hex) of one file."""

    length: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Purge:
    """What a purge event says: which bodies of one class are gone, seqs in [from_seq, to_seq)."""

    event_seq: int
    class_: str
    count: int
    from_seq: int
    to_seq: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The claims of a pack; bodies are those of seqs in [from_seq, to_seq)."""

    origin: str
    size: int
    root: bytes
    from_seq: int
    to_seq: int
    period_from: datetime | None
    period_to: datetime | None
    made_at: datetime
    keys: tuple[VerifierKey, ...]
    purges: tuple[Purge, ...]
    files: Mapping[str, FileFacts]


def statement(origin: str, manifest: bytes) -> str:
    """Write the text that `manifest.sig` signs; it can never pass for a checkpoint."""
    digest = hashlib.sha256(manifest).hexdigest()
    return f"{origin}\naudit pack manifest v{FORMAT}\n{digest}\n"


def to_record(manifest: Manifest, keys: tuple[str, ...]) -> dict[str, Any]:
    """Turn a manifest into its record; `keys` are the verifier keys as text, the signer first."""
    return {
        "format": FORMAT,
        "origin": manifest.origin,
        "size": manifest.size,
        "root": manifest.root.hex(),
        "bodies": {"from_seq": manifest.from_seq, "to_seq": manifest.to_seq},
        "period": {
            "from": manifest.period_from and instant.to_text(manifest.period_from),
            "to": manifest.period_to and instant.to_text(manifest.period_to),
        },
        "made_at": instant.to_text(manifest.made_at),
        "keys": list(keys),
        "purges": [
            {"event_seq": purge.event_seq, **purge_data(purge)} for purge in manifest.purges
        ],
        "files": {
            name: {"length": facts.length, "sha256": facts.sha256}
            for name, facts in manifest.files.items()
        },
    }


def purge_data(purge: Purge) -> dict[str, Any]:
    """Write the `data` of a purge event."""
    return {
        "class": purge.class_,
        "count": purge.count,
        "from_seq": purge.from_seq,
        "to_seq": purge.to_seq,
        "sha256": purge.sha256,
    }


def read_purge_event(seq: int, record: Mapping[str, Any]) -> Purge:
    """Read a purge from its event; BadManifest if the event does not say what a purge must say."""
    if record.get("name") != EventName.AUDIT_PURGED or record.get("outcome") != "done":
        raise BadManifest("not an event of a purge that was done")
    return _purge(seq, record.get("data"))


def _purge(event_seq: int, data: Any) -> Purge:
    record = _members(data, ("class", "count", "from_seq", "sha256", "to_seq"), "purge")
    purge = Purge(
        event_seq,
        _text(record["class"], "purge class"),
        _number(record["count"], "purge count"),
        _number(record["from_seq"], "purge from_seq"),
        _number(record["to_seq"], "purge to_seq"),
        _digest(record["sha256"], "purge sha256"),
    )
    if not purge.from_seq <= purge.to_seq <= event_seq:
        raise BadManifest("a purge covers only what came before it")
    if purge.count > purge.to_seq - purge.from_seq:
        raise BadManifest("a purge counts more than its range holds")
    return purge


def decode(raw: bytes) -> Manifest:
    """Read `manifest.json`; BadManifest unless it is canonical JSON plus one newline."""
    if not raw.endswith(b"\n"):
        raise BadManifest("no newline at its end")
    try:
        record = _members(
            parse(raw[:-1]),
            (
                "bodies",
                "files",
                "format",
                "keys",
                "made_at",
                "origin",
                "period",
                "purges",
                "root",
                "size",
            ),
            "manifest",
        )
        if record["format"] != FORMAT or type(record["format"]) is not int:
            raise BadManifest("unknown format version")
        return _read(record)
    except (NotCanonical, NoteError) as error:
        raise BadManifest(str(error)) from None


def encode(record: Mapping[str, Any]) -> bytes:
    """Write the bytes of `manifest.json`."""
    return canonical(record) + b"\n"


def _read(record: dict[str, Any]) -> Manifest:
    bodies = _members(record["bodies"], ("from_seq", "to_seq"), "bodies")
    period = _members(record["period"], ("from", "to"), "period")
    files = _members(record["files"], DATA_FILES, "files")
    manifest = Manifest(
        origin=check_name(_text(record["origin"], "origin")),
        size=_number(record["size"], "size"),
        root=bytes.fromhex(_digest(record["root"], "root")),
        from_seq=_number(bodies["from_seq"], "from_seq"),
        to_seq=_number(bodies["to_seq"], "to_seq"),
        period_from=None if period["from"] is None else _time(period["from"], "period"),
        period_to=None if period["to"] is None else _time(period["to"], "period"),
        made_at=_time(record["made_at"], "made_at"),
        keys=tuple(parse_key(_text(text, "key")) for text in _list(record["keys"], "keys")),
        purges=tuple(_listed_purge(entry) for entry in _list(record["purges"], "purges")),
        files={name: _file(entry) for name, entry in files.items()},
    )
    if not manifest.from_seq <= manifest.to_seq <= manifest.size:
        raise BadManifest("the body range does not fit the size")
    if not manifest.keys or any(key.name != manifest.origin for key in manifest.keys):
        raise BadManifest("names no key of its origin")
    seqs = [purge.event_seq for purge in manifest.purges]
    if seqs != sorted(set(seqs)) or (seqs and seqs[-1] >= manifest.size):
        raise BadManifest("the purges are not in order")
    return manifest


def _listed_purge(entry: Any) -> Purge:
    names = ("class", "count", "event_seq", "from_seq", "sha256", "to_seq")
    record = dict(_members(entry, names, "purge"))
    return _purge(_number(record.pop("event_seq"), "purge event_seq"), record)


def _file(entry: Any) -> FileFacts:
    record = _members(entry, ("length", "sha256"), "file")
    return FileFacts(_number(record["length"], "length"), _digest(record["sha256"], "sha256"))


def _members(value: Any, names: tuple[str, ...], what: str) -> dict[str, Any]:
    if type(value) is not dict or set(value) != set(names):
        raise BadManifest(f"{what} does not have exactly the members {', '.join(names)}")
    return value


def _list(value: Any, what: str) -> list[Any]:
    if type(value) is not list:
        raise BadManifest(f"{what} is not a list")
    return value


def _text(value: Any, what: str) -> str:
    if type(value) is not str:
        raise BadManifest(f"{what} is not a string")
    return value


def _number(value: Any, what: str) -> int:
    if type(value) is not int or value < 0:
        raise BadManifest(f"{what} is not a number of 0 or more")
    return value


def _digest(value: Any, what: str) -> str:
    if not _HEX.fullmatch(_text(value, what)):
        raise BadManifest(f"{what} is not 64 lower-case hexadecimal digits")
    return str(value)


def _time(value: Any, what: str) -> datetime:
    try:
        return instant.from_text(_text(value, what))
    except ValueError as error:
        raise BadManifest(f"{what}: {error}") from None
