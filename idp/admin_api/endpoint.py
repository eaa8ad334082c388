"""One call, from the request that passed the front door to its answer.

The order: path and method, token, rate and scope, what the caller accepts, query, key and version,
body, reason; then the act, once. Each refusal of an act or of a look at a member is an event.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import structlog

from idp.admin_api import answers, reading
from idp.admin_api.guard import Guard, is_open
from idp.admin_api.model import Answer, Call, Caller, CallRefused
from idp.admin_api.once import Once, digest_of, said_of
from idp.admin_api.problems import Problem
from idp.admin_api.recording import Recording
from idp.admin_api.routes import Kind, Route, Routes
from idp.clock import Clock
from idp.errors import IdpError, Unavailable
from idp.oidc.protocol import ProtocolRequest, ProtocolResponse
from idp.policy.admin_api import ROOT
from idp.storage.sql import Tx
from keys.errors import HomeUnavailable, KeysError

log = structlog.get_logger(__name__)
_CAMEL = re.compile(r"(?<!^)(?=[A-Z])")


@dataclass(frozen=True)
class Endpoint:
    """Answers every path below `ROOT`."""

    routes: Routes
    guard: Guard
    once: Once
    recording: Recording
    clock: Clock

    def answer(self, request: ProtocolRequest) -> ProtocolResponse:
        """Answer one call."""
        try:
            route, place = self._route(request)
            if is_open(route):
                return self._open(request, route, place)
            caller = self.guard.caller(request, route)
        except CallRefused as refusal:
            return self._told(request, answers.refused(refusal, request.request_id))
        return self._told(request, self._recorded(request, route, place, caller))

    def _recorded(
        self, request: ProtocolRequest, route: Route, place: dict[str, str], caller: Caller
    ) -> ProtocolResponse:
        try:
            return self._do(request, route, self._call(request, route, place, caller))
        except CallRefused as refusal:
            why, said = refusal.problem.name, answers.refused(refusal, request.request_id)
        except Unavailable:
            raise
        except IdpError as error:
            log.info("admin.refused", code=error.code, detail=error.detail[:200])
            why = error.code
            said = answers.refused_by_service(error.code, error.status, request.request_id)
        except HomeUnavailable as error:
            raise Unavailable(type(error).__name__) from error
        except KeysError as error:
            why = _CAMEL.sub("_", type(error).__name__).lower()
            said = answers.refused_by_service(why, 409, request.request_id)
        if route.kind is not Kind.READ:
            self.recording.refused(route, caller, why.lower(), said.status)
        return said

    def _route(self, request: ProtocolRequest) -> tuple[Route, dict[str, str]]:
        found = self.routes.at(request.path.removeprefix(ROOT))
        if not found:
            raise CallRefused(Problem.NOT_FOUND)
        method = "GET" if request.method == "HEAD" else request.method
        for route, place in found:
            if route.method == method:
                return route, place
        allowed = ", ".join(sorted({route.method for route, _ in found}))
        raise CallRefused(Problem.METHOD, headers=(("Allow", allowed),))

    def _open(
        self, request: ProtocolRequest, route: Route, place: dict[str, str]
    ) -> ProtocolResponse:
        _check_accept(request)
        query = reading.read_query(request.query, route.query)
        nobody = Caller("", frozenset(), request.origin)
        call = Call(nobody, place, query, None, "", None, self.clock.now())
        return answers.answered(said_of(route.do(call)), self.guard.resource.issuer)

    def _call(
        self, request: ProtocolRequest, route: Route, place: dict[str, str], caller: Caller
    ) -> Call:
        _check_accept(request)
        query = reading.read_query(request.query, route.query)
        changes = route.kind is Kind.CHANGE
        if changes:
            reading.idempotency_key(request)
        version = reading.version_of(request) if route.versioned else None
        body: Any = None
        if route.takes is not None:
            body = reading.read_body(request, route.takes)
        elif request.body:
            raise CallRefused(Problem.UNREADABLE)
        reason = getattr(body, "reason", None)
        if route.needs_header_reason:
            reason = reading.header_reason(request)
        return Call(caller, place, query, body, reason or "", version, self.clock.now())

    def _do(self, request: ProtocolRequest, route: Route, call: Call) -> ProtocolResponse:
        issuer = self.guard.resource.issuer
        if route.kind is not Kind.CHANGE:
            return answers.answered(said_of(route.do(call)), issuer)

        def act(tx: Tx) -> Answer:
            answer = route.do(call)
            self.recording.acted(tx, route, call, answer)
            return answer

        key = reading.idempotency_key(request)
        said, again = self.once.act(call.caller.client_id, key, digest_of(request), act)
        return answers.answered(said, issuer, again=again)

    def _told(self, request: ProtocolRequest, answer: ProtocolResponse) -> ProtocolResponse:
        if not request.headers.get("dpop"):
            return answer
        headers = answer.headers + self.guard.resource.proofs.headers()
        return ProtocolResponse(answer.status, answer.body, headers, answer.content_type)


def _check_accept(request: ProtocolRequest) -> None:
    if not reading.accepts_json(request.headers.get("accept")):
        raise CallRefused(Problem.ACCEPT)
