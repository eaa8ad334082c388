"""What `limits.toml` may say of each limit: what it counts apart, and which of them may block.

`key` in the file is there for its reader. What is counted apart is decided by the code, so a file
that says something else is refused instead of being believed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from idp.policy.model import Limit, LimitName, Outage

KEYS: Final[dict[LimitName, tuple[str, ...]]] = {
    LimitName.PASSWORD_FROM_UNKNOWN_DEVICE: ("account",),
    LimitName.PASSWORD_FROM_KNOWN_DEVICE: ("account", "device"),
    LimitName.CONSECUTIVE_FAILURES: ("authenticator",),
    LimitName.CONSECUTIVE_FAILURES_OF_STRANGERS: ("authenticator",),
    LimitName.CLIENT_SECRET: ("client", "address"),
    LimitName.MAILED_CODE: ("procedure",),
    LimitName.RESET_CODES_OF_ACCOUNT: ("account",),
    LimitName.INVITATION: ("code",),
    LimitName.TOTP: ("account", "device"),
    LimitName.RECOVERY_CODE: ("account", "device"),
    LimitName.PASSKEY: ("passkey",),
    LimitName.REAUTHENTICATION: ("account", "session"),
    LimitName.STAFF_PASSWORD_FROM_UNKNOWN_DEVICE: ("account",),
    LimitName.STAFF_PASSWORD_FROM_KNOWN_DEVICE: ("account", "device"),
    LimitName.STAFF_TOTP: ("account", "device"),
    LimitName.STAFF_ENROLMENT: ("link",),
    LimitName.SCIM_TOKEN: ("address",),
    LimitName.MAILS_PER_MAILBOX: ("mailbox",),
    LimitName.PROVING_MAILS_PER_MAILBOX: ("mailbox",),
    LimitName.MAILS_PER_ADDRESS: ("address",),
    LimitName.FAILURES_PER_ADDRESS: ("address",),
    LimitName.FAILURES_PER_NETWORK: ("network",),
}
IN_A_ROW: Final = frozenset(
    {LimitName.CONSECUTIVE_FAILURES, LimitName.CONSECUTIVE_FAILURES_OF_STRANGERS}
)
"""Counted since the last right answer, whenever that was."""
BLOCKING: Final = frozenset(
    {
        LimitName.PASSWORD_FROM_UNKNOWN_DEVICE,
        LimitName.PASSWORD_FROM_KNOWN_DEVICE,
        LimitName.TOTP,
        LimitName.RECOVERY_CODE,
        LimitName.REAUTHENTICATION,
        LimitName.STAFF_PASSWORD_FROM_UNKNOWN_DEVICE,
        LimitName.STAFF_PASSWORD_FROM_KNOWN_DEVICE,
        LimitName.STAFF_TOTP,
        *IN_A_ROW,
    }
)
"""Limits that may set a block: each stands on one account, whose owner can be told."""
OF_STAFF: Final = frozenset(
    {
        LimitName.STAFF_PASSWORD_FROM_UNKNOWN_DEVICE,
        LimitName.STAFF_PASSWORD_FROM_KNOWN_DEVICE,
        LimitName.STAFF_TOTP,
        LimitName.STAFF_ENROLMENT,
    }
)
"""Limits on secrets of the staff; all others are about members and programs."""
MOST_IN_A_ROW: Final = 100
"""What the standard allows; NIST SP 800-63B-4 3.2.2."""


def faults_of_limits(limits: Mapping[LimitName, Limit]) -> Iterator[str]:
    """Name what a limit may not say."""
    for name, limit in limits.items():
        if limit.key != KEYS[name]:
            yield f"limits.toml: [{name.value}] counts by {list(KEYS[name])}; key must say so"
        if (limit.period is None) != (name in IN_A_ROW):
            wanted = "has no period" if name in IN_A_ROW else "needs a period"
            yield f"limits.toml: [{name.value}] {wanted}"
        yield from _faults_of_then(name, limit)
    yield from _faults_in_a_row(limits)


def advice_on_limits(limits: Mapping[LimitName, Limit]) -> Iterator[str]:
    """Name what is allowed and weak: a test of load may want it, a co-operative should not."""
    whole = limits[LimitName.CONSECUTIVE_FAILURES]
    strangers = limits[LimitName.CONSECUTIVE_FAILURES_OF_STRANGERS]
    if whole.count > MOST_IN_A_ROW:
        yield (
            f"limits.toml: [consecutive_failures] is above {MOST_IN_A_ROW}, the most that"
            " NIST SP 800-63B-4 3.2.2 allows"
        )
    if strangers.count == whole.count:
        yield (
            "limits.toml: [consecutive_failures_of_strangers] leaves known browsers no reserve:"
            " strangers can lock everybody out"
        )
    for name in sorted(BLOCKING - IN_A_ROW):
        if limits[name].then is None:
            yield f"limits.toml: [{name.value}] sets no block: a guesser may go on after the window"


def _faults_of_then(name: LimitName, limit: Limit) -> Iterator[str]:
    then = limit.then
    if then is None:
        return
    if name not in BLOCKING:
        yield f"limits.toml: [{name.value}] cannot block (then)"
    if (then.block is None) != (name in IN_A_ROW):
        wanted = "lasts until a right answer" if name in IN_A_ROW else "needs a length"
        yield f"limits.toml: [{name.value}] its block {wanted}"
    if then.at_most is not None and (
        then.block is None or then.at_most.seconds < then.block.seconds
    ):
        yield f"limits.toml: [{name.value}] at_most is shorter than the first block"


def _faults_in_a_row(limits: Mapping[LimitName, Limit]) -> Iterator[str]:
    whole = limits[LimitName.CONSECUTIVE_FAILURES]
    strangers = limits[LimitName.CONSECUTIVE_FAILURES_OF_STRANGERS]
    if strangers.count > whole.count:
        yield (
            "limits.toml: [consecutive_failures_of_strangers] is part of [consecutive_failures]:"
            " its count cannot be higher"
        )
    for limit in (whole, strangers):
        if limit.on_outage is not Outage.DENY:
            yield "limits.toml: the limits on failures in a row stand in SQL: on_outage is deny"
