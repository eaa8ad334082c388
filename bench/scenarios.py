"""The operations that are measured, in the order of one run, with their targets.

A scenario says which walk it is, how many of them, what they start from, and what was promised.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.material import Material
from bench.wire import Item


@dataclass(frozen=True)
class Target:
    """What was promised: at most so many floors of server CPU; the promise holds on both cores."""

    floors: float | None = None
    beyond_hash_ms: float | None = None
    of_hash_limit: float | None = None


@dataclass(frozen=True)
class Scenario:
    """One operation."""

    name: str
    walk: str
    about: str
    count: int
    items: Callable[[Material, int], list[Item]]
    target: Target = Target()
    hashes: bool = False
    """Each walk verifies one password of the policy's cost."""
    bare: bool = False
    """Runs on a deployment whose hashes cost nothing."""


def _nothing(_material: Material, count: int) -> list[Item]:
    return [{}] * count


def _codes(client: str) -> Callable[[Material, int], list[Item]]:
    return lambda material, count: material.codes(client, count)


def _tokens(client: str) -> Callable[[Material, int], list[Item]]:
    return lambda material, count: material.tokens(client, count)


def _read_before(material: Material, count: int) -> list[Item]:
    """Give few tokens many times: the first reading of each is in the warm-up."""
    tokens = material.tokens("public", max(1, count // 20))
    return (tokens * 20)[:count]


def _read_own(material: Material, count: int) -> list[Item]:
    tokens = material.tokens("basic", max(1, count // 20))
    return (tokens * 20)[:count]


def _proven_codes(material: Material, count: int) -> list[Item]:
    return material.proven("POST", "/token", material.codes("public", count))


def _pushing(client: str) -> Callable[[Material, int], list[Item]]:
    return lambda material, count: material.services(client, count)


_SIGN_IN = Target(beyond_hash_ms=3.5, of_hash_limit=0.75)
_TOKENS = Target(floors=8)
_ASSERTED = Target(floors=6.5)

SCENARIOS: tuple[Scenario, ...] = (
    Scenario("discovery", "discovery", "provider metadata", 8_000, _nothing, Target(floors=0.5)),
    Scenario("jwks", "jwks", "public keys", 8_000, _nothing, Target(floors=0.5)),
    Scenario(
        "sign-in",
        "sign_in",
        "fresh browser: authorize, page, password, code (5 requests)",
        320,
        lambda material, count: material.members(count),
        _SIGN_IN,
        hashes=True,
    ),
    Scenario(
        "password",
        "password",
        "the sign-in form alone (1 request)",
        320,
        lambda material, count: material.pages(count),
        _SIGN_IN,
        hashes=True,
    ),
    Scenario(
        "sign-in-bare",
        "sign_in",
        "sign-in with a hash that costs nothing (8 KiB): what is around the hash",
        320,
        lambda material, count: material.members(count),
        bare=True,
    ),
    Scenario(
        "authorize",
        "authorize",
        "code in a browser that is signed in (2 requests)",
        1_000,
        lambda material, count: material.sessions("public", count),
    ),
    Scenario("exchange", "exchange", "code, public client", 1_000, _codes("public"), _TOKENS),
    Scenario(
        "exchange-basic", "exchange", "code, client_secret_basic", 1_000, _codes("basic"), _TOKENS
    ),
    Scenario("exchange-jwt", "exchange", "code, private_key_jwt", 1_000, _codes("jwt"), _ASSERTED),
    Scenario("exchange-dpop", "exchange", "code, public client, DPoP", 1_000, _proven_codes),
    Scenario("refresh", "refresh", "rotation, public client", 1_000, _tokens("public"), _TOKENS),
    Scenario(
        "refresh-jwt", "refresh", "rotation, private_key_jwt", 1_000, _tokens("jwt"), _ASSERTED
    ),
    Scenario(
        "client-credentials",
        "client_credentials",
        "ES256 token (RFC 9068), client_secret_basic",
        1_000,
        lambda material, count: material.services("service", count),
        Target(floors=5),
    ),
    Scenario(
        "client-credentials-jwt",
        "client_credentials",
        "the same, private_key_jwt",
        1_000,
        lambda material, count: material.services("service-jwt", count),
        _ASSERTED,
    ),
    Scenario("par", "par", "request pushed by a public client", 1_000, _pushing("public")),
    Scenario("par-jwt", "par", "request pushed, private_key_jwt", 1_000, _pushing("jwt")),
    Scenario(
        "introspect",
        "introspect",
        "a token of its own, client_secret_basic",
        2_000,
        _read_own,
        Target(floors=2.5),
    ),
    Scenario(
        "userinfo-first", "userinfo", "first reading, which is recorded", 1_000, _tokens("basic")
    ),
    Scenario(
        "userinfo",
        "userinfo",
        "reading with a token again",
        4_000,
        _read_before,
        Target(floors=2.5),
    ),
)
