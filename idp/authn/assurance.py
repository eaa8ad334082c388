"""How sure we are of somebody: which factors are asked for, and what `acr` and `amr` then say.

Pure. `acr` is a closed set, weakest first; each value includes those before it. `amr` names what
was really done (RFC 8176): a code by mail is neither `otp` nor part of `mfa`, for a mailbox is no
out-of-band authenticator (NIST SP 800-63B-4 3.1.3.1).
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from idp.factors.model import FactorKind
from idp.policy.membership import Asked

PASSWORD = "urn:kumiai-id:password"  # noqa: S105  a name
MAIL_CODE = "urn:kumiai-id:mail-code"
TWO_FACTOR = "urn:kumiai-id:two-factor"
LEVELS = (PASSWORD, MAIL_CODE, TWO_FACTOR)

BY_PASSWORD = ("pwd",)
BY_CODE = ("otp", "mfa")
"""An authenticator app, or a recovery code, after the password."""
BY_MAIL = ("email",)
"""A private value: RFC 8176 has none for a code out of a mailbox."""
BY_PASSKEY = ("pop", "user", "mfa")
"""A key in hand, unlocked with a PIN or biometric."""


class Way(StrEnum):
    """How somebody can show more than the password."""

    APP = "app"
    RECOVERY = "recovery"
    MAIL = "mail"
    PASSKEY = "passkey"


def acr_of(amr: Iterable[str]) -> str:
    """Tell what an authentication by these means is worth."""
    means = frozenset(amr)
    if "mfa" in means:
        return TWO_FACTOR
    return MAIL_CODE if "email" in means else PASSWORD


def includes(held: str, asked: str) -> bool:
    """Tell whether an authentication is at least what is asked for; unknown values never are."""
    return asked in LEVELS and LEVELS.index(held) >= LEVELS.index(asked)


def attainable(kinds: Iterable[FactorKind]) -> frozenset[str]:
    """Tell what a member can reach; everybody with an account has a mailbox."""
    strong = FactorKind.TOTP in kinds or FactorKind.PASSKEY in kinds
    return frozenset(LEVELS if strong else (PASSWORD, MAIL_CODE))


def target(wanted: Iterable[str], kinds: Iterable[FactorKind]) -> str | None:
    """Give the first value of a client's list that the member can reach, None when there is none.

    The list is in order of preference (OpenID Connect Core 3.1.2.1).
    """
    reachable = attainable(tuple(kinds))
    return next((value for value in wanted if value in reachable), None)


def asks(
    rule: Asked, kinds: frozenset[FactorKind], wanted: tuple[str, ...] = ()
) -> tuple[Way, ...]:
    """Tell which ways are open to go on after a right password; none when that was enough.

    Policy, client and member each can ask for more, none for less than the others.
    """
    level = target(wanted, kinds) or PASSWORD
    by_policy = rule is Asked.EMAIL or (rule is Asked.OWN and bool(kinds))
    if level == PASSWORD and not by_policy:
        return ()
    return ways(kinds, level)


def ways(kinds: frozenset[FactorKind], level: str) -> tuple[Way, ...]:
    """Tell by which ways a member can go on, the usual one first.

    Who has an authenticator app is never let in by mail: that would make the app worth nothing.
    """
    passkey = (Way.PASSKEY,) if FactorKind.PASSKEY in kinds else ()
    if FactorKind.TOTP in kinds:
        return (Way.APP, Way.RECOVERY, *passkey)
    if level == TWO_FACTOR:
        return passkey
    return (Way.MAIL, *passkey)
