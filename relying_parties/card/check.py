"""The public check of a code: valid or not, never whose (`GET /check?c=CODE`).

For whoever scanned or was read the code: a page that any browser shows without a script, or
JSON for a program that asks for it.
"""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Final

from flask import Flask, Response, jsonify, request
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from relying_parties.card.codes import code_hash, read_code
from relying_parties.card.limits import Limit
from relying_parties.card.parts import Parts, refusal, seconds_to_wait

CHECKS_A_MINUTE: Final = 60
JAPAN: Final = timezone(timedelta(hours=9), "JST")
TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def add_routes(app: Flask, parts: Parts) -> None:
    """Add `GET /check`."""
    limit = Limit(CHECKS_A_MINUTE)

    @app.get("/check")
    def check() -> Response:
        """Confirm a code as valid or not."""
        as_json = _wants_json()
        if wait := seconds_to_wait(limit, parts.settings):
            if as_json:
                return refusal(429, "too_many_requests", "too many requests", wait)
            return _page(parts, "wait", status=429, retry_after=wait)
        given = request.args.getlist("c")
        if not given and not as_json:
            return _page(parts, "ask")
        text = read_code(given[0]) if len(given) == 1 else None
        now = parts.clock.now()
        valid = text is not None and parts.store.is_valid(code_hash(parts.secret, text), now)
        response = jsonify(valid=valid) if as_json else _page(parts, "valid" if valid else "not")
        response.vary.update(("Accept", "Accept-Language"))
        return response


def _wants_json() -> bool:
    accepts = request.accept_mimetypes
    return accepts.quality("application/json") > accepts.quality("text/html")


def _page(parts: Parts, state: str, status: int = 200, retry_after: int = 0) -> Response:
    """Render the page in one state: `ask`, `valid`, `not` or `wait`."""
    chosen = request.args.get("lang") or request.accept_languages.best_match(["ja", "en"], "ja")
    organisation = parts.settings.organisation
    japanese = chosen != "en"
    body = TEMPLATES.get_template("check.html").render(
        state=state,
        ja=japanese,
        organisation=organisation.name_ja if japanese else organisation.name_en,
        checked_at=datetime.fromtimestamp(parts.clock.now(), UTC).astimezone(JAPAN),
        wait=retry_after,
    )
    response = Response(body, status=status, content_type="text/html; charset=utf-8")
    if retry_after:
        response.headers["Retry-After"] = str(retry_after)
    return response
