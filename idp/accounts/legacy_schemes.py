"""Password schemes of older portals: how their hashes look, and what they make of a password.

A legacy hash is never stored. What is stored is Argon2id over its digest, beside the scheme's
parameters (salt, rounds), as `$legacy$scheme$parameters$argon2id$…`: whoever steals it pays for
Argon2id at each guess. What a hash may cost is limited: a file must not slow every sign-in down.
"""

from __future__ import annotations

import base64
import hashlib
import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import bcrypt

MARK = "$legacy$"
ARGON2ID = "argon2id"
BCRYPT_BYTES = 72
"""bcrypt reads no more of a password, and so did the old portal (compare CVE-2025-22228)."""
_ITOA64 = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

Found = re.Match[str]


@dataclass(frozen=True, slots=True)
class Scheme:
    """One scheme: the form of its hashes (groups `digest`, `cost`), and its computation."""

    name: str
    form: re.Pattern[str]
    digest: Callable[[bytes, Found], str]
    most: int = 0
    """The greatest `cost` that is taken."""


@dataclass(frozen=True, slots=True)
class LegacyHash:
    """A hash that was recognised: its parameters without the digest, and the digest."""

    scheme: str
    parameters: str
    digest: str


def recognise(text: str, named: str = "") -> LegacyHash | None:
    """Recognise a hash by its form, or by the scheme that is named; None when it is none of ours.

    Raises ValueError when its cost is greater than what is taken.
    """
    for scheme in SCHEMES.values():
        if named and scheme.name != named:
            continue
        if not named and scheme.name.endswith("_suffix"):
            continue  # looks like its sibling: only when it is named
        found = scheme.form.fullmatch(text)
        if found is None:
            continue
        if scheme.most and not 0 < _cost(scheme, found) <= scheme.most:
            raise ValueError(f"{scheme.name}: the cost is greater than {scheme.most}")
        start, end = found.span("digest")
        return LegacyHash(scheme.name, text[:start] + text[end:], found["digest"])
    return None


def wrap(found: LegacyHash, argon2: Callable[[str], str]) -> str:
    """Give what is stored of a recognised hash; `argon2` hashes the digest."""
    parameters = base64.urlsafe_b64encode(found.parameters.encode()).decode().rstrip("=")
    return f"{MARK}{found.scheme}${parameters}{argon2(found.digest)}"


def is_wrapped(password_hash: str) -> bool:
    """Tell whether a stored hash wraps one of an older portal."""
    return password_hash.startswith(MARK)


def unwrap(password_hash: str, password: str) -> tuple[str, str]:
    """Give the Argon2id hash inside, and what the old scheme makes of a password; slow."""
    _, _, scheme, parameters, argon2 = password_hash.split("$", 4)
    padded = parameters + "=" * (-len(parameters) % 4)
    return f"${argon2}", digest_of(scheme, base64.urlsafe_b64decode(padded).decode(), password)


def digest_of(scheme: str, parameters: str, password: str) -> str:
    """Compute the digest of a password under a scheme's parameters; slow.

    A password with a NUL fits nothing: what read C strings took "word" for "word NUL anything".
    """
    secret = password.encode("utf-8")
    known = SCHEMES[scheme]
    found = _parameters(known.name, parameters)
    digest = known.digest(secret.replace(b"\0", b"?"), found)
    return "" if b"\0" in secret else digest


@lru_cache(maxsize=64)
def shadow(scheme: str) -> str:
    """Give parameters to do the work of a scheme with, where there is no hash; "name:cost"."""
    name, _, cost = scheme.partition(":")
    if name not in SCHEMES:
        raise ValueError(f"{name}: not a scheme of older portals")
    salt = "." * 8
    if name == "bcrypt":
        return f"$2b${int(cost or 10):02d}${salt}{salt}......"
    if name == "django_pbkdf2":
        return f"pbkdf2_sha256${cost or 260_000}${salt}$"
    if name == "pbkdf2":
        return f"$pbkdf2-sha256${cost or 29_000}${salt}$"
    if name in ("sha256_crypt", "sha512_crypt"):
        return f"${'5' if name == 'sha256_crypt' else '6'}$rounds={cost or 5000}${salt}$"
    if name == "phpass":
        return f"$P${_ITOA64[int(cost or 13)]}{salt}"
    return f"$1${salt}$" if name == "md5_crypt" else f"{name.partition('_')[0]}${salt}$"


def work_of(found: LegacyHash) -> str:
    """Name the work that a hash costs, as `shadow` reads it: "name:cost"."""
    scheme = SCHEMES[found.scheme]
    if not scheme.most:
        return scheme.name
    return f"{scheme.name}:{_cost(scheme, _parameters(scheme.name, found.parameters))}"


@lru_cache(maxsize=1024)
def _parameters(name: str, parameters: str) -> Found:
    """Match parameters without a digest."""
    pattern = SCHEMES[name].form.pattern
    bare = re.compile(re.sub(r"\(\?P<digest>[^)]*\)", "(?P<digest>)", pattern), re.ASCII)
    found = bare.fullmatch(parameters)
    if found is None:
        raise ValueError(f"{name}: the parameters cannot be read")
    return found


