"""What the page of a member shows of a file: masked by role, or whole."""

from __future__ import annotations

from typing import Any

from idp.changes.texts import KINDS, STATES
from idp.invitations.model import Invitation
from idp.members.model import Address, Dated, Name
from idp.register_desk.change_queue import due_of
from idp.register_desk.masking import (
    HIDDEN,
    masked_address,
    masked_birth,
    masked_kana,
    masked_mail,
    masked_name,
    masked_phone,
)
from idp.register_desk.member_file import MemberFile, Moment
from idp.register_desk.words import (
    ACCOUNTS,
    DUES,
    EMPLOYMENTS,
    ENDED,
    INVITATIONS,
    MOMENTS,
    SENT_BY,
    STANDINGS,
)
from idp.web.i18n import long_date, translate
from idp.web.i18n import mark as _
from idp.web.organisation import Language

NOTHING = _("登録なし")
TIMELINE = 60


def shown(file: MemberFile, language: Language, *, clerk: bool, whole: bool) -> dict[str, Any]:
    """Give the values of the page; `clerk` sees more of it masked, `whole` is not masked at all."""
    member = file.member

    def say(message: str) -> str:
        return translate(message, language)

    def names(entry: Dated[Name]) -> str:
        name = entry.value
        if whole:
            in_use = f"（{name.name_in_use}）" if name.name_in_use else ""
            return f"{name.full}（{name.full_kana}）{in_use}"
        return f"{masked_name(name)}（{masked_kana(name)}）"

    def address(entry: Dated[Address | None]) -> str:
        if entry.value is None:
            return say(NOTHING)
        if whole:
            one = entry.value
            place = f"{one.region}{one.locality}{one.street_address}"
            return f"〒{one.postal_code} {place}"
        return masked_address(entry.value) if clerk else HIDDEN

    def phone(entry: Dated[str | None]) -> str:
        if entry.value is None:
            return say(NOTHING)
        return entry.value if whole else masked_phone(entry.value) if clerk else HIDDEN

    born = member.birth_on.isoformat() if whole else masked_birth(member.birth_on)
    mail = member.email or ""
    return {
        "member": member,
        "name": names(_now(member.names, file)),
        "names": _dated(member.names, names, file, language) if clerk else [],
        "addresses": _dated(member.addresses, address, file, language),
        "phones": _dated(member.phones, phone, file, language),
        "birth": born if clerk else HIDDEN,
        "workplace": member.workplace if clerk else HIDDEN,
        "employment": say(EMPLOYMENTS[member.employment.value]),
        "mail": mail if whole else masked_mail(mail) if mail else "",
        "sign_in": _sign_in(file, whole=whole),
        "standing": say(STANDINGS[file.standing.value]),
        "ends_on": file.ends_on,
        "account": say(ACCOUNTS[file.account]),
        "blocks_running": file.blocks_running,
        "blocks_lately": file.blocks_lately,
        "changes": [_change(file, one, language) for one in file.changes],
        "invitations": [_invitation(file, one, language) for one in file.invitations],
        "has_live_invitation": any(
            one.used_at is None and one.ended_at is None for one in file.invitations
        ),
        "withdrawals": [_withdrawal(one) for one in file.withdrawals],
        "moments": [_moment(one, language) for one in file.moments[:TIMELINE]],
        "today": file.today,
        "erased": file.erased,
        "whole": whole,
        "clerk": clerk,
    }


def _withdrawal(one: Any) -> dict[str, Any]:
    return {
        "url": f"/staff/register/withdrawals/{one.id}",
        "at": one.made_at,
        "undone": one.undone_at,
    }


def _now(entries: tuple[Dated[Name], ...], file: MemberFile) -> Dated[Name]:
    held = [one for one in entries if one.from_on <= file.today]
    return held[-1] if held else entries[0]


def _dated(
    entries: tuple[Dated[Any], ...], say: Any, file: MemberFile, language: Language
) -> list[dict[str, Any]]:
    """List what holds since when, the newest first; what is to come says so."""
    return [
        {
            "what": say(one),
            "since": long_date(one.from_on, language),
            "coming": one.from_on > file.today,
        }
        for one in reversed(entries)
    ]


def _sign_in(file: MemberFile, *, whole: bool) -> str:
    address = file.sign_in_address
    if not address:
        return ""
    return address if whole else masked_mail(address)


def _change(file: MemberFile, one: Any, language: Language) -> dict[str, Any]:
    return {
        "url": f"/staff/changes/{one.id}",
        "kind": translate(KINDS[one.kind], language),
        "state": translate(STATES[one.state], language),
        "due": translate(DUES[due_of(one, file.today)], language),
        "due_on": long_date(one.due_on, language),
        "filed_at": one.filed_at,
        "open": one.state.value == "open",
    }


def _invitation(file: MemberFile, one: Invitation, language: Language) -> dict[str, Any]:
    return {
        "way": translate(SENT_BY[one.sent_by.value], language),
        "created_at": one.created_at,
        "expires_at": one.expires_at,
        "state": translate(INVITATIONS[one.state(file.now).value], language),
        "why": translate(ENDED[one.end_reason], language)
        if one.end_reason and one.end_reason in ENDED
        else "",
    }


def _moment(one: Moment, language: Language) -> tuple[str, str]:
    kinds = {kind.value: text for kind, text in KINDS.items()}
    words = next((x[one.more] for x in (kinds, SENT_BY, ENDED) if one.more in x), None)
    said = translate(MOMENTS[one.what], language)
    about = translate(words, language) if words else ""
    return long_date(one.on, language), f"{said}（{about}）" if about else said
