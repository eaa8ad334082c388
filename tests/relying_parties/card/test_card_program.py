"""`python -m relying_parties.card` as a process: TLS, mapped names, the end of its parent."""

import datetime
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests
from card_program import ROOT, Program, free_port, wait_until_ready
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from relying_parties.card.outgoing import Outgoing, UnreachableError

NAME = "id.mihon.example"


def test_it_serves_and_ends_on_request(program: Program) -> None:
    assert requests.get(f"{program.url}/healthz", timeout=5).json() == {"status": "ok"}
    program.stop()
    assert program.process.returncode == 0
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{program.url}/healthz", timeout=1)


def test_unfit_options_are_one_sentence() -> None:
    arguments = ["--port", "8002", "--public-url", "http://card.mihon.example"]
    arguments += ["--issuer", "https://id.mihon.example", "--client-id", "card", "--data", "x"]
    run = subprocess.run(
        [sys.executable, "-m", "relying_parties.card", *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert run.returncode == 2
    assert run.stderr.startswith("card: --public-url")
    assert "Traceback" not in run.stderr


def test_no_orphan_serves_when_the_parent_is_killed(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    script = (
        "import os, subprocess, sys, time\n"
        "card = subprocess.Popen([*sys.argv[1:], '--parent-pid', str(os.getpid())])\n"
        "time.sleep(60)\n"
    )
    arguments = [
        *(sys.executable, "-c", script, sys.executable, "-m", "relying_parties.card"),
        *("--port", str(port), "--public-url", url, "--issuer", "http://127.0.0.1:1"),
        *("--client-id", "card", "--data", str(tmp_path / "data")),
    ]
    parent = subprocess.Popen(arguments, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
    wait_until_ready(url, parent)
    parent.send_signal(signal.SIGKILL)
    parent.wait(timeout=5)
    deadline = time.monotonic() + 6
    while time.monotonic() < deadline:
        try:
            requests.get(f"{url}/healthz", timeout=1)
        except requests.RequestException:
            return
        time.sleep(0.05)
    pytest.fail("the card goes on serving without its parent")


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = tmp_path / "cert.pem", tmp_path / "key.pem"
    cert_file.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return cert_file, key_file


class _Echo(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b"x" * 300_000 if self.path == "/long" else (self.headers["Host"] or "").encode()
        self.send_response(302 if self.path == "/away" else 200)
        self.send_header("Location", "https://elsewhere.example/")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def tls_port(certificate: tuple[Path, Path]) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def test_mapped_names_are_verified_by_name(tls_port: int, certificate: tuple[Path, Path]) -> None:
    url = f"https://{NAME}:{tls_port}"
    outgoing = Outgoing(certificate[0], {NAME: "127.0.0.1", "other.example": "127.0.0.1"})
    assert outgoing.get(f"{url}/").body.decode() == f"{NAME}:{tls_port}"
    assert outgoing.get(f"{url}/away").status == 302
    for refused in (f"{url}/long", f"https://other.example:{tls_port}/", "https://127.0.0.1:1/"):
        with pytest.raises(UnreachableError):
            outgoing.get(refused)
    with pytest.raises(UnreachableError):
        Outgoing(None, {NAME: "127.0.0.1"}).get(f"{url}/")


def test_it_serves_https(tmp_path: Path, certificate: tuple[Path, Path]) -> None:
    port = free_port()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "relying_parties.card", "--port", str(port)),
            *("--public-url", f"https://{NAME}:{port}", "--issuer", "https://id.mihon.example"),
            *("--client-id", "card", "--data", str(tmp_path / "data")),
            *("--cert", str(certificate[0]), "--key", str(certificate[1])),
        ],
        cwd=ROOT,
    )
    try:
        outgoing = Outgoing(certificate[0], {NAME: "127.0.0.1"})
        deadline = time.monotonic() + 20
        while True:
            try:
                answer = outgoing.get(f"https://{NAME}:{port}/healthz")
                break
            except UnreachableError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        assert answer.json_object() == {"status": "ok"}
    finally:
        process.terminate()
        process.wait(timeout=10)
