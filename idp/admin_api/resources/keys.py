"""Signing keys: the inventory, and who knows the key that signs next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from idp.admin_api.model import Answer, Call, Shape
from idp.admin_api.routes import Kind, Route
from idp.clients.service import Clients
from idp.key_rotation.readiness import Readiness, readiness
from idp.key_rotation.rotation import KeyRotation
from idp.policy.staff import Permission
from keys.record import KeyRecord, KeyState


class KeyShape(Shape, frozen=True):
    """A signing key. Nothing of the private key leaves the ring."""

    kid: str
    alg: str
    state: KeyState
    announced_at: datetime
    activated_at: datetime | None
    retiring_at: datetime | None
    retired_at: datetime | None
    compromised_at: datetime | None


class KeyList(Shape, frozen=True):
    """The ring, in the order it has."""

    keys: list[KeyShape]


class ReadyShape(Shape, frozen=True):
    """Whether a client has fetched the set with the next key; `unknown` where nobody can tell."""

    client_id: str
    alg: str
    kid: str
    state: str
    last_fetch: datetime | None
    has_key: str
    how: str


class ReadyList(Shape, frozen=True):
    """By client and algorithm."""

    readiness: list[ReadyShape]


@dataclass(frozen=True)
class KeyBook:
    """The ring, for programs."""

    rotation: KeyRotation
    clients: Clients

    def routes(self) -> tuple[Route, ...]:
        """Declare what is offered."""
        view = Permission.KEY_VIEW
        return (
            Route(
                method="GET",
                path="/keys",
                need=view,
                kind=Kind.READ,
                do=self.list,
                title="List the signing keys",
                gives=KeyList,
            ),
            Route(
                method="GET",
                path="/keys/readiness",
                need=view,
                kind=Kind.READ,
                do=self.readiness,
                title="Tell which client knows the key that signs next",
                gives=ReadyList,
            ),
        )

    def list(self, _call: Call) -> Answer:
        """List."""
        return Answer(KeyList(keys=[_shape(one) for one in self.rotation.home.load().records]))

    def readiness(self, _call: Call) -> Answer:
        """Tell."""
        records = tuple(self.rotation.home.load().records)
        found = readiness(self.rotation.database, self.clients, records)
        return Answer(ReadyList(readiness=[_ready(one) for one in found]))


def _shape(one: KeyRecord) -> KeyShape:
    return KeyShape(
        kid=one.kid,
        alg=one.alg,
        state=one.state,
        announced_at=one.announced_at,
        activated_at=one.activated_at,
        retiring_at=one.retiring_at,
        retired_at=one.retired_at,
        compromised_at=one.compromised_at,
    )


def _ready(one: Readiness) -> ReadyShape:
    return ReadyShape(
        client_id=one.client_id,
        alg=one.alg,
        kid=one.kid,
        state=one.state,
        last_fetch=one.last_fetch,
        has_key=one.has_key,
        how=one.how,
    )
