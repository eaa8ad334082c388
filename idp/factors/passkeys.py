"""Passkeys (Web Authentication Level 3): making one, and asking one who is there.

Owns the questions (bound to a browser and a purpose, answered once), the rows of passkeys, and what
an answer proves. The RP ID is the issuer's host; user verification is always demanded, so that an
answer stands for possession and a PIN or biometric at once. Which session follows is `idp.authn`'s.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers import structs as w
from webauthn.helpers.exceptions import WebAuthnException

from audit.event import new_id
from idp.clock import to_micros
from idp.factors import store
from idp.factors.model import FactorKind
from idp.inforce.service import PolicyInForce
from idp.policy.model import LimitName
from idp.storage.secret_text import draw_token, hash_token
from idp.storage.sql import Tx
from idp.throttle.gate import Gate, count_verification
from idp.throttle.model import Budget, Decision, Lease

MOST = 20
"""Passkeys of one member."""
MAX_CREDENTIAL_ID = 1023  # Web Authentication 5.8.3


class Purpose(StrEnum):
    """What a question was asked for; an answer to another one proves nothing."""

    SIGN_IN = "sign_in"
    ADD = "add"
    REAUTHENTICATE = "reauthenticate"


@dataclass(frozen=True, slots=True)
class Question:
    """What the page hands to the browser: the handle of the question, and the options as JSON."""

    handle: str
    options: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of an answer; `decision` is None where there was nothing to check."""

    subject: str | None
    decision: Decision | None


