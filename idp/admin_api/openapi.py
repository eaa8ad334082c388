"""The OpenAPI 3.1 description, made from the routes and from nothing else.

It is the same at every provider: addresses in it are relative. The file of it in `docs/` is written
by the check of generated files; what is served is made anew at start.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from idp.admin_api.model import Answer, Call
from idp.admin_api.problems import MEDIA_TYPE, PREFIX, Problem
from idp.admin_api.programs import Waiting
from idp.admin_api.routes import Kind, Open, Route, Routes
from idp.admin_api.words import HEADER_REASON, KEY_PATTERN, PLACES
from idp.policy.admin_api import PREFIX as SCOPE
from idp.policy.admin_api import ROOT, SCOPES

VERSION: Final = "1.0.0"
SCHEME: Final = "oauth"
_TEMPLATE: Final = "#/components/schemas/{name}"
_TEXT: Final = {"type": "string"}
_ALWAYS: Final = (
    Problem.QUERY,
    Problem.TOKEN,
    Problem.SCOPE,
    Problem.ACCEPT,
    Problem.TOO_MANY,
    Problem.FAILED,
    Problem.UNAVAILABLE,
)


@dataclass
class Description:
    """Serves the description; it is filled once all routes are known, itself among them."""

    content: dict[str, Any] = field(default_factory=dict)

    def routes(self) -> tuple[Route, ...]:
        """Declare what is offered."""
        return (
            Route(
                method="GET",
                path="/openapi.json",
                need=Open.EVERYBODY,
                kind=Kind.READ,
                do=self.show,
                title="This description",
            ),
        )

    def show(self, _call: Call) -> Answer:
        """Give it."""
        return Answer(self.content)


def describe(routes: Routes) -> dict[str, Any]:
    """Describe all routes."""
    schemas, components = _schemas(routes)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes.all:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Kumiai ID: admin API",
            "version": VERSION,
            "description": "The acts of the staff console, for programs. Each act has a reason and"
            " happens once per Idempotency-Key; what needs two persons is answered with 202 and"
            " waits for one. No program decides about a request.",
        },
        "servers": [{"url": ROOT}],
        "paths": paths,
        "components": {
            "schemas": {**components, "Problem": _problem()},
            "securitySchemes": {SCHEME: _scheme()},
        },
    }


def _schemas(routes: Routes) -> tuple[dict[Any, dict[str, Any]], dict[str, Any]]:
    kinds: list[Any] = [Waiting]
    for route in routes.all:
        kinds += [one for one in (route.gives, route.takes, route.query) if one is not None]
    kinds = list(dict.fromkeys(kinds))
    made, components = msgspec.json.schema_components(kinds, ref_template=_TEMPLATE)
    queries = {route.query.__name__ for route in routes.all if route.query is not None}
    known = dict(zip(kinds, made, strict=True))
    for kind in kinds:
        if kind.__name__ in queries:
            known[kind] = components.pop(kind.__name__)
    return known, components


def _operation(route: Route, schemas: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": _operation_id(route),
        "summary": route.title,
        "tags": [route.path.split("/")[1].partition(".")[0]],
        "security": _security(route),
        "parameters": _parameters(route, schemas),
        "responses": _responses(route, schemas),
    }
    if route.takes is not None:
        body = {"schema": schemas[route.takes]}
        described["requestBody"] = {"required": True, "content": {"application/json": body}}
    return described


def _operation_id(route: Route) -> str:
    owner = getattr(route.do, "__self__", None)
    return f"{type(owner).__name__}.{getattr(route.do, '__name__', 'do')}"


def _security(route: Route) -> list[dict[str, list[str]]]:
    if route.need is Open.EVERYBODY:
        return []
    scopes = [] if isinstance(route.need, Open) else [SCOPE + route.need.value]
    return [{SCHEME: scopes}]


def _parameters(route: Route, schemas: dict[Any, dict[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for name in route.places:
        pattern, meaning = PLACES[name]
        found.append(_parameter("path", name, meaning, pattern=pattern))
    if route.query is not None:
        found += _query(schemas[route.query])
    if route.kind is Kind.CHANGE:
        meaning = "Unique per request of yours; the same request with the same key is done once."
        found.append(_parameter("header", "Idempotency-Key", meaning, pattern=KEY_PATTERN))
    if route.needs_header_reason:
        meaning = "Why, 1 to 500 characters; it stands in the audit log. UTF-8 is taken."
        found.append(_parameter("header", "Admin-Reason", meaning, pattern=HEADER_REASON))
    if route.versioned:
        meaning = "The ETag that was read: somebody else's change is not overwritten."
        found.append(_parameter("header", "If-Match", meaning, pattern='^"[!#-~]{1,100}"$'))
    return found


def _parameter(where: str, name: str, meaning: str, *, pattern: str) -> dict[str, Any]:
    schema = {"type": "string", "pattern": pattern}
    return {"name": name, "in": where, "required": True, "description": meaning, "schema": schema}


def _query(schema: dict[str, Any]) -> list[dict[str, Any]]:
    needed = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in needed, "schema": _without_null(one)}
        for name, one in schema["properties"].items()
    ]


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A query leaves out what is not asked for; there is no null in it."""
    kept = {name: value for name, value in schema.items() if name not in ("anyOf", "default")}
    kinds = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    if schema.get("default") is not None:
        kept["default"] = schema["default"]
    return kept | kinds[0] if kinds else kept


