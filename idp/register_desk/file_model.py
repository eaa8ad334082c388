"""A register file that was uploaded: its states, what it would change, and what may be wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from idp.errors import IdpError


class FileState(StrEnum):
    """Where an uploaded file stands."""

    READING = "reading"
    """The worker compares it with the register."""
    FAULTY = "faulty"
    """Some lines cannot be read: nothing of it may be applied."""
    READY = "ready"
    WAITING = "waiting"
    """It was sent to a second person."""
    ACCEPTED = "accepted"
    """The worker applies it."""
    DONE = "done"
    STOPPED = "stopped"
    """The register was not what the file was accepted for; the rest was not applied."""
    DROPPED = "dropped"


HOLDS_CONTENT: Final = (FileState.READING, FileState.READY, FileState.WAITING, FileState.ACCEPTED)
"""Only in these states is the file itself kept."""


class Why(StrEnum):
    """Why a file ended without being applied."""

    TAKEN_BACK = "taken_back"
    NOT_SENT_ON = "not_sent_on"
    NOT_APPROVED = "not_approved"
    REGISTER_CHANGED = "register_changed"
    UNREADABLE = "unreadable"
    """What lies in the store is not what was put there."""


@dataclass(frozen=True, slots=True)
class RegisterFile:
    """One uploaded file, without its content."""

    id: str
    staff_id: str
    state: FileState
    uploaded_at: datetime
    sha256: str
    size: int
    lines: int
    """Physical lines, the header among them; progress is measured against it."""
    done: int
    """Batches that were read (while it is compared) or applied."""
    digests: tuple[str, ...] = field(default=(), repr=False)
    """Per batch, what it would change in the register as it was when it was compared."""
    created: int = 0
    updated: int = 0
    leaving: int = 0
    unchanged: int = 0
    refused: int = 0
    approval: str | None = None
    waits_until: datetime | None = None
    actor: Mapping[str, Any] | None = None
    reason: str | None = field(default=None, repr=False)
    accepted_at: datetime | None = None
    ended_at: datetime | None = None
    why: Why | None = None

    @property
    def changes(self) -> int:
        """Count the members it would change."""
        return self.created + self.updated


@dataclass(frozen=True, slots=True)
class Refusal:
    """A line that cannot be read: its number in the file, the column, and why."""

    line: int
    column: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One change of the preview: the member, what changes, and which kind of change it is."""

    number: str
    what: str
    leaving: bool


@dataclass
class FileReport:
    """What the preview shows beside the counts; kept sealed, and only so long as the file."""

    refusals: list[Refusal] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)


class UnknownFile(IdpError):
    """No register file of this id was uploaded."""

    code = "not_found"
    status = 404


class FileRefused(IdpError):
    """The file cannot go where it was sent; the detail says why."""

    code = "register_file"
    status = 409


class FileTooLarge(IdpError):
    """The file holds more bytes than policy allows."""

    code = "body_too_large"
    status = 413
