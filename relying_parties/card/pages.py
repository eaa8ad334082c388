"""The app's pages and files, its settings, and the health of this program."""

from typing import Final

from flask import Flask, Response, jsonify, request

from relying_parties.card.parts import Parts, refusal
from relying_parties.card.shell import File, Shell

REVALIDATE: Final = "no-cache"


def add_routes(app: Flask, parts: Parts, shell: Shell) -> None:
    """Add the app's pages (`/`, `/callback`, `/signed-out`), its files, and `/config.json`."""

    @app.get("/")
    @app.get("/signed-out")
    def page() -> Response:
        return _send(shell.page)

    @app.get("/callback")
    def callback() -> Response:
        # carries the authorization code in its address: neither stored nor revalidated
        return Response(shell.page.body, content_type=shell.page.media_type)

    @app.get("/manifest.webmanifest")
    def manifest() -> Response:
        return _send(shell.manifest)

    @app.get("/sw.js")
    def worker() -> Response:
        return _send(shell.worker)

    @app.get("/static/<path:_path>")
    def static_file(_path: str) -> Response:
        file = shell.files.get(request.path)
        return refusal(404, "not_found", "there is no such file") if file is None else _send(file)

    @app.get("/config.json")
    def config() -> Response:
        return jsonify(_config(parts))

    @app.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="ok" if parts.store.ready() else "failed")


def _config(parts: Parts) -> dict[str, object]:
    settings, about = parts.settings, parts.settings.organisation
    hours = {"ja": about.hours_ja, "en": about.hours_en}
    return {
        "issuer": settings.issuer,
        "insecure_issuer": settings.insecure_issuer,
        "client_id": settings.client_id,
        "public_url": settings.public_url,
        "portal_url": settings.portal_url,
        "organisation": {"ja": about.name_ja, "en": about.name_en},
        "help_desk": about.telephone and {"telephone": about.telephone, "hours": hours},
    }


def _send(file: File) -> Response:
    response = Response(file.body, content_type=file.media_type)
    response.set_etag(file.etag)
    response.headers["Cache-Control"] = REVALIDATE
    return response.make_conditional(request)  # type: ignore[return-value]
