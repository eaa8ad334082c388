"""What the areas of a policy must agree on, so that no relying party meets a key it cannot know.

OpenID Connect Core 10.1.1: a key is published before it signs, and stays published while a token
signed with it may live. Pure; each rule answers with a sentence that names the file and the key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Final
from unicodedata import east_asian_width

from idp.policy.admin_api import faults_of_admin_api
from idp.policy.approvals import faults_of_approvals
from idp.policy.helpdesk import faults_of_helpdesk
from idp.policy.limit_rules import faults_of_limits
from idp.policy.model import AccessTokenFormat, ClientEntry, Policy, SigningAlgorithm
from idp.policy.register import faults_of_register
from idp.policy.retention import faults_of_retention
from idp.policy.staff import faults_of_roles

SENDER: Final = re.compile(r"[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{1,190}")
WIDEST_NAME: Final = 27
"""Half-width characters a sender's name may take."""
NODES_FOLLOW: Final = timedelta(seconds=2)
"""Nodes look for a changed ring every second; one may give out the old set that much longer."""


def faults_of(policy: Policy) -> Iterator[str]:
    """Name what contradicts itself in a policy."""
    keys, tokens = policy.keys, policy.tokens
    if len(set(keys.algorithms)) != len(keys.algorithms):
        yield "keys.toml: algorithms: each may stand there once"
    if keys.announced_dwell.delta < keys.jwks_cache.delta + NODES_FOLLOW:
        yield (
            "keys.toml: announced_dwell must be longer than jwks_cache by 2 s at least: relying"
            " parties that honour the cache time would not know a key that signs"
        )
    if keys.announced_dwell.seconds >= keys.active_period.seconds:
        yield "keys.toml: announced_dwell must be shorter than active_period"
    longest = max(
        tokens.id_token_lifetime.seconds,
        tokens.access_token_lifetime.seconds,
        tokens.logout_token_lifetime.seconds,
    )
    if keys.retiring_dwell.seconds < longest + tokens.clock_skew.seconds:
        yield (
            "keys.toml: retiring_dwell must cover the longest lifetime of a signed token and"
            f" clock_skew of tokens.toml: at least {longest + tokens.clock_skew.seconds}s"
        )
    yield from faults_of_limits(policy.limits)
    yield from _faults_of_mail(policy)
    yield from faults_of_roles(policy.roles)
    yield from faults_of_approvals(policy.approvals, policy.roles)
    yield from faults_of_register(policy.register)
    yield from faults_of_helpdesk(policy.helpdesk, policy.approvals)
    yield from _faults_of_audit(policy)
    scopes = {client_id: entry.scope for client_id, entry in policy.clients.items()}
    yield from faults_of_admin_api(policy.admin_api, scopes, policy.roles)
    for client_id, entry in policy.clients.items():
        for member, algorithm in signed_for(entry):
            if algorithm not in keys.algorithms:
                yield (
                    f"clients.toml: {client_id}: {member}: {algorithm.value} is not in"
                    " `algorithms` of keys.toml"
                )


def _faults_of_mail(policy: Policy) -> Iterator[str]:
    mail = policy.mail
    if not SENDER.fullmatch(mail.sender):
        yield "mail.toml: sender must be an address like no-reply@id.example.jp"
    for name in ("sender_name_ja", "sender_name_en"):
        text: str = getattr(mail, name)
        width = sum(2 if east_asian_width(c) in "WFA" else 1 for c in text)
        if not text.isprintable() or not 0 < width <= WIDEST_NAME:
            yield (
                f"mail.toml: {name} must be one line of at most {WIDEST_NAME // 2} full-width"
                " characters: it stands in every subject, which has room for 30"
            )


def _faults_of_audit(policy: Policy) -> Iterator[str]:
    yield from faults_of_retention(policy.audit.retention)
    mail_to = policy.audit.checkpoints.mail_to
    if mail_to and not SENDER.fullmatch(mail_to):
        yield "audit.toml: checkpoints: mail_to must be empty or an address like auditor@example.jp"


def signed_for(entry: ClientEntry) -> list[tuple[str, SigningAlgorithm]]:
    """List the algorithms a client needs a key for, with the members that ask for them."""
    needed = [("id_token_signed_response_alg", entry.id_token_signed_response_alg)]
    if entry.access_token_format is AccessTokenFormat.JWT:
        needed.append(("access_token_signed_response_alg", entry.access_token_signed_response_alg))
    return needed
