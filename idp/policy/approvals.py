"""The shape of `approvals.toml`: which acts of the staff wait for a second person."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

import msgspec

from idp.policy.staff import Permission, Roles
from idp.policy.values import Duration, Strict


class ApprovalKind(StrEnum):
    """The closed set of acts that policy may send to a second person."""

    STAFF_ADD = "staff.add"
    STAFF_ROLES = "staff.roles"
    STAFF_FACTORS = "staff.factors"
    STAFF_END = "staff.end"
    MEMBER_DISCLOSURE = "member.disclosure"
    MEMBER_ADDRESS = "member.address"
    MEMBER_FACTOR = "member.factor"
    REGISTER_IMPORT = "register.import"
    REGISTER_WITHDRAWAL = "register.withdrawal"
    REGISTER_EXPORT = "register.export"
    BLOCK_LIFT_ALL = "block.lift_all"
    POLICY_ACTIVATION = "policy.activation"
    AUDIT_HOLD = "audit.hold"
    AUDIT_PURGE = "audit.purge"
    KEY_EMERGENCY = "key.emergency"
    CLIENT_SECRET = "client.secret"  # noqa: S105 - the name of an act


class SecondPerson(Strict, frozen=True):
    """What one act asks for before it is done."""

    kind: ApprovalKind
    from_count: Annotated[int, msgspec.Meta(ge=1)] = 1
    """From how many records on a second person is asked; smaller acts are done at once, until those
    of one person come to so many."""
    decided_by: Permission = Permission.APPROVAL_DECIDE
    """What the second person must be allowed to do."""
    break_glass: bool = False
    """Whether it may be done at once in an emergency, with a review afterwards."""


class Approvals(Strict, frozen=True):
    """`approvals.toml`."""

    lifetime: Duration
    """How long a request waits before it is over."""
    review_within: Duration
    """Within which time a break-glass act must have been reviewed."""
    counted_over: Duration
    """Over which time what one person did alone counts towards `from_count`."""
    acts: tuple[SecondPerson, ...]

    def for_kind(self, kind: ApprovalKind) -> SecondPerson | None:
        """Give what this act asks for; None where one person is enough."""
        return next((one for one in self.acts if one.kind is kind), None)


def faults_of_approvals(approvals: Approvals, roles: Roles) -> Iterator[str]:
    """Name what `approvals.toml` may not say."""
    kinds = [one.kind for one in approvals.acts]
    for kind in dict.fromkeys(k for k in kinds if kinds.count(k) > 1):
        yield f"approvals.toml: {kind} stands there twice"
    if approvals.review_within.seconds > 24 * 3600:
        yield "approvals.toml: review_within is more than 24 hours"
    if not 3600 <= approvals.counted_over.seconds <= 31 * 86400:
        yield "approvals.toml: counted_over is less than an hour or more than 31 days"
    if approvals.lifetime.seconds > 14 * 86400:
        yield "approvals.toml: lifetime is more than 14 days"
    for one in approvals.acts:
        if not any(one.decided_by in role.permissions for role in roles.roles.values()):
            yield f"approvals.toml: {one.kind}: no role of roles.toml has {one.decided_by}"
