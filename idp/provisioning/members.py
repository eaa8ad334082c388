"""Creating, replacing and patching members: the acts behind `/Users` and `/Bulk`.

An act is read and checked first, outside any transaction (`read_…`), and applied in the caller's
(`apply`), where the register is held: what a clerk approves meanwhile is not overwritten.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ValidationError
from scim2_models import Context, Error, PatchOp, SCIMException

from idp.clock import Clock, to_micros
from idp.inforce.service import PolicyInForce
from idp.members import store as register_store
from idp.members.changes import Create as Added
from idp.members.changes import Update
from idp.members.model import Member
from idp.members.register_file import RegisterRow
from idp.members.service import Batch, Register
from idp.provisioning import store
from idp.provisioning.mapping import effective_on, row_of, user_of, version_of
from idp.provisioning.model import ScimError
from idp.provisioning.schema import MemberUser
from idp.storage.sql import Tx

NOT_FOUND = "no member has this id"
TAKEN = "a member with this userName is in the register; change it with PUT or PATCH"
NEVER_DELETED = (
    "a member is never deleted: record withdrawalAcceptedOn and capitalRefundedOn;"
    " access ends on that day by itself"
)
CHANGED = "the member was changed meanwhile: read it again"
_MAX_DETAIL = 500
_TAG = re.compile(r'(?:W/)?"([^"]*)"')


@dataclass(frozen=True, slots=True)
class Create:
    """A member to add."""

    number: str
    row: RegisterRow
    from_on: date


@dataclass(frozen=True, slots=True)
class Replace:
    """All that is known of a member, told anew."""

    number: str
    row: RegisterRow
    from_on: date
    if_match: str | None


@dataclass(frozen=True, slots=True)
class Patch:
    """Operations on a member as they stand when it is applied."""

    number: str
    operations: Any
    if_match: str | None


Act = Create | Replace | Patch


@dataclass(frozen=True, slots=True)
class Done:
    """What an act led to: the member as it is now."""

    status: int
    member: Member
    changed_at: int
    on: date

    @property
    def version(self) -> str:
        """Give the entity tag."""
        return version_of(self.member, self.changed_at, self.on)


@dataclass(frozen=True)
class Members:
    """Reads and applies acts on members."""

    clock: Clock
    policy: PolicyInForce
    register: Register
    base: str
    """The address of the endpoint."""

    def show(self, done: Done) -> Any:
        """Give the User of a member."""
        return user_of(done.member, done.changed_at, done.on, self.base)

    def read_create(self, content: dict[str, Any]) -> Create:
        """Read what POST sends; raises `ScimError`."""
        user = _user(content, Context.RESOURCE_CREATION_REQUEST)
        row = row_of(user, self._carriers)
        return Create(row.member_number, row, effective_on(user, self.clock.today()))

    def read_replace(self, number: str, content: dict[str, Any], if_match: str | None) -> Replace:
        """Read what PUT sends; raises `ScimError`."""
        user = _user(content, Context.RESOURCE_REPLACEMENT_REQUEST)
        row = row_of(user, self._carriers)
        if row.member_number != number:
            raise ScimError(400, "userName cannot be changed", "mutability")
        return Replace(number, row, effective_on(user, self.clock.today()), if_match)

    def read_patch(self, number: str, content: dict[str, Any], if_match: str | None) -> Patch:
        """Read what PATCH sends; raises `ScimError`."""
        try:
            operations: Any = PatchOp[MemberUser].model_validate(
                content, scim_ctx=Context.RESOURCE_PATCH_REQUEST
            )
        except ValidationError as error:
            raise refused(error) from None
        return Patch(number, operations, if_match)

    def apply(self, tx: Tx, act: Act, batch: Batch) -> Done:
        """Apply an act with its event; raises `ScimError`, having written nothing."""
        now, today = self.clock.now(), self.clock.today()
        register_store.hold(tx)
        found = store.find_member(tx, act.number)
        if isinstance(act, Create):
            if found is not None:
                raise ScimError(409, TAKEN, "uniqueness")
            made = self.register.apply_row(tx, None, act.row, act.from_on, batch, now)
            assert isinstance(made, Added), "who is not there is added"
            return Done(201, made.member, to_micros(now), today)
        if found is None:
            raise ScimError(404, NOT_FOUND)
        check_version(act.if_match, version_of(*found, today))
        row, from_on = (
            (act.row, act.from_on) if isinstance(act, Replace) else self._patched(act, found, today)
        )
        change = self.register.apply_row(tx, found[0], row, from_on, batch, now)
        if isinstance(change, Update):
            return Done(200, change.after, to_micros(now), today)
        return Done(200, *found, today)

    def _patched(
        self, act: Patch, found: tuple[Member, int], today: date
    ) -> tuple[RegisterRow, date]:
        """Apply the operations to what holds on the day from which they shall hold."""
        from_on = today
        for _ in range(2):
            user = user_of(*found, from_on, self.base)
            try:
                act.operations.patch(user)
            except SCIMException as error:
                raise ScimError(error.status, str(error)[:_MAX_DETAIL], error.scim_type) from None
            except ValidationError as error:
                raise refused(error) from None
            wanted = effective_on(user, today)
            if wanted == from_on:
                break
            from_on = wanted
        row = row_of(user, self._carriers)
        if row.member_number != act.number:
            raise ScimError(400, "userName cannot be changed", "mutability")
        return row, from_on

    @property
    def _carriers(self) -> tuple[str, ...]:
        return self.policy.policy.mail.carrier_domains


def check_version(if_match: str | None, version: str) -> None:
    """Refuse with 412 unless a version asked for is the present one (RFC 9110 13.1.1)."""
    if if_match is None or if_match.strip() == "*":
        return
    if version.removeprefix("W/").strip('"') not in _TAG.findall(if_match):
        raise ScimError(412, CHANGED)


def refused(error: ValidationError) -> ScimError:
    """Word the first thing that is wrong with a message."""
    first = Error.from_validation_errors(error.errors(include_input=False, include_url=False))[0]
    return ScimError(first.status or 400, (first.detail or "")[:_MAX_DETAIL], first.scim_type or "")


def _user(content: dict[str, Any], context: Context) -> Any:
    try:
        return MemberUser.model_validate(content, scim_ctx=context)
    except ValidationError as error:
        raise refused(error) from None
