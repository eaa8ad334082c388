"""The WSGI application of the portal, put together from its settings; reads top to bottom."""

import logging
from hashlib import sha256
from importlib.resources import files

from flask import Flask, Response, jsonify, redirect, request
from werkzeug.exceptions import HTTPException

from .access import Access
from .change_requests import ChangeRequests
from .change_views import change_blueprint
from .errors import (
    BadRequest,
    ForgedForm,
    ProviderUnavailable,
    SignInFailed,
    SignInNeeded,
    TokenRejected,
)
from .inquiries import Inquiries
from .logout_endpoint import logout_blueprint
from .member_views import draft_of_request, inside, member_blueprint
from .outgoing import ResolvingAdapter
from .pages import Pages, request_id
from .provider import Provider
from .relying_party import RelyingParty
from .services import Services
from .sessions import Sessions
from .settings import Settings
from .sign_in_views import sign_in_blueprint
from .sign_ins import SignIns
from .storage import Storage
from .texts import load_texts

_log = logging.getLogger("portal")
_LARGEST_BODY = 64 * 1024
_STATUS_TEXTS = {404: "missing", 405: "method", 413: "large"}


def create_app(settings: Settings) -> Flask:
    """Return the application; `app.extensions["portal"]` holds its services."""
    services = build_services(settings)
    app = Flask(__name__, static_folder="static", static_url_path="/static")
    app.config.update(
        MAX_CONTENT_LENGTH=_LARGEST_BODY,
        MAX_FORM_MEMORY_SIZE=_LARGEST_BODY,
        SEND_FILE_MAX_AGE_DEFAULT=86400,
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.extensions["portal"] = services
    app.register_blueprint(member_blueprint(services))
    app.register_blueprint(change_blueprint(services, lambda: inside(services)))
    app.register_blueprint(sign_in_blueprint(services))
    app.register_blueprint(logout_blueprint(services))
    _add_health(app, services)
    _add_refusals(app, services)
    _add_failures(app, services.pages)
    app.after_request(services.pages.finish)
    return app


def build_services(settings: Settings) -> Services:
    """Build the parts of a portal; opens its file, calls nobody."""
    storage = Storage(settings.data)
    adapter = ResolvingAdapter(settings.resolve)
    provider = Provider(settings, adapter)
    relying_party = RelyingParty(settings, provider, adapter)
    sessions = Sessions(storage, settings.clock)
    style = files(__package__ or "").joinpath("static/portal.css").read_bytes()
    return Services(
        settings=settings,
        storage=storage,
        provider=provider,
        relying_party=relying_party,
        sessions=sessions,
        sign_ins=SignIns(storage, settings.clock),
        inquiries=Inquiries(storage, settings.clock),
        change_requests=ChangeRequests(settings, adapter),
        access=Access(sessions, relying_party, settings.clock),
        pages=Pages(settings, load_texts(), sha256(style).hexdigest()[:12]),
    )


def _add_health(app: Flask, services: Services) -> None:
    @app.get("/healthz")
    def healthz() -> Response:
        with services.storage.reading() as db:
            db.execute("SELECT 1 FROM session LIMIT 1").fetchall()
        return jsonify(status="ok")


def _add_refusals(app: Flask, services: Services) -> None:
    """Answer what the portal refuses, each with a page of its own."""
    pages = services.pages

    @app.errorhandler(SignInNeeded)
    def sign_in_needed(error: SignInNeeded) -> Response:
        if error.reason is None and request.method == "GET":
            response = redirect(f"/sign-in?next={request.path}", 303)
            assert isinstance(response, Response)
            return response
        reason = error.reason or "signed_out"
        # The first page is for everyone: there it is a message, elsewhere a refusal.
        welcome = request.path == "/" and reason in ("signed_out", "time_over")
        status = 200 if welcome else 403
        response = pages.render("ended.html", status, reason=reason, draft=draft_of_request())
        pages.clear_session(response)
        return response

    @app.errorhandler(SignInFailed)
    def sign_in_failed(error: SignInFailed) -> Response:
        _log.warning("%s sign-in failed: %s", request_id(), error.detail)
        denied = error.detail == "denied"
        kind, status = ("denied", 403) if denied else ("sign_in", 400)
        return pages.problem(kind, status, again="/sign-in")

    @app.errorhandler(TokenRejected)
    def token_rejected(error: TokenRejected) -> Response:
        _log.warning("%s token rejected: %s", request_id(), error.detail)
        return pages.problem("sign_in", 400, again="/sign-in")

    @app.errorhandler(ForgedForm)
    def forged_form(error: ForgedForm) -> Response:
        _log.warning("%s form refused: %s", request_id(), error.detail)
        return pages.problem("form", 403)

    @app.errorhandler(BadRequest)
    def bad_request(error: BadRequest) -> Response:
        _log.info("%s bad request: %s", request_id(), error.detail)
        return pages.problem("bad", 400)


def _add_failures(app: Flask, pages: Pages) -> None:
    """Answer what failed here or at the provider."""

    @app.errorhandler(ProviderUnavailable)
    def unavailable(error: ProviderUnavailable) -> Response:
        _log.error("%s provider unavailable: %s", request_id(), error.detail)
        # A callback cannot be repeated: its code and state are used up.
        again = request.path if request.method == "GET" and request.path != "/callback" else None
        response = pages.problem("unavailable", 503, again=again or "/sign-in")
        response.headers["Retry-After"] = "60"
        return response

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        status = error.code or 500
        response = pages.problem(_STATUS_TEXTS.get(status, "bad"), status)
        for name, value in error.get_headers():
            if name == "Allow":
                response.headers[name] = value
        return response

    @app.errorhandler(Exception)
    def broken(error: Exception) -> Response:
        # The last net: a traceback belongs in the log under the request's id, never on a page.
        _log.error("%s unexpected error", request_id(), exc_info=error)
        return pages.problem("broken", 500)