def _cost(scheme: Scheme, found: Found) -> int:
    cost = found["cost"]
    if scheme.name == "phpass":
        return _ITOA64.index(cost)
    return int(cost) if cost else 5000  # crypt(3): what counts when nothing is said


def _bcrypt(secret: bytes, found: Found) -> str:
    salt = f"$2b${found['cost']}${found['salt']}"
    return bcrypt.hashpw(secret[:BCRYPT_BYTES], salt.encode()).decode()[29:]


def _pbkdf2(secret: bytes, found: Found) -> str:
    name = (found["hash"] or "-sha1").lstrip("-_")
    raw = hashlib.pbkdf2_hmac(name, secret, _ab64(found["salt"]), int(found["cost"]))
    return base64.b64encode(raw, b"./").decode().rstrip("=")


def _django_pbkdf2(secret: bytes, found: Found) -> str:
    salt = found["salt"].encode()
    raw = hashlib.pbkdf2_hmac(found["hash"], secret, salt, int(found["cost"]))
    return base64.b64encode(raw).decode()


def _salted(secret: bytes, found: Found) -> str:
    return hashlib.new(found["hash"], found["salt"].encode() + secret).hexdigest()


def _salted_suffix(secret: bytes, found: Found) -> str:
    return hashlib.new(found["hash"], secret + found["salt"].encode()).hexdigest()


def _crypt(secret: bytes, found: Found) -> str:
    handler = _handler("sha256_crypt" if found["kind"] == "5" else "sha512_crypt")
    made: str = handler.using(salt=found["salt"], rounds=int(found["cost"] or 5000)).hash(secret)
    return made.rpartition("$")[2]


def _md5_crypt(secret: bytes, found: Found) -> str:
    made: str = _handler("md5_crypt").using(salt=found["salt"]).hash(secret)
    return made.rpartition("$")[2]


def _phpass(secret: bytes, found: Found) -> str:
    rounds = _ITOA64.index(found["cost"])
    made: str = _handler("phpass").using(salt=found["salt"], rounds=rounds).hash(secret)
    return made[12:]


@cache
def _handler(name: str) -> Any:
    """Give one of passlib's schemes; imported when the first is met: it costs 40 ms."""
    return getattr(importlib.import_module("passlib.hash"), name)


def _ab64(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), b"./")


def _scheme(name: str, form: str, digest: Callable[[bytes, Found], str], most: int = 0) -> Scheme:
    return Scheme(name, re.compile(form, re.ASCII), digest, most)


_B64 = "[./A-Za-z0-9]"
_CRYPT = rf"(?:rounds=(?P<cost>[0-9]{{4,7}})\$)?(?P<salt>{_B64}{{0,16}})\$"
_SALT = r"(?P<salt>[^$\s]{1,64})"
SCHEMES = {
    scheme.name: scheme
    for scheme in (
        _scheme(
            "bcrypt",
            rf"\$2[aby]\$(?P<cost>[0-9]{{2}})\$(?P<salt>{_B64}{{22}})(?P<digest>{_B64}{{31}})",
            _bcrypt,
            14,
        ),
        _scheme(
            "django_pbkdf2",
            rf"pbkdf2_(?P<hash>sha256|sha1)\$(?P<cost>[0-9]{{1,7}})\${_SALT}\$"
            r"(?P<digest>[A-Za-z0-9+/]{27,43}=)",
            _django_pbkdf2,
            1_500_000,
        ),
        _scheme(
            "pbkdf2",
            rf"\$pbkdf2(?P<hash>-sha256|-sha512)?\$(?P<cost>[0-9]{{1,7}})\$(?P<salt>{_B64}{{1,88}})\$"
            rf"(?P<digest>{_B64}{{27,86}})",
            _pbkdf2,
            1_500_000,
        ),
        _scheme(
            "sha256_crypt", rf"\$(?P<kind>5)\${_CRYPT}(?P<digest>{_B64}{{43}})", _crypt, 1_000_000
        ),
        _scheme(
            "sha512_crypt", rf"\$(?P<kind>6)\${_CRYPT}(?P<digest>{_B64}{{86}})", _crypt, 1_000_000
        ),
        _scheme(
            "md5_crypt", rf"\$1\$(?P<salt>{_B64}{{0,8}})\$(?P<digest>{_B64}{{22}})", _md5_crypt
        ),
        _scheme(
            "phpass",
            rf"\$[PH]\$(?P<cost>{_B64})(?P<salt>{_B64}{{8}})(?P<digest>{_B64}{{22}})",
            _phpass,
            17,
        ),
        _scheme("sha256", rf"(?P<hash>sha256)\${_SALT}\$(?P<digest>[0-9a-f]{{64}})", _salted),
        _scheme("sha512", rf"(?P<hash>sha512)\${_SALT}\$(?P<digest>[0-9a-f]{{128}})", _salted),
        _scheme(
            "sha256_suffix",
            rf"(?P<hash>sha256)\${_SALT}\$(?P<digest>[0-9a-f]{{64}})",
            _salted_suffix,
        ),
        _scheme(
            "sha512_suffix",
            rf"(?P<hash>sha512)\${_SALT}\$(?P<digest>[0-9a-f]{{128}})",
            _salted_suffix,
        ),
    )
}
