"""Every scope asks for every route of the admin API: let in, or 403 and nothing done.

Broken access control (CWE-862, CWE-863, CWE-285): routes are taken from what is mounted, scopes
from the closed set of permissions, and each cell is really requested.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from audit.names import EventName
from idp.admin_api.endpoint import Endpoint
from idp.admin_api.routes import Kind, Open, Route, Routes, UndeclaredRoute
from idp.policy.admin_api import FOR_PEOPLE, OFFERED, PREFIX, ROOT, SCOPES
from idp.policy.staff import Permission
from tests.support.programs import Programs, problem

PLACES = {
    "number": "99999999",
    "block": "ZZZZZZZZ",
    "change": "0190a000-0000-7000-8000-000000000000",
    "client": "nobody",
    "staff": "0190a000-0000-7000-8000-000000000000",
    "approval": "0190a000-0000-7000-8000-000000000000",
    "withdrawal": "0190a000-0000-7000-8000-000000000000",
    "kid": "nothing",
}
LET_IN = {200, 201, 202, 404, 409, 422}


def routes_of(programs: Programs) -> Routes:
    machine = programs.provider.application.machines[f"{ROOT}/"]
    endpoint: Any = getattr(machine.endpoint, "__self__")  # noqa: B009 - it is a bound method
    assert isinstance(endpoint, Endpoint)
    return endpoint.routes


def path_of(route: Route) -> str:
    path = route.path
    for name in route.places:
        path = path.replace(f"{{{name}}}", PLACES[name])
    return path


def content_of(route: Route) -> dict[str, str] | None:
    return {"reason": "the matrix asks"} if route.takes is not None else None


@pytest.mark.parametrize("scope", sorted(SCOPES))
def test_each_scope_opens_its_own_routes_and_nothing_else(programs: Programs, scope: str) -> None:
    program = programs.of(scope)
    let_in = 0
    for route in routes_of(programs).all:
        versioned = {"if_match": '"read-before"'} if route.versioned else {}
        answer = program.call(route.method, path_of(route), content_of(route), **versioned)
        where = f"{scope}: {route.name}: {answer.body!r}"
        if isinstance(route.need, Open) or PREFIX + route.need.value == scope:
            assert answer.status in LET_IN, where
            let_in += 1
        else:
            assert answer.status == 403, where
            told = problem(answer, 403, "insufficient-scope")
            assert "WWW-Authenticate" in told["detail"]
            challenge = answer.headers["www-authenticate"]
            assert f'scope="{PREFIX}{route.need.value}"' in challenge
            assert 'error="insufficient_scope"' in challenge
    assert let_in >= 3
    refused = programs.events(EventName.ADMIN_REFUSED, why="scope")
    assert any(one["client"] == program.client_id for one in refused)


def test_without_a_token_only_the_description_is_given(programs: Programs) -> None:
    for route in routes_of(programs).all:
        content = content_of(route)
        for headers in ({}, {"authorization": "Bearer nonsense"}, {"authorization": "Basic eDp5"}):
            answer = programs.provider.call(
                route.method,
                ROOT + path_of(route),
                sent=("application/json", b'{"reason": "x"}') if content else None,
                **headers,
            )
            if route.need is Open.EVERYBODY:
                assert answer.status == 200
            else:
                problem(answer, 401, "token")
                assert answer.headers["www-authenticate"]


def test_every_scope_opens_something_and_none_is_for_people(programs: Programs) -> None:
    needed = {one.need for one in routes_of(programs).all if isinstance(one.need, Permission)}
    assert needed == set(SCOPES.values()) == set(OFFERED)
    never = {"case.handle", "case.approve", "approval.decide", "register.approve", "audit.review"}
    assert never <= {one.value for one in FOR_PEOPLE}


def test_no_route_decides_for_a_second_person(programs: Programs) -> None:
    for route in routes_of(programs).all:
        assert route.need not in FOR_PEOPLE, route.name
        assert "approve" not in route.path, route.name
        assert "decide" not in route.path, route.name


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"need": None}, "whom it is for"),
        ({"need": "block.view"}, "whom it is for"),
        ({"need": Permission.APPROVAL_DECIDE}, "no program's"),
        ({"need": Open.EVERYBODY, "kind": Kind.CHANGE, "method": "POST"}, "only a document"),
        ({"method": "GET", "kind": Kind.CHANGE}, "a GET changes nothing"),
        ({"method": "DELETE"}, "changes something"),
        ({"path": "/things/{thing}"}, "unknown name"),
    ],
)
def test_a_route_without_a_scope_does_not_start(
    programs: Programs, change: dict[str, Any], why: str
) -> None:
    known = routes_of(programs).all
    careless = replace(known[0], **{"path": "/everything"} | change)
    with pytest.raises(UndeclaredRoute, match=why):
        Routes((*known, careless))
    with pytest.raises(UndeclaredRoute, match="twice"):
        Routes((*known, known[0]))
