"""The User resource as SCIM models: one member of the register (RFC 7643 4.1).

Only attributes that the register keeps are there; what is sent beside them is refused and not
passed over in silence. Importing this module costs half a second: see `idp.assembly.provisioning`.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from scim2_models import (
    URN,
    CaseExact,
    ComplexAttribute,
    Extension,
    Mutability,
    Required,
    Resource,
    Returned,
    Uniqueness,
)
from scim2_models.resources.resource import AnyExtension

USER_URN = "urn:ietf:params:scim:schemas:core:2.0:User"
MEMBERSHIP_URN = "urn:kumiai-id:scim:schemas:extension:membership:1.0:User"
ReadOnly = Mutability.read_only
Exactly = CaseExact.true


class Name(ComplexAttribute):
    """The name in kanji; the readings stand in the extension."""

    formatted: Annotated[
        str | None, ReadOnly, Exactly, Field(description="Family and given name, as shown.")
    ] = None
    family_name: Annotated[
        str | None, Required.true, Exactly, Field(description="姓, never normalised.")
    ] = None
    given_name: Annotated[
        str | None, Exactly, Field(description="名; absent for one who has a single name.")
    ] = None


class Email(ComplexAttribute):
    """The one address that invitations go to; the sign-in address is the account's own."""

    value: Annotated[str | None, Required.true, Field(description="The mail address.")] = None
    type: Annotated[str | None, Field(description='Answered as "home", whatever was sent.')] = None
    primary: Annotated[bool | None, Field(description="True: there is one at most.")] = None


class PhoneNumber(ComplexAttribute):
    """The one telephone number."""

    value: Annotated[
        str | None,
        Required.true,
        Field(description="E.164; Japanese spellings and tel: URIs are read too."),
    ] = None
    type: Annotated[str | None, Field(description='Answered as "home", whatever was sent.')] = None
    primary: Annotated[bool | None, Field(description="True: there is one at most.")] = None


class Address(ComplexAttribute):
    """The one postal address, in its Japanese parts."""

    formatted: Annotated[
        str | None, ReadOnly, Field(description="In Japanese order, with 〒 and line breaks.")
    ] = None
    postal_code: Annotated[str | None, Field(description="000-0000.")] = None
    region: Annotated[str | None, Field(description="都道府県, written in full.")] = None
    locality: Annotated[str | None, Field(description="市区町村.")] = None
    street_address: Annotated[str | None, Field(description="番地等; may hold line breaks.")] = None
    country: Annotated[str | None, Field(description="JP, or absent.")] = None
    type: Annotated[str | None, Field(description='Answered as "home", whatever was sent.')] = None
    primary: Annotated[bool | None, Field(description="True: there is one at most.")] = None


class Membership(Extension):
    """The dated facts of a membership, and what SCIM has no attribute for."""

    __schema__ = URN(MEMBERSHIP_URN)

    family_name_kana: Annotated[
        str | None, Required.true, Exactly, Field(description="姓カナ, full-width katakana.")
    ] = None
    given_name_kana: Annotated[
        str | None, Exactly, Field(description="名カナ; there when givenName is.")
    ] = None
    name_in_use: Annotated[str | None, Exactly, Field(description="通称.")] = None
    birth_date: Annotated[str | None, Required.true, Field(description="生年月日: a date.")] = None
    employment: Annotated[
        str | None, Required.true, Field(description="working (現職) or retired (退職).")
    ] = None
    workplace: Annotated[str | None, Exactly, Field(description="勤務先.")] = None
    capital_paid_on: Annotated[
        str | None, Field(description="出資金入金日; without it nobody is a member.")
    ] = None
    withdrawal_accepted_on: Annotated[str | None, Field(description="脱退届受理日.")] = None
    refund_planned_on: Annotated[
        str | None, Field(description="返還予定日; from this day there is no access.")
    ] = None
    capital_refunded_on: Annotated[
        str | None, Field(description="出資金返還日; from this day there is no access.")
    ] = None
    effective_on: Annotated[
        str | None,
        Mutability.write_only,
        Returned.never,
        Field(
            description="The day from which a changed name, address or telephone number holds;"
            " today if absent. Never answered."
        ),
    ] = None


class User(Resource[AnyExtension]):
    """One member of the register. `id` and `userName` are the member number."""

    __schema__ = URN(USER_URN)

    user_name: Annotated[
        str | None,
        Uniqueness.server,
        Required.true,
        Mutability.immutable,
        Exactly,
        Field(description="組合員番号: eight digits, permanent, never used again."),
    ] = None
    name: Annotated[Name | None, Required.true, Field(description="The name.")] = None
    active: Annotated[
        bool | None,
        ReadOnly,
        Field(description="Whether membership holds today; follows from the dated facts."),
    ] = None
    emails: Annotated[list[Email] | None, Field(description="One at most.")] = None
    phone_numbers: Annotated[list[PhoneNumber] | None, Field(description="One at most.")] = None
    addresses: Annotated[list[Address] | None, Field(description="One at most.")] = None


MemberUser: Any = User[Annotated[Membership, Required.true]]
"""The resource with its extension, which every member has. Built at run time: no static type."""
