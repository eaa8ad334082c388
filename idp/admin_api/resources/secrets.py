"""A client's new secret: asked for, allowed by a second person, and drawn once by who asked."""

from __future__ import annotations

from dataclasses import dataclass

from idp.admin_api.model import Answer, Call, Shape, Wanted
from idp.admin_api.programs import SecondPersons
from idp.admin_api.routes import Kind, Route
from idp.admin_api.words import Reason
from idp.client_room.acts import ClientSecret
from idp.client_room.secrets import SecretDrawing
from idp.clients.service import Clients
from idp.errors import IdpError
from idp.journal.model import Behind
from idp.policy.admin_api import is_own
from idp.policy.approvals import ApprovalKind
from idp.policy.staff import Permission


class SecretOfProgram(IdpError):
    """The client acts through this API: its secret would be worth more than the caller's own."""

    code = "secret_of_program"
    status = 409


class AskSecret(Wanted, frozen=True):
    """Ask for a new secret, or draw it."""

    reason: Reason


class SecretAllowed(Shape, frozen=True):
    """It may be drawn now, within a day."""

    client_id: str


class SecretDrawn(Shape, frozen=True):
    """The secret: told this once (and again for the same key). The old one is worth nothing."""

    client_id: str
    client_secret: str


@dataclass(frozen=True)
class SecretDesk:
    """Secrets of relying parties, for programs."""

    clients: Clients
    drawing: SecretDrawing
    second: SecondPersons

    def routes(self) -> tuple[Route, ...]:
        """Declare what is offered."""
        change = Permission.CLIENT_CHANGE
        return (
            Route(
                method="POST",
                path="/clients/{client}/secret",
                need=change,
                kind=Kind.CHANGE,
                do=self.ask,
                title="Ask for a new secret of a relying party",
                takes=AskSecret,
                gives=SecretAllowed,
                waits=True,
            ),
            Route(
                method="POST",
                path="/clients/{client}/secret/draw",
                need=change,
                kind=Kind.CHANGE,
                do=self.draw,
                title="Draw the secret that was allowed",
                takes=AskSecret,
                gives=SecretDrawn,
            ),
        )

    def ask(self, call: Call) -> Answer:
        """Ask."""
        client_id = check_no_program(self.clients, call.place["client"])
        told = ClientSecret.parameters(client_id, self.clients.entry(client_id))
        waits = self.second.ask(call, ApprovalKind.CLIENT_SECRET, told)
        return waits or Answer(SecretAllowed(client_id=client_id))

    def draw(self, call: Call) -> Answer:
        """Draw it."""
        client_id = check_no_program(self.clients, call.place["client"])
        behind = Behind(call.caller.origin, None, {})
        secret = self.drawing.draw(client_id, call.caller.client_id, call.actor, behind)
        return Answer(SecretDrawn(client_id=client_id, client_secret=secret))


def check_no_program(clients: Clients, client_id: str) -> str:
    """Refuse a client that acts through this API: no program takes over another one (CWE-269)."""
    client = clients.get(client_id)
    if any(is_own(scope) for scope in client.resource_scopes):
        raise SecretOfProgram(client.client_id)
    return client.client_id
