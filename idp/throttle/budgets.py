"""Which budget an attempt is paid from: by secret, account, and the place it comes from.

A place is a device that is known to the account, or a live session of it; None is a stranger's
browser. Strangers share one budget per account and secret, each known place has its own, so that
whoever guesses at an account cannot lock its owner out of his own phone. All of them add to the
same row of failures of the authenticator.
"""

from __future__ import annotations

from idp.policy.model import LimitName
from idp.throttle.model import Budget

PASSWORD, TOTP, MAIL_CODE = "password", "totp", "mail_code"
STAFF_PASSWORD, STAFF_TOTP = "staff_password", "staff_totp"
AUTHENTICATORS = (PASSWORD, TOTP, MAIL_CODE)
"""Whose failures in a row are counted: secrets short enough to be guessed."""


def authenticator_of(kind: str, owner: str) -> str:
    """Name an authenticator."""
    return f"{kind}:{owner}"


def password_budget(subject: str | None, place: str | None, pseudonym: str = "") -> Budget:
    """Give the budget of a password at sign-in; `pseudonym` stands for an unknown address."""
    owner = subject if subject is not None else f"?{pseudonym}"
    authenticator = authenticator_of(PASSWORD, owner)
    if place is None:
        rule = LimitName.PASSWORD_FROM_UNKNOWN_DEVICE
        return Budget(rule, owner, authenticator, stranger=True, subject=subject)
    rule, key = LimitName.PASSWORD_FROM_KNOWN_DEVICE, f"{owner}:{place[:32]}"
    return Budget(rule, key, authenticator, stranger=False, subject=subject)


def reauthentication_budget(subject: str, session_id: str) -> Budget:
    """Give the budget of the password in a live session."""
    key = f"{subject}:{session_id}"
    authenticator = authenticator_of(PASSWORD, subject)
    rule = LimitName.REAUTHENTICATION
    return Budget(rule, key, authenticator, stranger=False, subject=subject)


def totp_budget(subject: str, place: str | None) -> Budget:
    """Give the budget of the codes of an authenticator app."""
    authenticator = authenticator_of(TOTP, subject)
    return Budget(
        LimitName.TOTP, _at(subject, place), authenticator, stranger=place is None, subject=subject
    )


def recovery_budget(subject: str, place: str | None) -> Budget:
    """Give the budget of recovery codes: too long to be guessed, so no row of failures ends it."""
    key = _at(subject, place)
    return Budget(LimitName.RECOVERY_CODE, key, stranger=place is None, subject=subject)


def mail_code_budget(procedure: str, subject: str | None, place: str | None) -> Budget:
    """Give the budget of codes in mails of one procedure (a digest).

    `subject` is told where the code stands for a second factor: then guesses count in a row over
    all procedures, however many a stranger with the password begins.
    """
    rule = LimitName.MAILED_CODE
    if subject is None:
        return Budget(rule, procedure)
    authenticator = authenticator_of(MAIL_CODE, subject)
    return Budget(rule, procedure, authenticator, stranger=place is None, subject=subject)


def staff_password_budget(staff_id: str | None, place: str | None, pseudonym: str = "") -> Budget:
    """Give the budget of a staff password; `pseudonym` stands for an unknown address."""
    owner = staff_id if staff_id is not None else f"?{pseudonym}"
    authenticator = authenticator_of(STAFF_PASSWORD, owner)
    if place is None:
        rule = LimitName.STAFF_PASSWORD_FROM_UNKNOWN_DEVICE
        return Budget(rule, owner, authenticator, stranger=True, subject=staff_id)
    rule = LimitName.STAFF_PASSWORD_FROM_KNOWN_DEVICE
    return Budget(rule, _at(owner, place), authenticator, stranger=False, subject=staff_id)


def staff_totp_budget(staff_id: str, place: str | None) -> Budget:
    """Give the budget of the codes of a staff member's app, at sign-in or within a session."""
    return Budget(
        LimitName.STAFF_TOTP,
        _at(staff_id, place),
        authenticator_of(STAFF_TOTP, staff_id),
        stranger=place is None,
        subject=staff_id,
    )


def _at(subject: str, place: str | None) -> str:
    return subject if place is None else f"{subject}:{place[:36]}"
