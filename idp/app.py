"""The provider as one WSGI callable: machine endpoints first, then Flask for people.

Reads top to bottom: what is mounted where.
"""

from __future__ import annotations

from flask import Flask

import idp.assembly.provisioning as scim
from idp.assembly.account_pages import build_account_pages
from idp.assembly.admin_api import build_admin_api
from idp.assembly.approvals import build_approvals
from idp.assembly.audit_room import build_audit_pages
from idp.assembly.changes import build_changes
from idp.assembly.helpdesk import build_case_pages, build_stop_pages
from idp.assembly.people_room import build_people_pages
from idp.assembly.provider import Provider
from idp.assembly.recovery import build_recovery
from idp.assembly.register_desk import build_register_pages
from idp.assembly.registration import build_finishing
from idp.assembly.rooms import build_rooms
from idp.assembly.staff_pages import build_console, build_second_step, build_staff_pages
from idp.authn.recent import RecentAuthentication
from idp.authn.views.passkey import PasskeyViews
from idp.authn.views.reauthenticate import ReauthenticateViews
from idp.authn.views.sign_in import Describe, SignInViews
from idp.authn.views.verify import VerifyViews
from idp.exchanges.recorder import FILE, Exchanges
from idp.exchanges.views import ExchangesPage
from idp.oidc.door import Endpoint, FrontDoor, Machine
from idp.oidc.end_session_views import EndSession
from idp.oidc.member_changes import MemberChanges
from idp.oidc.metadata import Discovery, Jwks
from idp.oidc.protocol import ProtocolRequest, ProtocolResponse, json_response
from idp.oidc.userinfo import UserInfo
from idp.oidc.views import AuthorizationViews
from idp.selfservice.devices import Devices
from idp.selfservice.views.account import SelfService
from idp.selfservice.views.changes import ChangesPage
from idp.selfservice.views.devices import DevicesPage
from idp.selfservice.views.passkeys import PasskeysPage
from idp.selfservice.views.recover import RecoverPages
from idp.selfservice.views.register import RegisterPages
from idp.selfservice.views.register_screens import Screens
from idp.selfservice.views.security import SecurityPages
from idp.selfservice.views.signed_in import SignedIn
from idp.storage.sql import Database
from idp.web import problems
from idp.web.browser import Browser
from idp.web.busy_door import BusyDoor
from idp.web.cookies import CookieJar
from idp.web.csrf import Csrf
from idp.web.organisation import Organisation
from idp.web.pages import Pages


def create_app(provider: Provider) -> FrontDoor:
    """Mount everything."""
    f = provider.foundation
    settings = f.settings
    return FrontDoor(
        machines=_machines(provider),
        pages=_pages(provider),
        trusted=settings.trusted_proxies,
        allowed_origin=lambda origin: any(
            origin in client.cors_origins for client in f.clients.cached()
        ),
    )


def _machines(provider: Provider) -> dict[str, Machine]:
    f = provider.foundation
    about = Machine(
        Discovery(f.settings.issuer, provider.keys.current).endpoint,
        ("GET",),
        plain=True,
        open_cors=True,
    )
    jwks = Jwks(provider.keys.current, lambda: f.policy.policy.keys.jwks_cache.seconds)
    userinfo = UserInfo(provider.tokens.resource, provider.tokens.access_tokens, f.clock).endpoint
    return {
        "/.well-known/openid-configuration": about,
        "/.well-known/oauth-authorization-server": about,
        "/jwks": Machine(
            jwks.endpoint, ("GET",), plain=True, open_cors=True, seen=provider.fetches.fetched
        ),
        "/token": Machine(provider.tokens.token_endpoint().endpoint(), ("POST",), cors=True),
        "/par": Machine(provider.par.endpoint(), ("POST",), cors=True),
        "/introspect": Machine(provider.tokens.introspection().endpoint(), ("POST",)),
        "/revoke": Machine(provider.tokens.revocation().endpoint(), ("POST",), cors=True),
        "/userinfo": Machine(userinfo, ("GET", "POST"), cors=True),
        **MemberChanges(provider.tokens.resource, build_changes(f)).machines(),
        scim.MOUNT: scim.build_scim(f),
        **build_admin_api(provider),
        "/healthz": Machine(_healthy, ("GET",)),
        "/readyz": Machine(_ready(f.database), ("GET",)),
    }


def _pages(provider: Provider) -> BusyDoor:
    f, slots = provider.foundation, provider.slots
    rules = f.policy.policy.organisation
    organisation = Organisation(
        rules.name_ja,
        rules.name_en,
        rules.telephone,
        rules.hours_ja,
        rules.hours_en,
        rules.help_url,
    )
    pages = Pages.for_issuer(f.settings.issuer, organisation)

    def wait() -> int | None:
        refusal = slots.refusal(f.policy.policy.passwords.queue)
        return refusal.retry_after if refusal else None

    return BusyDoor(_pages_app(provider, pages).wsgi_app, pages, frozenset({"/sign-in"}), wait)


