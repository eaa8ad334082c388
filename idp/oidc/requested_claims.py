"""The `claims` parameter (OpenID Connect Core 5.5): read strictly, kept as checked JSON, pure.

Members and claims that are not understood are ignored; what is understood must have the right type.
A requested value decides for `sub` (3.1.2.2) and an essential `acr` (5.5.1.1); for any other claim
the true value is given.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import Any, NoReturn

import msgspec

from idp.oidc.claim_names import ITEM_OF, SCOPE_OF

MAX_CLAIMS = 4096
MAX_VALUES = 50
_VALUED = ("sub", "acr")


class BadClaims(ValueError):
    """The parameter is not what Core 5.5 says."""


class Asked(msgspec.Struct, frozen=True, omit_defaults=True):
    """How one claim is requested; `values` only for those whose value decides something."""

    essential: bool = False
    values: tuple[str, ...] = ()


class RequestedClaims(msgspec.Struct, frozen=True, omit_defaults=True):
    """The claims asked for, by where they are to be returned."""

    id_token: dict[str, Asked] = {}
    userinfo: dict[str, Asked] = {}

    @property
    def items(self) -> frozenset[str]:
        """Give what a member has to be asked about."""
        return frozenset(ITEM_OF[name] for name in self._names() if name in ITEM_OF)

    def names(self, member: str) -> frozenset[str]:
        """Give the member's claims that are personal data: neither `sub` nor `acr`."""
        asked = self.id_token if member == "id_token" else self.userinfo
        return frozenset(name for name in asked if name in ITEM_OF)

    def allows_subject(self, subject: str) -> bool:
        """Tell whether a subject may be answered for (Core 3.1.2.2)."""
        wanted = (asked.get("sub", Asked()).values for asked in (self.id_token, self.userinfo))
        return all(not values or subject in values for values in wanted)

    @property
    def essential_acr(self) -> tuple[str, ...]:
        """Give the values of an essential `acr`, in the client's order (Core 5.5.1.1)."""
        asked = self.id_token.get("acr", Asked())
        return asked.values if asked.essential else ()

    @property
    def voluntary_acr(self) -> tuple[str, ...]:
        """Give the values of a voluntary `acr`, in the client's order."""
        asked = self.id_token.get("acr", Asked())
        return () if asked.essential else asked.values

    def _names(self) -> Iterator[str]:
        yield from self.id_token
        yield from self.userinfo


NOTHING = RequestedClaims()
_DECODER = msgspec.json.Decoder(RequestedClaims)


def check_claims(text: str, scopes: Collection[str]) -> str | None:
    """Check a `claims` parameter of a client registered for `scopes`; raises `BadClaims`.

    Gives what is understood of it as JSON, None when that is nothing.
    """
    if len(text) > MAX_CLAIMS:
        raise BadClaims("too long")
    try:
        read = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
        text.encode()
    except (ValueError, RecursionError):
        raise BadClaims("no JSON") from None
    if not isinstance(read, dict):
        raise BadClaims("no object")
    checked = RequestedClaims(
        id_token=_member(read.get("id_token", {}), scopes),
        userinfo=_member(read.get("userinfo", {}), scopes),
    )
    return None if checked == NOTHING else msgspec.json.encode(checked).decode()


@lru_cache(maxsize=1024)
def read_claims(checked: str | None) -> RequestedClaims:
    """Read what `check_claims` gave."""
    return _DECODER.decode(checked) if checked else NOTHING


def _member(asked: Any, scopes: Collection[str]) -> dict[str, Asked]:
    if not isinstance(asked, dict):
        raise BadClaims("a member is no object")
    read = {name: _asked(name, how) for name, how in asked.items()}
    return {
        name: how
        for name, how in read.items()
        if name in _VALUED or (name in SCOPE_OF and SCOPE_OF[name] in scopes)
    }


def _asked(name: str, how: Any) -> Asked:
    if how is None:
        return Asked()
    if not isinstance(how, dict):
        raise BadClaims("a claim is neither null nor an object")
    essential = how.get("essential", False)
    if not isinstance(essential, bool):
        raise BadClaims("essential is no boolean")
    if "value" in how and "values" in how:
        raise BadClaims("value and values")
    values = how["values"] if "values" in how else [how["value"]] if "value" in how else None
    if values is not None and not (isinstance(values, list) and 0 < len(values) <= MAX_VALUES):
        raise BadClaims("values is no list")
    if values is None or name not in _VALUED:
        return Asked(essential)
    if not all(isinstance(value, str) and _is_text(value) for value in values):
        raise BadClaims("a value is no text")
    return Asked(essential, tuple(values))


def _is_text(value: str) -> bool:
    try:
        value.encode()  # lone surrogates come out of \ud800
    except UnicodeEncodeError:
        return False
    return "\0" not in value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise BadClaims("a name stands twice")
    return read


def _no_number(_text: str) -> NoReturn:
    raise BadClaims("not a number of JSON")
