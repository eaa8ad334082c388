"""Members: one by number, pages by number. Masked, but for who may view the register."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

import msgspec

from idp.accounts import store as accounts
from idp.accounts.model import Account
from idp.admin_api.looks import Looks
from idp.admin_api.model import Answer, Call, Shape, Wanted
from idp.admin_api.routes import Kind, Route
from idp.admin_api.words import Size
from idp.clock import Clock
from idp.members import store
from idp.members.japan.mail import masked as masked_mail
from idp.members.model import Address, Member, Name, address_on, name_on, phone_on
from idp.members.standing import access_ends_on, standing
from idp.policy.staff import Permission
from idp.storage.sql import Database


class ListMembers(Wanted, frozen=True):
    """Which page of the register."""

    after: Annotated[str, msgspec.Meta(pattern="^[0-9]{8}$")] = "00000000"
    limit: Size = 50


class NameShape(Shape, frozen=True):
    """A name as the register holds it."""

    family: str
    given: str
    family_kana: str
    given_kana: str
    in_use: str | None


class AddressShape(Shape, frozen=True):
    """A postal address."""

    postal_code: str
    region: str
    locality: str
    street_address: str


class AccountShape(Shape, frozen=True):
    """How the member's account stands."""

    subject: str
    stopped_at: datetime | None
    blocked_at: datetime | None


class MemberShape(Shape, frozen=True):
    """A member today. Without `admin:register.view` the last five stand there as null."""

    member_number: str
    standing: str
    employment: str
    access_ends_on: date | None
    capital_paid_on: date | None
    withdrawal_accepted_on: date | None
    refund_planned_on: date | None
    capital_refunded_on: date | None
    masked_name: str
    masked_email: str | None
    masked_phone: str | None
    account: AccountShape | None
    name: NameShape | None
    birth_on: date | None
    email: str | None
    phone: str | None
    address: AddressShape | None


class MemberPage(Shape, frozen=True):
    """Members by number."""

    members: list[MemberShape]
    next: str | None


@dataclass(frozen=True)
class Members:
    """The register, for programs."""

    database: Database
    clock: Clock
    looks: Looks

    def routes(self) -> tuple[Route, ...]:
        """Declare what is offered."""
        return (
            Route(
                method="GET",
                path="/members",
                need=Permission.MEMBER_VIEW,
                kind=Kind.PERSON,
                do=self.list,
                title="List members by number, a page at a time",
                query=ListMembers,
                gives=MemberPage,
            ),
            Route(
                method="GET",
                path="/members/{number}",
                need=Permission.MEMBER_VIEW,
                kind=Kind.PERSON,
                do=self.show,
                title="Show a member",
                gives=MemberShape,
            ),
        )

    def list(self, call: Call) -> Answer:
        """List a page; each member on it is a look."""
        asked: ListMembers = call.query
        with self.database.read() as tx:
            found = store.list_after(tx, asked.after, asked.limit)
        self.looks.take(call, [one.member_number for one in found])
        shown = [self._shape(call, one) for one in found]
        after = found[-1].member_number if len(found) == asked.limit else None
        return Answer(MemberPage(members=shown, next=after))

    def show(self, call: Call) -> Answer:
        """Show one."""
        with self.database.read() as tx:
            found = store.get(tx, call.place["number"])
        self.looks.take(call, [found.member_number])
        return Answer(self._shape(call, found))

    def _shape(self, call: Call, found: Member) -> MemberShape:
        with self.database.read() as tx:
            account = accounts.find_by_number(tx, found.member_number)
        whole = Permission.REGISTER_VIEW in call.caller.permissions
        return shape_of(found, account, self.clock.today(), whole=whole)


def shape_of(one: Member, account: Account | None, today: date, *, whole: bool) -> MemberShape:
    """Show a member as of a day; `whole` shows what is else masked."""
    name, phone, address = name_on(one, today), phone_on(one, today), address_on(one, today)
    email = account.address if account else one.email
    return MemberShape(
        member_number=one.member_number,
        standing=standing(one, today).value,
        employment=one.employment.value,
        access_ends_on=access_ends_on(one),
        capital_paid_on=one.capital_paid_on,
        withdrawal_accepted_on=one.withdrawal_accepted_on,
        refund_planned_on=one.refund_planned_on,
        capital_refunded_on=one.capital_refunded_on,
        masked_name=name.shown[:1] + "＊",
        masked_email=masked_mail(email) if email else None,
        masked_phone="＊" * 4 + phone[-2:] if phone else None,
        account=_account(account),
        name=_name(name) if whole else None,
        birth_on=one.birth_on if whole else None,
        email=email if whole else None,
        phone=phone if whole else None,
        address=_address(address) if whole and address else None,
    )


def _account(found: Account | None) -> AccountShape | None:
    if found is None:
        return None
    return AccountShape(
        subject=found.subject, stopped_at=found.stopped_at, blocked_at=found.disabled_at
    )


def _name(name: Name) -> NameShape:
    return NameShape(
        family=name.family,
        given=name.given,
        family_kana=name.family_kana,
        given_kana=name.given_kana,
        in_use=name.name_in_use,
    )


def _address(address: Address) -> AddressShape:
    return AddressShape(
        postal_code=address.postal_code,
        region=address.region,
        locality=address.locality,
        street_address=address.street_address,
    )
