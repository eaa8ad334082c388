"""The examples of `docs/relying-party.md`, each run as it stands in `docs/examples`."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.interop.test_clients import BUILT
from tests.support.demo import Demo, free_ports, running_demo, wait_until
from tests.support.parties import PARTIES, party, write_policies
from tests.support.relying_party import Browser, Pkce

EXAMPLES = Path(__file__).parents[2] / "docs/examples"
# Needs what `make interop` installs and builds; Flask and the phone run without.
built = pytest.mark.skipif("INTEROP" not in os.environ, reason="`make interop` runs these")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo whose clock nobody moves: the examples go by the real one."""
    folder = Path(tmp_path_factory.mktemp("examples"))
    policies = write_policies(folder / "policies", PARTIES)
    with running_demo(folder, "--policies", str(policies)) as running:
        yield running


@dataclass(frozen=True)
class Application:
    """A registered application: where it answers and what it is told."""

    home: str
    settings: dict[str, str]


def registered(demo: Demo, name: str) -> Application:
    """Register a confidential application on a free port, as the documentation says."""
    port = free_ports(1)
    home = f"http://127.0.0.1:{port}"
    client_id, secret = f"{name}-{secrets.token_hex(3)}", secrets.token_urlsafe(32)
    file = demo.data.parent / f"{client_id}.json"
    told = {
        "client_id": client_id,
        "client_secret": secret,
        "client_name": "みほん例",
        "redirect_uris": [f"{home}/callback"],
        "post_logout_redirect_uris": [f"{home}/", f"{home}/bye"],
        "token_endpoint_auth_method": "client_secret_basic",
        "scope": "openid profile",
    }
    file.write_text(json.dumps(told))
    done = demo.idp("client", "add", "--file", str(file))
    assert done.returncode == 0, done.stderr
    settings = {"ISSUER": demo.issuer, "CLIENT_ID": client_id, "CLIENT_SECRET": secret}
    settings |= {"PORT": str(port), "HOME_URL": home, "SESSION_KEY": secrets.token_hex(32)}
    return Application(home, settings)


@contextmanager
def running(
    command: Sequence[str], application: Application, folder: Path, **more: str
) -> Iterator[None]:
    """Run an application until the block ends."""
    kept = {k: v for k, v in os.environ.items() if "proxy" not in k.lower()}
    with (folder / "application.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=kept | application.settings | more, stdout=log, stderr=log
        )
        try:
            wait_until(lambda: _answers(application.home) or process.poll() is not None, 30)
            assert process.poll() is None, (folder / "application.log").read_text()
            yield
        finally:
            process.terminate()
            process.wait(20)


def _answers(home: str) -> bool:
    parts = urlsplit(home)
    with socket.socket() as probe:
        return probe.connect_ex((str(parts.hostname), int(parts.port or 80))) == 0


def opened(demo: Demo, home: str) -> tuple[requests.Session, requests.Response]:
    """Open an application as a member: sign in, say yes, come back."""
    member, http = demo.member(), requests.Session()
    http.trust_env = False
    page = http.get(home + "/", timeout=30)
    browser = Browser(demo.issuer, http)
    assert 'id="sign-in"' in page.text, page.text[:500]
    page = browser.follow(browser.sign_in(member["email"], member["password"], page))
    if 'id="consent"' in page.text:
        page = browser.consent(page)
    return http, http.get(page.headers["Location"], timeout=30)


def test_flask_with_authlib(demo: Demo, tmp_path: Path) -> None:
    """Rows 35, 41, 103: the example for Python."""
    application = registered(demo, "flask")
    command = [sys.executable, str(EXAMPLES / "flask_authlib.py")]
    with running(command, application, tmp_path, AUTHLIB_INSECURE_TRANSPORT="1"):
        http, page = opened(demo, application.home)
        assert demo.member()["number"] in page.text
        out = http.post(application.home + "/sign-out", timeout=30)
        assert 'id="sign-in"' in out.text, "signed out here and there: it begins anew"
        wrong = http.get(application.home + "/callback?code=x&state=y&iss=" + demo.issuer)
        assert wrong.status_code == 403
        assert http.get(application.home + "/callback?code=x&state=y").status_code == 400


@built
def test_node_with_openid_client(demo: Demo, tmp_path: Path) -> None:
    """Rows 43, 91: the example for Node, with a pushed request and bound tokens."""
    application = registered(demo, "node")
    script = BUILT / "node/sign-in.mjs"
    shutil.copy(EXAMPLES / "sign-in.mjs", script)
    with running(["node", str(script)], application, tmp_path):
        http, page = opened(demo, application.home)
        assert demo.member()["number"] in page.text
        wrong = http.get(application.home + "/callback?code=x&state=y", timeout=30)
        assert wrong.status_code == 403


