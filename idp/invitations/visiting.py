"""What somebody who registers brings with each step, and how a step is refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from idp.errors import IdpError
from idp.invitations.model import Code
from idp.journal.model import Origin
from idp.web.organisation import Language


class NotOpenYet(IdpError):
    """Members may not register before the day the policy names."""

    code = "registration_not_open"
    status = 403


class RegistrationEnded(IdpError):
    """The registration is over, was begun in another browser, or its invitation is used up."""

    code = "registration_ended"
    status = 410


@dataclass(frozen=True, slots=True)
class Visit:
    """Where a step came from: the browser, its address buckets, the language of its pages."""

    device_cookie: str = field(repr=False)
    buckets: tuple[str, ...]
    origin: Origin
    language: Language


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody with an invitation typed."""

    code: Code
    member_number: str
    birth_on: date


@dataclass(frozen=True, slots=True)
class Refused:
    """The one answer to everything that did not fit; staff read more under the reference code."""

    reference: str
