"""Changing a relying party that was added: what was read is changed, or nothing (`If-Match`).

Its credential stays: a secret or a key set changes hands only with a second person.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from idp.admin_api.model import Answer, Call, CallRefused, Wanted
from idp.admin_api.problems import Problem
from idp.admin_api.resources.clients import (
    ClientShape,
    Name,
    ScopeText,
    Uri,
    Uris,
    behind_of,
    client_shape,
    wrong_of,
)
from idp.admin_api.resources.secrets import check_no_program
from idp.admin_api.routes import Kind, Route
from idp.admin_api.words import Reason
from idp.clients.registration import BadClient
from idp.clients.service import Clients
from idp.policy.model import SigningAlgorithm
from idp.policy.staff import Permission


class ChangeClient(Wanted, frozen=True, kw_only=True):
    """Members of RFC 7591 2 that are to be others; those left out stay."""

    reason: Reason
    client_name: Name | UnsetType = UNSET
    client_name_en: Name | UnsetType = UNSET
    redirect_uris: Annotated[list[Uri], msgspec.Meta(min_length=1, max_length=20)] | UnsetType = (
        UNSET
    )
    post_logout_redirect_uris: Uris | UnsetType = UNSET
    backchannel_logout_uri: Uri | UnsetType | None = UNSET
    scope: ScopeText | UnsetType = UNSET
    id_token_signed_response_alg: SigningAlgorithm | UnsetType = UNSET
    dpop_bound_access_tokens: bool | UnsetType = UNSET
    require_pushed_authorization_requests: bool | UnsetType = UNSET


@dataclass(frozen=True)
class ClientChanges:
    """Changes relying parties, for programs."""

    clients: Clients

    def routes(self) -> tuple[Route, ...]:
        """Declare what is offered."""
        return (
            Route(
                method="PATCH",
                path="/clients/{client}",
                need=Permission.CLIENT_CHANGE,
                kind=Kind.CHANGE,
                do=self.change,
                title="Change a relying party that was added",
                takes=ChangeClient,
                gives=ClientShape,
                versioned=True,
            ),
        )

    def change(self, call: Call) -> Answer:
        """Change; raises `CallRefused` 412 when somebody else did since it was read."""
        client_id = check_no_program(self.clients, call.place["client"])
        wanted = msgspec.to_builtins(call.body)
        del wanted["reason"]
        version = call.version or ""
        if self.clients.entry(client_id).version != version:
            raise CallRefused(Problem.CHANGED)
        try:
            made = self.clients.change(client_id, wanted, version, call.actor, behind_of(call))
        except BadClient as error:
            raise CallRefused(Problem.CANNOT, errors=(wrong_of(error),)) from error
        return Answer(client_shape(made), version=self.clients.entry(client_id).version)
