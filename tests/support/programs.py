"""Programs that call the admin API: clients with scopes of it, each with a token of its own.

Registered as `idp client add` does it, on the foundation of a provider in this process; tokens come
from `/token`, and all calls go through the front door.
"""

from __future__ import annotations

import itertools
import json
import secrets
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from audit.event import Actor
from audit.names import EventName
from idp.app import create_app
from idp.assembly.foundation import Foundation
from idp.assembly.provider import build_provider
from idp.policy.admin_api import ROOT
from tests.support.in_process import Answer, InProcess

OPERATOR = Actor("operator", "cli:test")
REASON = "a test asked for it"
JSON = "application/json"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Program:
    """One client with a token."""

    provider: InProcess
    client_id: str
    secret: str = field(repr=False)
    token: str = field(repr=False)

    def call(
        self,
        method: str,
        path: str,
        content: Any = None,
        query: Mapping[str, str] | str | None = None,
        **headers: str,
    ) -> Answer:
        """Send one call; a key and a reason are made up where none are given, "" sends none."""
        told = {"authorization": f"Bearer {self.token}"}
        if method != "GET":
            told["idempotency_key"] = f"test-{secrets.token_hex(8)}"
        if content is None:
            told["admin_reason"] = REASON
        told |= headers
        sent = None
        if isinstance(content, bytes):
            sent = (told.pop("content_type", JSON), content)
        elif content is not None:
            sent = (told.pop("content_type", JSON), json.dumps(content).encode())
        elif method != "GET":
            sent = ("", b"")
        told = {name: text for name, text in told.items() if text}
        return self.provider.call(method, ROOT + path, query=query, sent=sent, **told)

    def get(self, path: str, **query: str) -> Any:
        """Get what must be there."""
        answer = self.call("GET", path, query=query)
        assert answer.status == 200, answer.body
        return json.loads(answer.body)

    def post(self, path: str, status: int = 200, **content: Any) -> Any:
        """Do what must go, with a reason."""
        answer = self.call("POST", path, {"reason": REASON} | content)
        assert answer.status == status, answer.body
        return json.loads(answer.body)


@dataclass(frozen=True)
class Programs:
    """All programs of a provider in this process."""

    foundation: Foundation
    provider: InProcess
    _known: dict[tuple[str, ...], Program] = field(default_factory=dict)

    @classmethod
    def at(cls, foundation: Foundation) -> Programs:
        """Build a provider on a foundation."""
        application = create_app(build_provider(foundation))
        return cls(foundation, InProcess(application, foundation.settings.issuer))

    def of(self, *scopes: str) -> Program:
        """Give the program with these scopes, the same each time."""
        if scopes not in self._known:
            self._known[scopes] = self.new(*scopes)
        return self._known[scopes]

    def new(self, *scopes: str, **metadata: Any) -> Program:
        """Register another program with these scopes, and get it a token."""
        client_id = f"program-{next(_numbers)}-{secrets.token_hex(4)}"
        wanted = {
            "client_id": client_id,
            "grant_types": ["client_credentials"],
            "scope": " ".join(scopes),
        } | metadata
        secret = self.foundation.clients.add(wanted, OPERATOR).drawn_secret or ""
        program = Program(self.provider, wanted["client_id"], secret, "")
        token = str(self.token(program)["access_token"])
        return Program(self.provider, wanted["client_id"], secret, token)

    def token(self, program: Program, **form: str) -> dict[str, Any]:
        """Ask for a token."""
        basic = b64encode(f"{program.client_id}:{program.secret}".encode()).decode()
        wanted = {"grant_type": "client_credentials"} | form
        answer = self.provider.post("/token", wanted, authorization=f"Basic {basic}")
        assert answer.status == 200, answer.body
        told: dict[str, Any] = json.loads(answer.body)
        return told

    def events(self, name: EventName, **wanted: str) -> list[dict[str, Any]]:
        """Give the events of a name whose data have these values."""
        with self.foundation.database.read() as tx:
            asked = f"SELECT line FROM audit_event WHERE name = '{name.value}' ORDER BY id"
            events = [json.loads(row[0]) for row in tx.text(asked).fetchall()]
        return [one for one in events if wanted.items() <= (one.get("data") or {}).items()]


def problem(answer: Answer, status: int, kind: str) -> dict[str, Any]:
    """Check a problem (RFC 9457) and give it."""
    assert answer.status == status, (answer.status, answer.body)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    told: dict[str, Any] = json.loads(answer.body)
    assert told["type"] == f"urn:kumiai:problem:{kind}", told
    assert told["status"] == status
    assert told["title"]
    assert told["instance"] == f"urn:kumiai:request:{answer.headers['x-request-id']}"
    return told