def _responses(route: Route, schemas: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    told: dict[str, Any] = {str(route.status): _answer(route, schemas)}
    if route.waits:
        told["202"] = {
            "description": Waiting.__doc__,
            "headers": {"Location": {"required": True, "schema": _TEXT}},
            "content": {"application/json": {"schema": schemas[Waiting]}},
        }
    for status, titles in sorted(_problems(route).items()):
        told[str(status)] = {
            "description": "; ".join(titles) + ".",
            "content": {MEDIA_TYPE: {"schema": {"$ref": _TEMPLATE.format(name="Problem")}}},
        }
    for wait in ("429", "503"):
        if wait in told:
            told[wait]["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    return told


def _answer(route: Route, schemas: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    if route.gives is None:
        return {"description": route.title, "content": {"application/json": {"schema": {}}}}
    about = (route.gives.__doc__ or "").strip()
    content = {"application/json": {"schema": schemas[route.gives]}}
    return {"description": about, "content": content}


def _problems(route: Route) -> dict[int, list[str]]:
    if route.need is Open.EVERYBODY:
        found: list[Problem] = [Problem.QUERY, Problem.ACCEPT, Problem.FAILED, Problem.UNAVAILABLE]
    else:
        found = [*_ALWAYS]
    if route.places or route.takes is not None:
        found.append(Problem.NOT_FOUND)
    if route.query is not None:
        found.append(Problem.CANNOT)
    if route.kind is Kind.CHANGE:
        found += [Problem.KEY_NEEDED, Problem.CONFLICT, Problem.IN_FLIGHT, Problem.KEY_REUSED]
    if route.needs_header_reason:
        found.append(Problem.REASON_NEEDED)
    if route.takes is not None:
        found += [Problem.UNREADABLE, Problem.TOO_LARGE, Problem.MEDIA, Problem.FIELDS]
    if route.versioned:
        found += [Problem.CHANGED, Problem.VERSION_NEEDED]
    told: dict[int, list[str]] = {}
    for one in found:
        told.setdefault(one.status, []).append(one.title)
    return told


def _problem() -> dict[str, Any]:
    wrong = {
        "type": "object",
        "properties": {"where": _TEXT, "detail": _TEXT},
        "required": ["where", "detail"],
    }
    return {
        "type": "object",
        "description": "Problem details (RFC 9457).",
        "properties": {
            "type": {"type": "string", "pattern": f"^{PREFIX}[a-z-]+$"},
            "title": _TEXT,
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": {"type": "string", "description": "What to do."},
            "instance": {"type": "string", "pattern": "^urn:kumiai:request:"},
            "errors": {"type": "array", "items": wrong},
        },
        "required": ["type", "title", "status"],
    }


def _scheme() -> dict[str, Any]:
    scopes = {
        name: f"What the permission {one.value} of the staff allows."
        for name, one in SCOPES.items()
    }
    flow = {"tokenUrl": "/token", "scopes": scopes}
    about = "Client credentials (RFC 6749 4.4). A token may be bound to a key (DPoP, RFC 9449)."
    return {"type": "oauth2", "description": about, "flows": {"clientCredentials": flow}}
