"""Passwords: Argon2id (RFC 9106), one fixed cost whatever the answer will be.

`verify` and `pretend` take the lease of the attempt, so no password is checked outside the gate.
What was typed is hashed as it was sent, in UTF-8, neither cut nor folded (OWASP ASVS 6.2.8).

While accounts with a wrapped hash of an older portal are left (`idp.accounts.legacy`), every
attempt does the work of their scheme too (`legacy_work` of the policy): time tells nothing.
"""

from __future__ import annotations

import secrets
import time
from functools import lru_cache

from argon2 import PasswordHasher, Type, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from idp.accounts import legacy_schemes
from idp.metrics import HASH_SECONDS
from idp.policy.model import Argon2
from idp.throttle.gate import count_verification
from idp.throttle.model import Lease


def hash_password(password: str, parameters: Argon2) -> str:
    """Hash a new password with the parameters of the policy; slow, never inside a transaction."""
    return _hasher(parameters).hash(password.encode("utf-8"))


def verify(
    lease: Lease,
    password_hash: str,
    password: str,
    parameters: Argon2,
    counted_as: str = "password",
) -> bool:
    """Check a password against its hash, paid for by `lease`; slow.

    `counted_as` names it in the metric.
    """
    started = time.perf_counter()
    right = _matches(password_hash, password, parameters)
    HASH_SECONDS.observe(time.perf_counter() - started)
    return count_verification(lease, counted_as, right=right)


def pretend(password: str, parameters: Argon2) -> None:
    """Do the work of a verification without checking anything, so that time tells nothing."""
    _matches(_dummy_hash(parameters), password, parameters)


def needs_rehash(password_hash: str, parameters: Argon2) -> bool:
    """Tell whether a hash was made with other parameters than the policy's."""
    if legacy_schemes.is_wrapped(password_hash):
        return True
    return _hasher(parameters).check_needs_rehash(password_hash)


def is_affordable(password_hash: str, most_time: int, most_memory: int) -> bool:
    """Tell whether this is an Argon2id hash that does not cost more than is taken (KiB)."""
    try:
        found = extract_parameters(password_hash)
    except InvalidHashError:
        return False
    cheap = found.time_cost <= most_time and found.memory_cost <= most_memory
    return cheap and found.parallelism <= 16 and found.type is Type.ID


def _matches(password_hash: str, password: str, parameters: Argon2) -> bool:
    secret = password
    if legacy_schemes.is_wrapped(password_hash):
        password_hash, secret = legacy_schemes.unwrap(password_hash, password)
    elif parameters.legacy_work:
        scheme = parameters.legacy_work.partition(":")[0]
        legacy_schemes.digest_of(scheme, legacy_schemes.shadow(parameters.legacy_work), password)
    try:
        return _hasher(parameters).verify(password_hash, secret.encode("utf-8"))
    except (VerifyMismatchError, VerificationError, InvalidHashError):
        return False


@lru_cache(maxsize=8)
def _hasher(parameters: Argon2) -> PasswordHasher:
    return PasswordHasher(
        time_cost=parameters.time_cost,
        memory_cost=parameters.memory_cost,
        parallelism=parameters.parallelism,
        type=Type.ID,
    )


@lru_cache(maxsize=8)
def _dummy_hash(parameters: Argon2) -> str:
    return _hasher(parameters).hash(secrets.token_bytes(32))
