"""Make invitations, one or thousands: code, row, event, and the mail or the letter-to-be.

A code stands at rest as an HMAC under a key of the master key: its 50 secret bits would not
withstand a search if the database alone were stolen. A letter's code lies wrapped beside it until
the letter is printed; so long a renewed master key takes its hash along, later nothing can.

The link that is mailed and printed is `/register?code=…`, and the page fills the field from it
without a script. A code in a query may end in a proxy's log (the nginx configuration we ship writes
none of it); it opens nothing without the member number and the birth date, works once, and is
limited. In a fragment it would stay out of every log, and everybody without scripts, or with an
old telephone, would have to type sixteen symbols.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from audit.event import Actor
from audit.names import EventName
from idp.clock import date_in_tokyo, to_micros
from idp.inforce.service import PolicyInForce
from idp.invitations import store
from idp.invitations.model import Code, EndReason, Letter, SentBy, draw_code, expires_at, last_day
from idp.journal.model import NOBODY, Behind
from idp.journal.service import Journal
from idp.mails import store as mailboxes
from idp.mails.model import Mail, MailKind
from idp.mails.promise import Mails
from idp.members.errors import BadMailAddress
from idp.members.japan.mail import MailAddress, parse_mail_address
from idp.members.model import Member, name_on
from idp.storage.sql import Tx
from idp.subjects.service import by_number, told_of
from keys.master import MasterKeys

PURPOSE = "invitation-code"
PATH = "/register"
FEW = 50
"""Below this many it is cheaper to look each selector up than to read all of them."""


@dataclass(frozen=True)
class Issuing:
    """Makes invitations in the caller's transaction. `keys` hash codes (newest first)."""

    policy: PolicyInForce
    journal: Journal
    mails: Mails
    master: MasterKeys
    keys: tuple[bytes, ...] = field(repr=False)

    def issue(
        self,
        tx: Tx,
        members: Sequence[Member],
        now: datetime,
        actor: Actor,
        *,
        sent_by: SentBy | None = None,
        replaces: bool = True,
        behind: Behind = NOBODY,
    ) -> list[SentBy]:
        """Invite members, by mail where an address is known unless `sent_by` says otherwise.

        With `replaces` an earlier invitation of theirs ends; without it they have none. Answers
        how each is sent.
        """
        unreachable = frozenset(found[0] for found in mailboxes.list_all(tx))
        until = expires_at(self.policy.policy.registration, now)
        codes = _draw(tx, len(members))
        people = [by_number(member.member_number) for member in members]
        self.journal.persons.prepare(tx, people, now)
        rows, ways = [], []
        for member, code in zip(members, codes, strict=True):
            if replaces:
                self.end(tx, member.member_number, EndReason.REPLACED, now, actor, behind=behind)
            to = None if sent_by is SentBy.LETTER else self._mailbox(member, unreachable)
            way = SentBy.LETTER if to is None else SentBy.MAIL
            ways.append(way)
            rows.append(self._row(member, code, way, now, until))
            if to is not None:
                self.mails.promise(tx, _mail(member, code, to, now, until), now)
            told = {"sent_by": way.value}
            self._record(
                tx, EventName.INVITATION_ISSUED, member.member_number, now, actor, told, behind
            )
        store.add_many(tx, rows)
        return ways

    def end(
        self,
        tx: Tx,
        number: str,
        why: EndReason,
        now: datetime,
        actor: Actor,
        reason: str | None = None,
        behind: Behind = NOBODY,
    ) -> bool:
        """End a member's invitation, if there is one that is neither used nor ended."""
        if not store.end_of(tx, number, to_micros(now), why.value):
            return False
        told = {"why": why.value} | ({"reason": reason} if reason else {})
        self._record(tx, EventName.INVITATION_WITHDRAWN, number, now, actor, told, behind)
        return True

    def code_hashes(self, code: Code) -> list[str]:
        """Give the hashes under which a code may stand, newest key first."""
        return [_mac(key, code) for key in self.keys]

    def open_letter(self, letter: Letter) -> Code:
        """Open the code of a letter; raises `keys.errors.KeysError`."""
        selector = letter.invitation.selector
        secret = self.master.unwrap(letter.code_wrapped, context(selector)).decode("ascii")
        return Code(selector, secret)

    def _row(
        self, member: Member, code: Code, way: SentBy, now: datetime, until: datetime
    ) -> dict[str, Any]:
        wrapped = None
        if way is SentBy.LETTER:
            wrapped = self.master.wrap(code.secret.encode("ascii"), context(code.selector))
        return {
            "selector": code.selector,
            "member_number": member.member_number,
            "code_hash": _mac(self.keys[0], code),
            "key_id": self.master.current_id,
            "code_wrapped": wrapped,
            "sent_by": way.value,
            "created_at": to_micros(now),
            "expires_at": to_micros(until),
        }

    def _mailbox(self, member: Member, unreachable: frozenset[str]) -> str | None:
        known = self.mailbox_of(member)
        return known.typed if known and known.normal_form not in unreachable else None

    def mailbox_of(self, member: Member) -> MailAddress | None:
        """Read the mail address of the register; None where mail cannot be sent to it."""
        domains = self.policy.policy.mail.carrier_domains
        try:
            return parse_mail_address(member.email or "", domains)
        except BadMailAddress:
            return None

    def _record(
        self,
        tx: Tx,
        name: EventName,
        number: str,
        now: datetime,
        actor: Actor,
        told: dict[str, str],
        behind: Behind,
    ) -> None:
        data: dict[str, Any] = {"member": told_of(number), **behind.data, **told}
        self.journal.record(
            tx, name, now, actor=actor, session=behind.session, origin=behind.origin, data=data
        )


def link_of(code: Code) -> str:
    """Give the path that opens the registration with the code filled in."""
    return f"{PATH}?code={code.shown}"


def _mail(member: Member, code: Code, to: str, now: datetime, until: datetime) -> Mail:
    values = {
        "name": name_on(member, date_in_tokyo(now)).shown,
        "code": code.shown,
        "link": link_of(code),
        "expires": last_day(until).isoformat(),
    }
    return Mail(MailKind.INVITATION, to, "ja", values)


def _draw(tx: Tx, count: int) -> list[Code]:
    """Draw codes whose selectors nobody has: with 2^30 of them, some of 100,000 would meet."""
    taken = store.selectors(tx) if count > FEW else None
    drawn: dict[str, Code] = {}
    while len(drawn) < count:
        code = draw_code()
        known = store.find(tx, code.selector) if taken is None else code.selector in taken
        if not known:
            drawn.setdefault(code.selector, code)
    return list(drawn.values())


def _mac(key: bytes, code: Code) -> str:
    text = f"{code.selector}\0{code.secret}".encode("ascii")
    return hmac.new(key, text, hashlib.sha256).hexdigest()


def follow_master(master: MasterKeys, selector: str, secret: bytes) -> dict[str, str]:
    """Hash the code of an unprinted letter anew under the current master key."""
    code = Code(selector, secret.decode("ascii"))
    return {"code_hash": _mac(master.derive(PURPOSE), code), "key_id": master.current_id}


def context(selector: str) -> str:
    """Give what the wrapped code of a letter is bound to."""
    return f"invitation:{selector}"
