"""A forgotten password: setting a new one with the code or the link of a mail.

The code or the link proves the mailbox, and nothing else does. It is checked first, the password
is judged and hashed after that, and only the act itself uses the proof up: a typing slip costs no
second mail. The reset gives no session; everything that was signed in ends, and the second factor
is asked for at the next sign-in as ever.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audit.event import Actor
from audit.names import EventName
from idp.accounts import passwords
from idp.accounts import store as accounts
from idp.accounts.model import Account, EndReason
from idp.accounts.owner_words import words_about
from idp.accounts.password_rules import check_password
from idp.clock import Clock, to_micros
from idp.floods.service import Floods
from idp.inforce.service import PolicyInForce
from idp.journal.service import REFUSED, Journal
from idp.lifecycle.credentials import end_what_is_under_way, hold_account
from idp.lifecycle.endings import Endings
from idp.lifecycle.model import Asker
from idp.lifecycle.reset import ANONYMOUS, binding_of, digest_of
from idp.mails import store as mailboxes
from idp.mails.model import Mail, MailKind
from idp.mails.promise import Mails
from idp.members import store as members
from idp.members.japan.mail import parse_mail_address
from idp.policy.model import LimitName
from idp.proving import store as mailed
from idp.proving.model import MailedSecret, Purpose
from idp.proving.service import Proving
from idp.sessions import store as sessions
from idp.sessions.model import why_inactive
from idp.storage.sql import Database, Tx
from idp.throttle.buckets import COUNTED, NO_BUDGET, Buckets, bucket_of
from idp.throttle.gate import Gate
from idp.throttle.lifting import Lifting
from idp.throttle.model import Budget, Decision, Lease
from idp.throttle.references import draw_reference
from idp.throttle.slots import HashSlots

_SELECTOR = re.compile(r"[A-Za-z0-9_-]{1,24}")


@dataclass(frozen=True, slots=True)
class ResetRefused:
    """The code or link proved nothing: wrong, used, over, or its limit is reached."""

    reference: str


Check = Callable[[Tx, datetime], tuple[MailedSecret | None, Decision | None]]


@dataclass(frozen=True)
class NewPasswords:
    """Sets a password for whoever reads the account's mailbox."""

    database: Database
    clock: Clock
    policy: PolicyInForce
    journal: Journal
    gate: Gate
    lifting: Lifting
    proving: Proving
    mails: Mails
    buckets: Buckets
    floods: Floods
    endings: Endings
    slots: HashSlots

    def is_open(self, link: str) -> bool:
        """Tell whether a link may still be good, by its public part; changes nothing."""
        selector = link.partition(".")[0]
        if not _SELECTOR.fullmatch(selector):
            return False
        with self.database.read() as tx:
            found = mailed.find(tx, selector)
        now = self.clock.now()
        return found is not None and found.purpose is Purpose.RESET and found.is_live(now)

    def set_by_code(self, flow: str, code: str, password: str, asker: Asker) -> ResetRefused | None:
        """Set a password with a code (folded to ASCII); None when it was done.

        Raises `idp.accounts.password_rules.BadPassword`; the code stays good then.
        """

        def check(tx: Tx, now: datetime) -> tuple[MailedSecret | None, Decision | None]:
            return self._check_code(tx, flow, code, now)

        return self._set(check, "code", digest_of(flow), password, asker)

    def set_by_link(self, link: str, password: str, asker: Asker) -> ResetRefused | None:
        """Set a password with what stood in a link; None when it was done.

        Raises `idp.accounts.password_rules.BadPassword`; the link stays good then.
        """

        def check(tx: Tx, now: datetime) -> tuple[MailedSecret | None, Decision | None]:
            found = self.proving.check_link(tx, Purpose.RESET, link, now)
            return found.proof, found.decision

        return self._set(check, "link", "", password, asker)

    def _set(
        self, check: Check, by: str, procedure: str, password: str, asker: Asker
    ) -> ResetRefused | None:
        rules, house = self.policy.policy.passwords, self.policy.policy.organisation
        # What holds for everybody comes first: no more is said before the mailbox is proven.
        check_password(password, rules, words_about(None, None, house))
        full = self.buckets.exhausted(asker.buckets)
        now = self.clock.now()
        if full is not None:
            bucket = bucket_of(full, asker.buckets)
            return ResetRefused(self.floods.refuse(full, bucket, asker.origin, now))
        with self.database.begin() as tx:
            proof, decision = check(tx, now)
            account = accounts.find(tx, proof.subject) if proof and proof.subject else None
            if proof is None or account is None:
                facts = decision.as_facts() if decision else NO_BUDGET
                refused = self._refuse(tx, by, procedure, asker, now, {**facts, **COUNTED})
            else:
                member = members.find(tx, account.member_number)
        if proof is None or account is None:
            self.buckets.hit(asker.buckets)
            return refused
        check_password(password, rules, words_about(member, account.address, house))
        with self.slots.core():
            password_hash = passwords.hash_password(password, rules.argon2)
        with self.database.begin() as tx:
            now = self.clock.now()
            if self._act(tx, proof, password_hash, by, asker, now):
                return None
            return self._refuse(tx, by, procedure, asker, now, None)

    def _check_code(
        self, tx: Tx, flow: str, code: str, now: datetime
    ) -> tuple[MailedSecret | None, Decision]:
        """Check a code under two budgets: the procedure's, and the account's over all of them."""
        found: list[MailedSecret] = []

        def check(_lease: Lease) -> bool:
            proof = self.proving.check_code(tx, Purpose.RESET, flow, code, now).proof
            found.extend([proof] if proof else [])
            return bool(found)

        sent = mailed.of_flow(tx, flow, Purpose.RESET)
        owner = (sent[0].subject or sent[0].binding) if sent else flow
        key = hashlib.sha256(owner.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        budget = Budget(LimitName.RESET_CODES_OF_ACCOUNT, key)
        tried = self.gate.try_cheap(tx, budget, now, check)
        return (found[0] if tried.right else None), tried.decision

    def _act(
        self,
        tx: Tx,
        proof: MailedSecret,
        password_hash: str,
        by: str,
        asker: Asker,
        now: datetime,
    ) -> bool:
        subject = proof.subject or ""
        hold_account(tx, subject)
        account = accounts.find(tx, subject)
        facts = sessions.subject_facts(tx, subject)
        if account is None or facts is None or proof.binding != binding_of(account):
            return False
        if why_inactive(facts, False, now, now) is not None:
            return False
        if not self.proving.spend(tx, proof, now):
            return False
        actor = Actor("member", subject)
        at = max(to_micros(now), to_micros(account.credentials_changed_at) + 1)
        accounts.set_password(tx, subject, password_hash, at)
        self.endings.end_all(tx, subject, EndReason.SIGNED_OUT, actor, now, asker.origin)
        end_what_is_under_way(tx, subject, now)
        self.lifting.by_mailbox(tx, subject, now)
        sessions.forget_devices_of(tx, subject)
        self._tell(tx, account, asker, now)
        self.journal.record(
            tx,
            EventName.PASSWORD_SET,
            now,
            actor=actor,
            subject=subject,
            origin=asker.origin,
            data={"how": "reset", "by": by},
        )
        return True

    def _tell(self, tx: Tx, account: Account, asker: Asker, now: datetime) -> None:
        """Tell the mailbox, which is proven to be read: a report that it was not is over."""
        carriers = self.policy.policy.mail.carrier_domains
        mailboxes.clear(tx, parse_mail_address(account.address, carriers).normal_form)
        values = {"how": "reset"}
        mail = Mail(
            MailKind.PASSWORD_CHANGED, account.address, asker.language, values, account.subject
        )
        self.mails.promise(tx, mail, now)

    def _refuse(
        self,
        tx: Tx,
        by: str,
        procedure: str,
        asker: Asker,
        now: datetime,
        decision: Mapping[str, Any] | None,
    ) -> ResetRefused:
        reference = draw_reference(tx)
        self.journal.record(
            tx,
            EventName.PASSWORD_RESET_REFUSED,
            now,
            outcome=REFUSED,
            actor=ANONYMOUS,
            origin=asker.origin,
            decision=decision,
            data={"by": by, "procedure": procedure},
            reference=reference,
        )
        return ResetRefused(reference)