@dataclass(frozen=True)
class Passkeys:
    """Asks, and checks answers through the gate."""

    issuer: str
    gate: Gate
    policy: PolicyInForce

    @property
    def offered(self) -> bool:
        """Tell whether the issuer has a name: an address cannot be an RP ID."""
        try:
            ip_address(self._rp_id)
        except ValueError:
            return True
        return False

    def ask(self, tx: Tx, purpose: Purpose, browser: str, now: datetime) -> Question:
        """Ask for an answer of whatever passkey the person has; nobody is named."""
        options = webauthn.generate_authentication_options(
            rp_id=self._rp_id,
            timeout=self._lifetime_ms,
            user_verification=w.UserVerificationRequirement.REQUIRED,
        )
        handle = self._keep(tx, purpose, browser, options.challenge, None, now)
        return Question(handle, webauthn.options_to_json(options))

    def ask_to_make(
        self, tx: Tx, subject: str, user_name: str, display_name: str, browser: str, now: datetime
    ) -> Question:
        """Ask for a new passkey; those the member has are named, so that none is made twice."""
        known = [one.credential_id for one in store.list_of(tx, subject) if one.credential_id]
        options = webauthn.generate_registration_options(
            rp_id=self._rp_id,
            rp_name=self.policy.policy.organisation.name_ja,
            user_id=subject.encode(),
            user_name=user_name,
            user_display_name=display_name,
            timeout=self._lifetime_ms,
            authenticator_selection=w.AuthenticatorSelectionCriteria(
                resident_key=w.ResidentKeyRequirement.REQUIRED,
                user_verification=w.UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[
                w.PublicKeyCredentialDescriptor(id=base64url_to_bytes(one)) for one in known
            ],
        )
        handle = self._keep(tx, Purpose.ADD, browser, options.challenge, subject, now)
        return Question(handle, webauthn.options_to_json(options))

    def add(
        self,
        tx: Tx,
        subject: str,
        handle: str,
        browser: str,
        credential: str,
        name: str,
        now: datetime,
    ) -> bool:
        """Keep the passkey a browser made; False when its answer is not what was asked for."""
        asked = store.answer(
            tx, hash_token(handle), hash_token(browser), Purpose.ADD.value, to_micros(now)
        )
        if asked is None or asked.subject != subject:
            return False
        try:
            made = webauthn.verify_registration_response(
                credential=_object(credential),
                expected_challenge=base64url_to_bytes(asked.challenge),
                expected_rp_id=self._rp_id,
                expected_origin=self._origin,
                require_user_verification=True,
            )
        except _UNREADABLE:
            return False
        credential_id = bytes_to_base64url(made.credential_id)
        held = store.list_of(tx, subject)
        too_many = sum(one.kind is FactorKind.PASSKEY for one in held) >= MOST
        if len(made.credential_id) > MAX_CREDENTIAL_ID or too_many:
            return False
        if store.find_passkey(tx, credential_id) is not None:  # Web Authentication 7.1, step 26
            return False
        store.add(
            tx,
            id=new_id(now),
            subject=subject,
            kind=FactorKind.PASSKEY.value,
            name=name,
            credential_id=credential_id,
            public_key=bytes_to_base64url(made.credential_public_key),
            sign_count=made.sign_count,
            details=json.dumps(
                {"aaguid": made.aaguid, "backed_up": made.credential_backed_up}, sort_keys=True
            ),
            created_at=to_micros(now),
            confirmed_at=to_micros(now),
        )
        return True

    def check(
        self, tx: Tx, purpose: Purpose, handle: str, browser: str, credential: str, now: datetime
    ) -> Answered:
        """Check an answer; the question is used up whatever it is worth.

        An unknown passkey has no secret to guess; it is checked against a stand-in all the same,
        so that neither time nor a limit tells which passkeys there are.
        """
        asked = store.answer(
            tx, hash_token(handle), hash_token(browser), purpose.value, to_micros(now)
        )
        try:
            read = _object(credential)
        except _UNREADABLE:
            return Answered(None, None)
        credential_id = read.get("id")
        if asked is None or not isinstance(credential_id, str) or len(credential_id) > 1400:
            return Answered(None, None)
        subject: str | None = None

        def check(lease: Lease) -> bool:
            nonlocal subject
            # Read behind the lock of the budget: the counter may have moved.
            known, is_known = store.passkey_or_stand_in(tx, credential_id)
            count = self._count_of(read, asked.challenge, known.public_key, known.sign_count or 0)
            right = count is not None and _user_handle(read) in (None, known.subject) and is_known
            right = right and store.advance_count(
                tx, known.id, known.sign_count or 0, count or 0, to_micros(now)
            )
            subject = known.subject if right else None
            return count_verification(lease, "passkey", right=right)

        budget = Budget(LimitName.PASSKEY, hash_token(credential_id)[:32])
        tried = self.gate.try_cheap(tx, budget, now, check)
        return Answered(subject if tried.right else None, tried.decision)

    def _count_of(
        self, read: dict[str, Any], challenge: str, public_key: str | None, count: int
    ) -> int | None:
        """Verify an answer; give its new counter, None when anything does not fit.

        A counter that did not grow means that a copy of the passkey is about (7.2, step 22).
        """
        try:
            verified = webauthn.verify_authentication_response(
                credential=read,
                expected_challenge=base64url_to_bytes(challenge),
                expected_rp_id=self._rp_id,
                expected_origin=self._origin,
                credential_public_key=base64url_to_bytes(public_key or ""),
                credential_current_sign_count=count,
                require_user_verification=True,
            )
        except _UNREADABLE:
            return None
        return verified.new_sign_count

    def _keep(
        self,
        tx: Tx,
        purpose: Purpose,
        browser: str,
        challenge: bytes,
        subject: str | None,
        now: datetime,
    ) -> str:
        handle = draw_token()
        lifetime = self.policy.policy.verification.passkey_challenge.micros
        store.ask(
            tx,
            handle_hash=hash_token(handle),
            browser_hash=hash_token(browser),
            challenge=bytes_to_base64url(challenge),
            purpose=purpose.value,
            subject=subject,
            expires_at=to_micros(now) + lifetime,
        )
        return handle

    @property
    def _rp_id(self) -> str:
        return urlsplit(self.issuer).hostname or ""

    @property
    def _origin(self) -> str:
        parts = urlsplit(self.issuer)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def _lifetime_ms(self) -> int:
        return self.policy.policy.verification.passkey_challenge.seconds * 1000


# The library reads what a stranger sent with `json`, `cbor2` and enums of its own: each of these
# can raise more than its own errors (a `KeyError`, a deep recursion). None may become a traceback.
_UNREADABLE = (
    WebAuthnException,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    RecursionError,
    OverflowError,
)


def _object(credential: str) -> dict[str, Any]:
    read = json.loads(credential)
    if not isinstance(read, dict):
        raise TypeError("no object")
    return read


def _user_handle(read: dict[str, Any]) -> str | None:
    """Give the member the authenticator says it belongs to (7.2, step 6)."""
    handed = read.get("response", {}).get("userHandle")
    return base64url_to_bytes(handed).decode("utf-8", "replace") if handed else None
