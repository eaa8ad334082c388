"""What the API offers: one declaration per route, with who may call it.

The checks of the door, the OpenAPI document and the tests are made from these. A route that does
not say whom it is for keeps the program from starting.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Final

from idp.admin_api.model import Answer, Call, Shape, Wanted
from idp.admin_api.words import PLACES
from idp.policy.admin_api import FOR_PEOPLE
from idp.policy.staff import Permission

_PLACE: Final = re.compile(r"\{([a-z]+)\}")
Do = Callable[[Call], Answer]


class Open(Enum):
    """Routes that ask for no permission."""

    EVERYBODY = "everybody"
    """A public document; no token."""
    ANY_CLIENT = "any client"
    """What is the caller's own."""


class Kind(Enum):
    """What a route does."""

    READ = "read"
    PERSON = "person"
    """It shows records of members: with a reason, an event each, and within a limit."""
    CHANGE = "change"
    """It changes something: with a reason, an event, and at most once per key."""


class UndeclaredRoute(Exception):
    """A route that does not say whom it is for, or says something that cannot be."""


@dataclass(frozen=True, kw_only=True)
class Route:
    """One method at one path."""

    method: str
    path: str
    """Below the root; `{name}` stands for one of `PLACES`."""
    need: Permission | Open
    kind: Kind
    do: Do = field(repr=False)
    title: str
    gives: type[Shape] | None = None
    status: int = 200
    takes: type[Wanted] | None = None
    query: type[Wanted] | None = None
    versioned: bool = False
    """Whether a change asks for `If-Match`."""
    waits: bool = False
    """Whether policy may send it to a second person (202)."""

    @property
    def name(self) -> str:
        """Name it as events and problems do."""
        return f"{self.method} {self.path}"

    @property
    def places(self) -> list[str]:
        """List the names that stand in the path."""
        return _PLACE.findall(self.path)

    @property
    def needs_header_reason(self) -> bool:
        """Tell whether the reason comes in `Admin-Reason`, for there is no body to hold it."""
        return self.kind is not Kind.READ and self.takes is None

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Give what the path must look like."""
        text = _PLACE.sub(lambda m: f"(?P<{m[1]}>{PLACES[m[1]][0][1:-1]})", self.path)
        return re.compile(text, re.ASCII)


@dataclass(frozen=True)
class Routes:
    """All routes; raises `UndeclaredRoute` when one is not declared as it must be."""

    all: tuple[Route, ...]

    def __post_init__(self) -> None:
        """Check every declaration."""
        seen = set[str]()
        for route in self.all:
            _check(route)
            if route.name in seen:
                raise UndeclaredRoute(f"{route.name} is declared twice")
            seen.add(route.name)

    def at(self, path: str) -> list[tuple[Route, dict[str, str]]]:
        """List the routes at a path below the root, with what stands in it; none is 404.

        A path without a name in it goes before one with a name.
        """
        found = []
        for route in self.all:
            match = route.pattern.fullmatch(path)
            if match is not None:
                found.append((route, match.groupdict()))
        plain = [one for one in found if not one[1]]
        return plain or found


def joined(parts: Iterable[tuple[Route, ...]]) -> Routes:
    """Put the routes of all resources together."""
    return Routes(tuple(route for part in parts for route in part))


def _check(route: Route) -> None:
    if not isinstance(route.need, Permission | Open):
        raise UndeclaredRoute(f"{route.name} does not say whom it is for")
    if route.need in FOR_PEOPLE:
        raise UndeclaredRoute(f"{route.name}: {route.need} is no program's to have")
    if route.need is Open.EVERYBODY and route.kind is not Kind.READ:
        raise UndeclaredRoute(f"{route.name} is for everybody and not only a document")
    if any(name not in PLACES for name in route.places):
        raise UndeclaredRoute(f"{route.name}: an unknown name stands in the path")
    if route.kind is not Kind.CHANGE and route.method not in ("GET", "POST"):
        raise UndeclaredRoute(f"{route.name}: {route.method} changes something")
    if route.kind is Kind.CHANGE and route.method == "GET":
        raise UndeclaredRoute(f"{route.name}: a GET changes nothing (RFC 9110 9.2.1)")
