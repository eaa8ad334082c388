"""The staff kept by two: a new colleague, other roles, another phone, somebody who leaves.

A one-time link goes by mail to the address that was shown and approved: neither who asks nor who
approves ever holds a colleague's link (who held it could sign in as them).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.approvals.given import number, only, text, texts
from idp.approvals.model import Author, Difference, Line, Parameters
from idp.members.japan.mail import parse_mail_address
from idp.policy.approvals import ApprovalKind
from idp.policy.staff import Permission
from idp.policy.staff import Roles as Rules
from idp.staff import role_store, session_store, store
from idp.staff.directory import MOST_NAME, StaffDirectory, words
from idp.staff.links import StaffLinks
from idp.staff.model import (
    Rule,
    StaffAccount,
    StaffRefused,
    effective_roles,
    in_service,
    may_grant,
)
from idp.staff.roles import check_role
from idp.storage.sql import Tx
from idp.web.i18n import mark as _

NAME, ADDRESS, ROLES = _("お名前"), _("メールアドレス"), _("役割")
COLLEAGUE, FOR_HOURS = _("職員"), _("役割が終わるまでの時間")
SET_UP, LINK_TO = _("パスワードと認証アプリを設定した日時"), _("設定のリンクの送り先")
MOST_HOURS = 14 * 24


@dataclass(frozen=True)
class OfStaff:
    """What all acts on the staff need."""

    directory: StaffDirectory
    links: StaffLinks

    @property
    def needs(self) -> Permission:
        """Name the permission of who asks."""
        return Permission.STAFF_CHANGE

    @property
    def rules(self) -> Rules:
        """Give the roles as policy has them now."""
        return self.directory.policy.policy.roles

    def permit(self, tx: Tx, parameters: Parameters, requester: str) -> None:
        """Nobody gives what they lack, and nobody does it to themselves."""
        if parameters.get("who") == requester:
            says = "nobody changes their own account; ask a colleague"
            raise StaffRefused(says, Rule.ABOUT_YOURSELF)
        given = (*texts(parameters, "roles"), *texts(parameters, "grant"))
        now = self.directory.clock.now()
        own = effective_roles(session_store.held_roles(tx, requester, now), self.rules)
        for role in given:
            if role in self.rules.roles and not may_grant(own, role, self.rules):
                says = f"the role {role} can do what yours cannot; it is given on the node"
                raise StaffRefused(says, Rule.NOT_YOURS_TO_GRANT)

    def found(self, tx: Tx, parameters: Parameters) -> StaffAccount:
        """Find whom it is about; raises `UnknownStaff`."""
        who = text(parameters, "who")
        return in_service(store.find(tx, who), who)

    def held(self, tx: Tx, staff_id: str) -> list[str]:
        """Name the roles somebody holds."""
        return [one.role for one in role_store.roles_of(tx, staff_id) if one.ended_at is None]

    def told(self, roles: list[str]) -> str | None:
        """Name roles as both persons read them, in the order of the policy."""
        known = self.rules.roles
        named = [f"{known[one].name_ja} ({one})" for one in known if one in roles]
        return ", ".join([*named, *(one for one in roles if one not in known)]) or None


@dataclass(frozen=True)
class AddStaff(OfStaff):
    """A new colleague: `address`, `name`, `roles`."""

    kind: ApprovalKind = ApprovalKind.STAFF_ADD

    def difference(self, tx: Tx, parameters: Parameters) -> Difference:
        """Show whom, with which roles; raises `BadMailAddress`, `StaffRefused`."""
        only(parameters, "address", "name", "roles")
        typed = parse_mail_address(text(parameters, "address"))
        if store.find_by_address(tx, typed.normal_form) is not None:
            says = "another staff account signs in with this address"
            raise StaffRefused(says, Rule.ADDRESS_TAKEN)
        roles: list[str] = []
        for role in texts(parameters, "roles"):
            check_role(roles, role, self.rules)
            roles.append(role)
        if not roles:
            raise StaffRefused("a colleague needs at least one role", Rule.NO_ROLE)
        name = words(text(parameters, "name"), MOST_NAME)
        lines = (Line(NAME, None, name), Line(ADDRESS, None, typed.typed))
        return Difference((*lines, Line(ROLES, None, self.told(roles))))

    def perform(self, tx: Tx, parameters: Parameters, author: Author, now: datetime) -> None:
        """Make the account, and send its link."""
        made = self.directory.add(
            text(parameters, "address"),
            text(parameters, "name"),
            texts(parameters, "roles"),
            author.actor,
            author.reason,
            approval=author.approval,
        )
        self.links.send(tx, made.account, made.link, now)


@dataclass(frozen=True)
class ChangeRoles(OfStaff):
    """Other roles: `who` (an id), `grant`, `revoke`; `hours`: how long, else for good."""

    kind: ApprovalKind = ApprovalKind.STAFF_ROLES

    def difference(self, tx: Tx, parameters: Parameters) -> Difference:
        """Show the roles before and after; raises `UnknownStaff`, `StaffRefused`."""
        only(parameters, "who", "grant", "revoke", "hours")
        account = self.found(tx, parameters)
        before = self.held(tx, account.id)
        after = list(before)
        for role in texts(parameters, "revoke"):
            if role not in after:
                raise StaffRefused(f"the role {role[:40]} is not held", Rule.NOT_HELD)
            after.remove(role)
        for role in texts(parameters, "grant"):
            check_role(after, role, self.rules)
            after.append(role)
        if set(after) == set(before):
            raise StaffRefused("no role changes", Rule.NOTHING_CHANGES)
        lines = [
            Line(COLLEAGUE, account.name, account.name),
            Line(ROLES, self.told(before), self.told(after)),
        ]
        hours = number(parameters, "hours", 1, MOST_HOURS)
        if hours is not None:
            lines.append(Line(FOR_HOURS, None, str(hours)))
        return Difference(tuple(lines), account.id)

    def perform(self, tx: Tx, parameters: Parameters, author: Author, now: datetime) -> None:  # noqa: ARG002
        """Take and give; the person signs in again to go on."""
        hours = number(parameters, "hours", 1, MOST_HOURS)
        self.directory.change_roles(
            text(parameters, "who"),
            texts(parameters, "grant"),
            texts(parameters, "revoke"),
            author.actor,
            author.reason,
            approval=author.approval,
            until=now + timedelta(hours=hours) if hours is not None else None,
        )


@dataclass(frozen=True)
class ReplaceFactors(OfStaff):
    """Another one-time link for who lost the phone or the first link: `who`."""

    kind: ApprovalKind = ApprovalKind.STAFF_FACTORS

    def difference(self, tx: Tx, parameters: Parameters) -> Difference:
        """Show whose factors, and where the link goes."""
        only(parameters, "who")
        account = self.found(tx, parameters)
        since = account.enrolled_at
        lines = (
            Line(COLLEAGUE, account.name, account.name),
            Line(SET_UP, since.isoformat(timespec="seconds") if since else None, None),
            Line(LINK_TO, None, account.address),
        )
        return Difference(lines, account.id)

    def perform(self, tx: Tx, parameters: Parameters, author: Author, now: datetime) -> None:
        """Make the link and send it; what is in force stays so until it is used."""
        who = text(parameters, "who")
        made = self.directory.enrol_again(
            who, author.actor, author.reason, approval=author.approval
        )
        self.links.send(tx, made.account, made.link, now)


@dataclass(frozen=True)
class EndStaff(OfStaff):
    """Somebody leaves: `who`. Everything of theirs ends at once."""

    kind: ApprovalKind = ApprovalKind.STAFF_END

    def difference(self, tx: Tx, parameters: Parameters) -> Difference:
        """Show who leaves, and with which roles."""
        only(parameters, "who")
        account = self.found(tx, parameters)
        lines = (
            Line(COLLEAGUE, account.name, None),
            Line(ADDRESS, account.address, None),
            Line(ROLES, self.told(self.held(tx, account.id)), None),
        )
        return Difference(lines, account.id)

    def perform(self, tx: Tx, parameters: Parameters, author: Author, now: datetime) -> None:  # noqa: ARG002
        """End the account; what they asked for is over with the worker's next look."""
        who = text(parameters, "who")
        self.directory.end(who, author.actor, author.reason, approval=author.approval)
