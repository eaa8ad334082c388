"""Pages that tell of blocks, in every state: what a known device and a signed-in owner are told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from idp.blocks.model import BY_A_LIMIT, Block, Evidence, Kind, Scope
from idp.blocks.words import told, told_later
from idp.policy.model import LimitName
from idp.web.organisation import Language

TOKEN = "t" * 43
HANDLE = "h" * 43
NOW = datetime(2026, 7, 31, 3, 0, tzinfo=UTC)
Worded = Callable[[Language], dict[str, Any]]
"""Values of a page that depend on the language of its reader."""


def block(
    rule: LimitName | None,
    scope: Scope,
    failed: int,
    minutes: int,
    *,
    ends: bool = True,
    ago: int = 0,
) -> Block:
    """Make a block that started `ago` minutes before the moment of the stories."""
    started = NOW - timedelta(minutes=ago)
    return Block(
        id="0198-1",
        kind=Kind.DEVICE if scope is Scope.DEVICE else Kind.ACCOUNT,
        scope=scope,
        subject="s",
        bucket="b",
        rule=rule,
        made_by=BY_A_LIMIT if rule else "operator",
        policy_digest="0" * 64,
        evidence=Evidence(failed, started - timedelta(minutes=minutes), started, 900)
        if rule
        else None,
        reason=None,
        reference="EFGH6789",
        started_at=started,
        until=started + timedelta(minutes=30) if ends else None,
    )


STRANGERS = block(LimitName.PASSWORD_FROM_UNKNOWN_DEVICE, Scope.STRANGERS, 5, 3)
STRANGERS_APP = block(LimitName.TOTP, Scope.STRANGERS, 5, 2)
FIFTY = block(LimitName.CONSECUTIVE_FAILURES_OF_STRANGERS, Scope.STRANGERS, 50, 0, ends=False)
OWN = block(LimitName.PASSWORD_FROM_KNOWN_DEVICE, Scope.DEVICE, 10, 4)
OWN_APP = block(LimitName.TOTP, Scope.DEVICE, 5, 2)
OWN_SESSION = block(LimitName.REAUTHENTICATION, Scope.DEVICE, 5, 2)
HUNDRED = block(LimitName.CONSECUTIVE_FAILURES, Scope.EVERYONE, 100, 0, ends=False)
BY_PERSON = block(None, Scope.EVERYONE, 0, 0, ends=False)
YESTERDAY = block(LimitName.PASSWORD_FROM_UNKNOWN_DEVICE, Scope.STRANGERS, 5, 1, ago=1500)


def failed(*blocks: Block) -> Worded:
    """Give the failure of an attempt that is told of these blocks."""
    return lambda language: {"error": {"reference": "ABCD2345", "blocks": told(blocks, language)}}


def lately(*blocks: Block) -> Worded:
    """Give what a signed-in owner reads of these blocks."""
    return lambda language: {"blocks": told_later(blocks, language, NOW)}


_VERIFY: dict[str, Any] = {
    "csrf_token": TOKEN,
    "progress": HANDLE,
    "target": HANDLE,
    "way": "app",
    "ways": ["app", "recovery"],
    "minutes": 10,
    "sender_domain": "mihon.example",
    "sent": False,
}
_AGAIN: dict[str, Any] = {
    "csrf_token": TOKEN,
    "client_name": None,
    "kept": {"next": "/account/security"},
    "ways": [],
    "by_code": False,
    "by_password": True,
    "username": "hanako@mihon.example",
    "minutes": 10,
    "sent": False,
}

SIGN_IN_BLOCKS: dict[str, Worded] = {
    "own": failed(OWN),
    "strangers": failed(STRANGERS),
    "all-three": failed(FIFTY, OWN, STRANGERS),
    "everyone": failed(HUNDRED),
    "by-person": failed(BY_PERSON),
}
ACCOUNT_BLOCKS: dict[str, Worded] = {
    "run": lately(STRANGERS),
    "over": lately(YESTERDAY),
    "both": lately(STRANGERS_APP, STRANGERS),
    "other-device": lately(OWN, YESTERDAY),
}
STEP_BLOCKS: list[tuple[str, str, dict[str, Any], Worded]] = [
    ("verify-blocked", "verify.html", _VERIFY, failed(OWN_APP)),
    ("verify-strangers-blocked", "verify.html", _VERIFY, failed(STRANGERS_APP)),
    ("reauthenticate-blocked", "reauthenticate.html", _AGAIN, failed(OWN_SESSION)),
    ("reauthenticate-strangers-blocked", "reauthenticate.html", _AGAIN, failed(STRANGERS)),
]
"""(name, template, values, and those in the reader's language)."""