@built
def test_apache_with_mod_auth_openidc(demo: Demo, tmp_path: Path) -> None:
    """Rows 35, 52, 103: the example for a reverse proxy."""
    application = registered(demo, "apache")
    public = tmp_path / "public"
    public.mkdir()
    (public / "index.html").write_text("the application")
    (public / "bye").write_text("signed out")
    (tmp_path / "who.conf").write_text('Header always set X-Member "expr=%{REMOTE_USER}"\n')
    modules = ("mpm_event", "authn_core", "authz_core", "authz_user", "auth_openidc", "dir", "mime")
    folder = Path("/usr/lib/apache2/modules")
    lines = [f"LoadModule {name}_module {folder}/mod_{name}.so" for name in (*modules, "headers")]
    lines += [f"ServerRoot {tmp_path}", f"Listen 127.0.0.1:{application.settings['PORT']}"]
    lines += ["ServerName 127.0.0.1", f"PidFile {tmp_path}/pid", "ErrorLog /dev/stderr"]
    lines += ["User www-data", "Group www-data", f"DefaultRuntimeDir {tmp_path}"]
    lines += [f"DocumentRoot {public}", "DirectoryIndex index.html", "TypesConfig /etc/mime.types"]
    lines += [f"Include {tmp_path}/who.conf", f"Include {EXAMPLES}/apache.conf"]
    lines += ["LogLevel warn"]
    (tmp_path / "apache.conf").write_text("\n".join(lines) + "\n")
    for place in (*tmp_path.parents[:2], tmp_path, public):
        place.chmod(0o755)
    command = ["/usr/sbin/apache2", "-f", str(tmp_path / "apache.conf"), "-DFOREGROUND"]
    with running(command, application, tmp_path):
        http, page = opened(demo, application.home)
        assert (page.status_code, page.text) == (200, "the application"), _log(tmp_path)
        assert len(page.headers["X-Member"].split("@")[0]) > 10
        home = application.home
        out = http.get(f"{home}/callback", params={"logout": f"{home}/bye"}, timeout=30)
        assert out.text == "signed out", _log(tmp_path)
        assert 'id="sign-in"' in http.get(home + "/", timeout=30).text


def _log(folder: Path) -> str:
    return (folder / "application.log").read_text()[-2000:]


def requests_of(file: Path, known: dict[str, str]) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Read a file of requests: method, address, fields; what is known is filled in when asked."""
    for part in file.read_text("utf-8").split("\n### ")[1:]:
        first, *fields = [line for line in part.splitlines()[1:] if line.strip()]
        method, _, address = first.partition(" ")
        filled = re.compile(r"{(\w+)}")
        told = [filled.sub(lambda found: known[found[1]], line) for line in (address, *fields)]
        pairs = (re.split(r": |=", line, maxsplit=1) for line in told[1:])
        yield method, told[0], {name: value for name, value in pairs}


def test_a_phone_app_request_by_request(demo: Demo) -> None:
    """Rows 35, 67, 97, 112, 113: a private-use scheme, PKCE, no secret."""
    pkce, phone = Pkce(), party(demo, "phone", "com.mihon.example.phone:/callback")
    known = {
        "issuer": demo.issuer,
        "client_id": "phone",
        "redirect_uri": phone.redirect_uri,
        "state": secrets.token_urlsafe(),
        "nonce": secrets.token_urlsafe(),
        "verifier": pkce.verifier,
        "challenge": pkce.challenge,
    }
    browser, member, landed, done = Browser(demo.issuer), demo.member(), "", 0
    for method, address, fields in requests_of(EXAMPLES / "phone.http", known):
        done += 1
        if method == "ANSWER":
            answer = {k: v[0] for k, v in parse_qs(urlsplit(landed).query).items()}
            assert landed.startswith(address + "?")
            assert all(value in ("*", answer[name]) for name, value in fields.items())
            known |= answer
        elif "/authorize" in address:
            page = browser.authorize(**fields)
            page = browser.follow(browser.sign_in(member["email"], member["password"], page))
            landed = browser.consent(page).headers["Location"]
        else:
            _remember(known, _sent(method, address, fields))
    assert done == 6
    gone = phone.refresh(known["refresh_token"])
    assert gone.json()["error"] == "invalid_grant"


def _sent(method: str, address: str, fields: Mapping[str, str]) -> requests.Response:
    where = {"headers": dict(fields)} if method == "GET" else {"data": dict(fields)}
    answer = requests.request(method, address, timeout=30, **where)
    assert answer.status_code == 200, (address, answer.text)
    return answer


def _remember(known: dict[str, str], answer: requests.Response) -> None:
    content: dict[str, Any] = answer.json() if answer.content else {}
    known.update({name: value for name, value in content.items() if isinstance(value, str)})
