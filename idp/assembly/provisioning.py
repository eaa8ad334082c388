"""The SCIM endpoint and the tokens of core systems, assembled.

Its models cost half a second to import: they are imported when the first request with a good token
comes, so that starting costs nothing and a stranger cannot make it be paid.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from idp.assembly.foundation import Foundation
from idp.assembly.register import build_register
from idp.members.service import Register
from idp.oidc.door import Machine
from idp.oidc.protocol import NO_STORE, ProtocolRequest, ProtocolResponse
from idp.oidc.refusals import Refusal
from idp.provisioning.model import MEDIA_TYPE, ScimError, ScimRequest, ScimResponse, Scope
from idp.provisioning.tokens import ScimTokens

if TYPE_CHECKING:
    from idp.provisioning.endpoint import Endpoint

MOUNT = "/scim/v2/"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_READING = {("GET", ""), ("HEAD", ""), ("POST", "Users/.search"), ("POST", ".search")}


def build_scim_tokens(f: Foundation) -> ScimTokens:
    """Build what makes and checks the tokens of core systems."""
    return ScimTokens(f.database, f.clock, f.policy, f.journal, f.gate, f.persons, f.floods)


def build_scim(f: Foundation) -> Machine:
    """Build the machine that is mounted at `MOUNT`."""
    tokens = build_scim_tokens(f)
    register = build_register(f)
    endpoint = functools.cache(functools.partial(_endpoint, f, register))
    return Machine(
        _answering(tokens, endpoint),
        METHODS,
        reads_body=True,
        max_body=lambda: f.policy.policy.provisioning.bulk_bytes,
        refusal=_refusal,
    )


def _endpoint(f: Foundation, register: Register) -> Endpoint:
    # Late: see above.
    from idp.provisioning.bulk import BulkJobs  # noqa: PLC0415
    from idp.provisioning.endpoint import Endpoint  # noqa: PLC0415
    from idp.provisioning.members import Members  # noqa: PLC0415
    from idp.provisioning.queries import Lists  # noqa: PLC0415

    base = f.settings.issuer + MOUNT.rstrip("/")
    members = Members(f.clock, f.policy, register, base)
    return Endpoint(
        f.database,
        f.clock,
        f.policy,
        members,
        Lists(f.database, f.clock, f.policy, base),
        BulkJobs(f.database, f.policy, members),
    )


def _answering(
    tokens: ScimTokens, endpoint: Callable[[], Endpoint]
) -> Callable[[ProtocolRequest], ProtocolResponse]:
    def answer(request: ProtocolRequest) -> ProtocolResponse:
        asked = _asked(request)
        try:
            token = tokens.authenticate(asked, _needed(asked))
            return _said(endpoint().answer(asked, token))
        except ScimError as error:
            return _said(ScimResponse(error.status, error.as_content(), error.headers))

    return answer


def _asked(request: ProtocolRequest) -> ScimRequest:
    return ScimRequest(
        request.method,
        request.path.removeprefix(MOUNT),
        request.query,
        request.headers,
        request.body,
        request.content_type,
        request.caller.buckets[0],
        request.origin,
    )


def _needed(request: ScimRequest) -> Scope:
    path = request.path.strip("/") if request.method == "POST" else ""
    return Scope.READ if (request.method, path) in _READING else Scope.WRITE


def _said(response: ScimResponse) -> ProtocolResponse:
    body = b"" if response.content is None else msgspec.json.encode(response.content)
    return ProtocolResponse(response.status, body, NO_STORE + response.headers, MEDIA_TYPE)


def _refusal(refusal: Refusal) -> ProtocolResponse:
    """Word what the front door refuses as SCIM does."""
    kind = "invalidSyntax" if refusal.status == 400 else ""
    error = ScimError(refusal.status, refusal.description, kind, refusal.headers)
    return _said(ScimResponse(error.status, error.as_content(), error.headers))
