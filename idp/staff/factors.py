"""The authenticator app of somebody of the staff: TOTP as the members' (`idp.factors.totp`).

Its secret is drawn with the one-time link and counts for nothing until a code was right. A code
works once: the last used step moves by compare-and-set (RFC 6238 5.2).
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from datetime import datetime

from idp.clock import to_micros
from idp.factors.totp import SECRET_BYTES, fitting_step
from idp.policy.model import LimitName
from idp.staff import store
from idp.staff.store import Enrolment
from idp.storage.sql import Tx
from idp.throttle.budgets import STAFF_TOTP, staff_totp_budget
from idp.throttle.gate import Gate, count_verification
from idp.throttle.model import Budget, Lease, Tried
from keys.master import MasterKeys


@dataclass(frozen=True)
class StaffApp:
    """Draws secrets and checks codes, through the gate."""

    gate: Gate
    master: MasterKeys

    def draw(self, enrolment_id: str) -> str:
        """Draw a secret, wrapped for the row of this id."""
        return self.master.wrap(secrets.token_bytes(SECRET_BYTES), context(enrolment_id))

    def secret_of(self, row_id: str, wrapped: str) -> str:
        """Give a secret as people and apps take it: base32, 32 letters."""
        return base64.b32encode(self.master.unwrap(wrapped, context(row_id))).decode()

    def check(self, tx: Tx, staff_id: str, place: str | None, code: str, now: datetime) -> Tried:
        """Check a code (already folded) and use it up.

        `place` is the known browser or the session it comes from, None for a stranger's browser.
        """

        def check(lease: Lease) -> bool:
            app = store.find_app(tx, staff_id)
            secret = self.secret_of(app.id, app.secret) if app else ""
            step = fitting_step(secret, app.last_step, code, now) if app else None
            right = bool(app and step and store.advance_step(tx, app.id, step, to_micros(now)))
            return count_verification(lease, STAFF_TOTP, right=right)

        return self.gate.try_cheap(tx, staff_totp_budget(staff_id, place), now, check)

    def confirm(self, tx: Tx, one: Enrolment, code: str, now: datetime) -> Tried:
        """Put the app of an enrolment into service, if its code is right."""

        def check(lease: Lease) -> bool:
            step = fitting_step(self.secret_of(one.id, one.totp_secret), None, code, now)
            at = to_micros(now)
            right = step is not None and store.consume_enrolment(tx, one.id, at)
            if right:
                store.replace_app(
                    tx,
                    id=one.id,
                    staff_id=one.staff_id,
                    secret=one.totp_secret,
                    last_step=step,
                    confirmed_at=at,
                    last_used_at=at,
                )
            return count_verification(lease, STAFF_TOTP, right=right)

        return self.gate.try_cheap(tx, Budget(LimitName.STAFF_TOTP, f"new:{one.id}"), now, check)


def context(row_id: str) -> str:
    """Name what a wrapped secret is, and whose: it opens in no other row."""
    return f"staff-totp:{row_id}"
