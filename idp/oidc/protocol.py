"""Machine requests and responses: what endpoints take and give, free of any framework."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from idp.journal.model import Origin
from idp.web.caller import Caller

NO_STORE = (("Cache-Control", "no-store"), ("Pragma", "no-cache"))


@dataclass(frozen=True, slots=True)
class ProtocolRequest:
    """One request that passed the front door: sizes, encodings and repetitions are checked."""

    method: str
    path: str
    query: Mapping[str, str]
    form: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    caller: Caller
    request_id: str
    body: bytes = b""
    """As it came, only where the endpoint reads it itself (`Machine.reads_body`)."""
    content_type: str = ""

    @property
    def origin(self) -> Origin:
        """Give where the request came from, as it stands in audit events."""
        return Origin(
            self.caller.address, self.headers.get("user-agent", "")[:200] or None, self.request_id
        )


@dataclass(frozen=True, slots=True)
class ProtocolResponse:
    """Status, headers and body; the front door adds CORS and the request id."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = field(default=NO_STORE)
    content_type: str = "application/json"


def json_response(
    content: Mapping[str, Any],
    status: int = 200,
    headers: tuple[tuple[str, str], ...] = NO_STORE,
) -> ProtocolResponse:
    """Make a JSON response that no cache keeps, unless other headers are given."""
    return ProtocolResponse(status, msgspec.json.encode(content), headers)