def _pages_app(provider: Provider, pages: Pages) -> Flask:
    f = provider.foundation
    app = Flask("idp", static_folder=None)
    pages.install(app)
    problems.register(app, pages)
    browser = Browser(
        CookieJar.for_issuer(f.settings.issuer),
        Csrf(provider.csrf_keys[0], f.settings.issuer, provider.csrf_keys[1:]),
        f.settings.trusted_proxies,
    )
    sessions = provider.browser_sessions
    hints = provider.hints
    authorization = AuthorizationViews(
        f.settings.issuer, provider.requests, provider.pushed, hints, sessions, browser, pages
    )
    app.register_blueprint(authorization.blueprint())
    _sign_in_pages(app, provider, browser, pages, authorization.describe)
    app.register_blueprint(
        EndSession(
            f.database,
            f.clock,
            f.clients,
            hints,
            f.endings,
            sessions,
            browser,
            pages,
        ).blueprint()
    )
    signed_in = SignedIn(sessions, browser, RecentAuthentication(f.policy), f.clock)
    app.register_blueprint(
        SelfService(
            f.database, f.clock, f.clients, provider.applications, signed_in, pages
        ).blueprint()
    )
    recovery = build_recovery(f, provider.buckets, provider.slots)
    app.register_blueprint(
        RecoverPages(recovery.requests, recovery.passwords, f.policy, browser, pages).blueprint()
    )
    for own in build_account_pages(provider, signed_in, pages).all:
        app.register_blueprint(own.blueprint())
    _security_pages(app, provider, signed_in, pages)
    app.register_blueprint(ChangesPage(f.database, build_changes(f), signed_in, pages).blueprint())
    finishing = build_finishing(f, provider.buckets, provider.slots)
    screens = Screens(f.policy, browser, pages)
    app.register_blueprint(RegisterPages(finishing, browser, screens).blueprint())
    _staff_pages(app, provider, browser, pages)
    if f.settings.demo:
        exchanges = Exchanges(f.settings.data / FILE)
        app.register_blueprint(ExchangesPage(f.database, f.clients, exchanges, pages).blueprint())
    return app


def _sign_in_pages(
    app: Flask, provider: Provider, browser: Browser, pages: Pages, describe: Describe
) -> None:
    signing_in, sessions = provider.sign_in, provider.browser_sessions
    steps = signing_in.password.steps
    for views in (
        SignInViews(signing_in.password, sessions, browser, pages, describe).blueprint(),
        VerifyViews(steps, browser, pages, describe).blueprint(),
        PasskeyViews(signing_in.passkey, browser, pages, describe).blueprint(),
        ReauthenticateViews(signing_in.again, sessions, browser, pages, describe).blueprint(),
    ):
        app.register_blueprint(views)


def _staff_pages(app: Flask, provider: Provider, browser: Browser, pages: Pages) -> None:
    console = build_console(provider, browser, pages)
    for room in build_staff_pages(provider, console):
        app.register_blueprint(room.blueprint())
    step = build_second_step(provider)
    f = provider.foundation
    approvals = build_approvals(f)
    rooms = (
        *build_people_pages(f, console, step),
        *build_audit_pages(f, console, step),
        *build_case_pages(f, console, approvals),
        *build_register_pages(f, console, approvals),
        *build_rooms(f, console, approvals),
        build_stop_pages(f, provider.buckets, browser, pages),
    )
    for one in rooms:
        app.register_blueprint(one.blueprint())
    console.check(app)


def _security_pages(app: Flask, provider: Provider, signed_in: SignedIn, pages: Pages) -> None:
    f, factors = provider.foundation, provider.sign_in.factors
    devices = Devices(f.database, f.clock, f.policy, f.journal, f.endings)
    app.register_blueprint(SecurityPages(factors, devices, signed_in, pages).blueprint())
    app.register_blueprint(PasskeysPage(factors, signed_in, pages).blueprint())
    app.register_blueprint(DevicesPage(devices, signed_in, pages).blueprint())


def _healthy(_request: ProtocolRequest) -> ProtocolResponse:
    return json_response({"status": "ok"})


def _ready(database: Database) -> Endpoint:
    def ready(_request: ProtocolRequest) -> ProtocolResponse:
        with database.read() as tx:
            tx.text("SELECT 1").fetchone()
        return json_response({"status": "ready"})

    return ready
