"""The console: every page under `/staff` says whom it is for, or the program does not start.

Owns the one wrapper around all of them (network, session, form token, permission, a code shown
lately), the navigation that follows from what was declared, and the frame pages are rendered in.
How a room uses it: `idp.staff`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Flask, current_app, redirect, request
from werkzeug.wrappers import Response

from audit.names import EventName
from idp.inforce.service import PolicyInForce
from idp.journal.model import Origin
from idp.journal.service import REFUSED, Journal
from idp.staff.model import Acting, End
from idp.staff.sessions import StaffSessions
from idp.staff.views.carried import Carried, act_at, pack, unpack
from idp.staff.views.places import HOME, REAUTHENTICATE, SIGN_IN, staff_page
from idp.staff.views.routes import Menu, Need, Open, Route, UndeclaredRoute, may, room_of
from idp.storage.sql import Database
from idp.web.browser import Browser
from idp.web.cookies import STAFF
from idp.web.forms import BadForm, check_query, read_pairs
from idp.web.organisation import Language
from idp.web.pages import Pages
from idp.web.request_id import request_id_of
from idp.web.uploads import Upload, read_upload

__all__ = ["Console", "Menu", "Open", "Room", "Route", "UndeclaredRoute", "may", "sign_in_url"]

View = Callable[..., Response]
Notice = Callable[[Acting], tuple[str, str] | None]


@dataclass(frozen=True)
class Console:
    """Declares, guards and renders the pages of the staff."""

    database: Database
    sessions: StaffSessions
    policy: PolicyInForce
    journal: Journal
    browser: Browser
    pages: Pages
    routes: dict[str, Route] = field(default_factory=dict)
    """What was declared, by endpoint."""
    notices: list[Notice] = field(default_factory=list)
    """What rooms have to tell somebody at home; each gives an address and a sentence, or None."""

    def room(self, name: str) -> Room:
        """Begin a blueprint whose pages are guarded."""
        return Room(self, Blueprint(f"staff_{name}", __name__))

    def check(self, app: Flask) -> None:
        """Raise `UndeclaredRoute` when something under `/staff` was mounted past `Room`."""
        for rule in app.url_map.iter_rules():
            under = rule.rule == HOME or rule.rule.startswith(f"{HOME}/")
            if under and rule.endpoint not in self.routes:
                raise UndeclaredRoute(f"{rule.rule} is mounted, and nobody said whom it is for")
        app.extensions["staff"] = self

    def render(
        self,
        acting: Acting,
        template: str,
        status: int = 200,
        *,
        here: str | None = None,
        shown_once: bool = False,
        **context: Any,
    ) -> Response:
        """Render a page in the frame of the console."""
        return self.pages.render(
            template,
            status,
            here=here,
            shown_once=shown_once,
            staff=self.frame(acting),
            **context,
        )

    def frame(self, acting: Acting) -> dict[str, Any]:
        """Give what the frame shows: who, in which roles, what they may open."""
        open_to = [one for one in self.routes.values() if one.menu and may(acting, one.need)]
        here = room_of(request.path, [one.rule for one in open_to])
        return {
            "name": acting.name,
            "roles": self.role_names(acting.roles, self.pages.language()),
            "csrf_token": self.browser.csrf.token_for(acting.cookie),
            "menu": [
                {
                    "url": route.rule,
                    "label": route.menu.label,
                    "about": route.menu.about,
                    "current": route.rule == here,
                }
                for route in open_to
                if route.menu is not None
            ],
            "at_home": request.path == HOME,
        }

    def role_names(self, roles: tuple[str, ...], language: Language) -> list[str]:
        """Name roles in words."""
        known = self.policy.policy.roles.roles
        return [
            known[one].name_en if language == "en" else known[one].name_ja
            for one in roles
            if one in known
        ]

    def origin(self) -> Origin:
        """Tell where the present request came from, for its event."""
        caller = self.browser.caller(request)
        agent = self.browser.agent(request)
        return Origin(caller.address, agent, request_id_of(request.environ))

    def acting(self) -> Acting | None:
        """Give who acts in the browser of the present request."""
        return self.sessions.current(self.cookie())

    def cookie(self) -> str | None:
        """Give the staff cookie of the present request."""
        return self.browser.jar.read(request, STAFF)

    def foreign(self) -> Response | None:
        """Answer a caller from a network the staff pages do not serve; its session ends."""
        if self.sessions.admits(self.browser.caller(request).address):
            return None
        acting = self.acting()
        if acting is not None:
            self.sessions.sign_out(acting, self.origin(), End.FOREIGN_NETWORK)
        return self.pages.render("staff/foreign.html", 403, here=HOME)

    def take(self, acting: Acting, need: Need, most: int) -> Upload | None:
        """Read a file that somebody sends who may; raises BadForm, ForgedRequest."""
        self.browser.csrf.check_place(request, acting.cookie)
        if not may(acting, need):
            return None
        upload = read_upload(request, most)
        self.browser.csrf.check_token(upload.csrf_token, acting.cookie)
        return upload

    def code_first(self, acting: Acting, route: Route) -> Response:
        """Ask for a code; what was typed into an act stays in the page that asks."""
        kept = self._carry() if route.method == "POST" and not route.takes_file else None
        if kept is None:
            query = urlencode({"next": route.back(request.path)})
            return redirect(f"{REAUTHENTICATE}?{query}", 303)
        # The token of the form was checked before: nobody has a page of ours filled in for somebody
        # else (CWE-352).
        return self.ask_code(acting, kept)

    def ask_code(
        self, acting: Acting, kept: Carried, error: dict[str, Any] | None = None
    ) -> Response:
        """Show the page that asks for a code and keeps an act; a GET could not show it again."""
        return self.render(
            acting,
            "staff/reauthenticate.html",
            401,
            shown_once=True,
            kept=kept.shown(),
            error=error,
        )

    def carried(self, packed: str) -> Carried:
        """Read an act that a page kept; raises BadForm unless it waits for codes."""
        path, fields = unpack(packed)
        found = act_at(self.routes, current_app.url_map, path)
        again = pack(path, fields)
        if found is None or again is None:
            raise BadForm("bad_request", "what was kept is no act that waits for a code")
        return Carried(found, fields, again)

    def _carry(self) -> Carried | None:
        """Take the act that was just sent as something to keep; None for what no page can keep."""
        packed = pack(request.path, read_pairs(request))
        # An act with a query would be another act without it.
        if packed is None or request.query_string:
            return None
        found = act_at(self.routes, current_app.url_map, request.path)
        return Carried(found, unpack(packed)[1], packed) if found else None

    def forbidden(self, acting: Acting, need: Need) -> Response:
        """Answer somebody of the staff whose roles do not allow this; it is an event."""
        with self.database.begin() as tx:
            self.journal.record(
                tx,
                EventName.PERMISSION_REFUSED,
                self.sessions.clock.now(),
                outcome=REFUSED,
                actor=acting.plain_actor,
                subject=acting.staff_id,
                session=acting.session.id,
                origin=self.origin(),
                data={"permission": need.value, "path": request.path[:200]},
            )
        return self.render(acting, "staff/forbidden.html", 403, here=HOME)


@dataclass(frozen=True)
class Room:
    """A blueprint of the console; the only way to mount something under `/staff`."""

    console: Console
    blueprint: Blueprint

    def page(
        self,
        rule: str,
        view: View,
        *,
        needs: Need,
        menu: Menu | None = None,
        recent: bool = False,
    ) -> None:
        """Mount a page (GET); `recent` asks for a code again unless one was shown just now."""
        self._mount(Route(rule, "GET", needs, menu, rule if recent else None), view)

    def act(
        self, rule: str, view: View, *, needs: Need, recent: str | None = None, called: str = ""
    ) -> None:
        """Mount an act (POST); `recent` asks for a code before it, unless one was shown just now.

        It names the page to come back to without doing it; `called` says what the act is.
        """
        self._mount(Route(rule, "POST", needs, recent=recent, called=called), view)

    def upload(
        self, rule: str, view: View, *, needs: Need, most: Callable[[], int], recent: str | None
    ) -> None:
        """Mount an act that takes a file of at most so many bytes; the view gets the `Upload`."""
        route = Route(rule, "POST", needs, recent=recent, takes_file=True)
        self._mount(route, view, most=most)

    def open(self, rule: str, view: View, *, methods: tuple[str, ...] = ("GET",)) -> None:
        """Mount a page that is there before a sign-in; the view checks its own form token."""
        console = self.console

        def guarded(**parts: str) -> Response:
            return console.foreign() or view(**parts)

        for method in methods:
            route = Route(rule, method, Open.BEFORE_SIGN_IN)
            self._add(route, guarded)

    def _mount(self, route: Route, view: View, most: Callable[[], int] | None = None) -> None:
        console = self.console

        def guarded(**parts: Any) -> Response:
            foreign = console.foreign()
            if foreign is not None:
                return foreign
            acting = console.acting()
            if acting is None:
                # An act is not to be opened by GET: one comes back to its page, or home.
                page = request.path if route.method == "GET" else route.recent or HOME
                return redirect(sign_in_url(page if "<" not in page else HOME), 303)
            if most is not None:
                # Who may not send a file at all does not make us read it.
                parts["upload"] = console.take(acting, route.need, most())
            elif route.method == "POST":
                console.browser.csrf.check(request, acting.cookie)
            if not may(acting, route.need):
                return console.forbidden(acting, route.need)
            if route.recent is not None and not console.sessions.is_recent(acting):
                return console.code_first(acting, route)
            check_query(request)
            return view(acting, **parts)

        self._add(route, guarded)

    def _add(self, route: Route, guarded: View) -> None:
        assert route.rule == HOME or route.rule.startswith(f"{HOME}/"), route.rule
        name = f"{route.method.lower()} {route.rule.replace('.', ' ')}"
        self.console.routes[f"{self.blueprint.name}.{name}"] = route
        self.blueprint.add_url_rule(route.rule, name, guarded, methods=[route.method])


def sign_in_url(path: str) -> str:
    """Address the sign-in page that leads back to a page of the console; no other is named."""
    page = staff_page(path)
    return SIGN_IN if page == HOME else f"{SIGN_IN}?{urlencode({'next': page})}"
