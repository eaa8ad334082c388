"""A sign-in: what was typed, what is still missing, and what can come of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from idp.accounts.model import EndReason
from idp.blocks.model import Block
from idp.errors import IdpError
from idp.journal.model import Origin
from idp.web.organisation import Language


@dataclass(frozen=True, slots=True)
class Visit:
    """The browser of an attempt. Cookies are None when it sent none."""

    session_cookie: str | None = field(repr=False)
    device_cookie: str | None = field(repr=False)
    buckets: tuple[str, ...]
    origin: Origin
    language: Language = "ja"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One password attempt as it came from a form."""

    username: str
    password: str = field(repr=False)
    shared_device: bool
    visit: Visit
    target: str = ""
    """What goes on afterwards: the handle of an authorization request, or a page of one's own."""
    wanted: tuple[str, ...] = ()
    """The `acr` values the client asked for, in its order."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A sign-in after a right password, until its second factor is shown."""

    handle_hash: str
    browser_hash: str
    subject: str
    credentials_changed_at: datetime
    amr: tuple[str, ...]
    request: str
    wanted: tuple[str, ...]
    shared_device: bool
    expires_at: datetime
    consumed_at: datetime | None


@dataclass(frozen=True, slots=True)
class SeenSession:
    """A session as the page of devices shows it."""

    id: str
    agent: str | None
    address: str | None
    created_at: datetime
    auth_time: datetime
    last_seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SeenDevice:
    """A browser that is known to an account."""

    device_hash: str
    agent: str | None
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Success: the browser gets this session cookie, and is known by this device cookie."""

    session_cookie: str = field(repr=False)
    device_cookie: str | None = field(repr=False)
    subject: str
    target: str = ""


@dataclass(frozen=True, slots=True)
class CodeNeeded:
    """The password was right; a second factor is asked for before anything else."""

    handle: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Failed:
    """The one answer for every failure; the reference code says more to those entitled to it.

    `blocks` are what a device that is known to the account is told; a stranger's are always empty.
    """

    reference: str
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True)
class NoAccess:
    """The password was right, and access has ended for a reason that does not guard it."""

    why: EndReason
    reference: str


SignInResult = SignedIn | CodeNeeded | Failed | NoAccess


class SignInOver(IdpError):
    """The sign-in in progress is unknown, finished, too old, or another browser's."""

    code = "sign_in_over"
    status = 400
