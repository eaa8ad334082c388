"""Codes of an authenticator app (TOTP, RFC 6238): six digits, 30 seconds, SHA-1.

Owns the secret (160 bits, RFC 4226 4, wrapped by the master key for its own row), and that a code
works once: the last used step moves by compare-and-set (RFC 6238 5.2; CVE-2021-43177
is a code that worked twice). One step of drift to either side is taken.
"""

from __future__ import annotations

import base64
import hmac
import io
import secrets
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlencode

import pyotp
import segno

from audit.event import new_id
from idp.clock import to_micros, to_seconds
from idp.factors import store
from idp.factors.model import Authenticator, FactorKind
from idp.policy.model import LimitName
from idp.storage.sql import Tx
from idp.throttle.budgets import totp_budget
from idp.throttle.gate import Gate, count_verification
from idp.throttle.model import Budget, Lease, Tried
from keys.master import MasterKeys

SECRET_BYTES = 20
STEP_SECONDS = 30
DRIFT = 1
DIGITS = 6


@dataclass(frozen=True)
class Totp:
    """Makes secrets for apps and checks their codes, through the gate."""

    gate: Gate
    master: MasterKeys

    def begin(self, tx: Tx, subject: str, now: datetime) -> None:
        """Make a secret that counts for nothing until a code confirms it."""
        store.remove_unconfirmed(tx, subject, FactorKind.TOTP)
        authenticator_id = new_id(now)
        wrapped = self.master.wrap(secrets.token_bytes(SECRET_BYTES), context(authenticator_id))
        store.add(
            tx,
            id=authenticator_id,
            subject=subject,
            kind=FactorKind.TOTP.value,
            name="",
            secret=wrapped,
            created_at=to_micros(now),
        )

    def secret_of(self, one: Authenticator) -> str:
        """Give a secret as people and apps take it: base32 without padding, 32 letters."""
        return base64.b32encode(self.master.unwrap(one.secret or "", context(one.id))).decode()

    def confirm(self, tx: Tx, subject: str, code: str, now: datetime) -> Tried:
        """Put the app that is being set up into service, if its code is right."""

        def check(lease: Lease) -> bool:
            one = store.find_unconfirmed(tx, subject, FactorKind.TOTP)
            step = self._step_of(one, code, now) if one else None
            right = bool(one and step and store.confirm(tx, one.id, step, to_micros(now)))
            return count_verification(lease, "totp", right=right)

        return self.gate.try_cheap(tx, Budget(LimitName.TOTP, f"new:{subject}"), now, check)

    def check(self, tx: Tx, subject: str, place: str | None, code: str, now: datetime) -> Tried:
        """Check a code (already folded to ASCII digits) and use it up.

        `place` is the known device or the session it comes from, None for a stranger's browser.
        """

        def check(lease: Lease) -> bool:
            one = store.find_confirmed(tx, subject, FactorKind.TOTP)
            step = self._step_of(one, code, now) if one else None
            right = bool(one and step and store.advance_step(tx, one.id, step, to_micros(now)))
            return count_verification(lease, "totp", right=right)

        return self.gate.try_cheap(tx, totp_budget(subject, place), now, check)

    def _step_of(self, one: Authenticator, code: str, now: datetime) -> int | None:
        """Tell which step a code is of; None when it fits none that may still be used."""
        return fitting_step(self.secret_of(one), one.last_step, code, now)


def fitting_step(secret: str, last_step: int | None, code: str, now: datetime) -> int | None:
    """Tell which step a code is of; None when it fits none after the last one that was used."""
    app = pyotp.TOTP(secret)
    present = to_seconds(now) // STEP_SECONDS
    fitting = None
    for step in range(present - DRIFT, present + DRIFT + 1):
        fits = hmac.compare_digest(app.generate_otp(step).encode(), code.encode("utf-8", "replace"))
        if fits and (last_step is None or step > last_step):
            fitting = step
    return fitting


def context(authenticator_id: str) -> str:
    """Name what a wrapped secret is, and whose: it opens in no other row."""
    return f"totp:{authenticator_id}"


def app_uri(secret: str, organisation: str, address: str) -> str:
    """Write what the picture says to an app (`otpauth:`, Key URI Format)."""
    label = quote(f"{organisation}:{address}", safe="@")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': organisation})}"


def picture_of(uri: str, title: str) -> str:
    """Draw a QR code as an SVG element; dark on white in every colour scheme."""
    out = io.BytesIO()
    segno.make(uri, error="m", micro=False).save(
        out,
        kind="svg",
        xmldecl=False,
        svgns=True,
        border=4,
        omitsize=True,
        light="#fff",
        title=title,
    )
    return out.getvalue().decode()


def in_groups(secret: str, size: int = 4) -> list[str]:
    """Cut a secret or code into groups that can be typed without losing one's place."""
    return [secret[at : at + size] for at in range(0, len(secret), size)]
