"""Answers as they are sent: JSON of what was asked for, or problem details (RFC 9457)."""

from __future__ import annotations

from typing import Any

import msgspec

from idp.admin_api.model import CallRefused
from idp.admin_api.once import Said
from idp.admin_api.problems import MEDIA_TYPE, PREFIX, Problem, of_error
from idp.oidc.protocol import NO_STORE, ProtocolResponse
from idp.oidc.refusals import Refusal
from idp.policy.admin_api import ROOT

_OF_DOOR = {
    400: Problem.UNREADABLE,
    405: Problem.METHOD,
    413: Problem.TOO_LARGE,
    415: Problem.MEDIA,
    500: Problem.FAILED,
    503: Problem.UNAVAILABLE,
}
Headers = tuple[tuple[str, str], ...]


def answered(said: Said, issuer: str, *, again: bool = False) -> ProtocolResponse:
    """Send what came of a call."""
    headers: Headers = NO_STORE
    if said.location is not None:
        headers += (("Location", issuer + ROOT + said.location),)
    if said.version is not None:
        headers += (("ETag", f'"{said.version}"'),)
    if again:
        headers += (("Idempotency-Replayed", "true"),)
    body = (said.content or "").encode()
    return ProtocolResponse(said.status, body, headers)


def refused(refusal: CallRefused, request_id: str | None) -> ProtocolResponse:
    """Send a problem."""
    problem = refusal.problem
    content = _content(problem.type, problem.title, problem.status, request_id)
    content["detail"] = problem.detail
    if refusal.errors:
        content["errors"] = [
            {"where": wrong.where, "detail": wrong.detail} for wrong in refusal.errors
        ]
    return _problem(problem.status, content, refusal.headers)


def refused_by_service(code: str, status: int, request_id: str) -> ProtocolResponse:
    """Send what a service refused; its own words are for the log."""
    kind, fitting, title, what_next = of_error(code, status)
    content = _content(kind, title, fitting, request_id)
    return _problem(fitting, content | {"detail": what_next}, ())


def refused_by_door(refusal: Refusal) -> ProtocolResponse:
    """Word what the front door refuses."""
    problem = _OF_DOOR.get(refusal.status)
    if problem is not None:
        return refused(CallRefused(problem, headers=refusal.headers), refusal.request_id)
    title = refusal.description or refusal.error.value
    kind = PREFIX + refusal.error.value.replace("_", "-")
    content = _content(kind, title, refusal.status, refusal.request_id)
    return _problem(refusal.status, content, refusal.headers)


def _content(kind: str, title: str, status: int, request_id: str | None) -> dict[str, Any]:
    content: dict[str, Any] = {"type": kind, "title": title, "status": status}
    if request_id is not None:
        content["instance"] = f"urn:kumiai:request:{request_id}"
    return content


def _problem(status: int, content: dict[str, Any], headers: Headers) -> ProtocolResponse:
    return ProtocolResponse(status, msgspec.json.encode(content), NO_STORE + headers, MEDIA_TYPE)
