"""Back-channel logout: the provider tells the card which sessions have ended (1.0, 2.5 to 2.8)."""

from flask import Flask, Response, request

from relying_parties.card.parts import Parts, refusal


def add_routes(app: Flask, parts: Parts) -> None:
    """Add `POST /backchannel-logout`."""

    @app.post("/backchannel-logout")
    def backchannel_logout() -> Response:
        """Take one logout token, once; 200 means the end is stored durably."""
        tokens = request.form.getlist("logout_token")
        if len(tokens) != 1:
            return refusal(400, "invalid_request", "exactly one logout_token is needed")
        now = parts.clock.now()
        notice = parts.reader.notice(tokens[0], now)
        if not parts.store.end(notice, now):
            return refusal(400, "invalid_request", "this logout token was used before")
        return Response(status=200)
