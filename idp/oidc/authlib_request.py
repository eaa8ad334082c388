"""Our request in the shape Authlib's framework-free server classes take.

Built from the issuer and the path, never from the URL the server saw: behind a TLS proxy that one
says http, and Authlib would refuse it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from authlib.oauth2.rfc6749 import OAuth2Payload, OAuth2Request

from idp.oidc.protocol import ProtocolRequest
from idp.storage.sql import Tx


class Payload(OAuth2Payload):
    """The form fields; the front door has refused repeated ones."""

    def __init__(self, form: dict[str, str]) -> None:
        self._form = form

    @property
    def data(self) -> dict[str, str]:
        """Give the fields."""
        return self._form

    @property
    def datalist(self) -> defaultdict[str, list[str]]:
        """Give the fields as lists of one."""
        return defaultdict(list, {name: [value] for name, value in self._form.items()})


class TokenRequest(OAuth2Request):
    """A token request; `protocol` is the request as it came through the front door.

    `act` is the transaction in which a secret is checked, where the endpoint has one open.
    """

    def __init__(self, issuer: str, protocol: ProtocolRequest, act: Tx | None = None) -> None:
        headers = {"Authorization": protocol.headers.get("authorization", "")}
        super().__init__(protocol.method, issuer + protocol.path, headers=headers)
        self.protocol = protocol
        self.act = act
        self.payload: Any = Payload(dict(protocol.form))

    @property
    def args(self) -> dict[str, str | None]:
        """Give the query: always empty, the endpoint refuses one."""
        return {}

    @property
    def form(self) -> Any:
        """Give the form fields."""
        return dict(self.protocol.form)
