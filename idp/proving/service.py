"""Issue secrets for a mailbox and check what comes back, through the one gate.

The caller opens the transaction, promises the mail in it, and decides what a proof is good for.
Checking uses nothing up (a mail scanner follows links); `spend` does, in the act itself.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from idp.clock import to_micros
from idp.proving import store
from idp.proving.model import Issued, MailedSecret, Purpose
from idp.storage.secret_text import hash_token
from idp.storage.sql import Tx
from idp.throttle.budgets import mail_code_budget
from idp.throttle.gate import Gate, count_verification
from idp.throttle.model import Decision, Lease

DIGITS = {Purpose.RESET: 8}
"""Digits of a code: six, and eight where a stranger can ask for one as often as he likes."""


@dataclass(frozen=True)
class Checked:
    """What came of a check; `decision` is None where nothing could be looked up."""

    proof: MailedSecret | None
    decision: Decision | None


@dataclass(frozen=True)
class Proving:
    """Issues and checks mailed secrets. `keys` hash short codes (newest first)."""

    gate: Gate
    keys: tuple[bytes, ...] = field(repr=False)

    def issue(
        self,
        tx: Tx,
        purpose: Purpose,
        flow: str,
        now: datetime,
        lifetime: timedelta,
        *,
        subject: str | None = None,
        address: str | None = None,
        binding: str = "",
    ) -> Issued:
        """Make a secret and keep its hashes.

        Without `subject` and `address` the row is a blank one: the same work, and good for nothing.
        """
        selector, token = secrets.token_urlsafe(12), secrets.token_urlsafe(16)
        digits = DIGITS.get(purpose, 6)
        code = f"{secrets.randbelow(10**digits):0{digits}d}"
        store.add(
            tx,
            selector=selector,
            flow=flow,
            purpose=purpose.value,
            subject=subject,
            address=address,
            token_hash=hash_token(token),
            code_mac=_mac(self.keys[0], purpose, flow, code),
            binding=binding,
            created_at=to_micros(now),
            expires_at=to_micros(now + lifetime),
        )
        return Issued(selector, f"{selector}.{token}", code)

    def check_code(
        self,
        tx: Tx,
        purpose: Purpose,
        flow: str,
        code: str,
        now: datetime,
        *,
        second_factor_of: str | None = None,
        place: str | None = None,
    ) -> Checked:
        """Check a typed code (already folded to ASCII digits) against all live ones of the flow.

        Where it is somebody's second factor, wrong ones count in a row over all flows; `place` is
        the known device or session it comes from.
        """
        found: list[MailedSecret] = []

        def check(lease: Lease) -> bool:
            for secret in store.of_flow(tx, flow, purpose):
                macs = [_mac(key, purpose, flow, code) for key in self.keys]
                fits = any([hmac.compare_digest(secret.code_mac, mac) for mac in macs])
                if fits and secret.is_live(now) and (secret.subject or secret.address):
                    found.append(secret)
            return count_verification(lease, f"mailed_{purpose.value}", right=bool(found))

        budget = mail_code_budget(_digest(flow), second_factor_of, place)
        tried = self.gate.try_cheap(tx, budget, now, check)
        return Checked(found[0] if found else None, tried.decision)

    def check_link(self, tx: Tx, purpose: Purpose, link: str, now: datetime) -> Checked:
        """Check what stood in a link (`selector.token`).

        The budget is the selector's own, so that wrong codes of a stranger do not spoil the link.
        An unknown selector has no secret to guess: the caller's address buckets meet it.
        """
        selector, _, token = link.partition(".")
        secret = store.find(tx, selector) if len(selector) <= 24 and selector.isascii() else None
        if secret is None or secret.purpose is not purpose:
            return Checked(None, None)

        def check(lease: Lease) -> bool:
            fits = hmac.compare_digest(secret.token_hash, hash_token(token))
            right = fits and secret.is_live(now) and bool(secret.subject or secret.address)
            return count_verification(lease, f"mailed_{purpose.value}", right=right)

        budget = mail_code_budget(_digest(selector), None, None)
        tried = self.gate.try_cheap(tx, budget, now, check)
        return Checked(secret if tried.right else None, tried.decision)

    def spend(self, tx: Tx, proof: MailedSecret, now: datetime) -> bool:
        """Use a proof up, with everything else of its flow; False when somebody was quicker."""
        if not store.spend(tx, proof.selector, to_micros(now)):
            return False
        store.end_flow(tx, proof.flow, to_micros(now))
        return True


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _mac(key: bytes, purpose: Purpose, flow: str, code: str) -> str:
    text = f"{purpose.value}\0{flow}\0{code}".encode("utf-8", "surrogatepass")
    return hmac.new(key, text, hashlib.sha256).hexdigest()
