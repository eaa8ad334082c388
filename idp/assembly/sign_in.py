"""The services of signing in: the password, the second step, passkeys, authenticating again."""

from __future__ import annotations

from dataclasses import dataclass

from idp.assembly.foundation import Foundation
from idp.authn.codes import SecondFactors
from idp.authn.passkey_sign_in import PasskeySignIn
from idp.authn.reauthentication import Reauthentication
from idp.authn.second_steps import SecondSteps
from idp.authn.service import PasswordSignIn
from idp.authn.sign_in_sessions import SignInSessions
from idp.factors.passkeys import Passkeys
from idp.factors.recovery_codes import RecoveryCodes
from idp.factors.service import Factors
from idp.factors.totp import Totp
from idp.throttle.buckets import Buckets
from idp.throttle.slots import HashSlots
from idp.throttle.waiting import LeaseWaiters


@dataclass(frozen=True)
class SigningIn:
    """What the pages of a sign-in, and those of a member's factors, need."""

    password: PasswordSignIn
    passkey: PasskeySignIn
    again: Reauthentication
    factors: Factors


def build_signing_in(f: Foundation, buckets: Buckets, slots: HashSlots) -> SigningIn:
    """Build them; `slots` are shared by everything that hashes passwords."""
    second = SecondFactors(
        f.policy,
        f.journal,
        f.gate,
        f.proving,
        f.mails,
        Totp(f.gate, f.master),
        RecoveryCodes(f.gate),
        Passkeys(f.settings.issuer, f.gate, f.policy),
    )
    sessions = SignInSessions(f.policy, f.journal, f.endings)
    steps = SecondSteps(
        f.database, f.clock, f.policy, f.journal, buckets, f.floods, second, sessions
    )
    password = PasswordSignIn(
        database=f.database,
        clock=f.clock,
        policy=f.policy,
        journal=f.journal,
        persons=f.persons,
        gate=f.gate,
        buckets=buckets,
        floods=f.floods,
        slots=slots,
        waiters=LeaseWaiters(),
        sessions=sessions,
        steps=steps,
    )
    again = Reauthentication(f.database, f.clock, f.policy, f.journal, f.gate, slots, second)
    factors = Factors(
        f.database,
        f.clock,
        f.policy,
        f.journal,
        f.mails,
        second.totp,
        second.recovery_codes,
        second.passkeys,
    )
    return SigningIn(password, PasskeySignIn(steps), again, factors)
