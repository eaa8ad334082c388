"""The load generator: reads answers whole, counts every walk, and never passes over a failure."""

from pathlib import Path

import pytest

from bench import cpu, load
from bench.run import floor
from bench.wire import Request, UnexpectedAnswer, cookie_header, post

HEAD = b"HTTP/1.1 303 See Other\r\nLocation: /next\r\nSet-Cookie: a=b; Path=/\r\n"


def test_an_answer_is_read_only_when_it_is_complete() -> None:
    whole = HEAD + b"Content-Length: 5\r\n\r\nhello"
    assert all(load.parse(whole[:length]) is None for length in range(len(whole)))
    parsed = load.parse(whole + b"HTTP/1.1 200")
    assert parsed is not None
    response, rest = parsed
    assert (response.status, response.body, rest) == (303, b"hello", b"HTTP/1.1 200")
    assert response.header("location") == "/next"
    assert response.cookies() == {"a": "b"}


def test_an_answer_of_unknown_length_is_refused() -> None:
    with pytest.raises(UnexpectedAnswer):
        load.parse(HEAD + b"\r\n")


def test_a_form_is_sent_with_its_length_and_type() -> None:
    sent = post("/token", {"code": "a b&c"}, Authorization="Basic x").to_bytes("127.0.0.1:1")
    head, _, body = sent.partition(b"\r\n\r\n")
    assert body == b"code=a+b%26c"
    assert f"Content-Length: {len(body)}".encode() in head.split(b"\r\n")
    assert b"Authorization: Basic x" in head.split(b"\r\n")


def test_a_cleared_cookie_is_not_sent_again() -> None:
    assert cookie_header({"kept": "1", "cleared": ""}) == "kept=1"
    assert b"Content-Length" not in Request("GET", "/").to_bytes("h")


def test_walks_on_a_real_server_are_counted_and_its_cpu_is_seen(tmp_path: Path) -> None:
    with floor(tmp_path, 1) as (pid, port):
        before = cpu.seconds_of_tree(pid)
        result = load.run(load.Job(port, "hello", [{}] * 300, connections=3))
        assert len(result.seconds) == len(result.outputs) == result.requests == 300
        assert cpu.seconds_of_tree(pid) > before
        with pytest.raises(UnexpectedAnswer, match="40 walks failed, first: 404 instead of 200"):
            load.run(load.Job(port, "jwks", [{}] * 40))


def test_a_server_that_is_not_there_is_a_failure_not_a_figure() -> None:
    with pytest.raises(UnexpectedAnswer, match="refused"):
        load.run(load.Job(1, "hello", [{}]))
