"""The card's server part as a WSGI application; reads top to bottom.

Pages and files in `pages`, calls of the app in `calls`, the provider's logout in `logout`, the
public check in `check`: each adds its routes, closing over the running card's `Parts`.
"""

from typing import Final

from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from relying_parties.card import calls, check, logout, pages, shell
from relying_parties.card.clock import Clock
from relying_parties.card.codes import load_secret
from relying_parties.card.headers import protect
from relying_parties.card.outgoing import Outgoing, UnreachableError
from relying_parties.card.parts import Parts, refusal
from relying_parties.card.provider import Provider
from relying_parties.card.settings import Settings
from relying_parties.card.store import Store
from relying_parties.card.tokens import BadTokenError, Reader

MAX_BODY: Final = 16 * 1024


def create_app(settings: Settings) -> Flask:
    """Build the application and open its store; the folder `settings.data` is created."""
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    provider = Provider(settings.issuer, Outgoing(settings.ca, dict(settings.resolve)))
    parts = Parts(
        settings=settings,
        clock=Clock(settings.clock_file),
        store=Store(settings.data),
        provider=provider,
        reader=Reader(settings.issuer, settings.client_id, provider.key),
        secret=load_secret(settings.data),
    )
    app = Flask("relying_parties.card", static_folder=None, template_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.config["MAX_FORM_MEMORY_SIZE"] = MAX_BODY
    pages.add_routes(app, parts, shell.load(settings))
    calls.add_routes(app, parts)
    logout.add_routes(app, parts)
    check.add_routes(app, parts)
    app.register_error_handler(HTTPException, _problem)
    app.register_error_handler(BadTokenError, _bad_token)
    app.register_error_handler(UnreachableError, _unreachable)
    app.extensions["card"] = parts

    @app.after_request
    def protected(response: Response) -> Response:
        return protect(response, settings, parts.clock.now())

    return app


def _problem(error: HTTPException) -> Response:
    """Answer what Flask refused (no such path, method, body too large) in fixed words."""
    response = refusal(error.code or 500, (error.name or "error").lower().replace(" ", "_"), "")
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after"}:
            response.headers[name] = value
    return response


def _bad_token(error: BadTokenError) -> Response:
    return refusal(400, "invalid_request", str(error))


def _unreachable(_error: UnreachableError) -> Response:
    return refusal(503, "temporarily_unavailable", "the provider does not answer now", 5)
