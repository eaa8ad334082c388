"""Whether somebody of the staff is the member a case is about, as far as anybody can know."""

from __future__ import annotations

from idp.accounts.model import Account
from idp.lifecycle.address_change import normal_form_of
from idp.members.errors import BadMailAddress
from idp.members.japan.text import search_key
from idp.members.model import Member
from idp.staff.model import StaffAccount


def is_same_person(who: StaffAccount, member: Member, account: Account | None) -> bool:
    """Compare mail addresses and names; a namesake is left to a colleague, too."""
    own = _normal(who.address)
    addresses = {
        _normal(one) for one in (member.email, account.address if account else None) if one
    }
    names = {search_key(entry.value.full) for entry in member.names}
    names |= {search_key(e.value.name_in_use) for e in member.names if e.value.name_in_use}
    return own in addresses or search_key(who.name) in names


def _normal(address: str) -> str:
    try:
        return normal_form_of(address)
    except BadMailAddress:
        return address.lower()
