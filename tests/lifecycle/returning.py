"""A stopped member comes back: invitation, mailed code, password; and who may do that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from idp.mails.model import MailKind
from tests.lifecycle.browser import Browser
from tests.lifecycle.house import Kept
from tests.lifecycle.people import Person
from tests.lifecycle.truth import Letter, folded

if TYPE_CHECKING:
    from tests.lifecycle.world import World


@dataclass(eq=False)
class Registration:
    """A registration in progress: of whose invitation, in which browser, for which address."""

    invitation: Letter
    browser: str
    email: str = ""
    proven: bool = False


def note_step(world: World, browser: Browser, fields: dict[str, str]) -> None:
    """Note what a form of a registration may have brought about, after it was sent."""
    begun = world.registrations.get(fields.get("request", ""))
    if begun is not None and fields.get("step") == "email":
        begun.email, begun.proven = fields.get("email", ""), False
    handle = parse_qs(urlsplit(browser.at).query).get("request", [""])[0]
    for letter in world.letters:
        is_it = letter.mail.kind is MailKind.INVITATION and not letter.void
        if handle and is_it and letter.value("code") == fields.get("invitation_code"):
            world.registrations[handle] = Registration(letter, browser.name)


def returning(world: World, browser: Browser, fields: dict[str, str]) -> Person | None:
    """Tell who may come back by this form: the invited, with what both mailboxes were sent."""
    begun = world.registrations.get(fields.get("request", ""))
    if begun is None or begun.browser != browser.name or begun.invitation.void:
        return None
    for letter in world.letters:
        is_it = letter.mail.kind is MailKind.REGISTER_CODE and letter.mail.to == begun.email
        begun.proven |= is_it and letter.value("code") == folded(fields)
    box = begun.invitation.mail.to
    invited = next((person for person in world.people if box in person.mailboxes), None)
    return invited if begun.proven else None


def see_return(world: World, person: Person, kept: Kept, fields: dict[str, str]) -> None:
    """Take over what holds for a member who came back; nothing of before lives again."""
    begun = world.registrations[fields["request"]]
    assert kept.address == begun.email, "came back with an address that was not proven"
    assert kept.sessions == 0, "registering signs in"
    person.former.append(person.password)
    person.address, person.password = kept.address, fields.get("new_password", "")
    person.stopped = False
    begun.invitation.void = "used"
    world.devices = {(device, whose) for device, whose in world.devices if whose is not person}
    world.tally["came back"] += 1
    world.end(person, "coming back")
    world.check([key for key in world.keys if key.owner is person])
