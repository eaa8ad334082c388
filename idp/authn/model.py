"""A sign-in: what was typed, and what can come of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from idp.accounts.model import EndReason
from idp.journal.model import Origin


@dataclass(frozen=True, slots=True)
class Attempt:
    """One password attempt as it came from a form. Cookies are None when the browser sent none."""

    username: str
    password: str = field(repr=False)
    shared_device: bool
    session_cookie: str | None = field(repr=False)
    device_cookie: str | None = field(repr=False)
    buckets: tuple[str, ...]
    origin: Origin


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Success: the browser gets this session cookie, and is known by this device cookie."""

    session_cookie: str = field(repr=False)
    device_cookie: str | None = field(repr=False)
    subject: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The one answer for every failure; the reference code says more to those entitled to it."""

    reference: str


@dataclass(frozen=True, slots=True)
class NoAccess:
    """The password was right, and access has ended for a reason that does not guard it."""

    why: EndReason
    reference: str


SignInResult = SignedIn | Failed | NoAccess
