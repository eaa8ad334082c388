"""A client's metadata as it comes in (RFC 7591 2) and as it is kept; pure.

Drawing a secret is the one thing here that is not the same twice.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from idp.clients.model import READING_SCOPES
from idp.clients.registration import BadClient
from idp.policy.model import AuthMethod, ClientEntry, SigningAlgorithm

_SECRET = re.compile(r"[A-Za-z0-9_-]{43,512}")
_CLIENT_ID = re.compile(r"[A-Za-z0-9._~-]{1,128}")
_BY_SECRET = (AuthMethod.CLIENT_SECRET_BASIC, AuthMethod.CLIENT_SECRET_POST)
CREDENTIALS = ("token_endpoint_auth_method", "client_secret_sha256", "jwks", "jwks_uri")
"""What a change of the metadata leaves alone."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A client as it is stored."""

    entry: ClientEntry
    text: str = field(repr=False)

    @property
    def version(self) -> str:
        """Give the digest of it: what a reader saw is what they change, or nothing."""
        return digest_of(self.text)


def entry_from(metadata: Mapping[str, Any]) -> tuple[str, ClientEntry, str | None, bool]:
    """Read metadata: id, entry, secret (None without one), and whether it was drawn here.

    Unknown members are ignored, as RFC 7591 2 asks. Raises `BadClient`.
    """
    client_id = metadata.get("client_id") or f"c-{secrets.token_hex(8)}"
    if not isinstance(client_id, str):
        raise BadClient("client_id must be text")
    method = metadata.get("token_endpoint_auth_method", "client_secret_basic")
    given = metadata.get("client_secret")
    if given is not None and not (isinstance(given, str) and _SECRET.fullmatch(given)):
        raise BadClient("client_secret must be at least 43 base64url characters")
    drawn = given is None and method in {m.value for m in _BY_SECRET}
    secret = secrets.token_urlsafe(32) if drawn else given
    known = {f: metadata[f] for f in ClientEntry.__struct_fields__ if f in metadata}
    entry: dict[str, Any] = {
        "client_name": client_id,
        "redirect_uris": (),
        "scope": " ".join(READING_SCOPES),
        "first_party": False,
        "token_endpoint_auth_method": method,
        **known,
        "client_secret_sha256": hashlib.sha256(secret.encode()).hexdigest() if secret else None,
    }
    entry["id_token_signed_response_alg"] = metadata.get(
        "id_token_signed_response_alg", SigningAlgorithm.RS256.value
    )
    return client_id, _converted(client_id, entry), secret, drawn


def changed_entry(client_id: str, old: ClientEntry, metadata: Mapping[str, Any]) -> ClientEntry:
    """Replace the members that are given, but the credential; raises `BadClient`."""
    given = {
        name: metadata[name]
        for name in ClientEntry.__struct_fields__
        if name in metadata and name not in CREDENTIALS
    }
    return _converted(client_id, {**msgspec.to_builtins(old), **given})


def with_secret(entry: ClientEntry, secret_sha256: str) -> ClientEntry:
    """Give the entry with another secret's hash."""
    return msgspec.structs.replace(entry, client_secret_sha256=secret_sha256)


def read_entry(text: str) -> ClientEntry:
    """Read what is stored."""
    return msgspec.json.decode(text, type=ClientEntry)


def text_of(client_id: str, entry: ClientEntry) -> str:
    """Write what is stored; raises `BadClient` for what is no Unicode text (lone surrogates)."""
    try:
        return msgspec.json.encode(entry).decode()
    except UnicodeEncodeError:
        raise BadClient(f"{client_id}: the metadata is not Unicode text") from None


def digest_of(text: str) -> str:
    """Identify stored metadata: SHA-256 in lower-case hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def is_client_id(text: str) -> bool:
    """Tell whether a text could be a client's id at all; a NUL must not reach PostgreSQL."""
    return _CLIENT_ID.fullmatch(text) is not None


def _converted(client_id: str, entry: dict[str, Any]) -> ClientEntry:
    try:
        return msgspec.convert(entry, ClientEntry)
    except msgspec.ValidationError as error:
        raise BadClient(f"{client_id}: {error}") from None
