"""A door before Flask that turns people away while too many want in.

The page says the same as the one of `idp.web.problems`, but is rendered once per language and
waiting time, and nothing of the request is looked at but its language: with ten times as many
people as can be served, nine of ten answers are this one, and each took as much as a twentieth of
a whole sign-in from those who were inside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from flask import Request
from werkzeug.datastructures import Headers

from idp.web import headers
from idp.web.forms import MAX_BODY
from idp.web.organisation import Language
from idp.web.pages import Pages
from idp.web.request_id import request_id_of

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
_ID = "the request id"
"""Stands in the page where the id of each request is put in."""


@dataclass(frozen=True)
class BusyDoor:
    """WSGI callable: POSTs to `paths` are turned away while `wait` says how long to stay away."""

    inside: Wsgi
    pages: Pages
    paths: frozenset[str]
    wait: Callable[[], int | None]
    """Whole seconds until somebody may come again; None while there is room."""
    _known: dict[tuple[Language, int], tuple[list[tuple[str, str]], str]] = field(
        default_factory=dict
    )

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer one request."""
        if environ.get("PATH_INFO") in self.paths and environ["REQUEST_METHOD"] == "POST":
            seconds = self.wait()
            if seconds is not None:
                return self._turn_away(environ, start_response, seconds)
        return self.inside(environ, start_response)

    def _turn_away(
        self, environ: dict[str, Any], start_response: Callable[..., Any], seconds: int
    ) -> Iterable[bytes]:
        # A proxy may take it amiss when it is answered before it has sent the body.
        environ["wsgi.input"].read(MAX_BODY)
        language = self.pages.language_of(Request(environ))
        known = self._known.get((language, seconds))
        if known is None:
            known = self._known[language, seconds] = self._rendered(language, seconds)
        request_id = request_id_of(environ)
        body = known[1].replace(_ID, request_id).encode()
        told = [("X-Request-Id", request_id), ("Content-Length", str(len(body)))]
        start_response("503 SERVICE UNAVAILABLE", [*known[0], *told])
        return [body]

    def _rendered(self, language: Language, seconds: int) -> tuple[list[tuple[str, str]], str]:
        page = self.pages.text(
            "busy.html", language, request_id=_ID, retry_after=seconds, again_url=None
        )
        lines = Headers(
            [
                ("Content-Type", "text/html; charset=utf-8"),
                ("Content-Language", language),
                ("Retry-After", str(seconds)),
            ]
        )
        headers.apply(lines, hsts=self.pages.hsts)
        return list(lines), page
