"""Relying parties: list, show, add, remove. Those of `policies/clients.toml` are read only.

What a client may never be told to be by a program is not among the members it takes: first party
(it would skip consent), a secret somebody else drew, or one that acts through this API (CWE-915).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Final

import msgspec

from idp.admin_api.model import Answer, Call, CallRefused, Shape, Wanted, Wrong
from idp.admin_api.problems import Problem
from idp.admin_api.routes import Kind, Route
from idp.admin_api.words import PLACES, Reason
from idp.clients.model import SCOPES, Client
from idp.clients.registration import BadClient
from idp.clients.service import Clients
from idp.errors import IdpError
from idp.journal.model import Behind
from idp.policy.model import AccessTokenFormat, AuthMethod, SigningAlgorithm
from idp.policy.staff import Permission

_NAMED: Final = re.compile(r"[^:]*: ([a-z_]{1,40})\b")
_SCOPE: Final = f"^({'|'.join(SCOPES)})( ({'|'.join(SCOPES)})){{0,9}}$"
ScopeText = Annotated[str, msgspec.Meta(pattern=_SCOPE)]
Uri = Annotated[str, msgspec.Meta(pattern="^https://[!-~]{1,500}$")]
Uris = Annotated[list[Uri], msgspec.Meta(max_length=20)]
Name = Annotated[str, msgspec.Meta(pattern="^[!-~ぁ-ヿ一-鿿]{1,100}$")]
ClientId = Annotated[str, msgspec.Meta(pattern=PLACES["client"][0])]


class NotRemovable(IdpError):
    """The client comes with the policy."""

    code = "client_of_policy"
    status = 409


class ClientShape(Shape, frozen=True):
    """A client, without anything of its credential."""

    client_id: str
    source: str
    client_name: str
    client_name_en: str
    first_party: bool
    token_endpoint_auth_method: AuthMethod
    grant_types: list[str]
    scope: str
    redirect_uris: list[str]
    post_logout_redirect_uris: list[str]
    backchannel_logout_uri: str | None
    jwks_uri: str | None
    id_token_signed_response_alg: SigningAlgorithm
    access_token_format: AccessTokenFormat
    access_token_audience: list[str]
    dpop_bound_access_tokens: bool
    require_pushed_authorization_requests: bool


class ClientList(Shape, frozen=True):
    """All clients by id."""

    clients: list[ClientShape]


class ClientAdded(Shape, frozen=True):
    """A new client, and its secret: told this once (and again for the same key)."""

    client: ClientShape
    client_secret: str | None


class NewClient(Wanted, frozen=True, kw_only=True):
    """Metadata of RFC 7591 2; what is not named here cannot be asked for."""

    reason: Reason
    client_name: Name
    client_id: ClientId | None = None
    client_name_en: Name | None = None
    redirect_uris: Annotated[list[Uri], msgspec.Meta(min_length=1, max_length=20)]
    post_logout_redirect_uris: Uris = msgspec.field(default_factory=list)
    backchannel_logout_uri: Uri | None = None
    jwks_uri: Uri | None = None
    scope: ScopeText = "openid"
    token_endpoint_auth_method: AuthMethod = AuthMethod.CLIENT_SECRET_BASIC
    id_token_signed_response_alg: SigningAlgorithm = SigningAlgorithm.RS256
    dpop_bound_access_tokens: bool = False
    require_pushed_authorization_requests: bool = False


class RemoveClient(Wanted, frozen=True):
    """Remove a client."""

    reason: Reason


class ClientRemoved(Shape, frozen=True):
    """It is gone, and its tokens open nothing."""

    client_id: str


@dataclass(frozen=True)
class ClientDesk:
    """Relying parties, for programs."""

    clients: Clients

    def routes(self) -> tuple[Route, ...]:
        """Declare what is offered."""
        view, change = Permission.CLIENT_VIEW, Permission.CLIENT_CHANGE
        return (
            Route(
                method="GET",
                path="/clients",
                need=view,
                kind=Kind.READ,
                do=self.list,
                title="List relying parties",
                gives=ClientList,
            ),
            Route(
                method="GET",
                path="/clients/{client}",
                need=view,
                kind=Kind.READ,
                do=self.show,
                title="Show a relying party",
                gives=ClientShape,
            ),
            Route(
                method="POST",
                path="/clients",
                need=change,
                kind=Kind.CHANGE,
                do=self.add,
                title="Add a relying party; the answer tells its secret",
                takes=NewClient,
                gives=ClientAdded,
                status=201,
            ),
            Route(
                method="POST",
                path="/clients/{client}/remove",
                need=change,
                kind=Kind.CHANGE,
                do=self.remove,
                title="Remove a relying party that was added",
                takes=RemoveClient,
                gives=ClientRemoved,
            ),
        )

    def list(self, _call: Call) -> Answer:
        """List."""
        return Answer(ClientList(clients=[client_shape(one) for one in self.clients.list()]))

    def show(self, call: Call) -> Answer:
        """Show one."""
        found = self.clients.get(call.place["client"])
        added = found.source == "added"
        version = self.clients.entry(found.client_id).version if added else None
        return Answer(client_shape(found), version=version)

    def add(self, call: Call) -> Answer:
        """Add; always one that asks for consent."""
        wanted: dict[str, Any] = msgspec.to_builtins(call.body)
        metadata = {name: value for name, value in wanted.items() if value is not None}
        del metadata["reason"]
        try:
            added = self.clients.add(metadata, call.actor, behind_of(call))
        except BadClient as error:
            raise CallRefused(Problem.CANNOT, errors=(wrong_of(error),)) from error
        made = added.client
        return Answer(
            ClientAdded(client=client_shape(made), client_secret=added.drawn_secret),
            status=201,
            location=f"/clients/{made.client_id}",
            about={"added": made.client_id},
        )

    def remove(self, call: Call) -> Answer:
        """Remove."""
        client_id = call.place["client"]
        if self.clients.get(client_id).source != "added":
            raise NotRemovable(client_id)
        self.clients.remove(client_id, call.actor, behind_of(call))
        return Answer(ClientRemoved(client_id=client_id))


def client_shape(one: Client) -> ClientShape:
    """Show a client."""
    return ClientShape(
        client_id=one.client_id,
        source=one.source,
        client_name=one.name,
        client_name_en=one.name_en,
        first_party=one.first_party,
        token_endpoint_auth_method=one.auth_method,
        grant_types=sorted(one.grant_types),
        scope=" ".join(sorted(one.scopes | one.resource_scopes)),
        redirect_uris=list(one.redirect_uris),
        post_logout_redirect_uris=list(one.post_logout_redirect_uris),
        backchannel_logout_uri=one.backchannel_logout_uri,
        jwks_uri=one.jwks_uri,
        id_token_signed_response_alg=one.id_token_alg,
        access_token_format=one.access_token_format,
        access_token_audience=list(one.audience),
        dpop_bound_access_tokens=one.dpop_bound,
        require_pushed_authorization_requests=one.require_par,
    )


def behind_of(call: Call) -> Behind:
    """Give what the events of an act say of who stands behind it."""
    return Behind(call.caller.origin, None, {"reason": call.reason})


def wrong_of(error: BadClient) -> Wrong:
    """Name the member; the words of the error tell what was sent, and are for the log."""
    named = _NAMED.match(error.detail)
    where = f"/{named[1]}" if named else "/"
    return Wrong(where, "it cannot be accepted; docs/relying-party.md tells what can")
