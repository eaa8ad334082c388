"""What the SCIM endpoint takes and gives, free of any framework (RFC 7644)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from idp.journal.model import Origin

MEDIA_TYPE = "application/scim+json"
ERROR_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:Error"


class Scope(StrEnum):
    """What a token is good for; `write` includes `read`."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class ScimToken:
    """A core system's token without its secret, of which only a hash is kept."""

    id: str
    name: str
    scope: Scope
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None
    ended_at: datetime | None = None

    def is_live(self, now: datetime) -> bool:
        """Tell whether it is good at an instant."""
        return self.ended_at is None and now < self.expires_at


class ScimError(Exception):
    """A request that is refused, in the words of RFC 7644 3.12."""

    def __init__(
        self,
        status: int,
        detail: str,
        scim_type: str = "",
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.scim_type = scim_type
        self.headers = headers

    def as_content(self) -> dict[str, object]:
        """Give the error message."""
        content: dict[str, object] = {"schemas": [ERROR_SCHEMA], "status": str(self.status)}
        if self.scim_type:
            content["scimType"] = self.scim_type
        return content | {"detail": self.detail}


def bad_syntax(detail: str) -> ScimError:
    """Refuse a message that does not have the form of the protocol."""
    return ScimError(400, detail, "invalidSyntax")


def bad_value(detail: str) -> ScimError:
    """Refuse a value that an attribute cannot have."""
    return ScimError(400, detail, "invalidValue")


@dataclass(frozen=True, slots=True)
class ScimRequest:
    """One request behind the front door; `path` is what follows the base address."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    content_type: str
    bucket: str
    """The caller's address as limits count it."""
    origin: Origin


@dataclass(frozen=True, slots=True)
class ScimResponse:
    """Status, content (JSON, or nothing) and headers."""

    status: int
    content: Mapping[str, object] | None = None
    headers: tuple[tuple[str, str], ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Equals:
    """A filter's comparison of one attribute with a value."""

    attribute: str
    value: str | bool


@dataclass(frozen=True, slots=True)
class ChangedSince:
    """A filter for what was last changed after an instant, or at it (`inclusive`)."""

    at: datetime
    inclusive: bool


@dataclass(frozen=True, slots=True)
class Terms:
    """Conditions of which every one must hold, or (`any_of`) one of them."""

    terms: tuple[Condition, ...]
    any_of: bool


Condition = Equals | ChangedSince | Terms
