"""What is hardly HTTP any more, and paths that are none: a plain answer or none, and no harm."""

import socket
from urllib.parse import urlsplit

import pytest

from tests.support.demo import Demo
from tests.support.relying_party import Browser

pytestmark = pytest.mark.usefixtures("unharmed")

RAW = {
    "no request line": b"\r\n\r\n",
    "not HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "a method nobody knows": b"BREW /token HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
    "an absolute URI": b"GET http://evil.example/sign-in HTTP/1.1\r\nHost: x\r\n\r\n",
    "two hosts": b"GET /sign-in HTTP/1.1\r\nHost: a\r\nHost: evil.example\r\n\r\n",
    "no host": b"GET /sign-in HTTP/1.1\r\n\r\n",
    "two lengths": b"POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n"
    b"\r\nhello",
    "length and chunks": b"POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a length that is none": b"POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "a path that is not UTF-8": b"GET /%ff%fe HTTP/1.1\r\nHost: x\r\n\r\n",
    "a path with NUL": b"GET /sign-in%00 HTTP/1.1\r\nHost: x\r\n\r\n",
    "a path with dots": b"GET /static/../../../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
    "a static path with dots": b"GET /static/%2e%2e/%2e%2e/app.py HTTP/1.1\r\nHost: x\r\n\r\n",
    "a header with a blank": b"GET /sign-in HTTP/1.1\r\nHost: x\r\nA b: c\r\n\r\n",
    "a broken escape": b"GET /authorize?client_id=%zz HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("program", ["issuer", "portal", "card"])
@pytest.mark.parametrize("kind", RAW)
def test_what_is_hardly_http_gets_a_plain_answer_or_none(
    demo: Demo, program: str, kind: str
) -> None:
    parts = urlsplit(demo.facts[program])
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as connection:
        connection.sendall(RAW[kind])
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(65536)
    status = int(answer.split()[1]) if answer.startswith(b"HTTP/") else 0
    assert status < 500 or status == 501, answer[:200]
    assert b"root:" not in answer
    assert b"evil.example" not in answer


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/console",
        "/.git/config",
        "/static/",
        "/metrics",
        "/admin",
        "//evil.example",
        "/authorize/",
        "/token/",
        "/TOKEN",
        "/sign-in/../account",
        "/%2e%2e/",
        "/staff/../../x",
    ],
)
def test_a_path_that_is_none_is_not_found(demo: Demo, path: str) -> None:
    answer = Browser(demo.issuer).get(demo.issuer + path)
    assert answer.status_code in (303, 404)
    assert "evil.example" not in answer.headers.get("Location", "")
