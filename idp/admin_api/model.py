"""A call of the admin API, its caller, its answer, and what can be wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from audit.event import Actor, Personal
from idp.admin_api.problems import Problem
from idp.journal.model import Origin
from idp.policy.staff import Permission


class Shape(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """What a body says that we give."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a body or a query says that we take: unknown members are refused."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The client that calls, and what it may do at this moment."""

    client_id: str
    permissions: frozenset[Permission]
    origin: Origin

    @property
    def actor(self) -> Actor:
        """Give the actor of an event."""
        return Actor("client", self.client_id)


@dataclass(frozen=True, slots=True)
class Call:
    """One request that passed every check and may be done."""

    caller: Caller
    place: Mapping[str, str]
    """What stands in the path, by name."""
    query: Any
    body: Any
    reason: str = field(repr=False)
    """Empty where none is asked for."""
    version: str | None
    """`If-Match`, where the route asks for it."""
    now: datetime

    @property
    def actor(self) -> Actor:
        """Give the actor of an event."""
        return self.caller.actor


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a call."""

    content: Shape | Mapping[str, Any] | None = None
    status: int = 200
    location: str | None = None
    """Path below the API's root."""
    version: str | None = None
    """The `ETag` of what is shown or was changed."""
    about: Mapping[str, str | int | Personal | None] = field(default_factory=dict)
    """What the event of a change says beside route and reason; never a secret."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that is wrong with a body, a query or a header."""

    where: str
    """A JSON pointer, or the name of a parameter or header."""
    detail: str


class CallRefused(Exception):
    """A call that is answered with a problem; everything in it is constant or ours."""

    def __init__(
        self,
        problem: Problem,
        *,
        errors: tuple[Wrong, ...] = (),
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(problem.name)
        self.problem = problem
        self.errors = errors
        self.headers = headers
