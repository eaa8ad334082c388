"""Every scheme of an older portal, against hashes made by its reference implementation."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from statistics import median
from time import thread_time

import bcrypt
import pytest
from passlib.hash import (
    django_pbkdf2_sha1,
    django_pbkdf2_sha256,
    md5_crypt,
    pbkdf2_sha1,
    pbkdf2_sha256,
    pbkdf2_sha512,
    phpass,
    sha256_crypt,
    sha512_crypt,
)

from idp.accounts import passwords
from idp.accounts.legacy_schemes import SCHEMES, recognise, shadow, work_of, wrap
from idp.policy.model import Argon2, LimitName
from idp.throttle.model import Budget, Decision, Lease, Outcome, Spent

CHEAP = Argon2(time_cost=1, memory_cost=8, parallelism=1)
_BUDGET = Budget(LimitName.PASSWORD_FROM_UNKNOWN_DEVICE, "x")
_AT = datetime(2026, 11, 1, tzinfo=UTC)
LEASE = Lease(
    "lease",
    _BUDGET,
    Decision(Outcome.ALLOW, _BUDGET.rule, _BUDGET, Spent(), 5, 900, None, _AT, "digest"),
)
SHIPPED = Argon2(time_cost=2, memory_cost=19_456, parallelism=1)
PASSWORD = "見本のパスワード 2017!"
RAW = PASSWORD.encode()

HASHES = {
    "bcrypt 2b": lambda p: bcrypt.hashpw(p, bcrypt.gensalt(4)).decode(),
    "bcrypt 2a": lambda p: bcrypt.hashpw(p, bcrypt.gensalt(4, b"2a")).decode(),
    "bcrypt 2y of PHP": lambda p: bcrypt.hashpw(p, bcrypt.gensalt(4)).decode().replace("2b", "2y"),
    "PBKDF2 of Django": django_pbkdf2_sha256.using(rounds=1000).hash,
    "PBKDF2-SHA1 of Django": django_pbkdf2_sha1.using(rounds=1000).hash,
    "PBKDF2-SHA1": pbkdf2_sha1.using(rounds=1000).hash,
    "PBKDF2-SHA256": pbkdf2_sha256.using(rounds=1000).hash,
    "PBKDF2-SHA512": pbkdf2_sha512.using(rounds=1000, salt_size=64).hash,
    "SHA-256 crypt": sha256_crypt.using(rounds=1000).hash,
    "SHA-256 crypt, rounds not said": sha256_crypt.using(rounds=5000).hash,
    "SHA-512 crypt": sha512_crypt.using(rounds=1000).hash,
    "MD5 crypt": md5_crypt.hash,
    "phpass": phpass.using(rounds=7).hash,
    "phpass of phpBB": phpass.using(rounds=7, ident="H").hash,
    "salted SHA-256": lambda p: "sha256$sa1t$" + hashlib.sha256(b"sa1t" + p).hexdigest(),
    "salted SHA-512": lambda p: "sha512$sa1t$" + hashlib.sha512(b"sa1t" + p).hexdigest(),
}


def stored(text: str, named: str = "") -> str:
    found = recognise(text, named)
    assert found is not None
    return wrap(found, lambda digest: passwords.hash_password(digest, CHEAP))


@pytest.mark.parametrize("kind", HASHES)
def test_the_right_password_opens_and_no_other(kind: str) -> None:
    text = HASHES[kind](RAW)
    kept = stored(text)
    assert len(kept) <= 400
    assert passwords.verify(LEASE, kept, PASSWORD, CHEAP)
    for wrong in (
        PASSWORD + " ",
        PASSWORD[:-1],
        "",
        "x" * 4096,
        "\0",
        PASSWORD + "\0",
        PASSWORD + "\0x",
    ):
        assert not passwords.verify(LEASE, kept, wrong, CHEAP), wrong
    assert passwords.needs_rehash(kept, CHEAP)


@pytest.mark.parametrize("kind", HASHES)
def test_no_weak_digest_is_kept(kind: str) -> None:
    text = HASHES[kind](RAW)
    found = recognise(text)
    assert found is not None
    kept = stored(text)
    assert found.digest not in kept
    assert text not in kept
    assert "$argon2id$" in kept


def test_what_one_knows_of_a_stored_hash_does_not_open_it() -> None:
    # Whoever steals digests elsewhere must not sign in with them: a digest is no password.
    text = HASHES["MD5 crypt"](RAW)
    found = recognise(text)
    assert found is not None
    for known in (text, found.digest, stored(text)):
        assert not passwords.verify(LEASE, stored(text), known, CHEAP)


@pytest.mark.parametrize("name", ["sha256", "sha512"])
def test_the_salt_may_stand_behind_where_the_scheme_is_named(name: str) -> None:
    text = f"{name}$sa1t$" + hashlib.new(name, RAW + b"sa1t").hexdigest()
    assert passwords.verify(LEASE, stored(text, f"{name}_suffix"), PASSWORD, CHEAP)
    assert not passwords.verify(LEASE, stored(text), PASSWORD, CHEAP)


def test_bcrypt_beyond_72_bytes_cve_2025_22228() -> None:
    """The old portal read 72 bytes: so do we, once; the first sign-in keeps the whole password."""
    long = "あ" * 24 + "tail"
    assert len(long.encode()) == 76
    kept = stored(bcrypt.hashpw(long.encode()[:72], bcrypt.gensalt(4)).decode())
    assert passwords.verify(LEASE, kept, long, CHEAP)
    assert not passwords.verify(LEASE, kept, "あ" * 23 + "い" + "tail", CHEAP)
    renewed = passwords.hash_password(long, CHEAP)
    assert passwords.verify(LEASE, renewed, long, CHEAP)
    assert not passwords.verify(LEASE, renewed, "あ" * 24 + "liat", CHEAP)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "secret",
        "5f4dcc3b5aa765d61d8327deb882cf99",
        "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
        "$2x$10$" + "." * 53,
        "$2b$10$" + "." * 52,
        "$1$salt$short",
        "sha256$$" + "0" * 64,
        "sha1$salt$" + "0" * 40,
        "$5$rounds=1$salt$" + "." * 43,
        "$legacy$md5_crypt$x$argon2id$v=19$m=8,t=1,p=1$a$b",
        "md5$salt$" + "0" * 32,
    ],
)
def test_what_is_no_hash_of_these_schemes_is_not_recognised(text: str) -> None:
    assert recognise(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "$2b$31$" + "." * 53,
        "$2b$00$" + "." * 53,
        "pbkdf2_sha256$9999999$salt$" + "A" * 43 + "=",
        "$pbkdf2-sha256$0$salt$" + "A" * 43,
        "$6$rounds=9999999$salt$" + "." * 86,
        "$P$z12345678" + "." * 22,
    ],
)
def test_a_hash_that_would_slow_every_sign_in_down_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cost"):
        recognise(text)


@pytest.mark.parametrize("name", SCHEMES)
def test_the_work_of_every_scheme_can_be_done_without_a_hash(name: str) -> None:
    from idp.accounts.legacy_schemes import digest_of

    assert digest_of(name, shadow(name), "x")


def test_time_tells_no_legacy_account_from_an_unknown_address() -> None:
    text = HASHES["PBKDF2 of Django"](RAW).replace("$1000$", "$120000$")
    found = recognise(text)
    assert found is not None
    rules = Argon2(time_cost=2, memory_cost=19_456, parallelism=1, legacy_work=work_of(found))
    legacy = wrap(found, lambda digest: passwords.hash_password(digest, SHIPPED))
    plain = passwords.hash_password("other", SHIPPED)
    times: dict[str, list[float]] = {"legacy": [], "plain": [], "unknown": []}
    for _ in range(25):
        for kind, act in (
            ("legacy", lambda: passwords.verify(LEASE, legacy, "wrong", rules)),
            ("plain", lambda: passwords.verify(LEASE, plain, "wrong", rules)),
            ("unknown", lambda: passwords.pretend("wrong", rules)),
        ):
            started = thread_time()
            act()
            times[kind].append(thread_time() - started)
    middle = {kind: median(taken) for kind, taken in times.items()}
    slowest, quickest = max(middle.values()), min(middle.values())
    # A busy machine is not quiet enough for less; without the work the difference is two thirds.
    assert (slowest - quickest) / slowest < 0.2, middle
