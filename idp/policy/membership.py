"""The shape of the policy files about the life of a member: invitation to last notice."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated

import msgspec

from idp.policy.values import Duration, Positive, Strict

MonthDay = Annotated[str, msgspec.Meta(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
"""A day of every year as `MM-DD`."""


class Registration(Strict, frozen=True):
    """`registration.toml`: from when members may register, and how long an invitation holds."""

    opens_on: date
    invitation_lifetime: Duration
    in_progress: Duration
    invite_on_payment: bool
    invite_paid_since: date
    """Members who paid before this day are invited only when somebody asks for it."""
    purposes_ja: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    """What personal data are used for (利用目的), shown before somebody registers."""
    purposes_en: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]


class Asked(StrEnum):
    """Which second factor a kind of browser is asked for, beyond what a client demands."""

    NOTHING = "nothing"
    OWN = "own"
    """The factors the member has set up; nothing when there are none."""
    EMAIL = "email"
    """As `own`, and a code by mail when the member has set up none."""


class Verification(Strict, frozen=True):
    """`verification.toml`: when a second factor is asked for, and how long its codes live."""

    on_new_device: Asked
    on_known_device: Asked
    code_lifetime: Duration
    in_progress: Duration
    recent: Duration
    """How long ago somebody may have authenticated to do something that matters."""
    recovery_codes: Positive
    passkey_challenge: Duration


class Recovery(Strict, frozen=True):
    """`recovery.toml`: a forgotten password, a changed mail address."""

    reset_lifetime: Duration
    address_change_lifetime: Duration
    undo: Duration
    """How long the old address may take a change back."""


class Closing(Strict, frozen=True):
    """Days on which the office is closed every year; `to` is the last of them."""

    about: str
    first: MonthDay
    last: MonthDay


class Calendar(Strict, frozen=True):
    """`calendar.toml`: business days and the days on which somebody is told something."""

    change_due_business_days: Positive
    changes_per_day: Positive
    """How many change requests one member may file within 24 hours."""
    notices_days_before_end: tuple[Positive, ...]
    year_end_refund_on: MonthDay
    year_end_refund_last_business_day: bool
    closings: tuple[Closing, ...] = ()


class Mail(Strict, frozen=True):
    """`mail.toml`: who our mails come from, and whose odd addresses are accepted."""

    sender: str
    sender_name_ja: str
    sender_name_en: str
    carrier_domains: tuple[str, ...]
    timeout: Duration
    retries: Annotated[tuple[Duration, ...], msgspec.Meta(min_length=1)]


class Provisioning(Strict, frozen=True):
    """`provisioning.toml`: what a core system may ask of the SCIM endpoint."""

    page_size: Positive
    bulk_operations: Positive
    bulk_bytes: Positive
    token_lifetime: Duration
