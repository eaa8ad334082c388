"""The app's files, headers and settings as served; no browser."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from card_provider import ScriptedProvider
from flask.testing import FlaskClient

from relying_parties.card import shell
from relying_parties.card.organisation import OrganisationError, read
from relying_parties.card.settings import SettingsError, checked_url

PAGES = (
    "/",
    "/callback",
    "/signed-out",
    "/check",
    "/config.json",
    "/healthz",
    "/sw.js",
    "/nothing",
)


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_carries_the_policy(
    client: FlaskClient, provider: ScriptedProvider, path: str
) -> None:
    headers = client.get(path).headers
    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; "
        f"connect-src 'self' {provider.issuer}; img-src 'self' data:; manifest-src 'self'; "
        "worker-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Strict-Transport-Security"].startswith("max-age=")
    assert float(headers["Card-Time"]) > 1_700_000_000


def test_what_is_kept_and_what_not(client: FlaskClient) -> None:
    for path in ("/callback?code=x&state=y", "/config.json", "/session-state?sid=x", "/check"):
        assert client.get(path).headers["Cache-Control"] == "no-store"
    first = client.get("/static/app/main.js")
    again = client.get("/static/app/main.js", headers={"If-None-Match": first.headers["ETag"]})
    assert (first.headers["Cache-Control"], again.status_code) == ("no-cache", 304)


@pytest.mark.parametrize(
    "path",
    ["/static/", "/static/../app.py", "/static/%2e%2e/app.py", "/static/vendor/VENDORED.md",
     "/static/app/", "/static/\0", "/static/" + "x" * 5000],
)  # fmt: skip
def test_only_the_apps_files_are_served(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_the_config_holds_what_the_app_needs(
    client: FlaskClient, provider: ScriptedProvider
) -> None:
    assert client.get("/config.json").get_json() == {
        "issuer": provider.issuer,
        "insecure_issuer": True,
        "client_id": "card",
        "public_url": "https://card.mihon.example",
        "portal_url": "https://portal.mihon.example/",
        "organisation": {"ja": "みほん学校生活協同組合", "en": "Mihon School Co-op"},
        "help_desk": {"telephone": "0120-000-000", "hours": {"ja": "", "en": ""}},
    }


def test_the_app_is_installable(client: FlaskClient) -> None:
    manifest = client.get("/manifest.webmanifest")
    assert manifest.mimetype == "application/manifest+json"
    document = json.loads(manifest.data)
    assert (document["start_url"], document["display"]) == ("/", "standalone")
    for icon in document["icons"]:
        image = client.get(icon["src"])
        assert image.mimetype == "image/png"
        width = int.from_bytes(image.data[16:20], "big")
        assert icon["sizes"] == f"{width}x{width}"
    worker = client.get("/sw.js")
    kept = json.loads(worker.text.partition("const SHELL = ")[2].partition(";\n")[0])
    assert all(client.get(path).status_code == 200 for path in kept["files"])
    assert "/static/app/main.js" in kept["files"]


def test_every_import_of_the_app_is_served_and_kept(client: FlaskClient) -> None:
    for path in shell.STATIC.joinpath("app").glob("*.js"):
        for name in re.findall(r"from '(\.[^']+)'", path.read_text("utf-8")):
            target = (path.parent / name).resolve().relative_to(shell.STATIC)
            assert client.get(f"/static/{target.as_posix()}").status_code == 200


def test_the_vendored_library_is_unchanged() -> None:
    vendor = shell.STATIC / "vendor"
    listed = (vendor / "VENDORED.md").read_text("utf-8")
    for name in ("index.js", "LICENSE.md"):
        digest = hashlib.sha256((vendor / "oauth4webapi" / name).read_bytes()).hexdigest()
        assert digest in listed


def test_both_languages_have_the_same_words() -> None:
    def keys(name: str) -> list[str]:
        text = (shell.STATIC / "app" / name).read_text("utf-8")
        return re.findall(r"^\s+(\w+):", text, re.MULTILINE)

    assert keys("texts-ja.js") == keys("texts-en.js")


def test_what_must_run_on_old_browsers_is_old_javascript() -> None:
    boot = (shell.STATIC / "boot.js").read_text("utf-8")
    assert not re.search(r"=>|`|\b(let|const|async|await|class)\b|\?\.|\.\.\.[a-z]", boot)


@pytest.mark.parametrize(
    "text",
    ["", "name_ja = 1\nname_en = 'x'", "name_ja = 'x'", "x = ", "\udcff"],
)
def test_an_unfit_organisation_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "organisation.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(OrganisationError, match=r"organisation\.toml"):
        read(path)


@pytest.mark.parametrize(
    "url",
    ["", "card", "ftp://x", "http://card.mihon.example", "https://", "https://x/?a", "https://u@x",
     "https://x;y", "https://[", "https://x:99999", "https://みほん", "https://x/path"],
)  # fmt: skip
def test_unfit_addresses_are_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="--public-url"):
        checked_url("--public-url", url, origin_only=True)


def test_fit_addresses_pass() -> None:
    for url in ("https://card.mihon.example", "http://127.0.0.1:8002", "http://localhost:1"):
        assert checked_url("--issuer", url) == url
