"""Somebody of the staff, as the console and the log know them; pure rules about roles.

What a role may do is policy (`roles.toml`); who holds which role is a fact with a beginning and an
end. Permissions are derived from both at each request and never stored.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from audit.event import Actor
from idp.blocks.model import Block
from idp.errors import IdpError
from idp.journal.model import Origin
from idp.policy.staff import Permission, Roles
from idp.web.organisation import Language


@dataclass(frozen=True, slots=True)
class StaffAccount:
    """One named person; `id` is random, permanent, and what the log knows."""

    id: str
    name: str
    address: str
    password_hash: str | None = field(repr=False)
    credentials_changed_at: datetime
    created_at: datetime
    enrolled_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role somebody holds or held, since when and by whom."""

    role: str
    granted_at: datetime
    granted_by: str
    reason: str
    ended_at: datetime | None = None
    ended_by: str | None = None
    end_reason: str | None = None
    until: datetime | None = None
    """When a role of an emergency ends by itself."""


@dataclass(frozen=True, slots=True)
class StaffSession:
    """One signed-in browser of somebody of the staff; the cookie is another secret."""

    id: str
    staff_id: str
    auth_time: datetime
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Acting:
    """Who acts on a page of the console, and what they may do at this moment."""

    staff_id: str
    name: str
    address: str
    roles: tuple[str, ...]
    permissions: frozenset[Permission]
    session: StaffSession
    cookie: str = field(repr=False)

    def may(self, permission: Permission) -> bool:
        """Tell whether one of the roles allows it."""
        return permission in self.permissions

    def actor(self, permission: Permission, roles: Roles) -> Actor:
        """Give the actor of an event: the role that allows the act stands beside the id."""
        return Actor("staff", self.staff_id, role_for(self.roles, permission, roles))

    @property
    def plain_actor(self) -> Actor:
        """Give the actor of an event that no single permission stands behind."""
        return Actor("staff", self.staff_id, ",".join(self.roles) or None)


@dataclass(frozen=True, slots=True)
class StaffProgress:
    """A sign-in after a right password, until a code is shown."""

    handle_hash: str
    browser_hash: str
    staff_id: str
    credentials_changed_at: datetime
    target: str
    expires_at: datetime
    consumed_at: datetime | None


@dataclass(frozen=True, slots=True)
class StaffVisit:
    """The browser of an attempt."""

    session_cookie: str | None = field(repr=False)
    device_cookie: str | None = field(repr=False)
    buckets: tuple[str, ...]
    origin: Origin
    language: Language = "ja"


@dataclass(frozen=True, slots=True)
class StaffSignedIn:
    """Success: the browser gets these cookies."""

    session_cookie: str = field(repr=False)
    device_cookie: str = field(repr=False)
    target: str


@dataclass(frozen=True, slots=True)
class StaffCodeNeeded:
    """The password was right; a code is asked for, always."""

    handle: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class StaffFailed:
    """The one answer for every failure; `blocks` are empty for browsers that are not known."""

    reference: str
    blocks: tuple[Block, ...] = ()


class End(StrEnum):
    """Why a session of the staff ended."""

    SIGNED_OUT = "signed_out"
    SIGNED_IN_AGAIN = "signed_in_again"
    EXPIRED = "expired"
    ACCOUNT_ENDED = "account_ended"
    ROLE_CHANGED = "role_changed"
    CREDENTIALS_CHANGED = "credentials_changed"
    FOREIGN_NETWORK = "foreign_network"


class UnknownStaff(IdpError):
    """There is no such account, or it has ended."""

    code = "unknown_staff"
    status = 404


class Rule(StrEnum):
    """Which rule about staff accounts stood in the way; pages have a sentence for each."""

    ADDRESS_TAKEN = "address_taken"
    LAST_ADMINISTRATOR = "last_administrator"
    NO_ROLE = "no_role"
    UNKNOWN_ROLE = "unknown_role"
    HELD_ALREADY = "held_already"
    NOT_HELD = "not_held"
    NOT_TOGETHER = "not_together"
    NOT_YOURS_TO_GRANT = "not_yours_to_grant"
    ABOUT_YOURSELF = "about_yourself"
    NOTHING_CHANGES = "nothing_changes"
    NO_WORDS = "no_words"


class StaffRefused(IdpError):
    """An act on a staff account that the rules forbid; the detail says which."""

    code = "staff_refused"
    status = 409

    def __init__(self, detail: str, rule: Rule | None = None) -> None:
        super().__init__(detail)
        self.rule = rule


class StaffSignInOver(IdpError):
    """The sign-in in progress is unknown, finished, too old, or another browser's."""

    code = "sign_in_over"
    status = 400


def in_service(account: StaffAccount | None, who: str) -> StaffAccount:
    """Give an account that has not ended; raises `UnknownStaff`."""
    if account is None or account.ended_at is not None:
        raise UnknownStaff(f"{who[:80]}: no staff account of this address or id is in service")
    return account


def role_for(held: Collection[str], permission: Permission, rules: Roles) -> str | None:
    """Name the first role that allows something."""
    return next(
        (r for r in held if r in rules.roles and permission in rules.roles[r].permissions), None
    )


def effective_roles(held: Collection[str], rules: Roles) -> tuple[str, ...]:
    """Give the held roles that count: known to the policy, and excluded by no other one held.

    A policy that came into force later may forbid what was granted before; neither role counts then
    (nobody audits himself while somebody tidies up).
    """
    known = [role for role in rules.roles if role in held]
    clashing = {
        role
        for one in rules.exclusions
        if sum(r in known for r in one.roles) > 1
        for role in one.roles
    }
    return tuple(role for role in known if role not in clashing)


def may_grant(held: Collection[str], role: str, rules: Roles) -> bool:
    """Tell whether who holds these roles may ask for a role in a colleague's name.

    Nobody grants what they lack: the role can do nothing that theirs cannot, or the policy says of
    one of theirs that it grants this one.
    """
    own = permissions_of(held, rules)
    named = any(role in rules.roles[one].grants for one in held)
    return named or own.issuperset(rules.roles[role].permissions)


def permissions_of(roles: Collection[str], rules: Roles) -> frozenset[Permission]:
    """Collect what these roles may do."""
    return frozenset(p for role in roles for p in rules.roles[role].permissions)
