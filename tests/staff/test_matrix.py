"""Every role asks for every page of the console, as the URL map has them: allowed, or 403.

Broken access control (CWE-862, CWE-285): what a role may do is looked up in the policy, and each
cell is really requested.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Blueprint, Flask

import idp.app
from idp.app import create_app
from idp.assembly.provider import build_provider
from idp.bootstrap import prepare
from idp.policy.staff import Permission
from idp.settings import read_settings
from idp.staff.views.console import Console, Open, Route, UndeclaredRoute
from tests.support.demo import Demo
from tests.support.factors import fields_of
from tests.support.in_process import InProcess, in_process
from tests.support.staff import STAFF, sign_in, staff_of

ROLES = ("helpdesk", "clerk", "security", "auditor", "administrator")
ENDS = "/staff/sign-out"
ABOUT = ("/staff/audit/timeline",)
"""Pages that are about somebody who is named in the query."""


@pytest.fixture(scope="module")
def provider(demo: Demo) -> Iterator[InProcess]:
    with in_process(demo) as running:
        yield running


def flask_of(provider: InProcess) -> Flask:
    pages: Any = provider.application.pages
    application: Flask = pages.inside.__self__
    return application


def console_of(provider: InProcess) -> Console:
    console: Console = flask_of(provider).extensions["staff"]
    return console


def cells(provider: InProcess) -> list[tuple[str, str, Route]]:
    """List (method, path, declared route) of everything under /staff, sign-out last."""
    declared = console_of(provider).routes
    found = [
        (method, rule.rule.replace("<link>", "x"), declared[rule.endpoint])
        for rule in flask_of(provider).url_map.iter_rules()
        if rule.rule == "/staff" or rule.rule.startswith("/staff/")
        for method in sorted((rule.methods or set()) & {"GET", "POST"})
    ]
    return sorted(found, key=lambda cell: cell[1] == ENDS)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_opens_what_the_policy_allows_and_nothing_else(
    demo: Demo, provider: InProcess, role: str
) -> None:
    browser = sign_in(demo, staff_of(demo, role))
    cookies = "; ".join(f"{c.name}={c.value}" for c in browser.http.cookies)
    token = fields_of(browser.get("/staff").text, "sign-out")["csrf_token"]
    allowed = console_of(provider).policy.policy.roles.roles[role].permissions
    matrix = cells(provider)
    assert len(matrix) >= 13
    for method, path, route in matrix:
        form = {"csrf_token": token} if method == "POST" else None
        answer = provider.call(method, path, form, cookie=cookies)
        where = f"{role} {method} {path}"
        if route.need is Open.BEFORE_SIGN_IN:
            # Bound to the browser and not to a session: another token, another story.
            assert answer.status in (200, 303, 400, 403, 410), where
        elif isinstance(route.need, Permission) and route.need not in allowed:
            assert answer.status == 403, where
            assert "このページを開く権限がありません" in answer.body.decode(), where
        else:
            # Let in: an act may miss its fields then, and a page what it is about.
            missed: set[int] = {400} if method == "POST" else set()
            missed |= {404} if "<" in path or path in ABOUT else set()
            assert answer.status in {200, 303, 401} | missed, where
            assert not answer.location.startswith("/staff/sign-in?next"), where
    assert provider.get("/staff", {}, cookie=cookies).status == 303, "signed out at the end"


def test_without_a_session_everything_leads_to_the_sign_in_page(provider: InProcess) -> None:
    for method, path, route in cells(provider):
        if route.need is not Open.BEFORE_SIGN_IN:
            for cookie in ("", f"{STAFF}={'x' * 43}"):
                answer = provider.call(method, path, {}, cookie=cookie)
                assert answer.status == 303, path
                assert answer.location.startswith("/staff/sign-in"), path


def test_a_refused_page_is_an_event(demo: Demo) -> None:
    browser = sign_in(demo, staff_of(demo, "helpdesk"))
    assert browser.get("/staff/people").status_code == 403
    found = demo.idp("audit", "search", "--name", "permission.refused", "--format", "json").stdout
    assert '"permission": "staff.view"' in found
    assert '"path": "/staff/people"' in found


def test_the_navigation_shows_what_may_be_opened(demo: Demo) -> None:
    for role, seen in (("auditor", True), ("administrator", True), ("helpdesk", False)):
        page = sign_in(demo, staff_of(demo, role)).get("/staff").text
        assert ('href="/staff/people"' in page) is seen, role


def test_no_machine_endpoint_lies_under_staff(provider: InProcess) -> None:
    assert [p for p in provider.application.machines if p.startswith("/staff")] == []


class Careless:
    """A room that mounts a page without saying whom it is for."""

    def blueprint(self) -> Blueprint:
        views = Blueprint("careless", __name__)
        views.add_url_rule("/staff/everything", "everything", lambda: "everything")
        return views


def test_a_page_without_a_permission_does_not_start(
    demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    foundation = prepare(read_settings({"IDP_DATA": str(demo.data)}))
    monkeypatch.setattr(idp.app, "build_staff_pages", lambda *_: (Careless(),))
    with pytest.raises(UndeclaredRoute, match="/staff/everything"):
        create_app(build_provider(foundation))
    foundation.database.dispose()
