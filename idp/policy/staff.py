"""The shape of `roles.toml`: what each role of the staff may do, and how staff sign in.

The permissions are a closed set in code, for each is asked for somewhere in code; which role has
which of them is data.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from enum import StrEnum
from ipaddress import ip_network
from typing import Annotated, Final

import msgspec

from idp.policy.values import Duration, Positive, Strict

RoleName = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z_]{1,30}$")]
NEEDED: Final = ("helpdesk", "clerk", "security", "auditor", "administrator")
"""Roles every deployment has: other rules and the documentation name them."""


class Permission(StrEnum):
    """The closed set of what somebody of the staff may be allowed to do."""

    CASE_HANDLE = "case.handle"
    CASE_READ = "case.read"
    CASE_APPROVE = "case.approve"
    MEMBER_VIEW = "member.view"
    REGISTER_VIEW = "register.view"
    REGISTER_CHANGE = "register.change"
    REGISTER_APPROVE = "register.approve"
    REGISTER_EXPORT = "register.export"
    INVITATION_ISSUE = "invitation.issue"
    BLOCK_VIEW = "block.view"
    BLOCK_EXPLAIN = "block.explain"
    """Open a single block, or a reference code, outside a case."""
    BLOCK_LIFT = "block.lift"
    WEATHER_VIEW = "weather.view"
    POLICY_VIEW = "policy.view"
    POLICY_CHANGE = "policy.change"
    APPROVAL_DECIDE = "approval.decide"
    AUDIT_SEARCH = "audit.search"
    AUDIT_EXPORT = "audit.export"
    AUDIT_REVIEW = "audit.review"
    AUDIT_RETAIN = "audit.retain"
    CLIENT_VIEW = "client.view"
    CLIENT_CHANGE = "client.change"
    KEY_VIEW = "key.view"
    KEY_CHANGE = "key.change"
    STAFF_VIEW = "staff.view"
    STAFF_CHANGE = "staff.change"


class Role(Strict, frozen=True):
    """One role: its name for people, and what it may do."""

    name_ja: str
    name_en: str
    permissions: tuple[Permission, ...]
    grants: tuple[RoleName, ...] = ()
    """Roles its holders may ask for in a colleague's name, beside those they could do all of."""


class Exclusion(Strict, frozen=True):
    """Roles that nobody holds together, and why."""

    about: str
    roles: Annotated[tuple[RoleName, ...], msgspec.Meta(min_length=2)]


class StaffSessions(Strict, frozen=True):
    """How long somebody of the staff stays signed in."""

    idle: Duration
    absolute: Duration
    between_steps: Duration
    """Between the password and the code of one sign-in."""
    recent: Duration
    """How long ago somebody may have authenticated for an act that matters."""
    known_device: Duration
    """How long a browser is known after a sign-in."""


class Roles(Strict, frozen=True):
    """`roles.toml`."""

    enrolment_lifetime: Duration
    source_networks: tuple[str, ...]
    """CIDR; empty: from anywhere."""
    sessions: StaffSessions
    look_ups_per_hour: Positive
    """How many accounts, addresses and reference codes one person may look up outside a case."""
    roles: dict[RoleName, Role]
    exclusions: tuple[Exclusion, ...] = ()

    def forbidden_together(self, held: Collection[str]) -> Exclusion | None:
        """Give the rule that forbids holding these roles together, if one does."""
        for one in self.exclusions:
            if sum(role in held for role in one.roles) > 1:
                return one
        return None


def faults_of_roles(roles: Roles) -> Iterator[str]:
    """Name what `roles.toml` may not say."""
    for name in NEEDED:
        if name not in roles.roles:
            yield f"roles.toml: the role [roles.{name}] is missing"
    named = [("exclusions", name) for one in roles.exclusions for name in one.roles]
    for holder, role in roles.roles.items():
        named += [(f"[roles.{holder}] grants", name) for name in role.grants]
    for where, name in named:
        if name not in roles.roles:
            yield f"roles.toml: {where}: {name} is no role"
    for network in roles.source_networks:
        try:
            ip_network(network)
        except ValueError:
            yield f"roles.toml: source_networks: {network[:60]!r} is no network like 192.0.2.0/24"
    if roles.sessions.idle.seconds > roles.sessions.absolute.seconds:
        yield "roles.toml: sessions: idle is longer than absolute"
    if roles.forbidden_together(("security", "auditor")) is None:
        yield "roles.toml: exclusions: nobody may hold security and auditor together"
