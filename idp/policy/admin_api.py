"""The shape of `admin_api.toml`, and what a program may be allowed to do through the admin API.

A scope is a permission of the staff with `admin:` before it. Permissions to decide as the second
person, and to speak with a caller, are no scopes: a program is never the second person.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Final

import msgspec

from idp.policy.staff import Permission, Roles
from idp.policy.values import Duration, Positive, Strict

ROOT: Final = "/admin/v1"
PREFIX: Final = "admin:"
OFFERED: Final = frozenset(
    {
        Permission.MEMBER_VIEW,
        Permission.REGISTER_VIEW,
        Permission.REGISTER_CHANGE,
        Permission.INVITATION_ISSUE,
        Permission.BLOCK_VIEW,
        Permission.BLOCK_LIFT,
        Permission.CLIENT_VIEW,
        Permission.CLIENT_CHANGE,
        Permission.KEY_VIEW,
        Permission.KEY_CHANGE,
        Permission.STAFF_VIEW,
        Permission.AUDIT_SEARCH,
    }
)
FOR_PEOPLE: Final = frozenset(Permission) - OFFERED
"""What only a person may do: decide upon what another asked for, judge a caller, sign a review, say
who is of the staff, change the policy, take data out of the house."""
SCOPES: Final = {f"{PREFIX}{one.value}": one for one in Permission if one in OFFERED}
"""Every scope of the admin API with its permission; each opens something."""


class Window(Strict, frozen=True):
    """At most `count` in a sliding `period`."""

    count: Positive
    period: Duration


class AdminApi(Strict, frozen=True):
    """`admin_api.toml`."""

    calls: Window
    """Requests of one client."""
    persons: Window
    """Members whose records one client is shown."""
    idempotency_lifetime: Duration
    """How long an answer is kept for a repeated `Idempotency-Key`."""
    largest_body: Annotated[int, msgspec.Meta(ge=1024, le=4_000_000)]
    """Bytes."""


def permissions_of(scopes: Collection[str]) -> frozenset[Permission]:
    """Give the permissions that scopes stand for; others are not this API's."""
    return frozenset(SCOPES[scope] for scope in scopes if scope in SCOPES)


def is_own(scope: str) -> bool:
    """Tell whether a scope is one of the admin API."""
    return scope.startswith(PREFIX)


def audience_of(issuer: str) -> str:
    """Name the admin API of a provider as a resource (RFC 8707 2)."""
    return issuer + ROOT


def why_not_together(held: Collection[Permission], roles: Roles) -> str | None:
    """Tell why nobody may hold these permissions together; None when one may.

    What only one role gives makes its holder one of that role; roles that exclude each other do so
    for programs as well.
    """
    for rule in roles.exclusions:
        touched = [role for role in rule.roles if set(held) & _only_of(role, roles)]
        if len(touched) > 1:
            return f"{rule.about} ({', '.join(touched)})"
    return None


def fault_of_scopes(scopes: Collection[str], roles: Roles) -> str | None:
    """Name what is wrong with the scopes of one client."""
    for scope in sorted(scopes):
        if scope.startswith(PREFIX) and scope not in SCOPES:
            return f"scope: {scope!r} is no scope of the admin API"
    why = why_not_together(permissions_of(scopes), roles)
    return f"scope: {why}" if why else None


def faults_of_admin_api(rules: AdminApi, scopes: Mapping[str, str], roles: Roles) -> Iterator[str]:
    """Name what `admin_api.toml` and the scopes of `clients.toml` may not say."""
    if rules.idempotency_lifetime.seconds < 3600:
        yield "admin_api.toml: idempotency_lifetime is at least an hour: a client must find out"
    for client_id, text in scopes.items():
        fault = fault_of_scopes(text.split(), roles)
        if fault is not None:
            yield f"clients.toml: {client_id}: {fault}"


def _only_of(role: str, roles: Roles) -> set[Permission]:
    others = {p for name, one in roles.roles.items() if name != role for p in one.permissions}
    return set(roles.roles[role].permissions) - others
