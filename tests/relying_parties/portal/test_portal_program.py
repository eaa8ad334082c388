"""The program itself: granian, https by names that do not resolve, the clock file, its end."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from joserfc.jwk import ECKey
from portal_browser import Browser, fields, reason
from portal_provider import ScriptedProvider
from portal_scene import CLIENT_ID
from portal_tls import NAMES, server_context, write_certificates

from relying_parties.portal.clock import SystemClock
from relying_parties.portal.outgoing import ResolvingAdapter, plain_session

ROOT = Path(__file__).parents[3]
PROGRAM = [sys.executable, "-m", "relying_parties.portal"]
# Stands for a supervisor: starts the portal from a thread that ends, then waits to be killed.
SUPERVISOR = """
import os, subprocess, sys, threading, time
def start():
    child = subprocess.Popen([*sys.argv[1:], "--parent-pid", str(os.getpid())])
    print(child.pid, flush=True)
thread = threading.Thread(target=start)
thread.start()
thread.join()
time.sleep(600)
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(true: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for another process; the only real clock in these tests."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "waited too long"
        threading.Event().wait(0.05)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (OSError, IndexError):
        return False
    return state != "Z"


def children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        return [
            int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        ]
    return []


@pytest.fixture
def key_file(tmp_path: Path, client_key: ECKey) -> Path:
    path = tmp_path / "portal.jwk"
    path.write_text(json.dumps(client_key.as_dict(private=True)))
    return path


def test_what_cannot_work_is_one_sentence(tmp_path: Path, key_file: Path) -> None:
    given = ["--issuer", "http://127.0.0.1:1", "--client-id", "portal", "--data", str(tmp_path)]
    for wrong in (
        ["--public-url", "http://portal.mihon.example", "--client-key", str(key_file)],
        ["--public-url", "http://127.0.0.1:2", "--client-key", __file__],
        ["--public-url", "http://127.0.0.1:2", "--client-key", str(key_file), "--resolve", "x"],
        ["--public-url", "http://127.0.0.1:2", "--client-key", str(key_file), "--cert", __file__],
    ):
        done = subprocess.run(
            [*PROGRAM, *given, *wrong],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == 2
        assert done.stderr.startswith("portal: ")
        assert done.stderr.count("\n") == 1


@pytest.fixture
def provider(tmp_path: Path, client_key: ECKey) -> Iterator[ScriptedProvider]:
    write_certificates(tmp_path)
    tls = server_context(tmp_path / "cert.pem", tmp_path / "key.pem")
    clock = SystemClock(tmp_path / "offset")
    scripted = ScriptedProvider(clock, CLIENT_ID, client_key, NAMES[0], tls)
    yield scripted
    scripted.close()


def test_the_program_over_https_by_names(
    tmp_path: Path, key_file: Path, provider: ScriptedProvider
) -> None:
    port = free_port()
    public = f"https://{NAMES[1]}:{port}"
    arguments = [
        "--port", str(port), "--public-url", public, "--issuer", provider.issuer,
        "--client-id", CLIENT_ID, "--client-key", str(key_file), "--data", str(tmp_path / "d"),
        "--ca", str(tmp_path / "ca.pem"), "--resolve", f"{NAMES[0]}=127.0.0.1",
        "--cert", str(tmp_path / "cert.pem"), "--key", str(tmp_path / "key.pem"),
        "--clock", str(tmp_path / "offset"),
    ]  # fmt: skip
    supervisor = subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, *PROGRAM, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert supervisor.stdout is not None
    portal = int(supervisor.stdout.readline())
    browser = Browser(public)
    browser.http = plain_session(
        ResolvingAdapter(dict.fromkeys(NAMES, "127.0.0.1")), tmp_path / "ca.pem"
    )
    browser.http.max_redirects = 20
    try:
        wait_until(lambda: answers(browser))
        story(browser, provider, tmp_path / "offset")
        workers = children(portal)
        assert workers
        supervisor.send_signal(signal.SIGKILL)
        supervisor.wait(10)
        wait_until(lambda: not any(alive(pid) for pid in (portal, *workers)))
        with pytest.raises(requests.ConnectionError):
            browser.get("/healthz")
    finally:
        supervisor.kill()
        supervisor.wait(10)
        supervisor.stdout.close()
        if alive(portal):
            os.kill(portal, signal.SIGKILL)
        browser.close()


def answers(browser: Browser) -> bool:
    try:
        return browser.get("/healthz").status_code == 200
    except requests.ConnectionError:
        return False


def story(browser: Browser, provider: ScriptedProvider, offset: Path) -> None:
    """Sign in, lose access when the date moves, sign in again, sign out."""
    assert "0012345" in browser.sign_in().text
    assert browser.cookie("__Host-kumiai_portal")
    offset.write_text("360")
    provider.ended = "membership_ended"
    assert reason(browser.get("/me")) == "membership_ended"
    provider.ended = None
    page = browser.sign_in()
    page = browser.post("/sign-out", fields(page.text, "sign-out"))
    assert "/signed-out?state=" in page.url
    assert "0012345" not in browser.get("/").text


def test_a_certificate_for_another_name_is_refused(
    tmp_path: Path, provider: ScriptedProvider
) -> None:
    port = provider.server.port
    adapter = ResolvingAdapter({"other.mihon.example": "127.0.0.1", NAMES[0]: "127.0.0.1"})
    session = plain_session(adapter, tmp_path / "ca.pem")
    assert session.get(f"https://{NAMES[0]}:{port}/jwks", timeout=5).status_code == 200
    with pytest.raises(requests.exceptions.SSLError):
        session.get(f"https://other.mihon.example:{port}/jwks", timeout=5)
    untrusting = plain_session(adapter, None)
    with pytest.raises(requests.exceptions.SSLError):
        untrusting.get(f"https://{NAMES[0]}:{port}/jwks", timeout=5)
    session.close()
    untrusting.close()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_program_ends_whole(tmp_path: Path, key_file: Path, how: signal.Signals) -> None:
    port = free_port()
    arguments = [
        "--port", str(port), "--public-url", f"http://127.0.0.1:{port}",
        "--issuer", "http://127.0.0.1:1", "--client-id", CLIENT_ID,
        "--client-key", str(key_file), "--data", str(tmp_path / "d"),
    ]  # fmt: skip
    with subprocess.Popen([*PROGRAM, *arguments], cwd=ROOT) as program:
        browser = Browser(f"http://127.0.0.1:{port}")
        try:
            wait_until(lambda: answers(browser))
            assert browser.get("/sign-in").status_code == 503  # no provider there
            workers = children(program.pid)
            program.send_signal(how)
            assert program.wait(15) == (0 if how == signal.SIGTERM else -how)
            assert workers
            wait_until(lambda: not any(alive(pid) for pid in workers))
        finally:
            program.kill()
            browser.close()
