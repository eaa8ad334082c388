"""Read a policy folder: one TOML file per area, strictly; digest; JSON Schemas.

Owns parsing and its error sentences. Which policy is in force is `idp.inforce`'s affair.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from idp.errors import SettingsError
from idp.policy.consistency import faults_of
from idp.policy.model import Duration, LimitName, Policy

AREAS: tuple[str, ...] = Policy.__struct_fields__
_TYPES: dict[str, Any] = dict(
    zip(AREAS, (f.type for f in msgspec.structs.fields(Policy)), strict=True)
)
_MAX_BYTES = 1_000_000


class BadPolicy(SettingsError):
    """A policy file is missing, unreadable, or says something that is not allowed."""

    code = "bad_policy"


@dataclass(frozen=True)
class Proposal:
    """The text of a policy folder and what it means. `digest` identifies the text."""

    texts: dict[str, str]
    policy: Policy
    digest: str


def read_folder(folder: Path) -> Proposal:
    """Read and check every file of a policy folder.

    Raises `BadPolicy` naming the file and the key.
    """
    if not folder.is_dir():
        raise BadPolicy(f"{folder}: no such policy folder")
    known = {f"{area}.toml" for area in AREAS}
    foreign = sorted(p.name for p in folder.glob("*.toml") if p.name not in known)
    if foreign:
        raise BadPolicy(f"{folder / foreign[0]}: unknown policy file; known are {sorted(known)}")
    texts = {area: _text(folder / f"{area}.toml") for area in AREAS}
    return proposal(texts, str(folder))


def proposal(texts: dict[str, str], where: str = "policy") -> Proposal:
    """Make a proposal from the files' texts; raises `BadPolicy`."""
    if set(texts) != set(AREAS):
        raise BadPolicy(f"{where}: wrong set of files: {sorted(set(texts) ^ set(AREAS))}")
    parts = {area: _parse(f"{where}/{area}.toml", area, texts[area]) for area in AREAS}
    missing = [name.value for name in LimitName if name not in parts["limits"]]
    if missing:
        raise BadPolicy(f"{where}/limits.toml: the limit [{missing[0]}] is missing")
    policy = Policy(**parts)
    for fault in faults_of(policy):
        raise BadPolicy(f"{where}/{fault}")
    return Proposal(texts, policy, digest_of(texts))


def digest_of(texts: dict[str, str]) -> str:
    """Identify a policy by the SHA-256 of its files' texts, in lower-case hex."""
    text = json.dumps(texts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def schema_of(area: str) -> dict[str, Any]:
    """Describe one policy file as JSON Schema (2020-12), for editors."""
    schema: dict[str, Any] = msgspec.json.schema(_TYPES[area], schema_hook=_schema_hook)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise BadPolicy(f"{path}: the file is missing") from None
    except OSError as error:
        raise BadPolicy(f"{path}: {error.strerror}") from error
    if len(data) > _MAX_BYTES:
        raise BadPolicy(f"{path}: larger than {_MAX_BYTES} bytes")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadPolicy(f"{path}: not UTF-8 at byte {error.start}") from None


def _parse(path: str, area: str, text: str) -> Any:
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadPolicy(f"{path}: {error}") from None
    try:
        return msgspec.convert(raw, _TYPES[area], dec_hook=_dec_hook)
    except msgspec.ValidationError as error:
        raise BadPolicy(f"{path}: {error}") from None


def _dec_hook(kind: type, value: object) -> object:
    if kind is Duration:
        if not isinstance(value, str):
            raise msgspec.ValidationError('a duration is written like "15m"')
        return Duration(value)
    raise NotImplementedError(kind)  # msgspec asks only for types it does not know


def _schema_hook(kind: type) -> dict[str, Any]:
    if kind is Duration:
        return {"type": "string", "pattern": "^[1-9][0-9]{0,6}[smhd]$"}
    raise NotImplementedError(kind)  # the answer msgspec expects for a type that is not ours
