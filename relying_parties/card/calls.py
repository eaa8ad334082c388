"""What the app asks its own server: is the session live, the check code, the end of codes.

The app proves which session it is with its ID token, and that access is alive with its access
token and a DPoP proof for one question to userinfo (RFC 9449); both tokens must be of the same
subject, so a token of another client does not help.
"""

import hashlib
from typing import Any, Final

from flask import Flask, Response, jsonify, request

from relying_parties.card.codes import STEP, code_at, code_hash
from relying_parties.card.limits import Limit
from relying_parties.card.parts import Parts, refusal, seconds_to_wait
from relying_parties.card.provider import TokenRefused
from relying_parties.card.qr import check_image
from relying_parties.card.store import UNKNOWN
from relying_parties.card.tokens import MAX_NAME, MAX_TOKEN, BadTokenError, Session

CODES_A_MINUTE: Final = 300
QUESTIONS_A_MINUTE: Final = 3000


def add_routes(app: Flask, parts: Parts) -> None:
    """Add `GET /session-state`, `POST /code` and `POST /sign-out`."""
    codes, questions = Limit(CODES_A_MINUTE), Limit(QUESTIONS_A_MINUTE)

    @app.get("/session-state")
    def session_state() -> Response:
        """Say whether a session is live; if not, why, as far as the provider said it."""
        if wait := seconds_to_wait(questions, parts.settings):
            return refusal(429, "too_many_requests", "too many requests", wait)
        sids = request.args.getlist("sid")
        if len(sids) != 1 or not 0 < len(sids[0]) <= MAX_NAME:
            return refusal(400, "invalid_request", "exactly one sid is needed")
        reason = parts.store.end_of(sids[0])
        return jsonify(live=True) if reason is None else jsonify(live=False, reason=reason)

    @app.post("/code")
    def code() -> Response:
        """Issue the check code of this half minute to a living session."""
        if wait := seconds_to_wait(codes, parts.settings):
            return refusal(429, "too_many_requests", "too many requests", wait)
        session = _session(parts, require_access=True)
        if isinstance(session, TokenRefused):
            return _unauthorized(session.reason)
        if (reason := parts.store.end_of(session.sid)) is not None:
            return _unauthorized("signed_out" if reason == UNKNOWN else reason)
        return _issue(parts, session)

    @app.post("/sign-out")
    def sign_out() -> Response:
        """Make the codes of a session invalid at once; the provider ends the session itself."""
        session = _session(parts, require_access=False)
        assert isinstance(session, Session)
        parts.store.drop_codes(session.sid)
        return Response(status=204)


def _issue(parts: Parts, session: Session) -> Response:
    now = parts.clock.now()
    code = code_at(parts.secret, session.sid, now)
    parts.store.add_code(code_hash(parts.secret, code.text), session.sid, code.expires_at, now)
    url = f"{parts.settings.public_url}/check?c={code.text}"
    return jsonify(
        code=code.text,
        grouped=code.grouped,
        step=STEP,
        next_at=code.next_at,
        expires_at=code.expires_at,
        url=url,
        qr=check_image(url),
    )


def _session(parts: Parts, *, require_access: bool) -> Session | TokenRefused:
    """Return the caller's session; raises BadTokenError, UnreachableError."""
    body: Any = request.get_json(silent=True)
    id_token = body.get("id_token") if isinstance(body, dict) else None
    if not isinstance(id_token, str) or len(id_token) > MAX_TOKEN:
        raise BadTokenError("a JSON body with id_token is needed")
    subject: str | TokenRefused | None = None
    if require_access:
        subject = parts.provider.subject_of(_access_token(), _proof(body))
        if isinstance(subject, TokenRefused):
            return subject
    proof = hashlib.sha256(id_token.encode("utf-8", "surrogatepass")).digest()
    session = parts.store.known(proof)
    if session is None:
        session = parts.reader.session(id_token)
        parts.store.meet(session, proof)
    if subject is not None and subject != session.sub:
        raise BadTokenError("the tokens are of different subjects")
    return session


def _proof(body: Any) -> str:
    proof = body.get("userinfo_proof")
    if not isinstance(proof, str) or not 0 < len(proof) <= MAX_TOKEN or not _is_token(proof):
        raise BadTokenError("a proof for userinfo is needed")
    return proof


def _access_token() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "dpop" or not 0 < len(token) <= MAX_TOKEN or not _is_token(token):
        raise BadTokenError("an access token is needed")
    return token


def _is_token(text: str) -> bool:
    """RFC 6750 2.1, b64token: nothing that could end a header line."""
    return text.isascii() and all(c.isalnum() or c in "-._~+/=" for c in text)


def _unauthorized(reason: str | None) -> Response:
    response = refusal(401, "invalid_token", reason or "the access token is not valid")
    response.headers["WWW-Authenticate"] = 'DPoP realm="card", error="invalid_token"'
    return response
