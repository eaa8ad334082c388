"""Requests that are hardly HTTP, or HTTP that means two things: bytes for the started server.

`{host}` stands for the server's own address. Secrets of the run are put into some of them, so that
the logs can be searched for them afterwards.
"""

from __future__ import annotations

import gzip
import zlib

FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
BODY = b"grant_type=authorization_code&client_id=card&code=CODE&code_verifier=" + b"v" * 43
MACHINES = ("/token", "/par", "/introspect", "/revoke", "/userinfo", "/jwks", "/healthz")


def request(
    method: str = "POST",
    target: str = "/token",
    headers: bytes = FORM,
    body: bytes = BODY,
    *,
    version: str = "1.1",
    length: bytes | None = None,
) -> bytes:
    """Make a request; `length` empty leaves Content-Length out."""
    told = b"%d" % len(body) if length is None else length
    sized = b"Content-Length: " + told + b"\r\n" if told else b""
    start = f"{method} {target} HTTP/{version}\r\n".encode("utf-8", "surrogatepass")
    return start + b"Host: {host}\r\nConnection: close\r\n" + headers + sized + b"\r\n" + body


def chunked(*pieces: bytes) -> bytes:
    """Encode a body in pieces."""
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [*pieces, b""])


def corpus(secret: str) -> dict[str, bytes]:
    """Give every request with its name; `secret` must not be found in a log."""
    basic, code = secret.encode(), BODY.replace(b"CODE", secret.encode())
    return _lengths(code) | _headers(basic, code) | _bodies(code) | _targets() | _versions(code)


def _lengths(code: bytes) -> dict[str, bytes]:
    lengths = {
        *(b"-1", b"+5", b"0x10", b"1e3", b"5,5", b"5, 6", b" ", b"a", b"\xd9\xa5", b"05", b"1_0"),
        *(b"9" * 30, b"18446744073709551616", b"9223372036854775807", b"4294967296", b"65537"),
        *(b"0", b"1", b"100000000", b"5\t", b"\x005", b"5;", b"5.0"),
    }
    found = {f"length {length!r}": request(length=length, body=code) for length in sorted(lengths)}
    both = FORM + b"Transfer-Encoding: chunked\r\n"
    twice = FORM + b"Content-Length: 3\r\n"
    return found | {
        "no length": request(length=b"", body=code),
        "two lengths": request(headers=twice, body=code),
        "length and chunks": request(headers=both, body=chunked(code)),
        "chunks of 1 MB": request(headers=both, body=chunked(*[b"a" * 65_536] * 16), length=b""),
        "10,000 chunks of a byte": request(
            headers=both, body=chunked(*[b"a"] * 10_000), length=b""
        ),
        "a chunk of no number": request(headers=both, body=b"zz\r\nabc\r\n0\r\n\r\n", length=b""),
        "a negative chunk": request(headers=both, body=b"-5\r\nabc\r\n0\r\n\r\n", length=b""),
        "a huge chunk": request(headers=both, body=b"f" * 20 + b"\r\nabc\r\n", length=b""),
        "a chunk that lies": request(headers=both, body=b"2\r\nabcdef\r\n0\r\n\r\n", length=b""),
        "chunk extensions": request(
            headers=both, body=b"1;" + b"x" * 70_000 + b"\r\na\r\n", length=b""
        ),
        "trailers": request(headers=both, body=chunked(code)[:-2] + b"X: y\r\n\r\n", length=b""),
        "chunks never end": request(headers=both, body=b"5\r\nhello\r\n", length=b""),
        "another coding": request(headers=FORM + b"Transfer-Encoding: gzip\r\n", body=code),
        "two codings": request(headers=FORM + b"Transfer-Encoding: gzip, chunked\r\n", length=b""),
        "coding with a blank": request(
            headers=FORM + b"Transfer-Encoding : chunked\r\n", body=code
        ),
        "coding in odd letters": request(
            headers=FORM + b"Transfer-Encoding: \x0bchunked\r\n", body=chunked(code)
        ),
    }


def _headers(secret: bytes, code: bytes) -> dict[str, bytes]:
    lines = {
        "two hosts": b"Host: evil.example\r\n",
        "a folded header": b"X: a\r\n b\r\n\tc\r\n",
        "a folded authorization": b"Authorization: Basic\r\n " + secret + b"\r\n",
        "NUL in a header": b"X: a\0b\r\n",
        "NUL in authorization": b"Authorization: Basic \0" + secret + b"\r\n",
        "CR in a header": b"X: a\rb\r\n",
        "LF for CRLF": b"X: a\nY: b\n",
        "a header without a colon": b"nonsense\r\n",
        "a header without a name": b": a\r\n",
        "a name with a blank": b"A b: c\r\n",
        "a blank before the colon": b"Authorization : Basic " + secret + b"\r\n",
        "a name that is not ASCII": "Größe: 1\r\n".encode(),
        "a value that is not ASCII": "X: 鍵\r\n".encode(),
        "a value that is not UTF-8": b"X: \xff\xfe\r\n",
        "1 MB in a header": b"X: " + b"a" * 1_000_000 + b"\r\n",
        "1 MB in a name": b"a" * 1_000_000 + b": x\r\n",
        "1 MB of authorization": b"Authorization: Bearer " + b"a" * 1_000_000 + b"\r\n",
        "5,000 headers": b"".join(b"X-%d: y\r\n" % n for n in range(5_000)),
        "5,000 times one header": b"X: y\r\n" * 5_000,
        "a cookie of 100 kB": b"Cookie: kumiai_idp=" + b"a" * 100_000 + b"\r\n",
        "1,000 cookies": b"Cookie: kumiai_idp=x\r\n" * 1_000,
        "two authorizations": b"Authorization: Basic "
        + secret
        + b"\r\nAuthorization: Bearer x\r\n",
        "two proofs": b"DPoP: " + secret + b"\r\nDPoP: x\r\n",
        "two content types": b"Content-Type: application/json\r\n",
        "a content type of no kind": b"Content-Type: ;;;=,\r\n",
        "an underscore for a dash": b"Content_Length: 5\r\nX_Forwarded_For: 1.1.1.1\r\n",
        "upgrade": b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n",
        "websocket": b"Upgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n",
        "expect": b"Expect: 100-continue\r\n",
        "expect something else": b"Expect: 200-ok\r\n",
        "a range": b"Range: bytes=0-,0-,0-,0-\r\n",
        "forwarded": b"Forwarded: for=_x;proto=https;host=evil.example\r\nX-Forwarded-Host: e\r\n",
        "another method": b"X-HTTP-Method-Override: GET\r\nX-Original-URL: /sign-in\r\n",
        "Basic of no base64": b"Authorization: Basic !!" + secret + b"\r\n",
        "Basic with NUL": b"Authorization: Basic AAAA\r\n",
        "Basic and nothing": b"Authorization: Basic\r\n",
        "a scheme nobody knows": b"Authorization: Digest " + secret + b"\r\n",
    }
    return {name: request(headers=FORM + line, body=code) for name, line in lines.items()}


