"""What one request may bring about: read from its fields, its browser, and the mails before it.

Deliberately generous where a rule could be argued about, and strict where the promises are: no
password without what was mailed or the old one, no session without the password and whatever
second factor is asked for, nothing out of what an earlier change has ended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from idp.mails.model import MailKind
from tests.lifecycle.browser import DEVICE, Browser
from tests.lifecycle.people import Person
from tests.lifecycle.returning import returning
from tests.lifecycle.truth import Entitled, Letter, folded, totp_fits

if TYPE_CHECKING:
    from tests.lifecycle.world import World

RESET, CHANGE, ADDRESS = "/recover/password", "/account/password", "/account/address"


def entitled(world: World, browser: Browser, path: str, fields: dict[str, str]) -> Entitled:
    """Tell what sending this form may do."""
    allowed = Entitled()
    today = world.house.today()
    able = [person for person in world.people if person.may_enter(today)]
    for person in able:
        if _shows_password(person, fields):
            known = (browser.cookies.get(DEVICE, ""), person) in world.devices
            asked = not known and (world.mail_code_asked or person.totp is not None)
            (allowed.continues if asked else allowed.enters).add(person)
        if _shows_code(world, person, browser, fields):
            allowed.enters.add(person)
        if path == RESET and _shows_reset(world, person, browser, fields):
            allowed.resets.add(person)
    here = world.who(browser)
    if here is not None:
        if path == CHANGE and fields.get("password") == here.password and _twice(fields):
            allowed.changes = here
        if path.startswith("/account/stop"):
            allowed.stops = here
    if path.startswith(ADDRESS):
        _confirm(world, here, fields, allowed)
    if path == "/register":
        proven = returning(world, browser, fields)
        allowed.returns = proven if _twice(fields) else None
    return allowed


def _shows_password(person: Person, fields: dict[str, str]) -> bool:
    is_it = fields.get("username") == person.address and bool(person.password)
    return is_it and fields.get("password") == person.password


def _shows_code(world: World, person: Person, browser: Browser, fields: dict[str, str]) -> bool:
    now = world.house.now()
    begun = any(
        one.person is person and one.browser == browser.name and not one.void
        for one in world.pending
        if one.handle == fields.get("progress")
    )
    if not begun:
        return False
    code = folded(fields)
    if person.totp is not None:
        return totp_fits(person, code, now)
    return any(
        one.person is person and one.browser == browser.name and one.value("code") == code
        for one in world.letters
        if one.proves(MailKind.SIGN_IN_CODE, now)
    )


def _shows_reset(world: World, person: Person, browser: Browser, fields: dict[str, str]) -> bool:
    if not _twice(fields):
        return False
    now, code = world.house.now(), folded(fields)
    opened = world.opened.get(browser.name, [])
    return any(
        one.person is person and (one.secret in opened or one.value("code") == code)
        for one in world.letters
        if one.proves(MailKind.RESET, now)
    )


def _twice(fields: dict[str, str]) -> bool:
    new = fields.get("new_password", "")
    return bool(new) and new == fields.get("new_password_again")


def _confirm(world: World, here: Person | None, fields: dict[str, str], allowed: Entitled) -> None:
    """Note which mailboxes have confirmed a change of address, and what follows from it."""
    now, code, link = world.house.now(), folded(fields), fields.get("link", "")

    def shown(kind: MailKind, person: Person) -> list[Letter]:
        return [
            one
            for one in world.letters
            if one.proves(kind, now) and one.person is person and one.value("link")
            if (link and one.secret == link)
            or (code and one.value("code") == code and here is person)
        ]

    for person in world.people:
        if shown(MailKind.ADDRESS_CHANGED, person):
            allowed.undoes.add(person)
        for move in world.moves:
            if move.person is not person or move.void or not person.may_enter(world.house.today()):
                continue
            for kind in (MailKind.NEW_ADDRESS, MailKind.OLD_ADDRESS):
                if any(one.move is move for one in shown(kind, person)):
                    move.confirmed.add(kind)
            taken = any(p.address == move.new for p in world.people)
            if len(move.confirmed) == 2 and not taken:
                allowed.moves[person] = move.new
