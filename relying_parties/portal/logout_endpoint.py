"""The back-channel logout receiver (OpenID Connect Back-Channel Logout 1.0 2.5 to 2.8).

200 when the sessions named are over (also when there were none, or it was said before), 400 when
the token is not to be believed, 503 when the provider's keys cannot be had: send it again.
"""

import logging

from flask import Blueprint, Response, jsonify

from .clock import seconds
from .errors import BadRequest, ProviderUnavailable, TokenRejected
from .pages import form_field
from .services import Services
from .tokens import read_logout_token

_log = logging.getLogger("portal")


def logout_blueprint(services: Services) -> Blueprint:
    """Build the route."""
    blueprint = Blueprint("logout", __name__)

    @blueprint.post("/backchannel-logout")
    def receive() -> Response:
        try:
            logout = read_logout_token(
                form_field("logout_token"),
                services.provider.key,
                issuer=services.settings.issuer,
                client_id=services.settings.client_id,
                now=seconds(services.settings.clock),
            )
        except (TokenRejected, BadRequest) as error:
            _log.warning("logout token refused: %s", error.detail)
            return _answer(400, "invalid_request", "the logout token was not accepted")
        except ProviderUnavailable as error:
            _log.warning("logout token not checked: %s", error.detail)
            response = _answer(503, "temporarily_unavailable", "keys cannot be fetched now")
            response.headers["Retry-After"] = "5"
            return response
        _log.info("sessions ended by the provider: %d", services.sessions.obey(logout))
        return Response(status=200)

    return blueprint


def _answer(status: int, error: str, description: str) -> Response:
    response = jsonify(error=error, error_description=description)
    response.status_code = status
    return response
