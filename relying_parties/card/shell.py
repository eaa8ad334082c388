"""The app's files, read once at the start: names, bytes, entity tags, and the service worker.

The set of files is closed, so no path from outside ever reaches the file system. A digest over
all of them names the version: the service worker carries it and so is renewed when any file is.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from relying_parties.card.settings import Settings

STATIC: Final = Path(__file__).with_name("static")
TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
HIDDEN: Final = frozenset({"index.html", "sw.js"})  # served under paths of their own


@dataclass(frozen=True, slots=True)
class File:
    """One file as it is sent."""

    body: bytes
    media_type: str

    @property
    def etag(self) -> str:
        """A strong validator: the digest of the bytes."""
        return hashlib.sha256(self.body).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Shell:
    """Everything the app consists of, by path: `/static/…`, and the pages beside them."""

    page: File
    worker: File
    manifest: File
    files: Mapping[str, File]


def load(settings: Settings) -> Shell:
    """Read the app's files; the manifest and the service worker are completed for this card."""
    files = {
        f"/static/{path.relative_to(STATIC).as_posix()}": File(
            path.read_bytes(), TYPES[path.suffix]
        )
        for path in sorted(STATIC.rglob("*"))
        if path.suffix in TYPES and path.relative_to(STATIC).as_posix() not in HIDDEN
    }
    page = File((STATIC / "index.html").read_bytes(), TYPES[".html"])
    manifest = File(_manifest(settings), "application/manifest+json")
    script = (STATIC / "sw.js").read_text("utf-8")
    digest = hashlib.sha256(script.encode())
    for path, file in [("/", page), ("/manifest.webmanifest", manifest), *files.items()]:
        digest.update(f"{path}\0{file.etag}\0".encode())
    named = {"version": digest.hexdigest()[:16], "files": ["/manifest.webmanifest", *files]}
    worker = f"const SHELL = {json.dumps(named)};\n{script}".encode()
    return Shell(page, File(worker, TYPES[".js"]), manifest, files)


def _manifest(settings: Settings) -> bytes:
    """The web app manifest: installable, upright, with the organisation's name."""
    icon = "/static/icons/card"
    document = {
        "id": "/",
        "name": f"{settings.organisation.name_ja} デジタル組合員証",
        "short_name": "組合員証",
        "lang": "ja",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "orientation": "portrait",
        "background_color": "#ffffff",
        "theme_color": "#12395b",
        "icons": [
            {"src": f"{icon}-192.png", "sizes": "192x192", "type": "image/png"},
            {"src": f"{icon}-512.png", "sizes": "512x512", "type": "image/png"},
            {
                "src": f"{icon}-maskable-512.png",
                "sizes": "512x512",
                "type": "image/png",
                "purpose": "maskable",
            },
        ],
    }
    return json.dumps(document, ensure_ascii=False).encode()