def _bodies(code: bytes) -> dict[str, bytes]:
    packed, bomb = gzip.compress(code), zlib.compress(b"a" * 10_000_000)
    return {
        "gzip": request(headers=FORM + b"Content-Encoding: gzip\r\n", body=packed),
        "a gzip bomb": request(headers=FORM + b"Content-Encoding: deflate\r\n", body=bomb),
        "gzip without saying so": request(body=packed),
        "br": request(headers=FORM + b"Content-Encoding: br\r\n", body=b"x"),
        "json": request(headers=b"Content-Type: application/json\r\n", body=b'{"grant_type":1}'),
        "multipart": request(
            headers=b"Content-Type: multipart/form-data; boundary=x\r\n", body=code
        ),
        "xml": request(
            headers=b"Content-Type: text/xml\r\n", body=b"<!DOCTYPE x SYSTEM 'file:///x'>"
        ),
        "NUL": request(body=code + b"&x=%00"),
        "not UTF-8": request(body=code + b"&x=%ff"),
        "raw bytes": request(body=bytes(range(256))),
        "UTF-16": request(body=code.decode().encode("utf-16")),
        "a charset": request(headers=FORM[:-2] + b"; charset=utf-7\r\n", body=code),
        "1,000 fields": request(body=b"&".join(b"f%d=1" % n for n in range(1_000))),
        "60,000 ampersands": request(body=b"&" * 60_000),
        "1 MB": request(body=b"a" * 1_000_000),
        "twice": request(body=code + b"&" + code),
        "semicolons": request(body=code.replace(b"&", b";")),
        "half an escape": request(body=code + b"&x=%f&y=%"),
    }


def _targets() -> dict[str, bytes]:
    odd = [
        *("http://evil.example/token", "http://{host}/token", "https://{host}/token", "//token"),
        *(
            "///token",
            "/token/",
            "/token;x",
            "/token;jsessionid=1",
            "/%74oken",
            "/token%00",
            "/token%2f",
        ),
        *(
            "/./token",
            "/x/../token",
            "/%2e/token",
            "/%2e%2e/token",
            "/token/.",
            "/token/..",
            "/token.",
        ),
        *(
            "/TOKEN",
            "/token%20",
            "/token?",
            "/token#x",
            "/token?x#y",
            "/token\\",
            "\\token",
            "token",
        ),
        *(
            "*",
            "",
            "{host}",
            "/\t/token",
            "/token\x0b",
            "/é",
            "/%ff",
            "/%c0%ae",
            "/%u0074oken",
            "/?" * 500,
        ),
        *(
            "/" + "a" * 100_000,
            "/token?" + "a" * 100_000,
            "/" * 10_000,
            "/%" * 3_000,
            "/sign-in/../token",
        ),
        *(
            "/authorize;x?client_id=card",
            "/authorize/%2e%2e/token",
            "/.well-known/../jwks",
            "/jwks%3fx",
        ),
    ]
    found = {f"{method} {t[:40]!r}": request(method, t) for t in odd for method in ("GET", "POST")}
    strange = (
        "PUT",
        "DELETE",
        "TRACE",
        "CONNECT",
        "PATCH",
        "PRI",
        "get",
        "G" * 5_000,
        "\0",
        "PÖST",
    )
    found |= {
        f"{method[:9]!r} {path}": request(method, path) for method in strange for path in MACHINES
    }
    return found


def _versions(code: bytes) -> dict[str, bytes]:
    found = {
        f"HTTP/{v}": request(version=v, body=code) for v in ("1.0", "0.9", "2", "1.2", "9.9", "x")
    }
    old = b"POST /token HTTP/1.0\r\n" + FORM + b"Content-Length: %d\r\n\r\n" % len(code) + code
    smuggled = request(body=b"") + request("GET", "/account", b"", b"")
    return found | {
        "HTTP/1.0 without a host": old,
        "no version": b"GET /token\r\n\r\n",
        "HTTP/2 by surprise": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9),
        "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
        "nothing": b"\r\n",
        "blank lines first": b"\r\n" * 100 + request(body=code),
        "a request after a request": smuggled,
        "only a start": b"POST /token HTTP/1.1\r\nHost: x\r\n",
        "100 kB without a line": b"A" * 100_000,
        "zeros": bytes(10_000),
    }
