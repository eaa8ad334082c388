"""The one bridge from errors to the outside.

Every error becomes a page with the right status, a steady title, a reference code and the request
id. What the exception says goes to the log only (CVE-2024-32967: a database host in an error).
"""

import logging
import math
import secrets
from collections.abc import Mapping

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from idp.errors import IdpError, Unavailable
from idp.web import headers
from idp.web.pages import Pages
from idp.web.problem_texts import PROBLEMS, Problem, code_for_status
from idp.web.request_id import request_id_of

__all__ = ["PROBLEMS", "Problem", "new_reference", "register"]

BUSY = "busy"  # the code of an Unavailable that means overload, not an outage
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that is misread over the telephone
MAX_DETAIL = 200  # a detail may hold what a stranger sent (CVE-2025-65015: whole tokens logged)
_KEPT_HEADERS = ("Allow", "Retry-After", "WWW-Authenticate")
_LAST_RESORT = (
    '<!DOCTYPE html><html lang="ja"><meta charset="utf-8">'
    "<title>手続きを完了できませんでした</title>"
    "<h1>手続きを完了できませんでした</h1>"
    '<p>しばらくたってから、もう一度お試しください。</p><p lang="en">Please try again later.</p>'
    "<p>{request_id}</p></html>"
)

log = logging.getLogger("idp.web")


def new_reference() -> str:
    """Draw a reference code of 8 symbols that can be read out."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(8))


def register(app: Flask, pages: Pages, extra: Mapping[str, Problem] | None = None) -> None:
    """Turn every error of the application into a page; `extra` adds codes of other packages."""
    texts = PROBLEMS | dict(extra or {})

    @app.errorhandler(IdpError)
    def refused(error: IdpError) -> Response:
        reference = getattr(error, "reference", None) or new_reference()
        _log_refusal(error.code, error.status, reference, error.detail)
        if isinstance(error, Unavailable):
            return _wait(pages, texts, error, reference)
        code = error.code if error.code in texts else code_for_status(error.status)
        return _page(pages, texts[code], error.status, reference)

    @app.errorhandler(HTTPException)
    def stopped(error: HTTPException) -> AnyResponse:
        status = error.code or 500
        if error.response is not None or status < 400:  # a redirect of the router
            return error.get_response(request.environ)
        reference = new_reference()
        _log_refusal(f"http_{status}", status, reference, "")
        response = _page(pages, texts[code_for_status(status)], status, reference)
        for name, value in error.get_headers():
            if name in _KEPT_HEADERS:
                response.headers[name] = value
        return response

    @app.errorhandler(Exception)
    def broken(error: Exception) -> Response:
        reference = new_reference()
        log.error(
            "unexpected error request_id=%s reference=%s",
            request_id_of(request.environ),
            reference,
            exc_info=error,
        )
        try:
            return _page(pages, texts["error"], 500, reference)
        except (
            Exception
        ):  # whatever broke may break the page as well: still an answer, never a trace
            log.exception("the error page failed request_id=%s", request_id_of(request.environ))
            return _last_resort(pages)


def _wait(
    pages: Pages, texts: Mapping[str, Problem], error: Unavailable, reference: str
) -> Response:
    seconds = max(1, math.ceil(error.retry_after))
    if error.code == BUSY:
        page = pages.render(
            "busy.html", error.status, retry_after=seconds, again_url=_this_page_again()
        )
    else:
        problem = texts.get(error.code, texts["unavailable"])
        page = _page(pages, problem, error.status, reference)
    page.headers["Retry-After"] = str(seconds)
    return page


def _this_page_again() -> str | None:
    """Address this page relative to itself: a path such as `//evil.example` names no other host."""
    if request.method not in ("GET", "HEAD"):
        return None
    return "?" + request.query_string.decode("latin-1")


def _page(pages: Pages, problem: Problem, status: int, reference: str) -> Response:
    return pages.render("error.html", status, problem=problem, reference=reference)


def _last_resort(pages: Pages) -> Response:
    page = _LAST_RESORT.format(request_id=request_id_of(request.environ))
    response = Response(page, 500, content_type="text/html; charset=utf-8")
    headers.apply(response.headers, hsts=pages.hsts)
    return response


def _log_refusal(code: str, status: int, reference: str, detail: str) -> None:
    level = logging.WARNING if status >= 500 else logging.INFO
    request_id = request_id_of(request.environ)
    line = "refused code=%s status=%s request_id=%s reference=%s detail=%r"
    log.log(level, line, code, status, request_id, reference, detail[:MAX_DETAIL])
