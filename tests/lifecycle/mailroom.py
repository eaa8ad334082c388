"""The mails of a sequence: read as the worker would, with who caused them and whom they concern."""

from __future__ import annotations

from typing import TYPE_CHECKING

from idp.mails.model import MailKind
from tests.lifecycle.browser import Browser
from tests.lifecycle.truth import Letter, Move

if TYPE_CHECKING:
    from tests.lifecycle.world import World

ABOUT_WHO_ASKED = (MailKind.NEW_ADDRESS, MailKind.OLD_ADDRESS)


def read_mails(world: World, cause: str) -> None:
    """Put what was promised since the last look among the letters."""
    mails = world.house.new_mails()
    move = None
    if cause in world.browsers and any(mail.kind in ABOUT_WHO_ASKED for mail in mails):
        move = _begin_move(world, world.browsers[cause])
    for mail in mails:
        person = next((p for p in world.people if p.subject == mail.subject), None)
        about = move if mail.kind in ABOUT_WHO_ASKED else None
        person = about.person if about else person
        if mail.to is not None:
            world.letters.append(Letter(mail, cause, person, world.house.now(), about))


def _begin_move(world: World, browser: Browser) -> Move:
    """Note a change of address; the one before it is good for nothing any more."""
    person, session = world.who(browser), world.session_of(browser)
    assert person is not None, "a change of address was begun by nobody"
    assert session is not None
    for move in world.moves:
        if move.person is person:
            move.void = move.void or "replaced"
    for letter in world.letters:
        if letter.move is not None and letter.person is person:
            letter.void = letter.void or "replaced"
    new = world.sent[-1].fields.get("email", "")
    world.moves.append(Move(person, person.address, new, session.root))
    return world.moves[-1]
