"""The guarded door against a real HTTPS server that misbehaves in each way it can."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from idp.outgoing.addresses import Allowed
from idp.outgoing.door import MAX_ANSWER, Outgoing, OutgoingRefused
from tests.support.https_server import Server, https_server, reply


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with https_server(Path(tmp_path_factory.mktemp("https"))) as running:
        yield running


@pytest.fixture
def door(server: Server) -> Outgoing:
    return Outgoing((Allowed.parse(server.allowed),), server.ca, timeout=1.0)


def test_json_is_fetched_with_what_the_owner_says_about_caching(
    server: Server, door: Outgoing
) -> None:
    server.serve_json("/keys?set=1", {"keys": []}, Cache_Control="max-age=7", Content_Type="x/y")
    answer = door.get_json(server.url + "/keys?set=1")
    assert (answer.content, answer.cache_control) == ({"keys": []}, "max-age=7")
    sent = server.headers[-1]
    assert sent["Host"] == f"127.0.0.1:{server.port}"
    assert sent["Accept-Encoding"] == "identity"
    assert not {"Cookie", "Authorization", "Referer"} & sent.keys()


def test_a_form_is_posted_and_only_the_status_is_read(server: Server, door: Outgoing) -> None:
    server.answers["/told"] = lambda handler: reply(handler, b"x" * 2_000_000, 204 + 0)
    assert door.post_form(server.url + "/told", {"logout_token": "a.b.c"}) == 204


def test_an_inner_address_is_refused_unless_it_is_allowed(server: Server) -> None:
    asked = len(server.asked)
    with pytest.raises(OutgoingRefused, match="may not be called"):
        Outgoing((), server.ca).get_json(server.url + "/keys")
    other = Allowed.parse(f"https://127.0.0.1/32:{server.port + 1}")
    with pytest.raises(OutgoingRefused, match="may not be called"):
        Outgoing((other,), server.ca).get_json(server.url + "/keys")
    assert len(server.asked) == asked


def test_redirects_are_not_followed(server: Server, door: Outgoing) -> None:
    server.answers["/moved"] = lambda handler: reply(
        handler, b"", 302, Location=server.url + "/inner"
    )
    with pytest.raises(OutgoingRefused, match="status 302"):
        door.get_json(server.url + "/moved")
    assert door.post_form(server.url + "/moved", {}) == 302
    assert "/inner" not in server.asked


def test_a_certificate_of_a_stranger_is_refused(server: Server, tmp_path: Path) -> None:
    allow = (Allowed.parse(server.allowed),)
    with pytest.raises(OutgoingRefused, match="certificate is not trusted"):
        Outgoing(allow).get_json(server.url + "/keys")
    with https_server(tmp_path, ("elsewhere.example",)) as other:
        door = Outgoing((Allowed.parse(other.allowed),), other.ca)
        with pytest.raises(OutgoingRefused, match="certificate is not trusted"):
            door.get_json(other.url + "/keys")
        assert other.asked == []


def test_a_public_name_of_a_demo_keeps_its_name_in_tls(tmp_path: Path) -> None:
    with https_server(tmp_path, ("keys.mihon.example",)) as named:
        named.serve_json("/keys", {"keys": []})
        allow = (Allowed.parse(named.allowed),)
        door = Outgoing(allow, named.ca, (("keys.mihon.example", "127.0.0.1"),))
        assert door.get_json(f"https://keys.mihon.example:{named.port}/keys").content
        assert named.headers[-1]["Host"] == f"keys.mihon.example:{named.port}"


def body_of(size: int) -> bytes:
    return b'{"keys": "' + b"x" * size + b'"}'


def chunked(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    for _ in range(64):
        handler.wfile.write(b"8000\r\n" + b"x" * 0x8000 + b"\r\n")
    handler.wfile.write(b"0\r\n\r\n")


def long_header(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 200_000 + b"\r\n\r\n{}")


def many_headers(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"X-H: 1\r\n" * 5000 + b"\r\n{}")


def cut_short(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"keys": []}')


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (lambda h: reply(h, body_of(2_000_000)), "too large"),
        (lambda h: reply(h, body_of(MAX_ANSWER)), "too large"),
        (lambda h: reply(h, b"{}", Content_Length="99999999"), "too large"),
        (chunked, "too large"),
        (lambda h: reply(h, gzip.compress(b"0" * 9_000_000), Content_Encoding="gzip"), "compress"),
        (lambda h: reply(h, b"[" * 60_000), "nested too deeply"),
        (lambda h: reply(h, b'{"a":' * 5_000 + b"1" + b"}" * 5_000), "nested too deeply"),
        (lambda h: reply(h, b'"' + b'\\"' * 30_000), "not one JSON object"),
        (lambda h: reply(h, b'{"keys": [], "keys": []}'), "not one JSON object"),
        (lambda h: reply(h, b"[]"), "not one JSON object"),
        (lambda h: reply(h, b"\xff\xfe{}"), "not one JSON object"),
        (lambda h: reply(h, b'{"a": NaN}'), "not one JSON object"),
        (lambda h: reply(h, b""), "not one JSON object"),
        (lambda h: reply(h, b"{}", 500), "status 500"),
        (lambda h: reply(h, b"{}", 203), "status 203"),
        (long_header, "call failed"),
        (many_headers, "call failed"),
        (cut_short, "cut"),
        (lambda h: h.wfile.write(b"\0\0\0 not HTTP\r\n\r\n"), "call failed"),
    ],
)
def test_what_is_not_a_small_plain_json_object_is_refused(
    server: Server, door: Outgoing, act: object, why: str
) -> None:
    server.answers["/bad"] = act  # type: ignore[assignment]
    started = time.monotonic()
    with pytest.raises(OutgoingRefused, match=why):
        door.get_json(server.url + "/bad")
    assert time.monotonic() - started < 3


def dripping(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
    for _ in range(600):
        handler.wfile.write(b"x")
        time.sleep(0.05)


def dripping_header(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    for _ in range(600):
        handler.wfile.write(b"x")
        time.sleep(0.05)


def endless_continue(handler: BaseHTTPRequestHandler) -> None:
    for _ in range(600):
        handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.05)


@pytest.mark.parametrize(
    "act", [dripping, dripping_header, endless_continue, lambda _: time.sleep(3)]
)
def test_a_server_that_drips_is_cut_off_when_the_time_of_the_whole_call_is_over(
    server: Server, door: Outgoing, act: object
) -> None:
    server.answers["/slow"] = act  # type: ignore[assignment]
    started = time.monotonic()
    with pytest.raises(OutgoingRefused, match="no answer within 1 s"):
        door.get_json(server.url + "/slow")
    assert 0.9 < time.monotonic() - started < 2


def test_a_listener_that_never_speaks_tls_is_cut_off() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        held: list[socket.socket] = []
        thread = threading.Thread(target=lambda: held.append(silent.accept()[0]), daemon=True)
        thread.start()
        door = Outgoing((Allowed.parse(f"https://127.0.0.1/32:{port}"),), timeout=0.5)
        with pytest.raises(OutgoingRefused, match=r"no answer within 0\.5 s"):
            door.post_form(f"https://127.0.0.1:{port}/", {})
        thread.join(2)
        for connection in held:
            connection.close()


def test_a_closed_port_is_one_sentence() -> None:
    door = Outgoing((Allowed.parse("http://127.0.0.1/32:9"),))
    with pytest.raises(OutgoingRefused, match="nobody listens there"):
        door.post_form("http://127.0.0.1:9/", {})


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/relative",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "https://",
        "https://user@127.0.0.1/",
        "https://user:secret@127.0.0.1/",
        "https://good.example@127.0.0.1/",
        "https://127.0.0.1:0/",
        "https://127.0.0.1:99999/",
        "https://127.0.0.1:-1/",
        "https://[::1/",
        "https://127.0.0.1\\@good.example/",
        "https://127.0.0.1/\r\nHost: other",
        "https://127.0.0.1/ x",
        "https://127.0.0.1\t/",
        "https://127.0.0.1/\0",
        "https://例え.example/",
        "https://a/" + "x" * 3000,
    ],
)
def test_an_address_that_could_be_read_in_two_ways_is_refused(url: str, door: Outgoing) -> None:
    with pytest.raises(OutgoingRefused, match="not a web address"):
        door.get_json(url)
