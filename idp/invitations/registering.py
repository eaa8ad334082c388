"""Registering, first half: the code with number and birth date, then the mailbox.

A wrong code, number or birth date, an expired invitation and one that never was get one answer
after the same work. All three are one secret, checked in one try of the gate; its budget is the
code's public part. The address somebody types is proven by a code sent to it; for one that is in
use already the page is the same, its owner gets a mail, and no code ever fits.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

from audit.event import Actor, Personal
from audit.names import EventName
from idp.accounts import store as accounts
from idp.clock import Clock, to_micros
from idp.floods.service import Floods
from idp.inforce.service import PolicyInForce
from idp.invitations import store
from idp.invitations.issuing import Issuing
from idp.invitations.model import Registration, Step, is_open
from idp.invitations.tried import try_selector
from idp.invitations.visiting import Claim, NotOpenYet, Refused, RegistrationEnded, Visit
from idp.journal.service import REFUSED, Journal
from idp.mails.model import Mail, MailKind
from idp.mails.promise import Mails
from idp.members.japan.mail import MailAddress, parse_mail_address
from idp.policy.model import LimitName
from idp.proving import store as mailed
from idp.proving.model import Purpose
from idp.proving.service import Proving
from idp.storage.secret_text import draw_token, hash_token
from idp.storage.sql import Database, Tx
from idp.subjects.service import PersonKeys, by_number, told_of
from idp.throttle.buckets import COUNTED, NO_BUDGET, Buckets, bucket_of, mail_facts
from idp.throttle.gate import Gate, count_verification
from idp.throttle.model import Budget, Decision, Lease
from idp.throttle.references import draw_reference

ANYBODY = Actor("anonymous")


@dataclass(frozen=True)
class Registering:
    """The steps of a registration up to the proven mailbox."""

    database: Database
    clock: Clock
    policy: PolicyInForce
    journal: Journal
    persons: PersonKeys
    gate: Gate
    buckets: Buckets
    floods: Floods
    issuing: Issuing
    proving: Proving
    mails: Mails

    def begin(self, visit: Visit, claim: Claim) -> str | Refused:
        """Open a registration; answers its handle. Raises `NotOpenYet`."""
        now = self.clock.now()
        rules = self.policy.policy.registration
        if not is_open(rules, now):
            raise NotOpenYet
        crowded = self.buckets.exhausted(visit.buckets)
        if crowded is not None:
            return self._turn_away(crowded, visit, now)
        handle = draw_token()
        with self.database.begin() as tx:
            right, decision = self._try(tx, claim, now)
            if right:
                store.begin(
                    tx,
                    handle_hash=hash_token(handle),
                    browser_hash=hash_token(visit.device_cookie),
                    selector=claim.code.selector,
                    member_number=claim.member_number,
                    created_at=to_micros(now),
                    expires_at=to_micros(now + rules.in_progress.delta),
                )
                self._started(tx, visit, claim, decision, now)
                return handle
            refused = self._refuse(tx, EventName.INVITATION_REFUSED, visit, now, decision, None)
        self.buckets.hit(visit.buckets)
        return refused

    def find(self, handle: str, device_cookie: str | None) -> Registration:
        """Find a registration in progress in this browser; raises `RegistrationEnded`."""
        with self.database.read() as tx:
            return self._require(tx, handle, device_cookie)

    def send_code(self, handle: str, visit: Visit, address: MailAddress) -> None:
        """Take an address and send a code to it, at most three a day to one mailbox.

        Raises `RegistrationEnded`. A code sent to another address before is void from here on:
        a right one of one's own mailbox must not empty the budget of guesses at a stranger's.
        """
        self.find(handle, visit.device_cookie)
        mailbox = self.persons.pseudonym(address.normal_form, self.clock.now())
        allowed = self.buckets.take(LimitName.PROVING_MAILS_PER_MAILBOX, mailbox)
        allowed &= self.buckets.take(LimitName.MAILS_PER_ADDRESS, visit.buckets[0])
        now = self.clock.now()
        with self.database.begin() as tx:
            found = self._require(tx, handle, visit.device_cookie)
            owner = accounts.find_by_address(tx, address.normal_form)
            is_free = owner is None or owner.member_number == found.member_number
            if found.address != address.typed:
                mailed.end_flow(tx, found.handle_hash, to_micros(now))
            store.set_address(tx, found.handle_hash, address.typed)
            lifetime = self.policy.policy.verification.code_lifetime
            issued = self.proving.issue(
                tx,
                Purpose.REGISTER,
                found.handle_hash,
                now,
                lifetime.delta,
                address=address.typed if is_free and allowed else None,
            )
            if is_free or owner is None:
                kind, to = MailKind.REGISTER_CODE, address.typed
                values = {"code": issued.code, "minutes": str(lifetime.seconds // 60)}
            else:
                kind, to, values = MailKind.ADDRESS_IN_USE, owner.address, {}
            mail = Mail(kind, to if allowed else None, visit.language, values)
            self.mails.promise(tx, mail, now)
            self._sent(tx, visit, found.member_number, address.normal_form, mailbox, allowed, now)

    def send_again(self, handle: str, visit: Visit) -> None:
        """Send another code to the address that was typed; raises `RegistrationEnded`."""
        found = self.find(handle, visit.device_cookie)
        if found.step is Step.CODE and found.address is not None:
            self.send_code(handle, visit, self.parse_address(found.address))

    def check_code(self, handle: str, visit: Visit, typed: str) -> Refused | None:
        """Check a code (folded to ASCII); None when it proves the mailbox.

        Raises `RegistrationEnded`.
        """
        now = self.clock.now()
        crowded = self.buckets.exhausted(visit.buckets)
        with self.database.begin() as tx:
            found = self._require(tx, handle, visit.device_cookie)
            if found.step is Step.PASSWORD:
                return None
            if crowded is None:
                flow = found.handle_hash
                checked = self.proving.check_code(tx, Purpose.REGISTER, flow, typed, now)
                proof = checked.proof
                if (
                    proof is not None
                    and proof.address is not None
                    and store.prove_address(tx, flow, proof.address, to_micros(now))
                    and self.proving.spend(tx, proof, now)
                ):
                    return None
                name, decision = EventName.REGISTRATION_REFUSED, checked.decision
                number = found.member_number
                refused = self._refuse(tx, name, visit, now, decision, "wrong_code", number)
        if crowded is not None:
            return self._turn_away(crowded, visit, now)
        self.buckets.hit(visit.buckets)
        return refused

    def parse_address(self, typed: str) -> MailAddress:
        """Read a typed mail address, carriers' odd ones included; raises `BadMailAddress`."""
        return parse_mail_address(typed, self.policy.policy.mail.carrier_domains)

    def _try(self, tx: Tx, claim: Claim, now: datetime) -> tuple[bool, Decision]:
        """Compare code, number and birth date at once; whoever has no invitation pays as well.

        Everything is compared whatever came before, with a stand-in where there is no invitation.
        """
        tried, is_invited = try_selector(tx, claim.code.selector)
        hashes = self.issuing.code_hashes(claim.code)

        def check(lease: Lease) -> bool:
            facts = (
                is_invited,
                any([hmac.compare_digest(tried.code_hash, one) for one in hashes]),
                tried.member.member_number == claim.member_number,
                tried.member.birth_on == claim.birth_on,
                tried.may_register(now),
            )
            return count_verification(lease, "invitation", right=all(facts))

        key = hashlib.sha256(claim.code.selector.encode()).hexdigest()[:32]
        result = self.gate.try_cheap(tx, Budget(LimitName.INVITATION, key), now, check)
        return result.right, result.decision

    def _require(self, tx: Tx, handle: str, device_cookie: str | None) -> Registration:
        found = store.find_registration(tx, hash_token(handle))
        if (
            found is None
            or found.browser_hash != hash_token(device_cookie or "")
            or found.consumed_at is not None
            or self.clock.now() >= found.expires_at
        ):
            raise RegistrationEnded
        return found

    def _turn_away(self, full: LimitName, visit: Visit, now: datetime) -> Refused:
        """Answer an address over its limit as any other failure; it is only counted."""
        bucket = bucket_of(full, visit.buckets)
        return Refused(self.floods.refuse(full, bucket, visit.origin, now))

    def _started(
        self, tx: Tx, visit: Visit, claim: Claim, decision: Decision, now: datetime
    ) -> None:
        self.journal.record(
            tx,
            EventName.REGISTRATION_STARTED,
            now,
            actor=ANYBODY,
            origin=visit.origin,
            decision=decision.as_facts(),
            data={"member": told_of(claim.member_number)},
            person=by_number(claim.member_number),
        )

    def _sent(
        self,
        tx: Tx,
        visit: Visit,
        number: str,
        address: str,
        mailbox: str,
        allowed: bool,
        now: datetime,
    ) -> None:
        person = by_number(number)
        told = {"purpose": Purpose.REGISTER.value, "typed": mailbox}
        self.journal.record(
            tx,
            EventName.VERIFICATION_CODE_SENT,
            now,
            actor=ANYBODY,
            origin=visit.origin,
            decision=mail_facts(allowed, self.policy.digest),
            data={**told, "address": Personal(address, person), "member": told_of(number)},
            person=person,
        )

    def _refuse(
        self,
        tx: Tx,
        name: EventName,
        visit: Visit,
        now: datetime,
        decision: Decision | None,
        why: str | None,
        number: str | None = None,
    ) -> Refused:
        """Record a refusal; `number` is that of the member who is registering, once proven."""
        reference = draw_reference(tx)
        self.journal.record(
            tx,
            name,
            now,
            outcome=REFUSED,
            actor=ANYBODY,
            origin=visit.origin,
            decision={**(decision.as_facts() if decision else NO_BUDGET), **COUNTED},
            data=({"why": why} if why else {}) | ({"member": told_of(number)} if number else {}),
            reference=reference,
            person=by_number(number) if number else None,
        )
        return Refused(reference)
