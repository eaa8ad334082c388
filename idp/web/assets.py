"""The style sheet and scripts: served by us, under names that change with their content.

A name with the present hash may be kept for ever; an older one (a page from before an upgrade)
still gets the present file, but uncached.
"""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, abort

FOLDER = Path(__file__).with_name("static")
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}


@dataclass(frozen=True)
class Asset:
    """One static file as it is served."""

    url: str
    body: bytes
    content_type: str


@cache
def assets() -> dict[str, Asset]:
    """Read all static files, by file name."""
    found = {}
    for path in sorted(FOLDER.iterdir()):
        if path.suffix in _TYPES:
            body = path.read_bytes()
            digest = hashlib.sha256(body).hexdigest()[:16]
            url = f"/static/{path.stem}.{digest}{path.suffix}"
            found[path.name] = Asset(url, body, _TYPES[path.suffix])
    return found


def static_url(name: str) -> str:
    """Give the address of a static file; raises KeyError for one that does not exist."""
    return assets()[name].url


def blueprint() -> Blueprint:
    """Serve the static files."""
    routes = Blueprint("assets", __name__)

    @routes.get("/static/<filename>")
    def asset(filename: str) -> Response:
        stem, _, tail = filename.partition(".")
        _, _, suffix = tail.rpartition(".")
        found = assets().get(f"{stem}.{suffix}")
        if found is None:
            abort(404)
        response = Response(found.body, content_type=found.content_type)
        current = found.url == f"/static/{filename}"
        keep = "public, max-age=31536000, immutable" if current else "no-cache"
        response.headers["Cache-Control"] = keep
        return response

    return routes
