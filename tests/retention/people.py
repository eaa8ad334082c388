"""Members and accounts of a deployment, made without a feed."""

from __future__ import annotations

from datetime import date

from idp.clock import to_micros
from idp.members import store as members
from idp.members.model import Address, Dated, Employment, Member, Name
from tests.retention.house import House

NAME = Name("見本", "花子", "ミホン", "ハナコ")
STREET = "見本町一丁目二番三号"
LONG_AGO = date(2001, 4, 1)


def a_member(house: House, number: str, refunded_on: date | None = None) -> Member:
    """Put a member into the register, former when the capital was refunded."""
    member = Member(
        member_number=number,
        birth_on=date(1950, 1, 2),
        employment=Employment.RETIRED,
        workplace="見本小学校",
        names=(Dated(NAME, LONG_AGO),),
        addresses=(Dated(Address("1000001", "東京都", "千代田区", STREET), LONG_AGO),),
        phones=(Dated("+81312345678", LONG_AGO),),
        email=f"register{number}@mihon.example",
        capital_paid_on=LONG_AGO,
        capital_refunded_on=refunded_on,
    )
    f = house.foundation
    with f.database.begin() as tx:
        members.add_many(tx, [member], to_micros(f.clock.now()))
    return member
