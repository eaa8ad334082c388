"""Evidence packs: documents about a period under one signed manifest, and their verifier.

Such a folder holds figures and no records: it proves who vouches for the figures and that no byte
of them changed since. What the figures rest on is proven by a pack of the log (`audit.verify`).
The statement that is signed can pass neither for a checkpoint nor for the manifest of a log pack.
"""

import hashlib
import os
import re
import stat
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from audit import checkpoint as checkpoints
from audit import instant
from audit.canonical import NotCanonical, canonical, parse
from audit.checkpoint import Checkpoint
from audit.folder import Altered, facts_of, open_regular
from audit.manifest import MANIFEST, MAX_MANIFEST, SIGNATURE, FileFacts
from audit.note import NoteError, VerifierKey, check_name, fingerprint, parse_key
from audit.signed import Signed

KIND: Final = "evidence"
FORMAT: Final = 1
REPORT: Final = "evidence.pdf"
"""Stands in every evidence pack and in no other: by it one is recognised."""
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,39}\.(?:json|pdf)")
_HEX: Final = re.compile(r"[0-9a-f]{64}")
_MAX_SIGNATURE: Final = 4096
_MAX_TEXT: Final = 100


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the manifest of an evidence pack says; the period is [begin, end)."""

    origin: str
    period: str
    begin: datetime
    end: datetime
    finished: bool
    checkpoint: str | None
    """The checkpoint that closes the period, as it was signed; None for a log that was empty."""
    keys: tuple[str, ...]
    files: Mapping[str, FileFacts]


@dataclass(frozen=True, slots=True)
class EvidenceReport:
    """What was found. `problem` is the first thing that does not hold, None when all holds."""

    problem: str | None
    fingerprint: str | None = None
    evidence: Evidence | None = None
    closing: Checkpoint | None = None
    kept_equal: int = 0
    """Checkpoints the auditor kept that are the closing one."""

    @property
    def ok(self) -> bool:
        """Say whether nothing speaks against the pack."""
        return self.problem is None


def is_evidence(path: Path) -> bool:
    """Tell whether a folder claims to be an evidence pack; it is then verified as nothing else."""
    try:
        return REPORT in os.listdir(path)
    except OSError:
        return False


def statement(origin: str, manifest: bytes) -> str:
    """Write the text that is signed."""
    return f"{origin}\naudit {KIND} manifest v{FORMAT}\n{hashlib.sha256(manifest).hexdigest()}\n"


def encode(evidence: Evidence) -> bytes:
    """Write the bytes of `manifest.json`."""
    record = {
        "kind": KIND,
        "format": FORMAT,
        "origin": evidence.origin,
        "period": {
            "name": evidence.period,
            "from": instant.to_text(evidence.begin),
            "to": instant.to_text(evidence.end),
            "finished": evidence.finished,
        },
        "checkpoint": evidence.checkpoint,
        "keys": list(evidence.keys),
        "files": {
            name: {"length": facts.length, "sha256": facts.sha256}
            for name, facts in evidence.files.items()
        },
    }
    return canonical(record) + b"\n"


def verify_evidence(
    path: Path, *, keys: Sequence[VerifierKey] = (), kept: Sequence[str] = ()
) -> EvidenceReport:
    """Verify an evidence pack; never raises for what it contains."""
    try:
        return _verify(path, keys, kept)
    except Altered as found:
        return EvidenceReport(str(found))
    except OSError as error:
        return EvidenceReport(f"cannot read the pack: {error.strerror or type(error).__name__}")


def _verify(path: Path, keys: Sequence[VerifierKey], kept: Sequence[str]) -> EvidenceReport:
    names = set(os.listdir(path))
    for name in sorted({MANIFEST, SIGNATURE} - names):
        raise Altered(f"{name}: missing")
    for name in sorted(names):
        if not stat.S_ISREG((path / name).lstat().st_mode):
            raise Altered(f"{name!a}: not a regular file")
    with ExitStack() as stack:
        files = {name: stack.enter_context(open_regular(path / name)) for name in sorted(names)}
        raw = files.pop(MANIFEST).read(MAX_MANIFEST + 1)
        signature = files.pop(SIGNATURE).read(_MAX_SIGNATURE + 1)
        try:
            evidence, own = _decode(raw)
            signed = Signed(evidence.origin, tuple(keys) or own, authenticated=bool(keys))
            closing, signer = _signed(evidence, raw, signature, signed)
        except (_BadEvidence, NotCanonical) as error:
            raise Altered(f"{MANIFEST}: {error}") from None
        for name in sorted(set(evidence.files) - set(files)):
            raise Altered(f"{name}: missing")
        for name in sorted(set(files) - set(evidence.files)):
            raise Altered(f"{name!a}: does not belong to the pack")
        for name, claimed in evidence.files.items():
            if facts_of(files[name]) != claimed:
                raise Altered(f"{name}: its length or SHA-256 is not the one in the manifest")
    equal = _hold_against(closing, kept, signed)
    return EvidenceReport(None, fingerprint(signer.public_key), evidence, closing, equal)


def _signed(
    evidence: Evidence, raw: bytes, signature: bytes, signed: Signed
) -> tuple[Checkpoint | None, VerifierKey]:
    try:
        text = signature.decode()
        if signed.open(text) != statement(evidence.origin, raw):
            raise Altered(f"{MANIFEST}: not the one that was signed")
        signer = signed.signer(text)
    except (UnicodeDecodeError, NoteError) as error:
        said = "not UTF-8" if isinstance(error, UnicodeDecodeError) else error
        raise Altered(f"{SIGNATURE}: {said}") from None
    if evidence.checkpoint is None:
        return None, signer
    try:
        return signed.checkpoint(evidence.checkpoint), signer
    except NoteError as error:
        raise Altered(f"{MANIFEST}: its checkpoint: {error}") from None


def _hold_against(closing: Checkpoint | None, kept: Sequence[str], signed: Signed) -> int:
    """Hold kept checkpoints against the closing one as far as that goes without the records."""
    equal = 0
    for text in kept:
        try:
            one = signed.checkpoint(text)
        except NoteError as error:
            raise Altered(f"kept checkpoint: {error}") from None
        if closing is None:
            continue
        if one.size == closing.size:
            if one.root != closing.root:
                raise Altered("the kept checkpoint of the same size has another root")
            equal += 1
        elif (one.size < closing.size) != (one.at <= closing.at) and one.at != closing.at:
            raise Altered("times go back between a kept checkpoint and the one that closes this")
    return equal


class _BadEvidence(ValueError):
    """The manifest does not have the one form it may have."""


def _decode(raw: bytes) -> tuple[Evidence, tuple[VerifierKey, ...]]:
    if len(raw) > MAX_MANIFEST or not raw.endswith(b"\n"):
        raise _BadEvidence("too large, or no newline at its end")
    record = _members(
        parse(raw[:-1]),
        ("checkpoint", "files", "format", "keys", "kind", "origin", "period"),
        "manifest",
    )
    if record["kind"] != KIND or record["format"] != FORMAT or type(record["format"]) is not int:
        raise _BadEvidence("not an evidence manifest of a version that is known")
    period = _members(record["period"], ("finished", "from", "name", "to"), "period")
    if type(period["finished"]) is not bool or type(record["keys"]) is not list:
        raise _BadEvidence("finished is not a boolean, or keys is not a list")
    note = record["checkpoint"]
    try:
        keys = tuple(parse_key(_text(key, 1000)) for key in record["keys"])
        evidence = Evidence(
            origin=check_name(_text(record["origin"])),
            period=_text(period["name"]),
            begin=instant.from_text(_text(period["from"])),
            end=instant.from_text(_text(period["to"])),
            finished=period["finished"],
            checkpoint=None if note is None else _text(note, 10_000),
            keys=tuple(record["keys"]),
            files=_files(record["files"]),
        )
        if note is not None:
            checkpoints.parse(note)
    except (NoteError, ValueError) as error:
        raise _BadEvidence(str(error)) from None
    if not keys or any(key.name != evidence.origin for key in keys):
        raise _BadEvidence("names no key of its origin")
    return evidence, keys


def _files(listed: Any) -> dict[str, FileFacts]:
    if type(listed) is not dict or REPORT not in listed:
        raise _BadEvidence(f"lists no {REPORT}")
    found = {}
    for name, entry in listed.items():
        facts = _members(entry, ("length", "sha256"), "file")
        if not _NAME.fullmatch(name) or name == MANIFEST:
            raise _BadEvidence("lists a file of a name that none may have")
        if type(facts["length"]) is not int or not _HEX.fullmatch(_text(facts["sha256"])):
            raise _BadEvidence(f"{name}: no length, or no SHA-256")
        found[name] = FileFacts(facts["length"], facts["sha256"])
    return found


def _members(value: Any, names: tuple[str, ...], what: str) -> dict[str, Any]:
    if type(value) is not dict or set(value) != set(names):
        raise _BadEvidence(f"{what} does not have exactly the members {', '.join(names)}")
    return value


def _text(value: Any, most: int = _MAX_TEXT) -> str:
    if type(value) is not str or len(value) > most:
        raise _BadEvidence("a text is missing or too long")
    return value
